# SPDX-License-Identifier: Apache-2.0
"""What the case files share: names, messages, an enrolment with one thing changed, moved times."""

import base64
import socket
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import capfile
import ndes_responder as nr
import scepmsg
from cases import APPLE, Scene, WINDOWS, case
from lab import SERVER
from ndes_responder import MSCEP, httpsys_page, reply
from pki import intune_challenge

RA_KEY = "ndes-ra-encryption.key"
EXE = MSCEP + "/pkiclient.exe"
BROWSED = {"GetCACaps": 1, "GetCACert": 1}
ENROLMENT = {"GetCACaps": 1, "GetCACert": 1, "PKIOperation": 1}
GRANTED = {"operations": ENROLMENT, "enrolments": {"succeeded": 1}}
SHORT = "0123456789ABCDEF"
BY_CURL = "curl and the responder"
OK = {"ok": 3}
NOW = datetime.now(timezone.utc)


def moment(days):
    return (NOW + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def pkcs_req(world, device, challenge=None, **options):
    """A PKCSReq as the named device would send it to this NDES."""
    shape = options.pop("shape", None)
    return scepmsg.request(
        device.identity,
        scepmsg.PKCS_REQ,
        options.pop("transaction_id", device.transaction_id),
        device.csr(challenge or intune_challenge(), sans="DNS:device-0107.contoso.com"),
        options.pop("recipients", [world.ndes.ra_encryption.cert]),
        options.pop("cipher", "des3"),
        shape=shape,
        **options,
    )


def quoted(message):
    """Apple's spelling: + and / raw, only = escaped."""
    return base64.b64encode(message).decode().replace("=", "%3D")


def status(code, title="", server=nr.IIS, extra=(), body=None):
    text = (
        body
        if body is not None
        else f"<html><head><title>{code} {title}</title></head><body><h1>{code} {title}</h1></body></html>\r\n"
    )
    return reply(code, text.encode(), "text/html", server, extra)


def bad_request(heading, text):
    return httpsys_page(400, "Bad Request", (f"Bad Request - {heading}", text))


# --- CertRep --------------------------------------------------------------------------------------------------------------------
def replies(decide):
    """CertRep by decide(responder, asked, plain)."""

    def prepare(scene, _world):
        scene.ndes.decide = lambda asked, plain: decide(scene.ndes, asked, plain)

    return prepare


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


NGINX = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
 uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e; {http}
 server {{ listen {listen}; {server} }} }}
"""


def start_nginx(scene, server, http="", listen="80", place="srv"):
    """nginx with these lines in its server and http blocks; returns when it listens."""
    folder = scene.lab.folder
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, server=server, http=http, listen=listen), encoding="ascii")
    folder.chmod(0o755)
    scene.lab.start(place, "nginx", "-c", config)
    scene.lab.wait_port(place, int(listen.split()[0]))


def write_both_legs(case_, scene, resolutions=(6, 6)):
    """What both interfaces of the router saw, in one file with two interfaces; of so many decimals are their times."""
    both = sorted(scene.packets + [replace(p, interface=1) for p in scene.also], key=lambda p: p.ts_ns)
    interfaces = [(capfile.EN10MB, f"eth{n}", decimals, 262144) for n, decimals in enumerate(resolutions)]
    case_.path.write_bytes(capfile.section(both, interfaces))


def raw_client(scene, data, after=None):
    """Send bytes as they are, read until the server closes."""

    def talk():
        with socket.create_connection((SERVER, 80)) as sock:
            sock.sendall(data)
            if after:
                after(sock)
            with suppress(ConnectionResetError):
                while sock.recv(65536):
                    pass

    scene.lab.inside("dev", talk)


def second_later(packets, seconds):
    """Everything from the second SYN on, that much later."""
    second = [n for n, p in enumerate(packets) if (t := capfile.tcp(p)) and t[5] == 2][1]
    return packets[:second] + [p.later(seconds * 10**9) for p in packets[second:]]


def spaced(packets, seconds):
    """The same connections with that much more time between them."""
    out, syns = [], 0
    for packet in packets:
        fields = capfile.tcp(packet)
        syns += bool(fields and fields[5] == 2)
        out.append(packet.later(max(syns - 1, 0) * seconds * 10**9))
    return out
