/* SPDX-License-Identifier: Apache-2.0 */
/* Text as it stands in header fields and pages: what is hidden in it is what report/redact.c hides in the same text. */
#include <string.h>

#include "base/text.h"
#include "evidence/scrub_parts.h"

/* mscep_admin gives passwords of 16 hexadecimal digits or more; error numbers have 8, thumbprints spaces in between. */
#define LEAST_PASSWORD 16u
#define LEAST_WORD     6u

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' ||
           c == '@' || c == ':' || c == '[' || c == ']' || c == '%' || c == '+' || c >= 0x80;
}

static bool is_plain(uint8_t c)
{
    return is_word(c) && c != '.' && c != ':';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* The length of the address with or without port that the word is; 0: it is none. */
static bool is_address(const struct scs_cursor *word, struct scs_endpoint *out)
{
    char text[SCS_ENDPOINT_TEXT];
    if (word->len < 2 || word->len >= sizeof text) {
        return false;
    }
    memcpy(text, word->p, word->len);
    text[word->len] = '\0';
    return scs_endpoint_parse(text, out);
}

/* The same value has the same token however the address was written. */
static void hide_address(struct scs_scrub *s, const struct scs_cursor *word, const struct scs_endpoint *e, uint8_t *out)
{
    char text[SCS_ENDPOINT_TEXT];
    struct scs_cursor host = *word;
    size_t port = scs_cursor_find(word, e->addr.family == 6 ? "]:" : ":");
    if (e->port != 0 && port != SIZE_MAX) {
        host = scs_cursor_first(word, port + (e->addr.family == 6));
    }
    scs_scrub_copy(word, out);
    scs_addr_text(&e->addr, text);
    scs_disguise_text(s->disguise, "ip", text, strlen(text), out + word->off, host.len);
}

void scs_scrub_host(struct scs_scrub *s, const struct scs_cursor *host, uint8_t *out)
{
    struct scs_endpoint e;
    scs_scrub_copy(host, out);
    if (is_address(host, &e)) {
        if (scs_disguise_hides(s->disguise, &e.addr)) {
            hide_address(s, host, &e, out);
        }
        return;
    }
    if (s->level == SCS_REDACT_STRICT) {
        size_t colon = scs_cursor_find(host, ":");
        struct scs_cursor name = scs_cursor_first(host, colon < host->len ? colon : host->len);
        scs_disguise_host(s->disguise, &name, out + host->off);
    }
}

bool scs_scrub_names_host(const struct scs_cursor *word)
{
    size_t letters = 0;
    while (letters < word->len && lower(word->p[word->len - 1 - letters]) >= 'a' &&
           lower(word->p[word->len - 1 - letters]) <= 'z') {
        letters++;
    }
    return letters >= 2 && letters + 1 < word->len && word->p[word->len - 1 - letters] == '.' &&
           scs_cursor_find(word, "@") == SIZE_MAX;
}

static void scrub_word(struct scs_scrub *s, const struct scs_cursor *found, uint8_t *out)
{
    struct scs_cursor word = *found;
    struct scs_endpoint e;
    scs_scrub_copy(found, out);
    while (word.len != 0 && (word.p[word.len - 1] == '.' || word.p[word.len - 1] == ':')) {
        word.len--;
    }
    size_t at = scs_cursor_find(&word, "@");
    if (is_address(&word, &e)) {
        if (scs_disguise_hides(s->disguise, &e.addr)) {
            hide_address(s, &word, &e, out);
        }
    } else if (at != SIZE_MAX && at != 0 && at + 1 < word.len) {
        scs_scrub_value(s, "name", &word, out);
    } else if (s->level == SCS_REDACT_STRICT && scs_scrub_names_host(&word)) {
        scs_disguise_host(s->disguise, &word, out + word.off);
    }
}

/* Where a word of the model's begins in the text: compares without case, whole words only. Returns its length, 0: none. */
static size_t known_word(const struct scs_scrub *s, const struct scs_cursor *text, size_t at)
{
    size_t low = 0, high = s->num_words;
    uint8_t first = lower(text->p[at]);
    if (at != 0 && is_plain(text->p[at - 1])) {
        return 0;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uint8_t)s->words[middle][0] < first) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < s->num_words && (uint8_t)s->words[low][0] == first; low++) {
        size_t len = strlen(s->words[low]), n = 0;
        while (n < len && at + n < text->len && lower(text->p[at + n]) == (uint8_t)s->words[low][n]) {
            n++;
        }
        if (n == len && (at + n == text->len || !is_plain(text->p[at + n]))) {
            return n;
        }
    }
    return 0;
}

/* "CN=name", "UID=name", "DOMAIN\name": how many bytes of the name stand at `at`; 0: none. */
static size_t marked_name(const struct scs_cursor *text, size_t at)
{
    static const char *const marks[] = {"CN=", "UID=", "SERIALNUMBER=", "EMAILADDRESS=", NULL};
    size_t len = 0;
    bool marked = false;
    for (size_t i = 0; marks[i] != NULL && !marked; i++) {
        size_t n = strlen(marks[i]);
        struct scs_cursor before = *text;
        marked = at >= n && scs_cursor_skip(&before, at - n) && scs_cursor_starts_nocase(&before, marks[i]);
    }
    if (marked) {
        while (at + len < text->len && strchr(",<>\"'&;/\\\r\n+", (char)text->p[at + len]) == NULL) {
            len++;
        }
        return len;
    }
    bool user = at >= 2 && text->p[at - 1] == '\\' && is_plain(text->p[at - 2]);
    while (user && at + len < text->len && is_word(text->p[at + len])) {
        len++;
    }
    return len;
}

