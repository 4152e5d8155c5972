# SPDX-License-Identifier: Apache-2.0
"""TLS faults that need more than nginx alone: revoked clients, inspection, alerts, renegotiation, and their near misses."""
import der
import pki
import scepmsg
from cases import PLUGIN
from cases_tls import FAILS, KNOWN, NAME, V12, client_cert, contact, enrol, tls_case
from cases_tls_suites import CAPS_OK, talk
from common import EXE, moment
from lab import SERVER
from ndes_responder import POLICY

BY_APACHE = "curl and Apache, which asks for the certificate of one path only"


# --- the server's certificate ---------------------------------------------------------------------------------------------
def inspector(world, folder):
    """An authority with the name of an inspection product, and its certificate as a file."""
    key = pki.rsa_key(world.keys / "inspector.key")
    subject = "/C=US/O=Zscaler Inc./CN=Zscaler Intermediate Root CA (zscaler.net)"
    path = folder / "inspector.crt"
    path.write_bytes(scepmsg.pem(pki.self_signed(key, subject, "ca")))
    return key, path


tls_case(
    "tls-inspection.pcap",
    "an inspection product's certificate in place of the server's, which the device does not trust",
    contact(trust=False),
    ["tls-inspection"],
    signer=inspector,
    chain=False,
    **V12,
    **{**FAILS, "exit": 1},
    may=["tls-chain-incomplete", "tls-alert-client-certunknown"],
)
tls_case(
    "near/tls-own-authority.pcap",
    "a certificate of the company's own authority, which the device trusts",
    enrol,
    must_not=["tls-inspection"],
    keys="none",
    options=KNOWN,
    **V12,
)
tls_case(
    "tls-servercert-notyet.pcap",
    "the server's certificate begins tomorrow; the device refuses it",
    contact(),
    ["tls-servercert-notyet"],
    not_before=moment(1),
    not_after=moment(300),
    may=["tls-alert-client-certunknown"],
    must_not=["tls-servercert-expired"],
    **V12,
    **{**FAILS, "exit": None},
)
tls_case(
    "near/tls-servercert-fresh.pcap",
    "the server's certificate began a minute ago",
    enrol,
    must_not=["tls-servercert-notyet", "tls-servercert-expired"],
    keys="none",
    options=KNOWN,
    not_before=moment(-1 / 1440),
    not_after=moment(300),
    **V12,
    healthy=True,
)


# --- alerts ---------------------------------------------------------------------------------------------------------------
tls_case(
    "tls-alert-other.pcap",
    "the server knows no site of that name: alert 112 (unrecognized_name)",
    contact(),
    ["tls-alert-other"],
    server="ssl_reject_handshake on;",
    must_not=["tls-no-serverhello", "tls-cipher"],
    **V12,
    **{**FAILS, "exit": None},
)


def warned(place):
    """The name is not the server's: a warning, and the handshake goes on."""
    place.s_server("-servername", "other.contoso.com", "-cert2", place.cert, "-key2", place.key, "-tls1_2")
    place.s_client("-tls1_2")


talk(
    "near/tls-alert-warning.pcap",
    "the server warns of the name (alert 112) and goes on",
    warned,
    "openssl s_client and s_server",
    must_not=["tls-alert-other"],
    **CAPS_OK,
)


# --- the policy module's certificate ----------------------------------------------------------------------------------------
def crl(world, folder, *serials):
    """The authority's list of what it revoked yesterday."""
    sha256_rsa = scepmsg.algorithm("1.2.840.113549.1.1.11")

    def utc(days):
        return der.tlv(0x17, moment(days)[2:].encode())

    revoked = [der.seq(*(der.seq(der.integer(serial), utc(-1)) for serial in serials))] if serials else []
    tbs = der.seq(der.integer(1), sha256_rsa, scepmsg.subject(world.ndes.ca.cert), utc(-2), utc(5), *revoked)
    signature = scepmsg.openssl("dgst", "-sha256", "-sign", world.ndes.ca.key, data=tbs)
    path = folder / "ca.crl"
    path.write_bytes(
        scepmsg.openssl("crl", "-inform", "DER", data=der.seq(tbs, sha256_rsa, der.tlv(0x03, b"\0", signature)))
    )
    return path


