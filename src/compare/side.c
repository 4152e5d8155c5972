/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/side.h"

#include <string.h>

/* Both lists ascend, and ids follow the time. */
const struct scs_exchange *scs_side_next(struct scs_side_walk *w)
{
    const struct scs_enrolment *e = w->side->enrolment;
    uint32_t own = e != NULL && w->own < e->num_exchanges ? e->exchanges[w->own] : UINT32_MAX;
    uint32_t policy = e != NULL && w->policy < e->num_policy_exchanges ? e->policy_exchanges[w->policy] : UINT32_MAX;
    if (own == UINT32_MAX && policy == UINT32_MAX) {
        return NULL;
    }
    w->own += own < policy;
    w->policy += policy < own;
    return scs_model_exchange(w->side->model, own < policy ? own : policy);
}

/* ---- connections ---------------------------------------------------------------------------------- */

struct list {
    const struct scs_connection **all;
    uint32_t num;
};

static struct list new_list(struct scs_arena *arena)
{
    return (struct list){.all = SCS_ARENA_ARRAY(arena, SCS_COMPARE_CONNECTIONS, const struct scs_connection *)};
}

/* Exchanges on one connection need not follow each other. */
static void add(struct list *list, const struct scs_connection *c)
{
    uint32_t at = list->num;
    while (at > 0 && list->all[at - 1]->id >= c->id) {
        at--;
    }
    if ((at < list->num && list->all[at]->id == c->id) || list->num == SCS_COMPARE_CONNECTIONS) {
        return;
    }
    memmove(&list->all[at + 1], &list->all[at], (list->num - at) * sizeof list->all[0]);
    list->all[at] = c;
    list->num++;
}

static void add_of_exchanges(struct list *list, const struct scs_compare_side *s)
{
    for (uint32_t i = 0; i < s->enrolment->num_exchanges; i++) {
        const struct scs_exchange *x = scs_model_exchange(s->model, s->enrolment->exchanges[i]);
        if (x != NULL) {
            add(list, x->connection);
        }
    }
}

/* Those that carried nothing that could be read; to `server` alone, when it is given. */
static void add_silent(struct list *list, const struct scs_model *m, const struct scs_addr *client,
                       const struct scs_endpoint *server)
{
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        if (c->num_exchanges == 0 && scs_addr_equal(&c->client.addr, client) &&
            (server == NULL || scs_endpoint_equal(&c->server, server))) {
            add(list, c);
        }
        scs_model_rest(m, i);
    }
}

static void take_connections(struct scs_compare_side *s, const struct list *list)
{
    s->connections = list->all;
    s->num_connections = list->num;
    s->connection = s->main != NULL ? s->main->connection : list->num != 0 ? list->all[list->num - 1] : NULL;
}

/* ---- exchanges ------------------------------------------------------------------------------------ */

static bool is_poll(const struct scs_exchange *x)
{
    return x->scep_request != NULL && x->scep_request->message_type == 20;
}

static void find_exchanges(struct scs_compare_side *s)
{
    const struct scs_exchange *poll = NULL, *last = NULL;
    for (uint32_t i = 0; i < s->enrolment->num_exchanges; i++) {
        const struct scs_exchange *x = scs_model_exchange(s->model, s->enrolment->exchanges[i]);
        if (x == NULL) {
            continue;
        }
        last = x;
        if (x->operation == SCS_OP_GET_CA_CAPS) {
            s->caps = x;
        } else if (x->operation == SCS_OP_GET_CA_CERT) {
            s->ca_certs = x;
        } else if (is_poll(x)) {
            poll = x;
        } else if (s->enrols == NULL || s->enrols->id != s->enrolment->decided_by) {
            s->enrols = x;
        }
    }
    s->enrols = s->enrols != NULL ? s->enrols : poll;
    s->main = s->enrols != NULL ? s->enrols : s->ca_certs != NULL ? s->ca_certs : s->caps != NULL ? s->caps : last;
}

void scs_side_of_enrolment(struct scs_compare_side *out, const struct scs_model *m, const struct scs_enrolment *e,
                           struct scs_arena *arena)
{
    struct list list = new_list(arena);
    *out = (struct scs_compare_side){.model = m, .enrolment = e, .client = e->client};
    find_exchanges(out);
    add_of_exchanges(&list, out);
    if (list.num == 0) {
        add_silent(&list, m, &e->client, &e->server);
    }
    take_connections(out, &list);
}

bool scs_side_of_client(struct scs_compare_side *out, const struct scs_model *m, const struct scs_addr *client,
                        struct scs_arena *arena)
{
    struct list list = new_list(arena);
    *out = (struct scs_compare_side){.model = m, .client = *client};
    add_silent(&list, m, client, NULL);
    take_connections(out, &list);
    return list.num != 0;
}

void scs_side_match(struct scs_compare_side *a, struct scs_compare_side *b)
{
    if (a->enrols != NULL && b->enrols != NULL) {
        a->main = a->enrols;
        b->main = b->enrols;
    } else if (a->ca_certs != NULL && b->ca_certs != NULL) {
        a->main = a->ca_certs;
        b->main = b->ca_certs;
    } else if (a->caps != NULL && b->caps != NULL) {
        a->main = a->caps;
        b->main = b->caps;
    }
    a->connection = a->main != NULL ? a->main->connection : a->connection;
    b->connection = b->main != NULL ? b->main->connection : b->connection;
}
