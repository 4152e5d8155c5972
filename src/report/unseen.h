/* SPDX-License-Identifier: Apache-2.0 */
/* What this capture cannot show, in sentences: every report says which checks were not possible (R6 of the catalogue). */
#ifndef SCS_REPORT_UNSEEN_H
#define SCS_REPORT_UNSEEN_H

#include "report/redact.h"

typedef void scs_unseen_say(void *arg, const char *sentence);

/* scs_unseen calls `say` once for each sentence. A thing that a finding tells is not told again. */
void scs_unseen(const struct scs_report_context *ctx, scs_unseen_say *say, void *arg);

/* scs_unseen_notes does the same for the notes that name a blind spot, where a report shows these apart from its findings. */
void scs_unseen_notes(const struct scs_report_context *ctx, scs_unseen_say *say, void *arg);

#endif
