/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the certificate: whether it reached the device, what it says, whether the device asks again. */
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

#include <string.h>

#include "base/text.h"

#define TYPE_RENEWAL   17
#define TYPE_PKCS_REQ  19
#define TYPE_CERT_POLL 20
/* How many of the client's earlier exchanges are compared with one. */
#define LOOK_AT 64u
/* Two profiles of one device arrive within seconds of each other; a profile is tried again after minutes at the earliest. */
#define OTHER_PROFILE (2 * SCS_MINUTE)
#define ASKED_TODAY   (24 * 60 * SCS_MINUTE)
/* Clocks that agree to the minute are left alone. */
#define CLOCKS_AGREE_S 60

/* A CertRep with a certificate that arrived whole, as far as can be seen. */
static bool delivered(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_connection *c = x->connection;

    return x->operation == SCS_OP_PKI_OPERATION && scs_exchange_pki_status(x) == 0 &&
           (x->scep_reply->flags & SCS_MSG_HAS_ENVELOPE) && scs_message_whole(&x->reply->m) &&
           c->half[SCS_TO_CLIENT].unacked_bytes == 0 && c->half[SCS_TO_SERVER].rst_ns == SCS_NO_TIME &&
           scs_judge_sees_connection(j, c);
}

static bool arrived(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    char client[SCS_ENDPOINT_TEXT];

    if (!delivered(j, x)) {
        return false;
    }
    scs_fact_text(v, "client", "%s", scs_addr_text(&x->connection->client.addr, client));
    return true;
}

/* ---- asking again --------------------------------------------------------------------------------------------- */

static const char *subject_of(const struct scs_exchange *x)
{
    const struct scs_csr *csr = scs_request_csr(x);

    return csr ? csr->asked.subject : x->scep_request->signer->subject;
}

/* Some clients sign with a certificate that has the same name on every device. */
static bool names_a_device(const char *subject)
{
    return subject && subject[0] != '\0' && !scs_text_contains_nocase(subject, "SCEP SIGNER");
}

/*
 * The last certificate this device was given before `x`. RFC 8894 knows no other way to tell devices apart than what
 * they write about themselves.
 */
static const struct scs_exchange *issued_before(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t at, num;
    const uint32_t *ids = scs_client_exchanges(j, x, &at, &num);

    for (uint32_t i = ids ? at : 0; i > 0 && at - i < LOOK_AT; i--) {
        const struct scs_exchange *y = scs_model_exchange(scs_judge_model(j), ids[i - 1]);
        if (y && scs_request_is_first(y) && delivered(j, y) && scs_exchange_same_agent(x, y) &&
            scs_text_equal(subject_of(x), subject_of(y))) {
            return x->started_ns - y->reply->m.last_ns <= ASKED_TODAY ? y : NULL;
        }
    }
    return NULL;
}

/* A device that was given a certificate now, and one before. */
static const struct scs_exchange *given_twice(const struct scs_judge *j, const struct scs_exchange *x)
{
    if (scs_exchange_pki_status(x) != 0 || x->probe || !scs_request_whole(x) || !scs_request_is_first(x) ||
        !names_a_device(subject_of(x)) || !x->scep_request->signer->spki_sha256) {
        return NULL;
    }
    return issued_before(j, x);
}

static bool same_key(const struct scs_exchange *x, const struct scs_exchange *y)
{
    return scs_text_equal(x->scep_request->signer->spki_sha256, y->scep_request->signer->spki_sha256);
}

