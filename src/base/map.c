/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <stdlib.h>

#include "base/xalloc.h"

#define LEAST_ROOM 64u

void scs_map_cleanup(struct scs_map *m)
{
    free(m->entries);
    *m = (struct scs_map){0};
}

static struct scs_map_entry *place_of(const struct scs_map *m, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (m->room - 1);
    while (m->entries[at].key != 0 && m->entries[at].key != key) {
        at = (at + 1) & (m->room - 1);
    }
    return &m->entries[at];
}

uint64_t scs_map_get(const struct scs_map *m, uint64_t key)
{
    return m->num == 0 ? 0 : place_of(m, key)->value;
}

static void grow(struct scs_map *m)
{
    struct scs_map larger = {.room = m->room == 0 ? LEAST_ROOM : m->room * 2, .num = m->num};
    larger.entries = scs_xcalloc(larger.room, sizeof *larger.entries);
    for (size_t i = 0; i < m->room; i++) {
        if (m->entries[i].key != 0) {
            *place_of(&larger, m->entries[i].key) = m->entries[i];
        }
    }
    free(m->entries);
    *m = larger;
}

void scs_map_put(struct scs_map *m, uint64_t key, uint64_t value)
{
    if (m->num * 2 >= m->room) {
        grow(m);
    }
    struct scs_map_entry *e = place_of(m, key);
    m->num += e->key == 0;
    *e = (struct scs_map_entry){key, value};
}
