/* SPDX-License-Identifier: Apache-2.0 */
/* A growing buffer that is born with its maximum. Owns its bytes. */
#ifndef SCS_BASE_BUF_H
#define SCS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scepscope/cursor.h"
#include "scepscope/status.h"

struct scs_buf {
    uint8_t *p;
    size_t len, cap, max;
    bool overflowed; /* something did not fit and was left out */
};

void scs_buf_init(struct scs_buf *b, size_t max);
void scs_buf_cleanup(struct scs_buf *b); /* zeroed or initialised */
/* scs_buf_reserve makes room for `n` bytes at once: what grows leaves copies behind, which secrets must not. */
void scs_buf_reserve(struct scs_buf *b, size_t n);
/* scs_buf_add appends what fits below the maximum; false, and `overflowed`, when not all did. */
bool scs_buf_add(struct scs_buf *b, const void *data, size_t n);
bool scs_buf_byte(struct scs_buf *b, uint8_t byte);
bool scs_buf_text(struct scs_buf *b, const char *s);
bool scs_buf_printf(struct scs_buf *b, const char *fmt, ...) SCS_PRINTF(2, 3);
void scs_buf_clear(struct scs_buf *b); /* keeps the memory */
/* scs_buf_consume drops the first `n` bytes. */
void scs_buf_consume(struct scs_buf *b, size_t n);
struct scs_cursor scs_buf_cursor(const struct scs_buf *b); /* borrows */
/* scs_buf_cstr terminates the content (not counted in len) and returns it. */
const char *scs_buf_cstr(struct scs_buf *b);

#endif
