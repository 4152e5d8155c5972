# SPDX-License-Identifier: Apache-2.0
"""Faults as they are met in the field: the same as others here, seen from another place or at another moment."""

import socket
import struct
import time
from contextlib import suppress
from dataclasses import replace

import capfile
import domain
import scepmsg
from cases import ANDROID, APPLE, Scene, case
from cases_capture import BASE, HEALTHY, edit
from cases_neighbours import domain_case
from cases_status import FAILED, fixed, http_case
from common import BY_CURL, ENROLMENT, EXE, RA_KEY, SHORT, pkcs_req, quoted, replies, scep_case, status
from lab import SERVER
from ndes_responder import MSCEP, page_404
from pki import intune_challenge


# --- connections ------------------------------------------------------------------------------------------------------------------
def refusal(syn):
    """The RST that a port without a listener gives to this SYN."""
    ip, start = bytearray(syn.ip), (syn.ip[0] & 15) * 4
    source, dest, seq = struct.unpack_from(">HHI", ip, start)
    ip = ip[:2] + struct.pack(">H", start + 20) + ip[4:12] + ip[16:20] + ip[12:16] + ip[20:start]
    ip += struct.pack(">HHIIBBHHH", dest, source, 0, seq + 1, 0x50, 0x14, 0, 0, 0)
    return replace(syn, ts_ns=syn.ts_ns + 40000).with_data(syn.data[6:12] + syn.data[:6] + syn.data[12:14] + bytes(ip))


def refused_at_first(packets):
    """As Windows does: the refused SYN once more half a second later, and then the service is there."""
    syn, *rest = packets
    return [syn, refusal(syn), *(packet.later(500_000_000) for packet in [syn, *rest])]


edit(
    "near/net-refused-starting.pcap",
    "the first SYN is refused, the same SYN half a second later is answered",
    BASE,
    refused_at_first,
    near=["net-refused"],
    **HEALTHY,
)


@case(
    "net-pmtu-blackhole-receiver.pcap",
    "the server's large packets never arrive: captured at the client, which gets only the small end of GetCACert",
    "curl and the responder, large packets dropped on the way",
    must=["net-pmtu-blackhole"],
    must_not=["http-no-reply", "http-body-short", "cap-gap"],
    operations={"GetCACaps": 1, "GetCACert": 1},
    exit=1,
    near=["net-rst-reply"],
)
def blackhole_at_receiver(_case, world):
    with Scene(world, where="dev0", settle=False) as scene:
        scene.ndes.certs.append(world.ndes.ca.cert)  # the end of the answer is a small segment
        scene.lab.nft("rtr", ("forward", "tcp sport 80 meta length > 1400 counter drop"))
        scene.get("operation=GetCACaps&message=ca", agent=ANDROID)
        scene.get("operation=GetCACert&message=ca", "-m", "12", agent=ANDROID)
    return scene.packets


@case(
    "net-rst-request-next-head.pcap",
    "a filter resets in the head of a long GET, on the connection that carried GetCACert and GetCACaps before",
    "a socket client and the responder",
    must=["net-rst-request"],
    must_not=["net-rst-reply", "scep-stops-after-caps", "scep-truncated-get"],
    operations={"GetCACert": 1, "GetCACaps": 1},
    outcomes={"ok": 2},
    exit=1,
)
def reset_in_next_head(_case, world):
    long = f"operation=PKIOperation&message={quoted(pkcs_req(world, world.device('device'), intune_challenge()))}"

    def head(query):
        return f"GET {MSCEP}?{query} HTTP/1.1\r\nHost: {SERVER}\r\nUser-Agent: {APPLE}\r\n\r\n".encode()

    def serve(conn):
        while b"PKIOperation" not in conn.pending:
            if b"\r\n\r\n" in conn.pending:
                conn.send(scene.ndes.answer(conn.read_request()))
            elif not conn._more():
                return
        conn.reset()

    def talk():
        with socket.create_connection((SERVER, 80)) as sock:
            for query in ("operation=GetCACert&message=x", "operation=GetCACaps&message=x"):
                sock.sendall(head(query))
                sock.settimeout(0.3)
                with suppress(TimeoutError):
                    while sock.recv(65536):
                        pass
            sock.sendall(head(long)[:4000])
            sock.settimeout(5)
            with suppress(ConnectionResetError):
                sock.recv(1)

    with Scene(world, serve=serve) as scene:
        scene.lab.inside("dev", talk)
    return scene.packets


# --- statuses ---------------------------------------------------------------------------------------------------------------------
http_case(
    "http-503-other-507.pcap",
    "a storage gateway's 507, which has no name of its own here",
    fixed(lambda: status(507, "Insufficient Storage", "gateway/2.1")),
    ["http-503-other"],
    outcomes=FAILED,
    enrolments={"failed": 1},
    exit=1,
    near=["http-500-ndes", "proxy-502"],
)


