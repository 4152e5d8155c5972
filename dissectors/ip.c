/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   IPv4   version and header length 1, DSCP/ECN 1, total length 2, identification 2,
 *          flags and fragment offset 2, TTL 1, protocol 1, checksum 2, source 4, destination 4, options
 *   IPv6   version, traffic class and flow label 4, payload length 2, next header 1, hop limit 1,
 *          source 16, destination 16, extension headers
 */
#include "dissectors/ip.h"

#include <string.h>

#include "base/buf.h"
#include "scepscope/dissector.h"
#include "scepscope/limits.h"

enum { EXT_HOP_BY_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_NONE = 59, EXT_DESTINATION = 60 };

/* Leaves `n` bytes of header behind; `payload_wire_len` says what the packet had, `payload` what the capture has. */
static enum scs_status pass(struct scs_ip *ip, size_t n)
{
    if (n > ip->payload_wire_len) {
        return SCS_MALFORMED;
    }
    if (!scs_head_skip(&ip->payload, n)) {
        return SCS_MORE;
    }
    ip->payload_wire_len -= (uint32_t)n;
    return SCS_OK;
}

/* RFC 8200 4.5: next header 1, reserved 1, offset in units of 8 with flags 2, identification 4. */
static enum scs_status fragment_header(struct scs_ip *ip)
{
    struct scs_cursor c = ip->payload;
    struct scs_head h;
    if (!scs_head_take(&c, 8, &h)) {
        return SCS_MORE;
    }
    ip->proto = scs_head_u8(h, 0);
    ip->fragment_off = scs_head_u16(h, 2) & 0xfff8u;
    ip->more_fragments = (scs_head_u16(h, 2) & 1) != 0;
    ip->fragment_id = scs_head_u32(h, 4);
    /* An "atomic" fragment is a whole datagram (RFC 6946). */
    ip->fragment = ip->fragment_off != 0 || ip->more_fragments;
    return pass(ip, 8);
}

/* Every other extension header: next header 1, length 1, in units of 8 past the first (AH: of 4 past the second). */
static enum scs_status extension_header(struct scs_ip *ip)
{
    uint8_t next, units;
    if (!scs_cursor_peek(&ip->payload, 0, &next) || !scs_cursor_peek(&ip->payload, 1, &units)) {
        return SCS_MORE;
    }
    size_t len = ip->proto == SCS_IP_AH ? (units + 2u) * 4u : (units + 1u) * 8u;
    ip->proto = next;
    return pass(ip, len);
}

enum scs_status scs_ip_resume(struct scs_ip *ip)
{
    for (unsigned depth = 0; depth < SCS_MAX_NESTED_HEADERS; depth++) {
        enum scs_status st = SCS_OK;
        switch (ip->proto) {
        case EXT_FRAGMENT:
            st = fragment_header(ip);
            break;
        case EXT_HOP_BY_HOP:
        case EXT_ROUTING:
        case EXT_DESTINATION:
        case SCS_IP_AH:
            st = extension_header(ip);
            break;
        default:
            return SCS_OK;
        }
        if (st != SCS_OK || ip->fragment) {
            return st;
        }
    }
    return SCS_LIMIT;
}

/* The packet's length: what its header says, or, where that is nothing, what the link layer saw. */
static void fit(struct scs_ip *ip, const struct scs_cursor *after, uint32_t announced, uint32_t seen)
{
    ip->payload_wire_len = announced != 0 ? announced : seen > after->len ? seen : (uint32_t)after->len;
    ip->payload = scs_head_first(after, ip->payload_wire_len);
}

