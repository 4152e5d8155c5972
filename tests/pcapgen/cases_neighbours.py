# SPDX-License-Identifier: Apache-2.0
"""The neighbours of an enrolment: the CA behind NDES, its domain controllers and resolvers.

The second address of the device's side plays the CA's host and the domain controller.
"""

import socket
import ssl
from contextlib import suppress
from dataclasses import replace

import capfile
import domain
import pki
import scepmsg
from cases import PLUGIN, Scene, case
from common import ENROLMENT, EXE, OK, RA_KEY, SHORT, bad_request, pkcs_req
from lab import DEVICE, SERVER, run
from ndes_responder import POLICY, Responder, page_500, reply, wait_seconds

BY_RPC = "curl, the responder, a CA that speaks RPC by hand"
TEMPLATE_UNKNOWN, DENIED, UNAVAILABLE = -2146875392, -2147024891, -2147023174


# --- the CA's RPC -----------------------------------------------------------------------------------------------------------------
def ca_case(file, shows, must, answer, submit=None, bind=None, rule=None, call=None, **expected):
    """An enrolment for which NDES calls the CA: `answer(scene, asked, plain)` is what NDES then sends."""
    expected.setdefault("keys", [RA_KEY])
    expected.setdefault("operations", ENROLMENT)

    def make(_case, world):
        with Scene(world) as scene:
            authority = domain.Authority(scene.lab, submit, bind)

            def decide(asked, plain):
                scene.lab.inside("srv", call or calls)
                return answer(scene, asked, plain)

            def calls():
                with suppress(OSError):
                    domain.activate()
                    domain.submit(3.5 if rule else 60)

            scene.ndes.decide = decide
            if rule:
                scene.lab.nft("rtr", ("forward", rule))
            scene.browse(path=EXE)
            scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
            authority.close()
        return scene.packets

    case(file, shows, BY_RPC, must=must, **expected)(make)


def refuse(hresult):
    return lambda scene, asked, _plain: scene.ndes.failure(asked, 2, hresult)


def grant(scene, asked, plain):
    return scene.ndes.success(asked, plain)


CONSEQUENCES = ["rep-fail-2-badrequest", "perf-pkiop-slow"]
ca_case(
    "ca-rpc-fault.pcap",
    "the CA answers NDES's call with a fault: access denied",
    ["ca-rpc-fault"],
    refuse(DENIED),
    lambda call: domain.fault(call, domain.STATUS_DENIED),
    may=CONSEQUENCES,
    must_not=["ca-failed", "ca-rpc-dyn-blocked"],
    exit=1,
)
ca_case(
    "ca-rpc-bind-nak.pcap",
    "the CA refuses the bind: it does not know the way to authenticate",
    ["ca-rpc-fault"],
    refuse(DENIED),
    bind=lambda call: domain.pdu(domain.BIND_NAK, call, b"\x08\x00\x01\x05\x00"),
    may=CONSEQUENCES,
    must_not=["ca-failed"],
    exit=1,
)
ca_case(
    "ca-rpc-not-there.pcap",
    "CertSvc is stopped: the interface is not there",
    ["ca-rpc-fault"],
    refuse(UNAVAILABLE),
    bind=lambda call: domain.bind_ack(call, domain.CERTSRV, accepted=False),
    may=CONSEQUENCES,
    exit=1,
)
ca_case(
    "ca-failed.pcap",
    "the CA answers at once, and denies: the template is not published",
    ["ca-failed"],
    refuse(TEMPLATE_UNKNOWN),
    may=CONSEQUENCES,
    must_not=["ca-rpc-fault", "ca-slow"],
    exit=1,
)


def late(call):
    wait_seconds(4)
    return domain.response(call, bytes(1200), bytes(16))


ca_case(
    "ca-slow.pcap",
    "the CA takes four seconds",
    ["ca-slow", "rep-success"],
    grant,
    late,
    must_not=["ca-failed", "ca-rpc-fault"],
    exit=0,
)
ca_case(
    "near/ca-rpc-ok.pcap",
    "NDES calls the CA and gets the certificate; of the syntaxes offered the CA takes one",
    ["rep-success"],
    grant,
    must_not=["ca-rpc-fault", "ca-failed", "ca-slow", "ca-no-call"],
    outcomes=OK,
    near=["ca-rpc-fault", "ca-failed", "ca-slow"],
    healthy=True,
    exit=0,
)


