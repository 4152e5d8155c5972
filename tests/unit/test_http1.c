/* SPDX-License-Identifier: Apache-2.0 */
#include "dissectors/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "scepscope/dissector.h"
#include "scepscope/limits.h"

extern const struct scs_dissector scs_dissector_http1;

/* ---- where a message begins ---------------------------------------------------------------------- */

static enum scs_http1_start start_of(const char *text, bool request, bool strict)
{
    struct scs_cursor c = scs_cursor_of(text, strlen(text));
    return scs_http1_start(&c, request, strict);
}

/* Catches a method, version or protocol that is not told from its first bytes. */
static void test_start(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool request, strict;
        enum scs_http1_start start;
    } cases[] = {
        {"GET /", true, false, SCS_HTTP1_YES},         {"GET", true, false, SCS_HTTP1_MAYBE},
        {"PROPFIND /a", true, false, SCS_HTTP1_YES},   {"M-SEARCH * ", true, false, SCS_HTTP1_YES},
        {"get /", true, false, SCS_HTTP1_NO},          {"AB ", true, false, SCS_HTTP1_NO},
        {"GE\x01", true, false, SCS_HTTP1_NO},         {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true, false, SCS_HTTP1_NO},
        {"\x16", true, false, SCS_HTTP1_MAYBE},        {"\x16\x03\x01", true, false, SCS_HTTP1_OTHER},
        {"\x16\x04", true, false, SCS_HTTP1_NO},       {"PRI * HTTP/2.0", true, false, SCS_HTTP1_OTHER},
        {"PRI * H", true, false, SCS_HTTP1_MAYBE},     {"PRI /x", true, false, SCS_HTTP1_YES},
        {"HTTP/1.1 200", false, false, SCS_HTTP1_YES}, {"HTTP/1.1 20", false, false, SCS_HTTP1_MAYBE},
        {"HTTP/1.1 2xx", false, false, SCS_HTTP1_NO},  {"HTTP/x", false, false, SCS_HTTP1_NO},
        {"GET /", false, false, SCS_HTTP1_NO},         {"GET /", true, true, SCS_HTTP1_YES},
        {"GET h", true, true, SCS_HTTP1_MAYBE},        {"GET x", true, true, SCS_HTTP1_NO},
        {"FOO /", true, true, SCS_HTTP1_NO},           {"CONNECT a", true, true, SCS_HTTP1_YES},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(start_of(cases[i].text, cases[i].request, cases[i].strict), cases[i].start);
    }
}

/* Catches a blank line that is missed because a client ends its lines its own way. */
static void test_head_end(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {{"a\r\n\r\n", 5},  {"a\n\nb", 3},  {"a\r\n\nb", 4}, {"a\n\r\nb", 4},
                 {"a\r\nb\r\n", 0}, {"a\r\n\r", 0}, {"", 0},         {"\r\n\r\n", 4}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scs_cursor c = scs_cursor_of(cases[i].text, strlen(cases[i].text));
        assert_int_equal(scs_http1_head_end(&c, 0), cases[i].len);
    }
}

/* ---- heads --------------------------------------------------------------------------------------- */

struct read {
    uint8_t *bytes;
    struct scs_buf scratch;
    struct scs_http1_head head;
};

static void read_head(struct read *r, const char *text, bool request)
{
    size_t len = strlen(text);
    r->bytes = scs_xmalloc(len);
    memcpy(r->bytes, text, len);
    struct scs_cursor c = scs_cursor_of(r->bytes, len);
    scs_buf_init(&r->scratch, 2 * SCS_MAX_HEAD);
    scs_http1_read_head(&c, request, scs_http1_head_end(&c, 0) != 0, &r->scratch, &r->head);
}

static void forget(struct read *r)
{
    free(r->bytes);
    scs_buf_cleanup(&r->scratch);
}

static void check_field(const struct read *r, enum scs_http1_field field, const char *value)
{
    assert_true(r->head.present[field]);
    assert_true(scs_cursor_equals(&r->head.fields[field], value));
}

