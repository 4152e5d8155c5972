/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP segments to followed connections. A packet of a conversation that shows nothing of SCEP costs one
 * look-up and leaves no state. A connection is followed
 *   - in full (streams put together, HTTP read) once a segment begins like a SCEP request, a request
 *     line that is not whole yet, a CONNECT, or a reply of a SCEP content type;
 *   - lightly (times, losses, ends; no bytes kept) when its server is known to speak SCEP or was named;
 *   - in full until its TLS handshake is over, when of its server nothing is known (for ever when a key opens it);
 *   - in full, for readers of their own, when they are of one of the kinds of enum scs_side;
 *   - not at all, but noticed, when they are QUIC's to a server of SCEP;
 *   - as an attempt when SYNs are repeated, refused or answered by ICMP.
 */
#ifndef SCS_FLOW_FLOW_H
#define SCS_FLOW_FLOW_H

#include "base/mover.h"
#include "http/http.h"
#include "scepscope/packet.h"
#include "tls/tls.h"

struct scs_flow;

/* What a connection carries that is no HTTP and yet says why an enrolment failed. */
enum scs_side {
    SCS_SIDE_NONE,
    SCS_SIDE_DNS,      /* look-ups over TCP, whoever asks */
    SCS_SIDE_KERBEROS, /* tickets, whoever asks */
    SCS_SIDE_RPC,      /* remote procedure calls of a SCEP server */
    SCS_SIDE_DIRECTORY /* LDAP of a SCEP server */
};

/* Who reads such connections, in full from their first byte (or from where the capture begins). */
struct scs_side_hooks {
    void *ctx;
    /* gives the state of one connection, whose addresses are set; `whole`: nothing of it came before */
    void *(*open)(void *ctx, enum scs_side side, const struct scs_connection *c, bool whole);
    void (*data)(void *ctx, void *state, enum scs_dir dir, const struct scs_chunk *chunk);
    void (*gap)(void *ctx, void *state, enum scs_dir dir); /* bytes of this direction are missing */
    void (*close)(void *ctx, void *state);
    void (*move)(void *ctx, void *state, struct scs_mover *m); /* the arena that facts are kept in turned (base/mover.h) */
};

struct scs_flow_options {
    const struct scs_endpoint *servers; /* --server; borrowed for the call */
    uint32_t num_servers;
    const char *const *user_paths; /* --path; borrowed, outlives the flow stage */
    uint32_t num_user_paths;
    struct scs_arena *keep;     /* connections, their texts; borrowed */
    struct scs_http_hooks http; /* as the HTTP stage takes them */
    /* Given what a SCEP server asks of revocation lists and OCSP responders, with http.ctx; NULL: that is not followed. */
    void (*revocation)(void *ctx, const struct scs_http_pair *pair);
    /* The name `client` had looked up for `server` by then, NULL; with http.ctx. NULL: nobody knows. */
    const char *(*host_of)(void *ctx, const struct scs_addr *client, const struct scs_addr *server, int64_t ts_ns);
    struct scs_side_hooks side; /* without open such connections are not followed */
    /* all but ctx and the functions, as the TLS stage takes them; without certs TLS is not read */
    struct scs_tls_hooks tls;
};

struct scs_flow *scs_flow_new(const struct scs_flow_options *options);
/*
 * scs_flow_segments takes a batch of at most SCS_BATCH decoded segments in order of capture; borrows their bytes for the call.
 * Returns a bit for each that may become evidence: of connections that are followed, what opens or ends any, ICMP, the beginning
 * of QUIC. Of connections without SCEP, as yet, it is SCS_MAX_HELD_IN_HOPE bytes of each direction at most.
 */
uint32_t scs_flow_segments(struct scs_flow *f, const struct scs_segment *segments, size_t num);
/* scs_flow_secrets: TLS secrets came; connections that ended without them may open now. Those still open look by themselves. */
void scs_flow_secrets(struct scs_flow *f);
/* scs_flow_finish ends what is open (SCS_END_CAPTURE). No segment may follow. */
void scs_flow_finish(struct scs_flow *f);
/*
 * scs_flow_connections gives the connections worth a report, in order of first packet and numbered from
 * 1: with exchanges, to named servers, blocked or refused at likely servers, or ended badly at known
 * ones. The list is in `arena`. Of connections that are open, before scs_flow_finish, it has those with exchanges and the
 * attempts, with their facts as they stand.
 */
const struct scs_connection *const *scs_flow_connections(struct scs_flow *f, struct scs_arena *arena, uint32_t *num);
/* scs_flow_describe adds duplicates, TLS and limit counters. */
void scs_flow_describe(const struct scs_flow *f, struct scs_capture_facts *out);
/*
 * scs_flow_leave: connections that ended and whose ids (scs_flow_connections) are marked are kept no longer, nor are those that
 * were not worth a report and ended by `until_ns`. Returns how many of the marked ones left. `num_revocations` left, too.
 */
uint32_t scs_flow_leave(struct scs_flow *f, const bool *leaves, int64_t until_ns, uint32_t num_revocations);
/* scs_flow_close_idle ends, as if the capture did, what was not heard of since `since_ns`. */
void scs_flow_close_idle(struct scs_flow *f, int64_t since_ns);
/* scs_flow_move: the arena turned (base/mover.h). */
void scs_flow_move(struct scs_flow *f, struct scs_mover *m);
bool scs_flow_is_named(const struct scs_flow *f, const struct scs_endpoint *server);
void scs_flow_free(struct scs_flow *f);

#endif
