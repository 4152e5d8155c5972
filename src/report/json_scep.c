/* SPDX-License-Identifier: Apache-2.0 */
/* The member "scep" of an exchange: pkiMessages, capabilities, CA certificates. */
#include <inttypes.h>
#include <stdio.h>

#include "report/json_parts.h"

/* ---- pkiMessage ---------------------------------------------------------------------------------- */

static const struct scs_flag_word message_words[] = {
    {SCS_MSG_TRAILING, "trailing_bytes"},
    {SCS_MSG_ATTRS_UNSORTED, "attributes_unsorted"},
    {SCS_MSG_ATTR_WRONG_TYPE, "attribute_type"},
    {SCS_MSG_NONCE_LENGTH, "nonce_length"},
    {SCS_MSG_CONTENT_ABSENT, "content_absent"},
    {SCS_MSG_CONTENT_EMPTY, "content_empty"},
    {SCS_MSG_CONTENT_ONE_ZERO, "content_one_zero_byte"},
    {SCS_MSG_PROBE, "probe_text"},
    {SCS_MSG_PEM, "pem"},
    {SCS_MSG_LIMIT, "limit_reached"},
    {0, NULL},
};

static const struct scs_flag_word base64_words[] = {
    {SCS_B64_SPACE, "space"},           {SCS_B64_DOUBLE, "double_escaped"},     {SCS_B64_RAW_PLUS, "raw_plus"},
    {SCS_B64_RAW_SLASH, "raw_slash"},   {SCS_B64_RAW_EQUALS, "raw_equals"},     {SCS_B64_NEWLINES, "newlines"},
    {SCS_B64_NO_PADDING, "no_padding"}, {SCS_B64_URL_ALPHABET, "url_alphabet"}, {SCS_B64_INVALID, "invalid"},
    {SCS_B64_ELLIPSIS, "ellipsis"},     {SCS_B64_TRUNCATED, "truncated"},       {0, NULL},
};

/* The word for a value of RFC 8894, or the number for one that it does not assign. -1: not seen. */
static void code(struct scs_json *w, const char *name, int32_t value, const char *word)
{
    char number[16];
    if (value >= 0) {
        snprintf(number, sizeof number, "%" PRId32, value);
        scs_json_text(w, name, word != NULL ? word : number);
    }
}

static void status(struct scs_json_report *r, const struct scs_pki_message *m)
{
    struct scs_json *w = &r->w;
    code(w, "message_type", m->message_type, scs_message_type_name(m->message_type));
    code(w, "pki_status", m->pki_status, scs_pki_status_name(m->pki_status));
    code(w, "fail_info", m->fail_info, scs_fail_info_name(m->fail_info));
    scs_json_text(w, "fail_info_text", scs_redact_payload(r->ctx->redactor, m->fail_info_text));
    if (m->has_hresult) {
        char hex[16];
        snprintf(hex, sizeof hex, "0x%08" PRIX32, (uint32_t)m->hresult);
        scs_json_text(w, "hresult", hex);
    }
    scs_json_text(w, "server_message", scs_redact_payload(r->ctx->redactor, m->server_message));
}

/* The signer's certificate; without it what the SignerInfo says of it. A device's issuer may be the device itself. */
static void signer(struct scs_json_report *r, const struct scs_pki_message *m, enum scs_cert_owner owner)
{
    struct scs_json *w = &r->w;
    if (m->signer != NULL) {
        scs_json_certificate(r, "signer", m->signer, owner);
    } else if (m->signer_serial != NULL || m->signer_ski != NULL) {
        scs_json_begin_object(w, "signer");
        scs_json_text(w, "issuer",
                      owner == SCS_CERT_OF_DEVICE ? scs_redact_subject(r->ctx->redactor, m->signer_issuer)
                                                  : scs_redact_authority(r->ctx->redactor, m->signer_issuer));
        scs_json_text(w, "serial", m->signer_serial);
        scs_json_text(w, "subject_key_id", m->signer_ski);
        scs_json_end_object(w);
    }
}

