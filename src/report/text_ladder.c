/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One enrolment step by step:
 *
 *   09:15:07.114  |--- GetCACert ------------------------>|  frame 1188
 *   09:15:07.118  |<----------------------- 200, 3 certs -|  frame 1190   +4 ms
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "report/escape.h"
#include "report/frames.h"
#include "report/label.h"
#include "report/layout.h"
#include "report/text_parts.h"

/* Columns between the two bars, and what a label may take of them. */
#define SPAN        40
#define MOST_LABEL  32u
#define MAX_DETAILS 256u

static void dashes(FILE *out, int n)
{
    for (; n > 0; n--) {
        fputc('-', out);
    }
}

/* A label that does not fit ends in "...". */
static const char *fit(struct scs_buf *label)
{
    const char *text = scs_buf_cstr(label);
    size_t n = 0, columns = 0;
    while (text[n] != '\0') {
        size_t c = scs_text_utf8((const uint8_t *)text + n, strlen(text + n));
        c = c == 0 ? 1 : c;
        columns += scs_escape_columns(text + n, c);
        if (columns > MOST_LABEL) {
            label->len = n < 4 ? 0 : n - 4;
            scs_buf_text(label, " ...");
            return scs_buf_cstr(label);
        }
        n += c;
    }
    return text;
}

static void arrow(const struct scs_text *t, bool to_server, const char *label)
{
    size_t len = strlen(label);
    int room = SPAN - 1 - (int)scs_escape_columns(label, len);
    fputs(to_server ? "|--- " : "|<", t->out);
    if (!to_server) {
        dashes(t->out, room - 3);
        fputc(' ', t->out);
    }
    scs_escape_terminal(t->out, label, len);
    fputc(' ', t->out);
    if (to_server) {
        dashes(t->out, room - 5);
    }
    fputs(to_server ? ">|  " : "-|  ", t->out);
}

static void moment(const struct scs_text *t, int64_t ts_ns)
{
    char text[SCS_TIME_TEXT];
    fprintf(t->out, "  %-12s  ", ts_ns == SCS_NO_TIME ? "" : scs_text_clock(ts_ns, true, text));
}

/* First and last frame of a message; those of the exchange where the message keeps no map. */
static void frames(const struct scs_text *t, const struct scs_http_message *m, scs_frame otherwise)
{
    scs_frame first = m->frames.num_runs != 0 ? m->frames.runs[0].frame : otherwise;
    scs_frame last = m->frames.num_runs != 0 ? m->frames.runs[m->frames.num_runs - 1].frame : otherwise;
    if (first == last) {
        fprintf(t->out, "frame %llu", (unsigned long long)SCS_FRAME_NUMBER(first));
    } else {
        fprintf(t->out, "frames %llu-%llu", (unsigned long long)SCS_FRAME_NUMBER(first),
                (unsigned long long)SCS_FRAME_NUMBER(last));
    }
}

/* ---- request ------------------------------------------------------------------------------------- */

static void request(const struct scs_text *t, const struct scs_exchange *x)
{
    struct scs_buf label;
    scs_buf_init(&label, MAX_DETAILS);
    scs_label_request(x, &label);
    moment(t, x->request->m.first_ns);
    arrow(t, true, fit(&label));
    frames(t, &x->request->m, x->first_frame);
    scs_buf_cleanup(&label);
}

/* ---- reply --------------------------------------------------------------------------------------- */

static void reply(const struct scs_text *t, const struct scs_exchange *x)
{
    char number[SCS_NUMBER_TEXT];
    struct scs_buf label;
    scs_buf_init(&label, MAX_DETAILS);
    scs_label_reply(t->ctx->redactor, x, &label);
    moment(t, x->reply->m.first_ns);
    arrow(t, false, fit(&label));
    frames(t, &x->reply->m, x->last_frame);
    if (x->started_ns != SCS_NO_TIME && x->reply->m.first_ns != SCS_NO_TIME) {
        fprintf(t->out, "   +%s", scs_duration_text(x->reply->m.first_ns - x->started_ns, number));
    }
    scs_buf_cleanup(&label);
}

/* ---- steps in order of time ---------------------------------------------------------------------- */

