/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "platform/platform.h"

#define FIRST_CHUNK   4096u
#define LARGEST_CHUNK (256u * 1024u)
/* Lent memory comes in larger pieces, which rest one by one. */
#define SPILLED_CHUNK (1024u * 1024u)
/*
 * Chunks that stay when a new one is begun. What was kept last is often written once more soon (a connection's
 * facts, when it closes), and each page that has left costs a fault then: 15 % of all faults without this.
 */
#define FRESH_CHUNKS 8u

struct chunk {
    struct chunk *older;
    size_t size, used;
    uint8_t *bytes;
    bool spilled;
};

struct scs_arena {
    struct chunk *newest;
    size_t next_size;
    size_t total;
    size_t resident; /* bytes of ordinary memory before the spill is used */
    bool spilling;
    struct scs_spill *spill; /* opened when first needed */
};

struct scs_arena *scs_arena_new(void)
{
    struct scs_arena *a = scs_xcalloc(1, sizeof *a);
    a->next_size = FIRST_CHUNK;
    return a;
}

struct scs_arena *scs_arena_new_spilling(size_t resident)
{
    struct scs_arena *a = scs_arena_new();
    a->resident = resident;
    a->spilling = true;
    return a;
}

static void release(struct chunk *c)
{
    while (c != NULL) {
        struct chunk *older = c->older;
        if (!c->spilled) {
            free(c->bytes); /* the spill takes all of its own back when it is closed */
        }
        free(c);
        c = older;
    }
}

void scs_arena_free(struct scs_arena *a)
{
    if (a != NULL) {
        release(a->newest);
        scs_spill_close(a->spill);
        free(a);
    }
}

void scs_arena_reset(struct scs_arena *a)
{
    if (a->newest != NULL) {
        release(a->newest->older);
        a->newest->older = NULL;
        a->newest->used = 0;
    }
    a->total = 0;
}

/* ---- the past ------------------------------------------------------------------------------------ */

struct scs_arena_past {
    struct chunk *newest;
    struct scs_spill *spill;
    const struct chunk **pieces; /* by address */
    uint32_t num;
};

static int by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)(*(const struct chunk *const *)a)->bytes, y = (uintptr_t)(*(const struct chunk *const *)b)->bytes;
    return x < y ? -1 : x > y;
}

struct scs_arena_past *scs_arena_turn(struct scs_arena *a)
{
    struct scs_arena_past *past = scs_xcalloc(1, sizeof *past);
    past->newest = a->newest;
    past->spill = a->spill;
    for (const struct chunk *c = a->newest; c != NULL; c = c->older) {
        past->num++;
    }
    past->pieces = scs_xcalloc(past->num + 1u, sizeof *past->pieces);
    uint32_t i = 0;
    for (const struct chunk *c = a->newest; c != NULL; c = c->older) {
        past->pieces[i++] = c;
    }
    if (past->num > 1) {
        qsort(past->pieces, past->num, sizeof *past->pieces, by_address);
    }
    a->newest = NULL;
    a->spill = NULL;
    a->total = 0;
    return past;
}

void scs_arena_past_free(struct scs_arena_past *past)
{
    if (past != NULL) {
        release(past->newest);
        scs_spill_close(past->spill);
        free(past->pieces);
        free(past);
    }
}

bool scs_arena_past_find(const struct scs_arena_past *past, const void *p, uint32_t *piece, size_t *off)
{
    uint32_t from = 0, to = past->num;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        const struct chunk *c = past->pieces[middle];
        if ((uintptr_t)p < (uintptr_t)c->bytes) {
            to = middle;
        } else if ((uintptr_t)p - (uintptr_t)c->bytes >= c->used) {
            from = middle + 1;
        } else {
            *piece = middle;
            *off = (uintptr_t)p - (uintptr_t)c->bytes;
            return true;
        }
    }
    return false;
}

uint32_t scs_arena_past_num(const struct scs_arena_past *past)
{
    return past->num;
}

