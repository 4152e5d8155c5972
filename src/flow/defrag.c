/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/defrag.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pieces.h"
#include "base/xalloc.h"
#include "scepscope/limits.h"

#define SECOND_NS  INT64_C(1000000000)
#define TIMEOUT_NS (30 * SECOND_NS)
/* How long a whole datagram is remembered, so that second copies from a mirror port do not begin it anew. */
#define ECHO_NS          SECOND_NS
#define LARGEST_DATAGRAM 65535u
#define UNKNOWN          UINT32_MAX

/* Padded by hand: it is hashed and compared as bytes. */
struct key {
    uint8_t family, proto, zero[2];
    uint32_t id;
    uint8_t addresses[32];
};

struct datagram {
    struct key key;
    uint64_t order;   /* of arrival */
    int64_t since_ns; /* first fragment; when whole, the last */
    bool whole;       /* handed out; only remembered */
    uint8_t proto;
    uint32_t total;  /* UNKNOWN until the last fragment came */
    uint32_t cut_at; /* the first byte that the capture cut off; UNKNOWN */
    uint8_t *bytes;
    uint32_t capacity;
    struct scs_pieces pieces; /* that fragments have covered */
};

struct scs_defrag {
    struct scs_hash_key hash_key;
    uint32_t num;
    uint64_t hashes[SCS_MAX_DATAGRAMS]; /* of the slots, so that a look-up reads 2 KiB and no datagram but the right one */
    struct datagram *slots[SCS_MAX_DATAGRAMS];
    uint64_t arrivals;
    size_t held;   /* bytes of all that wait */
    uint8_t *lent; /* the datagram handed out last */
    uint64_t lost, dropped;
};

struct scs_defrag *scs_defrag_new(void)
{
    struct scs_defrag *d = scs_xcalloc(1, sizeof *d);
    d->hash_key = scs_hash_key_random();
    return d;
}

/* Forgets the datagram at `slot`; the last one takes its place. */
static void forget(struct scs_defrag *d, uint32_t slot)
{
    struct datagram *g = d->slots[slot];
    d->held -= g->capacity;
    d->lost += g->whole ? 0 : 1;
    free(g->bytes);
    scs_pieces_cleanup(&g->pieces);
    free(g);
    d->num--;
    d->slots[slot] = d->slots[d->num];
    d->hashes[slot] = d->hashes[d->num];
}

void scs_defrag_free(struct scs_defrag *d)
{
    if (d == NULL) {
        return;
    }
    while (d->num != 0) {
        forget(d, d->num - 1);
    }
    free(d->lent);
    free(d);
}

static void give_up(struct scs_defrag *d, const struct datagram *g)
{
    for (uint32_t i = 0; i < d->num; i++) {
        if (d->slots[i] == g) {
            forget(d, i);
            return;
        }
    }
}

/* Makes room by forgetting the oldest datagram but `keep`; false when there is no other. */
static bool forget_oldest(struct scs_defrag *d, const struct datagram *keep)
{
    uint32_t oldest = UINT32_MAX;
    for (uint32_t i = 0; i < d->num; i++) {
        if (d->slots[i] != keep && (oldest == UINT32_MAX || d->slots[i]->order < d->slots[oldest]->order)) {
            oldest = i;
        }
    }
    if (oldest == UINT32_MAX) {
        return false;
    }
    d->dropped += d->slots[oldest]->whole ? 0 : 1;
    forget(d, oldest);
    return true;
}

static void make_key(const struct scs_ip *fragment, struct key *out)
{
    memset(out, 0, sizeof *out);
    out->family = fragment->family;
    out->proto = fragment->family == 4 ? fragment->proto : 0; /* no part of it in IPv6 */
    out->id = fragment->fragment_id;
    assert(fragment->addresses.len <= sizeof out->addresses);
    memcpy(out->addresses, fragment->addresses.p, fragment->addresses.len);
}

static bool expired(const struct datagram *g, int64_t now_ns)
{
    /* Unsigned, for times that a damaged capture gives; one that goes backwards is no reason to give up. */
    return now_ns > g->since_ns && (uint64_t)now_ns - (uint64_t)g->since_ns > (uint64_t)(g->whole ? ECHO_NS : TIMEOUT_NS);
}

