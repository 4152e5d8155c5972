/* SPDX-License-Identifier: Apache-2.0 */
/* One function for each format of reporters.def. */
#ifndef SCS_REPORT_REPORTERS_H
#define SCS_REPORT_REPORTERS_H

#include "scepscope/report.h"

/* scs_report_<name> writes the whole report; false when something could not be written. */
#define SCS_REPORTER(name, extension) bool scs_report_##name(const struct scs_report_context *ctx, FILE *out);
#include "reporters.def"
#undef SCS_REPORTER

#endif
