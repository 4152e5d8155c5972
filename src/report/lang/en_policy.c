/* SPDX-License-Identifier: Apache-2.0 */
/* English: the policy module's calls to the certificate registration point. */
#include "report/lang/lang.h"

#define REFERENCE "Microsoft: Troubleshoot NDES policy module for SCEP certificate profiles"
#define THUMBPRINT                                                                                                               \
    "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP, key Modules\\NDESPolicy, NDESCertThumbprint, names the certificate the "    \
    "plug-in uses"

const struct scs_finding_text scs_en_policy[] = {
    {.id = "policy-403-16",
     .title = "The policy module's client certificate is not trusted (403.16)",
     .meaning = "IIS refused {operation} of the NDES plug-in with 403.{substatus}: it does not trust the chain of the client "
                "certificate.",
     .causes = {"Intermediate CA certificates in the Trusted Root store of this server.",
                "The root of the plug-in's certificate is missing in Trusted Root Certification Authorities."},
     .fixes = {"Get-ChildItem Cert:\\LocalMachine\\Root -Recurse | Where-Object { $_.Issuer -ne $_.Subject } must list nothing; "
               "move what it "
               "lists to Cert:\\LocalMachine\\CA, then iisreset.",
               "certlm.msc: import the root CA of the plug-in's certificate into Trusted Root Certification Authorities.",
               THUMBPRINT "."},
     .confirm = {"IIS log: POST /CertificateRegistrationSvc ... 403 16 2148204809 (0x800B0109).",
                 "NDESPlugin.log: IIS's HTML page after 'Verify challenge returns'."},
     .reference = REFERENCE},

    {.id = "policy-403-7",
     .title = "The policy module presented no client certificate (403.7)",
     .meaning =
         "IIS refused {operation} of the NDES plug-in with 403.{substatus}: it requires a client certificate and got none.",
     .causes = {"The certificate named by the plug-in's thumbprint is gone or has no private key.",
                "The pool's account may not read its private key.", "It lacks the Client Authentication purpose."},
     .fixes = {THUMBPRINT "; it must be in certlm.msc > Personal with its key.",
               "certlm.msc > the certificate > All Tasks > Manage Private Keys: Read for the account of the pool SCEP.",
               "Run the connector's configuration again and choose a certificate with Client Authentication."},
     .confirm = {"IIS log: 403 7 on /CertificateRegistrationSvc."},
     .reference = REFERENCE},

    {.id = "policy-403-13",
     .title = "The policy module's client certificate counts as revoked (403.13)",
     .meaning =
         "IIS refused {operation} of the NDES plug-in with 403.{substatus}: the client certificate is revoked, or its revocation "
         "could not be checked.",
     .causes = {"The CRL cannot be downloaded or is out of date.", "The certificate was revoked."},
     .fixes = {"certutil -f -urlfetch -verify CERT.cer, as Local System, must reach every CRL and end without an error.",
               "Publish a new CRL: certutil -crl on the CA; or issue a new certificate for the plug-in."},
     .confirm = {"IIS log: 403 13 on /CertificateRegistrationSvc.", "CAPI2 operational log: event 41 or 53 with the URL."},
     .reference = "Microsoft: HTTP status codes in IIS"},

    {.id = "policy-403-17",
     .title = "The policy module's client certificate has expired (403.17)",
     .meaning = "IIS refused {operation} of the NDES plug-in with 403.{substatus}: the client certificate is out of date or not "
                "yet valid.",
     .causes = {"The plug-in's certificate was not renewed.", "The server's clock is wrong."},
     .fixes = {"Issue a new certificate with Client Authentication and run the connector's configuration with it.",
               THUMBPRINT "."},
     .confirm = {"IIS log: 403 17 on /CertificateRegistrationSvc."},
     .reference = REFERENCE},

    {.id = "policy-403",
     .title = "The certificate registration point refuses the policy module (403)",
     .meaning =
         "{operation} of the NDES plug-in got {status}; the page does not say why. Every enrolment fails until this is repaired.",
     .causes = {"403.16: the client certificate is not trusted, often because intermediates stand in the Trusted Root store.",
                "403.7: no client certificate was presented.", "403.17: the client certificate has expired.",
                "403.13: its revocation could not be checked.", "The certificate lacks the Client Authentication purpose."},
     .fixes = {"Read sc-substatus in the IIS log first.",
               "Get-ChildItem Cert:\\LocalMachine\\Root -Recurse | Where-Object { $_.Issuer -ne $_.Subject } must list nothing.",
               THUMBPRINT ": it must be in date, with Client Authentication and a readable key."},
     .confirm = {"IIS log: POST /CertificateRegistrationSvc, sc-status 403, sc-substatus 7, 13, 16 or 17."},
     .reference = REFERENCE},

    {.id = "policy-403-eku",
     .alias_of = "tls-clientcert-eku",
     .title = "The policy module's certificate lacks Client Authentication",
     .meaning = "Reported as tls-clientcert-eku when the handshake shows the certificate, otherwise as policy-403.",
     .causes = {"The certificate was issued from a template without the Client Authentication purpose."},
     .fixes =
         {"Issue a certificate with Client Authentication (1.3.6.1.5.5.7.3.2) and run the connector's configuration with it."},
     .reference = REFERENCE},

    {.id = "policy-tls-12175",
     .alias_of = "tls-name-mismatch",
     .title = "The policy module does not accept the web server's certificate (12175)",
     .meaning = "Reported as tls-name-mismatch, which names the certificate and the host.",
     .causes = {"The internal name of the server is missing in the certificate's subject alternative names."},
     .fixes = {"Issue the web server certificate with the external and the internal name as DNS names, and bind it to port 443."},
     .confirm = {"NDESPlugin.log: Failed to send http request ... Error 12175."},
     .reference = REFERENCE},

    {.id = "policy-401",
     .title = "Windows Authentication is enabled on CertificateRegistrationSvc",
     .meaning = "{operation} of the NDES plug-in got {status}. The server offers {www_authenticate}. The plug-in logs on with a "
                "certificate only.",
     .causes = {"Somebody enabled Windows Authentication on the application, or it is inherited."},
     .fixes = {"IIS Manager > Default Web Site > CertificateRegistrationSvc > Authentication: Anonymous Authentication enabled, "
               "Windows "
               "Authentication disabled; then restart the server."},
     .confirm = {"IIS log: NDES_Plugin with sc-status 401, sc-substatus 2."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "http-401-crp",
     .alias_of = "policy-401",
     .title = "401 on the certificate registration point",
     .meaning = "Reported as policy-401.",
     .causes = {"Windows Authentication is enabled on CertificateRegistrationSvc."},
     .fixes = {"See policy-401."},
     .reference = REFERENCE},

    {.id = "policy-404",
     .title = "The certificate registration point is not there",
     .meaning =
         "{operation} of the NDES plug-in got {status}: /CertificateRegistrationSvc does not exist on the site that answered.",
     .causes = {"The connector was removed, or its installation failed.", "The request reached another web site or server."},
     .fixes = {"Install the Certificate Connector for Microsoft Intune with the SCEP feature, then iisreset.",
               "Get-WebApplication -Site 'Default Web Site' must list /CertificateRegistrationSvc."},
     .confirm = {"IIS log: POST /CertificateRegistrationSvc, sc-status 404."},
     .reference = REFERENCE},

    {.id = "policy-500",
     .title = "The certificate registration point fails with an exception",
     .meaning = "{operation} of the NDES plug-in got {status}. It wrote: {answer_text}.",
     .causes = {"The pool's account may not write to C:\\Windows\\Temp.",
                "The connector's certificate value is missing in the registry.", ".NET or the connector is damaged.",
                "Subject or SAN of the request do not match the challenge (ArgumentException)."},
     .fixes = {"CertificateRegistrationPoint_*.svclog (unified connector: Event Viewer > Microsoft > Intune > "
               "CertificateConnectors): read "
               "the exception at this time.",
               "Give IIS_IUSRS Modify on C:\\Windows\\Temp.", "Install the connector again, then restart the server."},
     .confirm = {"Application log: ASP.NET 1309, 1310; IIS log: POST /CertificateRegistrationSvc, sc-status 500."},
     .reference = REFERENCE},

    {.id = "http-500-crp",
     .alias_of = "policy-500",
     .title = "500 on the certificate registration point",
     .meaning = "Reported as policy-500.",
     .causes = {"The registration point fails with an exception."},
     .fixes = {"See policy-500."},
     .reference = REFERENCE},

    {.id = "policy-503",
     .title = "The application pool of the certificate registration point is stopped",
     .meaning = "{operation} of the NDES plug-in got {status}: no worker process serves CertificateRegistrationSvc.",
     .causes = {"The pool crashed several times and IIS stopped it.", "Somebody stopped it, or its identity cannot log on."},
     .fixes = {"IIS Manager > Application Pools > Microsoft Intune CRP service Pool > Start.",
               "If it stops again: the Application log names the fault (event 1000, 1026 or 1309)."},
     .confirm = {"System log: WAS 5002, 5021 or 5059.", "HTTPERR log: AppOffline or Disabled."},
     .reference = REFERENCE},

    {.id = "policy-false",
     .title = "The policy module rejected the challenge",
     .meaning =
         "VerifyRequest answered {status} with the word false: Intune's challenge does not fit the request. The device then gets "
         "FAILURE.",
     .causes = {"The connector's signing certificate could not be fetched.",
                "Subject, SAN, key usage or purposes in the request differ from the Intune profile.",
                "The challenge has expired, was used before, or was altered."},
     .fixes = {"HKLM\\SOFTWARE\\Microsoft\\MicrosoftIntune\\NDESConnector, SigningCertificate must hold a value; if it does not, "
               "restart the "
               "service Intune Connector Service and check its way to Intune (outbound 443, no TLS inspection).",
               "CertificateRegistrationPoint_*.svclog at this time names the phase and the value that differs.",
               "Sync the device again, so that it gets a new challenge."},
     .confirm = {"CertificateRegistrationPoint.svclog: VerifyRequest Finished with status False; Signing certificate could not "
                 "be retrieved.",
                 "NDESPlugin.log: Verify challenge returns false."},
     .reference = REFERENCE},

    {.id = "policy-no-call",
     .title = "NDES refused the request without asking the policy module",
     .meaning = "The request {transaction_id} from {client} got FAILURE, and meanwhile NDES made no VerifyRequest, as it did for "
                "an earlier one.",
     .causes = {"NDES could not decrypt or read the request.",
                "The policy module is no longer registered or could not be loaded.", "The challenge is missing in the request."},
     .fixes = {"Look at the SCEP-RECIPIENT, SCEP-SIG and CHAL findings of this report first.",
               "reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP\\Modules /s must list the key NDESPolicy; if it does "
               "not, install the connector again and iisreset."},
     .confirm = {"NDESPlugin.log has no 'Calling VerifyRequest' at this time.",
                 "Application log: NetworkDeviceEnrollmentService 18 or 53."},
     .reference = REFERENCE},

    {.id = "policy-true-but-failure",
     .title = "The policy module accepted the challenge, and the CA or NDES refused the request all the same",
     .meaning =
         "VerifyRequest said yes (exchange {policy_exchange}), then {client} was refused. The reason given is {hresult}. That "
         "is {hresult_name}: {hresult_meaning}.",
     .causes = {"The template is not published at the CA, or its display name stands in NDES's registry.",
                "The NDES service account has no Enroll permission on the template.",
                "The CA refused subject, key length or a revocation check.", "The CA could not be reached."},
     .fixes = {"certsrv.msc > Failed Requests on the CA: the newest entry says why.",
               "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP: EncryptionTemplate, GeneralPurposeTemplate and SignatureTemplate "
               "must hold the template's name, not its display name; restart the server after a change.",
               "certtmpl.msc > the template > Security: Read and Enroll for the NDES service account.",
               "certutil -config \"CA-HOST\\CA-NAME\" -ping on NDES."},
     .confirm = {"Application log of NDES: NetworkDeviceEnrollmentService 31.",
                 "Application log of the CA: CertificationAuthority 53."},
     .reference = REFERENCE},

    {.id = "policy-notify-missing",
     .title = "The policy module did not report an issued certificate",
     .meaning =
         "{client} got its certificate for {transaction_id}, and no Notify followed within a minute, though one did for an "
         "earlier request. Intune will not show this certificate.",
     .causes = {"The plug-in failed after the certificate was issued.", "The certificate registration point is down."},
     .fixes = {"Read NDESPlugin.log and CertificateRegistrationPoint_*.svclog at this time.",
               "Look into the CertificateRequestStatus folders Failed and Processing of the connector; restart its service."},
     .confirm = {"NDESPlugin.log has no 'Calling Notify' at this time."},
     .reference = "Microsoft: Troubleshoot reporting of SCEP certificates in Intune"},

    {.id = "policy-notify-fail",
     .title = "The policy module could not report the issued certificate",
     .meaning = "Notify of the NDES plug-in got {status}. The device has its certificate, but Intune will not show it.",
     .causes = {"The certificate registration point fails.", "The connector cannot write its status folder."},
     .fixes = {"Read CertificateRegistrationPoint_*.svclog at this time.",
               "Look into the CertificateRequestStatus folders Failed and Processing of the connector."},
     .confirm = {"NDESPlugin.log: Notify does not end with 0x0.", "Connector log: events 20602, 4009 or 4010."},
     .reference = "Microsoft: Troubleshoot reporting of SCEP certificates in Intune"},

    {.id = "policy-slow",
     .title = "The policy module's verification is slow",
     .meaning = "VerifyRequest took {waited_s} seconds; about one second is usual. The device waits for it.",
     .causes = {"Revocation checks wait for a CRL or OCSP server that does not answer (15 seconds each).",
                "Slow name resolution.", "The pool had to start: the first call after a pause."},
     .fixes = {"certutil -urlfetch -verify on the plug-in's and the connector's certificates must be quick for every URL.",
               "Application Pools > Microsoft Intune CRP service Pool > Advanced Settings: Idle Time-out 0, Start Mode "
               "AlwaysRunning."},
     .confirm = {"IIS log: time-taken of POST /CertificateRegistrationSvc/Certificate/VerifyRequest."},
     .reference = REFERENCE},

    {.id = "policy-ok",
     .title = "The policy module accepted the challenge",
     .meaning = "VerifyRequest got {status} after {waited_s} seconds.",
     .causes = {"Healthy: Intune's challenge fits the request."},
     .fixes = {"Nothing to do."},
     .confirm = {"NDESPlugin.log: Verify challenge returns true; Exiting VerifyRequest with 0x0."},
     .reference = REFERENCE},

    {.id = "policy-notify-ok",
     .title = "The policy module reported the issued certificate",
     .meaning = "Notify got {status}.",
     .causes = {"Healthy: the connector will upload the result to Intune."},
     .fixes = {"Nothing to do."},
     .confirm = {"NDESPlugin.log: Exiting Notify with 0x0."},
     .reference = "Microsoft: Troubleshoot reporting of SCEP certificates in Intune"},
};
const size_t scs_num_en_policy = sizeof scs_en_policy / sizeof scs_en_policy[0];
