/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters that RSASSA-PSS and RSAES-OAEP have in common (RFC 8017 A.2.1, A.2.3). */
#ifndef SCS_KEYS_RSA_PARAMS_H
#define SCS_KEYS_RSA_PARAMS_H

#include "scepscope/cursor.h"

struct scs_rsa_params {
    const char *digest, *mask_digest; /* constants of digest.c; NULL: not known here */
    struct scs_cursor third;          /* contents of [2]: saltLength of PSS, pSourceAlgorithm of OAEP; len 0: the default */
};

/* scs_rsa_params_read reads an AlgorithmIdentifier (header included). False when it is none. */
bool scs_rsa_params_read(struct scs_cursor algorithm, struct scs_rsa_params *out);

#endif
