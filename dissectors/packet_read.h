/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of fixed length, read once for every packet: one length check, then big-endian fields at
 * fixed offsets. The assertions vanish at compile time where the offset is a constant.
 */
#ifndef SCS_DISSECTORS_PACKET_READ_H
#define SCS_DISSECTORS_PACKET_READ_H

#include <assert.h>

#include "scepscope/cursor.h"

/* Bytes whose number was checked. Borrows them. */
struct scs_head {
    const uint8_t *p;
    size_t len;
};

/* scs_head_take cuts the next `n` bytes off as a head, as scs_cursor_take does. */
SCS_MUST_USE static inline bool scs_head_take(struct scs_cursor *c, size_t n, struct scs_head *out)
{
    if (n > c->len) {
        return false;
    }
    *out = (struct scs_head){.p = c->p, .len = n};
    if (n != 0) {
        c->p += n;
        c->len -= n;
        c->off += (uint32_t)n;
    }
    return true;
}

/* scs_head_skip and scs_head_first are scs_cursor_skip and scs_cursor_first, to be inlined: a cursor stays in registers. */
SCS_MUST_USE static inline bool scs_head_skip(struct scs_cursor *c, size_t n)
{
    struct scs_head passed;
    return scs_head_take(c, n, &passed);
}

static inline struct scs_cursor scs_head_first(const struct scs_cursor *c, size_t n)
{
    return (struct scs_cursor){.p = c->p, .len = n < c->len ? n : c->len, .off = c->off};
}

/* scs_head_part is the `n` bytes of `h` from `at`. */
static inline struct scs_head scs_head_part(struct scs_head h, size_t at, size_t n)
{
    assert(at <= h.len && n <= h.len - at);
    return (struct scs_head){.p = h.p + at, .len = n};
}

static inline uint8_t scs_head_u8(struct scs_head h, size_t at)
{
    assert(at < h.len);
    return h.p[at];
}

static inline uint16_t scs_head_u16(struct scs_head h, size_t at)
{
    assert(h.len >= 2 && at <= h.len - 2);
    return (uint16_t)(h.p[at] << 8 | h.p[at + 1]);
}

static inline uint32_t scs_head_u32(struct scs_head h, size_t at)
{
    assert(h.len >= 4 && at <= h.len - 4);
    return (uint32_t)h.p[at] << 24 | (uint32_t)h.p[at + 1] << 16 | (uint32_t)h.p[at + 2] << 8 | h.p[at + 3];
}

#endif
