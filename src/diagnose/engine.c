/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/engine.h"

#include <string.h>

#include "diagnose/engine_parts.h"
#include "diagnose/pattern.h"

/* What the rules are looking at, for what they leave unsaid. */
struct subject {
    const struct scs_endpoint *server; /* NULL: the capture */
    int64_t start_ns;
    uint32_t connection, exchange, enrolment;
    scs_frame frames[2];
};

/* ---- one hit --------------------------------------------------------------------------------------- */

static const char *group_text(struct scs_engine *e, const struct subject *s)
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
static void name_subjects(const struct scs_engine *e, const struct subject *s, struct scs_hit *hit)
{
    const struct scs_verdict *v = &e->verdict;
    const struct scs_exchange *said = v->said_exchange == 0 ? NULL : e->model->exchanges[v->said_exchange - 1];
    hit->exchange = s->exchange != 0 || said == NULL ? s->exchange : said->id;
    hit->connection = s->connection != 0 ? s->connection : said != NULL ? said->connection->id : v->said_connection;
    hit->enrolment = s->enrolment != 0 || said == NULL ? s->enrolment : said->enrolment;
}

static struct scs_hit hit_of(struct scs_engine *e, uint32_t row, const struct subject *s)
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

static void hear_claims(struct scs_engine *e)
{
    for (uint32_t i = 0; i < e->verdict.num_claims && e->num_claims < SCS_MAX_FINDING_SUBJECTS; i++) {
        e->claims[e->num_claims++] = e->verdict.claims[i];
    }
}

/* The rule in the verdict holds: a finding at once, or a candidate for the subject's cause. */
static void hear(struct scs_engine *e, uint32_t row, const struct subject *s)
{
    struct scs_hit hit = hit_of(e, row, s);
    bool ranked = e->rules[row]->explains && e->rules[row]->scope >= SCS_SCOPE_CONNECTION;
    hear_claims(e);
    if (!ranked) {
        scs_settle_claims(e, scs_findings_add(e->findings, &hit));
        return;
    }
    e->said[e->num_hits] = e->verdict.said_exchange;
    e->hits[e->num_hits++] = hit;
}

static void next_subject(struct scs_engine *e)
{
    e->num_hits = e->num_claims = 0;
    if (scs_arena_used(e->scratch) != 0) {
        scs_arena_reset(e->scratch);
    }
}

/* ---- capture and servers --------------------------------------------------------------------------- */

static void run_capture(struct scs_engine *e)
{
    const struct scs_rows *rows = &e->by_scope[SCS_SCOPE_CAPTURE];
    struct subject s = {.start_ns = e->model->capture->first_ns};
    for (uint32_t i = 0; i < rows->num; i++) {
        scs_verdict_begin(&e->verdict, e->rules[rows->row[i]]);
        if (e->rules[rows->row[i]]->check.capture(e->judge, &e->verdict)) {
            hear(e, rows->row[i], &s);
        }
    }
    next_subject(e);
}

static void run_servers(struct scs_engine *e)
{
    const struct scs_rows *rows = &e->by_scope[SCS_SCOPE_SERVER];
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

static struct scs_hit keep_hit(struct scs_engine *e, const struct scs_hit *hit)
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
static struct scs_cause *keep_cause(struct scs_engine *e, const struct scs_connection *c)
{
    uint32_t best = scs_settle_deepest(e);
    struct scs_cause *cause = SCS_ARENA_NEW(e->own, struct scs_cause);
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

static void run_connections(struct scs_engine *e)
{
    const struct scs_rows *rows = &e->by_scope[SCS_SCOPE_CONNECTION];
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

/* ---- exchanges ------------------------------------------------------------------------------------- */

/* The exchanges of the policy hop, or all others. */
static void run_exchanges_of(struct scs_engine *e, bool policy)
{
    const struct scs_rows *rows = &e->by_scope[SCS_SCOPE_EXCHANGE];
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
        scs_settle_exchange(e, x);
        next_subject(e);
    }
}

/* Those of the policy hop come first: a request that waited for one of them takes its cause from there. */
static void run_exchanges(struct scs_engine *e)
{
    if (scs_judge_tally(e->judge)->policy_hop) {
        run_exchanges_of(e, true);
    }
    run_exchanges_of(e, false);
}

/* ---- enrolments ------------------------------------------------------------------------------------ */

static void run_enrolments(struct scs_engine *e)
{
    const struct scs_rows *rows = &e->by_scope[SCS_SCOPE_ENROLMENT];
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
        scs_settle_enrolment(e, n);
        next_subject(e);
        scs_model_rest(e->model, k);
    }
}

/* ---- look-ups -------------------------------------------------------------------------------------- */

static void run_lookups(struct scs_engine *e)
{
    const struct scs_rows *rows = &e->by_scope[SCS_SCOPE_LOOKUP];
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
            scs_settle_claims(e, root);
            for (uint32_t i = 1; i < e->num_hits; i++) {
                scs_group_consequence(root, e->hits[i].row);
            }
        }
        next_subject(e);
    }
}

/* ---- all of it ------------------------------------------------------------------------------------- */

static void sort_rules(struct scs_engine *e, size_t num_rules)
{
    for (uint32_t scope = 0; scope < SCS_NUM_SCOPES; scope++) {
        struct scs_rows *rows = &e->by_scope[scope];
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
    struct scs_engine *e = SCS_ARENA_NEW(own, struct scs_engine);
    e->model = model;
    e->rules = rules;
    e->own = own;
    e->scratch = e->verdict.scratch = scs_arena_new();
    e->judge = scs_judge_new(model);
    e->findings = scs_findings_new(arena, num_rules);
    e->hits = SCS_ARENA_ARRAY(own, num_rules, struct scs_hit);
    e->said = SCS_ARENA_ARRAY(own, num_rules, uint32_t);
    e->causes = SCS_ARENA_ARRAY(own, model->num_connections, struct scs_cause *);
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
    scs_settle_causes(e);
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
