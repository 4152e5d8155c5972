/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/schedule.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#define RANDOM_LEN    32u
#define MAX_SEED      64u /* two randoms, or a session hash */
#define MAX_LABEL     32u
#define MAX_KEY_BLOCK (2u * sizeof(struct scs_tls_keys))

/* OpenSSL's parameters take pointers to what they only read. */
static OSSL_PARAM octets(const char *name, const void *data, size_t len)
{
    return (OSSL_PARAM){.key = name, .data_type = OSSL_PARAM_OCTET_STRING, .data = (void *)(uintptr_t)data, .data_size = len};
}

static OSSL_PARAM text(const char *name, const char *value)
{
    return (OSSL_PARAM){
        .key = name, .data_type = OSSL_PARAM_UTF8_STRING, .data = (void *)(uintptr_t)value, .data_size = strlen(value)};
}

static bool derive(const char *kdf_name, const OSSL_PARAM params[], uint8_t *out, size_t out_len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    bool ok = ctx != NULL && EVP_KDF_derive(ctx, out, out_len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

bool scs_tls_prf(const struct scs_tls_suite *suite, uint16_t version, const struct scs_cursor *secret, const char *label,
                 const struct scs_cursor *seed, uint8_t *out, size_t out_len)
{
    uint8_t whole_seed[MAX_LABEL + MAX_SEED];
    size_t label_len = strlen(label), seed_len = seed->len;
    struct scs_cursor rest = *seed;

    assert(label_len <= MAX_LABEL);
    memcpy(whole_seed, label, label_len);
    if (seed_len > MAX_SEED || !scs_cursor_copy(&rest, whole_seed + label_len, seed_len)) {
        return false;
    }
    /* OpenSSL splits the secret in halves for MD5 and SHA-1 when told this name. */
    const OSSL_PARAM params[] = {
        text(OSSL_KDF_PARAM_DIGEST, version >= 0x0303 ? scs_tls_suite_hash(suite) : "MD5-SHA1"),
        octets(OSSL_KDF_PARAM_SECRET, secret->p, secret->len),
        octets(OSSL_KDF_PARAM_SEED, whole_seed, label_len + seed_len),
        OSSL_PARAM_END,
    };
    return derive("TLS1-PRF", params, out, out_len);
}

bool scs_tls_key_block(const struct scs_tls_suite *suite, uint16_t version, const uint8_t master[48],
                       const uint8_t randoms[2 * RANDOM_LEN], bool from_server, struct scs_tls_keys *out)
{
    const struct scs_tls_bulk *bulk = scs_tls_suite_bulk(suite);
    bool cbc = bulk->mode == SCS_TLS_CBC;
    size_t mac_len = cbc ? scs_tls_suite_mac_len(suite) : 0;
    /* RFC 4346 6.3: from TLS 1.1 on, CBC has its IV in each record. */
    size_t iv_len = !cbc ? bulk->salt_len : version == 0x0301 ? bulk->block_len : 0;
    size_t side = from_server ? 1 : 0;
    uint8_t block[MAX_KEY_BLOCK];
    struct scs_cursor secret = scs_cursor_of(master, 48), seed = scs_cursor_of(randoms, (size_t)2 * RANDOM_LEN);
    struct scs_cursor c = scs_cursor_of(block, 2 * (mac_len + bulk->key_len + iv_len));

    /* client MAC, server MAC, client key, server key, client IV, server IV */
    bool ok = scs_tls_prf(suite, version, &secret, "key expansion", &seed, block, c.len) && scs_cursor_skip(&c, side * mac_len) &&
              scs_cursor_copy(&c, out->mac, mac_len) && scs_cursor_skip(&c, (1 - side) * mac_len + side * bulk->key_len) &&
              scs_cursor_copy(&c, out->key, bulk->key_len) && scs_cursor_skip(&c, (1 - side) * bulk->key_len + side * iv_len) &&
              scs_cursor_copy(&c, out->iv, iv_len);
    OPENSSL_cleanse(block, sizeof block);
    return ok;
}

bool scs_tls_master_12(const struct scs_tls_suite *suite, uint16_t version, const uint8_t *premaster, size_t premaster_len,
                       const uint8_t client_random[32], const uint8_t server_random[32], const uint8_t *session_hash,
                       size_t session_hash_len, uint8_t out[48])
{
    struct scs_cursor secret = scs_cursor_of(premaster, premaster_len), seed = scs_cursor_of(session_hash, session_hash_len);
    uint8_t randoms[2 * RANDOM_LEN];

    if (session_hash != NULL) { /* RFC 7627 4 */
        return scs_tls_prf(suite, version, &secret, "extended master secret", &seed, out, 48);
    }
    memcpy(randoms, client_random, RANDOM_LEN);
    memcpy(randoms + RANDOM_LEN, server_random, RANDOM_LEN);
    seed = scs_cursor_of(randoms, sizeof randoms);
    return scs_tls_prf(suite, version, &secret, "master secret", &seed, out, 48);
}

bool scs_tls_expand_label(const struct scs_tls_suite *suite, const struct scs_secret *secret, const char *label, uint8_t *out,
                          size_t out_len)
{
    const OSSL_PARAM params[] = {
        text(OSSL_KDF_PARAM_DIGEST, scs_tls_suite_hash(suite)),
        text(OSSL_KDF_PARAM_MODE, "EXPAND_ONLY"),
        octets(OSSL_KDF_PARAM_KEY, secret->bytes, secret->len),
        octets(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
        octets(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
        octets(OSSL_KDF_PARAM_DATA, "", 0),
        OSSL_PARAM_END,
    };
    return secret->len == scs_tls_suite_hash_len(suite) && derive("TLS13-KDF", params, out, out_len);
}

bool scs_tls_traffic_keys(const struct scs_tls_suite *suite, const struct scs_secret *traffic, struct scs_tls_keys *out)
{
    return scs_tls_expand_label(suite, traffic, "key", out->key, scs_tls_suite_bulk(suite)->key_len) &&
           scs_tls_expand_label(suite, traffic, "iv", out->iv, 12);
}

bool scs_tls_next_traffic(const struct scs_tls_suite *suite, struct scs_secret *traffic)
{
    struct scs_secret next = *traffic;
    bool ok = scs_tls_expand_label(suite, traffic, "traffic upd", next.bytes, traffic->len);
    if (ok) {
        *traffic = next;
    }
    OPENSSL_cleanse(&next, sizeof next);
    return ok;
}
