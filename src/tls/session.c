/* SPDX-License-Identifier: Apache-2.0 */
/* Records of both directions: what is in clear is read, what is protected is opened or counted. */
#include "tls/session.h"

#include <openssl/crypto.h>

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

static bool is_early(const struct scs_tls_side *side)
{
    bool maybe_13 = side->tls->facts.version == 0 || is_13(side->tls);
    return maybe_13 && side->tls->early_offered && side->lock.stage == SCS_TLS_STAGE_EARLY;
}

/* The content of a record in clear or opened. `wire_len`: of the fragment. */
static void take_content(struct scs_tls_side *side, uint8_t type, const struct scs_cursor *content, bool encrypted,
                         uint32_t wire_len)
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

static bool open_record(struct scs_tls_side *side, const struct scs_tls_head *head, const struct scs_cursor *fragment)
{
    struct scs_buf plain;
    uint8_t type;
    bool opened = scs_tls_unlock(side, head, fragment, &type, &plain);
    if (opened) {
        struct scs_cursor content = scs_buf_cursor(&plain);
        take_content(side, type, &content, true, head->len);
    }
    if (plain.p != NULL) {
        OPENSSL_cleanse(plain.p, plain.len);
    }
    scs_buf_cleanup(&plain);
    return opened;
}

static void on_record(void *ctx, const struct scs_tls_head *head, const struct scs_cursor *fragment)
{
    struct scs_tls_side *side = ctx;
    if (head->type == SCS_TLS_REC_SSL2) {
        scs_tls_on_ssl2_hello(side, fragment);
    } else if (!is_protected(side, head->type)) {
        take_content(side, head->type, fragment, false, head->len);
    } else if (fragment->len != head->len || side->tls->late != NULL || !open_record(side, head, fragment)) {
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

void scs_tls_side_init(struct scs_tls_side *side, struct scs_tls *t, enum scs_dir dir, bool midway)
{
    static const struct scs_tls_record_events record_events = {
        .wants = on_wants, .record = on_record, .lost = on_lost, .stop = on_stop};
    side->tls = t;
    side->dir = dir;
    scs_tls_records_init(&side->records, midway, &record_events, side);
    scs_tls_messages_init(&side->messages);
}

void scs_tls_side_cleanup(struct scs_tls_side *side)
{
    scs_tls_records_cleanup(&side->records);
    scs_tls_messages_cleanup(&side->messages);
}
