/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ContentInfo ::= SEQUENCE { OID, [0] EXPLICIT SEQUENCE {
 *     version, originatorInfo [0] OPTIONAL, recipientInfos SET,
 *     encryptedContentInfo SEQUENCE { OID, AlgorithmIdentifier, [0] IMPLICIT OCTET STRING },
 *     -- AuthEnvelopedData only: authAttrs [1] OPTIONAL, mac OCTET STRING -- ... } }
 */
#include "dissectors/enveloped.h"

#include <string.h>

#include "dissectors/oid.h"

enum { EXPLICIT_0 = 0xa0, ORIGINATOR = 0xa0, ENCRYPTED = 0x80, ENCRYPTED_CONSTRUCTED = 0xa0, AUTH_ATTRS = 0xa1 };

static bool whole(struct scs_cursor *in, uint8_t tag, struct scs_ber *out)
{
    return scs_ber_expect(in, tag, out) == SCS_OK;
}

static void take_recipients(const struct scs_ber *set, struct scs_enveloped *out)
{
    struct scs_cursor c = set->contents;
    struct scs_ber info, e, algorithm;
    while (out->num_recipients < SCS_MAX_RECIPIENTS && scs_ber_next(&c, &info) == SCS_OK) {
        struct scs_wrapped_key *r = &out->recipients[out->num_recipients++];
        struct scs_cursor parts = info.contents;
        /* version, rid, keyEncryptionAlgorithm, encryptedKey */
        if (info.tag == SCS_BER_SEQUENCE && whole(&parts, SCS_BER_INTEGER, &e) && scs_ber_next(&parts, &e) == SCS_OK &&
            whole(&parts, SCS_BER_SEQUENCE, &algorithm) && scs_ber_next(&parts, &r->key) == SCS_OK) {
            r->algorithm = algorithm.whole;
        }
    }
}

static bool take_content(struct scs_cursor info, struct scs_enveloped *out)
{
    struct scs_ber type, algorithm;
    if (!whole(&info, SCS_BER_OID, &type) || !whole(&info, SCS_BER_SEQUENCE, &algorithm) ||
        scs_ber_next(&info, &out->content) != SCS_OK) {
        return false;
    }
    out->cipher = algorithm.whole;
    return out->content.tag == ENCRYPTED || out->content.tag == ENCRYPTED_CONSTRUCTED;
}

bool scs_enveloped_take(struct scs_cursor c, struct scs_enveloped *out)
{
    struct scs_ber outer, type, wrapper, body, e, set;
    *out = (struct scs_enveloped){.num_recipients = 0};
    if (!whole(&c, SCS_BER_SEQUENCE, &outer) || !whole(&outer.contents, SCS_BER_OID, &type) ||
        !whole(&outer.contents, EXPLICIT_0, &wrapper) || !whole(&wrapper.contents, SCS_BER_SEQUENCE, &body)) {
        return false;
    }
    const char *name = scs_oid_known(&type.contents);
    out->authenticated = name != NULL && strcmp(name, "authEnvelopedData") == 0;
    if (!out->authenticated && (name == NULL || strcmp(name, "envelopedData") != 0)) {
        return false;
    }
    c = body.contents;
    if (!whole(&c, SCS_BER_INTEGER, &e)) {
        return false;
    }
    (void)whole(&c, ORIGINATOR, &e);
    if (!whole(&c, SCS_BER_SET, &set) || !whole(&c, SCS_BER_SEQUENCE, &e) || !take_content(e.contents, out)) {
        return false;
    }
    take_recipients(&set, out);
    if (out->authenticated) {
        if (whole(&c, AUTH_ATTRS, &e)) {
            out->auth_attrs = e.whole;
        }
        if (!whole(&c, SCS_BER_OCTET_STRING, &e)) {
            return false;
        }
        out->mac = e.contents;
    }
    return true;
}
