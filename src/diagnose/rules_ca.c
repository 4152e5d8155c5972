/* SPDX-License-Identifier: Apache-2.0 */
/* CA-*: the way from NDES to its certification authority, as far as packets show it. */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#define RPC_MAPPER    135u
#define FIRST_DYNAMIC 49152u
#define TRIES         2u   /* SYNs without answer; a request that failed meanwhile stands beside them */
#define MOST_LOOK     512u /* connections opened while one request waits */

/* The first connection that was opened at or after `ts_ns`. They stand in order of time. */
static uint32_t first_since(const struct scs_model *m, int64_t ts_ns)
{
    uint32_t low = 0, high = m->num_connections;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (m->connections[mid]->opened_ns < ts_ns) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* LDAP is called beside RPC; what it says stands in rules_ca_call.c. */
static bool is_in_vain(const struct scs_connection *c)
{
    bool rpc = c->server.port == RPC_MAPPER || c->server.port >= FIRST_DYNAMIC;
    return rpc && (c->flags & SCS_CONN_CA_SIDE) != 0 &&
           (c->state == SCS_CONN_REFUSED || (c->state == SCS_CONN_BLOCKED && c->syn_tries >= TRIES));
}

static bool is_mapper(const struct scs_connection *c)
{
    return c->server.port == RPC_MAPPER;
}

/*
 * What the server of `x` called in vain while the request waited: the end point mapper, else a port that one gives out.
 * NULL when there is nothing, or when the request was granted all the same.
 */
static const struct scs_connection *vain_call(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    const struct scs_connection *found = NULL;
    bool granted = x->outcome == SCS_OUTCOME_OK || x->outcome == SCS_OUTCOME_PENDING;
    if (x->operation != SCS_OP_PKI_OPERATION || granted || scs_exchange_answer_unseen(x)) {
        return NULL;
    }
    int64_t end = x->duration_ns != SCS_NO_TIME ? x->started_ns + x->duration_ns : x->connection->last_ns;
    uint32_t first = first_since(m, x->started_ns);
    for (uint32_t i = first; i < m->num_connections && i - first < MOST_LOOK && m->connections[i]->opened_ns <= end; i++) {
        const struct scs_connection *c = m->connections[i];
        if (is_in_vain(c) && scs_addr_equal(&c->client.addr, &x->connection->server.addr) &&
            (found == NULL || (is_mapper(c) && !is_mapper(found)))) {
            found = c;
        }
    }
    return found;
}

static void say_call(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_connection *c)
{
    char text[SCS_ENDPOINT_TEXT];
    scs_say_exchange(v, x);
    for (uint32_t i = 0; i < c->syn_tries && i < sizeof c->syn_frames / sizeof c->syn_frames[0]; i++) {
        scs_say_frame(v, c->syn_frames[i]);
    }
    if (c->half[SCS_TO_CLIENT].rst_frame != 0) {
        scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
    }
    if (x->outcome == SCS_OUTCOME_INCOMPLETE) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&x->connection->server, text));
    scs_fact_text(v, "ca", "%s", scs_endpoint_text(&c->server, text));
    scs_fact_number(v, "tries", c->syn_tries);
    scs_fact_text(v, "answer", "%s", c->num_icmp != 0 ? "an ICMP error" : c->state == SCS_CONN_REFUSED ? "a reset" : "nothing");
}

static bool mapper_timeout(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_connection *c = vain_call(j, x);
    if (c == NULL || !is_mapper(c)) {
        return false;
    }
    say_call(v, x, c);
    return true;
}

static bool dynamic_blocked(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_connection *c = vain_call(j, x);
    if (c == NULL || is_mapper(c)) {
        return false;
    }
    say_call(v, x, c);
    return true;
}

/* Whatever NDES then answers is the consequence of a network that is shut, hence the depth. */
const struct scs_rule scs_rules_ca[] = {
    SCS_CAUSE("ca-rpc-135-timeout", ERROR, NETWORK, mapper_timeout),
    SCS_LIKELY_CAUSE("ca-rpc-dyn-blocked", ERROR, NETWORK, dynamic_blocked),
};
const size_t scs_num_rules_ca = sizeof scs_rules_ca / sizeof scs_rules_ca[0];
