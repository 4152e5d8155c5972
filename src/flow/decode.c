/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dissectors/icmp.h"
#include "dissectors/ip.h"
#include "dissectors/link.h"
#include "dissectors/tcp.h"
#include "flow/copies.h"
#include "flow/defrag.h"
#include "scepscope/limits.h"

struct scs_decoder {
    struct scs_defrag *defrag;
    struct scs_copies *copies; /* NULL until a packet has an id */
    uint64_t num_copies, host_dropped;
    scs_frame host_dropped_frame;
    uint64_t tcp_packets, udp_packets, other_packets;
    uint64_t unread_link_packets;
    uint16_t unread_link_type;
    bool has_loopback, has_physical;
};

struct scs_decoder *scs_decoder_new(void)
{
    struct scs_decoder *d = scs_xcalloc(1, sizeof *d);
    d->defrag = scs_defrag_new();
    return d;
}

void scs_decoder_free(struct scs_decoder *d)
{
    if (d != NULL) {
        scs_defrag_free(d->defrag);
        scs_copies_free(d->copies);
        free(d);
    }
}

static void note_place(struct scs_decoder *d, uint16_t link_type, const struct scs_ip *ip)
{
    if (link_type == SCS_LINK_NULL || link_type == SCS_LINK_LOOP || scs_ip_local(ip)) {
        d->has_loopback = true;
    } else {
        d->has_physical = true;
    }
}

/* Gives the fragment to its datagram; true when that is whole now, and `ip` goes on with it. */
static bool reassemble(struct scs_decoder *d, int64_t ts_ns, struct scs_ip *ip)
{
    struct scs_datagram whole;
    if (!scs_defrag_push(d->defrag, ip, ts_ns, &whole)) {
        return false;
    }
    ip->fragment = false;
    ip->proto = whole.proto;
    ip->payload = whole.bytes;
    ip->payload_wire_len = whole.wire_len;
    bool extended = ip->family == 6 || ip->proto == SCS_IP_AH;
    return !extended || (scs_ip_resume(ip) == SCS_OK && !ip->fragment);
}

/* Walks IP headers, one in the other, to the innermost payload; false when it is not there (yet). */
static bool open_ip(struct scs_decoder *d, struct scs_cursor *c, struct scs_segment *out, struct scs_ip *ip)
{
    const struct scs_packet *packet = out->packet;
    uint32_t wire_len = packet->wire_len > c->off ? packet->wire_len - c->off : 0;
    for (unsigned depth = 0; depth < SCS_MAX_NESTED_HEADERS; depth++) {
        if (scs_ip_read(c, wire_len, ip) != SCS_OK) {
            return false;
        }
        /* Before reassembly: the header may lie in a datagram that the next whole one replaces. */
        scs_ip_addresses(ip, &out->src.addr, &out->dst.addr);
        note_place(d, packet->link_type, ip);
        if (ip->fragment) {
            if (d->copies != NULL && scs_copies_met_fragment(d->copies, packet, ip)) {
                d->num_copies++;
                return false;
            }
            if (!reassemble(d, packet->ts_ns, ip)) {
                return false;
            }
            out->reassembled = true;
        }
        if (ip->proto == SCS_PROTO_TCP || !scs_ip_tunnel(ip, c, &wire_len)) {
            return true;
        }
    }
    return false;
}

static void no_tcp_fields(struct scs_segment *out)
{
    out->seq = out->ack = 0;
    out->window = 0;
    out->flags = 0;
    out->options = (struct scs_cursor){0};
}

static bool icmp(const struct scs_ip *ip, struct scs_segment *out)
{
    if (scs_icmp_read(ip->family, &ip->payload, &out->icmp) != SCS_OK) {
        return false;
    }
    no_tcp_fields(out);
    out->src.port = out->dst.port = 0;
    out->payload = (struct scs_cursor){0};
    out->payload_wire_len = 0;
    return true;
}

static bool transport(const struct scs_ip *ip, struct scs_segment *out)
{
    switch (ip->proto) {
    case SCS_PROTO_TCP:
        out->proto = SCS_PROTO_TCP;
        return scs_tcp_read(&ip->payload, ip->payload_wire_len, out) == SCS_OK;
    case SCS_PROTO_UDP:
        out->proto = SCS_PROTO_UDP;
        no_tcp_fields(out);
        return scs_udp_read(ip, out) == SCS_OK;
    case SCS_PROTO_ICMP:
    case SCS_IP_ICMPV6:
        out->proto = SCS_PROTO_ICMP;
        return (ip->proto == SCS_PROTO_ICMP) == (ip->family == 4) && icmp(ip, out);
    default:
        return false;
    }
}

/* Every packet whose link layer is read counts once, a fragment by what its header says it carries. */
static void count(struct scs_decoder *d, uint8_t proto)
{
    if (proto == SCS_PROTO_TCP) {
        d->tcp_packets++;
    } else if (proto == SCS_PROTO_UDP) {
        d->udp_packets++;
    } else {
        d->other_packets++;
    }
}

/*
 * A packet that the capturing host threw away was not received. Only that somebody called stays true: the SYN of a
 * connection tells of an attempt, whoever dropped it.
 */
static bool was_received(struct scs_decoder *d, const struct scs_segment *seg)
{
    if (!seg->packet->host_dropped) {
        return true;
    }
    d->host_dropped_frame = d->host_dropped++ == 0 ? seg->packet->frame : d->host_dropped_frame;
    return seg->proto == SCS_PROTO_TCP && (seg->flags & (SCS_TCP_SYN | SCS_TCP_ACK)) == SCS_TCP_SYN;
}

