/* SPDX-License-Identifier: Apache-2.0 */
#include "dissectors/http1.h"

#include "scepscope/limits.h"

/* Chunk sizes of more digits are not sizes. */
#define MAX_SIZE_DIGITS 15u

void scs_http1_init(struct scs_http1 *r, bool request, const struct scs_http1_events *events, void *ctx)
{
    *r = (struct scs_http1){.request = request, .events = events, .ctx = ctx};
    scs_buf_init(&r->head, SCS_MAX_HEAD);
    scs_buf_init(&r->mended, 2 * SCS_MAX_HEAD);
}

void scs_http1_cleanup(struct scs_http1 *r)
{
    scs_buf_cleanup(&r->head);
    scs_buf_cleanup(&r->mended);
}

/* Buffers of an idle connection are given back: tens of thousands of them may be open. */
static void forget_head(struct scs_http1 *r)
{
    scs_http1_cleanup(r);
    scs_buf_init(&r->head, SCS_MAX_HEAD);
    scs_buf_init(&r->mended, 2 * SCS_MAX_HEAD);
}

static void begin(struct scs_http1 *r, bool found)
{
    r->state = SCS_HTTP1_IN_HEAD;
    r->found = found;
    r->at_edge = false;
    r->has_hole = false;
    r->raw_pos = r->body_pos = 0;
    r->events->begin(r->ctx);
}

static void finish(struct scs_http1 *r, enum scs_http1_how how)
{
    r->state = how == SCS_HTTP1_WHOLE || how == SCS_HTTP1_ABANDONED ? SCS_HTTP1_BETWEEN : SCS_HTTP1_SEARCHING;
    r->events->end(r->ctx, how);
}

/* Moves past `n` bytes of the present message. */
static void consume(struct scs_http1 *r, struct scs_cursor *c, size_t n, struct scs_cursor *out)
{
    if (scs_cursor_take(c, n, out) && n != 0) {
        r->events->raw(r->ctx, r->raw_pos > UINT32_MAX ? UINT32_MAX : (uint32_t)r->raw_pos, n);
        r->raw_pos += n;
    }
}

static void consume_body(struct scs_http1 *r, struct scs_cursor *c, size_t n)
{
    struct scs_cursor part;
    consume(r, c, n, &part);
    part.off = r->body_pos > UINT32_MAX ? UINT32_MAX : (uint32_t)r->body_pos;
    r->body_pos += n;
    r->events->body(r->ctx, &part);
}

/* ---- heads --------------------------------------------------------------------------------------- */

static void enter_body(struct scs_http1 *r, const struct scs_http1_head *head)
{
    if (head->flags & SCS_HTTP_CHUNKED) {
        r->state = SCS_HTTP1_CHUNKED;
        r->chunk = SCS_CHUNK_SIZE;
        r->digits = 0;
        r->left = 0;
    } else if (head->flags & SCS_HTTP_HAS_LENGTH && head->content_length != 0) {
        r->state = SCS_HTTP1_COUNTED;
        r->left = head->content_length;
    } else if (head->flags & SCS_HTTP_TO_CLOSE) {
        r->state = SCS_HTTP1_TO_CLOSE;
    } else {
        finish(r, SCS_HTTP1_WHOLE);
    }
}

/* A head is whole: say so, and go on to what follows it. */
static void read_whole_head(struct scs_http1 *r, const struct scs_cursor *bytes)
{
    struct scs_http1_head head;
    scs_http1_read_head(bytes, r->request, true, &r->mended, &head);
    if (!head.readable || (r->found && !head.has_version)) {
        r->state = SCS_HTTP1_SEARCHING;
        if (!r->found) {
            r->events->stray(r->ctx);
        }
        return;
    }
    bool has_body = r->events->head(r->ctx, &head);
    if (head.flags & SCS_HTTP_MALFORMED) {
        finish(r, SCS_HTTP1_HEAD_BAD);
    } else if (!has_body || head.flags & SCS_HTTP_NO_MESSAGE_BODY) {
        finish(r, SCS_HTTP1_WHOLE);
    } else {
        enter_body(r, &head);
    }
}

