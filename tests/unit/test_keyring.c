/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "keys/keyring.h"
#include "keys/passphrase.h"
#include "messages.h"

#define PASSPHRASE "correct horse"

struct world {
    struct scs_arena *arena;
    struct scs_keyring *keys;
    EVP_PKEY *rsa;
    X509 *certificate;
    char folder[64], path[128];
    struct scs_error err;
    int asked;
    const char *answer; /* NULL: refuses */
};

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->arena = scs_arena_new();
    w->keys = scs_keyring_new(w->arena);
    w->rsa = test_key(TEST_KEYS "device.key");
    w->certificate = test_certificate(w->rsa, "device", 17);
    w->answer = PASSPHRASE;
    snprintf(w->folder, sizeof w->folder, "/tmp/test_keyring.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/key", w->folder);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    unlink(w->path);
    rmdir(w->folder);
    X509_free(w->certificate);
    EVP_PKEY_free(w->rsa);
    scs_keyring_free(w->keys);
    scs_arena_free(w->arena);
    free(w);
    return 0;
}

static FILE *file(const struct world *w)
{
    FILE *f = fopen(w->path, "w");
    assert_non_null(f);
    return f;
}

static int ask(void *ctx, const char *path, char *out, size_t max, struct scs_error *err)
{
    struct world *w = ctx;
    assert_string_equal(path, w->path);
    w->asked++;
    if (w->answer == NULL) {
        scs_error_set(err, "nobody answers for %s", path);
        return -1;
    }
    assert_true(strlen(w->answer) <= max);
    memcpy(out, w->answer, strlen(w->answer));
    return (int)strlen(w->answer);
}

static bool load(struct world *w)
{
    return scs_keyring_load(w->keys, w->path, ask, w, &w->err);
}

static void assert_refused(struct world *w, const char *reason)
{
    assert_false(load(w));
    assert_non_null(strstr(w->err.text, w->path));
    if (strstr(w->err.text, reason) == NULL) {
        fail_msg("%s", w->err.text);
    }
    assert_null(strstr(w->err.text, PASSPHRASE));
    assert_int_equal(scs_keyring_num(w->keys), 0);
}

/* Encrypts for the device's key, and lets the ring decrypt. */
static void assert_decrypts(const struct world *w, uint32_t key)
{
    uint8_t encrypted[512], plain[64];
    size_t len = sizeof encrypted;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(w->rsa, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, encrypted, &len, (const unsigned char *)"sixteen bytes it", 16), 1);
    EVP_PKEY_CTX_free(ctx);
    struct scs_cursor c = scs_cursor_of(encrypted, len);
    struct scs_wrapping how = {.oaep = false};
    assert_int_equal(scs_keyring_unwrap(w->keys, key, &how, &c, plain, sizeof plain), 16);
    assert_memory_equal(plain, "sixteen bytes it", 16);
    /* and not into less room than it needs */
    assert_int_equal(scs_keyring_unwrap(w->keys, key, &how, &c, plain, 8), 0);
}

static void assert_loaded(struct world *w)
{
    if (!load(w)) {
        fail_msg("%s", w->err.text);
    }
    const struct scs_key_facts *facts = scs_keyring_facts(w->keys);
    assert_int_equal(scs_keyring_num(w->keys), 1);
    assert_string_equal(facts->path, w->path);
    assert_string_equal(facts->key, "RSA 2048");
    assert_int_equal(facts->num_opened, 0);
    assert_int_equal(scs_keyring_find(w->keys, facts->spki_sha256), 0);
    assert_int_equal(scs_keyring_find(w->keys, NULL), -1);
    assert_int_equal(scs_keyring_modulus_len(w->keys, 0), 256);
    assert_decrypts(w, 0);
}

/* ---- forms --------------------------------------------------------------------------------------- */

/* Catches a reader of PKCS #8 only: openssl genrsa -traditional writes PKCS #1. */
static void pem_traditional(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    BIO *b = BIO_new_fp(f, BIO_CLOSE);
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(b, w->rsa, NULL, NULL, 0, NULL, NULL), 1);
    BIO_free(b);
    assert_loaded(w);
    assert_int_equal(w->asked, 0);
}

