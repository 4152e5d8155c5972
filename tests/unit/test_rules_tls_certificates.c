/* SPDX-License-Identifier: Apache-2.0 */
/* TLS-* about the server's and the client's certificate: each rule where it holds and where something like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tls_model.h"

#define CLIENT "10.5.14.7:50000"
#define SERVER "10.5.1.4:443"
#define ITSELF "10.5.1.4:50002"
#define NAME   TEST_TLS_NAME
#define DAY_S  INT64_C(86400)

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, NULL, 0);
    return test_finding(t, id);
}

/* ---- the server's certificate ------------------------------------------------------------------------------------ */

/* Catches distrust under a general name, and an alert of the server's taken for the client's. */
static void test_client_distrusts(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    test_tls_alert(t, s, false, 48);
    const struct scs_finding *f = find(t, "tls-alert-client-certunknown");
    assert_string_equal(test_fact(t, f, "issuer"), "DC=com, DC=contoso, CN=Contoso Issuing CA");
    assert_null(test_finding(t, "tls-alert-other"));
    test_tls_alert(t, s, true, 48);
    assert_null(find(t, "tls-alert-client-certunknown"));
    assert_non_null(test_finding(t, "tls-alert-other"));
}

/* Catches a missing intermediate unsaid, and one missed where the issuer is known as the root. */
static void test_chain_incomplete(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 600000);
    struct scs_cert_facts *leaf = test_tls_give_certificate(t, s, "DNS:" NAME, 1);
    test_tls_alert(t, s, false, 48);
    assert_int_equal(find(t, "tls-chain-incomplete")->severity, SCS_SEV_ERROR); /* this client was not served */
    assert_null(test_finding(t, "tls-alert-client-certunknown"));
    leaf->flags |= SCS_CERT_SELF_ISSUED;
    assert_null(find(t, "tls-chain-incomplete"));
    assert_non_null(test_finding(t, "tls-alert-client-certunknown"));
    leaf->flags &= ~(uint32_t)SCS_CERT_SELF_ISSUED;
    struct scs_exchange *x = test_exchange(t, test_connection(t, "10.5.14.8:50000", SERVER, 0), SCS_OP_GET_CA_CERT, 10);
    test_reply(t, x, 200, 5);
    test_ca_certs(t, x);
    leaf->issuer_sha256 = x->ca_certs->certificates[2]->subject_sha256;
    assert_null(find(t, "tls-chain-incomplete"));
}

/* Catches a wrong name unsaid, and one reported of a client that went on. */
static void test_name_mismatch(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, CLIENT, SERVER, 0);
    test_tls_give_certificate(t, s, "DNS:ndes01.corp.local", 2);
    assert_null(find(t, "tls-name-mismatch")); /* still open */
    test_tls_close_by_client(t, s);
    const struct scs_finding *f = find(t, "tls-name-mismatch");
    assert_string_equal(test_fact(t, f, "sni"), NAME);
    assert_string_equal(test_fact(t, f, "names"), "DNS:ndes01.corp.local");
    assert_string_equal(test_fact(t, f, "hop"), "");
    s.tls->flags |= SCS_TLS_GAP; /* its requests may be what the capture lacks */
    assert_null(find(t, "tls-name-mismatch"));
    s.tls->flags &= ~(uint32_t)SCS_TLS_GAP;
    test_tls_use(s);
    assert_null(find(t, "tls-name-mismatch"));
}

/* Catches a wildcard that covers the name, a client that named none, and an unknown CA said to be a wrong name. */
static void test_name_mismatch_near(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, CLIENT, SERVER, 0);
    test_tls_give_certificate(t, s, "DNS:*.contoso.com", 2);
    test_tls_close_by_client(t, s);
    assert_null(find(t, "tls-name-mismatch"));
    test_tls_give_certificate(t, s, "DNS:*.example.com", 2);
    assert_non_null(find(t, "tls-name-mismatch"));
    s.tls->sni = NULL;
    assert_null(find(t, "tls-name-mismatch"));
    s.tls->sni = NAME;
    test_tls_alert(t, s, false, 48);
    assert_null(find(t, "tls-name-mismatch"));
    test_tls_alert(t, s, false, 46);
    assert_non_null(find(t, "tls-name-mismatch"));
    assert_null(test_finding(t, "tls-alert-client-certunknown"));
}

