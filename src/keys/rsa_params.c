/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSASSA-PSS-params, RSAES-OAEP-params ::= SEQUENCE {
 *     hashAlgorithm [0] DEFAULT sha1, maskGenAlgorithm [1] DEFAULT mgf1SHA1, [2] saltLength DEFAULT 20 or
 *     pSourceAlgorithm DEFAULT pSpecifiedEmpty, -- PSS only: -- trailerField [3] DEFAULT 1 }
 */
#include "keys/rsa_params.h"

#include "base/ber.h"
#include "dissectors/oid.h"
#include "keys/digest.h"

enum { HASH = 0xa0, MASK = 0xa1, THIRD = 0xa2 };

static const char *digest_of(struct scs_cursor c)
{
    struct scs_ber algorithm, oid;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &algorithm) != SCS_OK ||
        scs_ber_expect(&algorithm.contents, SCS_BER_OID, &oid) != SCS_OK) {
        return NULL;
    }
    return scs_digest_known(scs_oid_known(&oid.contents));
}

/* MGF1's parameter is a digest's AlgorithmIdentifier. */
static const char *mask_of(struct scs_cursor c)
{
    struct scs_ber algorithm, oid;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &algorithm) != SCS_OK ||
        scs_ber_expect(&algorithm.contents, SCS_BER_OID, &oid) != SCS_OK) {
        return NULL;
    }
    return digest_of(algorithm.contents);
}

bool scs_rsa_params_read(struct scs_cursor algorithm, struct scs_rsa_params *out)
{
    struct scs_ber whole, oid, params, e;
    *out = (struct scs_rsa_params){.digest = "sha1", .mask_digest = "sha1"};
    if (scs_ber_expect(&algorithm, SCS_BER_SEQUENCE, &whole) != SCS_OK ||
        scs_ber_expect(&whole.contents, SCS_BER_OID, &oid) != SCS_OK) {
        return false;
    }
    if (scs_ber_expect(&whole.contents, SCS_BER_SEQUENCE, &params) != SCS_OK) {
        return true; /* none, or NULL: all defaults */
    }
    while (scs_ber_next(&params.contents, &e) == SCS_OK) {
        if (e.tag == HASH) {
            out->digest = digest_of(e.contents);
        } else if (e.tag == MASK) {
            out->mask_digest = mask_of(e.contents);
        } else if (e.tag == THIRD) {
            out->third = e.contents;
        }
    }
    return true;
}
