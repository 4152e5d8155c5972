/* SPDX-License-Identifier: Apache-2.0 */
/* Kerberos messages between clients and key distribution centres (RFC 4120 5.4, 5.9), as far as who asked and what failed. */
#ifndef SCS_DISSECTORS_KERBEROS_H
#define SCS_DISSECTORS_KERBEROS_H

#include "base/arena.h"
#include "scepscope/cursor.h"

enum scs_kerberos_type {
    SCS_KERBEROS_AS_REQ = 10,
    SCS_KERBEROS_AS_REP = 11,
    SCS_KERBEROS_TGS_REQ = 12,
    SCS_KERBEROS_TGS_REP = 13,
    SCS_KERBEROS_ERROR = 30
};

struct scs_kerberos {
    uint8_t type;        /* enum scs_kerberos_type */
    int32_t error;       /* of KRB_ERROR */
    const char *account; /* "name@REALM" of the client; NULL: not in it, or cut off */
};

/*
 * scs_kerberos_read reads one message, without the four bytes of length it has over TCP; texts live in `keep`. SCS_MORE: it is
 * cut, and what could be read was. SCS_MALFORMED: none of these messages.
 */
enum scs_status scs_kerberos_read(const struct scs_cursor *in, struct scs_arena *keep, struct scs_kerberos *out);

#endif
