/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/merge.h"
#include "captures.h"

#define FILES 5u

static struct scs_arena *arena;
static struct scs_inventory inventory;
static struct scs_buf files[FILES];
static struct scs_reader readers[FILES];
static unsigned num;

static int setup(void **state)
{
    (void)state;
    arena = scs_arena_new();
    scs_inventory_init(&inventory, arena);
    num = 0;
    for (unsigned i = 0; i < FILES; i++) {
        scs_buf_init(&files[i], 8u << 20);
        test_pcap_header(&files[i], false, 0xa1b2c3d4, 262144, 1);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FILES; i++) {
        if (i < num) {
            scs_reader_cleanup(&readers[i]);
        }
        scs_buf_cleanup(&files[i]);
    }
    scs_inventory_cleanup(&inventory);
    scs_arena_free(arena);
    return 0;
}

static struct scs_merge *open_all(unsigned count)
{
    struct scs_reader *list[FILES];
    for (num = 0; num < count; num++) {
        struct scs_error err;
        assert_true(scs_reader_open_memory(&readers[num], &inventory, files[num].p, files[num].len, 0, &err));
        readers[num].file = (uint16_t)num;
        list[num] = &readers[num];
    }
    return scs_merge_new(list, count, NULL);
}

/* Catches packets out of order, lost where a file's buffer is read on, or overwritten within a batch. */
static void merges_by_time(void **state)
{
    (void)state;
    unsigned total = 3000;
    uint32_t x = 1;
    for (unsigned n = 0; n < total; n++) {
        x = x * 1664525 + 1013904223;
        test_pcap_record(&files[x >> 24 & 3], false, 1000 + n, 0, 1000 + (x >> 16 & 255), (uint8_t)n);
    }
    struct scs_merge *m = open_all(FILES); /* the last one holds no packet */
    struct scs_packet batch[16];
    uint64_t frames[FILES] = {0};
    unsigned seen = 0;
    for (size_t got; (got = scs_merge_next(m, batch, 16)) != 0;) {
        for (size_t i = 0; i < got; i++, seen++) {
            assert_int_equal(batch[i].ts_ns / 1000000000, 1000 + seen);
            assert_int_equal(batch[i].data[0], seen & 255);
            assert_int_equal(batch[i].data[batch[i].cap_len - 1], seen & 255);
            assert_int_equal(SCS_FRAME_NUMBER(batch[i].frame), ++frames[SCS_FRAME_FILE(batch[i].frame)]);
        }
    }
    assert_int_equal(seen, total);
    assert_int_equal(scs_merge_next(m, batch, 16), 0);
    scs_merge_free(m);
}

/* Catches a merge that sorts within a file: a file's own order is evidence. */
static void keeps_each_files_order(void **state)
{
    (void)state;
    static const uint32_t times[] = {5, 3, 9, 1};
    for (unsigned i = 0; i < 4; i++) {
        test_pcap_record(&files[0], false, times[i], 0, 10, (uint8_t)i);
    }
    test_pcap_record(&files[1], false, 4, 0, 10, 100);
    struct scs_merge *m = open_all(2);
    struct scs_packet p;
    static const uint8_t expected[] = {100, 0, 1, 2, 3};
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(scs_merge_next(m, &p, 1), 1);
        assert_int_equal(p.data[0], expected[i]);
    }
    scs_merge_free(m);
}

/* Catches an order of equal times that depends on anything but the order of the files. */
static void puts_the_first_file_first_at_equal_times(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        for (unsigned i = 0; i < FILES; i++) {
            test_pcap_record(&files[i], false, 7 + n, 0, 10, (uint8_t)(n * FILES + i));
        }
    }
    struct scs_merge *m = open_all(FILES);
    struct scs_packet p;
    for (unsigned i = 0; i < 3 * FILES; i++) {
        assert_int_equal(scs_merge_next(m, &p, 1), 1);
        assert_int_equal(p.data[0], i);
    }
    scs_merge_free(m);
}

/* Catches memory kept for files that are read to their ends. */
static void gives_back_finished_files(void **state)
{
    (void)state;
    test_pcap_record(&files[0], false, 1, 0, 10, 0);
    test_pcap_record(&files[1], false, 2, 0, 10, 1);
    struct scs_merge *m = open_all(2);
    struct scs_packet p;
    assert_int_equal(scs_merge_next(m, &p, 1), 1);
    assert_false(readers[0].finished);
    assert_int_equal(scs_merge_next(m, &p, 1), 1);
    assert_true(readers[0].finished);
    assert_null(readers[0].source.buffer);
    scs_merge_free(m);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(merges_by_time),
        TEST(keeps_each_files_order),
        TEST(puts_the_first_file_first_at_equal_times),
        TEST(gives_back_finished_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
