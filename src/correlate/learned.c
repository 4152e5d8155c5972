/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/learned.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/shapes.h"
#include "base/text.h"
#include "base/xalloc.h"

#define SLOTS (2u * SCS_MAX_SERVERS)

/* Tallies of exchanges that left memory. */
struct left {
    struct scs_op_tally ops[sizeof((struct scs_server *)NULL)->ops / sizeof(struct scs_op_tally)];
};

struct scs_learned {
    struct scs_arena *keep;
    struct scs_limits_hit *limits;
    struct scs_hash_key key;
    struct scs_server *slots[SLOTS];
    struct scs_server **in_order;
    struct left *left; /* in the same order */
    uint32_t num, cap;
};

struct scs_learned *scs_learned_new(struct scs_arena *keep, struct scs_limits_hit *limits)
{
    struct scs_learned *l = scs_xcalloc(1, sizeof *l);
    l->keep = keep;
    l->limits = limits;
    l->key = scs_hash_key_random();
    return l;
}

void scs_learned_free(struct scs_learned *l)
{
    if (l != NULL) {
        free(l->in_order);
        free(l->left);
        free(l);
    }
}

static struct scs_server **slot_of(struct scs_learned *l, const struct scs_endpoint *endpoint)
{
    uint8_t identity[19] = {endpoint->addr.family, (uint8_t)(endpoint->port >> 8), (uint8_t)endpoint->port};
    memcpy(identity + 3, endpoint->addr.bytes, 16);
    size_t at = scs_hash(&l->key, identity, sizeof identity) % SLOTS;
    while (l->slots[at] != NULL && !scs_endpoint_equal(&l->slots[at]->endpoint, endpoint)) {
        at = (at + 1) % SLOTS;
    }
    return &l->slots[at];
}

static struct scs_server *server_of(struct scs_learned *l, const struct scs_endpoint *endpoint)
{
    struct scs_server **slot = slot_of(l, endpoint);
    if (*slot == NULL) {
        if (l->num >= SCS_MAX_SERVERS) {
            l->limits->servers_dropped++;
            return NULL;
        }
        if (l->num == l->cap) {
            l->cap = l->cap == 0 ? 16 : l->cap * 2;
            l->in_order = scs_xrealloc(l->in_order, l->cap, sizeof *l->in_order);
            l->left = scs_xrealloc(l->left, l->cap, sizeof *l->left);
        }
        *slot = SCS_ARENA_NEW(l->keep, struct scs_server);
        (*slot)->endpoint = *endpoint;
        (*slot)->id = ++l->num;
        l->in_order[l->num - 1] = *slot;
        l->left[l->num - 1] = (struct left){0};
    }
    return *slot;
}

static bool has_ra(const struct scs_ca_certs *certs)
{
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        uint8_t role = certs->certificates[i]->role;
        if (role == SCS_ROLE_RA_ENCRYPTION || role == SCS_ROLE_RA_SIGNING) {
            return true;
        }
    }
    return false;
}

/* IIS answers /certsrv/mscep, or the answers are such as only NDES gives. */
static void fingerprint(struct scs_server *s, const struct scs_exchange *x)
{
    const char *product = x->reply->server;
    bool direct_iis = scs_text_starts_nocase(product, "Microsoft-IIS") || scs_text_starts_nocase(product, "Microsoft-HTTPAPI");
    bool mscep = x->path_kind == SCS_PATH_MSCEP_INFO || x->path_kind == SCS_PATH_MSCEP_DLL ||
                 x->path_kind == SCS_PATH_PKICLIENT || x->path_kind == SCS_PATH_ADMIN;
    s->is_iis = s->is_iis || direct_iis;
    s->is_ndes = s->is_ndes || (direct_iis && mscep) || (x->scep_reply != NULL && x->scep_reply->has_hresult) ||
                 (mscep && x->ca_certs != NULL && has_ra(x->ca_certs));
}

static void measure_query(struct scs_server *s, const struct scs_exchange *x)
{
    uint16_t status = x->reply->status;
    if (x->request == NULL || x->request->query_len == 0) {
        return;
    }
    uint32_t len = x->request->query_len;
    if (status == 200 && len > s->longest_query_ok) {
        s->longest_query_ok = len;
    }
    if ((status == 400 || status == 404 || status == 414) &&
        (s->shortest_query_refused == 0 || len < s->shortest_query_refused)) {
        s->shortest_query_refused = len;
    }
}

