/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One followed connection: its facts, its two streams, and the small memory that tells a packet sent
 * again by the network from one that the capture holds twice.
 */
#ifndef SCS_FLOW_TRACK_H
#define SCS_FLOW_TRACK_H

#include "flow/stream.h"
#include "scepscope/exchange.h"
#include "scepscope/packet.h"

enum scs_follow {
    SCS_FOLLOW_ATTEMPT, /* only its SYNs and what answered them */
    SCS_FOLLOW_LIGHT,   /* times, losses and ends */
    SCS_FOLLOW_FULL     /* and its bytes */
};

/* A data segment lately sent. */
struct scs_sent {
    uint32_t seq, len;
    uint16_t ip_id;
    uint16_t sends; /* 0: empty place */
    int64_t last_ns;
    scs_frame frame; /* first sending */
};

#define SCS_RECENT_SENT 16u

struct scs_tracked {
    struct scs_connection *facts;
    uint64_t hash;          /* of its tuple */
    struct scs_http *http;  /* reads the connection's bytes, or what TLS gives of them */
    struct scs_tls *tls;    /* NULL: no TLS, or no more */
    struct scs_http *outer; /* the HTTP of a CONNECT, when TLS runs inside it */
    enum scs_follow follow;
    bool client_is_low; /* the client is the lower endpoint of the tuple */
    bool wanted;        /* a SCEP exchange was seen on it */
    bool named, known;  /* its server is named by the user; is known to speak SCEP */
    bool opaque;        /* TLS or another protocol: its bytes are not HTTP */
    bool secure[2];     /* the direction's bytes are TLS records */
    bool watched;       /* an unknown server, followed for its TLS handshake only */
    bool read_tls;      /* its handshake was read: it is not begun again */
    bool revocation;    /* its client, a SCEP server, asks for revocation lists or OCSP answers */
    uint8_t side;       /* enum scs_side: bytes of another kind, for a reader of their own */
    void *side_state;   /* that reader's; NULL once the connection ended */
    bool maybe;         /* worth a report when the capture shows nothing better */
    bool ended;         /* RST, or both FINs: lingers for late packets */
    bool waiting;       /* over in every respect, but its TLS secrets may still come */
    struct scs_stream stream[2];
    struct scs_sent (*sent)[SCS_RECENT_SENT]; /* of each direction; NULL once the connection ended */
    uint8_t next_sent[2];
    int64_t zero_since_ns[2]; /* the side advertises window 0 since; SCS_NO_TIME */
    scs_frame zero_frame[2];
    bool icmp_too_big;
    struct scs_icmp_seen *icmp; /* SCS_MAX_CONNECTION_EVENTS of them; NULL until there is one */
    uint32_t num_icmp, num_icmp_dropped;
    struct scs_tracked *older, *newer; /* in the list of its kind, by when it was put there */
};

/* What a segment was to its connection. */
enum scs_segment_kind {
    SCS_SEGMENT_NEW,
    SCS_SEGMENT_AGAIN,    /* sent again by its sender */
    SCS_SEGMENT_DUPLICATE /* the capture holds the same packet twice */
};

/* scs_track_init prepares a connection; its facts are zeroed but for the fields that need another "not seen". */
void scs_track_init(struct scs_tracked *t, struct scs_connection *facts);
/*
 * scs_track_segment counts one segment of direction `dir` on the facts and says what it was. Streams
 * must have been started. Reads TTL, window, flags, acknowledgement; does not touch the bytes.
 */
enum scs_segment_kind scs_track_segment(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir);
/*
 * Of a connection whose bytes nobody reads: scs_track_passed counts the hole that this segment leaves behind it, or fills;
 * scs_track_heard, after a segment of direction `dir`, what it acknowledges and the capture does not have.
 */
void scs_track_passed(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir);
void scs_track_heard(struct scs_tracked *t, enum scs_dir dir);
/* scs_track_icmp notes an ICMP error that quotes a packet of this connection. */
void scs_track_icmp(struct scs_tracked *t, const struct scs_segment *seg, bool to_server);
/* scs_track_ended frees what only an open connection needs; late segments are still counted, but not told apart. */
void scs_track_ended(struct scs_tracked *t);
/* scs_track_revive: it goes on after all; the server's reset is forgotten. */
void scs_track_revive(struct scs_tracked *t);
void scs_track_cleanup(struct scs_tracked *t);
/* scs_track_close computes what is known only at the end, or at the moment: state, unacknowledged bytes, one-way. */
void scs_track_close(struct scs_tracked *t, struct scs_arena *keep);

#endif
