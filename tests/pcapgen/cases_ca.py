# SPDX-License-Identifier: Apache-2.0
"""GetCACaps, GetCACert and GetNextCACert: capabilities, CA and RA certificates."""

import der
import pki
import scepmsg
from cases import APPLE, Scene, case
from common import BY_CURL, ENROLMENT, EXE, OK, RA_KEY, SHORT, moment, pkcs_req, quoted, scep_case
from ndes_responder import CAPS, page_500, reply
from scepmsg import request


# --- GetCACaps ------------------------------------------------------------------------------------------------------------------
def caps(text, content_type="text/plain"):
    def prepare(scene, _world):
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: (
            reply(200, text.encode(), content_type) if request.operation == "GetCACaps" else healthy(request)
        )

    return prepare


scep_case("caps-empty.pcap", "GetCACaps with no body, then nothing more", ["caps-empty"], caps(""), enrol=False)
scep_case(
    "near/caps-empty-success.pcap",
    "GetCACaps with no body, and the client enrols all the same",
    ["rep-success"],
    caps(""),
    must_not=["caps-empty"],
    outcomes=OK,
    exit=0,
    healthy=True,
)
scep_case(
    "caps-html.pcap",
    "a web page in place of GetCACaps",
    ["caps-html"],
    caps("<html><head><title>Welcome</title></head></html>", "text/html"),
    must_not=["http-200-html"],
    enrol=False,
    exit=1,
)
scep_case(
    "caps-no-sha2.pcap",
    "only SHA-1 is offered",
    ["caps-no-sha2"],
    caps("POSTPKIOperation\nRenewal\nSHA-1\nDES3\n"),
    must_not=["caps-no-sha"],
    enrol=False,
)
scep_case(
    "caps-no-sha-apple.pcap",
    "no digest is offered to an iPhone, which stops",
    ["caps-no-sha"],
    caps("POSTPKIOperation\nRenewal\nDES3\n"),
    agent=APPLE,
    may=["scep-stops-after-caps"],
    enrol=False,
    exit=1,
)
scep_case(
    "caps-no-cipher.pcap",
    "neither 3DES nor AES is offered",
    ["caps-no-3des-aes"],
    caps("POSTPKIOperation\nRenewal\nSHA-1\nSHA-256\n"),
    enrol=False,
    exit=1,
)
scep_case(
    "near/caps-scepstandard.pcap",
    "SCEPStandard alone means AES, SHA-256 and POST",
    ["rep-success"],
    caps("SCEPStandard\n"),
    must_not=["caps-no-sha2", "caps-no-sha", "caps-no-3des-aes", "caps-no-post", "caps-no-aes"],
    outcomes=OK,
    exit=0,
    healthy=True,
)
scep_case(
    "caps-no-post.pcap",
    "POST is not offered, so a message of 11 KB goes by GET",
    ["caps-no-post", "rep-success"],
    caps("Renewal\nSHA-512\nSHA-256\nSHA-1\nDES3\n"),
    lambda w, d: quoted(pkcs_req(w, d)),
    "get",
    APPLE,
    must_not=["scep-get-instead-of-post"],
    exit=0,
)
scep_case(
    "caps-no-renewal.pcap",
    "Renewal is not offered",
    ["caps-no-renewal", "rep-success"],
    caps("POSTPKIOperation\nSHA-256\nAES\n"),
    exit=0,
    healthy=True,
)
scep_case(
    "near/caps-crlf-case.pcap",
    "unknown words, odd case, CRLF and LF mixed",
    ["rep-success"],
    caps("POSTPKIOperation\r\nsha-256\nAes\r\nFrobnicate\nRenewal"),
    must_not=["caps-no-sha2", "caps-no-post", "caps-no-3des-aes"],
    exit=0,
    near=["caps-no-renewal"],
    healthy=True,
)
scep_case(
    "scep-get-instead-of-post.pcap",
    "POST is offered, the iPhone uses GET with 11 KB",
    ["scep-get-instead-of-post", "rep-success"],
    None,
    lambda w, d: quoted(pkcs_req(w, d)),
    "get",
    APPLE,
    exit=0,
)


