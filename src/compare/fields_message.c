/* SPDX-License-Identifier: Apache-2.0 */
/* The pkiMessage that asks for a certificate, as it can be read without any key. */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "compare/fields.h"
#include "report/layout.h"

/* A text of the message: none only where the message was read whole. */
static struct scs_compare_value of_message(const struct scs_compare_reader *r, const struct scs_pki_message *m, const char *why,
                                           const char *text)
{
    if (m == NULL) {
        return scs_value_unknown(r, why);
    }
    return text == NULL && (m->flags & SCS_MSG_COMPLETE) == 0 ? scs_value_unknown(r, "not seen: the message is cut")
                                                              : scs_value_text(r, text);
}

static struct scs_compare_value message_type(const struct scs_compare_reader *r)
{
    const char *why, *name;
    char number[16];
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    if (m == NULL || m->message_type < 0) {
        return of_message(r, m, why, NULL);
    }
    snprintf(number, sizeof number, "%" PRId32, m->message_type);
    name = scs_message_type_name(m->message_type);
    return scs_value_text(r, name != NULL ? name : number);
}

static struct scs_compare_value whole(const struct scs_compare_reader *r)
{
    const struct scs_exchange *x = r->side->enrols;
    const struct scs_pki_message *m = x != NULL ? x->scep_request : NULL;
    if (m == NULL || x->request == NULL || scs_unseen_part(&x->request->m)) {
        return scs_value_unknown(r, x == NULL || x->request == NULL ? "no PKIOperation was seen"
                                                                    : "the capture does not hold the whole request");
    }
    if ((m->flags & SCS_MSG_COMPLETE) == 0 && m->missing != 0) {
        char number[SCS_NUMBER_TEXT];
        return scs_value_text(r, scs_arena_printf(r->arena, "cut: %s byte%s missing", scs_number_text(m->missing, number),
                                                  m->missing == 1 ? " is" : "s are"));
    }
    return scs_value_text(r, (m->flags & SCS_MSG_PRESENT) == 0    ? "there is none"
                             : (m->flags & SCS_MSG_IS_CMS) == 0   ? "no CMS"
                             : (m->flags & SCS_MSG_COMPLETE) == 0 ? "cut"
                             : (m->flags & SCS_MSG_TRAILING) != 0 ? "whole, with bytes after it"
                                                                  : "whole");
}

static struct scs_compare_value encoding(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    return of_message(r, m, why,
                      m == NULL || m->encoding == SCS_ENCODING_NONE ? NULL
                      : m->encoding == SCS_ENCODING_BER             ? "BER"
                                                                    : "DER");
}

static struct scs_compare_value length(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    return m == NULL || (m->flags & SCS_MSG_COMPLETE) == 0 ? of_message(r, m, why, NULL) : scs_value_bytes(r, m->length);
}

static struct scs_compare_value base64(const struct scs_compare_reader *r)
{
    static const struct scs_flag_word words[] = {
        {SCS_B64_SPACE, "spaces for +"},         {SCS_B64_DOUBLE, "escaped twice"},        {SCS_B64_RAW_PLUS, "+ unescaped"},
        {SCS_B64_RAW_SLASH, "/ unescaped"},      {SCS_B64_RAW_EQUALS, "= unescaped"},      {SCS_B64_NEWLINES, "line breaks"},
        {SCS_B64_NO_PADDING, "no padding"},      {SCS_B64_URL_ALPHABET, "URL alphabet"},   {SCS_B64_INVALID, "invalid character"},
        {SCS_B64_ELLIPSIS, "an ellipsis in it"}, {SCS_B64_TRUNCATED, "cut in the middle"}, {0, NULL},
    };
    const struct scs_exchange *x = r->side->enrols;
    if (x == NULL || x->scep_request == NULL || x->scep_request->transport != SCS_TRANSPORT_QUERY) {
        return scs_value_unknown(r, x == NULL ? "no PKIOperation was seen" : "the message is not in the URL");
    }
    struct scs_compare_value v = scs_value_flags(r, x->scep_request->b64, words);
    return v.seen == SCS_SEEN_NONE ? scs_value_text(r, "plain") : v;
}

