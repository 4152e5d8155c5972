/* SPDX-License-Identifier: Apache-2.0 */
/* Connections on which it has to be found out which version of HTTP they speak. */
#include "http/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "http2_play.h"
#include "scepscope/limits.h"

/* Catches a server that spoke first, inside TLS, read as HTTP/1, and HTTP/1 held up by a zero byte. */
static void test_server_first(void **state)
{
    (void)state;
    struct world w;
    h2_forget();
    h2_packet(REPLY);
    h2_hex(SETTINGS, 0, 0, "0003 00000064");
    h2_packet(SEND);
    h2_put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    h2_hex(SETTINGS, 0, 0, "");
    H2_ASK(1, "GetCACaps");
    h2_packet(REPLY);
    h2_head(END_HEADERS, 1, OK_THREE);
    h2_data(END_STREAM, 1, "AES");
    h2_play(&w);
    assert_int_equal(w.num_done, 1);
    assert_memory_equal(w.reply_body, "AES", 3);
    test_http_forget(&w);
    /* A request of HTTP/1 left open before the preface is not forgotten. */
    h2_forget();
    h2_packet(SEND);
    h2_put(CAPS, strlen(CAPS));
    h2_packet(SEND);
    h2_put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    h2_hex(SETTINGS, 0, 0, "");
    h2_event(END_DOWN, SCS_END_FIN);
    h2_play(&w);
    assert_int_equal(w.num_done, 1);
    assert_string_equal(w.why[0], "server closed");
    test_http_forget(&w);
    static const struct step http1[] = {{REPLY, "\0\0\1", 0, 3}, {SEND, CAPS, 0, 0}, {REPLY, OK3, 0, 0}, {STOP, NULL, 0, 0}};
    test_http_play_all(&w, http1);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 200);
    test_http_forget(&w);
}

/* Catches anything made of a connection that is no HTTP/2 after its first words, or was not seen from its beginning. */
static void test_no_http2(void **state)
{
    (void)state;
    struct world w;
    h2_forget();
    h2_packet(SEND);
    h2_put("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 24);
    h2_hex(SETTINGS, 0, 0, "");
    H2_ASK(1, "GetCACaps");
    h2_play(&w);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
    h2_forget();
    h2_packet(SEND);
    h2_put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    H2_ASK(1, "GetCACaps");
    h2_play(&w);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
    h2_forget();
    h2_packet(SEND);
    H2_ASK(3, "GetCACaps");
    h2_packet(REPLY);
    h2_head(END_HEADERS | END_STREAM, 3, OK_HEAD);
    h2_play(&w);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
}

static const char refusal[] = "HTTP/1.1 505 HTTP Version Not Supported\r\nServer: old\r\nContent-Length: 2\r\n\r\nno";

/* The client's first packet begins with HTTP/2's preface; what the server says first is left to the test. */
static void begin_with_preface(void)
{
    h2_forget();
    h2_packet(SEND);
    h2_put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
}

/* Catches the answer of a server that knows HTTP/1 only, lost because the client spoke HTTP/2; or given to two requests. */
static void test_refused(void **state)
{
    (void)state;
    struct world w;
    begin_with_preface();
    h2_hex(SETTINGS, 0, 0, "");
    H2_ASK(1, "GetCACaps");
    h2_head(END_HEADERS, 3, SEND_MESSAGE("content-length 9\n"));
    h2_packet(REPLY);
    h2_put(refusal, sizeof refusal - 1);
    h2_packet(SEND);
    h2_data(END_STREAM, 3, "a message");
    h2_event(END_DOWN, SCS_END_FIN);
    h2_play(&w);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.version, 20);
    assert_int_equal(w.replies[0]->m.version, 11);
    assert_int_equal(w.replies[0]->status, 505);
    assert_string_equal(w.replies[0]->server, "old");
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_null(w.replies[1]);
    assert_string_equal(w.why[1], "server closed");
    test_http_forget(&w);
}

