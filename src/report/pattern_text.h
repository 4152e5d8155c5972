/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns across enrolments in words, the same in every format that is read; and as JSON. */
#ifndef SCS_REPORT_PATTERN_TEXT_H
#define SCS_REPORT_PATTERN_TEXT_H

#include "base/buf.h"
#include "report/json_parts.h"
#include "report/redact.h"

/* Room for what is said of one finding. */
#define SCS_MAX_STORY_TEXT 2048u

/* scs_pattern_sentence appends one sentence with its full stop: "Since 10:02:11 all 400 requests fail; before that ...". */
void scs_pattern_sentence(const struct scs_report_context *ctx, const struct scs_pattern *p, struct scs_buf *out);
/* scs_pattern_main: the pattern of this kind among all that failed, of the server with most failures; NULL. */
const struct scs_pattern *scs_pattern_main(const struct scs_model *m, enum scs_pattern_kind kind);
/*
 * scs_finding_story appends what the finding's occurrences have in common, and whether retries succeeded; nothing when
 * there is nothing to say.
 */
void scs_finding_story(const struct scs_report_context *ctx, const struct scs_finding *f, struct scs_buf *out);

const char *scs_pattern_kind_name(unsigned kind); /* "time" */
/* scs_json_patterns writes the member "patterns" of a finding, or of the summary for NULL, when there are any. */
void scs_json_patterns(struct scs_json_report *r, const struct scs_finding *f);

/* Platforms as people call them; NULL for those that tell nothing of the device. */
const char *scs_device_word(unsigned platform);

#endif
