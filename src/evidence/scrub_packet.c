/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksums are carried along (RFC 1624): what was right stays right, and what was wrong, as a sender's that leaves it to
 * its network card, stays as wrong as it was.
 */
#include "evidence/scrub_packet.h"

#include <string.h>

#include "dissectors/ip.h"
#include "dissectors/link.h"

enum {
    IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12,
    IPV6_ADDRESSES = 8,
    TCP_CHECKSUM = 16,
    UDP_CHECKSUM = 6,
    ICMP_CHECKSUM = 2,
    ICMP_HEADER = 8,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    ETHERNET_HEADER = 14
};

/* The copy of a packet that is being altered, beside the original. */
struct altered {
    const struct scs_packet_scrub *p;
    const uint8_t *in;
    uint8_t *out;
    uint32_t len;
    int64_t ts_ns;
};

/* ---- checksums --------------------------------------------------------------------------------------- */

/* Sum of 16-bit words of [from, from + len), as far as they are there; RFC 1071. */
static uint32_t sum(const uint8_t *bytes, uint32_t total, uint32_t from, uint32_t len)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < len && from + i < total; i++) {
        value += (uint32_t)bytes[from + i] << (i % 2 == 0 ? 8 : 0);
    }
    while (value > 0xffff) {
        value = (value & 0xffff) + (value >> 16);
    }
    return (uint32_t)value;
}

/* Carries the checksum at `at` over to words whose sum was `before` and is `after`. */
static void carry_checksum(struct altered *a, uint32_t at, uint32_t before, uint32_t after, bool udp)
{
    if (at + 2 > a->len) {
        return;
    }
    uint32_t old = (uint32_t)a->in[at] << 8 | a->in[at + 1];
    if (before == after || (udp && old == 0)) {
        return;
    }
    uint32_t value = (~old & 0xffff) + (~before & 0xffff) + after;
    while (value > 0xffff) {
        value = (value & 0xffff) + (value >> 16);
    }
    value = ~value & 0xffff;
    value = udp && value == 0 ? 0xffff : value;
    a->out[at] = (uint8_t)(value >> 8);
    a->out[at + 1] = (uint8_t)value;
}

static void blank(struct altered *a, uint32_t from, uint32_t to)
{
    to = to < a->len ? to : a->len;
    if (from < to) {
        memset(a->out + from, SCS_BLANK, to - from);
    }
}

/* ---- link and network headers ------------------------------------------------------------------------ */

static void scrub_mac(struct altered *a, uint32_t at, uint32_t end)
{
    if (at + 6 <= end && at + 6 <= a->len) {
        scs_disguise_mac(a->p->disguise, a->out + at);
    }
}

/* `end`: where the link header does. */
static void scrub_link(struct altered *a, uint16_t link_type, uint32_t end)
{
    uint32_t at = 0;
    switch (link_type) {
    case SCS_LINK_LINUX_SLL:
        scrub_mac(a, 6, end);
        break;
    case SCS_LINK_LINUX_SLL2:
        scrub_mac(a, 12, end);
        break;
    case SCS_LINK_RADIOTAP:
        at = a->len >= 4 ? (uint32_t)(a->in[2] | a->in[3] << 8) : end;
        /* fall through */
    case SCS_LINK_IEEE802_11:
        for (int i = 0; i < 3 && at < end; i++) {
            scrub_mac(a, at + 4 + 6 * (uint32_t)i, end);
        }
        break;
    default:
        if (end >= ETHERNET_HEADER) {
            scrub_mac(a, 0, end);
            scrub_mac(a, 6, end);
        }
        break;
    }
}

static void scrub_address(struct altered *a, uint32_t at, uint8_t family)
{
    struct scs_addr addr = {.family = family};
    uint32_t len = family == 4 ? 4 : 16;
    if (at + len <= a->len) {
        memcpy(addr.bytes, a->in + at, len);
        scs_disguise_addr(a->p->disguise, &addr);
        memcpy(a->out + at, addr.bytes, len);
    }
}

/* The addresses of the IP header at `at`, and its own checksum. */
static void scrub_ip(struct altered *a, uint32_t at, uint8_t family)
{
    uint32_t addresses = at + (family == 4 ? IPV4_ADDRESSES : IPV6_ADDRESSES), len = family == 4 ? 4 : 16;
    scrub_address(a, addresses, family);
    scrub_address(a, addresses + len, family);
    if (family == 4) {
        carry_checksum(a, at + IPV4_CHECKSUM, sum(a->in, a->len, addresses, 2 * len), sum(a->out, a->len, addresses, 2 * len),
                       false);
    }
}

static uint32_t folded(uint32_t a, uint32_t b)
{
    uint32_t value = a + b;
    return value > 0xffff ? (value & 0xffff) + (value >> 16) : value;
}

/* A checksum that covers the addresses, when `pseudo` says where they stand, and the bytes [from, to). */
static void carry_transport(struct altered *a, uint32_t at, uint32_t pseudo, uint8_t family, uint32_t from, uint32_t to, bool udp)
{
    uint32_t len = pseudo == 0 ? 0 : family == 4 ? 8 : 32;
    uint32_t before = folded(sum(a->in, a->len, pseudo, len), sum(a->in, a->len, from, to - from));
    uint32_t after = folded(sum(a->out, a->len, pseudo, len), sum(a->out, a->len, from, to - from));
    carry_checksum(a, at, before, after, udp);
}

/* ---- transport ------------------------------------------------------------------------------------------ */

static uint32_t tcp_header(const struct altered *a, uint32_t at)
{
    return at + 13 <= a->len ? (uint32_t)(a->in[at + 12] >> 4) * 4 : TCP_HEADER;
}

