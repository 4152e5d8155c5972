/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ndjson_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "platform/platform.h"
#include "report/ndjson_event.h"

#define SETTLE_MS 2000u
#define RUN_BYTES 8u

/* What was told of one enrolment. */
struct told {
    uint32_t number;
    uint32_t revision;     /* 0: not yet told */
    uint8_t outcome, said; /* as of the last look, and as told */
    uint64_t since_ms;     /* when it came to have that outcome */
    uint32_t serial;       /* of its first exchange; 0: it is nothing but attempts */
    int64_t started_ns;
    uint64_t hash; /* of the line */
};

struct scs_event_stream {
    void (*line)(void *ctx, const char *text, size_t len);
    void *line_ctx;
    char run[2 * RUN_BYTES + 1];
    struct scs_hash_key key;
    struct scs_stream_ids *ids;
    struct scs_map exchanges; /* by serial: what was told (see state_of), and above it the revision */
    struct told *told;        /* in the order of the enrolments of the last look */
    uint32_t num_told;
    struct scs_map revisions, hashes; /* of the lines of findings, by number */
    uint64_t due_ms;
    FILE *out; /* the line at hand, in memory */
    char *text;
    size_t len;
};

struct scs_event_stream *scs_event_stream_new(void (*line)(void *ctx, const char *text, size_t len), void *line_ctx)
{
    struct scs_event_stream *s = scs_xcalloc(1, sizeof *s);
    uint8_t run[RUN_BYTES];
    s->line = line;
    s->line_ctx = line_ctx;
    s->key = scs_hash_key_random();
    s->ids = scs_stream_ids_new();
    s->due_ms = UINT64_MAX;
    s->out = open_memstream(&s->text, &s->len);
    if (s->out == NULL) {
        abort();
    }
    scs_platform_random(run, sizeof run);
    for (size_t i = 0; i < sizeof run; i++) {
        snprintf(s->run + 2 * i, 3, "%02x", run[i]);
    }
    return s;
}

void scs_event_stream_free(struct scs_event_stream *s)
{
    if (s != NULL) {
        fclose(s->out);
        free(s->text);
        free(s->told);
        scs_map_cleanup(&s->exchanges);
        scs_map_cleanup(&s->revisions);
        scs_map_cleanup(&s->hashes);
        scs_stream_ids_free(s->ids);
        free(s);
    }
}

uint64_t scs_event_stream_due(const struct scs_event_stream *s)
{
    return s->due_ms;
}

/* ---- one line ---------------------------------------------------------------------------------------- */

static struct scs_json_report begin(struct scs_event_stream *s, const struct scs_report_context *ctx)
{
    struct scs_json_report r = {.ctx = ctx, .ids = s->ids};
    rewind(s->out);
    scs_json_init_lines(&r.w, s->out);
    return r;
}

/* What was written since `begin` is in s->text then. */
static void end(struct scs_event_stream *s)
{
    if (fflush(s->out) != 0) {
        abort(); /* memory is gone */
    }
}

static void send(struct scs_event_stream *s)
{
    end(s);
    s->line(s->line_ctx, s->text, s->len);
}

static struct scs_event_place place(const struct scs_event_stream *s, uint32_t id, uint32_t revision)
{
    return (struct scs_event_place){.run = s->run, .event_id = id, .revision = revision};
}

/* ---- exchanges --------------------------------------------------------------------------------------- */

