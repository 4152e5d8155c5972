/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 connections whose streams come to their end: what is read, and what cannot be. */
#include "http/http2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "http2_play.h"
#include "scepscope/limits.h"

/* Catches a fact of a request or reply that is lost on its way out of pseudo-fields, and frames not told. */
static void test_exchange(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    h2_head(END_HEADERS, 1, SEND_MESSAGE("content-length 7\ncookie a=b\nvia 2 proxy\n"));
    h2_packet(SEND);
    h2_data(END_STREAM, 1, "message");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 1, OK_HEAD "www-authenticate Negotiate\nwww-authenticate NTLM\n");
    h2_data(0, 1, "one ");
    h2_packet(REPLY);
    h2_data(END_STREAM, 1, "two");
    h2_play(&w);
    assert_int_equal(w.num_done, 1);
    const struct scs_http_request *q = w.requests[0];
    const struct scs_http_reply *a = w.replies[0];
    assert_int_equal(q->m.version, 20);
    assert_int_equal(q->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE | SCS_HTTP_HAS_LENGTH);
    assert_string_equal(q->method, "POST");
    assert_string_equal(q->host, "ndes");
    assert_string_equal(w.target, "/certsrv/mscep/mscep.dll?operation=PKIOperation");
    assert_string_equal(q->m.via, "Via: 2 proxy");
    assert_true(q->cookie);
    assert_int_equal(q->m.body_len, 7);
    assert_memory_equal(w.request_body, "message", 7);
    assert_int_equal(q->m.frames.num_runs, 2);
    assert_int_equal(q->m.frames.runs[0].frame, 3);
    assert_int_equal(q->m.frames.runs[0].body_off, UINT32_MAX);
    assert_int_equal(q->m.frames.runs[1].frame, 4);
    assert_int_equal(q->m.frames.runs[1].raw_off, q->m.head_len);
    assert_int_equal(q->m.frames.runs[1].body_off, 0);
    assert_int_equal(a->status, 200);
    assert_null(a->reason);
    assert_string_equal(a->server, "Microsoft-IIS/10.0");
    assert_string_equal(a->www_authenticate, "Negotiate, NTLM");
    assert_string_equal(a->m.content_type, "text/plain");
    assert_int_equal(a->date_s, INT64_C(1795166042));
    assert_int_equal(a->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE);
    assert_memory_equal(w.reply_body, "one two", 7);
    assert_int_equal(a->m.last_ns, 6 * SECOND);
    assert_null(w.why[0]);
    test_http_forget(&w);
}

/* Catches streams told apart badly, exchanges out of order, and one unwanted that holds up all others. */
static void test_parallel(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    h2_head(END_HEADERS | END_STREAM, 1, OTHER);
    H2_ASK(3, "GetCACaps");
    h2_head(END_HEADERS, 5, SEND_MESSAGE(""));
    H2_ASK(7, "GetCACert");
    h2_data(END_STREAM, 5, "abc");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 7, OK_HEAD);
    h2_head(END_HEADERS, 5, OK_HEAD);
    h2_data(0, 7, "sev");
    h2_data(END_STREAM, 5, "five");
    h2_data(END_STREAM, 7, "en");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 3, OK_THREE);
    h2_data(END_STREAM, 3, "AES");
    h2_play(&w);
    assert_int_equal(w.num_done, 3);
    assert_int_equal(w.num_asked, 4);
    assert_int_equal(w.replies[0]->m.body_len, 3);
    assert_int_equal(w.replies[1]->m.body_len, 4);
    assert_int_equal(w.replies[2]->m.body_len, 5);
    assert_memory_equal(w.reply_body, "seven", 5);
    test_http_forget(&w);
}

