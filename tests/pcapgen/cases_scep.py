# SPDX-License-Identifier: Apache-2.0
"""What SCEP itself gets wrong: capabilities, CA and RA certificates, CertReps, requests, base64 in URLs, challenges."""
import base64
import re
import urllib.parse
from datetime import datetime, timedelta, timezone

import capfile
import der
import pki
import scepmsg
from cases import ANDROID, APPLE, WINDOWS, Scene, case
from cases_http import BROWSED, BY_CURL, ENROLMENT, EXE, FAILED, RA_KEY, SHORT
from cases_programs import pkcs_req, quoted
from lab import OTHER_DEVICE
from ndes_responder import CAPS, MSCEP, admin_page, page_404, page_500, reply
from pki import intune_challenge
from scepmsg import Shape

NOW = datetime.now(timezone.utc)
OK = {"ok": 3}


def moment(days):
    return (NOW + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def scep_case(file, shows, must, prepare=None, message=None, by="post", agent=WINDOWS, enrol=True, **expected):
    """An enrolment: `prepare(scene, world)` changes the responder, `message(world, device)` the request."""
    expected.setdefault("operations", ENROLMENT if enrol else BROWSED)
    expected.setdefault("keys", [RA_KEY])

    def make(_case, world):
        device = world.device("device")
        with Scene(world) as scene:
            if prepare:
                prepare(scene, world)
            path = EXE if by == "post" else MSCEP
            scene.browse(agent, "SCEP%20Authority" if agent == APPLE else "default", path=path)
            if enrol:
                made = message(world, device) if message else pkcs_req(world, device, SHORT, cipher="aes256")
                if by == "post":
                    scene.post(made, agent=agent, path=path)
                else:
                    scene.get_message(made, agent=agent, path=path)
        return scene.packets

    case(file, shows, BY_CURL, must=must, **expected)(make)


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
)
scep_case(
    "near/caps-crlf-case.pcap",
    "unknown words, odd case, CRLF and LF mixed",
    ["rep-success"],
    caps("POSTPKIOperation\r\nsha-256\nAes\r\nFrobnicate\nRenewal"),
    must_not=["caps-no-sha2", "caps-no-post", "caps-no-3des-aes"],
    exit=0,
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
        scene.get("operation=GetCACaps&message=default")
        scene.ndes.caps = "POSTPKIOperation\nRenewal\nSHA-1\nDES3\n"
        scene.get("operation=GetCACaps&message=default")
    return scene.packets


@case(
    "near/caps-reordered.pcap",
    "the same list in another order and with other line ends",
    BY_CURL,
    must_not=["caps-differs"],
    operations={"GetCACaps": 2},
    exit=0,
)
def caps_reordered(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACaps&message=default")
        scene.ndes.caps = "\n".join(reversed(CAPS.split())) + "\n"
        scene.get("operation=GetCACaps&message=default")
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
scep_case(
    "cacert-ra-expired.pcap",
    "the RA encryption certificate has expired; enrolments get FAILURE",
    ["cacert-ra-expired"],
    lambda s, w: (
        certs(
            lambda n: [
                n.make_ra("ra-encryption", not_before=moment(-740), not_after=moment(-9)).cert,
                n.ra_signing.cert,
                n.ca.cert,
            ]
        )(s, w),
        setattr(s.ndes, "decide", lambda asked, plain: s.ndes.failure(asked, 1, -2146762495)),
    ),
    message=lambda w, d: pkcs_req(w, d, SHORT),
    may=["rep-fail-1-badmessagecheck", "scep-recipient-stale"],
    exit=1,
)
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
    [],
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


# --- CertRep --------------------------------------------------------------------------------------------------------------------


def replies(decide):
    """CertRep by decide(responder, asked, plain)."""

    def prepare(scene, _world):
        scene.ndes.decide = lambda asked, plain: decide(scene.ndes, asked, plain)

    return prepare


def issued(ndes, asked, plain, recipients=None, **options):
    envelope_options = {name: options.pop(name) for name in ("cipher", "oaep", "ber") if name in options}
    envelope = scepmsg.envelop(
        scepmsg.degenerate(ndes.ndes.issue(plain)), recipients or [asked.signer_cert], **envelope_options
    )
    signer = options.pop("signer", ndes.signer)
    return scepmsg.cert_rep(signer, asked, 0, envelope, **options)


for number, (name, hresult) in enumerate(
    (
        ("badalg", None),
        ("badmessagecheck", -2146893819),
        ("badrequest", -2146877422),
        ("badtime", None),
        ("badcertid", None),
    )
):
    scep_case(
        f"rep-fail-{number}-{name}.pcap",
        f"FAILURE with failInfo {number}" + (f" and NDES's HRESULT {hresult}" if hresult else ""),
        [f"rep-fail-{number}-{name}"] + (["rep-hresult"] if hresult else []),
        replies(lambda n, a, p, number=number, hresult=hresult: n.failure(a, number, hresult)),
        must_not=["rep-content-odd", "rep-not-cms"],
        outcomes=FAILED,
        enrolments={"failed": 1},
        exit=1,
    )
scep_case(
    "rep-fail-noinfo.pcap",
    "FAILURE without failInfo",
    ["rep-fail-noinfo"],
    replies(lambda n, a, p: n.failure(a, None)),
    outcomes=FAILED,
)
scep_case(
    "rep-failtext.pcap",
    "FAILURE with the server's own words",
    ["rep-fail-2-badrequest", "rep-failtext"],
    replies(lambda n, a, p: n.failure(a, 2, fail_text="The challenge is not known.")),
    exit=1,
)
scep_case(
    "rep-pending.pcap",
    "PENDING, and the capture ends",
    ["rep-pending"],
    replies(lambda n, a, p: n.pending(a, p)),
    must_not=["rep-pending-loop"],
    enrolments={"pending": 1},
    exit=0,
)
scep_case(
    "rep-tid-mismatch.pcap",
    "a reply to another transaction",
    ["rep-tid-mismatch"],
    replies(lambda n, a, p: issued(n, a, p, transaction_id="0" * 40)),
    exit=1,
)
scep_case(
    "rep-nonce-mismatch.pcap",
    "a reply with another recipientNonce, as from a cache",
    ["rep-nonce-mismatch"],
    replies(lambda n, a, p: issued(n, a, p, recipient_nonce=b"\x11" * 16)),
    exit=1,
)
scep_case(
    "rep-nonce-absent.pcap",
    "a reply without recipientNonce",
    ["rep-nonce-absent", "rep-success"],
    replies(lambda n, a, p: issued(n, a, p, recipient_nonce=False)),
    must_not=["rep-nonce-mismatch"],
    exit=0,
)
scep_case(
    "near/rep-no-sendernonce.pcap",
    "a reply without senderNonce is usual",
    ["rep-success"],
    replies(lambda n, a, p: issued(n, a, p, nonce=False)),
    must_not=["rep-nonce-absent", "scep-attr-missing"],
    exit=0,
)
scep_case(
    "rep-sig-invalid.pcap",
    "one bit of the reply's signature is wrong",
    ["rep-sig-invalid"],
    replies(lambda n, a, p: issued(n, a, p, shape=Shape(certs=(), broken_signature=True))),
    exit=1,
)
scep_case(
    "rep-signer-unknown.pcap",
    "the reply is signed by a certificate GetCACert did not give",
    ["rep-signer-unknown"],
    replies(lambda n, a, p: issued(n, a, p, signer=n.ndes.make_ra("ra-signing"))),
)
scep_case(
    "rep-success-no-envelope.pcap",
    "SUCCESS with nothing in it",
    ["rep-success-no-envelope"],
    replies(lambda n, a, p: scepmsg.cert_rep(n.signer, a, 0)),
    exit=1,
)
scep_case(
    "rep-env-recipient.pcap",
    "SUCCESS encrypted to somebody else",
    ["rep-env-recipient"],
    replies(lambda n, a, p: issued(n, a, p, [n.ndes.ca.cert])),
    exit=1,
)
scep_case(
    "rep-env-oaep.pcap",
    "SUCCESS with RSAES-OAEP",
    ["rep-env-oaep", "rep-success"],
    replies(lambda n, a, p: issued(n, a, p, oaep=True)),
    keys=[RA_KEY, "device.key"],
    exit=0,
)
scep_case(
    "rep-env-weak.pcap",
    "SUCCESS in single DES",
    ["rep-env-weak", "rep-success"],
    replies(lambda n, a, p: issued(n, a, p, cipher="des-cbc")),
    keys=[RA_KEY, "device.key"],
    exit=0,
)
scep_case(
    "near/rep-ber.pcap",
    "SUCCESS in indefinite lengths inside and out",
    ["rep-success"],
    replies(lambda n, a, p: issued(n, a, p, ber=True, shape=Shape(certs=(), ber=True))),
    must_not=["rep-not-cms", "rep-sig-invalid"],
    outcomes=OK,
    keys=[RA_KEY, "device.key"],
    exit=0,
)
scep_case(
    "rep-not-cms.pcap",
    "x-pki-message with plain text in it",
    ["rep-not-cms"],
    lambda s, w: setattr(
        s.ndes, "pki_operation", lambda request: reply(200, b"internal error\r\n", "application/x-pki-message")
    ),
    exit=1,
)
scep_case(
    "near/rep-getcrl-unsupported.pcap",
    "GetCRL refused with 0x80070057: NDES does not serve it",
    [],
    replies(lambda n, a, p: n.failure(a, 2, -2147024809)),
    message=lambda w, d: scepmsg.request(
        d.identity,
        scepmsg.GET_CRL,
        d.transaction_id,
        der.seq(*(c.raw for c in der.parse(scepmsg.issuer_serial(w.ndes.ca.cert)).children)),
        [w.ndes.ra_encryption.cert],
        "des3",
    ),
    exit=0,
)


def spaced(packets, seconds):
    """The same connections with that much more time between them."""
    out, syns = [], 0
    for packet in packets:
        fields = capfile.tcp(packet)
        syns += bool(fields and fields[5] == 2)
        out.append(packet.later(max(syns - 1, 0) * seconds * 10**9))
    return out


def poll(world, device):
    payload = der.seq(scepmsg.subject(world.ndes.ca.cert), scepmsg.subject(device.identity.cert))
    return scepmsg.request(
        device.identity, scepmsg.CERT_POLL, device.transaction_id, payload, [world.ndes.ra_encryption.cert], "des3"
    )


@case(
    "rep-pending-loop.pcap",
    "four polls and always PENDING; the polls moved five minutes apart",
    BY_CURL,
    must=["rep-pending-loop"],
    operations={"PKIOperation": 5},
    enrolments={"pending": 1},
    keys=[RA_KEY],
)
def pending_loop(_case, world):
    device = world.device("device")
    with Scene(world) as scene:
        scene.ndes.decide = scene.ndes.pending
        scene.post(pkcs_req(world, device, SHORT))
        for _ in range(4):
            scene.post(poll(world, device))
    return spaced(scene.packets, 300)


@case(
    "rep-poll-new-tid.pcap",
    "PENDING, then a poll for another transaction",
    BY_CURL,
    must=["rep-poll-new-tid"],
    operations={"PKIOperation": 2},
)
def poll_other(_case, world):
    device, other = world.device("device"), world.device("windows")
    with Scene(world) as scene:
        scene.ndes.decide = scene.ndes.pending
        scene.post(pkcs_req(world, device, SHORT))
        scene.post(poll(world, other))
    return scene.packets


@case(
    "near/rep-pending-approved.pcap",
    "PENDING, a poll, SUCCESS",
    BY_CURL,
    must=["rep-pending", "rep-success"],
    must_not=["rep-pending-loop", "rep-poll-new-tid", "scep-retry-storm", "scep-replay"],
    operations={"PKIOperation": 2},
    enrolments={"succeeded": 1},
    keys=[RA_KEY],
    exit=0,
)
def approved(_case, world):
    device = world.device("device")
    with Scene(world) as scene:
        scene.ndes.decide = scene.ndes.pending
        scene.post(pkcs_req(world, device, SHORT))
        scene.ndes.decide = scene.ndes.success
        scene.post(poll(world, device))
    return scene.packets


# --- requests -------------------------------------------------------------------------------------------------------------------

BAD_CHECK = replies(lambda n, a, p: n.failure(a, 1))


def undecodable(answer=None):
    """NDES's answer to what it cannot read: 200 and nothing useful."""

    def prepare(scene, _world):
        scene.ndes.pki_operation = lambda request: answer or reply(200, b"", "application/x-pki-message")

    return prepare


NOT_READ = ["rep-not-cms"]


def get_case(file, shows, must, spell, prepare=None, challenge=SHORT, cipher="aes256", agent=ANDROID, **expected):
    """PKIOperation by GET with the base64 in some spelling."""

    def fixed(scene, world):
        if prepare:
            prepare(scene, world)
        healthy = scene.ndes.pki_operation

        def tolerant(request):
            # the responder reads every spelling, as NDES does with most
            text = urllib.parse.unquote(urllib.parse.unquote(request.target.partition("message=")[2])).replace(" ", "+")
            text = re.sub(r"\s", "", text).replace("-", "+").replace("_", "/").rstrip("=")
            request.body = base64.b64decode(text + "=" * (-len(text) % 4))
            request.method = "POST"
            return healthy(request)

        if not prepare:
            scene.ndes.pki_operation = tolerant

    scep_case(
        file,
        shows,
        must,
        fixed,
        lambda w, d: spell(base64.b64encode(plus_and_slash(lambda: pkcs_req(w, d, challenge, cipher=cipher))).decode()),
        "get",
        agent,
        **expected,
    )


def plus_and_slash(make):
    """A message whose base64 holds what is to be misspelt; there is nearly always a + and a / in it."""
    while True:
        message = make()
        text = base64.b64encode(message)
        if b"+" in text and b"/" in text and text.endswith(b"="):
            return message


def escaped(text):
    return urllib.parse.quote(text, safe="")


get_case(
    "near/scep-b64-escaped.pcap",
    "standard base64, fully escaped",
    ["rep-success"],
    escaped,
    must_not=["scep-b64-quirk", "scep-b64-invalid", "scep-b64-space"],
    exit=0,
)
get_case(
    "near/scep-b64-raw.pcap",
    "+ / = raw, as Android leaves them",
    ["rep-success"],
    lambda t: t,
    must_not=["scep-b64-space", "scep-b64-invalid"],
    exit=0,
)
get_case(
    "near/scep-b64-lines.pcap",
    "line breaks of 64 characters as %0A",
    ["rep-success"],
    lambda t: "%0A".join(escaped(t[i : i + 64]) for i in range(0, len(t), 64)),
    must_not=["scep-b64-invalid", "scep-truncated-get"],
    exit=0,
)
get_case(
    "near/scep-b64-nopad.pcap",
    "padding missing",
    ["rep-success"],
    lambda t: escaped(t.rstrip("=")),
    must_not=["scep-b64-invalid", "scep-truncated-get"],
    exit=0,
)
get_case(
    "near/scep-b64-urlsafe.pcap",
    "URL-safe alphabet",
    ["rep-success"],
    lambda t: t.replace("+", "-").replace("/", "_").replace("=", "%3D"),
    must_not=["scep-b64-invalid", "scep-not-cms"],
    exit=0,
)
get_case(
    "scep-b64-space.pcap",
    "each + has become %20 on the way, and NDES refuses",
    ["scep-b64-space"],
    lambda t: escaped(t).replace("%2B", "%20"),
    undecodable(),
    may=NOT_READ + ["scep-b64-invalid"],
    must_not=["scep-truncated-get"],
    exit=1,
)
get_case(
    "scep-b64-space-ok.pcap",
    "each + has become %20 on the way, and the server does not mind",
    ["scep-b64-space", "rep-success"],
    lambda t: escaped(t).replace("%2B", "%20"),
    exit=0,
)
get_case(
    "scep-b64-double.pcap",
    "escaped twice",
    ["scep-b64-double"],
    lambda t: escaped(escaped(t)),
    undecodable(),
    may=NOT_READ,
    must_not=["scep-b64-invalid", "scep-not-cms"],
    exit=1,
)
get_case(
    "scep-b64-invalid.pcap",
    "characters that are no base64",
    ["scep-b64-invalid"],
    lambda t: escaped(t[:400] + "!*~" + t[403:]),
    undecodable(),
    may=NOT_READ,
    exit=1,
)
get_case(
    "scep-truncated-get-2048.pcap",
    "the message ends after 2,048 characters",
    ["scep-truncated-get"],
    lambda t: t[:2048],
    undecodable(),
    intune_challenge(),
    may=NOT_READ,
    must_not=["scep-b64-invalid", "scep-not-cms", "scep-digest-mismatch", "scep-sig-invalid"],
    exit=1,
)
get_case(
    "scep-log-dots.pcap",
    "somebody replayed a log line: the message ends in three dots",
    [],
    lambda t: escaped(t[:3000]) + "...",
    undecodable(),
    intune_challenge(),
    any_of=[["scep-truncated-get", "scep-b64-invalid"]],
    may=NOT_READ + ["scep-truncated-get", "scep-b64-invalid"],
    exit=1,
)


@case(
    "http-404-doubleesc.pcap",
    "escaped twice by a proxy; IIS answers 404 (sub-status 11 in its log) though a longer query passes",
    BY_CURL,
    any_of=[["http-404-doubleesc", "scep-b64-double"]],
    may=["http-404-doubleesc", "scep-b64-double"],
    must_not=["http-404-notfound", "http-404-querylen"],
    operations={**ENROLMENT, "PKIOperation": 2},
    keys=[RA_KEY],
    exit=1,
)
def double_escape(_case, world):
    with Scene(world) as scene:
        scene.ndes.answer = lambda request: page_404() if "%25" in request.target else scene.ndes.scep(request)
        scene.browse(ANDROID, "ca", path=MSCEP)
        scene.get_message(quoted(pkcs_req(world, world.device("windows"))), agent=ANDROID, source=OTHER_DEVICE)
        scene.get_message(
            escaped(escaped(base64.b64encode(pkcs_req(world, world.device("device"), SHORT)).decode())), agent=ANDROID
        )
    return scene.packets


def ber_request(world, device):
    return pkcs_req(world, device, shape=Shape(digest="sha512", ber=True))


scep_case(
    "near/scep-apple-ber-get.pcap",
    "an iPhone's BER request of 11 KB by GET, granted",
    ["rep-success"],
    caps("Renewal\nSHA-512\nSHA-256\nSHA-1\nDES3\n"),
    lambda w, d: quoted(ber_request(w, d)),
    "get",
    APPLE,
    must_not=["scep-truncated-get", "scep-digest-mismatch", "scep-sig-invalid", "scep-not-cms"],
    outcomes=OK,
    enrolments={"succeeded": 1},
    keys=[RA_KEY, "device.key"],
    exit=0,
)
scep_case(
    "scep-truncated-get-ber.pcap",
    "an iPhone's BER request cut at 5,100 characters: no end-of-contents",
    ["scep-truncated-get"],
    undecodable(),
    lambda w, d: quoted(ber_request(w, d))[:5100],
    "get",
    APPLE,
    may=NOT_READ,
    must_not=["scep-not-cms", "scep-digest-mismatch"],
    exit=1,
)
scep_case(
    "scep-truncated-post.pcap",
    "a POST body cut in the middle, with a Content-Length that fits",
    ["scep-truncated-post"],
    undecodable(),
    lambda w, d: pkcs_req(w, d, SHORT)[:1800],
    may=NOT_READ,
    must_not=["scep-not-cms", "scep-sig-invalid", "scep-digest-mismatch"],
    exit=1,
)
scep_case(
    "scep-not-cms-csr.pcap",
    "a bare PKCS#10 in place of a CMS",
    ["scep-not-cms"],
    undecodable(page_500()),
    lambda w, d: d.csr(SHORT),
    may=["http-500-ndes"],
    must_not=["scep-truncated-post"],
    exit=1,
)
scep_case(
    "scep-no-message.pcap",
    "PKIOperation with an empty body",
    ["scep-no-message"],
    undecodable(page_500()),
    lambda w, d: b"",
    may=["http-500-ndes"],
    exit=1,
)
scep_case(
    "near/scep-trailing-bytes.pcap",
    "two bytes after the CMS in the POST body",
    ["rep-success"],
    None,
    lambda w, d: pkcs_req(w, d, SHORT, cipher="aes256") + b"\r\n",
    must_not=["scep-not-cms", "scep-truncated-post"],
    exit=0,
)
scep_case(
    "scep-sig-invalid.pcap",
    "one bit of the request's signature is wrong",
    ["scep-sig-invalid"],
    BAD_CHECK,
    lambda w, d: pkcs_req(w, d, SHORT, shape=Shape(broken_signature=True)),
    may=["rep-fail-1-badmessagecheck"],
    must_not=["scep-digest-mismatch"],
    exit=1,
)
scep_case(
    "scep-digest-mismatch.pcap",
    "the digest does not fit the content, the signature does fit the attributes",
    ["scep-digest-mismatch"],
    BAD_CHECK,
    lambda w, d: pkcs_req(w, d, SHORT, shape=Shape(broken_digest=True)),
    may=["rep-fail-1-badmessagecheck"],
    must_not=["scep-sig-invalid"],
    exit=1,
)
scep_case(
    "scep-recipient-ca.pcap",
    "encrypted to the CA instead of the RA",
    ["scep-recipient-ca"],
    lambda s, w: (BAD_CHECK(s, w), setattr(s.ndes, "recipient", w.ndes.ca)),
    lambda w, d: pkcs_req(w, d, SHORT, recipients=[w.ndes.ca.cert]),
    may=["rep-fail-1-badmessagecheck"],
    must_not=["scep-recipient-stale"],
    keys=["ndes-ca.key"],
    exit=1,
)
scep_case(
    "scep-recipient-signing.pcap",
    "encrypted to the RA's signing certificate",
    ["scep-recipient-signing"],
    lambda s, w: (BAD_CHECK(s, w), setattr(s.ndes, "recipient", w.ndes.ra_signing)),
    lambda w, d: pkcs_req(w, d, SHORT, recipients=[w.ndes.ra_signing.cert]),
    may=["rep-fail-1-badmessagecheck"],
    must_not=["scep-recipient-stale", "scep-recipient-ca"],
    keys=["ndes-ra-signing.key"],
    exit=1,
)
scep_case(
    "scep-alg-weak-des-md5.pcap",
    "MD5 and single DES, refused with badAlg",
    ["scep-alg-weak", "rep-fail-0-badalg"],
    replies(lambda n, a, p: n.failure(a, 0)),
    lambda w, d: pkcs_req(w, d, SHORT, cipher="des-cbc", shape=Shape(digest="md5")),
    exit=1,
)
scep_case(
    "scep-alg-legacy.pcap",
    "SHA-1 and 3DES",
    ["scep-alg-legacy", "rep-success"],
    None,
    lambda w, d: pkcs_req(w, d, SHORT, shape=Shape(digest="sha1")),
    must_not=["scep-alg-weak"],
    exit=0,
)
scep_case(
    "scep-alg-not-advertised.pcap",
    "AES though only DES3 is offered, and a FAILURE",
    ["scep-alg-not-advertised", "rep-fail-0-badalg"],
    replies(lambda n, a, p: n.failure(a, 0)),
    exit=1,
)
scep_case(
    "scep-oaep.pcap",
    "RSAES-OAEP, as Windows may",
    ["scep-oaep", "rep-success"],
    None,
    lambda w, d: pkcs_req(w, d, SHORT, oaep=True),
    exit=0,
)
scep_case(
    "scep-oaep-refused.pcap",
    "RSAES-OAEP and a FAILURE",
    ["scep-oaep", "rep-fail-1-badmessagecheck"],
    BAD_CHECK,
    lambda w, d: pkcs_req(w, d, SHORT, oaep=True),
    exit=1,
)
scep_case(
    "scep-clock-skew.pcap",
    "signingTime is two hours behind",
    ["scep-clock-skew"],
    replies(lambda n, a, p: n.failure(a, 3)),
    lambda w, d: pkcs_req(w, d, SHORT, shape=Shape(signing_time=datetime.now(timezone.utc) - timedelta(hours=2))),
    may=["rep-fail-3-badtime"],
    exit=1,
)
scep_case(
    "near/scep-signing-time-ok.pcap",
    "signingTime is right",
    ["rep-success"],
    None,
    lambda w, d: pkcs_req(w, d, SHORT, shape=Shape(signing_time=datetime.now(timezone.utc))),
    must_not=["scep-clock-skew"],
    exit=0,
)
scep_case(
    "scep-signer-cert-missing.pcap",
    "a PKCSReq without its certificate",
    ["scep-signer-cert-missing"],
    undecodable(page_500()),
    lambda w, d: pkcs_req(w, d, SHORT, shape=Shape(certs=())),
    may=["http-500-ndes"],
    must_not=["scep-sig-invalid"],
    exit=1,
)
scep_case(
    "scep-type-unknown.pcap",
    "messageType 18, of an old draft",
    ["scep-type-unknown"],
    replies(lambda n, a, p: n.failure(a, 2)),
    lambda w, d: scepmsg.request(d.identity, 18, d.transaction_id, d.csr(SHORT), [w.ndes.ra_encryption.cert]),
    may=["rep-fail-2-badrequest"],
    exit=1,
)
scep_case(
    "scep-attestation.pcap",
    "Microsoft's messageType 41 and pkiStatus 11",
    ["scep-attestation"],
    replies(lambda n, a, p: scepmsg.cert_rep(n.signer, a, 11)),
    lambda w, d: scepmsg.request(d.identity, 41, d.transaction_id, d.csr(SHORT), [w.ndes.ra_encryption.cert]),
    must_not=["scep-type-unknown", "rep-fail-noinfo"],
    exit=0,
)


def without(*names):
    """A PKCSReq whose named attribute is left out or written in another string type."""

    def build(world, device):
        envelope = scepmsg.envelop(device.csr(SHORT), [world.ndes.ra_encryption.cert])
        attrs = {
            "type": scepmsg.text_attribute(scepmsg.MESSAGE_TYPE, 19),
            "tid": scepmsg.text_attribute(scepmsg.TRANSACTION_ID, device.transaction_id),
            "nonce": scepmsg.attribute(scepmsg.SENDER_NONCE, der.octets(b"0123456789abcdef")),
        }
        if "utf8" in names:
            attrs["tid"] = scepmsg.text_attribute(scepmsg.TRANSACTION_ID, device.transaction_id, der.utf8)
        return scepmsg.sign(envelope, device.identity, [value for name, value in attrs.items() if name not in names])

    return build


scep_case(
    "scep-attr-missing-nonce.pcap",
    "a PKCSReq without senderNonce",
    ["scep-attr-missing"],
    undecodable(page_500()),
    without("nonce"),
    may=["http-500-ndes"],
    exit=1,
)
scep_case(
    "scep-attr-missing-tid.pcap",
    "a PKCSReq without transactionID",
    ["scep-attr-missing"],
    undecodable(page_500()),
    without("tid"),
    may=["http-500-ndes"],
    exit=1,
)
scep_case(
    "scep-attr-type-utf8.pcap",
    "a transactionID in UTF8String, refused",
    ["scep-attr-type"],
    replies(lambda n, a, p: n.failure(a, 2)),
    without("utf8"),
    may=["rep-fail-2-badrequest"],
    exit=1,
)


@case(
    "scep-op-unknown.pcap", "an operation nobody knows", BY_CURL, must=["scep-op-unknown"], may=["http-403-operation"]
)
def unknown_operation(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACertificate&message=default")
    return scene.packets


@case(
    "scep-replay.pcap",
    "the very same request twice, three seconds apart",
    f"{BY_CURL}; the second moved three seconds later",
    must=["scep-replay"],
    operations={"PKIOperation": 2},
    keys=[RA_KEY],
)
def replay(_case, world):
    message = pkcs_req(world, world.device("device"), SHORT, cipher="aes256")
    with Scene(world) as scene:
        scene.post(message)
        scene.post(message)
    return second_later(scene.packets, 3)


def second_later(packets, seconds):
    """Everything from the second SYN on, that much later."""
    second = [n for n, p in enumerate(packets) if (t := capfile.tcp(p)) and t[5] == 2][1]
    return packets[:second] + [p.later(seconds * 10**9) for p in packets[second:]]


@case(
    "scep-dup-transid-keys.pcap",
    "two devices use one transactionID",
    BY_CURL,
    must=["scep-dup-transid-keys"],
    operations={"PKIOperation": 2},
    keys=[RA_KEY],
    exit=1,
)
def same_transaction(_case, world):
    with Scene(world) as scene:
        for name, source in (("device", "10.5.14.7"), ("windows", OTHER_DEVICE)):
            scene.post(pkcs_req(world, world.device(name), SHORT, cipher="aes256", transaction_id="1"), source=source)
    return scene.packets


@case(
    "scep-retry-storm.pcap",
    "four new PKCSReqs for one transaction in four minutes, all refused",
    f"{BY_CURL}; the tries moved a minute apart",
    must=["scep-retry-storm"],
    may=["rep-fail-2-badrequest"],
    must_not=["scep-replay"],
    operations={"PKIOperation": 4},
    enrolments={"failed": 1},
    keys=[RA_KEY],
    exit=1,
)
def retry_storm(_case, world):
    device = world.device("device")
    with Scene(world) as scene:
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 2, -2147024891)
        for _ in range(4):
            scene.post(pkcs_req(world, device, SHORT, cipher="aes256"))
    return spaced(scene.packets, 60)


@case(
    "scep-getca-loop.pcap",
    "three times GetCACaps and GetCACert, never a request",
    f"{BY_CURL}; the tries moved a minute apart",
    must=["scep-getca-loop"],
    operations={"GetCACaps": 3, "GetCACert": 3},
)
def getca_loop(_case, world):
    with Scene(world) as scene:
        for _ in range(3):
            scene.browse(path=EXE)
    return spaced(scene.packets, 60)


@case(
    "scep-renew-expired.pcap",
    "a RenewalReq signed with an expired certificate",
    BY_CURL,
    must=["scep-renew-expired"],
    may=["rep-fail-2-badrequest", "scep-renewal-unsupported"],
    must_not=["chal-absent"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=1,
)
def renew_expired(_case, world):
    device = world.device("device")
    old = pki.certificate(
        device.identity.key,
        device.subject,
        pki.PROFILES["client"],
        world.ndes.ca.key,
        world.keys / "ndes-ca.crt",
        not_before=moment(-400),
        not_after=moment(-35),
    )
    signer = scepmsg.Identity(device.identity.key, old)
    with Scene(world) as scene:
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 2, -2146762495)
        scene.browse(path=EXE)
        scene.post(
            scepmsg.request(
                signer,
                scepmsg.RENEWAL_REQ,
                device.transaction_id,
                device.csr(None),
                [world.ndes.ra_encryption.cert],
                "des3",
            )
        )
    return scene.packets


# --- challenge and CSR (need the RA's key) ---------------------------------------------------------------------------------------


def csr_case(file, shows, must, make_csr, decide=None, identity=None, **expected):
    def message(world, device):
        signer = identity(world, device) if identity else device.identity
        return scepmsg.request(
            signer,
            scepmsg.PKCS_REQ,
            device.transaction_id,
            make_csr(world, device),
            [world.ndes.ra_encryption.cert],
            "des3",
        )

    expected.setdefault("may", ["rep-fail-2-badrequest", "ca-failed"])
    scep_case(
        file,
        shows,
        must,
        replies(decide or (lambda n, a, p: n.failure(a, 2, -2147024891))),
        message,
        options=["-k", f"pcaps/keys/{RA_KEY}"],
        **expected,
    )


csr_case("chal-absent.pcap", "a request without challenge, refused", ["chal-absent"], lambda w, d: d.csr(None), exit=1)
csr_case(
    "near/chal-present.pcap",
    "the same with its challenge",
    ["rep-success"],
    lambda w, d: d.csr(SHORT),
    lambda n, a, p: n.success(a, p),
    must_not=["chal-absent", "chal-malformed"],
    exit=0,
)
csr_case(
    "chal-malformed-bmp.pcap",
    "the challenge in a BMPString, refused",
    ["chal-malformed"],
    lambda w, d: d.csr(SHORT, string=lambda t: der.tlv(0x1E, t.encode("utf-16-be"))),
    exit=1,
)
csr_case(
    "csr-sig.pcap",
    "the CSR's own signature is wrong",
    ["csr-sig"],
    lambda w, d: d.csr(SHORT)[:-1] + bytes([d.csr(SHORT)[-1] ^ 1]),
    exit=1,
)
csr_case(
    "csr-subject-long.pcap",
    "a common name of 70 characters, refused by the CA",
    ["csr-subject-long"],
    lambda w, d: long_name(d),
    lambda n, a, p: n.failure(a, 2, -2146877439),
    exit=1,
)


def long_name(device):
    """openssl refuses to write it, so it is put in by hand."""
    return renamed(device, der.seq(der.set_of(der.seq(der.oid("2.5.4.3"), der.utf8("x" * 70)))))


@case(
    "csr-key-small.pcap",
    "a key of 1,024 bits, refused by the CA",
    BY_CURL,
    must=["csr-key-small"],
    may=["rep-fail-2-badrequest", "csr-key-small"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=1,
)
def small_key(_case, world):
    pki.rsa_key(world.keys / "small.key", 1024)
    device = world.device("small")
    with Scene(world) as scene:
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 2, -2146875375)
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, device, SHORT))
    return scene.packets


