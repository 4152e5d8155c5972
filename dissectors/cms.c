/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ContentInfo ::= SEQUENCE { contentType OID, content [0] EXPLICIT ANY }                        RFC 5652 3
 * SignedData  ::= SEQUENCE { version, digestAlgorithms SET,                                     RFC 5652 5.1
 *                            encapContentInfo SEQUENCE { OID, [0] EXPLICIT OCTET STRING OPTIONAL },
 *                            certificates [0] OPTIONAL, crls [1] OPTIONAL, signerInfos SET }
 *
 * Apple writes all of it with indefinite lengths and strings in chunks, Windows and OpenSSL write DER.
 * A message cut anywhere gives what came before the cut: the recipient stands in the first 600 bytes.
 */
#include "dissectors/cms.h"

#include <string.h>

#include "dissectors/cms_parts.h"
#include "dissectors/facts_text.h"
#include "dissectors/oid.h"
#include "scepscope/dissector.h"

enum { EXPLICIT_0 = 0xa0, CERTIFICATES = 0xa0 };

/* encapContentInfo; the [0] around the content is not kept. */
static void split_content(struct scs_cms_reader *r, struct scs_signed_data *out)
{
    struct scs_cursor c = out->content_info.contents;
    struct scs_ber type, wrapper;
    if (scs_cms_expect(r, &c, SCS_BER_OID, &type) && scs_cms_expect(r, &c, EXPLICIT_0, &wrapper)) {
        out->content = wrapper; /* should it hold nothing */
        scs_cms_next(r, &wrapper.contents, &out->content);
    }
}

/* Reads the frame of a SignedData as far as it goes. */
static void split(struct scs_cms_reader *r, struct scs_cursor in, struct scs_signed_data *out)
{
    struct scs_ber type, wrapper, body, e;
    struct scs_cursor c;

    *out = (struct scs_signed_data){0};
    if (!scs_cms_expect(r, &in, SCS_BER_SEQUENCE, &out->outer)) {
        return;
    }
    c = out->outer.contents;
    if (!scs_cms_expect(r, &c, SCS_BER_OID, &type) || !type.complete) {
        return;
    }
    const char *name = scs_oid_known(&type.contents);
    out->is_signed_data = name != NULL && strcmp(name, "signedData") == 0;
    if (!out->is_signed_data || !scs_cms_expect(r, &c, EXPLICIT_0, &wrapper) ||
        !scs_cms_expect(r, &wrapper.contents, SCS_BER_SEQUENCE, &body)) {
        return;
    }
    c = body.contents;
    if (!scs_cms_expect(r, &c, SCS_BER_INTEGER, &e) || !scs_cms_expect(r, &c, SCS_BER_SET, &out->digest_algorithms) ||
        !scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &out->content_info)) {
        r->damaged = r->damaged || !r->cut;
        return;
    }
    split_content(r, out);
    while (scs_cms_next(r, &c, &e)) {
        if (e.tag == CERTIFICATES) {
            out->certificates = e;
        } else if (e.tag == SCS_BER_SET) {
            out->signer_infos = e;
        }
    }
}

/* CertificateSet: certificates stand as plain SEQUENCEs; its other choices (attribute certificates) are passed over. */
static const struct scs_cert_facts *const *read_certificate_set(struct scs_cms_reader *r, const struct scs_signed_data *sd,
                                                                uint32_t *num)
{
    const struct scs_cert_facts *found[SCS_MAX_CERTIFICATES];
    struct scs_cursor c = sd->certificates.contents;
    struct scs_ber e;
    *num = 0;
    while (scs_cms_next(r, &c, &e)) {
        if (*num == SCS_MAX_CERTIFICATES) {
            r->out->flags |= SCS_MSG_LIMIT;
            break;
        }
        const struct scs_cert_facts *facts = e.tag == SCS_BER_SEQUENCE ? scs_x509_read(&e.whole, r->cache) : NULL;
        if (facts != NULL) {
            found[(*num)++] = facts;
        }
    }
    return *num == 0 ? NULL : scs_arena_dup(r->arena, found, *num * sizeof(const struct scs_cert_facts *));
}

