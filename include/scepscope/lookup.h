/* SPDX-License-Identifier: Apache-2.0 */
/* DNS look-ups that concern SCEP, built by src/correlate/lookups.c; const to all others. */
#ifndef SCEPSCOPE_LOOKUP_H
#define SCEPSCOPE_LOOKUP_H

#include <stdbool.h>

#include "scepscope/facts.h"
#include "scepscope/net.h"

/* RFC 1035 2.3.4 allows names of 255 bytes; their text is shorter by one unless bytes are escaped. */
#define SCS_DNS_NAME_TEXT 256u

enum scs_dns_type { SCS_DNS_A = 1, SCS_DNS_CNAME = 5, SCS_DNS_AAAA = 28, SCS_DNS_SRV = 33 };

enum scs_dns_rcode { SCS_DNS_NOERROR = 0, SCS_DNS_SERVFAIL = 2, SCS_DNS_NXDOMAIN = 3, SCS_DNS_REFUSED = 5 };

enum scs_lookup_outcome {
    SCS_LOOKUP_ANSWERED, /* with at least one record */
    SCS_LOOKUP_EMPTY,    /* the name exists, without a record of this type; or only part of the answer was seen */
    SCS_LOOKUP_NO_NAME,  /* NXDOMAIN */
    SCS_LOOKUP_FAILED,   /* SERVFAIL, REFUSED and the other error codes */
    SCS_LOOKUP_UNANSWERED
};

/* Why a look-up is in the model. */
enum scs_lookup_concern {
    SCS_LOOKUP_HOST = 1u << 0,       /* its name stands in the Host header of a SCEP request or the SNI of a connection */
    SCS_LOOKUP_LIKE_SCEP = 1u << 1,  /* its name looks like that of a SCEP server: ndes, scep, msappproxy.net */
    SCS_LOOKUP_BY_SERVER = 1u << 2,  /* a SCEP server asked, and got no good answer */
    SCS_LOOKUP_APP_PROXY = 1u << 3,  /* the name is one of Entra application proxy's: *.msappproxy.net */
    SCS_LOOKUP_BACK_GROUND = 1u << 4 /* a name systems ask for by themselves, and often in vain: wpad, isatap, reverse names */
};

/* One name and type asked for by one client, with all repeats of the question until a good answer or a minute of silence. */
struct scs_lookup {
    uint32_t id;      /* from 1, by time */
    const char *name; /* lower case, without the final dot */
    uint16_t type;    /* enum scs_dns_type, or another number */
    uint8_t rcode;    /* of the last answer */
    uint8_t outcome;  /* enum scs_lookup_outcome */
    uint8_t concern;  /* enum scs_lookup_concern */
    bool recovered;   /* the same client resolved the same host, perhaps under another suffix, at about that time */
    struct scs_addr client, resolver;
    uint32_t queries;             /* 0: only the answer is in the capture */
    scs_frame query_frames[4];    /* the first of them */
    scs_frame answer_frame;       /* the last answer; 0 none */
    int64_t first_ns, last_ns;    /* first packet; last question (or answer, when no question was seen) */
    int64_t answered_ns;          /* SCS_NO_TIME */
    const struct scs_addr *addrs; /* of the answer, the first SCS_MAX_LOOKUP_ADDRS */
    uint32_t num_addrs;
    const char *const *aliases; /* the names it is an alias of, in order */
    uint32_t num_aliases;
    uint32_t exchange; /* id of the first SCEP exchange of this client with this Host afterwards; 0 none */
};

#endif
