# SPDX-License-Identifier: Apache-2.0
"""Challenges, CSRs and delivery: what shows when the RA key is at hand, or over time."""

import der
import pki
import scepmsg
from cases import Scene, case
from common import BY_CURL, ENROLMENT, EXE, RA_KEY, SHORT, pkcs_req, replies, scep_case, second_later
from lab import OTHER_DEVICE
from ndes_responder import admin_page
from scepmsg import request


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
    near=["csr-sig", "csr-key-small"],
    healthy=True,
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
    near=["csr-key-ec"],
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
    healthy=True,
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
    ["chal-expired", "scep-op-missing-caps"],
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
    near=["chal-kind"],
)
otp_case(
    "near/chal-in-time.pcap",
    "the one-time password is used once, a minute later",
    ["rep-success"],
    ["device"],
    60,
    must_not=["chal-expired", "chal-reused"],
    operations={"PKIOperation": 1},
    near=["scep-op-missing-caps", "chal-single-password"],
    healthy=True,
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
