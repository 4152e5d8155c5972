/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations of OpenSSL (tests/data/tls), with their key logs, watched from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "hex.h"
#include "keys/secrets.h"
#include "scepscope/limits.h"
#include "tls/sessions.h"
#include "tls/tls.h"

/* What the TLS stage said. Steps are the lines of the conversation; each has its own frame and second. */
struct scene {
    struct scs_arena *keep;
    struct scs_intern *intern;
    struct scs_cert_cache *certs;
    struct scs_secrets *secrets;
    struct scs_tls_sessions *sessions;
    struct scs_limits_hit limits;
    struct scs_tls_hooks hooks;
    struct scs_connection connection;
    struct scs_buf plain[2];
    uint64_t lost[2];
    unsigned closed[2];
    scs_frame first_frame[2], last_frame[2];
    struct scs_buf late; /* secrets held back */
    uint64_t held;
    unsigned ended[2];
};

/* How a conversation is played. */
struct play {
    const char *name;
    bool no_keys;
    size_t piece;       /* bytes handed over at a time; 0: all of a step */
    unsigned from_step; /* the capture begins there */
    unsigned lose_step; /* this step is a hole; 0 none */
    unsigned stop_step; /* the capture ends before it; 0 none */
    size_t damage;      /* byte of the conversation that is turned over; 0 none */
    unsigned late_step; /* secrets are expected, and come after it; 0: when they were logged */
};

static void on_plain(void *ctx, struct scs_connection *connection, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scene *s = ctx;
    assert_ptr_equal(connection, &s->connection);
    s->first_frame[dir] = s->plain[dir].len == 0 ? chunk->frame : s->first_frame[dir];
    s->last_frame[dir] = chunk->frame;
    scs_buf_add(&s->plain[dir], chunk->data, chunk->len);
}

static void on_lost(void *ctx, struct scs_connection *connection, enum scs_dir dir, uint64_t len, scs_frame frame, int64_t ts_ns)
{
    struct scene *s = ctx;
    (void)connection;
    (void)frame;
    (void)ts_ns;
    s->lost[dir] += len;
}

static void on_closed(void *ctx, struct scs_connection *connection, enum scs_dir dir, int64_t ts_ns)
{
    struct scene *s = ctx;
    (void)connection;
    (void)ts_ns;
    s->closed[dir]++;
}

static void on_ended(void *ctx, struct scs_connection *connection, enum scs_dir dir, enum scs_end how, int64_t ts_ns)
{
    struct scene *s = ctx;
    (void)connection;
    assert_true(how == SCS_END_FIN && ts_ns == 0);
    s->ended[dir]++;
}

static int open_scene(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    s->keep = scs_arena_new();
    s->intern = scs_intern_new(s->keep);
    s->certs = scs_cert_cache_new(s->keep);
    s->secrets = scs_secrets_new();
    s->sessions = scs_tls_sessions_new();
    s->hooks = (struct scs_tls_hooks){.ctx = s,
                                      .keep = s->keep,
                                      .intern = s->intern,
                                      .certs = s->certs,
                                      .limits = &s->limits,
                                      .secrets = s->secrets,
                                      .sessions = s->sessions,
                                      .plain = on_plain,
                                      .lost = on_lost,
                                      .closed = on_closed,
                                      .ended = on_ended,
                                      .held = &s->held};
    scs_buf_init(&s->late, 1u << 20);
    scs_buf_init(&s->plain[0], 1u << 20);
    scs_buf_init(&s->plain[1], 1u << 20);
    *state = s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    scs_buf_cleanup(&s->plain[0]);
    scs_buf_cleanup(&s->plain[1]);
    scs_buf_cleanup(&s->late);
    scs_tls_sessions_free(s->sessions);
    scs_secrets_free(s->secrets);
    scs_cert_cache_free(s->certs);
    scs_intern_free(s->intern);
    scs_arena_free(s->keep);
    free(s);
    return 0;
}

