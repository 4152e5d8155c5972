/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/xalloc.h"

#define FIRST_SLOTS 256u
#define MAX_TEXTS   65536u

struct scs_intern {
    struct scs_arena *arena;
    struct scs_hash_key key;
    const char **slots;
    size_t num_slots, num;
};

struct scs_intern *scs_intern_new(struct scs_arena *arena)
{
    struct scs_intern *pool = scs_xcalloc(1, sizeof *pool);
    pool->arena = arena;
    pool->key = scs_hash_key_random();
    pool->num_slots = FIRST_SLOTS;
    pool->slots = scs_xcalloc(pool->num_slots, sizeof *pool->slots);
    return pool;
}

void scs_intern_free(struct scs_intern *pool)
{
    if (pool != NULL) {
        free(pool->slots);
        free(pool);
    }
}

static const char **slot_of(struct scs_intern *pool, const char *s, size_t len)
{
    size_t at = scs_hash(&pool->key, s, len) & (pool->num_slots - 1);
    while (pool->slots[at] != NULL && strcmp(pool->slots[at], s) != 0) {
        at = (at + 1) & (pool->num_slots - 1);
    }
    return &pool->slots[at];
}

static void double_slots(struct scs_intern *pool)
{
    const char **old = pool->slots;
    size_t num_old = pool->num_slots;
    pool->num_slots *= 2;
    pool->slots = scs_xcalloc(pool->num_slots, sizeof *pool->slots);
    for (size_t i = 0; i < num_old; i++) {
        if (old[i] != NULL) {
            *slot_of(pool, old[i], strlen(old[i])) = old[i];
        }
    }
    free(old);
}

const char *scs_intern_str(struct scs_intern *pool, const char *s)
{
    if (s == NULL) {
        return NULL;
    }
    size_t len = strlen(s);
    const char **slot = slot_of(pool, s, len);
    if (*slot != NULL) {
        return *slot;
    }
    const char *copy = scs_arena_dup(pool->arena, s, len + 1);
    if (pool->num >= MAX_TEXTS) {
        return copy;
    }
    *slot = copy;
    pool->num++;
    if (pool->num * 2 > pool->num_slots) {
        double_slots(pool);
    }
    return copy;
}

const char *scs_intern_text(struct scs_intern *pool, const struct scs_cursor *bytes, size_t max)
{
    char small[256];
    size_t len = scs_text_clean(bytes, max, NULL);
    char *text = len < sizeof small ? small : scs_xmalloc(len + 1);
    scs_text_clean(bytes, max, text);
    const char *shared = scs_intern_str(pool, text);
    if (text != small) {
        free(text);
    }
    return shared;
}

void scs_intern_settled(struct scs_intern *pool, const struct scs_mover *m)
{
    const char **old = pool->slots;
    pool->slots = scs_xcalloc(pool->num_slots, sizeof *pool->slots);
    pool->num = 0;
    for (size_t i = 0; i < pool->num_slots; i++) {
        const char *text = old[i] == NULL ? NULL : scs_mover_find(m, old[i]);
        if (text != NULL) {
            *slot_of(pool, text, strlen(text)) = text;
            pool->num++;
        }
    }
    free(old);
}
