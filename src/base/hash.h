/* SPDX-License-Identifier: Apache-2.0 */
/* A keyed hash for tables filled by strangers: the key is drawn at start, so that collisions cannot be chosen. */
#ifndef SCS_BASE_HASH_H
#define SCS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct scs_hash_key {
    uint64_t a, b;
};

struct scs_hash_key scs_hash_key_random(void);
/* scs_hash is SipHash-1-3 of `n` bytes. */
uint64_t scs_hash(const struct scs_hash_key *key, const void *data, size_t n);

#endif
