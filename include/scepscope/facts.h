/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What dissectors found, as plain data. Open structs without methods: rules and reports read them and
 * change nothing. All text is NUL-terminated valid UTF-8 without control characters (scs_text_clean);
 * bytes that were anything else stand as \xNN. A NULL text, a negative number or a zero length means
 * "not seen"; it never means "absent on the wire" unless the message is complete.
 * Everything lives in the arena of the exchange, or in the run's cache of shared facts.
 */
#ifndef SCEPSCOPE_FACTS_H
#define SCEPSCOPE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scepscope/limits.h"
#include "scepscope/span.h"

#define SCS_NO_TIME INT64_MIN

struct scs_bytes {
    const uint8_t *p;
    uint32_t len;
};

/* ---- HTTP/1.x and HTTP/2 messages (RFC 9110, 9112, 9113) ---------------------------------------- */

enum scs_http_flag {
    SCS_HTTP_HEAD_COMPLETE = 1u << 0, /* the blank line was seen */
    SCS_HTTP_COMPLETE = 1u << 1,      /* head and body whole */
    SCS_HTTP_HAS_LENGTH = 1u << 2,    /* Content-Length stated: declared_len holds it */
    SCS_HTTP_CHUNKED = 1u << 3,
    SCS_HTTP_CHUNK_BAD = 1u << 4,    /* invalid chunk framing */
    SCS_HTTP_TO_CLOSE = 1u << 5,     /* body delimited by the close of the connection */
    SCS_HTTP_CAPTURE_GAP = 1u << 6,  /* bytes of it were lost by the capture or cut by its snap length */
    SCS_HTTP_SNAPLEN = 1u << 7,      /* ... by the snap length */
    SCS_HTTP_NETWORK_CUT = 1u << 8,  /* the connection ended inside it */
    SCS_HTTP_CAPTURE_END = 1u << 9,  /* the capture ended inside it */
    SCS_HTTP_MIDWAY = 1u << 10,      /* the capture began inside it */
    SCS_HTTP_EXTRA_BYTES = 1u << 11, /* bytes after its end that begin no message */
    SCS_HTTP_CONNECTION_CLOSE = 1u << 12,
    SCS_HTTP_EXPECT_CONTINUE = 1u << 13,
    SCS_HTTP_ABSOLUTE_FORM = 1u << 14,
    SCS_HTTP_NO_MESSAGE_BODY = 1u << 15, /* HEAD, 1xx, 204, 304 */
    SCS_HTTP_MALFORMED = 1u << 16,       /* the parser gave up; body and later messages of the connection are not read */
    SCS_HTTP_INFLATED = 1u << 17,        /* the body was decompressed */
    SCS_HTTP_INFLATE_BAD = 1u << 18,     /* ... and that failed: body_kept holds what came out */
    SCS_HTTP_BODY_LIMIT = 1u << 19       /* body_kept holds only the first SCS_MAX_BODY bytes */
};

/* HTTP/2: a sender that has more to send waits for its receiver's flow-control window. RFC 9113 5.2. */
struct scs_stall {
    int64_t began_ns, lasted_ns; /* lasted_ns 0, and not to the end: never */
    scs_frame frame;             /* the last one that was allowed */
    bool whole_connection;       /* it was the connection's window, not the stream's */
    bool to_the_end;             /* the message was still waiting when no more of it could come */
};

/* How the stream of an HTTP/2 request was ended by more than END_STREAM. */
enum scs_stream_ending {
    SCS_STREAM_REGULAR,         /* or HTTP/1 */
    SCS_STREAM_RESET_BY_CLIENT, /* RST_STREAM */
    SCS_STREAM_RESET_BY_SERVER,
    SCS_STREAM_GOAWAY /* the server ends the connection */
};

struct scs_stream_end {
    uint8_t how;
    uint32_t error; /* RFC 9113 7 */
    scs_frame frame;
    int64_t ts_ns;
};

