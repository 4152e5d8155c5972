/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/decode.h"

#include <stdlib.h>

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

bool scs_decoder_segment(struct scs_decoder *d, const struct scs_packet *packet, struct scs_segment *out)
{
    struct scs_cursor c = {.p = packet->data, .len = packet->cap_len, .off = 0};
    struct scs_ip ip;
    uint16_t ethertype;
    out->packet = packet;
    out->proto = SCS_PROTO_NONE;
    out->reassembled = false;
    enum scs_status st = scs_link_strip(packet->link_type, &c, &ethertype);
    if (st == SCS_UNSUPPORTED) {
        d->unread_link_type = d->unread_link_packets == 0 ? packet->link_type : d->unread_link_type;
        d->unread_link_packets++;
        return false;
    }
    if (packet->id != 0 && d->copies == NULL) {
        d->copies = scs_copies_new();
    }
    ip.proto = SCS_PROTO_NONE;
    bool is_ip = st == SCS_OK && (ethertype == SCS_ETHERTYPE_IPV4 || ethertype == SCS_ETHERTYPE_IPV6);
    bool open = is_ip && open_ip(d, &c, out, &ip);
    count(d, ip.proto);
    if (!open) {
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
