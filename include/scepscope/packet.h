/* SPDX-License-Identifier: Apache-2.0 */
/* One captured packet, and the TCP segment, UDP datagram or ICMP error found in it. */
#ifndef SCEPSCOPE_PACKET_H
#define SCEPSCOPE_PACKET_H

#include "scepscope/cursor.h"
#include "scepscope/net.h"
#include "scepscope/span.h"

/* Link types as registered (LINKTYPE_*), the ones the program reads. */
enum scs_linktype {
    SCS_LINK_NULL = 0,
    SCS_LINK_ETHERNET = 1,
    SCS_LINK_RAW = 101,
    SCS_LINK_IEEE802_11 = 105, /* etl2pcapng writes Wi-Fi captures of Windows so, already decrypted */
    SCS_LINK_LOOP = 108,
    SCS_LINK_LINUX_SLL = 113,
    SCS_LINK_RADIOTAP = 127, /* a radio header, then 802.11 */
    SCS_LINK_IPV4 = 228,
    SCS_LINK_IPV6 = 229,
    SCS_LINK_LINUX_SLL2 = 276,
    SCS_LINK_RAW_BSD = 12, /* DLT_RAW as BSD and some old files write it; 14 on OpenBSD */
    SCS_LINK_RAW_OPENBSD = 14
};

/* A packet as read. `data` borrows the reader's buffer and is valid until the next batch. */
struct scs_packet {
    scs_frame frame;
    int64_t ts_ns; /* since the Unix epoch */
    const uint8_t *data;
    uint32_t cap_len;  /* bytes at `data` */
    uint32_t wire_len; /* bytes the packet had */
    uint16_t link_type;
    uint16_t interface; /* index into the capture's interfaces, over all files */
    bool host_dropped;  /* the capturing host's own network stack threw it away (pcapng's epb_verdict) */
    uint64_t id;        /* copies of a packet in one file share it (pcapng's epb_packetid); 0: none */
};

enum scs_proto {
    SCS_PROTO_NONE = 0, /* nothing the program follows (ARP, other protocols, not a whole header) */
    SCS_PROTO_ICMP = 1,
    SCS_PROTO_TCP = 6,
    SCS_PROTO_UDP = 17
};

enum scs_tcp_flag { SCS_TCP_FIN = 0x01, SCS_TCP_SYN = 0x02, SCS_TCP_RST = 0x04, SCS_TCP_PSH = 0x08, SCS_TCP_ACK = 0x10 };

/* The TCP header inside an ICMP error, and what the error says. RFC 792, RFC 4443. */
struct scs_icmp_error {
    uint8_t type, code;           /* as on the wire; the family tells ICMP from ICMPv6 */
    uint32_t mtu;                 /* next-hop MTU of "fragmentation needed" / "packet too big"; else 0 */
    struct scs_endpoint src, dst; /* of the quoted packet */
    uint8_t quoted_proto;
    uint32_t quoted_seq; /* TCP only */
};

/*
 * A segment is what decoding one packet (or one reassembled datagram) yields. It borrows `packet` and,
 * for reassembled datagrams, the reassembly buffer; both last until the batch is done.
 */
struct scs_segment {
    const struct scs_packet *packet;
    enum scs_proto proto;
    struct scs_endpoint src, dst;
    uint8_t ttl; /* or hop limit */
    uint8_t dscp_ecn;
    bool dont_fragment;
    bool reassembled; /* put together from IP fragments */
    uint16_t ip_id;   /* IPv4; 0 for IPv6 */
    uint16_t window;  /* TCP, as on the wire */
    uint8_t flags;    /* enum scs_tcp_flag */
    uint32_t seq, ack;
    struct scs_cursor options;  /* TCP options, unparsed: read only for the connections that are followed */
    struct scs_cursor payload;  /* of TCP or UDP: the bytes present */
    uint32_t payload_wire_len;  /* bytes the payload had; more than payload.len when the capture cut the packet */
    struct scs_icmp_error icmp; /* proto ICMP only */
};

#endif
