/* SPDX-License-Identifier: Apache-2.0 */
/* How long things took. The first call to a server that may have slept is judged one level lower. */
#include "diagnose/hostname.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#define MESSAGE_WARNING (5 * SCS_SECOND)
#define MESSAGE_ERROR   (30 * SCS_SECOND)
#define GETCA_WARNING   (2 * SCS_SECOND)
#define PROXY_MARGIN    (60 * SCS_SECOND)
#define FAR_AWAY        (SCS_SECOND / 2)
/* Windows waits for each revocation list or OCSP answer this long, and then for the next address. */
#define FETCH_TIMEOUT (15 * SCS_SECOND)
#define TIMER_SLACK   (3 * SCS_SECOND / 2)
#define MOST_LOOK     512u /* connections opened while one request waits */

/* The server's own time: from the last byte of the request to the first of the reply. -1 when the capture does not show it. */
static int64_t waited(const struct scs_exchange *x)
{
    if (!x->reply || !x->request || x->wait_ns == SCS_NO_TIME || scs_message_unseen(&x->request->m) ||
        (x->reply->m.flags & SCS_HTTP_MIDWAY)) {
        return -1;
    }
    return x->wait_ns;
}

static void lower(struct scs_verdict *v, enum scs_severity severity)
{
    scs_set_severity(v, severity == SCS_SEV_ERROR ? SCS_SEV_WARNING : SCS_SEV_INFO);
}

static bool message_slow(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    int64_t ns = waited(x);

    /* A gateway that gave up says itself what was slow. */
    if (x->operation != SCS_OP_PKI_OPERATION || ns <= MESSAGE_WARNING || scs_exchange_pki_status(x) == 3 ||
        scs_status_is_gateway(scs_exchange_status(x))) {
        return false;
    }
    enum scs_severity severity = ns > MESSAGE_ERROR ? SCS_SEV_ERROR : SCS_SEV_WARNING;
    scs_set_severity(v, severity);
    if (!scs_server_warm(j, x)) {
        lower(v, severity);
    }
    scs_say_answer(v, x);
    scs_say_seconds(v, "waited_s", ns);
    return true;
}

static bool getca_slow(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    int64_t ns = waited(x);

    if ((x->operation != SCS_OP_GET_CA_CAPS && x->operation != SCS_OP_GET_CA_CERT) || ns <= GETCA_WARNING ||
        scs_exchange_status(x) >= 400) {
        return false;
    }
    if (!scs_server_warm(j, x)) {
        lower(v, SCS_SEV_WARNING);
    }
    scs_say_answer(v, x);
    scs_say_seconds(v, "waited_s", ns);
    return true;
}

static bool proxy_margin(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    int64_t ns = waited(x);

    (void)j;
    if (ns <= PROXY_MARGIN || !scs_exchange_proxied(x) || scs_exchange_status(x) >= 500) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_seconds(v, "waited_s", ns);
    return true;
}

/* A list or OCSP answer that the server of `x` asked for while `x` waited, and that did not come in time; NULL. */
static const struct scs_revocation *stalled_fetch(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);

    for (uint32_t i = 0; i < m->num_revocations; i++) {
        const struct scs_revocation *r = m->revocations[i];
        bool meanwhile = r->started_ns >= x->request->m.last_ns && r->started_ns <= x->reply->m.first_ns;
        bool stalled = r->unanswered || (r->reply && r->reply->m.first_ns - r->started_ns >= FETCH_TIMEOUT - TIMER_SLACK);
        if (meanwhile && stalled && scs_addr_equal(&r->client, &x->connection->server.addr)) {
            return r;
        }
    }
    return NULL;
}

/* A connection to where lists are published that the server of `x` tried in vain, by silence, while `x` waited; NULL. */
static const struct scs_connection *stalled_attempt(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t here = scs_judge_connection_of(j, x->id);

    for (uint32_t i = here; here != SCS_NO_INDEX && i < m->num_connections && i - here < MOST_LOOK; i++) {
        const struct scs_connection *c = m->connections[i];
        bool meanwhile = c->opened_ns >= x->request->m.last_ns && c->opened_ns <= x->reply->m.first_ns;
        bool silence = c->state == SCS_CONN_BLOCKED && c->server.port == 80;
        if (meanwhile && silence && c->host != NULL && scs_hostname_is_authority(c->host) &&
            scs_addr_equal(&c->client.addr, &x->connection->server.addr)) {
            return c;
        }
    }
    return NULL;
}

static bool revocation_stall(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    char text[SCS_ENDPOINT_TEXT];
    int64_t ns = waited(x);
    bool long_enough = ns >= FETCH_TIMEOUT - TIMER_SLACK;
    const struct scs_revocation *r = long_enough ? stalled_fetch(j, x) : NULL;
    const struct scs_connection *c = long_enough && !r ? stalled_attempt(j, x) : NULL;

    if (!r && !c) {
        return false;
    }
    int64_t past = (ns + TIMER_SLACK) % FETCH_TIMEOUT;
    if (past > 2 * TIMER_SLACK) {
        scs_set_confidence(v, SCS_POSSIBLE); /* no multiple of the timer: something else was slow as well */
    }
    scs_say_answer(v, x);
    scs_say_seconds(v, "waited_s", ns);
    scs_fact_text(v, "publisher", "%s", scs_endpoint_text(r ? &r->server : &c->server, text));
    scs_say_exchange(v, x);
    scs_say_frame(v, r ? r->first_frame : c->first_frame);
    return true;
}

/* SYN to the end of the handshake is one round trip wherever it is captured. */
static bool round_trip(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    char client[SCS_ENDPOINT_TEXT];

    (void)j;
    if (!(c->flags & SCS_CONN_SCEP_SERVER) || !(c->flags & SCS_CONN_HANDSHAKE) || c->syn_tries != 1 || c->synack_tries != 1 ||
        c->syn_ns == SCS_NO_TIME || c->handshake_ns == SCS_NO_TIME || c->handshake_ns - c->syn_ns <= FAR_AWAY) {
        return false;
    }
    scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, client));
    scs_fact_number(v, "rtt_ms", (c->handshake_ns - c->syn_ns) / 1000000);
    return true;
}

const struct scs_rule scs_rules_perf[] = {
    SCS_NOTE("perf-pkiop-slow", WARNING, message_slow),
    SCS_NOTE("perf-getca-slow", WARNING, getca_slow),
    SCS_NOTE("perf-proxy-margin", WARNING, proxy_margin),
    SCS_LIKELY_NOTE("perf-revocation-stall", WARNING, revocation_stall),
    {"perf-rtt", SCS_SEV_INFO, SCS_LIKELY, SCS_DEPTH_NOTE, SCS_SCOPE_CONNECTION, false, {.connection = round_trip}},
};
const size_t scs_num_rules_perf = sizeof scs_rules_perf / sizeof scs_rules_perf[0];
