/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/following.h"

#include <stdlib.h>
#include <string.h>

#include "base/shapes.h"
#include "base/xalloc.h"
#include "dissectors/tls.h"
#include "flow/interest.h"

/* ---- what the HTTP stage asks and tells ---------------------------------------------------------- */

static bool wants_revocation(struct scs_flow *f, const struct scs_cursor *method, const struct scs_cursor *target)
{
    bool wanted = f->current->revocation && f->num_revocations < SCS_MAX_REVOCATIONS &&
                  (scs_cursor_equals(method, "POST") || scs_interest_revocation_target(target));
    f->num_revocations += wanted;
    return wanted;
}

static bool on_wants(void *ctx, const struct scs_cursor *method, const struct scs_cursor *target)
{
    struct scs_flow *f = ctx;
    if (!f->options.http.wants(f->options.http.ctx, method, target)) {
        return wants_revocation(f, method, target);
    }
    f->current->wanted = true;
    f->current->known = true;
    scs_known_servers_add(&f->servers, &f->current->facts->server);
    return true;
}

static bool on_wants_reply(void *ctx, const char *content_type)
{
    struct scs_flow *f = ctx;
    bool wants = f->options.http.wants_reply(f->options.http.ctx, content_type);
    f->current->wanted = f->current->wanted || wants;
    return wants;
}

static void on_done(void *ctx, const struct scs_http_pair *pair)
{
    struct scs_flow *f = ctx;
    const struct scs_cursor no_method = {0};
    if (f->current->revocation && !f->options.http.wants(f->options.http.ctx, &no_method, &pair->target)) {
        f->options.revocation(f->options.http.ctx, pair);
        return;
    }
    pair->connection->num_exchanges++;
    f->options.http.done(f->options.http.ctx, pair);
}

static void on_opaque(void *ctx, struct scs_connection *connection, enum scs_dir dir, const struct scs_chunk *first)
{
    struct scs_flow *f = ctx;
    struct scs_cursor c = scs_cursor_of(first->data, first->len);
    if (scs_secure_tunnel(&f->secure, f->current, dir, first)) {
        return;
    }
    f->current->opaque = true;
    if (scs_tls_begins(&c)) {
        connection->flags |= SCS_CONN_TLS;
    }
}

static void on_data(void *ctx, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_flow *f = ctx;
    struct scs_tracked *t = f->current;
    if (t->side_state != NULL) {
        f->options.side.data(f->options.side.ctx, t->side_state, dir, chunk);
        return;
    }
    if (scs_secure_data(&f->secure, t, dir, chunk)) {
        return;
    }
    if (t->http == NULL) {
        t->http = scs_http_new(&f->http, t->facts);
    }
    scs_http_data(t->http, dir, chunk);
}

static void on_gap(void *ctx, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct scs_flow *f = ctx;
    struct scs_tracked *t = f->current;
    if (!snaplen) {
        t->facts->half[dir].missing_bytes += len;
    }
    if (t->side_state != NULL) {
        f->options.side.gap(f->options.side.ctx, t->side_state, dir);
        return;
    }
    if (scs_secure_gap(&f->secure, t, dir, len, snaplen, frame, ts_ns)) {
        return;
    }
    if (t->http == NULL) {
        t->http = scs_http_new(&f->http, t->facts);
    }
    scs_http_gap(t->http, dir, len, snaplen, frame, ts_ns);
}

static void on_end(void *ctx, enum scs_dir dir, int64_t ts_ns)
{
    struct scs_flow *f = ctx;
    scs_secure_end(&f->secure, f->current, dir, SCS_END_FIN, ts_ns);
    if (f->current->http != NULL) {
        scs_http_end(f->current->http, dir, SCS_END_FIN, ts_ns);
    }
}

struct scs_stream_sink scs_following_sink(struct scs_flow *f, enum scs_dir dir)
{
    return (struct scs_stream_sink){.ctx = f,
                                    .dir = dir,
                                    .data = on_data,
                                    .gap = on_gap,
                                    .end = on_end,
                                    .peer = &f->current->stream[dir == SCS_TO_SERVER ? SCS_TO_CLIENT : SCS_TO_SERVER],
                                    .all_waiting = &f->all_waiting,
                                    .limits = f->options.http.limits};
}

