/* SPDX-License-Identifier: Apache-2.0 */
/* NET-*: connections that were never made: nobody called, silence, a refusal, a way back that is missing. */
#include "diagnose/handshake.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/rules.h"

#define MDM_CYCLE (8 * 3600 * SCS_SECOND) /* devices sync with Intune about every eight hours */
/* Three SYNs take three seconds with the usual back-off, two where the first repeats come a second apart (Linux 6.5). */
#define SILENCE (19 * SCS_SECOND / 10)
/*
 * A client that was refused on this many ports of one host within seconds looks for open ones. Only ports where NDES may
 * be published are in the model; a device tries two of them at most, with TLS and without.
 */
#define SCAN_PORTS  3u
#define SCAN_WINDOW (10 * SCS_SECOND)
#define SCAN_LOOK   64u
/* net-conn-limit: this many connections at once, and others served within this time of the refusal. */
#define CROWD       32u
#define SERVED_NEAR (2 * SCS_SECOND)
#define CROWD_LOOK  512u
#define INSTANT     SCS_SECOND

/* ---- facts all of them say -------------------------------------------------------------------------- */

static void say_ends(struct scs_verdict *v, const struct scs_connection *c)
{
    char text[SCS_ENDPOINT_TEXT];
    scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&c->server, text));
    scs_fact_number(v, "port", c->server.port);
}

/* The policy module is asked over the server's own 443 while a request waits for it. */
static bool is_policy_call(const struct scs_judge *j, const struct scs_connection *c)
{
    return (c->flags & SCS_CONN_LOOPBACK) != 0 && scs_handshake_by_ndes(j, c) && scs_handshake_in_operation(j, c);
}

/* Whether the attempt was for SCEP as far as one can see, with the doubt there is put into the verdict. */
static bool concerns(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    enum scs_concern concern = is_policy_call(j, c) ? SCS_CONCERN_SURE : scs_judge_concern(j, c);
    if (concern == SCS_CONCERN_NONE || scs_judge_server_of(j, c)->one_way != 0) {
        return false;
    }
    if (concern == SCS_CONCERN_PERHAPS || scs_judge_model(j)->capture->dropped != 0) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

/* Whether a failed attempt is worth telling: not where the next one came through soon after. */
static bool matters(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    return !scs_judge_recovered(j, c) && concerns(j, c, v);
}

/* ---- nobody called ------------------------------------------------------------------------------------ */

static bool no_request(const struct scs_judge *j, const struct scs_server *s, struct scs_verdict *v)
{
    const struct scs_capture_facts *capture = scs_judge_model(j)->capture;
    if (!s->named || capture->first_ns == SCS_NO_TIME || capture->dropped != 0 || scs_judge_called(j, &s->endpoint)) {
        return false;
    }
    int64_t lasted = capture->last_ns - capture->first_ns;
    char text[SCS_ENDPOINT_TEXT];
    if (lasted < MDM_CYCLE) {
        scs_set_severity(v, SCS_SEV_INFO);
    }
    scs_fact_text(v, "server", "%s",
                  s->endpoint.port == 0 ? scs_addr_text(&s->endpoint.addr, text) : scs_endpoint_text(&s->endpoint, text));
    scs_fact_number(v, "minutes", lasted / SCS_MINUTE);
    scs_fact_number(v, "packets", (int64_t)capture->packets);
    return true;
}

/* ---- silence ------------------------------------------------------------------------------------------- */

static bool is_silence(const struct scs_connection *c)
{
    return c->state == SCS_CONN_BLOCKED && c->syn_tries >= 3 && c->last_syn_ns - c->syn_ns >= SILENCE;
}

/* Three lost SYNs in a row are no accident; a warning is enough where the next connection came through. */
static bool syn_timeout(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    if (!is_silence(c) || !concerns(j, c, v)) {
        return false;
    }
    if (scs_judge_recovered(j, c)) {
        scs_set_severity(v, SCS_SEV_WARNING);
    }
    scs_say_connection(v, c);
    say_ends(v, c);
    scs_fact_number(v, "tries", c->syn_tries);
    scs_fact_number(v, "waited_s", (c->last_syn_ns - c->syn_ns + SCS_SECOND / 2) / SCS_SECOND);
    uint32_t others = scs_judge_server_of(j, c)->shaken;
    if (others != 0) {
        scs_fact_number(v, "answered_others", others);
    }
    return true;
}

/* The server answers, its answer or the client's last word does not arrive. A port scanner resets instead of going on. */
static bool syn_loss(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER];
    bool half_open = (c->flags & SCS_CONN_SYN_SEEN) != 0 && (c->flags & SCS_CONN_HANDSHAKE) == 0 && c->synack_tries >= 2;
    if (!half_open || client->data_packets != 0 || client->rst_ns != SCS_NO_TIME || !matters(j, c, v)) {
        return false;
    }
    scs_say_connection(v, c);
    say_ends(v, c);
    scs_fact_number(v, "answers", c->synack_tries);
    if (c->syn_tries > 1) {
        scs_fact_number(v, "tries", c->syn_tries);
    }
    return true;
}

