/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "scepscope/limits.h"

/*
 * How long a hole may wait after the peer acknowledged past it: captures of several queues or
 * interfaces put packets out of order by less than this.
 */
#define SETTLE_NS      20000000
#define SETTLE_PACKETS 16u

struct scs_waiting {
    struct scs_waiting *next;
    uint64_t off;
    uint32_t len;  /* bytes present */
    uint32_t wire; /* bytes the segment had: more than len when the capture cut it */
    scs_frame frame;
    int64_t ts_ns;
    int64_t heard; /* the acknowledgement it carried, as an offset of the other direction */
    uint8_t bytes[];
};

void scs_stream_start(struct scs_stream *s, uint32_t seq)
{
    *s = (struct scs_stream){.based = true, .base_seq = seq, .hole_acked_ns = SCS_NO_TIME};
}

int64_t scs_stream_offset(const struct scs_stream *s, uint32_t seq)
{
    uint32_t expected = s->base_seq + (uint32_t)s->next;
    return (int64_t)s->next + (int32_t)(seq - expected);
}

static void end_when_reached(struct scs_stream *s, int64_t ts_ns, const struct scs_stream_sink *sink)
{
    if (s->has_fin && !s->ended && !s->held && s->next >= s->fin_off) {
        s->ended = true;
        sink->end(sink->ctx, sink->dir, ts_ns);
    }
}

/* Hands on the bytes of [off, off+wire) that are new; off <= next. */
static void hand_on(struct scs_stream *s, const uint8_t *bytes, uint64_t off, uint32_t len, uint32_t wire, scs_frame frame,
                    int64_t ts_ns, const struct scs_stream_sink *sink)
{
    uint64_t old = s->next - off;
    if (old >= wire) {
        return;
    }
    if (old < len) {
        struct scs_chunk chunk = {.data = bytes + old, .len = len - old, .frame = frame, .ts_ns = ts_ns};
        s->next += chunk.len;
        sink->data(sink->ctx, sink->dir, &chunk);
    }
    if (s->next < off + wire) {
        uint64_t cut = off + wire - s->next;
        s->next += cut;
        sink->gap(sink->ctx, sink->dir, cut, true, frame, ts_ns);
    }
}

static void drop_first(struct scs_stream *s, uint64_t *all_waiting)
{
    struct scs_waiting *w = s->waiting;
    s->waiting = w->next;
    s->waiting_bytes -= w->len;
    s->num_waiting--;
    *all_waiting -= w->len;
    free(w);
}

bool scs_stream_waits(const struct scs_stream *s)
{
    return s->waiting != NULL && s->waiting->off <= s->next;
}

/*
 * Its sender had heard what waits in the other direction, perhaps behind a hole. Where each heard the other, as a segment sent
 * again counts what came since it was first sent, the one captured first goes first.
 */
static bool is_answer(const struct scs_stream *s, const struct scs_stream_sink *sink)
{
    const struct scs_waiting *w = s->waiting, *other = sink->peer != NULL ? sink->peer->waiting : NULL;
    if (other == NULL || w->heard <= (int64_t)sink->peer->next) {
        return false;
    }
    bool mutual = scs_stream_waits(sink->peer) && other->heard > (int64_t)s->next;
    return !mutual || other->frame < w->frame;
}

static void drain(struct scs_stream *s, const struct scs_stream_sink *sink)
{
    while (!s->held && scs_stream_waits(s) && !is_answer(s, sink)) {
        const struct scs_waiting *w = s->waiting;
        hand_on(s, w->bytes, w->off, w->len, w->wire, w->frame, w->ts_ns, sink);
        drop_first(s, sink->all_waiting);
    }
    s->hole_acked_ns = SCS_NO_TIME;
    s->packets_past_hole = 0;
}

/* Gives up the bytes up to `to` and goes on behind them. */
static void give_up(struct scs_stream *s, uint64_t to, int64_t ts_ns, const struct scs_stream_sink *sink)
{
    uint64_t lost = to - s->next;
    scs_frame frame = s->waiting != NULL ? s->waiting->frame : 0;
    s->next = to;
    sink->gap(sink->ctx, sink->dir, lost, false, frame, ts_ns);
    drain(s, sink);
    end_when_reached(s, ts_ns, sink);
}

