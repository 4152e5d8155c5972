/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/ip.h"
#include "hex.h"

#define ADDRS4 "0a050e16 0a050104"
#define ADDRS6 "20010db8000000000000000000000022 20010db8000000000000000000000004"

/* The bytes live until the next packet is read. */
static uint8_t *bytes;

static enum scs_status read_wire(const char *hex, uint32_t wire_len, struct scs_ip *out)
{
    size_t len;
    free(bytes);
    bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    return scs_ip_read(&c, wire_len == 0 ? (uint32_t)len : wire_len, out);
}

/* A packet that is read, with the whole of it captured. */
static struct scs_ip packet(const char *hex)
{
    struct scs_ip ip;
    assert_int_equal(read_wire(hex, 0, &ip), SCS_OK);
    return ip;
}

static void refused(const char *hex, enum scs_status why)
{
    struct scs_ip ip;
    assert_int_equal(read_wire(hex, 0, &ip), why);
}

static int release(void **state)
{
    (void)state;
    free(bytes);
    bytes = NULL;
    return 0;
}

static void payload_is(struct scs_ip ip, uint32_t off, size_t len, uint32_t wire_len)
{
    assert_int_equal(ip.payload.off, off);
    assert_int_equal(ip.payload.len, len);
    assert_int_equal(ip.payload_wire_len, wire_len);
}

/* Catches any field of the IPv4 header read at the wrong place. */
static void test_v4_fields(void **state)
{
    (void)state;
    struct scs_addr src, dst;
    char text[SCS_ENDPOINT_TEXT];
    struct scs_ip ip = packet("45b8 0018 1234 4000 3f 06 ffff" ADDRS4 "01020304");
    assert_int_equal(ip.family, 4);
    assert_int_equal(ip.proto, SCS_PROTO_TCP);
    assert_int_equal(ip.ttl, 0x3f);
    assert_int_equal(ip.dscp_ecn, 0xb8);
    assert_int_equal(ip.id, 0x1234);
    assert_true(ip.dont_fragment);
    assert_false(ip.fragment);
    payload_is(ip, 20, 4, 4);
    scs_ip_addresses(&ip, &src, &dst);
    assert_string_equal(scs_addr_text(&src, text), "10.5.14.22");
    assert_string_equal(scs_addr_text(&dst, text), "10.5.1.4");
    assert_int_equal(src.bytes[4] | src.bytes[15], 0);
}

/* Catches options taken for payload, and a header length below the least. */
static void test_v4_header_length(void **state)
{
    (void)state;
    payload_is(packet("4600 001c 0000 0000 40 06 0000" ADDRS4 "94040000 01020304"), 24, 4, 4);
    refused("4400 0018 0000 0000 40 06 0000" ADDRS4 "01020304", SCS_MALFORMED);
    refused("4600 0014 0000 0000 40 06 0000" ADDRS4 "94040000", SCS_MALFORMED);
    refused("4f00 003c 0000 0000 40 06 0000" ADDRS4 "94040000", SCS_MORE);
    refused("4500 0018 0000 0000 40 06", SCS_MORE);
    refused("", SCS_MORE);
    refused("5500 0014 0000 0000 40 06 0000" ADDRS4, SCS_MALFORMED);
}

/* Catches Ethernet padding or a frame check sequence taken for payload. */
static void test_v4_padding(void **state)
{
    (void)state;
    payload_is(packet("4500 0016 0000 0000 40 06 0000" ADDRS4 "0102 000000000000 deadbeef"), 20, 2, 2);
    payload_is(packet("4500 0014 0000 0000 40 06 0000" ADDRS4 "000000000000"), 20, 0, 0);
}

/* Catches total length 0 (segmentation offload) refused or taken for an empty packet, and its snap length lost. */
static void test_v4_length_zero(void **state)
{
    (void)state;
    struct scs_ip ip;
    payload_is(packet("4500 0000 0000 4000 80 06 0000" ADDRS4 "01020304"), 20, 4, 4);
    assert_int_equal(read_wire("4500 0000 0000 4000 80 06 0000" ADDRS4 "01020304", 9020, &ip), SCS_OK);
    payload_is(ip, 20, 4, 9000);
}

/* Catches a cut packet taken for whole, whether or not the capture file says it was cut. */
static void test_v4_cut(void **state)
{
    (void)state;
    struct scs_ip ip;
    payload_is(packet("4500 05dc 0000 4000 80 06 0000" ADDRS4 "01020304"), 20, 4, 1480);
    assert_int_equal(read_wire("4500 05dc 0000 4000 80 06 0000" ADDRS4 "01020304", 1514, &ip), SCS_OK);
    payload_is(ip, 20, 4, 1480);
}

/* Catches fragment offsets in the wrong unit, and a first fragment taken for a whole datagram. */
static void test_v4_fragments(void **state)
{
    (void)state;
    struct scs_ip ip = packet("4500 001c 0007 2000 40 06 0000" ADDRS4 "0102030405060708");
    assert_true(ip.fragment && ip.more_fragments);
    assert_int_equal(ip.fragment_off, 0);
    assert_int_equal(ip.fragment_id, 7);
    ip = packet("4500 0016 0007 00b9 40 06 0000" ADDRS4 "0102");
    assert_true(ip.fragment && !ip.more_fragments);
    assert_int_equal(ip.fragment_off, 1480);
}

