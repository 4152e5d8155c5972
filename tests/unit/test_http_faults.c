/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP stage when connections end early, captures have holes and peers do not keep to the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "http_play.h"
#include "scepscope/limits.h"

/* Catches a broken chunk taken for data, and a missing terminator taken for a whole body. */
static void test_bad_chunks(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, CAPS CAPS, 0, 0},
        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nABCDE\r\n0\r\n\r\n", 0, 0},
        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nABC\r\n", 0, 0},
        {END_DOWN, NULL, SCS_END_FIN, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_CHUNK_BAD);
    assert_false(w.replies[0]->m.flags & (SCS_HTTP_COMPLETE | SCS_HTTP_NETWORK_CUT));
    assert_true(w.replies[1]->m.flags & SCS_HTTP_CHUNK_BAD);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_NETWORK_CUT);
    test_http_forget(&w);
}

/* Catches a body until the close that is taken for cut, or for whole when the connection was reset. */
static void test_until_close(void **state)
{
    (void)state;
    static const enum scs_end ends[] = {SCS_END_FIN, SCS_END_RST, SCS_END_CAPTURE, SCS_END_REPLACED};
    static const uint32_t flags[] = {SCS_HTTP_COMPLETE, SCS_HTTP_NETWORK_CUT, SCS_HTTP_CAPTURE_END, SCS_HTTP_CAPTURE_GAP};
    for (unsigned i = 0; i < 4; i++) {
        const struct step steps[] = {{SEND, CAPS, 0, 0},
                                     {REPLY, "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nAES\n", 0, 0},
                                     {REPLY, "DES3\n", 0, 0},
                                     {END_DOWN, NULL, ends[i], 0},
                                     {STOP, NULL, 0, 0}};
        struct world w;
        test_http_play_all(&w, steps);
        assert_int_equal(w.num_done, 1);
        assert_string_equal(w.reply_body, "AES\nDES3\n");
        assert_string_equal(w.replies[0]->m.body_text, "AES DES3");
        assert_int_equal(w.replies[0]->m.version, 10);
        assert_int_equal(w.replies[0]->m.flags &
                             (SCS_HTTP_COMPLETE | SCS_HTTP_NETWORK_CUT | SCS_HTTP_CAPTURE_END | SCS_HTTP_CAPTURE_GAP),
                         flags[i]);
        assert_true(w.replies[0]->m.flags & SCS_HTTP_TO_CLOSE);
        assert_true(w.replies[0]->m.flags & SCS_HTTP_CONNECTION_CLOSE);
        test_http_forget(&w);
    }
}