/* Catches the policy module's trouble told as a device's. */
static void test_name_mismatch_policy(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, ITSELF, SERVER, 0);
    test_tls_give_certificate(t, s, "DNS:ndes.example.com", 2);
    test_tls_alert(t, s, false, 0);
    s.c->half[SCS_TO_SERVER].last_new_ns = TEST_NS(31); /* what can be seen of its alert */
    test_tls_end(t, s, SCS_TO_CLIENT, false, 2);
    assert_string_equal(test_fact(t, find(t, "tls-name-mismatch"), "hop"), "policy module");
}

/* Catches expiry judged by a clock that the server's dates show to be wrong, and severity where clients do not mind. */
static void test_server_expired(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    struct scs_cert_facts *leaf = test_tls_give_certificate(t, s, "DNS:" NAME, 2);
    leaf->not_after = TEST_T0_S - 3 * DAY_S;
    const struct scs_finding *f = find(t, "tls-servercert-expired");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_string_equal(test_fact(t, f, "days"), "3");
    t->capture.clock_offset_s = -5 * DAY_S;
    t->capture.clock_samples = 3;
    assert_null(find(t, "tls-servercert-expired"));
    t->capture.clock_offset_s = SCS_NO_TIME;
    test_tls_use(s);
    assert_int_equal(find(t, "tls-servercert-expired")->severity, SCS_SEV_WARNING);
}

/* Catches alert 45 unheard when the leaf is in date, and a fresh certificate called expired. */
static void test_alert_45(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    struct scs_cert_facts *leaf = test_tls_give_certificate(t, s, "DNS:" NAME, 2);
    test_tls_alert(t, s, false, 45);
    assert_int_equal(find(t, "tls-servercert-expired")->confidence, SCS_LIKELY);
    assert_null(test_finding(t, "tls-servercert-notyet"));
    leaf->not_before = TEST_T0_S - 3600;
    assert_int_equal(find(t, "tls-servercert-notyet")->severity, SCS_SEV_WARNING);
    assert_null(test_finding(t, "tls-servercert-expired"));
}

/* Catches minutes between clocks taken for a certificate from the future. */
static void test_server_not_yet(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *leaf = test_tls_give_certificate(t, test_tls_answered(t, CLIENT, SERVER, 0), "DNS:" NAME, 2);
    leaf->not_before = TEST_T0_S + 240;
    assert_null(find(t, "tls-servercert-notyet"));
    leaf->not_before = TEST_T0_S + 7200;
    assert_non_null(find(t, "tls-servercert-notyet"));
}

/* Catches an organisation's own CA called inspection, and a product's not. */
static void test_inspection(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    struct scs_cert_facts *leaf = test_tls_give_certificate(t, s, "DNS:" NAME, 1);
    assert_null(find(t, "tls-inspection"));
    leaf->issuer = "C=US, O=Zscaler Inc., CN=Zscaler Intermediate Root CA (zscaler.net)";
    assert_string_equal(test_fact(t, find(t, "tls-inspection"), "product"), "Zscaler");
    leaf->issuer = "CN=Contoso Issuing CA";
    s.tls->sni = "fef.msub01.manage.microsoft.com";
    assert_string_equal(test_fact(t, find(t, "tls-inspection"), "product"), "unknown");
    leaf->issuer = "C=US, O=Microsoft Corporation, CN=Microsoft Azure RSA TLS Issuing CA 03";
    assert_null(find(t, "tls-inspection"));
}

/* ---- the client's certificate -------------------------------------------------------------------------------------- */

static struct scs_exchange *verify(struct test_model *t, struct test_tls_shake s, unsigned status)
{
    test_tls_use(s);
    s.tls->flags |= SCS_TLS_DECRYPTED;
    struct scs_exchange *x = test_exchange(t, s.c, SCS_OP_VERIFY_REQUEST, 40);
    test_reply(t, x, status, 5);
    return x;
}

