# SPDX-License-Identifier: Apache-2.0
"""TLS with and without keys, its failures, and names that do not resolve."""

import socket
import struct
import threading
import time
from pathlib import Path

import capfile
import der
import ndes_responder as nr
import pki
import scepmsg
from cases import PLUGIN, Scene, WINDOWS, case
from cases_proxy import start_tinyproxy
from common import ENROLMENT, EXE, RA_KEY, SHORT, moment, pkcs_req, second_later, start_nginx
from lab import SERVER
from ndes_responder import MSCEP, POLICY, page_403, reply

NAME = "ndes.contoso.com"
BY_NGINX = "curl, nginx with TLS, the responder behind it"
KNOWN = ["--server", "10.5.1.4"]


class Tls:
    """nginx on 443 with a certificate of the test CA, curl that trusts it and logs its secrets."""

    def __init__(self, scene, world, chain=True, server="", client=(), **cert_options):
        self.scene, self.client = scene, client
        folder = scene.lab.folder
        scene.lab.folder.chmod(0o755)
        key = pki.rsa_key(world.keys / "tls-server.key")
        cert_options.setdefault("days", 300)
        names = cert_options.pop("names", NAME)
        signer_key, signer = cert_options.pop("signer", lambda world, folder: None)(world, folder) or (
            world.ndes.ca.key,
            world.keys / "ndes-ca.crt",
        )
        extensions = [*pki.PROFILES["server"][:2], f"subjectAltName=DNS:{names}"]
        cert = pki.certificate(key, f"/CN={names}", extensions, signer_key, signer, **cert_options)
        (folder / "tls.crt").write_bytes(scepmsg.pem(cert) + (scepmsg.pem(world.ndes.ca.cert) if chain else b""))
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(scepmsg.pem(world.ndes.ca.cert))
        self.keylog = folder / "keylog"
        start_nginx(
            scene,
            f"ssl_certificate {folder}/tls.crt; ssl_certificate_key {key}; large_client_header_buffers 4 64k; "
            f"{server.replace('h2', '')} location / {{ proxy_pass http://127.0.0.1:8080; }}",
            listen="443 ssl http2" if "h2" in server else "443 ssl",
        )

    def curl(self, *words, part="dev", agent=WINDOWS, trust=True, **options):
        words = [
            "-A",
            agent,
            "--resolve",
            f"{NAME}:443:{SERVER}",
            *self.client,
            *(["--cacert", self.ca] if trust else []),
            *words,
        ]
        return self.scene.lab.exec(
            part, "env", f"SSLKEYLOGFILE={self.keylog}", "curl", "-sS", "-o", "/dev/null", "-m", "60", *words, **options
        )

    def enrol(self, world, *words):
        for operation in ("GetCACaps", "GetCACert"):
            self.curl(f"https://{NAME}{EXE}?operation={operation}&message=default", *words)
        body = self.scene.lab.folder / "message.der"
        body.write_bytes(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
        self.curl(
            "-H",
            "Content-Type: application/x-pki-message",
            "--data-binary",
            f"@{body}",
            f"https://{NAME}{EXE}?operation=PKIOperation",
            *words,
        )

    def secrets(self):
        """The key log without its comments."""
        return b"".join(line + b"\n" for line in self.keylog.read_bytes().splitlines() if not line.startswith(b"#"))


def behind(world):
    """A scene whose responder stands behind nginx."""
    scene = Scene(world, responder=False)
    scene.ndes = nr.Responder(scene.lab, world.ndes, port=8080, host="127.0.0.1")
    return scene


def tls_case(
    file, shows, act, must=(), keys="keylog", recipe=BY_NGINX, where=None, edit=None, options=(), **tls_options
):
    """act(tls, world, scene) makes the traffic; keys: keylog (a file beside the other keys), dsb (inside the pcapng) or none."""
    expected = {name: tls_options.pop(name) for name in list(tls_options) if name in EXPECTED}
    options = list(options)
    if keys == "keylog":
        options += ["-K", f"pcaps/keys/{Path(file).stem}.keylog"]

    def make(case_, world):
        with (
            Scene(world, where=where, responder=False, filter_words="not port 8080") if where else behind(world)
        ) as scene:
            scene.ndes = scene.ndes or nr.Responder(scene.lab, world.ndes, port=8080, host="127.0.0.1")
            tls = Tls(scene, world, **tls_options)
            act(tls, world, scene)
            secrets = tls.secrets() if tls.keylog.exists() else b""
        packets = edit(scene.packets) if edit else scene.packets
        if keys == "dsb":
            case_.path.write_bytes(capfile.section(packets, [(capfile.EN10MB, "eth0", 6, 262144)], keylog=secrets))
            return None
        if keys == "keylog":
            (world.keys / f"{case_.path.stem}.keylog").write_bytes(secrets)
        return packets

    case(file, shows, recipe, must=list(must), options=options, **expected)(make)


EXPECTED = {"may", "must_not", "near", "healthy", "any_of", "operations", "outcomes", "enrolments", "exit"}


def enrol(tls, world, _scene):
    tls.enrol(world)


def contact(*words, **options):
    return lambda tls, _world, _scene: tls.curl(
        f"https://{NAME}{EXE}?operation=GetCACaps&message=default", *words, **options
    )


DONE = {"operations": ENROLMENT, "outcomes": {"ok": 3}, "enrolments": {"succeeded": 1}, "exit": 0, "healthy": True}
V12 = {"client": ("--tls-max", "1.2")}
tls_case(
    "near/tls12-keylog.pcap",
    "an enrolment over TLS 1.2 with its key log",
    enrol,
    ["rep-success"],
    **V12,
    **DONE,
    near=["tls-version", "tls-reneg"],
)
V13 = {"server": "ssl_protocols TLSv1.3;"}
tls_case(
    "near/tls13-keylog.pcap",
    "an enrolment over TLS 1.3 with its key log",
    enrol,
    ["rep-success"],
    **V13,
    **DONE,
    near=["http-version"],
)
tls_case(
    "near/tls13-dsb.pcapng",
    "an enrolment over TLS 1.3, the secrets inside the pcapng",
    enrol,
    ["rep-success"],
    keys="dsb",
    **V13,
    **DONE,
    near=["cap-encrypted"],
)
tls_case(
    "near/tls12-rsa-key.pcap",
    "RSA key exchange, opened by the server's key",
    enrol,
    ["rep-success"],
    keys="none",
    options=["-k", "pcaps/keys/tls-server.key"],
    client=("--tls-max", "1.2", "--ciphers", "AES128-SHA"),
    server="ssl_ciphers AES128-SHA;",
    **DONE,
)
tls_case(
    "near/tls12-cbc-etm.pcap",
    "TLS 1.2, ECDHE with CBC and SHA-256",
    enrol,
    ["rep-success"],
    client=("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-SHA256"),
    server="ssl_ciphers ECDHE-RSA-AES128-SHA256;",
    **DONE,
)
tls_case(
    "near/tls12-chacha.pcap",
    "TLS 1.2, ChaCha20-Poly1305",
    enrol,
    ["rep-success"],
    client=("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-CHACHA20-POLY1305"),
    **DONE,
    near=["tls-cipher"],
)
tls_case(
    "near/tls-h2.pcap",
    "HTTP/2 over TLS 1.3",
    lambda tls, world, _s: tls.enrol(world, "--http2"),
    ["rep-success", "http-version"],
    server="h2",
    **DONE,
)


def resumed(tls, world, scene):
    """One curl, two connections: the second resumes the session of the first."""
    urls = [f"https://{NAME}{EXE}?operation={operation}&message=default" for operation in ("GetCACaps", "GetCACert")]
    tls.curl(urls[0], "-o", "/dev/null", urls[1])


def by_ticket(tls, _world, scene):
    """openssl offers tickets, which curl does not; the second connection shows the first one's."""
    session = scene.lab.folder / "session"
    words = f"openssl s_client -connect {SERVER}:443 -servername {NAME} -tls1_2 -keylogfile {tls.keylog} -ign_eof"
    for operation, way in (("GetCACaps", "-sess_out"), ("GetCACert", "-sess_in")):
        target = f"{EXE}?operation={operation}&message=default"
        request = scene.lab.folder / operation
        request.write_bytes(f"GET {target} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        scene.lab.exec("dev", "sh", "-c", f"timeout 10 {words} {way} {session} < {request}")


RESUMED = {"operations": {"GetCACaps": 1, "GetCACert": 1}, "outcomes": {"ok": 2}, "exit": 0}
tls_case(
    "near/tls12-resumed.pcap",
    "TLS 1.2, the second connection resumes by ticket",
    by_ticket,
    recipe="openssl s_client, nginx with TLS, the responder behind it",
    **RESUMED,
    healthy=True,
)
tls_case(
    "near/tls12-resumed-id.pcap",
    "TLS 1.2, the second connection resumes by session ID",
    resumed,
    server="keepalive_timeout 0; ssl_session_tickets off; ssl_session_cache shared:s:1m;",
    **V12,
    **RESUMED,
    healthy=True,
)
tls_case(
    "near/tls13-resumed.pcap",
    "TLS 1.3, the second connection resumes by PSK",
    resumed,
    server="ssl_protocols TLSv1.3; keepalive_timeout 0;",
    **RESUMED,
    healthy=True,
)
tls_case(
    "cap-encrypted.pcap",
    "TLS 1.3 to the NDES server and no key",
    enrol,
    ["cap-encrypted"],
    keys="none",
    **V13,
    options=KNOWN,
    must_not=["tls-close-early"],
    exit=3,
    healthy=True,
)


def through_proxy(tls, world, scene):
    start_tinyproxy(scene)
    tls.enrol(world, "-x", "http://10.5.14.1:8888")


tls_case(
    "near/tls-connect.pcap",
    "CONNECT to a forward proxy, TLS inside",
    lambda tls, world, scene: connect(tls, world, scene),
    ["rep-success"],
    recipe="curl, tinyproxy, nginx with TLS, the responder",
    where="rtr0",
    operations=ENROLMENT,
    exit=0,
    near=["tls-plain-on-443"],
    healthy=True,
)


def connect(tls, world, scene):
    """tinyproxy resolves the name itself, so its namespace needs a hosts file."""
    hosts = Path("/etc/netns", scene.lab.ns["rtr"])
    hosts.mkdir(parents=True)
    try:
        (hosts / "hosts").write_text(f"{SERVER} {NAME}\n", encoding="ascii")
        through_proxy(tls, world, scene)
    finally:
        (hosts / "hosts").unlink()
        hosts.rmdir()


FAILS = {"keys": "none", "options": KNOWN, "exit": 1}
tls_case(
    "tls-alert-unknown-ca.pcap",
    "the device does not know the CA: alert 48",
    contact(trust=False),
    ["tls-alert-client-certunknown"],
    must_not=["tls-chain-incomplete", "tls-close-early"],
    **V12,
    **FAILS,
    near=["tls-name-mismatch", "tls-servercert-expired"],
)
tls_case(
    "tls-chain-incomplete.pcap",
    "only the leaf is sent, the device answers alert 48",
    contact(trust=False),
    ["tls-chain-incomplete"],
    chain=False,
    must_not=["tls-alert-client-certunknown"],
    **V12,
    **{**FAILS, "exit": None},
)
tls_case(
    "tls-version-old-server.pcap",
    "the device wants TLS 1.3, the server has 1.2: alert 70",
    contact("--tlsv1.3"),
    ["tls-version"],
    server="ssl_protocols TLSv1.2;",
    **FAILS,
)
tls_case(
    "tls-version-new-server.pcap",
    "a Windows device with TLS 1.2, an edge that has 1.3 only",
    contact(),
    ["tls-version"],
    server="ssl_protocols TLSv1.3;",
    **V12,
    **FAILS,
)
tls_case(
    "tls-cipher.pcap",
    "no common cipher: alert 40",
    contact(),
    ["tls-cipher"],
    server="ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;",
    client=("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-SHA256"),
    **FAILS,
)
tls_case(
    "tls-servercert-expired.pcap",
    "the server's certificate has expired: alert 45",
    contact(),
    ["tls-servercert-expired"],
    must_not=["tls-alert-client-certunknown"],
    not_before=moment(-400),
    not_after=moment(-3),
    **V12,
    **FAILS,
)
tls_case(
    "tls-name-mismatch.pcap",
    "the certificate is for another name; the device closes after the handshake",
    contact(),
    ["tls-name-mismatch"],
    must_not=["tls-close-early"],
    names="ndes01.corp.local",
    **V12,
    **FAILS,
)


def probe(tls, _world, scene):
    scene.lab.exec("dev", "openssl", "s_client", "-connect", f"{SERVER}:443", "-noservername", "-tls1_2", input=b"")


tls_case(
    "near/tls-probe.pcap",
    "a monitor makes a handshake and closes",
    probe,
    keys="none",
    must_not=["tls-close-early", "tls-no-serverhello"],
    options=KNOWN,
    healthy=True,
)
tls_case(
    "near/tls-clientcert-asked.pcap",
    "the server asks for a certificate, the device has none, and all is well",
    enrol,
    ["rep-success"],
    server="ssl_verify_client optional_no_ca;",
    must_not=["tls-clientcert-absent"],
    **V12,
    **DONE,
)


def close_early(tls, world, scene):
    tls.curl(f"https://{NAME}{EXE}?operation=GetCACaps&message=default")
    scene.lab.exec("dev", "openssl", "s_client", "-connect", f"{SERVER}:443", "-servername", NAME, "-tls1_2", input=b"")


tls_case(
    "tls-close-early.pcap",
    "a device that enrolled before makes a handshake and closes without a word",
    close_early,
    ["tls-close-early"],
    recipe=f"{BY_NGINX}; the second connection moved ten minutes later",
    edit=lambda ps: second_later(ps, 600),
    **V12,
)


def plain_case(file, shows, must, serve, url, **expected):
    """A port 443 that does not speak TLS as it should."""

    def make(_case, world):
        with Scene(world, port=443, serve=serve) as scene:
            scene.lab.curl("-A", WINDOWS, "-k", "--resolve", f"{NAME}:443:{SERVER}", url)
        return scene.packets

    case(file, shows, "curl and the responder on port 443", must=must, options=KNOWN, **expected)(make)


def hang_up(conn):
    conn.sock.recv(65536)
    conn.reset()


def bad_request(conn):
    conn.sock.recv(65536)
    conn.send(nr.httpsys_page(400, "Bad Request", ("Bad Request - Invalid Verb", "The request verb is invalid.")))


plain_case(
    "tls-no-serverhello.pcap",
    "the server resets after the ClientHello",
    ["tls-no-serverhello"],
    hang_up,
    f"https://{NAME}{MSCEP}?operation=GetCACaps",
    exit=1,
)
plain_case(
    "tls-plain-on-443.pcap",
    "port 443 answers in plain HTTP",
    ["tls-plain-on-443"],
    bad_request,
    f"https://{NAME}{MSCEP}?operation=GetCACaps",
    exit=1,
)


# --- the policy module's own TLS, on loopback -------------------------------------------------------------------------------------
def client_cert(world, scene, extensions, **options):
    """Words for curl: a certificate for the policy module, with what is wrong about it."""
    key = pki.rsa_key(world.keys / "policy.key")
    path = scene.lab.folder / "policy.pem"
    cert = pki.certificate(
        key, "/CN=ndes01.corp.local", extensions, world.ndes.ca.key, world.keys / "ndes-ca.crt", **options
    )
    path.write_bytes(scepmsg.pem(cert))
    return ("--cert", path, "--key", key)


def verify_request(extensions=None, **options):
    def act(tls, world, scene):
        scene.ndes.answer = lambda request: page_403()
        words = client_cert(world, scene, extensions, **options) if extensions else ()
        tls.curl(
            "-d",
            "{}",
            "-H",
            "Content-Type: application/json",
            *words,
            f"https://{NAME}{POLICY}VerifyRequest",
            part="srv",
            agent=PLUGIN,
        )

    return act


ASKS = "ssl_verify_client optional_no_ca; error_page 495 =403 /denied; location = /denied { internal; return 403; }"
POLICY_LEG = {
    "where": "lo",
    "edit": None,
    "operations": {"VerifyRequest": 1},
    "server": ASKS,
    **V12,
    "may": ["policy-403"],
    "must_not": ["http-403-operation"],
    "exit": 1,
}
tls_case(
    "tls-clientcert-absent.pcap",
    "the policy module offers no certificate, 403",
    verify_request(),
    ["tls-clientcert-absent"],
    **POLICY_LEG,
)
tls_case(
    "tls-clientcert-expired.pcap",
    "the policy module's certificate has expired, 403",
    verify_request(pki.PROFILES["client"], not_before=moment(-800), not_after=moment(-10)),
    ["tls-clientcert-expired"],
    **POLICY_LEG,
)
tls_case(
    "tls-clientcert-eku.pcap",
    "the policy module's certificate is for servers, 403",
    verify_request(pki.PROFILES["server"]),
    ["tls-clientcert-eku"],
    **POLICY_LEG,
)
tls_case(
    "tls-name-mismatch-policy.pcap",
    "the policy module closes: the certificate has the external name only",
    lambda tls, world, scene: tls.curl("-d", "{}", f"https://{NAME}{POLICY}VerifyRequest", part="srv", agent=PLUGIN),
    ["tls-name-mismatch"],
    keys="none",
    where="lo",
    names="ndes-contoso.msappproxy.net",
    must_not=["tls-close-early"],
    **V12,
    exit=1,
)


# --- names ------------------------------------------------------------------------------------------------------------------------
def dns_server(lab, answer):
    """A resolver on the router: answer(name, type) gives an address, an rcode, or None for silence."""
    sock = lab.inside("rtr", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.bind(("10.5.14.1", 53))

    def serve():
        while True:
            query, peer = sock.recvfrom(512)
            labels, pos = [], 12
            while query[pos]:
                labels.append(query[pos + 1 : pos + 1 + query[pos]].decode())
                pos += 1 + query[pos]
            kind = struct.unpack_from(">H", query, pos + 1)[0]
            result = answer(".".join(labels), kind)
            if result is None:
                continue
            rcode, data = (result, b"") if isinstance(result, int) else (0, result)
            answered = int(bool(data) and kind == 1)
            record = struct.pack(">HHHIH", 0xC00C, 1, 1, 300, 4) + data if answered else b""
            sock.sendto(
                query[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1, answered, 0, 0) + query[12 : pos + 5] + record,
                peer,
            )

    threading.Thread(target=serve, daemon=True).start()


def dns_case(file, shows, must, answer, search="", name="ndes-contoso.msappproxy.net", **expected):
    def make(_case, world):
        with Scene(world, where="dev0") as scene:
            folder = Path("/etc/netns", scene.lab.ns["dev"])
            folder.mkdir(parents=True)
            try:
                (folder / "resolv.conf").write_text(
                    f"nameserver 10.5.14.1\noptions timeout:2 attempts:3\n{search}", encoding="ascii"
                )
                dns_server(scene.lab, answer)
                scene.ask_caps(host=name)
            finally:
                (folder / "resolv.conf").unlink()
                folder.rmdir()
        return scene.packets

    case(file, shows, "curl, a resolver of our own, the responder", must=must, **expected)(make)


ADDRESS = bytes(map(int, SERVER.split(".")))
dns_case(
    "dns-nxdomain.pcap",
    "the external name of the published application does not exist",
    ["dns-nxdomain"],
    lambda name, kind: 3,
    exit=1,
    near=["dns-appproxy-wrong-url"],
)
dns_case("dns-servfail.pcap", "the resolver fails", ["dns-servfail"], lambda name, kind: 2)
dns_case("dns-timeout.pcap", "the resolver does not answer", ["dns-timeout"], lambda name, kind: None)
dns_case(
    "near/dns-suffix-search.pcap",
    "the short name does not exist, the searched one does",
    [],
    lambda name, kind: ADDRESS if name == NAME else 3,
    "search corp.local contoso.com\n",
    "ndes",
    must_not=["dns-nxdomain"],
    operations={"GetCACaps": 1},
    exit=0,
    near=["dns-timeout"],
    healthy=True,
)
dns_case(
    "near/dns-no-aaaa.pcap",
    "no IPv6 address, a good IPv4 one",
    [],
    lambda name, kind: ADDRESS if kind == 1 else 0,
    must_not=["dns-nxdomain", "dns-mismatch"],
    operations={"GetCACaps": 1},
    exit=0,
    near=["dns-servfail"],
    healthy=True,
)


# --- the certification authority behind NDES and revocation lists -----------------------------------------------------------------
def ca_case(file, shows, must, rule, **expected):
    """While the device waits NDES tries the CA's endpoint mapper (the second address of the device's side plays the CA)."""

    def make(_case, world):
        with Scene(world) as scene:

            def decide(asked, _plain):
                scene.lab.exec("srv", "curl", "-sS", "-m", "9", "telnet://10.5.14.22:135", stdin=-3)
                return scene.ndes.failure(asked, 2, -2147023174)

            scene.ndes.decide = decide
            if rule:
                scene.lab.nft("rtr", ("forward", rule))
            scene.browse(path=EXE)
            scene.post(pkcs_req(world, world.device("device"), SHORT))
        return scene.packets

    case(
        file,
        shows,
        "curl, the responder, nft",
        must=must,
        may=["rep-fail-2-badrequest", "perf-pkiop-slow"],
        operations=ENROLMENT,
        keys=[RA_KEY],
        exit=1,
        **expected,
    )(make)


ca_case(
    "ca-rpc-135-timeout.pcap",
    "NDES cannot reach the CA's endpoint mapper: silence",
    ["ca-rpc-135-timeout"],
    "tcp dport 135 counter drop",
)
ca_case("ca-rpc-135-refused.pcap", "the same, refused", ["ca-rpc-135-timeout"], None)


def crl_case(file, shows, must, body, **expected):
    def make(_case, world):
        with Scene(world) as scene:
            server = nr.Responder(scene.lab, world.ndes, answer=lambda request: body(world), port=8081)
            server.close()
            listener = scene.lab.inside("dev", lambda: socket.create_server(("10.5.14.22", 80)))
            server.listener = listener
            threading.Thread(target=server._accept, daemon=True).start()
            scene.browse(path=EXE)
            scene.lab.exec(
                "srv",
                "curl",
                "-sS",
                "-o",
                "/dev/null",
                "-A",
                "Microsoft-CryptoAPI/10.0",
                "http://10.5.14.22/CertEnroll/Contoso%20Issuing%20CA.crl",
            )
            server.close()
        return scene.packets

    case(file, shows, "curl and the responder in both places", must=must, **expected)(make)


def crl(world, last, following):
    """A certificate revocation list by hand: nobody is revoked."""
    sha256_rsa = scepmsg.algorithm("1.2.840.113549.1.1.11")
    tbs = der.seq(
        der.integer(1),
        sha256_rsa,
        scepmsg.subject(world.ndes.ca.cert),
        der.tlv(0x17, last[2:].encode()),
        der.tlv(0x17, following[2:].encode()),
    )
    return der.seq(
        tbs, sha256_rsa, der.tlv(0x03, b"\0", scepmsg.openssl("dgst", "-sha256", "-sign", world.ndes.ca.key, data=tbs))
    )


PKIX_CRL = "application/pkix-crl"


def stall_case(file, shows, must, fetch, **expected):
    """While a PKIOperation waits, the NDES host fetches a list from a publisher that is silent or not."""

    def make(_case, world):
        with Scene(world) as scene:
            publisher = nr.Responder(scene.lab, world.ndes, port=8081)
            publisher.close()
            publisher.listener = scene.lab.inside("dev", lambda: socket.create_server(("10.5.14.22", 80)))
            publisher.answer = lambda request: fetch(world)
            threading.Thread(target=publisher._accept, daemon=True).start()

            def decide(asked, plain):
                url = "http://10.5.14.22/CertEnroll/Contoso%20Issuing%20CA.crl"
                began = time.monotonic()
                scene.lab.exec(
                    "srv", "curl", "-sS", "-o", "/dev/null", "-m", "15", "-A", "Microsoft-CryptoAPI/10.0", url
                )
                nr.wait_seconds(max(0, 15 - (time.monotonic() - began)))
                return scene.ndes.success(asked, plain)

            scene.ndes.decide = decide
            scene.browse(path=EXE)
            scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
            publisher.close()
        return scene.packets

    case(file, shows, "curl and the responder in both places", must=must, keys=[RA_KEY], **expected)(make)


stall_case(
    "perf-revocation-stall.pcap",
    "the NDES host waits 15 seconds for a revocation list that never comes",
    ["perf-revocation-stall", "tls-ocsp-crl-fail", "perf-pkiop-slow"],
    lambda w: nr.wait_seconds(20),
    operations=ENROLMENT,
    exit=1,
)
stall_case(
    "near/perf-revocation-fetched.pcap",
    "a request that takes 15 seconds, though the revocation list came at once",
    ["perf-pkiop-slow"],
    lambda w: reply(200, crl(w, moment(-1), moment(6)), PKIX_CRL),
    near=["perf-revocation-stall", "tls-ocsp-crl-fail"],
    operations=ENROLMENT,
    exit=0,
)
crl_case(
    "tls-crl-expired.pcap",
    "the NDES host fetches a revocation list that ended two days ago",
    ["tls-crl-expired"],
    lambda w: reply(200, crl(w, moment(-9), moment(-2)), PKIX_CRL),
    must_not=["tls-ocsp-crl-fail"],
    exit=1,
)
crl_case(
    "tls-crl-404.pcap",
    "the NDES host asks for a revocation list and gets 404",
    ["tls-ocsp-crl-fail"],
    lambda w: nr.page_404(),
    must_not=["http-404-notfound", "http-404-filter"],
    exit=1,
)
crl_case(
    "near/tls-crl-ok.pcap",
    "the NDES host fetches a revocation list in date",
    [],
    lambda w: reply(200, crl(w, moment(-1), moment(6)), PKIX_CRL),
    must_not=["tls-crl-expired", "tls-ocsp-crl-fail"],
    exit=0,
    healthy=True,
)
