/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/engine.h"

#include <string.h>

#include "diagnose/findings.h"
#include "diagnose/judge.h"
#include "diagnose/pattern.h"
#include "diagnose/predicates.h"
#include "diagnose/verdict.h"

/* The deepest explaining hit of one connection. Its exchanges decide what becomes of it. */
struct cause {
    struct scs_hit hit;
    uint32_t said_exchange; /* explained by it whatever its outcome */
    const uint32_t *echoes; /* rows of the connection's other explaining hits */
    uint32_t num_echoes;
    struct scs_group *group;
    bool told;      /* became a finding */
    bool recovered; /* ... of less weight, as a retry succeeded of all it explains so far */
    bool beaten;    /* is a consequence on an exchange it applies to */
};

/* The rules of one scope, in order. */
struct rows {
    uint32_t *row;
    uint32_t num;
};

/* Calls of the policy module that one request waits for: VerifyRequest and its tries. */
#define MAX_POLICY_CALLS 16u
/* Exchanges of an enrolment that are searched for a try that succeeded. */
#define MAX_RETRIES 64u
#define NUM_SCOPES  (SCS_SCOPE_LOOKUP + 1)

struct engine {
    const struct scs_model *model;
    struct scs_judge *judge;
    const struct scs_rule *const *rules;
    struct rows by_scope[NUM_SCOPES];
    struct scs_findings *findings;
    struct scs_arena *own;     /* lasts as long as the engine */
    struct scs_arena *scratch; /* lasts for one subject: texts, and frames and facts of `hits` */
    struct scs_verdict verdict;
    struct scs_hit *hits; /* the explaining hits of the subject at hand */
    uint32_t *said;       /* the exchange each of them named; 0 none */
    uint32_t num_hits;
    uint32_t claims[SCS_MAX_FINDING_SUBJECTS]; /* exchanges that the findings of the subject at hand explain */
    uint32_t num_claims;
    struct scs_endpoint server; /* of the last hit, as text: most are about one server */
    char server_text[SCS_ENDPOINT_TEXT];
    struct cause **causes;       /* by connection index; NULL none */
    struct scs_group **claim_of; /* by exchange id - 1: the finding of wider scope that explains its failure; NULL none */
    struct scs_group **root_of;  /* by exchange id - 1; NULL none */
    struct scs_group **root_of_connection, **root_of_enrolment; /* by place; of connections those without exchanges */
    bool any_root;
};

/* What the rules are looking at, for what they leave unsaid. */
struct subject {
    const struct scs_endpoint *server; /* NULL: the capture */
    int64_t start_ns;
    uint32_t connection, exchange, enrolment;
    scs_frame frames[2];
};

/* ---- one hit --------------------------------------------------------------------------------------- */

static const char *group_text(struct engine *e, const struct subject *s)
{
    if (e->verdict.group != NULL) {
        return e->verdict.group;
    }
    if (s->server == NULL) {
        return "";
    }
    if (e->server_text[0] == '\0' || !scs_endpoint_equal(s->server, &e->server)) {
        e->server = *s->server;
        scs_endpoint_text(s->server, e->server_text);
    }
    return e->server_text; /* whoever keeps a hit copies its group */
}

/* A rule may point at an exchange or a connection that is not the subject itself. */
static void name_subjects(const struct engine *e, const struct subject *s, struct scs_hit *hit)
{
    const struct scs_verdict *v = &e->verdict;
    const struct scs_exchange *said = v->said_exchange == 0 ? NULL : e->model->exchanges[v->said_exchange - 1];
    hit->exchange = s->exchange != 0 || said == NULL ? s->exchange : said->id;
    hit->connection = s->connection != 0 ? s->connection : said != NULL ? said->connection->id : v->said_connection;
    hit->enrolment = s->enrolment != 0 || said == NULL ? s->enrolment : said->enrolment;
}

