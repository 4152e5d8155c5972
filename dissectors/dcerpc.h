/* SPDX-License-Identifier: Apache-2.0 */
/* Connection-oriented DCE/RPC (C706 chapter 12, MS-RPCE 2.2.2): one PDU, as far as it is sent in clear. */
#ifndef SCS_DISSECTORS_DCERPC_H
#define SCS_DISSECTORS_DCERPC_H

#include "scepscope/ca_call.h"
#include "scepscope/cursor.h"

#define SCS_DCERPC_HEADER 16u /* bytes all PDUs have in common */

enum scs_dcerpc_type {
    SCS_DCERPC_REQUEST = 0,
    SCS_DCERPC_RESPONSE = 2,
    SCS_DCERPC_FAULT = 3,
    SCS_DCERPC_BIND = 11,
    SCS_DCERPC_BIND_ACK = 12,
    SCS_DCERPC_BIND_NAK = 13,
    SCS_DCERPC_ALTER = 14,
    SCS_DCERPC_ALTER_RESPONSE = 15,
    SCS_DCERPC_AUTH3 = 16,
    SCS_DCERPC_LAST_TYPE = 19
};

enum scs_dcerpc_flag { SCS_DCERPC_FIRST = 0x01, SCS_DCERPC_LAST = 0x02, SCS_DCERPC_OBJECT = 0x80 };

/* What a bind offers under one number, or what became of it. */
struct scs_dcerpc_context {
    uint16_t id;       /* bind and alter_context */
    uint8_t interface; /* enum scs_rpc_interface */
    uint8_t uuid[16];  /* of the interface, in the order of its text */
    uint16_t result;   /* bind_ack and alter_context_resp: 0 accepted, 1 user, 2 provider rejected it, 3 features negotiated */
    uint16_t reason;
};

#define SCS_DCERPC_MOST_CONTEXTS 16u

struct scs_dcerpc {
    uint8_t type, flags; /* enums above */
    bool big_endian;
    uint16_t length, auth_length; /* of the PDU; of the token at its end */
    uint32_t call_id;
    uint16_t context, operation; /* request; context also response and fault */
    uint32_t status;             /* fault: NCA or Win32 code; bind_nak: why */
    uint32_t num_contexts;       /* of those kept */
    struct scs_dcerpc_context contexts[SCS_DCERPC_MOST_CONTEXTS];
    uint8_t auth_type, auth_level; /* MS-RPCE 2.2.1.1.7, 2.2.1.1.8; 0 none, or not in the bytes that are there */
};

/* scs_dcerpc_length reads the length of the PDU that begins with these SCS_DCERPC_HEADER bytes; 0: none begins so. */
size_t scs_dcerpc_length(const struct scs_cursor *head);
/*
 * scs_dcerpc_read reads the PDU in `in`, of which the end may be missing. SCS_OK: all its fields are there. SCS_MORE: they end
 * at the cut. SCS_MALFORMED: no PDU, or one whose fields do not fit into its length.
 */
enum scs_status scs_dcerpc_read(const struct scs_cursor *in, struct scs_dcerpc *out);

#endif
