/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as Suricata's EVE writes them: one JSON object on a line, in the order in which things ended. The flow stands at
 * the top (timestamp, src_ip, src_port, dest_ip, dest_port, proto, community_id), the thing itself under the name of its
 * event_type, with the members that it has in the JSON report.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/community_id.h"
#include "report/json_parts.h"
#include "report/reporters.h"
#include "scepscope/scepscope.h"

enum event_type { EVENT_EXCHANGE, EVENT_ENROLMENT, EVENT_FINDING };

struct event {
    int64_t ended_ns; /* SCS_NO_TIME: before all others */
    uint32_t index;
    enum event_type type; /* in this order where times are equal: the cause before what is said of it */
};

static int by_end(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->ended_ns != y->ended_ns) {
        return x->ended_ns < y->ended_ns ? -1 : 1;
    }
    if (x->type != y->type) {
        return x->type < y->type ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

static int64_t exchange_end(const struct scs_exchange *x)
{
    return x->started_ns == SCS_NO_TIME || x->duration_ns == SCS_NO_TIME ? x->started_ns : x->started_ns + x->duration_ns;
}

/* What is said of an exchange comes after it. */
static int64_t finding_end(const struct scs_model *m, const struct scs_finding *f)
{
    const struct scs_exchange *x =
        scs_model_exchange(m, f->num_exchanges != 0 ? f->exchanges[f->num_exchanges - 1] : f->exchange);
    int64_t last_ns = f->last_ns != SCS_NO_TIME ? f->last_ns : f->first_ns;
    int64_t end_ns = x != NULL ? exchange_end(x) : SCS_NO_TIME;
    return end_ns > last_ns ? end_ns : last_ns;
}

static struct event *collect(const struct scs_model *m, size_t *num)
{
    size_t at = 0;
    struct event *events = scs_xcalloc((size_t)m->num_exchanges + m->num_enrolments + m->num_findings + 1, sizeof *events);
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        events[at++] = (struct event){exchange_end(m->exchanges[i]), i, EVENT_EXCHANGE};
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        events[at++] = (struct event){e->ended_ns != SCS_NO_TIME ? e->ended_ns : e->started_ns, i, EVENT_ENROLMENT};
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_findings; i++) {
        events[at++] = (struct event){finding_end(m, m->findings[i]), i, EVENT_FINDING};
    }
    qsort(events, at, sizeof *events, by_end);
    *num = at;
    return events;
}

/* ---- the members at the top ---------------------------------------------------------------------- */

static void begin(struct scs_json_report *r, int64_t ts_ns, const char *event_type)
{
    scs_json_begin_object(&r->w, NULL);
    scs_json_time(&r->w, "timestamp", ts_ns != SCS_NO_TIME ? ts_ns : r->ctx->model->capture->last_ns);
    scs_json_text(&r->w, "event_type", event_type);
}

/* True when the address stands in the report as it is. */
static bool address(struct scs_json_report *r, const char *name, const struct scs_addr *addr)
{
    char plain[SCS_ENDPOINT_TEXT];
    const char *shown = scs_redact_addr(r->ctx->redactor, addr);
    scs_json_text(&r->w, name, shown);
    return strcmp(shown, scs_addr_text(addr, plain)) == 0;
}

/* A community ID has no key: beside a token it would give the address away to whoever tries all there are. */
static void flow(struct scs_json_report *r, const struct scs_connection *c)
{
    char id[SCS_COMMUNITY_ID_TEXT];
    bool shown = address(r, "src_ip", &c->client.addr);
    scs_json_count(&r->w, "src_port", c->client.port);
    shown = address(r, "dest_ip", &c->server.addr) && shown;
    scs_json_count(&r->w, "dest_port", c->server.port);
    scs_json_text(&r->w, "proto", "TCP");
    if (shown && scs_community_id(&c->client, &c->server, 6, id)) {
        scs_json_text(&r->w, "community_id", id);
    }
}

/* Several connections: what they have in common. */
static void parties(struct scs_json_report *r, const struct scs_enrolment *e)
{
    address(r, "src_ip", &e->client);
    address(r, "dest_ip", &e->server.addr);
    scs_json_count(&r->w, "dest_port", e->server.port);
    scs_json_text(&r->w, "proto", "TCP");
}

/* ---- events -------------------------------------------------------------------------------------- */

static void exchange_event(struct scs_json_report *r, const struct scs_exchange *x, int64_t ts_ns)
{
    begin(r, ts_ns, "exchange");
    flow(r, x->connection);
    scs_json_exchange(r, "exchange", x);
}

/* The connection that carried what decided the enrolment, if one did; of an attempt there is only client and server. */
static void enrolment_event(struct scs_json_report *r, const struct scs_enrolment *e, int64_t ts_ns)
{
    const struct scs_exchange *x = scs_model_exchange(r->ctx->model, e->decided_by);
    begin(r, ts_ns, "enrolment");
    if (x != NULL) {
        flow(r, x->connection);
    } else {
        parties(r, e);
    }
    scs_json_enrolment(r, "enrolment", e);
}

static void finding_event(struct scs_json_report *r, const struct scs_finding *f, int64_t ts_ns)
{
    const struct scs_model *m = r->ctx->model;
    const struct scs_connection *c = scs_model_connection(m, f->connection);
    const struct scs_exchange *x = scs_model_exchange(m, f->exchange);
    const struct scs_enrolment *e = scs_model_enrolment(m, f->enrolment);
    begin(r, ts_ns, "finding");
    if (c != NULL || x != NULL) {
        flow(r, c != NULL ? c : x->connection);
    } else if (e != NULL) {
        parties(r, e);
    }
    scs_json_finding(r, "finding", f);
}

static void stats_event(struct scs_json_report *r)
{
    begin(r, SCS_NO_TIME, "stats");
    scs_json_begin_object(&r->w, "stats");
    scs_json_text(&r->w, "version", SCS_VERSION);
    scs_json_summary(r);
    scs_json_capture(r);
    scs_json_end_object(&r->w);
    scs_json_end_object(&r->w);
}

static void write_event(struct scs_json_report *r, const struct event *v)
{
    const struct scs_model *m = r->ctx->model;
    switch (v->type) {
    case EVENT_EXCHANGE:
        exchange_event(r, m->exchanges[v->index], v->ended_ns);
        break;
    case EVENT_ENROLMENT:
        enrolment_event(r, m->enrolments[v->index], v->ended_ns);
        break;
    case EVENT_FINDING:
        finding_event(r, m->findings[v->index], v->ended_ns);
        break;
    }
    scs_json_end_object(&r->w);
    scs_redactor_forget(r->ctx->redactor);
}

bool scs_report_ndjson(const struct scs_report_context *ctx, FILE *out)
{
    struct scs_json_report r = {.ctx = ctx};
    size_t num;
    struct event *events = collect(ctx->model, &num);
    scs_json_init_lines(&r.w, out);
    for (size_t i = 0; i < num && !ferror(out); i++) {
        write_event(&r, &events[i]);
        scs_model_rest(ctx->model, (uint32_t)i);
    }
    free(events);
    if (!ferror(out)) {
        stats_event(&r);
    }
    scs_redactor_forget(ctx->redactor);
    return fflush(out) == 0 && !ferror(out);
}
