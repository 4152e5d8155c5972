/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the scep files. */
#ifndef SCS_DISSECTORS_SCEP_PARTS_H
#define SCS_DISSECTORS_SCEP_PARTS_H

#include "dissectors/scep.h"

/* scs_scep_hex_pair reads the two digits after a percent sign; false, and nothing moved, when they are none. */
bool scs_scep_hex_pair(struct scs_cursor *c, uint8_t *out);

#endif
