/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake hash, kept in every hash that may be asked for: which it is, the ServerHello says only later. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tls/opener.h"

enum { MD5_SHA1, SHA_256, SHA_384, NUM_HASHES };

static const char *const names[NUM_HASHES] = {[MD5_SHA1] = "MD5-SHA1", [SHA_256] = "SHA256", [SHA_384] = "SHA384"};

struct scs_tls_transcript {
    EVP_MD_CTX *running[NUM_HASHES]; /* NULL: this OpenSSL has no such hash, or refuses it */
};

static EVP_MD_CTX *start(const char *name)
{
    EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (md == NULL || ctx == NULL || EVP_DigestInit_ex(ctx, md, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MD_free(md);
    return ctx;
}

struct scs_tls_transcript *scs_tls_transcript_new(void)
{
    struct scs_tls_transcript *t = scs_xcalloc(1, sizeof *t);
    for (size_t i = 0; i < NUM_HASHES; i++) {
        t->running[i] = start(names[i]);
    }
    return t;
}

void scs_tls_transcript_free(struct scs_tls_transcript *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < NUM_HASHES; i++) {
        EVP_MD_CTX_free(t->running[i]);
    }
    free(t);
}

void scs_tls_transcript_add(struct scs_tls_transcript *t, const void *data, size_t n)
{
    for (size_t i = 0; i < NUM_HASHES; i++) {
        if (t->running[i] != NULL && EVP_DigestUpdate(t->running[i], data, n) != 1) {
            EVP_MD_CTX_free(t->running[i]);
            t->running[i] = NULL;
        }
    }
}

size_t scs_tls_transcript_hash(const struct scs_tls_transcript *t, const struct scs_tls_suite *suite, uint16_t version,
                               uint8_t out[64])
{
    /* RFC 5246 7.4.9, RFC 2246 7.4.9 */
    size_t which = version < 0x0303 ? MD5_SHA1 : strcmp(scs_tls_suite_hash(suite), names[SHA_384]) == 0 ? SHA_384 : SHA_256;
    unsigned len = 0;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    bool ok = copy != NULL && t->running[which] != NULL && EVP_MD_CTX_copy_ex(copy, t->running[which]) == 1 &&
              EVP_DigestFinal_ex(copy, out, &len) == 1;
    EVP_MD_CTX_free(copy);
    return ok ? len : 0;
}
