/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/handshake.h"

#include "correlate/lookups.h"
#include "diagnose/hostname.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/verdict.h"

/* A client that comes through this soon was served: by another version, or at the second try. */
#define RECOVERED (30 * SCS_SECOND)
#define BESIDE    (10 * SCS_SECOND)
/* Connections looked at on either side of one. */
#define LOOK 512u
/* Exchanges that may be under way at one time. */
#define UNDER_WAY 64u
#define SILENCE   (5 * SCS_SECOND)

/* ---- whose -------------------------------------------------------------------------------------------- */

/* What Microsoft lists for the certificate connector: the service itself, in the public and the US government cloud. */
static const char *const intune_domains[] = {"manage.microsoft.com", "dm.microsoft.com", "manage.microsoft.us"};

bool scs_handshake_is_intune(const struct scs_connection *c)
{
    const char *name = c->tls != NULL && c->tls->sni != NULL ? c->tls->sni : c->host;
    for (size_t i = 0; i < sizeof intune_domains / sizeof intune_domains[0]; i++) {
        if (scs_hostname_under(name, intune_domains[i])) {
            return true;
        }
    }
    return false;
}

bool scs_handshake_is_policy(const struct scs_judge *j, const struct scs_connection *c)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    for (uint32_t i = 0; i < num; i++) {
        if (scs_judge_model(j)->exchanges[ids[i] - 1]->path_kind != SCS_PATH_CRP) {
            return false;
        }
    }
    return num != 0 || (c->flags & SCS_CONN_LOOPBACK) != 0 || scs_addr_equal(&c->client.addr, &c->server.addr);
}

static bool is_scep_host(const struct scs_judge *j, const struct scs_addr *addr)
{
    const struct scs_model *m = scs_judge_model(j);
    for (uint32_t i = 0; i < m->num_servers; i++) {
        if (scs_addr_equal(&m->servers[i]->endpoint.addr, addr)) {
            return true;
        }
    }
    return false;
}

bool scs_handshake_by_ndes(const struct scs_judge *j, const struct scs_connection *c)
{
    return is_scep_host(j, &c->client.addr);
}

static bool is_like_scep(const char *text)
{
    char name[SCS_DNS_NAME_TEXT];
    size_t len = 0;
    for (; text != NULL && text[len] != '\0' && len + 1 < sizeof name; len++) {
        name[len] = text[len] >= 'A' && text[len] <= 'Z' ? (char)(text[len] + 'a' - 'A') : text[len];
    }
    name[len] = '\0';
    return scs_lookup_like_scep(name);
}

/* By the name the client asked for, or the one the server calls itself. */
static bool is_named_like_scep(const struct scs_tls_facts *t)
{
    return is_like_scep(t->sni) || (t->server_certificate != NULL && is_like_scep(t->server_certificate->subject));
}

/* Nothing in the capture says that this server has to do with SCEP: its trouble is told, but is nobody's error. */
static void doubt(const struct scs_connection *c, struct scs_verdict *v)
{
    bool near = scs_addr_private(&c->server.addr);
    scs_set_confidence(v, near ? SCS_LIKELY : SCS_POSSIBLE);
    if (!is_named_like_scep(c->tls)) {
        enum scs_severity most = near ? SCS_SEV_WARNING : SCS_SEV_INFO;
        scs_set_severity(v, v->severity < most ? v->severity : most);
    }
}

bool scs_handshake_concerns(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    enum scs_concern concern = scs_judge_concern(j, c);
    bool sure = concern == SCS_CONCERN_SURE || (scs_handshake_is_policy(j, c) && is_scep_host(j, &c->server.addr));
    if (scs_handshake_is_intune(c) || (concern == SCS_CONCERN_NONE && !sure)) {
        return false;
    }
    if (!sure) {
        doubt(c, v);
    }
    return true;
}

/* ---- the client's other connections -------------------------------------------------------------------- */

/* The client sent data and the server went on. Of an unknown server's connection only the first record is counted. */
static bool is_used(const struct scs_connection *c)
{
    const struct scs_tls_facts *t = c->tls;
    return t != NULL && (t->flags & SCS_TLS_HANDSHAKE_DONE) != 0 && t->app_bytes[SCS_TO_SERVER] != 0 &&
           c->half[SCS_TO_CLIENT].last_data_ns > t->first_app_ns[SCS_TO_SERVER];
}

