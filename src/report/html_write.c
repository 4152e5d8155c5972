/* SPDX-License-Identifier: Apache-2.0 */
/* What the sections of the HTML report are written with. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/escape.h"
#include "report/frames.h"
#include "report/html_parts.h"
#include "report/layout.h"

void scs_html_raw(const struct scs_html *h, const char *markup)
{
    fputs(markup, h->out);
}

void scs_html_text(const struct scs_html *h, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t n = strcspn(text, "\n");
        scs_escape_html(h->out, text, n);
        text += n;
        if (*text == '\n') {
            fputs("<br>", h->out);
            text++;
        }
    }
}

void scs_html_clipped(const struct scs_html *h, const char *text, size_t max)
{
    size_t n = 0, characters = 0, len = text == NULL ? 0 : strlen(text);
    while (n < len && characters < max) {
        size_t c = scs_text_utf8((const uint8_t *)text + n, len - n);
        n += c == 0 ? 1 : c;
        characters++;
    }
    if (n == len) {
        scs_html_text(h, text);
        return;
    }
    scs_escape_html(h->out, text, n);
    fputs("…", h->out);
}

void scs_html_count(const struct scs_html *h, uint64_t n)
{
    char text[SCS_NUMBER_TEXT];
    fputs(scs_number_text(n, text), h->out);
}

void scs_html_moment(const struct scs_html *h, int64_t ts_ns)
{
    char text[SCS_MOMENT_TEXT];
    fputs(scs_moment_text(ts_ns, h->several_days, text), h->out);
}

void scs_html_cell(const struct scs_html *h, const char *text)
{
    fputs("<td>", h->out);
    scs_html_clipped(h, text != NULL && *text != '\0' ? text : "-", SCS_HTML_CELL);
    fputs("</td>", h->out);
}

void scs_html_cell_between(const struct scs_html *h, const struct scs_connection *c)
{
    fputs("<td class=\"pair\">", h->out);
    scs_html_text(h, scs_redact_endpoint(h->ctx->redactor, &c->client));
    fputs("<br><small>to ", h->out);
    scs_html_text(h, scs_redact_endpoint(h->ctx->redactor, &c->server));
    fputs("</small></td>", h->out);
}

void scs_html_cell_count(const struct scs_html *h, uint64_t n)
{
    fputs("<td class=\"n\">", h->out);
    scs_html_count(h, n);
    fputs("</td>", h->out);
}

void scs_html_filter(const struct scs_html *h, const char *filter)
{
    fputs("<code class=\"filter\">", h->out);
    scs_html_text(h, filter);
    fputs("</code>", h->out);
}

void scs_html_frames(const struct scs_html *h, const scs_frame *frames, uint32_t num)
{
    const struct scs_capture_facts *capture = h->ctx->model->capture;
    struct scs_buf b;
    scs_buf_init(&b, SCS_FRAMES_TEXT);
    for (uint32_t at = 0; at < num;) {
        uint32_t of_file = scs_frames_of_one_file(frames + at, num - at);
        unsigned file = SCS_FRAME_FILE(frames[at]);
        if (capture->num_files > 1 && file < capture->num_files) {
            fputs("<span class=\"file\">", h->out);
            scs_html_clipped(h, scs_redact_payload(h->ctx->redactor, capture->files[file].path), SCS_HTML_CELL);
            fputs("</span> ", h->out);
        }
        scs_buf_clear(&b);
        scs_frames_filter(frames + at, of_file, &b);
        scs_html_filter(h, scs_buf_cstr(&b));
        at += of_file;
        fputs(at < num ? " " : "", h->out);
    }
    scs_buf_cleanup(&b);
}

void scs_html_section(const struct scs_html *h, const char *id, const char *title)
{
    fprintf(h->out, "\n<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n", id, id, id, title);
}

void scs_html_table(const struct scs_html *h, const char *caption, const char *const *heads)
{
    fprintf(h->out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table>\n<caption>%s</caption>\n",
            caption, caption);
    fputs("<thead><tr>", h->out);
    for (; *heads != NULL; heads++) {
        bool number = **heads == '+';
        fprintf(h->out, "<th scope=\"col\"%s>%s</th>", number ? " class=\"n\"" : "", *heads + number);
    }
    fputs("</tr></thead>\n<tbody>\n", h->out);
}

void scs_html_table_end(const struct scs_html *h)
{
    fputs("</tbody>\n</table>\n</div>\n", h->out);
}

void scs_html_term(const struct scs_html *h, const char *name, const char *text)
{
    if (text != NULL && *text != '\0') {
        fprintf(h->out, "<dt>%s</dt><dd>", name);
        scs_html_clipped(h, text, SCS_MAX_NAME_TEXT);
        fputs("</dd>\n", h->out);
    }
}

void scs_html_left_out(const struct scs_html *h, uint64_t n, const char *rest)
{
    if (n != 0) {
        fputs("<p class=\"rest\">", h->out);
        scs_html_count(h, n);
        fprintf(h->out, " %s</p>\n", rest);
    }
}

uint32_t scs_html_finding_number(const struct scs_html *h, const struct scs_finding *f)
{
    const struct scs_model *m = h->ctx->model;
    for (uint32_t i = 0; i < m->num_findings; i++) {
        if (m->findings[i] == f) {
            return i + 1;
        }
    }
    return 0;
}

void scs_html_finding_link(const struct scs_html *h, const struct scs_finding *f)
{
    fprintf(h->out, "<a href=\"#f%" PRIu32 "\"><code>", scs_html_finding_number(h, f));
    scs_html_text(h, f->id);
    fputs("</code></a>", h->out);
}

void scs_html_enrolment_link(const struct scs_html *h, uint32_t id)
{
    if (id > h->ctx->model->num_enrolments || !(h->has_row[id] || h->has_ladder[id])) {
        fprintf(h->out, "%" PRIu32, id);
        return;
    }
    fprintf(h->out, "<a href=\"#%c%" PRIu32 "\">%" PRIu32 "</a>", h->has_ladder[id] ? 'l' : 'e', id, id);
}

void scs_html_icon(const struct scs_html *h, const char *name)
{
    fprintf(h->out, "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"#i-%s\"/></svg>", name);
}
