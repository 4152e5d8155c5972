/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/predicates.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "diagnose/judge.h"

/* How far back the story is searched; further back says little about now and costs time in long captures. */
#define LOOK_BACK 4096u
/* Exchanges before and after one that are asked what went on meanwhile. */
#define NEIGHBOURS 64u
/* An application pool goes to sleep after 20 idle minutes by default. */
#define POOL_SLEEPS (20 * SCS_MINUTE)

/* ---- one answer ---------------------------------------------------------------------------------- */

bool scs_message_unseen(const struct scs_http_message *m)
{
    return (m->flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_CAPTURE_END | SCS_HTTP_MIDWAY)) != 0;
}

bool scs_message_whole(const struct scs_http_message *m)
{
    return (m->flags & SCS_HTTP_COMPLETE) && !scs_message_unseen(m) && !(m->flags & (SCS_HTTP_BODY_LIMIT | SCS_HTTP_INFLATE_BAD));
}

bool scs_reply_says(const struct scs_http_reply *r, const char *words)
{
    return scs_text_contains_nocase(r->m.body_text, words);
}

bool scs_reply_page_unseen(const struct scs_http_reply *r)
{
    return scs_message_unseen(&r->m) && !(r->server && scs_text_starts_nocase(r->server, "Microsoft-"));
}

bool scs_reply_has_type(const struct scs_http_reply *r, const char *type)
{
    if (!scs_text_starts_nocase(r->m.content_type, type)) {
        return false;
    }
    char after = r->m.content_type[strlen(type)];
    return after == '\0' || after == ';' || after == ' ' || after == ',';
}

bool scs_reply_is_html(const struct scs_http_reply *r)
{
    if (scs_reply_has_type(r, "text/html") || scs_reply_has_type(r, "application/xhtml+xml")) {
        return true;
    }
    const char *text = r->m.body_text;
    if (!text || r->m.content_type) {
        return false;
    }
    while (isspace((unsigned char)*text)) {
        text++;
    }
    return *text == '<';
}

/* HTTP.sys writes "HTTP Error 503. The service ...", IIS "HTTP Error 404.15 - Not Found". */
static bool httpsys_words(const char *text)
{
    static const char lead[] = "HTTP Error ";
    const char *at = text ? strstr(text, lead) : NULL;

    return at && strlen(at) > sizeof lead + 4 && at[sizeof lead - 1 + 3] == '.' && at[sizeof lead + 3] == ' ';
}

bool scs_reply_is_httpsys(const struct scs_http_reply *r)
{
    return scs_text_starts_nocase(r->server, "Microsoft-HTTPAPI") || httpsys_words(r->m.body_text);
}

bool scs_reply_is_iis(const struct scs_http_reply *r)
{
    if (scs_text_starts_nocase(r->server, "Microsoft-IIS")) {
        return true;
    }
    /* A proxy, or removeServerHeader, may have taken the header; the error pages have kept these words since IIS 7. */
    return scs_reply_says(r, "Internet Information Services") || scs_reply_says(r, "<div id=\"header\"><h1>Server Error") ||
           (scs_reply_says(r, "<title>IIS ") && scs_reply_says(r, "Detailed Error"));
}

bool scs_reply_is_foreign(const struct scs_http_reply *r)
{
    return r->server && !scs_text_starts_nocase(r->server, "Microsoft-");
}

int scs_reply_substatus(const struct scs_http_reply *r)
{
    const char *text = r->m.body_text;
    char lead[8] = {(char)('0' + r->status / 100 % 10), (char)('0' + r->status / 10 % 10), (char)('0' + r->status % 10), '.', 0};

    for (const char *at = text ? strstr(text, lead) : NULL; at; at = strstr(at + 1, lead)) {
        const char *digits = at + 4;
        size_t n = strspn(digits, "0123456789");
        bool begins = at == text || !(isdigit((unsigned char)at[-1]) || at[-1] == '.');
        if (begins && n >= 1 && n <= 3 && digits[n] != '.') {
            uint64_t value = 0;
            struct scs_cursor c = scs_cursor_of(digits, n);
            return scs_cursor_decimal(&c, 999, &value) ? (int)value : -1;
        }
    }
    return -1;
}

bool scs_reply_is_false(const struct scs_http_reply *r)
{
    const char *text = r->m.body_text;
    struct scs_cursor c = scs_cursor_of(text, text ? strlen(text) : 0);

    return c.len <= 120 && scs_cursor_find_nocase(&c, "false") != SIZE_MAX && scs_cursor_find_nocase(&c, "true") == SIZE_MAX;
}

/* ---- one exchange -------------------------------------------------------------------------------- */

unsigned scs_exchange_status(const struct scs_exchange *x)
{
    return x->reply ? x->reply->status : 0;
}

