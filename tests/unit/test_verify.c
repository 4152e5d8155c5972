/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ec.h>

#include "base/ber.h"
#include "dissectors/cms.h"
#include "keys/verify.h"
#include "messages.h"

#define CONTENT "what is to be signed"

struct world {
    struct scs_arena *arena;
    struct scs_cert_cache *cache;
    struct scs_verifier *verifier;
    EVP_PKEY *rsa, *ec;
    X509 *rsa_certificate, *ec_certificate;
    struct scs_buf message;
    struct scs_pki_message facts;
};

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->arena = scs_arena_new();
    w->cache = scs_cert_cache_new(w->arena);
    w->verifier = scs_verifier_new();
    w->rsa = test_key(TEST_KEYS "device.key");
    w->rsa_certificate = test_certificate(w->rsa, "device", 17);
    w->ec = EVP_EC_gen("P-256");
    w->ec_certificate = test_certificate(w->ec, "elliptic", 18);
    scs_buf_init(&w->message, SCS_MAX_BODY);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    X509_free(w->rsa_certificate);
    X509_free(w->ec_certificate);
    EVP_PKEY_free(w->rsa);
    EVP_PKEY_free(w->ec);
    scs_verifier_free(w->verifier);
    scs_buf_cleanup(&w->message);
    scs_cert_cache_free(w->cache);
    scs_arena_free(w->arena);
    free(w);
    return 0;
}

static struct test_signing by_rsa(const struct world *w, const char *digest)
{
    return (struct test_signing){.certificate = w->rsa_certificate, .key = w->rsa, .digest = digest};
}

/* Signs CONTENT, and reads the message. */
static void make(struct world *w, const struct test_signing *how)
{
    scs_buf_clear(&w->message);
    test_sign(how, CONTENT, strlen(CONTENT), &w->message);
    struct scs_cursor in = scs_buf_cursor(&w->message);
    assert_int_equal(scs_cms_read_pki_message(&in, w->cache, w->arena, &w->facts), SCS_OK);
}

static void verify_as_it_is(struct world *w)
{
    struct scs_cursor in = scs_buf_cursor(&w->message);
    scs_verify_message(w->verifier, &in, &w->facts);
}

/* Reads the message again, whose bytes were changed, and verifies it. */
static void verify_again(struct world *w)
{
    struct scs_cursor in = scs_buf_cursor(&w->message);
    (void)scs_cms_read_pki_message(&in, w->cache, w->arena, &w->facts);
    verify_as_it_is(w);
}

static void assert_checks(const struct world *w, enum scs_check signature, enum scs_check digest)
{
    assert_int_equal(w->facts.signature, signature);
    assert_int_equal(w->facts.digest_check, digest);
    assert_int_equal(w->facts.signature == SCS_VALID, w->facts.signature_why == NULL);
    assert_int_equal(w->facts.digest_check == SCS_VALID, w->facts.digest_why == NULL);
}

static uint8_t *at(struct world *w, struct scs_span span)
{
    assert_true(span.len != 0 && (size_t)span.off + span.len <= w->message.len);
    return w->message.p + span.off;
}

/* ---- what holds ---------------------------------------------------------------------------------- */

/* Catches a name of a digest that is not translated for libcrypto. */
static void every_digest(void **state)
{
    static const char *const digests[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        struct test_signing how = by_rsa(w, digests[i]);
        make(w, &how);
        assert_string_equal(w->facts.digest, digests[i]);
        verify_as_it_is(w);
        assert_checks(w, SCS_VALID, SCS_VALID);
        assert_int_equal(scs_message_genuine(&w->facts), SCS_VALID);
    }
}

/* Catches parameters of PSS that are ignored, and a context that keeps the scheme it was set up for before. */
static void pss_and_pkcs1_in_turn(void **state)
{
    struct world *w = *state;
    static const int salts[] = {32, 0, 20, 64};
    for (size_t i = 0; i < sizeof salts / sizeof *salts; i++) {
        struct test_signing how = by_rsa(w, i == 2 ? "sha1" : i == 3 ? "sha512" : "sha256");
        how.pss = true;
        how.salt_len = salts[i];
        make(w, &how);
        assert_string_equal(w->facts.signature_algorithm, "RSASSA-PSS");
        verify_as_it_is(w);
        assert_checks(w, SCS_VALID, SCS_VALID);
        how.pss = false;
        make(w, &how);
        verify_as_it_is(w);
        assert_checks(w, SCS_VALID, SCS_VALID);
    }
}

