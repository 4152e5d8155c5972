/* SPDX-License-Identifier: Apache-2.0 */
/* What the server said: what the client was told before it asked, and how its request ended. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "compare/fields.h"

/* What became of one exchange; `what` names it where there is none. */
static struct scs_compare_value result_of(const struct scs_compare_reader *r, const struct scs_exchange *x, const char *none)
{
    struct scs_buf text;
    if (x == NULL || x->outcome == SCS_OUTCOME_INCOMPLETE) {
        return scs_value_unknown(r, x == NULL ? none : "the capture does not hold its end");
    }
    scs_buf_init(&text, SCS_MAX_VALUE_TEXT);
    if (x->reply != NULL) {
        scs_buf_printf(&text, "%u", x->reply->status);
    } else {
        scs_step_result(x, r->redactor, &text);
    }
    struct scs_compare_value v = scs_value_text(r, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
    return v;
}

static struct scs_compare_value outcome(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    return e == NULL || e->outcome == SCS_ENROLMENT_INCOMPLETE ? scs_value_unknown(r, "its end was not seen")
                                                               : scs_value_text(r, scs_enrolment_outcome_name(e->outcome));
}

static struct scs_compare_value reached(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    return e == NULL || e->outcome == SCS_ENROLMENT_INCOMPLETE ? scs_value_unknown(r, "its end was not seen")
                                                               : scs_value_text(r, scs_reached_name(e->reached));
}

/* ---- GetCACaps ------------------------------------------------------------------------------------ */

static struct scs_compare_value caps_status(const struct scs_compare_reader *r)
{
    return result_of(r, r->side->caps, "no GetCACaps was seen");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Lists that differ in their order alone say the same. */
static const char *sorted(const struct scs_compare_reader *r, const char *const *texts, uint32_t num)
{
    const char **copy = SCS_ARENA_ARRAY(r->arena, num, const char *);
    memcpy(copy, texts, num * sizeof *copy);
    qsort(copy, num, sizeof *copy, by_text);
    struct scs_compare_value v = scs_value_list(r, copy, num);
    return v.text != NULL ? v.text : "";
}

static struct scs_compare_value capabilities(const struct scs_compare_reader *r)
{
    const struct scs_exchange *x = r->side->caps;
    if (x == NULL || x->caps == NULL || (x->reply != NULL && scs_unseen_part(&x->reply->m))) {
        return scs_value_unknown(r, x == NULL ? "no GetCACaps was seen" : "no list came in answer to GetCACaps");
    }
    if (x->caps->html) {
        return scs_value_text(r, "a web page");
    }
    const char **lines = SCS_ARENA_ARRAY(r->arena, x->caps->num_lines, const char *);
    for (uint32_t i = 0; i < x->caps->num_lines; i++) {
        lines[i] = scs_redact_text(r->redactor, x->caps->lines[i]);
    }
    struct scs_compare_value v = scs_value_list(r, lines, x->caps->num_lines);
    v.key = sorted(r, lines, x->caps->num_lines);
    return v;
}

/* ---- GetCACert ------------------------------------------------------------------------------------ */

static struct scs_compare_value ca_status(const struct scs_compare_reader *r)
{
    return result_of(r, r->side->ca_certs, "no GetCACert was seen");
}

static const char *describe_certificate(const struct scs_compare_reader *r, const struct scs_cert_facts *c)
{
    char until[SCS_TIME_TEXT] = "?";
    const char *subject = scs_redact_authority(r->redactor, c->subject);
    if (c->not_after != SCS_NO_TIME) {
        scs_text_seconds(c->not_after, until);
    }
    return scs_arena_printf(r->arena, "%s %s, serial %s, until %.10s", scs_role_name(c->role), subject != NULL ? subject : "?",
                            c->serial != NULL ? c->serial : "?", until);
}

static struct scs_compare_value ca_certificates(const struct scs_compare_reader *r)
{
    const struct scs_exchange *x = r->side->ca_certs;
    const struct scs_ca_certs *certs = x != NULL ? x->ca_certs : NULL;
    if (certs == NULL || (x->reply != NULL && scs_unseen_part(&x->reply->m))) {
        return scs_value_unknown(r, x == NULL ? "no GetCACert was seen" : "no certificates came in answer to GetCACert");
    }
    if (certs->num_certificates == 0) {
        return scs_value_text(r, certs->html    ? "a web page"
                                 : certs->empty ? "an empty answer"
                                 : certs->pem   ? "PEM, which SCEP does not allow"
                                                : "nothing that could be read");
    }
    const char **texts = SCS_ARENA_ARRAY(r->arena, certs->num_certificates, const char *);
    const char **digests = SCS_ARENA_ARRAY(r->arena, certs->num_certificates, const char *);
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        texts[i] = describe_certificate(r, certs->certificates[i]);
        digests[i] = certs->certificates[i]->sha256 != NULL ? certs->certificates[i]->sha256 : texts[i];
    }
    struct scs_compare_value v = scs_value_items(r, texts, certs->num_certificates);
    v.key = sorted(r, digests, certs->num_certificates);
    return v;
}

/* ---- PKIOperation --------------------------------------------------------------------------------- */

#define NO_REQUEST "no PKIOperation was seen"
#define NO_REPLY   "no reply was seen"

static const struct scs_http_reply *reply_of(const struct scs_compare_reader *r)
{
    return r->side->enrols != NULL ? r->side->enrols->reply : NULL;
}

/* NULL, and *why: there is no CertRep. */
static const struct scs_pki_message *certrep_of(const struct scs_compare_reader *r, const char **why)
{
    const struct scs_http_reply *p = reply_of(r);
    const struct scs_pki_message *m = r->side->enrols != NULL ? r->side->enrols->scep_reply : NULL;
    *why = r->side->enrols == NULL                         ? NO_REQUEST
           : p == NULL                                     ? NO_REPLY
           : m == NULL || (m->flags & SCS_MSG_IS_CMS) == 0 ? "the answer is no CertRep"
                                                           : NULL;
    return *why == NULL ? m : NULL;
}

static struct scs_compare_value status(const struct scs_compare_reader *r)
{
    return result_of(r, r->side->enrols, NO_REQUEST);
}

static struct scs_compare_value content_type(const struct scs_compare_reader *r)
{
    const struct scs_http_reply *p = reply_of(r);
    return p == NULL ? scs_value_unknown(r, NO_REPLY) : scs_value_text(r, scs_redact_text(r->redactor, p->m.content_type));
}

static struct scs_compare_value answered_by(const struct scs_compare_reader *r)
{
    const struct scs_http_reply *p = r->side->main != NULL ? r->side->main->reply : NULL;
    return p == NULL ? scs_value_unknown(r, NO_REPLY) : scs_value_text(r, scs_redact_text(r->redactor, p->server));
}

static struct scs_compare_value via(const struct scs_compare_reader *r)
{
    const struct scs_http_reply *p = r->side->main != NULL ? r->side->main->reply : NULL;
    return p == NULL ? scs_value_unknown(r, NO_REPLY) : scs_value_text(r, scs_redact_payload(r->redactor, p->m.via));
}

static struct scs_compare_value location(const struct scs_compare_reader *r)
{
    const struct scs_http_reply *p = reply_of(r);
    return p == NULL ? scs_value_unknown(r, NO_REPLY) : scs_value_text(r, scs_redact_target(r->redactor, p->location));
}

static struct scs_compare_value authenticate(const struct scs_compare_reader *r)
{
    const struct scs_http_reply *p = reply_of(r);
    return p == NULL ? scs_value_unknown(r, NO_REPLY) : scs_value_text(r, scs_redact_text(r->redactor, p->www_authenticate));
}

/* A number of RFC 8894 by its word. */
static struct scs_compare_value code(const struct scs_compare_reader *r, int32_t value, const char *word)
{
    if (value < 0) {
        return scs_value_none();
    }
    return scs_value_text(r, word != NULL ? word : scs_arena_printf(r->arena, "%" PRId32, value));
}

static struct scs_compare_value pki_status(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    return m == NULL ? scs_value_unknown(r, why) : code(r, m->pki_status, scs_pki_status_name(m->pki_status));
}

static struct scs_compare_value fail_info(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    return m == NULL ? scs_value_unknown(r, why) : code(r, m->fail_info, scs_fail_info_name(m->fail_info));
}

static struct scs_compare_value fail_text(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    if (m == NULL) {
        return scs_value_unknown(r, why);
    }
    return scs_value_text(r, scs_redact_payload(r->redactor, m->fail_info_text != NULL ? m->fail_info_text : m->server_message));
}

static struct scs_compare_value hresult(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    if (m == NULL) {
        return scs_value_unknown(r, why);
    }
    return scs_value_text(r, m->has_hresult ? scs_arena_printf(r->arena, "0x%08" PRIX32, (uint32_t)m->hresult) : NULL);
}

static struct scs_compare_value reply_signer(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    if (m == NULL || m->signer_serial == NULL) {
        return scs_value_unknown(r, m == NULL ? why : "not seen");
    }
    const char *issuer = scs_redact_authority(r->redactor, m->signer_issuer);
    return scs_value_text(r, scs_arena_printf(r->arena, "serial %s of %s", m->signer_serial, issuer != NULL ? issuer : "?"));
}

static struct scs_compare_value reply_signature(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    enum scs_check check = m != NULL ? scs_message_genuine(m) : SCS_UNCHECKED;
    return check == SCS_UNCHECKED ? scs_value_unknown(r, m == NULL ? why : "not checked")
                                  : scs_value_text(r, scs_check_name(check));
}

static struct scs_compare_value reply_digest(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    return m == NULL || m->digest == NULL ? scs_value_unknown(r, m == NULL ? why : "not seen") : scs_value_text(r, m->digest);
}

/* Only SUCCESS has an envelope. */
static struct scs_compare_value reply_cipher(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why);
    if (m == NULL || m->envelope == NULL || m->envelope->cipher == NULL) {
        return scs_value_unknown(r, m == NULL ? why : "the answer has no envelope");
    }
    return scs_value_text(r, m->envelope->cipher);
}

