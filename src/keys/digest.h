/* SPDX-License-Identifier: Apache-2.0 */
/* Digests by the names of dissectors/oid.c. libcrypto's algorithm objects are fetched once: fetching costs more than hashing. */
#ifndef SCS_KEYS_DIGEST_H
#define SCS_KEYS_DIGEST_H

#include "scepscope/cursor.h"

#define SCS_MAX_DIGEST 64u

struct scs_digests;

struct scs_digests *scs_digests_new(void);
void scs_digests_free(struct scs_digests *d); /* NULL is fine */
/*
 * scs_digests_hash writes the digest of `data` and returns its length; 0 for a name that is not known ("md2"), or that
 * libcrypto refuses (MD5 in FIPS mode).
 */
size_t scs_digests_hash(struct scs_digests *d, const char *name, const struct scs_cursor *data, uint8_t out[SCS_MAX_DIGEST]);
/* scs_digest_known returns our own constant copy of a name; NULL when it is not known. */
const char *scs_digest_known(const char *name);
/* scs_digest_libcrypto: libcrypto's name for ours; NULL when not known. */
const char *scs_digest_libcrypto(const char *name);

#endif
