/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_play.h"

#include <string.h>

#include "dissectors/scep.h"

bool test_wants(void *ctx, const struct scs_cursor *method, const struct scs_cursor *target)
{
    struct scs_scep_target t;
    (void)ctx;
    (void)method;
    scs_scep_read_target(target, NULL, 0, &t);
    return t.path_kind != SCS_PATH_NOT_SCEP;
}

bool test_wants_reply(void *ctx, const char *content_type)
{
    (void)ctx;
    return content_type != NULL && strstr(content_type, "x-pki-message") != NULL;
}

static void done(void *ctx, const struct scs_http_pair *pair)
{
    struct test_flow *s = ctx;
    scs_buf_printf(&s->told, "%s %d%s;", pair->request != NULL ? pair->request->method : "-",
                   pair->reply != NULL ? pair->reply->status : 0,
                   pair->request != NULL && (pair->request->m.flags & SCS_HTTP_CAPTURE_GAP) != 0 ? " gap" : "");
}

static void revocation(void *ctx, const struct scs_http_pair *pair)
{
    struct test_flow *s = ctx;
    scs_buf_printf(&s->told, "revocation %d;", pair->reply != NULL ? pair->reply->status : 0);
}

static struct scs_flow *new_flow(struct test_flow *s, const struct scs_endpoint *named, uint32_t num_named)
{
    return scs_flow_new(&(struct scs_flow_options){.servers = named,
                                                   .num_servers = num_named,
                                                   .keep = s->keep,
                                                   .revocation = revocation,
                                                   .http = {.ctx = s,
                                                            .keep = s->keep,
                                                            .intern = s->intern,
                                                            .limits = &s->limits,
                                                            .wants = test_wants,
                                                            .wants_reply = test_wants_reply,
                                                            .done = done}});
}

int test_flow_setup(void **state)
{
    static struct test_flow s;
    s = (struct test_flow){
        .keep = scs_arena_new(), .client_port = 51544, .server_port = 80, .client_seq = 1000, .server_seq = 9000};
    s.intern = scs_intern_new(s.keep);
    scs_buf_init(&s.told, 4096);
    s.flow = new_flow(&s, NULL, 0);
    *state = &s;
    return 0;
}

void test_name_server(struct test_flow *s)
{
    struct scs_endpoint named = {.addr = {.family = 4, .bytes = {10, 5, 1, 4}}, .port = 0};
    scs_flow_free(s->flow);
    s->flow = new_flow(s, &named, 1);
}

int test_flow_teardown(void **state)
{
    struct test_flow *s = *state;
    scs_flow_free(s->flow);
    scs_intern_free(s->intern);
    scs_arena_free(s->keep);
    scs_buf_cleanup(&s->told);
    return 0;
}

void test_send(struct test_flow *s, bool to_server, uint8_t flags, uint32_t seq, uint32_t ack, const char *bytes, uint16_t ip_id)
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

void test_from_client(struct test_flow *s, uint8_t flags, const char *bytes)
{
    test_send(s, true, flags, s->client_seq, s->server_seq, bytes, ++s->ip_id);
    s->client_seq += (uint32_t)strlen(bytes) + ((flags & (SCS_TCP_SYN | SCS_TCP_FIN)) != 0);
}

void test_from_server(struct test_flow *s, uint8_t flags, const char *bytes)
{
    test_send(s, false, flags, s->server_seq, s->client_seq, bytes, ++s->ip_id);
    s->server_seq += (uint32_t)strlen(bytes) + ((flags & (SCS_TCP_SYN | SCS_TCP_FIN)) != 0);
}

void test_handshake(struct test_flow *s)
{
    test_from_client(s, SCS_TCP_SYN, "");
    test_from_server(s, SCS_TCP_SYN | SCS_TCP_ACK, "");
    test_from_client(s, SCS_TCP_ACK, "");
}

void test_ask_caps(struct test_flow *s)
{
    test_from_client(s, SCS_TCP_ACK, GET_CAPS);
    test_from_server(s, SCS_TCP_ACK, CAPS_OK);
}

void test_talk(struct test_flow *s)
{
    test_handshake(s);
    test_ask_caps(s);
}

const struct scs_connection *const *test_finish(struct test_flow *s)
{
    scs_flow_finish(s->flow);
    return scs_flow_connections(s->flow, s->keep, &s->num);
}
