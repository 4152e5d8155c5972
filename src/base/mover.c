/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mover.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* A copy whose pointers still lead to the past. */
struct job {
    uint8_t *things;
    size_t num;
    const struct scs_shape *shape;
};

struct scs_mover {
    struct scs_arena *to;
    const struct scs_arena_past *past;
    uint64_t **moved; /* of each piece, a bit for every eight bytes: what begins here was copied, and says where to */
    struct job *jobs;
    size_t num_jobs, cap_jobs;
    void **weak;
    size_t num_weak, cap_weak;
};

static const struct scs_field text_fields[] = {{.at = 0, .kind = SCS_FIELD_TEXT}};
const struct scs_shape scs_shape_text = SCS_SHAPE(const char *, text_fields);
const struct scs_shape scs_shape_byte = SCS_PLAIN_SHAPE(uint8_t);

/* Where arrays of nothing lie. */
static uint64_t nothing;

struct scs_mover *scs_mover_new(struct scs_arena *to, const struct scs_arena_past *past)
{
    struct scs_mover *m = scs_xcalloc(1, sizeof *m);
    m->to = to;
    m->past = past;
    uint32_t num = scs_arena_past_num(past);
    m->moved = scs_xcalloc(num + 1u, sizeof *m->moved);
    for (uint32_t i = 0; i < num; i++) {
        m->moved[i] = scs_xcalloc(scs_arena_past_size(past, i) / 512 + 1, sizeof **m->moved);
    }
    return m;
}

void scs_mover_free(struct scs_mover *m)
{
    if (m != NULL) {
        for (uint32_t i = 0; i < scs_arena_past_num(m->past); i++) {
            free(m->moved[i]);
        }
        free(m->moved);
        free(m->jobs);
        free(m->weak);
        free(m);
    }
}

/* Pointers of whatever type, as bytes. */
static void *load(const void *place)
{
    void *p;
    memcpy(&p, place, sizeof p);
    return p;
}

static void store(void *place, const void *p)
{
    memcpy(place, &p, sizeof p);
}

static bool was_moved(const struct scs_mover *m, uint32_t piece, size_t off)
{
    return off % 8 == 0 && (m->moved[piece][off / 512] >> (off / 8 % 64) & 1) != 0;
}

static void work_on(struct scs_mover *m, void *things, size_t num, const struct scs_shape *shape)
{
    if (m->num_jobs == m->cap_jobs) {
        m->cap_jobs = m->cap_jobs == 0 ? 64 : m->cap_jobs * 2;
        m->jobs = scs_xrealloc(m->jobs, m->cap_jobs, sizeof *m->jobs);
    }
    m->jobs[m->num_jobs++] = (struct job){.things = things, .num = num, .shape = shape};
}

/* The pointer at `place` leads to the copy of `size` bytes from now on, which is made if need be; NULL when there was one. */
static void *copy(struct scs_mover *m, void *place, size_t size)
{
    uint32_t piece;
    size_t off;
    void *old = load(place);
    if (!scs_arena_past_find(m->past, old, &piece, &off)) {
        return NULL;
    }
    if (was_moved(m, piece, off)) {
        store(place, load(old));
        return NULL;
    }
    void *made = scs_arena_dup(m->to, old, size);
    store(place, made);
    if (off % 8 == 0) {
        /* Whatever else points here finds the copy's address in the place of the thing. */
        m->moved[piece][off / 512] |= UINT64_C(1) << (off / 8 % 64);
        store(old, made);
    }
    return made;
}

static void move(struct scs_mover *m, void *place, size_t num, const struct scs_shape *shape)
{
    if (load(place) == NULL) {
        return;
    }
    if (num == 0) {
        store(place, &nothing);
        return;
    }
    void *made = copy(m, place, num * shape->size);
    if (made != NULL && shape->num_fields != 0) {
        work_on(m, made, num, shape);
    }
}

static void move_text(struct scs_mover *m, void *place)
{
    uint32_t piece;
    size_t off;
    const char *text = load(place);
    if (text != NULL && scs_arena_past_find(m->past, text, &piece, &off)) {
        (void)copy(m, place, was_moved(m, piece, off) ? 0 : strlen(text) + 1);
    }
}

/* Calls itself for structs within structs only. */
static void move_fields(struct scs_mover *m, uint8_t *thing, const struct scs_shape *shape)
{
    for (uint32_t i = 0; i < shape->num_fields; i++) {
        const struct scs_field *f = &shape->fields[i];
        uint32_t num = 1;
        switch ((enum scs_field_kind)f->kind) {
        case SCS_FIELD_TEXT:
            move_text(m, thing + f->at);
            break;
        case SCS_FIELD_INSIDE:
            move_fields(m, thing + f->at, f->of);
            break;
        case SCS_FIELD_MANY:
            memcpy(&num, thing + f->num_at, sizeof num);
            move(m, thing + f->at, num, f->of);
            break;
        case SCS_FIELD_ONE:
            move(m, thing + f->at, num, f->of);
            break;
        }
    }
}

static void work(struct scs_mover *m)
{
    while (m->num_jobs != 0) {
        struct job j = m->jobs[--m->num_jobs];
        for (size_t i = 0; i < j.num; i++) {
            move_fields(m, j.things + i * j.shape->size, j.shape);
        }
    }
}

void scs_move_one(struct scs_mover *m, void *place, const struct scs_shape *shape)
{
    scs_move_many(m, place, 1, shape);
}

void scs_move_many(struct scs_mover *m, void *place, size_t num, const struct scs_shape *shape)
{
    move(m, place, num, shape);
    work(m);
}

void scs_move_text(struct scs_mover *m, void *place)
{
    move_text(m, place);
}

void scs_move_inside(struct scs_mover *m, void *thing, const struct scs_shape *shape)
{
    move_fields(m, thing, shape);
    work(m);
}

void scs_move_weak(struct scs_mover *m, void *place)
{
    if (load(place) == NULL) {
        return;
    }
    if (m->num_weak == m->cap_weak) {
        m->cap_weak = m->cap_weak == 0 ? 64 : m->cap_weak * 2;
        m->weak = scs_xrealloc(m->weak, m->cap_weak, sizeof *m->weak);
    }
    m->weak[m->num_weak++] = place;
}

void scs_mover_settle(struct scs_mover *m)
{
    for (size_t i = 0; i < m->num_weak; i++) {
        store(m->weak[i], scs_mover_find(m, load(m->weak[i])));
    }
    m->num_weak = 0;
}

void *scs_mover_find(const struct scs_mover *m, const void *p)
{
    uint32_t piece;
    size_t off;
    if (!scs_arena_past_find(m->past, p, &piece, &off)) {
        return load(&p);
    }
    return was_moved(m, piece, off) ? load(p) : NULL;
}
