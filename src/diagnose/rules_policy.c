/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy module's hop: NDES asks the certificate registration point on the same host whether the
 * challenge is good (VerifyRequest), and tells it what was issued (Notify). Bodies are undocumented, so only the status,
 * IIS's error pages and a bare "false" are read.
 */
#include "diagnose/hresult.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

#define SLOW_WARNING (3 * SCS_SECOND)
#define SLOW_ERROR   (15 * SCS_SECOND)
/* How far around a request the traces of the hop are searched. */
#define LOOK_BACK 4096u

static bool answered(const struct scs_exchange *x, unsigned operation, unsigned status)
{
    return x->path_kind == SCS_PATH_CRP && x->operation == operation && scs_exchange_status(x) == status;
}

/* A Notify that fails is policy-notify-fail and no fault of the whole application: it comes after a VerifyRequest that went well.
 */
static bool any_answered(const struct scs_judge *j, const struct scs_exchange *x, unsigned status)
{
    const struct scs_server *s = scs_server_of(j, x);

    return scs_exchange_on_policy(x) && scs_exchange_status(x) == status &&
           !(x->operation == SCS_OP_NOTIFY && s && s->ops[SCS_OP_VERIFY_REQUEST].failed == 0);
}

static bool verify_ok(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!answered(x, SCS_OP_VERIFY_REQUEST, 201) || scs_reply_is_false(x->reply)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->wait_ns != SCS_NO_TIME) {
        scs_say_seconds(v, "waited_s", x->wait_ns);
    }
    return true;
}

