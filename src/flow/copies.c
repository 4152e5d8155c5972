/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/copies.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"

/* Copies follow each other within microseconds: this many packets in between, and one is taken for new. */
#define SETS      8192u
#define WAYS      4u
#define BEGINNING 16u /* bytes that tell datagrams of one connection apart, among them the id of a DNS message */

/* What packets of one id and one direction of a connection brought. */
struct met {
    uint64_t key;        /* 0: empty */
    uint32_t first, end; /* sequence numbers, SYN and FIN counted */
    uint32_t ack;
    uint8_t flags;
};

struct scs_copies {
    struct scs_hash_key key;
    struct met sets[SETS][WAYS]; /* the newest first */
};

/* Hashed whole: without padding. */
struct identity {
    uint64_t id;
    uint32_t file, len;
    uint8_t src[16], dst[16], beginning[BEGINNING];
    uint16_t src_port, dst_port;
    uint32_t proto;
};

struct scs_copies *scs_copies_new(void)
{
    struct scs_copies *c = scs_xcalloc(1, sizeof *c);
    c->key = scs_hash_key_random();
    return c;
}

void scs_copies_free(struct scs_copies *c)
{
    free(c);
}

static uint64_t key_of(const struct scs_copies *c, const struct identity *who)
{
    return scs_hash(&c->key, who, sizeof *who) | 1;
}

/* Finds the place of `key`, or makes one in place of the oldest; *fresh: it was made. */
static struct met *place(struct scs_copies *c, uint64_t key, bool *fresh)
{
    struct met *set = c->sets[key / 2 % SETS];
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            *fresh = false;
            return &set[i];
        }
    }
    memmove(set + 1, set, (WAYS - 1) * sizeof *set);
    set[0] = (struct met){.key = key};
    *fresh = true;
    return set;
}

static struct identity identity_of(const struct scs_packet *packet, const struct scs_addr *src, const struct scs_addr *dst,
                                   uint32_t proto)
{
    struct identity who = {.id = packet->id, .file = (uint32_t)SCS_FRAME_FILE(packet->frame), .proto = proto};
    memcpy(who.src, src->bytes, sizeof who.src);
    memcpy(who.dst, dst->bytes, sizeof who.dst);
    return who;
}

static bool met_tcp(struct met *m, bool fresh, const struct scs_segment *seg)
{
    uint32_t len = seg->payload_wire_len + ((seg->flags & SCS_TCP_SYN) != 0) + ((seg->flags & SCS_TCP_FIN) != 0);
    uint32_t from = seg->seq - m->first, room = m->end - m->first;
    bool newer = seg->ack != m->ack && seg->ack - m->ack < UINT32_C(0x80000000);
    if (!fresh && from <= room && len <= room - from && !newer && (seg->flags & ~m->flags) == 0) {
        return true;
    }
    if (fresh || from != room) {
        m->first = seg->seq;
    }
    m->end = seg->seq + len;
    m->ack = fresh || newer ? seg->ack : m->ack;
    m->flags |= seg->flags;
    return false;
}

bool scs_copies_met(struct scs_copies *c, const struct scs_segment *seg)
{
    bool fresh;
    if (seg->packet->id == 0) {
        return false;
    }
    struct identity who = identity_of(seg->packet, &seg->src.addr, &seg->dst.addr, seg->proto);
    who.src_port = seg->src.port;
    who.dst_port = seg->dst.port;
    if (seg->proto == SCS_PROTO_TCP) {
        struct met *m = place(c, key_of(c, &who), &fresh);
        return met_tcp(m, fresh, seg);
    }
    struct scs_cursor beginning = scs_cursor_first(&seg->payload, BEGINNING);
    who.len = seg->payload_wire_len;
    if (beginning.len != 0) {
        memcpy(who.beginning, beginning.p, beginning.len);
    }
    place(c, key_of(c, &who), &fresh);
    return !fresh;
}

bool scs_copies_met_fragment(struct scs_copies *c, const struct scs_packet *packet, const struct scs_ip *ip)
{
    struct scs_addr src, dst;
    bool fresh;
    if (packet->id == 0) {
        return false;
    }
    scs_ip_addresses(ip, &src, &dst);
    /* Protocol numbers have 8 bits: no whole packet's identity is like this. */
    struct identity who = identity_of(packet, &src, &dst, 0x100u | ip->proto);
    who.len = ip->fragment_off;
    memcpy(who.beginning, &ip->fragment_id, sizeof ip->fragment_id);
    place(c, key_of(c, &who), &fresh);
    return !fresh;
}
