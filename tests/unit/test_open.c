/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes, from message to facts: sealed and signed by OpenSSL, opened by src/keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>

#include "base/text.h"
#include "dissectors/cms.h"
#include "keys/opener.h"
#include "messages.h"

#define CHALLENGE "0123456789ABCDEF"

struct world {
    struct scs_arena *arena;
    struct scs_cert_cache *cache;
    struct scs_digests *digests;
    struct scs_signatures *signatures;
    struct scs_keyring *keys;
    struct scs_opener *opener;
    EVP_PKEY *ra, *device, *stranger;
    X509 *ra_certificate, *device_certificate, *stranger_certificate;
    struct scs_buf inside, envelope, message;
    struct scs_pki_message facts;
};

static void give_key(struct world *w, const char *path)
{
    struct scs_error err;
    if (!scs_keyring_load(w->keys, path, NULL, NULL, &err)) {
        fail_msg("%s", err.text);
    }
}

static void open_opener(struct world *w, uint32_t num_workers)
{
    scs_opener_free(w->opener);
    w->opener = scs_opener_new(&(struct scs_opener_options){
        .keep = w->arena, .certs = w->cache, .keys = w->keys, .signatures = w->signatures, .num_workers = num_workers});
}

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->arena = scs_arena_new();
    w->cache = scs_cert_cache_new(w->arena);
    w->digests = scs_digests_new();
    w->signatures = scs_signatures_new(w->digests);
    w->keys = scs_keyring_new(w->arena);
    w->ra = test_key(TEST_KEYS "ndes-ra-encryption.key");
    w->device = test_key(TEST_KEYS "device.key");
    w->stranger = test_key(TEST_KEYS "iphone.key");
    w->ra_certificate = test_certificate(w->ra, "RA", 3);
    w->device_certificate = test_certificate(w->device, "device", 4);
    w->stranger_certificate = test_certificate(w->stranger, "stranger", 5);
    scs_buf_init(&w->inside, SCS_MAX_BODY);
    scs_buf_init(&w->envelope, SCS_MAX_BODY);
    scs_buf_init(&w->message, SCS_MAX_BODY);
    test_csr(w->device, "WINDOWS-0107", CHALLENGE, V_ASN1_PRINTABLESTRING, &w->inside);
    *state = w;
    return 0;
}

static int open_world_with_key(void **state)
{
    open_world(state);
    struct world *w = *state;
    give_key(w, TEST_KEYS "ndes-ra-encryption.key");
    open_opener(w, 1);
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    scs_opener_free(w->opener);
    X509_free(w->ra_certificate);
    X509_free(w->device_certificate);
    X509_free(w->stranger_certificate);
    EVP_PKEY_free(w->ra);
    EVP_PKEY_free(w->device);
    EVP_PKEY_free(w->stranger);
    scs_keyring_free(w->keys);
    scs_signatures_free(w->signatures);
    scs_digests_free(w->digests);
    scs_buf_cleanup(&w->inside);
    scs_buf_cleanup(&w->envelope);
    scs_buf_cleanup(&w->message);
    scs_cert_cache_free(w->cache);
    scs_arena_free(w->arena);
    free(w);
    return 0;
}

/* Wraps what stands in w->inside, and reads the message. */
static void make(struct world *w, const struct test_sealing *sealing)
{
    struct test_signing signing = {
        .certificate = w->device_certificate, .key = w->device, .digest = "sha256", .indefinite = sealing->indefinite};
    scs_buf_clear(&w->envelope);
    scs_buf_clear(&w->message);
    test_seal(sealing, w->inside.p, w->inside.len, &w->envelope);
    test_sign(&signing, w->envelope.p, w->envelope.len, &w->message);
    struct scs_cursor in = scs_buf_cursor(&w->message);
    assert_int_equal(scs_cms_read_pki_message(&in, w->cache, w->arena, &w->facts), SCS_OK);
    assert_non_null(w->facts.envelope);
}

static const struct scs_envelope *open_it(struct world *w, const struct scs_certificate_list *known, uint32_t num)
{
    struct scs_cursor in = scs_buf_cursor(&w->message);
    scs_opener_add(w->opener, &in, &w->facts, known, num);
    scs_opener_finish(w->opener);
    const struct scs_envelope *e = w->facts.envelope;
    assert_int_equal(e->opened, e->why_not == NULL);
    assert_int_equal(e->opened, e->opened_with != NULL);
    return e;
}

static const struct scs_envelope *seal_and_open(struct world *w, const struct test_sealing *sealing)
{
    make(w, sealing);
    return open_it(w, NULL, 0);
}

