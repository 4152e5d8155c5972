# SPDX-License-Identifier: Apache-2.0
"""What several enrolments show together: outages with a beginning, and devices that succeed at their second try."""

from cases import Scene, case
from common import BY_CURL, EXE, RA_KEY, SHORT, pkcs_req, spaced
from lab import DEVICE, OTHER_DEVICE
from ndes_responder import page_500, page_503


def enrol(scene, world, source, device):
    scene.browse(path=EXE, source=source)
    scene.post(pkcs_req(world, device, SHORT, cipher="aes256"), source=source)


@case(
    "outage-pool.pcap",
    "three enrolments succeed, then the pool stops and six requests of two devices get 503, two minutes apart",
    BY_CURL + "; every connection moved two minutes later than the one before",
    must=["http-503-apppool", "rep-success"],
    operations={"GetCACaps": 9, "GetCACert": 3, "PKIOperation": 3},
    outcomes={"ok": 9, "failed": 6},
    exit=1,
    keys=[RA_KEY],
    near=["http-503-other", "net-conn-limit"],
)
def pool_stops(_case, world):
    with Scene(world) as scene:
        for number, key in enumerate(("device", "iphone", "windows")):
            enrol(scene, world, (DEVICE, OTHER_DEVICE)[number % 2], world.device(key, subject=f"/CN=LAPTOP-{number}"))
        scene.ndes.answer = lambda request: page_503()
        for number in range(6):
            scene.ask_caps(path=EXE, source=(DEVICE, OTHER_DEVICE)[number % 2])
    return spaced(scene.packets, 120)


def retry_case(file, shows, second_key):
    def make(_case, world):
        with Scene(world) as scene:
            # requests so far, this one included: GetCACaps, GetCACert, PKIOperation
            scene.ndes.answer = (
                lambda request: page_500() if len(scene.ndes.requests) == 3 else scene.ndes.scep(request)
            )
            for key in ("device", second_key):
                enrol(scene, world, DEVICE, world.device(key, subject="/CN=DEVICE-0107"))
        return spaced(scene.packets, 90)

    case(
        file,
        "near miss: " + shows,
        BY_CURL + "; every connection moved 90 seconds later than the one before",
        must=["http-500-ndes", "rep-success"],
        operations={"GetCACaps": 2, "GetCACert": 2, "PKIOperation": 2},
        enrolments={"succeeded": 1},
        exit=0,
        keys=[RA_KEY],
        near=["scep-retry-storm", "deliv-reissue-loop", "deliv-not-installed"],
    )(make)


retry_case("near/retry-same-key.pcap", "500 at the first try, the second one with the same key is granted", "device")
retry_case(
    "near/retry-new-key.pcap", "the same, but the device comes back with a new key and transaction ID", "windows"
)
