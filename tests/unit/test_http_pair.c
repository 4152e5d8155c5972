/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "http_play.h"

/* Catches a pairing that loses the plainest exchange, or facts that are not filled. */
static void test_get(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, CAPS, 0, 0}, {REPLY, OK3, 0, 0}, {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    const struct scs_http_request *q = w.requests[0];
    const struct scs_http_reply *a = w.replies[0];
    assert_string_equal(q->method, "GET");
    assert_string_equal(q->target, "/certsrv/mscep/mscep.dll?operation=GetCACaps&message=ca");
    assert_int_equal(q->target_len, 55);
    assert_int_equal(q->path_len, 24);
    assert_int_equal(q->query_len, 30);
    assert_string_equal(q->host, "ndes");
    assert_string_equal(q->user_agent, "test");
    assert_int_equal(q->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE);
    assert_int_equal(w.target_off, 4);
    assert_int_equal(a->status, 200);
    assert_string_equal(a->reason, "OK");
    assert_int_equal(a->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE | SCS_HTTP_HAS_LENGTH);
    assert_int_equal(a->m.body_len, 3);
    assert_string_equal(a->m.body_text, "AES");
    assert_string_equal(w.reply_body, "AES");
    assert_null(w.why[0]);
    assert_int_equal(q->m.first_ns, SECOND);
    assert_int_equal(a->m.last_ns, 2 * SECOND);
    assert_int_equal(a->continue_ns, SCS_NO_TIME);
    test_http_forget(&w);
}

/* Catches storing or reporting what nobody asked for, and losing count of replies over it. */
static void test_unwanted(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n" CAPS, 0, 0},
                                        {REPLY, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde" OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.num_asked, 2);
    assert_string_equal(w.reply_body, "AES");
    test_http_forget(&w);
}

/* Catches requests and replies out of order, or many messages of one segment read as one. */
static void test_pipelining(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, CAPS "HEAD /certsrv/mscep/mscep.dll?a HTTP/1.1\r\nHost: a\r\n\r\n" CAPS, 0, 0},
        {REPLY, OK3 "HTTP/1.1 403 Forbidden\r\nContent-Length: 1233\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 3);
    assert_int_equal(w.replies[0]->status, 200);
    assert_int_equal(w.replies[1]->status, 403);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_NO_MESSAGE_BODY);
    assert_true(w.replies[1]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.replies[1]->m.declared_len, 1233);
    assert_int_equal(w.replies[2]->status, 500);
    test_http_forget(&w);
}

#define POST(extra, body) "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nHost: ndes\r\n" extra "\r\n\r\n" body

/* Catches a body that loses bytes between segments, wrong frame runs, and a missed 100 Continue. */
static void test_post_in_segments(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTT", 0, 0},
                                        {SEND, "P/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\nabc", 0, 0},
                                        {REPLY, "HTTP/1.1 100 Continue\r\n\r\n", 0, 0},
                                        {SEND, "def", 0, 0},
                                        {SEND, "ghi", 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_string_equal(w.request_body, "abcdefghi");
    const struct scs_frame_map *map = &w.requests[0]->m.frames;
    assert_int_equal(map->num_runs, 4);
    assert_int_equal(map->runs[0].raw_off, 0);
    assert_int_equal(map->runs[0].body_off, UINT32_MAX);
    assert_int_equal(map->runs[1].raw_off, 56);
    assert_int_equal(map->runs[1].body_off, 0);
    assert_int_equal(map->runs[2].body_off, 3);
    assert_int_equal(map->runs[3].body_off, 6);
    assert_int_equal(map->runs[3].frame, 5);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_EXPECT_CONTINUE);
    assert_int_equal(w.requests[0]->m.raw_len, 56 + 50 + 9);
    assert_int_equal(w.requests[0]->m.head_len, 56 + 50);
    assert_int_equal(w.replies[0]->continue_ns, 3 * SECOND);
    test_http_forget(&w);
}

