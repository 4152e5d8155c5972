/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP statuses of the SCEP end point that tell of access, of NDES itself and of its application pool. */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

/* Who logs on by NTLM or Kerberos goes on at once; who is asked for a password types for a while. */
#define LOG_ON (10 * SCS_SECOND)

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
    if (!scs_exchange_refusal(j, x, 401) || (served_later_on_connection(j, x) && !x->request->authorization)) {
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
    bool may_go_on = x->connection->state == SCS_CONN_OPEN && x->reply && !scs_capture_watched(j, x->reply->m.last_ns, LOG_ON);
    if (x->path_kind != SCS_PATH_ADMIN || scs_exchange_status(x) != 401 || served_later_on_connection(j, x) || may_go_on ||
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
    if (!scs_exchange_refusal(j, x, 403) || scs_reply_page_unseen(x->reply)) {
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
    if (!(scs_exchange_refusal(j, x, 405) || scs_exchange_refusal(j, x, 501)) || x->operation != SCS_OP_PKI_OPERATION ||
        !scs_exchange_is_post(x) || !post_may_be_offered(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool header_fields_too_large(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!scs_exchange_refusal(j, x, 431)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "head_length", x->request->m.head_len);
    return true;
}

static bool request_timeout(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!scs_exchange_refusal(j, x, 408)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* Statuses that a row of their own speaks of, for every kind of request. */
static bool has_own_row(const struct scs_exchange *x)
{
    switch (scs_exchange_status(x)) {
    case 400:
        if (scs_exchange_on_policy(x)) {
            return !scs_reply_is_httpsys(x->reply);
        }
        return scs_reply_is_httpsys(x->reply) || scs_reply_says(x->reply, "Bad Request - ");
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

/* Who logs on to a proxy is asked once or twice before he is let through. */
static bool logs_on_to_proxy(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_exchange *next = scs_exchange_status(x) == 407 ? scs_client_next(j, x) : NULL;

    return next && next->operation == x->operation && next->started_ns - x->started_ns < LOG_ON &&
           (scs_exchange_served(next) || (scs_exchange_status(next) == 407 && served_later_on_connection(j, x)));
}

static bool other_4xx(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    if (!x->request || status < 400 || status > 499 || !(scs_exchange_on_mscep(x) || scs_exchange_on_policy(x)) ||
        scs_exchange_is_limit_test(x) || scs_exchange_may_fail(j, x) || has_own_row(x) || scs_exchange_target_unseen(x) ||
        scs_reply_page_unseen(x->reply) || logs_on_to_proxy(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_line(v, "answer_text", x->reply);
    return true;
}

static bool redirected(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    if (status < 301 || status > 308 || (status > 303 && status < 307) || !scs_exchange_refusal(j, x, status)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->reply->location) {
        scs_fact_text(v, "location", "%s", x->reply->location);
    }
    if (scs_exchange_may_have_enrolled(j, x)) {
        scs_set_severity(v, SCS_SEV_WARNING);
    }
    return true;
}

/* ---- 5xx ---------------------------------------------------------------------------------------- */

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
        scs_exchange_is_limit_test(x) || scs_exchange_may_fail(j, x) || asks_for_what_ndes_lacks(x)) {
        return false;
    }
    if (scs_exchange_verified(j, x)) {
        return false; /* it started, decrypted and asked the policy module: policy-true-but-failure */
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
    if (scs_exchange_status(x) != 503 || !on_ndes_application(x) || scs_exchange_may_fail(j, x) || !is_pool_503(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* 503, and every 5xx that has no meaning of its own here and is not what a gateway (502, 504, Cloudflare's) or portal says. */
static bool is_unavailable(const struct scs_judge *j, const struct scs_exchange *x)
{
    unsigned status = scs_exchange_status(x);

    switch (status) {
    case 500:
    case 511:
        return false;
    case 501:
        return x->operation != SCS_OP_PKI_OPERATION || !scs_exchange_is_post(x);
    case 503:
        return !is_pool_503(j, x);
    case 505:
        return x->request->m.version != 20; /* HTTP/2 to a server without it: http-version */
    default:
        return status / 100 == 5 && !scs_status_is_gateway(status);
    }
}

static bool unavailable(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!x->reply || !on_ndes_application(x) || !is_unavailable(j, x) || scs_exchange_may_fail(j, x) ||
        asks_for_what_ndes_lacks(x) || scs_exchange_is_limit_test(x) || scs_reply_page_unseen(x->reply)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->reply->retry_after) {
        scs_fact_text(v, "retry_after", "%s", x->reply->retry_after);
        scs_set_severity(v, scs_reply_says(x->reply, "maintenance") ? SCS_SEV_INFO : SCS_SEV_WARNING);
    } else if (pool_was_back(j, x)) {
        scs_set_severity(v, SCS_SEV_INFO); /* an iisreset: it was over soon */
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

const struct scs_rule scs_rules_status[] = {
    SCS_CAUSE("http-431", WARNING, IIS, header_fields_too_large),
    SCS_CAUSE("http-401-mscep", ERROR, IIS, unauthorized),
    SCS_CAUSE("http-401-admin", WARNING, IIS, admin_unauthorized),
    SCS_CAUSE("http-403-operation", ERROR, IIS, forbidden),
    SCS_CAUSE("http-405-post", ERROR, IIS, post_refused),
    SCS_CAUSE("http-408", WARNING, IIS, request_timeout),
    SCS_LIKELY_CAUSE("http-30x", ERROR, IIS, redirected),
    SCS_CAUSE("http-4xx-other", WARNING, IIS, other_4xx),
    SCS_CAUSE("http-502-arr", ERROR, PROXY, arr_502),
    SCS_CAUSE("http-500-impersonation", ERROR, NDES, impersonation),
    SCS_CAUSE("http-500-ndes", ERROR, NDES, ndes_error),
    SCS_CAUSE("http-503-apppool", ERROR, NDES, pool_stopped),
    SCS_CAUSE("http-503-other", ERROR, NDES, unavailable),
};
const size_t scs_num_rules_status = sizeof scs_rules_status / sizeof scs_rules_status[0];
