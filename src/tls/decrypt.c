/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of one connection: which secrets it needs, when they change, and what to do when a record does not open.
 * RFC 5246 6.3 and 8.1, RFC 8446 7.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "keys/keyring.h"
#include "tls/session.h"
#include "tls/suites.h"

/* Records that did not open, one after the other, before a direction is given up. */
#define MOST_FAILURES 16u
/* Bytes put through the cipher in search of one record's sequence number. */
#define MOST_TRIED (1024u * 1024u)
/*
 * Without a handshake, TLS 1.3 can still be tried with every secret at hand: the tag tells whether one fits. So many secrets,
 * records at the connection's beginning, and records that may have gone by before the capture began.
 */
#define MIDWAY_SECRETS 64u
#define MIDWAY_RECORDS 2u
#define MIDWAY_GONE    16u
/* Bytes of content in a record (RFC 8446 5.2), and some room for what a damaged one gives. */
#define MAX_PLAIN (SCS_TLS_MAX_FRAGMENT + 256u)

/* Suites of TLS 1.3 with SHA-256. */
#define AES_128_GCM 0x1301u
#define CHACHA20    0x1303u

static const char why_no_hello[] = "the capture does not have its ServerHello: the cipher suite is not known";
static const char why_suite[] = "this program does not open its cipher suite";
static const char why_no_key[] = "the keys that were given have none for its client random";
static const char why_wrong[] = "the secret that was found for it does not fit";
static const char why_lost[] = "a record is missing in the capture, and its cipher suite cannot go on after that";
static const char why_resumed[] = "it resumes a session whose full handshake is not in the capture, or stayed shut";
static const char why_forward[] = "forward secrecy: the server's key does not open it, only a key log does (-K)";
static const char why_other_key[] = "the keys that were given are not the one of the server's certificate";
static const char why_broken[] = "records in the middle did not open: they are damaged or missing";

static bool is_13(const struct scs_tls *t)
{
    return t->facts.version == SCS_TLS_1_3;
}

static void set_opener(struct scs_tls_lock *lock, struct scs_tls_opener *opener)
{
    scs_tls_opener_free(lock->opener);
    lock->opener = opener;
    lock->failures = 0;
}

static void shut(struct scs_tls_side *side, const char *why)
{
    set_opener(&side->lock, NULL);
    side->lock.shut = true;
    if (side->tls->why == NULL) {
        side->tls->why = why;
    }
}

/* ---- TLS <= 1.2 ---------------------------------------------------------------------------------- */

static const char *source_of(const struct scs_secret *secret)
{
    return secret->from_dsb ? "dsb" : "keylog";
}

static bool find_secret(struct scs_tls *t, enum scs_secret_label label, struct scs_secret *out)
{
    return t->has_client_random && t->hooks->secrets != NULL && scs_secrets_find(t->hooks->secrets, t->client_random, label, out);
}

static bool master_from_log(struct scs_tls *t)
{
    struct scs_secret secret;
    bool found = find_secret(t, SCS_SECRET_MASTER, &secret) && secret.len == sizeof t->master;
    if (found) {
        memcpy(t->master, secret.bytes, sizeof t->master);
        t->key_source = source_of(&secret);
        OPENSSL_cleanse(&secret, sizeof secret);
    }
    return found;
}

static bool resumed(const struct scs_tls *t)
{
    return !t->full_handshake;
}

static bool find_master(struct scs_tls *t)
{
    if (!t->has_master) {
        t->has_master = master_from_log(t);
        if (!t->has_master && resumed(t)) {
            t->has_master = scs_tls_sessions_get(t->hooks->sessions, t->offered_ticket, t->master, &t->key_source) ||
                            scs_tls_sessions_get(t->hooks->sessions, t->session_id, t->master, &t->key_source);
        }
    }
    return t->has_master;
}

static bool has_log(const struct scs_tls *t)
{
    return t->hooks->secrets != NULL && scs_secrets_any(t->hooks->secrets);
}

static bool has_ring(const struct scs_tls *t)
{
    return scs_keyring_num(t->hooks->keys) != 0;
}

const char *scs_tls_why_shut(const struct scs_tls *t)
{
    if ((t->facts.flags & SCS_TLS_SERVER_HELLO) == 0) {
        return why_no_hello;
    }
    if (!has_log(t) && !has_ring(t)) {
        return scs_tls_is_rsa(t) ? "no key was given; RSA key exchange: the server's private key opens it (-k), or a key log (-K)"
                                 : "no key was given; forward secrecy: only a key log of the client or the server opens it (-K)";
    }
    if ((t->facts.flags & SCS_TLS_RESUMED) != 0 && !is_13(t)) {
        return why_resumed;
    }
    if (!has_log(t)) {
        return scs_tls_is_rsa(t) ? why_other_key : why_forward;
    }
    return why_no_key;
}