def with_crl(*serials):
    """nginx would let it through and answer 400; s_server refuses it in the handshake."""

    def act(tls, world, scene):
        folder = scene.lab.folder
        words = client_cert(world, scene, pki.PROFILES["client"], serial=0x680107)
        place = folder / POLICY[1:] / "VerifyRequest"
        place.parent.mkdir(parents=True)
        place.write_text("true", encoding="ascii")
        check = ["-Verify", "1", "-CAfile", tls.ca, "-crl_check", "-CRL", crl(world, folder, *serials)]
        key = world.keys / "tls-server.key"
        files = ["-cert", folder / "tls.crt", "-key", key, "-tls1_2", "-verify_return_error"]
        scene.lab.start("srv", "openssl", "s_server", "-accept", "4443", "-WWW", *files, *check, cwd=folder)
        scene.lab.wait_port("srv", 4443)
        url = f"https://{NAME}:4443{POLICY}VerifyRequest"
        scene.lab.exec(
            "srv",
            "env",
            f"SSLKEYLOGFILE={tls.keylog}",
            *["curl", "-sS", "-o", "/dev/null", "-m", "20", "-A", PLUGIN, "--cacert", tls.ca, "--tls-max", "1.2"],
            *["--resolve", f"{NAME}:4443:{SERVER}", *words, url],
        )

    return act


BY_S_SERVER = "curl and openssl s_server with a revocation list"
tls_case(
    "tls-clientcert-revoked.pcap",
    "the policy module's certificate is revoked: alert 44",
    with_crl(0x680107),
    ["tls-clientcert-revoked"],
    where="lo",
    recipe=BY_S_SERVER,
    keys="none",
    options=["--server", "10.5.1.4:4443"],
    exit=1,
)
tls_case(
    "near/tls-clientcert-not-revoked.pcap",
    "the list names another certificate than the policy module's",
    with_crl(0x680108),
    where="lo",
    recipe=BY_S_SERVER,
    must_not=["tls-clientcert-revoked", "tls-clientcert-absent"],
    operations={"VerifyRequest": 1},
    exit=0,
    near=["tls-clientcert-eku", "tls-clientcert-expired", "tls-clientcert-revoked"],
    healthy=True,
)


# --- renegotiation --------------------------------------------------------------------------------------------------------------
APACHE = """ServerName {name}
Listen 4443
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.log
{modules}
SSLEngine on
SSLProtocol {protocol}
SSLCertificateFile {folder}/tls.crt
SSLCertificateKeyFile {key}
SSLCACertificateFile {ca}
DocumentRoot {folder}/www
TypesConfig /dev/null
<Directory {folder}/www>
 Require all granted
</Directory>
<Location {path}>
 SSLVerifyClient optional
</Location>
"""
MODULES = ("mpm_event", "authz_core", "ssl", "mime", "dir")


def apache(path, where):
    """The certificate is asked for once the path is known, as IIS does for the policy module's application."""

    def act(tls, world, scene):
        folder = scene.lab.folder
        words = client_cert(world, scene, pki.PROFILES["client"])
        page = folder / "www" / POLICY[1:] / "VerifyRequest"
        page.parent.mkdir(parents=True)
        page.write_text("true", encoding="ascii")
        modules = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so" for m in MODULES)
        config = folder / "apache.conf"
        config.write_text(
            APACHE.format(
                name=NAME,
                folder=folder,
                modules=modules,
                protocol="TLSv1.2",
                key=world.keys / "tls-server.key",
                ca=tls.ca,
                path=path,
            ),
            encoding="ascii",
        )
        scene.lab.start("srv", "apache2", "-X", "-d", folder, "-f", config)
        scene.lab.wait_port("srv", 4443)
        scene.lab.exec(
            where,
            "env",
            f"SSLKEYLOGFILE={tls.keylog}",
            *["curl", "-sS", "-o", "/dev/null", "-m", "20", "-A", PLUGIN, "--cacert", tls.ca, "--tls-max", "1.2"],
            *["--resolve", f"{NAME}:4443:{SERVER}", *words, f"https://{NAME}:4443{POLICY}VerifyRequest"],
        )

    return act


