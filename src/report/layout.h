/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the text report: wrapping, and numbers as people read them. */
#ifndef SCS_REPORT_LAYOUT_H
#define SCS_REPORT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * scs_wrap prints `text`, escaped for a terminal, from column `at` on and breaks it between words before
 * column `width`; further lines begin at column `indent`. A word longer than a line stands alone on one.
 * A line break in the text is kept. Ends with a newline.
 */
void scs_wrap(FILE *out, int indent, int at, int width, const char *text);

/* scs_pad prints `text` escaped and cut to `columns` (the last becoming "~"), filled up with spaces. */
void scs_pad(FILE *out, const char *text, int columns);

#define SCS_NUMBER_TEXT 32
/* scs_number_text writes "48,211"; returns `out`. */
const char *scs_number_text(uint64_t n, char out[SCS_NUMBER_TEXT]);
/* scs_duration_text writes "0.3 ms", "4 ms", "1.3 s", "17 min 38 s", "2 h 5 min". */
const char *scs_duration_text(int64_t ns, char out[SCS_NUMBER_TEXT]);

#define SCS_MOMENT_TEXT 64
/* scs_moment_text writes "09:15:07", "-" for SCS_NO_TIME; with_day, where a capture has several, "2026-11-20 09:15:07". */
const char *scs_moment_text(int64_t ts_ns, bool with_day, char out[SCS_MOMENT_TEXT]);

#endif
