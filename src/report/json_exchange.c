/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange: a request, its reply, and how it went. */
#include "report/json_parts.h"

/* Shorter waits for a receiver are how flow control works. */
#define STALL_SHOWN_NS 1000000000

static const struct scs_flag_word message_words[] = {
    {SCS_HTTP_CHUNK_BAD, "bad_chunk"},
    {SCS_HTTP_TO_CLOSE, "until_close"},
    {SCS_HTTP_CAPTURE_GAP, "capture_gap"},
    {SCS_HTTP_SNAPLEN, "snap_length"},
    {SCS_HTTP_NETWORK_CUT, "cut_by_network"},
    {SCS_HTTP_CAPTURE_END, "capture_ended"},
    {SCS_HTTP_MIDWAY, "began_before_capture"},
    {SCS_HTTP_EXTRA_BYTES, "extra_bytes"},
    {SCS_HTTP_CONNECTION_CLOSE, "connection_close"},
    {SCS_HTTP_EXPECT_CONTINUE, "expect_continue"},
    {SCS_HTTP_ABSOLUTE_FORM, "absolute_form"},
    {SCS_HTTP_MALFORMED, "malformed"},
    {SCS_HTTP_INFLATE_BAD, "bad_compression"},
    {SCS_HTTP_BODY_LIMIT, "body_limit"},
    {0, NULL},
};

static const char *version_text(uint8_t version)
{
    switch (version) {
    case 9:
        return "0.9";
    case 10:
        return "1.0";
    case 11:
        return "1.1";
    case 20:
        return "2";
    default:
        return NULL;
    }
}

static const char *path_kind_text(uint8_t kind)
{
    static const char *const words[] = {
        [SCS_PATH_MSCEP_INFO] = "mscep",
        [SCS_PATH_MSCEP_DLL] = "mscep_dll",
        [SCS_PATH_PKICLIENT] = "pkiclient",
        [SCS_PATH_ADMIN] = "mscep_admin",
        [SCS_PATH_CRP] = "crp",
        [SCS_PATH_OPERATION] = "operation",
        [SCS_PATH_USER] = "user",
    };
    return kind < sizeof words / sizeof words[0] ? words[kind] : NULL;
}

static void request(struct scs_json_report *r, const struct scs_http_request *q)
{
    struct scs_json *w = &r->w;
    struct scs_redactor *hide = r->ctx->redactor;
    scs_json_text(w, "method", q->method);
    scs_json_text(w, "host", scs_redact_host(hide, q->host));
    scs_json_text(w, "target", scs_redact_target(hide, q->target));
    if (q->target != NULL) {
        scs_json_count(w, "target_length", q->target_len);
        scs_json_count(w, "path_length", q->path_len);
        scs_json_count(w, "query_length", q->query_len);
    }
    scs_json_text(w, "user_agent", scs_redact_agent(hide, q->user_agent));
    scs_json_count(w, "request_head_length", q->m.head_len);
    scs_json_count(w, "request_body_length", q->m.body_len);
    if ((q->m.flags & SCS_HTTP_HAS_LENGTH) != 0) {
        scs_json_count(w, "request_declared_length", q->m.declared_len);
    }
    scs_json_true(w, "request_chunked", (q->m.flags & SCS_HTTP_CHUNKED) != 0);
    scs_json_text(w, "request_content_type", q->m.content_type);
    scs_json_text(w, "request_content_encoding", q->m.content_encoding);
    scs_json_text(w, "request_via", scs_redact_payload(hide, q->m.via));
    scs_json_bool(w, "request_complete", (q->m.flags & SCS_HTTP_COMPLETE) != 0);
    scs_json_true(w, "authorization", q->authorization);
    scs_json_true(w, "cookie", q->cookie);
    scs_json_flags(w, "request_notes", q->m.flags, message_words);
}

