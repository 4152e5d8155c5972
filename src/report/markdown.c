/* SPDX-License-Identifier: Apache-2.0 */
/* The report for the body of a ticket or a chat: what the text report says, as Markdown (CommonMark, with GFM's tables). */
#include <string.h>

#include "base/text.h"
#include "report/enrolment.h"
#include "report/escape.h"
#include "report/finding.h"
#include "report/frames.h"
#include "report/lang/lang.h"
#include "report/layout.h"
#include "report/pattern_text.h"
#include "report/reporters.h"
#include "report/unseen.h"
#include "report/verdict.h"
#include "scepscope/scepscope.h"

/* A ticket's body is read, not searched: the JSON report has the rest. Verbose, all of it. */
#define MOST_FINDINGS 20u
#define MOST_NOTES    10u
#define MOST_ROWS     50u

struct markdown {
    FILE *out;
    const struct scs_report_context *ctx;
    struct scs_finding_index findings;
    bool several_days;
};

static void say(const struct markdown *d, const char *text)
{
    scs_escape_markdown(d->out, text, strlen(text));
}

/* ---- head ---------------------------------------------------------------------------------------- */

static void head(const struct markdown *d)
{
    struct scs_buf text;
    struct scs_summary s;
    scs_summarize(d->ctx->model, &s);
    fprintf(d->out, "## scepscope: %s\n\n", scs_verdict_name(s.verdict));
    scs_buf_init(&text, SCS_MAX_VERDICT_TEXT);
    scs_verdict_sentence(d->ctx, &s, &text);
    say(d, scs_buf_cstr(&text));
    fputs("\n\n", d->out);
    scs_buf_clear(&text);
    scs_verdict_advice(d->ctx, &s, &text);
    if (text.len != 0) {
        say(d, scs_buf_cstr(&text));
        fputs("\n\n", d->out);
    }
    scs_buf_cleanup(&text);
}

static void span_of_time(const struct markdown *d, const struct scs_capture_facts *capture)
{
    char day[SCS_TIME_TEXT], clock[SCS_TIME_TEXT], number[SCS_NUMBER_TEXT];
    if (capture->first_ns == SCS_NO_TIME || capture->last_ns == SCS_NO_TIME) {
        return;
    }
    fprintf(d->out, ", %s %s to ", scs_text_day(capture->first_ns, day), scs_text_clock(capture->first_ns, false, clock));
    if (d->several_days) {
        fprintf(d->out, "%s ", scs_text_day(capture->last_ns, day));
    }
    fprintf(d->out, "%s UTC (%s)", scs_text_clock(capture->last_ns, false, clock),
            scs_duration_text(capture->last_ns - capture->first_ns, number));
}

static void captured(const struct markdown *d)
{
    const struct scs_capture_facts *capture = d->ctx->model->capture;
    char number[SCS_NUMBER_TEXT];
    for (uint32_t i = 0; i < capture->num_files && i < 3; i++) {
        fputs(i == 0 ? "" : ", ", d->out);
        say(d, scs_redact_payload(d->ctx->redactor, capture->files[i].path));
    }
    if (capture->num_files > 3) {
        fprintf(d->out, " and %u more", capture->num_files - 3);
    }
    fprintf(d->out, ", %s packet%s", scs_number_text(capture->packets, number), capture->packets == 1 ? "" : "s");
    span_of_time(d, capture);
    fputs(", scepscope " SCS_VERSION "\n", d->out);
}

/* ---- findings ------------------------------------------------------------------------------------ */

struct told {
    const struct markdown *d;
    const struct scs_finding *f;
    const struct scs_finding_text *text;
    struct scs_fact facts[SCS_MAX_FINDING_FACTS];
    uint32_t num_facts;
};

/* Prints a text of the catalogue with its facts after `lead`, when something is left of it. */
static bool filled(const struct told *t, const char *lead, const char *tmpl)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    bool any = tmpl != NULL && scs_text_format(tmpl, t->facts, t->num_facts, &b);
    if (any) {
        fputs(lead, t->d->out);
        say(t->d, scs_buf_cstr(&b));
        fputc('\n', t->d->out);
    }
    scs_buf_cleanup(&b);
    return any;
}

static void list(const struct told *t, const char *name, const char *const *texts, size_t max)
{
    char lead[64];
    for (size_t i = 0, shown = 0; i < max && texts[i] != NULL; i++) {
        snprintf(lead, sizeof lead, "%s%s%s%u. ", shown == 0 ? "\n**" : "", shown == 0 ? name : "", shown == 0 ? "**\n\n" : "",
                 (unsigned)(shown + 1));
        shown += filled(t, lead, texts[i]);
    }
}