@case(
    "caps-error.pcap",
    "GetCACaps gets 500, everything else works",
    BY_CURL,
    must=["caps-error", "rep-success"],
    must_not=["http-500-ndes"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=0,
)
def caps_error(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_500() if request.operation == "GetCACaps" else scene.ndes.scep(request)
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
    return scene.packets


@case(
    "caps-differs.pcap",
    "two nodes of a farm give different lists",
    BY_CURL,
    must=["caps-differs"],
    operations={"GetCACaps": 2},
)
def caps_differ(_case, world):
    with Scene(world) as scene:
        scene.ask_caps()
        scene.ndes.caps = "POSTPKIOperation\nRenewal\nSHA-1\nDES3\n"
        scene.ask_caps()
    return scene.packets


@case(
    "near/caps-reordered.pcap",
    "the same list in another order and with other line ends",
    BY_CURL,
    must_not=["caps-differs"],
    operations={"GetCACaps": 2},
    exit=0,
    healthy=True,
)
def caps_reordered(_case, world):
    with Scene(world) as scene:
        scene.ask_caps()
        scene.ndes.caps = "\n".join(reversed(CAPS.split())) + "\n"
        scene.ask_caps()
    return scene.packets


# --- GetCACert ------------------------------------------------------------------------------------------------------------------
def certs(choose):
    """GetCACert answers with what choose(ndes) returns."""

    def prepare(scene, world):
        scene.ndes.certs = choose(world.ndes)

    return prepare


def body(make, content_type="application/x-x509-ca-ra-cert"):
    def prepare(scene, world):
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: (
            reply(200, make(scene, world), content_type) if request.operation == "GetCACert" else healthy(request)
        )

    return prepare


def bundle(scene, _world):
    return scepmsg.degenerate(*scene.ndes.certs)


scep_case("cacert-empty.pcap", "GetCACert with no body", ["cacert-empty"], body(lambda s, w: b""), enrol=False, exit=1)
scep_case(
    "cacert-html.pcap",
    "a web page in place of GetCACert",
    ["cacert-html"],
    body(lambda s, w: b"<html><head><title>IIS Windows Server</title></head></html>", "text/html"),
    must_not=["http-200-html", "cacert-unparseable"],
    enrol=False,
    exit=1,
    near=["cacert-empty", "cacert-thumbprint"],
)
scep_case(
    "cacert-unparseable.pcap",
    "GetCACert cut in the middle, with a Content-Length that fits",
    ["cacert-unparseable"],
    body(lambda s, w: bundle(s, w)[:1500]),
    must_not=["http-body-short"],
    enrol=False,
    exit=1,
)
scep_case(
    "cacert-ctype-single.pcap",
    "three certificates declared as one",
    ["cacert-ctype-single"],
    body(bundle, "application/x-x509-ca-cert"),
    enrol=False,
    near=["http-ctype"],
)
scep_case(
    "cacert-ctype-octet.pcap",
    "a good bundle declared as octet-stream",
    ["http-ctype"],
    body(bundle, "application/octet-stream"),
    enrol=False,
)
scep_case(
    "near/cacert-single-ok.pcap",
    "one CA certificate, declared as one, from a server that is not NDES",
    [],
    lambda s, w: (body(lambda *_: w.ndes.ca.cert, "application/x-x509-ca-cert")(s, w)),
    enrol=False,
    must_not=["cacert-ctype-single", "cacert-unparseable", "cacert-ra-ku"],
)
scep_case("cacert-no-ra.pcap", "NDES returns its CA only", ["cacert-no-ra"], certs(lambda n: [n.ca.cert]), enrol=False)


@case(
    "cacert-ra-expired.pcap",
    "the RA encryption certificate has expired; the device uses it and gets FAILURE",
    BY_CURL,
    must=["cacert-ra-expired"],
    may=["rep-fail-1-badmessagecheck"],
    must_not=["scep-recipient-stale"],
    operations=ENROLMENT,
    enrolments={"failed": 1},
    keys=[RA_KEY],
    exit=1,
)
def ra_expired(_case, world):
    expired = world.ndes.make_ra("ra-encryption", not_before=moment(-740), not_after=moment(-9))
    with Scene(world) as scene:
        scene.ndes.certs[0], scene.ndes.recipient = expired.cert, expired
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 1, -2146762495)
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT, recipients=[expired.cert]))
    return scene.packets


