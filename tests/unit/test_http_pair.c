/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "scepscope/limits.h"

#define SECOND INT64_C(1000000000)

/* ---- a connection told as a list of steps -------------------------------------------------------- */

enum kind { SEND, REPLY, GAP_UP, GAP_DOWN, SNAP_UP, SNAP_DOWN, END_UP, END_DOWN, STOP };

struct step {
    enum kind kind;
    const char *text;
    size_t number; /* bytes of a gap, or enum scs_end */
    size_t len;    /* of text when it holds NULs */
};

/* What `done` was told, as text and, for the last exchange, as facts. */
struct world {
    struct scs_arena *arena;
    struct scs_intern *intern;
    struct scs_limits_hit limits;
    struct scs_buf log;
    unsigned num_done, num_opaque, num_asked;
    struct scs_http_request *requests[256];
    struct scs_http_reply *replies[256];
    const char *why[256];
    char opaque[64];
    char target[4096];
    char request_body[4096], reply_body[8192];
    size_t request_body_len, reply_body_len;
    uint32_t target_off;
    struct scs_connection connection;
};

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
    scs_buf_printf(log, " text %s\n", m->body_text ? m->body_text : "-");
}

static void done(void *ctx, const struct scs_http_pair *pair)
{
    struct world *w = ctx;
    assert_true(w->num_done < 256);
    w->requests[w->num_done] = pair->request;
    w->replies[w->num_done] = pair->reply;
    w->why[w->num_done] = pair->why_unanswered;
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

/* Plays the steps; the one numbered `cut_step` comes in two pieces. */
static void play(struct world *w, const struct step *steps, size_t cut_step, size_t cut)
{
    *w = (struct world){0};
    w->arena = scs_arena_new();
    w->intern = scs_intern_new(w->arena);
    scs_buf_init(&w->log, 1 << 20);
    struct scs_http_hooks hooks = {.ctx = w,
                                   .keep = w->arena,
                                   .intern = w->intern,
                                   .limits = &w->limits,
                                   .wants = wants,
                                   .wants_reply = wants_reply,
                                   .done = done,
                                   .opaque = opaque};
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

static void forget(struct world *w)
{
    scs_intern_free(w->intern);
    scs_arena_free(w->arena);
    scs_buf_cleanup(&w->log);
}

/* Plays the steps whole, then cut at every byte of every step, and demands the same each time. */
static void play_all(struct world *w, const struct step *steps)
{
    play(w, steps, SIZE_MAX, 0);
    const char *whole = scs_buf_cstr(&w->log);
    for (size_t i = 0; steps[i].kind != STOP; i++) {
        if (steps[i].kind != SEND && steps[i].kind != REPLY) {
            continue;
        }
        size_t len = steps[i].len != 0 ? steps[i].len : strlen(steps[i].text);
        for (size_t cut = 1; cut < len; cut += len / 400 + 1) {
            struct world parts;
            play(&parts, steps, i, cut);
            if (parts.log.len != w->log.len || memcmp(parts.log.p, w->log.p, w->log.len) != 0) {
                print_message("step %zu cut at %zu\n--- whole\n%s--- cut\n%s", i, cut, whole, scs_buf_cstr(&parts.log));
                fail();
            }
            forget(&parts);
        }
    }
}

#define CAPS "GET /certsrv/mscep/mscep.dll?operation=GetCACaps&message=ca HTTP/1.1\r\nHost: ndes\r\nUser-Agent: test\r\n\r\n"
#define OK3  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nAES"

/* Catches a pairing that loses the plainest exchange, or facts that are not filled. */
static void test_get(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0}, {REPLY, OK3, 0, 0}, {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    const struct scs_http_request *q = w.requests[0];
    const struct scs_http_reply *a = w.replies[0];
    assert_string_equal(q->method, "GET");
    assert_string_equal(q->target, "/certsrv/mscep/mscep.dll?operation=GetCACaps&message=ca");
    assert_int_equal(q->target_len, 55);
    assert_int_equal(q->path_len, 24);
    assert_int_equal(q->query_len, 30);
    assert_string_equal(q->host, "ndes");
    assert_string_equal(q->user_agent, "test");
    assert_int_equal(q->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE);
    assert_int_equal(w.target_off, 4);
    assert_int_equal(a->status, 200);
    assert_string_equal(a->reason, "OK");
    assert_int_equal(a->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE | SCS_HTTP_HAS_LENGTH);
    assert_int_equal(a->m.body_len, 3);
    assert_string_equal(a->m.body_text, "AES");
    assert_string_equal(w.reply_body, "AES");
    assert_null(w.why[0]);
    assert_int_equal(q->m.first_ns, SECOND);
    assert_int_equal(a->m.last_ns, 2 * SECOND);
    assert_int_equal(a->continue_ns, SCS_NO_TIME);
    forget(&w);
}

/* Catches storing or reporting what nobody asked for, and losing count of replies over it. */
static void test_unwanted(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n" CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.num_asked, 2);
    assert_string_equal(w.reply_body, "AES");
    forget(&w);
}

/* Catches requests and replies out of order, or many messages of one segment read as one. */
static void test_pipelining(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, CAPS "HEAD /certsrv/mscep/mscep.dll?a HTTP/1.1\r\nHost: a\r\n\r\n" CAPS, 0, 0},
        {REPLY, OK3 "HTTP/1.1 403 Forbidden\r\nContent-Length: 1233\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 3);
    assert_int_equal(w.replies[0]->status, 200);
    assert_int_equal(w.replies[1]->status, 403);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_NO_MESSAGE_BODY);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.replies[1]->m.declared_len, 1233);
    assert_int_equal(w.replies[2]->status, 500);
    forget(&w);
}

