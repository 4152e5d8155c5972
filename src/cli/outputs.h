/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run writes: reports, evidence, bundle and map into files that are opened before the first packet is read, and
 * one report on standard output. All take `files`, an array with a place for each -o and SCS_OTHER_OUTPUTS more; a place
 * is NULL where nothing is asked for, or when it is written.
 */
#ifndef SCS_CLI_OUTPUTS_H
#define SCS_CLI_OUTPUTS_H

#include "cli/options.h"
#include "platform/platform.h"
#include "scepscope/scepscope.h"

struct scs_comparison; /* compare/compare.h */
struct scs_ring;       /* evidence/ring.h */

#define SCS_OTHER_OUTPUTS 3

/* scs_outputs_open opens every file, so that a wrong path is said at once. False with `err` set. */
SCS_MUST_USE bool scs_outputs_open(const struct scs_options *o, struct scs_output **files, struct scs_error *err);
/*
 * scs_outputs_redactor makes the one for all that is written. Without a model, or when packets are written, too, its key is
 * drawn: whoever has those must not be able to try names against the tokens.
 */
struct scs_redactor *scs_outputs_redactor(const struct scs_options *o, const struct scs_model *m);
/* scs_outputs_write writes everything. What a session tells as it happens (cli/event_files.h, the ring) is left out. */
SCS_MUST_USE bool scs_outputs_write(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                                    struct scs_report_context *ctx, struct scs_error *err);
/* scs_outputs_renew does so while packets still come, but for standard output and the map. What is written again replaces it. */
SCS_MUST_USE bool scs_outputs_renew(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                                    const struct scs_report_context *ctx, struct scs_error *err);
/* scs_outputs_report writes the reports, or the comparison when it is not NULL: files first, then standard output. */
SCS_MUST_USE bool scs_outputs_report(const struct scs_options *o, struct scs_output **files, struct scs_report_context *ctx,
                                     const struct scs_comparison *comparison, struct scs_error *err);
SCS_MUST_USE bool scs_outputs_evidence(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                                       const struct scs_report_context *ctx, struct scs_error *err);
SCS_MUST_USE bool scs_outputs_bundle(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                                     const struct scs_report_context *ctx, struct scs_error *err);
/* scs_outputs_map comes last, for only then every token is known. */
SCS_MUST_USE bool scs_outputs_map(const struct scs_options *o, struct scs_output **files, const struct scs_report_context *ctx,
                                  struct scs_error *err);
/* scs_outputs_commit gives a written file its name. */
SCS_MUST_USE bool scs_outputs_commit(struct scs_output **file, struct scs_error *err);
/* scs_outputs_standard_done: whether what was `written` reached standard output; errno as the writing left it. */
SCS_MUST_USE bool scs_outputs_standard_done(bool written, struct scs_error *err);
/*
 * scs_outputs_ring_wanted: evidence is written while packets come, and not by scs_outputs_evidence. scs_outputs_ring opens it;
 * NULL with `err` set. Everything is borrowed; `said` is told of a disk that is full.
 */
bool scs_outputs_ring_wanted(const struct scs_options *o);
struct scs_ring *scs_outputs_ring(const struct scs_options *o, struct scs_redactor *redactor,
                                  void (*said)(void *ctx, const char *sentence), void *said_ctx, struct scs_error *err);
bool scs_outputs_color(const struct scs_options *o); /* of standard output */

#endif
