/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "captures.h"

#define START UINT64_C(1795166042000000)

static struct scs_buf bytes;
static struct test_reading t;

static int setup(void **state)
{
    (void)state;
    scs_buf_init(&bytes, 40u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_reading_cleanup(&t);
    scs_buf_cleanup(&bytes);
    return 0;
}

static void put_start(void)
{
    test_ng_section(&bytes, false);
    test_ng_interface(&bytes, false, 1, 262144, "eth0");
}

static void put_packets(unsigned first, unsigned last)
{
    for (unsigned n = first; n < last; n++) {
        test_ng_packet(&bytes, false, 0, START + n, 60, (uint8_t)n);
    }
}

static void put_secrets(uint32_t type, const char *text, size_t len)
{
    size_t begun = test_ng_begin(&bytes, false, 10);
    test_put_u32(&bytes, false, type);
    test_put_u32(&bytes, false, (uint32_t)len);
    scs_buf_add(&bytes, text, len);
    test_ng_end(&bytes, false, begun);
}

static void put_drops(uint32_t interface, uint64_t dropped)
{
    uint8_t value[8];
    for (unsigned i = 0; i < 8; i++) {
        value[i] = (uint8_t)(dropped >> 8 * i);
    }
    size_t begun = test_ng_begin(&bytes, false, 5);
    test_put_u32(&bytes, false, interface);
    test_put_u64(&bytes, false, 0);
    test_ng_option(&bytes, false, 5, value, 8);
    test_ng_end(&bytes, false, begun);
}

/* Catches a reader that keeps the first section's byte order, or its interfaces. */
static void reads_sections_of_either_order(void **state)
{
    (void)state;
    put_start();
    put_packets(0, 1);
    test_ng_section(&bytes, true);
    test_ng_interface(&bytes, true, 101, 0, "tun0");
    test_ng_packet(&bytes, true, 0, START + 5, 61, 0x45);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    assert_int_equal(t.packets[0].link_type, 1);
    assert_int_equal(t.packets[1].link_type, 101);
    assert_int_equal(t.packets[1].interface, 1);
    assert_int_equal(t.packets[1].frame, 2);
    assert_int_equal(t.packets[1].cap_len, 61);
    assert_int_equal(t.packets[1].ts_ns, (int64_t)(START + 5) * 1000);
    assert_string_equal(t.inventory.interfaces[1].name, "tun0");
    assert_string_equal(t.reader.format, "pcapng");
}

/* Catches a reader that, like libpcap, stops where link types or snap lengths differ. */
static void reads_interfaces_that_differ(void **state)
{
    (void)state;
    test_ng_section(&bytes, false);
    test_ng_interface(&bytes, false, 1, 65535, "eth0");
    test_ng_interface(&bytes, false, 113, 0, "any");
    test_ng_packet(&bytes, false, 1, START, 60, 1);
    test_ng_packet(&bytes, false, 0, START, 60, 2);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    assert_int_equal(t.packets[0].link_type, 113);
    assert_int_equal(t.packets[1].link_type, 1);
    assert_false(t.reader.damaged);
}

/* Catches a table that grows with every part of a file put together from a ring buffer. */
static void counts_the_same_interface_once(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 5; n++) {
        put_start();
        put_packets(n, n + 1);
    }
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 5);
    assert_int_equal(t.inventory.num_interfaces, 1);
}

/* Catches a reader that stops at a packet of an interface nobody described, or gives it an interface. */
static void skips_packets_of_unknown_interfaces(void **state)
{
    (void)state;
    put_start();
    put_packets(0, 1);
    test_ng_packet(&bytes, false, 3, START, 60, 9);
    test_ng_packet(&bytes, false, UINT32_MAX, START, 60, 9);
    put_packets(1, 2);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    assert_int_equal(t.first_byte[1], 1);
    assert_string_equal(t.problems, "packets of interfaces that the file does not describe, skipped: 2\n");
    assert_true(t.reader.damaged);
}

/* Catches a count of frames that differs from Wireshark's, which numbers journal entries and custom blocks. */
static void numbers_frames_as_wireshark_does(void **state)
{
    (void)state;
    static const uint32_t types[] = {9, 0xbad, 0x40000bad, 0x204, 4, 0x12345678};
    put_start();
    put_packets(0, 1);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t begun = test_ng_begin(&bytes, false, types[i]);
        test_put_u64(&bytes, false, 4711);
        test_ng_end(&bytes, false, begun);
    }
    put_packets(1, 2);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    assert_int_equal(t.packets[1].frame, 6);
    assert_false(t.reader.damaged);
}

