/* SPDX-License-Identifier: Apache-2.0 */
/* NET-*: what happened to connections that were made: resets, silence in the middle, lost and large packets. */
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/rules.h"
#include "diagnose/streams.h"

#include "base/text.h"
#include "correlate/outcome.h"

/* HTTP.sys closes idle and half-heard connections after two minutes; its clock ticks in seconds. */
#define HTTPSYS_TIMER (119 * SCS_SECOND)
/* HTTP.sys MinSendRate's counterpart for requests: Timer_MinBytesPerSecond. */
#define MIN_BYTES_PER_SECOND 240
#define SLOW_BODY_JUDGED     (20 * SCS_SECOND)
#define CLIENT_PATIENCE      (20 * SCS_SECOND)
#define ZERO_WINDOW          (5 * SCS_SECOND)
/* Full-size segments: nothing smaller meets the MTU of a usual path. */
#define FULL_SIZE       1400u
#define FULL_SIZE_LOST  3u
#define HOLE_STAYS      (5 * SCS_SECOND) /* a sender repeats what fills it within three */
#define RETRANSMISSIONS 3u
#define LOSS_MIN        100u /* data segments before 2 % of them say anything */

#define CUT_BY_CAPTURE (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_CAPTURE_END | SCS_HTTP_MIDWAY)

/* ---- who ended it, and when ------------------------------------------------------------------------- */

/* When this side first said that it will send no more; SCS_NO_TIME. */
static int64_t ended_ns(const struct scs_half *half)
{
    if (half->fin_ns == SCS_NO_TIME || half->rst_ns == SCS_NO_TIME) {
        return half->fin_ns == SCS_NO_TIME ? half->rst_ns : half->fin_ns;
    }
    return half->fin_ns < half->rst_ns ? half->fin_ns : half->rst_ns;
}

static bool ended_before(const struct scs_half *half, int64_t ts_ns)
{
    int64_t end = ended_ns(half);
    return end != SCS_NO_TIME && end < ts_ns;
}

/* The server ended the connection while the client still held it; when. */
static bool server_closed(const struct scs_connection *c, int64_t *out_ns)
{
    *out_ns = ended_ns(&c->half[SCS_TO_CLIENT]);
    return *out_ns != SCS_NO_TIME && !ended_before(&c->half[SCS_TO_SERVER], *out_ns);
}

static void say_server_end(struct scs_verdict *v, const struct scs_connection *c)
{
    scs_say_frame(v, c->half[SCS_TO_CLIENT].fin_frame);
    scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
}

static const struct scs_exchange *last_exchange(const struct scs_judge *j, const struct scs_connection *c)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    return num == 0 ? NULL : scs_judge_model(j)->exchanges[ids[num - 1] - 1];
}

/* Names the exchange of the connection that was under way when `frame` was sent, when one can be read. */
static void say_exchange_at(const struct scs_judge *j, const struct scs_connection *c, scs_frame frame, struct scs_verdict *v)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    for (uint32_t i = num; i-- > 0;) {
        const struct scs_exchange *x = scs_judge_model(j)->exchanges[ids[i] - 1];
        if (x->first_frame <= frame) {
            if (frame <= x->last_frame || x->reply == NULL) {
                scs_say_exchange(v, x);
            }
            return;
        }
    }
}

static bool sure(const struct scs_judge *j, const struct scs_connection *c)
{
    return scs_judge_concern(j, c) == SCS_CONCERN_SURE;
}

static void say_ends(struct scs_verdict *v, const struct scs_connection *c)
{
    char text[SCS_ENDPOINT_TEXT];
    scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&c->server, text));
}

static void say_reset(struct scs_verdict *v, const struct scs_half *half)
{
    scs_say_frame(v, half->rst_frame);
    if (half->usual_ttl != 0 && half->rst_ttl != half->usual_ttl) {
        scs_fact_number(v, "rst_ttl", half->rst_ttl);
        scs_fact_number(v, "usual_ttl", half->usual_ttl);
    }
}

