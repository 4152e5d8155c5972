/* SPDX-License-Identifier: Apache-2.0 */
/* What is the root of a failure, and what its consequence. */
#include "diagnose/engine_parts.h"
#include "diagnose/predicates.h"

/* Calls of the policy module that one request waits for: VerifyRequest and its tries. */
#define MAX_POLICY_CALLS 16u
/* Exchanges of an enrolment that are searched for a try that succeeded. */
#define MAX_RETRIES 64u
/* Connections opened while one request waits. */
#define MAX_MEANWHILE 512u

static bool deeper(const struct scs_hit *a, const struct scs_hit *b)
{
    return a->rule->depth != b->rule->depth ? a->rule->depth < b->rule->depth : a->row < b->row;
}

uint32_t scs_settle_deepest(const struct scs_engine *e)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < e->num_hits; i++) {
        if (deeper(&e->hits[i], &e->hits[best])) {
            best = i;
        }
    }
    return best;
}

/* Of several findings that claim an exchange the deepest has it; between equals the first. */
void scs_settle_claims(struct scs_engine *e, struct scs_group *root)
{
    for (uint32_t i = 0; root != NULL && i < e->num_claims; i++) {
        struct scs_group **claim = &e->claim_of[e->claims[i] - 1];
        if (*claim == NULL || scs_group_depth(root) < scs_group_depth(*claim)) {
            *claim = root;
        }
    }
    e->num_claims = 0;
}

/* ---- causes of connections ------------------------------------------------------------------------- */

/* A device that tried again and got its certificate: what stopped it before is worth knowing, but no error any more. */
static struct scs_group *add_hit(struct scs_engine *e, const struct scs_hit *hit, bool recovered)
{
    struct scs_hit told = *hit;
    told.recovered = recovered;
    told.severity = recovered && hit->severity == SCS_SEV_ERROR ? SCS_SEV_WARNING : hit->severity;
    e->any_root = true;
    return scs_findings_add(e->findings, &told);
}

static void tell_cause(struct scs_engine *e, struct scs_cause *cause, bool recovered)
{
    if (!cause->told) {
        cause->told = true;
        cause->recovered = recovered;
        cause->group = add_hit(e, &cause->hit, recovered);
        for (uint32_t i = 0; i < cause->num_echoes; i++) {
            scs_group_consequence(cause->group, cause->echoes[i]);
        }
    } else if (cause->recovered && !recovered) {
        cause->recovered = false;
        scs_group_relapse(cause->group, cause->hit.severity);
    }
}

/* An enrolment that is nothing but attempts to connect takes the cause of one of them. */
static void root_blocked_enrolments(struct scs_engine *e)
{
    for (uint32_t k = 0; k < e->model->num_connections; k++) {
        const struct scs_cause *cause = e->causes[k];
        uint32_t id = cause != NULL && e->root_of_connection[k] != NULL ? cause->hit.enrolment : 0;
        if (id != 0 && e->root_of_enrolment[id - 1] == NULL) {
            e->root_of_enrolment[id - 1] = e->root_of_connection[k];
        }
    }
}

/* A connection's cause that no exchange took up, and none made a consequence of another, stands for itself. */
void scs_settle_causes(struct scs_engine *e)
{
    for (uint32_t k = 0; k < e->model->num_connections; k++) {
        struct scs_cause *cause = e->causes[k];
        if (cause != NULL && !cause->beaten) {
            if (!cause->told) {
                tell_cause(e, cause, false);
            }
            e->root_of_connection[k] = e->model->connections[k]->num_exchanges == 0 ? cause->group : NULL;
        }
    }
    root_blocked_enrolments(e);
}

/* ---- exchanges ------------------------------------------------------------------------------------- */

/* The network left the exchange without a whole request or reply, so what happened to the connection may be why. */
static bool broken(const struct scs_exchange *x)
{
    return x->outcome == SCS_OUTCOME_UNANSWERED || x->outcome == SCS_OUTCOME_TRUNCATED ||
           (x->request != NULL && (x->request->m.flags & SCS_HTTP_NETWORK_CUT) != 0) ||
           (x->reply != NULL && (x->reply->m.flags & SCS_HTTP_NETWORK_CUT) != 0);
}

