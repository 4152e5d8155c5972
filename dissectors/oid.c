/* SPDX-License-Identifier: Apache-2.0 */
#include "dissectors/oid.h"

#include <string.h>

#include "base/text.h"
#include "dissectors/cms.h"

/* Longer than any OID in use; what is longer is shown in hex, cut here. */
#define MAX_OID_OCTETS 64u

struct known {
    const char *octets;
    uint8_t len;
    const char *name;
};

/* Sorted by octets, for the binary search; test_cms.c looks each one up. */
static const struct known table[] = {
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9, "rsaEncryption"},                 /* 1.2.840.113549.1.1.1 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02", 9, "md2WithRSAEncryption"},          /* 1.2.840.113549.1.1.2 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", 9, "md5WithRSAEncryption"},          /* 1.2.840.113549.1.1.4 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", 9, "sha1WithRSAEncryption"},         /* 1.2.840.113549.1.1.5 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07", 9, "RSAES-OAEP"},                    /* 1.2.840.113549.1.1.7 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08", 9, "mgf1"},                          /* 1.2.840.113549.1.1.8 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9, "RSASSA-PSS"},                    /* 1.2.840.113549.1.1.10 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", 9, "sha256WithRSAEncryption"},       /* 1.2.840.113549.1.1.11 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", 9, "sha384WithRSAEncryption"},       /* 1.2.840.113549.1.1.12 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", 9, "sha512WithRSAEncryption"},       /* 1.2.840.113549.1.1.13 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e", 9, "sha224WithRSAEncryption"},       /* 1.2.840.113549.1.1.14 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9, "data"},                          /* 1.2.840.113549.1.7.1 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9, "signedData"},                    /* 1.2.840.113549.1.7.2 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", 9, "envelopedData"},                 /* 1.2.840.113549.1.7.3 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04", 9, "signedAndEnvelopedData"},        /* 1.2.840.113549.1.7.4 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05", 9, "digestedData"},                  /* 1.2.840.113549.1.7.5 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06", 9, "encryptedData"},                 /* 1.2.840.113549.1.7.6 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03", 9, "contentType"},                   /* 1.2.840.113549.1.9.3 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", 9, "messageDigest"},                 /* 1.2.840.113549.1.9.4 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05", 9, "signingTime"},                   /* 1.2.840.113549.1.9.5 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06", 9, "countersignature"},              /* 1.2.840.113549.1.9.6 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07", 9, "challengePassword"},             /* 1.2.840.113549.1.9.7 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e", 9, "extensionRequest"},              /* 1.2.840.113549.1.9.14 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f", 9, "smimeCapabilities"},             /* 1.2.840.113549.1.9.15 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17", 11, "authEnvelopedData"},    /* 1.2.840.113549.1.9.16.1.23 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c", 11, "signingCertificate"},   /* 1.2.840.113549.1.9.16.2.12 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f", 11, "signingCertificateV2"}, /* 1.2.840.113549.1.9.16.2.47 */
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x34", 9, "cmsAlgorithmProtection"},        /* 1.2.840.113549.1.9.52 */
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x02", 8, "md2"},                               /* 1.2.840.113549.2.2 */
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x04", 8, "md4"},                               /* 1.2.840.113549.2.4 */
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x05", 8, "md5"},                               /* 1.2.840.113549.2.5 */
    {"\x2a\x86\x48\x86\xf7\x0d\x03\x02", 8, "rc2-cbc"},                           /* 1.2.840.113549.3.2 */
    {"\x2a\x86\x48\x86\xf7\x0d\x03\x04", 8, "rc4"},                               /* 1.2.840.113549.3.4 */
    {"\x2a\x86\x48\x86\xf7\x0d\x03\x07", 8, "des-ede3-cbc"},                      /* 1.2.840.113549.3.7 */
    {"\x2a\x86\x48\xce\x38\x04\x01", 7, "dsa"},                                   /* 1.2.840.10040.4.1 */
    {"\x2a\x86\x48\xce\x38\x04\x03", 7, "dsa-with-sha1"},                         /* 1.2.840.10040.4.3 */
    {"\x2a\x86\x48\xce\x3d\x02\x01", 7, "id-ecPublicKey"},                        /* 1.2.840.10045.2.1 */
    {"\x2a\x86\x48\xce\x3d\x03\x01\x01", 8, "P-192"},                             /* 1.2.840.10045.3.1.1 */
    {"\x2a\x86\x48\xce\x3d\x03\x01\x07", 8, "P-256"},                             /* 1.2.840.10045.3.1.7 */
    {"\x2a\x86\x48\xce\x3d\x04\x01", 7, "ecdsa-with-SHA1"},                       /* 1.2.840.10045.4.1 */
    {"\x2a\x86\x48\xce\x3d\x04\x03\x01", 8, "ecdsa-with-SHA224"},                 /* 1.2.840.10045.4.3.1 */
    {"\x2a\x86\x48\xce\x3d\x04\x03\x02", 8, "ecdsa-with-SHA256"},                 /* 1.2.840.10045.4.3.2 */
    {"\x2a\x86\x48\xce\x3d\x04\x03\x03", 8, "ecdsa-with-SHA384"},                 /* 1.2.840.10045.4.3.3 */
    {"\x2a\x86\x48\xce\x3d\x04\x03\x04", 8, "ecdsa-with-SHA512"},                 /* 1.2.840.10045.4.3.4 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e", 10, "certExtensions"},           /* 1.3.6.1.4.1.311.2.1.14 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x01", 10, "trustListSigning"},         /* 1.3.6.1.4.1.311.10.3.1 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x04", 10, "encryptedFileSystem"},      /* 1.3.6.1.4.1.311.10.3.4 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x0b", 10, "keyRecovery"},              /* 1.3.6.1.4.1.311.10.3.11 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x0c", 10, "documentSigning"},          /* 1.3.6.1.4.1.311.10.3.12 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x0d\x02\x02", 10, "enrolmentCSP"},             /* 1.3.6.1.4.1.311.13.2.2 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x0d\x02\x03", 10, "osVersion"},                /* 1.3.6.1.4.1.311.13.2.3 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x14\x02", 9, "enrollCertType"},                /* 1.3.6.1.4.1.311.20.2 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x01", 10, "certRequestAgent"},         /* 1.3.6.1.4.1.311.20.2.1 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x02", 10, "smartcardLogon"},           /* 1.3.6.1.4.1.311.20.2.2 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x05", 9, "caExchange"},                    /* 1.3.6.1.4.1.311.21.5 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x06", 9, "keyRecoveryAgent"},              /* 1.3.6.1.4.1.311.21.6 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x07", 9, "certificateTemplate"},           /* 1.3.6.1.4.1.311.21.7 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x0a", 9, "applicationPolicies"},           /* 1.3.6.1.4.1.311.21.10 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x14", 9, "clientInfo"},                    /* 1.3.6.1.4.1.311.21.20 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x21", 9, "scepError"},                     /* 1.3.6.1.4.1.311.21.33 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x22", 9, "scepServerState"},               /* 1.3.6.1.4.1.311.21.34 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x23", 9, "scepChallengeAnswer"},           /* 1.3.6.1.4.1.311.21.35 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x25", 9, "scepClientRequest"},             /* 1.3.6.1.4.1.311.21.37 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x26", 9, "scepServerMessage"},             /* 1.3.6.1.4.1.311.21.38 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x15\x27", 9, "scepServerSecret"},              /* 1.3.6.1.4.1.311.21.39 */
    {"\x2b\x06\x01\x04\x01\x82\x37\x19\x02", 9, "ntdsSecurity"},                  /* 1.3.6.1.4.1.311.25.2 */
    {"\x2b\x06\x01\x05\x02\x03\x04", 7, "pkinitClientAuth"},                      /* 1.3.6.1.5.2.3.4 */
    {"\x2b\x06\x01\x05\x02\x03\x05", 7, "pkinitKDC"},                             /* 1.3.6.1.5.2.3.5 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x01", 8, "serverAuth"},                        /* 1.3.6.1.5.5.7.3.1 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x02", 8, "clientAuth"},                        /* 1.3.6.1.5.5.7.3.2 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x03", 8, "codeSigning"},                       /* 1.3.6.1.5.5.7.3.3 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x04", 8, "emailProtection"},                   /* 1.3.6.1.5.5.7.3.4 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x05", 8, "ipsecEndSystem"},                    /* 1.3.6.1.5.5.7.3.5 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x06", 8, "ipsecTunnel"},                       /* 1.3.6.1.5.5.7.3.6 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x07", 8, "ipsecUser"},                         /* 1.3.6.1.5.5.7.3.7 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x08", 8, "timeStamping"},                      /* 1.3.6.1.5.5.7.3.8 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x09", 8, "OCSPSigning"},                       /* 1.3.6.1.5.5.7.3.9 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x0e", 8, "eapOverLAN"},                        /* 1.3.6.1.5.5.7.3.14 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x11", 8, "ipsecIKE"},                          /* 1.3.6.1.5.5.7.3.17 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x1b", 8, "cmcCA"},                             /* 1.3.6.1.5.5.7.3.27 */
    {"\x2b\x06\x01\x05\x05\x07\x03\x1c", 8, "cmcRA"},                             /* 1.3.6.1.5.5.7.3.28 */
    {"\x2b\x06\x01\x05\x05\x07\x18\x01", 8, "failInfoText"},                      /* 1.3.6.1.5.5.7.24.1 */
    {"\x2b\x06\x01\x05\x05\x08\x02\x02", 8, "iKEIntermediate"},                   /* 1.3.6.1.5.5.8.2.2 */
    {"\x2b\x0e\x03\x02\x07", 5, "des-cbc"},                                       /* 1.3.14.3.2.7 */
    {"\x2b\x0e\x03\x02\x1a", 5, "sha1"},                                          /* 1.3.14.3.2.26 */
    {"\x2b\x0e\x03\x02\x1d", 5, "sha1WithRSAEncryption"},                         /* 1.3.14.3.2.29 */
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x07", 9, "brainpoolP256r1"},               /* 1.3.36.3.3.2.8.1.1.7 */
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", 9, "brainpoolP384r1"},               /* 1.3.36.3.3.2.8.1.1.11 */
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", 9, "brainpoolP512r1"},               /* 1.3.36.3.3.2.8.1.1.13 */
    {"\x2b\x65\x6e", 3, "X25519"},                                                /* 1.3.101.110 */
    {"\x2b\x65\x70", 3, "Ed25519"},                                               /* 1.3.101.112 */
    {"\x2b\x65\x71", 3, "Ed448"},                                                 /* 1.3.101.113 */
    {"\x2b\x81\x04\x00\x0a", 5, "secp256k1"},                                     /* 1.3.132.0.10 */
    {"\x2b\x81\x04\x00\x21", 5, "P-224"},                                         /* 1.3.132.0.33 */
    {"\x2b\x81\x04\x00\x22", 5, "P-384"},                                         /* 1.3.132.0.34 */
    {"\x2b\x81\x04\x00\x23", 5, "P-521"},                                         /* 1.3.132.0.35 */
    {"\x55\x1d\x0e", 3, "subjectKeyIdentifier"},                                  /* 2.5.29.14 */
    {"\x55\x1d\x0f", 3, "keyUsage"},                                              /* 2.5.29.15 */
    {"\x55\x1d\x11", 3, "subjectAltName"},                                        /* 2.5.29.17 */
    {"\x55\x1d\x13", 3, "basicConstraints"},                                      /* 2.5.29.19 */
    {"\x55\x1d\x1f", 3, "cRLDistributionPoints"},                                 /* 2.5.29.31 */
    {"\x55\x1d\x20", 3, "certificatePolicies"},                                   /* 2.5.29.32 */
    {"\x55\x1d\x23", 3, "authorityKeyIdentifier"},                                /* 2.5.29.35 */
    {"\x55\x1d\x25", 3, "extKeyUsage"},                                           /* 2.5.29.37 */
    {"\x55\x1d\x25\x00", 4, "anyExtendedKeyUsage"},                               /* 2.5.29.37.0 */
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x02", 9, "aes-128-cbc"},                   /* 2.16.840.1.101.3.4.1.2 */
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x06", 9, "aes-128-gcm"},                   /* 2.16.840.1.101.3.4.1.6 */
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x16", 9, "aes-192-cbc"},                   /* 2.16.840.1.101.3.4.1.22 */
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x1a", 9, "aes-192-gcm"},                   /* 2.16.840.1.101.3.4.1.26 */
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x2a", 9, "aes-256-cbc"},                   /* 2.16.840.1.101.3.4.1.42 */
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x2e", 9, "aes-256-gcm"},                   /* 2.16.840.1.101.3.4.1.46 */
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9, "sha256"},                        /* 2.16.840.1.101.3.4.2.1 */
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9, "sha384"},                        /* 2.16.840.1.101.3.4.2.2 */
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9, "sha512"},                        /* 2.16.840.1.101.3.4.2.3 */
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x04", 9, "sha224"},                        /* 2.16.840.1.101.3.4.2.4 */
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x02", 9, "dsa-with-sha256"},               /* 2.16.840.1.101.3.4.3.2 */
    {"\x60\x86\x48\x01\x86\xf8\x45\x01\x09\x02", 10, "messageType"},              /* 2.16.840.1.113733.1.9.2 */
    {"\x60\x86\x48\x01\x86\xf8\x45\x01\x09\x03", 10, "pkiStatus"},                /* 2.16.840.1.113733.1.9.3 */
    {"\x60\x86\x48\x01\x86\xf8\x45\x01\x09\x04", 10, "failInfo"},                 /* 2.16.840.1.113733.1.9.4 */
    {"\x60\x86\x48\x01\x86\xf8\x45\x01\x09\x05", 10, "senderNonce"},              /* 2.16.840.1.113733.1.9.5 */
    {"\x60\x86\x48\x01\x86\xf8\x45\x01\x09\x06", 10, "recipientNonce"},           /* 2.16.840.1.113733.1.9.6 */
    {"\x60\x86\x48\x01\x86\xf8\x45\x01\x09\x07", 10, "transactionID"},            /* 2.16.840.1.113733.1.9.7 */
    {"\x60\x86\x48\x01\x86\xf8\x45\x01\x09\x08", 10, "extensionReq"},             /* 2.16.840.1.113733.1.9.8 */
};

