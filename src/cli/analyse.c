/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/analyse.h"

#include <errno.h>
#include <string.h>

#include "cli/outputs.h"
#include "cli/privileges.h"
#include "cli/progress.h"
#include "cli/recorder.h"
#include "compare/plan.h"
#include "compare/write.h"
#include "keys/passphrase.h"
#include "platform/platform.h"
#include "report/again.h"
#include "report/redact.h"
#include "run/run.h"
#include "watch/watch.h"

/* ---- reports ------------------------------------------------------------------------------------- */

/* A redactor with a key of its own, before there is a model. */
static struct scs_redactor *new_redactor(const struct scs_options *o)
{
    static const uint8_t no_key[32];
    struct scs_redactor *r = scs_redactor_new(o->redaction, no_key);
    scs_redactor_new_key(r);
    if (o->map != NULL) {
        scs_redactor_remember(r);
    }
    return r;
}

/* With evidence the key is drawn: nobody may try names against the tokens with the packets in his hands. */
static struct scs_redactor *redactor_of(const struct scs_options *o, const struct scs_model *model)
{
    if (o->evidence == NULL && o->bundle == NULL) {
        struct scs_redactor *r = scs_redactor_for_model(o->redaction, model);
        if (o->map != NULL) {
            scs_redactor_remember(r);
        }
        return r;
    }
    return new_redactor(o);
}

static bool report(const struct scs_options *o, struct scs_output **files, struct scs_run *r, const struct scs_model *model,
                   struct scs_redactor *redactor, int *status, struct scs_error *err)
{
    struct scs_report_context ctx = {.model = model,
                                     .redactor = redactor,
                                     .lang = o->lang,
                                     .verbosity = o->verbosity,
                                     .fail_on = o->fail_on,
                                     .fail_never = o->fail_never};
    *status = scs_exit_status(&ctx);
    scs_redactor_keep_authorities(redactor, model);
    bool ok = scs_outputs_report(o, files, &ctx, NULL, err) && scs_outputs_evidence(o, files, r, &ctx, err) &&
              scs_outputs_bundle(o, files, r, &ctx, err) && scs_outputs_map(o, files, &ctx, err);
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
        ok = scs_outputs_report(o, files, &ctx, comparison, err) && scs_outputs_map(o, files, &ctx, err);
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

/* What cannot be read again has to be kept while it comes. */
static bool holds_packets(const struct scs_options *o)
{
    return scs_outputs_ring_wanted(o) || (o->bundle != NULL && (o->num_interfaces != 0 || o->growing));
}

/* NULL with `err` set. `passphrase` and `progress` are borrowed. */
static struct scs_run *new_run(const struct scs_options *o, struct scs_passphrase_source *passphrase,
                               struct scs_progress *progress, struct scs_error *err)
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
                                      .again = (o->evidence != NULL || o->bundle != NULL) && !holds_packets(o),
                                      .progress = scs_progress_show,
                                      .progress_ctx = progress};
    return scs_run_new(&options, err);
}

/* The model of the captures, read as one; NULL with `err` set. */
static const struct scs_model *read_captures(const struct scs_options *o, struct scs_run *r, const char *const *paths,
                                             uint32_t num_paths, const struct scs_progress *progress, struct scs_error *err)
{
    bool ok = scs_run_files(r, paths, num_paths, err);
    scs_progress_end(progress);
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
                              .color = text && scs_outputs_color(o),
                              .begun = "capturing on",
                              .interfaces = o->interfaces,
                              .num_interfaces = o->num_interfaces,
                              .redaction = o->redaction};
}

/* What is to be done once the interfaces are open. */
struct beginning {
    const struct scs_options *options;
    struct scs_output **files;
    struct scs_recorder *recorder;
};

/* Nothing but outputs is opened after that. */
static bool begin_capture(void *ctx, struct scs_error *err)
{
    const struct beginning *b = ctx;
    return scs_recorder_begin(b->recorder, err) &&
           scs_privileges_drop(b->options, b->files, b->options->num_outputs + SCS_OTHER_OUTPUTS,
                               scs_recorder_descriptor(b->recorder), NULL, 0, err);
}

static const struct scs_model *end_capture(struct scs_run *r, bool ok, struct scs_recorder *recorder)
{
    const struct scs_model *model = ok ? scs_run_finish(r) : NULL;
    scs_recorder_end(recorder, model);
    if (model != NULL && recorder->options->verbosity > 0) {
        say_counters(model);
    }
    return model;
}

/* The model of what passes the interfaces until somebody ends it; NULL with `err` set. */
static const struct scs_model *capture(const struct scs_options *o, struct scs_output **files, struct scs_run *r,
                                       struct scs_redactor *redactor, struct scs_error *err)
{
    struct scs_watch watch = watch_of(o);
    struct scs_recorder recorder = {.options = o, .run = r, .redactor = redactor};
    struct beginning beginning = {.options = o, .files = files, .recorder = &recorder};
    scs_watch_begin(&watch);
    recorder.inner = scs_watch_hooks(&watch);
    struct scs_live_options options = {.interfaces = o->interfaces,
                                       .num_interfaces = o->num_interfaces,
                                       .filter = o->filter,
                                       .snap_len = o->snap_len,
                                       .buffer_mib = o->buffer_mib,
                                       .no_promiscuous = o->no_promiscuous,
                                       .max_ms = o->max_ms,
                                       .opened = begin_capture,
                                       .opened_ctx = &beginning,
                                       .never_again = o->user != NULL,
                                       .hooks = scs_recorder_hooks(&recorder)};
    bool ok = scs_run_live(r, &options, err);
    scs_watch_end(&watch);
    return end_capture(r, ok, &recorder);
}

