/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/tcp.h"
#include "hex.h"

/* 51544 > 80, seq 0x01020304, ack 0x05060708 */
#define PORTS_AND_NUMBERS "c958 0050 01020304 05060708"

static uint8_t *bytes;

static enum scs_status read_wire(const char *hex, uint32_t wire_len, struct scs_segment *out)
{
    size_t len;
    free(bytes);
    bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    return scs_tcp_read(&c, wire_len == 0 ? (uint32_t)len : wire_len, out);
}

static int release(void **state)
{
    (void)state;
    free(bytes);
    bytes = NULL;
    return 0;
}

/* Catches any field read at the wrong place, and ECN bits that break a comparison with SYN. */
static void test_fields(void **state)
{
    (void)state;
    struct scs_segment s;
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "50 18 faf0 0000 0000 474554", 0, &s), SCS_OK);
    assert_int_equal(s.src.port, 51544);
    assert_int_equal(s.dst.port, 80);
    assert_int_equal(s.seq, 0x01020304);
    assert_int_equal(s.ack, 0x05060708);
    assert_int_equal(s.flags, SCS_TCP_PSH | SCS_TCP_ACK);
    assert_int_equal(s.window, 64240);
    assert_int_equal(s.options.len, 0);
    assert_int_equal(s.payload.off, 20);
    assert_int_equal(s.payload.len, 3);
    assert_int_equal(s.payload_wire_len, 3);
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "50 c2 faf0 0000 0000", 0, &s), SCS_OK);
    assert_int_equal(s.flags, SCS_TCP_SYN);
}

/* Catches options taken for payload, and a data offset that points into the header or past the segment. */
static void test_data_offset(void **state)
{
    (void)state;
    struct scs_segment s;
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "60 18 faf0 0000 0000 01010101 4745", 0, &s), SCS_OK);
    assert_int_equal(s.options.len, 4);
    assert_int_equal(s.payload.off, 24);
    assert_int_equal(s.payload_wire_len, 2);
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "40 18 faf0 0000 0000 4745", 0, &s), SCS_MALFORMED);
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "f0 18 faf0 0000 0000 4745", 0, &s), SCS_MALFORMED);
}

/* Catches a cut header that loses the segment, or one whose length on the wire is lost. */
static void test_cut(void **state)
{
    (void)state;
    struct scs_segment s;
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "80 18", 1032, &s), SCS_OK);
    assert_int_equal(s.seq, 0x01020304);
    assert_int_equal(s.payload_wire_len, 1000);
    assert_int_equal(s.payload.len, 0);
    assert_int_equal(s.options.len, 0);
    assert_int_not_equal(s.window, 0); /* not seen is no zero window */
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "80 18 faf0 0000 0000 0101", 1032, &s), SCS_OK);
    assert_int_equal(s.options.len, 2);
    assert_int_equal(s.payload.len, 0);
    assert_int_equal(s.payload_wire_len, 1000);
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "80 18 faf0 0000 0000 01010101 01010101 01010101 4745", 1032, &s), SCS_OK);
    assert_int_equal(s.payload.len, 2);
    assert_int_equal(s.payload_wire_len, 1000);
    assert_int_equal(read_wire(PORTS_AND_NUMBERS "80", 1032, &s), SCS_MORE);
    assert_int_equal(read_wire("", 1032, &s), SCS_MORE);
}

static enum scs_status options(const char *hex, struct scs_tcp_options *out)
{
    size_t len;
    free(bytes);
    bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    return scs_tcp_options_read(&c, out);
}

/* Catches a value of a SYN's options misread, in the layouts of Linux and of Windows. */
static void test_options_of_syn(void **state)
{
    (void)state;
    struct scs_tcp_options o;
    assert_int_equal(options("020405b4 0402 080a 00000001 00000002 01 030307", &o), SCS_OK);
    assert_true(o.has_mss && o.has_window_scale && o.has_timestamps && o.sack_permitted);
    assert_int_equal(o.mss, 1460);
    assert_int_equal(o.window_scale, 7);
    assert_int_equal(o.ts_value, 1);
    assert_int_equal(o.ts_echo, 2);
    assert_int_equal(options("020405a0 01 030308 01 01 0402", &o), SCS_OK);
    assert_int_equal(o.mss, 1440);
    assert_int_equal(o.window_scale, 8);
    assert_true(o.sack_permitted && !o.has_timestamps);
}

/* Catches SACK blocks lost or swapped, and more of them than there is room for. */
static void test_sack(void **state)
{
    (void)state;
    struct scs_tcp_options o;
    assert_int_equal(options("0101 0512 00000001 00000002 fffffff0 00000010", &o), SCS_OK);
    assert_int_equal(o.num_sacks, 2);
    assert_int_equal(o.sacks[0].left, 1);
    assert_int_equal(o.sacks[0].right, 2);
    assert_int_equal(o.sacks[1].left, 0xfffffff0);
    assert_int_equal(o.sacks[1].right, 0x10);
    assert_int_equal(options("050a 00000001 00000002 050a 00000001 00000002 050a 00000001 00000002"
                             "050a 00000001 00000002 050a 00000001 00000002",
                             &o),
                     SCS_OK);
    assert_int_equal(o.num_sacks, 4);
    assert_int_equal(options("0507 00000001 00", &o), SCS_OK);
    assert_int_equal(o.num_sacks, 0);
}

/* Catches a walk that does not end or runs past the options, and garbage after "end of options" read. */
static void test_odd_options(void **state)
{
    (void)state;
    struct scs_tcp_options o;
    assert_int_equal(options("", &o), SCS_OK);
    assert_int_equal(options("020405b4 08", &o), SCS_MORE);
    assert_true(o.has_mss);
    assert_int_equal(options("080a 0000", &o), SCS_MORE);
    assert_false(o.has_timestamps);
    assert_int_equal(options("1e00 020405b4", &o), SCS_MALFORMED);
    assert_false(o.has_mss);
    assert_int_equal(options("1e01 020405b4", &o), SCS_MALFORMED);
    assert_int_equal(options("00 020405b4", &o), SCS_OK);
    assert_false(o.has_mss);
    assert_int_equal(options("1e06 deadbeef 020405b4", &o), SCS_OK);
    assert_true(o.has_mss);
    assert_int_equal(options("0203b4 0302", &o), SCS_OK);
    assert_false(o.has_mss || o.has_window_scale);
}

/* Catches a window scale that would shift a window out of its type (RFC 7323 2.3). */
static void test_window_scale_limit(void **state)
{
    (void)state;
    struct scs_tcp_options o;
    assert_int_equal(options("0303ff", &o), SCS_OK);
    assert_true(o.has_window_scale);
    assert_int_equal(o.window_scale, 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_data_offset),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_options_of_syn),
        cmocka_unit_test(test_sack),
        cmocka_unit_test(test_odd_options),
        cmocka_unit_test(test_window_scale_limit),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
