/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   C706 12.6.3.1, all PDUs: version 1 (5), minor 1, type 1, flags 1, data representation 4, length 2, auth length 2, call 4
 *   request:  hint 4, context 2, operation 2, [object 16], data
 *   response: hint 4, context 2, cancels 1, reserved 1, data
 *   fault:    hint 4, context 2, cancels 1, reserved 1, status 4, reserved 4
 *   bind:     largest sent 2, largest received 2, group 4, number 1, reserved 3, then for each context
 *             id 2, number of transfer syntaxes 1, reserved 1, interface 16 + version 4, transfer syntaxes of 20 each
 *   bind_ack: largest sent 2, largest received 2, group 4, address of 2 + n, padding to 4, number 1, reserved 3, then for each
 *             result 2, reason 2, transfer syntax 20
 *   bind_nak: reason 2
 *   before the token (MS-RPCE 2.2.2.11): auth type 1, level 1, padding 1, reserved 1, context 4
 */
#include "dissectors/dcerpc.h"

#include <string.h>

#include "base/buf.h"
#include "scepscope/dissector.h"

#define VERSION       5u
#define MOST_MINOR    1u
#define LITTLE_ENDIAN 0x10u
#define SYNTAX        20u
#define AUTH_HEADER   8u

static const struct {
    uint8_t uuid[16];
    uint8_t interface;
} interfaces[] = {
    {{0xe1, 0xaf, 0x83, 0x08, 0x5d, 0x1f, 0x11, 0xc9, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}, SCS_RPC_MAPPER},
    {{0x00, 0x00, 0x01, 0xa0, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}, SCS_RPC_ACTIVATOR},
    {{0x4d, 0x9f, 0x4a, 0xb8, 0x7d, 0x1c, 0x11, 0xcf, 0x86, 0x1e, 0x00, 0x20, 0xaf, 0x6e, 0x7c, 0x57}, SCS_RPC_ACTIVATOR},
    {{0x99, 0xfc, 0xfe, 0xc4, 0x52, 0x60, 0x10, 0x1b, 0xbb, 0xcb, 0x00, 0xaa, 0x00, 0x21, 0x34, 0x7a}, SCS_RPC_OBJECTS},
    {{0x00, 0x00, 0x01, 0x31, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}, SCS_RPC_OBJECTS},
    {{0x00, 0x00, 0x01, 0x43, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}, SCS_RPC_OBJECTS},
    {{0xd9, 0x9e, 0x6e, 0x70, 0xfc, 0x88, 0x11, 0xd0, 0xb4, 0x98, 0x00, 0xa0, 0xc9, 0x03, 0x12, 0xf3}, SCS_RPC_CERT_REQUEST},
    {{0x54, 0x22, 0xfd, 0x3a, 0xd4, 0xb8, 0x4c, 0xef, 0xa1, 0x2e, 0xe8, 0x7d, 0x4c, 0xa2, 0x2e, 0x90}, SCS_RPC_CERT_REQUEST2},
    {{0x91, 0xae, 0x60, 0x20, 0x9e, 0x3c, 0x11, 0xcf, 0x8d, 0x7c, 0x00, 0xaa, 0x00, 0xc0, 0x91, 0xbe}, SCS_RPC_CERT_PASSAGE},
};

static uint8_t interface_of(const uint8_t *uuid)
{
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        if (memcmp(interfaces[i].uuid, uuid, sizeof interfaces[i].uuid) == 0) {
            return interfaces[i].interface;
        }
    }
    return SCS_RPC_OTHER;
}

/* ---- the header ---------------------------------------------------------------------------------- */

