/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine runs the rules over the model and turns what holds into findings: one per cause and
 * group, counted, with the deeper cause of an exchange standing for the shallower ones (R2, R3 of the
 * catalogue).
 *
 * Ranking. For every exchange the hits of rules that explain a failure are put in order of depth
 * (between equals: order of the rows) and only the deepest becomes a finding; the others' ids hang
 * under it as consequences. A connection's deepest explaining hit takes part for those of its exchanges
 * that the network left without a whole request or reply, and for the exchange the rule named with
 * scs_say_exchange. When the policy hop failed while a request waited for it, that is the cause of what
 * the request suffers from NDES on. An enrolment's explaining hit is a consequence as soon as one of its
 * exchanges has a cause that is as deep. Rules of capture, server and look-up scope stand for themselves; what they
 * claim with scs_claim hangs under them, unless its own rules found something deeper.
 *
 * A failed try after which the same enrolment succeeded weighs as a warning at most (struct scs_finding, recovered).
 */
#ifndef SCS_DIAGNOSE_ENGINE_H
#define SCS_DIAGNOSE_ENGINE_H

#include <stddef.h>

#include "base/arena.h"
#include "scepscope/rule.h"

/* scs_diagnose runs every rule and sets model->findings, num_findings and findings_dropped. Findings live in `arena`. */
void scs_diagnose(struct scs_model *model, struct scs_arena *arena);
/* scs_diagnose_with does so with these rules only. */
void scs_diagnose_with(struct scs_model *model, struct scs_arena *arena, const struct scs_rule *const *rules, size_t num_rules);

#endif
