/* SPDX-License-Identifier: Apache-2.0 */
/* RAND_set_rand_method has no successor that makes a sequence repeatable. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "pki.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define RSA_BITS 2048u

/* Microsoft's Certificate Request Agent, in both certificates of an NDES. */
#define ENROLMENT_AGENT "1.3.6.1.4.1.311.20.2.1"

static struct bench_random openssl_random;

static int random_bytes(unsigned char *out, int len)
{
    bench_random_fill(&openssl_random, out, (size_t)len);
    return 1;
}

static int random_ready(void)
{
    return 1;
}

/* The same seed makes the same keys, so that a capture can be made again anywhere. */
static void seed_openssl(uint64_t seed)
{
    static const RAND_METHOD repeatable = {.bytes = random_bytes, .pseudorand = random_bytes, .status = random_ready};
    openssl_random.state = seed;
    if (RAND_set_rand_method(&repeatable) != 1) {
        bench_die("OpenSSL does not take random numbers of ours");
    }
}

static EVP_PKEY *new_key(void)
{
    EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
    if (key == NULL) {
        bench_die("an RSA key could not be made");
    }
    return key;
}

static void add_name(X509_NAME *name, const char *common_name)
{
    if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0) ||
        !X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"Contoso", -1, -1, 0)) {
        bench_die("the name %s could not be made", common_name);
    }
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (ext == NULL || !X509_add_ext(cert, ext, -1)) {
        bench_die("the extension %s could not be made", value);
    }
    X509_EXTENSION_free(ext);
}

/* What a certificate says besides its key; without an issuer it signs itself. */
struct profile {
    const char *common_name, *key_usage, *extended_key_usage;
    uint64_t serial;
    bool is_ca;
};

static X509 *new_certificate(const struct profile *profile, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *cert = X509_new();
    if (cert == NULL || !X509_set_version(cert, X509_VERSION_3) ||
        !ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), profile->serial) ||
        !ASN1_TIME_set_string(X509_getm_notBefore(cert), "250601000000Z") ||
        !ASN1_TIME_set_string(X509_getm_notAfter(cert), "300601000000Z") || !X509_set_pubkey(cert, key)) {
        bench_die("the certificate of %s could not be made", profile->common_name);
    }
    add_name(X509_get_subject_name(cert), profile->common_name);
    X509 *by = issuer != NULL ? issuer : cert;
    if (!X509_set_issuer_name(cert, X509_get_subject_name(by))) {
        bench_die("the certificate of %s could not be made", profile->common_name);
    }
    if (profile->is_ca) {
        add_extension(cert, by, NID_basic_constraints, "critical,CA:TRUE");
    }
    add_extension(cert, by, NID_key_usage, profile->key_usage);
    add_extension(cert, by, NID_subject_key_identifier, "hash");
    if (profile->extended_key_usage != NULL) {
        add_extension(cert, by, NID_ext_key_usage, profile->extended_key_usage);
    }
    if (X509_sign(cert, issuer_key != NULL ? issuer_key : key, EVP_sha256()) == 0) {
        bench_die("the certificate of %s could not be signed", profile->common_name);
    }
    return cert;
}

static struct bench_bytes new_csr(const char *common_name, EVP_PKEY *key, struct bench_random *r)
{
    X509_REQ *req = X509_REQ_new();
    char challenge[33];
    snprintf(challenge, sizeof challenge, "%016llX%016llX", (unsigned long long)bench_random_next(r),
             (unsigned long long)bench_random_next(r));
    if (req == NULL || !X509_REQ_set_version(req, X509_REQ_VERSION_1) || !X509_REQ_set_pubkey(req, key) ||
        !X509_REQ_add1_attr_by_NID(req, NID_pkcs9_challengePassword, MBSTRING_ASC, (const unsigned char *)challenge, -1)) {
        bench_die("a certificate request could not be made");
    }
    add_name(X509_REQ_get_subject_name(req), common_name);
    STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
    X509_EXTENSION *eku = X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, "clientAuth");
    if (exts == NULL || eku == NULL || !sk_X509_EXTENSION_push(exts, eku) || !X509_REQ_add_extensions(req, exts) ||
        X509_REQ_sign(req, key, EVP_sha256()) == 0) {
        bench_die("a certificate request could not be signed");
    }
    sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    struct bench_bytes der = {0};
    int len = i2d_X509_REQ(req, &der.p);
    if (len <= 0) {
        bench_die("a certificate request could not be encoded");
    }
    der.len = (size_t)len;
    X509_REQ_free(req);
    return der;
}

