/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "dissectors/scep.h"
#include "flow/flow.h"

#define GET_CAPS "GET /certsrv/mscep/mscep.dll?operation=GetCACaps HTTP/1.1\r\nHost: ndes\r\n\r\n"
#define CAPS_OK  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nSHA-1\n"
#define CERT_REP "HTTP/1.1 200 OK\r\nContent-Type: application/x-pki-message\r\nContent-Length: 6\r\n\r\nSHA-1\n"
#define GET_PAGE "GET /index.html HTTP/1.1\r\nHost: ndes\r\n\r\n"

/* Segments between one client (10.5.14.7) and one server (10.5.1.4); finished exchanges are written down. */
struct scene {
    struct scs_arena *keep;
    struct scs_intern *intern;
    struct scs_limits_hit limits;
    struct scs_flow *flow;
    struct scs_buf told;
    scs_frame frame;
    int64_t now_ns;
    uint16_t ip_id, client_port, server_port;
    uint32_t client_seq, server_seq;
};

static bool wants(void *ctx, const struct scs_cursor *method, const struct scs_cursor *target)
{
    struct scs_scep_target t;
    (void)ctx;
    (void)method;
    scs_scep_read_target(target, NULL, 0, &t);
    return t.path_kind != SCS_PATH_NOT_SCEP;
}

static bool wants_reply(void *ctx, const char *content_type)
{
    (void)ctx;
    return content_type != NULL && strstr(content_type, "x-pki-message") != NULL;
}

static void done(void *ctx, const struct scs_http_pair *pair)
{
    struct scene *s = ctx;
    scs_buf_printf(&s->told, "%s %d%s;", pair->request != NULL ? pair->request->method : "-",
                   pair->reply != NULL ? pair->reply->status : 0,
                   pair->request != NULL && (pair->request->m.flags & SCS_HTTP_CAPTURE_GAP) != 0 ? " gap" : "");
}

static void revocation(void *ctx, const struct scs_http_pair *pair)
{
    struct scene *s = ctx;
    scs_buf_printf(&s->told, "revocation %d;", pair->reply != NULL ? pair->reply->status : 0);
}

static struct scs_flow *new_flow(struct scene *s, const struct scs_endpoint *named, uint32_t num_named)
{
    return scs_flow_new(&(struct scs_flow_options){.servers = named,
                                                   .num_servers = num_named,
                                                   .keep = s->keep,
                                                   .revocation = revocation,
                                                   .http = {.ctx = s,
                                                            .keep = s->keep,
                                                            .intern = s->intern,
                                                            .limits = &s->limits,
                                                            .wants = wants,
                                                            .wants_reply = wants_reply,
                                                            .done = done}});
}

static int open_scene(void **state)
{
    static struct scene s;
    s = (struct scene){.keep = scs_arena_new(), .client_port = 51544, .server_port = 80, .client_seq = 1000, .server_seq = 9000};
    s.intern = scs_intern_new(s.keep);
    scs_buf_init(&s.told, 4096);
    s.flow = new_flow(&s, NULL, 0);
    *state = &s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    scs_flow_free(s->flow);
    scs_intern_free(s->intern);
    scs_arena_free(s->keep);
    scs_buf_cleanup(&s->told);
    return 0;
}

static void send_raw(struct scene *s, bool to_server, uint8_t flags, uint32_t seq, uint32_t ack, const char *bytes,
                     uint16_t ip_id)
{
    struct scs_packet packet = {.frame = ++s->frame, .ts_ns = s->now_ns += 1000000};
    struct scs_endpoint client = {.addr = {.family = 4, .bytes = {10, 5, 14, 7}}, .port = s->client_port};
    struct scs_endpoint server = {.addr = {.family = 4, .bytes = {10, 5, 1, 4}}, .port = s->server_port};
    struct scs_segment seg = {.packet = &packet,
                              .proto = SCS_PROTO_TCP,
                              .src = to_server ? client : server,
                              .dst = to_server ? server : client,
                              .ttl = 64,
                              .ip_id = ip_id,
                              .window = 1000,
                              .flags = flags,
                              .seq = seq,
                              .ack = ack,
                              .payload = scs_cursor_of(bytes, strlen(bytes)),
                              .payload_wire_len = (uint32_t)strlen(bytes)};
    scs_flow_segments(s->flow, &seg, 1);
}

