/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that may still become evidence, of a capture that cannot be read again: copies in one block of memory. When it is
 * full the oldest leave. Nothing is allocated for a packet.
 */
#ifndef SCS_CAPTURE_HOLD_H
#define SCS_CAPTURE_HOLD_H

#include "scepscope/packet.h"

struct scs_hold;

/* One packet that is held; its bytes follow it. Valid until the next scs_hold_add. */
struct scs_held {
    struct scs_packet packet; /* of scs_hold_add, with `data` pointing to the copy */
    size_t room;              /* bytes of the hold that it takes */
    bool done;                /* whoever reads the hold may say here that it needs the packet no more; it stays until its turn */
};

struct scs_hold_counts {
    uint64_t packets, bytes;    /* held now; bytes of the memory */
    uint64_t left, left_undone; /* that made room for others; of these not `done` by then */
    int64_t left_ns;            /* time of the last of the undone; SCS_NO_TIME */
};

/* scs_hold_new makes one of `room` bytes, which become resident as they are used. */
struct scs_hold *scs_hold_new(size_t room);
void scs_hold_free(struct scs_hold *h); /* NULL is fine */
/* scs_hold_add copies a packet. One that is larger than the whole hold counts as left. */
void scs_hold_add(struct scs_hold *h, const struct scs_packet *packet);
/* scs_hold_first gives the packet that came first of those that are held, scs_hold_next the one after; NULL: none. */
struct scs_held *scs_hold_first(const struct scs_hold *h);
struct scs_held *scs_hold_next(const struct scs_hold *h, const struct scs_held *held);
struct scs_hold_counts scs_hold_count(const struct scs_hold *h);

#endif
