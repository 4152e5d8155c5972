/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipient is named by issuer and serial or by key identifier. Where a certificate of that name is known, its public
 * key says which of our keys opens it, or that none does. Where none is known, every key with a modulus as long as the
 * encrypted key is tried. A wrong key can look right for a moment: libcrypto may give random bytes instead
 * of a padding error, one in 256 has good CBC padding, so what comes out must also be one whole SEQUENCE.
 */
#include "keys/envelope.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "dissectors/oid.h"
#include "keys/rsa_params.h"

/* Longer than any content-encryption key; what is longer was not wrapped for us. */
#define MAX_CONTENT_KEY 64u

/* ---- which keys ---------------------------------------------------------------------------------- */

static bool is_of(const struct scs_recipient *r, const struct scs_cert_facts *c)
{
    if (r->serial != NULL) {
        return scs_text_equal(r->serial, c->serial) && scs_text_equal(r->issuer_sha256, c->issuer_sha256);
    }
    return r->ski != NULL && scs_text_equal(r->ski, c->ski);
}

static void add_try(struct scs_envelope_job *job, uint32_t recipient, uint32_t key)
{
    for (uint32_t i = 0; i < job->num_tries; i++) {
        if (job->tries[i].recipient == recipient && job->tries[i].key == key) {
            return;
        }
    }
    if (job->num_tries < SCS_MAX_KEY_TRIES) {
        job->tries[job->num_tries++] = (struct scs_key_try){.recipient = (uint8_t)recipient, .key = (uint8_t)key};
    }
}

/* True when some certificate is the recipient's; one of our keys is tried when it is the one in there. */
static bool try_by_certificate(struct scs_envelope_job *job, uint32_t recipient, const struct scs_keyring *keys,
                               const struct scs_certificate_list *known, uint32_t num_known)
{
    bool met = false;
    for (uint32_t k = 0; k < num_known; k++) {
        for (uint32_t i = 0; i < known[k].num; i++) {
            const struct scs_cert_facts *c = known[k].certificates[i];
            if (is_of(&job->facts->recipients[recipient], c)) {
                int key = scs_keyring_find(keys, c->spki_sha256);
                met = true;
                if (key >= 0) {
                    add_try(job, recipient, (uint32_t)key);
                }
            }
        }
    }
    return met;
}

static void try_by_length(struct scs_envelope_job *job, uint32_t recipient, const struct scs_keyring *keys)
{
    for (uint32_t key = 0; key < scs_keyring_num(keys); key++) {
        if (scs_keyring_modulus_len(keys, key) != 0 &&
            scs_keyring_modulus_len(keys, key) == job->facts->recipients[recipient].encrypted_key_len) {
            add_try(job, recipient, key);
        }
    }
}

/* ---- why not ------------------------------------------------------------------------------------- */

static const char *whose(const struct scs_envelope *e, struct scs_arena *arena)
{
    if (e->num_recipients == 0) {
        return "it names no recipient";
    }
    const struct scs_recipient *r = &e->recipients[0];
    const char *more = e->num_recipients > 1 ? ", nor any other of its recipients" : "";
    if (r->serial != NULL) {
        /* Its issuer is left out: a device that made its own certificate is that issuer, and reports hide devices. */
        return scs_arena_printf(arena, "no given key fits recipient serial %s%s", r->serial, more);
    }
    if (r->ski != NULL) {
        return scs_arena_printf(arena, "no given key fits recipient key identifier %s%s", r->ski, more);
    }
    return "its recipient is of a kind that is not known here";
}

bool scs_envelope_prepare(struct scs_envelope_job *job, const struct scs_keyring *keys, const struct scs_ciphers *ciphers,
                          const struct scs_certificate_list *known, uint32_t num_known, struct scs_arena *arena)
{
    struct scs_envelope *e = job->facts;
    if (!scs_enveloped_take(scs_cursor_of(job->bytes, job->len), &job->parts) || job->parts.num_recipients != e->num_recipients) {
        e->why_not = "the envelope is damaged or cut";
        return false;
    }
    e->why_not = scs_cipher_read(ciphers, job->parts.cipher, &job->cipher);
    if (e->why_not != NULL) {
        if (strcmp(e->why_not, "the content cipher is not known here") == 0 && e->cipher != NULL) {
            e->why_not = scs_arena_printf(arena, "the content cipher %s is not known here", e->cipher);
        }
        return false;
    }
    for (uint32_t i = 0; i < e->num_recipients; i++) {
        if (job->parts.recipients[i].algorithm.len != 0 && !try_by_certificate(job, i, keys, known, num_known)) {
            try_by_length(job, i, keys);
        }
    }
    if (job->num_tries == 0) {
        e->why_not = whose(e, arena);
    }
    return job->num_tries != 0;
}

/* ---- the work ------------------------------------------------------------------------------------ */

