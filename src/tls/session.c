/* SPDX-License-Identifier: Apache-2.0 */
/* Records of both directions: what is in clear is read, what is protected is opened or counted. */
#include "tls/session.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/shapes.h"
#include "base/xalloc.h"

static bool is_13(const struct scs_tls *t)
{
    return t->facts.version == SCS_TLS_1_3;
}

/* TLS 1.3 sends ChangeCipherSpec for the sake of middleboxes only (RFC 8446 D.4), and protects by record type. */
static bool is_protected(const struct scs_tls_side *side, uint8_t type)
{
    return type == SCS_TLS_REC_APPLICATION || (side->changed && !is_13(side->tls) && type != SCS_TLS_REC_SSL2);
}

/* ---- application data ---------------------------------------------------------------------------- */

static void note_done(struct scs_tls *t)
{
    if ((t->facts.flags & SCS_TLS_HANDSHAKE_DONE) == 0) {
        t->facts.flags |= SCS_TLS_HANDSHAKE_DONE;
        t->facts.done_ns = t->chunk != NULL ? t->chunk->ts_ns : SCS_NO_TIME;
    }
}

static void count_application(struct scs_tls_side *side, uint32_t len)
{
    struct scs_tls *t = side->tls;
    struct scs_tls_facts *f = &t->facts;
    if (f->app_records[side->dir] == 0) {
        f->first_app_frame[side->dir] = t->chunk->frame;
        f->first_app_ns[side->dir] = t->chunk->ts_ns;
    }
    f->flags |= SCS_TLS_APP_DATA;
    f->app_records[side->dir]++;
    f->app_bytes[side->dir] += len;
    f->last_app_ns[side->dir] = t->chunk->ts_ns;
    if (f->app_records[0] != 0 && f->app_records[1] != 0) {
        note_done(t);
    }
}

static uint32_t finished_len(const struct scs_tls *t)
{
    /* TLS_AES_256_GCM_SHA384 is the one suite of TLS 1.3 with a longer hash. RFC 8446 4.4.4, B.4. */
    return (t->facts.cipher == 0x1302 ? 48u : 32u) + 4u + SCS_TLS_13_ADDED;
}

/*
 * Records of TLS 1.3 that stay shut show their length only. The client's last handshake record is as long as a
 * Finished; what the server sends before the client has sent data is its handshake, or tickets; two bytes are an alert.
 */
static void count_shut_13(struct scs_tls_side *side, uint32_t len)
{
    struct scs_tls *t = side->tls;
    struct scs_tls_side *client = &t->side[SCS_TO_SERVER];
    if (len == 2 + SCS_TLS_13_ADDED) {
        return;
    }
    if (side->dir == SCS_TO_CLIENT) {
        side->protected_13++;
        if (client->finished && t->facts.app_records[SCS_TO_SERVER] != 0) {
            count_application(side, len);
        } else if (client->protected_13 != 0 && !client->finished) {
            /* The server goes on: the client's handshake was longer, for instance by a certificate. */
            scs_tls_note_finished(client);
        }
        return;
    }
    if (client->finished) {
        count_application(side, len);
        return;
    }
    side->protected_13++;
    if (len == finished_len(t)) {
        scs_tls_note_finished(client);
    }
}

static void count_shut(struct scs_tls_side *side, const struct scs_tls_head *head)
{
    struct scs_tls *t = side->tls;
    if (head->type == SCS_TLS_REC_APPLICATION) {
        if (is_13(t)) {
            count_shut_13(side, head->len);
        } else {
            count_application(side, head->len);
        }
    } else if (head->type == SCS_TLS_REC_HANDSHAKE) {
        if (!side->finished) {
            scs_tls_note_finished(side);
        } else {
            t->facts.flags |= SCS_TLS_RENEGOTIATED;
        }
    }
}

