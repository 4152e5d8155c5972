/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("generate: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}

void *bench_alloc(size_t num, size_t size)
{
    void *p = calloc(num == 0 ? 1 : num, size);
    if (p == NULL) {
        bench_die("out of memory");
    }
    return p;
}

/* splitmix64: one addition and three mixing steps, good enough for traffic and the same everywhere. */
uint64_t bench_random_next(struct bench_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t bench_random_below(struct bench_random *r, uint32_t limit)
{
    return (uint32_t)(((bench_random_next(r) >> 32) * limit) >> 32);
}

uint32_t bench_random_between(struct bench_random *r, uint32_t least, uint32_t most)
{
    return least + bench_random_below(r, most - least + 1);
}

bool bench_random_one_in(struct bench_random *r, uint32_t n)
{
    return bench_random_below(r, n) == 0;
}

void bench_random_fill(struct bench_random *r, void *out, size_t len)
{
    uint8_t *p = out;
    while (len != 0) {
        uint64_t v = bench_random_next(r);
        size_t n = len < sizeof v ? len : sizeof v;
        memcpy(p, &v, n);
        p += n;
        len -= n;
    }
}

struct bench_bytes bench_bytes_copy(const void *p, size_t len)
{
    struct bench_bytes b = {.p = bench_alloc(len, 1), .len = len};
    memcpy(b.p, p, len);
    return b;
}

struct bench_bytes bench_bytes_print(const struct bench_bytes *tail, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int text_len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (text_len < 0) {
        bench_die("text could not be made");
    }
    size_t tail_len = tail != NULL ? tail->len : 0;
    struct bench_bytes b = {.p = bench_alloc((size_t)text_len + 1 + tail_len, 1), .len = (size_t)text_len + tail_len};
    vsnprintf((char *)b.p, (size_t)text_len + 1, format, again);
    va_end(again);
    if (tail_len != 0) {
        memcpy(b.p + text_len, tail->p, tail_len);
    }
    return b;
}

void bench_bytes_free(struct bench_bytes *b)
{
    free(b->p);
    *b = (struct bench_bytes){0};
}
