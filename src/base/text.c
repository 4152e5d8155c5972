/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

size_t scs_text_utf8(const uint8_t *p, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (p[0] < 0x80) {
        return 1;
    }
    size_t n;
    uint32_t c, least;
    if ((p[0] & 0xe0) == 0xc0) {
        n = 2;
        c = p[0] & 0x1fu;
        least = 0x80;
    } else if ((p[0] & 0xf0) == 0xe0) {
        n = 3;
        c = p[0] & 0x0fu;
        least = 0x800;
    } else if ((p[0] & 0xf8) == 0xf0) {
        n = 4;
        c = p[0] & 0x07u;
        least = 0x10000;
    } else {
        return 0;
    }
    if (len < n) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3fu);
    }
    /* Overlong forms, surrogates and what lies beyond Unicode are not text (RFC 3629 3). */
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return 0;
    }
    return n;
}

/* C1 controls (U+0080..U+009F) act as escape sequences on some terminals; the bidirectional controls reorder text. */
static bool harmless(const uint8_t *p, size_t n)
{
    if (n == 1) {
        return p[0] >= 0x20 && p[0] != 0x7f;
    }
    if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) {
        return false;
    }
    if (n == 3 && p[0] == 0xe2 &&
        ((p[1] == 0x80 && (p[2] >= 0xa8 || (p[2] >= 0x8b && p[2] <= 0x8f))) || (p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf))) {
        return false;
    }
    return !(n == 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf);
}

/* How many of `len` bytes, up to the first other one, are printable ASCII. */
static size_t plain_run(const uint8_t *p, size_t len)
{
    size_t n = 0;
    while (n < len && p[n] >= 0x20 && p[n] < 0x7f) {
        n++;
    }
    return n;
}

size_t scs_text_clean(const struct scs_cursor *bytes, size_t max, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0, len = 0, chars = 0;

    while (at < bytes->len) {
        if (chars >= max) {
            if (out != NULL) {
                memcpy(out + len, "...", 3);
            }
            len += 3;
            break;
        }
        /* Nearly all of nearly every text: copied in one go. */
        size_t left = bytes->len - at, run = plain_run(bytes->p + at, left < max - chars ? left : max - chars);
        if (run != 0) {
            if (out != NULL) {
                memcpy(out + len, bytes->p + at, run);
            }
            len += run;
            at += run;
            chars += run;
            continue;
        }
        size_t n = scs_text_utf8(bytes->p + at, bytes->len - at);
        if (n != 0 && harmless(bytes->p + at, n)) {
            if (out != NULL) {
                memcpy(out + len, bytes->p + at, n);
            }
            len += n;
            at += n;
            chars++;
            continue;
        }
        for (size_t end = at + (n == 0 ? 1 : n); at < end; at++) {
            if (out != NULL) {
                out[len] = '\\';
                out[len + 1] = 'x';
                out[len + 2] = digits[bytes->p[at] >> 4];
                out[len + 3] = digits[bytes->p[at] & 15];
            }
            len += 4;
            chars += 4;
        }
    }
    if (out != NULL) {
        out[len] = '\0';
    }
    return len;
}

void scs_text_hex(const void *data, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

struct civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
    uint32_t nanos;
};

/* Days to civil date and back, by counting 400-year eras from 1 March of year 0. */
static struct civil civil_of_seconds(int64_t seconds, uint32_t nanos)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted_month = (5 * day_of_year + 2) / 153;
    struct civil c = {
        .month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9,
        .day = day_of_year - (153 * shifted_month + 2) / 5 + 1,
        .hour = (unsigned)(rest / 3600),
        .minute = (unsigned)(rest / 60 % 60),
        .second = (unsigned)(rest % 60),
        .nanos = nanos,
    };
    c.year = (int64_t)year_of_era + era * 400 + (c.month <= 2);
    return c;
}