static bool is_kin(const struct scs_connection *a, const struct scs_connection *b)
{
    if (!scs_addr_equal(&a->client.addr, &b->client.addr)) {
        return false;
    }
    bool named = a->tls->sni != NULL && b->tls->sni != NULL;
    return scs_endpoint_equal(&a->server, &b->server) || (named && scs_hostname_covered(a->tls->sni, b->tls->sni));
}

bool scs_handshake_recovered(const struct scs_judge *j, const struct scs_connection *c)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t at = scs_judge_connection_index(j, c->id);
    for (uint32_t i = at + 1; i < m->num_connections && i - at <= LOOK; i++) {
        const struct scs_connection *other = m->connections[i];
        if (other->opened_ns - c->last_ns > RECOVERED) {
            return false;
        }
        if (is_used(other) && is_kin(c, other)) {
            return true;
        }
    }
    return false;
}

bool scs_handshake_beside(const struct scs_judge *j, const struct scs_connection *c)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t at = scs_judge_connection_index(j, c->id);
    for (uint32_t i = at > LOOK ? at - LOOK : 0; i < m->num_connections && i <= at + LOOK; i++) {
        const struct scs_connection *other = m->connections[i];
        if (i != at && is_used(other) && is_kin(c, other) && other->opened_ns <= c->last_ns + BESIDE &&
            other->tls->last_app_ns[SCS_TO_SERVER] >= c->opened_ns - BESIDE) {
            return true;
        }
    }
    return false;
}

bool scs_handshake_matters(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    return scs_handshake_concerns(j, c, v) && !scs_handshake_recovered(j, c);
}

/* ---- how it went ----------------------------------------------------------------------------------------- */

bool scs_handshake_whole(const struct scs_judge *j, const struct scs_connection *c)
{
    return (c->tls->flags & (SCS_TLS_MIDSTREAM | SCS_TLS_GAP | SCS_TLS_QUIC)) == 0 &&
           (c->flags & (SCS_CONN_MIDSTREAM | SCS_CONN_SYN_FORGOTTEN)) == 0 && scs_judge_sees_connection(j, c);
}

/* Warnings that are no refusal, whatever the handshake comes to. */
static bool is_harmless(unsigned description)
{
    return description == SCS_ALERT_CLOSE_NOTIFY || description == SCS_ALERT_NO_CERTIFICATE ||
           description == SCS_ALERT_NO_RENEGOTIATION;
}

const struct scs_tls_alert *scs_handshake_alert(const struct scs_connection *c, bool from_server)
{
    bool done = (c->tls->flags & SCS_TLS_HANDSHAKE_DONE) != 0;
    for (uint32_t i = 0; i < c->tls->num_alerts; i++) {
        const struct scs_tls_alert *a = &c->tls->alerts[i];
        if (a->from_server == from_server && (a->fatal || !done) && !is_harmless(a->description)) {
            return a;
        }
    }
    return NULL;
}

int64_t scs_handshake_end_ns(const struct scs_half *half)
{
    if (half->fin_ns == SCS_NO_TIME || half->rst_ns == SCS_NO_TIME) {
        return half->fin_ns == SCS_NO_TIME ? half->rst_ns : half->fin_ns;
    }
    return half->fin_ns < half->rst_ns ? half->fin_ns : half->rst_ns;
}

bool scs_handshake_unanswered(const struct scs_judge *j, const struct scs_connection *c)
{
    const struct scs_tls_facts *t = c->tls;
    uint32_t answers = SCS_TLS_SERVER_HELLO | SCS_TLS_HELLO_RETRY | SCS_TLS_PLAINTEXT;
    if ((t->flags & SCS_TLS_CLIENT_HELLO) == 0 || (t->flags & answers) != 0 || t->num_alerts != 0 ||
        ((t->flags & SCS_TLS_IN_CONNECT) == 0 && c->half[SCS_TO_CLIENT].data_packets != 0) || !scs_handshake_whole(j, c)) {
        return false;
    }
    int64_t server = scs_handshake_end_ns(&c->half[SCS_TO_CLIENT]), client = scs_handshake_end_ns(&c->half[SCS_TO_SERVER]);
    if (server != SCS_NO_TIME && (client == SCS_NO_TIME || server <= client)) {
        return true;
    }
    int64_t until = client != SCS_NO_TIME ? client : scs_judge_model(j)->capture->last_ns;
    return until != SCS_NO_TIME && until - t->client_hello_ns >= SILENCE;
}

