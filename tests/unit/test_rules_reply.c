/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the CertRep, its delivery, and how long things took. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnose/hresult.h"
#include "scep_model.h"

static struct scs_exchange *enrol(struct test_model *t, int message_type, const char *tid, int pki_status)
{
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    test_scep_request(t, x, message_type, tid);
    test_scep_reply(t, x, pki_status);
    return x;
}

static struct scs_pki_message *rep(struct scs_exchange *x)
{
    return (struct scs_pki_message *)(uintptr_t)x->scep_reply;
}

static struct scs_connection *connection_of(struct scs_exchange *x)
{
    return (struct scs_connection *)(uintptr_t)x->connection;
}

/* Would catch: NDES's one-byte content flagged; PENDING told as a failure. */
static void outcomes(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 0);
    test_judge(t);
    assert_int_equal(test_said(t), 1);
    SEVERITY(t, "rep-success", SCS_SEV_INFO);
    rep(x)->flags &= ~(uint32_t)SCS_MSG_HAS_ENVELOPE;
    rep(x)->envelope = NULL;
    test_judge(t);
    SAID(t, "rep-success-no-envelope");
    QUIET(t, "rep-success");
    rep(x)->flags &= ~(uint32_t)SCS_MSG_COMPLETE; /* it may stand in what is missing */
    test_judge(t);
    QUIET(t, "rep-success-no-envelope");
}

static void failures(void **state)
{
    static const char *const ids[] = {"rep-fail-0-badalg", "rep-fail-1-badmessagecheck", "rep-fail-2-badrequest",
                                      "rep-fail-3-badtime", "rep-fail-4-badcertid"};
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 2);
    for (int i = 0; i < 5; i++) {
        rep(x)->fail_info = i;
        test_judge(t);
        for (int k = 0; k < 5; k++) {
            assert_int_equal(test_finding(t, ids[k]) != NULL, k == i);
        }
        QUIET(t, "rep-fail-noinfo");
        QUIET(t, "rep-not-cms");
    }
    rep(x)->fail_info = -1;
    test_judge(t);
    SAID(t, "rep-fail-noinfo");
    FACT(t, "rep-fail-noinfo", "result", "FAILURE");
    test_certrep(x)->pki_status = 7; /* nobody assigned it: told, not only counted as a failure */
    test_judge(t);
    FACT(t, "rep-fail-noinfo", "result", "a pkiStatus that nobody assigned (7)");
    test_certrep(x)->pki_status = 11; /* Microsoft's attestation goes on */
    test_judge(t);
    QUIET(t, "rep-fail-noinfo");
}

/* Would catch: the code shown as a negative decimal, or lost when it is not in the table. */
static void hresults(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 2);
    rep(x)->fail_info = 2;
    rep(x)->has_hresult = true;
    rep(x)->hresult = -2147024809;
    test_judge(t);
    FACT(t, "rep-fail-2-badrequest", "hresult", "0x80070057");
    FACT(t, "rep-fail-2-badrequest", "hresult_name", "E_INVALIDARG");
    SEVERITY(t, "rep-hresult", SCS_SEV_INFO);
    rep(x)->hresult = -1;
    test_judge(t);
    FACT(t, "rep-fail-2-badrequest", "hresult", "0xFFFFFFFF");
    FACT(t, "rep-fail-2-badrequest", "hresult_name", "");
    assert_null(scs_hresult_find(0));
}

/* Would catch: NDES's refusal of GetCRL told as an error, by FAILURE or by 500. */
static void not_served(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 22, "T1", 2);
    rep(x)->fail_info = 2;
    test_judge(t);
    SEVERITY(t, "rep-fail-2-badrequest", SCS_SEV_INFO);
    FACT(t, "rep-fail-2-badrequest", "unsupported", "GetCRL");
    x->scep_reply = NULL;
    test_reply_of(x)->status = 500;
    test_judge(t);
    SEVERITY(t, "rep-fail-2-badrequest", SCS_SEV_INFO);
    QUIET(t, "http-500-ndes");
}

static void texts(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 2);
    rep(x)->fail_info = 2;
    test_judge(t);
    QUIET(t, "rep-failtext");
    rep(x)->fail_info_text = "The challenge is not known.";
    test_judge(t);
    FACT(t, "rep-failtext", "fail_info_text", "The challenge is not known.");
}

