/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 streams that end before their time, by their peers, by the connection or by the capture. */
#include "http/http2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "http2_play.h"
#include "scepscope/limits.h"

/* Catches a stream's reset blamed on the wrong side, or on a request that was answered. RFC 9113 6.4, 8.1. */
static void test_reset(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    H2_ASK(1, "GetCACaps");
    H2_ASK(3, "GetCACert");
    h2_head(END_HEADERS, 5, SEND_MESSAGE(""));
    h2_head(END_HEADERS, 7, SEND_MESSAGE(""));
    h2_head(END_HEADERS, 9, SEND_MESSAGE(""));
    h2_packet(REPLY);
    h2_hex(RST_STREAM, 0, 1, "00000002");
    h2_head(END_HEADERS, 5, OK_HEAD);
    h2_data(0, 5, "half");
    h2_hex(RST_STREAM, 0, 5, "00000002");
    h2_head(END_HEADERS | END_STREAM, 7, ":status 401\n");
    h2_hex(RST_STREAM, 0, 7, "00000000");
    h2_hex(RST_STREAM, 0, 9, "00000007");
    h2_hex(RST_STREAM, 0, 11, "00000007");
    h2_packet(SEND);
    h2_hex(RST_STREAM, 0, 3, "00000008");
    h2_packet(REPLY);
    h2_head(END_HEADERS | END_STREAM, 3, OK_HEAD);
    h2_play(&w);
    assert_int_equal(w.num_done, 5);
    assert_string_equal(w.why[0], "server reset");
    assert_true(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_string_equal(w.why[1], "client reset");
    assert_null(w.why[2]);
    assert_true(w.replies[2]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_int_equal(w.replies[3]->status, 401);
    assert_true(w.replies[3]->m.flags & SCS_HTTP_COMPLETE);
    assert_false(w.requests[3]->m.flags & (SCS_HTTP_NETWORK_CUT | SCS_HTTP_COMPLETE));
    assert_true(w.requests[4]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_null(w.replies[4]);
    test_http_forget(&w);
}

/* Catches the reason for a stream's end that is lost, or said of a stream that was answered. */
static void test_reasons(void **state)
{
    (void)state;
    struct world w;
    for (uint32_t error = 0; error < 16; error++) {
        const uint8_t code[4] = {0, 0, 0, (uint8_t)error};
        h2_greet();
        h2_packet(SEND);
        h2_head(END_HEADERS, 1, SEND_MESSAGE("content-length 90\n"));
        h2_data(0, 1, "half");
        H2_ASK(3, "GetCACaps");
        h2_packet(REPLY);
        h2_frame(RST_STREAM, 0, 1, code, sizeof code);
        h2_head(END_HEADERS | END_STREAM, 3, OK_HEAD);
        h2_frame(RST_STREAM, 0, 3, code, sizeof code);
        h2_play(&w);
        assert_int_equal(w.num_done, 2);
        assert_string_equal(w.why[0], "server reset");
        assert_int_equal(w.ends[0].how, SCS_STREAM_RESET_BY_SERVER);
        assert_int_equal(w.ends[0].error, error);
        assert_int_equal(w.ends[0].frame, 4);
        assert_int_equal(w.ends[0].ts_ns, 4 * SECOND);
        assert_true(w.requests[0]->m.flags & SCS_HTTP_NETWORK_CUT);
        assert_int_equal(w.ends[1].how, SCS_STREAM_REGULAR);
        test_http_forget(&w);
    }
    assert_string_equal(scs_http2_error_name(7), "REFUSED_STREAM");
    assert_string_equal(scs_http2_error_name(13), "HTTP_1_1_REQUIRED");
    assert_null(scs_http2_error_name(14));
}

/* Catches GOAWAY that ends streams which the server still answers. RFC 9113 6.8. */
static void test_goaway(void **state)
{
    (void)state;
    struct world w;
    h2_ask_both();
    h2_hex(GOAWAY, 0, 0, "7fffffff 00000000");
    h2_hex(GOAWAY, 0, 0, "00000001 0000000b 6120 6c6f74");
    h2_head(END_HEADERS | END_STREAM, 1, OK_HEAD);
    h2_play(&w);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.replies[0]->status, 200);
    assert_null(w.replies[1]);
    assert_string_equal(w.why[1], "server closed");
    assert_int_equal(w.ends[0].how, SCS_STREAM_REGULAR);
    assert_int_equal(w.ends[1].how, SCS_STREAM_GOAWAY);
    assert_int_equal(w.ends[1].error, 11);
    test_http_forget(&w);
    /* A stream that it promised to answer, and did not: why the connection ended is why. */
    h2_greet();
    h2_packet(SEND);
    H2_ASK(1, "GetCACaps");
    h2_packet(REPLY);
    h2_hex(GOAWAY, 0, 0, "00000001 00000002");
    h2_event(END_DOWN, SCS_END_FIN);
    h2_play(&w);
    assert_string_equal(w.why[0], "server closed");
    assert_int_equal(w.ends[0].how, SCS_STREAM_GOAWAY);
    assert_int_equal(w.ends[0].error, 2);
    test_http_forget(&w);
}

/* Catches an end of the connection inside messages that is not told, or told of the wrong one. */
static void test_connection_ends(void **state)
{
    (void)state;
    static const struct {
        enum scs_end how;
        uint32_t flag;
        const char *why;
    } cases[] = {{SCS_END_FIN, SCS_HTTP_NETWORK_CUT, "server closed"},
                 {SCS_END_RST, SCS_HTTP_NETWORK_CUT, "server reset"},
                 {SCS_END_CAPTURE, SCS_HTTP_CAPTURE_END, "capture ended"},
                 {SCS_END_REPLACED, SCS_HTTP_CAPTURE_GAP, "connection replaced"}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        h2_ask_both();
        h2_head(END_HEADERS, 3, OK_THREE);
        h2_data(0, 3, "A");
        h2_event(END_DOWN, cases[i].how);
        h2_play(&w);
        assert_int_equal(w.num_done, 2);
        assert_string_equal(w.why[0], cases[i].why);
        assert_int_equal(w.replies[1]->m.flags & ~(uint32_t)(SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_HAS_LENGTH), cases[i].flag);
        test_http_forget(&w);
    }
}

/* Catches frames that are not found again after a hole inside a DATA frame, and a hole that hides. */
static void test_gap_in_data(void **state)
{
    (void)state;
    struct world w;
    h2_ask_both();
    h2_head(END_HEADERS, 1, OK_HEAD);
    h2_put("\0\0\x0a\0\1\0\0\0\1abc", 12);
    h2_event(GAP_DOWN, 5);
    h2_packet(REPLY);
    h2_put("ij", 2);
    h2_head(END_HEADERS, 3, OK_THREE);
    h2_put("\0\0\x03\0\1\0\0\0\3", 9);
    h2_event(SNAP_DOWN, 3);
    h2_play(&w);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.replies[0]->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_CAPTURE_GAP);
    assert_int_equal(w.replies[0]->m.body_len, 5);
    assert_int_equal(w.replies[1]->status, 200);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_SNAPLEN);
    test_http_forget(&w);
}