/* Catches padding, priorities and trailers read as contents, and a block that is not put together from its frames. */
static void test_framing(void **state)
{
    (void)state;
    struct world w;
    struct scs_buf block;
    h2_greet();
    h2_packet(SEND);
    h2_hex(PRIORITY, 0, 9, "00000000 0f");
    h2_hex(WINDOW_UPDATE, 0, 0, "0000ffff");
    h2_pack(SEND_MESSAGE(""), &block);
    struct scs_buf padded;
    scs_buf_init(&padded, 1 << 16);
    scs_buf_add(&padded, "\4\0\0\0\0\x10", 6);
    scs_buf_add(&padded, block.p, 30);
    scs_buf_add(&padded, "\0\0\0\0", 4);
    h2_frame(HEADERS, PADDED | WITH_PRIORITY, 1, padded.p, padded.len);
    h2_frame(CONTINUATION, 0, 1, block.p + 30, 0);
    h2_frame(CONTINUATION, 0, 1, block.p + 30, 20);
    h2_packet(SEND);
    h2_frame(CONTINUATION, END_HEADERS, 1, block.p + 50, block.len - 50);
    h2_hex(DATA, PADDED, 1, "03 6162 000000");
    h2_hex(PING, 0, 0, "0102030405060708");
    h2_hex(DATA, PADDED, 1, "02 0000");
    h2_hex(99, 0xff, 1, "31313131");
    h2_hex(DATA, 0, 1, "63");
    h2_head(END_HEADERS | END_STREAM, 1, "content-type text/x-trailer\nx-sum 1\n");
    scs_buf_cleanup(&block);
    scs_buf_cleanup(&padded);
    h2_packet(REPLY);
    h2_hex(PUSH_PROMISE, END_HEADERS | PADDED, 1, "01 00000002 82 86 84 00");
    h2_head(END_HEADERS, 2, OK_HEAD);
    h2_data(END_STREAM, 2, "pushed");
    h2_head(END_HEADERS, 1, OK_HEAD);
    h2_data(0, 1, "reply");
    h2_head(END_HEADERS | END_STREAM, 1, "x-sum 2\n:status 500\n");
    h2_play(&w);
    assert_int_equal(w.num_done, 1);
    assert_memory_equal(w.request_body, "abc", 4);
    assert_null(w.requests[0]->m.content_type);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.requests[0]->m.frames.num_runs, 2);
    assert_int_equal(w.replies[0]->status, 200);
    assert_memory_equal(w.reply_body, "reply", 6);
    test_http_forget(&w);
}

/* Catches a 100 or 103 taken for the answer. RFC 9113 8.1. */
static void test_informational(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    h2_head(END_HEADERS, 1, SEND_MESSAGE("expect 100-continue\n"));
    h2_packet(REPLY);
    h2_head(END_HEADERS, 1, ":status 100\n");
    h2_packet(SEND);
    h2_data(END_STREAM, 1, "body");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 1, ":status 103\nlink a\n");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 1, ":status 413\nlocation /x\nretry-after 5\n");
    h2_data(END_STREAM, 1, "");
    h2_play(&w);
    assert_int_equal(w.num_done, 1);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_EXPECT_CONTINUE);
    assert_int_equal(w.replies[0]->status, 413);
    assert_int_equal(w.replies[0]->continue_ns, 4 * SECOND);
    assert_int_equal(w.replies[0]->m.first_ns, 7 * SECOND);
    assert_string_equal(w.replies[0]->location, "/x");
    assert_string_equal(w.replies[0]->retry_after, "5");
    test_http_forget(&w);
}