static void signature(struct scs_json_report *r, const struct scs_pki_message *m, enum scs_cert_owner owner)
{
    scs_json_text(&r->w, "digest", m->digest);
    scs_json_text(&r->w, "signature_algorithm", m->signature_algorithm);
    if ((m->flags & SCS_MSG_HAS_SIGNER) != 0) {
        const char *why = m->signature_why != NULL ? m->signature_why : m->digest_why;
        scs_json_text(&r->w, "signature", scs_check_name(scs_message_genuine(m)));
        scs_json_text(&r->w, "signature_why",
                      m->digest_check == SCS_INVALID && m->signature != SCS_INVALID ? m->digest_why : why);
        scs_json_text(&r->w, "content_digest", scs_check_name(m->digest_check));
        scs_json_true(&r->w, "signature_sorted", m->signature_sorted);
    }
    signer(r, m, owner);
}

static void size(struct scs_json *w, const struct scs_pki_message *m)
{
    if (m->encoding != SCS_ENCODING_NONE) {
        scs_json_text(w, "encoding", m->encoding == SCS_ENCODING_BER ? "ber" : "der");
    }
    if (m->transport != SCS_TRANSPORT_NONE) {
        scs_json_text(w, "transport", m->transport == SCS_TRANSPORT_QUERY ? "query" : "body");
    }
    scs_json_count(w, "length", m->length);
    if (m->announced != 0) {
        scs_json_count(w, "announced_length", m->announced);
    }
    if (m->missing != 0) {
        scs_json_count(w, "missing", m->missing);
    }
    scs_json_bool(w, "cms", (m->flags & SCS_MSG_IS_CMS) != 0);
    scs_json_bool(w, "complete", (m->flags & SCS_MSG_COMPLETE) != 0);
    if (m->content_len != 0) {
        scs_json_count(w, "content_length", m->content_len);
    }
}

static bool is_known(const struct scs_pki_message *m, const struct scs_cert_facts *c)
{
    for (uint32_t i = 0; i < m->num_certificates; i++) {
        if (m->certificates[i] == c) {
            return true;
        }
    }
    return false;
}

static void certificate_of(struct scs_json_report *r, const struct scs_pki_message *m, const struct scs_cert_facts *c,
                           enum scs_cert_owner sender)
{
    bool authority = sender == SCS_CERT_OF_AUTHORITY && (scs_cert_is_authority(c) || c == m->signer);
    scs_json_certificate(r, NULL, c, authority ? SCS_CERT_OF_AUTHORITY : SCS_CERT_OF_DEVICE);
}

/*
 * Those around the message, then those inside its envelope: the issued one and perhaps the CA's. Equal certificates
 * share their facts. The signer's alone, as in a request, is not said twice.
 */
static void certificates(struct scs_json_report *r, const struct scs_pki_message *m, enum scs_cert_owner sender)
{
    const struct scs_envelope *e = m->envelope;
    bool only_signer = sender == SCS_CERT_OF_DEVICE && m->num_certificates == 1 && m->certificates[0] == m->signer;
    uint32_t outside = only_signer ? 0 : m->num_certificates, within = e != NULL ? e->num_certificates : 0;
    if (outside + within == 0) {
        return;
    }
    scs_json_begin_array(&r->w, "certificates");
    for (uint32_t i = 0; i < outside; i++) {
        certificate_of(r, m, m->certificates[i], sender);
    }
    for (uint32_t i = 0; i < within; i++) {
        if (!is_known(m, e->certificates[i])) {
            certificate_of(r, m, e->certificates[i], sender);
        }
    }
    scs_json_end_array(&r->w);
}

