/* SPDX-License-Identifier: Apache-2.0 */
/* Request targets, and the SCEP message that a GET carries in its query (RFC 8894 4.1). */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "evidence/scrub_parts.h"

/* ---- base64 ------------------------------------------------------------------------------------------ */

#define MAX_BREAK 3u

/* One base64 character, escaped or not, where it stands. */
struct symbol {
    uint32_t off;
    uint8_t width; /* 1 plain, 3 "%2B", 5 "%252B" */
    uint8_t value; /* 0 to 63 */
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(uint8_t c)
{
    if (c == '-' || c == ' ') {
        c = '+';
    } else if (c == '_') {
        c = '/';
    }
    const char *at = c == 0 ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

static int hex_value(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* The character at the cursor, through one or two layers of escapes; its width. 0 at the end or at a broken escape. */
static unsigned take_char(struct scs_cursor *c, uint8_t *out)
{
    struct scs_cursor at = *c;
    uint8_t first, high, low;
    if (!scs_cursor_u8(&at, &first)) {
        return 0;
    }
    unsigned width = 1;
    if (first == '%') {
        width = scs_cursor_starts(&at, "25") && scs_cursor_skip(&at, 2) ? 5 : 3;
        if (!scs_cursor_u8(&at, &high) || !scs_cursor_u8(&at, &low) || hex_value(high) < 0 || hex_value(low) < 0) {
            return 0;
        }
        first = (uint8_t)(hex_value(high) << 4 | hex_value(low));
    }
    *out = first;
    *c = at;
    return width;
}

static void put_symbol(const struct symbol *symbol, unsigned value, uint8_t *out)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t c = (uint8_t)alphabet[value & 63];
    uint8_t *at = out + symbol->off;
    if (symbol->width == 1) {
        *at = c == '+' || c == '/' ? 'A' : c; /* disguises make neither; these would change the length */
        return;
    }
    at[symbol->width - 2] = (uint8_t)digits[c >> 4];
    at[symbol->width - 1] = (uint8_t)digits[c & 15];
}

struct decoded {
    struct symbol *symbols;
    size_t num;
    uint8_t *bytes;
    size_t len;
};

static void decode(const struct scs_cursor *text, struct decoded *d)
{
    struct scs_cursor c = *text;
    *d = (struct decoded){.symbols = scs_xcalloc(text->len + 1, sizeof *d->symbols), .bytes = scs_xmalloc(text->len + 1)};
    uint32_t held = 0;
    unsigned bits = 0;
    while (c.len != 0) {
        uint8_t byte;
        uint32_t off = c.off;
        unsigned width = take_char(&c, &byte);
        int value = width == 0 ? -1 : value_of(byte);
        if (value < 0 && (byte == '\r' || byte == '\n') && width != 0) {
            continue;
        }
        if (value < 0) {
            break; /* padding, or nothing of ours */
        }
        d->symbols[d->num++] = (struct symbol){.off = off, .width = (uint8_t)width, .value = (uint8_t)value};
        held = held << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            d->bytes[d->len++] = (uint8_t)(held >> bits);
        }
    }
}

/* Symbols of changed bytes are written anew, each as wide as it was. */
static void encode(const struct decoded *d, const uint8_t *scrubbed, uint8_t *out)
{
    for (size_t i = 0; i < d->num; i++) {
        size_t byte = i * 6 / 8;
        unsigned high = byte < d->len ? scrubbed[byte] : 0, low = byte + 1 < d->len ? scrubbed[byte + 1] : 0;
        unsigned value = ((high << 8 | low) >> (10 - i * 6 % 8)) & 63;
        if (byte >= d->len) {
            value = d->symbols[i].value; /* half a byte at the end */
        }
        if (value != d->symbols[i].value) {
            put_symbol(&d->symbols[i], value, out);
        }
    }
}

/* What ended the base64: one character that does not belong, or the dots with which logs cut a message short. */
static void show_break(const struct scs_cursor *text, uint32_t end, uint8_t *out)
{
    struct scs_cursor rest = *text;
    uint8_t c;
    if (!scs_cursor_skip(&rest, end - text->off)) {
        return;
    }
    for (unsigned i = 0; i < MAX_BREAK; i++) {
        struct scs_cursor one = rest;
        one.len = take_char(&rest, &c);
        if (one.len == 0 || c == 0 || strchr("!#$()*,.:;<>?@[]^{|}~", c) == NULL) {
            return;
        }
        scs_scrub_copy(&one, out);
    }
}

bool scs_scrub_base64(struct scs_scrub *s, const struct scs_cursor *text, uint8_t *out)
{
    struct decoded d;
    decode(text, &d);
    bool is_message = d.len > 8 && d.bytes[0] == 0x30;
    if (is_message) {
        uint8_t *scrubbed = scs_xmalloc(d.len);
        struct scs_cursor message = scs_cursor_of(d.bytes, d.len);
        struct scs_cursor seen = *text;
        if (s->level == SCS_REDACT_SECRETS) {
            memcpy(scrubbed, d.bytes, d.len);
        } else {
            memset(scrubbed, SCS_BLANK, d.len);
        }
        scs_scrub_der(s, &message, scrubbed);
        /* What follows the last symbol is padding, or not base64 and so not shown. */
        const struct symbol *last = &d.symbols[d.num - 1];
        uint32_t end = last->off + last->width;
        seen.len = end - text->off;
        scs_scrub_copy(&seen, out);
        for (struct scs_cursor c = {.p = text->p + seen.len, .len = text->len - seen.len, .off = end}; c.len != 0;) {
            struct scs_cursor one = scs_cursor_first(&c, 1);
            uint8_t byte;
            unsigned width = take_char(&c, &byte);
            if (width == 0 || (byte != '=' && byte != '\r' && byte != '\n')) {
                break;
            }
            one.len = width;
            scs_scrub_copy(&one, out);
        }
        show_break(text, end, out);
        encode(&d, scrubbed, out);
        free(scrubbed);
    }
    free(d.symbols);
    free(d.bytes);
    return is_message;
}

/* ---- targets ----------------------------------------------------------------------------------------- */

static bool one_of(const struct scs_cursor *text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (scs_cursor_equals_nocase(text, words[i])) {
            return true;
        }
    }
    return false;
}

