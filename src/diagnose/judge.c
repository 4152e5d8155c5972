/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/xalloc.h"

#define SECOND INT64_C(1000000000)
/* CAP-CLOCK: clocks that agree to the minute are left alone. */
#define CLOCK_TOLERANCE_S 60
/* An attempt that a connection follows within this time did the device no harm. */
#define RECOVERY_NS (60 * SECOND)
/* Answers still under way when another request starts: more than these are not looked past. */
#define MAX_UNDER_WAY 64u

/* Ids by group: those of group g stand at ids[first[g] .. first[g + 1]). */
struct grouped {
    uint32_t *first;
    uint32_t *ids;
};

/* One client address at one server. */
struct pair {
    struct scs_addr client;
    uint32_t server;
    uint32_t last_connection; /* while indexing: index + 1 */
    uint32_t blocked_enrolment;
    uint32_t largest_acked[2]; /* by direction */
};

struct table {
    uint32_t *slots; /* index + 1; 0 free */
    uint32_t mask;
};

/* The server that was asked for last: rules ask for the same one over and over. */
struct recent {
    struct scs_endpoint endpoint;
    uint32_t server; /* index + 1; 0 none yet */
};

struct scs_judge {
    const struct scs_model *model;
    struct scs_arena *arena;
    struct scs_hash_key key;
    bool scep_seen;
    struct scs_judge_server *servers;
    uint32_t num_servers;
    struct table server_table;
    struct recent *recent;
    struct pair *pairs;
    uint32_t num_pairs;
    struct table pair_table;
    /* by connection index */
    uint32_t *server_of, *pair_of;
    int64_t *next_opened_ns; /* of the same pair; SCS_NO_TIME */
    /* by exchange id - 1 */
    uint32_t *connection_of;
    struct grouped by_connection, by_pair, by_server, good_caps, good_ca_certs;
    struct scs_judge_tally tally;
};

/* SYNs that nobody answers are an attempt, not half of a capture. */
static bool is_one_way(const struct scs_connection *c)
{
    return (c->flags & SCS_CONN_ONE_WAY) != 0 && c->state != SCS_CONN_BLOCKED && c->state != SCS_CONN_REFUSED;
}

/* Bytes the capture lost of one side. A single one is the sequence number of a FIN: nothing that was said is missing. */
static uint64_t lost_bytes(const struct scs_half *half)
{
    return half->missing_bytes > 1 ? half->missing_bytes : 0;
}

/* ---- servers and pairs --------------------------------------------------------------------------- */

static struct table table_new(struct scs_arena *arena, uint32_t most)
{
    uint32_t size = 16;
    while (size < most * 2) {
        size *= 2;
    }
    return (struct table){.slots = SCS_ARENA_ARRAY(arena, size, uint32_t), .mask = size - 1};
}

/* The bytes of an endpoint without its padding. */
static uint64_t hash_endpoint(const struct scs_judge *j, const struct scs_addr *addr, uint32_t number)
{
    uint8_t bytes[sizeof addr->bytes + 1 + sizeof number];
    bytes[0] = addr->family;
    memcpy(bytes + 1, addr->bytes, sizeof addr->bytes);
    memcpy(bytes + 1 + sizeof addr->bytes, &number, sizeof number);
    return scs_hash(&j->key, bytes, sizeof bytes);
}

/* The slot that holds the endpoint's index, or the free one where it belongs. */
static uint32_t *server_slot(const struct scs_judge *j, const struct scs_endpoint *e)
{
    uint32_t at = (uint32_t)hash_endpoint(j, &e->addr, e->port);
    for (;; at++) {
        uint32_t *slot = &j->server_table.slots[at & j->server_table.mask];
        if (*slot == 0 || scs_endpoint_equal(&j->servers[*slot - 1].endpoint, e)) {
            return slot;
        }
    }
}

/* Index + 1 of a server; 0 for one that is not known. */
static uint32_t server_at(const struct scs_judge *j, const struct scs_endpoint *e)
{
    if (j->recent->server == 0 || !scs_endpoint_equal(&j->recent->endpoint, e)) {
        uint32_t at = *server_slot(j, e);
        if (at == 0) {
            return 0;
        }
        *j->recent = (struct recent){*e, at};
    }
    return j->recent->server;
}

