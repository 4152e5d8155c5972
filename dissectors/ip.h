/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200, 4302), tunnels of one in the other, and UDP. */
#ifndef SCS_DISSECTORS_IP_H
#define SCS_DISSECTORS_IP_H

#include "dissectors/packet_read.h"
#include "scepscope/packet.h"

/* Protocol numbers, beside those of enum scs_proto. */
enum { SCS_IP_IPV4 = 4, SCS_IP_IPV6 = 41, SCS_IP_GRE = 47, SCS_IP_AH = 51, SCS_IP_ICMPV6 = 58 };

/* One IP header and what follows it. Borrows the bytes it was read from. */
struct scs_ip {
    uint8_t family; /* 4 or 6 */
    uint8_t proto;  /* of the payload; in a fragment of IPv6 this may be an extension header */
    uint8_t ttl, dscp_ecn;
    bool dont_fragment;
    bool fragment, more_fragments; /* a datagram in one piece has neither */
    uint16_t id;                   /* IPv4; 0 for IPv6 */
    uint32_t fragment_id, fragment_off;
    struct scs_head addresses; /* source, then destination, 4 or 16 bytes each */
    struct scs_cursor payload; /* what is there of it */
    uint32_t payload_wire_len; /* as the header says; more than payload.len when the capture cut the packet */
};

/*
 * scs_ip_read reads the header at the first byte of `packet`; the version nibble says which. `wire_len` is
 * how long the packet was before the capture cut it, and used only where the header gives no length: the
 * capturing host leaves it 0 on packets that its network card will split. Bytes past the length are
 * padding and left out. No checksum is looked at: on the sending host it is not filled in.
 * SCS_MORE: the capture cut the headers. SCS_LIMIT: too many extension headers.
 */
enum scs_status scs_ip_read(const struct scs_cursor *packet, uint32_t wire_len, struct scs_ip *out);
/* scs_ip_read_quoted reads the head of a packet inside an ICMP error, whose length field some routers have changed. */
enum scs_status scs_ip_read_quoted(const struct scs_cursor *quote, struct scs_ip *out);
/* scs_ip_resume goes on with extension headers where a datagram, now whole in `ip->payload`, begins with one. */
enum scs_status scs_ip_resume(struct scs_ip *ip);
/* scs_ip_addresses copies the addresses. */
void scs_ip_addresses(const struct scs_ip *ip, struct scs_addr *src, struct scs_addr *dst);
/* scs_ip_local: between loopback addresses, or from an address to itself. */
bool scs_ip_local(const struct scs_ip *ip);
/*
 * scs_ip_tunnel says whether the payload is another IP packet (IP in IP, RFC 2003, 4213; GRE, RFC 2784,
 * 2890), and where it starts and how long it was.
 */
bool scs_ip_tunnel(const struct scs_ip *ip, struct scs_cursor *inner, uint32_t *wire_len);

/* scs_udp_read fills ports, payload and its length (RFC 768). SCS_MORE: the header is not all there. */
enum scs_status scs_udp_read(const struct scs_ip *ip, struct scs_segment *out);

#endif
