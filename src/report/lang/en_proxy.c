/* SPDX-License-Identifier: Apache-2.0 */
/* English: gateways and filters in front of NDES. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_proxy[] = {
    {.id = "proxy-preauth",
     .title = "The application proxy wants a login before it lets SCEP through",
     .meaning =
         "The {operation} from {client} got {status} and a Microsoft sign-in page in place of NDES. It is sent to {location}. A "
         "device that asks for a certificate cannot sign in.",
     .causes = {"Pre-authentication of the published application is Microsoft Entra ID instead of Passthrough."},
     .fixes = {"Microsoft Entra admin center > Enterprise applications > the NDES application > Application proxy > Pre "
               "Authentication: "
               "Passthrough, Save."},
     .confirm = {"The IIS log on NDES has no line for this request."},
     .reference = "Microsoft: Integrate with Microsoft Entra application proxy on an NDES server"},

    {.id = "proxy-forbidden",
     .title = "The application proxy refuses the device",
     .meaning =
         "The {operation} from {client} got {status}, and the page comes from Entra application proxy. The page says: {page}.",
     .causes = {"Pre-authentication is on and no user, or a user who is not assigned, is behind the request.",
                "User assignment is required for the application."},
     .fixes = {"Microsoft Entra admin center > Enterprise applications > the NDES application > Application proxy > Pre "
               "Authentication: "
               "Passthrough.",
               "The same application > Properties > Assignment required: No."},
     .confirm = {"Entra sign-in log of the application; the IIS log on NDES has no line for this request."},
     .reference = "Microsoft: Troubleshoot Application Proxy problems and error messages"},

    {.id = "http-504-gateway",
     .title = "Entra application proxy cannot reach its connector (GatewayTimeout)",
     .meaning =
         "The {operation} from {client} to {host} got {status} from the application proxy's cloud side. The page says: {page}.",
     .causes = {"The service Microsoft Entra private network connector (Azure AD Application Proxy Connector) is stopped.",
                "Outbound TCP 443 from the connector's host is blocked.", "NDES did not answer within the back-end time-out."},
     .fixes = {"On the connector's host: Get-Service WAPCSvc, WAPCUpdaterSvc | Start-Service; set both to start automatically.",
               "Allow outbound 443 to *.msappproxy.net and *.servicebus.windows.net, without TLS inspection.",
               "Open the internal URL in a browser on the connector's host: it must answer at once with 403."},
     .confirm = {"Event Viewer > Applications and Services Logs > Microsoft > AadApplicationProxy > Connector > Admin.",
                 "The IIS log on NDES has no line for this request."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "proxy-504",
     .title = "A gateway in front of NDES waited too long for its answer",
     .meaning = "The {operation} from {client} got {status}. The answer came from {server_header}. It took {waited_s} seconds.",
     .causes = {"NDES is slow: the CA, the policy module, or revocation checks hold it up.",
                "The gateway's time-out is shorter than NDES needs.",
                "Entra application proxy closes after 85 seconds (180 with Long)."},
     .fixes = {"Entra: the application > Application proxy > Backend Application Timeout: Long.",
               "Other gateways: raise the read time-out for /certsrv/mscep (nginx: proxy_read_timeout 180s;).",
               "Find what makes NDES slow: time-taken in its IIS log, certutil -urlfetch -verify on its certificates, the CA's "
               "response."},
     .confirm = {"IIS log on NDES: is the request there, and with what time-taken?", "The gateway's log at this time."},
     .reference = "Microsoft: Add an on-premises application for remote access through application proxy"},

    {.id = "proxy-502",
     .title = "A gateway in front of NDES cannot talk to it",
     .meaning = "The {operation} from {client} got {status}. The answer came from {server_header}. The page says: {page}.",
     .causes = {"NDES or its web site is down.", "The internal URL is wrong, or its name is not resolved on the gateway.",
                "The gateway does not trust NDES's TLS certificate, or the name in it differs."},
     .fixes = {"Open the internal NDES URL on the gateway's host: name, port 443, certificate, 403 as answer.",
               "Entra: the application > Application proxy > Internal Url must be the name in NDES's certificate.",
               "PowerShell on the gateway's host: Test-NetConnection NDES -Port 443"},
     .confirm = {"The gateway's log; Entra: AadApplicationProxy > Connector > Admin, event 12020 or 13006."},
     .reference = "Microsoft: This corporate app can't be accessed (bad gateway, gateway time-out)"},

    {.id = "proxy-waf-block",
     .title = "A web application firewall blocks the PKIOperation",
     .meaning =
         "The PKIOperation from {client} got {status} with the page of a filter, while GetCACaps or GetCACert pass. The answer "
         "came from {server_header}. The page says: {page}.",
     .causes = {"A rule takes the base64 of the message for an attack (--, /*, length).",
                "A rule denies .dll or .exe in the path."},
     .fixes = {"Exempt /certsrv/mscep/* from the filter's inspection of query string and body.",
               "Give the filter's administrator the request id on the page in the frames named here."},
     .confirm = {"The filter's log under its request id; the IIS log on NDES has no line for this request."},
     .reference = "RFC 8894 4.1"},

    {.id = "proxy-captive",
     .title = "A log-in portal of the network answers in place of NDES",
     .meaning = "The {operation} from {client} got {status} from a portal. It leads to {location}. The page says: {page}.",
     .causes = {"The device is in a guest network that wants a log-in or a consent first.",
                "The device was moved to a quarantine network."},
     .fixes = {"Log in to the network, or use another one, and sync the device again.",
               "Let the NDES address through before log-in (walled garden, pre-authentication list)."},
     .confirm = {"The IIS log on NDES has no line for this request."},
     .reference = "RFC 8910; RFC 6585 6"},

    {.id = "proxy-truncate",
     .title = "A proxy cuts the URL of the request",
     .meaning =
         "{client} sent a URL of {target_length} bytes. What the proxy passed on to {server} has {inner_target_length}, and "
         "the message in it is cut.",
     .causes = {"The proxy's limit for URLs or query strings is shorter than the message."},
     .fixes = {"Raise the proxy's limit for URLs to 65,534 bytes (nginx: large_client_header_buffers 4 64k; a buffer of the "
               "application).",
               "Let clients send by POST: GetCACaps must list POSTPKIOperation."},
     .confirm = {"The proxy's log and the IIS log: the same request with different lengths of cs-uri-query.",
                 "Application log: NetworkDeviceEnrollmentService 16 or 17."},
     .reference = "RFC 8894 4.1"},

    {.id = "proxy-reencode",
     .title = "A proxy encodes the message in the URL anew and damages it",
     .meaning =
         "The message from {client} was whole before the proxy. What it passed on to {server} has spaces or double escapes "
         "in its base64.",
     .causes = {"The proxy or filter decodes the query and writes it again, so + becomes a space or %2B becomes %252B."},
     .fixes = {"Pass the query through unchanged (nginx: proxy_pass without a URI part; IIS ARR: no rewriting of the query).",
               "Let clients send by POST: GetCACaps must list POSTPKIOperation."},
     .confirm = {"IIS log: cs-uri-query has %252B, or spaces, where the device sent %2B.", "IIS log: 404 11."},
     .reference = "RFC 3986 2.1; RFC 8894 4.1"},

    {.id = "proxy-wap-longuri",
     .title = "A proxy never answers the long URL",
     .meaning = "The {method} from {client} has a URL of {target_length} bytes and got no answer, while shorter ones are served "
                "through the same proxy.",
     .causes = {"Web Application Proxy of Windows Server 2012 R2 without KB3011135 hangs on URLs over about 5,100 bytes.",
                "Another proxy drops requests over its limit."},
     .fixes = {"Install KB3011135 (or the update that replaces it) on the Web Application Proxy.",
               "Let clients send by POST: GetCACaps must list POSTPKIOperation."},
     .confirm = {"The IIS log on NDES has no line for this request."},
     .reference = "Microsoft KB3011135"},

    {.id = "proxy-cache",
     .title = "A cache gives out old RA certificates",
     .meaning =
         "The GetCACert answer for {client} came from a cache ({cache}). Its RA encryption certificate {kept_serial} is older "
         "than {current_serial}, which the server itself sent before. Requests encrypted to it fail.",
     .causes = {"A CDN, proxy or load balancer keeps GetCACert answers."},
     .fixes = {"Switch caching off for /certsrv/mscep/*, and empty the cache now.",
               "IIS Manager > mscep > HTTP Response Headers: add Cache-Control: no-store."},
     .confirm = {"IIS log on NDES: fewer GetCACert than devices ask for.", "Application log: NetworkDeviceEnrollmentService 18."},
     .reference = "RFC 9111 5.1; RFC 8894 4.2"},

    {.id = "proxy-hides-client",
     .title = "A proxy or connector stands in front of NDES and hides the devices' addresses",
     .meaning =
         "{devices} different clients came from {addresses} addresses. The forwarding header says {forwarded}. Devices are told "
         "apart here by User-Agent, transaction and key, not by address.",
     .causes = {"Entra application proxy, a reverse proxy or a load balancer forwards the devices' requests."},
     .fixes = {"Nothing to repair. To see devices, capture in front of the proxy, or log X-Forwarded-For in IIS."},
     .confirm = {"IIS log: c-ip is always the proxy's."},
     .reference = "Microsoft: Integrate with Microsoft Entra application proxy on an NDES server"},
};
const size_t scs_num_en_proxy = sizeof scs_en_proxy / sizeof scs_en_proxy[0];