static void from_client(struct scene *s, uint8_t flags, const char *bytes)
{
    send_raw(s, true, flags, s->client_seq, s->server_seq, bytes, ++s->ip_id);
    s->client_seq += (uint32_t)strlen(bytes) + ((flags & (SCS_TCP_SYN | SCS_TCP_FIN)) != 0);
}

static void from_server(struct scene *s, uint8_t flags, const char *bytes)
{
    send_raw(s, false, flags, s->server_seq, s->client_seq, bytes, ++s->ip_id);
    s->server_seq += (uint32_t)strlen(bytes) + ((flags & (SCS_TCP_SYN | SCS_TCP_FIN)) != 0);
}

static void handshake(struct scene *s)
{
    from_client(s, SCS_TCP_SYN, "");
    from_server(s, SCS_TCP_SYN | SCS_TCP_ACK, "");
    from_client(s, SCS_TCP_ACK, "");
}

static const struct scs_connection *const *finish(struct scene *s, uint32_t *num)
{
    scs_flow_finish(s->flow);
    return scs_flow_connections(s->flow, s->keep, num);
}

#define assert_told(s, text) assert_string_equal(scs_buf_cstr(&(s)->told), (text))

/* Catches a spine that loses the exchange, the handshake or the end of an ordinary connection. */
static void ordinary(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    from_client(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
    from_server(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
    from_client(s, SCS_TCP_ACK, "");
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(num, 1);
    assert_int_equal(c[0]->state, SCS_CONN_CLOSED);
    assert_true((c[0]->flags & SCS_CONN_HANDSHAKE) != 0);
    assert_true((c[0]->flags & SCS_CONN_SCEP_SERVER) != 0);
    assert_int_equal(c[0]->first_frame, 1);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].bytes, strlen(GET_CAPS));
}

/* Catches state kept, or an exchange told, for traffic that is none of ours; and missing what follows on the same connection. */
static void other_requests_first(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_PAGE);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    (void)finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(num, 1);
}

static void none_of_ours(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_PAGE);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    (void)finish(s, &num);
    assert_told(s, "");
    assert_int_equal(num, 0);
}

/* Catches a first glance that needs the whole request line in one segment. */
static void split_at_every_byte(void **state)
{
    struct scene *s = *state;
    static const char request[] = GET_CAPS;
    for (size_t cut = 1; cut < sizeof request - 1; cut++) {
        char head[sizeof request] = "";
        memcpy(head, request, cut);
        s->client_port++;
        scs_buf_clear(&s->told);
        handshake(s);
        from_client(s, SCS_TCP_ACK, head);
        from_client(s, SCS_TCP_ACK, request + cut);
        from_server(s, SCS_TCP_ACK, CAPS_OK);
        assert_told(s, "GET 200;");
    }
}

/* Catches losing the first of two segments that came in the wrong order, and calling it a gap. */
static void first_segments_out_of_order(void **state)
{
    struct scene *s = *state;
    handshake(s);
    uint32_t start = s->client_seq;
    s->client_seq += 10;
    from_client(s, SCS_TCP_ACK, &GET_CAPS[10]);
    char head[11] = "";
    memcpy(head, GET_CAPS, 10);
    send_raw(s, true, SCS_TCP_ACK, start, s->server_seq, head, ++s->ip_id);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->half[SCS_TO_SERVER].missing_bytes, 0);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].retransmissions, 0);
}

