/* SPDX-License-Identifier: Apache-2.0 */
/* What is late, twice or not there, and whose doing that was: the network's or the capture's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow_play.h"

/* Catches losing the first of two segments that came in the wrong order, and calling it a gap. */
static void first_segments_out_of_order(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    uint32_t start = s->client_seq;
    s->client_seq += 10;
    test_from_client(s, SCS_TCP_ACK, &GET_CAPS[10]);
    char head[11] = "";
    memcpy(head, GET_CAPS, 10);
    test_send(s, true, SCS_TCP_ACK, start, s->server_seq, head, ++s->ip_id);
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->half[SCS_TO_SERVER].missing_bytes, 0);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].retransmissions, 0);
}

/* Catches a reply that the capture put before its request: told as nobody's, and the request as unanswered. */
static void reply_before_request(void **state)
{
    struct test_flow *s = *state;
    test_talk(s);
    uint32_t request = s->client_seq, reply = s->server_seq;
    test_send(s, false, SCS_TCP_ACK, reply, request + (uint32_t)strlen(GET_CAPS), CAPS_OK, ++s->ip_id);
    test_send(s, true, SCS_TCP_ACK, request, reply, GET_CAPS, ++s->ip_id);
    test_finish(s);
    assert_told(s, "GET 200;GET 200;");
}

/* The same with the connection's first request, before which nobody follows it. */
static void first_reply_before_request(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    uint32_t request = s->client_seq, reply = s->server_seq;
    test_send(s, false, SCS_TCP_ACK, reply, request + (uint32_t)strlen(GET_CAPS), CERT_REP, ++s->ip_id);
    test_send(s, true, SCS_TCP_ACK, request, reply, GET_CAPS, ++s->ip_id);
    test_finish(s);
    assert_told(s, "GET 200;");
}

/* Catches the reply to a request that the capture lost given to the request after it. */
static void reply_to_lost_request(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    s->client_seq += (uint32_t)strlen(GET_CAPS);
    test_from_server(s, SCS_TCP_ACK, CERT_REP);
    test_from_client(s, SCS_TCP_ACK, GET_CAPS);
    s->now_ns += INT64_C(50000000);
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
    test_finish(s);
    assert_told(s, "- 200;GET 200;");
}

/* Catches an exchange told twice, and a copy by the capture taken for the network's retransmission. */
static void duplicate_is_no_retransmission(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    uint32_t start = s->client_seq;
    test_from_client(s, SCS_TCP_ACK, GET_CAPS);
    test_send(s, true, SCS_TCP_ACK, start, s->server_seq, GET_CAPS, s->ip_id);
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->duplicates, 1);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].retransmissions, 0);
}

static void retransmission_is_no_duplicate(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    uint32_t start = s->client_seq;
    test_from_client(s, SCS_TCP_ACK, GET_CAPS);
    for (int i = 0; i < 3; i++) {
        s->now_ns += INT64_C(400000000);
        test_send(s, true, SCS_TCP_ACK, start, s->server_seq, GET_CAPS, ++s->ip_id);
    }
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->half[SCS_TO_SERVER].worst_retransmissions, 3);
    assert_int_equal(c[0]->half[SCS_TO_SERVER].retransmissions, 3);
    assert_int_equal(c[0]->duplicates, 0);
}

/* Catches a reply called lost whose acknowledgement came with a reset, and a forged reset taken for a receipt. */
static void reset_acknowledges(void **state)
{
    struct test_flow *s = *state;
    test_talk(s);
    test_send(s, true, SCS_TCP_RST | SCS_TCP_ACK, s->client_seq, s->server_seq + 70000, "", ++s->ip_id);
    test_send(s, true, SCS_TCP_RST | SCS_TCP_ACK, s->client_seq, s->server_seq, "", ++s->ip_id);
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(c[0]->half[SCS_TO_CLIENT].unacked_bytes, 0);
    assert_int_equal(c[0]->half[SCS_TO_CLIENT].missing_bytes, 0);
    assert_int_equal(c[0]->state, SCS_CONN_RESET);
}

/* Catches a late copy of a request, after the connection ended, told as another exchange. */
static void late_copy(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    uint32_t start = s->client_seq;
    test_ask_caps(s);
    test_from_client(s, SCS_TCP_ACK | SCS_TCP_RST, "");
    test_send(s, true, SCS_TCP_ACK, start, s->server_seq, GET_CAPS, ++s->ip_id);
    test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(s->num, 1);
}

