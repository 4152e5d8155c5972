/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames to segments: link layer, VLAN, IP with extension headers, fragments put together, then TCP,
 * UDP or ICMP. No allocation for a packet that is not a fragment.
 */
#ifndef SCS_FLOW_DECODE_H
#define SCS_FLOW_DECODE_H

#include "scepscope/exchange.h"
#include "scepscope/packet.h"

struct scs_decoder;

struct scs_decoder *scs_decoder_new(void);
void scs_decoder_free(struct scs_decoder *d);
/*
 * scs_decoder_segment decodes one packet. False when it holds nothing the program follows, is a fragment whose datagram
 * is not whole yet, is a copy of an earlier packet by its id, or was dropped by the capturing host (unless it is a SYN); of such
 * a fragment of TCP `out->reassembled` is true all the same. `out` borrows the packet or, when reassembled, a buffer that lasts
 * until the next call that reassembles (so: handle it before decoding further fragments).
 */
bool scs_decoder_segment(struct scs_decoder *d, const struct scs_packet *packet, struct scs_segment *out);
/* scs_decoder_describe adds tcp/udp/other packet counts, copies told by packet ids, packets the host dropped, unread link types,
 * loopback/physical, fragments_lost. */
void scs_decoder_describe(const struct scs_decoder *d, struct scs_capture_facts *out);

#endif
