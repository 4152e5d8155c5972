/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates (RFC 5280) read by the tolerant BER cursor, and a cache that shares their facts. */
#ifndef SCS_DISSECTORS_X509_H
#define SCS_DISSECTORS_X509_H

#include "base/arena.h"
#include "scepscope/facts.h"

/* Facts of certificates already met, by SHA-256 of their bytes; at most SCS_MAX_CERTIFICATE_CACHE. */
struct scs_cert_cache;
struct scs_mover;

/* scs_cert_cache_new: shared facts live in `arena` (borrowed), which outlives every use of them. */
struct scs_cert_cache *scs_cert_cache_new(struct scs_arena *arena);
void scs_cert_cache_free(struct scs_cert_cache *cache);
/* scs_cert_cache_settled: the arena turned (base/mover.h), and `m` is settled. What nobody needed leaves. */
void scs_cert_cache_settled(struct scs_cert_cache *cache, const struct scs_mover *m);

/*
 * scs_x509_read reads one Certificate, exactly the bytes of `in`, through the cache. NULL when it is no
 * certificate at all; a cut one gives what could be read, with SCS_CERT_INCOMPLETE.
 */
const struct scs_cert_facts *scs_x509_read(const struct scs_cursor *in, struct scs_cert_cache *cache);
/*
 * scs_x509_name writes a Name in encoded order, "DC=local, DC=fourthcoffee, CN=FourthCoffee CA"; RFC 4514
 * escapes. `name` is the whole element or its contents.
 */
const char *scs_x509_name(const struct scs_cursor *name, struct scs_arena *arena);
/* scs_x509_time reads UTCTime or GeneralizedTime contents to seconds since the epoch. */
bool scs_x509_time(const struct scs_cursor *contents, bool generalized, int64_t *out);
/* scs_x509_judge_roles sets role in copies of the facts, judged together as one GetCACert answer. */
const struct scs_cert_facts *const *scs_x509_judge_roles(const struct scs_cert_facts *const *certificates, uint32_t num,
                                                         struct scs_arena *arena);

#endif