/* ---- large packets vanish ---------------------------------------------------------------------------- */

static bool is_too_big(const struct scs_icmp_seen *icmp)
{
    return icmp->family == 4 ? icmp->type == 3 && icmp->code == 4 : icmp->type == 2;
}

/*
 * The client was there to the end, and the acknowledgement of what it had sent reached it: it did not send that again, and
 * spoke once more than the handshake and its data need.
 */
static bool client_hears(const struct scs_connection *c)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER];
    bool shook = c->handshake_ns != SCS_NO_TIME && c->handshake_ns < client->first_data_ns;
    return client->data_packets != 0 && client->retransmissions == 0 && client->packets > client->data_packets + shook;
}

/* Something smaller got through where the full-size segment did not: data acknowledged on this connection or another of the
 * same two hosts, or (request side) the server repeats its acknowledgement, which it only does for a later, smaller segment. */
static bool small_passes(const struct scs_judge *j, const struct scs_connection *c, enum scs_dir dir)
{
    uint32_t largest = scs_judge_largest_acked(j, c, dir);
    if (largest != 0) {
        return largest < c->half[dir].worst_len;
    }
    return dir == SCS_TO_SERVER ? c->half[SCS_TO_CLIENT].data_packets == 0 && c->half[SCS_TO_CLIENT].packets > c->synack_tries
                                : client_hears(c);
}

/*
 * As the receiver's side sees it: only the small end of a message came, what lies before it was at least one full segment, and
 * for seconds it was neither sent in smaller pieces nor acknowledged. The capture did not lose it.
 */
static bool never_came(const struct scs_judge *j, const struct scs_connection *c, enum scs_dir dir)
{
    const struct scs_half *half = &c->half[dir];
    return half->largest_segment < FULL_SIZE && half->unfilled_bytes >= FULL_SIZE + half->largest_segment &&
           scs_judge_largest_acked(j, c, dir) < FULL_SIZE && c->last_ns - half->last_data_ns >= HOLE_STAYS;
}

/* The direction whose full-size segments never arrive. */
static bool is_blackhole(const struct scs_judge *j, const struct scs_connection *c, enum scs_dir *out_dir)
{
    for (int dir = 0; dir < 2; dir++) {
        const struct scs_half *half = &c->half[dir];
        bool in_vain = half->worst_retransmissions >= FULL_SIZE_LOST && half->worst_len >= FULL_SIZE &&
                       half->unacked_bytes >= half->worst_len && small_passes(j, c, (enum scs_dir)dir);
        if (in_vain || never_came(j, c, (enum scs_dir)dir)) {
            *out_dir = (enum scs_dir)dir;
            return true;
        }
    }
    return false;
}

static bool pmtu_blackhole(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    enum scs_dir dir;
    if (!is_blackhole(j, c, &dir) || scs_judge_concern(j, c) == SCS_CONCERN_NONE || !scs_judge_sees_connection(j, c)) {
        return false;
    }
    const struct scs_half *half = &c->half[dir];
    bool sent = half->unfilled_bytes == 0;
    if (!sure(j, c)) {
        scs_set_confidence(v, SCS_POSSIBLE);
    }
    say_exchange_at(j, c, sent ? half->worst_frame : half->last_data_frame, v);
    scs_say_frame(v, sent ? half->worst_frame : half->last_data_frame);
    scs_say_frame(v, half->last_data_frame);
    say_ends(v, c);
    scs_fact_text(v, "sender", "%s", dir == SCS_TO_SERVER ? "client" : "server");
    if (sent) {
        scs_fact_number(v, "size", half->worst_len);
        scs_fact_number(v, "sendings", half->worst_retransmissions + 1);
    } else {
        scs_fact_number(v, "lost_bytes", (int64_t)(half->unfilled_bytes - half->largest_segment));
    }
    if (scs_judge_largest_acked(j, c, dir) != 0) {
        scs_fact_number(v, "largest_delivered", scs_judge_largest_acked(j, c, dir));
    }
    for (uint32_t i = 0; i < c->num_icmp; i++) {
        if (is_too_big(&c->icmp[i])) {
            scs_say_frame(v, c->icmp[i].frame);
            scs_fact_number(v, "mtu", c->icmp[i].mtu);
        }
    }
    return true;
}