void scs_following_hooks(struct scs_flow *f)
{
    f->http = f->options.http;
    f->http.ctx = f;
    f->http.wants = on_wants;
    f->http.wants_reply = on_wants_reply;
    f->http.done = on_done;
    f->http.opaque = on_opaque;
}

/* ---- lists, and the end of following ----------------------------------------------------------------- */

static struct list *list_of(struct scs_flow *f, const struct scs_tracked *t)
{
    return &f->lists[t->waiting                 ? LIST_WAITING
                     : t->ended                 ? LIST_LINGER
                     : t->side != SCS_SIDE_NONE ? LIST_SIDE
                                                : (unsigned)t->follow];
}

static void unlist(struct scs_flow *f, struct scs_tracked *t)
{
    struct list *l = list_of(f, t);
    *(t->older != NULL ? &t->older->newer : &l->oldest) = t->newer;
    *(t->newer != NULL ? &t->newer->older : &l->newest) = t->older;
    t->older = t->newer = NULL;
    l->num--;
}

static void enlist(struct scs_flow *f, struct scs_tracked *t)
{
    struct list *l = list_of(f, t);
    t->older = l->newest;
    *(l->newest != NULL ? &l->newest->newer : &l->oldest) = t;
    l->newest = t;
    l->num++;
}

void scs_following_release(struct scs_flow *f, struct scs_tracked *t)
{
    f->current = t;
    if (t->side_state != NULL) {
        f->options.side.close(f->options.side.ctx, t->side_state);
        t->side_state = NULL;
    }
    scs_secure_release(&f->secure, t);
    scs_http_free(t->http);
    t->http = NULL;
    scs_stream_cleanup(&t->stream[0], &f->all_waiting);
    scs_stream_cleanup(&t->stream[1], &f->all_waiting);
}

static void tell_end(struct scs_flow *f, struct scs_tracked *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    scs_secure_end(&f->secure, t, dir, how, ts_ns);
    if (t->http != NULL) {
        scs_http_end(t->http, dir, how, ts_ns);
    }
}

/* Hands on what waits behind acknowledged holes: those of both directions are given up before either goes on behind its own. */
static void flush_streams(struct scs_flow *f, struct scs_tracked *t, int64_t ts_ns)
{
    struct scs_stream_sink sink[2] = {scs_following_sink(f, SCS_TO_SERVER), scs_following_sink(f, SCS_TO_CLIENT)};
    struct scs_stream *s = t->stream;
    for (bool moved = true; moved;) {
        uint64_t before = s[0].next + s[1].next;
        s[0].held = s[1].held = true;
        scs_stream_flush(&s[0], ts_ns, &sink[0]);
        scs_stream_flush(&s[1], ts_ns, &sink[1]);
        scs_stream_hold(&s[1], false, ts_ns, &sink[1]);
        scs_stream_hold(&s[0], false, ts_ns, &sink[0]);
        while (scs_stream_release(&s[0], ts_ns, &sink[0]) || scs_stream_release(&s[1], ts_ns, &sink[1])) {
            /* Either may let the other go on. */
        }
        moved = s[0].next + s[1].next != before;
    }
}

/* Hands on what waits, then tells both directions' end. */
static void end_streams(struct scs_flow *f, struct scs_tracked *t, enum scs_end how, int64_t ts_ns)
{
    f->current = t;
    if (t->follow == SCS_FOLLOW_FULL && !t->ended) {
        flush_streams(f, t, ts_ns);
        for (int dir = 0; dir < 2; dir++) {
            if (!t->stream[dir].ended) {
                t->stream[dir].ended = true;
                tell_end(f, t, (enum scs_dir)dir, how, ts_ns);
            }
        }
    }
}

/* Trouble on a connection that carried no exchange, yet says why none came. */
static bool troubled(const struct scs_connection *c)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    bool unanswered = client->data_packets != 0 && server->data_packets == 0;
    return c->num_icmp != 0 || client->worst_retransmissions >= 3 || server->worst_retransmissions >= 3 ||
           client->zero_window_ns > 1000000000 || server->zero_window_ns > 1000000000 || unanswered ||
           (c->synack_tries > 1 && (c->flags & SCS_CONN_HANDSHAKE) == 0) ||
           (server->rst_ns != SCS_NO_TIME && server->data_packets == 0);
}

