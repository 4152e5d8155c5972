/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hex.h"
#include "tls/opener.h"
#include "tls/schedule.h"
#include "tls_vectors.h"

#define MAX_OUT 20000u

/* ---- helpers ----------------------------------------------------------------------------------------- */

static struct scs_secret secret_of(const char *hex)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_secret secret = {.len = (uint8_t)len};
    memcpy(secret.bytes, bytes, len);
    free(bytes);
    return secret;
}

static struct scs_tls_opener *opener_of(const struct tls_vector *v, bool from_server)
{
    const struct scs_tls_suite *suite = scs_tls_suite_find(v->suite);
    assert_non_null(suite);
    if (v->version == 0x0304) {
        struct scs_secret secret = secret_of(from_server ? v->server_handshake : v->client_traffic);
        return scs_tls_opener_13(suite, &secret);
    }
    size_t len;
    uint8_t *master = test_hex(v->master, &len), *client = test_hex(v->client_random, &len),
            *server = test_hex(v->server_random, &len);
    struct scs_tls_opener *o = scs_tls_opener_12(suite, v->version, master, client, server, from_server, v->encrypt_then_mac);
    free(master);
    free(client);
    free(server);
    return o;
}

/* Opens one record; when it opens, its plaintext must be as the vector says. */
static enum scs_tls_opened open_record(struct scs_tls_opener *o, const struct tls_vector_record *r)
{
    size_t len, plain_len;
    uint8_t *fragment = test_hex(r->fragment, &len), *plain = test_hex(r->plain, &plain_len), type = 0;
    struct scs_cursor c = scs_cursor_of(fragment, len);
    struct scs_buf out;
    uint64_t before = scs_tls_opener_get_sequence(o);

    scs_buf_init(&out, MAX_OUT);
    enum scs_tls_opened opened = scs_tls_open(o, r->type, r->version, &c, &out, &type);
    if (opened == SCS_TLS_OPENED) {
        assert_int_equal(type, r->inner_type);
        assert_int_equal(out.len, plain_len);
        if (plain_len != 0) {
            assert_memory_equal(out.p, plain, plain_len);
        }
    } else {
        assert_int_equal(out.len, 0);
    }
    assert_int_equal(scs_tls_opener_get_sequence(o), before + (opened == SCS_TLS_OPENED ? 1 : 0));
    scs_buf_cleanup(&out);
    free(fragment);
    free(plain);
    return opened;
}

static const struct tls_vector *vector_of(uint16_t suite, uint16_t version)
{
    for (size_t i = 0; i < num_tls_vectors; i++) {
        if (tls_vectors[i].suite == suite && tls_vectors[i].version == version) {
            return &tls_vectors[i];
        }
    }
    fail_msg("no vector of suite %04x", suite);
    return NULL;
}

static bool is_chained(const struct tls_vector *v)
{
    return v->version == 0x0301;
}

/* ---- real records ------------------------------------------------------------------------------------ */

/* Catches a wrong key block, IV, nonce, additional data, MAC, padding or sequence number of any kind of suite. */
static void opens_real_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_tls_vectors; i++) {
        const struct tls_vector *v = &tls_vectors[i];
        struct scs_tls_opener *client = opener_of(v, false), *server = opener_of(v, true);
        assert_non_null(client);
        assert_non_null(server);
        assert_int_equal(open_record(client, &v->client[0]), SCS_TLS_OPENED);
        assert_int_equal(open_record(client, &v->client[1]), SCS_TLS_OPENED);
        assert_int_equal(open_record(server, &v->server), SCS_TLS_OPENED);
        scs_tls_opener_free(client);
        scs_tls_opener_free(server);
    }
}

