/* SPDX-License-Identifier: Apache-2.0 */
/* The story told while packets still come must leave no trace in the one told at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "every_capture.h"

/* After every batch of a small capture; of a large one the looks become rarer. */
static void look(struct scs_run *run, uint64_t batches)
{
    if (batches < 64 || batches % 64 == 0) {
        assert_non_null(scs_run_look(run));
    }
}

static void check(const char *path)
{
    char *plain = test_report_of(path, NULL), *looked = test_report_of(path, look);
    if (strcmp(plain, looked) != 0) {
        size_t at = 0;
        while (plain[at] == looked[at]) {
            at++;
        }
        fail_msg("%s: looking on changed the report: '%.60s' became '%.60s'", path, plain + at, looked + at);
    }
    free(plain);
    free(looked);
}

/* Catches a look that closes, counts or numbers something for good. */
static void test_looking_changes_nothing(void **state)
{
    (void)state;
    test_every_capture(0, 1, check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_looking_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