/* Payload that fits the MTU an ICMP error asks for: IP and TCP headers without options. RFC 1191 3, RFC 8201 4. */
static uint32_t payload_of(const struct scs_icmp_seen *icmp)
{
    uint32_t headers = icmp->family == 4 ? 40 : 60;
    return icmp->mtu > headers ? icmp->mtu - headers : 0;
}

/* The sender goes on with segments that were too large, and they do not arrive at once. Sizes past an Ethernet frame are the
 * capturing host's offload, which the wire never carried. */
static bool keeps_size(const struct scs_half *half, const struct scs_icmp_seen *icmp)
{
    uint32_t fits = payload_of(icmp);
    return fits != 0 && half->largest_after_icmp > fits && half->largest_after_icmp <= 1500 && half->worst_len > fits &&
           half->worst_retransmissions >= 2;
}

static bool icmp_frag(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    enum scs_dir dir;
    if (c->num_icmp == 0 || !sure(j, c) || is_blackhole(j, c, &dir)) {
        return false;
    }
    for (uint32_t i = 0; i < c->num_icmp; i++) {
        const struct scs_icmp_seen *icmp = &c->icmp[i];
        if (!is_too_big(icmp)) {
            continue;
        }
        const struct scs_half *half = &c->half[icmp->for_client_packet ? SCS_TO_SERVER : SCS_TO_CLIENT];
        char text[SCS_ENDPOINT_TEXT];
        scs_say_frame(v, icmp->frame);
        scs_set_moment(v, icmp->ts_ns);
        say_ends(v, c);
        scs_fact_text(v, "from", "%s", scs_addr_text(&icmp->from, text));
        if (icmp->mtu != 0) {
            scs_fact_number(v, "mtu", icmp->mtu);
        }
        if (keeps_size(half, icmp)) {
            scs_set_severity(v, SCS_SEV_WARNING);
            scs_fact_number(v, "still_sent", half->largest_after_icmp);
        } else if (half->largest_after_icmp != 0 && half->largest_after_icmp <= payload_of(icmp)) {
            scs_fact_number(v, "then_sent", half->largest_after_icmp);
        }
        return true;
    }
    return false;
}

/* ---- requests that were never finished ------------------------------------------------------------------ */

/* The client began something that the server never answered, and no exchange came of it: half a request line. */
static bool is_unread_start(const struct scs_connection *c, const struct scs_exchange *last)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    if ((c->flags & SCS_CONN_TLS) != 0 || client->data_packets == 0) {
        return false;
    }
    if (last == NULL) {
        return server->data_packets == 0 && (c->flags & SCS_CONN_MIDSTREAM) == 0;
    }
    return last->reply != NULL && server->last_data_ns != SCS_NO_TIME && client->last_data_ns > server->last_data_ns;
}

