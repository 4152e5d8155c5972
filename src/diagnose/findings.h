/* SPDX-License-Identifier: Apache-2.0 */
/* Occurrences to findings: equal rule and equal group are one finding with a count, in a defined order. */
#ifndef SCS_DIAGNOSE_FINDINGS_H
#define SCS_DIAGNOSE_FINDINGS_H

#include "base/arena.h"
#include "scepscope/rule.h"

/* One occurrence: what a rule said about one subject. */
struct scs_hit {
    const struct scs_rule *rule;
    uint32_t row; /* of the rule: decides between equals */
    enum scs_severity severity;
    enum scs_confidence confidence;
    int64_t moment_ns;
    const char *group;
    uint32_t connection, exchange, enrolment; /* ids; 0 none */
    bool recovered;                           /* a retry of the same enrolment succeeded */
    const scs_frame *frames;
    uint32_t num_frames;
    const struct scs_fact *facts;
    uint32_t num_facts;
};

struct scs_findings;
struct scs_group; /* one finding in the making */

/* scs_findings_new: the findings will live in `arena`, which is borrowed; `num_rules` rows exist. */
struct scs_findings *scs_findings_new(struct scs_arena *arena, size_t num_rules);
/* scs_findings_add copies what it keeps of `hit`. NULL when SCS_MAX_FINDINGS groups exist and this would be another. */
struct scs_group *scs_findings_add(struct scs_findings *f, const struct scs_hit *hit);
/* Further subjects and consequences of a group; NULL and 0 are fine and change nothing. */
void scs_group_exchange(struct scs_findings *f, struct scs_group *g, const struct scs_exchange *x);
/* scs_group_relapse: an occurrence added as recovered was none, and weighs this much. */
void scs_group_relapse(struct scs_group *g, enum scs_severity severity);
void scs_group_consequence(struct scs_group *g, uint32_t row);
enum scs_depth scs_group_depth(const struct scs_group *g);
/* After scs_findings_finish: the place of the group's finding in the model. */
uint32_t scs_group_place(const struct scs_group *g);
/* scs_findings_finish orders the findings and gives them to the model. `rules` names the rows. */
void scs_findings_finish(struct scs_findings *f, const struct scs_rule *const *rules, struct scs_model *model);
void scs_findings_free(struct scs_findings *f);

#endif