void scs_tls_lock_forget(struct scs_tls_side *side)
{
    set_opener(&side->lock, NULL);
    side->lock.lost = 0;
}

void scs_tls_lock_change(struct scs_tls_side *side)
{
    struct scs_tls *t = side->tls;
    struct scs_tls_lock *lock = &side->lock;
    if (!find_master(t)) {
        shut(side, NULL);
        return;
    }
    bool etm = (t->facts.flags & SCS_TLS_ENCRYPT_THEN_MAC) != 0;
    if (t->suite != NULL && scs_tls_suite_supported(t->suite)) {
        set_opener(lock, scs_tls_opener_12(t->suite, t->facts.version, t->master, t->client_random, t->server_random,
                                           side->dir == SCS_TO_CLIENT, etm));
    }
    if (lock->opener == NULL) {
        shut(side, why_suite);
        return;
    }
    scs_tls_sessions_put(t->hooks->sessions, t->session_id, t->master, t->key_source);
}

void scs_tls_lock_ticket(struct scs_tls *t, const struct scs_cursor *body)
{
    struct scs_cursor ticket;
    if (!is_13(t) && t->has_master && scs_tls_session_ticket(body, &ticket) == SCS_OK) {
        scs_tls_sessions_put(t->hooks->sessions, scs_tls_sessions_name(t->hooks->sessions, &ticket), t->master, t->key_source);
    }
}

/* ---- TLS 1.3 ------------------------------------------------------------------------------------- */

static struct scs_tls_opener *opener_of_stage(struct scs_tls_side *side, enum scs_tls_stage stage, uint32_t updates,
                                              uint16_t early_suite)
{
    static const enum scs_secret_label labels[2][SCS_TLS_NUM_STAGES] = {
        {SCS_SECRET_CLIENT_EARLY, SCS_SECRET_CLIENT_HANDSHAKE, SCS_SECRET_CLIENT_TRAFFIC},
        {SCS_NUM_SECRETS, SCS_SECRET_SERVER_HANDSHAKE, SCS_SECRET_SERVER_TRAFFIC}};
    struct scs_tls *t = side->tls;
    enum scs_secret_label label = labels[side->dir == SCS_TO_CLIENT][stage];
    struct scs_secret secret;
    if (label == SCS_NUM_SECRETS || !find_secret(t, label, &secret)) {
        return NULL;
    }
    /* Early data comes before the ServerHello: its suite is the one of an earlier session, of which the hash is known. */
    const struct scs_tls_suite *suite = t->suite != NULL ? t->suite : scs_tls_suite_find(secret.len == 48 ? 0x1302 : early_suite);
    struct scs_tls_opener *opener = scs_tls_opener_13(suite, &secret);
    for (uint32_t i = 0; opener != NULL && i < updates; i++) {
        scs_tls_opener_update(opener);
    }
    t->key_source = source_of(&secret);
    OPENSSL_cleanse(&secret, sizeof secret);
    return opener;
}

static bool has_secret_13(struct scs_tls_side *side)
{
    for (int stage = 0; stage < SCS_TLS_NUM_STAGES; stage++) {
        struct scs_tls_opener *opener = opener_of_stage(side, (enum scs_tls_stage)stage, 0, AES_128_GCM);
        if (opener != NULL) {
            scs_tls_opener_free(opener);
            return true;
        }
    }
    return false;
}

bool scs_tls_lock_complete(struct scs_tls *t)
{
    static const enum scs_secret_label needed[] = {SCS_SECRET_CLIENT_HANDSHAKE, SCS_SECRET_SERVER_HANDSHAKE,
                                                   SCS_SECRET_CLIENT_TRAFFIC, SCS_SECRET_SERVER_TRAFFIC};
    struct scs_secret secret;
    if (!t->has_client_random || (t->suite != NULL && !scs_tls_suite_supported(t->suite))) {
        return true;
    }
    if (t->suite == NULL || !is_13(t)) {
        return t->suite != NULL && find_master(t);
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!find_secret(t, needed[i], &secret)) {
            return false;
        }
        OPENSSL_cleanse(&secret, sizeof secret);
    }
    return true;
}

void scs_tls_lock_finished(struct scs_tls_side *side)
{
    if (side->lock.opener != NULL && side->lock.stage != SCS_TLS_STAGE_TRAFFIC) {
        set_opener(&side->lock, opener_of_stage(side, SCS_TLS_STAGE_TRAFFIC, 0, AES_128_GCM));
        side->lock.stage = SCS_TLS_STAGE_TRAFFIC;
        side->lock.lost = 0;
    }
}