/* An attempt worth remembering: of a client at what may be a SCEP server, or of such a server at its CA. */
bool scs_following_may_attempt(const struct scs_flow *f, const struct scs_endpoint *client, const struct scs_endpoint *server)
{
    return scs_known_servers_likely(&f->servers, server) || scs_known_servers_calls_ca(&f->servers, client, server);
}

static bool worth_keeping(const struct scs_flow *f, const struct scs_tracked *t)
{
    const struct scs_connection *c = t->facts;
    bool attempt = c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED;
    if (c->num_exchanges != 0 || t->named) {
        return true;
    }
    if (attempt) {
        return (c->syn_tries > 1 || c->state == SCS_CONN_REFUSED) && scs_following_may_attempt(f, &c->client, &c->server);
    }
    /* Of one with a hole nobody can tell that nothing was asked on it. */
    bool lacks = c->half[SCS_TO_SERVER].missing_bytes > 1 || c->half[SCS_TO_CLIENT].missing_bytes > 1;
    return t->known && (lacks || troubled(c) || (c->flags & SCS_CONN_TLS) != 0);
}

static void keep(struct scs_flow *f, struct scs_connection *c)
{
    if (f->num_kept == f->cap_kept) {
        f->cap_kept = f->cap_kept == 0 ? 64 : f->cap_kept * 2;
        f->kept = scs_xrealloc(f->kept, f->cap_kept, sizeof *f->kept);
    }
    f->kept[f->num_kept++] = (struct kept){.opened_ns = c->opened_ns, .first_frame = c->first_frame, .facts = c};
}

bool scs_following_show(struct scs_flow *f, struct scs_tracked *t)
{
    bool settled = t->ended || t->follow == SCS_FOLLOW_ATTEMPT || t->facts->num_exchanges != 0;
    if (!settled || t->waiting) {
        return false;
    }
    if (t->tls != NULL) {
        scs_tls_show(t->tls);
    }
    scs_track_close(t, f->options.keep);
    return worth_keeping(f, t);
}

static void make_room(struct scs_flow *f, int list);

/* Its tuple is free for another; nothing is decided before its secrets have come, or can no longer come. */
static void wait_for_secrets(struct scs_flow *f, struct scs_tracked *t)
{
    scs_secure_unwatch(&f->secure, t);
    unlist(f, t);
    t->ended = t->waiting = true;
    scs_track_ended(t);
    make_room(f, LIST_WAITING);
    enlist(f, t);
}

/* Ends the following of `t` for good: its facts are kept or used again. */
void scs_following_retire(struct scs_flow *f, struct scs_tracked *t, enum scs_end how)
{
    struct scs_tuple *tuple = scs_tuples_find(f->tuples, t->hash);
    end_streams(f, t, how, t->facts->last_ns);
    if (!t->waiting && scs_secure_waits(&f->secure, t)) {
        if (tuple != NULL && tuple->tracked == t) {
            scs_tuples_follow(f->tuples, tuple, NULL);
        }
        wait_for_secrets(f, t);
        return;
    }
    scs_following_release(f, t);
    scs_track_close(t, f->options.keep);
    f->duplicates += t->facts->duplicates;
    if (worth_keeping(f, t)) {
        keep(f, t->facts);
    } else if (t->maybe) {
        scs_secure_maybe(&f->secure, t->facts);
    } else {
        if (f->num_spare == f->cap_spare) {
            f->cap_spare = f->cap_spare == 0 ? 64 : f->cap_spare * 2;
            f->spare = scs_xrealloc(f->spare, f->cap_spare, sizeof *f->spare);
        }
        f->spare[f->num_spare++] = t->facts;
    }
    if (tuple != NULL && tuple->tracked == t) {
        scs_tuples_follow(f->tuples, tuple, NULL);
    }
    unlist(f, t);
    scs_track_cleanup(t);
    free(t);
}

static void make_room(struct scs_flow *f, int list)
{
    struct list *l = &f->lists[list];
    while (l->num >= l->most) {
        if (list == LIST_WAITING) {
            f->options.http.limits->tls_waits_dropped++;
        } else if (list == LIST_ATTEMPT) {
            f->options.http.limits->attempts_dropped++;
        } else if (list == LIST_SIDE) {
            f->options.http.limits->neighbours_dropped++;
        } else if (list == LIST_FULL) {
            f->options.http.limits->connections_dropped++;
            l->oldest->facts->flags |= SCS_CONN_OUTGROWN;
        }
        scs_following_retire(f, l->oldest, SCS_END_CAPTURE);
    }
}