/* Catches a check that takes every key for RSA. */
static void elliptic_curve(void **state)
{
    struct world *w = *state;
    struct test_signing how = {.certificate = w->ec_certificate, .key = w->ec, .digest = "sha256"};
    make(w, &how);
    assert_string_equal(w->facts.signature_algorithm, "ecdsa-with-SHA256");
    verify_as_it_is(w);
    assert_checks(w, SCS_VALID, SCS_VALID);
}

/* Catches chunk headers that are hashed, and attributes looked for at offsets of the DER form. */
static void indefinite_lengths(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    how.indefinite = true;
    make(w, &how);
    assert_int_equal(w->facts.encoding, SCS_ENCODING_BER);
    verify_as_it_is(w);
    assert_checks(w, SCS_VALID, SCS_VALID);
}

/* Catches a check that needs signed attributes: RFC 5652 5.4 allows none. */
static void without_attributes(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    how.no_attributes = true;
    make(w, &how);
    verify_as_it_is(w);
    assert_checks(w, SCS_VALID, SCS_VALID);
}

/* ---- what does not ------------------------------------------------------------------------------- */

/* Catches one verdict for both checks: the attributes are still signed. */
static void changed_content(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    at(w, w->facts.at_content)[5] ^= 1;
    verify_again(w);
    assert_checks(w, SCS_VALID, SCS_INVALID);
    assert_int_equal(scs_message_genuine(&w->facts), SCS_INVALID);
}

/* Catches a check that looks at the digest only. */
static void changed_signature(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    at(w, w->facts.at_signature)[40] ^= 1;
    verify_again(w);
    assert_checks(w, SCS_INVALID, SCS_VALID);
    assert_int_equal(scs_message_genuine(&w->facts), SCS_INVALID);
}

/* Catches attributes that are not what is verified. */
static void changed_attribute(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    *at(w, w->facts.at_message_digest) ^= 1;
    verify_again(w);
    assert_checks(w, SCS_INVALID, SCS_INVALID);
}

/* Catches a signature without attributes that is checked over something else than the content. */
static void changed_content_without_attributes(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    how.no_attributes = true;
    make(w, &how);
    at(w, w->facts.at_content)[5] ^= 1;
    verify_again(w);
    assert_checks(w, SCS_INVALID, SCS_INVALID);
}

/* Catches a key cache that answers with another signer's key. */
static void another_key_under_the_same_name(void **state)
{
    struct world *w = *state;
    EVP_PKEY *other = test_key(TEST_KEYS "iphone.key");
    X509 *same_name = test_certificate(other, "device", 17);
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    verify_as_it_is(w);
    assert_checks(w, SCS_VALID, SCS_VALID);
    unsigned char *der = NULL;
    int len = i2d_X509(same_name, &der);
    struct scs_cursor c = scs_cursor_of(der, (size_t)len);
    w->facts.signer = scs_x509_read(&c, w->cache);
    verify_as_it_is(w);
    assert_int_equal(w->facts.signature, SCS_INVALID);
    OPENSSL_free(der);
    X509_free(same_name);
    EVP_PKEY_free(other);
}

/* ---- the order of attributes --------------------------------------------------------------------- */

/* Moves the last signed attribute to the front. */
static void rotate_attributes(struct world *w)
{
    struct scs_cursor whole = scs_cursor_of(at(w, w->facts.at_signed_attrs), w->facts.at_signed_attrs.len);
    struct scs_ber set, e;
    uint8_t copy[1024];
    assert_int_equal(scs_ber_next(&whole, &set), SCS_OK);
    struct scs_cursor c = set.contents;
    while (scs_ber_next(&c, &e) == SCS_OK) {
    }
    size_t len = set.contents.len, last = e.whole.len;
    memcpy(copy, set.contents.p + len - last, last);
    memcpy(copy + last, set.contents.p, len - last);
    memcpy(w->message.p + w->facts.at_signed_attrs.off + set.header_len, copy, len);
}

/* Signs the attributes as they stand, and puts that signature in. */
static void sign_again(struct world *w)
{
    uint8_t set[1024], signature[512];
    size_t len = w->facts.at_signed_attrs.len, signature_len = sizeof signature;
    memcpy(set, at(w, w->facts.at_signed_attrs), len);
    set[0] = 0x31;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, w->rsa), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &signature_len, set, len), 1);
    EVP_MD_CTX_free(ctx);
    assert_int_equal(signature_len, w->facts.at_signature.len);
    memcpy(at(w, w->facts.at_signature), signature, signature_len);
}

/* Catches a check over the bytes as sent only: such a signer signed the DER order (jscep did). */
static void sent_unsorted_signed_sorted(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    rotate_attributes(w);
    verify_again(w);
    assert_true((w->facts.flags & SCS_MSG_ATTRS_UNSORTED) != 0);
    assert_checks(w, SCS_VALID, SCS_VALID);
    assert_true(w->facts.signature_sorted);
}

