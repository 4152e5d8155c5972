/* SPDX-License-Identifier: Apache-2.0 */
#include "report/escape.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Code point of the valid UTF-8 character of `n` bytes at `p`. */
static uint32_t code_point(const uint8_t *p, size_t n)
{
    static const uint8_t mask[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & mask[n];
    for (size_t i = 1; i < n; i++) {
        c = c << 6 | (p[i] & 0x3fu);
    }
    return c;
}

/* Controls that terminals obey (C0, DEL, C1), line and paragraph separators, and what reorders or hides text. */
static bool dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* Bytes at `p` that go out as they are in both forms; 0 when the character there needs an escape. */
static size_t plain(const uint8_t *p, size_t len, uint32_t *c)
{
    size_t n = scs_text_utf8(p, len);
    if (n == 0) {
        *c = UINT32_MAX;
        return 0;
    }
    *c = code_point(p, n);
    return dangerous(*c) ? 0 : n;
}

void scs_escape_terminal(FILE *out, const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t done = 0, at = 0;
    while (at < len) {
        uint32_t c;
        size_t n = plain(p + at, len - at, &c);
        if (n != 0) {
            at += n;
            continue;
        }
        fwrite(p + done, 1, at - done, out);
        n = c == UINT32_MAX ? 1 : scs_text_utf8(p + at, len - at);
        for (; n != 0; n--, at++) {
            fprintf(out, "\\x%02x", p[at]);
        }
        done = at;
    }
    fwrite(p + done, 1, at - done, out);
}

size_t scs_escape_columns(const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t columns = 0;
    for (size_t at = 0; at < len;) {
        uint32_t c;
        size_t n = plain(p + at, len - at, &c);
        if (n != 0) {
            columns++;
            at += n;
        } else {
            n = c == UINT32_MAX ? 1 : scs_text_utf8(p + at, len - at);
            columns += 4 * n;
            at += n;
        }
    }
    return columns;
}

static void json_character(FILE *out, uint8_t byte, uint32_t c)
{
    switch (c) {
    case '"':
        fputs("\\\"", out);
        break;
    case '\\':
        fputs("\\\\", out);
        break;
    case '\n':
        fputs("\\n", out);
        break;
    case '\r':
        fputs("\\r", out);
        break;
    case '\t':
        fputs("\\t", out);
        break;
    case UINT32_MAX: /* no UTF-8: shown as clean text shows it */
        fprintf(out, "\\\\x%02x", byte);
        break;
    default: /* dangerous() knows none beyond the basic plane */
        fprintf(out, "\\u%04x", c);
    }
}

void scs_escape_json(FILE *out, const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t done = 0, at = 0;
    while (at < len) {
        uint32_t c;
        size_t n = plain(p + at, len - at, &c);
        if (n != 0 && c != '"' && c != '\\') {
            at += n;
            continue;
        }
        fwrite(p + done, 1, at - done, out);
        json_character(out, p[at], c);
        at += c == UINT32_MAX ? 1 : scs_text_utf8(p + at, len - at);
        done = at;
    }
    fwrite(p + done, 1, at - done, out);
}

static bool is_ascii_punctuation(uint8_t c)
{
    return (c > 0x20 && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 0x7f);
}

/* "1. " at the start of a line begins a list, "www." a link of GFM. */
static bool is_marking_dot(const uint8_t *p, size_t len, size_t at)
{
    size_t digits = 0;
    while (digits < at && p[digits] >= '0' && p[digits] <= '9') {
        digits++;
    }
    return (at != 0 && digits == at && (at + 1 == len || p[at + 1] == ' ')) ||
           (at >= 3 && (p[at - 1] | 0x20) == 'w' && (p[at - 3] | 0x20) == 'w');
}

/* What links, emphasises, or ends a cell anywhere, or begins a list, heading or quotation at the start of a line. */
static bool is_markup(const uint8_t *p, size_t len, size_t at)
{
    switch (p[at]) {
    case '`':
    case '*':
    case '_':
    case '[':
    case ']':
    case '<':
    case '|':
    case '~':
    case '&':
    case '@':
    case '$':
        return true;
    case '\\': /* before anything else it is itself (CommonMark 2.4) */
        return at + 1 == len || is_ascii_punctuation(p[at + 1]);
    case '#':
    case '+':
    case '-':
    case '=':
    case '>':
        return at == 0;
    case ')':
    case '.':
        return is_marking_dot(p, len, at);
    case ':': /* GFM links what follows "http:" */
        return at + 1 < len && p[at + 1] == '/';
    default:
        return false;
    }
}

void scs_escape_markdown(FILE *out, const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text;
    for (size_t at = 0; at < len;) {
        uint32_t c;
        size_t n = plain(p + at, len - at, &c);
        if (n == 0 && c == '\n') {
            fputc(' ', out);
            at++;
        } else if (n == 0) {
            n = c == UINT32_MAX ? 1 : scs_text_utf8(p + at, len - at);
            for (; n != 0; n--, at++) {
                fprintf(out, "\\\\x%02x", p[at]);
            }
        } else {
            fputs(n == 1 && is_markup(p, len, at) ? "\\" : "", out);
            fwrite(p + at, 1, n, out);
            at += n;
        }
    }
}

static const char *html_entity(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void scs_escape_html(FILE *out, const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t done = 0, at = 0;
    while (at < len) {
        uint32_t c;
        size_t n = plain(p + at, len - at, &c);
        const char *entity = html_entity(c);
        if (n != 0 && entity == NULL) {
            at += n;
            continue;
        }
        fwrite(p + done, 1, at - done, out);
        if (entity != NULL) {
            fputs(entity, out);
        } else if (c == UINT32_MAX) {
            fprintf(out, "\\x%02x", p[at]);
        } else {
            fprintf(out, "\\u%04x", c);
        }
        at += c == UINT32_MAX ? 1 : scs_text_utf8(p + at, len - at);
        done = at;
    }
    fwrite(p + done, 1, at - done, out);
}
