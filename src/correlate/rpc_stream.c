/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/rpc_stream.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "correlate/framing.h"
#include "dissectors/dcerpc.h"

/* Calls under way on one connection. Windows sends one at a time; with CONC_MPX several may be. */
#define MOST_PENDING 16u
/* Interfaces bound on one connection. */
#define MOST_BOUND 32u

struct pending {
    uint32_t call_id;
    int64_t sent_ns; /* last fragment */
    struct scs_ca_call facts;
};

struct bound {
    uint16_t context;
    uint8_t interface;
};

struct scs_rpc_stream {
    struct scs_ca_calls *calls;
    struct scs_endpoint client, server;
    struct scs_framing framing[2];
    bool missing; /* bytes of either direction: an answer may have been among them */
    struct bound bound[MOST_BOUND];
    uint32_t num_bound;
    struct scs_dcerpc offer; /* the last bind or alter_context */
    struct scs_ca_call offered;
    bool has_offer;
    struct scs_ca_call *refused; /* kept: a later bind may take it back */
    struct pending pending[MOST_PENDING];
    uint32_t num_pending;
};

static const struct scs_framing_kind rpc_kind = {
    .head_len = SCS_DCERPC_HEADER, .length = scs_dcerpc_length, .unmistakable = true};

struct scs_rpc_stream *scs_rpc_stream_new(struct scs_ca_calls *calls, const struct scs_connection *c, bool whole)
{
    struct scs_rpc_stream *s = scs_xcalloc(1, sizeof *s);
    s->calls = calls;
    s->client = c->client;
    s->server = c->server;
    scs_framing_init(&s->framing[0], &rpc_kind, whole);
    scs_framing_init(&s->framing[1], &rpc_kind, whole);
    return s;
}

/* ---- binds --------------------------------------------------------------------------------------- */

static void bind(struct scs_rpc_stream *s, uint16_t context, uint8_t interface)
{
    for (uint32_t i = 0; i < s->num_bound; i++) {
        if (s->bound[i].context == context) {
            s->bound[i].interface = interface;
            return;
        }
    }
    if (s->num_bound < MOST_BOUND) {
        s->bound[s->num_bound++] = (struct bound){.context = context, .interface = interface};
    }
}

static uint8_t interface_of(const struct scs_rpc_stream *s, uint16_t context)
{
    for (uint32_t i = 0; i < s->num_bound; i++) {
        if (s->bound[i].context == context) {
            return s->bound[i].interface;
        }
    }
    return SCS_RPC_UNKNOWN;
}

static struct scs_ca_call asked(const struct scs_rpc_stream *s, const struct scs_framed *m)
{
    return (struct scs_ca_call){.service = SCS_CA_RPC,
                                .outcome = SCS_CA_UNANSWERED,
                                .client = s->client,
                                .server = s->server,
                                .started_ns = m->first_ns,
                                .answered_ns = SCS_NO_TIME,
                                .wait_ns = SCS_NO_TIME,
                                .first_frame = m->first_frame,
                                .last_frame = m->last_frame};
}

static void note_answer(struct scs_ca_call *call, int64_t sent_ns, const struct scs_framed *m)
{
    call->answered_ns = m->first_ns;
    call->wait_ns = m->first_ns - sent_ns;
    call->last_frame = m->last_frame;
}

static void note_offer(struct scs_rpc_stream *s, const struct scs_dcerpc *pdu, const struct scs_framed *m)
{
    s->offer = *pdu;
    s->offered = asked(s, m);
    s->offered.interface = pdu->num_contexts != 0 ? pdu->contexts[0].interface : SCS_RPC_UNKNOWN;
    s->has_offer = true;
}

static void refuse(struct scs_rpc_stream *s, uint32_t reason, const struct scs_framed *m)
{
    s->offered.outcome = SCS_CA_BIND_REFUSED;
    s->offered.status = reason;
    note_answer(&s->offered, s->offered.started_ns, m);
    s->refused = scs_ca_calls_add(s->calls, &s->offered);
    s->has_offer = false;
}

/* Of the syntaxes offered for one interface the server takes one and rejects the others: that is no refusal. */
static void note_results(struct scs_rpc_stream *s, const struct scs_dcerpc *pdu, const struct scs_framed *m)
{
    if (!s->has_offer || pdu->num_contexts == 0) {
        return;
    }
    const struct scs_dcerpc_context *rejected = NULL;
    bool accepted = false;
    for (uint32_t i = 0; i < pdu->num_contexts && i < s->offer.num_contexts; i++) {
        if (pdu->contexts[i].result == 0) {
            bind(s, s->offer.contexts[i].id, s->offer.contexts[i].interface);
            accepted = true;
        } else if (pdu->contexts[i].result <= 2 && rejected == NULL) {
            rejected = &pdu->contexts[i];
        }
    }
    if (accepted && s->refused != NULL) {
        s->refused->recovered = true;
        s->refused = NULL;
    }
    if (!accepted && rejected != NULL) {
        refuse(s, rejected->reason, m);
    }
    s->has_offer = false;
}