void scs_scrub_text(struct scs_scrub *s, const struct scs_cursor *text, uint8_t *out)
{
    struct scs_cursor c = *text;
    if (s->level == SCS_REDACT_SECRETS) {
        scs_scrub_copy(text, out);
        return;
    }
    while (c.len != 0) {
        size_t n = 0;
        while (n < c.len && is_word(c.p[n])) {
            n++;
        }
        struct scs_cursor word = scs_cursor_first(&c, n == 0 ? 1 : n);
        scrub_word(s, &word, out);
        if (!scs_cursor_skip(&c, word.len)) {
            return;
        }
    }
    for (size_t at = 0; at < text->len; at++) {
        size_t n = known_word(s, text, at);
        n = n != 0 ? n : marked_name(text, at);
        if (n != 0) {
            struct scs_cursor name = {.p = text->p + at, .len = n, .off = text->off + (uint32_t)at};
            scs_scrub_value(s, "name", &name, out);
            at += n - 1;
        }
    }
}

/* ---- pages ----------------------------------------------------------------------------------------- */

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

static void hide_passwords(struct scs_scrub *s, const struct scs_cursor *text, uint8_t *out)
{
    for (size_t at = 0, n; at < text->len; at += n + 1) {
        for (n = 0; at + n < text->len && is_hex(text->p[at + n]);) {
            n++;
        }
        if (n >= LEAST_PASSWORD) {
            struct scs_cursor word = {.p = text->p + at, .len = n, .off = text->off + (uint32_t)at};
            scs_scrub_value(s, "secret", &word, out);
        }
    }
}

/* On a page that speaks of passwords a single word in bold is one, whatever it is made of. */
static void hide_bold(struct scs_scrub *s, const struct scs_cursor *text, uint8_t *out)
{
    struct scs_cursor c = *text, word;
    if (scs_cursor_find_nocase(text, "password") == SIZE_MAX) {
        return;
    }
    for (size_t at; (at = scs_cursor_find_nocase(&c, "<b>")) != SIZE_MAX && scs_cursor_skip(&c, at + 3);) {
        size_t end = scs_cursor_find(&c, "<");
        word = scs_cursor_first(&c, end < c.len ? end : c.len);
        while (word.len != 0 && *word.p == ' ' && scs_cursor_skip(&word, 1)) {
        }
        while (word.len != 0 && word.p[word.len - 1] == ' ') {
            word.len--;
        }
        if (word.len >= LEAST_WORD && memchr(word.p, ' ', word.len) == NULL) {
            scs_scrub_value(s, "secret", &word, out);
        }
    }
}

static void scrub_plain_page(struct scs_scrub *s, const struct scs_cursor *page, uint8_t *out)
{
    scs_scrub_text(s, page, out);
    hide_passwords(s, page, out);
    hide_bold(s, page, out);
}

/* IIS sends pages of mscep in UTF-16: ASCII with a zero before or behind each character. */
static bool is_wide(const struct scs_cursor *page, size_t *first)
{
    size_t zeros[2] = {0, 0}, look = page->len < 256 ? page->len : 256;
    for (size_t i = 0; i < look; i++) {
        zeros[i % 2] += page->p[i] == 0;
    }
    *first = zeros[0] > zeros[1] ? 1 : 0;
    return look >= 8 && zeros[1 - *first] > look / 4;
}

/* When strict, that it is a page of HTML or XML still shows: brackets and names of the tags HTML knows. */
static void show_tags(const struct scs_cursor *page, uint8_t *out)
{
    static const char *const tags[] = {"!DOCTYPE", "html", "head", "title", "body", "center", "h1",
                                       "h2",       "p",    "b",    "form",  "meta", NULL};
    struct scs_cursor c = *page;
    for (size_t at; (at = scs_cursor_find(&c, "<")) != SIZE_MAX && scs_cursor_skip(&c, at + 1);) {
        struct scs_cursor name = c;
        uint8_t slash;
        out[c.off - 1] = '<';
        if (scs_cursor_peek(&name, 0, &slash) && slash == '/' && scs_cursor_skip(&name, 1)) {
            out[name.off - 1] = '/';
        }
        for (size_t i = 0; tags[i] != NULL; i++) {
            size_t len = strlen(tags[i]);
            if (scs_cursor_starts_nocase(&name, tags[i]) && name.len > len && !is_plain(name.p[len])) {
                struct scs_cursor tag = scs_cursor_first(&name, len + (name.p[len] == '>'));
                scs_scrub_copy(&tag, out);
                break;
            }
        }
    }
}

void scs_scrub_page(struct scs_scrub *s, const struct scs_cursor *page, uint8_t *out)
{
    size_t first;
    if (s->level == SCS_REDACT_STRICT) {
        show_tags(page, out);
        return;
    }
    if (!is_wide(page, &first)) {
        scrub_plain_page(s, page, out);
        return;
    }
    struct scs_gathered g;
    scs_gathered_init(&g);
    for (size_t i = first; i < page->len; i += 2) {
        struct scs_cursor c = {.p = page->p + i, .len = 1, .off = page->off + (uint32_t)i};
        scs_gathered_add(&g, &c);
    }
    uint8_t *scrubbed = scs_gathered_begin(&g, s);
    struct scs_cursor text = scs_buf_cursor(&g.bytes);
    scrub_plain_page(s, &text, scrubbed);
    for (size_t i = 1 - first; i < page->len; i += 2) {
        out[page->off + i] = page->p[i] == 0 || page->p[i] >= 0xfe ? page->p[i] : 0; /* ASCII only, and the byte order mark */
    }
    scs_gathered_end(&g, scrubbed, out);
}
