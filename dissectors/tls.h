/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS as it stands on the wire: records, handshake messages, alerts. RFC 5246, 8446; SSL 3.0's hello in
 * SSL 2.0 form, RFC 5246 E.2. No keys, no state of a session.
 */
#ifndef SCS_DISSECTORS_TLS_H
#define SCS_DISSECTORS_TLS_H

#include "base/buf.h"
#include "scepscope/cursor.h"

/* ---- records: tls_record.c ----------------------------------------------------------------------- */

/* Fragment of a record: 2^14 and what protection may add (RFC 5246 6.2.3). */
#define SCS_TLS_MAX_FRAGMENT (16384u + 2048u)

enum scs_tls_content {
    SCS_TLS_REC_SSL2 = 0, /* a ClientHello in SSL 2.0 form: `fragment` begins with its message type */
    SCS_TLS_REC_CCS = 20,
    SCS_TLS_REC_ALERT = 21,
    SCS_TLS_REC_HANDSHAKE = 22,
    SCS_TLS_REC_APPLICATION = 23,
    SCS_TLS_REC_HEARTBEAT = 24
};

struct scs_tls_head {
    uint8_t type; /* enum scs_tls_content */
    uint16_t version;
    uint32_t len; /* of the fragment */
};

enum scs_tls_stop {
    SCS_TLS_STOP_FOREIGN, /* what stands here is no record */
    SCS_TLS_STOP_OVERFLOW /* a record longer than any may be */
};

struct scs_tls_record_events {
    /* Are the bytes of this record wanted? Those of others are passed over by count. */
    bool (*wants)(void *ctx, const struct scs_tls_head *head);
    /* At a record's last byte; `fragment` is empty when it was not wanted. */
    void (*record)(void *ctx, const struct scs_tls_head *head, const struct scs_cursor *fragment);
    /* A hole. `num` 1: in exactly this one record; 0: some records, nobody knows how many. */
    void (*lost)(void *ctx, unsigned num, uint64_t bytes);
    /* Reading ends here for good; `bytes` are what stands there, as far as they came. */
    void (*stop)(void *ctx, enum scs_tls_stop why, const struct scs_cursor *bytes);
};

/* One direction's records. Zeroed by scs_tls_records_init; holds bytes only of a record that is not whole yet. */
struct scs_tls_records {
    const struct scs_tls_record_events *events;
    void *ctx;
    uint8_t head[5];
    uint8_t head_len;
    bool inside, wanted, holed; /* in a fragment; its bytes are wanted; some of them are missing */
    bool searching;             /* after a hole, or midway: for the next thing that looks like a head */
    bool any, stopped;
    struct scs_tls_head now;
    uint32_t left;          /* bytes of the fragment to come */
    uint64_t unknown;       /* bytes passed in the search */
    uint16_t usual_version; /* of the records so far */
    struct scs_buf held;
};

/* scs_tls_records_init: `midway` when the stream's beginning is not there. */
void scs_tls_records_init(struct scs_tls_records *r, bool midway, const struct scs_tls_record_events *events, void *ctx);
void scs_tls_records_feed(struct scs_tls_records *r, const struct scs_cursor *bytes);
void scs_tls_records_gap(struct scs_tls_records *r, uint64_t len);
void scs_tls_records_cleanup(struct scs_tls_records *r);
/* scs_tls_records_rest gives back memory that holds nothing; reading may go on. */
void scs_tls_records_rest(struct scs_tls_records *r);
/* scs_tls_begins: do these bytes look like the head of a record, or of a hello in SSL 2.0 form? */
bool scs_tls_begins(const struct scs_cursor *bytes);

/* ---- handshake messages in the records: tls_record.c ---------------------------------------------- */

enum scs_tls_message_type {
    SCS_TLS_MSG_HELLO_REQUEST = 0,
    SCS_TLS_MSG_CLIENT_HELLO = 1,
    SCS_TLS_MSG_SERVER_HELLO = 2,
    SCS_TLS_MSG_NEW_SESSION_TICKET = 4,
    SCS_TLS_MSG_END_OF_EARLY_DATA = 5,
    SCS_TLS_MSG_ENCRYPTED_EXTENSIONS = 8,
    SCS_TLS_MSG_CERTIFICATE = 11,
    SCS_TLS_MSG_SERVER_KEY_EXCHANGE = 12,
    SCS_TLS_MSG_CERTIFICATE_REQUEST = 13,
    SCS_TLS_MSG_SERVER_HELLO_DONE = 14,
    SCS_TLS_MSG_CERTIFICATE_VERIFY = 15,
    SCS_TLS_MSG_CLIENT_KEY_EXCHANGE = 16,
    SCS_TLS_MSG_FINISHED = 20,
    SCS_TLS_MSG_CERTIFICATE_STATUS = 22,
    SCS_TLS_MSG_KEY_UPDATE = 24
};