@case(
    "scep-tempcert-expired.pcap",
    "the device's clock is three days behind: its own certificate has ended already",
    BY_CURL,
    must=["scep-tempcert-expired"],
    operations=ENROLMENT,
    keys=[RA_KEY],
)
def tempcert(_case, world):
    device = world.device("device")
    cert = pki.self_signed(device.identity.key, device.subject, not_before=moment(-5), not_after=moment(-3))
    with Scene(world) as scene:
        scene.browse(path=EXE)
        scene.post(
            scepmsg.request(
                scepmsg.Identity(device.identity.key, cert),
                scepmsg.PKCS_REQ,
                device.transaction_id,
                device.csr(SHORT),
                [world.ndes.ra_encryption.cert],
                "des3",
            )
        )
    return scene.packets


@case(
    "scep-ios-stops-after-getcacert.pcap",
    "an iPhone takes the certificates and never comes back",
    f"{BY_CURL}; a later bare GET of another client ends the window",
    must=["scep-ios-stops-after-getcacert"],
    operations={"GetCACert": 1, "page": 1},
    exit=1,
)
def ios_stops(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACert&message=SCEP%20Authority", agent=APPLE)
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", source=OTHER_DEVICE)
    return second_later(scene.packets, 90)


@case(
    "near/scep-ios-goes-on.pcap",
    "an iPhone's GetCACert as the last thing before the capture ends",
    BY_CURL,
    must_not=["scep-ios-stops-after-getcacert"],
    operations={"GetCACert": 1},
    exit=0,
)
def ios_capture_ends(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACert&message=SCEP%20Authority", agent=APPLE)
    return scene.packets


@case(
    "csr-key-ec.pcap",
    "an elliptic-curve key, to which no CertRep can be encrypted",
    BY_CURL,
    must=["csr-key-ec"],
    may=["rep-fail-2-badrequest"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=1,
)
def ec_key(_case, world):
    key = world.keys / "ec.key"
    if not key.exists():
        key.write_bytes(scepmsg.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))
    with Scene(world) as scene:
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 2)
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("ec"), SHORT))
    return scene.packets


