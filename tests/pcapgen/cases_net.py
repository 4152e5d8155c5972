# SPDX-License-Identifier: Apache-2.0
"""What the network does to an enrolment: filters, resets, ICMP, lost and large packets, stuck and impatient ends."""

import socket
import threading

import capfile
from cases import ANDROID, Scene, WINDOWS, case
from common import BROWSED, ENROLMENT, EXE, RA_KEY, SHORT, pkcs_req, raw_client
from lab import DEVICE6, SERVER, SERVER6, wait_for
from ndes_responder import MSCEP
from pki import intune_challenge

KNOWN = ["--server", "10.5.1.4"]
BY_NFT = "curl and the responder, nft on the router between them"


@case(
    "net-syn-timeout.pcap",
    "a firewall drops the SYNs; the capture is at the device and nothing else is in it",
    BY_NFT,
    must=["net-syn-timeout"],
    must_not=["net-refused"],
    options=KNOWN,
    exit=1,
)
def syn_timeout(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.lab.nft("rtr", ("forward", "tcp dport 80 counter drop"))
        scene.ask_caps("--connect-timeout", "8")
    return scene.packets


@case(
    "net-syn-timeout-later.pcap",
    "a server that answered before falls silent",
    BY_NFT,
    must=["net-syn-timeout"],
    operations=BROWSED,
    exit=1,
)
def syn_timeout_later(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.browse(path=EXE)
        scene.lab.nft("rtr", ("forward", "tcp dport 80 counter drop"))
        scene.ask_caps("--connect-timeout", "8")
    return scene.packets


@case(
    "net-syn-timeout-passing.pcap",
    "a firewall drops the SYNs for eight seconds, then lets the device through",
    BY_NFT,
    must=["net-syn-timeout"],
    operations=BROWSED,
    outcomes={"ok": 2},
    exit=0,
)
def syn_timeout_passing(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.lab.nft("rtr", ("forward", "tcp dport 80 counter drop"))
        scene.ask_caps("--connect-timeout", "8")
        scene.lab.nft_clear("rtr")
        scene.browse(path=EXE)
    return scene.packets


@case(
    "near/net-syn-retry-once.pcap",
    "one SYN is lost, the second is answered",
    BY_NFT,
    must_not=["net-syn-timeout", "net-syn-loss", "net-retrans"],
    operations={"GetCACaps": 1},
    exit=0,
    near=["net-syn-timeout", "net-syn-loss"],
    healthy=True,
)
def syn_retry(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.lab.nft("rtr", ("forward", "tcp dport 80 tcp flags syn quota until 60 bytes counter drop"))
        scene.ask_caps()
    return scene.packets


@case(
    "net-syn-loss.pcap",
    "SYN-ACKs do not come back to the device; captured at the server",
    BY_NFT,
    must=["net-syn-loss"],
    must_not=["net-syn-timeout", "cap-one-way"],
    options=KNOWN,
)
def syn_ack_lost(_case, world):
    with Scene(world, settle=False) as scene:
        scene.lab.nft("rtr", ("forward", "tcp sport 80 counter drop"))
        scene.ask_caps("--connect-timeout", "8")
    return scene.packets


@case(
    "net-refused.pcap",
    "nothing listens on port 80",
    "curl, no server",
    must=["net-refused"],
    must_not=["net-syn-timeout"],
    options=KNOWN,
    exit=1,
)
def refused(_case, world):
    with Scene(world, where="dev0", responder=False) as scene:
        scene.ask_caps()
    return scene.packets


@case(
    "net-refused-later.pcap",
    "the service stops between two requests",
    "curl and the responder",
    must=["net-refused"],
    operations=BROWSED,
    exit=1,
)
def refused_later(_case, world):
    with Scene(world) as scene:
        scene.browse(path=EXE)
        scene.ndes.close()
        scene.ndes = None
        scene.ask_caps()
    return scene.packets


@case(
    "net-rst-request-middlebox.pcap",
    "a box on the way resets the connection when the large request comes; its TTL is not the server's",
    BY_NFT,
    must=["net-rst-request"],
    must_not=["net-client-abort", "http-no-reply"],
    operations=BROWSED,
    exit=1,
)
def rst_middlebox(_case, world):
    with Scene(world, where="dev0", settle=False) as scene:
        scene.browse(path=EXE)
        scene.lab.nft("rtr", ("forward", "tcp dport 80 meta length > 1000 counter reject with tcp reset"))
        scene.post(pkcs_req(world, world.device("device"), SHORT))
    return scene.packets


@case(
    "net-rst-request-server.pcap",
    "the server resets after it has read the request",
    "curl and the responder",
    must=["net-rst-request"],
    must_not=["net-client-abort"],
    operations=ENROLMENT,
    exit=1,
)
def rst_server(_case, world):
    with Scene(world) as scene:

        def serve(conn):
            while request := conn.read_request():
                if request.operation == "PKIOperation":
                    return conn.reset()
                conn.send(scene.ndes.answer(request))
            return None

        scene.ndes.serve = serve
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT))
    return scene.packets


@case(
    "near/net-rst-after-reply.pcap",
    "the server resets after its whole reply was acknowledged: harmless",
    "a socket client and the responder",
    must_not=["net-rst-reply", "net-rst-request", "deliv-reply-lost", "http-body-short"],
    operations={"GetCACert": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
    near=["net-rst-request", "net-rst-reply"],
)
def rst_after_reply(_case, world):
    with Scene(world) as scene:

        def serve(conn):
            conn.send(scene.ndes.answer(conn.read_request()))
            conn.wait_sent()
            conn.reset()

        scene.ndes.serve = serve
        request = f"GET {MSCEP}?operation=GetCACert&message=ca HTTP/1.1\r\nHost: ndes.contoso.com\r\nUser-Agent: {ANDROID}\r\n\r\n"
        raw_client(scene, request.encode())
    return scene.packets


@case(
    "net-icmp-admin-prohibited.pcap",
    "the router refuses with ICMP administratively prohibited",
    BY_NFT,
    must=["net-icmp-unreach"],
    must_not=["net-syn-timeout"],
    options=KNOWN,
    exit=1,
    near=["net-icmp-frag"],
)
def icmp_prohibited(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.lab.nft("rtr", ("forward", "tcp dport 80 counter reject with icmpx type admin-prohibited"))
        scene.ask_caps("--connect-timeout", "4")
    return scene.packets


@case(
    "net-icmp-host-unreachable.pcap",
    "the router has no way to the server any more",
    "curl and the responder, an unreachable route",
    must=["net-icmp-unreach"],
    operations=BROWSED,
    exit=1,
)
def icmp_host(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.browse(path=EXE)
        scene.lab.ip("rtr", "route", "add", "unreachable", SERVER)
        scene.ask_caps("--connect-timeout", "4")
    return scene.packets


@case(
    "net-icmp6-admin-prohibited.pcap",
    "the same over IPv6",
    BY_NFT,
    must=["net-icmp-unreach"],
    options=["--server", SERVER6],
    exit=1,
)
def icmp6_prohibited(_case, world):
    with Scene(world, where="dev0", host=SERVER6) as scene:
        scene.lab.nft("rtr", ("forward", "tcp dport 80 counter reject with icmpx type admin-prohibited"))
        scene.ask_caps("-g", "--connect-timeout", "4", host=f"[{SERVER6}]", source=DEVICE6
        )
    return scene.packets


@case(
    "near/net-icmp-unrelated.pcap",
    "an ICMP error about another connection beside a healthy exchange",
    BY_NFT,
    must_not=["net-icmp-unreach"],
    operations=BROWSED,
    exit=0,
    healthy=True,
)
def icmp_unrelated(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.lab.nft("rtr", ("forward", "tcp dport 8530 counter reject with icmpx type admin-prohibited"))
        scene.lab.curl("--connect-timeout", "2", f"http://{SERVER}:8530/selfupdate/wuident.cab")
        scene.browse(path=EXE)
    return scene.packets


@case(
    "net-pmtu-blackhole.pcap",
    "packets over 1,400 bytes to the server vanish and no ICMP comes back: the small requests work, the long one hangs",
    BY_NFT,
    must=["net-pmtu-blackhole"],
    must_not=["net-retrans", "net-client-abort"],
    operations=BROWSED,
    exit=1,
)
def blackhole(_case, world):
    with Scene(world, where="dev0", settle=False) as scene:
        scene.lab.nft("rtr", ("forward", "ip saddr 10.5.14.7 ip length > 1400 counter drop"))
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), intune_challenge()), "-m", "8")
    return scene.packets


@case(
    "near/net-icmp-frag-ok.pcap",
    "fragmentation needed, the sender then sends smaller segments: health",
    "curl and the responder, a small route MTU on the router",
    must=["net-icmp-frag", "rep-success"],
    must_not=["net-pmtu-blackhole", "net-retrans"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def fragmentation_needed(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.browse(path=EXE)
        scene.lab.ip("rtr", "route", "replace", "10.5.1.0/24", "dev", "rtr1", "mtu", "lock", "1300")
        scene.post(pkcs_req(world, world.device("device"), cipher="aes256"))
    return scene.packets


@case(
    "net-zero-window.pcap",
    "the server stops reading for more than five seconds in the middle of a request",
    "curl and the responder with a small buffer",
    must=["net-zero-window", "rep-success"],
    operations={"PKIOperation": 1},
    keys=[RA_KEY],
)
def zero_window(_case, world):
    with Scene(world) as scene:
        scene.ndes.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def serve(conn):
            threading.Event().wait(6.5)  # the stall is what the capture is about
            scene.ndes.serve_all(conn)

        scene.ndes.serve = serve
        scene.post(pkcs_req(world, world.device("device"), intune_challenge(18000), cipher="aes256"))
    return scene.packets


@case(
    "net-retrans.pcap",
    "the reply is lost five times before it gets through",
    BY_NFT,
    must=["net-retrans", "rep-success"],
    operations=ENROLMENT,
    must_not=["net-pmtu-blackhole"],
    keys=[RA_KEY],
)
def retransmissions(_case, world):
    with Scene(world) as scene:
        scene.browse(path=EXE)
        scene.lab.nft("rtr", ("forward", "tcp sport 80 meta length > 300 counter drop"))

        def heal():
            wait_for(lambda: scene.lab.nft_hits("rtr") >= 7, "no retransmissions")
            scene.lab.nft_clear("rtr")

        healer = threading.Thread(target=heal)
        healer.start()
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
        healer.join()
    return scene.packets


@case(
    "near/net-one-loss.pcap",
    "one segment is lost and sent again",
    BY_NFT,
    must=["rep-success"],
    must_not=["net-retrans", "net-pmtu-blackhole", "cap-gap"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=0,
    healthy=True,
    near=["cap-gap"],
)
def one_loss(_case, world):
    with Scene(world, where="dev0") as scene:
        scene.browse(path=EXE)
        scene.lab.nft("rtr", ("forward", "tcp dport 80 meta length > 1400 quota until 1500 bytes counter drop"))
        scene.post(pkcs_req(world, world.device("device"), cipher="aes256"))
    return scene.packets


@case(
    "net-client-abort.pcap",
    "the device gives up after 21 seconds without a byte of the reply",
    "curl and the responder",
    must=["net-client-abort"],
    must_not=["http-no-reply", "net-rst-request"],
    operations=ENROLMENT,
    outcomes={"ok": 2, "unanswered": 1},
    near=["http-no-reply"],
)
def client_abort(_case, world):
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        done = threading.Event()
        scene.ndes.answer = (
            lambda request: None if request.operation == "PKIOperation" and done.wait(40) else healthy(request)
        )
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT), "-m", "21")
        done.set()
    return scene.packets


@case(
    "rep-late.pcap",
    "the CertRep comes after the device has gone: issued, not delivered",
    "curl and the responder",
    must=["rep-late"],
    must_not=["http-no-reply", "net-rst-reply"],
    operations=ENROLMENT,
    enrolments={"failed": 1},
    exit=1,
)
def late(_case, world):
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        done = threading.Event()
        scene.ndes.answer = lambda request: (
            done.wait(40) if request.operation == "PKIOperation" else None,
            healthy(request),
        )[1]
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT), "-m", "2")
        done.set()
        wait_for(lambda: "10.5.14.7" not in scene.lab.exec("srv", "ss", "-Htn").stdout.decode(), "reply was not sent")
    return scene.packets


@case(
    "deliv-reply-lost.pcap",
    "the CertRep is sent and never acknowledged, the device closes",
    BY_NFT,
    must=[],
    any_of=[["deliv-reply-lost", "rep-late"]],
    must_not=["http-body-short"],
    operations=ENROLMENT,
    exit=1,
    near=["deliv-ok"],
)
def reply_lost(_case, world):
    with Scene(world, settle=False) as scene:
        scene.browse(path=EXE)
        scene.lab.nft("rtr", ("forward", "tcp sport 80 meta length > 300 counter drop"))
        scene.post(pkcs_req(world, world.device("device"), SHORT), "-m", "3")
    return scene.packets


@case(
    "near/net-half-close.pcap",
    "the client closes its side after the request and still gets the whole reply",
    "a socket client and the responder",
    must_not=["net-client-abort", "rep-late", "http-body-short"],
    operations={"GetCACert": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)
def half_close(_case, world):
    request = f"GET {MSCEP}?operation=GetCACert&message=ca HTTP/1.0\r\nHost: ndes.contoso.com\r\nUser-Agent: {ANDROID}\r\nConnection: close\r\n\r\n"
    with Scene(world) as scene:
        raw_client(scene, request.encode(), after=lambda sock: sock.shutdown(socket.SHUT_WR))
    return scene.packets


@case(
    "net-port-reuse.pcap",
    "two connections with the same ports, one after the other",
    "a socket client and the responder",
    must=["net-port-reuse"],
    must_not=["net-retrans"],
    operations={"GetCACaps": 2},
    outcomes={"ok": 2},
    exit=0,
    healthy=True,
)
def port_reuse(_case, world):
    request = f"GET {MSCEP}?operation=GetCACaps&message=ca HTTP/1.1\r\nHost: ndes.contoso.com\r\nUser-Agent: {ANDROID}\r\nConnection: close\r\n\r\n"

    def talk():
        for _ in range(2):
            with socket.socket() as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("10.5.14.7", 40999))
                sock.connect((SERVER, 80))
                sock.sendall(request.encode())
                while sock.recv(65536):
                    pass

    with Scene(world) as scene:
        scene.lab.inside("dev", talk)
    return scene.packets


@case(
    "near/net-keepalive-probes.pcap",
    "keep-alive probes on an idle connection",
    "a socket client and the responder",
    must_not=["net-retrans", "net-zero-window", "cap-dup"],
    operations={"GetCACaps": 2},
    outcomes={"ok": 2},
    exit=0,
    near=["net-idle-close"],
    healthy=True,
)
def keepalive(_case, world):
    request = f"GET {MSCEP}?operation=GetCACaps&message=ca HTTP/1.1\r\nHost: ndes.contoso.com\r\nUser-Agent: {ANDROID}\r\n\r\n".encode()

    def talk():
        with socket.create_connection((SERVER, 80)) as sock:
            for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1)):
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.sendall(request)
            sock.recv(65536)
            threading.Event().wait(3.5)
            sock.sendall(request)
            sock.recv(65536)

    with Scene(world) as scene:
        scene.lab.inside("dev", talk)
    return scene.packets


@case(
    "near/net-ipv6-ok.pcap",
    "a complete enrolment over IPv6",
    "curl and the responder",
    must=["rep-success"],
    operations=ENROLMENT,
    outcomes={"ok": 3},
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def ipv6(_case, world):
    host = f"[{SERVER6}]"
    with Scene(world, host=SERVER6) as scene:
        for operation in ("GetCACaps", "GetCACert"):
            scene.get(f"operation={operation}&message=default", "-g", host=host, source=DEVICE6)
        body = scene.lab.folder / "message.der"
        body.write_bytes(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
        scene.get(
            "operation=PKIOperation",
            "-g",
            "-H",
            "Content-Type: application/x-pki-message",
            "--data-binary",
            f"@{body}",
            host=host,
            source=DEVICE6,
        )
    return scene.packets


def stalled(scene, data):
    """A client that stops in the middle; the server ends the connection at once, the waiting is put in afterwards."""

    def serve(conn):
        while len(conn.pending) < len(data):
            conn.pending += conn.sock.recv(65536)

    scene.ndes.serve = serve
    raw_client(scene, data)


def closing_later(packets, seconds):
    """Everything from the server's FIN on, that much later."""
    first = next(
        number for number, p in enumerate(packets) if (capfile.tcp(p) or [0] * 6)[1] == 80 and capfile.tcp(p)[5] & 1
    )
    return packets[:first] + [p.later(seconds * 10**9) for p in packets[first:]]


@case(
    "net-header-wait.pcap",
    "half a request line, two minutes of silence, the server closes",
    "a socket client and the responder; the FIN moved 121 seconds later",
    must=["net-header-wait"],
    must_not=["http-no-reply"],
    options=KNOWN,
    exit=1,
)
def header_wait(_case, world):
    with Scene(world) as scene:
        stalled(
            scene,
            f"GET {MSCEP}?operation=PKIOperation&message=MIIJwgYJKoZIhvcNAQcCoIIJszCCCa8CAQExDzANBglghkgBZQMEAgEF".encode(),
        )
    return closing_later(scene.packets, 121)


@case(
    "net-slow-body.pcap",
    "half a POST body, two minutes of silence, the server closes",
    "a socket client and the responder; the FIN moved 121 seconds later",
    must=["net-slow-body"],
    must_not=["scep-truncated-post"],
    exit=1,
    near=["http-408"],
)
def slow_body(_case, world):
    message = pkcs_req(world, world.device("device"), SHORT)
    head = (
        f"POST {EXE}?operation=PKIOperation HTTP/1.1\r\nHost: ndes.contoso.com\r\nUser-Agent: {WINDOWS}\r\n"
        f"Content-Type: application/x-pki-message\r\nContent-Length: {len(message)}\r\n\r\n"
    )
    with Scene(world) as scene:
        stalled(scene, head.encode() + message[:1200])
    return closing_later(scene.packets, 121)


@case(
    "near/net-idle-close.pcap",
    "a keep-alive connection that the server closes after two idle minutes",
    "a socket client and the responder; the FIN moved 121 seconds later",
    must=["net-idle-close"],
    must_not=["http-no-reply", "net-header-wait", "net-client-abort"],
    operations={"GetCACaps": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)
def idle_close(_case, world):
    request = f"GET {MSCEP}?operation=GetCACaps&message=ca HTTP/1.1\r\nHost: ndes.contoso.com\r\nUser-Agent: {ANDROID}\r\n\r\n"
    with Scene(world) as scene:

        def serve(conn):
            conn.send(scene.ndes.answer(conn.read_request()))

        scene.ndes.serve = serve
        raw_client(scene, request.encode())
    return closing_later(scene.packets, 121)


def delayed(packets, after_request, seconds):
    """Packets from the first reply byte of the last request on, that much later: a slow server without the waiting."""
    return packets[:after_request] + [p.later(int(seconds * 10**9)) for p in packets[after_request:]]


def slow_case(file, shows, operation, seconds, **expected):
    def make(_case, world):
        with Scene(world) as scene:
            scene.browse(path=EXE)
            scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
            if operation == "GetCACaps":
                scene.ask_caps(path=EXE)
        replies = [
            n
            for n, p in enumerate(scene.packets)
            if (t := capfile.tcp(p)) and t[1] == 80 and t[6].startswith(b"HTTP/1.1 200")
        ]
        return delayed(scene.packets, replies[-1], seconds)

    case(
        file, shows, f"curl and the responder; the last reply moved {seconds} seconds later", keys=[RA_KEY], **expected
    )(make)


slow_case(
    "perf-pkiop-slow.pcap",
    "PKIOperation takes 12 seconds",
    "PKIOperation",
    12,
    must=["perf-pkiop-slow", "rep-success"],
    operations=ENROLMENT,
    exit=0,
)
slow_case(
    "perf-pkiop-slow-error.pcap",
    "PKIOperation takes 41 seconds",
    "PKIOperation",
    41,
    must=["perf-pkiop-slow", "rep-success"],
    operations=ENROLMENT,
)
slow_case(
    "perf-getca-slow.pcap",
    "GetCACaps takes 4 seconds on a warm server",
    "GetCACaps",
    4,
    must=["perf-getca-slow"],
    operations={**ENROLMENT, "GetCACaps": 2},
    exit=0,
)
slow_case(
    "near/perf-pkiop-normal.pcap",
    "PKIOperation takes the usual 1.3 seconds",
    "PKIOperation",
    1.3,
    must=["rep-success"],
    must_not=["perf-pkiop-slow"],
    operations=ENROLMENT,
    exit=0,
    near=["perf-getca-slow"],
    healthy=True,
)
