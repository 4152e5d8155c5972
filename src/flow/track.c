/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/track.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/*
 * The same packet again within this time, with the same IPv4 identification, was captured twice (mirror
 * port, router, several pktmon components). Senders count the identification up, so a retransmission
 * has another one; where there is none (IPv6, or zero) only a much shorter time can tell.
 */
#define DUPLICATE_NS            250000000
#define DUPLICATE_NS_WITHOUT_ID 1000000
/* A segment that arrives behind later ones by less than this was put out of order on the way. RFC 4653 calls it reordering. */
#define REORDER_NS 3000000
/* Receivers offer less than this. */
#define WIDEST_WINDOW (INT64_C(1) << 24)

void scs_track_init(struct scs_tracked *t, struct scs_connection *facts)
{
    *t = (struct scs_tracked){.facts = facts, .zero_since_ns = {SCS_NO_TIME, SCS_NO_TIME}};
    *facts = (struct scs_connection){
        .syn_ns = SCS_NO_TIME, .last_syn_ns = SCS_NO_TIME, .synack_ns = SCS_NO_TIME, .handshake_ns = SCS_NO_TIME};
    t->sent = scs_xcalloc(2, sizeof *t->sent);
    for (int dir = 0; dir < 2; dir++) {
        struct scs_half *h = &facts->half[dir];
        h->fin_ns = h->rst_ns = h->first_data_ns = h->last_data_ns = h->last_new_ns = SCS_NO_TIME;
        t->stream[dir].hole_acked_ns = SCS_NO_TIME;
    }
}

void scs_track_ended(struct scs_tracked *t)
{
    free(t->sent);
    t->sent = NULL;
}

void scs_track_revive(struct scs_tracked *t)
{
    struct scs_half *server = &t->facts->half[SCS_TO_CLIENT];
    t->sent = scs_xcalloc(2, sizeof *t->sent);
    server->rst_ns = SCS_NO_TIME;
    server->rst_frame = 0;
}

void scs_track_cleanup(struct scs_tracked *t)
{
    scs_track_ended(t);
    free(t->icmp);
    t->icmp = NULL;
}

static bool same_packet(const struct scs_sent *sent, const struct scs_segment *seg)
{
    int64_t apart = seg->packet->ts_ns - sent->last_ns;
    if (seg->src.addr.family == 4 && seg->ip_id != 0) {
        return sent->ip_id == seg->ip_id && apart < DUPLICATE_NS;
    }
    return apart < DUPLICATE_NS_WITHOUT_ID;
}

static struct scs_sent *find_sent(struct scs_tracked *t, enum scs_dir dir, const struct scs_segment *seg)
{
    const struct scs_stream *stream = &t->stream[dir];
    if (!stream->ended && scs_stream_offset(stream, seg->seq) >= (int64_t)stream->highest) {
        return NULL; /* past all that was sent so far */
    }
    for (uint32_t i = 0; i < SCS_RECENT_SENT; i++) {
        struct scs_sent *s = &t->sent[dir][i];
        if (s->sends != 0 && s->seq == seg->seq && s->len == seg->payload_wire_len) {
            return s;
        }
    }
    return NULL;
}

static struct scs_sent *remember_sent(struct scs_tracked *t, enum scs_dir dir, const struct scs_segment *seg)
{
    struct scs_sent *s = &t->sent[dir][t->next_sent[dir]];
    t->next_sent[dir] = (uint8_t)((t->next_sent[dir] + 1u) % SCS_RECENT_SENT);
    *s = (struct scs_sent){.seq = seg->seq,
                           .len = seg->payload_wire_len,
                           .ip_id = seg->ip_id,
                           .sends = 1,
                           .last_ns = seg->packet->ts_ns,
                           .frame = seg->packet->frame};
    return s;
}

static void sent_again(struct scs_tracked *t, enum scs_dir dir, struct scs_sent *sent, const struct scs_segment *seg)
{
    struct scs_half *h = &t->facts->half[dir];
    h->retransmissions++;
    if (sent->sends < UINT16_MAX) {
        sent->sends++;
    }
    sent->ip_id = seg->ip_id;
    sent->last_ns = seg->packet->ts_ns;
    if (sent->sends - 1u > h->worst_retransmissions) {
        h->worst_retransmissions = (uint16_t)(sent->sends - 1u);
        h->worst_len = sent->len;
        h->worst_frame = sent->frame;
    }
}

/* One byte sent into a window that is shut asks whether it opens: RFC 9293 3.8.6.1. */
static bool window_probe(const struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    return seg->payload_wire_len <= 1 && t->zero_since_ns[!dir] != SCS_NO_TIME;
}

