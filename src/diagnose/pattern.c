/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/pattern.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "diagnose/stretch.h"
#include "diagnose/trait.h"

/* Failures with something in common: one is like nothing else in many ways. */
#define FEWEST 2u
/* Exchanges of a client that are searched for one that succeeded. */
#define LOOK 1024u

enum series { PKI_OPERATIONS, REQUESTS, CONNECTIONS, NUM_SERIES };

/* What failed: everything at one server, or the occurrences of one finding. */
struct tally {
    const struct scs_finding *finding; /* NULL: everything */
    const struct scs_server *server;   /* NULL: nothing yet */
    bool several_servers;
    struct scs_stretch stretch[NUM_SERIES];
    struct scs_addr client; /* of the first failure in time */
    bool several_clients;
    uint32_t enrolments;
    const struct scs_enrolment *first;
    bool several_devices;
    uint64_t traits[SCS_NUM_PATTERN_KINDS]; /* what all of them share; 0: nothing */
};

/* What succeeded at one server. */
struct successes {
    struct scs_successes series[NUM_SERIES];
    uint32_t enrolments;
    uint32_t unknown[SCS_NUM_PATTERN_KINDS]; /* enrolments of which the trait is not known */
    uint32_t platforms;
};

/* A trait that all failures of some tally share, and how many successes of that server have it as well. */
struct question {
    uint64_t key; /* 0: free */
    uint32_t successes;
};

struct search {
    struct scs_model *model;
    const struct scs_judge *judge;
    const struct scs_roots *roots;
    struct scs_hash_key key;
    struct tally *tallies; /* one for each server, then one for each finding */
    uint32_t num_tallies;
    struct successes *successes; /* by server */
    uint32_t all_successes;
    struct question *questions;
    uint32_t mask;
    struct scs_pattern *patterns;
    uint32_t num, cap;
};

/* ---- tallies ----------------------------------------------------------------------------------------- */

/* The place of a server with SCEP on it among the model's; SCS_NO_INDEX for others. */
static uint32_t place_of(const struct search *s, const struct scs_endpoint *server)
{
    const struct scs_server *known = scs_judge_server_find(s->judge, server);
    return known == NULL ? SCS_NO_INDEX : known->id - 1;
}

static struct tally *tally_of(const struct search *s, const struct scs_group *root)
{
    return root == NULL ? NULL : &s->tallies[s->model->num_servers + scs_group_place(root)];
}

/* A note tells of something that is as it should be. */
static bool is_failure(const struct search *s, const struct scs_group *root)
{
    return root == NULL || s->model->findings[scs_group_place(root)]->severity != SCS_SEV_INFO;
}

static void at_server(struct tally *t, const struct scs_server *server)
{
    t->several_servers = t->several_servers || (t->server != NULL && t->server != server);
    t->server = server;
}

/* ---- time -------------------------------------------------------------------------------------------- */

struct event {
    uint32_t server;
    const struct scs_group *root;
    const struct scs_addr *client;
    int64_t ts_ns;
};

static void fail_in(struct search *s, struct tally *t, enum series series, const struct event *e)
{
    if (t == NULL) {
        return;
    }
    bool first = t->stretch[REQUESTS].failed == 0 && t->stretch[CONNECTIONS].failed == 0;
    if (first) {
        t->client = *e->client;
    }
    t->several_clients = t->several_clients || !scs_addr_equal(&t->client, e->client);
    at_server(t, s->model->servers[e->server]);
    scs_stretch_fail(&t->stretch[series], e->ts_ns, &s->successes[e->server].series[series]);
}

static void fail(struct search *s, enum series series, const struct event *e)
{
    fail_in(s, &s->tallies[e->server], series, e);
    fail_in(s, tally_of(s, e->root), series, e);
}

static void succeed(struct search *s, enum series series, const struct event *e)
{
    struct scs_successes *good = &s->successes[e->server].series[series];
    good->num++;
    good->last_ns = e->ts_ns;
}

/* A connection without exchanges that a finding explains was a request in vain; one that came about succeeded. */
static void time_connection(struct search *s, uint32_t index)
{
    const struct scs_connection *c = s->model->connections[index];
    struct event e = {place_of(s, &c->server), s->roots->connection[index], &c->client.addr, c->opened_ns};
    if (e.server == SCS_NO_INDEX || !is_failure(s, e.root) || scs_model_is_thinned(s->model, e.ts_ns)) {
        return;
    }
    if (e.root != NULL) {
        fail(s, CONNECTIONS, &e);
        fail(s, REQUESTS, &e);
    } else if ((c->flags & SCS_CONN_HANDSHAKE) != 0 && (c->tls == NULL || (c->tls->flags & SCS_TLS_HANDSHAKE_DONE) != 0)) {
        succeed(s, CONNECTIONS, &e);
    }
}

