/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three things that are analysed. Each writes what was asked for to `files` (cli/outputs.h) and to standard output,
 * sets *status to 0, 1 or 3, and gives false with `err` set when it could not be done.
 */
#ifndef SCS_CLI_ANALYSE_H
#define SCS_CLI_ANALYSE_H

#include "cli/options.h"
#include "platform/platform.h"

/* Captures, saved or live. */
SCS_MUST_USE bool scs_analyse_captures(const struct scs_options *o, struct scs_output **files, int *status,
                                       struct scs_error *err);
/* Two enrolments side by side: --compare. */
SCS_MUST_USE bool scs_analyse_pair(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err);
/* A report that was written before, redacted again. */
SCS_MUST_USE bool scs_analyse_report(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err);
bool scs_analyse_is_report(const struct scs_options *o);

#endif
