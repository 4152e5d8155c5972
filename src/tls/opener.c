/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/opener.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tls/schedule.h"

#define TLS_1_0 0x0301u
#define TLS_1_2 0x0303u
#define TLS_1_3 0x0304u

#define APPLICATION_DATA 23u
/* RFC 5246 6.2.3: 2^14 of plaintext and 2048 for padding, MAC and IV; TLS 1.3 allows less. */
#define MAX_FRAGMENT   (16384u + 2048u)
#define NONCE_LEN      12u
#define EXPLICIT_NONCE 8u /* TLS 1.2 GCM and CCM, RFC 5288 3 */
#define MAX_BLOCK      16u
#define MAX_MAC        48u
#define PSEUDO_HEADER  13u /* sequence number, type, version, length */

struct scs_tls_opener {
    const struct scs_tls_suite *suite;
    const struct scs_tls_bulk *bulk;
    uint16_t version;
    bool encrypt_then_mac;
    uint64_t sequence;
    EVP_CIPHER_CTX *cipher; /* holds the key */
    EVP_MAC_CTX *mac;       /* CBC only */
    struct scs_tls_keys keys;
    struct scs_secret traffic; /* TLS 1.3 */
};

/* One record on its way through. */
struct record {
    uint8_t type;
    uint16_t version;
    struct scs_cursor fragment;
    uint8_t plain[MAX_FRAGMENT];
    size_t plain_len;
};

/* ---- making and releasing ---------------------------------------------------------------------------- */

static bool set_key(struct scs_tls_opener *o)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, o->bulk->evp, NULL);
    bool ok = cipher != NULL && EVP_DecryptInit_ex(o->cipher, cipher, NULL, NULL, NULL) == 1;
    EVP_CIPHER_free(cipher);
    if (ok && o->bulk->mode != SCS_TLS_CBC) {
        ok = EVP_CIPHER_CTX_ctrl(o->cipher, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN, NULL) == 1;
    }
    if (ok && o->bulk->mode == SCS_TLS_CCM) {
        ok = EVP_CIPHER_CTX_ctrl(o->cipher, EVP_CTRL_AEAD_SET_TAG, o->bulk->tag_len, NULL) == 1;
    }
    return ok && EVP_DecryptInit_ex(o->cipher, NULL, NULL, o->keys.key, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(o->cipher, 0) == 1;
}

static bool set_mac(struct scs_tls_opener *o)
{
    const char *digest = scs_tls_suite_mac(o->suite);
    const OSSL_PARAM params[] = {{.key = OSSL_MAC_PARAM_DIGEST,
                                  .data_type = OSSL_PARAM_UTF8_STRING,
                                  .data = (void *)(uintptr_t)digest, /* only read */
                                  .data_size = strlen(digest)},
                                 OSSL_PARAM_END};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    o->mac = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    return o->mac != NULL && EVP_MAC_CTX_set_params(o->mac, params) == 1;
}

static struct scs_tls_opener *opener_new(const struct scs_tls_suite *suite, uint16_t version)
{
    if (!scs_tls_suite_supported(suite) || !scs_tls_suite_fits(suite, version)) {
        return NULL;
    }
    struct scs_tls_opener *o = scs_xcalloc(1, sizeof *o);
    o->suite = suite;
    o->bulk = scs_tls_suite_bulk(suite);
    o->version = version;
    o->cipher = EVP_CIPHER_CTX_new();
    return o;
}

/* ends the making of an opener: NULL when OpenSSL would not */
static struct scs_tls_opener *made(struct scs_tls_opener *o, bool ok)
{
    if (ok) {
        return o;
    }
    scs_tls_opener_free(o);
    return NULL;
}

