/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/link.h"
#include "hex.h"
#include "scepscope/packet.h"

#define MACS "020000000004 020000000022"
/* 10.5.14.22 > 10.5.1.4, TCP, no payload */
#define IP4 "45000028000740004006000a0a050e160a050104 c95800500000000100000000500210000000 0000"
#define IP6                                                                                                                      \
    "60000000 0014 06 40 20010db8000000000000000000000022 20010db8000000000000000000000004"                                      \
    "c95800500000000100000000500210000000 0000"
#define BARE6   "60000000 "
#define GLOBAL6 " 20010db8000000000000000000000022 20010db8000000000000000000000004"

/* Strips `hex` and checks what is carried, and that the rest begins `header_len` bytes in. */
static void carries(uint16_t link_type, const char *hex, uint16_t ethertype, uint32_t header_len)
{
    size_t len;
    uint8_t *frame = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(frame, len);
    uint16_t got;
    assert_int_equal(scs_link_strip(link_type, &c, &got), SCS_OK);
    assert_int_equal(got, ethertype);
    assert_int_equal(c.off, header_len);
    assert_int_equal(c.len, len - header_len);
    free(frame);
}

static void answers(uint16_t link_type, const char *hex, enum scs_status status)
{
    size_t len;
    uint8_t *frame = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(frame, len);
    uint16_t got;
    assert_int_equal(scs_link_strip(link_type, &c, &got), status);
    free(frame);
}

/* Catches a wrong offset of the ethertype, and one that is read little-endian. */
static void test_ethernet(void **state)
{
    (void)state;
    carries(SCS_LINK_ETHERNET, MACS "0800" IP4, SCS_ETHERTYPE_IPV4, 14);
    carries(SCS_LINK_ETHERNET, MACS "86dd" IP6, SCS_ETHERTYPE_IPV6, 14);
    carries(SCS_LINK_ETHERNET,
            MACS "0806"
                 "00010800060400010000",
            0x0806, 14);
}

/* Catches a reader that knows one tag, one tag protocol, or takes the priority bits for part of the ethertype. */
static void test_vlan_tags(void **state)
{
    (void)state;
    carries(SCS_LINK_ETHERNET, MACS "8100 0005 0800" IP4, SCS_ETHERTYPE_IPV4, 18);
    carries(SCS_LINK_ETHERNET, MACS "8100 a000 0800" IP4, SCS_ETHERTYPE_IPV4, 18);
    carries(SCS_LINK_ETHERNET, MACS "8100 0005 8100 0006 86dd" IP6, SCS_ETHERTYPE_IPV6, 22);
    carries(SCS_LINK_ETHERNET, MACS "88a8 0005 8100 0006 0800" IP4, SCS_ETHERTYPE_IPV4, 22);
    carries(SCS_LINK_ETHERNET, MACS "9100 0005 8100 0006 0800" IP4, SCS_ETHERTYPE_IPV4, 22);
}

/* Catches a walk over tags that has no end, and one that reads a tag that is not all there. */
static void test_vlan_limits(void **state)
{
    (void)state;
    answers(SCS_LINK_ETHERNET,
            MACS "8100"
                 "00058100 00058100 00058100 00058100 00058100 00058100 00058100 00058100 00058100"
                 "00058100 00058100 00058100 00058100 00058100 00058100 00058100 00050800" IP4,
            SCS_LIMIT);
    answers(SCS_LINK_ETHERNET, MACS "8100 0005 08", SCS_MORE);
    answers(SCS_LINK_ETHERNET, MACS "08", SCS_MORE);
    answers(SCS_LINK_ETHERNET, "", SCS_MORE);
}

/* Catches a length field taken for an ethertype, and spanning tree (LLC, no SNAP) taken for IP. */
static void test_llc(void **state)
{
    (void)state;
    carries(SCS_LINK_ETHERNET, MACS "0030 aaaa03 000000 0800" IP4, SCS_ETHERTYPE_IPV4, 22);
    carries(SCS_LINK_ETHERNET, MACS "0034 aaaa03 000000 8100 0005 0800" IP4, SCS_ETHERTYPE_IPV4, 26);
    carries(SCS_LINK_ETHERNET, MACS "0026 424203 0000000000 00000000", SCS_ETHERTYPE_NONE, 22);
    carries(SCS_LINK_ETHERNET, MACS "0030 aaaa03 00000c 2000 0000", SCS_ETHERTYPE_NONE, 22);
}

