/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry, the fuzzers and the splitting test see of the HTTP/1.x reader: its events as lines of text. */
#include <stdio.h>

#include "base/text.h"
#include "dissectors/http1.h"
#include "scepscope/dissector.h"
#include "scepscope/limits.h"

/* Bytes of a body that are shown; the rest goes into the checksum only. */
#define BODY_SHOWN 64u

struct examining {
    struct scs_buf *out;
    struct scs_buf body;
    uint64_t raw_len, body_len, holes;
    uint32_t checksum; /* FNV-1a of the body */
};

static void print(struct scs_buf *out, const char *name, const struct scs_cursor *value)
{
    char text[4 * BODY_SHOWN + 8];
    struct scs_cursor shown = scs_cursor_first(value, BODY_SHOWN);
    scs_text_clean(&shown, BODY_SHOWN, text);
    scs_buf_printf(out, "  %s %zu %s\n", name, value->len, text);
}

static void on_begin(void *ctx)
{
    struct examining *x = ctx;
    x->raw_len = x->body_len = x->holes = 0;
    x->checksum = UINT32_C(2166136261);
    scs_buf_clear(&x->body);
}

static void on_raw(void *ctx, uint32_t raw_off, size_t len)
{
    struct examining *x = ctx;
    (void)raw_off;
    x->raw_len += len;
}

static bool on_head(void *ctx, const struct scs_http1_head *head)
{
    struct examining *x = ctx;
    scs_buf_printf(x->out, "head %s version %u status %u flags %x length %llu bytes %u\n", head->complete ? "whole" : "cut",
                   head->version, head->status, head->flags, (unsigned long long)head->content_length, head->len);
    print(x->out, "method", &head->method);
    print(x->out, "target", &head->target);
    print(x->out, "reason", &head->reason);
    for (unsigned i = 0; i < SCS_HTTP1_FIELDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "field %u", i);
        if (head->present[i]) {
            print(x->out, name, &head->fields[i]);
        }
    }
    scs_buf_printf(x->out, "  challenges %u\n", head->num_challenges);
    return true;
}

static void on_body(void *ctx, const struct scs_cursor *bytes)
{
    struct examining *x = ctx;
    x->body_len += bytes->len;
    scs_buf_add(&x->body, bytes->p, bytes->len);
    struct scs_cursor c = *bytes;
    uint8_t byte;
    while (scs_cursor_u8(&c, &byte)) {
        x->checksum = (x->checksum ^ byte) * UINT32_C(16777619);
    }
}

static void on_hole(void *ctx, uint64_t len)
{
    struct examining *x = ctx;
    x->holes += len;
}

static void on_end(void *ctx, enum scs_http1_how how)
{
    struct examining *x = ctx;
    struct scs_cursor body = scs_buf_cursor(&x->body);
    print(x->out, "body", &body);
    scs_buf_printf(x->out, "end %d raw %llu body %llu holes %llu checksum %08x\n", (int)how, (unsigned long long)x->raw_len,
                   (unsigned long long)x->body_len, (unsigned long long)x->holes, x->checksum);
}

static enum scs_http1_stray on_stray(void *ctx)
{
    struct examining *x = ctx;
    scs_buf_text(x->out, "stray bytes\n");
    return SCS_HTTP1_SEARCH;
}

static bool on_may_restart(void *ctx)
{
    (void)ctx;
    return false;
}

static void on_foreign(void *ctx, const struct scs_cursor *bytes)
{
    struct examining *x = ctx;
    (void)bytes;
    scs_buf_text(x->out, "another protocol\n");
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    static const struct scs_http1_events events = {.begin = on_begin,
                                                   .raw = on_raw,
                                                   .head = on_head,
                                                   .body = on_body,
                                                   .hole = on_hole,
                                                   .end = on_end,
                                                   .stray = on_stray,
                                                   .may_restart = on_may_restart,
                                                   .foreign = on_foreign};
    struct examining x = {.out = out};
    struct scs_http1 reader;
    struct scs_cursor whole = scs_cursor_of(data, len), first = scs_cursor_first(&whole, cut), rest = whole;
    scs_buf_init(&x.body, BODY_SHOWN);
    scs_http1_init(&reader, !scs_cursor_starts(&whole, "HTTP/"), &events, &x);
    scs_http1_feed(&reader, &first);
    if (scs_cursor_skip(&rest, first.len)) {
        scs_http1_feed(&reader, &rest);
    }
    scs_http1_end(&reader, true);
    scs_http1_cleanup(&reader);
    scs_buf_cleanup(&x.body);
    return SCS_OK;
}

const struct scs_dissector scs_dissector_http1 = {
    .name = "http1",
    .claims = "one direction of an HTTP/1.x connection: bytes that begin with a request line or a status line",
    .examine = examine,
};