#define POST(extra, body) "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nHost: ndes\r\n" extra "\r\n\r\n" body

/* Catches a body that loses bytes between segments, wrong frame runs, and a missed 100 Continue. */
static void test_post_in_segments(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTT", 0, 0},
                                        {SEND, "P/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\nabc", 0, 0},
                                        {REPLY, "HTTP/1.1 100 Continue\r\n\r\n", 0, 0},
                                        {SEND, "def", 0, 0},
                                        {SEND, "ghi", 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_string_equal(w.request_body, "abcdefghi");
    const struct scs_frame_map *map = &w.requests[0]->m.frames;
    assert_int_equal(map->num_runs, 4);
    assert_int_equal(map->runs[0].raw_off, 0);
    assert_int_equal(map->runs[0].body_off, UINT32_MAX);
    assert_int_equal(map->runs[1].raw_off, 56);
    assert_int_equal(map->runs[1].body_off, 0);
    assert_int_equal(map->runs[2].body_off, 3);
    assert_int_equal(map->runs[3].body_off, 6);
    assert_int_equal(map->runs[3].frame, 5);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_EXPECT_CONTINUE);
    assert_int_equal(w.requests[0]->m.raw_len, 56 + 50 + 9);
    assert_int_equal(w.requests[0]->m.head_len, 56 + 50);
    assert_int_equal(w.replies[0]->continue_ns, 3 * SECOND);
    forget(&w);
}

/* Catches a chunk size, extension or trailer that ends up in the body. */
static void test_chunked(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, POST("Transfer-Encoding: chunked", "4\r\nabcd\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n") CAPS, 0, 0},
        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3  \r\nABC\r\n1\r\nD\r\n0\r\nX-Sum: 1\r\nY: z\r\n\r\n" OK3,
         0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE | SCS_HTTP_CHUNKED);
    assert_int_equal(w.requests[0]->m.body_len, 14);
    assert_int_equal(w.replies[0]->m.body_len, 4);
    assert_int_equal(w.replies[1]->m.body_len, 3);
    forget(&w);
    play_all(&w, steps);
    forget(&w);
}

/* Catches a broken chunk taken for data, and a missing terminator taken for a whole body. */
static void test_bad_chunks(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, CAPS CAPS, 0, 0},
        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nABCDE\r\n0\r\n\r\n", 0, 0},
        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nABC\r\n", 0, 0},
        {END_DOWN, NULL, SCS_END_FIN, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_CHUNK_BAD);
    assert_false(w.replies[0]->m.flags & (SCS_HTTP_COMPLETE | SCS_HTTP_NETWORK_CUT));
    assert_true(w.replies[1]->m.flags & SCS_HTTP_CHUNK_BAD);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_NETWORK_CUT);
    forget(&w);
}

