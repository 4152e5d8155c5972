/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison for programs: schema scepscope/compare/1, docs/compare.schema.json. Every field is there, also those that agree.
 */
#include <string.h>

#include "compare/fields.h"
#include "compare/write.h"
#include "report/finding.h"
#include "report/json_writer.h"
#include "scepscope/scepscope.h"

static void side(struct scs_json *w, const struct scs_comparison *c, int s, struct scs_redactor *redactor)
{
    static const char *const names[] = {"a", "b"};
    const struct scs_compare_side *of = &c->sides[s];
    const struct scs_enrolment *e = of->enrolment;
    scs_json_begin_object(w, names[s]);
    scs_json_begin_array(w, "files");
    for (uint32_t i = 0; i < of->model->capture->num_files; i++) {
        const struct scs_capture_file *file = &of->model->capture->files[i];
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "path", scs_redact_payload(redactor, file->path));
        scs_json_text(w, "sha256", file->sha256);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
    scs_json_text(w, "client", scs_redact_addr(redactor, &of->client));
    scs_json_text(w, "chosen", c->how[s]);
    scs_json_text(w, "ended", c->outcomes[s]);
    if (e != NULL) {
        scs_json_count(w, "enrolment", e->id);
        scs_json_text(w, "outcome", scs_enrolment_outcome_name(e->outcome));
        scs_json_time(w, "started", e->started_ns);
    }
    scs_json_end_object(w);
    scs_redactor_forget(redactor);
}

static void value(struct scs_json *w, const char *known, const char *unknown, const struct scs_compare_value *v)
{
    if (v->seen == SCS_SEEN_UNKNOWN) {
        scs_json_text(w, unknown, v->text);
    } else {
        scs_json_text(w, known, v->seen == SCS_SEEN_NONE ? "" : v->text);
    }
}

static void fields(struct scs_json *w, const struct scs_comparison *c)
{
    scs_json_begin_array(w, "fields");
    for (uint32_t i = 0; i < c->num_rows; i++) {
        const struct scs_compare_row *r = &c->rows[i];
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "group", scs_compare_group_name(scs_field_group(r->field)));
        scs_json_text(w, "name", r->field->name);
        scs_json_text(w, "label", r->field->label);
        scs_json_text(w, "weight", scs_compare_weight_name(r->field->weight));
        scs_json_text(w, "result", scs_compare_result_name(r->result));
        value(w, "a", "a_unknown", &r->side[0]);
        value(w, "b", "b_unknown", &r->side[1]);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
}

static void step(struct scs_json *w, const char *name, const struct scs_compare_step *s)
{
    if (s == NULL) {
        return;
    }
    scs_json_begin_object(w, name);
    scs_json_text(w, "operation", s->operation);
    scs_json_text(w, "result", s->result);
    scs_json_count(w, "times", s->times);
    if (s->exchange != 0) {
        scs_json_count(w, "exchange", s->exchange);
    }
    scs_json_time(w, "started", s->started_ns);
    scs_json_ms(w, "wait_ms", s->wait_ns);
    scs_json_end_object(w);
}

static void steps(struct scs_json *w, const struct scs_compare_steps *s)
{
    scs_json_begin_object(w, "order");
    scs_json_bool(w, "differs", s->differ);
    scs_json_begin_array(w, "steps");
    for (uint32_t i = 0; i < s->num_pairs; i++) {
        scs_json_begin_object(w, NULL);
        scs_json_bool(w, "same", s->pairs[i].same);
        scs_json_true(w, "unknown", s->pairs[i].unknown);
        step(w, "a", s->pairs[i].side[0]);
        step(w, "b", s->pairs[i].side[1]);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
    if (s->left_out[0] != 0 || s->left_out[1] != 0) {
        scs_json_count(w, "left_out_a", s->left_out[0]);
        scs_json_count(w, "left_out_b", s->left_out[1]);
    }
    scs_json_end_object(w);
}

static void findings(struct scs_json *w, const struct scs_comparison *c)
{
    static const char *const sides[] = {"a", "b", "both"};
    scs_json_begin_array(w, "findings");
    for (uint32_t i = 0; i < c->num_findings; i++) {
        const struct scs_compare_finding *f = &c->findings[i];
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "on", sides[scs_compare_finding_side(f)]);
        scs_json_text(w, "id", f->finding->id);
        scs_json_text(w, "severity", scs_severity_name(f->finding->severity));
        scs_json_text(w, "title", f->title);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
}

bool scs_compare_json(const struct scs_comparison *c, const struct scs_report_context *ctx, FILE *out)
{
    struct scs_json w;
    scs_json_init(&w, out);
    scs_json_begin_object(&w, NULL);
    scs_json_text(&w, "schema", "scepscope/compare/1");
    scs_json_text(&w, "version", SCS_VERSION);
    scs_json_begin_object(&w, "summary");
    scs_json_bool(&w, "differ", scs_compare_differs(c));
    scs_json_count(&w, "differences", c->differences);
    scs_json_count(&w, "same", scs_compare_count(c, SCS_COMPARE_SAME));
    scs_json_count(&w, "one_sided", scs_compare_count(c, SCS_COMPARE_ONE_SIDED));
    scs_json_text(&w, "first", c->first != NULL ? c->first->field->name : NULL);
    scs_json_text(&w, "verdict", c->verdict);
    scs_json_count(&w, "exit_status", scs_compare_differs(c));
    scs_json_end_object(&w);
    side(&w, c, 0, ctx->redactor);
    side(&w, c, 1, ctx->redactor);
    fields(&w, c);
    steps(&w, &c->steps);
    findings(&w, c);
    scs_json_end_object(&w);
    return fflush(out) == 0 && !ferror(out);
}
