/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who leaves memory when a run has a limit, and what is remembered of it. Before and after, the story is told: what the second
 * one lacks of enrolments and findings has left, and is counted once, however its parts left.
 */
#include "run/retire.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "run/run_parts.h"

#define MIB          (1024u * 1024u)
#define SECOND_NS    INT64_C(1000000000)
#define IDLE_LOOK_NS (60 * SECOND_NS)

/* How much of what is kept an exchange and a connection stand for: requests, replies and messages weigh more. */
#define WEIGHT_EXCHANGE   3u
#define WEIGHT_CONNECTION 1u

/* What leaves at once: an enrolment with its exchanges, an exchange of none, a client's attempts at a server. */
struct unit {
    int64_t ended_ns;
    const struct scs_enrolment *enrolment; /* or */
    const struct scs_exchange *exchange;   /* or */
    uint64_t who;                          /* client and server address */
    uint64_t pair;                         /* the same, of attempts only */
    uint32_t connection;                   /* index of one that carried nothing */
    uint32_t weight;
    uint8_t rank; /* who leaves first: see rank_of */
};

/* Client and server address of an exchange. */
struct pair {
    uint64_t key;
    uint32_t exchange; /* id */
};

struct search {
    const struct scs_model *m;
    struct scs_hash_key key;
    bool *trouble_connection; /* by id: a finding speaks of it */
    bool *placed;             /* by id of exchange: it is part of a unit, or pinned */
    struct scs_leaving *out;
    struct pair *pairs; /* by key */
    struct unit *units;
    uint32_t num_units, cap_units;
    int64_t quiet_ns; /* what ended after that may go on */
};

/* ---- what is in trouble -------------------------------------------------------------------------- */

/* What went well is healthy whatever a finding says of it: where a CA's certificate has expired, one speaks of all exchanges. */
static bool is_troubled(const struct scs_exchange *x)
{
    return x->outcome != SCS_OUTCOME_OK && x->outcome != SCS_OUTCOME_PENDING && x->outcome != SCS_OUTCOME_HEALTHY_PAGE;
}

/* Of connections that carried nothing only findings tell. */
static void note_trouble(struct search *s)
{
    for (uint32_t i = 0; i < s->m->num_findings; i++) {
        const struct scs_finding *f = s->m->findings[i];
        if (f->severity == SCS_SEV_ERROR && f->connection != 0) {
            s->trouble_connection[f->connection] = true;
        }
    }
}

/* ---- units --------------------------------------------------------------------------------------- */

/* Healthy before troubled, what is over for a while before what may go on. */
static uint8_t rank_of(const struct search *s, int64_t ended_ns, bool troubled)
{
    return (uint8_t)((ended_ns > s->quiet_ns ? 2u : 0u) + troubled);
}

static uint64_t pair_of(const struct search *s, const struct scs_addr *client, const struct scs_addr *server)
{
    struct scs_addr both[2] = {*client, *server};
    return scs_hash(&s->key, both, sizeof both);
}

static uint64_t ends_of(const struct search *s, const struct scs_connection *c)
{
    return pair_of(s, &c->client.addr, &c->server.addr);
}

static struct unit *add_unit(struct search *s, uint64_t who, int64_t ended_ns, bool troubled, uint32_t weight)
{
    if (s->num_units == s->cap_units) {
        s->cap_units = s->cap_units == 0 ? 256 : s->cap_units * 2;
        s->units = scs_xrealloc(s->units, s->cap_units, sizeof *s->units);
    }
    struct unit *u = &s->units[s->num_units++];
    *u = (struct unit){.who = who, .ended_ns = ended_ns, .weight = weight, .rank = rank_of(s, ended_ns, troubled)};
    return u;
}

static int64_t end_of(const struct scs_exchange *x)
{
    return x->duration_ns != SCS_NO_TIME ? x->started_ns + x->duration_ns : x->started_ns;
}

/* What an enrolment is made of, looked through. */
struct parts {
    bool pinned, troubled;
    int64_t ended_ns;
};

static void look_through(const struct search *s, const uint32_t *ids, uint32_t num, struct parts *p)
{
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = s->m->exchanges[ids[i] - 1];
        p->pinned = p->pinned || s->placed[x->id];
        p->troubled = p->troubled || is_troubled(x);
        p->ended_ns = end_of(x) > p->ended_ns ? end_of(x) : p->ended_ns;
    }
}

