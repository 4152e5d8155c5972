/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/findings.h"

#include <stdlib.h>
#include <string.h>

#include "scepscope/report.h"

static bool of_exchange(const struct scs_compare_side *s, uint32_t id)
{
    const struct scs_exchange *x = scs_model_exchange(s->model, id);
    return x != NULL && s->enrolment != NULL && x->enrolment == s->enrolment->id;
}

static bool of_connection(const struct scs_compare_side *s, uint32_t id)
{
    for (uint32_t i = 0; i < s->num_connections; i++) {
        if (s->connections[i]->id == id) {
            return true;
        }
    }
    return false;
}

static bool hangs_on(const struct scs_finding *f, const struct scs_compare_side *s)
{
    uint32_t id = s->enrolment != NULL ? s->enrolment->id : 0;
    bool found = (id != 0 && f->enrolment == id) || of_exchange(s, f->exchange) ||
                 (f->connection != 0 && f->exchange == 0 && of_connection(s, f->connection));
    for (uint32_t i = 0; i < f->num_enrolments && !found; i++) {
        found = id != 0 && f->enrolments[i] == id;
    }
    for (uint32_t i = 0; i < f->num_exchanges && !found; i++) {
        found = of_exchange(s, f->exchanges[i]);
    }
    return found;
}

/* What a capture lacks (cap-one-way, cap-gap ...) is nothing that a device did. */
bool scs_compare_sets_apart(const struct scs_compare_finding *f)
{
    return f->on[0] != f->on[1] && f->finding->severity != SCS_SEV_INFO && strncmp(f->finding->id, "cap-", 4) != 0;
}

/* One entry for each id: a finding that is made for each server or device separately says the same. */
static struct scs_compare_finding *entry_of(struct scs_compare_finding *list, uint32_t *num, const struct scs_finding *f)
{
    for (uint32_t i = 0; i < *num; i++) {
        if (strcmp(list[i].finding->id, f->id) == 0) {
            return &list[i];
        }
    }
    list[*num] = (struct scs_compare_finding){.finding = f};
    return &list[(*num)++];
}

/* B's alone, A's alone, both sides'; errors first; then as the report orders them. */
static int by_side(const void *a, const void *b)
{
    const struct scs_compare_finding *x = a, *y = b;
    int of_x = x->on[0] + 2 * (x->on[0] && x->on[1]), of_y = y->on[0] + 2 * (y->on[0] && y->on[1]);
    if (of_x != of_y) {
        return of_x - of_y;
    }
    if (x->finding->severity != y->finding->severity) {
        return x->finding->severity > y->finding->severity ? -1 : 1;
    }
    return strcmp(x->finding->id, y->finding->id);
}

struct scs_compare_finding *scs_findings_compare(const struct scs_compare_side sides[2], const char *lang,
                                                 struct scs_arena *arena, uint32_t *out_num)
{
    size_t most = (size_t)sides[0].model->num_findings + sides[1].model->num_findings;
    struct scs_compare_finding *list = SCS_ARENA_ARRAY(arena, most, struct scs_compare_finding);
    *out_num = 0;
    for (int s = 0; s < 2; s++) {
        for (uint32_t i = 0; i < sides[s].model->num_findings; i++) {
            const struct scs_finding *f = sides[s].model->findings[i];
            if (hangs_on(f, &sides[s])) {
                struct scs_compare_finding *entry = entry_of(list, out_num, f);
                const struct scs_finding_text *text = scs_text_find(lang, f->id);
                entry->title = text != NULL ? text->title : NULL;
                entry->on[s] = true;
            }
        }
    }
    if (*out_num > 1) {
        qsort(list, *out_num, sizeof *list, by_side);
    }
    return list;
}