/* Catches any field of the IPv6 header read at the wrong place, and padding after it. */
static void test_v6_fields(void **state)
{
    (void)state;
    struct scs_addr src, dst;
    char text[SCS_ENDPOINT_TEXT];
    struct scs_ip ip = packet("6b8abcde 0004 06 3f" ADDRS6 "01020304 0000");
    assert_int_equal(ip.family, 6);
    assert_int_equal(ip.proto, SCS_PROTO_TCP);
    assert_int_equal(ip.ttl, 0x3f);
    assert_int_equal(ip.dscp_ecn, 0xb8);
    assert_int_equal(ip.id, 0);
    payload_is(ip, 40, 4, 4);
    scs_ip_addresses(&ip, &src, &dst);
    assert_string_equal(scs_addr_text(&src, text), "2001:db8::22");
    assert_string_equal(scs_addr_text(&dst, text), "2001:db8::4");
    refused("60000000 0004 06 3f 20010db8", SCS_MORE);
}

/* Catches an extension header not walked, or walked with the wrong unit of length (AH counts differently). */
static void test_v6_extension_headers(void **state)
{
    (void)state;
    struct scs_ip ip = packet("60000000 000c 00 40" ADDRS6 "06 00 050200000100 01020304");
    assert_int_equal(ip.proto, SCS_PROTO_TCP);
    payload_is(ip, 48, 4, 4);
    ip = packet("60000000 001c 2b 40" ADDRS6 "3c 00 000000000000 06 01 0000000000000000 000000000000 01020304");
    assert_int_equal(ip.proto, SCS_PROTO_TCP);
    payload_is(ip, 64, 4, 4);
    ip = packet("60000000 001c 33 40" ADDRS6 "06 04 0000 00000001 00000001 000000000000000000000000 01020304");
    assert_int_equal(ip.proto, SCS_PROTO_TCP);
    payload_is(ip, 64, 4, 4);
}

/* Catches a header chain that runs past the packet, past the capture, or for ever. */
static void test_v6_chain_limits(void **state)
{
    (void)state;
    refused("60000000 0008 00 40" ADDRS6 "06 04 050200000100", SCS_MALFORMED);
    refused("60000000 0064 00 40" ADDRS6 "06 04 050200000100", SCS_MORE);
    refused("60000000 0064 2c 40" ADDRS6 "06 00", SCS_MORE);
#define OPTION "3c00010400000000"
#define FOUR   OPTION OPTION OPTION OPTION
    refused("60000000 00a0 3c 40" ADDRS6 FOUR FOUR FOUR FOUR FOUR, SCS_LIMIT);
}

/* Catches a wrong fragment layout, and an atomic fragment (RFC 6946) that waits for others for ever. */
static void test_v6_fragments(void **state)
{
    (void)state;
    struct scs_ip ip = packet("60000000 0010 2c 40" ADDRS6 "06 00 05a9 0000002a 0102030405060708");
    assert_true(ip.fragment && ip.more_fragments);
    assert_int_equal(ip.fragment_off, 1448);
    assert_int_equal(ip.fragment_id, 42);
    assert_int_equal(ip.proto, SCS_PROTO_TCP);
    payload_is(ip, 48, 8, 8);
    ip = packet("60000000 000c 2c 40" ADDRS6 "06 00 0000 0000002a 01020304");
    assert_false(ip.fragment);
    payload_is(ip, 48, 4, 4);
    /* What follows the header of a later fragment is data, whatever it looks like. */
    ip = packet("60000000 0010 2c 40" ADDRS6 "3c 00 05a8 0000002a 0600010400000000");
    assert_int_equal(ip.proto, 60);
    payload_is(ip, 48, 8, 8);
}

/* Catches payload length 0 (jumbogram, offload) taken for an empty packet, and "no next header" taken for a long one. */
static void test_v6_length_zero(void **state)
{
    (void)state;
    struct scs_ip ip;
    payload_is(packet("60000000 0000 00 40" ADDRS6 "06 00 c20400000004 01020304"), 48, 4, 4);
    assert_int_equal(read_wire("60000000 0000 06 40" ADDRS6 "01020304", 70040, &ip), SCS_OK);
    payload_is(ip, 40, 4, 70000);
    payload_is(packet("60000000 0000 3b 40" ADDRS6 "000000000000"), 40, 0, 0);
}

/* Catches TCP behind an IPv4 authentication header (Windows domain isolation) not found. */
static void test_v4_authentication_header(void **state)
{
    (void)state;
    struct scs_ip ip =
        packet("4500 0030 0000 0000 40 33 0000" ADDRS4 "06 04 0000 00000001 00000001 000000000000000000000000 01020304");
    assert_int_equal(ip.proto, SCS_PROTO_TCP);
    payload_is(ip, 44, 4, 4);
}