/* Catches a Simple Packet Block taken with its padding, or uncut by the snap length, or given the time 0. */
static void reads_simple_packets(void **state)
{
    (void)state;
    test_ng_section(&bytes, false);
    test_ng_interface(&bytes, false, 1, 40, NULL);
    test_ng_packet(&bytes, false, 0, START, 20, 1);
    for (uint32_t wire = 38; wire < 43; wire += 4) {
        size_t begun = test_ng_begin(&bytes, false, 3);
        test_put_u32(&bytes, false, wire);
        for (unsigned i = 0; i < 5; i++) {
            test_put_u64(&bytes, false, UINT64_C(0x0202020202020202));
        }
        test_ng_end(&bytes, false, begun);
    }
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 3);
    assert_int_equal(t.packets[1].cap_len, 38);
    assert_int_equal(t.packets[2].cap_len, 40);
    assert_int_equal(t.packets[2].wire_len, 42);
    assert_int_equal(t.packets[2].ts_ns, (int64_t)START * 1000);
    assert_int_equal(t.first_byte[2], 2);
}

/* Catches a reader that takes the drop count of the obsolete block for part of its interface, in either order. */
static void reads_obsolete_packets(void **state)
{
    (void)state;
    for (unsigned big = 0; big < 2; big++) {
        test_ng_section(&bytes, big);
        test_ng_interface(&bytes, big, 1, 0, NULL);
        test_ng_interface(&bytes, big, 113, 0, NULL);
        size_t begun = test_ng_begin(&bytes, big, 2);
        test_put_u16(&bytes, big, 1);
        test_put_u16(&bytes, big, 0xffff);
        test_put_u32(&bytes, big, (uint32_t)(START >> 32));
        test_put_u32(&bytes, big, (uint32_t)START);
        test_put_u32(&bytes, big, 3);
        test_put_u32(&bytes, big, 99);
        scs_buf_text(&bytes, "abc");
        test_ng_end(&bytes, big, begun);
    }
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(t.packets[i].link_type, 113);
        assert_int_equal(t.packets[i].ts_ns, (int64_t)START * 1000);
        assert_int_equal(t.packets[i].cap_len, 3);
        assert_int_equal(t.packets[i].wire_len, 99);
    }
}

/* Catches a reader that takes every interface's clock for microseconds since 1970. */
static void honours_resolution_and_offset(void **state)
{
    (void)state;
    uint8_t nanos = 9;
    test_ng_section(&bytes, false);
    size_t begun = test_ng_begin(&bytes, false, 1);
    test_put_u64(&bytes, false, 1);
    test_ng_option(&bytes, false, 9, &nanos, 1);
    test_ng_option(&bytes, false, 14, "\x10\x0e\0\0\0\0\0\0", 8);
    test_ng_end(&bytes, false, begun);
    test_ng_packet(&bytes, false, 0, START * 1000, 60, 0);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.packets[0].ts_ns, (int64_t)START * 1000 + INT64_C(3600000000000));
}

/* Catches drop counts that are added up although each block holds the total, or dumpcap's "unknown" taken for a count. */
static void takes_the_last_drop_count_of_each_interface(void **state)
{
    (void)state;
    put_start();
    test_ng_interface(&bytes, false, 1, 0, "eth1");
    put_drops(0, 3);
    put_drops(0, 5);
    put_drops(1, 10);
    put_drops(1, UINT64_MAX);
    put_drops(7, 1000);
    test_read_buf(&t, &bytes);
    assert_true(t.reader.has_drop_count);
    assert_int_equal(t.reader.dropped, 15);
}

/* Catches "0 dropped" said of a file that counted nothing. */
static void has_no_drop_count_without_statistics(void **state)
{
    (void)state;
    put_start();
    put_packets(0, 1);
    put_drops(0, UINT64_MAX);
    test_read_buf(&t, &bytes);
    assert_false(t.reader.has_drop_count);
}

/* Catches secrets of other protocols taken for a key log, and two logs run together in one line. */
static void keeps_tls_secrets(void **state)
{
    (void)state;
    put_start();
    put_secrets(0x544c534b, "CLIENT_RANDOM 1 2", 17);
    put_secrets(0x57474b4c, "wireguard", 9);
    put_secrets(0x544c534b, "CLIENT_RANDOM 3 4\n", 18);
    test_read_buf(&t, &bytes);
    assert_string_equal(scs_buf_cstr(&t.inventory.secrets), "CLIENT_RANDOM 1 2\nCLIENT_RANDOM 3 4\n");
}

/* Catches a reader that loses a key log longer than its buffer, or keeps one without bound. */
static void keeps_a_long_key_log(void **state)
{
    (void)state;
    size_t len = 3u << 20;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'k', len);
    put_start();
    for (unsigned i = 0; i < 6; i++) {
        put_secrets(0x544c534b, text, len);
        put_packets(i, i + 1);
    }
    free(text);
    test_read(&t, bytes.p, bytes.len, 1000000);
    assert_int_equal(t.num, 6);
    assert_int_equal(t.inventory.secrets.len, SCS_MAX_SECRETS);
    assert_int_equal(t.reader.num_problems, 1);
    assert_non_null(strstr(t.problems, "TLS secrets"));
}

