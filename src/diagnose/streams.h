/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to single streams of HTTP/2 connections, which share one TCP connection and may end without it. RFC 9113. */
#ifndef SCS_DIAGNOSE_STREAMS_H
#define SCS_DIAGNOSE_STREAMS_H

#include "diagnose/judge.h"

/* scs_streams_ended_by_server: RST_STREAM or GOAWAY, in place of a reply or inside it. */
bool scs_streams_ended_by_server(const struct scs_exchange *x);
/*
 * scs_streams_asked_again: the server said that it had not begun (REFUSED_STREAM, GOAWAY), or that it wants HTTP/1.1
 * (HTTP_1_1_REQUIRED, as IIS does for client certificates), and the client did as it was told: what became of that counts.
 */
bool scs_streams_asked_again(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_streams_may_ask_again: the same, or what the client did next is not in the capture. */
bool scs_streams_may_ask_again(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_streams_say_end names the end's frame, its kind and its error. */
void scs_streams_say_end(struct scs_verdict *v, const struct scs_exchange *x);
/* scs_streams_reset_early: the exchange of the connection whose request the server reset before it was whole; NULL. */
const struct scs_exchange *scs_streams_reset_early(const struct scs_judge *j, const struct scs_connection *c);

/* A message whose sender had to wait for its receiver. */
struct scs_streams_stall {
    const struct scs_exchange *exchange;
    const struct scs_stall *stall;
    bool by_server; /* the receiver */
    int64_t lasted_ns;
};

/* scs_streams_stalled finds the longest wait on the connection; false: none, or shorter than `least_ns`. */
bool scs_streams_stalled(const struct scs_judge *j, const struct scs_connection *c, int64_t least_ns,
                         struct scs_streams_stall *out);

#endif