static void step(struct scs_tls *t, enum scs_dir dir, const uint8_t *bytes, size_t len, size_t piece, unsigned number)
{
    for (size_t at = 0; at < len;) {
        size_t n = piece == 0 || piece > len - at ? len - at : piece;
        struct scs_chunk chunk = {.data = &bytes[at], .len = n, .frame = number, .ts_ns = number * INT64_C(1000000000)};
        scs_tls_data(t, dir, &chunk);
        scs_tls_compact(t);
        at += n;
    }
}

static void tell_secrets(struct scene *s)
{
    struct scs_cursor log = scs_buf_cursor(&s->late);
    scs_secrets_add_log(s->secrets, &log, false);
    scs_buf_clear(&s->late);
}

/* One line of the file: a secret, or a segment. */
static void line(struct scene *s, struct scs_tls *t, const struct play *p, const char *text, unsigned *steps, size_t *bytes_seen)
{
    if (*text == 'K' && !p->no_keys) {
        scs_buf_text(&s->late, text + 2);
        scs_buf_byte(&s->late, '\n');
    }
    if (*text == 'K' && p->late_step == 0) {
        tell_secrets(s);
    }
    if (*text != '>' && *text != '<') {
        return;
    }
    enum scs_dir dir = *text == '>' ? SCS_TO_SERVER : SCS_TO_CLIENT;
    size_t len;
    uint8_t *bytes = test_hex(text + 2, &len);
    unsigned number = ++*steps;
    if (p->damage > *bytes_seen && p->damage <= *bytes_seen + len) {
        bytes[p->damage - *bytes_seen - 1] ^= 0xff;
    }
    *bytes_seen += len;
    if (number == p->lose_step) {
        scs_tls_gap(t, dir, len, false, number, number * INT64_C(1000000000));
    } else if (number >= p->from_step && (p->stop_step == 0 || number < p->stop_step)) {
        step(t, dir, bytes, len, p->piece, number);
    }
    if (number == p->late_step) {
        tell_secrets(s);
    }
    free(bytes);
}

/* Plays a conversation; the facts live in `keep`. */
static const struct scs_tls_facts *play(struct scene *s, struct play p)
{
    char path[512];
    size_t len, bytes_seen = 0;
    unsigned steps = 0;
    snprintf(path, sizeof path, SCEPSCOPE_SOURCE_DIR "/tests/data/tls/%s.txt", p.name);
    char *file = (char *)test_file(path, &len);
    file = realloc(file, len + 1);
    file[len] = '\0';
    for (int dir = 0; dir < 2; dir++) {
        scs_buf_clear(&s->plain[dir]);
        s->lost[dir] = s->closed[dir] = s->ended[dir] = 0;
        s->first_frame[dir] = s->last_frame[dir] = 0;
    }
    s->connection = (struct scs_connection){.flags = p.from_step > 1 ? SCS_CONN_MIDSTREAM : 0};
    struct scs_tls *t = scs_tls_new(&s->hooks, &s->connection);
    for (char *at = file, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = '\0';
        line(s, t, &p, at, &steps, &bytes_seen);
    }
    scs_tls_end(t, SCS_TO_SERVER, SCS_END_FIN, 0);
    scs_tls_end(t, SCS_TO_CLIENT, SCS_END_FIN, 0);
    if (s->late.len != 0) {
        assert_true(scs_tls_waits(t));
        assert_false(scs_tls_look(t));
        assert_int_equal(s->plain[0].len + s->plain[1].len, 0);
        tell_secrets(s);
        assert_true(scs_tls_look(t));
    }
    scs_tls_free(t);
    assert_int_equal(s->held, 0);
    free(file);
    return s->connection.tls;
}

#define REQUEST              "GET /certsrv/mscep/mscep.dll?operation=GetCACaps&message=x HTTP/1.0\r\nHost: ndes\r\n\r\n"
#define has(facts, flag)     assert_true(((facts)->flags & (flag)) != 0)
#define has_not(facts, flag) assert_true(((facts)->flags & (flag)) == 0)

static void assert_plain(struct scene *s, enum scs_dir dir, const char *begins)
{
    const char *text = scs_buf_cstr(&s->plain[dir]);
    if (strncmp(text, begins, strlen(begins)) != 0) {
        fail_msg("plaintext is '%.100s'", text);
    }
}