bool scs_exchange_is_post(const struct scs_exchange *x)
{
    return x->request && scs_text_equal(x->request->method, "POST");
}

bool scs_exchange_on_mscep(const struct scs_exchange *x)
{
    return x->path_kind == SCS_PATH_MSCEP_DLL || x->path_kind == SCS_PATH_PKICLIENT || x->path_kind == SCS_PATH_OPERATION ||
           x->path_kind == SCS_PATH_USER;
}

bool scs_exchange_on_policy(const struct scs_exchange *x)
{
    return x->path_kind == SCS_PATH_CRP && (x->operation == SCS_OP_VERIFY_REQUEST || x->operation == SCS_OP_NOTIFY);
}

bool scs_exchange_target_unseen(const struct scs_exchange *x)
{
    return x->request && !(x->request->m.flags & SCS_HTTP_HEAD_COMPLETE) && scs_message_unseen(&x->request->m);
}

bool scs_exchange_answer_unseen(const struct scs_exchange *x)
{
    if (x->outcome != SCS_OUTCOME_INCOMPLETE) {
        return false;
    }
    const struct scs_connection *c = x->connection;
    return x->reply != NULL || c->half[SCS_TO_SERVER].fin_ns != SCS_NO_TIME || c->half[SCS_TO_CLIENT].missing_bytes != 0 ||
           (c->flags & SCS_CONN_ONE_WAY) != 0;
}

bool scs_exchange_has_operation(const struct scs_exchange *x)
{
    bool unknown = x->operation == SCS_OP_OTHER && scs_exchange_target_unseen(x);

    return x->operation != SCS_OP_PAGE && !scs_exchange_on_policy(x) && !unknown;
}

bool scs_exchange_is_limit_test(const struct scs_exchange *x)
{
    if (x->scep_request && (x->scep_request->flags & SCS_MSG_PROBE)) {
        return true;
    }
    /* Step 2 of Validate-NDESUrl asks for "GetCACerts", an operation that does not exist. */
    return scs_text_starts_nocase(x->ca_ident, "NDESLongUrlValidator") &&
           (x->operation == SCS_OP_PKI_OPERATION || x->operation == SCS_OP_OTHER);
}

int scs_exchange_pki_status(const struct scs_exchange *x)
{
    return x->scep_reply ? (int)x->scep_reply->pki_status : -1;
}

bool scs_exchange_served(const struct scs_exchange *x)
{
    if (scs_exchange_status(x) != 200) {
        return false;
    }
    switch (x->operation) {
    case SCS_OP_PKI_OPERATION:
        return scs_exchange_pki_status(x) == 0 || scs_exchange_pki_status(x) == 3;
    case SCS_OP_GET_CA_CAPS:
        return x->caps && !x->caps->html;
    case SCS_OP_GET_CA_CERT:
    case SCS_OP_GET_NEXT_CA_CERT:
        return x->ca_certs && x->ca_certs->parsed;
    default:
        return x->outcome == SCS_OUTCOME_OK;
    }
}

bool scs_exchange_refused(const struct scs_exchange *x)
{
    bool unseen = scs_exchange_status(x) == 200 && scs_exchange_pki_status(x) < 0 && scs_message_unseen(&x->reply->m);

    return x->operation == SCS_OP_PKI_OPERATION && x->reply && !unseen && !scs_exchange_served(x);
}

bool scs_exchange_reached_ndes(const struct scs_exchange *x)
{
    unsigned status = scs_exchange_status(x);

    return status == 0 || status == 200 || status == 500;
}

bool scs_exchange_same_agent(const struct scs_exchange *a, const struct scs_exchange *b)
{
    return a->request && b->request && scs_text_equal(a->request->user_agent, b->request->user_agent);
}

bool scs_exchange_entra(const struct scs_exchange *x)
{
    static const char *const marks[] = {"msappproxy", "corporate app can", "Application Proxy", "GatewayTimeout"};

    if (x->request && scs_text_contains_nocase(x->request->host, "msappproxy.net")) {
        return true;
    }
    /* Its own pages are HTML or errors; what it passes through is not searched. */
    if (!x->reply || !(x->reply->status >= 400 || scs_reply_is_html(x->reply))) {
        return false;
    }
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (scs_reply_says(x->reply, marks[i])) {
            return true;
        }
    }
    return false;
}

bool scs_exchange_proxied(const struct scs_exchange *x)
{
    return (x->request && x->request->m.via) || (x->reply && x->reply->m.via) || scs_exchange_entra(x);
}

/* ---- the story around it ------------------------------------------------------------------------- */

const struct scs_server *scs_server_of(const struct scs_judge *j, const struct scs_exchange *x)
{
    return scs_model_server(scs_judge_model(j), &x->connection->server);
}