/* Catches a body until the close that is taken for cut, or for whole when the connection was reset. */
static void test_until_close(void **state)
{
    (void)state;
    static const enum scs_end ends[] = {SCS_END_FIN, SCS_END_RST, SCS_END_CAPTURE, SCS_END_REPLACED};
    static const uint32_t flags[] = {SCS_HTTP_COMPLETE, SCS_HTTP_NETWORK_CUT, SCS_HTTP_CAPTURE_END, SCS_HTTP_CAPTURE_GAP};
    for (unsigned i = 0; i < 4; i++) {
        const struct step steps[] = {{SEND, CAPS, 0, 0},
                                     {REPLY, "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nAES\n", 0, 0},
                                     {REPLY, "DES3\n", 0, 0},
                                     {END_DOWN, NULL, ends[i], 0},
                                     {STOP, NULL, 0, 0}};
        struct world w;
        play_all(&w, steps);
        assert_int_equal(w.num_done, 1);
        assert_string_equal(w.reply_body, "AES\nDES3\n");
        assert_string_equal(w.replies[0]->m.body_text, "AES DES3");
        assert_int_equal(w.replies[0]->m.version, 10);
        assert_int_equal(w.replies[0]->m.flags &
                             (SCS_HTTP_COMPLETE | SCS_HTTP_NETWORK_CUT | SCS_HTTP_CAPTURE_END | SCS_HTTP_CAPTURE_GAP),
                         flags[i]);
        assert_true(w.replies[0]->m.flags & SCS_HTTP_TO_CLOSE);
        assert_true(w.replies[0]->m.flags & SCS_HTTP_CONNECTION_CLOSE);
        forget(&w);
    }
}

/* Catches a body cut by a reset from the client's side that is blamed on the end of the capture. */
static void test_cut_by_other_side(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nAES\n", 0, 0},
                                        {END_UP, NULL, SCS_END_RST, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_int_equal(w.replies[0]->m.body_len, 4);
    assert_int_equal(w.replies[0]->m.declared_len, 30);
    forget(&w);
}

/* Catches a wrong answer to who left a request without a reply. */
static void test_unanswered(void **state)
{
    (void)state;
    static const struct {
        enum kind kind;
        enum scs_end how;
        const char *why;
    } cases[] = {{END_UP, SCS_END_FIN, "client closed"},       {END_UP, SCS_END_RST, "client reset"},
                 {END_DOWN, SCS_END_FIN, "server closed"},     {END_DOWN, SCS_END_RST, "server reset"},
                 {END_DOWN, SCS_END_CAPTURE, "capture ended"}, {END_UP, SCS_END_REPLACED, "connection replaced"}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct step steps[] = {{SEND, CAPS, 0, 0},
                                     {cases[i].kind, NULL, cases[i].how, 0},
                                     {cases[i].kind == END_UP ? END_DOWN : END_UP, NULL, cases[i].how, 0},
                                     {STOP, NULL, 0, 0}};
        struct world w;
        play_all(&w, steps);
        assert_int_equal(w.num_done, 1);
        assert_null(w.replies[0]);
        assert_string_equal(w.why[0], cases[i].why);
        assert_true(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
        forget(&w);
    }
}

/* Catches a half-close by the client that is taken for its giving up although the reply follows. */
static void test_half_close(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {END_UP, NULL, SCS_END_FIN, 0},
                                        {REPLY, OK3, 0, 0},
                                        {END_DOWN, NULL, SCS_END_FIN, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 200);
    assert_null(w.why[0]);
    forget(&w);
}

/* Catches a reply that is lost because it came before its request was complete: 413, 414. */
static void test_early_reply(void **state)
{
    (void)state;
    static const struct step body[] = {{SEND, POST("Content-Length: 100", "abc"), 0, 0},
                                       {REPLY, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", 0, 0},
                                       {SEND, "defghi", 0, 0},
                                       {END_DOWN, NULL, SCS_END_FIN, 0},
                                       {END_UP, NULL, SCS_END_RST, 0},
                                       {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, body);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 413);
    assert_int_equal(w.requests[0]->m.body_len, 9);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
    forget(&w);

    static const struct step target[] = {{SEND, "GET /certsrv/mscep/mscep.dll?operation=PKIOperation&message=AAAA", 0, 0},
                                         {REPLY, "HTTP/1.1 414 Too Long\r\nContent-Length: 0\r\n\r\n", 0, 0},
                                         {SEND, "BBBBCCCC", 0, 0},
                                         {END_DOWN, NULL, SCS_END_FIN, 0},
                                         {END_UP, NULL, SCS_END_RST, 0},
                                         {STOP, NULL, 0, 0}};
    play_all(&w, target);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 414);
    assert_string_equal(w.target, "/certsrv/mscep/mscep.dll?operation=PKIOperation&message=AAAABBBBCCCC");
    assert_int_equal(w.requests[0]->target_len, 68);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_HEAD_COMPLETE);
    forget(&w);
}

/* Catches the next request being eaten as the body that a refused Expect: 100-continue never sent. */
static void test_refused_expectation(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, POST("Expect: 100-continue\r\nContent-Length: 5000", ""), 0, 0},
        {REPLY, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n\r\n",
         0, 0},
        {SEND, CAPS, 0, 0},
        {REPLY, OK3, 0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 2);
    assert_string_equal(w.replies[0]->www_authenticate, "Negotiate, NTLM");
    assert_int_equal(w.requests[0]->m.flags & (SCS_HTTP_COMPLETE | SCS_HTTP_NETWORK_CUT), 0);
    assert_int_equal(w.replies[1]->status, 200);
    forget(&w);
}

