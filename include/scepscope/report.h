/* SPDX-License-Identifier: Apache-2.0 */
/* Reporters: each formats the const model into one format and decides nothing. */
#ifndef SCEPSCOPE_REPORT_H
#define SCEPSCOPE_REPORT_H

#include <stdio.h>

#include "scepscope/model.h"
#include "scepscope/rule.h"

enum scs_redaction { SCS_REDACT_NONE, SCS_REDACT_SECRETS, SCS_REDACT_STANDARD, SCS_REDACT_STRICT };

struct scs_redactor; /* src/report/redact.h: same value, same token */

struct scs_report_context {
    const struct scs_model *model;
    struct scs_redactor *redactor;
    const char *lang;
    bool color;
    int verbosity; /* -1 quiet, 0, 1 verbose */
    enum scs_severity fail_on;
    bool fail_never;
};

struct scs_reporter {
    const char *name;      /* -T NAME */
    const char *extension; /* of -o FILE, without the dot */
    /* write prints the whole report; false with errno set when `out` could not be written. */
    bool (*write)(const struct scs_report_context *ctx, FILE *out);
};

const struct scs_reporter *scs_reporter_by_name(const char *name);
const struct scs_reporter *scs_reporter_by_extension(const char *path);
const struct scs_reporter *scs_reporters(size_t *num);

/* The verdict, the same in every format and in the exit status. */
enum scs_verdict_word { SCS_VERDICT_OK, SCS_VERDICT_PROBLEMS, SCS_VERDICT_BLIND, SCS_VERDICT_NOTHING };

struct scs_summary {
    enum scs_verdict_word verdict;
    uint32_t enrolments, succeeded, failed, pending, incomplete, exchanges;
    uint32_t findings[3];     /* by enum scs_severity */
    int64_t since_ns;         /* from then on next to everything fails that worked before; SCS_NO_TIME */
    bool evidence_incomplete; /* cut file, dropped packets, TLS to the server that no key opened: exit status 3 */
};

void scs_summarize(const struct scs_model *m, struct scs_summary *out);
/* scs_exit_status gives 0, 1 or 3 as the contract says. */
int scs_exit_status(const struct scs_report_context *ctx);

#endif