/* Catches a table that forgets entries, is resized by SETTINGS instead of the sender, or is shared by both directions. */
static void test_tables(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    /* GET http, :path /mscep and :authority ndes enter the table; user-agent with Huffman: RFC 7541 C.4.1's example text. */
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 1, "82 86 44 06 2f6d73636570 41 04 6e646573 7a 8c f1e3c2e5f23a6ba0ab90f4ff");
    h2_packet(REPLY);
    h2_hex(SETTINGS, 0, 0, "0001 00000000"); /* the receiver wants no table; the sender has not yet heard of it */
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 1, "88 76 03 494953");
    h2_packet(SEND);
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 3, "82 86 c0 bf be");
    h2_hex(SETTINGS, 1, 0, "");
    /* Emptied and opened again, as far as a browser goes. */
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 5, "20 3f e1ff03 82 86 44 07 2f6d7363657035 41 01 78");
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 7, "82 86 bf be");
    h2_packet(REPLY);
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 3, "88 be");
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 5, "88");
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 7, "8d");
    h2_play(&w);
    assert_int_equal(w.num_done, 4);
    assert_string_equal(w.requests[1]->target, "/mscep");
    assert_string_equal(w.requests[1]->host, "ndes");
    assert_string_equal(w.requests[1]->user_agent, "www.example.com");
    assert_string_equal(w.requests[3]->target, "/mscep5");
    assert_string_equal(w.requests[3]->host, "x");
    assert_string_equal(w.replies[1]->server, "IIS");
    assert_int_equal(w.replies[3]->status, 404);
    test_http_forget(&w);
}

/* Catches a message that waits for END_STREAM past its length, and one that ends before it and is called whole. */
static void test_lengths(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    H2_ASK(1, "GetCACaps");
    H2_ASK(3, "GetCACert");
    h2_head(END_HEADERS | END_STREAM, 5, ":method HEAD\n:path /mscep\n");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 1, OK_THREE);
    h2_data(0, 1, "AESmore");
    h2_packet(REPLY);
    h2_data(END_STREAM, 1, "");
    h2_head(END_HEADERS, 3, OK_THREE);
    h2_data(END_STREAM, 3, "AE");
    h2_head(END_HEADERS | END_STREAM, 5, OK_THREE);
    h2_play(&w);
    assert_int_equal(w.num_done, 3);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.replies[0]->m.body_len, 3);
    assert_int_equal(w.replies[0]->m.last_ns, 4 * SECOND);
    assert_false(w.replies[1]->m.flags & SCS_HTTP_COMPLETE);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_true(w.replies[2]->m.flags & SCS_HTTP_COMPLETE);
    assert_true(w.replies[2]->m.flags & SCS_HTTP_NO_MESSAGE_BODY);
    test_http_forget(&w);
}

/* Catches frames in places where RFC 9113 forbids them, read on as if they could be understood. */
static void test_malformed(void **state)
{
    (void)state;
    static const char *const frames[] = {
        "000000 09 04 00000001",                          /* CONTINUATION of nothing */
        "000001 01 05 00000000 82",                       /* HEADERS of no stream */
        "000001 00 01 00000000 61",                       /* DATA of no stream */
        "000003 00 09 00000001 03 6161",                  /* more padding than frame */
        "000000 00 09 00000001",                          /* padded, without a length */
        "000003 03 00 00000001 000000",                   /* RST_STREAM too short */
        "000004 07 00 00000000 00000000",                 /* GOAWAY too short */
        "000001 01 01 00000003 82 000000 00 01 00000001", /* DATA inside a field block */
        "000001 01 05 00000003 80",                       /* index 0: RFC 7541 6.1 */
        "000001 01 05 00000003 ff",                       /* a field that does not end */
        "000004 01 05 00000003 3fe1ff7f",                 /* a table larger than anybody announces */
        "000002 05 04 00000001 0000",                     /* PUSH_PROMISE too short */
    };
    for (unsigned i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct world w;
        size_t len;
        uint8_t *bad = test_hex(frames[i], &len);
        h2_greet();
        h2_packet(SEND);
        h2_head(END_HEADERS, 1, SEND_MESSAGE(""));
        h2_packet(SEND);
        h2_put(bad, len);
        free(bad);
        h2_packet(SEND);
        H2_ASK(7, "GetCACaps");
        h2_packet(REPLY);
        h2_head(END_HEADERS | END_STREAM, 1, OK_HEAD);
        h2_play(&w);
        assert_int_equal(w.num_done, 1);
        assert_true(w.requests[0]->m.flags & SCS_HTTP_MALFORMED);
        assert_int_equal(w.replies[0]->status, 200);
        test_http_forget(&w);
    }
}

