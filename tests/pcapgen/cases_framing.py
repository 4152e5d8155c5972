# SPDX-License-Identifier: Apache-2.0
"""HTTP framing: lengths, chunks, pipelining, 100 Continue, replies that end too soon."""

import re

import ndes_responder as nr
from cases import ANDROID, PLUGIN, Scene, case
from common import BY_CURL, ENROLMENT, EXE, RA_KEY, SHORT, bad_request, pkcs_req, quoted, raw_client
from lab import SERVER
from ndes_responder import MSCEP, POLICY


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
    "http-body-short-status.pcap",
    "the server closes within the signature: the pkiStatus has come, the certificate is of no use",
    lambda r: r[:-200],
    ["http-body-short"],
    may=["rep-success"],
    must_not=["net-rst-reply", "rep-not-cms", "deliv-ok"],
    outcomes={"ok": 2, "truncated": 1},
    enrolments={"failed": 1},
    exit=1,
)
cut_case(
    "http-body-short-head.pcap",
    "the server closes in the middle of the reply's head",
    lambda r: r[:40],
    ["http-body-short"],
    must_not=["http-no-reply", "net-rst-reply"],
    outcomes={"ok": 2, "truncated": 1},
    enrolments={"failed": 1},
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
    healthy=True,
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


@case(
    "near/http-head-204.pcap",
    "HEAD with a Content-Length and no body, and a 204: both complete",
    "curl and the responder",
    must_not=["http-body-short", "net-rst-reply"],
    operations={"GetCACaps": 1, "Notify": 1},
    exit=0,
    healthy=True,
)
def head_request(_case, world):
    with Scene(world) as scene:

        def answer(request):
            full = scene.ndes.scep(request)
            return full.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if request.method == "HEAD" else full

        scene.ndes.answer = answer
        scene.ask_caps("-I")
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
    healthy=True,
)
def expect_continue(_case, world):
    with Scene(world) as scene:
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"), expect=True)
    return scene.packets


@case(
    "http-expect-100.pcap",
    "the 100 never comes; the client waits over a second before it sends",
    "curl and the responder",
    must=["http-expect-100", "rep-success"],
    operations={"PKIOperation": 1},
    keys=[RA_KEY],
    exit=0,
    near=["net-slow-body"],
)
def expect_ignored(_case, world):
    with Scene(world) as scene:

        def serve(conn):
            conn.send = (lambda send: lambda data: None if data.startswith(b"HTTP/1.1 100") else send(data))(conn.send)
            scene.ndes.serve_all(conn)

        scene.ndes.serve = serve
        scene.post(
            pkcs_req(world, world.device("device"), SHORT, cipher="aes256"),
            "--expect100-timeout",
            "1.5",
            expect=True,
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
    near=["http-411"],
    healthy=True,
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


CISCO = "Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)"


@case(
    "near/http-10-cisco.pcap",
    "HTTP/1.0 as Cisco's routers speak it: a connection for each request, replies until the close",
    "a socket client and the responder",
    must=["rep-success"],
    must_not=["http-body-short", "http-chunk-bad"],
    operations={"GetCACert": 1, "PKIOperation": 1},
    outcomes={"ok": 2},
    enrolments={"succeeded": 1},
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def cisco(_case, world):
    message = quoted(pkcs_req(world, world.device("device"), SHORT))
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: re.sub(
            rb"^HTTP/1.1(.*?)\r\nContent-Length: \d+", rb"HTTP/1.0\1", healthy(request), flags=re.S
        )
        for query in ("operation=GetCACert&message=NDES", f"operation=PKIOperation&message={message}"):
            raw_client(scene, f"GET {EXE}?{query} HTTP/1.0\r\nUser-Agent: {CISCO}\r\nHost: 10.5.1.4\r\n\r\n".encode())
    return scene.packets


@case(
    "near/http-bare-lf.pcap",
    "a server that ends its header lines with a bare LF and folds one of them",
    "a socket client and the responder",
    must_not=["http-body-short", "http-body-long"],
    operations={"GetCACert": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)
def bare_line_feeds(_case, world):
    with Scene(world) as scene:
        healthy = scene.ndes.answer

        def answer(request):
            head, _, body = healthy(request).partition(b"\r\n\r\n")
            head = head.replace(b"X-Powered-By: ASP.NET", b"X-Powered-By: ASP.NET,\r\n something older")
            return head.replace(b"\r\n", b"\n") + b"\n\n" + body

        scene.ndes.answer = answer
        request = f"GET {MSCEP}?operation=GetCACert&message=ca HTTP/1.1\r\nHost: ndes\r\nUser-Agent: {ANDROID}\r\n"
        raw_client(scene, f"{request}Connection: close\r\n\r\n".encode())
    return scene.packets


@case(
    "near/http-port-8080.pcap",
    "an enrolment on port 8080",
    BY_CURL,
    must=["rep-success"],
    operations=ENROLMENT,
    outcomes={"ok": 3},
    keys=[RA_KEY],
    exit=0,
    healthy=True,
    near=["cap-no-scep"],
)
def other_port(_case, world):
    with Scene(world, port=8080) as scene:
        for operation in ("GetCACaps", "GetCACert"):
            scene.get(f"operation={operation}&message=default", path=EXE, host="10.5.1.4:8080")
        body = scene.lab.folder / "message.der"
        body.write_bytes(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
        words = ("-H", "Content-Type: application/x-pki-message", "-H", "Expect:", "--data-binary", f"@{body}")
        scene.get("operation=PKIOperation", *words, path=EXE, host="10.5.1.4:8080")
    return scene.packets


@case(
    "near/http-odd-query.pcap",
    "parameters in another order and case",
    BY_CURL,
    must_not=["scep-op-unknown", "http-403-operation"],
    operations={"GetCACaps": 1, "GetCACert": 1},
    outcomes={"ok": 2},
    exit=0,
    healthy=True,
)
def odd_query(_case, world):
    with Scene(world) as scene:
        scene.get("message=ca&operation=GetCACaps", agent=ANDROID, path="/CertSrv/MSCEP/mscep.dll")
        scene.get("Operation=getcacert&Message=ca", agent=ANDROID, path="/CERTSRV/mscep/MSCEP.DLL")
    return scene.packets
