/* SPDX-License-Identifier: Apache-2.0 */
/* Which connections the flow stage follows and keeps, and what it tells of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow_play.h"

/* Catches a spine that loses the exchange, the handshake or the end of an ordinary connection. */
static void ordinary(void **state)
{
    struct test_flow *s = *state;
    test_talk(s);
    test_from_client(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
    test_from_server(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
    test_from_client(s, SCS_TCP_ACK, "");
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(s->num, 1);
    assert_int_equal(c[0]->state, SCS_CONN_CLOSED);
    assert_true((c[0]->flags & SCS_CONN_HANDSHAKE) != 0);
    assert_true((c[0]->flags & SCS_CONN_SCEP_SERVER) != 0);
    assert_int_equal(c[0]->first_frame, 1);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].bytes, strlen(GET_CAPS));
}

/* Catches state kept, or an exchange told, for traffic that is none of ours; and missing what follows on the same connection. */
static void other_requests_first(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    test_from_client(s, SCS_TCP_ACK, GET_PAGE);
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
    test_ask_caps(s);
    test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(s->num, 1);
}

static void none_of_ours(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    test_from_client(s, SCS_TCP_ACK, GET_PAGE);
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
    test_finish(s);
    assert_told(s, "");
    assert_int_equal(s->num, 0);
}

/* Catches a first glance that needs the whole request line in one segment. */
static void split_at_every_byte(void **state)
{
    struct test_flow *s = *state;
    static const char request[] = GET_CAPS;
    for (size_t cut = 1; cut < sizeof request - 1; cut++) {
        char head[sizeof request] = "";
        memcpy(head, request, cut);
        s->client_port++;
        scs_buf_clear(&s->told);
        test_handshake(s);
        test_from_client(s, SCS_TCP_ACK, head);
        test_from_client(s, SCS_TCP_ACK, request + cut);
        test_from_server(s, SCS_TCP_ACK, CAPS_OK);
        assert_told(s, "GET 200;");
    }
}

/* Catches blocked clients left out, and the same SYN captured twice counted as a retry. */
static void blocked(void **state)
{
    struct test_flow *s = *state;
    for (int i = 0; i < 3; i++) {
        test_send(s, true, SCS_TCP_SYN, 1000, 0, "", (uint16_t)(i + 1));
        test_send(s, true, SCS_TCP_SYN, 1000, 0, "", (uint16_t)(i + 1));
        s->now_ns += INT64_C(1000000000) << i;
    }
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(c[0]->state, SCS_CONN_BLOCKED);
    assert_int_equal(c[0]->syn_tries, 3);
}

static void refused(void **state)
{
    struct test_flow *s = *state;
    test_from_client(s, SCS_TCP_SYN, "");
    test_from_server(s, SCS_TCP_RST | SCS_TCP_ACK, "");
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(c[0]->state, SCS_CONN_REFUSED);
}

/* Catches a service that was just starting taken for one that stayed away: Windows sends the refused SYN again. */
static void refused_at_first(void **state)
{
    struct test_flow *s = *state;
    test_from_client(s, SCS_TCP_SYN, "");
    test_send(s, false, SCS_TCP_RST | SCS_TCP_ACK, 0, s->client_seq, "", 0);
    s->now_ns += INT64_C(500000000);
    s->client_seq--;
    test_handshake(s);
    test_from_client(s, SCS_TCP_ACK, "GET /certsrv/mscep/mscep.dll?operation=GetCACaps HTTP/1.1\r\n\r\n");
    test_from_server(s, SCS_TCP_ACK, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(c[0]->syn_tries, 2);
    assert_int_equal(c[0]->num_exchanges, 1);
    assert_int_equal(c[0]->state, SCS_CONN_OPEN);
}

/* Catches somebody else's blocked connections told beside a working SCEP server. */
static void blocked_elsewhere(void **state)
{
    struct test_flow *s = *state;
    test_talk(s);
    s->server_port = 8443;
    test_send(s, true, SCS_TCP_SYN, 1, 0, "", 1);
    s->now_ns += INT64_C(1000000000);
    test_send(s, true, SCS_TCP_SYN, 1, 0, "", 2);
    test_finish(s);
    assert_int_equal(s->num, 1);
}

/* The SCEP server, now the client, calls port `port` of another host in vain. */
static void call_from_server(struct test_flow *s, uint16_t port)
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
    struct test_flow *s = *state;
    call_from_server(s, 135);
    test_talk(s);
    call_from_server(s, 3389);
    call_from_server(s, 49664);
    call_from_server(s, 389);
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(s->num, 3);
    assert_int_equal(c[2]->flags & SCS_CONN_CA_SIDE, SCS_CONN_CA_SIDE);
    assert_int_equal(c[0]->flags & SCS_CONN_CA_SIDE, 0);
    assert_int_equal(c[1]->flags & SCS_CONN_CA_SIDE, SCS_CONN_CA_SIDE);
    assert_int_equal(c[1]->server.port, 49664);
}

