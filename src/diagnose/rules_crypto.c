/* SPDX-License-Identifier: Apache-2.0 */
/* The request's algorithms, recipients, clock and signer, as far as they show without a key. RFC 8894 2.9, 3.1, 3.2. */
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

#include "base/text.h"

#define SKEW_WARNING  INT64_C(300)
#define TYPE_RENEWAL  17
#define TYPE_PKCS_REQ 19

/* ---- algorithms ---------------------------------------------------------------------------------------------- */

static const char *cipher_of(const struct scs_pki_message *m)
{
    return m->envelope ? m->envelope->cipher : NULL;
}

static void say_algorithms(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_pki_message *m)
{
    scs_say_pki_request(v, x, m);
    if (m->digest) {
        scs_fact_text(v, "digest", "%s", m->digest);
    }
    if (cipher_of(m)) {
        scs_fact_text(v, "cipher", "%s", cipher_of(m));
    }
}

static bool is_weak(const struct scs_pki_message *m)
{
    return scs_text_equal_nocase(m->digest, "md5") || scs_text_equal_nocase(cipher_of(m), "des-cbc");
}

static bool algorithm_weak(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || !is_weak(m)) {
        return false;
    }
    say_algorithms(v, x, m);
    return true;
}

static bool algorithm_legacy(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || is_weak(m) || !(scs_text_equal_nocase(m->digest, "sha1") || scs_text_equal_nocase(cipher_of(m), "des-ede3-cbc"))) {
        return false;
    }
    say_algorithms(v, x, m);
    return true;
}

/* The first algorithm of the message that the capabilities do not name; NULL when they name all. */
static const char *not_offered(const struct scs_pki_message *m, uint32_t known)
{
    if (scs_text_equal_nocase(m->digest, "sha256") && !(known & (SCS_CAP_SHA256 | SCS_CAP_STANDARD))) {
        return m->digest;
    }
    if (scs_text_equal_nocase(m->digest, "sha512") && !(known & SCS_CAP_SHA512)) {
        return m->digest;
    }
    if (scs_text_starts_nocase(cipher_of(m), "aes-") && !(known & (SCS_CAP_AES | SCS_CAP_STANDARD))) {
        return cipher_of(m);
    }
    return NULL;
}

static bool algorithm_not_advertised(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);
    const struct scs_exchange *known = m ? scs_judge_caps_before(j, &x->connection->server, x->started_ns) : NULL;

    /* Another reason than badAlg or badMessageCheck says that the server could read the message. */
    if (!known || !known->caps || scs_exchange_pki_status(x) != 2 || x->scep_reply->fail_info > 1 ||
        (x->scep_reply->fail_info == 1 && (x->scep_reply->has_hresult || m->signature == SCS_INVALID))) {
        return false;
    }
    const char *algorithm = not_offered(m, known->caps->known);
    if (!algorithm) {
        return false;
    }
    say_algorithms(v, x, m);
    scs_fact_text(v, "algorithm", "%s", algorithm);
    return true;
}

static bool oaep(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);
    bool found = false;

    if (x->platform == SCS_PLATFORM_WINDOWS && scs_exchange_served(x) && scs_server_is_ndes(j, x)) {
        return false; /* the two understand each other */
    }
    for (uint32_t i = 0; m && m->envelope && i < m->envelope->num_recipients; i++) {
        found = found || scs_text_contains_nocase(m->envelope->recipients[i].key_encryption, "OAEP");
    }
    if (!found) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    if (scs_exchange_refused(x) && scs_exchange_reached_ndes(x)) {
        scs_set_severity(v, SCS_SEV_WARNING);
    }
    return true;
}

/* ---- whom it is encrypted to ------------------------------------------------------------------------------- */

static bool any_known_as(const struct scs_envelope *e, const char *role)
{
    for (uint32_t i = 0; i < e->num_recipients; i++) {
        if (scs_text_equal(e->recipients[i].known_as, role)) {
            return true;
        }
    }
    return false;
}

