/* SPDX-License-Identifier: Apache-2.0 */
/* What SCEP servers asked of their CA and their domain, kept for the report. */
#ifndef SCS_CORRELATE_CA_CALLS_H
#define SCS_CORRELATE_CA_CALLS_H

#include "base/mover.h"
#include "scepscope/model.h"

struct scs_ca_calls {
    struct scs_arena *keep;
    struct scs_ca_call **all; /* as they ended */
    uint32_t num, cap;
    uint64_t dropped;
};

/* scs_ca_calls_init: what is kept lives in `keep`, which is borrowed. */
void scs_ca_calls_init(struct scs_ca_calls *l, struct scs_arena *keep);
void scs_ca_calls_cleanup(struct scs_ca_calls *l);
/* scs_ca_calls_add copies the call, `account` too; returns the copy, NULL past SCS_MAX_CA_CALLS. */
struct scs_ca_call *scs_ca_calls_add(struct scs_ca_calls *l, const struct scs_ca_call *call);
/* scs_ca_calls_view begins a list in `arena` with those of `l`, which stays as it is; to be cleaned up as any other. */
void scs_ca_calls_view(struct scs_ca_calls *view, const struct scs_ca_calls *l, struct scs_arena *arena);
/* scs_ca_calls_tell numbers the calls by the time they began; the list is in its arena. */
const struct scs_ca_call *const *scs_ca_calls_tell(struct scs_ca_calls *l, uint32_t *num);
/* scs_ca_calls_leave: of those that began by `until_ns` the answered ones leave; the oldest too where the list is half full. */
void scs_ca_calls_leave(struct scs_ca_calls *l, int64_t until_ns);
/* scs_ca_calls_move: the arena turned (base/mover.h). */
void scs_ca_calls_move(struct scs_ca_calls *l, struct scs_mover *m);

#endif
