/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the request message and about what a client does over several requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scep_model.h"

#define DAY INT64_C(86400)

/* A PKIOperation with a message and NDES's answer to it: pkiStatus, or -1 for a 500. */
static struct scs_exchange *enrol(struct test_model *t, const char *tid, int pki_status)
{
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, pki_status < 0 ? 500 : 200);
    test_scep_request(t, x, 19, tid);
    if (pki_status >= 0) {
        test_scep_reply(t, x, pki_status)->fail_info = pki_status == 2 ? 1 : -1;
    }
    return x;
}

static struct scs_pki_message *message(struct scs_exchange *x)
{
    return (struct scs_pki_message *)(uintptr_t)x->scep_request;
}

static struct scs_recipient *recipient(struct scs_exchange *x)
{
    return (struct scs_recipient *)(uintptr_t)x->scep_request->envelope->recipients;
}

static void by_query(struct scs_exchange *x, uint32_t query_len)
{
    test_by_get(x, query_len);
    message(x)->transport = SCS_TRANSPORT_QUERY;
}

static void cut(struct scs_exchange *x, uint32_t present, uint32_t announced)
{
    struct scs_pki_message *m = message(x);
    m->flags &= ~(uint32_t)(SCS_MSG_COMPLETE | SCS_MSG_HAS_SIGNER | SCS_MSG_HAS_SIGNED_ATTRS);
    m->length = present;
    m->announced = announced;
    m->missing = announced - present;
    m->message_type = -1;
    m->transaction_id = NULL;
}

/* Would catch: a healthy request flagged for anything. */
static void healthy(void **state)
{
    struct test_model *t = *state;
    enrol(t, "T1", 0);
    test_judge(t);
    SAID(t, "rep-success");
    assert_int_equal(test_said(t), 1);
}

/* Would catch: a cut message called "not CMS" or "attributes missing"; the 404 of a length limit preferred to the cut. */
static void truncated_get(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    by_query(x, 2048 + 31);
    cut(x, 1536, 8000);
    test_judge(t);
    SAID(t, "scep-truncated-get");
    FACT(t, "scep-truncated-get", "missing", "6464");
    FACT(t, "scep-truncated-get", "cut_at", "2048");
    QUIET(t, "scep-not-cms");
    QUIET(t, "scep-attr-missing");
    assert_true(test_is_consequence(test_finding(t, "scep-truncated-get"), "http-500-ndes"));
    test_reply_of(x)->status = 404;
    test_judge(t);
    assert_true(test_is_consequence(test_finding(t, "scep-truncated-get"), "http-404-querylen"));
}

/* Would catch: the capture's own loss blamed on a proxy. */
static void truncated_by_the_capture(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    by_query(x, 9000);
    cut(x, 1536, 8000);
    test_request(x)->m.flags |= SCS_HTTP_SNAPLEN;
    test_judge(t);
    QUIET(t, "scep-truncated-get");
    QUIET(t, "scep-not-cms");
}

static void truncated_post(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    cut(x, 1800, 2513);
    test_judge(t);
    SAID(t, "scep-truncated-post");
    QUIET(t, "scep-truncated-get");
    test_request(x)->m.flags &= ~(uint32_t)SCS_HTTP_COMPLETE; /* 413 came before the body was read */
    test_reply_of(x)->status = 413;
    test_judge(t);
    QUIET(t, "scep-truncated-post");
    SAID(t, "http-413-bodylen");
}

static void truncated_ber(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    by_query(x, 5100);
    cut(x, 3800, 3800);
    message(x)->encoding = SCS_ENCODING_BER;
    test_judge(t);
    SAID(t, "scep-truncated-get");
}

