/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and warnings in full, then notes in a line each. */
#include <string.h>

#include "base/buf.h"
#include "report/frames.h"
#include "report/lang/lang.h"
#include "report/layout.h"
#include "report/pattern_text.h"
#include "report/text_parts.h"

/* Findings shown in full, and notes shown, without -v. */
#define MOST_FINDINGS 20u
#define MOST_NOTES    10u

#define LABEL_INDENT 2
#define TEXT_INDENT  17

struct told {
    const struct scs_text *t;
    const struct scs_finding *f;
    const struct scs_finding_text *text;
    struct scs_fact facts[SCS_MAX_FINDING_FACTS];
    uint32_t num_facts;
};

static bool is_note(const struct scs_finding *f)
{
    return f->severity == SCS_SEV_INFO && !scs_finding_tells_blind_spot(f);
}

/* ---- one finding in full ------------------------------------------------------------------------- */

static void label(const struct scs_text *t, const char *text)
{
    fprintf(t->out, "%*s%-*s", LABEL_INDENT, "", TEXT_INDENT - LABEL_INDENT, text);
}

/* Prints a text of the catalogue with its facts, when something is left of it. */
static bool labelled(const struct told *d, const char *name, const char *mark, const char *tmpl)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    bool any = scs_text_format(tmpl, d->facts, d->num_facts, &b);
    if (any) {
        label(d->t, name);
        int at = TEXT_INDENT + fprintf(d->t->out, "%s", mark);
        scs_wrap(d->t->out, at, at, d->t->width, scs_buf_cstr(&b));
    }
    scs_buf_cleanup(&b);
    return any;
}

/* A list of one needs no number. */
static void list(const struct told *d, const char *name, const char *const *texts, size_t max)
{
    for (size_t i = 0, shown = 0; i < max && texts[i] != NULL; i++) {
        char mark[8] = "";
        if (max > 1 && texts[1] != NULL) {
            snprintf(mark, sizeof mark, "%u. ", (unsigned)(shown + 1));
        }
        shown += labelled(d, shown == 0 ? name : "", mark, texts[i]);
    }
}

static void evidence(const struct told *d)
{
    const struct scs_capture_facts *capture = d->t->ctx->model->capture;
    for (uint32_t at = 0; at < d->f->num_frames;) {
        const scs_frame *frames = d->f->frames + at;
        uint32_t num = scs_frames_of_one_file(frames, d->f->num_frames - at);
        struct scs_buf b;
        scs_buf_init(&b, 3 * SCS_FRAMES_TEXT);
        if (capture->num_files > 1 && SCS_FRAME_FILE(frames[0]) < capture->num_files) {
            scs_buf_printf(&b, "%s: ", scs_redact_payload(d->t->ctx->redactor, capture->files[SCS_FRAME_FILE(frames[0])].path));
        }
        scs_frames_text(frames, num, &b);
        label(d->t, at == 0 ? "Evidence" : "");
        scs_wrap(d->t->out, TEXT_INDENT, TEXT_INDENT, d->t->width, scs_buf_cstr(&b));
        scs_buf_clear(&b);
        scs_frames_filter(frames, num, &b);
        /* On a line of its own, unbroken: it is there to be copied. */
        fprintf(d->t->out, "%*s%s\n", TEXT_INDENT, "", scs_buf_cstr(&b));
        scs_buf_cleanup(&b);
        at += num;
    }
}

static void story(const struct told *d)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_STORY_TEXT);
    scs_finding_story(d->t->ctx, d->f, &b);
    if (b.len != 0) {
        label(d->t, "Pattern");
        scs_wrap(d->t->out, TEXT_INDENT, TEXT_INDENT, d->t->width, scs_buf_cstr(&b));
    }
    scs_buf_cleanup(&b);
}

static void consequences(const struct told *d)
{
    if (d->f->num_consequences == 0) {
        return;
    }
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    for (uint32_t i = 0; i < d->f->num_consequences; i++) {
        scs_buf_printf(&b, "%s%s", i == 0 ? "" : ", ", d->f->consequences[i]);
    }
    label(d->t, "Led to");
    scs_wrap(d->t->out, TEXT_INDENT, TEXT_INDENT, d->t->width, scs_buf_cstr(&b));
    scs_buf_cleanup(&b);
}

static void headline(const struct told *d)
{
    static const struct {
        const char *word;
        enum scs_paint paint;
    } levels[] = {[SCS_SEV_INFO] = {"INFO", SCS_PAINT_QUIET},
                  [SCS_SEV_WARNING] = {"WARNING", SCS_PAINT_WARN},
                  [SCS_SEV_ERROR] = {"ERROR", SCS_PAINT_BAD}};
    struct scs_buf often;
    scs_buf_init(&often, SCS_HOW_OFTEN_TEXT);
    scs_finding_how_often(d->f, d->t->several_days, &often);
    fputc('\n', d->t->out);
    scs_text_paint(d->t, levels[d->f->severity].paint, levels[d->f->severity].word);
    fputs("  ", d->t->out);
    scs_text_paint(d->t, SCS_PAINT_STRONG, d->f->id);
    fprintf(d->t->out, "   %s   %s\n", scs_confidence_name(d->f->confidence), scs_buf_cstr(&often));
    scs_buf_cleanup(&often);
}

