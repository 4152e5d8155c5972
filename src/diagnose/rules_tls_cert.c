/* SPDX-License-Identifier: Apache-2.0 */
/* TLS-*: certificates of both sides. They are seen up to TLS 1.2; in TLS 1.3 only when the connection was opened. */
#include "base/buf.h"
#include "base/text.h"
#include "diagnose/handshake.h"
#include "diagnose/hostname.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"

/* Clocks differ by as much without harm. */
#define CLOCK_SKEW_S 300
/* A certificate as new as this may be from the future to a device whose clock is hours slow. */
#define FRESH_S SCS_DAY_SEC
/* Characters of a certificate's list of names that are told. */
#define NAMES_SHOWN 400u

/* The time at which the handshake was made. */
static int64_t now_s(const struct scs_judge *j, const struct scs_connection *c)
{
    int64_t ts_ns = c->tls->client_hello_ns != SCS_NO_TIME ? c->tls->client_hello_ns : c->opened_ns;
    return scs_judge_true_time(j, ts_ns);
}

/* `owner`: the name of the fact that has its subject. A client's is its own and may be hidden, a server's is public. */
static void say_certificate(struct scs_verdict *v, const struct scs_connection *c, const char *owner,
                            const struct scs_cert_facts *cert)
{
    char text[SCS_TIME_TEXT];
    scs_say_frame(v, c->tls->certificate_frame);
    if (cert == NULL) {
        return;
    }
    scs_fact_text(v, owner, "%s", cert->subject == NULL ? "" : cert->subject);
    scs_fact_text(v, "issuer", "%s", cert->issuer == NULL ? "" : cert->issuer);
    if (cert->not_before != SCS_NO_TIME && cert->not_after != SCS_NO_TIME) {
        scs_fact_text(v, "not_before", "%.19sZ", scs_text_seconds(cert->not_before, text));
        scs_fact_text(v, "not_after", "%.10s", scs_text_seconds(cert->not_after, text));
    }
}

/* The client's alert when it is one of these; NULL. */
static const struct scs_tls_alert *client_says(const struct scs_connection *c, unsigned a, unsigned b, unsigned d)
{
    const struct scs_tls_alert *alert = scs_handshake_alert(c, false);
    bool one_of = alert != NULL && (alert->description == a || alert->description == b || alert->description == d);
    return one_of ? alert : NULL;
}

/* ---- somebody in between --------------------------------------------------------------------------------- */

/* Names products that open TLS give the CAs they make certificates with. No public CA has one of them in its name. */
static const char *const inspectors[] = {"Zscaler",
                                         "Netskope",
                                         "goskope",
                                         "Fortinet",
                                         "FortiGate",
                                         "Blue Coat",
                                         "ProxySG",
                                         "Palo Alto Networks",
                                         "Forcepoint",
                                         "Websense",
                                         "McAfee Web Gateway",
                                         "Skyhigh Secure Web",
                                         "Sophos SSL",
                                         "Sophos Web Appliance",
                                         "Cisco Umbrella",
                                         "Cisco Web Security",
                                         "Check Point HTTPS",
                                         "Barracuda Web",
                                         "WatchGuard HTTPS",
                                         "Fireware HTTPS Proxy",
                                         "SonicWall Firewall DPI-SSL",
                                         "SonicWALL Firewall DPI-SSL",
                                         "Smoothwall",
                                         "iboss",
                                         "ContentKeeper",
                                         "Menlo Security",
                                         "Cato Networks",
                                         "Gateway CA - Cloudflare Managed",
                                         "Cloudflare for Teams",
                                         "Untangle",
                                         "mitmproxy",
                                         "Squid",
                                         "PortSwigger",
                                         "DO_NOT_TRUST_FiddlerRoot",
                                         "Charles Proxy",
                                         "Kaspersky Anti-Virus Personal",
                                         "Kaspersky Web Anti-Virus",
                                         "ESET SSL Filter",
                                         "Avast Web/Mail Shield",
                                         "AVG Web/Mail Shield",
                                         "Bitdefender Personal CA"};

static const char *inspector_of(const struct scs_tls_facts *t)
{
    for (uint32_t k = 0; k < t->num_server_certificates && t->server_chain != NULL; k++) {
        for (size_t i = 0; i < sizeof inspectors / sizeof inspectors[0]; i++) {
            if (scs_text_contains_nocase(t->server_chain[k]->issuer, inspectors[i])) {
                return inspectors[i];
            }
        }
    }
    return NULL;
}

/* Microsoft's services have certificates of these. */
static bool is_microsoft_issuer(const char *issuer)
{
    return scs_text_contains_nocase(issuer, "Microsoft") || scs_text_contains_nocase(issuer, "DigiCert");
}

