# SPDX-License-Identifier: Apache-2.0
"""Enrolments between real programs: scepclient, strongSwan, certmonger, curl; scepserver or the responder as NDES."""

import base64

import capfile
import scepmsg
from cases import ANDROID, APPLE, WINDOWS, Scene, case
from common import RA_KEY, pkcs_req, quoted
from lab import DEVICE, OTHER_DEVICE
from ndes_responder import MSCEP, page_404
from pki import rsa_key


def scepclient(scene, path="/scep", challenge="secret", name="DEVICE-0107", keep=None):
    folder = scene.lab.folder
    done = scene.lab.exec(
        "dev",
        "scepclient",
        "-server-url",
        f"http://10.5.1.4{path}",
        "-challenge",
        challenge,
        "-private-key",
        folder / "client.key",
        "-certificate",
        folder / "client.pem",
        "-cn",
        name,
        cwd=folder,
    )
    if keep:
        keep.write_bytes((folder / "client.key").read_bytes())
    return done


def scepclient_scene(world, challenge, keep=None):
    scene = Scene(world, responder=False)
    depot = scene.lab.folder / "depot"
    depot.mkdir()
    cert, key = world.scepserver_ca()
    (depot / "ca.key").write_bytes(key.read_bytes())
    (depot / "ca.pem").write_bytes(cert.read_bytes())
    with scene:
        scene.lab.start("srv", "scepserver", "-depot", depot, "-port", 80, "-challenge", "secret")
        scene.lab.wait_port("srv", 80)
        scepclient(scene, challenge=challenge, keep=keep)
    return scene.packets


@case(
    "http-scepclient-ok.pcap",
    "a complete enrolment over plain HTTP",
    "scepclient and scepserver",
    must=["rep-success"],
    operations={"GetCACert": 1, "GetCACaps": 1, "PKIOperation": 1},
    outcomes={"ok": 3},
    enrolments={"succeeded": 1},
    keys=["scepserver-ca.key", "scepclient.key"],
    exit=0,
)
def scepclient_ok(_case, world):
    return scepclient_scene(world, "secret", world.keys / "scepclient.key")


@case(
    "rep-fail-2-scepclient-challenge.pcap",
    "a wrong challenge: HTTP 200 with FAILURE badRequest and no content",
    "scepclient and scepserver",
    must=["rep-fail-2-badrequest"],
    operations={"GetCACert": 1, "GetCACaps": 1, "PKIOperation": 1},
    outcomes={"ok": 2, "failed": 1},
    enrolments={"failed": 1},
    keys=["scepserver-ca.key"],
    exit=1,
    near=["rep-hresult"],
)
def scepclient_wrong_challenge(_case, world):
    return scepclient_scene(world, "wrong")


@case(
    "scepclient-ndes-ok.pcap",
    "scepclient against NDES: it encrypts to every certificate of GetCACert, in single DES",
    "scepclient and the responder",
    must=["rep-success", "scep-recipient-multi", "scep-alg-weak"],
    must_not=["scep-recipient-ca"],
    operations={"GetCACert": 1, "GetCACaps": 1, "PKIOperation": 1},
    outcomes={"ok": 3},
    keys=[RA_KEY],
    exit=0,
    near=["cap-midstream"],
)
def scepclient_ndes(_case, world):
    with Scene(world) as scene:
        scene.ndes.cipher = "des3"
        scepclient(scene, MSCEP)
    return scene.packets


def strongswan(scene, world, *args, name="DEVICE-0108", ra=None):
    folder = scene.lab.folder
    paths = {}
    for part, cert in (
        ("enc", ra or world.ndes.ra_encryption.cert),
        ("sig", world.ndes.ra_signing.cert),
        ("ca", world.ndes.ca.cert),
    ):
        paths[part] = folder / f"{part}.der"
        paths[part].write_bytes(cert)
    key = rsa_key(folder / "strongswan.key")
    return scene.lab.exec(
        "dev",
        "pki",
        "--scep",
        "--url",
        f"http://10.5.1.4{MSCEP}",
        "--in",
        key,
        "--dn",
        f"O=Contoso, CN={name}",
        "--cacert-enc",
        paths["enc"],
        "--cacert-sig",
        paths["sig"],
        "--cacert",
        paths["ca"],
        *args,
    )


# strongSwan 5.9.8 reads the list one place off: without SHA-384 and SHA-224 it thinks AES and DES3 are missing.
STRONGSWAN_CAPS = (
    "AES\nDES3\nSHA-256\nSHA-384\nSHA-512\nSHA-224\nSHA-1\nPOSTPKIOperation\nSCEPStandard\nGetNextCACert\nRenewal\n"
)