static bool enrols(const struct scs_exchange *x)
{
    return !x->probe &&
           (x->operation == SCS_OP_PKI_OPERATION || x->operation == SCS_OP_GET_CA_CAPS || x->operation == SCS_OP_GET_CA_CERT);
}

static void time_exchange(struct search *s, uint32_t index)
{
    const struct scs_exchange *x = s->model->exchanges[index];
    struct event e = {SCS_NO_INDEX, s->roots->exchange[index], &x->connection->client.addr, x->started_ns};
    if (!enrols(x) || x->outcome == SCS_OUTCOME_INCOMPLETE || !is_failure(s, e.root) || scs_model_is_thinned(s->model, e.ts_ns)) {
        return;
    }
    e.server = place_of(s, &x->connection->server);
    if (e.server == SCS_NO_INDEX) {
        return;
    }
    bool good = x->outcome == SCS_OUTCOME_OK || x->outcome == SCS_OUTCOME_PENDING;
    void (*count)(struct search *, enum series, const struct event *) = good ? succeed : fail;
    count(s, REQUESTS, &e);
    if (x->operation == SCS_OP_PKI_OPERATION) {
        count(s, PKI_OPERATIONS, &e);
    }
}

/* Connections and exchanges, each in order of time, are told as one story. */
static void walk_time(struct search *s)
{
    const struct scs_model *m = s->model;
    uint32_t c = 0;
    for (uint32_t x = 0; x < m->num_exchanges; x++) {
        while (c < m->num_connections && m->connections[c]->opened_ns <= m->exchanges[x]->started_ns) {
            time_connection(s, c++);
        }
        time_exchange(s, x);
        scs_model_rest(m, x);
    }
    while (c < m->num_connections) {
        time_connection(s, c++);
    }
}

/* The one client of a tally succeeded as well, so it is not the client that parts the two. */
static bool client_succeeds(const struct search *s, const struct tally *t, enum series series)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_client(s->judge, &t->client, &t->server->endpoint, &num);
    for (uint32_t i = 0; i < num && i < LOOK; i++) {
        const struct scs_exchange *x = s->model->exchanges[ids[i] - 1];
        if (x->outcome == SCS_OUTCOME_OK && (series != PKI_OPERATIONS || x->operation == SCS_OP_PKI_OPERATION)) {
            return true;
        }
    }
    return false;
}

static struct scs_pattern *add_pattern(struct search *s, const struct tally *t, enum scs_pattern_kind kind)
{
    if (s->num == s->cap) {
        s->cap = s->cap == 0 ? 8 : s->cap * 2;
        s->patterns = scs_xrealloc(s->patterns, s->cap, sizeof *s->patterns);
    }
    struct scs_pattern *p = &s->patterns[s->num++];
    *p = (struct scs_pattern){.kind = kind,
                              .unit = SCS_UNIT_ENROLMENTS,
                              .finding = t->finding,
                              .server = t->server->endpoint,
                              .from_ns = SCS_NO_TIME,
                              .to_ns = SCS_NO_TIME,
                              .last_good_ns = SCS_NO_TIME};
    return p;
}

static bool say_time(struct search *s, const struct tally *t, enum series series)
{
    static const uint8_t units[] = {
        [PKI_OPERATIONS] = SCS_UNIT_PKI_OPERATIONS, [REQUESTS] = SCS_UNIT_REQUESTS, [CONNECTIONS] = SCS_UNIT_CONNECTIONS};
    struct scs_pattern found = {0};
    const struct successes *good = &s->successes[t->server->id - 1];
    if (!scs_stretch_found(&t->stretch[series], &good->series[series], &found) ||
        !(t->several_clients || client_succeeds(s, t, series))) {
        return false;
    }
    struct scs_pattern *p = add_pattern(s, t, SCS_PATTERN_TIME);
    p->unit = units[series];
    p->failed = found.failed;
    p->good_before = found.good_before;
    p->good_after = found.good_after;
    p->from_ns = found.from_ns;
    p->to_ns = found.to_ns;
    p->last_good_ns = found.last_good_ns;
    return true;
}

