/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cryptography of TLS records, passive side: cipher suites, key schedules, opening of records. Knows
 * nothing of connections. RFC 5246, 7366, 7627, 8446, 5288, 6655, 7905.
 */
#ifndef SCS_TLS_OPENER_H
#define SCS_TLS_OPENER_H

#include "base/buf.h"
#include "keys/secrets.h"
#include "scepscope/cursor.h"

/* A cipher suite; NULL from the look-up when the number is not known. */
struct scs_tls_suite;

const struct scs_tls_suite *scs_tls_suite_find(uint16_t number);
const char *scs_tls_suite_name(uint16_t number); /* IANA name, also of suites that cannot be opened; NULL */
const char *scs_tls_suite_key_exchange(const struct scs_tls_suite *suite); /* "RSA", "ECDHE", "DHE", "PSK", "TLS 1.3" ... */
bool scs_tls_suite_supported(const struct scs_tls_suite *suite);
/* Length of the suite's hash, for Finished and secrets: 32 or 48; name for EVP. */
const char *scs_tls_suite_hash(const struct scs_tls_suite *suite);

/* One direction's keys and sequence number. */
struct scs_tls_opener;

/*
 * scs_tls_opener_12 derives one direction's keys of TLS 1.0 to 1.2 from the master secret (48 bytes) and the randoms.
 * `from_server` chooses the half of the key block. NULL when the suite is not supported.
 */
struct scs_tls_opener *scs_tls_opener_12(const struct scs_tls_suite *suite, uint16_t version, const uint8_t master[48],
                                         const uint8_t client_random[32], const uint8_t server_random[32], bool from_server,
                                         bool encrypt_then_mac);
/* scs_tls_opener_13 derives keys from a traffic secret. */
struct scs_tls_opener *scs_tls_opener_13(const struct scs_tls_suite *suite, const struct scs_secret *traffic);
void scs_tls_opener_free(struct scs_tls_opener *o); /* cleanses; NULL is fine */

enum scs_tls_opened {
    SCS_TLS_OPENED,
    SCS_TLS_WRONG,  /* the tag, MAC or padding does not fit: wrong key or wrong sequence number */
    SCS_TLS_DAMAGED /* too short, or not a record of this suite */
};

/*
 * scs_tls_open opens one record: `type` and `version` of its header, `fragment` the bytes after it. Appends the
 * plaintext to `out`; *out_type receives the content type (the inner one for TLS 1.3, padding removed). Moves the
 * sequence number on when it opened. With an unknown sequence number (capture began midway, records lost)
 * it may be tried: scs_tls_opener_set_sequence sets it.
 */
enum scs_tls_opened scs_tls_open(struct scs_tls_opener *o, uint8_t type, uint16_t version, const struct scs_cursor *fragment,
                                 struct scs_buf *out, uint8_t *out_type);
uint64_t scs_tls_opener_get_sequence(const struct scs_tls_opener *o);
void scs_tls_opener_set_sequence(struct scs_tls_opener *o, uint64_t sequence);
/* Does a lost record end the decryption of this direction (chained CBC of TLS 1.0, implicit sequence)? */
bool scs_tls_opener_survives_loss(const struct scs_tls_opener *o);
/* scs_tls_opener_update is TLS 1.3's KeyUpdate: the next traffic secret. */
void scs_tls_opener_update(struct scs_tls_opener *o);

/*
 * scs_tls_master_12 computes the master secret from a premaster secret: with the randoms, or (extended
 * master secret, RFC 7627) with the session hash, whose bytes the caller gives.
 */
bool scs_tls_master_12(const struct scs_tls_suite *suite, uint16_t version, const uint8_t *premaster, size_t premaster_len,
                       const uint8_t client_random[32], const uint8_t server_random[32], const uint8_t *session_hash,
                       size_t session_hash_len, uint8_t out[48]);
/* A running handshake hash that can be read without ending it: MD5+SHA-1 for TLS 1.0/1.1, the suite's hash for 1.2. */
struct scs_tls_transcript;
struct scs_tls_transcript *scs_tls_transcript_new(void);
void scs_tls_transcript_free(struct scs_tls_transcript *t);
void scs_tls_transcript_add(struct scs_tls_transcript *t, const void *data, size_t n);
size_t scs_tls_transcript_hash(const struct scs_tls_transcript *t, const struct scs_tls_suite *suite, uint16_t version,
                               uint8_t out[64]);

#endif