/* ---- refusals ------------------------------------------------------------------------------------------- */

/* The same client was refused on other ports of this host within seconds. Attempts stand in order of time. */
static bool is_scan(const struct scs_judge *j, const struct scs_connection *c)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t at = scs_judge_connection_index(j, c->id), ports = 1;
    uint32_t from = at > SCAN_LOOK ? at - SCAN_LOOK : 0;
    for (uint32_t i = from; i < m->num_connections && i < at + SCAN_LOOK; i++) {
        const struct scs_connection *other = m->connections[i];
        int64_t apart = other->opened_ns > c->opened_ns ? other->opened_ns - c->opened_ns : c->opened_ns - other->opened_ns;
        ports += other->server.port != c->server.port && other->state == SCS_CONN_REFUSED && apart <= SCAN_WINDOW &&
                 scs_addr_equal(&other->server.addr, &c->server.addr) && scs_addr_equal(&other->client.addr, &c->client.addr);
    }
    return ports >= SCAN_PORTS;
}

static bool refused(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    if (c->state != SCS_CONN_REFUSED || c->num_icmp != 0 || is_scan(j, c) || !matters(j, c, v)) {
        return false;
    }
    scs_say_connection(v, c);
    scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
    say_ends(v, c);
    return true;
}

/* ---- too many at once ------------------------------------------------------------------------------------ */

/* When other connections of the same server were in use at `ts_ns`: how many, and whether one of them got data then. */
static bool is_crowded(const struct scs_judge *j, const struct scs_connection *c, int64_t ts_ns, uint32_t *out_open)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t at = scs_judge_connection_index(j, c->id);
    uint32_t from = at > CROWD_LOOK ? at - CROWD_LOOK : 0;
    bool served = false;
    *out_open = 0;
    for (uint32_t i = from; i < m->num_connections && i < at + CROWD_LOOK; i++) {
        const struct scs_connection *other = m->connections[i];
        const struct scs_half *reply = &other->half[SCS_TO_CLIENT];
        if (i == at || (other->flags & SCS_CONN_HANDSHAKE) == 0 || !scs_endpoint_equal(&other->server, &c->server)) {
            continue;
        }
        *out_open += other->opened_ns <= ts_ns && ts_ns <= other->last_ns;
        served |= reply->data_packets != 0 && reply->first_data_ns <= ts_ns + SERVED_NEAR &&
                  reply->last_data_ns >= ts_ns - SERVED_NEAR && other->num_exchanges != 0;
    }
    return *out_open >= CROWD && served;
}

/* The server ended the connection within a second of the handshake without a byte of its own. */
static bool is_instant_close(const struct scs_connection *c)
{
    const struct scs_half *server = &c->half[SCS_TO_CLIENT];
    int64_t end = server->rst_ns != SCS_NO_TIME ? server->rst_ns : server->fin_ns;
    return (c->flags & SCS_CONN_HANDSHAKE) != 0 && server->data_packets == 0 && end != SCS_NO_TIME &&
           end - c->handshake_ns <= INSTANT &&
           (c->half[SCS_TO_SERVER].fin_ns == SCS_NO_TIME || c->half[SCS_TO_SERVER].fin_ns > end);
}

/* The exchange HTTP.sys answered with 503 on this connection; NULL. */
static const struct scs_exchange *queue_full(const struct scs_judge *j, const struct scs_connection *c)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_judge_model(j)->exchanges[ids[i] - 1];
        if (x->outcome == SCS_OUTCOME_FAILED && scs_exchange_status(x) == 503 && scs_reply_is_httpsys(x->reply)) {
            return x;
        }
    }
    return NULL;
}

static bool conn_limit(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_judge_server *server = scs_judge_server_of(j, c);
    if (server->shaken < CROWD || scs_judge_concern(j, c) != SCS_CONCERN_SURE) {
        return false;
    }
    bool turned_away = is_silence(c) || (c->state == SCS_CONN_REFUSED && c->num_icmp == 0) || is_instant_close(c);
    const struct scs_exchange *x = turned_away || server->unavailable == 0 ? NULL : queue_full(j, c);
    uint32_t open;
    if ((!turned_away && x == NULL) || !is_crowded(j, c, x != NULL ? x->started_ns : c->opened_ns, &open)) {
        return false;
    }
    if (x != NULL) {
        scs_say_exchange(v, x);
    } else {
        scs_say_connection(v, c);
    }
    say_ends(v, c);
    scs_fact_number(v, "open_connections", open);
    return true;
}