/* What an ICMP error quotes: addresses go as in the packet itself, payload behind the quoted header goes altogether. */
static void scrub_quote(struct altered *a, uint32_t at, uint32_t end)
{
    struct scs_cursor c = {.p = a->in + at, .len = end - at, .off = at};
    struct scs_ip ip;
    if (at >= end || scs_ip_read_quoted(&c, &ip) != SCS_OK) {
        blank(a, at, end);
        return;
    }
    uint32_t inner = ip.payload.off, addresses = at + (ip.family == 4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);
    bool tcp = ip.proto == SCS_PROTO_TCP, udp = ip.proto == SCS_PROTO_UDP;
    scrub_ip(a, at, ip.family);
    blank(a, inner + (tcp ? tcp_header(a, inner) : udp ? UDP_HEADER : 0), end);
    if ((tcp || udp) && !ip.fragment) {
        carry_transport(a, inner + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM), addresses, ip.family, inner, inner, udp);
    }
}

static void scrub_tcp(struct altered *a, const struct scs_ip *ip, const struct scs_segment *seg,
                      const struct scs_selected *connection)
{
    uint32_t from = ip->payload.off, end = from + (uint32_t)ip->payload.len;
    bool whole = seg != NULL && !seg->reassembled && seg->proto == SCS_PROTO_TCP;
    if (whole && connection != NULL && seg->payload.off + seg->payload.len <= a->len) {
        scs_images_stretch(a->p->images, connection, scs_images_stretch_of(connection, seg), a->out + seg->payload.off);
    } else {
        blank(a, from + tcp_header(a, from), end);
    }
}

static void scrub_udp(struct altered *a, const struct scs_ip *ip, const struct scs_segment *seg,
                      const struct scs_selected *connection)
{
    uint32_t end = ip->payload.off + (uint32_t)ip->payload.len;
    if (seg != NULL && !seg->reassembled && (seg->src.port == 53 || seg->dst.port == 53)) {
        struct scs_cursor message = scs_cursor_of(seg->payload.p, seg->payload.len);
        scs_scrub_dns(a->p->scrub, &message, a->out + seg->payload.off);
    } else if (connection == NULL || scs_disguise_level(a->p->disguise) == SCS_REDACT_STRICT) {
        blank(a, ip->payload.off + UDP_HEADER, end); /* else it is QUIC, which shows a server's name at most */
    }
}

/* The innermost header's payload. `pseudo` is where that header's addresses stand. */
static void scrub_transport(struct altered *a, const struct scs_ip *ip, uint32_t pseudo, const struct scs_segment *seg,
                            const struct scs_selected *connection)
{
    uint32_t from = ip->payload.off, end = from + (uint32_t)ip->payload.len;
    if (ip->fragment) {
        /* Of a datagram that never became whole the transport header is shown. */
        bool first = ip->fragment_off == 0 && ip->proto == SCS_PROTO_TCP;
        if (ip->proto != SCS_PROTO_TCP || !scs_fragments_payload(a->p->fragments, a->p->images, ip, a->ts_ns, a->out + from)) {
            blank(a, first ? from + tcp_header(a, from) : from, end);
        }
        return;
    }
    switch (ip->proto) {
    case SCS_PROTO_TCP:
        scrub_tcp(a, ip, seg, connection);
        carry_transport(a, from + TCP_CHECKSUM, pseudo, ip->family, from, end, false);
        break;
    case SCS_PROTO_UDP:
        scrub_udp(a, ip, seg, connection);
        carry_transport(a, from + UDP_CHECKSUM, pseudo, ip->family, from, end, true);
        break;
    case SCS_PROTO_ICMP:
    case SCS_IP_ICMPV6:
        scrub_quote(a, from + ICMP_HEADER, end);
        carry_transport(a, from + ICMP_CHECKSUM, ip->family == 6 ? pseudo : 0, ip->family, from, end, false);
        break;
    default:
        blank(a, from, end);
        break;
    }
}

void scs_packet_scrub(const struct scs_packet_scrub *p, const struct scs_packet *packet, const struct scs_segment *seg,
                      const struct scs_selected *connection, uint8_t *out)
{
    struct altered a = {.p = p, .in = packet->data, .out = out, .len = packet->cap_len, .ts_ns = packet->ts_ns};
    struct scs_cursor c = {.p = packet->data, .len = packet->cap_len, .off = 0};
    uint16_t ethertype;
    memcpy(out, packet->data, packet->cap_len);
    if (scs_link_strip(packet->link_type, &c, &ethertype) != SCS_OK ||
        (ethertype != SCS_ETHERTYPE_IPV4 && ethertype != SCS_ETHERTYPE_IPV6)) {
        blank(&a, 0, a.len);
        return;
    }
    scrub_link(&a, packet->link_type, c.off);
    uint32_t wire_len = packet->wire_len > c.off ? packet->wire_len - c.off : 0;
    for (unsigned depth = 0; depth < SCS_MAX_NESTED_HEADERS; depth++) {
        struct scs_ip ip;
        uint32_t at = c.off;
        if (scs_ip_read(&c, wire_len, &ip) != SCS_OK) {
            blank(&a, at, a.len);
            return;
        }
        uint32_t end = ip.payload.off + (uint32_t)ip.payload.len;
        scrub_ip(&a, at, ip.family);
        if (end < a.len) {
            memset(out + end, 0, a.len - end); /* padding, in which old memory may stand */
        }
        if (ip.fragment || ip.proto == SCS_PROTO_TCP || !scs_ip_tunnel(&ip, &c, &wire_len)) {
            scrub_transport(&a, &ip, at + (ip.family == 4 ? IPV4_ADDRESSES : IPV6_ADDRESSES), seg, connection);
            return;
        }
    }
    blank(&a, c.off, a.len);
}
