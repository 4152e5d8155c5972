/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BER elements keep their tags and lengths. Of the values numbers, times and identifiers stay, strings go, and what only
 * an object identifier tells apart is decided by the one that stands before it: DN attributes, extensions, CMS attributes.
 */
#include <string.h>

#include "base/ber.h"
#include "evidence/scrub_parts.h"

/* Elements in octet strings in elements: an extension, a CSR in a message in a message. */
#define MAX_NESTING 4u

enum {
    TAG_ENUMERATED = 0x0a,
    TAG_NUMERIC = 0x12,
    TAG_VIDEOTEX = 0x15,
    TAG_GRAPHIC = 0x19,
    TAG_VISIBLE = 0x1a,
    TAG_GENERAL = 0x1b,
    TAG_FIRST = 0xa0, /* [0], constructed */
    CONSTRUCTED_OCTETS = SCS_BER_OCTET_STRING | SCS_BER_CONSTRUCTED
};

/* What an object identifier says of the value behind it. */
enum kind {
    KIND_NONE,      /* nothing: it is a name until proved otherwise */
    KIND_CHALLENGE, /* hidden at every level */
    KIND_PLACE,     /* of an organisation or a place; hidden when strict */
    KIND_PROTOCOL,  /* SCEP's own attributes, identifiers of keys, parameters */
    KIND_DIGEST,    /* messageDigest: no longer right when the content was changed, and a way to try names */
    KIND_DATA,      /* a CMS content: elements, or what KIND_CMS is */
    KIND_CMS,       /* contents, keys and signatures of CMS: encrypted or random, a payload when strict */
    KIND_SENTENCE,  /* free text of a server */
    KIND_ISSUER     /* where a CA publishes: as the CA's name */
};

struct meaning {
    const char *bytes;
    uint8_t len;
    bool prefix;
    uint8_t kind;
};

#define OID(text, kind)                                                                                                          \
    {                                                                                                                            \
        text, sizeof text - 1, false, kind                                                                                       \
    }
#define UNDER(text, kind)                                                                                                        \
    {                                                                                                                            \
        text, sizeof text - 1, true, kind                                                                                        \
    }

static const struct meaning meanings[] = {
    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07", KIND_CHALLENGE),  /* 1.2.840.113549.1.9.7 challengePassword */
    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", KIND_DIGEST),     /* 1.2.840.113549.1.9.4 messageDigest */
    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", KIND_DATA),       /* 1.2.840.113549.1.7.1 data */
    UNDER("\x2a\x86\x48\x86\xf7\x0d\x01\x07", KIND_CMS),          /* 1.2.840.113549.1.7 PKCS #7 content types */
    UNDER("\x2a\x86\x48\x86\xf7\x0d\x03", KIND_PROTOCOL),         /* 1.2.840.113549.3 ciphers */
    UNDER("\x2a\x86\x48\x86\xf7\x0d\x01\x01", KIND_PROTOCOL),     /* 1.2.840.113549.1.1 PKCS #1 */
    UNDER("\x60\x86\x48\x01\x65\x03\x04", KIND_PROTOCOL),         /* 2.16.840.1.101.3.4 NIST algorithms */
    UNDER("\x2b\x0e\x03\x02", KIND_PROTOCOL),                     /* 1.3.14.3.2 OIW algorithms */
    UNDER("\x60\x86\x48\x01\x86\xf8\x45\x01\x09", KIND_PROTOCOL), /* 2.16.840.1.113733.1.9 SCEP attributes */
    OID("\x55\x1d\x0e", KIND_PROTOCOL),                           /* 2.5.29.14 subjectKeyIdentifier */
    OID("\x55\x1d\x23", KIND_PROTOCOL),                           /* 2.5.29.35 authorityKeyIdentifier */
    OID("\x55\x04\x06", KIND_PLACE),                              /* 2.5.4.6 C */
    OID("\x55\x04\x07", KIND_PLACE),                              /* L */
    OID("\x55\x04\x08", KIND_PLACE),                              /* ST */
    OID("\x55\x04\x0a", KIND_PLACE),                              /* O */
    OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", KIND_PLACE),  /* 0.9.2342.19200300.100.1.25 DC */
    OID("\x2b\x06\x01\x04\x01\x82\x37\x14\x02", KIND_PLACE),      /* 1.3.6.1.4.1.311.20.2 certificate template */
    OID("\x2b\x06\x01\x04\x01\x82\x37\x15\x21", KIND_PROTOCOL),   /* 1.3.6.1.4.1.311.21.33 NDES's HRESULT */
    OID("\x2b\x06\x01\x04\x01\x82\x37\x15\x26", KIND_SENTENCE),   /* 1.3.6.1.4.1.311.21.38 NDES's message */
    OID("\x2b\x06\x01\x05\x05\x07\x18\x01", KIND_SENTENCE),       /* 1.3.6.1.5.5.7.24.1 failInfoText */
    OID("\x55\x1d\x1f", KIND_ISSUER),                             /* 2.5.29.31 cRLDistributionPoints */
    OID("\x55\x1d\x2e", KIND_ISSUER),                             /* 2.5.29.46 freshestCRL */
    OID("\x55\x1d\x20", KIND_ISSUER),                             /* 2.5.29.32 certificatePolicies */
    UNDER("\x2b\x06\x01\x05\x05\x07\x30", KIND_ISSUER),           /* 1.3.6.1.5.5.7.48 access methods */
    OID("\x2b\x06\x01\x05\x05\x07\x01\x01", KIND_ISSUER),         /* 1.3.6.1.5.5.7.1.1 authorityInfoAccess */
};

