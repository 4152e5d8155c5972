/* SPDX-License-Identifier: Apache-2.0 */
/* TLS-*: handshakes that did not come to an end, and clients that went away after one. */
#include "diagnose/handshake.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"

#define INTUNE_TRIES 3u
#define TLS_1_1      0x0302
#define TLS_1_3      0x0304
/* A client that dislikes a certificate leaves at once, or when a revocation check has timed out. */
#define REJECTION (30 * SCS_SECOND)

/* Before the server's first word of agreement. */
static bool no_agreement(const struct scs_tls_facts *t)
{
    return (t->flags & SCS_TLS_CLIENT_HELLO) != 0 && (t->flags & SCS_TLS_SERVER_HELLO) == 0;
}

static void say_offer(struct scs_verdict *v, const struct scs_tls_facts *t)
{
    const char *lowest = scs_tls_version_name(t->client_min_version), *highest = scs_tls_version_name(t->client_max_version);
    if (highest != NULL) {
        scs_fact_text(v, "client_highest", "%s", highest);
    }
    if (lowest != NULL) {
        scs_fact_text(v, "client_lowest", "%s", lowest);
    }
}

/* ---- not TLS at all ------------------------------------------------------------------------------------ */

/* A server that says in words of HTTP that it wants TLS: nginx, Apache, Go, Tomcat. On whatever port; NULL. */
static const struct scs_exchange *asks_for_tls(const struct scs_judge *j, const struct scs_connection *c)
{
    static const char *const words[] = {"plain HTTP request was sent to HTTPS port", "plain HTTP to an SSL-enabled server port",
                                        "HTTP request to an HTTPS server", "combination of host and port requires TLS"};
    const struct scs_exchange *x = scs_handshake_exchange(j, c, 400);
    for (size_t i = 0; x != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (scs_reply_says(x->reply, words[i])) {
            return x;
        }
    }
    return NULL;
}

/* Nothing that a plain HTTP server would do: an alert, 400 to everything, or an end without a word. */
static bool server_wants_tls(const struct scs_judge *j, const struct scs_connection *c)
{
    uint32_t num;
    if (c->tls->num_alerts != 0) {
        return true;
    }
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_judge_model(j)->exchanges[ids[i] - 1];
        if (x->reply != NULL && x->reply->status != 400) {
            return false;
        }
    }
    const struct scs_half *server = &c->half[SCS_TO_CLIENT];
    return num != 0 ? scs_handshake_exchange(j, c, 400) != NULL
                    : server->data_packets == 0 && scs_handshake_end_ns(server) != SCS_NO_TIME;
}

/* The port is not the usual one, but the server said so. */
static bool plain_elsewhere(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_exchange *x = asks_for_tls(j, c);
    char text[SCS_ENDPOINT_TEXT];
    if (x == NULL) {
        return false;
    }
    scs_say_exchange(v, x);
    scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&c->server, text));
    scs_fact_number(v, "port", c->server.port);
    scs_fact_text(v, "by", "client");
    scs_fact_text(v, "client_plain", "HTTP");
    return true;
}

static bool plain_on_443(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_facts *t = c->tls;
    if (t == NULL) {
        return plain_elsewhere(j, c, v);
    }
    if ((t->flags & (SCS_TLS_PLAINTEXT | SCS_TLS_IN_CONNECT)) != SCS_TLS_PLAINTEXT || (t->flags & SCS_TLS_SERVER_HELLO) != 0) {
        return false;
    }
    bool by_server = (t->flags & SCS_TLS_CLIENT_HELLO) != 0;
    /* Without its first words nothing shows that the client spoke no TLS: an alert answers a ClientHello just as well. */
    bool heard = c->half[SCS_TO_SERVER].data_packets != 0 && scs_judge_sees_connection(j, c);
    if ((!by_server && (!heard || !server_wants_tls(j, c))) || !scs_handshake_matters(j, c, v)) {
        return false;
    }
    const struct scs_exchange *x = scs_handshake_exchange(j, c, 400);
    if (x != NULL) {
        scs_say_exchange(v, x);
    }
    scs_handshake_say(j, v, c);
    scs_say_frame(v, c->half[by_server ? SCS_TO_CLIENT : SCS_TO_SERVER].first_data_frame);
    scs_fact_text(v, "by", "%s", by_server ? "server" : "client");
    scs_fact_text(v, by_server ? "server_plain" : "client_plain", "HTTP");
    return true;
}

/* ---- no answer, no common ground ------------------------------------------------------------------------ */

