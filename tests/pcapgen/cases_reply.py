# SPDX-License-Identifier: Apache-2.0
"""CertReps: SUCCESS, FAILURE, PENDING, and what can be wrong about each."""

import der
import scepmsg
from cases import ANDROID, Scene, case
from cases_status import FAILED
from common import BY_CURL, OK, RA_KEY, SHORT, pkcs_req, replies, scep_case, spaced
from ndes_responder import reply
from scepmsg import Shape


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
        near={2: ["rep-failtext"], 3: ["rep-fail-4-badcertid"], 4: ["rep-fail-3-badtime"]}.get(number, []),
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
    near=["rep-fail-0-badalg"],
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
    near=["rep-success-no-envelope", "rep-success"],
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
    "SUCCESS with RSAES-OAEP to an Android device",
    ["rep-env-oaep", "rep-success"],
    replies(lambda n, a, p: issued(n, a, p, oaep=True)),
    keys=[RA_KEY, "device.key"],
    exit=0,
    agent=ANDROID,
    near=["rep-env-weak"],
)
scep_case(
    "near/rep-env-oaep-windows.pcap",
    "SUCCESS with RSAES-OAEP",
    ["rep-success"],
    replies(lambda n, a, p: issued(n, a, p, oaep=True)),
    keys=[RA_KEY, "device.key"],
    exit=0,
    must_not=["rep-env-oaep"],
    healthy=True,
)
scep_case(
    "rep-env-weak.pcap",
    "SUCCESS in single DES",
    ["rep-env-weak", "rep-success"],
    replies(lambda n, a, p: issued(n, a, p, cipher="des-cbc")),
    keys=[RA_KEY, "device.key"],
    exit=0,
    near=["rep-env-recipient"],
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
    healthy=True,
    near=["rep-cert-leaf", "rep-cert-content"],
)
scep_case(
    "rep-not-cms-json.pcap",
    "a gateway answers PKIOperation with 200 and an error in JSON",
    ["rep-not-cms"],
    lambda scene, _world: setattr(
        scene.ndes, "pki_operation", lambda _request: reply(200, b'{"error": "backend"}', "application/json", "Kestrel")
    ),
    must_not=["http-200-html", "http-ctype"],
    outcomes=FAILED,
    enrolments={"failed": 1},
    exit=1,
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
    near=["rep-pending"],
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
    healthy=True,
)
def approved(_case, world):
    device = world.device("device")
    with Scene(world) as scene:
        scene.ndes.decide = scene.ndes.pending
        scene.post(pkcs_req(world, device, SHORT))
        scene.ndes.decide = scene.ndes.success
        scene.post(poll(world, device))
    return scene.packets
