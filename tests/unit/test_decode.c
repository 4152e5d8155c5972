/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/decode.h"
#include "hex.h"

#define ETH     "020000000004 020000000022 0800"
#define ETH6    "020000000004 020000000022 86dd"
#define ADDRS4  "0a050e16 0a050104"
#define ADDRS6  "20010db8000000000000000000000022 20010db8000000000000000000000004"
#define TCP_GET "c958 0050 01020304 05060708 50 18 faf0 0000 0000 47455420"  /* 24 bytes, "GET " */
#define IP4_GET "4500 002c 1234 4000 80 06 0000" ADDRS4 TCP_GET              /* 44 bytes */
#define IP6_GET "60000000 0018 06 40" ADDRS6 TCP_GET                         /* 64 bytes */
#define ICMP4   "4500 0038 0000 0000 40 01 0000 0a050101 0a050e16"           /* from a router */
#define QUOTE   "4500 05dc 1234 4000 3f 06 0000" ADDRS4 "c958 0050 01020304" /* 28 bytes */

static struct scs_decoder *decoder;
static struct scs_segment segment;
static uint8_t *bytes;
static struct scs_packet packet;

static int begin(void **state)
{
    (void)state;
    decoder = scs_decoder_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    scs_decoder_free(decoder);
    free(bytes);
    bytes = NULL;
    return 0;
}

/* Decodes `hex` into a segment that was full of other things before. */
static bool decode(uint16_t link_type, const char *hex)
{
    size_t len;
    free(bytes);
    bytes = test_hex(hex, &len);
    packet = (struct scs_packet){
        .frame = 1, .data = bytes, .cap_len = (uint32_t)len, .wire_len = (uint32_t)len, .link_type = link_type};
    memset(&segment, 0xa5, sizeof segment);
    return scs_decoder_segment(decoder, &packet, &segment);
}

static struct scs_capture_facts facts(void)
{
    struct scs_capture_facts f = {0};
    scs_decoder_describe(decoder, &f);
    return f;
}

static void ends_are(const char *src, const char *dst)
{
    char text[SCS_ENDPOINT_TEXT];
    assert_string_equal(scs_endpoint_text(&segment.src, text), src);
    assert_string_equal(scs_endpoint_text(&segment.dst, text), dst);
}

static void is_get(void)
{
    assert_int_equal(segment.proto, SCS_PROTO_TCP);
    assert_int_equal(segment.seq, 0x01020304);
    assert_int_equal(segment.payload_wire_len, 4);
    assert_true(scs_cursor_equals(&segment.payload, "GET "));
}

/* Catches any fact of the layers below lost on the way into the segment. */
static void test_tcp(void **state)
{
    (void)state;
    assert_true(decode(SCS_LINK_ETHERNET, ETH IP4_GET "0000"));
    is_get();
    ends_are("10.5.14.22:51544", "10.5.1.4:80");
    assert_ptr_equal(segment.packet, &packet);
    assert_int_equal(segment.ttl, 128);
    assert_int_equal(segment.dscp_ecn, 0);
    assert_int_equal(segment.ip_id, 0x1234);
    assert_true(segment.dont_fragment);
    assert_false(segment.reassembled);
    assert_int_equal(segment.flags, SCS_TCP_PSH | SCS_TCP_ACK);
    assert_int_equal(segment.ack, 0x05060708);
    assert_int_equal(segment.window, 64240);
    assert_true(decode(SCS_LINK_ETHERNET, ETH6 IP6_GET));
    is_get();
    ends_are("[2001:db8::22]:51544", "[2001:db8::4]:80");
    assert_int_equal(facts().tcp_packets, 2);
}

