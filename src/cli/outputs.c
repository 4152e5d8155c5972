/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "cli/session.h"
#include "compare/write.h"
#include "evidence/evidence.h"
#include "evidence/ring.h"
#include "report/redact.h"
#include "run/run.h"

/* Whether everything reached standard output. A reader that went away wants no more, and no complaint either. */
bool scs_outputs_standard_done(bool written, struct scs_error *err)
{
    if ((written && fflush(stdout) == 0) || errno == EPIPE) {
        return true;
    }
    return scs_error_set(err, "standard output could not be written: %s", strerror(errno));
}

bool scs_outputs_color(const struct scs_options *o)
{
    if (o->color != SCS_COLOR_AUTO) {
        return o->color == SCS_COLOR_ALWAYS;
    }
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return scs_platform_is_terminal(1) && (no_color == NULL || *no_color == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

#define KEYS_ARE_IN_IT "scepscope: the TLS secrets are in the evidence now: whoever gets it can read those connections\n"

/* Besides the reports: the places of -w, --bundle and --map behind those of -o. */
enum { EVIDENCE, BUNDLE, MAP };
_Static_assert(MAP + 1 == SCS_OTHER_OUTPUTS, "a place for each");

/* A session tells events as they happen, and elsewhere. */
static bool is_told_meanwhile(const struct scs_options *o, const struct scs_reporter *reporter)
{
    return strcmp(reporter->name, "ndjson") == 0 && scs_session_wanted(o);
}

/* Opens every file before the first packet is read, so that a wrong path is said at once. */
bool scs_outputs_open(const struct scs_options *o, struct scs_output **files, struct scs_error *err)
{
    const char *evidence = scs_outputs_ring_wanted(o) ? NULL : o->evidence;
    const char *const others[SCS_OTHER_OUTPUTS] = {[EVIDENCE] = evidence, [BUNDLE] = o->bundle, [MAP] = o->map};
    for (uint32_t i = 0; i < SCS_OTHER_OUTPUTS; i++) {
        files[o->num_outputs + i] = others[i] != NULL ? scs_output_open(others[i], o->force, err) : NULL;
        if (others[i] != NULL && files[o->num_outputs + i] == NULL) {
            return false;
        }
    }
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        bool meanwhile = is_told_meanwhile(o, o->outputs[i].reporter);
        files[i] = meanwhile ? NULL : scs_output_open(o->outputs[i].path, o->force, err);
        if (files[i] == NULL && !meanwhile) {
            return false;
        }
    }
    return true;
}

/* The report, or the comparison when there is one. */
static bool write_to(const struct scs_reporter *reporter, const struct scs_report_context *ctx,
                     const struct scs_comparison *comparison, FILE *out)
{
    return comparison != NULL ? scs_compare_writer_of(reporter)(comparison, ctx, out) : reporter->write(ctx, out);
}

/* The file to write to: the one that was opened at the beginning, or, when that has its name already, one to replace it. */
static FILE *ready(struct scs_output **file, const char *path, struct scs_error *err)
{
    if (*file == NULL) {
        *file = scs_output_open(path, true, err);
    }
    return *file != NULL ? scs_output_file(*file) : NULL;
}

static bool write_files(const struct scs_options *o, struct scs_output **files, const struct scs_report_context *ctx,
                        const struct scs_comparison *comparison, struct scs_error *err)
{
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        if (is_told_meanwhile(o, o->outputs[i].reporter)) {
            continue;
        }
        FILE *out = ready(&files[i], o->outputs[i].path, err);
        if (out == NULL) {
            return false;
        }
        if (!write_to(o->outputs[i].reporter, ctx, comparison, out)) {
            scs_error_set(err, "%s could not be written: %s", o->outputs[i].path, strerror(errno));
            scs_output_abandon(files[i]);
            files[i] = NULL;
            return false;
        }
        if (!scs_outputs_commit(&files[i], err)) {
            return false;
        }
    }
    return true;
}

/* Files first, then standard output. */
bool scs_outputs_report(const struct scs_options *o, struct scs_output **files, struct scs_report_context *ctx,
                        const struct scs_comparison *comparison, struct scs_error *err)
{
    bool ok = write_files(o, files, ctx, comparison, err);
    if (ok && o->standard != NULL && !is_told_meanwhile(o, o->standard)) {
        ctx->color = scs_outputs_color(o);
        errno = 0;
        ok = scs_outputs_standard_done(write_to(o->standard, ctx, comparison, stdout), err);
    }
    return ok;
}

struct scs_redactor *scs_outputs_redactor(const struct scs_options *o, const struct scs_model *m)
{
    static const uint8_t no_key[32];
    struct scs_redactor *r = m != NULL ? scs_redactor_for_model(o->redaction, m) : scs_redactor_new(o->redaction, no_key);
    if (m == NULL || o->evidence != NULL || o->bundle != NULL) {
        scs_redactor_new_key(r);
    }
    if (o->map != NULL) {
        scs_redactor_remember(r);
    }
    return r;
}