def bound_again():
    """The first bind is refused, the next one accepted on the same connection."""
    with socket.create_connection((domain.CA, domain.CERTSRV)) as sock:
        sock.sendall(domain.bind(2, domain.CERT_REQUEST))
        domain.read_pdu(sock)
        sock.sendall(domain.bind(3, domain.CERT_REQUEST))
        domain.read_pdu(sock)
        sock.sendall(domain.request(4, 3, bytes(2400)))
        domain.read_pdu(sock)


ca_case(
    "near/ca-rpc-bind-again.pcap",
    "a bind that is refused and repeated with success; NDES's FAILURE comes from the request",
    ["rep-fail-1-badmessagecheck"],
    lambda scene, asked, _plain: scene.ndes.failure(asked, 1),
    bind=lambda call: (
        domain.pdu(domain.BIND_NAK, call, b"\x02\x00\x01\x05\x00")
        if call == 2
        else domain.bind_ack(call, domain.CERTSRV)
    ),
    call=bound_again,
    must_not=["ca-rpc-fault", "ca-failed"],
    near=["ca-rpc-fault"],
    exit=1,
)
ca_case(
    "ca-rpc-dyn-blocked.pcap",
    "the endpoint mapper answers, the CA's own port is filtered",
    ["ca-rpc-dyn-blocked"],
    refuse(UNAVAILABLE),
    rule=f"tcp dport {domain.CERTSRV} counter drop",
    may=CONSEQUENCES,
    must_not=["ca-rpc-135-timeout", "ca-rpc-fault"],
    exit=1,
)


def one_lost():
    """Nothing answers on another dynamic port, but the CA's own does."""
    domain.activate()
    with suppress(OSError):
        socket.create_connection((domain.CA, 49999), 1)
    domain.submit()


ca_case(
    "near/ca-rpc-other-port.pcap",
    "a port that is refused, then the right one, and the certificate",
    ["rep-success"],
    grant,
    call=one_lost,
    must_not=["ca-rpc-dyn-blocked", "ca-rpc-135-timeout"],
    near=["ca-rpc-dyn-blocked"],
    healthy=True,
    exit=0,
)


def no_call_case(file, shows, must, again, **expected):
    """Two requests, the policy module's hop on loopback: for the first NDES calls the CA, for the second if `again`."""

    def make(case_, world):
        with Scene(world, also="lo") as scene:
            authority = domain.Authority(scene.lab)
            asked_before = []

            def decide(asked, plain):
                url = f"http://{SERVER}{POLICY}VerifyRequest"
                scene.lab.exec("srv", "curl", "-sS", "-A", PLUGIN, "-d", "{}", url)
                first = not asked_before
                asked_before.append(asked)
                if first or again:
                    scene.lab.inside("srv", domain.submit)
                return scene.ndes.success(asked, plain) if first else scene.ndes.failure(asked, 2, -2146893819)

            scene.ndes.decide = decide
            scene.ndes.policy = lambda request: reply(201, b"true", "application/json; charset=utf-8")
            scene.browse(path=EXE)
            scene.post(pkcs_req(world, world.device("device"), cipher="aes256"))
            scene.post(pkcs_req(world, world.device("windows"), cipher="aes256"))
            authority.close()
        loopback = [replace(capfile.with_link_type(p, capfile.NULL), interface=1) for p in scene.also]
        both = sorted(scene.packets + loopback, key=lambda p: p.ts_ns)
        names = [(capfile.EN10MB, "Ethernet", 6, 262144), (capfile.NULL, "Loopback", 6, 262144)]
        case_.path.write_bytes(capfile.section(both, names))

    case(file, shows, BY_RPC, must=must, keys=[RA_KEY], **expected)(make)


