/* SPDX-License-Identifier: Apache-2.0 */
#include "report/layout.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "report/escape.h"
#include "scepscope/facts.h"

void scs_wrap(FILE *out, int indent, int at, int width, const char *text)
{
    bool fresh = true; /* nothing of the text on this line yet */
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        if (*text == '\n') {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
            fresh = true;
            text++;
            continue;
        }
        size_t len = strcspn(text, " \n");
        int columns = (int)scs_escape_columns(text, len);
        if (!fresh && at + 1 + columns > width) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
            fresh = true;
        }
        if (!fresh) {
            fputc(' ', out);
            at++;
        }
        scs_escape_terminal(out, text, len);
        at += columns;
        fresh = false;
        text += len;
    }
    fputc('\n', out);
}

/* Length of the longest prefix of whole characters that fills at most `columns`. */
static size_t prefix_within(const char *text, size_t len, size_t columns)
{
    size_t at = 0, filled = 0;
    while (at < len) {
        size_t n = scs_text_utf8((const uint8_t *)text + at, len - at);
        n = n == 0 ? 1 : n;
        filled += scs_escape_columns(text + at, n);
        if (filled > columns) {
            break;
        }
        at += n;
    }
    return at;
}

void scs_pad(FILE *out, const char *text, int columns)
{
    size_t len = strlen(text), room = (size_t)columns, filled = scs_escape_columns(text, len);
    if (filled > room) {
        len = prefix_within(text, len, room - 1);
        scs_escape_terminal(out, text, len);
        fputc('~', out);
        filled = scs_escape_columns(text, len) + 1;
    } else {
        scs_escape_terminal(out, text, len);
    }
    fprintf(out, "%*s", (int)(room - filled), "");
}

const char *scs_number_text(uint64_t n, char out[SCS_NUMBER_TEXT])
{
    char digits[SCS_NUMBER_TEXT];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i != 0 && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *scs_duration_text(int64_t ns, char out[SCS_NUMBER_TEXT])
{
    int64_t ms = ns / 1000000, s = ns / 1000000000;
    if (ns < 0) {
        snprintf(out, SCS_NUMBER_TEXT, "-");
    } else if (ms < 1) {
        snprintf(out, SCS_NUMBER_TEXT, "0.%d ms", (int)(ns / 100000));
    } else if (ms < 1000) {
        snprintf(out, SCS_NUMBER_TEXT, "%d ms", (int)ms);
    } else if (s < 60) {
        snprintf(out, SCS_NUMBER_TEXT, "%d.%d s", (int)s, (int)(ms % 1000 / 100));
    } else if (s < 3600) {
        snprintf(out, SCS_NUMBER_TEXT, "%d min %d s", (int)(s / 60), (int)(s % 60));
    } else {
        snprintf(out, SCS_NUMBER_TEXT, "%" PRId64 " h %d min", s / 3600, (int)(s % 3600 / 60));
    }
    return out;
}

const char *scs_moment_text(int64_t ts_ns, bool with_day, char out[SCS_MOMENT_TEXT])
{
    char day[SCS_TIME_TEXT], clock[SCS_TIME_TEXT];
    if (ts_ns == SCS_NO_TIME) {
        snprintf(out, SCS_MOMENT_TEXT, "-");
    } else if (with_day) {
        snprintf(out, SCS_MOMENT_TEXT, "%.20s %.20s", scs_text_day(ts_ns, day), scs_text_clock(ts_ns, false, clock));
    } else {
        snprintf(out, SCS_MOMENT_TEXT, "%.20s", scs_text_clock(ts_ns, false, clock));
    }
    return out;
}