/* No more of this head will come. */
static void read_cut_head(struct scs_http1 *r, enum scs_http1_how how)
{
    struct scs_http1_head head;
    struct scs_cursor bytes = scs_buf_cursor(&r->head);
    r->state = SCS_HTTP1_SEARCHING;
    scs_http1_read_head(&bytes, r->request, false, &r->mended, &head);
    /* Packets cut by the snap length show no whole request line; where one begins, a request does. */
    bool believed = !r->found || head.has_version || (r->at_edge && how == SCS_HTTP1_HOLE);
    if (!head.readable || !believed) {
        forget_head(r);
        return;
    }
    /* HTTP/0.9: one line without a version, and no blank line after it. */
    bool simple = r->request && how == SCS_HTTP1_CUT && head.line_complete && !head.has_version;
    if (simple) {
        head.complete = true;
        head.flags |= SCS_HTTP_HEAD_COMPLETE;
    }
    r->events->head(r->ctx, &head);
    finish(r, simple ? SCS_HTTP1_WHOLE : how);
    forget_head(r);
}

bool scs_http1_peek(struct scs_http1 *r, struct scs_http1_head *out)
{
    if (r->state != SCS_HTTP1_IN_HEAD || r->head.len == 0) {
        return false;
    }
    struct scs_cursor bytes = scs_buf_cursor(&r->head);
    scs_http1_read_head(&bytes, r->request, false, &r->mended, out);
    return out->readable && (!r->found || out->has_version);
}

/* The message begins `at` bytes into the collected ones, or after them. `had` were there before the bytes at hand. */
static void restart_at(struct scs_http1 *r, struct scs_cursor *c, size_t had, size_t at)
{
    if (at < had) {
        r->head.len = had;
        scs_buf_consume(&r->head, at);
        begin(r, true);
        r->raw_pos = had - at;
        r->events->raw(r->ctx, 0, had - at);
        return;
    }
    scs_buf_clear(&r->head);
    r->state = SCS_HTTP1_SEARCHING;
    (void)!scs_cursor_skip(c, at - had);
}

/*
 * The bytes collected so far begin no message: another start may lie inside them. They are few, as this
 * is known after a start line's first bytes.
 */
static void search_inside(struct scs_http1 *r, struct scs_cursor *c, size_t had)
{
    struct scs_cursor whole = had == 0 ? *c : scs_buf_cursor(&r->head);
    size_t at = 0;
    do {
        at++;
    } while (at < had && scs_cursor_skip(&whole, 1) && scs_http1_start(&whole, r->request, true) == SCS_HTTP1_NO);
    restart_at(r, c, had, at);
}

static void go_foreign(struct scs_http1 *r, struct scs_cursor *c, size_t had)
{
    struct scs_cursor whole = had == 0 ? *c : scs_buf_cursor(&r->head);
    r->state = SCS_HTTP1_CLOSED;
    r->events->foreign(r->ctx, &whole);
    forget_head(r);
    (void)!scs_cursor_skip(c, c->len);
}

/* An HTTP/0.9 reply is a body and nothing else. */
static void go_bare(struct scs_http1 *r, size_t had)
{
    struct scs_http1_head head = {.complete = true, .version = 9, .flags = SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_TO_CLOSE};
    r->state = SCS_HTTP1_TO_CLOSE;
    r->events->head(r->ctx, &head);
    struct scs_cursor early = scs_buf_cursor(&r->head);
    early = scs_cursor_first(&early, had);
    r->body_pos = early.len;
    if (early.len != 0) {
        r->events->body(r->ctx, &early);
    }
    forget_head(r);
}

