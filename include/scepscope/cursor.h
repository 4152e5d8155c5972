/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one reader for untrusted bytes. A cursor is a pointer, the bytes that remain, and the offset of
 * its first byte in the message it was cut from, so that every field can say where it was.
 *
 * Every read either succeeds whole, or returns false and changes neither the cursor nor the output.
 * A length on the wire becomes a sub-cursor, which nobody can run past. A cursor borrows its bytes.
 * Outside cursor.c there is no pointer arithmetic on wire data.
 */
#ifndef SCEPSCOPE_CURSOR_H
#define SCEPSCOPE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scepscope/status.h"

struct scs_cursor {
    const uint8_t *p; /* next byte; may be NULL when len is 0 */
    size_t len;       /* bytes that remain */
    uint32_t off;     /* offset of *p in the whole message */
};

/* scs_cursor_of starts a cursor with offset 0 over `len` bytes at `data`. */
struct scs_cursor scs_cursor_of(const void *data, size_t len);

SCS_MUST_USE bool scs_cursor_u8(struct scs_cursor *c, uint8_t *out);
SCS_MUST_USE bool scs_cursor_u16be(struct scs_cursor *c, uint16_t *out);
SCS_MUST_USE bool scs_cursor_u24be(struct scs_cursor *c, uint32_t *out);
SCS_MUST_USE bool scs_cursor_u32be(struct scs_cursor *c, uint32_t *out);
SCS_MUST_USE bool scs_cursor_u64be(struct scs_cursor *c, uint64_t *out);
SCS_MUST_USE bool scs_cursor_u16le(struct scs_cursor *c, uint16_t *out);
SCS_MUST_USE bool scs_cursor_u32le(struct scs_cursor *c, uint32_t *out);
SCS_MUST_USE bool scs_cursor_u64le(struct scs_cursor *c, uint64_t *out);
/* In the byte order that `big_endian` names, for file formats that come in both. */
SCS_MUST_USE bool scs_cursor_u16(struct scs_cursor *c, bool big_endian, uint16_t *out);
SCS_MUST_USE bool scs_cursor_u32(struct scs_cursor *c, bool big_endian, uint32_t *out);
SCS_MUST_USE bool scs_cursor_u64(struct scs_cursor *c, bool big_endian, uint64_t *out);

/* scs_cursor_take cuts the next `n` bytes off as a cursor of their own. */
SCS_MUST_USE bool scs_cursor_take(struct scs_cursor *c, size_t n, struct scs_cursor *out);
SCS_MUST_USE bool scs_cursor_skip(struct scs_cursor *c, size_t n);
/* scs_cursor_copy copies the next `n` bytes to `out`. */
SCS_MUST_USE bool scs_cursor_copy(struct scs_cursor *c, void *out, size_t n);
/* scs_cursor_u8_prefixed and its kin read a length, then cut that many bytes off. */
SCS_MUST_USE bool scs_cursor_u8_prefixed(struct scs_cursor *c, struct scs_cursor *out);
SCS_MUST_USE bool scs_cursor_u16_prefixed(struct scs_cursor *c, struct scs_cursor *out);
SCS_MUST_USE bool scs_cursor_u24_prefixed(struct scs_cursor *c, struct scs_cursor *out);
/* scs_cursor_peek reads the byte `at` bytes ahead without moving. */
SCS_MUST_USE bool scs_cursor_peek(const struct scs_cursor *c, size_t at, uint8_t *out);
/* scs_cursor_first returns a cursor over at most the first `n` bytes. */
struct scs_cursor scs_cursor_first(const struct scs_cursor *c, size_t n);
/* scs_cursor_line cuts off a line up to LF; the LF and a CR before it are consumed but not part of `out`. */
SCS_MUST_USE bool scs_cursor_line(struct scs_cursor *c, struct scs_cursor *out);
/* scs_cursor_until cuts off the bytes before the first `byte`, which is consumed; false when it does not occur. */
SCS_MUST_USE bool scs_cursor_until(struct scs_cursor *c, uint8_t byte, struct scs_cursor *out);

bool scs_cursor_done(const struct scs_cursor *c);
/* Comparisons against a constant; the _nocase form folds ASCII only. */
bool scs_cursor_equals(const struct scs_cursor *c, const char *text);
bool scs_cursor_equals_nocase(const struct scs_cursor *c, const char *text);
bool scs_cursor_starts(const struct scs_cursor *c, const char *text);
bool scs_cursor_starts_nocase(const struct scs_cursor *c, const char *text);
/* scs_cursor_find(_nocase) returns the position of `text` from the cursor, or SIZE_MAX. */
size_t scs_cursor_find(const struct scs_cursor *c, const char *text);
size_t scs_cursor_find_nocase(const struct scs_cursor *c, const char *text);

#endif
