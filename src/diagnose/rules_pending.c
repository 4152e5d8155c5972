/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for approval: PENDING, polls, and clients that lose their place. RFC 8894 2.4, 3.3.2.3. */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include "base/text.h"

#define STATUS_PENDING 3
#define TYPE_PKCS_REQ  19
#define TYPE_CERT_POLL 20
#define PATIENCE       (15 * SCS_MINUTE)
#define LOOP_POLLS     3u
/* How many of the client's earlier exchanges are compared with one. */
#define LOOK_AT 64u

/* What the answers to one enrolment say about waiting. */
struct waiting {
    const struct scs_exchange *first, *last; /* answered PENDING */
    uint32_t polls;                          /* CertPolls answered PENDING */
    int64_t longest_gap;                     /* between two PENDINGs */
};

static struct waiting waiting_of(const struct scs_judge *j, const struct scs_enrolment *e)
{
    struct waiting w = {.first = NULL};

    for (uint32_t i = 0; i < e->num_exchanges; i++) {
        const struct scs_exchange *x = scs_model_exchange(scs_judge_model(j), e->exchanges[i]);
        if (!x || scs_exchange_pki_status(x) != STATUS_PENDING) {
            continue;
        }
        if (w.last && x->started_ns - w.last->started_ns > w.longest_gap) {
            w.longest_gap = x->started_ns - w.last->started_ns;
        }
        w.first = w.first ? w.first : x;
        w.last = x;
        w.polls += x->scep_request && x->scep_request->message_type == TYPE_CERT_POLL;
    }
    return w;
}

static bool is_loop(const struct scs_enrolment *e, const struct waiting *w)
{
    return e->outcome != SCS_ENROLMENT_SUCCEEDED && w->first &&
           (w->polls >= LOOP_POLLS || (w->polls > 0 && w->last->started_ns - w->first->started_ns > PATIENCE));
}

static void say_waiting(struct scs_verdict *v, const struct scs_enrolment *e, const struct waiting *w)
{
    char client[SCS_ENDPOINT_TEXT];

    scs_say_exchange(v, w->last);
    scs_say_exchange(v, w->first);
    scs_set_moment(v, w->first->started_ns);
    scs_fact_text(v, "client", "%s", scs_addr_text(&e->client, client));
    scs_fact_number(v, "polls", w->polls);
    if (e->transaction_id) {
        scs_fact_text(v, "transaction_id", "%s", e->transaction_id);
    }
    scs_say_seconds(v, "span_s", w->last->started_ns - w->first->started_ns);
}

static bool pending(const struct scs_judge *j, const struct scs_enrolment *e, struct scs_verdict *v)
{
    struct waiting w = waiting_of(j, e);

    if (!w.first || is_loop(e, &w)) {
        return false;
    }
    say_waiting(v, e, &w);
    if (e->outcome == SCS_ENROLMENT_PENDING && scs_capture_watched(j, w.first->started_ns, PATIENCE)) {
        scs_set_severity(v, SCS_SEV_WARNING);
    }
    return true;
}

static bool pending_loop(const struct scs_judge *j, const struct scs_enrolment *e, struct scs_verdict *v)
{
    struct waiting w = waiting_of(j, e);

    if (!is_loop(e, &w)) {
        return false;
    }
    say_waiting(v, e, &w);
    /* The client's patience is at its end: no poll came when the next was more than due. */
    int64_t due = 2 * w.longest_gap > SCS_MINUTE ? 2 * w.longest_gap : SCS_MINUTE;
    if (w.polls >= LOOP_POLLS && scs_capture_watched(j, w.last->started_ns, due)) {
        scs_set_severity(v, SCS_SEV_ERROR);
    }
    return true;
}

/* This transaction was begun before, or may have been where the capture lacks which one it was. */
static bool begins(const struct scs_exchange *y, const char *transaction_id)
{
    const char *asked = y->scep_request->transaction_id, *told = y->scep_reply ? y->scep_reply->transaction_id : NULL;

    return scs_text_equal(asked, transaction_id) || scs_text_equal(told, transaction_id) ||
           (!asked && !told && scs_message_unseen(&y->request->m));
}

/* The client was told to wait for one transaction and comes back with another. */
static bool poll_of_other(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = x->scep_request;
    uint32_t at, num;
    const uint32_t *ids = scs_client_exchanges(j, x, &at, &num);

    if (!m || !m->transaction_id || !ids || scs_exchange_proxied(x) ||
        (m->message_type != TYPE_CERT_POLL && m->message_type != TYPE_PKCS_REQ)) {
        return false;
    }
    const struct scs_exchange *waits = NULL;
    for (uint32_t i = at; i > 0 && at - i < LOOK_AT; i--) {
        const struct scs_exchange *y = scs_model_exchange(scs_judge_model(j), ids[i - 1]);
        if (!y || !y->scep_request || !scs_exchange_same_agent(x, y)) {
            continue;
        }
        if (begins(y, m->transaction_id)) {
            return false;
        }
        if (!waits && scs_exchange_pki_status(y) == STATUS_PENDING && !scs_exchange_may_have_enrolled(j, y)) {
            waits = y;
        }
    }
    /* Another device behind the same address may well begin a transaction; only the same subject has lost its own. */
    bool same_subject = waits && m->signer && waits->scep_request->signer && m->signer->subject &&
                        scs_text_equal(m->signer->subject, waits->scep_request->signer->subject);
    if (!waits || (m->message_type == TYPE_PKCS_REQ && !same_subject)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "transaction_id", "%s", m->transaction_id);
    if (waits->scep_request->transaction_id) {
        scs_fact_text(v, "pending_transaction_id", "%s", waits->scep_request->transaction_id);
    }
    scs_say_exchange(v, waits);
    scs_say_exchange(v, x);
    return true;
}

const struct scs_rule scs_rules_pending[] = {
    SCS_LIKELY_NOTE("rep-poll-new-tid", WARNING, poll_of_other),
    {"rep-pending-loop", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_ENROLMENT, false, {.enrolment = pending_loop}},
    {"rep-pending", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_ENROLMENT, false, {.enrolment = pending}},
};
const size_t scs_num_rules_pending = sizeof scs_rules_pending / sizeof scs_rules_pending[0];
