/* SPDX-License-Identifier: Apache-2.0 */
/* Which TLS connections the flow stage follows, opens and keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow_play.h"
#include "hex.h"
#include "keys/secrets.h"
#include "tls/sessions.h"

struct scene {
    struct scs_arena *keep;
    struct scs_intern *intern;
    struct scs_cert_cache *certs;
    struct scs_secrets *secrets;
    struct scs_tls_sessions *sessions;
    struct scs_limits_hit limits;
    struct scs_flow *flow;
    unsigned num_done;
    scs_frame frame;
    uint16_t port, server_port; /* port: of the latest client */
    uint32_t seq[2];
};

static void done(void *ctx, const struct scs_http_pair *pair)
{
    struct scene *s = ctx;
    s->num_done += pair->request != NULL;
}

static struct scs_endpoint server_at(uint16_t port)
{
    return (struct scs_endpoint){.addr = {.family = 4, .bytes = {10, 5, 1, 4}}, .port = port};
}

static int open_scene(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    s->port = 50000;
    s->server_port = 443;
    s->keep = scs_arena_new();
    s->intern = scs_intern_new(s->keep);
    s->certs = scs_cert_cache_new(s->keep);
    s->secrets = scs_secrets_new();
    s->sessions = scs_tls_sessions_new();
    *state = s;
    return 0;
}

static void start(struct scene *s, bool named)
{
    struct scs_endpoint server = server_at(443);
    s->flow = scs_flow_new(&(struct scs_flow_options){.servers = &server,
                                                      .num_servers = named,
                                                      .keep = s->keep,
                                                      .http = {.ctx = s,
                                                               .keep = s->keep,
                                                               .intern = s->intern,
                                                               .limits = &s->limits,
                                                               .wants = test_wants,
                                                               .wants_reply = test_wants_reply,
                                                               .done = done},
                                                      .tls = {.keep = s->keep,
                                                              .intern = s->intern,
                                                              .certs = s->certs,
                                                              .limits = &s->limits,
                                                              .secrets = s->secrets,
                                                              .sessions = s->sessions}});
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    scs_flow_free(s->flow);
    scs_tls_sessions_free(s->sessions);
    scs_secrets_free(s->secrets);
    scs_cert_cache_free(s->certs);
    scs_intern_free(s->intern);
    scs_arena_free(s->keep);
    free(s);
    return 0;
}

static void send_segment(struct scene *s, enum scs_dir dir, uint8_t flags, const void *bytes, size_t len)
{
    struct scs_packet packet = {.frame = ++s->frame, .ts_ns = (int64_t)s->frame * 1000000};
    struct scs_endpoint client = {.addr = {.family = 4, .bytes = {10, 5, 14, 7}}, .port = s->port},
                        server = server_at(s->server_port);
    struct scs_segment seg = {.packet = &packet,
                              .proto = SCS_PROTO_TCP,
                              .src = dir == SCS_TO_SERVER ? client : server,
                              .dst = dir == SCS_TO_SERVER ? server : client,
                              .ttl = 64,
                              .ip_id = (uint16_t)s->frame,
                              .window = 1000,
                              .flags = flags,
                              .seq = s->seq[dir],
                              .ack = s->seq[!dir],
                              .payload = scs_cursor_of(bytes, len),
                              .payload_wire_len = (uint32_t)len};
    s->seq[dir] += (uint32_t)len + ((flags & (SCS_TCP_SYN | SCS_TCP_FIN)) != 0);
    scs_flow_segments(s->flow, &seg, 1);
}

/* A connection with the first `steps` segments of a conversation of tests/data/tls, then FINs. */
static void converse(struct scene *s, const char *name, unsigned steps, bool keys)
{
    char path[512];
    size_t len;
    snprintf(path, sizeof path, SCEPSCOPE_SOURCE_DIR "/tests/data/tls/%s.txt", name);
    char *file = (char *)test_file(path, &len);
    file = realloc(file, len + 1);
    file[len] = '\0';
    s->port++;
    s->seq[0] = s->seq[1] = s->port * 10000u;
    send_segment(s, SCS_TO_SERVER, SCS_TCP_SYN, NULL, 0);
    send_segment(s, SCS_TO_CLIENT, SCS_TCP_SYN | SCS_TCP_ACK, NULL, 0);
    send_segment(s, SCS_TO_SERVER, SCS_TCP_ACK, NULL, 0);
    for (char *at = file, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = '\0';
        if (*at == 'K' && keys) {
            struct scs_cursor log = scs_cursor_of(at + 2, strlen(at + 2));
            scs_secrets_add_log(s->secrets, &log, false);
        } else if ((*at == '>' || *at == '<') && steps != 0) {
            uint8_t *bytes = test_hex(at + 2, &len);
            send_segment(s, *at == '>' ? SCS_TO_SERVER : SCS_TO_CLIENT, SCS_TCP_ACK, bytes, len);
            free(bytes);
            steps--;
        }
    }
    free(file);
    send_segment(s, SCS_TO_SERVER, SCS_TCP_FIN | SCS_TCP_ACK, NULL, 0);
    send_segment(s, SCS_TO_CLIENT, SCS_TCP_FIN | SCS_TCP_ACK, NULL, 0);
}

