/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups on TCP connections, alone and after an answer over UDP that was cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/dns_stream.h"
#include "hex.h"
#include "model.h"

/* ndes.ab, type A, class IN */
#define QUESTION "044e646573 02 6162 00 0001 0001"
#define ASK      "0019 1234 0100 0001 0000 0000 0000" QUESTION
#define ANSWER   "0029 1234 8180 0001 0001 0000 0000" QUESTION "c00c 0001 0001 0000003c 0004 0a050104"
#define CUT      "1234 8380 0001 0000 0000 0000" QUESTION
#define NO_NAME  "0019 1234 8183 0001 0000 0000 0000" QUESTION

struct scene {
    struct test_model t;
    struct scs_lookups *lookups;
    struct scs_dns_stream *stream;
    const struct scs_lookup *const *told;
    uint32_t num;
};

static int setup(void **state)
{
    static struct scene s;
    test_model_init(&s.t);
    s.lookups = scs_lookups_new();
    struct scs_connection c = {0};
    assert_true(scs_endpoint_parse("10.5.14.7:40000", &c.client) && scs_endpoint_parse("10.5.14.1:53", &c.server));
    s.stream = scs_dns_stream_new(s.lookups, &c, true);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    scs_dns_stream_free(s->stream);
    scs_lookups_free(s->lookups);
    test_model_cleanup(&s->t);
    return 0;
}

/* Delivers the bytes in pieces of `piece`. */
static void deliver(struct scene *s, enum scs_dir dir, const char *hex, size_t piece, int64_t at_ms)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        struct scs_chunk chunk = {.data = bytes + at, .len = n, .frame = s->t.next_frame++, .ts_ns = TEST_NS(at_ms)};
        scs_dns_stream_data(s->stream, dir, &chunk);
    }
    free(bytes);
}

/* The look-up is told because a request for this host follows. */
static void tell(struct scene *s)
{
    struct scs_exchange *x =
        test_exchange(&s->t, test_connection(&s->t, "10.5.14.7:50000", "10.5.1.4:80", 5000), SCS_OP_GET_CA_CAPS, 5000);
    test_request(x)->host = "ndes.ab";
    s->told = scs_lookups_tell(s->lookups, &s->t.model, s->t.arena, &s->num);
}

/* Catches segments taken for messages, in either direction. */
static void test_across_segments(void **state)
{
    struct scene *s = *state;
    deliver(s, SCS_TO_SERVER, ASK, 3, 0);
    deliver(s, SCS_TO_CLIENT, ANSWER, 7, 10);
    tell(s);
    assert_int_equal(s->num, 1);
    assert_string_equal(s->told[0]->name, "ndes.ab");
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_ANSWERED);
    assert_int_equal(s->told[0]->num_addrs, 1);
    assert_int_equal(s->told[0]->queries, 1);
    assert_int_equal(s->told[0]->exchange, 1);
}

/* Catches all but the first message of a segment left unread. */
static void test_pipelined(void **state)
{
    struct scene *s = *state;
    deliver(s, SCS_TO_SERVER, ASK ASK, 1000, 0);
    deliver(s, SCS_TO_CLIENT, NO_NAME ANSWER, 1000, 20);
    tell(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_ANSWERED);
}

/* Catches an answer that was cut told as an empty one, and its repeat over TCP as another look-up. */
static void test_after_cut_answer(void **state)
{
    struct scene *s = *state;
    size_t len;
    uint8_t *bytes = test_hex(CUT, &len);
    struct scs_dns_arrival cut = {.bytes = scs_cursor_of(bytes, len), .frame = s->t.next_frame++, .ts_ns = TEST_NS(0)};
    assert_true(scs_endpoint_parse("10.5.14.1:53", &cut.src) && scs_endpoint_parse("10.5.14.7:40001", &cut.dst));
    scs_lookups_arrival(s->lookups, &cut);
    free(bytes);
    deliver(s, SCS_TO_SERVER, ASK, 100, 1);
    deliver(s, SCS_TO_CLIENT, ANSWER, 100, 2);
    tell(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_ANSWERED);
    assert_int_equal(s->told[0]->num_addrs, 1);
}

/* Catches a direction with a hole read from somewhere, and the other direction stopped with it. */
static void test_gap(void **state)
{
    struct scene *s = *state;
    deliver(s, SCS_TO_SERVER, ASK, 100, 0);
    deliver(s, SCS_TO_CLIENT, "0029 1234 81", 100, 1);
    scs_dns_stream_gap(s->stream, SCS_TO_CLIENT);
    deliver(s, SCS_TO_CLIENT, "0001 0000003c 0004 0a050104", 100, 2);
    deliver(s, SCS_TO_SERVER, ASK, 100, 1000);
    tell(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_UNANSWERED);
    assert_int_equal(s->told[0]->queries, 2);
}

#define STREAM_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {STREAM_TEST(test_across_segments), STREAM_TEST(test_pipelined),
                                       STREAM_TEST(test_after_cut_answer), STREAM_TEST(test_gap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