static uint32_t *pair_slot(const struct scs_judge *j, const struct scs_addr *client, uint32_t server)
{
    uint32_t at = (uint32_t)hash_endpoint(j, client, server);
    for (;; at++) {
        uint32_t *slot = &j->pair_table.slots[at & j->pair_table.mask];
        if (*slot == 0 || (j->pairs[*slot - 1].server == server && scs_addr_equal(&j->pairs[*slot - 1].client, client))) {
            return slot;
        }
    }
}

static uint32_t add_server(struct scs_judge *j, const struct scs_endpoint *e)
{
    uint32_t *slot = server_slot(j, e);
    if (*slot == 0) {
        j->servers[j->num_servers].endpoint = *e;
        *slot = ++j->num_servers;
    }
    return *slot - 1;
}

static uint32_t add_pair(struct scs_judge *j, const struct scs_addr *client, uint32_t server)
{
    uint32_t *slot = pair_slot(j, client, server);
    if (*slot == 0) {
        j->pairs[j->num_pairs] = (struct pair){.client = *client, .server = server};
        *slot = ++j->num_pairs;
    }
    return *slot - 1;
}

static void note_acked(struct pair *p, const struct scs_connection *c)
{
    for (int dir = 0; dir < 2; dir++) {
        const struct scs_half *half = &c->half[dir];
        /* What arrived though the capture lost it may have been of any size. */
        uint32_t largest = half->missing_bytes != 0 ? UINT32_MAX : half->largest_acked_segment;
        if (largest > p->largest_acked[dir]) {
            p->largest_acked[dir] = largest;
        }
    }
}

/*
 * For each connection, when the same client next got one open to the same server: the pair's earlier ones that still wait
 * for that get it now. `earlier` leads from each connection to the pair's one before, as index + 1.
 */
static void note_opened(struct scs_judge *j, uint32_t index, uint32_t *earlier)
{
    const struct scs_connection *c = j->model->connections[index];
    struct pair *p = &j->pairs[j->pair_of[index]];
    j->next_opened_ns[index] = SCS_NO_TIME;
    earlier[index] = p->last_connection;
    p->last_connection = index + 1;
    if ((c->flags & SCS_CONN_HANDSHAKE) == 0) {
        return;
    }
    for (uint32_t at = earlier[index]; at != 0 && j->next_opened_ns[at - 1] == SCS_NO_TIME; at = earlier[at - 1]) {
        j->next_opened_ns[at - 1] = c->opened_ns;
    }
}

static void index_connections(struct scs_judge *j)
{
    const struct scs_model *m = j->model;
    uint32_t most = m->num_connections + m->num_servers;
    j->servers = SCS_ARENA_ARRAY(j->arena, most, struct scs_judge_server);
    j->server_table = table_new(j->arena, most);
    j->pairs = SCS_ARENA_ARRAY(j->arena, m->num_connections, struct pair);
    j->pair_table = table_new(j->arena, m->num_connections);
    j->server_of = SCS_ARENA_ARRAY(j->arena, m->num_connections, uint32_t);
    j->pair_of = SCS_ARENA_ARRAY(j->arena, m->num_connections, uint32_t);
    j->next_opened_ns = SCS_ARENA_ARRAY(j->arena, m->num_connections, int64_t);
    uint32_t *earlier = scs_xcalloc((size_t)m->num_connections + 1, sizeof *earlier);
    for (uint32_t i = 0; i < m->num_servers; i++) {
        j->servers[add_server(j, &m->servers[i]->endpoint)].server = m->servers[i];
        j->tally.named |= m->servers[i]->named;
    }
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        bool same = i > 0 && scs_endpoint_equal(&c->server, &m->connections[i - 1]->server);
        uint32_t server = same ? j->server_of[i - 1] : add_server(j, &c->server);
        j->server_of[i] = server;
        j->pair_of[i] = add_pair(j, &c->client.addr, server);
        j->tally.named |= (c->flags & SCS_CONN_NAMED_SERVER) != 0;
        note_acked(&j->pairs[j->pair_of[i]], c);
        note_opened(j, i, earlier);
        j->servers[server].connections++;
        j->servers[server].one_way += is_one_way(c);
        j->servers[server].shaken += (c->flags & SCS_CONN_HANDSHAKE) != 0;
        scs_model_rest(m, i);
    }
    free(earlier);
}

