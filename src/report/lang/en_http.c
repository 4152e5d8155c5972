/* SPDX-License-Identifier: Apache-2.0 */
/* English: pages in place of SCEP, content types, framing and silence. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_http[] = {
    {.id = "http-body-short",
     .title = "The reply ends before its announced length",
     .meaning = "The reply to {operation} of {client} announces {declared_length} bytes and ends after {response_body_length}. "
                "The {closed_by} "
                "closed the connection. The HTTP/2 stream ended by {stream_end} with {stream_error}.",
     .causes = {"NDES or the worker process stopped while it answered.", "A proxy or filter cut the answer.",
                "The client gave up while it was being sent."},
     .fixes = {"Application log at this time: event 1000 for w3wp.exe?", "Capture on both sides of the proxy to see who cut it."},
     .confirm = {"IIS log: sc-win32-status 64 for this request."},
     .reference = "RFC 9112 8"},

    {.id = "http-chunk-bad",
     .title = "The reply's chunks are broken",
     .meaning = "The reply to {operation} of {client} is sent in chunks, and after {response_body_length} bytes a chunk is wrong "
                "or the last "
                "one is missing. The answer came from {server_header}.",
     .causes = {"A proxy changes the framing of replies.", "The server closed before the end of its answer."},
     .fixes = {"Ask the same URL at the NDES server itself; if that is whole, repair or bypass the proxy."},
     .confirm = {"The proxy's log at this time."},
     .reference = "RFC 9112 7.1"},

    {.id = "http-200-html",
     .title = "A web page came back in place of a SCEP reply",
     .meaning =
         "The PKIOperation from {client} got {status} and HTML. The page is titled {page}. The answer came from {server_header}.",
     .causes = {"A login page, captive portal or web application firewall answered.", "The URL leads to another application.",
                "NDES answered with its own text."},
     .fixes = {"Read the page in the frames named here: its words say who wrote it.",
               "Let /certsrv/mscep/* pass without login, inspection or rewriting."},
     .confirm = {"IIS log: no line, or another sc-bytes than the page's, means something in front of IIS answered."},
     .reference = "RFC 8894 4.3"},

    {.id = "http-no-reply",
     .title = "The server never answered a complete request",
     .meaning =
         "The {operation} from {client} arrived whole and no byte came back. The client waited {waited_s} seconds in this "
         "capture. "
         "The server closed the connection after {closed_after_s} seconds. It ended the HTTP/2 stream by {stream_end} with "
         "{stream_error}.",
     .causes = {"NDES waits for the CA or the policy module.", "Revocation checks hang on a CRL that cannot be reached.",
                "Windows Server 2012 R2 Web Application Proxy drops URLs over about 5,100 bytes (KB3011135).",
                "The worker process crashed."},
     .fixes = {"Application log at this time: NetworkDeviceEnrollmentService 31 (CA not reached), event 1000 for w3wp.exe.",
               "certutil -config \"CA-HOST\\CA-NAME\" -ping on the NDES server.",
               "certutil -urlfetch -verify on the RA certificates."},
     .confirm = {"IIS log: the request with a large time-taken, or no line at all."},
     .reference = "Microsoft: KB3011135; Network Device Enrollment Service events"},

    {.id = "ndes-general-page",
     .title = "mscep.dll shows NDES's own page: the Intune policy module is not registered",
     .meaning = "The bare URL answered {status} with a page to {client}. The page is titled {page}. With the policy module "
                "installed it must "
                "answer 403.",
     .causes = {"The Certificate Connector for Microsoft Intune is not installed, or its installation failed.",
                "IIS was not restarted after the installation."},
     .fixes =
         {"SetupMsi.log must say 'Installation success or error status: 0'; otherwise install the connector again with the SCEP "
          "feature.",
          "If it is installed: iisreset.", "If NDES is used without Intune on purpose, this is right."},
     .confirm = {"SetupMsi.log: Product: Microsoft Intune Connector -- Installation completed successfully."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "http-ctype",
     .title = "The reply's content type is not what SCEP prescribes",
     .meaning = "The body of the {operation} reply is right, but its Content-Type is not {expected_type}. It is {content_type}. "
                "Strict clients "
                "(jscep, sscep, Android) refuse it.",
     .causes = {"A proxy rewrites headers.", "The server does not set the type."},
     .fixes = {"Let the proxy pass Content-Type through unchanged."},
     .confirm = {"Ask NDES itself, in PowerShell: (Invoke-WebRequest -UseBasicParsing "
                 "'http://localhost/certsrv/mscep/mscep.dll?operation=GetCACert&message=ca').Headers"},
     .reference = "RFC 8894 4.2.1, 4.3"},

    {.id = "http-gzip",
     .title = "The reply is compressed, which a device may not understand",
     .meaning = "The reply to {operation} of {client} has Content-Encoding {content_encoding}.",
     .causes = {"Dynamic compression of IIS, or a CDN or proxy that compresses."},
     .fixes = {"IIS Manager > CertSrv > mscep > Compression: dynamic content compression off.",
               "Exclude /certsrv/mscep from compression at the proxy."},
     .confirm = {"The client's log: an answer it cannot parse."},
     .reference = "RFC 9110 8.4"},

    {.id = "http-body-long",
     .title = "Bytes follow the end of the reply",
     .meaning = "After the announced end of the reply to {operation} of {client} come bytes that begin no new reply.",
     .causes = {"The server or a proxy states a Content-Length that is too small."},
     .fixes = {"Ask the same URL at the NDES server itself; if that is right, repair or bypass the proxy."},
     .confirm = {"The client's log: a signature or length error."},
     .reference = "RFC 9112 6.3"},

    {.id = "http-expect-100",
     .title = "The client waited for permission to send its request",
     .meaning = "{client} sent Expect: 100-continue and waited {waited_s} seconds.",
     .causes = {"A proxy or server does not answer Expect: 100-continue."},
     .fixes = {"Let the proxy answer or remove Expect; the request itself is not harmed, only late."},
     .confirm = {"IIS log: time-taken is longer than the server's own work."},
     .reference = "RFC 9110 10.1.1"},

    {.id = "http-version",
     .title = "SCEP travels over HTTP/2",
     .meaning = "The {operation} from {client} came over HTTP/2, which is rare for SCEP. The server does not understand it: it "
                "answered {refused} in HTTP/1.",
     .causes = {"Client and server agreed on it in the TLS handshake.",
                "The client asks in HTTP/2 without having agreed on it, and the server or a proxy knows HTTP/1.1 only."},
     .fixes = {"Nothing to do while the answers come.",
               "If it was refused: let the client ask in HTTP/1.1, or turn HTTP/2 on where the name leads to."},
     .confirm = {"IIS log: cs-version HTTP/2.0."},
     .reference = "RFC 9113"},

    {.id = "http-403-healthy",
     .title = "The bare SCEP URL answers 403, as it should",
     .meaning =
         "{client} asked for mscep.dll without an operation and got {status}: NDES is alive and the policy module is registered.",
     .causes = {"Healthy: a browser test or a monitor."},
     .fixes = {"Nothing to do."},
     .confirm = {"IIS log: sc-status 403, sc-substatus 0."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},
};
const size_t scs_num_en_http = sizeof scs_en_http / sizeof scs_en_http[0];