/* Catches a chunk size, extension or trailer that ends up in the body. */
static void test_chunked(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND, POST("Transfer-Encoding: chunked", "4\r\nabcd\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n") CAPS, 0, 0},
        {REPLY, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3  \r\nABC\r\n1\r\nD\r\n0\r\nX-Sum: 1\r\nY: z\r\n\r\n" OK3,
         0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play(&w, steps, SIZE_MAX, 0);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.requests[0]->m.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE | SCS_HTTP_CHUNKED);
    assert_int_equal(w.requests[0]->m.body_len, 14);
    assert_int_equal(w.replies[0]->m.body_len, 4);
    assert_int_equal(w.replies[1]->m.body_len, 3);
    test_http_forget(&w);
    test_http_play_all(&w, steps);
    test_http_forget(&w);
}

/* Catches TLS and tunnels read as HTTP/1.x, and HTTP in a tunnel that is not. */
static void test_other_protocols(void **state)
{
    (void)state;
    struct world w;
    static const struct step tls[] = {{SEND, "\x16\x03\x01hello", 0, 0}, {REPLY, "\x16\x03\x03hello", 0, 0}, {STOP, NULL, 0, 0}};
    test_http_play_all(&w, tls);
    assert_int_equal(w.num_opaque, 2);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
    static const struct step tunnel[] = {{SEND, "CONNECT mscep.contoso.com:443 HTTP/1.1\r\nHost: a\r\n\r\n", 0, 0},
                                         {REPLY, "HTTP/1.1 200 Connected\r\nContent-Length: 9\r\n\r\n", 0, 0},
                                         {SEND, "\x16\x03\x01hello", 0, 0},
                                         {REPLY, "\x16\x03\x03", 0, 0},
                                         {STOP, NULL, 0, 0}};
    test_http_play_all(&w, tunnel);
    assert_int_equal(w.num_opaque, 2);
    assert_int_equal(w.num_done, 1);
    assert_string_equal(w.requests[0]->host, "a");
    test_http_forget(&w);
    static const struct step plain[] = {{SEND, "CONNECT mscep.contoso.com:80 HTTP/1.1\r\n\r\n", 0, 0},
                                        {REPLY, "HTTP/1.1 200 Connected\r\n\r\n", 0, 0},
                                        {SEND, CAPS, 0, 0},
                                        {REPLY, OK3, 0, 0},
                                        {STOP, NULL, 0, 0}};
    test_http_play_all(&w, plain);
    assert_int_equal(w.num_opaque, 0);
    assert_int_equal(w.num_done, 2);
    assert_string_equal(w.requests[0]->host, "mscep.contoso.com:80");
    assert_int_equal(w.replies[1]->m.body_len, 3);
    test_http_forget(&w);
    static const struct step upgrade[] = {
        {SEND, "GET /mscep HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 0, 0},
        {REPLY, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\1\2\3", 0, 0},
        {SEND, "\5\6\7", 0, 0},
        {STOP, NULL, 0, 0}};
    test_http_play_all(&w, upgrade);
    assert_int_equal(w.num_opaque, 2);
    assert_int_equal(w.replies[0]->status, 101);
    test_http_forget(&w);
}

/* Catches a request without a version and its bare reply that stop the reader. */
static void test_simple(void **state)
{
    (void)state;
    static const struct step steps[] = {{SEND, "GET /certsrv/mscep/mscep.dll?operation=GetCACaps\r\n", 0, 0},
                                        {REPLY, "HELLO AES\nPOST", 0, 0},
                                        {END_DOWN, NULL, SCS_END_FIN, 0},
                                        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.requests[0]->m.version, 9);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_COMPLETE);
    assert_int_equal(w.replies[0]->m.version, 9);
    assert_int_equal(w.replies[0]->status, 0);
    assert_string_equal(w.reply_body, "HELLO AES\nPOST");
    assert_true(w.replies[0]->m.flags & SCS_HTTP_COMPLETE);
    test_http_forget(&w);
}

/* Catches a target cut at its first space, and the text of a long message kept whole. */
static void test_targets(void **state)
{
    (void)state;
    static const struct step spaces[] = {
        {SEND, "GET /mscep?operation=PKIOperation&message=MII KvwY== &x=1 HTTP/1.0\r\n\r\n", 0, 0}, {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, spaces);
    assert_string_equal(w.target, "/mscep?operation=PKIOperation&message=MII KvwY== &x=1");
    test_http_forget(&w);
    static const struct step lines[] = {
        {SEND, "GET /mscep?operation=PKIOperation&message=MIIK\r\nvwY=\nAAAA HTTP/1.0\r\nHost: a\r\n\r\n", 0, 0},
        {STOP, NULL, 0, 0}};
    test_http_play_all(&w, lines);
    assert_string_equal(w.target, "/mscep?operation=PKIOperation&message=MIIK\r\nvwY=\nAAAA");
    assert_string_equal(w.requests[0]->host, "a");
    assert_int_equal(w.requests[0]->m.version, 10);
    test_http_forget(&w);
#define SIXTY_FOUR "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const struct step absolute[] = {
        {SEND, "GET http://ndes:88/mscep?Message=" SIXTY_FOUR "Zzz&operation=X HTTP/1.1\r\n\r\n", 0, 0}, {STOP, NULL, 0, 0}};
    test_http_play_all(&w, absolute);
    assert_string_equal(w.requests[0]->target, "http://ndes:88/mscep?Message=" SIXTY_FOUR "...&operation=X");
    assert_string_equal(w.requests[0]->host, "ndes:88");
    assert_int_equal(w.requests[0]->path_len, 6);
    assert_int_equal(w.requests[0]->query_len, 8 + 67 + 12);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_ABSOLUTE_FORM);
    test_http_forget(&w);
}

