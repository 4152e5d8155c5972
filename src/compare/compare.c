/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/compare.h"

#include <stdlib.h>

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
    c->findings = scs_findings_compare(sides, lang, c->arena, &c->num_findings);
    for (uint32_t i = 0; i < c->num_findings; i++) {
        c->findings_apart += scs_compare_sets_apart(&c->findings[i]);
    }
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
