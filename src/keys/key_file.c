/* SPDX-License-Identifier: Apache-2.0 */
/* Key files through libcrypto's OSSL_STORE, which knows every format of keys and, by URI, tokens. */
#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <string.h>

#include "keys/keyring_parts.h"
#include "platform/platform.h"

/* Objects read from one file: a PKCS #12 with its chain has five. */
#define MAX_OBJECTS 64u

/* libcrypto asks for the passphrase more than once (each decoder tries); the user is asked once. */
struct asker {
    scs_passphrase *ask;
    void *ctx;
    const char *path;
    struct scs_error *err;
    char passphrase[SCS_MAX_PASSPHRASE];
    int len;
    bool asked, refused;
};

/* What a file held. */
struct contents {
    uint32_t num_keys, num_certificates, num_public_keys, num_others;
    bool full;
};

static int answer(char *buf, int size, int writing, void *arg)
{
    struct asker *a = arg;
    (void)writing;
    if (!a->asked) {
        a->asked = true;
        if (a->ask == NULL) {
            a->refused = true;
            scs_error_set(a->err, "%s is encrypted and no passphrase was given; use --key-pass", a->path);
        } else {
            a->len = a->ask(a->ctx, a->path, a->passphrase, sizeof a->passphrase, a->err);
            a->refused = a->len < 0;
        }
    }
    if (a->refused || a->len > size) {
        return -1;
    }
    memcpy(buf, a->passphrase, (size_t)a->len);
    return a->len;
}

static void add_certificate(struct scs_keyring *k, X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    if (len > 0 && k->num_certificates < SCS_MAX_KEY_CERTIFICATES) {
        struct scs_cursor c = scs_cursor_of(der, (size_t)len);
        const struct scs_cert_facts *facts = scs_x509_read(&c, k->certs);
        if (facts != NULL) {
            k->certificates[k->num_certificates++] = facts;
        }
    }
    OPENSSL_free(der);
}

static void take(struct scs_keyring *k, const char *path, const OSSL_STORE_INFO *info, struct contents *found)
{
    switch (OSSL_STORE_INFO_get_type(info)) {
    case OSSL_STORE_INFO_PKEY:
        found->num_keys++;
        found->full = !scs_keyring_add(k, path, OSSL_STORE_INFO_get1_PKEY(info)) || found->full;
        break;
    case OSSL_STORE_INFO_CERT:
        found->num_certificates++;
        add_certificate(k, OSSL_STORE_INFO_get0_CERT(info));
        break;
    case OSSL_STORE_INFO_PUBKEY:
        found->num_public_keys++;
        break;
    default:
        found->num_others++;
        break;
    }
}

static void read_store(struct scs_keyring *k, const char *path, struct asker *asker, struct contents *found)
{
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(answer, 0);
    OSSL_STORE_CTX *store = OSSL_STORE_open(path, ui, asker, NULL, NULL);
    for (uint32_t i = 0; store != NULL && i < MAX_OBJECTS && !OSSL_STORE_eof(store); i++) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info != NULL) {
            take(k, path, info, found);
            OSSL_STORE_INFO_free(info);
        }
    }
    OSSL_STORE_close(store);
    UI_destroy_method(ui);
}

bool scs_keyring_is_uri(const char *path)
{
    const char *colon = strchr(path, ':');
    if (colon == NULL || colon - path < 2 || !isalpha((unsigned char)*path)) {
        return false;
    }
    for (const char *p = path; p < colon; p++) {
        if (!isalnum((unsigned char)*p) && strchr("+-.", *p) == NULL) {
            return false;
        }
    }
    return true;
}

/* Why no key came out of it. */
static bool say_why(const struct scs_keyring *k, const char *path, const struct asker *asker, const struct contents *found,
                    struct scs_error *err)
{
    if (asker->refused) {
        return false; /* said already */
    }
    if (found->full) {
        return scs_error_set(err, "%s is one key too many; give at most %u", path, SCS_MAX_KEYS);
    }
    if (found->num_certificates != 0) {
        return scs_error_set(err, "%s holds a certificate but no private key", path);
    }
    if (found->num_public_keys != 0) {
        return scs_error_set(err, "%s holds a public key but no private key", path);
    }
    if (asker->asked) {
        return k->legacy != NULL ? scs_error_set(err, "%s could not be decrypted: wrong passphrase", path)
                                 : scs_error_set(err,
                                                 "%s could not be decrypted: wrong passphrase, or an old cipher that needs "
                                                 "OpenSSL's legacy provider, which is not installed",
                                                 path);
    }
    return scs_error_set(err, "%s holds no private key in a form that is known (PEM, DER, PKCS #8, PKCS #12)", path);
}

bool scs_keyring_load(struct scs_keyring *k, const char *path, scs_passphrase *ask, void *ctx, struct scs_error *err)
{
    struct asker asker = {.ask = ask, .ctx = ctx, .path = path, .err = err};
    struct contents found = {.num_keys = 0};
    struct scs_error unreadable;
    if (strcmp(path, "-") == 0) {
        return scs_error_set(err, "-k -: a key is not read from standard input; name a file");
    }
    int fd = scs_platform_open(path, &unreadable);
    if (fd >= 0) {
        scs_platform_close(fd);
    } else if (!scs_keyring_is_uri(path)) {
        return scs_error_set(err, "%s", unreadable.text);
    }
    read_store(k, path, &asker, &found);
    OPENSSL_cleanse(asker.passphrase, sizeof asker.passphrase);
    ERR_clear_error();
    return found.num_keys != 0 && !found.full ? true : say_why(k, path, &asker, &found, err);
}
