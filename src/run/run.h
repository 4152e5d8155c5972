/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence needs of a run besides its model. */
#ifndef SCS_RUN_RUN_H
#define SCS_RUN_RUN_H

#include "capture/capture.h"
#include "keys/secrets.h"
#include "scepscope/scepscope.h"

/*
 * scs_run_reopen gives the captures of scs_run_files once more, from the start and with the same filter; the run was made
 * with `again` and outlives them. *packets: how many packets the analysis took. NULL with `err` set.
 */
struct scs_capture *scs_run_reopen(const struct scs_run *run, struct scs_arena *arena, uint64_t *packets, struct scs_error *err);
/* scs_run_secrets gives the TLS secrets of key logs and captures. */
const struct scs_secrets *scs_run_secrets(const struct scs_run *run);

#endif
