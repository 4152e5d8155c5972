/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate ::= SEQUENCE {
 *     tbsCertificate SEQUENCE {
 *         version [0] EXPLICIT INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
 *         issuer Name, validity SEQUENCE { Time, Time }, subject Name, subjectPublicKeyInfo,
 *         issuerUniqueID [1], subjectUniqueID [2], extensions [3] EXPLICIT },
 *     signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }             RFC 5280 4.1
 */
#include "dissectors/x509.h"

#include <string.h>

#include "base/ber.h"
#include "base/text.h"
#include "dissectors/cert_cache.h"
#include "dissectors/cms.h"
#include "dissectors/facts_text.h"
#include "dissectors/oid.h"
#include "dissectors/x509_parts.h"
#include "scepscope/dissector.h"

enum { VERSION = 0xa0, EXTENSIONS = 0xa3 };

/* The fields every certificate has, in order. */
enum field { SERIAL, SIGNATURE, ISSUER, VALIDITY, SUBJECT, PUBLIC_KEY, NUM_FIELDS };

static const uint8_t field_tags[NUM_FIELDS] = {
    [SERIAL] = SCS_BER_INTEGER,    [SIGNATURE] = SCS_BER_SEQUENCE, [ISSUER] = SCS_BER_SEQUENCE,
    [VALIDITY] = SCS_BER_SEQUENCE, [SUBJECT] = SCS_BER_SEQUENCE,   [PUBLIC_KEY] = SCS_BER_SEQUENCE,
};

struct tbs {
    struct scs_ber fields[NUM_FIELDS];
    unsigned num_fields; /* that are there; the last may be cut */
    struct scs_cursor extensions;
    bool has_version;
};

/* Two digits of a time. */
static bool read_pair(struct scs_cursor *c, unsigned *out)
{
    uint64_t value;
    struct scs_cursor pair;
    if (!scs_cursor_take(c, 2, &pair) || !scs_cursor_decimal(&pair, 99, &value) || !scs_cursor_done(&pair)) {
        return false;
    }
    *out = (unsigned)value;
    return true;
}

/* "Z", "+0130", "-0130" or nothing; seconds to take away. Certificates must say Z, old CAs did not. */
static bool read_zone(struct scs_cursor *c, int64_t *out)
{
    uint8_t sign;
    unsigned hours, minutes;
    *out = 0;
    if (!scs_cursor_u8(c, &sign) || sign == 'Z') {
        return true;
    }
    if ((sign != '+' && sign != '-') || !read_pair(c, &hours) || !read_pair(c, &minutes)) {
        return false;
    }
    *out = (int64_t)(hours * 3600 + minutes * 60) * (sign == '+' ? 1 : -1);
    return true;
}

bool scs_x509_time(const struct scs_cursor *contents, bool generalized, int64_t *out)
{
    struct scs_cursor c = *contents;
    unsigned century, year, month, day, hour, minute = 0, second = 0;
    uint8_t next;
    int64_t zone, seconds;

    century = 0;
    if ((generalized && !read_pair(&c, &century)) || !read_pair(&c, &year) || !read_pair(&c, &month) || !read_pair(&c, &day) ||
        !read_pair(&c, &hour)) {
        return false;
    }
    /* Minutes and seconds may be left out (X.680 46, 47); a fraction of a second is dropped. */
    if (read_pair(&c, &minute) && read_pair(&c, &second) && scs_cursor_peek(&c, 0, &next) && (next == '.' || next == ',')) {
        uint64_t fraction;
        if (!scs_cursor_skip(&c, 1) || !scs_cursor_decimal(&c, UINT64_MAX, &fraction)) {
            return false;
        }
    }
    if (!generalized) {
        century = year >= 50 ? 19 : 20; /* RFC 5280 4.1.2.5.1 */
    }
    if (!read_zone(&c, &zone) || !scs_cursor_done(&c) ||
        !scs_time_from_civil((int)(century * 100 + year), month, day, hour, minute, second, &seconds)) {
        return false;
    }
    *out = seconds - zone;
    return true;
}

static int64_t read_time(struct scs_cursor *c)
{
    struct scs_ber e;
    int64_t seconds;
    if (scs_ber_next(c, &e) != SCS_OK || (e.tag != SCS_BER_UTC_TIME && e.tag != SCS_BER_GENERALIZED_TIME) ||
        !scs_x509_time(&e.contents, e.tag == SCS_BER_GENERALIZED_TIME, &seconds)) {
        return SCS_NO_TIME;
    }
    return seconds;
}