void scs_following_secrets(struct scs_flow *f)
{
    static const int lists[] = {LIST_LINGER, LIST_WAITING};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (struct scs_tracked *t = f->lists[lists[i]].oldest, *next; t != NULL; t = next) {
            next = t->newer;
            f->current = t;
            if (!scs_secure_look(&f->secure, t)) {
                continue;
            }
            if (t->waiting) {
                scs_following_retire(f, t, SCS_END_CAPTURE);
            } else {
                scs_following_release(f, t);
            }
        }
    }
}

/* ---- beginning to follow -------------------------------------------------------------------------- */

static struct scs_connection *take_facts(struct scs_flow *f)
{
    return f->num_spare != 0 ? f->spare[--f->num_spare] : SCS_ARENA_NEW(f->options.keep, struct scs_connection);
}

void scs_following_note_syn(struct scs_connection *c, const struct scs_tuple *tuple)
{
    c->flags |= SCS_CONN_SYN_SEEN;
    c->syn_tries = 1;
    c->syn_frames[0] = tuple->syn_frame;
    c->syn_ns = c->last_syn_ns = tuple->syn_ns;
}

static void copy_handshake(struct scs_connection *c, const struct scs_tuple *tuple)
{
    if ((tuple->flags & SCS_TUPLE_SYN) != 0) {
        scs_following_note_syn(c, tuple);
    }
    if ((tuple->flags & SCS_TUPLE_SYNACK) != 0) {
        c->flags |= SCS_CONN_SYNACK_SEEN;
        c->synack_tries = 1;
        c->synack_frame = tuple->synack_frame;
        c->synack_ns = tuple->synack_ns;
        c->half[SCS_TO_CLIENT].usual_ttl = tuple->synack_ttl;
    }
}

/* `to_server`: the segment goes from the client to the server. */
struct scs_tracked *scs_following_begin(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low,
                                        bool to_server, enum scs_follow follow)
{
    make_room(f, (int)follow);
    struct scs_tracked *t = scs_xmalloc(sizeof *t);
    scs_track_init(t, take_facts(f));
    struct scs_connection *c = t->facts;
    t->hash = tuple->hash;
    t->follow = follow;
    t->client_is_low = from_low == to_server;
    c->client = to_server ? seg->src : seg->dst;
    c->server = to_server ? seg->dst : seg->src;
    t->named = scs_known_servers_named(&f->servers, &c->server);
    t->known = scs_known_servers_has(&f->servers, &c->server);
    c->stream = tuple->stream;
    c->flags = ((tuple->flags & SCS_TUPLE_STREAM_KNOWN) != 0 ? SCS_CONN_STREAM_KNOWN : 0u) |
               ((tuple->flags & SCS_TUPLE_REUSED) != 0 ? SCS_CONN_PORT_REUSED : 0u) | (t->named ? SCS_CONN_NAMED_SERVER : 0u);
    copy_handshake(c, tuple);
    if ((c->flags & (SCS_CONN_SYN_SEEN | SCS_CONN_SYNACK_SEEN)) == 0) {
        c->flags |= scs_tuples_forgotten(f->tuples) == 0 ? SCS_CONN_MIDSTREAM : SCS_CONN_SYN_FORGOTTEN;
    }
    bool has_syn = (tuple->flags & SCS_TUPLE_SYN) != 0, has_synack = (tuple->flags & SCS_TUPLE_SYNACK) != 0;
    c->first_frame = has_syn ? tuple->syn_frame : has_synack ? tuple->synack_frame : seg->packet->frame;
    c->opened_ns = has_syn ? tuple->syn_ns : has_synack ? tuple->synack_ns : seg->packet->ts_ns;
    c->interface = seg->packet->interface;
    if (scs_addr_equal(&c->client.addr, &c->server.addr)) {
        c->flags |= SCS_CONN_LOOPBACK;
    }
    enlist(f, t);
    scs_tuples_follow(f->tuples, tuple, t);
    return t;
}

