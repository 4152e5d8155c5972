/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signature at a time: RSASSA-PKCS1-v1_5, RSASSA-PSS (RFC 8017) and ECDSA (RFC 5480), with the public keys of
 * strangers. Keys that were used lately stay ready; a key is built from its numbers, because libcrypto's decoder
 * takes as long as seven verifications.
 */
#ifndef SCS_KEYS_SIGNATURE_H
#define SCS_KEYS_SIGNATURE_H

#include "keys/digest.h"
#include "scepscope/facts.h"

struct scs_signatures;

struct scs_signatures *scs_signatures_new(struct scs_digests *digests); /* borrows `digests` */
void scs_signatures_free(struct scs_signatures *s);                     /* NULL is fine */

/* What is to be checked. All borrowed. */
struct scs_signed {
    const struct scs_cert_facts *signer; /* its spki and spki_sha256 */
    const char *algorithm;               /* name of the signature algorithm's OID */
    struct scs_cursor algorithm_whole;   /* its AlgorithmIdentifier, for the parameters of RSASSA-PSS */
    const char *digest;                  /* the digest to use where `algorithm` names none ("rsaEncryption"); NULL */
    struct scs_cursor bytes;             /* that were signed */
    struct scs_cursor signature;
};

/*
 * scs_signature_check verifies. With SCS_UNCHECKED `why` receives the reason, one of a few constant clauses; it is
 * untouched otherwise.
 */
enum scs_check scs_signature_check(struct scs_signatures *s, const struct scs_signed *what, const char **why);

#endif
