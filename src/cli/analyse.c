/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/analyse.h"

#include <errno.h>
#include <string.h>

#include "cli/outputs.h"
#include "cli/privileges.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "compare/plan.h"
#include "compare/write.h"
#include "keys/passphrase.h"
#include "platform/platform.h"
#include "report/again.h"
#include "report/redact.h"
#include "run/run.h"

/* MiB, where --memory does not say. */
#define DEFAULT_MEMORY_MIB 256u

/* ---- reports ------------------------------------------------------------------------------------- */

static bool report(const struct scs_options *o, struct scs_output **files, struct scs_run *r, const struct scs_model *model,
                   int *status, struct scs_error *err)
{
    struct scs_report_context ctx = {.model = model,
                                     .redactor = scs_outputs_redactor(o, model),
                                     .lang = o->lang,
                                     .verbosity = o->verbosity,
                                     .fail_on = o->fail_on,
                                     .fail_never = o->fail_never};
    *status = scs_exit_status(&ctx);
    bool ok = scs_outputs_write(o, files, r, &ctx, err);
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

/* What cannot be read again has to be kept while it comes. */
static bool holds_packets(const struct scs_options *o)
{
    return scs_outputs_ring_wanted(o) || (o->bundle != NULL && (o->num_interfaces != 0 || o->growing));
}

/* What may go on for weeks has a limit; a file that is read once has its size. */
static uint32_t memory_for(const struct scs_options *o)
{
    bool endless = o->action == SCS_DO_ANALYSE && scs_session_wanted(o);
    return o->memory_given || !endless ? o->memory_mib : DEFAULT_MEMORY_MIB;
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
                                      .memory_mib = memory_for(o),
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
        scs_progress_say_counters(model);
    }
    return model;
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
    scs_passphrase_cleanse(&passphrase);
    const struct scs_capture_paths captures = {.paths = o->files, .num = o->num_files};
    bool ok = false;
    if (r != NULL && holds_packets(o)) {
        scs_run_hold(r);
    }
    if (r != NULL && scs_session_wanted(o)) {
        ok = scs_session_run(o, files, r, status, err);
    } else if (r != NULL && scs_privileges_drop(o, files, o->num_outputs + SCS_OTHER_OUTPUTS, NULL, 0, &captures, 1, err)) {
        const struct scs_model *model = read_captures(o, r, o->files, o->num_files, &progress, err);
        ok = model != NULL && report(o, files, r, model, status, err);
    }
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
    ok = ok && scs_privileges_drop(o, files, o->num_outputs + SCS_OTHER_OUTPUTS, NULL, 0, captures, 2, err);
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
    bool ok = check_again(o, err) && scs_privileges_drop(o, files, o->num_outputs + SCS_OTHER_OUTPUTS, NULL, 0, &given, 1, err);
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