/* Catches keys of the wrong direction, and of the wrong order of MAC and encryption. */
static void other_keys_open_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_tls_vectors; i++) {
        struct tls_vector v = tls_vectors[i];
        struct scs_tls_opener *server = opener_of(&v, true);
        assert_int_equal(open_record(server, &v.client[0]), SCS_TLS_WRONG);
        scs_tls_opener_free(server);
        v.encrypt_then_mac = !v.encrypt_then_mac;
        struct scs_tls_opener *client = opener_of(&v, false);
        bool cbc = scs_tls_suite_bulk(scs_tls_suite_find(v.suite))->mode == SCS_TLS_CBC;
        enum scs_tls_opened opened = open_record(client, &v.client[0]);
        assert_true(cbc ? opened != SCS_TLS_OPENED : opened == SCS_TLS_OPENED);
        scs_tls_opener_free(client);
    }
}

/* Catches a MAC or tag that leaves out a byte of the record or of its header. */
static void every_byte_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_tls_vectors; i++) {
        const struct tls_vector *v = &tls_vectors[i];
        struct scs_tls_opener *o = opener_of(v, false);
        struct tls_vector_record r = v->client[0];
        char *damaged = strdup(r.fragment);
        for (size_t at = 0; at < strlen(damaged); at++) {
            damaged[at] = r.fragment[at] == '0' ? '8' : '0';
            r.fragment = damaged;
            assert_int_equal(open_record(o, &r), SCS_TLS_WRONG);
            r.fragment = v->client[0].fragment;
            damaged[at] = r.fragment[at];
        }
        free(damaged);
        r.version = 0x0300;
        assert_int_equal(open_record(o, &r), SCS_TLS_WRONG);
        r.version = v->client[0].version;
        r.type = 21;
        assert_int_equal(open_record(o, &r), v->version == 0x0304 ? SCS_TLS_DAMAGED : SCS_TLS_WRONG);
        assert_int_equal(open_record(o, &v->client[0]), SCS_TLS_OPENED); /* no failure left a trace */
        scs_tls_opener_free(o);
    }
}

/* Catches a read past the end of a record that is shorter than its IV, nonce, tag or MAC. */
static void every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_tls_vectors; i++) {
        const struct tls_vector *v = &tls_vectors[i];
        struct scs_tls_opener *o = opener_of(v, false);
        struct tls_vector_record r = v->client[0];
        char *cut = strdup(r.fragment);
        r.fragment = cut;
        for (size_t len = strlen(cut); len >= 2; len -= 2) {
            cut[len - 2] = '\0';
            assert_int_not_equal(open_record(o, &r), SCS_TLS_OPENED);
        }
        assert_int_equal(open_record(o, &r), SCS_TLS_DAMAGED);
        free(cut);
        scs_tls_opener_free(o);
    }
}

/* Catches records longer than the protocol has, which would not fit where they are opened. */
static void too_long(void **state)
{
    (void)state;
    static const uint8_t zeros[16384 + 2048 + 1];
    struct scs_buf out;
    uint8_t type;
    scs_buf_init(&out, MAX_OUT);
    for (size_t i = 0; i < num_tls_vectors; i++) {
        struct scs_tls_opener *o = opener_of(&tls_vectors[i], false);
        struct scs_cursor c = scs_cursor_of(zeros, sizeof zeros), most = scs_cursor_of(zeros, sizeof zeros - 1);
        assert_int_equal(scs_tls_open(o, 23, 0x0303, &c, &out, &type), SCS_TLS_DAMAGED);
        assert_int_not_equal(scs_tls_open(o, 23, 0x0303, &most, &out, &type), SCS_TLS_OPENED);
        scs_tls_opener_free(o);
    }
    assert_int_equal(out.len, 0);
    scs_buf_cleanup(&out);
}