static bool any_pipe(const struct scs_options *o)
{
    bool any = false;
    for (uint32_t i = 0; i < o->num_files; i++) {
        any = any || !scs_platform_is_regular(o->files[i]);
    }
    return any;
}

/*
 * The model of what comes by pipes, or from files that grow, until its end or until somebody ends it; NULL with `err` set. A
 * pipe into a pipe or a file gives the report and nothing else, unless -l asks for lines as they come.
 */
static const struct scs_model *follow(const struct scs_options *o, struct scs_run *r, struct scs_redactor *redactor,
                                      struct scs_error *err)
{
    struct scs_watch watch = watch_of(o);
    struct scs_recorder recorder = {.options = o, .run = r, .redactor = redactor};
    watch.begun = o->growing ? "following" : NULL;
    watch.interfaces = o->files;
    watch.num_interfaces = o->num_files;
    watch.lines = o->growing || o->line_buffered || scs_platform_is_terminal(1) ? watch.lines : NULL;
    scs_watch_begin(&watch);
    recorder.inner = scs_watch_hooks(&watch);
    struct scs_follow_options options = {.paths = o->files,
                                         .num_paths = o->num_files,
                                         .growing = o->growing,
                                         .max_ms = o->max_ms,
                                         .hooks = scs_recorder_hooks(&recorder)};
    bool ok = scs_recorder_begin(&recorder, err) && scs_run_follow(r, &options, err);
    scs_watch_end(&watch);
    return end_capture(r, ok, &recorder);
}

static struct scs_progress begin_progress(const struct scs_options *o)
{
    return (struct scs_progress){.wanted = o->verbosity >= 0 && scs_platform_is_terminal(2)};
}

static struct scs_passphrase_source passphrase_source(const struct scs_options *o)
{
    return (struct scs_passphrase_source){.source = o->key_pass != NULL ? o->key_pass : "prompt"};
}

bool scs_analyse_captures(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err)
{
    struct scs_progress progress = begin_progress(o);
    struct scs_passphrase_source passphrase = passphrase_source(o);
    struct scs_run *r = new_run(o, &passphrase, &progress, err);
    struct scs_redactor *redactor = scs_outputs_ring_wanted(o) ? new_redactor(o) : NULL;
    scs_passphrase_cleanse(&passphrase);
    const struct scs_model *model = NULL;
    const struct scs_capture_paths captures = {.paths = o->files, .num = o->num_files};
    if (r != NULL && holds_packets(o)) {
        scs_run_hold(r);
    }
    if (r != NULL && o->num_interfaces != 0) {
        model = capture(o, files, r, redactor, err);
    } else if (r != NULL && scs_privileges_drop(o, files, o->num_outputs + SCS_OTHER_OUTPUTS, -1, &captures, 1, err)) {
        model =
            o->growing || any_pipe(o) ? follow(o, r, redactor, err) : read_captures(o, r, o->files, o->num_files, &progress, err);
    }
    redactor = model != NULL && redactor == NULL ? redactor_of(o, model) : redactor;
    bool ok = model != NULL && report(o, files, r, model, redactor, status, err);
    scs_redactor_free(redactor);
    scs_run_free(r);
    return ok;
}

/* Both runs have their keys before the first capture is read, so that passphrases are gone by then. */
bool scs_analyse_pair(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err)
{
    struct scs_arena *arena = scs_arena_new();
    struct scs_compare_plan plan = {0};
    struct scs_progress progress = begin_progress(o);
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
    ok = ok && scs_privileges_drop(o, files, o->num_outputs + SCS_OTHER_OUTPUTS, -1, captures, 2, err);
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
bool scs_analyse_report(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err)
{
    static const uint8_t no_key[32];
    struct scs_report_context ctx = {.redactor = scs_redactor_new(o->redaction, no_key)};
    scs_redactor_new_key(ctx.redactor);
    const struct scs_capture_paths given = {.paths = o->files, .num = o->num_files};
    bool ok = check_again(o, err) && scs_privileges_drop(o, files, o->num_outputs + SCS_OTHER_OUTPUTS, -1, &given, 1, err);
    for (uint32_t i = 0; ok && i < o->num_outputs; i++) {
        ok = scs_report_redact_again(o->files[0], ctx.redactor, scs_output_file(files[i]), err) &&
             scs_outputs_commit(&files[i], err);
    }
    if (ok && o->standard != NULL) {
        errno = 0;
        ok = scs_report_redact_again(o->files[0], ctx.redactor, stdout, err) && scs_outputs_standard_done(!ferror(stdout), err);
    }
    ok = ok && scs_outputs_map(o, files, &ctx, err);
    scs_redactor_free(ctx.redactor);
    *status = 0;
    return ok;
}

bool scs_analyse_is_report(const struct scs_options *o)
{
    return o->action == SCS_DO_ANALYSE && o->num_files == 1 && scs_report_is_json(o->files[0]);
}
