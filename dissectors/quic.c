/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   RFC 9000 17.2: form(1)=1 fixed(1)=1 type(2) of version(4), version 4, length 1 + destination id, length 1 + source id
 *   type of an Initial: 0 in version 1, 1 in version 2 (RFC 9369 3.2)
 */
#include "dissectors/quic.h"

#include "base/buf.h"
#include "scepscope/dissector.h"

#define LONG_FORM   0xc0u
#define TYPE(first) ((first) >> 4 & 3u)
#define NEGOTIATION 0u
#define VERSION_1   1u
#define VERSION_2   0x6b3343cfu
#define LONGEST_ID  20u
#define SHORTEST_ID 8u /* what a client chooses for the server, RFC 9000 7.2 */
#define SMALLEST    1200u

bool scs_quic_initial(const struct scs_cursor *in, size_t wire_len, struct scs_quic *out)
{
    struct scs_cursor c = *in, destination;
    uint8_t first, source_len;
    *out = (struct scs_quic){0};
    if (wire_len < SMALLEST || !scs_cursor_u8(&c, &first) || (first & LONG_FORM) != LONG_FORM ||
        !scs_cursor_u32be(&c, &out->version) || !scs_cursor_u8_prefixed(&c, &destination) || !scs_cursor_u8(&c, &source_len)) {
        return false;
    }
    out->id_len = (uint8_t)destination.len;
    out->known_version = out->version == VERSION_1 || out->version == VERSION_2;
    bool initial = !out->known_version || TYPE(first) == (out->version == VERSION_2 ? 1u : 0u);
    return out->version != NEGOTIATION && initial && destination.len >= SHORTEST_ID && destination.len <= LONGEST_ID &&
           source_len <= LONGEST_ID;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_quic q;
    bool initial = scs_quic_initial(&c, len, &q);
    scs_buf_printf(out, "initial %d version %08x known %d id %u\n", initial, q.version, q.known_version, q.id_len);
    return initial ? SCS_OK : SCS_MALFORMED;
}

const struct scs_dissector scs_dissector_quic = {
    .name = "quic",
    .claims = "UDP port 443",
    .examine = examine,
};
