/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCEP messages made by OpenSSL for the tests of src/keys: keys, certificates, requests, SignedData, EnvelopedData.
 * Whatever fails here ends the test program. Objects returned belong to the caller.
 */
#ifndef TEST_SUPPORT_MESSAGES_H
#define TEST_SUPPORT_MESSAGES_H

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "scepscope/facts.h"

#define TEST_KEYS SCEPSCOPE_SOURCE_DIR "/pcaps/keys/"

/* test_key reads a PEM file: test_key(TEST_KEYS "device.key"). */
EVP_PKEY *test_key(const char *path);
/* test_certificate: self-signed, with a subject key identifier. */
X509 *test_certificate(EVP_PKEY *key, const char *common_name, long serial);
/* test_csr appends a PKCS #10 whose challenge (NULL: none) is of this ASN.1 type, V_ASN1_PRINTABLESTRING for example. */
void test_csr(EVP_PKEY *key, const char *common_name, const char *challenge, int type, struct scs_buf *out);

/* How a message is to be signed. */
struct test_signing {
    X509 *certificate;
    EVP_PKEY *key;
    const char *digest;
    bool pss;
    int salt_len;        /* PSS */
    bool no_attributes;  /* the signature covers the content */
    bool no_certificate; /* the signer's certificate is not in the message */
    bool indefinite;     /* BER with chunks */
};

/* test_sign writes SignedData over `content`. */
void test_sign(const struct test_signing *how, const void *content, size_t len, struct scs_buf *out);

/* How content is to be encrypted. */
struct test_sealing {
    X509 *recipients[4]; /* up to NULL */
    const char *cipher;  /* OpenSSL's name; "...GCM" gives AuthEnvelopedData */
    bool key_id;         /* recipients by key identifier */
    const char *oaep;    /* digest of RSAES-OAEP; NULL: PKCS #1 v1.5 */
    const char *label;   /* of OAEP */
    bool indefinite;
};

/* test_seal writes the envelope. */
void test_seal(const struct test_sealing *how, const void *content, size_t len, struct scs_buf *out);
/* test_bytes appends the contents of a memory BIO, which is freed. */
void test_bytes(BIO *bio, struct scs_buf *out);

#endif
