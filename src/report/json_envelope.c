/* SPDX-License-Identifier: Apache-2.0 */
/* What is encrypted: to whom, and what was inside when a key opened it. */
#include "report/json_parts.h"

/* A reply is encrypted to the device, whose certificate it may have made itself: then the issuer is the device. */
static void recipient(struct scs_json_report *r, const struct scs_recipient *p, enum scs_cert_owner sender)
{
    struct scs_json *w = &r->w;
    struct scs_redactor *hide = r->ctx->redactor;
    scs_json_begin_object(w, NULL);
    scs_json_text(w, "issuer",
                  sender == SCS_CERT_OF_AUTHORITY ? scs_redact_subject(hide, p->issuer) : scs_redact_authority(hide, p->issuer));
    scs_json_text(w, "serial", p->serial);
    scs_json_text(w, "subject_key_id", p->ski);
    scs_json_text(w, "key_encryption", p->key_encryption);
    if (p->encrypted_key_len != 0) {
        scs_json_count(w, "encrypted_key_length", p->encrypted_key_len);
    }
    scs_json_text(w, "known_as", p->known_as);
    scs_json_end_object(w);
}

static const char *holds_text(uint8_t holds)
{
    static const char *const words[] = {
        [SCS_HOLDS_CSR] = "csr",
        [SCS_HOLDS_ISSUER_AND_SUBJECT] = "issuer_and_subject",
        [SCS_HOLDS_ISSUER_AND_SERIAL] = "issuer_and_serial",
        [SCS_HOLDS_CERTIFICATES] = "certificates",
        [SCS_HOLDS_CRL] = "crl",
    };
    return holds < sizeof words / sizeof words[0] ? words[holds] : NULL;
}

static void inside(struct scs_json_report *r, const struct scs_envelope *e)
{
    struct scs_json *w = &r->w;
    scs_json_text(w, "opened_with", e->opened_with);
    scs_json_text(w, "holds", holds_text(e->holds));
    scs_json_count(w, "content_length", e->content_len);
    scs_json_text(w, "issuer", scs_redact_authority(r->ctx->redactor, e->issuer));
    scs_json_text(w, "subject", scs_redact_subject(r->ctx->redactor, e->subject));
    scs_json_text(w, "serial", e->serial);
    if (e->num_certificates == 0) {
        return;
    }
    scs_json_begin_array(w, "certificates");
    for (uint32_t i = 0; i < e->num_certificates; i++) {
        const struct scs_cert_facts *c = e->certificates[i];
        scs_json_certificate(r, NULL, c, scs_cert_is_authority(c) ? SCS_CERT_OF_AUTHORITY : SCS_CERT_OF_DEVICE);
    }
    scs_json_end_array(w);
}

void scs_json_envelope(struct scs_json_report *r, const struct scs_pki_message *m, enum scs_cert_owner sender)
{
    struct scs_json *w = &r->w;
    const struct scs_envelope *e = m->envelope;
    scs_json_begin_object(w, "envelope");
    scs_json_begin_array(w, "recipients");
    for (uint32_t i = 0; i < e->num_recipients; i++) {
        recipient(r, &e->recipients[i], sender);
    }
    scs_json_end_array(w);
    scs_json_text(w, "cipher", e->cipher);
    scs_json_count(w, "encrypted_length", e->encrypted_len);
    scs_json_bool(w, "complete", (m->flags & SCS_MSG_ENVELOPE_COMPLETE) != 0);
    scs_json_true(w, "authenticated", (m->flags & SCS_MSG_AUTH_ENVELOPE) != 0);
    scs_json_bool(w, "opened", e->opened);
    if (e->opened) {
        inside(r, e);
    } else {
        scs_json_text(w, "why_not", scs_redact_payload(r->ctx->redactor, e->why_not));
    }
    scs_json_end_object(w);
}

/* ---- the request inside -------------------------------------------------------------------------- */

