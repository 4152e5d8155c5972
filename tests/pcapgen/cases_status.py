# SPDX-License-Identifier: Apache-2.0
"""HTTP status by HTTP.sys, IIS, NDES: the matrix, and the pages that only look like a fault."""

import base64
import re
import struct

import ndes_responder as nr
from cases import ANDROID, APPLE, Scene, WINDOWS, case
from common import BY_CURL, ENROLMENT, EXE, RA_KEY, SHORT, bad_request, pkcs_req, quoted, status
from lab import OTHER_DEVICE
from ndes_responder import MSCEP, httpsys_page, iis_page, page_401, page_403, page_404, page_500, page_503, reply
from pki import intune_challenge


def http_case(
    file, shows, answer, must, by="post", only_pki=True, agent=WINDOWS, challenge=SHORT, recipe=BY_CURL, **expected
):
    """An enrolment in which `answer` replies to PKIOperation (or to everything) in NDES's place."""
    expected.setdefault("operations", ENROLMENT)
    expected.setdefault("keys", [RA_KEY])

    def make(_case, world):
        device = world.device("device")
        with Scene(world) as scene:
            healthy = scene.ndes.answer
            scene.ndes.answer = lambda request: (
                answer(request, healthy) if not only_pki or request.operation == "PKIOperation" else healthy(request)
            )
            path = MSCEP if by == "get" else EXE
            scene.browse(agent, path=path)
            message = pkcs_req(world, device, challenge, cipher="aes256")
            if by == "get":
                scene.get_message(quoted(message), agent=agent, path=path)
            else:
                scene.post(message, agent=agent, path=path)
        return scene.packets

    case(file, shows, recipe, must=must, **expected)(make)


def fixed(page):
    return lambda _request, _healthy: page() if callable(page) else page