LOOSE_ENDS = ["rep-fail-2-badrequest", "policy-true-but-failure", "policy-notify-missing", "scep-dup-transid-keys"]
no_call_case(
    "ca-no-call.pcapng",
    "the policy module accepts, NDES refuses without asking the CA it asked before",
    ["ca-no-call"],
    False,
    may=LOOSE_ENDS,
    must_not=["ca-failed", "ca-rpc-fault"],
    exit=1,
)
no_call_case(
    "near/ca-no-call-called.pcapng",
    "the policy module accepts, the CA is asked, NDES refuses",
    [],
    True,
    may=[*LOOSE_ENDS, "ca-failed"],
    must_not=["ca-no-call"],
    near=["ca-no-call"],
    exit=1,
)


# --- the domain -------------------------------------------------------------------------------------------------------------------
def domain_case(file, shows, must, before=None, during=None, fails=True, recipe=BY_RPC, **expected):
    """An enrolment with something beside it: `before(scene)` the device's request, `during(scene)` NDES's work on it."""
    expected.setdefault("keys", [RA_KEY])
    expected.setdefault("operations", ENROLMENT)

    def make(_case, world):
        with Scene(world) as scene:
            healthy = scene.ndes.answer

            def answer(request):
                if request.operation == "PKIOperation" and during:
                    during(scene)
                return page_500() if fails and request.operation == "PKIOperation" else healthy(request)

            scene.ndes.answer = answer
            scene.browse(path=EXE)
            if before:
                before(scene)
            scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
        return scene.packets

    case(file, shows, recipe, must=must, **expected)(make)


def try_ldap(scene, *ports):
    def ask():
        for port in ports:
            with suppress(OSError), socket.create_connection((domain.CA, port), 3.5) as sock:
                sock.sendall(bytes.fromhex("300c020101600702010304008000"))
                sock.recv(4096)

    scene.lab.inside("srv", ask)


def ldap_answers(scene):
    listener = scene.lab.inside("dev", lambda: socket.create_server((domain.CA, 3268)))

    def serve():
        sock, _ = listener.accept()
        with sock:
            sock.recv(4096)
            sock.sendall(bytes.fromhex("300c02010161070a010004000400"))

    domain.threading.Thread(target=serve, daemon=True).start()
    try_ldap(scene, 389, 3268)
    listener.close()


domain_case(
    "ca-ldap-fail.pcap",
    "the domain controller refuses LDAP while NDES works on a request",
    ["ca-ldap-fail"],
    during=lambda scene: try_ldap(scene, 389, 3268),
    may=["http-500-ndes"],
    must_not=["ca-rpc-dyn-blocked", "ca-rpc-135-timeout"],
    exit=1,
)
domain_case(
    "near/ca-ldap-other.pcap",
    "one directory port is refused, another one answers",
    ["rep-success"],
    during=ldap_answers,
    fails=False,
    must_not=["ca-ldap-fail"],
    near=["ca-ldap-fail"],
    healthy=True,
    exit=0,
)
domain_case(
    "ca-kerberos.pcap",
    "the service account's password is wrong: no ticket, and 500",
    ["ca-kerberos"],
    before=lambda scene: domain.logon(
        scene.lab, domain.krb_error(domain.PREAUTH_REQUIRED), domain.krb_error(domain.PREAUTH_FAILED)
    ),
    may=["http-500-ndes"],
    exit=1,
)
domain_case(
    "ca-kerberos-locked.pcap",
    "the service account is locked",
    ["ca-kerberos"],
    before=lambda scene: domain.logon(scene.lab, domain.krb_error(domain.REVOKED)),
    may=["http-500-ndes"],
    exit=1,
)
domain_case(
    "near/ca-kerberos-preauth.pcap",
    "pre-authentication is required, as always, then the ticket; the request fails for another reason",
    ["http-500-ndes"],
    before=lambda scene: domain.logon(scene.lab, domain.krb_error(domain.PREAUTH_REQUIRED), domain.as_rep()),
    must_not=["ca-kerberos"],
    near=["ca-kerberos"],
    exit=1,
)
domain_case(
    "near/ca-kerberos-other.pcap",
    "somebody mistypes a password on the NDES host; enrolment works",
    ["rep-success"],
    before=lambda scene: domain.logon(scene.lab, domain.krb_error(domain.PREAUTH_FAILED)),
    fails=False,
    must_not=["ca-kerberos"],
    near=["ca-kerberos"],
    exit=0,
)


