/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies what is still needed out of an arena's past (base/arena.h): each thing once, so that what was shared stays shared.
 * How things point to each other is told by tables, a shape for each struct. Pointers to anything but the past (constants,
 * memory of other owners) stay as they are, and nothing behind them is looked at.
 *
 *     struct scs_arena_past *past = scs_arena_turn(arena);
 *     struct scs_mover *m = scs_mover_new(arena, past);
 *     scs_move_one(m, &root, &shape_of_root);      ... whoever holds pointers into the arena
 *     scs_mover_settle(m);
 *     shared = scs_mover_find(m, shared);          ... whoever holds what others may need: NULL when nobody did
 *     scs_mover_free(m);
 *     scs_arena_past_free(past);
 *
 * Two things never begin at the same byte, but that an array of none may lie where the next thing does.
 */
#ifndef SCS_BASE_MOVER_H
#define SCS_BASE_MOVER_H

#include "base/arena.h"

/* What stands at a place of a struct. */
enum scs_field_kind {
    SCS_FIELD_TEXT,  /* a pointer to a text, NUL-terminated */
    SCS_FIELD_ONE,   /* a pointer to one thing of shape `of` */
    SCS_FIELD_MANY,  /* a pointer to an array of them; the struct has their number, an uint32_t, at num_at */
    SCS_FIELD_INSIDE /* such a thing itself */
};

struct scs_shape;

struct scs_field {
    uint16_t at, num_at; /* offsets */
    uint8_t kind;        /* enum scs_field_kind */
    const struct scs_shape *of;
};

struct scs_shape {
    size_t size;
    const struct scs_field *fields; /* that hold pointers; none: plain bytes */
    uint32_t num_fields;
};

#define SCS_TEXT_AT(type, field)                                                                                                 \
    {                                                                                                                            \
        .at = offsetof(type, field), .kind = SCS_FIELD_TEXT                                                                      \
    }
#define SCS_ONE_AT(type, field, shape)                                                                                           \
    {                                                                                                                            \
        .at = offsetof(type, field), .kind = SCS_FIELD_ONE, .of = (shape)                                                        \
    }
#define SCS_INSIDE_AT(type, field, shape)                                                                                        \
    {                                                                                                                            \
        .at = offsetof(type, field), .kind = SCS_FIELD_INSIDE, .of = (shape)                                                     \
    }
#define SCS_MANY_AT(type, field, n, shape)                                                                                       \
    {                                                                                                                            \
        .at = offsetof(type, field), .num_at = offsetof(type, n), .kind = SCS_FIELD_MANY, .of = (shape)                          \
    }
#define SCS_SHAPE(type, table)                                                                                                   \
    {                                                                                                                            \
        .size = sizeof(type), .fields = (table), .num_fields = sizeof(table) / sizeof *(table)                                   \
    }
#define SCS_PLAIN_SHAPE(type)                                                                                                    \
    {                                                                                                                            \
        .size = sizeof(type)                                                                                                     \
    }

/* Pointers to texts, for arrays of them; single bytes. */
extern const struct scs_shape scs_shape_text, scs_shape_byte;

struct scs_mover;

/* scs_mover_new: both are borrowed. */
struct scs_mover *scs_mover_new(struct scs_arena *to, const struct scs_arena_past *past);
void scs_mover_free(struct scs_mover *m);

/* In these `place` is the address of a pointer, which points to the copy afterwards. */
void scs_move_one(struct scs_mover *m, void *place, const struct scs_shape *shape);
void scs_move_many(struct scs_mover *m, void *place, size_t num, const struct scs_shape *shape);
void scs_move_text(struct scs_mover *m, void *place);
/* scs_move_inside moves what `thing`, which lies elsewhere, points to. */
void scs_move_inside(struct scs_mover *m, void *thing, const struct scs_shape *shape);
/* scs_move_weak: the pointer alone keeps nothing. It becomes NULL when nobody else needed what it points to. */
void scs_move_weak(struct scs_mover *m, void *place);

/* scs_mover_settle: all roots were moved; weak pointers are settled. */
void scs_mover_settle(struct scs_mover *m);
/* scs_mover_find gives what became of a thing: its copy, NULL when nobody needed it, `p` itself when it is not of the past. */
void *scs_mover_find(const struct scs_mover *m, const void *p);

#endif