static bool read_header(struct scs_cursor *c, struct scs_dcerpc *out)
{
    uint8_t version, minor, representation;
    if (!scs_cursor_u8(c, &version) || !scs_cursor_u8(c, &minor) || !scs_cursor_u8(c, &out->type) ||
        !scs_cursor_u8(c, &out->flags) || !scs_cursor_u8(c, &representation) || !scs_cursor_skip(c, 3)) {
        return false;
    }
    out->big_endian = (representation & 0xf0u) == 0;
    return version == VERSION && minor <= MOST_MINOR && out->type <= SCS_DCERPC_LAST_TYPE &&
           (out->big_endian || (representation & 0xf0u) == LITTLE_ENDIAN) && scs_cursor_u16(c, out->big_endian, &out->length) &&
           scs_cursor_u16(c, out->big_endian, &out->auth_length) && scs_cursor_u32(c, out->big_endian, &out->call_id) &&
           out->length >= SCS_DCERPC_HEADER && out->auth_length <= out->length - SCS_DCERPC_HEADER;
}

size_t scs_dcerpc_length(const struct scs_cursor *head)
{
    struct scs_cursor c = *head;
    struct scs_dcerpc pdu = {0};
    return read_header(&c, &pdu) ? pdu.length : 0;
}

/* ---- bodies ---------------------------------------------------------------------------------------- */

/* The first three fields of a UUID are numbers, in the sender's byte order. C706 A. */
static bool read_uuid(struct scs_cursor *c, bool big, uint8_t *out)
{
    uint32_t first;
    uint16_t second, third;
    struct scs_cursor at = *c;
    if (!scs_cursor_u32(&at, big, &first) || !scs_cursor_u16(&at, big, &second) || !scs_cursor_u16(&at, big, &third) ||
        !scs_cursor_copy(&at, out + 8, 8)) {
        return false;
    }
    const uint8_t head[8] = {(uint8_t)(first >> 24), (uint8_t)(first >> 16), (uint8_t)(first >> 8), (uint8_t)first,
                             (uint8_t)(second >> 8), (uint8_t)second,        (uint8_t)(third >> 8), (uint8_t)third};
    memcpy(out, head, sizeof head);
    *c = at;
    return true;
}

static bool read_offer(struct scs_cursor *c, bool big, struct scs_dcerpc_context *out)
{
    uint8_t syntaxes;
    uint32_t version;
    if (!scs_cursor_u16(c, big, &out->id) || !scs_cursor_u8(c, &syntaxes) || !scs_cursor_skip(c, 1) ||
        !read_uuid(c, big, out->uuid) || !scs_cursor_u32(c, big, &version) || !scs_cursor_skip(c, (size_t)syntaxes * SYNTAX)) {
        return false;
    }
    out->interface = interface_of(out->uuid);
    return true;
}

static bool read_result(struct scs_cursor *c, bool big, struct scs_dcerpc_context *out)
{
    return scs_cursor_u16(c, big, &out->result) && scs_cursor_u16(c, big, &out->reason) && scs_cursor_skip(c, SYNTAX);
}

static bool read_list(struct scs_cursor *c, struct scs_dcerpc *out,
                      bool (*read)(struct scs_cursor *c, bool big, struct scs_dcerpc_context *out))
{
    uint8_t num;
    if (!scs_cursor_u8(c, &num) || !scs_cursor_skip(c, 3)) {
        return false;
    }
    for (unsigned i = 0; i < num && i < SCS_DCERPC_MOST_CONTEXTS; i++) {
        struct scs_dcerpc_context one = {0};
        if (!read(c, out->big_endian, &one)) {
            return false;
        }
        out->contexts[out->num_contexts++] = one;
    }
    return true;
}

static bool read_answer_to_bind(struct scs_cursor *c, struct scs_dcerpc *out)
{
    uint16_t address;
    if (!scs_cursor_skip(c, 8) || !scs_cursor_u16(c, out->big_endian, &address) || !scs_cursor_skip(c, address)) {
        return false;
    }
    return scs_cursor_skip(c, (4 - (2 + (size_t)address) % 4) % 4) && read_list(c, out, read_result);
}

