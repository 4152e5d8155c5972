/* SPDX-License-Identifier: Apache-2.0 */
/* Text that came from outside, numbers and times as text. No locale, no static buffers. */
#ifndef SCS_BASE_TEXT_H
#define SCS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scepscope/cursor.h"

/*
 * scs_text_clean writes `bytes` as valid UTF-8 without control characters to `out` (with a terminator)
 * and returns the length without it; `out` may be NULL to measure. At most `max` characters, then "...".
 */
size_t scs_text_clean(const struct scs_cursor *bytes, size_t max, char *out);
/* scs_text_hex writes 2n lower-case digits and a terminator. */
void scs_text_hex(const void *data, size_t n, char *out);
/* scs_text_utf8 returns the length (1 to 4) of the valid UTF-8 character at `p`, 0 when there is none. */
size_t scs_text_utf8(const uint8_t *p, size_t len);

#define SCS_TIME_TEXT 40
/* scs_text_time writes RFC 3339 UTC with microseconds, "2026-11-20T09:14:02.000001Z"; returns `out`. */
const char *scs_text_time(int64_t ts_ns, char out[SCS_TIME_TEXT]);
/* scs_text_seconds is scs_text_time for seconds since the epoch: certificates run to the year 9999, nanoseconds to 2262. */
const char *scs_text_seconds(int64_t ts_s, char out[SCS_TIME_TEXT]);
/* scs_text_clock writes "09:14:02" or, with_ms, "09:14:02.123"; scs_text_day "2026-11-20". All UTC. */
const char *scs_text_clock(int64_t ts_ns, bool with_ms, char out[SCS_TIME_TEXT]);
const char *scs_text_day(int64_t ts_ns, char out[SCS_TIME_TEXT]);
/* scs_time_from_civil gives seconds since the epoch (proleptic Gregorian, UTC); false for an impossible date. */
bool scs_time_from_civil(int year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second, int64_t *out);

/* Whole-string conversions; false for anything but digits in range. */
bool scs_text_u64(const char *s, uint64_t max, uint64_t *out);
/* The digits a cursor begins with; at least one, at most `max`; moves past them. */
bool scs_cursor_decimal(struct scs_cursor *c, uint64_t max, uint64_t *out);

bool scs_text_equal_nocase(const char *a, const char *b);          /* ASCII; NULLs are equal to NULL only */
bool scs_text_contains_nocase(const char *text, const char *part); /* NULL text contains nothing */
bool scs_text_starts_nocase(const char *text, const char *prefix);
bool scs_text_equal(const char *a, const char *b); /* NULLs are equal to NULL only */

#endif
