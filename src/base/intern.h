/* SPDX-License-Identifier: Apache-2.0 */
/* One copy of each text that returns again and again: hosts, agents, names of algorithms. */
#ifndef SCS_BASE_INTERN_H
#define SCS_BASE_INTERN_H

#include "base/mover.h"

struct scs_intern;

/* scs_intern_new makes a pool whose texts live in `arena` (borrowed) and last as long as it. */
struct scs_intern *scs_intern_new(struct scs_arena *arena);
void scs_intern_free(struct scs_intern *pool); /* the texts stay in the arena */
/* scs_intern_str returns the pool's copy of `s`; NULL for NULL. Past 65,536 distinct texts it copies without sharing. */
const char *scs_intern_str(struct scs_intern *pool, const char *s);
/* scs_intern_text is scs_arena_text through the pool. */
const char *scs_intern_text(struct scs_intern *pool, const struct scs_cursor *bytes, size_t max);
/* scs_intern_settled: the arena turned (base/mover.h), and `m` is settled. Texts that nobody needed leave. */
void scs_intern_settled(struct scs_intern *pool, const struct scs_mover *m);

#endif
