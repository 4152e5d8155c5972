/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TLS connection, watched from outside. Takes ordered bytes of both directions as src/http does;
 * fills the connection's TLS facts; where a secret is known gives the plaintext on. Without keys it
 * costs a bounded few hundred bytes after the handshake.
 */
#ifndef SCS_TLS_TLS_H
#define SCS_TLS_TLS_H

#include "dissectors/x509.h"
#include "http/http.h"
#include "scepscope/exchange.h"
#include "scepscope/tls_facts.h"

struct scs_secrets;      /* keys/secrets.h: key logs */
struct scs_keyring;      /* keys/keyring.h */
struct scs_tls_sessions; /* tls/sessions.h: master secrets of earlier connections */

struct scs_tls_hooks {
    void *ctx;
    struct scs_arena *keep;
    struct scs_intern *intern;
    struct scs_cert_cache *certs;
    struct scs_limits_hit *limits;
    struct scs_secrets *secrets;       /* NULL: none were given */
    struct scs_keyring *keys;          /* RSA keys of servers; NULL: none were given */
    struct scs_tls_sessions *sessions; /* tls/sessions.h; NULL: resumptions are not followed */
    /* Decrypted application data, in order; `frame` is the frame with the record's last byte. */
    void (*plain)(void *ctx, struct scs_connection *connection, enum scs_dir dir, const struct scs_chunk *chunk);
    /* A record that could not be opened although others can: so many bytes of plaintext are missing. */
    void (*lost)(void *ctx, struct scs_connection *connection, enum scs_dir dir, uint64_t len, scs_frame frame, int64_t ts_ns);
    /* close_notify was seen inside: the plaintext of `dir` ends well. */
    void (*closed)(void *ctx, struct scs_connection *connection, enum scs_dir dir, int64_t ts_ns);
    /* The connection's own end, which scs_tls_end told before the plaintext could be given. */
    void (*ended)(void *ctx, struct scs_connection *connection, enum scs_dir dir, enum scs_end how, int64_t ts_ns);
    uint64_t *held; /* bytes that connections keep while their secrets may still come, over all; NULL: not counted */
};

struct scs_tls;

/* scs_tls_new: hooks and connection are borrowed. The connection's `tls` facts are set at once. */
struct scs_tls *scs_tls_new(const struct scs_tls_hooks *hooks, struct scs_connection *connection);
/* scs_tls_tunnelled: it runs inside HTTP CONNECT. */
void scs_tls_tunnelled(struct scs_tls *t);
void scs_tls_data(struct scs_tls *t, enum scs_dir dir, const struct scs_chunk *chunk);
void scs_tls_gap(struct scs_tls *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns);
void scs_tls_end(struct scs_tls *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns);
/* scs_tls_settled: the handshake is over and nothing opens what follows; more bytes would only be counted. */
bool scs_tls_settled(const struct scs_tls *t);
/* scs_tls_compact gives back what the handshake needed once it is settled, of a connection that is followed on. */
void scs_tls_compact(struct scs_tls *t);
/* scs_tls_troubled: alerts, plain text, or a ClientHello after which no application data came (so far). */
bool scs_tls_troubled(const struct scs_tls *t);
/*
 * While the key logs may still grow (scs_secrets_expected) a connection waits for its secrets: nothing of it is opened, and
 * what it carried is kept to be read again. scs_tls_waits: it does. scs_tls_look: have they come? Then it is read again; false
 * while it still waits. scs_tls_stop_waiting reads it again with what is known now.
 */
bool scs_tls_waits(const struct scs_tls *t);
bool scs_tls_look(struct scs_tls *t);
void scs_tls_stop_waiting(struct scs_tls *t);
/* scs_tls_show brings the facts up to date that scs_tls_free settles, of a connection that goes on. */
void scs_tls_show(struct scs_tls *t);
/* scs_tls_free settles why_not and moves the connection's facts to `keep`. NULL is fine. */
void scs_tls_free(struct scs_tls *t);
/* scs_tls_move: `keep`, where the connection lies too, turned (base/mover.h). */
void scs_tls_move(struct scs_tls *t, struct scs_mover *m);
/* scs_tls_discard leaves no facts: the connection's `tls` becomes NULL. */
void scs_tls_discard(struct scs_tls *t);

#endif