/* ---- signature ------------------------------------------------------------------------------------ */

static struct scs_compare_value digest(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    return of_message(r, m, why, m != NULL ? m->digest : NULL);
}

static struct scs_compare_value signature_algorithm(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    return of_message(r, m, why, m != NULL ? m->signature_algorithm : NULL);
}

static struct scs_compare_value signature(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    if (m == NULL) {
        return scs_value_unknown(r, why);
    }
    enum scs_check check = scs_message_genuine(m);
    return check == SCS_UNCHECKED ? scs_value_unknown(r, "not checked") : scs_value_text(r, scs_check_name(check));
}

static struct scs_compare_value signer(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    const struct scs_cert_facts *c = m != NULL ? m->signer : NULL;
    if (c == NULL || c->issuer == NULL) {
        return m == NULL ? scs_value_unknown(r, why) : scs_value_unknown(r, "its certificate was not seen");
    }
    if ((c->flags & SCS_CERT_SELF_ISSUED) != 0) {
        return scs_value_text(r, "self-signed");
    }
    return scs_value_text(r, scs_arena_printf(r->arena, "issued by %s", scs_redact_authority(r->redactor, c->issuer)));
}

static struct scs_compare_value signer_key(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    if (m == NULL || m->signer == NULL || m->signer->key == NULL) {
        return scs_value_unknown(r, m == NULL ? why : "its certificate was not seen");
    }
    return scs_value_text(r, m->signer->key);
}

static struct scs_compare_value certificates(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    if (m == NULL || (m->flags & SCS_MSG_COMPLETE) == 0) {
        return of_message(r, m, why, NULL);
    }
    return m->num_certificates == 0 ? scs_value_none() : scs_value_count(r, m->num_certificates);
}

static struct scs_compare_value quirks(const struct scs_compare_reader *r)
{
    static const struct scs_flag_word words[] = {
        {SCS_MSG_ATTRS_UNSORTED, "attributes unsorted"},
        {SCS_MSG_ATTR_WRONG_TYPE, "attribute of the wrong type"},
        {SCS_MSG_NONCE_LENGTH, "nonce is not 16 bytes"},
        {SCS_MSG_CONTENT_ABSENT, "no content"},
        {SCS_MSG_CONTENT_EMPTY, "empty content"},
        {SCS_MSG_PEM, "PEM or base64 inside"},
        {SCS_MSG_PROBE, "a test of lengths"},
        {0, NULL},
    };
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    return m == NULL ? scs_value_unknown(r, why) : scs_value_flags(r, m->flags, words);
}

static struct scs_compare_value nonce(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    return of_message(r, m, why, m != NULL && m->sender_nonce.len != 0 ? "yes" : NULL);
}

static struct scs_compare_value transaction(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    return of_message(r, m, why, m != NULL && m->transaction_id != NULL ? "yes" : NULL);
}

/* Names alone: values may name machines, and differ anyway. */
static struct scs_compare_value attributes(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = scs_side_message(r->side, &why);
    if (m == NULL) {
        return scs_value_unknown(r, why);
    }
    const char **names = SCS_ARENA_ARRAY(r->arena, m->num_extra_attributes, const char *);
    for (uint32_t i = 0; i < m->num_extra_attributes; i++) {
        const char *text = m->extra_attributes[i];
        names[i] = scs_arena_printf(r->arena, "%.*s", (int)strcspn(text, "="), text);
    }
    return scs_value_list(r, names, m->num_extra_attributes);
}

/* ---- envelope ------------------------------------------------------------------------------------- */

