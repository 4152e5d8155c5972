/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/escape.h"
#include "scepscope/facts.h"

void scs_json_init(struct scs_json *w, FILE *out)
{
    *w = (struct scs_json){.out = out};
}

void scs_json_init_lines(struct scs_json *w, FILE *out)
{
    *w = (struct scs_json){.out = out, .compact = true};
}

/* Comma, line break, indent and name of the next value. */
static void lead(struct scs_json *w, const char *name)
{
    bool *filled = &w->filled[w->depth];
    if (w->compact) {
        fputs(*filled && w->depth != 0 ? "," : "", w->out);
    } else if (w->inline_array) {
        fputs(*filled ? ", " : "", w->out);
    } else if (w->depth != 0) {
        fprintf(w->out, "%s\n%*s", *filled ? "," : "", 2 * (int)w->depth, "");
    }
    *filled = true;
    if (name != NULL) {
        fprintf(w->out, "\"%s\":%s", name, w->compact ? "" : " ");
    }
}

static void begin(struct scs_json *w, const char *name, char bracket)
{
    assert(w->depth + 1 < SCS_JSON_DEPTH);
    lead(w, name);
    fputc(bracket, w->out);
    w->depth++;
    w->filled[w->depth] = false;
}

static void end(struct scs_json *w, char bracket)
{
    assert(w->depth != 0);
    bool filled = w->filled[w->depth];
    w->depth--;
    if (filled && !w->inline_array && !w->compact) {
        fprintf(w->out, "\n%*s", 2 * (int)w->depth, "");
    }
    w->inline_array = false;
    fputc(bracket, w->out);
    if (w->depth == 0) {
        fputc('\n', w->out);
    }
}

void scs_json_begin_object(struct scs_json *w, const char *name)
{
    begin(w, name, '{');
}

void scs_json_end_object(struct scs_json *w)
{
    end(w, '}');
}

void scs_json_begin_array(struct scs_json *w, const char *name)
{
    begin(w, name, '[');
}

void scs_json_begin_row(struct scs_json *w, const char *name)
{
    begin(w, name, '[');
    w->inline_array = true;
}

void scs_json_end_array(struct scs_json *w)
{
    end(w, ']');
}

void scs_json_text(struct scs_json *w, const char *name, const char *text)
{
    if (text == NULL) {
        return;
    }
    lead(w, name);
    fputc('"', w->out);
    scs_escape_json(w->out, text, strlen(text));
    fputc('"', w->out);
}

void scs_json_number(struct scs_json *w, const char *name, int64_t value)
{
    lead(w, name);
    fprintf(w->out, "%" PRId64, value);
}

void scs_json_count(struct scs_json *w, const char *name, uint64_t value)
{
    lead(w, name);
    fprintf(w->out, "%" PRIu64, value);
}

void scs_json_bool(struct scs_json *w, const char *name, bool value)
{
    lead(w, name);
    fputs(value ? "true" : "false", w->out);
}

void scs_json_true(struct scs_json *w, const char *name, bool value)
{
    if (value) {
        scs_json_bool(w, name, true);
    }
}

void scs_json_time(struct scs_json *w, const char *name, int64_t ts_ns)
{
    char text[SCS_TIME_TEXT];
    if (ts_ns != SCS_NO_TIME) {
        scs_json_text(w, name, scs_text_time(ts_ns, text));
    }
}

void scs_json_seconds(struct scs_json *w, const char *name, int64_t ts_s)
{
    char text[SCS_TIME_TEXT];
    if (ts_s != SCS_NO_TIME) {
        scs_json_text(w, name, scs_text_seconds(ts_s, text));
    }
}

void scs_json_ms(struct scs_json *w, const char *name, int64_t ns)
{
    if (ns == SCS_NO_TIME) {
        return;
    }
    lead(w, name);
    uint64_t us = (ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns) / 1000;
    fprintf(w->out, "%s%" PRIu64, ns < 0 && us != 0 ? "-" : "", us / 1000);
    unsigned rest = (unsigned)(us % 1000), digits = 3;
    for (; rest != 0 && rest % 10 == 0; digits--) {
        rest /= 10;
    }
    if (rest != 0) {
        fprintf(w->out, ".%0*u", (int)digits, rest);
    }
}

void scs_json_hex(struct scs_json *w, const char *name, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    if (len == 0) {
        return;
    }
    lead(w, name);
    fputc('"', w->out);
    for (size_t i = 0; i < len; i++) {
        fputc(digits[bytes[i] >> 4], w->out);
        fputc(digits[bytes[i] & 15], w->out);
    }
    fputc('"', w->out);
}
