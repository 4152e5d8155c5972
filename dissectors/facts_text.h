/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as text lines, for the examine functions of the descriptors: what fuzzers and seed replays compare. */
#ifndef SCS_DISSECTORS_FACTS_TEXT_H
#define SCS_DISSECTORS_FACTS_TEXT_H

#include "base/buf.h"
#include "scepscope/facts.h"

void scs_facts_certificate(struct scs_buf *out, const char *what, const struct scs_cert_facts *c);
void scs_facts_message(struct scs_buf *out, const struct scs_pki_message *m);
void scs_facts_csr(struct scs_buf *out, const struct scs_csr *c);

#endif
