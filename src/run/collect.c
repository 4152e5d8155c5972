/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody needs any more leaves: the rest is copied to a fresh arena. Every stage that points to facts has its part here. */
#include "run/run_parts.h"

void scs_run_collect(struct scs_run *run)
{
    scs_arena_free(run->looked);
    run->looked = NULL;
    scs_exchanges_settle(run->exchanges); /* envelopes being opened point to facts */
    struct scs_arena_past *past = scs_arena_turn(run->keep);
    struct scs_mover *m = scs_mover_new(run->keep, past);
    scs_exchanges_move(run->exchanges, m);
    scs_learned_move(run->learned, m);
    scs_flow_move(run->flow, m);
    scs_revocations_move(&run->revocations, m);
    scs_ca_calls_move(&run->ca_calls, m);
    scs_mover_settle(m);
    scs_exchanges_settled(run->exchanges, m);
    scs_cert_cache_settled(run->tls_certs, m);
    scs_intern_settled(run->intern, m);
    scs_mover_free(m);
    scs_arena_past_free(past);
}