static void base64(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    by_query(x, 3000);
    message(x)->b64 = SCS_B64_DOUBLE;
    test_judge(t);
    SAID(t, "scep-b64-double");
    message(x)->b64 = SCS_B64_INVALID | SCS_B64_ELLIPSIS;
    cut(x, 1500, 2513);
    test_judge(t);
    SAID(t, "scep-b64-invalid");
    FACT(t, "scep-b64-invalid", "ellipsis", "...");
    QUIET(t, "scep-truncated-get");
    message(x)->flags |= SCS_MSG_PROBE;
    test_judge(t);
    QUIET(t, "scep-b64-invalid");
}

/* Would catch: spaces that did no harm made an error. */
static void base64_spaces(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 0);
    by_query(x, 3000);
    message(x)->b64 = SCS_B64_SPACE;
    test_judge(t);
    SEVERITY(t, "scep-b64-space", SCS_SEV_WARNING);
    test_scep_reply(t, x, 2)->fail_info = 1;
    test_judge(t);
    SEVERITY(t, "scep-b64-space", SCS_SEV_ERROR);
    message(x)->b64 = SCS_B64_RAW_PLUS | SCS_B64_NO_PADDING;
    test_judge(t);
    QUIET(t, "scep-b64-space");
    SEVERITY(t, "scep-b64-quirk", SCS_SEV_INFO);
    FACT(t, "scep-b64-quirk", "quirks", "raw +, no =");
}

static void no_cms(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    message(x)->flags = SCS_MSG_PRESENT;
    test_judge(t);
    SAID(t, "scep-not-cms");
    QUIET(t, "scep-no-message");
    message(x)->flags = 0;
    test_request(x)->m.body_len = 0;
    test_judge(t);
    SAID(t, "scep-no-message");
    QUIET(t, "scep-not-cms");
}

static void attributes(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    message(x)->sender_nonce.len = 0;
    test_judge(t);
    SAID(t, "scep-attr-missing");
    FACT(t, "scep-attr-missing", "attribute", "senderNonce");
    cut(x, 1000, 2513); /* "not seen" is not "absent" */
    test_judge(t);
    QUIET(t, "scep-attr-missing");
}

static void attribute_types(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 2);
    message(x)->flags |= SCS_MSG_ATTR_WRONG_TYPE;
    test_judge(t);
    SEVERITY(t, "scep-attr-type", SCS_SEV_WARNING);
    x->outcome = SCS_OUTCOME_INCOMPLETE; /* the answer may have been a certificate */
    test_judge(t);
    SEVERITY(t, "scep-attr-type", SCS_SEV_INFO);
    x->outcome = SCS_OUTCOME_FAILED;
    message(x)->flags &= ~(uint32_t)SCS_MSG_ATTR_WRONG_TYPE;
    message(x)->flags |= SCS_MSG_ATTRS_UNSORTED;
    test_judge(t);
    SEVERITY(t, "scep-attr-type", SCS_SEV_INFO);
    test_scep_reply(t, x, 0);
    test_judge(t);
    QUIET(t, "scep-attr-type");
}

static void message_types(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 2);
    message(x)->message_type = 18;
    test_judge(t);
    SAID(t, "scep-type-unknown");
    message(x)->message_type = 41;
    test_judge(t);
    QUIET(t, "scep-type-unknown");
    SAID(t, "scep-attestation");
    message(x)->message_type = 21;
    test_judge(t);
    QUIET(t, "scep-type-unknown");
}

static void signer_missing(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", -1);
    message(x)->num_certificates = 0;
    message(x)->signer = NULL;
    test_judge(t);
    SAID(t, "scep-signer-cert-missing");
    message(x)->message_type = 17; /* a renewal's signer may be known to the server */
    test_judge(t);
    QUIET(t, "scep-signer-cert-missing");
}

static void algorithms(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 0);
    struct scs_envelope *e = (struct scs_envelope *)(uintptr_t)x->scep_request->envelope;
    e->cipher = "des-ede3-cbc";
    test_judge(t);
    SEVERITY(t, "scep-alg-legacy", SCS_SEV_INFO);
    e->cipher = "des-cbc";
    test_judge(t);
    SAID(t, "scep-alg-weak");
    QUIET(t, "scep-alg-legacy");
}