struct scs_tls_opener *scs_tls_opener_12(const struct scs_tls_suite *suite, uint16_t version, const uint8_t master[48],
                                         const uint8_t client_random[32], const uint8_t server_random[32], bool from_server,
                                         bool encrypt_then_mac)
{
    struct scs_tls_opener *o = version > TLS_1_2 ? NULL : opener_new(suite, version);
    if (o == NULL) {
        return NULL;
    }
    uint8_t randoms[64];
    memcpy(randoms, server_random, 32);
    memcpy(randoms + 32, client_random, 32);
    /* RFC 7366 3: of no consequence with anything but CBC. */
    o->encrypt_then_mac = encrypt_then_mac && o->bulk->mode == SCS_TLS_CBC;
    return made(o, o->cipher != NULL && scs_tls_key_block(suite, version, master, randoms, from_server, &o->keys) && set_key(o) &&
                       (o->bulk->mode != SCS_TLS_CBC || set_mac(o)));
}

struct scs_tls_opener *scs_tls_opener_13(const struct scs_tls_suite *suite, const struct scs_secret *traffic)
{
    struct scs_tls_opener *o = opener_new(suite, TLS_1_3);
    if (o == NULL) {
        return NULL;
    }
    o->traffic = *traffic;
    return made(o, o->cipher != NULL && scs_tls_traffic_keys(suite, &o->traffic, &o->keys) && set_key(o));
}

void scs_tls_opener_free(struct scs_tls_opener *o)
{
    if (o == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free(o->cipher);
    EVP_MAC_CTX_free(o->mac);
    OPENSSL_cleanse(o, sizeof *o);
    free(o);
}

/* ---- AEAD -------------------------------------------------------------------------------------------- */

static void put_be(uint8_t *out, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(value >> 8 * (n - 1 - i));
    }
}

/* What a MAC or tag of TLS 1.0 to 1.2 covers besides the text, RFC 5246 6.2.3.1 and 6.2.3.3. */
static void pseudo_header(const struct scs_tls_opener *o, const struct record *r, size_t len, uint8_t out[PSEUDO_HEADER])
{
    put_be(out, 8, o->sequence);
    out[8] = r->type;
    put_be(out + 9, 2, r->version);
    put_be(out + 11, 2, len);
}

/* RFC 8446 5.3 and RFC 7905 2: the IV with the sequence number laid over its end. */
static void implicit_nonce(const struct scs_tls_opener *o, uint8_t nonce[NONCE_LEN])
{
    memset(nonce, 0, NONCE_LEN);
    put_be(nonce + NONCE_LEN - 8, 8, o->sequence);
    for (size_t i = 0; i < NONCE_LEN; i++) {
        nonce[i] ^= o->keys.iv[i];
    }
}

/* Decrypts `text` to r->plain; true when the tag fits. */
static bool decrypt_aead(struct scs_tls_opener *o, struct record *r, const uint8_t nonce[NONCE_LEN], const struct scs_cursor *aad,
                         const struct scs_cursor *text, const struct scs_cursor *tag)
{
    EVP_CIPHER_CTX *ctx = o->cipher;
    uint8_t expected[MAX_BLOCK];
    struct scs_cursor c = *tag;
    int len = 0, ignored = 0;

    /* CCM wants the tag before the nonce, and the length of the text before all else (RFC 3610 2.2). */
    if (!scs_cursor_copy(&c, expected, tag->len) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)tag->len, expected) != 1 ||
        EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, nonce) != 1) {
        return false;
    }
    bool ccm = o->bulk->mode == SCS_TLS_CCM;
    if ((ccm && EVP_DecryptUpdate(ctx, NULL, &ignored, NULL, (int)text->len) != 1) ||
        EVP_DecryptUpdate(ctx, NULL, &ignored, aad->p, (int)aad->len) != 1 ||
        EVP_DecryptUpdate(ctx, r->plain, &len, text->p, (int)text->len) != 1) {
        return false;
    }
    r->plain_len = (size_t)len;
    return ccm || EVP_DecryptFinal_ex(ctx, r->plain, &ignored) == 1;
}

static enum scs_tls_opened open_aead_12(struct scs_tls_opener *o, struct record *r)
{
    struct scs_cursor c = r->fragment, text;
    uint8_t nonce[NONCE_LEN], header[PSEUDO_HEADER];

