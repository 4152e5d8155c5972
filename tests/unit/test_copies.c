/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/copies.h"

static struct scs_copies *copies;
static struct scs_packet packet;
static struct scs_segment segment;

static int begin(void **state)
{
    (void)state;
    copies = scs_copies_new();
    packet = (struct scs_packet){.frame = SCS_FRAME(0, 1), .id = UINT64_C(0x1000000000001)};
    segment = (struct scs_segment){.packet = &packet, .proto = SCS_PROTO_TCP, .flags = SCS_TCP_ACK};
    segment.src = (struct scs_endpoint){.addr = {.family = 4, .bytes = {10, 5, 14, 22}}, .port = 50000};
    segment.dst = (struct scs_endpoint){.addr = {.family = 4, .bytes = {10, 5, 1, 4}}, .port = 80};
    return 0;
}

static int end(void **state)
{
    (void)state;
    scs_copies_free(copies);
    return 0;
}

static bool met(uint32_t seq, uint32_t len)
{
    segment.seq = seq;
    segment.payload_wire_len = len;
    return scs_copies_met(copies, &segment);
}

/* Catches copies taken for new packets, whatever lies below IP and whatever the TTL. */
static void test_copy(void **state)
{
    (void)state;
    assert_false(met(1000, 500));
    packet.link_type = SCS_LINK_RAW;
    packet.interface = 3;
    segment.ttl = 63;
    assert_true(met(1000, 500));
    assert_true(met(1000, 500));
}

/* Catches packets without an id told apart by nothing but their numbers: a retransmission would vanish. */
static void test_without_id(void **state)
{
    (void)state;
    packet.id = 0;
    assert_false(met(1000, 500));
    assert_false(met(1000, 500));
}

/* Catches a retransmission, which has an id of its own, taken for a copy; and ids of two files mixed up. */
static void test_other_id(void **state)
{
    (void)state;
    assert_false(met(1000, 500));
    packet.id++;
    assert_false(met(1000, 500));
    packet.id--;
    packet.frame = SCS_FRAME(1, 1);
    assert_false(met(1000, 500));
}

/* Catches a group of several packets of which only the first is believed, and its copies not known again. */
static void test_group(void **state)
{
    (void)state;
    assert_false(met(1000, 500));
    assert_false(met(1500, 500));
    assert_false(met(2000, 100));
    assert_true(met(1000, 500));
    assert_true(met(1500, 500));
    assert_true(met(2000, 100));
}

/* Catches the pieces of a large segment, split on its way down, taken for retransmissions; and a larger one for a copy. */
static void test_split(void **state)
{
    (void)state;
    assert_false(met(UINT32_MAX - 99, 3000));
    assert_true(met(UINT32_MAX - 99, 1460));
    assert_true(met(1360, 1540));
    assert_false(met(2000, 2000));
}

/* Catches an answer, a FIN, a reset or a newer acknowledgement of the same group taken for a copy. */
static void test_not_the_same(void **state)
{
    (void)state;
    segment.ack = 70;
    assert_false(met(1000, 0));
    assert_true(met(1000, 0));
    segment.flags = SCS_TCP_ACK | SCS_TCP_FIN;
    assert_false(met(1000, 0));
    segment.flags = SCS_TCP_RST;
    assert_false(met(1001, 0));
    segment.ack = 71;
    assert_false(met(1001, 0));
    struct scs_endpoint src = segment.src;
    segment.src = segment.dst;
    segment.dst = src;
    assert_false(met(1001, 0));
}

/* Catches two DNS questions of one group taken for one, and the copy of one for another. */
static void test_datagrams(void **state)
{
    (void)state;
    segment.proto = SCS_PROTO_UDP;
    segment.payload = scs_cursor_of("\x12\x34\x01\x00", 4);
    assert_false(met(0, 4));
    assert_true(met(0, 4));
    segment.payload = scs_cursor_of("\x12\x35\x01\x00", 4);
    assert_false(met(0, 4));
    segment.payload = scs_cursor_of(NULL, 0);
    assert_false(met(0, 0));
}

/* Catches copies of fragments, which would begin a datagram that never ends, and other fragments taken for them. */
static void test_fragments(void **state)
{
    (void)state;
    uint8_t addresses[8] = {10, 5, 14, 22, 10, 5, 1, 4};
    struct scs_ip ip = {.family = 4, .proto = 6, .fragment = true, .fragment_id = 7, .more_fragments = true};
    ip.addresses = (struct scs_head){.p = addresses, .len = sizeof addresses};
    assert_false(scs_copies_met_fragment(copies, &packet, &ip));
    assert_true(scs_copies_met_fragment(copies, &packet, &ip));
    ip.fragment_off = 560;
    assert_false(scs_copies_met_fragment(copies, &packet, &ip));
    ip.fragment_id = 8;
    assert_false(scs_copies_met_fragment(copies, &packet, &ip));
    packet.id = 0;
    assert_false(scs_copies_met_fragment(copies, &packet, &ip));
    assert_false(met(1000, 500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_copy, begin, end),
        cmocka_unit_test_setup_teardown(test_without_id, begin, end),
        cmocka_unit_test_setup_teardown(test_other_id, begin, end),
        cmocka_unit_test_setup_teardown(test_group, begin, end),
        cmocka_unit_test_setup_teardown(test_split, begin, end),
        cmocka_unit_test_setup_teardown(test_not_the_same, begin, end),
        cmocka_unit_test_setup_teardown(test_datagrams, begin, end),
        cmocka_unit_test_setup_teardown(test_fragments, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
