/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that wait to become evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "capture/hold.h"
#include "scepscope/facts.h"
#include "scepscope/limits.h"

/* Packet number n: its length and bytes follow from its number. */
static uint32_t length_of(uint64_t n)
{
    return (uint32_t)(n * 37 % 211);
}

static void add(struct scs_hold *h, uint64_t n)
{
    uint8_t bytes[256];
    memset(bytes, (int)(n & 0xff), sizeof bytes);
    scs_hold_add(h, &(struct scs_packet){.frame = n,
                                         .ts_ns = (int64_t)n * 1000,
                                         .data = bytes,
                                         .cap_len = length_of(n),
                                         .wire_len = 1500,
                                         .link_type = SCS_LINK_ETHERNET,
                                         .interface = 3,
                                         .id = n});
}

static void check_packet(const struct scs_packet *p, uint64_t n)
{
    assert_int_equal(p->frame, n);
    assert_int_equal(p->ts_ns, (int64_t)n * 1000);
    assert_int_equal(p->cap_len, length_of(n));
    assert_int_equal(p->wire_len, 1500);
    assert_int_equal(p->interface, 3);
    assert_int_equal(p->id, n);
    for (uint32_t i = 0; i < p->cap_len; i++) {
        assert_int_equal(p->data[i], n & 0xff);
    }
}

/* The packets that are held are `first` to `last`, each once and whole. */
static void check_held(const struct scs_hold *h, uint64_t first, uint64_t last)
{
    uint64_t n = first;
    for (const struct scs_held *held = scs_hold_first(h); held != NULL; held = scs_hold_next(h, held)) {
        check_packet(&held->packet, n++);
    }
    assert_int_equal(n, last + 1);
    assert_int_equal(scs_hold_count(h).packets, last + 1 - first);
    assert_int_equal(scs_hold_count(h).left, first - 1);
}

/* Catches a hold that gives packets that were never put into it. */
static void test_empty(void **state)
{
    (void)state;
    struct scs_hold *h = scs_hold_new(4096);
    assert_null(scs_hold_first(h));
    assert_int_equal(scs_hold_count(h).packets, 0);
    assert_int_equal(scs_hold_count(h).left_ns, SCS_NO_TIME);
    scs_hold_free(h);
    scs_hold_free(NULL);
}

/* Catches packets that are lost, torn, swapped or told twice where the memory begins anew, at every size of it. */
static void test_oldest_leave_first(void **state)
{
    (void)state;
    for (size_t room = 1024; room < 3072; room += 16) {
        struct scs_hold *h = scs_hold_new(room);
        for (uint64_t n = 1; n <= 200; n++) {
            add(h, n);
            struct scs_hold_counts counts = scs_hold_count(h);
            assert_true(counts.bytes <= room);
            check_held(h, counts.left + 1, n);
        }
        assert_true(scs_hold_count(h).left > 100);
        scs_hold_free(h);
    }
}

/* Catches a hold that throws packets away while there is room. */
static void test_keeps_what_fits(void **state)
{
    (void)state;
    struct scs_hold *h = scs_hold_new(SCS_MAX_HELD);
    for (uint64_t n = 1; n <= 1000; n++) {
        add(h, n);
    }
    check_held(h, 1, 1000);
    scs_hold_free(h);
}

/* Catches a packet larger than all of it that is written past its end, or that throws the others out. */
static void test_too_large(void **state)
{
    (void)state;
    static const uint8_t large[8192];
    struct scs_hold *h = scs_hold_new(4096);
    add(h, 1);
    scs_hold_add(h, &(struct scs_packet){.frame = 2, .ts_ns = 7, .data = large, .cap_len = sizeof large});
    const struct scs_held *only = scs_hold_first(h);
    assert_int_equal(only->packet.frame, 1);
    assert_null(scs_hold_next(h, only));
    assert_int_equal(scs_hold_count(h).left, 1);
    assert_int_equal(scs_hold_count(h).left_ns, 7);
    scs_hold_free(h);
    struct scs_hold *none = scs_hold_new(0);
    add(none, 1);
    assert_null(scs_hold_first(none));
    scs_hold_free(none);
}

/* Catches a loss that is told of packets that were written before they left, or not told of the others. */
static void test_done_is_no_loss(void **state)
{
    (void)state;
    struct scs_hold *h = scs_hold_new(2048);
    for (uint64_t n = 1; n <= 100; n++) {
        add(h, n);
        for (struct scs_held *held = scs_hold_first(h); held != NULL; held = scs_hold_next(h, held)) {
            held->done = held->packet.frame != 50;
        }
    }
    struct scs_hold_counts counts = scs_hold_count(h);
    assert_true(counts.left > 50);
    assert_int_equal(counts.left_undone, 1);
    assert_int_equal(counts.left_ns, 50 * 1000);
    scs_hold_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),     cmocka_unit_test(test_oldest_leave_first), cmocka_unit_test(test_keeps_what_fits),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_done_is_no_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
