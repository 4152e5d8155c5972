/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files about one TLS connection share. Each calls only those that stand below it here: tls.c (the connection),
 * session.c (records), handshake.c (messages), late.c (waiting for secrets), decrypt.c (keys), key_exchange.c, plain.c (what is
 * given on).
 */
#ifndef SCS_TLS_SESSION_H
#define SCS_TLS_SESSION_H

#include "dissectors/tls.h"
#include "tls/opener.h"
#include "tls/sessions.h"
#include "tls/tls.h"

#define SCS_TLS_1_2 0x0303
#define SCS_TLS_1_3 0x0304

/* What TLS 1.3 adds to the content of a record without padding: its type, and the tag. */
#define SCS_TLS_13_ADDED 17u

/* Secrets of TLS 1.3 follow one another in each direction. */
enum scs_tls_stage { SCS_TLS_STAGE_EARLY, SCS_TLS_STAGE_HANDSHAKE, SCS_TLS_STAGE_TRAFFIC, SCS_TLS_NUM_STAGES };

/* One direction's keys, as far as they are known. */
struct scs_tls_lock {
    struct scs_tls_opener *opener; /* NULL: none yet */
    enum scs_tls_stage stage;      /* TLS 1.3 */
    uint32_t updates;              /* KeyUpdates so far, TLS 1.3 */
    uint32_t failures;             /* records that did not open, since one did */
    uint32_t midway;               /* records tried with every secret there is, because the handshake was not captured */
    uint64_t lost;                 /* records at most that the capture lacks since one opened; 0 none */
    bool opened;                   /* anything at all */
    bool shut;                     /* given up */
};

struct scs_tls_side {
    struct scs_tls *tls;
    enum scs_dir dir;
    struct scs_tls_records records;
    struct scs_tls_messages messages;
    scs_frame began_frame; /* where the present record began */
    int64_t began_ns;
    bool changed;          /* ChangeCipherSpec: with TLS <= 1.2 what follows is protected */
    bool finished;         /* ... and the Finished after it */
    uint32_t protected_13; /* records of TLS 1.3 before its Finished */
    struct scs_tls_lock lock;
};

struct scs_tls {
    const struct scs_tls_hooks *hooks;
    struct scs_connection *connection;
    struct scs_tls_facts facts;   /* until scs_tls_free copies them */
    struct scs_tls_alert *alerts; /* SCS_MAX_CONNECTION_EVENTS of them; NULL until there is one */
    struct scs_buf sni, alpn;     /* as text */
    struct scs_tls_side side[2];
    const struct scs_chunk *chunk;  /* being fed */
    struct scs_buf certificates[2]; /* Certificate messages as they came, by who sent them; read when worth it */
    bool full_handshake;            /* since the last ServerHello: a certificate or key exchange */
    bool shown;                     /* scs_tls_show was here after the handshake */
    bool compact;                   /* its handshake's buffers were given back */
    bool stopped;                   /* not TLS after all, or no records any more */
    const char *why;                /* what keeps it shut, once that is known */
    struct scs_tls_late *late;      /* late.c: its secrets may still come; NULL: no, or they were there in time */
    /* Keys */
    uint8_t client_random[32], server_random[32];
    bool has_client_random, has_server_random;
    const struct scs_tls_suite *suite;
    uint8_t master[48];
    bool has_master;
    const char *key_source;
    int rsa_key;                           /* which of the ring gave the master secret; -1 none */
    struct scs_tls_transcript *transcript; /* kept for RSA keys only: RFC 7627 4 */
    uint64_t offered_ticket, session_id;   /* names in the table of sessions: the client's ticket, the server's id */
    /* Early data, held until the server says whether it takes it */
    bool early_offered, early_known, early_accepted;
    struct scs_buf early;
    scs_frame early_frame; /* of the last byte held */
    int64_t early_ns;
};

/* ---- session.c ------------------------------------------------------------------------------------ */

/* scs_tls_side_init prepares one direction of `t`. midway: its first bytes may lie inside a record. */
void scs_tls_side_init(struct scs_tls_side *side, struct scs_tls *t, enum scs_dir dir, bool midway);
void scs_tls_side_cleanup(struct scs_tls_side *side);

/* ---- handshake.c ---------------------------------------------------------------------------------- */

/* scs_tls_on_message takes one handshake message of `ctx`, a struct scs_tls_side. */
void scs_tls_on_message(void *ctx, const struct scs_tls_message *message);
void scs_tls_on_ssl2_hello(struct scs_tls_side *side, const struct scs_cursor *fragment);
void scs_tls_on_alert(struct scs_tls_side *side, const struct scs_cursor *fragment, bool encrypted);
void scs_tls_on_change(struct scs_tls_side *side);
/* scs_tls_note_finished: this side's Finished went by. */
void scs_tls_note_finished(struct scs_tls_side *side);

/* ---- late.c --------------------------------------------------------------------------------------- */

