/* SPDX-License-Identifier: Apache-2.0 */
/* The request's pkiMessage as the rules may judge it. */
#ifndef SCS_DIAGNOSE_REQUEST_H
#define SCS_DIAGNOSE_REQUEST_H

#include "scepscope/rule.h"

/*
 * scs_request_message: the message of a PKIOperation of which the capture has everything the server got; NULL
 * otherwise, and for junk sent by a limit test.
 */
const struct scs_pki_message *scs_request_message(const struct scs_exchange *x);
/* scs_request_whole: the same when it is a whole signedData, and something like NDES looked at it. */
const struct scs_pki_message *scs_request_whole(const struct scs_exchange *x);
/* scs_request_csr: what was asked for, once a key opened the request and all of it could be read; NULL otherwise. */
const struct scs_csr *scs_request_csr(const struct scs_exchange *x);
/* scs_request_is_first: a PKCSReq signed with a key of the device's own making, not a renewal by certificate. RFC 8894 2.3. */
bool scs_request_is_first(const struct scs_exchange *x);
/*
 * scs_request_refused_for: the server said no, and what it gave as its reason leaves room for this fault: no HRESULT, one
 * that says nothing, or `hresult` itself (0: none belongs to it).
 */
bool scs_request_refused_for(const struct scs_exchange *x, uint32_t hresult);
/* scs_say_pki_request: what scs_say_request says, and status, length, transaction_id. */
void scs_say_pki_request(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_pki_message *m);

#endif
