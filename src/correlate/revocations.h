/* SPDX-License-Identifier: Apache-2.0 */
/* What SCEP servers ask of revocation lists and OCSP responders, and what they get. */
#ifndef SCS_CORRELATE_REVOCATIONS_H
#define SCS_CORRELATE_REVOCATIONS_H

#include "base/mover.h"
#include "http/http.h"
#include "scepscope/revocation.h"

struct scs_revocations {
    struct scs_arena *keep;
    const struct scs_revocation **all; /* in order of their end */
    uint32_t num;
    uint64_t dropped;
};

/* scs_revocations_init: what is kept lives in `keep`, which is borrowed. */
void scs_revocations_init(struct scs_revocations *r, struct scs_arena *keep);
/* scs_revocations_add keeps one request with its reply, of the first SCS_MAX_REVOCATIONS. */
void scs_revocations_add(struct scs_revocations *r, const struct scs_http_pair *pair);
/*
 * scs_revocations_leave: of those that began by `until_ns` the answered ones leave; the oldest too where the list is half full.
 * Returns how many left.
 */
uint32_t scs_revocations_leave(struct scs_revocations *r, int64_t until_ns);
/* scs_revocations_move: the arena turned (base/mover.h). */
void scs_revocations_move(struct scs_revocations *r, struct scs_mover *m);

#endif
