/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

void scs_hmac(const uint8_t key[SCS_HMAC_LEN], const void *data, size_t n, uint8_t out[SCS_HMAC_LEN])
{
    unsigned len = 0;
    if (HMAC(EVP_sha256(), key, SCS_HMAC_LEN, data, n, out, &len) == NULL || len != SCS_HMAC_LEN) {
        fputs("scepscope: OpenSSL gives no HMAC-SHA256\n", stderr); /* a build without it could hide no name */
        abort();
    }
}
