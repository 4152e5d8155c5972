/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 senders that have more to send than their receivers allow. RFC 9113 5.2, 6.9. */
#include "http/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http2_play.h"

static const char zeros[16384];

/* DATA of `len` zeros, in frames of the usual most. */
static void data(uint8_t flags, uint32_t stream, size_t len)
{
    while (len > sizeof zeros) {
        h2_frame(DATA, 0, stream, zeros, sizeof zeros);
        len -= sizeof zeros;
    }
    h2_frame(DATA, flags, stream, zeros, len);
}

static void ask(void)
{
    h2_greet(); /* frames 1 and 2; the client's streams begin with a window of 10 MiB, the connection with 65,535 bytes */
    h2_packet(SEND);
    H2_ASK(1, "GetCACert");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 1, OK_HEAD);
}

/* Catches a window of the connection that nobody counts, padding left out of it, and a wait that ends by the wrong update. */
static void test_connection(void **state)
{
    (void)state;
    struct world w;
    ask();
    data(0, 1, 65535 - 4);
    h2_hex(DATA, PADDED, 1, "02 61 0000");
    h2_packet(SEND); /* frame 5 */
    h2_hex(WINDOW_UPDATE, 0, 1, "00010000");
    h2_hex(WINDOW_UPDATE, 0, 3, "00010000");
    h2_packet(SEND);
    h2_hex(WINDOW_UPDATE, 0, 0, "00010000");
    h2_packet(REPLY);
    data(END_STREAM, 1, 10);
    h2_play_once(&w);
    assert_int_equal(w.num_done, 1);
    const struct scs_stall *stall = &w.replies[0]->m.stall;
    assert_int_equal(stall->lasted_ns, 2 * SECOND);
    assert_int_equal(stall->began_ns, 4 * SECOND);
    assert_int_equal(stall->frame, 4);
    assert_true(stall->whole_connection);
    assert_false(stall->to_the_end);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    test_http_forget(&w);
    /* One byte less, and it could have gone on. */
    ask();
    data(0, 1, 65534);
    h2_packet(SEND);
    h2_hex(PING, 0, 0, "0102030405060708");
    h2_packet(REPLY);
    data(END_STREAM, 1, 1);
    h2_play_once(&w);
    assert_int_equal(w.replies[0]->m.stall.lasted_ns, 0);
    assert_false(w.replies[0]->m.stall.to_the_end);
    test_http_forget(&w);
}

/* Catches settings that do not reach the streams already open, and cuts inside a setting. */
static void test_stream(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(REPLY);
    h2_hex(SETTINGS, 0, 0, "0004 00000005 0005 00004000");
    h2_packet(SEND); /* frame 4 */
    h2_head(END_HEADERS, 1, SEND_MESSAGE("content-length 9\n"));
    h2_data(0, 1, "abcde");
    h2_packet(REPLY);
    h2_hex(SETTINGS, 1, 0, "");
    h2_packet(REPLY);
    h2_hex(SETTINGS, 0, 0, "0004 00000006");
    h2_packet(SEND); /* frame 7 */
    h2_data(0, 1, "f");
    h2_packet(REPLY);
    h2_hex(WINDOW_UPDATE, 0, 1, "00000003");
    h2_packet(SEND);
    h2_data(END_STREAM, 1, "ghi");
    h2_packet(REPLY);
    h2_head(END_HEADERS | END_STREAM, 1, OK_HEAD);
    h2_play(&w);
    assert_memory_equal(w.request_body, "abcdefghi", 9);
    assert_int_equal(w.requests[0]->m.stall.lasted_ns, 2 * SECOND);
    assert_int_equal(w.requests[0]->m.stall.frame, 4);
    assert_false(w.requests[0]->m.stall.whole_connection);
    assert_int_equal(w.replies[0]->m.stall.lasted_ns, 0);
    test_http_forget(&w);
}

/* Catches a wait that never ends and is not told, and one that is told of a message which was through. */
static void test_to_the_end(void **state)
{
    (void)state;
    struct world w;
    ask();
    data(0, 1, 65535);
    h2_packet(SEND);
    h2_hex(PING, 0, 0, "0102030405060708");
    h2_event(END_UP, SCS_END_RST);
    h2_play_once(&w);
    assert_true(w.replies[0]->m.stall.to_the_end);
    assert_false(w.replies[0]->m.stall.whole_connection && w.replies[0]->m.stall.frame != 4);
    test_http_forget(&w);
    ask();
    data(0, 1, 65535);
    h2_data(END_STREAM, 1, "");
    h2_event(END_UP, SCS_END_RST);
    h2_play_once(&w);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_false(w.replies[0]->m.stall.to_the_end);
    assert_int_equal(w.replies[0]->m.stall.lasted_ns, 0);
    test_http_forget(&w);
}

/* Catches a stream that waits because others took what all of them share. */
static void test_shared(void **state)
{
    (void)state;
    struct world w;
    ask();
    h2_packet(SEND);
    h2_head(END_HEADERS | END_STREAM, 3, OTHER);
    h2_packet(REPLY); /* frame 6 */
    h2_head(END_HEADERS, 3, OK_HEAD);
    data(END_STREAM, 3, 65535);
    h2_packet(SEND);
    h2_hex(WINDOW_UPDATE, 0, 0, "00000003");
    h2_packet(REPLY);
    h2_data(END_STREAM, 1, "AES");
    h2_play_once(&w);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->m.stall.lasted_ns, SECOND);
    assert_int_equal(w.replies[0]->m.stall.frame, 6);
    test_http_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_to_the_end),
        cmocka_unit_test(test_shared),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    h2_forget();
    return failed;
}