bool scs_server_is_ndes(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_server *s = scs_server_of(j, x);

    if (s && (s->is_ndes || s->is_iis)) {
        return true;
    }
    return (x->path_kind >= SCS_PATH_MSCEP_INFO && x->path_kind <= SCS_PATH_CRP);
}

uint32_t scs_server_served(const struct scs_server *s)
{
    if (!s) {
        return 0;
    }
    return s->ops[SCS_OP_GET_CA_CAPS].ok + s->ops[SCS_OP_GET_CA_CERT].ok + s->ops[SCS_OP_GET_NEXT_CA_CERT].ok +
           s->ops[SCS_OP_PKI_OPERATION].ok;
}

bool scs_exchange_caps_alone(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_server *s = scs_server_of(j, x);

    return x->operation == SCS_OP_GET_CA_CAPS && s && s->ops[SCS_OP_GET_CA_CAPS].ok == 0 &&
           s->ops[SCS_OP_GET_CA_CERT].ok + s->ops[SCS_OP_PKI_OPERATION].ok > 0;
}

bool scs_status_is_gateway(unsigned status)
{
    return status == 502 || status == 504 || (status >= 520 && status <= 527);
}

bool scs_exchange_may_fail(const struct scs_judge *j, const struct scs_exchange *x)
{
    if (x->operation != SCS_OP_GET_NEXT_CA_CERT) {
        return scs_exchange_caps_alone(j, x);
    }
    const struct scs_exchange *known = scs_judge_caps_before(j, &x->connection->server, INT64_MAX);
    const struct scs_server *s = scs_server_of(j, x);
    bool offered = known && known->caps && (known->caps->known & SCS_CAP_GET_NEXT_CA_CERT);

    return !offered && s && s->ops[SCS_OP_GET_CA_CERT].ok + s->ops[SCS_OP_PKI_OPERATION].ok > 0;
}

bool scs_exchange_may_have_enrolled(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_enrolment *e = scs_model_enrolment(scs_judge_model(j), x->enrolment);

    if (!e || e->outcome == SCS_ENROLMENT_SUCCEEDED) {
        return e != NULL;
    }
    const struct scs_exchange *last = scs_model_exchange(scs_judge_model(j), e->decided_by);
    return e->outcome == SCS_ENROLMENT_INCOMPLETE && last && scs_exchange_answer_unseen(last);
}

const struct scs_exchange *scs_exchange_verified(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_enrolment *e = scs_model_enrolment(scs_judge_model(j), x->enrolment);
    uint32_t most = e ? e->num_policy_exchanges : 0;

    for (uint32_t i = most > NEIGHBOURS ? most - NEIGHBOURS : 0; x->reply && i < most; i++) {
        const struct scs_exchange *p = scs_model_exchange(scs_judge_model(j), e->policy_exchanges[i]);
        if (p && p->operation == SCS_OP_VERIFY_REQUEST && scs_exchange_status(p) == 201 && !scs_reply_is_false(p->reply) &&
            p->started_ns >= x->started_ns && p->started_ns <= x->reply->m.last_ns) {
            return p;
        }
    }
    return NULL;
}

static bool waits_meanwhile(const struct scs_exchange *other, const struct scs_exchange *x)
{
    int64_t end = x->reply ? x->reply->m.last_ns : INT64_MAX, other_end = other->reply ? other->reply->m.last_ns : INT64_MAX;

    return other->operation == SCS_OP_PKI_OPERATION && other->started_ns <= end && other_end >= x->started_ns &&
           scs_addr_equal(&other->connection->server.addr, &x->connection->server.addr);
}

bool scs_exchange_alone(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t first = x->id > NEIGHBOURS ? x->id - NEIGHBOURS : 1;

    for (uint32_t id = first; id <= m->num_exchanges && id <= x->id + NEIGHBOURS; id++) {
        if (id != x->id && waits_meanwhile(m->exchanges[id - 1], x)) {
            return false;
        }
    }
    return true;
}

bool scs_server_warm(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t oldest = x->id > LOOK_BACK ? x->id - LOOK_BACK : 1;

    for (uint32_t id = x->id - 1; id >= oldest && id > 0; id--) {
        const struct scs_exchange *before = scs_model_exchange(m, id);
        if (!before || x->started_ns - before->started_ns > POOL_SLEEPS) {
            return false;
        }
        bool same = scs_endpoint_equal(&before->connection->server, &x->connection->server) &&
                    (before->path_kind == SCS_PATH_CRP) == (x->path_kind == SCS_PATH_CRP);
        if (same && before->reply && before->reply->m.last_ns <= x->started_ns) {
            return true;
        }
    }
    return false;
}

