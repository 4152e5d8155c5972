/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CertificationRequest ::= SEQUENCE {
 *     certificationRequestInfo SEQUENCE { version INTEGER, subject Name, subjectPKInfo SubjectPublicKeyInfo,
 *                                         attributes [0] IMPLICIT SET OF Attribute },
 *     signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }                          RFC 2986 4
 * Attribute ::= SEQUENCE { OID, SET OF ANY }: challengePassword, extensionRequest (RFC 2985 5.4), Microsoft's.
 */
#include "dissectors/pkcs10.h"

#include <string.h>

#include "base/text.h"
#include "dissectors/cert_cache.h"
#include "dissectors/cms.h"
#include "dissectors/facts_text.h"
#include "dissectors/oid.h"
#include "dissectors/pkcs10_parts.h"
#include "dissectors/x509_parts.h"
#include "scepscope/dissector.h"

enum { ATTRIBUTES = 0xa0 };

/* What the reading of one request carries along. */
struct reader {
    struct scs_cert_cache *cache;
    struct scs_arena *arena;
    struct scs_csr *out;
    bool cut, damaged;
};

/* The next element when it has this tag; remembers what was wrong when it has not. */
static bool expect(struct reader *r, struct scs_cursor *in, uint8_t tag, struct scs_ber *out)
{
    enum scs_status st = scs_ber_expect(in, tag, out);
    if (st == SCS_MALFORMED) {
        r->cut = r->cut || scs_cursor_done(in);
        r->damaged = r->damaged || !scs_cursor_done(in);
        return false;
    }
    r->cut = r->cut || st != SCS_OK;
    return true;
}

/* ---- subject ------------------------------------------------------------------------------------- */

/* RFC 4514 2.4 */
static bool is_escaped(const struct scs_cursor *value)
{
    struct scs_cursor c = *value;
    uint8_t byte;
    for (bool first = true; scs_cursor_u8(&c, &byte); first = false) {
        if (memchr(",+\"\\<>;", byte, 7) != NULL || (first && byte == '#') || (byte == ' ' && (first || scs_cursor_done(&c)))) {
            return true;
        }
    }
    return false;
}

static bool is_printable(const struct scs_cursor *utf8)
{
    struct scs_cursor c = *utf8;
    uint8_t byte;
    while (scs_cursor_peek(&c, 0, &byte)) {
        size_t n = scs_text_utf8(c.p, c.len);
        if (byte < 0x20 || byte == 0x7f || n == 0 || !scs_cursor_skip(&c, n)) {
            return false;
        }
    }
    return true;
}

static uint32_t count_characters(struct scs_cursor utf8)
{
    uint32_t n = 0;
    uint8_t byte;
    while (scs_cursor_u8(&utf8, &byte)) {
        n += (byte & 0xc0) != 0x80;
    }
    return n;
}

static void read_value(struct reader *r, const struct scs_cursor *type, const struct scs_ber *value, bool *any)
{
    struct scs_buf utf8;
    scs_buf_init(&utf8, SCS_MAX_BODY);
    bool is_text = scs_x509_put_string(&utf8, value);
    struct scs_cursor text = scs_buf_cursor(&utf8);
    *any = *any || text.len != 0 || !is_text;
    r->out->flags |= is_text && is_escaped(&text) ? SCS_CSR_SUBJECT_ESCAPED : 0;
    r->out->flags |= is_text && is_printable(&text) ? 0 : SCS_CSR_SUBJECT_NONPRINTABLE;
    if (is_text && type->len == 3 && scs_cursor_starts(type, "\x55\x04\x03")) {
        r->out->common_name = scs_arena_text(r->arena, &text, SCS_MAX_TEXT);
        r->out->common_name_len = count_characters(text);
    }
    scs_buf_cleanup(&utf8);
}

/* Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value ANY } */
static void read_subject(struct reader *r, const struct scs_ber *name)
{
    struct scs_cursor c = name->contents;
    struct scs_ber rdn, pair, type, value;
    bool any = false;
    if (name->complete) {
        const struct scs_name_facts *facts = scs_cert_cache_name(r->cache, &name->whole);
        r->out->asked.subject = facts->text;
        r->out->asked.subject_sha256 = facts->sha256;
    }
    while (scs_ber_expect(&c, SCS_BER_SET, &rdn) == SCS_OK) {
        while (scs_ber_expect(&rdn.contents, SCS_BER_SEQUENCE, &pair) == SCS_OK &&
               scs_ber_expect(&pair.contents, SCS_BER_OID, &type) == SCS_OK && scs_ber_next(&pair.contents, &value) == SCS_OK) {
            read_value(r, &type.contents, &value, &any);
        }
    }
    r->out->flags |= !any && name->complete ? SCS_CSR_SUBJECT_EMPTY : 0;
}

static void read_key(struct reader *r, const struct scs_ber *spki)
{
    struct scs_cert_facts *asked = &r->out->asked;
    scs_x509_key(&spki->contents, r->arena, asked);
    if (spki->complete) {
        asked->spki_sha256 = scs_cert_cache_hex(r->cache, SCS_DIGEST_SHA256, &spki->whole);
        asked->spki =
            (struct scs_bytes){.p = scs_arena_dup(r->arena, spki->whole.p, spki->whole.len), .len = (uint32_t)spki->whole.len};
    }
}

/* ---- attributes ---------------------------------------------------------------------------------- */

