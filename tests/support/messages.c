/* SPDX-License-Identifier: Apache-2.0 */
#include "messages.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "test support: %s failed\n", what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

EVP_PKEY *test_key(const char *path)
{
    FILE *f = fopen(path, "r");
    need(f != NULL, path);
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    need(key != NULL, path);
    return key;
}

static X509_NAME *name_of(const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) == 1, "name");
    return name;
}

X509 *test_certificate(EVP_PKEY *key, const char *common_name, long serial)
{
    X509 *c = X509_new();
    X509_NAME *name = name_of(common_name);
    need(X509_set_version(c, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(c), serial) == 1 &&
             X509_set_subject_name(c, name) == 1 && X509_set_issuer_name(c, name) == 1 && X509_set_pubkey(c, key) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(c), -3600) != NULL && X509_gmtime_adj(X509_getm_notAfter(c), 86400) != NULL,
         "certificate");
    X509_NAME_free(name);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, c, c, NULL, NULL, 0);
    X509_EXTENSION *id = X509V3_EXT_nconf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
    need(id != NULL && X509_add_ext(c, id, -1) == 1, "key identifier");
    X509_EXTENSION_free(id);
    need(X509_sign(c, key, EVP_sha256()) > 0, "certificate signature");
    return c;
}

void test_csr(EVP_PKEY *key, const char *common_name, const char *challenge, int type, struct scs_buf *out)
{
    X509_REQ *r = X509_REQ_new();
    X509_NAME *name = name_of(common_name);
    need(X509_REQ_set_subject_name(r, name) == 1 && X509_REQ_set_pubkey(r, key) == 1, "request");
    X509_NAME_free(name);
    if (challenge != NULL) {
        need(X509_REQ_add1_attr_by_NID(r, NID_pkcs9_challengePassword, type, (const unsigned char *)challenge,
                                       (int)strlen(challenge)) == 1,
             "challenge");
    }
    need(X509_REQ_sign(r, key, EVP_sha256()) > 0, "request signature");
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(r, &der);
    need(len > 0, "request encoding");
    scs_buf_add(out, der, (size_t)len);
    OPENSSL_free(der);
    X509_REQ_free(r);
}

void test_bytes(BIO *bio, struct scs_buf *out)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    scs_buf_add(out, data, (size_t)len);
    BIO_free(bio);
}

/* Indefinite lengths come from the streaming writer. */
static void write_cms(CMS_ContentInfo *cms, BIO *content, bool indefinite, struct scs_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (indefinite) {
        need(i2d_CMS_bio_stream(bio, cms, content, CMS_STREAM | CMS_BINARY) == 1, "streaming");
    } else {
        need(i2d_CMS_bio(bio, cms) == 1, "encoding");
    }
    test_bytes(bio, out);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
}

void test_sign(const struct test_signing *how, const void *content, size_t len, struct scs_buf *out)
{
    BIO *in = BIO_new_mem_buf(content, (int)len);
    unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | (how->no_attributes ? CMS_NOATTR : 0u) |
                     (how->no_certificate ? CMS_NOCERTS : 0u) | (how->indefinite ? CMS_STREAM : 0u);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in, flags);
    need(cms != NULL, "CMS_sign");
    CMS_SignerInfo *signer = CMS_add1_signer(cms, how->certificate, how->key, EVP_get_digestbyname(how->digest),
                                             flags | (how->pss ? CMS_KEY_PARAM : 0u));
    need(signer != NULL, "CMS_add1_signer");
    if (how->pss) {
        EVP_PKEY_CTX *ctx = CMS_SignerInfo_get0_pkey_ctx(signer);
        need(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                 EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, how->salt_len) == 1,
             "PSS");
    }
    if (!how->indefinite) {
        need(CMS_final(cms, in, NULL, flags) == 1, "CMS_final");
    }
    write_cms(cms, in, how->indefinite, out);
}

static void add_recipient(CMS_ContentInfo *cms, X509 *certificate, const struct test_sealing *how)
{
    unsigned flags = (how->key_id ? CMS_USE_KEYID : 0u) | (how->oaep != NULL ? CMS_KEY_PARAM : 0u);
    CMS_RecipientInfo *r = CMS_add1_recipient_cert(cms, certificate, flags);
    need(r != NULL, "recipient");
    if (how->oaep == NULL) {
        return;
    }
    EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(r);
    need(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, how->oaep, NULL) == 1 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, how->oaep, NULL) == 1,
         "OAEP");
    if (how->label != NULL) {
        need(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(how->label), (int)strlen(how->label)) == 1, "label");
    }
}

void test_seal(const struct test_sealing *how, const void *content, size_t len, struct scs_buf *out)
{
    unsigned flags = CMS_BINARY | CMS_PARTIAL | (how->indefinite ? CMS_STREAM : 0u);
    BIO *in = BIO_new_mem_buf(content, (int)len);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, how->cipher, NULL);
    need(cipher != NULL, how->cipher);
    bool authenticated = strstr(how->cipher, "GCM") != NULL;
    CMS_ContentInfo *cms = authenticated ? CMS_AuthEnvelopedData_create(cipher) : CMS_EnvelopedData_create(cipher);
    EVP_CIPHER_free(cipher);
    need(cms != NULL && CMS_set_detached(cms, 0) == 1, "envelope");
    for (size_t i = 0; i < 4 && how->recipients[i] != NULL; i++) {
        add_recipient(cms, how->recipients[i], how);
    }
    if (!how->indefinite) {
        need(CMS_final(cms, in, NULL, flags) == 1, "CMS_final");
    }
    write_cms(cms, in, how->indefinite, out);
}
