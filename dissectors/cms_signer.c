/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SignerInfo ::= SEQUENCE { version, sid CHOICE { IssuerAndSerialNumber, [0] SubjectKeyIdentifier }, digestAlgorithm,
 *     signedAttrs [0] IMPLICIT SET OPTIONAL, signatureAlgorithm, signature OCTET STRING, unsignedAttrs [1] OPTIONAL }
 *                                                                                               RFC 5652 5.3
 */
#include <string.h>

#include "base/text.h"
#include "dissectors/cms_parts.h"

enum { KEY_ID = 0x80, KEY_ID_CONSTRUCTED = 0xa0, SIGNED_ATTRIBUTES = 0xa0 };

static void read_sid(struct scs_cms_reader *r, const struct scs_ber *sid)
{
    struct scs_pki_message *m = r->out;
    struct scs_cursor c = sid->contents;
    struct scs_ber inner;
    m->at_signer = scs_cms_span(r, &sid->whole);
    if (sid->tag == SCS_BER_SEQUENCE) {
        scs_cms_issuer_and_serial(r, sid, &m->signer_issuer, &m->signer_issuer_sha256, &m->signer_serial);
    } else if (sid->tag == KEY_ID && sid->complete) {
        m->signer_ski = scs_cms_hex(r, &c);
    } else if (sid->tag == KEY_ID_CONSTRUCTED && scs_cms_expect(r, &c, SCS_BER_OCTET_STRING, &inner)) {
        m->signer_ski = scs_cms_hex(r, &inner.contents);
    }
}

static bool is_signer(const struct scs_pki_message *m, const struct scs_cert_facts *c)
{
    if (m->signer_serial != NULL) {
        return scs_text_equal(m->signer_serial, c->serial) && scs_text_equal(m->signer_issuer_sha256, c->issuer_sha256);
    }
    return m->signer_ski != NULL && scs_text_equal(m->signer_ski, c->ski);
}

static void find_signer(struct scs_pki_message *m)
{
    for (uint32_t i = 0; i < m->num_certificates && m->signer == NULL; i++) {
        if (is_signer(m, m->certificates[i])) {
            m->signer = m->certificates[i];
        }
    }
}

static void read_signer(struct scs_cms_reader *r, const struct scs_ber *info)
{
    struct scs_pki_message *m = r->out;
    struct scs_cursor c = info->contents;
    struct scs_ber e;

    if (!scs_cms_expect(r, &c, SCS_BER_INTEGER, &e) || !scs_cms_next(r, &c, &e)) {
        return;
    }
    m->flags |= SCS_MSG_HAS_SIGNER;
    read_sid(r, &e);
    find_signer(m);
    if (!scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &e)) {
        return;
    }
    m->digest = scs_cms_algorithm(r, &e);
    m->at_digest = scs_cms_span(r, &e.whole);
    if (scs_cms_expect(r, &c, SIGNED_ATTRIBUTES, &e)) {
        m->flags |= SCS_MSG_HAS_SIGNED_ATTRS;
        m->at_signed_attrs = scs_cms_span(r, &e.whole);
        scs_cms_read_attributes(r, &e);
    }
    if (!scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &e)) {
        return;
    }
    m->signature_algorithm = scs_cms_algorithm(r, &e);
    m->at_signature_algorithm = scs_cms_span(r, &e.whole);
    if (scs_cms_expect(r, &c, SCS_BER_OCTET_STRING, &e) && e.complete) {
        m->at_signature = scs_cms_span(r, &e.contents);
    }
}

void scs_cms_read_signers(struct scs_cms_reader *r, const struct scs_signed_data *sd)
{
    struct scs_cursor c = sd->signer_infos.contents;
    struct scs_ber info;
    while (scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &info)) {
        if (r->out->num_signers == SCS_MAX_SIGNERS) {
            r->out->flags |= SCS_MSG_LIMIT;
            return;
        }
        if (r->out->num_signers++ == 0) {
            read_signer(r, &info);
        }
    }
}