static const struct scs_flag_word challenge_words[] = {
    {SCS_CHALLENGE_BASE64, "base64"},
    {SCS_CHALLENGE_NONPRINTABLE, "nonprintable"},
    {SCS_CHALLENGE_NOT_TEXT, "not_text"},
    {SCS_CHALLENGE_EMPTY, "empty"},
    {SCS_CHALLENGE_REPEATED, "repeated"},
    {SCS_CHALLENGE_INTUNE_XML, "intune_xml"},
    {0, NULL},
};

static const struct scs_flag_word csr_words[] = {
    {SCS_CSR_SUBJECT_EMPTY, "subject_empty"},
    {SCS_CSR_SUBJECT_ESCAPED, "subject_escaped"},
    {SCS_CSR_SUBJECT_NONPRINTABLE, "subject_nonprintable"},
    {SCS_CSR_HAS_EXTENSIONS, "has_extensions"},
    {SCS_CSR_HAS_SAN, "has_san"},
    {SCS_CSR_SAN_EMPTY, "san_empty"},
    {SCS_CSR_TRAILING, "trailing_bytes"},
    {0, NULL},
};

static void texts(struct scs_json *w, const char *name, const char *const *list, uint32_t num)
{
    if (num == 0) {
        return;
    }
    scs_json_begin_array(w, name);
    for (uint32_t i = 0; i < num; i++) {
        scs_json_text(w, NULL, list[i]);
    }
    scs_json_end_array(w);
}

/* A short password could be guessed from its digest: whoever asks for strict does not want to pass that on. */
static void challenge(struct scs_json_report *r, const struct scs_csr *c)
{
    static const char *const kinds[] = {
        [SCS_CHALLENGE_OTHER] = "other", [SCS_CHALLENGE_OTP] = "otp", [SCS_CHALLENGE_BLOB] = "blob"};
    struct scs_json *w = &r->w;
    const struct scs_challenge *h = &c->challenge;
    if (!h->present && (c->flags & SCS_CSR_COMPLETE) == 0) {
        return;
    }
    scs_json_begin_object(w, "challenge");
    scs_json_bool(w, "present", h->present);
    if (h->present) {
        scs_json_count(w, "length", h->length);
        scs_json_text(w, "kind", h->kind < sizeof kinds / sizeof kinds[0] ? kinds[h->kind] : NULL);
        scs_json_text(w, "string_type", h->string_type);
        scs_json_text(w, "sha256", scs_redact_is_strict(r->ctx->redactor) ? NULL : h->sha256);
        scs_json_flags(w, "notes", h->flags, challenge_words);
    }
    scs_json_end_object(w);
}

void scs_json_csr(struct scs_json_report *r, const struct scs_csr *c)
{
    struct scs_json *w = &r->w;
    struct scs_redactor *hide = r->ctx->redactor;
    scs_json_begin_object(w, "csr");
    scs_json_text(w, "subject", scs_redact_subject(hide, c->asked.subject));
    if (c->asked.num_sans != 0) {
        scs_json_begin_array(w, "sans");
        for (uint32_t i = 0; i < c->asked.num_sans; i++) {
            scs_json_text(w, NULL, scs_redact_san(hide, c->asked.sans[i]));
        }
        scs_json_end_array(w);
    }
    scs_json_text(w, "key", c->asked.key);
    scs_json_text(w, "public_key_sha256", c->asked.spki_sha256);
    scs_json_text(w, "signature_algorithm", c->asked.signature_algorithm);
    scs_json_text(w, "signature", scs_check_name(c->signature));
    scs_json_text(w, "signature_why", c->signature_why);
    challenge(r, c);
    texts(w, "extended_key_usage", c->asked.ekus, c->asked.num_ekus);
    scs_json_key_usage(w, &c->asked);
    texts(w, "application_policies", c->application_policies, c->num_application_policies);
    scs_json_text(w, "template", c->template_name);
    scs_json_text(w, "sid", scs_redact_name(hide, c->sid));
    texts(w, "attributes", c->attributes, c->num_attributes);
    scs_json_count(w, "length", c->length);
    scs_json_bool(w, "complete", (c->flags & SCS_CSR_COMPLETE) != 0);
    scs_json_flags(w, "notes", c->flags, csr_words);
    scs_json_end_object(w);
}
