/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dissectors/tls.h"
#include "flow/following.h"
#include "flow/interest.h"
#include "flow/sides.h"

/* The same SYN or SYN-ACK again within this time was captured twice: no sender repeats one so soon (RFC 6298 2: 1 s). */
#define DUPLICATE_SYN_NS 10000000
/* An ended connection is remembered this long, so that late copies of its segments do not look like a new one. */
#define LINGER_NS   INT64_C(60000000000)
#define MOST_LINGER 4096u
#define MOST_LIGHT  4096u
/* A first data segment this far past its connection's start came out of order; further, it is another story. */
#define FIRST_WINDOW 65536u

struct scs_flow *scs_flow_new(const struct scs_flow_options *options)
{
    struct scs_flow *f = scs_xcalloc(1, sizeof *f);
    f->options = *options;
    scs_following_hooks(f);
    scs_secure_init(&f->secure, &options->tls, &f->http);
    f->tuples = scs_tuples_new();
    f->quic.keep = options->keep;
    scs_known_servers_init(&f->servers, options->servers, options->num_servers);
    f->lists[LIST_ATTEMPT].most = SCS_MAX_ATTEMPTS;
    f->lists[LIST_LIGHT].most = MOST_LIGHT;
    f->lists[LIST_FULL].most = SCS_MAX_OPEN_CONNECTIONS;
    f->lists[LIST_LINGER].most = MOST_LINGER;
    f->lists[LIST_WAITING].most = SCS_MAX_TLS_WAITING;
    f->lists[LIST_SIDE].most = SCS_MAX_NEIGHBOURS;
    return f;
}

void scs_flow_free(struct scs_flow *f)
{
    if (f != NULL) {
        f->secure.last = true;
        for (int list = 0; list < NUM_LISTS; list++) {
            while (f->lists[list].oldest != NULL) {
                scs_following_retire(f, f->lists[list].oldest, SCS_END_CAPTURE);
            }
        }
        scs_tuples_free(f->tuples);
        scs_known_servers_cleanup(&f->servers);
        free(f->spare);
        free(f->kept);
        free(f);
    }
}

/* ---- handshakes and attempts ---------------------------------------------------------------------- */

static void replace(struct scs_flow *f, struct scs_tuple *tuple)
{
    if (tuple->tracked != NULL) {
        scs_following_retire(f, tuple->tracked, SCS_END_REPLACED);
    }
    scs_tuples_again(f->tuples, tuple);
}

/* The SYN of a connection whose SYN-ACK the capture put before it. */
static bool is_late_syn(const struct scs_tuple *tuple, const struct scs_segment *seg)
{
    return (tuple->flags & (SCS_TUPLE_SYN | SCS_TUPLE_SYNACK)) == SCS_TUPLE_SYNACK &&
           seg->packet->ts_ns - tuple->synack_ns < DUPLICATE_SYN_NS;
}

static void first_syn(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low)
{
    struct scs_tracked *late = is_late_syn(tuple, seg) ? tuple->tracked : NULL;
    if ((tuple->flags & SCS_TUPLE_MET) != 0 && !is_late_syn(tuple, seg)) {
        replace(f, tuple); /* RFC 9293 3.4.3: another ISN is another connection */
    }
    tuple->flags |= SCS_TUPLE_SYN | (from_low ? SCS_TUPLE_SYN_FROM_LOW : 0u);
    tuple->syn_seq = seg->seq;
    tuple->syn_frame = seg->packet->frame;
    tuple->syn_ns = seg->packet->ts_ns;
    scs_tuples_fresh(f->tuples, tuple, true);
    if (late != NULL) {
        scs_following_note_syn(late->facts, tuple);
    } else if (scs_known_servers_named(&f->servers, &seg->dst)) {
        scs_following_begin(f, tuple, seg, from_low, true, SCS_FOLLOW_ATTEMPT);
    }
}

