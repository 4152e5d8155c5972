# SPDX-License-Identifier: Apache-2.0
"""HTTP as HTTP.sys, IIS, NDES, nginx and tinyproxy speak it: the status matrix, framing, and what only looks wrong."""
import base64
import re
import socket
import struct
from contextlib import suppress
from dataclasses import replace

import capfile
import ndes_responder as nr
from cases import ANDROID, APPLE, PLUGIN, WINDOWS, Scene, case
from cases_programs import RA_KEY, pkcs_req, quoted
from lab import OTHER_DEVICE, SERVER
from ndes_responder import (
    MSCEP,
    POLICY,
    iis_page,
    httpsys_page,
    page_401,
    page_403,
    page_404,
    page_500,
    page_503,
    reply,
)
from pki import intune_challenge

EXE = MSCEP + "/pkiclient.exe"
BROWSED = {"GetCACaps": 1, "GetCACert": 1}
ENROLMENT = {"GetCACaps": 1, "GetCACert": 1, "PKIOperation": 1}
SHORT = "0123456789ABCDEF"
BY_CURL = "curl and the responder"


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


def status(code, title="", server=nr.IIS, extra=(), body=None):
    text = (
        body
        if body is not None
        else f"<html><head><title>{code} {title}</title></head><body><h1>{code} {title}</h1></body></html>\r\n"
    )
    return reply(code, text.encode(), "text/html", server, extra)


def bad_request(heading, text):
    return httpsys_page(400, "Bad Request", (f"Bad Request - {heading}", text))


FAILED = {"ok": 2, "failed": 1}
http_case(
    "http-503-apppool.pcap",
    "the SCEP application pool is stopped: every request gets HTTP.sys's 503",
    fixed(page_503),
    ["http-503-apppool"],
    only_pki=False,
    outcomes={"failed": 3},
    exit=1,
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
)
http_case(
    "http-400-url.pcap",
    "HTTP.sys: Invalid URL",
    fixed(lambda: bad_request("Invalid URL", "The request URL is invalid.")),
    ["http-400-url"],
    by="get",
    exit=1,
)
http_case(
    "http-400-host.pcap",
    "HTTP.sys: Invalid Hostname, a host binding does not fit",
    fixed(lambda: bad_request("Invalid Hostname", "The request hostname is invalid.")),
    ["http-400-host"],
    only_pki=False,
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
)
http_case(
    "http-405-post.pcap",
    "POST is advertised and refused",
    fixed(lambda: status(405, "Method Not Allowed", extra=["Allow: GET, HEAD, OPTIONS"])),
    ["http-405-post"],
    outcomes=FAILED,
    exit=1,
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
)
http_case(
    "near/http-close-delimited-ok.pcap",
    "a CertRep whose end is the end of the connection",
    lambda request, healthy: re.sub(rb"Content-Length: \d+", b"Connection: close", healthy(request)),
    ["rep-success"],
    must_not=["http-body-short"],
    outcomes={"ok": 3},
    exit=0,
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
    "two bytes after the Content-Length",
    lambda request, healthy: healthy(request) + b"\r\n",
    ["http-body-long"],
    must_not=["http-body-short"],
)


def broken_chunks(response, how):
    chunky = nr.chunked(response)
    head, _, body = chunky.partition(b"\r\n\r\n")
    if how == "size":
        return head + b"\r\n\r\n" + body.replace(b"\r\n1f4\r\n", b"\r\nzz4\r\n", 1)
    return head + b"\r\n\r\n" + body[:600]


def cut_case(file, shows, change, must, reset=False, **expected):
    """A reply that is sent only in part before the server ends the connection."""
    expected.setdefault("operations", ENROLMENT)

    def make(_case, world):
        device = world.device("device")
        with Scene(world) as scene:

            def serve(conn):
                while request := conn.read_request():
                    response = scene.ndes.answer(request)
                    if request.operation != "PKIOperation":
                        conn.send(response)
                        continue
                    conn.send(change(response))
                    if reset:
                        conn.wait_sent()
                        conn.reset()
                    return

            scene.ndes.serve = serve
            scene.browse(path=EXE)
            scene.post(pkcs_req(world, device, SHORT, cipher="aes256"))
        return scene.packets

    case(file, shows, BY_CURL, must=must, **expected)(make)