/* Catches memory that grows with streams or fields, and a table lost because fields are not kept. */
static void test_limits(void **state)
{
    (void)state;
    struct world w;
    h2_greet();
    h2_packet(SEND);
    for (uint32_t id = 1; id <= 2 * (SCS_MAX_STREAMS + 10); id += 2) {
        h2_head(END_HEADERS | END_STREAM, id, ":method GET\n:path /mscep\n");
    }
    h2_packet(REPLY);
    h2_head(END_HEADERS | END_STREAM, 2 * SCS_MAX_STREAMS + 1, OK_HEAD);
    h2_play_once(&w);
    assert_int_equal(w.num_done, SCS_MAX_STREAMS);
    assert_int_equal(w.limits.pipelined_dropped, 10);
    test_http_forget(&w);

    h2_greet();
    h2_packet(SEND);
    char field[4000] = "";
    memset(field, 'x', sizeof field - 1);
    struct scs_buf block;
    h2_pack(":method GET\n:path /mscep\n", &block);
    /* One entry of nearly the whole table, named again and again. */
    scs_buf_byte(&block, 0x40);
    h2_string(&block, "big", 3);
    h2_string(&block, field, sizeof field - 1);
    for (unsigned i = 0; i < 10000; i++) {
        scs_buf_byte(&block, 0xbe);
    }
    h2_frame(HEADERS, END_STREAM, 1, block.p, block.len);
    scs_buf_cleanup(&block);
    for (unsigned i = 0; i < 3000; i++) {
        h2_frame(CONTINUATION, 0, 1, "\xbe", 1);
    }
    h2_frame(CONTINUATION, END_HEADERS, 1, "", 0);
    h2_hex(HEADERS, END_HEADERS | END_STREAM, 3, "82 44 06 2f6d73636570");
    h2_play_once(&w);
    assert_int_equal(w.limits.heads_cut, 1);
    assert_int_equal(w.num_done, 2);
    assert_true(w.requests[0]->m.head_len <= SCS_MAX_HEAD);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_HEAD_COMPLETE);
    assert_true(w.requests[1]->m.flags & SCS_HTTP_HEAD_COMPLETE);
    test_http_forget(&w);
}

/* Catches a connection given up between its preface and its first request, and one kept for ever. */
static void test_idle(void **state)
{
    (void)state;
    struct world w;
    test_http_open(&w);
    struct scs_http_hooks hooks = test_http_hooks(&w);
    struct scs_http *h = scs_http_new(&hooks, &w.connection);
    h2_greet();
    for (unsigned i = 0; i < 100; i++) {
        struct scs_chunk up = {.data = h2_step(0)->p, .len = h2_step(0)->len, .frame = i + 1, .ts_ns = SECOND};
        struct scs_chunk down = {.data = h2_step(1)->p, .len = h2_step(1)->len, .frame = i + 1, .ts_ns = SECOND};
        scs_http_data(h, SCS_TO_SERVER, &up);
        assert_true(i == 0 || !scs_http_idle(h));
        scs_http_data(h, SCS_TO_CLIENT, &down);
        assert_int_equal(scs_http_idle(h), i >= 64);
        scs_buf_clear(h2_step(0));
        scs_buf_clear(h2_step(1));
        h2_back(0);
        h2_head(END_HEADERS | END_STREAM, 2 * i + 1, OTHER);
        h2_back(1);
        h2_head(END_HEADERS | END_STREAM, 2 * i + 1, OK_HEAD);
    }
    scs_http_free(h);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),      cmocka_unit_test(test_parallel), cmocka_unit_test(test_framing),
        cmocka_unit_test(test_informational), cmocka_unit_test(test_tables),   cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_malformed),     cmocka_unit_test(test_limits),   cmocka_unit_test(test_idle),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    h2_forget();
    return failed;
}
