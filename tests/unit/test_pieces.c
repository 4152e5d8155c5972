/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pieces.h"

/* Takes `text` in at `from` as reassembly does. */
static bool take(struct scs_pieces *p, char *whole, uint32_t from, const char *text)
{
    uint32_t len = (uint32_t)strlen(text);
    scs_pieces_copy(p, from, scs_cursor_of(text, len), (uint8_t *)whole);
    return scs_pieces_cover(p, from, from + len, 8);
}

/* Overlaps in any order: the first copy of a byte must win, and pieces that touch must become one. */
static void test_first_copy_wins(void **state)
{
    struct scs_pieces p = {0};
    char whole[16] = "..............";
    (void)state;
    assert_true(take(&p, whole, 4, "efg"));
    assert_true(take(&p, whole, 0, "ab"));
    assert_int_equal(p.num, 2);
    assert_true(take(&p, whole, 1, "XcdXXXh"));
    assert_string_equal(whole, "abcdefgh......");
    assert_int_equal(p.num, 1);
    assert_int_equal(p.all[0].from, 0);
    assert_int_equal(p.all[0].to, 8);
    scs_pieces_cleanup(&p);
}

/* What is wholly there already, or bridges several holes at once. */
static void test_inside_and_across(void **state)
{
    struct scs_pieces p = {0};
    char whole[16] = "..............";
    (void)state;
    assert_true(take(&p, whole, 2, "cdef") && take(&p, whole, 3, "XX"));
    assert_string_equal(whole, "..cdef........");
    assert_true(take(&p, whole, 8, "i") && take(&p, whole, 10, "k"));
    assert_int_equal(p.num, 3);
    assert_true(take(&p, whole, 0, "abXXXXghXjXl"));
    assert_string_equal(whole, "abcdefghijkl..");
    assert_int_equal(p.num, 1);
    scs_pieces_cleanup(&p);
}

/* A sender of scattered bytes: the list must stay bounded, and still join what fits. */
static void test_bound(void **state)
{
    struct scs_pieces p = {0};
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        assert_true(scs_pieces_cover(&p, 10 * i, 10 * i + 1, 8));
    }
    assert_false(scs_pieces_cover(&p, 95, 96, 8));
    assert_true(scs_pieces_cover(&p, 1, 10, 8));
    assert_int_equal(p.num, 7);
    scs_pieces_cleanup(&p);
}

/* Positions at the end of what 32 bits can name. */
static void test_far_end(void **state)
{
    struct scs_pieces p = {0};
    (void)state;
    assert_true(scs_pieces_cover(&p, UINT32_MAX - 4, UINT32_MAX, 8) && scs_pieces_cover(&p, UINT32_MAX - 8, UINT32_MAX - 4, 8));
    assert_int_equal(p.num, 1);
    assert_int_equal(p.all[0].from, UINT32_MAX - 8);
    scs_pieces_cleanup(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_copy_wins),
        cmocka_unit_test(test_inside_and_across),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_far_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