cut_case(
    "http-body-short.pcap",
    "the server closes after half of the Content-Length",
    lambda r: r[:-1000],
    ["http-body-short"],
    must_not=["net-rst-reply", "rep-not-cms"],
    exit=1,
)
cut_case(
    "net-rst-reply.pcap",
    "the server resets after half of the Content-Length",
    lambda r: r[:-1000],
    ["net-rst-reply"],
    reset=True,
    must_not=["http-body-short", "rep-not-cms"],
    exit=1,
)
cut_case(
    "http-chunk-bad-size.pcap",
    "a chunk size that is no number",
    lambda r: broken_chunks(r, "size"),
    ["http-chunk-bad"],
    must_not=["rep-success"],
    exit=1,
)
cut_case(
    "http-chunk-bad-end.pcap",
    "chunked, and closed without the last chunk",
    lambda r: broken_chunks(r, "end"),
    [],
    any_of=[["http-chunk-bad", "http-body-short"]],
    must_not=["rep-success"],
    exit=1,
)


@case(
    "near/http-pipelined.pcap",
    "three requests in one segment, three replies in the next: pipelining, nothing left over",
    "a socket client and the responder",
    must_not=["http-body-long", "rep-tid-mismatch"],
    operations={"GetCACaps": 2, "GetCACert": 1},
    outcomes={"ok": 3},
    exit=0,
)
def pipelined(_case, world):
    lines = "".join(
        f"GET {MSCEP}?operation={operation}&message=ca HTTP/1.1\r\nHost: ndes.contoso.com\r\nUser-Agent: {ANDROID}\r\n"
        f"{'Connection: close' if last else 'Connection: keep-alive'}\r\n\r\n"
        for operation, last in (("GetCACaps", False), ("GetCACert", False), ("GetCACaps", True))
    )
    with Scene(world) as scene:
        raw_client(scene, lines.encode())
    return scene.packets


def raw_client(scene, data, after=None):
    """Send bytes as they are, read until the server closes."""

    def talk():
        with socket.create_connection((SERVER, 80)) as sock:
            sock.sendall(data)
            if after:
                after(sock)
            with suppress(ConnectionResetError):
                while sock.recv(65536):
                    pass

    scene.lab.inside("dev", talk)


@case(
    "near/http-head-204.pcap",
    "HEAD with a Content-Length and no body, and a 204: both complete",
    "curl and the responder",
    must_not=["http-body-short", "net-rst-reply"],
    operations={"GetCACaps": 1, "Notify": 1},
    exit=0,
)
def head_request(_case, world):
    with Scene(world) as scene:

        def answer(request):
            full = scene.ndes.scep(request)
            return full.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if request.method == "HEAD" else full

        scene.ndes.answer = answer
        scene.get("operation=GetCACaps&message=default", "-I")
        scene.lab.curl("-A", PLUGIN, "-d", "{}", f"http://{SERVER}{POLICY}Notify")
    return scene.packets


@case(
    "near/http-100-continue-ok.pcap",
    "a POST that waits for 100 Continue and gets it",
    "curl and the responder",
    must=["rep-success"],
    must_not=["http-expect-100"],
    operations={"PKIOperation": 1},
    outcomes={"ok": 1},
    keys=[RA_KEY],
    exit=0,
)
def expect_continue(_case, world):
    with Scene(world) as scene:
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"), "-H", "Expect: 100-continue")
    return scene.packets


@case(
    "http-expect-100.pcap",
    "the 100 never comes; the client waits over a second before it sends",
    "curl and the responder",
    must=["http-expect-100", "rep-success"],
    operations={"PKIOperation": 1},
    keys=[RA_KEY],
    exit=0,
)
def expect_ignored(_case, world):
    with Scene(world) as scene:

        def serve(conn):
            conn.send = (lambda send: lambda data: None if data.startswith(b"HTTP/1.1 100") else send(data))(conn.send)
            scene.ndes.serve_all(conn)

        scene.ndes.serve = serve
        scene.post(
            pkcs_req(world, world.device("device"), SHORT, cipher="aes256"),
            "-H",
            "Expect: 100-continue",
            "--expect100-timeout",
            "1.5",
        )
    return scene.packets


