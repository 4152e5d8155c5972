/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that say their own length, however the stream was cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/framing.h"
#include "scepscope/limits.h"

static size_t two_bytes(const struct scs_cursor *head)
{
    struct scs_cursor c = *head;
    uint16_t len;
    return scs_cursor_u16be(&c, &len) && len != 0 ? 2 + (size_t)len : 0;
}

/* "M", then the number of bytes that follow. */
static size_t marked(const struct scs_cursor *head)
{
    struct scs_cursor c = *head;
    uint8_t mark, len;
    return scs_cursor_u8(&c, &mark) && scs_cursor_u8(&c, &len) && mark == 'M' ? 2 + (size_t)len : 0;
}

static const struct scs_framing_kind plain = {.head_len = 2, .length = two_bytes};
static const struct scs_framing_kind sure = {.head_len = 2, .length = marked, .unmistakable = true};

struct told {
    char text[256];
    size_t len;
    struct scs_framed last;
};

/* Writes each message's bytes behind its head and a semicolon. */
static void feed(struct scs_framing *f, const void *data, size_t len, scs_frame frame, struct told *t)
{
    const struct scs_chunk chunk = {.data = data, .len = len, .frame = frame, .ts_ns = (int64_t)frame * 1000};
    struct scs_cursor rest = scs_cursor_of(data, len);
    while (scs_framing_next(f, &chunk, &rest, &t->last)) {
        struct scs_cursor c = t->last.bytes;
        assert_true(scs_cursor_skip(&c, 2));
        assert_true(t->len + c.len + 1 < sizeof t->text);
        memcpy(t->text + t->len, c.p, c.len);
        t->len += c.len;
        t->text[t->len++] = ';';
    }
}

/* Catches messages lost or joined at the cuts, and several in one segment. */
static void test_every_cut(void **state)
{
    static const char stream[] = "\0\3abc\0\1d\0\2ef";
    (void)state;
    for (size_t cut = 0; cut < sizeof stream; cut++) {
        struct scs_framing f;
        struct told t = {0};
        scs_framing_init(&f, &plain, true);
        feed(&f, stream, cut, 1, &t);
        feed(&f, stream + cut, sizeof stream - 1 - cut, 2, &t);
        assert_string_equal(t.text, "abc;d;ef;");
        scs_framing_cleanup(&f);
    }
}

/* Catches a message told with the frames of its neighbour. */
static void test_frames(void **state)
{
    struct scs_framing f;
    struct told t = {0};
    (void)state;
    scs_framing_init(&f, &plain, true);
    feed(&f, "\0\1a\0", 4, 7, &t);
    assert_int_equal(t.last.first_frame, 7);
    assert_int_equal(t.last.last_ns, 7000);
    feed(&f, "\4bc", 3, 8, &t);
    feed(&f, "de", 2, 9, &t);
    assert_string_equal(t.text, "a;bcde;");
    assert_int_equal(t.last.first_frame, 7);
    assert_int_equal(t.last.last_frame, 9);
    assert_int_equal(t.last.first_ns, 7000);
    scs_framing_cleanup(&f);
}

/* Catches a length that makes memory grow, and the next message missed behind a long one. */
static void test_long(void **state)
{
    static uint8_t bytes[2 + 40000 + 3];
    struct scs_framing f;
    struct told t = {0};
    (void)state;
    bytes[0] = 40000 >> 8;
    bytes[1] = 40000 & 0xff;
    memcpy(bytes + 2 + 40000, "\0\1z", 3);
    scs_framing_init(&f, &plain, true);
    const struct scs_chunk chunk = {.data = bytes, .len = sizeof bytes, .frame = 1};
    struct scs_cursor rest = scs_cursor_of(bytes, sizeof bytes);
    assert_true(scs_framing_next(&f, &chunk, &rest, &t.last));
    assert_int_equal(t.last.bytes.len, SCS_MAX_NEIGHBOUR_MESSAGE);
    assert_true(scs_framing_next(&f, &chunk, &rest, &t.last));
    assert_int_equal(t.last.bytes.len, 3);
    assert_false(scs_framing_next(&f, &chunk, &rest, &t.last));
    scs_framing_cleanup(&f);
}

/* Catches garbage read as messages after a gap, and reading that never begins again. */
static void test_gap(void **state)
{
    struct scs_framing f;
    struct told t = {0};
    (void)state;
    scs_framing_init(&f, &plain, true);
    feed(&f, "\0\6abc", 5, 1, &t);
    scs_framing_gap(&f);
    feed(&f, "\0\3ab", 4, 2, &t);
    feed(&f, "xyz", 3, 3, &t);
    assert_string_equal(t.text, "");
    feed(&f, "\0\2cd", 4, 4, &t);
    feed(&f, "\0\2ef\0\1g", 7, 5, &t);
    assert_string_equal(t.text, "cd;ef;g;");
    scs_framing_cleanup(&f);
}

/* Catches a connection that began before the capture, read from its middle or never. */
static void test_midway(void **state)
{
    struct scs_framing f;
    struct told t = {0};
    (void)state;
    scs_framing_init(&f, &sure, false);
    feed(&f, "rest of one", 11, 1, &t);
    feed(&f, "M\5ab", 4, 2, &t);
    feed(&f, "cdeM\1f", 6, 3, &t);
    assert_string_equal(t.text, "abcde;f;");
    /* What cannot begin a message ends the reading until something does. */
    feed(&f, "??", 2, 4, &t);
    feed(&f, "M\1g", 3, 5, &t);
    assert_string_equal(t.text, "abcde;f;g;");
    scs_framing_cleanup(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_cut), cmocka_unit_test(test_frames),
                                       cmocka_unit_test(test_long), cmocka_unit_test(test_gap), cmocka_unit_test(test_midway)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
