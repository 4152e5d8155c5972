/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/secure.h"

#include <stddef.h>

#include "base/shapes.h"
#include "dissectors/tls.h"

/* Ports on which a connection that began before the capture is taken for TLS, whatever its first bytes are. */
static bool usual_port(uint16_t port)
{
    return port == 443 || port == 8443;
}

/* ---- what the TLS stage gives -------------------------------------------------------------------- */

static struct scs_http *plain_http(struct scs_secure *s, struct scs_tracked *t)
{
    if (t->http == NULL) {
        t->http = scs_http_new(s->http, t->facts);
    }
    return t->http;
}

static void on_plain(void *ctx, struct scs_connection *connection, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_secure *s = ctx;
    (void)connection;
    scs_http_data(plain_http(s, s->current), dir, chunk);
}

static void on_lost(void *ctx, struct scs_connection *connection, enum scs_dir dir, uint64_t len, scs_frame frame, int64_t ts_ns)
{
    struct scs_secure *s = ctx;
    (void)connection;
    scs_http_gap(plain_http(s, s->current), dir, len, false, frame, ts_ns);
}

static void on_closed(void *ctx, struct scs_connection *connection, enum scs_dir dir, int64_t ts_ns)
{
    struct scs_secure *s = ctx;
    (void)connection;
    if (s->current->http != NULL) {
        scs_http_end(s->current->http, dir, SCS_END_FIN, ts_ns);
    }
}

static void on_ended(void *ctx, struct scs_connection *connection, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    struct scs_secure *s = ctx;
    (void)connection;
    if (s->current->http != NULL) {
        scs_http_end(s->current->http, dir, how, ts_ns);
    }
}

void scs_secure_init(struct scs_secure *s, const struct scs_tls_hooks *tls, const struct scs_http_hooks *http)
{
    *s = (struct scs_secure){.tls = *tls, .http = http, .keep = tls->keep};
    s->tls.ctx = s;
    s->tls.plain = on_plain;
    s->tls.lost = on_lost;
    s->tls.closed = on_closed;
    s->tls.ended = on_ended;
    s->tls.held = &s->held;
}

/* ---- watching ------------------------------------------------------------------------------------ */

bool scs_secure_may_watch(const struct scs_secure *s)
{
    return s->tls.certs != NULL && s->num_watched < SCS_MAX_TLS_WATCHED;
}

void scs_secure_watch(struct scs_secure *s, struct scs_tracked *t)
{
    t->watched = true;
    s->num_watched++;
}

void scs_secure_unwatch(struct scs_secure *s, struct scs_tracked *t)
{
    s->num_watched -= t->watched;
    t->watched = false;
}

bool scs_secure_over(const struct scs_tracked *t)
{
    return t->watched && !t->wanted && t->tls != NULL && scs_tls_settled(t->tls);
}

/* ---- bytes --------------------------------------------------------------------------------------- */

static void begin(struct scs_secure *s, struct scs_tracked *t)
{
    t->tls = scs_tls_new(&s->tls, t->facts);
    t->facts->flags |= SCS_CONN_TLS;
}

/* The first bytes of a connection. */
static bool begins_tls(const struct scs_tracked *t, const struct scs_chunk *chunk)
{
    struct scs_cursor c = scs_cursor_of(chunk->data, chunk->len);
    if (scs_tls_begins(&c)) {
        return true;
    }
    bool midway = (t->facts->flags & SCS_CONN_MIDSTREAM) != 0 && usual_port(t->facts->server.port);
    bool text = c.len != 0 && c.p[0] >= ' ' && c.p[0] < 0x7f;
    return midway && !text;
}

/* Words of HTTP where everybody expects TLS. What the connection says of it is all there is of TLS on it. */
static void note_plaintext(struct scs_secure *s, struct scs_tracked *t, const struct scs_tls_alert *alert)
{
    bool wanted = t->facts->server.port == 443 || alert != NULL;
    if (wanted && t->facts->tls == NULL && (t->facts->flags & SCS_CONN_MIDSTREAM) == 0) {
        struct scs_tls_facts *facts = SCS_ARENA_NEW(s->keep, struct scs_tls_facts);
        facts->num_alerts = alert != NULL;
        facts->alerts = scs_arena_dup(s->keep, alert, facts->num_alerts * sizeof *alert);
        facts->flags = SCS_TLS_PLAINTEXT;
        facts->client_hello_ns = facts->server_hello_ns = facts->done_ns = SCS_NO_TIME;
        for (int dir = 0; dir < 2; dir++) {
            facts->first_app_ns[dir] = facts->last_app_ns[dir] = SCS_NO_TIME;
        }
        t->facts->tls = facts;
    }
}

/* On whatever port: the server's first bytes are an alert (RFC 8446 5.1), though the client spoke HTTP. */
static void note_alert(struct scs_secure *s, struct scs_tracked *t, const struct scs_chunk *chunk)
{
    struct scs_cursor c = scs_cursor_of(chunk->data, chunk->len), alert;
    uint8_t type, major, minor, level, description;
    if (t->facts->half[SCS_TO_CLIENT].data_packets == 1 && scs_cursor_u8(&c, &type) && type == 0x15 &&
        scs_cursor_u8(&c, &major) && major == 3 && scs_cursor_u8(&c, &minor) && scs_cursor_u16_prefixed(&c, &alert) &&
        alert.len == 2 && scs_cursor_u8(&alert, &level) && scs_cursor_u8(&alert, &description)) {
        note_plaintext(s, t,
                       &(struct scs_tls_alert){.frame = chunk->frame,
                                               .ts_ns = chunk->ts_ns,
                                               .from_server = true,
                                               .fatal = level == 2,
                                               .description = description});
    }
}

