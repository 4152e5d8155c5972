/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS secrets of the chosen connections, as lines of a key log (RFC 9850) for a Decryption Secrets Block. */
#ifndef SCS_EVIDENCE_EMBED_H
#define SCS_EVIDENCE_EMBED_H

#include "base/buf.h"
#include "keys/secrets.h"
#include "scepscope/limits.h"
#include "scepscope/packet.h"

struct scs_embed {
    const struct scs_secrets *secrets;
    uint8_t (*randoms)[32]; /* of ClientHellos, in order of their coming */
    size_t num;
    struct scs_buf text;
};

/* scs_embed_init borrows the secrets. */
void scs_embed_init(struct scs_embed *e, const struct scs_secrets *secrets);
/* scs_embed_segment looks for a ClientHello, whose random names the secrets of its connection. */
void scs_embed_segment(struct scs_embed *e, const struct scs_segment *seg);
/* scs_embed_text gives the lines, each once; borrowed. Empty: no secret of these connections is known. */
struct scs_cursor scs_embed_text(struct scs_embed *e);
void scs_embed_cleanup(struct scs_embed *e); /* cleanses; zeroed is fine */

#endif
