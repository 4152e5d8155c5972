/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/event_files.h"
#include "cli/outputs.h"
#include "cli/privileges.h"
#include "cli/progress.h"
#include "evidence/ring.h"
#include "report/escape.h"
#include "report/ndjson_stream.h"
#include "report/redact.h"
#include "run/run.h"
#include "watch/watch.h"

/* Between two looks: this many times what the last one took, within these. */
#define LOOK_SHARE    19u
#define LOOK_LEAST_MS 300u
#define LOOK_MOST_MS  10000u
/* Packets came, but no exchange ended: attempts to connect, and look-ups, that failed. */
#define LOOK_QUIET_MS 2000u
#define STATS_MS      60000u

struct session {
    const struct scs_options *o;
    struct scs_output **files;
    struct scs_run *run;
    struct scs_watch watch;
    struct scs_news *news;
    struct scs_event_files *events;
    struct scs_event_stream *stream; /* NULL: nobody wants events */
    struct scs_ring *ring;           /* NULL: no evidence is written meanwhile */
    struct scs_redactor *redactor;   /* of all that leaves but the lines on screen; NULL until something does */
    struct scs_live_counters looked; /* as of the last look */
    struct scs_summary story;        /* of it */
    bool any_look;
    uint64_t look_ms;             /* when the next one may be taken */
    uint64_t looked_ms;           /* when the last one was */
    uint64_t stats_ms, report_ms; /* when they are due next; UINT64_MAX: never */
    bool reports_fail;
};

/* Trouble is told to those as well who want to hear nothing else. */
static void complain(void *ctx, const char *sentence)
{
    struct session *s = ctx;
    if (s->watch.said != NULL) {
        scs_watch_said(&s->watch, sentence);
    } else {
        fputs("scepscope: ", stderr);
        scs_escape_terminal(stderr, sentence, strlen(sentence));
        fputc('\n', stderr);
    }
}

/* ---- what leaves ------------------------------------------------------------------------------------ */

/* The first time something leaves, the key of the tokens stands for good. */
static struct scs_report_context context(struct session *s, const struct scs_model *m)
{
    const struct scs_options *o = s->o;
    if (s->redactor == NULL) {
        scs_run_freeze_tokens(s->run);
        s->redactor = scs_outputs_redactor(o, m);
    }
    scs_redactor_keep_authorities(s->redactor, m);
    return (struct scs_report_context){.model = m,
                                       .redactor = s->redactor,
                                       .lang = o->lang,
                                       .verbosity = o->verbosity,
                                       .fail_on = o->fail_on,
                                       .fail_never = o->fail_never};
}

/* ---- looks ------------------------------------------------------------------------------------------- */

struct telling {
    struct session *s;
    const struct scs_report_context *ctx; /* NULL: no events */
    const struct scs_model *m;
    bool over;
};

static void tell(void *arg, const struct scs_news_item *item)
{
    const struct telling *t = arg;
    struct session *s = t->s;
    if (!(t->over && s->watch.report_follows)) {
        scs_watch_finding(&s->watch, item, t->m);
    }
    if (t->ctx != NULL && item->kind == SCS_NEWS_WITHDRAWN) {
        scs_event_stream_withdrawn(s->stream, t->ctx, item->number, item->id, item->instead);
    } else if (t->ctx != NULL) {
        scs_event_stream_finding(s->stream, t->ctx, item->number, item->finding);
    }
}

/* Before that there is nothing to tell, and nothing that nobody could guess to make the key of. */
static bool has_events(const struct scs_model *m)
{
    return m->num_exchanges != 0 || m->num_findings != 0 || m->num_enrolments != 0;
}

