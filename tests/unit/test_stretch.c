/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/stretch.h"

/* Plays "++--+": a success or failure each second; false when nothing is found. */
static bool found(const char *events, struct scs_pattern *out)
{
    struct scs_stretch s = {0};
    struct scs_successes good = {0, SCS_NO_TIME};
    for (int64_t second = 0; events[second] != '\0'; second++) {
        if (events[second] == '-') {
            scs_stretch_fail(&s, second, &good);
        } else {
            good = (struct scs_successes){good.num + 1, second};
        }
    }
    return scs_stretch_found(&s, &good, out);
}

/* A moment of change that is off by one, counts of the wrong side, or an end where none is. */
static void test_since(void **state)
{
    struct scs_pattern p;
    (void)state;
    assert_true(found("++++++----", &p));
    assert_int_equal(p.from_ns, 6);
    assert_int_equal(p.last_good_ns, 5);
    assert_int_equal(p.to_ns, SCS_NO_TIME);
    assert_int_equal(p.failed.num, 4);
    assert_int_equal(p.failed.of, 4);
    assert_int_equal(p.good_before.num, 6);
    assert_int_equal(p.good_before.of, 6);
    assert_int_equal(p.good_after.of, 0);
}

/* An outage told as if it went on, or without what came after it. */
static void test_from_to(void **state)
{
    struct scs_pattern p;
    (void)state;
    assert_true(found("+++------++", &p));
    assert_int_equal(p.from_ns, 3);
    assert_int_equal(p.to_ns, 8);
    assert_int_equal(p.failed.num, 6);
    assert_int_equal(p.good_after.num, 2);
    assert_true(found("-----++++", &p));
    assert_int_equal(p.from_ns, 0);
    assert_int_equal(p.to_ns, 4);
    assert_int_equal(p.good_before.of, 0);
    assert_int_equal(p.last_good_ns, SCS_NO_TIME);
}

/* A search that gives up because of one stray failure long before, or one success in between. */
static void test_nearly_all(void **state)
{
    struct scs_pattern p;
    (void)state;
    assert_true(found("+++++-++++++++-------------------------", &p));
    assert_int_equal(p.from_ns, 14);
    assert_int_equal(p.good_before.num, 13);
    assert_int_equal(p.good_before.of, 14);
    assert_true(found("+++++---------------------+--", &p));
    assert_int_equal(p.failed.num, 23);
    assert_int_equal(p.failed.of, 24);
}

/* A pattern claimed from too few, or where successes and failures are mixed. */
static void test_too_little(void **state)
{
    static const char *const nothing[] = {"",         "----",   "++++",      "++--",     "+-",
                                          "++++++--", "++----", "+++---+++", "+-+-+-+-", "-+++--++--++-++-"};
    struct scs_pattern p;
    (void)state;
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        assert_false(found(nothing[i], &p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_since),
        cmocka_unit_test(test_from_to),
        cmocka_unit_test(test_nearly_all),
        cmocka_unit_test(test_too_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
