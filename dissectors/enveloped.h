/* SPDX-License-Identifier: Apache-2.0 */
/* EnvelopedData (RFC 5652 6.1) and AuthEnvelopedData (RFC 5083 2.1) taken apart, for those who have a key. */
#ifndef SCS_DISSECTORS_ENVELOPED_H
#define SCS_DISSECTORS_ENVELOPED_H

#include "base/ber.h"
#include "scepscope/limits.h"

/* A KeyTransRecipientInfo (RFC 5652 6.2.1). */
struct scs_wrapped_key {
    struct scs_cursor algorithm; /* AlgorithmIdentifier, header included; len 0: another kind of recipient, or cut */
    struct scs_ber key;          /* OCTET STRING */
};

/* All borrow the bytes they were taken from. */
struct scs_enveloped {
    struct scs_wrapped_key recipients[SCS_MAX_RECIPIENTS]; /* numbered as in struct scs_envelope */
    uint32_t num_recipients;
    bool authenticated;
    struct scs_cursor cipher;     /* AlgorithmIdentifier, header included */
    struct scs_ber content;       /* encryptedContent: a string, perhaps in chunks */
    struct scs_cursor auth_attrs; /* [1] authAttrs, header included; len 0: none */
    struct scs_cursor mac;        /* contents of mac */
};

/* scs_enveloped_take reads a ContentInfo. False when it is no such thing or its content is not all there. */
bool scs_enveloped_take(struct scs_cursor content_info, struct scs_enveloped *out);

#endif
