/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

_Static_assert(SCS_MAX_DIGEST >= EVP_MAX_MD_SIZE, "every digest fits");

static const struct {
    const char *name, *libcrypto;
} known[] = {
    {"md5", "MD5"},         {"sha1", "SHA1"},       {"sha224", "SHA2-224"},
    {"sha256", "SHA2-256"}, {"sha384", "SHA2-384"}, {"sha512", "SHA2-512"},
};
#define NUM_KNOWN (sizeof known / sizeof *known)

struct scs_digests {
    EVP_MD *fetched[NUM_KNOWN]; /* NULL: refused */
    EVP_MD_CTX *hashing;
};

struct scs_digests *scs_digests_new(void)
{
    struct scs_digests *d = scs_xcalloc(1, sizeof *d);
    for (size_t i = 0; i < NUM_KNOWN; i++) {
        d->fetched[i] = EVP_MD_fetch(NULL, known[i].libcrypto, NULL);
    }
    d->hashing = EVP_MD_CTX_new();
    if (d->hashing == NULL) {
        abort(); /* out of memory, as in scs_xmalloc */
    }
    return d;
}

void scs_digests_free(struct scs_digests *d)
{
    if (d != NULL) {
        for (size_t i = 0; i < NUM_KNOWN; i++) {
            EVP_MD_free(d->fetched[i]);
        }
        EVP_MD_CTX_free(d->hashing);
        free(d);
    }
}

/* NUM_KNOWN when it is none of ours. */
static size_t find(const char *name)
{
    size_t i = 0;
    while (i < NUM_KNOWN && (name == NULL || strcmp(name, known[i].name) != 0)) {
        i++;
    }
    return i;
}

const char *scs_digest_known(const char *name)
{
    size_t i = find(name);
    return i == NUM_KNOWN ? NULL : known[i].name;
}

const char *scs_digest_libcrypto(const char *name)
{
    size_t i = find(name);
    return i == NUM_KNOWN ? NULL : known[i].libcrypto;
}

size_t scs_digests_hash(struct scs_digests *d, const char *name, const struct scs_cursor *data, uint8_t out[SCS_MAX_DIGEST])
{
    size_t i = find(name);
    unsigned len = 0;
    if (i == NUM_KNOWN || d->fetched[i] == NULL || EVP_DigestInit_ex2(d->hashing, d->fetched[i], NULL) != 1 ||
        EVP_DigestUpdate(d->hashing, data->p, data->len) != 1 || EVP_DigestFinal_ex(d->hashing, out, &len) != 1) {
        return 0;
    }
    return len;
}