/* Catches a tunnel not opened, opened at the wrong place, or a GRE packet of another kind opened. */
static void test_tunnels(void **state)
{
    (void)state;
    struct scs_cursor inner;
    uint32_t wire_len;
    struct scs_ip ip = packet("4500 0018 0000 0000 40 29 0000" ADDRS4 "60000000");
    assert_true(scs_ip_tunnel(&ip, &inner, &wire_len));
    assert_int_equal(inner.off, 20);
    assert_int_equal(wire_len, 4);
    ip = packet("4500 0064 0000 0000 40 2f 0000" ADDRS4 "3000 0800 00000001 00000002 45000000");
    assert_true(scs_ip_tunnel(&ip, &inner, &wire_len));
    assert_int_equal(inner.off, 32);
    assert_int_equal(inner.len, 4);
    assert_int_equal(wire_len, 68);
    ip = packet("4500 001c 0000 0000 40 2f 0000" ADDRS4 "3001 880b 00000001");
    assert_false(scs_ip_tunnel(&ip, &inner, &wire_len)); /* PPTP */
    ip = packet("4500 001c 0000 0000 40 2f 0000" ADDRS4 "0000 6558 00000001");
    assert_false(scs_ip_tunnel(&ip, &inner, &wire_len)); /* Ethernet inside */
    ip = packet("4500 001a 0000 0000 40 2f 0000" ADDRS4 "a000 0800 0000");
    assert_false(scs_ip_tunnel(&ip, &inner, &wire_len)); /* cut */
    ip = packet("4500 0018 0000 0000 40 06 0000" ADDRS4 "45000000");
    assert_false(scs_ip_tunnel(&ip, &inner, &wire_len));
}

static bool local(const char *hex)
{
    struct scs_ip ip = packet(hex);
    return scs_ip_local(&ip);
}

/* Catches loopback traffic taken for traffic of the network, and the reverse. */
static void test_local(void **state)
{
    (void)state;
    assert_true(local("4500 0014 0000 0000 40 06 0000 7f000001 7f000001"));
    assert_true(local("4500 0014 0000 0000 40 06 0000 7f000001 7f000002"));
    assert_true(local("4500 0014 0000 0000 40 06 0000 0a050104 0a050104"));
    assert_false(local("4500 0014 0000 0000 40 06 0000" ADDRS4));
    assert_true(local("60000000 0000 3b 40 00000000000000000000000000000001 00000000000000000000000000000001"));
    assert_false(local("60000000 0000 3b 40" ADDRS6));
}

/* Catches a quoted packet cut by a length field that a router has changed. */
static void test_quoted_length_ignored(void **state)
{
    (void)state;
    size_t len;
    struct scs_ip ip;
    free(bytes);
    bytes = test_hex("4500 0008 0000 4000 01 06 0000" ADDRS4 "c958005000000001", &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    assert_int_equal(scs_ip_read_quoted(&c, &ip), SCS_OK);
    assert_int_equal(ip.payload.len, 8);
}

/* Catches UDP's length believed past the packet, and a header that is not there read. */
static void test_udp(void **state)
{
    (void)state;
    struct scs_segment s;
    struct scs_ip ip = packet("4500 0020 0000 0000 40 11 0000" ADDRS4 "14e9 0035 000a 0000 0102 0000");
    assert_int_equal(scs_udp_read(&ip, &s), SCS_OK);
    assert_int_equal(s.src.port, 5353);
    assert_int_equal(s.dst.port, 53);
    assert_int_equal(s.payload.len, 2);
    assert_int_equal(s.payload_wire_len, 2);
    ip = packet("4500 001e 0000 0000 40 11 0000" ADDRS4 "14e9 0035 ffff 0000 0102");
    assert_int_equal(scs_udp_read(&ip, &s), SCS_OK);
    assert_int_equal(s.payload_wire_len, 2);
    ip = packet("4500 0064 0000 0000 40 11 0000" ADDRS4 "14e9 0035 0050 0000 0102");
    assert_int_equal(scs_udp_read(&ip, &s), SCS_OK);
    assert_int_equal(s.payload.len, 2);
    assert_int_equal(s.payload_wire_len, 72);
    ip = packet("4500 0018 0000 0000 40 11 0000" ADDRS4 "14e9 0035");
    assert_int_equal(scs_udp_read(&ip, &s), SCS_MALFORMED);
    ip = packet("4500 0064 0000 0000 40 11 0000" ADDRS4 "14e9 0035");
    assert_int_equal(scs_udp_read(&ip, &s), SCS_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v4_fields),
        cmocka_unit_test(test_v4_header_length),
        cmocka_unit_test(test_v4_padding),
        cmocka_unit_test(test_v4_length_zero),
        cmocka_unit_test(test_v4_cut),
        cmocka_unit_test(test_v4_fragments),
        cmocka_unit_test(test_v6_fields),
        cmocka_unit_test(test_v6_extension_headers),
        cmocka_unit_test(test_v6_chain_limits),
        cmocka_unit_test(test_v6_fragments),
        cmocka_unit_test(test_v6_length_zero),
        cmocka_unit_test(test_v4_authentication_header),
        cmocka_unit_test(test_tunnels),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_quoted_length_ignored),
        cmocka_unit_test(test_udp),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