/* Where a message should begin, none does. */
static void go_astray(struct scs_http1 *r, struct scs_cursor *c, size_t had)
{
    enum scs_http1_stray next = r->found ? SCS_HTTP1_SEARCH : r->events->stray(r->ctx);
    if (next == SCS_HTTP1_FOREIGN) {
        go_foreign(r, c, had);
    } else if (next == SCS_HTTP1_BARE_BODY) {
        go_bare(r, had);
    } else {
        search_inside(r, c, had);
    }
}

/*
 * A request line found by searching must end with a version; until then it may be text of a body, and the
 * request may begin further inside it. Returns where to begin instead, 0: here.
 */
static size_t better_start(const struct scs_http1 *r, const struct scs_cursor *whole)
{
    struct scs_cursor at = *whole, line, version;
    if (!r->found || !r->request || !scs_cursor_line(&at, &line)) {
        return 0;
    }
    version = line;
    if (line.len < 9 || !scs_cursor_skip(&version, line.len - 8) || !scs_cursor_starts(&version, "HTTP/1.")) {
        return whole->len - at.len;
    }
    size_t last = 0;
    for (size_t i = 1; scs_cursor_skip(&line, 1); i++) {
        if (scs_http1_start(&line, true, true) == SCS_HTTP1_YES) {
            last = i;
        }
    }
    return last;
}

static void step_head(struct scs_http1 *r, struct scs_cursor *c)
{
    size_t had = r->head.len;
    struct scs_cursor whole = scs_cursor_first(c, SCS_MAX_HEAD), taken;
    whole.off = 0;
    if (had != 0) {
        scs_buf_add(&r->head, c->p, c->len);
        whole = scs_buf_cursor(&r->head);
    }
    enum scs_http1_start start = scs_http1_start(&whole, r->request, r->found);
    if (start == SCS_HTTP1_OTHER) {
        go_foreign(r, c, had);
        return;
    }
    if (start == SCS_HTTP1_NO) {
        go_astray(r, c, had);
        return;
    }
    size_t better = start == SCS_HTTP1_YES ? better_start(r, &whole) : 0;
    if (better != 0) {
        restart_at(r, c, had, better);
        return;
    }
    size_t len = start == SCS_HTTP1_YES ? scs_http1_head_end(&whole, had > 3 ? had - 3 : 0) : 0;
    consume(r, c, (len == 0 ? whole.len : len) - had, &taken);
    if (len != 0) {
        whole = scs_cursor_first(&whole, len);
        read_whole_head(r, &whole);
        if (had != 0 || r->mended.p != NULL) {
            forget_head(r);
        }
        return;
    }
    if (had == 0) {
        scs_buf_add(&r->head, whole.p, whole.len);
    }
    if (r->head.len == SCS_MAX_HEAD) {
        read_cut_head(r, SCS_HTTP1_HEAD_LIMIT);
    }
}

static void step_between(struct scs_http1 *r, struct scs_cursor *c)
{
    /* Empty lines before a request are skipped (RFC 9112 2.2): some clients send one after a body. Servers may not. */
    uint8_t byte;
    while (r->request && scs_cursor_peek(c, 0, &byte) && (byte == '\r' || byte == '\n') && scs_cursor_skip(c, 1)) {
    }
    if (c->len != 0) {
        begin(r, false);
    }
}

static void step_search(struct scs_http1 *r, struct scs_cursor *c, bool at_edge)
{
    for (; c->len != 0; at_edge = false) {
        if (scs_http1_start(c, r->request, true) != SCS_HTTP1_NO) {
            begin(r, true);
            r->at_edge = at_edge;
            return;
        }
        (void)!scs_cursor_skip(c, 1);
    }
}

/* ---- bodies -------------------------------------------------------------------------------------- */

static size_t at_most(uint64_t left, size_t len)
{
    return left < len ? (size_t)left : len;
}

