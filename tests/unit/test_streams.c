/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about single HTTP/2 streams: reset, refused, stalled, answered in another version. */
#include "diagnose/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model.h"

static int setup(void **state)
{
    struct test_model *t = calloc(1, sizeof *t);
    test_model_init(t);
    test_server(t, "10.5.1.4:443");
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    test_model_cleanup(*state);
    free(*state);
    return 0;
}

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, NULL, 0);
    return test_finding(t, id);
}

/* A request in HTTP/2 at `at_ms`, which the server ends so 5 ms later. */
static struct scs_exchange *ended(struct test_model *t, int64_t at_ms, enum scs_stream_ending how, uint32_t error)
{
    struct scs_connection *c = test_connection(t, "10.5.14.22:51544", "10.5.1.4:443", at_ms);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms + 10);
    test_request(x)->m.version = 20;
    x->stream_end =
        (struct scs_stream_end){.how = (uint8_t)how, .error = error, .frame = x->last_frame, .ts_ns = x->started_ns + 5000000};
    x->why_unanswered = how == SCS_STREAM_RESET_BY_CLIENT ? "client reset" : "server reset";
    c->half[SCS_TO_SERVER].data_packets = c->half[SCS_TO_CLIENT].data_packets = 2;
    c->last_ns = x->stream_end.ts_ns;
    return x;
}

/* Catches a reset stream taken for nothing, or its error code lost. */
static void whole_request(void **state)
{
    struct test_model *t = *state;
    ended(t, 1000, SCS_STREAM_RESET_BY_SERVER, 13);
    const struct scs_finding *f = find(t, "http-no-reply");
    assert_non_null(f);
    assert_string_equal(test_fact(t, f, "stream_end"), "RST_STREAM");
    assert_string_equal(test_fact(t, f, "stream_error"), "HTTP_1_1_REQUIRED");
    assert_null(test_finding(t, "net-rst-request"));
}

/* Catches a request that was cut off by the server called unanswered, or truncated by its client. */
static void half_request(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = ended(t, 1000, SCS_STREAM_RESET_BY_SERVER, 2);
    struct scs_http_request *q = test_request(x);
    q->m.flags = (q->m.flags & ~(uint32_t)SCS_HTTP_COMPLETE) | SCS_HTTP_NETWORK_CUT;
    const struct scs_finding *f = find(t, "net-rst-request");
    assert_non_null(f);
    assert_string_equal(test_fact(t, f, "stream_error"), "INTERNAL_ERROR");
    assert_null(test_finding(t, "http-no-reply"));
    /* The capture may have lost the rest of it: nobody is blamed. */
    q->m.flags |= SCS_HTTP_CAPTURE_GAP;
    assert_null(find(t, "net-rst-request"));
}

/* Catches an alarm about what HTTP/2 clients are told to do, and do: ask again. RFC 9113 8.7. */
static void asked_again(void **state)
{
    static const struct {
        enum scs_stream_ending how;
        uint32_t error;
        bool quiet;
    } cases[] = {{SCS_STREAM_RESET_BY_SERVER, 7, true},
                 {SCS_STREAM_RESET_BY_SERVER, 13, true},
                 {SCS_STREAM_GOAWAY, 0, true},
                 {SCS_STREAM_GOAWAY, 11, false},
                 {SCS_STREAM_RESET_BY_SERVER, 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i != 0) {
            teardown(state);
            setup(state);
        }
        struct test_model *t = *state;
        ended(t, 1000, cases[i].how, cases[i].error);
        struct scs_connection *c = test_connection(t, "10.5.14.22:51545", "10.5.1.4:443", 1500);
        test_reply(t, test_exchange(t, c, SCS_OP_PKI_OPERATION, 1600), 200, 50);
        assert_int_equal(find(t, "http-no-reply") == NULL, cases[i].quiet);
    }
    /* ... much later is another story. */
    teardown(state);
    setup(state);
    struct test_model *t = *state;
    ended(t, 1000, SCS_STREAM_RESET_BY_SERVER, 7);
    struct scs_connection *c = test_connection(t, "10.5.14.22:51545", "10.5.1.4:443", 60000);
    test_reply(t, test_exchange(t, c, SCS_OP_PKI_OPERATION, 60010), 200, 50);
    assert_non_null(find(t, "http-no-reply"));
}