/* Catches a stage that reads no handshake, or whose plaintext is not what was sent. */
static void opens_tls13(void **state)
{
    struct scene *s = *state;
    const struct scs_tls_facts *f = play(s, (struct play){.name = "tls13"});
    has(f, SCS_TLS_CLIENT_HELLO | SCS_TLS_SERVER_HELLO);
    has(f, SCS_TLS_DECRYPTED);
    has(f, SCS_TLS_HANDSHAKE_DONE);
    has_not(f, SCS_TLS_RESUMED | SCS_TLS_HELLO_RETRY | SCS_TLS_GAP | SCS_TLS_RENEGOTIATED | SCS_TLS_CERTIFICATE_REQUEST);
    assert_int_equal(f->version, 0x0304);
    assert_int_equal(f->client_max_version, 0x0304);
    assert_string_equal(f->cipher_name, "TLS_AES_256_GCM_SHA384");
    assert_string_equal(f->sni, "ndes.contoso.com");
    assert_string_equal(f->key_source, "keylog");
    assert_null(f->why_not);
    assert_string_equal(f->server_certificate->subject, "CN=ndes.contoso.com");
    assert_plain(s, SCS_TO_SERVER, REQUEST);
    assert_plain(s, SCS_TO_CLIENT, "HTTP/1.0 200 ok\r\n");
    assert_int_equal(s->closed[SCS_TO_SERVER] + s->closed[SCS_TO_CLIENT], 2);
}

/* Catches plaintext, facts or frames that depend on how TCP cut the bytes. */
static void cut_anywhere(void **state)
{
    static const char *const names[] = {"tls13",         "retry", "client_certificate", "key_update", "early_data",
                                        "renegotiation", "tls10"};
    struct scene *s = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct scs_tls_facts *whole = play(s, (struct play){.name = names[i]});
        char *request = strdup(scs_buf_cstr(&s->plain[0])), *reply = strdup(scs_buf_cstr(&s->plain[1]));
        scs_frame first = s->first_frame[0], last = s->last_frame[1];
        has(whole, SCS_TLS_DECRYPTED);
        assert_string_equal(request, REQUEST);
        for (size_t piece = 1; piece < 9; piece += 3) {
            const struct scs_tls_facts *cut = play(s, (struct play){.name = names[i], .piece = piece});
            assert_int_equal(cut->flags, whole->flags);
            assert_int_equal(cut->app_bytes[1], whole->app_bytes[1]);
            assert_string_equal(scs_buf_cstr(&s->plain[0]), request);
            assert_string_equal(scs_buf_cstr(&s->plain[1]), reply);
            assert_true(s->first_frame[0] == first && s->last_frame[1] == last);
        }
        free(request);
        free(reply);
    }
}

/* Catches secrets that are of no use once a record that needs them has gone by, and plaintext that is given twice. */
static void late_secrets(void **state)
{
    static const char *const names[] = {"tls13",         "retry", "client_certificate", "key_update", "early_data",
                                        "renegotiation", "tls10"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct scene *s = *state;
        const struct scs_tls_facts early = *play(s, (struct play){.name = names[i]});
        char *request = strdup(scs_buf_cstr(&s->plain[0])), *reply = strdup(scs_buf_cstr(&s->plain[1]));
        scs_frame first = s->first_frame[0], last = s->last_frame[1];
        for (unsigned late_step = 1; late_step < 20; late_step++) {
            close_scene(state);
            open_scene(state);
            s = *state;
            scs_secrets_expect(s->secrets);
            const struct scs_tls_facts *late = play(s, (struct play){.name = names[i], .late_step = late_step});
            assert_int_equal(late->flags, early.flags);
            assert_int_equal(late->app_bytes[1], early.app_bytes[1]);
            assert_null(late->why_not);
            assert_string_equal(scs_buf_cstr(&s->plain[0]), request);
            assert_string_equal(scs_buf_cstr(&s->plain[1]), reply);
            assert_true(s->first_frame[0] == first && s->last_frame[1] == last);
        }
        assert_true(s->ended[0] == 1 && s->ended[1] == 1); /* the last of them came after the end */
        free(request);
        free(reply);
    }
}

