# SPDX-License-Identifier: Apache-2.0
"""NDES's calls to the policy module, captured on loopback beside the device's request."""

from dataclasses import replace

import capfile
import pki
import scepmsg
from cases import PLUGIN, Scene, case
from common import ENROLMENT, EXE, RA_KEY, SHORT, pkcs_req
from lab import SERVER
from ndes_responder import (
    POLICY,
    httpsys_page,
    iis_page,
    page_401,
    page_403,
    page_404,
    page_500,
    page_503,
    reply,
    wait_seconds,
)
from scepmsg import request


def policy_case(
    file,
    shows,
    verify,
    notify=None,
    must=(),
    success=True,
    tries=1,
    message=None,
    names=("Ethernet", "Loopback"),
    **expected,
):
    """The request on the NIC, NDES's own calls on loopback: one pcapng with two interfaces of different link types.

    `verify` is the answer to VerifyRequest, or a function that gives it; the plug-in asks up to `tries` times.
    """

    def make(case_, world):
        with Scene(world, also="lo") as scene:
            answer = verify if callable(verify) else lambda: verify
            scene.ndes.policy = (
                lambda request: answer() if request.path.endswith("VerifyRequest") else notify or reply(204)
            )

            def call(word):
                done = scene.lab.exec(
                    "srv",
                    "curl",
                    "-sS",
                    "-A",
                    PLUGIN,
                    "-d",
                    "{}",
                    "-H",
                    "Content-Type: application/json",
                    f"http://{SERVER}{POLICY}{word}",
                )
                return done.stdout

            def decide(asked, plain):
                if not any(call("VerifyRequest") == b"true" for _ in range(tries)) or not success:
                    return scene.ndes.failure(asked, 2, None if success else -2146875392)
                answer = scene.ndes.success(asked, plain)
                call("Notify")
                return answer

            scene.ndes.decide = decide
            scene.browse(path=EXE)
            device = world.device("device")
            scene.post(message(world, device) if message else pkcs_req(world, device, cipher="aes256"))
        loopback = [replace(capfile.with_link_type(p, capfile.NULL), interface=1) for p in scene.also]
        both = sorted(scene.packets + loopback, key=lambda p: p.ts_ns)
        case_.path.write_bytes(
            capfile.section(both, [(capfile.EN10MB, names[0], 6, 262144), (capfile.NULL, names[1], 6, 262144)])
        )

    case(
        file,
        shows,
        "curl and the responder, captured on the NIC and on loopback",
        must=list(must),
        keys=[RA_KEY],
        **expected,
    )(make)


