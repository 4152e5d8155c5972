/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <string.h>

#include <openssl/cms.h>

/* Attributes of RFC 8894 3.2, and Microsoft's for the HRESULT of a failure. */
#define OID_MESSAGE_TYPE    "2.16.840.1.113733.1.9.2"
#define OID_PKI_STATUS      "2.16.840.1.113733.1.9.3"
#define OID_FAIL_INFO       "2.16.840.1.113733.1.9.4"
#define OID_SENDER_NONCE    "2.16.840.1.113733.1.9.5"
#define OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define OID_TRANSACTION_ID  "2.16.840.1.113733.1.9.7"
#define OID_HRESULT         "1.3.6.1.4.1.311.21.33"

#define SIGNING_TIME "260202080000Z"

/* One message on its way from content to signature. */
struct draft {
    CMS_ContentInfo *cms;
    CMS_SignerInfo *signer;
};

static BIO *memory(const void *p, size_t len)
{
    BIO *bio = BIO_new_mem_buf(p, (int)len);
    if (bio == NULL) {
        bench_die("out of memory");
    }
    return bio;
}

static struct bench_bytes encode(CMS_ContentInfo *cms)
{
    struct bench_bytes der = {0};
    int len = i2d_CMS_ContentInfo(cms, &der.p);
    if (len <= 0) {
        bench_die("a message could not be encoded");
    }
    der.len = (size_t)len;
    CMS_ContentInfo_free(cms);
    return der;
}

static struct bench_bytes envelope(const struct bench_bytes *content, X509 *recipient)
{
    STACK_OF(X509) *recipients = sk_X509_new_null();
    BIO *bio = memory(content->p, content->len);
    if (recipients == NULL || !sk_X509_push(recipients, recipient)) {
        bench_die("out of memory");
    }
    CMS_ContentInfo *cms = CMS_encrypt(recipients, bio, EVP_aes_128_cbc(), CMS_BINARY);
    if (cms == NULL) {
        bench_die("a message could not be enveloped");
    }
    BIO_free(bio);
    sk_X509_free(recipients);
    return encode(cms);
}

static void add(const struct draft *d, const char *oid, int type, const void *value, size_t len)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    if (object == NULL || !CMS_signed_add1_attr_by_OBJ(d->signer, object, type, value, (int)len)) {
        bench_die("the attribute %s could not be added", oid);
    }
    ASN1_OBJECT_free(object);
}

static void add_text(const struct draft *d, const char *oid, const char *text)
{
    add(d, oid, V_ASN1_PRINTABLESTRING, text, strlen(text));
}

static struct draft begin(X509 *signer, EVP_PKEY *key)
{
    const unsigned flags = CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP;
    struct draft d = {.cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY)};
    if (d.cms == NULL || (d.signer = CMS_add1_signer(d.cms, signer, key, EVP_sha256(), flags)) == NULL ||
        !CMS_signed_add1_attr_by_NID(d.signer, NID_pkcs9_signingTime, V_ASN1_UTCTIME, SIGNING_TIME, sizeof SIGNING_TIME - 1)) {
        bench_die("a message could not be begun");
    }
    return d;
}

static struct bench_bytes finish(const struct draft *d, const void *content, size_t len)
{
    BIO *bio = memory(content, len);
    if (CMS_final(d->cms, bio, NULL, CMS_BINARY) != 1) {
        bench_die("a message could not be signed");
    }
    BIO_free(bio);
    return encode(d->cms);
}

struct bench_bytes bench_message_request(const struct bench_pki *p, const struct bench_transaction *t)
{
    struct bench_bytes enveloped = envelope(&t->device->csr, p->ra_encryption);
    struct draft d = begin(t->device->self_signed, t->device->key);
    add_text(&d, OID_TRANSACTION_ID, t->id);
    add_text(&d, OID_MESSAGE_TYPE, "19");
    add(&d, OID_SENDER_NONCE, V_ASN1_OCTET_STRING, t->client_nonce, sizeof t->client_nonce);
    struct bench_bytes message = finish(&d, enveloped.p, enveloped.len);
    OPENSSL_free(enveloped.p);
    return message;
}

struct bench_bytes bench_message_reply(const struct bench_pki *p, const struct bench_transaction *t)
{
    struct draft d = begin(p->ra_signing, p->ra_signing_key);
    add_text(&d, OID_TRANSACTION_ID, t->id);
    add_text(&d, OID_MESSAGE_TYPE, "3");
    add(&d, OID_SENDER_NONCE, V_ASN1_OCTET_STRING, t->server_nonce, sizeof t->server_nonce);
    add(&d, OID_RECIPIENT_NONCE, V_ASN1_OCTET_STRING, t->client_nonce, sizeof t->client_nonce);
    add_text(&d, OID_PKI_STATUS, t->fails ? "2" : "0");
    if (t->fails) {
        static const uint8_t nothing[] = {0}; /* NDES signs one byte where RFC 8894 3.2.2 has no content */
        add_text(&d, OID_FAIL_INFO, "2");
        add_text(&d, OID_HRESULT, "-2147024809");
        return finish(&d, nothing, sizeof nothing);
    }
    struct bench_bytes enveloped = envelope(&t->device->issued, t->device->self_signed);
    struct bench_bytes message = finish(&d, enveloped.p, enveloped.len);
    OPENSSL_free(enveloped.p);
    return message;
}