/* Catches bytes after a body that pass in silence, or that stop everything after them. */
static void test_extra_bytes(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, POST("Content-Length: 3", "abc\r\n") CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdefHTT HTTP/1" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_EXTRA_BYTES);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_EXTRA_BYTES);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.replies[1]->status, 200);
    forget(&w);
}

/* Catches a hole in a counted body that loses the next message, or a body put together over the hole. */
static void test_gap_in_body(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, POST("Content-Length: 12", "abc"), 0, 0},
                                        {GAP_UP, NULL, 4, 0},
                                        {SEND, "hijkl" CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n012", 0, 0},
                                        {SNAP_DOWN, NULL, 7, 0},
                                        {REPLY, "\r\n0\r\n\r\n" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.body_len, 8);
    assert_int_equal(w.requests[0]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_COMPLETE),
                     SCS_HTTP_CAPTURE_GAP);
    assert_int_equal(w.replies[0]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_COMPLETE),
                     SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN);
    assert_int_equal(w.replies[1]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_COMPLETE), SCS_HTTP_COMPLETE);
    assert_true(strstr(scs_buf_cstr(&w.log), "bodies 3 3") != NULL);
    forget(&w);
    play_all(&w, steps);
    forget(&w);
}

/* Catches a hole longer than the body that makes the reader count into the next message. */
static void test_gap_over_end(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0", 0, 0},
                                        {GAP_DOWN, NULL, 100, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, "tail of something" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_CAPTURE_GAP);
    assert_int_equal(w.replies[1]->m.body_len, 3);
    assert_false(w.replies[1]->m.flags & SCS_HTTP_CAPTURE_GAP);
    forget(&w);
}

/* Catches a head with a hole that is read across it, and an exchange that is dropped for it. */
static void test_gap_in_head(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "GET /certsrv/mscep/mscep.dll?operation=PKIOperation&message=AAAA", 0, 0},
                                        {SNAP_UP, NULL, 1000, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Le", 0, 0},
                                        {SNAP_DOWN, NULL, 300, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.flags, SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN);
    assert_int_equal(w.requests[0]->target_len, 60);
    assert_int_equal(w.replies[0]->status, 200);
    assert_int_equal(w.replies[0]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_HEAD_COMPLETE),
                     SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN);
    assert_int_equal(w.replies[1]->m.body_len, 3);
    forget(&w);
}

