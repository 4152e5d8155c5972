/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/ocsp.h"
#include "hex.h"

#define SEED(name) SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/ocsp/" name
#define DAY_S      INT64_C(86400)

static enum scs_status read_seed(const char *path, struct scs_ocsp_facts *facts)
{
    size_t len;
    uint8_t *bytes = test_file(path, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    enum scs_status st = scs_ocsp_read(&c, facts);
    free(bytes);
    return st;
}

/* Catches the three answers mixed up, and the end read from another field. Made by openssl ocsp -ndays 7. */
static void test_answers(void **state)
{
    struct scs_ocsp_facts facts;
    (void)state;
    assert_int_equal(read_seed(SEED("good"), &facts), SCS_OK);
    assert_int_equal(facts.status, 0);
    assert_int_equal(facts.certificate, SCS_OCSP_GOOD);
    assert_int_equal(facts.next_update - facts.this_update, 7 * DAY_S);
    assert_int_equal(read_seed(SEED("revoked"), &facts), SCS_OK);
    assert_int_equal(facts.certificate, SCS_OCSP_REVOKED);
    assert_int_equal(facts.next_update - facts.this_update, 7 * DAY_S);
    assert_int_equal(read_seed(SEED("unknown"), &facts), SCS_OK);
    assert_int_equal(facts.certificate, SCS_OCSP_UNKNOWN);
}

/* Catches refusals taken for answers, and dates made up for them. */
static void test_refusals(void **state)
{
    struct scs_ocsp_facts facts;
    (void)state;
    assert_int_equal(read_seed(SEED("try_later"), &facts), SCS_OK);
    assert_int_equal(facts.status, 3);
    assert_int_equal(facts.certificate, SCS_OCSP_NONE);
    assert_int_equal(facts.next_update, SCS_NO_TIME);
    assert_string_equal(scs_ocsp_status_name(facts.status), "tryLater");
    assert_int_equal(read_seed(SEED("unauthorized"), &facts), SCS_OK);
    assert_string_equal(scs_ocsp_status_name(facts.status), "unauthorized");
    assert_null(scs_ocsp_status_name(4));
}

/* Catches cut responses thrown away or believed beyond the cut, and other DER taken for a response. */
static void test_cut_and_others(void **state)
{
    struct scs_ocsp_facts facts;
    (void)state;
    assert_int_equal(read_seed(SEED("cut_early"), &facts), SCS_MORE);
    assert_int_equal(facts.certificate, SCS_OCSP_NONE);
    assert_int_equal(read_seed(SEED("no_status"), &facts), SCS_MALFORMED);
    assert_int_equal(read_seed(SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/kerberos/as_rep", &facts), SCS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_cut_and_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
