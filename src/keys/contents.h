/* SPDX-License-Identifier: Apache-2.0 */
/* What lay in an opened envelope, as facts. RFC 8894 3.3. */
#ifndef SCS_KEYS_CONTENTS_H
#define SCS_KEYS_CONTENTS_H

#include "dissectors/x509.h"
#include "keys/signature.h"
#include "scepscope/facts.h"

/*
 * scs_contents_read fills holds and what belongs to it. The kind is told by the content's own form: messages whose type
 * says something else occur. `signatures` NULL: the request's own signature stays unchecked. Borrows `plain` for the call.
 */
void scs_contents_read(const struct scs_cursor *plain, struct scs_envelope *out, struct scs_cert_cache *certs,
                       struct scs_arena *arena, struct scs_signatures *signatures);

#endif