FAILED = {"ok": 2, "failed": 1}
http_case(
    "http-503-apppool.pcap",
    "the SCEP application pool is stopped: every request gets HTTP.sys's 503",
    fixed(page_503),
    ["http-503-apppool"],
    only_pki=False,
    outcomes={"failed": 3},
    exit=1,
    near=["net-conn-limit", "http-503-other", "policy-503"],
)
http_case(
    "http-503-other.pcap",
    "503 by IIS itself, on PKIOperation only",
    fixed(lambda: status(503, "Server Too Busy")),
    ["http-503-other"],
    must_not=["http-503-apppool"],
    outcomes=FAILED,
)
http_case(
    "http-500-ndes.pcap",
    "500 for everything: NDES cannot start",
    fixed(page_500),
    ["http-500-ndes"],
    only_pki=False,
    must_not=["http-500-impersonation"],
    outcomes={"failed": 3},
    exit=1,
    near=["policy-500", "caps-error"],
)
http_case(
    "http-500-pkioperation.pcap",
    "500 on PKIOperation only",
    fixed(page_500),
    ["http-500-ndes"],
    must_not=["http-500-impersonation"],
    outcomes=FAILED,
    exit=1,
)
http_case(
    "http-403-operation.pcap",
    "403 with an operation: the caller is refused",
    fixed(page_403),
    ["http-403-operation"],
    only_pki=False,
    must_not=["http-403-healthy"],
    outcomes={"failed": 3},
    exit=1,
    near=["proxy-forbidden", "proxy-waf-block", "http-403-healthy"],
)
http_case(
    "http-414-httpsys.pcap",
    "414 before IIS: the URL is over a limit",
    fixed(lambda: httpsys_page(414, "Request-URI Too Long", ("Request-URI Too Long", "The request URL is too long."))),
    ["http-414"],
    by="get",
    agent=APPLE,
    challenge=intune_challenge(),
    exit=1,
)
http_case(
    "http-400-reqlen.pcap",
    "HTTP.sys refuses a request line and headers over 16,384 bytes",
    fixed(lambda: bad_request("Request Too Long", "The size of the request headers is too long.")),
    ["http-400-reqlen"],
    by="get",
    agent=ANDROID,
    challenge=intune_challenge(9600),
    must_not=["http-400-malformed", "http-400-fieldlen"],
    exit=1,
)
http_case(
    "http-400-fieldlen.pcap",
    "HTTP.sys refuses one header field over its limit",
    fixed(lambda: bad_request("Request Header Field Too Long", "A request header field is too long.")),
    ["http-400-fieldlen"],
    by="get",
    agent=ANDROID,
    challenge=intune_challenge(9600),
    must_not=["http-400-malformed", "http-400-reqlen"],
    exit=1,
    near=["http-431"],
)
http_case(
    "http-400-url.pcap",
    "HTTP.sys: Invalid URL",
    fixed(lambda: bad_request("Invalid URL", "The request URL is invalid.")),
    ["http-400-url"],
    by="get",
    exit=1,
    near=["http-400-host", "http-400-malformed"],
)
http_case(
    "http-400-host.pcap",
    "HTTP.sys: Invalid Hostname, a host binding does not fit",
    fixed(lambda: bad_request("Invalid Hostname", "The request hostname is invalid.")),
    ["http-400-host"],
    only_pki=False,
    near=["http-400-url"],
)
http_case(
    "http-400-malformed.pcap",
    "HTTP.sys: Invalid Header",
    fixed(lambda: bad_request("Invalid Header", "The request has an invalid header name.")),
    ["http-400-malformed"],
)
http_case(
    "http-404-querylen.pcap",
    "IIS's bare 404 to the one request whose query is over 2,048 bytes",
    fixed(page_404),
    ["http-404-querylen"],
    by="get",
    agent=APPLE,
    challenge=intune_challenge(),
    must_not=["http-404-notfound", "http-404-filter"],
    outcomes=FAILED,
    exit=1,
    near=["http-404-urllen", "http-404-filter"],
)
http_case(
    "near/http-404-notfound.pcap",
    "a long query gets 404, but so do the short ones: wrong path, not a limit",
    fixed(page_404),
    ["http-404-notfound"],
    by="get",
    only_pki=False,
    agent=APPLE,
    challenge=intune_challenge(),
    must_not=["http-404-querylen"],
    outcomes={"failed": 3},
    exit=1,
    near=["policy-404"],
)
http_case(
    "near/http-200-longquery.pcap",
    "a query of 11 KB is no fault where the limits are raised",
    lambda request, healthy: healthy(request),
    ["rep-success"],
    by="get",
    agent=APPLE,
    challenge=intune_challenge(),
    must_not=["http-404-querylen", "http-414", "scep-truncated-get"],
    outcomes={"ok": 3},
    exit=0,
    near=["scep-probe-longurl", "http-404-querylen", "scep-truncated-get"],
)
http_case(
    "http-431.pcap",
    "431 on PKIOperation",
    fixed(lambda: status(431, "Request Header Fields Too Large")),
    ["http-431"],
    by="get",
)
http_case(
    "http-401-mscep.pcap",
    "anonymous authentication is off on mscep.dll",
    fixed(page_401),
    ["http-401-mscep"],
    only_pki=False,
    must_not=["http-401-admin"],
    exit=1,
    near=["policy-401"],
)
http_case(
    "http-405-post.pcap",
    "POST is advertised and refused",
    fixed(lambda: status(405, "Method Not Allowed", extra=["Allow: GET, HEAD, OPTIONS"])),
    ["http-405-post"],
    outcomes=FAILED,
    exit=1,
    near=["http-4xx-other"],
)
http_case(
    "http-408.pcap",
    "408 Request Timeout",
    fixed(lambda: httpsys_page(408, "Request Timeout", ("Request Timeout", "The request timed out."))),
    ["http-408"],
)
http_case(
    "http-411.pcap",
    "HTTP.sys wants a Content-Length",
    fixed(
        lambda: httpsys_page(
            411, "Length Required", ("Length Required", "The request must be chunked or have a content length.")
        )
    ),
    ["http-411"],
)
http_case(
    "http-4xx-other.pcap",
    "a 4xx no other row names: 406",
    fixed(lambda: status(406, "Not Acceptable")),
    ["http-4xx-other"],
    must_not=["http-400-iis"],
)
http_case(
    "http-302-https.pcap",
    "a redirect to https, which SCEP clients do not follow",
    fixed(
        lambda: reply(
            302,
            b"<html><body>Object moved</body></html>",
            extra=["Location: https://ndes.contoso.com/certsrv/mscep/mscep.dll/pkiclient.exe?operation=PKIOperation"],
        )
    ),
    ["http-30x"],
    must_not=["proxy-preauth"],
    exit=1,
    near=["proxy-captive", "proxy-preauth"],
)
http_case(
    "proxy-preauth.pcap",
    "the application proxy wants a login before NDES",
    fixed(
        lambda: reply(
            302,
            b"",
            extra=[
                "Location: https://login.microsoftonline.com/5a1f0000-0000-4000-8000-000000000000/oauth2/authorize?response_type=id_token&client_id=2a"
            ],
            server="Microsoft-IIS/10.0",
        )
    ),
    ["proxy-preauth"],
    only_pki=False,
    must_not=["http-30x"],
    exit=1,
    near=["http-30x"],
)
http_case(
    "http-504-gateway.pcap",
    "the application proxy cannot reach its connector",
    fixed(
        lambda: status(
            504,
            "GatewayTimeout",
            extra=[
                "x-ms-proxy-app-id: 0c9e6b4e-0000-4000-8000-000000000000",
                "x-ms-proxy-service-name: proxy-appproxy-weur-ams01-2",
            ],
            body="<!DOCTYPE html><html><head><title>Application Proxy Error</title></head><body><h2>GatewayTimeout: This corporate app can't be accessed.</h2>"
            "<p>The connector for this application cannot be reached.</p></body></html>",
        )
    ),
    ["http-504-gateway"],
    only_pki=False,
    must_not=["proxy-504"],
    exit=1,
)
http_case(
    "http-502-arr.pcap",
    "Application Request Routing has no answer from NDES",
    fixed(
        lambda: iis_page(
            502,
            "502 - Web server received an invalid response while acting as a gateway or proxy server.",
            "502 - Web server received an invalid response while acting as a gateway or proxy server.",
            "There is a problem with the page you are looking for, and it cannot be displayed. When the Web server (while acting as a gateway or proxy) "
            "contacted the upstream content server, it received an invalid response from the content server.",
        )
    ),
    ["http-502-arr"],
    must_not=["proxy-502"],
    exit=1,
)
http_case(
    "proxy-waf-block.pcap",
    "a web application firewall blocks PKIOperation only",
    fixed(
        lambda: status(
            403,
            "Forbidden",
            server="awselb/2.0",
            body="<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n"
            "<p>The request was blocked by the Web Application Firewall. Request ID: 1-65f0c2aa-0e4d</p></body>\r\n</html>\r\n",
        )
    ),
    ["proxy-waf-block"],
    must_not=["http-403-operation"],
    exit=1,
)
http_case(
    "http-200-html.pcap",
    "a login page with 200 in place of a CertRep",
    fixed(
        lambda: reply(
            200,
            b'<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action="/login"></form></body></html>',
        )
    ),
    ["http-200-html"],
    outcomes=FAILED,
    exit=1,
)
http_case(
    "http-ctype.pcap",
    "a good CertRep declared as text/plain",
    lambda request, healthy: healthy(request).replace(b"application/x-pki-message", b"text/plain"),
    ["http-ctype", "rep-success"],
    must_not=["http-200-html"],
    exit=0,
    near=["http-200-html"],
)
http_case(
    "http-gzip.pcap",
    "a CertRep compressed on its way",
    lambda request, healthy: nr.gzipped(healthy(request)),
    ["http-gzip", "rep-success"],
    exit=0,
)
http_case(
    "near/http-chunked-ok.pcap",
    "a CertRep in three chunks is whole",
    lambda request, healthy: nr.chunked(healthy(request)),
    ["rep-success"],
    must_not=["http-chunk-bad", "http-body-short"],
    outcomes={"ok": 3},
    exit=0,
    near=["scep-alg-not-advertised", "http-chunk-bad"],
    healthy=True,
)
http_case(
    "near/http-close-delimited-ok.pcap",
    "a CertRep whose end is the end of the connection",
    lambda request, healthy: re.sub(rb"Content-Length: \d+", b"Connection: close", healthy(request)),
    ["rep-success"],
    must_not=["http-body-short"],
    outcomes={"ok": 3},
    exit=0,
    healthy=True,
    near=["http-body-short"],
)
http_case(
    "http-body-empty.pcap",
    "200, x-pki-message and no byte of it",
    fixed(lambda: reply(200, b"", "application/x-pki-message")),
    ["rep-not-cms"],
    exit=1,
)
http_case(
    "http-body-long.pcap",
    "a comment after the Content-Length",
    lambda request, healthy: healthy(request) + b"<!-- from cache -->",
    ["http-body-long"],
    must_not=["http-body-short"],
)