struct level {
    struct scs_cursor rest;
    struct scs_cursor oid; /* the last one here, or of the level around */
    unsigned index;        /* elements so far */
    bool changed;          /* something of these elements */
    bool content;          /* the inside of a CMS content */
    bool attributes;       /* the inside of [0], as signed attributes are */
    bool unsigned_now;     /* attributes before the signature that were changed */
};

struct walk {
    struct scs_scrub *s;
    uint8_t *out;
    unsigned nesting;
    bool content_changed;
    struct level levels[SCS_MAX_ASN1_DEPTH];
    unsigned depth;
};

static enum kind kind_of(const struct scs_cursor *oid)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        const struct meaning *m = &meanings[i];
        if (oid->len >= m->len && (m->prefix || oid->len == m->len) && memcmp(oid->p, m->bytes, m->len) == 0) {
            return (enum kind)m->kind;
        }
    }
    return KIND_NONE;
}

static bool walk_elements(struct walk *w, const struct scs_cursor *in, const struct scs_cursor *oid, bool content);

/* ---- single values ------------------------------------------------------------------------------- */

/* Strings of two or four bytes a character are overwritten character by character; a digit string with digits. */
static void hide_string(struct walk *w, const char *kind, uint8_t tag, const struct scs_cursor *value)
{
    unsigned width = tag == SCS_BER_BMP ? 2 : tag == SCS_BER_UNIVERSAL_STRING ? 4 : 1;
    uint8_t plain[256], hidden[256];
    size_t chars = value->len / width;
    if (width == 1 && tag != TAG_NUMERIC) {
        scs_scrub_value(w->s, kind, value, w->out);
        return;
    }
    scs_scrub_blank(value, w->out);
    chars = chars < sizeof plain ? chars : sizeof plain;
    for (size_t i = 0; i < chars; i++) {
        plain[i] = value->p[i * width + width - 1];
    }
    scs_disguise_text(w->s->disguise, kind, plain, chars, hidden, chars);
    uint8_t *out = w->out + value->off;
    for (size_t i = 0; i < value->len; i++) {
        uint8_t c = i / width < chars ? hidden[i / width] : (uint8_t)SCS_BLANK;
        out[i] = i % width != width - 1 ? 0 : tag == TAG_NUMERIC ? (uint8_t)('0' + c % 10) : c;
    }
}

/* True: it was changed. */
static bool scrub_string(struct walk *w, uint8_t tag, const struct scs_cursor *value, enum kind kind)
{
    if (kind == KIND_CHALLENGE) {
        hide_string(w, "secret", tag, value);
        return true;
    }
    bool strict = w->s->level == SCS_REDACT_STRICT;
    bool shown =
        w->s->level == SCS_REDACT_SECRETS || kind == KIND_PROTOCOL || (!strict && (kind == KIND_PLACE || kind == KIND_ISSUER));
    if (shown) {
        scs_scrub_copy(value, w->out);
    } else if (kind == KIND_SENTENCE && !strict && tag != SCS_BER_BMP && tag != SCS_BER_UNIVERSAL_STRING) {
        scs_scrub_text(w->s, value, w->out);
        return memcmp(w->out + value->off, value->p, value->len) != 0;
    } else if (strict && tag != SCS_BER_BMP && scs_scrub_names_host(value)) {
        scs_disguise_host(w->s->disguise, value, w->out + value->off); /* agrees with DNS, SNI and Host */
        return true;
    } else {
        hide_string(w, kind == KIND_SENTENCE ? "text" : "name", tag, value);
        return true;
    }
    return false;
}

