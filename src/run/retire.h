/* SPDX-License-Identifier: Apache-2.0 */
/* Who leaves memory when a run has a limit (struct scs_departed). */
#ifndef SCS_RUN_RETIRE_H
#define SCS_RUN_RETIRE_H

#include "base/arena.h"
#include "scepscope/model.h"
#include "scepscope/rule.h"

/* Marked by id. */
struct scs_leaving {
    bool *exchanges, *connections;
    int64_t until_ns; /* the last end of them; SCS_NO_TIME: none leaves */
};

/*
 * scs_retire_choose marks about `share` (of 1) of what the model has: the oldest of what is healthy and over for
 * SCS_MEMORY_QUIET_S, then the oldest of what is troubled and over, then the rest. The exchanges of an enrolment leave together;
 * each server's last GetCACaps and GetCACert stay, and their enrolments with them. The lists are in `arena`.
 */
void scs_retire_choose(const struct scs_model *m, int64_t now_ns, double share, struct scs_arena *arena, struct scs_leaving *out);

#endif
