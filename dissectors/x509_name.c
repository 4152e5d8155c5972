/* SPDX-License-Identifier: Apache-2.0 */
/* Character strings and distinguished names (RFC 5280 4.1.2.4, X.690 8.23) as text (RFC 4514). */
#include <string.h>

#include "base/text.h"
#include "dissectors/oid.h"
#include "dissectors/x509.h"
#include "dissectors/x509_parts.h"

enum { VISIBLE_STRING = 0x1a, NUMERIC_STRING = 0x12 };

/* Bytes a name may take before cleaning: four for each character. */
#define MAX_NAME_BYTES (SCS_MAX_NAME_TEXT * 4u)

struct short_name {
    const char *octets;
    uint8_t len;
    const char *name;
};

/* RFC 4514 3 and the attribute types that Windows and network gear write besides. */
static const struct short_name short_names[] = {
    {"\x55\x04\x03", 3, "CN"},
    {"\x55\x04\x04", 3, "SN"},
    {"\x55\x04\x05", 3, "serialNumber"},
    {"\x55\x04\x06", 3, "C"},
    {"\x55\x04\x07", 3, "L"},
    {"\x55\x04\x08", 3, "ST"},
    {"\x55\x04\x09", 3, "street"},
    {"\x55\x04\x0a", 3, "O"},
    {"\x55\x04\x0b", 3, "OU"},
    {"\x55\x04\x0c", 3, "title"},
    {"\x55\x04\x2a", 3, "GN"},
    {"\x55\x04\x2b", 3, "initials"},
    {"\x55\x04\x2e", 3, "dnQualifier"},
    {"\x55\x04\x41", 3, "pseudonym"},
    {"\x55\x04\x61", 3, "organizationIdentifier"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10, "DC"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10, "UID"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9, "E"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02", 9, "unstructuredName"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x08", 9, "unstructuredAddress"},
};