/* Does it begin as every ContentInfo with signedData begins, as far as it goes? */
static bool begins_like_cms(struct scs_cursor c)
{
    static const char oid[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    uint8_t tag, length;
    if (!scs_cursor_u8(&c, &tag) || !scs_cursor_u8(&c, &length) || tag != SCS_BER_SEQUENCE || length > 0x84) {
        return false;
    }
    if (length > 0x80 && !scs_cursor_skip(&c, length & 0x7fu)) {
        return true;
    }
    /* A short definite length cannot hold a message, but may begin a text. */
    size_t n = c.len < sizeof oid - 1 ? c.len : sizeof oid - 1;
    return (n == 0 ? length >= 0x80 : memcmp(c.p, oid, n) == 0);
}

static bool is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '\r' ||
           c == '\n';
}

/* "-----BEGIN PKCS7-----", or the base64 of 30 8x: somebody sent text where DER belongs. */
static bool begins_like_pem(const struct scs_cursor *in)
{
    if (scs_cursor_starts(in, "-----BEGIN ")) {
        return true;
    }
    struct scs_cursor c = scs_cursor_first(in, 64);
    uint8_t byte;
    if (c.len < 16 || !scs_cursor_starts(&c, "MI")) {
        return false;
    }
    while (scs_cursor_u8(&c, &byte)) {
        if (!is_base64(byte)) {
            return false;
        }
    }
    return true;
}

/* Microsoft's Validate-NDESUrl: its text as it is, or what base64 makes of it. */
static bool begins_like_probe(const struct scs_cursor *in)
{
    static const char decoded[] = "\x34\x31\x12\x2e\x89\xe0\x52\xb9\x55\x6a\x58\x9d\x6a\xda\x2b";
    return scs_cursor_starts(in, "NDESLongUrlValidator") ||
           (in->len >= sizeof decoded - 1 && memcmp(in->p, decoded, sizeof decoded - 1) == 0);
}

static uint32_t first_look(const struct scs_cursor *in)
{
    uint32_t flags = in->len != 0 ? SCS_MSG_PRESENT : 0;
    if (begins_like_cms(*in)) {
        flags |= SCS_MSG_BEGINS_LIKE_CMS;
    }
    if (begins_like_pem(in)) {
        flags |= SCS_MSG_PEM;
    }
    if (begins_like_probe(in)) {
        flags |= SCS_MSG_PROBE;
    }
    return flags;
}

/* The SignerInfo counts; a message cut before it still names its digest at the front. */
static void read_digest_algorithms(struct scs_cms_reader *r, const struct scs_signed_data *sd)
{
    struct scs_cursor c = sd->digest_algorithms.contents;
    struct scs_ber algorithm;
    if (scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &algorithm)) {
        r->out->digest = scs_cms_algorithm(r, &algorithm);
        r->out->at_digest = scs_cms_span(r, &algorithm.whole);
    }
}

/* How much of it is there. Only definite lengths announce anything. */
static void judge_extent(struct scs_cms_reader *r, const struct scs_cursor *in, const struct scs_signed_data *sd)
{
    struct scs_pki_message *m = r->out;
    uint32_t end = 0;
    if (!sd->outer.indefinite && sd->outer.announced != 0) {
        end = sd->outer.contents.off + sd->outer.announced;
    } else if (sd->outer.indefinite) {
        end = r->cut_end > r->first_chunk_end ? r->cut_end : r->first_chunk_end;
    }
    m->announced = end > in->off ? end - in->off : 0;
    m->missing = m->announced > m->length ? m->announced - m->length : 0;
    if (sd->is_signed_data && sd->outer.complete && !r->cut) {
        m->flags |= SCS_MSG_COMPLETE;
    }
    if (sd->is_signed_data && sd->outer.complete && sd->outer.whole.len < in->len) {
        m->flags |= SCS_MSG_TRAILING;
    }
}

static struct scs_cms_reader reader_of(const struct scs_cursor *in, struct scs_cert_cache *cache, struct scs_arena *arena,
                                       struct scs_pki_message *out)
{
    return (struct scs_cms_reader){.cache = cache, .arena = arena, .out = out, .end = in->off + (uint32_t)in->len};
}

