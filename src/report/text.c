/* SPDX-License-Identifier: Apache-2.0 */
/* The text report: verdict first, then why and what to do, then who, then what could not be seen. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/platform.h"
#include "report/escape.h"
#include "report/layout.h"
#include "report/reporters.h"
#include "report/text_parts.h"
#include "report/unseen.h"
#include "report/verdict.h"
#include "scepscope/scepscope.h"

#define NARROWEST 80
#define WIDEST    100

/* ---- head ---------------------------------------------------------------------------------------- */

static void head_files(const struct scs_text *t, const struct scs_capture_facts *capture)
{
    if (capture->num_files > 3) {
        fprintf(t->out, "  %u files", capture->num_files);
        return;
    }
    for (uint32_t i = 0; i < capture->num_files; i++) {
        const char *path = scs_redact_payload(t->ctx->redactor, capture->files[i].path);
        fputs(i == 0 ? "  " : ", ", t->out);
        path = strcmp(path, "-") == 0 ? "standard input" : path;
        scs_escape_terminal(t->out, path, strlen(path));
    }
}

static void head(const struct scs_text *t)
{
    const struct scs_capture_facts *capture = t->ctx->model->capture;
    char number[SCS_NUMBER_TEXT], day[SCS_TIME_TEXT], clock[SCS_TIME_TEXT], last_day[SCS_TIME_TEXT];
    fputs("scepscope " SCS_VERSION, t->out);
    head_files(t, capture);
    fprintf(t->out, "  %s packet%s", scs_number_text(capture->packets, number), capture->packets == 1 ? "" : "s");
    if (capture->first_ns != SCS_NO_TIME && capture->last_ns != SCS_NO_TIME) {
        scs_text_day(capture->last_ns, last_day);
        fprintf(t->out, "  %s %s - ", scs_text_day(capture->first_ns, day), scs_text_clock(capture->first_ns, false, clock));
        fprintf(t->out, "%s%s%s UTC", t->several_days ? last_day : "", t->several_days ? " " : "",
                scs_text_clock(capture->last_ns, false, clock));
        fprintf(t->out, " (%s)", scs_duration_text(capture->last_ns - capture->first_ns, number));
    }
    fputs("\n\n", t->out);
}

static void verdict(const struct scs_text *t, const struct scs_summary *s)
{
    static const struct {
        const char *word;
        enum scs_paint paint;
    } rows[] = {
        [SCS_VERDICT_OK] = {"OK", SCS_PAINT_GOOD},
        [SCS_VERDICT_PROBLEMS] = {"PROBLEMS", SCS_PAINT_BAD},
        [SCS_VERDICT_BLIND] = {"BLIND", SCS_PAINT_WARN},
        [SCS_VERDICT_NOTHING] = {"NOTHING", SCS_PAINT_WARN},
    };
    struct scs_buf text;
    int indent = (int)strlen(rows[s->verdict].word) + 2;
    scs_text_paint(t, rows[s->verdict].paint, rows[s->verdict].word);
    fputs("  ", t->out);
    scs_buf_init(&text, SCS_MAX_VERDICT_TEXT);
    scs_verdict_sentence(t->ctx, s, &text);
    scs_wrap(t->out, indent, indent, t->width, scs_buf_cstr(&text));
    scs_buf_clear(&text);
    scs_verdict_advice(t->ctx, s, &text);
    if (text.len != 0) {
        fputs("  ", t->out);
        scs_wrap(t->out, 2, 2, t->width, scs_buf_cstr(&text));
    }
    scs_buf_cleanup(&text);
}

/* ---- what could not be seen ---------------------------------------------------------------------- */

struct unseen {
    const struct scs_text *t;
    bool any;
};

static void say_unseen(void *arg, const char *sentence)
{
    struct unseen *u = arg;
    if (!u->any) {
        fputc('\n', u->t->out);
        scs_text_paint(u->t, SCS_PAINT_STRONG, "WHAT THIS CAPTURE CANNOT SHOW");
        fputc('\n', u->t->out);
        u->any = true;
    }
    fputs("  ", u->t->out);
    scs_wrap(u->t->out, 4, 2, u->t->width, sentence);
}

static void unseen(const struct scs_text *t)
{
    struct unseen u = {.t = t};
    scs_unseen_notes(t->ctx, say_unseen, &u);
    scs_unseen(t->ctx, say_unseen, &u);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static int width_of(FILE *out)
{
    int fd = fileno(out), columns = fd >= 0 && scs_platform_is_terminal(fd) ? scs_platform_columns(fd) : NARROWEST;
    return columns < NARROWEST ? NARROWEST : columns > WIDEST ? WIDEST : columns;
}

bool scs_report_text(const struct scs_report_context *ctx, FILE *out)
{
    struct scs_text t = {
        .out = out, .ctx = ctx, .width = width_of(out), .several_days = scs_capture_spans_days(ctx->model->capture)};
    scs_summarize(ctx->model, &t.summary);
    scs_finding_index_init(&t.findings, ctx->model);
    head(&t);
    verdict(&t, &t.summary);
    scs_text_findings(&t);
    scs_text_enrolments(&t);
    unseen(&t);
    int status = scs_exit_status(ctx);
    if (status != 0) {
        fprintf(out, "\nExit status %d\n", status);
    }
    scs_finding_index_cleanup(&t.findings);
    scs_redactor_forget(ctx->redactor);
    return fflush(out) == 0 && !ferror(out);
}
