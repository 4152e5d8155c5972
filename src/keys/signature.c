/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/signature.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/ber.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "dissectors/oid.h"
#include "keys/rsa_params.h"

enum padding { PKCS1, PSS, ECDSA };

/* How a signature was made. */
struct scheme {
    enum padding padding;
    const char *digest, *mask_digest; /* constants of digest.c; the mask and the salt are PSS's */
    int32_t salt_len;
};

/* A key with its context, which stays set up for the scheme it was used with last. */
struct ready {
    char spki_sha256[65];
    EVP_PKEY *key;
    EVP_PKEY_CTX *verifying; /* NULL: not set up */
    struct scheme scheme;
};

struct scs_signatures {
    struct scs_digests *digests;
    EVP_PKEY_CTX *rsa, *ec; /* builders of keys */
    struct ready slots[SCS_MAX_PUBLIC_KEYS];
};

static EVP_PKEY_CTX *builder(const char *kind)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

struct scs_signatures *scs_signatures_new(struct scs_digests *digests)
{
    struct scs_signatures *s = scs_xcalloc(1, sizeof *s);
    s->digests = digests;
    s->rsa = builder("RSA");
    s->ec = builder("EC");
    return s;
}

static void release(struct ready *slot)
{
    EVP_PKEY_CTX_free(slot->verifying);
    EVP_PKEY_free(slot->key);
    *slot = (struct ready){.key = NULL};
}

void scs_signatures_free(struct scs_signatures *s)
{
    if (s != NULL) {
        for (size_t i = 0; i < SCS_MAX_PUBLIC_KEYS; i++) {
            release(&s->slots[i]);
        }
        EVP_PKEY_CTX_free(s->rsa);
        EVP_PKEY_CTX_free(s->ec);
        free(s);
    }
}

/* ---- keys ---------------------------------------------------------------------------------------- */

/* A positive INTEGER as libcrypto wants it: native byte order, at most `max` bytes; 0 when it is none. */
static size_t native_integer(struct scs_cursor contents, size_t max, unsigned char *out)
{
    uint8_t first;
    while (scs_cursor_peek(&contents, 0, &first) && first == 0 && scs_cursor_skip(&contents, 1)) {
    }
    if (contents.len == 0 || contents.len > max) {
        return 0;
    }
    BIGNUM *n = BN_bin2bn(contents.p, (int)contents.len, NULL);
    int len = n == NULL ? -1 : BN_bn2nativepad(n, out, (int)contents.len);
    BN_free(n);
    return len < 0 ? 0 : (size_t)len;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }                      RFC 8017 A.1.1 */
static EVP_PKEY *build_rsa(struct scs_signatures *s, struct scs_cursor bits)
{
    unsigned char modulus[SCS_MAX_RSA_BITS / 8], exponent[SCS_MAX_RSA_EXPONENT];
    struct scs_ber sequence, n, e;
    if (scs_ber_expect(&bits, SCS_BER_SEQUENCE, &sequence) != SCS_OK ||
        scs_ber_expect(&sequence.contents, SCS_BER_INTEGER, &n) != SCS_OK ||
        scs_ber_expect(&sequence.contents, SCS_BER_INTEGER, &e) != SCS_OK) {
        return NULL;
    }
    size_t modulus_len = native_integer(n.contents, sizeof modulus, modulus);
    size_t exponent_len = native_integer(e.contents, sizeof exponent, exponent);
    if (modulus_len == 0 || exponent_len == 0) {
        return NULL;
    }
    OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, modulus_len),
                           OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, exponent_len), OSSL_PARAM_construct_end()};
    EVP_PKEY *key = NULL;
    return EVP_PKEY_fromdata(s->rsa, &key, EVP_PKEY_PUBLIC_KEY, params) == 1 ? key : NULL;
}

static EVP_PKEY *build_ec(struct scs_signatures *s, struct scs_cursor parameters, struct scs_cursor point)
{
    unsigned char octets[256];
    char group[32];
    struct scs_ber oid;
    size_t len = point.len;
    const char *name = scs_ber_expect(&parameters, SCS_BER_OID, &oid) == SCS_OK ? scs_oid_known(&oid.contents) : NULL;
    if (name == NULL || strlen(name) >= sizeof group || len == 0 ||
        !scs_cursor_copy(&point, octets, len <= sizeof octets ? len : SIZE_MAX)) {
        return NULL;
    }
    memcpy(group, name, strlen(name) + 1);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, len), OSSL_PARAM_construct_end()};
    EVP_PKEY *key = NULL;
    return EVP_PKEY_fromdata(s->ec, &key, EVP_PKEY_PUBLIC_KEY, params) == 1 ? key : NULL;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING }                         RFC 5280 4.1 */