/* One byte (or none) before the next expected: a keep-alive probe, RFC 9293 3.8.4. */
static bool keep_alive(const struct scs_stream *s, const struct scs_segment *seg)
{
    int64_t off = scs_stream_offset(s, seg->seq);
    return seg->payload_wire_len <= 1 && off + 1 == (int64_t)s->highest && s->highest == s->acked;
}

static enum scs_segment_kind judge_data(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    struct scs_stream *s = &t->stream[dir];
    struct scs_half *h = &t->facts->half[dir];
    int64_t end = scs_stream_offset(s, seg->seq) + (int64_t)seg->payload_wire_len;
    bool behind = end <= (int64_t)s->highest;
    if (t->sent == NULL) {
        return behind ? SCS_SEGMENT_AGAIN : SCS_SEGMENT_NEW;
    }
    struct scs_sent *sent = find_sent(t, dir, seg);
    if (sent != NULL && same_packet(sent, seg)) {
        t->facts->duplicates++;
        return SCS_SEGMENT_DUPLICATE;
    }
    if (keep_alive(s, seg) || (behind && window_probe(t, seg, dir))) {
        return SCS_SEGMENT_AGAIN;
    }
    /* A segment not met before that lies behind later ones fills a hole: late by reordering, or sent again. */
    bool reordered =
        behind && sent == NULL && h->last_data_ns != SCS_NO_TIME && seg->packet->ts_ns - h->last_data_ns < REORDER_NS;
    if (sent != NULL || (behind && !reordered)) {
        sent_again(t, dir, sent != NULL ? sent : remember_sent(t, dir, seg), seg);
        return SCS_SEGMENT_AGAIN;
    }
    remember_sent(t, dir, seg);
    return SCS_SEGMENT_NEW;
}

static void count_data(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    struct scs_half *h = &t->facts->half[dir];
    struct scs_stream *s = &t->stream[dir];
    int64_t end = scs_stream_offset(s, seg->seq) + (int64_t)seg->payload_wire_len;
    h->data_packets++;
    if (h->first_data_ns == SCS_NO_TIME) {
        h->first_data_ns = seg->packet->ts_ns;
        h->first_data_frame = seg->packet->frame;
    }
    h->last_data_ns = seg->packet->ts_ns;
    h->last_data_frame = seg->packet->frame;
    if (seg->payload_wire_len > h->largest_segment) {
        h->largest_segment = seg->payload_wire_len;
    }
    if (t->icmp_too_big && seg->payload_wire_len > h->largest_after_icmp) {
        h->largest_after_icmp = seg->payload_wire_len;
    }
    if (end > (int64_t)s->highest) {
        h->last_new_ns = seg->packet->ts_ns;
        uint64_t fresh = (uint64_t)(end - (int64_t)s->highest);
        h->bytes += fresh < seg->payload_wire_len ? fresh : seg->payload_wire_len;
    }
    if (seg->payload.len < seg->payload_wire_len) {
        h->cut_bytes += seg->payload_wire_len - seg->payload.len;
        t->facts->flags |= SCS_CONN_SNAPLEN;
    }
}

/* The largest segment of `dir` that the peer's acknowledgement covers whole. */
static void note_acked(struct scs_tracked *t, enum scs_dir dir)
{
    struct scs_half *h = &t->facts->half[dir];
    struct scs_stream *s = &t->stream[dir];
    if (t->sent == NULL || h->largest_segment <= h->largest_acked_segment) {
        return; /* no larger one was sent */
    }
    for (uint32_t i = 0; i < SCS_RECENT_SENT; i++) {
        const struct scs_sent *sent = &t->sent[dir][i];
        if (sent->sends != 0 && sent->len > h->largest_acked_segment &&
            scs_stream_offset(s, sent->seq) + (int64_t)sent->len <= (int64_t)s->acked) {
            h->largest_acked_segment = sent->len;
        }
    }
}

static void note_window(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    struct scs_half *h = &t->facts->half[dir];
    bool zero = seg->window == 0 && (seg->flags & (SCS_TCP_SYN | SCS_TCP_RST | SCS_TCP_FIN)) == 0;
    if (zero && t->zero_since_ns[dir] == SCS_NO_TIME) {
        t->zero_since_ns[dir] = seg->packet->ts_ns;
        t->zero_frame[dir] = seg->packet->frame;
        h->zero_windows++;
    }
    if (t->zero_since_ns[dir] != SCS_NO_TIME) {
        int64_t lasted = seg->packet->ts_ns - t->zero_since_ns[dir];
        if (lasted > h->zero_window_ns || h->zero_window_frame == 0) {
            h->zero_window_ns = lasted;
            h->zero_window_frame = t->zero_frame[dir];
        }
        if (!zero) {
            t->zero_since_ns[dir] = SCS_NO_TIME;
        }
    }
}

