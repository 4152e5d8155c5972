/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests (PKCS #10, RFC 2986), as they lie in the envelopes of PKCSReq and RenewalReq. */
#ifndef SCS_DISSECTORS_PKCS10_H
#define SCS_DISSECTORS_PKCS10_H

#include "dissectors/x509.h"
#include "scepscope/facts.h"

/* What a request's own signature covers and is; cursors into the bytes read, len 0 when not there. */
struct scs_csr_proof {
    struct scs_cursor info;      /* certificationRequestInfo, header included */
    struct scs_cursor algorithm; /* AlgorithmIdentifier, header included */
    struct scs_cursor signature; /* without the count of unused bits */
};

/*
 * scs_pkcs10_read reads one request. SCS_OK whole, SCS_MORE cut, SCS_MALFORMED no request (or damaged inside: what
 * was read stays). Always fills `out`, whose signature stays SCS_UNCHECKED. The challenge's text goes nowhere.
 */
enum scs_status scs_pkcs10_read(const struct scs_cursor *in, struct scs_cert_cache *cache, struct scs_arena *arena,
                                struct scs_csr *out, struct scs_csr_proof *proof);

#endif
