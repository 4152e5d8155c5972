/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/watch.h"

#include <string.h>

#include "base/text.h"
#include "platform/platform.h"
#include "report/escape.h"
#include "report/finding.h"
#include "report/frames.h"
#include "report/label.h"
#include "report/layout.h"

#define STATUS_EVERY_MS 500u
/* Frame numbers in a line; the reports have more. */
#define MOST_FRAMES 8u

/* ---- words --------------------------------------------------------------------------------------- */

static void reply(const struct scs_exchange *x, struct scs_redactor *r, struct scs_buf *out)
{
    char number[SCS_NUMBER_TEXT];
    if (x->reply == NULL) {
        scs_buf_printf(out, "no reply%s%s", x->why_unanswered != NULL ? ", " : "",
                       x->why_unanswered != NULL ? x->why_unanswered : "");
        return;
    }
    scs_label_reply(r, x, out);
    if (x->duration_ns != SCS_NO_TIME) {
        scs_buf_printf(out, ", %s", scs_duration_text(x->duration_ns, number));
    }
}

void scs_watch_line(const struct scs_exchange *x, struct scs_redactor *r, struct scs_buf *out)
{
    char moment[SCS_TIME_TEXT];
    scs_buf_text(out, x->started_ns != SCS_NO_TIME ? scs_text_clock(x->started_ns, true, moment) : "-");
    scs_buf_printf(out, "  %s", scs_redact_endpoint(r, &x->connection->client));
    scs_buf_printf(out, " > %s  ", scs_redact_endpoint(r, &x->connection->server));
    if (x->request != NULL) {
        scs_label_request(x, out);
    } else {
        scs_buf_text(out, scs_operation_name(x->operation));
    }
    scs_buf_text(out, ": ");
    reply(x, r, out);
    scs_buf_printf(out, "  %s", scs_outcome_name(x->outcome));
}

/* Of whom it speaks: its connection's ends, or its enrolment's. */
static void parties(const struct scs_finding *f, const struct scs_model *m, struct scs_redactor *r, struct scs_buf *out)
{
    const struct scs_connection *c = scs_model_connection(m, f->connection);
    const struct scs_enrolment *e = scs_model_enrolment(m, f->enrolment);
    if (c != NULL || e != NULL) {
        scs_buf_printf(out, "  %s", scs_redact_addr(r, c != NULL ? &c->client.addr : &e->client));
        scs_buf_printf(out, " > %s", scs_redact_endpoint(r, c != NULL ? &c->server : &e->server));
    }
}

static void add_part(struct scs_buf *out, const char *text)
{
    scs_buf_printf(out, "%s%s", out->len != 0 ? "; " : "", text);
}

/* "2 enrolments, first 09:15:07, last 09:22:51; 1 recovered; frames 6, 8" */
static void extent(const struct scs_news_item *item, const struct scs_model *m, struct scs_buf *out)
{
    char number[SCS_NUMBER_TEXT];
    const struct scs_finding *f = item->finding;
    uint32_t num = f->num_frames == 0 ? 0 : scs_frames_of_one_file(f->frames, f->num_frames);
    scs_finding_how_often(f, scs_capture_spans_days(m->capture), out);
    if (item->total > f->count) {
        add_part(out, scs_number_text(item->total, number));
        scs_buf_text(out, " times in all");
    }
    if (f->recovered != 0) {
        add_part(out, scs_number_text(f->recovered, number));
        scs_buf_text(out, " recovered");
    }
    if (num != 0) {
        add_part(out, "");
        scs_frames_text(f->frames, num < MOST_FRAMES ? num : MOST_FRAMES, out);
        scs_buf_text(out, num < f->num_frames || num > MOST_FRAMES ? " ..." : "");
    }
}

/* What is new stands before the id, when it is not the finding itself. */
static const char *const turns[] = {[SCS_NEWS_FOUND] = "",
                                    [SCS_NEWS_WORSE] = "now: ",
                                    [SCS_NEWS_BETTER] = "now: ",
                                    [SCS_NEWS_RECOVERED] = "recovered: ",
                                    [SCS_NEWS_MORE] = "again: ",
                                    [SCS_NEWS_LAST] = "",
                                    [SCS_NEWS_WITHDRAWN] = "taken back: "};

