/* SPDX-License-Identifier: Apache-2.0 */
#include "dissectors/http2_block.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "scepscope/limits.h"

struct scs_http2_block {
    nghttp2_hd_inflater *inflater; /* NULL: the table is lost */
    struct scs_buf text;           /* fields as lines */
    bool cut;                      /* not all of them */
    /* What was found so far. Cursors have offset and length only: the text still moves. */
    struct scs_http1_head head;
    struct scs_cursor authority;
    bool has_method, has_target;
};

struct scs_http2_block *scs_http2_block_new(void)
{
    struct scs_http2_block *b = scs_xcalloc(1, sizeof *b);
    scs_http2_block_forget(b);
    if (nghttp2_hd_inflate_new(&b->inflater) != 0) {
        b->inflater = NULL;
        return b;
    }
    /*
     * The receiver's SETTINGS_HEADER_TABLE_SIZE only bounds the sender's choice, and the sender tells its choice inside
     * the blocks (RFC 7541 4.2, 6.3). So the bound here is ours, and SETTINGS need not be followed.
     */
    (void)nghttp2_hd_inflate_change_table_size(b->inflater, SCS_MAX_HPACK_TABLE);
    return b;
}

static void lose_table(struct scs_http2_block *b)
{
    if (b->inflater != NULL) {
        nghttp2_hd_inflate_del(b->inflater);
        b->inflater = NULL;
    }
}

void scs_http2_block_free(struct scs_http2_block *b)
{
    if (b == NULL) {
        return;
    }
    lose_table(b);
    scs_buf_cleanup(&b->text);
    free(b);
}

void scs_http2_block_forget(struct scs_http2_block *b)
{
    scs_buf_cleanup(&b->text);
    scs_buf_init(&b->text, SCS_MAX_HEAD);
    b->cut = b->has_method = b->has_target = false;
    b->head = (struct scs_http1_head){0};
    b->authority = (struct scs_cursor){0};
}

/* ---- fields -------------------------------------------------------------------------------------- */

/* RFC 9113 8.3. The first of several counts. */
static void pseudo_field(struct scs_http2_block *b, const struct scs_cursor *name, const struct scs_cursor *value)
{
    struct scs_cursor digits = *value;
    uint64_t status;
    if (scs_cursor_equals(name, ":method") && !b->has_method) {
        b->head.method = *value;
        b->has_method = true;
    } else if (scs_cursor_equals(name, ":path") && !b->has_target) {
        b->head.target = *value;
        b->has_target = true;
    } else if (scs_cursor_equals(name, ":authority") && b->authority.len == 0) {
        b->authority = *value;
    } else if (scs_cursor_equals(name, ":status") && value->len == 3 && scs_cursor_decimal(&digits, 999, &status)) {
        b->head.status = (uint16_t)status;
    }
}

static void content_length(struct scs_http2_block *b, struct scs_cursor value)
{
    uint64_t length;
    if (!(b->head.flags & SCS_HTTP_HAS_LENGTH) && scs_cursor_decimal(&value, UINT64_MAX / 2, &length) && value.len == 0) {
        b->head.flags |= SCS_HTTP_HAS_LENGTH;
        b->head.content_length = length;
    }
}

static void plain_field(struct scs_http2_block *b, const struct scs_cursor *name, const struct scs_cursor *value)
{
    struct scs_http1_head *head = &b->head;
    enum scs_http1_field field = scs_http1_field_named(name);
    if (scs_cursor_equals_nocase(name, "content-length")) {
        content_length(b, *value);
    }
    if (field == SCS_HTTP1_FIELDS) {
        return;
    }
    head->present[field] = true;
    if (head->fields[field].len == 0) {
        head->fields[field] = *value;
    }
    if (field == SCS_HTTP1_WWW_AUTHENTICATE && head->num_challenges < SCS_HTTP1_CHALLENGES) {
        head->challenges[head->num_challenges++] = *value;
    }
    if (field == SCS_HTTP1_EXPECT && scs_cursor_starts_nocase(value, "100-continue")) {
        head->flags |= SCS_HTTP_EXPECT_CONTINUE;
    }
}