/* The datagram that `fragment` belongs to, a new one if need be. */
static struct datagram *datagram_of(struct scs_defrag *d, const struct scs_ip *fragment, int64_t ts_ns)
{
    struct key key;
    make_key(fragment, &key);
    uint64_t hash = scs_hash(&d->hash_key, &key, sizeof key);
    for (uint32_t i = 0; i < d->num; i++) {
        if (d->hashes[i] != hash || memcmp(&d->slots[i]->key, &key, sizeof key) != 0) {
            continue;
        }
        if (!expired(d->slots[i], ts_ns)) {
            return d->slots[i];
        }
        forget(d, i);
        break;
    }
    if (d->num == SCS_MAX_DATAGRAMS && !forget_oldest(d, NULL)) {
        return NULL;
    }
    struct datagram *g = scs_xcalloc(1, sizeof *g);
    g->key = key;
    g->order = d->arrivals++;
    g->since_ns = ts_ns;
    g->proto = fragment->proto;
    g->total = g->cut_at = UNKNOWN;
    d->hashes[d->num] = hash;
    d->slots[d->num++] = g;
    return g;
}

static void reserve(struct scs_defrag *d, struct datagram *g, uint32_t need)
{
    if (need <= g->capacity) {
        return;
    }
    /* A first step fits two Ethernet frames, the usual case; then twice as much each time. */
    uint32_t capacity = g->capacity == 0 ? 4096 : g->capacity;
    while (capacity < need) {
        capacity *= 2;
    }
    while (d->held + (capacity - g->capacity) > SCS_MAX_DATAGRAM_BYTES && forget_oldest(d, g)) {
    }
    g->bytes = scs_xrealloc(g->bytes, capacity, 1);
    d->held += capacity - g->capacity;
    g->capacity = capacity;
}

/* Takes the fragment in; false when the datagram cannot be put together any more. */
static bool add(struct scs_defrag *d, struct datagram *g, const struct scs_ip *fragment)
{
    uint32_t from = fragment->fragment_off, to = from + fragment->payload_wire_len;
    uint32_t present = from + (uint32_t)fragment->payload.len;
    if (!fragment->more_fragments && g->total == UNKNOWN) {
        g->total = to;
    }
    uint32_t reached = g->pieces.num == 0 ? to : g->pieces.all[g->pieces.num - 1].to;
    if (to > g->total || reached > g->total) {
        return false; /* bytes past the end */
    }
    if (from == 0) {
        g->proto = fragment->proto;
    }
    reserve(d, g, present);
    scs_pieces_copy(&g->pieces, from, fragment->payload, g->bytes);
    if (present < to && present < g->cut_at) {
        g->cut_at = present;
    }
    return scs_pieces_cover(&g->pieces, from, to, SCS_MAX_FRAGMENTS);
}

static void lend(struct scs_defrag *d, struct datagram *g, int64_t ts_ns, struct scs_datagram *out)
{
    free(d->lent);
    d->lent = g->bytes;
    out->bytes = scs_cursor_of(d->lent, g->cut_at < g->total ? g->cut_at : g->total);
    out->wire_len = g->total;
    out->proto = g->proto;
    d->held -= g->capacity;
    scs_pieces_cleanup(&g->pieces);
    g->bytes = NULL;
    g->capacity = 0;
    g->whole = true;
    g->since_ns = ts_ns;
}

bool scs_defrag_push(struct scs_defrag *d, const struct scs_ip *fragment, int64_t ts_ns, struct scs_datagram *out)
{
    uint32_t len = fragment->payload_wire_len;
    /* Every fragment but the last is a multiple of eight bytes long, and none reaches past 64 KiB. */
    if (len == 0 || len > LARGEST_DATAGRAM - fragment->fragment_off || (fragment->more_fragments && len % 8 != 0)) {
        return false;
    }
    struct datagram *g = datagram_of(d, fragment, ts_ns);
    if (g == NULL || g->whole) {
        return false;
    }
    if (!add(d, g, fragment)) {
        give_up(d, g);
        return false;
    }
    if (g->pieces.num != 1 || g->pieces.all[0].from != 0 || g->pieces.all[0].to != g->total) {
        return false;
    }
    lend(d, g, ts_ns, out);
    return true;
}

uint64_t scs_defrag_lost(const struct scs_defrag *d, uint64_t *dropped)
{
    uint64_t lost = d->lost;
    for (uint32_t i = 0; i < d->num; i++) {
        lost += d->slots[i]->whole ? 0 : 1;
    }
    *dropped = d->dropped;
    return lost;
}