/* Catches a cut that goes unsaid, wherever in the last block it is. */
static void says_where_the_file_is_cut(void **state)
{
    (void)state;
    put_start();
    put_packets(0, 3);
    for (size_t cut = 1; cut < 92; cut++) {
        test_read(&t, bytes.p, bytes.len - cut, 0);
        assert_int_equal(t.num, 2);
        char expected[80];
        snprintf(expected, sizeof expected, "cut short after packet 2, at byte %zu\n", bytes.len - cut);
        assert_string_equal(t.problems, expected);
        assert_true(t.reader.damaged);
        test_reading_cleanup(&t);
    }
    test_read(&t, bytes.p, bytes.len - 92, 0);
    assert_false(t.reader.damaged);
}

/* Catches a reader that stops at damage although good blocks follow, whatever the broken length says. */
static void goes_on_after_a_broken_length(void **state)
{
    (void)state;
    static const char *const lengths[] = {"\xff\xff\xff\x7f", "\7\0\0\0", "\0\0\0\0", "\xa0\x0f\0\0", "\x58\0\0\0", "\0\0\x10\0"};
    put_start();
    size_t damage = bytes.len + 2 * 92;
    put_packets(0, 6);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(bytes.p + damage + 4, lengths[i], 4);
        test_read_buf(&t, &bytes);
        assert_int_equal(t.num, 5);
        assert_int_equal(t.first_byte[2], 3);
        assert_true(t.reader.damaged);
        char expected[40];
        snprintf(expected, sizeof expected, "damaged at byte %zu, after packet 2", damage);
        assert_non_null(strstr(t.problems, expected));
        assert_non_null(strstr(t.problems, "92 bytes skipped"));
        test_reading_cleanup(&t);
    }
    test_read_buf(&t, &bytes);
}

/* Catches a read past the block when its captured length lies. */
static void skips_a_packet_longer_than_its_block(void **state)
{
    (void)state;
    put_start();
    size_t damage = bytes.len;
    put_packets(0, 2);
    memcpy(bytes.p + damage + 20, "\xff\xff\0\0", 4);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 1);
    assert_int_equal(t.first_byte[0], 1);
    assert_true(t.reader.damaged);
}

/* Catches an interface block too short to use that shifts the numbers of those after it. */
static void counts_an_interface_it_cannot_read(void **state)
{
    (void)state;
    test_ng_section(&bytes, false);
    test_ng_end(&bytes, false, test_ng_begin(&bytes, false, 1));
    test_ng_interface(&bytes, false, 113, 0, NULL);
    test_ng_packet(&bytes, false, 1, START, 60, 1);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 1);
    assert_int_equal(t.packets[0].link_type, 113);
}

/* Catches a file of nothing but interfaces that makes the tables grow without bound. */
static void bounds_the_interfaces(void **state)
{
    (void)state;
    test_ng_section(&bytes, false);
    for (unsigned i = 0; i < SCS_MAX_INTERFACES + 10; i++) {
        test_ng_interface(&bytes, false, 1, 0, NULL);
    }
    test_ng_packet(&bytes, false, SCS_MAX_INTERFACES - 1, START, 60, 1);
    test_ng_packet(&bytes, false, SCS_MAX_INTERFACES + 1, START, 60, 1);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 1);
    assert_int_equal(t.inventory.num_interfaces, SCS_MAX_INTERFACES);
}

/* Catches an interface name that reaches a terminal as it is. */
static void cleans_interface_names(void **state)
{
    (void)state;
    test_ng_section(&bytes, false);
    test_ng_interface(&bytes, false, 1, 0, "eth\x1b[0m");
    test_read_buf(&t, &bytes);
    assert_string_equal(t.inventory.interfaces[0].name, "eth\\x1b[0m");
}

/* A packet of `len` bytes with one option, as etl2pcapng writes what pktmon says of a packet. */
static void put_marked(bool big, uint32_t cap_len, uint16_t code, const void *value, uint16_t len)
{
    size_t begun = test_ng_begin(&bytes, big, 6);
    test_put_u32(&bytes, big, 0);
    test_put_u64(&bytes, big, 0);
    test_put_u32(&bytes, big, cap_len);
    test_put_u32(&bytes, big, cap_len);
    for (uint32_t i = 0; i < (cap_len + 3) / 4; i++) {
        test_put_u32(&bytes, big, 0x05050505);
    }
    test_ng_option(&bytes, big, 2, "\1\0\0\0", 4);
    test_ng_option(&bytes, big, code, value, len);
    test_ng_option(&bytes, big, 0, NULL, 0);
    test_ng_end(&bytes, big, begun);
}