static void keep_waiting(struct scs_stream *s, const struct scs_segment *seg, uint64_t off, const struct scs_stream_sink *sink)
{
    struct scs_waiting **at = &s->waiting;
    uint32_t len = (uint32_t)seg->payload.len;
    while (*at != NULL && (*at)->off < off) {
        /* The first copy wins: what an earlier segment already holds is not kept again. */
        if ((*at)->off + (*at)->wire >= off + seg->payload_wire_len) {
            return;
        }
        at = &(*at)->next;
    }
    if (*at != NULL && (*at)->off == off && (*at)->wire >= seg->payload_wire_len) {
        return;
    }
    if (s->waiting_bytes + len > SCS_MAX_OUT_OF_ORDER || *sink->all_waiting + len > SCS_MAX_OUT_OF_ORDER_ALL ||
        s->num_waiting >= SCS_MAX_SEGMENTS_PAST_GAP) {
        /* The hole has had its chance: go on behind it rather than hold more. */
        sink->limits->out_of_order_dropped++;
        if (s->waiting != NULL && s->waiting->off > s->next) {
            give_up(s, s->waiting->off, seg->packet->ts_ns, sink);
        }
        return;
    }
    struct scs_waiting *w = scs_xmalloc(sizeof *w + len);
    w->off = off;
    w->len = len;
    w->wire = seg->payload_wire_len;
    w->frame = seg->packet->frame;
    w->ts_ns = seg->packet->ts_ns;
    bool tells = sink->peer != NULL && sink->peer->based && (seg->flags & SCS_TCP_ACK) != 0;
    w->heard = tells ? scs_stream_offset(sink->peer, seg->ack) : 0;
    if (len != 0) {
        memcpy(w->bytes, seg->payload.p, len);
    }
    w->next = *at;
    *at = w;
    s->waiting_bytes += len;
    s->num_waiting++;
    *sink->all_waiting += len;
}

void scs_stream_push(struct scs_stream *s, const struct scs_segment *seg, const struct scs_stream_sink *sink)
{
    int64_t off = scs_stream_offset(s, seg->seq);
    uint64_t end = (uint64_t)(off + (int64_t)seg->payload_wire_len);
    if (off + (int64_t)seg->payload_wire_len <= (int64_t)s->next || s->ended) {
        return;
    }
    if (end > s->highest) {
        s->highest = end;
    }
    bool full = s->waiting_bytes + seg->payload.len > SCS_MAX_OUT_OF_ORDER || s->num_waiting >= SCS_MAX_SEGMENTS_PAST_GAP;
    if (s->held && full) {
        scs_stream_hold(s, false, seg->packet->ts_ns, sink);
    }
    if (off > (int64_t)s->next || (s->held && off >= 0)) {
        keep_waiting(s, seg, (uint64_t)off, sink);
        return;
    }
    /* A segment may begin before the stream does: the capture began inside it. */
    struct scs_cursor bytes = seg->payload;
    uint32_t wire = seg->payload_wire_len;
    if (off < 0) {
        size_t before = (size_t)-off;
        if (!scs_cursor_skip(&bytes, before < bytes.len ? before : bytes.len)) {
            return;
        }
        wire -= (uint32_t)before;
        off = 0;
    }
    hand_on(s, bytes.p, (uint64_t)off, (uint32_t)bytes.len, wire, seg->packet->frame, seg->packet->ts_ns, sink);
    if (s->waiting != NULL) {
        drain(s, sink);
    }
    end_when_reached(s, seg->packet->ts_ns, sink);
}

void scs_stream_fin(struct scs_stream *s, uint32_t seq, int64_t ts_ns, const struct scs_stream_sink *sink)
{
    int64_t off = scs_stream_offset(s, seq);
    if (!s->has_fin && off >= 0) {
        s->has_fin = true;
        s->fin_off = (uint64_t)off;
        end_when_reached(s, ts_ns, sink);
    }
}

