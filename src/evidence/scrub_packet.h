/* SPDX-License-Identifier: Apache-2.0 */
/* One packet of the evidence without what is hidden: addresses in all its headers, what ICMP quotes, payload, checksums. */
#ifndef SCS_EVIDENCE_SCRUB_PACKET_H
#define SCS_EVIDENCE_SCRUB_PACKET_H

#include "evidence/fragments.h"
#include "evidence/images.h"

struct scs_packet_scrub {
    struct scs_disguise *disguise;
    struct scs_scrub *scrub;
    const struct scs_images *images;
    const struct scs_fragments *fragments;
};

/*
 * scs_packet_scrub writes packet->cap_len bytes to `out`. `seg` is what was decoded of it, NULL for nothing, `connection`
 * whose it is, NULL for no TCP connection that was chosen.
 */
void scs_packet_scrub(const struct scs_packet_scrub *p, const struct scs_packet *packet, const struct scs_segment *seg,
                      const struct scs_selected *connection, uint8_t *out);

#endif
