/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate, of whichever kind it is. */
#include "report/json_parts.h"

typedef const char *redaction(struct scs_redactor *r, const char *text);

static void names(struct scs_json_report *r, const char *name, const char *const *list, uint32_t num, redaction *hide)
{
    if (num == 0) {
        return;
    }
    scs_json_begin_array(&r->w, name);
    for (uint32_t i = 0; i < num; i++) {
        scs_json_text(&r->w, NULL, hide != NULL ? hide(r->ctx->redactor, list[i]) : list[i]);
    }
    scs_json_end_array(&r->w);
}

static void identity(struct scs_json_report *r, const struct scs_cert_facts *c, enum scs_cert_owner owner)
{
    bool device = owner == SCS_CERT_OF_DEVICE, self = (c->flags & SCS_CERT_SELF_ISSUED) != 0;
    redaction *hide_subject = device ? scs_redact_subject : scs_redact_authority;
    redaction *hide_issuer = device && self ? scs_redact_subject : scs_redact_authority;
    scs_json_text(&r->w, "subject", hide_subject(r->ctx->redactor, c->subject));
    scs_json_text(&r->w, "issuer", hide_issuer(r->ctx->redactor, c->issuer));
    scs_json_text(&r->w, "serial", c->serial);
    if (c->subject != NULL && c->issuer != NULL) {
        scs_json_bool(&r->w, "self_signed", self);
    }
    names(r, "sans", c->sans, c->num_sans, device ? scs_redact_san : scs_redact_server_san);
}

void scs_json_key_usage(struct scs_json *w, const struct scs_cert_facts *c)
{
    if ((c->flags & SCS_CERT_HAS_KU) != 0) {
        scs_json_flags(w, "key_usage", c->key_usage, scs_key_usage_words);
    }
}

void scs_json_certificate(struct scs_json_report *r, const char *name, const struct scs_cert_facts *c, enum scs_cert_owner owner)
{
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, name);
    if (c->role != SCS_ROLE_UNKNOWN) {
        scs_json_text(w, "role", scs_role_name(c->role));
    }
    identity(r, c, owner);
    scs_json_seconds(w, "not_before", c->not_before);
    scs_json_seconds(w, "not_after", c->not_after);
    scs_json_text(w, "key", c->key);
    scs_json_text(w, "signature_algorithm", c->signature_algorithm);
    scs_json_true(w, "ca", (c->flags & SCS_CERT_IS_CA) != 0);
    scs_json_key_usage(w, c);
    names(r, "extended_key_usage", c->ekus, c->num_ekus, NULL);
    scs_json_text(w, "subject_key_id", c->ski);
    scs_json_text(w, "authority_key_id", c->aki);
    scs_json_text(w, "sha256", c->sha256);
    scs_json_text(w, "sha1", c->sha1);
    scs_json_text(w, "md5", c->md5);
    scs_json_text(w, "public_key_sha256", c->spki_sha256);
    scs_json_true(w, "incomplete", (c->flags & SCS_CERT_INCOMPLETE) != 0);
    scs_json_end_object(w);
}