static int by_serial(const void *a, const void *b)
{
    const struct scs_exchange *x = *(const struct scs_exchange *const *)a, *y = *(const struct scs_exchange *const *)b;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* What later packets may change of an exchange: its outcome, and whose it is. */
#define STATE_BITS 40
#define STATE_MASK ((UINT64_C(1) << STATE_BITS) - 1)

static uint64_t state_of(const struct scs_event_stream *s, const struct scs_exchange *x)
{
    return (uint64_t)scs_stream_id_enrolment(s->ids, x->enrolment) << 8 | x->outcome;
}

static void tell_exchange(struct scs_event_stream *s, const struct scs_report_context *ctx, const struct scs_exchange *x,
                          struct scs_map *now)
{
    uint64_t before = scs_map_get(&s->exchanges, x->serial), revision = before >> STATE_BITS, state = state_of(s, x);
    if (revision == 0 || (before & STATE_MASK) != state) {
        struct scs_event_place p = place(s, x->serial, (uint32_t)++revision);
        struct scs_json_report r = begin(s, ctx);
        scs_event_exchange(&r, &p, x);
        send(s);
    }
    scs_map_put(now, x->serial, revision << STATE_BITS | state);
}

static void tell_exchanges(struct scs_event_stream *s, const struct scs_report_context *ctx)
{
    const struct scs_model *m = ctx->model;
    const struct scs_exchange **sorted = scs_xcalloc((size_t)m->num_exchanges + 1, sizeof *sorted);
    struct scs_map now = {0};
    memcpy(sorted, m->exchanges, m->num_exchanges * sizeof *sorted);
    qsort(sorted, m->num_exchanges, sizeof *sorted, by_serial);
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        tell_exchange(s, ctx, sorted[i], &now);
        scs_model_rest(m, i);
    }
    free(sorted);
    scs_map_cleanup(&s->exchanges);
    s->exchanges = now;
}

/* ---- enrolments -------------------------------------------------------------------------------------- */

/* The line as it would be now is in s->text then; its hash. */
static uint64_t compose(struct scs_event_stream *s, const struct scs_report_context *ctx, const struct scs_enrolment *e,
                        const struct told *t)
{
    struct scs_event_place p = place(s, t->number, t->revision);
    struct scs_json_report r = begin(s, ctx);
    scs_event_enrolment(&r, &p, e);
    end(s);
    return scs_hash(&s->key, s->text, s->len);
}

static bool wants_words(struct scs_event_stream *s, const struct scs_report_context *ctx, const struct scs_enrolment *e,
                        const struct told *t, uint64_t now_ms, enum scs_event_wait wait)
{
    if (wait == SCS_EVENT_OVER) {
        return t->revision == 0 || t->hash != compose(s, ctx, e, t);
    }
    if (e->outcome == SCS_ENROLMENT_INCOMPLETE || (t->revision != 0 && t->said == e->outcome)) {
        return false;
    }
    uint64_t at_ms = t->since_ms + SETTLE_MS;
    if (now_ms < at_ms && wait == SCS_EVENT_SETTLE) {
        s->due_ms = at_ms < s->due_ms ? at_ms : s->due_ms;
        return false;
    }
    return true;
}

static void tell_enrolment(struct scs_event_stream *s, const struct scs_report_context *ctx, const struct scs_enrolment *e,
                           struct told *t, uint64_t now_ms, enum scs_event_wait wait)
{
    if (t->outcome != e->outcome) {
        t->outcome = e->outcome;
        t->since_ms = now_ms;
    }
    if (wants_words(s, ctx, e, t, now_ms, wait)) {
        t->said = e->outcome;
        t->revision++;
        t->hash = compose(s, ctx, e, t);
        s->line(s->line_ctx, s->text, s->len);
    }
}

/* Its exchanges, or the attempt it began with, are another's now; not so when they had to leave memory. */
static bool is_anothers(const struct scs_event_stream *s, const struct scs_model *m, const struct told *t)
{
    if (t->serial != 0) {
        return scs_map_get(&s->exchanges, t->serial) != 0;
    }
    for (uint32_t i = 0; i < m->num_connections; i++) {
        if (m->connections[i]->opened_ns == t->started_ns) {
            return true;
        }
    }
    return false;
}

