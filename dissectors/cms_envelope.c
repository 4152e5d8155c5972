/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eContent holds ContentInfo { envelopedData, [0] EnvelopedData }:
 *     EnvelopedData ::= SEQUENCE { version, originatorInfo [0] OPTIONAL, recipientInfos SET,
 *         encryptedContentInfo SEQUENCE { OID, AlgorithmIdentifier, [0] IMPLICIT OCTET STRING } ... }    RFC 5652 6.1
 *     KeyTransRecipientInfo ::= SEQUENCE { version, rid, keyEncryptionAlgorithm, OCTET STRING }         RFC 5652 6.2.1
 */
#include <string.h>

#include "dissectors/cms_parts.h"

enum {
    EXPLICIT_0 = 0xa0,
    ORIGINATOR = 0xa0,
    KEY_ID = 0x80, /* subjectKeyIdentifier of rid, IMPLICIT OCTET STRING */
    KEY_ID_CONSTRUCTED = 0xa0,
    ENCRYPTED = 0x80,
    ENCRYPTED_CONSTRUCTED = 0xa0
};

/* A string's chunks counted, without joining them. */
struct extent {
    uint32_t len, num_chunks;
    struct scs_ber first;
    enum scs_status status;
};

static struct extent measure(struct scs_cms_reader *r, const struct scs_ber *string)
{
    struct extent x = {0};
    struct scs_ber_chunks chunks;
    struct scs_ber chunk;
    if ((string->tag & SCS_BER_CONSTRUCTED) != 0) {
        r->ber = true;
    }
    scs_ber_chunks_init(&chunks, string);
    while (scs_ber_chunk(&chunks, &chunk)) {
        if (x.num_chunks++ == 0) {
            x.first = chunk;
        }
        x.len += (uint32_t)chunk.contents.len;
        if (!chunk.complete) {
            scs_cms_note(r, SCS_MORE, &chunk);
        }
    }
    x.status = chunks.status;
    r->damaged = r->damaged || x.status == SCS_MALFORMED;
    return x;
}

static void read_recipient_id(struct scs_cms_reader *r, struct scs_cursor *c, struct scs_recipient *out)
{
    struct scs_ber id, inner;
    if (!scs_cms_next(r, c, &id)) {
        return;
    }
    if (id.tag == SCS_BER_SEQUENCE) {
        scs_cms_issuer_and_serial(r, &id, &out->issuer, &out->issuer_sha256, &out->serial);
    } else if (id.tag == KEY_ID && id.complete) {
        out->ski = scs_cms_hex(r, &id.contents);
    } else if (id.tag == KEY_ID_CONSTRUCTED && scs_cms_expect(r, &id.contents, SCS_BER_OCTET_STRING, &inner)) {
        out->ski = scs_cms_hex(r, &inner.contents);
    }
}

static void read_key_trans(struct scs_cms_reader *r, const struct scs_ber *info, struct scs_recipient *out)
{
    struct scs_cursor c = info->contents;
    struct scs_ber version, algorithm, key;
    out->key_trans = true;
    if (!scs_cms_expect(r, &c, SCS_BER_INTEGER, &version)) {
        return;
    }
    read_recipient_id(r, &c, out);
    if (!scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &algorithm)) {
        return;
    }
    out->key_encryption = scs_cms_algorithm(r, &algorithm);
    if (scs_cms_next(r, &c, &key)) {
        out->encrypted_key_len = measure(r, &key).len;
    }
}

/* RecipientInfo ::= CHOICE { SEQUENCE: key transport, [1] agreement, [2] KEK, [3] password, [4] other } */
static void read_recipients(struct scs_cms_reader *r, const struct scs_ber *set, struct scs_envelope *out)
{
    struct scs_recipient found[SCS_MAX_RECIPIENTS] = {0};
    struct scs_cursor c = set->contents;
    struct scs_ber info;
    out->at_recipients = scs_cms_span(r, &set->whole);
    while (scs_cms_next(r, &c, &info)) {
        if (out->num_recipients == SCS_MAX_RECIPIENTS) {
            r->out->flags |= SCS_MSG_LIMIT;
            break;
        }
        struct scs_recipient *recipient = &found[out->num_recipients++];
        if (info.tag == SCS_BER_SEQUENCE) {
            read_key_trans(r, &info, recipient);
        }
    }
    out->recipients = scs_arena_dup(r->arena, found, out->num_recipients * sizeof *found);
}

/* CBC: the IV itself. GCM (RFC 5084) and RC2: a SEQUENCE with it inside. */
static uint32_t iv_length(struct scs_cms_reader *r, const struct scs_ber *algorithm)
{
    struct scs_cursor c = algorithm->contents;
    struct scs_ber e;
    if (!scs_cms_expect(r, &c, SCS_BER_OID, &e) || !scs_cms_next(r, &c, &e)) {
        return 0;
    }
    if (e.tag == SCS_BER_SEQUENCE) {
        c = e.contents;
        while (scs_cms_next(r, &c, &e) && e.tag != SCS_BER_OCTET_STRING) {
        }
    }
    return e.tag == SCS_BER_OCTET_STRING ? (uint32_t)e.contents.len : 0;
}

