/* SPDX-License-Identifier: Apache-2.0 */
/* English: HTTP statuses about access, NDES itself and its application pool. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_status[] = {
    {.id = "http-431",
     .title = "The request headers are too large for the server",
     .meaning =
         "The {operation} from {client} got {status}; request line and headers have {head_length} bytes. The answer came from "
         "{server_header}.",
     .causes = {"A proxy adds large headers or cookies.", "The message travels in the URL and the proxy counts it as a header."},
     .fixes = {"Raise the header limit at the proxy, or remove the headers it adds for /certsrv/mscep.",
               "Let the client use POST."},
     .confirm = {"The proxy's log; IIS log: sc-status 431 or 404 with sc-substatus 10."},
     .reference = "RFC 6585 5"},

    {.id = "http-401-mscep",
     .title = "The SCEP application asks for a login",
     .meaning =
         "The {operation} from {client} got {status}. The server offers {www_authenticate}, and SCEP clients cannot log on.",
     .causes = {"Anonymous authentication is off on CertSrv/mscep, by hand or inherited.",
                "The profile points to mscep_admin, which is for administrators."},
     .fixes = {"IIS Manager > Default Web Site > CertSrv > mscep > Authentication: Anonymous Authentication enabled, Windows "
               "Authentication disabled.",
               "appcmd.exe set config \"Default Web Site/CertSrv/mscep\" "
               "-section:system.webServer/security/authentication/anonymousAuthentication /enabled:true /commit:apphost",
               "Correct the SCEP URL in the profile."},
     .confirm = {"IIS log: sc-status 401, sc-substatus 2 or 3."},
     .reference = "Microsoft: HTTP status codes in IIS"},

    {.id = "http-401-admin",
     .title = "The login to the challenge page did not succeed",
     .meaning = "{client} asked for /certsrv/mscep_admin, got {status} and nothing better after it on that connection. The "
                "server offers "
                "{www_authenticate}.",
     .causes = {"A wrong account or password.", "NTLM on the server itself with another host name (loopback check).",
                "Kerberos: the service principal name is missing or on another account."},
     .fixes = {"Log on with an account that has Enroll on the NDES templates.",
               "From another computer, or add the name to HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\MSV1_0, "
               "BackConnectionHostNames (multi-string).",
               "setspn -L ACCOUNT must list HTTP/NAME for the account of the pool SCEP."},
     .confirm = {"IIS log: sc-status 401, sc-substatus 1 or 2.", "Security log: event 4625 with the reason."},
     .reference = "Microsoft: HTTP status codes in IIS; Network Device Enrollment Service guidance"},

    {.id = "http-403-operation",
     .title = "The server refuses the caller of a SCEP operation",
     .meaning =
         "The {operation} from {client} got {status}. A 403 is healthy only for the bare URL; this request names an operation. "
         "The page says: {page}. IIS's page names sub-status {substatus}.",
     .causes = {"SSL is required and the request came over HTTP (403.4).",
                "IP address and domain restrictions (403.6, 403.501 to 403.504).",
                "Client certificates are required on the SCEP application (403.7, 403.13, 403.16, 403.17).",
                "A firewall or proxy rule in front of NDES."},
     .fixes =
         {"IIS Manager > CertSrv > mscep > SSL Settings: Client certificates Ignore; Require SSL only if all devices use https.",
          "IIS Manager > Default Web Site > IP Address and Domain Restrictions: allow the devices' or proxy's addresses.",
          "If the answer is not IIS's: look at the rules of the proxy or firewall that wrote it."},
     .confirm = {"IIS log: sc-status 403 and its sc-substatus; no line means something in front of IIS answered."},
     .reference = "Microsoft: HTTP status codes in IIS"},

    {.id = "http-405-post",
     .title = "PKIOperation by POST is refused, although POST is offered",
     .meaning = "The POST from {client} got {status}. The answer came from {server_header}.",
     .causes = {"A proxy or web application firewall allows GET only.", "WebDAV or a verb filter in IIS takes POST away.",
                "The capabilities were answered by another node than the one that gets the POST."},
     .fixes = {"Allow POST to /certsrv/mscep/* at the proxy.",
               "IIS Manager > Default Web Site > Request Filtering > HTTP Verbs: no rule may deny POST.",
               "IIS Manager > CertSrv > mscep > Handler Mappings > ISAPI-dll > Request Restrictions > Verbs: All verbs."},
     .confirm = {"IIS log: POST with sc-status 405 or 404 sc-substatus 6; no line means the proxy answered."},
     .reference = "RFC 8894 4.1"},

    {.id = "http-408",
     .title = "The server gave up waiting for the whole request",
     .meaning = "{client} began a {operation} and got {status}: the request did not arrive in time.",
     .causes = {"Packets from the client were lost or slow on the way.", "The client stated more bytes than it sent."},
     .fixes = {"Look at the connection's retransmissions in this report.",
               "Check MTU and packet loss between device and server."},
     .confirm = {"HTTPERR log: Timer_ConnectionIdle, Timer_HeaderWait or Timer_EntityBody."},
     .reference = "RFC 9110 15.5.9"},

    {.id = "http-30x",
     .title = "The SCEP request is redirected, which most SCEP clients do not follow",
     .meaning =
         "The {operation} from {client} got {status}. It is sent to {location}. A POST that is followed becomes a GET without "
         "its message.",
     .causes = {"A redirect from http to https for the whole site.", "A login page or portal in front of NDES.",
                "Another host name or a slash that is added."},
     .fixes = {"Put the final URL into the SCEP profile.",
               "IIS Manager > HTTP Redirect or URL Rewrite: leave /certsrv/mscep out of the rule."},
     .confirm = {"IIS log: sc-status 301 or 302; no line means the proxy answered."},
     .reference = "RFC 9110 15.4"},

    {.id = "http-4xx-other",
     .title = "An unusual client error from something on the path",
     .meaning = "The {operation} from {client} got {status}. The answer came from {server_header}. The page says: {page}. "
                "It wrote: {answer_text}.",
     .causes = {"A proxy, firewall or web server rule that is not about SCEP.",
                "The client speaks in a way this server does not take."},
     .fixes = {"Read the page and the log of the server named here at this time.",
               "Send the same request from the NDES server itself: if it works there, the proxy is to blame."},
     .confirm = {"IIS log: the same status and its sc-substatus; no line means something in front of IIS answered."},
     .reference = "RFC 9110 15.5"},

    {.id = "http-502-arr",
     .title = "The IIS reverse proxy (ARR) got no usable answer from NDES",
     .meaning = "The {operation} from {client} got {status} from {server_header}. IIS's page names sub-status {substatus}.",
     .causes = {"NDES took longer than ARR's time-out (502.3).",
                "The back-end server is down or its TLS certificate is not accepted.", "Routing to the farm failed (502.4)."},
     .fixes =
         {"IIS Manager on the proxy > server > Application Request Routing Cache > Server Proxy Settings: raise Time-out to 180 "
          "seconds.",
          "Open the internal NDES URL in a browser on the proxy."},
     .confirm = {"The proxy's IIS log: sc-status 502, sc-substatus 3 or 4, sc-win32-status 12002 for a time-out.",
                 "NDES's IIS log: is the request there, and with what time-taken?"},
     .reference = "Microsoft: Troubleshoot 502 errors with Application Request Routing"},

    {.id = "http-500-impersonation",
     .title = "IIS_IUSRS lacks the right to impersonate a client",
     .meaning =
         "The {operation} from {client} got 500, and the error is 0x542 (1346): a needed impersonation level was not provided.",
     .causes =
         {"A hardening policy replaced the right 'Impersonate a client after authentication' and IIS_IUSRS is missing from it."},
     .fixes =
         {"secpol.msc or the group policy: Computer Configuration > Windows Settings > Security Settings > Local Policies > User "
          "Rights Assignment > Impersonate a client after authentication: add IIS_IUSRS, then restart the server."},
     .confirm = {"IIS log: 500 0 1346 (sc-win32-status 1346)."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "http-500-ndes",
     .title = "NDES answers with an internal error",
     .meaning = "The {operation} from {client} got {status}. It wrote: {answer_text}. "
                "The answer is from {other_server}, not from IIS: read that server's log first. "
                "Nothing in this capture shows NDES on {not_ndes}, so its own log has to say what it could not do.",
     .causes =
         {"IIS_IUSRS lacks 'Impersonate a client after authentication': likely here, because only {only_ca} fails (IIS log: 500 "
          "0 "
          "1346).",
          "The NDES service account is locked, or its password has expired.",
          "The MSCEP-RA certificates have expired, or belong to another or renewed CA.",
          "The service account has no Read permission on the RA private keys.",
          "The ISAPI handler stands in the wrong order (500.0 with 0x800700EA), or IIS_IUSRS lacks 'Impersonate a client after "
          "authentication' (IIS log: 500 0 1346).",
          "For a server that is not NDES: it could not read the message it was sent."},
     .fixes = {"Application log, source NetworkDeviceEnrollmentService: the event at this time (2, 7, 10) names the reason.",
               "Get-ADUser ACCOUNT -Properties LockedOut,PasswordExpired; Unlock-ADAccount ACCOUNT; set the password again in "
               "IIS Manager > "
               "Application Pools > SCEP > Advanced Settings > Identity.",
               "certlm.msc > Personal > Certificates: CEP Encryption and Exchange Enrollment Agent (Offline request) must be in "
               "date; renew "
               "both, exportable, in the computer store.",
               "certlm.msc > right-click each RA certificate > All Tasks > Manage Private Keys: Read for the service account, "
               "then iisreset.",
               "secpol.msc > Local Policies > User Rights Assignment > Impersonate a client after authentication: add IIS_IUSRS, "
               "restart."},
     .confirm = {"IIS log: sc-status 500 with sc-substatus and sc-win32-status.",
                 "Application log: NetworkDeviceEnrollmentService 2, 7 or 10; System log: WAS 5021, 5057."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "http-503-apppool",
     .title = "The application pool of NDES is stopped",
     .meaning =
         "HTTP.sys itself answered {status} to the {operation} from {client}: no worker process of the pool SCEP serves the "
         "request. After five crashes in five minutes IIS stops a pool.",
     .causes = {"Intermediate CA certificates in the Trusted Root store of the NDES server make the module crash.",
                "CRL or OCSP of the certificates cannot be reached.",
                "Windows Authentication is enabled on CertificateRegistrationSvc.",
                "The certificate of the policy module has expired.", "The password of the pool's account is wrong or expired."},
     .fixes =
         {"IIS Manager > Application Pools > SCEP > Start; or PowerShell: Start-WebAppPool -Name SCEP. It stops again until the "
          "cause is gone.",
          "Get-ChildItem Cert:\\LocalMachine\\Root -Recurse | Where-Object { $_.Issuer -ne $_.Subject } must list nothing; move "
          "what it lists to Cert:\\LocalMachine\\CA.",
          "certutil -verify -urlfetch on the server's and the plug-in's certificate must reach every CRL.",
          "IIS Manager > Default Web Site > CertificateRegistrationSvc > Authentication: Anonymous enabled, Windows disabled; "
          "then "
          "restart the server.",
          "IIS Manager > Application Pools > SCEP > Advanced Settings > Identity: set the account and its password again."},
     .confirm = {"Application log: event 1000, w3wp.exe, ntdll.dll, 0xC0000005.", "System log: WAS 5002, 5021, 5057 or 5059.",
                 "HTTPERR log: AppOffline or Disabled with the pool's name."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "http-503-other",
     .title = "The server, or something in front of it, could not serve the request",
     .meaning = "The {operation} from {client} got {status}. The answer came from {server_header}. It says to retry after "
                "{retry_after}.",
     .causes = {"503: the ASP.NET or HTTP.sys queue is full (503.3, QueueFull), or a limit on concurrent connections.",
                "A proxy or load balancer has no working server, or is in maintenance.", "503: the pool was being restarted.",
                "Another 5xx: the device in front does not take this method, HTTP version or size, or is in trouble itself."},
     .fixes = {"IIS Manager > Application Pools > SCEP > Advanced Settings: Queue Length; look at what makes requests slow.",
               "Check the health probe and the members of the load balancer, and its log at this time."},
     .confirm = {"IIS log: sc-status and sc-substatus; no line: something in front of IIS answered.",
                 "HTTPERR log: QueueFull or ConnLimit."},
     .reference = "Microsoft: HTTP status codes in IIS"},
};
const size_t scs_num_en_status = sizeof scs_en_status / sizeof scs_en_status[0];
