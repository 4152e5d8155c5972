/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison for a ticket: a verdict and a table. */
#include <string.h>

#include "base/buf.h"
#include "compare/fields.h"
#include "compare/write.h"
#include "report/escape.h"
#include "report/finding.h"

/* Room for one step's words. */
#define MAX_STEP 512u

static void cell(FILE *out, const char *text)
{
    fputc(' ', out);
    scs_escape_markdown(out, text, strlen(text));
    fputs(" |", out);
}

static void row(FILE *out, const char *label, const char *a, const char *b)
{
    fputc('|', out);
    cell(out, label);
    cell(out, a);
    cell(out, b);
    fputc('\n', out);
}

static void heads(const struct scs_comparison *c, FILE *out)
{
    struct scs_buf text[2];
    for (int s = 0; s < 2; s++) {
        scs_buf_init(&text[s], MAX_STEP);
        scs_buf_printf(&text[s], "%c: %s", 'A' + s, c->heads[s]);
    }
    row(out, "", scs_buf_cstr(&text[0]), scs_buf_cstr(&text[1]));
    fputs("| --- | --- | --- |\n", out);
    row(out, "client", c->whose[0], c->whose[1]);
    if (c->files[0] != NULL) {
        row(out, "capture", c->files[0], c->files[1]);
    }
    row(out, "outcome", c->outcomes[0], c->outcomes[1]);
    scs_buf_cleanup(&text[0]);
    scs_buf_cleanup(&text[1]);
}

static void differences(const struct scs_comparison *c, FILE *out)
{
    for (uint32_t i = 0; i < c->num_rows; i++) {
        const struct scs_compare_row *r = &c->rows[i];
        if (r->result == SCS_COMPARE_DIFFERENT && r->field->weight != SCS_COMPARE_IDENTITY) {
            row(out, r->field->label, scs_compare_value_words(&r->side[0]), scs_compare_value_words(&r->side[1]));
        }
    }
}

static void steps(const struct scs_comparison *c, FILE *out)
{
    struct scs_buf a, b;
    scs_buf_init(&a, MAX_STEP);
    scs_buf_init(&b, MAX_STEP);
    for (uint32_t i = 0; i < c->steps.num_pairs && !scs_compare_steps_same(c); i++) {
        scs_buf_clear(&a);
        scs_buf_clear(&b);
        scs_compare_step_words(c->steps.pairs[i].side[0], &a);
        scs_compare_step_words(c->steps.pairs[i].side[1], &b);
        row(out, i == 0 ? "order of operations" : "", scs_buf_cstr(&a), scs_buf_cstr(&b));
    }
    scs_buf_cleanup(&a);
    scs_buf_cleanup(&b);
}

static void findings(const struct scs_comparison *c, FILE *out)
{
    static const char *const whose[] = {"A only", "B only"};
    bool any = false;
    for (uint32_t i = 0; i < c->num_findings; i++) {
        const struct scs_compare_finding *f = &c->findings[i];
        unsigned side = scs_compare_finding_side(f);
        if (side == 2 || f->finding->severity == SCS_SEV_INFO) {
            continue;
        }
        fprintf(out, "%s- %s: %s `%s`: ", any ? "" : "\n", whose[side], scs_severity_name(f->finding->severity), f->finding->id);
        scs_escape_markdown(out, f->title != NULL ? f->title : "", f->title != NULL ? strlen(f->title) : 0);
        fputc('\n', out);
        any = true;
    }
}

bool scs_compare_markdown(const struct scs_comparison *c, const struct scs_report_context *ctx, FILE *out)
{
    (void)ctx;
    fprintf(out, "## scepscope: comparison: %s\n\n", scs_compare_differs(c) ? "different" : "the same");
    scs_escape_markdown(out, c->verdict, strlen(c->verdict));
    fputs("\n\n", out);
    heads(c, out);
    differences(c, out);
    steps(c, out);
    findings(c, out);
    uint32_t same = scs_compare_count(c, SCS_COMPARE_SAME), one_sided = scs_compare_count(c, SCS_COMPARE_ONE_SIDED);
    fprintf(out, "\n%u the same, %u known of one side only.\n", same, one_sided);
    return fflush(out) == 0 && !ferror(out);
}