static struct scs_hit hit_of(struct engine *e, uint32_t row, const struct subject *s)
{
    const struct scs_verdict *v = &e->verdict;
    bool said = v->num_frames != 0;
    uint32_t num_frames = said ? v->num_frames : 2;
    struct scs_hit hit = {.rule = e->rules[row],
                          .row = row,
                          .severity = v->severity,
                          .confidence = v->confidence,
                          .moment_ns = v->moment_ns != SCS_NO_TIME ? v->moment_ns : s->start_ns,
                          .group = group_text(e, s),
                          .frames = scs_arena_dup(e->scratch, said ? v->frames : s->frames, num_frames * sizeof(scs_frame)),
                          .num_frames = num_frames,
                          .facts = scs_arena_dup(e->scratch, v->facts, v->num_facts * sizeof v->facts[0]),
                          .num_facts = v->num_facts};
    name_subjects(e, s, &hit);
    return hit;
}

static void hear_claims(struct engine *e)
{
    for (uint32_t i = 0; i < e->verdict.num_claims && e->num_claims < SCS_MAX_FINDING_SUBJECTS; i++) {
        e->claims[e->num_claims++] = e->verdict.claims[i];
    }
}

/* Of several findings that claim an exchange the deepest has it; between equals the first. */
static void take_claims(struct engine *e, struct scs_group *root)
{
    for (uint32_t i = 0; root != NULL && i < e->num_claims; i++) {
        struct scs_group **claim = &e->claim_of[e->claims[i] - 1];
        if (*claim == NULL || scs_group_depth(root) < scs_group_depth(*claim)) {
            *claim = root;
        }
    }
    e->num_claims = 0;
}

/* The rule in the verdict holds: a finding at once, or a candidate for the subject's cause. */
static void hear(struct engine *e, uint32_t row, const struct subject *s)
{
    struct scs_hit hit = hit_of(e, row, s);
    bool ranked = e->rules[row]->explains && e->rules[row]->scope >= SCS_SCOPE_CONNECTION;
    hear_claims(e);
    if (!ranked) {
        take_claims(e, scs_findings_add(e->findings, &hit));
        return;
    }
    e->said[e->num_hits] = e->verdict.said_exchange;
    e->hits[e->num_hits++] = hit;
}

static void next_subject(struct engine *e)
{
    e->num_hits = e->num_claims = 0;
    if (scs_arena_used(e->scratch) != 0) {
        scs_arena_reset(e->scratch);
    }
}

static bool deeper(const struct scs_hit *a, const struct scs_hit *b)
{
    return a->rule->depth != b->rule->depth ? a->rule->depth < b->rule->depth : a->row < b->row;
}

static uint32_t deepest(const struct engine *e)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < e->num_hits; i++) {
        if (deeper(&e->hits[i], &e->hits[best])) {
            best = i;
        }
    }
    return best;
}

/* ---- capture and servers --------------------------------------------------------------------------- */

static void run_capture(struct engine *e)
{
    const struct rows *rows = &e->by_scope[SCS_SCOPE_CAPTURE];
    struct subject s = {.start_ns = e->model->capture->first_ns};
    for (uint32_t i = 0; i < rows->num; i++) {
        scs_verdict_begin(&e->verdict, e->rules[rows->row[i]]);
        if (e->rules[rows->row[i]]->check.capture(e->judge, &e->verdict)) {
            hear(e, rows->row[i], &s);
        }
    }
    next_subject(e);
}

static void run_servers(struct engine *e)
{
    const struct rows *rows = &e->by_scope[SCS_SCOPE_SERVER];
    for (uint32_t k = 0; k < e->model->num_servers; k++) {
        const struct scs_server *server = e->model->servers[k];
        struct subject s = {.server = &server->endpoint, .start_ns = e->model->capture->first_ns};
        for (uint32_t i = 0; i < rows->num; i++) {
            scs_verdict_begin(&e->verdict, e->rules[rows->row[i]]);
            if (e->rules[rows->row[i]]->check.server(e->judge, server, &e->verdict)) {
                hear(e, rows->row[i], &s);
            }
        }
        next_subject(e);
    }
}

/* ---- connections ----------------------------------------------------------------------------------- */

static struct scs_hit keep_hit(struct engine *e, const struct scs_hit *hit)
{
    struct scs_hit kept = *hit;
    struct scs_fact *facts = scs_arena_dup(e->own, hit->facts, hit->num_facts * sizeof *facts);
    for (uint32_t i = 0; i < hit->num_facts; i++) {
        facts[i].text = scs_arena_strdup(e->own, facts[i].text);
    }
    kept.facts = facts;
    kept.frames = scs_arena_dup(e->own, hit->frames, hit->num_frames * sizeof hit->frames[0]);
    kept.group = scs_arena_strdup(e->own, hit->group);
    return kept;
}

