/* SPDX-License-Identifier: Apache-2.0 */
/* What a SCEP server asked of its certification authority and its domain, built by src/correlate/ca_calls.c; const to all others.
 */
#ifndef SCEPSCOPE_CA_CALL_H
#define SCEPSCOPE_CA_CALL_H

#include <stdbool.h>

#include "scepscope/facts.h"
#include "scepscope/net.h"

enum scs_ca_service {
    SCS_CA_RPC,       /* one remote procedure call, or a bind that was refused */
    SCS_CA_DIRECTORY, /* a connection to LDAP or the global catalogue */
    SCS_CA_LOGON      /* a request for a Kerberos ticket that failed */
};

/* Interfaces of remote procedure calls. MS-WCCE 1.9, MS-ICPR 1.9, MS-DCOM 1.9, C706 appendix I. */
enum scs_rpc_interface {
    SCS_RPC_UNKNOWN, /* its bind is not in the capture */
    SCS_RPC_OTHER,
    SCS_RPC_MAPPER,        /* end point mapper */
    SCS_RPC_ACTIVATOR,     /* IActivation, IRemoteSCMActivator: starts an object of DCOM */
    SCS_RPC_OBJECTS,       /* IObjectExporter, IRemUnknown, IRemUnknown2: keeps such an object */
    SCS_RPC_CERT_REQUEST,  /* ICertRequestD */
    SCS_RPC_CERT_REQUEST2, /* ICertRequestD2 */
    SCS_RPC_CERT_PASSAGE   /* ICertPassage */
};

enum scs_ca_outcome {
    SCS_CA_ANSWERED,
    SCS_CA_FAULT,        /* an RPC fault; `status` says which */
    SCS_CA_BIND_REFUSED, /* bind_nak, or none of what was offered accepted; `status` is the reason */
    SCS_CA_NO_TICKET,    /* KRB_ERROR; `status` is the error code */
    SCS_CA_UNANSWERED    /* nothing came while the connection, or the capture, lasted */
};

struct scs_ca_call {
    uint32_t id; /* from 1, by time */
    uint8_t service, interface, outcome;
    bool recovered;     /* a bind that was refused, or a ticket: the same was granted soon after */
    bool uncertain;     /* packets around it are missing: an answer may have been there */
    uint16_t operation; /* RPC: number of the procedure */
    uint32_t status;
    struct scs_endpoint client, server; /* the SCEP server, and whom it asked */
    int64_t started_ns;                 /* first packet of the question */
    int64_t answered_ns;                /* first packet of the answer; SCS_NO_TIME */
    int64_t wait_ns;                    /* between the question's last packet and the answer's first; SCS_NO_TIME. Of a
                                           directory that did not answer: until the client left */
    scs_frame first_frame, last_frame;  /* of question and answer */
    const char *account;                /* Kerberos: who wanted the ticket, "svc_ndes@CONTOSO.COM"; NULL */
};

/* "ICertRequestD" and its kin; NULL for SCS_RPC_UNKNOWN and SCS_RPC_OTHER. */
const char *scs_rpc_interface_name(unsigned interface);
/* "access denied" and its kin; NULL for a code nobody knows here. */
const char *scs_rpc_status_name(uint32_t status);

#endif