static void repeated_syn(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low)
{
    struct scs_tracked *t = tuple->tracked;
    int64_t last = t != NULL && t->facts->last_syn_ns != SCS_NO_TIME ? t->facts->last_syn_ns : tuple->syn_ns;
    if (seg->packet->ts_ns - last < DUPLICATE_SYN_NS) {
        f->duplicates++;
        return;
    }
    if (t == NULL) {
        if (!scs_following_may_attempt(f, &seg->src, &seg->dst)) {
            return;
        }
        t = scs_following_begin(f, tuple, seg, from_low, true, SCS_FOLLOW_ATTEMPT);
    }
    struct scs_connection *c = t->facts;
    if (c->syn_tries < sizeof c->syn_frames / sizeof *c->syn_frames) {
        c->syn_frames[c->syn_tries] = seg->packet->frame;
    }
    c->syn_tries++;
    c->last_syn_ns = c->last_ns = seg->packet->ts_ns;
    c->last_frame = seg->packet->frame;
}

/* Refused, asked again with the same SYN and now answered: the service was just starting. Windows asks three times in a second.
 */
static bool was_refused_before(const struct scs_tracked *t)
{
    const struct scs_half *half = t->facts->half;
    return t->ended && t->follow == SCS_FOLLOW_ATTEMPT && half[SCS_TO_CLIENT].rst_ns != SCS_NO_TIME &&
           half[SCS_TO_SERVER].rst_ns == SCS_NO_TIME && t->facts->last_syn_ns > half[SCS_TO_CLIENT].rst_ns;
}

static void synack(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low)
{
    struct scs_tracked *t = tuple->tracked;
    if (t != NULL && was_refused_before(t)) {
        scs_following_revive(f, t);
    }
    if ((tuple->flags & SCS_TUPLE_SYNACK) == 0) {
        tuple->flags |= SCS_TUPLE_SYNACK;
        tuple->synack_seq = seg->seq;
        tuple->synack_frame = seg->packet->frame;
        tuple->synack_ns = seg->packet->ts_ns;
        tuple->synack_ttl = seg->ttl;
        if (t != NULL) {
            t->facts->half[SCS_TO_CLIENT].usual_ttl = seg->ttl;
            t->facts->synack_frame = seg->packet->frame;
            t->facts->synack_ns = seg->packet->ts_ns;
            t->facts->synack_tries = 1;
            t->facts->flags |= SCS_CONN_SYNACK_SEEN;
        }
    } else if (t != NULL) {
        if (seg->packet->ts_ns - tuple->synack_ns < DUPLICATE_SYN_NS) {
            f->duplicates++;
        } else if (t->facts->synack_tries < UINT16_MAX) {
            t->facts->synack_tries++;
        }
    }
    bool ours = scs_known_servers_has(&f->servers, &seg->src) || scs_known_servers_named(&f->servers, &seg->src);
    if (t == NULL && ours) {
        t = scs_following_begin(f, tuple, seg, from_low, false, SCS_FOLLOW_LIGHT);
        scs_following_start(t, tuple, seg, SCS_TO_CLIENT, true);
    } else if (t != NULL && t->follow == SCS_FOLLOW_ATTEMPT) {
        scs_following_set(f, t, SCS_FOLLOW_LIGHT);
        scs_following_start(t, tuple, seg, SCS_TO_CLIENT, true);
    }
}

/* A RST that answers a SYN refuses the connection. */
static void refused(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low)
{
    bool answers_syn = (tuple->flags & SCS_TUPLE_SYN) != 0 && (tuple->flags & SCS_TUPLE_SYNACK) == 0 &&
                       from_low != ((tuple->flags & SCS_TUPLE_SYN_FROM_LOW) != 0);
    if (answers_syn && tuple->tracked == NULL && scs_following_may_attempt(f, &seg->dst, &seg->src)) {
        scs_following_begin(f, tuple, seg, from_low, false, SCS_FOLLOW_ATTEMPT);
    }
}

/* ---- following ------------------------------------------------------------------------------------- */