static bool read_call(struct scs_cursor *c, struct scs_dcerpc *out)
{
    bool big = out->big_endian;
    if (!scs_cursor_skip(c, 4) || !scs_cursor_u16(c, big, &out->context)) {
        return false;
    }
    switch (out->type) {
    case SCS_DCERPC_REQUEST:
        return scs_cursor_u16(c, big, &out->operation) && ((out->flags & SCS_DCERPC_OBJECT) == 0 || scs_cursor_skip(c, 16));
    case SCS_DCERPC_FAULT:
        return scs_cursor_skip(c, 2) && scs_cursor_u32(c, big, &out->status);
    default:
        return scs_cursor_skip(c, 2);
    }
}

static bool read_nak(struct scs_cursor *c, struct scs_dcerpc *out)
{
    uint16_t reason;
    bool read = scs_cursor_u16(c, out->big_endian, &reason);
    out->status = read ? reason : 0;
    return read;
}

static bool read_body(struct scs_cursor *c, struct scs_dcerpc *out)
{
    switch (out->type) {
    case SCS_DCERPC_REQUEST:
    case SCS_DCERPC_RESPONSE:
    case SCS_DCERPC_FAULT:
        return read_call(c, out);
    case SCS_DCERPC_BIND:
    case SCS_DCERPC_ALTER:
        return scs_cursor_skip(c, 8) && read_list(c, out, read_offer);
    case SCS_DCERPC_BIND_ACK:
    case SCS_DCERPC_ALTER_RESPONSE:
        return read_answer_to_bind(c, out);
    case SCS_DCERPC_BIND_NAK:
        return read_nak(c, out);
    default:
        return true;
    }
}

/* The token stands at the very end, so it is only found in a PDU that is whole. */
static void read_auth(struct scs_cursor pdu, struct scs_dcerpc *out)
{
    size_t behind = (size_t)out->auth_length + AUTH_HEADER;
    if (out->auth_length == 0 || pdu.len != out->length || behind > pdu.len - SCS_DCERPC_HEADER) {
        return;
    }
    if (scs_cursor_skip(&pdu, pdu.len - behind) && scs_cursor_u8(&pdu, &out->auth_type)) {
        out->auth_level = scs_cursor_peek(&pdu, 0, &out->auth_level) ? out->auth_level : 0;
    }
}

enum scs_status scs_dcerpc_read(const struct scs_cursor *in, struct scs_dcerpc *out)
{
    struct scs_cursor c = *in;
    *out = (struct scs_dcerpc){0};
    if (c.len < SCS_DCERPC_HEADER || !read_header(&c, out)) {
        return SCS_MALFORMED;
    }
    struct scs_cursor pdu = scs_cursor_first(in, out->length);
    bool whole = pdu.len == out->length;
    c = pdu;
    if (!scs_cursor_skip(&c, SCS_DCERPC_HEADER) || !read_body(&c, out)) {
        return whole ? SCS_MALFORMED : SCS_MORE;
    }
    read_auth(pdu, out);
    return whole ? SCS_OK : SCS_MORE;
}

/* ---- for fuzzing ------------------------------------------------------------------------------------- */

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_dcerpc pdu;
    enum scs_status st = scs_dcerpc_read(&c, &pdu);
    scs_buf_printf(out, "status %d\n", (int)st);
    if (st == SCS_MALFORMED) {
        return st;
    }
    scs_buf_printf(out, "type %u flags %02x %s length %u call %u\n", pdu.type, pdu.flags, pdu.big_endian ? "big" : "little",
                   pdu.length, pdu.call_id);
    scs_buf_printf(out, "context %u operation %u code %08x auth %u level %u\n", pdu.context, pdu.operation, pdu.status,
                   pdu.auth_type, pdu.auth_level);
    for (uint32_t i = 0; i < pdu.num_contexts; i++) {
        const struct scs_dcerpc_context *x = &pdu.contexts[i];
        scs_buf_printf(out, "offer %u interface %u result %u reason %u\n", x->id, x->interface, x->result, x->reason);
    }
    return st;
}

const struct scs_dissector scs_dissector_dcerpc = {
    .name = "dcerpc",
    .claims = "TCP port 135 and the ports given out there",
    .examine = examine,
};
