/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolments: a row for each that did not succeed, the first of those that did, and a ladder where there is room. */
#include <inttypes.h>

#include "report/enrolment.h"
#include "report/html_parts.h"

/* Ladders that stand open; a page of more is long enough without. */
#define OPEN_LADDERS 3u
/* Characters of a name in a row, of which there may be ten thousand; its ladder has all of it. */
#define MOST_NAME 80u

static bool did_not_succeed(const struct scs_enrolment *e)
{
    return !e->probe && e->outcome != SCS_ENROLMENT_SUCCEEDED;
}

static const char *outcome_class(const struct scs_enrolment *e)
{
    static const char *const classes[] = {
        [SCS_ENROLMENT_SUCCEEDED] = "ok",  [SCS_ENROLMENT_FAILED] = "error",       [SCS_ENROLMENT_PENDING] = "wait",
        [SCS_ENROLMENT_BLOCKED] = "error", [SCS_ENROLMENT_INCOMPLETE] = "unknown",
    };
    return e->outcome < sizeof classes / sizeof classes[0] ? classes[e->outcome] : "unknown";
}

static void outcome(const struct scs_html *h, const struct scs_enrolment *e)
{
    fprintf(h->out, "<span class=\"mark %s\">%s</span>", outcome_class(e), scs_enrolment_outcome_text(e));
}

static void device(const struct scs_html *h, const struct scs_enrolment *e)
{
    scs_html_text(h, scs_redact_addr(h->ctx->redactor, &e->client));
    if (e->probe || e->platform != SCS_PLATFORM_UNKNOWN) {
        fprintf(h->out, " <small>%s</small>", e->probe ? "probe" : scs_platform_name(e->platform));
    }
}

/* ---- what is shown ------------------------------------------------------------------------------- */

static void draw_if_room(struct scs_html *h, const struct scs_enrolment *e, uint32_t *left)
{
    uint32_t size = scs_html_ladder_size(e);
    if (!h->has_ladder[e->id] && size <= *left) {
        h->has_ladder[e->id] = true;
        *left -= size;
    }
}

/* Room goes to one example of every error and warning, then to failures, then to successes, each in their order. */
void scs_html_choose_enrolments(struct scs_html *h)
{
    const struct scs_model *m = h->ctx->model;
    uint32_t left = SCS_HTML_LADDER_STEPS, failed = 0, succeeded = 0;
    for (uint32_t i = 0; i < m->num_findings && i < SCS_HTML_FINDINGS; i++) {
        const struct scs_enrolment *e = scs_model_enrolment(m, m->findings[i]->enrolment);
        if (e != NULL && did_not_succeed(e)) {
            draw_if_room(h, e, &left);
        }
    }
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        bool bad = did_not_succeed(e);
        h->has_row[e->id] = bad ? failed++ < SCS_HTML_FAILED : succeeded++ < SCS_HTML_SUCCEEDED;
        if (bad) {
            draw_if_room(h, e, &left);
        }
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_enrolments && left != 0; i++) {
        if (h->has_row[i + 1]) {
            draw_if_room(h, m->enrolments[i], &left);
        }
        scs_model_rest(m, i);
    }
}

/* ---- table --------------------------------------------------------------------------------------- */

static void row(const struct scs_html *h, const struct scs_enrolment *e)
{
    char took[SCS_NUMBER_TEXT];
    const struct scs_finding *f = scs_enrolment_finding(&h->findings, e);
    fprintf(h->out, "<tr id=\"e%" PRIu32 "\"><th scope=\"row\">", e->id);
    scs_html_enrolment_link(h, e->id);
    fputs("</th><td class=\"time\">", h->out);
    scs_html_moment(h, e->started_ns);
    fputs("</td><td>", h->out);
    device(h, e);
    fputs("</td><td>", h->out);
    bool known = e->subject != NULL && *e->subject != '\0';
    scs_html_clipped(h, known ? scs_redact_subject(h->ctx->redactor, e->subject) : "not known", MOST_NAME);
    fprintf(h->out, "</td><td>%s</td><td>", scs_enrolment_reached_text(e));
    outcome(h, e);
    fprintf(h->out, "</td><td class=\"n\">%s</td><td>", scs_enrolment_took_text(e, took));
    if (f != NULL) {
        scs_html_finding_link(h, f);
    }
    fputs("</td></tr>\n", h->out);
    scs_redactor_forget(h->ctx->redactor);
}