static enum scs_status read4(const struct scs_cursor *packet, uint32_t wire_len, bool quoted, struct scs_ip *out)
{
    struct scs_cursor c = *packet;
    struct scs_head h;
    if (!scs_head_take(&c, 20, &h)) {
        return SCS_MORE;
    }
    uint32_t header_len = (scs_head_u8(h, 0) & 0x0fu) * 4u, total = quoted ? 0 : scs_head_u16(h, 2);
    uint16_t flags = scs_head_u16(h, 6);
    if (header_len < 20 || (total != 0 && total < header_len)) {
        return SCS_MALFORMED;
    }
    if (!scs_head_skip(&c, header_len - 20)) {
        return SCS_MORE;
    }
    out->family = 4;
    out->dscp_ecn = scs_head_u8(h, 1);
    out->id = scs_head_u16(h, 4);
    out->dont_fragment = (flags & 0x4000) != 0;
    out->more_fragments = (flags & 0x2000) != 0;
    out->fragment_off = (flags & 0x1fffu) * 8u;
    out->fragment = out->more_fragments || out->fragment_off != 0;
    out->fragment_id = out->id;
    out->ttl = scs_head_u8(h, 8);
    out->proto = scs_head_u8(h, 9);
    out->addresses = scs_head_part(h, 12, 8);
    if (total == header_len) {
        out->payload = scs_head_first(&c, 0);
        out->payload_wire_len = 0;
    } else {
        fit(out, &c, total == 0 ? 0 : total - header_len, wire_len > header_len ? wire_len - header_len : 0);
    }
    /* Windows domain isolation puts TCP behind an authentication header; in a fragment it waits for the whole. */
    return out->proto == SCS_IP_AH && !out->fragment ? scs_ip_resume(out) : SCS_OK;
}

static enum scs_status read6(const struct scs_cursor *packet, uint32_t wire_len, bool quoted, struct scs_ip *out)
{
    struct scs_cursor c = *packet;
    struct scs_head h;
    if (!scs_head_take(&c, 40, &h)) {
        return SCS_MORE;
    }
    uint32_t announced = quoted ? 0 : scs_head_u16(h, 4);
    out->family = 6;
    out->dscp_ecn = (uint8_t)(scs_head_u16(h, 0) >> 4);
    out->id = 0;
    out->dont_fragment = true;
    out->more_fragments = out->fragment = false;
    out->fragment_off = out->fragment_id = 0;
    out->proto = scs_head_u8(h, 6);
    out->ttl = scs_head_u8(h, 7);
    out->addresses = scs_head_part(h, 8, 32);
    if (announced == 0 && out->proto == EXT_NONE) {
        out->payload = scs_head_first(&c, 0);
        out->payload_wire_len = 0;
    } else {
        /* Length 0: a jumbogram (RFC 2675), which Linux also shows for large offloaded segments. */
        fit(out, &c, announced, wire_len > 40 ? wire_len - 40 : 0);
    }
    return scs_ip_resume(out);
}

static enum scs_status read_any(const struct scs_cursor *packet, uint32_t wire_len, bool quoted, struct scs_ip *out)
{
    struct scs_cursor c = *packet;
    struct scs_head first;
    if (!scs_head_take(&c, 1, &first)) {
        return SCS_MORE;
    }
    switch (scs_head_u8(first, 0) >> 4) {
    case 4:
        return read4(packet, wire_len, quoted, out);
    case 6:
        return read6(packet, wire_len, quoted, out);
    default:
        return SCS_MALFORMED;
    }
}

enum scs_status scs_ip_read(const struct scs_cursor *packet, uint32_t wire_len, struct scs_ip *out)
{
    return read_any(packet, wire_len, false, out);
}

enum scs_status scs_ip_read_quoted(const struct scs_cursor *quote, struct scs_ip *out)
{
    return read_any(quote, 0, true, out);
}

void scs_ip_addresses(const struct scs_ip *ip, struct scs_addr *src, struct scs_addr *dst)
{
    src->family = dst->family = ip->family;
    if (ip->family == 4) {
        assert(ip->addresses.len == 8);
        memcpy(src->bytes, ip->addresses.p, 4);
        memset(src->bytes + 4, 0, 12);
        memcpy(dst->bytes, ip->addresses.p + 4, 4);
        memset(dst->bytes + 4, 0, 12);
    } else {
        assert(ip->addresses.len == 32);
        memcpy(src->bytes, ip->addresses.p, 16);
        memcpy(dst->bytes, ip->addresses.p + 16, 16);
    }
}

bool scs_ip_local(const struct scs_ip *ip)
{
    if (ip->family == 4) {
        return scs_head_u8(ip->addresses, 0) == 127 || scs_head_u8(ip->addresses, 4) == 127 ||
               scs_head_u32(ip->addresses, 0) == scs_head_u32(ip->addresses, 4);
    }
    /* ::1 talks to itself only, so equal addresses cover it. */
    return memcmp(ip->addresses.p, ip->addresses.p + 16, 16) == 0;
}