scep_case(
    "cacert-ra-expiring.pcap",
    "the RA certificates expire in 20 days",
    ["cacert-ra-expiring"],
    certs(lambda n: [n.make_ra("ra-encryption", not_after=moment(20)).cert, n.ra_signing.cert, n.ca.cert]),
    enrol=False,
    must_not=["cacert-ra-expired"],
)
scep_case(
    "near/cacert-ra-valid-90.pcap",
    "the RA certificates expire in 90 days",
    [],
    certs(lambda n: [n.make_ra("ra-encryption", not_after=moment(90)).cert, n.ra_signing.cert, n.ca.cert]),
    enrol=False,
    must_not=["cacert-ra-expiring", "cacert-ra-expired"],
    exit=0,
    near=["cacert-ra-notyet", "cacert-ra-eku"],
    healthy=True,
)
scep_case(
    "cacert-ra-notyet.pcap",
    "the RA encryption certificate is not valid yet",
    ["cacert-ra-notyet"],
    certs(
        lambda n: [
            n.make_ra("ra-encryption", not_before=moment(3), not_after=moment(700)).cert,
            n.ra_signing.cert,
            n.ca.cert,
        ]
    ),
    enrol=False,
    exit=1,
)
scep_case(
    "cacert-ra-ku.pcap",
    "two signing certificates, none to encrypt to",
    ["cacert-ra-ku"],
    certs(lambda n: [n.ra_signing.cert, n.make_ra("ra-signing").cert, n.ca.cert]),
    enrol=False,
    exit=1,
)
scep_case(
    "near/cacert-ra-both-usages.pcap",
    "one RA certificate with both usages",
    [],
    certs(lambda n: [n.make_ra("ra-both").cert, n.ca.cert]),
    enrol=False,
    must_not=["cacert-ra-ku", "cacert-no-ra"],
    exit=0,
    healthy=True,
)
scep_case(
    "cacert-ra-eku.pcap",
    "an RA certificate without the enrolment agent usage",
    ["cacert-ra-eku"],
    certs(lambda n: [n.make_ra("ra-no-eku").cert, n.ra_signing.cert, n.ca.cert]),
    enrol=False,
)
scep_case(
    "cacert-sig-weak-sha1.pcap",
    "an RA certificate signed with SHA-1, for an iPhone",
    ["cacert-sig-weak"],
    certs(lambda n: [n.make_ra("ra-encryption", digest="sha1").cert, n.ra_signing.cert, n.ca.cert]),
    agent=APPLE,
    may=["cacert-sig-weak"],
    enrol=False,
)
scep_case(
    "cacert-sig-weak-md5.pcap",
    "an RA certificate signed with MD5",
    ["cacert-sig-weak"],
    certs(lambda n: [n.make_ra("ra-encryption", digest="md5").cert, n.ra_signing.cert, n.ca.cert]),
    enrol=False,
)
scep_case(
    "cacert-ca-expired.pcap",
    "the CA certificate has expired",
    ["cacert-ca-expired"],
    certs(
        lambda n: [
            n.ra_encryption.cert,
            n.ra_signing.cert,
            pki.certificate(
                n.ca.key,
                "/DC=com/DC=contoso/CN=Contoso Issuing CA",
                pki.PROFILES["ca"],
                n.ca.key,
                None,
                not_before=moment(-3000),
                not_after=moment(-5),
            ),
        ]
    ),
    enrol=False,
    exit=1,
)
scep_case(
    "cacert-pem.pcap",
    "certificates in PEM",
    ["cacert-unparseable"],
    body(lambda s, w: scepmsg.pem(w.ndes.ra_encryption.cert)),
    enrol=False,
)
scep_case(
    "near/cacert-ber.pcap",
    "the bundle in indefinite lengths",
    ["cacert-thumbprint"],
    body(
        lambda s, w: der.indefinite(
            0x30,
            der.oid(scepmsg.SIGNED),
            der.indefinite(
                0xA0,
                der.indefinite(
                    0x30,
                    der.integer(1),
                    der.set_of(),
                    der.indefinite(0x30, der.oid(scepmsg.DATA)),
                    der.indefinite(0xA0, *s.ndes.certs),
                    der.set_of(),
                ),
            ),
        )
    ),
    enrol=False,
    must_not=["cacert-unparseable", "cacert-ra-ku"],
    exit=0,
    healthy=True,
)