static enum scs_status status_of(const struct scs_cms_reader *r, bool is_signed_data)
{
    if ((r->out->flags & SCS_MSG_LIMIT) != 0) {
        return SCS_LIMIT;
    }
    if (r->damaged || (!is_signed_data && !r->cut)) {
        return SCS_MALFORMED;
    }
    return r->cut ? SCS_MORE : SCS_OK;
}

enum scs_status scs_cms_read_pki_message(const struct scs_cursor *in, struct scs_cert_cache *cache, struct scs_arena *arena,
                                         struct scs_pki_message *out)
{
    struct scs_cms_reader r = reader_of(in, cache, arena, out);
    struct scs_signed_data sd;

    *out = (struct scs_pki_message){.flags = first_look(in),
                                    .length = (uint32_t)in->len,
                                    .message_type = -1,
                                    .pki_status = -1,
                                    .fail_info = -1,
                                    .signing_time = SCS_NO_TIME};
    split(&r, *in, &sd);
    if (sd.is_signed_data) {
        out->flags |= SCS_MSG_IS_CMS;
        read_digest_algorithms(&r, &sd);
        scs_cms_read_content(&r, &sd);
        out->certificates = read_certificate_set(&r, &sd, &out->num_certificates);
        scs_cms_read_signers(&r, &sd);
        out->encoding = r.ber ? SCS_ENCODING_BER : SCS_ENCODING_DER;
    }
    judge_extent(&r, in, &sd);
    return status_of(&r, sd.is_signed_data);
}

/* RFC 8894 4.7.1: GetNextCACert answers with a degenerate SignedData inside a signed one. */
static bool split_inner(struct scs_cms_reader *r, const struct scs_signed_data *sd, struct scs_buf *joined,
                        struct scs_signed_data *out)
{
    if (sd->content.whole.len == 0 || scs_ber_string(&sd->content, joined) == SCS_MALFORMED) {
        return false;
    }
    struct scs_cursor inner = scs_buf_cursor(joined);
    r->end = (uint32_t)inner.len;
    split(r, inner, out);
    return out->is_signed_data && out->certificates.contents.len != 0;
}

enum scs_status scs_cms_read_certificates(const struct scs_cursor *in, struct scs_cert_cache *cache, struct scs_arena *arena,
                                          const struct scs_cert_facts *const **out, uint32_t *num, bool *has_signer)
{
    struct scs_pki_message unused = {0};
    struct scs_cms_reader r = reader_of(in, cache, arena, &unused), within = r;
    struct scs_signed_data sd, inner;
    struct scs_buf joined;

    split(&r, *in, &sd);
    *has_signer = sd.signer_infos.contents.len != 0;
    scs_buf_init(&joined, SCS_MAX_INFLATED);
    if (split_inner(&within, &sd, &joined, &inner)) {
        *out = read_certificate_set(&within, &inner, num);
    } else {
        *out = read_certificate_set(&r, &sd, num);
    }
    scs_buf_cleanup(&joined);
    return status_of(&r, sd.is_signed_data);
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut; /* a message is read when its end has come, not as a stream */
    struct scs_arena *arena = scs_arena_new();
    struct scs_cert_cache *cache = scs_cert_cache_new(arena);
    struct scs_cursor in = scs_cursor_of(data, len);
    struct scs_pki_message message;
    enum scs_status st = scs_cms_read_pki_message(&in, cache, arena, &message);
    scs_facts_message(out, &message);

    const struct scs_cert_facts *const *certificates;
    uint32_t num;
    bool has_signer;
    scs_cms_read_certificates(&in, cache, arena, &certificates, &num, &has_signer);
    scs_buf_printf(out, "certificates %u signer %d\n", num, has_signer);
    scs_cert_cache_free(cache);
    scs_arena_free(arena);
    return st;
}

const struct scs_dissector scs_dissector_cms = {
    .name = "cms",
    .claims = "CMS SignedData of SCEP: application/x-pki-message, or decoded from message= of a GET",
    .examine = examine,
};
