/* SPDX-License-Identifier: Apache-2.0 */
/* The CertRep: what it says, whether it belongs to its request, whether it reached the client. RFC 8894 3.3.2, 3.2.1. */
#include "correlate/outcome.h"
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include <string.h>

#include "base/text.h"
#include "diagnose/hresult.h"

#define STATUS_SUCCESS 0
#define STATUS_FAILURE 2
#define STATUS_PENDING 3
#define STATUS_ATTESTS 11
#define TYPE_GET_CERT  21
#define TYPE_GET_CRL   22
#define TYPE_ATTESTED  41
/* How many of the client's earlier exchanges are compared with one. */
#define LOOK_AT 64u

/* A CertRep of which every byte is there. */
static const struct scs_pki_message *rep_of(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = x->scep_reply;
    const uint32_t needed = SCS_MSG_IS_CMS | SCS_MSG_COMPLETE;

    return m && x->reply && (m->flags & needed) == needed && !scs_message_unseen(&x->reply->m) ? m : NULL;
}

static void say_rep(struct scs_verdict *v, const struct scs_exchange *x)
{
    const struct scs_pki_message *q = x->scep_request;

    scs_say_answer(v, x);
    if (x->scep_reply && x->scep_reply->transaction_id) {
        scs_fact_text(v, "transaction_id", "%s", x->scep_reply->transaction_id);
    }
    if (q && q->message_type >= 0 && scs_message_type_name(q->message_type)) {
        scs_fact_text(v, "message_type", "%s", scs_message_type_name(q->message_type));
    }
}

/* ---- success ----------------------------------------------------------------------------------------------- */

static bool success(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!x->scep_reply || x->scep_reply->pki_status != STATUS_SUCCESS || !(x->scep_reply->flags & SCS_MSG_HAS_ENVELOPE)) {
        return false;
    }
    say_rep(v, x);
    if (x->duration_ns != SCS_NO_TIME) {
        scs_say_seconds(v, "took_s", x->duration_ns);
    }
    return true;
}

static bool success_without_envelope(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = rep_of(x);

    (void)j;
    if (!m || m->pki_status != STATUS_SUCCESS || (m->flags & (SCS_MSG_HAS_ENVELOPE | SCS_MSG_LIMIT))) {
        return false;
    }
    say_rep(v, x);
    return true;
}

/* ---- failure ----------------------------------------------------------------------------------------------- */

static void say_failure(struct scs_verdict *v, const struct scs_exchange *x)
{
    const struct scs_pki_message *m = x->scep_reply;
    char server[SCS_ENDPOINT_TEXT];

    say_rep(v, x);
    if (m->fail_info_text) {
        scs_fact_text(v, "fail_info_text", "%s", m->fail_info_text);
    }
    if (!m->has_hresult) {
        return;
    }
    const struct scs_hresult *known = scs_hresult_find(m->hresult);
    scs_fact_text(v, "hresult", "0x%08X", (unsigned)m->hresult);
    if (known) {
        scs_fact_text(v, "hresult_name", "%s", known->name);
        scs_fact_text(v, "hresult_meaning", "%s", known->meaning);
    }
    scs_set_group(v, "%s 0x%08X", scs_endpoint_text(&x->connection->server, server), (unsigned)m->hresult);
}

static bool failed_with(const struct scs_exchange *x, int fail_info, struct scs_verdict *v)
{
    if (!x->scep_reply || x->scep_reply->pki_status != STATUS_FAILURE || x->scep_reply->fail_info != fail_info) {
        return false;
    }
    say_failure(v, x);
    return true;
}

static bool bad_algorithm(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return failed_with(x, 0, v);
}

static bool bad_message_check(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return failed_with(x, 1, v);
}

/* NDES issues certificates and nothing else; asking it for a CRL or an old certificate fails by design. */
static bool asks_what_ndes_lacks(const struct scs_exchange *x)
{
    return x->scep_request && (x->scep_request->message_type == TYPE_GET_CERT || x->scep_request->message_type == TYPE_GET_CRL);
}

static bool bad_request(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    bool by_500 = scs_exchange_status(x) == 500 && asks_what_ndes_lacks(x) && scs_server_is_ndes(j, x);

    if (!by_500 && !failed_with(x, 2, v)) {
        return false;
    }
    if (by_500) {
        say_rep(v, x);
    }
    if (asks_what_ndes_lacks(x)) {
        scs_fact_text(v, "unsupported", "%s", scs_message_type_name(x->scep_request->message_type));
        scs_set_severity(v, SCS_SEV_INFO);
    }
    return true;
}

static bool bad_time(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return failed_with(x, 3, v);
}

static bool bad_certificate_id(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return failed_with(x, 4, v);
}

