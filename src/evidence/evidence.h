/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence: a pcapng file with the packets of what a report speaks of and nothing else, each finding as a comment on
 * its frames. The captures are read a second time, so that the first reading has nothing to keep; of a live capture it is what
 * the run holds.
 *
 * What goes in is decided in select.h; what is altered for which level of redaction in scrub.h.
 */
#ifndef SCS_EVIDENCE_EVIDENCE_H
#define SCS_EVIDENCE_EVIDENCE_H

#include <stdio.h>

#include "report/redact.h"
#include "scepscope/scepscope.h"

struct scs_evidence_options {
    struct scs_run *run;           /* finished; made with `again`, or told to hold packets */
    const struct scs_model *model; /* of scs_run_finish */
    struct scs_redactor *redactor; /* of this model; its level holds, and its tokens are the reports' */
    const char *lang;              /* of the findings in the comments */
    bool embed_keys;               /* put the TLS secrets of these connections in; only with SCS_REDACT_NONE */
};

/*
 * scs_evidence_write writes the whole file to `out`, which need not be seekable. False with `err` set: an input that
 * cannot be read again, `out` that cannot be written, or keys asked for in a redacted file.
 */
SCS_MUST_USE bool scs_evidence_write(const struct scs_evidence_options *o, FILE *out, struct scs_error *err);

#endif
