/* SPDX-License-Identifier: Apache-2.0 */
/* What scs_x509_read keeps between calls: digests ready to use, certificates and names already met. */
#ifndef SCS_DISSECTORS_CERT_CACHE_H
#define SCS_DISSECTORS_CERT_CACHE_H

#include "dissectors/x509.h"

#define SCS_SHA256_LEN 32u

enum scs_digest_kind { SCS_DIGEST_SHA256, SCS_DIGEST_SHA1, SCS_DIGEST_MD5 };

/* A Name's text and the digest of its bytes, shared by all who mention it. */
struct scs_name_facts {
    const char *text, *sha256;
};

struct scs_arena *scs_cert_cache_arena(struct scs_cert_cache *cache);
/* scs_cert_cache_sha256 hashes the bytes of `data`. */
void scs_cert_cache_sha256(struct scs_cert_cache *cache, const struct scs_cursor *data, uint8_t out[SCS_SHA256_LEN]);
/* scs_cert_cache_hex gives a digest as hex in the cache's arena; NULL when libcrypto refuses it (MD5 in FIPS mode). */
const char *scs_cert_cache_hex(struct scs_cert_cache *cache, enum scs_digest_kind kind, const struct scs_cursor *data);
/* scs_cert_cache_find returns the facts kept under `sha256`, or NULL. */
const struct scs_cert_facts *scs_cert_cache_find(const struct scs_cert_cache *cache, const uint8_t sha256[SCS_SHA256_LEN]);
/* scs_cert_cache_add keeps them while there is room; the facts live in the cache's arena either way. */
void scs_cert_cache_add(struct scs_cert_cache *cache, const uint8_t sha256[SCS_SHA256_LEN], const struct scs_cert_facts *facts);
/* scs_cert_cache_name gives the facts of one Name element (header included). Never NULL. */
const struct scs_name_facts *scs_cert_cache_name(struct scs_cert_cache *cache, const struct scs_cursor *name);

#endif