/* Catches a head of a careless client that is refused, or whose later fields are lost. */
static void test_odd_fields(void **state)
{
    (void)state;
    struct read r;
    read_head(&r,
              "POST /a HTTP/1.1\r\nHost: one\r\n two\r\nBad Name: x\r\nno colon here\r\n: y\r\nX: a\rb\x01\r\n"
              "Content-Type : a/b  \r\nContent-Length: 5, 5\r\nContent-Length: 7\r\nUser-Agent:\tq\r\n\r\n",
              true);
    assert_int_equal(r.head.flags, SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_HAS_LENGTH);
    assert_int_equal(r.head.content_length, 5);
    check_field(&r, SCS_HTTP1_HOST, "one   two");
    check_field(&r, SCS_HTTP1_CONTENT_TYPE, "a/b");
    check_field(&r, SCS_HTTP1_USER_AGENT, "q");
    forget(&r);

    read_head(&r, "POST /a HTTP/1.1\nHOST:a\nContent-Length: 3 \nhost: b\n\n", true);
    assert_int_equal(r.head.content_length, 3);
    check_field(&r, SCS_HTTP1_HOST, "a");
    forget(&r);
}

/* Catches framing that is misread: lengths beyond all bounds, signs, chunked beside a length. */
static void test_framing(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        uint32_t flags;
        uint64_t length;
    } cases[] = {
        {"Content-Length: 99999999999999999999999\r\n", SCS_HTTP_HAS_LENGTH, UINT64_MAX / 2},
        {"Content-Length: -5\r\n", SCS_HTTP_TO_CLOSE, 0},
        {"Content-Length: abc\r\n", SCS_HTTP_TO_CLOSE, 0},
        {"Content-Length:\r\n", SCS_HTTP_TO_CLOSE, 0},
        {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", SCS_HTTP_CHUNKED | SCS_HTTP_HAS_LENGTH, 4},
        {"Content-Length: 4\r\nTransfer-Encoding: Chunked\r\n", SCS_HTTP_CHUNKED | SCS_HTTP_HAS_LENGTH, 4},
        {"Transfer-Encoding: gzip, chunked\r\n", SCS_HTTP_CHUNKED, 0},
        {"Transfer-Encoding: identity\r\nContent-Length: 4\r\n", SCS_HTTP_HAS_LENGTH, 4},
        {"Connection: Keep-Alive, close\r\nContent-Length: 0\r\n", SCS_HTTP_HAS_LENGTH | SCS_HTTP_CONNECTION_CLOSE, 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        struct read r;
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s\r\n", cases[i].fields);
        read_head(&r, text, false);
        assert_int_equal(r.head.flags, cases[i].flags | SCS_HTTP_HEAD_COMPLETE);
        assert_int_equal(r.head.content_length, cases[i].length);
        forget(&r);
    }
}

/* Catches a request line split at the wrong space, or a version where there is none. */
static void test_request_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *method, *target;
        uint8_t version;
        bool line_complete, readable;
    } cases[] = {
        {"GET /a HTTP/1.1\r\n\r\n", "GET", "/a", 11, true, true},
        {"GET  /a  HTTP/1.0 \r\n\r\n", "GET", "/a", 10, true, true},
        {"GET /a?m=x y z HTTP/1.1\r\n\r\n", "GET", "/a?m=x y z", 11, true, true},
        {"GET /a http/1.1\r\n\r\n", "GET", "/a", 11, true, true},
        {"GET /a\r\n\r\n", "GET", "/a", 9, true, true},
        {"GET /a HTTP/1.\r\n\r\n", "GET", "/a HTTP/1.", 9, true, true},
        {"GET /abc", "GET", "/abc", 9, false, true},
        {"GET /abc HTTP/1.1", "GET", "/abc HTTP/1.1", 9, false, true},
        {"GET \r\n\r\n", "GET", "", 9, true, false},
        {"GET\r\n\r\n", "", "", 9, true, false},
        {"GET /a\r\nHost: x\r\nX: HTTP/1.1\r\n\r\n", "GET", "/a", 9, true, true},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read r;
        read_head(&r, cases[i].text, true);
        assert_true(scs_cursor_equals(&r.head.method, cases[i].method));
        assert_true(scs_cursor_equals(&r.head.target, cases[i].target));
        assert_int_equal(r.head.version, cases[i].version);
        assert_int_equal(r.head.line_complete, cases[i].line_complete);
        assert_int_equal(r.head.readable, cases[i].readable);
        forget(&r);
    }
}

/* Catches a status line without reason, or a cut one, that gives another status. */
static void test_status_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
        uint16_t status;
        bool readable;
    } cases[] = {{"HTTP/1.1 200 OK\r\n\r\n", "OK", 200, true},
                 {"HTTP/1.0 500\r\n\r\n", "", 500, true},
                 {"HTTP/1.1 404 Not Found", "Not Found", 404, true},
                 {"HTTP/1.1 40", "", 0, false},
                 {"HTTP/1.1", "", 0, false}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read r;
        read_head(&r, cases[i].text, false);
        assert_int_equal(r.head.status, cases[i].status);
        assert_int_equal(r.head.readable, cases[i].readable);
        assert_true(scs_cursor_equals(&r.head.reason, cases[i].reason));
        forget(&r);
    }
}

