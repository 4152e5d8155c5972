# SPDX-License-Identifier: Apache-2.0
"""What else each finding needs, a capture in which it fires and one that comes near it: certificates and messages."""

import der
import pki
import scepmsg
from cases import APPLE, Scene, case
from cases_ca import certs
from cases_challenge import OTP_PAGE, csr_case, renamed
from cases_request import without
from common import BROWSED, BY_CURL, EXE, GRANTED, RA_KEY, SHORT, moment, pkcs_req, replies, scep_case, spaced
from lab import OTHER_DEVICE
from ndes_responder import admin_page, reply
from pki import intune_challenge

DEVICE_KEYS = [RA_KEY, "device.key"]


# --- the server's certificates ----------------------------------------------------------------------------------------
CA_NAME = "/DC=com/DC=contoso/CN=Contoso Issuing CA"


def own_ca(ndes, **options):
    return pki.certificate(ndes.ca.key, CA_NAME, pki.PROFILES["ca"], ndes.ca.key, None, **options)


scep_case(
    "near/cacert-old-ca-beside.pcap",
    "the CA's certificate before its renewal is listed beside the current one",
    [],
    certs(
        lambda n: [
            n.ra_encryption.cert,
            n.ra_signing.cert,
            n.ca.cert,
            own_ca(n, not_before=moment(-3000), not_after=moment(-5)),
        ]
    ),
    enrol=False,
    near=["cacert-ca-expired"],
    exit=0,
    healthy=True,
)
scep_case(
    "near/cacert-root-sha1.pcap",
    "the root signed itself with SHA-1, which nobody checks",
    [],
    certs(lambda n: [n.ra_encryption.cert, n.ra_signing.cert, own_ca(n, digest="sha1")]),
    agent=APPLE,
    enrol=False,
    near=["cacert-sig-weak"],
    exit=0,
    healthy=True,
)