void scs_tls_plain(struct scs_tls_side *side, const struct scs_cursor *content)
{
    struct scs_tls *t = side->tls;
    struct scs_cursor rest = *content, first;
    struct scs_chunk chunk = {.frame = side->began_frame, .ts_ns = side->began_ns};
    t->facts.flags |= SCS_TLS_DECRYPTED;
    if (chunk.frame != t->chunk->frame && scs_cursor_take(&rest, 1, &first)) {
        chunk.data = first.p;
        chunk.len = first.len;
        t->hooks->plain(t->hooks->ctx, t->connection, side->dir, &chunk);
    }
    if (rest.len != 0) {
        chunk = (struct scs_chunk){.data = rest.p, .len = rest.len, .frame = t->chunk->frame, .ts_ns = t->chunk->ts_ns};
        t->hooks->plain(t->hooks->ctx, t->connection, side->dir, &chunk);
    }
}

static bool is_early(const struct scs_tls_side *side)
{
    bool maybe_13 = side->tls->facts.version == 0 || is_13(side->tls);
    return maybe_13 && side->tls->early_offered && side->lock.stage == SCS_TLS_STAGE_EARLY;
}

void scs_tls_content(struct scs_tls_side *side, uint8_t type, const struct scs_cursor *content, bool encrypted, uint32_t wire_len)
{
    struct scs_tls *t = side->tls;
    switch (type) {
    case SCS_TLS_REC_HANDSHAKE:
        if (encrypted && !is_13(t) && side->finished) {
            t->facts.flags |= SCS_TLS_RENEGOTIATED;
        }
        scs_tls_messages_feed(&side->messages, content, scs_tls_on_message, side);
        break;
    case SCS_TLS_REC_ALERT:
        scs_tls_on_alert(side, content, encrypted);
        break;
    case SCS_TLS_REC_CCS:
        if (!is_13(t)) {
            scs_tls_on_change(side);
        }
        break;
    case SCS_TLS_REC_APPLICATION:
        count_application(side, wire_len);
        if (side->dir == SCS_TO_SERVER && encrypted && is_early(side)) {
            scs_tls_early_plain(t, content);
        } else if (encrypted && content->len != 0) {
            scs_tls_plain(side, content);
        }
        break;
    default:
        break;
    }
}

/* ---- what the record reader tells ---------------------------------------------------------------- */

static bool on_wants(void *ctx, const struct scs_tls_head *head)
{
    struct scs_tls_side *side = ctx;
    side->began_frame = side->tls->chunk->frame;
    side->began_ns = side->tls->chunk->ts_ns;
    return !is_protected(side, head->type) || (!scs_tls_late_holds(side->tls) && scs_tls_may_open(side));
}

static void on_record(void *ctx, const struct scs_tls_head *head, const struct scs_cursor *fragment)
{
    struct scs_tls_side *side = ctx;
    if (head->type == SCS_TLS_REC_SSL2) {
        scs_tls_on_ssl2_hello(side, fragment);
    } else if (!is_protected(side, head->type)) {
        scs_tls_content(side, head->type, fragment, false, head->len);
    } else if (fragment->len != head->len || side->tls->late != NULL || !scs_tls_unlock(side, head, fragment)) {
        count_shut(side, head);
    }
}

static void on_lost(void *ctx, unsigned num, uint64_t bytes)
{
    struct scs_tls_side *side = ctx;
    struct scs_tls *t = side->tls;
    /* A record has five bytes of head, and at least a tag of eight. */
    uint64_t most = num != 0 ? num : bytes / 13 + 1;
    scs_tls_messages_drop(&side->messages);
    if (bytes == 0) {
        return; /* midway, and the first bytes are a head */
    }
    t->facts.flags |= SCS_TLS_GAP;
    scs_tls_lock_lost(side, most);
    if ((t->facts.flags & SCS_TLS_DECRYPTED) != 0 && t->hooks->lost != NULL && t->chunk != NULL) {
        t->hooks->lost(t->hooks->ctx, t->connection, side->dir, bytes, t->chunk->frame, t->chunk->ts_ns);
    }
}