/* Catches 403 told without its cause, and a certificate that is asked for and not needed. */
static void test_client_absent(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, ITSELF, SERVER, 0);
    s.tls->flags |= SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY;
    struct scs_exchange *x = verify(t, s, 403);
    const struct scs_finding *f = find(t, "tls-clientcert-absent");
    assert_int_equal(f->exchange, x->id);
    assert_null(test_finding(t, "policy-403"));
    assert_true(test_is_consequence(f, "policy-403"));
    test_reply_of(x)->status = 201;
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "tls-clientcert-absent"));
}

/* Catches a device without a certificate reported where nothing can be read, the policy module's leg let pass. */
static void test_client_absent_unread(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, CLIENT, SERVER, 0);
    s.tls->flags |= SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY;
    test_tls_use(s);
    assert_null(find(t, "tls-clientcert-absent"));
    s.c->client = s.c->server;
    assert_int_equal(find(t, "tls-clientcert-absent")->confidence, SCS_LIKELY);
}

/* Catches a server that insists (alert 40 after asking, 116) overlooked on the device's leg. */
static void test_client_absent_alert(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    s.tls->flags |= SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY;
    test_tls_alert(t, s, true, 40);
    assert_non_null(find(t, "tls-clientcert-absent"));
    s.tls->flags &= ~(uint32_t)(SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY);
    assert_null(find(t, "tls-clientcert-absent"));
    test_tls_alert(t, s, true, 116);
    assert_non_null(find(t, "tls-clientcert-absent"));
}

/* Catches no extended key usage at all, which means any, taken for a wrong one. */
static void test_client_eku(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, ITSELF, SERVER, 0);
    struct scs_cert_facts *leaf = test_tls_certificate(t, "DNS:" NAME, SCS_ROLE_LEAF);
    leaf->flags = SCS_CERT_HAS_EKU | SCS_CERT_EKU_SERVER_AUTH;
    s.tls->client_certificate = leaf;
    struct scs_exchange *x = verify(t, s, 403);
    assert_true(test_is_consequence(find(t, "tls-clientcert-eku"), "policy-403"));
    leaf->flags |= SCS_CERT_EKU_CLIENT_AUTH;
    assert_null(find(t, "tls-clientcert-eku"));
    assert_non_null(test_finding(t, "policy-403"));
    leaf->flags = 0;
    assert_null(find(t, "tls-clientcert-eku"));
    leaf->flags = SCS_CERT_HAS_EKU;
    test_reply_of(x)->status = 201;
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "tls-clientcert-eku"));
}

/* Catches an expired client certificate unsaid, and a valid one blamed. */
static void test_client_expired(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, ITSELF, SERVER, 0);
    struct scs_cert_facts *leaf = test_tls_certificate(t, "DNS:" NAME, SCS_ROLE_LEAF);
    leaf->flags |= SCS_CERT_HAS_EKU | SCS_CERT_EKU_CLIENT_AUTH;
    s.tls->client_certificate = leaf;
    verify(t, s, 403);
    assert_null(find(t, "tls-clientcert-expired"));
    leaf->not_after = TEST_T0_S - 10 * DAY_S;
    assert_string_equal(test_fact(t, find(t, "tls-clientcert-expired"), "days"), "10");
}

/* Catches a client's alert 44 about the server taken for its own revocation. */
static void test_client_revoked(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, ITSELF, SERVER, 0);
    test_tls_alert(t, s, true, 44);
    assert_non_null(find(t, "tls-clientcert-revoked"));
    test_tls_alert(t, s, false, 44);
    assert_null(find(t, "tls-clientcert-revoked"));
    assert_non_null(test_finding(t, "tls-alert-other"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_client_distrusts),   TEST(test_chain_incomplete),     TEST(test_name_mismatch),
        TEST(test_name_mismatch_near), TEST(test_name_mismatch_policy), TEST(test_server_expired),
        TEST(test_alert_45),           TEST(test_server_not_yet),       TEST(test_inspection),
        TEST(test_client_absent),      TEST(test_client_absent_unread), TEST(test_client_absent_alert),
        TEST(test_client_eku),         TEST(test_client_expired),       TEST(test_client_revoked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
