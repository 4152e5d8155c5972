/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/icmp.h"
#include "hex.h"

/* 10.5.14.22:51544 > 10.5.1.4:80, sequence number 1000, as routers quote at least */
#define IP4       "45000064000740004006000a 0a050e16 0a050104"
#define TCP       "c958 0050 000003e8"
#define ADDRS6    "20010db8000000000000000000000022 20010db8000000000000000000000004"
#define IP6(next) "60000000 0064" next "40" ADDRS6

static enum scs_status read_message(uint8_t family, const char *hex, struct scs_icmp_error *out)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    enum scs_status st = scs_icmp_read(family, &c, out);
    free(bytes);
    return st;
}

static void about_connection(const struct scs_icmp_error *e, const char *src, const char *dst)
{
    char text[SCS_ENDPOINT_TEXT];
    assert_string_equal(scs_endpoint_text(&e->src, text), src);
    assert_string_equal(scs_endpoint_text(&e->dst, text), dst);
    assert_int_equal(e->quoted_proto, SCS_PROTO_TCP);
    assert_int_equal(e->quoted_seq, 1000);
}

/* Catches a quoted packet with its ends swapped or read at the wrong place, and an MTU where none is said. */
static void test_v4_errors(void **state)
{
    (void)state;
    struct scs_icmp_error e;
    static const char *const messages[] = {"030a 0000 0000ffff" IP4 TCP, "0b00 0000 00000000" IP4 TCP,
                                           "0400 0000 00000000" IP4 TCP};
    static const uint8_t types[] = {3, 11, 4};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read_message(4, messages[i], &e), SCS_OK);
        assert_int_equal(e.type, types[i]);
        assert_int_equal(e.mtu, 0);
        about_connection(&e, "10.5.14.22:51544", "10.5.1.4:80");
    }
    assert_int_equal(read_message(4, messages[0], &e), SCS_OK);
    assert_int_equal(e.code, 10);
}

/* Catches the next-hop MTU taken from the wrong half of the field (RFC 1191), or of old routers made up. */
static void test_v4_fragmentation_needed(void **state)
{
    (void)state;
    struct scs_icmp_error e;
    assert_int_equal(read_message(4, "0304 0000 00000578" IP4 TCP, &e), SCS_OK);
    assert_int_equal(e.mtu, 1400);
    assert_int_equal(read_message(4, "0304 0000 00000000" IP4 TCP, &e), SCS_OK);
    assert_int_equal(e.mtu, 0);
}

/* Catches ICMPv6 types read by ICMP's table, and its MTU of 32 bits. */
static void test_v6_errors(void **state)
{
    (void)state;
    struct scs_icmp_error e;
    assert_int_equal(read_message(6, "0200 0000 00000500" IP6("06") TCP, &e), SCS_OK);
    assert_int_equal(e.type, 2);
    assert_int_equal(e.mtu, 1280);
    about_connection(&e, "[2001:db8::22]:51544", "[2001:db8::4]:80");
    assert_int_equal(read_message(6, "0104 0000 00000000" IP6("06") TCP, &e), SCS_OK);
    assert_int_equal(e.code, 4);
    assert_int_equal(read_message(6, "0300 0000 00000000" IP6("06") TCP, &e), SCS_OK);
    assert_int_equal(read_message(6, "0b00 0000 00000000" IP6("06") TCP, &e), SCS_UNSUPPORTED);
    assert_int_equal(read_message(4, "0200 0000 00000500" IP4 TCP, &e), SCS_UNSUPPORTED);
}

/* Catches a quote whose TCP header stands behind extension headers. */
static void test_v6_extension_headers(void **state)
{
    (void)state;
    struct scs_icmp_error e;
    assert_int_equal(read_message(6, "0200 0000 00000500" IP6("00") "2c00 050200000100 0600 0000 0000002a" TCP, &e), SCS_OK);
    about_connection(&e, "[2001:db8::22]:51544", "[2001:db8::4]:80");
    assert_int_equal(read_message(6, "0200 0000 00000500" IP6("00") "06", &e), SCS_MORE);
}

/* Catches ports read out of a later fragment, which has none; the first one does. */
static void test_fragments(void **state)
{
    (void)state;
    struct scs_icmp_error e;
    assert_int_equal(read_message(4, "0b01 0000 00000000 45000064000700b94006000a 0a050e16 0a050104" TCP, &e), SCS_UNSUPPORTED);
    assert_int_equal(read_message(4, "0b01 0000 00000000 4500006400072000 4006000a 0a050e16 0a050104" TCP, &e), SCS_OK);
    about_connection(&e, "10.5.14.22:51544", "10.5.1.4:80");
}

/* Catches a UDP checksum passed off as a sequence number. */
static void test_udp(void **state)
{
    (void)state;
    struct scs_icmp_error e;
    assert_int_equal(read_message(4, "0303 0000 00000000 4500006400074000 4011000a 0a050e16 0a050104 14e9 0035 0020 abcd", &e),
                     SCS_OK);
    assert_int_equal(e.quoted_proto, SCS_PROTO_UDP);
    assert_int_equal(e.dst.port, 53);
    assert_int_equal(e.quoted_seq, 0);
}

/* Catches messages that are no errors, quotes too short to name a connection, and quotes of anything else. */
static void test_not_about_a_connection(void **state)
{
    (void)state;
    struct scs_icmp_error e;
    assert_int_equal(read_message(4, "0800 0000 00010001" IP4 TCP, &e), SCS_UNSUPPORTED);
    assert_int_equal(read_message(4, "0c00 0000 00000000" IP4 TCP, &e), SCS_UNSUPPORTED);
    assert_int_equal(read_message(6, "8700 0000 00000000" IP6("06") TCP, &e), SCS_UNSUPPORTED);
    assert_int_equal(read_message(4, "0301 0000 00000000" IP4 "c958 0050 0000", &e), SCS_MORE);
    assert_int_equal(read_message(4, "0301 0000 00000000 4500", &e), SCS_MORE);
    assert_int_equal(read_message(4, "0301 0000", &e), SCS_MORE);
    assert_int_equal(read_message(4, "", &e), SCS_MORE);
    assert_int_equal(read_message(4, "0301 0000 00000000 4500006400074000 4001000a 0a050e16 0a050104 0800000000010001", &e),
                     SCS_UNSUPPORTED);
    assert_int_equal(read_message(4, "0301 0000 00000000" IP6("06") TCP, &e), SCS_UNSUPPORTED);
    assert_int_equal(read_message(4, "0301 0000 00000000 00000000000000000000000000000000000000000000", &e), SCS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v4_errors),
        cmocka_unit_test(test_v4_fragmentation_needed),
        cmocka_unit_test(test_v6_errors),
        cmocka_unit_test(test_v6_extension_headers),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_not_about_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