static void miss_enrolment(struct scs_event_stream *s, const struct scs_report_context *ctx, const struct told *t)
{
    if (t->revision != 0 && is_anothers(s, ctx->model, t)) {
        struct scs_event_place p = place(s, t->number, t->revision + 1);
        struct scs_json_report r = begin(s, ctx);
        scs_event_withdrawn(&r, &p, "enrolment", NULL, NULL);
        send(s);
    }
}

static void tell_enrolments(struct scs_event_stream *s, const struct scs_report_context *ctx, uint64_t now_ms,
                            enum scs_event_wait wait)
{
    const struct scs_model *m = ctx->model;
    struct scs_map places = {0};
    struct told *now = scs_xcalloc((size_t)m->num_enrolments + 1, sizeof *now);
    for (uint32_t i = 0; i < s->num_told; i++) {
        scs_map_put(&places, s->told[i].number, i + 1);
    }
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        uint32_t number = scs_stream_id_enrolment(s->ids, i + 1), before = (uint32_t)scs_map_get(&places, number);
        struct told fresh = {.number = number, .outcome = e->outcome, .since_ms = now_ms};
        now[i] = before != 0 ? s->told[before - 1] : fresh;
        scs_map_put(&places, number, 0);
        now[i].serial = scs_stream_id_exchange(s->ids, e->num_exchanges != 0 ? e->exchanges[0] : 0);
        now[i].started_ns = e->started_ns;
        tell_enrolment(s, ctx, e, &now[i], now_ms, wait);
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < s->num_told; i++) {
        if (scs_map_get(&places, s->told[i].number) != 0) {
            miss_enrolment(s, ctx, &s->told[i]);
        }
    }
    scs_map_cleanup(&places);
    free(s->told);
    s->told = now;
    s->num_told = m->num_enrolments;
}

void scs_event_stream_look(struct scs_event_stream *s, const struct scs_report_context *ctx, uint64_t now_ms,
                           enum scs_event_wait wait)
{
    s->due_ms = UINT64_MAX;
    scs_stream_ids_look(s->ids, ctx->model);
    tell_exchanges(s, ctx);
    tell_enrolments(s, ctx, now_ms, wait);
}

/* ---- the others -------------------------------------------------------------------------------------- */

/* The line as it would be now is in s->text then; its hash. */
static uint64_t compose_finding(struct scs_event_stream *s, const struct scs_report_context *ctx, uint32_t number,
                                uint32_t revision, const struct scs_finding *f)
{
    struct scs_event_place p = place(s, number, revision);
    struct scs_json_report r = begin(s, ctx);
    scs_event_finding(&r, &p, f);
    end(s);
    return scs_hash(&s->key, s->text, s->len);
}

void scs_event_stream_finding(struct scs_event_stream *s, const struct scs_report_context *ctx, uint32_t number,
                              const struct scs_finding *f)
{
    uint32_t revision = (uint32_t)scs_map_get(&s->revisions, number);
    if (revision != 0 && compose_finding(s, ctx, number, revision, f) == scs_map_get(&s->hashes, number)) {
        return;
    }
    scs_map_put(&s->hashes, number, compose_finding(s, ctx, number, ++revision, f));
    scs_map_put(&s->revisions, number, revision);
    s->line(s->line_ctx, s->text, s->len);
}

void scs_event_stream_withdrawn(struct scs_event_stream *s, const struct scs_report_context *ctx, uint32_t number, const char *id,
                                const char *instead)
{
    struct scs_event_place p = place(s, number, (uint32_t)scs_map_get(&s->revisions, number) + 1);
    struct scs_json_report r = begin(s, ctx);
    scs_event_withdrawn(&r, &p, "finding", id, instead);
    send(s);
}

void scs_event_stream_stats(struct scs_event_stream *s, const struct scs_report_context *ctx)
{
    struct scs_event_place p = place(s, 0, 0);
    struct scs_json_report r = begin(s, ctx);
    scs_event_stats(&r, &p);
    send(s);
}