static bool header_wait(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    int64_t closed;
    if (!server_closed(c, &closed) || c->half[SCS_TO_SERVER].data_packets == 0 ||
        closed - c->half[SCS_TO_SERVER].last_data_ns < HTTPSYS_TIMER || !sure(j, c) || !scs_judge_sees_connection(j, c)) {
        return false;
    }
    const struct scs_exchange *x = last_exchange(j, c);
    bool half_head = x != NULL && x->reply == NULL && x->request != NULL &&
                     (x->request->m.flags & (SCS_HTTP_HEAD_COMPLETE | CUT_BY_CAPTURE)) == 0;
    if (half_head) {
        scs_say_exchange(v, x);
        scs_fact_number(v, "received", x->request->m.raw_len);
        scs_set_moment(v, x->started_ns);
    } else if (is_unread_start(c, x)) {
        scs_say_frame(v, c->half[SCS_TO_SERVER].last_data_frame);
        scs_set_confidence(v, SCS_LIKELY);
        if (x == NULL) {
            scs_fact_number(v, "received", (int64_t)c->half[SCS_TO_SERVER].bytes);
        }
    } else {
        return false;
    }
    say_server_end(v, c);
    say_ends(v, c);
    scs_fact_number(v, "silence_s", (closed - c->half[SCS_TO_SERVER].last_data_ns) / SCS_SECOND);
    return true;
}

static bool slow_body(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_connection *c = x->connection;
    int64_t closed;
    (void)j;
    if (x->request == NULL ||
        (x->request->m.flags & (SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE | CUT_BY_CAPTURE)) != SCS_HTTP_HEAD_COMPLETE ||
        (x->reply != NULL && x->reply->status != 408) || !server_closed(c, &closed)) {
        return false;
    }
    int64_t lasted = closed - x->request->m.first_ns, silence = closed - c->half[SCS_TO_SERVER].last_data_ns;
    bool starved = lasted >= SLOW_BODY_JUDGED && (int64_t)x->request->m.body_len < lasted / SCS_SECOND * MIN_BYTES_PER_SECOND;
    if (!starved && silence < HTTPSYS_TIMER) {
        return false;
    }
    scs_say_exchange(v, x);
    say_server_end(v, c);
    say_ends(v, c);
    scs_fact_number(v, "received", x->request->m.body_len);
    if ((x->request->m.flags & SCS_HTTP_HAS_LENGTH) != 0) {
        scs_fact_number(v, "announced", x->request->m.declared_len);
    }
    scs_fact_number(v, "lasted_s", lasted / SCS_SECOND);
    scs_fact_number(v, "silence_s", silence / SCS_SECOND);
    return true;
}

/* ---- resets and impatience ------------------------------------------------------------------------------- */

/* A reset with another TTL than the side's own packets was made by somebody else in its name. */
static bool is_foreign_reset(const struct scs_half *half)
{
    return half->rst_ns != SCS_NO_TIME && half->usual_ttl != 0 && half->rst_ttl != half->usual_ttl;
}

/*
 * The side in whose name the connection was reset while both still held it: the server, or the client when a
 * box on the way speaks for it (seen at the server, where its reset in the server's name never passes). NULL: neither.
 */
static const struct scs_half *reset_side(const struct scs_connection *c)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    if (is_foreign_reset(client) && !ended_before(client, client->rst_ns) && !ended_before(server, client->rst_ns)) {
        return client;
    }
    if (server->rst_ns != SCS_NO_TIME && !ended_before(client, server->rst_ns) && !ended_before(server, server->rst_ns)) {
        return server;
    }
    return NULL;
}

/* HTTP/2: not the connection is reset but one of its streams. */
static bool stream_reset(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_exchange *x = scs_streams_reset_early(j, c);
    if (x == NULL || !sure(j, c)) {
        return false;
    }
    scs_say_exchange(v, x);
    scs_streams_say_end(v, x);
    scs_set_moment(v, x->started_ns);
    scs_fact_number(v, "request_bytes", x->request->m.raw_len);
    scs_fact_number(v, "target_length", x->request->target_len);
    say_ends(v, c);
    scs_fact_text(v, "name", "server");
    scs_fact_number(v, "after_ms", (x->stream_end.ts_ns - x->request->m.last_ns) / (SCS_SECOND / 1000));
    return true;
}