/* RFC 2784, 2890: flags and version 2, ethertype 2, then checksum, key and sequence number, 4 each, as flagged. */
static bool gre(const struct scs_ip *ip, struct scs_cursor *inner)
{
    struct scs_cursor c = ip->payload;
    uint16_t flags, type;
    if (!scs_cursor_u16be(&c, &flags) || !scs_cursor_u16be(&c, &type) || (flags & 0x4fff) != 0) {
        return false;
    }
    size_t optional = ((flags & 0x8000) != 0 ? 4u : 0u) + ((flags & 0x2000) != 0 ? 4u : 0u) + ((flags & 0x1000) != 0 ? 4u : 0u);
    *inner = c;
    return (type == 0x0800 || type == 0x86dd) && scs_head_skip(inner, optional);
}

bool scs_ip_tunnel(const struct scs_ip *ip, struct scs_cursor *inner, uint32_t *wire_len)
{
    if (ip->proto == SCS_IP_IPV4 || ip->proto == SCS_IP_IPV6) {
        *inner = ip->payload;
    } else if (ip->proto != SCS_IP_GRE || !gre(ip, inner)) {
        return false;
    }
    *wire_len = ip->payload_wire_len - (uint32_t)(ip->payload.len - inner->len);
    return true;
}

enum scs_status scs_udp_read(const struct scs_ip *ip, struct scs_segment *out)
{
    struct scs_cursor c = ip->payload;
    struct scs_head h;
    if (ip->payload_wire_len < 8) {
        return SCS_MALFORMED;
    }
    if (!scs_head_take(&c, 8, &h)) {
        return SCS_MORE;
    }
    out->src.port = scs_head_u16(h, 0);
    out->dst.port = scs_head_u16(h, 2);
    /* 0 is a jumbogram or segmentation offload: then the IP header knows. */
    uint32_t len = scs_head_u16(h, 4), most = ip->payload_wire_len - 8;
    out->payload_wire_len = len < 8 || len - 8 > most ? most : len - 8;
    out->payload = scs_head_first(&c, out->payload_wire_len);
    return SCS_OK;
}

static void print(const struct scs_ip *ip, struct scs_buf *out)
{
    struct scs_addr src, dst;
    char src_text[SCS_ENDPOINT_TEXT], dst_text[SCS_ENDPOINT_TEXT];
    scs_ip_addresses(ip, &src, &dst);
    scs_buf_printf(out, "%s > %s%s\n", scs_addr_text(&src, src_text), scs_addr_text(&dst, dst_text),
                   scs_ip_local(ip) ? " local" : "");
    scs_buf_printf(out, "proto %u ttl %u dscp_ecn %u id %u%s\n", ip->proto, ip->ttl, ip->dscp_ecn, ip->id,
                   ip->dont_fragment ? " df" : "");
    if (ip->fragment) {
        scs_buf_printf(out, "fragment %u at %u%s\n", ip->fragment_id, ip->fragment_off, ip->more_fragments ? " more" : "");
    }
    scs_buf_printf(out, "payload at %u: %zu of %u bytes\n", ip->payload.off, ip->payload.len, ip->payload_wire_len);
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor packet = scs_cursor_of(data, len);
    uint32_t wire_len = (uint32_t)packet.len;
    struct scs_ip ip;
    enum scs_status st = SCS_OK;
    for (unsigned depth = 0; depth < SCS_MAX_NESTED_HEADERS; depth++) {
        st = scs_ip_read(&packet, wire_len, &ip);
        scs_buf_printf(out, "status %d\n", (int)st);
        if (st == SCS_OK) {
            print(&ip, out);
        }
        if (st != SCS_OK || ip.fragment || !scs_ip_tunnel(&ip, &packet, &wire_len)) {
            break;
        }
    }
    struct scs_segment udp;
    if (st == SCS_OK && !ip.fragment && ip.proto == SCS_PROTO_UDP && scs_udp_read(&ip, &udp) == SCS_OK) {
        scs_buf_printf(out, "udp %u > %u: %zu of %u bytes\n", udp.src.port, udp.dst.port, udp.payload.len, udp.payload_wire_len);
    }
    return st;
}

const struct scs_dissector scs_dissector_ip = {
    .name = "ip",
    .claims = "ethertypes 0x0800 and 0x86dd, IP protocols 4, 17, 41 and 47",
    .examine = examine,
};
