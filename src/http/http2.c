/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of an HTTP/2 connection (RFC 9113): each is a request and its reply. */
#include "http/http2.h"

#include <stdlib.h>

#include "base/shapes.h"
#include "base/xalloc.h"
#include "dissectors/http2.h"
#include "http/ending.h"
#include "http/message.h"
#include "http/window.h"
#include "scepscope/limits.h"

/* Requests for other things after which nobody waits for one of SCEP on the same connection. */
#define PATIENCE 64u

/* One message of a stream. */
struct side {
    struct scs_message message;
    bool begun, done;           /* its head was read; no more of it will come */
    uint32_t raw_pos, body_pos; /* raw: of the compressed head, then as if it had been written out */
    struct scs_window window;
};

/* In the list, in the order of the requests, until both sides are done or cannot come any more. */
struct stream {
    struct stream *next;
    uint32_t id;
    bool wanted;
    bool orphan; /* its request was not captured */
    bool head_method;
    bool given_up;   /* the capture may have lost the reply: nothing is said about it */
    const char *why; /* there is no reply because the stream itself was ended */
    struct scs_stream_end end;
    int64_t continue_ns;
    struct side sides[2];             /* by enum scs_dir */
    struct scs_http_request *request; /* wanted streams only */
    struct scs_http_reply *reply;
    struct scs_frame_run *request_runs;
    struct scs_buf target; /* as sent */
    uint32_t target_off;
    struct scs_buf bodies[2];
};

struct direction {
    struct scs_h2 *h2;
    enum scs_dir dir;
    struct scs_http2 reader;
    const struct scs_chunk *chunk; /* being fed */
    bool heard;                    /* any byte */
    bool lost;                     /* cannot be read any more */
    bool snaplen;                  /* of the gap being told */
    struct scs_windows windows;    /* that its receiver grants */
};

struct scs_h2 {
    const struct scs_http_hooks *hooks;
    struct scs_connection *connection;
    struct direction dirs[2];
    struct stream *first, *last;
    uint32_t num_streams;
    uint32_t highest; /* id of the latest request */
    uint32_t num_asked;
    int64_t now_ns;
    struct scs_stream_end goaway; /* the latest */
    struct scs_ending ending;
};

static void add(uint32_t *sum, uint64_t n)
{
    *sum = n > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)n;
}

/* ---- the list ------------------------------------------------------------------------------------ */

static struct stream *append(struct scs_h2 *h, uint32_t id)
{
    struct stream *s = scs_xcalloc(1, sizeof *s);
    s->id = id;
    s->continue_ns = SCS_NO_TIME;
    scs_message_begin(&s->sides[SCS_TO_SERVER].message);
    scs_message_begin(&s->sides[SCS_TO_CLIENT].message);
    for (unsigned i = 0; i < 2; i++) {
        scs_window_begin(&s->sides[i].window, &h->dirs[i].windows);
    }
    if (h->last != NULL) {
        h->last->next = s;
    } else {
        h->first = s;
    }
    h->last = s;
    h->num_streams++;
    return s;
}

static void free_stream(struct stream *s)
{
    for (unsigned i = 0; i < 2; i++) {
        scs_message_cleanup(&s->sides[i].message);
        scs_buf_cleanup(&s->bodies[i]);
    }
    scs_buf_cleanup(&s->target);
    free(s);
}

static struct stream *find(const struct scs_h2 *h, uint32_t id)
{
    struct stream *s = h->first;
    while (s != NULL && s->id != id) {
        s = s->next;
    }
    return s;
}

static const char *why_unanswered(const struct scs_h2 *h, const struct stream *s)
{
    if (s->reply != NULL || s->why != NULL) {
        return s->reply != NULL ? NULL : s->why;
    }
    return s->given_up || h->dirs[SCS_TO_CLIENT].lost ? NULL : scs_ending_why(&h->ending, h->connection);
}