static void place(const struct search *s, const uint32_t *ids, uint32_t num)
{
    for (uint32_t i = 0; i < num; i++) {
        s->placed[ids[i]] = true;
    }
}

static void gather_enrolments(struct search *s)
{
    for (uint32_t i = 0; i < s->m->num_enrolments; i++) {
        const struct scs_enrolment *e = s->m->enrolments[i];
        struct parts p = {.ended_ns = e->ended_ns};
        p.troubled = !e->probe && e->outcome != SCS_ENROLMENT_SUCCEEDED;
        look_through(s, e->exchanges, e->num_exchanges, &p);
        look_through(s, e->policy_exchanges, e->num_policy_exchanges, &p);
        place(s, e->exchanges, e->num_exchanges);
        place(s, e->policy_exchanges, e->num_policy_exchanges);
        if (!p.pinned && e->num_exchanges != 0) {
            uint32_t num = e->num_exchanges + e->num_policy_exchanges;
            uint64_t who = pair_of(s, &e->client, &e->server.addr);
            add_unit(s, who, p.ended_ns, p.troubled, num * (WEIGHT_EXCHANGE + WEIGHT_CONNECTION))->enrolment = e;
        }
    }
}

static void gather_exchanges(struct search *s)
{
    for (uint32_t i = 0; i < s->m->num_exchanges; i++) {
        const struct scs_exchange *x = s->m->exchanges[i];
        if (!s->placed[x->id]) {
            uint64_t who = ends_of(s, x->connection);
            add_unit(s, who, end_of(x), is_troubled(x), WEIGHT_EXCHANGE + WEIGHT_CONNECTION)->exchange = x;
        }
    }
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct pair *)a)->key, y = ((const struct pair *)b)->key;
    return x < y ? -1 : x > y;
}

static void gather_pairs(struct search *s)
{
    s->pairs = scs_xcalloc((size_t)s->m->num_exchanges + 1, sizeof *s->pairs);
    for (uint32_t i = 0; i < s->m->num_exchanges; i++) {
        s->pairs[i] = (struct pair){.key = ends_of(s, s->m->exchanges[i]->connection), .exchange = i + 1};
    }
    if (s->m->num_exchanges > 1) {
        qsort(s->pairs, s->m->num_exchanges, sizeof *s->pairs, by_key);
    }
}

/* The first exchange between the same two; NULL when there was none. */
static const struct pair *first_of_pair(const struct search *s, uint64_t key)
{
    uint32_t from = 0, to = s->m->num_exchanges;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (s->pairs[middle].key < key) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < s->m->num_exchanges && s->pairs[from].key == key ? &s->pairs[from] : NULL;
}

static bool is_attempt(const struct scs_connection *c)
{
    return c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED;
}

/* Attempts between two who never had an exchange are one story; with one, they go with the last exchange. See leave_attempts. */
static void gather_connections(struct search *s)
{
    for (uint32_t i = 0; i < s->m->num_connections; i++) {
        const struct scs_connection *c = s->m->connections[i];
        uint64_t key = ends_of(s, c);
        if (c->num_exchanges != 0 || (is_attempt(c) && first_of_pair(s, key) != NULL)) {
            continue;
        }
        bool troubled = is_attempt(c) || s->trouble_connection[c->id] || c->state == SCS_CONN_RESET;
        struct unit *u = add_unit(s, key, c->last_ns, troubled, WEIGHT_CONNECTION);
        u->connection = c->id;
        u->pair = is_attempt(c) ? key : 0;
    }
}

static int by_who(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    if (x->who != y->who) {
        return x->who < y->who ? -1 : 1;
    }
    return x->ended_ns < y->ended_ns ? -1 : x->ended_ns > y->ended_ns;
}

/*
 * What went well after trouble of the same two says that the trouble passed: it stays as long. Only the first such one, for
 * behind a proxy all clients are one. The attempts of two leave with the latest of them.
 */
