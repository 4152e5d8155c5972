/* SPDX-License-Identifier: Apache-2.0 */
/* How the request travelled: where to, in which form, over which connections. */
#include <string.h>

#include "base/buf.h"
#include "compare/fields.h"

#define NO_REQUEST "no request was seen"
#define NOT_WHOLE  "the capture does not hold the whole request"

static const struct scs_http_request *request_of(const struct scs_compare_reader *r)
{
    return r->side->main != NULL ? r->side->main->request : NULL;
}

/* ---- target --------------------------------------------------------------------------------------- */

static struct scs_compare_value server(const struct scs_compare_reader *r)
{
    const struct scs_connection *c = r->side->connection;
    return c == NULL ? scs_value_unknown(r, "not seen") : scs_value_text(r, scs_redact_endpoint(r->redactor, &c->server));
}

static struct scs_compare_value host(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    if (q == NULL || (q->host == NULL && (q->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0)) {
        return scs_value_unknown(r, NO_REQUEST);
    }
    return scs_value_text(r, scs_redact_host(r->redactor, q->host));
}

static struct scs_compare_value http_version(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    switch (q != NULL ? q->m.version : 0) {
    case 9:
        return scs_value_text(r, "0.9");
    case 10:
        return scs_value_text(r, "1.0");
    case 11:
        return scs_value_text(r, "1.1");
    case 20:
        return scs_value_text(r, "2");
    default:
        return scs_value_unknown(r, NO_REQUEST);
    }
}

static struct scs_compare_value method(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    return q == NULL || q->method == NULL ? scs_value_unknown(r, NO_REQUEST) : scs_value_text(r, q->method);
}

/* Without the query, which holds the message. */
static struct scs_compare_value path(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    if (q == NULL || q->target == NULL) {
        return scs_value_unknown(r, NO_REQUEST);
    }
    const char *alone = scs_arena_printf(r->arena, "%.*s", (int)strcspn(q->target, "?"), q->target);
    return scs_value_text(r, scs_redact_target(r->redactor, alone));
}

static struct scs_compare_value ca_ident(const struct scs_compare_reader *r)
{
    const struct scs_exchange *x = r->side->ca_certs != NULL ? r->side->ca_certs : r->side->caps;
    return x == NULL || x->request == NULL ? scs_value_unknown(r, "neither GetCACert nor GetCACaps was seen")
                                           : scs_value_text(r, scs_redact_payload(r->redactor, x->ca_ident));
}

/* ---- form ----------------------------------------------------------------------------------------- */

static struct scs_compare_value query_length(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    return q == NULL || q->target == NULL ? scs_value_unknown(r, NO_REQUEST) : scs_value_bytes(r, q->query_len);
}

static struct scs_compare_value path_length(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    return q == NULL || q->target == NULL ? scs_value_unknown(r, NO_REQUEST) : scs_value_bytes(r, q->path_len);
}

/* Without the target, which has fields of its own. */
static struct scs_compare_value head_length(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    if (q == NULL || (q->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0) {
        return scs_value_unknown(r, NO_REQUEST);
    }
    return scs_value_bytes(r, q->m.head_len > q->target_len ? q->m.head_len - q->target_len : 0);
}

/* NULL, and *why, when there is no body to describe: that one is a GET is told by its method, and once is enough. */
static const struct scs_http_request *with_body(const struct scs_compare_reader *r, const char **why)
{
    const struct scs_http_request *q = request_of(r);
    *why = q == NULL ? NO_REQUEST : q->method != NULL && strcmp(q->method, "GET") == 0 ? "a GET has no body" : NULL;
    return *why == NULL ? q : NULL;
}

static struct scs_compare_value body_length(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_http_request *q = with_body(r, &why);
    if (q == NULL || scs_unseen_part(&q->m)) {
        return scs_value_unknown(r, q == NULL ? why : NOT_WHOLE);
    }
    return q->m.body_len == 0 ? scs_value_none() : scs_value_bytes(r, q->m.body_len);
}

static struct scs_compare_value framing(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_http_request *q = with_body(r, &why);
    if (q == NULL || (q->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0) {
        return scs_value_unknown(r, q == NULL ? why : NOT_WHOLE);
    }
    if (q->m.version == 20) {
        return scs_value_unknown(r, "HTTP/2 frames it");
    }
    return scs_value_text(r, (q->m.flags & SCS_HTTP_CHUNKED) != 0      ? "chunked"
                             : (q->m.flags & SCS_HTTP_HAS_LENGTH) != 0 ? "Content-Length"
                                                                       : NULL);
}

static struct scs_compare_value content_type(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_http_request *q = with_body(r, &why);
    if (q == NULL || (q->m.content_type == NULL && (q->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0)) {
        return scs_value_unknown(r, q == NULL ? why : NOT_WHOLE);
    }
    return scs_value_text(r, scs_redact_text(r->redactor, q->m.content_type));
}

static struct scs_compare_value expect(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    if (q == NULL || (q->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0) {
        return scs_value_unknown(r, NO_REQUEST);
    }
    return scs_value_bool((q->m.flags & SCS_HTTP_EXPECT_CONTINUE) != 0);
}

static struct scs_compare_value whole(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    if (q == NULL || scs_unseen_part(&q->m)) {
        return scs_value_unknown(r, NOT_WHOLE);
    }
    return scs_value_text(r, (q->m.flags & SCS_HTTP_COMPLETE) != 0      ? "whole"
                             : (q->m.flags & SCS_HTTP_NETWORK_CUT) != 0 ? "cut: the connection ended inside it"
                                                                        : "not whole");
}

/* ---- connections ---------------------------------------------------------------------------------- */

static struct scs_compare_value connections(const struct scs_compare_reader *r)
{
    const struct scs_compare_side *s = r->side;
    uint32_t requests = s->enrolment != NULL ? s->enrolment->num_exchanges : 0;
    if (requests < 2) {
        return scs_value_unknown(r, "fewer than two requests");
    }
    return scs_value_text(r, s->num_connections >= requests ? "one for each request" : "used again");
}

static struct scs_compare_value syn_tries(const struct scs_compare_reader *r)
{
    const struct scs_connection *c = r->side->connection;
    return c == NULL || (c->flags & SCS_CONN_SYN_SEEN) == 0 ? scs_value_unknown(r, "its SYN is not in the capture")
                                                            : scs_value_count(r, c->syn_tries);
}

/* How it ended while the answer was still owed; afterwards any end will do. */
static struct scs_compare_value broken(const struct scs_compare_reader *r)
{
    const struct scs_connection *c = r->side->connection;
    const struct scs_exchange *x = r->side->main;
    if (c == NULL) {
        return scs_value_unknown(r, "not seen");
    }
    if (c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED) {
        return scs_value_text(r, scs_connection_state_name(c->state));
    }
    bool answered = x != NULL && x->reply != NULL && (x->reply->m.flags & SCS_HTTP_COMPLETE) != 0;
    if (answered || c->state != SCS_CONN_RESET) {
        return scs_value_none();
    }
    return scs_value_text(r, c->half[SCS_TO_SERVER].rst_ns != SCS_NO_TIME ? "reset by the client" : "reset by the server");
}

static struct scs_compare_value retransmissions(const struct scs_compare_reader *r)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->side->num_connections; i++) {
        const struct scs_connection *c = r->side->connections[i];
        n += (uint64_t)c->half[SCS_TO_SERVER].retransmissions + c->half[SCS_TO_CLIENT].retransmissions;
    }
    return scs_value_count(r, n);
}

/* What the receiver had and the capture has not: it belongs to the capture, not to the enrolment. */
static struct scs_compare_value not_captured(const struct scs_compare_reader *r)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->side->num_connections; i++) {
        for (int dir = 0; dir < 2; dir++) {
            n += r->side->connections[i]->half[dir].missing_bytes + r->side->connections[i]->half[dir].cut_bytes;
        }
    }
    return n == 0 ? scs_value_none() : scs_value_bytes(r, n);
}

static struct scs_compare_value icmp(const struct scs_compare_reader *r)
{
    struct scs_buf text;
    scs_buf_init(&text, SCS_MAX_VALUE_TEXT);
    for (uint32_t i = 0; r->side->connection != NULL && i < r->side->connection->num_icmp; i++) {
        const struct scs_icmp_seen *seen = &r->side->connection->icmp[i];
        scs_buf_printf(&text, "%sICMP%s type %u code %u", text.len == 0 ? "" : ", ", seen->family == 6 ? "v6" : "", seen->type,
                       seen->code);
        if (seen->mtu != 0) {
            scs_buf_printf(&text, " (MTU %u)", seen->mtu);
        }
    }
    struct scs_compare_value v = scs_value_text(r, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
    return v;
}

const struct scs_compare_field *scs_fields_transport(size_t *num)
{
    static const struct scs_compare_field fields[] = {
        {"server", "server", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, server},
        {"host", "Host", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, host},
        {"http_version", "HTTP version", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, http_version},
        {"method", "method", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, method},
        {"path", "path", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, path},
        {"ca_ident", "CA identifier", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, ca_ident},
        {"path_length", "path length", SCS_COMPARE_CAUSE, SCS_MEASURE_QUERY, path_length},
        {"query_length", "query length", SCS_COMPARE_CAUSE, SCS_MEASURE_QUERY, query_length},
        {"head_length", "header fields", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_BYTES, head_length},
        {"body_length", "body length", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_BYTES, body_length},
        {"body_framing", "body framing", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, framing},
        {"request_content_type", "body content type", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, content_type},
        {"expect_continue", "100-continue", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, expect},
        {"request_whole", "request arrived", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, whole},
        {"connections", "connections", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, connections},
        {"syn_tries", "tries to connect", SCS_COMPARE_CAUSE, SCS_MEASURE_COUNT, syn_tries},
        {"broken", "broken off", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, broken},
        {"retransmissions", "segments resent", SCS_COMPARE_CAUSE, SCS_MEASURE_LOSSES, retransmissions},
        {"icmp", "ICMP errors", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, icmp},
        {"not_captured", "not captured", SCS_COMPARE_IDENTITY, SCS_MEASURE_BYTES, not_captured},
    };
    *num = sizeof fields / sizeof fields[0];
    return fields;
}
