/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keylog.h"

#include <openssl/crypto.h>
#include <string.h>

#include "scepscope/dissector.h"
#include "scepscope/limits.h"

static const struct {
    const char *name;
    enum scs_secret_label label;
} labels[] = {
    {"CLIENT_RANDOM", SCS_SECRET_MASTER},
    {"CLIENT_EARLY_TRAFFIC_SECRET", SCS_SECRET_CLIENT_EARLY},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", SCS_SECRET_CLIENT_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", SCS_SECRET_SERVER_HANDSHAKE},
    {"CLIENT_TRAFFIC_SECRET_0", SCS_SECRET_CLIENT_TRAFFIC},
    {"SERVER_TRAFFIC_SECRET_0", SCS_SECRET_SERVER_TRAFFIC},
};

/* ---- one line ---------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts off the next word. RFC 9850 has one space between words; hands and editors put more, and some at the end. */
static bool next_word(struct scs_cursor *c, struct scs_cursor *out)
{
    uint8_t byte;
    size_t len = 0;
    while (scs_cursor_peek(c, 0, &byte) && is_blank(byte)) {
        (void)!scs_cursor_skip(c, 1);
    }
    while (scs_cursor_peek(c, len, &byte) && !is_blank(byte)) {
        len++;
    }
    return len != 0 && scs_cursor_take(c, len, out);
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Is the word an even number of hexadecimal digits? Writes at most `max` bytes of them, and says how many there are. */
static bool read_hex(struct scs_cursor word, uint8_t *out, size_t max, size_t *len)
{
    uint8_t high, low;
    *len = 0;
    if (word.len % 2 != 0) {
        return false;
    }
    while (scs_cursor_u8(&word, &high) && scs_cursor_u8(&word, &low)) {
        int h = hex_digit(high), l = hex_digit(low);
        if (h < 0 || l < 0) {
            return false;
        }
        if (*len < max) {
            out[*len] = (uint8_t)(h << 4 | l);
        }
        ++*len;
    }
    return *len != 0;
}

/* RFC 9850 2: labels are of upper-case letters, digits and underscores. */
static bool is_label(struct scs_cursor word)
{
    uint8_t c;
    while (scs_cursor_u8(&word, &c)) {
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return true;
}

static bool find_label(const struct scs_cursor *word, enum scs_secret_label *out)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (scs_cursor_equals(word, labels[i].name)) {
            *out = labels[i].label;
            return true;
        }
    }
    return false;
}

/* A master secret has 48 bytes; a traffic secret has the length of its suite's hash. */
static bool fits(enum scs_secret_label label, size_t secret_len)
{
    return secret_len == 48 || (secret_len == 32 && label != SCS_SECRET_MASTER);
}

enum scs_keylog_kind scs_keylog_read(const struct scs_cursor *line, struct scs_keylog_line *out)
{
    struct scs_cursor c = *line, label, random, secret, more;
    size_t random_len, secret_len;

    if (!next_word(&c, &label) || scs_cursor_starts(&label, "#")) {
        return SCS_KEYLOG_PASSED;
    }
    /* The session identifiers and premaster secrets of older tools begin with this word and have other forms. */
    if (scs_cursor_equals(&label, "RSA")) {
        return SCS_KEYLOG_PASSED;
    }
    if (!is_label(label) || !next_word(&c, &random) || !next_word(&c, &secret) || next_word(&c, &more) ||
        !read_hex(random, out->client_random, sizeof out->client_random, &random_len) ||
        !read_hex(secret, out->secret, sizeof out->secret, &secret_len)) {
        return SCS_KEYLOG_BAD;
    }
    if (!find_label(&label, &out->label)) {
        return SCS_KEYLOG_PASSED; /* RFC 9850 2: labels that are not known are to be ignored */
    }
    if (random_len != sizeof out->client_random || !fits(out->label, secret_len)) {
        return SCS_KEYLOG_BAD;
    }
    out->secret_len = (uint8_t)secret_len;
    return SCS_KEYLOG_SECRET;
}

/* ---- lines out of pieces ----------------------------------------------------------------------------- */

