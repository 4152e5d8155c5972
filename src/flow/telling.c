/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the connections are worth a report, and what the stage tells of itself. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "flow/following.h"

/* The name of whom a SCEP server's host calls, where the connection itself does not say it. */
static void name_host(const struct scs_flow *f, struct scs_connection *c)
{
    bool attempt = c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED;
    bool nameless = c->tls != NULL && c->tls->sni == NULL;
    if (f->options.host_of != NULL && c->host == NULL && (attempt || nameless) &&
        scs_known_servers_at(&f->servers, &c->client.addr) && !scs_addr_equal(&c->client.addr, &c->server.addr)) {
        const char *name = f->options.host_of(f->options.http.ctx, &c->client.addr, &c->server.addr, c->opened_ns);
        c->host = scs_arena_strdup(f->options.keep, name);
    }
}

/* An attempt speaks for itself when SCEP was seen at its server, when the user named it, or when nothing else was seen. */
static bool still_worth(const struct scs_flow *f, struct scs_connection *c)
{
    if (scs_known_servers_has(&f->servers, &c->server)) {
        c->flags |= SCS_CONN_SCEP_SERVER;
    }
    c->flags &= ~(uint32_t)(SCS_CONN_CA_SIDE | SCS_CONN_BY_SERVER);
    bool attempt = c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED;
    bool at_scep = (c->flags & (SCS_CONN_SCEP_SERVER | SCS_CONN_NAMED_SERVER)) != 0;
    if (attempt && !at_scep && scs_known_servers_calls_ca(&f->servers, &c->client, &c->server)) {
        c->flags |= SCS_CONN_CA_SIDE;
    }
    /* NDES asks its policy module by HTTPS at its own host. */
    bool at_itself =
        (c->flags & SCS_CONN_LOOPBACK) != 0 && c->server.port == 443 && scs_known_servers_at(&f->servers, &c->client.addr);
    if (attempt && !at_scep && (c->host != NULL || at_itself)) {
        c->flags |= SCS_CONN_BY_SERVER;
    }
    return !attempt || at_scep || (c->flags & (SCS_CONN_CA_SIDE | SCS_CONN_BY_SERVER)) != 0 || f->servers.num == 0;
}

static int by_first_packet(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    if (x->opened_ns != y->opened_ns) {
        return x->opened_ns < y->opened_ns ? -1 : 1;
    }
    return x->first_frame < y->first_frame ? -1 : x->first_frame > y->first_frame;
}

/* All that may be told. What is in it is borrowed. */
struct gathered {
    struct kept *all;
    uint32_t num;
};

static void gather(struct gathered *g, struct scs_connection *c)
{
    g->all[g->num++] = (struct kept){.opened_ns = c->opened_ns, .first_frame = c->first_frame, .facts = c};
}

/*
 * When nothing is known of any server, what the handshakes showed is all there is to tell. Else what a SCEP server's
 * host calls: the policy module's application on itself, and Intune.
 */
static void gather_maybes(struct scs_flow *f, struct gathered *g)
{
    bool unknown = f->servers.num == 0 && f->servers.num_named == 0;
    for (uint32_t i = 0; i < f->secure.num_maybe; i++) {
        if (unknown || scs_known_servers_at(&f->servers, &f->secure.maybe[i]->client.addr)) {
            gather(g, f->secure.maybe[i]);
        }
    }
    for (uint32_t i = 0; i < f->quic.num; i++) {
        if (scs_quic_concerns(&f->quic, i, &f->servers)) {
            gather(g, f->quic.met[i]);
        }
    }
}

static void gather_open(struct scs_flow *f, struct gathered *g)
{
    for (int list = 0; list < NUM_LISTS; list++) {
        for (struct scs_tracked *t = f->lists[list].oldest; t != NULL; t = t->newer) {
            if (scs_following_show(f, t)) {
                gather(g, t->facts);
            }
        }
    }
}

static struct gathered gather_all(struct scs_flow *f)
{
    size_t most = (size_t)f->num_kept + f->secure.num_maybe + f->quic.num;
    for (int list = 0; list < NUM_LISTS; list++) {
        most += f->lists[list].num;
    }
    struct gathered g = {.all = scs_xcalloc(most + 1, sizeof *g.all), .num = f->num_kept};
    for (uint32_t i = 0; i < f->num_kept; i++) {
        g.all[i] = f->kept[i];
    }
    gather_maybes(f, &g);
    gather_open(f, &g);
    if (g.num > 1) {
        qsort(g.all, g.num, sizeof *g.all, by_first_packet);
    }
    return g;
}

const struct scs_connection *const *scs_flow_connections(struct scs_flow *f, struct scs_arena *arena, uint32_t *num)
{
    struct gathered g = gather_all(f);
    const struct scs_connection **sorted = SCS_ARENA_ARRAY(arena, g.num, const struct scs_connection *);
    *num = 0;
    for (uint32_t i = 0; i < g.num; i++) {
        struct scs_connection *c = g.all[i].facts;
        name_host(f, c);
        if (still_worth(f, c)) {
            c->id = *num + 1;
            sorted[(*num)++] = c;
        } else if (c->id != 0) {
            c->id = 0; /* of an earlier look */
        }
        if (i % 1024 == 1023) {
            scs_arena_rest(f->options.keep);
        }
    }
    free(g.all);
    return sorted;
}

void scs_flow_describe(const struct scs_flow *f, struct scs_capture_facts *out)
{
    out->duplicates += f->duplicates;
    out->tls_connections = f->tls_hellos - (f->secure.num_opened < f->tls_hellos ? f->secure.num_opened : f->tls_hellos);
    out->tls_example = f->secure.example;
    out->limits.tuples_forgotten = scs_tuples_forgotten(f->tuples);
    out->limits.servers_dropped = f->servers.num_dropped;
}