/* SCS_OK: every field is there. SCS_MORE: the bytes ran out. SCS_MALFORMED: something else stands here. */
static enum scs_status split_tbs(struct scs_cursor c, struct tbs *out)
{
    struct scs_ber e;
    enum scs_status st = scs_ber_expect(&c, VERSION, &e);
    out->has_version = st != SCS_MALFORMED;
    while (out->num_fields < NUM_FIELDS) {
        if (scs_cursor_done(&c)) {
            return SCS_MORE;
        }
        st = scs_ber_expect(&c, field_tags[out->num_fields], &out->fields[out->num_fields]);
        if (st == SCS_MALFORMED) {
            return st;
        }
        out->num_fields++;
        if (st != SCS_OK) {
            return SCS_MORE;
        }
    }
    while (scs_ber_next(&c, &e) != SCS_MALFORMED) {
        if (e.tag == EXTENSIONS) {
            struct scs_ber sequence;
            if (scs_ber_expect(&e.contents, SCS_BER_SEQUENCE, &sequence) != SCS_MALFORMED) {
                out->extensions = sequence.contents;
            }
        }
    }
    return SCS_OK;
}

static const char *known_rsa_size(uint32_t bits)
{
    switch (bits) {
    case 1024:
        return "RSA 1024";
    case 2048:
        return "RSA 2048";
    case 3072:
        return "RSA 3072";
    case 4096:
        return "RSA 4096";
    default:
        return NULL;
    }
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static void rsa_key(struct scs_cursor bits, struct scs_arena *arena, struct scs_cert_facts *out)
{
    struct scs_ber sequence, modulus;
    uint8_t octet;
    out->key_type = SCS_KEY_RSA;
    out->key = "RSA";
    if (scs_ber_expect(&bits, SCS_BER_SEQUENCE, &sequence) != SCS_OK ||
        scs_ber_expect(&sequence.contents, SCS_BER_INTEGER, &modulus) != SCS_OK) {
        return;
    }
    while (scs_cursor_u8(&modulus.contents, &octet)) {
        if (octet != 0) {
            out->key_bits = (uint32_t)modulus.contents.len * 8;
            for (; octet != 0; octet >>= 1) {
                out->key_bits++;
            }
            break;
        }
    }
    const char *text = known_rsa_size(out->key_bits);
    out->key = text != NULL ? text : scs_arena_printf(arena, "RSA %u", out->key_bits);
}

static void ec_key(struct scs_cursor parameters, struct scs_arena *arena, struct scs_cert_facts *out)
{
    static const struct {
        const char *name;
        uint16_t bits;
    } curves[] = {{"P-192", 192},     {"P-224", 224},           {"P-256", 256},           {"P-384", 384},          {"P-521", 521},
                  {"secp256k1", 256}, {"brainpoolP256r1", 256}, {"brainpoolP384r1", 384}, {"brainpoolP512r1", 512}};
    struct scs_ber oid;
    out->key_type = SCS_KEY_EC;
    out->key = "EC";
    if (scs_ber_expect(&parameters, SCS_BER_OID, &oid) != SCS_OK) {
        return; /* explicit parameters: RFC 5480 2.1.1 forbids them */
    }
    const char *name = scs_oid_name(&oid.contents, arena);
    out->key = scs_arena_printf(arena, "EC %s", name);
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (strcmp(name, curves[i].name) == 0) {
            out->key_bits = curves[i].bits;
        }
    }
}

void scs_x509_key(const struct scs_cursor *spki, struct scs_arena *arena, struct scs_cert_facts *out)
{
    struct scs_cursor c = *spki;
    struct scs_ber algorithm, oid, bits;
    uint8_t unused;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &algorithm) != SCS_OK ||
        scs_ber_expect(&algorithm.contents, SCS_BER_OID, &oid) != SCS_OK) {
        return;
    }
    const char *name = scs_oid_name(&oid.contents, arena);
    if (strcmp(name, "id-ecPublicKey") == 0) {
        ec_key(algorithm.contents, arena, out);
    } else if (strcmp(name, "rsaEncryption") == 0 || strcmp(name, "RSASSA-PSS") == 0 || strcmp(name, "RSAES-OAEP") == 0) {
        if (scs_ber_expect(&c, SCS_BER_BIT_STRING, &bits) == SCS_OK && scs_cursor_u8(&bits.contents, &unused)) {
            rsa_key(bits.contents, arena, out);
        }
    } else {
        out->key_type = SCS_KEY_OTHER;
        out->key = name;
    }
}