/* Catches a body cut by a reset from the client's side that is blamed on the end of the capture. */
static void test_cut_by_other_side(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nAES\n", 0, 0},
                                        {END_UP, NULL, SCS_END_RST, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_int_equal(w.replies[0]->m.body_len, 4);
    assert_int_equal(w.replies[0]->m.declared_len, 30);
    test_http_forget(&w);
}

/* Catches a wrong answer to who left a request without a reply. */
static void test_unanswered(void **state)
{
    (void)state;
    static const struct {
        enum kind kind;
        enum scs_end how;
        const char *why;
    } cases[] = {{END_UP, SCS_END_FIN, "client closed"},       {END_UP, SCS_END_RST, "client reset"},
                 {END_DOWN, SCS_END_FIN, "server closed"},     {END_DOWN, SCS_END_RST, "server reset"},
                 {END_DOWN, SCS_END_CAPTURE, "capture ended"}, {END_UP, SCS_END_REPLACED, "connection replaced"}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct step steps[] = {{SEND, CAPS, 0, 0},
                                     {cases[i].kind, NULL, cases[i].how, 0},
                                     {cases[i].kind == END_UP ? END_DOWN : END_UP, NULL, cases[i].how, 0},
                                     {STOP, NULL, 0, 0}};
        struct world w;
        test_http_play_all(&w, steps);
        assert_int_equal(w.num_done, 1);
        assert_null(w.replies[0]);
        assert_string_equal(w.why[0], cases[i].why);
        assert_true(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
        test_http_forget(&w);
    }
}

/* Catches the server's reset blamed on the client because that direction's end was told first. */
static void test_who_reset(void **state)
{
    (void)state;
    for (unsigned who = 0; who < 2; who++) {
        struct world w;
        test_http_open(&w);
        struct scs_http_hooks hooks = test_http_hooks(&w);
        struct scs_http *h = scs_http_new(&hooks, &w.connection);
        test_http_send(h, SCS_TO_SERVER, CAPS, 0);
        w.connection.half[who].rst_ns = 2 * SECOND;
        scs_http_end(h, SCS_TO_SERVER, SCS_END_RST, 2 * SECOND);
        scs_http_end(h, SCS_TO_CLIENT, SCS_END_RST, 2 * SECOND);
        assert_int_equal(w.num_done, 1);
        assert_string_equal(w.why[0], who == SCS_TO_SERVER ? "client reset" : "server reset");
        scs_http_free(h);
        test_http_forget(&w);
    }
}

/* Catches a half-close by the client that is taken for its giving up although the reply follows. */
static void test_half_close(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {END_UP, NULL, SCS_END_FIN, 0},
                                        {REPLY, OK3, 0, 0},
                                        {END_DOWN, NULL, SCS_END_FIN, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 200);
    assert_null(w.why[0]);
    test_http_forget(&w);
}

/* Catches a reply that is lost because it came before its request was complete: 413, 414. */
static void test_early_reply(void **state)
{
    (void)state;
    static const struct step body[] = {{SEND, POST("Content-Length: 100", "abc"), 0, 0},
                                       {REPLY, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", 0, 0},
                                       {SEND, "defghi", 0, 0},
                                       {END_DOWN, NULL, SCS_END_FIN, 0},
                                       {END_UP, NULL, SCS_END_RST, 0},
                                       {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, body);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 413);
    assert_int_equal(w.requests[0]->m.body_len, 9);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
    test_http_forget(&w);

    static const struct step target[] = {{SEND, "GET /certsrv/mscep/mscep.dll?operation=PKIOperation&message=AAAA", 0, 0},
                                         {REPLY, "HTTP/1.1 414 Too Long\r\nContent-Length: 0\r\n\r\n", 0, 0},
                                         {SEND, "BBBBCCCC", 0, 0},
                                         {END_DOWN, NULL, SCS_END_FIN, 0},
                                         {END_UP, NULL, SCS_END_RST, 0},
                                         {STOP, NULL, 0, 0}};
    test_http_play_all(&w, target);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 414);
    assert_string_equal(w.target, "/certsrv/mscep/mscep.dll?operation=PKIOperation&message=AAAABBBBCCCC");
    assert_int_equal(w.requests[0]->target_len, 68);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_NETWORK_CUT);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_HEAD_COMPLETE);
    test_http_forget(&w);
}

/* Catches the next request being eaten as the body that a refused Expect: 100-continue never sent. */
static void test_refused_expectation(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, POST("Expect: 100-continue\r\nContent-Length: 5000", ""), 0, 0},
        {REPLY, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n\r\n",
         0, 0},
        {SEND, CAPS, 0, 0},
        {REPLY, OK3, 0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 2);
    assert_string_equal(w.replies[0]->www_authenticate, "Negotiate, NTLM");
    assert_int_equal(w.requests[0]->m.flags & (SCS_HTTP_COMPLETE | SCS_HTTP_NETWORK_CUT), 0);
    assert_int_equal(w.replies[1]->status, 200);
    test_http_forget(&w);
}

/* Catches bytes after a body that pass in silence, or that stop everything after them. */
static void test_extra_bytes(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, POST("Content-Length: 3", "abc\r\n") CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdefHTT HTTP/1" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_EXTRA_BYTES);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_EXTRA_BYTES);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.replies[1]->status, 200);
    test_http_forget(&w);
}

/* Catches an empty line after a reply that counts as nothing: only before requests it is allowed. */
static void test_extra_line(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS "\r\n" CAPS, 0, 0}, {REPLY, OK3 "\r\n" OK3, 0, 0}, {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_false(w.requests[0]->m.flags & SCS_HTTP_EXTRA_BYTES);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_EXTRA_BYTES);
    assert_false(w.replies[1]->m.flags & SCS_HTTP_EXTRA_BYTES);
    test_http_forget(&w);
}

/* Catches a hole in a counted body that loses the next message, or a body put together over the hole. */
static void test_gap_in_body(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, POST("Content-Length: 12", "abc"), 0, 0},
                                        {GAP_UP, NULL, 4, 0},
                                        {SEND, "hijkl" CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n012", 0, 0},
                                        {SNAP_DOWN, NULL, 7, 0},
                                        {REPLY, "\r\n0\r\n\r\n" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.body_len, 8);
    assert_int_equal(w.requests[0]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_COMPLETE),
                     SCS_HTTP_CAPTURE_GAP);
    assert_int_equal(w.replies[0]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_COMPLETE),
                     SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN);
    assert_int_equal(w.replies[1]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_COMPLETE), SCS_HTTP_COMPLETE);
    assert_true(strstr(scs_buf_cstr(&w.log), "bodies 3 3") != NULL);
    test_http_forget(&w);
    test_http_play_all(&w, steps);
    test_http_forget(&w);
}

