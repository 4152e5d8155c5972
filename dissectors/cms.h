/* SPDX-License-Identifier: Apache-2.0 */
/* CMS as SCEP uses it (RFC 5652, RFC 8894 3): SignedData with the SCEP attributes, EnvelopedData inside. DER and BER, cut or
 * whole. */
#ifndef SCS_DISSECTORS_CMS_H
#define SCS_DISSECTORS_CMS_H

#include "base/arena.h"
#include "dissectors/x509.h"
#include "scepscope/facts.h"

/*
 * scs_cms_read_pki_message reads one pkiMessage (request or CertRep) as far as its bytes go. Always
 * fills `out`. SCS_OK whole, SCS_MORE cut, SCS_MALFORMED not CMS signedData (or damaged inside: what was
 * read stays), SCS_LIMIT. Spans are offsets of `in`, layer SCS_LAYER_BODY.
 */
enum scs_status scs_cms_read_pki_message(const struct scs_cursor *in, struct scs_cert_cache *cache, struct scs_arena *arena,
                                         struct scs_pki_message *out);
/* scs_cms_read_certificates reads the certificates of a SignedData (degenerate or not), in order. */
enum scs_status scs_cms_read_certificates(const struct scs_cursor *in, struct scs_cert_cache *cache, struct scs_arena *arena,
                                          const struct scs_cert_facts *const **out, uint32_t *num, bool *has_signer);
/* scs_oid_name returns the short name of an OID's contents octets ("sha256", "des-ede3-cbc"), or its dotted form in the arena. */
const char *scs_oid_name(const struct scs_cursor *oid, struct scs_arena *arena);

#endif