/* Catches an alarm where the capture ends, or lacks bytes, right where the client would have asked again. */
static void next_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = ended(t, 1000, SCS_STREAM_RESET_BY_SERVER, 7);
    struct scs_connection *first = (struct scs_connection *)(uintptr_t)x->connection;
    t->capture.last_ns = x->stream_end.ts_ns + INT64_C(500000000);
    assert_null(find(t, "http-no-reply"));
    first->half[SCS_TO_SERVER].fin_ns = x->stream_end.ts_ns + 1000;
    assert_null(find(t, "http-no-reply"));
    first->half[SCS_TO_CLIENT].fin_ns = x->stream_end.ts_ns + 2000;
    assert_non_null(find(t, "http-no-reply"));
    x->again_unseen = true;
    assert_null(find(t, "http-no-reply"));
    test_request(x)->m.flags &= ~(uint32_t)SCS_HTTP_COMPLETE;
    assert_null(find(t, "net-rst-request"));
    x->again_unseen = false;
    assert_non_null(find(t, "net-rst-request"));
}

/* Catches short waits that are how flow control works, and the side that kept its window shut turned round. */
static void stalled(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.22:51544", "10.5.1.4:443", 1000);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 1010);
    struct scs_http_reply *a = test_reply(t, x, 200, 9000);
    c->half[SCS_TO_SERVER].data_packets = c->half[SCS_TO_CLIENT].data_packets = 2;
    test_request(x)->m.version = a->m.version = 20;
    test_request(x)->m.stall = (struct scs_stall){.began_ns = TEST_NS(1020), .lasted_ns = INT64_C(4900000000)};
    assert_null(find(t, "net-zero-window"));
    test_request(x)->m.stall.lasted_ns = INT64_C(7100000000);
    const struct scs_finding *f = find(t, "net-zero-window");
    assert_non_null(f);
    assert_string_equal(test_fact(t, f, "side"), "server");
    assert_string_equal(test_fact(t, f, "seconds"), "7");
    assert_string_equal(test_fact(t, f, "window"), "stream");
    /* A wait without an end lasts as long as the capture went on. */
    test_request(x)->m.stall = (struct scs_stall){0};
    a->m.stall = (struct scs_stall){.began_ns = TEST_NS(2000), .whole_connection = true, .to_the_end = true};
    f = find(t, "net-zero-window");
    assert_string_equal(test_fact(t, f, "side"), "client");
    assert_string_equal(test_fact(t, f, "window"), "connection");
}

/* Catches a server that understood nothing of HTTP/2 called healthy, and an upgrade called a refusal. */
static void versions(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.22:51544", "10.5.1.4:443", 1000);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CAPS, 1010);
    struct scs_http_reply *a = test_reply(t, x, 505, 20);
    test_request(x)->m.version = 20;
    a->m.version = 11;
    assert_int_equal(find(t, "http-version")->severity, SCS_SEV_ERROR);
    a->m.version = 20;
    assert_int_equal(find(t, "http-version")->severity, SCS_SEV_INFO);
    test_request(x)->m.version = 11;
    assert_int_equal(find(t, "http-version")->severity, SCS_SEV_INFO);
    a->m.version = 11;
    assert_null(find(t, "http-version"));
}

#define STREAM_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {STREAM_TEST(whole_request), STREAM_TEST(half_request), STREAM_TEST(asked_again),
                                       STREAM_TEST(next_unseen),   STREAM_TEST(stalled),      STREAM_TEST(versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
