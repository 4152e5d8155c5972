/* SPDX-License-Identifier: Apache-2.0 */
/* The table of exchanges: a request and what came back. Those that went wrong stand first, with particulars. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "report/html_parts.h"
#include "report/label.h"
#include "report/layout.h"

/* Characters of an error page, enough to know who made it; frames named of one exchange. */
#define PAGE_TEXT   200u
#define MOST_FRAMES SCS_MAX_FINDING_FRAMES

static uint32_t frames_of(const struct scs_http_message *m, scs_frame *out, uint32_t max)
{
    uint32_t num = m->frames.num_runs < max ? m->frames.num_runs : max;
    for (uint32_t i = 0; i < num; i++) {
        out[i] = m->frames.runs[i].frame;
    }
    return num;
}

static int ascending(const void *a, const void *b)
{
    const scs_frame *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

uint32_t scs_html_exchange_frames(const struct scs_exchange *x, scs_frame *out, uint32_t max)
{
    uint32_t num = 0, kept = 0;
    num += x->request != NULL ? frames_of(&x->request->m, out, max / 2) : 0;
    num += x->reply != NULL ? frames_of(&x->reply->m, out + num, max - 2 - num) : 0;
    out[num++] = x->first_frame; /* where a message keeps no map */
    out[num++] = x->last_frame;
    qsort(out, num, sizeof *out, ascending);
    for (uint32_t i = 0; i < num; i++) {
        if (out[i] != 0 && (kept == 0 || out[kept - 1] != out[i])) {
            out[kept++] = out[i];
        }
    }
    return kept;
}

static bool went_wrong(const struct scs_exchange *x)
{
    return x->outcome != SCS_OUTCOME_OK && x->outcome != SCS_OUTCOME_HEALTHY_PAGE;
}

static const char *outcome_class(const struct scs_exchange *x)
{
    switch ((enum scs_outcome)x->outcome) {
    case SCS_OUTCOME_OK:
    case SCS_OUTCOME_HEALTHY_PAGE:
        return "ok";
    case SCS_OUTCOME_PENDING:
        return "wait";
    case SCS_OUTCOME_INCOMPLETE:
        return "unknown";
    case SCS_OUTCOME_FAILED:
    case SCS_OUTCOME_TRUNCATED:
    case SCS_OUTCOME_UNANSWERED:
        break;
    }
    return "error";
}

static const char *outcome_word(const struct scs_exchange *x)
{
    return x->outcome == SCS_OUTCOME_HEALTHY_PAGE ? "healthy page" : scs_outcome_name(x->outcome);
}

/* ---- particulars --------------------------------------------------------------------------------- */

/* The words of an error page without its tags. */
static void page(const struct scs_html *h, const char *body_text)
{
    const char *text = scs_redact_payload(h->ctx->redactor, body_text);
    struct scs_buf words;
    bool in_tag = false;
    scs_buf_init(&words, strlen(text) + 1);
    for (; *text != '\0'; text++) {
        bool space = in_tag || *text == '<' || *text == '\n' || *text == '\t' || *text == ' ';
        in_tag = *text == '<' || (in_tag && *text != '>');
        if (!space) {
            scs_buf_byte(&words, (uint8_t)*text);
        } else if (words.len != 0 && words.p[words.len - 1] != ' ') {
            scs_buf_byte(&words, ' ');
        }
    }
    fputs("<dt>Page</dt><dd>", h->out);
    scs_html_clipped(h, scs_buf_cstr(&words), PAGE_TEXT);
    fputs("</dd>\n", h->out);
    scs_buf_cleanup(&words);
}

static void particulars(const struct scs_html *h, const struct scs_exchange *x)
{
    struct scs_redactor *r = h->ctx->redactor;
    const struct scs_http_request *q = x->request;
    const struct scs_http_reply *p = x->reply;
    fputs("<tr class=\"sub\"><td></td><td colspan=\"7\"><dl>\n", h->out);
    if (q != NULL) {
        scs_html_term(h, "Host", scs_redact_host(r, q->host));
        scs_html_term(h, "Target", scs_redact_target(r, q->target));
        scs_html_term(h, "User agent", scs_redact_agent(r, q->user_agent));
        scs_html_term(h, "Passed on by", scs_redact_payload(r, q->m.via));
    }
    if (p != NULL) {
        scs_html_term(h, "Answered by", p->server);
        scs_html_term(h, "Content type", p->m.content_type);
        scs_html_term(h, "Location", scs_redact_target(r, p->location));
    }
    scs_html_term(h, "No reply", x->why_unanswered);
    /* An error page says who made it. The admin page is left out: it shows one-time passwords. */
    if (p != NULL && p->status >= 400 && x->path_kind != SCS_PATH_ADMIN && p->m.body_text != NULL) {
        page(h, p->m.body_text);
    }
    if (x->scep_reply != NULL) {
        scs_html_term(h, "Reply says", scs_redact_payload(r, x->scep_reply->fail_info_text));
    }
    fputs("</dl></td></tr>\n", h->out);
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static void label_cell(const struct scs_html *h, const struct scs_exchange *x, bool of_reply)
{
    struct scs_buf label;
    scs_buf_init(&label, SCS_LABEL_TEXT);
    if (of_reply && x->reply != NULL) {
        scs_label_reply(h->ctx->redactor, x, &label);
    } else if (!of_reply && x->request != NULL) {
        scs_label_request(x, &label);
    }
    scs_html_cell(h, scs_buf_cstr(&label));
    scs_buf_cleanup(&label);
}

static void row(const struct scs_html *h, const struct scs_exchange *x)
{
    char took[SCS_NUMBER_TEXT] = "-";
    scs_frame frames[MOST_FRAMES];
    const struct scs_finding *f = h->findings.by_exchange[x->id];
    fprintf(h->out, "<tr><th scope=\"row\">%" PRIu32 "</th><td class=\"time\">", x->id);
    scs_html_moment(h, x->started_ns);
    fputs("</td>", h->out);
    scs_html_cell_between(h, x->connection);
    label_cell(h, x, false);
    label_cell(h, x, true);
    fprintf(h->out, "<td><span class=\"mark %s\">%s</span></td>", outcome_class(x), outcome_word(x));
    fprintf(h->out, "<td class=\"n\">%s</td><td>",
            x->duration_ns != SCS_NO_TIME ? scs_duration_text(x->duration_ns, took) : took);
    if (f != NULL && f->severity != SCS_SEV_INFO) {
        scs_html_finding_link(h, f);
        fputs(" ", h->out);
    }
    scs_html_frames(h, frames, scs_html_exchange_frames(x, frames, MOST_FRAMES));
    fputs("</td></tr>\n", h->out);
}

/* Rows of one kind; how many more there are is returned. */
static uint32_t rows(const struct scs_html *h, bool wrong, uint32_t most, const char *caption)
{
    static const char *const heads[] = {"#",       "Time",  "Client and server",  "Request", "Reply",
                                        "Outcome", "+Took", "Finding and frames", NULL};
    const struct scs_model *m = h->ctx->model;
    uint32_t num = 0;
    for (uint32_t i = 0; i < m->num_exchanges && !ferror(h->out); i++) {
        const struct scs_exchange *x = m->exchanges[i];
        scs_model_rest(m, i);
        if (went_wrong(x) != wrong || num++ >= most) {
            continue;
        }
        if (num == 1) {
            scs_html_table(h, caption, heads);
        }
        row(h, x);
        if (wrong) {
            particulars(h, x);
        }
        scs_redactor_forget(h->ctx->redactor);
    }
    if (num != 0) {
        scs_html_table_end(h);
    }
    return num > most ? num - most : 0;
}

void scs_html_exchanges(const struct scs_html *h)
{
    if (h->ctx->model->num_exchanges == 0) {
        return;
    }
    scs_html_section(h, "exchanges", "Exchanges");
    scs_html_left_out(h, rows(h, true, SCS_HTML_FAILED_ROWS, "Exchanges that went wrong"),
                      "more went wrong: the JSON report lists them.");
    scs_html_left_out(h, rows(h, false, SCS_HTML_GOOD_ROWS, "Exchanges that went well"),
                      "more went well: the JSON report lists them.");
    fputs("</section>\n", h->out);
}
