/* SPDX-License-Identifier: Apache-2.0 */
/* The flow stage's side connections and who reads them. */
#ifndef SCS_CORRELATE_NEIGHBOURS_H
#define SCS_CORRELATE_NEIGHBOURS_H

#include "correlate/logons.h"
#include "correlate/lookups.h"
#include "flow/flow.h"

/* Borrows; lives as long as the flow stage. */
struct scs_neighbours {
    struct scs_lookups *lookups;
    struct scs_logons *logons;
    struct scs_ca_calls *calls;
};

/* scs_neighbours_hooks gives the hooks that read side connections for `n`. */
struct scs_side_hooks scs_neighbours_hooks(struct scs_neighbours *n);

#endif
