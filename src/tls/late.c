/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that come late: while a key log may still grow, what a connection carries is kept until its secrets are there, and
 * then read again from its first byte on. Nothing is opened before, so nothing is given twice.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "keys/secrets.h"
#include "tls/session.h"

struct scs_tls_late {
    struct scs_tls_told *events;
    size_t num, room;
    struct scs_buf bytes;              /* of all data, in order */
    struct scs_cursor rest;            /* of these, when they are read again, */
    size_t next;                       /* and of the events */
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

void scs_tls_late_free(struct scs_tls *t, struct scs_tls_late *late)
{
    note_held(t, 0, late->bytes.len + late->num * sizeof *late->events);
    scs_buf_cleanup(&late->bytes);
    free(late->events);
    free(late);
}

void scs_tls_late_end(struct scs_tls *t)
{
    if (t->late != NULL) {
        scs_tls_late_free(t, t->late);
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

static bool keep(struct scs_tls *t, const struct scs_tls_told *event, const uint8_t *data)
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

/* Nothing is kept of a connection that does not wait; false when there is no room. */
static bool keep_if_waiting(struct scs_tls *t, const struct scs_tls_told *event, const uint8_t *data)
{
    if (t->late == NULL || keep(t, event, data)) {
        return true;
    }
    t->hooks->limits->tls_waits_dropped++;
    return false;
}

bool scs_tls_late_data(struct scs_tls *t, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_tls_told event = {
        .kind = SCS_TLS_TOLD_DATA, .dir = dir, .len = chunk->len, .frame = chunk->frame, .ts_ns = chunk->ts_ns};
    return keep_if_waiting(t, &event, chunk->data);
}

bool scs_tls_late_gap(struct scs_tls *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct scs_tls_told event = {
        .kind = SCS_TLS_TOLD_GAP, .dir = dir, .snaplen = snaplen, .len = len, .frame = frame, .ts_ns = ts_ns};
    return keep_if_waiting(t, &event, NULL);
}

bool scs_tls_late_closed(struct scs_tls *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    struct scs_tls_told event = {.kind = SCS_TLS_TOLD_END, .dir = dir, .how = how, .ts_ns = ts_ns};
    return keep_if_waiting(t, &event, NULL);
}

bool scs_tls_late_next(struct scs_tls_late *late, struct scs_tls_told *out, struct scs_cursor *out_data)
{
    if (late->next == 0) {
        late->rest = scs_buf_cursor(&late->bytes);
    }
    if (late->next == late->num) {
        return false;
    }
    *out = late->events[late->next++];
    return out->kind != SCS_TLS_TOLD_DATA || scs_cursor_take(&late->rest, (size_t)out->len, out_data);
}

bool scs_tls_late_missed(const struct scs_tls_late *late)
{
    return late->missed;
}

bool scs_tls_late_ready(const struct scs_tls *t)
{
    return t->late != NULL && t->late->ready;
}

/* ---- waiting ------------------------------------------------------------------------------------- */

/* Looks for what it lacks, in the logs too, unless nothing has changed since the last time. */
bool scs_tls_late_has_come(struct scs_tls *t)
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
    late->ready = late->ready || scs_tls_late_has_come(t);
    if (late->ready && !late->missed) {
        scs_tls_late_end(t); /* in good time: there is nothing to read again */
        return false;
    }
    late->missed = true;
    return true;
}
