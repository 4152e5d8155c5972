/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the certificate request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

static struct scs_cert_facts *signer(struct scs_exchange *x)
{
    return (struct scs_cert_facts *)(uintptr_t)x->scep_request->signer;
}

/* Would catch: a healthy request flagged. */
static void healthy(void **state)
{
    struct test_model *t = *state;
    test_opened(t, test_enrols(t, "T1", 0));
    test_judge(t);
    assert_int_equal(test_said(t), 1); /* rep-success */
}

/* Would catch: a small key blamed for another refusal, or missed while nothing is opened. */
static void key_small(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    signer(x)->key_bits = 1024;
    test_judge(t);
    SEVERITY(t, "csr-key-small", SCS_SEV_ERROR);
    CONFIDENCE(t, "csr-key-small", SCS_LIKELY);
    test_certrep(x)->has_hresult = true;
    test_certrep(x)->hresult = (int32_t)0x80094811;
    test_judge(t);
    CONFIDENCE(t, "csr-key-small", SCS_CERTAIN);
    assert_true(test_is_consequence(test_finding(t, "csr-key-small"), "rep-fail-2-badrequest"));
    test_certrep(x)->hresult = (int32_t)0x80094800;
    test_judge(t);
    QUIET(t, "csr-key-small");
    test_certrep(x)->pki_status = 0;
    test_judge(t);
    SEVERITY(t, "csr-key-small", SCS_SEV_WARNING);
    test_certrep(x)->pki_status = 3;
    test_judge(t);
    SEVERITY(t, "csr-key-small", SCS_SEV_WARNING);
}

/* Would catch: an EC key flagged where the server coped. */
static void key_elliptic(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    signer(x)->key_type = SCS_KEY_EC;
    signer(x)->key = "EC P-256";
    test_judge(t);
    FACT(t, "csr-key-ec", "key", "EC P-256");
    QUIET(t, "csr-key-small");
    test_certrep(x)->pki_status = 3;
    test_judge(t);
    SEVERITY(t, "csr-key-ec", SCS_SEV_WARNING);
    test_certrep(x)->pki_status = 0;
    test_judge(t);
    QUIET(t, "csr-key-ec");
}

/* Would catch: 64 characters called too many; a name that stands in the SAN called missing. */
static void subjects(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    struct scs_csr *csr = test_opened(t, x);
    csr->common_name_len = 64;
    test_judge(t);
    QUIET(t, "csr-subject-long");
    csr->common_name_len = 65;
    test_judge(t);
    FACT(t, "csr-subject-long", "common_name_length", "65");
    csr->common_name_len = 6;
    csr->flags |= SCS_CSR_SUBJECT_EMPTY | SCS_CSR_HAS_SAN;
    test_judge(t);
    QUIET(t, "csr-subject-empty");
    csr->flags &= ~(uint32_t)SCS_CSR_HAS_SAN;
    test_judge(t);
    SEVERITY(t, "csr-subject-empty", SCS_SEV_ERROR);
    csr->flags &= ~(uint32_t)SCS_CSR_COMPLETE; /* the names may stand in what was not read */
    test_judge(t);
    QUIET(t, "csr-subject-empty");
    csr->flags = SCS_CSR_COMPLETE | SCS_CSR_SUBJECT_NONPRINTABLE;
    test_judge(t);
    FACT(t, "csr-nonprintable", "where", "subject");
}

/* Would catch: a comma in a name blamed without Intune's comparison. */
static void escapes(void **state)
{
    struct test_model *t = *state;
    struct scs_csr *csr = test_opened(t, test_enrols(t, "T1", 2));
    csr->flags |= SCS_CSR_SUBJECT_ESCAPED;
    test_judge(t);
    QUIET(t, "csr-subject-escape");
    csr->challenge.kind = SCS_CHALLENGE_BLOB;
    test_judge(t);
    SEVERITY(t, "csr-subject-escape", SCS_SEV_WARNING);
}

/* Would catch: an empty alternative name lost because the CA took it; a device's certificate asked for a SID. */
static void alternative_names(void **state)
{
    static const char *const dns[] = {"DNS:a.contoso.com"}, *const upn[] = {"UPN:ann@contoso.com"};
    struct test_model *t = *state;
    struct scs_csr *csr = test_opened(t, test_enrols(t, "T1", 0));
    csr->flags |= SCS_CSR_SAN_EMPTY | SCS_CSR_HAS_SAN;
    test_judge(t);
    SEVERITY(t, "csr-san-empty", SCS_SEV_WARNING);
    csr->flags = SCS_CSR_COMPLETE | SCS_CSR_HAS_SAN;
    csr->asked.sans = dns;
    csr->asked.num_sans = 1;
    test_judge(t);
    QUIET(t, "csr-san-empty");
    QUIET(t, "csr-sid-absent");
    csr->asked.sans = upn;
    test_judge(t);
    SEVERITY(t, "csr-sid-absent", SCS_SEV_INFO);
    csr->sid = "S-1-5-21-1";
    test_judge(t);
    QUIET(t, "csr-sid-absent");
}

/* Would catch: a signature of an algorithm we do not know called wrong. */
static void own_signature(void **state)
{
    struct test_model *t = *state;
    struct scs_csr *csr = test_opened(t, test_enrols(t, "T1", 2));
    csr->signature = SCS_UNCHECKED;
    test_judge(t);
    QUIET(t, "csr-sig");
    csr->signature = SCS_INVALID;
    test_judge(t);
    SEVERITY(t, "csr-sig", SCS_SEV_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(healthy), TEST(key_small),         TEST(key_elliptic), TEST(subjects),
                                       TEST(escapes), TEST(alternative_names), TEST(own_signature)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
