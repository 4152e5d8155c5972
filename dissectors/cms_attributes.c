/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribute ::= SEQUENCE { attrType OID, attrValues SET OF ANY }: the SCEP attributes (RFC 8894 3.2.1)
 * and Microsoft's. Values in a wrong string type are read all the same, and flagged.
 */
#include <string.h>

#include "base/text.h"
#include "dissectors/cms_parts.h"
#include "dissectors/oid.h"
#include "dissectors/x509_parts.h"

/* One attribute's name in oid.c and what to do with its first value. */
struct reader {
    const char *name;
    void (*read)(struct scs_cms_reader *r, const struct scs_ber *value);
};

/* The attributes without a field of their own, until their number is known. */
struct extras {
    const char *texts[SCS_MAX_ATTRIBUTES];
    uint32_t num;
};

static const char *printable(struct scs_cms_reader *r, const struct scs_ber *value)
{
    if (value->tag != SCS_BER_PRINTABLE) {
        r->out->flags |= SCS_MSG_ATTR_WRONG_TYPE;
    }
    return value->complete ? scs_x509_string(value, r->arena, SCS_MAX_TEXT) : NULL;
}

/*
 * "-2147024809", "2147942487" and "0x80070057" are one HRESULT: it is read as 64 bits and kept as the low 32.
 */
static bool parse_number(const char *text, int32_t *out)
{
    static const char digits[] = "0123456789abcdef";
    bool negative = *text == '-';
    text += negative;
    bool hex = scs_text_starts_nocase(text, "0x");
    text += hex ? 2 : 0;
    unsigned base = hex ? 16 : 10;
    uint64_t value = 0;
    const char *first = text;
    for (; *text != '\0'; text++) {
        char c = *text >= 'A' && *text <= 'F' ? (char)(*text + 32) : *text;
        const char *digit = memchr(digits, c, base);
        if (digit == NULL) {
            break;
        }
        value = value * base + (uint64_t)(digit - digits);
        if (value > UINT32_MAX) {
            return false;
        }
    }
    bool ended = *text == '\0' || *text == ' ';
    if (text == first || !ended) {
        return false;
    }
    *out = (int32_t)(negative ? 0u - (uint32_t)value : (uint32_t)value);
    return true;
}

/* True with the number that a decimal string, or against the rules an INTEGER, holds. */
static bool number(struct scs_cms_reader *r, const struct scs_ber *value, int32_t *out)
{
    const char *text = printable(r, value);
    if (text != NULL) {
        return parse_number(text, out);
    }
    return value->tag == SCS_BER_INTEGER && value->complete && scs_ber_small_int(&value->contents, out);
}

/* The small numbers of RFC 8894 3.2.1.2 to 3.2.1.4; -1 stays for what is none. */
static void read_small(struct scs_cms_reader *r, const struct scs_ber *value, int32_t *out, struct scs_span *at)
{
    int32_t n;
    *at = scs_cms_span(r, &value->whole);
    if (number(r, value, &n) && n >= 0) {
        *out = n;
    }
}

static void read_message_type(struct scs_cms_reader *r, const struct scs_ber *value)
{
    read_small(r, value, &r->out->message_type, &r->out->at_message_type);
}

static void read_pki_status(struct scs_cms_reader *r, const struct scs_ber *value)
{
    read_small(r, value, &r->out->pki_status, &r->out->at_status);
}

static void read_fail_info(struct scs_cms_reader *r, const struct scs_ber *value)
{
    read_small(r, value, &r->out->fail_info, &r->out->at_fail_info);
}

static void read_hresult(struct scs_cms_reader *r, const struct scs_ber *value)
{
    r->out->at_hresult = scs_cms_span(r, &value->whole);
    r->out->has_hresult = number(r, value, &r->out->hresult);
}

static void read_transaction_id(struct scs_cms_reader *r, const struct scs_ber *value)
{
    r->out->at_transaction_id = scs_cms_span(r, &value->whole);
    r->out->transaction_id = printable(r, value);
    if (r->out->transaction_id == NULL && value->complete) {
        r->out->transaction_id = scs_cms_hex(r, &value->contents);
    }
}

static struct scs_bytes read_nonce(struct scs_cms_reader *r, const struct scs_ber *value)
{
    struct scs_cursor kept = scs_cursor_first(&value->contents, SCS_MAX_NONCE);
    if (!value->complete) {
        return (struct scs_bytes){0};
    }
    if (value->tag != SCS_BER_OCTET_STRING) {
        r->out->flags |= SCS_MSG_ATTR_WRONG_TYPE;
    }
    if (value->contents.len != 16) { /* RFC 8894 3.2.1.5 */
        r->out->flags |= SCS_MSG_NONCE_LENGTH;
    }
    return (struct scs_bytes){.p = scs_arena_dup(r->arena, kept.p, kept.len), .len = (uint32_t)kept.len};
}

static void read_sender_nonce(struct scs_cms_reader *r, const struct scs_ber *value)
{
    r->out->at_sender_nonce = scs_cms_span(r, &value->whole);
    r->out->sender_nonce = read_nonce(r, value);
}

