/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exchanges to enrolments: one device's way to one certificate. A PKIOperation belongs to the enrolment
 * of its transaction ID and signer key; where neither can be read (cut message, no reply), to the last
 * one of the same client, server and agent. GetCACaps and GetCACert go to the enrolment they prepare.
 */
#ifndef SCS_CORRELATE_STORY_H
#define SCS_CORRELATE_STORY_H

#include "base/arena.h"
#include "scepscope/exchange.h"

/*
 * scs_story_tell groups `exchanges` (sorted, numbered) and the blocked attempts among `connections`;
 * sets each exchange's enrolment and again_unseen. The result lives in `keep`.
 */
const struct scs_enrolment *const *scs_story_tell(struct scs_exchange *const *exchanges, uint32_t num_exchanges,
                                                  const struct scs_connection *const *connections, uint32_t num_connections,
                                                  struct scs_arena *keep, uint32_t *num);

#endif