/* Catches a claim that a direction goes on after lost records when it does not, and the reverse. */
static void lost_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_tls_vectors; i++) {
        const struct tls_vector *v = &tls_vectors[i];
        struct scs_tls_opener *o = opener_of(v, false);
        assert_int_equal(open_record(o, &v->client[1]), SCS_TLS_WRONG);
        scs_tls_opener_set_sequence(o, 1);
        assert_int_equal(scs_tls_opener_survives_loss(o), !is_chained(v));
        /* With encrypt-then-MAC the MAC fits even so: the text is not as it was, or its padding is wrong. */
        if (scs_tls_opener_survives_loss(o)) {
            assert_int_equal(open_record(o, &v->client[1]), SCS_TLS_OPENED);
            assert_int_equal(scs_tls_opener_get_sequence(o), 2);
        } else if (!v->encrypt_then_mac) {
            assert_int_equal(open_record(o, &v->client[1]), SCS_TLS_WRONG);
        }
        scs_tls_opener_free(o);
    }
}

/* Catches a KeyUpdate that derives the wrong secret, keeps the old key, or goes on counting. */
static void key_update(void **state)
{
    (void)state;
    struct scs_secret secret = secret_of(tls_key_update_secret);
    struct scs_tls_opener *o = scs_tls_opener_13(scs_tls_suite_find(0x1302), &secret);
    for (size_t i = 0; i < num_tls_key_update_records; i++) {
        const struct tls_vector_record *r = &tls_key_update_records[i];
        assert_int_equal(open_record(o, r), SCS_TLS_OPENED);
        if (r->inner_type == 22) {
            assert_int_equal(open_record(o, &tls_key_update_records[i + 1]), SCS_TLS_WRONG);
            scs_tls_opener_update(o);
            assert_int_equal(scs_tls_opener_get_sequence(o), 0);
        }
    }
    scs_tls_opener_free(o);
}

/* ---- records made here ------------------------------------------------------------------------------- */

/* Seals `text` as a record of TLS 1.3 or of 1.2 with AEAD, with all-zero explicit nonce and sequence number 0. */
static size_t seal_aead(const struct tls_vector *v, const uint8_t *text, size_t len, uint8_t out[64])
{
    const struct scs_tls_suite *suite = scs_tls_suite_find(v->suite);
    const struct scs_tls_bulk *bulk = scs_tls_suite_bulk(suite);
    struct scs_tls_keys keys = {.mac = {0}};
    size_t explicit_len = v->version == 0x0304 || bulk->salt_len == 12 ? 0 : 8, n;
    uint8_t randoms[64], header[13] = {0}, *aad = header;
    int aad_len = sizeof header, done = 0, ignored;

    if (v->version == 0x0304) {
        struct scs_secret secret = secret_of(v->client_traffic);
        assert_true(scs_tls_traffic_keys(suite, &secret, &keys));
        aad_len = 5;
        memcpy(header, (uint8_t[]){23, 3, 3, 0, (uint8_t)(len + bulk->tag_len)}, 5);
    } else {
        uint8_t *master = test_hex(v->master, &n), *client = test_hex(v->client_random, &n),
                *server = test_hex(v->server_random, &n);
        memcpy(randoms, server, 32);
        memcpy(randoms + 32, client, 32);
        assert_true(scs_tls_key_block(suite, v->version, master, randoms, false, &keys));
        free(master);
        free(client);
        free(server);
        memcpy(header + 8, (uint8_t[]){23, 3, 3, 0, (uint8_t)len}, 5);
    }
    memset(out, 0, explicit_len);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, bulk->evp, NULL);
    assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, NULL, NULL), 1);
    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL);
    if (bulk->mode == SCS_TLS_CCM) {
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, bulk->tag_len, NULL);
    }
    assert_int_equal(EVP_EncryptInit_ex(ctx, NULL, NULL, keys.key, keys.iv), 1);
    if (bulk->mode == SCS_TLS_CCM) {
        assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &ignored, NULL, (int)len), 1);
    }
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &ignored, aad, aad_len), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out + explicit_len, &done, text, (int)len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out + explicit_len + done, &ignored), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, bulk->tag_len, out + explicit_len + len), 1);
    EVP_CIPHER_free(cipher);
    EVP_CIPHER_CTX_free(ctx);
    return explicit_len + len + bulk->tag_len;
}

