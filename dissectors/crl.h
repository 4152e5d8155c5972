/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists, as far as their dates: RFC 5280 5.1. */
#ifndef SCS_DISSECTORS_CRL_H
#define SCS_DISSECTORS_CRL_H

#include "base/arena.h"
#include "scepscope/cursor.h"
#include "scepscope/revocation.h"

/*
 * scs_crl_read reads issuer and dates of the list in `in`, DER, into `out`, whose text lives in `keep`. SCS_MORE: it is
 * cut, but the dates are there. SCS_MALFORMED: no list, or cut before its dates; `out` is then without meaning.
 */
enum scs_status scs_crl_read(const struct scs_cursor *in, struct scs_arena *keep, struct scs_crl_facts *out);

#endif
