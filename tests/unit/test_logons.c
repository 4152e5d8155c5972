/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets that were refused: over UDP and TCP, by whom, and taken back by success. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/logons.h"
#include "hex.h"
#include "model.h"

#define NDES "10.5.1.4"
#define KDC  "10.5.14.22:88"
#define SEED SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/kerberos/"

struct scene {
    struct test_model t;
    struct scs_logons *logons;
    struct scs_ca_calls calls;
};

static int setup(void **state)
{
    static struct scene s;
    test_model_init(&s.t);
    test_server(&s.t, NDES ":80");
    s.logons = scs_logons_new();
    scs_ca_calls_init(&s.calls, s.t.arena);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    scs_logons_free(s->logons);
    scs_ca_calls_cleanup(&s->calls);
    test_model_cleanup(&s->t);
    return 0;
}

static void datagram(struct scene *s, const char *from, const char *to, const char *seed, int64_t at_ms)
{
    size_t len;
    uint8_t *bytes = test_file(seed, &len);
    struct scs_packet packet = {.frame = s->t.next_frame++, .ts_ns = TEST_NS(at_ms)};
    struct scs_segment seg = {.packet = &packet, .proto = SCS_PROTO_UDP, .payload = scs_cursor_of(bytes, len)};
    assert_true(scs_endpoint_parse(from, &seg.src) && scs_endpoint_parse(to, &seg.dst));
    assert_true(scs_logons_wants(&seg));
    scs_logons_segment(s->logons, &seg);
    free(bytes);
}

static uint32_t tell(struct scene *s)
{
    uint32_t num;
    scs_logons_tell(s->logons, &s->t.model, &s->calls);
    (void)scs_ca_calls_tell(&s->calls, &num);
    return num;
}

/* Catches an error without the name that only its request has. */
static void test_refused(void **state)
{
    struct scene *s = *state;
    datagram(s, NDES ":50001", KDC, SEED "as_req", 0);
    datagram(s, KDC, NDES ":50001", SEED "error_24", 20);
    assert_int_equal(tell(s), 1);
    const struct scs_ca_call *call = s->calls.all[0];
    assert_int_equal(call->service, SCS_CA_LOGON);
    assert_int_equal(call->status, 24);
    assert_string_equal(call->account, "svc_ndes@CONTOSO.COM");
    assert_int_equal(call->wait_ns, 20000000);
    assert_int_not_equal(call->first_frame, call->last_frame);
    assert_false(call->recovered);
}

/* Catches other hosts' failures told as the SCEP server's. */
static void test_of_others(void **state)
{
    struct scene *s = *state;
    datagram(s, "10.5.14.7:50001", KDC, SEED "as_req", 0);
    datagram(s, KDC, "10.5.14.7:50001", SEED "error_24", 20);
    assert_int_equal(tell(s), 0);
}

/* Catches a failure that stands although the same account got its ticket, and one that another account's success ends. */
static void test_taken_back(void **state)
{
    struct scene *s = *state;
    datagram(s, NDES ":50001", KDC, SEED "as_req", 0);
    datagram(s, KDC, NDES ":50001", SEED "error_24", 20);
    datagram(s, KDC, "10.5.14.7:50002", SEED "as_rep", 30);
    datagram(s, NDES ":50003", KDC, SEED "as_req", 40);
    datagram(s, KDC, NDES ":50003", SEED "as_rep", 50);
    assert_int_equal(tell(s), 1);
    assert_true(s->calls.all[0]->recovered);
}

/* Catches messages over TCP read with their length, or not across segments. */
static void test_stream(void **state)
{
    struct scene *s = *state;
    static const char *const seeds[2] = {SEED "as_req", SEED "error_18_with_name"};
    struct scs_connection c = {0};
    assert_true(scs_endpoint_parse(NDES ":50001", &c.client) && scs_endpoint_parse(KDC, &c.server));
    struct scs_logon_stream *stream = scs_logon_stream_new(s->logons, &c, true);
    for (int dir = 0; dir < 2; dir++) {
        size_t len;
        uint8_t *bytes = test_file(seeds[dir], &len);
        const uint8_t head[] = {0, 0, 0, (uint8_t)len};
        struct scs_chunk chunk = {.data = head, .len = sizeof head, .frame = s->t.next_frame++, .ts_ns = TEST_NS(dir)};
        scs_logon_stream_data(stream, (enum scs_dir)dir, &chunk);
        for (size_t at = 0; at < len; at++) {
            chunk = (struct scs_chunk){.data = bytes + at, .len = 1, .frame = s->t.next_frame++, .ts_ns = TEST_NS(dir)};
            scs_logon_stream_data(stream, (enum scs_dir)dir, &chunk);
        }
        free(bytes);
    }
    scs_logon_stream_free(stream);
    assert_int_equal(tell(s), 1);
    assert_int_equal(s->calls.all[0]->status, 18);
    assert_string_equal(s->calls.all[0]->account, "svc_ndes@CONTOSO.COM");
}

#define LOGON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {LOGON_TEST(test_refused), LOGON_TEST(test_of_others), LOGON_TEST(test_taken_back),
                                       LOGON_TEST(test_stream)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
