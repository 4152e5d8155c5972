/* SPDX-License-Identifier: Apache-2.0 */
/* Key schedules of TLS 1.0 to 1.3: from master or traffic secrets to the keys of one direction. */
#ifndef SCS_TLS_SCHEDULE_H
#define SCS_TLS_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/suites.h"

/* What protects one direction. Lengths are those of the suite. The owner cleanses it. */
struct scs_tls_keys {
    uint8_t mac[48];
    uint8_t key[32];
    uint8_t iv[16]; /* TLS 1.0 CBC: first IV; AEAD: the part of the nonce that is not sent */
};

/*
 * scs_tls_prf is PRF(secret, label, seed) of TLS 1.0/1.1 (RFC 2246 5) or 1.2 (RFC 5246 5) with the suite's hash.
 * `label` has at most 32 characters, `seed` 64 bytes. False when OpenSSL lacks the hash.
 */
SCS_MUST_USE bool scs_tls_prf(const struct scs_tls_suite *suite, uint16_t version, const struct scs_cursor *secret,
                              const char *label, const struct scs_cursor *seed, uint8_t *out, size_t out_len);
/* scs_tls_key_block cuts one side's keys from the key block, RFC 5246 6.3; `randoms` is server random, then client random. */
SCS_MUST_USE bool scs_tls_key_block(const struct scs_tls_suite *suite, uint16_t version, const uint8_t master[48],
                                    const uint8_t randoms[64], bool from_server, struct scs_tls_keys *out);
/* scs_tls_expand_label is HKDF-Expand-Label with an empty context, RFC 8446 7.1. */
SCS_MUST_USE bool scs_tls_expand_label(const struct scs_tls_suite *suite, const struct scs_secret *secret, const char *label,
                                       uint8_t *out, size_t out_len);
/* scs_tls_traffic_keys: key and IV of a traffic secret, RFC 8446 7.3. */
SCS_MUST_USE bool scs_tls_traffic_keys(const struct scs_tls_suite *suite, const struct scs_secret *traffic,
                                       struct scs_tls_keys *out);
/* scs_tls_next_traffic replaces a traffic secret by the one after a KeyUpdate, RFC 8446 7.2. */
SCS_MUST_USE bool scs_tls_next_traffic(const struct scs_tls_suite *suite, struct scs_secret *traffic);

#endif
