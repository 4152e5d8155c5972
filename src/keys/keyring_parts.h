/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the keyring files. The only header that shows libcrypto's types. */
#ifndef SCS_KEYS_KEYRING_PARTS_H
#define SCS_KEYS_KEYRING_PARTS_H

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "keys/keyring.h"

#define SCS_MAX_KEY_CERTIFICATES (SCS_MAX_KEYS * 4u) /* a PKCS #12 file has the chain too */

struct scs_keyring {
    struct scs_arena *keep;
    struct scs_cert_cache *certs;
    OSSL_PROVIDER *standard, *legacy;
    EVP_PKEY *keys[SCS_MAX_KEYS];
    uint32_t modulus_len[SCS_MAX_KEYS];
    struct scs_key_facts facts[SCS_MAX_KEYS];
    uint32_t num;
    const struct scs_cert_facts *certificates[SCS_MAX_KEY_CERTIFICATES];
    uint32_t num_certificates;
};

/* scs_keyring_add takes a private key; one that is there already is freed. False when the ring is full. */
bool scs_keyring_add(struct scs_keyring *k, const char *path, EVP_PKEY *key);

#endif
