/* SPDX-License-Identifier: Apache-2.0 */
/* What the envelope holds: the certificate request (RFC 2986), where a key opened it. Kinds and lengths, no names. */
#include <string.h>

#include "base/buf.h"
#include "compare/fields.h"

static const struct scs_csr *csr_of(const struct scs_compare_reader *r, const char **why)
{
    const struct scs_pki_message *m = scs_side_message(r->side, why);
    const struct scs_envelope *e = m != NULL ? m->envelope : NULL;
    if (m != NULL && e == NULL) {
        *why = "the message has no envelope";
    }
    if (e != NULL && !e->opened) {
        const char *shut = e->why_not != NULL ? e->why_not : "no key was given";
        *why = scs_arena_printf(r->arena, "not readable (%s)", scs_redact_payload(r->redactor, shut));
    }
    if (e != NULL && e->opened && e->csr == NULL) {
        *why = "the envelope holds no certificate request";
    }
    return e != NULL && e->opened ? e->csr : NULL;
}

/* A part of the request: none only where all of it was read. */
static struct scs_compare_value part(const struct scs_compare_reader *r, const struct scs_csr *c, const char *why,
                                     struct scs_compare_value v)
{
    if (c == NULL) {
        return scs_value_unknown(r, why);
    }
    return v.seen == SCS_SEEN_NONE && (c->flags & SCS_CSR_COMPLETE) == 0 ? scs_value_unknown(r, "not all of it could be read")
                                                                         : v;
}

static struct scs_compare_value text_part(const struct scs_compare_reader *r, const struct scs_csr *c, const char *why,
                                          const char *text)
{
    return part(r, c, why, scs_value_text(r, text));
}

static struct scs_compare_value key(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return text_part(r, c, why, c != NULL ? c->asked.key : NULL);
}

static struct scs_compare_value algorithm(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return text_part(r, c, why, c != NULL ? c->asked.signature_algorithm : NULL);
}

static struct scs_compare_value signature(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    if (c == NULL || c->signature == SCS_UNCHECKED) {
        return scs_value_unknown(r, c == NULL ? why : "not checked");
    }
    return scs_value_text(r, scs_check_name(c->signature));
}

/* "C, O, CN": the types of the subject's attributes, unescaped commas standing between them (RFC 4514 2.1). */
static struct scs_compare_value subject_kinds(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    if (c == NULL || c->asked.subject == NULL) {
        return text_part(r, c, why, NULL);
    }
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_VALUE_TEXT);
    for (const char *p = c->asked.subject; *p != '\0';) {
        p += strspn(p, " ,+");
        scs_buf_printf(&b, "%s%.*s", b.len == 0 ? "" : ", ", (int)strcspn(p, "="), p);
        while (*p != '\0' && *p != ',' && *p != '+') {
            p += *p == '\\' && p[1] != '\0' ? 2 : 1;
        }
    }
    struct scs_compare_value v = part(r, c, why, scs_value_text(r, scs_buf_cstr(&b)));
    scs_buf_cleanup(&b);
    return v;
}

static struct scs_compare_value subject_notes(const struct scs_compare_reader *r)
{
    static const struct scs_flag_word words[] = {
        {SCS_CSR_SUBJECT_EMPTY, "empty"},
        {SCS_CSR_SUBJECT_ESCAPED, "characters that are escaped"},
        {SCS_CSR_SUBJECT_NONPRINTABLE, "unprintable characters"},
        {0, NULL},
    };
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return part(r, c, why, scs_value_flags(r, c != NULL ? c->flags : 0, words));
}

/* X.520 allows 64. */
static struct scs_compare_value common_name(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    if (c == NULL || c->common_name == NULL) {
        return text_part(r, c, why, NULL);
    }
    return scs_value_text(r, c->common_name_len > 64 ? "longer than 64 characters" : "up to 64 characters");
}

/* "DNS, UPN": each kind once, in the order of the request. */
static struct scs_compare_value san_kinds(const struct scs_compare_reader *r)
{
    const char *why, *kinds[SCS_MAX_NAMES];
    const struct scs_csr *c = csr_of(r, &why);
    uint32_t num = 0;
    for (uint32_t i = 0; c != NULL && i < c->asked.num_sans && num < SCS_MAX_NAMES; i++) {
        const char *san = c->asked.sans[i];
        const char *kind = scs_arena_printf(r->arena, "%.*s", (int)strcspn(san, ":"), san);
        bool known = false;
        for (uint32_t k = 0; k < num; k++) {
            known = known || strcmp(kinds[k], kind) == 0;
        }
        if (!known) {
            kinds[num++] = kind;
        }
    }
    if (num == 0 && c != NULL && (c->flags & SCS_CSR_SAN_EMPTY) != 0) {
        return scs_value_text(r, "empty");
    }
    return part(r, c, why, scs_value_list(r, kinds, num));
}