/* Catches a segment that keeps fields of the one before it: flows compare whole addresses. */
static void test_no_left_overs(void **state)
{
    (void)state;
    static const uint8_t zeros[12];
    assert_true(decode(SCS_LINK_ETHERNET, ETH IP4_GET));
    assert_memory_equal(segment.src.addr.bytes + 4, zeros, 12);
    assert_memory_equal(segment.dst.addr.bytes + 4, zeros, 12);
    assert_true(decode(SCS_LINK_ETHERNET, ETH "4500 001e 0000 0000 40 11 0000" ADDRS4 "14e9 0035 000a 0000 0102"));
    assert_int_equal(segment.proto, SCS_PROTO_UDP);
    ends_are("10.5.14.22:5353", "10.5.1.4:53");
    assert_int_equal(segment.payload.len, 2);
    assert_int_equal(segment.options.len, 0);
    assert_int_equal(segment.flags, 0);
    assert_true(decode(SCS_LINK_ETHERNET, ETH ICMP4 "0304 0000 00000578" QUOTE));
    assert_int_equal(segment.src.port | segment.dst.port, 0);
    assert_int_equal(segment.payload.len, 0);
    assert_int_equal(segment.payload_wire_len, 0);
}

/* Catches a quoted segment taken for one that was sent, and messages that are no errors reported as such. */
static void test_icmp(void **state)
{
    (void)state;
    assert_true(decode(SCS_LINK_ETHERNET, ETH ICMP4 "0304 0000 00000578" QUOTE));
    assert_int_equal(segment.proto, SCS_PROTO_ICMP);
    assert_int_equal(segment.icmp.type, 3);
    assert_int_equal(segment.icmp.mtu, 1400);
    assert_int_equal(segment.icmp.quoted_seq, 0x01020304);
    assert_int_equal(segment.icmp.dst.port, 80);
    ends_are("10.5.1.1:0", "10.5.14.22:0");
    assert_false(decode(SCS_LINK_ETHERNET, ETH ICMP4 "0800 0000 00010001" QUOTE));
    assert_int_equal(segment.proto, SCS_PROTO_NONE);
    /* ICMP's number inside IPv6, and ICMPv6's inside IPv4, mean nothing. */
    assert_false(decode(SCS_LINK_ETHERNET, ETH6 "60000000 0024 01 40" ADDRS6 "0304 0000 00000578" QUOTE));
    assert_int_equal(facts().tcp_packets, 0);
    assert_int_equal(facts().other_packets, 3);
}

/* Catches packets counted twice or not at all. */
static void test_counts(void **state)
{
    (void)state;
    assert_true(decode(SCS_LINK_ETHERNET, ETH IP4_GET));
    assert_false(decode(SCS_LINK_ETHERNET, "ffffffffffff 020000000022 0806 0001080006040001"));
    assert_false(decode(SCS_LINK_ETHERNET, "ffffffffffff 0200"));
    assert_false(decode(SCS_LINK_ETHERNET, ETH "4500 0018 0000 0000 40 59 0000" ADDRS4 "02010000"));
    assert_false(decode(SCS_LINK_ETHERNET, ETH "4500 0018 0000 0000 40 06 0000" ADDRS4 "c9580050")); /* no TCP header */
    assert_false(decode(147, IP4_GET));
    assert_false(decode(148, IP4_GET));
    struct scs_capture_facts f = facts();
    assert_int_equal(f.tcp_packets, 2);
    assert_int_equal(f.other_packets, 3);
    assert_int_equal(f.unread_link_packets, 2);
    assert_int_equal(f.unread_link_type, 147);
}

/* Catches a first fragment taken for a segment, a datagram not put together, and one whose TCP header is split. */
static void test_fragments(void **state)
{
    (void)state;
    assert_false(decode(SCS_LINK_ETHERNET, ETH "4500 001c 0007 2000 40 06 0000" ADDRS4 "c958 0050 01020304"));
    assert_int_equal(segment.proto, SCS_PROTO_NONE);
    assert_int_equal(facts().fragments_lost, 1); /* if the capture ended here */
    assert_true(decode(SCS_LINK_ETHERNET, ETH "4500 0024 0007 0001 40 06 0000" ADDRS4 "05060708 50 18 faf0 0000 0000 47455420"));
    assert_true(segment.reassembled);
    is_get();
    ends_are("10.5.14.22:51544", "10.5.1.4:80");
    assert_int_equal(facts().fragments_lost, 0);
    assert_int_equal(facts().tcp_packets, 2);
}

