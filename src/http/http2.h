/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One followed HTTP/2 connection, from its preface on: streams become exchanges like any other, given to the same
 * hooks. src/http/http.h tells the rest; the functions are those of there.
 */
#ifndef SCS_HTTP_HTTP2_H
#define SCS_HTTP_HTTP2_H

#include "base/buf.h"
#include "http/http.h"

struct scs_h2;

/* A request that one version of HTTP sent and the other answers. Owns what the buffers hold. */
struct scs_http_asked {
    bool wanted, head_method;
    struct scs_http_request *request;
    struct scs_frame_run *request_runs;
    struct scs_buf target, body;
    uint32_t target_off;
};

struct scs_h2 *scs_h2_new(const struct scs_http_hooks *hooks, struct scs_connection *connection);
/* scs_h2_answers: stream 1 answers the request that asked for the upgrade (RFC 7540 3.2). Takes what `asked` owns. */
void scs_h2_answers(struct scs_h2 *h, struct scs_http_asked *asked);
/*
 * scs_h2_refused: the server answered in HTTP/1. Gives away the oldest request, which that answers; false while there is
 * none. What else was asked stays, and is not answered.
 */
bool scs_h2_refused(struct scs_h2 *h, struct scs_http_asked *out);
void scs_h2_data(struct scs_h2 *h, enum scs_dir dir, const struct scs_chunk *chunk);
void scs_h2_gap(struct scs_h2 *h, enum scs_dir dir, uint64_t len, bool snaplen);
void scs_h2_end(struct scs_h2 *h, enum scs_dir dir, enum scs_end how);
/* scs_h2_idle: nothing is open, and enough was asked for on it, or too little understood, to say that more is not to be expected.
 */
bool scs_h2_idle(const struct scs_h2 *h);
void scs_h2_move(struct scs_h2 *h, struct scs_mover *m);
void scs_h2_free(struct scs_h2 *h); /* both ends were told; NULL is fine */

#endif
