/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/quic.h"

#include "base/shapes.h"
#include "dissectors/quic.h"

static const char why_not[] =
    "the client used HTTP/3 over QUIC (UDP port 443), which is not opened here; without UDP 443 it falls "
    "back to TCP";

/* Latest first: connections of a client come in bursts. */
static struct scs_connection *find(const struct scs_quic_seen *q, const struct scs_endpoint *client,
                                   const struct scs_endpoint *server)
{
    for (uint32_t i = q->num; i > 0; i--) {
        struct scs_connection *c = q->met[i - 1];
        if (scs_endpoint_equal(&c->client, client) && scs_endpoint_equal(&c->server, server)) {
            return c;
        }
    }
    return NULL;
}

static struct scs_connection *begin(struct scs_quic_seen *q, const struct scs_segment *seg)
{
    struct scs_connection *c = SCS_ARENA_NEW(q->keep, struct scs_connection);
    *c = (struct scs_connection){.client = seg->src,
                                 .server = seg->dst,
                                 .state = SCS_CONN_OPEN,
                                 .flags = SCS_CONN_TLS,
                                 .opened_ns = seg->packet->ts_ns,
                                 .first_frame = seg->packet->frame,
                                 .syn_ns = SCS_NO_TIME,
                                 .last_syn_ns = SCS_NO_TIME,
                                 .synack_ns = SCS_NO_TIME,
                                 .handshake_ns = SCS_NO_TIME,
                                 .interface = seg->packet->interface};
    for (int dir = 0; dir < 2; dir++) {
        struct scs_half *h = &c->half[dir];
        h->fin_ns = h->rst_ns = h->first_data_ns = h->last_data_ns = h->last_new_ns = SCS_NO_TIME;
    }
    q->met[q->num++] = c;
    return c;
}

static void count(struct scs_connection *c, const struct scs_segment *seg, enum scs_dir dir)
{
    struct scs_half *h = &c->half[dir];
    if (h->packets++ == 0) {
        h->first_data_frame = seg->packet->frame;
        h->first_data_ns = seg->packet->ts_ns;
    }
    h->data_packets++;
    h->bytes += seg->payload_wire_len;
    h->last_data_frame = c->last_frame = seg->packet->frame;
    h->last_data_ns = c->last_ns = seg->packet->ts_ns;
}

void scs_quic_note(struct scs_quic_seen *q, const struct scs_segment *seg)
{
    bool to_server = seg->dst.port == 443;
    struct scs_quic packet;
    struct scs_connection *c = find(q, to_server ? &seg->src : &seg->dst, to_server ? &seg->dst : &seg->src);
    if (c == NULL && to_server && q->num < SCS_MAX_QUIC && scs_quic_initial(&seg->payload, seg->payload_wire_len, &packet)) {
        c = begin(q, seg);
    }
    if (c != NULL) {
        count(c, seg, to_server ? SCS_TO_SERVER : SCS_TO_CLIENT);
    }
}

bool scs_quic_concerns(struct scs_quic_seen *q, uint32_t i, const struct scs_known_servers *servers)
{
    struct scs_connection *c = q->met[i];
    bool named = scs_known_servers_named(servers, &c->server);
    if (!named && !scs_known_servers_at(servers, &c->server.addr)) {
        return false;
    }
    struct scs_tls_facts *tls = SCS_ARENA_NEW(q->keep, struct scs_tls_facts);
    *tls = (struct scs_tls_facts){.flags = SCS_TLS_QUIC,
                                  .why_not = why_not,
                                  .client_hello_ns = SCS_NO_TIME,
                                  .server_hello_ns = SCS_NO_TIME,
                                  .done_ns = SCS_NO_TIME,
                                  .first_app_ns = {SCS_NO_TIME, SCS_NO_TIME},
                                  .last_app_ns = {SCS_NO_TIME, SCS_NO_TIME}};
    c->tls = tls;
    c->flags |= named ? SCS_CONN_NAMED_SERVER : 0u;
    c->flags |= scs_known_servers_has(servers, &c->server) ? SCS_CONN_SCEP_SERVER : 0u;
    return true;
}

void scs_quic_leave(struct scs_quic_seen *q, int64_t until_ns)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < q->num; i++) {
        if (q->met[i]->last_ns > until_ns) {
            q->met[num++] = q->met[i];
        }
    }
    q->num = num;
}

void scs_quic_move(struct scs_quic_seen *q, struct scs_mover *m)
{
    for (uint32_t i = 0; i < q->num; i++) {
        scs_move_one(m, &q->met[i], &scs_shape_connection);
    }
}