void scs_tls_lock_update(struct scs_tls_side *side)
{
    if (side->lock.opener != NULL && side->lock.stage == SCS_TLS_STAGE_TRAFFIC) {
        scs_tls_opener_update(side->lock.opener);
        side->lock.updates++;
        side->lock.lost = 0;
    }
}

/* ---- opening ------------------------------------------------------------------------------------- */

/* Its beginning is not in the capture, and nothing is known of it. */
static bool is_midway(const struct scs_tls_side *side)
{
    const struct scs_tls *t = side->tls;
    return (t->connection->flags & SCS_CONN_MIDSTREAM) != 0 && t->facts.version == 0 && !t->has_client_random &&
           side->lock.midway < MIDWAY_RECORDS;
}

bool scs_tls_may_open(const struct scs_tls_side *side)
{
    const struct scs_tls *t = side->tls;
    if (side->lock.shut || t->late != NULL) {
        return false;
    }
    if (t->facts.version != 0 && !is_13(t)) {
        return side->lock.opener != NULL;
    }
    if (!has_log(t) || !t->has_client_random) {
        return has_log(t) && is_midway(side);
    }
    return t->suite != NULL || (t->facts.version == 0 && t->early_offered && side->dir == SCS_TO_SERVER);
}

/* A protected record, and what came out of it. */
struct record {
    const struct scs_tls_head *head;
    const struct scs_cursor *fragment;
    struct scs_buf *plain;
    uint8_t type;
};

/* Tries the opener at its sequence number, then at those that follow when records were lost. */
static bool try_opener(struct scs_tls_opener *opener, uint64_t lost, struct record *r)
{
    uint64_t first = scs_tls_opener_get_sequence(opener), most = MOST_TRIED / (r->fragment->len + 1) + 1;
    most = lost < most ? lost : most;
    for (uint64_t n = 0; n <= most; n++) {
        scs_tls_opener_set_sequence(opener, first + n);
        scs_buf_clear(r->plain);
        if (scs_tls_open(opener, r->head->type, r->head->version, r->fragment, r->plain, &r->type) == SCS_TLS_OPENED) {
            return true;
        }
    }
    scs_tls_opener_set_sequence(opener, first);
    return false;
}

static bool try_stage(struct scs_tls_side *side, enum scs_tls_stage stage, uint32_t updates, uint16_t early_suite,
                      struct record *record)
{
    struct scs_tls_opener *opener = opener_of_stage(side, stage, updates, early_suite);
    if (opener == NULL) {
        return false;
    }
    if (!try_opener(opener, side->lock.lost, record)) {
        scs_tls_opener_free(opener);
        return false;
    }
    set_opener(&side->lock, opener);
    side->lock.stage = stage;
    side->lock.updates = updates;
    return true;
}

/* The secrets that may come next in this direction: a later stage, or after a loss a later update. */
static bool try_next_13(struct scs_tls_side *side, struct record *record)
{
    struct scs_tls_lock *lock = &side->lock;
    int first = lock->opener != NULL ? (int)lock->stage + 1 : SCS_TLS_STAGE_EARLY;
    bool updated = lock->stage == SCS_TLS_STAGE_TRAFFIC && lock->opener != NULL && lock->lost != 0;
    for (int stage = updated ? SCS_TLS_STAGE_TRAFFIC : first; stage < SCS_TLS_NUM_STAGES; stage++) {
        uint32_t updates = updated ? lock->updates + 1 : 0;
        if (try_stage(side, (enum scs_tls_stage)stage, updates, AES_128_GCM, record) ||
            (side->tls->suite == NULL && try_stage(side, (enum scs_tls_stage)stage, 0, CHACHA20, record))) {
            return true;
        }
    }
    return false;
}

static void begin_midway(struct scs_tls_side *side, const struct scs_tls_suite *suite, const uint8_t client_random[32])
{
    struct scs_tls *t = side->tls;
    memcpy(t->client_random, client_random, sizeof t->client_random);
    t->has_client_random = true;
    t->suite = suite;
    t->facts.version = SCS_TLS_1_3;
    t->facts.cipher = suite->number;
    t->facts.cipher_name = suite->name;
    t->facts.key_exchange = "TLS 1.3";
    side->lock.stage = SCS_TLS_STAGE_TRAFFIC;
    t->side[side->dir == SCS_TO_SERVER ? SCS_TO_CLIENT : SCS_TO_SERVER].lock.lost = MIDWAY_GONE;
}