/* ---- ICMP ------------------------------------------------------------------------------------------------ */

/* RFC 792 and RFC 1812 5.2.7.1. */
static const char *reason4(uint8_t code)
{
    static const char *const reasons[] = {[0] = "network unreachable",
                                          [1] = "host unreachable",
                                          [2] = "protocol unreachable",
                                          [3] = "port unreachable",
                                          [5] = "source route failed",
                                          [6] = "network unknown",
                                          [7] = "host unknown",
                                          [9] = "network administratively prohibited",
                                          [10] = "host administratively prohibited",
                                          [11] = "network unreachable for this type of service",
                                          [12] = "host unreachable for this type of service",
                                          [13] = "communication administratively prohibited",
                                          [14] = "host precedence violation",
                                          [15] = "precedence cut-off"};
    const char *reason = code < sizeof reasons / sizeof reasons[0] ? reasons[code] : NULL;
    return reason != NULL ? reason : "destination unreachable";
}

/* RFC 4443 3.1. */
static const char *reason6(uint8_t code)
{
    static const char *const reasons[] = {"no route to the destination",
                                          "communication administratively prohibited",
                                          "beyond the scope of the source address",
                                          "address unreachable",
                                          "port unreachable",
                                          "source address failed the ingress or egress policy",
                                          "route rejected"};
    return code < sizeof reasons / sizeof reasons[0] ? reasons[code] : "destination unreachable";
}

static bool is_unreachable(const struct scs_icmp_seen *icmp)
{
    return icmp->family == 4 ? icmp->type == 3 && icmp->code != 4 : icmp->type == 1;
}

/* The error ended something: no connection came about, or what it quotes was never acknowledged and nothing followed. */
static bool did_harm(const struct scs_connection *c, const struct scs_icmp_seen *icmp)
{
    if ((c->flags & SCS_CONN_HANDSHAKE) == 0 && (c->flags & SCS_CONN_SYN_SEEN) != 0) {
        return c->half[SCS_TO_CLIENT].data_packets == 0;
    }
    const struct scs_half *quoted = &c->half[icmp->for_client_packet ? SCS_TO_SERVER : SCS_TO_CLIENT];
    const struct scs_half *back = &c->half[icmp->for_client_packet ? SCS_TO_CLIENT : SCS_TO_SERVER];
    return quoted->unacked_bytes != 0 && (back->last_data_ns == SCS_NO_TIME || back->last_data_ns < icmp->ts_ns);
}

static bool icmp_unreach(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    for (uint32_t i = 0; i < c->num_icmp; i++) {
        const struct scs_icmp_seen *icmp = &c->icmp[i];
        if (!is_unreachable(icmp) || !did_harm(c, icmp) || !matters(j, c, v)) {
            continue;
        }
        char text[SCS_ENDPOINT_TEXT];
        scs_say_frame(v, c->first_frame);
        scs_say_frame(v, icmp->frame);
        scs_set_moment(v, icmp->ts_ns);
        say_ends(v, c);
        scs_fact_text(v, "from", "%s", scs_addr_text(&icmp->from, text));
        scs_fact_text(v, "reason", "%s", icmp->family == 4 ? reason4(icmp->code) : reason6(icmp->code));
        scs_fact_number(v, "icmp_type", icmp->type);
        scs_fact_number(v, "icmp_code", icmp->code);
        return true;
    }
    return false;
}

#define CONNECTION(id, level, sure, function)                                                                                    \
    {                                                                                                                            \
        id, SCS_SEV_##level, SCS_##sure, SCS_DEPTH_NETWORK, SCS_SCOPE_CONNECTION, true,                                          \
        {                                                                                                                        \
            .connection = function                                                                                               \
        }                                                                                                                        \
    }

const struct scs_rule scs_rules_connect[] = {
    {"net-no-request", SCS_SEV_WARNING, SCS_LIKELY, SCS_DEPTH_NETWORK, SCS_SCOPE_SERVER, false, {.server = no_request}},
    CONNECTION("net-icmp-unreach", ERROR, CERTAIN, icmp_unreach),
    CONNECTION("net-conn-limit", WARNING, LIKELY, conn_limit),
    CONNECTION("net-refused", ERROR, CERTAIN, refused),
    CONNECTION("net-syn-timeout", ERROR, CERTAIN, syn_timeout),
    CONNECTION("net-syn-loss", WARNING, LIKELY, syn_loss),
};
const size_t scs_num_rules_connect = sizeof scs_rules_connect / sizeof scs_rules_connect[0];