static void unreadable(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    test_scep_request(t, x, 19, "T1");
    test_text(t, test_reply_of(x), "application/x-pki-message", "");
    test_judge(t);
    SAID(t, "rep-not-cms");
    test_text(t, test_reply_of(x), "application/x-pki-message", "internal error");
    test_judge(t);
    SAID(t, "rep-not-cms");
    test_text(t, test_reply_of(x), "application/json", "{\"error\": 7}"); /* whatever it is called */
    test_judge(t);
    SAID(t, "rep-not-cms");
    test_reply_of(x)->m.flags |= SCS_HTTP_CAPTURE_GAP;
    test_judge(t);
    QUIET(t, "rep-not-cms");
    test_reply_of(x)->m.flags &= ~(uint32_t)SCS_HTTP_CAPTURE_GAP;
    test_text(t, test_reply_of(x), "text/html", "<html><body>Log on</body></html>");
    test_judge(t);
    QUIET(t, "rep-not-cms"); /* http-200-html */
}

/* Would catch: waiting told as a problem before its time, or after it was resolved. */
static void pending(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 3);
    struct scs_enrolment *e = test_enrolment(t, SCS_ENROLMENT_PENDING, x, NULL);
    t->capture.last_ns = TEST_NS(600000);
    test_judge(t);
    SEVERITY(t, "rep-pending", SCS_SEV_INFO);
    t->capture.last_ns = TEST_NS(1000000);
    test_judge(t);
    SEVERITY(t, "rep-pending", SCS_SEV_WARNING);
    e->outcome = SCS_ENROLMENT_SUCCEEDED;
    test_judge(t);
    SEVERITY(t, "rep-pending", SCS_SEV_INFO);
}

static void pending_loop(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x[4];
    for (int i = 0; i < 4; i++) {
        x[i] = enrol(t, i ? 20 : 19, "T1", 3);
    }
    struct scs_enrolment *e = test_enrolment(t, SCS_ENROLMENT_PENDING, x[0], x[1], x[2], x[3], NULL);
    t->capture.last_ns = TEST_NS(10000);
    test_judge(t);
    SEVERITY(t, "rep-pending-loop", SCS_SEV_WARNING);
    FACT(t, "rep-pending-loop", "polls", "3");
    QUIET(t, "rep-pending");
    t->capture.last_ns = TEST_NS(3600000); /* and nothing came any more */
    test_judge(t);
    SEVERITY(t, "rep-pending-loop", SCS_SEV_ERROR);
    e->outcome = SCS_ENROLMENT_SUCCEEDED;
    test_judge(t);
    QUIET(t, "rep-pending-loop");
    SAID(t, "rep-pending");
}

/* Would catch: another device's new request behind the same address taken for a lost state. */
static void other_poll(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 3);
    struct scs_exchange *y = enrol(t, 20, "T2", 3);
    test_judge(t);
    SAID(t, "rep-poll-new-tid");
    FACT(t, "rep-poll-new-tid", "pending_transaction_id", "T1");
    struct scs_pki_message *asked = (struct scs_pki_message *)(uintptr_t)x->scep_request;
    struct scs_pki_message *told = (struct scs_pki_message *)(uintptr_t)x->scep_reply;
    asked->transaction_id = NULL; /* the capture lacks that part of it */
    told->transaction_id = "T2";
    test_judge(t);
    QUIET(t, "rep-poll-new-tid");
    told->transaction_id = NULL;
    test_request(x)->m.flags |= SCS_HTTP_CAPTURE_GAP;
    test_judge(t);
    QUIET(t, "rep-poll-new-tid");
    asked->transaction_id = told->transaction_id = "T1";
    test_request(x)->m.flags &= ~(uint32_t)SCS_HTTP_CAPTURE_GAP;
    ((struct scs_pki_message *)(uintptr_t)y->scep_request)->transaction_id = "T1";
    test_scep_reply(t, y, 3);
    test_judge(t);
    QUIET(t, "rep-poll-new-tid");
}

static void other_request(void **state)
{
    struct test_model *t = *state;
    enrol(t, 19, "T1", 3);
    struct scs_exchange *y = enrol(t, 19, "T2", 0);
    test_judge(t);
    SAID(t, "rep-poll-new-tid");
    ((struct scs_pki_message *)(uintptr_t)y->scep_request)->signer = test_cert(t, "CN=somebody else", "01", SCS_ROLE_LEAF);
    test_judge(t);
    QUIET(t, "rep-poll-new-tid");
}

