/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keyring.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/ber.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "dissectors/cert_cache.h"
#include "dissectors/x509_parts.h"
#include "keys/digest.h"
#include "keys/keyring_parts.h"

struct scs_keyring *scs_keyring_new(struct scs_arena *keep)
{
    struct scs_keyring *k = scs_xcalloc(1, sizeof *k);
    k->keep = keep;
    k->certs = scs_cert_cache_new(keep);
    /* Loading one provider by name leaves out the default one, so both are named. Legacy has DES and old PKCS #12's RC2. */
    k->standard = OSSL_PROVIDER_load(NULL, "default");
    k->legacy = OSSL_PROVIDER_load(NULL, "legacy");
    ERR_clear_error();
    return k;
}

void scs_keyring_free(struct scs_keyring *k)
{
    if (k == NULL) {
        return;
    }
    for (uint32_t i = 0; i < k->num; i++) {
        EVP_PKEY_free(k->keys[i]); /* clears what is private */
    }
    if (k->legacy != NULL) {
        OSSL_PROVIDER_unload(k->legacy);
    }
    if (k->standard != NULL) {
        OSSL_PROVIDER_unload(k->standard);
    }
    scs_cert_cache_free(k->certs);
    free(k);
}

bool scs_keyring_add(struct scs_keyring *k, const char *path, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    struct scs_cursor spki = scs_cursor_of(der, len > 0 ? (size_t)len : 0), c = spki;
    const char *sha256 = len > 0 ? scs_cert_cache_hex(k->certs, SCS_DIGEST_SHA256, &spki) : NULL;
    struct scs_cert_facts facts = {.key = NULL};
    struct scs_ber e;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &e) == SCS_OK) {
        scs_x509_key(&e.contents, k->keep, &facts);
    }
    OPENSSL_free(der);
    bool known = sha256 != NULL && scs_keyring_find(k, sha256) >= 0;
    if (known || k->num == SCS_MAX_KEYS) {
        EVP_PKEY_free(key);
        return known;
    }
    k->facts[k->num] = (struct scs_key_facts){.path = scs_arena_strdup(k->keep, path), .key = facts.key, .spki_sha256 = sha256};
    k->modulus_len[k->num] = facts.key_type == SCS_KEY_RSA ? (facts.key_bits + 7) / 8 : 0;
    k->keys[k->num++] = key;
    return true;
}

uint32_t scs_keyring_num(const struct scs_keyring *k)
{
    return k == NULL ? 0 : k->num;
}

const struct scs_key_facts *scs_keyring_facts(const struct scs_keyring *k)
{
    return k == NULL ? NULL : k->facts;
}

void scs_keyring_count(struct scs_keyring *k, uint32_t key)
{
    k->facts[key].num_opened++;
}

int scs_keyring_find(const struct scs_keyring *k, const char *spki_sha256)
{
    for (uint32_t i = 0; i < scs_keyring_num(k); i++) {
        if (spki_sha256 != NULL && scs_text_equal(k->facts[i].spki_sha256, spki_sha256)) {
            return (int)i;
        }
    }
    return -1;
}

uint32_t scs_keyring_modulus_len(const struct scs_keyring *k, uint32_t key)
{
    return k->modulus_len[key];
}

const struct scs_cert_facts *const *scs_keyring_certificates(const struct scs_keyring *k, uint32_t *num)
{
    *num = k->num_certificates;
    return k->certificates;
}

bool scs_keyring_has_legacy(const struct scs_keyring *k)
{
    return k->legacy != NULL;
}

/* ---- decryption ---------------------------------------------------------------------------------- */

static bool set_oaep(EVP_PKEY_CTX *ctx, const struct scs_wrapping *how)
{
    const char *digest = scs_digest_libcrypto(how->digest), *mask = scs_digest_libcrypto(how->mask_digest);
    if (digest == NULL || mask == NULL || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, digest, NULL) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mask, NULL) != 1) {
        return false;
    }
    if (how->label.len == 0) {
        return true;
    }
    /* set0: the context takes the copy. */
    void *label = OPENSSL_memdup(how->label.p, how->label.len);
    if (label == NULL || EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)how->label.len) != 1) {
        OPENSSL_free(label);
        return false;
    }
    return true;
}

size_t scs_keyring_unwrap(const struct scs_keyring *k, uint32_t key, const struct scs_wrapping *how,
                          const struct scs_cursor *encrypted, uint8_t *out, size_t max)
{
    uint8_t plain[SCS_MAX_RSA_PRIVATE_BITS / 8];
    size_t len = sizeof plain;
    if (k->modulus_len[key] == 0 || k->modulus_len[key] > sizeof plain) {
        return 0;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->keys[key], NULL);
    bool ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1;
    ok = ok && (how->oaep ? set_oaep(ctx, how) : EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
    ok = ok && EVP_PKEY_decrypt(ctx, plain, &len, encrypted->p, encrypted->len) == 1 && len <= max;
    if (ok) {
        memcpy(out, plain, len);
    }
    OPENSSL_cleanse(plain, sizeof plain);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error(); /* a key that does not fit is an answer */
    return ok ? len : 0;
}