/* Words of HTTP where a record belongs. */
static bool is_text(const struct scs_cursor *bytes)
{
    return scs_cursor_starts(bytes, "HTTP/") || scs_cursor_starts(bytes, "<") || scs_cursor_starts(bytes, "GET ") ||
           scs_cursor_starts(bytes, "POST ");
}

static void on_stop(void *ctx, enum scs_tls_stop why, const struct scs_cursor *bytes)
{
    struct scs_tls_side *side = ctx;
    struct scs_tls *t = side->tls;
    t->stopped = true;
    if (why == SCS_TLS_STOP_FOREIGN && is_text(bytes)) {
        t->facts.flags |= SCS_TLS_PLAINTEXT;
        t->why = "one side spoke plain HTTP where TLS belongs";
    } else {
        t->why = why == SCS_TLS_STOP_OVERFLOW ? "a record is longer than TLS allows: the bytes are damaged, or not TLS"
                                              : "what follows the handshake is not TLS";
    }
}

/* ---- the connection ------------------------------------------------------------------------------ */

static const struct scs_tls_record_events record_events = {
    .wants = on_wants, .record = on_record, .lost = on_lost, .stop = on_stop};

/* A connection of which no byte was read; `t` is zeroed. */
static void begin(struct scs_tls *t, const struct scs_tls_hooks *hooks, struct scs_connection *connection)
{
    bool midway = (connection->flags & (SCS_CONN_MIDSTREAM | SCS_CONN_SYN_FORGOTTEN)) != 0;
    t->hooks = hooks;
    t->connection = connection;
    t->rsa_key = -1;
    t->facts.client_hello_ns = t->facts.server_hello_ns = t->facts.done_ns = SCS_NO_TIME;
    for (int dir = 0; dir < 2; dir++) {
        struct scs_tls_side *side = &t->side[dir];
        side->tls = t;
        side->dir = (enum scs_dir)dir;
        scs_tls_records_init(&side->records, midway, &record_events, side);
        scs_tls_messages_init(&side->messages);
        scs_buf_init(&t->certificates[dir], SCS_MAX_TLS_MESSAGE);
        t->facts.first_app_ns[dir] = t->facts.last_app_ns[dir] = SCS_NO_TIME;
    }
    scs_buf_init(&t->early, SCS_MAX_EARLY_DATA);
    scs_buf_init(&t->sni, SCS_MAX_NAME_TEXT + 1);
    scs_buf_init(&t->alpn, SCS_MAX_NAME_TEXT + 1);
    connection->tls = &t->facts;
}

static void clean_up(struct scs_tls *t)
{
    for (int dir = 0; dir < 2; dir++) {
        scs_tls_records_cleanup(&t->side[dir].records);
        scs_tls_messages_cleanup(&t->side[dir].messages);
        scs_buf_cleanup(&t->certificates[dir]);
    }
    scs_buf_cleanup(&t->sni);
    scs_buf_cleanup(&t->alpn);
    free(t->alerts);
    scs_tls_late_end(t);
    scs_tls_lock_cleanup(t);
    OPENSSL_cleanse(t, sizeof *t);
}

struct scs_tls *scs_tls_new(const struct scs_tls_hooks *hooks, struct scs_connection *connection)
{
    struct scs_tls *t = scs_xcalloc(1, sizeof *t);
    begin(t, hooks, connection);
    scs_tls_late_begin(t);
    return t;
}

void scs_tls_begin_again(struct scs_tls *t)
{
    const struct scs_tls_hooks *hooks = t->hooks;
    struct scs_connection *connection = t->connection;
    uint32_t flags = t->facts.flags & SCS_TLS_IN_CONNECT;
    clean_up(t); /* leaves zeros */
    begin(t, hooks, connection);
    t->facts.flags = flags;
}

void scs_tls_tunnelled(struct scs_tls *t)
{
    t->facts.flags |= SCS_TLS_IN_CONNECT;
}

