# SPDX-License-Identifier: Apache-2.0
"""Every way to protect records that a key log opens: one small conversation for each, between OpenSSL or GnuTLS programs."""
from pathlib import Path

import capfile
import pki
import scepmsg
from cases import Scene, case
from lab import SERVER
from ndes_responder import CAPS, MSCEP

NAME = "ndes.contoso.com"
TARGET = f"{MSCEP}?operation=GetCACaps&message=default"
REQUEST = f"GET {TARGET} HTTP/1.0\r\nHost: {NAME}\r\nUser-Agent: test\r\n\r\n"
PAGE = f"GET {MSCEP} HTTP/1.0\r\nHost: {NAME}\r\nUser-Agent: test\r\n\r\n"
CAPS_OK = {"operations": {"GetCACaps": 1}, "outcomes": {"ok": 1}, "exit": 0, "healthy": True}
PAGE_OK = {"operations": {"page": 1}, "outcomes": {"ok": 1}, "exit": 0}
OLD = ":@SECLEVEL=0"


class Place:
    """A folder with a certificate, its key, a key log and what the server gives out."""

    def __init__(self, scene, world):
        self.scene, self.lab, self.folder = scene, scene.lab, scene.lab.folder
        self.key = pki.rsa_key(world.keys / "tls-server.key")
        extensions = [*pki.PROFILES["server"][:2], f"subjectAltName=DNS:{NAME}"]
        cert = pki.certificate(
            self.key, f"/CN={NAME}", extensions, world.ndes.ca.key, world.keys / "ndes-ca.crt", days=300
        )
        self.cert = self.folder / "tls.crt"
        self.cert.write_bytes(scepmsg.pem(cert))
        self.keylog = self.folder / "keylog"
        self.request = self.folder / "request"
        self.request.write_text(REQUEST, encoding="ascii", newline="")
        caps = self.folder / TARGET[1:]
        caps.parent.mkdir(parents=True)
        caps.write_text(CAPS, encoding="ascii", newline="")

    def s_server(self, *words):
        words = ["-accept", "443", "-cert", self.cert, "-key", self.key, "-WWW", "-no_dhe", *words]
        self.lab.start("srv", "openssl", "s_server", *words, cwd=self.folder)
        self.lab.wait_port("srv", 443)

    def s_client(self, *words, before=""):
        """`before` are shell commands whose output is typed first."""
        command = ["openssl", "s_client", "-connect", f"{SERVER}:443", "-servername", NAME, "-keylogfile", self.keylog]
        line = " ".join(f"'{word}'" for word in map(str, [*command, *words]))
        self.lab.exec("dev", "sh", "-c", f"({before} cat {self.request}; sleep 0.6) | timeout 10 {line}")

    def gnutls_serv(self, *words):
        words = ["--port", "443", "--x509certfile", self.cert, "--x509keyfile", self.key, "--http", "--quiet", *words]
        self.lab.start("srv", "gnutls-serv", *words)
        self.lab.wait_port("srv", 443)

    def gnutls_cli(self, *words):
        self.request.write_text(PAGE, encoding="ascii", newline="")
        line = " ".join(f"'{word}'" for word in map(str, words))
        self.lab.exec(
            "dev",
            "sh",
            "-c",
            f"(cat {self.request}; sleep 0.6) | SSLKEYLOGFILE={self.keylog} timeout 10 gnutls-cli --no-ca-verification "
            f"--sni-hostname {NAME} --port 443 {line} {SERVER}",
        )


def talk(file, shows, act, recipe, edit=None, **expected):
    """act(place) makes the traffic; the secrets lie beside the keys."""
    stem = Path(file).stem
    expected.setdefault("options", ["-K", f"pcaps/keys/{stem}.keylog"])

    def make(_case, world):
        with Scene(world, responder=False) as scene:
            place = Place(scene, world)
            act(place)
            lines = place.keylog.read_bytes().splitlines()
        secrets = [line for line in lines if line and not line.startswith((b"#", b"EXPORTER"))]
        (world.keys / f"{stem}.keylog").write_bytes(b"\n".join(dict.fromkeys(secrets)) + b"\n")
        return edit(scene.packets) if edit else scene.packets

    case(file, shows, recipe, **expected)(make)


