/* SPDX-License-Identifier: Apache-2.0 */
/* The first datagram of a QUIC connection, and what is kept of those that went to SCEP servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/quic.h"
#include "flow/quic.h"
#include "hex.h"

#define SEED(name) SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/quic/" name

static bool is_initial(const char *path, struct scs_quic *q)
{
    size_t len;
    uint8_t *bytes = test_file(path, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    bool initial = scs_quic_initial(&c, len, q);
    free(bytes);
    return initial;
}

/* Catches versions mixed up, whose numbers for an Initial differ, and unknown ones passed over. */
static void test_initial(void **state)
{
    struct scs_quic q;
    (void)state;
    assert_true(is_initial(SEED("initial_1"), &q));
    assert_int_equal(q.version, 1);
    assert_true(is_initial(SEED("initial_2"), &q));
    assert_int_equal(q.id_len, 18);
    assert_true(is_initial(SEED("unknown_version"), &q));
    assert_false(q.known_version);
}

/* Catches later packets, negotiation, and other UDP traffic taken for the beginning of a connection. */
static void test_others(void **state)
{
    static const char *const none[] = {SEED("handshake_1"),  SEED("negotiation"),
                                       SEED("short_header"), SEED("too_small"),
                                       SEED("long_id"),      SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/dns/query"};
    struct scs_quic q;
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(is_initial(none[i], &q));
    }
}

static void send_datagram(struct scs_quic_seen *seen, const char *from, const char *to, const char *path, scs_frame frame)
{
    size_t len;
    uint8_t *bytes = test_file(path, &len);
    struct scs_packet packet = {.frame = frame, .ts_ns = (int64_t)frame * 1000};
    struct scs_segment seg = {
        .packet = &packet, .proto = SCS_PROTO_UDP, .payload = scs_cursor_of(bytes, len), .payload_wire_len = (uint32_t)len};
    assert_true(scs_endpoint_parse(from, &seg.src) && scs_endpoint_parse(to, &seg.dst));
    assert_true(scs_quic_wants(&seg));
    scs_quic_note(seen, &seg);
    free(bytes);
}

/* Catches connections of no concern told, each datagram told as one, and a named server not marked. */
static void test_concerns(void **state)
{
    struct scs_quic_seen seen = {.keep = scs_arena_new()};
    struct scs_endpoint named;
    struct scs_known_servers servers;
    (void)state;
    assert_true(scs_endpoint_parse("10.5.1.4", &named));
    scs_known_servers_init(&servers, &named, 1);
    send_datagram(&seen, "10.5.14.7:50000", "10.5.1.4:443", SEED("initial_1"), 1);
    send_datagram(&seen, "10.5.1.4:443", "10.5.14.7:50000", SEED("handshake_1"), 2);
    send_datagram(&seen, "10.5.14.7:50000", "10.5.1.4:443", SEED("handshake_1"), 3);
    send_datagram(&seen, "10.5.14.7:50001", "10.9.9.9:443", SEED("initial_1"), 4);
    send_datagram(&seen, "10.5.14.7:50002", "10.5.1.4:443", SEED("short_header"), 5);
    assert_int_equal(seen.num, 2);
    assert_true(scs_quic_concerns(&seen, 0, &servers));
    assert_false(scs_quic_concerns(&seen, 1, &servers));
    const struct scs_connection *c = seen.met[0];
    assert_int_equal(c->flags & (SCS_CONN_TLS | SCS_CONN_NAMED_SERVER), SCS_CONN_TLS | SCS_CONN_NAMED_SERVER);
    assert_int_equal(c->tls->flags, SCS_TLS_QUIC);
    assert_non_null(c->tls->why_not);
    assert_int_equal(c->half[SCS_TO_CLIENT].packets, 1);
    assert_int_equal(c->last_frame, 3);
    scs_known_servers_cleanup(&servers);
    scs_arena_free(seen.keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_initial), cmocka_unit_test(test_others),
                                       cmocka_unit_test(test_concerns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