/* Catches a hole that the server acknowledged taken for a loss of the network. */
static void lost_by_the_capture(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    test_from_client(s, SCS_TCP_ACK,
                     "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nContent-Length: 30\r\n\r\n0123456789");
    s->client_seq += 10;
    test_from_client(s, SCS_TCP_ACK, "0123456789");
    s->now_ns += INT64_C(100000000);
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
    s->now_ns += INT64_C(100000000);
    test_from_client(s, SCS_TCP_ACK, "");
    const struct scs_connection *const *c = test_finish(s);
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
            test_flow_teardown(state);
            test_flow_setup(state);
        }
        struct test_flow *s = *state;
        test_handshake(s);
        test_from_client(s, SCS_TCP_ACK, GET_CAPS);
        test_from_server(s, SCS_TCP_ACK, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nSHA-1\n");
        s->server_seq += 994;
        test_from_client(s, SCS_TCP_ACK, "");
        s->client_seq += 132;
        test_from_server(s, SCS_TCP_ACK, CAPS_OK);
        test_from_client(s, SCS_TCP_ACK,
                         "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nContent-Length: 4\r\n\r\n0123");
        test_from_server(s, SCS_TCP_ACK, "");
        s->now_ns += ends ? 0 : INT64_C(100000000);
        test_from_server(s, SCS_TCP_ACK, CERT_REP);
        test_from_client(s, SCS_TCP_ACK, "");
        test_finish(s);
        assert_told(s, "GET 200;POST 200;");
    }
}

/* Catches a server called silent whose last data, FIN or RST came behind a hole that nobody acknowledged. */
static void lost_and_not_acknowledged(void **state)
{
    struct test_flow *s = *state;
    for (unsigned i = 0; i < 4; i++) {
        test_handshake(s);
        test_from_client(s, SCS_TCP_ACK, GET_CAPS);
        s->server_seq += i == 1 ? 80 : 0;
        test_from_server(s, SCS_TCP_ACK, i >= 2 ? "" : CAPS_OK);
        s->server_seq += i >= 2 ? 80 : 0;
        test_from_server(s, i == 3 ? SCS_TCP_ACK : SCS_TCP_ACK | SCS_TCP_FIN, "");
        test_from_server(s, SCS_TCP_RST, "");
        s->client_port++;
    }
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;GET 0;GET 0;GET 0;");
    assert_int_equal(s->num, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(c[i]->half[SCS_TO_CLIENT].hole, i != 0);
        assert_int_equal(c[i]->half[SCS_TO_CLIENT].missing_bytes, 0);
        assert_false(c[i]->half[SCS_TO_SERVER].hole);
    }
}