@case(
    "cacert-changed-stale-recipient.pcap",
    "the RA encryption certificate changes; the device encrypts to the old one and is refused",
    BY_CURL,
    must=["cacert-changed", "scep-recipient-stale"],
    may=["rep-fail-1-badmessagecheck"],
    operations={"GetCACert": 2, "PKIOperation": 1},
    exit=1,
)
def changed(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACert&message=default", path=EXE)
        old, new = scene.ndes.certs[0], world.ndes.make_ra("ra-encryption").cert
        scene.ndes.certs[0] = new
        scene.get("operation=GetCACert&message=default", path=EXE)
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 1, -2146893819)
        scene.post(pkcs_req(world, world.device("device"), SHORT, recipients=[old]))
    return scene.packets


@case(
    "nextca-unsigned.pcap",
    "GetNextCACert with certificates that nobody signed",
    BY_CURL,
    must=["nextca-unsigned"],
    operations={"GetCACert": 1, "GetNextCACert": 1},
    exit=0,
)
def next_ca(_case, world):
    with Scene(world) as scene:
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: (
            reply(200, scepmsg.degenerate(world.ndes.ca.cert), "application/x-x509-next-ca-cert")
            if request.operation == "GetNextCACert"
            else healthy(request)
        )
        scene.get("operation=GetCACert&message=ca")
        scene.get("operation=GetNextCACert&message=ca")
    return scene.packets


def renewed_ca(world):
    """The CA under its new key: same name, other key, newer."""
    key = pki.rsa_key(world.keys / "ndes-ca-2.key")
    return pki.certificate(key, "/DC=com/DC=contoso/CN=Contoso Issuing CA", pki.PROFILES["ca"], key, None, days=5000)


scep_case(
    "cacert-ra-old-ca.pcap",
    "the CA has a new key, the RA certificates are still the old one's",
    ["cacert-ra-old-ca"],
    lambda s, w: certs(lambda n: [n.ra_encryption.cert, n.ra_signing.cert, n.ca.cert, renewed_ca(w)])(s, w),
    enrol=False,
    exit=1,
)


def below_root(ndes):
    """RA certificates of an issuing CA whose root is not in the bundle."""
    root = pki.rsa_key(ndes.folder / "root.key")
    top = ndes.folder / "root.crt"
    top.write_bytes(scepmsg.pem(pki.self_signed(root, "/CN=Contoso Root CA", "ca", 5000)))
    name = "/DC=com/DC=contoso/CN=Contoso Issuing CA"
    issuing = pki.certificate(ndes.ca.key, name, pki.PROFILES["ca"], root, top, days=3000)
    return [ndes.ra_encryption.cert, ndes.ra_signing.cert, issuing]


scep_case(
    "near/cacert-incomplete-chain.pcap",
    "the usual bundle: the root is not in it",
    [],
    certs(below_root),
    enrol=False,
    must_not=["cacert-ra-old-ca", "cacert-no-ra", "cacert-incomplete-chain"],
    exit=0,
    healthy=True,
)