    if (o->bulk->salt_len == NONCE_LEN) {
        implicit_nonce(o, nonce);
    } else {
        memcpy(nonce, o->keys.iv, NONCE_LEN - EXPLICIT_NONCE);
        if (!scs_cursor_copy(&c, nonce + NONCE_LEN - EXPLICIT_NONCE, EXPLICIT_NONCE)) {
            return SCS_TLS_DAMAGED;
        }
    }
    if (c.len < o->bulk->tag_len || !scs_cursor_take(&c, c.len - o->bulk->tag_len, &text)) {
        return SCS_TLS_DAMAGED;
    }
    pseudo_header(o, r, text.len, header);
    struct scs_cursor aad = scs_cursor_of(header, sizeof header);
    return decrypt_aead(o, r, nonce, &aad, &text, &c) ? SCS_TLS_OPENED : SCS_TLS_WRONG;
}

/* RFC 8446 5.2: TLSInnerPlaintext is text, content type, and any number of zeros. */
static enum scs_tls_opened strip_inner(struct record *r)
{
    while (r->plain_len != 0 && r->plain[r->plain_len - 1] == 0) {
        r->plain_len--;
    }
    if (r->plain_len == 0) {
        return SCS_TLS_DAMAGED;
    }
    r->type = r->plain[--r->plain_len];
    return SCS_TLS_OPENED;
}

static enum scs_tls_opened open_aead_13(struct scs_tls_opener *o, struct record *r)
{
    struct scs_cursor c = r->fragment, text;
    uint8_t nonce[NONCE_LEN], header[5];

    /* Alerts and ChangeCipherSpec may go unprotected (RFC 8446 5 and 5.1): they are no record of these keys. */
    if (r->type != APPLICATION_DATA || c.len <= o->bulk->tag_len || !scs_cursor_take(&c, c.len - o->bulk->tag_len, &text)) {
        return SCS_TLS_DAMAGED;
    }
    implicit_nonce(o, nonce);
    header[0] = r->type;
    put_be(header + 1, 2, r->version);
    put_be(header + 3, 2, r->fragment.len);
    struct scs_cursor aad = scs_cursor_of(header, sizeof header);
    return decrypt_aead(o, r, nonce, &aad, &text, &c) ? strip_inner(r) : SCS_TLS_WRONG;
}

/* ---- CBC --------------------------------------------------------------------------------------------- */

/* Is `mac` the MAC of these bytes, the pseudo-header before them? */
static bool mac_fits(struct scs_tls_opener *o, const struct record *r, const struct scs_cursor *bytes,
                     const struct scs_cursor *mac)
{
    uint8_t header[PSEUDO_HEADER], computed[MAX_MAC];
    size_t len = 0;

    pseudo_header(o, r, bytes->len, header);
    return EVP_MAC_init(o->mac, o->keys.mac, scs_tls_suite_mac_len(o->suite), NULL) == 1 &&
           EVP_MAC_update(o->mac, header, sizeof header) == 1 && EVP_MAC_update(o->mac, bytes->p, bytes->len) == 1 &&
           EVP_MAC_final(o->mac, computed, &len, sizeof computed) == 1 && len == mac->len && memcmp(computed, mac->p, len) == 0;
}

/* RFC 5246 6.2.3.2: the last byte counts the bytes before it, which all have its value. */
static bool strip_padding(struct record *r)
{
    size_t padding = r->plain[r->plain_len - 1];
    if (padding >= r->plain_len) {
        return false;
    }
    for (size_t i = 2; i <= padding + 1; i++) {
        if (r->plain[r->plain_len - i] != padding) {
            return false;
        }
    }
    r->plain_len -= padding + 1;
    return true;
}

static bool strip_mac(struct scs_tls_opener *o, struct record *r)
{
    size_t mac_len = scs_tls_suite_mac_len(o->suite);
    struct scs_cursor c = scs_cursor_of(r->plain, r->plain_len), text;
    if (c.len < mac_len || !scs_cursor_take(&c, c.len - mac_len, &text) || !mac_fits(o, r, &text, &c)) {
        return false;
    }
    r->plain_len = text.len;
    return true;
}