/* After the last answer the client began another request, whose head never became whole: a filter that reads along. */
static bool is_next_request(const struct scs_connection *c, const struct scs_exchange *x)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    bool farewell = c->tls != NULL && (c->tls->flags & SCS_TLS_CLOSE_NOTIFY_CLIENT) != 0;
    return x->reply != NULL && (x->reply->m.flags & SCS_HTTP_COMPLETE) != 0 && client->last_data_ns > x->reply->m.last_ns &&
           server->last_data_ns <= x->reply->m.last_ns && client->retransmissions == 0 && !farewell;
}

static bool rst_request(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    if (stream_reset(j, c, v)) {
        return true;
    }
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT], *side = reset_side(c);
    if (side == NULL || client->first_data_ns == SCS_NO_TIME || side->rst_ns < client->first_data_ns || server->hole ||
        !sure(j, c) || !scs_judge_sees_connection(j, c)) {
        return false;
    }
    const struct scs_exchange *x = last_exchange(j, c);
    if (x == NULL && (server->data_packets != 0 || (c->flags & (SCS_CONN_MIDSTREAM | SCS_CONN_TLS)) != 0)) {
        return false; /* what was answered cannot be told; a ClientHello that is reset is tls-no-serverhello */
    }
    bool next = x != NULL && is_next_request(c, x) && side->rst_ns >= client->last_data_ns;
    if (x != NULL && !next && (x->reply != NULL || x->request == NULL || side->rst_ns < x->started_ns)) {
        return false;
    }
    if (next) {
        scs_say_frame(v, client->last_data_frame);
        scs_set_moment(v, client->last_data_ns);
        scs_fact_text(v, "begun", "it never became whole");
    } else if (x != NULL) {
        scs_say_exchange(v, x);
        scs_set_moment(v, x->started_ns);
        scs_fact_number(v, "request_bytes", x->request->m.raw_len);
        scs_fact_number(v, "target_length", x->request->target_len);
    } else {
        scs_say_frame(v, client->first_data_frame);
        scs_fact_number(v, "request_bytes", (int64_t)client->bytes);
    }
    if (x == NULL || next || side == client) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    say_ends(v, c);
    say_reset(v, side);
    scs_fact_text(v, "name", "%s", side == client ? "client" : "server");
    scs_fact_number(v, "after_ms", (side->rst_ns - client->last_data_ns) / (SCS_SECOND / 1000));
    return true;
}

/* By how it ended: a FIN before the last byte is http-body-short, a RST is this. */
static bool rst_reply(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_half *client = &x->connection->half[SCS_TO_SERVER], *server = &x->connection->half[SCS_TO_CLIENT];
    (void)j;
    if (x->reply == NULL || x->stream_end.how != SCS_STREAM_REGULAR ||
        (x->reply->m.flags & (SCS_HTTP_COMPLETE | SCS_HTTP_NETWORK_CUT | CUT_BY_CAPTURE)) != SCS_HTTP_NETWORK_CUT) {
        return false;
    }
    bool by_client = server->rst_ns == SCS_NO_TIME || (client->rst_ns != SCS_NO_TIME && client->rst_ns < server->rst_ns);
    const struct scs_half *ender = by_client ? client : server;
    if (ender->rst_ns == SCS_NO_TIME || ender->rst_ns < x->reply->m.first_ns ||
        (server->fin_ns != SCS_NO_TIME && server->fin_ns < ender->rst_ns)) {
        return false;
    }
    scs_say_exchange(v, x);
    say_ends(v, x->connection);
    say_reset(v, ender);
    scs_fact_text(v, "by", "%s", by_client ? "client" : "server");
    scs_fact_number(v, "received", x->reply->m.body_len);
    if ((x->reply->m.flags & SCS_HTTP_HAS_LENGTH) != 0) {
        scs_fact_number(v, "announced", x->reply->m.declared_len);
    }
    return true;
}

