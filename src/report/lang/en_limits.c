/* SPDX-License-Identifier: Apache-2.0 */
/* English: requests that HTTP.sys or IIS's request filtering refused. */
#include "report/lang/lang.h"

/* The four places Intune's guide names, the same for every finding about length. */
#define RAISE_IIS                                                                                                                \
    "IIS Manager > Default Web Site > Request Filtering > Edit Feature Settings: set Maximum URL length and Maximum query "      \
    "string to 65534 bytes."
#define RAISE_IIS_COMMAND                                                                                                        \
    "Or: %windir%\\System32\\inetsrv\\appcmd.exe set config \"Default Web Site\" "                                               \
    "-section:system.webServer/security/requestFiltering -requestLimits.maxUrl:65534 -requestLimits.maxQueryString:65534"
#define RAISE_HTTPSYS                                                                                                            \
    "Registry, HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters: DWORD MaxFieldLength = 65534 and DWORD "             \
    "MaxRequestBytes = 65534, then restart the server."
#define PREFER_POST "Let the client send PKIOperation by POST: GetCACaps must list POSTPKIOperation and no proxy may take it out."

const struct scs_finding_text scs_en_limits[] = {
    {.id = "http-414",
     .title = "The request URL is too long for something in front of IIS",
     .meaning = "The {operation} from {client} has a request target of {target_length} bytes and was refused with {status}. "
                "The answer came from {server_header}. Queries up to {longest_ok} bytes got 200 here.",
     .causes = {"An Intune challenge makes the message about 11 KB long in base64, and the client sent it by GET.",
                "HTTP.sys limits (MaxFieldLength, MaxRequestBytes: 16,384 bytes by default).",
                "A reverse proxy, load balancer or firewall with a smaller limit, for example 8,192 bytes in nginx."},
     .fixes = {RAISE_HTTPSYS, RAISE_IIS, "Behind a proxy: raise its limit as well (nginx: large_client_header_buffers 4 64k;).",
               PREFER_POST},
     .confirm = {"HTTPERR log: reason URL_Length or FieldLength.", "The IIS log has no line for this request."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "http-400-fieldlen",
     .title = "HTTP.sys refused a header field that is too long",
     .meaning = "HTTP.sys answered 400 to the {operation} from {client}: one field (the request target of {target_length} bytes "
                "or a header) is longer than MaxFieldLength. The default is {limit_hint} bytes.",
     .causes = {"The Intune challenge makes the PKIOperation URL longer than MaxFieldLength.",
                "A proxy adds a large header or cookie."},
     .fixes = {RAISE_HTTPSYS, RAISE_IIS, PREFER_POST},
     .confirm = {"HTTPERR log (%SystemRoot%\\System32\\LogFiles\\HTTPERR): reason FieldLength."},
     .reference = "Microsoft: Http.sys registry settings for Windows"},

    {.id = "http-400-reqlen",
     .title = "HTTP.sys refused a request whose line and headers are too long",
     .meaning =
         "HTTP.sys answered 400 (Request Too Long) to the {operation} from {client}. Request line and headers have "
         "{head_length} bytes, the request target alone {target_length}. The default of MaxRequestBytes is {limit_hint} bytes.",
     .causes = {"The PKIOperation was sent by GET and carries a large Intune challenge.",
                "A proxy adds cookies or headers on top of a long URL."},
     .fixes = {RAISE_HTTPSYS, RAISE_IIS, PREFER_POST},
     .confirm = {"HTTPERR log (%SystemRoot%\\System32\\LogFiles\\HTTPERR): reason RequestLength.",
                 "The IIS log has no line for this request."},
     .reference = "Microsoft: Http.sys registry settings for Windows"},

    {.id = "http-400-url",
     .title = "HTTP.sys refused the URL as invalid",
     .meaning = "HTTP.sys answered 400 (Invalid URL) to the {operation} from {client}: the URL holds characters it does not "
                "allow, or a path segment over 260 characters.",
     .causes = {"A percent sign or control character that is not escaped.",
                "The message was put into the path instead of the query string.", "A proxy rewrites the URL."},
     .fixes = {"Correct the encoding at the client or proxy that builds the URL: the message must be percent-encoded base64.",
               "Correct the SCEP server URL in the profile: https://HOST/certsrv/mscep/mscep.dll"},
     .confirm = {"HTTPERR log: reason URL."},
     .reference = "Microsoft: Error logging in HTTP APIs"},

    {.id = "http-400-host",
     .title = "HTTP.sys has no site for the host name of the request",
     .meaning = "HTTP.sys answered 400 (Invalid Hostname): no binding of this server fits the Host header {host}.",
     .causes = {"A proxy or load balancer sends another Host header than the site's binding.",
                "The binding of the web site names one host only."},
     .fixes = {"IIS Manager > Default Web Site > Bindings: add the host name, or leave the host name empty.",
               "Or let the proxy send the host name the binding expects."},
     .confirm = {"HTTPERR log: reason Hostname."},
     .reference = "Microsoft: Error logging in HTTP APIs"},

    {.id = "http-400-malformed",
     .title = "HTTP.sys calls the request malformed",
     .meaning = "HTTP.sys answered 400 to the {operation} from {client} before IIS saw it. Its page says: {page}.",
     .causes = {"The client writes a request that is not correct HTTP.",
                "A proxy or filter damages the request line or a header."},
     .fixes = {"Compare the request in the frames named here with a working one; look at the proxy between."},
     .confirm = {"HTTPERR log: reason Header, Verb or Invalid_CR/LF."},
     .reference = "RFC 9112 3; Microsoft: Error logging in HTTP APIs"},

    {.id = "http-chunked-request",
     .title = "The client sends its request in chunks, which the server refuses",
     .meaning = "The {operation} from {client} uses Transfer-Encoding: chunked and got {status}.",
     .causes = {"The client does not state a Content-Length; the server or a filter in front of it requires one."},
     .fixes = {"Configure or update the client so that it sends Content-Length.",
               "Let the proxy buffer the request and send it on with its length."},
     .confirm = {"HTTPERR log: reason LengthRequired, or the IIS log line with the same status."},
     .reference = "RFC 9112 7.1"},

    {.id = "http-411",
     .title = "The server wants a Content-Length that the request does not have",
     .meaning = "The {operation} from {client} got {status} (Length Required).",
     .causes = {"The client sends a POST without Content-Length.", "A proxy changes the framing of the request."},
     .fixes = {"Configure or update the client so that it sends Content-Length."},
     .confirm = {"HTTPERR log: reason LengthRequired."},
     .reference = "RFC 9110 15.5.12"},

    {.id = "http-400-iis",
     .title = "The certificate registration point refuses the policy module's request as malformed",
     .meaning = "The {operation} call of the NDES plug-in got {status}. The answer says: {answer_text}.",
     .causes = {"Plug-in and connector are of different versions.", "Something rewrites the request on its way."},
     .fixes =
         {"Install the same, current version of the Certificate Connector for Microsoft Intune on this server, then iisreset.",
          "Exclude the server's own name from proxies: netsh winhttp show proxy"},
     .confirm = {"CertificateRegistrationPoint.svclog: an exception at this time.",
                 "IIS log: POST /CertificateRegistrationSvc, sc-status 400."},
     .reference = "Microsoft: Troubleshoot NDES policy module for SCEP certificate profiles"},

    {.id = "http-404-urllen",
     .title = "IIS refuses the URL as too long (404.14)",
     .meaning =
         "The {operation} from {client} got 404; its request target has {target_length} bytes and request filtering allows a "
         "URL of {limit_hint} bytes by default.",
     .causes = {"The message stands in the path instead of the query string.", "maxUrl of request filtering is at its default."},
     .fixes = {RAISE_IIS, RAISE_IIS_COMMAND, RAISE_HTTPSYS},
     .confirm = {"IIS log: sc-status 404, sc-substatus 14."},
     .reference = "Microsoft: HTTP status codes in IIS; IIS requestLimits"},

    {.id = "http-404-querylen",
     .title = "IIS refuses the PKIOperation because its query string is too long (404.15)",
     .meaning =
         "IIS answered {status} to a PKIOperation whose query has {query_length} bytes. Queries up to {longest_ok} bytes got 200 "
         "on this server. The default limit of request filtering is {limit_hint} bytes.",
     .causes = {"maxQueryString of IIS request filtering is lower than what an Intune enrolment by GET needs (about 11 KB)."},
     .fixes = {RAISE_IIS, RAISE_IIS_COMMAND, RAISE_HTTPSYS,
               "Test it: a long request to the SCEP URL must no longer give 404 (Validate-NDESUrl.ps1 of Microsoft does this).",
               PREFER_POST},
     .confirm = {"IIS log: sc-status 404, sc-substatus 15 (the query itself is replaced by ... there)."},
     .reference = "Microsoft: IIS requestLimits; HTTP status codes in IIS"},

    {.id = "http-404-doubleesc",
     .title = "IIS refuses a URL that is escaped twice (404.11)",
     .meaning =
         "The {operation} from {client} got 404, and its URL holds characters that are percent-encoded twice, such as %252B.",
     .causes = {"A proxy or web application firewall encodes a URL that is already encoded.", "A + stands in the path."},
     .fixes = {"Stop the second encoding at the proxy. Do not switch off IIS's double-escaping check first: the message would "
               "still be "
               "damaged.",
               "Compare the URL before and after the proxy: %2B must stay %2B."},
     .confirm = {"IIS log: sc-status 404, sc-substatus 11."},
     .reference = "Microsoft: HTTP status codes in IIS"},

    {.id = "http-404-filter",
     .title = "IIS hides this request with 404 although the service is there",
     .meaning =
         "The {method} {operation} from {client} got 404 while other SCEP requests to this server are served. The query has "
         "{query_length} bytes, so its length is not the reason. IIS's page names sub-status {substatus}.",
     .causes = {"Request filtering denies the extension .exe or .dll, a verb or a URL sequence (404.5 to 404.8, 404.18).",
                "The ISAPI restriction does not allow mscep.dll (404.2).",
                "The handler mapping of the mscep application was removed (404.3, 404.17)."},
     .fixes =
         {"IIS Manager > Default Web Site > Request Filtering: File Name Extensions, HTTP Verbs, URL: allow .dll and .exe, GET "
          "and POST.",
          "IIS Manager > server > ISAPI and CGI Restrictions: allow %windir%\\System32\\certsrv\\mscep\\mscep.dll.",
          "IIS Manager > CertSrv > mscep > Handler Mappings: ISAPI-dll enabled with Execute."},
     .confirm = {"IIS log: sc-status 404 and the sc-substatus."},
     .reference = "Microsoft: HTTP status codes in IIS"},

    {.id = "http-404-notfound",
     .title = "There is no SCEP service at this URL",
     .meaning = "The server answers 404 to {path}, whatever the operation ({operation} from {client}). The answer came from "
                "{server_header}.",
     .causes = {"A wrong path in the SCEP profile or client.", "NDES is not installed on this web site.",
                "The request reaches another site or another server (binding, load balancer)."},
     .fixes =
         {"Use https://HOST/certsrv/mscep/mscep.dll (Windows and Cisco clients: .../mscep.dll/pkiclient.exe) in the profile.",
          "PowerShell: Get-WindowsFeature ADCS-Device-Enrollment must say Installed; Get-WebApplication must list "
          "/CertSrv/mscep.",
          "Open the URL in a browser on the server: 403 or the NDES page is right, 404 is not."},
     .confirm = {"IIS log: sc-status 404, sc-substatus 0; no line at all when HTTP.sys answered (HTTPERR: NotFound)."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "http-413-bodylen",
     .title = "The server refuses the request body as too large",
     .meaning = "The {operation} from {client} has a body of {request_body_length} bytes and got {status}. The answer came from "
                "{server_header}.",
     .causes = {"A proxy in front allows smaller bodies than SCEP needs (nginx: client_max_body_size).",
                "IIS renegotiates TLS for a client certificate and the body is over uploadReadAheadSize (49,152 bytes).",
                "The body is over maxAllowedContentLength (30,000,000 bytes)."},
     .fixes = {"Raise the limit at the proxy.",
               "appcmd.exe set config \"Default Web Site\" -section:system.webServer/serverRuntime -uploadReadAheadSize:1048576 "
               "/commit:apphost",
               "IIS Manager > CertSrv > mscep > SSL Settings: Client certificates Ignore."},
     .confirm = {"IIS log: sc-status 413 or 404 with sc-substatus 13; HTTPERR: EntityTooLarge."},
     .reference = "RFC 9110 15.5.14; Microsoft: HTTP status codes in IIS"},
};
const size_t scs_num_en_limits = sizeof scs_en_limits / sizeof scs_en_limits[0];