/* ---- calls --------------------------------------------------------------------------------------- */

static struct pending *find(struct scs_rpc_stream *s, uint32_t call_id)
{
    for (uint32_t i = 0; i < s->num_pending; i++) {
        if (s->pending[i].call_id == call_id) {
            return &s->pending[i];
        }
    }
    return NULL;
}

static void finish(struct scs_rpc_stream *s, struct pending *p)
{
    scs_ca_calls_add(s->calls, &p->facts);
    *p = s->pending[--s->num_pending];
}

static void note_request(struct scs_rpc_stream *s, const struct scs_dcerpc *pdu, const struct scs_framed *m)
{
    struct pending *p = find(s, pdu->call_id);
    if (p != NULL && (pdu->flags & SCS_DCERPC_FIRST) != 0) {
        finish(s, p);
        p = NULL;
    }
    if (p == NULL) {
        if (s->num_pending == MOST_PENDING) {
            finish(s, &s->pending[0]);
        }
        p = &s->pending[s->num_pending++];
        *p = (struct pending){.call_id = pdu->call_id, .facts = asked(s, m)};
        p->facts.interface = interface_of(s, pdu->context);
        p->facts.operation = pdu->operation;
    }
    p->sent_ns = m->last_ns;
    p->facts.last_frame = m->last_frame;
}

static void note_reply(struct scs_rpc_stream *s, const struct scs_dcerpc *pdu, const struct scs_framed *m)
{
    struct pending *p = find(s, pdu->call_id);
    if (p == NULL) {
        return;
    }
    note_answer(&p->facts, p->sent_ns, m);
    p->facts.outcome = pdu->type == SCS_DCERPC_FAULT ? SCS_CA_FAULT : SCS_CA_ANSWERED;
    p->facts.status = pdu->status;
    finish(s, p);
}

static void read_pdu(struct scs_rpc_stream *s, enum scs_dir dir, const struct scs_framed *m)
{
    struct scs_dcerpc pdu;
    if (scs_dcerpc_read(&m->bytes, &pdu) == SCS_MALFORMED) {
        return;
    }
    if (dir == SCS_TO_SERVER) {
        if (pdu.type == SCS_DCERPC_REQUEST) {
            note_request(s, &pdu, m);
        } else if (pdu.type == SCS_DCERPC_BIND || pdu.type == SCS_DCERPC_ALTER) {
            note_offer(s, &pdu, m);
        }
    } else if (pdu.type == SCS_DCERPC_RESPONSE || pdu.type == SCS_DCERPC_FAULT) {
        note_reply(s, &pdu, m);
    } else if (pdu.type == SCS_DCERPC_BIND_ACK || pdu.type == SCS_DCERPC_ALTER_RESPONSE) {
        note_results(s, &pdu, m);
    } else if (pdu.type == SCS_DCERPC_BIND_NAK && s->has_offer) {
        refuse(s, pdu.status, m);
    }
}

void scs_rpc_stream_data(struct scs_rpc_stream *s, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_cursor rest = scs_cursor_of(chunk->data, chunk->len);
    struct scs_framed m;
    while (scs_framing_next(&s->framing[dir], chunk, &rest, &m)) {
        read_pdu(s, dir, &m);
    }
    s->missing = s->missing || (s->framing[dir].lost && dir == SCS_TO_CLIENT);
}

void scs_rpc_stream_gap(struct scs_rpc_stream *s, enum scs_dir dir)
{
    scs_framing_gap(&s->framing[dir]);
    s->missing = true;
}

void scs_rpc_stream_free(struct scs_rpc_stream *s)
{
    if (s != NULL) {
        while (s->num_pending != 0) {
            struct pending *p = &s->pending[s->num_pending - 1];
            p->facts.uncertain = s->missing;
            finish(s, p);
        }
        scs_framing_cleanup(&s->framing[0]);
        scs_framing_cleanup(&s->framing[1]);
        free(s);
    }
}

void scs_rpc_stream_move(struct scs_rpc_stream *s, struct scs_mover *m)
{
    scs_move_weak(m, &s->refused);
}
