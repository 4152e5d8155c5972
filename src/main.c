/* SPDX-License-Identifier: Apache-2.0 */
/* scepscope: options, outputs, analysis, reports, exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "keys/passphrase.h"
#include "option_completion.h"
#include "option_table.h"
#include "options.h"
#include "platform/platform.h"
#include "report/escape.h"
#include "report/explain.h"
#include "report/redact.h"
#include "scepscope/scepscope.h"

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

/* Opens every -o before the first packet is read, so that a wrong path is said at once. */
static bool open_outputs(const struct scs_options *o, struct scs_output **files, struct scs_error *err)
{
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        files[i] = scs_output_open(o->outputs[i].path, o->force, err);
        if (files[i] == NULL) {
            return false;
        }
    }
    return true;
}

static bool write_files(const struct scs_options *o, struct scs_output **files, struct scs_report_context *ctx,
                        struct scs_error *err)
{
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        if (!o->outputs[i].reporter->write(ctx, scs_output_file(files[i]))) {
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

static bool report(const struct scs_options *o, struct scs_output **files, const struct scs_model *model, int *status,
                   struct scs_error *err)
{
    struct scs_report_context ctx = {.model = model,
                                     .redactor = scs_redactor_for_model(o->redaction, model),
                                     .lang = o->lang,
                                     .verbosity = o->verbosity,
                                     .fail_on = o->fail_on,
                                     .fail_never = o->fail_never};
    *status = scs_exit_status(&ctx);
    bool ok = write_files(o, files, &ctx, err);
    if (ok && o->standard != NULL) {
        ctx.color = color_of_stdout(o);
        errno = 0;
        ok = standard_output_done(o->standard->write(&ctx, stdout), err);
    }
    scs_redactor_free(ctx.redactor);
    return ok;
}

/* ---- analysis ------------------------------------------------------------------------------------ */

static bool wants_json(const struct scs_options *o)
{
    bool wanted = o->standard != NULL && strcmp(o->standard->name, "json") == 0;
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        wanted = wanted || strcmp(o->outputs[i].reporter->name, "json") == 0;
    }
    return wanted;
}

static void say_counters(const struct scs_model *m)
{
    fprintf(stderr, "scepscope: %llu packets, %u connections, %u exchanges, %u enrolments, %u findings\n",
            (unsigned long long)m->capture->packets, m->num_connections, m->num_exchanges, m->num_enrolments, m->num_findings);
}

static bool run(const struct scs_options *o, struct scs_output **files, int *status, struct scs_error *err)
{
    struct progress progress = {.wanted = o->verbosity >= 0 && scs_platform_is_terminal(2)};
    struct scs_passphrase_source passphrase = {.source = o->key_pass != NULL ? o->key_pass : "prompt"};
    struct scs_run_options options = {.filter = o->filter,
                                      .servers = o->servers,
                                      .num_servers = o->num_servers,
                                      .paths = o->paths,
                                      .num_paths = o->num_paths,
                                      .no_verify = o->no_verify,
                                      .key_files = o->keys,
                                      .num_key_files = o->num_keys,
                                      .passphrase = scs_passphrase_get,
                                      .passphrase_ctx = &passphrase,
                                      .keylogs = o->keylogs,
                                      .num_keylogs = o->num_keylogs,
                                      .max_packets = o->max_packets,
                                      .want_sha256 = wants_json(o),
                                      .progress = show_progress,
                                      .progress_ctx = &progress};
    struct scs_run *r = scs_run_new(&options, err);
    scs_passphrase_cleanse(&passphrase);
    if (r == NULL) {
        return false;
    }
    bool ok = scs_run_files(r, o->files, o->num_files, err);
    end_progress(&progress);
    if (ok) {
        const struct scs_model *model = scs_run_finish(r);
        if (o->verbosity > 0) {
            say_counters(model);
        }
        ok = report(o, files, model, status, err);
    }
    scs_run_free(r);
    return ok;
}

static int analyse(const struct scs_options *o)
{
    struct scs_error err;
    struct scs_output **files = scs_xcalloc(o->num_outputs + 1, sizeof *files);
    int status = EXIT_NOT_ANALYSED;
    scs_platform_catch_signals();
    if (!open_outputs(o, files, &err) || !run(o, files, &status, &err)) {
        status = fail(&err);
    }
    for (uint32_t i = 0; i < o->num_outputs; i++) {
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
        status = o.action == SCS_DO_ANALYSE ? analyse(&o) : inform(&o);
    }
    scs_options_cleanup(&o);
    return status;
}
