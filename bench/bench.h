/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the capture generator share: random numbers that depend on the seed only, bytes with
 * an owner, and one way to give up. It uses nothing of scepscope, so that an error there cannot hide here.
 */
#ifndef SCS_BENCH_H
#define SCS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- giving up ----------------------------------------------------------------------------------- */

/* bench_die ends the program with one sentence: a benchmark on half a capture is worth nothing. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *bench_alloc(size_t num, size_t size); /* zeroed, never NULL */

/* ---- random numbers ------------------------------------------------------------------------------ */

struct bench_random {
    uint64_t state;
};

uint64_t bench_random_next(struct bench_random *r);
uint32_t bench_random_below(struct bench_random *r, uint32_t limit);
uint32_t bench_random_between(struct bench_random *r, uint32_t least, uint32_t most); /* both included */
bool bench_random_one_in(struct bench_random *r, uint32_t n);
void bench_random_fill(struct bench_random *r, void *out, size_t len);

/* ---- bytes --------------------------------------------------------------------------------------- */

struct bench_bytes {
    uint8_t *p; /* malloc'd */
    size_t len;
};

struct bench_bytes bench_bytes_copy(const void *p, size_t len);
/* bench_bytes_print makes text with printf and puts `tail` behind it. */
struct bench_bytes bench_bytes_print(const struct bench_bytes *tail, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void bench_bytes_free(struct bench_bytes *b);

#endif
