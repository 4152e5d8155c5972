/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTML report: one file that needs no network and no script. Verdict first, then why and what to do, then who, then
 * the tables, then what could not be seen.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "keys/digest.h"
#include "report/html_parts.h"
#include "report/lang/lang.h"
#include "report/layout.h"
#include "report/reporters.h"
#include "report/unseen.h"
#include "report/verdict.h"
#include "scepscope/scepscope.h"

/* ---- head ---------------------------------------------------------------------------------------- */

/* A source of the page's policy: 'sha256-...' of our own style or script (CSP 3, 2.3.1), so that no other can ever run. */
static void source_hash(const struct scs_html *h, struct scs_digests *digests, const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct scs_cursor bytes = scs_cursor_of(text, strlen(text));
    uint8_t digest[SCS_MAX_DIGEST] = {0};
    size_t len = scs_digests_hash(digests, "sha256", &bytes, digest);
    fputs("'sha256-", h->out);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 | digest[i + 2];
        for (unsigned k = 0; k < 4; k++) {
            bool pad = i + k > len; /* the last group of 32 bytes has two */
            fputc(pad ? '=' : letters[group >> (18 - 6 * k) & 63u], h->out);
        }
    }
    fputs("'", h->out);
}

static void policy(const struct scs_html *h)
{
    struct scs_digests *digests = scs_digests_new();
    fputs("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; "
          "img-src data:; style-src ",
          h->out);
    source_hash(h, digests, scs_html_style);
    fputs("; script-src ", h->out);
    source_hash(h, digests, scs_html_script);
    fputs("\">\n", h->out);
    scs_digests_free(digests);
}

static void file_names(const struct scs_html *h)
{
    const struct scs_capture_facts *capture = h->ctx->model->capture;
    if (capture->num_files > 3) {
        scs_html_count(h, capture->num_files);
        fputs(" files", h->out);
        return;
    }
    for (uint32_t i = 0; i < capture->num_files; i++) {
        const char *path = scs_redact_payload(h->ctx->redactor, capture->files[i].path);
        fputs(i == 0 ? "" : ", ", h->out);
        scs_html_clipped(h, strcmp(path, "-") == 0 ? "standard input" : path, SCS_HTML_CELL);
    }
}

static void head(const struct scs_html *h)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", h->out);
    policy(h);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n<title>scepscope: ",
          h->out);
    file_names(h);
    fputs("</title>\n<style>", h->out);
    scs_html_raw(h, scs_html_style);
    fputs("</style>\n</head>\n<body>\n", h->out);
    scs_html_raw(h, scs_html_symbols);
}

static void masthead(const struct scs_html *h)
{
    const struct scs_capture_facts *capture = h->ctx->model->capture;
    char day[SCS_TIME_TEXT], clock[SCS_TIME_TEXT], number[SCS_NUMBER_TEXT];
    fputs("<header>\n<p class=\"brand\">scepscope <span>" SCS_VERSION "</span></p>\n<h1>", h->out);
    file_names(h);
    fputs("</h1>\n<p class=\"meta\">", h->out);
    scs_html_count(h, capture->packets);
    fputs(capture->packets == 1 ? " packet" : " packets", h->out);
    if (capture->first_ns != SCS_NO_TIME && capture->last_ns != SCS_NO_TIME) {
        fprintf(h->out, " · %s %s – ", scs_text_day(capture->first_ns, day), scs_text_clock(capture->first_ns, false, clock));
        fprintf(h->out, "%s%s", h->several_days ? scs_text_day(capture->last_ns, day) : "", h->several_days ? " " : "");
        fprintf(h->out, "%s UTC · %s", scs_text_clock(capture->last_ns, false, clock),
                scs_duration_text(capture->last_ns - capture->first_ns, number));
    }
    fputs("</p>\n</header>\n", h->out);
}

/* ---- verdict ------------------------------------------------------------------------------------- */

static void tile(const struct scs_html *h, uint32_t n, const char *class, const char *name)
{
    fprintf(h->out, "<li class=\"%s\"><b>", n == 0 ? "zero" : class);
    scs_html_count(h, n);
    fprintf(h->out, "</b> %s</li>\n", name);
}

static void tiles(const struct scs_html *h)
{
    const struct scs_summary *s = &h->summary;
    fputs("<ul class=\"tiles\">\n", h->out);
    tile(h, s->enrolments, "plain", s->enrolments == 1 ? "enrolment" : "enrolments");
    tile(h, s->succeeded, "ok", "succeeded");
    tile(h, s->failed, "error", "failed");
    if (s->pending != 0) {
        tile(h, s->pending, "warning", s->pending == 1 ? "waits for approval" : "wait for approval");
    }
    if (s->incomplete != 0) {
        tile(h, s->incomplete, "warning", "not seen to the end");
    }
    tile(h, s->exchanges, "plain", s->exchanges == 1 ? "exchange" : "exchanges");
    fputs("</ul>\n", h->out);
}

/* The cause in a line: its first fix, and where to read on. */
static void first_step(const struct scs_html *h)
{
    const struct scs_model *m = h->ctx->model;
    const struct scs_finding *f = m->num_findings != 0 ? m->findings[0] : NULL;
    const struct scs_finding_text *text = f != NULL ? scs_text_find(h->ctx->lang, f->id) : NULL;
    if (text == NULL || text->fixes[0] == NULL || f->severity == SCS_SEV_INFO) {
        return;
    }
    struct scs_fact facts[SCS_MAX_FINDING_FACTS];
    uint32_t num = scs_finding_facts(f, h->ctx->redactor, facts);
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    if (scs_text_format(text->fixes[0], facts, num, &b)) {
        fputs("<p class=\"first\"><b>First step</b> ", h->out);
        scs_html_text(h, scs_buf_cstr(&b));
        fputs(" <span class=\"more\">All about it: ", h->out);
        scs_html_finding_link(h, f);
        fputs("</span></p>\n", h->out);
    }
    scs_buf_cleanup(&b);
}