static void evidence(const struct told *t)
{
    const struct scs_capture_facts *capture = t->d->ctx->model->capture;
    for (uint32_t at = 0; at < t->f->num_frames;) {
        const scs_frame *frames = t->f->frames + at;
        uint32_t num = scs_frames_of_one_file(frames, t->f->num_frames - at);
        struct scs_buf b;
        scs_buf_init(&b, SCS_FRAMES_TEXT);
        fputs("\n**Evidence** ", t->d->out);
        if (capture->num_files > 1 && SCS_FRAME_FILE(frames[0]) < capture->num_files) {
            say(t->d, scs_redact_payload(t->d->ctx->redactor, capture->files[SCS_FRAME_FILE(frames[0])].path));
            fputs(": ", t->d->out);
        }
        scs_frames_text(frames, num, &b);
        fprintf(t->d->out, "%s\n\n", scs_buf_cstr(&b));
        scs_buf_clear(&b);
        scs_frames_filter(frames, num, &b);
        fprintf(t->d->out, "    %s\n", scs_buf_cstr(&b));
        scs_buf_cleanup(&b);
        at += num;
    }
}

static void story(const struct told *t)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_STORY_TEXT);
    scs_finding_story(t->d->ctx, t->f, &b);
    if (b.len != 0) {
        fputs("\n**Pattern** ", t->d->out);
        say(t->d, scs_buf_cstr(&b));
        fputc('\n', t->d->out);
    }
    scs_buf_cleanup(&b);
}

static void consequences(const struct told *t)
{
    for (uint32_t i = 0; i < t->f->num_consequences; i++) {
        fprintf(t->d->out, "%s`%s`", i == 0 ? "\n**Led to** " : ", ", t->f->consequences[i]);
    }
    fputs(t->f->num_consequences != 0 ? "\n" : "", t->d->out);
}

static void in_full(const struct told *t)
{
    static const char *const levels[] = {[SCS_SEV_INFO] = "Info", [SCS_SEV_WARNING] = "Warning", [SCS_SEV_ERROR] = "Error"};
    struct scs_buf often;
    scs_buf_init(&often, SCS_HOW_OFTEN_TEXT);
    scs_finding_how_often(t->f, t->d->several_days, &often);
    fprintf(t->d->out, "\n### %s: ", levels[t->f->severity]);
    say(t->d, t->text != NULL ? t->text->title : t->f->id);
    fprintf(t->d->out, "\n\n`%s`, %s", t->f->id, scs_confidence_name(t->f->confidence));
    fprintf(t->d->out, "%s%s\n", often.len != 0 ? "; " : "", scs_buf_cstr(&often));
    scs_buf_cleanup(&often);
    if (t->text != NULL) {
        filled(t, "\n", t->text->meaning);
        story(t);
        list(t, "Likely causes", t->text->causes, SCS_NUM_CAUSES);
        list(t, "Fix", t->text->fixes, SCS_NUM_FIXES);
        list(t, "Confirm", t->text->confirm, SCS_NUM_CONFIRM);
    }
    evidence(t);
    consequences(t);
    if (t->text != NULL) {
        filled(t, "\n**Reference** ", t->text->reference);
    }
}

static struct told told_of(const struct markdown *d, const struct scs_finding *f)
{
    struct told t = {.d = d, .f = f, .text = scs_text_find(d->ctx->lang, f->id)};
    t.num_facts = scs_finding_facts(f, d->ctx->redactor, t.facts);
    return t;
}

static void more(const struct markdown *d, uint32_t n, const char *what)
{
    char number[SCS_NUMBER_TEXT];
    if (n != 0) {
        fprintf(d->out, "\n%s more %s%s: the JSON report has them.\n", scs_number_text(n, number), what, n == 1 ? "" : "s");
    }
}

static void findings(const struct markdown *d)
{
    const struct scs_model *m = d->ctx->model;
    uint32_t most = d->ctx->verbosity > 0 ? UINT32_MAX : MOST_FINDINGS, shown = 0, left = 0;
    for (uint32_t i = 0; i < m->num_findings && !ferror(d->out); i++) {
        if (m->findings[i]->severity == SCS_SEV_INFO) {
            continue;
        }
        if (shown == most) {
            left++;
            continue;
        }
        struct told t = told_of(d, m->findings[i]);
        in_full(&t);
        shown++;
        scs_redactor_forget(d->ctx->redactor);
    }
    more(d, left, "finding");
}

