/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about GetCACaps, GetCACert and GetNextCACert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

#define DAY INT64_C(86400)

static struct scs_exchange *caps(struct test_model *t, uint32_t known)
{
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_caps(t, x, known);
    return x;
}

static struct scs_cert_facts *writable(const struct scs_cert_facts *c)
{
    return (struct scs_cert_facts *)(uintptr_t)c;
}

/* NDES's three certificates, to be changed: 0 RA signing, 1 RA encryption, 2 CA. */
static struct scs_exchange *certs(struct test_model *t, struct scs_cert_facts *out[3])
{
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    struct scs_ca_certs *c = test_ca_certs(t, x);
    for (int i = 0; i < 3; i++) {
        out[i] = writable(c->certificates[i]);
    }
    return x;
}

static struct scs_ca_certs *answer(struct scs_exchange *x)
{
    return (struct scs_ca_certs *)(uintptr_t)x->ca_certs;
}

/* Would catch: NDES's usual list flagged, or SCEPStandard not understood. */
static void healthy_lists(void **state)
{
    struct test_model *t = *state;
    caps(t, SCS_CAP_STANDARD | SCS_CAP_RENEWAL);
    t->capture.last_ns = TEST_NS(10000); /* the device has no time to go on */
    test_judge(t);
    assert_int_equal(test_said(t), 0);
}

static void ndes_list(void **state)
{
    struct test_model *t = *state;
    caps(t, SCS_CAP_POST | SCS_CAP_RENEWAL | SCS_CAP_SHA512 | SCS_CAP_SHA256 | SCS_CAP_SHA1 | SCS_CAP_DES3);
    t->capture.last_ns = TEST_NS(10000); /* the device has no time to go on */
    test_judge(t);
    assert_int_equal(test_said(t), 1);
    SEVERITY(t, "caps-no-aes", SCS_SEV_INFO);
}

static void poor_lists(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = caps(t, SCS_CAP_SHA1);
    test_judge(t);
    SAID(t, "caps-no-sha2");
    QUIET(t, "caps-no-sha");
    SAID(t, "caps-no-3des-aes");
    QUIET(t, "caps-no-aes");
    SAID(t, "caps-no-post");
    SAID(t, "caps-no-renewal");
    FACT(t, "caps-no-post", "capabilities", "SHA-1");
    test_caps(t, x, SCS_CAP_POST);
    test_judge(t);
    SEVERITY(t, "caps-no-sha", SCS_SEV_WARNING);
    QUIET(t, "caps-no-sha2");
    QUIET(t, "caps-no-post");
    x->platform = SCS_PLATFORM_APPLE;
    test_judge(t);
    SEVERITY(t, "caps-no-sha", SCS_SEV_ERROR);
}

/* Would catch: a warning about long URLs for a client whose message is short. */
static void small_message(void **state)
{
    struct test_model *t = *state;
    caps(t, SCS_CAP_SHA256 | SCS_CAP_AES | SCS_CAP_RENEWAL);
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    test_by_get(x, 1400);
    test_judge(t);
    QUIET(t, "caps-no-post");
    test_by_get(x, 5000);
    test_judge(t);
    SAID(t, "caps-no-post");
}

/* Would catch: an empty answer flagged although the client enrolled; empty told where the capture lost the body. */
static void empty(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = caps(t, 0);
    test_text(t, test_reply_of(x), "text/plain", "");
    test_judge(t);
    SAID(t, "caps-empty");
    QUIET(t, "caps-no-sha");
    test_reply_of(x)->m.flags |= SCS_HTTP_CAPTURE_GAP;
    test_judge(t);
    QUIET(t, "caps-empty");
    test_reply_of(x)->m.flags &= ~(uint32_t)SCS_HTTP_CAPTURE_GAP;
    struct scs_exchange *y = test_exchange(t, test_connection(t, CLIENT, SERVER, 100), SCS_OP_PKI_OPERATION, 110);
    test_reply(t, y, 200, 10);
    struct scs_enrolment *e = test_enrolment(t, SCS_ENROLMENT_SUCCEEDED, x, y, NULL);
    test_judge(t);
    QUIET(t, "caps-empty");
    e->outcome = SCS_ENROLMENT_INCOMPLETE;
    test_judge(t);
    SAID(t, "caps-empty");
    y->outcome = SCS_OUTCOME_INCOMPLETE; /* an answer that the capture lacks may have been the certificate */
    test_judge(t);
    QUIET(t, "caps-empty");
}

