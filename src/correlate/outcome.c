/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/outcome.h"

#include "base/text.h"

#define CAPTURE_LOST (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_CAPTURE_END | SCS_HTTP_MIDWAY | SCS_HTTP_BODY_LIMIT)

static enum scs_outcome without_reply(const struct scs_exchange *x)
{
    const struct scs_http_message *m = &x->request->m;
    if ((m->flags & CAPTURE_LOST) != 0 || x->why_unanswered == NULL || scs_text_equal(x->why_unanswered, "capture ended")) {
        return SCS_OUTCOME_INCOMPLETE;
    }
    /* The server's half, or a part of it, is not in the capture: its silence says nothing. */
    const struct scs_half *server = &x->connection->half[SCS_TO_CLIENT];
    if ((x->connection->flags & SCS_CONN_ONE_WAY) != 0 || server->missing_bytes != 0 || server->cut_bytes != 0 || server->hole) {
        return SCS_OUTCOME_INCOMPLETE;
    }
    bool refused = x->stream_end.how == SCS_STREAM_RESET_BY_SERVER || x->stream_end.how == SCS_STREAM_GOAWAY;
    return (m->flags & SCS_HTTP_COMPLETE) == 0 && !refused ? SCS_OUTCOME_TRUNCATED : SCS_OUTCOME_UNANSWERED;
}

static enum scs_outcome of_page(const struct scs_exchange *x)
{
    uint16_t status = x->reply->status;
    /* 403 is what a registered policy module answers to the bare URL; 401 begins the administrator's log-on. */
    if ((status == 403 && x->path_kind != SCS_PATH_ADMIN) || (status == 401 && x->path_kind == SCS_PATH_ADMIN)) {
        return SCS_OUTCOME_HEALTHY_PAGE;
    }
    return status < 400 ? SCS_OUTCOME_OK : SCS_OUTCOME_FAILED;
}

static enum scs_outcome of_cert_rep(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = x->scep_reply;
    if (m == NULL || (m->flags & SCS_MSG_IS_CMS) == 0) {
        return SCS_OUTCOME_FAILED;
    }
    switch (m->pki_status) {
    case 0:
        return SCS_OUTCOME_OK;
    case 3:
    case 11: /* Microsoft's attestation round: the client answers the challenge */
        return SCS_OUTCOME_PENDING;
    default:
        return (m->flags & SCS_MSG_COMPLETE) != 0 || m->pki_status >= 0 ? SCS_OUTCOME_FAILED : SCS_OUTCOME_TRUNCATED;
    }
}

static enum scs_outcome of_ca_certs(const struct scs_exchange *x)
{
    const struct scs_ca_certs *c = x->ca_certs;
    return c != NULL && c->parsed && c->complete && c->num_certificates != 0 ? SCS_OUTCOME_OK : SCS_OUTCOME_FAILED;
}

static enum scs_outcome of_answer(const struct scs_exchange *x)
{
    switch (x->operation) {
    case SCS_OP_GET_CA_CAPS:
        return x->caps != NULL && (x->caps->text || x->caps->empty) ? SCS_OUTCOME_OK : SCS_OUTCOME_FAILED;
    case SCS_OP_GET_CA_CERT:
    case SCS_OP_GET_NEXT_CA_CERT:
        return of_ca_certs(x);
    case SCS_OP_PKI_OPERATION:
        return of_cert_rep(x);
    case SCS_OP_VERIFY_REQUEST:
        return scs_text_contains_nocase(x->reply->m.body_text, "false") ? SCS_OUTCOME_FAILED : SCS_OUTCOME_OK;
    default:
        return SCS_OUTCOME_OK;
    }
}

bool scs_outcome_may_succeed(const struct scs_pki_message *m)
{
    return m->pki_status == 0 && (m->flags & (SCS_MSG_COMPLETE | SCS_MSG_LIMIT)) != 0;
}

