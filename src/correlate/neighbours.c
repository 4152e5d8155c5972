/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/neighbours.h"

#include "correlate/dns_stream.h"

static void *on_open(void *ctx, enum scs_side side, const struct scs_connection *c, bool whole)
{
    struct scs_neighbours *n = ctx;
    return side == SCS_SIDE_DNS ? scs_dns_stream_new(n->lookups, c, whole) : NULL;
}

static void on_data(void *ctx, void *state, enum scs_dir dir, const struct scs_chunk *chunk)
{
    (void)ctx;
    scs_dns_stream_data(state, dir, chunk);
}

static void on_gap(void *ctx, void *state, enum scs_dir dir)
{
    (void)ctx;
    scs_dns_stream_gap(state, dir);
}

static void on_close(void *ctx, void *state)
{
    (void)ctx;
    scs_dns_stream_free(state);
}

struct scs_side_hooks scs_neighbours_hooks(struct scs_neighbours *n)
{
    return (struct scs_side_hooks){.ctx = n, .open = on_open, .data = on_data, .gap = on_gap, .close = on_close};
}