# --- names ------------------------------------------------------------------------------------------------------------------------
BY_NAME = "curl, a resolver of our own, the responder"
NAME, CA_NAME = "ndes.contoso.com", "ca01.corp.contoso.com"
domain_case(
    "dns-ca-fail.pcap",
    "NDES looks for its CA's host, which does not exist any more",
    ["dns-ca-fail"],
    during=lambda scene: domain.look_up(scene.lab, "srv", CA_NAME, lambda asked: domain.dns_answer(asked, 3)),
    may=["http-500-ndes"],
    must_not=["dns-nxdomain"],
    recipe=BY_NAME,
    exit=1,
)


def found_elsewhere(scene):
    domain.look_up(scene.lab, "srv", "ca01.contoso.com", lambda asked: domain.dns_answer(asked, 3))
    domain.look_up(scene.lab, "srv", CA_NAME, lambda asked: domain.dns_answer(asked, address=domain.CA))


domain_case(
    "near/dns-ca-other-suffix.pcap",
    "the CA's host is found under another suffix; the request fails for another reason",
    ["http-500-ndes"],
    during=found_elsewhere,
    must_not=["dns-ca-fail"],
    near=["dns-ca-fail"],
    recipe=BY_NAME,
    exit=1,
)


def name_case(file, shows, must, over_udp, over_tcp=None, **expected):
    """The device resolves NDES's name by hand and sends GetCACaps for it to the server, whatever the answer was."""

    def make(_case, world):
        with Scene(world, where="dev0") as scene:
            domain.look_up(scene.lab, "dev", NAME, over_udp, over_tcp)
            if "dns-nxdomain" not in must:
                scene.ask_caps("--resolve", f"{NAME}:80:{SERVER}", host=NAME)
            else:
                scene.ask_caps(source="10.5.14.22", host=SERVER)
        return scene.packets

    case(file, shows, BY_NAME, must=must, **expected)(make)


def cut(asked):
    return domain.dns_answer(asked, cut=True)


name_case(
    "dns-mismatch.pcap",
    "DNS gives another address than the one the device uses",
    ["dns-mismatch"],
    lambda asked: domain.dns_answer(asked, address="10.5.1.99"),
    operations={"GetCACaps": 1},
    exit=0,
)
name_case(
    "dns-tcp-nxdomain.pcap",
    "the answer over UDP is cut, and over TCP there is no such name",
    ["dns-nxdomain"],
    cut,
    lambda asked: domain.dns_answer(asked, 3),
    must_not=["dns-mismatch"],
    exit=1,
)
name_case(
    "near/dns-tcp-ok.pcap",
    "the answer over UDP is cut, the one over TCP has the address",
    [],
    cut,
    lambda asked: domain.dns_answer(asked, address=SERVER),
    must_not=["dns-nxdomain", "dns-mismatch", "dns-servfail"],
    operations={"GetCACaps": 1},
    near=["dns-mismatch"],
    healthy=True,
    exit=0,
)


# --- HTTP/3 -----------------------------------------------------------------------------------------------------------------------
def quic_case(file, shows, must, also_tcp, **expected):
    """A device's QUIC Initials to the server's UDP port 443: nobody answers there, and it may fall back to TCP."""

    def make(_case, world):
        with Scene(world) as scene:
            if also_tcp:
                scene.browse(path=EXE)

            def knock():
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    sock.bind((DEVICE, 50443))
                    for number in range(3):
                        head = bytes([0xC3, 0, 0, 0, 1, 8]) + bytes(range(8)) + bytes([0, 0, 0x44, 0x9E, number])
                        sock.sendto(head + bytes(1200 - len(head)), (SERVER, 443))

            scene.lab.inside("dev", knock)
        return [p for p in scene.packets if p.data[23] != 1]

    case(file, shows, "datagrams by hand", must=must, **expected)(make)


