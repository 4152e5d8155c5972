/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/http2.h"
#include "hex.h"
#include "http_play.h"
#include "scepscope/limits.h"

/* ---- conversations, frame by frame --------------------------------------------------------------- */

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION };
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8, WITH_PRIORITY = 0x20 };

#define MOST_STEPS 64

static struct step steps[MOST_STEPS];
static struct scs_buf bytes[MOST_STEPS];
static unsigned num_steps;

static void forget(void)
{
    for (unsigned i = 0; i < num_steps; i++) {
        scs_buf_cleanup(&bytes[i]);
    }
    num_steps = 0;
}

/* What follows lies in the next packet of this direction. */
static void packet(enum kind kind)
{
    assert_true(num_steps < MOST_STEPS - 1);
    scs_buf_init(&bytes[num_steps], 1 << 20);
    steps[num_steps++] = (struct step){.kind = kind};
}

static void event(enum kind kind, size_t number)
{
    packet(kind);
    steps[num_steps - 1].number = number;
}

static void put(const void *data, size_t len)
{
    assert_true(scs_buf_add(&bytes[num_steps - 1], data, len));
}

static void put_frame(uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t len)
{
    uint8_t header[9] = {(uint8_t)(len >> 16),    (uint8_t)(len >> 8),     (uint8_t)len,           type,           flags,
                         (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
    put(header, sizeof header);
    put(payload, len);
}

static void put_hex(uint8_t type, uint8_t flags, uint32_t stream, const char *hex)
{
    size_t len;
    uint8_t *payload = test_hex(hex, &len);
    put_frame(type, flags, stream, payload, len);
    free(payload);
}

static void put_data(uint8_t flags, uint32_t stream, const char *text)
{
    put_frame(DATA, flags, stream, text, strlen(text));
}

/* A string literal without Huffman (RFC 7541 5.2); a length of 127 and more goes on in groups of seven bits. */
static void put_string(struct scs_buf *b, const char *s, size_t len)
{
    size_t rest = len < 127 ? 0 : len - 127;
    scs_buf_byte(b, len < 127 ? (uint8_t)len : 127);
    while (len >= 127 && rest >= 128) {
        scs_buf_byte(b, (uint8_t)(rest % 128 + 128));
        rest /= 128;
    }
    if (len >= 127) {
        scs_buf_byte(b, (uint8_t)rest);
    }
    scs_buf_add(b, s, len);
}

/* "name value" lines as literals that enter no table. The block goes into `out`. */
static void pack(const char *lines, struct scs_buf *out)
{
    scs_buf_init(out, 1 << 20);
    while (*lines != '\0') {
        size_t name = strcspn(lines, " "), all = strcspn(lines, "\n");
        scs_buf_byte(out, 0);
        put_string(out, lines, name);
        put_string(out, lines + name + 1, all - name - 1);
        lines += all + 1;
    }
}

static void put_head(uint8_t flags, uint32_t stream, const char *lines)
{
    struct scs_buf block;
    pack(lines, &block);
    put_frame(HEADERS, flags, stream, block.p, block.len);
    scs_buf_cleanup(&block);
}

/* The client's first packet, and its server's. */
static void greet(void)
{
    forget();
    packet(SEND);
    put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    put_hex(SETTINGS, 0, 0, "0003 00000064 0004 00a00000");
    packet(REPLY);
    put_hex(SETTINGS, 0, 0, "");
    put_hex(SETTINGS, 1, 0, "");
}

#define ASK(operation)                                                                                                           \
    ":method GET\n:scheme http\n:path /certsrv/mscep/mscep.dll?operation=" operation "&message=ca\n:authority ndes\n"            \
    "user-agent test\n"
#define OTHER ":method GET\n:scheme http\n:path /favicon.ico\n:authority ndes\n"
#define SEND_MESSAGE(more)                                                                                                       \
    ":method POST\n:scheme http\n:path /certsrv/mscep/mscep.dll?operation=PKIOperation\n:authority ndes\n" more
#define OK_HEAD  ":status 200\ncontent-type text/plain\nserver Microsoft-IIS/10.0\ndate Fri, 20 Nov 2026 09:14:02 GMT\n"
#define OK_THREE OK_HEAD "content-length 3\n"

static void arrange(void)
{
    steps[num_steps].kind = STOP;
    for (unsigned i = 0; i < num_steps; i++) {
        steps[i].text = (const char *)bytes[i].p;
        steps[i].len = bytes[i].len;
    }
}

/* Whole, then cut at every byte. */
static void play(struct world *w)
{
    arrange();
    test_http_play_all(w, steps);
}

static void play_once(struct world *w)
{
    arrange();
    test_http_play(w, steps, SIZE_MAX, 0);
}

/* ---- what is read -------------------------------------------------------------------------------- */

/* Catches a fact of a request or reply that is lost on its way out of pseudo-fields, and frames not told. */
static void test_exchange(void **state)
{
    (void)state;
    struct world w;
    greet();
    packet(SEND);
    put_head(END_HEADERS, 1, SEND_MESSAGE("content-length 7\ncookie a=b\nvia 2 proxy\n"));
    packet(SEND);
    put_data(END_STREAM, 1, "message");
    packet(REPLY);
    put_head(END_HEADERS, 1, OK_HEAD "www-authenticate Negotiate\nwww-authenticate NTLM\n");
    put_data(0, 1, "one ");
    packet(REPLY);
    put_data(END_STREAM, 1, "two");
    play(&w);
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
    greet();
    packet(SEND);
    put_head(END_HEADERS | END_STREAM, 1, OTHER);
    put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACaps"));
    put_head(END_HEADERS, 5, SEND_MESSAGE(""));
    put_head(END_HEADERS | END_STREAM, 7, ASK("GetCACert"));
    put_data(END_STREAM, 5, "abc");
    packet(REPLY);
    put_head(END_HEADERS, 7, OK_HEAD);
    put_head(END_HEADERS, 5, OK_HEAD);
    put_data(0, 7, "sev");
    put_data(END_STREAM, 5, "five");
    put_data(END_STREAM, 7, "en");
    packet(REPLY);
    put_head(END_HEADERS, 3, OK_THREE);
    put_data(END_STREAM, 3, "AES");
    play(&w);
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
    greet();
    packet(SEND);
    put_hex(PRIORITY, 0, 9, "00000000 0f");
    put_hex(WINDOW_UPDATE, 0, 0, "0000ffff");
    pack(SEND_MESSAGE(""), &block);
    struct scs_buf padded;
    scs_buf_init(&padded, 1 << 16);
    scs_buf_add(&padded, "\4\0\0\0\0\x10", 6);
    scs_buf_add(&padded, block.p, 30);
    scs_buf_add(&padded, "\0\0\0\0", 4);
    put_frame(HEADERS, PADDED | WITH_PRIORITY, 1, padded.p, padded.len);
    put_frame(CONTINUATION, 0, 1, block.p + 30, 0);
    put_frame(CONTINUATION, 0, 1, block.p + 30, 20);
    packet(SEND);
    put_frame(CONTINUATION, END_HEADERS, 1, block.p + 50, block.len - 50);
    put_hex(DATA, PADDED, 1, "03 6162 000000");
    put_hex(PING, 0, 0, "0102030405060708");
    put_hex(DATA, PADDED, 1, "02 0000");
    put_hex(99, 0xff, 1, "31313131");
    put_hex(DATA, 0, 1, "63");
    put_head(END_HEADERS | END_STREAM, 1, "content-type text/x-trailer\nx-sum 1\n");
    scs_buf_cleanup(&block);
    scs_buf_cleanup(&padded);
    packet(REPLY);
    put_hex(PUSH_PROMISE, END_HEADERS | PADDED, 1, "01 00000002 82 86 84 00");
    put_head(END_HEADERS, 2, OK_HEAD);
    put_data(END_STREAM, 2, "pushed");
    put_head(END_HEADERS, 1, OK_HEAD);
    put_data(0, 1, "reply");
    put_head(END_HEADERS | END_STREAM, 1, "x-sum 2\n:status 500\n");
    play(&w);
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
    greet();
    packet(SEND);
    put_head(END_HEADERS, 1, SEND_MESSAGE("expect 100-continue\n"));
    packet(REPLY);
    put_head(END_HEADERS, 1, ":status 100\n");
    packet(SEND);
    put_data(END_STREAM, 1, "body");
    packet(REPLY);
    put_head(END_HEADERS, 1, ":status 103\nlink a\n");
    packet(REPLY);
    put_head(END_HEADERS, 1, ":status 413\nlocation /x\nretry-after 5\n");
    put_data(END_STREAM, 1, "");
    play(&w);
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
    greet();
    packet(SEND);
    /* GET http, :path /mscep and :authority ndes enter the table; user-agent with Huffman: RFC 7541 C.4.1's example text. */
    put_hex(HEADERS, END_HEADERS | END_STREAM, 1, "82 86 44 06 2f6d73636570 41 04 6e646573 7a 8c f1e3c2e5f23a6ba0ab90f4ff");
    packet(REPLY);
    put_hex(SETTINGS, 0, 0, "0001 00000000"); /* the receiver wants no table; the sender has not yet heard of it */
    put_hex(HEADERS, END_HEADERS | END_STREAM, 1, "88 76 03 494953");
    packet(SEND);
    put_hex(HEADERS, END_HEADERS | END_STREAM, 3, "82 86 c0 bf be");
    put_hex(SETTINGS, 1, 0, "");
    /* Emptied and opened again, as far as a browser goes. */
    put_hex(HEADERS, END_HEADERS | END_STREAM, 5, "20 3f e1ff03 82 86 44 07 2f6d7363657035 41 01 78");
    put_hex(HEADERS, END_HEADERS | END_STREAM, 7, "82 86 bf be");
    packet(REPLY);
    put_hex(HEADERS, END_HEADERS | END_STREAM, 3, "88 be");
    put_hex(HEADERS, END_HEADERS | END_STREAM, 5, "88");
    put_hex(HEADERS, END_HEADERS | END_STREAM, 7, "8d");
    play(&w);
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
    greet();
    packet(SEND);
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACert"));
    put_head(END_HEADERS | END_STREAM, 5, ":method HEAD\n:path /mscep\n");
    packet(REPLY);
    put_head(END_HEADERS, 1, OK_THREE);
    put_data(0, 1, "AESmore");
    packet(REPLY);
    put_data(END_STREAM, 1, "");
    put_head(END_HEADERS, 3, OK_THREE);
    put_data(END_STREAM, 3, "AE");
    put_head(END_HEADERS | END_STREAM, 5, OK_THREE);
    play(&w);
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

/* Catches a server that spoke first, inside TLS, read as HTTP/1, and HTTP/1 held up by a zero byte. */
static void test_server_first(void **state)
{
    (void)state;
    struct world w;
    forget();
    packet(REPLY);
    put_hex(SETTINGS, 0, 0, "0003 00000064");
    packet(SEND);
    put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    put_hex(SETTINGS, 0, 0, "");
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    packet(REPLY);
    put_head(END_HEADERS, 1, OK_THREE);
    put_data(END_STREAM, 1, "AES");
    play(&w);
    assert_int_equal(w.num_done, 1);
    assert_memory_equal(w.reply_body, "AES", 3);
    test_http_forget(&w);
    /* A request of HTTP/1 left open before the preface is not forgotten. */
    forget();
    packet(SEND);
    put(CAPS, strlen(CAPS));
    packet(SEND);
    put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    put_hex(SETTINGS, 0, 0, "");
    event(END_DOWN, SCS_END_FIN);
    play(&w);
    assert_int_equal(w.num_done, 1);
    assert_string_equal(w.why[0], "server closed");
    test_http_forget(&w);
    static const struct step http1[] = {{REPLY, "\0\0\1", 0, 3}, {SEND, CAPS, 0, 0}, {REPLY, OK3, 0, 0}, {STOP, NULL, 0, 0}};
    test_http_play_all(&w, http1);
    assert_int_equal(w.num_done, 1);
    assert_int_equal(w.replies[0]->status, 200);
    test_http_forget(&w);
}

/* ---- what ends before its time ------------------------------------------------------------------- */

/* Catches a stream's reset blamed on the wrong side, or on a request that was answered. RFC 9113 6.4, 8.1. */
static void test_reset(void **state)
{
    (void)state;
    struct world w;
    greet();
    packet(SEND);
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACert"));
    put_head(END_HEADERS, 5, SEND_MESSAGE(""));
    put_head(END_HEADERS, 7, SEND_MESSAGE(""));
    put_head(END_HEADERS, 9, SEND_MESSAGE(""));
    packet(REPLY);
    put_hex(RST_STREAM, 0, 1, "00000002");
    put_head(END_HEADERS, 5, OK_HEAD);
    put_data(0, 5, "half");
    put_hex(RST_STREAM, 0, 5, "00000002");
    put_head(END_HEADERS | END_STREAM, 7, ":status 401\n");
    put_hex(RST_STREAM, 0, 7, "00000000");
    put_hex(RST_STREAM, 0, 9, "00000007");
    put_hex(RST_STREAM, 0, 11, "00000007");
    packet(SEND);
    put_hex(RST_STREAM, 0, 3, "00000008");
    packet(REPLY);
    put_head(END_HEADERS | END_STREAM, 3, OK_HEAD);
    play(&w);
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

/* Catches GOAWAY that ends streams which the server still answers. RFC 9113 6.8. */
static void test_goaway(void **state)
{
    (void)state;
    struct world w;
    greet();
    packet(SEND);
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACert"));
    packet(REPLY);
    put_hex(GOAWAY, 0, 0, "7fffffff 00000000");
    put_hex(GOAWAY, 0, 0, "00000001 0000000b 6120 6c6f74");
    put_head(END_HEADERS | END_STREAM, 1, OK_HEAD);
    play(&w);
    assert_int_equal(w.num_done, 2);
    assert_int_equal(w.replies[0]->status, 200);
    assert_null(w.replies[1]);
    assert_string_equal(w.why[1], "server closed");
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
        greet();
        packet(SEND);
        put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
        put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACert"));
        packet(REPLY);
        put_head(END_HEADERS, 3, OK_THREE);
        put_data(0, 3, "A");
        event(END_DOWN, cases[i].how);
        play(&w);
        assert_int_equal(w.num_done, 2);
        assert_string_equal(w.why[0], cases[i].why);
        assert_int_equal(w.replies[1]->m.flags & ~(uint32_t)(SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_HAS_LENGTH), cases[i].flag);
        test_http_forget(&w);
    }
}

/* ---- what the capture lost ----------------------------------------------------------------------- */

/* Catches frames that are not found again after a hole inside a DATA frame, and a hole that hides. */
static void test_gap_in_data(void **state)
{
    (void)state;
    struct world w;
    greet();
    packet(SEND);
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACert"));
    packet(REPLY);
    put_head(END_HEADERS, 1, OK_HEAD);
    put("\0\0\x0a\0\1\0\0\0\1abc", 12);
    event(GAP_DOWN, 5);
    packet(REPLY);
    put("ij", 2);
    put_head(END_HEADERS, 3, OK_THREE);
    put("\0\0\x03\0\1\0\0\0\3", 9);
    event(SNAP_DOWN, 3);
    play(&w);
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
        greet();
        packet(SEND);
        put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
        put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACert"));
        packet(REPLY);
        put_head(END_HEADERS, 1, OK_HEAD);
        put(cases[i].before, lens[i]);
        event(GAP_DOWN, cases[i].gap);
        packet(REPLY);
        put_head(END_HEADERS | END_STREAM, 3, OK_HEAD);
        packet(SEND);
        put_head(END_HEADERS | END_STREAM, 5, ASK("GetCACaps"));
        event(END_DOWN, SCS_END_FIN);
        play(&w);
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
    greet();
    packet(SEND);
    put_head(END_HEADERS, 1, SEND_MESSAGE(""));
    event(GAP_UP, 500);
    packet(SEND);
    put_head(END_HEADERS | END_STREAM, 5, ASK("GetCACert"));
    packet(REPLY);
    put_head(END_HEADERS | END_STREAM, 1, OK_HEAD);
    put_head(END_HEADERS, 3, ":status 200\ncontent-type application/x-pki-message\n");
    put_data(END_STREAM, 3, "30");
    put_head(END_HEADERS | END_STREAM, 5, ":status 200\ncontent-type text/plain\n");
    play(&w);
    assert_int_equal(w.num_done, 2);
    assert_true(w.requests[0]->m.flags & SCS_HTTP_CAPTURE_GAP);
    assert_int_equal(w.replies[0]->status, 200);
    assert_null(w.requests[1]);
    assert_memory_equal(w.reply_body, "30", 2);
    test_http_forget(&w);
}

/* ---- what is no HTTP/2, or too much of it -------------------------------------------------------- */

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
        greet();
        packet(SEND);
        put_head(END_HEADERS, 1, SEND_MESSAGE(""));
        packet(SEND);
        put(bad, len);
        free(bad);
        packet(SEND);
        put_head(END_HEADERS | END_STREAM, 7, ASK("GetCACaps"));
        packet(REPLY);
        put_head(END_HEADERS | END_STREAM, 1, OK_HEAD);
        play(&w);
        assert_int_equal(w.num_done, 1);
        assert_true(w.requests[0]->m.flags & SCS_HTTP_MALFORMED);
        assert_int_equal(w.replies[0]->status, 200);
        test_http_forget(&w);
    }
}

/* Catches anything made of a connection that is no HTTP/2 after its first words, or was not seen from its beginning. */
static void test_no_http2(void **state)
{
    (void)state;
    struct world w;
    forget();
    packet(SEND);
    put("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 24);
    put_hex(SETTINGS, 0, 0, "");
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    play(&w);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
    forget();
    packet(SEND);
    put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    play(&w);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
    forget();
    packet(SEND);
    put_head(END_HEADERS | END_STREAM, 3, ASK("GetCACaps"));
    packet(REPLY);
    put_head(END_HEADERS | END_STREAM, 3, OK_HEAD);
    play(&w);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
    /* A server that knows HTTP/1 only: what it says answers nothing that can be told apart. */
    forget();
    packet(SEND);
    put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    put_hex(SETTINGS, 0, 0, "");
    put_head(END_HEADERS | END_STREAM, 1, ASK("GetCACaps"));
    packet(REPLY);
    put("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    event(END_DOWN, SCS_END_FIN);
    play(&w);
    assert_int_equal(w.num_done, 1);
    assert_null(w.replies[0]);
    assert_null(w.why[0]);
    test_http_forget(&w);
}

/* Catches memory that grows with streams or fields, and a table lost because fields are not kept. */
static void test_limits(void **state)
{
    (void)state;
    struct world w;
    greet();
    packet(SEND);
    for (uint32_t id = 1; id <= 2 * (SCS_MAX_STREAMS + 10); id += 2) {
        put_head(END_HEADERS | END_STREAM, id, ":method GET\n:path /mscep\n");
    }
    packet(REPLY);
    put_head(END_HEADERS | END_STREAM, 2 * SCS_MAX_STREAMS + 1, OK_HEAD);
    play_once(&w);
    assert_int_equal(w.num_done, SCS_MAX_STREAMS);
    assert_int_equal(w.limits.pipelined_dropped, 10);
    test_http_forget(&w);

    greet();
    packet(SEND);
    char field[4000] = "";
    memset(field, 'x', sizeof field - 1);
    struct scs_buf block;
    pack(":method GET\n:path /mscep\n", &block);
    /* One entry of nearly the whole table, named again and again. */
    scs_buf_byte(&block, 0x40);
    put_string(&block, "big", 3);
    put_string(&block, field, sizeof field - 1);
    for (unsigned i = 0; i < 10000; i++) {
        scs_buf_byte(&block, 0xbe);
    }
    put_frame(HEADERS, END_STREAM, 1, block.p, block.len);
    scs_buf_cleanup(&block);
    for (unsigned i = 0; i < 3000; i++) {
        put_frame(CONTINUATION, 0, 1, "\xbe", 1);
    }
    put_frame(CONTINUATION, END_HEADERS, 1, "", 0);
    put_hex(HEADERS, END_HEADERS | END_STREAM, 3, "82 44 06 2f6d73636570");
    play_once(&w);
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
    greet();
    for (unsigned i = 0; i < 100; i++) {
        struct scs_chunk up = {.data = bytes[0].p, .len = bytes[0].len, .frame = i + 1, .ts_ns = SECOND};
        struct scs_chunk down = {.data = bytes[1].p, .len = bytes[1].len, .frame = i + 1, .ts_ns = SECOND};
        scs_http_data(h, SCS_TO_SERVER, &up);
        assert_true(i == 0 || !scs_http_idle(h));
        scs_http_data(h, SCS_TO_CLIENT, &down);
        assert_int_equal(scs_http_idle(h), i >= 64);
        scs_buf_clear(&bytes[0]);
        scs_buf_clear(&bytes[1]);
        num_steps = 1;
        put_head(END_HEADERS | END_STREAM, 2 * i + 1, OTHER);
        num_steps = 2;
        put_head(END_HEADERS | END_STREAM, 2 * i + 1, OK_HEAD);
    }
    scs_http_free(h);
    assert_int_equal(w.num_done, 0);
    test_http_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),        cmocka_unit_test(test_parallel),    cmocka_unit_test(test_framing),
        cmocka_unit_test(test_informational),   cmocka_unit_test(test_tables),      cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_server_first),    cmocka_unit_test(test_reset),       cmocka_unit_test(test_goaway),
        cmocka_unit_test(test_connection_ends), cmocka_unit_test(test_gap_in_data), cmocka_unit_test(test_gap_elsewhere),
        cmocka_unit_test(test_lost_requests),   cmocka_unit_test(test_malformed),   cmocka_unit_test(test_no_http2),
        cmocka_unit_test(test_limits),          cmocka_unit_test(test_idle),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    forget();
    return failed;
}