static void join_units(struct search *s)
{
    if (s->num_units > 1) {
        qsort(s->units, s->num_units, sizeof *s->units, by_who);
    }
    bool trouble = false;
    for (uint32_t i = 0; i < s->num_units; i++) {
        struct unit *u = &s->units[i];
        bool troubled = u->rank % 2 != 0;
        trouble = trouble && i != 0 && u->who == s->units[i - 1].who;
        u->rank |= trouble;
        trouble = troubled;
    }
    for (uint32_t i = s->num_units; i > 1; i--) {
        const struct unit *later = &s->units[i - 1];
        if (later->pair != 0 && s->units[i - 2].pair == later->pair) {
            s->units[i - 2].ended_ns = later->ended_ns;
            s->units[i - 2].rank = later->rank;
        }
    }
}

/* ---- who leaves ---------------------------------------------------------------------------------- */

static int by_rank(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    if (x->ended_ns != y->ended_ns) {
        return x->ended_ns < y->ended_ns ? -1 : 1;
    }
    return x->pair < y->pair ? -1 : x->pair > y->pair;
}

/* The place of a connection among the model's, its id; 0 when it is not there. */
static uint32_t place_of(const struct scs_model *m, const struct scs_connection *c)
{
    return c->id != 0 && c->id <= m->num_connections && m->connections[c->id - 1] == c ? c->id : 0;
}

static void leave_exchanges(const struct search *s, const uint32_t *ids, uint32_t num)
{
    for (uint32_t i = 0; i < num; i++) {
        s->out->exchanges[ids[i]] = true;
    }
}

static void leave_unit(const struct search *s, const struct unit *u)
{
    if (u->enrolment != NULL) {
        leave_exchanges(s, u->enrolment->exchanges, u->enrolment->num_exchanges);
        leave_exchanges(s, u->enrolment->policy_exchanges, u->enrolment->num_policy_exchanges);
    } else if (u->exchange != NULL) {
        s->out->exchanges[u->exchange->id] = true;
    } else {
        s->out->connections[u->connection] = true;
    }
    s->out->until_ns = u->ended_ns > s->out->until_ns ? u->ended_ns : s->out->until_ns;
}

static bool pair_stays(const struct search *s, uint64_t key)
{
    const struct pair *end = s->pairs + s->m->num_exchanges;
    for (const struct pair *p = first_of_pair(s, key); p != NULL && p < end && p->key == key; p++) {
        if (!s->out->exchanges[p->exchange]) {
            return true;
        }
    }
    return false;
}

/* A connection leaves with the last of its exchanges, an attempt with the last exchange of the two: else it seemed the only one.
 */
static void leave_connections(const struct search *s)
{
    uint32_t *stay = scs_xcalloc((size_t)s->m->num_connections + 1, sizeof *stay);
    for (uint32_t i = 0; i < s->m->num_exchanges; i++) {
        stay[place_of(s->m, s->m->exchanges[i]->connection)] += !s->out->exchanges[i + 1];
    }
    for (uint32_t i = 0; i < s->m->num_connections; i++) {
        const struct scs_connection *c = s->m->connections[i];
        uint64_t key = ends_of(s, c);
        if (c->num_exchanges != 0) {
            s->out->connections[c->id] = stay[c->id] == 0;
        } else if (is_attempt(c) && first_of_pair(s, key) != NULL) {
            s->out->connections[c->id] = !pair_stays(s, key);
        }
    }
    free(stay);
}

/* What a server told last is what its clients' messages are held against. */
static void pin(const struct search *s)
{
    for (uint32_t i = 0; i < s->m->num_servers; i++) {
        const struct scs_server *server = s->m->servers[i];
        if (server->last_caps != NULL) {
            s->placed[server->last_caps->id] = true;
        }
        if (server->last_ca_certs != NULL) {
            s->placed[server->last_ca_certs->id] = true;
        }
    }
}