quic_case(
    "cap-quic.pcap",
    "HTTP/3 to the named server: nothing of it can be read",
    ["cap-encrypted"],
    False,
    options=["--server", SERVER],
    exit=3,
)
quic_case(
    "near/cap-quic-fallback.pcap",
    "HTTP/3 to the server beside an enrolment over TCP",
    [],
    True,
    operations={"GetCACaps": 1, "GetCACert": 1},
    must_not=["cap-encrypted", "tls-no-serverhello", "net-syn-timeout"],
    near=["cap-encrypted"],
    exit=0,
    healthy=True,
)


# --- revocation and Intune --------------------------------------------------------------------------------------------------------
def by_server_case(file, shows, must, also, **expected):
    """A device browses, then the NDES host does something by itself: `also(scene, world)`."""
    expected.setdefault("operations", {"GetCACaps": 1, "GetCACert": 1})

    def make(_case, world):
        with Scene(world) as scene:
            scene.browse(path=EXE)
            also(scene, world)
        return scene.packets

    case(file, shows, "curl, the responder, a resolver of our own", must=must, **expected)(make)


def ocsp(status):
    """The NDES host asks an OCSP responder at the CA's host, which answers with this response status (0: good, for a week)."""

    def ask(scene, world):
        folder = scene.lab.folder
        names = {
            "ca": folder / "ca.pem",
            "leaf": folder / "leaf.pem",
            "asked": folder / "asked",
            "told": folder / "told",
        }
        names["ca"].write_bytes(scepmsg.pem(world.ndes.ca.cert))
        names["leaf"].write_bytes(scepmsg.pem(world.ndes.ra_signing.cert))
        run("openssl", "ocsp", "-issuer", names["ca"], "-cert", names["leaf"], "-no_nonce", "-reqout", names["asked"])
        response = bytes.fromhex("30030a01") + bytes([status])
        if status == 0:
            serial = run("openssl", "x509", "-in", names["leaf"], "-noout", "-serial").stdout.decode().strip()[7:]
            (folder / "index").write_text(f"V\t360101000000Z\t\t{serial}\tunknown\t/CN=RA\n", encoding="ascii")
            signer = ["-rsigner", names["ca"], "-rkey", world.ndes.ca.key, "-CA", names["ca"]]
            run(
                *("openssl", "ocsp", "-index", folder / "index", *signer, "-reqin", names["asked"]),
                *("-respout", names["told"], "-ndays", 7, "-resp_no_certs"),
            )
            response = names["told"].read_bytes()
        listener = scene.lab.inside("dev", lambda: socket.create_server((domain.CA, 80)))

        def serve():
            sock, _ = listener.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(reply(200, response, "application/ocsp-response"))

        thread = domain.threading.Thread(target=serve, daemon=True)
        thread.start()
        scene.lab.exec(
            *("srv", "curl", "-sS", "-o", "/dev/null", "-A", "Microsoft-CryptoAPI/10.0"),
            *("-H", "Content-Type: application/ocsp-request", "--data-binary", f"@{names['asked']}"),
            f"http://{domain.CA}/ocsp",
        )
        thread.join()
        listener.close()

    return ask


by_server_case(
    "tls-ocsp-try-later.pcap",
    "the OCSP responder answers 200, and in it: try later",
    ["tls-ocsp-crl-fail"],
    ocsp(3),
    exit=1,
)
by_server_case(
    "near/tls-ocsp-good.pcap",
    "an OCSP answer that is good for a week",
    [],
    ocsp(0),
    must_not=["tls-ocsp-crl-fail", "tls-crl-expired"],
    near=["tls-ocsp-crl-fail", "tls-crl-expired"],
    healthy=True,
    exit=0,
)


