/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "flow/defrag.h"
#include "scepscope/limits.h"

#define SECOND INT64_C(1000000000)

static struct scs_defrag *defrag;
static struct scs_datagram whole;

static int begin(void **state)
{
    (void)state;
    defrag = scs_defrag_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    scs_defrag_free(defrag);
    return 0;
}

static uint64_t lost(void)
{
    uint64_t dropped;
    return scs_defrag_lost(defrag, &dropped);
}

static uint64_t dropped(void)
{
    uint64_t n;
    (void)scs_defrag_lost(defrag, &n);
    return n;
}

/* A fragment of datagram `id` at `off`, of `wire_len` bytes, of which the capture has `text`. */
static bool push_cut(uint32_t id, uint32_t off, const char *text, uint32_t wire_len, bool more, int64_t ts_ns)
{
    static const uint8_t addresses[8] = {10, 5, 14, 22, 10, 5, 1, 4};
    /* Of exactly this size, so that the sanitizer sees a read past either end; freed at once, because fragments are copied. */
    size_t len = strlen(text);
    uint8_t *copy = scs_xmalloc(len);
    memcpy(copy, text, len);
    struct scs_ip ip = {.family = 4,
                        .proto = SCS_PROTO_TCP,
                        .fragment = true,
                        .more_fragments = more,
                        .fragment_id = id,
                        .fragment_off = off,
                        .addresses = {.p = addresses, .len = sizeof addresses},
                        .payload = scs_cursor_of(copy, len),
                        .payload_wire_len = wire_len};
    bool done = scs_defrag_push(defrag, &ip, ts_ns, &whole);
    free(copy);
    return done;
}

static bool push(uint32_t id, uint32_t off, const char *text, bool more)
{
    return push_cut(id, off, text, (uint32_t)strlen(text), more, 0);
}

static void whole_is(const char *text)
{
    assert_int_equal(whole.wire_len, strlen(text));
    assert_int_equal(whole.bytes.len, strlen(text));
    assert_memory_equal(whole.bytes.p, text, strlen(text));
    assert_int_equal(whole.proto, SCS_PROTO_TCP);
}

/* Catches a datagram given out before it is whole, or put together wrongly. */
static void test_in_order(void **state)
{
    (void)state;
    assert_false(push(1, 0, "aaaaaaaa", true));
    assert_false(push(1, 8, "bbbbbbbb", true));
    assert_true(push(1, 16, "cc", false));
    whole_is("aaaaaaaabbbbbbbbcc");
    assert_int_equal(lost(), 0);
}

/* Catches a program that needs the first fragment first, or takes the last one for the end of waiting. */
static void test_out_of_order(void **state)
{
    (void)state;
    assert_false(push(1, 24, "dd", false));
    assert_false(push(1, 8, "bbbbbbbb", true));
    assert_false(push(1, 0, "aaaaaaaa", true));
    assert_true(push(1, 16, "cccccccc", true));
    whole_is("aaaaaaaabbbbbbbbccccccccdd");
}

/* Catches datagrams mixed up that differ in their identification only. */
static void test_interleaved(void **state)
{
    (void)state;
    assert_false(push(1, 0, "aaaaaaaa", true));
    assert_false(push(2, 0, "xxxxxxxx", true));
    assert_true(push(2, 8, "yy", false));
    whole_is("xxxxxxxxyy");
    assert_true(push(1, 8, "bb", false));
    whole_is("aaaaaaaabb");
}

/* Catches a second copy (mirror port) that completes, spoils or begins a datagram. */
static void test_duplicates(void **state)
{
    (void)state;
    assert_false(push(1, 0, "aaaaaaaa", true));
    assert_false(push(1, 0, "aaaaaaaa", true));
    assert_true(push(1, 8, "bb", false));
    whole_is("aaaaaaaabb");
    assert_false(push(1, 8, "bb", false));
    assert_false(push(1, 0, "aaaaaaaa", true));
    assert_false(push(1, 8, "bb", false));
    assert_int_equal(lost(), 0);
}