/* scs_http2_error_name: of an error code, "REFUSED_STREAM"; NULL when it has none. RFC 9113 7. */
const char *scs_http2_error_name(uint32_t error);

struct scs_http_message {
    uint32_t flags;
    uint8_t version;          /* 9 (0.9), 10, 11, 20 */
    uint32_t head_len;        /* raw bytes up to and with the blank line; HTTP/2: of its fields, written out as HTTP/1 would */
    uint32_t raw_len;         /* raw bytes seen of the whole message */
    uint32_t body_len;        /* body bytes seen, after unchunking, before decompression */
    uint32_t declared_len;    /* with SCS_HTTP_HAS_LENGTH; saturates */
    const char *content_type; /* as sent, with parameters */
    const char *content_encoding;
    const char *via;       /* Via, else X-Forwarded-For, else X-MS-Proxy: a proxy's mark */
    const char *body_text; /* first SCS_MAX_BODY_TEXT characters of a body that is text or HTML */
    struct scs_frame_map frames;
    int64_t first_ns, last_ns; /* times of its first and last packet */
    struct scs_stall stall;    /* the longest */
};

struct scs_http_request {
    struct scs_http_message m;
    const char *method;
    const char *host;    /* Host, or the authority of an absolute target or HTTP/2 */
    const char *target;  /* as sent, message= cut after 64 characters and the whole at SCS_MAX_TEXT */
    uint32_t target_len; /* the whole request target in bytes, as sent */
    uint32_t path_len, query_len;
    const char *user_agent;
    bool authorization; /* an Authorization header was present; its value is not kept */
    bool cookie;
};

struct scs_http_reply {
    struct scs_http_message m;
    uint16_t status;
    const char *reason;
    const char *server;
    const char *www_authenticate; /* scheme words only */
    const char *location;
    const char *retry_after;
    const char *cache;   /* Age or X-Cache, as "Age: 120" */
    int64_t date_s;      /* Date header, seconds since the epoch; SCS_NO_TIME */
    int64_t continue_ns; /* when a 100 Continue was seen; SCS_NO_TIME */
};

/* ---- certificates (RFC 5280) -------------------------------------------------------------------- */

enum scs_cert_role {
    SCS_ROLE_UNKNOWN,
    SCS_ROLE_CA,
    SCS_ROLE_RA_SIGNING,
    SCS_ROLE_RA_ENCRYPTION,
    SCS_ROLE_RA_BOTH, /* one certificate with both usages: not NDES */
    SCS_ROLE_LEAF
};

enum scs_key_usage { /* RFC 5280 4.2.1.3: bit n of the BIT STRING is 1u << n */
                     SCS_KU_DIGITAL_SIGNATURE = 1u << 0,
                     SCS_KU_NON_REPUDIATION = 1u << 1,
                     SCS_KU_KEY_ENCIPHERMENT = 1u << 2,
                     SCS_KU_DATA_ENCIPHERMENT = 1u << 3,
                     SCS_KU_KEY_AGREEMENT = 1u << 4,
                     SCS_KU_KEY_CERT_SIGN = 1u << 5,
                     SCS_KU_CRL_SIGN = 1u << 6
};

enum scs_cert_flag {
    SCS_CERT_IS_CA = 1u << 0,       /* basicConstraints cA TRUE */
    SCS_CERT_SELF_ISSUED = 1u << 1, /* issuer and subject are the same bytes */
    SCS_CERT_HAS_KU = 1u << 2,
    SCS_CERT_HAS_EKU = 1u << 3,
    SCS_CERT_EKU_CLIENT_AUTH = 1u << 4,
    SCS_CERT_EKU_SERVER_AUTH = 1u << 5,
    SCS_CERT_EKU_REQUEST_AGENT = 1u << 6, /* 1.3.6.1.4.1.311.20.2.1 */
    SCS_CERT_EKU_ANY = 1u << 7,
    SCS_CERT_INCOMPLETE = 1u << 8, /* cut: fields up to the cut are set */
    SCS_CERT_HAS_BC = 1u << 9      /* basicConstraints is there, whatever it says */
};