static void note_handshake(struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    struct scs_connection *c = t->facts;
    bool both = (c->flags & SCS_CONN_SYN_SEEN) != 0 && (c->flags & SCS_CONN_SYNACK_SEEN) != 0;
    if (both && (c->flags & SCS_CONN_HANDSHAKE) == 0 && dir == SCS_TO_SERVER && (seg->flags & SCS_TCP_ACK) != 0 &&
        (seg->flags & (SCS_TCP_SYN | SCS_TCP_RST)) == 0) {
        c->flags |= SCS_CONN_HANDSHAKE;
        c->handshake_ns = seg->packet->ts_ns;
    }
}

static void push_payload(struct scs_flow *f, struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    struct scs_stream *s = &t->stream[dir];
    if (!s->based) {
        scs_stream_start(s, seg->seq);
    }
    if (t->follow == SCS_FOLLOW_FULL && !t->opaque) {
        struct scs_stream_sink sink = scs_following_sink(f, dir);
        scs_stream_push(s, seg, &sink);
        return;
    }
    if (t->follow == SCS_FOLLOW_LIGHT) {
        scs_track_passed(t, seg, dir);
    }
    int64_t end = scs_stream_offset(s, seg->seq) + (int64_t)seg->payload_wire_len;
    if (end > (int64_t)s->highest) {
        s->highest = s->next = (uint64_t)end;
    }
}

/* The handshake said what it could. A few such connections are followed on for their times and ends, the others are not. */
static void stop_watching(struct scs_flow *f, struct scs_tracked *t)
{
    scs_following_release(f, t);
    if (t->maybe) {
        scs_following_set(f, t, SCS_FOLLOW_LIGHT);
    } else {
        scs_following_retire(f, t, SCS_END_CAPTURE);
    }
}

/* A connection followed on suspicion that turned out to be none of ours costs nothing further. */
static bool none_of_ours(const struct scs_tracked *t)
{
    bool holds = t->stream[0].held || t->stream[1].held;
    return t->follow == SCS_FOLLOW_FULL && !t->wanted && !t->named && !t->known && t->http != NULL && t->tls == NULL && !holds &&
           (t->opaque || scs_http_idle(t->http));
}

/* Nothing waits in either direction, and nothing is missing: what follows would find nothing to do. */
static bool is_in_order(const struct scs_tracked *t)
{
    const struct scs_stream *a = &t->stream[0], *b = &t->stream[1];
    return a->hole_acked_ns == SCS_NO_TIME && b->hole_acked_ns == SCS_NO_TIME && a->waiting == NULL && b->waiting == NULL &&
           !a->held && !b->held;
}

/* What one side says after it heard bytes that the capture does not have yet waits for them. */
static void keep_order(struct scs_flow *f, struct scs_tracked *t, int64_t now_ns)
{
    for (int dir = 0; dir < 2; dir++) {
        struct scs_stream_sink sink = scs_following_sink(f, (enum scs_dir)dir);
        scs_stream_hold(&t->stream[dir], scs_stream_lags(&t->stream[!dir], now_ns), now_ns, &sink);
    }
}

/* Behind a hole that is given up, what the other side answered to the lost bytes comes before what followed them. */
static void settle_streams(struct scs_flow *f, struct scs_tracked *t, int64_t now_ns)
{
    struct scs_stream_sink sink[2] = {scs_following_sink(f, SCS_TO_SERVER), scs_following_sink(f, SCS_TO_CLIENT)};
    struct scs_stream *s = t->stream;
    for (int dir = 0; dir < 2; dir++) {
        s[dir].held = s[dir].held || s[!dir].waiting != NULL;
    }
    for (int dir = 0; dir < 2; dir++) {
        scs_stream_settle(&s[dir], now_ns, &sink[dir]);
    }
    for (int dir = 0; dir < 2; dir++) {
        scs_stream_hold(&s[dir], scs_stream_lags(&s[!dir], now_ns), now_ns, &sink[dir]);
    }
    while (scs_stream_release(&s[0], now_ns, &sink[0]) || scs_stream_release(&s[1], now_ns, &sink[1])) {
        /* Either may let the other go on. */
    }
}

