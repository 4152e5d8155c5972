/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integers at a fixed place ahead in a cursor, inline: record headers are read once for every packet, and
 * a function call for each field would cost more than everything else the reader does.
 */
#ifndef SCS_CAPTURE_PEEK_H
#define SCS_CAPTURE_PEEK_H

#include "scepscope/cursor.h"

/* scs_peek_u32 reads 4 bytes, `at` bytes ahead, without moving; 0 when they are not there: ask for the length first. */
static inline uint32_t scs_peek_u32(const struct scs_cursor *c, size_t at, bool big_endian)
{
    if (c->len < 4 || at > c->len - 4) {
        return 0;
    }
    const uint8_t *p = &c->p[at];
    return big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                      : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

#endif