bool scs_outputs_write(const struct scs_options *o, struct scs_output **files, struct scs_run *r, struct scs_report_context *ctx,
                       struct scs_error *err)
{
    return scs_outputs_report(o, files, ctx, NULL, err) && scs_outputs_evidence(o, files, r, ctx, err) &&
           scs_outputs_bundle(o, files, r, ctx, err) && scs_outputs_map(o, files, ctx, err);
}

/* Packets that are not held can be read again only when they have all come. */
bool scs_outputs_renew(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                       const struct scs_report_context *ctx, struct scs_error *err)
{
    bool held = scs_run_held(r) != NULL;
    return write_files(o, files, ctx, NULL, err) && (!held || scs_outputs_bundle(o, files, r, ctx, err));
}

bool scs_outputs_commit(struct scs_output **file, struct scs_error *err)
{
    struct scs_output *done = *file;
    *file = NULL;
    return scs_output_commit(done, err);
}

bool scs_outputs_evidence(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                          const struct scs_report_context *ctx, struct scs_error *err)
{
    struct scs_evidence_options options = {
        .run = r, .model = ctx->model, .redactor = ctx->redactor, .lang = o->lang, .embed_keys = o->embed_keys};
    struct scs_output **evidence = &files[o->num_outputs + EVIDENCE];
    if (*evidence == NULL) {
        return true;
    }
    if (o->embed_keys && o->verbosity >= 0) {
        fputs(KEYS_ARE_IN_IT, stderr);
    }
    return scs_evidence_write(&options, scs_output_file(*evidence), err) && scs_outputs_commit(evidence, err);
}

bool scs_outputs_ring_wanted(const struct scs_options *o)
{
    return o->evidence != NULL && (o->num_interfaces != 0 || o->growing || o->ring.max_bytes != 0 || o->ring.max_s != 0);
}

static int64_t now_s(void *ctx)
{
    (void)ctx;
    return scs_platform_time_s();
}

struct scs_ring *scs_outputs_ring(const struct scs_options *o, struct scs_redactor *redactor,
                                  void (*said)(void *ctx, const char *sentence), void *said_ctx, struct scs_error *err)
{
    if (o->embed_keys && o->verbosity >= 0) {
        fputs(KEYS_ARE_IN_IT, stderr);
    }
    return scs_ring_open(&(struct scs_ring_options){.files = {.path = o->evidence,
                                                              .several = o->ring.max_bytes != 0 || o->ring.max_s != 0,
                                                              .max_bytes = o->ring.max_bytes,
                                                              .max_s = o->ring.max_s,
                                                              .max_files = o->ring.max_files,
                                                              .replace = o->force,
                                                              .now_s = now_s},
                                                    .redactor = redactor,
                                                    .lang = o->lang,
                                                    .embed_keys = o->embed_keys,
                                                    .said = said,
                                                    .said_ctx = said_ctx},
                         err);
}

/* Whoever opens a bundle need not know that keys were given: it never holds any. */
bool scs_outputs_bundle(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                        const struct scs_report_context *ctx, struct scs_error *err)
{
    struct scs_evidence_options evidence = {.run = r, .model = ctx->model, .redactor = ctx->redactor, .lang = o->lang};
    struct scs_run_options asked = {.filter = o->filter,
                                    .servers = o->servers,
                                    .num_servers = o->num_servers,
                                    .paths = o->paths,
                                    .num_paths = o->num_paths,
                                    .no_verify = o->no_verify,
                                    .num_key_files = o->num_keys,
                                    .num_keylogs = o->num_keylogs,
                                    .max_packets = o->max_packets};
    struct scs_bundle_options options = {.report = ctx, .evidence = &evidence, .asked = &asked, .redaction = o->redaction};
    struct scs_output **bundle = &files[o->num_outputs + BUNDLE];
    if (o->bundle == NULL) {
        return true;
    }
    FILE *out = ready(bundle, o->bundle, err);
    return out != NULL && scs_bundle_write(&options, out, err) && scs_outputs_commit(bundle, err);
}

/* After everything else, for only then every token is known. */
bool scs_outputs_map(const struct scs_options *o, struct scs_output **files, const struct scs_report_context *ctx,
                     struct scs_error *err)
{
    struct scs_output **map = &files[o->num_outputs + MAP];
    if (*map == NULL) {
        return true;
    }
    if (o->verbosity >= 0) {
        fprintf(stderr, "scepscope: %s undoes the redaction: do not pass it on with the reports\n", o->map);
    }
    scs_redactor_write_map(ctx->redactor, scs_output_file(*map));
    return scs_outputs_commit(map, err);
}
