/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of HTTP a connection speaks: the preface, the upgrade from HTTP/1, and servers that do not understand. */
#include <stdlib.h>

#include "http/pair.h"
#include "scepscope/limits.h"

/* ---- a server that speaks first ------------------------------------------------------------------ */

static bool hold(struct scs_http *h, const struct scs_chunk *chunk)
{
    if (chunk->len > SCS_MAX_EARLY_REPLY - h->early.len) {
        return false;
    }
    if (h->early.len == 0) {
        h->early_frame = chunk->frame;
        h->early_ns = chunk->ts_ns;
    }
    scs_buf_add(&h->early, chunk->data, chunk->len);
    return true;
}

/*
 * Inside TLS the server of an HTTP/2 connection may speak first. Its first byte, of a frame's length, is zero, and no
 * HTTP/1 reply begins so: such bytes wait until the client says what this is.
 */
bool scs_version_hold(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_cursor bytes = scs_cursor_of(chunk->data, chunk->len);
    uint8_t first;
    if (dir != SCS_TO_CLIENT || h->dirs[SCS_TO_SERVER].heard || h->dirs[SCS_TO_CLIENT].heard ||
        !scs_cursor_peek(&bytes, 0, &first) || (h->early.len == 0 && first != 0)) {
        return false;
    }
    return hold(h, chunk);
}

/* What was held back is no HTTP/2. */
void scs_version_let_go(struct scs_http *h)
{
    if (h->early.len != 0) {
        struct scs_chunk early = {.data = h->early.p, .len = h->early.len, .frame = h->early_frame, .ts_ns = h->early_ns};
        scs_pair_read(h, SCS_TO_CLIENT, &early);
        scs_buf_clear(&h->early);
    }
}

/* ---- the preface, and the upgrade ----------------------------------------------------------------- */

/* The client's preface came (RFC 9113 3.4). */
void scs_version_begin(struct scs_http *h, const struct scs_chunk *first)
{
    h->h2 = scs_h2_new(h->hooks, h->connection);
    h->h2_greeted = h->early.len != 0;
    if (h->early.len != 0) {
        struct scs_chunk early = {.data = h->early.p, .len = h->early.len, .frame = h->early_frame, .ts_ns = h->early_ns};
        scs_h2_data(h->h2, SCS_TO_CLIENT, &early);
        scs_buf_clear(&h->early);
    }
    scs_h2_data(h->h2, SCS_TO_SERVER, first);
}

/* RFC 7540 3.2: the request was asked in HTTP/1, its answer comes in HTTP/2. */
bool scs_version_is_upgrade(const struct scs_http *h, const struct scs_http1_head *head)
{
    const struct exchange *x = h->first;
    return head->status == 101 && x != NULL && x->request_done && !x->reply_begun && x->next == NULL && x->skipped == 0 &&
           scs_cursor_find_nocase(&head->fields[SCS_HTTP1_UPGRADE], "h2c") != SIZE_MAX;
}

void scs_version_upgrade(struct scs_http *h)
{
    struct exchange *x = h->first;
    struct scs_http_asked asked = {.wanted = x->wanted,
                                   .head_method = x->head_method,
                                   .request = x->request,
                                   .request_runs = x->request_runs,
                                   .target = x->target,
                                   .target_off = x->target_off,
                                   .body = x->request_body};
    h->upgrading = false;
    h->h2_greeted = true;
    h->dirs[SCS_TO_CLIENT].tunnel = true;
    h->h2 = scs_h2_new(h->hooks, h->connection);
    scs_h2_answers(h->h2, &asked);
    h->first = h->last = NULL;
    h->num_waiting = 0;
    free(x); /* what it owned has moved */
}

/* ---- a server that answers in HTTP/1 -------------------------------------------------------------- */

/* The oldest request of HTTP/2 is the one that the server answers in HTTP/1. */
static void take_refused(struct scs_http *h)
{
    struct scs_http_asked asked;
    if (h->first == NULL && scs_h2_refused(h->h2, &asked)) {
        struct exchange *x = scs_pair_append(h);
        x->wanted = asked.wanted;
        x->head_method = asked.head_method;
        x->request = asked.request;
        x->request_runs = asked.request_runs;
        x->target = asked.target;
        x->target_off = asked.target_off;
        x->request_body = asked.body;
        x->request_done = true;
    }
}

/*
 * A server that knows HTTP/1 only says so in its words: 400, 505. A frame of HTTP/2 cannot begin like them (RFC 9113 3.4:
 * it is SETTINGS, and H stands for four megabytes of it). They wait until there is a request that they answer.
 */
static bool refuses_http2(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_cursor bytes = scs_cursor_of(chunk->data, chunk->len);
    if (dir == SCS_TO_SERVER) {
        return false;
    }
    h->refused = h->refused || (!h->h2_greeted && scs_cursor_starts(&bytes, "H"));
    h->h2_greeted = true;
    if (!h->refused) {
        return false;
    }
    take_refused(h);
    if (h->first != NULL || !hold(h, chunk)) {
        scs_version_let_go(h);
        scs_pair_read(h, dir, chunk);
    }
    return true;
}

bool scs_version_end_waits(const struct scs_http *h, enum scs_dir dir)
{
    return dir == SCS_TO_CLIENT && h->refused && h->early.len != 0;
}

void scs_version_settle(struct scs_http *h)
{
    if (!h->refused || h->early.len == 0) {
        return;
    }
    take_refused(h);
    if (h->first == NULL && !h->ending.ended[SCS_TO_SERVER]) {
        return;
    }
    scs_version_let_go(h);
    if (h->ending.ended[SCS_TO_CLIENT]) {
        enum scs_end how = h->ending.how[SCS_TO_CLIENT];
        scs_http1_end(&h->dirs[SCS_TO_CLIENT].reader, how == SCS_END_FIN);
        scs_h2_end(h->h2, SCS_TO_CLIENT, how);
    }
}

void scs_version_data(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk)
{
    if (!refuses_http2(h, dir, chunk)) {
        scs_h2_data(h->h2, dir, chunk);
        scs_version_settle(h);
    }
}
