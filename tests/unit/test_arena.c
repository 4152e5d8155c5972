/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static bool is_past(const struct scs_arena_past *past, const void *p)
{
    uint32_t piece;
    size_t off;
    return scs_arena_past_find(past, p, &piece, &off) && piece < scs_arena_past_num(past) &&
           off < scs_arena_past_size(past, piece);
}

/* Catches a turn that frees or alters what was there, and what is new being taken for the past. */
static void check_turn(struct scs_arena *a, size_t num)
{
    const char **texts = SCS_ARENA_ARRAY(a, num, const char *);
    for (size_t i = 0; i < num; i++) {
        texts[i] = scs_arena_printf(a, "text %zu of a thousand bytes: %970d", i, 0);
    }
    struct scs_arena_past *past = scs_arena_turn(a);
    assert_int_equal(scs_arena_used(a), 0);
    const char *fresh = scs_arena_strdup(a, "fresh");
    assert_false(is_past(past, fresh));
    assert_false(is_past(past, &past));
    assert_false(is_past(past, NULL));
    assert_true(is_past(past, texts));
    for (size_t i = 0; i < num; i++) {
        char begin[32];
        snprintf(begin, sizeof begin, "text %zu ", i);
        assert_true(is_past(past, texts[i]));
        assert_true(is_past(past, texts[i] + 999));
        assert_memory_equal(texts[i], begin, strlen(begin));
    }
    scs_arena_past_free(past);
    assert_string_equal(fresh, "fresh");
}

static void test_turn(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    check_turn(a, 3000);
    check_turn(a, 10);
    scs_arena_free(a);
}

/* Catches lent memory that goes back with the wrong owner. */
static void test_turn_of_lent_memory(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new_spilling(64 * 1024);
    check_turn(a, 3000);
    check_turn(a, 3000);
    scs_arena_free(a);
}

/* Catches a turn of an arena that holds nothing. */
static void test_turn_of_nothing(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct scs_arena_past *past = scs_arena_turn(a);
    assert_int_equal(scs_arena_past_num(past), 0);
    assert_false(is_past(past, a));
    scs_arena_past_free(past);
    scs_arena_past_free(NULL);
    scs_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_turn), cmocka_unit_test(test_turn_of_lent_memory),
                                       cmocka_unit_test(test_turn_of_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
