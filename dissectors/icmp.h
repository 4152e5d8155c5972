/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP (RFC 792, 1191) and ICMPv6 (RFC 4443) errors, and the packet they quote. */
#ifndef SCS_DISSECTORS_ICMP_H
#define SCS_DISSECTORS_ICMP_H

#include "scepscope/packet.h"

/*
 * scs_icmp_read reads an error about a TCP segment or UDP datagram: unreachable, time exceeded, packet too
 * big, source quench. SCS_UNSUPPORTED: any other message, or one about another kind of packet, or about a
 * later fragment, which has no ports. SCS_MORE: the quote ends before the ports and the sequence number.
 */
enum scs_status scs_icmp_read(uint8_t family, const struct scs_cursor *in, struct scs_icmp_error *out);

#endif
