/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/dcerpc.h"
#include "hex.h"

/* Little-endian unless said otherwise: version 5.0, type, both fragment flags, ASCII and IEEE. */
#define HEAD(type, length) "0500" type "03 10000000" length "0000 02000000"
#define CERT_REQUEST       "706e9ed9 88fc d011 b498 00a0c90312f3"
#define CERT_REQUEST_BIG   "d99e6e70 fc88 11d0 b498 00a0c90312f3"
#define NDR                "045d888a eb1c c911 9fe8 08002b104860 02000000"
#define SIZES              "d016 d016 00000000"

static enum scs_status read_hex(const char *hex, struct scs_dcerpc *pdu)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    enum scs_status st = scs_dcerpc_read(&c, pdu);
    free(bytes);
    return st;
}

/* Catches the first three fields of a UUID read in the wrong order, in either byte order. */
static void test_bind(void **state)
{
    struct scs_dcerpc pdu;
    (void)state;
    assert_int_equal(read_hex(HEAD("0b", "4800") SIZES "01000000 0700 01 00" CERT_REQUEST "00000000" NDR, &pdu), SCS_OK);
    assert_int_equal(pdu.type, SCS_DCERPC_BIND);
    assert_int_equal(pdu.num_contexts, 1);
    assert_int_equal(pdu.contexts[0].id, 7);
    assert_int_equal(pdu.contexts[0].interface, SCS_RPC_CERT_REQUEST);
    assert_int_equal(read_hex("05000b03 00000000 0048 0000 00000002 16d0 16d0 00000000 01000000 0007 01 00" CERT_REQUEST_BIG
                              "00000000 8a885d04 1ceb 11c9 9fe8 08002b104860 00000002",
                              &pdu),
                     SCS_OK);
    assert_true(pdu.big_endian);
    assert_int_equal(pdu.call_id, 2);
    assert_int_equal(pdu.contexts[0].id, 7);
    assert_int_equal(pdu.contexts[0].interface, SCS_RPC_CERT_REQUEST);
}

/* Catches the padding behind the address misjudged: without an address, and with one of each length. */
static void test_bind_ack(void **state)
{
    struct scs_dcerpc pdu;
    (void)state;
    assert_int_equal(read_hex(HEAD("0c", "3800") SIZES "0000 0000 01000000 0200 0100" NDR, &pdu), SCS_OK);
    assert_int_equal(pdu.contexts[0].result, 2);
    assert_int_equal(pdu.contexts[0].reason, 1);
    assert_int_equal(read_hex(HEAD("0c", "3c00") SIZES "0400 31333500 0000 01000000 0000 0000" NDR, &pdu), SCS_OK);
    assert_int_equal(pdu.num_contexts, 1);
    assert_int_equal(pdu.contexts[0].result, 0);
    assert_int_equal(read_hex(HEAD("0f", "3c00") SIZES "0600 343936373000 01000000 0300 0300" NDR, &pdu), SCS_OK);
    assert_int_equal(pdu.contexts[0].result, 3);
}

/* Catches codes read from the wrong place, and an object taken for the number of the procedure. */
static void test_calls(void **state)
{
    struct scs_dcerpc pdu;
    (void)state;
    assert_int_equal(read_hex(HEAD("03", "2000") "20000000 0100 00 00 05000000 00000000", &pdu), SCS_OK);
    assert_int_equal(pdu.status, 5);
    assert_int_equal(read_hex(HEAD("0d", "1500") "0800 01 0500", &pdu), SCS_OK);
    assert_int_equal(pdu.status, 8);
    assert_int_equal(read_hex("05000083 10000000 2800 0000 09000000 00000000 0100 0300 00112233445566778899aabbccddeeff", &pdu),
                     SCS_OK);
    assert_int_equal(pdu.operation, 3);
    assert_int_equal(pdu.call_id, 9);
    assert_int_equal(pdu.context, 1);
}

/* Catches the token sought at its usual place instead of the PDU's end. */
static void test_auth(void **state)
{
    struct scs_dcerpc pdu;
    (void)state;
    assert_int_equal(read_hex("05000203 10000000 2400 0400 02000000 04000000 0000 00 00 0a060000 00000000 01020304", &pdu),
                     SCS_OK);
    assert_int_equal(pdu.auth_type, 10);
    assert_int_equal(pdu.auth_level, 6);
}

/* Catches a cut PDU taken for a broken one, and fields believed that do not fit into its length. */
static void test_cut(void **state)
{
    struct scs_dcerpc pdu;
    (void)state;
    assert_int_equal(read_hex(HEAD("0b", "4800") SIZES "01000000 0700", &pdu), SCS_MORE);
    assert_int_equal(pdu.num_contexts, 0);
    assert_int_equal(read_hex(HEAD("02", "ff00") "04000000 0000 00 00 0102", &pdu), SCS_MORE);
    assert_int_equal(read_hex(HEAD("03", "1800") "20000000 0100 00 00 05000000", &pdu), SCS_MALFORMED);
    assert_int_equal(read_hex(HEAD("0b", "1c00") SIZES "0500 0000", &pdu), SCS_MALFORMED);
}

/* Catches other protocols taken for it, lengths below the header, and tokens longer than their PDU. */
static void test_others(void **state)
{
    static const char *const none[] = {"04000003 10000000 1800 0000 02000000 0000000000000000",
                                       "05020003 10000000 1800 0000 02000000 0000000000000000",
                                       "05001403 10000000 1800 0000 02000000 0000000000000000",
                                       "05000003 20000000 1800 0000 02000000 0000000000000000",
                                       "05000003 10000000 0f00 0000 02000000 0000000000000000",
                                       "05000003 10000000 1800 0900 02000000 0000000000000000",
                                       "0500000310"};
    struct scs_dcerpc pdu;
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(read_hex(none[i], &pdu), SCS_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bind),  cmocka_unit_test(test_bind_ack),
                                       cmocka_unit_test(test_calls), cmocka_unit_test(test_auth),
                                       cmocka_unit_test(test_cut),   cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
