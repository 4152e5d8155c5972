/* SPDX-License-Identifier: Apache-2.0 */
/* The connection as the flow stage knows it: bytes in, and at its end the facts that outlive it. */
#include "tls/tls.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/shapes.h"
#include "base/xalloc.h"
#include "tls/session.h"

static bool is_13(const struct scs_tls *t)
{
    return t->facts.version == SCS_TLS_1_3;
}

/* A connection of which no byte was read; `t` is zeroed. */
static void begin(struct scs_tls *t, const struct scs_tls_hooks *hooks, struct scs_connection *connection)
{
    bool midway = (connection->flags & (SCS_CONN_MIDSTREAM | SCS_CONN_SYN_FORGOTTEN)) != 0;
    t->hooks = hooks;
    t->connection = connection;
    t->rsa_key = -1;
    t->facts.client_hello_ns = t->facts.server_hello_ns = t->facts.done_ns = SCS_NO_TIME;
    for (int dir = 0; dir < 2; dir++) {
        scs_tls_side_init(&t->side[dir], t, (enum scs_dir)dir, midway);
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
        scs_tls_side_cleanup(&t->side[dir]);
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

/* Forgets all but the hooks and the connection. */
static void begin_again(struct scs_tls *t)
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

/* A connection that waits for too long, or with too many others, goes on with what is known. */
static void go_on_unless(struct scs_tls *t, bool kept)
{
    if (!kept) {
        scs_tls_stop_waiting(t);
    }
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
    go_on_unless(t, scs_tls_late_data(t, dir, chunk));
    t->chunk = chunk;
    scs_tls_records_feed(&side->records, &bytes);
    if ((t->facts.flags & (SCS_TLS_CLIENT_HELLO | SCS_TLS_SERVER_HELLO)) == 0 &&
        ((t->facts.flags & SCS_TLS_APP_DATA) != 0 || side->changed)) {
        t->facts.flags |= SCS_TLS_MIDSTREAM;
    }
    note_midway(t, side);
    t->chunk = NULL;
    if (scs_tls_late_ready(t)) {
        scs_tls_stop_waiting(t);
    }
}

void scs_tls_gap(struct scs_tls *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct scs_chunk nothing = {.frame = frame, .ts_ns = ts_ns};
    go_on_unless(t, scs_tls_late_gap(t, dir, len, snaplen, frame, ts_ns));
    t->chunk = &nothing;
    t->facts.flags |= SCS_TLS_GAP;
    scs_tls_records_gap(&t->side[dir].records, len);
    t->chunk = NULL;
}

void scs_tls_end(struct scs_tls *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    go_on_unless(t, scs_tls_late_closed(t, dir, how, ts_ns));
    /* A server that never answered early data leaves it as the client sent it. */
    if (t->early.len != 0 && !t->early_known) {
        scs_tls_early_settled(t, true);
    }
}

/* ---- reading again ------------------------------------------------------------------------------- */

static void play(struct scs_tls *t, struct scs_tls_late *late)
{
    struct scs_tls_told told;
    struct scs_cursor data = {0};
    while (scs_tls_late_next(late, &told, &data)) {
        struct scs_chunk chunk = {.data = data.p, .len = data.len, .frame = told.frame, .ts_ns = told.ts_ns};
        switch (told.kind) {
        case SCS_TLS_TOLD_DATA:
            scs_tls_data(t, told.dir, &chunk);
            break;
        case SCS_TLS_TOLD_GAP:
            scs_tls_gap(t, told.dir, told.len, told.snaplen, told.frame, told.ts_ns);
            break;
        case SCS_TLS_TOLD_END:
            scs_tls_end(t, told.dir, told.how, told.ts_ns);
            if (t->hooks->ended != NULL) {
                t->hooks->ended(t->hooks->ctx, t->connection, told.dir, told.how, told.ts_ns);
            }
            break;
        }
    }
}

void scs_tls_stop_waiting(struct scs_tls *t)
{
    struct scs_tls_late *late = t->late;
    if (late == NULL) {
        return;
    }
    t->late = NULL;
    if (scs_tls_late_missed(late)) {
        begin_again(t);
        play(t, late);
    }
    scs_tls_late_free(t, late);
}

bool scs_tls_waits(const struct scs_tls *t)
{
    return t->late != NULL && scs_tls_late_missed(t->late);
}

bool scs_tls_look(struct scs_tls *t)
{
    if (t->late != NULL && scs_tls_late_has_come(t)) {
        scs_tls_stop_waiting(t);
    }
    return t->late == NULL;
}

/* ---- how it stands ------------------------------------------------------------------------------- */

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
