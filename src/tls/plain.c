/* SPDX-License-Identifier: Apache-2.0 */
/* Plaintext on its way out: at once, or for early data once it is known whether the server takes it. */
#include "tls/session.h"

void scs_tls_plain(struct scs_tls_side *side, const struct scs_cursor *content)
{
    struct scs_tls *t = side->tls;
    struct scs_cursor rest = *content, first;
    struct scs_chunk chunk = {.frame = side->began_frame, .ts_ns = side->began_ns};
    t->facts.flags |= SCS_TLS_DECRYPTED;
    if (chunk.frame != t->chunk->frame && scs_cursor_take(&rest, 1, &first)) {
        chunk.data = first.p;
        chunk.len = first.len;
        t->hooks->plain(t->hooks->ctx, t->connection, side->dir, &chunk);
    }
    if (rest.len != 0) {
        chunk = (struct scs_chunk){.data = rest.p, .len = rest.len, .frame = t->chunk->frame, .ts_ns = t->chunk->ts_ns};
        t->hooks->plain(t->hooks->ctx, t->connection, side->dir, &chunk);
    }
}

/* What was held is given with the frame of its last byte. */
static void give_early(struct scs_tls *t)
{
    struct scs_chunk chunk = {.data = t->early.p, .len = t->early.len, .frame = t->early_frame, .ts_ns = t->early_ns};
    if (chunk.len != 0) {
        t->facts.flags |= SCS_TLS_DECRYPTED;
        t->hooks->plain(t->hooks->ctx, t->connection, SCS_TO_SERVER, &chunk);
    }
    scs_buf_clear(&t->early);
}

void scs_tls_early_plain(struct scs_tls *t, const struct scs_cursor *content)
{
    if (t->early_known && !t->early_accepted) {
        return; /* the client sends it again */
    }
    if (t->early_known) {
        scs_tls_plain(&t->side[SCS_TO_SERVER], content);
        return;
    }
    scs_buf_add(&t->early, content->p, content->len);
    t->early_frame = t->chunk->frame;
    t->early_ns = t->chunk->ts_ns;
}

void scs_tls_early_settled(struct scs_tls *t, bool accepted)
{
    if (t->early_known) {
        return;
    }
    t->early_known = true;
    t->early_accepted = accepted;
    if (accepted) {
        give_early(t);
    }
    scs_buf_clear(&t->early);
}