@case(
    "ndes-general-page.pcap",
    "mscep.dll shows NDES's own page: no policy module is registered",
    BY_CURL,
    must=["ndes-general-page"],
    must_not=["http-403-healthy", "http-200-html"],
    operations={"page": 1},
    exit=1,
)
def general_page(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: nr.general_page()
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
    return scene.packets


@case(
    "near/ndes-general-page-admin-path.pcap",
    "the same page on /certsrv/mscep/ is where it belongs",
    BY_CURL,
    must_not=["ndes-general-page"],
    operations={"page": 1},
    exit=0,
    healthy=True,
)
def general_page_path(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: nr.general_page()
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", path="/certsrv/mscep/")
    return scene.packets


@case(
    "http-404-urllen.pcap",
    "404 to a path over 4,096 bytes",
    BY_CURL,
    must=["http-404-urllen"],
    must_not=["http-404-notfound"],
    operations={"GetCACaps": 2},
    exit=1,
)
def url_length(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_404() if len(request.path) > 4096 else scene.ndes.scep(request)
        scene.ask_caps()
        scene.ask_caps(path=MSCEP + "/pkiclient.exe" * 300)
    return scene.packets


@case(
    "http-404-filter-exe.pcap",
    "request filtering denies pkiclient.exe; the same server answers on mscep.dll",
    BY_CURL,
    must=["http-404-filter"],
    must_not=["http-404-notfound", "http-404-querylen"],
    operations={"GetCACaps": 2, "GetCACert": 2},
    exit=1,
    near=["http-404-notfound"],
)
def filtered(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_404() if ".exe" in request.path else scene.ndes.scep(request)
        scene.browse(ANDROID, "ca")
        scene.browse(path=EXE, source=OTHER_DEVICE)
    return scene.packets


@case(
    "near/http-503-restart.pcap",
    "one 503 while the pool restarts, a second later everything works",
    BY_CURL,
    must=["rep-success"],
    must_not=["http-503-apppool"],
    operations={"GetCACaps": 2, "GetCACert": 1, "PKIOperation": 1},
    keys=[RA_KEY],
)
def restart(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_503() if len(scene.ndes.requests) == 1 else scene.ndes.scep(request)
        scene.ask_caps(path=EXE)
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT))
    return scene.packets


@case(
    "http-401-admin.pcap",
    "the challenge page refuses the administrator",
    BY_CURL,
    must=["http-401-admin"],
    must_not=["http-401-mscep"],
    operations={"page": 1},
)
def admin_refused(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_401()
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", path="/certsrv/mscep_admin/")
    return scene.packets


@case(
    "near/http-401-admin-ntlm.pcap",
    "401, 401, 200: an NTLM login to the challenge page",
    BY_CURL,
    must_not=["http-401-admin", "http-401-mscep"],
    exit=0,
    healthy=True,
)
def admin_ntlm(_case, world):
    info = b"".join(
        struct.pack("<HH", kind, len(text)) + text
        for kind, text in ((2, "CONTOSO".encode("utf-16-le")), (1, "NDES01".encode("utf-16-le")), (0, b""))
    )
    name = "CONTOSO".encode("utf-16-le")
    challenge = (
        struct.pack(
            "<8sIHHIIQQHHI",
            b"NTLMSSP\0",
            2,
            len(name),
            len(name),
            48,
            0xA28205,
            0x1122334455667788,
            0,
            len(info),
            len(info),
            48 + len(name),
        )
        + name
        + info
    )

    def answer(request):
        token = request.headers.get("authorization", "")
        page = page_401().replace(b"WWW-Authenticate: Negotiate\r\n", b"")
        if token.startswith("NTLM TlRMTVNTUAAB"):
            return page.replace(b"WWW-Authenticate: NTLM", b"WWW-Authenticate: NTLM " + base64.b64encode(challenge))
        if not token:
            return page
        return nr.admin_page(
            "The enrollment challenge password is: <B> 6F1B2C3D4E5A6978 </B> <P> This password can be used only once and will "
            "expire within 60 minutes. <P> Each enrollment requires a new challenge password."
        )

    with Scene(world) as scene:
        scene.ndes.answer = answer
        scene.get(
            "",
            "--anyauth",
            "-u",
            "CONTOSO\\admin:none",
            agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
            path="/certsrv/mscep_admin/",
        )
    return scene.packets


def admin_case(file, shows, line, must, **expected):
    def make(_case, world):
        with Scene(world) as scene:
            scene.ndes.answer = lambda request: nr.admin_page(line)
            scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", path="/certsrv/mscep_admin/mscep.dll")
        return scene.packets

    case(file, shows, BY_CURL, must=must, operations={"page": 1}, **expected)(make)


admin_case(
    "chal-cache-full.pcap",
    "the challenge page: the password cache is full",
    "The password cache is full. <P> NDES stores unused passwords "
    "for later use. For this password to be stored, an existing password must be used.",
    ["chal-cache-full"],
    exit=1,
)
admin_case(
    "chal-no-permission.pcap",
    "the challenge page: no permission to enrol",
    "You do not have sufficient permission to enroll with SCEP.  Please " "contact your system administrator.",
    ["chal-no-permission"],
    exit=1,
)
admin_case(
    "chal-single-password.pcap",
    "the challenge page: one password for everybody",
    "The enrollment challenge password is: <B> "
    "6F1B2C3D4E5A69786F1B2C3D4E5A6978 </B> <P> This password can be used multiple times and will not expire.",
    ["chal-single-password"],
    near=["chal-cache-full", "chal-no-permission"],
)