enum scs_key_type { SCS_KEY_UNKNOWN, SCS_KEY_RSA, SCS_KEY_EC, SCS_KEY_OTHER };

struct scs_cert_facts {
    const char *subject, *issuer; /* in encoded order, "C=SE, O=Contoso, CN=Name" */
    const char *serial;           /* lower-case hex of the INTEGER's contents, without a leading sign byte 00 */
    const char *sha256;           /* lower-case hex over the DER bytes, as are: */
    const char *sha1, *md5;
    const char *issuer_sha256; /* of the issuer Name's bytes: equal names have equal bytes */
    const char *subject_sha256;
    const char *spki_sha256;         /* of the SubjectPublicKeyInfo */
    const char *ski, *aki;           /* subject and authority key identifier, hex */
    const char *key;                 /* "RSA 2048", "EC P-256" */
    const char *signature_algorithm; /* "sha256WithRSAEncryption", "RSASSA-PSS", or the dotted OID */
    struct scs_bytes spki;           /* the SubjectPublicKeyInfo as it stands there, for signature checks; len 0 when cut */
    const char *const *sans;         /* "DNS:a", "IP:1.2.3.4", "email:x", "UPN:x", "URI:x" */
    const char *const *ekus;         /* short names ("clientAuth", "certRequestAgent") or dotted OIDs */
    uint32_t num_sans, num_ekus;
    int64_t not_before, not_after; /* seconds since the epoch; SCS_NO_TIME */
    uint32_t flags;                /* enum scs_cert_flag */
    uint32_t key_bits;
    uint16_t key_usage; /* enum scs_key_usage, with SCS_CERT_HAS_KU */
    uint8_t key_type;   /* enum scs_key_type */
    uint8_t role;       /* enum scs_cert_role, as judged among the certificates it came with */
};

/* ---- SCEP (RFC 8894) and its CMS (RFC 5652) ------------------------------------------------------ */

enum scs_encoding { SCS_ENCODING_NONE, SCS_ENCODING_DER, SCS_ENCODING_BER };

/* Where a pkiMessage travelled. */
enum scs_transport { SCS_TRANSPORT_NONE, SCS_TRANSPORT_BODY, SCS_TRANSPORT_QUERY };

/* Base64 and URL peculiarities of a GET message. RFC 4648 4, RFC 8894 4.1. */
enum scs_b64_flag {
    SCS_B64_SPACE = 1u << 0,    /* spaces where + should stand */
    SCS_B64_DOUBLE = 1u << 1,   /* %252B: escaped twice */
    SCS_B64_RAW_PLUS = 1u << 2, /* + unescaped */
    SCS_B64_RAW_SLASH = 1u << 3,
    SCS_B64_RAW_EQUALS = 1u << 4,
    SCS_B64_NEWLINES = 1u << 5,
    SCS_B64_NO_PADDING = 1u << 6,
    SCS_B64_URL_ALPHABET = 1u << 7, /* - and _ */
    SCS_B64_INVALID = 1u << 8,      /* a character outside every alphabet; decoding stopped there */
    SCS_B64_ELLIPSIS = 1u << 9,     /* a literal ... : a replayed log */
    SCS_B64_TRUNCATED = 1u << 10    /* length is 1 mod 4: the last character is half of one */
};

