/* SPDX-License-Identifier: Apache-2.0 */
/* English: handshakes that failed, the certificates in them, and the connector's way to Intune. */
#include "report/lang/lang.h"

#define BINDING                                                                                                                  \
    "IIS Manager > Sites > Default Web Site > Bindings > https 443 > Edit: choose the certificate; then netsh http show "        \
    "sslcert "                                                                                                                   \
    "must list its thumbprint for 0.0.0.0:443 (or for the host name, when SNI is required)."
#define PLUGIN_CERTIFICATE                                                                                                       \
    "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP, key Modules\\NDESPolicy, NDESCertThumbprint, must be the thumbprint of a "  \
    "certificate in certlm.msc > Personal."
#define RECONFIGURE                                                                                                              \
    "Run the configuration of the Certificate Connector for Microsoft Intune again with it, then restart its services and "      \
    "iisreset."
#define NAMES_OF_BOTH                                                                                                            \
    "Issue the web server certificate with the external and the internal name of the server as DNS names, and bind it."
#define POLICY_HOP             "The server called itself here, which is what the NDES {hop} does. "
#define PLUGIN_TROUBLESHOOTING "Microsoft: Troubleshoot NDES policy module for SCEP certificate profiles"
#define DEVICE_TROUBLESHOOTING "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"

