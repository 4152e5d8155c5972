# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 in clear text with prior knowledge; inside TLS: cases_tls.py."""

import ndes_responder as nr
from cases import ANDROID, WINDOWS, Scene, case
from common import BROWSED, ENROLMENT, EXE, RA_KEY, SHORT, pkcs_req, quoted, start_nginx
from lab import SERVER
from pki import intune_challenge

BASE = f"http://{SERVER}:8080{EXE}"
H2C = "--http2-prior-knowledge"
BY_NGINX = "curl and nginx with HTTP/2, the responder behind it"
UPSTREAM = "proxy_pass http://127.0.0.1:8081;"


def http2_case(file, shows, act, server="", http="", recipe=BY_NGINX, h2=True, **expected):
    """act(scene, world) makes the traffic to nginx's port 8080; the responder is behind it on port 8081."""
    if h2:
        expected.setdefault("must", ["http-version"])

    def make(_case, world):
        with Scene(world, responder=False) as scene:
            scene.ndes = nr.Responder(scene.lab, world.ndes, port=8081, host="127.0.0.1")
            start_nginx(scene, f"location / {{ {server or UPSTREAM} }}", http, listen="8080 http2" if h2 else "8080")
            act(scene, world)
        return scene.packets

    case(file, shows, recipe, keys=[RA_KEY], **expected)(make)


def message_file(scene, world, challenge=SHORT):
    body = scene.lab.folder / "message.der"
    body.write_bytes(pkcs_req(world, world.device("device"), challenge, cipher="aes256"))
    return body


def browse(scene, _world=None):
    for operation in ("GetCACaps", "GetCACert"):
        scene.lab.curl(H2C, "-A", WINDOWS, f"{BASE}?operation={operation}&message=default")


def enrol(scene, world):
    browse(scene)
    post(scene, world)


def post(scene, world):
    scene.lab.curl(
        H2C,
        "-A",
        WINDOWS,
        "-H",
        "Content-Type: application/x-pki-message",
        "--data-binary",
        f"@{message_file(scene, world)}",
        f"{BASE}?operation=PKIOperation",
    )


def enrol_by_get(scene, world):
    config = scene.lab.folder / "url.conf"
    encoded = quoted(pkcs_req(world, world.device("device"), intune_challenge(), cipher="aes256"))
    config.write_text(f'url = "{BASE}?operation=PKIOperation&message={encoded}"\n', encoding="latin-1")
    scene.lab.curl(H2C, "-A", ANDROID, "-K", config, "--globoff")


def nghttp(scene, world):
    """A message in padded frames, with a small header table."""
    body = message_file(scene, world)
    scene.lab.exec(
        "dev",
        "nghttp",
        "--null-out",
        "--padding=60",
        "--header-table-size=128",
        "-H",
        "content-type: application/x-pki-message",
        "-d",
        body,
        f"{BASE}?operation=PKIOperation",
        check=True,
    )


def parallel(scene, _world):
    """Six requests as streams of one connection."""
    scene.lab.exec(
        "dev",
        "nghttp",
        "--null-out",
        "--multiply=3",
        f"{BASE}?operation=GetCACaps&message=default",
        f"{BASE}?operation=GetCACert&message=default",
        check=True,
    )


http2_case(
    "near/http2-prior-knowledge-ok.pcap",
    "HTTP/2 without TLS, nothing wrong",
    enrol,
    must=["rep-success", "http-version"],
    operations=ENROLMENT,
    outcomes={"ok": 3},
    exit=0,
    healthy=True,
)
http2_case(
    "near/http2-get-message.pcap",
    "a message in the path of an HTTP/2 request, over several frames",
    enrol_by_get,
    http="large_client_header_buffers 4 64k;",
    must=["rep-success", "http-version"],
    operations={"PKIOperation": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)
http2_case(
    "near/http2-padding.pcap",
    "padded frames and a small header table",
    nghttp,
    recipe="nghttp and nginx with HTTP/2, the responder behind it",
    must=["rep-success", "http-version"],
    operations={"PKIOperation": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)
http2_case(
    "near/http2-parallel.pcap",
    "six streams at once",
    parallel,
    recipe="nghttp and nginx with HTTP/2, the responder behind it",
    operations={"GetCACaps": 3, "GetCACert": 3},
    outcomes={"ok": 6},
    exit=0,
    healthy=True,
)
http2_case(
    "http2-goaway-long-path.pcap",
    "nginx ends the connection (GOAWAY) because the path is longer than it takes",
    enrol_by_get,
    must=["http-no-reply", "http-version"],
    operations={"PKIOperation": 1},
    outcomes={"unanswered": 1},
    exit=1,
)
http2_case(
    "http2-502.pcap",
    "nginx cannot reach NDES and says so in HTTP/2",
    post,
    server="proxy_pass http://127.0.0.1:8082;",
    must=["proxy-502", "http-version"],
    operations={"PKIOperation": 1},
    exit=1,
)
http2_case(
    "http2-stream-reset.pcap",
    "nginx resets the stream of one request and keeps the connection (return 444)",
    browse,
    server="if ($arg_operation = GetCACert) { return 444; } " + UPSTREAM,
    must=["http-no-reply", "http-version"],
    operations=BROWSED,
    outcomes={"ok": 1, "unanswered": 1},
    exit=1,
)