static struct civil civil_of(int64_t ts_ns)
{
    int64_t seconds = ts_ns / 1000000000;
    int64_t nanos = ts_ns % 1000000000;
    if (nanos < 0) {
        nanos += 1000000000;
        seconds--;
    }
    return civil_of_seconds(seconds, (uint32_t)nanos);
}

static const char *rfc3339(struct civil c, char out[SCS_TIME_TEXT])
{
    snprintf(out, SCS_TIME_TEXT, "%04d-%02u-%02uT%02u:%02u:%02u.%06uZ", (int)c.year, c.month, c.day, c.hour, c.minute, c.second,
             c.nanos / 1000);
    return out;
}

const char *scs_text_time(int64_t ts_ns, char out[SCS_TIME_TEXT])
{
    return rfc3339(civil_of(ts_ns), out);
}

const char *scs_text_seconds(int64_t ts_s, char out[SCS_TIME_TEXT])
{
    return rfc3339(civil_of_seconds(ts_s, 0), out);
}

const char *scs_text_clock(int64_t ts_ns, bool with_ms, char out[SCS_TIME_TEXT])
{
    struct civil c = civil_of(ts_ns);
    if (with_ms) {
        snprintf(out, SCS_TIME_TEXT, "%02u:%02u:%02u.%03u", c.hour, c.minute, c.second, c.nanos / 1000000);
    } else {
        snprintf(out, SCS_TIME_TEXT, "%02u:%02u:%02u", c.hour, c.minute, c.second);
    }
    return out;
}

const char *scs_text_day(int64_t ts_ns, char out[SCS_TIME_TEXT])
{
    struct civil c = civil_of(ts_ns);
    snprintf(out, SCS_TIME_TEXT, "%04d-%02u-%02u", (int)c.year, c.month, c.day);
    return out;
}

bool scs_time_from_civil(int year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second, int64_t *out)
{
    static const uint8_t days_in[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > days_in[month - 1] + (unsigned)(month == 2 && leap) || hour > 23 ||
        minute > 59 || second > 60 || year < 0 || year > 9999) {
        return false;
    }
    int64_t y = year - (month <= 2);
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
    *out = days * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

bool scs_cursor_decimal(struct scs_cursor *c, uint64_t max, uint64_t *out)
{
    struct scs_cursor at = *c;
    uint64_t value = 0;
    uint8_t byte;
    if (!scs_cursor_peek(&at, 0, &byte) || byte < '0' || byte > '9') {
        return false;
    }
    while (scs_cursor_peek(&at, 0, &byte) && byte >= '0' && byte <= '9') {
        unsigned digit = byte - '0';
        if (value > (max - digit) / 10 || digit > max) {
            return false;
        }
        value = value * 10 + digit;
        if (!scs_cursor_skip(&at, 1)) {
            return false;
        }
    }
    *c = at;
    *out = value;
    return true;
}

bool scs_text_u64(const char *s, uint64_t max, uint64_t *out)
{
    struct scs_cursor c = scs_cursor_of(s, strlen(s));
    uint64_t value;
    if (!scs_cursor_decimal(&c, max, &value) || !scs_cursor_done(&c)) {
        return false;
    }
    *out = value;
    return true;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool scs_text_starts_nocase(const char *text, const char *prefix)
{
    if (text == NULL) {
        return false;
    }
    for (; *prefix != '\0'; text++, prefix++) {
        if (fold(*text) != fold(*prefix)) {
            return false;
        }
    }
    return true;
}

bool scs_text_equal_nocase(const char *a, const char *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return scs_text_starts_nocase(a, b) && strlen(a) == strlen(b);
}

bool scs_text_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return strcmp(a, b) == 0;
}

bool scs_text_contains_nocase(const char *text, const char *part)
{
    if (text == NULL) {
        return false;
    }
    char first = fold(*part);
    for (; *text != '\0'; text++) {
        if (fold(*text) == first && scs_text_starts_nocase(text, part)) {
            return true;
        }
    }
    return *part == '\0';
}