enum scs_message_flag {
    SCS_MSG_PRESENT = 1u << 0,    /* there was something where a message belongs */
    SCS_MSG_IS_CMS = 1u << 1,     /* ContentInfo with signedData */
    SCS_MSG_COMPLETE = 1u << 2,   /* every announced byte is there and every indefinite length is closed */
    SCS_MSG_TRAILING = 1u << 3,   /* bytes after the end of the CMS */
    SCS_MSG_HAS_SIGNER = 1u << 4, /* a SignerInfo was read */
    SCS_MSG_HAS_SIGNED_ATTRS = 1u << 5,
    SCS_MSG_ATTRS_UNSORTED = 1u << 6,    /* signedAttrs not in DER SET OF order */
    SCS_MSG_ATTR_WRONG_TYPE = 1u << 7,   /* a SCEP string attribute is not PrintableString, or a nonce not OCTET STRING */
    SCS_MSG_NONCE_LENGTH = 1u << 8,      /* a nonce is not 16 bytes */
    SCS_MSG_CONTENT_ABSENT = 1u << 9,    /* no eContent */
    SCS_MSG_CONTENT_EMPTY = 1u << 10,    /* eContent of 0 bytes */
    SCS_MSG_CONTENT_ONE_ZERO = 1u << 11, /* NDES's one byte 00 */
    SCS_MSG_HAS_ENVELOPE = 1u << 12,     /* eContent is EnvelopedData (or AuthEnvelopedData) */
    SCS_MSG_ENVELOPE_COMPLETE = 1u << 13,
    SCS_MSG_AUTH_ENVELOPE = 1u << 14,
    SCS_MSG_PROBE = 1u << 15,           /* NDESLongUrlValidator text */
    SCS_MSG_BEGINS_LIKE_CMS = 1u << 16, /* begins 30 .. 06 09 .. or its cut form, though not enough is there to be sure */
    SCS_MSG_PEM = 1u << 17,             /* base64 or PEM where DER belongs */
    SCS_MSG_LIMIT = 1u << 18
};

struct scs_recipient {
    const char *issuer, *serial; /* issuerAndSerialNumber */
    const char *issuer_sha256;
    const char *ski;            /* or subjectKeyIdentifier */
    const char *key_encryption; /* "rsaEncryption", "RSAES-OAEP", or the dotted OID */
    bool key_trans;             /* false: another kind of RecipientInfo */
    uint32_t encrypted_key_len;
    const char
        *known_as; /* "ra_encryption", "ra_signing", "ca", "unknown"; NULL when no GetCACert was seen: set by correlation */
};

/* Whether something cryptographic holds. The text beside it says why it is SCS_UNCHECKED or SCS_INVALID. */
enum scs_check {
    SCS_UNCHECKED, /* no verdict: something it needs is not in the capture, or an algorithm is not known */
    SCS_VALID,
    SCS_INVALID
};

/* ---- what an opened envelope holds: known only when a key was given ------------------------------- */

enum scs_challenge_kind {
    SCS_CHALLENGE_OTHER, /* anything else: a word somebody chose, a ConfigMgr password */
    SCS_CHALLENGE_OTP,   /* 16 or 32 hexadecimal digits: what mscep_admin gives out */
    SCS_CHALLENGE_BLOB   /* more than 512 characters, all of base64: Intune's signed and encrypted XML */
};

enum scs_challenge_flag {
    SCS_CHALLENGE_BASE64 = 1u << 0,       /* the whole value is well-formed base64 of at least 16 characters */
    SCS_CHALLENGE_NONPRINTABLE = 1u << 1, /* characters outside printable ASCII */
    SCS_CHALLENGE_NOT_TEXT = 1u << 2,     /* the value is of no string type: string_type is NULL, length counts octets */
    SCS_CHALLENGE_EMPTY = 1u << 3,
    SCS_CHALLENGE_REPEATED = 1u << 4,  /* more than one challengePassword; the facts are the first one's */
    SCS_CHALLENGE_INTUNE_XML = 1u << 5 /* begins "PENlcnRFbn": base64 of "<CertEn" */
};

/* challengePassword (RFC 2985 5.4.1). The clear text is never kept. */
struct scs_challenge {
    bool present;            /* false is "absent" only in a CSR that was read whole */
    uint8_t kind;            /* enum scs_challenge_kind */
    uint32_t flags;          /* enum scs_challenge_flag */
    uint32_t length;         /* characters */
    const char *string_type; /* "PrintableString", "UTF8String", "IA5String", "T61String", "BMPString", "UniversalString" */
    const char *sha256;      /* of the value as UTF-8, so that `printf %s VALUE | sha256sum` gives it; equal values, equal text */
};