csr_case(
    "csr-subject-empty.pcap",
    "a request with neither subject nor alternative name",
    ["csr-subject-empty"],
    lambda w, d: renamed(d, der.seq()),
    lambda n, a, p: n.failure(a, 2, -2146877439),
    exit=1,
)
csr_case(
    "near/csr-subject-empty-san.pcap",
    "an empty subject beside an alternative name",
    ["rep-success"],
    lambda w, d: renamed(d, der.seq(), sans="DNS:device.contoso.com"),
    lambda n, a, p: n.success(a, p),
    must_not=["csr-subject-empty", "csr-san-empty"],
    exit=0,
)
csr_case(
    "csr-san-empty.pcap",
    "an alternative name with nothing in it",
    ["csr-san-empty"],
    lambda w, d: renamed(d, None, sans="otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"),
    lambda n, a, p: n.success(a, p),
)


def renamed(device, name, sans=""):
    """The device's CSR with another subject."""
    plain = der.parse(device.csr(SHORT, sans=sans))
    info = plain[0]
    to_sign = der.seq(info[0].raw, info[1].raw if name is None else name, info[2].raw, info[3].raw)
    signature = scepmsg.openssl("dgst", "-sha256", "-sign", device.identity.key, data=to_sign)
    return der.seq(to_sign, plain[1].raw, der.tlv(0x03, b"\0", signature))