/* Catches secrets that become facts, and header facts that are mixed up. */
static void test_header_facts(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SEND,
         "GET /mscep HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\nCookie: secret=1\r\nX-Forwarded-For: "
         "10.1.1.1\r\nVia:\r\n"
         "User-Agent: a\x1b[31mb\r\n\r\n",
         0, 0},
        {REPLY,
         "HTTP/1.1 302 Found it\r\nServer: Microsoft-IIS/10.0\r\nLocation: https://x/\r\nRetry-After: 120\r\nAge: 7\r\nX-Cache: "
         "HIT\r\n"
         "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nVia: 1.1 proxy\r\nContent-Length: 0\r\n"
         "WWW-Authenticate: Digest realm=\"a, Basic b\", nonce = \"x\", NTLM, Negotiate TlRM==\r\n\r\n",
         0, 0},
        {STOP, NULL, 0, 0}};
    struct world w;
    test_http_play_all(&w, steps);
    const struct scs_http_request *q = w.requests[0];
    const struct scs_http_reply *a = w.replies[0];
    assert_true(q->authorization && q->cookie);
    assert_string_equal(q->m.via, "X-Forwarded-For: 10.1.1.1");
    assert_string_equal(q->user_agent, "a\\x1b[31mb");
    assert_string_equal(a->reason, "Found it");
    assert_string_equal(a->server, "Microsoft-IIS/10.0");
    assert_string_equal(a->location, "https://x/");
    assert_string_equal(a->retry_after, "120");
    assert_string_equal(a->cache, "Age: 7");
    assert_string_equal(a->m.via, "Via: 1.1 proxy");
    assert_string_equal(a->www_authenticate, "Digest, NTLM, Negotiate");
    assert_int_equal(a->date_s, 784111777);
    assert_null(strstr(scs_buf_cstr(&w.log), "c2VjcmV0"));
    test_http_forget(&w);
}

/* Catches a connection that counts as idle while something is half read. */
static void test_idle(void **state)
{
    (void)state;
    struct world w;
    test_http_open(&w);
    struct scs_http_hooks hooks = test_http_hooks(&w);
    struct scs_http *h = scs_http_new(&hooks, &w.connection);
    assert_true(scs_http_idle(h));
    test_http_send(h, SCS_TO_SERVER, "GET /mscep HT", 0);
    assert_false(scs_http_idle(h));
    test_http_send(h, SCS_TO_SERVER, "TP/1.1\r\n\r\n", 1);
    assert_false(scs_http_idle(h));
    test_http_send(h, SCS_TO_CLIENT, OK3, 2);
    assert_true(scs_http_idle(h));
    assert_int_equal(w.num_done, 1);
    scs_http_free(h);
    scs_http_free(NULL);
    test_http_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),          cmocka_unit_test(test_unwanted),
        cmocka_unit_test(test_pipelining),   cmocka_unit_test(test_post_in_segments),
        cmocka_unit_test(test_chunked),      cmocka_unit_test(test_other_protocols),
        cmocka_unit_test(test_simple),       cmocka_unit_test(test_targets),
        cmocka_unit_test(test_header_facts), cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