/* Gives the model to all who wait for it. */
static void pass_on(struct session *s, const struct scs_model *m, uint64_t now_ms, enum scs_news_wait wait)
{
    static const enum scs_event_wait waits[] = {
        [SCS_NEWS_SETTLE] = SCS_EVENT_SETTLE, [SCS_NEWS_HURRY] = SCS_EVENT_HURRY, [SCS_NEWS_OVER] = SCS_EVENT_OVER};
    bool over = wait == SCS_NEWS_OVER;
    struct telling t = {.s = s, .m = m, .over = over};
    struct scs_report_context ctx;
    if (s->stream != NULL && has_events(m)) {
        ctx = context(s, m);
        t.ctx = &ctx;
        scs_event_stream_look(s->stream, &ctx, now_ms, waits[wait]);
    }
    scs_news_look(s->news, m, now_ms, wait, tell, &t);
    if (s->ring != NULL) {
        scs_ring_look(s->ring, s->run, m, over);
    }
    scs_summarize(m, &s->story);
}

static const struct scs_model *look(struct session *s, const struct scs_live_counters *now, uint64_t now_ms)
{
    const struct scs_model *m = scs_run_look(s->run);
    pass_on(s, m, now_ms, SCS_NEWS_SETTLE);
    uint64_t end_ms = scs_platform_now_ms(), took_ms = end_ms - now_ms, wait_ms = took_ms * LOOK_SHARE;
    wait_ms = wait_ms > LOOK_MOST_MS ? (took_ms > LOOK_MOST_MS ? took_ms : LOOK_MOST_MS) : wait_ms;
    s->look_ms = end_ms + (wait_ms < LOOK_LEAST_MS ? LOOK_LEAST_MS : wait_ms);
    s->looked_ms = now_ms;
    s->looked = *now;
    s->any_look = true;
    return m;
}

/* Somebody would learn something from a look. */
static bool anybody_looks(const struct session *s)
{
    return s->watch.lines != NULL || s->watch.status != NULL || s->stream != NULL || s->ring != NULL;
}

static bool is_worth_a_look(const struct session *s, const struct scs_live_counters *now, uint64_t now_ms)
{
    if (!anybody_looks(s) || now_ms < s->look_ms) {
        return false;
    }
    return now->exchanges != s->looked.exchanges || scs_news_due(s->news) <= now_ms ||
           (s->stream != NULL && scs_event_stream_due(s->stream) <= now_ms) ||
           (now->packets != s->looked.packets && now_ms - s->looked_ms >= LOOK_QUIET_MS) ||
           (s->ring != NULL && scs_ring_behind(s->ring));
}

/* ---- what is asked for, or due ------------------------------------------------------------------------- */

static void write_reports(struct session *s, const struct scs_model *m)
{
    struct scs_report_context ctx = context(s, m);
    struct scs_error err;
    if (scs_outputs_renew(s->o, s->files, s->run, &ctx, &err)) {
        s->reports_fail = false;
    } else if (!s->reports_fail) {
        s->reports_fail = true;
        complain(s, err.text);
    }
}

/* While nothing was told that has a token, there is no key yet: these numbers have none to show. */
static void write_stats(struct session *s, const struct scs_model *m)
{
    struct scs_report_context ctx = {.model = m, .lang = s->o->lang, .fail_on = s->o->fail_on, .fail_never = s->o->fail_never};
    struct scs_redactor *own = s->redactor == NULL ? scs_outputs_redactor(s->o, NULL) : NULL;
    ctx.redactor = own != NULL ? own : s->redactor;
    scs_event_stream_stats(s->stream, &ctx);
    scs_redactor_free(own);
}

static uint64_t next_report_ms(const struct scs_options *o, uint64_t now_ms)
{
    return o->report_every_ms == 0 ? UINT64_MAX : now_ms + o->report_every_ms;
}

static void reopen(struct session *s)
{
    scs_event_files_reopen(s->events);
    if (s->ring != NULL) {
        scs_ring_reopen(s->ring);
    }
}

/* ---- hooks ------------------------------------------------------------------------------------------- */

static void started(void *ctx)
{
    struct session *s = ctx;
    scs_watch_started(&s->watch);
}

