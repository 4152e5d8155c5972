/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/dns.h"
#include "hex.h"

#define ONE_QUESTION "0001 0000 0000 0000"
#define ANSWERS(n)   "0001 000" #n " 0000 0000"
#define NDES_AB      "044e646573 02 6162 00" /* Ndes.ab at offset 12 */
#define A_IN         "0001 0001"
#define TTL          "0000003c"

static enum scs_status read_message(const char *hex, struct scs_dns_message *m)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    enum scs_status st = scs_dns_read(&c, m);
    free(bytes);
    return st;
}

/* Catches names that keep their case, and flags read from the wrong bits. */
static void test_query(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 0100" ONE_QUESTION NDES_AB "001c 0001", &m), SCS_OK);
    assert_int_equal(m.id, 0x1234);
    assert_false(m.response);
    assert_int_equal(m.type, SCS_DNS_AAAA);
    assert_string_equal(m.name, "ndes.ab");
}

/* Catches an error code taken for an empty answer. */
static void test_rcode(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 8183" ONE_QUESTION NDES_AB A_IN, &m), SCS_OK);
    assert_true(m.response);
    assert_false(m.truncated);
    assert_int_equal(m.rcode, SCS_DNS_NXDOMAIN);
    assert_int_equal(read_message("1234 8382" ONE_QUESTION NDES_AB A_IN, &m), SCS_OK);
    assert_true(m.truncated);
    assert_int_equal(m.rcode, SCS_DNS_SERVFAIL);
}

/* Catches aliases and addresses lost behind compressed names, in either order of families. */
static void test_answers(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 8180" ANSWERS(3) NDES_AB A_IN                           /* */
                                  "c00c 0005 0001" TTL "0004 0161 c011"                         /* CNAME a.ab */
                                  "c025 0001 0001" TTL "0004 0a050104"                          /* A */
                                  "c025 001c 0001" TTL "0010 20010db8000000000000000000000004", /* AAAA */
                                  &m),
                     SCS_OK);
    assert_int_equal(m.num_records, 3);
    assert_int_equal(m.num_aliases, 1);
    assert_string_equal(m.aliases[0], "a.ab");
    assert_int_equal(m.num_addrs, 2);
    char text[SCS_ENDPOINT_TEXT];
    assert_string_equal(scs_addr_text(&m.addrs[0], text), "10.5.1.4");
    assert_string_equal(scs_addr_text(&m.addrs[1], text), "2001:db8::4");
}

/* Catches an address made of data of another length, and one of a class that is not the Internet. */
static void test_odd_records(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 8180" ANSWERS(2) NDES_AB A_IN "c00c 0001 0001" TTL "0003 0a0501 c00c 0001 0003" TTL
                                                                      "0004 0a050104",
                                  &m),
                     SCS_OK);
    assert_int_equal(m.num_addrs, 0);
}

/* Catches endless reading: a pointer to itself, a pair that points to each other, and one that points ahead. */
static void test_loops(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 8180" ONE_QUESTION "c00c" A_IN, &m), SCS_MALFORMED);
    assert_int_equal(read_message("1234 8180" ONE_QUESTION "c010" A_IN "c00c", &m), SCS_MALFORMED);
    assert_int_equal(read_message("1234 8180" ANSWERS(1) NDES_AB A_IN "c019 0001 0001" TTL "0004 0a050104", &m), SCS_MALFORMED);
    assert_int_equal(read_message("1234 8180" ONE_QUESTION "0161 c00c" A_IN, &m), SCS_MALFORMED);
}

/* Catches label kinds that RFC 1035 reserves taken for lengths. */
static void test_reserved_labels(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 0100" ONE_QUESTION "4161 00" A_IN, &m), SCS_MALFORMED);
    assert_int_equal(read_message("1234 0100" ONE_QUESTION "8161 00" A_IN, &m), SCS_MALFORMED);
}

/* Catches dots and control characters inside a label passed off as the name's own. */
static void test_odd_names(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 0100" ONE_QUESTION "04 61 2e 0a e9 00" A_IN, &m), SCS_OK);
    assert_string_equal(m.name, "a\\x2e\\x0a\\xe9");
    assert_int_equal(read_message("1234 0100" ONE_QUESTION "00" A_IN, &m), SCS_OK);
    assert_string_equal(m.name, ".");
}

/* Catches a name written past its field: 4 labels of 63 bytes, and escapes that make it four times as long. */
static void test_long_names(void **state)
{
    (void)state;
    struct scs_dns_message m;
    for (int odd = 0; odd < 2; odd++) {
        uint8_t bytes[12 + 4 * 64 + 5] = {0x12, 0x34, 1, 0, 0, 1};
        for (size_t i = 0; i < 4; i++) {
            bytes[12 + i * 64] = 63;
            memset(bytes + 13 + i * 64, odd ? 0xff : 'a', 63);
        }
        struct scs_cursor c = scs_cursor_of(bytes, sizeof bytes);
        assert_int_equal(scs_dns_read(&c, &m), SCS_UNSUPPORTED);
    }
}

/* Catches a cut packet taken for a whole one, and one cut in its question for anything at all. */
static void test_cut(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 8180" ANSWERS(1) NDES_AB A_IN "c00c 0001 0001" TTL "0004 0a05", &m), SCS_MORE);
    assert_string_equal(m.name, "ndes.ab");
    assert_int_equal(m.num_addrs, 0);
    assert_int_equal(read_message("1234 8180" ONE_QUESTION "044e64", &m), SCS_MALFORMED);
    assert_int_equal(read_message("1234 8180 0001", &m), SCS_MALFORMED);
    assert_int_equal(read_message("", &m), SCS_MALFORMED);
}

/* Catches updates, notifications and messages without a question read as look-ups. */
static void test_not_a_lookup(void **state)
{
    (void)state;
    struct scs_dns_message m;
    assert_int_equal(read_message("1234 2800" ONE_QUESTION NDES_AB A_IN, &m), SCS_UNSUPPORTED);
    assert_int_equal(read_message("1234 0100 0000 0000 0000 0000", &m), SCS_UNSUPPORTED);
    assert_int_equal(read_message("1234 0100" ONE_QUESTION NDES_AB "0001 0003", &m), SCS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),        cmocka_unit_test(test_rcode),      cmocka_unit_test(test_answers),
        cmocka_unit_test(test_odd_records),  cmocka_unit_test(test_loops),      cmocka_unit_test(test_reserved_labels),
        cmocka_unit_test(test_odd_names),    cmocka_unit_test(test_long_names), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_not_a_lookup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
