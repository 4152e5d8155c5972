/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of the text report. */
#ifndef SCS_REPORT_TEXT_PARTS_H
#define SCS_REPORT_TEXT_PARTS_H

#include "report/finding.h"
#include "report/layout.h"

struct scs_text {
    FILE *out;
    const struct scs_report_context *ctx;
    struct scs_summary summary;
    struct scs_finding_index findings;
    int width;
    bool several_days; /* times carry their day */
};

enum scs_paint { SCS_PAINT_BAD, SCS_PAINT_WARN, SCS_PAINT_GOOD, SCS_PAINT_QUIET, SCS_PAINT_STRONG };

/* scs_text_paint prints `text` in a colour when colours are on. */
void scs_text_paint(const struct scs_text *t, enum scs_paint paint, const char *text);
/* scs_text_moment writes "09:15:07", with the day when the capture has several. */
const char *scs_text_moment(const struct scs_text *t, int64_t ts_ns, char out[SCS_MOMENT_TEXT]);

/* scs_text_findings prints errors and warnings in full, then notes. */
void scs_text_findings(const struct scs_text *t);
/* scs_text_enrolments prints the table, and with -v the ladders. */
void scs_text_enrolments(const struct scs_text *t);
void scs_text_ladder(const struct scs_text *t, const struct scs_enrolment *e);

#endif
