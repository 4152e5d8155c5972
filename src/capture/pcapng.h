/* SPDX-License-Identifier: Apache-2.0 */
/* Block types of pcapng, and what pcapng.c and pcapng_describe.c share. */
#ifndef SCS_CAPTURE_PCAPNG_H
#define SCS_CAPTURE_PCAPNG_H

#include "capture/reader.h"

#define SCS_PCAPNG_INTERFACE       1u
#define SCS_PCAPNG_PACKET          2u /* obsolete */
#define SCS_PCAPNG_SIMPLE_PACKET   3u
#define SCS_PCAPNG_STATISTICS      5u
#define SCS_PCAPNG_ENHANCED_PACKET 6u
#define SCS_PCAPNG_JOURNAL         9u /* systemd journal export */
#define SCS_PCAPNG_SECRETS         10u
#define SCS_PCAPNG_CUSTOM          0x00000badu
#define SCS_PCAPNG_CUSTOM_NO_COPY  0x40000badu
#define SCS_PCAPNG_SECTION         0x0a0d0d0au /* the same in either byte order */

/* scs_pcapng_begin_section: the interfaces described so far are those of the section before. */
void scs_pcapng_begin_section(struct scs_reader *r, bool big_endian);
/* scs_pcapng_describe reads the body of a section, interface, statistics or secrets block; others are passed over. */
void scs_pcapng_describe(struct scs_reader *r, uint32_t type, struct scs_cursor body);
/* What the options of an Enhanced Packet Block (4.3) say that concerns the analysis. */
struct scs_pcapng_marks {
    uint64_t id;       /* epb_packetid; 0: none */
    bool host_dropped; /* epb_verdict: the network stack threw the packet away */
};

/* scs_pcapng_read_marks reads the options of one packet; `out` is zeroed by the caller. */
void scs_pcapng_read_marks(struct scs_cursor options, bool big_endian, struct scs_pcapng_marks *out);
/* scs_pcapng_take_secrets reads the body of a secrets block from the source, because it may not fit the buffer. */
SCS_MUST_USE bool scs_pcapng_take_secrets(struct scs_reader *r, size_t body_len);

#endif
