/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recorder.h"

#include <stdio.h>

#include "cli/outputs.h"
#include "platform/platform.h"

/* At most one part in so many of the time is spent looking. */
#define SHARE 20u
/* Looks are at least and, while packets come, at most so far apart. */
#define LEAST_MS 300u
#define MOST_MS  10000u

static void say(void *ctx, const char *sentence)
{
    const struct scs_recorder *rec = ctx;
    if (rec->inner.said != NULL && rec->options->verbosity >= 0) {
        rec->inner.said(rec->inner.ctx, sentence);
    } else {
        fprintf(stderr, "scepscope: %s\n", sentence);
    }
}

bool scs_recorder_begin(struct scs_recorder *rec, struct scs_error *err)
{
    if (!scs_outputs_ring_wanted(rec->options)) {
        return true;
    }
    rec->ring = scs_outputs_ring(rec->options, rec->redactor, say, rec, err);
    return rec->ring != NULL;
}

int scs_recorder_descriptor(const struct scs_recorder *rec)
{
    return rec->ring != NULL ? scs_ring_descriptor(rec->ring) : -1;
}

static void look(struct scs_recorder *rec, const struct scs_live_counters *now)
{
    uint64_t begun_ms = scs_platform_now_ms();
    bool ended = now->exchanges != rec->exchanges || scs_ring_behind(rec->ring);
    bool old = now->packets != rec->packets && begun_ms >= rec->rest_ms;
    if (begun_ms < rec->next_ms || !(ended || old)) {
        return;
    }
    rec->exchanges = now->exchanges;
    rec->packets = now->packets;
    scs_ring_look(rec->ring, rec->run, scs_run_look(rec->run), false);
    uint64_t ended_ms = scs_platform_now_ms(), pause_ms = (ended_ms - begun_ms) * (SHARE - 1);
    rec->next_ms = ended_ms + (pause_ms > LEAST_MS ? pause_ms : LEAST_MS);
    rec->rest_ms = ended_ms + (pause_ms > MOST_MS ? pause_ms : MOST_MS);
}

static bool tick(void *ctx, const struct scs_live_counters *now)
{
    struct scs_recorder *rec = ctx;
    look(rec, now);
    return rec->inner.tick == NULL || rec->inner.tick(rec->inner.ctx, now);
}

static void started(void *ctx)
{
    const struct scs_recorder *rec = ctx;
    if (rec->inner.started != NULL) {
        rec->inner.started(rec->inner.ctx);
    }
}

static void said(void *ctx, const char *sentence)
{
    const struct scs_recorder *rec = ctx;
    if (rec->inner.said != NULL) {
        rec->inner.said(rec->inner.ctx, sentence);
    }
}

static void exchange(void *ctx, const struct scs_exchange *x)
{
    const struct scs_recorder *rec = ctx;
    if (rec->inner.exchange != NULL) {
        rec->inner.exchange(rec->inner.ctx, x);
    }
}

struct scs_live_hooks scs_recorder_hooks(struct scs_recorder *rec)
{
    struct scs_live_hooks own = {.ctx = rec, .started = started, .said = said, .exchange = exchange, .tick = tick};
    return scs_outputs_ring_wanted(rec->options) ? own : rec->inner;
}

void scs_recorder_end(struct scs_recorder *rec, const struct scs_model *m)
{
    if (rec->ring != NULL && m != NULL) {
        scs_ring_look(rec->ring, rec->run, m, true);
        scs_ring_close(rec->ring);
    } else {
        scs_ring_abandon(rec->ring);
    }
    rec->ring = NULL;
}
