/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redaction of bytes. From the standard level on nothing is copied unless something here knows what it is: `out` is blank
 * to begin with, and what may be shown is put there. At the level of secrets it is the other way round: `out` begins as a
 * copy, and secrets are overwritten. `out` is as long as what is read, and cursors' offsets are places in it.
 *
 *   secrets   challenge passwords in certificate requests and pages, credentials and cookies in headers, values of
 *             parameters that name a password, form data, NTLM tokens
 *   standard  names in certificates, requests and messages, except those of CAs, RAs and TLS servers; words of text that are
 *             addresses or users; signatures over what was changed; everything that is not understood
 *   strict    every name, hosts, paths that are not SCEP's own, texts, and what is encrypted
 */
#ifndef SCS_EVIDENCE_SCRUB_H
#define SCS_EVIDENCE_SCRUB_H

#include "base/pieces.h"
#include "evidence/disguise.h"
#include "scepscope/model.h"

struct scs_scrub;

/* scs_scrub_new learns from the model which names and certificates may stay, and which words must not. */
struct scs_scrub *scs_scrub_new(const struct scs_model *m, struct scs_disguise *d);
void scs_scrub_free(struct scs_scrub *s); /* NULL is fine */

struct scs_scrub_stream {
    const uint8_t *in;
    uint8_t *out;
    const struct scs_piece *pieces; /* that are there, in order: what lies between them is lost */
    uint32_t num_pieces;
};

/* scs_scrub_conversation scrubs both directions of a connection; index: enum scs_dir. `out` need not be filled before. */
void scs_scrub_conversation(struct scs_scrub *s, struct scs_scrub_stream streams[2], bool dns);
/* scs_scrub_dns scrubs one DNS message. `out` begins as a copy of it. */
void scs_scrub_dns(struct scs_scrub *s, const struct scs_cursor *message, uint8_t *out);

#endif