static void assert_csr(const struct world *w, const struct scs_envelope *e)
{
    if (!e->opened) {
        fail_msg("%s", e->why_not);
    }
    assert_string_equal(e->opened_with, scs_keyring_facts(w->keys)[0].spki_sha256);
    assert_int_equal(e->holds, SCS_HOLDS_CSR);
    assert_int_equal(e->content_len, w->inside.len);
    assert_string_equal(e->csr->asked.subject, "CN=WINDOWS-0107");
    assert_int_equal(e->csr->signature, SCS_VALID);
    assert_true(e->csr->challenge.present);
    assert_int_equal(e->csr->challenge.kind, SCS_CHALLENGE_OTP);
}

static void assert_shut(const struct scs_envelope *e, const char *why)
{
    assert_false(e->opened);
    assert_null(e->csr);
    assert_int_equal(e->holds, SCS_HOLDS_UNKNOWN);
    if (strstr(e->why_not, why) == NULL) {
        fail_msg("%s", e->why_not);
    }
}

/* ---- what opens ---------------------------------------------------------------------------------- */

/* Catches a cipher, or a mode of one, that is missing or has the wrong key length. */
static void every_cipher(void **state)
{
    struct world *w = *state;
    static const char *const ciphers[] = {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "DES-EDE3-CBC",
                                          "AES-128-GCM", "AES-192-GCM", "AES-256-GCM", "DES-CBC"};
    for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
        if (strcmp(ciphers[i], "DES-CBC") != 0 || scs_keyring_has_legacy(w->keys)) {
            struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = ciphers[i]};
            assert_csr(w, seal_and_open(w, &how));
        }
    }
    assert_int_equal(scs_keyring_facts(w->keys)[0].num_opened, scs_keyring_has_legacy(w->keys) ? 8 : 7);
}

/* Catches OAEP whose parameters are not read. */
static void oaep(void **state)
{
    struct world *w = *state;
    static const char *const digests[] = {"SHA1", "SHA256", "SHA512"};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-256-CBC", .oaep = digests[i]};
        assert_csr(w, seal_and_open(w, &how));
        assert_string_equal(w->facts.envelope->recipients[0].key_encryption, "RSAES-OAEP");
        how.label = "a label";
        assert_csr(w, seal_and_open(w, &how));
    }
}

/* Catches a reader that looks at the first recipient only (scepclient encrypts to all of GetCACert). */
static void several_recipients(void **state)
{
    struct world *w = *state;
    struct test_sealing how = {.recipients = {w->device_certificate, w->stranger_certificate, w->ra_certificate},
                               .cipher = "AES-128-CBC"};
    assert_csr(w, seal_and_open(w, &how));
}

/* Catches recipients named by key identifier being passed over. */
static void by_key_identifier(void **state)
{
    struct world *w = *state;
    struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-128-CBC", .key_id = true};
    const struct scs_envelope *e = seal_and_open(w, &how);
    assert_non_null(e->recipients[0].ski);
    assert_csr(w, e);
}

/* Catches chunks of BER that are not joined, outside and inside. */
static void indefinite_lengths(void **state)
{
    struct world *w = *state;
    struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-256-CBC", .indefinite = true};
    assert_csr(w, seal_and_open(w, &how));
    how.cipher = "AES-256-GCM";
    assert_csr(w, seal_and_open(w, &how));
}

/* ---- which key ----------------------------------------------------------------------------------- */

static struct scs_certificate_list list_of(struct world *w, X509 *certificate, const struct scs_cert_facts **place)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    struct scs_cursor c = scs_cursor_of(der, (size_t)len);
    *place = scs_x509_read(&c, w->cache);
    OPENSSL_free(der);
    return (struct scs_certificate_list){.certificates = place, .num = 1};
}

/* Catches a key tried where the recipient's certificate shows that it is another one's. */
static void known_to_be_of_another_key(void **state)
{
    struct world *w = *state;
    const struct scs_cert_facts *place;
    struct test_sealing how = {.recipients = {w->stranger_certificate}, .cipher = "AES-128-CBC"};
    struct scs_certificate_list known = list_of(w, w->stranger_certificate, &place);
    make(w, &how);
    assert_shut(open_it(w, &known, 1), "no given key fits recipient serial 05");
}

/* Catches a certificate that says which key it is being ignored. */
static void known_to_be_ours(void **state)
{
    struct world *w = *state;
    const struct scs_cert_facts *place;
    struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-128-CBC"};
    struct scs_certificate_list known = list_of(w, w->ra_certificate, &place);
    make(w, &how);
    assert_csr(w, open_it(w, &known, 1));
}

