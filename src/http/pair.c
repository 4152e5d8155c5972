/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to replies, in the order of the connection (RFC 9112 9.3.2). */
#include "http/pair.h"

#include <stdlib.h>

#include "base/shapes.h"
#include "base/xalloc.h"
#include "scepscope/limits.h"

/* ---- the queue ----------------------------------------------------------------------------------- */

struct exchange *scs_pair_append(struct scs_http *h)
{
    struct exchange *x = scs_xcalloc(1, sizeof *x);
    x->continue_ns = SCS_NO_TIME;
    if (h->last != NULL) {
        h->last->next = x;
    } else {
        h->first = x;
    }
    h->last = x;
    h->num_waiting++;
    return x;
}

static void free_exchange(struct exchange *x)
{
    scs_buf_cleanup(&x->target);
    scs_buf_cleanup(&x->request_body);
    scs_buf_cleanup(&x->reply_body);
    free(x);
}

static const char *why_unanswered(const struct scs_http *h, const struct exchange *x)
{
    return x->reply != NULL || x->given_up || h->reply_lost ? NULL : scs_ending_why(&h->ending, h->connection);
}

static void deliver(struct scs_http *h, struct exchange *x)
{
    if (!x->wanted || (x->request == NULL && x->reply == NULL)) {
        return;
    }
    struct scs_http_pair pair = {
        .connection = h->connection,
        .request = x->request,
        .reply = x->reply,
        .target = scs_buf_cursor(&x->target),
        .request_body = scs_buf_cursor(&x->request_body),
        .reply_body = scs_buf_cursor(&x->reply_body),
        .request_runs = x->request_runs,
        .why_unanswered = why_unanswered(h, x),
    };
    pair.target.off = x->target_off;
    if (x->reply != NULL) {
        x->reply->continue_ns = x->continue_ns;
    }
    h->hooks->done(h->hooks->ctx, &pair);
}

/* Gives away what is finished, in the order of the requests. */
static void settle(struct scs_http *h)
{
    while (h->first != NULL) {
        struct exchange *x = h->first;
        bool no_reply = !x->reply_begun && (x->given_up || h->ending.ended[SCS_TO_CLIENT]);
        if (!x->request_done || (!x->reply_done && !no_reply)) {
            return;
        }
        h->first = x->next;
        if (h->first == NULL) {
            h->last = NULL;
        }
        h->num_waiting--;
        deliver(h, x);
        free_exchange(x);
    }
}

/* The replies to requests sent before `before_ns` will not be recognised any more. */
static void give_up(struct scs_http *h, int64_t before_ns)
{
    for (struct exchange *x = h->first; x != NULL; x = x->next) {
        if (!x->reply_begun && x->request_done && x->started_ns < before_ns) {
            x->given_up = true;
        }
    }
    settle(h);
}

/* A place in the queue for a request that begins. NULL when there is none: then it is only counted. */
static struct exchange *enqueue(struct scs_http *h)
{
    if (h->reply_lost) {
        /* A client that sends the next request has its reply: the capture lost it. */
        give_up(h, INT64_MAX);
        h->reply_lost = false;
    }
    h->request_lost = false;
    if (h->num_waiting >= SCS_MAX_PIPELINED && !h->dirs[SCS_TO_CLIENT].heard && h->first->request_done) {
        /* A capture of one direction only: nobody will answer. */
        h->first->given_up = true;
        settle(h);
    }
    if (h->num_waiting < SCS_MAX_PIPELINED) {
        return scs_pair_append(h);
    }
    h->hooks->limits->pipelined_dropped++;
    struct exchange *x = h->last->skipped != 0 ? h->last : scs_pair_append(h);
    x->skipped++;
    x->request_done = true;
    return NULL;
}

/* ---- requests ------------------------------------------------------------------------------------ */