/* Catches the same answer lost where it begins before there is a request. */
static void test_refused_at_the_preface(void **state)
{
    (void)state;
    struct world w;
    begin_with_preface();
    h2_packet(REPLY);
    h2_put(refusal, 60);
    h2_packet(SEND);
    h2_hex(SETTINGS, 0, 0, "");
    H2_ASK(1, "GetCACaps");
    h2_packet(REPLY);
    h2_put(refusal + 60, sizeof refusal - 1 - 60);
    h2_play(&w);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 505);
    assert_memory_equal(w.reply_body, "no", 2);
    test_http_forget(&w);
}

/* Catches it lost where the server has closed as well before there is a request. */
static void test_refused_and_closed(void **state)
{
    (void)state;
    struct world w;
    begin_with_preface();
    h2_packet(REPLY);
    h2_put(refusal, sizeof refusal - 1);
    h2_event(END_DOWN, SCS_END_FIN);
    h2_packet(SEND);
    h2_hex(SETTINGS, 0, 0, "");
    H2_ASK(1, "GetCACaps");
    H2_ASK(3, "GetCACert");
    h2_event(END_UP, SCS_END_RST);
    h2_play(&w);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.replies[0]->status, 505);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_null(w.replies[1]);
    assert_string_equal(w.why[1], "server closed");
    test_http_forget(&w);
}

/* Catches a request made up for an answer where nothing was ever asked. */
static void test_refused_unasked(void **state)
{
    (void)state;
    struct world w;
    begin_with_preface();
    h2_packet(REPLY);
    h2_put(refusal, sizeof refusal - 1);
    h2_event(END_DOWN, SCS_END_FIN);
    h2_play(&w);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
}

#define ASK_UPGRADE                                                                                                              \
    "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nHost: ndes\r\nConnection: Upgrade, HTTP2-Settings\r\n"     \
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 7\r\n\r\nmessage"
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

/* Catches a request whose answer is not looked for on stream 1, and streams after it. RFC 7540 3.2. */
static void test_upgrade(void **state)
{
    (void)state;
    struct world w;
    h2_forget();
    h2_packet(SEND);
    h2_put(ASK_UPGRADE, strlen(ASK_UPGRADE));
    h2_packet(REPLY);
    h2_put(SWITCHING, strlen(SWITCHING));
    h2_hex(SETTINGS, 0, 0, "0003 00000064");
    h2_head(END_HEADERS, 1, OK_HEAD);
    h2_packet(SEND);
    h2_put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    h2_hex(SETTINGS, 0, 0, "");
    H2_ASK(3, "GetCACaps");
    h2_packet(REPLY);
    h2_data(END_STREAM, 1, "reply");
    h2_head(END_HEADERS, 3, OK_THREE);
    h2_data(END_STREAM, 3, "AES");
    h2_play(&w);
    assert_int_equal(w.num_opaque, 0);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.version, 11);
    assert_int_equal(w.requests[0]->m.body_len, 7);
    assert_int_equal(w.replies[0]->m.version, 20);
    assert_int_equal(w.replies[0]->status, 200);
    assert_int_equal(w.replies[0]->m.body_len, 5);
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.requests[1]->m.version, 20);
    assert_memory_equal(w.reply_body, "AES", 3);
    test_http_forget(&w);
    /* A server that does not care for the upgrade answers as ever. */
    static const struct step stays[] = {
        {SEND, ASK_UPGRADE, 0, 0}, {REPLY, OK3, 0, 0}, {SEND, CAPS, 0, 0}, {REPLY, OK3, 0, 0}, {STOP, NULL, 0, 0}};
    test_http_play_all(&w, stays);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.replies[0]->m.version, 11);
    test_http_forget(&w);
    /* The connection ends after 101: no answer came. */
    static const struct step ends[] = {
        {SEND, ASK_UPGRADE, 0, 0}, {REPLY, SWITCHING, 0, 0}, {END_DOWN, NULL, SCS_END_FIN, 0}, {STOP, NULL, 0, 0}};
    test_http_play_all(&w, ends);
    assert_int_equal(w.num_done, 1);
    assert_null(w.replies[0]);
    assert_string_equal(w.why[0], "server closed");
    test_http_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_first),
        cmocka_unit_test(test_no_http2),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_at_the_preface),
        cmocka_unit_test(test_refused_and_closed),
        cmocka_unit_test(test_refused_unasked),
        cmocka_unit_test(test_upgrade),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    h2_forget();
    return failed;
}