static void plain_scep(struct scene *s)
{
    static const char request[] = "GET /certsrv/mscep/mscep.dll?operation=GetCACaps HTTP/1.1\r\nHost: ndes\r\n\r\n";
    s->port++;
    s->seq[0] = s->seq[1] = 77;
    send_segment(s, SCS_TO_SERVER, SCS_TCP_ACK, request, sizeof request - 1);
}

static const struct scs_connection *const *finish(struct scene *s, uint32_t *num)
{
    scs_flow_finish(s->flow);
    return scs_flow_connections(s->flow, s->keep, num);
}

/* Catches TLS to unknown servers that is not opened, or whose plaintext goes nowhere. */
static void opened(void **state)
{
    struct scene *s = *state;
    uint32_t num;
    start(s, false);
    converse(s, "tls13", 99, true);
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 1);
    assert_int_equal(s->num_done, 1);
    assert_true((c[0]->tls->flags & SCS_TLS_DECRYPTED) != 0);
    assert_int_equal(c[0]->num_exchanges, 1);
}

/* Catches a report that shows nothing of a capture in which all is TLS, or that shows all of it. */
static void samples(void **state)
{
    struct scene *s = *state;
    uint32_t num;
    start(s, false);
    for (int i = 0; i < (int)SCS_MAX_TLS_SAMPLES + 20; i++) {
        converse(s, "ticket_first", 99, false);
    }
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, SCS_MAX_TLS_SAMPLES);
    assert_string_equal(c[0]->tls->sni, "ndes.contoso.com");
    assert_non_null(c[0]->tls->server_certificate);
    assert_true((c[0]->tls->flags & SCS_TLS_HANDSHAKE_DONE) != 0);
    assert_int_equal(c[0]->state, SCS_CONN_CLOSED);
    struct scs_capture_facts facts = {0};
    scs_flow_describe(s->flow, &facts);
    assert_int_equal(facts.tls_connections, SCS_MAX_TLS_SAMPLES + 20);
    assert_string_equal(facts.tls_example, "10.5.1.4:443 (ndes.contoso.com)");
}

/* Catches strangers' TLS in the report of a capture that shows SCEP elsewhere. */
static void strangers(void **state)
{
    struct scene *s = *state;
    uint32_t num;
    start(s, false);
    converse(s, "ticket_first", 99, false);
    converse(s, "ticket_first", 1, false);
    s->server_port = 80;
    plain_scep(s);
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, 1);
    assert_int_equal(c[0]->server.port, 80);
    assert_int_equal(s->num_done, 1);
}

/* Catches failed handshakes being thrown away with the healthy ones. */
static void failed(void **state)
{
    struct scene *s = *state;
    uint32_t num;
    start(s, false);
    for (int i = 0; i < (int)SCS_MAX_TLS_SAMPLES; i++) {
        converse(s, "ticket_first", 99, false);
    }
    converse(s, "ticket_first", 1, false);
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, SCS_MAX_TLS_SAMPLES + 1);
    assert_true((c[num - 1]->tls->flags & SCS_TLS_SERVER_HELLO) == 0);
}

/* Catches a named server's connections being dropped once their handshake is over. */
static void named(void **state)
{
    struct scene *s = *state;
    uint32_t num;
    start(s, true);
    for (int i = 0; i < (int)SCS_MAX_TLS_SAMPLES + 5; i++) {
        converse(s, "ticket_first", 99, false);
    }
    const struct scs_connection *const *c = finish(s, &num);
    assert_int_equal(num, SCS_MAX_TLS_SAMPLES + 5);
    assert_true(c[num - 1]->tls->app_records[0] != 0 && c[num - 1]->tls->app_records[1] != 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(opened), TEST(samples), TEST(strangers), TEST(failed), TEST(named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