/*
 * Catches a wrong key taken for the right one: with it the unwrapped key is random (implicit rejection), or
 * padding is right by chance once in 256 times.
 */
static void a_wrong_key_never_opens(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 40; i++) {
        struct test_sealing how = {.recipients = {w->stranger_certificate},
                                   .cipher = i % 2 == 0 ? "AES-128-CBC" : "DES-EDE3-CBC"};
        assert_shut(seal_and_open(w, &how), "does not open it");
    }
    assert_int_equal(scs_keyring_facts(w->keys)[0].num_opened, 0);
}

/* Catches keys tried whose modulus has another length. */
static void a_key_of_another_size(void **state)
{
    struct world *w = *state;
    EVP_PKEY *small = test_key(TEST_KEYS "small.key");
    X509 *certificate = test_certificate(small, "small", 9);
    struct test_sealing how = {.recipients = {certificate}, .cipher = "AES-128-CBC"};
    assert_shut(seal_and_open(w, &how), "no given key fits recipient serial 09");
    X509_free(certificate);
    EVP_PKEY_free(small);
}

/* Catches a ring of several keys that stops at the first. */
static void several_keys(void **state)
{
    struct world *w = *state;
    give_key(w, TEST_KEYS "ec.key");
    give_key(w, TEST_KEYS "device.key");
    struct test_sealing how = {.recipients = {w->device_certificate}, .cipher = "AES-128-CBC"};
    const struct scs_envelope *e = seal_and_open(w, &how);
    assert_true(e->opened);
    assert_string_equal(e->opened_with, scs_keyring_facts(w->keys)[2].spki_sha256);
    how.recipients[0] = w->stranger_certificate;
    assert_shut(seal_and_open(w, &how), "2 keys were tried");
}

static void no_key(void **state)
{
    struct world *w = *state;
    struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-128-CBC"};
    open_opener(w, 0);
    assert_shut(seal_and_open(w, &how), "no key was given");
}

/* ---- damage -------------------------------------------------------------------------------------- */

/* Catches content given out though padding or tag is wrong. */
static void changed_ciphertext(void **state)
{
    struct world *w = *state;
    static const char *const ciphers[] = {"AES-256-CBC", "AES-256-GCM"};
    for (size_t i = 0; i < 2; i++) {
        struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = ciphers[i]};
        make(w, &how);
        struct scs_span at = w->facts.envelope->at_cipher;
        w->message.p[at.off + at.len + 60] ^= 1; /* in the ciphertext */
        const struct scs_envelope *e = open_it(w, NULL, 0);
        if (i == 1) {
            assert_shut(e, "does not open it");
        } else if (e->opened) {
            assert_true(e->csr == NULL || e->csr->signature != SCS_VALID);
        }
    }
}

/* Catches reads past a cut, and a cut message called one that no key fits. */
static void cut_anywhere(void **state)
{
    struct world *w = *state;
    struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-256-CBC"};
    make(w, &how);
    size_t end = w->facts.at_content.off + w->facts.at_content.len;
    for (size_t len = 1; len < end; len += 3) {
        uint8_t *exact = malloc(len);
        memcpy(exact, w->message.p, len);
        struct scs_cursor in = scs_cursor_of(exact, len);
        (void)scs_cms_read_pki_message(&in, w->cache, w->arena, &w->facts);
        scs_opener_add(w->opener, &in, &w->facts, NULL, 0);
        scs_opener_finish(w->opener);
        if (w->facts.envelope != NULL) {
            assert_shut(w->facts.envelope, "is cut");
        }
        free(exact);
    }
}

/* Catches a crash on contents that are no request, and contents forced into one. */
static void other_contents(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *bytes;
        size_t len;
        enum scs_envelope_holds holds;
    } cases[] = {
        {"\x30\x05\x30\x00\x02\x01\x07", 7, SCS_HOLDS_ISSUER_AND_SERIAL},
        {"\x30\x04\x30\x00\x30\x00", 6, SCS_HOLDS_ISSUER_AND_SUBJECT},
        {"\x30\x00", 2, SCS_HOLDS_UNKNOWN},
        {"\x30\x03\x02\x01\x05", 5, SCS_HOLDS_UNKNOWN},
        {"\x30\x05\x30\x03\x02\x01\x00", 7, SCS_HOLDS_CSR}, /* no more than its version */
        {"\x30\x04\x06\x02\x2a\x03", 6, SCS_HOLDS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-256-CBC"};
        scs_buf_clear(&w->inside);
        scs_buf_add(&w->inside, cases[i].bytes, cases[i].len);
        const struct scs_envelope *e = seal_and_open(w, &how);
        assert_true(e->opened);
        assert_int_equal(e->holds, cases[i].holds);
        if (cases[i].holds == SCS_HOLDS_CSR) {
            assert_int_equal(e->csr->flags & SCS_CSR_COMPLETE, 0);
            assert_int_equal(e->csr->signature, SCS_UNCHECKED);
        }
    }
    assert_int_equal(w->facts.envelope->num_certificates, 0);
}

