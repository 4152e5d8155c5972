/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages (RFC 1035 4): one question, and of the answers the addresses and the chain of aliases. */
#ifndef SCS_DISSECTORS_DNS_H
#define SCS_DISSECTORS_DNS_H

#include "scepscope/cursor.h"
#include "scepscope/lookup.h"

struct scs_dns_message {
    uint16_t id;
    bool response;
    bool truncated; /* TC: the whole answer went over TCP */
    uint8_t rcode;
    uint16_t type; /* of the question */
    char name[SCS_DNS_NAME_TEXT];
    uint16_t num_records; /* of the answer section, as the header says */
    struct scs_addr addrs[SCS_MAX_LOOKUP_ADDRS];
    uint32_t num_addrs;
    char aliases[SCS_MAX_LOOKUP_ALIASES][SCS_DNS_NAME_TEXT]; /* what the name is an alias of, in order */
    uint32_t num_aliases;
};

/*
 * scs_dns_read reads one message as it stands in a UDP datagram. Names are written in lower case, for they compare
 * without case (RFC 4343), without the final dot ("." for the root); a byte that is no printable character, or a dot or
 * backslash inside a label, as \xNN. SCS_OK and SCS_MORE: header and question are there; with SCS_MORE the answers end at
 * the cut. SCS_UNSUPPORTED: no query of class IN with one question, or a name longer than its field.
 */
enum scs_status scs_dns_read(const struct scs_cursor *in, struct scs_dns_message *out);

#endif