void scs_learned_exchange(struct scs_learned *l, const struct scs_exchange *x)
{
    struct scs_server *s = server_of(l, &x->connection->server);
    if (s == NULL) {
        return;
    }
    if (x->reply == NULL) {
        return;
    }
    fingerprint(s, x);
    measure_query(s, x);
    if (x->outcome == SCS_OUTCOME_OK && x->operation == SCS_OP_GET_CA_CAPS) {
        s->last_caps = x;
    } else if (x->outcome == SCS_OUTCOME_OK && x->operation == SCS_OP_GET_CA_CERT) {
        s->last_ca_certs = x;
    }
}

void scs_learned_recount(struct scs_learned *l)
{
    for (uint32_t i = 0; i < l->num; i++) {
        memcpy(l->in_order[i]->ops, l->left[i].ops, sizeof l->in_order[i]->ops);
    }
}

static void count(struct scs_op_tally *ops, const struct scs_exchange *x)
{
    struct scs_op_tally *tally = &ops[x->operation];
    tally->seen++;
    tally->ok += x->outcome == SCS_OUTCOME_OK || x->outcome == SCS_OUTCOME_PENDING || x->outcome == SCS_OUTCOME_HEALTHY_PAGE;
    tally->failed +=
        x->outcome == SCS_OUTCOME_FAILED || x->outcome == SCS_OUTCOME_TRUNCATED || x->outcome == SCS_OUTCOME_UNANSWERED;
}

void scs_learned_tally(struct scs_learned *l, const struct scs_exchange *x)
{
    struct scs_server *s = server_of(l, &x->connection->server);
    if (s != NULL && !x->probe && x->operation < sizeof s->ops / sizeof *s->ops) {
        count(s->ops, x);
    }
}

void scs_learned_left(struct scs_learned *l, const struct scs_exchange *x)
{
    const struct scs_server *s = server_of(l, &x->connection->server);
    if (s != NULL && !x->probe && x->operation < sizeof s->ops / sizeof *s->ops) {
        count(l->left[s->id - 1].ops, x);
    }
}

const struct scs_ca_certs *scs_learned_ca_certs(const struct scs_learned *l, const struct scs_endpoint *endpoint)
{
    const struct scs_server *best = NULL;
    for (uint32_t i = 0; i < l->num; i++) {
        const struct scs_server *s = l->in_order[i];
        if (s->last_ca_certs != NULL && scs_addr_equal(&s->endpoint.addr, &endpoint->addr)) {
            if (s->endpoint.port == endpoint->port) {
                return s->last_ca_certs->ca_certs;
            }
            best = s;
        }
    }
    return best != NULL ? best->last_ca_certs->ca_certs : NULL;
}

/* Marks the servers at `endpoint`; false when there are none. */
static bool mark_named(struct scs_learned *l, const struct scs_endpoint *endpoint)
{
    bool heard = false;
    for (uint32_t i = 0; i < l->num; i++) {
        struct scs_server *s = l->in_order[i];
        if (scs_addr_equal(&s->endpoint.addr, &endpoint->addr) && (endpoint->port == 0 || s->endpoint.port == endpoint->port)) {
            s->named = heard = true;
        }
    }
    return heard;
}

static bool is_among(struct scs_server *const *servers, uint32_t num, const struct scs_endpoint *endpoint)
{
    for (uint32_t i = 0; i < num; i++) {
        if (scs_endpoint_equal(&servers[i]->endpoint, endpoint)) {
            return true;
        }
    }
    return false;
}

const struct scs_server *const *scs_learned_servers(struct scs_learned *l, const struct scs_endpoint *named, uint32_t num_named,
                                                    struct scs_arena *arena, uint32_t *num)
{
    struct scs_server **out = SCS_ARENA_ARRAY(arena, l->num + (size_t)num_named, struct scs_server *);
    for (uint32_t i = 0; i < l->num; i++) {
        out[i] = l->in_order[i];
    }
    *num = l->num;
    for (uint32_t i = 0; i < num_named; i++) {
        if (!mark_named(l, &named[i]) && !is_among(out + l->num, *num - l->num, &named[i])) {
            struct scs_server *s = SCS_ARENA_NEW(arena, struct scs_server);
            s->endpoint = named[i];
            s->named = true;
            s->id = *num + 1;
            out[(*num)++] = s;
        }
    }
    return (const struct scs_server *const *)out;
}

void scs_learned_move(struct scs_learned *l, struct scs_mover *m)
{
    for (uint32_t i = 0; i < l->num; i++) {
        scs_move_one(m, &l->in_order[i], &scs_shape_server);
    }
    for (uint32_t i = 0; i < SLOTS; i++) {
        scs_move_one(m, &l->slots[i], &scs_shape_server);
    }
}