/* keyEncryptionAlgorithm: rsaEncryption, or RSAES-OAEP with its parameters. */
static bool read_wrapping(struct scs_cursor algorithm, struct scs_wrapping *out)
{
    struct scs_cursor c = algorithm;
    struct scs_ber whole, oid, source, label;
    struct scs_rsa_params params;
    *out = (struct scs_wrapping){.oaep = false};
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &whole) != SCS_OK || scs_ber_expect(&whole.contents, SCS_BER_OID, &oid) != SCS_OK) {
        return false;
    }
    const char *name = scs_oid_known(&oid.contents);
    if (name != NULL && strcmp(name, "rsaEncryption") == 0) {
        return true;
    }
    if (name == NULL || strcmp(name, "RSAES-OAEP") != 0 || !scs_rsa_params_read(algorithm, &params)) {
        return false;
    }
    *out = (struct scs_wrapping){.oaep = true, .digest = params.digest, .mask_digest = params.mask_digest};
    /* pSourceAlgorithm ::= SEQUENCE { id-pSpecified, OCTET STRING } */
    if (scs_ber_expect(&params.third, SCS_BER_SEQUENCE, &source) == SCS_OK &&
        scs_ber_expect(&source.contents, SCS_BER_OID, &oid) == SCS_OK &&
        scs_ber_expect(&source.contents, SCS_BER_OCTET_STRING, &label) == SCS_OK) {
        out->label = label.contents;
    }
    return params.digest != NULL && params.mask_digest != NULL;
}

/* The bytes of a string element; joined to `joined` when it stands in chunks. */
static struct scs_cursor string_bytes(const struct scs_ber *element, struct scs_buf *joined)
{
    if ((element->tag & SCS_BER_CONSTRUCTED) == 0) {
        return element->contents;
    }
    scs_buf_clear(joined);
    return scs_ber_string(element, joined) == SCS_OK ? scs_buf_cursor(joined) : (struct scs_cursor){0};
}

static bool is_one_sequence(const uint8_t *plain, size_t len)
{
    struct scs_cursor c = scs_cursor_of(plain, len);
    struct scs_ber e;
    return scs_ber_expect(&c, SCS_BER_SEQUENCE, &e) == SCS_OK && scs_cursor_done(&c);
}

/* RFC 5083 2.2: the authenticated attributes are covered as a SET OF. */
static struct scs_cursor additional_data(const struct scs_enveloped *parts, struct scs_buf *out)
{
    struct scs_cursor c = parts->auth_attrs;
    if (c.len == 0 || !scs_cursor_skip(&c, 1)) {
        return (struct scs_cursor){0};
    }
    scs_buf_clear(out);
    scs_buf_byte(out, SCS_BER_SET);
    scs_buf_add(out, c.p, c.len);
    return scs_buf_cursor(out);
}

/* Everything the tries of one envelope share. */
struct attempt {
    struct scs_buf key, content, aad; /* for what stands in chunks */
    struct scs_cursor encrypted, additional;
};

static bool try_key(struct scs_envelope_job *job, struct scs_key_try t, struct attempt *a, const struct scs_keyring *keys,
                    const struct scs_ciphers *ciphers)
{
    const struct scs_wrapped_key *wrapped = &job->parts.recipients[t.recipient];
    struct scs_wrapping wrapping;
    uint8_t key[MAX_CONTENT_KEY];
    if (!read_wrapping(wrapped->algorithm, &wrapping)) {
        return false;
    }
    struct scs_cursor encrypted_key = string_bytes(&wrapped->key, &a->key);
    size_t key_len = scs_keyring_unwrap(keys, t.key, &wrapping, &encrypted_key, key, sizeof key);
    bool opened = false;
    if (key_len == job->cipher.key_len) {
        job->plain_len = job->plain_cap;
        opened = scs_cipher_open(ciphers, &job->cipher, key, &a->encrypted, &job->parts.mac, &a->additional, job->plain,
                                 &job->plain_len) &&
                 (job->cipher.tag_len != 0 || is_one_sequence(job->plain, job->plain_len));
    }
    OPENSSL_cleanse(key, sizeof key);
    return opened;
}

void scs_envelope_work(struct scs_envelope_job *job, const struct scs_keyring *keys, const struct scs_ciphers *ciphers)
{
    struct attempt a;
    scs_buf_init(&a.key, SCS_MAX_BODY);
    scs_buf_init(&a.content, SCS_MAX_INFLATED);
    scs_buf_init(&a.aad, SCS_MAX_BODY);
    a.encrypted = string_bytes(&job->parts.content, &a.content);
    a.additional = additional_data(&job->parts, &a.aad);
    job->plain_cap = a.encrypted.len + 1;
    job->plain = scs_xmalloc(job->plain_cap);
    for (uint32_t i = 0; i < job->num_tries && !job->opened; i++) {
        job->opened = try_key(job, job->tries[i], &a, keys, ciphers);
        job->key = job->tries[i].key;
    }
    scs_buf_cleanup(&a.key);
    scs_buf_cleanup(&a.content);
    scs_buf_cleanup(&a.aad);
}

void scs_envelope_conclude(const struct scs_envelope_job *job, struct scs_keyring *keys, struct scs_arena *arena)
{
    struct scs_envelope *e = job->facts;
    e->opened = job->opened;
    if (job->opened) {
        e->opened_with = scs_keyring_facts(keys)[job->key].spki_sha256;
        e->content_len = (uint32_t)job->plain_len;
        e->why_not = NULL;
        scs_keyring_count(keys, job->key);
    } else if (job->num_tries == 1) {
        e->why_not = scs_arena_printf(arena, "the key in %s does not open it: another key, or a damaged message",
                                      scs_keyring_facts(keys)[job->tries[0].key].path);
    } else {
        e->why_not = scs_arena_printf(arena, "%s: %u keys were tried", whose(e, arena), job->num_tries);
    }
}

void scs_envelope_release(struct scs_envelope_job *job)
{
    if (job->plain != NULL) {
        OPENSSL_cleanse(job->plain, job->plain_cap);
    }
    free(job->plain);
    free(job->bytes);
    *job = (struct scs_envelope_job){.facts = NULL};
}
