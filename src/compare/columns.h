/* SPDX-License-Identifier: Apache-2.0 */
/* A line of three columns, each broken within its own width. */
#ifndef SCS_COMPARE_COLUMNS_H
#define SCS_COMPARE_COLUMNS_H

#include <stdio.h>

struct scs_columns {
    int label, value; /* columns that a label and a value may fill */
};

struct scs_columns scs_columns_of(int width);
/* scs_columns_print escapes the texts for a terminal; words longer than a column are broken. */
void scs_columns_print(const struct scs_columns *c, FILE *out, char mark, const char *label, const char *a, const char *b);
/* scs_columns_print_wide gives both columns of values to one text. */
void scs_columns_print_wide(const struct scs_columns *c, FILE *out, const char *label, const char *text);

#endif
