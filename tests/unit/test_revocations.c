/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "correlate/revocations.h"

static const struct scs_revocation *revocation(struct scs_arena *arena, const char *why_unanswered)
{
    struct scs_connection *connection = SCS_ARENA_NEW(arena, struct scs_connection);
    struct scs_http_request *request = SCS_ARENA_NEW(arena, struct scs_http_request);
    struct scs_http_pair pair = {.connection = connection, .request = request, .why_unanswered = why_unanswered};
    struct scs_revocations r;
    scs_revocations_init(&r, arena);
    scs_revocations_add(&r, &pair);

    assert_int_equal(r.num, 1);
    return r.all[0];
}

/* Catches a list called unanswered because the capture ends while it is on its way. */
static void unanswered(void **state)
{
    struct scs_arena *arena = scs_arena_new();
    (void)state;
    assert_true(revocation(arena, "server closed")->unanswered);
    assert_false(revocation(arena, "capture ended")->unanswered);
    assert_false(revocation(arena, NULL)->unanswered);
    scs_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(unanswered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