static void reply(struct scs_json_report *r, const struct scs_exchange *x, const struct scs_http_reply *p)
{
    struct scs_json *w = &r->w;
    struct scs_redactor *hide = r->ctx->redactor;
    if (p->status != 0) {
        scs_json_count(w, "status", p->status);
    }
    scs_json_text(w, "reason", p->reason);
    scs_json_text(w, "content_type", p->m.content_type);
    scs_json_count(w, "response_head_length", p->m.head_len);
    scs_json_count(w, "response_body_length", p->m.body_len);
    if ((p->m.flags & SCS_HTTP_HAS_LENGTH) != 0) {
        scs_json_count(w, "declared_length", p->m.declared_len);
    }
    scs_json_bool(w, "chunked", (p->m.flags & SCS_HTTP_CHUNKED) != 0);
    scs_json_text(w, "content_encoding", p->m.content_encoding);
    scs_json_bool(w, "response_complete", (p->m.flags & SCS_HTTP_COMPLETE) != 0);
    scs_json_text(w, "server", p->server);
    scs_json_text(w, "via", scs_redact_payload(hide, p->m.via));
    scs_json_text(w, "www_authenticate", p->www_authenticate);
    scs_json_text(w, "location", scs_redact_target(hide, p->location));
    scs_json_text(w, "retry_after", p->retry_after);
    scs_json_text(w, "cache", p->cache);
    scs_json_seconds(w, "date", p->date_s);
    scs_json_time(w, "continue", p->continue_ns);
    /* An error page says who made it. The admin page is left out: it shows one-time passwords. */
    if (p->status >= 400 && x->path_kind != SCS_PATH_ADMIN) {
        scs_json_text(w, "response_text", scs_redact_payload(hide, p->m.body_text));
    }
    scs_json_flags(w, "response_notes", p->m.flags, message_words);
}

/* What only HTTP/2 knows. */
static void streams(struct scs_json *w, const struct scs_exchange *x)
{
    static const char *const words[] = {NULL, "reset_by_client", "reset_by_server", "goaway"};
    const struct scs_stream_end *end = &x->stream_end;
    if (x->request != NULL && x->reply != NULL && x->request->m.version != x->reply->m.version) {
        scs_json_text(w, "response_version", version_text(x->reply->m.version));
    }
    if (end->how != SCS_STREAM_REGULAR) {
        const char *name = scs_http2_error_name(end->error);
        scs_json_text(w, "stream_end", words[end->how]);
        scs_json_text(w, "stream_error", name != NULL ? name : "unassigned");
    }
    if (x->request != NULL && x->request->m.stall.lasted_ns >= STALL_SHOWN_NS) {
        scs_json_ms(w, "request_stalled_ms", x->request->m.stall.lasted_ns);
    }
    if (x->reply != NULL && x->reply->m.stall.lasted_ns >= STALL_SHOWN_NS) {
        scs_json_ms(w, "response_stalled_ms", x->reply->m.stall.lasted_ns);
    }
}

static void http(struct scs_json_report *r, const struct scs_exchange *x)
{
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, "http");
    scs_json_text(w, "version", version_text(x->request != NULL ? x->request->m.version : x->reply->m.version));
    if (x->request != NULL) {
        request(r, x->request);
    }
    if (x->platform != SCS_PLATFORM_UNKNOWN) {
        scs_json_text(w, "platform", scs_platform_name(x->platform));
    }
    if (x->reply != NULL) {
        reply(r, x, x->reply);
    }
    streams(w, x);
    scs_json_end_object(w);
}

void scs_json_exchange(struct scs_json_report *r, const char *name, const struct scs_exchange *x)
{
    struct scs_json *w = &r->w;
    const struct scs_connection *c = x->connection;
    scs_json_begin_object(w, name);
    scs_json_count(w, "id", scs_stream_id_exchange(r->ids, x->id));
    scs_json_count(w, "connection", scs_stream_id_connection(r->ids, c->id));
    if ((c->flags & SCS_CONN_STREAM_KNOWN) != 0) {
        scs_json_count(w, "stream", c->stream);
    }
    scs_json_text(w, "client", scs_redact_endpoint(r->ctx->redactor, &c->client));
    scs_json_text(w, "server", scs_redact_endpoint(r->ctx->redactor, &c->server));
    scs_json_text(w, "operation", scs_operation_name(x->operation));
    if (x->operation == SCS_OP_OTHER) {
        scs_json_text(w, "operation_name", scs_redact_payload(r->ctx->redactor, x->operation_name));
    }
    scs_json_text(w, "path_kind", path_kind_text(x->path_kind));
    if (x->enrolment != 0) {
        scs_json_count(w, "enrolment", scs_stream_id_enrolment(r->ids, x->enrolment));
    }
    scs_json_time(w, "started", x->started_ns);
    scs_json_ms(w, "duration_ms", x->duration_ns);
    scs_json_ms(w, "wait_ms", x->wait_ns);
    scs_json_begin_row(w, "frames");
    scs_json_count(w, NULL, SCS_FRAME_NUMBER(x->first_frame));
    scs_json_count(w, NULL, SCS_FRAME_NUMBER(x->last_frame));
    scs_json_end_array(w);
    scs_json_file(r, x->first_frame);
    scs_json_text(w, "outcome", scs_outcome_name(x->outcome));
    scs_json_text(w, "why_unanswered", x->why_unanswered);
    scs_json_true(w, "probe", x->probe);
    if (x->request != NULL || x->reply != NULL) {
        http(r, x);
    }
    scs_json_scep(r, x);
    scs_json_end_object(w);
}