static void deliver(struct scs_h2 *h, struct stream *s)
{
    if (s->request == NULL && s->reply == NULL) {
        return;
    }
    struct scs_http_pair pair = {
        .connection = h->connection,
        .request = s->request,
        .reply = s->reply,
        .target = scs_buf_cursor(&s->target),
        .request_body = scs_buf_cursor(&s->bodies[SCS_TO_SERVER]),
        .reply_body = scs_buf_cursor(&s->bodies[SCS_TO_CLIENT]),
        .request_runs = s->request_runs,
        .why_unanswered = why_unanswered(h, s),
    };
    pair.target.off = s->target_off;
    pair.stream_end = s->end.how == SCS_STREAM_REGULAR && pair.why_unanswered != NULL ? h->goaway : s->end;
    if (s->reply != NULL) {
        s->reply->continue_ns = s->continue_ns;
    }
    h->hooks->done(h->hooks->ctx, &pair);
}

static bool is_over(const struct scs_h2 *h, const struct stream *s)
{
    const struct side *reply = &s->sides[SCS_TO_CLIENT];
    bool no_reply = s->given_up || s->why != NULL || h->dirs[SCS_TO_CLIENT].lost || h->ending.ended[SCS_TO_CLIENT];
    return (s->orphan || s->sides[SCS_TO_SERVER].done) && (reply->done || (!reply->begun && no_reply));
}

/* Gives away what is finished, in the order of the requests; what nobody wants need not wait in line. */
static void settle(struct scs_h2 *h)
{
    struct stream **link = &h->first, *last = NULL;
    bool held = false;
    while (*link != NULL) {
        struct stream *s = *link;
        bool over = is_over(h, s);
        if (!over || (held && s->wanted)) {
            held = held || s->wanted || !s->sides[SCS_TO_SERVER].begun;
            last = s;
            link = &s->next;
            continue;
        }
        *link = s->next;
        h->num_streams--;
        deliver(h, s);
        free_stream(s);
    }
    h->last = last;
}

/* A place for a stream that begins; NULL when there is none: then it is only counted. */
static struct stream *open_stream(struct scs_h2 *h, uint32_t id)
{
    h->highest = id;
    if (h->num_streams >= SCS_MAX_STREAMS && !h->dirs[SCS_TO_CLIENT].heard && h->first->sides[SCS_TO_SERVER].done) {
        /* A capture of one direction only: nobody will answer. */
        h->first->given_up = true;
        settle(h);
    }
    if (h->num_streams >= SCS_MAX_STREAMS) {
        h->hooks->limits->pipelined_dropped++;
        return NULL;
    }
    return append(h, id);
}

/* ---- messages ------------------------------------------------------------------------------------ */

static void finish(struct scs_h2 *h, struct stream *s, enum scs_dir dir, uint32_t flags)
{
    struct side *side = &s->sides[dir];
    if (side->done) {
        return;
    }
    side->done = true;
    side->message.flags |= flags;
    struct scs_stall stall = scs_window_done(&side->window, (flags & SCS_HTTP_COMPLETE) != 0, h->now_ns);
    if (dir == SCS_TO_SERVER && s->request != NULL) {
        s->request_runs = scs_message_finish(&side->message, h->hooks, &s->request->m, &s->bodies[dir]);
        s->request->m.stall = stall;
    } else if (dir == SCS_TO_CLIENT && s->reply != NULL) {
        scs_message_finish(&side->message, h->hooks, &s->reply->m, &s->bodies[dir]);
        s->reply->m.stall = stall;
    }
}

/* Bytes of the body to come, as far as they were announced. */
static uint32_t body_left(const struct side *side)
{
    const struct scs_message *m = &side->message;
    if (m->flags & SCS_HTTP_NO_MESSAGE_BODY) {
        return 0;
    }
    return !(m->flags & SCS_HTTP_HAS_LENGTH)  ? UINT32_MAX
           : side->body_pos < m->declared_len ? m->declared_len - side->body_pos
                                              : 0;
}