size_t scs_arena_past_size(const struct scs_arena_past *past, uint32_t piece)
{
    return past->pieces[piece]->used;
}

/* All but the chunk that is being filled. */
void scs_arena_rest(struct scs_arena *a)
{
    if (a->spill != NULL) {
        scs_spill_rest(a->spill, SPILLED_CHUNK);
    }
}

/* Lent memory of `size` bytes for `c`; false when there is none to be had, now and later. */
static bool borrow(struct scs_arena *a, struct chunk *c, size_t size)
{
    if (a->spill == NULL) {
        a->spill = scs_spill_open();
    }
    c->bytes = a->spill == NULL ? NULL : scs_spill_lend(a->spill, size);
    a->spilling = c->bytes != NULL;
    c->spilled = a->spilling;
    return a->spilling;
}

static struct chunk *new_chunk(struct scs_arena *a, size_t n)
{
    struct chunk *c = scs_xcalloc(1, sizeof *c);
    if (a->spilling && a->total >= a->resident) {
        size_t size = n > SPILLED_CHUNK ? n : SPILLED_CHUNK;
        if (borrow(a, c, size)) {
            c->size = size;
            scs_spill_rest(a->spill,
                           FRESH_CHUNKS * SPILLED_CHUNK); /* what was filled up to there is written no more, or seldom */
            return c;
        }
    }
    c->size = n > a->next_size ? n : a->next_size;
    if (n <= a->next_size && a->next_size < LARGEST_CHUNK) {
        a->next_size *= 2;
    }
    c->bytes = scs_xmalloc(c->size);
    return c;
}

static struct chunk *grow(struct scs_arena *a, size_t n)
{
    struct chunk *c = new_chunk(a, n);
    /* An outsized request gets a chunk of its own behind the current one, which still has room. */
    if (c->size == n && a->newest != NULL && a->newest->size - a->newest->used > 256) {
        c->older = a->newest->older;
        a->newest->older = c;
    } else {
        c->older = a->newest;
        a->newest = c;
    }
    return c;
}

void *scs_arena_alloc(struct scs_arena *a, size_t n)
{
    n = (n + 7u) & ~(size_t)7u;
    struct chunk *c = a->newest;
    if (c == NULL || c->size - c->used < n) {
        c = grow(a, n);
    }
    void *p = c->bytes + c->used;
    c->used += n;
    a->total += n;
    return memset(p, 0, n);
}

void *scs_arena_array(struct scs_arena *a, size_t num, size_t size)
{
    if (size != 0 && num > SIZE_MAX / size) {
        abort(); /* counts are bounded by limits.h: reaching this is a fault of the program */
    }
    return scs_arena_alloc(a, num * size);
}

void *scs_arena_dup(struct scs_arena *a, const void *data, size_t n)
{
    void *p = scs_arena_alloc(a, n);
    if (n != 0) {
        memcpy(p, data, n);
    }
    return p;
}

char *scs_arena_strdup(struct scs_arena *a, const char *s)
{
    return s == NULL ? NULL : scs_arena_dup(a, s, strlen(s) + 1);
}

char *scs_arena_printf(struct scs_arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0) {
        return scs_arena_strdup(a, "");
    }
    char *s = scs_arena_alloc(a, (size_t)len + 1);
    va_start(args, fmt);
    vsnprintf(s, (size_t)len + 1, fmt, args);
    va_end(args);
    return s;
}

char *scs_arena_text(struct scs_arena *a, const struct scs_cursor *bytes, size_t max)
{
    size_t len = scs_text_clean(bytes, max, NULL);
    char *s = scs_arena_alloc(a, len + 1);
    scs_text_clean(bytes, max, s);
    return s;
}

char *scs_arena_hex(struct scs_arena *a, const void *data, size_t n)
{
    char *s = scs_arena_alloc(a, n * 2 + 1);
    scs_text_hex(data, n, s);
    return s;
}

size_t scs_arena_used(const struct scs_arena *a)
{
    return a->total;
}
