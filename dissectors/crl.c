/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   CertificateList: SEQUENCE { tbsCertList SEQUENCE, signatureAlgorithm, signatureValue }
 *   tbsCertList:     version INTEGER OPTIONAL, signature SEQUENCE, issuer Name, thisUpdate Time, nextUpdate Time OPTIONAL, ...
 */
#include "dissectors/crl.h"

#include <inttypes.h>

#include "base/ber.h"
#include "base/buf.h"
#include "dissectors/x509.h"
#include "scepscope/dissector.h"

static bool is_time(const struct scs_cursor *c)
{
    uint8_t tag;
    return scs_ber_peek_tag(c, &tag) && (tag == SCS_BER_UTC_TIME || tag == SCS_BER_GENERALIZED_TIME);
}

static bool read_time(struct scs_cursor *c, int64_t *out)
{
    struct scs_ber e;
    return is_time(c) && scs_ber_next(c, &e) == SCS_OK && scs_x509_time(&e.contents, e.tag == SCS_BER_GENERALIZED_TIME, out);
}

enum scs_status scs_crl_read(const struct scs_cursor *in, struct scs_arena *keep, struct scs_crl_facts *out)
{
    struct scs_cursor c = *in;
    struct scs_ber list, tbs, e;
    uint8_t tag;
    *out = (struct scs_crl_facts){.this_update = SCS_NO_TIME, .next_update = SCS_NO_TIME};
    enum scs_status whole = scs_ber_expect(&c, SCS_BER_SEQUENCE, &list);
    if (whole != SCS_OK && whole != SCS_MORE) {
        return SCS_MALFORMED;
    }
    c = list.contents;
    enum scs_status st = scs_ber_expect(&c, SCS_BER_SEQUENCE, &tbs);
    if (st != SCS_OK && st != SCS_MORE) {
        return SCS_MALFORMED;
    }
    c = tbs.contents;
    if (scs_ber_peek_tag(&c, &tag) && tag == SCS_BER_INTEGER && scs_ber_next(&c, &e) != SCS_OK) {
        return SCS_MALFORMED;
    }
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &e) != SCS_OK || scs_ber_expect(&c, SCS_BER_SEQUENCE, &e) != SCS_OK) {
        return SCS_MALFORMED;
    }
    struct scs_cursor issuer = e.whole;
    if (!read_time(&c, &out->this_update) || (is_time(&c) && !read_time(&c, &out->next_update))) {
        return SCS_MALFORMED;
    }
    out->issuer = scs_x509_name(&issuer, keep);
    return whole;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_arena *arena = scs_arena_new();
    struct scs_crl_facts crl;
    enum scs_status st = scs_crl_read(&c, arena, &crl);
    scs_buf_printf(out, "status %d\n", (int)st);
    if (st != SCS_MALFORMED) {
        scs_buf_printf(out, "issuer %s\nthis %" PRId64 " next %" PRId64 "\n", crl.issuer, crl.this_update, crl.next_update);
    }
    scs_arena_free(arena);
    return st;
}

const struct scs_dissector scs_dissector_crl = {
    .name = "crl", .claims = "CertificateList, application/pkix-crl", .examine = examine};
