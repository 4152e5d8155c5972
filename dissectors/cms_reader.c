/* SPDX-License-Identifier: Apache-2.0 */
/* How the cms files read one element: what its form tells is noted, and a cut one counts as far as it goes. */
#include "dissectors/cms_parts.h"

#include "dissectors/oid.h"

enum { CONSTRUCTED_OCTET_STRING = 0x24 };

/* X.690 10.1: DER uses the shortest form of a length. */
static bool shortest_length(const struct scs_ber *e)
{
    uint32_t need = 2;
    for (uint32_t rest = e->announced < 0x80 ? 0 : e->announced; rest != 0; rest >>= 8) {
        need++;
    }
    return e->announced == 0 || e->header_len <= need;
}

void scs_cms_note(struct scs_cms_reader *r, enum scs_status st, const struct scs_ber *e)
{
    if (e->indefinite || e->tag == CONSTRUCTED_OCTET_STRING || !shortest_length(e)) {
        r->ber = true;
    }
    if (st == SCS_OK) {
        return;
    }
    if (st == SCS_LIMIT) {
        r->out->flags |= SCS_MSG_LIMIT;
    }
    if (e->whole.off + e->whole.len != r->end) {
        r->damaged = true; /* it announces more than the element around it has */
        return;
    }
    r->cut = true;
    if (!e->indefinite && e->announced != 0 && r->cut_end == 0) {
        r->cut_end = e->contents.off + e->announced;
    }
}

bool scs_cms_next(struct scs_cms_reader *r, struct scs_cursor *in, struct scs_ber *out)
{
    enum scs_status st = scs_ber_next(in, out);
    if (st == SCS_MALFORMED) {
        /* Nothing left is how every list ends; something left that is no element is damage. */
        r->damaged = r->damaged || !scs_cursor_done(in);
        return false;
    }
    scs_cms_note(r, st, out);
    return true;
}

bool scs_cms_expect(struct scs_cms_reader *r, struct scs_cursor *in, uint8_t tag, struct scs_ber *out)
{
    uint8_t next;
    return scs_ber_peek_tag(in, &next) && next == tag && scs_cms_next(r, in, out);
}

struct scs_span scs_cms_span(const struct scs_cms_reader *r, const struct scs_cursor *c)
{
    uint32_t off = c->off, len = (uint32_t)c->len;
    if (r->joined != NULL && len != 0) {
        uint32_t last = scs_ber_string_origin(r->joined, off + len - 1);
        off = scs_ber_string_origin(r->joined, off);
        len = last - off + 1;
    }
    return (struct scs_span){.off = off, .len = len & 0x7fffffffu, .layer = SCS_LAYER_BODY};
}

const char *scs_cms_algorithm(struct scs_cms_reader *r, const struct scs_ber *sequence)
{
    struct scs_cursor c = sequence->contents;
    struct scs_ber oid;
    return scs_cms_expect(r, &c, SCS_BER_OID, &oid) && oid.complete ? scs_oid_name(&oid.contents, r->arena) : NULL;
}

const char *scs_cms_hex(struct scs_cms_reader *r, const struct scs_cursor *bytes)
{
    struct scs_cursor shown = scs_cursor_first(bytes, SCS_MAX_ATTRIBUTE_HEX);
    return scs_arena_hex(r->arena, shown.p, shown.len);
}

void scs_cms_issuer_and_serial(struct scs_cms_reader *r, const struct scs_ber *sequence, const char **issuer,
                               const char **issuer_sha256, const char **serial)
{
    struct scs_cursor c = sequence->contents;
    struct scs_ber name, number;
    uint8_t sign;
    if (!scs_cms_expect(r, &c, SCS_BER_SEQUENCE, &name) || !name.complete) {
        return;
    }
    const struct scs_name_facts *facts = scs_cert_cache_name(r->cache, &name.whole);
    *issuer = facts->text;
    *issuer_sha256 = facts->sha256;
    if (scs_cms_expect(r, &c, SCS_BER_INTEGER, &number) && number.complete) {
        /* As in struct scs_cert_facts: without a leading sign octet. */
        if (number.contents.len > 1 && scs_cursor_peek(&number.contents, 0, &sign) && sign == 0 &&
            !scs_cursor_skip(&number.contents, 1)) {
            return;
        }
        *serial = scs_cms_hex(r, &number.contents);
    }
}