void scs_following_start(struct scs_tracked *t, const struct scs_tuple *tuple, const struct scs_segment *seg, enum scs_dir dir,
                         bool from_start)
{
    bool syn = (tuple->flags & SCS_TUPLE_SYN) != 0, synack = (tuple->flags & SCS_TUPLE_SYNACK) != 0;
    uint32_t own = seg->seq + ((seg->flags & SCS_TCP_SYN) != 0), peer = seg->ack;
    bool peer_known = (seg->flags & SCS_TCP_ACK) != 0;
    if (from_start && dir == SCS_TO_SERVER && syn) {
        own = tuple->syn_seq + 1;
    }
    if (from_start && (dir == SCS_TO_SERVER ? synack : syn)) {
        peer = (dir == SCS_TO_SERVER ? tuple->synack_seq : tuple->syn_seq) + 1;
        peer_known = true;
    }
    scs_stream_start(&t->stream[dir], own);
    if (peer_known) {
        scs_stream_start(&t->stream[!dir], peer);
    }
}

void scs_following_set(struct scs_flow *f, struct scs_tracked *t, enum scs_follow follow)
{
    unlist(f, t);
    if (follow == SCS_FOLLOW_FULL) {
        make_room(f, LIST_FULL);
    }
    t->follow = follow;
    enlist(f, t);
}

void scs_following_side(struct scs_flow *f, struct scs_tracked *t, enum scs_side side)
{
    unlist(f, t);
    make_room(f, LIST_SIDE);
    t->side = (uint8_t)side;
    enlist(f, t);
    t->side_state = f->options.side.open(f->options.side.ctx, side, t->facts, (t->facts->flags & SCS_CONN_SYN_SEEN) != 0);
}

void scs_following_end(struct scs_flow *f, struct scs_tracked *t, enum scs_end how, int64_t ts_ns)
{
    end_streams(f, t, how, ts_ns);
    if (!scs_secure_waits(&f->secure, t)) {
        scs_following_release(f, t);
    }
    unlist(f, t);
    t->ended = true;
    scs_track_ended(t);
    scs_track_close(t, f->options.keep); /* while its facts are at hand; late packets are seen to when it is retired */
    enlist(f, t);
    make_room(f, LIST_LINGER);
}

void scs_following_revive(struct scs_flow *f, struct scs_tracked *t)
{
    unlist(f, t);
    t->ended = false;
    scs_track_revive(t);
    enlist(f, t);
}

/* ---- facts that leave, or move ------------------------------------------------------------------------------- */

uint32_t scs_flow_leave(struct scs_flow *f, const bool *leaves, int64_t until_ns, uint32_t num_revocations)
{
    uint32_t num = 0, left = 0;
    for (uint32_t i = 0; i < f->num_kept; i++) {
        const struct scs_connection *c = f->kept[i].facts;
        if (c->id != 0 ? leaves[c->id] : c->last_ns <= until_ns) {
            left += c->id != 0;
        } else {
            f->kept[num++] = f->kept[i];
        }
    }
    f->num_kept = num;
    f->num_revocations -= num_revocations < f->num_revocations ? num_revocations : f->num_revocations;
    scs_secure_leave(&f->secure, until_ns);
    scs_quic_leave(&f->quic, until_ns);
    return left;
}

void scs_flow_close_idle(struct scs_flow *f, int64_t since_ns)
{
    for (int list = 0; list < NUM_LISTS; list++) {
        for (struct scs_tracked *t = f->lists[list].oldest, *next; t != NULL; t = next) {
            next = t->newer;
            if (t->facts->last_ns < since_ns) {
                scs_following_retire(f, t, SCS_END_CAPTURE);
            }
        }
    }
}

static void move_tracked(const struct scs_flow *f, struct scs_tracked *t, struct scs_mover *m)
{
    scs_move_one(m, &t->facts, &scs_shape_connection);
    scs_http_move(t->http, m);
    scs_http_move(t->outer, m);
    if (t->tls != NULL) {
        scs_tls_move(t->tls, m);
    }
    if (t->side_state != NULL && f->options.side.move != NULL) {
        f->options.side.move(f->options.side.ctx, t->side_state, m);
    }
}

void scs_flow_move(struct scs_flow *f, struct scs_mover *m)
{
    for (int list = 0; list < NUM_LISTS; list++) {
        for (struct scs_tracked *t = f->lists[list].oldest; t != NULL; t = t->newer) {
            move_tracked(f, t, m);
        }
    }
    for (uint32_t i = 0; i < f->num_kept; i++) {
        scs_move_one(m, &f->kept[i].facts, &scs_shape_connection);
    }
    scs_secure_move(&f->secure, m);
    scs_quic_move(&f->quic, m);
    f->num_spare = 0; /* they stay behind */
}