static void said(void *ctx, const char *sentence)
{
    struct session *s = ctx;
    scs_watch_said(&s->watch, sentence);
}

static void exchange(void *ctx, const struct scs_exchange *x)
{
    struct session *s = ctx;
    scs_watch_exchange(&s->watch, x);
}

static void leaving(void *ctx, const struct scs_model *m)
{
    struct session *s = ctx;
    if (anybody_looks(s)) {
        pass_on(s, m, scs_platform_now_ms(), SCS_NEWS_HURRY);
    }
}

static bool tick(void *ctx, const struct scs_live_counters *now)
{
    struct session *s = ctx;
    uint64_t now_ms = scs_platform_now_ms();
    bool counters = scs_platform_asked(), stats = s->stats_ms <= now_ms,
         reports = scs_platform_report_asked() || s->report_ms <= now_ms;
    if (scs_platform_reopen_asked()) {
        reopen(s);
    }
    if (stats || reports || is_worth_a_look(s, now, now_ms)) {
        const struct scs_model *m = look(s, now, now_ms);
        if (reports) {
            s->report_ms = next_report_ms(s->o, now_ms);
            write_reports(s, m);
        }
        if (stats) {
            s->stats_ms = now_ms + STATS_MS;
            write_stats(s, m);
        }
    }
    return scs_watch_status(&s->watch, now, s->any_look ? &s->story : NULL, counters) && !scs_event_files_reader_gone(s->events);
}

static struct scs_live_hooks hooks(struct session *s)
{
    return (struct scs_live_hooks){
        .ctx = s, .started = started, .said = said, .exchange = exchange, .leaving = leaving, .tick = tick};
}

/* ---- from beginning to end ----------------------------------------------------------------------------- */

static bool any_pipe(const struct scs_options *o)
{
    bool any = false;
    for (uint32_t i = 0; i < o->num_files; i++) {
        any = any || !scs_platform_is_regular(o->files[i]);
    }
    return any;
}

bool scs_session_wanted(const struct scs_options *o)
{
    return o->num_interfaces != 0 || o->growing || any_pipe(o);
}

/*
 * Lines go where the report does when that is text too, else to standard error. A pipe into a pipe or a file gives the report
 * and nothing else, unless -l asks for lines as they come.
 */
static struct scs_watch watch_of(const struct scs_options *o)
{
    bool quiet = o->verbosity < 0, text = o->standard != NULL && strcmp(o->standard->name, "text") == 0;
    bool live = o->num_interfaces != 0,
         silent = quiet || !(live || o->growing || o->line_buffered || scs_platform_is_terminal(1));
    return (struct scs_watch){.lines = silent ? NULL
                                       : text ? stdout
                                              : stderr,
                              .said = quiet ? NULL : stderr,
                              .status = !quiet && scs_platform_is_terminal(2) ? stderr : NULL,
                              .report_follows = text,
                              .color = text && scs_outputs_color(o),
                              .lang = o->lang,
                              .begun = live         ? "capturing on"
                                       : o->growing ? "following"
                                                    : NULL,
                              .interfaces = live ? o->interfaces : o->files,
                              .num_interfaces = live ? o->num_interfaces : o->num_files,
                              .redaction = o->redaction};
}

/* Opens what is open from the first packet to the last. */
static bool begin(struct session *s, struct scs_error *err)
{
    uint64_t now_ms = scs_platform_now_ms();
    scs_platform_catch_requests();
    s->watch = watch_of(s->o);
    scs_watch_begin(&s->watch);
    s->news = scs_news_new();
    s->stats_ms = UINT64_MAX;
    s->report_ms = next_report_ms(s->o, now_ms);
    s->events = scs_event_files_open(s->o, complain, s, err);
    if (s->events != NULL && scs_event_files_any(s->events)) {
        s->stream = scs_event_stream_new(scs_event_files_line, s->events);
        s->stats_ms = now_ms + STATS_MS;
    }
    if (scs_outputs_ring_wanted(s->o)) {
        s->redactor = scs_outputs_redactor(s->o, NULL);
    }
    return s->events != NULL;
}

