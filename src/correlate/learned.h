/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was learned of each SCEP server so far: its tallies, its last good GetCACaps and GetCACert. Asked
 * while exchanges come in, so that a message is held against what its client had been told.
 */
#ifndef SCS_CORRELATE_LEARNED_H
#define SCS_CORRELATE_LEARNED_H

#include "base/mover.h"
#include "scepscope/exchange.h"

struct scs_learned;

struct scs_learned *scs_learned_new(struct scs_arena *keep, struct scs_limits_hit *limits);
void scs_learned_free(struct scs_learned *l);
/* scs_learned_exchange remembers a finished exchange's answer, and what it shows of the server. */
void scs_learned_exchange(struct scs_learned *l, const struct scs_exchange *x);
/* scs_learned_recount begins the tallies anew; scs_learned_tally counts an exchange with the outcome it has now. */
void scs_learned_recount(struct scs_learned *l);
void scs_learned_tally(struct scs_learned *l, const struct scs_exchange *x);
/* scs_learned_left: the exchange leaves memory; it counts in every tally to come. */
void scs_learned_left(struct scs_learned *l, const struct scs_exchange *x);
/*
 * scs_learned_ca_certs: the certificates `endpoint` gave last, else those of another port of the same
 * address; NULL when the capture has none yet.
 */
const struct scs_ca_certs *scs_learned_ca_certs(const struct scs_learned *l, const struct scs_endpoint *endpoint);
/*
 * scs_learned_servers lists them in `arena`. Those at an address (and port; 0: any) that the user named are marked; of which
 * nothing was heard stand at the end all the same, with the port as given.
 */
const struct scs_server *const *scs_learned_servers(struct scs_learned *l, const struct scs_endpoint *named, uint32_t num_named,
                                                    struct scs_arena *arena, uint32_t *num);
/* scs_learned_move: the arena turned (base/mover.h). */
void scs_learned_move(struct scs_learned *l, struct scs_mover *m);

#endif
