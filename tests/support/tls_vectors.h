/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of real TLS connections between OpenSSL 3.0 and GnuTLS 3.7 on one machine, with their secrets, for each kind of
 * record protection. tshark reads the same plaintext out of them (ARIA: the client's own input says so).
 */
#ifndef TEST_SUPPORT_TLS_VECTORS_H
#define TEST_SUPPORT_TLS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_vector_record {
    uint8_t type;         /* of the record's header */
    uint16_t version;     /* of the record's header */
    const char *fragment; /* hex */
    uint8_t inner_type;
    const char *plain; /* hex */
};

struct tls_vector {
    uint16_t suite, version;
    bool encrypt_then_mac;
    /* Hex. TLS 1.0 to 1.2: the master secret and the randoms. TLS 1.3: client traffic and server handshake secret. */
    const char *master, *client_random, *server_random;
    const char *client_traffic, *server_handshake;
    struct tls_vector_record client[2]; /* the first two records of these keys */
    struct tls_vector_record server;    /* the first one */
};

extern const struct tls_vector tls_vectors[];
extern const size_t num_tls_vectors;

/* One direction of TLS 1.3 with TLS_AES_256_GCM_SHA384 from the first application data on, through its KeyUpdates. */
extern const char *const tls_key_update_secret;
extern const struct tls_vector_record tls_key_update_records[];
extern const size_t num_tls_key_update_records;

#endif