@case(
    "http-chunked-request.pcap",
    "a chunked request that the server refuses",
    BY_CURL,
    must=["http-chunked-request"],
    operations={"PKIOperation": 1},
    outcomes={"failed": 1},
)
def chunked_request(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: bad_request("Invalid Header", "The request has an invalid header name.")
        scene.post(pkcs_req(world, world.device("device"), SHORT), "-H", "Transfer-Encoding: chunked")
    return scene.packets


@case(
    "near/http-chunked-request-ok.pcap",
    "a chunked request that the server takes",
    BY_CURL,
    must=["rep-success"],
    must_not=["http-chunked-request"],
    operations={"PKIOperation": 1},
    keys=[RA_KEY],
    exit=0,
)
def chunked_request_ok(_case, world):
    with Scene(world) as scene:
        scene.post(pkcs_req(world, world.device("device"), SHORT), "-H", "Transfer-Encoding: chunked")
    return scene.packets


@case(
    "http-no-reply-closed.pcap",
    "NDES takes the whole request and closes without a byte",
    BY_CURL,
    must=["http-no-reply"],
    must_not=["net-client-abort", "net-rst-request"],
    operations=ENROLMENT,
    outcomes={"ok": 2, "unanswered": 1},
    exit=1,
)
def no_reply(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: None if request.operation == "PKIOperation" else scene.ndes.scep(request)
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT))
    return scene.packets


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
        scene.get("operation=GetCACaps&message=default")
        scene.get("operation=GetCACaps&message=default", path=MSCEP + "/pkiclient.exe" * 300)
    return scene.packets


@case(
    "http-404-filter-exe.pcap",
    "request filtering denies pkiclient.exe; the same server answers on mscep.dll",
    BY_CURL,
    must=["http-404-filter"],
    must_not=["http-404-notfound", "http-404-querylen"],
    operations={"GetCACaps": 2, "GetCACert": 2},
    exit=1,
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
        scene.get("operation=GetCACaps&message=default", path=EXE)
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
)


def policy_case(file, shows, verify, notify=None, must=(), success=True, **expected):
    """The request on the NIC, NDES's own calls on loopback: one pcapng with two interfaces of different link types."""

    def make(case_, world):
        with Scene(world, also="lo") as scene:
            scene.ndes.policy = (
                lambda request: verify if request.path.endswith("VerifyRequest") else notify or reply(204)
            )

            def call(word):
                done = scene.lab.exec(
                    "srv",
                    "curl",
                    "-sS",
                    "-A",
                    PLUGIN,
                    "-d",
                    "{}",
                    "-H",
                    "Content-Type: application/json",
                    f"http://{SERVER}{POLICY}{word}",
                )
                return done.stdout

            def decide(asked, plain):
                if call("VerifyRequest") != b"true" or not success:
                    return scene.ndes.failure(asked, 2, None if success else -2146875392)
                answer = scene.ndes.success(asked, plain)
                call("Notify")
                return answer

            scene.ndes.decide = decide
            scene.browse(path=EXE)
            scene.post(pkcs_req(world, world.device("device"), cipher="aes256"))
        loopback = [replace(capfile.with_link_type(p, capfile.NULL), interface=1) for p in scene.also]
        both = sorted(scene.packets + loopback, key=lambda p: p.ts_ns)
        case_.path.write_bytes(
            capfile.section(both, [(capfile.EN10MB, "Ethernet", 6, 262144), (capfile.NULL, "Loopback", 6, 262144)])
        )

    case(
        file,
        shows,
        "curl and the responder, captured on the NIC and on loopback",
        must=list(must),
        keys=[RA_KEY],
        **expected,
    )(make)