/* Keeps the deepest of a connection's explaining hits until its exchanges have been heard. */
static struct cause *keep_cause(struct engine *e, const struct scs_connection *c)
{
    uint32_t best = deepest(e);
    struct cause *cause = SCS_ARENA_NEW(e->own, struct cause);
    cause->hit = keep_hit(e, &e->hits[best]);
    cause->said_exchange = e->said[best];
    if (c->num_exchanges == 0) {
        cause->hit.enrolment = scs_judge_blocked_enrolment(e->judge, c);
    }
    uint32_t *echoes = SCS_ARENA_ARRAY(e->own, e->num_hits, uint32_t);
    for (uint32_t i = 0; i < e->num_hits; i++) {
        if (i != best) {
            echoes[cause->num_echoes++] = e->hits[i].row;
        }
    }
    cause->echoes = echoes;
    return cause;
}

static void run_connections(struct engine *e)
{
    const struct rows *rows = &e->by_scope[SCS_SCOPE_CONNECTION];
    for (uint32_t k = 0; k < e->model->num_connections; k++) {
        const struct scs_connection *c = e->model->connections[k];
        struct subject s = {
            .server = &c->server, .start_ns = c->opened_ns, .connection = c->id, .frames = {c->first_frame, c->last_frame}};
        for (uint32_t i = 0; i < rows->num; i++) {
            scs_verdict_begin(&e->verdict, e->rules[rows->row[i]]);
            if (e->rules[rows->row[i]]->check.connection(e->judge, c, &e->verdict)) {
                hear(e, rows->row[i], &s);
            }
        }
        if (e->num_hits != 0) {
            e->causes[k] = keep_cause(e, c);
        }
        next_subject(e);
        scs_model_rest(e->model, k);
    }
}

/* A device that tried again and got its certificate: what stopped it before is worth knowing, but no error any more. */
static struct scs_group *add_hit(struct engine *e, const struct scs_hit *hit, bool recovered)
{
    struct scs_hit told = *hit;
    told.recovered = recovered;
    told.severity = recovered && hit->severity == SCS_SEV_ERROR ? SCS_SEV_WARNING : hit->severity;
    e->any_root = true;
    return scs_findings_add(e->findings, &told);
}

static void tell_cause(struct engine *e, struct cause *cause, bool recovered)
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

/* A connection's cause that no exchange took up, and none made a consequence of another, stands for itself. */
static void tell_other_causes(struct engine *e)
{
    for (uint32_t k = 0; k < e->model->num_connections; k++) {
        struct cause *cause = e->causes[k];
        if (cause != NULL && !cause->beaten) {
            if (!cause->told) {
                tell_cause(e, cause, false);
            }
            e->root_of_connection[k] = e->model->connections[k]->num_exchanges == 0 ? cause->group : NULL;
        }
    }
}

/* ---- exchanges ------------------------------------------------------------------------------------- */

/* The network left the exchange without a whole request or reply, so what happened to the connection may be why. */
static bool broken(const struct scs_exchange *x)
{
    return x->outcome == SCS_OUTCOME_UNANSWERED || x->outcome == SCS_OUTCOME_TRUNCATED ||
           (x->request != NULL && (x->request->m.flags & SCS_HTTP_NETWORK_CUT) != 0) ||
           (x->reply != NULL && (x->reply->m.flags & SCS_HTTP_NETWORK_CUT) != 0);
}