static void html(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = caps(t, 0);
    ((struct scs_caps *)(uintptr_t)x->caps)->html = true;
    test_text(t, test_reply_of(x), "text/html", "<html><title>Portal</title></html>");
    test_judge(t);
    SAID(t, "caps-html");
    QUIET(t, "http-200-html");
    QUIET(t, "caps-no-sha");
}

/* Would catch: caps-error said where everything fails. */
static void error_alone(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_GET_CA_CAPS, 500);
    struct scs_server *s = test_server(t, SERVER);
    s->ops[SCS_OP_GET_CA_CAPS] = (struct scs_op_tally){1, 0, 1};
    test_judge(t);
    QUIET(t, "caps-error");
    SAID(t, "http-500-ndes");
    s->ops[SCS_OP_GET_CA_CERT] = (struct scs_op_tally){1, 1, 0};
    test_judge(t);
    SEVERITY(t, "caps-error", SCS_SEV_WARNING);
    QUIET(t, "http-500-ndes");
}

/* Would catch: a GetCACaps called refused whose answer is what the capture lacks. */
static void error_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, 0), SCS_OP_GET_CA_CAPS, 10);
    test_server(t, SERVER)->ops[SCS_OP_GET_CA_CERT] = (struct scs_op_tally){1, 1, 0};
    x->why_unanswered = "server reset";
    x->outcome = SCS_OUTCOME_INCOMPLETE;
    test_judge(t);
    QUIET(t, "caps-error");
    x->outcome = SCS_OUTCOME_UNANSWERED;
    test_judge(t);
    SAID(t, "caps-error");
}

/* Would catch: another order or other letters' case called a difference. */
static void lists_differ(void **state)
{
    static const char *const reordered[] = {"sha-256", "POSTPKIOperation"};
    struct test_model *t = *state;
    struct scs_exchange *x = caps(t, SCS_CAP_POST | SCS_CAP_SHA256);
    struct scs_exchange *y = caps(t, SCS_CAP_POST | SCS_CAP_SHA256);
    struct scs_caps *c = (struct scs_caps *)(uintptr_t)y->caps;
    c->lines = reordered;
    test_judge(t);
    QUIET(t, "caps-differs");
    test_caps(t, y, SCS_CAP_SHA256);
    test_judge(t);
    SAID(t, "caps-differs");
    assert_int_equal(test_finding(t, "caps-differs")->count, 1);
    (void)x;
}

/* ---- certificates ------------------------------------------------------------------------------------- */

static void healthy_certificates(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    certs(t, c);
    test_judge(t);
    assert_int_equal(test_said(t), 1);
    SEVERITY(t, "cacert-thumbprint", SCS_SEV_INFO);
    FACT(t, "cacert-thumbprint", "subject", "CN=Contoso CA");
}

/* Would catch: the 500s of an NDES that was restarted with expired certificates told as another fault. */
static void ra_expired_then_500(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    certs(t, c);
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 500);
    test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_judge(t);
    SAID(t, "http-500-ndes");
    c[1]->not_after = TEST_T0_S - 3 * DAY;
    test_judge(t);
    QUIET(t, "http-500-ndes");
    const struct scs_finding *f = test_finding(t, "cacert-ra-expired");
    assert_int_equal(f->count, 2);
    assert_int_equal(f->exchanges[1], x->id);
    assert_true(test_is_consequence(f, "http-500-ndes"));
}

