/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one exchange, from its own facts alone. */
#ifndef SCS_CORRELATE_OUTCOME_H
#define SCS_CORRELATE_OUTCOME_H

#include "scepscope/exchange.h"

enum scs_outcome scs_outcome_of(const struct scs_exchange *x);
/* scs_outcome_may_succeed: a CertRep with SUCCESS that a client can verify: nothing that it announces is missing. */
bool scs_outcome_may_succeed(const struct scs_pki_message *m);

/* Whether the answer got to the client. */

/* scs_outcome_client_ended: when the client ended the connection; SCS_NO_TIME when it did not. */
int64_t scs_outcome_client_ended(const struct scs_connection *c);
/* scs_outcome_unacknowledged: the client never acknowledged the end of the reply, which has to be there. */
bool scs_outcome_unacknowledged(const struct scs_exchange *x);
/* scs_outcome_too_late: the reply was complete only after the client had gone. */
bool scs_outcome_too_late(const struct scs_exchange *x);
/*
 * scs_outcome_missed: a reset ended the connection, and what had not been acknowledged by then did not arrive: the client's own,
 * or the server's after it had sent again. A server that resets at once does not wait for an acknowledgement.
 */
bool scs_outcome_missed(const struct scs_connection *c);
/* scs_outcome_undelivered: a whole reply that cannot have got to the client: it had gone, or a reset came first. */
bool scs_outcome_undelivered(const struct scs_exchange *x);
/* scs_outcome_unheard: a whole reply whose server reset the connection before an acknowledgement was seen: nobody can tell. */
bool scs_outcome_unheard(const struct scs_exchange *x);

#endif
