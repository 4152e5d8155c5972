/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about signatures and digests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

/* Would catch: digest and signature told twice, or the digest blamed in attributes that nobody signed. */
static void request(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    test_judge(t);
    QUIET(t, "scep-sig-invalid");
    QUIET(t, "scep-digest-mismatch");
    test_message(x)->digest_check = SCS_INVALID;
    test_message(x)->signature = SCS_VALID;
    test_judge(t);
    SEVERITY(t, "scep-digest-mismatch", SCS_SEV_ERROR);
    QUIET(t, "scep-sig-invalid");
    assert_true(test_is_consequence(test_finding(t, "scep-digest-mismatch"), "rep-fail-2-badrequest"));
    test_message(x)->signature = SCS_INVALID;
    test_message(x)->signature_why = "the signature does not fit";
    test_judge(t);
    FACT(t, "scep-sig-invalid", "why", "the signature does not fit");
    QUIET(t, "scep-digest-mismatch");
}

/* Would catch: a cut message or one that the server took told as forged. */
static void request_near(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 0);
    test_message(x)->signature = SCS_INVALID;
    test_judge(t);
    SEVERITY(t, "scep-sig-invalid", SCS_SEV_WARNING);
    test_message(x)->flags &= ~(uint32_t)SCS_MSG_COMPLETE;
    test_judge(t);
    QUIET(t, "scep-sig-invalid");
}

/* Would catch: a reply that was not checked told as forged. */
static void reply(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 0);
    test_judge(t);
    QUIET(t, "rep-sig-invalid");
    test_certrep(x)->signature = SCS_INVALID;
    test_judge(t);
    SEVERITY(t, "rep-sig-invalid", SCS_SEV_ERROR);
    test_reply_of(x)->m.flags |= SCS_HTTP_CAPTURE_GAP;
    test_judge(t);
    QUIET(t, "rep-sig-invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(request), TEST(request_near), TEST(reply)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