/* Catches a PPPoE header of another length, and control frames taken for IP. */
static void test_pppoe(void **state)
{
    (void)state;
    carries(SCS_LINK_ETHERNET, MACS "8864 1100 0001 002a 0021" IP4, SCS_ETHERTYPE_IPV4, 22);
    carries(SCS_LINK_ETHERNET, MACS "8864 1100 0001 003e 0057" IP6, SCS_ETHERTYPE_IPV6, 22);
    carries(SCS_LINK_ETHERNET, MACS "8864 1100 0001 0002 c021 0101", SCS_ETHERTYPE_NONE, 22);
}

/* Catches a reader that believes the interface's link type where pktmon has put a bare IP packet. */
static void test_ip_in_place_of_ethernet(void **state)
{
    (void)state;
    carries(SCS_LINK_ETHERNET, IP4, SCS_ETHERTYPE_IPV4, 0);
    carries(SCS_LINK_ETHERNET, IP6, SCS_ETHERTYPE_IPV6, 0);
    carries(SCS_LINK_ETHERNET, BARE6 "05b4 06 80" GLOBAL6 "0050c958", SCS_ETHERTYPE_IPV6, 0); /* cut */
    carries(SCS_LINK_ETHERNET, BARE6 "0000 06 80" GLOBAL6 "0050c958", SCS_ETHERTYPE_IPV6, 0); /* of a large send */
    carries(SCS_LINK_RAW, MACS "0800" IP4, SCS_ETHERTYPE_IPV4, 14);
}

/* Catches the reverse: an Ethernet frame whose MAC address begins like an IP header taken for IP. */
static void test_mac_like_ip_header(void **state)
{
    (void)state;
    carries(SCS_LINK_ETHERNET, "6045bd000004 020000000022 0800" IP4, SCS_ETHERTYPE_IPV4, 14);
    carries(SCS_LINK_ETHERNET, "6045bd000004 020000000022 88cc 020704 0000000000 0000000000 0000000000 0000000000 0000", 0x88cc,
            14);
    carries(SCS_LINK_ETHERNET, "6000000005b4 068000000022 88cc 020704 0000000000 0000000000 0000000000 0000000000", 0x88cc, 14);
    carries(SCS_LINK_ETHERNET, "450000000004 020000000022 88cc 020704 0000000000 0000000000", 0x88cc, 14);
}

/* Catches a family read in one byte order only, and the IPv6 numbers of other systems not known. */
static void test_families(void **state)
{
    (void)state;
    carries(SCS_LINK_NULL, "02000000" IP4, SCS_ETHERTYPE_IPV4, 4);
    carries(SCS_LINK_NULL, "00000002" IP4, SCS_ETHERTYPE_IPV4, 4);
    carries(SCS_LINK_LOOP, "00000002" IP4, SCS_ETHERTYPE_IPV4, 4);
    static const char *const six[] = {"0a000000" IP6, "17000000" IP6, "18000000" IP6, "1c000000" IP6,
                                      "1e000000" IP6, "00000018" IP6, "0000001e" IP6};
    for (size_t i = 0; i < sizeof six / sizeof *six; i++) {
        carries(SCS_LINK_NULL, six[i], SCS_ETHERTYPE_IPV6, 4);
        carries(SCS_LINK_LOOP, six[i], SCS_ETHERTYPE_IPV6, 4);
    }
    carries(SCS_LINK_NULL, "07000000" IP4, SCS_ETHERTYPE_NONE, 4);
    carries(SCS_LINK_NULL, "00000000" IP4, SCS_ETHERTYPE_NONE, 4);
    answers(SCS_LINK_NULL, "020000", SCS_MORE);
}

