/* SPDX-License-Identifier: Apache-2.0 */
/* Which findings hang on which of the two sides, and which of them set the sides apart. */
#ifndef SCS_COMPARE_FINDINGS_H
#define SCS_COMPARE_FINDINGS_H

#include "base/arena.h"
#include "compare/side.h"

/* A finding that hangs on one side or on both. */
struct scs_compare_finding {
    const struct scs_finding *finding;
    const char *title;
    bool on[2];
};

/*
 * scs_findings_compare lists in `arena` what hangs on either side: B's alone, A's alone, then both sides'; errors first.
 * `lang` names the language of the titles.
 */
struct scs_compare_finding *scs_findings_compare(const struct scs_compare_side sides[2], const char *lang,
                                                 struct scs_arena *arena, uint32_t *out_num);

/* scs_compare_sets_apart: an error or a warning that one side has and the other has not. */
bool scs_compare_sets_apart(const struct scs_compare_finding *f);

#endif
