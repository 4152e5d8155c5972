/* SPDX-License-Identifier: Apache-2.0 */
#include "http_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"

static bool wants(void *ctx, const struct scs_cursor *method, const struct scs_cursor *target)
{
    struct world *w = ctx;
    (void)method;
    w->num_asked++;
    return scs_cursor_find_nocase(target, "mscep") != SIZE_MAX;
}

static bool wants_reply(void *ctx, const char *content_type)
{
    (void)ctx;
    return content_type != NULL && strcmp(content_type, "application/x-pki-message") == 0;
}

static void log_message(struct scs_buf *log, const struct scs_http_message *m)
{
    scs_buf_printf(log, "  v%u flags %x head %u raw %u body %u declared %u type %s coding %s via %s times %lld %lld runs",
                   m->version, m->flags, m->head_len, m->raw_len, m->body_len, m->declared_len,
                   m->content_type ? m->content_type : "-", m->content_encoding ? m->content_encoding : "-",
                   m->via ? m->via : "-", (long long)(m->first_ns / SECOND), (long long)(m->last_ns / SECOND));
    for (uint32_t i = 0; i < m->frames.num_runs; i++) {
        const struct scs_frame_run *run = &m->frames.runs[i];
        scs_buf_printf(log, " %u/%d/%u", run->raw_off, (int)run->body_off, (unsigned)run->frame);
    }
    scs_buf_printf(log, " text %s stall %lld\n", m->body_text ? m->body_text : "-", (long long)m->stall.lasted_ns);
}

static void done(void *ctx, const struct scs_http_pair *pair)
{
    struct world *w = ctx;
    assert_true(w->num_done < 256);
    w->requests[w->num_done] = pair->request;
    w->replies[w->num_done] = pair->reply;
    w->why[w->num_done] = pair->why_unanswered;
    w->ends[w->num_done] = pair->stream_end;
    w->num_done++;
    assert_true(pair->target.len < sizeof w->target && pair->request_body.len <= sizeof w->request_body &&
                pair->reply_body.len <= sizeof w->reply_body);
    memset(w->target, 0, sizeof w->target);
    if (pair->target.len != 0) {
        memcpy(w->target, pair->target.p, pair->target.len);
    }
    w->target_off = pair->target.off;
    w->request_body_len = pair->request_body.len;
    w->reply_body_len = pair->reply_body.len;
    memset(w->request_body, 0, sizeof w->request_body);
    memset(w->reply_body, 0, sizeof w->reply_body);
    memcpy(w->request_body, pair->request_body.len ? pair->request_body.p : (const uint8_t *)"", pair->request_body.len);
    memcpy(w->reply_body, pair->reply_body.len ? pair->reply_body.p : (const uint8_t *)"", pair->reply_body.len);
    scs_buf_printf(&w->log, "pair why %s target@%u %s bodies %zu %zu\n", pair->why_unanswered ? pair->why_unanswered : "-",
                   w->target_off, w->target, w->request_body_len, w->reply_body_len);
    scs_buf_add(&w->log, w->request_body, w->request_body_len);
    scs_buf_add(&w->log, w->reply_body, w->reply_body_len);
}

static void opaque(void *ctx, struct scs_connection *connection, enum scs_dir dir, const struct scs_chunk *first)
{
    struct world *w = ctx;
    assert_ptr_equal(connection, &w->connection);
    w->num_opaque++;
    size_t n = first->len < sizeof w->opaque - 1 ? first->len : sizeof w->opaque - 1;
    memcpy(w->opaque, first->data, n);
    w->opaque[n] = '\0';
    scs_buf_printf(&w->log, "opaque %d\n", (int)dir);
}

/* Facts that may still change after `done` (left-over bytes) are printed at the end. */
static void print_all(struct world *w)
{
    for (unsigned i = 0; i < w->num_done; i++) {
        const struct scs_http_request *q = w->requests[i];
        const struct scs_http_reply *a = w->replies[i];
        if (q != NULL) {
            scs_buf_printf(&w->log, "%s %s host %s agent %s lens %u %u %u %d%d\n", q->method, q->target, q->host ? q->host : "-",
                           q->user_agent ? q->user_agent : "-", q->target_len, q->path_len, q->query_len, q->authorization,
                           q->cookie);
            log_message(&w->log, &q->m);
        }
        if (a != NULL) {
            scs_buf_printf(&w->log, "%u %s server %s auth %s to %s retry %s cache %s date %lld continue %lld\n", a->status,
                           a->reason ? a->reason : "-", a->server ? a->server : "-",
                           a->www_authenticate ? a->www_authenticate : "-", a->location ? a->location : "-",
                           a->retry_after ? a->retry_after : "-", a->cache ? a->cache : "-", (long long)a->date_s,
                           (long long)a->continue_ns);
            log_message(&w->log, &a->m);
        }
    }
}