/* What later events want to know of a request, wanted or not. */
static void note_request(struct scs_http *h, struct exchange *x, const struct scs_http1_head *head)
{
    x->head_method = scs_cursor_equals(&head->method, "HEAD");
    x->connect_method = scs_cursor_equals(&head->method, "CONNECT");
    x->simple = head->line_complete && !head->has_version;
    x->started_ns = h->dirs[SCS_TO_SERVER].message.first_ns;
    x->wanted = h->hooks->wants(h->hooks->ctx, &head->method, &head->target);
}

static void request_head(struct direction *d, const struct scs_http1_head *head)
{
    struct scs_http *h = d->http;
    struct exchange *x = d->exchange;
    if (x == NULL) {
        x = d->exchange = enqueue(h);
        if (x != NULL) {
            note_request(h, x, head);
        }
    }
    scs_message_head(&d->message, head, x != NULL && x->wanted);
    if (x == NULL || !x->wanted) {
        return;
    }
    x->request = SCS_ARENA_NEW(h->hooks->keep, struct scs_http_request);
    scs_message_read_request(head, h->hooks, x->request);
    scs_buf_init(&x->target, SCS_MAX_HEAD);
    scs_buf_add(&x->target, head->target.p, head->target.len);
    x->target_off = head->target.off;
}

static void request_end(struct direction *d)
{
    struct exchange *x = d->exchange;
    if (x == NULL) {
        return;
    }
    if (x->request != NULL) {
        x->request_runs = scs_message_finish(&d->message, d->http->hooks, &x->request->m, &x->request_body);
        d->last_flags = &x->request->m.flags;
    }
    d->tunnel = x->connect_method;
    d->exchange = NULL;
    x->request_done = true;
}

/* ---- replies ------------------------------------------------------------------------------------- */

/*
 * The exchange that the reply beginning now belongs to; NULL when its request was not captured. A reply may
 * come before its request is complete, or even before the request line is (413, 414).
 */
static struct exchange *waiting(struct scs_http *h)
{
    struct direction *requests = &h->dirs[SCS_TO_SERVER];
    for (struct exchange *x = h->first; x != NULL; x = x->next) {
        if (!x->reply_begun && !x->given_up) {
            return x;
        }
    }
    struct scs_http1_head head;
    if (requests->exchange != NULL || !scs_http1_peek(&requests->reader, &head)) {
        return NULL;
    }
    struct exchange *x = requests->exchange = enqueue(h);
    if (x != NULL) {
        note_request(h, x, &head);
    }
    return x;
}

static struct exchange *orphan(struct scs_http *h, const struct scs_http1_head *head)
{
    const struct scs_cursor *type = &head->fields[SCS_HTTP1_CONTENT_TYPE];
    struct exchange *x = scs_pair_append(h);
    x->request_done = true;
    x->wanted =
        h->hooks->wants_reply(h->hooks->ctx, type->len == 0 ? NULL : scs_intern_text(h->hooks->intern, type, SCS_MAX_TEXT));
    return x;
}

/* One of the requests that were only counted. */
static struct exchange *take_skipped(struct exchange *x)
{
    if (x->skipped <= 1) {
        return x;
    }
    x->skipped--;
    return NULL;
}

/* 100, 102, 103: the answer is still to come. RFC 9110 15.2. */
static void interim_reply(struct direction *d, const struct scs_http1_head *head)
{
    struct exchange *x = waiting(d->http);
    d->interim = true;
    scs_message_head(&d->message, head, false);
    if (x != NULL && head->status == 100 && x->continue_ns == SCS_NO_TIME) {
        x->continue_ns = d->message.first_ns;
    }
}