static void step_counted(struct scs_http1 *r, struct scs_cursor *c)
{
    size_t n = at_most(r->left, c->len);
    r->left -= n;
    consume_body(r, c, n);
    if (r->left == 0) {
        finish(r, SCS_HTTP1_WHOLE);
    }
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of the framing around chunks; false when it cannot stand there. RFC 9112 7.1. */
static bool chunk_byte(struct scs_http1 *r, uint8_t c)
{
    int digit;
    switch (r->chunk) {
    case SCS_CHUNK_SIZE:
        digit = hex_digit(c);
        if (digit >= 0) {
            r->left = r->left << 4 | (unsigned)digit;
            return ++r->digits <= MAX_SIZE_DIGITS;
        }
        if (r->digits == 0 || (c != ';' && c != ' ' && c != '\t' && c != '\r' && c != '\n')) {
            return false;
        }
        r->chunk = SCS_CHUNK_EXTENSION;
        /* fall through */
    case SCS_CHUNK_EXTENSION:
        if (c == '\n') {
            r->chunk = r->left == 0 ? SCS_CHUNK_TRAILER : SCS_CHUNK_DATA;
            r->trailer_len = 0;
        }
        return true;
    case SCS_CHUNK_AFTER:
        if (c == '\n') {
            r->chunk = SCS_CHUNK_SIZE;
            r->digits = 0;
        }
        return c == '\n' || c == '\r';
    case SCS_CHUNK_TRAILER:
    case SCS_CHUNK_DATA:
        break;
    }
    return false;
}

/* Trailer fields are passed over; the empty line ends the message. True when it came. */
static bool trailer_byte(struct scs_http1 *r, uint8_t c)
{
    if (c == '\n') {
        bool over = r->trailer_len == 0;
        r->trailer_len = 0;
        return over;
    }
    if (c != '\r' && r->trailer_len < UINT32_MAX) {
        r->trailer_len++;
    }
    return false;
}

static void step_chunk_data(struct scs_http1 *r, struct scs_cursor *c)
{
    size_t n = at_most(r->left, c->len);
    r->left -= n;
    consume_body(r, c, n);
    if (r->left == 0) {
        r->chunk = SCS_CHUNK_AFTER;
    }
}

static void step_chunked(struct scs_http1 *r, struct scs_cursor *c)
{
    if (r->chunk == SCS_CHUNK_DATA) {
        step_chunk_data(r, c);
        return;
    }
    struct scs_cursor taken;
    uint8_t byte;
    bool good = true, over = false;
    size_t n = 0;
    while (good && !over && r->chunk != SCS_CHUNK_DATA && scs_cursor_peek(c, n, &byte)) {
        if (r->chunk == SCS_CHUNK_TRAILER) {
            over = trailer_byte(r, byte);
        } else {
            good = chunk_byte(r, byte);
        }
        n++;
    }
    consume(r, c, n, &taken);
    if (!good) {
        finish(r, SCS_HTTP1_CHUNK_BAD);
    } else if (over) {
        finish(r, SCS_HTTP1_WHOLE);
    }
}

/* ---- the stream ---------------------------------------------------------------------------------- */

/* A body that was announced and does not come, or one without an end of its own. */
static bool may_restart(struct scs_http1 *r, const struct scs_cursor *bytes)
{
    bool open_ended = r->state == SCS_HTTP1_TO_CLOSE || (r->state == SCS_HTTP1_COUNTED && r->body_pos == 0);
    return open_ended && scs_http1_start(bytes, r->request, true) == SCS_HTTP1_YES && r->events->may_restart(r->ctx);
}

void scs_http1_feed(struct scs_http1 *r, const struct scs_cursor *bytes)
{
    struct scs_cursor c = *bytes;
    if (may_restart(r, &c)) {
        finish(r, r->state == SCS_HTTP1_TO_CLOSE ? SCS_HTTP1_WHOLE : SCS_HTTP1_ABANDONED);
    }
    while (c.len != 0) {
        switch (r->state) {
        case SCS_HTTP1_BETWEEN:
            step_between(r, &c);
            break;
        case SCS_HTTP1_IN_HEAD:
            step_head(r, &c);
            break;
        case SCS_HTTP1_COUNTED:
            step_counted(r, &c);
            break;
        case SCS_HTTP1_CHUNKED:
            step_chunked(r, &c);
            break;
        case SCS_HTTP1_TO_CLOSE:
            consume_body(r, &c, c.len);
            break;
        case SCS_HTTP1_SEARCHING:
            step_search(r, &c, c.len == bytes->len);
            break;
        case SCS_HTTP1_CLOSED:
            return;
        }
    }
}

/* A hole inside `left` bytes of known length is stepped over; false when it is longer. */
static bool step_over(struct scs_http1 *r, uint64_t len)
{
    if (len > r->left) {
        return false;
    }
    r->left -= len;
    r->raw_pos += len;
    r->body_pos += len;
    r->has_hole = true;
    return true;
}

void scs_http1_gap(struct scs_http1 *r, uint64_t len)
{
    switch (r->state) {
    case SCS_HTTP1_BETWEEN:
        r->state = SCS_HTTP1_SEARCHING;
        return;
    case SCS_HTTP1_IN_HEAD:
        r->events->hole(r->ctx, len);
        read_cut_head(r, SCS_HTTP1_HOLE);
        return;
    case SCS_HTTP1_COUNTED:
        r->events->hole(r->ctx, len);
        if (!step_over(r, len)) {
            finish(r, SCS_HTTP1_HOLE);
        } else if (r->left == 0) {
            finish(r, SCS_HTTP1_WHOLE);
        }
        return;
    case SCS_HTTP1_CHUNKED:
        r->events->hole(r->ctx, len);
        if (r->chunk != SCS_CHUNK_DATA || !step_over(r, len)) {
            finish(r, SCS_HTTP1_HOLE);
        } else if (r->left == 0) {
            r->chunk = SCS_CHUNK_AFTER;
        }
        return;
    case SCS_HTTP1_TO_CLOSE:
        r->events->hole(r->ctx, len);
        r->raw_pos += len;
        r->body_pos += len;
        r->has_hole = true;
        return;
    case SCS_HTTP1_SEARCHING:
    case SCS_HTTP1_CLOSED:
        return;
    }
}

void scs_http1_end(struct scs_http1 *r, bool closed)
{
    switch (r->state) {
    case SCS_HTTP1_IN_HEAD:
        read_cut_head(r, SCS_HTTP1_CUT);
        break;
    case SCS_HTTP1_COUNTED:
        finish(r, SCS_HTTP1_CUT);
        break;
    case SCS_HTTP1_CHUNKED:
        if (r->chunk == SCS_CHUNK_TRAILER && r->trailer_len == 0) {
            finish(r, SCS_HTTP1_WHOLE); /* the empty line after the last chunk is often forgotten */
        } else {
            bool at_size = r->chunk == SCS_CHUNK_SIZE && r->digits == 0;
            finish(r, closed && at_size ? SCS_HTTP1_NO_TERMINATOR : SCS_HTTP1_CUT);
        }
        break;
    case SCS_HTTP1_TO_CLOSE:
        finish(r, closed ? SCS_HTTP1_WHOLE : SCS_HTTP1_CUT);
        break;
    case SCS_HTTP1_BETWEEN:
    case SCS_HTTP1_SEARCHING:
    case SCS_HTTP1_CLOSED:
        break;
    }
    r->state = SCS_HTTP1_CLOSED;
}

bool scs_http1_idle(const struct scs_http1 *r)
{
    return r->state == SCS_HTTP1_BETWEEN || r->state == SCS_HTTP1_SEARCHING || r->state == SCS_HTTP1_CLOSED;
}
