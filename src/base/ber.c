/* SPDX-License-Identifier: Apache-2.0 */
/*
 *  identifier   length                                   contents
 * +-----------+----------------------------------------+-----------+
 * | class P/C | 0LLLLLLL                       definite | L octets  |
 * | number    | 1NNNNNNN, then N octets        definite |           |
 * |           | 10000000  constructed only   indefinite | ... 00 00 |
 * +-----------+----------------------------------------+-----------+
 * X.690 8.1. Length octets with leading zeros are accepted: network gear and old toolkits write them.
 */
#include "base/ber.h"

/* A length past this is damage: no message is that long (limits.h). */
#define LARGEST_LENGTH 0x7fffffffu

/* The number of a tag above 30 follows in base 128 (X.690 8.1.2.4); it is passed over, no format we read needs it. */
static enum scs_status skip_high_number(struct scs_cursor *c)
{
    uint8_t octet;
    for (unsigned i = 0; i < 5; i++) {
        if (!scs_cursor_u8(c, &octet)) {
            return SCS_MORE;
        }
        if ((octet & 0x80) == 0) {
            return SCS_OK;
        }
    }
    return SCS_MALFORMED;
}

static enum scs_status read_length(struct scs_cursor *c, struct scs_ber *out)
{
    uint8_t first;
    if (!scs_cursor_u8(c, &first)) {
        return SCS_MORE;
    }
    if (first < 0x80) {
        out->announced = first;
        return SCS_OK;
    }
    if (first == 0x80) {
        out->indefinite = true;
        return (out->tag & SCS_BER_CONSTRUCTED) != 0 ? SCS_OK : SCS_MALFORMED;
    }
    if (first == 0xff) {
        return SCS_MALFORMED;
    }
    uint64_t value = 0;
    for (unsigned i = first & 0x7fu; i != 0; i--) {
        uint8_t octet;
        if (!scs_cursor_u8(c, &octet)) {
            return SCS_MORE;
        }
        value = value << 8 | octet;
        if (value > LARGEST_LENGTH) {
            return SCS_MALFORMED;
        }
    }
    out->announced = (uint32_t)value;
    return SCS_OK;
}

/* Identifier and length octets; moves past them only on SCS_OK. */
static enum scs_status read_header(struct scs_cursor *in, struct scs_ber *out)
{
    struct scs_cursor c = *in;
    *out = (struct scs_ber){0};
    if (!scs_cursor_u8(&c, &out->tag)) {
        return SCS_MALFORMED;
    }
    if (out->tag == 0) {
        return scs_cursor_done(&c) ? SCS_MORE : SCS_MALFORMED; /* end-of-contents, perhaps cut, is no element */
    }
    enum scs_status st = SCS_OK;
    if ((out->tag & 0x1f) == 0x1f) {
        st = skip_high_number(&c);
    }
    if (st == SCS_OK) {
        st = read_length(&c, out);
    }
    if (st == SCS_OK) {
        out->header_len = (uint32_t)(in->len - c.len);
        *in = c;
    }
    return st;
}

/*
 * Finds the end-of-contents that closes the element whose contents begin at `in`. One pass over headers:
 * definite elements are stepped over, indefinite ones counted.
 */
static enum scs_status find_end(const struct scs_cursor *in, size_t *contents_len)
{
    struct scs_cursor c = *in;
    unsigned depth = 1;
    *contents_len = in->len;
    for (;;) {
        uint8_t octet;
        struct scs_ber inner;
        if (scs_cursor_peek(&c, 0, &octet) && octet == 0) {
            if (!scs_cursor_peek(&c, 1, &octet) || octet != 0 || !scs_cursor_skip(&c, 2)) {
                return SCS_MORE;
            }
            if (--depth == 0) {
                *contents_len = in->len - c.len - 2;
                return SCS_OK;
            }
            continue;
        }
        /* Damage and a cut look alike from here: there is no end; what is inside will show which it was. */
        if (read_header(&c, &inner) != SCS_OK) {
            return SCS_MORE;
        }
        if (inner.indefinite) {
            if (++depth > SCS_MAX_ASN1_DEPTH) {
                return SCS_LIMIT;
            }
        } else if (!scs_cursor_skip(&c, inner.announced)) {
            return SCS_MORE;
        }
    }
}

enum scs_status scs_ber_next(struct scs_cursor *in, struct scs_ber *out)
{
    struct scs_cursor c = *in;
    struct scs_ber e;
    enum scs_status st = read_header(&c, &e);
    if (st == SCS_MALFORMED) {
        return st;
    }
    if (st == SCS_MORE) {
        e.header_len = (uint32_t)in->len;
        e.announced = 0;
        e.whole = *in;
        if (!scs_cursor_skip(in, in->len)) {
            return SCS_MALFORMED;
        }
        e.contents = *in;
        *out = e;
        return SCS_MORE;
    }

