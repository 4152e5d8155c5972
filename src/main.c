/* SPDX-License-Identifier: Apache-2.0 */
/* scepscope: options, outputs, analysis, reports, exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "bundle/bundle.h"
#include "capture/devices.h"
#include "compare/plan.h"
#include "compare/write.h"
#include "evidence/evidence.h"
#include "keys/passphrase.h"
#include "option_completion.h"
#include "option_table.h"
#include "options.h"
#include "platform/platform.h"
#include "privileges.h"
#include "report/again.h"
#include "report/escape.h"
#include "report/explain.h"
#include "report/redact.h"
#include "scepscope/scepscope.h"
#include "watch/watch.h"

/* Exit statuses 0, 1 and 3 come from the report. */
#define EXIT_NOT_ANALYSED 2

#define PROGRESS_EVERY_MS 200u

static int fail(const struct scs_error *err)
{
    fputs("scepscope: ", stderr);
    scs_escape_terminal(stderr, err->text, strlen(err->text));
    fputc('\n', stderr);
    return EXIT_NOT_ANALYSED;
}

/* Whether everything reached standard output. A reader that went away wants no more, and no complaint either. */
static bool standard_output_done(bool written, struct scs_error *err)
{
    if ((written && fflush(stdout) == 0) || errno == EPIPE) {
        return true;
    }
    return scs_error_set(err, "standard output could not be written: %s", strerror(errno));
}

/* ---- progress ------------------------------------------------------------------------------------ */

struct progress {
    bool shown, wanted;
    uint64_t last_ms;
};

static bool show_progress(void *ctx, uint64_t bytes, uint64_t total)
{
    struct progress *p = ctx;
    uint64_t now = p->wanted ? scs_platform_now_ms() : 0;
    if (p->wanted && now - p->last_ms >= PROGRESS_EVERY_MS) {
        p->last_ms = now;
        p->shown = true;
        if (total != 0) {
            fprintf(stderr, "\rreading: %3u %%", (unsigned)(bytes >= total ? 100 : bytes * 100 / total));
        } else {
            fprintf(stderr, "\rreading: %llu MiB", (unsigned long long)(bytes >> 20));
        }
    }
    return !scs_platform_interrupted();
}

static void end_progress(const struct progress *p)
{
    if (p->shown) {
        fputs("\r                         \r", stderr);
    }
}

/* ---- reports ------------------------------------------------------------------------------------- */