void scs_retire_choose(const struct scs_model *m, int64_t now_ns, double share, struct scs_arena *arena, struct scs_leaving *out)
{
    struct search s = {.m = m, .out = out, .key = scs_hash_key_random(), .quiet_ns = now_ns - SCS_MEMORY_QUIET_S * SECOND_NS};
    *out = (struct scs_leaving){.exchanges = SCS_ARENA_ARRAY(arena, (size_t)m->num_exchanges + 1, bool),
                                .connections = SCS_ARENA_ARRAY(arena, (size_t)m->num_connections + 1, bool),
                                .until_ns = SCS_NO_TIME};
    s.trouble_connection = SCS_ARENA_ARRAY(arena, (size_t)m->num_connections + 1, bool);
    s.placed = SCS_ARENA_ARRAY(arena, (size_t)m->num_exchanges + 1, bool);
    note_trouble(&s);
    pin(&s);
    gather_pairs(&s);
    gather_enrolments(&s);
    gather_exchanges(&s);
    gather_connections(&s);
    join_units(&s);
    if (s.num_units > 1) {
        qsort(s.units, s.num_units, sizeof *s.units, by_rank);
    }
    uint64_t all = 0, left = 0;
    for (uint32_t i = 0; i < s.num_units; i++) {
        all += s.units[i].weight;
    }
    for (uint32_t i = 0; i < s.num_units; i++) {
        bool same_story = i != 0 && s.units[i].pair != 0 && s.units[i].pair == s.units[i - 1].pair;
        if ((double)left >= share * (double)all && !same_story) {
            break;
        }
        leave_unit(&s, &s.units[i]);
        left += s.units[i].weight;
    }
    leave_connections(&s);
    free(s.pairs);
    free(s.units);
}

/* ---- what is remembered -------------------------------------------------------------------------- */

/* All findings of one id. */
struct sum {
    const char *id;
    uint8_t severity;
    uint64_t count;
    int64_t first_ns, last_ns;
};

static struct sum *sum_of(struct sum *sums, uint32_t *num, const char *id)
{
    for (uint32_t i = 0; i < *num; i++) {
        if (strcmp(sums[i].id, id) == 0) {
            return &sums[i];
        }
    }
    sums[*num] = (struct sum){.id = id, .first_ns = INT64_MAX, .last_ns = SCS_NO_TIME};
    return &sums[(*num)++];
}

static struct sum *sum_up(const struct scs_model *m, struct scs_arena *arena, uint32_t *num)
{
    struct sum *sums = SCS_ARENA_ARRAY(arena, m->num_findings, struct sum);
    *num = 0;
    for (uint32_t i = 0; i < m->num_findings; i++) {
        const struct scs_finding *f = m->findings[i];
        struct sum *s = sum_of(sums, num, f->id);
        s->count += f->count;
        s->severity = f->severity > s->severity ? (uint8_t)f->severity : s->severity;
        s->first_ns = f->first_ns < s->first_ns ? f->first_ns : s->first_ns;
        s->last_ns = f->last_ns > s->last_ns ? f->last_ns : s->last_ns;
    }
    return sums;
}

/* The entry of this id, in order; made when there is none. */
static struct scs_departed_finding *entry_of(struct scs_departed *d, struct scs_departed_finding **all, const struct sum *s)
{
    uint32_t at = 0;
    while (at < d->num_findings && strcmp((*all)[at].id, s->id) < 0) {
        at++;
    }
    if (at == d->num_findings || strcmp((*all)[at].id, s->id) != 0) {
        *all = scs_xrealloc(*all, d->num_findings + 1u, sizeof **all);
        memmove(&(*all)[at + 1], &(*all)[at], (d->num_findings - at) * sizeof **all);
        (*all)[at] = (struct scs_departed_finding){.id = s->id, .first_ns = s->first_ns, .last_ns = SCS_NO_TIME};
        d->num_findings++;
        d->findings = *all;
    }
    return &(*all)[at];
}

static void remember_findings(struct scs_departed *d, struct scs_departed_finding **all, const struct scs_model *before,
                              const struct scs_model *after, const struct scs_leaving *leaving, struct scs_arena *arena)
{
    uint32_t num_before, num_after;
    const struct sum *was = sum_up(before, arena, &num_before), *is = sum_up(after, arena, &num_after);
    for (uint32_t i = 0; i < num_before; i++) {
        uint32_t k = 0;
        while (k < num_after && strcmp(is[k].id, was[i].id) != 0) {
            k++;
        }
        uint64_t count = k < num_after ? is[k].count : 0;
        if (was[i].count <= count) {
            continue;
        }
        struct scs_departed_finding *f = entry_of(d, all, &was[i]);
        uint64_t more = was[i].count - count;
        /* Of those that leave in parts it is not known which occurrence was the last one to leave. */
        int64_t last_ns = was[i].last_ns < leaving->until_ns ? was[i].last_ns : leaving->until_ns;
        f->count = more > UINT32_MAX - f->count ? UINT32_MAX : f->count + (uint32_t)more;
        f->severity = was[i].severity > f->severity ? was[i].severity : f->severity;
        f->first_ns = was[i].first_ns < f->first_ns ? was[i].first_ns : f->first_ns;
        f->last_ns = last_ns > f->last_ns ? last_ns : f->last_ns;
    }
}