struct step {
    int64_t ts_ns;
    uint32_t order; /* between equal times, and after an unanswered request */
    const struct scs_exchange *x;
    bool is_answer, is_policy;
};

/* What ended the exchange: the reply, or its absence; and what is found wrong with it. */
static void answer(const struct scs_text *t, const struct scs_exchange *x)
{
    const struct scs_finding *f = t->findings.by_exchange[x->id];
    if (x->reply != NULL) {
        reply(t, x);
    } else {
        moment(t, SCS_NO_TIME);
        const char *why = x->why_unanswered != NULL ? x->why_unanswered : "none was seen";
        fputs("|  no reply: ", t->out);
        scs_escape_terminal(t->out, why, strlen(why));
    }
    if (f != NULL && f->severity != SCS_SEV_INFO) {
        fputs("   ", t->out);
        scs_text_paint(t, f->severity == SCS_SEV_ERROR ? SCS_PAINT_BAD : SCS_PAINT_WARN, f->id);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->ts_ns != y->ts_ns) {
        return x->ts_ns < y->ts_ns ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

static void add_steps(const struct scs_text *t, const uint32_t *ids, uint32_t num, bool is_policy, struct step *steps,
                      uint32_t *num_steps)
{
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_model_exchange(t->ctx->model, ids[i]);
        if (x == NULL) {
            continue;
        }
        int64_t asked = x->request != NULL ? x->request->m.first_ns : x->started_ns;
        struct step s = {.ts_ns = asked, .order = *num_steps, .x = x, .is_policy = is_policy};
        if (x->request != NULL) {
            steps[(*num_steps)++] = s;
        }
        s.is_answer = true;
        s.order = *num_steps;
        s.ts_ns = x->reply != NULL ? x->reply->m.first_ns : asked;
        steps[(*num_steps)++] = s;
    }
}

static void exchanges(const struct scs_text *t, const struct scs_enrolment *e)
{
    struct step *steps = scs_xcalloc(2 * ((size_t)e->num_exchanges + e->num_policy_exchanges) + 1, sizeof *steps);
    uint32_t num = 0;
    add_steps(t, e->exchanges, e->num_exchanges, false, steps, &num);
    add_steps(t, e->policy_exchanges, e->num_policy_exchanges, true, steps, &num);
    qsort(steps, num, sizeof *steps, by_time);
    for (uint32_t i = 0; i < num; i++) {
        if (steps[i].is_answer) {
            answer(t, steps[i].x);
        } else {
            request(t, steps[i].x);
        }
        fputs(steps[i].is_policy ? "   (policy module)\n" : "\n", t->out);
        scs_redactor_forget(t->ctx->redactor);
    }
    free(steps);
}

/* A device that never got as far as a request: its attempts to connect. */
static void attempts(const struct scs_text *t, const struct scs_enrolment *e)
{
    const struct scs_model *m = t->ctx->model;
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        if (c->num_exchanges != 0 || !scs_addr_equal(&c->client.addr, &e->client) ||
            !scs_endpoint_equal(&c->server, &e->server)) {
            continue;
        }
        struct scs_buf label;
        scs_buf_init(&label, MAX_DETAILS);
        scs_buf_printf(&label, "SYN, %u %s", c->syn_tries, c->syn_tries == 1 ? "try" : "tries");
        moment(t, c->opened_ns);
        arrow(t, true, c->syn_tries != 0 ? fit(&label) : "TCP");
        fprintf(t->out, "frame %llu   %s\n", (unsigned long long)SCS_FRAME_NUMBER(c->first_frame),
                scs_connection_state_name(c->state));
        scs_buf_cleanup(&label);
    }
}

void scs_text_ladder(const struct scs_text *t, const struct scs_enrolment *e)
{
    fprintf(t->out, "Enrolment %u   %s", e->id, scs_redact_addr(t->ctx->redactor, &e->client));
    if (e->platform != SCS_PLATFORM_UNKNOWN) {
        fprintf(t->out, " (%s)", scs_platform_name(e->platform));
    }
    fprintf(t->out, "   server %s\n", scs_redact_endpoint(t->ctx->redactor, &e->server));
    if (e->num_exchanges == 0) {
        attempts(t, e);
    }
    exchanges(t, e);
}