@case(
    "near/cacert-reordered.pcap",
    "the same certificates in another order",
    BY_CURL,
    near=["cacert-changed"],
    operations={"GetCACert": 2},
    exit=0,
    healthy=True,
)
def certs_reordered(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACert&message=default")
        scene.ndes.certs.reverse()
        scene.get("operation=GetCACert&message=default")
    return scene.packets


@case(
    "cacert-incomplete-chain.pcap",
    "another product's server lists an intermediate CA without the root above it",
    BY_CURL,
    must=["cacert-incomplete-chain"],
    must_not=["cacert-no-ra"],
    operations=BROWSED,
    exit=0,
    healthy=True,
)
def chain_without_root(_case, world):
    root = pki.rsa_key(world.keys / "windows.key")  # any key will do
    root_cert = pki.self_signed(root, "/O=Example/CN=Example Root CA", "ca")
    with scepmsg.as_file(scepmsg.pem(root_cert)) as issuer:
        middle = pki.certificate(world.ndes.ca.key, "/O=Example/CN=Example Device CA", pki.PROFILES["ca"], root, issuer)
    caps = b"POSTPKIOperation\nRenewal\nSHA-256\nAES\nSCEPStandard\n"

    def answer(request):
        if request.operation == "GetCACaps":
            return reply(200, caps, "text/plain", "nginx/1.22.1")
        return reply(200, middle, "application/x-x509-ca-cert", "nginx/1.22.1")

    with Scene(world, answer=answer) as scene:
        for operation in ("GetCACaps", "GetCACert"):
            scene.get(f"operation={operation}", path="/scep", agent="Go-http-client/1.1")
    return scene.packets


@case(
    "near/nextca-signed.pcap",
    "GetNextCACert, signed by the CA of today",
    BY_CURL,
    near=["nextca-unsigned"],
    operations={"GetCACert": 1, "GetNextCACert": 1},
    exit=0,
    healthy=True,
)
def signed_next_ca(_case, world):
    with scepmsg.as_file(scepmsg.pem(world.ndes.ca.cert)) as signer:
        words = ("-sign", "-nodetach", "-binary", "-outform", "DER", "-md", "sha256", "-signer", signer)
        message = scepmsg.openssl(
            "cms", *words, "-inkey", world.ndes.ca.key, data=scepmsg.degenerate(world.ndes.ca.cert)
        )
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: (
            reply(200, message, "application/x-x509-next-ca-cert")
            if request.operation == "GetNextCACert"
            else healthy(request)
        )
        scene.get("operation=GetCACert&message=ca")
        scene.get("operation=GetNextCACert&message=ca")
    return scene.packets


# --- requests and replies ---------------------------------------------------------------------------------------------
scep_case(
    "near/scep-attr-type-served.pcap",
    "a transactionID in UTF8String that the server takes",
    ["rep-success"],
    None,
    without("utf8"),
    near=["scep-attr-type"],
    exit=0,
)


@case(
    "near/scep-tempcert-today.pcap",
    "a certificate that was made five hours ago for two: no clock is days slow",
    BY_CURL,
    must=["rep-success"],
    near=["scep-tempcert-expired"],
    **GRANTED,
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def short_lived(_case, world):
    device = world.device("device")
    cert = pki.self_signed(device.identity.key, device.subject, not_before=moment(-0.2), not_after=moment(-0.12))
    signer = scepmsg.Identity(device.identity.key, cert)
    with Scene(world) as scene:
        scene.browse(path=EXE)
        words = (device.transaction_id, device.csr(SHORT), [world.ndes.ra_encryption.cert], "des3")
        scene.post(scepmsg.request(signer, scepmsg.PKCS_REQ, *words))
    return scene.packets


@case(
    "near/scep-getca-loop-ends.pcap",
    "three times GetCACaps and GetCACert, then a request",
    f"{BY_CURL}; the tries moved a minute apart",
    must=["rep-success"],
    near=["scep-getca-loop"],
    operations={"GetCACaps": 3, "GetCACert": 3, "PKIOperation": 1},
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def getca_then_request(_case, world):
    with Scene(world) as scene:
        for _ in range(3):
            scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
    return spaced(scene.packets, 60)


@case(
    "rep-nonce-reused.pcap",
    "a device sends the same senderNonce with two different requests",
    BY_CURL,
    must=["rep-nonce-reused", "rep-success"],
    must_not=["scep-replay"],
    operations={"PKIOperation": 2},
    keys=[RA_KEY],
    exit=0,
)
def same_nonce(_case, world):
    with Scene(world) as scene:
        for name in ("device", "windows"):
            message = pkcs_req(world, world.device(name), SHORT, cipher="aes256", nonce=b"0123456789ABCDEF")
            scene.post(message)
    return scene.packets


def enclosing(ndes, asked, plain):
    """A reply by a signer that GetCACert did not give, with its certificate enclosed."""
    envelope = scepmsg.envelop(scepmsg.degenerate(ndes.ndes.issue(plain)), [asked.signer_cert])
    return scepmsg.cert_rep(ndes.ndes.make_ra("ra-signing"), asked, 0, envelope, shape=scepmsg.Shape())


scep_case(
    "near/rep-signer-enclosed.pcap",
    "the reply's signer is not in GetCACert, but encloses its certificate",
    ["rep-success"],
    replies(enclosing),
    near=["rep-signer-unknown"],
    exit=0,
    healthy=True,
)


def issued_case(file, shows, must, issue, **expected):
    """A reply that the device's key opens, with another certificate in it: issue(ndes, plain)."""

    def decide(ndes, asked, plain):
        envelope = scepmsg.envelop(scepmsg.degenerate(issue(ndes.ndes, plain)), [asked.signer_cert])
        return scepmsg.cert_rep(ndes.signer, asked, 0, envelope)

    scep_case(file, shows, must, replies(decide), keys=DEVICE_KEYS, **expected)


issued_case(
    "rep-cert-leaf.pcap",
    "the certificate in the reply is for another device's key",
    ["rep-cert-leaf"],
    lambda n, p: n.issue(pki.csr(pki.rsa_key(n.folder / "windows.key"), "/CN=DEVICE-0107")),
    exit=1,
)
issued_case(
    "rep-cert-notyet.pcap",
    "the certificate begins in half an hour: the CA's clock is ahead",
    ["rep-cert-notyet"],
    lambda n, p: n.issue(p, not_before=moment(0.02), not_after=moment(365)),
    exit=1,
)
issued_case(
    "near/rep-cert-backdated.pcap",
    "a certificate that began ten minutes ago, as CAs issue them",
    ["rep-success"],
    lambda n, p: n.issue(p, not_before=moment(-0.007), not_after=moment(365)),
    near=["rep-cert-notyet"],
    exit=0,
    healthy=True,
)
issued_case(
    "rep-cert-content.pcap",
    "the template overrules the request: for servers, and without the alternative name",
    ["rep-cert-content"],
    lambda n, p: n.issue(p, "server", copy=False),
    exit=0,
)


# --- challenge and CSR (need the RA's key) ----------------------------------------------------------------------------
def common_name(text):
    return der.seq(der.set_of(der.seq(der.oid("2.5.4.3"), der.utf8(text))))


csr_case(
    "csr-nonprintable.pcap",
    "a control character in the subject, refused by the CA",
    ["csr-nonprintable"],
    lambda w, d: renamed(d, common_name("DEVICE\x010107")),
    lambda n, a, p: n.failure(a, 2, -2146877439),
    exit=1,
)
csr_case(
    "near/csr-umlaut.pcap",
    "a subject with letters beyond ASCII",
    ["rep-success"],
    lambda w, d: renamed(d, common_name("Gerät Müller 東京")),
    lambda n, a, p: n.success(a, p),
    near=["csr-nonprintable"],
    exit=0,
    healthy=True,
)
csr_case(
    "near/csr-subject-64.pcap",
    "a common name of 64 characters",
    ["rep-success"],
    lambda w, d: renamed(d, common_name("x" * 64)),
    lambda n, a, p: n.success(a, p),
    near=["csr-subject-long"],
    exit=0,
    healthy=True,
)
csr_case(
    "csr-subject-escape.pcap",
    "Intune's challenge and a comma in the subject, refused",
    ["csr-subject-escape"],
    lambda w, d: pki.csr(d.identity.key, "/CN=Doe, John/O=Contoso", intune_challenge()),
    exit=1,
)
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:jdoe@contoso.com"
# The comma in the tag needs a section of its own in openssl's configuration.
UPN_AND_SID = "@alt\n[alt]\n" + UPN.replace(":", ".1=", 1)
UPN_AND_SID += "\nURI.1=tag:microsoft.com,2022-09-14:sid:S-1-5-21-1004336348-1177238915-682003330-512"
csr_case(
    "csr-sid-absent.pcap",
    "a user principal name and no security identifier",
    ["csr-sid-absent", "rep-success"],
    lambda w, d: d.csr(SHORT, sans=UPN),
    lambda n, a, p: n.success(a, p),
    exit=0,
    healthy=True,
)
csr_case(
    "near/csr-sid-present.pcap",
    "a user principal name with the security identifier beside it",
    ["rep-success"],
    lambda w, d: d.csr(SHORT, sans=UPN_AND_SID),
    lambda n, a, p: n.success(a, p),
    near=["csr-sid-absent"],
    exit=0,
    healthy=True,
)


@case(
    "chal-kind.pcap",
    "Intune's challenge is sent to an NDES that gives out passwords on mscep_admin",
    BY_CURL,
    must=["chal-kind"],
    may=["rep-fail-2-badrequest"],
    must_not=["chal-malformed", "chal-expired"],
    operations={"PKIOperation": 1},
    keys=[RA_KEY],
    options=["-k", f"pcaps/keys/{RA_KEY}"],
    exit=1,
)
def challenge_of_another_kind(_case, world):
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: admin_page(OTP_PAGE) if "mscep_admin" in request.path else healthy(request)
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 2, -2147024891)
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", path="/certsrv/mscep_admin/", source=OTHER_DEVICE)
        scene.post(pkcs_req(world, world.device("device"), intune_challenge(), cipher="aes256"))
    return scene.packets
