# SPDX-License-Identifier: Apache-2.0
"""Requests: base64 in URLs, cut messages, signatures, recipients, algorithms, clocks, repetitions."""

import base64
import re
import urllib.parse
from datetime import datetime, timedelta, timezone

import der
import pki
import scepmsg
from cases import ANDROID, APPLE, Scene, case
from cases_ca import caps
from common import (
    BY_CURL,
    ENROLMENT,
    EXE,
    OK,
    RA_KEY,
    SHORT,
    moment,
    pkcs_req,
    quoted,
    replies,
    scep_case,
    second_later,
    spaced,
    status,
)
from lab import OTHER_DEVICE
from ndes_responder import MSCEP, page_404, page_500, reply
from pki import intune_challenge
from scepmsg import Shape

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
    near=["scep-b64-double"],
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
    ["rep-success", "scep-b64-quirk"],
    lambda t: escaped(t.rstrip("=")),
    must_not=["scep-b64-invalid", "scep-truncated-get"],
    exit=0,
)
get_case(
    "near/scep-b64-urlsafe.pcap",
    "URL-safe alphabet",
    ["rep-success", "scep-b64-quirk"],
    lambda t: t.replace("+", "-").replace("/", "_").replace("=", "%3D"),
    must_not=["scep-b64-invalid", "scep-not-cms"],
    exit=0,
    near=["scep-b64-invalid"],
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
    near=["http-404-doubleesc"],
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
    near=["scep-sig-invalid", "scep-digest-mismatch"],
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
    near=["scep-truncated-post", "scep-not-cms"],
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
    near=["scep-signer-cert-missing"],
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
    near=["scep-recipient-signing", "rep-fail-1-badmessagecheck"],
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
    healthy=True,
)
scep_case(
    "scep-alg-not-advertised.pcap",
    "AES though only DES3 is offered, and a FAILURE",
    ["scep-alg-not-advertised", "rep-fail-0-badalg", "caps-no-aes"],
    replies(lambda n, a, p: n.failure(a, 0)),
    exit=1,
)
scep_case(
    "scep-oaep.pcap",
    "RSAES-OAEP from an Android device",
    ["scep-oaep", "rep-success"],
    None,
    lambda w, d: pkcs_req(w, d, SHORT, oaep=True),
    exit=0,
    agent=ANDROID,
    healthy=True,
)
scep_case(
    "near/scep-oaep-windows.pcap",
    "RSAES-OAEP, as Windows may",
    ["rep-success"],
    None,
    lambda w, d: pkcs_req(w, d, SHORT, oaep=True),
    exit=0,
    must_not=["scep-oaep"],
    healthy=True,
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
    healthy=True,
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
    near=["scep-attestation"],
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
    near=["rep-nonce-reused"],
)
def replay(_case, world):
    message = pkcs_req(world, world.device("device"), SHORT, cipher="aes256")
    with Scene(world) as scene:
        scene.post(message)
        scene.post(message)
    return second_later(scene.packets, 3)


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


def issued(world, device, **validity):
    """The device with a certificate that this NDES's CA gave it."""
    ca = world.ndes.ca.key, world.keys / "ndes-ca.crt"
    cert = pki.certificate(device.identity.key, device.subject, pki.PROFILES["client"], *ca, **validity)
    return scepmsg.Identity(device.identity.key, cert)


def renewal_req(world, device, signer, **options):
    recipients = [world.ndes.ra_encryption.cert]
    return scepmsg.request(signer, scepmsg.RENEWAL_REQ, device.transaction_id, device.csr(None), recipients, **options)


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
    old = issued(world, device, not_before=moment(-400), not_after=moment(-35))
    with Scene(world) as scene:
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 2, -2146762495)
        scene.browse(path=EXE)
        scene.post(renewal_req(world, device, old, cipher="des3"))
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
    near=["scep-stops-after-caps"],
    healthy=True,
)
def ios_capture_ends(_case, world):
    with Scene(world) as scene:
        scene.get("operation=GetCACert&message=SCEP%20Authority", agent=APPLE)
    return scene.packets


scep_case(
    "near/scep-post-unadvertised-ok.pcap",
    "POST though it is not offered, and granted",
    ["rep-success"],
    caps("Renewal\nSHA-256\nAES\nDES3\n"),
    must_not=["http-405-post", "scep-post-unadvertised"],
    exit=0,
    healthy=True,
)


def no_post(scene, world):
    caps("Renewal\nSHA-256\nAES\nDES3\n")(scene, world)
    others = scene.ndes.answer
    scene.ndes.answer = (
        lambda request: status(405, "Method Not Allowed") if request.method == "POST" else others(request)
    )


scep_case(
    "scep-post-unadvertised.pcap",
    "POST though it is not offered, and refused with 405",
    ["scep-post-unadvertised"],
    no_post,
    must_not=["http-405-post"],
    exit=1,
)


@case(
    "scep-renewal-unsupported.pcap",
    "a RenewalReq to a server that does not offer Renewal, refused",
    BY_CURL,
    must=["scep-renewal-unsupported"],
    may=["rep-fail-2-badrequest"],
    must_not=["scep-renew-expired", "chal-absent"],
    operations=ENROLMENT,
    keys=[RA_KEY],
    exit=1,
)
def renewal_unsupported(_case, world):
    device = world.device("device")
    current = issued(world, device, days=60)
    with Scene(world) as scene:
        scene.ndes.caps = "POSTPKIOperation\nSHA-256\nAES\nDES3\n"
        scene.ndes.decide = lambda asked, plain: scene.ndes.failure(asked, 2)
        scene.browse(path=EXE)
        scene.post(renewal_req(world, device, current))
    return scene.packets


@case(
    "scep-stops-after-caps.pcap",
    "an iPhone reads weak capabilities and stops",
    f"{BY_CURL}; a later bare GET of another client ends the window",
    any_of=[["scep-stops-after-caps", "caps-no-sha", "caps-no-3des-aes"]],
    may=["caps-no-sha", "caps-no-3des-aes", "scep-stops-after-caps"],
    must_not=["scep-ios-stops-after-getcacert"],
    operations={"GetCACaps": 1, "GetCACert": 1, "page": 1},
    exit=1,
)
def stops_after_caps(_case, world):
    with Scene(world) as scene:
        scene.ndes.caps = "Renewal\n"
        scene.browse(APPLE, "SCEP%20Authority", path=MSCEP)
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", source=OTHER_DEVICE)
    return second_later(scene.packets, 90)
