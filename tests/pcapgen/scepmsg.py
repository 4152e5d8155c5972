# SPDX-License-Identifier: Apache-2.0
"""SCEP messages by hand: the structure is written here, the cryptography is the openssl program's."""
import base64
import hashlib
import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import der

DATA, SIGNED, ENVELOPED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{n}" for n in (3, 4, 5))
MESSAGE_TYPE, PKI_STATUS, FAIL_INFO, SENDER_NONCE, RECIPIENT_NONCE, TRANSACTION_ID = (
    f"2.16.840.1.113733.1.9.{n}" for n in (2, 3, 4, 5, 6, 7)
)
FAIL_TEXT, HRESULT = "1.3.6.1.5.5.7.24.1", "1.3.6.1.4.1.311.21.33"
RSA, ECDSA_SHA256 = "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.2"
DIGESTS = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
CERT_REP, RENEWAL_REQ, PKCS_REQ, CERT_POLL, GET_CERT, GET_CRL = 3, 17, 19, 20, 21, 22
LEGACY = ("-provider", "legacy", "-provider", "default")


def openssl(*args, data=b""):
    run = subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, args))}: {run.stderr.decode()}")
    return run.stdout


@contextmanager
def as_file(data):
    with tempfile.NamedTemporaryFile() as handle:
        handle.write(data)
        handle.flush()
        yield handle.name


@dataclass
class Identity:
    """A private key file and the certificate that goes with it."""

    key: Path
    cert: bytes

    @property
    def issuer_serial(self):
        return issuer_serial(self.cert)


def issuer_serial(cert):
    tbs = der.parse(cert)[0]
    first = 1 if tbs[0].tag == 0xA0 else 0
    return der.seq(tbs[first + 2].raw, tbs[first].raw)


def subject(cert):
    tbs = der.parse(cert)[0]
    return tbs[5 if tbs[0].tag == 0xA0 else 4].raw


def pem(cert):
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(cert) + b"-----END CERTIFICATE-----\n"


def algorithm(dotted, null=True):
    return der.seq(der.oid(dotted), der.null() if null else b"")


def attribute(dotted, value):
    return der.seq(der.oid(dotted), der.set_of(value))


def degenerate(*certs):
    """Certificates only (RFC 5652 section 5.2, SCEP's GetCACert and issued-certificate form)."""
    return der.seq(
        der.oid(SIGNED),
        der.tlv(
            0xA0, der.seq(der.integer(1), der.set_of(), der.seq(der.oid(DATA)), der.tlv(0xA0, *certs), der.set_of())
        ),
    )


def envelop(plain, recipients, cipher="aes256", oaep=False, ber=False):
    args = ["cms", "-encrypt", "-binary", "-outform", "DER", *LEGACY, "-" + cipher]
    with tempfile.TemporaryDirectory() as folder:
        for number, cert in enumerate(recipients):
            path = Path(folder, f"{number}.pem")
            path.write_bytes(pem(cert))
            args += ["-recip", path]
            args += ["-keyopt", "rsa_padding_mode:oaep"] if oaep else []
        envelope = openssl(*args, data=plain)
    return envelope_to_ber(envelope) if ber else envelope


def envelope_to_ber(envelope):
    """Indefinite lengths and a chunked ciphertext, as Apple's clients write them."""
    content = der.parse(envelope)
    inner = content[1][0]
    encrypted = inner[-1]
    return der.indefinite(
        0x30,
        content[0].raw,
        der.indefinite(
            0xA0,
            der.indefinite(
                0x30,
                *(child.raw for child in inner.children[:-1]),
                der.indefinite(
                    0x30,
                    encrypted[0].raw,
                    encrypted[1].raw,
                    der.indefinite(0xA0, der.octets(encrypted[2].octet_string())),
                ),
            ),
        ),
    )


@dataclass
class Shape:
    """How a SignedData is written; the defaults are an ordinary client's."""

    digest: str = "sha256"
    ber: bool = False
    certs: tuple = None  # None: the signer's own
    broken_signature: bool = False
    broken_digest: bool = False
    extra_attrs: list = field(default_factory=list)
    signing_time: object = None
    sid: bytes = None