const struct scs_finding_text scs_en_tls[] = {
    {.id = "tls-no-serverhello",
     .title = "The server does not answer the TLS ClientHello",
     .meaning = "{client} began TLS with {server}; the server {how} and sent no alert. " POLICY_HOP
                "The client asked for {sni}. The reset has TTL {rst_ttl} and the server's own packets have {usual_ttl}, so "
                "another device on the way may have sent it.",
     .causes = {"No certificate is bound to the port, or the bound one has no usable private key.",
                "The binding requires SNI and this name has none.",
                "The client offers only versions or ciphers that Schannel has switched off: Windows then just resets.",
                "A firewall or inspection device cuts the connection because of the name."},
     .fixes = {"netsh http show sslcert must list the port with a certificate hash that is in certlm.msc > Personal.", BINDING,
               "certutil -repairstore my THUMBPRINT, when certlm.msc shows the certificate without its key.",
               "Ask the firewall's log for this connection; let traffic to this server pass without inspection."},
     .confirm = {"System log, Schannel 36874 (no common cipher), 36888 (alert sent), 36870 (private key not accessible).",
                 "System log, HttpEvent 15021: the SSL certificate settings of the endpoint are wrong.",
                 "NDESPlugin.log or the device: WinHTTP error 12030 or 12157."},
     .reference = "RFC 8446 4.1; Microsoft: Schannel events"},

    {.id = "tls-version",
     .title = "Client and server have no TLS version in common",
     .meaning = "{client} offered at most {client_highest} to {server}, and nothing older than {client_lowest}. The server chose "
                "{version}. The {by} ended it with alert {alert} ({alert_name}). " POLICY_HOP
                "Windows devices enrol by SCEP with TLS 1.2 at most.",
     .causes = {"A gateway, load balancer or hardened server accepts TLS 1.3 only, or no longer TLS 1.0 and 1.1.",
                "The device is old, or its policy allows one version only.", "TLS 1.2 is switched off on the server."},
     .fixes =
         {"Registry, under HKLM\\SYSTEM\\CurrentControlSet\\Control: the key "
          "SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Server holds Enabled = 1 and DisabledByDefault = 0 (DWORD), or does "
          "not exist; then restart the server.",
          "On Windows Server 2022 and later: the binding's option 'Disable Legacy TLS' must be off if old clients must work.",
          "At the gateway or load balancer: allow TLS 1.2 on the listener.",
          "Update clients that stop at TLS 1.0 or 1.1, rather than allow these."},
     .confirm = {"System log, Schannel 36874 or 36871; 36887 or 36888 with alert 70.",
                 "Windows device: DeviceManagement-Enterprise-Diagnostics-Provider event 32 with 0x80072F8F."},
     .reference = "RFC 8446 4.2.1; Microsoft: TLS registry settings"},

    {.id = "tls-cipher",
     .title = "Client and server have no cipher in common",
     .meaning = "{server} answered the ClientHello of {client} with alert {alert} ({alert_name}): nothing in the offer suits "
                "it, be it cipher, group or signature. " POLICY_HOP "The client offered up to {client_highest}.",
     .causes = {"The server's cipher list was cut down further than its clients allow.",
                "The bound certificate has a key (ECDSA, or RSA) that the client's ciphers do not fit.",
                "The certificate's private key cannot be used, or has a legacy provider.",
                "The client offers only suites of another version."},
     .fixes = {"Get-TlsCipherSuite | Format-Table Name must list TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 and _256_GCM_SHA384; "
               "Enable-TlsCipherSuite adds one.",
               "gpedit.msc > Computer Configuration > Administrative Templates > Network > SSL Configuration Settings > SSL "
               "Cipher Suite Order.",
               BINDING, "Use an RSA certificate of 2,048 bits for the https binding: every SCEP client takes it."},
     .confirm = {"System log, Schannel 36874: none of the cipher suites of the client application are supported.",
                 "System log, Schannel 36888 with alert 40."},
     .reference = "RFC 5246 7.2.2; Microsoft: Cipher Suites in TLS/SSL (Schannel SSP)"},

    {.id = "tls-alert-client-certunknown",
     .title = "The client does not trust the server's certificate",
     .meaning = "{client} ended the handshake with {server} by alert {alert} ({alert_name}). " POLICY_HOP
                "The server's certificate is '{certificate}', issued by '{issuer}'. The server sent {certificates} certificates.",
     .causes = {"The root of the certificate is not on the device: a private CA without a trusted certificate profile.",
                "An intermediate CA certificate is missing in what the server sends.",
                "A device in between shows its own certificate (TLS inspection).",
                "The device refuses the certificate for its purpose, its key or the length of its validity (Apple: 825 days)."},
     .fixes = {"Intune: assign the trusted certificate profile with the root to the same group as the SCEP profile.",
               "certlm.msc > Intermediate Certification Authorities > Certificates: import the issuing CA, then iisreset.",
               "Or bind a certificate of a public CA to the https binding (or to the gateway in front).",
               "From a device's network: certutil -urlfetch -verify on the certificate the browser shows for the SCEP URL."},
     .confirm = {"System log of the server: Schannel 36887, fatal alert {alert}.",
                 "Windows device: WinHTTP 12175 (0x80072F8F) or 12045; iOS console: trust evaluation failed."},
     .reference = "RFC 8446 6.2; RFC 5246 7.2.2"},

    {.id = "tls-name-mismatch",
     .title = "The server's certificate is for another name",
     .meaning =
         "{client} asked {server} for {sni} and got the certificate '{certificate}' with the names {names}. It left without a "
         "request. "
         "The server called itself here, as the NDES {hop} does, whose NDESPlugin.log then shows error 12175. The client said "
         "alert {alert} ({alert_name}).",
     .causes = {"The certificate has only the external name, while the policy module calls the server by its internal one.",
                "The certificate has only the internal name, while devices use the external one.",
                "Another certificate is bound to the port than the one meant.",
                "The name stands in the subject's CN only; it must be a DNS name in the subject alternative name."},
     .fixes = {NAMES_OF_BOTH, BINDING,
               "On the server: Test-NetConnection and a browser to https://FQDN/certsrv/mscep/mscep.dll must show no warning."},
     .confirm =
         {"NDESPlugin.log: Failed to send http request /CertificateRegistrationSvc/Certificate/VerifyRequest. Error 12175, "
          "WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID.",
          "Windows device: WinHTTP 12038 or 12175 (0x80072F8F)."},
     .reference = "RFC 6125 6.4; " PLUGIN_TROUBLESHOOTING},

    {.id = "tls-servercert-expired",
     .title = "The server's certificate has expired",
     .meaning = "The certificate '{certificate}' of {server} was valid until {not_after}, {days} days before this handshake. "
                "{client} ended it with alert {alert} ({alert_name}). All certificates the server sent were {in_date} by the "
                "capture's clock, so look at the device's clock too. " POLICY_HOP,
     .causes = {"The certificate was renewed, but the binding still uses the old one.", "The certificate was not renewed.",
                "An intermediate CA certificate that the server sends has expired.",
                "The device's clock is wrong, when its alert is the only sign."},
     .fixes = {"certlm.msc > Personal: renew the web server certificate, or enrol a new one.", BINDING,
               "Delete expired intermediates in certlm.msc > Intermediate Certification Authorities, then iisreset.",
               "Gateway or load balancer in front: install the new certificate there."},
     .confirm = {"System log: Schannel 36887, fatal alert 45.", "Windows device: WinHTTP 12037 or 12175 (0x80072F8F)."},
     .reference = "RFC 5280 4.1.2.5"},

    {.id = "tls-servercert-notyet",
     .title = "The server's certificate is not valid yet, for the client at least",
     .meaning = "The certificate '{certificate}' of {server} is valid from {not_before}. {client} ended the handshake with alert "
                "{alert} ({alert_name}). " POLICY_HOP "A device whose clock is slow refuses a certificate as new as this.",
     .causes = {"The device's clock is slow, as during the first start of Windows.", "The clock of the CA is ahead.",
                "The certificate was issued moments ago."},
     .fixes = {"w32tm /query /status on server and CA; w32tm /resync.",
               "On the device: check date, time and time zone; let it reach time.windows.com by UDP 123.",
               "Bind a certificate that is at least a day old."},
     .confirm = {"Windows device: WinHTTP 12037 or 12175 (0x80072F8F)."},
     .reference = "RFC 5280 4.1.2.5"},

    {.id = "tls-chain-incomplete",
     .title = "The server does not send its intermediate CA certificate",
     .meaning =
         "{server} sent nothing but its own certificate '{certificate}', issued by '{issuer}'; {client} answered with alert "
         "{alert} ({alert_name}). A client that does not know this issuer already cannot build the chain. " POLICY_HOP,
     .causes = {"The issuing CA's certificate is not in the server's store of intermediate CAs.",
                "A gateway or load balancer in front was given the certificate without its chain.",
                "The issuer is itself the root, and the device does not have it."},
     .fixes = {"certlm.msc > Intermediate Certification Authorities > Certificates: import the issuing CA's certificate, then "
               "iisreset.",
               "Gateway or load balancer: install the certificate together with its chain.",
               "Intune: assign trusted certificate profiles with root and issuing CA to the same group as the SCEP profile."},
     .confirm = {"System log of the server: Schannel 36887, fatal alert 48.",
                 "openssl s_client -connect NDES-NAME:443 -showcerts lists one certificate only."},
     .reference = "RFC 5246 7.4.2; RFC 8446 4.4.2"},

    {.id = "tls-clientcert-absent",
     .title = "No client certificate was presented",
     .meaning = "{server} asked {client} for a certificate and got none. {operation} was then refused with {status}. The server "
                "ended it with alert {alert} ({alert_name}). "
                "The server called itself here: without a certificate the NDES {hop} can check no device's challenge.",
     .causes = {"The certificate that the thumbprint names is gone, or has no private key.",
                "The account of the application pool may not read its private key.",
                "The certificate's issuer is not among those the server accepts, or it lacks Client Authentication.",
                "The thumbprint was entered with blanks."},
     .fixes = {PLUGIN_CERTIFICATE,
               "certlm.msc > the certificate > All Tasks > Manage Private Keys: Read for the account of the pool SCEP.",
               "Issue a certificate with Client Authentication. " RECONFIGURE},
     .confirm = {"IIS log: POST /CertificateRegistrationSvc with 403, sc-substatus 7.",
                 "NDESPlugin.log: error 12044, 12185 or 12186."},
     .reference = PLUGIN_TROUBLESHOOTING},

    {.id = "tls-clientcert-eku",
     .title = "The client certificate lacks the Client Authentication purpose",
     .meaning = "{client} presented '{subject}' to {server}; its extended key usages do not include Client Authentication "
                "(1.3.6.1.5.5.7.3.2). {operation} was refused with {status}. The server ended it with alert {alert} "
                "({alert_name}). " POLICY_HOP,
     .causes = {"The certificate was issued from a template for web servers.",
                "A certificate with Server Authentication only was chosen when the connector was configured."},
     .fixes =
         {"Issue a certificate with Client Authentication (and Server Authentication, if one is to serve both). " RECONFIGURE,
          PLUGIN_CERTIFICATE},
     .confirm = {"IIS log: POST /CertificateRegistrationSvc by NDES_Plugin with 403.",
                 "certutil -store my THUMBPRINT shows the purposes."},
     .reference = PLUGIN_TROUBLESHOOTING},

    {.id = "tls-clientcert-expired",
     .title = "The client certificate has expired",
     .meaning = "{client} presented '{subject}' to {server}, valid until {not_after}, {days} days before this handshake. "
                "{operation} was refused with {status}. The server ended it with alert {alert} ({alert_name}). " POLICY_HOP,
     .causes = {"The policy module's certificate was not renewed.", "It was renewed, but the thumbprint names the old one."},
     .fixes = {"certlm.msc > Personal: issue a new certificate with Client Authentication. " RECONFIGURE, PLUGIN_CERTIFICATE},
     .confirm = {"IIS log: POST /CertificateRegistrationSvc with 403, sc-substatus 17.",
                 "NDESPlugin.log ends at 'Sending request to certificate registration point'."},
     .reference = DEVICE_TROUBLESHOOTING},

    {.id = "tls-clientcert-revoked",
     .title = "The client certificate counts as revoked",
     .meaning = "{server} ended the handshake of {client} with alert {alert} ({alert_name}). The client had presented "
                "'{subject}'. " POLICY_HOP,
     .causes = {"The certificate was revoked.", "The server could not check its revocation and takes that for the worst."},
     .fixes = {"certutil -f -urlfetch -verify CERT.cer, as Local System on the server, must reach every CRL without an error.",
               "Issue a new certificate with Client Authentication. " RECONFIGURE},
     .confirm = {"System log: Schannel 36888 with alert 44.", "CAPI2 operational log: event 41 or 53 with the CRL's URL.",
                 "IIS log: 403 with sc-substatus 13."},
     .reference = "RFC 5246 7.2.2; Microsoft: HTTP status codes in IIS"},

    {.id = "tls-reneg-13",
     .title = "TLS 1.3 leaves the server no way to ask for the client certificate",
     .meaning = "Over TLS 1.3 {client} sent its request to {server}, and the server {how}. " POLICY_HOP
                "IIS wants a client certificate for one application only, reads the URL first and then needs a new handshake, "
                "which TLS 1.3 does not have.",
     .causes = {"The https binding does not negotiate client certificates at the beginning (Windows Server 2022 and later)."},
     .fixes = {"IIS Manager > Sites > Default Web Site > Bindings > https 443 > Edit: tick 'Disable TLS 1.3 over TCP'.",
               "Or delete and add the binding with netsh http add sslcert ... clientcertnegotiation=enable: the server then asks "
               "every client.",
               "netsh http show sslcert shows 'Negotiate Client Certificate'."},
     .confirm = {"IIS log: 500 with sc-win32-status 50 (0x80070032) on Windows Server 2025.",
                 "NDESPlugin.log: error 12030 or 12152."},
     .reference = "RFC 8446 4.6.2; Microsoft: TLS 1.3 and client certificates in IIS"},

    {.id = "tls-reneg",
     .title = "The server asked for another handshake inside the connection",
     .meaning =
         "On the connection of {client} to {server} ({version}) a handshake followed application data: IIS has read the URL "
         "and asks for a client certificate. " POLICY_HOP "That is usual for the policy module's calls.",
     .causes = {"The application is set to accept or require client certificates, the binding is not."},
     .fixes = {"Nothing to repair while it works. If it takes seconds, see the application's SSL Settings in IIS Manager."},
     .confirm = {"HTTPERR log: Timer_SslRenegotiation, if the client did not follow within two minutes."},
     .reference = "RFC 5746"},

    {.id = "tls-inspection",
     .title = "A device in between opens the TLS connection",
     .meaning = "{client} asked {server} for {sni} and was shown a certificate issued by '{issuer}'. That is a name that "
                "inspection products ({product}) use, or none that this service's certificates come from. " POLICY_HOP
                "Connectors and devices that expect the real certificate fail, or lose the client certificate on the way.",
     .causes = {"A firewall or proxy inspects outgoing TLS.", "Security software on the machine does.",
                "A debugging proxy was left running."},
     .fixes = {"Exempt *.manage.microsoft.com, *.dm.microsoft.com, *.msappproxy.net, *.servicebus.windows.net and the NDES host "
               "from inspection.",
               "netsh winhttp show proxy: services use this proxy, not the one of a user.",
               "Compare the thumbprint the client sees with the one in netsh http show sslcert on the server."},
     .confirm = {"The product's log shows the connection as decrypted.",
                 "Event Viewer > Microsoft > Intune > CertificateConnectors > Admin: trust failures."},
     .reference = "Microsoft: Network endpoints for Microsoft Intune"},

    {.id = "tls-plain-on-443",
     .title = "Plain HTTP where the other side expects TLS",
     .meaning = "On port {port} of {server} the {by} spoke plain HTTP. {client} sent a TLS ClientHello and got {server_plain} in "
                "clear text. The client sent {client_plain} without TLS to a server that wants TLS.",
     .causes = {"The port is bound as http instead of https.", "The URL in the profile begins with http:// but names port 443.",
                "A proxy or load balancer in front forwards TLS to a plain port, or the reverse."},
     .fixes = {BINDING, "Intune > the SCEP profile > SCEP Server URLs: https:// without a port, or http:// with port 80.",
               "Load balancer: TLS ends either there or at the server; set the pool's port to match."},
     .confirm = {"HTTPERR log: BadRequest.", "Windows device: WinHTTP 12175 or 12157."},
     .reference = "RFC 9110 4.2.2"},

    {.id = "tls-alert-other",
     .title = "The TLS handshake ended with an alert",
     .meaning = "On the connection of {client} to {server} the {by} sent alert {alert} ({alert_name}). " POLICY_HOP
                "The client had asked for {sni}.",
     .causes =
         {"internal_error (80): the server's private key cannot be read, or Schannel failed.",
          "unrecognized_name (112): no binding for the name asked for.",
          "bad_record_mac, decrypt_error, decode_error, illegal_parameter: bytes changed on the way, or a faulty "
          "implementation.",
          "bad_certificate, unsupported_certificate, unknown_ca from the server: it does not accept the client's certificate.",
          "inappropriate_fallback (86): the client tried an older version after a failure."},
     .fixes = {"System log, source Schannel: the event of the same second names the alert and often the reason.", BINDING,
               "certlm.msc > the certificate > All Tasks > Manage Private Keys must list SYSTEM and Administrators with Full "
               "control."},
     .confirm = {"System log: Schannel 36887 (received) or 36888 (sent) with alert {alert}."},
     .reference = "RFC 8446 6.2; RFC 5246 7.2.2"},

    {.id = "tls-close-early",
     .title = "The client left right after it had seen the server's certificate",
     .meaning = "{client} made a TLS handshake with {server} and closed without a request. Most clients do so when they do not "
                "accept the certificate, and say no alert that could be read. The certificate was '{certificate}', issued by "
                "'{issuer}'. The server sent {certificates} certificates. " POLICY_HOP,
     .causes = {"The root or an intermediate of the server's certificate is not on the device.",
                "The name in the certificate is not the one in the SCEP URL.", "The device could not check its revocation.",
                "A monitor or port check made the connection."},
     .fixes = {"From a device's network open the SCEP URL in a browser: name, dates and chain must be accepted.",
               "Intune: assign the trusted certificate profile with the root to the same group as the SCEP profile.",
               "certlm.msc > Intermediate Certification Authorities: the issuing CA must be there, so that it is sent."},
     .confirm = {"Windows device: WinHTTP 12175 (0x80072F8F); iOS console: trust evaluation failed.",
                 "IIS and HTTPERR logs have no line of it."},
     .reference = "RFC 8446 6; " DEVICE_TROUBLESHOOTING},

    {.id = "conn-intune-blocked",
     .title = "The way to Intune's service is blocked",
     .meaning =
         "{client} tried to reach {sni} at {server} and did not come through: TLS was not established. The other side {how}. "
         "The {by} sent alert {alert} ({alert_name}). The client {left} it without sending anything. A connector that "
         "cannot reach Intune gets no signing certificate, checks no challenge and reports nothing.",
     .causes = {"A firewall or proxy blocks the name.", "TLS inspection shows a certificate that the connector does not accept.",
                "The connector's service has no proxy set."},
     .fixes =
         {"Let the connector's host reach *.manage.microsoft.com, *.dm.microsoft.com and login.microsoftonline.com by TCP 443 "
          "without inspection.",
          "netsh winhttp set proxy HOST:PORT, or the proxy page of the connector's configuration.",
          "On the host: Test-NetConnection manage.microsoft.com -Port 443; then restart the connector's services; Get-Service "
          "-DisplayName *Intune* lists them."},
     .confirm = {"Event Viewer > Microsoft > Intune > CertificateConnectors > Admin.",
                 "CertificateRegistrationPoint svclog: Signing certificate could not be retrieved."},
     .reference = "Microsoft: Network endpoints for Microsoft Intune"},
};
const size_t scs_num_en_tls = sizeof scs_en_tls / sizeof scs_en_tls[0];
