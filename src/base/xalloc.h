/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation that reports and aborts when memory is gone: sizes are bounded before they are asked for,
 * so running out is not something a caller could mend.
 */
#ifndef SCS_BASE_XALLOC_H
#define SCS_BASE_XALLOC_H

#include <stddef.h>

void *scs_xmalloc(size_t n);
void *scs_xcalloc(size_t num, size_t size); /* zeroed; aborts when num * size overflows */
/* scs_xlines is not zeroed and begins on a cache line, for tables of which each access should touch one line; freed as others. */
#define SCS_CACHE_LINE 64u
void *scs_xlines(size_t num, size_t size);
void *scs_xrealloc(void *p, size_t num, size_t size);
char *scs_xstrdup(const char *s);
char *scs_xstrndup(const char *s, size_t n);

#endif