struct scs_tls_message {
    uint8_t type;            /* enum scs_tls_message_type */
    bool whole;              /* false: longer than SCS_MAX_TLS_MESSAGE, `body` is its beginning */
    struct scs_cursor body;  /* without the head */
    struct scs_cursor bytes; /* with it, as the transcript takes it */
};

/* One direction's messages: several in a record, or one over several. */
struct scs_tls_messages {
    struct scs_buf held;
    uint32_t skip; /* bytes of a message too long to hold */
};

void scs_tls_messages_init(struct scs_tls_messages *m);
void scs_tls_messages_feed(struct scs_tls_messages *m, const struct scs_cursor *fragment,
                           void (*message)(void *ctx, const struct scs_tls_message *message), void *ctx);
/* scs_tls_messages_drop forgets the message that is not whole: a record of it was lost, or the keys changed. */
void scs_tls_messages_drop(struct scs_tls_messages *m);
void scs_tls_messages_cleanup(struct scs_tls_messages *m);

/* ---- single messages: tls.c. Cursors borrow the message. ------------------------------------------- */

/* ClientHello, ServerHello, HelloRetryRequest. */
struct scs_tls_hello {
    uint16_t version;                  /* ServerHello: negotiated; ClientHello: legacy_version */
    uint16_t max_version, min_version; /* ClientHello: offered; min 0: not stated (no supported_versions) */
    uint8_t random[32];
    struct scs_cursor session_id;
    struct scs_cursor suites; /* ClientHello */
    uint16_t cipher;          /* ServerHello */
    struct scs_cursor sni;    /* host name; len 0: none */
    struct scs_cursor alpn;   /* the first protocol named (ServerHello: the chosen one) */
    struct scs_cursor ticket; /* of RFC 5077; len 0: none, or asked for one */
    bool retry, ssl2, psk, early_data, extended_master_secret, encrypt_then_mac;
};

/* SCS_MORE: cut; what came before the cut is set. */
enum scs_status scs_tls_client_hello(const struct scs_cursor *body, struct scs_tls_hello *out);
/* `fragment` of a record of type SCS_TLS_REC_SSL2. */
enum scs_status scs_tls_ssl2_hello(const struct scs_cursor *fragment, struct scs_tls_hello *out);
enum scs_status scs_tls_server_hello(const struct scs_cursor *body, struct scs_tls_hello *out);
/* scs_tls_encrypted_extensions sets alpn and early_data only. */
enum scs_status scs_tls_encrypted_extensions(const struct scs_cursor *body, struct scs_tls_hello *out);

/* scs_tls_certificate_list gives the list inside a Certificate message; empty when there is no certificate. */
enum scs_status scs_tls_certificate_list(const struct scs_cursor *body, bool tls13, struct scs_cursor *list);
/* scs_tls_certificate cuts the next certificate off the list; false at its end or when it is cut. */
bool scs_tls_certificate(struct scs_cursor *list, bool tls13, struct scs_cursor *der);
/* scs_tls_session_ticket: the ticket of a NewSessionTicket of TLS <= 1.2. */
enum scs_status scs_tls_session_ticket(const struct scs_cursor *body, struct scs_cursor *ticket);
/* scs_tls_rsa_key_exchange: the encrypted premaster secret of a ClientKeyExchange. */
enum scs_status scs_tls_rsa_key_exchange(const struct scs_cursor *body, uint16_t version, struct scs_cursor *encrypted);
/* scs_tls_read_alert: an alert in clear has exactly two bytes, level and description. */
enum scs_status scs_tls_read_alert(const struct scs_cursor *fragment, bool *fatal, uint8_t *description);
/* scs_tls_is_grease: one of the reserved values clients send to keep servers tolerant. RFC 8701. */
bool scs_tls_is_grease(uint16_t value);

#endif