static void binding(void **state)
{
    static uint8_t other[16] = {1};
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 0);
    rep(x)->transaction_id = "T9";
    test_judge(t);
    SAID(t, "rep-tid-mismatch");
    rep(x)->transaction_id = "T1";
    struct scs_bytes right = rep(x)->recipient_nonce;
    rep(x)->recipient_nonce = (struct scs_bytes){.p = other, .len = 16};
    test_judge(t);
    SAID(t, "rep-nonce-mismatch");
    rep(x)->recipient_nonce.len = 0;
    test_judge(t);
    SEVERITY(t, "rep-nonce-absent", SCS_SEV_INFO);
    QUIET(t, "rep-nonce-mismatch");
    rep(x)->recipient_nonce = right;
    rep(x)->sender_nonce.len = 0; /* a CertRep without senderNonce is usual */
    test_judge(t);
    assert_int_equal(test_said(t), 1);
}

static void nonce_reused(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 0);
    struct scs_exchange *y = enrol(t, 19, "T2", 0);
    rep(x)->sender_nonce = x->scep_request->sender_nonce; /* a server that echoes the client's nonce */
    rep(y)->sender_nonce = y->scep_request->sender_nonce;
    test_judge(t);
    QUIET(t, "rep-nonce-reused");
    struct scs_pki_message *q = (struct scs_pki_message *)(uintptr_t)y->scep_request;
    q->sender_nonce = x->scep_request->sender_nonce;
    test_scep_reply(t, y, 0);
    test_judge(t);
    SAID(t, "rep-nonce-reused");
    FACT(t, "rep-nonce-reused", "by", "client");
}

/* Would catch: the signer called unknown when no GetCACert was captured, or when the message holds its certificate. */
static void signer(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 0);
    rep(x)->signer = NULL;
    rep(x)->signer_serial = "77";
    test_judge(t);
    QUIET(t, "rep-signer-unknown");
    test_ca_certs(t, test_answered(t, SCS_OP_GET_CA_CERT, 200));
    struct scs_exchange *y = enrol(t, 19, "T2", 0);
    rep(y)->signer = NULL;
    rep(y)->signer_serial = "77";
    test_judge(t);
    SAID(t, "rep-signer-unknown");
    const struct scs_cert_facts *own[] = {test_cert(t, "CN=new RA", "77", SCS_ROLE_RA_SIGNING)};
    rep(y)->certificates = own;
    rep(y)->num_certificates = 1;
    rep(y)->signer = own[0];
    test_judge(t);
    QUIET(t, "rep-signer-unknown");
}

static void envelope(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 0);
    struct scs_envelope *e = (struct scs_envelope *)(uintptr_t)rep(x)->envelope;
    struct scs_recipient *r = (struct scs_recipient *)(uintptr_t)e->recipients;
    test_judge(t);
    QUIET(t, "rep-env-recipient");
    r->serial = "ff";
    test_judge(t);
    SAID(t, "rep-env-recipient");
    r->ski = "aa";
    test_judge(t);
    QUIET(t, "rep-env-recipient");
    r->key_encryption = "RSAES-OAEP";
    test_judge(t);
    QUIET(t, "rep-env-oaep"); /* a Windows client */
    x->platform = SCS_PLATFORM_ANDROID;
    e->cipher = "des-cbc";
    test_judge(t);
    SAID(t, "rep-env-oaep");
    SAID(t, "rep-env-weak");
}

/* Would catch: a half-closed client that read everything told as one that hung up. */
static void late(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 0);
    struct scs_connection *c = connection_of(x);
    c->half[SCS_TO_SERVER].fin_ns = x->reply->m.last_ns - 5000000;
    test_judge(t);
    QUIET(t, "rep-late");
    c->half[SCS_TO_CLIENT].unacked_bytes = 3000;
    c->half[SCS_TO_SERVER].rst_ns = x->reply->m.last_ns + 1000;
    test_judge(t);
    SAID(t, "rep-late");
    QUIET(t, "deliv-reply-lost");
}