/* Would catch: a CA's expiry told as the RA's, and the 60- and 30-day steps mixed up. */
static void ra_validity(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    certs(t, c);
    c[1]->not_after = TEST_T0_S - 3 * DAY;
    test_judge(t);
    SAID(t, "cacert-ra-expired");
    FACT(t, "cacert-ra-expired", "serial", "03");
    FACT(t, "cacert-ra-expired", "days", "3");
    QUIET(t, "cacert-ra-expiring");
    QUIET(t, "cacert-ca-expired");
    c[1]->not_after = TEST_T0_S + 20 * DAY;
    test_judge(t);
    SEVERITY(t, "cacert-ra-expiring", SCS_SEV_WARNING);
    c[1]->not_after = TEST_T0_S + 45 * DAY;
    test_judge(t);
    SEVERITY(t, "cacert-ra-expiring", SCS_SEV_INFO);
    c[1]->not_after = TEST_T0_S + 61 * DAY;
    test_judge(t);
    QUIET(t, "cacert-ra-expiring");
    c[0]->not_before = TEST_T0_S + DAY;
    test_judge(t);
    SAID(t, "cacert-ra-notyet");
}

/* Would catch: certificates judged by a wrong clock of the capturing host. */
static void judged_by_the_servers_clock(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    certs(t, c);
    c[0]->not_before = TEST_T0_S + DAY;
    t->capture.clock_offset_s = 2 * DAY;
    t->capture.clock_samples = 5;
    test_judge(t);
    QUIET(t, "cacert-ra-notyet");
}

static void ca_expired(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    struct scs_exchange *x = certs(t, c);
    c[2]->not_after = TEST_T0_S - DAY;
    test_judge(t);
    SAID(t, "cacert-ca-expired");
    const struct scs_cert_facts *renewed[] = {c[0], c[1], c[2], test_cert(t, "CN=Contoso CA", "09", SCS_ROLE_CA)};
    answer(x)->certificates = renewed;
    answer(x)->num_certificates = 4;
    test_judge(t);
    QUIET(t, "cacert-ca-expired");
}

/* Would catch: a missing key identifier taken for another key. */
static void ra_of_old_ca(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    certs(t, c);
    c[0]->aki = c[1]->aki = "aa";
    test_judge(t);
    QUIET(t, "cacert-ra-old-ca");
    c[2]->ski = "bb";
    test_judge(t);
    SAID(t, "cacert-ra-old-ca");
    c[2]->ski = "aa";
    test_judge(t);
    QUIET(t, "cacert-ra-old-ca");
}

static void ra_usage(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    struct scs_exchange *x = certs(t, c);
    c[1]->key_usage = SCS_KU_DIGITAL_SIGNATURE;
    test_judge(t);
    SAID(t, "cacert-ra-ku");
    FACT(t, "cacert-ra-ku", "missing_usage", "keyEncipherment");
    c[1]->flags &= ~(uint32_t)SCS_CERT_HAS_KU;
    test_judge(t);
    QUIET(t, "cacert-ra-ku");
    /* one certificate with both usages */
    const struct scs_cert_facts *two[] = {c[0], c[2]};
    c[0]->key_usage = SCS_KU_DIGITAL_SIGNATURE | SCS_KU_KEY_ENCIPHERMENT;
    answer(x)->certificates = two;
    answer(x)->num_certificates = 2;
    test_judge(t);
    QUIET(t, "cacert-ra-ku");
}

static void ra_purpose(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    certs(t, c);
    c[0]->flags &= ~(uint32_t)SCS_CERT_EKU_REQUEST_AGENT;
    test_judge(t);
    SAID(t, "cacert-ra-eku");
    test_server(t, SERVER)->is_ndes = false;
    test_judge(t);
    QUIET(t, "cacert-ra-eku");
}

/* Would catch: a SCEP server that is its own CA flagged for having no RA. */
static void ca_only(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    struct scs_ca_certs *a = test_ca_certs(t, x);
    a->certificates = a->certificates + 2;
    a->num_certificates = 1;
    test_judge(t);
    SAID(t, "cacert-no-ra");
    test_server(t, SERVER)->is_ndes = false;
    test_judge(t);
    QUIET(t, "cacert-no-ra");
}

static void certificates_change(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    certs(t, c);
    struct scs_exchange *y = certs(t, c);
    test_judge(t);
    QUIET(t, "cacert-changed");
    c[1]->sha256 = "another";
    answer(y)->body_sha256 = "another";
    test_judge(t);
    SAID(t, "cacert-changed");
}

