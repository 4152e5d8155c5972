/* SPDX-License-Identifier: Apache-2.0 */
/* What the two words after --compare name: which captures are to be read, and which enrolment in each. */
#ifndef SCS_COMPARE_PLAN_H
#define SCS_COMPARE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "scepscope/status.h"

struct scs_compare_part {
    const char *word;         /* as given */
    const char *const *files; /* to be read as one capture */
    uint32_t num_files;
    const char *selector; /* NULL: the only enrolment there is */
};

struct scs_compare_plan {
    struct scs_compare_part parts[2];
    bool one_capture; /* both parts are of the same files: one run serves both */
};

/*
 * scs_compare_plan reads the words. `FILE#SELECTOR` and `FILE` name a capture; anything else selects in `files`, those
 * of the command line. A word that could be both is a selector when it is a number or an address, else a file when there
 * is one of that name. False with `err` set when a word has no capture, or the command line has one too many.
 */
SCS_MUST_USE bool scs_compare_plan(struct scs_compare_plan *out, const char *const words[2], const char *const *files,
                                   uint32_t num_files, struct scs_arena *arena, struct scs_error *err);

#endif