/* When strict, of a path only what Microsoft or the RFC named is shown. */
static void scrub_path(struct scs_scrub *s, const struct scs_cursor *path, uint8_t *out)
{
    static const char *const known[] = {"",
                                        "certsrv",
                                        "mscep",
                                        "mscep_admin",
                                        "mscep.dll",
                                        "pkiclient.exe",
                                        "cgi-bin",
                                        "scep",
                                        "CertificateRegistrationSvc",
                                        "CMCertificateRegistration",
                                        "Certificate",
                                        "VerifyRequest",
                                        "Notify",
                                        "NDESGenerateChallenge",
                                        NULL};
    struct scs_cursor c = *path, segment;
    if (s->level < SCS_REDACT_STRICT) {
        scs_scrub_text(s, path, out);
        return;
    }
    while (c.len != 0) {
        struct scs_cursor rest = c;
        bool slash = scs_cursor_until(&c, '/', &segment);
        if (!slash && !scs_cursor_take(&c, c.len, &segment)) {
            return;
        }
        struct scs_cursor whole = scs_cursor_first(&rest, segment.len + slash);
        scs_scrub_copy(&whole, out);
        if (!one_of(&segment, known)) {
            scs_scrub_value(s, "text", &segment, out);
        }
    }
}

static void scrub_parameter(struct scs_scrub *s, const struct scs_cursor *parameter, uint8_t *out)
{
    static const char *const operations[] = {"GetCACaps",  "GetCACert",     "GetNextCACert",         "PKIOperation",
                                             "PKIMessage", "VerifyRequest", "NDESGenerateChallenge", NULL};
    struct scs_cursor value = *parameter, name;
    bool strict = s->level == SCS_REDACT_STRICT;
    if (!scs_cursor_until(&value, '=', &name)) {
        scs_scrub_text(s, parameter, out);
        if (strict) {
            scs_scrub_value(s, "text", parameter, out);
        }
        return;
    }
    struct scs_cursor head = scs_cursor_first(parameter, name.len + 1);
    scs_scrub_copy(&head, out);
    if (scs_redact_names_secret((const char *)name.p, name.len)) {
        scs_scrub_value(s, "secret", &value, out);
    } else if (scs_cursor_equals_nocase(&name, "operation") && (!strict || one_of(&value, operations))) {
        scs_scrub_text(s, &value, out);
    } else if (scs_cursor_equals_nocase(&name, "message") && scs_scrub_base64(s, &value, out)) {
        return;
    } else if (strict && !scs_cursor_starts_nocase(&value, "NDESLongUrlValidator")) {
        scs_scrub_value(s, "text", &value, out);
    } else {
        scs_scrub_text(s, &value, out);
    }
}

static void scrub_query(struct scs_scrub *s, const struct scs_cursor *query, uint8_t *out)
{
    struct scs_cursor c = *query;
    while (c.len != 0) {
        size_t n = 0;
        while (n < c.len && c.p[n] != '&' && c.p[n] != ';') {
            n++;
        }
        struct scs_cursor parameter = scs_cursor_first(&c, n), mark;
        scrub_parameter(s, &parameter, out);
        if (!scs_cursor_skip(&c, n)) {
            return;
        }
        mark = scs_cursor_first(&c, 1);
        scs_scrub_copy(&mark, out);
        (void)!scs_cursor_skip(&c, mark.len);
    }
}

void scs_scrub_url(struct scs_scrub *s, const struct scs_cursor *url, uint8_t *out)
{
    struct scs_cursor c = *url, part;
    size_t scheme = scs_cursor_find(&c, "://"), query = scs_cursor_find(&c, "?");
    if (scheme != SIZE_MAX && scheme < 8 && (query == SIZE_MAX || scheme < query)) {
        part = scs_cursor_first(&c, scheme + 3);
        scs_scrub_copy(&part, out);
        if (!scs_cursor_skip(&c, scheme + 3)) {
            return;
        }
        size_t slash = scs_cursor_find(&c, "/");
        part = scs_cursor_first(&c, slash < c.len ? slash : c.len);
        scs_scrub_host(s, &part, out);
        (void)!scs_cursor_skip(&c, part.len);
        query = scs_cursor_find(&c, "?");
    }
    part = scs_cursor_first(&c, query < c.len ? query : c.len);
    scrub_path(s, &part, out);
    if (scs_cursor_skip(&c, part.len) && c.len != 0) {
        part = scs_cursor_first(&c, 1);
        scs_scrub_copy(&part, out);
        if (scs_cursor_skip(&c, 1)) {
            scrub_query(s, &c, out);
        }
    }
}