static void note_midway(struct scs_tls *t, const struct scs_tls_side *side)
{
    bool hello = (t->facts.flags & (SCS_TLS_CLIENT_HELLO | SCS_TLS_SERVER_HELLO)) != 0;
    if (!hello && side->records.inside && side->records.now.type == SCS_TLS_REC_APPLICATION) {
        t->facts.flags |= SCS_TLS_MIDSTREAM;
    }
}

void scs_tls_data(struct scs_tls *t, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_tls_side *side = &t->side[dir];
    struct scs_cursor bytes = scs_cursor_of(chunk->data, chunk->len);
    scs_tls_late_data(t, dir, chunk);
    t->chunk = chunk;
    scs_tls_records_feed(&side->records, &bytes);
    if ((t->facts.flags & (SCS_TLS_CLIENT_HELLO | SCS_TLS_SERVER_HELLO)) == 0 &&
        ((t->facts.flags & SCS_TLS_APP_DATA) != 0 || side->changed)) {
        t->facts.flags |= SCS_TLS_MIDSTREAM;
    }
    note_midway(t, side);
    t->chunk = NULL;
    scs_tls_late_settle(t);
}

void scs_tls_gap(struct scs_tls *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct scs_chunk nothing = {.frame = frame, .ts_ns = ts_ns};
    scs_tls_late_gap(t, dir, len, snaplen, frame, ts_ns);
    t->chunk = &nothing;
    t->facts.flags |= SCS_TLS_GAP;
    scs_tls_records_gap(&t->side[dir].records, len);
    t->chunk = NULL;
}

void scs_tls_end(struct scs_tls *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    scs_tls_late_closed(t, dir, how, ts_ns);
    /* A server that never answered early data leaves it as the client sent it. */
    if (t->early.len != 0 && !t->early_known) {
        scs_tls_early_settled(t, true);
    }
}

bool scs_tls_settled(const struct scs_tls *t)
{
    bool over = (t->facts.flags & SCS_TLS_HANDSHAKE_DONE) != 0 && (t->facts.flags & SCS_TLS_APP_DATA) != 0;
    bool opens = (t->facts.flags & SCS_TLS_DECRYPTED) != 0 || (scs_tls_may_open(&t->side[0]) && t->side[0].lock.opener != NULL) ||
                 (scs_tls_may_open(&t->side[1]) && t->side[1].lock.opener != NULL);
    return t->stopped || (over && !opens && t->late == NULL);
}

bool scs_tls_troubled(const struct scs_tls *t)
{
    const struct scs_tls_facts *f = &t->facts;
    for (uint32_t i = 0; i < f->num_alerts; i++) {
        if (f->alerts[i].fatal && f->alerts[i].description != 0) {
            return true;
        }
    }
    return (f->flags & SCS_TLS_PLAINTEXT) != 0 || ((f->flags & SCS_TLS_CLIENT_HELLO) != 0 && (f->flags & SCS_TLS_APP_DATA) == 0);
}

/* ---- the end: facts that outlive the connection --------------------------------------------------- */

static const char *why_shut(const struct scs_tls *t)
{
    const struct scs_tls_facts *f = &t->facts;
    if (t->why != NULL) {
        return t->why;
    }
    if ((f->flags & SCS_TLS_CLIENT_HELLO) == 0) {
        return "the capture does not have its ClientHello, without which no secret can be found for it";
    }
    if ((f->flags & (SCS_TLS_APP_DATA | SCS_TLS_HANDSHAKE_DONE)) == 0) {
        return "the handshake was not completed";
    }
    if ((f->flags & SCS_TLS_APP_DATA) == 0) {
        return "no application data was sent";
    }
    if (t->side[0].lock.opened || t->side[1].lock.opened) {
        return "its handshake was opened, but no application data after it";
    }
    return scs_tls_why_shut(t);
}

