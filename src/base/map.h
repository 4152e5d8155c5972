/* SPDX-License-Identifier: Apache-2.0 */
/* A table from 64-bit keys that this program made itself (so nobody chooses its collisions) to numbers. */
#ifndef SCS_BASE_MAP_H
#define SCS_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct scs_map_entry {
    uint64_t key; /* 0: empty */
    uint64_t value;
};

/* Zeroed: empty. */
struct scs_map {
    struct scs_map_entry *entries;
    size_t room, num; /* room: a power of two; at most half of it is taken */
};

void scs_map_cleanup(struct scs_map *m);
/* scs_map_get gives what stands under a key that is not 0; 0 when nothing does. */
uint64_t scs_map_get(const struct scs_map *m, uint64_t key);
void scs_map_put(struct scs_map *m, uint64_t key, uint64_t value);

#endif