static struct cause *cause_for(const struct engine *e, const struct scs_exchange *x)
{
    uint32_t k = scs_judge_connection_of(e->judge, x->id);
    struct cause *cause = k == SCS_NO_INDEX ? NULL : e->causes[k];
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
static struct scs_group *policy_root(const struct engine *e, const struct scs_exchange *x)
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

/* The exchange hangs under a finding that is about more than it, and everything its own rules found with it. */
static void hang_under(struct engine *e, struct scs_group *root, const struct scs_exchange *x, struct cause *cause)
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
static bool settle_by_claim(struct engine *e, const struct scs_exchange *x, struct cause *cause)
{
    struct scs_group *root = e->claim_of[x->id - 1];
    if (root == NULL || (e->num_hits != 0 && e->hits[deepest(e)].rule->depth < scs_group_depth(root)) ||
        (cause != NULL && cause->hit.rule->depth < scs_group_depth(root))) {
        return false;
    }
    hang_under(e, root, x, cause);
    return true;
}

/* NDES asks the policy module once it has read the request, so what a request suffers from NDES on may come from there. */
static bool settle_by_policy(struct engine *e, const struct scs_exchange *x, struct cause *cause)
{
    bool late = e->num_hits != 0 && e->hits[deepest(e)].rule->depth >= SCS_DEPTH_NDES &&
                (cause == NULL || cause->hit.rule->depth >= SCS_DEPTH_NDES) && x->path_kind != SCS_PATH_CRP;
    struct scs_group *root = late ? policy_root(e, x) : NULL;
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
static bool recovered(const struct engine *e, const struct scs_exchange *x)
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
static void settle_exchange(struct engine *e, const struct scs_exchange *x)
{
    struct cause *cause = cause_for(e, x);
    if ((e->num_hits == 0 && cause == NULL) || settle_by_claim(e, x, cause) || settle_by_policy(e, x, cause)) {
        return;
    }
    uint32_t best = deepest(e);
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

/* The exchanges of the policy hop, or all others. */
static void run_exchanges_of(struct engine *e, bool policy)
{
    const struct rows *rows = &e->by_scope[SCS_SCOPE_EXCHANGE];
    for (uint32_t k = 0; k < e->model->num_exchanges; k++) {
        const struct scs_exchange *x = e->model->exchanges[k];
        scs_model_rest(e->model, k);
        if ((x->path_kind == SCS_PATH_CRP) != policy) {
            continue;
        }
        struct subject s = {.server = &x->connection->server,
                            .start_ns = x->started_ns,
                            .connection = x->connection->id,
                            .exchange = x->id,
                            .enrolment = x->enrolment,
                            .frames = {x->first_frame, x->last_frame}};
        for (uint32_t i = 0; i < rows->num; i++) {
            scs_verdict_begin(&e->verdict, e->rules[rows->row[i]]);
            if (e->rules[rows->row[i]]->check.exchange(e->judge, x, &e->verdict)) {
                hear(e, rows->row[i], &s);
            }
        }
        settle_exchange(e, x);
        next_subject(e);
    }
}

/* Those of the policy hop come first: a request that waited for one of them takes its cause from there. */
static void run_exchanges(struct engine *e)
{
    if (scs_judge_tally(e->judge)->policy_hop) {
        run_exchanges_of(e, true);
    }
    run_exchanges_of(e, false);
}

/* ---- enrolments ------------------------------------------------------------------------------------ */

/* An enrolment that is nothing but attempts to connect takes the cause of one of them. */
static void root_blocked_enrolments(struct engine *e)
{
    for (uint32_t k = 0; k < e->model->num_connections; k++) {
        const struct cause *cause = e->causes[k];
        uint32_t id = cause != NULL && e->root_of_connection[k] != NULL ? cause->hit.enrolment : 0;
        if (id != 0 && e->root_of_enrolment[id - 1] == NULL) {
            e->root_of_enrolment[id - 1] = e->root_of_connection[k];
        }
    }
}

/* The deepest cause among the enrolment's exchanges. */
static struct scs_group *root_among(const struct engine *e, const struct scs_enrolment *n)
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

static void settle_enrolment(struct engine *e, const struct scs_enrolment *n)
{
    struct scs_group *root = root_among(e, n), *decisive = n->decided_by == 0 ? NULL : e->root_of[n->decided_by - 1];
    uint32_t best = deepest(e);
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

static void run_enrolments(struct engine *e)
{
    const struct rows *rows = &e->by_scope[SCS_SCOPE_ENROLMENT];
    for (uint32_t k = 0; k < e->model->num_enrolments; k++) {
        const struct scs_enrolment *n = e->model->enrolments[k];
        const struct scs_exchange *decided = n->decided_by == 0 ? NULL : e->model->exchanges[n->decided_by - 1];
        struct subject s = {.server = &n->server, .start_ns = n->started_ns, .enrolment = n->id, .exchange = n->decided_by};
        if (decided != NULL) {
            s.connection = decided->connection->id;
            s.frames[0] = decided->first_frame;
            s.frames[1] = decided->last_frame;
        }
        for (uint32_t i = 0; i < rows->num; i++) {
            scs_verdict_begin(&e->verdict, e->rules[rows->row[i]]);
            if (e->rules[rows->row[i]]->check.enrolment(e->judge, n, &e->verdict)) {
                hear(e, rows->row[i], &s);
            }
        }
        settle_enrolment(e, n);
        next_subject(e);
        scs_model_rest(e->model, k);
    }
}

/* ---- look-ups -------------------------------------------------------------------------------------- */

static void run_lookups(struct engine *e)
{
    const struct rows *rows = &e->by_scope[SCS_SCOPE_LOOKUP];
    for (uint32_t k = 0; k < e->model->num_lookups; k++) {
        const struct scs_lookup *l = e->model->lookups[k];
        struct subject s = {.start_ns = l->first_ns, .frames = {l->query_frames[0], l->answer_frame}};
        for (uint32_t i = 0; i < rows->num; i++) {
            scs_verdict_begin(&e->verdict, e->rules[rows->row[i]]);
            if (e->rules[rows->row[i]]->check.lookup(e->judge, l, &e->verdict)) {
                hear(e, rows->row[i], &s);
            }
        }
        if (e->num_hits != 0) {
            struct scs_group *root = scs_findings_add(e->findings, &e->hits[0]);
            take_claims(e, root);
            for (uint32_t i = 1; i < e->num_hits; i++) {
                scs_group_consequence(root, e->hits[i].row);
            }
        }
        next_subject(e);
    }
}

/* ---- all of it ------------------------------------------------------------------------------------- */

static void sort_rules(struct engine *e, size_t num_rules)
{
    for (uint32_t scope = 0; scope < NUM_SCOPES; scope++) {
        struct rows *rows = &e->by_scope[scope];
        rows->row = SCS_ARENA_ARRAY(e->own, num_rules, uint32_t);
        for (uint32_t row = 0; row < num_rules; row++) {
            if (e->rules[row]->scope == scope) {
                rows->row[rows->num++] = row;
            }
        }
    }
}

void scs_diagnose_with(struct scs_model *model, struct scs_arena *arena, const struct scs_rule *const *rules, size_t num_rules)
{
    struct scs_arena *own = scs_arena_new();
    struct engine *e = SCS_ARENA_NEW(own, struct engine);
    e->model = model;
    e->rules = rules;
    e->own = own;
    e->scratch = e->verdict.scratch = scs_arena_new();
    e->judge = scs_judge_new(model);
    e->findings = scs_findings_new(arena, num_rules);
    e->hits = SCS_ARENA_ARRAY(own, num_rules, struct scs_hit);
    e->said = SCS_ARENA_ARRAY(own, num_rules, uint32_t);
    e->causes = SCS_ARENA_ARRAY(own, model->num_connections, struct cause *);
    e->claim_of = SCS_ARENA_ARRAY(own, model->num_exchanges, struct scs_group *);
    e->root_of = SCS_ARENA_ARRAY(own, model->num_exchanges, struct scs_group *);
    e->root_of_connection = SCS_ARENA_ARRAY(own, model->num_connections, struct scs_group *);
    e->root_of_enrolment = SCS_ARENA_ARRAY(own, model->num_enrolments, struct scs_group *);
    sort_rules(e, num_rules);

    run_capture(e);
    run_servers(e);
    run_lookups(e);
    run_connections(e);
    run_exchanges(e);
    tell_other_causes(e);
    root_blocked_enrolments(e);
    run_enrolments(e);

    scs_findings_finish(e->findings, rules, model);
    if (e->any_root) {
        struct scs_roots roots = {e->root_of, e->root_of_enrolment, e->root_of_connection};
        scs_patterns_find(model, e->judge, &roots, arena);
    }
    scs_findings_free(e->findings);
    scs_judge_free(e->judge);
    scs_arena_free(e->scratch);
    scs_arena_free(own);
}

void scs_diagnose(struct scs_model *model, struct scs_arena *arena)
{
    size_t num_rules;
    const struct scs_rule *const *rules = scs_rules(&num_rules);
    scs_diagnose_with(model, arena, rules, num_rules);
}
