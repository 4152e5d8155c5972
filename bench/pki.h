/* SPDX-License-Identifier: Apache-2.0 */
/* The people of the captures: a CA, its RA with two certificates as NDES has them, and devices with keys. */
#ifndef SCS_BENCH_PKI_H
#define SCS_BENCH_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "bench.h"

struct bench_device {
    EVP_PKEY *key;
    X509 *self_signed;         /* signs its requests */
    struct bench_bytes csr;    /* PKCS#10 with a challenge password */
    struct bench_bytes issued; /* certs-only SignedData with its new certificate and the CA's */
};

struct bench_pki {
    EVP_PKEY *ca_key, *ra_signing_key, *ra_encryption_key;
    X509 *ca, *ra_signing, *ra_encryption;
    struct bench_bytes ca_chain; /* the body of GetCACert */
    struct bench_device *devices;
    uint32_t num_devices;
};

/* bench_pki_init makes everything; OpenSSL's random numbers come from `seed` from here on, in the whole program. */
void bench_pki_init(struct bench_pki *p, uint32_t num_devices, uint64_t seed);
void bench_pki_free(struct bench_pki *p);
/* bench_pki_write_key writes the key that opens every request of the capture, as PEM. */
void bench_pki_write_key(const struct bench_pki *p, const char *path);

#endif
