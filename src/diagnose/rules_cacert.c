/* SPDX-License-Identifier: Apache-2.0 */
/* The server's certificates: GetCACert (RFC 8894 4.2) and GetNextCACert (4.7). */
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

#include "base/text.h"

#define EXPIRES_SOON  (30 * SCS_DAY_SEC)
#define EXPIRES_LATER (60 * SCS_DAY_SEC)
#define SMALLEST_RSA  2048u
/* What NDES answers when its own certificate, or the chain, has ended. */
#define CERT_E_EXPIRED 0x800B0101u

/* ---- GetCACert: the answer as a whole ------------------------------------------------------------------ */

static bool asks_for_certificates(const struct scs_exchange *x)
{
    return x->operation == SCS_OP_GET_CA_CERT || x->operation == SCS_OP_GET_NEXT_CA_CERT;
}

static bool certs_empty(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!asks_for_certificates(x) || scs_exchange_status(x) != 200 || !scs_message_whole(&x->reply->m) ||
        x->reply->m.body_len != 0 || (x->reply->m.flags & SCS_HTTP_NO_MESSAGE_BODY)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool is_html_answer(const struct scs_exchange *x)
{
    return asks_for_certificates(x) && scs_exchange_status(x) == 200 && x->reply->m.body_len > 0 &&
           !(x->ca_certs && x->ca_certs->parsed) && ((x->ca_certs && x->ca_certs->html) || scs_reply_is_html(x->reply));
}

static bool certs_html(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!is_html_answer(x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool certs_unparseable(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!asks_for_certificates(x) || scs_exchange_status(x) != 200 || !x->ca_certs || x->ca_certs->empty ||
        !scs_message_whole(&x->reply->m) || is_html_answer(x)) {
        return false;
    }
    if (x->ca_certs->parsed && x->ca_certs->complete && !x->ca_certs->pem) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "response_body_length", x->reply->m.body_len);
    if (x->ca_certs->pem) {
        scs_set_severity(v, SCS_SEV_WARNING);
        scs_fact_text(v, "encoding", "PEM");
    }
    return true;
}

/* A GetCACert answer whose certificates can be judged. */
static const struct scs_ca_certs *certs_of(const struct scs_exchange *x)
{
    if (x->operation != SCS_OP_GET_CA_CERT || scs_exchange_status(x) != 200 || !x->ca_certs) {
        return NULL;
    }
    return x->ca_certs->parsed && x->ca_certs->complete && !x->ca_certs->pem && x->ca_certs->num_certificates > 0 ? x->ca_certs
                                                                                                                  : NULL;
}

static bool type_of_other_form(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_ca_certs *certs = certs_of(x);

    (void)j;
    if (!certs) {
        return false;
    }
    bool says_one = scs_reply_has_type(x->reply, "application/x-x509-ca-cert");
    bool says_many = scs_reply_has_type(x->reply, "application/x-x509-ca-ra-cert");
    if (!(says_one && !certs->single) && !(says_many && certs->single)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "content_type", "%s", x->reply->m.content_type);
    scs_fact_number(v, "certificates", certs->num_certificates);
    return true;
}

static bool next_ca_unsigned(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->operation != SCS_OP_GET_NEXT_CA_CERT || scs_exchange_status(x) != 200 || !x->ca_certs || !x->ca_certs->parsed ||
        !x->ca_certs->complete || x->ca_certs->signed_reply) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool contains(const struct scs_ca_certs *certs, const struct scs_cert_facts *one)
{
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        if (scs_text_equal(certs->certificates[i]->sha256, one->sha256)) {
            return true;
        }
    }
    return false;
}

static bool all_contained(const struct scs_ca_certs *these, const struct scs_ca_certs *in)
{
    for (uint32_t i = 0; i < these->num_certificates; i++) {
        if (!contains(in, these->certificates[i])) {
            return false;
        }
    }
    return true;
}

static bool certs_changed(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_ca_certs *now = certs_of(x);
    const struct scs_exchange *earlier = now ? scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns) : NULL;
    const struct scs_ca_certs *then = earlier && earlier != x ? certs_of(earlier) : NULL;

    if (!then || (now->body_sha256 && scs_text_equal(now->body_sha256, then->body_sha256)) ||
        (all_contained(now, then) && all_contained(then, now))) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "earlier_exchange", earlier->id);
    scs_say_exchange(v, earlier);
    scs_say_exchange(v, x);
    return true;
}

/* ---- GetCACert: each certificate ----------------------------------------------------------------------- */

static bool is_ca(const struct scs_cert_facts *c)
{
    return (c->flags & SCS_CERT_IS_CA) != 0;
}

