/* SPDX-License-Identifier: Apache-2.0 */
/* RSA key exchange: the master secret, where the server's own key is at hand. RFC 5246 7.4.7.1, RFC 7627. */
#include <openssl/crypto.h>
#include <string.h>

#include "keys/keyring.h"
#include "tls/session.h"
#include "tls/suites.h"

bool scs_tls_is_rsa(const struct scs_tls *t)
{
    return t->facts.key_exchange != NULL && strcmp(t->facts.key_exchange, "RSA") == 0;
}

static bool has_ring(const struct scs_tls *t)
{
    return scs_keyring_num(t->hooks->keys) != 0;
}

void scs_tls_note_message(struct scs_tls *t, uint8_t type, const struct scs_cursor *bytes)
{
    if (!has_ring(t) || type == SCS_TLS_MSG_HELLO_REQUEST) {
        return;
    }
    if (type == SCS_TLS_MSG_CLIENT_HELLO || t->transcript == NULL) {
        scs_tls_transcript_free(t->transcript);
        t->transcript = scs_tls_transcript_new();
    }
    scs_tls_transcript_add(t->transcript, bytes->p, bytes->len);
}

/* The key of the server's certificate; -1 when it is not in the ring. */
static int ring_key(const struct scs_tls *t)
{
    struct scs_cursor body = scs_buf_cursor(&t->certificates[SCS_TO_CLIENT]), list, der;
    if (scs_tls_certificate_list(&body, false, &list) != SCS_OK || !scs_tls_certificate(&list, false, &der)) {
        return -1;
    }
    const struct scs_cert_facts *leaf = scs_x509_read(&der, t->hooks->certs);
    return leaf == NULL || leaf->spki_sha256 == NULL ? -1 : scs_keyring_find(t->hooks->keys, leaf->spki_sha256);
}

void scs_tls_key_exchange(struct scs_tls *t, const struct scs_cursor *body)
{
    static const struct scs_wrapping pkcs1 = {.oaep = false};
    struct scs_cursor encrypted;
    uint8_t premaster[48], hash[64];
    if (!has_ring(t) || !scs_tls_is_rsa(t) || t->suite == NULL || !t->has_client_random || !t->has_server_random ||
        scs_tls_rsa_key_exchange(body, t->facts.version, &encrypted) != SCS_OK) {
        return;
    }
    int key = ring_key(t);
    if (key < 0 ||
        scs_keyring_unwrap(t->hooks->keys, (uint32_t)key, &pkcs1, &encrypted, premaster, sizeof premaster) != sizeof premaster) {
        return;
    }
    bool extended = (t->facts.flags & SCS_TLS_EXTENDED_MASTER_SECRET) != 0;
    size_t hash_len = extended ? scs_tls_transcript_hash(t->transcript, t->suite, t->facts.version, hash) : 0;
    t->has_master = scs_tls_master_12(t->suite, t->facts.version, premaster, sizeof premaster, t->client_random, t->server_random,
                                      extended ? hash : NULL, hash_len, t->master);
    t->rsa_key = t->has_master ? key : -1;
    t->key_source = "rsa_key";
    OPENSSL_cleanse(premaster, sizeof premaster);
}
