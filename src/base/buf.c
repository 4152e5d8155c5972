/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void scs_buf_init(struct scs_buf *b, size_t max)
{
    *b = (struct scs_buf){.max = max};
}

void scs_buf_cleanup(struct scs_buf *b)
{
    free(b->p);
    *b = (struct scs_buf){0};
}

void scs_buf_reserve(struct scs_buf *b, size_t n)
{
    /* One byte more than asked, for the terminator of scs_buf_cstr. */
    if (b->cap - b->len > n) {
        return;
    }
    size_t cap = b->cap < 128 ? 256 : b->cap * 2;
    while (cap - b->len <= n) {
        cap *= 2;
    }
    b->p = scs_xrealloc(b->p, cap, 1);
    b->cap = cap;
}

bool scs_buf_add(struct scs_buf *b, const void *data, size_t n)
{
    bool fits = n <= b->max - b->len;
    if (!fits) {
        n = b->max - b->len;
        b->overflowed = true;
    }
    if (n != 0) {
        scs_buf_reserve(b, n);
        memcpy(b->p + b->len, data, n);
        b->len += n;
    }
    return fits;
}

bool scs_buf_byte(struct scs_buf *b, uint8_t byte)
{
    return scs_buf_add(b, &byte, 1);
}

bool scs_buf_text(struct scs_buf *b, const char *s)
{
    return scs_buf_add(b, s, strlen(s));
}

bool scs_buf_printf(struct scs_buf *b, const char *fmt, ...)
{
    va_list args;
    char small[256];
    va_start(args, fmt);
    int len = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    if (len < 0) {
        return false;
    }
    if ((size_t)len < sizeof small) {
        return scs_buf_add(b, small, (size_t)len);
    }
    char *large = scs_xmalloc((size_t)len + 1);
    va_start(args, fmt);
    vsnprintf(large, (size_t)len + 1, fmt, args);
    va_end(args);
    bool fits = scs_buf_add(b, large, (size_t)len);
    free(large);
    return fits;
}

void scs_buf_clear(struct scs_buf *b)
{
    b->len = 0;
    b->overflowed = false;
}

void scs_buf_consume(struct scs_buf *b, size_t n)
{
    assert(n <= b->len);
    if (n != 0) {
        memmove(b->p, b->p + n, b->len - n);
        b->len -= n;
    }
}

struct scs_cursor scs_buf_cursor(const struct scs_buf *b)
{
    return scs_cursor_of(b->p, b->len);
}

const char *scs_buf_cstr(struct scs_buf *b)
{
    scs_buf_reserve(b, 0);
    b->p[b->len] = '\0';
    return (const char *)b->p;
}