/* A registration authority's certificate: it stands beside a CA's and is none itself. */
static bool is_ra(const struct scs_ca_certs *certs, const struct scs_cert_facts *c)
{
    return certs->num_certificates > 1 && !is_ca(c) && !(c->flags & (SCS_CERT_SELF_ISSUED | SCS_CERT_INCOMPLETE));
}

static void say_certificate(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_cert_facts *c)
{
    char day[SCS_TIME_TEXT];

    scs_say_answer(v, x);
    if (c->subject) {
        scs_fact_text(v, "subject", "%s", c->subject);
    }
    if (c->issuer) {
        scs_fact_text(v, "issuer", "%s", c->issuer);
    }
    if (c->serial) {
        scs_fact_text(v, "serial", "%s", c->serial);
    }
    if (c->not_before != SCS_NO_TIME) {
        scs_fact_text(v, "not_before", "%.10s", scs_text_seconds(c->not_before, day));
    }
    if (c->not_after != SCS_NO_TIME) {
        scs_fact_text(v, "not_after", "%.10s", scs_text_seconds(c->not_after, day));
    }
}

/* What a row looks for in one certificate of the answer; `now` is in seconds. */
typedef bool wanted_fn(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now);

/* The first such certificate; it is named in the finding. */
static const struct scs_cert_facts *find(const struct scs_judge *j, const struct scs_exchange *x, wanted_fn *wanted,
                                         struct scs_verdict *v)
{
    const struct scs_ca_certs *certs = certs_of(x);

    if (!certs) {
        return NULL;
    }
    int64_t now = scs_judge_true_time(j, x->reply->m.first_ns);
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        if (wanted(certs, certs->certificates[i], now)) {
            say_certificate(v, x, certs->certificates[i]);
            return certs->certificates[i];
        }
    }
    return NULL;
}

static bool expired(const struct scs_cert_facts *c, int64_t now)
{
    return c->not_after != SCS_NO_TIME && c->not_after < now;
}

static bool not_yet(const struct scs_cert_facts *c, int64_t now)
{
    return c->not_before != SCS_NO_TIME && c->not_before > now;
}

static bool expired_ra(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    return is_ra(certs, c) && expired(c, now);
}

/*
 * A refused request whose server had shown a certificate that cannot work: the same cause as the answer that
 * showed it, unless NDES gives another reason.
 */
static const struct scs_cert_facts *find_behind_refusal(const struct scs_judge *j, const struct scs_exchange *x,
                                                        wanted_fn *wanted, struct scs_verdict *v)
{
    const struct scs_exchange *answer = scs_request_message(x) && scs_request_refused_for(x, CERT_E_EXPIRED)
                                            ? scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns)
                                            : NULL;
    const struct scs_cert_facts *c = answer ? find(j, answer, wanted, v) : NULL;

    if (c) {
        scs_say_exchange(v, x);
        scs_set_moment(v, x->started_ns);
    }
    return c;
}

/* NDES goes on with expired certificates until it is restarted; then it answers 500 to everything. */
static const struct scs_cert_facts *find_behind_500(const struct scs_judge *j, const struct scs_exchange *x,
                                                    struct scs_verdict *v)
{
    bool asks = x->operation == SCS_OP_GET_CA_CAPS || x->operation == SCS_OP_GET_CA_CERT;
    const struct scs_exchange *answer =
        asks && scs_exchange_status(x) == 500 && scs_server_is_ndes(j, x) && !scs_exchange_caps_alone(j, x)
            ? scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns)
            : NULL;
    const struct scs_cert_facts *c = answer ? find(j, answer, expired_ra, v) : NULL;

    if (c) {
        scs_say_exchange(v, x);
        scs_set_moment(v, x->started_ns);
        scs_set_confidence(v, SCS_LIKELY);
    }
    return c;
}

static bool ra_expired(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_cert_facts *c = find(j, x, expired_ra, v);

    if (!c) {
        c = find_behind_refusal(j, x, expired_ra, v);
    }
    if (!c) {
        c = find_behind_500(j, x, v);
    }
    if (c) {
        scs_fact_number(v, "days", (scs_judge_true_time(j, x->reply->m.first_ns) - c->not_after) / SCS_DAY_SEC);
    }
    return c != NULL;
}

static bool expiring_ra(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    return is_ra(certs, c) && c->not_after != SCS_NO_TIME && c->not_after >= now && c->not_after - now < EXPIRES_LATER;
}

static bool expiring_ra_soon(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    return expiring_ra(certs, c, now) && c->not_after - now < EXPIRES_SOON;
}