tls_case(
    "tls-reneg.pcap",
    "the policy module is asked for its certificate in a second handshake, after its request (TLS 1.2)",
    apache(POLICY, "srv"),
    ["tls-reneg"],
    where="lo",
    recipe=BY_APACHE,
    operations={"VerifyRequest": 1},
    outcomes={"ok": 1},
    exit=0,
)
tls_case(
    "near/tls-no-reneg.pcap",
    "the same server, which asks for no certificate on this path",
    apache("/other", "srv"),
    where="lo",
    recipe=BY_APACHE,
    must_not=["tls-reneg"],
    operations={"VerifyRequest": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)


def verify(tls, _world, _scene):
    tls.curl("-d", "{}", f"https://{NAME}{POLICY}VerifyRequest", part="srv", agent=PLUGIN)


LOOPBACK = {"where": "lo", "must_not": ["http-no-reply"]}
tls_case(
    "tls-reneg-13.pcap",
    "TLS 1.3 on the policy module's leg: the server resets after the request (as Server 2022 does)",
    verify,
    ["tls-reneg-13"],
    server="ssl_protocols TLSv1.3; location = " + POLICY + "VerifyRequest { return 444; }",
    keys="none",
    options=KNOWN,
    exit=1,
    **LOOPBACK,
)
BODY = "The request is not supported. (Exception from HRESULT: 0x80070032)"
tls_case(
    "tls-reneg-13-500.pcap",
    "the same, and the server answers 500 with 0x80070032 (as Server 2025 does)",
    verify,
    ["tls-reneg-13"],
    server="ssl_protocols TLSv1.3; default_type text/plain; location = "
    + POLICY
    + 'VerifyRequest { return 500 "'
    + BODY
    + '"; }',
    may=["policy-500"],
    operations={"VerifyRequest": 1},
    exit=1,
    **LOOPBACK,
)
tls_case(
    "near/tls13-policy-ok.pcap",
    "TLS 1.3 on the policy module's leg, and all is well",
    verify,
    must_not=["tls-reneg-13"],
    where="lo",
    server="ssl_protocols TLSv1.3;",
    operations={"VerifyRequest": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)


# --- early data, which s_server does not take when it plays a web server ----------------------------------------------------------
def early(tls, _world, scene):
    folder = scene.lab.folder
    request = folder / "request"
    text = f"GET {EXE}?operation=GetCACaps&message=default HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"
    request.write_bytes(text.encode())
    words = f"openssl s_client -connect {SERVER}:443 -servername {NAME} -tls1_3 -keylogfile {tls.keylog} -ign_eof"
    scene.lab.exec("dev", "sh", "-c", f"cat {request} | timeout 10 {words} -sess_out {folder}/session")
    scene.lab.exec("dev", "sh", "-c", f"sleep 0.6 | timeout 10 {words} -sess_in {folder}/session -early_data {request}")


tls_case(
    "near/tls-13-early.pcap",
    "TLS 1.3, the second connection resumes by PSK and sends its request as early data",
    early,
    recipe="openssl s_client, nginx with TLS, the responder behind it",
    server="ssl_protocols TLSv1.3; ssl_early_data on; keepalive_timeout 0;",
    operations={"GetCACaps": 2},
    outcomes={"ok": 2},
    exit=0,
    healthy=True,
)
