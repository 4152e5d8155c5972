/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON report, schema scepscope/report/1: docs/report.schema.json. */
#include "report/finding.h"
#include "report/json_parts.h"
#include "report/label.h"
#include "report/pattern_text.h"
#include "report/reporters.h"
#include "report/unseen.h"
#include "scepscope/scepscope.h"

/* ---- summary and capture ------------------------------------------------------------------------- */

void scs_json_summary(struct scs_json_report *r)
{
    static const char *const verdicts[] = {[SCS_VERDICT_OK] = "ok",
                                           [SCS_VERDICT_PROBLEMS] = "problems",
                                           [SCS_VERDICT_BLIND] = "blind",
                                           [SCS_VERDICT_NOTHING] = "nothing"};
    struct scs_json *w = &r->w;
    struct scs_summary s;
    scs_summarize(r->ctx->model, &s);
    scs_json_begin_object(w, "summary");
    scs_json_text(w, "verdict", verdicts[s.verdict]);
    scs_json_count(w, "enrolments", s.enrolments);
    scs_json_count(w, "succeeded", s.succeeded);
    scs_json_count(w, "failed", s.failed);
    scs_json_count(w, "pending", s.pending);
    scs_json_count(w, "incomplete", s.incomplete);
    scs_json_count(w, "exchanges", s.exchanges);
    scs_json_begin_object(w, "findings");
    scs_json_count(w, "error", s.findings[SCS_SEV_ERROR]);
    scs_json_count(w, "warning", s.findings[SCS_SEV_WARNING]);
    scs_json_count(w, "info", s.findings[SCS_SEV_INFO]);
    scs_json_end_object(w);
    scs_json_time(w, "since", s.since_ns);
    scs_json_patterns(r, NULL);
    scs_json_bool(w, "evidence_complete", !s.evidence_incomplete);
    scs_json_count(w, "exit_status", (uint64_t)scs_exit_status(r->ctx));
    scs_json_end_object(w);
}

static void files(struct scs_json_report *r, const struct scs_capture_facts *capture)
{
    struct scs_json *w = &r->w;
    scs_json_begin_array(w, "files");
    for (uint32_t i = 0; i < capture->num_files; i++) {
        const struct scs_capture_file *f = &capture->files[i];
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "path", scs_redact_payload(r->ctx->redactor, f->path));
        scs_json_text(w, "sha256", f->sha256);
        scs_json_text(w, "format", f->format);
        scs_json_count(w, "packets", f->packets);
        scs_json_count(w, "bytes", f->bytes);
        if (f->has_drop_count) {
            scs_json_count(w, "dropped", f->dropped);
        }
        scs_json_bool(w, "complete", f->complete);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
}

static void interfaces(struct scs_json *w, const struct scs_capture_facts *capture)
{
    char link_type[SCS_LINK_TYPE_TEXT];
    scs_json_begin_array(w, "interfaces");
    for (uint32_t i = 0; i < capture->num_interfaces; i++) {
        const struct scs_interface *f = &capture->interfaces[i];
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "name", f->name);
        scs_json_text(w, "description", f->description);
        scs_json_text(w, "link_type", scs_label_link_type(f->link_type, link_type));
        if (f->snap_len != 0) {
            scs_json_count(w, "snap_length", f->snap_len);
        }
        scs_json_count(w, "packets", f->packets);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
}

static void problems(struct scs_json_report *r, const struct scs_capture_facts *capture)
{
    scs_json_begin_array(&r->w, "problems");
    for (uint32_t i = 0; i < capture->num_files; i++) {
        for (uint32_t k = 0; k < capture->files[i].num_problems; k++) {
            scs_json_text(&r->w, NULL, scs_redact_payload(r->ctx->redactor, capture->files[i].problems[k]));
        }
    }
    scs_json_end_array(&r->w);
}

/* What left memory in a long run. */
static void departed(struct scs_json *w, const struct scs_departed *d)
{
    uint64_t enrolments = 0;
    for (size_t i = 0; i < sizeof d->enrolments / sizeof *d->enrolments; i++) {
        enrolments += d->enrolments[i];
    }
    scs_json_begin_object(w, "departed");
    scs_json_count(w, "exchanges", d->exchanges);
    scs_json_count(w, "enrolments", enrolments);
    scs_json_count(w, "connections", d->connections);
    scs_json_begin_array(w, "findings");
    for (uint32_t i = 0; i < d->num_findings; i++) {
        const struct scs_departed_finding *f = &d->findings[i];
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "id", f->id);
        scs_json_text(w, "severity", scs_severity_name(f->severity));
        scs_json_count(w, "count", f->count);
        scs_json_time(w, "first", f->first_ns);
        scs_json_time(w, "last", f->last_ns);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
    scs_json_end_object(w);
}

void scs_json_capture(struct scs_json_report *r)
{
    struct scs_json *w = &r->w;
    const struct scs_capture_facts *capture = r->ctx->model->capture;
    scs_json_begin_object(w, "capture");
    files(r, capture);
    scs_json_time(w, "first", capture->first_ns);
    scs_json_time(w, "last", capture->last_ns);
    interfaces(w, capture);
    scs_json_count(w, "packets", capture->packets);
    if (capture->has_drop_count) {
        scs_json_count(w, "dropped", capture->dropped);
    }
    scs_json_count(w, "cut_packets", capture->cut_packets);
    scs_json_count(w, "duplicates", capture->duplicates);
    if (capture->host_dropped != 0) {
        scs_json_count(w, "host_dropped", capture->host_dropped);
    }
    scs_json_count(w, "tcp_packets", capture->tcp_packets);
    scs_json_count(w, "udp_packets", capture->udp_packets);
    scs_json_count(w, "other_packets", capture->other_packets);
    scs_json_count(w, "tls_connections", capture->tls_connections);
    scs_json_bool(w, "loopback", capture->has_loopback);
    if (capture->clock_samples != 0 && capture->clock_offset_s != SCS_NO_TIME) {
        scs_json_number(w, "clock_offset_s", capture->clock_offset_s);
    }
    scs_json_true(w, "interrupted", capture->interrupted);
    problems(r, capture);
    if (r->ctx->model->departed != NULL) {
        departed(w, r->ctx->model->departed);
    }
    scs_json_end_object(w);
}

