/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry, the fuzzers and the splitting test see of the HTTP/2 reader: its events as lines of text. */
#include "base/text.h"
#include "dissectors/http2.h"
#include "scepscope/dissector.h"

/* Characters shown of a field. */
#define SHOWN 64u

struct examining {
    struct scs_buf *out;
    uint32_t stream; /* whose bytes are being counted */
    uint64_t raw_len, body_len;
    uint32_t checksum; /* FNV-1a of the body */
};

static void print(struct scs_buf *out, const char *name, const struct scs_cursor *value)
{
    char text[4 * SHOWN + 8];
    struct scs_cursor shown = scs_cursor_first(value, SHOWN);
    scs_text_clean(&shown, SHOWN, text);
    scs_buf_printf(out, "  %s %zu@%u %s\n", name, value->len, value->off, text);
}

/* However the bytes are cut, as much is counted until another stream's turn comes or something is said. */
static void say_counts(struct examining *x, uint32_t next)
{
    if (x->raw_len != 0) {
        scs_buf_printf(x->out, "stream %u raw %llu body %llu checksum %08x\n", x->stream, (unsigned long long)x->raw_len,
                       (unsigned long long)x->body_len, x->checksum);
    }
    x->stream = next;
    x->raw_len = x->body_len = 0;
    x->checksum = UINT32_C(2166136261);
}

static void on_raw(void *ctx, uint32_t stream, size_t len)
{
    struct examining *x = ctx;
    if (stream != x->stream) {
        say_counts(x, stream);
    }
    x->raw_len += len;
}

static void on_head(void *ctx, uint32_t stream, const struct scs_http1_head *head)
{
    struct examining *x = ctx;
    say_counts(x, stream);
    scs_buf_printf(x->out, "stream %u head %s%s status %u flags %x length %llu bytes %u challenges %u\n", stream,
                   head->complete ? "whole" : "cut", head->readable ? "" : " unreadable", head->status, head->flags,
                   (unsigned long long)head->content_length, head->len, head->num_challenges);
    print(x->out, "method", &head->method);
    print(x->out, "target", &head->target);
    for (unsigned i = 0; i < SCS_HTTP1_FIELDS; i++) {
        if (head->present[i]) {
            scs_buf_printf(x->out, "  field %u\n", i);
            print(x->out, "value", &head->fields[i]);
        }
    }
}

static void on_body(void *ctx, uint32_t stream, const struct scs_cursor *bytes)
{
    struct examining *x = ctx;
    struct scs_cursor c = *bytes;
    uint8_t byte;
    (void)stream;
    x->body_len += bytes->len;
    while (scs_cursor_u8(&c, &byte)) {
        x->checksum = (x->checksum ^ byte) * UINT32_C(16777619);
    }
}

static void on_hole(void *ctx, uint32_t stream, uint64_t len)
{
    struct examining *x = ctx;
    say_counts(x, stream);
    scs_buf_printf(x->out, "stream %u hole %llu\n", stream, (unsigned long long)len);
}

static void on_end(void *ctx, uint32_t stream)
{
    struct examining *x = ctx;
    say_counts(x, stream);
    scs_buf_printf(x->out, "stream %u end\n", stream);
}

static void on_reset(void *ctx, uint32_t stream, uint32_t error)
{
    struct examining *x = ctx;
    say_counts(x, 0);
    scs_buf_printf(x->out, "stream %u reset %u\n", stream, error);
}

static void on_goaway(void *ctx, uint32_t last_stream, uint32_t error)
{
    struct examining *x = ctx;
    say_counts(x, 0);
    scs_buf_printf(x->out, "goaway after %u error %u\n", last_stream, error);
}

static void on_flow(void *ctx, uint32_t stream, uint32_t len)
{
    struct examining *x = ctx;
    say_counts(x, stream);
    scs_buf_printf(x->out, "stream %u takes %u\n", stream, len);
}

static void on_window(void *ctx, uint32_t stream, uint32_t increment)
{
    struct examining *x = ctx;
    say_counts(x, 0);
    scs_buf_printf(x->out, "stream %u window + %u\n", stream, increment);
}

static void on_initial_window(void *ctx, uint32_t window)
{
    struct examining *x = ctx;
    say_counts(x, 0);
    scs_buf_printf(x->out, "initial window %u\n", window);
}

static void on_lost(void *ctx, bool gap)
{
    struct examining *x = ctx;
    x->raw_len = 0; /* how much of a bad block was looked at depends on the cut */
    say_counts(x, 0);
    scs_buf_printf(x->out, "lost%s\n", gap ? " after a gap" : "");
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    static const struct scs_http2_events events = {.raw = on_raw,
                                                   .head = on_head,
                                                   .body = on_body,
                                                   .hole = on_hole,
                                                   .end = on_end,
                                                   .reset = on_reset,
                                                   .goaway = on_goaway,
                                                   .flow = on_flow,
                                                   .window = on_window,
                                                   .initial_window = on_initial_window,
                                                   .lost = on_lost};
    struct examining x = {.out = out};
    struct scs_http2 reader;
    struct scs_cursor whole = scs_cursor_of(data, len), first = scs_cursor_first(&whole, cut), rest = whole;
    scs_http2_init(&reader, scs_cursor_starts(&whole, "PRI"), &events, &x);
    scs_http2_feed(&reader, &first);
    if (scs_cursor_skip(&rest, first.len)) {
        scs_http2_feed(&reader, &rest);
    }
    say_counts(&x, 0);
    scs_http2_cleanup(&reader);
    return SCS_OK;
}

const struct scs_dissector scs_dissector_http2 = {
    .name = "http2",
    .claims = "one direction of an HTTP/2 connection from its first byte: the client's preface, or SETTINGS",
    .examine = examine,
};
