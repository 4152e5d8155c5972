/* SPDX-License-Identifier: Apache-2.0 */
#include "http/body.h"

#include <string.h>
#include <zlib.h>

#include "base/text.h"
#include "scepscope/facts.h"
#include "scepscope/limits.h"

/* Bytes looked at to tell text from binary. */
#define SAMPLE 256u

/* ---- decompression ------------------------------------------------------------------------------- */

enum coding { CODING_OTHER, CODING_GZIP, CODING_ZLIB, CODING_RAW_DEFLATE };

/* "deflate" means zlib's format (RFC 9110 8.4.1.2), but some servers send the bare stream. */
static enum coding coding_of(const struct scs_cursor *name, const struct scs_buf *body)
{
    struct scs_cursor c = scs_buf_cursor(body);
    uint16_t first;
    if (!scs_cursor_u16be(&c, &first)) {
        return CODING_OTHER;
    }
    if (scs_cursor_equals_nocase(name, "gzip") || scs_cursor_equals_nocase(name, "x-gzip")) {
        return CODING_GZIP;
    }
    if (scs_cursor_equals_nocase(name, "deflate")) {
        return (first & 0x0f00) == 0x0800 && first % 31 == 0 ? CODING_ZLIB : CODING_RAW_DEFLATE;
    }
    return CODING_OTHER;
}

/* Inflates all of z's input, one gzip member after the other; returns zlib's last word. */
static int inflate_all(z_stream *z, struct scs_buf *out)
{
    uint8_t piece[16384];
    int last;
    do {
        z->next_out = piece;
        z->avail_out = sizeof piece;
        last = inflate(z, Z_NO_FLUSH);
        if (!scs_buf_add(out, piece, sizeof piece - z->avail_out)) {
            return last;
        }
        if (last == Z_STREAM_END && z->avail_in != 0 && inflateReset(z) != Z_OK) {
            return Z_DATA_ERROR;
        }
    } while ((last == Z_OK && (z->avail_in != 0 || z->avail_out == 0)) || (last == Z_STREAM_END && z->avail_in != 0));
    return last;
}

uint32_t scs_body_inflate(struct scs_buf *body, const struct scs_cursor *encoding, bool whole)
{
    enum coding coding = coding_of(encoding, body);
    if (coding == CODING_OTHER) {
        return 0;
    }
    z_stream z = {.next_in = body->p, .avail_in = (uInt)body->len};
    int window = coding == CODING_GZIP ? 16 + MAX_WBITS : coding == CODING_ZLIB ? MAX_WBITS : -MAX_WBITS;
    if (inflateInit2(&z, window) != Z_OK) {
        return SCS_HTTP_INFLATE_BAD;
    }
    struct scs_buf out;
    scs_buf_init(&out, SCS_MAX_INFLATED);
    int last = inflate_all(&z, &out);
    inflateEnd(&z);

    uint32_t flags = SCS_HTTP_INFLATED;
    if (out.overflowed) {
        flags |= SCS_HTTP_BODY_LIMIT;
    } else if (last != Z_STREAM_END && (whole || (last != Z_OK && last != Z_BUF_ERROR))) {
        flags |= SCS_HTTP_INFLATE_BAD;
    }
    if (out.len == 0 && flags & SCS_HTTP_INFLATE_BAD) {
        /* Not compressed at all, whatever the header says: the bytes are worth more as they are. */
        scs_buf_cleanup(&out);
        return SCS_HTTP_INFLATE_BAD;
    }
    scs_buf_cleanup(body);
    *body = out;
    return flags;
}

/* ---- text ---------------------------------------------------------------------------------------- */

enum text_form { TEXT_NONE, TEXT_BYTES, TEXT_UTF16_LE, TEXT_UTF16_BE };

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Two units of UTF-16 that are ASCII: the NULs tell the order. NDES writes its pages so, often without a mark. */
static enum text_form utf16_form(const struct scs_cursor *body)
{
    uint8_t b[4];
    for (size_t i = 0; i < 4; i++) {
        if (!scs_cursor_peek(body, i, &b[i])) {
            return TEXT_NONE;
        }
    }
    if ((b[0] == 0xff && b[1] == 0xfe) || (b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0)) {
        return TEXT_UTF16_LE;
    }
    if ((b[0] == 0xfe && b[1] == 0xff) || (b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0)) {
        return TEXT_UTF16_BE;
    }
    return TEXT_NONE;
}

