/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCSReq, RenewalReq   CertificationRequest ::= SEQUENCE { SEQUENCE { INTEGER ...                   RFC 8894 3.3.1
 * CertPoll              IssuerAndSubject     ::= SEQUENCE { issuer Name, subject Name }              RFC 8894 3.3.3
 * GetCert, GetCRL       IssuerAndSerial      ::= SEQUENCE { issuer Name, INTEGER }                   RFC 8894 3.3.4
 * CertRep               ContentInfo          ::= SEQUENCE { OID signedData, [0] SignedData }, degenerate: 3.3.2
 */
#include "keys/contents.h"

#include "base/ber.h"
#include "dissectors/cert_cache.h"
#include "dissectors/cms.h"
#include "dissectors/pkcs10.h"

enum { EXPLICIT_0 = 0xa0, CRLS = 0xa1 };

static void check_proof(struct scs_csr *csr, const struct scs_csr_proof *proof, struct scs_signatures *signatures)
{
    struct scs_signed what = {.signer = &csr->asked,
                              .algorithm = csr->asked.signature_algorithm,
                              .algorithm_whole = proof->algorithm,
                              .bytes = proof->info,
                              .signature = proof->signature};
    if (signatures == NULL) {
        csr->signature_why = "checks were switched off";
    } else if (proof->signature.len == 0) {
        csr->signature_why = "the request is damaged";
    } else {
        csr->signature = (uint8_t)scs_signature_check(signatures, &what, &csr->signature_why);
        if (csr->signature == SCS_INVALID) {
            csr->signature_why = "the key in the request did not sign it";
        }
    }
}

static void read_csr(const struct scs_cursor *plain, struct scs_envelope *out, struct scs_cert_cache *certs,
                     struct scs_arena *arena, struct scs_signatures *signatures)
{
    struct scs_csr *csr = SCS_ARENA_NEW(arena, struct scs_csr);
    struct scs_csr_proof proof;
    (void)scs_pkcs10_read(plain, certs, arena, csr, &proof); /* what it says stands in the flags */
    check_proof(csr, &proof, signatures);
    out->csr = csr;
    out->holds = SCS_HOLDS_CSR;
}

static const char *serial_of(struct scs_cursor number, struct scs_arena *arena)
{
    uint8_t sign;
    if (number.len > 1 && scs_cursor_peek(&number, 0, &sign) && sign == 0 && !scs_cursor_skip(&number, 1)) {
        return NULL;
    }
    struct scs_cursor shown = scs_cursor_first(&number, SCS_MAX_ATTRIBUTE_HEX);
    return scs_arena_hex(arena, shown.p, shown.len);
}

static void read_names(const struct scs_ber *issuer, struct scs_cursor rest, struct scs_envelope *out,
                       struct scs_cert_cache *certs, struct scs_arena *arena)
{
    struct scs_ber second;
    if (scs_ber_next(&rest, &second) != SCS_OK) {
        return;
    }
    out->issuer = scs_cert_cache_name(certs, &issuer->whole)->text;
    if (second.tag == SCS_BER_INTEGER) {
        out->serial = serial_of(second.contents, arena);
        out->holds = SCS_HOLDS_ISSUER_AND_SERIAL;
    } else if (second.tag == SCS_BER_SEQUENCE) {
        out->subject = scs_cert_cache_name(certs, &second.whole)->text;
        out->holds = SCS_HOLDS_ISSUER_AND_SUBJECT;
    }
}

static bool has_crls(struct scs_cursor content_info)
{
    struct scs_ber outer, e;
    if (scs_ber_expect(&content_info, SCS_BER_SEQUENCE, &outer) != SCS_OK ||
        scs_ber_expect(&outer.contents, SCS_BER_OID, &e) != SCS_OK || scs_ber_expect(&outer.contents, EXPLICIT_0, &e) != SCS_OK ||
        scs_ber_expect(&e.contents, SCS_BER_SEQUENCE, &outer) != SCS_OK) {
        return false;
    }
    while (scs_ber_next(&outer.contents, &e) == SCS_OK) {
        if (e.tag == CRLS && e.contents.len != 0) {
            return true;
        }
    }
    return false;
}

static void read_signed_data(const struct scs_cursor *plain, struct scs_envelope *out, struct scs_cert_cache *certs,
                             struct scs_arena *arena)
{
    bool has_signer;
    (void)scs_cms_read_certificates(plain, certs, arena, &out->certificates, &out->num_certificates, &has_signer);
    if (out->num_certificates != 0) {
        out->holds = SCS_HOLDS_CERTIFICATES;
    } else if (has_crls(*plain)) {
        out->holds = SCS_HOLDS_CRL;
    }
}

void scs_contents_read(const struct scs_cursor *plain, struct scs_envelope *out, struct scs_cert_cache *certs,
                       struct scs_arena *arena, struct scs_signatures *signatures)
{
    struct scs_cursor c = *plain;
    struct scs_ber outer, first;
    uint8_t inner;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &outer) != SCS_OK || scs_ber_next(&outer.contents, &first) != SCS_OK) {
        return;
    }
    if (first.tag == SCS_BER_OID) {
        read_signed_data(plain, out, certs, arena);
    } else if (first.tag == SCS_BER_SEQUENCE && scs_ber_peek_tag(&first.contents, &inner) && inner == SCS_BER_INTEGER) {
        read_csr(plain, out, certs, arena, signatures);
    } else if (first.tag == SCS_BER_SEQUENCE) {
        read_names(&first, outer.contents, out, certs, arena);
    }
}
