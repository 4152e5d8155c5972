/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SignerInfo's signature covers the DER encoding of SET OF Attribute (RFC 5652 5.4): the received bytes with the tag
 * [0] replaced by SET. A signer that did not sort them signed either what it sent or the sorted form, so both are
 * tried. messageDigest covers the contents of the eContent OCTET STRING, chunks joined.
 */
#include "keys/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/ber.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"

/* Signed attributes of a SCEP message are under 400 bytes; an attestation statement may stand among them. */
#define MAX_ATTRIBUTES_LEN SCS_MAX_BODY

struct scs_verifier {
    struct scs_digests *digests;
    struct scs_signatures *signatures;
    struct scs_buf content, attributes; /* of one message */
};

struct scs_verifier *scs_verifier_new(void)
{
    struct scs_verifier *v = scs_xcalloc(1, sizeof *v);
    v->digests = scs_digests_new();
    v->signatures = scs_signatures_new(v->digests);
    scs_buf_init(&v->content, SCS_MAX_INFLATED);
    scs_buf_init(&v->attributes, MAX_ATTRIBUTES_LEN);
    return v;
}

void scs_verifier_free(struct scs_verifier *v)
{
    if (v != NULL) {
        scs_signatures_free(v->signatures);
        scs_digests_free(v->digests);
        scs_buf_cleanup(&v->content);
        scs_buf_cleanup(&v->attributes);
        free(v);
    }
}

struct scs_signatures *scs_verifier_signatures(struct scs_verifier *v)
{
    return v->signatures;
}

void scs_verify_leave(struct scs_pki_message *m, const char *why)
{
    m->signature = m->digest_check = SCS_UNCHECKED;
    m->signature_why = m->digest_why = why;
}

enum scs_check scs_message_genuine(const struct scs_pki_message *m)
{
    if (m->signature == SCS_INVALID || m->digest_check == SCS_INVALID) {
        return SCS_INVALID;
    }
    return m->signature == SCS_VALID && m->digest_check == SCS_VALID ? SCS_VALID : SCS_UNCHECKED;
}

/* The bytes of a span. Spans are made from the same bytes; empty when one does not fit. */
static struct scs_cursor bytes_of(const struct scs_cursor *message, struct scs_span span)
{
    struct scs_cursor c = *message, out = {0};
    if (span.off < c.off || !scs_cursor_skip(&c, span.off - c.off) || !scs_cursor_take(&c, span.len, &out)) {
        return (struct scs_cursor){0};
    }
    return out;
}

/* ---- content ------------------------------------------------------------------------------------- */

/* The bytes that messageDigest covers. False when they are not all there. */
static bool read_content(struct scs_verifier *v, const struct scs_cursor *message, const struct scs_pki_message *m,
                         struct scs_cursor *out)
{
    struct scs_cursor c = bytes_of(message, m->at_content);
    struct scs_ber content;
    *out = (struct scs_cursor){0};
    if (m->at_content.len == 0) {
        return (m->flags & SCS_MSG_CONTENT_ABSENT) != 0;
    }
    if (scs_ber_next(&c, &content) != SCS_OK) {
        return false;
    }
    if ((content.tag & ~SCS_BER_CONSTRUCTED) != SCS_BER_OCTET_STRING) {
        *out = content.contents; /* PKCS #7 1.5 (RFC 2315 9.3): of any type its contents octets */
        return true;
    }
    scs_buf_clear(&v->content);
    if (scs_ber_string(&content, &v->content) != SCS_OK) {
        return false;
    }
    *out = scs_buf_cursor(&v->content);
    return true;
}

static void check_digest(struct scs_verifier *v, const struct scs_cursor *message, struct scs_pki_message *m,
                         const struct scs_cursor *content)
{
    uint8_t digest[SCS_MAX_DIGEST];
    struct scs_cursor told = bytes_of(message, m->at_message_digest);
    if (m->at_message_digest.len == 0) {
        m->digest_why = "the signed attributes have no messageDigest";
        return;
    }
    size_t len = scs_digests_hash(v->digests, m->digest, content, digest);
    if (len == 0) {
        m->digest_why = "the digest algorithm is not known here";
        return;
    }
    if (told.len == len && memcmp(told.p, digest, len) == 0) {
        m->digest_check = SCS_VALID;
        m->digest_why = NULL;
    } else if ((m->flags & SCS_MSG_CONTENT_ABSENT) != 0) {
        m->digest_why = "the message has no content the digest could be of";
    } else {
        m->digest_check = SCS_INVALID;
        m->digest_why = "messageDigest is not the digest of the content";
    }
}

/* ---- signature ----------------------------------------------------------------------------------- */

static void add_set_header(struct scs_buf *out, size_t len)
{
    scs_buf_byte(out, SCS_BER_SET);
    if (len < 0x80) {
        scs_buf_byte(out, (uint8_t)len);
        return;
    }
    unsigned octets = len > 0xffffff ? 4 : len > 0xffff ? 3 : len > 0xff ? 2 : 1;
    scs_buf_byte(out, (uint8_t)(0x80 | octets));
    while (octets-- != 0) {
        scs_buf_byte(out, (uint8_t)(len >> (8 * octets)));
    }
}