    size_t len = e.announced, closing = 0;
    if (e.indefinite) {
        st = find_end(&c, &len);
        closing = st == SCS_OK ? 2 : 0;
    } else if (len > c.len) {
        st = SCS_MORE;
        len = c.len;
    }
    e.complete = st == SCS_OK;
    e.whole = scs_cursor_first(in, e.header_len + len + closing);
    if (!scs_cursor_take(&c, len, &e.contents) || !scs_cursor_skip(&c, closing)) {
        return SCS_MALFORMED;
    }
    *in = c;
    *out = e;
    return st;
}

enum scs_status scs_ber_expect(struct scs_cursor *in, uint8_t tag, struct scs_ber *out)
{
    uint8_t next;
    if (!scs_ber_peek_tag(in, &next) || next != tag) {
        return SCS_MALFORMED;
    }
    return scs_ber_next(in, out);
}

bool scs_ber_peek_tag(const struct scs_cursor *in, uint8_t *tag)
{
    return scs_cursor_peek(in, 0, tag);
}

void scs_ber_chunks_init(struct scs_ber_chunks *chunks, const struct scs_ber *element)
{
    chunks->status = element->complete ? SCS_OK : SCS_MORE;
    chunks->depth = 0;
    chunks->has_first = (element->tag & SCS_BER_CONSTRUCTED) == 0;
    if (chunks->has_first) {
        chunks->first = *element;
    } else {
        chunks->level[0] = element->contents;
        chunks->depth = 1;
    }
}

/* A chunk is an OCTET STRING whatever the tag of the element around it: X.690 8.7.3.2, 8.14.3. */
static bool is_chunk(const struct scs_ber *e)
{
    return (e->tag & ~SCS_BER_CONSTRUCTED) == SCS_BER_OCTET_STRING;
}

bool scs_ber_chunk(struct scs_ber_chunks *chunks, struct scs_ber *out)
{
    if (chunks->has_first) {
        chunks->has_first = false;
        *out = chunks->first;
        return true;
    }
    while (chunks->depth != 0) {
        struct scs_cursor *at = &chunks->level[chunks->depth - 1];
        if (scs_cursor_done(at)) {
            chunks->depth--;
            continue;
        }
        struct scs_ber e;
        enum scs_status st = scs_ber_next(at, &e);
        if (st == SCS_MALFORMED || !is_chunk(&e)) {
            chunks->status = st == SCS_MORE && e.tag == 0 ? SCS_MORE : SCS_MALFORMED;
            chunks->depth = 0;
            return false;
        }
        if (st != SCS_OK && chunks->status == SCS_OK) {
            chunks->status = st;
        }
        if ((e.tag & SCS_BER_CONSTRUCTED) == 0) {
            *out = e;
            return true;
        }
        if (chunks->depth == SCS_MAX_ASN1_DEPTH) {
            chunks->status = SCS_LIMIT;
            chunks->depth = 0;
            return false;
        }
        chunks->level[chunks->depth++] = e.contents;
    }
    return false;
}

enum scs_status scs_ber_string(const struct scs_ber *element, struct scs_buf *out)
{
    struct scs_ber_chunks chunks;
    struct scs_ber chunk;
    scs_ber_chunks_init(&chunks, element);
    while (scs_ber_chunk(&chunks, &chunk)) {
        if (!scs_buf_add(out, chunk.contents.p, chunk.contents.len)) {
            return SCS_LIMIT;
        }
    }
    return chunks.status;
}

uint32_t scs_ber_string_origin(const struct scs_ber *element, uint32_t at)
{
    struct scs_ber_chunks chunks;
    struct scs_ber chunk;
    uint32_t before = 0, end = element->contents.off;
    scs_ber_chunks_init(&chunks, element);
    while (scs_ber_chunk(&chunks, &chunk)) {
        if (at - before < chunk.contents.len) {
            return chunk.contents.off + (at - before);
        }
        before += (uint32_t)chunk.contents.len;
        end = chunk.contents.off + (uint32_t)chunk.contents.len;
    }
    return end;
}

bool scs_ber_small_int(const struct scs_cursor *contents, int32_t *out)
{
    struct scs_cursor c = *contents;
    uint8_t octet;
    if (c.len == 0 || c.len > 4 || !scs_cursor_peek(&c, 0, &octet)) {
        return false;
    }
    uint32_t value = (octet & 0x80) != 0 ? UINT32_MAX : 0; /* sign extension */
    while (scs_cursor_u8(&c, &octet)) {
        value = value << 8 | octet;
    }
    *out = (int32_t)value;
    return true;
}
