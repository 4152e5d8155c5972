/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: what it means, what to do, what confirms it, and the packets that show it. */
#include <inttypes.h>
#include <string.h>

#include "report/escape.h"
#include "report/html_parts.h"
#include "report/lang/lang.h"
#include "report/layout.h"
#include "report/pattern_text.h"

/* Enrolments a finding links to; the table of enrolments names it in each row anyway. */
#define MOST_LINKS 24u

struct told {
    const struct scs_html *h;
    const struct scs_finding *f;
    const struct scs_finding_text *text;
    struct scs_fact facts[SCS_MAX_FINDING_FACTS];
    uint32_t num_facts, number;
};

static struct told told_of(const struct scs_html *h, uint32_t index)
{
    const struct scs_finding *f = h->ctx->model->findings[index];
    struct told d = {.h = h, .f = f, .text = scs_text_find(h->ctx->lang, f->id), .number = index + 1};
    d.num_facts = scs_finding_facts(f, h->ctx->redactor, d.facts);
    return d;
}

/* A browser breaks lines behind a hyphen, which tears the dash off a command's option: such words stay whole where they fit. */
static void prose(const struct scs_html *h, const char *text)
{
    while (*text != '\0') {
        size_t spaces = strspn(text, " "), word = strcspn(text + spaces, " \n");
        bool option = text[spaces] == '-' && word > 1;
        fprintf(h->out, "%s%s", spaces != 0 ? " " : "", option ? "<span class=\"option\">" : "");
        scs_escape_html(h->out, text + spaces, word);
        fputs(option ? "</span>" : "", h->out);
        text += spaces + word;
        if (*text == '\n') {
            fputs("<br>", h->out);
            text++;
        }
    }
}

/* A text of the catalogue with its facts, between two tags; nothing when nothing is left of it. */
static void filled(const struct told *d, const char *open, const char *tmpl, const char *close)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    if (tmpl != NULL && scs_text_format(tmpl, d->facts, d->num_facts, &b)) {
        scs_html_raw(d->h, open);
        prose(d->h, scs_buf_cstr(&b));
        scs_html_raw(d->h, close);
    }
    scs_buf_cleanup(&b);
}

static void list(const struct told *d, const char *class, const char *title, const char *const *texts, size_t max)
{
    if (texts[0] == NULL) {
        return;
    }
    bool several = max > 1 && texts[1] != NULL;
    fprintf(d->h->out, "<div class=\"%s\"><h4>%s</h4>\n<%s>", class, title, several ? "ol" : "ul");
    for (size_t i = 0; i < max && texts[i] != NULL; i++) {
        filled(d, "<li>", texts[i], "</li>\n");
    }
    fputs(several ? "</ol></div>\n" : "</ul></div>\n", d->h->out);
}

static void enrolments(const struct told *d)
{
    const struct scs_finding *f = d->f;
    uint32_t num = f->num_enrolments < MOST_LINKS ? f->num_enrolments : MOST_LINKS;
    if (num == 0) {
        return;
    }
    fputs("<dt>Enrolments</dt><dd>", d->h->out);
    for (uint32_t i = 0; i < num; i++) {
        fputs(i == 0 ? "" : ", ", d->h->out);
        scs_html_enrolment_link(d->h, f->enrolments[i]);
    }
    fputs(f->num_enrolments > num ? " and more</dd>\n" : "</dd>\n", d->h->out);
}

static void evidence(const struct told *d)
{
    const struct scs_finding *f = d->f;
    fputs("<dl class=\"evidence\">\n", d->h->out);
    if (f->num_frames != 0) {
        fputs("<dt>Evidence</dt><dd>", d->h->out);
        scs_html_frames(d->h, f->frames, f->num_frames);
        if (f->num_frames == SCS_MAX_FINDING_FRAMES) {
            fprintf(d->h->out, " <small>(the first %u frames)</small>", SCS_MAX_FINDING_FRAMES);
        }
        fputs("</dd>\n", d->h->out);
    }
    enrolments(d);
    if (f->num_consequences != 0) {
        fputs("<dt>Led to</dt><dd>", d->h->out);
        for (uint32_t i = 0; i < f->num_consequences; i++) {
            fputs(i == 0 ? "<code>" : ", <code>", d->h->out);
            scs_html_text(d->h, f->consequences[i]);
            fputs("</code>", d->h->out);
        }
        fputs("</dd>\n", d->h->out);
    }
    if (d->text != NULL && d->text->reference != NULL) {
        filled(d, "<dt>Reference</dt><dd>", d->text->reference, "</dd>\n");
    }
    fputs("</dl>\n", d->h->out);
}

static void how_sure(const struct told *d)
{
    struct scs_buf often;
    scs_buf_init(&often, SCS_HOW_OFTEN_TEXT);
    scs_finding_how_often(d->f, d->h->several_days, &often);
    fputs("<p class=\"meta\"><code>", d->h->out);
    scs_html_text(d->h, d->f->id);
    fprintf(d->h->out, "</code> · %s%s", scs_confidence_name(d->f->confidence), often.len != 0 ? " · " : "");
    scs_html_text(d->h, scs_buf_cstr(&often));
    fputs("</p>\n", d->h->out);
    scs_buf_cleanup(&often);
}

