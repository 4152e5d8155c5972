/* SPDX-License-Identifier: Apache-2.0 */
/* How far the reading of captures is, on the terminal. */
#ifndef SCS_CLI_PROGRESS_H
#define SCS_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "scepscope/model.h"

struct scs_progress {
    bool shown, wanted;
    uint64_t last_ms;
};

/* scs_progress_show has the shape of scs_run_options.progress; `ctx` is a struct scs_progress. */
bool scs_progress_show(void *ctx, uint64_t bytes, uint64_t total);
void scs_progress_end(const struct scs_progress *p);
/* scs_progress_say_counters tells how much was read, for -v. */
void scs_progress_say_counters(const struct scs_model *m);

#endif
