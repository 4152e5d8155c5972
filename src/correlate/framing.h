/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages out of one direction of a stream, where each says its own length: DNS over TCP, DCE/RPC, Kerberos over TCP. Of a
 * long message the first SCS_MAX_NEIGHBOUR_MESSAGE bytes are kept.
 */
#ifndef SCS_CORRELATE_FRAMING_H
#define SCS_CORRELATE_FRAMING_H

#include "base/buf.h"
#include "http/http.h"

/* How the messages of one protocol begin. */
struct scs_framing_kind {
    size_t head_len;                                 /* bytes after which the length is known */
    size_t (*length)(const struct scs_cursor *head); /* of the whole message, these bytes too; 0: no message begins so */
    bool unmistakable; /* a head is known for one by itself: reading may begin at any segment that starts like it */
};

struct scs_framing {
    const struct scs_framing_kind *kind;
    struct scs_buf kept;
    size_t wanted; /* bytes still to come: of the head, then of the message */
    bool in_body;  /* the head is whole */
    bool lost;     /* where the next message begins is not known */
    scs_frame first_frame;
    int64_t first_ns;
};

/* One message; borrowed until the next call. It lies whole in `bytes`, or its first SCS_MAX_NEIGHBOUR_MESSAGE bytes do. */
struct scs_framed {
    struct scs_cursor bytes;
    scs_frame first_frame, last_frame;
    int64_t first_ns, last_ns;
};

/* scs_framing_init: `whole` when the stream is read from its first byte. */
void scs_framing_init(struct scs_framing *f, const struct scs_framing_kind *kind, bool whole);
void scs_framing_cleanup(struct scs_framing *f);
/*
 * scs_framing_next reads on in the chunk and moves `rest`, which begins as the whole of it, past what was read; true when a
 * message ended. To be called until it is false.
 */
bool scs_framing_next(struct scs_framing *f, const struct scs_chunk *chunk, struct scs_cursor *rest, struct scs_framed *out);
/* scs_framing_gap: bytes are missing. Reading goes on where a segment begins with a message. */
void scs_framing_gap(struct scs_framing *f);

#endif
