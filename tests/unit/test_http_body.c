/* SPDX-License-Identifier: Apache-2.0 */
#include "http/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/xalloc.h"
#include "http/message.h"
#include "scepscope/limits.h"

/* windowBits as zlib's deflateInit2 takes them: 31 gzip, 15 zlib, -15 bare. */
static void compress_into(struct scs_buf *out, const void *data, size_t len, int window)
{
    static uint8_t piece[1 << 16];
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uint8_t *in = scs_xmalloc(len + 1);
    memcpy(in, data, len);
    z.next_in = in;
    z.avail_in = (uInt)len;
    int last;
    do {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        last = deflate(&z, Z_FINISH);
        scs_buf_add(out, piece, sizeof piece - z.avail_out);
    } while (last == Z_OK);
    assert_int_equal(last, Z_STREAM_END);
    deflateEnd(&z);
    free(in);
}

static uint32_t inflate_as(struct scs_buf *body, const char *encoding, bool whole)
{
    struct scs_cursor name = scs_cursor_of(encoding, strlen(encoding));
    return scs_body_inflate(body, &name, whole);
}

/* Catches a coding that is not recognised, in whatever case or of whatever kind. */
static void test_codings(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int window;
    } cases[] = {{"gzip", 31}, {"x-gzip", 31}, {"GZIP", 31}, {"deflate", 15}, {"deflate", -15}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scs_buf body;
        scs_buf_init(&body, SCS_MAX_BODY);
        compress_into(&body, "AES\nSHA-256\nAES\nAES\n", 20, cases[i].window);
        assert_int_equal(inflate_as(&body, cases[i].name, true), SCS_HTTP_INFLATED);
        assert_int_equal(body.len, 20);
        assert_memory_equal(body.p, "AES\nSHA-256\nAES\nAES\n", 20);
        scs_buf_cleanup(&body);
    }
}

/* Catches bytes of another coding, or none, being destroyed. */
static void test_left_alone(void **state)
{
    (void)state;
    static const char *const names[] = {"br", "identity", "zstd", "gzip, br", ""};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        struct scs_buf body;
        scs_buf_init(&body, 100);
        scs_buf_text(&body, "\x1f\x8bxyz");
        assert_int_equal(inflate_as(&body, names[i], true), 0);
        assert_int_equal(body.len, 5);
        scs_buf_cleanup(&body);
    }
    /* A proxy unpacked it and left the header. */
    struct scs_buf plain;
    scs_buf_init(&plain, 100);
    scs_buf_text(&plain, "AES\nSHA-1\n");
    assert_int_equal(inflate_as(&plain, "gzip", true), SCS_HTTP_INFLATE_BAD);
    assert_int_equal(plain.len, 10);
    scs_buf_cleanup(&plain);
    struct scs_buf empty;
    scs_buf_init(&empty, 100);
    assert_int_equal(inflate_as(&empty, "gzip", true), 0);
    scs_buf_cleanup(&empty);
}

/* Catches a second member that is dropped (RFC 1952 2.2). */
static void test_members(void **state)
{
    (void)state;
    struct scs_buf body;
    scs_buf_init(&body, 1000);
    compress_into(&body, "first", 5, 31);
    compress_into(&body, "second", 6, 31);
    assert_int_equal(inflate_as(&body, "gzip", true), SCS_HTTP_INFLATED);
    assert_int_equal(body.len, 11);
    assert_memory_equal(body.p, "firstsecond", 11);
    scs_buf_cleanup(&body);
}

/* Catches a cut capture that is blamed on the compression, and bad compression that passes. */
static void test_cut_and_bad(void **state)
{
    (void)state;
    static const char text[] = "The quick brown fox jumps over the lazy dog, 0123456789.";
    struct scs_buf whole;
    scs_buf_init(&whole, 1000);
    compress_into(&whole, text, sizeof text - 1, 31);
    for (size_t len = 0; len < whole.len; len++) {
        struct scs_buf cut;
        scs_buf_init(&cut, 1000);
        scs_buf_add(&cut, whole.p, len);
        assert_int_equal(inflate_as(&cut, "gzip", false) & SCS_HTTP_INFLATE_BAD, 0);
        scs_buf_cleanup(&cut);
        scs_buf_init(&cut, 1000);
        scs_buf_add(&cut, whole.p, len);
        assert_int_equal(inflate_as(&cut, "gzip", true) & SCS_HTTP_INFLATE_BAD, len < 2 ? 0 : SCS_HTTP_INFLATE_BAD);
        scs_buf_cleanup(&cut);
    }
    whole.p[whole.len - 6] ^= 1; /* the checksum */
    assert_int_equal(inflate_as(&whole, "gzip", true), SCS_HTTP_INFLATED | SCS_HTTP_INFLATE_BAD);
    assert_int_equal(whole.len, sizeof text - 1);
    scs_buf_cleanup(&whole);
}

/* Catches a decompression without end. */
static void test_bomb(void **state)
{
    (void)state;
    size_t len = SCS_MAX_INFLATED + 1000;
    uint8_t *zeros = scs_xcalloc(len, 1);
    struct scs_buf body;
    scs_buf_init(&body, SCS_MAX_BODY);
    compress_into(&body, zeros, len, 31);
    assert_int_equal(inflate_as(&body, "gzip", true), SCS_HTTP_INFLATED | SCS_HTTP_BODY_LIMIT);
    assert_int_equal(body.len, SCS_MAX_INFLATED);
    scs_buf_cleanup(&body);
    free(zeros);
}