def openssl_suite(stem, shows, cipher, version, *words, server=(), before=""):
    def act(place):
        which = "-ciphersuites" if version == "-tls1_3" else "-cipher"
        place.s_server(which, cipher, *server)
        place.s_client(version, which, cipher, *words, before=before)

    talk(f"near/tls-{stem}.pcap", shows, act, "openssl s_client and s_server", **CAPS_OK)


def gnutls_suite(stem, shows, priority, client=(), server=()):
    def act(place):
        place.gnutls_serv("--priority", priority, *server)
        place.gnutls_cli("--priority", priority, *client)

    talk(f"near/tls-{stem}.pcap", shows, act, "gnutls-cli and gnutls-serv", **PAGE_OK)


CBC = "ECDHE-RSA-AES128-SHA" + OLD
LONGER = ("-servername", "ndes1.contoso.com")  # so that as_ssl2 finds the length it needs
openssl_suite("10-cbc", "TLS 1.0, AES-128-CBC with SHA-1, MAC then encrypt", CBC, "-tls1", "-no_etm", *LONGER)
openssl_suite("11-cbc", "TLS 1.1, AES-256-CBC with SHA-1, encrypt then MAC", "ECDHE-RSA-AES256-SHA" + OLD, "-tls1_1")
openssl_suite(
    "12-cbc-mte", "TLS 1.2, AES-256-CBC with SHA-384, MAC then encrypt", "ECDHE-RSA-AES256-SHA384", "-tls1_2", "-no_etm"
)
openssl_suite("12-cbc-etm", "TLS 1.2, AES-256-CBC with SHA-384, encrypt then MAC", "ECDHE-RSA-AES256-SHA384", "-tls1_2")
openssl_suite("12-gcm128", "TLS 1.2, AES-128-GCM", "ECDHE-RSA-AES128-GCM-SHA256", "-tls1_2")
openssl_suite("12-gcm256", "TLS 1.2, AES-256-GCM", "ECDHE-RSA-AES256-GCM-SHA384", "-tls1_2")
openssl_suite("12-ccm", "TLS 1.2, AES-128-CCM", "AES128-CCM", "-tls1_2")
openssl_suite("12-ccm8", "TLS 1.2, AES-256-CCM with tags of 8 bytes", "AES256-CCM8", "-tls1_2")
for suite, words in (
    ("TLS_AES_128_GCM_SHA256", "AES-128-GCM"),
    ("TLS_AES_256_GCM_SHA384", "AES-256-GCM"),
    ("TLS_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305"),
    ("TLS_AES_128_CCM_SHA256", "AES-128-CCM"),
    ("TLS_AES_128_CCM_8_SHA256", "AES-128-CCM with tags of 8 bytes"),
):
    short = words.partition(" with")[0].lower().replace("aes-128-", "").replace("aes-256-", "256-") + (
        "8" if "with" in words else ""
    )
    openssl_suite(f"13-{short}", f"TLS 1.3, {words}", suite, "-tls1_3")