/* Would catch: an algorithm blamed although the server took it. */
static void not_advertised(void **state)
{
    struct test_model *t = *state;
    test_caps(t, test_answered(t, SCS_OP_GET_CA_CAPS, 200), SCS_CAP_SHA256 | SCS_CAP_DES3 | SCS_CAP_POST | SCS_CAP_RENEWAL);
    struct scs_exchange *x = enrol(t, "T1", 2);
    test_judge(t);
    FACT(t, "scep-alg-not-advertised", "algorithm", "aes-256-cbc");
    test_scep_reply(t, x, 0);
    test_judge(t);
    QUIET(t, "scep-alg-not-advertised");
}

static void oaep(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 0);
    recipient(x)->key_encryption = "RSAES-OAEP";
    test_judge(t);
    QUIET(t, "scep-oaep"); /* Windows and NDES */
    x->platform = SCS_PLATFORM_ANDROID;
    test_judge(t);
    SEVERITY(t, "scep-oaep", SCS_SEV_INFO);
    test_scep_reply(t, x, 2)->fail_info = 1;
    test_judge(t);
    SEVERITY(t, "scep-oaep", SCS_SEV_WARNING);
}

/* Would catch: a recipient blamed when the server decrypted, or when no GetCACert was captured. */
static void recipients(void **state)
{
    struct test_model *t = *state;
    test_ca_certs(t, test_answered(t, SCS_OP_GET_CA_CERT, 200));
    struct scs_exchange *x = enrol(t, "T1", 2);
    test_judge(t);
    QUIET(t, "scep-recipient-stale");
    recipient(x)->known_as = "unknown";
    test_judge(t);
    SAID(t, "scep-recipient-stale");
    assert_true(test_is_consequence(test_finding(t, "scep-recipient-stale"), "rep-fail-1-badmessagecheck"));
    recipient(x)->known_as = "ca";
    test_judge(t);
    SAID(t, "scep-recipient-ca");
    QUIET(t, "scep-recipient-stale");
    FACT(t, "scep-recipient-ca", "right_serial", "03");
    recipient(x)->known_as = "ra_signing";
    test_judge(t);
    SAID(t, "scep-recipient-signing");
    recipient(x)->known_as = "ra_encryption";
    test_judge(t);
    SAID(t, "rep-fail-1-badmessagecheck");
    recipient(x)->known_as = "unknown";
    test_scep_reply(t, x, 0);
    test_judge(t);
    QUIET(t, "scep-recipient-stale");
}

static void several_recipients(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 2);
    recipient(x)->key_trans = false;
    test_judge(t);
    SEVERITY(t, "scep-recipient-multi", SCS_SEV_WARNING);
    recipient(x)->key_trans = true;
    test_judge(t);
    QUIET(t, "scep-recipient-multi");
}

static void clocks(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 2);
    message(x)->signing_time = TEST_T0_S - 200;
    test_judge(t);
    QUIET(t, "scep-clock-skew");
    message(x)->signing_time = TEST_T0_S - 7200;
    test_judge(t);
    SEVERITY(t, "scep-clock-skew", SCS_SEV_WARNING);
    FACT(t, "scep-clock-skew", "minutes_behind", "120");
    message(x)->signing_time = TEST_T0_S + 2 * DAY;
    test_judge(t);
    SEVERITY(t, "scep-clock-skew", SCS_SEV_ERROR);
}

static void temporary_certificate(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 2);
    struct scs_cert_facts *c = (struct scs_cert_facts *)(uintptr_t)x->scep_request->signer;
    c->not_before = TEST_T0_S + 3600; /* within a day: time zones */
    test_judge(t);
    QUIET(t, "scep-tempcert-expired");
    c->not_before = TEST_T0_S - 5 * DAY;
    c->not_after = TEST_T0_S - 3 * DAY;
    test_judge(t);
    SAID(t, "scep-tempcert-expired");
    c->not_before = TEST_T0_S - DAY / 2; /* made today, for an hour: no clock is days slow */
    c->not_after = c->not_before + 3600;
    test_judge(t);
    QUIET(t, "scep-tempcert-expired");
    c->not_before = TEST_T0_S - 5 * DAY;
    c->flags &= ~(uint32_t)SCS_CERT_SELF_ISSUED;
    test_judge(t);
    QUIET(t, "scep-tempcert-expired");
}

