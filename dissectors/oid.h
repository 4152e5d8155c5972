/* SPDX-License-Identifier: Apache-2.0 */
/* Object identifiers as their contents octets. scs_oid_name is declared in cms.h. */
#ifndef SCS_DISSECTORS_OID_H
#define SCS_DISSECTORS_OID_H

#include "base/buf.h"
#include "scepscope/cursor.h"

/* scs_oid_known returns the short name of an OID in our table, or NULL. */
const char *scs_oid_known(const struct scs_cursor *oid);
/* scs_oid_write appends the dotted form, or "oid:" and hex when the octets are no OID. */
void scs_oid_write(struct scs_buf *out, const struct scs_cursor *oid);

#endif
