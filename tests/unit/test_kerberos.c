/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "dissectors/kerberos.h"
#include "hex.h"

static struct scs_arena *keep;

static int setup(void **state)
{
    (void)state;
    keep = scs_arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scs_arena_free(keep);
    return 0;
}

static enum scs_status read_file(const char *path, size_t cut, struct scs_kerberos *m)
{
    size_t len;
    uint8_t *bytes = test_file(path, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len - cut);
    enum scs_status st = scs_kerberos_read(&c, keep, m);
    free(bytes);
    return st;
}

#define SEED(name) SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/kerberos/" name

/* Catches the server's name taken for the client's, and a request's name not found inside its body. */
static void test_request(void **state)
{
    struct scs_kerberos m;
    (void)state;
    assert_int_equal(read_file(SEED("as_req"), 0, &m), SCS_OK);
    assert_int_equal(m.type, SCS_KERBEROS_AS_REQ);
    assert_string_equal(m.account, "svc_ndes@CONTOSO.COM");
    assert_int_equal(read_file(SEED("tgs_req"), 0, &m), SCS_OK);
    assert_int_equal(m.type, SCS_KERBEROS_TGS_REQ);
}

/* Catches a code read from another field, and a name made up for errors that have none. */
static void test_error(void **state)
{
    struct scs_kerberos m;
    (void)state;
    assert_int_equal(read_file(SEED("error_24"), 0, &m), SCS_OK);
    assert_int_equal(m.type, SCS_KERBEROS_ERROR);
    assert_int_equal(m.error, 24);
    assert_null(m.account);
    assert_int_equal(read_file(SEED("error_18_with_name"), 0, &m), SCS_OK);
    assert_int_equal(m.error, 18);
    assert_string_equal(m.account, "svc_ndes@CONTOSO.COM");
}

/* Catches a reply taken for an error, and what stands before the cut thrown away. */
static void test_reply_and_cut(void **state)
{
    struct scs_kerberos m;
    (void)state;
    assert_int_equal(read_file(SEED("as_rep"), 0, &m), SCS_OK);
    assert_int_equal(m.type, SCS_KERBEROS_AS_REP);
    assert_string_equal(m.account, "svc_ndes@CONTOSO.COM");
    assert_int_equal(read_file(SEED("as_rep"), 30, &m), SCS_MORE);
    assert_string_equal(m.account, "svc_ndes@CONTOSO.COM");
    assert_int_equal(read_file(SEED("as_req"), 20, &m), SCS_MORE);
    assert_string_equal(m.account, "svc_ndes@CONTOSO.COM");
}

/* Catches other elements of ASN.1 taken for Kerberos. */
static void test_others(void **state)
{
    struct scs_kerberos m;
    (void)state;
    assert_int_equal(read_file(SEED("other_application"), 0, &m), SCS_MALFORMED);
    assert_int_equal(read_file(SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/dns/query", 0, &m), SCS_MALFORMED);
}

#define KERBEROS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {KERBEROS_TEST(test_request), KERBEROS_TEST(test_error), KERBEROS_TEST(test_reply_and_cut),
                                       KERBEROS_TEST(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