static void say_end(struct scs_verdict *v, const struct scs_connection *c)
{
    const struct scs_half *server = &c->half[SCS_TO_CLIENT];
    int64_t end = scs_handshake_end_ns(server);
    bool reset = server->rst_ns != SCS_NO_TIME && end == server->rst_ns;
    if (end == SCS_NO_TIME || end < c->tls->client_hello_ns) {
        scs_fact_text(v, "how", "said nothing for at least five seconds");
        return;
    }
    scs_say_frame(v, reset ? server->rst_frame : server->fin_frame);
    scs_fact_text(v, "how", "%s", reset ? "reset the connection" : "closed the connection");
    scs_fact_number(v, "after_ms", (end - c->tls->client_hello_ns) / (SCS_SECOND / 1000));
    if (reset && server->usual_ttl != 0 && server->rst_ttl != server->usual_ttl) {
        scs_fact_number(v, "rst_ttl", server->rst_ttl);
        scs_fact_number(v, "usual_ttl", server->usual_ttl);
    }
}

static bool no_server_hello(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    if (c->tls == NULL || !scs_handshake_unanswered(j, c) || !scs_handshake_matters(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    say_end(v, c);
    say_offer(v, c->tls);
    return true;
}

/* The client offers nothing newer than TLS 1.1, which servers of today leave out, or nothing older than 1.3. */
static bool offers_one_end(const struct scs_tls_facts *t)
{
    return (t->client_max_version != 0 && t->client_max_version <= TLS_1_1) || t->client_min_version == TLS_1_3;
}

/* What says that the versions do not meet: an alert of that name, or a refusal of an offer that is out of the ordinary. */
static bool no_common_version(const struct scs_judge *j, const struct scs_connection *c, const struct scs_tls_alert **out_alert,
                              bool *out_sure)
{
    const struct scs_tls_facts *t = c->tls;
    const struct scs_tls_alert *server = scs_handshake_alert(c, true), *client = scs_handshake_alert(c, false);
    const struct scs_tls_alert *alert = server != NULL ? server : client;
    *out_alert = alert;
    *out_sure = true;
    if (alert != NULL && alert->description == SCS_ALERT_PROTOCOL_VERSION) {
        return true;
    }
    if ((t->flags & SCS_TLS_SERVER_HELLO) != 0) {
        return (t->flags & SCS_TLS_HANDSHAKE_DONE) == 0 && t->version != 0 && t->version < t->client_min_version;
    }
    *out_sure = false;
    bool refused = server != NULL && server->description == SCS_ALERT_HANDSHAKE_FAILURE;
    bool old = t->client_max_version != 0 && t->client_max_version <= TLS_1_1;
    return no_agreement(t) && ((refused && offers_one_end(t)) || (old && scs_handshake_unanswered(j, c)));
}

static bool version(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_alert *alert;
    bool certain;
    if (c->tls == NULL || !no_common_version(j, c, &alert, &certain) || !scs_handshake_matters(j, c, v)) {
        return false;
    }
    if (!certain) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    scs_handshake_say(j, v, c);
    if (alert != NULL) {
        scs_handshake_say_alert(v, alert);
    }
    say_offer(v, c->tls);
    return true;
}

static bool cipher(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_alert *alert = c->tls == NULL ? NULL : scs_handshake_alert(c, true);
    if (alert == NULL || alert->description != SCS_ALERT_HANDSHAKE_FAILURE || !no_agreement(c->tls) ||
        !scs_handshake_matters(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    scs_handshake_say_alert(v, alert);
    say_offer(v, c->tls);
    return true;
}

/* Alerts that have a finding of their own. */
static bool has_own_finding(const struct scs_tls_facts *t, const struct scs_tls_alert *alert)
{
    switch (alert->description) {
    case SCS_ALERT_PROTOCOL_VERSION:
        return true;
    case SCS_ALERT_HANDSHAKE_FAILURE:
        return alert->from_server && (no_agreement(t) || (t->flags & SCS_TLS_CLIENT_CERT_EMPTY) != 0);
    case SCS_ALERT_CERTIFICATE_REQUIRED:
    case SCS_ALERT_CERTIFICATE_REVOKED:
        return alert->from_server;
    case SCS_ALERT_BAD_CERTIFICATE:
    case SCS_ALERT_CERTIFICATE_EXPIRED:
    case SCS_ALERT_CERTIFICATE_UNKNOWN:
    case SCS_ALERT_UNKNOWN_CA:
        return !alert->from_server && (t->flags & SCS_TLS_SERVER_HELLO) != 0;
    default:
        return false;
    }
}

static bool other_alert(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_alert *alert = c->tls == NULL ? NULL : scs_handshake_alert(c, true);
    if (c->tls != NULL && alert == NULL) {
        alert = scs_handshake_alert(c, false);
    }
    /* A warning ends nothing: whether the handshake went on after it must be seen. */
    bool ended = alert != NULL && (alert->fatal || scs_handshake_whole(j, c));
    if (ended && alert->fatal && (c->tls->flags & SCS_TLS_HANDSHAKE_DONE) == 0) {
        scs_set_severity(v, SCS_SEV_ERROR); /* this client was not served */
    }
    if (!ended || has_own_finding(c->tls, alert) || !scs_handshake_matters(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    scs_handshake_say_alert(v, alert);
    return true;
}

/* ---- after the handshake ---------------------------------------------------------------------------------- */

/* The client enrolled, or tried to, at this server. */
static bool is_scep_client(const struct scs_judge *j, const struct scs_connection *c)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_client(j, &c->client.addr, &c->server, &num);
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_judge_model(j)->exchanges[ids[i] - 1];
        if (!x->probe && x->operation != SCS_OP_PAGE) {
            return true;
        }
    }
    return false;
}

/* The client has seen who the server is, and nothing else. */
static bool saw_server(const struct scs_tls_facts *t)
{
    return (t->flags & SCS_TLS_SERVER_HELLO) != 0 && (t->flags & SCS_TLS_RESUMED) == 0 &&
           (t->certificate_frame != 0 || t->version == TLS_1_3);
}

static bool close_early(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_facts *t = c->tls;
    if (t == NULL || !saw_server(t) || scs_handshake_alert(c, true) != NULL || scs_handshake_alert(c, false) != NULL ||
        !scs_handshake_client_left(c) || !scs_handshake_whole(j, c) || c->half[SCS_TO_CLIENT].unacked_bytes > 1 ||
        c->last_ns - t->server_hello_ns > REJECTION) {
        return false;
    }
    /* A monitor completes its handshake; who breaks off in the middle, naming the server, has seen what it does not like. */
    bool done = (t->flags & SCS_TLS_HANDSHAKE_DONE) != 0;
    bool midway = !done && t->sni != NULL && scs_judge_concern(j, c) == SCS_CONCERN_SURE;
    bool policy = scs_handshake_is_policy(j, c) && scs_handshake_in_operation(j, c);
    if (!(midway || policy || is_scep_client(j, c)) || scs_handshake_beside(j, c) || !scs_handshake_matters(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    scs_say_frame(v, c->half[SCS_TO_SERVER].last_data_frame);
    if (t->server_certificate != NULL) {
        scs_fact_text(v, "certificate", "%s", t->server_certificate->subject);
        scs_fact_text(v, "issuer", "%s", t->server_certificate->issuer);
        scs_fact_number(v, "certificates", t->num_server_certificates);
    }
    return true;
}

/* The server reset the connection after the client's request and before a reply. */
static bool reset_instead(const struct scs_connection *c)
{
    const struct scs_tls_facts *t = c->tls;
    const struct scs_half *server = &c->half[SCS_TO_CLIENT], *client = &c->half[SCS_TO_SERVER];
    if (t->app_bytes[SCS_TO_SERVER] == 0 || t->app_bytes[SCS_TO_CLIENT] != 0 || server->rst_ns == SCS_NO_TIME ||
        server->rst_ns < t->first_app_ns[SCS_TO_SERVER] || scs_handshake_end_ns(client) != SCS_NO_TIME) {
        return false;
    }
    /* Records to unknown servers are not counted to the end: what came later may have been the reply, or a ticket. */
    bool counted = (c->flags & (SCS_CONN_SCEP_SERVER | SCS_CONN_NAMED_SERVER)) != 0;
    return counted || server->last_data_ns <= client->last_data_ns;
}

/* HTTP.sys needs a new handshake for a certificate that only one application wants; TLS 1.3 has none. */
static bool reneg_13(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_tls_facts *t = c->tls;
    if (t == NULL || t->version != TLS_1_3 || (t->flags & SCS_TLS_HANDSHAKE_DONE) == 0 || !scs_handshake_is_policy(j, c) ||
        !scs_handshake_concerns(j, c, v)) {
        return false;
    }
    const struct scs_exchange *x = scs_handshake_exchange(j, c, 500);
    bool said = x != NULL && scs_reply_says(x->reply, "0x80070032");
    if (!said && !(reset_instead(c) && scs_handshake_whole(j, c))) {
        return false;
    }
    x = said ? x : scs_handshake_exchange(j, c, 0);
    if (x != NULL) {
        scs_say_exchange(v, x);
    }
    scs_handshake_say(j, v, c);
    scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
    scs_fact_text(v, "how", "%s", said ? "answered 500 with 0x80070032" : "reset the connection");
    return true;
}

static bool renegotiated(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    if (c->tls == NULL || (c->tls->flags & SCS_TLS_RENEGOTIATED) == 0 || !scs_handshake_concerns(j, c, v)) {
        return false;
    }
    scs_handshake_say(j, v, c);
    return true;
}

/* ---- the way to Intune --------------------------------------------------------------------------------------- */

/* The SCEP server's host came through to Intune at some time. */
static bool reaches_intune(const struct scs_judge *j, const struct scs_addr *client)
{
    const struct scs_model *m = scs_judge_model(j);
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        if (c->tls != NULL && (c->tls->flags & SCS_TLS_HANDSHAKE_DONE) != 0 && scs_addr_equal(&c->client.addr, client) &&
            scs_handshake_is_intune(c)) {
            return true;
        }
    }
    return false;
}

/* No connection came about; the name is known from the look-up before it. */
static bool intune_unreachable(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    bool in_vain = c->state == SCS_CONN_REFUSED || (c->state == SCS_CONN_BLOCKED && c->syn_tries >= INTUNE_TRIES);
    char text[SCS_ENDPOINT_TEXT];
    if ((c->flags & SCS_CONN_BY_SERVER) == 0 || !in_vain || !scs_handshake_is_intune(c) || reaches_intune(j, &c->client.addr)) {
        return false;
    }
    scs_say_connection(v, c);
    scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
    scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&c->server, text));
    scs_fact_number(v, "port", c->server.port);
    scs_fact_text(v, "sni", "%s", c->host);
    scs_fact_text(v, "how", "%s", c->state == SCS_CONN_REFUSED ? "refused the connection" : "did not answer");
    scs_set_group(v, "intune");
    return true;
}

static bool intune_blocked(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    if (c->tls == NULL) {
        return intune_unreachable(j, c, v);
    }
    if (!scs_handshake_is_intune(c) || scs_handshake_recovered(j, c) || scs_handshake_beside(j, c)) {
        return false;
    }
    const struct scs_tls_alert *alert = scs_handshake_alert(c, true);
    alert = alert != NULL ? alert : scs_handshake_alert(c, false);
    bool unanswered = scs_handshake_unanswered(j, c);
    bool left = saw_server(c->tls) && scs_handshake_client_left(c) && scs_handshake_whole(j, c);
    if (alert == NULL && !unanswered && !left) {
        return false;
    }
    scs_handshake_say(j, v, c);
    if (alert != NULL) {
        scs_handshake_say_alert(v, alert);
    } else if (unanswered) {
        say_end(v, c);
    } else {
        scs_fact_text(v, "left", "closed");
    }
    if (!scs_handshake_by_ndes(j, c)) {
        scs_set_confidence(v, SCS_POSSIBLE); /* a device's own management speaks to these hosts, too */
    }
    scs_set_group(v, "intune");
    return true;
}

const struct scs_rule scs_rules_tls[] = {
    SCS_TLS_ROW("tls-plain-on-443", ERROR, LIKELY, true, plain_on_443),
    SCS_TLS_ROW("conn-intune-blocked", ERROR, LIKELY, true, intune_blocked),
    SCS_TLS_ROW("tls-version", ERROR, CERTAIN, true, version),
    SCS_TLS_ROW("tls-no-serverhello", ERROR, CERTAIN, true, no_server_hello),
    SCS_TLS_ROW("tls-cipher", ERROR, CERTAIN, true, cipher),
    SCS_TLS_ROW("tls-reneg-13", ERROR, LIKELY, true, reneg_13),
    SCS_TLS_ROW("tls-alert-other", WARNING, CERTAIN, true, other_alert),
    SCS_TLS_ROW("tls-close-early", WARNING, LIKELY, true, close_early),
    SCS_TLS_ROW("tls-reneg", INFO, CERTAIN, false, renegotiated),
};
const size_t scs_num_rules_tls = sizeof scs_rules_tls / sizeof scs_rules_tls[0];
