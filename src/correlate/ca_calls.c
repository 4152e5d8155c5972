/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/ca_calls.h"

#include <stdlib.h>

#include "base/shapes.h"
#include "base/xalloc.h"
#include "scepscope/limits.h"

void scs_ca_calls_init(struct scs_ca_calls *l, struct scs_arena *keep)
{
    *l = (struct scs_ca_calls){.keep = keep};
}

void scs_ca_calls_cleanup(struct scs_ca_calls *l)
{
    free(l->all);
    *l = (struct scs_ca_calls){0};
}

struct scs_ca_call *scs_ca_calls_add(struct scs_ca_calls *l, const struct scs_ca_call *call)
{
    if (l->num == SCS_MAX_CA_CALLS) {
        l->dropped++;
        return NULL;
    }
    if (l->num == l->cap) {
        l->cap = l->cap == 0 ? 64 : l->cap * 2;
        l->all = scs_xrealloc(l->all, l->cap, sizeof *l->all);
    }
    struct scs_ca_call *kept = scs_arena_dup(l->keep, call, sizeof *call);
    kept->account = scs_arena_strdup(l->keep, call->account);
    l->all[l->num++] = kept;
    return kept;
}

static int by_start(const void *a, const void *b)
{
    const struct scs_ca_call *x = *(struct scs_ca_call *const *)a, *y = *(struct scs_ca_call *const *)b;
    if (x->started_ns != y->started_ns) {
        return x->started_ns < y->started_ns ? -1 : 1;
    }
    return x->first_frame < y->first_frame ? -1 : x->first_frame > y->first_frame;
}

void scs_ca_calls_view(struct scs_ca_calls *view, const struct scs_ca_calls *l, struct scs_arena *arena)
{
    scs_ca_calls_init(view, arena);
    view->cap = view->num = l->num;
    view->dropped = l->dropped;
    view->all = scs_xcalloc(l->num + 1u, sizeof *view->all);
    for (uint32_t i = 0; i < l->num; i++) {
        view->all[i] = l->all[i];
    }
}

const struct scs_ca_call *const *scs_ca_calls_tell(struct scs_ca_calls *l, uint32_t *num)
{
    const struct scs_ca_call **out = SCS_ARENA_ARRAY(l->keep, l->num, const struct scs_ca_call *);
    if (l->num > 1) {
        qsort(l->all, l->num, sizeof *l->all, by_start);
    }
    for (uint32_t i = 0; i < l->num; i++) {
        l->all[i]->id = i + 1;
        out[i] = l->all[i];
    }
    *num = l->num;
    return out;
}

void scs_ca_calls_leave(struct scs_ca_calls *l, int64_t until_ns)
{
    uint32_t num = 0, must = l->num > SCS_MAX_CA_CALLS / 2 ? l->num - SCS_MAX_CA_CALLS / 2 : 0;
    for (uint32_t i = 0; i < l->num; i++) {
        bool healthy = l->all[i]->outcome == SCS_CA_ANSWERED && l->all[i]->started_ns <= until_ns;
        if (!healthy && i >= must) {
            l->all[num++] = l->all[i];
        }
    }
    l->num = num;
}

void scs_ca_calls_move(struct scs_ca_calls *l, struct scs_mover *m)
{
    for (uint32_t i = 0; i < l->num; i++) {
        scs_move_one(m, &l->all[i], &scs_shape_ca_call);
    }
}
