/* SPDX-License-Identifier: Apache-2.0 */
#include "dissectors/facts_text.h"

static void text(struct scs_buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        scs_buf_printf(out, "  %s %s\n", name, value);
    }
}

static void number(struct scs_buf *out, const char *name, int64_t value)
{
    scs_buf_printf(out, "  %s %lld\n", name, (long long)value);
}

static void time_at(struct scs_buf *out, const char *name, int64_t value)
{
    if (value != SCS_NO_TIME) {
        number(out, name, value);
    }
}

static void span(struct scs_buf *out, const char *name, struct scs_span s)
{
    if (s.len != 0) {
        scs_buf_printf(out, "  at_%s %u+%u\n", name, s.off, (unsigned)s.len);
    }
}

static void bytes(struct scs_buf *out, const char *name, const struct scs_bytes *b)
{
    if (b->len != 0) {
        scs_buf_printf(out, "  %s ", name);
        for (uint32_t i = 0; i < b->len; i++) {
            scs_buf_printf(out, "%02x", b->p[i]);
        }
        scs_buf_text(out, "\n");
    }
}

void scs_facts_certificate(struct scs_buf *out, const char *what, const struct scs_cert_facts *c)
{
    scs_buf_printf(out, "%s flags=%x role=%u key_usage=%x\n", what, c->flags, c->role, c->key_usage);
    text(out, "subject", c->subject);
    text(out, "issuer", c->issuer);
    text(out, "serial", c->serial);
    text(out, "sha256", c->sha256);
    text(out, "sha1", c->sha1);
    text(out, "md5", c->md5);
    text(out, "issuer_sha256", c->issuer_sha256);
    text(out, "subject_sha256", c->subject_sha256);
    text(out, "spki_sha256", c->spki_sha256);
    text(out, "ski", c->ski);
    text(out, "aki", c->aki);
    text(out, "key", c->key);
    number(out, "key_bits", c->key_bits);
    text(out, "signature_algorithm", c->signature_algorithm);
    time_at(out, "not_before", c->not_before);
    time_at(out, "not_after", c->not_after);
    for (uint32_t i = 0; i < c->num_sans; i++) {
        text(out, "san", c->sans[i]);
    }
    for (uint32_t i = 0; i < c->num_ekus; i++) {
        text(out, "eku", c->ekus[i]);
    }
}

static void envelope(struct scs_buf *out, const struct scs_envelope *e)
{
    scs_buf_printf(out, "envelope encrypted=%u iv=%u\n", e->encrypted_len, e->iv_len);
    text(out, "cipher", e->cipher);
    span(out, "recipients", e->at_recipients);
    span(out, "cipher", e->at_cipher);
    for (uint32_t i = 0; i < e->num_recipients; i++) {
        const struct scs_recipient *r = &e->recipients[i];
        scs_buf_printf(out, "recipient key_trans=%d key=%u\n", r->key_trans, r->encrypted_key_len);
        text(out, "issuer", r->issuer);
        text(out, "issuer_sha256", r->issuer_sha256);
        text(out, "serial", r->serial);
        text(out, "ski", r->ski);
        text(out, "key_encryption", r->key_encryption);
    }
}

static void signer(struct scs_buf *out, const struct scs_pki_message *m)
{
    text(out, "digest", m->digest);
    text(out, "signature_algorithm", m->signature_algorithm);
    text(out, "signer_issuer", m->signer_issuer);
    text(out, "signer_issuer_sha256", m->signer_issuer_sha256);
    text(out, "signer_serial", m->signer_serial);
    text(out, "signer_ski", m->signer_ski);
    text(out, "signer", m->signer == NULL ? NULL : m->signer->subject);
    text(out, "transaction_id", m->transaction_id);
    bytes(out, "sender_nonce", &m->sender_nonce);
    bytes(out, "recipient_nonce", &m->recipient_nonce);
    number(out, "message_type", m->message_type);
    number(out, "pki_status", m->pki_status);
    number(out, "fail_info", m->fail_info);
    text(out, "fail_info_text", m->fail_info_text);
    text(out, "server_message", m->server_message);
    if (m->has_hresult) {
        number(out, "hresult", m->hresult);
    }
    time_at(out, "signing_time", m->signing_time);
    for (uint32_t i = 0; i < m->num_extra_attributes; i++) {
        text(out, "attribute", m->extra_attributes[i]);
    }
}

static void spans(struct scs_buf *out, const struct scs_pki_message *m)
{
    span(out, "message_type", m->at_message_type);
    span(out, "status", m->at_status);
    span(out, "fail_info", m->at_fail_info);
    span(out, "hresult", m->at_hresult);
    span(out, "transaction_id", m->at_transaction_id);
    span(out, "sender_nonce", m->at_sender_nonce);
    span(out, "recipient_nonce", m->at_recipient_nonce);
    span(out, "signer", m->at_signer);
    span(out, "digest", m->at_digest);
    span(out, "content", m->at_content);
    span(out, "signed_attrs", m->at_signed_attrs);
    span(out, "signature", m->at_signature);
    span(out, "message_digest", m->at_message_digest);
}

void scs_facts_message(struct scs_buf *out, const struct scs_pki_message *m)
{
    scs_buf_printf(out, "message flags=%x encoding=%u length=%u announced=%u missing=%u content=%u certificates=%u signers=%u\n",
                   m->flags, m->encoding, m->length, m->announced, m->missing, m->content_len, m->num_certificates,
                   m->num_signers);
    signer(out, m);
    spans(out, m);
    if (m->envelope != NULL) {
        envelope(out, m->envelope);
    }
    for (uint32_t i = 0; i < m->num_certificates; i++) {
        scs_facts_certificate(out, "certificate", m->certificates[i]);
    }
}

void scs_facts_csr(struct scs_buf *out, const struct scs_csr *c)
{
    const struct scs_challenge *h = &c->challenge;
    scs_buf_printf(out, "csr flags=%x length=%u\n", c->flags, c->length);
    scs_facts_certificate(out, "asked", &c->asked);
    text(out, "common_name", c->common_name);
    number(out, "common_name_len", c->common_name_len);
    scs_buf_printf(out, "challenge present=%d kind=%u flags=%x length=%u\n", h->present, h->kind, h->flags, h->length);
    text(out, "string_type", h->string_type);
    text(out, "sha256", h->sha256);
    text(out, "sid", c->sid);
    text(out, "template", c->template_name);
    for (uint32_t i = 0; i < c->num_application_policies; i++) {
        text(out, "policy", c->application_policies[i]);
    }
    for (uint32_t i = 0; i < c->num_attributes; i++) {
        text(out, "attribute", c->attributes[i]);
    }
}