static bool reply_head(struct direction *d, const struct scs_http1_head *head)
{
    struct scs_http *h = d->http;
    h->upgrading = scs_version_is_upgrade(h, head);
    if (h->upgrading || (head->status >= 100 && head->status < 200 && head->status != 101)) {
        interim_reply(d, head);
        return false;
    }
    d->interim = false;
    h->reply_lost = false;
    struct exchange *x = waiting(h);
    if (x == NULL) {
        x = orphan(h, head);
    } else if (x->skipped != 0) {
        x = take_skipped(x);
    }
    d->exchange = x;
    scs_message_head(&d->message, head, x != NULL && x->wanted);
    if (x == NULL) {
        return true;
    }
    x->reply_begun = true;
    bool connected = x->connect_method && head->status >= 200 && head->status < 300;
    if (x->connect_method || head->status == 101) {
        bool tunnel = connected || head->status == 101;
        h->dirs[SCS_TO_SERVER].tunnel = h->dirs[SCS_TO_CLIENT].tunnel = tunnel;
    }
    bool no_body = connected || x->head_method;
    if (no_body) {
        d->message.flags |= SCS_HTTP_NO_MESSAGE_BODY;
        d->message.flags &= ~(uint32_t)SCS_HTTP_TO_CLOSE;
    }
    if (x->wanted) {
        x->reply = SCS_ARENA_NEW(h->hooks->keep, struct scs_http_reply);
        scs_message_read_reply(head, h->hooks, x->reply);
    }
    return !no_body;
}

static void reply_end(struct direction *d)
{
    struct exchange *x = d->exchange;
    if (d->http->upgrading) {
        scs_version_upgrade(d->http);
    }
    if (d->interim || x == NULL) {
        return;
    }
    if (x->reply != NULL) {
        scs_message_finish(&d->message, d->http->hooks, &x->reply->m, &x->reply_body);
        d->last_flags = &x->reply->m.flags;
    }
    d->exchange = NULL;
    x->reply_done = true;
}

/* ---- what the reader tells ----------------------------------------------------------------------- */

static void on_begin(void *ctx)
{
    struct direction *d = ctx;
    scs_message_begin(&d->message);
}

static void on_raw(void *ctx, uint32_t raw_off, size_t len)
{
    struct direction *d = ctx;
    scs_message_raw(&d->message, d->chunk, raw_off, len);
}

static bool on_head(void *ctx, const struct scs_http1_head *head)
{
    struct direction *d = ctx;
    d->last_flags = NULL;
    if (d->dir == SCS_TO_CLIENT) {
        return reply_head(d, head);
    }
    request_head(d, head);
    return true;
}

static void on_body(void *ctx, const struct scs_cursor *bytes)
{
    struct direction *d = ctx;
    scs_message_body(&d->message, bytes, d->http->hooks->limits);
}

static void on_hole(void *ctx, uint64_t len)
{
    struct direction *d = ctx;
    (void)len;
    scs_message_hole(&d->message, d->snaplen);
}

static void on_end(void *ctx, enum scs_http1_how how)
{
    struct direction *d = ctx;
    switch (how) {
    case SCS_HTTP1_WHOLE:
        d->message.flags |= SCS_HTTP_COMPLETE;
        break;
    case SCS_HTTP1_NO_TERMINATOR:
        d->message.flags |= SCS_HTTP_CHUNK_BAD | scs_ending_cut(&d->http->ending, d->dir);
        break;
    case SCS_HTTP1_CUT:
        d->message.flags |= scs_ending_cut(&d->http->ending, d->dir);
        break;
    case SCS_HTTP1_CHUNK_BAD:
        d->message.flags |= SCS_HTTP_CHUNK_BAD;
        break;
    case SCS_HTTP1_HEAD_LIMIT:
        d->http->hooks->limits->heads_cut++;
        break;
    case SCS_HTTP1_HOLE:     /* said by on_hole */
    case SCS_HTTP1_HEAD_BAD: /* the head has said SCS_HTTP_MALFORMED */
    case SCS_HTTP1_ABANDONED:
        break;
    }
    if (d->dir == SCS_TO_SERVER) {
        request_end(d);
    } else {
        reply_end(d);
    }
}

