/* SPDX-License-Identifier: Apache-2.0 */
/* The remote procedure calls of one TCP connection: binds, calls and their answers. C706 9, MS-RPCE 3.3. */
#ifndef SCS_CORRELATE_RPC_STREAM_H
#define SCS_CORRELATE_RPC_STREAM_H

#include "correlate/ca_calls.h"
#include "http/http.h"

struct scs_rpc_stream;

/* scs_rpc_stream_new: `whole` when the connection is read from its beginning. Borrows the list, copies the addresses. */
struct scs_rpc_stream *scs_rpc_stream_new(struct scs_ca_calls *calls, const struct scs_connection *c, bool whole);
void scs_rpc_stream_data(struct scs_rpc_stream *s, enum scs_dir dir, const struct scs_chunk *chunk);
void scs_rpc_stream_gap(struct scs_rpc_stream *s, enum scs_dir dir);
/* scs_rpc_stream_free adds what stayed without an answer. */
void scs_rpc_stream_free(struct scs_rpc_stream *s);
/* scs_rpc_stream_move: the arena of the calls turned (base/mover.h). */
void scs_rpc_stream_move(struct scs_rpc_stream *s, struct scs_mover *m);

#endif