/* Catches a reply that the capture put before its request: told as nobody's, and the request as unanswered. */
static void reply_before_request(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t request = s->client_seq, reply = s->server_seq;
    send_raw(s, false, SCS_TCP_ACK, reply, request + (uint32_t)strlen(GET_CAPS), CAPS_OK, ++s->ip_id);
    send_raw(s, true, SCS_TCP_ACK, request, reply, GET_CAPS, ++s->ip_id);
    uint32_t num;
    (void)finish(s, &num);
    assert_told(s, "GET 200;GET 200;");
}

/* The same with the connection's first request, before which nobody follows it. */
static void first_reply_before_request(void **state)
{
    struct scene *s = *state;
    handshake(s);
    uint32_t request = s->client_seq, reply = s->server_seq;
    send_raw(s, false, SCS_TCP_ACK, reply, request + (uint32_t)strlen(GET_CAPS), CERT_REP, ++s->ip_id);
    send_raw(s, true, SCS_TCP_ACK, request, reply, GET_CAPS, ++s->ip_id);
    uint32_t num;
    (void)finish(s, &num);
    assert_told(s, "GET 200;");
}

/* Catches the reply to a request that the capture lost given to the request after it. */
static void reply_to_lost_request(void **state)
{
    struct scene *s = *state;
    handshake(s);
    s->client_seq += (uint32_t)strlen(GET_CAPS);
    from_server(s, SCS_TCP_ACK, CERT_REP);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    s->now_ns += INT64_C(50000000);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    (void)finish(s, &num);
    assert_told(s, "- 200;GET 200;");
}

/* Catches an exchange told twice, and a copy by the capture taken for the network's retransmission. */
static void duplicate_is_no_retransmission(void **state)
{
    struct scene *s = *state;
    handshake(s);
    uint32_t start = s->client_seq;
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    send_raw(s, true, SCS_TCP_ACK, start, s->server_seq, GET_CAPS, s->ip_id);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->duplicates, 1);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].retransmissions, 0);
}

static void retransmission_is_no_duplicate(void **state)
{
    struct scene *s = *state;
    handshake(s);
    uint32_t start = s->client_seq;
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    for (int i = 0; i < 3; i++) {
        s->now_ns += INT64_C(400000000);
        send_raw(s, true, SCS_TCP_ACK, start, s->server_seq, GET_CAPS, ++s->ip_id);
    }
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->half[SCS_TO_SERVER].worst_retransmissions, 3);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].retransmissions, 3);
    assert_int_equal(c[0]->duplicates, 0);
}

/* Catches a reply called lost whose acknowledgement came with a reset, and a forged reset taken for a receipt. */
static void reset_acknowledges(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    send_raw(s, true, SCS_TCP_RST | SCS_TCP_ACK, s->client_seq, s->server_seq + 70000, "", ++s->ip_id);
    send_raw(s, true, SCS_TCP_RST | SCS_TCP_ACK, s->client_seq, s->server_seq, "", ++s->ip_id);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(c[0]->half[SCS_TO_CLIENT].unacked_bytes, 0);
    assert_int_equal(c[0]->half[SCS_TO_CLIENT].missing_bytes, 0);
    assert_int_equal(c[0]->state, SCS_CONN_RESET);
}

/* Catches blocked clients left out, and the same SYN captured twice counted as a retry. */
static void blocked(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 3; i++) {
        send_raw(s, true, SCS_TCP_SYN, 1000, 0, "", (uint16_t)(i + 1));
        send_raw(s, true, SCS_TCP_SYN, 1000, 0, "", (uint16_t)(i + 1));
        s->now_ns += INT64_C(1000000000) << i;
    }
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 1);
    assert_int_equal(c[0]->state, SCS_CONN_BLOCKED);
    assert_int_equal(c[0]->syn_tries, 3);
}

static void refused(void **state)
{
    struct scene *s = *state;
    from_client(s, SCS_TCP_SYN, "");
    from_server(s, SCS_TCP_RST | SCS_TCP_ACK, "");
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 1);
    assert_int_equal(c[0]->state, SCS_CONN_REFUSED);
}

