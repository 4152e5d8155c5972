/* SPDX-License-Identifier: Apache-2.0 */
#include "dissectors/http2.h"

#define HEADER_LEN 9u

/* RFC 9113 6. */
enum frame_type {
    FRAME_DATA,
    FRAME_HEADERS,
    FRAME_PRIORITY,
    FRAME_RST_STREAM,
    FRAME_SETTINGS,
    FRAME_PUSH_PROMISE,
    FRAME_PING,
    FRAME_GOAWAY,
    FRAME_WINDOW_UPDATE,
    FRAME_CONTINUATION
};

/* RFC 9113 6.5. */
#define SETTING_LEN            6u
#define SETTING_INITIAL_WINDOW 4u
#define MOST_WINDOW            0x7fffffffu

enum frame_flag { FLAG_ACK = 0x01, FLAG_END_STREAM = 0x01, FLAG_END_HEADERS = 0x04, FLAG_PADDED = 0x08, FLAG_PRIORITY = 0x20 };

static void expect(struct scs_http2 *r, enum scs_http2_state state, unsigned bytes)
{
    r->state = state;
    r->num_held = 0;
    r->needed = (uint8_t)bytes;
}

void scs_http2_init(struct scs_http2 *r, bool request, const struct scs_http2_events *events, void *ctx)
{
    *r = (struct scs_http2){.request = request, .events = events, .ctx = ctx, .block = scs_http2_block_new()};
    if (request) {
        expect(r, SCS_HTTP2_PREFACE_WAIT, SCS_HTTP2_PREFACE_LEN);
    } else {
        expect(r, SCS_HTTP2_HEADER, HEADER_LEN);
    }
}

void scs_http2_cleanup(struct scs_http2 *r)
{
    scs_http2_block_free(r->block);
    r->block = NULL;
}

static void lose(struct scs_http2 *r, bool gap)
{
    r->state = SCS_HTTP2_LOST;
    scs_http2_cleanup(r);
    r->events->lost(r->ctx, gap);
}

/* ---- frames -------------------------------------------------------------------------------------- */

static bool carries_block(const struct scs_http2 *r)
{
    return r->type == FRAME_HEADERS || r->type == FRAME_PUSH_PROMISE || r->type == FRAME_CONTINUATION;
}

/* Do the contents belong to a message? */
static bool of_message(const struct scs_http2 *r)
{
    return r->type == FRAME_DATA || r->type == FRAME_HEADERS || (r->type == FRAME_CONTINUATION && !r->block_pushed);
}

/* Bytes at fixed places that have to be read before the contents. RFC 9113 6.1, 6.2, 6.4, 6.6, 6.8. */
static unsigned fixed_len(const struct scs_http2 *r)
{
    unsigned pad_length = r->flags & FLAG_PADDED ? 1 : 0;
    switch (r->type) {
    case FRAME_DATA:
        return pad_length;
    case FRAME_HEADERS:
        return pad_length + (r->flags & FLAG_PRIORITY ? 5 : 0);
    case FRAME_PUSH_PROMISE:
        return pad_length + 4;
    case FRAME_RST_STREAM:
        return 4;
    case FRAME_GOAWAY:
        return 8;
    case FRAME_WINDOW_UPDATE:
        return r->content_left == 4 ? 4 : 0;
    default:
        return 0;
    }
}

/* May this frame come here, on this stream? RFC 9113 3.4, 4.3, 6.1 to 6.10. */
static bool in_place(const struct scs_http2 *r)
{
    if (!r->greeted) {
        return r->type == FRAME_SETTINGS && r->stream == 0 && r->content_left % 6 == 0;
    }
    if (r->block_stream != 0 || r->type == FRAME_CONTINUATION) {
        return r->block_stream != 0 && r->type == FRAME_CONTINUATION && r->stream == r->block_stream;
    }
    switch (r->type) {
    case FRAME_DATA:
    case FRAME_HEADERS:
    case FRAME_PUSH_PROMISE:
        return r->stream != 0;
    case FRAME_RST_STREAM:
        return r->stream != 0 && r->content_left == 4;
    case FRAME_SETTINGS:
    case FRAME_PING:
    case FRAME_GOAWAY:
        return r->stream == 0;
    default: /* extensions are ignored (RFC 9113 5.5) */
        return true;
    }
}

