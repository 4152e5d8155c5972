/* SPDX-License-Identifier: Apache-2.0 */
/* What a cipher suite is made of, for the key schedule and the opener. */
#ifndef SCS_TLS_SUITES_H
#define SCS_TLS_SUITES_H

#include <stdbool.h>
#include <stdint.h>

#include "tls/opener.h"

enum scs_tls_mode {
    SCS_TLS_NAMED_ONLY, /* broken or never met: the suite has a name, and its records stay shut */
    SCS_TLS_CBC,        /* GenericBlockCipher, RFC 5246 6.2.3.2, and RFC 7366 */
    SCS_TLS_GCM,        /* RFC 5288 */
    SCS_TLS_CCM,        /* RFC 6655 */
    SCS_TLS_CHACHA      /* RFC 7905 */
};

struct scs_tls_bulk {
    const char *evp; /* OpenSSL's name */
    enum scs_tls_mode mode;
    uint8_t key_len;
    uint8_t block_len; /* CBC; else 0 */
    uint8_t salt_len;  /* AEAD, TLS 1.2: bytes of the nonce taken from the key block */
    uint8_t tag_len;   /* AEAD */
};

enum scs_tls_hash { SCS_TLS_SHA1, SCS_TLS_SHA256, SCS_TLS_SHA384, SCS_TLS_MD5 };

struct scs_tls_suite {
    uint16_t number;
    uint8_t key_exchange; /* row of the table in suites.c */
    uint8_t bulk;         /* row of the table in suites.c */
    uint8_t hash;         /* enum scs_tls_hash: of the MAC with CBC, of the PRF or HKDF else */
    const char *name;
};

const struct scs_tls_bulk *scs_tls_suite_bulk(const struct scs_tls_suite *suite);
/* The hash of the record MAC of a CBC suite, by OpenSSL's name, and its length. */
const char *scs_tls_suite_mac(const struct scs_tls_suite *suite);
uint8_t scs_tls_suite_mac_len(const struct scs_tls_suite *suite);
/* Length of scs_tls_suite_hash. */
uint8_t scs_tls_suite_hash_len(const struct scs_tls_suite *suite);
/* Was the suite made for this version? TLS 1.3 has its own, AEAD and SHA-2 suites need 1.2 (RFC 5246 1.2, 5289 1). */
bool scs_tls_suite_fits(const struct scs_tls_suite *suite, uint16_t version);

#endif
