/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text on its way out, made harmless for where it goes. Facts are clean text already (scs_text_clean);
 * this is the second fence, for paths, environment and whatever else may have slipped past the first.
 */
#ifndef SCS_REPORT_ESCAPE_H
#define SCS_REPORT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* scs_escape_terminal writes `len` bytes as UTF-8 without control or bidirectional characters; others become \xNN. */
void scs_escape_terminal(FILE *out, const char *text, size_t len);
/* scs_escape_json writes `len` bytes as the inside of a JSON string (RFC 8259 7), always valid UTF-8. */
void scs_escape_json(FILE *out, const char *text, size_t len);
/*
 * scs_escape_markdown writes `len` bytes as text of CommonMark that stands inside a line: nothing in it becomes markup, a
 * link, HTML or a cell's end. A line break becomes a space.
 */
void scs_escape_markdown(FILE *out, const char *text, size_t len);
/*
 * scs_escape_html writes `len` bytes as text of an HTML element or of a quoted attribute: never markup. What is invisible,
 * reorders text or is no UTF-8 is spelt out, \u202e or \xff.
 */
void scs_escape_html(FILE *out, const char *text, size_t len);
/* scs_escape_columns counts the columns that scs_escape_terminal fills, one for each character. */
size_t scs_escape_columns(const char *text, size_t len);

#endif