/* Catches a hole longer than the body that makes the reader count into the next message. */
static void test_gap_over_end(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0", 0, 0},
                                        {GAP_DOWN, NULL, 100, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, "tail of something" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_CAPTURE_GAP);
    assert_int_equal(w.replies[1]->m.body_len, 3);
    assert_false(w.replies[1]->m.flags & SCS_HTTP_CAPTURE_GAP);
    test_http_forget(&w);
}

/* Catches a head with a hole that is read across it, and an exchange that is dropped for it. */
static void test_gap_in_head(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "GET /certsrv/mscep/mscep.dll?operation=PKIOperation&message=AAAA", 0, 0},
                                        {SNAP_UP, NULL, 1000, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Le", 0, 0},
                                        {SNAP_DOWN, NULL, 300, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.flags, SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN);
    assert_int_equal(w.requests[0]->target_len, 60);
    assert_int_equal(w.replies[0]->status, 200);
    assert_int_equal(w.replies[0]->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_HEAD_COMPLETE),
                     SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN);
    assert_int_equal(w.replies[1]->m.body_len, 3);
    test_http_forget(&w);
}

/* Catches the second request of a connection whose packets are all cut short by the snap length. */
static void test_snaplen_throughout(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "GET /certsrv/mscep/msc", 0, 0},
                                        {SNAP_UP, NULL, 100, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nCon", 0, 0},
                                        {SNAP_DOWN, NULL, 100, 0},
                                        {SEND, "POST /certsrv/mscep/ms", 0, 0},
                                        {SNAP_UP, NULL, 100, 0},
                                        {SEND, "binary GET /with text", 0, 0},
                                        {SNAP_UP, NULL, 100, 0},
                                        {REPLY, "HTTP/1.1 500 Internal", 0, 0},
                                        {SNAP_DOWN, NULL, 100, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.replies[0]->status, 200);
    assert_string_equal(w.requests[1]->method, "POST");
    assert_int_equal(w.replies[1]->status, 500);
    assert_true(w.requests[1]->m.flags & SCS_HTTP_SNAPLEN);
    test_http_forget(&w);
}

/* Catches the next request's reply given to a request whose own reply the capture lost. */
static void test_lost_reply(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {GAP_DOWN, NULL, 200, 0},
                                        {SEND, POST("Content-Length: 1", "x"), 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_null(w.replies[0]);
    assert_null(w.why[0]); /* nobody may say that there was no answer */
    assert_string_equal(w.requests[1]->method, "POST");
    assert_int_equal(w.replies[1]->status, 200);
    test_http_forget(&w);
}

/* Catches a reply in a hole that is reported as a server that closed without answering. */
static void test_lost_reply_at_end(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {GAP_DOWN, NULL, 200, 0},
                                        {END_DOWN, NULL, SCS_END_FIN, 0},
                                        {END_UP, NULL, SCS_END_FIN, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_null(w.replies[0]);
    assert_null(w.why[0]);
    test_http_forget(&w);
}

/* Catches the reply to a request that the capture lost given to the one before, whose own reply it lost as well. */
static void test_lost_reply_and_request(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0},
                                        {GAP_DOWN, NULL, 200, 0},
                                        {GAP_UP, NULL, 80, 0},
                                        {REPLY, OK3, 0, 0},
                                        {SEND, POST("Content-Length: 1", "x"), 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_null(w.replies[0]);
    assert_null(w.why[0]);
    assert_int_equal(w.replies[1]->status, 200);
    test_http_forget(&w);
}

/* Catches a capture that begins in the middle of messages and is never understood again. */
static void test_midway(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "\x01\x02rest of a GET /body", 0, 0},
                                        {REPLY, "\x30\x82 rest of a reply", 0, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 200);
    assert_int_equal(w.replies[0]->m.flags & SCS_HTTP_EXTRA_BYTES, 0);
    test_http_forget(&w);
}

/* Catches a reply to an uncaptured request that is thrown away although its type tells what it is. */
static void test_reply_alone(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {REPLY, "HTTP/1.1 200 OK\r\nContent-Type: application/x-pki-message\r\nContent-Length: 2\r\n\r\n\x30\x80" OK3, 0, 0},
        {SEND, CAPS, 0, 0},
        {REPLY, OK3, 0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 2);
    assert_null(w.requests[0]);
    assert_string_equal(w.replies[0]->m.content_type, "application/x-pki-message");
    assert_null(w.replies[0]->m.body_text);
    assert_non_null(w.requests[1]);
    test_http_forget(&w);
}

/* Catches a queue that grows without end, or replies given to the wrong one of many requests. */
static void test_too_many_waiting(void **state)
{
    (void)state;
    struct step steps[80 + 2] = {{REPLY, "HTTP/1.1 100 Continue\r\n\r\n", 0, 0}};
    unsigned n = 1;
    while (n < 80) {
        steps[n++] = (struct step){SEND, CAPS, 0, 0};
    }
    steps[n] = (struct step){STOP, NULL, 0, 0};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, SCS_MAX_PIPELINED);
    assert_int_equal(w.limits.pipelined_dropped, 79 - SCS_MAX_PIPELINED);
    test_http_forget(&w);

    /* One direction only in the capture: not a queue at all. */
    steps[0] = (struct step){SEND, CAPS, 0, 0};
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 80);
    assert_int_equal(w.limits.pipelined_dropped, 0);
    assert_null(w.why[0]);
    assert_string_equal(w.why[79], "capture ended");
    test_http_forget(&w);
}