/* `from` asks 10.5.1.9:80 for a page or a list and gets "not found". */
static void fetch(struct test_flow *s, const uint8_t from[4], uint16_t port, const char *request)
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
    struct test_flow *s = *state;
    test_talk(s);
    fetch(s, other, 40001, "GET /CA.crl HTTP/1.1\r\nHost: pki\r\n\r\n");
    fetch(s, server, 40002, "GET /index.html?x=.crl HTTP/1.1\r\nHost: pki\r\n\r\n");
    fetch(s, server, 40003, "GET /CA.crl HTTP/1.1\r\nHost: pki\r\n\r\n");
    fetch(s, server, 40004,
          "POST / HTTP/1.1\r\nHost: pki\r\nContent-Type: application/ocsp-request\r\nContent-Length: 1\r\n\r\n0");
    test_finish(s);
    assert_int_equal(s->num, 1);
    assert_told(s, "GET 200;revocation 404;revocation 404;");
}

/* Catches joining two connections that used one four-tuple after each other. */
static void port_reuse(void **state)
{
    struct test_flow *s = *state;
    for (int i = 0; i < 2; i++) {
        s->client_seq = 1000 + 100000u * (uint32_t)i;
        test_talk(s);
    }
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;GET 200;");
    assert_int_equal(s->num, 2);
    assert_int_equal(c[0]->stream, 0);
    assert_int_equal(c[1]->stream, 1);
    assert_true((c[1]->flags & SCS_CONN_PORT_REUSED) != 0);
}

/* Catches a capture that begins inside a connection being left out, or taken for one with a handshake. */
static void midstream(void **state)
{
    struct test_flow *s = *state;
    test_ask_caps(s);
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_true((c[0]->flags & SCS_CONN_MIDSTREAM) != 0);
    assert_int_equal(c[0]->server.port, 80);
}

/* Catches --server without effect on a server whose traffic cannot be read. */
static void named_server(void **state)
{
    struct test_flow *s = *state;
    test_name_server(s);
    s->server_port = 9443;
    test_handshake(s);
    test_from_client(s, SCS_TCP_ACK, "\x16\x03\x01\x02\x02\x01\x01\x01");
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(s->num, 1);
    assert_true((c[0]->flags & SCS_CONN_NAMED_SERVER) != 0);
    assert_true((c[0]->flags & SCS_CONN_TLS) != 0);
}

/* Catches a server's half of a TLS connection overlooked, and with it that somebody called the named server. */
static void named_server_one_way(void **state)
{
    struct test_flow *s = *state;
    test_name_server(s);
    s->server_port = 9443;
    test_send(s, false, SCS_TCP_SYN | SCS_TCP_ACK, 9000, 1001, "", 1);
    test_send(s, false, SCS_TCP_ACK, 9001, 1500, "\x16\x03\x03\x02\x02\x02\x01\x01", 2);
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(s->num, 1);
    assert_true((c[0]->flags & SCS_CONN_ONE_WAY) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(ordinary),         FLOW_TEST(other_requests_first),
        FLOW_TEST(none_of_ours),     FLOW_TEST(split_at_every_byte),
        FLOW_TEST(blocked),          FLOW_TEST(refused),
        FLOW_TEST(refused_at_first), FLOW_TEST(blocked_elsewhere),
        FLOW_TEST(server_calls_ca),  FLOW_TEST(revocation_of_server),
        FLOW_TEST(port_reuse),       FLOW_TEST(midstream),
        FLOW_TEST(named_server),     FLOW_TEST(named_server_one_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