/* The attributes as they stand, under a SET header. */
static void as_sent(struct scs_verifier *v, const struct scs_ber *attributes)
{
    scs_buf_clear(&v->attributes);
    add_set_header(&v->attributes, attributes->contents.len);
    scs_buf_add(&v->attributes, attributes->contents.p, attributes->contents.len);
}

/* X.690 11.6. Equal encodings are the same bytes, in whichever order. */
static int by_encoding(const void *a, const void *b)
{
    const struct scs_cursor *x = a, *y = b;
    size_t n = x->len < y->len ? x->len : y->len;
    int order = n == 0 ? 0 : memcmp(x->p, y->p, n);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static bool sorted(struct scs_verifier *v, const struct scs_ber *attributes)
{
    struct scs_cursor all[SCS_MAX_ATTRIBUTES], c = attributes->contents;
    struct scs_ber e;
    size_t num = 0;
    while (!scs_cursor_done(&c)) {
        if (num == SCS_MAX_ATTRIBUTES || scs_ber_next(&c, &e) != SCS_OK) {
            return false;
        }
        all[num++] = e.whole;
    }
    qsort(all, num, sizeof *all, by_encoding);
    scs_buf_clear(&v->attributes);
    add_set_header(&v->attributes, attributes->contents.len);
    for (size_t i = 0; i < num; i++) {
        scs_buf_add(&v->attributes, all[i].p, all[i].len);
    }
    return true;
}

static enum scs_check check_attributes(struct scs_verifier *v, struct scs_signed *what, struct scs_cursor whole,
                                       struct scs_pki_message *m)
{
    struct scs_ber attributes;
    if (scs_ber_next(&whole, &attributes) != SCS_OK) {
        m->signature_why = "the message is cut";
        return SCS_UNCHECKED;
    }
    as_sent(v, &attributes);
    what->bytes = scs_buf_cursor(&v->attributes);
    enum scs_check check = scs_signature_check(v->signatures, what, &m->signature_why);
    if (check == SCS_INVALID && (m->flags & SCS_MSG_ATTRS_UNSORTED) != 0 && sorted(v, &attributes)) {
        what->bytes = scs_buf_cursor(&v->attributes);
        check = scs_signature_check(v->signatures, what, &m->signature_why);
        m->signature_sorted = check == SCS_VALID;
    }
    return check;
}

static void check_signature(struct scs_verifier *v, const struct scs_cursor *message, struct scs_pki_message *m,
                            const struct scs_cursor *content)
{
    struct scs_signed what = {.signer = m->signer,
                              .algorithm = m->signature_algorithm,
                              .algorithm_whole = bytes_of(message, m->at_signature_algorithm),
                              .digest = m->digest,
                              .signature = bytes_of(message, m->at_signature)};
    bool attributes = (m->flags & SCS_MSG_HAS_SIGNED_ATTRS) != 0;
    enum scs_check check;
    if (attributes) {
        check = check_attributes(v, &what, bytes_of(message, m->at_signed_attrs), m);
    } else {
        what.bytes = *content;
        check = scs_signature_check(v->signatures, &what, &m->signature_why);
    }
    m->signature = (uint8_t)check;
    if (check != SCS_UNCHECKED) {
        m->signature_why = check == SCS_VALID ? NULL
                           : attributes       ? "the signer's key did not make this signature over these attributes"
                                              : "the signer's key did not make this signature over this content";
    }
}

/* ---- the message --------------------------------------------------------------------------------- */

/* NULL when there is something to check. */
static const char *nothing_to_check(const struct scs_pki_message *m)
{
    if ((m->flags & SCS_MSG_IS_CMS) == 0) {
        return "it is no signed message";
    }
    if ((m->flags & SCS_MSG_COMPLETE) == 0) {
        return "the message is cut";
    }
    if ((m->flags & SCS_MSG_HAS_SIGNER) == 0 || m->at_signature.len == 0) {
        return "the message carries no signature";
    }
    return NULL;
}

void scs_verify_message(struct scs_verifier *v, const struct scs_cursor *bytes, struct scs_pki_message *m)
{
    struct scs_cursor content;
    const char *why = nothing_to_check(m);
    scs_verify_leave(m, NULL);
    m->signature_sorted = false;
    if (why == NULL && !read_content(v, bytes, m, &content)) {
        why = "the content is damaged";
    }
    if (why != NULL) {
        scs_verify_leave(m, why);
        return;
    }
    if ((m->flags & SCS_MSG_HAS_SIGNED_ATTRS) != 0) {
        check_digest(v, bytes, m, &content);
    }
    if (m->signer == NULL) {
        m->signature_why = "the signer's certificate is not in the capture";
    } else {
        check_signature(v, bytes, m, &content);
    }
    if ((m->flags & SCS_MSG_HAS_SIGNED_ATTRS) == 0) {
        /* Without attributes the signature covers the content itself. */
        m->digest_check = m->signature;
        m->digest_why = m->signature_why;
    }
}
