/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about challenge passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

static struct scs_exchange *page(struct test_model *t, uint32_t says)
{
    struct scs_exchange *x = test_answered(t, SCS_OP_PAGE, 200);
    x->path_kind = SCS_PATH_ADMIN;
    x->admin = SCS_ADMIN_PAGE | says;
    return x;
}

/* Would catch: the page's refusals lost, or a healthy page flagged. */
static void pages(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = page(t, SCS_ADMIN_PASSWORD_ONCE);
    test_judge(t);
    assert_int_equal(test_said(t), 0);
    x->admin = SCS_ADMIN_PAGE | SCS_ADMIN_PASSWORD_MANY;
    test_judge(t);
    SEVERITY(t, "chal-single-password", SCS_SEV_WARNING);
    x->admin = SCS_ADMIN_PAGE | SCS_ADMIN_CACHE_FULL;
    test_judge(t);
    SEVERITY(t, "chal-cache-full", SCS_SEV_ERROR);
    x->admin = SCS_ADMIN_PAGE | SCS_ADMIN_NO_PERMISSION;
    test_judge(t);
    SEVERITY(t, "chal-no-permission", SCS_SEV_ERROR);
}

/* Would catch: no challenge blamed for what the CA refused, in renewals, or where the request was served. */
static void absent(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    test_opened(t, x)->challenge.present = false;
    test_judge(t);
    SEVERITY(t, "chal-absent", SCS_SEV_ERROR);
    CONFIDENCE(t, "chal-absent", SCS_LIKELY);
    test_certrep(x)->has_hresult = true;
    test_certrep(x)->hresult = (int32_t)0x80094800;
    test_judge(t);
    QUIET(t, "chal-absent");
    test_certrep(x)->hresult = (int32_t)0x80070005; /* says nothing */
    test_judge(t);
    SAID(t, "chal-absent");
    test_message(x)->message_type = 17;
    test_judge(t);
    QUIET(t, "chal-absent");
    test_message(x)->message_type = 19;
    test_certrep(x)->pki_status = 0;
    test_judge(t);
    QUIET(t, "chal-absent");
}

/* Would catch: UTF-8 or a good challenge called malformed. */
static void malformed(void **state)
{
    struct test_model *t = *state;
    struct scs_csr *csr = test_opened(t, test_enrols(t, "T1", 2));
    test_judge(t);
    QUIET(t, "chal-malformed");
    csr->challenge.string_type = "UTF8String";
    test_judge(t);
    QUIET(t, "chal-malformed");
    csr->challenge.string_type = "BMPString";
    test_judge(t);
    FACT(t, "chal-malformed", "string_type", "BMPString");
}

/* Would catch: a static secret, or one key's second try, taken for a spent password. */
static void reused(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *first_page = page(t, SCS_ADMIN_PASSWORD_ONCE);
    test_opened(t, test_enrols(t, "T1", 0));
    struct scs_csr *csr = test_opened(t, test_enrols(t, "T2", 2));
    test_judge(t);
    QUIET(t, "chal-reused");
    csr->asked.spki_sha256 = "another key";
    test_judge(t);
    FACT(t, "chal-reused", "earlier_exchange", "2");
    first_page->admin = SCS_ADMIN_PAGE | SCS_ADMIN_PASSWORD_MANY;
    test_judge(t);
    QUIET(t, "chal-reused");
    first_page->admin = SCS_ADMIN_PAGE | SCS_ADMIN_PASSWORD_ONCE;
    csr->challenge.sha256 = "another challenge";
    test_judge(t);
    QUIET(t, "chal-reused");
}

/* Would catch: a password used in time, or one of a later page, called expired. */
static void expired(void **state)
{
    struct test_model *t = *state;
    page(t, SCS_ADMIN_PASSWORD_ONCE);
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    test_opened(t, x);
    t->capture.last_ns = TEST_NS(3 * 3600000);
    test_later(x, 50 * 60000);
    test_judge(t);
    QUIET(t, "chal-expired");
    test_later(x, 71 * 60000);
    test_judge(t);
    CONFIDENCE(t, "chal-expired", SCS_LIKELY);
}

/* Would catch: a mismatch claimed without proof of how the server is run. */
static void kind(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *first_page = page(t, SCS_ADMIN_PASSWORD_ONCE);
    struct scs_csr *csr = test_opened(t, test_enrols(t, "T1", 2));
    test_judge(t);
    QUIET(t, "chal-kind");
    csr->challenge.kind = SCS_CHALLENGE_BLOB;
    test_judge(t);
    SAID(t, "chal-kind");
    first_page->admin = 0;
    test_judge(t);
    QUIET(t, "chal-kind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(pages), TEST(absent), TEST(malformed), TEST(reused), TEST(expired), TEST(kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