def call_by_name(name, port, rule=None, served=False):
    """The NDES host looks up a name, which leads to the CA's host, and calls the port there."""

    def ask(scene, world):
        domain.look_up(scene.lab, "srv", name, lambda asked: domain.dns_answer(asked, address=domain.CA))
        if rule:
            scene.lab.nft("rtr", ("forward", rule))
        listener = scene.lab.inside("dev", lambda: socket.create_server((domain.CA, port))) if served else None
        if served:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            cert = scene.lab.folder / "intune.pem"
            key = world.keys / "tls-server.key"
            cert.write_bytes(scepmsg.pem(pki.self_signed(key, f"/CN={name}", "ca", 300)))
            context.load_cert_chain(cert, key)

            def serve():
                sock, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(sock, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(reply(200))

            domain.threading.Thread(target=serve, daemon=True).start()
        scheme = "http" if port == 80 else "https"
        scene.lab.exec(
            *("srv", "curl", "-sSk", "-o", "/dev/null", "-m", "8", "--resolve", f"{name}:{port}:{domain.CA}"),
            f"{scheme}://{name}/",
        )
        if served:
            listener.close()

    return ask


by_server_case(
    "tls-crl-host-silent.pcap",
    "the host with the revocation list does not answer",
    ["tls-ocsp-crl-fail"],
    call_by_name("crl.contoso.com", 80, f"ip daddr {domain.CA} tcp dport 80 counter drop"),
    must_not=["net-syn-timeout"],
    exit=0,
)
by_server_case(
    "near/tls-crl-other-host.pcap",
    "a host of another kind does not answer",
    [],
    call_by_name("www.contoso.com", 80, f"ip daddr {domain.CA} tcp dport 80 counter drop"),
    must_not=["tls-ocsp-crl-fail", "net-syn-timeout", "conn-intune-blocked"],
    near=["tls-ocsp-crl-fail"],
    healthy=True,
    exit=0,
)
INTUNE = "fef.msub01.manage.microsoft.com"
by_server_case(
    "conn-intune-unreachable.pcap",
    "the connector's host cannot connect to Intune, which only the look-up names",
    ["conn-intune-blocked"],
    call_by_name(INTUNE, 443, f"ip daddr {domain.CA} tcp dport 443 counter reject with tcp reset"),
    must_not=["net-refused"],
    exit=1,
)
by_server_case(
    "near/conn-intune-looked-up.pcap",
    "the connector's host talks to Intune",
    [],
    call_by_name(INTUNE, 443, served=True),
    must_not=["conn-intune-blocked"],
    near=["conn-intune-blocked"],
    exit=0,
)


# --- HTTP where TLS is wanted, and the reverse ------------------------------------------------------------------------------------
def port_case(file, shows, must, port, serve=None, answer=None, url="http", **expected):
    """A device's GetCACaps to a port that speaks the other protocol."""

    def make(_case, world):
        with Scene(world) as scene:
            other = Responder(scene.lab, world.ndes, answer=answer, serve=serve, port=port)
            scene.lab.curl("-k", f"{url}://{SERVER}:{port}{EXE}?operation=GetCACaps&message=default")
            other.close()
        return scene.packets

    case(file, shows, "curl and the responder", must=must, **expected)(make)


def alerts(conn):
    conn.read_request()
    conn.sock.sendall(bytes.fromhex("15030100020246"))


def page(conn):
    conn.sock.recv(65536)
    conn.sock.sendall(bad_request("Invalid Verb", "HTTP Error 400. The request verb is invalid."))


NGINX_400 = b"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n"
NGINX_400 += (
    b"<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
)
port_case(
    "tls-plain-on-8443.pcap",
    "the profile says http:// and a port of nginx that wants TLS",
    ["tls-plain-on-443"],
    8443,
    answer=lambda request: reply(400, NGINX_400, "text/html", "nginx/1.22.1"),
    may=["http-400-malformed", "http-4xx-other"],
    exit=1,
)
port_case(
    "tls-plain-alert.pcap",
    "the profile says http://, the port answers with a TLS alert",
    ["tls-plain-on-443"],
    8444,
    serve=alerts,
    may=["http-no-reply"],
    exit=1,
)
port_case(
    "near/tls-plain-400.pcap",
    "port 8443 speaks HTTP, and answers 400 for another reason",
    [],
    8443,
    answer=lambda request: bad_request("Invalid Hostname", "HTTP Error 400. The request hostname is invalid."),
    may=["http-400-host"],
    must_not=["tls-plain-on-443"],
    near=["tls-plain-on-443"],
)
port_case(
    "tls-to-plain-port.pcap",
    "the profile says https:// and a port that speaks plain HTTP",
    ["tls-plain-on-443"],
    8080,
    serve=page,
    url="https",
)