static void renewals(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *caps = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_caps(t, caps, SCS_CAP_SHA256 | SCS_CAP_AES | SCS_CAP_POST);
    struct scs_exchange *x = enrol(t, "T1", 2);
    struct scs_cert_facts *c = (struct scs_cert_facts *)(uintptr_t)x->scep_request->signer;
    message(x)->message_type = 17;
    test_judge(t);
    SAID(t, "scep-renewal-unsupported");
    c->not_after = TEST_T0_S - DAY;
    test_judge(t);
    SAID(t, "scep-renew-expired");
    QUIET(t, "scep-renewal-unsupported");
    test_scep_reply(t, x, 0);
    test_judge(t);
    QUIET(t, "scep-renew-expired");
}

/* Would catch: an exact reason in the reply overruled by a guess. */
static void renewal_with_a_reason(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 2);
    message(x)->message_type = 17;
    struct scs_pki_message *r = (struct scs_pki_message *)(uintptr_t)x->scep_reply;
    r->fail_info = 2;
    test_judge(t);
    CONFIDENCE(t, "scep-renewal-unsupported", SCS_LIKELY);
    r->has_hresult = true;
    r->hresult = -2146877422;
    test_judge(t);
    QUIET(t, "scep-renewal-unsupported");
}

/* ---- over several requests --------------------------------------------------------------------------------- */

static void get_or_post(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *caps = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    struct scs_caps *c = test_caps(t, caps, SCS_CAP_SHA256 | SCS_CAP_AES | SCS_CAP_POST | SCS_CAP_RENEWAL);
    struct scs_exchange *x = enrol(t, "T1", 0);
    by_query(x, 3400);
    test_judge(t);
    SEVERITY(t, "scep-get-instead-of-post", SCS_SEV_INFO); /* NDES answered it */
    struct scs_pki_message *answer = test_certrep(x);
    x->scep_reply = NULL;
    x->outcome = SCS_OUTCOME_FAILED;
    test_reply_of(x)->status = 404;
    test_judge(t);
    SEVERITY(t, "scep-get-instead-of-post", SCS_SEV_WARNING);
    x->scep_reply = answer;
    x->outcome = SCS_OUTCOME_OK;
    test_reply_of(x)->status = 200;
    test_by_get(x, 2000);
    test_judge(t);
    SEVERITY(t, "scep-get-instead-of-post", SCS_SEV_INFO);
    message(x)->length = 1400;
    test_judge(t);
    QUIET(t, "scep-get-instead-of-post");
    c->known = SCS_CAP_SHA256 | SCS_CAP_AES;
    test_request(x)->method = "POST";
    test_judge(t);
    QUIET(t, "scep-post-unadvertised");
    test_reply_of(x)->status = 405;
    x->scep_reply = NULL;
    test_judge(t);
    SEVERITY(t, "scep-post-unadvertised", SCS_SEV_ERROR);
}

static void unknown_operation(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_OTHER, 403);
    test_judge(t);
    SAID(t, "scep-op-unknown");
    x->operation_name = "NDESGetCACertThumbprint";
    test_judge(t);
    QUIET(t, "scep-op-unknown");
    x->operation_name = "GetCACerts"; /* Microsoft's validator */
    x->ca_ident = "NDESLongUrlValidatorStep2of3";
    test_judge(t);
    QUIET(t, "scep-op-unknown");
}

