/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/dns_stream.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "correlate/framing.h"

/* Header and the shortest question: what is shorter is no message. */
#define SHORTEST 17u
#define LENGTH   2u

struct scs_dns_stream {
    struct scs_lookups *lookups;
    struct scs_endpoint client, server;
    struct scs_framing framing[2];
};

static size_t message_length(const struct scs_cursor *head)
{
    struct scs_cursor c = *head;
    uint16_t len;
    return scs_cursor_u16be(&c, &len) && len >= SHORTEST ? LENGTH + (size_t)len : 0;
}

static const struct scs_framing_kind dns_kind = {.head_len = LENGTH, .length = message_length};

struct scs_dns_stream *scs_dns_stream_new(struct scs_lookups *l, const struct scs_connection *c, bool whole)
{
    struct scs_dns_stream *s = scs_xcalloc(1, sizeof *s);
    s->lookups = l;
    s->client = c->client;
    s->server = c->server;
    scs_framing_init(&s->framing[0], &dns_kind, whole);
    scs_framing_init(&s->framing[1], &dns_kind, whole);
    return s;
}

void scs_dns_stream_free(struct scs_dns_stream *s)
{
    if (s != NULL) {
        scs_framing_cleanup(&s->framing[0]);
        scs_framing_cleanup(&s->framing[1]);
        free(s);
    }
}

void scs_dns_stream_data(struct scs_dns_stream *s, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_cursor rest = scs_cursor_of(chunk->data, chunk->len);
    struct scs_framed m;
    while (scs_framing_next(&s->framing[dir], chunk, &rest, &m)) {
        if (scs_cursor_skip(&m.bytes, LENGTH)) {
            scs_lookups_arrival(s->lookups, &(struct scs_dns_arrival){.src = dir == SCS_TO_SERVER ? s->client : s->server,
                                                                      .dst = dir == SCS_TO_SERVER ? s->server : s->client,
                                                                      .bytes = m.bytes,
                                                                      .frame = m.last_frame,
                                                                      .ts_ns = m.last_ns});
        }
    }
}

void scs_dns_stream_gap(struct scs_dns_stream *s, enum scs_dir dir)
{
    scs_framing_gap(&s->framing[dir]);
}
