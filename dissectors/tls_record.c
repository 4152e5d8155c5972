/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record:  type 1, version 2, length 2, fragment (RFC 5246 6.2.1, RFC 8446 5.1)
 * message: type 1, length 3, body; any number of messages in a record, a message over any number of records
 */
#include <string.h>

#include "dissectors/tls.h"
#include "scepscope/limits.h"

#define HEAD_LEN 5u

/* ---- records ------------------------------------------------------------------------------------- */

static struct scs_tls_head head_of(const uint8_t head[HEAD_LEN])
{
    return (struct scs_tls_head){
        .type = head[0], .version = (uint16_t)(head[1] << 8 | head[2]), .len = (uint32_t)(head[3] << 8 | head[4])};
}

static bool is_content(uint8_t type)
{
    return type >= SCS_TLS_REC_CCS && type <= SCS_TLS_REC_HEARTBEAT;
}

/* The length has its high bit set and counts from the message type on; the version is SSL 3.0's or later. */
static bool is_ssl2(const uint8_t head[HEAD_LEN])
{
    return (head[0] & 0x80) != 0 && head[2] == SCS_TLS_MSG_CLIENT_HELLO && head[3] == 3 && head[4] <= 4;
}

bool scs_tls_begins(const struct scs_cursor *bytes)
{
    uint8_t head[HEAD_LEN];
    struct scs_cursor c = *bytes;
    if (!scs_cursor_copy(&c, head, sizeof head)) {
        return c.len >= 2 && is_content(c.p[0]) && c.p[1] == 3;
    }
    return (is_content(head[0]) && head[1] == 3 && head[2] <= 4 && head_of(head).len <= SCS_TLS_MAX_FRAGMENT) || is_ssl2(head);
}

void scs_tls_records_init(struct scs_tls_records *r, bool midway, const struct scs_tls_record_events *events, void *ctx)
{
    *r = (struct scs_tls_records){.events = events, .ctx = ctx, .searching = midway};
    scs_buf_init(&r->held, SCS_TLS_MAX_FRAGMENT);
}

void scs_tls_records_cleanup(struct scs_tls_records *r)
{
    scs_buf_cleanup(&r->held);
}

void scs_tls_records_rest(struct scs_tls_records *r)
{
    if (r->held.len == 0) {
        scs_buf_cleanup(&r->held);
        scs_buf_init(&r->held, SCS_TLS_MAX_FRAGMENT);
    }
}

static void stop(struct scs_tls_records *r, enum scs_tls_stop why, struct scs_cursor *rest)
{
    uint8_t first[64];
    struct scs_cursor more = scs_cursor_first(rest, sizeof first - HEAD_LEN), all;
    memcpy(first, r->head, r->head_len);
    all = scs_cursor_of(first, r->head_len + more.len);
    if (more.len != 0) {
        memcpy(&first[r->head_len], more.p, more.len);
    }
    r->stopped = true;
    r->events->stop(r->ctx, why, &all);
}

static void begin_fragment(struct scs_tls_records *r, struct scs_tls_head head)
{
    r->now = head;
    r->left = head.len;
    r->inside = true;
    r->holed = false;
    r->any = true;
    r->head_len = 0;
    if (head.type != SCS_TLS_REC_SSL2) {
        r->usual_version = head.version;
    }
    r->wanted = r->events->wants(r->ctx, &r->now);
}

static void begin_ssl2(struct scs_tls_records *r)
{
    struct scs_tls_head head = {.type = SCS_TLS_REC_SSL2,
                                .version = (uint16_t)(r->head[3] << 8 | r->head[4]),
                                .len = (uint32_t)((r->head[0] & 0x7f) << 8 | r->head[1])};
    uint32_t here = head.len < 3 ? head.len : 3;
    uint8_t first[3];
    memcpy(first, &r->head[2], sizeof first);
    begin_fragment(r, head);
    r->left -= here;
    if (r->wanted) {
        scs_buf_add(&r->held, first, here);
    }
}

/* A whole head. False when reading stopped. */
static bool take_head(struct scs_tls_records *r, struct scs_cursor *rest)
{
    struct scs_tls_head head = head_of(r->head);
    if (!r->any && is_ssl2(r->head)) {
        begin_ssl2(r);
        return true;
    }
    if (!is_content(head.type) || head.version < 0x0300 || head.version > 0x0304) {
        stop(r, SCS_TLS_STOP_FOREIGN, rest);
        return false;
    }
    if (head.len > SCS_TLS_MAX_FRAGMENT) {
        stop(r, SCS_TLS_STOP_OVERFLOW, rest);
        return false;
    }
    begin_fragment(r, head);
    return true;
}

/* By chance, random bytes look so once in some ten million. */
static bool looks_like_head(const struct scs_tls_records *r)
{
    struct scs_tls_head head = head_of(r->head);
    bool version = r->usual_version != 0 ? head.version == r->usual_version : head.version >= 0x0301 && head.version <= 0x0303;
    return head.type >= SCS_TLS_REC_CCS && head.type <= SCS_TLS_REC_APPLICATION && version && head.len != 0 &&
           head.len <= SCS_TLS_MAX_FRAGMENT;
}

static void search(struct scs_tls_records *r, struct scs_cursor *rest)
{
    while (r->searching && rest->len != 0) {
        while (r->head_len < HEAD_LEN && scs_cursor_u8(rest, &r->head[r->head_len])) {
            r->head_len++;
        }
        if (r->head_len < HEAD_LEN) {
            return;
        }
        if (looks_like_head(r)) {
            r->searching = false;
            r->events->lost(r->ctx, 0, r->unknown);
            begin_fragment(r, head_of(r->head));
            return;
        }
        memmove(&r->head[0], &r->head[1], HEAD_LEN - 1);
        r->head_len--;
        r->unknown++;
    }
}