static bool ra_expiring(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_cert_facts *c = find(j, x, expiring_ra_soon, v);

    if (!c) {
        c = find(j, x, expiring_ra, v);
        scs_set_severity(v, SCS_SEV_INFO);
    }
    if (c) {
        scs_fact_number(v, "days", (c->not_after - scs_judge_true_time(j, x->reply->m.first_ns)) / SCS_DAY_SEC);
    }
    return c != NULL;
}

static bool future_ra(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    return is_ra(certs, c) && not_yet(c, now);
}

static bool ra_not_yet(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return find(j, x, future_ra, v) != NULL || find_behind_refusal(j, x, future_ra, v) != NULL;
}

/* A renewed CA keeps its name: an old certificate of it may be listed beside the current one. */
static bool expired_ca(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    if (!is_ca(c) || !expired(c, now)) {
        return false;
    }
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        const struct scs_cert_facts *other = certs->certificates[i];
        if (is_ca(other) && scs_text_equal(other->subject_sha256, c->subject_sha256) && !expired(other, now) &&
            !not_yet(other, now)) {
            return false;
        }
    }
    return true;
}

static bool ca_expired(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return find(j, x, expired_ca, v) != NULL || find_behind_refusal(j, x, expired_ca, v) != NULL;
}

/* The newest listed certificate of the CA that issued `ra`, by name. */
static const struct scs_cert_facts *newest_issuer(const struct scs_ca_certs *certs, const struct scs_cert_facts *ra)
{
    const struct scs_cert_facts *newest = NULL;

    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        const struct scs_cert_facts *c = certs->certificates[i];
        if (is_ca(c) && scs_text_equal(c->subject_sha256, ra->issuer_sha256) && (!newest || c->not_before > newest->not_before)) {
            newest = c;
        }
    }
    return newest;
}

/* Issued with another key than the CA uses now: the key identifiers say so. Without them nothing is claimed. */
static bool ra_of_old_key(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    const struct scs_cert_facts *issuer = is_ra(certs, c) ? newest_issuer(certs, c) : NULL;

    (void)now;
    return issuer && issuer->ski && c->aki && !scs_text_equal(issuer->ski, c->aki);
}

static bool ra_old_ca(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return find(j, x, ra_of_old_key, v) != NULL;
}

static bool no_ra(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_ca_certs *certs = certs_of(x);
    const struct scs_server *s = scs_server_of(j, x);

    if (!certs || !s || !s->is_ndes) {
        return false;
    }
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        if (!is_ca(certs->certificates[i])) {
            return false;
        }
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "certificates", certs->num_certificates);
    return true;
}

/* Together the RA certificates must be able to sign and to be encrypted to. */
static bool ra_usage(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_ca_certs *certs = certs_of(x);
    const struct scs_cert_facts *shown = NULL;
    uint32_t usage = 0;

    (void)j;
    for (uint32_t i = 0; certs && i < certs->num_certificates; i++) {
        const struct scs_cert_facts *c = certs->certificates[i];
        if (!is_ra(certs, c)) {
            continue;
        }
        if (!(c->flags & SCS_CERT_HAS_KU)) {
            return false; /* without the extension every usage is allowed. RFC 5280 4.2.1.3 */
        }
        usage |= c->key_usage;
        shown = c;
    }
    if (!shown || ((usage & SCS_KU_KEY_ENCIPHERMENT) && (usage & SCS_KU_DIGITAL_SIGNATURE))) {
        return false;
    }
    say_certificate(v, x, shown);
    scs_fact_text(v, "missing_usage", "%s", usage & SCS_KU_KEY_ENCIPHERMENT ? "digitalSignature" : "keyEncipherment");
    return true;
}

static bool ra_without_agent(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    (void)now;
    return is_ra(certs, c) && !(c->flags & (SCS_CERT_EKU_REQUEST_AGENT | SCS_CERT_EKU_ANY));
}

static bool ra_purpose(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_server *s = scs_server_of(j, x);

    return s && s->is_ndes && s->is_iis && find(j, x, ra_without_agent, v);
}

static bool weak_hash(const struct scs_cert_facts *c)
{
    if (scs_text_starts_nocase(c->signature_algorithm, "sha256") || scs_text_starts_nocase(c->signature_algorithm, "sha384") ||
        scs_text_starts_nocase(c->signature_algorithm, "sha512")) {
        return false;
    }
    return scs_text_contains_nocase(c->signature_algorithm, "md5") || scs_text_contains_nocase(c->signature_algorithm, "md2") ||
           scs_text_contains_nocase(c->signature_algorithm, "sha1") || scs_text_contains_nocase(c->signature_algorithm, "sha-1");
}

/* A root's own signature is checked by nobody. */
static bool weak_signature(const struct scs_cert_facts *c)
{
    return !(c->flags & SCS_CERT_SELF_ISSUED) && (weak_hash(c) || scs_text_contains_nocase(c->signature_algorithm, "PSS"));
}

