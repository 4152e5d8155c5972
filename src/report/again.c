/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report is copied as it stands, but for the texts in it: which one is what, its name and the names around it say.
 * It is read three times: first for the names of CAs, which may stay; then for the values that are hidden, because
 * sentences repeat them; then it is written.
 */
#include "report/again.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "platform/platform.h"
#include "report/escape.h"

#define MAX_REPORT (512u * 1024u * 1024u)
#define MAX_DEPTH  32u
#define MAX_NAME   64u
#define LOOK       256u

static const char schema[] = "\"scepscope/report/1\"";

/* ---- reading ----------------------------------------------------------------------------------------- */

static bool read_file(const char *path, size_t most, struct scs_buf *out, struct scs_error *err)
{
    uint8_t piece[16384];
    int fd = scs_platform_open(path, err);
    ptrdiff_t got = fd < 0 ? -1 : 0;
    while (fd >= 0 && out->len < most && (got = scs_platform_read(fd, piece, sizeof piece, err)) > 0) {
        scs_buf_add(out, piece, (size_t)got);
    }
    scs_platform_close(fd);
    return got >= 0;
}

bool scs_report_is_json(const char *path)
{
    struct scs_buf first;
    uint8_t brace;
    scs_buf_init(&first, 16384);
    bool is = scs_platform_is_regular(path) && read_file(path, 1, &first, NULL);
    struct scs_cursor c = scs_buf_cursor(&first);
    c = scs_cursor_first(&c, LOOK);
    is = is && scs_cursor_peek(&c, 0, &brace) && brace == '{' && scs_cursor_find(&c, schema) != SIZE_MAX;
    scs_buf_cleanup(&first);
    return is;
}

/* ---- which text is what ------------------------------------------------------------------------------ */

typedef const char *redaction(struct scs_redactor *r, const char *text);

/* An address; under the same names stand words, as who sent an alert, and what a server calls itself. */
static const char *redact_end(struct scs_redactor *r, const char *text)
{
    struct scs_endpoint e;
    return scs_endpoint_parse(text, &e) ? scs_redact_host(r, text) : scs_redact_text(r, text);
}

static const struct {
    const char *name;
    redaction *redact;
} kinds[] = {
    {"client", redact_end},
    {"server", redact_end},
    {"from", redact_end},
    {"resolver", redact_end},
    {"addresses", redact_end},
    {"host", scs_redact_host},
    {"sni", scs_redact_host},
    {"aliases", scs_redact_host},
    {"subject", scs_redact_subject}, /* those of CAs, RAs and servers are learned first */
    {"issuer", scs_redact_subject},
    {"common_name", scs_redact_name},
    {"sid", scs_redact_name},
    {"account", scs_redact_name},
    {"sans", scs_redact_san},
    {"target", scs_redact_target},
    {"location", scs_redact_target},
    {"user_agent", scs_redact_agent},
    {"via", scs_redact_payload},
    {"request_via", scs_redact_payload},
    {"response_text", scs_redact_payload},
    {"fail_info_text", scs_redact_payload},
    {"server_message", scs_redact_payload},
    {"ca_ident", scs_redact_payload},
    {"operation_name", scs_redact_payload},
    {"path", scs_redact_payload},
    {"file", scs_redact_payload},
    {"problems", scs_redact_payload},
    {"why_not", scs_redact_payload},
    {"extra_attributes", scs_redact_attribute},
};

/* Where names are those of CAs, RAs and servers; beside the signer of a reply. */
static const char *const authorities[] = {"ca_certificates", "server_certificate", "server_chain", NULL};

struct copier {
    struct scs_redactor *r;
    struct scs_cursor c;
    FILE *out;                       /* NULL: only learning */
    char names[MAX_DEPTH][MAX_NAME]; /* the member each level is the value of, or is at */
    unsigned depth;
    bool learning; /* names of authorities, before anything is hidden */
};

