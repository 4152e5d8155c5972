/* SPDX-License-Identifier: Apache-2.0 */
/* The table of enrolments, and with -v their ladders. */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "report/enrolment.h"
#include "report/escape.h"
#include "report/text_parts.h"

/* Rows shown without -v. */
#define MOST_ROWS 25u

/* Columns grow with what they hold, within these. */
#define LEAST_DEVICE 12
#define MOST_DEVICE  50
#define LEAST_WHO    8
#define MOST_WHO     40

struct columns {
    int moment, device, who;
};

static void device_text(const struct scs_text *t, const struct scs_enrolment *e, struct scs_buf *out)
{
    scs_buf_clear(out);
    scs_buf_text(out, scs_redact_addr(t->ctx->redactor, &e->client));
    if (e->probe) {
        scs_buf_text(out, " probe");
    } else if (e->platform != SCS_PLATFORM_UNKNOWN) {
        scs_buf_printf(out, " %s", scs_platform_name(e->platform));
    }
}

static const char *who_text(const struct scs_text *t, const struct scs_enrolment *e)
{
    return e->subject != NULL && *e->subject != '\0' ? scs_redact_subject(t->ctx->redactor, e->subject) : "not known";
}

static int columns_of(const char *text)
{
    return (int)scs_escape_columns(text, strlen(text));
}

static int within(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

static struct columns measure(const struct scs_text *t, uint32_t most_rows)
{
    struct columns c = {.moment = t->several_days ? 19 : 8};
    uint32_t rows = 0;
    struct scs_buf device;
    scs_buf_init(&device, 256);
    for (uint32_t i = 0; i < t->ctx->model->num_enrolments && rows < most_rows; i++) {
        const struct scs_enrolment *e = t->ctx->model->enrolments[i];
        if (scs_enrolment_is_listed(e, t->ctx->verbosity)) {
            device_text(t, e, &device);
            int device_columns = columns_of(scs_buf_cstr(&device)), who_columns = columns_of(who_text(t, e));
            c.device = device_columns > c.device ? device_columns : c.device;
            c.who = who_columns > c.who ? who_columns : c.who;
            scs_redactor_forget(t->ctx->redactor);
            rows++;
        }
    }
    scs_buf_cleanup(&device);
    c.device = within(c.device, LEAST_DEVICE, MOST_DEVICE);
    c.who = within(c.who, LEAST_WHO, MOST_WHO);
    return c;
}

static void table_head(const struct scs_text *t, const struct columns *c)
{
    fprintf(t->out, "%4s  %-*s  %-*s  %-*s  %-12s  %-10s  %s\n", "#", c->moment, "time", c->device, "device", c->who, "who it is",
            "reached", "outcome", "took");
}

static void row(const struct scs_text *t, const struct columns *c, const struct scs_enrolment *e)
{
    char moment[SCS_MOMENT_TEXT], took[SCS_NUMBER_TEXT];
    struct scs_buf device;
    scs_buf_init(&device, 256);
    device_text(t, e, &device);
    fprintf(t->out, "%4u  %-*s  ", e->id, c->moment, scs_text_moment(t, e->started_ns, moment));
    scs_pad(t->out, scs_buf_cstr(&device), c->device);
    fputs("  ", t->out);
    scs_pad(t->out, who_text(t, e), c->who);
    fprintf(t->out, "  %-12s  ", scs_enrolment_reached_text(e));
    if (scs_enrolment_is_bad(e)) {
        scs_text_paint(t, SCS_PAINT_BAD, scs_enrolment_outcome_text(e));
    } else {
        fputs(scs_enrolment_outcome_text(e), t->out);
    }
    fprintf(t->out, "%*s", 12 - (int)strlen(scs_enrolment_outcome_text(e)), "");
    scs_enrolment_took_text(e, took);
    const struct scs_finding *f = scs_enrolment_finding(&t->findings, e);
    fprintf(t->out, f == NULL ? "%s" : "%-10s  ", took);
    fprintf(t->out, "%s\n", f == NULL ? "" : f->id);
    scs_buf_cleanup(&device);
    scs_redactor_forget(t->ctx->redactor);
}

static uint32_t count(const struct scs_text *t, uint32_t *unlisted_successes)
{
    uint32_t listed = 0;
    *unlisted_successes = 0;
    for (uint32_t i = 0; i < t->ctx->model->num_enrolments; i++) {
        const struct scs_enrolment *e = t->ctx->model->enrolments[i];
        listed += scs_enrolment_is_listed(e, t->ctx->verbosity);
        *unlisted_successes += !scs_enrolment_is_listed(e, t->ctx->verbosity) && !e->probe;
        scs_model_rest(t->ctx->model, i);
    }
    return listed;
}

static void ladders(const struct scs_text *t)
{
    for (uint32_t i = 0; i < t->ctx->model->num_enrolments && !ferror(t->out); i++) {
        fputc('\n', t->out);
        scs_text_ladder(t, t->ctx->model->enrolments[i]);
        scs_model_rest(t->ctx->model, i);
        scs_redactor_forget(t->ctx->redactor);
    }
}

void scs_text_enrolments(const struct scs_text *t)
{
    const struct scs_model *m = t->ctx->model;
    char number[SCS_NUMBER_TEXT];
    uint32_t successes, listed = count(t, &successes), shown = 0;
    if (listed == 0) {
        return;
    }
    uint32_t most = t->ctx->verbosity > 0 ? listed : MOST_ROWS;
    struct columns c = measure(t, most);
    fputc('\n', t->out);
    scs_text_paint(t, SCS_PAINT_STRONG, "ENROLMENTS");
    fputc('\n', t->out);
    table_head(t, &c);
    for (uint32_t i = 0; i < m->num_enrolments && shown < most && !ferror(t->out); i++) {
        if (scs_enrolment_is_listed(m->enrolments[i], t->ctx->verbosity)) {
            row(t, &c, m->enrolments[i]);
            shown++;
        }
    }
    if (listed > shown) {
        fprintf(t->out, "  (%s more: -v lists them)\n", scs_number_text(listed - shown, number));
    }
    if (successes != 0) {
        fprintf(t->out, "  (%s succeeded: -v lists them)\n", scs_number_text(successes, number));
    }
    if (t->ctx->verbosity > 0) {
        ladders(t);
    }
}
