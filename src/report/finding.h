/* SPDX-License-Identifier: Apache-2.0 */
/* What every format says of a finding in the same words. */
#ifndef SCS_REPORT_FINDING_H
#define SCS_REPORT_FINDING_H

#include "base/buf.h"
#include "report/redact.h"

/* A text of the catalogue with its facts filled in. */
#define SCS_MAX_FINDING_TEXT 4096u

#define SCS_NUM_CAUSES  (sizeof((struct scs_finding_text *)0)->causes / sizeof(char *))
#define SCS_NUM_FIXES   (sizeof((struct scs_finding_text *)0)->fixes / sizeof(char *))
#define SCS_NUM_CONFIRM (sizeof((struct scs_finding_text *)0)->confirm / sizeof(char *))

const char *scs_severity_name(enum scs_severity severity);
const char *scs_confidence_name(enum scs_confidence confidence);

/* scs_finding_facts copies the finding's facts with their texts redacted; returns their number. */
uint32_t scs_finding_facts(const struct scs_finding *f, struct scs_redactor *r, struct scs_fact out[SCS_MAX_FINDING_FACTS]);

/* scs_finding_tells_blind_spot: the note belongs under "what this capture cannot show". */
bool scs_finding_tells_blind_spot(const struct scs_finding *f);

#define SCS_HOW_OFTEN_TEXT 256u
/* scs_finding_how_often appends "2 enrolments, first 09:15:07, last 09:22:51", "3 times, at 09:15:07". */
void scs_finding_how_often(const struct scs_finding *f, bool with_day, struct scs_buf *out);
/* scs_capture_spans_days: times need their day. */
bool scs_capture_spans_days(const struct scs_capture_facts *capture);

/*
 * The first finding that speaks of an exchange or enrolment; findings stand errors first, so it is the worst.
 * Index 0 is not used. At most SCS_MAX_FINDING_SUBJECTS of each finding are known.
 */
struct scs_finding_index {
    const struct scs_finding **by_exchange, **by_enrolment;
};

void scs_finding_index_init(struct scs_finding_index *index, const struct scs_model *m);
void scs_finding_index_cleanup(struct scs_finding_index *index);

#endif