static bool inspection(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_facts *t = c->tls;
    const struct scs_cert_facts *cert = t == NULL ? NULL : t->server_certificate;
    if (cert == NULL || cert->issuer == NULL) {
        return false;
    }
    const char *product = inspector_of(t);
    bool cloud = scs_handshake_is_intune(c) || scs_hostname_under(t->sni, "msappproxy.net");
    bool stranger = cloud && (cert->flags & SCS_CERT_INCOMPLETE) == 0 && !is_microsoft_issuer(cert->issuer);
    if ((product == NULL && !stranger) || (!cloud && !scs_handshake_concerns(j, c, v))) {
        return false;
    }
    if (!cloud && t->app_bytes[SCS_TO_SERVER] != 0) {
        scs_set_severity(v, SCS_SEV_WARNING); /* this client trusts it */
    }
    scs_handshake_say(j, v, c);
    say_certificate(v, c, "certificate", cert);
    scs_fact_text(v, "product", "%s", product != NULL ? product : "unknown");
    return true;
}

/* ---- the server's certificate: validity ------------------------------------------------------------------- */

/* The first certificate of the chain that is out of date at `now`; NULL. */
static const struct scs_cert_facts *expired_in_chain(const struct scs_tls_facts *t, int64_t now)
{
    for (uint32_t i = 0; i < t->num_server_certificates && t->server_chain != NULL; i++) {
        if (t->server_chain[i]->not_after != SCS_NO_TIME && t->server_chain[i]->not_after < now) {
            return t->server_chain[i];
        }
    }
    return NULL;
}

static bool is_fresh(const struct scs_cert_facts *cert, int64_t now)
{
    return cert != NULL && cert->not_before != SCS_NO_TIME && now - cert->not_before < FRESH_S;
}

static void soften_when_used(const struct scs_connection *c, struct scs_verdict *v)
{
    if (c->tls->app_bytes[SCS_TO_SERVER] != 0) {
        scs_set_severity(v, SCS_SEV_WARNING); /* this client does not mind; devices will */
    }
}