static int compare(const struct scs_cursor *oid, const struct known *row)
{
    size_t n = oid->len < row->len ? oid->len : row->len;
    int order = n == 0 ? 0 : memcmp(oid->p, row->octets, n);
    return order != 0 ? order : (oid->len > row->len) - (oid->len < row->len);
}

const char *scs_oid_known(const struct scs_cursor *oid)
{
    size_t low = 0, high = sizeof table / sizeof *table;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(oid, &table[middle]);
        if (order == 0) {
            return table[middle].name;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* One arc in base 128 (X.690 8.19.2). */
static bool read_arc(struct scs_cursor *c, uint64_t *out)
{
    uint64_t value = 0;
    uint8_t octet;
    do {
        if (!scs_cursor_u8(c, &octet) || value > UINT64_MAX >> 7) {
            return false;
        }
        value = value << 7 | (octet & 0x7fu);
    } while ((octet & 0x80) != 0);
    *out = value;
    return true;
}

static bool write_arcs(struct scs_buf *out, struct scs_cursor c)
{
    uint64_t arc;
    if (c.len > MAX_OID_OCTETS || !read_arc(&c, &arc)) {
        return false;
    }
    /* The first two arcs share an octet group (X.690 8.19.4). */
    unsigned top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
    scs_buf_printf(out, "%u.%llu", top, (unsigned long long)(arc - 40 * top));
    while (!scs_cursor_done(&c)) {
        if (!read_arc(&c, &arc)) {
            return false;
        }
        scs_buf_printf(out, ".%llu", (unsigned long long)arc);
    }
    return true;
}

void scs_oid_write(struct scs_buf *out, const struct scs_cursor *oid)
{
    size_t before = out->len;
    if (!write_arcs(out, *oid)) {
        char hex[MAX_OID_OCTETS * 2 + 1];
        out->len = before;
        scs_text_hex(oid->p, oid->len < MAX_OID_OCTETS ? oid->len : MAX_OID_OCTETS, hex);
        scs_buf_text(out, "oid:");
        scs_buf_text(out, hex);
    }
}

const char *scs_oid_name(const struct scs_cursor *oid, struct scs_arena *arena)
{
    const char *name = scs_oid_known(oid);
    if (name == NULL) {
        struct scs_buf text;
        scs_buf_init(&text, 512);
        scs_oid_write(&text, oid);
        name = scs_arena_strdup(arena, scs_buf_cstr(&text));
        scs_buf_cleanup(&text);
    }
    return name;
}