/* A SignedData that only carries certificates. RFC 5652 5, RFC 8894 3.4. */
static struct bench_bytes certs_only(X509 *const *certs, size_t num)
{
    PKCS7 *p7 = PKCS7_new();
    if (p7 == NULL || !PKCS7_set_type(p7, NID_pkcs7_signed) || !PKCS7_content_new(p7, NID_pkcs7_data) ||
        PKCS7_set_detached(p7, 1) != 1) {
        bench_die("a certs-only message could not be made");
    }
    for (size_t i = 0; i < num; i++) {
        if (!PKCS7_add_certificate(p7, certs[i])) {
            bench_die("a certs-only message could not be made");
        }
    }
    struct bench_bytes der = {0};
    int len = i2d_PKCS7(p7, &der.p);
    if (len <= 0) {
        bench_die("a certs-only message could not be encoded");
    }
    der.len = (size_t)len;
    PKCS7_free(p7);
    return der;
}

static void make_authorities(struct bench_pki *p)
{
    p->ca_key = new_key();
    p->ra_signing_key = new_key();
    p->ra_encryption_key = new_key();
    p->ca = new_certificate(
        &(struct profile){.common_name = "Contoso Issuing CA", .key_usage = "keyCertSign,cRLSign", .serial = 1, .is_ca = true},
        p->ca_key, NULL, NULL);
    p->ra_signing = new_certificate(&(struct profile){.common_name = "NDES01-MSCEP-RA",
                                                      .key_usage = "critical,digitalSignature",
                                                      .extended_key_usage = ENROLMENT_AGENT,
                                                      .serial = 2},
                                    p->ra_signing_key, p->ca, p->ca_key);
    p->ra_encryption = new_certificate(&(struct profile){.common_name = "NDES01-MSCEP-RA",
                                                         .key_usage = "critical,keyEncipherment",
                                                         .extended_key_usage = ENROLMENT_AGENT,
                                                         .serial = 3},
                                       p->ra_encryption_key, p->ca, p->ca_key);
    X509 *const chain[] = {p->ra_signing, p->ra_encryption, p->ca};
    p->ca_chain = certs_only(chain, sizeof chain / sizeof *chain);
}

static void make_device(const struct bench_pki *p, struct bench_device *d, uint32_t number, struct bench_random *r)
{
    char name[32];
    snprintf(name, sizeof name, "device-%05u", number);
    struct profile own = {
        .common_name = name, .key_usage = "digitalSignature,keyEncipherment", .serial = bench_random_next(r) >> 1};
    struct profile new = {.common_name = name,
                          .key_usage = "critical,digitalSignature,keyEncipherment",
                          .extended_key_usage = "clientAuth",
                          .serial = 1000 + number};
    d->key = new_key();
    d->self_signed = new_certificate(&own, d->key, NULL, NULL);
    d->csr = new_csr(name, d->key, r);
    X509 *issued = new_certificate(&new, d->key, p->ca, p->ca_key);
    X509 *const both[] = {issued, p->ca};
    d->issued = certs_only(both, sizeof both / sizeof *both);
    X509_free(issued);
}

void bench_pki_init(struct bench_pki *p, uint32_t num_devices, uint64_t seed)
{
    struct bench_random r = {.state = seed ^ 1};
    seed_openssl(seed);
    *p = (struct bench_pki){.devices = bench_alloc(num_devices, sizeof *p->devices), .num_devices = num_devices};
    make_authorities(p);
    for (uint32_t i = 0; i < num_devices; i++) {
        make_device(p, &p->devices[i], i, &r);
    }
}

void bench_pki_free(struct bench_pki *p)
{
    for (uint32_t i = 0; i < p->num_devices; i++) {
        struct bench_device *d = &p->devices[i];
        EVP_PKEY_free(d->key);
        X509_free(d->self_signed);
        OPENSSL_free(d->csr.p);
        OPENSSL_free(d->issued.p);
    }
    free(p->devices);
    OPENSSL_free(p->ca_chain.p);
    X509_free(p->ca);
    X509_free(p->ra_signing);
    X509_free(p->ra_encryption);
    EVP_PKEY_free(p->ca_key);
    EVP_PKEY_free(p->ra_signing_key);
    EVP_PKEY_free(p->ra_encryption_key);
}

void bench_pki_write_key(const struct bench_pki *p, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || PEM_write_PrivateKey(file, p->ra_encryption_key, NULL, NULL, 0, NULL, NULL) != 1 || fclose(file) != 0) {
        bench_die("%s could not be written: %s", path, strerror(errno));
    }
}