/* SUCCESS, FAILURE, PENDING, and what Microsoft's attestation adds. RFC 8894 3.2.1.3. */
static bool is_known_status(int status)
{
    return status == STATUS_SUCCESS || status == STATUS_FAILURE || status == STATUS_PENDING || status == STATUS_ATTESTS;
}

/* Refused, and the reason is none; or a status that nobody assigned, which no client takes for a certificate. */
static bool no_fail_info(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = x->scep_reply;
    bool without = m && m->pki_status == STATUS_FAILURE && (m->fail_info < 0 || m->fail_info > 4);
    bool unassigned = m && m->pki_status >= 0 && !is_known_status(m->pki_status);

    (void)j;
    if (!(without || unassigned) || (x->scep_request && x->scep_request->message_type == TYPE_ATTESTED)) {
        return false;
    }
    say_failure(v, x);
    if (unassigned) {
        scs_fact_text(v, "result", "a pkiStatus that nobody assigned (%d)", m->pki_status);
    } else {
        scs_fact_text(v, "result", "FAILURE");
    }
    if (m->fail_info > 4) {
        scs_fact_number(v, "fail_info", m->fail_info);
    }
    return true;
}

static bool says_hresult(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!x->scep_reply || !x->scep_reply->has_hresult) {
        return false;
    }
    say_failure(v, x);
    scs_say_span(v, &x->reply->m, x->scep_reply->at_hresult);
    return true;
}

static bool says_text(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = x->scep_reply;

    (void)j;
    if (!m || !(m->fail_info_text || m->server_message)) {
        return false;
    }
    say_rep(v, x);
    scs_fact_text(v, "fail_info_text", "%s", m->fail_info_text ? m->fail_info_text : m->server_message);
    return true;
}

/* A CMS that ends too early is of no more use than none, once it does not even say its pkiStatus, or says SUCCESS. */
static bool is_readable(const struct scs_pki_message *m)
{
    return m && (m->flags & SCS_MSG_IS_CMS) &&
           ((m->flags & SCS_MSG_COMPLETE) || m->pki_status > STATUS_SUCCESS || scs_outcome_may_succeed(m));
}

/* An answer that holds nothing a client can read, whatever it is called; a page is http-200-html. */
static bool unreadable(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->operation != SCS_OP_PKI_OPERATION || scs_exchange_status(x) / 100 != 2 || !x->request ||
        !scs_message_whole(&x->reply->m) || scs_exchange_is_limit_test(x) || is_readable(x->scep_reply)) {
        return false;
    }
    bool right_type = scs_reply_has_type(x->reply, "application/x-pki-message");
    if (!right_type && x->reply->m.body_len != 0 && scs_reply_is_html(x->reply)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "response_body_length", x->reply->m.body_len);
    if (x->scep_reply && (x->scep_reply->flags & SCS_MSG_IS_CMS) && x->scep_reply->missing != 0) {
        scs_fact_number(v, "missing_bytes", x->scep_reply->missing);
    }
    return true;
}

/* ---- does it belong to its request? ------------------------------------------------------------------------- */

