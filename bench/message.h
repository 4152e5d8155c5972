/* SPDX-License-Identifier: Apache-2.0 */
/* pkiMessages of RFC 8894 3, each enveloped and signed for real. */
#ifndef SCS_BENCH_MESSAGE_H
#define SCS_BENCH_MESSAGE_H

#include "pki.h"

#define BENCH_NONCE_LEN 16u

struct bench_transaction {
    const struct bench_device *device;
    char id[41]; /* 40 hex digits, as from a hash of the public key */
    uint8_t client_nonce[BENCH_NONCE_LEN], server_nonce[BENCH_NONCE_LEN];
    bool fails; /* badRequest, with the HRESULT that NDES adds */
};

/* The DER; free with OPENSSL_free. */
struct bench_bytes bench_message_request(const struct bench_pki *p, const struct bench_transaction *t);
struct bench_bytes bench_message_reply(const struct bench_pki *p, const struct bench_transaction *t);

#endif