static void read_header(struct scs_http2 *r)
{
    struct scs_cursor c = scs_cursor_of(r->held, HEADER_LEN);
    bool whole = scs_cursor_u24be(&c, &r->content_left) && scs_cursor_u8(&c, &r->type) && scs_cursor_u8(&c, &r->flags) &&
                 scs_cursor_u32be(&c, &r->stream);
    r->stream &= 0x7fffffff;
    r->padding_left = 0;
    unsigned fixed = fixed_len(r);
    if (!whole || !in_place(r) || fixed > r->content_left) {
        lose(r, false);
        return;
    }
    r->greeted = true;
    expect(r, SCS_HTTP2_FIXED, fixed);
}

/* The fixed part is there: contents follow. */
static void begin_frame(struct scs_http2 *r)
{
    struct scs_cursor c = scs_cursor_of(r->held, r->needed);
    uint8_t padding = 0;
    uint32_t word = 0, error = 0;
    bool padded = r->flags & FLAG_PADDED && (r->type == FRAME_DATA || r->type == FRAME_HEADERS || r->type == FRAME_PUSH_PROMISE);
    r->content_left -= r->needed;
    if ((padded && !scs_cursor_u8(&c, &padding)) || padding > r->content_left) {
        lose(r, false);
        return;
    }
    r->padding_left = padding;
    r->content_left -= padding;
    expect(r, SCS_HTTP2_CONTENT, 0);
    if (r->type == FRAME_RST_STREAM && scs_cursor_u32be(&c, &error)) {
        r->events->reset(r->ctx, r->stream, error);
    } else if (r->type == FRAME_GOAWAY && scs_cursor_u32be(&c, &word) && scs_cursor_u32be(&c, &error)) {
        r->events->goaway(r->ctx, word & 0x7fffffff, error);
    } else if (r->type == FRAME_WINDOW_UPDATE && scs_cursor_u32be(&c, &word)) {
        r->events->window(r->ctx, r->stream, word & MOST_WINDOW);
    } else if (r->type == FRAME_DATA) {
        r->events->flow(r->ctx, r->stream, r->content_left + padding + (padded ? 1 : 0));
    }
    if (r->type == FRAME_HEADERS || r->type == FRAME_PUSH_PROMISE) {
        r->block_stream = r->stream;
        r->block_pushed = r->type == FRAME_PUSH_PROMISE;
        r->block_ends = !r->block_pushed && r->flags & FLAG_END_STREAM;
    }
    if (of_message(r)) {
        r->events->raw(r->ctx, r->stream, 0);
    }
}

static void end_block(struct scs_http2 *r)
{
    struct scs_http1_head head;
    uint32_t stream = r->block_stream;
    if (!scs_http2_block_end(r->block, r->request, &head)) {
        lose(r, false);
        return;
    }
    r->block_stream = 0;
    if (!r->block_pushed) {
        r->events->head(r->ctx, stream, &head);
    }
    scs_http2_block_forget(r->block);
    if (r->block_ends) {
        r->events->end(r->ctx, stream);
    }
}

static void end_frame(struct scs_http2 *r)
{
    expect(r, SCS_HTTP2_HEADER, HEADER_LEN);
    if (carries_block(r)) {
        if (r->flags & FLAG_END_HEADERS) {
            end_block(r);
        }
    } else if (r->type == FRAME_DATA && r->flags & FLAG_END_STREAM) {
        r->events->end(r->ctx, r->stream);
    }
}

/* ---- bytes --------------------------------------------------------------------------------------- */

/* Collects what is needed; true once it is all there. */
static bool collect(struct scs_http2 *r, struct scs_cursor *c)
{
    size_t n = (size_t)(r->needed - r->num_held);
    n = n < c->len ? n : c->len;
    if (n != 0 && scs_cursor_copy(c, &r->held[r->num_held], n)) {
        r->num_held += (uint8_t)n;
    }
    return r->num_held == r->needed;
}

static void read_preface(struct scs_http2 *r)
{
    struct scs_cursor c = scs_cursor_of(r->held, SCS_HTTP2_PREFACE_LEN);
    if (scs_cursor_equals(&c, SCS_HTTP2_PREFACE)) {
        expect(r, SCS_HTTP2_HEADER, HEADER_LEN);
    } else {
        lose(r, false);
    }
}