/* ---- what a client checks the answer by: RFC 8894 3.2.1.5 and 3.2.1.1 ------------------------------ */

static struct scs_compare_value nonce_echo(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why), *q = r->side->enrols != NULL ? r->side->enrols->scep_request : NULL;
    if (m == NULL || q == NULL || q->sender_nonce.len == 0 || (m->flags & SCS_MSG_COMPLETE) == 0) {
        return scs_value_unknown(r, m == NULL ? why : "not seen");
    }
    bool same = m->recipient_nonce.len == q->sender_nonce.len &&
                memcmp(m->recipient_nonce.p, q->sender_nonce.p, q->sender_nonce.len) == 0;
    return scs_value_text(r, m->recipient_nonce.len == 0 ? NULL : same ? "the request's" : "another");
}

static struct scs_compare_value transaction_echo(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_pki_message *m = certrep_of(r, &why), *q = r->side->enrols != NULL ? r->side->enrols->scep_request : NULL;
    if (m == NULL || q == NULL || q->transaction_id == NULL || (m->flags & SCS_MSG_COMPLETE) == 0) {
        return scs_value_unknown(r, m == NULL ? why : "not seen");
    }
    bool same = scs_text_equal(m->transaction_id, q->transaction_id);
    return scs_value_text(r, m->transaction_id == NULL ? NULL : same ? "the request's" : "another");
}

