/* SPDX-License-Identifier: Apache-2.0 */
/* The packet that opens a QUIC connection, as far as it is sent in clear. RFC 8999 5.1, RFC 9000 17.2.2, RFC 9369 3.2. */
#ifndef SCS_DISSECTORS_QUIC_H
#define SCS_DISSECTORS_QUIC_H

#include "scepscope/cursor.h"

struct scs_quic {
    uint32_t version;
    bool known_version; /* 1 or 2: the packet is an Initial for sure */
    uint8_t id_len;     /* of the destination's connection id */
};

/*
 * scs_quic_initial reads a client's first datagram, of which `wire_len` bytes were sent: a long header, a version other than
 * that of negotiation, an Initial where the version's types are known, and no less than RFC 9000 14.1 demands.
 */
bool scs_quic_initial(const struct scs_cursor *in, size_t wire_len, struct scs_quic *out);

#endif
