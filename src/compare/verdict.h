/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison in a sentence or three: how each side ended, in how much they differ, and where to look first. */
#ifndef SCS_COMPARE_VERDICT_H
#define SCS_COMPARE_VERDICT_H

#include "compare/compare.h"

/* scs_compare_outcome: "got its certificate", "fails at PKIOperation with HTTP 404". In `arena`. */
const char *scs_compare_outcome(const struct scs_compare_side *side, struct scs_redactor *redactor, struct scs_arena *arena);
/*
 * scs_compare_first: the difference that a finding of the side that fares worse is about; else the first that could be a
 * cause, else the first circumstance. NULL when nothing differs but what came of it.
 */
const struct scs_compare_row *scs_compare_first(const struct scs_comparison *c);
/* scs_compare_verdict: in the comparison's arena; rows, steps, findings and outcomes are set. */
const char *scs_compare_verdict(const struct scs_comparison *c);

#endif