/* Catches a connection that is held without bound, and one whose state differs from what it had been without waiting. */
static void waits_in_vain(void **state)
{
    struct scene *s = *state;
    static uint8_t record[5 + 16384] = {0x17, 3, 3, 0x40, 0};
    scs_secrets_expect(s->secrets);
    const struct scs_tls_facts *f = play(s, (struct play){.name = "tls13", .no_keys = true});
    has_not(f, SCS_TLS_DECRYPTED);
    has(f, SCS_TLS_HANDSHAKE_DONE);
    assert_non_null(strstr(f->why_not, "forward secrecy"));
    size_t len;
    uint8_t *hello = test_hex("160301002f0100002b03030000000000000000000000000000000000000000000000000000000000000000"
                              "000004c02f00ff0100",
                              &len);
    s->connection = (struct scs_connection){0};
    struct scs_tls *t = scs_tls_new(&s->hooks, &s->connection);
    step(t, SCS_TO_SERVER, hello, len, 0, 1);
    assert_false(scs_tls_waits(t)); /* nothing is lost yet */
    for (unsigned i = 2; i < 100; i++) {
        step(t, SCS_TO_SERVER, record, sizeof record, 0, i);
        assert_int_equal(scs_tls_waits(t), i < 17);
        assert_true(s->held <= SCS_MAX_TLS_HELD);
    }
    assert_int_equal(s->limits.tls_waits_dropped, 1);
    assert_int_equal(s->held, 0);
    scs_tls_free(t);
    assert_int_equal(s->connection.tls->app_records[0], 98);
    free(hello);
}

/* Catches one that takes the HelloRetryRequest for the ServerHello. */
static void retry(void **state)
{
    const struct scs_tls_facts *f = play(*state, (struct play){.name = "retry"});
    has(f, SCS_TLS_HELLO_RETRY);
    has(f, SCS_TLS_DECRYPTED);
}

/* Catches client certificates of TLS 1.3 that are not read, or taken for the server's. */
static void client_certificate(void **state)
{
    const struct scs_tls_facts *f = play(*state, (struct play){.name = "client_certificate", .no_keys = true});
    assert_null(f->client_certificate);
    assert_null(f->server_certificate);
    has(f, SCS_TLS_HANDSHAKE_DONE);
    f = play(*state, (struct play){.name = "client_certificate"});
    has(f, SCS_TLS_CERTIFICATE_REQUEST);
    has_not(f, SCS_TLS_CLIENT_CERT_EMPTY);
    assert_non_null(f->client_certificate);
}

/* Catches early data that is lost, given twice, or given before the server took it. */
static void early_data(void **state)
{
    struct scene *s = *state;
    const struct scs_tls_facts *f = play(s, (struct play){.name = "early_data"});
    has(f, SCS_TLS_RESUMED);
    assert_string_equal(scs_buf_cstr(&s->plain[0]), REQUEST);
    /* Without the server's flight nobody knows; what the client sent is all there is. */
    f = play(s, (struct play){.name = "early_data", .stop_step = 2});
    assert_string_equal(scs_buf_cstr(&s->plain[0]), REQUEST);
}

/* Catches keys that are not changed by a second handshake under the first one's protection. */
static void renegotiation(void **state)
{
    const struct scs_tls_facts *f = play(*state, (struct play){.name = "renegotiation"});
    has(f, SCS_TLS_RENEGOTIATED);
    f = play(*state, (struct play){.name = "renegotiation", .no_keys = true});
    has(f, SCS_TLS_RENEGOTIATED);
    f = play(*state, (struct play){.name = "ticket_first"});
    has_not(f, SCS_TLS_RENEGOTIATED);
}

/* Catches a resumption that needs a secret of its own although the first handshake's was there. */
static void resumption(void **state)
{
    struct scene *s = *state;
    const struct scs_tls_facts *f = play(s, (struct play){.name = "ticket_first"});
    has_not(f, SCS_TLS_RESUMED);
    f = play(s, (struct play){.name = "ticket_second", .no_keys = true});
    has(f, SCS_TLS_RESUMED);
    has(f, SCS_TLS_DECRYPTED);
    assert_plain(s, SCS_TO_SERVER, REQUEST);
}

