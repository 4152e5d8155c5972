/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/crl.h"
#include "hex.h"

#define ALGORITHM "3005 0603 2a0304"
#define ISSUER    "300d 310b 3009 0603 550403 1302 4341" /* CN=CA */
#define THIS      "170d 3236313131333039313430325a"      /* 2026-11-13 09:14:02 */
#define NEXT      "170d 3236313132303039313430325a"      /* 2026-11-20 09:14:02 */
#define NEXT_S    INT64_C(1795166042)

static struct scs_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = scs_arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scs_arena_free(arena);
    return 0;
}

static enum scs_status read_list(const char *hex, struct scs_crl_facts *out)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    enum scs_status st = scs_crl_read(&c, arena, out);
    free(bytes);
    return st;
}

/* Catches the two dates swapped, and lists of version 1, which say no version, not read. */
static void test_dates(void **state)
{
    (void)state;
    struct scs_crl_facts crl;
    assert_int_equal(read_list("303b 3039 020101" ALGORITHM ISSUER THIS NEXT "3000", &crl), SCS_OK);
    assert_int_equal(crl.next_update, NEXT_S);
    assert_int_equal(crl.this_update, NEXT_S - INT64_C(7) * 86400);
    assert_string_equal(crl.issuer, "CN=CA");
    assert_int_equal(read_list("3036 3034" ALGORITHM ISSUER THIS NEXT, &crl), SCS_OK);
    assert_int_equal(crl.next_update, NEXT_S);
}

/* Catches a date made up where a list has none. */
static void test_no_next_update(void **state)
{
    (void)state;
    struct scs_crl_facts crl;
    assert_int_equal(read_list("3027 3025" ALGORITHM ISSUER THIS, &crl), SCS_OK);
    assert_int_equal(crl.next_update, SCS_NO_TIME);
}

/* Catches long lists, of which the capture kept the beginning, thrown away; and cut dates believed. */
static void test_cut(void **state)
{
    (void)state;
    struct scs_crl_facts crl;
    assert_int_equal(read_list("30820400 30820300 020101" ALGORITHM ISSUER THIS NEXT "3082", &crl), SCS_MORE);
    assert_int_equal(crl.next_update, NEXT_S);
    assert_int_equal(read_list("30820400 30820300 020101" ALGORITHM ISSUER THIS "170d 3236", &crl), SCS_MALFORMED);
}

/* Catches pages and certificates taken for lists. */
static void test_no_list(void **state)
{
    (void)state;
    struct scs_crl_facts crl;
    assert_int_equal(read_list("3c68746d6c3e", &crl), SCS_MALFORMED);
    assert_int_equal(read_list("3003 020101", &crl), SCS_MALFORMED);
    assert_int_equal(read_list("301a 3018 a003020102 020101" ALGORITHM "3007 310530030601 00", &crl), SCS_MALFORMED);
    assert_int_equal(read_list("", &crl), SCS_MALFORMED);
}

#define CRL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CRL_TEST(test_dates), CRL_TEST(test_no_next_update), CRL_TEST(test_cut),
                                       CRL_TEST(test_no_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
