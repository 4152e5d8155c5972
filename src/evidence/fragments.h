/* SPDX-License-Identifier: Apache-2.0 */
/* TCP segments that came as IP fragments: which bytes of which stream a fragment holds is known once its datagram was whole. */
#ifndef SCS_EVIDENCE_FRAGMENTS_H
#define SCS_EVIDENCE_FRAGMENTS_H

#include "dissectors/ip.h"
#include "evidence/images.h"

struct scs_fragments;

struct scs_fragments *scs_fragments_new(void);
void scs_fragments_free(struct scs_fragments *f); /* NULL is fine */
/* scs_fragments_read finds the IP header of a packet that is a fragment of a TCP segment; false when it is none. */
bool scs_fragments_read(const struct scs_packet *packet, struct scs_ip *ip);
/* scs_fragments_add notes the segment that this packet, the last to come of its fragments, made whole. */
void scs_fragments_add(struct scs_fragments *f, const struct scs_selected *connection, const struct scs_segment *seg);
/*
 * scs_fragments_payload writes what stands in place of the fragment's payload to `out`: headers as they are, the stream's
 * bytes scrubbed. False when its datagram is not known, and nothing was written.
 */
bool scs_fragments_payload(const struct scs_fragments *f, const struct scs_images *images, const struct scs_ip *ip, int64_t ts_ns,
                           uint8_t *out);

#endif
