/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define NUM_SLOTS (SCS_MAX_FINDINGS * 2)

/* Ids or frames, ascending, each once, at most `most`: the smallest stay. */
struct set {
    uint64_t *items;
    uint32_t num, cap;
};

struct scs_group {
    struct scs_hit first; /* the earliest occurrence, and the severity and confidence of the strongest */
    uint32_t count, recovered;
    uint32_t place; /* in the model, once finished */
    int64_t last_ns;
    struct set frames, exchanges, enrolments;
    uint64_t *consequences; /* a bit for each row */
};

struct scs_findings {
    struct scs_arena *keep;
    struct scs_arena *own; /* the groups, which end with this object */
    struct scs_hash_key key;
    size_t num_rules, num_words;
    uint16_t slots[NUM_SLOTS]; /* group index + 1 */
    uint16_t *recent;          /* by row: the same of the last hit */
    struct scs_group *groups[SCS_MAX_FINDINGS];
    uint32_t num_groups, num_dropped;
};

_Static_assert(SCS_MAX_FINDINGS < UINT16_MAX, "slots hold 16 bits");

struct scs_findings *scs_findings_new(struct scs_arena *arena, size_t num_rules)
{
    struct scs_arena *own = scs_arena_new();
    struct scs_findings *f = SCS_ARENA_NEW(own, struct scs_findings);
    f->keep = arena;
    f->own = own;
    f->key = scs_hash_key_random();
    f->num_rules = num_rules;
    f->num_words = (num_rules + 63) / 64;
    f->recent = SCS_ARENA_ARRAY(own, num_rules, uint16_t);
    return f;
}

void scs_findings_free(struct scs_findings *f)
{
    if (f != NULL) {
        scs_arena_free(f->own);
    }
}

static void set_grow(struct scs_arena *arena, struct set *s, uint32_t most)
{
    uint32_t cap = s->cap == 0 ? 8 : s->cap * 2;
    cap = cap > most ? most : cap;
    uint64_t *items = SCS_ARENA_ARRAY(arena, cap, uint64_t);
    if (s->num != 0) {
        memcpy(items, s->items, s->num * sizeof *items);
    }
    s->items = items;
    s->cap = cap;
}

static void set_add(struct scs_arena *arena, struct set *s, uint64_t item, uint32_t most)
{
    uint32_t at = s->num;
    while (at > 0 && s->items[at - 1] > item) {
        at--;
    }
    if (item == 0 || (at > 0 && s->items[at - 1] == item) || (at == s->num && s->num == most)) {
        return;
    }
    if (s->num == s->cap && s->cap < most) {
        set_grow(arena, s, most);
    }
    uint32_t moved = s->num < most ? s->num - at : most - 1 - at;
    memmove(s->items + at + 1, s->items + at, moved * sizeof *s->items);
    s->items[at] = item;
    s->num += s->num < most;
}

/* ---- occurrences ---------------------------------------------------------------------------------- */

static struct scs_hit copy_hit(struct scs_arena *keep, const struct scs_hit *hit)
{
    struct scs_hit copy = *hit;
    struct scs_fact *facts = scs_arena_dup(keep, hit->facts, hit->num_facts * sizeof *facts);
    for (uint32_t i = 0; i < hit->num_facts; i++) {
        facts[i].text = scs_arena_strdup(keep, facts[i].text);
    }
    copy.facts = facts;
    copy.frames = NULL; /* in the group's set */
    copy.num_frames = 0;
    return copy;
}

static bool same_group(const struct scs_group *g, const struct scs_hit *hit)
{
    return g->first.row == hit->row && strcmp(g->first.group, hit->group) == 0;
}

static uint16_t *slot_of(struct scs_findings *f, const struct scs_hit *hit)
{
    uint32_t at = (uint32_t)scs_hash(&f->key, hit->group, strlen(hit->group)) + hit->row * 0x9e3779b9u;
    for (;; at++) {
        uint16_t *slot = &f->slots[at % NUM_SLOTS];
        if (*slot == 0 || same_group(f->groups[*slot - 1], hit)) {
            return slot;
        }
    }
}

static struct scs_group *group_new(struct scs_findings *f, const struct scs_hit *hit)
{
    struct scs_group *g = SCS_ARENA_NEW(f->own, struct scs_group);
    g->first = copy_hit(f->keep, hit);
    g->first.group = scs_arena_strdup(f->own, hit->group);
    g->last_ns = hit->moment_ns;
    g->consequences = SCS_ARENA_ARRAY(f->own, f->num_words, uint64_t);
    return g;
}

/* The facts and the subject are those of the earliest occurrence, the weight that of the strongest. */
static void merge(struct scs_findings *f, struct scs_group *g, const struct scs_hit *hit)
{
    enum scs_severity severity = g->first.severity;
    enum scs_confidence confidence = g->first.confidence;
    if (hit->severity > severity || (hit->severity == severity && hit->confidence > confidence)) {
        severity = hit->severity;
        confidence = hit->confidence;
    }
    if (hit->moment_ns < g->first.moment_ns) {
        const char *group = g->first.group;
        g->first = copy_hit(f->keep, hit);
        g->first.group = group;
    }
    g->first.severity = severity;
    g->first.confidence = confidence;
    if (hit->moment_ns > g->last_ns) {
        g->last_ns = hit->moment_ns;
    }
}

