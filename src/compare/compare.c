/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "compare/fields.h"
#include "compare/verdict.h"

const char *scs_compare_group_name(unsigned group)
{
    static const char *const words[SCS_COMPARE_GROUPS] = {
        [SCS_COMPARE_WHO] = "who",         [SCS_COMPARE_TRANSPORT] = "transport", [SCS_COMPARE_TLS] = "tls",
        [SCS_COMPARE_MESSAGE] = "message", [SCS_COMPARE_REQUEST] = "request",     [SCS_COMPARE_ANSWERS] = "answers",
        [SCS_COMPARE_TIMING] = "timing",
    };
    return words[group];
}

const char *scs_compare_result_name(unsigned result)
{
    static const char *const words[] = {
        [SCS_COMPARE_SAME] = "same",
        [SCS_COMPARE_DIFFERENT] = "differs",
        [SCS_COMPARE_ONE_SIDED] = "one_sided",
        [SCS_COMPARE_NOTHING] = "nothing",
    };
    return words[result];
}

const char *scs_compare_weight_name(unsigned weight)
{
    static const char *const words[] = {
        [SCS_COMPARE_IDENTITY] = "identity",
        [SCS_COMPARE_EFFECT] = "effect",
        [SCS_COMPARE_CIRCUMSTANCE] = "circumstance",
        [SCS_COMPARE_CAUSE] = "cause",
    };
    return words[weight];
}

/* ---- rows ----------------------------------------------------------------------------------------- */

static void read_row(struct scs_comparison *c, struct scs_redactor *redactor, const struct scs_compare_field *field)
{
    struct scs_compare_row *row = &c->rows[c->num_rows++];
    row->field = field;
    for (int s = 0; s < 2; s++) {
        struct scs_compare_reader r = {.side = &c->sides[s], .redactor = redactor, .arena = c->arena};
        row->side[s] = field->read(&r);
        scs_redactor_forget(redactor);
    }
    row->result = scs_fields_compare(field->measure, &row->side[0], &row->side[1]);
    c->differences += row->result == SCS_COMPARE_DIFFERENT && field->weight != SCS_COMPARE_IDENTITY;
}

static void read_rows(struct scs_comparison *c, struct scs_redactor *redactor)
{
    size_t total = 0, num;
    for (unsigned g = 0; g < SCS_COMPARE_GROUPS; g++) {
        scs_fields_of((enum scs_compare_group)g, &num);
        total += num;
    }
    c->rows = SCS_ARENA_ARRAY(c->arena, total, struct scs_compare_row);
    for (unsigned g = 0; g < SCS_COMPARE_GROUPS; g++) {
        const struct scs_compare_field *fields = scs_fields_of((enum scs_compare_group)g, &num);
        for (size_t i = 0; i < num; i++) {
            read_row(c, redactor, &fields[i]);
        }
    }
}

bool scs_compare_differs(const struct scs_comparison *c)
{
    return c->differences != 0 || c->findings_apart != 0;
}

/* ---- findings ------------------------------------------------------------------------------------- */

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
static struct scs_compare_finding *entry_of(struct scs_comparison *c, const struct scs_finding *f)
{
    for (uint32_t i = 0; i < c->num_findings; i++) {
        if (strcmp(c->findings[i].finding->id, f->id) == 0) {
            return &c->findings[i];
        }
    }
    c->findings[c->num_findings] = (struct scs_compare_finding){.finding = f};
    return &c->findings[c->num_findings++];
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

static void find_findings(struct scs_comparison *c, const char *lang)
{
    const struct scs_compare_side *sides = c->sides;
    c->findings = SCS_ARENA_ARRAY(c->arena, (size_t)sides[0].model->num_findings + sides[1].model->num_findings,
                                  struct scs_compare_finding);
    for (int s = 0; s < 2; s++) {
        for (uint32_t i = 0; i < sides[s].model->num_findings; i++) {
            const struct scs_finding *f = sides[s].model->findings[i];
            if (hangs_on(f, &sides[s])) {
                struct scs_compare_finding *entry = entry_of(c, f);
                const struct scs_finding_text *text = scs_text_find(lang, f->id);
                entry->title = text != NULL ? text->title : NULL;
                entry->on[s] = true;
            }
        }
    }
    if (c->num_findings > 1) {
        qsort(c->findings, c->num_findings, sizeof *c->findings, by_side);
    }
    for (uint32_t i = 0; i < c->num_findings; i++) {
        const struct scs_compare_finding *f = &c->findings[i];
        c->findings_apart += scs_compare_sets_apart(f);
    }
}

/* ---- heads ---------------------------------------------------------------------------------------- */

static void describe_side(struct scs_comparison *c, int s, struct scs_redactor *redactor)
{
    const struct scs_compare_side *side = &c->sides[s];
    const struct scs_enrolment *e = side->enrolment;
    bool named = e != NULL && e->platform != SCS_PLATFORM_UNKNOWN;
    c->heads[s] = e != NULL ? scs_arena_printf(c->arena, "enrolment %u", e->id) : "connections only";
    c->whose[s] = scs_arena_printf(c->arena, "%s%s%s", scs_redact_addr(redactor, &side->client), named ? " " : "",
                                   named ? scs_platform_name(e->platform) : "");
    c->how[s] = side->chosen;
    c->outcomes[s] = scs_compare_outcome(side, redactor, c->arena);
    if (c->sides[0].model != c->sides[1].model && side->model->capture->num_files != 0) {
        const struct scs_capture_facts *capture = side->model->capture;
        const char *path = scs_redact_payload(redactor, capture->files[0].path);
        c->files[s] = capture->num_files == 1 ? scs_arena_strdup(c->arena, path)
                                              : scs_arena_printf(c->arena, "%s and %u more", path, capture->num_files - 1);
    }
    scs_redactor_forget(redactor);
}

struct scs_comparison *scs_compare(struct scs_compare_side sides[2], struct scs_redactor *redactor, const char *lang)
{
    struct scs_comparison *c = scs_xcalloc(1, sizeof *c);
    scs_side_match(&sides[0], &sides[1]);
    c->arena = scs_arena_new();
    c->sides = sides;
    read_rows(c, redactor);
    scs_steps_compare(&c->steps, sides, redactor, c->arena);
    c->differences += c->steps.differ;
    find_findings(c, lang);
    for (int s = 0; s < 2; s++) {
        describe_side(c, s, redactor);
    }
    c->first = scs_compare_first(c);
    c->verdict = scs_compare_verdict(c);
    return c;
}

void scs_comparison_free(struct scs_comparison *c)
{
    if (c != NULL) {
        scs_arena_free(c->arena);
        free(c);
    }
}
