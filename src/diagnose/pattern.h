/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns across enrolments: what parts those that failed at one server from those that succeeded there, for
 * all that failed and for each finding by itself. Counting only: a pattern holds for every one of the failures
 * (in time: for nearly every one), for none of the successes, and there are so many of both that chance would
 * part them so in less than one case of twenty. What one device alone suffers is no pattern of many devices.
 */
#ifndef SCS_DIAGNOSE_PATTERN_H
#define SCS_DIAGNOSE_PATTERN_H

#include "diagnose/findings.h"
#include "diagnose/judge.h"

/* Which finding explains what; NULL where none does. By place in the model's arrays. */
struct scs_roots {
    struct scs_group *const *exchange;
    struct scs_group *const *enrolment;
    struct scs_group *const *connection; /* those that carry no exchange */
};

/* scs_patterns_find sets model->patterns. After scs_findings_finish; patterns live in `arena`. Two passes over the facts. */
void scs_patterns_find(struct scs_model *model, const struct scs_judge *j, const struct scs_roots *roots,
                       struct scs_arena *arena);

#endif
