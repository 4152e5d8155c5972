/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP beyond the status: pages in place of SCEP, content types, framing of the reply, and silence. */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"
#include "diagnose/streams.h"

#include "base/text.h"

/* Nobody's SCEP client waits longer than this; nor does IIS keep quiet so long when all is well. */
#define SILENCE (60 * SCS_SECOND)
/* Exchanges before and after that are searched for a challenge page. */
#define NEARBY           2048u
#define CONTINUE_PATIENT (1 * SCS_SECOND)

/* ---- pages ----------------------------------------------------------------------------------------- */

static bool bare_request(const struct scs_exchange *x)
{
    return x->request && x->reply && x->operation == SCS_OP_PAGE && !scs_exchange_is_post(x) &&
           (x->path_kind == SCS_PATH_MSCEP_DLL || x->path_kind == SCS_PATH_PKICLIENT);
}

static bool healthy_403(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!bare_request(x) || x->reply->status != 403) {
        return false;
    }
    scs_say_answer(v, x);
    if (!scs_reply_is_iis(x->reply)) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

/* The server hands out challenges on mscep_admin: NDES is used without the policy module, on purpose. */
static bool challenge_page_in_use(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t first = x->id > NEARBY ? x->id - NEARBY : 1;

    for (uint32_t id = first; id <= m->num_exchanges && id < x->id + NEARBY; id++) {
        const struct scs_exchange *other = scs_model_exchange(m, id);
        if ((other->admin & (SCS_ADMIN_PASSWORD_ONCE | SCS_ADMIN_PASSWORD_MANY)) &&
            scs_endpoint_equal(&other->connection->server, &x->connection->server)) {
            return true;
        }
    }
    return false;
}

static bool general_page(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!bare_request(x) || x->reply->status != 200 || !scs_reply_is_html(x->reply)) {
        return false;
    }
    bool words = scs_reply_says(x->reply, "Network Device Enrollment Service") || scs_reply_says(x->reply, "mscep_admin") ||
                 (x->admin & SCS_ADMIN_PAGE);
    if ((!words && !scs_reply_is_iis(x->reply)) || challenge_page_in_use(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    if (!words) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    const struct scs_server *s = scs_server_of(j, x);
    if (s && s->ops[SCS_OP_PKI_OPERATION].ok > 0) {
        scs_set_severity(v, SCS_SEV_WARNING); /* certificates are issued all the same */
    }
    return true;
}

static bool html_for_message(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->operation != SCS_OP_PKI_OPERATION || scs_exchange_status(x) != 200 || !scs_reply_is_html(x->reply) ||
        scs_exchange_is_limit_test(x) || (x->scep_reply && (x->scep_reply->flags & SCS_MSG_IS_CMS))) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* ---- content type ------------------------------------------------------------------------------------ */

/* The body is what was asked for, whatever it is called. */
static bool body_is_right(const struct scs_exchange *x)
{
    switch (x->operation) {
    case SCS_OP_PKI_OPERATION:
        return x->scep_reply && (x->scep_reply->flags & SCS_MSG_IS_CMS);
    case SCS_OP_GET_CA_CERT:
    case SCS_OP_GET_NEXT_CA_CERT:
        return x->ca_certs && x->ca_certs->parsed && x->ca_certs->num_certificates > 0;
    default:
        return false; /* clients ignore the type of GetCACaps */
    }
}

static const char *expected_type(const struct scs_exchange *x)
{
    switch (x->operation) {
    case SCS_OP_PKI_OPERATION:
        return "application/x-pki-message";
    case SCS_OP_GET_NEXT_CA_CERT:
        return "application/x-x509-next-ca-cert";
    default:
        return x->ca_certs->single ? "application/x-x509-ca-cert" : "application/x-x509-ca-ra-cert";
    }
}

/* One of the two GetCACert types for the other's body is cacert-ctype-single; Entrust's spelling is accepted by clients. */
static bool type_is_known(const struct scs_exchange *x)
{
    if (scs_reply_has_type(x->reply, expected_type(x))) {
        return true;
    }
    return x->operation == SCS_OP_GET_CA_CERT && (scs_reply_has_type(x->reply, "application/x-x509-ca-cert") ||
                                                  scs_reply_has_type(x->reply, "application/x-x509-ca-ra-cert") ||
                                                  scs_reply_has_type(x->reply, "application/x-x509-ra-ca-certs") ||
                                                  scs_reply_has_type(x->reply, "application/x-x509-ca-ra-cert-chain"));
}

static bool wrong_type(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (scs_exchange_status(x) != 200 || !body_is_right(x) || type_is_known(x)) {
        return false;
    }
    /* jscep, which Android's agent is made with, stops here: at GetCACert without ever asking, else without reading its reply. */
    bool strict = x->platform == SCS_PLATFORM_JSCEP || x->platform == SCS_PLATFORM_ANDROID;
    if (x->operation == SCS_OP_PKI_OPERATION ? x->platform == SCS_PLATFORM_JSCEP
                                             : strict && !scs_exchange_may_have_enrolled(j, x)) {
        scs_set_severity(v, SCS_SEV_ERROR);
    }
    scs_say_answer(v, x);
    if (x->reply->m.content_type) {
        scs_fact_text(v, "content_type", "%s", x->reply->m.content_type);
    }
    scs_fact_text(v, "expected_type", "%s", expected_type(x));
    return true;
}

static bool compressed(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = x->reply;

    if (!r || r->status != 200 || !scs_exchange_on_mscep(x) || !scs_exchange_has_operation(x) || !r->m.content_encoding ||
        scs_text_equal_nocase(r->m.content_encoding, "identity")) {
        return false;
    }
    /* The client went on: it reads compressed answers. Without requests in the capture nobody can tell. */
    bool goes_on = !x->request || scs_client_next(j, x);
    if (!(r->m.flags & SCS_HTTP_INFLATE_BAD) && x->operation != SCS_OP_PKI_OPERATION && goes_on) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "content_encoding", "%s", r->m.content_encoding);
    return true;
}