/* Catches the next request's reply given to a request whose own reply the capture lost. */
static void test_lost_reply(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {GAP_DOWN, NULL, 200, 0},
                                        {SEND, POST("Content-Length: 1", "x"), 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_null(w.replies[0]);
    assert_null(w.why[0]); /* nobody may say that there was no answer */
    assert_string_equal(w.requests[1]->method, "POST");
    assert_int_equal(w.replies[1]->status, 200);
    forget(&w);
}

/* Catches a reply in a hole that is reported as a server that closed without answering. */
static void test_lost_reply_at_end(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {GAP_DOWN, NULL, 200, 0},
                                        {END_DOWN, NULL, SCS_END_FIN, 0},
                                        {END_UP, NULL, SCS_END_FIN, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_null(w.replies[0]);
    assert_null(w.why[0]);
    forget(&w);
}

/* Catches a capture that begins in the middle of messages and is never understood again. */
static void test_midway(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "\x01\x02rest of a GET /body", 0, 0},
                                        {REPLY, "\x30\x82 rest of a reply", 0, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 200);
    assert_int_equal(w.replies[0]->m.flags & SCS_HTTP_EXTRA_BYTES, 0);
    forget(&w);
}

/* Catches a reply to an uncaptured request that is thrown away although its type tells what it is. */
static void test_reply_alone(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {REPLY, "HTTP/1.1 200 OK\r\nContent-Type: application/x-pki-message\r\nContent-Length: 2\r\n\r\n\x30\x80" OK3, 0, 0},
        {SEND, CAPS, 0, 0},
        {REPLY, OK3, 0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_null(w.requests[0]);
    assert_string_equal(w.replies[0]->m.content_type, "application/x-pki-message");
    assert_null(w.replies[0]->m.body_text);
    assert_non_null(w.requests[1]);
    forget(&w);
}

/* Catches TLS, HTTP/2 and tunnels read as HTTP/1.x, and HTTP in a tunnel that is not. */
static void test_other_protocols(void **state)
{
    (void)state;
    struct world w;
    static const struct step tls[] = {{SEND, "\x16\x03\x01hello", 0, 0}, {REPLY, "\x16\x03\x03hello", 0, 0}, {STOP, NULL, 0, 0}};
    play_all(&w, tls);
    assert_int_equal(w.num_opaque, 2);
    assert_int_equal(w.num_done, 0);
    forget(&w);
    static const struct step http2[] = {
        {SEND, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 0}, {REPLY, "\1\1\4", 0, 0}, {STOP, NULL, 0, 0}};
    play_all(&w, http2);
    assert_int_equal(w.num_opaque, 2);
    assert_string_equal(w.opaque, "\1\1\4");
    forget(&w);
    static const struct step tunnel[] = {{SEND, "CONNECT mscep.contoso.com:443 HTTP/1.1\r\nHost: a\r\n\r\n", 0, 0},
                                         {REPLY, "HTTP/1.1 200 Connected\r\nContent-Length: 9\r\n\r\n", 0, 0},
                                         {SEND, "\x16\x03\x01hello", 0, 0},
                                         {REPLY, "\x16\x03\x03", 0, 0},
                                         {STOP, NULL, 0, 0}};
    play_all(&w, tunnel);
    assert_int_equal(w.num_opaque, 2);
    assert_int_equal(w.num_done, 1);
    assert_string_equal(w.requests[0]->host, "a");
    forget(&w);
    static const struct step plain[] = {{SEND, "CONNECT mscep.contoso.com:80 HTTP/1.1\r\n\r\n", 0, 0},
                                        {REPLY, "HTTP/1.1 200 Connected\r\n\r\n", 0, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    play_all(&w, plain);
    assert_int_equal(w.num_opaque, 0);
    assert_int_equal(w.num_done, 2);
    assert_string_equal(w.requests[0]->host, "mscep.contoso.com:80");
    assert_int_equal(w.replies[1]->m.body_len, 3);
    forget(&w);
    static const struct step upgrade[] = {{SEND, "GET /mscep HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 0, 0},
                                          {REPLY, "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n\1\2\3", 0, 0},
                                          {SEND, "\5\6\7", 0, 0},
                                          {STOP, NULL, 0, 0}};
    play_all(&w, upgrade);
    assert_int_equal(w.num_opaque, 2);
    assert_int_equal(w.replies[0]->status, 101);
    forget(&w);
}

/* Catches a request without a version and its bare reply that stop the reader. */
static void test_simple(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "GET /certsrv/mscep/mscep.dll?operation=GetCACaps\r\n", 0, 0},
                                        {REPLY, "HELLO AES\nPOST", 0, 0},
                                        {END_DOWN, NULL, SCS_END_FIN, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.requests[0]->m.version, 9);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.replies[0]->m.version, 9);
    assert_int_equal(w.replies[0]->status, 0);
    assert_string_equal(w.reply_body, "HELLO AES\nPOST");
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    forget(&w);
}

/* Catches a target cut at its first space, and the text of a long message kept whole. */
static void test_targets(void **state)
{
    (void)state;
    static const struct step spaces[] = {
        {SEND, "GET /mscep?operation=PKIOperation&message=MII KvwY== &x=1 HTTP/1.0\r\n\r\n", 0, 0}, {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, spaces);
    assert_string_equal(w.target, "/mscep?operation=PKIOperation&message=MII KvwY== &x=1");
    forget(&w);
    static const struct step lines[] = {
        {SEND, "GET /mscep?operation=PKIOperation&message=MIIK\r\nvwY=\nAAAA HTTP/1.0\r\nHost: a\r\n\r\n", 0, 0},
        {STOP, NULL, 0, 0}};
    play_all(&w, lines);
    assert_string_equal(w.target, "/mscep?operation=PKIOperation&message=MIIK\r\nvwY=\nAAAA");
    assert_string_equal(w.requests[0]->host, "a");
    assert_int_equal(w.requests[0]->m.version, 10);
    forget(&w);
#define SIXTY_FOUR "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const struct step absolute[] = {
        {SEND, "GET http://ndes:88/mscep?Message=" SIXTY_FOUR "Zzz&operation=X HTTP/1.1\r\n\r\n", 0, 0}, {STOP, NULL, 0, 0}};
    play_all(&w, absolute);
    assert_string_equal(w.requests[0]->target, "http://ndes:88/mscep?Message=" SIXTY_FOUR "...&operation=X");
    assert_string_equal(w.requests[0]->host, "ndes:88");
    assert_int_equal(w.requests[0]->path_len, 6);
    assert_int_equal(w.requests[0]->query_len, 8 + 67 + 12);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_ABSOLUTE_FORM);
    forget(&w);
}

/* Catches secrets that become facts, and header facts that are mixed up. */
static void test_header_facts(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND,
         "GET /mscep HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\nCookie: secret=1\r\nX-Forwarded-For: "
         "10.1.1.1\r\nVia:\r\n"
         "User-Agent: a\x1b[31mb\r\n\r\n",
         0, 0},
        {REPLY,
         "HTTP/1.1 302 Found it\r\nServer: Microsoft-IIS/10.0\r\nLocation: https://x/\r\nRetry-After: 120\r\nAge: 7\r\nX-Cache: "
         "HIT\r\n"
         "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nVia: 1.1 proxy\r\nContent-Length: 0\r\n"
         "WWW-Authenticate: Digest realm=\"a, Basic b\", nonce = \"x\", NTLM, Negotiate TlRM==\r\n\r\n",
         0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    play_all(&w, steps);
    const struct scs_http_request *q = w.requests[0];
    const struct scs_http_reply *a = w.replies[0];
    assert_true(q->authorization && q->cookie);
    assert_string_equal(q->m.via, "X-Forwarded-For: 10.1.1.1");
    assert_string_equal(q->user_agent, "a\\x1b[31mb");
    assert_string_equal(a->reason, "Found it");
    assert_string_equal(a->server, "Microsoft-IIS/10.0");
    assert_string_equal(a->location, "https://x/");
    assert_string_equal(a->retry_after, "120");
    assert_string_equal(a->cache, "Age: 7");
    assert_string_equal(a->m.via, "Via: 1.1 proxy");
    assert_string_equal(a->www_authenticate, "Digest, NTLM, Negotiate");
    assert_int_equal(a->date_s, 784111777);
    assert_null(strstr(scs_buf_cstr(&w.log), "c2VjcmV0"));
    forget(&w);
}

/* Catches a queue that grows without end, or replies given to the wrong one of many requests. */
static void test_too_many_waiting(void **state)
{
    (void)state;
    struct step steps[80 + 2] = {{REPLY, "HTTP/1.1 100 Continue\r\n\r\n", 0, 0}};
    unsigned n = 1;
    while (n < 80) {
        steps[n++] = (struct step){SEND, CAPS, 0, 0};
    }
    steps[n] = (struct step){STOP, NULL, 0, 0};
    struct world w;
    play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, SCS_MAX_PIPELINED);
    assert_int_equal(w.limits.pipelined_dropped, 79 - SCS_MAX_PIPELINED);
    forget(&w);

    /* One direction only in the capture: not a queue at all. */
    steps[0] = (struct step){SEND, CAPS, 0, 0};
    play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 80);
    assert_int_equal(w.limits.pipelined_dropped, 0);
    assert_null(w.why[0]);
    assert_string_equal(w.why[79], "capture ended");
    forget(&w);
}