static bool same_bytes(const struct scs_bytes *a, const struct scs_bytes *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

static bool other_transaction(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = rep_of(x);

    (void)j;
    if (!m || !m->transaction_id || !x->scep_request || !x->scep_request->transaction_id ||
        scs_text_equal(m->transaction_id, x->scep_request->transaction_id)) {
        return false;
    }
    say_rep(v, x);
    scs_fact_text(v, "request_transaction_id", "%s", x->scep_request->transaction_id);
    scs_say_span(v, &x->request->m, x->scep_request->at_transaction_id);
    scs_say_span(v, &x->reply->m, m->at_transaction_id);
    return true;
}

static bool nonce_mismatch(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = rep_of(x), *q = x->scep_request;

    (void)j;
    if (!m || !q || q->sender_nonce.len == 0 || m->recipient_nonce.len == 0 ||
        same_bytes(&q->sender_nonce, &m->recipient_nonce)) {
        return false;
    }
    say_rep(v, x);
    if (x->reply->cache) {
        scs_fact_text(v, "cache", "%s", x->reply->cache);
    }
    scs_say_span(v, &x->request->m, q->at_sender_nonce);
    scs_say_span(v, &x->reply->m, m->at_recipient_nonce);
    return true;
}

static bool nonce_absent(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = rep_of(x);

    (void)j;
    if (!m || !(m->flags & SCS_MSG_HAS_SIGNER) || m->recipient_nonce.len > 0 || (m->flags & SCS_MSG_LIMIT) || m->pki_status < 0) {
        return false;
    }
    say_rep(v, x);
    return true;
}

/* Two different messages with one nonce: replies of the server, or requests of the client. */
static bool same_nonce_twice(const struct scs_pki_message *a, const struct scs_pki_message *b)
{
    bool different =
        !scs_text_equal(a->transaction_id, b->transaction_id) || a->message_type != b->message_type || a->length != b->length;

    return a->sender_nonce.len > 0 && same_bytes(&a->sender_nonce, &b->sender_nonce) && different;
}

/* Some servers write the client's nonce as their own: then it is the client's matter. */
static bool own_nonce(const struct scs_exchange *x)
{
    return x->scep_reply && !(x->scep_request && same_bytes(&x->scep_reply->sender_nonce, &x->scep_request->sender_nonce));
}

static bool nonce_reused(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    uint32_t at, num;
    const uint32_t *ids = x->scep_request ? scs_client_exchanges(j, x, &at, &num) : NULL;

    for (uint32_t i = ids ? at : 0; i > 0 && at - i < LOOK_AT; i--) {
        const struct scs_exchange *y = scs_model_exchange(scs_judge_model(j), ids[i - 1]);
        if (!y || !y->scep_request) {
            continue;
        }
        bool requests = same_nonce_twice(x->scep_request, y->scep_request);
        bool replies = own_nonce(x) && own_nonce(y) && same_nonce_twice(x->scep_reply, y->scep_reply) &&
                       !scs_text_equal(x->scep_reply->transaction_id, y->scep_reply->transaction_id);
        if (requests || replies) {
            say_rep(v, x);
            scs_fact_text(v, "by", "%s", requests ? "client" : "server");
            scs_fact_number(v, "earlier_exchange", y->id);
            scs_say_exchange(v, y);
            scs_say_exchange(v, x);
            return true;
        }
    }
    return false;
}

static bool signer_unknown(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = rep_of(x);

    if (!m || !(m->flags & SCS_MSG_HAS_SIGNER) || !m->signer_serial ||
        !scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns)) {
        return false;
    }
    const struct scs_exchange *answer = scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns);
    for (uint32_t i = 0; answer->ca_certs && i < answer->ca_certs->num_certificates; i++) {
        const struct scs_cert_facts *c = answer->ca_certs->certificates[i];
        bool named = scs_text_equal(m->signer_serial, c->serial) && scs_text_equal(m->signer_issuer_sha256, c->issuer_sha256);
        if (named || (m->signer && scs_text_equal(c->sha256, m->signer->sha256))) {
            return false;
        }
    }
    for (uint32_t i = 0; m->signer && i < m->num_certificates; i++) {
        if (scs_text_equal(m->certificates[i]->sha256, m->signer->sha256)) {
            return false;
        }
    }
    say_rep(v, x);
    scs_fact_text(v, "signer_serial", "%s", m->signer_serial);
    if (m->signer_issuer) {
        scs_fact_text(v, "signer_issuer", "%s", m->signer_issuer);
    }
    scs_say_span(v, &x->reply->m, m->at_signer);
    return true;
}

/* ---- the reply's envelope -------------------------------------------------------------------------------------- */

static const struct scs_envelope *reply_envelope(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = rep_of(x);

    return m && m->envelope && m->envelope->num_recipients > 0 ? m->envelope : NULL;
}

static bool envelope_oaep(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_envelope *e = reply_envelope(x);

    (void)j;
    if (!e || x->platform == SCS_PLATFORM_WINDOWS || !scs_text_contains_nocase(e->recipients[0].key_encryption, "OAEP")) {
        return false;
    }
    say_rep(v, x);
    return true;
}

static bool names_certificate(const struct scs_recipient *r, const struct scs_cert_facts *c)
{
    return scs_text_equal(r->issuer_sha256, c->issuer_sha256) && scs_text_equal(r->serial, c->serial);
}

static bool envelope_recipient(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_envelope *e = reply_envelope(x);
    const struct scs_pki_message *q = x->scep_request;

    (void)j;
    if (!e || !q || !q->signer || asks_what_ndes_lacks(x) || q->num_certificates == 0) {
        return false;
    }
    for (uint32_t i = 0; i < e->num_recipients; i++) {
        const struct scs_recipient *r = &e->recipients[i];
        if (!r->issuer_sha256 || !r->serial || r->ski || !q->signer->issuer_sha256 || names_certificate(r, q->signer)) {
            return false;
        }
    }
    say_rep(v, x);
    scs_fact_text(v, "recipient_serial", "%s", e->recipients[0].serial);
    if (q->signer->serial) {
        scs_fact_text(v, "right_serial", "%s", q->signer->serial);
    }
    scs_say_span(v, &x->reply->m, e->at_recipients);
    return true;
}

static bool envelope_weak(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_envelope *e = reply_envelope(x);

    (void)j;
    if (!e || !scs_text_equal_nocase(e->cipher, "des-cbc")) {
        return false;
    }
    say_rep(v, x);
    scs_fact_text(v, "cipher", "%s", e->cipher);
    return true;
}

/* ---- did it arrive? ---------------------------------------------------------------------------------------------- */