/* ---- the policy module ---------------------------------------------------------------------------- */

static struct scs_compare_value policy(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    if (e == NULL || e->num_policy_exchanges == 0) {
        return scs_value_unknown(r, "not seen: it runs on the server itself");
    }
    struct scs_buf text;
    scs_buf_init(&text, SCS_MAX_VALUE_TEXT);
    for (uint32_t i = 0; i < e->num_policy_exchanges; i++) {
        const struct scs_exchange *x = scs_model_exchange(r->side->model, e->policy_exchanges[i]);
        if (x != NULL) {
            scs_buf_printf(&text, "%s%s %s", text.len == 0 ? "" : ", ", scs_operation_name(x->operation),
                           scs_outcome_name(x->outcome));
        }
    }
    struct scs_compare_value v = scs_value_text(r, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
    return v;
}

static struct scs_compare_value tries(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    return e == NULL || r->side->enrols == NULL ? scs_value_unknown(r, NO_REQUEST) : scs_value_count(r, e->tries);
}

const struct scs_compare_field *scs_fields_answers(size_t *num)
{
    static const struct scs_compare_field fields[] = {
        {"outcome", "outcome", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, outcome},
        {"reached", "reached", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, reached},
        {"caps_status", "GetCACaps", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, caps_status},
        {"capabilities", "capabilities", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, capabilities},
        {"ca_status", "GetCACert", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, ca_status},
        {"ca_certificates", "CA certificates", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, ca_certificates},
        {"status", "PKIOperation", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, status},
        {"pki_status", "pkiStatus", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, pki_status},
        {"fail_info", "failInfo", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, fail_info},
        {"fail_info_text", "server's words", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, fail_text},
        {"hresult", "HRESULT", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, hresult},
        {"content_type", "answer's type", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, content_type},
        {"answered_by", "answered by", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, answered_by},
        {"reply_via", "answer came by", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, via},
        {"location", "redirected to", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, location},
        {"www_authenticate", "asks to log in", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, authenticate},
        {"policy", "policy module", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, policy},
        {"reply_signer", "CertRep's signer", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, reply_signer},
        {"reply_signature", "CertRep's signature", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, reply_signature},
        {"reply_digest", "CertRep's digest", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, reply_digest},
        {"reply_cipher", "CertRep's cipher", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, reply_cipher},
        {"nonce_echo", "CertRep's nonce", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, nonce_echo},
        {"transaction_echo", "CertRep's ID", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, transaction_echo},
        {"tries", "requests sent", SCS_COMPARE_EFFECT, SCS_MEASURE_COUNT, tries},
    };
    *num = sizeof fields / sizeof fields[0];
    return fields;
}