/* Counts what failed, no more: connections, or PKIOperations while other operations work, or requests of any kind. */
static void find_time(struct search *s, const struct tally *t)
{
    uint32_t connections = t->stretch[CONNECTIONS].failed, requests = t->stretch[REQUESTS].failed,
             pki = t->stretch[PKI_OPERATIONS].failed;
    if (connections != 0 && connections == requests) {
        say_time(s, t, CONNECTIONS);
    } else if (pki == requests || !say_time(s, t, REQUESTS)) {
        say_time(s, t, PKI_OPERATIONS);
    }
}

/* ---- traits ------------------------------------------------------------------------------------------ */

static void fail_enrolment(struct search *s, struct tally *t, const struct scs_enrolment *e, uint32_t server,
                           const uint64_t traits[SCS_NUM_PATTERN_KINDS])
{
    if (t == NULL) {
        return;
    }
    at_server(t, s->model->servers[server]);
    t->first = t->first == NULL ? e : t->first;
    t->several_devices = t->several_devices || scs_trait_device(e, &s->key) != scs_trait_device(t->first, &s->key);
    for (unsigned kind = 0; kind < SCS_NUM_PATTERN_KINDS; kind++) {
        if (t->enrolments == 0) {
            t->traits[kind] = traits[kind];
        } else if (t->traits[kind] != traits[kind]) {
            t->traits[kind] = 0;
        }
    }
    t->enrolments++;
}

static void get_traits(const struct search *s, const struct scs_enrolment *e, uint64_t out[SCS_NUM_PATTERN_KINDS])
{
    for (unsigned kind = 0; kind < SCS_NUM_PATTERN_KINDS; kind++) {
        out[kind] = scs_trait_hash(s->model, e, kind, &s->key);
    }
}

static void walk_failed(struct search *s)
{
    for (uint32_t i = 0; i < s->model->num_enrolments; i++) {
        const struct scs_enrolment *e = s->model->enrolments[i];
        bool failed = !e->probe && (e->outcome == SCS_ENROLMENT_FAILED || e->outcome == SCS_ENROLMENT_BLOCKED) &&
                      !scs_model_is_thinned(s->model, e->started_ns);
        uint32_t server = failed ? place_of(s, &e->server) : SCS_NO_INDEX;
        if (server != SCS_NO_INDEX) {
            uint64_t traits[SCS_NUM_PATTERN_KINDS];
            get_traits(s, e, traits);
            fail_enrolment(s, &s->tallies[server], e, server, traits);
            fail_enrolment(s, tally_of(s, s->roots->enrolment[i]), e, server, traits);
        }
        scs_model_rest(s->model, i);
    }
}

static uint64_t question_key(uint32_t server, unsigned kind, uint64_t trait)
{
    uint64_t key = (trait ^ (uint64_t)server * UINT64_C(0x9e3779b97f4a7c15)) * SCS_NUM_PATTERN_KINDS + kind;
    return key + (key == 0);
}

/* The question of this key, or the free place where it belongs. */
static struct question *question_at(const struct search *s, uint64_t key)
{
    uint32_t at = (uint32_t)(key >> 32) & s->mask;
    while (s->questions[at].key != 0 && s->questions[at].key != key) {
        at = (at + 1) & s->mask;
    }
    return &s->questions[at];
}

/* Only of what some tally's failures share are the successes counted. */
static void ask(struct search *s)
{
    size_t size = 16;
    while (size < (size_t)s->num_tallies * SCS_NUM_PATTERN_KINDS * 2) {
        size *= 2;
    }
    s->questions = scs_xcalloc(size, sizeof *s->questions);
    s->mask = (uint32_t)(size - 1);
    for (uint32_t i = 0; i < s->num_tallies; i++) {
        const struct tally *t = &s->tallies[i];
        for (unsigned kind = 0; t->enrolments >= FEWEST && kind < SCS_NUM_PATTERN_KINDS; kind++) {
            uint64_t key = question_key(t->server->id - 1, kind, t->traits[kind]);
            if (t->traits[kind] != 0) {
                question_at(s, key)->key = key;
            }
        }
    }
}

static void walk_succeeded(struct search *s)
{
    for (uint32_t i = 0; i < s->model->num_enrolments; i++) {
        const struct scs_enrolment *e = s->model->enrolments[i];
        bool succeeded = !e->probe && e->outcome == SCS_ENROLMENT_SUCCEEDED && !scs_model_is_thinned(s->model, e->started_ns);
        uint32_t server = succeeded ? place_of(s, &e->server) : SCS_NO_INDEX;
        if (server == SCS_NO_INDEX) {
            continue;
        }
        struct successes *good = &s->successes[server];
        uint64_t traits[SCS_NUM_PATTERN_KINDS];
        get_traits(s, e, traits);
        s->all_successes++;
        good->enrolments++;
        good->platforms |= 1u << e->platform;
        for (unsigned kind = 0; kind < SCS_NUM_PATTERN_KINDS; kind++) {
            struct question *q = question_at(s, question_key(server, kind, traits[kind]));
            good->unknown[kind] += traits[kind] == 0;
            q->successes += q->key != 0;
        }
        scs_model_rest(s->model, i);
    }
}