static int compare_id(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

const uint32_t *scs_client_exchanges(const struct scs_judge *j, const struct scs_exchange *x, uint32_t *at, uint32_t *num)
{
    const uint32_t *ids = scs_judge_by_client_of(j, x, num);
    const uint32_t *mine = *num ? bsearch(&x->id, ids, *num, sizeof *ids, compare_id) : NULL;

    *at = mine ? (uint32_t)(mine - ids) : 0;
    return mine ? ids : NULL;
}

const struct scs_exchange *scs_client_next(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t at, num;
    const uint32_t *ids = scs_client_exchanges(j, x, &at, &num);

    for (uint32_t i = at + 1; ids && i < num && i - at < LOOK_BACK; i++) {
        const struct scs_exchange *next = scs_model_exchange(scs_judge_model(j), ids[i]);
        if (next && scs_exchange_same_agent(x, next)) {
            return next;
        }
    }
    return NULL;
}

bool scs_capture_watched(const struct scs_judge *j, int64_t since_ns, int64_t ns)
{
    const struct scs_capture_facts *c = scs_judge_model(j)->capture;

    return since_ns != SCS_NO_TIME && c->last_ns != SCS_NO_TIME && c->last_ns - since_ns >= ns;
}

const struct scs_http_reply *scs_exchange_refusal(const struct scs_judge *j, const struct scs_exchange *x, unsigned status)
{
    if (!x->request || scs_exchange_status(x) != status || !scs_exchange_on_mscep(x) || !scs_exchange_has_operation(x)) {
        return NULL;
    }
    bool test = scs_exchange_is_limit_test(x) || (x->probe && x->operation == SCS_OP_OTHER);
    return test || scs_exchange_may_fail(j, x) ? NULL : x->reply;
}

/* ---- facts several rules say ---------------------------------------------------------------------- */

/* The page in a few words: its <title>, else its first heading. */
static void say_page(struct scs_verdict *v, const char *text)
{
    static const char *const tags[][2] = {{"<title>", "</"}, {"<h1>", "</"}, {"<h2>", "</"}};

    for (size_t i = 0; text && i < sizeof tags / sizeof tags[0]; i++) {
        struct scs_cursor c = scs_cursor_of(text, strlen(text));
        size_t at = scs_cursor_find_nocase(&c, tags[i][0]);
        if (at == SIZE_MAX || !scs_cursor_skip(&c, at + strlen(tags[i][0]))) {
            continue;
        }
        size_t end = scs_cursor_find(&c, tags[i][1]);
        while (end != SIZE_MAX && end > 0 && c.p[end - 1] == '.') {
            end--; /* the sentence it is put into has its own */
        }
        if (end != SIZE_MAX && end > 0 && end <= 120) {
            scs_fact_text(v, "page", "%.*s", (int)end, (const char *)c.p);
            return;
        }
    }
}

static void say_who(struct scs_verdict *v, const struct scs_exchange *x)
{
    char client[SCS_ENDPOINT_TEXT];

    scs_fact_text(v, "operation", "%s",
                  x->operation == SCS_OP_OTHER && x->operation_name ? x->operation_name : scs_operation_name(x->operation));
    scs_fact_text(v, "client", "%s", scs_addr_text(&x->connection->client.addr, client));
}

void scs_say_answer(struct scs_verdict *v, const struct scs_exchange *x)
{
    say_who(v, x);
    if (!x->reply) {
        return;
    }
    scs_fact_number(v, "status", x->reply->status);
    if (x->reply->server) {
        scs_fact_text(v, "server_header", "%s", x->reply->server);
    }
    int substatus = scs_reply_substatus(x->reply);
    if (substatus >= 0) {
        scs_fact_number(v, "substatus", substatus);
    }
    say_page(v, x->reply->m.body_text);
}

void scs_say_request(struct scs_verdict *v, const struct scs_exchange *x)
{
    say_who(v, x);
    if (x->request) {
        if (x->request->method) {
            scs_fact_text(v, "method", "%s", x->request->method);
        }
        scs_fact_number(v, "target_length", x->request->target_len);
        scs_fact_number(v, "query_length", x->request->query_len);
    }
}

void scs_say_line(struct scs_verdict *v, const char *name, const struct scs_http_reply *r)
{
    size_t len = r->m.body_text && !scs_reply_is_html(r) ? strcspn(r->m.body_text, "\r\n") : 0;

    if (len > 0) {
        scs_fact_text(v, name, "%.*s", (int)(len < 160 ? len : 160), r->m.body_text);
    }
}

void scs_say_seconds(struct scs_verdict *v, const char *name, int64_t ns)
{
    int64_t tenths = (ns + SCS_SECOND / 20) / (SCS_SECOND / 10);

    scs_fact_text(v, name, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}
