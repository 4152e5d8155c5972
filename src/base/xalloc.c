/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xalloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *p)
{
    if (p == NULL) {
        fputs("scepscope: out of memory; close other programs or split the capture with editcap -c\n", stderr);
        abort();
    }
    return p;
}

void *scs_xmalloc(size_t n)
{
    return or_abort(malloc(n == 0 ? 1 : n));
}

void *scs_xcalloc(size_t num, size_t size)
{
    if (num == 0 || size == 0) {
        num = 1;
        size = 1;
    }
    return or_abort(calloc(num, size));
}

void *scs_xlines(size_t num, size_t size)
{
    if (size != 0 && num > (SIZE_MAX - SCS_CACHE_LINE) / size) {
        return or_abort(NULL);
    }
    size_t whole = num * size / SCS_CACHE_LINE + 1; /* aligned_alloc wants a multiple */
    return or_abort(aligned_alloc(SCS_CACHE_LINE, whole * SCS_CACHE_LINE));
}

void *scs_xrealloc(void *p, size_t num, size_t size)
{
    if (size != 0 && num > SIZE_MAX / size) {
        return or_abort(NULL);
    }
    size_t n = num * size;
    return or_abort(realloc(p, n == 0 ? 1 : n));
}

char *scs_xstrndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = scs_xmalloc(len + 1);
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *scs_xstrdup(const char *s)
{
    return scs_xstrndup(s, strlen(s));
}
