# SPDX-License-Identifier: Apache-2.0
"""Certificates and CSRs of the test network, made with openssl. Keys that open a committed capture go to pcaps/keys."""
import base64
import hashlib
import os
import tempfile
import threading
from pathlib import Path

import der
from scepmsg import Identity, attribute, openssl, pem

CHALLENGE = "1.2.840.113549.1.9.7"
ENROLMENT_AGENT = "1.3.6.1.4.1.311.20.2.1"
_KEYS = threading.Lock()
PROFILES = {
    "ca": ["basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"],
    "ra-encryption": ["keyUsage=critical,keyEncipherment", f"extendedKeyUsage={ENROLMENT_AGENT}"],
    "ra-signing": ["keyUsage=critical,digitalSignature", f"extendedKeyUsage={ENROLMENT_AGENT}"],
    "ra-both": ["keyUsage=critical,digitalSignature,keyEncipherment", f"extendedKeyUsage={ENROLMENT_AGENT}"],
    "ra-no-eku": ["keyUsage=critical,keyEncipherment"],
    "client": ["keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=clientAuth"],
    "server": [
        "keyUsage=critical,digitalSignature,keyEncipherment",
        "extendedKeyUsage=serverAuth",
        "subjectAltName=DNS:ndes.contoso.com",
    ],
}


def rsa_key(path, bits=2048):
    """The key in that file, made when it is not there yet. Cases run side by side and share keys."""
    with _KEYS:
        if not path.exists():
            path.write_bytes(openssl("genrsa", "-traditional", bits))
    return path