/* Catches extension headers inside a whole IPv6 datagram not walked, and a fragment of a fragment followed. */
static void test_v6_fragments(void **state)
{
    (void)state;
    assert_false(decode(SCS_LINK_ETHERNET, ETH6 "60000000 0010 2c 40" ADDRS6 "3c 00 0001 0000002a 0600010400000000"));
    assert_true(decode(SCS_LINK_ETHERNET, ETH6 "60000000 0020 2c 40" ADDRS6 "3c 00 0008 0000002a" TCP_GET));
    assert_true(segment.reassembled);
    is_get();
    assert_false(decode(SCS_LINK_ETHERNET, ETH6 "60000000 0010 2c 40" ADDRS6 "2c 00 0001 0000002b 0600000100000001"));
    assert_false(decode(SCS_LINK_ETHERNET, ETH6 "60000000 0020 2c 40" ADDRS6 "2c 00 0008 0000002b" TCP_GET));
}

/* Catches the buffer of an outer datagram used after an inner one has taken its place. */
static void test_fragments_in_fragments(void **state)
{
    (void)state;
    /* The inner fragments are 28 and 36 bytes long; the second is itself sent in two. */
    assert_false(decode(SCS_LINK_ETHERNET, ETH "4500 0030 0001 0000 40 04 0000" ADDRS4
                                               "4500 001c 0007 2000 40 06 0000 0a000001 0a000002 c958 0050 01020304"));
    assert_false(
        decode(SCS_LINK_ETHERNET, ETH "4500 0024 0002 2000 40 04 0000" ADDRS4 "4500 0024 0007 0001 40 06 0000 0a000001"));
    assert_true(
        decode(SCS_LINK_ETHERNET, ETH "4500 0028 0002 0002 40 04 0000" ADDRS4 "0a000002 05060708 50 18 faf0 0000 0000 47455420"));
    is_get();
    ends_are("10.0.0.1:51544", "10.0.0.2:80");
}

/* Catches tunnels not opened, or opened without end. */
static void test_tunnels(void **state)
{
    (void)state;
    assert_true(decode(SCS_LINK_ETHERNET, ETH "4500 0054 0000 0000 40 29 0000 0a000001 0a000002" IP6_GET));
    is_get();
    ends_are("[2001:db8::22]:51544", "[2001:db8::4]:80");
    assert_true(decode(SCS_LINK_ETHERNET, ETH "4500 0044 0000 0000 40 2f 0000 0a000001 0a000002 0000 0800" IP4_GET));
    is_get();
#define WRAP "4500 0000 0000 0000 40 04 0000 0a000001 0a000002"
#define FOUR WRAP WRAP WRAP WRAP
    assert_true(decode(SCS_LINK_RAW, FOUR FOUR IP4_GET));
    assert_false(decode(SCS_LINK_RAW, FOUR FOUR FOUR FOUR IP4_GET));
}

/* Catches a cut packet whose missing bytes are not seen as missing, with and without a true length in the record. */
static void test_snap_length(void **state)
{
    (void)state;
    const char *cut = ETH "4500 05dc 1234 4000 80 06 0000" ADDRS4 TCP_GET;
    assert_true(decode(SCS_LINK_ETHERNET, cut));
    assert_int_equal(segment.payload.len, 4);
    assert_int_equal(segment.payload_wire_len, 1460);
    /* Offload leaves the total length 0: the record's length is the only one there is. */
    assert_true(decode(SCS_LINK_ETHERNET, ETH "4500 0000 1234 4000 80 06 0000" ADDRS4 TCP_GET));
    assert_int_equal(segment.payload_wire_len, 4);
    packet.wire_len = 54 + 9000;
    assert_true(scs_decoder_segment(decoder, &packet, &segment));
    assert_int_equal(segment.payload.len, 4);
    assert_int_equal(segment.payload_wire_len, 9000);
    /* A record that is shorter on the wire than in the file is nonsense, and does no harm. */
    packet.wire_len = 3;
    assert_true(scs_decoder_segment(decoder, &packet, &segment));
    assert_int_equal(segment.payload_wire_len, 4);
}

