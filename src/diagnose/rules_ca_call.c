/* SPDX-License-Identifier: Apache-2.0 */
/* CA-*: what the certification authority and the domain answered to NDES, as far as packets show it. */
#include "diagnose/hresult.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#define SLOW           (3 * SCS_SECOND)
#define VERY_SLOW      (30 * SCS_SECOND)
#define DIRECTORY_NEAR SCS_MINUTE /* another directory server found so soon after a failure was found in time */
#define LDAP_TRIES     3u
#define LDAP_SILENCE   (10 * SCS_SECOND) /* a directory answers within milliseconds */
#define MOST_LOOK      512u              /* calls made while one request waits */
/* RFC 4120 7.5.9. */
#define CLIENT_REVOKED 18u
#define KEY_EXPIRED    23u
/* HRESULTs of certification authorities: CERTSRV_E_*. MS-ERREF 2.1.1. */
#define FIRST_CERTSRV 0x80094000u
#define LAST_CERTSRV  0x80094fffu
/* ... and those of RPC, which the CA itself never sends: FACILITY_WIN32 with codes 1700 to 1999. */
#define FIRST_RPC 0x800706a4u
#define LAST_RPC  0x800707cfu

/* ---- the calls made for one request ------------------------------------------------------------------ */

static int64_t end_of(const struct scs_exchange *x)
{
    return x->duration_ns != SCS_NO_TIME ? x->started_ns + x->duration_ns : x->connection->last_ns;
}

/* The first call that began at or after `ts_ns`. They stand in order of time. */
static uint32_t first_since(const struct scs_model *m, int64_t ts_ns)
{
    uint32_t low = 0, high = m->num_ca_calls;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (m->ca_calls[mid]->started_ns < ts_ns) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* The next call, from place *at on, that the server of `x` made while the request waited; NULL when there is none. */
static const struct scs_ca_call *next_call(const struct scs_model *m, const struct scs_exchange *x, uint32_t *at)
{
    int64_t end = end_of(x);
    for (; *at < m->num_ca_calls && m->ca_calls[*at]->started_ns <= end; (*at)++) {
        const struct scs_ca_call *call = m->ca_calls[*at];
        if (call->service == SCS_CA_RPC && scs_addr_equal(&call->client.addr, &x->connection->server.addr)) {
            (*at)++;
            return call;
        }
    }
    return NULL;
}

/* A call that carries the request to the CA, as far as is known. */
static bool is_submission(const struct scs_ca_call *call)
{
    return call->interface == SCS_RPC_CERT_REQUEST || call->interface == SCS_RPC_CERT_REQUEST2 ||
           call->interface == SCS_RPC_CERT_PASSAGE || call->interface == SCS_RPC_UNKNOWN;
}

static bool is_refused(const struct scs_exchange *x)
{
    return x->operation == SCS_OP_PKI_OPERATION && x->outcome != SCS_OUTCOME_OK && x->outcome != SCS_OUTCOME_PENDING;
}

static void say_call(const struct scs_judge *j, struct scs_verdict *v, const struct scs_exchange *x,
                     const struct scs_ca_call *call)
{
    char text[SCS_ENDPOINT_TEXT];
    const char *name = scs_rpc_interface_name(call->interface);
    scs_say_exchange(v, x);
    scs_say_frame(v, call->first_frame);
    scs_say_frame(v, call->last_frame);
    scs_say_answer(v, x);
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&x->connection->server, text));
    scs_fact_text(v, "ca", "%s", scs_endpoint_text(&call->server, text));
    if (name != NULL) {
        scs_fact_text(v, "interface", "%s", name);
    }
    /* With several requests under way the call may have been another's. */
    if (name == NULL || !scs_exchange_alone(j, x)) {
        scs_set_confidence(v, SCS_LIKELY);
    }
}

/* ---- refused by RPC itself ----------------------------------------------------------------------------- */

