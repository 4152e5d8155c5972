/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void scs_say_frame(struct scs_verdict *v, scs_frame frame)
{
    if (frame != 0 && v->num_frames < SCS_VERDICT_FRAMES) {
        v->frames[v->num_frames++] = frame;
    }
}

void scs_say_span(struct scs_verdict *v, const struct scs_http_message *m, struct scs_span span)
{
    scs_frame frames[SCS_VERDICT_MESSAGE_FRAMES];
    size_t num = scs_span_frames(&m->frames, span, frames, SCS_VERDICT_MESSAGE_FRAMES);
    for (size_t i = 0; i < num; i++) {
        scs_say_frame(v, frames[i]);
    }
}

void scs_say_message(struct scs_verdict *v, const struct scs_http_message *m)
{
    uint32_t num = m->frames.num_runs;
    for (uint32_t i = 0; i < num && i < SCS_VERDICT_MESSAGE_FRAMES - 1; i++) {
        scs_say_frame(v, m->frames.runs[i].frame);
    }
    if (num >= SCS_VERDICT_MESSAGE_FRAMES) {
        scs_say_frame(v, m->frames.runs[num - 1].frame); /* where it ends tells more than its middle */
    }
}

void scs_say_exchange(struct scs_verdict *v, const struct scs_exchange *x)
{
    v->said_exchange = v->said_exchange == 0 ? x->id : v->said_exchange; /* the first is what the finding is about */
    scs_say_frame(v, x->first_frame);
    scs_say_frame(v, x->last_frame);
}

void scs_claim(struct scs_verdict *v, const struct scs_exchange *x)
{
    if (v->num_claims < SCS_MAX_FINDING_SUBJECTS) {
        v->claims[v->num_claims++] = x->id;
    }
}

void scs_say_connection(struct scs_verdict *v, const struct scs_connection *c)
{
    v->said_connection = c->id;
    scs_say_frame(v, c->first_frame);
    for (size_t i = 0; i < sizeof c->syn_frames / sizeof c->syn_frames[0]; i++) {
        scs_say_frame(v, c->syn_frames[i]);
    }
    scs_say_frame(v, c->synack_frame);
    scs_say_frame(v, c->last_frame);
}

/* The fact of this name, new or to be overwritten; NULL when there is no room. */
static struct scs_fact *fact(struct scs_verdict *v, const char *name)
{
    for (uint32_t i = 0; i < v->num_facts; i++) {
        if (strcmp(v->facts[i].name, name) == 0) {
            return &v->facts[i];
        }
    }
    if (v->num_facts == SCS_MAX_FINDING_FACTS) {
        return NULL;
    }
    v->facts[v->num_facts].name = name;
    return &v->facts[v->num_facts++];
}

void scs_fact_number(struct scs_verdict *v, const char *name, int64_t value)
{
    struct scs_fact *f = fact(v, name);
    if (f != NULL) {
        *f = (struct scs_fact){.name = name, .kind = SCS_FACT_NUMBER, .number = value};
    }
}

static char *format(struct scs_arena *arena, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

static char *format(struct scs_arena *arena, const char *fmt, va_list args)
{
    char most[192]; /* of what rules say fits, and is written once */
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(most, sizeof most, fmt, args);
    char *s = scs_arena_alloc(arena, len < 0 ? 1 : (size_t)len + 1);
    if (len >= 0 && (size_t)len < sizeof most) {
        memcpy(s, most, (size_t)len + 1);
    } else if (len >= 0) {
        vsnprintf(s, (size_t)len + 1, fmt, again);
    }
    va_end(again);
    return s;
}

void scs_fact_text(struct scs_verdict *v, const char *name, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = format(v->scratch, fmt, args);
    va_end(args);
    struct scs_fact *f = fact(v, name);
    if (f != NULL) {
        *f = (struct scs_fact){.name = name, .kind = SCS_FACT_TEXT, .text = text};
    }
}

void scs_set_severity(struct scs_verdict *v, enum scs_severity severity)
{
    v->severity = severity;
}

void scs_set_confidence(struct scs_verdict *v, enum scs_confidence confidence)
{
    if (confidence < v->confidence) {
        v->confidence = confidence;
    }
}

void scs_set_group(struct scs_verdict *v, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    v->group = format(v->scratch, fmt, args);
    va_end(args);
}

void scs_set_moment(struct scs_verdict *v, int64_t ts_ns)
{
    v->moment_ns = ts_ns;
}
