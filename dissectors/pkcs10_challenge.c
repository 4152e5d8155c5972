/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challengePassword ::= DirectoryString of one value (RFC 2985 5.4.1). What it looks like is told, never what it is:
 * the text stands in one buffer, which is cleansed.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "base/text.h"
#include "dissectors/cert_cache.h"
#include "dissectors/pkcs10_parts.h"
#include "dissectors/x509_parts.h"

/* Longer than any password somebody types, and shorter than Intune's (2 KB and more). */
#define BLOB_LEN 512u
/* Below this base64 cannot be told from a word. */
#define BASE64_LEN 16u

static const char *type_name(uint8_t tag)
{
    switch (tag) {
    case SCS_BER_UTF8:
        return "UTF8String";
    case SCS_BER_PRINTABLE:
        return "PrintableString";
    case SCS_BER_IA5:
        return "IA5String";
    case SCS_BER_T61:
        return "T61String";
    case SCS_BER_BMP:
        return "BMPString";
    case SCS_BER_UNIVERSAL_STRING:
        return "UniversalString";
    case 0x1a:
        return "VisibleString";
    case 0x12:
        return "NumericString";
    default:
        return NULL;
    }
}

static bool is_hex_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_base64_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
}

/* What all characters have in common. */
struct looks {
    bool hex, base64, printable;
    uint32_t characters, padding;
};

static struct looks look(struct scs_cursor c)
{
    struct looks l = {.hex = true, .base64 = true, .printable = true};
    uint8_t byte;
    while (scs_cursor_u8(&c, &byte)) {
        l.hex = l.hex && is_hex_digit(byte);
        l.padding += byte == '=';
        l.base64 = l.base64 && (byte == '=' || (is_base64_digit(byte) && l.padding == 0));
        l.printable = l.printable && byte >= 0x20 && byte <= 0x7e;
        l.characters += (byte & 0xc0) != 0x80; /* not UTF-8's second to fourth bytes */
    }
    /* Padding may be left out; one character alone in a group of four is nothing. */
    bool whole = l.padding == 0 ? l.characters % 4 != 1 : l.padding <= 2 && l.characters % 4 == 0;
    l.base64 = l.base64 && whole && l.characters >= BASE64_LEN;
    return l;
}

static void describe(const struct scs_cursor *text, struct scs_challenge *out)
{
    struct looks l = look(*text);
    out->length = l.characters;
    out->flags |= text->len == 0 ? SCS_CHALLENGE_EMPTY : 0;
    out->flags |= l.base64 ? SCS_CHALLENGE_BASE64 : 0;
    out->flags |= l.printable ? 0 : SCS_CHALLENGE_NONPRINTABLE;
    out->flags |= scs_cursor_starts(text, "PENlcnRFbn") ? SCS_CHALLENGE_INTUNE_XML : 0;
    if (l.hex && (l.characters == 16 || l.characters == 32)) {
        out->kind = SCS_CHALLENGE_OTP;
    } else if (l.base64 && l.characters > BLOB_LEN) {
        out->kind = SCS_CHALLENGE_BLOB;
    }
}

void scs_pkcs10_challenge(const struct scs_ber *value, struct scs_cert_cache *cache, struct scs_challenge *out)
{
    struct scs_buf utf8;
    if (out->present) {
        out->flags |= SCS_CHALLENGE_REPEATED;
        return;
    }
    out->present = true;
    out->string_type = type_name(value->tag);
    /* No form of a string is more than twice as long in UTF-8. */
    scs_buf_init(&utf8, value->contents.len * 2 + 1);
    scs_buf_reserve(&utf8, value->contents.len * 2 + 1);
    struct scs_cursor text = value->contents;
    if (scs_x509_put_string(&utf8, value)) {
        text = scs_buf_cursor(&utf8);
        describe(&text, out);
    } else {
        out->flags |= SCS_CHALLENGE_NOT_TEXT;
        out->length = (uint32_t)text.len;
    }
    out->sha256 = scs_cert_cache_hex(cache, SCS_DIGEST_SHA256, &text);
    if (utf8.p != NULL) {
        OPENSSL_cleanse(utf8.p, utf8.cap);
    }
    scs_buf_cleanup(&utf8);
}
