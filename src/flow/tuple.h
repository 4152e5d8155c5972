/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of TCP four-tuples: one look-up for every packet. It numbers conversations as Wireshark's
 * tcp.stream does, remembers handshakes, and says which tuples are followed. Bounded: beyond
 * SCS_MAX_TUPLES a tuple that nobody follows is forgotten, which costs its number and its handshake only.
 */
#ifndef SCS_FLOW_TUPLE_H
#define SCS_FLOW_TUPLE_H

#include "scepscope/packet.h"

struct scs_tracked; /* a followed connection, flow.c */

enum scs_tuple_flag {
    SCS_TUPLE_SYN = 1u << 0,
    SCS_TUPLE_SYNACK = 1u << 1,
    SCS_TUPLE_SYN_FROM_LOW = 1u << 2, /* the SYN's sender is the lower endpoint of the pair */
    SCS_TUPLE_STREAM_KNOWN = 1u << 3, /* `stream` is Wireshark's number */
    SCS_TUPLE_REUSED = 1u << 4,       /* an earlier connection had the same four-tuple */
    SCS_TUPLE_MET = 1u << 5           /* a packet of it was handled before this one */
};

/* One cache line. */
struct scs_tuple {
    uint64_t hash; /* the tuple's identity: 64 bits, keyed */
    struct scs_tracked *tracked;
    scs_frame syn_frame, synack_frame;
    int64_t syn_ns, synack_ns;
    uint32_t stream;
    uint32_t syn_seq, synack_seq; /* raw */
    uint8_t flags;
    uint8_t synack_ttl;
};

struct scs_tuples;

struct scs_tuples *scs_tuples_new(void);
/* scs_tuples_close gives the tables back when no packet comes any more; only what was counted can be asked then. */
void scs_tuples_close(struct scs_tuples *t);
void scs_tuples_free(struct scs_tuples *t);
/* scs_tuples_hash is the same for both directions; *from_low tells which endpoint sent the segment. */
uint64_t scs_tuples_hash(const struct scs_tuples *t, const struct scs_endpoint *src, const struct scs_endpoint *dst,
                         bool *from_low);
void scs_tuples_prefetch(const struct scs_tuples *t, uint64_t hash);
/* scs_tuples_prefetch_place asks for the place that a tuple not met before would take. */
void scs_tuples_prefetch_place(const struct scs_tuples *t, uint64_t hash);
/* scs_tuples_followed: the place of a tuple that somebody follows, most likely this one's, by the tag alone; NULL. */
const struct scs_tuple *scs_tuples_followed(const struct scs_tuples *t, uint64_t hash);
/*
 * scs_tuples_quiet: the tuple is known, not followed, and its first data went by, all by the tag alone
 * (one cache line).
 */
bool scs_tuples_quiet(const struct scs_tuples *t, uint64_t hash);
/* scs_tuples_fresh says whether the next data segment will be its client's first; such a tuple is not quiet. */
void scs_tuples_fresh(struct scs_tuples *t, const struct scs_tuple *tuple, bool fresh);
/*
 * scs_tuples_meet finds the tuple or makes it, with the next stream number. The pointer is valid until
 * the next call of scs_tuples_meet.
 */
struct scs_tuple *scs_tuples_meet(struct scs_tuples *t, uint64_t hash);
struct scs_tuple *scs_tuples_find(struct scs_tuples *t, uint64_t hash); /* NULL when not known */
/* scs_tuples_again begins a new conversation on the same tuple (port reuse). */
void scs_tuples_again(struct scs_tuples *t, struct scs_tuple *tuple);
/* scs_tuples_follow sets who follows the tuple; NULL ends that. */
void scs_tuples_follow(struct scs_tuples *t, struct scs_tuple *tuple, struct scs_tracked *tracked);
uint64_t scs_tuples_forgotten(const struct scs_tuples *t);

#endif
