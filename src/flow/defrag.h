/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP fragments put together (RFC 791 3.2, RFC 8200 4.5). Fragments may come in any order, more than once
 * and overlapping; where two disagree the first copy of a byte wins. RFC 5722 would drop overlaps in IPv6,
 * but a capture may hold a packet twice, and what the host did is not ours to guess. A datagram is given up
 * 30 s after its first fragment, when it contradicts itself, or as the oldest when a maximum is reached.
 */
#ifndef SCS_FLOW_DEFRAG_H
#define SCS_FLOW_DEFRAG_H

#include "dissectors/ip.h"

struct scs_defrag;

/* A whole datagram. `bytes` is shorter than `wire_len` when the capture cut a fragment: it ends where that one did. */
struct scs_datagram {
    struct scs_cursor bytes;
    uint32_t wire_len;
    uint8_t proto; /* of the first fragment, the only one that decides (RFC 8200 4.5) */
};

struct scs_defrag *scs_defrag_new(void);
void scs_defrag_free(struct scs_defrag *d); /* NULL is fine */
/*
 * scs_defrag_push copies one fragment. True when it made its datagram whole: `out` borrows memory that
 * lasts until the next time this returns true.
 */
bool scs_defrag_push(struct scs_defrag *d, const struct scs_ip *fragment, int64_t ts_ns, struct scs_datagram *out);
/* scs_defrag_lost counts datagrams that never became whole, with those still waiting; *dropped: those given up for a maximum. */
uint64_t scs_defrag_lost(const struct scs_defrag *d, uint64_t *dropped);

#endif
