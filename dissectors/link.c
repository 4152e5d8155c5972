/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   Ethernet   destination 6, source 6, ethertype 2
 *   802.1Q     TCI 2, ethertype 2                              (after 0x8100, 0x88a8, 0x9100)
 *   LLC/SNAP   aa aa 03, OUI 3, ethertype 2                    (ethertype below 0x0600: it is a length)
 *   PPPoE      version and type 1, code 1, session 2, length 2, PPP protocol 2
 *   SLL        packet type 2, ARPHRD 2, address length 2, address 8, ethertype 2
 *   SLL2       ethertype 2, 0 2, interface 4, ARPHRD 2, packet type 1, address length 1, address 8
 *   NULL/LOOP  address family 4
 *   802.11     frame control 2, duration 2, three addresses 18, sequence 2, then what frame control says
 *
 * Lengths in link headers are not trusted: the IP header says how long the packet is, so that padding
 * and a frame check sequence at the end need no thought.
 */
#include "dissectors/link.h"

#include "base/buf.h"
#include "dissectors/packet_read.h"
#include "scepscope/dissector.h"
#include "scepscope/limits.h"
#include "scepscope/packet.h"

enum {
    TYPE_VLAN = 0x8100,
    TYPE_QINQ = 0x88a8,
    TYPE_QINQ_OLD = 0x9100,
    TYPE_PPPOE_SESSION = 0x8864,
    LARGEST_LENGTH = 0x05ff, /* a smaller ethertype is a length, or Linux's mark for a frame without one */
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057
};

static bool is_ip(uint16_t ethertype)
{
    return ethertype == SCS_ETHERTYPE_IPV4 || ethertype == SCS_ETHERTYPE_IPV6;
}

/* An 802.2 header; only SNAP names an ethertype (RFC 1042). */
static enum scs_status snap(struct scs_cursor *c, uint16_t *type)
{
    struct scs_head h;
    if (!scs_head_take(c, 8, &h)) {
        return SCS_MORE;
    }
    *type = scs_head_u16(h, 0) == 0xaaaa && scs_head_u16(h, 2) == 0x0300 && scs_head_u16(h, 4) == 0 ? scs_head_u16(h, 6)
                                                                                                    : SCS_ETHERTYPE_NONE;
    return SCS_OK;
}

/* RFC 2516: a session stage frame; the PPP protocol field stands after the six bytes. */
static enum scs_status pppoe(struct scs_cursor *c, uint16_t *type)
{
    struct scs_head h;
    if (!scs_head_take(c, 8, &h)) {
        return SCS_MORE;
    }
    uint16_t ppp = scs_head_u16(h, 6);
    *type = ppp == PPP_IPV4 ? SCS_ETHERTYPE_IPV4 : ppp == PPP_IPV6 ? SCS_ETHERTYPE_IPV6 : SCS_ETHERTYPE_NONE;
    return SCS_OK;
}

/* Follows ethertypes through tags until one names what is carried. */
static enum scs_status follow(struct scs_cursor *c, uint16_t *type)
{
    for (unsigned depth = 0; depth < SCS_MAX_NESTED_HEADERS; depth++) {
        struct scs_head tag;
        if (is_ip(*type)) {
            return SCS_OK;
        }
        if (*type == TYPE_VLAN || *type == TYPE_QINQ || *type == TYPE_QINQ_OLD) {
            if (!scs_head_take(c, 4, &tag)) {
                return SCS_MORE;
            }
            *type = scs_head_u16(tag, 2);
            continue;
        }
        if (*type == TYPE_PPPOE_SESSION) {
            return pppoe(c, type);
        }
        if (*type > LARGEST_LENGTH) {
            return SCS_OK;
        }
        enum scs_status st = snap(c, type);
        if (st != SCS_OK || *type <= LARGEST_LENGTH) {
            *type = SCS_ETHERTYPE_NONE;
            return st;
        }
    }
    return SCS_LIMIT;
}

static enum scs_status ethernet(struct scs_cursor *c, uint16_t *type)
{
    struct scs_head h;
    if (!scs_head_take(c, 14, &h)) {
        return SCS_MORE;
    }
    *type = scs_head_u16(h, 12);
    return is_ip(*type) ? SCS_OK : follow(c, type);
}