/*
 * Chance parts n failures from m successes by one trait of two kinds in one of C(n+m, n) cases; that is to be 20 or
 * more. One failure is like nothing else in many ways, so it takes two.
 */
static bool is_carried(uint32_t failed, uint32_t succeeded)
{
    uint32_t fewer = failed < succeeded ? failed : succeeded, more = failed < succeeded ? succeeded : failed;
    return fewer >= 3 || (fewer == FEWEST && more >= 5);
}

static bool say_trait(struct search *s, const struct tally *t, enum scs_pattern_kind kind)
{
    const struct successes *good = &s->successes[t->server->id - 1];
    if (t->traits[kind] == 0 || good->unknown[kind] != 0 || !is_carried(t->enrolments, good->enrolments) ||
        question_at(s, question_key(t->server->id - 1, kind, t->traits[kind]))->successes != 0) {
        return false;
    }
    struct scs_pattern *p = add_pattern(s, t, kind);
    p->failed = (struct scs_share){t->enrolments, t->enrolments};
    p->others = good->enrolments;
    p->others_platforms = good->platforms;
    scs_trait_say(s->model, t->first, p);
    return true;
}

/* Nothing succeeded at this server, while at others it did. */
static bool say_server(struct search *s, const struct tally *t)
{
    const struct successes *good = &s->successes[t->server->id - 1];
    if (t->finding != NULL || good->enrolments != 0 || !t->several_devices || !is_carried(t->enrolments, s->all_successes)) {
        return false;
    }
    struct scs_pattern *p = add_pattern(s, t, SCS_PATTERN_SERVER);
    p->failed = (struct scs_share){t->enrolments, t->enrolments};
    p->others = s->all_successes;
    return true;
}

/* What a single device has in common with itself tells nothing beyond that it is this device. */
static void find_traits(struct search *s, const struct tally *t)
{
    static const enum scs_pattern_kind kinds[] = {SCS_PATTERN_PLATFORM,  SCS_PATTERN_NETWORK, SCS_PATTERN_RECIPIENT,
                                                  SCS_PATTERN_TRANSPORT, SCS_PATTERN_HOST,    SCS_PATTERN_PROXY};
    if (t->enrolments < FEWEST || say_server(s, t) || say_trait(s, t, SCS_PATTERN_CLIENT) || !t->several_devices) {
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        say_trait(s, t, kinds[i]);
    }
}

/* ---- all of it --------------------------------------------------------------------------------------- */

static void prepare(struct search *s)
{
    const struct scs_model *m = s->model;
    s->key = scs_hash_key_random();
    s->num_tallies = m->num_servers + m->num_findings;
    s->tallies = scs_xcalloc((size_t)s->num_tallies + 1, sizeof *s->tallies);
    s->successes = scs_xcalloc((size_t)m->num_servers + 1, sizeof *s->successes);
    for (uint32_t i = 0; i < m->num_servers; i++) {
        for (unsigned series = 0; series < NUM_SERIES; series++) {
            s->successes[i].series[series].last_ns = SCS_NO_TIME;
        }
    }
    for (uint32_t i = 0; i < m->num_findings; i++) {
        s->tallies[m->num_servers + i].finding = m->findings[i];
    }
}

void scs_patterns_find(struct scs_model *model, const struct scs_judge *j, const struct scs_roots *roots, struct scs_arena *arena)
{
    struct search s = {.model = model, .judge = j, .roots = roots};
    prepare(&s);
    walk_time(&s);
    walk_failed(&s);
    ask(&s);
    walk_succeeded(&s);
    for (uint32_t i = 0; i < s.num_tallies; i++) {
        if (s.tallies[i].server != NULL && !s.tallies[i].several_servers) {
            find_time(&s, &s.tallies[i]);
            find_traits(&s, &s.tallies[i]);
        }
    }
    model->patterns = scs_arena_dup(arena, s.patterns, s.num * sizeof *s.patterns);
    model->num_patterns = s.num;
    free(s.patterns);
    free(s.questions);
    free(s.successes);
    free(s.tallies);
}