static void count_enrolments(const struct scs_model *m, uint64_t out[5])
{
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        out[m->enrolments[i]->outcome] += !m->enrolments[i]->probe;
    }
}

static void remember_enrolments(struct scs_departed *d, const uint64_t before[5], const struct scs_model *m)
{
    uint64_t after[5] = {0};
    count_enrolments(m, after);
    for (uint32_t i = 0; i < 5; i++) {
        d->enrolments[i] += before[i] > after[i] ? before[i] - after[i] : 0;
    }
}

static void remember_exchanges(struct scs_run *run, const struct scs_model *m, const struct scs_leaving *leaving)
{
    struct scs_departed *d = &run->departed;
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        if (leaving->exchanges[x->id]) {
            d->first_ns = d->exchanges == 0 || x->started_ns < d->first_ns ? x->started_ns : d->first_ns;
            d->exchanges++;
            d->by_outcome[x->outcome]++;
            scs_learned_left(run->learned, x);
        }
    }
}

/* ---- the run ------------------------------------------------------------------------------------- */

static size_t room_of(const struct scs_run *run)
{
    return (size_t)run->options.memory_mib * MIB / SCS_MEMORY_PART;
}

/* Lets about `share` of what is kept leave. */
static void retire(struct scs_run *run, int64_t now_ns, double share)
{
    struct scs_arena *arena = scs_arena_new();
    struct scs_capture_facts facts[2] = {run->facts, run->facts};
    struct scs_model before = {0}, after = {0};
    struct scs_leaving leaving;
    uint64_t enrolments[5] = {0};
    scs_run_tell(run, false, arena, &facts[0], &before);
    scs_retire_choose(&before, now_ns, share, arena, &leaving);
    if (leaving.until_ns != SCS_NO_TIME) {
        struct scs_departed *d = &run->departed;
        d->thinned_ns = d->exchanges + d->connections == 0 || leaving.until_ns > d->thinned_ns ? leaving.until_ns : d->thinned_ns;
        count_enrolments(&before, enrolments);
        if (run->live_hooks.leaving != NULL) {
            run->live_hooks.leaving(run->live_hooks.ctx, &before);
        }
        remember_exchanges(run, &before, &leaving);
        scs_exchanges_leave(run->exchanges, leaving.exchanges);
        scs_ca_calls_leave(&run->ca_calls, leaving.until_ns);
        uint32_t revocations = scs_revocations_leave(&run->revocations, leaving.until_ns);
        d->connections += scs_flow_leave(run->flow, leaving.connections, leaving.until_ns, revocations);
        scs_run_collect(run);
        scs_run_tell(run, false, arena, &facts[1], &after);
        remember_enrolments(d, enrolments, &after);
        remember_findings(d, &run->left, &before, &after, &leaving, arena);
    }
    scs_arena_free(arena);
}

static void close_idle(struct scs_run *run, int64_t now_ns)
{
    if (run->idle_looked_ns == SCS_NO_TIME) {
        run->idle_looked_ns = now_ns;
    } else if (now_ns - run->idle_looked_ns > IDLE_LOOK_NS) {
        run->idle_looked_ns = now_ns;
        scs_flow_close_idle(run->flow, now_ns - SCS_MEMORY_IDLE_S * SECOND_NS);
    }
}

void scs_run_make_room(struct scs_run *run, int64_t now_ns)
{
    size_t room = room_of(run);
    close_idle(run, now_ns);
    if (scs_arena_used(run->keep) < (run->retire_at != 0 ? run->retire_at : room)) {
        return;
    }
    scs_run_collect(run); /* facts of connections that were not worth a report, and what looks left behind */
    size_t kept = scs_arena_used(run->keep);
    if (kept > room / 4 * 3) {
        retire(run, now_ns, 1.0 - (double)(room / 2) / (double)kept);
        kept = scs_arena_used(run->keep);
    }
    /* Where what has to stay needs more, the next time is when a quarter has come to it: else all would be copied again and
     * again. */
    run->retire_at = kept + room / 4 > room ? kept + room / 4 : room;
}
