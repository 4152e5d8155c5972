/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file for the ticket: the reports, the evidence, and a manifest that says of what they were made and what is not
 * among them. docs/manifest.schema.json describes the manifest.
 */
#ifndef SCS_BUNDLE_BUNDLE_H
#define SCS_BUNDLE_BUNDLE_H

#include "evidence/evidence.h"
#include "scepscope/report.h"

struct scs_bundle_options {
    const struct scs_report_context *report;
    const struct scs_evidence_options *evidence;
    const struct scs_run_options *asked; /* what shaped the analysis, for the manifest: no path of a key is named there */
    enum scs_redaction redaction;
};

/* scs_bundle_write writes the archive to `out` (seekable). False with `err` set. */
SCS_MUST_USE bool scs_bundle_write(const struct scs_bundle_options *o, FILE *out, struct scs_error *err);

#endif