/* An activation or submission that was refused, with nothing of the kind answered afterwards; NULL. */
static const struct scs_ca_call *refused_call(const struct scs_model *m, const struct scs_exchange *x)
{
    const struct scs_ca_call *refused = NULL, *call;
    for (uint32_t i = first_since(m, x->started_ns), looked = 0; looked < MOST_LOOK && (call = next_call(m, x, &i)) != NULL;
         looked++) {
        bool concerns = is_submission(call) || call->interface == SCS_RPC_ACTIVATOR || call->interface == SCS_RPC_OBJECTS;
        if (!concerns) {
            continue;
        }
        if ((call->outcome == SCS_CA_FAULT || call->outcome == SCS_CA_BIND_REFUSED) && !call->recovered) {
            refused = call;
        } else if (call->outcome == SCS_CA_ANSWERED && refused != NULL && is_submission(call)) {
            refused = NULL;
        }
    }
    return refused;
}

static const char *reason_name(const struct scs_ca_call *call)
{
    /* C706 12.6.3.1, p_provider_reason_t and p_reject_reason_t; MS-RPCE 2.2.2.5. */
    static const char *const reasons[] = {[1] = "the interface is not there",
                                          [2] = "no common transfer syntax",
                                          [3] = "a limit of the server was reached",
                                          [8] = "the way to authenticate is not known there",
                                          [9] = "the token's checksum is wrong"};
    if (call->outcome == SCS_CA_FAULT) {
        return scs_rpc_status_name(call->status);
    }
    return call->status < sizeof reasons / sizeof reasons[0] ? reasons[call->status] : NULL;
}

static bool rpc_fault(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_ca_call *call = is_refused(x) ? refused_call(scs_judge_model(j), x) : NULL;
    if (call == NULL) {
        return false;
    }
    say_call(j, v, x, call);
    scs_fact_text(v, "what", "%s", call->outcome == SCS_CA_FAULT ? "a fault" : "a refused bind");
    scs_fact_text(v, "code", "0x%x", (unsigned)call->status);
    if (reason_name(call) != NULL) {
        scs_fact_text(v, "reason", "%s", reason_name(call));
    }
    return true;
}

/* ---- refused by the CA --------------------------------------------------------------------------------- */

/* The last submission that was answered while the request waited; NULL. */
static const struct scs_ca_call *submission(const struct scs_model *m, const struct scs_exchange *x)
{
    const struct scs_ca_call *found = NULL, *call;
    for (uint32_t i = first_since(m, x->started_ns), looked = 0; looked < MOST_LOOK && (call = next_call(m, x, &i)) != NULL;
         looked++) {
        found = is_submission(call) && call->outcome == SCS_CA_ANSWERED ? call : found;
    }
    return found;
}

static bool denied(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *reply = x->scep_reply;
    if (scs_exchange_pki_status(x) != 2 || !reply->has_hresult || !is_refused(x)) {
        return false;
    }
    uint32_t code = (uint32_t)reply->hresult;
    const struct scs_ca_call *call = submission(scs_judge_model(j), x);
    if (call == NULL || call->wait_ns > SLOW || (code >= FIRST_RPC && code <= LAST_RPC)) {
        return false;
    }
    say_call(j, v, x, call);
    if (code < FIRST_CERTSRV || code > LAST_CERTSRV) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    const struct scs_hresult *known = scs_hresult_find(reply->hresult);
    scs_fact_text(v, "hresult", "0x%08X", (unsigned)code);
    if (known != NULL) {
        scs_fact_text(v, "hresult_name", "%s", known->name);
        scs_fact_text(v, "hresult_meaning", "%s", known->meaning);
    }
    scs_say_seconds(v, "waited_s", call->wait_ns);
    return true;
}

/* ---- slow, or not asked at all --------------------------------------------------------------------------- */

/* How long the server waited for this answer, or did so until the request was over. */
static int64_t waited(const struct scs_ca_call *call, const struct scs_exchange *x)
{
    if (call->wait_ns != SCS_NO_TIME) {
        return call->wait_ns;
    }
    return call->outcome == SCS_CA_UNANSWERED && !call->uncertain ? end_of(x) - call->started_ns : 0;
}

static bool slow(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    const struct scs_ca_call *slowest = NULL, *call;
    if (x->operation != SCS_OP_PKI_OPERATION) {
        return false;
    }
    for (uint32_t i = first_since(m, x->started_ns), looked = 0; looked < MOST_LOOK && (call = next_call(m, x, &i)) != NULL;
         looked++) {
        slowest = is_submission(call) && (slowest == NULL || waited(call, x) > waited(slowest, x)) ? call : slowest;
    }
    if (slowest == NULL || waited(slowest, x) <= SLOW) {
        return false;
    }
    if (waited(slowest, x) > VERY_SLOW) {
        scs_set_severity(v, SCS_SEV_ERROR);
    }
    say_call(j, v, x, slowest);
    scs_say_seconds(v, "waited_s", waited(slowest, x));
    scs_fact_text(v, "answer", "%s", slowest->outcome == SCS_CA_UNANSWERED ? "no answer" : "the answer");
    return true;
}

