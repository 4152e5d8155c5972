/* SPDX-License-Identifier: Apache-2.0 */
/* A long capture lets go of what is over; what stays must tell what it told before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "every_capture.h"

/* After every batch of a small capture; of a large one the moments become rarer. */
static bool is_moment(uint64_t batches)
{
    return batches < 64 || batches % 64 == 0;
}

static void collect(struct scs_run *run, uint64_t batches)
{
    if (is_moment(batches)) {
        scs_run_collect(run);
    }
}

static void look_and_collect(struct scs_run *run, uint64_t batches)
{
    if (is_moment(batches)) {
        assert_non_null(scs_run_look(run));
        scs_run_collect(run);
        assert_non_null(scs_run_look(run));
    }
}

static void compare(const char *path, test_between *between)
{
    char *plain = test_report_of(path, NULL), *moved = test_report_of(path, between);
    if (strcmp(plain, moved) != 0) {
        size_t at = 0;
        while (plain[at] == moved[at]) {
            at++;
        }
        fail_msg("%s: moving what is kept changed the report: '%.60s' became '%.60s'", path, plain + at, moved + at);
    }
    free(plain);
    free(moved);
}

static void check_collect(const char *path)
{
    compare(path, collect);
}

static void check_look(const char *path)
{
    compare(path, look_and_collect);
}

/* Catches a pointer to what was kept that nobody moves (with AddressSanitizer at once), and what should have stayed but left. */
static void test_moving_changes_nothing(void **state)
{
    (void)state;
    test_every_capture(0, 1, check_collect);
}

/* Catches what a look leaves behind and a move then cannot read, and the other way round. */
static void test_looking_and_moving_change_nothing(void **state)
{
    (void)state;
    test_every_capture(0, 4, check_look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moving_changes_nothing),
                                       cmocka_unit_test(test_looking_and_moving_change_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
