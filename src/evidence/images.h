/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The streams of the chosen connections as one picture each, so that what lies across segments is scrubbed as a whole, and
 * a byte that was sent twice is altered in the same way twice. Bounded: what does not fit is blank in the evidence.
 */
#ifndef SCS_EVIDENCE_IMAGES_H
#define SCS_EVIDENCE_IMAGES_H

#include "evidence/scrub.h"
#include "evidence/select.h"

struct scs_images;

struct scs_images *scs_images_new(void);
void scs_images_free(struct scs_images *im); /* NULL is fine */
/* scs_images_add takes the payload of a TCP segment of this connection. */
void scs_images_add(struct scs_images *im, const struct scs_selected *connection, const struct scs_segment *seg);
/* scs_images_scrub scrubs them all; nothing may be added afterwards. */
void scs_images_scrub(struct scs_images *im, struct scs_scrub *s);
/* Bytes of one direction by their sequence number. */
struct scs_stretch {
    uint8_t side; /* 0: from the lower endpoint */
    uint32_t seq, len;
};

struct scs_stretch scs_images_stretch_of(const struct scs_selected *connection, const struct scs_segment *seg);
/* scs_images_stretch writes what stands in place of these bytes to `out`, which has room for them. */
void scs_images_stretch(const struct scs_images *im, const struct scs_selected *connection, struct scs_stretch stretch,
                        uint8_t *out);

#endif