/* Catches a cut header line that is taken for a whole one. */
static void test_cut_fields(void **state)
{
    (void)state;
    struct read r;
    read_head(&r, "HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/10.0\r\nContent-Length: 12", false);
    check_field(&r, SCS_HTTP1_SERVER, "Microsoft-IIS/10.0");
    assert_false(r.head.flags & SCS_HTTP_HAS_LENGTH);
    assert_false(r.head.flags & SCS_HTTP_HEAD_COMPLETE);
    forget(&r);
}

/* ---- the stream ---------------------------------------------------------------------------------- */

/* Catches facts that depend on how the stream was delivered; the seeds are replayed the same way. */
static void test_splitting(void **state)
{
    (void)state;
    static const char *const streams[] = {
        "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd\r\n\r\nPOST /c HTTP/1.1\r\n\r\n",
        "xxGET /junk POST /a HTTP/1.1\r\n\r\nrest GET /b HTTP/1.1\r\n\r\n",
        "GEGGET /a\r\nPOST /b HTTP/1.1\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\nOPTIONS * HTTP/1.1\r\n\r\n",
        "HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\r\nHTTP/1.1 is text here",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nHTTP/1.1 HTTP/1.1 404 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n",
    };
    for (unsigned i = 0; i < sizeof streams / sizeof *streams; i++) {
        size_t len = strlen(streams[i]);
        uint8_t *exact = scs_xmalloc(len);
        memcpy(exact, streams[i], len);
        struct scs_buf whole, parts;
        scs_buf_init(&whole, 1 << 16);
        scs_buf_init(&parts, 1 << 16);
        scs_dissector_http1.examine(exact, len, len, &whole);
        assert_true(whole.len != 0);
        for (size_t cut = 0; cut < len; cut++) {
            scs_buf_clear(&parts);
            scs_dissector_http1.examine(exact, len, cut, &parts);
            assert_string_equal(scs_buf_cstr(&parts), scs_buf_cstr(&whole));
        }
        scs_buf_cleanup(&whole);
        scs_buf_cleanup(&parts);
        free(exact);
    }
}

static void check_lines(const char *stream, const char *const *lines)
{
    struct scs_buf out;
    scs_buf_init(&out, 1 << 16);
    scs_dissector_http1.examine((const uint8_t *)stream, strlen(stream), strlen(stream), &out);
    const char *at = scs_buf_cstr(&out);
    for (; *lines != NULL; lines++) {
        at = strstr(at, *lines);
        if (at == NULL) {
            print_message("'%s' is not where it should be in\n%s", *lines, scs_buf_cstr(&out));
            fail();
        }
    }
    scs_buf_cleanup(&out);
}

/* Catches messages found in the wrong places after framing was lost. */
static void test_search(void **state)
{
    (void)state;
    static const char *const requests[] = {"stray bytes", "target 2 /a", "end 0", "stray bytes", "target 2 /b", "end 0", NULL};
    check_lines("xxGET /junk POST /a HTTP/1.1\r\n\r\nrest GET /b HTTP/1.1\r\n\r\n", requests);
    static const char *const replies[] = {"status 200", "end 4", "status 404", "end 0", NULL};
    check_lines(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nHTTP/1.1 HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        replies);
}

/* Catches a chunked body whose missing last empty line makes it incomplete, and one that really is. */
static void test_chunk_ends(void **state)
{
    (void)state;
    static const char *const forgotten[] = {"body 1 a", "end 0", NULL};
    check_lines("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", forgotten);
    static const char *const missing[] = {"body 1 a", "end 2", NULL};
    check_lines("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", missing);
    static const char *const cut[] = {"body 2 ab", "end 1", NULL};
    check_lines("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),      cmocka_unit_test(test_head_end),      cmocka_unit_test(test_odd_fields),
        cmocka_unit_test(test_framing),    cmocka_unit_test(test_request_lines), cmocka_unit_test(test_status_lines),
        cmocka_unit_test(test_cut_fields), cmocka_unit_test(test_splitting),     cmocka_unit_test(test_search),
        cmocka_unit_test(test_chunk_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
