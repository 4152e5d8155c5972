/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/neighbours.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "correlate/directory.h"
#include "correlate/dns_stream.h"
#include "correlate/rpc_stream.h"

/* One connection: which reader, and that reader's state. */
struct side {
    enum scs_side kind;
    union {
        struct scs_dns_stream *dns;
        struct scs_rpc_stream *rpc;
        struct scs_directory *directory;
        struct scs_logon_stream *logon;
    } as;
};

static void *on_open(void *ctx, enum scs_side kind, const struct scs_connection *c, bool whole)
{
    struct scs_neighbours *n = ctx;
    struct side *s = scs_xcalloc(1, sizeof *s);
    s->kind = kind;
    switch (kind) {
    case SCS_SIDE_RPC:
        s->as.rpc = scs_rpc_stream_new(n->calls, c, whole);
        break;
    case SCS_SIDE_DIRECTORY:
        s->as.directory = scs_directory_new(n->calls, c);
        break;
    case SCS_SIDE_KERBEROS:
        s->as.logon = scs_logon_stream_new(n->logons, c, whole);
        break;
    default:
        s->as.dns = scs_dns_stream_new(n->lookups, c, whole);
        break;
    }
    return s;
}

static void on_data(void *ctx, void *state, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct side *s = state;
    (void)ctx;
    switch (s->kind) {
    case SCS_SIDE_RPC:
        scs_rpc_stream_data(s->as.rpc, dir, chunk);
        break;
    case SCS_SIDE_DIRECTORY:
        scs_directory_data(s->as.directory, dir, chunk);
        break;
    case SCS_SIDE_KERBEROS:
        scs_logon_stream_data(s->as.logon, dir, chunk);
        break;
    default:
        scs_dns_stream_data(s->as.dns, dir, chunk);
        break;
    }
}

static void on_gap(void *ctx, void *state, enum scs_dir dir)
{
    struct side *s = state;
    (void)ctx;
    switch (s->kind) {
    case SCS_SIDE_RPC:
        scs_rpc_stream_gap(s->as.rpc, dir);
        break;
    case SCS_SIDE_DIRECTORY:
        scs_directory_gap(s->as.directory);
        break;
    case SCS_SIDE_KERBEROS:
        scs_logon_stream_gap(s->as.logon, dir);
        break;
    default:
        scs_dns_stream_gap(s->as.dns, dir);
        break;
    }
}

static void on_close(void *ctx, void *state)
{
    struct side *s = state;
    (void)ctx;
    switch (s->kind) {
    case SCS_SIDE_RPC:
        scs_rpc_stream_free(s->as.rpc);
        break;
    case SCS_SIDE_DIRECTORY:
        scs_directory_free(s->as.directory);
        break;
    case SCS_SIDE_KERBEROS:
        scs_logon_stream_free(s->as.logon);
        break;
    default:
        scs_dns_stream_free(s->as.dns);
        break;
    }
    free(s);
}

static void on_move(void *ctx, void *state, struct scs_mover *m)
{
    const struct side *s = state;
    (void)ctx;
    if (s->kind == SCS_SIDE_RPC) {
        scs_rpc_stream_move(s->as.rpc, m);
    } else if (s->kind == SCS_SIDE_DIRECTORY) {
        scs_directory_move(s->as.directory, m);
    }
}

struct scs_side_hooks scs_neighbours_hooks(struct scs_neighbours *n)
{
    return (struct scs_side_hooks){.ctx = n, .open = on_open, .data = on_data, .gap = on_gap, .close = on_close, .move = on_move};
}