/* The envelope when the server looked at it and did not accept it; what it accepts is not to be blamed. */
static const struct scs_envelope *refused_envelope(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = scs_request_message(x);

    if (!m || !m->envelope || m->envelope->num_recipients == 0 || !scs_exchange_reached_ndes(x) || scs_exchange_served(x) ||
        any_known_as(m->envelope, "ra_encryption")) {
        return NULL;
    }
    return m->envelope;
}

static void say_recipient(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_recipient *r)
{
    scs_say_pki_request(v, x, x->scep_request);
    scs_say_span(v, &x->request->m, x->scep_request->envelope->at_recipients);
    if (r->issuer) {
        scs_fact_text(v, "recipient_issuer", "%s", r->issuer);
    }
    if (r->serial) {
        scs_fact_text(v, "recipient_serial", "%s", r->serial);
    }
    if (r->ski) {
        scs_fact_text(v, "recipient_ski", "%s", r->ski);
    }
}

static bool recipient_stale(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_envelope *e = refused_envelope(x);

    (void)j;
    if (!e || !any_known_as(e, "unknown") || any_known_as(e, "ca") || any_known_as(e, "ra_signing")) {
        return false;
    }
    say_recipient(v, x, &e->recipients[0]);
    return true;
}

/* The certificate that should have been taken, from the answer the client may have had. */
static const struct scs_cert_facts *encryption_certificate(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_exchange *answer = scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns);
    const struct scs_ca_certs *certs = answer ? answer->ca_certs : NULL;

    for (uint32_t i = 0; certs && i < certs->num_certificates; i++) {
        const struct scs_cert_facts *c = certs->certificates[i];
        if (c->role == SCS_ROLE_RA_ENCRYPTION || c->role == SCS_ROLE_RA_BOTH) {
            return c;
        }
    }
    return NULL;
}

static bool recipient_is(const struct scs_judge *j, const struct scs_exchange *x, const char *role, struct scs_verdict *v)
{
    const struct scs_envelope *e = refused_envelope(x);
    const struct scs_cert_facts *right = e && any_known_as(e, role) ? encryption_certificate(j, x) : NULL;

    if (!right) {
        return false;
    }
    say_recipient(v, x, &e->recipients[0]);
    if (right->serial) {
        scs_fact_text(v, "right_serial", "%s", right->serial);
    }
    return true;
}

static bool recipient_ca(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return recipient_is(j, x, "ca", v);
}

static bool recipient_signing(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return recipient_is(j, x, "ra_signing", v);
}

static bool recipient_odd(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);
    bool other_kind = false;

    (void)j;
    for (uint32_t i = 0; m && m->envelope && i < m->envelope->num_recipients; i++) {
        other_kind = other_kind || !m->envelope->recipients[i].key_trans;
    }
    if (!m || !m->envelope || (m->envelope->num_recipients < 2 && !other_kind)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    scs_fact_number(v, "recipients", m->envelope->num_recipients);
    if (scs_exchange_served(x)) {
        scs_set_severity(v, SCS_SEV_INFO);
    }
    return true;
}

/* ---- clocks ---------------------------------------------------------------------------------------------------- */

static void say_skew(struct scs_verdict *v, int64_t skew)
{
    scs_fact_number(v, "skew_s", skew);
    scs_fact_number(v, skew < 0 ? "minutes_behind" : "minutes_ahead", (skew < 0 ? -skew : skew) / 60);
}

static bool clock_skew(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    if (!m || m->signing_time == SCS_NO_TIME) {
        return false;
    }
    int64_t skew = m->signing_time - scs_judge_true_time(j, x->request->m.first_ns);
    if (skew >= -SKEW_WARNING && skew <= SKEW_WARNING) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    say_skew(v, skew);
    if ((skew > SCS_DAY_SEC || skew < -SCS_DAY_SEC) && !scs_exchange_served(x)) {
        scs_set_severity(v, SCS_SEV_ERROR);
    }
    return true;
}

