/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private keys the user gave, and the certificates that lay beside them. Nobody says which key is for what: it is
 * found by public key. The ring decrypts, and hands no key out; key bytes are cleansed when it is freed.
 */
#ifndef SCS_KEYS_KEYRING_H
#define SCS_KEYS_KEYRING_H

#include "base/arena.h"
#include "dissectors/x509.h"
#include "scepscope/facts.h"
#include "scepscope/status.h"

struct scs_keyring;

/* Gives a passphrase, as in struct scs_run_options. */
typedef int scs_passphrase(void *ctx, const char *path, char *out, size_t max, struct scs_error *err);

/* scs_keyring_new: facts about keys and certificates live in `keep`, which is borrowed. */
struct scs_keyring *scs_keyring_new(struct scs_arena *keep);
void scs_keyring_free(struct scs_keyring *k); /* NULL is fine */

/*
 * scs_keyring_load reads a file (PEM, DER, PKCS #8, PKCS #12) or a URI that libcrypto's providers know (pkcs11:...).
 * False with `err` set to a sentence that names it when there is no private key to be had from it. `ask` may be NULL.
 */
SCS_MUST_USE bool scs_keyring_load(struct scs_keyring *k, const char *path, scs_passphrase *ask, void *ctx,
                                   struct scs_error *err);

/* scs_keyring_is_uri: "pkcs11:object=ra" and its kin; a single letter is a drive. */
bool scs_keyring_is_uri(const char *path);

uint32_t scs_keyring_num(const struct scs_keyring *k); /* NULL has none */
/* scs_keyring_facts: all keys, in the order given. num_opened is counted by scs_keyring_count. */
const struct scs_key_facts *scs_keyring_facts(const struct scs_keyring *k);
void scs_keyring_count(struct scs_keyring *k, uint32_t key);
/* scs_keyring_find: the key with this public half (hex); -1 when there is none. */
int scs_keyring_find(const struct scs_keyring *k, const char *spki_sha256);
/* scs_keyring_modulus_len: bytes of an RSA key's modulus; 0 for other keys. */
uint32_t scs_keyring_modulus_len(const struct scs_keyring *k, uint32_t key);
/* Certificates that lay in the files. */
const struct scs_cert_facts *const *scs_keyring_certificates(const struct scs_keyring *k, uint32_t *num);
/* scs_keyring_has_legacy: libcrypto's legacy provider (DES, RC2) is there. */
bool scs_keyring_has_legacy(const struct scs_keyring *k);

/* How a secret was encrypted with RSA. */
struct scs_wrapping {
    bool oaep;                        /* false: RSAES-PKCS1-v1_5 */
    const char *digest, *mask_digest; /* OAEP: names of digest.c */
    struct scs_cursor label;          /* OAEP */
};

/*
 * scs_keyring_unwrap decrypts at most `max` bytes to `out` and returns how many; 0 when that fails. Threads may call it
 * at the same time. libcrypto may answer with random bytes where PKCS #1 v1.5 padding is wrong (implicit
 * rejection): success says nothing yet. The caller cleanses `out`.
 */
size_t scs_keyring_unwrap(const struct scs_keyring *k, uint32_t key, const struct scs_wrapping *how,
                          const struct scs_cursor *encrypted, uint8_t *out, size_t max);

#endif