static bool is_within(const struct copier *k, const char *name)
{
    for (unsigned i = 0; i <= k->depth; i++) {
        if (strcmp(k->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The names that stay below the strict level, wherever else they stand. */
static void learn_authority(const struct copier *k, const char *text)
{
    const char *name = k->names[k->depth];
    bool authority = false;
    if (strcmp(name, "subject") != 0 && strcmp(name, "issuer") != 0) {
        return;
    }
    for (size_t i = 0; authorities[i] != NULL && !authority; i++) {
        authority = is_within(k, authorities[i]);
    }
    if (authority || (is_within(k, "reply") && is_within(k, "signer"))) {
        scs_redactor_keep(k->r, text);
    }
}

static const char *redact_value(const struct copier *k, const char *text)
{
    const char *name = k->names[k->depth];
    if (is_within(k, "facts")) {
        return scs_redact_fact(k->r, name, text);
    }
    if (strcmp(name, "sans") == 0 && is_within(k, "server_certificate")) {
        return scs_redact_server_san(k->r, text);
    }
    if (strcmp(name, "name") == 0 && is_within(k, "dns")) {
        return scs_redact_host(k->r, text);
    }
    if (strcmp(name, "sha256") == 0 && is_within(k, "challenge")) {
        return scs_redact_payload(k->r, text); /* short ones can be tried */
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return kinds[i].redact(k->r, text);
        }
    }
    static const char *const sentences[] = {"meaning", "causes", "fixes", "confirm", "not_visible", "title", "text", NULL};
    for (size_t i = 0; sentences[i] != NULL; i++) {
        if (is_within(k, sentences[i])) {
            return scs_redact_known(k->r, text);
        }
    }
    return text; /* words of this program, times, digests, identifiers */
}

/* ---- copying ----------------------------------------------------------------------------------------- */

static void put(const struct copier *k, const void *bytes, size_t len)
{
    if (k->out != NULL) {
        fwrite(bytes, 1, len, k->out);
    }
}

static bool hex4(struct scs_cursor *c, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t digit;
        if (!scs_cursor_u8(c, &digit)) {
            return false;
        }
        bool number = digit >= '0' && digit <= '9', letter = (digit | 32) >= 'a' && (digit | 32) <= 'f';
        if (!number && !letter) {
            return false;
        }
        *out = *out << 4 | (number ? digit - 48u : (digit | 32u) - 87u);
    }
    return true;
}

static void add_character(struct scs_buf *b, uint32_t c)
{
    if (c < 0x80) {
        scs_buf_byte(b, (uint8_t)c);
    } else if (c < 0x800) {
        scs_buf_byte(b, (uint8_t)(0xc0 | c >> 6));
        scs_buf_byte(b, (uint8_t)(0x80 | (c & 63)));
    } else {
        scs_buf_byte(b, (uint8_t)(0xe0 | c >> 12));
        scs_buf_byte(b, (uint8_t)(0x80 | (c >> 6 & 63)));
        scs_buf_byte(b, (uint8_t)(0x80 | (c & 63)));
    }
}

/* A string after its opening quote (RFC 8259 7); what this program writes has no surrogates. */
static bool read_string(struct scs_cursor *c, struct scs_buf *out)
{
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint8_t byte;
    while (scs_cursor_u8(c, &byte) && byte != '"') {
        uint32_t character;
        const char *at;
        if (byte != '\\') {
            scs_buf_byte(out, byte);
        } else if (!scs_cursor_u8(c, &byte)) {
            return false;
        } else if (byte == 'u') {
            if (!hex4(c, &character) || character == 0) {
                return false;
            }
            add_character(out, character);
        } else if (byte != 0 && (at = strchr(escapes, byte)) != NULL) {
            scs_buf_byte(out, (uint8_t)meant[at - escapes]);
        } else {
            return false;
        }
        byte = 0;
    }
    return byte == '"';
}

static bool is_member_name(struct scs_cursor c)
{
    uint8_t byte;
    while (scs_cursor_u8(&c, &byte)) {
        if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n') {
            return byte == ':';
        }
    }
    return false;
}

static bool copy_string(struct copier *k)
{
    struct scs_buf text;
    scs_buf_init(&text, 4u * 1024u * 1024u);
    bool ok = read_string(&k->c, &text);
    const char *value = scs_buf_cstr(&text);
    if (ok && is_member_name(k->c)) {
        size_t len = text.len < MAX_NAME - 1 ? text.len : MAX_NAME - 1;
        memcpy(k->names[k->depth], value, len);
        k->names[k->depth][len] = '\0';
    } else if (ok && k->learning) {
        learn_authority(k, value);
    } else if (ok) {
        value = redact_value(k, value);
    }
    put(k, "\"", 1);
    if (k->out != NULL) {
        scs_escape_json(k->out, value, strlen(value));
    }
    put(k, "\"", 1);
    scs_redactor_forget(k->r);
    scs_buf_cleanup(&text);
    return ok;
}

static bool open_level(struct copier *k, bool array)
{
    if (k->depth + 1 == MAX_DEPTH) {
        return false;
    }
    k->depth++;
    /* The values of an array are what the array is. */
    memcpy(k->names[k->depth], array ? k->names[k->depth - 1] : "", array ? MAX_NAME : 1);
    return true;
}

static bool copy(struct copier *k)
{
    uint8_t byte;
    bool ok = true;
    while (ok && scs_cursor_u8(&k->c, &byte)) {
        if (byte == '"') {
            ok = copy_string(k);
            continue;
        }
        if (byte == '{' || byte == '[') {
            ok = open_level(k, byte == '[');
        } else if (byte == '}' || byte == ']') {
            ok = k->depth != 0;
            k->depth -= ok;
        }
        put(k, &byte, 1);
    }
    return ok && k->depth == 0;
}

bool scs_report_redact_again(const char *path, struct scs_redactor *r, FILE *out, struct scs_error *err)
{
    struct scs_buf report;
    scs_buf_init(&report, MAX_REPORT);
    bool ok = read_file(path, MAX_REPORT, &report, err);
    scs_redactor_remember(r);
    scs_redactor_keep_tokens(r);
    for (int pass = 0; pass < 3 && ok; pass++) {
        struct copier k = {.r = r, .c = scs_buf_cursor(&report), .out = pass < 2 ? NULL : out, .learning = pass == 0};
        ok = copy(&k) || scs_error_set(err, "%s is damaged: it is no whole JSON; write the report again", path);
    }
    scs_buf_cleanup(&report);
    return ok;
}