static void body(const struct told *d, const char *text)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    if (text != NULL && scs_text_format(text, d->facts, d->num_facts, &b)) {
        if (b.len != 0 && b.p[b.len - 1] != '.') {
            scs_buf_byte(&b, '.'); /* titles stand without one in lists */
        }
        fprintf(d->t->out, "%*s", LABEL_INDENT, "");
        scs_wrap(d->t->out, LABEL_INDENT, LABEL_INDENT, d->t->width, scs_buf_cstr(&b));
    }
    scs_buf_cleanup(&b);
}

static void in_full(const struct told *d)
{
    headline(d);
    if (d->text != NULL) {
        body(d, d->text->title);
        body(d, d->text->meaning);
        story(d);
        list(d, "Likely causes", d->text->causes, SCS_NUM_CAUSES);
        list(d, "Fix", d->text->fixes, SCS_NUM_FIXES);
        list(d, "Confirm", d->text->confirm, SCS_NUM_CONFIRM);
    }
    evidence(d);
    consequences(d);
    if (d->text != NULL && d->text->reference != NULL) {
        labelled(d, "Reference", "", d->text->reference);
    }
}

/* ---- all of them --------------------------------------------------------------------------------- */

static struct told told_of(const struct scs_text *t, const struct scs_finding *f)
{
    struct told d = {.t = t, .f = f, .text = scs_text_find(t->ctx->lang, f->id)};
    d.num_facts = scs_finding_facts(f, t->ctx->redactor, d.facts);
    return d;
}

/* A note in a line or two: its title, and how often. */
static void note(const struct told *d)
{
    char number[SCS_NUMBER_TEXT];
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    scs_buf_text(&b, d->text != NULL ? d->text->title : d->f->id);
    if (d->f->count > 1) {
        scs_buf_printf(&b, " (%s times)", scs_number_text(d->f->count, number));
    }
    fputs("  ", d->t->out);
    scs_text_paint(d->t, SCS_PAINT_QUIET, d->f->id);
    int at = 2 + (int)strlen(d->f->id);
    fputs("  ", d->t->out);
    scs_wrap(d->t->out, 4, at + 2, d->t->width, scs_buf_cstr(&b));
    scs_buf_cleanup(&b);
}

static void more(const struct scs_text *t, uint32_t n, const char *what)
{
    char number[SCS_NUMBER_TEXT];
    if (n != 0) {
        fprintf(t->out, "  (%s more %s%s: -v lists them)\n", scs_number_text(n, number), what, n == 1 ? "" : "s");
    }
}

/* Where nothing is wrong, notes are only named: whoever wants them asks. */
static void note_names(const struct scs_text *t)
{
    const struct scs_model *m = t->ctx->model;
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    for (uint32_t i = 0, shown = 0; i < m->num_findings; i++) {
        const char *id = m->findings[i]->id;
        if (is_note(m->findings[i]) && shown < MOST_NOTES && (i == 0 || strcmp(m->findings[i - 1]->id, id) != 0)) {
            scs_buf_printf(&b, "%s%s", shown++ == 0 ? "Notes: " : ", ", id);
        }
    }
    if (b.len != 0) {
        scs_buf_text(&b, " (-v explains them)");
        fputc('\n', t->out);
        scs_wrap(t->out, 0, 0, t->width, scs_buf_cstr(&b));
    }
    scs_buf_cleanup(&b);
}

static void notes(const struct scs_text *t)
{
    const struct scs_model *m = t->ctx->model;
    uint32_t shown = 0, left = 0;
    for (uint32_t i = 0; i < m->num_findings; i++) {
        const struct scs_finding *f = m->findings[i];
        if (!is_note(f)) {
            continue;
        }
        if (shown == MOST_NOTES) {
            left++;
            continue;
        }
        if (shown++ == 0) {
            fputc('\n', t->out);
            scs_text_paint(t, SCS_PAINT_STRONG, "NOTES");
            fputc('\n', t->out);
        }
        struct told d = told_of(t, f);
        note(&d);
    }
    more(t, left, "note");
}

void scs_text_findings(const struct scs_text *t)
{
    const struct scs_model *m = t->ctx->model;
    bool verbose = t->ctx->verbosity > 0;
    uint32_t shown = 0, left = 0;
    for (uint32_t i = 0; i < m->num_findings; i++) {
        const struct scs_finding *f = m->findings[i];
        if (f->severity == SCS_SEV_INFO && !(verbose && is_note(f))) {
            continue;
        }
        if (shown == MOST_FINDINGS && !verbose) {
            left++;
            continue;
        }
        shown++;
        struct told d = told_of(t, f);
        in_full(&d);
        scs_redactor_forget(t->ctx->redactor);
    }
    more(t, left, "finding");
    if (!verbose && shown != 0) {
        notes(t);
    } else if (!verbose) {
        note_names(t);
    }
}