/* The very same message again is a replay, and says nothing about the device. */
static bool same_message(const struct scs_exchange *x, const struct scs_exchange *y)
{
    const struct scs_bytes *a = &x->scep_request->sender_nonce, *b = &y->scep_request->sender_nonce;

    return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

static void say_again(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_exchange *earlier)
{
    scs_say_pki_request(v, x, x->scep_request);
    scs_fact_text(v, "subject", "%s", subject_of(x));
    scs_fact_number(v, "earlier_exchange", earlier->id);
    scs_fact_number(v, "minutes", (x->started_ns - earlier->reply->m.last_ns + SCS_MINUTE / 2) / SCS_MINUTE);
    scs_say_exchange(v, earlier);
    scs_say_exchange(v, x);
}

static bool not_installed(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_exchange *earlier = given_twice(j, x);

    if (!earlier || !same_key(x, earlier) || same_message(x, earlier)) {
        return false;
    }
    say_again(v, x, earlier);
    return true;
}

static bool reissue_loop(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_exchange *earlier = given_twice(j, x);

    if (!earlier || same_key(x, earlier) || x->started_ns - earlier->reply->m.last_ns < OTHER_PROFILE ||
        (scs_exchange_proxied(x) && !scs_request_csr(x))) {
        return false;
    }
    say_again(v, x, earlier);
    return true;
}

/* ---- what the certificate says, when the device's key opened the answer ------------------------------------------- */

/* The opened answer to who asked for a certificate. */
static const struct scs_envelope *opened_answer(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = x->scep_reply, *q = x->scep_request;
    const struct scs_envelope *e = m && m->pki_status == 0 ? m->envelope : NULL;
    bool asked = q && (q->message_type == TYPE_PKCS_REQ || q->message_type == TYPE_RENEWAL || q->message_type == TYPE_CERT_POLL);

    return asked && e && e->opened ? e : NULL;
}

static const struct scs_envelope *issued(const struct scs_exchange *x)
{
    const struct scs_envelope *e = opened_answer(x);

    return e && e->holds == SCS_HOLDS_CERTIFICATES && e->num_certificates > 0 ? e : NULL;
}

/* The key a certificate was asked for; NULL when it is not known. */
static const char *wanted_key(const struct scs_exchange *x)
{
    const struct scs_csr *csr = scs_request_csr(x);
    const struct scs_cert_facts *signer = x->scep_request->signer;

    if (csr) {
        return csr->asked.spki_sha256;
    }
    return x->scep_request->message_type != TYPE_RENEWAL && signer && (signer->flags & SCS_CERT_SELF_ISSUED) ? signer->spki_sha256
                                                                                                             : NULL;
}

static const struct scs_cert_facts *leaf_of(const struct scs_exchange *x)
{
    const struct scs_envelope *e = issued(x);
    const char *key = e ? wanted_key(x) : NULL;

    for (uint32_t i = 0; key && i < e->num_certificates; i++) {
        if (scs_text_equal(e->certificates[i]->spki_sha256, key)) {
            return e->certificates[i];
        }
    }
    return NULL;
}

static bool no_leaf(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_envelope *e = opened_answer(x);

    (void)j;
    if (e && e->num_certificates == 0) {
        scs_say_answer(v, x);
        scs_fact_number(v, "certificates", 0);
        return true;
    }
    if (!e || !wanted_key(x) || leaf_of(x) || e->num_certificates >= SCS_MAX_CERTIFICATES) {
        return false;
    }
    for (uint32_t i = 0; i < e->num_certificates; i++) {
        if (!e->certificates[i]->spki_sha256) {
            return false;
        }
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "certificates", e->num_certificates);
    if (e->certificates[0]->subject) {
        scs_fact_text(v, "subject", "%s", e->certificates[0]->subject);
    }
    if (!scs_request_csr(x)) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

static bool leaf_not_yet(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_cert_facts *c = leaf_of(x);
    int64_t now = c ? scs_judge_true_time(j, x->reply->m.last_ns) : 0;
    char text[SCS_TIME_TEXT];

    if (!c || c->not_before == SCS_NO_TIME || c->not_before - now <= CLOCKS_AGREE_S) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "begins", "%s", scs_text_seconds(c->not_before, text));
    scs_fact_number(v, "minutes_ahead", (c->not_before - now) / 60);
    return true;
}

static bool has_text(const char *const *list, uint32_t num, const char *text)
{
    for (uint32_t i = 0; i < num; i++) {
        if (scs_text_equal_nocase(list[i], text)) {
            return true;
        }
    }
    return false;
}

static const char *missing_text(const char *const *asked, uint32_t num_asked, const char *const *given, uint32_t num_given)
{
    for (uint32_t i = 0; i < num_asked; i++) {
        if (!has_text(given, num_given, asked[i])) {
            return asked[i];
        }
    }
    return NULL;
}

/* The certificate is for other uses than a client's, though nobody asked for that. */
static bool lacks_client_use(const struct scs_cert_facts *c, const struct scs_cert_facts *asked)
{
    return (c->flags & (SCS_CERT_HAS_EKU | SCS_CERT_EKU_CLIENT_AUTH | SCS_CERT_EKU_ANY)) == SCS_CERT_HAS_EKU &&
           asked->num_ekus == 0;
}

static bool content_differs(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_cert_facts *c = leaf_of(x);
    const struct scs_csr *csr = c ? scs_request_csr(x) : NULL;

    (void)j;
    if (!csr || (c->flags & SCS_CERT_INCOMPLETE)) {
        return false;
    }
    const struct scs_cert_facts *asked = &csr->asked;
    const char *san = missing_text(asked->sans, asked->num_sans, c->sans, c->num_sans);
    const char *eku = missing_text(asked->ekus, asked->num_ekus, c->ekus, c->num_ekus);
    /* A CA may write the same name in another string type or order; another common name is another name. */
    bool name = csr->common_name && !(csr->flags & SCS_CSR_SUBJECT_ESCAPED) && c->subject &&
                !scs_text_contains_nocase(c->subject, csr->common_name);
    eku = c->flags & SCS_CERT_EKU_ANY ? NULL : eku ? eku : lacks_client_use(c, asked) ? "clientAuth" : NULL;
    if (!san && !name && !eku) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "differs", "%s", name ? "subject" : san ? "subject alternative name" : "extended key usage");
    if (!name && san) {
        scs_fact_text(v, "san", "%s", san);
    } else if (!name) {
        scs_fact_text(v, "usage", "%s", eku);
    }
    return true;
}

const struct scs_rule scs_rules_delivery[] = {
    SCS_NOTE("rep-cert-leaf", ERROR, no_leaf),
    SCS_LIKELY_NOTE("rep-cert-notyet", ERROR, leaf_not_yet),
    SCS_NOTE("rep-cert-content", WARNING, content_differs),
    SCS_LIKELY_NOTE("deliv-not-installed", WARNING, not_installed),
    SCS_LIKELY_NOTE("deliv-reissue-loop", WARNING, reissue_loop),
    SCS_NOTE("deliv-ok", INFO, arrived),
};
const size_t scs_num_rules_delivery = sizeof scs_rules_delivery / sizeof scs_rules_delivery[0];
