/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   type 1, code 1, checksum 2, then 4 bytes that depend on the type, then as much of the packet
 *   as the router quotes: at least its IP header and 8 bytes more (RFC 792)
 */
#include "dissectors/icmp.h"

#include "base/buf.h"
#include "dissectors/ip.h"
#include "dissectors/packet_read.h"
#include "scepscope/dissector.h"

enum {
    V4_UNREACHABLE = 3,
    V4_SOURCE_QUENCH = 4,
    V4_TIME_EXCEEDED = 11,
    V4_CODE_FRAGMENTATION_NEEDED = 4,
    V6_UNREACHABLE = 1,
    V6_TOO_BIG = 2,
    V6_TIME_EXCEEDED = 3
};

static bool is_error(uint8_t family, uint8_t type)
{
    if (family == 6) {
        return type == V6_UNREACHABLE || type == V6_TOO_BIG || type == V6_TIME_EXCEEDED;
    }
    return type == V4_UNREACHABLE || type == V4_SOURCE_QUENCH || type == V4_TIME_EXCEEDED;
}

/* RFC 1191 4: the lower half of the unused field; RFC 4443 3.2: all of it. */
static uint32_t next_hop_mtu(uint8_t family, struct scs_head h)
{
    uint8_t type = scs_head_u8(h, 0), code = scs_head_u8(h, 1);
    if (family == 6) {
        return type == V6_TOO_BIG ? scs_head_u32(h, 4) : 0;
    }
    return type == V4_UNREACHABLE && code == V4_CODE_FRAGMENTATION_NEEDED ? scs_head_u16(h, 6) : 0;
}

enum scs_status scs_icmp_read(uint8_t family, const struct scs_cursor *in, struct scs_icmp_error *out)
{
    struct scs_cursor c = *in;
    struct scs_head h, quoted;
    struct scs_ip ip;
    if (!scs_head_take(&c, 8, &h)) {
        return SCS_MORE;
    }
    out->type = scs_head_u8(h, 0);
    out->code = scs_head_u8(h, 1);
    if (!is_error(family, out->type)) {
        return SCS_UNSUPPORTED;
    }
    out->mtu = next_hop_mtu(family, h);
    enum scs_status st = scs_ip_read_quoted(&c, &ip);
    if (st != SCS_OK) {
        return st;
    }
    out->quoted_proto = ip.proto;
    if (ip.family != family || ip.fragment_off != 0 || (ip.proto != SCS_PROTO_TCP && ip.proto != SCS_PROTO_UDP)) {
        return SCS_UNSUPPORTED;
    }
    if (!scs_head_take(&ip.payload, 8, &quoted)) {
        return SCS_MORE;
    }
    scs_ip_addresses(&ip, &out->src.addr, &out->dst.addr);
    out->src.port = scs_head_u16(quoted, 0);
    out->dst.port = scs_head_u16(quoted, 2);
    out->quoted_seq = ip.proto == SCS_PROTO_TCP ? scs_head_u32(quoted, 4) : 0;
    return SCS_OK;
}

/* The family, one byte of 4 or 6, stands before the message. */
static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_icmp_error e;
    char src[SCS_ENDPOINT_TEXT], dst[SCS_ENDPOINT_TEXT];
    uint8_t family;
    if (!scs_cursor_u8(&c, &family)) {
        return SCS_MORE;
    }
    enum scs_status st = scs_icmp_read(family, &c, &e);
    scs_buf_printf(out, "status %d\n", (int)st);
    if (st == SCS_OK) {
        scs_buf_printf(out, "type %u code %u mtu %u\n", e.type, e.code, e.mtu);
        scs_buf_printf(out, "about %s > %s proto %u seq %u\n", scs_endpoint_text(&e.src, src), scs_endpoint_text(&e.dst, dst),
                       e.quoted_proto, e.quoted_seq);
    }
    return st;
}

const struct scs_dissector scs_dissector_icmp = {
    .name = "icmp",
    .claims = "IP protocols 1 and 58 (after a family of one byte)",
    .examine = examine,
};