/* Would catch: a root's own SHA-1 signature flagged. */
static void weak(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    struct scs_exchange *x = certs(t, c);
    c[2]->signature_algorithm = "sha1WithRSAEncryption";
    test_judge(t);
    QUIET(t, "cacert-sig-weak");
    c[1]->signature_algorithm = "RSASSA-PSS";
    test_judge(t);
    SEVERITY(t, "cacert-sig-weak", SCS_SEV_WARNING);
    x->platform = SCS_PLATFORM_APPLE;
    test_judge(t);
    SEVERITY(t, "cacert-sig-weak", SCS_SEV_ERROR);
    c[1]->signature_algorithm = "sha256WithRSAEncryption";
    c[1]->key_bits = 1024;
    test_judge(t);
    SEVERITY(t, "cacert-sig-weak", SCS_SEV_WARNING);
}

static void bodies(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    struct scs_ca_certs *a = test_ca_certs(t, x);
    *a = (struct scs_ca_certs){.empty = true};
    test_text(t, test_reply_of(x), "application/x-x509-ca-ra-cert", "");
    test_judge(t);
    SAID(t, "cacert-empty");
    QUIET(t, "cacert-unparseable");
    *a = (struct scs_ca_certs){.html = true};
    test_text(t, test_reply_of(x), "text/html", "<html><title>IIS Windows Server</title></html>");
    test_judge(t);
    SAID(t, "cacert-html");
    QUIET(t, "cacert-unparseable");
    *a = (struct scs_ca_certs){.parsed = false};
    test_text(t, test_reply_of(x), "application/x-x509-ca-ra-cert", "0abc");
    test_judge(t);
    SEVERITY(t, "cacert-unparseable", SCS_SEV_ERROR);
    a->pem = true;
    test_judge(t);
    SEVERITY(t, "cacert-unparseable", SCS_SEV_WARNING);
    test_reply_of(x)->m.flags |= SCS_HTTP_SNAPLEN;
    test_judge(t);
    QUIET(t, "cacert-unparseable");
}

static void type_of_form(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    struct scs_exchange *x = certs(t, c);
    test_reply_of(x)->m.content_type = "application/x-x509-ca-cert";
    test_judge(t);
    SAID(t, "cacert-ctype-single");
    QUIET(t, "http-ctype");
    answer(x)->single = true;
    answer(x)->num_certificates = 1;
    test_judge(t);
    QUIET(t, "cacert-ctype-single");
}

static void incomplete_chain(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *c[3];
    struct scs_exchange *x = certs(t, c);
    c[2]->flags &= ~(uint32_t)SCS_CERT_SELF_ISSUED;
    c[2]->issuer_sha256 = "root";
    test_judge(t);
    QUIET(t, "cacert-incomplete-chain");
    test_server(t, SERVER)->is_ndes = test_server(t, SERVER)->is_iis = false;
    x->path_kind = SCS_PATH_OPERATION;
    test_judge(t);
    SAID(t, "cacert-incomplete-chain");
}

static void next_ca(void **state)
{
    struct test_model *t = *state;
    struct scs_ca_certs *a = test_ca_certs(t, test_answered(t, SCS_OP_GET_NEXT_CA_CERT, 200));
    test_judge(t);
    SAID(t, "nextca-unsigned");
    a->signed_reply = true;
    test_judge(t);
    QUIET(t, "nextca-unsigned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(healthy_lists),
        TEST(ndes_list),
        TEST(poor_lists),
        TEST(small_message),
        TEST(empty),
        TEST(html),
        TEST(error_alone),
        TEST(error_unseen),
        TEST(lists_differ),
        TEST(healthy_certificates),
        TEST(ra_expired_then_500),
        TEST(ra_validity),
        TEST(judged_by_the_servers_clock),
        TEST(ca_expired),
        TEST(ra_of_old_ca),
        TEST(ra_usage),
        TEST(ra_purpose),
        TEST(ca_only),
        TEST(certificates_change),
        TEST(weak),
        TEST(bodies),
        TEST(type_of_form),
        TEST(incomplete_chain),
        TEST(next_ca),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
