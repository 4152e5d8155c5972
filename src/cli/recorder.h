/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence written while packets come: when to look what there is of it (evidence/ring.h). */
#ifndef SCS_CLI_RECORDER_H
#define SCS_CLI_RECORDER_H

#include "cli/options.h"
#include "evidence/ring.h"

struct scs_recorder {
    const struct scs_options *options;
    struct scs_run *run; /* told to hold packets */
    struct scs_redactor *redactor;
    struct scs_live_hooks inner; /* called as well */
    /* filled by scs_recorder_begin: */
    struct scs_ring *ring; /* NULL: nothing is to be written */
    uint64_t next_ms;      /* not before then is looked again */
    uint64_t rest_ms;      /* by then it is looked whether anything ended or not */
    uint32_t exchanges;    /* as there were at the last look */
    uint64_t packets;
};

/* scs_recorder_begin opens the first file, if the options ask for one. False with `err` set. */
SCS_MUST_USE bool scs_recorder_begin(struct scs_recorder *rec, struct scs_error *err);
/* scs_recorder_hooks gives what the run calls instead of `inner`; borrows `rec`. */
struct scs_live_hooks scs_recorder_hooks(struct scs_recorder *rec);
int scs_recorder_descriptor(const struct scs_recorder *rec); /* of the file that is open; -1 */
/* scs_recorder_end writes what is left to write; `m` is what scs_run_finish gave, NULL: the capture never began. */
void scs_recorder_end(struct scs_recorder *rec, const struct scs_model *m);

#endif