static bool server_expired(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_facts *t = c->tls;
    if (t == NULL || (t->flags & SCS_TLS_RESUMED) != 0) {
        return false;
    }
    const struct scs_tls_alert *alert =
        client_says(c, SCS_ALERT_CERTIFICATE_EXPIRED, SCS_ALERT_CERTIFICATE_EXPIRED, SCS_ALERT_CERTIFICATE_EXPIRED);
    const struct scs_cert_facts *leaf = t->server_certificate, *expired = expired_in_chain(t, now_s(j, c));
    bool holds = expired != NULL && (expired == leaf || alert != NULL);
    if ((!holds && (alert == NULL || is_fresh(leaf, now_s(j, c)))) || !scs_handshake_concerns(j, c, v)) {
        return false;
    }
    soften_when_used(c, v);
    scs_handshake_say(j, v, c);
    say_certificate(v, c, "certificate", holds ? expired : leaf);
    if (alert != NULL) {
        scs_handshake_say_alert(v, alert);
    }
    if (holds) {
        scs_fact_number(v, "days", (now_s(j, c) - expired->not_after) / SCS_DAY_SEC);
    } else if (leaf != NULL) {
        scs_fact_text(v, "in_date", "in date"); /* the client's clock, or a certificate that was not sent */
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

/*
 * That it is too early says the capture's clock alone, and the client minds something else or nothing: more likely that
 * clock is slow.
 */
static bool only_our_clock(const struct scs_judge *j, const struct scs_connection *c)
{
    bool content = (c->tls->flags & SCS_TLS_HANDSHAKE_DONE) != 0 || scs_handshake_alert(c, false) != NULL;
    return scs_judge_model(j)->capture->clock_samples == 0 && content;
}

static bool server_not_yet(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_cert_facts *leaf = c->tls == NULL ? NULL : c->tls->server_certificate;
    if (leaf == NULL || leaf->not_before == SCS_NO_TIME || (c->tls->flags & SCS_TLS_RESUMED) != 0) {
        return false;
    }
    const struct scs_tls_alert *alert =
        client_says(c, SCS_ALERT_CERTIFICATE_EXPIRED, SCS_ALERT_BAD_CERTIFICATE, SCS_ALERT_CERTIFICATE_UNKNOWN);
    bool early = leaf->not_before > now_s(j, c) + CLOCK_SKEW_S && !(alert == NULL && only_our_clock(j, c));
    bool slow_clock = alert != NULL && alert->description == SCS_ALERT_CERTIFICATE_EXPIRED && is_fresh(leaf, now_s(j, c)) &&
                      expired_in_chain(c->tls, now_s(j, c)) == NULL;
    if ((!early && !slow_clock) || !scs_handshake_concerns(j, c, v)) {
        return false;
    }
    if (!early) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    scs_handshake_say(j, v, c);
    say_certificate(v, c, "certificate", leaf);
    if (alert != NULL) {
        scs_handshake_say_alert(v, alert);
    }
    return true;
}

/* ---- the server's certificate: name and chain --------------------------------------------------------------- */

/* The names a certificate is for, as far as they fit. */
static void say_names(struct scs_verdict *v, const struct scs_cert_facts *cert)
{
    struct scs_buf names;
    scs_buf_init(&names, NAMES_SHOWN);
    for (uint32_t i = 0; i < cert->num_sans; i++) {
        scs_buf_printf(&names, "%s%s", i == 0 ? "" : ", ", cert->sans[i]);
    }
    scs_fact_text(v, "names", "%s", names.len != 0 ? scs_buf_cstr(&names) : "none");
    scs_buf_cleanup(&names);
}

static bool name_mismatch(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_facts *t = c->tls;
    if (t == NULL || (t->flags & SCS_TLS_RESUMED) != 0 || !scs_handshake_client_left(c) ||
        scs_hostname_match(t->server_certificate, t->sni) != SCS_NAME_DIFFERS) {
        return false;
    }
    const struct scs_tls_alert *alert = scs_handshake_alert(c, false);
    bool other_reason =
        alert != NULL && (alert->description == SCS_ALERT_UNKNOWN_CA || alert->description == SCS_ALERT_CERTIFICATE_REVOKED ||
                          alert->description == SCS_ALERT_CERTIFICATE_EXPIRED);
    /* That the client left without a word cannot be told where the capture lacks its words. */
    bool seen = alert != NULL || scs_handshake_whole(j, c);
    if (!seen || other_reason || scs_handshake_alert(c, true) != NULL || !scs_handshake_matters(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    say_certificate(v, c, "certificate", t->server_certificate);
    say_names(v, t->server_certificate);
    if (alert != NULL) {
        scs_handshake_say_alert(v, alert);
    }
    return true;
}

/* A GetCACert of the server shows that the issuer is a root: nothing stands between it and the leaf. */
static bool issuer_is_root(const struct scs_judge *j, const struct scs_connection *c)
{
    const struct scs_exchange *x = scs_judge_ca_certs_before(j, &c->server, INT64_MAX);
    const char *issuer = c->tls->server_certificate->issuer_sha256;
    for (uint32_t i = 0; x != NULL && i < x->ca_certs->num_certificates; i++) {
        const struct scs_cert_facts *ca = x->ca_certs->certificates[i];
        if ((ca->flags & SCS_CERT_SELF_ISSUED) != 0 && issuer != NULL && scs_text_equal(ca->subject_sha256, issuer)) {
            return true;
        }
    }
    return false;
}

static bool chain_incomplete(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_alert *alert =
        c->tls == NULL ? NULL : client_says(c, SCS_ALERT_UNKNOWN_CA, SCS_ALERT_UNKNOWN_CA, SCS_ALERT_UNKNOWN_CA);
    const struct scs_cert_facts *leaf = c->tls == NULL ? NULL : c->tls->server_certificate;
    if (alert == NULL || leaf == NULL || c->tls->num_server_certificates != 1 ||
        (leaf->flags & (SCS_CERT_SELF_ISSUED | SCS_CERT_INCOMPLETE)) != 0 || issuer_is_root(j, c) ||
        !scs_handshake_matters(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    say_certificate(v, c, "certificate", leaf);
    scs_handshake_say_alert(v, alert);
    return true;
}

static bool client_distrusts(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_alert *alert =
        c->tls == NULL ? NULL : client_says(c, SCS_ALERT_BAD_CERTIFICATE, SCS_ALERT_CERTIFICATE_UNKNOWN, SCS_ALERT_UNKNOWN_CA);
    if (alert == NULL || (c->tls->flags & SCS_TLS_SERVER_HELLO) == 0 || !scs_handshake_matters(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    scs_handshake_say_alert(v, alert);
    say_certificate(v, c, "certificate", c->tls->server_certificate);
    if (c->tls->num_server_certificates != 0) {
        scs_fact_number(v, "certificates", c->tls->num_server_certificates);
    }
    return true;
}

/* ---- the client's certificate ---------------------------------------------------------------------------------- */

/* The server's alert when it is about the client's certificate; NULL. */
static const struct scs_tls_alert *server_objects(const struct scs_connection *c)
{
    const struct scs_tls_alert *a = scs_handshake_alert(c, true);
    if (a == NULL || (c->tls->flags & SCS_TLS_SERVER_HELLO) == 0) {
        return NULL;
    }
    switch (a->description) {
    case SCS_ALERT_HANDSHAKE_FAILURE:
    case SCS_ALERT_BAD_CERTIFICATE:
    case SCS_ALERT_UNSUPPORTED_CERTIFICATE:
    case SCS_ALERT_CERTIFICATE_EXPIRED:
    case SCS_ALERT_CERTIFICATE_UNKNOWN:
    case SCS_ALERT_UNKNOWN_CA:
    case SCS_ALERT_ACCESS_DENIED:
    case SCS_ALERT_CERTIFICATE_REQUIRED:
        return a;
    default:
        return NULL;
    }
}

/*
 * Whether the server took offence at the client's certificate, or its absence: by an alert, by 403, or, where nothing
 * can be read, on the policy module's leg, which has no other way to log on. Says the common facts.
 */
static bool client_refused(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_alert *alert = server_objects(c);
    const struct scs_exchange *refused = scs_handshake_exchange(j, c, 403);
    if (alert == NULL && refused == NULL) {
        bool unread = scs_handshake_exchange(j, c, 0) == NULL && (c->tls->flags & SCS_TLS_DECRYPTED) == 0;
        if (!unread || !scs_handshake_is_policy(j, c)) {
            return false;
        }
        scs_set_confidence(v, SCS_LIKELY);
    }
    if (!scs_handshake_concerns(j, c, v)) {
        return false;
    }
    if (refused != NULL) {
        scs_say_exchange(v, refused);
        scs_fact_text(v, "operation", "%s", scs_operation_name(refused->operation));
        scs_fact_number(v, "status", refused->reply->status);
    }
    scs_handshake_say(j, v, c);
    if (alert != NULL) {
        scs_handshake_say_alert(v, alert);
    }
    return true;
}

static bool client_expired(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_cert_facts *leaf = c->tls == NULL ? NULL : c->tls->client_certificate;
    if (leaf == NULL || leaf->not_after == SCS_NO_TIME || leaf->not_after >= now_s(j, c) || !client_refused(j, c, v)) {
        return false;
    }
    say_certificate(v, c, "subject", leaf);
    scs_fact_number(v, "days", (now_s(j, c) - leaf->not_after) / SCS_DAY_SEC);
    return true;
}

static bool client_eku(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_cert_facts *leaf = c->tls == NULL ? NULL : c->tls->client_certificate;
    uint32_t of_interest = SCS_CERT_HAS_EKU | SCS_CERT_EKU_CLIENT_AUTH | SCS_CERT_EKU_ANY | SCS_CERT_INCOMPLETE;
    if (leaf == NULL || (leaf->flags & of_interest) != SCS_CERT_HAS_EKU || !client_refused(j, c, v)) {
        return false;
    }
    say_certificate(v, c, "subject", leaf);
    return true;
}

static bool client_revoked(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_alert *alert = c->tls == NULL ? NULL : scs_handshake_alert(c, true);
    if (alert == NULL || alert->description != SCS_ALERT_CERTIFICATE_REVOKED || !scs_handshake_concerns(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    scs_handshake_say_alert(v, alert);
    say_certificate(v, c, "subject", c->tls->client_certificate);
    return true;
}

static bool client_absent(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_facts *t = c->tls;
    const uint32_t asked_in_vain = SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY;
    const struct scs_tls_alert *alert = t == NULL ? NULL : scs_handshake_alert(c, true);
    bool required = alert != NULL && alert->description == SCS_ALERT_CERTIFICATE_REQUIRED;
    return t != NULL && (required || (t->flags & asked_in_vain) == asked_in_vain) && client_refused(j, c, v);
}

const struct scs_rule scs_rules_tls_cert[] = {
    SCS_TLS_ROW("tls-inspection", ERROR, LIKELY, true, inspection),
    SCS_TLS_ROW("tls-servercert-expired", ERROR, CERTAIN, true, server_expired),
    SCS_TLS_ROW("tls-servercert-notyet", WARNING, CERTAIN, true, server_not_yet),
    SCS_TLS_ROW("tls-clientcert-expired", ERROR, CERTAIN, true, client_expired),
    SCS_TLS_ROW("tls-clientcert-eku", ERROR, CERTAIN, true, client_eku),
    SCS_TLS_ROW("tls-clientcert-revoked", ERROR, CERTAIN, true, client_revoked),
    SCS_TLS_ROW("tls-clientcert-absent", ERROR, CERTAIN, true, client_absent),
    SCS_TLS_ROW("tls-name-mismatch", ERROR, CERTAIN, true, name_mismatch),
    SCS_TLS_ROW("tls-chain-incomplete", ERROR, LIKELY, true, chain_incomplete),
    SCS_TLS_ROW("tls-alert-client-certunknown", ERROR, CERTAIN, true, client_distrusts),
};
const size_t scs_num_rules_tls_cert = sizeof scs_rules_tls_cert / sizeof scs_rules_tls_cert[0];