static void put_code_point(struct scs_buf *out, uint32_t c)
{
    if (c < 0x80) {
        scs_buf_byte(out, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        scs_buf_byte(out, (uint8_t)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            scs_buf_byte(out, (uint8_t)(0xe0 | c >> 12));
        } else {
            scs_buf_byte(out, (uint8_t)(0xf0 | (c >> 18 & 7)));
            scs_buf_byte(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        }
        scs_buf_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    }
    scs_buf_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
}

/* BMPString says UCS-2; Windows writes UTF-16. */
static void put_utf16(struct scs_buf *out, struct scs_cursor c)
{
    uint16_t unit, low;
    while (scs_cursor_u16be(&c, &unit)) {
        struct scs_cursor after = c;
        uint32_t point = unit;
        if (unit >= 0xd800 && unit < 0xdc00 && scs_cursor_u16be(&after, &low) && low >= 0xdc00 && low < 0xe000) {
            point = 0x10000u + ((uint32_t)(unit - 0xd800) << 10) + (low - 0xdc00u);
            c = after;
        }
        put_code_point(out, point);
    }
}

static void put_utf32(struct scs_buf *out, struct scs_cursor c)
{
    uint32_t point;
    while (scs_cursor_u32be(&c, &point)) {
        put_code_point(out, point <= 0x10ffff ? point : 0xfffd);
    }
}

static bool is_utf8(struct scs_cursor c)
{
    while (!scs_cursor_done(&c)) {
        size_t n = scs_text_utf8(c.p, c.len);
        if (n == 0 || !scs_cursor_skip(&c, n)) {
            return false;
        }
    }
    return true;
}

/* T61String is UTF-8 or Latin-1 in practice; nobody writes T.61. */
static void put_t61(struct scs_buf *out, struct scs_cursor c)
{
    uint8_t byte;
    if (is_utf8(c)) {
        scs_buf_add(out, c.p, c.len);
        return;
    }
    while (scs_cursor_u8(&c, &byte)) {
        put_code_point(out, byte);
    }
}

bool scs_x509_put_string(struct scs_buf *out, const struct scs_ber *element)
{
    switch (element->tag) {
    case SCS_BER_UTF8:
    case SCS_BER_PRINTABLE:
    case SCS_BER_IA5:
    case VISIBLE_STRING:
    case NUMERIC_STRING:
        scs_buf_add(out, element->contents.p, element->contents.len);
        return true;
    case SCS_BER_T61:
        put_t61(out, element->contents);
        return true;
    case SCS_BER_BMP:
        put_utf16(out, element->contents);
        return true;
    case SCS_BER_UNIVERSAL_STRING:
        put_utf32(out, element->contents);
        return true;
    default:
        return false;
    }
}

const char *scs_x509_string(const struct scs_ber *element, struct scs_arena *arena, size_t max)
{
    struct scs_buf utf8;
    const char *text = NULL;
    scs_buf_init(&utf8, MAX_NAME_BYTES);
    if (scs_x509_put_string(&utf8, element)) {
        struct scs_cursor c = scs_buf_cursor(&utf8);
        text = scs_arena_text(arena, &c, max);
    }
    scs_buf_cleanup(&utf8);
    return text;
}

/* RFC 4514 2.4: which characters of a value are escaped. */
static bool needs_escape(const struct scs_cursor *value, size_t at, uint8_t c)
{
    if (c == '\\' || c == ',' || c == '+' || c == '"' || c == '<' || c == '>' || c == ';') {
        return true;
    }
    return (c == ' ' && (at == 0 || at == value->len - 1)) || (c == '#' && at == 0);
}

static void put_value(struct scs_buf *out, struct scs_buf *scratch, const struct scs_ber *element)
{
    scs_buf_clear(scratch);
    if (!scs_x509_put_string(scratch, element)) {
        /* A value of another type is written as its encoding (RFC 4514 2.4). */
        char hex[2 * SCS_MAX_ATTRIBUTE_HEX + 1];
        struct scs_cursor shown = scs_cursor_first(&element->whole, SCS_MAX_ATTRIBUTE_HEX);
        scs_text_hex(shown.p, shown.len, hex);
        scs_buf_byte(out, '#');
        scs_buf_text(out, hex);
        return;
    }
    struct scs_cursor value = scs_buf_cursor(scratch), at = value;
    uint8_t c;
    for (size_t i = 0; scs_cursor_u8(&at, &c); i++) {
        if (needs_escape(&value, i, c)) {
            scs_buf_byte(out, '\\');
        }
        scs_buf_byte(out, c);
    }
}

static void put_type(struct scs_buf *out, const struct scs_cursor *oid)
{
    for (size_t i = 0; i < sizeof short_names / sizeof *short_names; i++) {
        if (oid->len == short_names[i].len && memcmp(oid->p, short_names[i].octets, oid->len) == 0) {
            scs_buf_text(out, short_names[i].name);
            return;
        }
    }
    scs_oid_write(out, oid);
}

/* RelativeDistinguishedName ::= SET OF SEQUENCE { type, value } */
static void put_rdn(struct scs_buf *out, struct scs_buf *scratch, struct scs_cursor rdn)
{
    struct scs_ber pair, type, value;
    for (bool first = true; scs_ber_expect(&rdn, SCS_BER_SEQUENCE, &pair) != SCS_MALFORMED; first = false) {
        if (scs_ber_expect(&pair.contents, SCS_BER_OID, &type) == SCS_MALFORMED) {
            return;
        }
        if (!first) {
            scs_buf_byte(out, '+');
        }
        put_type(out, &type.contents);
        scs_buf_byte(out, '=');
        if (scs_ber_next(&pair.contents, &value) != SCS_MALFORMED) {
            put_value(out, scratch, &value);
        }
    }
}

const char *scs_x509_name(const struct scs_cursor *name, struct scs_arena *arena)
{
    struct scs_buf text, scratch;
    struct scs_ber rdn;
    struct scs_cursor c = *name;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &rdn) != SCS_MALFORMED) {
        c = rdn.contents;
    }
    scs_buf_init(&text, MAX_NAME_BYTES);
    scs_buf_init(&scratch, MAX_NAME_BYTES);
    while (scs_ber_expect(&c, SCS_BER_SET, &rdn) != SCS_MALFORMED && !text.overflowed) {
        if (text.len != 0) {
            scs_buf_text(&text, ", ");
        }
        put_rdn(&text, &scratch, rdn.contents);
    }
    struct scs_cursor all = scs_buf_cursor(&text);
    const char *clean = scs_arena_text(arena, &all, SCS_MAX_NAME_TEXT);
    scs_buf_cleanup(&text);
    scs_buf_cleanup(&scratch);
    return clean;
}
