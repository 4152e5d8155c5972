/* SPDX-License-Identifier: Apache-2.0 */
/* Content encryption of CMS (RFC 3370, 3565, 5084), opening side. */
#ifndef SCS_KEYS_CIPHER_H
#define SCS_KEYS_CIPHER_H

#include "base/buf.h"
#include "scepscope/cursor.h"

struct scs_ciphers;

/* scs_ciphers_new fetches what libcrypto offers; the legacy provider must be loaded before, if it is wanted. */
struct scs_ciphers *scs_ciphers_new(void);
void scs_ciphers_free(struct scs_ciphers *c); /* NULL is fine */

/* What the AlgorithmIdentifier of an EncryptedContentInfo says. */
struct scs_content_cipher {
    size_t row; /* in cipher.c */
    uint32_t key_len;
    struct scs_cursor iv;
    uint32_t tag_len; /* GCM, else 0 */
};

/* scs_cipher_read reads an AlgorithmIdentifier (header included). NULL, else why content so encrypted cannot be opened. */
const char *scs_cipher_read(const struct scs_ciphers *c, struct scs_cursor algorithm, struct scs_content_cipher *out);
/*
 * scs_cipher_open decrypts to `out`, which has room for `len` bytes. False when padding or tag is wrong. `mac` and `aad`
 * are GCM's. Threads may call it at the same time.
 */
bool scs_cipher_open(const struct scs_ciphers *c, const struct scs_content_cipher *how, const uint8_t *key,
                     const struct scs_cursor *encrypted, const struct scs_cursor *mac, const struct scs_cursor *aad, uint8_t *out,
                     size_t *len);

#endif
