/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON report that was written before, redacted again: what is hidden in it already stays, more is hidden beside it. */
#ifndef SCS_REPORT_AGAIN_H
#define SCS_REPORT_AGAIN_H

#include <stdio.h>

#include "report/redact.h"
#include "scepscope/status.h"

/* scs_report_is_json: the file at `path` begins as a JSON report of this program does. */
bool scs_report_is_json(const char *path);
/* scs_report_redact_again reads the report and writes it at the redactor's level. False with `err` set. */
SCS_MUST_USE bool scs_report_redact_again(const char *path, struct scs_redactor *r, FILE *out, struct scs_error *err);

#endif
