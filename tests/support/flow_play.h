/* SPDX-License-Identifier: Apache-2.0 */
/* Connections between one client (10.5.14.7) and one server (10.5.1.4), played segment by segment to the flow stage. */
#ifndef TEST_SUPPORT_FLOW_PLAY_H
#define TEST_SUPPORT_FLOW_PLAY_H

#include "base/buf.h"
#include "flow/flow.h"

#define GET_CAPS "GET /certsrv/mscep/mscep.dll?operation=GetCACaps HTTP/1.1\r\nHost: ndes\r\n\r\n"
#define CAPS_OK  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nSHA-1\n"
#define CERT_REP "HTTP/1.1 200 OK\r\nContent-Type: application/x-pki-message\r\nContent-Length: 6\r\n\r\nSHA-1\n"
#define GET_PAGE "GET /index.html HTTP/1.1\r\nHost: ndes\r\n\r\n"

/* The hooks of the HTTP stage that say what is SCEP, for tests that make a flow stage of their own. */
bool test_wants(void *ctx, const struct scs_cursor *method, const struct scs_cursor *target);
bool test_wants_reply(void *ctx, const char *content_type);

/* Its next segments go on from these numbers, which a test moves where something is lost. */
struct test_flow {
    struct scs_arena *keep;
    struct scs_intern *intern;
    struct scs_limits_hit limits;
    struct scs_flow *flow;
    struct scs_buf told; /* finished exchanges: "GET 200;", "POST 200 gap;", "- 200;" */
    scs_frame frame;
    int64_t now_ns; /* a millisecond passes before each segment */
    uint16_t ip_id, client_port, server_port;
    uint32_t client_seq, server_seq;
    uint32_t num; /* connections that test_finish returned */
};

/* Fixtures: *state is a struct test_flow. cmocka.h is included before. */
int test_flow_setup(void **state);
int test_flow_teardown(void **state);
#define FLOW_TEST(function) cmocka_unit_test_setup_teardown(function, test_flow_setup, test_flow_teardown)

/* test_name_server begins anew with --server 10.5.1.4. */
void test_name_server(struct test_flow *s);

/* test_send sends one segment just as it is; test_from_client and test_from_server the next one of theirs. */
void test_send(struct test_flow *s, bool to_server, uint8_t flags, uint32_t seq, uint32_t ack, const char *bytes, uint16_t ip_id);
void test_from_client(struct test_flow *s, uint8_t flags, const char *bytes);
void test_from_server(struct test_flow *s, uint8_t flags, const char *bytes);
void test_handshake(struct test_flow *s);
/* test_ask_caps: GET_CAPS and CAPS_OK. test_talk: a handshake, then these. */
void test_ask_caps(struct test_flow *s);
void test_talk(struct test_flow *s);

/* test_finish ends the capture and returns its connections; how many is in `num`. */
const struct scs_connection *const *test_finish(struct test_flow *s);
#define assert_told(s, text) assert_string_equal(scs_buf_cstr(&(s)->told), (text))

#endif