BOTH = {**ENROLMENT, "VerifyRequest": 1}
policy_case(
    "policy-ok.pcapng",
    "a healthy enrolment with VerifyRequest 201 and Notify 204",
    reply(201, b"true", "application/json; charset=utf-8"),
    must=["policy-ok", "policy-notify-ok", "rep-success"],
    operations={**BOTH, "Notify": 1},
    enrolments={"succeeded": 1},
    exit=0,
)
policy_case(
    "policy-notify-fail.pcapng",
    "the certificate is issued, Notify fails with 500",
    reply(201, b"true", "application/json; charset=utf-8"),
    page_500(),
    must=["policy-notify-fail", "rep-success"],
    operations={**BOTH, "Notify": 1},
    enrolments={"succeeded": 1},
)
policy_case(
    "policy-false.pcapng",
    "VerifyRequest says false, the device gets FAILURE badRequest",
    reply(200, b"false", "application/json; charset=utf-8"),
    must=["policy-false"],
    may=["rep-fail-2-badrequest"],
    operations=BOTH,
    enrolments={"failed": 1},
    exit=1,
)
policy_case(
    "policy-403.pcapng",
    "the policy module is refused with IIS's bare 403 page",
    page_403(),
    must=["policy-403"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-403-operation", "policy-403-16", "policy-403-7"],
    operations=BOTH,
    enrolments={"failed": 1},
    exit=1,
)
policy_case(
    "policy-403-16.pcapng",
    "the same with IIS's detailed page: 403.16",
    iis_page(
        403,
        "IIS 10.0 Detailed Error - 403.16 - Forbidden",
        "HTTP Error 403.16 - Forbidden",
        "Your client certificate is either not trusted or is invalid. Error Code 0x800b0109",
    ),
    must=["policy-403-16"],
    may=["rep-fail-2-badrequest"],
    must_not=["policy-403"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-401.pcapng",
    "Windows authentication on CertificateRegistrationSvc",
    page_401(),
    must=["policy-401"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-401-mscep"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-404.pcapng",
    "the registration point is not installed",
    page_404(),
    must=["policy-404"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-404-notfound"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-500.pcapng",
    "the registration point fails",
    page_500(),
    must=["policy-500"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-500-ndes"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-503.pcapng",
    "the registration point's pool is stopped",
    page_503(),
    must=["policy-503"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-503-apppool"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-true-but-failure.pcapng",
    "201, and the CA refuses the template",
    reply(201, b"true", "application/json; charset=utf-8"),
    success=False,
    must=["policy-true-but-failure"],
    may=["rep-fail-2-badrequest", "ca-failed"],
    operations=BOTH,
    enrolments={"failed": 1},
    exit=1,
)


NGINX = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
 uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e; {http}
 server {{ listen 80; {server} }} }}
"""


def nginx_case(
    file,
    shows,
    server,
    must,
    http="",
    by="post",
    challenge=SHORT,
    upstream=True,
    recipe="nginx in front of the responder",
    delay=0,
    **expected,
):
    """nginx on port 80 as the reverse proxy, the responder (or nothing) behind it on port 8080."""
    expected.setdefault("operations", ENROLMENT)

    def make(_case, world):
        with Scene(world, responder=False) as scene:
            if upstream:
                scene.ndes = nr.Responder(scene.lab, world.ndes, port=8080, host="127.0.0.1")
            if delay:
                healthy = scene.ndes.answer
                scene.ndes.answer = lambda request: (
                    nr.wait_seconds(delay) if request.operation == "PKIOperation" else None
                ) or healthy(request)
            config = scene.lab.folder / "nginx.conf"
            config.write_text(NGINX.format(folder=scene.lab.folder, http=http, server=server), encoding="ascii")
            scene.lab.folder.chmod(0o755)
            scene.lab.start("srv", "nginx", "-c", config)
            scene.lab.wait_port("srv", 80)
            scene.browse(path=EXE)
            message = pkcs_req(world, world.device("device"), challenge)
            if by == "post":
                scene.post(message)
            else:
                scene.get_message(quoted(message), path=EXE)
        return scene.packets

    case(file, shows, recipe, must=must, keys=[RA_KEY], **expected)(make)


PASS = "location / { proxy_pass http://127.0.0.1:8080; }"
nginx_case(
    "near/http-nginx-proxy-ok.pcap",
    "a reverse proxy in front of NDES and nothing wrong",
    PASS,
    ["rep-success"],
    outcomes={"ok": 3},
    exit=0,
)
nginx_case(
    "http-414-nginx.pcap",
    "nginx refuses the long URL with 414 before it was read whole",
    PASS,
    ["http-414"],
    "large_client_header_buffers 2 4k;",
    "get",
    intune_challenge(),
    exit=1,
)
nginx_case(
    "http-413-nginx.pcap", "nginx refuses the body with 413", PASS + " client_max_body_size 1k;", ["http-413-bodylen"]
)
nginx_case(
    "proxy-502-nginx.pcap",
    "nginx cannot reach NDES",
    PASS,
    ["proxy-502"],
    upstream=False,
    must_not=["http-502-arr"],
    exit=1,
)
nginx_case(
    "proxy-504-nginx.pcap",
    "NDES is slower than nginx waits",
    PASS + " proxy_read_timeout 1s;",
    ["proxy-504"],
    delay=4,
    must_not=["http-504-gateway"],
    exit=1,
)
nginx_case(
    "net-rst-request-nginx444.pcap",
    "the proxy throws the connection away after the request (return 444)",
    "location / { if ($arg_operation = PKIOperation) { return 444; } proxy_pass http://127.0.0.1:8080; }",
    [],
    any_of=[["net-rst-request", "http-no-reply"]],
    exit=1,
)
nginx_case(
    "http-405-nginx.pcap",
    "a proxy that allows GET only",
    "location / { if ($request_method = POST) { return 405; } proxy_pass http://127.0.0.1:8080; }",
    ["http-405-post"],
    exit=1,
)


@case(
    "near/http-tinyproxy-ok.pcap",
    "through a forward proxy: absolute-form URIs, each header line in its own segment",
    "curl, tinyproxy and the responder",
    must=["rep-success"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=0,
)
def tinyproxy(_case, world):
    with Scene(world, where="rtr0") as scene:
        start_tinyproxy(scene)
        proxy = ("-x", "http://10.5.14.1:8888")
        scene.lab.curl("-A", WINDOWS, *proxy, scene.url("operation=GetCACaps&message=default", EXE))
        scene.lab.curl("-A", WINDOWS, *proxy, scene.url("operation=GetCACert&message=default", EXE))
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"), *proxy)
    return scene.packets


def start_tinyproxy(scene):
    config = scene.lab.folder / "tinyproxy.conf"
    config.write_text("Port 8888\nTimeout 60\nMaxClients 8\nStartServers 1\n", encoding="ascii")
    scene.lab.start("rtr", "tinyproxy", "-d", "-c", config)
    scene.lab.wait_port("rtr", 8888)


@case(
    "near/proxy-both-legs.pcapng",
    "both legs of a forward proxy in one capture: the same messages twice, one enrolment each side",
    "curl, tinyproxy and the responder",
    must=["rep-success"],
    must_not=["scep-replay", "proxy-truncate", "proxy-reencode", "scep-dup-transid-keys"],
    keys=[RA_KEY],
    exit=0,
)
def both_legs(case_, world):
    with Scene(world, where="rtr0", also="rtr1") as scene:
        start_tinyproxy(scene)
        proxy = ("-x", "http://10.5.14.1:8888")
        scene.lab.curl("-A", WINDOWS, *proxy, scene.url("operation=GetCACert&message=default", EXE))
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"), *proxy)
    both = sorted(scene.packets + [replace(p, interface=1) for p in scene.also], key=lambda p: p.ts_ns)
    case_.path.write_bytes(
        capfile.section(both, [(capfile.EN10MB, "eth0", 6, 262144), (capfile.EN10MB, "eth1", 9, 262144)])
    )


@case(
    "scep-probe-longurl.pcap",
    "Microsoft's long-URL test: some sizes pass, the largest is refused",
    BY_CURL,
    must=["scep-probe-longurl"],
    must_not=["http-414", "http-404-querylen", "scep-b64-invalid", "scep-not-cms", "scep-op-unknown", "rep-not-cms"],
    exit=0,
)
def probe(_case, world):
    agent = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.17763.1007"
    with Scene(world) as scene:

        def answer(request):
            if len(request.target) > 16384:
                return httpsys_page(
                    414, "Request-URI Too Long", ("Request-URI Too Long", "The request URL is too long.")
                )
            return (
                reply(200, b"", "application/x-pki-message")
                if request.operation == "PKIOperation"
                else scene.ndes.scep(request)
            )

        scene.ndes.answer = answer
        scene.get("operation=GetCACaps&message=NDESLongUrlValidatorStep1of3", agent=agent)
        scene.get("operation=GetCACerts&message=NDESLongUrlValidatorStep2of3", agent=agent)
        for size in (1024, 8192, 17000):
            scene.get_message("NDESLongUrlValidatorFakeChallenge" * (size // 33), agent=agent)
    return scene.packets


@case(
    "proxy-hides-client.pcap",
    "four kinds of device from one address, with a forwarding header",
    BY_CURL,
    must=["proxy-hides-client"],
    operations={"GetCACaps": 4},
    exit=0,
)
def hidden_clients(_case, world):
    with Scene(world) as scene:
        for number, agent in enumerate((WINDOWS, APPLE, ANDROID, "profiled/1.0 CFNetwork/1410.0.3 Darwin/22.6.0")):
            scene.get("operation=GetCACaps&message=ca", "-H", f"X-Forwarded-For: 203.0.113.{number + 10}", agent=agent)
    return scene.packets


@case(
    "proxy-forbidden.pcap",
    "the application proxy says that the user has no access",
    BY_CURL,
    must=["proxy-forbidden"],
    must_not=["http-403-operation", "http-403-healthy"],
    operations={"GetCACaps": 1},
    exit=1,
)
def forbidden(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: status(
            403,
            "Forbidden",
            extra=["x-ms-proxy-service-name: proxy-appproxy-weur-ams01-2"],
            body=(
                "<html><head><title>Application Proxy Error</title></head><body><h1>Forbidden: This corporate app can't be accessed.</h1>"
                "<p>AADSTS50105: Your administrator has configured the application to block users unless they are specifically granted access.</p></body></html>"
            ),
        )
        scene.get("operation=GetCACaps&message=default")
    return scene.packets


@case(
    "proxy-truncate.pcapng",
    "both legs of a reverse proxy that cuts the message at 2,048 characters",
    "curl, nginx on the router, the responder",
    must=["proxy-truncate"],
    may=["scep-truncated-get", "rep-not-cms"],
    must_not=["scep-b64-invalid", "scep-dup-transid-keys"],
    exit=1,
)
def truncating_proxy(case_, world):
    with Scene(world, where="rtr0", also="rtr1") as scene:
        scene.ndes.pki_operation = lambda request: reply(200, b"", "application/x-pki-message")
        config = scene.lab.folder / "nginx.conf"
        http = 'map $arg_message $cut { default $arg_message; "~^(?<head>.{2048})" $head; } large_client_header_buffers 4 64k;'
        server = (
            "location / { proxy_pass http://10.5.1.4:80; } "
            f"location {MSCEP} {{ if ($arg_operation = PKIOperation) {{ proxy_pass http://10.5.1.4:80$uri?operation=PKIOperation&message=$cut; }} "
            "proxy_pass http://10.5.1.4:80; }"
        )
        config.write_text(NGINX.format(folder=scene.lab.folder, http=http, server=server), encoding="ascii")
        scene.lab.folder.chmod(0o755)
        scene.lab.start("rtr", "nginx", "-c", config)
        scene.lab.wait_port("rtr", 80)
        for operation in ("GetCACert", "GetCACaps"):
            scene.get(f"operation={operation}&message=SCEP%20Authority", agent=APPLE, host="10.5.14.1")
        scene.get_message(quoted(pkcs_req(world, world.device("device"))), host="10.5.14.1")
    both = sorted(scene.packets + [replace(p, interface=1) for p in scene.also], key=lambda p: p.ts_ns)
    case_.path.write_bytes(
        capfile.section(both, [(capfile.EN10MB, "eth0", 6, 262144), (capfile.EN10MB, "eth1", 6, 262144)])
    )


@case(
    "proxy-cache.pcap",
    "a cache gives an old RA certificate; NDES itself gives another",
    BY_CURL,
    must=["proxy-cache"],
    may=["cacert-ra-expired"],
    operations={"GetCACert": 2},
    exit=1,
)
def stale_cache(_case, world):
    old = world.ndes.make_ra("ra-encryption", days=300).cert
    with Scene(world) as scene:
        scene.get("operation=GetCACert&message=default")
        scene.ndes.certs[0] = old
        fresh = scene.ndes.answer
        scene.ndes.answer = lambda request: fresh(request).replace(
            b"X-Powered-By: ASP.NET", b"Age: 86100\r\nX-Cache: HIT from cache01"
        )
        scene.get("operation=GetCACert&message=default", source=OTHER_DEVICE)
    return scene.packets


@case(
    "net-conn-limit.pcap",
    "forty connections at once: some are served, HTTP.sys refuses the rest with 503",
    "socket clients and the responder",
    must=["net-conn-limit"],
    must_not=["http-503-apppool"],
)
def connection_limit(_case, world):
    request = f"GET {MSCEP}?operation=GetCACaps&message=ca HTTP/1.1\r\nHost: ndes.contoso.com\r\nUser-Agent: {ANDROID}\r\n\r\n".encode()

    def talk():
        socks = []
        for number in range(40):
            sock = socket.create_connection((SERVER, 80))
            socks.append(sock)
            sock.sendall(request)
            sock.recv(65536)
        for sock in socks:
            sock.close()

    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_503() if len(scene.ndes.requests) > 34 else scene.ndes.scep(request)
        scene.lab.inside("dev", talk)
    return scene.packets


def two_enrolments(file, shows, must, second, gap, **expected):
    """A healthy enrolment with both calls seen, then one in which the policy module behaves as `second` says."""

    def make(case_, world):
        with Scene(world, also="lo") as scene:

            def call(word):
                scene.lab.exec("srv", "curl", "-sS", "-A", PLUGIN, "-d", "{}", f"http://{SERVER}{POLICY}{word}")

            def decide(asked, plain):
                calls = ("VerifyRequest", "Notify") if len(scene.ndes.requests) < 6 else second
                if "VerifyRequest" not in calls:
                    return scene.ndes.failure(asked, 2)
                call("VerifyRequest")
                answer = scene.ndes.success(asked, plain)
                if "Notify" in calls:
                    call("Notify")
                return answer

            scene.ndes.decide = decide
            for name in ("device", "windows"):
                scene.browse(path=EXE)
                scene.post(pkcs_req(world, world.device(name), SHORT, cipher="aes256"))
            scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
        loopback = [replace(capfile.with_link_type(p, capfile.NULL), interface=1) for p in scene.also]
        both = sorted(scene.packets + loopback, key=lambda p: p.ts_ns)
        last = max(n for n, p in enumerate(both) if p.interface == 0 and (t := capfile.tcp(p)) and t[5] == 2)
        both = both[:last] + [p.later(gap * 10**9) for p in both[last:]]
        case_.path.write_bytes(
            capfile.section(both, [(capfile.EN10MB, "Ethernet", 6, 262144), (capfile.NULL, "Loopback", 6, 262144)])
        )

    case(
        file,
        shows,
        f"curl and the responder, captured on the NIC and on loopback; the page at the end moved {gap} seconds later",
        must=must,
        keys=[RA_KEY],
        **expected,
    )(make)


two_enrolments(
    "policy-notify-missing.pcapng",
    "the second certificate is issued, but nobody is told",
    ["policy-notify-missing", "rep-success"],
    ("VerifyRequest",),
    90,
    operations={"PKIOperation": 2, "VerifyRequest": 2, "Notify": 1},
    enrolments={"succeeded": 2},
)
two_enrolments(
    "policy-no-call.pcapng",
    "the second request is refused without asking the policy module",
    ["policy-no-call"],
    (),
    90,
    may=["rep-fail-2-badrequest"],
    operations={"PKIOperation": 2, "VerifyRequest": 1, "Notify": 1},
    enrolments={"succeeded": 1, "failed": 1},
    exit=1,
)