static struct scs_cause *cause_for(const struct scs_engine *e, const struct scs_exchange *x)
{
    uint32_t k = scs_judge_connection_of(e->judge, x->id);
    struct scs_cause *cause = k == SCS_NO_INDEX ? NULL : e->causes[k];
    return cause != NULL && (cause->said_exchange == x->id || broken(x)) ? cause : NULL;
}

/* The place of the first id after `id` in an ascending list. */
static uint32_t first_after(const uint32_t *ids, uint32_t num, uint32_t id)
{
    uint32_t low = 0, high = num;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ids[middle] <= id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* What failed on the policy hop while this exchange waited for it. */
static struct scs_group *policy_root(const struct scs_engine *e, const struct scs_exchange *x)
{
    const struct scs_enrolment *n = scs_model_enrolment(e->model, x->enrolment);
    uint32_t num = n == NULL ? 0 : n->num_policy_exchanges;
    uint32_t first = num == 0 ? 0 : first_after(n->policy_exchanges, num, x->id);
    int64_t end_ns = x->reply == NULL ? INT64_MAX : x->reply->m.last_ns;
    for (uint32_t i = first; i < num && i - first < MAX_POLICY_CALLS; i++) {
        uint32_t id = n->policy_exchanges[i];
        if (e->model->exchanges[id - 1]->started_ns <= end_ns && e->root_of[id - 1] != NULL) {
            return e->root_of[id - 1];
        }
    }
    return NULL;
}

/* The first connection that was opened at or after `ts_ns`. They stand in order of time. */
static uint32_t opened_since(const struct scs_model *m, int64_t ts_ns)
{
    uint32_t low = 0, high = m->num_connections;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->connections[middle]->opened_ns < ts_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The plug-in could not even ask: its connection to its own host failed while this exchange waited. */
static struct scs_group *plugin_root(struct scs_engine *e, const struct scs_exchange *x)
{
    const struct scs_model *m = e->model;
    int64_t end_ns = x->reply == NULL ? INT64_MAX : x->reply->m.last_ns;
    uint32_t first = opened_since(m, x->started_ns);
    for (uint32_t i = first; i < m->num_connections && i - first < MAX_MEANWHILE && m->connections[i]->opened_ns <= end_ns; i++) {
        const struct scs_connection *c = m->connections[i];
        if ((c->flags & SCS_CONN_LOOPBACK) != 0 && c->num_exchanges == 0 && e->causes[i] != NULL &&
            x->operation == SCS_OP_PKI_OPERATION) {
            tell_cause(e, e->causes[i], false);
            return e->causes[i]->group;
        }
    }
    return NULL;
}

/* The exchange hangs under a finding that is about more than it, and everything its own rules found with it. */
static void hang_under(struct scs_engine *e, struct scs_group *root, const struct scs_exchange *x, struct scs_cause *cause)
{
    scs_group_exchange(e->findings, root, x);
    if (cause != NULL) {
        cause->beaten = true;
        scs_group_consequence(root, cause->hit.row);
    }
    for (uint32_t i = 0; i < e->num_hits; i++) {
        scs_group_consequence(root, e->hits[i].row);
    }
    e->root_of[x->id - 1] = root;
    e->any_root = true;
}

/* A finding of wider scope explains the failure, and nothing deeper was found in the exchange itself. */
static bool settle_by_claim(struct scs_engine *e, const struct scs_exchange *x, struct scs_cause *cause)
{
    struct scs_group *root = e->claim_of[x->id - 1];
    if (root == NULL || (e->num_hits != 0 && e->hits[scs_settle_deepest(e)].rule->depth < scs_group_depth(root)) ||
        (cause != NULL && cause->hit.rule->depth < scs_group_depth(root))) {
        return false;
    }
    hang_under(e, root, x, cause);
    return true;
}

/* NDES asks the policy module once it has read the request, so what a request suffers from NDES on may come from there. */
static bool settle_by_policy(struct scs_engine *e, const struct scs_exchange *x, struct scs_cause *cause)
{
    bool late = e->num_hits != 0 && e->hits[scs_settle_deepest(e)].rule->depth >= SCS_DEPTH_NDES &&
                (cause == NULL || cause->hit.rule->depth >= SCS_DEPTH_NDES) && x->path_kind != SCS_PATH_CRP;
    struct scs_group *root = late ? policy_root(e, x) : NULL;
    root = root == NULL && late ? plugin_root(e, x) : root;
    if (root == NULL) {
        return false;
    }
    hang_under(e, root, x, cause);
    return true;
}

/* Both are tries of one device: not so surely behind a proxy, where many devices look like one until they send a request. */
static bool is_retry(const struct scs_exchange *x, const struct scs_exchange *later)
{
    return later->operation == x->operation && later->outcome == SCS_OUTCOME_OK &&
           (x->operation == SCS_OP_PKI_OPERATION || x->connection == later->connection || !scs_exchange_proxied(x));
}

/* It failed, and a later try in the same enrolment succeeded. */
static bool recovered(const struct scs_engine *e, const struct scs_exchange *x)
{
    const struct scs_enrolment *n = scs_model_enrolment(e->model, x->enrolment);
    if (n == NULL || (x->outcome != SCS_OUTCOME_FAILED && !broken(x))) {
        return false;
    }
    uint32_t first = first_after(n->exchanges, n->num_exchanges, x->id);
    for (uint32_t i = first; i < n->num_exchanges && i - first < MAX_RETRIES; i++) {
        if (is_retry(x, e->model->exchanges[n->exchanges[i] - 1])) {
            return true;
        }
    }
    return false;
}

/* R2 and R3: one root, the rest its consequences. */
void scs_settle_exchange(struct scs_engine *e, const struct scs_exchange *x)
{
    struct scs_cause *cause = cause_for(e, x);
    if ((e->num_hits == 0 && cause == NULL) || settle_by_claim(e, x, cause) || settle_by_policy(e, x, cause)) {
        return;
    }
    uint32_t best = scs_settle_deepest(e);
    struct scs_group *root;
    if (cause != NULL && (e->num_hits == 0 || deeper(&cause->hit, &e->hits[best]))) {
        tell_cause(e, cause, recovered(e, x));
        root = cause->group;
        scs_group_exchange(e->findings, root, x);
    } else {
        root = add_hit(e, &e->hits[best], recovered(e, x));
        if (cause != NULL) {
            cause->beaten = true;
            scs_group_consequence(root, cause->hit.row);
        }
    }
    for (uint32_t i = 0; i < e->num_hits; i++) {
        scs_group_consequence(root, e->hits[i].row);
    }
    e->root_of[x->id - 1] = root;
}

/* ---- enrolments ------------------------------------------------------------------------------------ */

/* The deepest cause among the enrolment's exchanges. */
static struct scs_group *root_among(const struct scs_engine *e, const struct scs_enrolment *n)
{
    struct scs_group *root = NULL;
    for (uint32_t i = 0; i < n->num_exchanges; i++) {
        struct scs_group *g = e->root_of[n->exchanges[i] - 1];
        if (g != NULL && (root == NULL || scs_group_depth(g) < scs_group_depth(root))) {
            root = g;
        }
    }
    return root;
}

void scs_settle_enrolment(struct scs_engine *e, const struct scs_enrolment *n)
{
    struct scs_group *root = root_among(e, n), *decisive = n->decided_by == 0 ? NULL : e->root_of[n->decided_by - 1];
    uint32_t best = scs_settle_deepest(e);
    if (e->num_hits != 0 && (root == NULL || e->hits[best].rule->depth < scs_group_depth(root))) {
        root = add_hit(e, &e->hits[best], false);
        for (uint32_t i = 0; i < n->num_exchanges; i++) {
            scs_group_exchange(e->findings, root, e->model->exchanges[n->exchanges[i] - 1]);
        }
    }
    for (uint32_t i = 0; i < e->num_hits; i++) {
        scs_group_consequence(root, e->hits[i].row);
    }
    if (e->root_of_enrolment[n->id - 1] == NULL) {
        e->root_of_enrolment[n->id - 1] = decisive != NULL ? decisive : root;
    }
}
