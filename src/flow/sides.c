/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/sides.h"

#include "dissectors/dcerpc.h"

#define DNS      53u
#define KERBEROS 88u

bool scs_sides_calls(const struct scs_flow *f, const struct scs_segment *seg)
{
    struct scs_cursor head = scs_cursor_first(&seg->payload, SCS_DCERPC_HEADER);
    return f->options.side.open != NULL && head.len == SCS_DCERPC_HEADER && scs_dcerpc_length(&head) != 0 &&
           (scs_known_servers_at(&f->servers, &seg->src.addr) || scs_known_servers_at(&f->servers, &seg->dst.addr));
}

/* Without a SYN the port tells who is the client; with calls on ports given out for a time, who is the SCEP server. */
static bool goes_to_server(const struct scs_flow *f, const struct scs_segment *seg, enum scs_interest interest)
{
    if (interest == SCS_INTEREST_RPC) {
        return scs_known_servers_at(&f->servers, &seg->src.addr);
    }
    return seg->dst.port == DNS || seg->dst.port == KERBEROS || scs_known_servers_is_directory(seg->dst.port);
}

static enum scs_side kind_of(const struct scs_flow *f, const struct scs_endpoint *client, const struct scs_endpoint *server,
                             enum scs_interest interest)
{
    if (scs_known_servers_has(&f->servers, server) || scs_known_servers_named(&f->servers, server)) {
        return SCS_SIDE_NONE;
    }
    if (interest == SCS_INTEREST_NONE && (server->port == DNS || server->port == KERBEROS)) {
        return server->port == DNS ? SCS_SIDE_DNS : SCS_SIDE_KERBEROS;
    }
    bool directory = scs_known_servers_is_directory(server->port);
    if ((!directory && interest != SCS_INTEREST_RPC) || !scs_known_servers_at(&f->servers, &client->addr) ||
        scs_addr_equal(&client->addr, &server->addr)) {
        return SCS_SIDE_NONE;
    }
    return directory ? SCS_SIDE_DIRECTORY : SCS_SIDE_RPC;
}

struct scs_tracked *scs_sides_begin(struct scs_flow *f, struct scs_tuple *tuple, const struct scs_segment *seg, bool from_low,
                                    enum scs_interest interest)
{
    if (f->options.side.open == NULL || (interest != SCS_INTEREST_NONE && interest != SCS_INTEREST_RPC)) {
        return NULL;
    }
    bool syn = (tuple->flags & SCS_TUPLE_SYN) != 0;
    bool to_server = syn ? from_low == ((tuple->flags & SCS_TUPLE_SYN_FROM_LOW) != 0) : goes_to_server(f, seg, interest);
    enum scs_side kind = kind_of(f, to_server ? &seg->src : &seg->dst, to_server ? &seg->dst : &seg->src, interest);
    if (kind == SCS_SIDE_NONE) {
        return NULL;
    }
    scs_tuples_fresh(f->tuples, tuple, false);
    struct scs_tracked *t = scs_following_begin(f, tuple, seg, from_low, to_server, SCS_FOLLOW_FULL);
    scs_following_start(t, tuple, seg, to_server ? SCS_TO_SERVER : SCS_TO_CLIENT, true);
    scs_following_side(f, t, kind);
    return t;
}