static bool next_unit(struct scs_cursor *c, enum text_form form, uint32_t *out)
{
    uint8_t byte;
    uint16_t unit;
    if (form == TEXT_BYTES) {
        return scs_cursor_u8(c, &byte) && (*out = byte, true);
    }
    return scs_cursor_u16(c, form == TEXT_UTF16_BE, &unit) && (*out = unit, true);
}

/* Bytes that are no UTF-8 may be Latin-1, as long as they are few. */
static bool mostly_utf8(const struct scs_cursor *sample)
{
    struct scs_cursor c = *sample;
    size_t num_foreign = 0;
    while (c.len != 0) {
        size_t n = scs_text_utf8(c.p, c.len);
        num_foreign += n == 0;
        if (!scs_cursor_skip(&c, n == 0 ? 1 : n)) {
            break;
        }
    }
    return num_foreign * 8 <= sample->len;
}

/* Text has no control characters among its first ones; a wrong Content-Type changes nothing. */
static enum text_form form_of(const struct scs_cursor *body)
{
    enum text_form form = utf16_form(body);
    bool wide = form != TEXT_NONE, any = false;
    if (!wide) {
        form = TEXT_BYTES;
    }
    struct scs_cursor sample = scs_cursor_first(body, SAMPLE), at = sample;
    uint32_t c;
    while (next_unit(&at, form, &c)) {
        if ((c < 0x20 && !is_space(c)) || c == 0x7f) {
            return TEXT_NONE;
        }
        any = any || !is_space(c);
    }
    return any && (wide || mostly_utf8(&sample)) ? form : TEXT_NONE;
}

static void add_utf8(struct scs_buf *out, uint32_t c)
{
    if (c < 0x80) {
        scs_buf_byte(out, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        scs_buf_byte(out, (uint8_t)(0xc0 | c >> 6));
    } else if (c < 0x10000) {
        scs_buf_byte(out, (uint8_t)(0xe0 | c >> 12));
        scs_buf_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    } else {
        scs_buf_byte(out, (uint8_t)(0xf0 | c >> 18));
        scs_buf_byte(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        scs_buf_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    }
    scs_buf_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
}

/* A high surrogate takes the unit after it along. RFC 2781 2.2. */
static uint32_t join_surrogates(struct scs_cursor *c, enum text_form form, uint32_t unit)
{
    struct scs_cursor at = *c;
    uint32_t low;
    if (unit < 0xd800 || unit > 0xdbff || !next_unit(&at, form, &low) || low < 0xdc00 || low > 0xdfff) {
        return unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit;
    }
    *c = at;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/*
 * The mscep_admin page, in whatever language, is UTF-16 and shows the enrolment password and the CA's thumbprint
 * as hex digits; a password never becomes a fact.
 */
static void hide_hex(struct scs_buf *text)
{
    size_t run = 0;
    for (size_t i = 0; i <= text->len; i++) {
        uint8_t c = i < text->len ? text->p[i] : 0;
        bool hex = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
        if (!hex && run >= 8) {
            memset(text->p + i - run, '*', run);
        }
        run = hex ? run + 1 : 0;
    }
}

const char *scs_body_text(struct scs_intern *intern, const struct scs_cursor *body)
{
    enum text_form form = form_of(body);
    if (form == TEXT_NONE) {
        return NULL;
    }
    struct scs_buf text;
    /* One character more than is kept, of at most four bytes, so that the cut shows. */
    scs_buf_init(&text, 4 * (SCS_MAX_BODY_TEXT + 1));
    struct scs_cursor c = *body;
    uint32_t unit;
    bool space = false;
    while (!text.overflowed && next_unit(&c, form, &unit)) {
        if (is_space(unit)) {
            space = text.len != 0;
            continue;
        }
        if (unit == 0xfeff && form != TEXT_BYTES) {
            continue;
        }
        if (space) {
            scs_buf_byte(&text, ' ');
            space = false;
        }
        if (form == TEXT_BYTES) {
            scs_buf_byte(&text, (uint8_t)unit);
        } else {
            add_utf8(&text, join_surrogates(&c, form, unit));
        }
    }
    if (form != TEXT_BYTES) {
        hide_hex(&text);
    }
    struct scs_cursor clean = scs_buf_cursor(&text);
    const char *shared = scs_intern_text(intern, &clean, SCS_MAX_BODY_TEXT);
    scs_buf_cleanup(&text);
    return shared;
}