static void title(const struct told *d)
{
    static const char *const words[] = {[SCS_SEV_INFO] = "Note:", [SCS_SEV_WARNING] = "Warning:", [SCS_SEV_ERROR] = "Error:"};
    scs_html_icon(d->h, scs_severity_name(d->f->severity));
    fprintf(d->h->out, "<span class=\"level\">%s</span> ", words[d->f->severity]);
    scs_html_text(d->h, d->text != NULL ? d->text->title : d->f->id);
}

static void story(const struct told *d)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_STORY_TEXT);
    scs_finding_story(d->h->ctx, d->f, &b);
    if (b.len != 0) {
        fputs("<p class=\"pattern\"><b>Pattern</b> ", d->h->out);
        scs_html_text(d->h, scs_buf_cstr(&b));
        fputs("</p>\n", d->h->out);
    }
    scs_buf_cleanup(&b);
}

static void body(const struct told *d)
{
    how_sure(d);
    if (d->text != NULL) {
        filled(d, "<p class=\"meaning\">", d->text->meaning, "</p>\n");
        story(d);
        fputs("<div class=\"advice\">\n", d->h->out);
        list(d, "causes", "Likely causes", d->text->causes, SCS_NUM_CAUSES);
        list(d, "fixes", "What to do", d->text->fixes, SCS_NUM_FIXES);
        list(d, "confirm", "What confirms it", d->text->confirm, SCS_NUM_CONFIRM);
        fputs("</div>\n", d->h->out);
    }
    evidence(d);
}

static void in_full(const struct told *d)
{
    fprintf(d->h->out, "<article class=\"finding %s\" id=\"f%" PRIu32 "\">\n<h3>", scs_severity_name(d->f->severity), d->number);
    title(d);
    fputs("</h3>\n", d->h->out);
    body(d);
    fputs("</article>\n", d->h->out);
}

static void folded(const struct told *d)
{
    fprintf(d->h->out, "<details class=\"finding %s\">\n<summary><h3 id=\"f%" PRIu32 "\">", scs_severity_name(d->f->severity),
            d->number);
    title(d);
    fputs("</h3></summary>\n", d->h->out);
    body(d);
    fputs("</details>\n", d->h->out);
}

static void by_title(const struct told *d)
{
    fprintf(d->h->out, "<li id=\"f%" PRIu32 "\">", d->number);
    title(d);
    fputs(" <code>", d->h->out);
    scs_html_text(d->h, d->f->id);
    fputs("</code></li>\n", d->h->out);
}

/* Titles of those that did not fit. */
static void rest(const struct scs_html *h, uint32_t at)
{
    const struct scs_model *m = h->ctx->model;
    if (at >= m->num_findings) {
        return;
    }
    scs_html_left_out(h, m->num_findings - at, "more findings, by title:");
    fputs("<ul class=\"plain\">\n", h->out);
    for (; at < m->num_findings && !ferror(h->out); at++) {
        struct told d = told_of(h, at);
        by_title(&d);
        scs_redactor_forget(h->ctx->redactor);
    }
    fputs("</ul>\n", h->out);
}

void scs_html_findings(const struct scs_html *h)
{
    const struct scs_model *m = h->ctx->model;
    uint32_t faults = 0, notes = 0;
    scs_html_section(h, "findings", "Findings");
    for (uint32_t i = 0; i < m->num_findings && i < SCS_HTML_FINDINGS && !ferror(h->out); i++) {
        struct told d = told_of(h, i);
        if (d.f->severity != SCS_SEV_INFO) {
            in_full(&d);
            faults++;
        } else if (!scs_finding_tells_blind_spot(d.f)) {
            fputs(notes++ == 0 ? "<p class=\"lead\">Notes: true, and no fault by themselves.</p>\n" : "", h->out);
            folded(&d);
        }
        scs_redactor_forget(h->ctx->redactor);
    }
    rest(h, SCS_HTML_FINDINGS);
    if (faults + notes == 0) {
        fputs(h->summary.verdict == SCS_VERDICT_OK ? "<p>Nothing to report.</p>\n"
                                                   : "<p>No fault was found in what could be read.</p>\n",
              h->out);
    }
    fputs("</section>\n", h->out);
}

bool scs_html_blind_spots(const struct scs_html *h)
{
    const struct scs_model *m = h->ctx->model;
    bool any = false;
    for (uint32_t i = 0; i < m->num_findings && i < SCS_HTML_FINDINGS; i++) {
        if (scs_finding_tells_blind_spot(m->findings[i])) {
            struct told d = told_of(h, i);
            folded(&d);
            any = true;
            scs_redactor_forget(h->ctx->redactor);
        }
    }
    return any;
}