OTP_PAGE = (
    "The enrollment challenge password is: <B> 6F1B2C3D4E5A6978 </B> <P> This password can be used only once and will expire within 60 minutes. "
    "<P> Each enrollment requires a new challenge password."
)


def otp_case(file, shows, must, devices, gap, **expected):
    """The challenge page, then a request from each device with that challenge."""

    def make(_case, world):
        with Scene(world) as scene:
            healthy = scene.ndes.answer
            scene.ndes.answer = (
                lambda request: admin_page(OTP_PAGE) if "mscep_admin" in request.path else healthy(request)
            )
            seen = []

            def decide(asked, plain):
                seen.append(asked)
                refused = gap > 3600 or len(seen) > 1
                return scene.ndes.failure(asked, 2, -2147024891) if refused else scene.ndes.success(asked, plain)

            scene.ndes.decide = decide
            scene.get(
                agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", path="/certsrv/mscep_admin/", source=OTHER_DEVICE
            )
            for name in devices:
                scene.post(pkcs_req(world, world.device(name), "6F1B2C3D4E5A6978", cipher="aes256"))
        return second_later(scene.packets, gap)

    case(
        file,
        shows,
        f"{BY_CURL}; the requests moved {gap} seconds later",
        must=must,
        may=["rep-fail-2-badrequest"],
        keys=[RA_KEY],
        options=["-k", f"pcaps/keys/{RA_KEY}"],
        **expected,
    )(make)