static enum scs_tls_opened open_sealed(const struct tls_vector *v, const void *text, size_t len, struct scs_buf *out,
                                       uint8_t *type)
{
    uint8_t sealed[64];
    struct scs_cursor c = scs_cursor_of(sealed, seal_aead(v, text, len, sealed));
    struct scs_tls_opener *o = opener_of(v, false);
    enum scs_tls_opened opened = scs_tls_open(o, 23, 0x0303, &c, out, type);
    scs_tls_opener_free(o);
    return opened;
}

/* Catches an empty record that is refused (some senders keep a connection alive so), or whose tag nobody checks. */
static void empty_records(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x009c, 0xc030, 0xcca8, 0xc09c, 0xc0a3};
    static const uint8_t nothing[64];
    struct scs_buf out;
    uint8_t type = 0;

    scs_buf_init(&out, MAX_OUT);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        const struct tls_vector *v = vector_of(suites[i], 0x0303);
        struct scs_tls_opener *o = opener_of(v, false);
        const struct scs_tls_bulk *bulk = scs_tls_suite_bulk(scs_tls_suite_find(v->suite));
        struct scs_cursor forged = scs_cursor_of(nothing, (bulk->salt_len == 12 ? 0u : 8u) + bulk->tag_len);
        assert_int_equal(scs_tls_open(o, 23, 0x0303, &forged, &out, &type), SCS_TLS_WRONG);
        scs_tls_opener_free(o);
        assert_int_equal(open_sealed(v, "", 0, &out, &type), SCS_TLS_OPENED);
        assert_int_equal(type, 23);
    }
    assert_int_equal(out.len, 0);
    scs_buf_cleanup(&out);
}

/* Catches padding that stays in the text, or text whose own zeros are taken for padding; RFC 8446 5.4. */
static void inner_type_and_padding(void **state)
{
    (void)state;
    static const uint8_t padded[] = {'a', 0, 'b', 0, 23, 0, 0, 0}, only_type[] = {21}, only_zeros[] = {0, 0, 0};
    const struct tls_vector *v = vector_of(0x1301, 0x0304);
    struct scs_buf out;
    uint8_t type = 0;

    scs_buf_init(&out, MAX_OUT);
    assert_int_equal(open_sealed(v, padded, sizeof padded, &out, &type), SCS_TLS_OPENED);
    assert_int_equal(type, 23);
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.p, "a\0b", 4);
    assert_int_equal(open_sealed(v, only_type, sizeof only_type, &out, &type), SCS_TLS_OPENED);
    assert_int_equal(type, 21);
    assert_int_equal(open_sealed(v, only_zeros, sizeof only_zeros, &out, &type), SCS_TLS_DAMAGED);
    assert_int_equal(out.len, 4);
    scs_buf_cleanup(&out);
}

/* Seals 8 bytes as a TLS 1.1 record of 3DES-CBC with SHA-1, its padding as given: MAC before encryption, IV of zeros. */
static size_t seal_cbc(const struct tls_vector *v, const uint8_t *padding, size_t padding_len, uint8_t out[512])
{
    const struct scs_tls_suite *suite = scs_tls_suite_find(v->suite);
    struct scs_tls_keys keys = {.mac = {0}};
    size_t n, mac_len = 0;
    uint8_t randoms[64], text[512] = {0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 2, 0, 8, 'm', 'e', 's', 's', 'a', 'g', 'e', 's'};
    uint8_t *master = test_hex(v->master, &n), *client = test_hex(v->client_random, &n), *server = test_hex(v->server_random, &n);
    int len;

    memcpy(randoms, server, 32);
    memcpy(randoms + 32, client, 32);
    assert_true(scs_tls_key_block(suite, v->version, master, randoms, false, &keys));
    assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, keys.mac, 20, text, 21, text + 21, 20, &mac_len));
    memcpy(text + 41, padding, padding_len);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    memset(out, 0, 8);
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_des_ede3_cbc(), NULL, keys.key, out), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, out + 8, &len, text + 13, (int)(28 + padding_len)), 1);
    EVP_CIPHER_CTX_free(ctx);
    free(master);
    free(client);
    free(server);
    return 8 + (size_t)len;
}

