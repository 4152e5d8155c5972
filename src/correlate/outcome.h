/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one exchange, from its own facts alone. */
#ifndef SCS_CORRELATE_OUTCOME_H
#define SCS_CORRELATE_OUTCOME_H

#include "scepscope/exchange.h"

enum scs_outcome scs_outcome_of(const struct scs_exchange *x);

#endif