static void follow(struct scs_flow *f, struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    int64_t now = seg->packet->ts_ns;
    f->current = t;
    if (!t->stream[dir].based && (seg->flags & (SCS_TCP_SYN | SCS_TCP_RST)) == 0) {
        scs_stream_start(&t->stream[dir], seg->seq);
    }
    enum scs_segment_kind kind = scs_track_segment(t, seg, dir);
    note_handshake(t, seg, dir);
    if (t->ended || kind == SCS_SEGMENT_DUPLICATE) {
        return;
    }
    if (t->follow == SCS_FOLLOW_LIGHT) {
        scs_track_heard(t, dir);
    }
    bool reads = t->follow == SCS_FOLLOW_FULL && !t->opaque;
    if (reads && !is_in_order(t)) {
        settle_streams(f, t, now);
    }
    if (seg->payload_wire_len != 0) {
        push_payload(f, t, seg, dir);
    }
    if ((seg->flags & SCS_TCP_FIN) != 0 && t->stream[dir].based) {
        struct scs_stream_sink sink = scs_following_sink(f, dir);
        scs_stream_fin(&t->stream[dir], seg->seq + seg->payload_wire_len, now, &sink);
    }
    if (reads && !t->opaque && !is_in_order(t)) {
        keep_order(f, t, now);
    }
    if ((seg->flags & SCS_TCP_RST) != 0) {
        scs_following_end(f, t, SCS_END_RST, now);
    } else if (t->stream[0].ended && t->stream[1].ended) {
        scs_following_end(f, t, SCS_END_FIN, now);
    } else if (none_of_ours(t)) {
        scs_following_retire(f, t, SCS_END_CAPTURE);
    } else if (scs_secure_over(t)) {
        stop_watching(f, t);
    }
}

/* Who of the two is the client: the SYN's sender, else whoever the payload says. */
static bool goes_to_server(const struct scs_flow *f, const struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low,
                           enum scs_interest interest)
{
    if ((tuple->flags & SCS_TUPLE_SYN) != 0) {
        return from_low == ((tuple->flags & SCS_TUPLE_SYN_FROM_LOW) != 0);
    }
    if (interest != SCS_INTEREST_NONE) {
        return interest != SCS_INTEREST_REPLY;
    }
    return scs_known_servers_has(&f->servers, &seg->dst) || scs_known_servers_named(&f->servers, &seg->dst);
}

/* The client's first data, and it is not the connection's first byte: the segment before it comes later. */
static bool out_of_order_start(struct scs_flow *f, const struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low)
{
    if (seg->payload_wire_len == 0 || (tuple->flags & SCS_TUPLE_SYN) == 0 ||
        from_low != ((tuple->flags & SCS_TUPLE_SYN_FROM_LOW) != 0)) {
        return false;
    }
    scs_tuples_fresh(f->tuples, tuple, false);
    uint32_t past = seg->seq - (tuple->syn_seq + 1);
    return past != 0 && past < FIRST_WINDOW && scs_known_servers_likely(&f->servers, &seg->dst);
}

/* A reply before its client's first byte, which it acknowledges: the capture put them in the wrong order, or lost the request. */
static bool request_comes_later(const struct scs_tuple *tuple, const struct scs_segment *seg, enum scs_interest interest)
{
    bool both = (tuple->flags & SCS_TUPLE_SYN) != 0 && (tuple->flags & SCS_TUPLE_SYNACK) != 0;
    uint32_t heard = seg->ack - (tuple->syn_seq + 1);
    return interest == SCS_INTEREST_REPLY && both && seg->seq == tuple->synack_seq + 1 && heard != 0 && heard < FIRST_WINDOW;
}

