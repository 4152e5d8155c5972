/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   OCSPResponse:      SEQUENCE { responseStatus ENUMERATED, [0] SEQUENCE { responseType OID, response OCTET STRING } OPTIONAL }
 *   BasicOCSPResponse: SEQUENCE { ResponseData SEQUENCE, signatureAlgorithm, signature, ... }, in that OCTET STRING
 *   ResponseData:      [0] version OPTIONAL, responderID [1] or [2], producedAt Time, SEQUENCE OF SingleResponse, ...
 *   SingleResponse:    SEQUENCE { certID SEQUENCE, certStatus, thisUpdate Time, [0] nextUpdate OPTIONAL, ... }
 *   certStatus:        good [0] NULL, revoked [1] SEQUENCE, unknown [2] NULL
 */
#include "dissectors/ocsp.h"

#include <inttypes.h>

#include "base/ber.h"
#include "base/buf.h"
#include "dissectors/x509.h"
#include "scepscope/dissector.h"

#define ENUMERATED 0x0au
#define EXPLICIT_0 0xa0u
#define GOOD       0x80u
#define REVOKED    0xa1u
#define UNKNOWN    0x82u

static bool enter(struct scs_cursor *c, uint8_t tag, struct scs_cursor *inside)
{
    struct scs_ber e;
    enum scs_status st = scs_ber_expect(c, tag, &e);
    if (st != SCS_OK && st != SCS_MORE) {
        return false;
    }
    *inside = e.contents;
    return true;
}

static bool read_time(struct scs_cursor *c, int64_t *out)
{
    struct scs_ber e;
    return scs_ber_expect(c, SCS_BER_GENERALIZED_TIME, &e) == SCS_OK && scs_x509_time(&e.contents, true, out);
}

static void read_single(struct scs_cursor c, struct scs_ocsp_facts *out)
{
    struct scs_ber id, status, next;
    uint8_t tag;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &id) != SCS_OK || scs_ber_next(&c, &status) != SCS_OK) {
        return;
    }
    out->certificate = status.tag == GOOD      ? SCS_OCSP_GOOD
                       : status.tag == REVOKED ? SCS_OCSP_REVOKED
                       : status.tag == UNKNOWN ? SCS_OCSP_UNKNOWN
                                               : SCS_OCSP_NONE;
    if (read_time(&c, &out->this_update) && scs_ber_peek_tag(&c, &tag) && tag == EXPLICIT_0 &&
        scs_ber_next(&c, &next) == SCS_OK && !read_time(&next.contents, &out->next_update)) {
        out->next_update = SCS_NO_TIME;
    }
}

/* The way down to the first SingleResponse. */
static void read_basic(struct scs_cursor c, struct scs_ocsp_facts *out)
{
    struct scs_cursor basic, data, responses, single;
    struct scs_ber e;
    uint8_t tag;
    if (!enter(&c, SCS_BER_SEQUENCE, &basic) || !enter(&basic, SCS_BER_SEQUENCE, &data)) {
        return;
    }
    while (scs_ber_peek_tag(&data, &tag) && tag != SCS_BER_SEQUENCE) {
        if (scs_ber_next(&data, &e) != SCS_OK) {
            return;
        }
    }
    if (enter(&data, SCS_BER_SEQUENCE, &responses) && enter(&responses, SCS_BER_SEQUENCE, &single)) {
        read_single(single, out);
    }
}

enum scs_status scs_ocsp_read(const struct scs_cursor *in, struct scs_ocsp_facts *out)
{
    struct scs_cursor c = *in, bytes, typed;
    struct scs_ber response, status, type;
    *out = (struct scs_ocsp_facts){.this_update = SCS_NO_TIME, .next_update = SCS_NO_TIME};
    enum scs_status whole = scs_ber_expect(&c, SCS_BER_SEQUENCE, &response);
    if (whole != SCS_OK && whole != SCS_MORE) {
        return SCS_MALFORMED;
    }
    c = response.contents;
    if (scs_ber_expect(&c, ENUMERATED, &status) != SCS_OK || !scs_cursor_u8(&status.contents, &out->status) ||
        !scs_cursor_done(&status.contents)) {
        return SCS_MALFORMED;
    }
    if (enter(&c, EXPLICIT_0, &bytes) && enter(&bytes, SCS_BER_SEQUENCE, &typed) &&
        scs_ber_expect(&typed, SCS_BER_OID, &type) == SCS_OK && enter(&typed, SCS_BER_OCTET_STRING, &bytes)) {
        read_basic(bytes, out);
    }
    return whole;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_ocsp_facts facts;
    enum scs_status st = scs_ocsp_read(&c, &facts);
    scs_buf_printf(out, "status %d\n", (int)st);
    if (st != SCS_MALFORMED) {
        scs_buf_printf(out, "response %u certificate %u this %" PRId64 " next %" PRId64 "\n", facts.status, facts.certificate,
                       facts.this_update, facts.next_update);
    }
    return st;
}

const struct scs_dissector scs_dissector_ocsp = {
    .name = "ocsp", .claims = "OCSPResponse, application/ocsp-response", .examine = examine};