static bool weak_certificate(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    bool small = c->key_type == SCS_KEY_RSA && c->key_bits != 0 && c->key_bits < SMALLEST_RSA;

    (void)now;
    (void)certs;
    return weak_signature(c) || small;
}

static bool certs_weak(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_cert_facts *c = find(j, x, weak_certificate, v);

    if (!c) {
        return false;
    }
    if (c->signature_algorithm) {
        scs_fact_text(v, "signature_algorithm", "%s", c->signature_algorithm);
    }
    if (c->key) {
        scs_fact_text(v, "key", "%s", c->key);
    }
    if (x->platform == SCS_PLATFORM_APPLE && weak_signature(c) && !scs_exchange_may_have_enrolled(j, x)) {
        scs_set_severity(v, SCS_SEV_ERROR);
    }
    return true;
}

/* The CA whose hash stands in profiles: the one that issued the RA certificates, else the first CA, else the first. */
static const struct scs_cert_facts *issuing_ca(const struct scs_ca_certs *certs)
{
    const struct scs_cert_facts *first = NULL;

    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        const struct scs_cert_facts *c = certs->certificates[i];
        const struct scs_cert_facts *issuer = is_ra(certs, c) ? newest_issuer(certs, c) : NULL;
        if (issuer) {
            return issuer;
        }
        if (!first && is_ca(c)) {
            first = c;
        }
    }
    return first ? first : certs->certificates[0];
}

/* The same answer as the server's last one: its certificates were told. */
static bool told_before(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_exchange *last = scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns);

    return last && last != x && last->ca_certs &&
           (last->ca_certs == x->ca_certs || scs_text_equal(last->ca_certs->body_sha256, x->ca_certs->body_sha256));
}

static bool thumbprint(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_ca_certs *certs = certs_of(x);
    const struct scs_cert_facts *ca = certs ? issuing_ca(certs) : NULL;
    char server[SCS_ENDPOINT_TEXT];

    if (!ca || !ca->sha1 || !ca->sha256 || told_before(j, x)) {
        return false;
    }
    say_certificate(v, x, ca);
    scs_fact_text(v, "sha1", "%s", ca->sha1);
    scs_fact_text(v, "sha256", "%s", ca->sha256);
    if (ca->md5) {
        scs_fact_text(v, "md5", "%s", ca->md5);
    }
    scs_fact_number(v, "certificates", certs->num_certificates);
    scs_set_group(v, "%s %s", scs_endpoint_text(&x->connection->server, server), ca->sha256);
    return true;
}

static bool issuer_unlisted(const struct scs_ca_certs *certs, const struct scs_cert_facts *c, int64_t now)
{
    (void)now;
    return is_ca(c) && !(c->flags & SCS_CERT_SELF_ISSUED) && !newest_issuer(certs, c);
}

/* Usual for NDES, which lists the issuing CA alone. */
static bool incomplete_chain(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return !scs_server_is_ndes(j, x) && find(j, x, issuer_unlisted, v);
}

const struct scs_rule scs_rules_cacert[] = {
    SCS_CAUSE("cacert-empty", ERROR, NDES, certs_empty),
    SCS_CAUSE("cacert-html", ERROR, IIS, certs_html),
    SCS_CAUSE("cacert-unparseable", ERROR, IIS, certs_unparseable),
    SCS_NOTE("cacert-ctype-single", WARNING, type_of_other_form),
    SCS_LIKELY_NOTE("cacert-no-ra", WARNING, no_ra),
    SCS_CAUSE("cacert-ra-expired", ERROR, NDES, ra_expired),
    SCS_NOTE("cacert-ra-expiring", WARNING, ra_expiring),
    SCS_CAUSE("cacert-ra-notyet", ERROR, NDES, ra_not_yet),
    SCS_CAUSE("cacert-ca-expired", ERROR, NDES, ca_expired),
    SCS_NOTE("cacert-ra-old-ca", ERROR, ra_old_ca),
    SCS_NOTE("cacert-ra-ku", ERROR, ra_usage),
    SCS_LIKELY_NOTE("cacert-ra-eku", WARNING, ra_purpose),
    SCS_LIKELY_NOTE("cacert-changed", INFO, certs_changed),
    SCS_NOTE("cacert-sig-weak", WARNING, certs_weak),
    SCS_NOTE("cacert-thumbprint", INFO, thumbprint),
    SCS_LIKELY_NOTE("cacert-incomplete-chain", INFO, incomplete_chain),
    SCS_NOTE("nextca-unsigned", WARNING, next_ca_unsigned),
};
const size_t scs_num_rules_cacert = sizeof scs_rules_cacert / sizeof scs_rules_cacert[0];