/* Catches loopback traffic (the policy hop) not told from traffic of the network. */
static void test_places(void **state)
{
    (void)state;
    assert_false(facts().has_loopback || facts().has_physical);
    assert_true(decode(SCS_LINK_NULL, "02000000" IP4_GET));
    assert_true(facts().has_loopback && !facts().has_physical);
    assert_true(decode(SCS_LINK_ETHERNET, ETH IP4_GET));
    assert_true(facts().has_physical);
    scs_decoder_free(decoder);
    decoder = scs_decoder_new();
    assert_true(decode(SCS_LINK_ETHERNET, ETH "4500 002c 1234 4000 80 06 0000 7f000001 7f000001" TCP_GET));
    assert_true(facts().has_loopback && !facts().has_physical);
}

/* Catches a read past the end of what was captured, in any layer: every packet is cut at every byte. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char *const packets[] = {
        ETH IP4_GET,
        ETH6 IP6_GET,
        "020000000004 020000000022 8100 0005 88a8 0006 0800" IP4_GET,
        ETH ICMP4 "0304 0000 00000578" QUOTE,
        ETH6 "60000000 0040 00 40" ADDRS6
             "2b00050200000100 3300000000000000 0604000000000001 00000001 000000000000000000000000" TCP_GET,
        ETH "4500 0044 0000 0000 40 2f 0000 0a000001 0a000002 0000 0800" IP4_GET,
        ETH "4500 002c 1234 2000 80 06 0000" ADDRS4 TCP_GET,
    };
    static const uint16_t link_types[] = {SCS_LINK_ETHERNET,   SCS_LINK_NULL,       SCS_LINK_RAW,     SCS_LINK_LINUX_SLL,
                                          SCS_LINK_LINUX_SLL2, SCS_LINK_IEEE802_11, SCS_LINK_RADIOTAP};
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        size_t len;
        uint8_t *all = test_hex(packets[i], &len);
        for (size_t n = 0; n <= len; n++) {
            uint8_t *part = malloc(n == 0 ? 1 : n);
            assert_non_null(part);
            memcpy(part, all, n);
            for (size_t k = 0; k < sizeof link_types / sizeof *link_types; k++) {
                struct scs_packet p = {
                    .data = n == 0 ? NULL : part, .cap_len = (uint32_t)n, .wire_len = (uint32_t)len, .link_type = link_types[k]};
                if (scs_decoder_segment(decoder, &p, &segment)) {
                    assert_true(segment.payload.len <= segment.payload_wire_len && segment.payload.len <= n);
                }
            }
            free(part);
        }
        free(all);
    }
}

/* Decodes the packet of the last call once more, as of another component. */
static bool again(uint64_t id, bool host_dropped)
{
    packet.id = id;
    packet.host_dropped = host_dropped;
    return scs_decoder_segment(decoder, &packet, &segment);
}

/* Catches copies of a packet, below another link layer, given out again or not counted. */
static void test_copies(void **state)
{
    (void)state;
    assert_true(decode(SCS_LINK_ETHERNET, ETH IP4_GET));
    assert_true(again(7, false));
    assert_false(again(7, false));
    assert_true(again(8, false));
    decode(SCS_LINK_RAW, IP4_GET);
    assert_false(again(7, false));
    assert_int_equal(facts().duplicates, 2);
}

/* Catches a fragment's copy that begins a datagram nobody ends. */
static void test_copied_fragments(void **state)
{
    (void)state;
    assert_false(decode(SCS_LINK_ETHERNET, ETH "4500 0024 1234 2000 80 11 0000" ADDRS4 "c958 0035 0018 0000 0102030405060708"));
    for (unsigned i = 0; i < 3; i++) {
        assert_false(again(7, false));
    }
    decode(SCS_LINK_ETHERNET, ETH "4500 001c 1234 0002 80 11 0000" ADDRS4 "090a0b0c0d0e0f10");
    assert_false(again(8, false));
    assert_int_equal(facts().fragments_lost, 0);
}

/* Catches a dropped packet taken as received, an attempt that vanishes with it, and a drop hidden by an earlier copy. */
static void test_dropped_by_the_host(void **state)
{
    (void)state;
    assert_true(decode(SCS_LINK_ETHERNET, ETH IP4_GET));
    assert_true(again(7, false));
    assert_false(again(7, true));
    assert_false(again(9, true));
    assert_int_equal(facts().host_dropped, 2);
    assert_int_equal(facts().host_dropped_frame, 1);
    decode(SCS_LINK_ETHERNET, ETH "4500 0028 1234 4000 80 06 0000" ADDRS4 "c958 0050 01020304 00000000 50 02 faf0 0000 0000");
    assert_true(again(10, true));
    assert_int_equal(facts().host_dropped, 3);
}