/* Catches requests beyond the limit whose replies are then given to later requests. */
static void test_skipped_replies(void **state)
{
    (void)state;
    struct step steps[300] = {{REPLY, "HTTP/1.1 100 Continue\r\n\r\n", 0, 0}};
    unsigned n = 1;
    for (unsigned i = 0; i < 70; i++) {
        steps[n++] = (struct step){SEND, CAPS, 0, 0};
    }
    for (unsigned i = 0; i < 70; i++) {
        steps[n++] = (struct step){REPLY, OK3, 0, 0};
    }
    steps[n++] = (struct step){SEND, POST("Content-Length: 1", "x"), 0, 0};
    steps[n++] = (struct step){REPLY, "HTTP/1.1 500 Last\r\nContent-Length: 0\r\n\r\n", 0, 0};
    steps[n] = (struct step){STOP, NULL, 0, 0};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, SCS_MAX_PIPELINED + 1);
    assert_int_equal(w.limits.pipelined_dropped, 6);
    assert_int_equal(w.replies[w.num_done - 1]->status, 500);
    assert_string_equal(w.requests[w.num_done - 1]->method, "POST");
    test_http_forget(&w);
}

/* Catches a head without end that is stored without end, or an exchange that is dropped for it. */
static void test_endless_head(void **state)
{
    (void)state;
    static char line[SCS_MAX_HEAD + 100];
    memset(line, 'A', sizeof line - 1);
    memcpy(line, "GET /mscep/", 11);
    const struct step steps[] = {{SEND, "GET /mscep HTTP/1.1\r\nX: ", 0, 0},
                                 {SEND, line, 0, 0},
                                 {SEND, line, 0, 0},
                                 {REPLY, OK3, 0, 0},
                                 {SEND, "AAAA" CAPS, 0, 0},
                                 {REPLY, OK3, 0, 0},
                                 {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_true(w.limits.heads_cut >= 1);
    assert_string_equal(w.requests[0]->target, "/mscep");
    assert_int_equal(w.requests[0]->m.flags, 0);
    assert_int_equal(w.replies[0]->status, 200);
    test_http_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_chunks),
        cmocka_unit_test(test_until_close),
        cmocka_unit_test(test_cut_by_other_side),
        cmocka_unit_test(test_unanswered),
        cmocka_unit_test(test_who_reset),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_early_reply),
        cmocka_unit_test(test_refused_expectation),
        cmocka_unit_test(test_extra_bytes),
        cmocka_unit_test(test_extra_line),
        cmocka_unit_test(test_gap_in_body),
        cmocka_unit_test(test_gap_over_end),
        cmocka_unit_test(test_gap_in_head),
        cmocka_unit_test(test_snaplen_throughout),
        cmocka_unit_test(test_lost_reply),
        cmocka_unit_test(test_lost_reply_at_end),
        cmocka_unit_test(test_lost_reply_and_request),
        cmocka_unit_test(test_midway),
        cmocka_unit_test(test_reply_alone),
        cmocka_unit_test(test_too_many_waiting),
        cmocka_unit_test(test_skipped_replies),
        cmocka_unit_test(test_endless_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
