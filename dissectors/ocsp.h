/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses, as far as what they say of their first certificate: RFC 6960 4.2.1. Signatures are not checked. */
#ifndef SCS_DISSECTORS_OCSP_H
#define SCS_DISSECTORS_OCSP_H

#include "scepscope/cursor.h"
#include "scepscope/revocation.h"

/*
 * scs_ocsp_read reads the response in `in`, DER, into `out`. SCS_MORE: it is cut behind what was read. SCS_MALFORMED: no
 * response; `out` is then without meaning.
 */
enum scs_status scs_ocsp_read(const struct scs_cursor *in, struct scs_ocsp_facts *out);

#endif