otp_case(
    "chal-expired.pcap",
    "the one-time password is used 70 minutes after it was given",
    ["chal-expired"],
    ["device"],
    4200,
    operations={"PKIOperation": 1},
    exit=1,
)
otp_case(
    "chal-reused.pcap",
    "two devices use the same one-time password",
    ["chal-reused"],
    ["device", "windows"],
    60,
    operations={"PKIOperation": 2},
    exit=1,
)
otp_case(
    "near/chal-in-time.pcap",
    "the one-time password is used once, a minute later",
    ["rep-success"],
    ["device"],
    60,
    must_not=["chal-expired", "chal-reused"],
    operations={"PKIOperation": 1},
)


def twice_case(file, shows, must, devices, **expected):
    """Two successful enrolments of one device, ten minutes apart."""

    def make(_case, world):
        with Scene(world) as scene:
            for device in devices(world):
                scene.post(pkcs_req(world, device, SHORT, cipher="aes256"))
        return second_later(scene.packets, 600)

    case(
        file,
        shows,
        f"{BY_CURL}; the second moved ten minutes later",
        must=must,
        keys=[RA_KEY],
        operations={"PKIOperation": 2},
        enrolments={"succeeded": 2},
        **expected,
    )(make)


twice_case(
    "deliv-not-installed.pcap",
    "a device asks again with the same key though it got its certificate",
    ["deliv-not-installed", "rep-success"],
    lambda w: [w.device("device")] * 2,
    must_not=["deliv-reissue-loop", "scep-retry-storm"],
)
twice_case(
    "deliv-reissue-loop.pcap",
    "the same subject asks again with a new key",
    ["deliv-reissue-loop", "rep-success"],
    lambda w: [w.device("device"), pki.Device(w.keys / "windows.key", "/CN=DEVICE-0107")],
    must_not=["deliv-not-installed"],
)


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
