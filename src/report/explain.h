/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of findings for reading: --explain and --list-findings. */
#ifndef SCS_REPORT_EXPLAIN_H
#define SCS_REPORT_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "scepscope/status.h"

/* scs_explain prints what is known of one finding; case does not matter. False with `err` set for an unknown id. */
bool scs_explain(FILE *out, const char *lang, const char *id, struct scs_error *err);
/* scs_list_findings prints id, level and title of each finding, in catalogue order. */
void scs_list_findings(FILE *out, const char *lang);

#endif
