/* SPDX-License-Identifier: Apache-2.0 */
/* Handshake messages and alerts to facts. RFC 5246 7.3, RFC 8446 2. */
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "tls/session.h"

/* Bytes looked at of a name: RFC 1035 2.3.4 allows a host 255. */
#define MOST_NAME 255u

static bool is_13(const struct scs_tls *t)
{
    return t->facts.version == SCS_TLS_1_3;
}

/* Names are put into the run's pool only when the connection is kept. */
static void copy_text(struct scs_buf *out, const struct scs_cursor *bytes)
{
    char text[MOST_NAME * 4 + 4];
    struct scs_cursor shown = scs_cursor_first(bytes, MOST_NAME);
    scs_text_clean(&shown, sizeof text, text);
    scs_buf_clear(out);
    scs_buf_text(out, text);
}

/* ---- hellos -------------------------------------------------------------------------------------- */

static void client_hello(struct scs_tls *t, const struct scs_tls_hello *h)
{
    struct scs_tls_facts *f = &t->facts;
    bool first = (f->flags & SCS_TLS_CLIENT_HELLO) == 0;
    if (first) {
        f->flags |= SCS_TLS_CLIENT_HELLO | (h->ssl2 ? (uint32_t)SCS_TLS_SSL2_HELLO : 0u);
        f->client_hello_ns = t->chunk->ts_ns;
        f->client_hello_frame = t->chunk->frame;
        f->client_max_version = h->max_version;
        f->client_min_version = h->min_version;
        copy_text(&t->sni, &h->sni);
        t->early_offered = h->early_data;
    }
    memcpy(t->client_random, h->random, sizeof t->client_random);
    t->has_client_random = true;
    t->offered_ticket = scs_tls_sessions_name(t->hooks->sessions, &h->ticket);
}

static void server_hello(struct scs_tls *t, const struct scs_tls_hello *h)
{
    struct scs_tls_facts *f = &t->facts;
    if (h->retry) {
        f->flags |= SCS_TLS_HELLO_RETRY;
        f->version = h->version;
        scs_tls_early_settled(t, false); /* RFC 8446 4.2.10: a retry refuses early data */
        return;
    }
    if ((f->flags & SCS_TLS_SERVER_HELLO) == 0) {
        f->flags |= SCS_TLS_SERVER_HELLO;
        f->server_hello_ns = t->chunk->ts_ns;
        f->server_hello_frame = t->chunk->frame;
    }
    f->version = h->version;
    f->cipher = h->cipher;
    f->cipher_name = scs_tls_suite_name(h->cipher);
    t->suite = scs_tls_suite_find(h->cipher);
    f->key_exchange = h->version == SCS_TLS_1_3 ? "TLS 1.3" : t->suite != NULL ? scs_tls_suite_key_exchange(t->suite) : NULL;
    f->flags &= ~(uint32_t)(SCS_TLS_EXTENDED_MASTER_SECRET | SCS_TLS_ENCRYPT_THEN_MAC);
    f->flags |= (h->extended_master_secret ? (uint32_t)SCS_TLS_EXTENDED_MASTER_SECRET : 0u) |
                (h->encrypt_then_mac ? (uint32_t)SCS_TLS_ENCRYPT_THEN_MAC : 0u);
    if (h->version == SCS_TLS_1_3 && h->psk) {
        f->flags |= SCS_TLS_RESUMED;
    }
    if (h->alpn.len != 0) {
        copy_text(&t->alpn, &h->alpn);
    }
    memcpy(t->server_random, h->random, sizeof t->server_random);
    t->has_server_random = true;
    t->full_handshake = false;
    t->has_master = false;
    t->session_id = scs_tls_sessions_name(t->hooks->sessions, &h->session_id);
    if (h->version == SCS_TLS_1_3 && !h->psk) {
        scs_tls_early_settled(t, false);
    }
}

static void encrypted_extensions(struct scs_tls *t, const struct scs_cursor *body)
{
    struct scs_tls_hello h;
    if (scs_tls_encrypted_extensions(body, &h) == SCS_MALFORMED) {
        return;
    }
    if (h.alpn.len != 0) {
        copy_text(&t->alpn, &h.alpn);
    }
    scs_tls_early_settled(t, h.early_data);
}

void scs_tls_on_ssl2_hello(struct scs_tls_side *side, const struct scs_cursor *fragment)
{
    struct scs_tls_hello h;
    if (scs_tls_ssl2_hello(fragment, &h) == SCS_OK && side->dir == SCS_TO_SERVER) {
        scs_tls_note_message(side->tls, SCS_TLS_MSG_CLIENT_HELLO, fragment);
        client_hello(side->tls, &h);
    }
}

/* ---- certificates -------------------------------------------------------------------------------- */

static void certificate(struct scs_tls_side *side, const struct scs_cursor *body)
{
    struct scs_tls *t = side->tls;
    struct scs_cursor list;
    bool empty = scs_tls_certificate_list(body, is_13(t), &list) == SCS_OK && list.len == 0;
    if (side->dir == SCS_TO_SERVER) {
        t->facts.flags &= ~(uint32_t)SCS_TLS_CLIENT_CERT_EMPTY;
        t->facts.flags |= empty ? (uint32_t)SCS_TLS_CLIENT_CERT_EMPTY : 0u;
    } else if (t->facts.certificate_frame == 0) {
        t->facts.certificate_frame = t->chunk->frame;
    }
    if (!empty) {
        scs_buf_clear(&t->certificates[side->dir]);
        scs_buf_add(&t->certificates[side->dir], body->p, body->len);
    }
}