/* The capture shows calls of this server to another host, so it would show this one. */
static bool sees_calls(const struct scs_model *m, const struct scs_exchange *x)
{
    for (uint32_t i = 0; i < m->num_ca_calls; i++) {
        if (m->ca_calls[i]->service == SCS_CA_RPC && is_submission(m->ca_calls[i]) &&
            scs_addr_equal(&m->ca_calls[i]->client.addr, &x->connection->server.addr)) {
            return m->capture->limits.ca_calls_dropped == 0 && m->capture->limits.neighbours_dropped == 0;
        }
    }
    return false;
}

static bool tried_to_call(const struct scs_model *m, const struct scs_exchange *x)
{
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        if ((c->flags & SCS_CONN_CA_SIDE) != 0 && c->opened_ns >= x->started_ns && c->opened_ns <= end_of(x) &&
            scs_addr_equal(&c->client.addr, &x->connection->server.addr)) {
            return true;
        }
    }
    return false;
}

static bool not_called(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    char text[SCS_ENDPOINT_TEXT];
    uint32_t first = first_since(m, x->started_ns);
    bool failed = x->outcome == SCS_OUTCOME_FAILED && (scs_exchange_pki_status(x) == 2 || scs_exchange_status(x) == 500);
    if (!is_refused(x) || !failed || scs_exchange_verified(j, x) == NULL || !scs_exchange_alone(j, x) ||
        !scs_judge_sees_all(j, x) || m->capture->dropped != 0 || next_call(m, x, &first) != NULL || tried_to_call(m, x) ||
        !sees_calls(m, x)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&x->connection->server, text));
    return true;
}

/* ---- the domain ------------------------------------------------------------------------------------------ */

/* A directory server answered `host` at about that time, or may have done so in what the capture lacks. */
static bool found_directory(const struct scs_model *m, const struct scs_addr *host, int64_t from_ns, int64_t to_ns)
{
    uint32_t first = first_since(m, from_ns - DIRECTORY_NEAR);
    for (uint32_t i = first; i < m->num_ca_calls && m->ca_calls[i]->started_ns <= to_ns + DIRECTORY_NEAR; i++) {
        const struct scs_ca_call *call = m->ca_calls[i];
        if (call->service == SCS_CA_DIRECTORY && (call->outcome == SCS_CA_ANSWERED || call->uncertain) &&
            scs_addr_equal(&call->client.addr, host)) {
            return true;
        }
    }
    return false;
}

static bool is_directory(const struct scs_connection *c)
{
    return c->server.port == 389 || c->server.port == 636 || c->server.port == 3268 || c->server.port == 3269;
}

static bool directory_fail(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    bool in_vain = c->state == SCS_CONN_REFUSED || (c->state == SCS_CONN_BLOCKED && c->syn_tries >= LDAP_TRIES);
    char text[SCS_ENDPOINT_TEXT];
    if ((c->flags & SCS_CONN_CA_SIDE) == 0 || !is_directory(c) || !in_vain ||
        found_directory(scs_judge_model(j), &c->client.addr, c->opened_ns, c->last_ns)) {
        return false;
    }
    scs_say_connection(v, c);
    scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
    scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&c->server, text));
    scs_fact_number(v, "tries", c->syn_tries);
    scs_fact_text(v, "answer", "%s", c->num_icmp != 0 ? "an ICMP error" : c->state == SCS_CONN_REFUSED ? "a reset" : "nothing");
    return true;
}

