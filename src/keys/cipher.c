/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AlgorithmIdentifier of CBC: OID, IV OCTET STRING                                                   RFC 3370 5, 3565 4.1
 * of GCM: OID, SEQUENCE { nonce OCTET STRING, ICVlen INTEGER DEFAULT 12 }                            RFC 5084 3.2
 */
#include "keys/cipher.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/ber.h"
#include "base/xalloc.h"
#include "dissectors/oid.h"

static const struct {
    const char *name, *libcrypto; /* of dissectors/oid.c; of EVP */
    uint8_t key_len, iv_len;      /* iv_len 0: any */
    bool gcm;
    const char *absent; /* said when libcrypto has none */
} rows[] = {
    {"aes-128-cbc", "AES-128-CBC", 16, 16, false, "this libcrypto has no aes-128-cbc"},
    {"aes-192-cbc", "AES-192-CBC", 24, 16, false, "this libcrypto has no aes-192-cbc"},
    {"aes-256-cbc", "AES-256-CBC", 32, 16, false, "this libcrypto has no aes-256-cbc"},
    {"aes-128-gcm", "AES-128-GCM", 16, 0, true, "this libcrypto has no aes-128-gcm"},
    {"aes-192-gcm", "AES-192-GCM", 24, 0, true, "this libcrypto has no aes-192-gcm"},
    {"aes-256-gcm", "AES-256-GCM", 32, 0, true, "this libcrypto has no aes-256-gcm"},
    {"des-ede3-cbc", "DES-EDE3-CBC", 24, 8, false, "this libcrypto has no des-ede3-cbc"},
    {"des-cbc", "DES-CBC", 8, 8, false, "DES needs OpenSSL's legacy provider, which is not installed"},
};
#define NUM_ROWS (sizeof rows / sizeof *rows)

enum { GCM_DEFAULT_TAG = 12, GCM_LONGEST_NONCE = 128 };

struct scs_ciphers {
    EVP_CIPHER *fetched[NUM_ROWS]; /* NULL: not offered */
};

struct scs_ciphers *scs_ciphers_new(void)
{
    struct scs_ciphers *c = scs_xcalloc(1, sizeof *c);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        c->fetched[i] = EVP_CIPHER_fetch(NULL, rows[i].libcrypto, NULL);
    }
    ERR_clear_error();
    return c;
}

void scs_ciphers_free(struct scs_ciphers *c)
{
    if (c != NULL) {
        for (size_t i = 0; i < NUM_ROWS; i++) {
            EVP_CIPHER_free(c->fetched[i]);
        }
        free(c);
    }
}

static bool read_gcm(struct scs_cursor params, struct scs_content_cipher *out)
{
    struct scs_ber sequence, e;
    int32_t tag_len = GCM_DEFAULT_TAG;
    if (scs_ber_expect(&params, SCS_BER_SEQUENCE, &sequence) != SCS_OK ||
        scs_ber_expect(&sequence.contents, SCS_BER_OCTET_STRING, &e) != SCS_OK) {
        return false;
    }
    out->iv = e.contents;
    if (scs_ber_expect(&sequence.contents, SCS_BER_INTEGER, &e) == SCS_OK && !scs_ber_small_int(&e.contents, &tag_len)) {
        return false;
    }
    out->tag_len = (uint32_t)tag_len;
    return tag_len >= 12 && tag_len <= 16 && out->iv.len != 0 && out->iv.len <= GCM_LONGEST_NONCE;
}

static bool read_cbc(struct scs_cursor params, size_t iv_len, struct scs_content_cipher *out)
{
    struct scs_ber e;
    if (scs_ber_expect(&params, SCS_BER_OCTET_STRING, &e) != SCS_OK) {
        return false;
    }
    out->iv = e.contents;
    return e.contents.len == iv_len;
}

const char *scs_cipher_read(const struct scs_ciphers *c, struct scs_cursor algorithm, struct scs_content_cipher *out)
{
    struct scs_ber whole, oid;
    *out = (struct scs_content_cipher){.row = NUM_ROWS};
    if (scs_ber_expect(&algorithm, SCS_BER_SEQUENCE, &whole) != SCS_OK ||
        scs_ber_expect(&whole.contents, SCS_BER_OID, &oid) != SCS_OK) {
        return "the content cipher cannot be read";
    }
    const char *name = scs_oid_known(&oid.contents);
    for (size_t i = 0; i < NUM_ROWS && name != NULL; i++) {
        if (strcmp(name, rows[i].name) == 0) {
            out->row = i;
        }
    }
    if (out->row == NUM_ROWS) {
        return "the content cipher is not known here";
    }
    if (c->fetched[out->row] == NULL) {
        return rows[out->row].absent;
    }
    out->key_len = rows[out->row].key_len;
    bool ok = rows[out->row].gcm ? read_gcm(whole.contents, out) : read_cbc(whole.contents, rows[out->row].iv_len, out);
    return ok ? NULL : "the parameters of the content cipher are damaged";
}

static bool set_up(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const struct scs_content_cipher *how, const uint8_t *key,
                   const struct scs_cursor *mac)
{
    if (how->tag_len == 0) {
        return EVP_DecryptInit_ex2(ctx, cipher, key, how->iv.p, NULL) == 1;
    }
    uint8_t tag[16];
    struct scs_cursor c = *mac;
    return mac->len == how->tag_len && scs_cursor_copy(&c, tag, mac->len) &&
           EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)how->iv.len, NULL) == 1 &&
           EVP_DecryptInit_ex2(ctx, NULL, key, how->iv.p, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)mac->len, tag) == 1;
}

bool scs_cipher_open(const struct scs_ciphers *c, const struct scs_content_cipher *how, const uint8_t *key,
                     const struct scs_cursor *encrypted, const struct scs_cursor *mac, const struct scs_cursor *aad, uint8_t *out,
                     size_t *len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int added = 0, first = 0, last = 0;
    bool ok = ctx != NULL && set_up(ctx, c->fetched[how->row], how, key, mac);
    if (ok && how->tag_len != 0 && aad->len != 0) {
        ok = EVP_DecryptUpdate(ctx, NULL, &added, aad->p, (int)aad->len) == 1;
    }
    /* Decryption writes at most what it read; `out` has room for that. */
    ok = ok && encrypted->len <= *len && EVP_DecryptUpdate(ctx, out, &first, encrypted->p, (int)encrypted->len) == 1 &&
         EVP_DecryptFinal_ex(ctx, out + first, &last) == 1;
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    *len = ok ? (size_t)first + (size_t)last : 0;
    return ok;
}
