/* SPDX-License-Identifier: Apache-2.0 */
/* The one reader of untrusted bytes: the only file with pointer arithmetic on them. */
#include "scepscope/cursor.h"

#include <assert.h>
#include <string.h>

struct scs_cursor scs_cursor_of(const void *data, size_t len)
{
    /* Offsets are 32 bits: no message is that long (limits.h), and a longer one is read up to there. */
    return (struct scs_cursor){.p = data, .len = len > UINT32_MAX ? UINT32_MAX : len, .off = 0};
}

static void advance(struct scs_cursor *c, size_t n)
{
    assert(n <= c->len);
    if (n != 0) {
        c->p += n;
        c->len -= n;
        c->off += (uint32_t)n;
    }
}

/* The one place that puts integers together; `n` is 1 to 8. */
static bool integer(struct scs_cursor *c, size_t n, bool big_endian, uint64_t *out)
{
    if (n > c->len) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value |= (uint64_t)c->p[i] << 8 * (big_endian ? n - 1 - i : i);
    }
    advance(c, n);
    *out = value;
    return true;
}

bool scs_cursor_u8(struct scs_cursor *c, uint8_t *out)
{
    if (c->len == 0) {
        return false;
    }
    *out = *c->p;
    advance(c, 1);
    return true;
}

bool scs_cursor_u16(struct scs_cursor *c, bool big_endian, uint16_t *out)
{
    uint64_t v;
    if (!integer(c, 2, big_endian, &v)) {
        return false;
    }
    *out = (uint16_t)v;
    return true;
}

bool scs_cursor_u32(struct scs_cursor *c, bool big_endian, uint32_t *out)
{
    uint64_t v;
    if (!integer(c, 4, big_endian, &v)) {
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

bool scs_cursor_u64(struct scs_cursor *c, bool big_endian, uint64_t *out)
{
    return integer(c, 8, big_endian, out);
}

bool scs_cursor_u16be(struct scs_cursor *c, uint16_t *out)
{
    return scs_cursor_u16(c, true, out);
}

bool scs_cursor_u24be(struct scs_cursor *c, uint32_t *out)
{
    uint64_t v;
    if (!integer(c, 3, true, &v)) {
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

bool scs_cursor_u32be(struct scs_cursor *c, uint32_t *out)
{
    return scs_cursor_u32(c, true, out);
}

bool scs_cursor_u64be(struct scs_cursor *c, uint64_t *out)
{
    return scs_cursor_u64(c, true, out);
}

bool scs_cursor_u16le(struct scs_cursor *c, uint16_t *out)
{
    return scs_cursor_u16(c, false, out);
}

bool scs_cursor_u32le(struct scs_cursor *c, uint32_t *out)
{
    return scs_cursor_u32(c, false, out);
}

bool scs_cursor_u64le(struct scs_cursor *c, uint64_t *out)
{
    return scs_cursor_u64(c, false, out);
}

bool scs_cursor_take(struct scs_cursor *c, size_t n, struct scs_cursor *out)
{
    if (n > c->len) {
        return false;
    }
    struct scs_cursor part = {.p = c->p, .len = n, .off = c->off};
    advance(c, n);
    *out = part;
    return true;
}

bool scs_cursor_skip(struct scs_cursor *c, size_t n)
{
    if (n > c->len) {
        return false;
    }
    advance(c, n);
    return true;
}

bool scs_cursor_copy(struct scs_cursor *c, void *out, size_t n)
{
    if (n > c->len) {
        return false;
    }
    if (n != 0) {
        memcpy(out, c->p, n);
    }
    advance(c, n);
    return true;
}

static bool prefixed(struct scs_cursor *c, size_t width, struct scs_cursor *out)
{
    struct scs_cursor at = *c;
    uint64_t n;
    if (!integer(&at, width, true, &n) || !scs_cursor_take(&at, (size_t)n, out)) {
        return false;
    }
    *c = at;
    return true;
}

bool scs_cursor_u8_prefixed(struct scs_cursor *c, struct scs_cursor *out)
{
    return prefixed(c, 1, out);
}

bool scs_cursor_u16_prefixed(struct scs_cursor *c, struct scs_cursor *out)
{
    return prefixed(c, 2, out);
}

bool scs_cursor_u24_prefixed(struct scs_cursor *c, struct scs_cursor *out)
{
    return prefixed(c, 3, out);
}

bool scs_cursor_peek(const struct scs_cursor *c, size_t at, uint8_t *out)
{
    if (at >= c->len) {
        return false;
    }
    *out = c->p[at];
    return true;
}

struct scs_cursor scs_cursor_first(const struct scs_cursor *c, size_t n)
{
    return (struct scs_cursor){.p = c->p, .len = n < c->len ? n : c->len, .off = c->off};
}

bool scs_cursor_until(struct scs_cursor *c, uint8_t byte, struct scs_cursor *out)
{
    const uint8_t *hit = c->len == 0 ? NULL : memchr(c->p, byte, c->len);
    if (hit == NULL) {
        return false;
    }
    *out = scs_cursor_first(c, (size_t)(hit - c->p));
    advance(c, out->len + 1);
    return true;
}

bool scs_cursor_line(struct scs_cursor *c, struct scs_cursor *out)
{
    struct scs_cursor line;
    if (!scs_cursor_until(c, '\n', &line)) {
        return false;
    }
    if (line.len != 0 && line.p[line.len - 1] == '\r') {
        line.len--;
    }
    *out = line;
    return true;
}

bool scs_cursor_done(const struct scs_cursor *c)
{
    return c->len == 0;
}

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same(const uint8_t *a, const char *b, size_t n, bool nocase)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t x = a[i], y = (uint8_t)b[i];
        if (nocase ? fold(x) != fold(y) : x != y) {
            return false;
        }
    }
    return true;
}

static bool starts(const struct scs_cursor *c, const char *text, bool nocase)
{
    size_t n = strlen(text);
    return n <= c->len && same(c->p, text, n, nocase);
}

bool scs_cursor_starts(const struct scs_cursor *c, const char *text)
{
    return starts(c, text, false);
}

bool scs_cursor_starts_nocase(const struct scs_cursor *c, const char *text)
{
    return starts(c, text, true);
}

bool scs_cursor_equals(const struct scs_cursor *c, const char *text)
{
    return c->len == strlen(text) && starts(c, text, false);
}

bool scs_cursor_equals_nocase(const struct scs_cursor *c, const char *text)
{
    return c->len == strlen(text) && starts(c, text, true);
}

static size_t find(const struct scs_cursor *c, const char *text, bool nocase)
{
    size_t n = strlen(text);
    if (n == 0) {
        return 0;
    }
    for (size_t at = 0; c->len >= n && at <= c->len - n; at++) {
        if (!nocase) {
            /* Nearly all bytes are passed over by the library's own scan for the first one. */
            const uint8_t *hit = memchr(c->p + at, (uint8_t)text[0], c->len - n - at + 1);
            if (hit == NULL) {
                return SIZE_MAX;
            }
            at = (size_t)(hit - c->p);
        }
        if (same(c->p + at, text, n, nocase)) {
            return at;
        }
    }
    return SIZE_MAX;
}

size_t scs_cursor_find(const struct scs_cursor *c, const char *text)
{
    return find(c, text, false);
}

size_t scs_cursor_find_nocase(const struct scs_cursor *c, const char *text)
{
    return find(c, text, true);
}