/* Decides whether a segment of a tuple that nobody follows begins something, and begins it. */
static struct scs_tracked *consider(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low,
                                    enum scs_interest interest, bool fresh)
{
    if (seg->payload_wire_len == 0 && interest == SCS_INTEREST_NONE) {
        return NULL;
    }
    struct scs_tracked *side = scs_sides_begin(f, tuple, seg, from_low, interest);
    if (side != NULL) {
        return side;
    }
    if (interest == SCS_INTEREST_RPC) {
        interest = SCS_INTEREST_NONE; /* bytes that only look so */
    }
    bool to_server = goes_to_server(f, tuple, seg, from_low, interest);
    bool late_start = fresh && (out_of_order_start(f, tuple, seg, from_low) || request_comes_later(tuple, seg, interest));
    const struct scs_endpoint *server = to_server ? &seg->dst : &seg->src;
    bool ours = scs_known_servers_has(&f->servers, server) || scs_known_servers_named(&f->servers, server);
    bool watch = interest == SCS_INTEREST_TLS_HELLO && !ours && scs_secure_may_watch(&f->secure);
    bool tls = watch || (ours && scs_tls_begins(&seg->payload));
    bool full = late_start || tls || (interest != SCS_INTEREST_NONE && interest != SCS_INTEREST_TLS_HELLO);
    if (!full && !ours) {
        return NULL;
    }
    struct scs_tracked *t = scs_following_begin(f, tuple, seg, from_low, to_server, full ? SCS_FOLLOW_FULL : SCS_FOLLOW_LIGHT);
    t->revocation = interest == SCS_INTEREST_REVOCATION;
    if (watch) {
        scs_secure_watch(&f->secure, t);
    }
    scs_following_start(t, tuple, seg, to_server ? SCS_TO_SERVER : SCS_TO_CLIENT, late_start);
    return t;
}

static void deepen(struct scs_flow *f, struct scs_tracked *t, const struct scs_tuple *tuple, const struct scs_segment *seg,
                   enum scs_dir dir, enum scs_interest interest)
{
    bool first = t->facts->half[dir].data_packets == 0;
    if (t->follow == SCS_FOLLOW_ATTEMPT && seg->payload_wire_len != 0) {
        /* The attempt succeeded, though its SYN-ACK is not in the capture. */
        scs_following_set(f, t, SCS_FOLLOW_LIGHT);
        scs_following_start(t, tuple, seg, dir, first);
    }
    bool late_start = first && dir == SCS_TO_SERVER && out_of_order_start(f, tuple, seg, t->client_is_low);
    if (t->follow != SCS_FOLLOW_LIGHT || t->ended) {
        return;
    }
    bool http = interest != SCS_INTEREST_NONE && interest != SCS_INTEREST_TLS_HELLO && interest != SCS_INTEREST_RPC;
    bool begins = http || scs_tls_begins(&seg->payload);
    if ((begins && !t->read_tls) || late_start) {
        if (first) {
            t->facts->half[dir].missing_bytes = 0; /* acknowledged before it was captured: it is read from its first byte */
        }
        scs_following_set(f, t, SCS_FOLLOW_FULL);
        scs_following_start(t, tuple, seg, dir, first);
    }
}

static bool asks_for_revocation(const struct scs_flow *f, const struct scs_segment *seg)
{
    return f->options.revocation != NULL && scs_interest_revocation(&seg->payload) &&
           scs_known_servers_at(&f->servers, &seg->src.addr);
}

static bool may_become_evidence(const struct scs_tracked *t, const struct scs_segment *seg, enum scs_dir dir)
{
    return t->wanted || seg->payload_wire_len == 0 || t->facts->half[dir].bytes < SCS_MAX_HELD_IN_HOPE;
}