@case(
    "http-strongswan-ok.pcap",
    "a complete enrolment by POST without Content-Type and User-Agent, one connection a request",
    "strongSwan pki --scepca and --scep against the responder",
    must=["rep-success", "deliv-ok"],
    operations={"GetCACert": 1, "GetCACaps": 1, "PKIOperation": 1},
    outcomes={"ok": 3},
    enrolments={"succeeded": 1},
    keys=[RA_KEY],
    exit=0,
    near=["scep-alg-legacy", "scep-recipient-multi"],
    healthy=True,
)
def strongswan_ok(_case, world):
    with Scene(world) as scene:
        scene.ndes.caps = STRONGSWAN_CAPS
        scene.lab.exec(
            "dev",
            "pki",
            "--scepca",
            "--url",
            scene.url(),
            "--caout",
            scene.lab.folder / "c.der",
            "--raout",
            scene.lab.folder / "r.der",
        )
        strongswan(scene, world, "--password", "0123456789ABCDEF")
    return scene.packets


@case(
    "rep-pending-strongswan-poll.pcap",
    "PENDING twice, then SUCCESS to CertPoll",
    "strongSwan pki --scep against the responder",
    must=["rep-success", "rep-pending"],
    must_not=["rep-pending-loop", "rep-poll-new-tid"],
    operations={"GetCACaps": 1, "PKIOperation": 3},
    enrolments={"succeeded": 1},
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def strongswan_poll(_case, world):
    with Scene(world) as scene:
        scene.ndes.caps = STRONGSWAN_CAPS
        scene.ndes.decide = lambda asked, plain: (
            scene.ndes.success if len(scene.ndes.requests) > 3 else scene.ndes.pending
        )(asked, plain)
        strongswan(scene, world, "--password", "0123456789ABCDEF", "-t", 1)
    return scene.packets


@case(
    "near/renewal-strongswan-ok.pcap",
    "an enrolment and then a RenewalReq (17) signed with the certificate it gave",
    "strongSwan pki --scep against the responder",
    must=["rep-success"],
    must_not=["scep-renewal-unsupported", "chal-absent"],
    operations={"GetCACaps": 2, "PKIOperation": 2},
    enrolments={"succeeded": 2},
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def strongswan_renewal(_case, world):
    with Scene(world) as scene:
        scene.ndes.caps = STRONGSWAN_CAPS
        first = strongswan(scene, world, "--password", "0123456789ABCDEF")
        old_cert, old_key = scene.lab.folder / "old.der", scene.lab.folder / "old.key"
        old_cert.write_bytes(first.stdout)
        old_key.write_bytes((scene.lab.folder / "strongswan.key").read_bytes())
        strongswan(scene, world, "--cert", old_cert, "--key", old_key)
    return scene.packets


@case(
    "http-certmonger-get-ok.pcap",
    "PKIOperation by GET although POST is offered, raw / and = in the URL",
    "certmonger's scep-submit against the responder",
    must=["rep-success"],
    operations={"PKIOperation": 1},
    enrolments={"succeeded": 1},
    keys=[RA_KEY],
    exit=0,
)
def certmonger_ok(_case, world):
    device = world.device("certmonger")
    message = scepmsg.request(
        device.identity,
        scepmsg.PKCS_REQ,
        str(int(device.transaction_id, 16)),
        device.csr("0123456789ABCDEF"),
        [world.ndes.ra_encryption.cert],
        cipher="des3",
    )
    with Scene(world) as scene:
        scep_submit(scene, world, message)
    return scene.packets


def scep_submit(scene, world, message):
    folder = scene.lab.folder
    for name, cert in (("ra", world.ndes.ra_encryption.cert), ("ca", world.ndes.ca.cert)):
        (folder / f"{name}.pem").write_bytes(scepmsg.pem(cert))
    text = folder / "message.pem"
    text.write_text(
        "-----BEGIN PKCS7-----\n" + base64.encodebytes(message).decode() + "-----END PKCS7-----\n", encoding="ascii"
    )
    common = ("-u", f"http://10.5.1.4{MSCEP}/pkiclient.exe", "-r", folder / "ra.pem", "-I", folder / "ca.pem")
    submit = "/usr/lib/certmonger/scep-submit"
    scene.lab.exec("dev", submit, *common, "-c")
    scene.lab.exec("dev", submit, *common, "-C")
    return scene.lab.exec("dev", submit, *common, "-p", text)


# The session daemon keeps its files below the home directory; `ip netns exec` gives it mounts of its own to hide that.
CERTMONGER = """
mkdir -p ~/.config && mount -t tmpfs none ~/.config
certmonger -S -n &
until getcert list-cas -s >/dev/null 2>&1; do sleep 0.1; done
getcert add-scep-ca -s -c NDES -u $2 -R $1/ca.pem
until getcert list-cas -s -c NDES | grep -q 'SCEP CA certificate thumbprint'; do sleep 0.1; done
getcert request -s -c NDES -f $1/cert.pem -k $1/key.pem -N CN=DEVICE-0109 -L 0123456789ABCDEF -w
kill $!
"""


@case(
    "http-certmonger-daemon-ok.pcap",
    "the whole certmonger: a decimal transactionID of 77 digits, its own signing certificate",
    "certmonger and getcert against the responder",
    must=["rep-success"],
    operations={"GetCACaps": 2, "GetCACert": 1, "PKIOperation": 1},
    enrolments={"succeeded": 1},
    keys=[RA_KEY],
    exit=0,
)
def certmonger_daemon(_case, world):
    with Scene(world) as scene:
        folder = scene.lab.folder
        (folder / "ca.pem").write_bytes(scepmsg.pem(world.ndes.ca.cert))
        scene.lab.exec(
            "dev",
            "timeout",
            "50",
            "dbus-run-session",
            "--",
            "sh",
            "-c",
            CERTMONGER,
            "sh",
            folder,
            scene.url(path=MSCEP + "/pkiclient.exe"),
        )
    return scene.packets


@case(
    "near/http-403-healthy.pcap",
    "a browser on the bare mscep.dll URL gets the healthy 403",
    "curl and the responder",
    must=["http-403-healthy"],
    must_not=["http-403-operation"],
    operations={"page": 1},
    outcomes={"healthy_page": 1},
    exit=0,
    healthy=True,
)
def healthy_page(_case, world):
    with Scene(world) as scene:
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
    return scene.packets


@case(
    "demo.pcapng",
    "one Windows device enrols; one iPhone is refused because the query is over 2,048 bytes; a browser sees the healthy 403",
    "curl with messages of our own against the responder",
    must=["http-404-querylen", "rep-success", "http-403-healthy"],
    must_not=["http-404-notfound"],
    operations={"GetCACaps": 2, "GetCACert": 2, "PKIOperation": 2, "page": 1},
    enrolments={"succeeded": 1, "failed": 1},
    keys=[RA_KEY],
    exit=1,
)
def demo(case_, world):
    windows, phone = world.device("windows"), world.device("iphone")
    with Scene(world) as scene:
        healthy = scene.ndes.answer

        def limited(request):
            return page_404() if len(request.target.partition("?")[2]) > 2048 else healthy(request)

        scene.ndes.answer = limited
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)", source=OTHER_DEVICE)
        scene.browse(path=MSCEP + "/pkiclient.exe")
        scene.post(pkcs_req(world, windows, cipher="aes256"))
        scene.browse(APPLE, "SCEP%20Authority", source=OTHER_DEVICE)
        scene.get_message(
            quoted(pkcs_req(world, phone, shape=scepmsg.Shape(digest="sha512", ber=True))), source=OTHER_DEVICE
        )
    interfaces = [(capfile.EN10MB, "eth0", 6, 262144)]
    case_.path.write_bytes(capfile.section(scene.packets, interfaces))


@case(
    "mixed-devices.pcap",
    "one morning at one server: a success, a FAILURE with HRESULT, a refused long query, a PENDING, a browser",
    "curl with messages of our own against the responder",
    must=["rep-success", "rep-fail-2-badrequest", "http-404-querylen", "rep-pending", "http-403-healthy"],
    must_not=["http-404-notfound", "rep-pending-loop", "scep-dup-transid-keys", "scep-retry-storm", "caps-differs"],
    operations={"GetCACaps": 4, "GetCACert": 4, "PKIOperation": 4, "page": 1},
    enrolments={"succeeded": 1, "failed": 2, "pending": 1},
    keys=[RA_KEY],
    exit=1,
    near=["proxy-hides-client"],
)
def mixed(_case, world):
    devices = {name: world.device(name) for name in ("device", "windows", "iphone", "certmonger")}
    with Scene(world) as scene:
        verdicts = {
            devices["windows"].transaction_id: lambda asked, plain: scene.ndes.failure(asked, 2, -2146875392),
            devices["certmonger"].transaction_id: scene.ndes.pending,
        }
        scene.ndes.decide = lambda asked, plain: verdicts.get(asked.transaction_id, scene.ndes.success)(asked, plain)
        healthy = scene.ndes.answer
        scene.ndes.answer = lambda request: page_404() if len(request.target) > 2100 else healthy(request)
        for name, agent, source in (
            ("device", WINDOWS, DEVICE),
            ("iphone", APPLE, OTHER_DEVICE),
            ("windows", WINDOWS, OTHER_DEVICE),
            ("certmonger", ANDROID, DEVICE),
        ):
            scene.browse(agent, source=source)
            message = pkcs_req(world, devices[name])
            if agent == APPLE:
                scene.get_message(quoted(message), source=source)
            else:
                scene.post(message, agent=agent, source=source)
        scene.get(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
    return scene.packets
