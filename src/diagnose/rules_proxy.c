/* SPDX-License-Identifier: Apache-2.0 */
/* Gateways and filters in front of NDES: Entra application proxy, other reverse proxies, web application firewalls. */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include <string.h>

#include "base/text.h"

/* Entra application proxy gives up after 85 s, or 180 s when its back-end timeout is Long. */
#define ENTRA_TIMEOUT      (85 * SCS_SECOND)
#define ENTRA_TIMEOUT_LONG (180 * SCS_SECOND)
#define TIMEOUT_TOLERANCE  (5 * SCS_SECOND)

static bool on_scep(const struct scs_exchange *x)
{
    return x->request && (scs_exchange_on_mscep(x) || x->path_kind == SCS_PATH_MSCEP_INFO);
}

/* A machine-wide proxy may stand between NDES and its own host. */
static bool on_either_leg(const struct scs_exchange *x)
{
    return on_scep(x) || scs_exchange_on_policy(x);
}

static void say_location(const struct scs_exchange *x, struct scs_verdict *v)
{
    scs_say_answer(v, x);
    if (x->reply->location) {
        scs_fact_text(v, "location", "%s", x->reply->location);
    }
    if (x->request->host) {
        scs_fact_text(v, "host", "%s", x->request->host);
    }
}

static bool preauthentication(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    static const char *const logins[] = {"login.microsoftonline.com", "login.windows.net", "login.microsoftonline.us",
                                         "login.partner.microsoftonline.cn"};
    const struct scs_http_reply *r = x->reply;
    bool login = false;

    (void)j;
    if (!r || !on_scep(x) || !(r->location || scs_reply_is_html(r))) {
        return false;
    }
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        login = login || scs_text_contains_nocase(r->location, logins[i]) || scs_reply_says(r, logins[i]);
    }
    if (!login && !(scs_reply_is_html(r) && scs_reply_says(r, "Sign in to your account"))) {
        return false;
    }
    say_location(x, v);
    return true;
}

static bool entra_forbidden(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = x->reply;

    (void)j;
    if (!r || !on_scep(x) || !(r->status / 100 == 4 || scs_reply_is_html(r))) {
        return false;
    }
    bool page = r->status == 403 && scs_exchange_entra(x) && scs_reply_says(r, "Forbidden") && !scs_reply_is_iis(r);
    if (!page && !scs_reply_says(r, "AADSTS")) {
        return false;
    }
    say_location(x, v);
    return true;
}

static bool entra_gateway_timeout(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!x->reply || !on_scep(x) || !(x->reply->status == 504 || scs_reply_is_html(x->reply)) || !scs_exchange_entra(x) ||
        !(x->reply->status == 504 || scs_reply_says(x->reply, "GatewayTimeout") ||
          scs_reply_says(x->reply, "Gateway time-out"))) {
        return false;
    }
    say_location(x, v);
    return true;
}

/* When the connection ended after this request; SCS_NO_TIME when it did not. */
static int64_t ended_after(const struct scs_exchange *x)
{
    const struct scs_half *half = x->connection->half;
    int64_t ends[] = {half[0].fin_ns, half[0].rst_ns, half[1].fin_ns, half[1].rst_ns};
    int64_t first = SCS_NO_TIME;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (ends[i] != SCS_NO_TIME && ends[i] >= x->request->m.last_ns && (first == SCS_NO_TIME || ends[i] < first)) {
            first = ends[i];
        }
    }
    return first;
}

static bool about(int64_t value, int64_t wanted)
{
    return value >= wanted - TIMEOUT_TOLERANCE && value <= wanted + TIMEOUT_TOLERANCE;
}

