# SPDX-License-Identifier: Apache-2.0
"""What else each finding needs, a capture in which it fires and one that comes near it: networks, proxies, statuses."""

import socket
import ssl
import struct
import threading

import capfile
import domain
import pki
import scepmsg
from cases import APPLE, Scene, case
from cases_capture import edit, section_edit
from common import (
    BROWSED,
    BY_CURL,
    ENROLMENT,
    EXE,
    GRANTED,
    RA_KEY,
    SHORT,
    pkcs_req,
    quoted,
    scep_case,
    start_nginx,
    write_both_legs,
)
from lab import OTHER_DEVICE, SERVER
from ndes_responder import MSCEP, gzipped, iis_page, page_404, reply

NPF = "\\Device\\NPF_"


# --- what the capture shows -------------------------------------------------------------------------------------------
def other_traffic(packets):
    """An interface with whole packets, and one with another conversation's, of which 96 bytes were kept."""
    ip = b"\x45\0\x03\xe8\0\1\0\0\x40\x11\0\0" + bytes([10, 5, 1, 9, 10, 5, 1, 8])
    frame = bytes(12) + b"\x08\0" + ip + b"\x27\x0f\x27\x0f\x03\xd4\0\0" + bytes(972)
    cut = capfile.Packet(packets[3].ts_ns + 1000, frame[:96], len(frame), 1)
    both = [*packets[:4], cut, *packets[4:]]
    return capfile.section(both, [(capfile.EN10MB, "eth0", 6, 262144), (capfile.EN10MB, "eth1", 6, 96)])