/* Would catch: the last acknowledgement missing at the capture's end told as a loss. */
static void lost(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrol(t, 19, "T1", 0);
    struct scs_connection *c = connection_of(x);
    c->half[SCS_TO_CLIENT].unacked_bytes = 3390;
    test_judge(t);
    QUIET(t, "deliv-reply-lost");
    c->half[SCS_TO_CLIENT].retransmissions = c->half[SCS_TO_CLIENT].worst_retransmissions = 1;
    c->half[SCS_TO_CLIENT].last_data_ns = x->reply->m.last_ns + 300000000; /* a tail loss probe */
    test_judge(t);
    QUIET(t, "deliv-reply-lost");
    c->half[SCS_TO_CLIENT].retransmissions = c->half[SCS_TO_CLIENT].worst_retransmissions = 5;
    test_judge(t);
    SAID(t, "deliv-reply-lost");
    QUIET(t, "rep-late");
    c->half[SCS_TO_CLIENT].retransmissions = c->half[SCS_TO_CLIENT].worst_retransmissions = 0;
    c->half[SCS_TO_CLIENT].rst_ns = x->reply->m.last_ns + 1000; /* it never waited for an acknowledgement */
    test_judge(t);
    QUIET(t, "deliv-reply-lost");
    c->half[SCS_TO_CLIENT].retransmissions = 1;
    test_judge(t);
    SAID(t, "deliv-reply-lost");
    c->half[SCS_TO_CLIENT].unacked_bytes = 0;
    test_judge(t);
    QUIET(t, "deliv-reply-lost");
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static struct scs_exchange *timed(struct test_model *t, enum scs_operation operation, int64_t at_ms, int64_t after_ms)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, at_ms), operation, at_ms);
    test_reply(t, x, 200, after_ms);
    return x;
}

/* Would catch: the first call after a start judged like any other, PENDING called slow. */
static void slow(void **state)
{
    struct test_model *t = *state;
    timed(t, SCS_OP_PKI_OPERATION, 0, 6000);
    test_judge(t);
    SEVERITY(t, "perf-pkiop-slow", SCS_SEV_INFO);
    FACT(t, "perf-pkiop-slow", "waited_s", "6.0");
    struct scs_exchange *x = timed(t, SCS_OP_PKI_OPERATION, 20000, 31000);
    test_judge(t);
    SEVERITY(t, "perf-pkiop-slow", SCS_SEV_ERROR);
    test_scep_request(t, x, 19, "T1");
    test_scep_reply(t, x, 3);
    test_judge(t);
    SEVERITY(t, "perf-pkiop-slow", SCS_SEV_INFO);
}

/* Would catch: a gateway's time-out told a second time as a slow server, an outage as a slow GetCACert. */
static void slow_errors(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = timed(t, SCS_OP_PKI_OPERATION, 20000, 31000);
    test_reply_of(x)->status = 504;
    struct scs_exchange *y = timed(t, SCS_OP_GET_CA_CERT, 60000, 4000);
    test_reply_of(y)->status = 503;
    test_judge(t);
    QUIET(t, "perf-pkiop-slow");
    QUIET(t, "perf-getca-slow");
    test_reply_of(x)->status = test_reply_of(y)->status = 200;
    test_judge(t);
    SAID(t, "perf-pkiop-slow");
    SAID(t, "perf-getca-slow");
}

static void usual(void **state)
{
    struct test_model *t = *state;
    timed(t, SCS_OP_GET_CA_CAPS, 0, 20);
    timed(t, SCS_OP_PKI_OPERATION, 1000, 1300);
    test_judge(t);
    QUIET(t, "perf-pkiop-slow");
    QUIET(t, "perf-getca-slow");
    QUIET(t, "perf-rtt");
    timed(t, SCS_OP_GET_CA_CERT, 5000, 2100);
    test_judge(t);
    SEVERITY(t, "perf-getca-slow", SCS_SEV_WARNING);
}

static void margin(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = timed(t, SCS_OP_PKI_OPERATION, 0, 61000);
    test_judge(t);
    QUIET(t, "perf-proxy-margin");
    test_request(x)->m.via = "10.9.9.9";
    test_judge(t);
    SAID(t, "perf-proxy-margin");
}

static void far_away(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connection_of(timed(t, SCS_OP_GET_CA_CAPS, 0, 20));
    c->handshake_ns = c->syn_ns + 600000000;
    test_judge(t);
    SAID(t, "perf-rtt");
    c->syn_tries = 2; /* the first SYN was lost: no measure */
    test_judge(t);
    QUIET(t, "perf-rtt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(outcomes), TEST(failures),     TEST(hresults),   TEST(not_served),    TEST(texts),   TEST(unreadable),
        TEST(pending),  TEST(pending_loop), TEST(other_poll), TEST(other_request), TEST(binding), TEST(nonce_reused),
        TEST(signer),   TEST(envelope),     TEST(late),       TEST(lost),          TEST(slow),    TEST(slow_errors),
        TEST(usual),    TEST(margin),       TEST(far_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
