/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ndjson_event.h"

#include <string.h>

#include "report/community_id.h"
#include "scepscope/scepscope.h"

int64_t scs_event_exchange_ns(const struct scs_exchange *x)
{
    return x->started_ns == SCS_NO_TIME || x->duration_ns == SCS_NO_TIME ? x->started_ns : x->started_ns + x->duration_ns;
}

int64_t scs_event_enrolment_ns(const struct scs_enrolment *e)
{
    return e->ended_ns != SCS_NO_TIME ? e->ended_ns : e->started_ns;
}

/* What is said of an exchange comes after it. */
int64_t scs_event_finding_ns(const struct scs_model *m, const struct scs_finding *f)
{
    const struct scs_exchange *x =
        scs_model_exchange(m, f->num_exchanges != 0 ? f->exchanges[f->num_exchanges - 1] : f->exchange);
    int64_t last_ns = f->last_ns != SCS_NO_TIME ? f->last_ns : f->first_ns;
    int64_t end_ns = x != NULL ? scs_event_exchange_ns(x) : SCS_NO_TIME;
    return end_ns > last_ns ? end_ns : last_ns;
}

/* ---- the members at the top ---------------------------------------------------------------------- */

static void begin(struct scs_json_report *r, const struct scs_event_place *place, int64_t ts_ns, const char *event_type)
{
    scs_json_begin_object(&r->w, NULL);
    scs_json_time(&r->w, "timestamp", ts_ns != SCS_NO_TIME ? ts_ns : r->ctx->model->capture->last_ns);
    scs_json_text(&r->w, "event_type", event_type);
    if (place != NULL) {
        scs_json_text(&r->w, "run", place->run);
    }
    if (place != NULL && place->event_id != 0) {
        scs_json_count(&r->w, "event_id", place->event_id);
        scs_json_count(&r->w, "revision", place->revision);
    }
}

static void end(struct scs_json_report *r)
{
    scs_json_end_object(&r->w);
    scs_redactor_forget(r->ctx->redactor);
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

void scs_event_exchange(struct scs_json_report *r, const struct scs_event_place *place, const struct scs_exchange *x)
{
    begin(r, place, scs_event_exchange_ns(x), "exchange");
    flow(r, x->connection);
    scs_json_exchange(r, "exchange", x);
    end(r);
}

/* The connection that carried what decided the enrolment, if one did; of an attempt there is only client and server. */
void scs_event_enrolment(struct scs_json_report *r, const struct scs_event_place *place, const struct scs_enrolment *e)
{
    const struct scs_exchange *x = scs_model_exchange(r->ctx->model, e->decided_by);
    begin(r, place, scs_event_enrolment_ns(e), "enrolment");
    if (x != NULL) {
        flow(r, x->connection);
    } else {
        parties(r, e);
    }
    scs_json_enrolment(r, "enrolment", e);
    end(r);
}

void scs_event_finding(struct scs_json_report *r, const struct scs_event_place *place, const struct scs_finding *f)
{
    const struct scs_model *m = r->ctx->model;
    const struct scs_connection *c = scs_model_connection(m, f->connection);
    const struct scs_exchange *x = scs_model_exchange(m, f->exchange);
    const struct scs_enrolment *e = scs_model_enrolment(m, f->enrolment);
    begin(r, place, scs_event_finding_ns(m, f), "finding");
    if (c != NULL || x != NULL) {
        flow(r, c != NULL ? c : x->connection);
    } else if (e != NULL) {
        parties(r, e);
    }
    scs_json_finding(r, "finding", f);
    end(r);
}

void scs_event_withdrawn(struct scs_json_report *r, const struct scs_event_place *place, const char *event_type, const char *id,
                         const char *instead)
{
    begin(r, place, SCS_NO_TIME, "withdrawn");
    scs_json_begin_object(&r->w, "withdrawn");
    scs_json_text(&r->w, "event_type", event_type);
    scs_json_text(&r->w, "id", id);
    scs_json_text(&r->w, "instead", instead);
    scs_json_end_object(&r->w);
    end(r);
}

void scs_event_stats(struct scs_json_report *r, const struct scs_event_place *place)
{
    begin(r, place, SCS_NO_TIME, "stats");
    scs_json_begin_object(&r->w, "stats");
    scs_json_text(&r->w, "version", SCS_VERSION);
    scs_json_summary(r);
    scs_json_capture(r);
    scs_json_end_object(&r->w);
    end(r);
}