def _config(folder, extensions, sans=""):
    path = Path(folder, "openssl.cnf")
    lines = [
        "[req]",
        "distinguished_name=dn",
        "prompt=no",
        "[dn]",
        "CN=unused",
        "[ext]",
        *extensions,
        f"subjectAltName={sans}" if sans else "",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def self_signed(key, subject, profile="client", days=365, digest="sha256", serial=1, not_before=None, not_after=None):
    return certificate(key, subject, PROFILES[profile], key, None, days, digest, serial, not_before, not_after)


def certificate(
    key,
    subject,
    extensions,
    issuer_key,
    issuer_cert,
    days=730,
    digest="sha256",
    serial=None,
    not_before=None,
    not_after=None,
):
    """A certificate in DER. Fixed dates (YYYYMMDDHHMMSSZ) go through `openssl ca`, the only command that takes them."""
    with tempfile.TemporaryDirectory() as folder:
        config = _config(folder, extensions)
        csr = Path(folder, "csr.pem")
        csr.write_bytes(openssl("req", "-new", "-key", key, "-subj", subject, "-config", config))
        return sign_csr(folder, csr, config, issuer_key, issuer_cert, days, digest, serial, not_before, not_after)


def sign_csr(folder, csr, config, issuer_key, issuer_cert, days, digest, serial, not_before, not_after, copy=False):
    serial = serial or int.from_bytes(b"\x68" + os.urandom(15), "big")
    number = f"{serial:x}"
    Path(folder, "serial").write_text(number if len(number) % 2 == 0 else "0" + number, encoding="ascii")
    Path(folder, "index.txt").touch()
    with config.open("a", encoding="utf-8") as handle:
        handle.write(
            f"[ca]\ndefault_ca=c\n[c]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
            f"new_certs_dir={folder}\npolicy=p\nemail_in_dn=no\npreserve=yes\n"
            + ("copy_extensions=copy\n" if copy else "")
            + "[p]\ncommonName=optional\n"
            "organizationName=optional\norganizationalUnitName=optional\ncountryName=optional\n"
            "domainComponent=optional\nemailAddress=optional\n"
        )
    args = [
        "ca",
        "-batch",
        "-notext",
        "-config",
        config,
        "-in",
        csr,
        "-keyfile",
        issuer_key,
        "-md",
        digest,
        "-extensions",
        "ext",
        "-preserveDN",
    ]
    args += ["-cert", issuer_cert] if issuer_cert else ["-selfsign"]
    args += ["-startdate", not_before] if not_before else []
    args += ["-enddate", not_after] if not_after else ["-days", days]
    out = Path(folder, "out.pem")
    openssl(*args, "-out", out)
    return openssl("x509", "-in", out, "-outform", "DER")


def csr(key, subject, challenge=None, sans="", string=der.printable):
    """A PKCS#10 in DER. `openssl req -subj` drops the attributes, so the challenge is put in here and signed again."""
    with tempfile.TemporaryDirectory() as folder:
        config = _config(folder, ["extendedKeyUsage=clientAuth"], sans)
        plain = openssl(
            "req",
            "-new",
            "-key",
            key,
            "-subj",
            subject,
            "-config",
            config,
            "-reqexts",
            "ext",
            "-outform",
            "DER",
            "-sha256",
        )
    if challenge is None:
        return plain
    info, signature_algorithm, _ = der.parse(plain).children
    *head, attributes = info.children
    challenge = attribute(CHALLENGE, string(challenge))
    to_sign = der.seq(*(child.raw for child in head), der.tlv(0xA0, challenge, attributes.content))
    signature = openssl("dgst", "-sha256", "-sign", key, data=to_sign)
    return der.seq(to_sign, signature_algorithm.raw, der.tlv(0x03, b"\0", signature))


def intune_challenge(size=6000):
    """As large as Intune's and with its visible beginning; the rest is filler, nobody can decode it."""
    filler = b"".join(hashlib.sha256(bytes([n & 255, n >> 8])).digest() for n in range(size // 32))
    return "PENlcnRFbn" + base64.b64encode(filler).decode()[:size]


class Ndes:
    """An issuing CA and the two RA certificates NDES has. Kept in `folder` so that every capture uses the same."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = self._load("ndes-ca", "/DC=com/DC=contoso/CN=Contoso Issuing CA", "ca", 3650)
        self.ra_encryption = self._load(
            "ndes-ra-encryption", "/C=US/O=Contoso/CN=NDES01-MSCEP-RA", "ra-encryption", 730
        )
        self.ra_signing = self._load("ndes-ra-signing", "/C=US/O=Contoso/CN=NDES01-MSCEP-RA", "ra-signing", 730)

    def _load(self, name, subject, profile, days):
        key, crt = self.folder / f"{name}.key", self.folder / f"{name}.crt"
        if not crt.exists():
            rsa_key(key)
            issuer = (key, None) if profile == "ca" else (self.ca.key, self.folder / "ndes-ca.crt")
            crt.write_bytes(pem(certificate(key, subject, PROFILES[profile], *issuer, days)))
        return Identity(key, openssl("x509", "-in", crt, "-outform", "DER"))

    def make_ra(self, profile, **options):
        """A further RA certificate on the encryption key: expired, without usage, weakly signed ..."""
        cert = certificate(
            self.ra_encryption.key,
            "/C=US/O=Contoso/CN=NDES01-MSCEP-RA",
            PROFILES[profile],
            self.ca.key,
            self.folder / "ndes-ca.crt",
            **options,
        )
        return Identity(self.ra_encryption.key, cert)

    def issue(self, csr_der, profile="client", copy=True, **dates):
        """The certificate for that request, with its alternative names, as a template 'supply in the request' does."""
        not_before, not_after = dates.get("not_before"), dates.get("not_after")
        with tempfile.TemporaryDirectory() as folder:
            request = Path(folder, "csr.pem")
            request.write_bytes(openssl("req", "-inform", "DER", data=csr_der))
            config = _config(folder, PROFILES[profile])
            issuer = self.folder / "ndes-ca.crt"
            return sign_csr(
                folder, request, config, self.ca.key, issuer, 365, "sha256", None, not_before, not_after, copy
            )


class Device:
    """A device's key and its self-signed transaction certificate."""

    def __init__(self, key, subject, **cert_options):
        rsa_key(key)
        self.subject = subject
        self.identity = Identity(key, self_signed(key, subject, **cert_options))
        public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
        self.transaction_id = hashlib.sha1(public).hexdigest().upper()

    def csr(self, challenge, **options):
        return csr(self.identity.key, self.subject, challenge, **options)