/*
 * A message is whole with the last byte announced, as in HTTP/1: many servers send END_STREAM later, in a frame of its
 * own, and clients do not wait for it.
 */
static void finish_counted(struct scs_h2 *h, struct stream *s, enum scs_dir dir)
{
    if (body_left(&s->sides[dir]) == 0) {
        finish(h, s, dir, SCS_HTTP_COMPLETE);
    }
}

/*
 * The frames of a compressed head, told in offsets of the head written out: a long target then still names the frames
 * it lay in, as nearly as compression lets one say.
 */
static void write_out(struct side *side, const struct scs_http1_head *head)
{
    struct scs_message *m = &side->message;
    for (uint32_t i = 0; i < m->num_runs && side->raw_pos != 0; i++) {
        m->runs[i].raw_off = (uint32_t)((uint64_t)m->runs[i].raw_off * head->len / side->raw_pos);
    }
    side->raw_pos = m->raw_len = head->len;
}

static void take_head(struct scs_h2 *h, struct side *side, const struct scs_http1_head *head, bool wanted)
{
    side->begun = true;
    if (!head->complete) {
        h->hooks->limits->heads_cut++;
    }
    write_out(side, head);
    scs_message_head(&side->message, head, wanted);
}

static void request_head(struct scs_h2 *h, struct stream *s, const struct scs_http1_head *head)
{
    h->num_asked++;
    s->head_method = scs_cursor_equals(&head->method, "HEAD");
    s->wanted = head->readable && h->hooks->wants(h->hooks->ctx, &head->method, &head->target);
    take_head(h, &s->sides[SCS_TO_SERVER], head, s->wanted);
    if (s->wanted) {
        s->request = SCS_ARENA_NEW(h->hooks->keep, struct scs_http_request);
        scs_message_read_request(head, h->hooks, s->request);
        scs_buf_init(&s->target, SCS_MAX_HEAD);
        scs_buf_add(&s->target, head->target.p, head->target.len);
        s->target_off = head->target.off;
    }
    finish_counted(h, s, SCS_TO_SERVER);
}

/* Of a reply whose request was not captured. */
static bool wants_orphan(const struct scs_h2 *h, const struct scs_http1_head *head)
{
    const struct scs_cursor *type = &head->fields[SCS_HTTP1_CONTENT_TYPE];
    return h->hooks->wants_reply(h->hooks->ctx, type->len == 0 ? NULL : scs_intern_text(h->hooks->intern, type, SCS_MAX_TEXT));
}

static void reply_head(struct scs_h2 *h, struct stream *s, const struct scs_http1_head *head)
{
    struct side *side = &s->sides[SCS_TO_CLIENT];
    if (head->readable && head->status < 200) {
        /* RFC 9113 8.1: the answer is still to come. */
        if (head->status == 100 && s->continue_ns == SCS_NO_TIME) {
            s->continue_ns = side->message.first_ns;
        }
        scs_message_begin(&side->message);
        side->raw_pos = 0;
        return;
    }
    if (s->orphan) {
        s->wanted = head->readable && wants_orphan(h, head);
    }
    take_head(h, side, head, s->wanted);
    if (!head->readable) {
        s->given_up = true;
    } else if (s->wanted) {
        s->reply = SCS_ARENA_NEW(h->hooks->keep, struct scs_http_reply);
        scs_message_read_reply(head, h->hooks, s->reply);
    }
    if (s->head_method) {
        side->message.flags |= SCS_HTTP_NO_MESSAGE_BODY;
    }
    finish_counted(h, s, SCS_TO_CLIENT);
}

/* ---- what the reader tells ----------------------------------------------------------------------- */

/* Clients' streams have odd numbers, each greater than the last (RFC 9113 5.1.1); pushed ones are not looked at. */
static struct stream *find_or_open(struct direction *d, uint32_t id)
{
    struct scs_h2 *h = d->h2;
    struct stream *s = find(h, id);
    if (s != NULL || id % 2 == 0 || id <= h->highest) {
        return s;
    }
    s = open_stream(h, id);
    if (s != NULL && d->dir == SCS_TO_CLIENT) {
        s->orphan = true;
    }
    return s;
}