/* Catches a service that was just starting taken for one that stayed away: Windows sends the refused SYN again. */
static void refused_at_first(void **state)
{
    struct scene *s = *state;
    from_client(s, SCS_TCP_SYN, "");
    send_raw(s, false, SCS_TCP_RST | SCS_TCP_ACK, 0, s->client_seq, "", 0);
    s->now_ns += INT64_C(500000000);
    s->client_seq--;
    handshake(s);
    from_client(s, SCS_TCP_ACK, "GET /certsrv/mscep/mscep.dll?operation=GetCACaps HTTP/1.1\r\n\r\n");
    from_server(s, SCS_TCP_ACK, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 1);
    assert_int_equal(c[0]->syn_tries, 2);
    assert_int_equal(c[0]->num_exchanges, 1);
    assert_int_equal(c[0]->state, SCS_CONN_OPEN);
}

/* Catches somebody else's blocked connections told beside a working SCEP server. */
static void blocked_elsewhere(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    s->server_port = 8443;
    send_raw(s, true, SCS_TCP_SYN, 1, 0, "", 1);
    s->now_ns += INT64_C(1000000000);
    send_raw(s, true, SCS_TCP_SYN, 1, 0, "", 2);
    uint32_t num;
    (void)finish(s, &num);
    assert_int_equal(num, 1);
}

/* The SCEP server, now the client, calls port `port` of another host in vain. */
static void call_from_server(struct scene *s, uint16_t port)
{
    for (uint16_t i = 1; i <= 2; i++) {
        struct scs_packet packet = {.frame = ++s->frame, .ts_ns = s->now_ns += INT64_C(1000000000)};
        struct scs_segment seg = {.packet = &packet,
                                  .proto = SCS_PROTO_TCP,
                                  .src = {.addr = {.family = 4, .bytes = {10, 5, 1, 4}}, .port = 54790},
                                  .dst = {.addr = {.family = 4, .bytes = {10, 5, 1, 9}}, .port = port},
                                  .ttl = 64,
                                  .ip_id = i,
                                  .flags = SCS_TCP_SYN,
                                  .seq = 1};
        scs_flow_segments(s->flow, &seg, 1);
    }
}

/* Catches a SCEP server's calls to its CA left out or taken for a SCEP client's, and its other calls kept. */
static void server_calls_ca(void **state)
{
    struct scene *s = *state;
    call_from_server(s, 135);
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    call_from_server(s, 3389);
    call_from_server(s, 49664);
    call_from_server(s, 389);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 3);
    assert_int_equal(c[2]->flags & SCS_CONN_CA_SIDE, SCS_CONN_CA_SIDE);
    assert_int_equal(c[0]->flags & SCS_CONN_CA_SIDE, 0);
    assert_int_equal(c[1]->flags & SCS_CONN_CA_SIDE, SCS_CONN_CA_SIDE);
    assert_int_equal(c[1]->server.port, 49664);
}