static void index_blocked_enrolments(struct scs_judge *j)
{
    for (uint32_t i = 0; i < j->model->num_enrolments; i++) {
        const struct scs_enrolment *e = j->model->enrolments[i];
        uint32_t server = e->num_exchanges == 0 ? *server_slot(j, &e->server) : 0;
        uint32_t pair = server == 0 ? 0 : *pair_slot(j, &e->client, server - 1);
        if (pair != 0 && j->pairs[pair - 1].blocked_enrolment == 0) {
            j->pairs[pair - 1].blocked_enrolment = e->id;
        }
        scs_model_rest(j->model, i);
    }
}

/* ---- exchanges ----------------------------------------------------------------------------------- */

/* Turns counts at first[g + 1] into starts, and makes room for the ids. */
static void grouped_room(struct scs_judge *j, struct grouped *g, uint32_t groups)
{
    for (uint32_t i = 0; i < groups; i++) {
        g->first[i + 1] += g->first[i];
    }
    g->ids = SCS_ARENA_ARRAY(j->arena, g->first[groups], uint32_t);
}

/* Puts an id at the end of its group; first[] then stands one group further, until grouped_done. */
static void grouped_put(struct grouped *g, uint32_t group, uint32_t id)
{
    g->ids[g->first[group]++] = id;
}

static void grouped_done(struct grouped *g, uint32_t groups)
{
    memmove(g->first + 1, g->first, groups * sizeof g->first[0]);
    g->first[0] = 0;
}

static bool is_good_caps(const struct scs_exchange *x)
{
    return x->caps != NULL && x->operation == SCS_OP_GET_CA_CAPS && x->outcome == SCS_OUTCOME_OK && x->caps->text;
}

static bool is_good_ca_certs(const struct scs_exchange *x)
{
    return x->ca_certs != NULL && x->operation == SCS_OP_GET_CA_CERT && x->outcome == SCS_OUTCOME_OK && x->ca_certs->parsed &&
           x->ca_certs->num_certificates != 0;
}

/* What an exchange is an example of. */
enum { GOOD_CAPS = 1, GOOD_CA_CERTS = 2 };

static void count_exchanges(struct scs_judge *j, uint8_t *examples)
{
    const struct scs_model *m = j->model;
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        uint32_t c = scs_judge_connection_index(j, x->connection->id);
        j->connection_of[i] = c;
        j->tally.policy_hop |= x->path_kind == SCS_PATH_CRP;
        if (c == SCS_NO_INDEX) {
            continue;
        }
        j->by_connection.first[c + 1]++;
        j->by_pair.first[j->pair_of[c] + 1]++;
        j->by_server.first[j->server_of[c] + 1]++;
        j->servers[j->server_of[c]].unavailable +=
            x->outcome == SCS_OUTCOME_FAILED && x->reply != NULL && x->reply->status == 503;
        examples[i] = is_good_caps(x) ? GOOD_CAPS : is_good_ca_certs(x) ? GOOD_CA_CERTS : 0;
        j->good_caps.first[j->server_of[c] + 1] += examples[i] == GOOD_CAPS;
        j->good_ca_certs.first[j->server_of[c] + 1] += examples[i] == GOOD_CA_CERTS;
        scs_model_rest(m, i);
    }
}

static void place_exchanges(struct scs_judge *j, const uint8_t *examples)
{
    for (uint32_t i = 0; i < j->model->num_exchanges; i++) {
        uint32_t c = j->connection_of[i];
        if (c == SCS_NO_INDEX) {
            continue;
        }
        grouped_put(&j->by_connection, c, i + 1);
        grouped_put(&j->by_pair, j->pair_of[c], i + 1);
        grouped_put(&j->by_server, j->server_of[c], i + 1);
        if (examples[i] == GOOD_CAPS) {
            grouped_put(&j->good_caps, j->server_of[c], i + 1);
        } else if (examples[i] == GOOD_CA_CERTS) {
            grouped_put(&j->good_ca_certs, j->server_of[c], i + 1);
        }
    }
}