static bool bare_ip6(struct scs_head h, size_t payload_len)
{
    uint16_t announced = scs_head_u16(h, 4);
    uint8_t next = scs_head_u8(h, 6), hops = scs_head_u8(h, 7), src = scs_head_u8(h, 8), dst = scs_head_u8(h, 24);
    if (announced == payload_len) {
        return true;
    }
    bool known = next == SCS_PROTO_TCP || next == SCS_PROTO_UDP;
    bool used = (src >> 5 == 1 || src >> 1 == 0x7e || src == 0xfe) && (dst >> 5 == 1 || dst >> 1 == 0x7e || dst == 0xfe);
    return known && used && hops != 0 && (announced == 0 || announced > payload_len);
}

/*
 * etl2pcapng gives an interface the link type of its first packet, and pktmon mixes them: a packet of
 * an "Ethernet" interface may begin with its IP header. Believed only where the bytes are no good
 * Ethernet, and where they agree with an IP header. 0x45 as the first byte of a MAC address would be a
 * group address nobody uses; 0x60 is an ordinary one, so IPv6 has to fit exactly, or, where the packet is cut or the
 * host left its length open, to carry what is read here between addresses that are in use.
 */
static uint16_t bare_ip(const struct scs_cursor *frame)
{
    struct scs_cursor c = *frame;
    struct scs_head h;
    if (scs_head_take(&c, 20, &h) && scs_head_u8(h, 0) == 0x45) {
        uint16_t total = scs_head_u16(h, 2);
        uint8_t proto = scs_head_u8(h, 9);
        bool known = proto == SCS_PROTO_TCP || proto == SCS_PROTO_UDP || proto == SCS_PROTO_ICMP;
        return known && (total == 0 || total >= frame->len) ? SCS_ETHERTYPE_IPV4 : SCS_ETHERTYPE_NONE;
    }
    c = *frame;
    if (scs_head_take(&c, 40, &h) && scs_head_u8(h, 0) >> 4 == 6) {
        return bare_ip6(h, c.len) ? SCS_ETHERTYPE_IPV6 : SCS_ETHERTYPE_NONE;
    }
    return SCS_ETHERTYPE_NONE;
}

static enum scs_status ethernet_or_ip(struct scs_cursor *c, uint16_t *type)
{
    struct scs_cursor frame = *c;
    enum scs_status st = ethernet(c, type);
    if (st == SCS_OK && is_ip(*type)) {
        return SCS_OK;
    }
    uint16_t bare = bare_ip(&frame);
    if (is_ip(bare)) {
        *c = frame;
        *type = bare;
        return SCS_OK;
    }
    return st;
}

/* The version of the IP header says which it is. An interface of pktmon's may also hold Ethernet frames. */
static enum scs_status raw(struct scs_cursor *c, uint16_t *type)
{
    uint8_t first;
    if (!scs_cursor_peek(c, 0, &first)) {
        return SCS_MORE;
    }
    if (first >> 4 == 4 || first >> 4 == 6) {
        *type = first >> 4 == 4 ? SCS_ETHERTYPE_IPV4 : SCS_ETHERTYPE_IPV6;
        return SCS_OK;
    }
    enum scs_status st = ethernet(c, type);
    if (st != SCS_OK || !is_ip(*type)) {
        *type = SCS_ETHERTYPE_NONE;
    }
    return SCS_OK;
}

/* The family has the byte order of the machine that captured (LOOP: of the network), and each system its number for IPv6. */
static enum scs_status family(struct scs_cursor *c, uint16_t *type)
{
    struct scs_head h;
    if (!scs_head_take(c, 4, &h)) {
        return SCS_MORE;
    }
    uint32_t value = scs_head_u32(h, 0);
    if ((value & 0xffff) == 0) {
        value = value >> 24 | (value >> 8 & 0xff00);
    }
    switch (value) {
    case 2:
        *type = SCS_ETHERTYPE_IPV4;
        break;
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD, Npcap */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        *type = SCS_ETHERTYPE_IPV6;
        break;
    default:
        *type = SCS_ETHERTYPE_NONE;
    }
    return SCS_OK;
}