static void note_ends(struct scs_half *h, const struct scs_segment *seg)
{
    if ((seg->flags & SCS_TCP_FIN) != 0 && h->fin_ns == SCS_NO_TIME) {
        h->fin_ns = seg->packet->ts_ns;
        h->fin_frame = seg->packet->frame;
    }
    if ((seg->flags & SCS_TCP_RST) != 0 && h->rst_ns == SCS_NO_TIME) {
        h->rst_ns = seg->packet->ts_ns;
        h->rst_frame = seg->packet->frame;
        h->rst_seq = seg->seq;
        h->rst_ttl = seg->ttl;
        h->rst_ip_id = seg->ip_id;
    }
    if ((seg->flags & SCS_TCP_RST) == 0) {
        h->usual_ttl = seg->ttl;
        h->last_ip_id = seg->ip_id;
    }
}

/*
 * Whether the segment's acknowledgement counts. Many clients end with RST and ACK as soon as they have the whole reply
 * (an abortive close); a forged reset may say anything, so it counts for no more than was sent.
 */
static bool acknowledges(const struct scs_stream *peer, const struct scs_segment *seg)
{
    if ((seg->flags & SCS_TCP_ACK) == 0 || !peer->based || (seg->flags & SCS_TCP_SYN) != 0) {
        return false;
    }
    int64_t most = (int64_t)peer->highest + (peer->has_fin ? 1 : 0);
    return (seg->flags & SCS_TCP_RST) == 0 || scs_stream_offset(peer, seg->ack) <= most;
}

enum scs_segment_kind scs_track_segment(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    struct scs_connection *c = t->facts;
    struct scs_half *h = &c->half[dir];
    enum scs_segment_kind kind = SCS_SEGMENT_NEW;

    if (seg->payload_wire_len != 0) {
        kind = judge_data(t, seg, dir);
        if (kind == SCS_SEGMENT_DUPLICATE) {
            return kind;
        }
        count_data(t, seg, dir);
    }
    h->packets++;
    c->last_ns = seg->packet->ts_ns;
    c->last_frame = seg->packet->frame;
    note_window(t, seg, dir);
    note_ends(h, seg);
    if (acknowledges(&t->stream[!dir], seg)) {
        uint64_t before = t->stream[!dir].acked;
        scs_stream_ack(&t->stream[!dir], seg->ack, seg->packet->ts_ns);
        if (t->stream[!dir].acked != before) {
            note_acked(t, !dir);
        }
    }
    return kind;
}

void scs_track_passed(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    const struct scs_stream *s = &t->stream[dir];
    uint64_t *missing = &t->facts->half[dir].missing_bytes;
    int64_t off = scs_stream_offset(s, seg->seq), highest = (int64_t)s->highest;
    if (off > highest) {
        *missing += (uint64_t)(off - highest);
    } else if (off + (int64_t)seg->payload_wire_len <= highest) {
        *missing -= seg->payload_wire_len < *missing ? seg->payload_wire_len : *missing;
    }
}

void scs_track_heard(struct scs_tracked *t, enum scs_dir dir)
{
    struct scs_stream *peer = &t->stream[!dir];
    /* One number past the last byte is a FIN's. */
    if (peer->based && peer->acked > peer->highest + 1) {
        t->facts->half[!dir].missing_bytes += peer->acked - peer->highest;
        peer->highest = peer->next = peer->acked;
    }
}

void scs_track_icmp(struct scs_tracked *t, const struct scs_segment *seg, bool to_server)
{
    const struct scs_icmp_error *e = &seg->icmp;
    bool too_big = seg->src.addr.family == 4 ? e->type == 3 && e->code == 4 : e->type == 2;
    t->icmp_too_big = t->icmp_too_big || too_big;
    if (t->num_icmp >= SCS_MAX_CONNECTION_EVENTS) {
        t->num_icmp_dropped++;
        return;
    }
    if (t->icmp == NULL) {
        t->icmp = scs_xcalloc(SCS_MAX_CONNECTION_EVENTS, sizeof *t->icmp);
    }
    t->icmp[t->num_icmp++] = (struct scs_icmp_seen){.frame = seg->packet->frame,
                                                    .ts_ns = seg->packet->ts_ns,
                                                    .from = seg->src.addr,
                                                    .family = seg->src.addr.family,
                                                    .type = e->type,
                                                    .code = e->code,
                                                    .mtu = e->mtu,
                                                    .for_client_packet = to_server};
    t->facts->last_ns = seg->packet->ts_ns;
}

