/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the envelopes of messages with the given keys. An RSA private operation takes as long as everything else about
 * forty messages, so worker threads do that part; envelopes are concluded one after the other in the
 * order they came, and nothing that is reported depends on how many workers there are.
 */
#ifndef SCS_KEYS_OPENER_H
#define SCS_KEYS_OPENER_H

#include "dissectors/x509.h"
#include "keys/envelope.h"
#include "keys/keyring.h"
#include "keys/signature.h"

struct scs_opener;

struct scs_opener_options {
    struct scs_arena *keep; /* all borrowed; they outlive it */
    struct scs_cert_cache *certs;
    struct scs_keyring *keys;          /* NULL: none were given */
    struct scs_signatures *signatures; /* NULL: requests inside are not verified */
    uint32_t num_workers;              /* 0: one less than there are processors, at least one */
};

struct scs_opener *scs_opener_new(const struct scs_opener_options *options);
void scs_opener_free(struct scs_opener *o); /* ends the workers; NULL is fine */
/*
 * scs_opener_add takes on the message's envelope, when it has one; `bytes` is what the message was read from and is
 * copied as far as needed. The certificates of `known` may be the recipients'. The envelope's facts are final
 * after scs_opener_finish.
 */
void scs_opener_add(struct scs_opener *o, const struct scs_cursor *bytes, struct scs_pki_message *m,
                    const struct scs_certificate_list *known, uint32_t num_known);
void scs_opener_finish(struct scs_opener *o);

#endif