struct scs_group *scs_findings_add(struct scs_findings *f, const struct scs_hit *hit)
{
    uint16_t *slot = &f->recent[hit->row];
    if (*slot == 0 || !same_group(f->groups[*slot - 1], hit)) {
        slot = slot_of(f, hit);
    }
    if (*slot == 0) {
        if (f->num_groups == SCS_MAX_FINDINGS) {
            f->num_dropped++;
            return NULL;
        }
        f->groups[f->num_groups++] = group_new(f, hit);
        *slot = (uint16_t)f->num_groups;
    }
    f->recent[hit->row] = *slot;
    struct scs_group *g = f->groups[*slot - 1];
    merge(f, g, hit);
    g->count++;
    g->recovered += hit->recovered;
    for (uint32_t i = 0; i < hit->num_frames; i++) {
        set_add(f->own, &g->frames, hit->frames[i], SCS_MAX_FINDING_FRAMES);
    }
    set_add(f->own, &g->exchanges, hit->exchange, SCS_MAX_FINDING_SUBJECTS);
    set_add(f->own, &g->enrolments, hit->enrolment, SCS_MAX_FINDING_SUBJECTS);
    return g;
}

void scs_group_exchange(struct scs_findings *f, struct scs_group *g, const struct scs_exchange *x)
{
    if (g == NULL) {
        return;
    }
    set_add(f->own, &g->exchanges, x->id, SCS_MAX_FINDING_SUBJECTS);
    set_add(f->own, &g->enrolments, x->enrolment, SCS_MAX_FINDING_SUBJECTS);
    if (g->first.exchange == 0 && g->first.connection == x->connection->id) {
        g->first.exchange = x->id;
    }
    if (g->first.enrolment == 0 && g->first.exchange == x->id) {
        g->first.enrolment = x->enrolment;
    }
}

void scs_group_relapse(struct scs_group *g, enum scs_severity severity)
{
    if (g != NULL) {
        g->recovered--;
        g->first.severity = severity > g->first.severity ? severity : g->first.severity;
    }
}

void scs_group_consequence(struct scs_group *g, uint32_t row)
{
    if (g != NULL && row != g->first.row) {
        g->consequences[row / 64] |= UINT64_C(1) << row % 64;
    }
}

enum scs_depth scs_group_depth(const struct scs_group *g)
{
    return g->first.rule->depth;
}

uint32_t scs_group_place(const struct scs_group *g)
{
    return g->place;
}

/* ---- the result ----------------------------------------------------------------------------------- */

static int in_order(const void *a, const void *b)
{
    const struct scs_group *x = *(struct scs_group *const *)a, *y = *(struct scs_group *const *)b;
    if (x->first.severity != y->first.severity) {
        return x->first.severity > y->first.severity ? -1 : 1;
    }
    if (x->first.moment_ns != y->first.moment_ns) {
        return x->first.moment_ns < y->first.moment_ns ? -1 : 1;
    }
    int ids = strcmp(x->first.rule->id, y->first.rule->id);
    return ids != 0 ? ids : strcmp(x->first.group, y->first.group);
}

static const uint32_t *ids_of(struct scs_arena *keep, const struct set *s)
{
    uint32_t *ids = SCS_ARENA_ARRAY(keep, s->num, uint32_t);
    for (uint32_t i = 0; i < s->num; i++) {
        ids[i] = (uint32_t)s->items[i];
    }
    return ids;
}

static void give_consequences(struct scs_findings *f, const struct scs_group *g, const struct scs_rule *const *rules,
                              struct scs_finding *out)
{
    const char **ids = NULL;
    for (uint32_t row = 0; row < f->num_rules; row++) {
        if ((g->consequences[row / 64] & UINT64_C(1) << row % 64) != 0) {
            if (ids == NULL) {
                ids = SCS_ARENA_ARRAY(f->keep, f->num_rules, const char *);
            }
            ids[out->num_consequences++] = rules[row]->id;
        }
    }
    out->consequences = ids;
}

static struct scs_finding *finding_of(struct scs_findings *f, const struct scs_group *g, const struct scs_rule *const *rules)
{
    struct scs_finding *out = SCS_ARENA_NEW(f->keep, struct scs_finding);
    *out = (struct scs_finding){.id = g->first.rule->id,
                                .group = scs_arena_strdup(f->keep, g->first.group),
                                .severity = g->first.severity,
                                .confidence = g->first.confidence,
                                .depth = g->first.rule->depth,
                                .count = g->count,
                                .recovered = g->recovered,
                                .first_ns = g->first.moment_ns,
                                .last_ns = g->last_ns,
                                .connection = g->first.connection,
                                .exchange = g->first.exchange,
                                .enrolment = g->first.enrolment,
                                .exchanges = ids_of(f->keep, &g->exchanges),
                                .num_exchanges = g->exchanges.num,
                                .enrolments = ids_of(f->keep, &g->enrolments),
                                .num_enrolments = g->enrolments.num,
                                .frames = scs_arena_dup(f->keep, g->frames.items, g->frames.num * sizeof(scs_frame)),
                                .num_frames = g->frames.num,
                                .facts = g->first.facts,
                                .num_facts = g->first.num_facts};
    give_consequences(f, g, rules, out);
    return out;
}

void scs_findings_finish(struct scs_findings *f, const struct scs_rule *const *rules, struct scs_model *model)
{
    if (f->num_groups > 1) {
        qsort(f->groups, f->num_groups, sizeof f->groups[0], in_order);
    }
    const struct scs_finding **findings = SCS_ARENA_ARRAY(f->keep, f->num_groups, const struct scs_finding *);
    for (uint32_t i = 0; i < f->num_groups; i++) {
        findings[i] = finding_of(f, f->groups[i], rules);
        f->groups[i]->place = i;
    }
    model->findings = findings;
    model->num_findings = f->num_groups;
    model->findings_dropped = f->num_dropped;
}
