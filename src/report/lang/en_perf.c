/* SPDX-License-Identifier: Apache-2.0 */
/* English: how long things took. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_perf[] = {
    {.id = "perf-pkiop-slow",
     .title = "The server is slow to answer enrolment requests",
     .meaning = "The PKIOperation of {client} waited {waited_s} seconds for its answer; about 1.3 seconds is usual. Clients and "
                "proxies give up after 30 to 85 seconds.",
     .causes = {"The CA is slow or was reached on a second try.",
                "The policy module waits for a revocation check (15 seconds for each dead URL).",
                "The application pool had to start."},
     .fixes = {"certutil -urlfetch -verify on the RA, server and plug-in certificates: every URL must answer at once.",
               "certutil -config \"CA-HOST\\CA-NAME\" -ping on the NDES server must answer within milliseconds.",
               "IIS Manager > Application Pools > SCEP > Advanced Settings: Idle Time-out 0, Start Mode AlwaysRunning."},
     .confirm = {"IIS log: time-taken of PKIOperation and of POST /CertificateRegistrationSvc."},
     .reference = "Microsoft: Troubleshoot NDES policy module for SCEP certificate profiles"},

    {.id = "perf-getca-slow",
     .title = "GetCACaps or GetCACert are slow",
     .meaning = "{operation} of {client} waited {waited_s} seconds; a few milliseconds are usual.",
     .causes = {"The application pool or a proxy had to start.", "The server is overloaded."},
     .fixes = {"IIS Manager > Application Pools > SCEP > Advanced Settings: Idle Time-out 0, Start Mode AlwaysRunning."},
     .confirm = {"IIS log: time-taken of this request."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "perf-proxy-margin",
     .title = "An answer came close to the proxy's time limit",
     .meaning = "The {operation} of {client} waited {waited_s} seconds behind a proxy. Entra application proxy gives up after 85 "
                "seconds, others after 60.",
     .causes = {"NDES, the CA or the policy module are slow."},
     .fixes = {"Entra: the application > Application proxy > Backend Application Timeout: Long (180 seconds).",
               "Find what is slow on the NDES server."},
     .confirm = {"IIS log: time-taken of this request."},
     .reference = "Microsoft: Add an on-premises application for remote access through application proxy"},

    {.id = "perf-revocation-stall",
     .title = "The server waits for revocation lists that do not come",
     .meaning =
         "The {operation} of {client} waited {waited_s} seconds. Meanwhile the server asked {publisher} for a revocation list "
         "or OCSP answer that did not come; Windows waits 15 seconds for each address.",
     .causes = {"A firewall drops HTTP from the NDES server to the publication point: the service has no proxy set.",
                "The publication point is down."},
     .fixes = {"certutil -URL CERT.cer, as the service account, shows which publication point does not answer.",
               "Open HTTP to the publication points, or set the proxy of the machine: netsh winhttp set proxy HOST:PORT.",
               "Put the addresses that answer first: certsrv.msc > CA > Properties > Extensions > CRL Distribution Points."},
     .confirm = {"CAPI2 operational log: event 53 with the address and the time it took."},
     .reference = "Microsoft: Troubleshooting certificate revocation, CryptoAPI retrieval timeouts"},

    {.id = "perf-rtt",
     .title = "The path to the client is long",
     .meaning = "The handshake with {client} took {rtt_ms} milliseconds.",
     .causes = {"A mobile or distant client, or a VPN."},
     .fixes = {"Nothing to do while it works."},
     .confirm = {"ping to the client's address."},
     .reference = "RFC 9293 3.5"},
};
const size_t scs_num_en_perf = sizeof scs_en_perf / sizeof scs_en_perf[0];
