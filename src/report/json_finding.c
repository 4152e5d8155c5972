/* SPDX-License-Identifier: Apache-2.0 */
/* One finding: its texts with the facts put in, its evidence, what hangs under it. */
#include "report/finding.h"
#include "report/frames.h"
#include "report/json_parts.h"
#include "report/lang/lang.h"
#include "report/pattern_text.h"

static void formatted(struct scs_json *w, const char *name, const char *tmpl, const struct scs_fact *facts, uint32_t num_facts)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    if (tmpl != NULL && scs_text_format(tmpl, facts, num_facts, &b)) {
        scs_json_text(w, name, scs_buf_cstr(&b));
    }
    scs_buf_cleanup(&b);
}

static void text_list(struct scs_json *w, const char *name, const char *const *texts, size_t max, const struct scs_fact *facts,
                      uint32_t num_facts)
{
    scs_json_begin_array(w, name);
    for (size_t i = 0; i < max && texts[i] != NULL; i++) {
        formatted(w, NULL, texts[i], facts, num_facts);
    }
    scs_json_end_array(w);
}

static void finding_texts(struct scs_json_report *r, const struct scs_finding *f, const struct scs_fact *facts,
                          uint32_t num_facts)
{
    struct scs_json *w = &r->w;
    const struct scs_finding_text *t = scs_text_find(r->ctx->lang, f->id);
    if (t == NULL) {
        return;
    }
    scs_json_text(w, "title", t->title);
    formatted(w, "meaning", t->meaning, facts, num_facts);
    text_list(w, "causes", t->causes, SCS_NUM_CAUSES, facts, num_facts);
    text_list(w, "fixes", t->fixes, SCS_NUM_FIXES, facts, num_facts);
    text_list(w, "confirm", t->confirm, SCS_NUM_CONFIRM, facts, num_facts);
    scs_json_text(w, "reference", t->reference);
}

static void evidence_of_file(struct scs_json_report *r, const scs_frame *frames, uint32_t num)
{
    struct scs_json *w = &r->w;
    scs_json_begin_row(w, "frames");
    for (uint32_t i = 0; i < num; i++) {
        scs_json_count(w, NULL, SCS_FRAME_NUMBER(frames[i]));
    }
    scs_json_end_array(w);
    if (num != 0) {
        struct scs_buf b;
        scs_buf_init(&b, SCS_FRAMES_TEXT);
        scs_frames_filter(frames, num, &b);
        scs_json_text(w, "display_filter", scs_buf_cstr(&b));
        scs_buf_cleanup(&b);
        scs_json_file(r, frames[0]);
    }
}

/* Frames of the first file stand in the finding itself; a filter counts frames of one file only. */
static void evidence(struct scs_json_report *r, const struct scs_finding *f)
{
    uint32_t num = f->num_frames == 0 ? 0 : scs_frames_of_one_file(f->frames, f->num_frames);
    evidence_of_file(r, f->frames, num);
    if (num == f->num_frames) {
        return;
    }
    scs_json_begin_array(&r->w, "further_evidence");
    while (num < f->num_frames) {
        uint32_t more = scs_frames_of_one_file(f->frames + num, f->num_frames - num);
        scs_json_begin_object(&r->w, NULL);
        evidence_of_file(r, f->frames + num, more);
        scs_json_end_object(&r->w);
        num += more;
    }
    scs_json_end_array(&r->w);
}

static void id_if(struct scs_json *w, const char *name, uint32_t id)
{
    if (id != 0) {
        scs_json_count(w, name, id);
    }
}

static void subjects(struct scs_json_report *r, const struct scs_finding *f)
{
    id_if(&r->w, "connection", scs_stream_id_connection(r->ids, f->connection));
    id_if(&r->w, "exchange", scs_stream_id_exchange(r->ids, f->exchange));
    id_if(&r->w, "enrolment", scs_stream_id_enrolment(r->ids, f->enrolment));
    if (f->num_exchanges > 1) {
        scs_json_ids(r, "exchanges", f->exchanges, f->num_exchanges, scs_stream_id_exchange);
    }
    if (f->num_enrolments > 1) {
        scs_json_ids(r, "enrolments", f->enrolments, f->num_enrolments, scs_stream_id_enrolment);
    }
}

static void facts_object(struct scs_json *w, const struct scs_fact *facts, uint32_t num)
{
    scs_json_begin_object(w, "facts");
    for (uint32_t i = 0; i < num; i++) {
        if (facts[i].kind == SCS_FACT_NUMBER) {
            scs_json_number(w, facts[i].name, facts[i].number);
        } else {
            scs_json_text(w, facts[i].name, facts[i].text);
        }
    }
    scs_json_end_object(w);
}

void scs_json_finding(struct scs_json_report *r, const char *name, const struct scs_finding *f)
{
    struct scs_json *w = &r->w;
    struct scs_fact facts[SCS_MAX_FINDING_FACTS];
    uint32_t num_facts = scs_finding_facts(f, r->ctx->redactor, facts);
    scs_json_begin_object(w, name);
    scs_json_text(w, "id", f->id);
    scs_json_text(w, "severity", scs_severity_name(f->severity));
    scs_json_text(w, "confidence", scs_confidence_name(f->confidence));
    finding_texts(r, f, facts, num_facts);
    subjects(r, f);
    evidence(r, f);
    facts_object(w, facts, num_facts);
    scs_json_count(w, "count", f->count);
    if (f->recovered != 0) {
        scs_json_count(w, "recovered", f->recovered);
    }
    scs_json_time(w, "first", f->first_ns);
    scs_json_time(w, "last", f->last_ns);
    scs_json_patterns(r, f);
    if (f->num_consequences != 0) {
        scs_json_begin_row(w, "consequences");
        for (uint32_t i = 0; i < f->num_consequences; i++) {
            scs_json_text(w, NULL, f->consequences[i]);
        }
        scs_json_end_array(w);
    }
    scs_json_end_object(w);
}