/* Catches a reader of PEM only. */
static void der_pkcs8(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    assert_int_equal(i2d_PKCS8PrivateKey_fp(f, w->rsa, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    assert_loaded(w);
}

/* Catches a passphrase asked for more than once, or given to the wrong length. */
static void pem_encrypted(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    assert_int_equal(PEM_write_PKCS8PrivateKey(f, w->rsa, EVP_aes_256_cbc(), PASSPHRASE, strlen(PASSPHRASE), NULL, NULL), 1);
    fclose(f);
    assert_loaded(w);
    assert_int_equal(w->asked, 1);
}

/* Catches a passphrase that only reaches the PEM reader. */
static void der_encrypted(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    assert_int_equal(i2d_PKCS8PrivateKey_fp(f, w->rsa, EVP_aes_256_cbc(), PASSPHRASE, strlen(PASSPHRASE), NULL, NULL), 1);
    fclose(f);
    assert_loaded(w);
    assert_int_equal(w->asked, 1);
}

static void write_pkcs12(const struct world *w, const char *passphrase, int key_cipher, int cert_cipher)
{
    FILE *f = file(w);
    PKCS12 *p12 = PKCS12_create(passphrase, "ra", w->rsa, w->certificate, NULL, key_cipher, cert_cipher, 0, 0, 0);
    assert_non_null(p12);
    assert_int_equal(i2d_PKCS12_fp(f, p12), 1);
    PKCS12_free(p12);
    fclose(f);
}

static void assert_certificate(const struct world *w)
{
    uint32_t num;
    const struct scs_cert_facts *const *certificates = scs_keyring_certificates(w->keys, &num);
    assert_int_equal(num, 1);
    assert_string_equal(certificates[0]->subject, "CN=device");
    assert_string_equal(certificates[0]->spki_sha256, scs_keyring_facts(w->keys)[0].spki_sha256);
}

/* Catches a PKCS #12 whose certificate, which names the recipient, is dropped. */
static void pkcs12(void **state)
{
    struct world *w = *state;
    write_pkcs12(w, PASSPHRASE, 0, 0);
    assert_loaded(w);
    assert_certificate(w);
    assert_int_equal(w->asked, 1);
}

/* Catches a program without the legacy provider: Windows exported with RC2 and 3DES for twenty years. */
static void pkcs12_of_old_windows(void **state)
{
    struct world *w = *state;
    if (!scs_keyring_has_legacy(w->keys)) {
        skip();
    }
    write_pkcs12(w, PASSPHRASE, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC);
    assert_loaded(w);
    assert_certificate(w);
}

/* Catches a question for a passphrase that is empty. */
static void pkcs12_without_passphrase(void **state)
{
    struct world *w = *state;
    write_pkcs12(w, "", 0, 0);
    assert_loaded(w);
    assert_int_equal(w->asked, 0);
}

/* Catches a ring that lists one key twice, so that one of them opens nothing. */
static void the_same_key_twice(void **state)
{
    struct world *w = *state;
    write_pkcs12(w, PASSPHRASE, 0, 0);
    assert_loaded(w);
    assert_loaded(w);
}

/* Catches a ring that decrypts with keys that cannot. */
static void elliptic_key(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    assert_int_equal(PEM_write_PrivateKey(f, ec, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    EVP_PKEY_free(ec);
    assert_true(load(w));
    assert_string_equal(scs_keyring_facts(w->keys)->key, "EC P-256");
    assert_int_equal(scs_keyring_modulus_len(w->keys, 0), 0);
    uint8_t plain[64];
    struct scs_cursor c = scs_cursor_of("abc", 3);
    struct scs_wrapping how = {.oaep = false};
    assert_int_equal(scs_keyring_unwrap(w->keys, 0, &how, &c, plain, sizeof plain), 0);
}

/* ---- refusals ------------------------------------------------------------------------------------ */

/* Catches "no key in it" where only the passphrase is wrong. */
static void wrong_passphrase(void **state)
{
    struct world *w = *state;
    write_pkcs12(w, PASSPHRASE, 0, 0);
    w->answer = "not the one";
    assert_refused(w, "wrong passphrase");
    FILE *f = file(w);
    assert_int_equal(PEM_write_PKCS8PrivateKey(f, w->rsa, EVP_aes_256_cbc(), PASSPHRASE, strlen(PASSPHRASE), NULL, NULL), 1);
    fclose(f);
    assert_refused(w, "wrong passphrase");
}

/* Catches "wrong passphrase" where there was none. */
static void no_passphrase(void **state)
{
    struct world *w = *state;
    write_pkcs12(w, PASSPHRASE, 0, 0);
    w->answer = NULL;
    assert_refused(w, "nobody answers");
    assert_int_equal(w->asked, 1);
    assert_false(scs_keyring_load(w->keys, w->path, NULL, NULL, &w->err));
    assert_non_null(strstr(w->err.text, "--key-pass"));
}

/* Catches a certificate taken for a key, or a reason that does not help. */
static void certificate_only(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    assert_int_equal(PEM_write_X509(f, w->certificate), 1);
    fclose(f);
    assert_refused(w, "holds a certificate but no private key");
}

/* Catches a public key taken for a private one. */
static void public_key_only(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    assert_int_equal(PEM_write_PUBKEY(f, w->rsa), 1);
    fclose(f);
    assert_refused(w, "holds a public key but no private key");
}

/* Catches a crash, an endless loop, or a wrong reason on files that are something else. */
static void not_a_key(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    fputs("this is no key at all\n", f);
    fclose(f);
    assert_refused(w, "no private key in a form that is known");
    fclose(file(w)); /* empty */
    assert_refused(w, "no private key in a form that is known");
}

/* Catches a missing file called a file without a key, and standard input being closed. */
static void not_a_file(void **state)
{
    struct world *w = *state;
    assert_refused(w, "No such file");
    assert_false(scs_keyring_load(w->keys, w->folder, ask, w, &w->err));
    assert_non_null(strstr(w->err.text, "is a directory"));
    assert_false(scs_keyring_load(w->keys, "-", ask, w, &w->err));
    assert_false(scs_keyring_load(w->keys, "nosuch:object=ra", ask, w, &w->err));
    assert_non_null(strstr(w->err.text, "nosuch:object=ra"));
}

/* ---- passphrases --------------------------------------------------------------------------------- */

/* Catches a passphrase on the command line being taken. */
static void sources(void **state)
{
    struct world *w = *state;
    static const char *const good[] = {"prompt", "file:x", "env:X", "fd:0", "fd:63"};
    static const char *const bad[] = {
        "", "secret", "file:", "env:", "fd:", "fd:x", "fd:-1", "fd:99999", "pass:secret", "prompt "};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(scs_passphrase_check(good[i], &w->err));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(scs_passphrase_check(bad[i], &w->err));
        assert_null(strstr(w->err.text, "secret"));
    }
}

static void get(struct world *w, const char *source, const char *wanted)
{
    struct scs_passphrase_source s = {.source = source};
    char out[64] = {0};
    for (int twice = 0; twice < 2; twice++) { /* the second time from memory */
        int len = scs_passphrase_get(&s, "a key", out, sizeof out, &w->err);
        if (wanted == NULL) {
            assert_int_equal(len, -1);
            continue;
        }
        assert_int_equal(len, strlen(wanted));
        assert_memory_equal(out, wanted, strlen(wanted));
    }
    scs_passphrase_cleanse(&s);
    for (size_t i = 0; i < sizeof s.text; i++) {
        assert_int_equal(s.text[i], 0);
    }
}

/* Catches line ends taken into the passphrase, a second line read, and text left in memory. */
static void places(void **state)
{
    struct world *w = *state;
    char source[160];
    static const char *const texts[][2] = {{"one\n", "one"}, {"one", "one"}, {"one\r\ntwo\r\n", "one"},
                                           {"\n", ""},       {"", ""},       {" a b \n", " a b "}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *f = file(w);
        fputs(texts[i][0], f);
        fclose(f);
        snprintf(source, sizeof source, "file:%s", w->path);
        get(w, source, texts[i][1]);
        f = fopen(w->path, "r");
        snprintf(source, sizeof source, "fd:%d", fileno(f));
        get(w, source, texts[i][1]);
        fclose(f);
    }
    setenv("SCEPSCOPE_TEST_PASS", "from outside", 1);
    get(w, "env:SCEPSCOPE_TEST_PASS", "from outside");
    unsetenv("SCEPSCOPE_TEST_PASS");
    get(w, "env:SCEPSCOPE_TEST_PASS", NULL);
    get(w, "file:/nonexistent/file", NULL);
    get(w, "fd:999", NULL);
}

/* ---- decryption ---------------------------------------------------------------------------------- */

/* Catches OAEP with its default digests only, and a label that is not passed on. */
static void oaep(void **state)
{
    struct world *w = *state;
    FILE *f = file(w);
    assert_int_equal(PEM_write_PrivateKey(f, w->rsa, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    assert_loaded(w);
    uint8_t encrypted[512], plain[64];
    size_t len = sizeof encrypted;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(w->rsa, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA1", NULL), 1);
    assert_int_equal(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup("L"), 1), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, encrypted, &len, (const unsigned char *)"key", 3), 1);
    EVP_PKEY_CTX_free(ctx);
    struct scs_cursor c = scs_cursor_of(encrypted, len);
    struct scs_wrapping how = {.oaep = true, .digest = "sha256", .mask_digest = "sha1", .label = scs_cursor_of("L", 1)};
    assert_int_equal(scs_keyring_unwrap(w->keys, 0, &how, &c, plain, sizeof plain), 3);
    how.label = scs_cursor_of("M", 1);
    assert_int_equal(scs_keyring_unwrap(w->keys, 0, &how, &c, plain, sizeof plain), 0);
    how = (struct scs_wrapping){.oaep = true, .digest = "sha1", .mask_digest = "sha1", .label = scs_cursor_of("L", 1)};
    assert_int_equal(scs_keyring_unwrap(w->keys, 0, &how, &c, plain, sizeof plain), 0);
    how.digest = "md2"; /* not known */
    assert_int_equal(scs_keyring_unwrap(w->keys, 0, &how, &c, plain, sizeof plain), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pem_traditional),
        TEST(der_pkcs8),
        TEST(pem_encrypted),
        TEST(der_encrypted),
        TEST(pkcs12),
        TEST(pkcs12_of_old_windows),
        TEST(pkcs12_without_passphrase),
        TEST(the_same_key_twice),
        TEST(elliptic_key),
        TEST(wrong_passphrase),
        TEST(no_passphrase),
        TEST(certificate_only),
        TEST(public_key_only),
        TEST(not_a_key),
        TEST(not_a_file),
        TEST(sources),
        TEST(places),
        TEST(oaep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