static enum scs_http1_stray on_stray(void *ctx)
{
    struct direction *d = ctx;
    if (d->tunnel || d->http->dirs[1 - d->dir].foreign) {
        return SCS_HTTP1_FOREIGN;
    }
    if (d->dir == SCS_TO_CLIENT) {
        const struct exchange *x = waiting(d->http);
        if (x != NULL && x->simple) {
            return SCS_HTTP1_BARE_BODY;
        }
    }
    if (d->last_flags != NULL) {
        *d->last_flags |= SCS_HTTP_EXTRA_BYTES;
    }
    return SCS_HTTP1_SEARCH;
}

/*
 * A client that was refused before it sent its body (Expect: 100-continue, RFC 9110 10.1.1) goes on with the
 * next request. A server that states no length and keeps the connection goes on with the next reply.
 */
static bool on_may_restart(void *ctx)
{
    struct direction *d = ctx;
    const struct exchange *x = d->exchange;
    if (x == NULL) {
        return false;
    }
    if (d->dir == SCS_TO_SERVER) {
        return x->reply_begun;
    }
    return x->next != NULL && !(d->message.flags & SCS_HTTP_CONNECTION_CLOSE);
}

static void on_foreign(void *ctx, const struct scs_cursor *bytes)
{
    struct direction *d = ctx;
    struct scs_chunk first = {.data = bytes->p, .len = bytes->len, .frame = d->chunk->frame, .ts_ns = d->chunk->ts_ns};
    d->foreign = true;
    settle(d->http);
    if (d->http->h2 != NULL) {
        scs_h2_data(d->http->h2, d->dir, &first);
        return;
    }
    if (d->dir == SCS_TO_SERVER && scs_cursor_starts(bytes, "PRI * HTTP/2")) {
        scs_version_begin(d->http, &first);
        return;
    }
    d->http->hooks->opaque(d->http->hooks->ctx, d->http->connection, d->dir, &first);
}

static const struct scs_http1_events events = {
    .begin = on_begin,
    .raw = on_raw,
    .head = on_head,
    .body = on_body,
    .hole = on_hole,
    .end = on_end,
    .stray = on_stray,
    .may_restart = on_may_restart,
    .foreign = on_foreign,
};

/* ---- the connection ------------------------------------------------------------------------------ */

struct scs_http *scs_http_new(const struct scs_http_hooks *hooks, struct scs_connection *connection)
{
    struct scs_http *h = scs_xcalloc(1, sizeof *h);
    h->hooks = hooks;
    h->connection = connection;
    for (unsigned i = 0; i < 2; i++) {
        struct direction *d = &h->dirs[i];
        d->http = h;
        d->dir = (enum scs_dir)i;
        scs_http1_init(&d->reader, d->dir == SCS_TO_SERVER, &events, d);
    }
    scs_buf_init(&h->early, SCS_MAX_EARLY_REPLY);
    return h;
}

void scs_pair_read(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct direction *d = &h->dirs[dir];
    struct scs_cursor bytes = scs_cursor_of(chunk->data, chunk->len);
    d->heard = true;
    d->chunk = chunk;
    scs_http1_feed(&d->reader, &bytes);
    d->chunk = NULL;
    /* Only now: left-over bytes of the same segment are a fact of the message before them. */
    settle(h);
}

void scs_http_data(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk)
{
    if (h->h2 != NULL) {
        scs_version_data(h, dir, chunk);
        return;
    }
    if (scs_version_hold(h, dir, chunk)) {
        return;
    }
    if (dir == SCS_TO_CLIENT) {
        scs_version_let_go(h);
    }
    scs_pair_read(h, dir, chunk);
}

/* With a reply and the next request lost, the next reply answers a request that nobody saw. */
static void doubt_pairs(struct scs_http *h)
{
    if (h->reply_lost && h->request_lost) {
        give_up(h, INT64_MAX);
    }
}

/* After a hole in the replies nobody knows how many of several outstanding ones lay in it. */
static void doubt_replies(struct scs_http *h, int64_t ts_ns)
{
    const struct direction *d = &h->dirs[SCS_TO_CLIENT];
    if (d->reader.state != SCS_HTTP1_SEARCHING) {
        return;
    }
    uint32_t num = 0;
    for (const struct exchange *x = h->first; x != NULL; x = x->next) {
        num += !x->reply_begun;
    }
    h->reply_lost = num != 0;
    if (num > 1) {
        give_up(h, ts_ns);
    }
    doubt_pairs(h);
}