/* Catches a check over the re-encoded attributes only, as OpenSSL's: this one signed what it sent. */
static void sent_and_signed_unsorted(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    rotate_attributes(w);
    sign_again(w);
    verify_again(w);
    assert_checks(w, SCS_VALID, SCS_VALID);
    assert_false(w->facts.signature_sorted);
}

/* ---- no verdict ---------------------------------------------------------------------------------- */

/* Catches a message called invalid because its signer is not known. */
static void signer_not_in_the_capture(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    how.no_certificate = true;
    make(w, &how);
    verify_as_it_is(w);
    assert_checks(w, SCS_UNCHECKED, SCS_VALID);
    assert_string_equal(w->facts.signature_why, "the signer's certificate is not in the capture");
    assert_int_equal(scs_message_genuine(&w->facts), SCS_UNCHECKED);
}

/* Catches verdicts about cut messages, wherever the cut is. */
static void cut_anywhere(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    size_t whole = w->message.len;
    for (size_t len = 0; len < whole; len++) {
        uint8_t *exact = malloc(len == 0 ? 1 : len); /* so that ASan sees what reads past the cut */
        memcpy(exact, w->message.p, len);
        struct scs_cursor in = scs_cursor_of(exact, len);
        (void)scs_cms_read_pki_message(&in, w->cache, w->arena, &w->facts);
        scs_verify_message(w->verifier, &in, &w->facts);
        assert_checks(w, SCS_UNCHECKED, SCS_UNCHECKED);
        free(exact);
    }
}

/* Catches an algorithm that is not known being called a bad signature. */
static void unknown_algorithm(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    w->facts.signature_algorithm = "1.2.3.4";
    verify_as_it_is(w);
    assert_checks(w, SCS_UNCHECKED, SCS_VALID);
    w->facts.signature_algorithm = "ecdsa-with-SHA256";
    verify_as_it_is(w);
    assert_checks(w, SCS_UNCHECKED, SCS_VALID);
    w->facts.signature_algorithm = "rsaEncryption";
    w->facts.digest = "md2";
    verify_as_it_is(w);
    assert_checks(w, SCS_UNCHECKED, SCS_UNCHECKED);
}

/* Catches a stranger's key that makes us compute for minutes. */
static void oversized_key(void **state)
{
    struct world *w = *state;
    struct test_signing how = by_rsa(w, "sha256");
    make(w, &how);
    struct scs_cert_facts signer = *w->facts.signer;
    uint8_t spki[4 + 15 + 4 + 1 + 4 + 4 + 4096 + 5] = {0x30, 0x82, 0x10, 0x1d, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
                                                       0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x10,
                                                       0x0a, 0x00, 0x30, 0x82, 0x10, 0x05, 0x02, 0x82, 0x10, 0x00};
    memset(spki + 32, 0x7f, 4096);
    memcpy(spki + 32 + 4096, "\x02\x01\x03", 3);
    signer.spki = (struct scs_bytes){.p = spki, .len = 32 + 4096 + 3};
    signer.spki_sha256 = "ab00000000000000000000000000000000000000000000000000000000000000";
    w->facts.signer = &signer;
    verify_as_it_is(w);
    assert_checks(w, SCS_UNCHECKED, SCS_VALID);
    signer.spki.len = 40; /* and one that is cut */
    signer.spki_sha256 = "cd00000000000000000000000000000000000000000000000000000000000000";
    verify_as_it_is(w);
    assert_checks(w, SCS_UNCHECKED, SCS_VALID);
}

/* Catches a crash on what is no message at all. */
static void no_message(void **state)
{
    struct world *w = *state;
    struct scs_cursor in = scs_cursor_of("\x30\x03\x02\x01\x05", 5);
    (void)scs_cms_read_pki_message(&in, w->cache, w->arena, &w->facts);
    scs_verify_message(w->verifier, &in, &w->facts);
    assert_checks(w, SCS_UNCHECKED, SCS_UNCHECKED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_digest),
        TEST(pss_and_pkcs1_in_turn),
        TEST(elliptic_curve),
        TEST(indefinite_lengths),
        TEST(without_attributes),
        TEST(changed_content),
        TEST(changed_signature),
        TEST(changed_attribute),
        TEST(changed_content_without_attributes),
        TEST(another_key_under_the_same_name),
        TEST(sent_unsorted_signed_sorted),
        TEST(sent_and_signed_unsorted),
        TEST(signer_not_in_the_capture),
        TEST(cut_anywhere),
        TEST(unknown_algorithm),
        TEST(oversized_key),
        TEST(no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
