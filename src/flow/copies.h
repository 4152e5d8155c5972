/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that the capture holds more than once and says so: Windows' pktmon records a packet at each component it
 * passes, with one packet group id (pcapng's epb_packetid). Copies differ in link layer, tags, TTL and checksum; one
 * group may also hold several packets of a connection, so the id alone does not tell.
 */
#ifndef SCS_FLOW_COPIES_H
#define SCS_FLOW_COPIES_H

#include "dissectors/ip.h"
#include "scepscope/packet.h"

struct scs_copies;

struct scs_copies *scs_copies_new(void);
void scs_copies_free(struct scs_copies *c); /* NULL is fine */
/* scs_copies_met says whether an earlier packet of that id brought all that `seg` brings, and remembers it. Without an id: false.
 */
bool scs_copies_met(struct scs_copies *c, const struct scs_segment *seg);
/* scs_copies_met_fragment: the same for one IP fragment of `packet`. */
bool scs_copies_met_fragment(struct scs_copies *c, const struct scs_packet *packet, const struct scs_ip *ip);

#endif
