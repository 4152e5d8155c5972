/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the pkcs10 files. */
#ifndef SCS_DISSECTORS_PKCS10_PARTS_H
#define SCS_DISSECTORS_PKCS10_PARTS_H

#include "base/ber.h"
#include "dissectors/pkcs10.h"

/* scs_pkcs10_challenge describes the value of a challengePassword attribute; of a second one only that it is there. */
void scs_pkcs10_challenge(const struct scs_ber *value, struct scs_cert_cache *cache, struct scs_challenge *out);
/* scs_pkcs10_extensions reads the contents of the Extensions that a request asks for. */
void scs_pkcs10_extensions(const struct scs_cursor *extensions, struct scs_arena *arena, struct scs_csr *out);

#endif