static bool color_of_stdout(const struct scs_options *o)
{
    if (o->color != SCS_COLOR_AUTO) {
        return o->color == SCS_COLOR_ALWAYS;
    }
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return scs_platform_is_terminal(1) && (no_color == NULL || *no_color == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

/* Besides the reports: the places of -w, --bundle and --map behind those of -o. */
enum { EVIDENCE, BUNDLE, MAP, OTHER_OUTPUTS };

/* Opens every file before the first packet is read, so that a wrong path is said at once. */
static bool open_outputs(const struct scs_options *o, struct scs_output **files, struct scs_error *err)
{
    const char *const others[OTHER_OUTPUTS] = {[EVIDENCE] = o->evidence, [BUNDLE] = o->bundle, [MAP] = o->map};
    for (uint32_t i = 0; i < OTHER_OUTPUTS; i++) {
        files[o->num_outputs + i] = others[i] != NULL ? scs_output_open(others[i], o->force, err) : NULL;
        if (others[i] != NULL && files[o->num_outputs + i] == NULL) {
            return false;
        }
    }
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        files[i] = scs_output_open(o->outputs[i].path, o->force, err);
        if (files[i] == NULL) {
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

static bool write_files(const struct scs_options *o, struct scs_output **files, const struct scs_report_context *ctx,
                        const struct scs_comparison *comparison, struct scs_error *err)
{
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        if (!write_to(o->outputs[i].reporter, ctx, comparison, scs_output_file(files[i]))) {
            return scs_error_set(err, "%s could not be written: %s", o->outputs[i].path, strerror(errno));
        }
        struct scs_output *done = files[i];
        files[i] = NULL;
        if (!scs_output_commit(done, err)) {
            return false;
        }
    }
    return true;
}

/* Files first, then standard output. */
static bool write_all(const struct scs_options *o, struct scs_output **files, struct scs_report_context *ctx,
                      const struct scs_comparison *comparison, struct scs_error *err)
{
    bool ok = write_files(o, files, ctx, comparison, err);
    if (ok && o->standard != NULL) {
        ctx->color = color_of_stdout(o);
        errno = 0;
        ok = standard_output_done(write_to(o->standard, ctx, comparison, stdout), err);
    }
    return ok;
}

static bool commit(struct scs_output **file, struct scs_error *err)
{
    struct scs_output *done = *file;
    *file = NULL;
    return scs_output_commit(done, err);
}

static bool write_evidence(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                           const struct scs_report_context *ctx, struct scs_error *err)
{
    struct scs_evidence_options options = {
        .run = r, .model = ctx->model, .redactor = ctx->redactor, .lang = o->lang, .embed_keys = o->embed_keys};
    struct scs_output **evidence = &files[o->num_outputs + EVIDENCE];
    if (*evidence == NULL) {
        return true;
    }
    if (o->embed_keys && o->verbosity >= 0) {
        fputs("scepscope: the TLS secrets are in the evidence now: whoever gets it can read those connections\n", stderr);
    }
    return scs_evidence_write(&options, scs_output_file(*evidence), err) && commit(evidence, err);
}

/* Whoever opens a bundle need not know that keys were given: it never holds any. */
static bool write_bundle(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
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
    return *bundle == NULL || (scs_bundle_write(&options, scs_output_file(*bundle), err) && commit(bundle, err));
}

/* After everything else, for only then every token is known. */
static bool write_map(const struct scs_options *o, struct scs_output **files, const struct scs_report_context *ctx,
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
    return commit(map, err);
}

static bool report(const struct scs_options *o, struct scs_output **files, struct scs_run *r, const struct scs_model *model,
                   int *status, struct scs_error *err)
{
    struct scs_report_context ctx = {.model = model,
                                     .redactor = scs_redactor_for_model(o->redaction, model),
                                     .lang = o->lang,
                                     .verbosity = o->verbosity,
                                     .fail_on = o->fail_on,
                                     .fail_never = o->fail_never};
    *status = scs_exit_status(&ctx);
    if (o->evidence != NULL || o->bundle != NULL) {
        scs_redactor_new_key(ctx.redactor);
    }
    if (o->map != NULL) {
        scs_redactor_remember(ctx.redactor);
    }
    bool ok = write_all(o, files, &ctx, NULL, err) && write_evidence(o, files, r, &ctx, err) &&
              write_bundle(o, files, r, &ctx, err) && write_map(o, files, &ctx, err);
    scs_redactor_free(ctx.redactor);
    return ok;
}

/* One redactor for both: a value has the same token on either side. */
static bool report_comparison(const struct scs_options *o, struct scs_output **files, const struct scs_compare_plan *plan,
                              const struct scs_model *const models[2], struct scs_arena *arena, int *status,
                              struct scs_error *err)
{
    struct scs_compare_side sides[2];
    struct scs_report_context ctx = {.model = models[0],
                                     .redactor = scs_redactor_for_model(o->redaction, models[0]),
                                     .lang = o->lang,
                                     .verbosity = o->verbosity};
    bool ok = true;
    if (o->map != NULL) {
        scs_redactor_remember(ctx.redactor);
    }
    scs_redactor_keep_authorities(ctx.redactor, models[1]);
    for (int s = 0; s < 2 && ok; s++) {
        const struct scs_compare_part *part = &plan->parts[s];
        ok = scs_side_select(&sides[s], models[s], part->word, part->selector, ctx.redactor, arena, err);
    }
    struct scs_comparison *comparison = ok ? scs_compare(sides, ctx.redactor, o->lang) : NULL;
    if (ok) {
        *status = scs_compare_differs(comparison) ? 1 : 0;
        ok = write_all(o, files, &ctx, comparison, err) && write_map(o, files, &ctx, err);
    }
    scs_comparison_free(comparison);
    scs_redactor_free(ctx.redactor);
    return ok;
}

/* ---- analysis ------------------------------------------------------------------------------------ */

/* Reports that name a file by its digest; hashing costs time that the others need not spend. */
static bool shows_digests(const struct scs_reporter *r)
{
    return r != NULL && (strcmp(r->name, "json") == 0 || strcmp(r->name, "html") == 0);
}

static bool wants_digests(const struct scs_options *o)
{
    bool wanted = o->bundle != NULL || shows_digests(o->standard);
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        wanted = wanted || shows_digests(o->outputs[i].reporter);
    }
    return wanted;
}

static void say_counters(const struct scs_model *m)
{
    fprintf(stderr, "scepscope: %llu packets, %u connections, %u exchanges, %u enrolments, %u findings\n",
            (unsigned long long)m->capture->packets, m->num_connections, m->num_exchanges, m->num_enrolments, m->num_findings);
}

/* NULL with `err` set. `passphrase` and `progress` are borrowed. */
static struct scs_run *new_run(const struct scs_options *o, struct scs_passphrase_source *passphrase, struct progress *progress,
                               struct scs_error *err)
{
    struct scs_run_options options = {.filter = o->num_interfaces == 0 ? o->filter : NULL,
                                      .servers = o->servers,
                                      .num_servers = o->num_servers,
                                      .paths = o->paths,
                                      .num_paths = o->num_paths,
                                      .no_verify = o->no_verify,
                                      .key_files = o->keys,
                                      .num_key_files = o->num_keys,
                                      .passphrase = scs_passphrase_get,
                                      .passphrase_ctx = passphrase,
                                      .keylogs = o->keylogs,
                                      .num_keylogs = o->num_keylogs,
                                      .max_packets = o->max_packets,
                                      .want_sha256 = wants_digests(o),
                                      .again = o->evidence != NULL || o->bundle != NULL,
                                      .progress = show_progress,
                                      .progress_ctx = progress};
    return scs_run_new(&options, err);
}

/* The model of the captures, read as one; NULL with `err` set. */
static const struct scs_model *read_captures(const struct scs_options *o, struct scs_run *r, const char *const *paths,
                                             uint32_t num_paths, const struct progress *progress, struct scs_error *err)
{
    bool ok = scs_run_files(r, paths, num_paths, err);
    end_progress(progress);
    const struct scs_model *model = ok ? scs_run_finish(r) : NULL;
    if (model != NULL && o->verbosity > 0) {
        say_counters(model);
    }
    return model;
}

/* Lines go where the report does when that is text too, else to standard error. */
static struct scs_watch watch_of(const struct scs_options *o)
{
    bool quiet = o->verbosity < 0, text = o->standard != NULL && strcmp(o->standard->name, "text") == 0;
    return (struct scs_watch){.lines = quiet  ? NULL
                                       : text ? stdout
                                              : stderr,
                              .said = quiet ? NULL : stderr,
                              .status = !quiet && scs_platform_is_terminal(2) ? stderr : NULL,
                              .report_follows = text,
                              .color = text && color_of_stdout(o),
                              .interfaces = o->interfaces,
                              .num_interfaces = o->num_interfaces,
                              .redaction = o->redaction};
}

/* Nothing but the outputs is opened after the interfaces. */
struct outputs {
    const struct scs_options *options;
    struct scs_output **files;
};

static bool drop_privileges(void *ctx, struct scs_error *err)
{
    const struct outputs *outputs = ctx;
    return scs_privileges_drop(outputs->options, outputs->files, outputs->options->num_outputs + OTHER_OUTPUTS, NULL, 0, err);
}

/* The model of what passes the interfaces until somebody ends it; NULL with `err` set. */
static const struct scs_model *capture(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                                       struct scs_error *err)
{
    struct outputs outputs = {.options = o, .files = files};
    struct scs_watch watch = watch_of(o);
    scs_watch_begin(&watch);
    struct scs_live_options options = {.interfaces = o->interfaces,
                                       .num_interfaces = o->num_interfaces,
                                       .filter = o->filter,
                                       .snap_len = o->snap_len,
                                       .buffer_mib = o->buffer_mib,
                                       .no_promiscuous = o->no_promiscuous,
                                       .max_ms = o->max_ms,
                                       .opened = drop_privileges,
                                       .opened_ctx = &outputs,
                                       .never_again = o->user != NULL,
                                       .hooks = scs_watch_hooks(&watch)};
    bool ok = scs_run_live(r, &options, err);
    scs_watch_end(&watch);
    const struct scs_model *model = ok ? scs_run_finish(r) : NULL;
    if (model != NULL && o->verbosity > 0) {
        say_counters(model);
    }
    return model;
}

static struct progress begin_progress(const struct scs_options *o)
{
    return (struct progress){.wanted = o->verbosity >= 0 && scs_platform_is_terminal(2)};
}

static struct scs_passphrase_source passphrase_source(const struct scs_options *o)
{
    return (struct scs_passphrase_source){.source = o->key_pass != NULL ? o->key_pass : "prompt"};
}

static bool run(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err)
{
    struct progress progress = begin_progress(o);
    struct scs_passphrase_source passphrase = passphrase_source(o);
    struct scs_run *r = new_run(o, &passphrase, &progress, err);
    scs_passphrase_cleanse(&passphrase);
    const struct scs_model *model = NULL;
    const struct scs_capture_paths captures = {.paths = o->files, .num = o->num_files};
    if (r != NULL && o->num_interfaces != 0) {
        model = capture(o, files, r, err);
    } else if (r != NULL && scs_privileges_drop(o, files, o->num_outputs + OTHER_OUTPUTS, &captures, 1, err)) {
        model = read_captures(o, r, o->files, o->num_files, &progress, err);
    }
    bool ok = model != NULL && report(o, files, r, model, status, err);
    scs_run_free(r);
    return ok;
}

/* Both runs have their keys before the first capture is read, so that passphrases are gone by then. */
static bool compare(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err)
{
    struct scs_arena *arena = scs_arena_new();
    struct scs_compare_plan plan = {0};
    struct progress progress = begin_progress(o);
    struct scs_passphrase_source passphrase = passphrase_source(o);
    struct scs_run *runs[2] = {NULL, NULL};
    const struct scs_model *models[2] = {NULL, NULL};
    bool ok = scs_compare_plan(&plan, o->compare, o->files, o->num_files, arena, err);
    for (int s = 0; s < 2 && ok && !(s == 1 && plan.one_capture); s++) {
        runs[s] = new_run(o, &passphrase, &progress, err);
        ok = runs[s] != NULL;
    }
    scs_passphrase_cleanse(&passphrase);
    const struct scs_capture_paths captures[2] = {{plan.parts[0].files, plan.parts[0].num_files},
                                                  {plan.parts[1].files, plan.parts[1].num_files}};
    ok = ok && scs_privileges_drop(o, files, o->num_outputs + OTHER_OUTPUTS, captures, 2, err);
    for (int s = 0; s < 2 && ok; s++) {
        const struct scs_compare_part *part = &plan.parts[s];
        models[s] = runs[s] != NULL ? read_captures(o, runs[s], part->files, part->num_files, &progress, err) : models[0];
        ok = models[s] != NULL;
    }
    ok = ok && report_comparison(o, files, &plan, models, arena, status, err);
    scs_run_free(runs[0]);
    scs_run_free(runs[1]);
    scs_arena_free(arena);
    return ok;
}

/* ---- a report instead of a capture --------------------------------------------------------------------- */

static bool check_again(const struct scs_options *o, struct scs_error *err)
{
    if (o->redaction == SCS_REDACT_NONE) {
        return scs_error_set(err, "%s is a report, and what is hidden in it stays so; give --redact standard or strict",
                             o->files[0]);
    }
    if (o->evidence != NULL || o->bundle != NULL) {
        return scs_error_set(err, "%s is a report, which has no packets; -w and --bundle need the capture", o->files[0]);
    }
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        if (strcmp(o->outputs[i].reporter->name, "json") != 0) {
            return scs_error_set(err, "%s: a report is redacted again as JSON; name a .json file", o->outputs[i].path);
        }
    }
    return true;
}

/* The tokens that are there stay; new ones have a key of their own, for the report's is not in it. */
static bool redact_report(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err)
{
    static const uint8_t no_key[32];
    struct scs_report_context ctx = {.redactor = scs_redactor_new(o->redaction, no_key)};
    scs_redactor_new_key(ctx.redactor);
    const struct scs_capture_paths given = {.paths = o->files, .num = o->num_files};
    bool ok = check_again(o, err) && scs_privileges_drop(o, files, o->num_outputs + OTHER_OUTPUTS, &given, 1, err);
    for (uint32_t i = 0; ok && i < o->num_outputs; i++) {
        ok = scs_report_redact_again(o->files[0], ctx.redactor, scs_output_file(files[i]), err) && commit(&files[i], err);
    }
    if (ok && o->standard != NULL) {
        errno = 0;
        ok = scs_report_redact_again(o->files[0], ctx.redactor, stdout, err) && standard_output_done(!ferror(stdout), err);
    }
    ok = ok && write_map(o, files, &ctx, err);
    scs_redactor_free(ctx.redactor);
    *status = 0;
    return ok;
}

static bool is_report(const struct scs_options *o)
{
    return o->action == SCS_DO_ANALYSE && o->num_files == 1 && scs_report_is_json(o->files[0]);
}

static int analyse(const struct scs_options *o)
{
    struct scs_error err;
    uint32_t num = o->num_outputs + OTHER_OUTPUTS;
    struct scs_output **files = scs_xcalloc(num, sizeof *files);
    int status = EXIT_NOT_ANALYSED;
    scs_platform_catch_signals();
    bool opened = open_outputs(o, files, &err);
    if (!opened || !(o->action == SCS_DO_COMPARE ? compare : is_report(o) ? redact_report : run)(o, files, &status, &err)) {
        status = fail(&err);
    }
    for (uint32_t i = 0; i < num; i++) {
        scs_output_abandon(files[i]);
    }
    free(files);
    return status;
}

/* ---- information --------------------------------------------------------------------------------- */

static int inform(const struct scs_options *o)
{
    struct scs_error err;
    bool known = true;
    scs_platform_catch_signals();
    errno = 0;
    switch (o->action) {
    case SCS_DO_HELP:
        scs_option_help(stdout);
        break;
    case SCS_DO_VERSION:
        puts("scepscope " SCS_VERSION);
        break;
    case SCS_DO_EXPLAIN:
        known = scs_explain(stdout, o->lang, o->explain_id, &err);
        break;
    case SCS_DO_LIST_INTERFACES:
        known = scs_devices_list(stdout, &err);
        break;
    case SCS_DO_COMPLETION:
        scs_option_completion(stdout, o->shell);
        break;
    default:
        scs_list_findings(stdout, o->lang);
        break;
    }
    return known && standard_output_done(!ferror(stdout), &err) ? 0 : fail(&err);
}

int main(int argc, char **argv)
{
    struct scs_options o;
    struct scs_error err;
    int status;
    if (!scs_options_parse(&o, argc, argv, &err)) {
        status = fail(&err);
    } else {
        if (o.line_buffered) {
            setvbuf(stdout, NULL, _IOLBF, 0);
        }
        status = o.action == SCS_DO_ANALYSE || o.action == SCS_DO_COMPARE ? analyse(&o) : inform(&o);
    }
    scs_options_cleanup(&o);
    return status;
}
