/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/framing.h"

#include "scepscope/limits.h"

static void restart(struct scs_framing *f)
{
    scs_buf_clear(&f->kept);
    f->wanted = f->kind->head_len;
    f->in_body = false;
}

void scs_framing_init(struct scs_framing *f, const struct scs_framing_kind *kind, bool whole)
{
    *f = (struct scs_framing){.kind = kind, .lost = !whole};
    scs_buf_init(&f->kept, SCS_MAX_NEIGHBOUR_MESSAGE);
    restart(f);
}

void scs_framing_cleanup(struct scs_framing *f)
{
    scs_buf_cleanup(&f->kept);
}

void scs_framing_gap(struct scs_framing *f)
{
    restart(f);
    f->lost = true;
}

/* Without an unmistakable head, a segment that is one message of just this length begins with it. */
static bool found_again(const struct scs_framing *f, const struct scs_cursor *segment)
{
    struct scs_cursor head = scs_cursor_first(segment, f->kind->head_len);
    size_t len = head.len == f->kind->head_len ? f->kind->length(&head) : 0;
    return len != 0 && (f->kind->unmistakable || len == segment->len);
}

/* Takes what the chunk has of the wanted bytes; false when it is not all. */
static bool collect(struct scs_framing *f, struct scs_cursor *rest)
{
    struct scs_cursor part = scs_cursor_first(rest, f->wanted);
    if (scs_cursor_skip(rest, part.len)) {
        f->wanted -= part.len;
        scs_buf_add(&f->kept, part.p, part.len);
    }
    return f->wanted == 0;
}

bool scs_framing_next(struct scs_framing *f, const struct scs_chunk *chunk, struct scs_cursor *rest, struct scs_framed *out)
{
    if (f->lost) {
        f->lost = rest->len != chunk->len || !found_again(f, rest);
    }
    if (f->in_body && f->wanted == 0) {
        restart(f);
    }
    if (f->lost || rest->len == 0) {
        return false;
    }
    if (f->kept.len == 0) {
        f->first_frame = chunk->frame;
        f->first_ns = chunk->ts_ns;
    }
    if (!f->in_body) {
        if (!collect(f, rest)) {
            return false;
        }
        struct scs_cursor head = scs_buf_cursor(&f->kept);
        size_t len = f->kind->length(&head);
        if (len < head.len) {
            scs_framing_gap(f);
            return false;
        }
        f->wanted = len - head.len;
        f->in_body = true;
    }
    if (!collect(f, rest)) {
        return false;
    }
    *out = (struct scs_framed){.bytes = scs_buf_cursor(&f->kept),
                               .first_frame = f->first_frame,
                               .last_frame = chunk->frame,
                               .first_ns = f->first_ns,
                               .last_ns = chunk->ts_ns};
    return true;
}
