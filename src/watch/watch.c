/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/watch.h"

#include <string.h>

#include "base/text.h"
#include "platform/platform.h"
#include "report/escape.h"
#include "report/label.h"
#include "report/layout.h"

#define STATUS_EVERY_MS 500u

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

void scs_watch_counters(const struct scs_live_counters *now, uint64_t resident, struct scs_buf *out)
{
    char packets[SCS_NUMBER_TEXT], number[SCS_NUMBER_TEXT];
    scs_buf_printf(out, "%s packet%s", scs_number_text(now->packets, packets), now->packets == 1 ? "" : "s");
    if (!now->drops_unknown) {
        scs_buf_printf(out, ", %s dropped", now->dropped == 0 ? "none" : scs_number_text(now->dropped, number));
    }
    scs_buf_printf(out, ", %s exchange%s", scs_number_text(now->exchanges, number), now->exchanges == 1 ? "" : "s");
    scs_buf_printf(out, ", %s failed", scs_number_text(now->failed, number));
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

static void started(void *ctx)
{
    struct scs_watch *w = ctx;
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

static void said(void *ctx, const char *sentence)
{
    struct scs_buf text;
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_buf_text(&text, sentence);
    say(ctx, &text);
    scs_buf_cleanup(&text);
}

static void exchange(void *ctx, const struct scs_exchange *x)
{
    struct scs_watch *w = ctx;
    struct scs_buf text;
    if (w->lines == NULL) {
        return;
    }
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_watch_line(x, w->redactor, &text);
    scs_redactor_forget(w->redactor);
    bool red = w->color && x->outcome != SCS_OUTCOME_OK && x->outcome != SCS_OUTCOME_HEALTHY_PAGE &&
               x->outcome != SCS_OUTCOME_PENDING && x->outcome != SCS_OUTCOME_INCOMPLETE;
    clear_status(w);
    fputs(red ? "\033[31m" : "", w->lines);
    put(w->lines, &text);
    fputs(red ? "\033[0m\n" : "\n", w->lines);
    fflush(w->lines);
    w->any = true;
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

static bool tick(void *ctx, const struct scs_live_counters *now)
{
    struct scs_watch *w = ctx;
    bool asked = scs_platform_asked();
    if (asked || w->status != NULL) {
        struct scs_buf text;
        scs_buf_init(&text, SCS_WATCH_LINE);
        scs_watch_counters(now, scs_platform_resident(), &text);
        if (asked) {
            say(w, &text);
        }
        show_status(w, &text);
        scs_buf_cleanup(&text);
    }
    /* Whoever read the lines may have gone away. */
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

struct scs_live_hooks scs_watch_hooks(struct scs_watch *w)
{
    return (struct scs_live_hooks){.ctx = w, .started = started, .said = said, .exchange = exchange, .tick = tick};
}