static void read_recipient_nonce(struct scs_cms_reader *r, const struct scs_ber *value)
{
    r->out->at_recipient_nonce = scs_cms_span(r, &value->whole);
    r->out->recipient_nonce = read_nonce(r, value);
}

/* RFC 8894 3.2.1.4: a UTF8String; servers that took it for a PrintableString do no harm. */
static void read_fail_info_text(struct scs_cms_reader *r, const struct scs_ber *value)
{
    r->out->fail_info_text = scs_x509_string(value, r->arena, SCS_MAX_TEXT);
}

static void read_signing_time(struct scs_cms_reader *r, const struct scs_ber *value)
{
    int64_t seconds;
    if ((value->tag == SCS_BER_UTC_TIME || value->tag == SCS_BER_GENERALIZED_TIME) &&
        scs_x509_time(&value->contents, value->tag == SCS_BER_GENERALIZED_TIME, &seconds)) {
        r->out->signing_time = seconds;
    }
}

static void read_message_digest(struct scs_cms_reader *r, const struct scs_ber *value)
{
    if (value->tag == SCS_BER_OCTET_STRING && value->complete) {
        r->out->at_message_digest = scs_cms_span(r, &value->contents);
    }
}

static void read_nothing(struct scs_cms_reader *r, const struct scs_ber *value)
{
    (void)r;
    (void)value;
}

static const struct reader readers[] = {
    {"messageType", read_message_type},
    {"pkiStatus", read_pki_status},
    {"failInfo", read_fail_info},
    {"senderNonce", read_sender_nonce},
    {"recipientNonce", read_recipient_nonce},
    {"transactionID", read_transaction_id},
    {"failInfoText", read_fail_info_text},
    {"scepError", read_hresult},
    {"signingTime", read_signing_time},
    {"messageDigest", read_message_digest},
    {"contentType", read_nothing}, /* always data: RFC 8894 3.2 */
};

/* Microsoft documents no type for it: text of any kind is a message, anything else is shown in hex. */
static bool read_server_message(struct scs_cms_reader *r, const struct scs_ber *value)
{
    const char *text = scs_x509_string(value, r->arena, SCS_MAX_TEXT);
    if (text == NULL && value->tag == SCS_BER_OCTET_STRING) {
        text = scs_arena_text(r->arena, &value->contents, SCS_MAX_TEXT);
        text = *text == '\0' || strstr(text, "\\x") != NULL ? NULL : text;
    }
    r->out->server_message = text;
    return text != NULL;
}

static void add_extra(struct scs_cms_reader *r, const struct scs_cursor *oid, const struct scs_ber *value, struct extras *extras)
{
    if (extras->num < SCS_MAX_ATTRIBUTES) {
        const char *text = scs_x509_string(value, r->arena, SCS_MAX_TEXT);
        extras->texts[extras->num++] = scs_arena_printf(r->arena, "%s=%s%s", scs_oid_name(oid, r->arena),
                                                        text != NULL ? text : scs_cms_hex(r, &value->contents),
                                                        text == NULL && value->contents.len > SCS_MAX_ATTRIBUTE_HEX ? "..." : "");
    }
}

static void read_attribute(struct scs_cms_reader *r, const struct scs_ber *attribute, struct extras *extras)
{
    struct scs_cursor c = attribute->contents;
    struct scs_ber oid, set, value;
    if (!scs_cms_expect(r, &c, SCS_BER_OID, &oid) || !scs_cms_expect(r, &c, SCS_BER_SET, &set) ||
        !scs_cms_next(r, &set.contents, &value)) {
        return;
    }
    const char *name = scs_oid_known(&oid.contents);
    for (size_t i = 0; name != NULL && i < sizeof readers / sizeof *readers; i++) {
        if (strcmp(name, readers[i].name) == 0) {
            readers[i].read(r, &value);
            return;
        }
    }
    if (name == NULL || strcmp(name, "scepServerMessage") != 0 || !read_server_message(r, &value)) {
        add_extra(r, &oid.contents, &value, extras);
    }
}

/* X.690 11.6: the encodings of a SET OF ascend, compared as octet strings. */
static bool ascends(const struct scs_cursor *a, const struct scs_cursor *b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    int order = n == 0 ? 0 : memcmp(a->p, b->p, n);
    return order < 0 || (order == 0 && a->len <= b->len);
}

void scs_cms_read_attributes(struct scs_cms_reader *r, const struct scs_ber *set)
{
    struct scs_cursor c = set->contents;
    struct scs_cursor before = {0};
    struct scs_ber attribute;
    struct extras extras = {.num = 0};
    for (uint32_t i = 0; scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &attribute); i++) {
        if (i == SCS_MAX_ATTRIBUTES) {
            r->out->flags |= SCS_MSG_LIMIT;
            break;
        }
        if (attribute.complete && !ascends(&before, &attribute.whole)) {
            r->out->flags |= SCS_MSG_ATTRS_UNSORTED;
        }
        before = attribute.whole;
        read_attribute(r, &attribute, &extras);
    }
    if (extras.num != 0) {
        r->out->extra_attributes = scs_arena_dup(r->arena, extras.texts, extras.num * sizeof *extras.texts);
        r->out->num_extra_attributes = extras.num;
    }
}