static const char *serial_text(struct scs_cursor contents, struct scs_arena *arena)
{
    uint8_t octet;
    if (contents.len > 1 && scs_cursor_peek(&contents, 0, &octet) && octet == 0 && !scs_cursor_skip(&contents, 1)) {
        return NULL;
    }
    /* RFC 5280 4.1.2.2 allows 20 octets. */
    struct scs_cursor shown = scs_cursor_first(&contents, 64);
    return scs_arena_hex(arena, shown.p, shown.len);
}

/* A cut name has a text, but no digest: it would equal nothing. */
static void read_name(const struct scs_ber *name, struct scs_cert_cache *cache, const char **text, const char **sha256)
{
    if (!name->complete) {
        *text = scs_x509_name(&name->contents, scs_cert_cache_arena(cache));
        return;
    }
    const struct scs_name_facts *facts = scs_cert_cache_name(cache, &name->whole);
    *text = facts->text;
    *sha256 = facts->sha256;
}

static void fill_fields(const struct tbs *tbs, struct scs_cert_cache *cache, struct scs_cert_facts *out)
{
    struct scs_arena *arena = scs_cert_cache_arena(cache);
    const struct scs_ber *f = tbs->fields;
    struct scs_cursor c;
    struct scs_ber oid;

    if (tbs->num_fields > SERIAL && f[SERIAL].complete) {
        out->serial = serial_text(f[SERIAL].contents, arena);
    }
    if (tbs->num_fields > SIGNATURE) {
        c = f[SIGNATURE].contents;
        if (scs_ber_expect(&c, SCS_BER_OID, &oid) == SCS_OK) {
            out->signature_algorithm = scs_oid_name(&oid.contents, arena);
        }
    }
    if (tbs->num_fields > ISSUER) {
        read_name(&f[ISSUER], cache, &out->issuer, &out->issuer_sha256);
    }
    if (tbs->num_fields > VALIDITY) {
        c = f[VALIDITY].contents;
        out->not_before = read_time(&c);
        out->not_after = read_time(&c);
    }
    if (tbs->num_fields > SUBJECT) {
        read_name(&f[SUBJECT], cache, &out->subject, &out->subject_sha256);
        if (f[SUBJECT].complete && f[SUBJECT].whole.len == f[ISSUER].whole.len &&
            memcmp(f[SUBJECT].whole.p, f[ISSUER].whole.p, f[ISSUER].whole.len) == 0) {
            out->flags |= SCS_CERT_SELF_ISSUED;
        }
    }
    if (tbs->num_fields > PUBLIC_KEY) {
        scs_x509_key(&f[PUBLIC_KEY].contents, arena, out);
        if (f[PUBLIC_KEY].complete) {
            const struct scs_cursor *spki = &f[PUBLIC_KEY].whole;
            out->spki_sha256 = scs_cert_cache_hex(cache, SCS_DIGEST_SHA256, spki);
            out->spki = (struct scs_bytes){.p = scs_arena_dup(arena, spki->p, spki->len), .len = (uint32_t)spki->len};
        }
        scs_x509_extensions(&tbs->extensions, arena, out);
    }
}

/* NULL when `in` is no certificate. */
static struct scs_cert_facts *read_certificate(struct scs_cursor in, struct scs_cert_cache *cache)
{
    struct scs_ber certificate, body;
    struct tbs tbs = {0};
    if (scs_ber_expect(&in, SCS_BER_SEQUENCE, &certificate) == SCS_MALFORMED ||
        scs_ber_expect(&certificate.contents, SCS_BER_SEQUENCE, &body) == SCS_MALFORMED) {
        return NULL;
    }
    enum scs_status st = split_tbs(body.contents, &tbs);
    /* Of a cut one enough must be there to tell it from any other two nested SEQUENCEs. */
    if (st == SCS_MALFORMED || (st == SCS_MORE && (body.complete || (tbs.num_fields == 0 && !tbs.has_version)))) {
        return NULL;
    }
    struct scs_cert_facts *out = SCS_ARENA_NEW(scs_cert_cache_arena(cache), struct scs_cert_facts);
    out->not_before = out->not_after = SCS_NO_TIME;
    if (!certificate.complete) {
        out->flags |= SCS_CERT_INCOMPLETE;
    }
    fill_fields(&tbs, cache, out);
    return out;
}