static void read_certificates(struct scs_tls *t, enum scs_dir sender)
{
    struct scs_cursor body = scs_buf_cursor(&t->certificates[sender]), list, der;
    bool tls13 = is_13(t);
    const struct scs_cert_facts *chain[SCS_MAX_CERTIFICATES];
    uint32_t num = 0;
    if (body.len == 0 || scs_tls_certificate_list(&body, tls13, &list) == SCS_MALFORMED) {
        return;
    }
    while (num < SCS_MAX_CERTIFICATES && scs_tls_certificate(&list, tls13, &der)) {
        const struct scs_cert_facts *facts = scs_x509_read(&der, t->hooks->certs);
        if (facts != NULL) {
            chain[num++] = facts;
        }
    }
    if (num == 0) {
        return;
    }
    if (sender == SCS_TO_SERVER) {
        t->facts.client_certificate = chain[0];
    } else {
        t->facts.server_certificate = chain[0];
        t->facts.num_server_certificates = num;
        t->facts.server_chain = scs_arena_dup(t->hooks->keep, chain, num * sizeof *chain);
    }
}

static void read_names(struct scs_tls *t)
{
    struct scs_cursor sni = scs_buf_cursor(&t->sni), alpn = scs_buf_cursor(&t->alpn);
    t->facts.sni = sni.len == 0 ? t->facts.sni : scs_intern_text(t->hooks->intern, &sni, SCS_MAX_TEXT);
    t->facts.alpn = alpn.len == 0 ? t->facts.alpn : scs_intern_text(t->hooks->intern, &alpn, SCS_MAX_TEXT);
}

void scs_tls_compact(struct scs_tls *t)
{
    if (t->compact || !scs_tls_settled(t)) {
        return;
    }
    t->compact = true;
    read_names(t);
    scs_buf_cleanup(&t->sni);
    scs_buf_cleanup(&t->alpn);
    for (int dir = 0; dir < 2; dir++) {
        read_certificates(t, (enum scs_dir)dir);
        scs_buf_cleanup(&t->certificates[dir]);
        scs_buf_init(&t->certificates[dir], SCS_MAX_TLS_MESSAGE);
        scs_tls_messages_cleanup(&t->side[dir].messages);
        scs_tls_messages_init(&t->side[dir].messages);
        scs_tls_records_rest(&t->side[dir].records);
    }
}

static void settle_why(struct scs_tls *t)
{
    struct scs_tls_facts *f = &t->facts;
    bool opened = (f->flags & SCS_TLS_DECRYPTED) != 0;
    f->key_source = opened ? t->key_source : NULL;
    f->why_not = opened ? t->why : why_shut(t);
}

void scs_tls_show(struct scs_tls *t)
{
    bool over = (t->facts.flags & SCS_TLS_HANDSHAKE_DONE) != 0;
    if (over && !t->shown) {
        t->shown = true; /* what the handshake showed is read once: it goes where it stays */
        read_certificates(t, SCS_TO_SERVER);
        read_certificates(t, SCS_TO_CLIENT);
        read_names(t);
    }
    settle_why(t);
}

void scs_tls_free(struct scs_tls *t)
{
    if (t == NULL) {
        return;
    }
    scs_tls_stop_waiting(t);
    struct scs_tls_facts *f = &t->facts;
    read_certificates(t, SCS_TO_SERVER);
    read_certificates(t, SCS_TO_CLIENT);
    read_names(t);
    f->alerts = scs_arena_dup(t->hooks->keep, t->alerts, f->num_alerts * sizeof *f->alerts);
    settle_why(t);
    t->connection->tls = scs_arena_dup(t->hooks->keep, f, sizeof *f);
    clean_up(t);
    free(t);
}

void scs_tls_discard(struct scs_tls *t)
{
    if (t != NULL) {
        t->connection->tls = NULL;
        clean_up(t);
        free(t);
    }
}

void scs_tls_move(struct scs_tls *t, struct scs_mover *m)
{
    scs_move_one(m, &t->connection, &scs_shape_connection);
    scs_move_inside(m, &t->facts, &scs_shape_tls);
}