static void notes(const struct markdown *d)
{
    const struct scs_model *m = d->ctx->model;
    uint32_t most = d->ctx->verbosity > 0 ? UINT32_MAX : MOST_NOTES, shown = 0, left = 0;
    for (uint32_t i = 0; i < m->num_findings && !ferror(d->out); i++) {
        const struct scs_finding *f = m->findings[i];
        if (f->severity != SCS_SEV_INFO || scs_finding_tells_blind_spot(f)) {
            continue;
        }
        if (shown == most) {
            left++;
            continue;
        }
        struct told t = told_of(d, f);
        fprintf(d->out, "%s- `%s` ", shown == 0 ? "\n### Notes\n\n" : "", f->id);
        say(d, t.text != NULL ? t.text->title : "");
        if (f->count > 1) {
            fprintf(d->out, " (%u times)", f->count);
        }
        fputc('\n', d->out);
        shown++;
        scs_redactor_forget(d->ctx->redactor);
    }
    more(d, left, "note");
}

/* ---- enrolments ---------------------------------------------------------------------------------- */

static void row(const struct markdown *d, const struct scs_enrolment *e)
{
    char time[SCS_MOMENT_TEXT], took[SCS_NUMBER_TEXT];
    const struct scs_finding *f = scs_enrolment_finding(&d->findings, e);
    fprintf(d->out, "| %u | %s | ", e->id, scs_moment_text(e->started_ns, d->several_days, time));
    say(d, scs_redact_addr(d->ctx->redactor, &e->client));
    if (e->platform != SCS_PLATFORM_UNKNOWN) {
        fprintf(d->out, " %s", scs_platform_name(e->platform));
    }
    fputs(" | ", d->out);
    say(d, e->subject != NULL && *e->subject != '\0' ? scs_redact_subject(d->ctx->redactor, e->subject) : "not known");
    fprintf(d->out, " | %s | %s | %s |", scs_enrolment_reached_text(e), scs_enrolment_outcome_text(e),
            scs_enrolment_took_text(e, took));
    if (f != NULL) {
        fprintf(d->out, " `%s`", f->id);
    }
    fputs(" |\n", d->out);
    scs_redactor_forget(d->ctx->redactor);
}

static void enrolments(const struct markdown *d)
{
    const struct scs_model *m = d->ctx->model;
    char number[SCS_NUMBER_TEXT];
    uint32_t most = d->ctx->verbosity > 0 ? UINT32_MAX : MOST_ROWS, shown = 0, left = 0, succeeded = 0;
    for (uint32_t i = 0; i < m->num_enrolments && !ferror(d->out); i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (!scs_enrolment_is_listed(e, d->ctx->verbosity)) {
            succeeded += !e->probe;
        } else if (shown == most) {
            left++;
        } else {
            if (shown++ == 0) {
                fputs("\n### Enrolments\n\n| # | time | device | who it is | reached | outcome | took | finding |\n"
                      "| --- | --- | --- | --- | --- | --- | --- | --- |\n",
                      d->out);
            }
            row(d, e);
        }
        scs_model_rest(m, i);
    }
    more(d, left, "enrolment");
    if (shown != 0 && succeeded != 0) {
        fprintf(d->out, "\n%s more succeeded.\n", scs_number_text(succeeded, number));
    }
}

/* ---- what could not be seen ---------------------------------------------------------------------- */

struct unseen {
    const struct markdown *d;
    bool any;
};

static void say_unseen(void *arg, const char *sentence)
{
    struct unseen *u = arg;
    fputs(u->any ? "- " : "\n### What this capture cannot show\n\n- ", u->d->out);
    u->any = true;
    say(u->d, sentence);
    fputc('\n', u->d->out);
}

static void unseen(const struct markdown *d)
{
    struct unseen u = {.d = d};
    scs_unseen_notes(d->ctx, say_unseen, &u);
    scs_unseen(d->ctx, say_unseen, &u);
}

bool scs_report_markdown(const struct scs_report_context *ctx, FILE *out)
{
    struct markdown d = {.out = out, .ctx = ctx, .several_days = scs_capture_spans_days(ctx->model->capture)};
    scs_finding_index_init(&d.findings, ctx->model);
    head(&d);
    captured(&d);
    findings(&d);
    enrolments(&d);
    notes(&d);
    unseen(&d);
    scs_finding_index_cleanup(&d.findings);
    scs_redactor_forget(ctx->redactor);
    return fflush(out) == 0 && !ferror(out);
}