/* The side that the event is about; NULL when nothing of the stream is kept, or the side is over. */
static struct side *side_of(const struct direction *d, uint32_t id, struct stream **out)
{
    *out = find(d->h2, id);
    return *out == NULL || (*out)->sides[d->dir].done ? NULL : &(*out)->sides[d->dir];
}

static void on_raw(void *ctx, uint32_t id, size_t len)
{
    struct direction *d = ctx;
    struct stream *s = find_or_open(d, id);
    if (s == NULL || s->sides[d->dir].done) {
        return;
    }
    struct side *side = &s->sides[d->dir];
    if (side->begun && len > body_left(side)) {
        len = body_left(side);
    }
    scs_message_raw(&side->message, d->chunk, side->raw_pos, len);
    add(&side->raw_pos, len);
}

static void on_head(void *ctx, uint32_t id, const struct scs_http1_head *head)
{
    struct direction *d = ctx;
    struct stream *s;
    struct side *side = side_of(d, id, &s);
    if (side == NULL || side->begun) {
        return; /* trailers say nothing that is asked for */
    }
    if (d->dir == SCS_TO_CLIENT) {
        reply_head(d->h2, s, head);
    } else if (!s->orphan) {
        request_head(d->h2, s, head);
    }
}

static void on_body(void *ctx, uint32_t id, const struct scs_cursor *bytes)
{
    struct direction *d = ctx;
    struct stream *s;
    struct side *side = side_of(d, id, &s);
    if (side == NULL || !side->begun) {
        return;
    }
    struct scs_cursor part = scs_cursor_first(bytes, body_left(side));
    part.off = side->body_pos;
    add(&side->body_pos, part.len);
    scs_message_body(&side->message, &part, d->h2->hooks->limits);
    finish_counted(d->h2, s, d->dir);
}

static void on_hole(void *ctx, uint32_t id, uint64_t len)
{
    struct direction *d = ctx;
    struct stream *s;
    struct side *side = side_of(d, id, &s);
    if (side != NULL) {
        add(&side->raw_pos, len);
        add(&side->body_pos, len);
        scs_message_hole(&side->message, d->snaplen);
        finish_counted(d->h2, s, d->dir);
    }
}

static void on_end(void *ctx, uint32_t id)
{
    struct direction *d = ctx;
    struct stream *s;
    struct side *side = side_of(d, id, &s);
    if (side == NULL) {
        return;
    }
    /* RFC 9113 8.1.1: a body shorter than announced was cut by whoever sent it. */
    bool cut = side->begun && side->message.flags & SCS_HTTP_HAS_LENGTH && body_left(side) != 0;
    finish(d->h2, s, d->dir, cut ? SCS_HTTP_NETWORK_CUT : SCS_HTTP_COMPLETE);
}

static struct scs_stream_end ending(const struct direction *d, enum scs_stream_ending how, uint32_t error)
{
    return (struct scs_stream_end){.how = (uint8_t)how, .error = error, .frame = d->chunk->frame, .ts_ns = d->chunk->ts_ns};
}

/* RFC 9113 6.4. After the whole reply it only says that the rest of the request is not needed (8.1). */
static void on_reset(void *ctx, uint32_t id, uint32_t error)
{
    struct direction *d = ctx;
    struct stream *s = find(d->h2, id);
    if (s == NULL) {
        return;
    }
    uint32_t flags = s->sides[SCS_TO_CLIENT].done ? 0u : SCS_HTTP_NETWORK_CUT;
    s->why = d->dir == SCS_TO_SERVER ? "client reset" : "server reset";
    if (flags != 0) {
        s->end = ending(d, d->dir == SCS_TO_SERVER ? SCS_STREAM_RESET_BY_CLIENT : SCS_STREAM_RESET_BY_SERVER, error);
    }
    finish(d->h2, s, SCS_TO_SERVER, flags);
    finish(d->h2, s, SCS_TO_CLIENT, flags);
}

