/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that come late: while a key log may still grow, what a connection carries is kept until its secrets are there, and
 * then read again from its first byte on. Nothing is opened before, so nothing is given twice.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "keys/secrets.h"
#include "tls/session.h"

/* What the flow stage told. */
struct event {
    enum { EVENT_DATA, EVENT_GAP, EVENT_END } kind;
    uint8_t dir;
    bool snaplen;
    enum scs_end how;
    uint64_t len; /* of data, in `bytes`, or of the gap */
    scs_frame frame;
    int64_t ts_ns;
};

struct scs_tls_late {
    struct event *events;
    size_t num, room;
    struct scs_buf bytes;              /* of all data, in order */
    uint64_t learned;                  /* secrets there were when it was last looked for its own, */
    bool looked;                       /* if it was, */
    const struct scs_tls_suite *suite; /* and how far the handshake had come */
    bool missed;                       /* something protected went by */
    bool ready;                        /* its secrets are there: to be read again when the present bytes are through */
};

void scs_tls_late_begin(struct scs_tls *t)
{
    if (t->hooks->secrets != NULL && scs_secrets_expected(t->hooks->secrets)) {
        t->late = scs_xcalloc(1, sizeof *t->late);
        scs_buf_init(&t->late->bytes, SCS_MAX_TLS_HELD);
    }
}

static void note_held(const struct scs_tls *t, uint64_t more, uint64_t less)
{
    if (t->hooks->held != NULL) {
        *t->hooks->held += more - less;
    }
}

static void drop(struct scs_tls *t, struct scs_tls_late *late)
{
    note_held(t, 0, late->bytes.len + late->num * sizeof *late->events);
    scs_buf_cleanup(&late->bytes);
    free(late->events);
    free(late);
}

void scs_tls_late_end(struct scs_tls *t)
{
    if (t->late != NULL) {
        drop(t, t->late);
        t->late = NULL;
    }
}

/* ---- keeping ------------------------------------------------------------------------------------- */

static bool has_room(const struct scs_tls *t, uint64_t more)
{
    const struct scs_tls_late *late = t->late;
    uint64_t own = late->bytes.len + (late->num + 1) * sizeof *late->events, all = t->hooks->held == NULL ? 0 : *t->hooks->held;
    return more <= SCS_MAX_TLS_HELD && own + more <= SCS_MAX_TLS_HELD && all + more <= SCS_MAX_TLS_HELD_ALL;
}

static bool keep(struct scs_tls *t, const struct event *event, const uint8_t *data)
{
    struct scs_tls_late *late = t->late;
    uint64_t len = data == NULL ? 0 : event->len;
    if (!has_room(t, len)) {
        return false;
    }
    if (late->num == late->room) {
        late->room = late->room == 0 ? 16 : 2 * late->room;
        late->events = scs_xrealloc(late->events, late->room, sizeof *late->events);
    }
    late->events[late->num++] = *event;
    scs_buf_add(&late->bytes, data, len);
    note_held(t, len + sizeof *event, 0);
    return true;
}

/* A connection that waits for too long, or with too many others, goes on with what is known. */
static void keep_or_stop(struct scs_tls *t, const struct event *event, const uint8_t *data)
{
    if (t->late != NULL && !keep(t, event, data)) {
        t->hooks->limits->tls_waits_dropped++;
        scs_tls_stop_waiting(t);
    }
}

void scs_tls_late_data(struct scs_tls *t, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct event event = {
        .kind = EVENT_DATA, .dir = (uint8_t)dir, .len = chunk->len, .frame = chunk->frame, .ts_ns = chunk->ts_ns};
    keep_or_stop(t, &event, chunk->data);
}

void scs_tls_late_gap(struct scs_tls *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct event event = {.kind = EVENT_GAP, .dir = (uint8_t)dir, .snaplen = snaplen, .len = len, .frame = frame, .ts_ns = ts_ns};
    keep_or_stop(t, &event, NULL);
}

void scs_tls_late_closed(struct scs_tls *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    struct event event = {.kind = EVENT_END, .dir = (uint8_t)dir, .how = how, .ts_ns = ts_ns};
    keep_or_stop(t, &event, NULL);
}

/* ---- reading again ------------------------------------------------------------------------------- */

static void play(struct scs_tls *t, const struct scs_tls_late *late)
{
    struct scs_cursor rest = scs_buf_cursor(&late->bytes), data;
    for (size_t i = 0; i < late->num; i++) {
        const struct event *e = &late->events[i];
        enum scs_dir dir = (enum scs_dir)e->dir;
        if (e->kind == EVENT_DATA && scs_cursor_take(&rest, (size_t)e->len, &data)) {
            struct scs_chunk chunk = {.data = data.p, .len = data.len, .frame = e->frame, .ts_ns = e->ts_ns};
            scs_tls_data(t, dir, &chunk);
        } else if (e->kind == EVENT_GAP) {
            scs_tls_gap(t, dir, e->len, e->snaplen, e->frame, e->ts_ns);
        } else if (e->kind == EVENT_END) {
            scs_tls_end(t, dir, e->how, e->ts_ns);
            if (t->hooks->ended != NULL) {
                t->hooks->ended(t->hooks->ctx, t->connection, dir, e->how, e->ts_ns);
            }
        }
    }
}

void scs_tls_stop_waiting(struct scs_tls *t)
{
    struct scs_tls_late *late = t->late;
    if (late == NULL) {
        return;
    }
    t->late = NULL;
    if (late->missed) {
        scs_tls_begin_again(t);
        play(t, late);
    }
    drop(t, late);
}

void scs_tls_late_settle(struct scs_tls *t)
{
    if (t->late != NULL && t->late->ready) {
        scs_tls_stop_waiting(t);
    }
}

/* ---- waiting ------------------------------------------------------------------------------------- */

/* Looks for what it lacks, in the logs too, unless nothing has changed since the last time. */
static bool has_come(struct scs_tls *t)
{
    struct scs_tls_late *late = t->late;
    struct scs_secrets *secrets = t->hooks->secrets;
    bool changed = !late->looked || late->suite != t->suite || late->learned != scs_secrets_num_learned(secrets);
    bool there = changed && scs_tls_lock_complete(t);
    if (!there && scs_secrets_look_again(secrets, false)) {
        there = scs_tls_lock_complete(t);
    }
    late->looked = true;
    late->suite = t->suite;
    late->learned = scs_secrets_num_learned(secrets);
    return there;
}

bool scs_tls_late_holds(struct scs_tls *t)
{
    struct scs_tls_late *late = t->late;
    if (late == NULL) {
        return false;
    }
    late->ready = late->ready || has_come(t);
    if (late->ready && !late->missed) {
        scs_tls_late_end(t); /* in good time: there is nothing to read again */
        return false;
    }
    late->missed = true;
    return true;
}

bool scs_tls_waits(const struct scs_tls *t)
{
    return t->late != NULL && t->late->missed;
}

bool scs_tls_look(struct scs_tls *t)
{
    if (t->late != NULL && has_come(t)) {
        scs_tls_stop_waiting(t);
    }
    return t->late == NULL;
}