/* A whole request may lie in a hole of the requests. */
static void doubt_requests(struct scs_http *h)
{
    if (h->dirs[SCS_TO_SERVER].reader.state == SCS_HTTP1_SEARCHING) {
        h->request_lost = true;
        doubt_pairs(h);
    }
}

void scs_http_gap(struct scs_http *h, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct direction *d = &h->dirs[dir];
    /* The hole belongs to no frame, except that of a packet that was cut: that one carried its beginning already. */
    (void)frame;
    if (h->h2 != NULL && !(h->refused && dir == SCS_TO_CLIENT)) {
        h->h2_greeted = h->h2_greeted || dir == SCS_TO_CLIENT;
        scs_h2_gap(h->h2, dir, len, snaplen);
        return;
    }
    scs_version_let_go(h);
    d->snaplen = snaplen;
    scs_http1_gap(&d->reader, len);
    if (dir == SCS_TO_CLIENT) {
        doubt_replies(h, ts_ns);
    } else {
        doubt_requests(h);
    }
    settle(h);
}

void scs_http_end(struct scs_http *h, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    struct direction *d = &h->dirs[dir];
    (void)ts_ns;
    if (scs_version_end_waits(h, dir)) {
        (void)scs_ending_note(&h->ending, dir, how);
        return;
    }
    if (h->h2 != NULL) {
        scs_h2_end(h->h2, dir, how);
    }
    /* What HTTP/1 left open before the preface ends, too. */
    if (!scs_ending_note(&h->ending, dir, how)) {
        return;
    }
    scs_version_settle(h);
    scs_version_let_go(h);
    scs_http1_end(&d->reader, how == SCS_END_FIN);
    if (dir == SCS_TO_SERVER && d->exchange != NULL) {
        /* A reply came to a request of which not even the method is known. */
        d->exchange->request_done = true;
        d->exchange = NULL;
    }
    settle(h);
}

bool scs_http_idle(const struct scs_http *h)
{
    if (h->h2 != NULL) {
        return h->first == NULL && h->early.len == 0 && scs_h2_idle(h->h2);
    }
    return h->first == NULL && h->early.len == 0 && scs_http1_idle(&h->dirs[0].reader) && scs_http1_idle(&h->dirs[1].reader);
}

void scs_http_free(struct scs_http *h)
{
    if (h == NULL) {
        return;
    }
    scs_http_end(h, SCS_TO_SERVER, SCS_END_CAPTURE, SCS_NO_TIME);
    scs_http_end(h, SCS_TO_CLIENT, SCS_END_CAPTURE, SCS_NO_TIME);
    scs_h2_free(h->h2);
    scs_buf_cleanup(&h->early);
    for (unsigned i = 0; i < 2; i++) {
        scs_http1_cleanup(&h->dirs[i].reader);
        scs_message_cleanup(&h->dirs[i].message);
    }
    for (struct exchange *x = h->first, *next; x != NULL; x = next) {
        next = x->next;
        free_exchange(x);
    }
    free(h);
}

void scs_http_move(struct scs_http *h, struct scs_mover *m)
{
    if (h == NULL) {
        return;
    }
    scs_move_one(m, &h->connection, &scs_shape_connection);
    for (struct exchange *x = h->first; x != NULL; x = x->next) {
        scs_move_one(m, &x->request, &scs_shape_http_request);
        scs_move_one(m, &x->reply, &scs_shape_http_reply);
        if (x->request_runs != NULL) {
            scs_move_many(m, &x->request_runs, x->request->m.frames.num_runs, &scs_shape_frame_run);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        scs_move_weak(m, &h->dirs[i].last_flags); /* a message begins with its flags */
    }
    if (h->h2 != NULL) {
        scs_h2_move(h->h2, m);
    }
}