static void index_exchanges(struct scs_judge *j)
{
    struct {
        struct grouped *g;
        uint32_t groups;
    } all[] = {{&j->by_connection, j->model->num_connections},
               {&j->by_pair, j->num_pairs},
               {&j->by_server, j->num_servers},
               {&j->good_caps, j->num_servers},
               {&j->good_ca_certs, j->num_servers}};
    const size_t num = sizeof all / sizeof all[0];
    j->connection_of = SCS_ARENA_ARRAY(j->arena, j->model->num_exchanges, uint32_t);
    for (size_t i = 0; i < num; i++) {
        all[i].g->first = SCS_ARENA_ARRAY(j->arena, all[i].groups + 1, uint32_t);
    }
    uint8_t *examples = scs_xcalloc((size_t)j->model->num_exchanges + 1, sizeof *examples);
    count_exchanges(j, examples);
    for (size_t i = 0; i < num; i++) {
        grouped_room(j, all[i].g, all[i].groups);
    }
    place_exchanges(j, examples);
    free(examples);
    for (size_t i = 0; i < num; i++) {
        grouped_done(all[i].g, all[i].groups);
    }
}

/* ---- the tally ------------------------------------------------------------------------------------ */

static void note_first(const struct scs_connection **first, uint32_t *count, bool holds, const struct scs_connection *c)
{
    if (holds) {
        (*count)++;
        if (*first == NULL) {
            *first = c;
        }
    }
}

static void tally_connections(struct scs_judge *j)
{
    struct scs_judge_tally *t = &j->tally;
    for (uint32_t i = 0; i < j->model->num_connections; i++) {
        const struct scs_connection *c = j->model->connections[i];
        scs_model_rest(j->model, i);
        if (scs_judge_concern(j, c) == SCS_CONCERN_NONE) {
            continue;
        }
        uint64_t missing = is_one_way(c) ? 0 : lost_bytes(&c->half[SCS_TO_SERVER]) + lost_bytes(&c->half[SCS_TO_CLIENT]);
        t->missing_bytes += missing;
        note_first(&t->first_snaplen, &t->snaplen, (c->flags & SCS_CONN_SNAPLEN) != 0, c);
        note_first(&t->first_gap, &t->gaps, missing != 0, c);
        note_first(&t->first_one_way, &t->one_way, is_one_way(c), c);
        note_first(&t->first_midstream, &t->midstream, (c->flags & SCS_CONN_MIDSTREAM) != 0, c);
        bool shut = (c->flags & SCS_CONN_TLS) != 0 && (c->tls == NULL || (c->tls->flags & SCS_TLS_DECRYPTED) == 0);
        t->tls += shut;
        t->failed_attempts += c->state == SCS_CONN_REFUSED || (c->state == SCS_CONN_BLOCKED && c->syn_tries >= 3);
        uint32_t server = j->server_of[i];
        t->named_unreadable |=
            (c->flags & SCS_CONN_NAMED_SERVER) != 0 && shut &&
            (j->servers[server].server == NULL || j->servers[server].server->ops[SCS_OP_PKI_OPERATION].seen == 0) &&
            c->num_exchanges == 0;
    }
}

/* ---- building and asking -------------------------------------------------------------------------- */

struct scs_judge *scs_judge_new(const struct scs_model *model)
{
    struct scs_arena *arena = scs_arena_new();
    struct scs_judge *j = SCS_ARENA_NEW(arena, struct scs_judge);
    j->model = model;
    j->arena = arena;
    j->key = scs_hash_key_random();
    j->recent = SCS_ARENA_NEW(arena, struct recent);
    j->scep_seen = model->num_exchanges != 0;
    index_connections(j);
    index_blocked_enrolments(j);
    index_exchanges(j);
    tally_connections(j);
    return j;
}

void scs_judge_free(struct scs_judge *j)
{
    if (j != NULL) {
        scs_arena_free(j->arena);
    }
}

