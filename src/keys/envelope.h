/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One envelope and the keys that may open it. The work (private operations, content decryption) touches nothing but
 * its own struct, the keyring and the ciphers, so that threads can do it.
 */
#ifndef SCS_KEYS_ENVELOPE_H
#define SCS_KEYS_ENVELOPE_H

#include "dissectors/enveloped.h"
#include "keys/cipher.h"
#include "keys/keyring.h"
#include "scepscope/facts.h"

/* Certificates in which a recipient may be found. */
struct scs_certificate_list {
    const struct scs_cert_facts *const *certificates;
    uint32_t num;
};

/* One try: this key for that recipient. */
struct scs_key_try {
    uint8_t recipient, key;
};

struct scs_envelope_job {
    struct scs_envelope *facts;
    /* set by scs_envelope_prepare */
    uint8_t *bytes; /* the ContentInfo, owned */
    size_t len;
    struct scs_enveloped parts; /* borrows `bytes` */
    struct scs_content_cipher cipher;
    struct scs_key_try tries[SCS_MAX_KEY_TRIES];
    uint32_t num_tries;
    /* set by scs_envelope_work */
    bool opened;
    uint8_t key;
    uint8_t *plain; /* owned; cleansed by scs_envelope_release */
    size_t plain_len, plain_cap;
};

/*
 * scs_envelope_prepare takes `content_info` (allocated with malloc; freed here in either case) apart and lists the tries. False
 * when nothing can be tried; facts->why_not says why, in `arena`.
 */
bool scs_envelope_prepare(struct scs_envelope_job *job, const struct scs_keyring *keys, const struct scs_ciphers *ciphers,
                          const struct scs_certificate_list *known, uint32_t num_known, struct scs_arena *arena);
/* scs_envelope_work tries. Sets opened, key, plain. */
void scs_envelope_work(struct scs_envelope_job *job, const struct scs_keyring *keys, const struct scs_ciphers *ciphers);
/* scs_envelope_conclude writes opened, opened_with, content_len or why_not to the facts. */
void scs_envelope_conclude(const struct scs_envelope_job *job, struct scs_keyring *keys, struct scs_arena *arena);
/* scs_envelope_release frees and cleanses. */
void scs_envelope_release(struct scs_envelope_job *job);

#endif