void scs_watch_news(const struct scs_news_item *item, const struct scs_model *m, const char *lang, struct scs_redactor *r,
                    struct scs_buf *out)
{
    static const char *const levels[] = {[SCS_SEV_INFO] = "INFO", [SCS_SEV_WARNING] = "WARNING", [SCS_SEV_ERROR] = "ERROR"};
    const struct scs_finding_text *text = scs_text_find(lang, item->id);
    const struct scs_finding *f = item->finding;
    char moment[SCS_TIME_TEXT];
    int64_t ts_ns = f == NULL ? m->capture->last_ns : f->last_ns != SCS_NO_TIME ? f->last_ns : f->first_ns;
    scs_buf_text(out, ts_ns != SCS_NO_TIME ? scs_text_clock(ts_ns, true, moment) : "-");
    if (f == NULL) {
        scs_buf_printf(out, "  %s%s: what came since %s%s", turns[item->kind], item->id,
                       item->instead != NULL ? "shows the cause, " : "speaks against it",
                       item->instead != NULL ? item->instead : "");
        return;
    }
    scs_buf_printf(out, "  %s  %s%s  %s", levels[f->severity], turns[item->kind], f->id, scs_confidence_name(f->confidence));
    parties(f, m, r, out);
    scs_buf_printf(out, "  %s", text != NULL ? text->title : "");
    struct scs_buf where;
    scs_buf_init(&where, SCS_WATCH_LINE);
    extent(item, m, &where);
    if (where.len != 0) {
        scs_buf_printf(out, "  (%s)", scs_buf_cstr(&where));
    }
    scs_buf_cleanup(&where);
}

static void count_of(struct scs_buf *out, uint64_t n, const char *what)
{
    char number[SCS_NUMBER_TEXT];
    scs_buf_printf(out, ", %s %s%s", scs_number_text(n, number), what, n == 1 ? "" : "s");
}

static void story_so_far(const struct scs_summary *s, struct scs_buf *out)
{
    char number[3][SCS_NUMBER_TEXT];
    count_of(out, s->enrolments, "enrolment");
    scs_buf_printf(out, " (%s succeeded, %s failed, %s pending)", scs_number_text(s->succeeded, number[0]),
                   scs_number_text(s->failed, number[1]), scs_number_text(s->pending, number[2]));
    count_of(out, s->findings[SCS_SEV_ERROR], "error");
    count_of(out, s->findings[SCS_SEV_WARNING], "warning");
}

void scs_watch_counters(const struct scs_live_counters *now, const struct scs_summary *story, uint64_t resident,
                        struct scs_buf *out)
{
    char packets[SCS_NUMBER_TEXT], number[SCS_NUMBER_TEXT];
    scs_buf_printf(out, "%s packet%s", scs_number_text(now->packets, packets), now->packets == 1 ? "" : "s");
    if (!now->drops_unknown) {
        scs_buf_printf(out, ", %s dropped", now->dropped == 0 ? "none" : scs_number_text(now->dropped, number));
    }
    count_of(out, now->exchanges, "exchange");
    scs_buf_printf(out, ", %s failed", scs_number_text(now->failed, number));
    if (story != NULL) {
        story_so_far(story, out);
    }
    if (resident != 0) {
        scs_buf_printf(out, ", %s MiB", scs_number_text(resident >> 20, number));
    }
    if (now->present < now->interfaces) {
        scs_buf_printf(out, ", %u of %u interfaces gone", now->interfaces - now->present, now->interfaces);
    }
}

/* ---- the screen ---------------------------------------------------------------------------------- */

static void clear_status(struct scs_watch *w)
{
    if (w->status_shown) {
        fputs("\r\033[K", w->status);
        fflush(w->status);
        w->status_shown = false;
    }
}

static void put(FILE *out, const struct scs_buf *text)
{
    scs_escape_terminal(out, (const char *)text->p, text->len);
}

static void say(struct scs_watch *w, const struct scs_buf *text)
{
    if (w->said != NULL) {
        clear_status(w);
        fputs("scepscope: ", w->said);
        put(w->said, text);
        fputc('\n', w->said);
        fflush(w->said);
    }
}