@case(
    "near/nextca-not-served.pcap",
    "GetNextCACert gets 404, which the capabilities do not offer; the enrolment goes on",
    BY_CURL,
    must_not=["http-404-filter", "http-404-notfound", "nextca-unsigned"],
    outcomes={"ok": 3, "failed": 1},
    enrolments={"succeeded": 1},
    exit=0,
    healthy=True,
    keys=[RA_KEY],
)
def next_ca_not_served(_case, world):
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: (page_404() if request.operation == "GetNextCACert" else healthy(request))
        scene.browse(path=EXE)
        scene.get("operation=GetNextCACert&message=default", path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
    return scene.packets


@case(
    "near/http-407-ntlm.pcap",
    "a proxy asks for NTLM: 407, 407 with its challenge, then the request passes",
    "a socket client and the responder",
    must_not=["http-4xx-other"],
    near=["http-4xx-other"],
    healthy=True,
    exit=0,
    keys=[RA_KEY],
    enrolments={"succeeded": 1},
)
def proxy_log_on(_case, world):
    asked = [b"NTLM", b"NTLM TlRMTVNTUAACAAAAAAAAADgAAAA="]
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: (
            status(407, "Proxy Authentication Required", "squid/5.7", [f"Proxy-Authenticate: {asked.pop(0).decode()}"])
            if asked
            else healthy(request)
        )
        url = scene.url("operation=GetCACaps&message=default", path=EXE)
        scene.lab.curl(
            "-A",
            ANDROID,
            url,
            "-o",
            "/dev/null",
            url,
            "-o",
            "/dev/null",
            url,
            "-o",
            "/dev/null",
            scene.url("operation=GetCACert&message=default", path=EXE),
        )
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"), agent=ANDROID)
    return scene.packets


# --- behind NDES ------------------------------------------------------------------------------------------------------------------
@case(
    "net-refused-policy.pcapng",
    "nothing listens on port 443 of the NDES host when its plug-in calls, and NDES refuses the request",
    "curl, the responder and a second curl on the server's loopback",
    must=["net-refused"],
    must_not=["rep-fail-2-badrequest"],
    operations=ENROLMENT,
    enrolments={"failed": 1},
    keys=[RA_KEY],
    exit=1,
    near=["tls-no-serverhello"],
)
def plugin_refused(case_, world):
    with Scene(world, also="lo") as scene:

        def decide(asked, _plain):
            scene.lab.exec(
                "srv",
                "curl",
                "-sS",
                "-A",
                "NDES_Plugin",
                "-d",
                "{}",
                f"https://{SERVER}/CertificateRegistrationSvc/Certificate/VerifyRequest",
            )
            return scene.ndes.failure(asked, 2, -2147467259)

        scene.ndes.decide = decide
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), cipher="aes256"))
    packets = sorted(
        [*scene.packets, *(replace(capfile.with_link_type(p, capfile.NULL), interface=1) for p in scene.also)],
        key=lambda p: p.ts_ns,
    )
    case_.path.write_bytes(
        capfile.section(packets, [(capfile.EN10MB, "Ethernet", 6, 262144), (capfile.NULL, "Loopback", 6, 262144)])
    )


def silent_directory(scene):
    """The controller takes the connection and answers no bind."""
    listener = scene.lab.inside("dev", lambda: socket.create_server((domain.CA, 389)))

    def ask():
        with socket.create_connection((domain.CA, 389)) as sock:
            sock.sendall(bytes.fromhex("300c020101600702010304008000"))
            time.sleep(11)

    scene.lab.inside("srv", ask)
    listener.close()


domain_case(
    "ca-ldap-silent.pcap",
    "the domain controller takes LDAP's connection and says nothing for eleven seconds",
    ["ca-ldap-fail"],
    during=silent_directory,
    may=["http-500-ndes"],
    must_not=["ca-rpc-dyn-blocked", "ca-rpc-135-timeout"],
    exit=1,
)

# --- the answer -------------------------------------------------------------------------------------------------------------------
scep_case(
    "rep-cert-leaf-none.pcap",
    "SUCCESS whose envelope holds a set of no certificates",
    ["rep-cert-leaf"],
    replies(
        lambda n, a, p: scepmsg.cert_rep(n.signer, a, 0, scepmsg.envelop(scepmsg.degenerate(), [a.signer_cert], "des3"))
    ),
    keys=[RA_KEY, "device.key"],
    exit=1,
    near=["rep-cert-content", "rep-cert-notyet"],
)
scep_case(
    "near/rep-cert-leaf-chain.pcap",
    "SUCCESS with the CA's certificate before the issued one",
    ["rep-success"],
    replies(
        lambda n, a, p: scepmsg.cert_rep(
            n.signer,
            a,
            0,
            scepmsg.envelop(scepmsg.degenerate(n.ndes.ca.cert, n.ndes.issue(p)), [a.signer_cert], "des3"),
        )
    ),
    keys=[RA_KEY, "device.key"],
    exit=0,
    healthy=True,
    near=["rep-cert-leaf"],
)