static bool is_copy(struct scs_decoder *d, const struct scs_segment *seg)
{
    if (d->copies == NULL || !scs_copies_met(d->copies, seg)) {
        return false;
    }
    d->num_copies++;
    return true;
}

static void address4(struct scs_head bytes, struct scs_addr *out)
{
    out->family = 4;
    memcpy(out->bytes, bytes.p, 4);
    memset(out->bytes + 4, 0, sizeof out->bytes - 4);
}

/*
 * Most packets of most captures: TCP behind 14 bytes of Ethernet and 20 of IPv4. One check of the length reads both
 * headers, at a third of what the general way costs. False: that has to look, and would have given the same.
 */
static inline bool open_usual(struct scs_decoder *d, const struct scs_packet *packet, struct scs_segment *out, struct scs_ip *ip)
{
    struct scs_cursor c = {.p = packet->data, .len = packet->cap_len, .off = 0};
    struct scs_head h;
    if (packet->link_type != SCS_LINK_ETHERNET || !scs_head_take(&c, 14 + 20, &h)) {
        return false;
    }
    struct scs_head link = scs_head_part(h, 0, 14), net = scs_head_part(h, 14, 20);
    uint16_t total = scs_head_u16(net, 2), flags = scs_head_u16(net, 6);
    bool plain =
        scs_head_u16(link, 12) == SCS_ETHERTYPE_IPV4 && scs_head_u8(net, 0) == 0x45 && scs_head_u8(net, 9) == SCS_PROTO_TCP;
    bool local = scs_head_u8(net, 12) == 127 || scs_head_u8(net, 16) == 127 || scs_head_u32(net, 12) == scs_head_u32(net, 16);
    if (!plain || local || total <= 20 || (flags & 0xbfff) != 0) {
        return false; /* of the flags, "do not fragment" may stand */
    }
    ip->family = 4;
    ip->proto = SCS_PROTO_TCP;
    ip->dscp_ecn = scs_head_u8(net, 1);
    ip->id = scs_head_u16(net, 4);
    ip->dont_fragment = flags != 0;
    ip->ttl = scs_head_u8(net, 8);
    ip->payload_wire_len = total - 20u;
    ip->payload = scs_head_first(&c, ip->payload_wire_len);
    address4(scs_head_part(net, 12, 4), &out->src.addr);
    address4(scs_head_part(net, 16, 4), &out->dst.addr);
    d->has_physical = true;
    return true;
}

/* The IP payload of any packet, whatever its link layer; SCS_UNSUPPORTED: of a link type nobody reads. */
static enum scs_status open_any(struct scs_decoder *d, const struct scs_packet *packet, struct scs_segment *out,
                                struct scs_ip *ip)
{
    struct scs_cursor c = {.p = packet->data, .len = packet->cap_len, .off = 0};
    uint16_t ethertype;
    enum scs_status st = scs_link_strip(packet->link_type, &c, &ethertype);
    ip->proto = SCS_PROTO_NONE;
    ip->fragment = false;
    if (st == SCS_UNSUPPORTED) {
        d->unread_link_type = d->unread_link_packets == 0 ? packet->link_type : d->unread_link_type;
        d->unread_link_packets++;
        return st;
    }
    bool is_ip = st == SCS_OK && (ethertype == SCS_ETHERTYPE_IPV4 || ethertype == SCS_ETHERTYPE_IPV6);
    return is_ip && open_ip(d, &c, out, ip) ? SCS_OK : SCS_MALFORMED;
}

bool scs_decoder_segment(struct scs_decoder *d, const struct scs_packet *packet, struct scs_segment *out)
{
    struct scs_ip ip;
    out->packet = packet;
    out->proto = SCS_PROTO_NONE;
    out->reassembled = false;
    if (packet->id != 0 && d->copies == NULL) {
        d->copies = scs_copies_new();
    }
    enum scs_status st = open_usual(d, packet, out, &ip) ? SCS_OK : open_any(d, packet, out, &ip);
    if (st == SCS_UNSUPPORTED) {
        return false;
    }
    count(d, ip.proto);
    if (st != SCS_OK) {
        out->reassembled = ip.fragment && ip.proto == SCS_PROTO_TCP;
        return false;
    }
    out->ttl = ip.ttl;
    out->dscp_ecn = ip.dscp_ecn;
    out->dont_fragment = ip.dont_fragment;
    out->ip_id = ip.id;
    if (!transport(&ip, out)) {
        out->proto = SCS_PROTO_NONE;
        return false;
    }
    return was_received(d, out) && !is_copy(d, out);
}

void scs_decoder_describe(const struct scs_decoder *d, struct scs_capture_facts *out)
{
    uint64_t dropped;
    out->fragments_lost += scs_defrag_lost(d->defrag, &dropped);
    out->limits.datagrams_dropped += dropped;
    out->duplicates += d->num_copies;
    out->host_dropped += d->host_dropped;
    out->host_dropped_frame = d->host_dropped_frame;
    out->tcp_packets += d->tcp_packets;
    out->udp_packets += d->udp_packets;
    out->other_packets += d->other_packets;
    out->has_loopback |= d->has_loopback;
    out->has_physical |= d->has_physical;
    if (d->unread_link_packets != 0) {
        out->unread_link_packets += d->unread_link_packets;
        out->unread_link_type = d->unread_link_type;
    }
}