void scs_watch_started(struct scs_watch *w)
{
    struct scs_buf text;
    if (w->begun == NULL) {
        return;
    }
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_buf_text(&text, w->begun);
    for (uint32_t i = 0; i < w->num_interfaces; i++) {
        scs_buf_printf(&text, "%s%s", i == 0 ? " " : ", ", w->interfaces[i]);
    }
    say(w, &text);
    scs_buf_cleanup(&text);
}

void scs_watch_said(struct scs_watch *w, const char *sentence)
{
    struct scs_buf text;
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_buf_text(&text, sentence);
    say(w, &text);
    scs_buf_cleanup(&text);
}

/* `paint`: the number of a colour (ECMA-48 8.3.117), NULL for none. */
static void put_line(struct scs_watch *w, const char *paint, const struct scs_buf *text)
{
    bool painted = w->color && paint != NULL;
    clear_status(w);
    if (painted) {
        fprintf(w->lines, "\033[%sm", paint);
    }
    put(w->lines, text);
    fputs(painted ? "\033[0m\n" : "\n", w->lines);
    fflush(w->lines);
    w->any = true;
}

void scs_watch_exchange(struct scs_watch *w, const struct scs_exchange *x)
{
    struct scs_buf text;
    if (w->lines == NULL) {
        return;
    }
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_watch_line(x, w->redactor, &text);
    scs_redactor_forget(w->redactor);
    bool red = x->outcome != SCS_OUTCOME_OK && x->outcome != SCS_OUTCOME_HEALTHY_PAGE && x->outcome != SCS_OUTCOME_PENDING &&
               x->outcome != SCS_OUTCOME_INCOMPLETE;
    put_line(w, red ? "31" : NULL, &text);
    scs_buf_cleanup(&text);
}

void scs_watch_finding(struct scs_watch *w, const struct scs_news_item *item, const struct scs_model *m)
{
    static const char *const paints[] = {[SCS_SEV_INFO] = "2", [SCS_SEV_WARNING] = "33;1", [SCS_SEV_ERROR] = "31;1"};
    struct scs_buf text;
    if (w->lines == NULL || item->kind == SCS_NEWS_LAST) {
        return;
    }
    scs_buf_init(&text, 2 * SCS_WATCH_LINE);
    scs_watch_news(item, m, w->lang, w->redactor, &text);
    scs_redactor_forget(w->redactor);
    put_line(w, item->finding != NULL ? paints[item->finding->severity] : NULL, &text);
    scs_buf_cleanup(&text);
}

static void show_status(struct scs_watch *w, const struct scs_buf *text)
{
    uint64_t ms = scs_platform_now_ms();
    size_t columns = (size_t)scs_platform_columns(2) - 1;
    if (w->status != NULL && (!w->status_shown || ms - w->shown_ms >= STATUS_EVERY_MS)) {
        w->shown_ms = ms;
        w->status_shown = true;
        fprintf(w->status, "\r\033[K%.*s", (int)(text->len < columns ? text->len : columns), (const char *)text->p);
        fflush(w->status);
    }
}

bool scs_watch_status(struct scs_watch *w, const struct scs_live_counters *now, const struct scs_summary *story, bool asked)
{
    if (asked || w->status != NULL) {
        struct scs_buf text;
        scs_buf_init(&text, SCS_WATCH_LINE);
        scs_watch_counters(now, story, scs_platform_resident(), &text);
        if (asked) {
            say(w, &text);
        }
        show_status(w, &text);
        scs_buf_cleanup(&text);
    }
    return w->lines == NULL || !ferror(w->lines);
}

void scs_watch_begin(struct scs_watch *w)
{
    /* The key of the reports is known only when the capture is over. */
    uint8_t key[32];
    scs_platform_random(key, sizeof key);
    w->redactor = scs_redactor_new(w->redaction, key);
}

void scs_watch_end(struct scs_watch *w)
{
    clear_status(w);
    if (w->any && w->report_follows) {
        fputc('\n', w->lines);
    }
    scs_redactor_free(w->redactor);
    w->redactor = NULL;
}