/* `from` asks 10.5.1.9:80 for a page or a list and gets "not found". */
static void fetch(struct scene *s, const uint8_t from[4], uint16_t port, const char *request)
{
    static const char not_found[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    const char *bytes[] = {request, not_found};
    for (int k = 0; k < 2; k++) {
        struct scs_packet packet = {.frame = ++s->frame, .ts_ns = s->now_ns += 1000000};
        struct scs_endpoint client = {.addr = {.family = 4}, .port = port};
        struct scs_endpoint server = {.addr = {.family = 4, .bytes = {10, 5, 1, 9}}, .port = 80};
        memcpy(client.addr.bytes, from, 4);
        struct scs_segment seg = {.packet = &packet,
                                  .proto = SCS_PROTO_TCP,
                                  .src = k == 0 ? client : server,
                                  .dst = k == 0 ? server : client,
                                  .ttl = 64,
                                  .flags = SCS_TCP_ACK,
                                  .seq = k == 0 ? 100 : 500,
                                  .ack = k == 0 ? 500 : 100 + (uint32_t)strlen(request),
                                  .payload = scs_cursor_of(bytes[k], strlen(bytes[k])),
                                  .payload_wire_len = (uint32_t)strlen(bytes[k])};
        scs_flow_segments(s->flow, &seg, 1);
    }
}

/* Catches everybody's revocation lists followed, other pages of the server, and lists told as exchanges or connections. */
static void revocation_of_server(void **state)
{
    static const uint8_t server[] = {10, 5, 1, 4}, other[] = {10, 5, 14, 8};
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    fetch(s, other, 40001, "GET /CA.crl HTTP/1.1\r\nHost: pki\r\n\r\n");
    fetch(s, server, 40002, "GET /index.html?x=.crl HTTP/1.1\r\nHost: pki\r\n\r\n");
    fetch(s, server, 40003, "GET /CA.crl HTTP/1.1\r\nHost: pki\r\n\r\n");
    fetch(s, server, 40004,
          "POST / HTTP/1.1\r\nHost: pki\r\nContent-Type: application/ocsp-request\r\nContent-Length: 1\r\n\r\n0");
    uint32_t num;
    (void)finish(s, &num);
    assert_int_equal(num, 1);
    assert_told(s, "GET 200;revocation 404;revocation 404;");
}

/* Catches joining two connections that used one four-tuple after each other. */
static void port_reuse(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 2; i++) {
        s->client_seq = 1000 + 100000u * (uint32_t)i;
        handshake(s);
        from_client(s, SCS_TCP_ACK, GET_CAPS);
        from_server(s, SCS_TCP_ACK, CAPS_OK);
    }
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;GET 200;");
    assert_int_equal(num, 2);
    assert_int_equal(c[0]->stream, 0);
    assert_int_equal(c[1]->stream, 1);
    assert_true((c[1]->flags & SCS_CONN_PORT_REUSED) != 0);
}

/* Catches a late copy of a request, after the connection ended, told as another exchange. */
static void late_copy(void **state)
{
    struct scene *s = *state;
    handshake(s);
    uint32_t start = s->client_seq;
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    from_client(s, SCS_TCP_ACK | SCS_TCP_RST, "");
    send_raw(s, true, SCS_TCP_ACK, start, s->server_seq, GET_CAPS, ++s->ip_id);
    uint32_t num;
    (void)finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(num, 1);
}

/* Catches a capture that begins inside a connection being left out, or taken for one with a handshake. */
static void midstream(void **state)
{
    struct scene *s = *state;
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_true((c[0]->flags & SCS_CONN_MIDSTREAM) != 0);
    assert_int_equal(c[0]->server.port, 80);
}

/* Catches a hole that the server acknowledged taken for a loss of the network. */
static void lost_by_the_capture(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK,
                "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nContent-Length: 30\r\n\r\n0123456789");
    s->client_seq += 10;
    from_client(s, SCS_TCP_ACK, "0123456789");
    s->now_ns += INT64_C(100000000);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    s->now_ns += INT64_C(100000000);
    from_client(s, SCS_TCP_ACK, "");
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "POST 200 gap;");
    assert_int_equal(c[0]->half[SCS_TO_SERVER].missing_bytes, 10);
}

/*
 * Catches the answer to a lost request given to the next one, while the end of the reply before it was lost as well: both
 * directions go on behind their holes in the order that acknowledgements show, also where the capture ends at once.
 */