static const char *const heads[] = {"#", "Time", "Device", "Who it is", "Reached", "Outcome", "+Took", "Finding", NULL};

/* Rows of one kind; how many of that kind have none is returned. */
static uint32_t rows(const struct scs_html *h, bool bad, const char *caption)
{
    const struct scs_model *m = h->ctx->model;
    uint32_t shown = 0, hidden = 0;
    for (uint32_t i = 0; i < m->num_enrolments && !ferror(h->out); i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (did_not_succeed(e) == bad && h->has_row[e->id]) {
            if (shown++ == 0) {
                scs_html_table(h, caption, heads);
            }
            row(h, e);
        } else if (did_not_succeed(e) == bad) {
            hidden++;
        }
        scs_model_rest(m, i);
    }
    if (shown != 0) {
        scs_html_table_end(h);
    }
    return hidden;
}

static uint32_t count_bad(const struct scs_html *h)
{
    uint32_t bad = 0;
    for (uint32_t i = 0; i < h->ctx->model->num_enrolments; i++) {
        bad += did_not_succeed(h->ctx->model->enrolments[i]);
        scs_model_rest(h->ctx->model, i);
    }
    return bad;
}

static void tables(const struct scs_html *h, uint32_t bad)
{
    const struct scs_model *m = h->ctx->model;
    if (bad != 0) {
        scs_html_left_out(h, rows(h, true, "Enrolments that did not succeed"),
                          "more did not succeed: the JSON report lists them.");
    }
    if (bad == m->num_enrolments) {
        return;
    }
    uint32_t others = m->num_enrolments - bad;
    fprintf(h->out, "<details%s>\n<summary>", bad == 0 && others <= SCS_HTML_GOOD_ROWS ? " open" : "");
    scs_html_count(h, others);
    fputs(others == h->summary.succeeded ? " succeeded</summary>\n" : " succeeded or only probed</summary>\n", h->out);
    scs_html_left_out(h, rows(h, false, "Enrolments that succeeded"), "more succeeded: the JSON report lists them.");
    fputs("</details>\n", h->out);
}

/* ---- ladders ------------------------------------------------------------------------------------- */

static void summary(const struct scs_html *h, const struct scs_enrolment *e)
{
    const struct scs_finding *f = scs_enrolment_finding(&h->findings, e);
    fprintf(h->out, "<summary><h4 id=\"l%" PRIu32 "\">Enrolment %" PRIu32 "</h4> <span>", e->id, e->id);
    device(h, e);
    fputs("</span> ", h->out);
    outcome(h, e);
    if (f != NULL) {
        fputs(" <code>", h->out);
        scs_html_text(h, f->id);
        fputs("</code>", h->out);
    }
    fputs("</summary>\n", h->out);
}

static void ladders(const struct scs_html *h)
{
    const struct scs_model *m = h->ctx->model;
    uint32_t shown = 0, hidden = 0;
    fputs("<h3>Step by step</h3>\n", h->out);
    for (int pass = 0; pass < 2; pass++) { /* failures first */
        for (uint32_t i = 0; i < m->num_enrolments && !ferror(h->out); i++) {
            const struct scs_enrolment *e = m->enrolments[i];
            scs_model_rest(m, i);
            if (did_not_succeed(e) != (pass == 0)) {
                continue;
            }
            if (!h->has_ladder[e->id]) {
                hidden++;
                continue;
            }
            fprintf(h->out, "<details class=\"ladder\"%s>\n", shown++ < OPEN_LADDERS ? " open" : "");
            summary(h, e);
            scs_html_ladder(h, e);
            fputs("</details>\n", h->out);
            scs_redactor_forget(h->ctx->redactor);
        }
    }
    scs_html_left_out(h, hidden, "more are not drawn, to keep this page small; every kind of failure has one that is.");
}

void scs_html_enrolments(const struct scs_html *h)
{
    if (h->ctx->model->num_enrolments == 0) {
        return;
    }
    scs_html_section(h, "enrolments", "Enrolments");
    scs_html_timeline(h);
    tables(h, count_bad(h));
    ladders(h);
    fputs("</section>\n", h->out);
}