/* ---- framing ----------------------------------------------------------------------------------------- */

static bool reset(const struct scs_connection *c)
{
    return c->half[SCS_TO_SERVER].rst_ns != SCS_NO_TIME || c->half[SCS_TO_CLIENT].rst_ns != SCS_NO_TIME;
}

/* By its length, or by END_STREAM (RFC 9113 8.1). */
static bool has_known_end(const struct scs_http_message *m)
{
    bool in_head = (m->flags & SCS_HTTP_HEAD_COMPLETE) == 0;
    return in_head || (m->flags & SCS_HTTP_HAS_LENGTH) != 0 || m->version == 20;
}

static bool client_closed_first(const struct scs_connection *c)
{
    int64_t client = c->half[SCS_TO_SERVER].fin_ns, server = c->half[SCS_TO_CLIENT].fin_ns;
    return client != SCS_NO_TIME && (server == SCS_NO_TIME || client < server);
}

/* Closed, not reset (net-rst-reply), before the promised length, or the end of the head, was there. RFC 9112 8. */
static bool body_short(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_message *m = x->reply ? &x->reply->m : NULL;
    bool stream_cut = x->stream_end.how != SCS_STREAM_REGULAR;

    if (!m || (m->flags & (SCS_HTTP_COMPLETE | SCS_HTTP_NO_MESSAGE_BODY)) || scs_message_unseen(m) ||
        !(m->flags & SCS_HTTP_NETWORK_CUT) || !has_known_end(m) || (reset(x->connection) && !stream_cut) ||
        !scs_judge_sees_all(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_message(v, m);
    scs_streams_say_end(v, x);
    if (m->flags & SCS_HTTP_HAS_LENGTH) {
        scs_fact_number(v, "declared_length", m->declared_len);
    }
    scs_fact_number(v, "response_body_length", m->body_len);
    bool client = stream_cut ? x->stream_end.how == SCS_STREAM_RESET_BY_CLIENT : client_closed_first(x->connection);
    scs_fact_text(v, "closed_by", "%s", client ? "client" : "server");
    return true;
}

static bool body_long(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!x->reply || !(x->reply->m.flags & SCS_HTTP_EXTRA_BYTES) || scs_message_unseen(&x->reply->m)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* Wrong chunk sizes, or closed without the last chunk. RFC 9112 7.1. */
static bool chunk_bad(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_message *m = x->reply ? &x->reply->m : NULL;

    if (!m || scs_message_unseen(m)) {
        return false;
    }
    bool unfinished = (m->flags & SCS_HTTP_CHUNKED) && (m->flags & SCS_HTTP_NETWORK_CUT) && !(m->flags & SCS_HTTP_COMPLETE) &&
                      !reset(x->connection) && scs_judge_sees_all(j, x);
    if (!(m->flags & SCS_HTTP_CHUNK_BAD) && !unfinished) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_message(v, m);
    scs_fact_number(v, "response_body_length", m->body_len);
    return true;
}

/* ---- silence ----------------------------------------------------------------------------------------- */

static bool no_reply(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->reply || !x->request || !(x->request->m.flags & SCS_HTTP_COMPLETE) || scs_message_unseen(&x->request->m) ||
        !scs_judge_sees_all(j, x)) {
        return false;
    }
    bool server_ended = scs_text_starts_nocase(x->why_unanswered, "server");
    bool client_ended = scs_text_starts_nocase(x->why_unanswered, "client");
    bool stream = scs_streams_ended_by_server(x);
    int64_t heard_ns = (stream ? x->stream_end.ts_ns : x->connection->last_ns) - x->request->m.last_ns;
    bool waited = heard_ns >= SILENCE || scs_capture_watched(j, x->request->m.last_ns, SILENCE);
    if (client_ended || !(server_ended || waited) || (server_ended && !stream && reset(x->connection) && heard_ns < SCS_SECOND)) {
        return false; /* an immediate reset is the network's story */
    }
    if (stream && scs_streams_may_ask_again(j, x)) {
        return false;
    }
    scs_say_request(v, x);
    scs_streams_say_end(v, x);
    if (server_ended) {
        scs_say_seconds(v, "closed_after_s", heard_ns);
    } else {
        const struct scs_capture_facts *c = scs_judge_model(j)->capture;
        scs_say_seconds(v, "waited_s", c->last_ns - x->request->m.last_ns);
    }
    return true;
}

static bool waits_for_continue(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!x->request || !(x->request->m.flags & SCS_HTTP_EXPECT_CONTINUE) || scs_message_unseen(&x->request->m)) {
        return false;
    }
    int64_t began = x->request->m.first_ns;
    int64_t came = x->reply ? x->reply->continue_ns : SCS_NO_TIME;
    int64_t waited = (came == SCS_NO_TIME ? x->request->m.last_ns : came) - began;
    if (waited <= CONTINUE_PATIENT) {
        return false;
    }
    scs_say_request(v, x);
    scs_say_seconds(v, "waited_s", waited);
    return true;
}

static bool http2(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    bool asked = x->request && x->request->m.version == 20, answered = x->reply && x->reply->m.version == 20;
    if (!x->request || !(asked || answered) || !scs_exchange_on_mscep(x)) {
        return false;
    }
    scs_say_request(v, x);
    if (asked && x->reply && !answered && x->reply->status >= 400) {
        scs_set_severity(v, SCS_SEV_ERROR); /* the server understood not even the first line */
        scs_fact_number(v, "refused", x->reply->status);
    }
    return true;
}

const struct scs_rule scs_rules_http[] = {
    SCS_LIKELY_CAUSE("http-body-short", ERROR, PROXY, body_short),
    SCS_LIKELY_CAUSE("http-chunk-bad", ERROR, PROXY, chunk_bad),
    SCS_CAUSE("http-200-html", ERROR, IIS, html_for_message),
    SCS_CAUSE("http-no-reply", ERROR, NDES, no_reply),
    SCS_NOTE("ndes-general-page", ERROR, general_page),
    SCS_NOTE("http-ctype", WARNING, wrong_type),
    SCS_LIKELY_NOTE("http-gzip", WARNING, compressed),
    SCS_LIKELY_NOTE("http-body-long", WARNING, body_long),
    SCS_LIKELY_NOTE("http-expect-100", INFO, waits_for_continue),
    SCS_LIKELY_NOTE("http-version", INFO, http2),
    SCS_NOTE("http-403-healthy", INFO, healthy_403),
};
const size_t scs_num_rules_http = sizeof scs_rules_http / sizeof scs_rules_http[0];