/* Catches an id read in the wrong byte order or from packet bytes that look like options, and one of another length. */
static void reads_packet_ids(void **state)
{
    (void)state;
    put_start();
    put_marked(false, 61, 5, "\1\0\0\0\0\0\1\0", 8);
    put_marked(false, 61, 5, "\1\0\0\0", 4);
    put_packets(2, 3);
    test_ng_section(&bytes, true);
    test_ng_interface(&bytes, true, 1, 0, NULL);
    put_marked(true, 60, 5, "\0\1\0\0\0\0\0\1", 8);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 4);
    assert_true(t.packets[0].id == UINT64_C(0x1000000000001));
    assert_true(t.packets[1].id == 0 && t.packets[2].id == 0);
    assert_true(t.packets[3].id == UINT64_C(0x1000000000001));
}

/* Catches a verdict of another kind, or to let a packet pass, taken for a drop. */
static void reads_drops(void **state)
{
    (void)state;
    put_start();
    put_marked(false, 60, 7, "\2\1\0\0\0\0\0\0\0", 9);
    put_marked(false, 60, 7, "\2\2\0\0\0\0\0\0\0", 9);
    put_marked(false, 60, 7, "\1\1\0\0\0\0\0\0\0", 9);
    put_marked(false, 60, 7, "\2\1", 2);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 4);
    assert_true(t.packets[0].host_dropped);
    assert_false(t.packets[1].host_dropped || t.packets[2].host_dropped || t.packets[3].host_dropped);
}

/* One packet of raw IP that begins with `hex`, filled up to `len` bytes, said to have had `wire_len`. */
static void put_raw(const char *head, size_t head_len, uint32_t len, uint32_t wire_len)
{
    size_t begun = test_ng_begin(&bytes, false, 6);
    test_put_u32(&bytes, false, 0);
    test_put_u64(&bytes, false, 0);
    test_put_u32(&bytes, false, len);
    test_put_u32(&bytes, false, wire_len);
    scs_buf_add(&bytes, head, head_len);
    for (size_t i = head_len; i < len; i++) {
        scs_buf_byte(&bytes, 0);
    }
    test_ng_end(&bytes, false, begun);
}

/* Catches etl2pcapng's guess of 14 bytes too many taken for a cut packet, and really cut ones taken for whole. */
static void undoes_a_wrong_guess(void **state)
{
    (void)state;
    test_ng_section(&bytes, false);
    test_ng_interface(&bytes, false, 101, 65535, "mbb:14");
    put_raw("\x45\0\0\x28", 4, 40, 54);
    put_raw("\x60\0\0\0\0\x14", 6, 60, 74);
    put_raw("\x45\0\0\x36", 4, 40, 54);
    put_raw("\x45\0\0\x28", 4, 40, 60);
    put_raw("\x45\0", 2, 2, 16);
    put_raw("", 0, 0, 14);
    test_read_buf(&t, &bytes);
    assert_int_equal(t.num, 6);
    static const uint32_t wanted[] = {40, 60, 54, 60, 16, 14};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(t.packets[i].wire_len, wanted[i]);
    }
}

/* Catches half a section header opened as an empty capture, and text that begins with its type taken for one. */
static void refuses_what_is_no_section(void **state)
{
    (void)state;
    put_start();
    test_read(&t, bytes.p, 20, 20);
    assert_false(t.opened);
    assert_non_null(strstr(t.err.text, "cut inside its file header"));
    test_reading_cleanup(&t);
    test_read(&t, "\n\r\r\n this is a text", 20, 20);
    assert_false(t.opened);
    assert_non_null(strstr(t.err.text, "no packet capture"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_sections_of_either_order),
        TEST(reads_interfaces_that_differ),
        TEST(counts_the_same_interface_once),
        TEST(skips_packets_of_unknown_interfaces),
        TEST(numbers_frames_as_wireshark_does),
        TEST(reads_simple_packets),
        TEST(reads_obsolete_packets),
        TEST(honours_resolution_and_offset),
        TEST(takes_the_last_drop_count_of_each_interface),
        TEST(has_no_drop_count_without_statistics),
        TEST(keeps_tls_secrets),
        TEST(keeps_a_long_key_log),
        TEST(says_where_the_file_is_cut),
        TEST(goes_on_after_a_broken_length),
        TEST(skips_a_packet_longer_than_its_block),
        TEST(counts_an_interface_it_cannot_read),
        TEST(bounds_the_interfaces),
        TEST(cleans_interface_names),
        TEST(reads_packet_ids),
        TEST(reads_drops),
        TEST(undoes_a_wrong_guess),
        TEST(refuses_what_is_no_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