/* Catches the other kinds of "shut" being mixed up: the reason is what the user acts upon. */
static void why_not(void **state)
{
    struct scene *s = *state;
    const struct scs_tls_facts *f = play(s, (struct play){.name = "tls13", .no_keys = true});
    has_not(f, SCS_TLS_DECRYPTED);
    has(f, SCS_TLS_HANDSHAKE_DONE);
    has(f, SCS_TLS_APP_DATA);
    assert_non_null(strstr(f->why_not, "forward secrecy"));
    assert_null(f->key_source);
    f = play(s, (struct play){.name = "tls10", .no_keys = true});
    assert_non_null(strstr(f->why_not, "private key opens it"));
    f = play(s, (struct play){.name = "tls13", .no_keys = true, .from_step = 5});
    has(f, SCS_TLS_MIDSTREAM);
    assert_non_null(strstr(f->why_not, "ClientHello"));
    play(s, (struct play){.name = "tls10"});
    f = play(s, (struct play){.name = "retry", .no_keys = true});
    assert_non_null(strstr(f->why_not, "client random"));
    f = play(s, (struct play){.name = "ticket_second", .no_keys = true});
    assert_non_null(strstr(f->why_not, "resumes a session"));
    f = play(s, (struct play){.name = "retry", .no_keys = true, .stop_step = 2});
    assert_non_null(strstr(f->why_not, "not completed"));
}

/* Catches a connection that began before the capture, left shut although a secret fits; and a guess where none does. */
static void midway(void **state)
{
    struct scene *s = *state;
    const struct scs_tls_facts *f = play(s, (struct play){.name = "tls13", .from_step = 4});
    char *reply = strdup(scs_buf_cstr(&s->plain[1]));
    has(f, SCS_TLS_DECRYPTED);
    has(f, SCS_TLS_MIDSTREAM);
    assert_int_equal(f->version, 0x0304);
    assert_string_equal(f->cipher_name, "TLS_AES_256_GCM_SHA384");
    assert_plain(s, SCS_TO_SERVER, REQUEST);
    assert_plain(s, SCS_TO_CLIENT, "HTTP/1.0 200 ok\r\n");
    /* Other connections' secrets, and a version that needs more than a secret. */
    f = play(s, (struct play){.name = "retry", .from_step = 6, .no_keys = true});
    has_not(f, SCS_TLS_DECRYPTED);
    assert_non_null(strstr(f->why_not, "ClientHello"));
    f = play(s, (struct play){.name = "ticket_first", .from_step = 5});
    has_not(f, SCS_TLS_DECRYPTED);
    free(reply);
}

/* Catches a wrong secret that is taken for a right one, or a try without end. */
static void wrong_secret(void **state)
{
    struct scene *s = *state;
    const char wrong[] = "CLIENT_RANDOM 38daab9161ae601b173ab481886ac00600ebc236f631cf5af689e16f8ae7d3f8 "
                         "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\n";
    char line_96[sizeof wrong];
    snprintf(line_96, sizeof line_96, "%.*s\n", 14 + 64 + 1 + 96, wrong);
    struct scs_cursor log = scs_cursor_of(line_96, strlen(line_96));
    scs_secrets_add_log(s->secrets, &log, false);
    const struct scs_tls_facts *f = play(s, (struct play){.name = "renegotiation", .no_keys = true});
    has_not(f, SCS_TLS_DECRYPTED);
    assert_int_equal(s->plain[0].len + s->plain[1].len, 0);
    assert_non_null(f->why_not);
}

/* Catches a lost segment that takes the rest of the connection with it. */
static void lost_segment(void **state)
{
    struct scene *s = *state;
    const struct scs_tls_facts *f = play(s, (struct play){.name = "ticket_first"});
    size_t whole = s->plain[1].len;
    has_not(f, SCS_TLS_GAP);
    /* The client's request is lost: the reply opens all the same. */
    f = play(s, (struct play){.name = "ticket_first", .lose_step = 5});
    has(f, SCS_TLS_GAP);
    assert_int_equal(s->plain[0].len, 0);
    assert_int_equal(s->plain[1].len, whole);
    /* The server's flight is lost: no suite, no keys, and no guess. */
    f = play(s, (struct play){.name = "ticket_first", .lose_step = 2});
    has_not(f, SCS_TLS_DECRYPTED);
    assert_non_null(f->why_not);
}