/* A ring that nothing was written to is taken away. */
static void cleanup(struct session *s, bool began)
{
    if (s->ring != NULL && !began) {
        scs_ring_abandon(s->ring);
        s->ring = NULL;
    }
    scs_event_stream_free(s->stream);
    scs_event_files_close(s->events);
    scs_news_free(s->news);
    scs_ring_close(s->ring);
    scs_redactor_free(s->redactor);
}

/* What was opened becomes the user's of -Z; nothing but outputs is opened after that. */
static bool confine(struct session *s, struct scs_error *err)
{
    const struct scs_capture_paths captures = {.paths = s->o->files, .num = s->o->num_files};
    uint32_t most = s->o->num_outputs + 1;
    int *added = scs_xcalloc(most, sizeof *added);
    size_t num = scs_event_files_descriptors(s->events, added, most - 1);
    if (scs_outputs_ring_wanted(s->o)) {
        s->ring = scs_outputs_ring(s->o, s->redactor, complain, s, err);
        if (s->ring == NULL) {
            free(added);
            return false;
        }
        added[num++] = scs_ring_descriptor(s->ring);
    }
    bool ok = scs_privileges_drop(s->o, s->files, s->o->num_outputs + SCS_OTHER_OUTPUTS, added, num, &captures, 1, err);
    free(added);
    return ok;
}

static bool opened(void *ctx, struct scs_error *err)
{
    return confine(ctx, err);
}

static bool capture(struct session *s, struct scs_error *err)
{
    const struct scs_options *o = s->o;
    return scs_run_live(s->run,
                        &(struct scs_live_options){.interfaces = o->interfaces,
                                                   .num_interfaces = o->num_interfaces,
                                                   .filter = o->filter,
                                                   .snap_len = o->snap_len,
                                                   .buffer_mib = o->buffer_mib,
                                                   .no_promiscuous = o->no_promiscuous,
                                                   .max_ms = o->max_ms,
                                                   .opened = opened,
                                                   .opened_ctx = s,
                                                   .never_again = o->user != NULL,
                                                   .hooks = hooks(s)},
                        err);
}

static bool follow(struct session *s, struct scs_error *err)
{
    const struct scs_options *o = s->o;
    return confine(s, err) &&
           scs_run_follow(
               s->run,
               &(struct scs_follow_options){
                   .paths = o->files, .num_paths = o->num_files, .growing = o->growing, .max_ms = o->max_ms, .hooks = hooks(s)},
               err);
}

/* The whole story: what was not told yet, and the reports. */
static bool finish(struct session *s, int *status, struct scs_error *err)
{
    const struct scs_model *m = scs_run_finish(s->run);
    struct scs_report_context ctx = context(s, m);
    if (s->o->verbosity > 0) {
        scs_progress_say_counters(m);
    }
    pass_on(s, m, scs_platform_now_ms(), SCS_NEWS_OVER);
    if (s->stream != NULL) {
        write_stats(s, m);
    }
    scs_watch_end(&s->watch);
    *status = scs_exit_status(&ctx);
    return scs_outputs_write(s->o, s->files, s->run, &ctx, err) && scs_event_files_end(s->events, err);
}

bool scs_session_run(const struct scs_options *o, struct scs_output **files, struct scs_run *run, int *status,
                     struct scs_error *err)
{
    struct session s = {.o = o, .files = files, .run = run};
    bool ok = begin(&s, err) && (o->num_interfaces != 0 ? capture(&s, err) : follow(&s, err));
    bool began = ok;
    if (began) {
        ok = finish(&s, status, err);
    } else {
        scs_watch_end(&s.watch);
    }
    cleanup(&s, began);
    return ok;
}
