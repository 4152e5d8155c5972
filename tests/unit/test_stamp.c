/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "capture/stamp.h"

#define NOON_S INT64_C(1795176000)

/* Catches powers of ten and of two taken for one another, or rounded through floating point. */
static void converts_powers_of_ten_and_two(void **state)
{
    (void)state;
    assert_int_equal(scs_stamp_convert((uint64_t)NOON_S, 0, 0), NOON_S * 1000000000);
    assert_int_equal(scs_stamp_convert((uint64_t)NOON_S * 1000 + 7, 3, 0), NOON_S * 1000000000 + 7000000);
    assert_int_equal(scs_stamp_convert((uint64_t)NOON_S * 1000000000 + 7, 9, 0), NOON_S * 1000000000 + 7);
    assert_int_equal(scs_stamp_convert(1234567890123, 12, 0), 1234567890);
    assert_int_equal(scs_stamp_convert(3, 0x81, 0), 1500000000);
    assert_int_equal(scs_stamp_convert(((uint64_t)NOON_S << 20) + 1, 0x94, 0), NOON_S * 1000000000 + 953);
}

/* Catches resolutions so fine that a power of ten overflows or a shift leaves the type. */
static void takes_every_resolution(void **state)
{
    (void)state;
    for (unsigned resolution = 0; resolution < 256; resolution++) {
        int64_t most = scs_stamp_convert(UINT64_MAX, (uint8_t)resolution, 0);
        assert_true(most >= 0);
        assert_true(scs_stamp_convert(UINT64_MAX, (uint8_t)resolution, INT64_MAX) >= most);
        assert_true(scs_stamp_convert(0, (uint8_t)resolution, INT64_MIN) < 0);
    }
    assert_int_equal(scs_stamp_convert(UINT64_MAX, 127, 0), 0);
    assert_int_equal(scs_stamp_convert(UINT64_MAX, 0xff, 0), 0);
}

/* Catches overflow where the limit belongs, and INT64_MIN, which means "no time". */
static void saturates(void **state)
{
    (void)state;
    assert_int_equal(scs_stamp_convert(UINT64_MAX, 0, 0), INT64_MAX);
    assert_int_equal(scs_stamp_convert(0, 0, INT64_MIN), -INT64_MAX);
    assert_int_equal(scs_stamp_convert(5, 0, -5), 0);
    assert_int_equal(scs_stamp_convert(5, 0, -6), -1000000000);
}

/* Catches a short cut that disagrees with the long way. */
static void scales_only_whole_nanoseconds(void **state)
{
    (void)state;
    assert_int_equal(scs_stamp_scale(9), 1);
    assert_int_equal(scs_stamp_scale(6), 1000);
    assert_int_equal(scs_stamp_scale(0), 1000000000);
    assert_int_equal(scs_stamp_scale(10), 0);
    assert_int_equal(scs_stamp_scale(0x80), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts_powers_of_ten_and_two),
        cmocka_unit_test(takes_every_resolution),
        cmocka_unit_test(saturates),
        cmocka_unit_test(scales_only_whole_nanoseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
