/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "captures.h"

#define MICROS   0xa1b2c3d4u
#define NANOS    0xa1b23c4du
#define MODIFIED 0xa1b2cd34u
#define START    1795166042u

static struct scs_buf bytes;
static struct test_reading t;

static int setup(void **state)
{
    (void)state;
    scs_buf_init(&bytes, 8u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_reading_cleanup(&t);
    scs_buf_cleanup(&bytes);
    return 0;
}

static void put_records(unsigned first, unsigned last)
{
    for (unsigned n = first; n < last; n++) {
        test_pcap_record(&bytes, false, START + n, 7, 60, (uint8_t)n);
    }
}

/* Catches a reader that mixes up byte orders, or takes nanoseconds for microseconds. */
static void reads_both_orders_and_resolutions(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        bool big = (kind & 1) != 0, nanos = (kind & 2) != 0;
        scs_buf_clear(&bytes);
        test_pcap_header(&bytes, big, nanos ? NANOS : MICROS, 65535, 1);
        test_pcap_record(&bytes, big, START, 999999, 60, 0xab);
        test_read_buf(&t, &bytes);
        assert_true(t.opened);
        assert_int_equal(t.num, 1);
        assert_int_equal(t.packets[0].ts_ns, START * INT64_C(1000000000) + (nanos ? 999999 : 999999000));
        assert_int_equal(t.packets[0].cap_len, 60);
        assert_int_equal(t.packets[0].link_type, 1);
        assert_int_equal(t.packets[0].frame, 1);
        assert_int_equal(t.first_byte[0], 0xab);
        assert_string_equal(t.reader.format, "pcap");
        assert_false(t.reader.damaged);
        if (kind != 3) {
            test_reading_cleanup(&t);
        }
    }
}

/* Catches a reader that takes the 8 extra bytes of the modified format for packet data. */
static void reads_the_modified_format(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MODIFIED, 65535, 1);
    for (unsigned n = 0; n < 2; n++) {
        test_put_u32(&bytes, false, START);
        test_put_u32(&bytes, false, 1);
        test_put_u32(&bytes, false, 4);
        test_put_u32(&bytes, false, 4);
        test_put_u64(&bytes, false, UINT64_MAX);
        test_put_u32(&bytes, false, 0x5a5a5a5a);
    }
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    assert_int_equal(t.first_byte[1], 0x5a);
    assert_false(t.reader.damaged);
}

/* Catches a reader that takes the frame check sequence's flags for part of the link type. */
static void keeps_only_the_link_type_of_its_word(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 0x24000071);
    put_records(0, 1);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.packets[0].link_type, 113);
}

/* Catches a reader that cuts records to the file's snap length, as libpcap does. */
static void keeps_records_over_the_snap_length_whole(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 20, 1);
    put_records(0, 3);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 3);
    assert_int_equal(t.packets[2].cap_len, 60);
    assert_false(t.reader.damaged);
}

/* Catches a reader that calls a captured length above the wire length damage, or cuts to it. */
static void tolerates_captured_above_wire_length(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 2);
    memset(bytes.p + 24 + 12, 0, 4); /* wire length of the first: 0 */
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    assert_int_equal(t.packets[0].cap_len, 60);
    assert_int_equal(t.packets[0].wire_len, 0);
    assert_false(t.reader.damaged);
}

/* Catches a reader that calls a file without packets damaged, or refuses it. */
static void accepts_a_file_without_packets(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    test_read_buf(&t, &bytes);
    assert_true(t.opened);
    assert_int_equal(t.num, 0);
    assert_false(t.reader.damaged);
    assert_int_equal(t.inventory.num_interfaces, 1);
}

/* Catches a reader that loses the packets before a cut, or does not say where it is. */
static void says_where_the_file_is_cut(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 3);
    for (size_t cut = 1; cut < 76; cut++) {
        test_read(&t, bytes.p, bytes.len - cut, 0);
        assert_int_equal(t.num, 2);
        assert_true(t.reader.damaged);
        char expected[80];
        snprintf(expected, sizeof expected, "cut short after packet 2, at byte %zu\n", bytes.len - cut);
        assert_string_equal(t.problems, expected);
        test_reading_cleanup(&t);
    }
    test_read(&t, bytes.p, bytes.len - 76, 0);
    assert_false(t.reader.damaged);
}

/* Catches a reader that opens half a header as an empty capture. */
static void refuses_a_cut_file_header(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    test_read(&t, bytes.p, 10, 10);
    assert_false(t.opened);
    assert_non_null(strstr(t.err.text, "cut inside its file header"));
}

/* Catches a reader that stops at, or believes, an impossible length when good records follow. */
static void goes_on_after_an_insane_length(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 6);
    memcpy(bytes.p + 24 + 2 * 76 + 8, "\xff\xff\xff\x7f", 4);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 5);
    assert_int_equal(t.first_byte[2], 3);
    assert_int_equal(t.packets[2].frame, 3);
    assert_true(t.reader.damaged);
    assert_string_equal(t.problems, "damaged at byte 176, after packet 2: a captured length of 2147483647; 76 bytes skipped\n");
}