static void lost_in_both_directions(void **state)
{
    for (unsigned ends = 0; ends < 2; ends++) {
        if (ends) {
            close_scene(state);
            open_scene(state);
        }
        struct scene *s = *state;
        handshake(s);
        from_client(s, SCS_TCP_ACK, GET_CAPS);
        from_server(s, SCS_TCP_ACK, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nSHA-1\n");
        s->server_seq += 994;
        from_client(s, SCS_TCP_ACK, "");
        s->client_seq += 132;
        from_server(s, SCS_TCP_ACK, CAPS_OK);
        from_client(s, SCS_TCP_ACK,
                    "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nContent-Length: 4\r\n\r\n0123");
        from_server(s, SCS_TCP_ACK, "");
        s->now_ns += ends ? 0 : INT64_C(100000000);
        from_server(s, SCS_TCP_ACK, CERT_REP);
        from_client(s, SCS_TCP_ACK, "");
        uint32_t num;
        (void)finish(s, &num);
        assert_told(s, "GET 200;POST 200;");
    }
}

/* Catches a lost request of a connection that nobody reads, as nothing on it looks like SCEP, left unnoticed. */
static void lost_and_not_read(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    for (unsigned lost = 0; lost < 3; lost++) {
        s->client_port++;
        handshake(s);
        s->client_seq += lost == 2 ? 0 : 40;
        if (lost == 1) {
            from_client(s, SCS_TCP_ACK, "the end of a request");
        }
        from_server(s, SCS_TCP_ACK, CAPS_OK);
        from_client(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
        from_server(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
    }
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(num, 3);
    assert_int_equal(c[1]->half[SCS_TO_SERVER].missing_bytes, 40);
    assert_int_equal(c[2]->half[SCS_TO_SERVER].missing_bytes, 40);
    assert_int_equal(c[2]->half[SCS_TO_CLIENT].missing_bytes, 0);
}

/* Catches segments put out of order on a connection that nobody reads taken for lost ones. */
static void late_and_not_read(void **state)
{
    struct scene *s = *state;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    s->client_port++;
    handshake(s);
    send_raw(s, true, SCS_TCP_ACK, s->client_seq + 10, s->server_seq, "0123456789", 100);
    send_raw(s, false, SCS_TCP_ACK, s->server_seq, s->client_seq + 30, "", 101);
    send_raw(s, true, SCS_TCP_ACK, s->client_seq, s->server_seq, "0123456789", 102);
    send_raw(s, true, SCS_TCP_ACK, s->client_seq + 20, s->server_seq, "0123456789", 103);
    send_raw(s, false, SCS_TCP_RST, s->server_seq, s->client_seq + 30, "", 104);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    for (uint32_t i = 0; i < num; i++) {
        assert_int_equal(c[i]->half[SCS_TO_SERVER].missing_bytes, 0);
    }
}

/* Catches --server without effect on a server whose traffic cannot be read. */
static void named_server(void **state)
{
    struct scene *s = *state;
    struct scs_endpoint named = {.addr = {.family = 4, .bytes = {10, 5, 1, 4}}, .port = 0};
    scs_flow_free(s->flow);
    s->flow = new_flow(s, &named, 1);
    s->server_port = 9443;
    handshake(s);
    from_client(s, SCS_TCP_ACK, "\x16\x03\x01\x02\x02\x01\x01\x01");
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 1);
    assert_true((c[0]->flags & SCS_CONN_NAMED_SERVER) != 0);
    assert_true((c[0]->flags & SCS_CONN_TLS) != 0);
}

static void name_server(struct scene *s)
{
    struct scs_endpoint named = {.addr = {.family = 4, .bytes = {10, 5, 1, 4}}, .port = 0};
    scs_flow_free(s->flow);
    s->flow = new_flow(s, &named, 1);
}

/* Catches an attempt that stays one, its requests unread, because the SYN-ACK is not in the capture. */
static void synack_not_captured(void **state)
{
    struct scene *s = *state;
    name_server(s);
    from_client(s, SCS_TCP_SYN, "");
    s->server_seq++;
    from_client(s, SCS_TCP_ACK, "");
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->state, SCS_CONN_OPEN);
}

/* Catches a SYN that the capture put behind its SYN-ACK taken for another connection. */
static void syn_after_synack(void **state)
{
    struct scene *s = *state;
    name_server(s);
    send_raw(s, false, SCS_TCP_SYN | SCS_TCP_ACK, 9000, 1001, "", 1);
    send_raw(s, true, SCS_TCP_SYN, 1000, 0, "", 1);
    s->client_seq = 1001;
    s->server_seq = 9001;
    from_client(s, SCS_TCP_ACK, "");
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_server(s, SCS_TCP_ACK, CAPS_OK);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_told(s, "GET 200;");
    assert_int_equal(num, 1);
    assert_int_equal(c[0]->flags & (SCS_CONN_PORT_REUSED | SCS_CONN_HANDSHAKE | SCS_CONN_MIDSTREAM), SCS_CONN_HANDSHAKE);
    assert_int_equal(c[0]->syn_tries, 1);
}

/* Catches a server's half of a TLS connection overlooked, and with it that somebody called the named server. */
static void named_server_one_way(void **state)
{
    struct scene *s = *state;
    name_server(s);
    s->server_port = 9443;
    send_raw(s, false, SCS_TCP_SYN | SCS_TCP_ACK, 9000, 1001, "", 1);
    send_raw(s, false, SCS_TCP_ACK, 9001, 1500, "\x16\x03\x03\x02\x02\x02\x01\x01", 2);
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 1);
    assert_true((c[0]->flags & SCS_CONN_ONE_WAY) != 0);
}