static bool decode_one(struct scs_decoder *d, uint16_t link_type, const uint8_t *data, size_t len, struct scs_segment *out)
{
    static struct scs_packet p; /* outlives the segment's use of it */
    p = (struct scs_packet){
        .frame = 1, .data = data, .cap_len = (uint32_t)len, .wire_len = (uint32_t)len, .link_type = link_type};
    memset(out, 0xa5, sizeof *out);
    return scs_decoder_segment(d, &p, out);
}

static void cursors_equal(const struct scs_cursor *a, const struct scs_cursor *b)
{
    assert_int_equal(a->len, b->len);
    if (a->len != 0) {
        assert_memory_equal(a->p, b->p, a->len);
    }
}

static void segments_equal(const struct scs_segment *a, const struct scs_segment *b)
{
    assert_int_equal(a->proto, b->proto);
    assert_true(scs_endpoint_equal(&a->src, &b->src) && scs_endpoint_equal(&a->dst, &b->dst));
    assert_int_equal(a->ttl, b->ttl);
    assert_int_equal(a->dscp_ecn, b->dscp_ecn);
    assert_int_equal(a->dont_fragment, b->dont_fragment);
    assert_int_equal(a->reassembled, b->reassembled);
    assert_int_equal(a->ip_id, b->ip_id);
    assert_int_equal(a->payload_wire_len, b->payload_wire_len);
    cursors_equal(&a->payload, &b->payload);
    assert_int_equal(a->window, b->window);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->ack, b->ack);
    cursors_equal(&a->options, &b->options);
}

/* Catches a short way for the usual frame that sees anything else in it than the general way, whatever byte is odd. */
static void test_usual_as_any_other(void **state)
{
    (void)state;
    size_t len;
    uint8_t *frame = test_hex(ETH IP4_GET "0000", &len); /* two bytes of padding */
    struct scs_decoder *general = scs_decoder_new();
    struct scs_segment a, b;
    for (size_t at = 14; at < len; at++) {
        uint8_t was = frame[at];
        for (unsigned value = 0; value < 256; value++) {
            frame[at] = (uint8_t)value;
            for (size_t cut = 0; cut <= len - 14; cut += cut < 16 ? 8 : 1) {
                bool usual = decode_one(decoder, SCS_LINK_ETHERNET, frame, len - cut, &a);
                assert_int_equal(usual, decode_one(general, SCS_LINK_IPV4, frame + 14, len - 14 - cut, &b));
                if (usual && a.proto != SCS_PROTO_ICMP) {
                    segments_equal(&a, &b);
                }
            }
        }
        frame[at] = was;
    }
    struct scs_capture_facts there = {0}, here = facts();
    scs_decoder_describe(general, &there);
    assert_memory_equal(&here, &there, sizeof here);
    scs_decoder_free(general);
    free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tcp, begin, end),
        cmocka_unit_test_setup_teardown(test_usual_as_any_other, begin, end),
        cmocka_unit_test_setup_teardown(test_no_left_overs, begin, end),
        cmocka_unit_test_setup_teardown(test_icmp, begin, end),
        cmocka_unit_test_setup_teardown(test_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_fragments, begin, end),
        cmocka_unit_test_setup_teardown(test_v6_fragments, begin, end),
        cmocka_unit_test_setup_teardown(test_fragments_in_fragments, begin, end),
        cmocka_unit_test_setup_teardown(test_tunnels, begin, end),
        cmocka_unit_test_setup_teardown(test_snap_length, begin, end),
        cmocka_unit_test_setup_teardown(test_places, begin, end),
        cmocka_unit_test_setup_teardown(test_copies, begin, end),
        cmocka_unit_test_setup_teardown(test_copied_fragments, begin, end),
        cmocka_unit_test_setup_teardown(test_dropped_by_the_host, begin, end),
        cmocka_unit_test_setup_teardown(test_cut_everywhere, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