enum scs_csr_flag {
    SCS_CSR_COMPLETE = 1u << 0, /* every part was read; otherwise what is missing is unknown, not absent */
    SCS_CSR_SUBJECT_EMPTY = 1u << 1,
    SCS_CSR_SUBJECT_ESCAPED = 1u << 2,      /* a value has what RFC 4514 escapes: , + " \ < > ; a leading #, outer spaces */
    SCS_CSR_SUBJECT_NONPRINTABLE = 1u << 3, /* control characters, or bytes that are no text */
    SCS_CSR_HAS_EXTENSIONS = 1u << 4,       /* an extensionRequest attribute (PKCS #9, Microsoft's or VeriSign's OID) */
    SCS_CSR_HAS_SAN = 1u << 5,
    SCS_CSR_SAN_EMPTY = 1u << 6, /* subjectAltName without names, or with a name that has no value */
    SCS_CSR_TRAILING = 1u << 7   /* bytes after its end */
};

/* A certificate request, PKCS #10 (RFC 2986), from a PKCSReq or RenewalReq. */
struct scs_csr {
    /*
     * What it asks for, in the words of a certificate: subject, subject_sha256, key, key_bits, key_type, spki,
     * spki_sha256, signature_algorithm, sans, ekus, key_usage and flags (with SCS_CERT_HAS_KU, SCS_CERT_HAS_EKU ...).
     * What a request does not have (issuer, serial, dates, digests of the whole) is not set.
     */
    struct scs_cert_facts asked;
    uint32_t flags;            /* enum scs_csr_flag */
    uint32_t length;           /* bytes */
    const char *common_name;   /* the last CN of the subject, unescaped; NULL */
    uint32_t common_name_len;  /* its characters: X.520 allows 64 */
    uint8_t signature;         /* enum scs_check: the proof of possession */
    const char *signature_why; /* NULL when valid */
    struct scs_challenge challenge;
    const char *sid;                         /* "S-1-5-21-...", of the SID extension 1.3.6.1.4.1.311.25.2 or the SAN's tag URI */
    const char *template_name;               /* of enrollCertType, or the OID in certificateTemplate */
    const char *const *application_policies; /* 1.3.6.1.4.1.311.21.10: names or dotted OIDs, as ekus */
    uint32_t num_application_policies;
    const char *const *attributes; /* names or OIDs of all attributes, in order */
    uint32_t num_attributes;
};

enum scs_envelope_holds {
    SCS_HOLDS_UNKNOWN,            /* shut, or opened to something that SCEP does not put there */
    SCS_HOLDS_CSR,                /* PKCSReq, RenewalReq: csr */
    SCS_HOLDS_ISSUER_AND_SUBJECT, /* CertPoll: issuer, subject */
    SCS_HOLDS_ISSUER_AND_SERIAL,  /* GetCert, GetCRL: issuer, serial */
    SCS_HOLDS_CERTIFICATES,       /* CertRep SUCCESS: certificates, the issued one first as servers order them */
    SCS_HOLDS_CRL                 /* CertRep SUCCESS to GetCRL */
};

struct scs_envelope {
    struct scs_recipient *recipients; /* known_as is written by correlation, the rest by the dissector */
    uint32_t num_recipients;
    const char *cipher;     /* "aes-256-cbc", "des-ede3-cbc", "des-cbc", or the dotted OID */
    uint32_t encrypted_len; /* bytes of encryptedContent present */
    uint32_t iv_len;
    struct scs_span at_recipients, at_cipher;
    /*
     * Set by the run once its keys were tried (src/keys). `opened` means that a key fitted and that what came out
     * is what it should be; a wrong key never counts as one. Until then why_not is NULL too.
     */
    bool opened;
    uint8_t holds;           /* enum scs_envelope_holds */
    const char *opened_with; /* SHA-256 of the public key whose private half opened it, hex; equals spki_sha256 */
    const char *why_not;     /* why it stayed shut, a clause without a full stop: "no key was given" ...; NULL when opened */
    uint32_t content_len;    /* bytes inside */
    const struct scs_csr *csr;
    const char *issuer, *subject, *serial; /* as `holds` says */
    const struct scs_cert_facts *const *certificates;
    uint32_t num_certificates;
};

