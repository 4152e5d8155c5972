/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict in a sentence or two, for reports that are read. */
#ifndef SCS_REPORT_VERDICT_H
#define SCS_REPORT_VERDICT_H

#include "base/buf.h"
#include "report/redact.h"

/* Room for any verdict. */
#define SCS_MAX_VERDICT_TEXT 4096u

/* scs_connection_is_shut: TLS that nothing opened. */
bool scs_connection_is_shut(const struct scs_connection *c);
const char *scs_verdict_name(enum scs_verdict_word verdict); /* "problems" */
/* scs_verdict_sentence appends what happened, and its first cause when there is one. */
void scs_verdict_sentence(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out);
/* scs_verdict_advice appends what a blind capture shows without a key, and how to look inside; else nothing. */
void scs_verdict_advice(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out);

/* scs_why_shut: why TLS stayed shut, a clause; of the first connection when there are `several` reasons. */
const char *scs_why_shut(const struct scs_model *m, bool *several);

#endif