AES128 = "TLS_AES_128_GCM_SHA256"
openssl_suite(
    "13-retry",
    "TLS 1.3, the server asks for another group (HelloRetryRequest)",
    AES128,
    "-tls1_3",
    "-groups",
    "X25519:P-384",
    server=("-groups", "P-384"),
)
openssl_suite(
    "13-keyupdate",
    "TLS 1.3, both sides change their keys (KeyUpdate) before the request",
    AES128,
    "-tls1_3",
    before="sleep 0.4; echo K; sleep 0.4;",
)
openssl_suite(
    "13-padding",
    "TLS 1.3, records padded to 512 bytes",
    AES128,
    "-tls1_3",
    "-record_padding",
    "512",
    server=("-record_padding", "512"),
)
gnutls_suite("12-3des", "TLS 1.2, 3DES-CBC", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC:+SHA1")
gnutls_suite(
    "12-no-ems",
    "TLS 1.2 without the extended master secret",
    "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_SESSION_HASH",
)
gnutls_suite(
    "13-record-size",
    "TLS 1.3, records of at most 512 bytes (record_size_limit)",
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:%ALLOW_SMALL_RECORDS",
    client=("--recordsize", "512"),
)


# --- edited ----------------------------------------------------------------------------------------------------------------
def edited(file, shows, base, change, **expected):
    """`base` rewritten, with the secrets of the base."""
    stem = Path(base).stem

    def make(case_, world):
        capfile.write(case_.path, change(world.packets(base)))

    options = ["-K", f"pcaps/keys/{stem}.keylog", "--server", "10.5.1.4"]
    case(file, shows, f"edited from {base}", options=options, **expected)(make)


def application(packet):
    fields = capfile.tcp(packet)
    return bool(fields) and fields[6][:1] == b"\x17"


def from_first_request(packets):
    """The capture begins with the client's first record of application data after the handshake."""
    return packets[next(i for i, p in enumerate(packets) if application(p) and capfile.tcp(p)[2] == 443) :]


def without_middle(packets):
    """A segment in the middle of an answer is missing; the client acknowledged it."""
    spoken, full = {}, []
    for i, packet in enumerate(packets):
        fields = capfile.tcp(packet)
        if fields and fields[2] == 443 and fields[6]:
            spoken[fields[1]] = spoken.get(fields[1], 0) + 1
        elif fields and len(fields[6]) >= 1400 and spoken.get(fields[2], 0) >= 3:
            full.append(i)
    return packets[: full[0]] + packets[full[0] + 1 :]


def as_ssl2(packets):
    """The ClientHello in SSLv2's form (RFC 5246 E.2), of the same length: one cipher suite after the other."""
    out = []
    for packet in packets:
        fields = capfile.tcp(packet)
        data = fields[6] if fields else b""
        if data[:1] == b"\x16" and data[5:6] == b"\1":
            offered = data[44 + data[43] :]
            suites = [b"\0" + offered[2 + i : 4 + i] for i in range(0, int.from_bytes(offered[:2], "big"), 2)]
            specs = (b"".join(suites) * 40)[: (len(data) - 43) // 3 * 3]
            hello = b"\1" + data[9:11] + len(specs).to_bytes(2, "big") + b"\0\0\0\x20"
            made = (0x8000 | len(data) - 2).to_bytes(2, "big") + hello + specs + data[11:43]
            assert len(made) == len(data), (len(made), len(data))
            packet = packet.with_data(packet.data[: len(packet.data) - len(data)] + made)
        out.append(packet)
    return out


edited(
    "near/tls-13-midway.pcap",
    "TLS 1.3 with its key log; the capture begins after the handshake, and a secret is found by trying",
    "near/tls-13-256-gcm.pcap",
    from_first_request,
    **CAPS_OK,
)
edited(
    "near/tls-12-midway.pcap",
    "TLS 1.2 with its key log; the capture begins after the handshake, without which no secret can be tried",
    "near/tls-12-gcm128.pcap",
    from_first_request,
    must_not=["http-no-reply", "tls-no-serverhello", "tls-close-early"],
)
edited(
    "near/tls-13-gap.pcap",
    "a segment inside a record is missing in the capture; what comes after it opens",
    "near/tls13-keylog.pcap",
    without_middle,
    must_not=["http-body-short", "rep-not-cms", "rep-sig-invalid"],
)
edited(
    "near/tls-ssl2-hello.pcap",
    "a ClientHello in SSLv2's form",
    "near/tls-10-cbc.pcap",
    as_ssl2,
    **CAPS_OK,
)
