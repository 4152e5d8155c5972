/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one exchange, from its own facts alone. */
#ifndef SCS_CORRELATE_OUTCOME_H
#define SCS_CORRELATE_OUTCOME_H

#include "scepscope/exchange.h"

enum scs_outcome scs_outcome_of(const struct scs_exchange *x);

/* Whether the answer got to the client. */

/* scs_outcome_client_ended: when the client ended the connection; SCS_NO_TIME when it did not. */
int64_t scs_outcome_client_ended(const struct scs_connection *c);
/* scs_outcome_unacknowledged: the client never acknowledged the end of the reply, which has to be there. */
bool scs_outcome_unacknowledged(const struct scs_exchange *x);
/* scs_outcome_too_late: the reply was complete only after the client had gone. */
bool scs_outcome_too_late(const struct scs_exchange *x);
/* scs_outcome_undelivered: a whole reply that cannot have got to the client: it had gone, or a reset came first. */
bool scs_outcome_undelivered(const struct scs_exchange *x);

#endif