static void verdict(const struct scs_html *h)
{
    static const struct {
        const char *word, *class;
    } rows[] = {
        [SCS_VERDICT_OK] = {"OK", "ok"},
        [SCS_VERDICT_PROBLEMS] = {"Problems", "error"},
        [SCS_VERDICT_BLIND] = {"Blind", "warning"},
        [SCS_VERDICT_NOTHING] = {"Nothing found", "warning"},
    };
    struct scs_buf text;
    fprintf(h->out, "<section id=\"verdict\" class=\"verdict %s\" aria-labelledby=\"verdict-title\">\n<h2 id=\"verdict-title\">",
            rows[h->summary.verdict].class);
    scs_html_icon(h, rows[h->summary.verdict].class);
    fprintf(h->out, "%s</h2>\n<p class=\"sentence\">", rows[h->summary.verdict].word);
    scs_buf_init(&text, SCS_MAX_VERDICT_TEXT);
    scs_verdict_sentence(h->ctx, &h->summary, &text);
    scs_html_text(h, scs_buf_cstr(&text));
    fputs("</p>\n", h->out);
    scs_buf_clear(&text);
    scs_verdict_advice(h->ctx, &h->summary, &text);
    if (text.len != 0) {
        fputs("<p>", h->out);
        scs_html_text(h, scs_buf_cstr(&text));
        fputs("</p>\n", h->out);
    }
    scs_buf_cleanup(&text);
    first_step(h);
    if (h->summary.exchanges != 0 || h->summary.enrolments != 0) {
        tiles(h);
    }
    if (h->summary.evidence_incomplete) {
        fputs("<p class=\"meta\">The evidence is incomplete: see <a href=\"#unseen\">what this capture could not show</a>.</p>\n",
              h->out);
    }
    fputs("</section>\n", h->out);
}

static void contents(const struct scs_html *h)
{
    const struct scs_model *m = h->ctx->model;
    const struct {
        const char *id, *title;
        uint32_t num;
    } parts[] = {{"findings", "Findings", 1},
                 {"enrolments", "Enrolments", m->num_enrolments},
                 {"exchanges", "Exchanges", m->num_exchanges},
                 {"connections", "Connections", m->num_connections},
                 {"certificates", "Certificates", m->num_exchanges + m->num_connections},
                 {"lookups", "Name look-ups", m->num_lookups},
                 {"capture", "The capture", 1},
                 {"unseen", "What could not be shown", 1}};
    fputs("<nav aria-label=\"Sections\"><ul>\n", h->out);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].num != 0) {
            fprintf(h->out, "<li><a href=\"#%s\">%s</a></li>\n", parts[i].id, parts[i].title);
        }
    }
    fputs("</ul></nav>\n", h->out);
}

/* ---- what could not be seen ---------------------------------------------------------------------- */

struct unseen {
    const struct scs_html *h;
    bool any;
};

static void say_unseen(void *arg, const char *sentence)
{
    struct unseen *u = arg;
    fputs(u->any ? "<li>" : "<ul class=\"sentences\">\n<li>", u->h->out);
    scs_html_text(u->h, sentence);
    fputs("</li>\n", u->h->out);
    u->any = true;
}

static void unseen(const struct scs_html *h)
{
    struct unseen u = {.h = h};
    scs_html_section(h, "unseen", "What this capture could not show");
    scs_unseen(h->ctx, say_unseen, &u);
    fputs(u.any ? "</ul>\n" : "", h->out);
    u.any = scs_html_blind_spots(h) || u.any;
    fputs(u.any ? "" : "<p>Nothing that these checks need is missing.</p>\n", h->out);
    fputs("</section>\n", h->out);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static void foot(const struct scs_html *h)
{
    fputs("</main>\n<footer>\n<p>Times are UTC. Frame numbers are those Wireshark shows for the file: paste a filter into its "
          "filter bar. ",
          h->out);
    fprintf(h->out, "scepscope ended with status %d.</p>\n", scs_exit_status(h->ctx));
    fputs("</footer>\n<script>", h->out);
    scs_html_raw(h, scs_html_script);
    fputs("</script>\n</body>\n</html>\n", h->out);
}

bool scs_report_html(const struct scs_report_context *ctx, FILE *out)
{
    struct scs_html h = {.out = out, .ctx = ctx, .several_days = scs_capture_spans_days(ctx->model->capture)};
    scs_summarize(ctx->model, &h.summary);
    scs_finding_index_init(&h.findings, ctx->model);
    h.has_row = scs_xcalloc((size_t)ctx->model->num_enrolments + 1, sizeof *h.has_row);
    h.has_ladder = scs_xcalloc((size_t)ctx->model->num_enrolments + 1, sizeof *h.has_ladder);
    scs_html_choose_enrolments(&h);
    head(&h);
    masthead(&h);
    fputs("<main>\n", out);
    verdict(&h);
    contents(&h);
    scs_html_findings(&h);
    scs_html_enrolments(&h);
    scs_html_exchanges(&h);
    scs_html_connections(&h);
    scs_html_certificates(&h);
    scs_html_lookups(&h);
    scs_html_capture(&h);
    unseen(&h);
    foot(&h);
    free(h.has_row);
    free(h.has_ladder);
    scs_finding_index_cleanup(&h.findings);
    scs_redactor_forget(ctx->redactor);
    return fflush(out) == 0 && !ferror(out);
}