/*
 * The client's last word was no application data: an alert. After its Finished nothing else remains, and in TLS 1.3
 * nothing else is as short as to leave the handshake undone.
 */
static bool client_had_last_word(const struct scs_connection *c)
{
    const struct scs_tls_facts *t = c->tls;
    int64_t said = c->half[SCS_TO_SERVER].last_new_ns;
    if (said == SCS_NO_TIME) {
        return false;
    }
    if ((t->flags & SCS_TLS_HANDSHAKE_DONE) != 0) {
        return t->done_ns != SCS_NO_TIME && said > t->done_ns;
    }
    return t->version == 0x0304 && t->server_hello_ns != SCS_NO_TIME && said > t->server_hello_ns;
}

bool scs_handshake_client_left(const struct scs_connection *c)
{
    int64_t server = scs_handshake_end_ns(&c->half[SCS_TO_CLIENT]), client = scs_handshake_end_ns(&c->half[SCS_TO_SERVER]);
    if (c->tls->app_bytes[SCS_TO_SERVER] != 0 || (server == SCS_NO_TIME && client == SCS_NO_TIME)) {
        return false;
    }
    return (client != SCS_NO_TIME && (server == SCS_NO_TIME || client <= server)) ||
           (c->tls->flags & SCS_TLS_CLOSE_NOTIFY_CLIENT) != 0 || scs_handshake_alert(c, false) != NULL || client_had_last_word(c);
}

/* The number of exchanges that began before `ts_ns`; they stand in order of that. */
static uint32_t begun_before(const struct scs_model *m, int64_t ts_ns)
{
    uint32_t low = 0, high = m->num_exchanges;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (m->exchanges[mid]->started_ns < ts_ns) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

bool scs_handshake_in_operation(const struct scs_judge *j, const struct scs_connection *c)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t end = begun_before(m, c->opened_ns);
    for (uint32_t i = end > UNDER_WAY ? end - UNDER_WAY : 0; i < end; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        if (x->operation == SCS_OP_PKI_OPERATION && scs_addr_equal(&x->connection->server.addr, &c->client.addr) &&
            (x->reply == NULL || x->reply->m.first_ns > c->opened_ns)) {
            return true;
        }
    }
    return false;
}

const struct scs_exchange *scs_handshake_exchange(const struct scs_judge *j, const struct scs_connection *c, unsigned status)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_judge_model(j)->exchanges[ids[i] - 1];
        if (status == 0 || scs_exchange_status(x) == status) {
            return x;
        }
    }
    return NULL;
}

/* ---- facts all of them say -------------------------------------------------------------------------------- */

void scs_handshake_say(const struct scs_judge *j, struct scs_verdict *v, const struct scs_connection *c)
{
    const struct scs_tls_facts *t = c->tls;
    char text[SCS_ENDPOINT_TEXT];
    scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&c->server, text));
    scs_fact_number(v, "port", c->server.port);
    if (t->sni != NULL || c->host != NULL) {
        scs_fact_text(v, "sni", "%s", t->sni != NULL ? t->sni : c->host);
    }
    if (scs_tls_version_name(t->version) != NULL) {
        scs_fact_text(v, "version", "%s", scs_tls_version_name(t->version));
    }
    scs_say_frame(v, t->client_hello_frame);
    if (scs_handshake_is_policy(j, c)) {
        scs_fact_text(v, "hop", "policy module");
        scs_set_group(v, "%s policy", scs_endpoint_text(&c->server, text));
    }
}

void scs_handshake_say_alert(struct scs_verdict *v, const struct scs_tls_alert *alert)
{
    const char *name = scs_tls_alert_name(alert->description);
    scs_say_frame(v, alert->frame);
    scs_fact_number(v, "alert", alert->description);
    scs_fact_text(v, "alert_name", "%s", name != NULL ? name : "unassigned");
    scs_fact_text(v, "by", "%s", alert->from_server ? "server" : "client");
}