/* Catches issued certificates that are not shown to a device's key. */
static void issued_certificates(void **state)
{
    struct world *w = *state;
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL);
    assert_non_null(cms);
    assert_int_equal(CMS_add1_cert(cms, w->device_certificate), 1);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(i2d_CMS_bio(bio, cms), 1);
    CMS_ContentInfo_free(cms);
    scs_buf_clear(&w->inside);
    test_bytes(bio, &w->inside);
    struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-256-CBC"};
    const struct scs_envelope *e = seal_and_open(w, &how);
    assert_true(e->opened);
    assert_int_equal(e->holds, SCS_HOLDS_CERTIFICATES);
    assert_int_equal(e->num_certificates, 1);
    assert_string_equal(e->certificates[0]->subject, "CN=device");
}

/* ---- workers ------------------------------------------------------------------------------------- */

/* Catches results that depend on the number of workers, on which is first, or on the ring being smaller than the work. */
static void any_number_of_workers(void **state)
{
    struct world *w = *state;
    enum { NUM = SCS_MAX_OPENING * 2 + 5 };
    static struct scs_pki_message facts[NUM];
    static const uint32_t workers[] = {1, 2, 5, SCS_MAX_WORKERS + 10, 0};
    char before[NUM] = {0};
    struct test_sealing ours = {.recipients = {w->ra_certificate}, .cipher = "AES-256-CBC"};
    struct test_sealing theirs = {.recipients = {w->stranger_certificate}, .cipher = "AES-256-CBC"};
    struct scs_buf messages[2];
    for (size_t i = 0; i < 2; i++) {
        make(w, i == 0 ? &ours : &theirs);
        scs_buf_init(&messages[i], SCS_MAX_BODY);
        scs_buf_add(&messages[i], w->message.p, w->message.len);
    }
    for (size_t k = 0; k < sizeof workers / sizeof *workers; k++) {
        open_opener(w, workers[k]);
        for (size_t i = 0; i < NUM; i++) {
            struct scs_cursor in = scs_buf_cursor(&messages[i % 3 == 0]);
            assert_int_equal(scs_cms_read_pki_message(&in, w->cache, w->arena, &facts[i]), SCS_OK);
            scs_opener_add(w->opener, &in, &facts[i], NULL, 0);
        }
        scs_opener_finish(w->opener);
        for (size_t i = 0; i < NUM; i++) {
            assert_int_equal(facts[i].envelope->opened, i % 3 != 0);
            assert_true(k == 0 || before[i] == (facts[i].envelope->csr != NULL));
            before[i] = facts[i].envelope->csr != NULL;
        }
    }
    scs_buf_cleanup(&messages[0]);
    scs_buf_cleanup(&messages[1]);
}

/* Catches workers that are not ended, and work that is not released, when a run is given up. */
static void given_up(void **state)
{
    struct world *w = *state;
    struct test_sealing how = {.recipients = {w->ra_certificate}, .cipher = "AES-256-CBC"};
    make(w, &how);
    struct scs_cursor in = scs_buf_cursor(&w->message);
    for (int i = 0; i < 10; i++) {
        scs_opener_add(w->opener, &in, &w->facts, NULL, 0);
    }
    scs_opener_free(w->opener);
    w->opener = NULL;
}

#define TEST(f)        cmocka_unit_test_setup_teardown(f, open_world_with_key, close_world)
#define TEST_NO_KEY(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_cipher),
        TEST(oaep),
        TEST(several_recipients),
        TEST(by_key_identifier),
        TEST(indefinite_lengths),
        TEST(known_to_be_of_another_key),
        TEST(known_to_be_ours),
        TEST(a_wrong_key_never_opens),
        TEST(a_key_of_another_size),
        TEST(several_keys),
        TEST_NO_KEY(no_key),
        TEST(changed_ciphertext),
        TEST(cut_anywhere),
        TEST(other_contents),
        TEST(issued_certificates),
        TEST(any_number_of_workers),
        TEST(given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