/* What the flow stage told of a connection. */
struct scs_tls_told {
    enum { SCS_TLS_TOLD_DATA, SCS_TLS_TOLD_GAP, SCS_TLS_TOLD_END } kind;
    enum scs_dir dir;
    bool snaplen;
    enum scs_end how;
    uint64_t len; /* of data or of the gap */
    scs_frame frame;
    int64_t ts_ns;
};

/* scs_tls_late_begin lets the connection wait while key logs may still grow. scs_tls_late_end: it need not any more. */
void scs_tls_late_begin(struct scs_tls *t);
void scs_tls_late_end(struct scs_tls *t);
void scs_tls_late_free(struct scs_tls *t, struct scs_tls_late *late);
/* What the flow stage tells is kept of a connection that waits; false where there is no room: then it must not wait longer. */
SCS_MUST_USE bool scs_tls_late_data(struct scs_tls *t, enum scs_dir dir, const struct scs_chunk *chunk);
SCS_MUST_USE bool scs_tls_late_gap(struct scs_tls *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame,
                                   int64_t ts_ns);
SCS_MUST_USE bool scs_tls_late_closed(struct scs_tls *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns);
/* scs_tls_late_holds: something protected is here, and secrets are still waited for: it is not to be opened now. */
bool scs_tls_late_holds(struct scs_tls *t);
/* scs_tls_late_missed: something protected went by. scs_tls_late_ready: and its secrets are there now. */
bool scs_tls_late_missed(const struct scs_tls_late *late);
bool scs_tls_late_ready(const struct scs_tls *t);
/* scs_tls_late_has_come looks for the secrets of a connection that waits. */
bool scs_tls_late_has_come(struct scs_tls *t);
/* scs_tls_late_next gives back what was kept, in order, with its data; false at the end. */
bool scs_tls_late_next(struct scs_tls_late *late, struct scs_tls_told *out, struct scs_cursor *out_data);

/* ---- decrypt.c ------------------------------------------------------------------------------------ */

/* scs_tls_may_open: could records of this side still be opened? False: only their heads are of interest. */
bool scs_tls_may_open(const struct scs_tls_side *side);
/*
 * scs_tls_unlock opens a protected record; false when it stays shut. *out_type receives what it holds; `out` is made here in
 * either case, and the caller cleanses it and cleans it up.
 */
bool scs_tls_unlock(struct scs_tls_side *side, const struct scs_tls_head *head, const struct scs_cursor *fragment,
                    uint8_t *out_type, struct scs_buf *out);
/* scs_tls_lock_complete: what the handshake up to here calls for is known, or cannot be found for this connection at all. */
bool scs_tls_lock_complete(struct scs_tls *t);
/* scs_tls_lock_lost: records of this side are missing; 1, or so many at most. */
void scs_tls_lock_lost(struct scs_tls_side *side, uint64_t most);
/* scs_tls_lock_forget: the side's keys so far are none for what follows. */
void scs_tls_lock_forget(struct scs_tls_side *side);
/* scs_tls_lock_change: the side protects what follows with the keys just agreed (TLS <= 1.2). */
void scs_tls_lock_change(struct scs_tls_side *side);
void scs_tls_lock_finished(struct scs_tls_side *side); /* TLS 1.3: the next secret */
void scs_tls_lock_update(struct scs_tls_side *side);   /* TLS 1.3: KeyUpdate */
/* scs_tls_why_shut: there was application data, and none of it opened. */
const char *scs_tls_why_shut(const struct scs_tls *t);
/* scs_tls_lock_ticket: a NewSessionTicket of TLS <= 1.2. */
void scs_tls_lock_ticket(struct scs_tls *t, const struct scs_cursor *body);
void scs_tls_lock_cleanup(struct scs_tls *t);

/* ---- key_exchange.c ------------------------------------------------------------------------------- */

/* scs_tls_is_rsa: the master secret goes to the server encrypted with its certificate's key. */
bool scs_tls_is_rsa(const struct scs_tls *t);
/* scs_tls_note_message puts a handshake message (with its head) on record for the session hash. */
void scs_tls_note_message(struct scs_tls *t, uint8_t type, const struct scs_cursor *bytes);
/* scs_tls_key_exchange: the ClientKeyExchange, which an RSA key of the server's opens. */
void scs_tls_key_exchange(struct scs_tls *t, const struct scs_cursor *body);

/* ---- plain.c -------------------------------------------------------------------------------------- */

/* scs_tls_plain hands plaintext on: its first byte with the frame its record began in, the rest with the present one. */
void scs_tls_plain(struct scs_tls_side *side, const struct scs_cursor *content);
/* scs_tls_early_plain: opened early data, kept back until it is known whether the server takes it. */
void scs_tls_early_plain(struct scs_tls *t, const struct scs_cursor *content);
/* scs_tls_early_settled: the server takes early data, or does not. */
void scs_tls_early_settled(struct scs_tls *t, bool accepted);

#endif