/* Catches requests beyond the limit whose replies are then given to later requests. */
static void test_skipped_replies(void **state)
{
    (void)state;
    struct step steps[300] = {{REPLY, "HTTP/1.1 100 Continue\r\n\r\n", 0, 0}};
    unsigned n = 1;
    for (unsigned i = 0; i < 70; i++) {
        steps[n++] = (struct step){SEND, CAPS, 0, 0};
    }
    for (unsigned i = 0; i < 70; i++) {
        steps[n++] = (struct step){REPLY, OK3, 0, 0};
    }
    steps[n++] = (struct step){SEND, POST("Content-Length: 1", "x"), 0, 0};
    steps[n++] = (struct step){REPLY, "HTTP/1.1 500 Last\r\nContent-Length: 0\r\n\r\n", 0, 0};
    steps[n] = (struct step){STOP, NULL, 0, 0};
    struct world w;
    play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, SCS_MAX_PIPELINED + 1);
    assert_int_equal(w.limits.pipelined_dropped, 6);
    assert_int_equal(w.replies[w.num_done - 1]->status, 500);
    assert_string_equal(w.requests[w.num_done - 1]->method, "POST");
    forget(&w);
}

/* Catches a head without end that is stored without end, or an exchange that is dropped for it. */
static void test_endless_head(void **state)
{
    (void)state;
    static char line[SCS_MAX_HEAD + 100];
    memset(line, 'A', sizeof line - 1);
    memcpy(line, "GET /mscep/", 11);
    const struct step steps[] = {{SEND, "GET /mscep HTTP/1.1\r\nX: ", 0, 0},
                                 {SEND, line, 0, 0},
                                 {SEND, line, 0, 0},
                                 {REPLY, OK3, 0, 0},
                                 {SEND, "AAAA" CAPS, 0, 0},
                                 {REPLY, OK3, 0, 0},
                                 {STOP, NULL, 0, 0}};
    struct world w;
    play(&w, steps, SIZE_MAX, 0);
    assert_true(w.limits.heads_cut >= 1);
    assert_string_equal(w.requests[0]->target, "/mscep");
    assert_int_equal(w.requests[0]->m.flags, 0);
    assert_int_equal(w.replies[0]->status, 200);
    forget(&w);
}