/* Catches a wrong header length of either cooked format, and a tag inside it not followed. */
static void test_cooked(void **state)
{
    (void)state;
    carries(SCS_LINK_LINUX_SLL, "0000 0001 0006 0200000000220000 0800" IP4, SCS_ETHERTYPE_IPV4, 16);
    carries(SCS_LINK_LINUX_SLL, "0000 0001 0006 0200000000220000 8100 0005 0800" IP4, SCS_ETHERTYPE_IPV4, 20);
    carries(SCS_LINK_LINUX_SLL, "0000 0001 0006 0200000000220000 0806 0001", 0x0806, 16);
    carries(SCS_LINK_LINUX_SLL, "0004 0001 0006 0200000000220000 0004 424203 0000000000", SCS_ETHERTYPE_NONE, 24);
    carries(SCS_LINK_LINUX_SLL2, "86dd 0000 00000002 0001 00 06 0200000000220000" IP6, SCS_ETHERTYPE_IPV6, 20);
    carries(SCS_LINK_LINUX_SLL2, "8100 0000 00000002 0001 00 06 0200000000220000 0005 0800" IP4, SCS_ETHERTYPE_IPV4, 24);
    answers(SCS_LINK_LINUX_SLL2, "0800 0000 00000002 0001 00 06 020000000022", SCS_MORE);
}

/* Catches the version nibble ignored, and an empty frame read. */
static void test_raw(void **state)
{
    (void)state;
    static const uint16_t types[] = {SCS_LINK_RAW, SCS_LINK_RAW_BSD, SCS_LINK_RAW_OPENBSD};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        carries(types[i], IP4, SCS_ETHERTYPE_IPV4, 0);
        carries(types[i], IP6, SCS_ETHERTYPE_IPV6, 0);
        answers(types[i], "", SCS_MORE);
    }
    carries(SCS_LINK_IPV4, IP4, SCS_ETHERTYPE_IPV4, 0);
    carries(SCS_LINK_IPV6, IP6, SCS_ETHERTYPE_IPV6, 0);
}

/* Catches a Wi-Fi header taken for 24 bytes always, and beacons or encrypted bodies taken for data. */
static void test_wifi(void **state)
{
    (void)state;
    carries(SCS_LINK_IEEE802_11, "0801 0000 020000000001 020000000022 020000000004 1000 aaaa03 000000 0800" IP4,
            SCS_ETHERTYPE_IPV4, 32);
    carries(SCS_LINK_IEEE802_11, "8801 0000 020000000001 020000000022 020000000004 1000 0000 aaaa03 000000 0800" IP4,
            SCS_ETHERTYPE_IPV4, 34);
    carries(SCS_LINK_IEEE802_11, "8803 0000 020000000001 020000000022 020000000004 1000 020000000005 0000 aaaa03 000000 86dd" IP6,
            SCS_ETHERTYPE_IPV6, 40);
    carries(SCS_LINK_RADIOTAP,
            "0000 0a00 00000000 0000 0801 0000 020000000001 020000000022 020000000004 1000 aaaa03 000000 0800" IP4,
            SCS_ETHERTYPE_IPV4, 42);
    carries(SCS_LINK_IEEE802_11, "0841 0000 020000000001 020000000022 020000000004 1000 aaaa03 000000 0800" IP4,
            SCS_ETHERTYPE_NONE, 24);
    carries(SCS_LINK_IEEE802_11, "8000 0000 ffffffffffff 020000000022 020000000022 1000 0000000000000000", SCS_ETHERTYPE_NONE,
            24);
    carries(SCS_LINK_IEEE802_11, "4801 0000 020000000001 020000000022 020000000004 1000", SCS_ETHERTYPE_NONE, 24);
    answers(SCS_LINK_RADIOTAP, "0000 0200 00000000", SCS_MORE);
    answers(SCS_LINK_RADIOTAP, "0000 ff00 00000000", SCS_MORE);
}

/* Catches a program that guesses at link types it does not read. */
static void test_unread_link_type(void **state)
{
    (void)state;
    answers(147, MACS "0800" IP4, SCS_UNSUPPORTED);
    answers(9, "ff030021" IP4, SCS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ethernet),
        cmocka_unit_test(test_vlan_tags),
        cmocka_unit_test(test_vlan_limits),
        cmocka_unit_test(test_llc),
        cmocka_unit_test(test_pppoe),
        cmocka_unit_test(test_ip_in_place_of_ethernet),
        cmocka_unit_test(test_mac_like_ip_header),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_cooked),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_wifi),
        cmocka_unit_test(test_unread_link_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
