/* SPDX-License-Identifier: Apache-2.0 */
/* What session.c (records), handshake.c (messages) and decrypt.c (keys) share about one TLS connection. */
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

/* ---- handshake.c ---------------------------------------------------------------------------------- */

/* scs_tls_on_message takes one handshake message of `ctx`, a struct scs_tls_side. */
void scs_tls_on_message(void *ctx, const struct scs_tls_message *message);
void scs_tls_on_ssl2_hello(struct scs_tls_side *side, const struct scs_cursor *fragment);
void scs_tls_on_alert(struct scs_tls_side *side, const struct scs_cursor *fragment, bool encrypted);
void scs_tls_on_change(struct scs_tls_side *side);
/* scs_tls_note_finished: this side's Finished went by. */
void scs_tls_note_finished(struct scs_tls_side *side);

/* ---- session.c ------------------------------------------------------------------------------------ */

/* scs_tls_content takes the content of a record in clear or opened. `wire_len`: of the fragment. */
void scs_tls_content(struct scs_tls_side *side, uint8_t type, const struct scs_cursor *content, bool encrypted,
                     uint32_t wire_len);

/* scs_tls_plain hands plaintext on: its first byte with the frame its record began in, the rest with the present one. */
void scs_tls_plain(struct scs_tls_side *side, const struct scs_cursor *content);

/* scs_tls_begin_again forgets all but the hooks and the connection. */
void scs_tls_begin_again(struct scs_tls *t);

/* ---- late.c --------------------------------------------------------------------------------------- */

void scs_tls_late_begin(struct scs_tls *t);
void scs_tls_late_end(struct scs_tls *t);
/* What the flow stage tells is kept; where there is no room the connection no longer waits. */
void scs_tls_late_data(struct scs_tls *t, enum scs_dir dir, const struct scs_chunk *chunk);
void scs_tls_late_gap(struct scs_tls *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns);
void scs_tls_late_closed(struct scs_tls *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns);
/* scs_tls_late_holds: something protected is here, and secrets are still waited for: it is not to be opened now. */
bool scs_tls_late_holds(struct scs_tls *t);
/* scs_tls_late_settle reads all again when the secrets have come. */
void scs_tls_late_settle(struct scs_tls *t);

/* ---- decrypt.c ------------------------------------------------------------------------------------ */

/* scs_tls_may_open: could records of this side still be opened? False: only their heads are of interest. */
bool scs_tls_may_open(const struct scs_tls_side *side);
/* scs_tls_unlock opens a protected record and hands its content on; false when it stays shut. */
bool scs_tls_unlock(struct scs_tls_side *side, const struct scs_tls_head *head, const struct scs_cursor *fragment);
/* scs_tls_lock_complete: what the handshake up to here calls for is known, or cannot be found for this connection at all. */
bool scs_tls_lock_complete(struct scs_tls *t);
/* scs_tls_lock_lost: records of this side are missing; 1, or so many at most. */
void scs_tls_lock_lost(struct scs_tls_side *side, uint64_t most);
/* scs_tls_lock_change: the side protects what follows with the keys just agreed (TLS <= 1.2). */
void scs_tls_lock_change(struct scs_tls_side *side);
void scs_tls_lock_finished(struct scs_tls_side *side); /* TLS 1.3: the next secret */
void scs_tls_lock_update(struct scs_tls_side *side);   /* TLS 1.3: KeyUpdate */
/* scs_tls_note_message puts a handshake message (with its head) on record for the session hash. */
void scs_tls_note_message(struct scs_tls *t, uint8_t type, const struct scs_cursor *bytes);
/* scs_tls_lock_key_exchange: the ClientKeyExchange, which an RSA key of the server's opens. */
void scs_tls_lock_key_exchange(struct scs_tls *t, const struct scs_cursor *body);
/* scs_tls_why_shut: there was application data, and none of it opened. */
const char *scs_tls_why_shut(const struct scs_tls *t);
/* scs_tls_lock_ticket: a NewSessionTicket of TLS <= 1.2. */
void scs_tls_lock_ticket(struct scs_tls *t, const struct scs_cursor *body);
/* scs_tls_early_plain: opened early data, kept back until it is known whether the server takes it. */
void scs_tls_early_plain(struct scs_tls *t, const struct scs_cursor *content);
/* scs_tls_early_settled: the server takes early data, or does not. */
void scs_tls_early_settled(struct scs_tls *t, bool accepted);
void scs_tls_lock_cleanup(struct scs_tls *t);

#endif