static EVP_PKEY *build_key(struct scs_signatures *s, const struct scs_cert_facts *signer)
{
    struct scs_cursor c = scs_cursor_of(signer->spki.p, signer->spki.len);
    struct scs_ber spki, algorithm, oid, bits;
    uint8_t unused;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &spki) != SCS_OK ||
        scs_ber_expect(&spki.contents, SCS_BER_SEQUENCE, &algorithm) != SCS_OK ||
        scs_ber_expect(&algorithm.contents, SCS_BER_OID, &oid) != SCS_OK ||
        scs_ber_expect(&spki.contents, SCS_BER_BIT_STRING, &bits) != SCS_OK || !scs_cursor_u8(&bits.contents, &unused)) {
        return NULL;
    }
    EVP_PKEY *key = NULL;
    if (signer->key_type == SCS_KEY_RSA && s->rsa != NULL) {
        key = build_rsa(s, bits.contents);
    } else if (signer->key_type == SCS_KEY_EC && s->ec != NULL) {
        key = build_ec(s, algorithm.contents, bits.contents);
    }
    ERR_clear_error(); /* a stranger's key may be no key; it is said in our words */
    return key;
}

static unsigned slot_number(const char *hex)
{
    unsigned n = 0;
    for (unsigned i = 0; i < 4 && hex[i] != '\0'; i++) {
        n = n * 16 + (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
    }
    return n % SCS_MAX_PUBLIC_KEYS;
}

/* A key that cannot be built is remembered too: `key` is NULL then. */
static struct ready *ready_key(struct scs_signatures *s, const struct scs_cert_facts *signer)
{
    struct ready *slot = &s->slots[slot_number(signer->spki_sha256)];
    if (strcmp(slot->spki_sha256, signer->spki_sha256) != 0) {
        release(slot);
        slot->key = build_key(s, signer);
        memcpy(slot->spki_sha256, signer->spki_sha256, sizeof slot->spki_sha256);
    }
    return slot;
}

/* ---- schemes ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum padding padding;
    const char *digest; /* NULL: the digest algorithm that stands beside it */
} schemes[] = {
    {"rsaEncryption", PKCS1, NULL},
    {"md5WithRSAEncryption", PKCS1, "md5"},
    {"sha1WithRSAEncryption", PKCS1, "sha1"},
    {"sha224WithRSAEncryption", PKCS1, "sha224"},
    {"sha256WithRSAEncryption", PKCS1, "sha256"},
    {"sha384WithRSAEncryption", PKCS1, "sha384"},
    {"sha512WithRSAEncryption", PKCS1, "sha512"},
    {"RSASSA-PSS", PSS, NULL},
    {"id-ecPublicKey", ECDSA, NULL}, /* old toolkits put the key's OID here */
    {"ecdsa-with-SHA1", ECDSA, "sha1"},
    {"ecdsa-with-SHA224", ECDSA, "sha224"},
    {"ecdsa-with-SHA256", ECDSA, "sha256"},
    {"ecdsa-with-SHA384", ECDSA, "sha384"},
    {"ecdsa-with-SHA512", ECDSA, "sha512"},
};

/* RFC 8017 A.2.3: a salt of 20 bytes unless told otherwise. */
static bool read_pss(struct scs_cursor algorithm, struct scheme *out)
{
    struct scs_rsa_params params;
    struct scs_ber salt_len;
    if (!scs_rsa_params_read(algorithm, &params) || params.digest == NULL || params.mask_digest == NULL) {
        return false;
    }
    *out = (struct scheme){.padding = PSS, .digest = params.digest, .mask_digest = params.mask_digest, .salt_len = 20};
    return params.third.len == 0 || (scs_ber_expect(&params.third, SCS_BER_INTEGER, &salt_len) == SCS_OK &&
                                     scs_ber_small_int(&salt_len.contents, &out->salt_len) && out->salt_len >= 0);
}

