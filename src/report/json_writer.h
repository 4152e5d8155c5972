/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as a stream: nothing is held but the nesting, so a report of 60,000 exchanges needs no more
 * memory than one of six. Pretty printed, one fact on a line, so that a diff shows what changed.
 *
 * Every function takes the member's name, NULL inside arrays. A value that was not seen (NULL text,
 * SCS_NO_TIME) writes nothing: absent means not seen, and null is not used.
 */
#ifndef SCS_REPORT_JSON_WRITER_H
#define SCS_REPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCS_JSON_DEPTH 16u /* the report nests 8 deep */

struct scs_json {
    FILE *out;
    unsigned depth;
    bool compact;      /* no line breaks inside: one value a line */
    bool inline_array; /* numbers of the innermost array stand on one line */
    bool filled[SCS_JSON_DEPTH];
};

void scs_json_init(struct scs_json *w, FILE *out);
/* scs_json_init_lines: every outermost value stands on one line (NDJSON). */
void scs_json_init_lines(struct scs_json *w, FILE *out);

void scs_json_begin_object(struct scs_json *w, const char *name);
void scs_json_end_object(struct scs_json *w);
void scs_json_begin_array(struct scs_json *w, const char *name);
/* scs_json_begin_row begins an array of numbers or short texts that stands on one line. */
void scs_json_begin_row(struct scs_json *w, const char *name);
void scs_json_end_array(struct scs_json *w); /* of either kind */

void scs_json_text(struct scs_json *w, const char *name, const char *text);
void scs_json_number(struct scs_json *w, const char *name, int64_t value);
void scs_json_count(struct scs_json *w, const char *name, uint64_t value);
void scs_json_bool(struct scs_json *w, const char *name, bool value);
/* scs_json_true writes the member only when it holds. */
void scs_json_true(struct scs_json *w, const char *name, bool value);
/* scs_json_time writes nanoseconds since the epoch as RFC 3339 UTC with microseconds; scs_json_seconds takes seconds. */
void scs_json_time(struct scs_json *w, const char *name, int64_t ts_ns);
void scs_json_seconds(struct scs_json *w, const char *name, int64_t ts_s);
/* scs_json_ms writes a duration in nanoseconds as milliseconds, with at most three decimals. */
void scs_json_ms(struct scs_json *w, const char *name, int64_t ns);
void scs_json_hex(struct scs_json *w, const char *name, const uint8_t *bytes, size_t len); /* len 0 writes nothing */

#endif
