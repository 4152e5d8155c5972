/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QUIC connections to port 443: noticed, not opened. A device whose client speaks HTTP/3 would otherwise be missing from the
 * report without a word.
 */
#ifndef SCS_FLOW_QUIC_H
#define SCS_FLOW_QUIC_H

#include "flow/servers.h"
#include "scepscope/exchange.h"
#include "scepscope/limits.h"
#include "scepscope/packet.h"

#include "base/mover.h"

struct scs_quic_seen {
    struct scs_arena *keep;
    struct scs_connection *met[SCS_MAX_QUIC];
    uint32_t num;
};

/* scs_quic_note looks at a UDP segment that scs_quic_wants. */
void scs_quic_note(struct scs_quic_seen *q, const struct scs_segment *seg);
static inline bool scs_quic_wants(const struct scs_segment *seg)
{
    return seg->proto == SCS_PROTO_UDP && (seg->dst.port == 443 || seg->src.port == 443);
}
/*
 * scs_quic_concerns says whether met[i] went to a host where SCEP was seen or that the user named; its facts are then those of
 * a TLS connection that stays shut.
 */
bool scs_quic_concerns(struct scs_quic_seen *q, uint32_t i, const struct scs_known_servers *servers);
/* scs_quic_leave: those of which nothing was heard after `until_ns` make room. */
void scs_quic_leave(struct scs_quic_seen *q, int64_t until_ns);
/* scs_quic_move: the arena turned (base/mover.h). */
void scs_quic_move(struct scs_quic_seen *q, struct scs_mover *m);

#endif