void scs_keylog_init(struct scs_keylog *k, void (*line)(void *, enum scs_keylog_kind, const struct scs_keylog_line *), void *ctx)
{
    *k = (struct scs_keylog){.line = line, .ctx = ctx};
    scs_buf_init(&k->partial, SCS_MAX_KEY_LOG_LINE);
}

static void forget_partial(struct scs_keylog *k)
{
    if (k->partial.cap != 0) {
        OPENSSL_cleanse(k->partial.p, k->partial.cap);
    }
    scs_buf_clear(&k->partial);
}

void scs_keylog_cleanup(struct scs_keylog *k)
{
    forget_partial(k);
    scs_buf_cleanup(&k->partial);
}

/* The line as it is read: without the byte order mark that Windows editors put before the first one. */
static struct scs_cursor without_mark(const struct scs_keylog *k, struct scs_cursor line)
{
    if (!k->started && scs_cursor_starts(&line, "\xef\xbb\xbf")) {
        (void)!scs_cursor_skip(&line, 3);
    }
    return line;
}

static void give(struct scs_keylog *k, const struct scs_cursor *whole, bool too_long)
{
    struct scs_keylog_line parsed;
    struct scs_cursor line = without_mark(k, *whole);
    k->line(k->ctx, too_long ? SCS_KEYLOG_BAD : scs_keylog_read(&line, &parsed), &parsed);
    OPENSSL_cleanse(&parsed, sizeof parsed);
    k->started = true;
}

void scs_keylog_feed(struct scs_keylog *k, const struct scs_cursor *text)
{
    struct scs_cursor rest = *text, line;
    while (scs_cursor_until(&rest, '\n', &line)) {
        if (k->partial.len == 0) {
            give(k, &line, line.len > SCS_MAX_KEY_LOG_LINE);
            continue;
        }
        scs_buf_add(&k->partial, line.p, line.len);
        line = scs_buf_cursor(&k->partial);
        give(k, &line, k->partial.overflowed);
        forget_partial(k);
    }
    scs_buf_add(&k->partial, rest.p, rest.len);
}

void scs_keylog_try(const struct scs_keylog *k)
{
    struct scs_keylog_line parsed;
    struct scs_cursor line = without_mark(k, scs_buf_cursor(&k->partial));
    if (!k->partial.overflowed && scs_keylog_read(&line, &parsed) == SCS_KEYLOG_SECRET) {
        k->line(k->ctx, SCS_KEYLOG_SECRET, &parsed);
    }
    OPENSSL_cleanse(&parsed, sizeof parsed);
}

/* ---- for the registry -------------------------------------------------------------------------------- */

/* FNV-1a: shows that two readings agree without showing the secret */
static uint32_t checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = UINT32_C(2166136261);
    for (size_t i = 0; i < n; i++) {
        sum = (sum ^ p[i]) * UINT32_C(16777619);
    }
    return sum;
}

static void show_line(void *ctx, enum scs_keylog_kind kind, const struct scs_keylog_line *line)
{
    struct scs_buf *out = ctx;
    if (kind == SCS_KEYLOG_SECRET) {
        scs_buf_printf(out, "secret %d random %08x, %u bytes %08x\n", (int)line->label,
                       (unsigned)checksum(line->client_random, sizeof line->client_random), line->secret_len,
                       (unsigned)checksum(line->secret, line->secret_len));
    } else {
        scs_buf_text(out, kind == SCS_KEYLOG_PASSED ? "passed over\n" : "bad\n");
    }
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    struct scs_keylog keylog;
    struct scs_cursor rest = scs_cursor_of(data, len), first;

    scs_keylog_init(&keylog, show_line, out);
    if (scs_cursor_take(&rest, cut, &first)) {
        scs_keylog_feed(&keylog, &first);
        scs_keylog_feed(&keylog, &rest);
    }
    scs_keylog_try(&keylog);
    enum scs_status st = keylog.partial.len == 0 ? SCS_OK : SCS_MORE;
    scs_keylog_cleanup(&keylog);
    return st;
}

const struct scs_dissector scs_dissector_keylog = {.name = "keylog", .claims = "NSS key log (RFC 9850)", .examine = examine};
