# SPDX-License-Identifier: Apache-2.0
"""Reverse and forward proxies, caches, firewalls and probes between the device and NDES."""

import socket

import ndes_responder as nr
from cases import ANDROID, APPLE, Scene, WINDOWS, case
from common import BY_CURL, ENROLMENT, EXE, RA_KEY, SHORT, pkcs_req, quoted, start_nginx, status, write_both_legs
from lab import OTHER_DEVICE, SERVER
from ndes_responder import MSCEP, httpsys_page, page_503, reply
from pki import intune_challenge


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
            start_nginx(scene, server, http)
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
    near=["http-413-bodylen"],
    healthy=True,
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
    healthy=True,
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
    healthy=True,
)
def both_legs(case_, world):
    with Scene(world, where="rtr0", also="rtr1") as scene:
        start_tinyproxy(scene)
        proxy = ("-x", "http://10.5.14.1:8888")
        scene.lab.curl("-A", WINDOWS, *proxy, scene.url("operation=GetCACert&message=default", EXE))
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"), *proxy)
    write_both_legs(case_, scene, resolutions=(6, 9))


@case(
    "scep-probe-longurl.pcap",
    "Microsoft's long-URL test: some sizes pass, the largest is refused",
    BY_CURL,
    must=["scep-probe-longurl"],
    must_not=["http-414", "http-404-querylen", "scep-b64-invalid", "scep-not-cms", "scep-op-unknown", "rep-not-cms"],
    exit=0,
    near=["scep-no-message"],
    healthy=True,
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
    healthy=True,
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
        scene.ask_caps()
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
        http = 'map $arg_message $cut { default $arg_message; "~^(?<head>.{2048})" $head; } large_client_header_buffers 4 64k;'
        server = (
            "location / { proxy_pass http://10.5.1.4:80; } "
            f"location {MSCEP} {{ if ($arg_operation = PKIOperation) {{ proxy_pass http://10.5.1.4:80$uri?operation=PKIOperation&message=$cut; }} "
            "proxy_pass http://10.5.1.4:80; }"
        )
        start_nginx(scene, server, http, place="rtr")
        for operation in ("GetCACert", "GetCACaps"):
            scene.get(f"operation={operation}&message=SCEP%20Authority", agent=APPLE, host="10.5.14.1")
        scene.get_message(quoted(pkcs_req(world, world.device("device"))), host="10.5.14.1")
    write_both_legs(case_, scene)


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