static bool is_string(uint8_t tag)
{
    return tag == SCS_BER_UTF8 || (tag >= TAG_NUMERIC && tag <= SCS_BER_IA5) || (tag >= TAG_GRAPHIC && tag <= SCS_BER_BMP);
}

static bool is_number(uint8_t tag)
{
    return tag == SCS_BER_BOOLEAN || tag == SCS_BER_INTEGER || tag == SCS_BER_NULL || tag == TAG_ENUMERATED ||
           tag == SCS_BER_UTC_TIME || tag == SCS_BER_GENERALIZED_TIME;
}

/* Whole elements and nothing else; of a CMS content the beginning is enough, for messages are cut. */
static bool holds_elements(const struct scs_cursor *value, enum kind kind)
{
    struct scs_cursor c = *value;
    struct scs_ber e;
    uint8_t tag;
    if (!scs_ber_peek_tag(&c, &tag) || (tag != SCS_BER_SEQUENCE && tag != SCS_BER_SET && tag != SCS_BER_BIT_STRING &&
                                        tag != SCS_BER_OCTET_STRING && !is_string(tag) && !is_number(tag))) {
        return false;
    }
    enum scs_status st = scs_ber_next(&c, &e);
    if (kind == KIND_DATA && tag == SCS_BER_SEQUENCE) {
        return st == SCS_OK || st == SCS_MORE;
    }
    return st == SCS_OK && scs_cursor_done(&c);
}

/* A value without a meaning of its own, which only the identifier before it explains. */
static bool scrub_opaque(struct walk *w, const struct scs_cursor *value, enum kind kind)
{
    bool strict = w->s->level == SCS_REDACT_STRICT;
    bool random = kind == KIND_CMS || kind == KIND_DATA || kind == KIND_DIGEST;
    bool shown = kind == KIND_PROTOCOL || w->s->level == SCS_REDACT_SECRETS || ((random || kind == KIND_ISSUER) && !strict);
    bool stale = kind == KIND_DIGEST && w->content_changed;
    if (shown && !stale && kind != KIND_CHALLENGE) {
        scs_scrub_copy(value, w->out);
        return false;
    }
    if (kind == KIND_CMS || kind == KIND_DATA || kind == KIND_DIGEST) {
        scs_scrub_blank(value, w->out);
    } else if (strict && kind == KIND_NONE && scs_scrub_names_host(value)) {
        scs_disguise_host(w->s->disguise, value, w->out + value->off);
    } else {
        scs_scrub_value(w->s, kind == KIND_CHALLENGE ? "secret" : "name", value, w->out);
    }
    return true;
}

/* ---- levels -------------------------------------------------------------------------------------- */

static bool push(struct walk *w, const struct scs_cursor *in, const struct scs_cursor *oid, bool content)
{
    if (w->depth == SCS_MAX_ASN1_DEPTH) {
        return false;
    }
    w->levels[w->depth++] = (struct level){.rest = *in, .oid = *oid, .content = content};
    return true;
}

static void pop(struct walk *w)
{
    const struct level *done = &w->levels[--w->depth];
    w->content_changed = w->content_changed || (done->content && done->changed);
    if (w->depth != 0) {
        w->levels[w->depth - 1].changed |= done->changed;
        w->levels[w->depth - 1].unsigned_now |= done->attributes && done->changed;
    }
}

/* An octet string in chunks: what is in it reads on across them. */
static bool scrub_chunks(struct walk *w, const struct scs_ber *e, const struct scs_cursor *oid)
{
    struct scs_gathered g;
    struct scs_ber_chunks chunks;
    struct scs_ber chunk;
    bool changed;
    scs_gathered_init(&g);
    scs_ber_chunks_init(&chunks, e);
    while (scs_ber_chunk(&chunks, &chunk)) {
        struct scs_cursor head = scs_cursor_first(&chunk.whole, chunk.header_len);
        scs_scrub_copy(&head, w->out);
        scs_gathered_add(&g, &chunk.contents);
    }
    uint8_t *scrubbed = scs_gathered_begin(&g, w->s);
    struct scs_cursor inside = scs_buf_cursor(&g.bytes);
    enum kind kind = kind_of(oid);
    if (w->nesting < MAX_NESTING && holds_elements(&inside, kind)) {
        struct walk inner = {.s = w->s, .out = scrubbed, .nesting = w->nesting + 1};
        changed = walk_elements(&inner, &inside, oid, false);
    } else {
        struct walk inner = {.s = w->s, .out = scrubbed, .content_changed = w->content_changed};
        changed = scrub_opaque(&inner, &inside, kind);
    }
    scs_gathered_end(&g, scrubbed, w->out);
    w->content_changed = w->content_changed || (changed && kind == KIND_DATA);
    return changed;
}