/* True: the segment may become evidence. */
static bool tcp(struct scs_flow *f, const struct scs_segment *seg, uint64_t hash, bool from_low)
{
    enum scs_interest interest = SCS_INTEREST_NONE;
    bool control = (seg->flags & (SCS_TCP_SYN | SCS_TCP_FIN | SCS_TCP_RST)) != 0;
    bool quiet = !control && scs_tuples_quiet(f->tuples, hash);
    if (seg->payload.len != 0 && scs_interest_first(&seg->payload)) {
        interest = scs_interest(&seg->payload, f->options.user_paths, f->options.num_user_paths);
        f->tls_hellos += interest == SCS_INTEREST_TLS_HELLO;
        if (interest == SCS_INTEREST_NONE && asks_for_revocation(f, seg)) {
            interest = SCS_INTEREST_REVOCATION;
        }
        if (interest == SCS_INTEREST_NONE && scs_sides_calls(f, seg)) {
            interest = SCS_INTEREST_RPC;
        }
    }
    if (quiet && interest == SCS_INTEREST_NONE) {
        return false;
    }
    struct scs_tuple *tuple = scs_tuples_meet(f->tuples, hash);
    if ((seg->flags & (SCS_TCP_SYN | SCS_TCP_ACK | SCS_TCP_RST)) == SCS_TCP_SYN) {
        bool again = (tuple->flags & SCS_TUPLE_SYN) != 0 && tuple->syn_seq == seg->seq;
        (again ? repeated_syn : first_syn)(f, tuple, seg, from_low);
        tuple->flags |= SCS_TUPLE_MET;
        return true;
    }
    tuple->flags |= SCS_TUPLE_MET;
    if ((seg->flags & SCS_TCP_SYN) != 0) {
        synack(f, tuple, seg, from_low);
        return true;
    }
    if ((seg->flags & SCS_TCP_RST) != 0) {
        refused(f, tuple, seg, from_low);
    }
    struct scs_tracked *t = tuple->tracked;
    if (t == NULL) {
        t = consider(f, tuple, seg, from_low, interest, !quiet);
        if (t == NULL) {
            return seg->payload_wire_len == 0; /* the end, or the handshake's last packet */
        }
    }
    enum scs_dir dir = from_low == t->client_is_low ? SCS_TO_SERVER : SCS_TO_CLIENT;
    deepen(f, t, tuple, seg, dir, interest);
    bool evidence = may_become_evidence(t, seg, dir);
    follow(f, t, seg, dir);
    return evidence;
}

/* ICMP errors are evidence for the connection whose packet they quote. RFC 792, RFC 4443 3. */
static void icmp(struct scs_flow *f, const struct scs_segment *seg)
{
    if (seg->icmp.quoted_proto != SCS_PROTO_TCP) {
        return;
    }
    bool from_low;
    uint64_t hash = scs_tuples_hash(f->tuples, &seg->icmp.src, &seg->icmp.dst, &from_low);
    struct scs_tuple *tuple = scs_tuples_find(f->tuples, hash);
    if (tuple == NULL) {
        return;
    }
    struct scs_tracked *t = tuple->tracked;
    if (t == NULL) {
        /* The quoted packet stands for its sender's: it tells who the client is. */
        struct scs_segment quoted = {
            .packet = seg->packet, .src = seg->icmp.src, .dst = seg->icmp.dst, .seq = seg->icmp.quoted_seq};
        bool to_server = goes_to_server(f, tuple, &quoted, from_low, SCS_INTEREST_NONE);
        if (!scs_following_may_attempt(f, to_server ? &quoted.src : &quoted.dst, to_server ? &quoted.dst : &quoted.src)) {
            return;
        }
        bool handshake = (tuple->flags & SCS_TUPLE_SYNACK) == 0;
        t = scs_following_begin(f, tuple, &quoted, from_low, to_server, handshake ? SCS_FOLLOW_ATTEMPT : SCS_FOLLOW_LIGHT);
    }
    scs_track_icmp(t, seg, from_low == t->client_is_low);
}

static void expire_lingering(struct scs_flow *f, int64_t now_ns)
{
    struct list *l = &f->lists[LIST_LINGER];
    while (l->oldest != NULL && now_ns - l->oldest->facts->last_ns > LINGER_NS) {
        scs_following_retire(f, l->oldest, SCS_END_CAPTURE);
    }
}