void scs_stream_ack(struct scs_stream *s, uint32_t ack, int64_t ts_ns)
{
    int64_t off = scs_stream_offset(s, ack);
    if (off > (int64_t)s->acked) {
        s->acked = (uint64_t)off;
    }
    if (s->acked > s->next && s->hole_acked_ns == SCS_NO_TIME && !s->ended && !(s->has_fin && s->next >= s->fin_off)) {
        s->hole_acked_ns = ts_ns;
        s->packets_past_hole = 0;
    }
}

/* Where a hole that begins at `next` ends: at the first waiting segment, or at the acknowledgement. */
static uint64_t hole_end(const struct scs_stream *s)
{
    uint64_t to = s->acked;
    if (s->has_fin && to > s->fin_off) {
        to = s->fin_off; /* the acknowledgement counts the FIN as well */
    }
    if (s->waiting != NULL) {
        return s->waiting->off < to ? s->waiting->off : to;
    }
    /* One number past the last byte, and nothing behind it: most likely a FIN that was not captured. */
    return !s->has_fin && to == s->next + 1 ? s->next : to;
}

void scs_stream_settle(struct scs_stream *s, int64_t ts_ns, const struct scs_stream_sink *sink)
{
    if (s->hole_acked_ns == SCS_NO_TIME) {
        return;
    }
    if (s->next >= s->acked) {
        s->hole_acked_ns = SCS_NO_TIME;
        return;
    }
    s->packets_past_hole++;
    if (ts_ns - s->hole_acked_ns > SETTLE_NS || s->packets_past_hole > SETTLE_PACKETS) {
        uint64_t to = hole_end(s);
        if (to > s->next) {
            give_up(s, to, ts_ns, sink);
        }
    }
}

bool scs_stream_lags(const struct scs_stream *s, int64_t ts_ns)
{
    return s->hole_acked_ns != SCS_NO_TIME && s->acked > s->next && ts_ns - s->hole_acked_ns <= SETTLE_NS &&
           s->packets_past_hole <= SETTLE_PACKETS && hole_end(s) > s->next;
}

void scs_stream_hold(struct scs_stream *s, bool hold, int64_t ts_ns, const struct scs_stream_sink *sink)
{
    bool release = s->held && !hold;
    s->held = hold;
    if (release && scs_stream_waits(s)) {
        drain(s, sink);
    }
    if (release) {
        end_when_reached(s, ts_ns, sink);
    }
}

bool scs_stream_release(struct scs_stream *s, int64_t ts_ns, const struct scs_stream_sink *sink)
{
    uint32_t before = s->num_waiting;
    if (!s->held && scs_stream_waits(s)) {
        drain(s, sink);
        end_when_reached(s, ts_ns, sink);
    }
    return s->num_waiting != before;
}

/* Of a hole that ends at `to`: what the other side had heard before it said what waits there. That goes before the rest. */
static uint64_t heard_of(const struct scs_stream *s, uint64_t to, const struct scs_stream_sink *sink)
{
    bool waits = sink->peer != NULL && scs_stream_waits(sink->peer);
    int64_t heard = waits ? sink->peer->waiting->heard : INT64_MAX;
    return heard >= (int64_t)s->next && heard < (int64_t)to ? (uint64_t)heard : to;
}

void scs_stream_flush(struct scs_stream *s, int64_t ts_ns, const struct scs_stream_sink *sink)
{
    while (s->based && !s->ended && s->next < s->acked) {
        uint64_t to = heard_of(s, hole_end(s), sink);
        if (to <= s->next) {
            break;
        }
        give_up(s, to, ts_ns, sink);
    }
    /* Bytes behind a hole that nobody acknowledged were, as far as the capture tells, never received. */
}

void scs_stream_cleanup(struct scs_stream *s, uint64_t *all_waiting)
{
    while (s->waiting != NULL) {
        drop_first(s, all_waiting);
    }
}
