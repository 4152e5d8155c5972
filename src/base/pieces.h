/* SPDX-License-Identifier: Apache-2.0 */
/* Which parts of something longer have come so far: the reassembly of datagrams and of streams keeps one of these each. */
#ifndef SCS_BASE_PIECES_H
#define SCS_BASE_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "scepscope/cursor.h"

/* Bytes [from, to). */
struct scs_piece {
    uint32_t from, to;
};

/* Zeroed is empty. Owns its array. */
struct scs_pieces {
    struct scs_piece *all; /* ascending, apart from each other */
    uint32_t num, room;
};

void scs_pieces_cleanup(struct scs_pieces *p);
/*
 * scs_pieces_copy copies to `whole` what none of the pieces covers of `data`, which stands at `from`: the first copy of a byte
 * wins. `whole` has room for all of it.
 */
void scs_pieces_copy(const struct scs_pieces *p, uint32_t from, struct scs_cursor data, uint8_t *whole);
/* scs_pieces_cover adds [from, to), joined with the pieces it touches; false when more than `most` would lie apart. */
bool scs_pieces_cover(struct scs_pieces *p, uint32_t from, uint32_t to, uint32_t most);

#endif