static void message(struct scs_json_report *r, const char *name, const struct scs_pki_message *m, enum scs_cert_owner sender)
{
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, name);
    status(r, m);
    scs_json_text(w, "transaction_id", m->transaction_id);
    scs_json_hex(w, "sender_nonce", m->sender_nonce.p, m->sender_nonce.len);
    scs_json_hex(w, "recipient_nonce", m->recipient_nonce.p, m->recipient_nonce.len);
    scs_json_seconds(w, "signing_time", m->signing_time);
    signature(r, m, sender);
    size(w, m);
    scs_json_flags(w, "notes", m->flags, message_words);
    scs_json_flags(w, "base64", m->b64, base64_words);
    if (m->envelope != NULL) {
        scs_json_envelope(r, m, sender);
        if (m->envelope->csr != NULL) {
            scs_json_csr(r, m->envelope->csr);
        }
    }
    certificates(r, m, sender);
    if (m->num_extra_attributes != 0) {
        scs_json_begin_array(w, "attributes");
        for (uint32_t i = 0; i < m->num_extra_attributes; i++) {
            scs_json_text(w, NULL, scs_redact_attribute(r->ctx->redactor, m->extra_attributes[i]));
        }
        scs_json_end_array(w);
    }
    scs_json_end_object(w);
}

/* ---- the member "scep" --------------------------------------------------------------------------- */

static void capabilities(struct scs_json_report *r, const struct scs_caps *caps)
{
    scs_json_begin_array(&r->w, "capabilities");
    for (uint32_t i = 0; i < caps->num_lines; i++) {
        scs_json_text(&r->w, NULL, scs_redact_text(r->ctx->redactor, caps->lines[i]));
    }
    scs_json_end_array(&r->w);
    scs_json_true(&r->w, "capabilities_are_html", caps->html);
}

static void ca_certificates(struct scs_json_report *r, const struct scs_ca_certs *certs)
{
    struct scs_json *w = &r->w;
    scs_json_begin_array(w, "ca_certificates");
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        scs_json_certificate(r, NULL, certs->certificates[i], SCS_CERT_OF_AUTHORITY);
    }
    scs_json_end_array(w);
    scs_json_begin_object(w, "ca_certificates_reply");
    scs_json_bool(w, "parsed", certs->parsed);
    scs_json_bool(w, "complete", certs->complete);
    scs_json_true(w, "single", certs->single);
    scs_json_true(w, "signed", certs->signed_reply);
    scs_json_true(w, "html", certs->html);
    scs_json_true(w, "pem", certs->pem);
    scs_json_true(w, "empty", certs->empty);
    scs_json_text(w, "sha256", certs->body_sha256);
    scs_json_end_object(w);
}

static const struct scs_flag_word admin_words[] = {
    {SCS_ADMIN_PAGE, "page"},
    {SCS_ADMIN_PASSWORD_ONCE, "password_once"},
    {SCS_ADMIN_PASSWORD_MANY, "password_many"},
    {SCS_ADMIN_CACHE_FULL, "cache_full"},
    {SCS_ADMIN_NO_PERMISSION, "no_permission"},
    {SCS_ADMIN_THUMBPRINT, "thumbprint"},
    {0, NULL},
};

void scs_json_scep(struct scs_json_report *r, const struct scs_exchange *x)
{
    if (x->scep_request == NULL && x->scep_reply == NULL && x->caps == NULL && x->ca_certs == NULL && x->admin == 0 &&
        x->ca_ident == NULL) {
        return;
    }
    scs_json_begin_object(&r->w, "scep");
    scs_json_text(&r->w, "ca_ident", scs_redact_payload(r->ctx->redactor, x->ca_ident));
    if (x->scep_request != NULL) {
        message(r, "request", x->scep_request, SCS_CERT_OF_DEVICE);
    }
    if (x->scep_reply != NULL) {
        message(r, "reply", x->scep_reply, SCS_CERT_OF_AUTHORITY);
    }
    if (x->caps != NULL) {
        capabilities(r, x->caps);
    }
    if (x->ca_certs != NULL) {
        ca_certificates(r, x->ca_certs);
    }
    scs_json_flags(&r->w, "admin_page", x->admin, admin_words);
    scs_json_end_object(&r->w);
}