/* Catches a reader that swallows good records as data of a record whose length is only somewhat wrong. */
static void doubts_a_length_above_the_wire_length(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 6);
    memcpy(bytes.p + 24 + 2 * 76 + 8, "\xa0\0\0\0", 4);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 5);
    assert_int_equal(t.first_byte[2], 3);
}

/* Catches a reader that reports a hole of zeros as packets of 1970. */
static void skips_a_hole_of_zeros(void **state)
{
    (void)state;
    uint8_t zeros[333] = {0};
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 2);
    scs_buf_add(&bytes, zeros, sizeof zeros);
    put_records(2, 4);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 4);
    assert_string_equal(t.problems, "damaged at byte 176, after packet 2: a record of zeros; 333 bytes skipped\n");
}

/* Catches a search that takes old records, as a reused disk block holds them, for the capture's own. */
static void does_not_resume_far_away_in_time(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 2);
    scs_buf_text(&bytes, "garbage garbage garbage");
    put_records(90000, 90003);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    assert_non_null(strstr(t.problems, "damaged at byte 176"));
    assert_non_null(strstr(t.problems, "nothing readable follows"));
}

/* Catches a reader that goes on out of step, giving out fields as data, when four bytes of a record header are missing. */
static void finds_its_step_again(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 8);
    size_t hole = 24 + 2 * 76 + 4;
    memmove(bytes.p + hole, bytes.p + hole + 4, bytes.len - hole - 4);
    bytes.len -= 4;
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 7);
    for (unsigned i = 2; i < 7; i++) {
        assert_int_equal(t.first_byte[i], i + 1);
        assert_int_equal(t.packets[i].ts_ns / 1000000000, START + i + 1);
    }
    assert_true(t.reader.damaged);
}

/* Catches a reader that takes a clock being set, or captures put together, for damage. */
static void accepts_jumps_in_time(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    put_records(0, 2);
    test_pcap_record(&bytes, false, 12, 0, 60, 2);
    put_records(3, 4);
    test_pcap_record(&bytes, false, 1000000000, 0, 60, 4);
    test_pcap_record(&bytes, false, 1000000001, 0, 60, 5);
    test_pcap_record(&bytes, false, UINT32_MAX, 0, 60, 6);
    for (unsigned n = 0; n < 10; n++) {
        test_pcap_record(&bytes, false, START + n * 604800, 0, 60, 7);
    }
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 17);
    assert_int_equal(t.packets[6].ts_ns, UINT32_MAX * INT64_C(1000000000));
    assert_false(t.reader.damaged);
}

/* Catches a reader that calls a cut packet damage because its length is unusual. */
static void calls_an_unusual_last_packet_cut(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 40, 1);
    put_records(0, 3);
    test_read(&t, bytes.p, bytes.len - 5, 0);
    assert_int_equal(t.num, 2);
    assert_string_equal(t.problems, "cut short after packet 2, at byte 247\n");
}

/* Catches a reader whose carry-over breaks a record at the edge of its buffer, or that moves packets already given out. */
static void carries_records_over_the_buffers_edge(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 262144, 1);
    for (unsigned n = 0; n < 40; n++) {
        test_pcap_record(&bytes, false, START + n, 7, n % 2 == 0 ? 65000 : 33333, (uint8_t)n);
    }
    test_read(&t, bytes.p, bytes.len, 300000);
    assert_int_equal(t.num, 40);
    for (unsigned n = 0; n < 40; n++) {
        assert_int_equal(t.first_byte[n], n);
        assert_int_equal(t.packets[n].ts_ns / 1000000000, START + n);
    }
    assert_false(t.reader.damaged);
}

/* Catches sentences without end for a file that is damaged in many places. */
static void bounds_the_number_of_problems(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, MICROS, 65535, 1);
    for (unsigned n = 0; n < 30; n++) {
        put_records(2 * n, 2 * n + 2);
        scs_buf_text(&bytes, "garbage garbage garbage");
    }
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 60);
    assert_int_equal(t.reader.num_problems, SCS_MAX_PROBLEMS);
    assert_int_equal(t.reader.unsaid_problems, 30 - SCS_MAX_PROBLEMS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_both_orders_and_resolutions),
        TEST(reads_the_modified_format),
        TEST(keeps_only_the_link_type_of_its_word),
        TEST(keeps_records_over_the_snap_length_whole),
        TEST(tolerates_captured_above_wire_length),
        TEST(accepts_a_file_without_packets),
        TEST(says_where_the_file_is_cut),
        TEST(refuses_a_cut_file_header),
        TEST(goes_on_after_an_insane_length),
        TEST(doubts_a_length_above_the_wire_length),
        TEST(skips_a_hole_of_zeros),
        TEST(does_not_resume_far_away_in_time),
        TEST(finds_its_step_again),
        TEST(accepts_jumps_in_time),
        TEST(calls_an_unusual_last_packet_cut),
        TEST(carries_records_over_the_buffers_edge),
        TEST(bounds_the_number_of_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