/*
 * What the segments will need, asked for ahead: a tuple's place, then who follows it, then that one's facts. One after the
 * other they would cost a wait for memory each, and there are thousands of connections between two packets of one.
 */
static void prefetch(const struct scs_flow *f, const struct scs_segment *segments, const uint64_t *hash, size_t num)
{
    const struct scs_tuple *followed[SCS_BATCH];
    size_t num_followed = 0;
    for (size_t i = 0; i < num; i++) {
        followed[num_followed] = scs_tuples_followed(f->tuples, hash[i]);
        if (followed[num_followed] != NULL) {
            __builtin_prefetch(followed[num_followed++]);
        } else if (segments[i].proto == SCS_PROTO_TCP && (segments[i].flags & SCS_TCP_SYN) != 0) {
            scs_tuples_prefetch_place(f->tuples, hash[i]);
        }
    }
    for (size_t i = 0; i < num_followed; i++) {
        const struct scs_tracked *t = followed[i]->tracked;
        __builtin_prefetch(t);
        __builtin_prefetch(&t->stream[0]);
        __builtin_prefetch(&t->stream[1]);
    }
    for (size_t i = 0; i < num_followed; i++) {
        const struct scs_connection *c = followed[i]->tracked->facts;
        __builtin_prefetch(c);
        __builtin_prefetch(&c->half[0]);
        __builtin_prefetch(&c->half[0].data_packets);
        __builtin_prefetch(&c->half[1]);
        __builtin_prefetch(&c->half[1].data_packets);
    }
}

/* QUIC's long header (RFC 9000 17.2) opens a connection; the rest is encrypted, and nobody reads it. */
static bool opens_quic(const struct scs_segment *seg)
{
    uint8_t first;
    return scs_cursor_peek(&seg->payload, 0, &first) && (first & 0x80) != 0;
}

uint32_t scs_flow_segments(struct scs_flow *f, const struct scs_segment *segments, size_t num)
{
    uint64_t hash[SCS_BATCH];
    uint32_t evidence = 0;
    bool from_low[SCS_BATCH];
    for (size_t i = 0; i < num; i++) {
        hash[i] = 0; /* no tuple's */
        if (segments[i].proto == SCS_PROTO_TCP) {
            hash[i] = scs_tuples_hash(f->tuples, &segments[i].src, &segments[i].dst, &from_low[i]);
            scs_tuples_prefetch(f->tuples, hash[i]);
        }
    }
    prefetch(f, segments, hash, num);
    for (size_t i = 0; i < num; i++) {
        bool may = false;
        if (segments[i].proto == SCS_PROTO_TCP) {
            may = tcp(f, &segments[i], hash[i], from_low[i]);
        } else if (segments[i].proto == SCS_PROTO_ICMP) {
            icmp(f, &segments[i]);
            may = true;
        } else if (scs_quic_wants(&segments[i])) {
            scs_quic_note(&f->quic, &segments[i]);
            may = opens_quic(&segments[i]);
        }
        evidence |= (uint32_t)may << i;
    }
    if (num != 0) {
        expire_lingering(f, segments[num - 1].packet->ts_ns);
    }
    return evidence;
}

/* ---- the end ---------------------------------------------------------------------------------------- */

void scs_flow_secrets(struct scs_flow *f)
{
    scs_following_secrets(f);
}

void scs_flow_finish(struct scs_flow *f)
{
    f->secure.last = true;
    for (int list = NUM_LISTS - 1; list >= 0; list--) {
        while (f->lists[list].oldest != NULL) {
            scs_following_retire(f, f->lists[list].oldest, SCS_END_CAPTURE);
        }
    }
    scs_tuples_close(f->tuples);
}

bool scs_flow_is_named(const struct scs_flow *f, const struct scs_endpoint *server)
{
    return scs_known_servers_named(&f->servers, server);
}