const struct scs_model *scs_judge_model(const struct scs_judge *j)
{
    return j->model;
}

const struct scs_judge_tally *scs_judge_tally(const struct scs_judge *j)
{
    return &j->tally;
}

uint32_t scs_judge_connection_index(const struct scs_judge *j, uint32_t connection_id)
{
    const struct scs_model *m = j->model;
    uint32_t low = 0, high = m->num_connections;
    if (connection_id - 1 < high && m->connections[connection_id - 1]->id == connection_id) {
        return connection_id - 1; /* ids without holes, the common case */
    }
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (m->connections[mid]->id < connection_id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < m->num_connections && m->connections[low]->id == connection_id ? low : SCS_NO_INDEX;
}

uint32_t scs_judge_connection_of(const struct scs_judge *j, uint32_t exchange_id)
{
    return j->connection_of[exchange_id - 1];
}

static const uint32_t *grouped_get(const struct grouped *g, uint32_t group, uint32_t *num)
{
    *num = g->first[group + 1] - g->first[group];
    return g->ids + g->first[group];
}

const uint32_t *scs_judge_by_connection(const struct scs_judge *j, uint32_t connection_id, uint32_t *num)
{
    uint32_t index = scs_judge_connection_index(j, connection_id);
    if (index == SCS_NO_INDEX) {
        *num = 0;
        return NULL;
    }
    return grouped_get(&j->by_connection, index, num);
}

const uint32_t *scs_judge_by_client(const struct scs_judge *j, const struct scs_addr *client, const struct scs_endpoint *server,
                                    uint32_t *num)
{
    uint32_t at = server_at(j, server);
    uint32_t pair = at == 0 ? 0 : *pair_slot(j, client, at - 1);
    if (pair == 0) {
        *num = 0;
        return NULL;
    }
    return grouped_get(&j->by_pair, pair - 1, num);
}

const uint32_t *scs_judge_by_client_of(const struct scs_judge *j, const struct scs_exchange *x, uint32_t *num)
{
    uint32_t index = j->connection_of[x->id - 1];
    if (index == SCS_NO_INDEX) {
        *num = 0;
        return NULL;
    }
    return grouped_get(&j->by_pair, j->pair_of[index], num);
}

const uint32_t *scs_judge_by_server(const struct scs_judge *j, const struct scs_endpoint *server, uint32_t *num)
{
    uint32_t at = server_at(j, server);
    if (at == 0) {
        *num = 0;
        return NULL;
    }
    return grouped_get(&j->by_server, at - 1, num);
}

/* In a time of which some left memory, a later answer may have been among it. */
static bool may_be_outdated(const struct scs_judge *j, const struct scs_exchange *x, int64_t ts_ns)
{
    return scs_model_is_thinned(j->model, ts_ns) && ts_ns - x->started_ns > SCS_MEMORY_QUIET_S * INT64_C(1000000000);
}

/* The last of a server's good answers that was complete before `ts_ns`. */
static const struct scs_exchange *last_before(const struct scs_judge *j, const struct grouped *g,
                                              const struct scs_endpoint *server, int64_t ts_ns)
{
    uint32_t at = server_at(j, server), num = 0;
    const uint32_t *ids = at == 0 ? NULL : grouped_get(g, at - 1, &num);
    uint32_t low = 0, high = num;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (j->model->exchanges[ids[mid] - 1]->started_ns < ts_ns) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (uint32_t back = 0; low > 0 && back < MAX_UNDER_WAY; back++) {
        const struct scs_exchange *x = j->model->exchanges[ids[--low] - 1];
        if (x->duration_ns == SCS_NO_TIME || x->started_ns + x->duration_ns <= ts_ns) {
            return may_be_outdated(j, x, ts_ns) ? NULL : x;
        }
    }
    return NULL;
}

const struct scs_exchange *scs_judge_ca_certs_before(const struct scs_judge *j, const struct scs_endpoint *server, int64_t ts_ns)
{
    return last_before(j, &j->good_ca_certs, server, ts_ns);
}

const struct scs_exchange *scs_judge_caps_before(const struct scs_judge *j, const struct scs_endpoint *server, int64_t ts_ns)
{
    return last_before(j, &j->good_caps, server, ts_ns);
}

int64_t scs_judge_true_time(const struct scs_judge *j, int64_t ts_ns)
{
    int64_t seconds = ts_ns / SECOND, offset = j->model->capture->clock_offset_s;
    return offset == SCS_NO_TIME || (offset <= CLOCK_TOLERANCE_S && offset >= -CLOCK_TOLERANCE_S) ? seconds : seconds + offset;
}

bool scs_judge_sees_connection(const struct scs_judge *j, const struct scs_connection *c)
{
    (void)j;
    return (c->flags & (SCS_CONN_ONE_WAY | SCS_CONN_SNAPLEN | SCS_CONN_OUTGROWN)) == 0 &&
           c->half[SCS_TO_SERVER].missing_bytes == 0 && c->half[SCS_TO_CLIENT].missing_bytes == 0 &&
           !c->half[SCS_TO_SERVER].end_unseen && !c->half[SCS_TO_CLIENT].end_unseen;
}

static bool sees_message(const struct scs_http_message *m)
{
    return (m->flags &
            (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_CAPTURE_END | SCS_HTTP_MIDWAY | SCS_HTTP_BODY_LIMIT)) == 0;
}

bool scs_judge_sees_all(const struct scs_judge *j, const struct scs_exchange *x)
{
    if (x->request == NULL || x->outcome == SCS_OUTCOME_INCOMPLETE || !sees_message(&x->request->m)) {
        return false;
    }
    /* With both messages whole, a gap elsewhere on the connection is not this exchange's. */
    return x->reply != NULL ? sees_message(&x->reply->m) : scs_judge_sees_connection(j, x->connection);
}

const struct scs_judge_server *scs_judge_server_of(const struct scs_judge *j, const struct scs_connection *c)
{
    return &j->servers[j->server_of[scs_judge_connection_index(j, c->id)]];
}

const struct scs_server *scs_judge_server_find(const struct scs_judge *j, const struct scs_endpoint *endpoint)
{
    uint32_t at = server_at(j, endpoint);
    return at == 0 ? NULL : j->servers[at - 1].server;
}

bool scs_judge_called(const struct scs_judge *j, const struct scs_endpoint *endpoint)
{
    if (endpoint->port != 0) {
        uint32_t at = *server_slot(j, endpoint);
        return at != 0 && j->servers[at - 1].connections != 0;
    }
    for (uint32_t i = 0; i < j->num_servers; i++) {
        if (j->servers[i].connections != 0 && scs_addr_equal(&j->servers[i].endpoint.addr, &endpoint->addr)) {
            return true;
        }
    }
    return false;
}

uint32_t scs_judge_largest_acked(const struct scs_judge *j, const struct scs_connection *c, enum scs_dir dir)
{
    return j->pairs[j->pair_of[scs_judge_connection_index(j, c->id)]].largest_acked[dir];
}

static bool is_web_port(uint16_t port)
{
    return port == 80 || port == 443 || port == 8080 || port == 8443;
}

enum scs_concern scs_judge_concern(const struct scs_judge *j, const struct scs_connection *c)
{
    if ((c->flags & (SCS_CONN_SCEP_SERVER | SCS_CONN_NAMED_SERVER)) != 0 || c->num_exchanges != 0) {
        return SCS_CONCERN_SURE;
    }
    bool client_calls = (c->flags & (SCS_CONN_CA_SIDE | SCS_CONN_BY_SERVER)) == 0;
    return client_calls && !j->scep_seen && !j->tally.named && is_web_port(c->server.port) ? SCS_CONCERN_PERHAPS
                                                                                           : SCS_CONCERN_NONE;
}

bool scs_judge_recovered(const struct scs_judge *j, const struct scs_connection *c)
{
    int64_t next = j->next_opened_ns[scs_judge_connection_index(j, c->id)];
    return next != SCS_NO_TIME && next - c->last_ns <= RECOVERY_NS;
}

uint32_t scs_judge_blocked_enrolment(const struct scs_judge *j, const struct scs_connection *c)
{
    return j->pairs[j->pair_of[scs_judge_connection_index(j, c->id)]].blocked_enrolment;
}