/* ---- text ---------------------------------------------------------------------------------------- */

static void check_text(const void *data, size_t len, const char *expected)
{
    struct scs_arena *arena = scs_arena_new();
    struct scs_intern *intern = scs_intern_new(arena);
    uint8_t *exact = scs_xmalloc(len);
    memcpy(exact, data, len);
    struct scs_cursor body = scs_cursor_of(exact, len);
    const char *text = scs_body_text(intern, &body);
    if (expected == NULL) {
        assert_null(text);
    } else {
        assert_non_null(text);
        assert_string_equal(text, expected);
    }
    free(exact);
    scs_intern_free(intern);
    scs_arena_free(arena);
}

#define TEXT(data, expected) check_text(data, sizeof data - 1, expected)

/* Catches text that is missed or garbled, in any of its encodings. */
static void test_text(void **state)
{
    (void)state;
    TEXT("AES\r\nPOSTPKIOperation\r\n", "AES POSTPKIOperation");
    TEXT("  <html>\n\t<b>a</b>", "<html> <b>a</b>");
    TEXT("\xef\xbb\xbf<html>", "\\xef\\xbb\\xbf<html>");
    TEXT("F\xc3\xb6rfr\xc3\xa5gan", "F\xc3\xb6rfr\xc3\xa5gan");
    TEXT("<html>Nicht verf\xfcgbar</html>", "<html>Nicht verf\\xfcgbar</html>");
    TEXT("\xff\xfe<\0b\0>\0\n\0\n\0a\0", "<b> a");
    TEXT("<\0b\0>\0\xe5\0", "<b>\xc3\xa5");
    TEXT("\xfe\xff\0<\0b\0>", "<b>");
    TEXT("\0<\0b\0>\xd8\x3d\xde\x00", "<b>\xf0\x9f\x98\x80");
    TEXT("\0<\0b\0>\xd8\x3d\0a", "<b>\xef\xbf\xbd"
                                 "a");
}

/* Catches binary shown as text: DER, images, compressed bytes. */
static void test_not_text(void **state)
{
    (void)state;
    TEXT("", NULL);
    TEXT("\r\n \r\n", NULL);
    TEXT("\x30\x80\x06\x09", NULL);
    TEXT("\x30\x82\x0a\xbf", NULL);
    TEXT("\x1f\x8b\x08\x00", NULL);
    TEXT("abc\0def", NULL);
    TEXT("\x1b[31mred", NULL);
}

/* Catches a page that is kept whole, or cut without a sign. */
static void test_long_text(void **state)
{
    (void)state;
    static char page[3 * SCS_MAX_BODY_TEXT];
    static char expected[SCS_MAX_BODY_TEXT + 4];
    memset(page, 'x', sizeof page);
    memset(expected, 'x', SCS_MAX_BODY_TEXT);
    memcpy(expected + SCS_MAX_BODY_TEXT, "...", 4);
    check_text(page, sizeof page, expected);
    check_text(page, SCS_MAX_BODY_TEXT, (expected[SCS_MAX_BODY_TEXT] = '\0', expected));
}

/* Catches the enrolment password of the mscep_admin page as a fact. */
static void test_password_page(void **state)
{
    (void)state;
    TEXT("\xff\xfei\0s\0:\0 \0<\0B\0>\0 \0001\0002\0A\0B\0003\0004\0C\0D\0 \0<\0/\0B\0>\0", "is: <B> ******** </B>");
    TEXT("Your support ID is: 1234567890", "Your support ID is: 1234567890");
}

/* ---- dates --------------------------------------------------------------------------------------- */

/* Catches a form of HTTP-date that is misread, or nonsense that passes as a date. */
static void test_dates(void **state)
{
    (void)state;
    static const char *const good[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                       "Sun Nov  6 08:49:37 1994"};
    static const char *const bad[] = {"",
                                      "0",
                                      "-1",
                                      "Sun",
                                      "yesterday",
                                      "Sun, 06 Nov 1994",
                                      "Sun, 32 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Foo 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 25:49:37 GMT",
                                      "1994-11-06T08:49:37Z",
                                      "Sun, 06 Nov 99999999999999999999 08:49:37 GMT"};
    int64_t s;
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
        struct scs_cursor c = scs_cursor_of(good[i], strlen(good[i]));
        s = 0;
        assert_true(scs_message_date(&c, &s));
        assert_int_equal(s, 784111777);
    }
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scs_cursor c = scs_cursor_of(bad[i], strlen(bad[i]));
        assert_false(scs_message_date(&c, &s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codings),     cmocka_unit_test(test_left_alone), cmocka_unit_test(test_members),
        cmocka_unit_test(test_cut_and_bad), cmocka_unit_test(test_bomb),       cmocka_unit_test(test_text),
        cmocka_unit_test(test_not_text),    cmocka_unit_test(test_long_text),  cmocka_unit_test(test_password_page),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