/* A private key the user gave. */
struct scs_key_facts {
    const char *path;        /* as given */
    const char *key;         /* "RSA 2048" */
    const char *spki_sha256; /* of its public half */
    uint32_t num_opened;     /* envelopes and TLS connections it opened */
};

/* One pkiMessage: a SCEP request or a CertRep. RFC 8894 3. */
struct scs_pki_message {
    uint32_t flags;              /* enum scs_message_flag */
    uint32_t b64;                /* enum scs_b64_flag, GET only */
    uint8_t encoding, transport; /* enum scs_encoding, enum scs_transport */
    uint32_t length;             /* decoded bytes present */
    uint32_t announced;          /* bytes the outermost definite length announces, header included; for BER the
                                    eContent's first chunk end; 0 when nothing does */
    uint32_t missing;            /* announced bytes that are not there */
    int32_t message_type;        /* -1 not seen */
    int32_t pki_status;
    int32_t fail_info;
    bool has_hresult;
    int32_t hresult; /* NDES: 1.3.6.1.4.1.311.21.33 */
    const char *fail_info_text;
    const char *server_message; /* 1.3.6.1.4.1.311.21.38 when it is text */
    const char *transaction_id;
    struct scs_bytes sender_nonce, recipient_nonce;
    int64_t signing_time; /* seconds; SCS_NO_TIME */
    const char *digest;   /* signer's digest algorithm: "sha256" ... or dotted OID */
    const char *signature_algorithm;
    const char *signer_issuer, *signer_serial, *signer_issuer_sha256, *signer_ski; /* SignerInfo sid */
    const struct scs_cert_facts *signer; /* the certificate the sid names, in the message or (by correlation) from GetCACert */
    const struct scs_cert_facts *const *certificates; /* in the message, outermost level, in order */
    uint32_t num_certificates, num_signers;
    uint32_t content_len; /* eContent bytes present */
    struct scs_envelope *envelope;
    struct scs_span at_message_type, at_status, at_fail_info, at_hresult, at_transaction_id, at_sender_nonce, at_recipient_nonce,
        at_signer, at_digest, at_content;
    /*
     * The bytes signature checks need, as spans of the decoded message; len 0 when not there. at_content (above) is
     * the whole eContent element, header included: read it with scs_ber_next and join its chunks with
     * scs_ber_string. at_signed_attrs is the whole [0] element, at_signature_algorithm the whole AlgorithmIdentifier,
     * the other two are contents octets.
     */
    struct scs_span at_signed_attrs, at_signature_algorithm, at_signature, at_message_digest;
    /*
     * RFC 5652 5.4 and 5.6, over the bytes as they were received. `signature` is the signer's over the signed
     * attributes (over the content, when there are none); `digest_check` compares the messageDigest attribute with
     * the content. A message is genuine only when both hold: scs_message_genuine. A message that carries no
     * signer, or is cut, is SCS_UNCHECKED and the text says so.
     */
    uint8_t signature, digest_check;        /* enum scs_check */
    const char *signature_why, *digest_why; /* clauses without a full stop; NULL when valid */
    bool signature_sorted;                  /* valid only over the attributes in DER order, which is not how they were sent */
    const char *const *extra_attributes;    /* other signed attributes, "1.2.3.4=hex" or named, for the report */
    uint32_t num_extra_attributes;
};

/* scs_message_genuine: SCS_INVALID when one of both checks failed, SCS_VALID when both hold, else SCS_UNCHECKED. */
enum scs_check scs_message_genuine(const struct scs_pki_message *m);