static enum scs_tls_opened open_cbc(struct scs_tls_opener *o, struct record *r)
{
    size_t block = o->bulk->block_len, mac_len = scs_tls_suite_mac_len(o->suite);
    struct scs_cursor c = r->fragment, covered = c, text;
    uint8_t iv[MAX_BLOCK];
    int len = 0;

    if (o->encrypt_then_mac) { /* RFC 7366 3: the MAC stands outside and covers the IV too */
        if (c.len < mac_len || !scs_cursor_take(&c, c.len - mac_len, &covered)) {
            return SCS_TLS_DAMAGED;
        }
    }
    text = covered;
    memcpy(iv, o->keys.iv, block);
    if (o->version > TLS_1_0 && !scs_cursor_copy(&text, iv, block)) {
        return SCS_TLS_DAMAGED;
    }
    if (text.len == 0 || text.len % block != 0) {
        return SCS_TLS_DAMAGED;
    }
    if ((o->encrypt_then_mac && !mac_fits(o, r, &covered, &c)) || EVP_DecryptInit_ex(o->cipher, NULL, NULL, NULL, iv) != 1 ||
        EVP_DecryptUpdate(o->cipher, r->plain, &len, text.p, (int)text.len) != 1) {
        return SCS_TLS_WRONG;
    }
    r->plain_len = (size_t)len;
    if (!strip_padding(r) || (!o->encrypt_then_mac && !strip_mac(o, r))) {
        return SCS_TLS_WRONG;
    }
    if (o->version == TLS_1_0) { /* RFC 2246 6.2.3.2: the last block is the next record's IV */
        if (!scs_cursor_skip(&text, text.len - block) || !scs_cursor_copy(&text, o->keys.iv, block)) {
            return SCS_TLS_DAMAGED;
        }
    }
    return SCS_TLS_OPENED;
}

/* ---- records ----------------------------------------------------------------------------------------- */

enum scs_tls_opened scs_tls_open(struct scs_tls_opener *o, uint8_t type, uint16_t version, const struct scs_cursor *fragment,
                                 struct scs_buf *out, uint8_t *out_type)
{
    struct record r; /* large, and filled by OpenSSL: not zeroed */
    enum scs_tls_opened opened;

    if (fragment->len > MAX_FRAGMENT) {
        return SCS_TLS_DAMAGED;
    }
    r.type = type;
    r.version = version;
    r.fragment = *fragment;
    r.plain_len = 0;
    if (o->bulk->mode == SCS_TLS_CBC) {
        opened = open_cbc(o, &r);
    } else {
        opened = o->version == TLS_1_3 ? open_aead_13(o, &r) : open_aead_12(o, &r);
    }
    if (opened == SCS_TLS_OPENED) {
        scs_buf_add(out, r.plain, r.plain_len);
        *out_type = r.type;
        o->sequence++;
    }
    return opened;
}

uint64_t scs_tls_opener_get_sequence(const struct scs_tls_opener *o)
{
    return o->sequence;
}

void scs_tls_opener_set_sequence(struct scs_tls_opener *o, uint64_t sequence)
{
    o->sequence = sequence;
}

bool scs_tls_opener_survives_loss(const struct scs_tls_opener *o)
{
    return o->bulk->mode != SCS_TLS_CBC || o->version > TLS_1_0;
}

void scs_tls_opener_update(struct scs_tls_opener *o)
{
    /* What worked with the first secret works with the next; were it not so, records would say SCS_TLS_WRONG. */
    if (o->version == TLS_1_3 && scs_tls_next_traffic(o->suite, &o->traffic) &&
        scs_tls_traffic_keys(o->suite, &o->traffic, &o->keys) &&
        EVP_DecryptInit_ex(o->cipher, NULL, NULL, o->keys.key, NULL) == 1) {
        o->sequence = 0;
    }
}
