/* SPDX-License-Identifier: Apache-2.0 */
/* A comparison in each format. The context gives colour and verbosity; its model is not looked at. */
#ifndef SCS_COMPARE_WRITE_H
#define SCS_COMPARE_WRITE_H

#include "compare/compare.h"

typedef bool scs_compare_writer(const struct scs_comparison *c, const struct scs_report_context *ctx, FILE *out);

scs_compare_writer scs_compare_text, scs_compare_json, scs_compare_markdown;

/* scs_compare_writer_of returns what writes the format of this reporter; NULL for a format that has no comparison. */
scs_compare_writer *scs_compare_writer_of(const struct scs_reporter *reporter);

/* What every format says in the same words. */
const char *scs_compare_value_words(const struct scs_compare_value *v); /* the text; "none" */
/* scs_compare_step_words appends "PKCSReq  200 SUCCESS (3 times)"; "-" for NULL. */
void scs_compare_step_words(const struct scs_compare_step *s, struct scs_buf *out);
/* scs_compare_steps_same: nothing to show: every pair is of one operation, with results that do not differ. */
bool scs_compare_steps_same(const struct scs_comparison *c);
/* scs_compare_finding_side: 0 A's alone, 1 B's alone, 2 both sides'. */
unsigned scs_compare_finding_side(const struct scs_compare_finding *f);
/* scs_compare_count: rows with this result; those of identity are not counted. */
uint32_t scs_compare_count(const struct scs_comparison *c, enum scs_compare_result result);

#endif
