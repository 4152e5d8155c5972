/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP statuses of the SCEP end point: who refused, HTTP.sys, IIS or NDES, and over what. A status alone
 * proves little (R5 of the catalogue): 404 may mean a query string that is too long, and 400 a header.
 */
#include "diagnose/predicates.h"
#include "diagnose/rules.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

/* Defaults of IIS request filtering and of HTTP.sys (facts 2.9). */
#define IIS_MAX_URL      4096u
#define IIS_MAX_QUERY    2048u
#define IIS_MAX_BODY     30000000u
#define HTTPSYS_MAX_LINE 16384u

/* The reply when it has this status and answers a SCEP operation for which no more exact finding stands. */
static const struct scs_http_reply *refusal(const struct scs_judge *j, const struct scs_exchange *x, unsigned status)
{
    if (!x->request || scs_exchange_status(x) != status || !scs_exchange_on_mscep(x) || !scs_exchange_has_operation(x)) {
        return NULL;
    }
    return scs_exchange_is_limit_test(x) || scs_exchange_caps_alone(j, x) ? NULL : x->reply;
}

/* How long a query may be here, as far as the capture shows. */
static void say_lengths(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v, uint32_t limit)
{
    const struct scs_server *s = scs_server_of(j, x);

    scs_say_answer(v, x);
    scs_fact_number(v, "target_length", x->request->target_len);
    scs_fact_number(v, "query_length", x->request->query_len);
    if (s && s->longest_query_ok > 0) {
        scs_fact_number(v, "longest_ok", s->longest_query_ok);
    }
    if (!s || s->longest_query_ok <= limit) {
        scs_fact_number(v, "limit_hint", limit);
    }
}

/* ---- 400, 411, 414: HTTP.sys --------------------------------------------------------------------- */

static bool uri_too_long(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    bool page = x->reply && x->reply->status >= 400 &&
                (scs_reply_says(x->reply, "URI Too L") || scs_reply_says(x->reply, "request URL is too long"));

    if (!x->request || !(scs_exchange_status(x) == 414 || page) || scs_exchange_is_limit_test(x) ||
        !(scs_exchange_on_mscep(x) || x->path_kind == SCS_PATH_ADMIN)) {
        return false;
    }
    say_lengths(j, x, v, HTTPSYS_MAX_LINE);
    return true;
}

static const struct scs_http_reply *httpsys_400(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_http_reply *r = refusal(j, x, 400);

    return r && (scs_reply_is_httpsys(r) || scs_reply_says(r, "Bad Request - ")) ? r : NULL;
}

static bool says_field(const struct scs_http_reply *r)
{
    return scs_reply_says(r, "field is too long") || scs_reply_says(r, "Field Too Long");
}

static bool says_request(const struct scs_http_reply *r)
{
    return scs_reply_says(r, "Request Too Long") || scs_reply_says(r, "headers is too long");
}

static bool says_url(const struct scs_http_reply *r)
{
    return scs_reply_says(r, "Invalid URL") || scs_reply_says(r, "URL is invalid");
}

static bool says_host(const struct scs_http_reply *r)
{
    return scs_reply_says(r, "Invalid Hostname") || scs_reply_says(r, "hostname is invalid");
}

static bool field_length(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = httpsys_400(j, x);

    if (!r || !says_field(r)) {
        return false;
    }
    say_lengths(j, x, v, HTTPSYS_MAX_LINE);
    return true;
}

static bool request_length(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = httpsys_400(j, x);

    if (!r || says_field(r) || !says_request(r)) {
        return false;
    }
    say_lengths(j, x, v, HTTPSYS_MAX_LINE);
    scs_fact_number(v, "head_length", x->request->m.head_len);
    return true;
}