/* ---- the end of a handshake ---------------------------------------------------------------------- */

void scs_tls_note_finished(struct scs_tls_side *side)
{
    struct scs_tls *t = side->tls;
    side->finished = true;
    /* In TLS 1.3 the client's comes last, and the server's may have stayed shut. */
    bool both = t->side[SCS_TO_SERVER].finished && (is_13(t) || t->side[SCS_TO_CLIENT].finished);
    if (both && (t->facts.flags & SCS_TLS_HANDSHAKE_DONE) == 0) {
        t->facts.flags |= SCS_TLS_HANDSHAKE_DONE;
        t->facts.done_ns = t->chunk->ts_ns;
    }
}

void scs_tls_on_change(struct scs_tls_side *side)
{
    struct scs_tls *t = side->tls;
    bool server_first = side->dir == SCS_TO_CLIENT && (t->facts.flags & SCS_TLS_SERVER_HELLO) != 0 && !t->full_handshake;
    if (server_first && (t->facts.flags & SCS_TLS_APP_DATA) == 0 && (t->facts.flags & SCS_TLS_GAP) == 0) {
        t->facts.flags |= SCS_TLS_RESUMED; /* RFC 5246 7.3: no certificate, no key exchange */
    }
    scs_tls_messages_drop(&side->messages);
    scs_tls_lock_forget(side);
    /* Without it: before early data of TLS 1.3, or the ServerHello is not in the capture. */
    if (t->has_server_random && !scs_tls_late_holds(t)) {
        scs_tls_lock_change(side);
    }
    side->changed = true;
}

static void finished(struct scs_tls_side *side)
{
    scs_tls_note_finished(side);
    if (is_13(side->tls)) {
        scs_tls_lock_finished(side);
    }
}

/* ---- all of them --------------------------------------------------------------------------------- */

static void hello(struct scs_tls_side *side, const struct scs_tls_message *m)
{
    struct scs_tls_hello h;
    if (m->type == SCS_TLS_MSG_CLIENT_HELLO && side->dir == SCS_TO_SERVER && scs_tls_client_hello(&m->body, &h) == SCS_OK) {
        client_hello(side->tls, &h);
    } else if (m->type == SCS_TLS_MSG_SERVER_HELLO && side->dir == SCS_TO_CLIENT &&
               scs_tls_server_hello(&m->body, &h) == SCS_OK) {
        server_hello(side->tls, &h);
    }
}

void scs_tls_on_message(void *ctx, const struct scs_tls_message *m)
{
    struct scs_tls_side *side = ctx;
    struct scs_tls *t = side->tls;
    scs_tls_note_message(t, m->type, &m->bytes);
    switch (m->type) {
    case SCS_TLS_MSG_CLIENT_HELLO:
    case SCS_TLS_MSG_SERVER_HELLO:
        hello(side, m);
        break;
    case SCS_TLS_MSG_ENCRYPTED_EXTENSIONS:
        encrypted_extensions(t, &m->body);
        break;
    case SCS_TLS_MSG_CERTIFICATE:
        t->full_handshake = true;
        certificate(side, &m->body);
        break;
    case SCS_TLS_MSG_SERVER_KEY_EXCHANGE:
    case SCS_TLS_MSG_SERVER_HELLO_DONE:
        t->full_handshake = true;
        break;
    case SCS_TLS_MSG_CLIENT_KEY_EXCHANGE:
        t->full_handshake = true;
        scs_tls_key_exchange(t, &m->body);
        break;
    case SCS_TLS_MSG_CERTIFICATE_REQUEST:
        t->facts.flags |= SCS_TLS_CERTIFICATE_REQUEST;
        break;
    case SCS_TLS_MSG_NEW_SESSION_TICKET:
        scs_tls_lock_ticket(t, &m->body);
        break;
    case SCS_TLS_MSG_FINISHED:
        finished(side);
        break;
    case SCS_TLS_MSG_KEY_UPDATE:
        scs_tls_lock_update(side);
        break;
    default:
        break;
    }
}

/* ---- alerts -------------------------------------------------------------------------------------- */

void scs_tls_on_alert(struct scs_tls_side *side, const struct scs_cursor *fragment, bool encrypted)
{
    struct scs_tls *t = side->tls;
    bool fatal;
    uint8_t description;
    if (scs_tls_read_alert(fragment, &fatal, &description) != SCS_OK) {
        return;
    }
    if (description == 0) {
        t->facts.flags |= side->dir == SCS_TO_SERVER ? SCS_TLS_CLOSE_NOTIFY_CLIENT : SCS_TLS_CLOSE_NOTIFY_SERVER;
        if (encrypted && t->hooks->closed != NULL) {
            t->hooks->closed(t->hooks->ctx, t->connection, side->dir, t->chunk->ts_ns);
        }
    }
    if (t->alerts == NULL) {
        t->alerts = scs_xcalloc(SCS_MAX_CONNECTION_EVENTS, sizeof *t->alerts);
    }
    if (t->facts.num_alerts < SCS_MAX_CONNECTION_EVENTS) {
        t->alerts[t->facts.num_alerts++] = (struct scs_tls_alert){.frame = t->chunk->frame,
                                                                  .ts_ns = t->chunk->ts_ns,
                                                                  .from_server = side->dir == SCS_TO_CLIENT,
                                                                  .fatal = fatal,
                                                                  .encrypted = encrypted,
                                                                  .description = description};
    }
    t->facts.alerts = t->alerts;
}