enum scs_outcome scs_outcome_of(const struct scs_exchange *x)
{
    if (x->request == NULL) {
        return x->reply->status >= 400 ? SCS_OUTCOME_FAILED : SCS_OUTCOME_INCOMPLETE;
    }
    if (x->reply == NULL) {
        return without_reply(x);
    }
    bool asked_unseen = (x->request->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0 && (x->request->m.flags & CAPTURE_LOST) != 0;
    /* Without a page's whole target 401 and 403 may be its healthy answers. */
    bool maybe_page = x->operation == SCS_OP_OTHER && (x->reply->status == 401 || x->reply->status == 403);
    if (asked_unseen && (x->reply->status < 400 || maybe_page)) {
        return SCS_OUTCOME_INCOMPLETE;
    }
    const struct scs_half *half = x->connection->half;
    if (x->reply->status == 101 && half[SCS_TO_SERVER].missing_bytes + half[SCS_TO_CLIENT].missing_bytes != 0) {
        return SCS_OUTCOME_INCOMPLETE; /* the answer comes in the protocol that was switched to */
    }
    if (x->operation == SCS_OP_PAGE) {
        return of_page(x);
    }
    if (x->reply->status >= 300) {
        return SCS_OUTCOME_FAILED;
    }
    bool unseen = (x->reply->m.flags & CAPTURE_LOST) != 0;
    if (!unseen && (x->reply->m.flags & SCS_HTTP_COMPLETE) == 0) {
        return SCS_OUTCOME_TRUNCATED; /* the client has no more of it than the capture, whatever pkiStatus that shows */
    }
    if (x->operation == SCS_OP_PKI_OPERATION && x->scep_reply != NULL && x->scep_reply->pki_status >= 0) {
        if (!unseen && x->scep_reply->pki_status == 0 && !scs_outcome_may_succeed(x->scep_reply)) {
            return SCS_OUTCOME_FAILED; /* the body is whole and the message in it is not */
        }
        return of_cert_rep(x); /* the status was read, however much of the rest was not captured */
    }
    if (unseen) {
        return SCS_OUTCOME_INCOMPLETE;
    }
    return of_answer(x);
}

/* ---- did it arrive? ---------------------------------------------------------------------------------------------- */

/*
 * What a server sends after an answer (the empty last frame and GOAWAY of HTTP/2, close_notify of TLS) is no part of it:
 * a client that has all of the answer need not wait for that.
 */
#define AFTERWORD 128u
int64_t scs_outcome_client_ended(const struct scs_connection *c)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER];

    if (client->fin_ns == SCS_NO_TIME || (client->rst_ns != SCS_NO_TIME && client->rst_ns < client->fin_ns)) {
        return client->rst_ns;
    }
    return client->fin_ns;
}

bool scs_outcome_unacknowledged(const struct scs_exchange *x)
{
    const struct scs_half *server = &x->connection->half[SCS_TO_CLIENT];
    bool more_came = server->last_data_ns > x->reply->m.last_ns;

    return server->unacked_bytes > (more_came ? AFTERWORD : 0u);
}

/* A half-closed client still reads: only when it resets or never acknowledges is the answer lost. RFC 9293 3.6. */
bool scs_outcome_too_late(const struct scs_exchange *x)
{
    int64_t end = scs_outcome_client_ended(x->connection);

    return end != SCS_NO_TIME && end < x->reply->m.last_ns &&
           (scs_outcome_unacknowledged(x) || x->connection->half[SCS_TO_SERVER].rst_ns != SCS_NO_TIME);
}

/* With everything of the exchange in the capture: nobody acknowledged the end of a whole reply, and nothing came behind it. */
static bool ends_unheard(const struct scs_exchange *x)
{
    const struct scs_half *client = &x->connection->half[SCS_TO_SERVER], *server = &x->connection->half[SCS_TO_CLIENT];

    /* Repeats of the answer come after it; nothing else does when the client asked no more. */
    bool repeated = server->worst_retransmissions >= 2 && client->last_data_ns <= x->reply->m.last_ns;
    bool was_last = server->last_data_ns <= x->reply->m.last_ns || repeated;

    return client->missing_bytes == 0 && was_last && scs_outcome_unacknowledged(x);
}

static bool shows_delivery(const struct scs_exchange *x)
{
    return x->request != NULL && x->reply != NULL && ((x->request->m.flags | x->reply->m.flags) & CAPTURE_LOST) == 0 &&
           (x->reply->m.flags & SCS_HTTP_COMPLETE) != 0 && (x->connection->flags & SCS_CONN_ONE_WAY) == 0;
}

bool scs_outcome_missed(const struct scs_connection *c)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];

    return client->rst_ns != SCS_NO_TIME || (server->rst_ns != SCS_NO_TIME && server->retransmissions != 0);
}

bool scs_outcome_undelivered(const struct scs_exchange *x)
{
    if (!shows_delivery(x)) {
        return false;
    }
    bool too_late = scs_outcome_too_late(x) && x->connection->half[SCS_TO_SERVER].missing_bytes == 0;
    return too_late || (scs_outcome_missed(x->connection) && ends_unheard(x));
}

bool scs_outcome_unheard(const struct scs_exchange *x)
{
    return shows_delivery(x) && x->connection->half[SCS_TO_CLIENT].rst_ns != SCS_NO_TIME && ends_unheard(x) &&
           !scs_outcome_undelivered(x);
}