static void limit_test(void **state)
{
    struct test_model *t = *state;
    for (uint32_t kib = 1; kib <= 16; kib *= 2) {
        struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, kib <= 8 ? 200 : 404);
        test_scep_request(t, x, -1, "x");
        message(x)->flags = SCS_MSG_PRESENT | SCS_MSG_PROBE;
        by_query(x, kib * 1024);
        x->probe = true;
    }
    test_judge(t);
    assert_int_equal(test_finding(t, "scep-probe-longurl")->count, 5);
    FACT(t, "scep-probe-longurl", "longest_passed", "8192");
    FACT(t, "scep-probe-longurl", "shortest_refused", "16384");
    assert_int_equal(test_said(t), 1);
}

/* Would catch: a device that goes on, or a capture that ends, called a device that stopped. */
static void apple_stops(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    test_ca_certs(t, x);
    x->platform = SCS_PLATFORM_APPLE;
    test_judge(t);
    SAID(t, "scep-ios-stops-after-getcacert");
    struct scs_half *client = &((struct scs_connection *)(uintptr_t)x->connection)->half[SCS_TO_SERVER];
    client->missing_bytes = 215; /* it may have asked for more */
    test_judge(t);
    QUIET(t, "scep-ios-stops-after-getcacert");
    client->missing_bytes = 0;
    t->capture.last_ns = x->started_ns + INT64_C(10000000000);
    test_judge(t);
    QUIET(t, "scep-ios-stops-after-getcacert");
    t->capture.last_ns = TEST_NS(3600000);
    struct scs_exchange *y = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    y->platform = SCS_PLATFORM_APPLE;
    test_caps(t, y, SCS_CAP_STANDARD | SCS_CAP_RENEWAL);
    test_judge(t);
    QUIET(t, "scep-ios-stops-after-getcacert");
    SAID(t, "scep-stops-after-caps");
    client = &((struct scs_connection *)(uintptr_t)y->connection)->half[SCS_TO_SERVER];
    int64_t last_ns = client->last_data_ns;
    client->last_data_ns = y->reply->m.last_ns + 1000000; /* a request that never became whole */
    test_judge(t);
    QUIET(t, "scep-stops-after-caps");
    client->last_data_ns = last_ns;
    test_answered(t, SCS_OP_PKI_OPERATION, 200);
    test_judge(t);
    QUIET(t, "scep-stops-after-caps");
}

static void windows_makes_no_key(void **state)
{
    struct test_model *t = *state;
    test_caps(t, test_answered(t, SCS_OP_GET_CA_CAPS, 200), SCS_CAP_STANDARD | SCS_CAP_RENEWAL);
    test_ca_certs(t, test_answered(t, SCS_OP_GET_CA_CERT, 200));
    test_judge(t);
    CONFIDENCE(t, "scep-stops-after-caps", SCS_POSSIBLE);
    t->capture.last_ns = TEST_NS(60000);
    test_judge(t);
    QUIET(t, "scep-stops-after-caps");
}

/* Would catch: pipelined requests of one moment, or a client that does enrol, called a loop. */
static void loop(void **state)
{
    struct test_model *t = *state;
    for (int i = 0; i < 3; i++) {
        int64_t at_ms = 60000 * i;
        struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, at_ms), SCS_OP_GET_CA_CERT, at_ms);
        test_reply(t, x, 200, 10);
        test_ca_certs(t, x);
    }
    test_judge(t);
    SAID(t, "scep-getca-loop");
    FACT(t, "scep-getca-loop", "rounds", "3");
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, 130000), SCS_OP_PKI_OPERATION, 130000);
    test_reply(t, x, 200, 10);
    test_judge(t);
    QUIET(t, "scep-getca-loop");
}

static void loop_of_one_moment(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 0);
    for (int i = 0; i < 4; i++) {
        struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CERT, 10 + i);
        test_reply(t, x, 200, 10);
        test_ca_certs(t, x);
    }
    test_judge(t);
    QUIET(t, "scep-getca-loop");
}

