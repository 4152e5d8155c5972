/* SPDX-License-Identifier: Apache-2.0 */
/* English: what the certification authority and the domain answered to NDES. */
#include "report/lang/lang.h"

#define PING                                                                                                                     \
    "On the NDES server, as the service account: certutil -config \"CA-HOST\\CA-NAME\" -ping, then the same with -CAInfo."

const struct scs_finding_text scs_en_ca_call[] = {
    {.id = "ca-rpc-fault",
     .title = "The certification authority refused NDES's call",
     .meaning = "While the request of {client} waited, {server} called {ca} and got {what}, code {code}: {reason}. The interface "
                "was {interface}. NDES could not hand the request in, so this is no decision of the CA about the certificate.",
     .causes = {"The NDES service account has no right to call the CA: DCOM access, or Request Certificates on the CA.",
                "The CA accepts DCOM calls only with packet integrity, and NDES's host is not up to date (CVE-2021-26414).",
                "CertSvc on the CA is stopped or restarts."},
     .fixes =
         {"On the CA: certsrv.msc > CA > Properties > Security: the NDES service account needs Request Certificates (and Read).",
          "On the CA: the account, or Authenticated Users, must be in the local group Certificate Service DCOM Access; "
          "dcomcnfg > Component Services > Computers > My Computer > Properties > COM Security.",
          "On the CA: Get-Service CertSvc, RpcSs; Restart-Service CertSvc.", PING},
     .confirm = {"Application log of the NDES server: NetworkDeviceEnrollmentService 31 with 0x80070005 or another HRESULT.",
                 "System log of the CA: DistributedCOM 10016 or 10036; of the NDES server: 10028."},
     .reference = "C706 12.6; MS-RPCE 2.2.2; MS-WCCE 2.1"},

    {.id = "ca-failed",
     .title = "The certification authority denied the request",
     .meaning = "NDES handed the request of {client} to {ca}, which answered within {waited_s} s. NDES then sent FAILURE with "
                "{hresult}. That is {hresult_name}: {hresult_meaning}.",
     .causes = {"The template that NDES asks for is not published on this CA, or the registry names it by its display name.",
                "The NDES service account lacks Enroll on the template.",
                "The template wants a longer key, a subject or an alternative name that the request does not have.",
                "The CA cannot check revocation of its own chain."},
     .fixes =
         {"On the NDES server: HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP, values SignatureTemplate, EncryptionTemplate and "
          "GeneralPurposeTemplate hold the template's name (no blanks), not its display name. Restart the server afterwards: "
          "iisreset does not suffice.",
          "On the CA: certsrv.msc > Certificate Templates must list it, else New > Certificate Template to Issue.",
          "certtmpl.msc > template > Security: Read and Enroll for the NDES service account.",
          "On the CA: certsrv.msc > Failed Requests names the reason for each request."},
     .confirm = {"CA: certsrv.msc > Failed Requests; Application log, CertificationAuthority 53.",
                 "NDES server: Application log, NetworkDeviceEnrollmentService 31 with the same HRESULT."},
     .reference = "MS-WCCE 3.2; MS-ERREF 2.1.1"},

    {.id = "ca-slow",
     .title = "The certification authority answers slowly",
     .meaning =
         "While the request of {client} waited, {server} waited {waited_s} s for {answer} of {ca}. The device and every proxy "
         "on the way wait as long.",
     .causes = {"The CA's key is in an HSM that is slow or far away.", "The CA's database or disk is busy.",
                "A policy or exit module of the CA asks somebody else.", "The CA waits for a revocation list it cannot get."},
     .fixes = {"On the CA: Performance Monitor > Certification Authority > Request processing time.",
               "certutil -verify -urlfetch CERTIFICATE on the CA shows revocation addresses that do not answer.",
               "certutil -getreg policy, certutil -getreg exit: which modules take part."},
     .confirm = {"CA: Application log, CertificationAuthority; Security log 4886 (received) and 4887 (issued)."},
     .reference = "MS-WCCE 3.2"},

    {.id = "ca-no-call",
     .title = "NDES refused without asking its certification authority",
     .meaning =
         "The policy module accepted the challenge of {client}, then {server} refused the request. No call to the CA was made "
         "in between, though the capture shows such calls at other times.",
     .causes = {"The RA's signing key or certificate cannot be used: expired, or its private key not readable for the account.",
                "NDES could not build the request for the CA."},
     .fixes =
         {"certlm.msc > Personal: both RA certificates in date; All Tasks > Manage Private Keys: Read for the service account.",
          "Application log, source NetworkDeviceEnrollmentService: the event at this time names the step.",
          "Restart the SCEP application pool."},
     .confirm = {"Application log of the NDES server: NetworkDeviceEnrollmentService 31 and its neighbours."},
     .reference = "MS-WCCE 2.1; Microsoft Learn: NDES in Active Directory Certificate Services"},

    {.id = "ca-ldap-fail",
     .title = "The SCEP server cannot reach a domain controller",
     .meaning =
         "{client}, a SCEP server, called {server} by LDAP and got {answer} (tries: {tries}), and found no other directory "
         "server within a minute. NDES reads templates from Active Directory when it starts.",
     .causes = {"The domain controller is down.", "A firewall drops LDAP (389, 636) or the global catalogue (3268, 3269).",
                "DNS still names a controller that was removed."},
     .fixes = {"On the NDES server: nltest /dsgetdc:DOMAIN /force, then Test-NetConnection CONTROLLER -Port 389.",
               "Open TCP 389, 636, 3268 and 3269 from the NDES server to the domain controllers of its site.",
               "Remove records of old controllers: DNS Manager > _msdcs zone > dc > _sites."},
     .confirm = {"Application log of the NDES server: NetworkDeviceEnrollmentService 2.", "System log: NETLOGON 5719."},
     .reference = "Microsoft Learn: Service overview and network port requirements for Windows"},

    {.id = "ca-kerberos",
     .title = "A Kerberos ticket was refused on the SCEP server",
     .meaning =
         "{client}, a SCEP server, asked {server} for a Kerberos ticket and got error {code}: {reason}. The ticket was for "
         "{account}. Without a ticket NDES's service account can neither start its application pool nor call the CA.",
     .causes = {"The service account's password was changed in the directory, but not in the SCEP application pool.",
                "The account is locked after wrong passwords, or disabled.", "Its password has expired."},
     .fixes =
         {"IIS Manager > Application Pools > SCEP > Advanced Settings > Identity: enter the password again, then recycle the "
          "pool.",
          "Get-ADUser ACCOUNT -Properties LockedOut,Enabled,PasswordExpired,PasswordLastSet",
          "Unlock-ADAccount ACCOUNT; Set-ADAccountPassword ACCOUNT. A group managed service account does not have this trouble."},
     .confirm = {"Domain controller: Security log 4771 or 4768 with the same code.",
                 "NDES server: Security log 4625; System log, WAS 5021, 5057, 5059."},
     .reference = "RFC 4120 7.5.9"},
};
const size_t scs_num_en_ca_call = sizeof scs_en_ca_call / sizeof scs_en_ca_call[0];