/* True when all of the ciphertext is there. */
static bool read_encrypted(struct scs_cms_reader *r, const struct scs_ber *info, struct scs_envelope *out)
{
    struct scs_cursor c = info->contents;
    struct scs_ber type, algorithm, content;
    if (!scs_cms_expect(r, &c, SCS_BER_OID, &type) || !scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &algorithm)) {
        return false;
    }
    out->cipher = scs_cms_algorithm(r, &algorithm);
    out->iv_len = iv_length(r, &algorithm);
    out->at_cipher = scs_cms_span(r, &algorithm.whole);
    if (!scs_cms_next(r, &c, &content) || (content.tag != ENCRYPTED && content.tag != ENCRYPTED_CONSTRUCTED)) {
        return false;
    }
    struct extent x = measure(r, &content);
    out->encrypted_len = x.len;
    return x.status == SCS_OK && info->complete;
}

static void read_envelope(struct scs_cms_reader *r, struct scs_cursor c)
{
    struct scs_envelope *envelope = SCS_ARENA_NEW(r->arena, struct scs_envelope);
    struct scs_ber wrapper, body, e;
    r->out->envelope = envelope;
    if (!scs_cms_expect(r, &c, EXPLICIT_0, &wrapper) || !scs_cms_expect(r, &wrapper.contents, SCS_BER_SEQUENCE, &body)) {
        return;
    }
    c = body.contents;
    if (!scs_cms_expect(r, &c, SCS_BER_INTEGER, &e)) {
        return;
    }
    scs_cms_expect(r, &c, ORIGINATOR, &e);
    if (!scs_cms_expect(r, &c, SCS_BER_SET, &e)) {
        return;
    }
    read_recipients(r, &e, envelope);
    if (scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &e) && read_encrypted(r, &e, envelope) && wrapper.complete && body.complete) {
        r->out->flags |= SCS_MSG_ENVELOPE_COMPLETE;
    }
}

/* The ContentInfo inside the eContent. */
static void read_inner(struct scs_cms_reader *r, struct scs_cursor c)
{
    struct scs_ber outer;
    if (!scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &outer)) {
        return;
    }
    const char *type = scs_cms_algorithm(r, &outer);
    if (type == NULL || (strcmp(type, "envelopedData") != 0 && strcmp(type, "authEnvelopedData") != 0)) {
        return;
    }
    r->out->flags |= SCS_MSG_HAS_ENVELOPE | (*type == 'a' ? SCS_MSG_AUTH_ENVELOPE : 0u);
    struct scs_ber oid;
    if (scs_cms_expect(r, &outer.contents, SCS_BER_OID, &oid)) {
        read_envelope(r, outer.contents);
    }
}

/* The chunks lie apart: the envelope is read from a joined copy, and spans are mapped back. */
static void read_joined(struct scs_cms_reader *r, const struct scs_ber *content)
{
    struct scs_cms_reader within = *r;
    struct scs_buf joined;
    scs_buf_init(&joined, SCS_MAX_INFLATED);
    if (scs_ber_string(content, &joined) == SCS_LIMIT) {
        r->out->flags |= SCS_MSG_LIMIT;
    }
    struct scs_cursor inner = scs_buf_cursor(&joined);
    within.end = (uint32_t)inner.len;
    within.joined = content;
    within.cut = false;
    read_inner(&within, inner);
    scs_buf_cleanup(&joined);
    /* Where the joined bytes end early, the string around them has already said so. */
    r->damaged = within.damaged || (within.cut && content->complete);
    r->ber = within.ber;
}

static void judge_content(struct scs_pki_message *m, const struct scs_ber *content, const struct extent *x)
{
    uint8_t only;
    m->content_len = x->len;
    if (x->len == 0 && content->complete) {
        m->flags |= SCS_MSG_CONTENT_EMPTY;
    }
    if (x->len == 1 && content->complete && scs_cursor_peek(&x->first.contents, 0, &only) && only == 0) {
        m->flags |= SCS_MSG_CONTENT_ONE_ZERO;
    }
}

void scs_cms_read_content(struct scs_cms_reader *r, const struct scs_signed_data *sd)
{
    const struct scs_ber *content = &sd->content;
    if (content->whole.len == 0) {
        if (sd->content_info.complete) {
            r->out->flags |= SCS_MSG_CONTENT_ABSENT;
        }
        return;
    }
    r->out->at_content = scs_cms_span(r, &content->whole);
    if ((content->tag & ~SCS_BER_CONSTRUCTED) != SCS_BER_OCTET_STRING) {
        /* PKCS #7 1.5 put the inner ContentInfo here as it is; [0] stands here when it holds nothing. */
        struct extent x = {.len = (uint32_t)content->whole.len, .first = *content};
        if (content->tag == EXPLICIT_0) {
            x.len = 0;
        }
        judge_content(r->out, content, &x);
        read_inner(r, content->whole);
        return;
    }
    struct extent x = measure(r, content);
    if (x.num_chunks != 0) {
        r->first_chunk_end = x.first.contents.off + x.first.announced;
    }
    judge_content(r->out, content, &x);
    if (x.num_chunks > 1) {
        read_joined(r, content);
    } else if (x.num_chunks == 1) {
        read_inner(r, x.first.contents);
    }
}
