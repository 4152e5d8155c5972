/* SPDX-License-Identifier: Apache-2.0 */
/* English: what GetCACaps offers. */
#include "report/lang/lang.h"

#define ASK                                                                                                                      \
    "Ask NDES itself, in PowerShell: Invoke-WebRequest -UseBasicParsing "                                                        \
    "'http://localhost/certsrv/mscep/mscep.dll?operation=GetCACaps&message=ca' -OutFile caps.txt"

const struct scs_finding_text scs_en_caps[] = {
    {.id = "caps-html",
     .title = "GetCACaps is answered with a web page",
     .meaning = "{client} asked for the capabilities and got HTML. The page is titled {page}. The answer came from "
                "{server_header}. A client takes "
                "this as no capabilities at all.",
     .causes = {"A proxy, login page or captive portal answers in place of NDES.", "The URL leads to another application."},
     .fixes = {"Read the page in the frames named here: its words say who wrote it.",
               "Let /certsrv/mscep/* pass without login or rewriting; correct the URL in the profile."},
     .confirm = {ASK},
     .reference = "RFC 8894 3.5.2"},

    {.id = "caps-error",
     .title = "GetCACaps fails while the other operations work",
     .meaning = "GetCACaps of {client} got {status}, but GetCACert or PKIOperation are served. That is allowed and means no "
                "capabilities; clients "
                "fall back to GET, SHA-1 or MD5 and DES, and Apple devices stop.",
     .causes = {"An old NDES that does not know GetCACaps.", "A proxy rule that blocks this one operation."},
     .fixes = {"Install all updates of the Windows Server that runs NDES.",
               "Let the proxy pass every operation of /certsrv/mscep."},
     .confirm = {ASK},
     .reference = "RFC 8894 3.5.1"},

    {.id = "caps-empty",
     .title = "GetCACaps is answered with nothing",
     .meaning = "{client} got {status} and no byte of a list: no capabilities. Clients fall back to GET, SHA-1 or MD5 and DES; "
                "Apple devices stop.",
     .causes = {"An old NDES without the update that brings GetCACaps.", "A proxy removes the body."},
     .fixes = {"Install all updates of the Windows Server that runs NDES.", "Ask without the proxy and compare."},
     .confirm = {ASK},
     .reference = "RFC 8894 3.5.1"},

    {.id = "caps-no-sha",
     .title = "The server offers no SHA digest",
     .meaning = "The list given to {client} names none of SHA-1, SHA-256 and SHA-512: {capabilities}. Apple devices refuse to go "
                "on, jscep falls back "
                "to MD5.",
     .causes = {"An old or damaged server configuration.", "A proxy rewrites the list."},
     .fixes = {"Update the server so that it offers SHA-256 (NDES: current Windows updates)."},
     .confirm = {ASK, "iOS log: MCSCEPErrorDomain 22006."},
     .reference = "RFC 8894 3.5.2"},

    {.id = "caps-no-sha2",
     .title = "The server offers SHA-1 as its best digest",
     .meaning = "The list given to {client} names neither SHA-256 nor SHA-512: {capabilities}. Clients sign with SHA-1.",
     .causes = {"An old server."},
     .fixes = {"Update the server so that it offers SHA-256 (NDES: current Windows updates)."},
     .confirm = {ASK},
     .reference = "RFC 8894 3.5.2"},

    {.id = "caps-no-3des-aes",
     .title = "The server offers neither AES nor triple DES",
     .meaning = "The list given to {client} is: {capabilities}. Only single DES is left, which RFC 8894 forbids and Apple "
                "devices refuse.",
     .causes = {"An old or damaged server configuration.", "A proxy rewrites the list."},
     .fixes = {"Update the server so that it offers AES, or DES3 at least."},
     .confirm = {ASK, "iOS log: MCSCEPErrorDomain 22006."},
     .reference = "RFC 8894 3.5.2"},

    {.id = "caps-no-aes",
     .title = "The server offers triple DES and no AES",
     .meaning = "The list given to {client} is: {capabilities}. That is usual for NDES and works.",
     .causes = {"NDES does not offer AES in most versions."},
     .fixes = {"Nothing to do."},
     .confirm = {ASK},
     .reference = "RFC 8894 3.5.2"},

    {.id = "caps-no-post",
     .title = "The server does not offer POST, so messages travel in the URL",
     .meaning = "The list given to {client} has no POSTPKIOperation: {capabilities}. An Intune request is about 11 KB long in a "
                "URL and meets limits of "
                "2,048 bytes and more on its way.",
     .causes = {"An old NDES.", "A proxy takes the line out."},
     .fixes = {"Install all updates of the Windows Server that runs NDES.",
               "Until then raise the limits: IIS Manager > Default Web Site > Request Filtering > Edit Feature Settings, 65534 "
               "for URL and query string; "
               "HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters, MaxFieldLength and MaxRequestBytes 65534, restart."},
     .confirm = {ASK},
     .reference = "RFC 8894 3.5.2, 4.1"},

    {.id = "caps-no-renewal",
     .title = "The server does not offer renewal",
     .meaning = "The list given to {client} has no Renewal: {capabilities}. Clients then renew with a new PKCSReq and need a "
                "challenge for it.",
     .causes = {"NDES on a standalone CA, or a server without renewal."},
     .fixes = {"Nothing to do unless renewals fail."},
     .confirm = {ASK},
     .reference = "RFC 8894 2.3, 3.5.2"},

    {.id = "caps-differs",
     .title = "Answers to GetCACaps differ from each other",
     .meaning = "{client} got another list than was given before by the same address: {capabilities}.",
     .causes = {"Several NDES servers of different patch level behind one name.", "The server was changed meanwhile."},
     .fixes = {"Bring all nodes to the same Windows updates and configuration."},
     .confirm = {"Ask each node by its own name: operation=GetCACaps."},
     .reference = "RFC 8894 3.5.2"},
};
const size_t scs_num_en_caps = sizeof scs_en_caps / sizeof scs_en_caps[0];