/* No status was seen, but the connection closed exactly when Entra application proxy's patience ends. */
static bool closed_at_timeout(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    int64_t end = x->reply ? SCS_NO_TIME : ended_after(x);

    if (end == SCS_NO_TIME || !scs_judge_sees_all(j, x)) {
        return false;
    }
    int64_t waited = end - x->request->m.last_ns;
    if (!about(waited, ENTRA_TIMEOUT) && !about(waited, ENTRA_TIMEOUT_LONG)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_seconds(v, "waited_s", waited);
    scs_set_confidence(v, scs_exchange_proxied(x) ? SCS_LIKELY : SCS_POSSIBLE);
    return true;
}

static bool gateway_timeout(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    if (!on_either_leg(x)) {
        return false;
    }
    if (!x->reply) {
        return closed_at_timeout(j, x, v);
    }
    /* 522 and 524 are Cloudflare's words for the same. */
    if ((status != 504 && status != 522 && status != 524) || scs_exchange_entra(x) || scs_message_unseen(&x->reply->m)) {
        return false;
    }
    scs_say_answer(v, x);
    if (x->wait_ns != SCS_NO_TIME) {
        scs_say_seconds(v, "waited_s", x->wait_ns);
    }
    return true;
}

static bool bad_gateway(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    unsigned status = scs_exchange_status(x);

    (void)j;
    if (!x->reply || !on_either_leg(x) || scs_reply_is_iis(x->reply) || scs_reply_page_unseen(x->reply)) {
        return false;
    }
    bool refused = scs_status_is_gateway(status) && status != 504 && status != 522 && status != 524;
    bool page = status != 504 && scs_reply_says(x->reply, "corporate app can") && !scs_reply_says(x->reply, "GatewayTimeout") &&
                !scs_reply_says(x->reply, "Forbidden");
    if (!refused && !page) {
        return false;
    }
    say_location(x, v);
    return true;
}

/* What filters write about themselves, in the page or in the Server header. */
static const char *const waf_marks[] = {"Web Application Firewall",
                                        "ModSecurity",
                                        "Mod_Security",
                                        "The requested URL was rejected",
                                        "Incapsula",
                                        "Imperva",
                                        "Attention Required!",
                                        "Cloudflare Ray ID",
                                        "AkamaiGHost",
                                        "Access Denied</H1>",
                                        "FortiWeb",
                                        "FortiGate",
                                        "FortiGuard",
                                        "Barracuda",
                                        "Sucuri",
                                        "Microsoft-Azure-Application-Gateway",
                                        "NetScaler",
                                        "AppFW",
                                        "awselb",
                                        "BIG-IP",
                                        "BigIP",
                                        "Request blocked",
                                        "request was blocked",
                                        "Wordfence",
                                        "Sophos",
                                        "Not Acceptable!"};

static bool has_waf_mark(const struct scs_http_reply *r)
{
    for (size_t i = 0; i < sizeof waf_marks / sizeof waf_marks[0]; i++) {
        if (scs_reply_says(r, waf_marks[i]) || scs_text_contains_nocase(r->server, waf_marks[i])) {
            return true;
        }
    }
    return false;
}

static bool waf_block(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_server *s = scs_server_of(j, x);
    unsigned status = scs_exchange_status(x);

    if (!on_scep(x) || x->operation != SCS_OP_PKI_OPERATION || !x->reply || scs_exchange_is_limit_test(x) ||
        scs_text_starts_nocase(x->reply->server, "Microsoft-IIS")) {
        return false;
    }
    bool page = status == 200 && scs_reply_is_html(x->reply) && !x->scep_reply;
    if (!(page || status == 403 || status == 406 || status == 501) || !has_waf_mark(x->reply)) {
        return false;
    }
    /* A filter that refuses everything is an access rule, not a judgement about the message. */
    if (s && s->ops[SCS_OP_GET_CA_CAPS].ok + s->ops[SCS_OP_GET_CA_CERT].ok == 0 &&
        s->ops[SCS_OP_GET_CA_CAPS].failed + s->ops[SCS_OP_GET_CA_CERT].failed > 0) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

/* ---- portals ---------------------------------------------------------------------------------------- */

/* What the log-in pages of guest networks are called, and what only they write. RFC 6585 6 has a status of their own. */
static const char *const portal_marks[] = {"captiveportal",     "captive-portal", "captive portal", "WISPAccessGatewayParam",
                                           "hotspot",           "fgtauth?",       "/guest/s/",      "network-auth.com",
                                           "securelogin.aruba", "/login?dst=",    "nodogsplash",    "//captive.",
                                           "guest wi-fi",       "guest wifi",     "guestwifi"};

static bool captive_portal(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_http_reply *r = x->reply;
    bool marked = r && r->status == 511;

    (void)j;
    if (!r || !on_scep(x) || scs_reply_is_iis(r) || !(r->status == 200 || r->status / 100 == 3 || marked)) {
        return false;
    }
    bool page = r->status == 200 && scs_reply_is_html(r);
    for (size_t i = 0; i < sizeof portal_marks / sizeof portal_marks[0] && !marked; i++) {
        marked = (r->status / 100 == 3 && scs_text_contains_nocase(r->location, portal_marks[i])) ||
                 ((page || r->status / 100 == 3) && scs_reply_says(r, portal_marks[i]));
    }
    if (!marked) {
        return false;
    }
    say_location(x, v);
    return true;
}

const struct scs_rule scs_rules_proxy[] = {
    SCS_CAUSE("proxy-preauth", ERROR, PROXY, preauthentication),
    SCS_CAUSE("proxy-forbidden", ERROR, PROXY, entra_forbidden),
    SCS_CAUSE("http-504-gateway", ERROR, PROXY, entra_gateway_timeout),
    SCS_CAUSE("proxy-504", ERROR, PROXY, gateway_timeout),
    SCS_CAUSE("proxy-502", ERROR, PROXY, bad_gateway),
    SCS_CAUSE("proxy-waf-block", ERROR, PROXY, waf_block),
    SCS_LIKELY_CAUSE("proxy-captive", WARNING, PROXY, captive_portal),
};
const size_t scs_num_rules_proxy = sizeof scs_rules_proxy / sizeof scs_rules_proxy[0];