/* Catches a connection that counts as idle while something is half read. */
static void test_idle(void **state)
{
    (void)state;
    struct world w = {0};
    w.arena = scs_arena_new();
    w.intern = scs_intern_new(w.arena);
    scs_buf_init(&w.log, 1 << 20);
    struct scs_http_hooks hooks = {.ctx = &w,
                                   .keep = w.arena,
                                   .intern = w.intern,
                                   .limits = &w.limits,
                                   .wants = wants,
                                   .wants_reply = wants_reply,
                                   .done = done,
                                   .opaque = opaque};
    struct scs_http *h = scs_http_new(&hooks, &w.connection);
    assert_true(scs_http_idle(h));
    struct step s = {SEND, "GET /mscep HT", 0, 0};
    send_bytes(h, SCS_TO_SERVER, &s, 0, SIZE_MAX);
    assert_false(scs_http_idle(h));
    s.text = "TP/1.1\r\n\r\n";
    send_bytes(h, SCS_TO_SERVER, &s, 1, SIZE_MAX);
    assert_false(scs_http_idle(h));
    s.text = OK3;
    send_bytes(h, SCS_TO_CLIENT, &s, 2, SIZE_MAX);
    assert_true(scs_http_idle(h));
    assert_int_equal(w.num_done, 1);
    scs_http_free(h);
    scs_http_free(NULL);
    forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_unwanted),
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_post_in_segments),
        cmocka_unit_test(test_chunked),
        cmocka_unit_test(test_bad_chunks),
        cmocka_unit_test(test_until_close),
        cmocka_unit_test(test_cut_by_other_side),
        cmocka_unit_test(test_unanswered),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_early_reply),
        cmocka_unit_test(test_refused_expectation),
        cmocka_unit_test(test_extra_bytes),
        cmocka_unit_test(test_gap_in_body),
        cmocka_unit_test(test_gap_over_end),
        cmocka_unit_test(test_gap_in_head),
        cmocka_unit_test(test_lost_reply),
        cmocka_unit_test(test_lost_reply_at_end),
        cmocka_unit_test(test_midway),
        cmocka_unit_test(test_reply_alone),
        cmocka_unit_test(test_other_protocols),
        cmocka_unit_test(test_simple),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_header_facts),
        cmocka_unit_test(test_too_many_waiting),
        cmocka_unit_test(test_skipped_replies),
        cmocka_unit_test(test_endless_head),
        cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
