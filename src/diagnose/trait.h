/* SPDX-License-Identifier: Apache-2.0 */
/* What an enrolment has that others may share: who made it, from where, how, with which certificate. */
#ifndef SCS_DIAGNOSE_TRAIT_H
#define SCS_DIAGNOSE_TRAIT_H

#include "base/hash.h"
#include "scepscope/model.h"

#define SCS_NUM_PATTERN_KINDS (SCS_PATTERN_PROXY + 1)

/*
 * scs_trait_hash: equal for enrolments that are alike in this; 0 when the capture does not show what this one has. With
 * random 64 bits two values that differ are never taken for one. Not for SCS_PATTERN_TIME.
 */
uint64_t scs_trait_hash(const struct scs_model *m, const struct scs_enrolment *e, enum scs_pattern_kind kind,
                        const struct scs_hash_key *key);
/* scs_trait_device tells devices apart: by address, and by the name in the request where several share one address. */
uint64_t scs_trait_device(const struct scs_enrolment *e, const struct scs_hash_key *key);
/* scs_trait_say writes what `e` has into a pattern of this kind. Texts are borrowed from the model. */
void scs_trait_say(const struct scs_model *m, const struct scs_enrolment *e, struct scs_pattern *out);

#endif