/* RFC 9113 6.8: later streams were not looked at by the server. */
static void on_goaway(void *ctx, uint32_t last_stream, uint32_t error)
{
    struct direction *d = ctx;
    if (d->dir != SCS_TO_CLIENT) {
        return;
    }
    d->h2->goaway = ending(d, SCS_STREAM_GOAWAY, error);
    for (struct stream *s = d->h2->first; s != NULL; s = s->next) {
        if (s->id > last_stream && !s->sides[SCS_TO_CLIENT].begun) {
            s->why = "server closed";
            s->end = d->h2->goaway;
            finish(d->h2, s, SCS_TO_SERVER, SCS_HTTP_NETWORK_CUT);
        }
    }
}

/* What a stream takes it takes from all of them: when nothing is left, none goes on. */
static void on_flow(void *ctx, uint32_t id, uint32_t len)
{
    struct direction *d = ctx;
    d->windows.connection -= len;
    for (struct stream *s = d->h2->first; s != NULL; s = s->next) {
        struct side *side = &s->sides[d->dir];
        if (!side->done && (s->id == id || (side->begun && d->windows.connection <= 0))) {
            scs_window_took(&side->window, &d->windows, s->id == id ? len : 0, d->chunk->frame, d->chunk->ts_ns);
        }
    }
}

/* Windows are granted in the other direction. A stream of 0 is the connection. */
static void on_window(void *ctx, uint32_t id, uint32_t increment)
{
    struct direction *d = ctx, *sender = &d->h2->dirs[1 - d->dir];
    sender->windows.connection += id == 0 ? increment : 0;
    for (struct stream *s = d->h2->first; s != NULL; s = s->next) {
        struct scs_window *window = &s->sides[sender->dir].window;
        window->left += s->id == id ? increment : 0;
        if (id == 0 || s->id == id) {
            scs_window_opened(window, &sender->windows, d->chunk->ts_ns);
        }
    }
}

/* RFC 9113 6.9.2: the streams that are open change with it. */
static void on_initial_window(void *ctx, uint32_t initial)
{
    struct direction *d = ctx, *sender = &d->h2->dirs[1 - d->dir];
    int64_t more = (int64_t)initial - sender->windows.initial;
    sender->windows.initial = initial;
    for (struct stream *s = d->h2->first; s != NULL; s = s->next) {
        struct scs_window *window = &s->sides[sender->dir].window;
        window->left += more;
        scs_window_opened(window, &sender->windows, d->chunk->ts_ns);
    }
}

static void on_lost(void *ctx, bool gap)
{
    struct direction *d = ctx;
    d->lost = true;
    for (struct stream *s = d->h2->first; s != NULL; s = s->next) {
        struct side *side = &s->sides[d->dir];
        if (side->done || (d->dir == SCS_TO_CLIENT && !side->begun)) {
            continue;
        }
        if (gap) {
            scs_message_hole(&side->message, d->snaplen);
        }
        finish(d->h2, s, d->dir, gap ? 0u : SCS_HTTP_MALFORMED);
    }
}

static const struct scs_http2_events events = {
    .raw = on_raw,
    .head = on_head,
    .body = on_body,
    .hole = on_hole,
    .end = on_end,
    .reset = on_reset,
    .goaway = on_goaway,
    .flow = on_flow,
    .window = on_window,
    .initial_window = on_initial_window,
    .lost = on_lost,
};

/* ---- the connection ------------------------------------------------------------------------------ */

struct scs_h2 *scs_h2_new(const struct scs_http_hooks *hooks, struct scs_connection *connection)
{
    struct scs_h2 *h = scs_xcalloc(1, sizeof *h);
    h->hooks = hooks;
    h->connection = connection;
    for (unsigned i = 0; i < 2; i++) {
        struct direction *d = &h->dirs[i];
        d->h2 = h;
        d->dir = (enum scs_dir)i;
        scs_windows_init(&d->windows);
        scs_http2_init(&d->reader, d->dir == SCS_TO_SERVER, &events, d);
    }
    return h;
}