static void caps_not_asked(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, 200000), SCS_OP_PKI_OPERATION, 200001);
    test_reply(t, x, 200, 10);
    test_scep_request(t, x, 19, "T1");
    test_scep_reply(t, x, 0);
    test_judge(t);
    SAID(t, "scep-op-missing-caps");
    t->capture.first_ns = TEST_NS(199000); /* it may have asked before the capture */
    test_judge(t);
    QUIET(t, "scep-op-missing-caps");
}

/* Would catch: slow polling, or tries that ended well, called a storm. */
static void storm(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x[3];
    for (int i = 0; i < 3; i++) {
        x[i] = enrol(t, "T1", 2);
    }
    struct scs_enrolment *e = test_enrolment(t, SCS_ENROLMENT_FAILED, x[0], x[1], x[2], NULL);
    test_judge(t);
    SAID(t, "scep-retry-storm");
    FACT(t, "scep-retry-storm", "tries", "3");
    QUIET(t, "scep-replay");
    x[2]->started_ns += INT64_C(1200) * 1000000000;
    test_judge(t);
    QUIET(t, "scep-retry-storm");
    x[2]->started_ns -= INT64_C(1200) * 1000000000;
    e->outcome = SCS_ENROLMENT_SUCCEEDED;
    test_judge(t);
    QUIET(t, "scep-retry-storm");
}

/* Would catch: a new try with the same key (same id, new nonce) called a replay. */
static void replay(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, "T1", 0);
    test_asked(t, SCS_OP_PAGE);
    test_asked(t, SCS_OP_PAGE);
    struct scs_exchange *y = enrol(t, "T1", 0);
    test_enrolment(t, SCS_ENROLMENT_SUCCEEDED, x, y, NULL);
    test_judge(t);
    QUIET(t, "scep-replay");
    message(y)->sender_nonce = message(x)->sender_nonce;
    test_scep_reply(t, y, 0);
    test_judge(t);
    SAID(t, "scep-replay");
    QUIET(t, "rep-nonce-reused");
    x->scep_reply = NULL;
    x->outcome = SCS_OUTCOME_UNANSWERED;
    x->reply = NULL; /* the client heard nothing and tried again: that is what retries are */
    test_judge(t);
    QUIET(t, "scep-replay");
    test_scep_reply(t, y, 2); /* ... and the server took it amiss */
    test_judge(t);
    SAID(t, "scep-replay");
    y->started_ns = x->started_ns + 1000000000; /* the other leg of a proxy, a duplicate */
    test_judge(t);
    QUIET(t, "scep-replay");
}

static void clashing_ids(void **state)
{
    struct test_model *t = *state;
    enrol(t, "1", 0);
    struct scs_exchange *y = enrol(t, "1", 0);
    test_judge(t);
    QUIET(t, "scep-dup-transid-keys");
    message(y)->signer = test_cert(t, "CN=other", "07", SCS_ROLE_LEAF);
    test_judge(t);
    SAID(t, "scep-dup-transid-keys");
    message(y)->transaction_id = "2";
    test_judge(t);
    QUIET(t, "scep-dup-transid-keys");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(healthy),
        TEST(truncated_get),
        TEST(truncated_by_the_capture),
        TEST(truncated_post),
        TEST(truncated_ber),
        TEST(base64),
        TEST(base64_spaces),
        TEST(no_cms),
        TEST(attributes),
        TEST(attribute_types),
        TEST(message_types),
        TEST(signer_missing),
        TEST(algorithms),
        TEST(not_advertised),
        TEST(oaep),
        TEST(recipients),
        TEST(several_recipients),
        TEST(clocks),
        TEST(temporary_certificate),
        TEST(renewals),
        TEST(renewal_with_a_reason),
        TEST(get_or_post),
        TEST(unknown_operation),
        TEST(limit_test),
        TEST(apple_stops),
        TEST(windows_makes_no_key),
        TEST(loop),
        TEST(loop_of_one_moment),
        TEST(caps_not_asked),
        TEST(storm),
        TEST(replay),
        TEST(clashing_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