const struct scs_cert_facts *scs_x509_read(const struct scs_cursor *in, struct scs_cert_cache *cache)
{
    uint8_t sha256[SCS_SHA256_LEN];
    scs_cert_cache_sha256(cache, in, sha256);
    const struct scs_cert_facts *known = scs_cert_cache_find(cache, sha256);
    if (known != NULL) {
        return known;
    }
    struct scs_cert_facts *facts = read_certificate(*in, cache);
    if (facts != NULL) {
        /* Of a cut certificate the digests would name nothing anybody could look up. */
        if ((facts->flags & SCS_CERT_INCOMPLETE) == 0) {
            facts->sha256 = scs_arena_hex(scs_cert_cache_arena(cache), sha256, sizeof sha256);
            facts->sha1 = scs_cert_cache_hex(cache, SCS_DIGEST_SHA1, in);
            facts->md5 = scs_cert_cache_hex(cache, SCS_DIGEST_MD5, in);
        }
        scs_cert_cache_add(cache, sha256, facts);
    }
    return facts;
}

static bool may_sign_certificates(const struct scs_cert_facts *c)
{
    return (c->flags & SCS_CERT_HAS_KU) == 0 || (c->key_usage & SCS_KU_KEY_CERT_SIGN) != 0;
}

/* An old CA has no basicConstraints (X.509 v1): it is one when it issued itself. */
static bool is_ca(const struct scs_cert_facts *c)
{
    if ((c->flags & SCS_CERT_HAS_BC) != 0) {
        return (c->flags & SCS_CERT_IS_CA) != 0;
    }
    return (c->flags & SCS_CERT_SELF_ISSUED) != 0 && may_sign_certificates(c);
}

/* RA certificates are told by their key usage alone: third-party servers leave out NDES's extended key usage. */
static enum scs_cert_role judge(const struct scs_cert_facts *c)
{
    if (is_ca(c)) {
        return SCS_ROLE_CA;
    }
    if ((c->flags & SCS_CERT_INCOMPLETE) != 0) {
        return SCS_ROLE_UNKNOWN; /* its extensions may be in what is missing */
    }
    /* Without keyUsage every use is allowed: RFC 5280 4.2.1.3. */
    bool unrestricted = (c->flags & SCS_CERT_HAS_KU) == 0;
    bool encrypts = unrestricted || (c->key_usage & SCS_KU_KEY_ENCIPHERMENT) != 0;
    bool signs = unrestricted || (c->key_usage & SCS_KU_DIGITAL_SIGNATURE) != 0;
    if (encrypts && signs) {
        return SCS_ROLE_RA_BOTH;
    }
    return encrypts ? SCS_ROLE_RA_ENCRYPTION : signs ? SCS_ROLE_RA_SIGNING : SCS_ROLE_LEAF;
}

const struct scs_cert_facts *const *scs_x509_judge_roles(const struct scs_cert_facts *const *certificates, uint32_t num,
                                                         struct scs_arena *arena)
{
    const struct scs_cert_facts **judged = SCS_ARENA_ARRAY(arena, num, const struct scs_cert_facts *);
    for (uint32_t i = 0; i < num; i++) {
        struct scs_cert_facts *copy = scs_arena_dup(arena, certificates[i], sizeof *copy);
        copy->role = (uint8_t)judge(copy);
        judged[i] = copy;
    }
    return judged;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut; /* a certificate is no stream */
    struct scs_arena *arena = scs_arena_new();
    struct scs_cert_cache *cache = scs_cert_cache_new(arena);
    struct scs_cursor in = scs_cursor_of(data, len);
    const struct scs_cert_facts *facts = scs_x509_read(&in, cache);
    if (facts != NULL) {
        scs_facts_certificate(out, "certificate", scs_x509_judge_roles(&facts, 1, arena)[0]);
    }
    enum scs_status st = facts == NULL ? SCS_MALFORMED : (facts->flags & SCS_CERT_INCOMPLETE) != 0 ? SCS_MORE : SCS_OK;
    scs_cert_cache_free(cache);
    scs_arena_free(arena);
    return st;
}

const struct scs_dissector scs_dissector_x509 = {
    .name = "x509",
    .claims = "X.509 certificates, DER or BER, in CMS messages and GetCACert replies",
    .examine = examine,
};