/* GetCACaps. RFC 8894 3.5.2. */
enum scs_cap {
    SCS_CAP_AES = 1u << 0,
    SCS_CAP_DES3 = 1u << 1,
    SCS_CAP_GET_NEXT_CA_CERT = 1u << 2,
    SCS_CAP_POST = 1u << 3,
    SCS_CAP_RENEWAL = 1u << 4,
    SCS_CAP_SHA1 = 1u << 5,
    SCS_CAP_SHA256 = 1u << 6,
    SCS_CAP_SHA512 = 1u << 7,
    SCS_CAP_STANDARD = 1u << 8,
    SCS_CAP_UPDATE = 1u << 9
};

struct scs_caps {
    uint32_t known;           /* enum scs_cap, SCEPStandard's implications not added */
    const char *const *lines; /* as sent, in order */
    uint32_t num_lines;
    bool html; /* the body begins with < */
    bool empty;
    bool text; /* looks like a capability list at all */
};

/* GetCACert and GetNextCACert. RFC 8894 4.2, 4.7. */
struct scs_ca_certs {
    const struct scs_cert_facts *const *certificates;
    uint32_t num_certificates;
    bool single; /* one raw certificate, not SignedData */
    bool parsed; /* at least the outer form was right */
    bool complete;
    bool html, empty, pem;
    bool signed_reply;       /* SignedData with a signer (GetNextCACert) */
    const char *body_sha256; /* identical answers share their facts */
};

enum scs_operation {
    SCS_OP_OTHER, /* on a SCEP path, an operation of another name: operation_name has it */
    SCS_OP_GET_CA_CAPS,
    SCS_OP_GET_CA_CERT,
    SCS_OP_GET_NEXT_CA_CERT,
    SCS_OP_PKI_OPERATION,
    SCS_OP_VERIFY_REQUEST,
    SCS_OP_NOTIFY,
    SCS_OP_NDES_GENERATE_CHALLENGE,
    SCS_OP_PAGE /* no operation: probe, browser, admin page */
};

/* Which of the server's applications the path belongs to. */
enum scs_path_kind {
    SCS_PATH_NOT_SCEP,
    SCS_PATH_MSCEP_INFO, /* /certsrv/mscep/ */
    SCS_PATH_MSCEP_DLL,  /* .../mscep.dll */
    SCS_PATH_PKICLIENT,  /* .../mscep.dll/pkiclient.exe */
    SCS_PATH_ADMIN,      /* /certsrv/mscep_admin... */
    SCS_PATH_CRP,        /* /CertificateRegistrationSvc..., /CMCertificateRegistration... */
    SCS_PATH_OPERATION,  /* any other path with a SCEP operation= */
    SCS_PATH_USER        /* --path */
};

enum scs_platform {
    SCS_PLATFORM_UNKNOWN,
    SCS_PLATFORM_WINDOWS,
    SCS_PLATFORM_APPLE,
    SCS_PLATFORM_ANDROID,
    SCS_PLATFORM_NDES_PLUGIN,
    SCS_PLATFORM_CISCO,
    SCS_PLATFORM_JSCEP,
    SCS_PLATFORM_MICROMDM, /* Go-http-client */
    SCS_PLATFORM_CURL,
    SCS_PLATFORM_POWERSHELL,
    SCS_PLATFORM_BROWSER,
    SCS_PLATFORM_OTHER
};

/* The mscep_admin page. Never holds the password. */
enum scs_admin_flag {
    SCS_ADMIN_PAGE = 1u << 0,
    SCS_ADMIN_PASSWORD_ONCE = 1u << 1,
    SCS_ADMIN_PASSWORD_MANY = 1u << 2,
    SCS_ADMIN_CACHE_FULL = 1u << 3,
    SCS_ADMIN_NO_PERMISSION = 1u << 4,
    SCS_ADMIN_THUMBPRINT = 1u << 5
};

#endif
