/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ber.h"
#include "base/xalloc.h"
#include "hex.h"

struct input {
    uint8_t *bytes;
    struct scs_cursor c;
};

static struct input given(const char *hex)
{
    struct input in;
    size_t len;
    in.bytes = test_hex(hex, &len);
    in.c = scs_cursor_of(in.bytes, len);
    return in;
}

/* Catches a reader that loses the rest, or counts the header as contents. */
static void reads_definite_elements_one_after_the_other(void **state)
{
    (void)state;
    struct input in = given("02 01 05 04 81 02 aabb");
    struct scs_ber e;
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_OK);
    assert_int_equal(e.tag, SCS_BER_INTEGER);
    assert_int_equal(e.contents.len, 1);
    assert_int_equal(e.whole.len, 3);
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_OK);
    assert_int_equal(e.header_len, 3);
    assert_int_equal(e.contents.off, 6);
    assert_true(e.complete);
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_MALFORMED);
    free(in.bytes);
}

/* Catches a reader that takes leading zeros of a length for a length too large, or stops at four octets. */
static void accepts_leading_zeros_in_lengths(void **state)
{
    (void)state;
    struct input in = given("04 86 000000000003 010203");
    struct scs_ber e;
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_OK);
    assert_int_equal(e.announced, 3);
    assert_int_equal(e.contents.len, 3);
    free(in.bytes);
}

/* Catches a reader that forgets what came before the cut, or hides how much was announced. */
static void cut_contents_are_kept(void **state)
{
    (void)state;
    struct input in = given("30 82 1000 02 01 07");
    struct scs_ber e, inner;
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_MORE);
    assert_false(e.complete);
    assert_int_equal(e.announced, 0x1000);
    assert_int_equal(e.contents.len, 3);
    assert_true(scs_cursor_done(&in.c));
    assert_int_equal(scs_ber_next(&e.contents, &inner), SCS_OK);
    free(in.bytes);
}

/* Catches a reader that calls a cut header damage, or invents a length for it. */
static void cut_headers_are_cuts(void **state)
{
    (void)state;
    static const char *const headers[] = {"30", "30 82", "30 82 10", "1f", "1f 81"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct input in = given(headers[i]);
        struct scs_ber e;
        assert_int_equal(scs_ber_next(&in.c, &e), SCS_MORE);
        assert_int_equal(e.announced, 0);
        assert_int_equal(e.contents.len, 0);
        free(in.bytes);
    }
}

/* Catches a reader that moves, or answers MORE for ever, where no element can be. */
static void damage_moves_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "00 00", "00 05", "30 ff", "04 80", "02 80", "04 84 ffffffff", "04 89 010000000000000000", "1f 8181818181 01 00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct input in = given(bad[i]);
        struct scs_cursor before = in.c;
        struct scs_ber e;
        assert_int_equal(scs_ber_next(&in.c, &e), SCS_MALFORMED);
        assert_int_equal(in.c.len, before.len);
        free(in.bytes);
    }
}

/* Catches a search for 00 00 that looks inside definite elements, or closes the wrong level. */
static void indefinite_elements_nest(void **state)
{
    (void)state;
    struct input in = given("30 80 04 02 0000 30 80 02 01 01 0000 0000 05 00");
    struct scs_ber e, inner;
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_OK);
    assert_true(e.indefinite);
    assert_int_equal(e.contents.len, 11);
    assert_int_equal(e.whole.len, 15);
    assert_int_equal(scs_ber_next(&e.contents, &inner), SCS_OK);
    assert_int_equal(inner.tag, SCS_BER_OCTET_STRING);
    assert_int_equal(scs_ber_next(&e.contents, &inner), SCS_OK);
    assert_int_equal(inner.contents.len, 3);
    assert_true(scs_cursor_done(&e.contents));
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_OK);
    assert_int_equal(e.tag, SCS_BER_NULL);
    free(in.bytes);
}

/* Catches a reader that takes half an end-of-contents, or none, for a whole element. */
static void unclosed_indefinite_elements_are_cut(void **state)
{
    (void)state;
    static const char *const cut[] = {"30 80", "30 80 02 01 01", "30 80 02 01 01 00", "30 80 30 80 0000", "30 80 04 05 01"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct input in = given(cut[i]);
        size_t len = in.c.len;
        struct scs_ber e;
        assert_int_equal(scs_ber_next(&in.c, &e), SCS_MORE);
        assert_false(e.complete);
        assert_int_equal(e.contents.len, len - 2);
        free(in.bytes);
    }
}

