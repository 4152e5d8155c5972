/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stretch of time within which things fail. Events come in order of time; of all stretches the one with
 * the largest sum wins, a failure counting 1 and a success -SCS_STRETCH_PENALTY (Kadane's algorithm): constant
 * memory, one step for each failure, whatever the number of successes between two of them.
 */
#ifndef SCS_DIAGNOSE_STRETCH_H
#define SCS_DIAGNOSE_STRETCH_H

#include "scepscope/model.h"

/* A stretch is worth going on with while four of five events fail; what is said of it asks for more. */
#define SCS_STRETCH_PENALTY 4

/* What had succeeded so far, and when last. */
struct scs_successes {
    uint32_t num;
    int64_t last_ns; /* SCS_NO_TIME */
};

/* Failures and successes before one moment. */
struct scs_stretch_mark {
    int64_t ts_ns;
    uint32_t failed;
    struct scs_successes good;
};

struct scs_stretch {
    uint32_t failed; /* all so far */
    int64_t sum, best_sum;
    struct scs_stretch_mark start, last, best_start, best_end;
};

/* scs_stretch_fail adds a failure; `good` succeeded before it. */
void scs_stretch_fail(struct scs_stretch *s, int64_t ts_ns, const struct scs_successes *good);
/*
 * scs_stretch_found: nearly all events within the stretch failed, nearly all outside succeeded, and there are enough of
 * both to say so; fills the fields of a TIME pattern. `good` succeeded in all.
 */
bool scs_stretch_found(const struct scs_stretch *s, const struct scs_successes *good, struct scs_pattern *out);

#endif
