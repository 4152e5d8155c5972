/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy module's hop: NDES asks the certificate registration point on the same host whether the
 * challenge is good (VerifyRequest), and tells it what was issued (Notify). Bodies are undocumented, so only the status,
 * IIS's error pages and a bare "false" are read.
 */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include <string.h>

#include "base/text.h"

#define SLOW_WARNING (3 * SCS_SECOND)
#define SLOW_ERROR   (15 * SCS_SECOND)

static bool answered(const struct scs_exchange *x, unsigned operation, unsigned status)
{
    return x->path_kind == SCS_PATH_CRP && x->operation == operation && scs_exchange_status(x) == status;
}

/* A Notify that fails while VerifyRequest works is policy-notify-fail and no fault of the whole application. */
static bool any_answered(const struct scs_judge *j, const struct scs_exchange *x, unsigned status)
{
    const struct scs_server *s = scs_server_of(j, x);

    return scs_exchange_on_policy(x) && scs_exchange_status(x) == status &&
           !(x->operation == SCS_OP_NOTIFY && s && s->ops[SCS_OP_VERIFY_REQUEST].ok > 0);
}

/* The body is the bare word, perhaps in quotes or tags: the plug-in logs it as "Verify challenge returns ...". */
static bool body_is_false(const struct scs_http_reply *r)
{
    const char *text = r->m.body_text;
    struct scs_cursor c = scs_cursor_of(text, text ? strlen(text) : 0);

    return c.len <= 120 && scs_cursor_find_nocase(&c, "false") != SIZE_MAX && scs_cursor_find_nocase(&c, "true") == SIZE_MAX;
}

static bool verify_ok(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!answered(x, SCS_OP_VERIFY_REQUEST, 201) || body_is_false(x->reply)) {
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

static bool application_error(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!any_answered(j, x, 500) || repaired_soon(j, x)) {
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
        !body_is_false(x->reply)) {
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

const struct scs_rule scs_rules_policy[] = {
    SCS_CAUSE("policy-403-16", ERROR, POLICY, untrusted_certificate),
    SCS_CAUSE("policy-403-7", ERROR, POLICY, no_certificate),
    SCS_CAUSE("policy-403-13", ERROR, POLICY, revoked_certificate),
    SCS_CAUSE("policy-403-17", ERROR, POLICY, expired_certificate),
    SCS_CAUSE("policy-403", ERROR, POLICY, some_403),
    SCS_CAUSE("policy-401", ERROR, POLICY, windows_authentication),
    SCS_CAUSE("policy-404", ERROR, POLICY, application_missing),
    SCS_CAUSE("policy-500", ERROR, POLICY, application_error),
    SCS_CAUSE("policy-503", ERROR, POLICY, pool_stopped),
    SCS_CAUSE("policy-false", ERROR, POLICY, challenge_false),
    SCS_NOTE("policy-notify-fail", WARNING, notify_failed),
    SCS_NOTE("policy-slow", WARNING, slow),
    SCS_NOTE("policy-ok", INFO, verify_ok),
    SCS_NOTE("policy-notify-ok", INFO, notify_ok),
};
const size_t scs_num_rules_policy = sizeof scs_rules_policy / sizeof scs_rules_policy[0];
