/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge is the rules' view of a model: the model and indexes over it, built once in linear time.
 * What every rule may ask is declared in scepscope/rule.h; this is for the engine and for the rules
 * about the network and the capture, which compare connections with each other.
 */
#ifndef SCS_DIAGNOSE_JUDGE_H
#define SCS_DIAGNOSE_JUDGE_H

#include "scepscope/rule.h"

struct scs_judge;

/* scs_judge_new borrows the model. */
struct scs_judge *scs_judge_new(const struct scs_model *model);
void scs_judge_free(struct scs_judge *j); /* NULL is fine */

/* Connections by place in model->connections, which their ids are not (ids may have holes). */
#define SCS_NO_INDEX UINT32_MAX
uint32_t scs_judge_connection_index(const struct scs_judge *j, uint32_t connection_id);
/* The connection of exchange `id`, in constant time. */
uint32_t scs_judge_connection_of(const struct scs_judge *j, uint32_t exchange_id);

/* Ids of all exchanges of x's client with x's server, x among them, ascending; in constant time. */
const uint32_t *scs_judge_by_client_of(const struct scs_judge *j, const struct scs_exchange *x, uint32_t *num);

/* What the connections to one address and port say together. */
struct scs_judge_server {
    struct scs_endpoint endpoint;
    const struct scs_server *server; /* NULL: neither named nor with SCEP on it */
    uint32_t connections;            /* attempts and established */
    uint32_t one_way;                /* of them, seen in one direction only */
    uint32_t shaken;                 /* of them, with a whole handshake */
    uint32_t unavailable;            /* exchanges answered with 503 */
};

/* Here and below `c` is one of the model's connections. */
const struct scs_judge_server *scs_judge_server_of(const struct scs_judge *j, const struct scs_connection *c);
/* scs_judge_server_find returns the server with SCEP on it (or the named one) of this address and port; NULL. */
const struct scs_server *scs_judge_server_find(const struct scs_judge *j, const struct scs_endpoint *endpoint);
/* scs_judge_called: some connection, or an attempt at one, went to this endpoint (port 0: any port of the address). */
bool scs_judge_called(const struct scs_judge *j, const struct scs_endpoint *endpoint);
/* The largest payload in direction `dir` that was ever acknowledged between this client address and this server; 0 none. */
uint32_t scs_judge_largest_acked(const struct scs_judge *j, const struct scs_connection *c, enum scs_dir dir);

/* How many of the capture's connections that matter (see scs_judge_concern) show what, and the first of each. */
struct scs_judge_tally {
    uint32_t snaplen, gaps, one_way, midstream, tls;
    uint32_t failed_attempts; /* refused, or three SYNs and more without answer */
    uint64_t missing_bytes;
    const struct scs_connection *first_snaplen, *first_gap, *first_one_way, *first_midstream;
    bool named;            /* --server named some server */
    bool named_unreadable; /* a named server was reached, by TLS only, and nothing of it could be read */
    bool policy_hop;       /* a request to the certificate registration point is in the capture */
};

const struct scs_judge_tally *scs_judge_tally(const struct scs_judge *j);

/*
 * Whether a connection's trouble is worth telling. SCEP was seen on that server and port, or the operator named it:
 * surely. No SCEP in the whole capture, nobody named, and a port where NDES is published: perhaps. Else no.
 */
enum scs_concern { SCS_CONCERN_NONE, SCS_CONCERN_PERHAPS, SCS_CONCERN_SURE };
enum scs_concern scs_judge_concern(const struct scs_judge *j, const struct scs_connection *c);

/*
 * scs_judge_recovered: the same client opened a connection to the same server, and got data on it, after this one began
 * and no later than a minute after its last packet.
 */
bool scs_judge_recovered(const struct scs_judge *j, const struct scs_connection *c);
/* The enrolment that consists of nothing but this client's attempts at this server; 0 when there is none. */
uint32_t scs_judge_blocked_enrolment(const struct scs_judge *j, const struct scs_connection *c);

#endif