static bool invalid_url(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = httpsys_400(j, x);

    if (!r || !says_url(r)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool invalid_host(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = httpsys_400(j, x);

    if (!r || !says_host(r) || x->probe) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->request->host) {
        scs_fact_text(v, "host", "%s", x->request->host);
    }
    return true;
}

static bool malformed(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = httpsys_400(j, x);

    if (!r || says_field(r) || says_request(r) || says_url(r) || says_host(r)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool policy_400(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!scs_exchange_on_policy(x) || scs_exchange_status(x) != 400) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_line(v, "answer_text", x->reply);
    return true;
}

static bool length_required(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!refusal(j, x, 411)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool chunked_request(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    (void)j;
    if (!x->request || !(x->request->m.flags & SCS_HTTP_CHUNKED) || status < 400 || status > 499 || !scs_exchange_on_mscep(x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* ---- 404: IIS request filtering, or nobody there -------------------------------------------------- */

enum kind_404 { NOT_404, URL_LENGTH, QUERY_LENGTH, DOUBLE_ESCAPE, BODY_LENGTH, FILTERED, NOT_FOUND };

/* The sub-status on IIS's detailed page settles it. */
static enum kind_404 kind_by_substatus(int substatus)
{
    switch (substatus) {
    case 11:
        return DOUBLE_ESCAPE;
    case 13:
        return BODY_LENGTH;
    case 14:
        return URL_LENGTH;
    case 15:
        return QUERY_LENGTH;
    default:
        return substatus >= 2 && substatus <= 20 ? FILTERED : NOT_404;
    }
}

static bool path_escaped_twice(const struct scs_http_request *r)
{
    size_t len = r->target ? strcspn(r->target, "?") : 0;
    struct scs_cursor path = scs_cursor_of(r->target, len);

    return scs_cursor_find(&path, "%25") != SIZE_MAX || scs_cursor_find(&path, "+") != SIZE_MAX;
}

/* A query that is longer than every one answered 200, and nothing shorter refused by a server that serves nothing. */
static bool query_too_long(const struct scs_exchange *x, const struct scs_server *s)
{
    uint32_t len = x->request->query_len;

    if (x->operation != SCS_OP_PKI_OPERATION || scs_exchange_is_post(x) || len <= IIS_MAX_QUERY) {
        return false;
    }
    if (!s) {
        return true;
    }
    if (s->longest_query_ok >= len) {
        return false;
    }
    return scs_server_served(s) > 0 || s->shortest_query_refused > IIS_MAX_QUERY || s->shortest_query_refused == 0;
}

/* The path of a request target, without scheme, host and query. */
static struct scs_cursor path_of(const struct scs_http_request *r)
{
    size_t len = r->target ? strcspn(r->target, "?") : 0;
    struct scs_cursor path = scs_cursor_of(r->target, len);

    if (len > r->path_len && !scs_cursor_skip(&path, len - r->path_len)) {
        path.len = 0;
    }
    return path;
}

/* Requests of this very path are served: a wrong path in a profile differs from the one that works for others. */
static bool path_is_served(const struct scs_exchange *x, const struct scs_server *s)
{
    if (scs_server_served(s) == 0) {
        return false;
    }
    const struct scs_exchange *good = s->last_ca_certs ? s->last_ca_certs : s->last_caps;
    if (!good || !good->request) {
        return true;
    }
    struct scs_cursor mine = path_of(x->request), theirs = path_of(good->request);
    return mine.len == theirs.len && (mine.len == 0 || strncasecmp((const char *)mine.p, (const char *)theirs.p, mine.len) == 0);
}

/* One kind for each 404, so that exactly one row speaks of it. */
static enum kind_404 kind_of_404(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_http_reply *r = x->request ? x->reply : NULL;
    const struct scs_server *s = scs_server_of(j, x);
    bool page = x->operation == SCS_OP_PAGE && (x->path_kind == SCS_PATH_MSCEP_DLL || x->path_kind == SCS_PATH_PKICLIENT);

    if (!r || r->status != 404 || scs_exchange_is_limit_test(x) || scs_exchange_caps_alone(j, x) || !scs_exchange_on_mscep(x) ||
        !(page || scs_exchange_has_operation(x))) {
        return NOT_404;
    }
    enum kind_404 kind = kind_by_substatus(scs_reply_substatus(r));
    if (kind != NOT_404) {
        return kind;
    }
    if (scs_exchange_is_post(x) && x->request->m.declared_len > IIS_MAX_BODY) {
        return BODY_LENGTH;
    }
    if (x->request->path_len > IIS_MAX_URL) {
        return URL_LENGTH;
    }
    if (path_escaped_twice(x->request)) {
        return DOUBLE_ESCAPE;
    }
    if (query_too_long(x, s)) {
        return QUERY_LENGTH;
    }
    if (x->scep_request && (x->scep_request->b64 & SCS_B64_DOUBLE)) {
        return DOUBLE_ESCAPE;
    }
    return path_is_served(x, s) && !scs_reply_is_httpsys(r) ? FILTERED : NOT_FOUND;
}

static bool url_length(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (kind_of_404(j, x) != URL_LENGTH) {
        return false;
    }
    say_lengths(j, x, v, IIS_MAX_URL);
    return true;
}

static bool query_length(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_server *s = scs_server_of(j, x);

    if (kind_of_404(j, x) != QUERY_LENGTH) {
        return false;
    }
    say_lengths(j, x, v, IIS_MAX_QUERY);
    bool shorter_served = s && s->longest_query_ok > 0;
    if (scs_reply_substatus(x->reply) != 15 && !(shorter_served && scs_reply_is_iis(x->reply))) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

static bool double_escape(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (kind_of_404(j, x) != DOUBLE_ESCAPE) {
        return false;
    }
    scs_say_answer(v, x);
    if (scs_reply_substatus(x->reply) != 11) {
        /* That the check also covers the query string is not confirmed. */
        scs_set_confidence(v, path_escaped_twice(x->request) ? SCS_LIKELY : SCS_POSSIBLE);
    }
    return true;
}

static bool filtered(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (kind_of_404(j, x) != FILTERED) {
        return false;
    }
    scs_say_request(v, x);
    scs_say_answer(v, x);
    if (scs_reply_substatus(x->reply) < 0) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

static bool not_found(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (kind_of_404(j, x) != NOT_FOUND) {
        return false;
    }
    struct scs_cursor path = path_of(x->request);
    scs_say_answer(v, x);
    scs_fact_text(v, "path", "%.*s", (int)path.len, path.len ? (const char *)path.p : "");
    return true;
}

static bool body_length(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!(kind_of_404(j, x) == BODY_LENGTH || (refusal(j, x, 413) && scs_exchange_is_post(x)))) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "request_body_length",
                    x->request->m.flags & SCS_HTTP_HAS_LENGTH ? x->request->m.declared_len : x->request->m.body_len);
    return true;
}

/* ---- 401, 403, 405 and the rest of the 4xx ------------------------------------------------------- */

static bool served_later_on_connection(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t num = 0;
    const uint32_t *ids = scs_judge_by_connection(j, x->connection->id, &num);

    for (uint32_t i = num; i > 0 && ids[i - 1] > x->id; i--) {
        const struct scs_exchange *later = scs_model_exchange(scs_judge_model(j), ids[i - 1]);
        if (later && later->path_kind == x->path_kind &&
            (scs_exchange_status(later) == 200 || scs_exchange_status(later) == 401)) {
            return true;
        }
    }
    return false;
}

static bool unauthorized(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!refusal(j, x, 401) || (served_later_on_connection(j, x) && !x->request->authorization)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->reply->www_authenticate) {
        scs_fact_text(v, "www_authenticate", "%s", x->reply->www_authenticate);
    }
    return true;
}

/* NTLM needs two 401 before its 200 on one connection: only the last one counts, and only if nothing better follows. */
static bool admin_unauthorized(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->path_kind != SCS_PATH_ADMIN || scs_exchange_status(x) != 401 || served_later_on_connection(j, x) ||
        !scs_judge_sees_connection(j, x->connection)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->reply->www_authenticate) {
        scs_fact_text(v, "www_authenticate", "%s", x->reply->www_authenticate);
    }
    return true;
}

static bool forbidden(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!refusal(j, x, 403)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* What the capabilities known at that time say of POST; true when none were seen. */
static bool post_may_be_offered(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_exchange *known = scs_judge_caps_before(j, &x->connection->server, x->started_ns);

    return !known || !known->caps || (known->caps->known & (SCS_CAP_POST | SCS_CAP_STANDARD));
}

static bool post_refused(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!(refusal(j, x, 405) || refusal(j, x, 501)) || x->operation != SCS_OP_PKI_OPERATION || !scs_exchange_is_post(x) ||
        !post_may_be_offered(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool header_fields_too_large(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!refusal(j, x, 431)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "head_length", x->request->m.head_len);
    return true;
}

static bool request_timeout(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!refusal(j, x, 408)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* Statuses that a row of their own speaks of, for every kind of request. */
static bool has_own_row(const struct scs_judge *j, const struct scs_exchange *x)
{
    switch (scs_exchange_status(x)) {
    case 400:
        return httpsys_400(j, x) || scs_exchange_on_policy(x);
    case 401:
        return scs_exchange_on_policy(x) || scs_exchange_has_operation(x);
    case 403:
    case 404:
    case 408:
    case 411:
    case 414:
    case 431:
        return true;
    case 405:
    case 413:
        return scs_exchange_is_post(x) && (x->operation == SCS_OP_PKI_OPERATION || scs_exchange_status(x) == 413);
    default:
        return false;
    }
}

static bool other_4xx(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    if (!x->request || status < 400 || status > 499 || !(scs_exchange_on_mscep(x) || scs_exchange_on_policy(x)) ||
        scs_exchange_is_limit_test(x) || scs_exchange_caps_alone(j, x) || has_own_row(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_line(v, "answer_text", x->reply);
    return true;
}

static bool redirected(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    if (status < 301 || status > 308 || (status > 303 && status < 307) || !refusal(j, x, status)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->reply->location) {
        scs_fact_text(v, "location", "%s", x->reply->location);
    }
    if (scs_exchange_enrolled(j, x)) {
        scs_set_severity(v, SCS_SEV_WARNING);
    }
    return true;
}

/* ---- 500, 502, 503 ------------------------------------------------------------------------------- */

/* Answered by the application that serves SCEP, its bare and its administrators' pages included. */
static bool on_ndes_application(const struct scs_exchange *x)
{
    return x->request && (scs_exchange_on_mscep(x) || x->path_kind == SCS_PATH_MSCEP_INFO || x->path_kind == SCS_PATH_ADMIN);
}

static bool says_impersonation(const struct scs_http_reply *r)
{
    return scs_reply_says(r, "0x80070542") || scs_reply_says(r, "0x00000542");
}

static bool impersonation(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (scs_exchange_status(x) != 500 || !on_ndes_application(x) || !says_impersonation(x->reply)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* GetCRL and GetCert are operations NDES does not have: rep-fail-2-badrequest says so, also for a 500. */
static bool asks_for_what_ndes_lacks(const struct scs_exchange *x)
{
    return x->scep_request && (x->scep_request->message_type == 21 || x->scep_request->message_type == 22);
}

static void say_500_details(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_server *s = scs_server_of(j, x);
    char text[SCS_ENDPOINT_TEXT];

    scs_say_answer(v, x);
    scs_say_line(v, "answer_text", x->reply);
    if (!scs_server_is_ndes(j, x)) {
        scs_fact_text(v, "not_ndes", "%s", scs_endpoint_text(&x->connection->server, text));
        scs_set_confidence(v, SCS_POSSIBLE);
    } else if (scs_reply_is_foreign(x->reply)) {
        scs_fact_text(v, "other_server", "%s", x->reply->server);
        scs_set_confidence(v, SCS_POSSIBLE);
    } else if (s && s->ops[SCS_OP_PKI_OPERATION].failed == 0 &&
               (x->operation == SCS_OP_GET_CA_CAPS || x->operation == SCS_OP_GET_CA_CERT)) {
        scs_fact_text(v, "only_ca", "GetCACaps/GetCACert");
    }
}

static bool ndes_error(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (scs_exchange_status(x) != 500 || !on_ndes_application(x) || says_impersonation(x->reply) ||
        scs_exchange_is_limit_test(x) || scs_exchange_caps_alone(j, x) || asks_for_what_ndes_lacks(x)) {
        return false;
    }
    say_500_details(j, x, v);
    return true;
}

/* HTTP.sys answers for a pool that is stopped; an iisreset does the same for half a minute. */
static bool pool_was_back(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_exchange *next = scs_client_next(j, x);
    const struct scs_server *s = scs_server_of(j, x);
    const struct scs_exchange *last = !s ? NULL : s->last_ca_certs ? s->last_ca_certs : s->last_caps;

    if (next && scs_exchange_served(next) && next->started_ns - x->started_ns < SCS_MINUTE / 2) {
        return true;
    }
    return last && last->started_ns > x->started_ns && last->started_ns - x->started_ns < SCS_MINUTE / 2;
}

static bool is_pool_503(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_http_reply *r = x->reply;
    bool suppressed = !r->server && scs_reply_says(r, "<h2>Service Unavailable</h2>");

    return (scs_reply_is_httpsys(r) || suppressed) && !pool_was_back(j, x);
}

static bool pool_stopped(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (scs_exchange_status(x) != 503 || !on_ndes_application(x) || scs_exchange_caps_alone(j, x) || !is_pool_503(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool other_503(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (scs_exchange_status(x) != 503 || !on_ndes_application(x) || scs_exchange_caps_alone(j, x) || is_pool_503(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->reply->retry_after) {
        scs_fact_text(v, "retry_after", "%s", x->reply->retry_after);
        scs_set_severity(v, scs_reply_says(x->reply, "maintenance") ? SCS_SEV_INFO : SCS_SEV_WARNING);
    }
    return true;
}

static bool arr_502(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (scs_exchange_status(x) != 502 || !on_ndes_application(x) || !scs_reply_is_iis(x->reply)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

#define ROW(id, severity, depth, function)                                                                                       \
    {                                                                                                                            \
        id, SCS_SEV_##severity, SCS_CERTAIN, SCS_DEPTH_##depth, SCS_SCOPE_EXCHANGE, true,                                        \
        {                                                                                                                        \
            .exchange = function                                                                                                 \
        }                                                                                                                        \
    }

const struct scs_rule scs_rules_status[] = {
    ROW("http-414", ERROR, HTTPSYS, uri_too_long),
    ROW("http-400-fieldlen", ERROR, HTTPSYS, field_length),
    ROW("http-400-reqlen", ERROR, HTTPSYS, request_length),
    ROW("http-400-url", ERROR, HTTPSYS, invalid_url),
    ROW("http-400-host", WARNING, HTTPSYS, invalid_host),
    ROW("http-400-malformed", WARNING, HTTPSYS, malformed),
    ROW("http-chunked-request", WARNING, HTTPSYS, chunked_request),
    ROW("http-411", WARNING, HTTPSYS, length_required),
    ROW("http-400-iis", ERROR, POLICY, policy_400),
    ROW("http-404-urllen", ERROR, IIS, url_length),
    ROW("http-404-querylen", ERROR, IIS, query_length),
    ROW("http-404-doubleesc", ERROR, IIS, double_escape),
    ROW("http-404-filter", ERROR, IIS, filtered),
    ROW("http-404-notfound", ERROR, IIS, not_found),
    ROW("http-413-bodylen", WARNING, IIS, body_length),
    ROW("http-431", WARNING, IIS, header_fields_too_large),
    ROW("http-401-mscep", ERROR, IIS, unauthorized),
    ROW("http-401-admin", WARNING, IIS, admin_unauthorized),
    ROW("http-403-operation", ERROR, IIS, forbidden),
    ROW("http-405-post", ERROR, IIS, post_refused),
    ROW("http-408", WARNING, IIS, request_timeout),
    ROW("http-30x", ERROR, IIS, redirected),
    ROW("http-4xx-other", WARNING, IIS, other_4xx),
    ROW("http-502-arr", ERROR, PROXY, arr_502),
    ROW("http-500-impersonation", ERROR, NDES, impersonation),
    ROW("http-500-ndes", ERROR, NDES, ndes_error),
    ROW("http-503-apppool", ERROR, NDES, pool_stopped),
    ROW("http-503-other", ERROR, NDES, other_503),
};
const size_t scs_num_rules_status = sizeof scs_rules_status / sizeof scs_rules_status[0];
