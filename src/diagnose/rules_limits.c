/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refusals by HTTP.sys and by IIS's request filtering: too long, escaped twice, not a URL, nothing there. A
 * status alone proves little (R5 of the catalogue): 404 may mean a query string that is too long, 400 a header.
 */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

/* Defaults of IIS request filtering and of HTTP.sys. */
#define IIS_MAX_URL      4096u
#define IIS_MAX_QUERY    2048u
#define IIS_MAX_BODY     30000000u
#define HTTPSYS_MAX_LINE 16384u

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
    if (scs_exchange_target_unseen(x)) {
        scs_set_confidence(v, SCS_POSSIBLE); /* the validation script sends such a request on purpose */
    }
    say_lengths(j, x, v, HTTPSYS_MAX_LINE);
    return true;
}

static const struct scs_http_reply *httpsys_400(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_http_reply *r = scs_exchange_refusal(j, x, 400);

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

    if (!r || says_field(r) || says_request(r) || says_url(r) || says_host(r) || scs_message_unseen(&r->m)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool policy_400(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!scs_exchange_on_policy(x) || scs_exchange_status(x) != 400 || scs_reply_is_httpsys(x->reply) ||
        scs_reply_page_unseen(x->reply)) {
        return false; /* HTTP.sys refused, or may have, before the registration point saw it: http-4xx-other */
    }
    scs_say_answer(v, x);
    scs_say_line(v, "answer_text", x->reply);
    return true;
}

static bool length_required(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!scs_exchange_refusal(j, x, 411)) {
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
    bool both_ndes = (x->path_kind == SCS_PATH_MSCEP_DLL || x->path_kind == SCS_PATH_PKICLIENT) &&
                     (good->path_kind == SCS_PATH_MSCEP_DLL || good->path_kind == SCS_PATH_PKICLIENT);
    if (both_ndes) {
        return true; /* pkiclient.exe is path info behind mscep.dll: one application */
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

    if (!r || r->status != 404 || scs_exchange_is_limit_test(x) || scs_exchange_may_fail(j, x) || !scs_exchange_on_mscep(x) ||
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
    if (scs_message_unseen(&r->m) || scs_exchange_target_unseen(x)) {
        return NOT_404; /* the page would have given the sub-status, or the target its length */
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
    if (!(kind_of_404(j, x) == BODY_LENGTH || (scs_exchange_refusal(j, x, 413) && scs_exchange_is_post(x)))) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "request_body_length",
                    x->request->m.flags & SCS_HTTP_HAS_LENGTH ? x->request->m.declared_len : x->request->m.body_len);
    return true;
}

const struct scs_rule scs_rules_limits[] = {
    SCS_CAUSE("http-414", ERROR, HTTPSYS, uri_too_long),
    SCS_CAUSE("http-400-fieldlen", ERROR, HTTPSYS, field_length),
    SCS_CAUSE("http-400-reqlen", ERROR, HTTPSYS, request_length),
    SCS_CAUSE("http-400-url", ERROR, HTTPSYS, invalid_url),
    SCS_CAUSE("http-400-host", WARNING, HTTPSYS, invalid_host),
    SCS_CAUSE("http-chunked-request", WARNING, HTTPSYS, chunked_request),
    SCS_CAUSE("http-400-malformed", WARNING, HTTPSYS, malformed),
    SCS_CAUSE("http-411", WARNING, HTTPSYS, length_required),
    SCS_LIKELY_CAUSE("http-400-iis", ERROR, POLICY, policy_400),
    SCS_CAUSE("http-404-urllen", ERROR, IIS, url_length),
    SCS_CAUSE("http-404-querylen", ERROR, IIS, query_length),
    SCS_CAUSE("http-404-doubleesc", ERROR, IIS, double_escape),
    SCS_CAUSE("http-404-filter", ERROR, IIS, filtered),
    SCS_LIKELY_CAUSE("http-404-notfound", ERROR, IIS, not_found),
    SCS_CAUSE("http-413-bodylen", WARNING, IIS, body_length),
};
const size_t scs_num_rules_limits = sizeof scs_rules_limits / sizeof scs_rules_limits[0];