static void add_field(struct scs_http2_block *b, const nghttp2_nv *field)
{
    static const size_t separators = sizeof ": \r\n" - 1;
    if (b->cut || field->namelen + field->valuelen + separators > SCS_MAX_HEAD - b->text.len) {
        b->cut = true;
        return;
    }
    struct scs_cursor name = scs_cursor_of(field->name, field->namelen), value = scs_cursor_of(field->value, field->valuelen);
    uint8_t first = 0;
    scs_buf_add(&b->text, name.p, name.len);
    scs_buf_text(&b->text, ": ");
    value.off = (uint32_t)b->text.len;
    scs_buf_add(&b->text, value.p, value.len);
    scs_buf_text(&b->text, "\r\n");
    if (scs_cursor_peek(&name, 0, &first) && first == ':') {
        pseudo_field(b, &name, &value);
    } else {
        plain_field(b, &name, &value);
    }
}

/* ---- blocks -------------------------------------------------------------------------------------- */

static bool inflate(struct scs_http2_block *b, struct scs_cursor in, bool last)
{
    for (;;) {
        nghttp2_nv field;
        int flags = 0;
        ssize_t used = nghttp2_hd_inflate_hd2(b->inflater, &field, &flags, in.p, in.len, last);
        if (used < 0 || !scs_cursor_skip(&in, (size_t)used)) {
            return false;
        }
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            add_field(b, &field);
        } else if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            return nghttp2_hd_inflate_end_headers(b->inflater) == 0;
        } else if (in.len == 0) {
            return !last;
        }
    }
}

static bool inflate_or_lose(struct scs_http2_block *b, const struct scs_cursor *in, bool last)
{
    if (b->inflater != NULL && !inflate(b, *in, last)) {
        lose_table(b);
    }
    return b->inflater != NULL;
}

bool scs_http2_block_feed(struct scs_http2_block *b, const struct scs_cursor *fragment)
{
    return inflate_or_lose(b, fragment, false);
}

/* Gives a cursor its bytes. */
static void resolve(const struct scs_http2_block *b, struct scs_cursor *c)
{
    struct scs_cursor at = scs_buf_cursor(&b->text);
    size_t len = c->len;
    *c = scs_cursor_skip(&at, c->off) ? scs_cursor_first(&at, len) : (struct scs_cursor){0};
}

bool scs_http2_block_end(struct scs_http2_block *b, bool request, struct scs_http1_head *out)
{
    static const struct scs_cursor nothing = {.p = (const uint8_t *)""};
    if (!inflate_or_lose(b, &nothing, true)) {
        return false;
    }
    *out = b->head;
    if (b->authority.len != 0) {
        out->fields[SCS_HTTP1_HOST] = b->authority;
        out->present[SCS_HTTP1_HOST] = true;
    }
    resolve(b, &out->method);
    resolve(b, &out->target);
    for (unsigned i = 0; i < SCS_HTTP1_FIELDS; i++) {
        resolve(b, &out->fields[i]);
    }
    for (uint32_t i = 0; i < out->num_challenges; i++) {
        resolve(b, &out->challenges[i]);
    }
    if (out->target.len == 0 && scs_cursor_equals(&out->method, "CONNECT")) {
        out->target = out->fields[SCS_HTTP1_HOST]; /* RFC 9113 8.5: it has an authority and no path */
    }
    out->complete = out->line_complete = !b->cut;
    out->has_version = true;
    out->version = 20;
    out->len = (uint32_t)b->text.len;
    out->readable = request ? out->method.len != 0 && out->target.len != 0 : out->status >= 100;
    out->flags |= b->cut ? 0u : SCS_HTTP_HEAD_COMPLETE;
    if (!request && (out->status < 200 || out->status == 204 || out->status == 304)) {
        out->flags |= SCS_HTTP_NO_MESSAGE_BODY;
    }
    return true;
}