/* The certificate a device makes for itself a moment before tells its clock, also where signingTime is absent. */
static bool temporary_certificate_expired(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);
    const struct scs_cert_facts *c = m && m->message_type == TYPE_PKCS_REQ ? m->signer : NULL;
    char day[SCS_TIME_TEXT];

    if (!c || !(c->flags & SCS_CERT_SELF_ISSUED)) {
        return false;
    }
    int64_t now = scs_judge_true_time(j, x->request->m.first_ns);
    /* One that was made today, by its own clock, tells of a short life rather than of a clock. */
    bool fresh = c->not_before != SCS_NO_TIME && c->not_before <= now && now - c->not_before <= SCS_DAY_SEC;
    bool ended = c->not_after != SCS_NO_TIME && c->not_after < now && !fresh;
    /* Without the server's Date beside it, more likely the capture's clock is slow. */
    bool sure_of_now = scs_judge_model(j)->capture->clock_samples != 0;
    bool future = sure_of_now && c->not_before != SCS_NO_TIME && c->not_before - now > SCS_DAY_SEC;
    if (!ended && !future) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    scs_fact_text(v, ended ? "ended" : "begins", "%.10s", scs_text_seconds(ended ? c->not_after : c->not_before, day));
    return true;
}

/* ---- renewal ---------------------------------------------------------------------------------------------------- */

static const struct scs_pki_message *refused_renewal(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = scs_request_message(x);

    return m && m->message_type == TYPE_RENEWAL && scs_exchange_refused(x) && scs_exchange_reached_ndes(x) ? m : NULL;
}

static bool signer_expired(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_cert_facts *c = x->scep_request->signer;

    return c && c->not_after != SCS_NO_TIME && c->not_after < scs_judge_true_time(j, x->request->m.first_ns);
}

static bool renewal_expired(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = refused_renewal(x);
    char day[SCS_TIME_TEXT];

    if (!m || !signer_expired(j, x)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    scs_fact_text(v, "not_after", "%.10s", scs_text_seconds(m->signer->not_after, day));
    return true;
}

static bool renewal_unsupported(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = refused_renewal(x);
    const struct scs_exchange *known = m ? scs_judge_caps_before(j, &x->connection->server, x->started_ns) : NULL;

    if (!m || signer_expired(j, x)) {
        return false;
    }
    bool lacks = known && known->caps && known->caps->text && !(known->caps->known & SCS_CAP_RENEWAL);
    const struct scs_pki_message *r = x->scep_reply;
    bool vague = r && r->pki_status == 2 && !r->has_hresult && !r->fail_info_text && (r->fail_info == 2 || r->fail_info < 0);
    if (!lacks && !(vague && m->signer)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    if (!lacks) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

const struct scs_rule scs_rules_crypto[] = {
    SCS_CAUSE("scep-recipient-ca", ERROR, MESSAGE, recipient_ca),
    SCS_CAUSE("scep-recipient-signing", ERROR, MESSAGE, recipient_signing),
    SCS_CAUSE("scep-recipient-stale", ERROR, MESSAGE, recipient_stale),
    SCS_CAUSE("scep-renew-expired", ERROR, MESSAGE, renewal_expired),
    SCS_CAUSE("scep-renewal-unsupported", ERROR, NDES, renewal_unsupported),
    SCS_NOTE("scep-recipient-multi", WARNING, recipient_odd),
    SCS_NOTE("scep-alg-weak", WARNING, algorithm_weak),
    SCS_NOTE("scep-alg-legacy", INFO, algorithm_legacy),
    SCS_LIKELY_NOTE("scep-alg-not-advertised", WARNING, algorithm_not_advertised),
    SCS_NOTE("scep-oaep", INFO, oaep),
    SCS_NOTE("scep-clock-skew", WARNING, clock_skew),
    SCS_LIKELY_NOTE("scep-tempcert-expired", WARNING, temporary_certificate_expired),
};
const size_t scs_num_rules_crypto = sizeof scs_rules_crypto / sizeof scs_rules_crypto[0];
