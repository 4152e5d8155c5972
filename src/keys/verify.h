/* SPDX-License-Identifier: Apache-2.0 */
/* Are messages what their signers signed? RFC 5652 5.4 and 5.6, over the bytes as they were received. */
#ifndef SCS_KEYS_VERIFY_H
#define SCS_KEYS_VERIFY_H

#include "keys/signature.h"
#include "scepscope/facts.h"

struct scs_verifier;

struct scs_verifier *scs_verifier_new(void);
void scs_verifier_free(struct scs_verifier *v); /* NULL is fine */
/*
 * scs_verify_message sets signature, digest_check, their reasons and signature_sorted of a message whose signer is
 * settled; `bytes` is what it was read from. Texts are constants.
 */
void scs_verify_message(struct scs_verifier *v, const struct scs_cursor *bytes, struct scs_pki_message *m);
/* scs_verify_leave says why the checks were not made. */
void scs_verify_leave(struct scs_pki_message *m, const char *why);
/* scs_verifier_signatures lends what checks single signatures. */
struct scs_signatures *scs_verifier_signatures(struct scs_verifier *v);

#endif
