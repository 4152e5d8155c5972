/* SPDX-License-Identifier: Apache-2.0 */
/* What SCEP servers asked of their CA and their domain, kept for the report. */
#ifndef SCS_CORRELATE_CA_CALLS_H
#define SCS_CORRELATE_CA_CALLS_H

#include "base/arena.h"
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
/* scs_ca_calls_tell numbers the calls by the time they began. */
const struct scs_ca_call *const *scs_ca_calls_tell(struct scs_ca_calls *l, uint32_t *num);

#endif