bool scs_secure_data(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, const struct scs_chunk *chunk)
{
    if (t->tls == NULL) {
        if (s->tls.certs != NULL && t->http != NULL && dir == SCS_TO_CLIENT) {
            note_alert(s, t, chunk);
        }
        if (s->tls.certs == NULL || t->http != NULL) {
            return false;
        }
        if (!begins_tls(t, chunk)) {
            note_plaintext(s, t, NULL);
            return false;
        }
        begin(s, t);
        t->secure[0] = t->secure[1] = true;
    }
    struct scs_cursor c = scs_cursor_of(chunk->data, chunk->len);
    /* In a tunnel the directions change over one after the other. */
    t->secure[dir] = t->secure[dir] || scs_tls_begins(&c);
    if (!t->secure[dir]) {
        scs_http_data(t->outer, dir, chunk);
        return true;
    }
    s->current = t;
    scs_tls_data(t->tls, dir, chunk);
    if (!t->watched) {
        scs_tls_compact(t->tls);
    }
    return true;
}

bool scs_secure_gap(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame,
                    int64_t ts_ns)
{
    if (t->tls == NULL) {
        return false;
    }
    s->current = t;
    if (t->secure[dir]) {
        scs_tls_gap(t->tls, dir, len, snaplen, frame, ts_ns);
    } else {
        scs_http_gap(t->outer, dir, len, snaplen, frame, ts_ns);
    }
    return true;
}

bool scs_secure_tunnel(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, const struct scs_chunk *first)
{
    struct scs_cursor c = scs_cursor_of(first->data, first->len);
    if (s->tls.certs == NULL || t->tls != NULL || !scs_tls_begins(&c)) {
        return false;
    }
    begin(s, t);
    scs_tls_tunnelled(t->tls);
    t->outer = t->http;
    t->http = NULL;
    t->secure[dir] = true;
    s->current = t;
    scs_tls_data(t->tls, dir, first);
    return true;
}

/* ---- the end ------------------------------------------------------------------------------------- */

void scs_secure_end(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    if (t->tls != NULL) {
        s->current = t;
        scs_tls_end(t->tls, dir, how, ts_ns);
    }
    if (t->outer != NULL) {
        scs_http_end(t->outer, dir, how, ts_ns);
    }
}

/* Of the servers nothing is known of, a few examples, and those with trouble. */
static bool may_report(struct scs_secure *s, struct scs_tracked *t)
{
    bool opened = (t->facts->tls->flags & SCS_TLS_DECRYPTED) != 0;
    s->num_opened += opened;
    if (t->named || t->known || t->wanted || opened) {
        return true;
    }
    if (scs_tls_troubled(t->tls)) {
        t->maybe = s->num_failed < SCS_MAX_TLS_FAILED;
        s->num_failed += t->maybe;
    } else {
        t->maybe = s->num_samples < SCS_MAX_TLS_SAMPLES;
        s->num_samples += t->maybe;
    }
    return t->maybe;
}

static void note_example(struct scs_secure *s, const struct scs_connection *c)
{
    char text[SCS_ENDPOINT_TEXT];
    if (s->example == NULL && (c->tls->flags & SCS_TLS_DECRYPTED) == 0) {
        scs_endpoint_text(&c->server, text);
        s->example =
            c->tls->sni != NULL ? scs_arena_printf(s->keep, "%s (%s)", text, c->tls->sni) : scs_arena_printf(s->keep, "%s", text);
    }
}

bool scs_secure_waits(const struct scs_secure *s, const struct scs_tracked *t)
{
    return !s->last && t->tls != NULL && scs_tls_waits(t->tls);
}

bool scs_secure_look(struct scs_secure *s, struct scs_tracked *t)
{
    s->current = t;
    return t->tls != NULL && scs_tls_look(t->tls);
}

void scs_secure_release(struct scs_secure *s, struct scs_tracked *t)
{
    if (t->tls != NULL) {
        s->current = t;
        scs_tls_stop_waiting(t->tls);
        if (may_report(s, t)) {
            scs_tls_free(t->tls);
            note_example(s, t->facts);
        } else {
            scs_tls_discard(t->tls);
        }
        t->tls = NULL;
        t->read_tls = true;
    }
    scs_http_free(t->outer);
    t->outer = NULL;
    scs_secure_unwatch(s, t);
}

void scs_secure_maybe(struct scs_secure *s, struct scs_connection *c)
{
    if (s->num_maybe < sizeof s->maybe / sizeof *s->maybe) {
        s->maybe[s->num_maybe++] = c;
    }
}

void scs_secure_leave(struct scs_secure *s, int64_t until_ns)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < s->num_maybe; i++) {
        if (s->maybe[i]->last_ns > until_ns) {
            s->maybe[num++] = s->maybe[i];
        }
    }
    s->num_maybe = num;
    /* Which of them had trouble is not known here: both kinds have the room that is left at least. */
    s->num_samples = num < s->num_samples ? num : s->num_samples;
    s->num_failed = num < s->num_failed ? num : s->num_failed;
}

void scs_secure_move(struct scs_secure *s, struct scs_mover *m)
{
    for (uint32_t i = 0; i < s->num_maybe; i++) {
        scs_move_one(m, &s->maybe[i], &scs_shape_connection);
    }
    scs_move_text(m, &s->example);
}
