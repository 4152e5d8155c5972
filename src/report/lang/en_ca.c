/* SPDX-License-Identifier: Apache-2.0 */
/* English: the way from NDES to its certification authority. */
#include "report/lang/lang.h"

#define EVENT_31 "Application log: NetworkDeviceEnrollmentService 31 with 0x800706BA (The RPC server is unavailable)."

const struct scs_finding_text scs_en_ca[] = {
    {.id = "ca-rpc-135-timeout",
     .title = "NDES cannot reach its certification authority",
     .meaning = "While the request of {client} waited, {server} called {ca}, the RPC end point mapper, and got {answer} (tries: "
                "{tries}). NDES cannot pass the request on, and refuses it.",
     .causes = {"A firewall between NDES and the CA drops or rejects TCP port 135.", "The CA host is down or restarts.",
                "The name of the CA leads to another address."},
     .fixes = {"Open TCP 135 and 49152-65535 from the NDES server to the CA.",
               "On the NDES server: Test-NetConnection CA -Port 135, then certutil -config \"CA-HOST\\CA-NAME\" -ping.",
               "On the CA: the services RpcSs and CertSvc must run; Windows Defender Firewall > Inbound Rules > Certification "
               "Authority Enrollment and Management Protocol."},
     .confirm = {EVENT_31},
     .reference = "MS-WCCE 2.1; MS-RPCE"},

    {.id = "ca-rpc-dyn-blocked",
     .title = "NDES cannot reach the certification authority's own RPC port",
     .meaning = "While the request of {client} waited, {server} called {ca}, a dynamic RPC port, and got {answer} (tries: "
                "{tries}). The end point mapper gave this port out, so the CA runs, but the way to it is shut.",
     .causes = {"A firewall allows TCP 135 but not the dynamic ports 49152-65535."},
     .fixes = {"Open TCP 49152-65535 from the NDES server to the CA.",
               "Or give the CA one port: dcomcnfg > DCOM Config > CertSrv Request > Endpoints > Use static endpoint, restart "
               "CertSvc, and open that port."},
     .confirm = {EVENT_31},
     .reference = "MS-WCCE 2.1; Microsoft Learn: Service overview and network port requirements for Windows"},
};
const size_t scs_num_en_ca = sizeof scs_en_ca / sizeof scs_en_ca[0];