def sign(content, signer, attrs, shape=None):
    """A pkiMessage. `content` None means no eContent at all, b'\\0' is what NDES writes into a FAILURE."""
    shape = shape or Shape()
    digest = hashlib.new(shape.digest, content or b"").digest()
    if shape.broken_digest:
        digest = digest[::-1]
    attributes = [
        attribute(CONTENT_TYPE, der.oid(DATA)),
        attribute(MESSAGE_DIGEST, der.octets(digest)),
        *attrs,
        *shape.extra_attrs,
    ]
    if shape.signing_time:
        attributes.append(attribute(SIGNING_TIME, der.utctime(shape.signing_time)))
    to_sign = der.set_of(*attributes)
    signature = openssl("dgst", "-" + shape.digest, "-sign", signer.key, data=to_sign)
    signed_with = algorithm(RSA) if len(signature) >= 128 else algorithm(ECDSA_SHA256, null=False)
    if shape.broken_signature:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    info = der.seq(
        der.integer(1),
        shape.sid or signer.issuer_serial,
        algorithm(DIGESTS[shape.digest]),
        b"\xa0" + to_sign[1:],
        signed_with,
        der.octets(signature),
    )
    certs = (signer.cert,) if shape.certs is None else shape.certs
    certs = der.tlv(0xA0, *certs) if certs else b""
    algorithms = der.set_of(algorithm(DIGESTS[shape.digest]))
    if shape.ber:
        encap = der.indefinite(0x30, der.oid(DATA), der.indefinite(0xA0, der.indefinite(0x24, der.octets(content))))
        return der.indefinite(
            0x30,
            der.oid(SIGNED),
            der.indefinite(0xA0, der.indefinite(0x30, der.integer(1), algorithms, encap, certs, der.set_of(info))),
        )
    encap = der.seq(der.oid(DATA), b"" if content is None else der.tlv(0xA0, der.octets(content)))
    return der.seq(der.oid(SIGNED), der.tlv(0xA0, der.seq(der.integer(1), algorithms, encap, certs, der.set_of(info))))


def text_attribute(dotted, value, string=der.printable):
    return attribute(dotted, string(str(value)))


def request(
    signer, message_type, transaction_id, payload, recipients, cipher="aes256", oaep=False, nonce=None, shape=None
):
    """A PKCSReq, RenewalReq, CertPoll, GetCert or GetCRL."""
    shape = shape or Shape()
    envelope = envelop(payload, recipients, cipher, oaep, shape.ber)
    attrs = [
        text_attribute(MESSAGE_TYPE, message_type),
        text_attribute(TRANSACTION_ID, transaction_id),
        attribute(SENDER_NONCE, der.octets(nonce or os.urandom(16))),
    ]
    return sign(envelope, signer, attrs, shape)


@dataclass
class Request:
    """What the responder needs of a request it received."""

    message_type: int
    transaction_id: str
    nonce: bytes
    envelope: bytes
    signer_cert: bytes


def read_request(message):
    signed = der.parse(message)[1][0]
    certs = next((child for child in signed.children if child.tag == 0xA0), None)
    attrs = next(child for child in signed[-1][0].children if child.tag == 0xA0)
    values = {a[0].oid(): a[1][0] for a in attrs.children}
    return Request(
        int(values[MESSAGE_TYPE].content),
        values[TRANSACTION_ID].content.decode(),
        values[SENDER_NONCE].content,
        signed[2][1][0].octet_string(),
        certs[0].raw if certs else b"",
    )


def open_envelope(envelope, identity):
    with as_file(pem(identity.cert)) as cert:
        return openssl(
            "cms",
            "-decrypt",
            "-binary",
            "-inform",
            "DER",
            *LEGACY,
            "-recip",
            cert,
            "-inkey",
            identity.key,
            data=envelope,
        )


def cert_rep(
    signer,
    asked,
    status,
    content=None,
    fail_info=None,
    hresult=None,
    fail_text=None,
    nonce=True,
    transaction_id=None,
    recipient_nonce=None,
    shape=None,
):
    """A CertRep to `asked`. Like NDES it carries no certificates of its own unless the shape says so."""
    shape = shape or Shape(certs=())
    attrs = [
        text_attribute(MESSAGE_TYPE, CERT_REP),
        text_attribute(PKI_STATUS, status),
        text_attribute(TRANSACTION_ID, asked.transaction_id if transaction_id is None else transaction_id),
    ]
    if recipient_nonce is not False:
        attrs.append(attribute(RECIPIENT_NONCE, der.octets(recipient_nonce or asked.nonce)))
    if nonce:
        attrs.append(attribute(SENDER_NONCE, der.octets(os.urandom(16))))
    if fail_info is not None:
        attrs.append(text_attribute(FAIL_INFO, fail_info))
    if hresult is not None:
        attrs.append(text_attribute(HRESULT, hresult))
    if fail_text is not None:
        attrs.append(attribute(FAIL_TEXT, der.utf8(fail_text)))
    return sign(content, signer, attrs, shape)