/* A reply that is lost is sent again after 1, 3, 7, 15 seconds at the latest, and often gets through (RFC 6298 5.5). */
#define GIVES_UP (30 * SCS_SECOND)

static bool is_last_on_connection(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t num = 0;
    const uint32_t *ids = scs_judge_by_connection(j, x->connection->id, &num);

    return num > 0 && ids[num - 1] == x->id;
}

static const struct scs_http_reply *whole_certrep(const struct scs_judge *j, const struct scs_exchange *x)
{
    bool asked =
        x->request && !scs_message_unseen(&x->request->m); /* else the client may have hung up before the capture began */
    bool rep = asked && x->operation == SCS_OP_PKI_OPERATION && x->scep_reply && x->reply && scs_message_whole(&x->reply->m);

    return rep && is_last_on_connection(j, x) && scs_judge_sees_connection(j, x->connection) ? x->reply : NULL;
}

static void say_delivery(struct scs_verdict *v, const struct scs_exchange *x)
{
    say_rep(v, x);
    scs_fact_number(v, "unacknowledged", (int64_t)x->connection->half[SCS_TO_CLIENT].unacked_bytes);
    if (scs_pki_status_name(x->scep_reply->pki_status)) {
        scs_fact_text(v, "pki_status", "%s", scs_pki_status_name(x->scep_reply->pki_status));
    }
}

static bool late(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = whole_certrep(j, x);

    if (!r || !scs_outcome_too_late(x)) {
        return false;
    }
    say_delivery(v, x);
    scs_say_seconds(v, "late_s", r->m.last_ns - scs_outcome_client_ended(x->connection));
    if (x->wait_ns != SCS_NO_TIME) {
        scs_say_seconds(v, "waited_s", x->wait_ns);
    }
    return true;
}

static bool reply_lost(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = whole_certrep(j, x);

    if (!r || scs_outcome_too_late(x) || !scs_outcome_unacknowledged(x)) {
        return false;
    }
    /* The acknowledgement could still come: the connection must have ended, or the server must have tried again in vain. */
    const struct scs_half *client = &x->connection->half[SCS_TO_SERVER], *server = &x->connection->half[SCS_TO_CLIENT];
    bool left = client->fin_ns != SCS_NO_TIME && client->fin_ns > r->m.last_ns;
    bool ended = scs_outcome_missed(x->connection) || left;
    /* Twice and after the end of the reply: once is what a probe for a late acknowledgement does (RFC 8985 7). */
    bool in_vain = server->worst_retransmissions >= 2 && server->last_data_ns > r->m.last_ns &&
                   scs_capture_watched(j, r->m.last_ns, GIVES_UP);
    if (!in_vain && !ended) {
        return false;
    }
    say_delivery(v, x);
    return true;
}

const struct scs_rule scs_rules_reply[] = {
    SCS_CAUSE("rep-late", ERROR, NDES, late),
    SCS_CAUSE("deliv-reply-lost", ERROR, NETWORK, reply_lost),
    SCS_CAUSE("rep-tid-mismatch", ERROR, REPLY, other_transaction),
    SCS_CAUSE("rep-nonce-mismatch", ERROR, REPLY, nonce_mismatch),
    SCS_CAUSE("rep-env-recipient", ERROR, REPLY, envelope_recipient),
    SCS_CAUSE("rep-success-no-envelope", ERROR, REPLY, success_without_envelope),
    SCS_CAUSE("rep-not-cms", ERROR, REPLY, unreadable),
    SCS_CAUSE("rep-fail-0-badalg", ERROR, REPLY, bad_algorithm),
    SCS_CAUSE("rep-fail-1-badmessagecheck", ERROR, REPLY, bad_message_check),
    SCS_CAUSE("rep-fail-2-badrequest", ERROR, REPLY, bad_request),
    SCS_CAUSE("rep-fail-3-badtime", ERROR, REPLY, bad_time),
    SCS_CAUSE("rep-fail-4-badcertid", ERROR, REPLY, bad_certificate_id),
    SCS_CAUSE("rep-fail-noinfo", WARNING, REPLY, no_fail_info),
    SCS_NOTE("rep-nonce-reused", WARNING, nonce_reused),
    SCS_NOTE("rep-signer-unknown", WARNING, signer_unknown),
    SCS_NOTE("rep-env-weak", WARNING, envelope_weak),
    SCS_NOTE("rep-hresult", INFO, says_hresult),
    SCS_NOTE("rep-failtext", INFO, says_text),
    SCS_NOTE("rep-env-oaep", INFO, envelope_oaep),
    SCS_NOTE("rep-nonce-absent", INFO, nonce_absent),
    SCS_NOTE("rep-success", INFO, success),
};
const size_t scs_num_rules_reply = sizeof scs_rules_reply / sizeof scs_rules_reply[0];
