/* SPDX-License-Identifier: Apache-2.0 */
/* The glance at a segment's first bytes that decides whether its connection is worth following. No state, no allocation. */
#ifndef SCS_FLOW_INTEREST_H
#define SCS_FLOW_INTEREST_H

#include "scepscope/cursor.h"

enum scs_interest {
    SCS_INTEREST_NONE,
    SCS_INTEREST_MAYBE_REQUEST, /* a request line that is not whole yet, CONNECT, or HTTP/2: follow until it is known */
    SCS_INTEREST_REQUEST,       /* a SCEP request begins here */
    SCS_INTEREST_REPLY,         /* a reply of a SCEP content type begins here */
    SCS_INTEREST_TLS_HELLO,     /* a TLS ClientHello */
    SCS_INTEREST_RPC,           /* a DCE/RPC message: of interest between a SCEP server and its CA */
    SCS_INTEREST_REVOCATION     /* a request for a revocation list or an OCSP answer: of interest from a SCEP server */
};

/* scs_interest_first is the one comparison made for every packet with payload: could `payload` begin anything at all? */
bool scs_interest_first(const struct scs_cursor *payload);
enum scs_interest scs_interest(const struct scs_cursor *payload, const char *const *user_paths, uint32_t num_user_paths);
/* scs_interest_revocation: a request for a revocation list or an OCSP answer begins here; _target judges its target alone. */
bool scs_interest_revocation(const struct scs_cursor *payload);
bool scs_interest_revocation_target(const struct scs_cursor *target);

#endif