static bool asks_for_extensions(const char *name)
{
    return strcmp(name, "extensionRequest") == 0 || strcmp(name, "certExtensions") == 0 || strcmp(name, "extensionReq") == 0;
}

static void read_attribute(struct reader *r, struct scs_cursor attribute, const char **name)
{
    struct scs_ber oid, set, value;
    if (!expect(r, &attribute, SCS_BER_OID, &oid)) {
        return;
    }
    *name = scs_oid_name(&oid.contents, r->arena);
    if (!expect(r, &attribute, SCS_BER_SET, &set) || scs_ber_next(&set.contents, &value) == SCS_MALFORMED) {
        return;
    }
    if (strcmp(*name, "challengePassword") == 0) {
        scs_pkcs10_challenge(&value, r->cache, &r->out->challenge);
    } else if (asks_for_extensions(*name) && value.tag == SCS_BER_SEQUENCE) {
        scs_pkcs10_extensions(&value.contents, r->arena, r->out);
    }
}

static void read_attributes(struct reader *r, struct scs_cursor c)
{
    const char *names[SCS_MAX_ATTRIBUTES];
    struct scs_ber attribute;
    uint32_t num = 0;
    while (!scs_cursor_done(&c) && num < SCS_MAX_ATTRIBUTES && expect(r, &c, SCS_BER_SEQUENCE, &attribute)) {
        names[num] = NULL;
        read_attribute(r, attribute.contents, &names[num]);
        num += names[num] != NULL;
    }
    r->damaged = r->damaged || (num == SCS_MAX_ATTRIBUTES && !scs_cursor_done(&c));
    r->out->attributes = scs_arena_dup(r->arena, names, num * sizeof *names);
    r->out->num_attributes = num;
}

/* ---- the request --------------------------------------------------------------------------------- */

static void read_info(struct reader *r, struct scs_cursor c)
{
    struct scs_ber version, subject, spki, attributes;
    if (!expect(r, &c, SCS_BER_INTEGER, &version) || !expect(r, &c, SCS_BER_SEQUENCE, &subject)) {
        return;
    }
    read_subject(r, &subject);
    if (!expect(r, &c, SCS_BER_SEQUENCE, &spki)) {
        return;
    }
    read_key(r, &spki);
    /* Old toolkits leave the empty set out. */
    if (!scs_cursor_done(&c) && expect(r, &c, ATTRIBUTES, &attributes)) {
        read_attributes(r, attributes.contents);
    }
}

static void read_proof(struct reader *r, struct scs_cursor c, struct scs_csr_proof *proof)
{
    struct scs_ber algorithm, oid, signature;
    uint8_t unused;
    if (!expect(r, &c, SCS_BER_SEQUENCE, &algorithm)) {
        return;
    }
    struct scs_cursor inside = algorithm.contents;
    if (expect(r, &inside, SCS_BER_OID, &oid)) {
        r->out->asked.signature_algorithm = scs_oid_name(&oid.contents, r->arena);
    }
    if (!expect(r, &c, SCS_BER_BIT_STRING, &signature) || !signature.complete || !scs_cursor_u8(&signature.contents, &unused)) {
        return;
    }
    proof->algorithm = algorithm.whole;
    proof->signature = signature.contents;
}

enum scs_status scs_pkcs10_read(const struct scs_cursor *in, struct scs_cert_cache *cache, struct scs_arena *arena,
                                struct scs_csr *out, struct scs_csr_proof *proof)
{
    struct reader r = {.cache = cache, .arena = arena, .out = out};
    struct scs_cursor c = *in;
    struct scs_ber request, info;
    *out = (struct scs_csr){.length = (uint32_t)in->len};
    *proof = (struct scs_csr_proof){.signature = {0}};
    out->asked.not_before = out->asked.not_after = SCS_NO_TIME;
    if (!expect(&r, &c, SCS_BER_SEQUENCE, &request)) {
        return SCS_MALFORMED;
    }
    out->flags |= scs_cursor_done(&c) ? 0 : SCS_CSR_TRAILING;
    c = request.contents;
    if (!expect(&r, &c, SCS_BER_SEQUENCE, &info)) {
        return SCS_MALFORMED;
    }
    read_info(&r, info.contents);
    if (info.complete) {
        read_proof(&r, c, proof);
        proof->info = info.whole;
    }
    if (!r.cut && !r.damaged) {
        out->flags |= SCS_CSR_COMPLETE;
    }
    return r.damaged ? SCS_MALFORMED : r.cut ? SCS_MORE : SCS_OK;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut; /* a request is no stream */
    struct scs_arena *arena = scs_arena_new();
    struct scs_cert_cache *cache = scs_cert_cache_new(arena);
    struct scs_cursor in = scs_cursor_of(data, len);
    struct scs_csr csr;
    struct scs_csr_proof proof;
    enum scs_status st = scs_pkcs10_read(&in, cache, arena, &csr, &proof);
    scs_facts_csr(out, &csr);
    scs_buf_printf(out, "proof info=%zu algorithm=%zu signature=%zu\n", proof.info.len, proof.algorithm.len, proof.signature.len);
    scs_cert_cache_free(cache);
    scs_arena_free(arena);
    return st;
}

const struct scs_dissector scs_dissector_pkcs10 = {
    .name = "pkcs10",
    .claims = "PKCS #10 certificate requests, decrypted from the envelope of PKCSReq and RenewalReq",
    .examine = examine,
};