static void scrub_constructed(struct walk *w, struct level *l, const struct scs_ber *e)
{
    if (e->tag == CONSTRUCTED_OCTETS) {
        /* Between the chunks stand only their heads and ends of contents, which are zeros. */
        for (size_t i = 0; i < e->contents.len; i++) {
            if (e->contents.p[i] == 0) {
                w->out[e->contents.off + i] = 0;
            }
        }
        l->changed |= scrub_chunks(w, e, &l->oid);
        return;
    }
    if (!push(w, &e->contents, &l->oid, false)) {
        scs_scrub_blank(&e->contents, w->out);
        l->changed = true;
        return;
    }
    w->levels[w->depth - 1].attributes = e->tag == TAG_FIRST;
}

static void scrub_primitive(struct walk *w, struct level *l, const struct scs_ber *e)
{
    enum kind kind = kind_of(&l->oid);
    struct scs_cursor value = e->contents, first;
    if (e->tag == SCS_BER_OID) {
        scs_scrub_copy(&value, w->out);
        l->oid = value;
    } else if (is_number(e->tag)) {
        scs_scrub_copy(&value, w->out);
    } else if (e->tag == SCS_BER_BIT_STRING) {
        /* A signature stands behind what it signs. One over changed bytes would let names be tried until it fits. */
        bool signs = l->changed && l->index > 2 && w->s->level >= SCS_REDACT_STANDARD;
        first = scs_cursor_first(&value, signs ? 1 : value.len);
        if (signs) {
            scs_scrub_blank(&value, w->out);
        }
        scs_scrub_copy(&first, w->out);
    } else if (is_string(e->tag)) {
        l->changed |= scrub_string(w, e->tag, &value, kind);
    } else if (e->tag == SCS_BER_OCTET_STRING && kind == KIND_CMS && (l->unsigned_now || w->content_changed)) {
        scs_scrub_blank(&value, w->out); /* the signature over them */
        l->changed = true;
    } else if (e->tag == SCS_BER_OCTET_STRING && kind != KIND_PROTOCOL && kind != KIND_DIGEST && holds_elements(&value, kind) &&
               push(w, &value, &l->oid, kind == KIND_DATA)) {
        return;
    } else {
        l->changed |= scrub_opaque(w, &value, kind);
    }
}

static void scrub_element(struct walk *w, struct level *l, const struct scs_ber *e)
{
    struct scs_cursor head = scs_cursor_first(&e->whole, e->header_len), tail = e->whole;
    l->index++;
    if (e->tag == SCS_BER_SEQUENCE && e->complete && scs_scrub_is_kept(w->s, &e->whole)) {
        scs_scrub_copy(&e->whole, w->out);
        return;
    }
    scs_scrub_copy(&head, w->out);
    if (scs_cursor_skip(&tail, e->header_len + e->contents.len)) {
        scs_scrub_copy(&tail, w->out); /* end of contents */
    }
    if ((e->tag & SCS_BER_CONSTRUCTED) != 0) {
        scrub_constructed(w, l, e);
    } else {
        scrub_primitive(w, l, e);
    }
}

static bool walk_elements(struct walk *w, const struct scs_cursor *in, const struct scs_cursor *oid, bool content)
{
    bool changed = false;
    if (!push(w, in, oid, content)) {
        return false;
    }
    while (w->depth != 0) {
        struct level *l = &w->levels[w->depth - 1];
        struct scs_ber e;
        if (l->rest.len == 0) {
            changed = changed || l->changed;
            pop(w);
            continue;
        }
        struct scs_cursor before = l->rest;
        enum scs_status st = scs_ber_next(&l->rest, &e);
        if (st == SCS_MALFORMED || l->rest.len == before.len || e.whole.len == 0) {
            l->changed = true; /* what is left stays blank */
            l->rest.len = 0;
            continue;
        }
        scrub_element(w, l, &e);
    }
    return changed;
}

void scs_scrub_der(struct scs_scrub *s, const struct scs_cursor *in, uint8_t *out)
{
    struct walk w = {.s = s, .out = out};
    struct scs_cursor no_oid = {0};
    walk_elements(&w, in, &no_oid, false);
}