/* Identifier and value (RFC 9113 6.5.1); only the window is asked for. */
static void read_settings(struct scs_http2 *r, struct scs_cursor bytes)
{
    uint16_t id;
    uint32_t value;
    while (bytes.len != 0) {
        r->needed = SETTING_LEN;
        if (!collect(r, &bytes)) {
            return;
        }
        struct scs_cursor setting = scs_cursor_of(r->held, SETTING_LEN);
        if (scs_cursor_u16be(&setting, &id) && scs_cursor_u32be(&setting, &value) && id == SETTING_INITIAL_WINDOW &&
            value <= MOST_WINDOW) {
            r->events->initial_window(r->ctx, value);
        }
        r->num_held = 0;
    }
}

static void read_content(struct scs_http2 *r, struct scs_cursor *c)
{
    struct scs_cursor bytes = scs_cursor_first(c, r->content_left);
    (void)!scs_cursor_skip(c, bytes.len);
    r->content_left -= (uint32_t)bytes.len;
    if (bytes.len == 0) {
        return;
    }
    if (of_message(r)) {
        r->events->raw(r->ctx, r->stream, bytes.len);
    }
    if (r->type == FRAME_DATA) {
        r->events->body(r->ctx, r->stream, &bytes);
    } else if (r->type == FRAME_SETTINGS && !(r->flags & FLAG_ACK)) {
        read_settings(r, bytes);
    } else if (carries_block(r) && !scs_http2_block_feed(r->block, &bytes)) {
        lose(r, false);
    }
}

static void skip_padding(struct scs_http2 *r, struct scs_cursor *c)
{
    struct scs_cursor bytes = scs_cursor_first(c, r->padding_left);
    (void)!scs_cursor_skip(c, bytes.len);
    r->padding_left -= (uint32_t)bytes.len;
}

/* One step; false when more bytes are needed for the next. */
static bool step(struct scs_http2 *r, struct scs_cursor *c)
{
    switch (r->state) {
    case SCS_HTTP2_PREFACE_WAIT:
        if (collect(r, c)) {
            read_preface(r);
            return true;
        }
        return false;
    case SCS_HTTP2_HEADER:
        if (collect(r, c)) {
            read_header(r);
            return true;
        }
        return false;
    case SCS_HTTP2_FIXED:
        if (collect(r, c)) {
            begin_frame(r);
            return true;
        }
        return false;
    case SCS_HTTP2_CONTENT:
        read_content(r, c);
        if (r->state != SCS_HTTP2_CONTENT) {
            return false;
        }
        skip_padding(r, c);
        if (r->content_left == 0 && r->padding_left == 0) {
            end_frame(r);
            return true;
        }
        return false;
    case SCS_HTTP2_LOST:
        return false;
    }
    return false;
}

void scs_http2_feed(struct scs_http2 *r, const struct scs_cursor *bytes)
{
    struct scs_cursor c = *bytes;
    while (step(r, &c)) {
    }
}

void scs_http2_gap(struct scs_http2 *r, uint64_t len)
{
    if (len == 0 || r->state == SCS_HTTP2_LOST) {
        return;
    }
    bool inside = r->state == SCS_HTTP2_CONTENT && len <= (uint64_t)r->content_left + r->padding_left;
    bool needed = carries_block(r) || r->type == FRAME_SETTINGS;
    if (!inside || (needed && r->content_left != 0)) {
        lose(r, true);
        return;
    }
    uint32_t content = len < r->content_left ? (uint32_t)len : r->content_left;
    r->content_left -= content;
    r->padding_left -= (uint32_t)len - content;
    if (content != 0 && r->type == FRAME_DATA) {
        r->events->hole(r->ctx, r->stream, content);
    }
    if (r->content_left == 0 && r->padding_left == 0) {
        end_frame(r);
    }
}

bool scs_http2_idle(const struct scs_http2 *r)
{
    return r->state == SCS_HTTP2_LOST || (r->state == SCS_HTTP2_HEADER && r->num_held == 0 && r->block_stream == 0);
}

const char *scs_http2_error_name(uint32_t error)
{
    static const char *const names[] = {"NO_ERROR",
                                        "PROTOCOL_ERROR",
                                        "INTERNAL_ERROR",
                                        "FLOW_CONTROL_ERROR",
                                        "SETTINGS_TIMEOUT",
                                        "STREAM_CLOSED",
                                        "FRAME_SIZE_ERROR",
                                        "REFUSED_STREAM",
                                        "CANCEL",
                                        "COMPRESSION_ERROR",
                                        "CONNECT_ERROR",
                                        "ENHANCE_YOUR_CALM",
                                        "INADEQUATE_SECURITY",
                                        "HTTP_1_1_REQUIRED"};
    return error < sizeof names / sizeof *names ? names[error] : NULL;
}
