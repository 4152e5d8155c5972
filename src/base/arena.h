/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena hands out memory that is all released at once. Data moves to a longer life by copying into
 * another arena, never by keeping a pointer.
 */
#ifndef SCS_BASE_ARENA_H
#define SCS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scepscope/cursor.h"
#include "scepscope/status.h"

struct scs_arena;

struct scs_arena *scs_arena_new(void);
/*
 * scs_arena_new_spilling makes an arena whose memory, past the first `resident` bytes, is lent by a
 * temporary file: what a long capture leaves for the report need not stay in memory. Where no such file
 * can be made it is an ordinary arena.
 */
struct scs_arena *scs_arena_new_spilling(size_t resident);
/* scs_arena_rest lets the pages of such memory leave; pointers stay valid. Cheap; for loops over all that was kept. */
void scs_arena_rest(struct scs_arena *a);
void scs_arena_free(struct scs_arena *a); /* NULL is fine */
/* scs_arena_reset releases everything but one chunk, for scratch use. */
void scs_arena_reset(struct scs_arena *a);

/*
 * scs_arena_turn parts an arena from all it holds, which stays readable until scs_arena_past_free, wherever it lies; what is
 * asked for from now on is new. What is still needed is copied over (base/mover.h), the rest goes.
 */
struct scs_arena_past;
struct scs_arena_past *scs_arena_turn(struct scs_arena *a);
void scs_arena_past_free(struct scs_arena_past *past);
/* scs_arena_past_find says whether `p` points to something handed out, and where that is: in which piece, how far in it. */
bool scs_arena_past_find(const struct scs_arena_past *past, const void *p, uint32_t *piece, size_t *off);
/* The pieces are numbered from 0; a size is in bytes. */
uint32_t scs_arena_past_num(const struct scs_arena_past *past);
size_t scs_arena_past_size(const struct scs_arena_past *past, uint32_t piece);

/* All aligned to 8 bytes and zeroed. */
void *scs_arena_alloc(struct scs_arena *a, size_t n);
void *scs_arena_array(struct scs_arena *a, size_t num, size_t size);
void *scs_arena_dup(struct scs_arena *a, const void *data, size_t n);
char *scs_arena_strdup(struct scs_arena *a, const char *s); /* NULL gives NULL */
char *scs_arena_printf(struct scs_arena *a, const char *fmt, ...) SCS_PRINTF(2, 3);

/*
 * scs_arena_text copies wire bytes as clean text: valid UTF-8 stays, control characters, DEL and all
 * else become \xNN; at most `max` characters of output, then "...". Never returns NULL.
 */
char *scs_arena_text(struct scs_arena *a, const struct scs_cursor *bytes, size_t max);
/* scs_arena_hex writes lower-case hex. */
char *scs_arena_hex(struct scs_arena *a, const void *data, size_t n);

/* scs_arena_used: bytes handed out since new, reset or turn. */
size_t scs_arena_used(const struct scs_arena *a);

#define SCS_ARENA_NEW(arena, type)        ((type *)scs_arena_alloc((arena), sizeof(type)))
#define SCS_ARENA_ARRAY(arena, num, type) ((type *)scs_arena_array((arena), (num), sizeof(type)))

#endif