/* Catches conclusions from what a hole may hold: everything open is unknown then, and nothing is said of its absence. */
static void test_gap_elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        size_t gap;
    } cases[] = {{"", 9},                          /* between frames */
                 {"\0\0\x0a\0\1", 4},              /* in a frame's header */
                 {"\0\0\x0a\0\1\0\0\0\1abc", 8},   /* past the end of a DATA frame */
                 {"\0\0\x0a\1\4\0\0\0\3\x88", 3}}; /* in a field block */
    static const size_t lens[] = {0, 5, 12, 10};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        h2_ask_both();
        h2_head(END_HEADERS, 1, OK_HEAD);
        h2_put(cases[i].before, lens[i]);
        h2_event(GAP_DOWN, cases[i].gap);
        h2_packet(REPLY);
        h2_head(END_HEADERS | END_STREAM, 3, OK_HEAD);
        h2_packet(SEND);
        H2_ASK(5, "GetCACaps");
        h2_event(END_DOWN, SCS_END_FIN);
        h2_play(&w);
        assert_int_equal(w.num_done, 3);
        assert_true(w.replies[0]->m.flags & SCS_HTTP_CAPTURE_GAP);
        assert_null(w.replies[1]);
        assert_null(w.why[1]);
        assert_null(w.replies[2]);
        assert_null(w.why[2]);
        test_http_forget(&w);
    }
}

/* Catches replies thrown away because their requests were lost, and requests made up for them. */
static void test_lost_requests(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    h2_head(END_HEADERS, 1, SEND_MESSAGE(""));
    h2_event(GAP_UP, 500);
    h2_packet(SEND);
    H2_ASK(5, "GetCACert");
    h2_packet(REPLY);
    h2_head(END_HEADERS | END_STREAM, 1, OK_HEAD);
    h2_head(END_HEADERS, 3, ":status 200\ncontent-type application/x-pki-message\n");
    h2_data(END_STREAM, 3, "30");
    h2_head(END_HEADERS | END_STREAM, 5, ":status 200\ncontent-type text/plain\n");
    h2_play(&w);
    assert_int_equal(w.num_done, 2);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_CAPTURE_GAP);
    assert_int_equal(w.replies[0]->status, 200);
    assert_null(w.requests[1]);
    assert_memory_equal(w.reply_body, "30", 2);
    test_http_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset),           cmocka_unit_test(test_reasons),     cmocka_unit_test(test_goaway),
        cmocka_unit_test(test_connection_ends), cmocka_unit_test(test_gap_in_data), cmocka_unit_test(test_gap_elsewhere),
        cmocka_unit_test(test_lost_requests),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    h2_forget();
    return failed;
}
