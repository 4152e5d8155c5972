/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices poll with the same certificate, every reply carries the same CA: each is read once. Keyed by
 * SHA-256, so that equal keys are equal bytes. libcrypto's algorithm objects are fetched once, because
 * fetching costs more than hashing a certificate.
 */
#include "dissectors/cert_cache.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mover.h"
#include "base/xalloc.h"

#define FIRST_SLOTS 64u

struct entry {
    uint8_t sha256[SCS_SHA256_LEN];
    const void *value; /* NULL: free */
};

/* Open addressing; at most half full, so that a search ends soon. */
struct table {
    struct entry *slots;
    uint32_t num_slots, num;
};

struct scs_cert_cache {
    struct scs_arena *arena;
    struct table certificates, names;
    EVP_MD *digests[3]; /* by enum scs_digest_kind */
    EVP_MD_CTX *hashing;
};

static struct entry *slot_of(const struct table *t, const uint8_t sha256[SCS_SHA256_LEN])
{
    uint32_t at;
    memcpy(&at, sha256, sizeof at);
    at &= t->num_slots - 1;
    while (t->slots[at].value != NULL && memcmp(t->slots[at].sha256, sha256, SCS_SHA256_LEN) != 0) {
        at = (at + 1) & (t->num_slots - 1);
    }
    return &t->slots[at];
}

static void table_init(struct table *t)
{
    *t = (struct table){.num_slots = FIRST_SLOTS, .slots = scs_xcalloc(FIRST_SLOTS, sizeof(struct entry))};
}

static void table_double(struct table *t)
{
    struct table larger = {.num_slots = t->num_slots * 2, .num = t->num};
    larger.slots = scs_xcalloc(larger.num_slots, sizeof *larger.slots);
    for (uint32_t i = 0; i < t->num_slots; i++) {
        if (t->slots[i].value != NULL) {
            *slot_of(&larger, t->slots[i].sha256) = t->slots[i];
        }
    }
    free(t->slots);
    *t = larger;
}

static void table_add(struct table *t, const uint8_t sha256[SCS_SHA256_LEN], const void *value)
{
    if (t->num == SCS_MAX_CERTIFICATE_CACHE) {
        return;
    }
    if (t->num * 2 >= t->num_slots) {
        table_double(t);
    }
    struct entry *e = slot_of(t, sha256);
    if (e->value == NULL) {
        t->num++;
        memcpy(e->sha256, sha256, SCS_SHA256_LEN);
        e->value = value;
    }
}

struct scs_cert_cache *scs_cert_cache_new(struct scs_arena *arena)
{
    static const char *const names[3] = {[SCS_DIGEST_SHA256] = "SHA256", [SCS_DIGEST_SHA1] = "SHA1", [SCS_DIGEST_MD5] = "MD5"};
    struct scs_cert_cache *cache = scs_xcalloc(1, sizeof *cache);
    cache->arena = arena;
    table_init(&cache->certificates);
    table_init(&cache->names);
    for (size_t i = 0; i < 3; i++) {
        cache->digests[i] = EVP_MD_fetch(NULL, names[i], NULL);
    }
    cache->hashing = EVP_MD_CTX_new();
    if (cache->hashing == NULL || cache->digests[SCS_DIGEST_SHA256] == NULL) {
        fputs("scepscope: libcrypto offers no SHA-256\n", stderr);
        abort(); /* as for memory: nothing can be done without it, and no input brings it about */
    }
    return cache;
}

void scs_cert_cache_free(struct scs_cert_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        EVP_MD_free(cache->digests[i]);
    }
    EVP_MD_CTX_free(cache->hashing);
    free(cache->certificates.slots);
    free(cache->names.slots);
    free(cache);
}

struct scs_arena *scs_cert_cache_arena(struct scs_cert_cache *cache)
{
    return cache->arena;
}

/* Returns the digest's length; 0 when it is not to be had. */
static unsigned hash(struct scs_cert_cache *cache, enum scs_digest_kind kind, const struct scs_cursor *data,
                     uint8_t out[EVP_MAX_MD_SIZE])
{
    unsigned len = 0;
    if (cache->digests[kind] == NULL || EVP_DigestInit_ex2(cache->hashing, cache->digests[kind], NULL) != 1 ||
        EVP_DigestUpdate(cache->hashing, data->p, data->len) != 1 || EVP_DigestFinal_ex(cache->hashing, out, &len) != 1) {
        return 0;
    }
    return len;
}

void scs_cert_cache_sha256(struct scs_cert_cache *cache, const struct scs_cursor *data, uint8_t out[SCS_SHA256_LEN])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (hash(cache, SCS_DIGEST_SHA256, data, digest) != SCS_SHA256_LEN) {
        fputs("scepscope: SHA-256 failed in libcrypto\n", stderr);
        abort();
    }
    memcpy(out, digest, SCS_SHA256_LEN);
}

const char *scs_cert_cache_hex(struct scs_cert_cache *cache, enum scs_digest_kind kind, const struct scs_cursor *data)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = hash(cache, kind, data, digest);
    return len == 0 ? NULL : scs_arena_hex(cache->arena, digest, len);
}

const struct scs_cert_facts *scs_cert_cache_find(const struct scs_cert_cache *cache, const uint8_t sha256[SCS_SHA256_LEN])
{
    return slot_of(&cache->certificates, sha256)->value;
}

void scs_cert_cache_add(struct scs_cert_cache *cache, const uint8_t sha256[SCS_SHA256_LEN], const struct scs_cert_facts *facts)
{
    table_add(&cache->certificates, sha256, facts);
}

const struct scs_name_facts *scs_cert_cache_name(struct scs_cert_cache *cache, const struct scs_cursor *name)
{
    uint8_t sha256[SCS_SHA256_LEN];
    scs_cert_cache_sha256(cache, name, sha256);
    const struct scs_name_facts *known = slot_of(&cache->names, sha256)->value;
    if (known != NULL) {
        return known;
    }
    struct scs_name_facts *facts = SCS_ARENA_NEW(cache->arena, struct scs_name_facts);
    facts->text = scs_x509_name(name, cache->arena);
    facts->sha256 = scs_arena_hex(cache->arena, sha256, sizeof sha256);
    table_add(&cache->names, sha256, facts);
    return facts;
}

/* A name is shared by those who took its texts, so it stays for as long as they do. */
static const struct scs_name_facts *settled_name(const struct scs_name_facts *old, struct scs_arena *arena,
                                                 const struct scs_mover *m)
{
    struct scs_name_facts now = {.text = scs_mover_find(m, old->text), .sha256 = scs_mover_find(m, old->sha256)};
    return now.text == NULL || now.sha256 == NULL ? NULL : scs_arena_dup(arena, &now, sizeof now);
}

void scs_cert_cache_settled(struct scs_cert_cache *cache, const struct scs_mover *m)
{
    struct table certificates = cache->certificates, names = cache->names;
    table_init(&cache->certificates);
    table_init(&cache->names);
    for (uint32_t i = 0; i < certificates.num_slots; i++) {
        const struct entry *e = &certificates.slots[i];
        const void *value = e->value == NULL ? NULL : scs_mover_find(m, e->value);
        if (value != NULL) {
            table_add(&cache->certificates, e->sha256, value);
        }
    }
    for (uint32_t i = 0; i < names.num_slots; i++) {
        const struct entry *e = &names.slots[i];
        const void *value = e->value == NULL ? NULL : settled_name(e->value, cache->arena, m);
        if (value != NULL) {
            table_add(&cache->names, e->sha256, value);
        }
    }
    free(certificates.slots);
    free(names.slots);
}