/* ---- enrolments --------------------------------------------------------------------- */

void scs_json_enrolment(struct scs_json_report *r, const char *name, const struct scs_enrolment *e)
{
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, name);
    scs_json_count(w, "id", scs_stream_id_enrolment(r->ids, e->id));
    scs_json_text(w, "client", scs_redact_addr(r->ctx->redactor, &e->client));
    scs_json_text(w, "server", scs_redact_endpoint(r->ctx->redactor, &e->server));
    if (e->platform != SCS_PLATFORM_UNKNOWN) {
        scs_json_text(w, "platform", scs_platform_name(e->platform));
    }
    scs_json_text(w, "transaction_id", e->transaction_id);
    scs_json_text(w, "subject", scs_redact_subject(r->ctx->redactor, e->subject));
    scs_json_ids(r, "exchanges", e->exchanges, e->num_exchanges, scs_stream_id_exchange);
    scs_json_ids(r, "policy_exchanges", e->policy_exchanges, e->num_policy_exchanges, scs_stream_id_exchange);
    scs_json_text(w, "reached", scs_reached_name(e->reached));
    scs_json_text(w, "outcome", scs_enrolment_outcome_name(e->outcome));
    scs_json_count(w, "tries", e->tries);
    scs_json_time(w, "started", e->started_ns);
    if (e->started_ns != SCS_NO_TIME && e->ended_ns != SCS_NO_TIME) {
        scs_json_ms(w, "duration_ms", e->ended_ns - e->started_ns);
    }
    if (e->decided_by != 0) {
        scs_json_count(w, "decided_by", scs_stream_id_exchange(r->ids, e->decided_by));
    }
    scs_json_true(w, "probe", e->probe);
    scs_json_end_object(w);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

/* Each of these stops at the first error, so that errno is still that of the write. */
static bool connections(struct scs_json_report *r, const struct scs_model *m)
{
    scs_json_begin_array(&r->w, "connections");
    for (uint32_t i = 0; i < m->num_connections && !ferror(r->w.out); i++) {
        scs_json_connection(r, m->connections[i]);
        scs_model_rest(m, i);
        scs_redactor_forget(r->ctx->redactor);
    }
    scs_json_end_array(&r->w);
    return !ferror(r->w.out);
}

static bool exchanges(struct scs_json_report *r, const struct scs_model *m)
{
    scs_json_begin_array(&r->w, "exchanges");
    for (uint32_t i = 0; i < m->num_exchanges && !ferror(r->w.out); i++) {
        scs_json_exchange(r, NULL, m->exchanges[i]);
        scs_model_rest(m, i);
        scs_redactor_forget(r->ctx->redactor);
    }
    scs_json_end_array(&r->w);
    return !ferror(r->w.out);
}

static bool enrolments(struct scs_json_report *r, const struct scs_model *m)
{
    scs_json_begin_array(&r->w, "enrolments");
    for (uint32_t i = 0; i < m->num_enrolments && !ferror(r->w.out); i++) {
        scs_json_enrolment(r, NULL, m->enrolments[i]);
        scs_model_rest(m, i);
        scs_redactor_forget(r->ctx->redactor);
    }
    scs_json_end_array(&r->w);
    return !ferror(r->w.out);
}

static bool findings(struct scs_json_report *r, const struct scs_model *m)
{
    scs_json_begin_array(&r->w, "findings");
    for (uint32_t i = 0; i < m->num_findings && !ferror(r->w.out); i++) {
        scs_json_finding(r, NULL, m->findings[i]);
        scs_redactor_forget(r->ctx->redactor);
    }
    scs_json_end_array(&r->w);
    return !ferror(r->w.out);
}

static void say_unseen(void *arg, const char *sentence)
{
    struct scs_json_report *r = arg;
    scs_json_text(&r->w, NULL, sentence);
}

bool scs_report_json(const struct scs_report_context *ctx, FILE *out)
{
    struct scs_json_report r = {.ctx = ctx};
    scs_json_init(&r.w, out);
    scs_json_begin_object(&r.w, NULL);
    scs_json_text(&r.w, "schema", "scepscope/report/1");
    scs_json_text(&r.w, "version", SCS_VERSION);
    scs_json_text(&r.w, "redaction", scs_redaction_name(scs_redactor_level(ctx->redactor)));
    scs_json_summary(&r);
    scs_json_capture(&r);
    if (!connections(&r, ctx->model) || !exchanges(&r, ctx->model) || !enrolments(&r, ctx->model) || !findings(&r, ctx->model)) {
        return false;
    }
    scs_json_lookups(&r, ctx->model);
    scs_json_revocations(&r, ctx->model);
    scs_json_ca_calls(&r, ctx->model);
    scs_json_begin_array(&r.w, "not_visible");
    scs_unseen(ctx, say_unseen, &r);
    scs_json_end_array(&r.w);
    scs_json_end_object(&r.w);
    scs_redactor_forget(ctx->redactor);
    return fflush(out) == 0 && !ferror(out);
}