static enum scs_tls_opened open_padded(const uint8_t *padding, size_t padding_len)
{
    uint8_t sealed[512], type;
    const struct tls_vector *v = vector_of(0x000a, 0x0302);
    struct scs_cursor c = scs_cursor_of(sealed, seal_cbc(v, padding, padding_len, sealed));
    struct scs_tls_opener *o = opener_of(v, false);
    struct scs_buf out;
    scs_buf_init(&out, MAX_OUT);
    enum scs_tls_opened opened = scs_tls_open(o, 23, 0x0302, &c, &out, &type);
    assert_int_equal(out.len, opened == SCS_TLS_OPENED ? 8 : 0);
    assert_true(opened != SCS_TLS_OPENED || memcmp(out.p, "messages", 8) == 0);
    scs_buf_cleanup(&out);
    scs_tls_opener_free(o);
    return opened;
}

/* Catches padding of one block at most (senders may pad up to 255 bytes), and padding that is not checked. */
static void cbc_padding(void **state)
{
    (void)state;
    uint8_t padding[256];
    for (size_t len = 4; len <= 252; len += 8) { /* 8 bytes of text and 20 of MAC: whole blocks with 4, 12, ... */
        memset(padding, (int)len - 1, len);
        assert_int_equal(open_padded(padding, len), SCS_TLS_OPENED);
        padding[0] ^= 1;
        assert_int_equal(open_padded(padding, len), SCS_TLS_WRONG);
    }
    memset(padding, 255, 4); /* says more than there is */
    assert_int_equal(open_padded(padding, 4), SCS_TLS_WRONG);
    memset(padding, 31, 4); /* takes the whole record */
    assert_int_equal(open_padded(padding, 4), SCS_TLS_WRONG);
    memset(padding, 0, 4); /* one byte of padding: then the MAC is not where it should be */
    assert_int_equal(open_padded(padding, 4), SCS_TLS_WRONG);
}

/* ---- suites ------------------------------------------------------------------------------------------ */

/* Catches openers for what cannot be opened, and keys of a suite in a version that does not have it. */
static void refuses(void **state)
{
    (void)state;
    static const uint8_t zeros[48];
    struct scs_secret secret = {.len = 32};
    const struct scs_tls_suite *gcm = scs_tls_suite_find(0x009c), *cbc = scs_tls_suite_find(0x002f),
                               *rc4 = scs_tls_suite_find(0x0005), *gcm13 = scs_tls_suite_find(0x1302);

    assert_null(scs_tls_opener_12(gcm, 0x0302, zeros, zeros, zeros, false, false));   /* AEAD needs TLS 1.2 */
    assert_null(scs_tls_opener_12(cbc, 0x0300, zeros, zeros, zeros, false, false));   /* SSL 3.0 */
    assert_null(scs_tls_opener_12(cbc, 0x0304, zeros, zeros, zeros, false, false));   /* TLS 1.3 */
    assert_null(scs_tls_opener_12(cbc, 0xfefd, zeros, zeros, zeros, false, false));   /* DTLS */
    assert_null(scs_tls_opener_12(rc4, 0x0303, zeros, zeros, zeros, false, false));   /* named only */
    assert_null(scs_tls_opener_12(gcm13, 0x0303, zeros, zeros, zeros, false, false)); /* a suite of TLS 1.3 */
    assert_null(scs_tls_opener_13(gcm13, &secret));                                   /* SHA-384 has 48 bytes */
    assert_null(scs_tls_opener_13(gcm, &secret));
    scs_tls_opener_free(NULL);
}

