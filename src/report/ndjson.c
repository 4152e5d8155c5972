/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a capture that is over (report/ndjson_event.h), in the order in which things ended. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "report/ndjson_event.h"
#include "report/reporters.h"

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

static struct event *collect(const struct scs_model *m, size_t *num)
{
    size_t at = 0;
    struct event *events = scs_xcalloc((size_t)m->num_exchanges + m->num_enrolments + m->num_findings + 1, sizeof *events);
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        events[at++] = (struct event){scs_event_exchange_ns(m->exchanges[i]), i, EVENT_EXCHANGE};
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        events[at++] = (struct event){scs_event_enrolment_ns(m->enrolments[i]), i, EVENT_ENROLMENT};
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_findings; i++) {
        events[at++] = (struct event){scs_event_finding_ns(m, m->findings[i]), i, EVENT_FINDING};
    }
    qsort(events, at, sizeof *events, by_end);
    *num = at;
    return events;
}

static void write_event(struct scs_json_report *r, const struct event *v)
{
    const struct scs_model *m = r->ctx->model;
    switch (v->type) {
    case EVENT_EXCHANGE:
        scs_event_exchange(r, NULL, m->exchanges[v->index]);
        break;
    case EVENT_ENROLMENT:
        scs_event_enrolment(r, NULL, m->enrolments[v->index]);
        break;
    case EVENT_FINDING:
        scs_event_finding(r, NULL, m->findings[v->index]);
        break;
    }
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
        scs_event_stats(&r, NULL);
    }
    return fflush(out) == 0 && !ferror(out);
}