section_edit(
    "near/cap-snaplen-others.pcapng",
    "only packets without SCEP are cut",
    "near/http-chunked-ok.pcap",
    other_traffic,
    ["rep-success"],
    near=["cap-snaplen"],
    **GRANTED,
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
section_edit(
    "cap-no-loopback.pcapng",
    "Npcap on the NDES host, the network adapter only: the policy module's call is not in it",
    "near/http-chunked-ok.pcap",
    lambda ps: capfile.section(ps, [(capfile.EN10MB, NPF + "{8D1F8C1B-4E1C-4E0A-9B3A-0C2F6B7A9D11}", 6, 262144)]),
    ["cap-no-loopback"],
    **GRANTED,
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
edit(
    "near/cap-server-called.pcap",
    "the server the operator named, and a device that calls it",
    "near/caps-reordered.pcap",
    lambda ps: ps,
    near=["net-no-request", "cap-short"],
    options=["--server", SERVER],
    operations={"GetCACaps": 2},
    exit=0,
    healthy=True,
)


# --- times ------------------------------------------------------------------------------------------------------------
def far_away(packets, seconds):
    """Captured at the server, a client that is so far away: whatever answers a packet of the server comes later."""
    out, late, server_spoke = [], 0, False
    for packet in packets:
        from_server = capfile.tcp(packet)[1] == 80
        late += 0 if from_server or not server_spoke else int(seconds * 10**9)
        server_spoke = from_server
        out.append(packet.later(late))
    return out


for name, seconds, marks in (
    ("perf-rtt.pcap", 0.6, {"must": ["perf-rtt"]}),
    ("near/perf-rtt-400ms.pcap", 0.4, {"near": ["perf-rtt"]}),
):
    edit(
        name,
        f"a device behind {int(seconds * 1000)} ms of round trip",
        "near/caps-reordered.pcap",
        lambda ps, seconds=seconds: far_away(ps, seconds),
        **marks,
        operations={"GetCACaps": 2},
        exit=0,
        healthy=True,
    )


def proxied_case(file, shows, seconds, must, **expected):
    def make(_case, world):
        forwarded = ("-H", "X-Forwarded-For: 203.0.113.9")
        with Scene(world) as scene:
            for operation in ("GetCACaps", "GetCACert"):
                scene.get(f"operation={operation}&message=default", *forwarded, path=EXE)
            scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"), *forwarded)
        heads = [n for n, p in enumerate(scene.packets) if (t := capfile.tcp(p)) and t[6].startswith(b"HTTP/1.1 200")]
        return scene.packets[: heads[-1]] + [p.later(seconds * 10**9) for p in scene.packets[heads[-1] :]]

    recipe = f"{BY_CURL}; the last reply moved {seconds} seconds later"
    case(file, shows, recipe, must=must, **GRANTED, keys=[RA_KEY], **expected)(make)


proxied_case(
    "perf-proxy-margin.pcap",
    "NDES needs 70 seconds behind a proxy that waits for 85",
    70,
    ["perf-proxy-margin", "perf-pkiop-slow"],
    exit=1,
)
proxied_case(
    "near/perf-proxy-margin-20s.pcap",
    "NDES needs 20 seconds behind a proxy",
    20,
    ["perf-pkiop-slow"],
    near=["perf-proxy-margin"],
    exit=0,
)


# --- proxies ----------------------------------------------------------------------------------------------------------
def portal(request):
    page = b"<html><head><title>Redirect</title></head><body>Please log in to use the guest network.</body></html>"
    where = f"Location: http://captiveportal.hotel.example/login?url=http://{SERVER}{request.path}"
    return reply(302, page, "text/html", "lighttpd/1.4.69", [where])


@case(
    "proxy-captive.pcap",
    "a hotel's network sends the device to its log-in page",
    BY_CURL,
    must=["proxy-captive"],
    must_not=["http-30x", "proxy-preauth"],
    operations={"GetCACaps": 1},
    exit=0,
)
def captive(_case, world):
    with Scene(world, answer=portal) as scene:
        scene.ask_caps()
    return scene.packets


def long_url_case(file, shows, answered, **expected):
    """A GET of 11 KB through a proxy that leaves its mark on whatever it answers."""

    def make(_case, world):
        with Scene(world) as scene:
            healthy = scene.ndes.answer

            def marked(request):
                answer = healthy(request)
                return answer.replace(b"X-Powered-By: ASP.NET", b"Via: 1.1 wap01.contoso.com")

            def serve(conn):
                while request := conn.read_request():
                    if len(request.target) > 5100 and not answered:
                        conn.sock.recv(1)
                        return
                    conn.send(marked(request))

            scene.ndes.serve = serve
            scene.browse(APPLE, "SCEP%20Authority")
            scene.get_message(quoted(pkcs_req(world, world.device("device"))), *(() if answered else ("-m", "2")))
        syn = [n for n, p in enumerate(scene.packets) if (t := capfile.tcp(p)) and t[5] == 2][1]
        ends = [n for n, p in enumerate(scene.packets) if n > syn and (capfile.tcp(p)[5] & 1)]
        later = 0 if answered else 58 * 10**9
        return scene.packets[: ends[0]] + [p.later(later) for p in scene.packets[ends[0] :]]

    recipe = BY_CURL + ("" if answered else "; the client's end moved 58 seconds later")
    case(file, shows, recipe, keys=[RA_KEY], operations=ENROLMENT, **expected)(make)


long_url_case(
    "proxy-wap-longuri.pcap",
    "a proxy never answers the GET of 11 KB; the device gives up after a minute",
    False,
    must=["proxy-wap-longuri"],
    must_not=["net-client-abort", "http-no-reply"],
    exit=1,
)
long_url_case(
    "near/proxy-wap-longuri-answered.pcap",
    "the same GET, answered through the proxy",
    True,
    must=["rep-success"],
    near=["proxy-wap-longuri"],
    exit=0,
)


@case(
    "proxy-reencode.pcapng",
    "both legs of a reverse proxy that turns %2B into a space",
    "curl, nginx on the router, the responder",
    must=["proxy-reencode"],
    may=["scep-b64-space", "rep-not-cms"],
    must_not=["proxy-truncate", "scep-b64-invalid"],
    exit=1,
)
def reencoding_proxy(case_, world):
    with Scene(world, where="rtr0", also="rtr1") as scene:
        scene.ndes.pki_operation = lambda request: reply(200, b"", "application/x-pki-message")
        # A message has more plus signs than an expression has groups: each map turns the first that is left, sixteen in all.
        maps, name = "", "$arg_message"
        for number in range(16):
            maps += f'map {name} $m{number} {{ default {name}; "~^(?<a{number}>.*?)%2B(?<b{number}>.*)$" "${{a{number}}}%20${{b{number}}}"; }} '
            name = f"$m{number}"
        server = (
            "location / { proxy_pass http://10.5.1.4:80; } "
            f"location {MSCEP} {{ if ($arg_operation = PKIOperation) "
            f"{{ proxy_pass http://10.5.1.4:80$uri?operation=PKIOperation&message={name}; }} "
            "proxy_pass http://10.5.1.4:80; }"
        )
        http = "map_hash_bucket_size 256; variables_hash_max_size 4096; large_client_header_buffers 4 64k; " + maps
        start_nginx(scene, server, http, place="rtr")
        scene.get("operation=GetCACert&message=default", agent=APPLE, host="10.5.14.1")
        encoded = quoted(pkcs_req(world, world.device("device"), SHORT)).replace("+", "%2B")
        scene.get_message(encoded, host="10.5.14.1")
    write_both_legs(case_, scene)


@case(
    "near/proxy-cache-equal.pcap",
    "a cache gives the certificates that NDES itself gives",
    BY_CURL,
    near=["proxy-cache"],
    operations={"GetCACert": 2},
    exit=0,
    healthy=True,
)
def good_cache(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACert&message=default")
        fresh = scene.ndes.answer
        scene.ndes.answer = lambda request: fresh(request).replace(
            b"X-Powered-By: ASP.NET", b"Age: 86100\r\nX-Cache: HIT from cache01"
        )
        scene.get("operation=GetCACert&message=default", source=OTHER_DEVICE)
    return scene.packets


# --- statuses and pages -----------------------------------------------------------------------------------------------
@case(
    "http-404-doubleesc-path.pcap",
    "a proxy escaped the path twice: IIS answers 404 (sub-status 11 in its log)",
    BY_CURL,
    must=["http-404-doubleesc"],
    must_not=["http-404-notfound", "http-404-filter"],
    operations={**ENROLMENT, "PKIOperation": 1},
    keys=[RA_KEY],
    exit=1,
)
def path_escaped_twice(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_404() if "%25" in request.path else scene.ndes.scep(request)
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT), path=MSCEP + "/pkiclient%252Eexe")
    return scene.packets


@case(
    "http-500-impersonation.pcap",
    "500 for everything; IIS's detailed page names 0x80070542",
    BY_CURL,
    must=["http-500-impersonation"],
    must_not=["http-500-ndes"],
    operations=BROWSED,
    exit=1,
)
def impersonation(_case, world):
    page = iis_page(
        500,
        "IIS 10.0 Detailed Error - 500.0 - Internal Server Error",
        "HTTP Error 500.0 - Internal Server Error",
        "Either a required impersonation level was not provided, or the provided impersonation level is invalid. "
        "(Exception from HRESULT: 0x80070542) Error Code 0x80070542",
    )
    with Scene(world, answer=lambda request: page) as scene:
        scene.browse(path=EXE)
    return scene.packets


def gzip_certs(scene, _world):
    scene.ndes.cacert = lambda: gzipped(
        reply(200, scepmsg.degenerate(*scene.ndes.certs), "application/x-x509-ca-ra-cert")
    )


scep_case(
    "near/http-gzip-goes-on.pcap",
    "compressed certificates, which the device reads",
    ["rep-success"],
    gzip_certs,
    near=["http-gzip"],
    exit=0,
    healthy=True,
)


def caps_as_html(scene, _world):
    healthy = scene.ndes.answer
    scene.ndes.answer = lambda request: (
        healthy(request).replace(b"text/plain", b"text/html") if request.operation == "GetCACaps" else healthy(request)
    )


scep_case(
    "near/caps-type-html.pcap",
    "a list of capabilities that is called HTML",
    ["rep-success"],
    caps_as_html,
    near=["caps-html"],
    exit=0,
    healthy=True,
)


# --- names ------------------------------------------------------------------------------------------------------------
@case(
    "dns-appproxy-wrong-url.pcap",
    "the profile's name does not exist, while the application is published under its msappproxy.net name",
    "a resolver of our own, asked by hand",
    must=["dns-appproxy-wrong-url"],
    must_not=["dns-nxdomain"],
    exit=1,
)
def name_outside_the_proxy(_case, world):
    with Scene(world, where="dev0", responder=False) as scene:
        published = "ndes-contoso.msappproxy.net"
        domain.look_up(scene.lab, "dev", published, lambda asked: domain.dns_answer(asked, address="10.5.1.9"))
        domain.look_up(scene.lab, "dev", "ndes.contoso.com", lambda asked: domain.dns_answer(asked, 3))
    return scene.packets


# --- the way to Intune ------------------------------------------------------------------------------------------------
INTUNE, CLOUD = "fef.msub05.manage.microsoft.com", "10.5.14.22"


def resetting(sock):
    sock.recv(65536)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def speaking_tls(world, folder):
    """A server with a certificate for Intune's host name; whoever calls gets an answer and a goodbye."""
    key, issuer = pki.rsa_key(world.keys / "tls-server.key"), pki.rsa_key(world.keys / "windows.key")
    root = folder / "root.pem"
    root.write_bytes(scepmsg.pem(pki.self_signed(issuer, "/C=US/O=DigiCert Inc/CN=DigiCert Test CA", "ca")))
    extensions = [*pki.PROFILES["server"][:2], f"subjectAltName=DNS:{INTUNE}"]
    chain = scepmsg.pem(pki.certificate(key, f"/CN={INTUNE}", extensions, issuer, root)) + root.read_bytes()
    (folder / "chain.pem").write_bytes(chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", key)

    def serve(sock):
        with context.wrap_socket(sock, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            tls.unwrap()

    return serve


def intune_case(file, shows, must, serving, **expected):
    """Two devices' first questions, so that this is the NDES host, and two calls of its connector to Intune."""

    def make(_case, world):
        with Scene(world) as scene:
            serve = serving(world, scene.lab.folder)
            listener = scene.lab.inside("dev", lambda: socket.create_server((CLOUD, 443)))

            def accept():
                for _ in range(2):
                    with listener.accept()[0] as sock:
                        serve(sock)

            threading.Thread(target=accept, daemon=True).start()
            scene.browse(path=EXE)
            for _ in range(2):
                words = ("-k", "--tls-max", "1.2", "-A", "Connector", "--resolve", f"{INTUNE}:443:{CLOUD}")
                url = f"https://{INTUNE}/TrafficGateway/TrafficRoutingService"
                scene.lab.exec("srv", "curl", "-sS", "-o", "/dev/null", "-m", "20", *words, url)
            listener.close()
        return scene.packets

    case(file, shows, "curl, the responder, a TLS server in Python", must=must, operations=BROWSED, **expected)(make)


intune_case(
    "conn-intune-blocked.pcap",
    "a firewall resets what the NDES host sends to Intune",
    ["conn-intune-blocked"],
    lambda world, folder: resetting,
    exit=1,
)
intune_case(
    "near/conn-intune-ok.pcap",
    "the NDES host reaches Intune",
    [],
    speaking_tls,
    near=["conn-intune-blocked"],
    exit=0,
    healthy=True,
)


# --- connections -------------------------------------------------------------------------------------------------------
@case(
    "near/net-refused-scan.pcap",
    "somebody looks for open ports and is refused on each",
    "a socket client against an empty server",
    near=["net-refused"],
    exit=0,
    healthy=True,
)
def port_scan(_case, world):
    def scan():
        for port in (21, 22, 80, 443, 3389, 8080):
            with socket.socket() as sock:
                sock.connect_ex((SERVER, port))

    with Scene(world, responder=False) as scene:
        scene.lab.inside("dev", scan)
    return scene.packets