BOTH = {**ENROLMENT, "VerifyRequest": 1}
TRUE = reply(201, b"true", "application/json; charset=utf-8")
policy_case(
    "policy-ok.pcapng",
    "a healthy enrolment with VerifyRequest 201 and Notify 204",
    reply(201, b"true", "application/json; charset=utf-8"),
    must=["policy-ok", "policy-notify-ok", "rep-success"],
    operations={**BOTH, "Notify": 1},
    enrolments={"succeeded": 1},
    exit=0,
    near=["policy-false", "policy-true-but-failure", "policy-notify-missing", "policy-notify-fail", "policy-slow"],
    healthy=True,
)
policy_case(
    "policy-notify-fail.pcapng",
    "the certificate is issued, Notify fails with 500",
    reply(201, b"true", "application/json; charset=utf-8"),
    page_500(),
    must=["policy-notify-fail", "rep-success"],
    operations={**BOTH, "Notify": 1},
    enrolments={"succeeded": 1},
    near=["policy-notify-ok"],
)
policy_case(
    "policy-false.pcapng",
    "VerifyRequest says false, the device gets FAILURE badRequest",
    reply(200, b"false", "application/json; charset=utf-8"),
    must=["policy-false"],
    may=["rep-fail-2-badrequest"],
    operations=BOTH,
    enrolments={"failed": 1},
    exit=1,
    near=["policy-ok", "policy-no-call", "rep-fail-2-badrequest"],
)
policy_case(
    "policy-403.pcapng",
    "the policy module is refused with IIS's bare 403 page",
    page_403(),
    must=["policy-403"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-403-operation", "policy-403-16", "policy-403-7"],
    operations=BOTH,
    enrolments={"failed": 1},
    exit=1,
    near=["policy-403-13", "policy-403-17"],
)
policy_case(
    "policy-403-16.pcapng",
    "the same with IIS's detailed page: 403.16",
    iis_page(
        403,
        "IIS 10.0 Detailed Error - 403.16 - Forbidden",
        "HTTP Error 403.16 - Forbidden",
        "Your client certificate is either not trusted or is invalid. Error Code 0x800b0109",
    ),
    must=["policy-403-16"],
    may=["rep-fail-2-badrequest"],
    must_not=["policy-403"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-401.pcapng",
    "Windows authentication on CertificateRegistrationSvc",
    page_401(),
    must=["policy-401"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-401-mscep"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-404.pcapng",
    "the registration point is not installed",
    page_404(),
    must=["policy-404"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-404-notfound"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-500.pcapng",
    "the registration point fails",
    page_500(),
    must=["policy-500"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-500-ndes"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-503.pcapng",
    "the registration point's pool is stopped",
    page_503(),
    must=["policy-503"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-503-apppool"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "policy-true-but-failure.pcapng",
    "201, and the CA refuses the template",
    reply(201, b"true", "application/json; charset=utf-8"),
    success=False,
    must=["policy-true-but-failure"],
    may=["rep-fail-2-badrequest", "ca-failed"],
    operations=BOTH,
    enrolments={"failed": 1},
    exit=1,
)


def two_enrolments(file, shows, must, second, gap, **expected):
    """A healthy enrolment with both calls seen, then one in which the policy module behaves as `second` says."""

    def make(case_, world):
        with Scene(world, also="lo") as scene:

            def call(word):
                scene.lab.exec("srv", "curl", "-sS", "-A", PLUGIN, "-d", "{}", f"http://{SERVER}{POLICY}{word}")

            def decide(asked, plain):
                calls = ("VerifyRequest", "Notify") if len(scene.ndes.requests) < 6 else second
                if "VerifyRequest" not in calls:
                    return scene.ndes.failure(asked, 2)
                call("VerifyRequest")
                answer = scene.ndes.success(asked, plain)
                if "Notify" in calls:
                    call("Notify")
                return answer

            scene.ndes.decide = decide
            for name in ("device", "windows"):
                scene.browse(path=EXE)
                scene.post(pkcs_req(world, world.device(name), SHORT, cipher="aes256"))
            scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
        loopback = [replace(capfile.with_link_type(p, capfile.NULL), interface=1) for p in scene.also]
        both = sorted(scene.packets + loopback, key=lambda p: p.ts_ns)
        last = max(n for n, p in enumerate(both) if p.interface == 0 and (t := capfile.tcp(p)) and t[5] == 2)
        both = both[:last] + [p.later(gap * 10**9) for p in both[last:]]
        case_.path.write_bytes(
            capfile.section(both, [(capfile.EN10MB, "Ethernet", 6, 262144), (capfile.NULL, "Loopback", 6, 262144)])
        )

    case(
        file,
        shows,
        f"curl and the responder, captured on the NIC and on loopback; the page at the end moved {gap} seconds later",
        must=must,
        keys=[RA_KEY],
        **expected,
    )(make)


two_enrolments(
    "policy-notify-missing.pcapng",
    "the second certificate is issued, but nobody is told",
    ["policy-notify-missing", "rep-success"],
    ("VerifyRequest",),
    90,
    operations={"PKIOperation": 2, "VerifyRequest": 2, "Notify": 1},
    enrolments={"succeeded": 2},
)
two_enrolments(
    "policy-no-call.pcapng",
    "the second request is refused without asking the policy module",
    ["policy-no-call"],
    (),
    90,
    may=["rep-fail-2-badrequest"],
    operations={"PKIOperation": 2, "VerifyRequest": 1, "Notify": 1},
    enrolments={"succeeded": 1, "failed": 1},
    exit=1,
)


def detailed(substatus, words):
    return iis_page(
        403, f"IIS 10.0 Detailed Error - 403.{substatus} - Forbidden", f"HTTP Error 403.{substatus} - Forbidden", words
    )


for substatus, shows, words in (
    (
        7,
        "no client certificate came",
        "The page you are attempting to access requires your browser to have a Secure Sockets Layer "
        "(SSL) client certificate that the Web server recognizes.",
    ),
    (
        13,
        "the client certificate is revoked or its status is unknown",
        "Your client certificate was revoked, or the revocation " "status could not be determined.",
    ),
    (17, "the client certificate has expired", "Your client certificate has expired or is not yet valid."),
):
    policy_case(
        f"policy-403-{substatus}.pcapng",
        f"IIS's detailed page 403.{substatus}: {shows}",
        detailed(substatus, words),
        must=[f"policy-403-{substatus}"],
        may=["rep-fail-2-badrequest"],
        must_not=["policy-403"],
        operations=BOTH,
        exit=1,
    )


# --- near misses, and what takes its time ---------------------------------------------------------------------------------------------
def after(seconds, answer):
    def late():
        wait_seconds(seconds)
        return answer

    return late


policy_case(
    "policy-slow.pcapng",
    "the registration point needs four seconds",
    after(4, TRUE),
    must=["policy-slow", "policy-ok", "rep-success"],
    operations={**BOTH, "Notify": 1},
    exit=0,
)
policy_case(
    "near/policy-quick.pcapng",
    "the registration point needs 875 ms, as in Microsoft's sample",
    after(0.875, TRUE),
    must=["policy-ok", "rep-success"],
    near=["policy-slow"],
    operations={**BOTH, "Notify": 1},
    exit=0,
    healthy=True,
)
FIRST_500 = iter([page_500(), TRUE])
policy_case(
    "near/policy-500-once.pcapng",
    "one exception, and 201 to the next try of the same request",
    lambda: next(FIRST_500),
    must=["policy-ok", "rep-success"],
    near=["policy-500"],
    tries=2,
    operations={**BOTH, "VerifyRequest": 2, "Notify": 1},
    exit=0,
    healthy=True,
)
policy_case(
    "http-400-iis.pcapng",
    "the registration point takes the body for damaged: 400",
    iis_page(400, "400 - Bad Request", "400 - Bad Request", "The request could not be understood by the server."),
    must=["http-400-iis"],
    may=["rep-fail-2-badrequest"],
    must_not=["http-400-malformed", "http-4xx-other"],
    operations=BOTH,
    exit=1,
)
policy_case(
    "near/http-400-httpsys-policy.pcapng",
    "HTTP.sys refuses the call before the registration point sees it",
    httpsys_page(400, "Bad Request", ("Bad Request - Invalid Header", "The request has an invalid header name.")),
    must=["http-4xx-other"],
    may=["rep-fail-2-badrequest"],
    near=["http-400-iis"],
    operations=BOTH,
)
policy_case(
    "near/csr-subject-escape-201.pcapng",
    "a comma in the subject, and the registration point accepts it",
    TRUE,
    must=["policy-ok", "rep-success"],
    near=["csr-subject-escape"],
    message=lambda world, device: request(
        device.identity,
        scepmsg.PKCS_REQ,
        device.transaction_id,
        pki.csr(device.identity.key, "/CN=Doe, John/O=Contoso", pki.intune_challenge()),
        [world.ndes.ra_encryption.cert],
        "des3",
    ),
    operations={**BOTH, "Notify": 1},
    options=["-k", f"pcaps/keys/{RA_KEY}"],
    exit=0,
    healthy=True,
)
NPF = "\\Device\\NPF_"
policy_case(
    "near/cap-no-loopback-seen.pcapng",
    "Npcap on the NDES host, with its loopback adapter",
    TRUE,
    must=["policy-ok", "rep-success"],
    near=["cap-no-loopback"],
    names=(NPF + "{8D1F8C1B-4E1C-4E0A-9B3A-0C2F6B7A9D11}", NPF + "Loopback"),
    operations={**BOTH, "Notify": 1},
    exit=0,
    healthy=True,
)