/* Catches unbounded nesting: a stack per level, or a scan for each of a million levels. */
static void nesting_has_a_limit(void **state)
{
    (void)state;
    size_t len = 200000;
    uint8_t *bytes = scs_xmalloc(len);
    for (size_t i = 0; i < len; i += 2) {
        bytes[i] = 0x24;
        bytes[i + 1] = 0x80;
    }
    struct scs_cursor c = scs_cursor_of(bytes, len);
    struct scs_ber e;
    assert_int_equal(scs_ber_next(&c, &e), SCS_LIMIT);
    assert_false(e.complete);
    struct scs_buf out;
    scs_buf_init(&out, 100);
    assert_int_equal(scs_ber_string(&e, &out), SCS_LIMIT);
    assert_int_equal(out.len, 0);
    scs_buf_cleanup(&out);
    free(bytes);
}

/* Catches a reader that moves past an element of another tag. */
static void expect_leaves_other_tags_alone(void **state)
{
    (void)state;
    struct input in = given("02 01 05");
    struct scs_ber e;
    assert_int_equal(scs_ber_expect(&in.c, SCS_BER_SEQUENCE, &e), SCS_MALFORMED);
    assert_int_equal(in.c.len, 3);
    assert_int_equal(scs_ber_expect(&in.c, SCS_BER_INTEGER, &e), SCS_OK);
    free(in.bytes);
}

static void check_string(const char *hex, enum scs_status st, const char *joined_hex)
{
    struct input in = given(hex);
    size_t len;
    uint8_t *joined = test_hex(joined_hex, &len);
    struct scs_ber e;
    struct scs_buf out;
    scs_buf_init(&out, 1000);
    assert_int_not_equal(scs_ber_next(&in.c, &e), SCS_MALFORMED);
    assert_int_equal(scs_ber_string(&e, &out), st);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.p == NULL ? joined : out.p, joined, len);
    scs_buf_cleanup(&out);
    free(joined);
    free(in.bytes);
}

/* Catches a joiner that keeps chunk headers, loses a level, or drops the bytes before a cut. */
static void strings_join_their_chunks(void **state)
{
    (void)state;
    check_string("04 03 010203", SCS_OK, "010203");
    check_string("24 80 04 02 0102 04 01 03 0000", SCS_OK, "010203");
    check_string("24 06 04 01 01 04 01 02", SCS_OK, "0102");
    check_string("a0 80 24 80 04 01 01 0000 04 01 02 0000", SCS_OK, "0102");
    check_string("80 02 0102", SCS_OK, "0102");
    check_string("24 80 0000", SCS_OK, "");
    check_string("24 80 04 05 010203", SCS_MORE, "010203");
    check_string("24 80 04 02 0102", SCS_MORE, "0102");
    check_string("24 80 04 02 0102 00", SCS_MORE, "0102");
    check_string("24 05 02 01 01 04 00", SCS_MALFORMED, "");
    check_string("24 05 04 01 09 00 00", SCS_MALFORMED, "09");
}

/* Catches spans that point into the joined copy instead of the message. */
static void origin_finds_the_chunk(void **state)
{
    (void)state;
    struct input in = given("05 00 24 80 04 02 aabb 04 02 ccdd 0000");
    struct scs_ber e;
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_OK);
    assert_int_equal(scs_ber_next(&in.c, &e), SCS_OK);
    assert_int_equal(scs_ber_string_origin(&e, 0), 6);
    assert_int_equal(scs_ber_string_origin(&e, 1), 7);
    assert_int_equal(scs_ber_string_origin(&e, 2), 10);
    assert_int_equal(scs_ber_string_origin(&e, 3), 11);
    assert_int_equal(scs_ber_string_origin(&e, 4), 12);
    free(in.bytes);
}

static void check_int(const char *hex, bool ok, int32_t value)
{
    struct input in = given(hex);
    int32_t got = 99;
    assert_int_equal(scs_ber_small_int(&in.c, &got), ok);
    assert_int_equal(got, ok ? value : 99);
    free(in.bytes);
}

/* Catches a missing sign extension and a silent overflow. */
static void small_integers_have_a_sign(void **state)
{
    (void)state;
    check_int("05", true, 5);
    check_int("ff", true, -1);
    check_int("00ff", true, 255);
    check_int("80070057", true, -2147024809);
    check_int("", false, 0);
    check_int("0080070057", false, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_definite_elements_one_after_the_other),
        cmocka_unit_test(accepts_leading_zeros_in_lengths),
        cmocka_unit_test(cut_contents_are_kept),
        cmocka_unit_test(cut_headers_are_cuts),
        cmocka_unit_test(damage_moves_nothing),
        cmocka_unit_test(indefinite_elements_nest),
        cmocka_unit_test(unclosed_indefinite_elements_are_cut),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(expect_leaves_other_tags_alone),
        cmocka_unit_test(strings_join_their_chunks),
        cmocka_unit_test(origin_finds_the_chunk),
        cmocka_unit_test(small_integers_have_a_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
