/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/tuple.h"
#include "scepscope/limits.h"

static struct scs_endpoint endpoint(uint32_t addr, uint16_t port)
{
    struct scs_endpoint e = {.addr = {.family = 4}, .port = port};
    for (int i = 0; i < 4; i++) {
        e.addr.bytes[i] = (uint8_t)(addr >> (24 - 8 * i));
    }
    return e;
}

static uint64_t hash_of(const struct scs_tuples *t, uint32_t client, uint16_t port)
{
    struct scs_endpoint a = endpoint(client, port), b = endpoint(0x0a050104, 80);
    bool low;
    return scs_tuples_hash(t, &a, &b, &low);
}

/* Catches a table that files the two directions of a connection apart. */
static void directions_agree(void **state)
{
    struct scs_tuples *t = scs_tuples_new();
    struct scs_endpoint a = endpoint(0x0a050e07, 51544), b = endpoint(0x0a050104, 80);
    struct scs_endpoint same_host = endpoint(0x0a050104, 51544);
    bool there, back;
    (void)state;
    assert_true(scs_tuples_hash(t, &a, &b, &there) == scs_tuples_hash(t, &b, &a, &back));
    assert_true(there != back);
    assert_true(scs_tuples_hash(t, &same_host, &b, &there) == scs_tuples_hash(t, &b, &same_host, &back));
    assert_true(there != back);
    assert_true(scs_tuples_hash(t, &a, &b, &there) != scs_tuples_hash(t, &same_host, &b, &back));
    scs_tuples_free(t);
}

/* Catches numbering that differs from Wireshark's: one number a conversation, in order, another after port reuse. */
static void numbers_streams(void **state)
{
    struct scs_tuples *t = scs_tuples_new();
    (void)state;
    assert_int_equal(scs_tuples_meet(t, hash_of(t, 1, 1000))->stream, 0);
    assert_int_equal(scs_tuples_meet(t, hash_of(t, 2, 1000))->stream, 1);
    struct scs_tuple *first = scs_tuples_meet(t, hash_of(t, 1, 1000));
    assert_int_equal(first->stream, 0);
    scs_tuples_again(t, first);
    assert_int_equal(first->stream, 2);
    assert_true((first->flags & SCS_TUPLE_REUSED) != 0);
    assert_int_equal(scs_tuples_meet(t, hash_of(t, 3, 1000))->stream, 3);
    scs_tuples_free(t);
}

/* Catches forgetting a followed connection, or growing without end, under a SYN flood; and a number that is no longer sure. */
static void flood(void **state)
{
    struct scs_tuples *t = scs_tuples_new();
    struct scs_tracked *somebody = (struct scs_tracked *)(void *)&state;
    uint64_t followed[100];
    for (uint32_t i = 0; i < 100; i++) {
        followed[i] = hash_of(t, 0xc0a80000 + i, 4000);
        scs_tuples_follow(t, scs_tuples_meet(t, followed[i]), somebody);
    }
    for (uint32_t i = 0; i < 4 * SCS_MAX_TUPLES; i++) {
        assert_non_null(scs_tuples_meet(t, hash_of(t, 0x01000000 + i, 1234)));
    }
    assert_true(scs_tuples_forgotten(t) > 2 * SCS_MAX_TUPLES);
    for (uint32_t i = 0; i < 100; i++) {
        struct scs_tuple *found = scs_tuples_find(t, followed[i]);
        assert_non_null(found);
        assert_ptr_equal(found->tracked, somebody);
        assert_int_equal(found->stream, i);
        assert_true((found->flags & SCS_TUPLE_STREAM_KNOWN) != 0);
    }
    assert_true((scs_tuples_meet(t, hash_of(t, 0x7f000001, 1))->flags & SCS_TUPLE_STREAM_KNOWN) == 0);
    scs_tuples_free(t);
}

/* Catches passing over a packet that somebody follows, or the first data of a connection. */
static void quiet_only_when_nobody_cares(void **state)
{
    struct scs_tuples *t = scs_tuples_new();
    uint64_t h = hash_of(t, 9, 9);
    assert_false(scs_tuples_quiet(t, h));
    struct scs_tuple *tuple = scs_tuples_meet(t, h);
    assert_true(scs_tuples_quiet(t, h));
    scs_tuples_fresh(t, tuple, true);
    assert_false(scs_tuples_quiet(t, h));
    assert_ptr_equal(scs_tuples_find(t, h), tuple);
    scs_tuples_fresh(t, tuple, false);
    scs_tuples_follow(t, tuple, (struct scs_tracked *)(void *)&state);
    assert_false(scs_tuples_quiet(t, h));
    scs_tuples_follow(t, tuple, NULL);
    assert_true(scs_tuples_quiet(t, h));
    scs_tuples_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_agree),
        cmocka_unit_test(numbers_streams),
        cmocka_unit_test(flood),
        cmocka_unit_test(quiet_only_when_nobody_cares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