/* Catches crashes and false plaintext after damage anywhere: what comes out is what was sent, or nothing. */
static void damaged(void **state)
{
    struct scene *s = *state;
    play(s, (struct play){.name = "tls13"});
    char *reply = strdup(scs_buf_cstr(&s->plain[1]));
    for (size_t at = 1; at < 3600; at += 7) {
        play(s, (struct play){.name = "tls13", .damage = at});
        if (s->plain[0].len != 0 && s->lost[0] == 0) {
            assert_string_equal(scs_buf_cstr(&s->plain[0]), REQUEST);
        }
        assert_true(s->plain[1].len <= strlen(reply));
    }
    free(reply);
}

static struct scs_chunk text(const char *bytes)
{
    return (struct scs_chunk){.data = (const uint8_t *)bytes, .len = strlen(bytes), .frame = 2};
}

/* Catches a server that answers a ClientHello in plain HTTP going unnoticed. */
static void plain_http(void **state)
{
    struct scene *s = *state;
    size_t len;
    uint8_t *hello = test_hex("160301002f0100002b03030000000000000000000000000000000000000000000000000000000000000000"
                              "000004c02f00ff0100",
                              &len);
    struct scs_chunk reply = text("HTTP/1.1 400 Bad Request\r\n\r\n");
    s->connection = (struct scs_connection){0};
    struct scs_tls *t = scs_tls_new(&s->hooks, &s->connection);
    step(t, SCS_TO_SERVER, hello, len, 0, 1);
    assert_false(scs_tls_settled(t));
    scs_tls_data(t, SCS_TO_CLIENT, &reply);
    assert_true(scs_tls_settled(t));
    assert_true(scs_tls_troubled(t));
    scs_tls_free(t);
    has(s->connection.tls, SCS_TLS_PLAINTEXT);
    assert_non_null(strstr(s->connection.tls->why_not, "plain HTTP"));
    free(hello);
}

/* Catches alerts that are dropped, or whose sender is turned round. */
static void alerts(void **state)
{
    struct scene *s = *state;
    static const uint8_t unknown_ca[] = {0x15, 3, 3, 0, 2, 2, 48}, not_an_alert[] = {0x15, 3, 3, 0, 3, 2, 48, 0};
    s->connection = (struct scs_connection){0};
    struct scs_tls *t = scs_tls_new(&s->hooks, &s->connection);
    step(t, SCS_TO_SERVER, unknown_ca, sizeof unknown_ca, 1, 7);
    step(t, SCS_TO_CLIENT, not_an_alert, sizeof not_an_alert, 0, 8);
    scs_tls_free(t);
    const struct scs_tls_facts *f = s->connection.tls;
    assert_int_equal(f->num_alerts, 1);
    assert_int_equal(f->alerts[0].description, 48);
    assert_true(f->alerts[0].fatal && !f->alerts[0].from_server && !f->alerts[0].encrypted);
    assert_int_equal(f->alerts[0].frame, 7);
}

/* Catches facts that are left behind, or freed with the state. */
static void discarded(void **state)
{
    struct scene *s = *state;
    s->connection = (struct scs_connection){0};
    struct scs_tls *t = scs_tls_new(&s->hooks, &s->connection);
    assert_non_null(s->connection.tls);
    scs_tls_discard(t);
    assert_null(s->connection.tls);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_tls13),  TEST(late_secrets),  TEST(waits_in_vain),
        TEST(cut_anywhere), TEST(retry),         TEST(client_certificate),
        TEST(early_data),   TEST(renegotiation), TEST(resumption),
        TEST(why_not),      TEST(wrong_secret),  TEST(midway),
        TEST(lost_segment), TEST(damaged),       TEST(plain_http),
        TEST(alerts),       TEST(discarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