/* Catches a row in the wrong place, which the search would not find, and a row whose columns contradict its name. */
static void table(void **state)
{
    (void)state;
    unsigned found = 0;
    for (unsigned number = 0; number <= 0xffff; number++) {
        const struct scs_tls_suite *suite = scs_tls_suite_find((uint16_t)number);
        assert_true((suite == NULL) == (scs_tls_suite_name((uint16_t)number) == NULL));
        if (suite == NULL) {
            continue;
        }
        found++;
        const struct scs_tls_bulk *bulk = scs_tls_suite_bulk(suite);
        const char *name = suite->name;
        assert_int_equal(suite->number, number);
        assert_int_equal(strncmp(name, "TLS_", 4), 0);
        assert_true(!scs_tls_suite_supported(suite) || strstr(name, bulk->key_len == 16 ? "128" : "") != NULL);
        assert_int_equal(strstr(name, "_CBC_") != NULL && scs_tls_suite_supported(suite), bulk->mode == SCS_TLS_CBC);
        assert_int_equal(strstr(name, "_GCM_") != NULL, bulk->mode == SCS_TLS_GCM);
        assert_int_equal(strstr(name, "_CCM") != NULL, bulk->mode == SCS_TLS_CCM);
        assert_int_equal(strstr(name, "_CCM_8") != NULL, bulk->mode == SCS_TLS_CCM && bulk->tag_len == 8);
        assert_int_equal(strstr(name, "_CHACHA20_") != NULL, bulk->mode == SCS_TLS_CHACHA);
        assert_int_equal(strstr(name, "_AES_256") != NULL, bulk->key_len == 32 && strstr(bulk->evp, "AES-256") != NULL);
        assert_int_equal(strstr(name, "_SHA384") != NULL, strcmp(scs_tls_suite_hash(suite), "SHA384") == 0);
        assert_int_equal(scs_tls_suite_hash_len(suite), strcmp(scs_tls_suite_hash(suite), "SHA384") == 0 ? 48 : 32);
    }
    assert_int_equal(found, 225); /* rows of the table: none was passed over */
}

/* Catches a name that is shifted against its number, and a key exchange that a private key is said to open. */
static void names(void **state)
{
    (void)state;
    static const struct {
        uint16_t number;
        const char *name, *key_exchange;
        bool supported;
    } known[] = {
        {0x0005, "TLS_RSA_WITH_RC4_128_SHA", "RSA", false},
        {0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", "RSA", true},
        {0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "DHE", true},
        {0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA", "DH_anon", true},
        {0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA", "PSK", true},
        {0x00ac, "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", "RSA_PSK", true},
        {0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "none", false},
        {0x1301, "TLS_AES_128_GCM_SHA256", "TLS 1.3", true},
        {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE", true},
        {0xc031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", "ECDH", true},
        {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE", true},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct scs_tls_suite *suite = scs_tls_suite_find(known[i].number);
        assert_non_null(suite);
        assert_string_equal(scs_tls_suite_name(known[i].number), known[i].name);
        assert_string_equal(scs_tls_suite_key_exchange(suite), known[i].key_exchange);
        assert_int_equal(scs_tls_suite_supported(suite), known[i].supported);
    }
    assert_null(scs_tls_suite_name(0x0a0a)); /* GREASE, RFC 8701 */
    assert_null(scs_tls_suite_find(0xffff));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_real_records),
        cmocka_unit_test(other_keys_open_nothing),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(every_length),
        cmocka_unit_test(too_long),
        cmocka_unit_test(lost_records),
        cmocka_unit_test(key_update),
        cmocka_unit_test(empty_records),
        cmocka_unit_test(inner_type_and_padding),
        cmocka_unit_test(cbc_padding),
        cmocka_unit_test(refuses),
        cmocka_unit_test(table),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
