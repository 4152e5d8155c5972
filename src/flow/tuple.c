/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/tuple.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "scepscope/limits.h"

/*
 * Buckets of eight places. A bucket's tags lie in 32 bytes of their own, so that a packet of a
 * conversation nobody follows touches one cache line: bit 31 says "taken", bit 30 "followed", bit 29
 * "fresh" (no data of its client yet), the others are of the hash. Eight, because a bucket all of whose places are
 * followed makes the table double: with 4,000 followed among 64 K places, one in a thousand buckets of four is such a one.
 */
#define WAYS          8u
#define FIRST_BUCKETS 128u
#define TAKEN         0x80000000u
#define FOLLOWED      0x40000000u
#define FRESH         0x20000000u

struct bucket_tags {
    uint32_t way[WAYS];
};

struct scs_tuples {
    struct bucket_tags *tags;
    struct scs_tuple *places;
    uint32_t num_buckets;
    uint32_t num_followed;
    uint8_t *turn; /* of each bucket: whose place is taken next */
    uint32_t next_stream;
    uint64_t forgotten;
    struct scs_hash_key key;
};

/* Empty tables; a place is not read before it was taken. */
static void make_tables(struct scs_tuples *t, uint32_t num_buckets)
{
    t->num_buckets = num_buckets;
    t->tags = memset(scs_xlines(num_buckets, sizeof *t->tags), 0, num_buckets * sizeof *t->tags);
    t->places = scs_xlines((size_t)num_buckets * WAYS, sizeof *t->places);
    t->turn = scs_xcalloc(num_buckets, sizeof *t->turn);
}

struct scs_tuples *scs_tuples_new(void)
{
    struct scs_tuples *t = scs_xcalloc(1, sizeof *t);
    make_tables(t, FIRST_BUCKETS);
    t->key = scs_hash_key_random();
    return t;
}

void scs_tuples_close(struct scs_tuples *t)
{
    free(t->tags);
    free(t->places);
    free(t->turn);
    t->tags = NULL;
    t->places = NULL;
    t->turn = NULL;
}

void scs_tuples_free(struct scs_tuples *t)
{
    if (t != NULL) {
        scs_tuples_close(t);
        free(t);
    }
}

/* The folded 64x64 multiplication that wyhash is made of; keyed by both operands. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Address and port of an IPv4 endpoint in one number. */
static uint64_t endpoint4(const struct scs_endpoint *e)
{
    uint32_t addr;
    memcpy(&addr, e->addr.bytes, sizeof addr);
    return (uint64_t)addr << 16 | e->port;
}

uint64_t scs_tuples_hash(const struct scs_tuples *t, const struct scs_endpoint *src, const struct scs_endpoint *dst,
                         bool *from_low)
{
    if (src->addr.family == 4) {
        uint64_t from = endpoint4(src), to = endpoint4(dst);
        *from_low = from <= to;
        uint64_t low = from <= to ? from : to, high = from <= to ? to : from;
        return fold(fold(low ^ t->key.a, high ^ t->key.b) ^ t->key.b, t->key.a | 1);
    }
    uint64_t s[3] = {0}, d[3] = {0};
    memcpy(s, src->addr.bytes, 16);
    memcpy(d, dst->addr.bytes, 16);
    s[2] = src->port;
    d[2] = dst->port;
    bool low = s[0] != d[0] ? s[0] < d[0] : s[1] != d[1] ? s[1] < d[1] : s[2] <= d[2];
    *from_low = low;
    const uint64_t *a = low ? s : d, *b = low ? d : s;
    uint64_t h = fold(a[0] ^ t->key.a, b[0] ^ t->key.b);
    h = fold(h ^ a[1] ^ t->key.b, b[1] ^ t->key.a);
    return fold(h ^ (a[2] << 32 | b[2] << 8 | src->addr.family), t->key.a | 1);
}

static uint32_t bucket_of(const struct scs_tuples *t, uint64_t hash)
{
    return (uint32_t)hash & (t->num_buckets - 1);
}