static bool client_abort(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_half *client = &x->connection->half[SCS_TO_SERVER], *server = &x->connection->half[SCS_TO_CLIENT];
    (void)j;
    if (x->reply != NULL || x->request == NULL || x->outcome != SCS_OUTCOME_UNANSWERED ||
        (x->request->m.flags & (SCS_HTTP_COMPLETE | CUT_BY_CAPTURE)) != SCS_HTTP_COMPLETE) {
        return false;
    }
    bool cancelled = x->stream_end.how == SCS_STREAM_RESET_BY_CLIENT;
    int64_t end = cancelled ? x->stream_end.ts_ns : ended_ns(client);
    bool heard = client->unacked_bytes == 0 && server->missing_bytes == 0; /* the server has the request, and is silent */
    if (end == SCS_NO_TIME || !heard || end - x->request->m.last_ns <= CLIENT_PATIENCE || ended_before(server, end)) {
        return false;
    }
    scs_say_exchange(v, x);
    scs_streams_say_end(v, x);
    scs_say_frame(v, cancelled ? 0 : client->fin_frame != 0 ? client->fin_frame : client->rst_frame);
    say_ends(v, x->connection);
    scs_fact_number(v, "waited_s", (end - x->request->m.last_ns) / SCS_SECOND);
    return true;
}

/* ---- a poor path ------------------------------------------------------------------------------------------ */

/* Some exchange of the connection lasted as long as the window was shut, or nothing can be read on it. */
static bool was_mid_message(const struct scs_judge *j, const struct scs_connection *c)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_judge_model(j)->exchanges[ids[i] - 1];
        if (x->duration_ns == SCS_NO_TIME || x->duration_ns >= ZERO_WINDOW) {
            return true;
        }
    }
    return num == 0;
}

/* HTTP/2 has windows of its own, which a receiver may leave shut while TCP's is open. */
static bool stream_window(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    struct scs_streams_stall found;
    if (!scs_streams_stalled(j, c, ZERO_WINDOW, &found) || !sure(j, c) || !scs_judge_sees_connection(j, c)) {
        return false;
    }
    scs_say_exchange(v, found.exchange);
    scs_say_frame(v, found.stall->frame);
    say_ends(v, c);
    scs_fact_text(v, "side", "%s", found.by_server ? "server" : "client");
    scs_fact_number(v, "seconds", found.lasted_ns / SCS_SECOND);
    scs_fact_text(v, "window", "%s", found.stall->whole_connection ? "connection" : "stream");
    return true;
}

static bool zero_window(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    for (int dir = 0; dir < 2; dir++) {
        const struct scs_half *half = &c->half[dir];
        if (half->zero_window_ns <= ZERO_WINDOW || !sure(j, c) || !was_mid_message(j, c)) {
            continue;
        }
        say_exchange_at(j, c, half->zero_window_frame, v);
        scs_say_frame(v, half->zero_window_frame);
        say_ends(v, c);
        scs_fact_text(v, "side", "%s", dir == SCS_TO_SERVER ? "client" : "server");
        scs_fact_number(v, "seconds", half->zero_window_ns / SCS_SECOND);
        return true;
    }
    return stream_window(j, c, v);
}

/* What was repeated is an answer that never arrived: deliv-reply-lost tells that. */
static bool repeats_lost_answer(const struct scs_judge *j, const struct scs_connection *c, enum scs_dir dir)
{
    const struct scs_exchange *x = last_exchange(j, c);
    const struct scs_half *half = &c->half[dir];
    return dir == SCS_TO_CLIENT && x != NULL && x->scep_reply != NULL && scs_outcome_undelivered(x) &&
           half->retransmissions == half->worst_retransmissions;
}