/* Linux cooked capture; a tag removed by the card is put back after the protocol field, as an Ethernet tag. */
static enum scs_status cooked(struct scs_cursor *c, size_t header_len, size_t protocol_at, uint16_t *type)
{
    struct scs_head h;
    if (!scs_head_take(c, header_len, &h)) {
        return SCS_MORE;
    }
    *type = scs_head_u16(h, protocol_at);
    return follow(c, type);
}

/* A data frame of 802.11 whose body is readable: LLC/SNAP after a header whose length frame control gives (9.2.3). */
static enum scs_status wifi(struct scs_cursor *c, uint16_t *type)
{
    struct scs_head h;
    *type = SCS_ETHERTYPE_NONE;
    if (!scs_head_take(c, 24, &h)) {
        return SCS_MORE;
    }
    uint8_t kind = scs_head_u8(h, 0), flags = scs_head_u8(h, 1);
    bool data = (kind & 0x0f) == 0x08, has_body = (kind & 0x40) == 0, encrypted = (flags & 0x40) != 0;
    if (!data || !has_body || encrypted) {
        return SCS_OK;
    }
    bool qos = (kind & 0x80) != 0;
    size_t more = ((flags & 0x03) == 0x03 ? 6u : 0u) + (qos ? 2u : 0u) + (qos && (flags & 0x80) != 0 ? 4u : 0u);
    return scs_head_skip(c, more) ? follow(c, type) : SCS_MORE;
}

/* Radiotap: version 1, pad 1, length of it all 2, little-endian. */
static enum scs_status radiotap(struct scs_cursor *c, uint16_t *type)
{
    uint16_t version, len;
    if (!scs_cursor_u16be(c, &version) || !scs_cursor_u16le(c, &len) || len < 4 || !scs_head_skip(c, len - 4u)) {
        return SCS_MORE;
    }
    return wifi(c, type);
}

enum scs_status scs_link_strip(uint16_t link_type, struct scs_cursor *c, uint16_t *out_ethertype)
{
    *out_ethertype = SCS_ETHERTYPE_NONE;
    switch (link_type) {
    case SCS_LINK_ETHERNET:
        return ethernet_or_ip(c, out_ethertype);
    case SCS_LINK_LINUX_SLL:
        return cooked(c, 16, 14, out_ethertype);
    case SCS_LINK_LINUX_SLL2:
        return cooked(c, 20, 0, out_ethertype);
    case SCS_LINK_NULL:
    case SCS_LINK_LOOP:
        return family(c, out_ethertype);
    case SCS_LINK_RAW:
    case SCS_LINK_RAW_BSD:
    case SCS_LINK_RAW_OPENBSD:
        return raw(c, out_ethertype);
    case SCS_LINK_IPV4:
        *out_ethertype = SCS_ETHERTYPE_IPV4;
        return SCS_OK;
    case SCS_LINK_IPV6:
        *out_ethertype = SCS_ETHERTYPE_IPV6;
        return SCS_OK;
    case SCS_LINK_IEEE802_11:
        return wifi(c, out_ethertype);
    case SCS_LINK_RADIOTAP:
        return radiotap(c, out_ethertype);
    default:
        return SCS_UNSUPPORTED;
    }
}

/* The link type, two bytes, stands before the frame. */
static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    uint16_t link_type, ethertype;
    if (!scs_cursor_u16be(&c, &link_type)) {
        return SCS_MORE;
    }
    enum scs_status st = scs_link_strip(link_type, &c, &ethertype);
    scs_buf_printf(out, "link type %u: status %d\n", link_type, (int)st);
    if (st == SCS_OK) {
        scs_buf_printf(out, "ethertype 0x%04x, %zu bytes at %u\n", ethertype, c.len, c.off - 2u);
    }
    return st;
}

const struct scs_dissector scs_dissector_link = {
    .name = "link",
    .claims = "frames: Ethernet, 802.1Q, LLC/SNAP, PPPoE, SLL, SLL2, NULL, LOOP, RAW, 802.11 (after a link type of two bytes)",
    .examine = examine,
};