/* ---- challenge ------------------------------------------------------------------------------------ */

static const struct scs_challenge *challenge_of(const struct scs_csr *c)
{
    return c != NULL && c->challenge.present ? &c->challenge : NULL;
}

static struct scs_compare_value challenge(const struct scs_compare_reader *r)
{
    static const char *const kinds[] = {[SCS_CHALLENGE_OTHER] = "a word",
                                        [SCS_CHALLENGE_OTP] = "a one-time password",
                                        [SCS_CHALLENGE_BLOB] = "signed base64, as Intune's"};
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    const struct scs_challenge *h = challenge_of(c);
    return text_part(r, c, why, h == NULL ? NULL : h->kind < sizeof kinds / sizeof kinds[0] ? kinds[h->kind] : "another kind");
}

/* Passwords of one kind have one length; Intune's blobs hold names, so that only a broken one says anything. */
static struct scs_compare_value challenge_length(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    const struct scs_challenge *h = challenge_of(c);
    if (h == NULL) {
        return text_part(r, c, why, NULL);
    }
    struct scs_compare_value v = scs_value_count(r, h->length);
    v.text = scs_arena_printf(r->arena, "%s character%s", v.text, h->length == 1 ? "" : "s");
    v.key = h->kind == SCS_CHALLENGE_BLOB && (h->flags & SCS_CHALLENGE_BASE64) != 0 ? "a whole blob" : NULL;
    return v;
}

static struct scs_compare_value challenge_type(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    const struct scs_challenge *h = challenge_of(c);
    return text_part(r, c, why, h == NULL ? NULL : h->string_type != NULL ? h->string_type : "no string type");
}

static struct scs_compare_value challenge_notes(const struct scs_compare_reader *r)
{
    static const struct scs_flag_word words[] = {
        {SCS_CHALLENGE_NONPRINTABLE, "unprintable characters"},
        {SCS_CHALLENGE_EMPTY, "empty"},
        {SCS_CHALLENGE_REPEATED, "more than one"},
        {SCS_CHALLENGE_INTUNE_XML, "Intune's XML"},
        {0, NULL},
    };
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    const struct scs_challenge *h = challenge_of(c);
    return part(r, c, why, scs_value_flags(r, h != NULL ? h->flags : 0, words));
}

/* ---- extensions ----------------------------------------------------------------------------------- */

static struct scs_compare_value ekus(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return part(r, c, why, c != NULL ? scs_value_list(r, c->asked.ekus, c->asked.num_ekus) : scs_value_none());
}

static struct scs_compare_value key_usage(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return part(
        r, c, why,
        scs_value_flags(r, c != NULL && (c->asked.flags & SCS_CERT_HAS_KU) != 0 ? c->asked.key_usage : 0, scs_key_usage_words));
}

static struct scs_compare_value policies(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return part(r, c, why,
                c != NULL ? scs_value_list(r, c->application_policies, c->num_application_policies) : scs_value_none());
}

static struct scs_compare_value template_name(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return text_part(r, c, why, c != NULL ? scs_redact_payload(r->redactor, c->template_name) : NULL);
}

static struct scs_compare_value sid(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return text_part(r, c, why, c != NULL && c->sid != NULL ? "yes" : NULL);
}

static struct scs_compare_value attributes(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_csr *c = csr_of(r, &why);
    return part(r, c, why, c != NULL ? scs_value_list(r, c->attributes, c->num_attributes) : scs_value_none());
}

const struct scs_compare_field *scs_fields_request(size_t *num)
{
    static const struct scs_compare_field fields[] = {
        {"csr_key", "CSR key", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, key},
        {"csr_signature_algorithm", "CSR algorithm", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, algorithm},
        {"csr_signature", "CSR signature", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, signature},
        {"csr_subject_kinds", "subject has", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, subject_kinds},
        {"csr_subject_notes", "subject's quirks", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, subject_notes},
        {"csr_common_name", "common name", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, common_name},
        {"csr_san_kinds", "alternative names", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, san_kinds},
        {"csr_challenge", "challenge", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, challenge},
        {"csr_challenge_length", "challenge length", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, challenge_length},
        {"csr_challenge_type", "challenge's type", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, challenge_type},
        {"csr_challenge_notes", "challenge's quirks", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, challenge_notes},
        {"csr_extended_key_usage", "extended key usage", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, ekus},
        {"csr_key_usage", "key usage", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, key_usage},
        {"csr_application_policies", "policies asked for", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, policies},
        {"csr_template", "template asked for", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, template_name},
        {"csr_sid", "SID", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, sid},
        {"csr_attributes", "CSR attributes", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, attributes},
    };
    *num = sizeof fields / sizeof fields[0];
    return fields;
}
