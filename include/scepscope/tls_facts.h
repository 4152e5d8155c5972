/* SPDX-License-Identifier: Apache-2.0 */
/* What a TLS connection shows, with or without keys. RFC 5246, 8446. Plain data, as in facts.h. */
#ifndef SCEPSCOPE_TLS_FACTS_H
#define SCEPSCOPE_TLS_FACTS_H

#include "scepscope/facts.h"

struct scs_tls_alert {
    scs_frame frame;
    int64_t ts_ns;
    bool from_server;
    bool fatal;
    bool encrypted;      /* seen only because the connection was decrypted */
    uint8_t description; /* RFC 8446 6: 48 unknown_ca ... */
};

enum scs_tls_flag {
    SCS_TLS_CLIENT_HELLO = 1u << 0,
    SCS_TLS_SERVER_HELLO = 1u << 1,
    SCS_TLS_HELLO_RETRY = 1u << 2,
    SCS_TLS_RESUMED = 1u << 3,             /* abbreviated handshake, or a PSK was accepted */
    SCS_TLS_CERTIFICATE_REQUEST = 1u << 4, /* the server asked for a client certificate (TLS <= 1.2, or decrypted) */
    SCS_TLS_CLIENT_CERT_EMPTY = 1u << 5,   /* ... and the client had none */
    SCS_TLS_HANDSHAKE_DONE = 1u << 6,      /* both sides' ChangeCipherSpec and Finished, or application data both ways */
    SCS_TLS_APP_DATA = 1u << 7,            /* application data records were seen */
    SCS_TLS_RENEGOTIATED = 1u << 8,        /* handshake records after application data (TLS <= 1.2) */
    SCS_TLS_EXTENDED_MASTER_SECRET = 1u << 9,
    SCS_TLS_ENCRYPT_THEN_MAC = 1u << 10,
    SCS_TLS_PLAINTEXT = 1u << 11,  /* text of HTTP where TLS belongs: on port 443, or by what the other side answered */
    SCS_TLS_IN_CONNECT = 1u << 12, /* tunnelled through HTTP CONNECT */
    SCS_TLS_SSL2_HELLO = 1u << 13,
    SCS_TLS_CLOSE_NOTIFY_CLIENT = 1u << 14,
    SCS_TLS_CLOSE_NOTIFY_SERVER = 1u << 15,
    SCS_TLS_DECRYPTED = 1u << 16, /* at least one record of application data was opened */
    SCS_TLS_MIDSTREAM = 1u << 17, /* the capture began after the ClientHello */
    SCS_TLS_GAP = 1u << 18,       /* bytes of it are not in the capture */
    SCS_TLS_QUIC = 1u << 19
};

struct scs_tls_facts {
    uint32_t flags;                                  /* enum scs_tls_flag */
    uint16_t version;                                /* negotiated: 0x0300 .. 0x0304; 0 unknown */
    uint16_t client_max_version, client_min_version; /* offered */
    uint16_t cipher;                                 /* suite number; 0 none chosen */
    const char *cipher_name;                         /* IANA name; NULL */
    const char *key_exchange;                        /* "RSA", "ECDHE", "DHE", "PSK", "TLS 1.3" */
    const char *sni;
    const char *alpn;       /* chosen */
    const char *key_source; /* "keylog", "dsb", "rsa_key"; NULL while shut */
    const char *why_not;    /* why it stayed shut: a sentence; NULL when decrypted */
    const struct scs_cert_facts *server_certificate, *client_certificate; /* leaves; TLS <= 1.2, or decrypted */
    uint32_t num_server_certificates;                                     /* in the chain the server sent */
    const struct scs_cert_facts *const *server_chain;                     /* all of them, leaf first */
    const struct scs_tls_alert *alerts;
    uint32_t num_alerts;
    int64_t client_hello_ns, server_hello_ns, done_ns; /* SCS_NO_TIME */
    scs_frame client_hello_frame, server_hello_frame, certificate_frame;
    uint64_t app_bytes[2]; /* application data, encrypted length without record headers; by enum scs_dir */
    uint32_t app_records[2];
    scs_frame first_app_frame[2];
    int64_t first_app_ns[2], last_app_ns[2];
};

/* "unknown_ca" and its kin, RFC 8446 B.2 and RFC 5246 7.2; NULL for a number nobody assigned. */
const char *scs_tls_alert_name(unsigned description);
/* "TLSv1.2"; NULL for 0. */
const char *scs_tls_version_name(uint16_t version);

#endif