/* Catches an identification used again that is swallowed as an echo of the datagram before. */
static void test_identification_used_again(void **state)
{
    (void)state;
    assert_false(push_cut(1, 0, "aaaaaaaa", 8, true, 0));
    assert_true(push_cut(1, 8, "bb", 2, false, 0));
    assert_false(push_cut(1, 0, "cccccccc", 8, true, 2 * SECOND));
    assert_true(push_cut(1, 8, "dd", 2, false, 2 * SECOND));
    whole_is("ccccccccdd");
    assert_int_equal(lost(), 0);
}

/* Catches an overlap that replaces what came first. */
static void test_overlap_first_copy_wins(void **state)
{
    (void)state;
    assert_false(push(1, 8, "bbbbbbbb", true));
    assert_false(push(1, 24, "dddddddd", true));
    assert_false(push(1, 32, "ee", false));
    assert_true(push(1, 0, "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", true));
    whole_is("XXXXXXXXbbbbbbbbXXXXXXXXddddddddee");
}

/* Catches an overlap that hides in what is there already, or reaches past it. */
static void test_overlap_partial(void **state)
{
    (void)state;
    assert_false(push(1, 0, "aaaaaaaaaaaaaaaa", true));
    assert_false(push(1, 8, "XXXXXXXX", true));
    assert_false(push(1, 8, "XXXXXXXXbbbbbbbb", true));
    assert_true(push(1, 16, "XXXXXXXXcc", false));
    whole_is("aaaaaaaaaaaaaaaabbbbbbbbcc");
}

/* Catches fragments past the end that enlarge a datagram or are counted as whole. */
static void test_contradiction(void **state)
{
    (void)state;
    assert_false(push(1, 8, "bb", false));
    assert_false(push(1, 16, "cccccccc", true));
    assert_int_equal(lost(), 1);
    assert_false(push(2, 16, "cccccccc", true));
    assert_false(push(2, 8, "bb", false));
    assert_int_equal(lost(), 2);
}

/* Catches lengths that no fragment can have: empty, not a multiple of eight, past 64 KiB ("ping of death"). */
static void test_impossible_fragments(void **state)
{
    (void)state;
    assert_false(push(1, 0, "", true));
    assert_false(push(1, 0, "aaaaa", true));
    assert_false(push(1, 65528, "aaaaaaaa", false));
    assert_int_equal(lost(), 0);
    assert_false(push(1, 65528, "aaaaaaa", false));
    assert_int_equal(lost(), 1);
}

/* Catches bytes the capture did not have passed off as captured ones. */
static void test_cut_fragment(void **state)
{
    (void)state;
    assert_false(push_cut(1, 0, "aaaa", 8, true, 0));
    assert_true(push_cut(1, 8, "bb", 2, false, 0));
    assert_int_equal(whole.wire_len, 10);
    assert_int_equal(whole.bytes.len, 4);
    assert_memory_equal(whole.bytes.p, "aaaa", 4);
    assert_false(push_cut(2, 8, "", 2, false, 0));
    assert_true(push_cut(2, 0, "aaaaaaaa", 8, true, 0));
    assert_int_equal(whole.wire_len, 10);
    assert_int_equal(whole.bytes.len, 8);
    assert_int_equal(lost(), 0);
}

/* Catches fragments of two datagrams, half a minute apart, joined into one; and times that run backwards or are absurd. */
static void test_timeout(void **state)
{
    (void)state;
    assert_false(push_cut(1, 0, "aaaaaaaa", 8, true, 0));
    assert_false(push_cut(1, 8, "bb", 2, false, 31 * SECOND));
    assert_int_equal(lost(), 2); /* the first given up, the second waiting */
    assert_true(push_cut(1, 0, "cccccccc", 8, true, 30 * SECOND));
    whole_is("ccccccccbb");
    assert_false(push_cut(2, 0, "aaaaaaaa", 8, true, INT64_MIN));
    assert_false(push_cut(2, 8, "bb", 2, false, INT64_MAX));
    assert_int_equal(lost(), 3);
}