static uint32_t tag_of(uint64_t hash)
{
    return TAKEN | ((uint32_t)(hash >> 32) & ~(TAKEN | FOLLOWED | FRESH));
}

void scs_tuples_prefetch(const struct scs_tuples *t, uint64_t hash)
{
    __builtin_prefetch(&t->tags[bucket_of(t, hash)]);
}

void scs_tuples_prefetch_place(const struct scs_tuples *t, uint64_t hash)
{
    uint32_t bucket = bucket_of(t, hash);
    __builtin_prefetch(&t->places[bucket * WAYS + t->turn[bucket] % WAYS], 1);
}

/* Whether a tag of the bucket is `tag`, but for the bits in `but`. No branches: compilers compare all ways at once. */
static inline bool has_tag(const struct bucket_tags *tags, uint32_t tag, uint32_t but)
{
    uint32_t found = 0;
    for (uint32_t way = 0; way < WAYS; way++) {
        found |= (tags->way[way] & ~but) == tag;
    }
    return found != 0;
}

const struct scs_tuple *scs_tuples_followed(const struct scs_tuples *t, uint64_t hash)
{
    uint32_t bucket = bucket_of(t, hash), tag = tag_of(hash) | FOLLOWED;
    const struct bucket_tags *tags = &t->tags[bucket];
    if (has_tag(tags, tag, FRESH)) {
        for (uint32_t way = 0; way < WAYS; way++) {
            if ((tags->way[way] & ~FRESH) == tag) {
                return &t->places[bucket * WAYS + way];
            }
        }
    }
    return NULL;
}

bool scs_tuples_quiet(const struct scs_tuples *t, uint64_t hash)
{
    return has_tag(&t->tags[bucket_of(t, hash)], tag_of(hash), 0);
}

/* The way of `hash` in its bucket; false: it has none, and `*way` is the first that is empty, WAYS when none is. */
static inline bool find_way(const struct scs_tuples *t, uint64_t hash, uint32_t *way)
{
    uint32_t bucket = bucket_of(t, hash), tag = tag_of(hash);
    const struct bucket_tags *tags = &t->tags[bucket];
    if (has_tag(tags, tag, FOLLOWED | FRESH)) {
        for (*way = 0; *way < WAYS; ++*way) {
            if ((tags->way[*way] & ~(FOLLOWED | FRESH)) == tag && t->places[bucket * WAYS + *way].hash == hash) {
                return true;
            }
        }
    }
    /* Places are taken in order and never given back, so behind an empty one there is nothing. */
    for (*way = tags->way[WAYS - 1] != 0 ? WAYS : 0; *way < WAYS && tags->way[*way] != 0;) {
        ++*way;
    }
    return false;
}

struct scs_tuple *scs_tuples_find(struct scs_tuples *t, uint64_t hash)
{
    uint32_t way;
    return find_way(t, hash, &way) ? &t->places[bucket_of(t, hash) * WAYS + way] : NULL;
}

/* Places a tuple that has no place yet; false when its bucket is full. */
static bool settle(struct scs_tuples *t, const struct scs_tuple *tuple, uint32_t tag)
{
    uint32_t bucket = bucket_of(t, tuple->hash);
    for (uint32_t way = 0; way < WAYS; way++) {
        if (t->tags[bucket].way[way] == 0) {
            t->tags[bucket].way[way] = tag;
            t->places[bucket * WAYS + way] = *tuple;
            return true;
        }
    }
    return false;
}

static void double_buckets(struct scs_tuples *t)
{
    struct bucket_tags *old_tags = t->tags;
    struct scs_tuple *old_places = t->places;
    uint32_t num_old = t->num_buckets;
    free(t->turn);
    make_tables(t, 2 * num_old);
    for (uint32_t i = 0; i < num_old * WAYS; i++) {
        if (old_tags[i / WAYS].way[i % WAYS] != 0) {
            /* A bucket splits into two, so none can overflow. */
            bool settled = settle(t, &old_places[i], old_tags[i / WAYS].way[i % WAYS]);
            assert(settled);
            (void)settled;
        }
    }
    free(old_tags);
    free(old_places);
}

