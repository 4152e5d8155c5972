/* SPDX-License-Identifier: Apache-2.0 */
#include "http/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "http/body.h"
#include "scepscope/limits.h"

void scs_message_begin(struct scs_message *m)
{
    scs_message_cleanup(m);
    *m = (struct scs_message){.wanted = true, .first_ns = SCS_NO_TIME, .last_ns = SCS_NO_TIME};
    scs_buf_init(&m->body, SCS_MAX_BODY);
}

void scs_message_cleanup(struct scs_message *m)
{
    free(m->runs);
    scs_buf_cleanup(&m->body);
    *m = (struct scs_message){0};
}

static void add(uint32_t *sum, uint64_t n)
{
    *sum = n > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)n;
}

static struct scs_frame_run *new_run(struct scs_message *m)
{
    if (m->num_runs == m->room_runs && m->room_runs < SCS_MAX_MESSAGE_FRAMES) {
        m->room_runs = m->room_runs == 0 ? 4 : m->room_runs * 4;
        m->runs = scs_xrealloc(m->runs, m->room_runs, sizeof *m->runs);
    }
    /* Past the limit the last run moves on: first and last frame stay true. */
    return &m->runs[m->num_runs < m->room_runs ? m->num_runs++ : m->num_runs - 1];
}

void scs_message_raw(struct scs_message *m, const struct scs_chunk *chunk, uint32_t raw_off, size_t len)
{
    add(&m->raw_len, len);
    m->last_ns = chunk->ts_ns;
    if (m->first_ns == SCS_NO_TIME) {
        m->first_ns = chunk->ts_ns;
    }
    if (m->wanted && (m->num_runs == 0 || m->runs[m->num_runs - 1].frame != chunk->frame)) {
        *new_run(m) = (struct scs_frame_run){.raw_off = raw_off, .body_off = UINT32_MAX, .frame = chunk->frame};
    }
}

void scs_message_head(struct scs_message *m, const struct scs_http1_head *head, bool wanted)
{
    m->flags |= head->flags;
    m->version = head->version;
    m->head_len = head->len;
    m->declared_len = head->content_length > UINT32_MAX ? UINT32_MAX : (uint32_t)head->content_length;
    m->wanted = wanted;
    if (!wanted) {
        free(m->runs);
        m->runs = NULL;
        m->num_runs = m->room_runs = 0;
    }
}

void scs_message_body(struct scs_message *m, const struct scs_cursor *bytes, struct scs_limits_hit *limits)
{
    add(&m->body_len, bytes->len);
    if (!m->wanted || m->hole || m->flags & SCS_HTTP_BODY_LIMIT) {
        return;
    }
    if (m->num_runs != 0 && m->runs[m->num_runs - 1].body_off == UINT32_MAX) {
        m->runs[m->num_runs - 1].body_off = bytes->off;
    }
    if (!scs_buf_add(&m->body, bytes->p, bytes->len)) {
        m->flags |= SCS_HTTP_BODY_LIMIT;
        limits->bodies_cut++;
    }
}

void scs_message_hole(struct scs_message *m, bool snaplen)
{
    m->hole = true;
    m->flags |= SCS_HTTP_CAPTURE_GAP | (snaplen ? SCS_HTTP_SNAPLEN : 0u);
}

/* Offsets in a decompressed body say nothing about frames: every frame with some of the body stands for all of it. */
static void spread_body(struct scs_message *m)
{
    for (uint32_t i = 0; i < m->num_runs; i++) {
        if (m->runs[i].body_off != UINT32_MAX) {
            m->runs[i].body_off = 0;
        }
    }
}

struct scs_frame_run *scs_message_finish(struct scs_message *m, const struct scs_http_hooks *hooks, struct scs_http_message *out,
                                         struct scs_buf *out_body)
{
    if (m->flags & SCS_HTTP_CAPTURE_GAP) {
        m->flags &= ~(uint32_t)SCS_HTTP_COMPLETE;
    }
    if (out->content_encoding != NULL && m->body.len != 0) {
        struct scs_cursor encoding = scs_cursor_of(out->content_encoding, strlen(out->content_encoding));
        bool whole = (m->flags & SCS_HTTP_COMPLETE) != 0 && !(m->flags & SCS_HTTP_BODY_LIMIT);
        uint32_t flags = scs_body_inflate(&m->body, &encoding, whole);
        if (flags & SCS_HTTP_INFLATED) {
            spread_body(m);
        }
        if (flags & ~m->flags & SCS_HTTP_BODY_LIMIT) {
            hooks->limits->bodies_cut++;
        }
        m->flags |= flags;
    }
    struct scs_cursor body = scs_buf_cursor(&m->body);
    out->body_text = scs_body_text(hooks->intern, &body);
    out->flags = m->flags;
    out->version = m->version;
    out->head_len = m->head_len;
    out->raw_len = m->raw_len;
    out->body_len = m->body_len;
    out->declared_len = m->declared_len;
    out->first_ns = m->first_ns;
    out->last_ns = m->last_ns;
    struct scs_frame_run *runs = scs_arena_dup(hooks->keep, m->runs, m->num_runs * sizeof *m->runs);
    out->frames.runs = runs;
    out->frames.num_runs = m->num_runs;
    *out_body = m->body;
    m->body = (struct scs_buf){0};
    scs_message_begin(m);
    return runs;
}
