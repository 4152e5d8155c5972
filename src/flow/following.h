/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections that are followed: how one begins, deepens, ends and is kept or forgotten. Private to the flow
 * stage: flow.c decides which segment begins what, this does it.
 */
#ifndef SCS_FLOW_FOLLOWING_H
#define SCS_FLOW_FOLLOWING_H

#include "flow/flow.h"
#include "flow/quic.h"
#include "flow/secure.h"
#include "flow/servers.h"
#include "flow/track.h"
#include "flow/tuple.h"

struct list {
    struct scs_tracked *oldest, *newest;
    uint32_t num, most;
};

enum { LIST_ATTEMPT, LIST_LIGHT, LIST_FULL, LIST_LINGER, LIST_SIDE, LIST_WAITING, NUM_LISTS };

struct kept {
    int64_t opened_ns;
    scs_frame first_frame;
    struct scs_connection *facts;
};

struct scs_flow {
    struct scs_flow_options options;
    struct scs_http_hooks http; /* ours, around the caller's */
    struct scs_secure secure;
    struct scs_tuples *tuples;
    struct scs_known_servers servers;
    struct list lists[NUM_LISTS];
    struct scs_tracked *current;   /* whose bytes the HTTP stage is reading */
    struct scs_connection **spare; /* facts of connections that were not worth keeping */
    uint32_t num_spare, cap_spare;
    struct kept *kept; /* keys and pointers: sorting does not touch the facts, which may be on disk */
    uint32_t num_kept, cap_kept;
    uint64_t all_waiting;
    uint64_t duplicates, tls_hellos;
    uint32_t num_revocations;
    struct scs_quic_seen quic;
};

/* scs_following_hooks puts ours around the caller's HTTP hooks. */
void scs_following_hooks(struct scs_flow *f);
struct scs_stream_sink scs_following_sink(struct scs_flow *f, enum scs_dir dir);
/* scs_following_begin: `to_server` says whether the segment goes from the client to the server. */
struct scs_tracked *scs_following_begin(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low,
                                        bool to_server, enum scs_follow follow);
/* scs_following_note_syn enters what the tuple knows of the client's SYN. */
void scs_following_note_syn(struct scs_connection *c, const struct scs_tuple *tuple);
/* scs_following_start starts both streams at this segment, or (`from_start`) where the handshake says they begin. */
void scs_following_start(struct scs_tracked *t, const struct scs_tuple *tuple, const struct scs_segment *seg, enum scs_dir dir,
                         bool from_start);
void scs_following_set(struct scs_flow *f, struct scs_tracked *t, enum scs_follow follow);
/* scs_following_side gives the connection's bytes to the reader of side connections. */
void scs_following_side(struct scs_flow *f, struct scs_tracked *t, enum scs_side side);
/* scs_following_release frees the bytes and the HTTP and TLS state of a connection. */
void scs_following_release(struct scs_flow *f, struct scs_tracked *t);
/* scs_following_end: the connection is over; it lingers for late packets. */
void scs_following_end(struct scs_flow *f, struct scs_tracked *t, enum scs_end how, int64_t ts_ns);
/* scs_following_revive: a refused attempt goes on as if the refusal had not been. */
void scs_following_revive(struct scs_flow *f, struct scs_tracked *t);
/* scs_following_secrets opens those ended connections whose secrets have come since. */
void scs_following_secrets(struct scs_flow *f);
/* scs_following_may_attempt: a connection attempt between these two is worth remembering. */
bool scs_following_may_attempt(const struct scs_flow *f, const struct scs_endpoint *client, const struct scs_endpoint *server);
/* scs_following_show brings the facts of an open connection up to date; false when it is not, or not yet, worth a report. */
bool scs_following_show(struct scs_flow *f, struct scs_tracked *t);
/* scs_following_retire ends the following for good: the facts are kept, or used again; `t` is gone. */
void scs_following_retire(struct scs_flow *f, struct scs_tracked *t, enum scs_end how);

#endif