/* Catches a table that grows with every datagram begun, and the newest given up in place of the oldest. */
static void test_too_many_datagrams(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < SCS_MAX_DATAGRAMS; id++) {
        assert_false(push(id, 0, "aaaaaaaa", true));
    }
    assert_int_equal(dropped(), 0);
    assert_false(push(SCS_MAX_DATAGRAMS, 0, "aaaaaaaa", true));
    assert_int_equal(dropped(), 1);
    assert_true(push(1, 8, "bb", false));
    assert_true(push(SCS_MAX_DATAGRAMS, 8, "bb", false));
    assert_false(push(0, 8, "bb", false));
}

/* Catches memory that grows past its budget: many datagrams whose last fragment lies far out. */
static void test_too_many_bytes(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < 100; id++) {
        assert_false(push(id, 65000, "aaaaaaaa", true));
    }
    /* Each takes 64 KiB, so 64 fit. */
    assert_int_equal(dropped(), 36);
    assert_int_equal(lost(), 100);
}

/* Catches a list of pieces that grows with every fragment of one datagram. */
static void test_too_many_pieces(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SCS_MAX_FRAGMENTS; i++) {
        assert_false(push(1, i * 16, "aaaaaaaa", true));
    }
    assert_int_equal(lost(), 1);
    assert_false(push(1, SCS_MAX_FRAGMENTS * 16, "aaaaaaaa", true));
    assert_false(push(1, 8, "aaaaaaaa", true)); /* begins anew */
    assert_int_equal(lost(), 2);
}

/* Catches a datagram of many fragments in order refused: they are one piece. */
static void test_many_fragments_in_order(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4000; i++) {
        assert_false(push(1, i * 8, "aaaaaaaa", true));
    }
    assert_true(push(1, 32000, "bb", false));
    assert_int_equal(whole.wire_len, 32002);
}

/* Catches the protocol of IPv6 taken from a later fragment (RFC 8200 4.5: the first one's counts), or from the key. */
static void test_v6_protocol(void **state)
{
    (void)state;
    static const uint8_t addresses[32] = {0x20, 0x01};
    struct scs_ip ip = {.family = 6,
                        .proto = 60,
                        .fragment = true,
                        .fragment_id = 1,
                        .fragment_off = 8,
                        .addresses = {.p = addresses, .len = sizeof addresses},
                        .payload = scs_cursor_of("bb", 2),
                        .payload_wire_len = 2};
    assert_false(scs_defrag_push(defrag, &ip, 0, &whole));
    ip.proto = SCS_PROTO_TCP;
    ip.more_fragments = true;
    ip.fragment_off = 0;
    ip.payload = scs_cursor_of("aaaaaaaa", 8);
    ip.payload_wire_len = 8;
    assert_true(scs_defrag_push(defrag, &ip, 0, &whole));
    whole_is("aaaaaaaabb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_order, begin, end),
        cmocka_unit_test_setup_teardown(test_out_of_order, begin, end),
        cmocka_unit_test_setup_teardown(test_interleaved, begin, end),
        cmocka_unit_test_setup_teardown(test_duplicates, begin, end),
        cmocka_unit_test_setup_teardown(test_identification_used_again, begin, end),
        cmocka_unit_test_setup_teardown(test_overlap_first_copy_wins, begin, end),
        cmocka_unit_test_setup_teardown(test_overlap_partial, begin, end),
        cmocka_unit_test_setup_teardown(test_contradiction, begin, end),
        cmocka_unit_test_setup_teardown(test_impossible_fragments, begin, end),
        cmocka_unit_test_setup_teardown(test_cut_fragment, begin, end),
        cmocka_unit_test_setup_teardown(test_timeout, begin, end),
        cmocka_unit_test_setup_teardown(test_too_many_datagrams, begin, end),
        cmocka_unit_test_setup_teardown(test_too_many_bytes, begin, end),
        cmocka_unit_test_setup_teardown(test_too_many_pieces, begin, end),
        cmocka_unit_test_setup_teardown(test_many_fragments_in_order, begin, end),
        cmocka_unit_test_setup_teardown(test_v6_protocol, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