static bool retransmissions(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    enum scs_dir hole;
    for (int dir = 0; dir < 2; dir++) {
        const struct scs_half *half = &c->half[dir];
        bool lossy = half->data_packets >= LOSS_MIN && half->retransmissions > half->data_packets / 50;
        if ((half->worst_retransmissions <= RETRANSMISSIONS && !lossy) || !sure(j, c) || is_blackhole(j, c, &hole) ||
            repeats_lost_answer(j, c, (enum scs_dir)dir)) {
            continue;
        }
        say_exchange_at(j, c, half->worst_frame, v);
        scs_say_frame(v, half->worst_frame);
        say_ends(v, c);
        scs_fact_text(v, "sender", "%s", dir == SCS_TO_SERVER ? "client" : "server");
        scs_fact_number(v, "retransmissions", half->retransmissions);
        scs_fact_number(v, "segments", half->data_packets);
        if (half->worst_retransmissions > 1) {
            scs_fact_number(v, "worst", half->worst_retransmissions);
        }
        return true;
    }
    return false;
}

/* ---- healthy, but good to know ---------------------------------------------------------------------------- */

static bool port_reuse(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    if ((c->flags & SCS_CONN_PORT_REUSED) == 0 || !sure(j, c)) {
        return false;
    }
    scs_say_frame(v, c->first_frame);
    say_ends(v, c);
    scs_fact_number(v, "client_port", c->client.port);
    return true;
}

static bool idle_close(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    int64_t closed, since = server->last_data_ns != SCS_NO_TIME ? server->last_data_ns : c->handshake_ns;
    if (!server_closed(c, &closed) || since == SCS_NO_TIME || closed - since < HTTPSYS_TIMER || !sure(j, c) ||
        (client->last_data_ns != SCS_NO_TIME && client->last_data_ns > since)) {
        return false;
    }
    const struct scs_exchange *x = last_exchange(j, c);
    if (x != NULL && (x->reply == NULL || (x->reply->m.flags & SCS_HTTP_COMPLETE) == 0)) {
        return false;
    }
    say_server_end(v, c);
    say_ends(v, c);
    scs_set_moment(v, closed);
    scs_fact_number(v, "idle_s", (closed - since) / SCS_SECOND);
    return true;
}

#define CONNECTION(id, level, sure, cause, function)                                                                             \
    {                                                                                                                            \
        id, SCS_SEV_##level, SCS_##sure, SCS_DEPTH_NETWORK, SCS_SCOPE_CONNECTION, cause,                                         \
        {                                                                                                                        \
            .connection = function                                                                                               \
        }                                                                                                                        \
    }
#define EXCHANGE(id, level, sure, depth, function)                                                                               \
    {                                                                                                                            \
        id, SCS_SEV_##level, SCS_##sure, SCS_DEPTH_##depth, SCS_SCOPE_EXCHANGE, true,                                            \
        {                                                                                                                        \
            .exchange = function                                                                                                 \
        }                                                                                                                        \
    }

const struct scs_rule scs_rules_network[] = {
    CONNECTION("net-pmtu-blackhole", ERROR, LIKELY, true, pmtu_blackhole),
    CONNECTION("net-header-wait", ERROR, CERTAIN, true, header_wait),
    EXCHANGE("net-slow-body", ERROR, CERTAIN, NETWORK, slow_body),
    CONNECTION("net-rst-request", ERROR, CERTAIN, true, rst_request),
    EXCHANGE("net-rst-reply", ERROR, CERTAIN, NETWORK, rst_reply),
    /* A device gives up because of what keeps the server busy: that is the cause wherever it shows. */
    EXCHANGE("net-client-abort", WARNING, CERTAIN, NDES, client_abort),
    CONNECTION("net-zero-window", WARNING, LIKELY, false, zero_window),
    CONNECTION("net-retrans", WARNING, LIKELY, false, retransmissions),
    CONNECTION("net-icmp-frag", INFO, CERTAIN, false, icmp_frag),
    CONNECTION("net-port-reuse", INFO, LIKELY, false, port_reuse),
    CONNECTION("net-idle-close", INFO, CERTAIN, false, idle_close),
};
const size_t scs_num_rules_network = sizeof scs_rules_network / sizeof scs_rules_network[0];
