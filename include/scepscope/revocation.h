/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a SCEP server for revocation lists and OCSP answers, built by src/correlate/revocations.c; const to all others. */
#ifndef SCEPSCOPE_REVOCATION_H
#define SCEPSCOPE_REVOCATION_H

#include "scepscope/facts.h"
#include "scepscope/net.h"

/* A certificate revocation list (RFC 5280 5.1). */
struct scs_crl_facts {
    const char *issuer;
    int64_t this_update, next_update; /* seconds since the epoch; SCS_NO_TIME */
};

enum scs_ocsp_certificate { SCS_OCSP_NONE, SCS_OCSP_GOOD, SCS_OCSP_REVOKED, SCS_OCSP_UNKNOWN };

/* An OCSP response, and what it says of its first certificate (RFC 6960 4.2.1). */
struct scs_ocsp_facts {
    uint8_t status;      /* 0 successful, 1 malformedRequest, 2 internalError, 3 tryLater, 5 sigRequired, 6 unauthorized */
    uint8_t certificate; /* enum scs_ocsp_certificate */
    int64_t this_update, next_update; /* seconds since the epoch; SCS_NO_TIME */
};

struct scs_revocation {
    struct scs_addr client; /* the SCEP server that asks */
    struct scs_endpoint server;
    bool ocsp;
    bool unanswered; /* no reply, and that is not the capture's fault */
    const struct scs_http_request *request;
    const struct scs_http_reply *reply;  /* NULL: none seen */
    const struct scs_crl_facts *crl;     /* NULL: no list in the reply, or not enough of it */
    const struct scs_ocsp_facts *answer; /* NULL: no OCSP response in the reply, or not enough of it */
    int64_t started_ns;
    scs_frame first_frame, last_frame;
};

/* "tryLater" and its kin, of an OCSP response; NULL for a number that is not assigned. */
const char *scs_ocsp_status_name(unsigned status);
/* "good", "revoked", "unknown"; NULL for SCS_OCSP_NONE. */
const char *scs_ocsp_certificate_name(unsigned certificate);

#endif
