/* SPDX-License-Identifier: Apache-2.0 */
/* Which connections are side connections: read, but by others than the HTTP stage. */
#ifndef SCS_FLOW_SIDES_H
#define SCS_FLOW_SIDES_H

#include "flow/following.h"
#include "flow/interest.h"

/* scs_sides_calls: a remote procedure call or its answer begins here, from or to the address of a SCEP server. */
bool scs_sides_calls(const struct scs_flow *f, const struct scs_segment *seg);
/* scs_sides_begin follows the segment's connection when it is a side connection; NULL when it is none. */
struct scs_tracked *scs_sides_begin(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low,
                                    enum scs_interest interest);

#endif