void scs_h2_answers(struct scs_h2 *h, struct scs_http_asked *asked)
{
    struct stream *s = open_stream(h, 1);
    struct side *side = &s->sides[SCS_TO_SERVER];
    side->begun = side->done = true;
    s->wanted = asked->wanted;
    s->head_method = asked->head_method;
    s->request = asked->request;
    s->request_runs = asked->request_runs;
    s->target = asked->target;
    s->target_off = asked->target_off;
    s->bodies[SCS_TO_SERVER] = asked->body;
}

bool scs_h2_refused(struct scs_h2 *h, struct scs_http_asked *out)
{
    struct stream *s = h->first;
    if (s == NULL || !s->sides[SCS_TO_SERVER].begun) {
        return false;
    }
    finish(h, s, SCS_TO_SERVER, SCS_HTTP_NETWORK_CUT);
    *out = (struct scs_http_asked){.wanted = s->wanted,
                                   .head_method = s->head_method,
                                   .request = s->request,
                                   .request_runs = s->request_runs,
                                   .target = s->target,
                                   .target_off = s->target_off,
                                   .body = s->bodies[SCS_TO_SERVER]};
    s->target = s->bodies[SCS_TO_SERVER] = (struct scs_buf){0};
    h->first = s->next;
    h->last = h->first == NULL ? NULL : h->last;
    h->num_streams--;
    free_stream(s);
    return true;
}

void scs_h2_data(struct scs_h2 *h, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct direction *d = &h->dirs[dir];
    struct scs_cursor bytes = scs_cursor_of(chunk->data, chunk->len);
    d->heard = true;
    d->chunk = chunk;
    h->now_ns = chunk->ts_ns;
    scs_http2_feed(&d->reader, &bytes);
    d->chunk = NULL;
    settle(h);
}

void scs_h2_gap(struct scs_h2 *h, enum scs_dir dir, uint64_t len, bool snaplen)
{
    h->dirs[dir].snaplen = snaplen;
    scs_http2_gap(&h->dirs[dir].reader, len);
    settle(h);
}

void scs_h2_end(struct scs_h2 *h, enum scs_dir dir, enum scs_end how)
{
    if (!scs_ending_note(&h->ending, dir, how)) {
        return;
    }
    h->now_ns = h->connection->last_ns > h->now_ns ? h->connection->last_ns : h->now_ns;
    for (struct stream *s = h->first; s != NULL; s = s->next) {
        if (dir == SCS_TO_SERVER || s->sides[dir].begun) {
            finish(h, s, dir, scs_ending_cut(&h->ending, dir));
        }
    }
    settle(h);
}

bool scs_h2_idle(const struct scs_h2 *h)
{
    const struct direction *client = &h->dirs[SCS_TO_SERVER], *server = &h->dirs[SCS_TO_CLIENT];
    if (h->first != NULL) {
        return false;
    }
    return client->lost || (h->num_asked >= PATIENCE && scs_http2_idle(&client->reader) && scs_http2_idle(&server->reader));
}

void scs_h2_free(struct scs_h2 *h)
{
    if (h == NULL) {
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        scs_http2_cleanup(&h->dirs[i].reader);
    }
    for (struct stream *s = h->first, *next; s != NULL; s = next) {
        next = s->next;
        free_stream(s);
    }
    free(h);
}

void scs_h2_move(struct scs_h2 *h, struct scs_mover *m)
{
    scs_move_one(m, &h->connection, &scs_shape_connection);
    for (struct stream *s = h->first; s != NULL; s = s->next) {
        scs_move_one(m, &s->request, &scs_shape_http_request);
        scs_move_one(m, &s->reply, &scs_shape_http_reply);
        if (s->request_runs != NULL) {
            scs_move_many(m, &s->request_runs, s->request->m.frames.num_runs, &scs_shape_frame_run);
        }
    }
}