static const struct scs_envelope *envelope_of(const struct scs_compare_reader *r, const char **why)
{
    const struct scs_pki_message *m = scs_side_message(r->side, why);
    if (m != NULL && m->envelope == NULL) {
        *why = (m->flags & SCS_MSG_COMPLETE) != 0 ? "the message has no envelope" : "not seen: the message is cut";
    }
    return m != NULL ? m->envelope : NULL;
}

static struct scs_compare_value cipher(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_envelope *e = envelope_of(r, &why);
    return e == NULL || e->cipher == NULL ? scs_value_unknown(r, e == NULL ? why : "not seen") : scs_value_text(r, e->cipher);
}

/* What each recipient is, by `of`; joined. */
static struct scs_compare_value each_recipient(const struct scs_compare_reader *r,
                                               const char *(*of)(const struct scs_compare_reader *r,
                                                                 const struct scs_recipient *p))
{
    const char *why, *texts[SCS_MAX_RECIPIENTS];
    const struct scs_envelope *e = envelope_of(r, &why);
    uint32_t num = 0;
    if (e == NULL) {
        return scs_value_unknown(r, why);
    }
    for (uint32_t i = 0; i < e->num_recipients && num < SCS_MAX_RECIPIENTS; i++) {
        texts[num] = of(r, &e->recipients[i]);
        if (texts[num++] == NULL) {
            return scs_value_unknown(r, "no answer to GetCACert was seen to tell it by");
        }
    }
    return num == 0 ? scs_value_unknown(r, "not seen") : scs_value_items(r, texts, num);
}

static const char *key_encryption_of(const struct scs_compare_reader *r, const struct scs_recipient *p)
{
    (void)r;
    return p->key_encryption != NULL ? p->key_encryption : "not known";
}

static const char *known_as(const struct scs_compare_reader *r, const struct scs_recipient *p)
{
    (void)r;
    return p->known_as;
}

static const char *identity_of(const struct scs_compare_reader *r, const struct scs_recipient *p)
{
    if (p->serial == NULL) {
        return scs_arena_printf(r->arena, "key %s", p->ski != NULL ? p->ski : "?");
    }
    const char *issuer = scs_redact_authority(r->redactor, p->issuer);
    return scs_arena_printf(r->arena, "serial %s of %s", p->serial, issuer != NULL ? issuer : "?");
}

static struct scs_compare_value key_encryption(const struct scs_compare_reader *r)
{
    return each_recipient(r, key_encryption_of);
}

static struct scs_compare_value recipients(const struct scs_compare_reader *r)
{
    return each_recipient(r, known_as);
}

static struct scs_compare_value recipient_certificates(const struct scs_compare_reader *r)
{
    return each_recipient(r, identity_of);
}

const struct scs_compare_field *scs_fields_message(size_t *num)
{
    static const struct scs_compare_field fields[] = {
        {"message_type", "message type", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, message_type},
        {"message_whole", "message arrived", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, whole},
        {"encoding", "encoding", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, encoding},
        {"message_length", "message length", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_BYTES, length},
        {"base64", "base64 in the URL", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, base64},
        {"digest", "digest", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, digest},
        {"signature_algorithm", "signature algorithm", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, signature_algorithm},
        {"signature", "signature", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, signature},
        {"signer", "signer", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, signer},
        {"signer_key", "signer's key", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, signer_key},
        {"signer_certificates", "certificates in it", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_COUNT, certificates},
        {"sender_nonce", "sender nonce", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, nonce},
        {"has_transaction_id", "has transaction ID", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, transaction},
        {"extra_attributes", "other attributes", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, attributes},
        {"quirks", "message's quirks", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, quirks},
        {"cipher", "content cipher", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, cipher},
        {"key_encryption", "key encryption", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, key_encryption},
        {"recipients", "encrypted to", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, recipients},
        {"recipient_certificates", "recipient", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, recipient_certificates},
    };
    *num = sizeof fields / sizeof fields[0];
    return fields;
}