static void send_bytes(struct scs_http *h, enum scs_dir dir, const struct step *s, size_t at, size_t cut)
{
    size_t len = s->len != 0 ? s->len : strlen(s->text);
    size_t pieces[3] = {0, cut < len ? cut : len, len};
    for (unsigned i = 0; i < 2; i++) {
        if (pieces[i + 1] == pieces[i]) {
            continue;
        }
        /* A copy of exactly this size, so that the sanitizer sees a read past its end. */
        size_t n = pieces[i + 1] - pieces[i];
        uint8_t *exact = scs_xmalloc(n);
        memcpy(exact, s->text + pieces[i], n);
        struct scs_chunk chunk = {.data = exact, .len = n, .frame = at + 1, .ts_ns = (int64_t)(at + 1) * SECOND};
        scs_http_data(h, dir, &chunk);
        free(exact);
    }
}

void test_http_send(struct scs_http *h, enum scs_dir dir, const char *text, size_t step)
{
    const struct step s = {SEND, text, 0, 0};
    send_bytes(h, dir, &s, step, SIZE_MAX);
}

struct scs_http_hooks test_http_hooks(struct world *w)
{
    return (struct scs_http_hooks){.ctx = w,
                                   .keep = w->arena,
                                   .intern = w->intern,
                                   .limits = &w->limits,
                                   .wants = wants,
                                   .wants_reply = wants_reply,
                                   .done = done,
                                   .opaque = opaque};
}

void test_http_open(struct world *w)
{
    *w = (struct world){0};
    w->arena = scs_arena_new();
    w->intern = scs_intern_new(w->arena);
    scs_buf_init(&w->log, 1 << 20);
    w->connection.half[SCS_TO_SERVER].rst_ns = w->connection.half[SCS_TO_CLIENT].rst_ns = SCS_NO_TIME;
}

void test_http_play(struct world *w, const struct step *steps, size_t cut_step, size_t cut)
{
    test_http_open(w);
    struct scs_http_hooks hooks = test_http_hooks(w);
    struct scs_http *h = scs_http_new(&hooks, &w->connection);
    for (size_t i = 0; steps[i].kind != STOP; i++) {
        const struct step *s = &steps[i];
        int64_t ts = (int64_t)(i + 1) * SECOND;
        switch (s->kind) {
        case SEND:
        case REPLY:
            send_bytes(h, s->kind == SEND ? SCS_TO_SERVER : SCS_TO_CLIENT, s, i, i == cut_step ? cut : SIZE_MAX);
            break;
        case GAP_UP:
        case GAP_DOWN:
        case SNAP_UP:
        case SNAP_DOWN:
            scs_http_gap(h, s->kind == GAP_UP || s->kind == SNAP_UP ? SCS_TO_SERVER : SCS_TO_CLIENT, s->number,
                         s->kind == SNAP_UP || s->kind == SNAP_DOWN, i + 1, ts);
            break;
        case END_UP:
        case END_DOWN:
            scs_http_end(h, s->kind == END_UP ? SCS_TO_SERVER : SCS_TO_CLIENT, (enum scs_end)s->number, ts);
            break;
        case STOP:
            break;
        }
    }
    scs_http_free(h);
    print_all(w);
}

void test_http_forget(struct world *w)
{
    scs_intern_free(w->intern);
    scs_arena_free(w->arena);
    scs_buf_cleanup(&w->log);
}

void test_http_play_all(struct world *w, const struct step *steps)
{
    test_http_play(w, steps, SIZE_MAX, 0);
    const char *whole = scs_buf_cstr(&w->log);
    for (size_t i = 0; steps[i].kind != STOP; i++) {
        if (steps[i].kind != SEND && steps[i].kind != REPLY) {
            continue;
        }
        size_t len = steps[i].len != 0 ? steps[i].len : strlen(steps[i].text);
        for (size_t cut = 1; cut < len; cut += len / 400 + 1) {
            struct world parts;
            test_http_play(&parts, steps, i, cut);
            if (parts.log.len != w->log.len || memcmp(scs_buf_cstr(&parts.log), whole, w->log.len) != 0) {
                print_message("step %zu cut at %zu\n--- whole\n%s--- cut\n%s", i, cut, whole, scs_buf_cstr(&parts.log));
                fail();
            }
            test_http_forget(&parts);
        }
    }
}
