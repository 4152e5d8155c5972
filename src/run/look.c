/* SPDX-License-Identifier: Apache-2.0 */
/* The story so far, while packets still come. */
#include "run/run_parts.h"

const struct scs_model *scs_run_look(struct scs_run *run)
{
    if (run->looked != NULL) {
        scs_arena_free(run->looked);
    }
    run->looked = scs_arena_new();
    struct scs_model *m = SCS_ARENA_NEW(run->looked, struct scs_model);
    struct scs_capture_facts *facts = SCS_ARENA_NEW(run->looked, struct scs_capture_facts);
    *facts = run->facts;
    scs_run_await_secrets(run, true);
    scs_run_tell(run, false, run->looked, facts, m);
    return m;
}

void scs_run_freeze_tokens(struct scs_run *run)
{
    scs_exchanges_freeze_key(run->exchanges);
}
