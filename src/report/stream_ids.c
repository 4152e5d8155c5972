/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stream_ids.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/xalloc.h"

/* What a key in the table speaks of; values are the numbers given. */
enum kind { CONNECTION = 1, EXCHANGE, ATTEMPTS, TAKEN };
#define KEY(kind, what) ((uint64_t)(kind) << 60 | ((uint64_t)(what)&UINT64_C(0x0fffffffffffffff)))

struct scs_stream_ids {
    struct scs_hash_key hash;
    struct scs_map known; /* as of the last look */
    const struct scs_model *m;
    uint32_t *connections, *enrolments; /* by id - 1 */
    uint32_t last_connection, last_enrolment;
};

struct scs_stream_ids *scs_stream_ids_new(void)
{
    struct scs_stream_ids *ids = scs_xcalloc(1, sizeof *ids);
    ids->hash = scs_hash_key_random();
    return ids;
}

void scs_stream_ids_free(struct scs_stream_ids *ids)
{
    if (ids != NULL) {
        scs_map_cleanup(&ids->known);
        free(ids->connections);
        free(ids->enrolments);
        free(ids);
    }
}

static void look_at_connections(struct scs_stream_ids *ids, const struct scs_model *m, struct scs_map *now)
{
    ids->connections = scs_xrealloc(ids->connections, (size_t)m->num_connections + 1, sizeof *ids->connections);
    for (uint32_t i = 0; i < m->num_connections; i++) {
        uint64_t key = KEY(CONNECTION, m->connections[i]->first_frame);
        uint32_t number = (uint32_t)scs_map_get(&ids->known, key);
        ids->connections[i] = number != 0 ? number : ++ids->last_connection;
        scs_map_put(now, key, ids->connections[i]);
        scs_model_rest(m, i);
    }
}

static uint64_t attempts_key(const struct scs_stream_ids *ids, const struct scs_enrolment *e)
{
    uint64_t h = (uint64_t)e->started_ns;
    h ^= scs_hash(&ids->hash, e->client.bytes, sizeof e->client.bytes);
    h = h * 31 + scs_hash(&ids->hash, e->server.addr.bytes, sizeof e->server.addr.bytes);
    return KEY(ATTEMPTS, h * 31 + e->server.port);
}

/* A number that no other enrolment of this look has. */
static bool take(struct scs_map *now, uint64_t number)
{
    if (number == 0 || scs_map_get(now, KEY(TAKEN, number)) != 0) {
        return false;
    }
    scs_map_put(now, KEY(TAKEN, number), 1);
    return true;
}

static uint32_t number_of(struct scs_stream_ids *ids, const struct scs_model *m, const struct scs_enrolment *e,
                          struct scs_map *now)
{
    for (uint32_t k = 0; k < e->num_exchanges; k++) {
        uint64_t number = scs_map_get(&ids->known, KEY(EXCHANGE, m->exchanges[e->exchanges[k] - 1]->serial));
        if (take(now, number)) {
            return (uint32_t)number;
        }
    }
    uint64_t number = scs_map_get(&ids->known, attempts_key(ids, e));
    if (!take(now, number)) {
        number = ++ids->last_enrolment;
        (void)take(now, number);
    }
    return (uint32_t)number;
}

static void look_at_enrolments(struct scs_stream_ids *ids, const struct scs_model *m, struct scs_map *now)
{
    ids->enrolments = scs_xrealloc(ids->enrolments, (size_t)m->num_enrolments + 1, sizeof *ids->enrolments);
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        uint32_t number = number_of(ids, m, e, now);
        ids->enrolments[i] = number;
        for (uint32_t k = 0; k < e->num_exchanges; k++) {
            scs_map_put(now, KEY(EXCHANGE, m->exchanges[e->exchanges[k] - 1]->serial), number);
        }
        scs_map_put(now, attempts_key(ids, e), number);
        scs_model_rest(m, i);
    }
}

void scs_stream_ids_look(struct scs_stream_ids *ids, const struct scs_model *m)
{
    struct scs_map now = {0};
    ids->m = m;
    look_at_connections(ids, m, &now);
    look_at_enrolments(ids, m, &now);
    scs_map_cleanup(&ids->known);
    ids->known = now;
}

uint32_t scs_stream_id_exchange(const struct scs_stream_ids *ids, uint32_t id)
{
    return ids == NULL || id == 0 ? id : ids->m->exchanges[id - 1]->serial;
}

uint32_t scs_stream_id_enrolment(const struct scs_stream_ids *ids, uint32_t id)
{
    return ids == NULL || id == 0 ? id : ids->enrolments[id - 1];
}

/* Ids of connections may have gaps: they are looked for in the ascending list. */
uint32_t scs_stream_id_connection(const struct scs_stream_ids *ids, uint32_t id)
{
    uint32_t low = 0, high = ids == NULL ? 0 : ids->m->num_connections;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ids->m->connections[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return ids == NULL || id == 0 ? id : low < ids->m->num_connections ? ids->connections[low] : 0;
}