static void end_fragment(struct scs_tls_records *r, const struct scs_cursor *fragment)
{
    struct scs_tls_head head = r->now;
    r->inside = false;
    if (r->holed) {
        r->events->lost(r->ctx, 1, head.len);
    } else {
        r->events->record(r->ctx, &head, fragment);
    }
    scs_buf_clear(&r->held);
}

static void fragment_bytes(struct scs_tls_records *r, struct scs_cursor *rest)
{
    struct scs_cursor part = scs_cursor_first(rest, r->left), none = scs_cursor_of(NULL, 0);
    bool whole_here = part.len == r->left && r->held.len == 0;
    r->left -= (uint32_t)part.len;
    if (!scs_cursor_skip(rest, part.len)) {
        return;
    }
    if (r->wanted && !r->holed && !whole_here) {
        scs_buf_add(&r->held, part.p, part.len);
    }
    if (r->left == 0) {
        struct scs_cursor fragment = !r->wanted ? none : whole_here ? part : scs_buf_cursor(&r->held);
        end_fragment(r, &fragment);
    }
}

void scs_tls_records_feed(struct scs_tls_records *r, const struct scs_cursor *bytes)
{
    struct scs_cursor rest = *bytes;
    while (!r->stopped && (rest.len != 0 || (r->inside && r->left == 0))) {
        if (r->inside) {
            fragment_bytes(r, &rest);
        } else if (r->searching) {
            search(r, &rest);
        } else {
            while (r->head_len < HEAD_LEN && scs_cursor_u8(&rest, &r->head[r->head_len])) {
                r->head_len++;
            }
            /* What is no record is known by its first byte; the others are waited for all the same. */
            if (r->head_len == HEAD_LEN && !take_head(r, &rest)) {
                return;
            }
        }
    }
}

void scs_tls_records_gap(struct scs_tls_records *r, uint64_t len)
{
    if (r->stopped) {
        return;
    }
    if (r->inside && len <= r->left) {
        r->left -= (uint32_t)len;
        r->holed = true;
        if (r->left == 0) {
            end_fragment(r, NULL);
        }
        return;
    }
    r->unknown = len + (r->inside ? r->now.len - r->left : 0) + r->head_len;
    r->inside = false;
    r->searching = true;
    r->head_len = 0;
    scs_buf_clear(&r->held);
}

/* ---- messages ------------------------------------------------------------------------------------ */

void scs_tls_messages_init(struct scs_tls_messages *m)
{
    *m = (struct scs_tls_messages){0};
    scs_buf_init(&m->held, SCS_MAX_TLS_MESSAGE);
}

void scs_tls_messages_drop(struct scs_tls_messages *m)
{
    scs_buf_clear(&m->held);
    m->skip = 0;
}

void scs_tls_messages_cleanup(struct scs_tls_messages *m)
{
    scs_buf_cleanup(&m->held);
}

/* The message `c` begins with, as far as it is there; false when not even its head is. */
static bool message_head(const struct scs_cursor *c, struct scs_tls_message *out, uint32_t *body_len)
{
    struct scs_cursor at = *c;
    if (!scs_cursor_u8(&at, &out->type) || !scs_cursor_u24be(&at, body_len)) {
        return false;
    }
    out->body = scs_cursor_first(&at, *body_len);
    out->bytes = scs_cursor_first(c, 4 + (size_t)*body_len);
    out->whole = out->body.len == *body_len;
    return true;
}

/* Gives the messages of `c`; returns how many bytes of it were used. */
static size_t whole_messages(struct scs_tls_messages *m, const struct scs_cursor *c,
                             void (*message)(void *ctx, const struct scs_tls_message *message), void *ctx)
{
    struct scs_cursor rest = *c;
    struct scs_tls_message next;
    uint32_t body_len;
    while (message_head(&rest, &next, &body_len)) {
        bool too_long = 4 + (uint64_t)body_len > SCS_MAX_TLS_MESSAGE;
        if (!next.whole && !(too_long && rest.len >= SCS_MAX_TLS_MESSAGE)) {
            break;
        }
        message(ctx, &next);
        if (!next.whole) {
            m->skip = body_len - (uint32_t)next.body.len;
        }
        if (!scs_cursor_skip(&rest, next.bytes.len)) {
            break;
        }
    }
    return c->len - rest.len;
}

void scs_tls_messages_feed(struct scs_tls_messages *m, const struct scs_cursor *fragment,
                           void (*message)(void *ctx, const struct scs_tls_message *message), void *ctx)
{
    struct scs_cursor rest = *fragment;
    while (rest.len != 0) {
        size_t skip = m->skip < rest.len ? m->skip : rest.len;
        m->skip -= (uint32_t)skip;
        if (!scs_cursor_skip(&rest, skip) || rest.len == 0) {
            return;
        }
        if (m->held.len == 0) {
            size_t used = whole_messages(m, &rest, message, ctx);
            if (!scs_cursor_skip(&rest, used) || m->skip != 0) {
                continue;
            }
        }
        struct scs_cursor part = scs_cursor_first(&rest, SCS_MAX_TLS_MESSAGE - m->held.len);
        scs_buf_add(&m->held, part.p, part.len);
        struct scs_cursor held = scs_buf_cursor(&m->held);
        scs_buf_consume(&m->held, whole_messages(m, &held, message, ctx));
        if (!scs_cursor_skip(&rest, part.len)) {
            return;
        }
    }
}