/* Catches an end that the capture missed left unnoticed: the peer acknowledges a FIN, or the RST comes one number late. */
static void end_not_captured(void **state)
{
    struct scene *s = *state;
    for (int by_reset = 0; by_reset < 2; by_reset++) {
        s->client_port++;
        handshake(s);
        from_client(s, SCS_TCP_ACK, GET_CAPS);
        from_server(s, SCS_TCP_ACK, CAPS_OK);
        s->client_seq++; /* its FIN */
        if (by_reset) {
            from_client(s, SCS_TCP_RST, "");
        } else {
            from_server(s, SCS_TCP_ACK, "");
        }
    }
    s->client_port++;
    handshake(s);
    from_client(s, SCS_TCP_ACK, GET_CAPS);
    from_client(s, SCS_TCP_RST, "");
    uint32_t num;
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 3);
    assert_true(c[0]->half[SCS_TO_SERVER].end_unseen);
    assert_true(c[1]->half[SCS_TO_SERVER].end_unseen);
    assert_false(c[2]->half[SCS_TO_SERVER].end_unseen);
    assert_false(c[2]->half[SCS_TO_CLIENT].end_unseen);
}

int main(void)
{
#define FLOW_TEST(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        FLOW_TEST(ordinary),
        FLOW_TEST(other_requests_first),
        FLOW_TEST(none_of_ours),
        FLOW_TEST(split_at_every_byte),
        FLOW_TEST(first_segments_out_of_order),
        FLOW_TEST(reply_before_request),
        FLOW_TEST(first_reply_before_request),
        FLOW_TEST(reply_to_lost_request),
        FLOW_TEST(duplicate_is_no_retransmission),
        FLOW_TEST(retransmission_is_no_duplicate),
        FLOW_TEST(reset_acknowledges),
        FLOW_TEST(blocked),
        FLOW_TEST(refused),
        FLOW_TEST(refused_at_first),
        FLOW_TEST(blocked_elsewhere),
        FLOW_TEST(server_calls_ca),
        FLOW_TEST(revocation_of_server),
        FLOW_TEST(port_reuse),
        FLOW_TEST(late_copy),
        FLOW_TEST(midstream),
        FLOW_TEST(lost_by_the_capture),
        FLOW_TEST(lost_in_both_directions),
        FLOW_TEST(lost_and_not_read),
        FLOW_TEST(late_and_not_read),
        FLOW_TEST(named_server),
        FLOW_TEST(synack_not_captured),
        FLOW_TEST(syn_after_synack),
        FLOW_TEST(named_server_one_way),
        FLOW_TEST(end_not_captured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