/* Destination unreachable; a packet that was too large, or went in a circle, is refused by nobody. RFC 792, RFC 4443 3.1. */
static bool was_unreachable(const struct scs_connection *c)
{
    bool found = false;
    for (uint32_t i = 0; i < c->num_icmp; i++) {
        const struct scs_icmp_seen *e = &c->icmp[i];
        found = found || (e->family == 4 ? e->type == 3 && e->code != 4 : e->type == 1);
    }
    return found;
}

static uint8_t final_state(const struct scs_connection *c)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    bool answered = (c->flags & SCS_CONN_SYNACK_SEEN) != 0 || server->data_packets != 0;
    if (!answered && (c->flags & SCS_CONN_SYN_SEEN) != 0 && client->data_packets == 0) {
        return server->rst_ns != SCS_NO_TIME || was_unreachable(c) ? SCS_CONN_REFUSED : SCS_CONN_BLOCKED;
    }
    if (client->rst_ns != SCS_NO_TIME || server->rst_ns != SCS_NO_TIME) {
        return SCS_CONN_RESET;
    }
    if (client->fin_ns != SCS_NO_TIME || server->fin_ns != SCS_NO_TIME) {
        return SCS_CONN_CLOSED;
    }
    return (c->flags & SCS_CONN_HANDSHAKE) != 0 && client->data_packets + server->data_packets == 0 ? SCS_CONN_ESTABLISHED
                                                                                                    : SCS_CONN_OPEN;
}

/* A FIN takes one sequence number, which the peer's acknowledgement and the sender's own RST count. RFC 9293 3.4. */
static bool lacks_fin(const struct scs_half *h, const struct scs_stream *s)
{
    bool reset = h->rst_ns != SCS_NO_TIME && scs_stream_offset(s, h->rst_seq) == (int64_t)s->highest + 1;
    return s->based && h->fin_ns == SCS_NO_TIME && (s->acked == s->highest + 1 || reset);
}

/*
 * Whether the network lost those bytes or the capture did, and with them what acknowledged them, cannot be told. One number
 * past the last byte is a FIN's; a reset from far outside of any window is forged (RFC 5961 3.2).
 */
static bool has_hole(const struct scs_tracked *t, enum scs_dir dir)
{
    const struct scs_stream *s = &t->stream[dir];
    const struct scs_half *h = &t->facts->half[dir];
    if (t->follow != SCS_FOLLOW_FULL || !s->based) {
        return false;
    }
    int64_t past = h->rst_ns == SCS_NO_TIME ? 0 : scs_stream_offset(s, h->rst_seq) - (int64_t)s->highest;
    return s->highest > s->next || (s->has_fin && s->fin_off > s->next) || (past > 1 && past < WIDEST_WINDOW);
}

static void conclude(const struct scs_tracked *t, struct scs_connection *c, struct scs_arena *keep)
{
    if (t->num_icmp != c->num_icmp) {
        c->icmp = scs_arena_dup(keep, t->icmp, t->num_icmp * sizeof *t->icmp);
        c->num_icmp = t->num_icmp;
    }
    for (int dir = 0; dir < 2; dir++) {
        const struct scs_stream *s = &t->stream[dir];
        c->half[dir].end_unseen = lacks_fin(&c->half[dir], s);
        c->half[dir].hole = has_hole(t, (enum scs_dir)dir);
        c->half[dir].unacked_bytes = s->based && s->highest > s->acked ? s->highest - s->acked : 0;
        bool open_hole = t->follow == SCS_FOLLOW_FULL && !t->opaque && s->based && s->acked <= s->next;
        c->half[dir].unfilled_bytes = open_hole && s->highest > s->next ? s->highest - s->next : 0;
    }
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    /* One side's bytes without a packet of the other: the capture saw half of the connection. */
    bool carried = client->data_packets + server->data_packets != 0 || (c->flags & SCS_CONN_SYNACK_SEEN) != 0;
    bool client_seen = client->packets != 0 || (c->flags & SCS_CONN_SYN_SEEN) != 0;
    bool server_seen = server->packets != 0 || (c->flags & SCS_CONN_SYNACK_SEEN) != 0;
    bool one_way = t->follow != SCS_FOLLOW_ATTEMPT && carried && client_seen != server_seen;
    c->flags = (c->flags & ~(uint32_t)SCS_CONN_ONE_WAY) | (one_way ? SCS_CONN_ONE_WAY : 0u);
    c->state = final_state(c);
}

void scs_track_close(struct scs_tracked *t, struct scs_arena *keep)
{
    struct scs_connection now;
    memcpy(&now, t->facts, sizeof now);
    conclude(t, &now, keep);
    /* Mostly no news when a connection closes for good: and its facts are on disk by then, where a write is dear. */
    if (memcmp(&now, t->facts, sizeof now) != 0) {
        *t->facts = now;
    }
}