/* Room for every conversation of an ordinary capture; beyond, half-open ones make way first. */
#define ROOMY (SCS_MAX_TUPLES / 4)

static bool may_double(const struct scs_tuples *t)
{
    return t->num_buckets * WAYS < ROOMY;
}

/* The bucket's next place, in turn, among those whose tag has `with` and lacks `without`; WAYS when there is none. */
static uint32_t next_place(struct scs_tuples *t, uint32_t bucket, uint32_t with, uint32_t without)
{
    for (uint32_t i = 0; i < WAYS; i++) {
        uint32_t way = t->turn[bucket]++ % WAYS;
        uint32_t tag = t->tags[bucket].way[way];
        if ((tag & with) == with && (tag & without) == 0) {
            return way;
        }
    }
    return WAYS;
}

/*
 * A way to put `hash` in, whose bucket is full: one whose tuple makes way. In a flood of SYNs the half-open tuples
 * take each other's places, in a table that stays small enough for the cache; the table grows only for
 * conversations that were held.
 */
static uint32_t make_way(struct scs_tuples *t, uint64_t hash)
{
    for (;;) {
        uint32_t bucket = bucket_of(t, hash);
        uint32_t way = may_double(t) ? WAYS : next_place(t, bucket, FRESH, FOLLOWED);
        if (way == WAYS && t->num_buckets * WAYS >= SCS_MAX_TUPLES) {
            way = next_place(t, bucket, 0, FOLLOWED);
        }
        if (way != WAYS) {
            t->forgotten++;
            return way;
        }
        /* Room for more; or all places are followed: those are never forgotten, and are bounded by themselves. */
        double_buckets(t);
        if (find_way(t, hash, &way) || way != WAYS) {
            return way;
        }
    }
}

static void number(struct scs_tuples *t, struct scs_tuple *tuple)
{
    tuple->stream = t->next_stream++;
    if (t->forgotten == 0) {
        tuple->flags |= SCS_TUPLE_STREAM_KNOWN;
    }
}

struct scs_tuple *scs_tuples_meet(struct scs_tuples *t, uint64_t hash)
{
    uint32_t way;
    if (find_way(t, hash, &way)) {
        return &t->places[bucket_of(t, hash) * WAYS + way];
    }
    if (way == WAYS) {
        way = make_way(t, hash);
    }
    uint32_t bucket = bucket_of(t, hash);
    struct scs_tuple *made = &t->places[bucket * WAYS + way];
    t->tags[bucket].way[way] = tag_of(hash);
    /* The handshake's fields count only with their flags. */
    made->hash = hash;
    made->tracked = NULL;
    made->flags = 0;
    number(t, made);
    return made;
}

void scs_tuples_again(struct scs_tuples *t, struct scs_tuple *tuple)
{
    scs_tuples_follow(t, tuple, NULL);
    *tuple = (struct scs_tuple){.hash = tuple->hash, .flags = SCS_TUPLE_REUSED};
    number(t, tuple);
}

static uint32_t *tag_at(struct scs_tuples *t, const struct scs_tuple *tuple)
{
    size_t place = (size_t)(tuple - t->places);
    return &t->tags[place / WAYS].way[place % WAYS];
}

void scs_tuples_follow(struct scs_tuples *t, struct scs_tuple *tuple, struct scs_tracked *tracked)
{
    uint32_t *tag = tag_at(t, tuple);
    t->num_followed += (uint32_t)(tracked != NULL) - (uint32_t)(tuple->tracked != NULL);
    tuple->tracked = tracked;
    *tag = (*tag & ~FOLLOWED) | (tracked != NULL ? FOLLOWED : 0);
}

void scs_tuples_fresh(struct scs_tuples *t, const struct scs_tuple *tuple, bool fresh)
{
    uint32_t *tag = tag_at(t, tuple);
    *tag = (*tag & ~FRESH) | (fresh ? FRESH : 0);
}

uint64_t scs_tuples_forgotten(const struct scs_tuples *t)
{
    return t->forgotten;
}