/* Tries one secret with the suites that have a hash of its length. */
static bool try_midway_secret(struct scs_tls_side *side, const struct scs_secret *secret, const uint8_t client_random[32],
                              struct record *record)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        const struct scs_tls_suite *suite = scs_tls_suite_find(suites[i]);
        struct scs_tls_opener *opener = scs_tls_suite_hash_len(suite) == secret->len ? scs_tls_opener_13(suite, secret) : NULL;
        if (opener != NULL && try_opener(opener, MIDWAY_GONE, record)) {
            set_opener(&side->lock, opener);
            begin_midway(side, suite, client_random);
            side->tls->key_source = source_of(secret);
            return true;
        }
        scs_tls_opener_free(opener);
    }
    return false;
}

static bool try_midway(struct scs_tls_side *side, struct record *record)
{
    enum scs_secret_label wanted = side->dir == SCS_TO_SERVER ? SCS_SECRET_CLIENT_TRAFFIC : SCS_SECRET_SERVER_TRAFFIC, label;
    uint8_t client_random[32];
    struct scs_secret secret;
    bool opened = false;
    uint32_t tried = 0;
    side->lock.midway++;
    for (uint32_t n = 0;
         !opened && tried < MIDWAY_SECRETS && scs_secrets_nth(side->tls->hooks->secrets, n, client_random, &label, &secret);
         n++) {
        if (label == wanted) {
            tried++;
            opened = try_midway_secret(side, &secret, client_random, record);
        }
    }
    OPENSSL_cleanse(&secret, sizeof secret);
    return opened;
}

/* What kept its place in the order of records did so in vain; the next may open. */
static void note_failure(struct scs_tls_side *side)
{
    struct scs_tls_lock *lock = &side->lock;
    struct scs_tls *t = side->tls;
    if (t->facts.version == 0) {
        return; /* early data without its secret: what follows has others */
    }
    lock->failures++;
    if (is_13(t) && lock->failures == 1 && !lock->opened && !has_secret_13(side)) {
        shut(side, why_no_key);
    } else if (lock->failures >= MOST_FAILURES) {
        shut(side, lock->opened ? why_broken : why_wrong);
    } else if (lock->opener != NULL && lock->opened && !scs_tls_opener_survives_loss(lock->opener)) {
        shut(side, why_broken);
    } else {
        lock->lost++;
    }
}

static void note_opened(struct scs_tls_side *side)
{
    struct scs_tls *t = side->tls;
    side->lock.opened = true;
    if (t->rsa_key >= 0) {
        scs_keyring_count(t->hooks->keys, (uint32_t)t->rsa_key);
        t->rsa_key = -1;
    }
}

bool scs_tls_unlock(struct scs_tls_side *side, const struct scs_tls_head *head, const struct scs_cursor *fragment,
                    uint8_t *out_type, struct scs_buf *out)
{
    struct scs_tls *t = side->tls;
    struct scs_tls_lock *lock = &side->lock;
    struct record record = {.head = head, .fragment = fragment, .type = head->type, .plain = out};
    scs_buf_init(out, MAX_PLAIN);
    bool opened = lock->opener != NULL && try_opener(lock->opener, lock->lost, &record);
    if (!opened && is_midway(side)) {
        opened = head->type == SCS_TLS_REC_APPLICATION && try_midway(side, &record);
    } else if (!opened && (is_13(t) || t->facts.version == 0)) {
        opened = try_next_13(side, &record);
    }
    if (opened) {
        note_opened(side);
        lock->failures = 0;
        lock->lost = 0;
        if (side->dir == SCS_TO_SERVER && lock->stage == SCS_TLS_STAGE_TRAFFIC && t->early.len != 0) {
            scs_tls_early_settled(t, true);
        }
    } else {
        note_failure(side);
        if ((t->facts.flags & SCS_TLS_DECRYPTED) != 0 && t->hooks->lost != NULL && head->type == SCS_TLS_REC_APPLICATION) {
            t->hooks->lost(t->hooks->ctx, t->connection, side->dir, head->len, t->chunk->frame, t->chunk->ts_ns);
        }
    }
    *out_type = record.type;
    return opened;
}

void scs_tls_lock_lost(struct scs_tls_side *side, uint64_t most)
{
    struct scs_tls_lock *lock = &side->lock;
    lock->lost += most;
    if (lock->opener != NULL && !scs_tls_opener_survives_loss(lock->opener)) {
        shut(side, why_lost);
    }
}

void scs_tls_lock_cleanup(struct scs_tls *t)
{
    for (int dir = 0; dir < 2; dir++) {
        scs_tls_opener_free(t->side[dir].lock.opener);
    }
    scs_tls_transcript_free(t->transcript);
    if (t->early.p != NULL) {
        OPENSSL_cleanse(t->early.p, t->early.len);
    }
    scs_buf_cleanup(&t->early);
}
