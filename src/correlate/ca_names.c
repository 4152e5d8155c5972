/* SPDX-License-Identifier: Apache-2.0 */
/* Words for what remote procedure calls carry. */
#include <stddef.h>

#include "scepscope/ca_call.h"

const char *scs_rpc_interface_name(unsigned interface)
{
    static const char *const names[] = {[SCS_RPC_MAPPER] = "the end point mapper",  [SCS_RPC_ACTIVATOR] = "IRemoteSCMActivator",
                                        [SCS_RPC_OBJECTS] = "IRemUnknown",          [SCS_RPC_CERT_REQUEST] = "ICertRequestD",
                                        [SCS_RPC_CERT_REQUEST2] = "ICertRequestD2", [SCS_RPC_CERT_PASSAGE] = "ICertPassage"};
    return interface < sizeof names / sizeof names[0] ? names[interface] : NULL;
}

const char *scs_rpc_status_name(uint32_t status)
{
    /* C706 appendix E, MS-ERREF 2.2. */
    static const struct {
        uint32_t status;
        const char *name;
    } names[] = {
        {0x00000005, "access denied"},
        {0x000006a6, "the binding is invalid"},
        {0x000006ba, "the RPC server is unavailable"},
        {0x000006bb, "the RPC server is too busy"},
        {0x000006be, "the remote procedure call failed"},
        {0x000006d1, "the procedure number is out of range"},
        {0x000006d9, "no more end points are available"},
        {0x000006e4, "the operation is not supported"},
        {0x000006f7, "the stub received bad data"},
        {0x00000721, "a security package specific error"},
        {0x80010111, "the COM version is not supported"},
        {0x80070005, "access denied"},
        {0x8001011d, "the server refuses calls"},
        {0x1c000006, "an arithmetic fault"},
        {0x1c000009, "a protocol error"},
        {0x1c00000b, "the context is not the one that was bound"},
        {0x1c00001a, "the context does not match"},
        {0x1c00001b, "the remote host has no memory left"},
        {0x1c010002, "the procedure number is out of range"},
        {0x1c010003, "the interface is not known"},
        {0x1c010006, "the server never ran the call"},
        {0x1c010009, "the server rejected the call"},
        {0x1c010014, "the server is too busy"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].status == status) {
            return names[i].name;
        }
    }
    return NULL;
}
