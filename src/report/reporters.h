/* SPDX-License-Identifier: Apache-2.0 */
/* One function for each format; report.c has the table. */
#ifndef SCS_REPORT_REPORTERS_H
#define SCS_REPORT_REPORTERS_H

#include "scepscope/report.h"

bool scs_report_text(const struct scs_report_context *ctx, FILE *out);
bool scs_report_json(const struct scs_report_context *ctx, FILE *out);
bool scs_report_ndjson(const struct scs_report_context *ctx, FILE *out);
bool scs_report_html(const struct scs_report_context *ctx, FILE *out);
bool scs_report_markdown(const struct scs_report_context *ctx, FILE *out);

#endif
