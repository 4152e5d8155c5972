/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/columns.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "report/escape.h"

#define LABEL 19
/* The mark and a space before the label; spaces between the columns. */
#define MARGIN 2
#define GAP    2

struct scs_columns scs_columns_of(int width)
{
    return (struct scs_columns){.label = LABEL, .value = (width - MARGIN - LABEL - 2 * GAP) / 2};
}

/* Characters that a path, an address or a name may be broken after. */
static bool joins(char c)
{
    return c == '/' || c == '-' || c == '_' || c == '.' || c == ',';
}

/* Bytes of the next line: up to the last space that fits, else to where a word joins, else as many as fit, at least one. */
static size_t line_len(const char *text, size_t columns)
{
    size_t len = strlen(text), at = 0, filled = 0, space = 0, joint = 0;
    while (at < len) {
        size_t n = scs_text_utf8((const uint8_t *)text + at, len - at);
        n = n == 0 ? 1 : n;
        space = text[at] == ' ' ? at : space;
        filled += scs_escape_columns(text + at, n);
        if (filled > columns && text[at] != ' ') {
            return space != 0 ? space : joint != 0 ? joint : at != 0 ? at : n;
        }
        at += n;
        joint = joins(text[at - 1]) ? at : joint;
    }
    return len;
}

/* Prints one line's worth of `*text` and moves past it; fills the column up when another follows. */
static void cell(FILE *out, const char **text, int columns, bool another)
{
    size_t len = line_len(*text, (size_t)columns), shown = len;
    while (shown > 0 && (*text)[shown - 1] == ' ') {
        shown--;
    }
    scs_escape_terminal(out, *text, shown);
    int filled = (int)scs_escape_columns(*text, shown);
    *text += len;
    *text += strspn(*text, " ");
    if (another) {
        fprintf(out, "%*s", (filled < columns ? columns - filled : 0) + GAP, "");
    }
}

void scs_columns_print(const struct scs_columns *c, FILE *out, char mark, const char *label, const char *a, const char *b)
{
    do {
        fprintf(out, "%c ", mark);
        cell(out, &label, c->label, *a != '\0' || *b != '\0');
        if (*a != '\0' || *b != '\0') {
            cell(out, &a, c->value, *b != '\0');
        }
        if (*b != '\0') {
            cell(out, &b, c->value, false);
        }
        fputc('\n', out);
        mark = ' ';
    } while (*label != '\0' || *a != '\0' || *b != '\0');
}

void scs_columns_print_wide(const struct scs_columns *c, FILE *out, const char *label, const char *text)
{
    const struct scs_columns wide = {.label = c->label, .value = 2 * c->value + GAP};
    scs_columns_print(&wide, out, ' ', label, text, "");
}