static bool notify_ok(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!answered(x, SCS_OP_NOTIFY, 204)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* ---- 403 and its sub-status ------------------------------------------------------------------------ */

/* From IIS's page: 7 none presented, 13 revoked, 16 not trusted, 17 out of date; 0 when the page does not say. */
static int certificate_substatus(const struct scs_http_reply *r)
{
    int substatus = scs_reply_substatus(r);

    return substatus == 7 || substatus == 13 || substatus == 16 || substatus == 17 ? substatus : 0;
}

static bool refused_403(const struct scs_judge *j, const struct scs_exchange *x, int substatus, struct scs_verdict *v)
{
    if (!any_answered(j, x, 403) || certificate_substatus(x->reply) != substatus) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool no_certificate(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return refused_403(j, x, 7, v);
}

static bool revoked_certificate(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return refused_403(j, x, 13, v);
}

static bool untrusted_certificate(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return refused_403(j, x, 16, v);
}

static bool expired_certificate(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return refused_403(j, x, 17, v);
}

static bool some_403(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return refused_403(j, x, 0, v);
}

/* ---- the other statuses ---------------------------------------------------------------------------- */

static bool windows_authentication(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!any_answered(j, x, 401)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->reply->www_authenticate) {
        scs_fact_text(v, "www_authenticate", "%s", x->reply->www_authenticate);
    }
    return true;
}

static bool application_missing(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!any_answered(j, x, 404)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* The plug-in's second try went well: one exception is no outage. */
static bool repaired_soon(const struct scs_judge *j, const struct scs_exchange *x)
{
    for (const struct scs_exchange *next = scs_client_next(j, x); next && next->started_ns - x->started_ns < SCS_MINUTE;
         next = scs_client_next(j, next)) {
        if (next->operation == x->operation) {
            return scs_exchange_status(next) / 100 == 2;
        }
    }
    return false;
}

/* 500, and the 5xx of which neither a stopped pool (503) nor a gateway's row (502, 504) speaks. */
static bool application_error(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    if (status / 100 != 5 || status == 503 || scs_status_is_gateway(status) || !any_answered(j, x, status) ||
        repaired_soon(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_line(v, "answer_text", x->reply);
    return true;
}

static bool pool_stopped(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!any_answered(j, x, 503)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* The first CertRep by the same server host after the verification: NDES and the policy module share it. */
static const struct scs_exchange *certrep_around(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t oldest = x->id > 64 ? x->id - 64 : 1;

    for (uint32_t id = x->id; id-- > oldest;) {
        const struct scs_exchange *p = scs_model_exchange(m, id);
        if (p && p->operation == SCS_OP_PKI_OPERATION && p->scep_reply && p->reply && p->started_ns <= x->started_ns &&
            p->reply->m.first_ns >= x->reply->m.last_ns) {
            return p;
        }
    }
    return NULL;
}

static bool challenge_false(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->path_kind != SCS_PATH_CRP || x->operation != SCS_OP_VERIFY_REQUEST || scs_exchange_status(x) / 100 != 2 ||
        !scs_reply_is_false(x->reply)) {
        return false;
    }
    const struct scs_exchange *request = certrep_around(j, x);
    scs_say_answer(v, x);
    scs_say_message(v, &x->reply->m);
    if (request && request->scep_reply->pki_status == 2) {
        scs_fact_number(v, "pki_operation", request->id);
        scs_say_exchange(v, request);
        scs_say_exchange(v, x);
    } else {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

static bool notify_failed(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->path_kind != SCS_PATH_CRP || x->operation != SCS_OP_NOTIFY || !x->reply || scs_exchange_status(x) / 100 == 2) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool slow(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    bool warm = scs_server_warm(j, x);

    if (x->operation != SCS_OP_VERIFY_REQUEST || x->path_kind != SCS_PATH_CRP || x->wait_ns == SCS_NO_TIME ||
        x->wait_ns <= SLOW_WARNING || scs_message_unseen(&x->reply->m)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_seconds(v, "waited_s", x->wait_ns);
    if (x->wait_ns > SLOW_ERROR) {
        scs_set_severity(v, warm ? SCS_SEV_ERROR : SCS_SEV_WARNING);
    } else if (!warm) {
        scs_set_severity(v, SCS_SEV_INFO);
    }
    return true;
}

/* ---- the request that waits for it ------------------------------------------------------------------ */

/* CERTSRV_E_*: the request got as far as the CA. */
static bool reached_ca(const struct scs_pki_message *r)
{
    uint32_t hresult = r->has_hresult ? (uint32_t)r->hresult : 0;

    return (hresult & 0xFFFFF000u) == 0x80094000u;
}

static bool accepted_in_vain(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *r = x->scep_reply;
    bool failed = x->operation == SCS_OP_PKI_OPERATION && (r ? r->pki_status == 2 : scs_exchange_status(x) == 500);
    const struct scs_exchange *verify = failed ? scs_exchange_verified(j, x) : NULL;

    if (!verify) {
        return false;
    }
    scs_say_pki_request(v, x, x->scep_request);
    scs_fact_number(v, "policy_exchange", verify->id);
    if (r && r->has_hresult) {
        const struct scs_hresult *known = scs_hresult_find(r->hresult);
        scs_fact_text(v, "hresult", "0x%08X", (unsigned)r->hresult);
        if (known) {
            scs_fact_text(v, "hresult_name", "%s", known->name);
            scs_fact_text(v, "hresult_meaning", "%s", known->meaning);
        }
    }
    if (!scs_exchange_alone(j, x) && !(r && reached_ca(r))) {
        scs_set_confidence(v, SCS_LIKELY); /* the call may have been for another request */
    }
    scs_say_exchange(v, x);
    scs_say_exchange(v, verify);
    return true;
}

static bool on_host_of(const struct scs_connection *c, const struct scs_exchange *x)
{
    const struct scs_addr *host = &x->connection->server.addr;

    return scs_addr_equal(&c->server.addr, host) || scs_addr_equal(&c->client.addr, host);
}

/* An earlier call of this kind by or to the same host: the capture shows that leg, and the policy module is in use. */
static bool called_before(const struct scs_judge *j, const struct scs_exchange *x, unsigned operation)
{
    const struct scs_model *m = scs_judge_model(j);

    if (!scs_judge_tally(j)->policy_hop) {
        return false;
    }
    for (uint32_t id = x->id - 1, looked = 0; id > 0 && looked < LOOK_BACK; id--, looked++) {
        const struct scs_exchange *p = m->exchanges[id - 1];
        if (p->path_kind == SCS_PATH_CRP && p->operation == operation && scs_exchange_status(p) / 100 == 2 &&
            on_host_of(p->connection, x)) {
            return true;
        }
    }
    return false;
}

/* Any call by or to the host from the request's start until `end_ns`. */
static bool called_until(const struct scs_judge *j, const struct scs_exchange *x, unsigned operation, int64_t end_ns)
{
    const struct scs_model *m = scs_judge_model(j);

    for (uint32_t id = x->id + 1; id <= m->num_exchanges && m->exchanges[id - 1]->started_ns <= end_ns; id++) {
        const struct scs_exchange *p = m->exchanges[id - 1];
        if (id - x->id > LOOK_BACK ||
            (p->path_kind == SCS_PATH_CRP && p->operation == operation && on_host_of(p->connection, x))) {
            return true; /* too busy to tell counts as called */
        }
    }
    return false;
}

/* The capture lacks something of it, in which a call by or to the host of `x` may have been. */
static bool has_hole(const struct scs_connection *c, const struct scs_exchange *x)
{
    return c != x->connection && on_host_of(c, x) &&
           (c->half[SCS_TO_SERVER].missing_bytes > 1 || c->half[SCS_TO_CLIENT].missing_bytes > 1);
}

/* TLS by the host while the request waited, in which a call may be hidden, or a hole. */
static bool hidden_call(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t here = scs_judge_connection_of(j, x->id);

    if (here == SCS_NO_INDEX || m->num_connections > here + LOOK_BACK) {
        return true;
    }
    for (uint32_t k = here > LOOK_BACK ? here - LOOK_BACK : 0; k < m->num_connections; k++) {
        const struct scs_connection *c = m->connections[k];
        bool meanwhile = c->opened_ns <= x->reply->m.first_ns && c->last_ns >= x->started_ns;
        if (meanwhile && has_hole(c, x)) {
            return true;
        }
        if (meanwhile && (c->flags & SCS_CONN_TLS) && scs_addr_equal(&c->client.addr, &x->connection->server.addr) &&
            !(c->tls && (c->tls->flags & SCS_TLS_DECRYPTED))) {
            return true;
        }
    }
    return false;
}

static bool not_called(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_whole(x), *r = x->scep_reply;

    if (!m || !scs_request_is_first(x) || !r || r->pki_status != 2 || reached_ca(r) || !scs_judge_sees_all(j, x) ||
        !called_before(j, x, SCS_OP_VERIFY_REQUEST) || called_until(j, x, SCS_OP_VERIFY_REQUEST, x->reply->m.last_ns) ||
        hidden_call(j, x)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    return true;
}

static bool notify_missing(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->operation != SCS_OP_PKI_OPERATION || scs_exchange_pki_status(x) != 0 || !scs_exchange_verified(j, x)) {
        return false;
    }
    int64_t end = x->reply->m.last_ns;
    if (!scs_capture_watched(j, end, SCS_MINUTE) || !called_before(j, x, SCS_OP_NOTIFY) ||
        called_until(j, x, SCS_OP_NOTIFY, end + SCS_MINUTE) || !scs_judge_sees_all(j, x)) {
        return false;
    }
    scs_say_pki_request(v, x, x->scep_request);
    return true;
}

const struct scs_rule scs_rules_policy[] = {
    SCS_CAUSE("policy-403-16", ERROR, POLICY, untrusted_certificate),
    SCS_CAUSE("policy-403-7", ERROR, POLICY, no_certificate),
    SCS_CAUSE("policy-403-13", ERROR, POLICY, revoked_certificate),
    SCS_CAUSE("policy-403-17", ERROR, POLICY, expired_certificate),
    SCS_CAUSE("policy-403", ERROR, POLICY, some_403),
    SCS_CAUSE("policy-401", ERROR, POLICY, windows_authentication),
    SCS_CAUSE("policy-404", ERROR, POLICY, application_missing),
    SCS_CAUSE("policy-500", ERROR, POLICY, application_error),
    SCS_LIKELY_CAUSE("policy-503", ERROR, POLICY, pool_stopped),
    SCS_CAUSE("policy-false", ERROR, POLICY, challenge_false),
    SCS_LIKELY_CAUSE("policy-no-call", ERROR, POLICY, not_called),
    SCS_CAUSE("policy-true-but-failure", ERROR, CA, accepted_in_vain),
    SCS_LIKELY_NOTE("policy-notify-missing", WARNING, notify_missing),
    SCS_NOTE("policy-notify-fail", WARNING, notify_failed),
    SCS_NOTE("policy-slow", WARNING, slow),
    SCS_NOTE("policy-ok", INFO, verify_ok),
    SCS_NOTE("policy-notify-ok", INFO, notify_ok),
};
const size_t scs_num_rules_policy = sizeof scs_rules_policy / sizeof scs_rules_policy[0];