/* Catches a lost request of a connection that nobody reads, as nothing on it looks like SCEP, left unnoticed. */
static void lost_and_not_read(void **state)
{
    struct test_flow *s = *state;
    test_talk(s);
    for (unsigned lost = 0; lost < 3; lost++) {
        s->client_port++;
        test_handshake(s);
        s->client_seq += lost == 2 ? 0 : 40;
        if (lost == 1) {
            test_from_client(s, SCS_TCP_ACK, "the end of a request");
        }
        test_from_server(s, SCS_TCP_ACK, CAPS_OK);
        test_from_client(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
        test_from_server(s, SCS_TCP_ACK | SCS_TCP_FIN, "");
    }
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(s->num, 3);
    assert_int_equal(c[1]->half[SCS_TO_SERVER].missing_bytes, 40);
    assert_int_equal(c[2]->half[SCS_TO_SERVER].missing_bytes, 40);
    assert_int_equal(c[2]->half[SCS_TO_CLIENT].missing_bytes, 0);
}

/* Catches segments put out of order on a connection that nobody reads taken for lost ones. */
static void late_and_not_read(void **state)
{
    struct test_flow *s = *state;
    test_talk(s);
    s->client_port++;
    test_handshake(s);
    test_send(s, true, SCS_TCP_ACK, s->client_seq + 10, s->server_seq, "0123456789", 100);
    test_send(s, false, SCS_TCP_ACK, s->server_seq, s->client_seq + 30, "", 101);
    test_send(s, true, SCS_TCP_ACK, s->client_seq, s->server_seq, "0123456789", 102);
    test_send(s, true, SCS_TCP_ACK, s->client_seq + 20, s->server_seq, "0123456789", 103);
    test_send(s, false, SCS_TCP_RST, s->server_seq, s->client_seq + 30, "", 104);
    const struct scs_connection *const *c = test_finish(s);
    for (uint32_t i = 0; i < s->num; i++) {
        assert_int_equal(c[i]->half[SCS_TO_SERVER].missing_bytes, 0);
    }
}

/* Catches bytes called lost that were captured behind their acknowledgement, at a server that is known already. */
static void acknowledged_first(void **state)
{
    struct test_flow *s = *state;
    test_talk(s);
    s->client_port++;
    test_handshake(s);
    test_send(s, false, SCS_TCP_ACK, s->server_seq, s->client_seq + (uint32_t)strlen(GET_CAPS), "", 100);
    test_ask_caps(s);
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;GET 200;");
    assert_int_equal(c[1]->half[SCS_TO_SERVER].missing_bytes, 0);
}

/* Catches an attempt that stays one, its requests unread, because the SYN-ACK is not in the capture. */
static void synack_not_captured(void **state)
{
    struct test_flow *s = *state;
    test_name_server(s);
    test_from_client(s, SCS_TCP_SYN, "");
    s->server_seq++;
    test_from_client(s, SCS_TCP_ACK, "");
    test_ask_caps(s);
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(c[0]->state, SCS_CONN_OPEN);
}

/* Catches a SYN that the capture put behind its SYN-ACK taken for another connection. */
static void syn_after_synack(void **state)
{
    struct test_flow *s = *state;
    test_name_server(s);
    test_send(s, false, SCS_TCP_SYN | SCS_TCP_ACK, 9000, 1001, "", 1);
    test_send(s, true, SCS_TCP_SYN, 1000, 0, "", 1);
    s->client_seq = 1001;
    s->server_seq = 9001;
    test_from_client(s, SCS_TCP_ACK, "");
    test_ask_caps(s);
    const struct scs_connection *const *c = test_finish(s);
    assert_told(s, "GET 200;");
    assert_int_equal(s->num, 1);
    assert_int_equal(c[0]->flags & (SCS_CONN_PORT_REUSED | SCS_CONN_HANDSHAKE | SCS_CONN_MIDSTREAM), SCS_CONN_HANDSHAKE);
    assert_int_equal(c[0]->syn_tries, 1);
}

/* Catches an end that the capture missed left unnoticed: the peer acknowledges a FIN, or the RST comes one number late. */
static void end_not_captured(void **state)
{
    struct test_flow *s = *state;
    for (int by_reset = 0; by_reset < 2; by_reset++) {
        s->client_port++;
        test_talk(s);
        s->client_seq++; /* its FIN */
        if (by_reset) {
            test_from_client(s, SCS_TCP_RST, "");
        } else {
            test_from_server(s, SCS_TCP_ACK, "");
        }
    }
    s->client_port++;
    test_handshake(s);
    test_from_client(s, SCS_TCP_ACK, GET_CAPS);
    test_from_client(s, SCS_TCP_RST, "");
    const struct scs_connection *const *c = test_finish(s);
    assert_int_equal(s->num, 3);
    assert_true(c[0]->half[SCS_TO_SERVER].end_unseen);
    assert_true(c[1]->half[SCS_TO_SERVER].end_unseen);
    assert_false(c[2]->half[SCS_TO_SERVER].end_unseen);
    assert_false(c[2]->half[SCS_TO_CLIENT].end_unseen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(first_segments_out_of_order),
        FLOW_TEST(reply_before_request),
        FLOW_TEST(first_reply_before_request),
        FLOW_TEST(reply_to_lost_request),
        FLOW_TEST(duplicate_is_no_retransmission),
        FLOW_TEST(retransmission_is_no_duplicate),
        FLOW_TEST(reset_acknowledges),
        FLOW_TEST(late_copy),
        FLOW_TEST(lost_by_the_capture),
        FLOW_TEST(lost_in_both_directions),
        FLOW_TEST(lost_and_not_acknowledged),
        FLOW_TEST(lost_and_not_read),
        FLOW_TEST(late_and_not_read),
        FLOW_TEST(acknowledged_first),
        FLOW_TEST(synack_not_captured),
        FLOW_TEST(syn_after_synack),
        FLOW_TEST(end_not_captured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