/* It took the connection and a question, and said nothing while the server waited. */
static bool directory_silent(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    char text[SCS_ENDPOINT_TEXT];
    for (uint32_t i = 0; i < m->num_ca_calls; i++) {
        const struct scs_ca_call *call = m->ca_calls[i];
        if (call->service != SCS_CA_DIRECTORY || call->outcome != SCS_CA_UNANSWERED || call->uncertain) {
            continue;
        }
        int64_t waited_ns = call->wait_ns != SCS_NO_TIME ? call->wait_ns : m->capture->last_ns - call->started_ns;
        if (waited_ns < LDAP_SILENCE || m->capture->dropped != 0 ||
            found_directory(m, &call->client.addr, call->started_ns, call->started_ns + waited_ns)) {
            continue;
        }
        scs_set_moment(v, call->started_ns);
        scs_say_frame(v, call->first_frame);
        scs_fact_text(v, "client", "%s", scs_addr_text(&call->client.addr, text));
        scs_fact_text(v, "server", "%s", scs_endpoint_text(&call->server, text));
        scs_fact_text(v, "answer", "no word for %d seconds after the connection was made", (int)(waited_ns / SCS_SECOND));
        scs_fact_number(v, "tries", 1);
        return true;
    }
    return false;
}

/*
 * What became of the requests at this server after its account was refused: 1 some was granted, or its answer is not in the
 * capture, -1 only failures, 0 nothing.
 */
static int fared_after(const struct scs_model *m, const struct scs_ca_call *call)
{
    int fared = 0;
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        if (x->operation == SCS_OP_PKI_OPERATION && end_of(x) >= call->started_ns &&
            scs_addr_equal(&x->connection->server.addr, &call->client.addr)) {
            if (x->outcome == SCS_OUTCOME_OK || x->outcome == SCS_OUTCOME_PENDING || scs_exchange_answer_unseen(x)) {
                return 1;
            }
            fared = x->outcome == SCS_OUTCOME_FAILED || x->outcome == SCS_OUTCOME_UNANSWERED ? -1 : fared;
        }
        scs_model_rest(m, i);
    }
    return fared;
}

static bool no_ticket(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    char text[SCS_ENDPOINT_TEXT];
    for (uint32_t i = 0; i < m->num_ca_calls; i++) {
        const struct scs_ca_call *call = m->ca_calls[i];
        if (call->service != SCS_CA_LOGON || call->recovered) {
            continue;
        }
        int fared = fared_after(m, call);
        /* Somebody else's slip of the hand on that host: NDES goes on working. */
        if (fared > 0) {
            continue;
        }
        if (fared == 0) {
            scs_set_severity(v, SCS_SEV_WARNING);
            scs_set_confidence(v, SCS_POSSIBLE);
        }
        scs_set_moment(v, call->started_ns);
        scs_say_frame(v, call->first_frame);
        scs_say_frame(v, call->last_frame);
        scs_fact_text(v, "client", "%s", scs_addr_text(&call->client.addr, text));
        scs_fact_text(v, "server", "%s", scs_addr_text(&call->server.addr, text));
        scs_fact_number(v, "code", call->status);
        scs_fact_text(v, "reason", "%s",
                      call->status == CLIENT_REVOKED ? "the account is locked, disabled or has expired"
                      : call->status == KEY_EXPIRED  ? "the password has expired"
                                                     : "the password is wrong");
        if (call->account != NULL) {
            scs_fact_text(v, "account", "%s", call->account);
        }
        return true;
    }
    return false;
}

/* A fault and a denial say more than NDES's 500 or the FAILURE that they end in, so they stand no higher than those. */
const struct scs_rule scs_rules_ca_call[] = {
    SCS_CAUSE("ca-rpc-fault", ERROR, NDES, rpc_fault),
    SCS_CAUSE("ca-failed", ERROR, NDES, denied),
    SCS_LIKELY_NOTE("ca-slow", WARNING, slow),
    SCS_LIKELY_NOTE("ca-no-call", WARNING, not_called),
    {"ca-ldap-fail", SCS_SEV_WARNING, SCS_LIKELY, SCS_DEPTH_NOTE, SCS_SCOPE_CONNECTION, false, {.connection = directory_fail}},
    {"ca-ldap-fail", SCS_SEV_WARNING, SCS_LIKELY, SCS_DEPTH_NOTE, SCS_SCOPE_CAPTURE, false, {.capture = directory_silent}},
    {"ca-kerberos", SCS_SEV_ERROR, SCS_LIKELY, SCS_DEPTH_NOTE, SCS_SCOPE_CAPTURE, false, {.capture = no_ticket}},
};
const size_t scs_num_rules_ca_call = sizeof scs_rules_ca_call / sizeof scs_rules_ca_call[0];