static bool find_scheme(const struct scs_signed *what, struct scheme *out)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (scs_text_equal(what->algorithm, schemes[i].name)) {
            if (schemes[i].padding == PSS) {
                return read_pss(what->algorithm_whole, out);
            }
            *out = (struct scheme){.padding = schemes[i].padding,
                                   .digest = schemes[i].digest != NULL ? schemes[i].digest : scs_digest_known(what->digest)};
            return out->digest != NULL;
        }
    }
    return false;
}

static bool same_scheme(const struct scheme *a, const struct scheme *b)
{
    return a->padding == b->padding && a->salt_len == b->salt_len && scs_text_equal(a->digest, b->digest) &&
           scs_text_equal(a->mask_digest, b->mask_digest);
}

static bool set_digest(EVP_PKEY_CTX *ctx, const char *param, const char *digest)
{
    char name[16];
    const char *libcrypto = scs_digest_libcrypto(digest);
    memcpy(name, libcrypto, strlen(libcrypto) + 1);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(param, name, 0), OSSL_PARAM_construct_end()};
    return EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

static bool set_up(struct ready *r, const struct scheme *scheme)
{
    if (r->verifying != NULL && same_scheme(&r->scheme, scheme)) {
        return true;
    }
    EVP_PKEY_CTX_free(r->verifying);
    r->verifying = EVP_PKEY_CTX_new_from_pkey(NULL, r->key, NULL);
    r->scheme = *scheme;
    EVP_PKEY_CTX *ctx = r->verifying;
    bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1;
    if (ok && scheme->padding != ECDSA) {
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, scheme->padding == PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
    }
    ok = ok && set_digest(ctx, OSSL_SIGNATURE_PARAM_DIGEST, scheme->digest);
    if (ok && scheme->padding == PSS) {
        ok = set_digest(ctx, OSSL_SIGNATURE_PARAM_MGF1_DIGEST, scheme->mask_digest) &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, scheme->salt_len) == 1;
    }
    if (!ok) {
        EVP_PKEY_CTX_free(ctx);
        r->verifying = NULL;
    }
    return ok;
}

/* ---- the check ----------------------------------------------------------------------------------- */

static bool verifies(struct scs_signatures *s, struct ready *r, const struct scheme *scheme, const struct scs_signed *what,
                     bool *known)
{
    uint8_t digest[SCS_MAX_DIGEST];
    size_t len = scs_digests_hash(s->digests, scheme->digest, &what->bytes, digest);
    *known = len != 0 && set_up(r, scheme);
    bool valid = *known && EVP_PKEY_verify(r->verifying, what->signature.p, what->signature.len, digest, len) == 1;
    ERR_clear_error(); /* an invalid signature is an answer */
    return valid;
}

enum scs_check scs_signature_check(struct scs_signatures *s, const struct scs_signed *what, const char **why)
{
    struct scheme scheme;
    bool known;
    if (what->signer->spki.len == 0 || what->signer->spki_sha256 == NULL) {
        *why = "the signer's certificate is cut";
        return SCS_UNCHECKED;
    }
    if (!find_scheme(what, &scheme)) {
        *why = "the signature algorithm is not known here";
        return SCS_UNCHECKED;
    }
    struct ready *r = ready_key(s, what->signer);
    if (r->key == NULL || (scheme.padding == ECDSA) != (what->signer->key_type == SCS_KEY_EC)) {
        *why = r->key == NULL ? "the signer's key is of a kind not known here"
                              : "the signature algorithm does not fit the signer's key";
        return SCS_UNCHECKED;
    }
    if (verifies(s, r, &scheme, what, &known)) {
        return SCS_VALID;
    }
    if (!known) {
        *why = "libcrypto refuses the signature algorithm";
        return SCS_UNCHECKED;
    }
    /* Some signers name one digest in the signature algorithm and use the other. */
    const char *other = scs_digest_known(what->digest);
    if (scheme.padding == PKCS1 && other != NULL && !scs_text_equal(other, scheme.digest)) {
        scheme.digest = other;
        if (verifies(s, r, &scheme, what, &known)) {
            return SCS_VALID;
        }
    }
    return SCS_INVALID;
}
