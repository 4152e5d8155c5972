/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of a TCP connection to ordered bytes. RFC 9293 3.4, 3.10.7.4.
 *
 * Overlap policy: the first copy of a byte wins, as in most receivers; a later copy that differs is not
 * looked at. A hole is filled by a retransmission (the network lost it) or, when the peer acknowledges
 * past it and it still does not come, given up as lost by the capture.
 */
#ifndef SCS_FLOW_STREAM_H
#define SCS_FLOW_STREAM_H

#include "http/http.h"
#include "scepscope/packet.h"

struct scs_waiting; /* an out-of-order segment, copied */

struct scs_stream {
    bool based; /* sequence numbers have a start */
    bool ended; /* the end was handed on */
    bool has_fin;
    bool held;         /* bytes wait for the other direction: see scs_stream_hold */
    uint32_t base_seq; /* raw number of stream offset 0 */
    uint64_t next;     /* offset of the next byte to hand on */
    uint64_t highest;  /* end of the last byte seen */
    uint64_t acked;    /* end of what the peer acknowledged */
    uint64_t fin_off;
    struct scs_waiting *waiting; /* sorted by offset, no overlaps */
    uint32_t waiting_bytes, num_waiting;
    int64_t hole_acked_ns;      /* when an acknowledgement first went past the hole; SCS_NO_TIME */
    uint32_t packets_past_hole; /* since then */
};

/* What a stream gives. `gap` is called with snaplen when the packet was there but cut. */
struct scs_stream_sink {
    void *ctx;
    enum scs_dir dir;
    void (*data)(void *ctx, enum scs_dir dir, const struct scs_chunk *chunk);
    void (*gap)(void *ctx, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns);
    void (*end)(void *ctx, enum scs_dir dir, int64_t ts_ns); /* every byte before the FIN was handed on */
    const struct scs_stream *peer; /* the other direction, NULL: none; its waiting bytes go first when they were answered */
    uint64_t *all_waiting;         /* out-of-order bytes over all connections, bounded by SCS_MAX_OUT_OF_ORDER_ALL */
    struct scs_limits_hit *limits;
};

/* scs_stream_start says that raw sequence number `seq` is stream offset 0. */
void scs_stream_start(struct scs_stream *s, uint32_t seq);
/* scs_stream_offset turns a raw number into an offset near `next`; negative before the start. */
int64_t scs_stream_offset(const struct scs_stream *s, uint32_t seq);
/*
 * scs_stream_push adds one segment's payload: `seg->payload` present of `seg->payload_wire_len` sent.
 * Borrows; copies only what must wait.
 */
void scs_stream_push(struct scs_stream *s, const struct scs_segment *seg, const struct scs_stream_sink *sink);
/* scs_stream_fin says that the stream ends at raw number `seq` (the FIN's own). */
void scs_stream_fin(struct scs_stream *s, uint32_t seq, int64_t ts_ns, const struct scs_stream_sink *sink);
/* scs_stream_ack says that the peer acknowledged up to raw number `ack`. */
void scs_stream_ack(struct scs_stream *s, uint32_t ack, int64_t ts_ns);
/* scs_stream_settle gives up a hole that the peer has acknowledged and that had time to be filled; call after each packet. */
void scs_stream_settle(struct scs_stream *s, int64_t ts_ns, const struct scs_stream_sink *sink);
/*
 * scs_stream_lags: the peer has acknowledged bytes that did not come, and they still may. What the peer says meanwhile was
 * said after it heard them.
 */
bool scs_stream_lags(const struct scs_stream *s, int64_t ts_ns);
/*
 * scs_stream_hold keeps what is pushed from now on until it is called with false: that order between the directions which
 * their acknowledgements show is kept for a reply that was captured before its request.
 */
void scs_stream_hold(struct scs_stream *s, bool hold, int64_t ts_ns, const struct scs_stream_sink *sink);
/* scs_stream_release hands on what is no longer held; true: something moved. */
bool scs_stream_release(struct scs_stream *s, int64_t ts_ns, const struct scs_stream_sink *sink);
/* scs_stream_waits: held bytes could be handed on. */
bool scs_stream_waits(const struct scs_stream *s);
/* scs_stream_flush gives up acknowledged holes at once and hands on what waits behind them: the connection is over. */
void scs_stream_flush(struct scs_stream *s, int64_t ts_ns, const struct scs_stream_sink *sink);
void scs_stream_cleanup(struct scs_stream *s, uint64_t *all_waiting);

#endif
