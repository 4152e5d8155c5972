# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 that does not go as it should: streams reset, connections ended, windows shut, and servers without HTTP/2."""

import signal
import socket
import struct
import time

import ndes_responder as nr
from cases import Scene, WINDOWS, case
from cases_http2 import http2_case, message_file
from common import BROWSED, ENROLMENT, EXE, RA_KEY
from lab import SERVER

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
INITIAL_WINDOW = 4
REFUSED_STREAM, HTTP_1_1_REQUIRED, ENHANCE_YOUR_CALM = 7, 13, 11
STATUS_200 = b"\x88"  # HPACK's static table
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BY_FRAMES = "curl and a server of our own that speaks HTTP/2 frames"
H2C = "--http2-prior-knowledge"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Http2Server:
    """Answers a connection frame by frame; `on_frame` decides. Who comes with HTTP/1 is served by the responder."""

    def __init__(self, ndes, on_frame, settings=b""):
        self.ndes, self.on_frame, self.settings = ndes, on_frame, settings
        self.bodies = {}

    def __call__(self, conn):
        if conn.sock.recv(4, socket.MSG_PEEK) != PREFACE[:4]:
            self.ndes().serve_all(conn)
            return
        conn._take(len(PREFACE))
        conn.send(frame(SETTINGS, 0, 0, self.settings))
        while head := conn._take(9):
            length, (kind, flags), stream = int.from_bytes(head[:3], "big"), head[3:5], int.from_bytes(head[5:], "big")
            payload = conn._take(length)
            if kind == SETTINGS and not flags & ACK:
                conn.send(frame(SETTINGS, ACK, 0))
            if kind == DATA:
                self.bodies[stream] = self.bodies.get(stream, b"") + payload
            self.on_frame(self, conn, kind, flags, stream)

    def answer(self, conn, stream, target):
        """What NDES says to the body that has come, without its header fields."""
        request = nr.HttpRequest("POST", target, {}, self.bodies.get(stream, b""))
        body = self.ndes().scep(request).partition(b"\r\n\r\n")[2]
        fields = STATUS_200 + b"\x0f\x10" + bytes([25]) + b"application/x-pki-message"
        conn.send(frame(HEADERS, END_HEADERS, stream, fields) + frame(DATA, END_STREAM, stream, body))


def frames_case(file, shows, on_frame, act, recipe=BY_FRAMES, settings=b"", **expected):
    def make(_case, world):
        with Scene(world, responder=False) as scene:
            server = Http2Server(lambda: scene.ndes, on_frame, settings)
            scene.ndes = nr.Responder(scene.lab, world.ndes, port=8080, serve=server)
            act(scene, world)
        return scene.packets

    case(file, shows, recipe, keys=[RA_KEY], **expected)(make)


URL = f"http://{SERVER}:8080{EXE}"
TYPE = "Content-Type: application/x-pki-message"


def get(*words):
    def act(scene, _world):
        scene.lab.curl("-A", WINDOWS, *words, f"{URL}?operation=GetCACaps&message=default")

    return act


def post(scene, world):
    body = message_file(scene, world)
    scene.lab.curl(H2C, "-A", WINDOWS, "-H", TYPE, "--data-binary", f"@{body}", f"{URL}?operation=PKIOperation")


def post_slowly(scene, world, first=1300):
    """The rest of the message comes a second later, if it is still wanted."""
    body = message_file(scene, world)
    halves = f"(head -c {first} {body}; sleep 1; tail -c +{first + 1} {body})"
    curl = f"curl -sS -o /dev/null -m 20 {H2C} -A '{WINDOWS}' -H '{TYPE}' -X POST -T - '{URL}?operation=PKIOperation'"
    scene.lab.exec("dev", "sh", "-c", f"{halves} | {curl}")


def nghttp(scene, _world):
    scene.lab.exec("dev", "nghttp", "--null-out", f"{URL}?operation=GetCACaps&message=default")


def reset(error, on=HEADERS):
    def on_frame(_server, conn, kind, _flags, stream):
        if kind == on:
            conn.send(frame(RST_STREAM, 0, stream, struct.pack(">I", error)))

    return on_frame


def go_away(error):
    def on_frame(_server, conn, kind, _flags, _stream):
        if kind == HEADERS:
            conn.send(frame(GOAWAY, 0, 0, struct.pack(">II", 0, error)))
            conn.sock.shutdown(socket.SHUT_WR)

    return on_frame


VERSION = ["http-version"]
frames_case(
    "http2-reset-in-request.pcap",
    "the server resets the stream (INTERNAL_ERROR) while the message is still being sent",
    reset(2),
    post_slowly,
    must=["net-rst-request", *VERSION],
    must_not=["http-no-reply", "scep-truncated-post"],
    operations={"PKIOperation": 1},
    outcomes={"unanswered": 1},
    exit=1,
)
frames_case(
    "http2-1-1-required.pcap",
    "the server wants HTTP/1.1 (HTTP_1_1_REQUIRED) and the client cannot",
    reset(HTTP_1_1_REQUIRED),
    nghttp,
    recipe="nghttp and a server of our own that speaks HTTP/2 frames",
    must=["http-no-reply", *VERSION],
    operations={"GetCACaps": 1},
    outcomes={"unanswered": 1},
    exit=1,
)
frames_case(
    "near/http2-1-1-required-ok.pcap",
    "the server wants HTTP/1.1 (HTTP_1_1_REQUIRED), and the client asks again in HTTP/1.1",
    reset(HTTP_1_1_REQUIRED),
    get(H2C),
    must=VERSION,
    must_not=["http-no-reply", "net-rst-request"],
    operations={"GetCACaps": 2},
    exit=0,
    healthy=True,
)


def refuse_once(server, conn, kind, _flags, stream):
    """The first stream is refused, the second served."""
    if kind == HEADERS and not server.bodies.get("refused"):
        server.bodies["refused"] = True
        conn.send(frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM)))
    elif kind == HEADERS:
        body = server.ndes().caps.encode()
        fields = STATUS_200 + b"\x0f\x10" + bytes([10]) + b"text/plain"
        conn.send(frame(HEADERS, END_HEADERS, stream, fields) + frame(DATA, END_STREAM, stream, body))


frames_case(
    "http2-refused-stream.pcap",
    "the server refuses every stream (REFUSED_STREAM) however often curl asks again",
    reset(REFUSED_STREAM),
    get(H2C),
    must=["http-no-reply", *VERSION],
    exit=1,
)
frames_case(
    "near/http2-refused-once.pcap",
    "the server refuses one stream (REFUSED_STREAM), curl asks again and is served",
    refuse_once,
    get(H2C),
    must=VERSION,
    must_not=["http-no-reply", "net-rst-request"],
    operations={"GetCACaps": 2},
    exit=0,
)
frames_case(
    "http2-goaway-calm.pcap",
    "the server ends the connection (GOAWAY, ENHANCE_YOUR_CALM) in place of an answer",
    go_away(ENHANCE_YOUR_CALM),
    get(H2C),
    must=["http-no-reply", *VERSION],
    operations={"GetCACaps": 1},
    outcomes={"unanswered": 1},
    exit=1,
)
http2_case(
    "near/http2-goaway-graceful.pcap",
    "nginx says GOAWAY (NO_ERROR) after each request, which it answers",
    lambda scene, _world: scene.lab.curl(
        H2C,
        "-A",
        WINDOWS,
        f"{URL}?operation=GetCACaps&message=default",
        "-o",
        "/dev/null",
        f"{URL}?operation=GetCACert&message=default",
    ),
    http="keepalive_requests 1;",
    must_not=["http-no-reply", "http-body-short"],
    operations=BROWSED,
    outcomes={"ok": 2},
    exit=0,
    healthy=True,
)


# --- flow control ------------------------------------------------------------------------------------------------------
def window_opens_after(seconds):
    """The client may send 1,000 bytes, and the rest much later."""

    def on_frame(server, conn, kind, flags, stream):
        if kind == HEADERS:
            server.bodies[stream] = b""
        if kind == DATA and len(server.bodies[stream]) >= 1000 and not server.bodies.get("opened"):
            server.bodies["opened"] = True
            time.sleep(seconds)
            conn.send(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 65535)))
        if kind == DATA and flags & END_STREAM:
            server.answer(conn, stream, f"{EXE}?operation=PKIOperation")

    return on_frame


SMALL_WINDOW = struct.pack(">HI", INITIAL_WINDOW, 1000)
frames_case(
    "http2-window-shut.pcap",
    "the server lets the client send 1,000 bytes of the message (HTTP/2 window) and the rest 7 seconds later",
    window_opens_after(7),
    lambda scene, world: post_slowly(scene, world, 500),  # so that it knows the server's settings before the rest
    settings=SMALL_WINDOW,
    must=["net-zero-window", *VERSION],
    operations={"PKIOperation": 1},
    outcomes={"ok": 1},
)
frames_case(
    "near/http2-window-short.pcap",
    "the same, and the rest one second later",
    window_opens_after(1),
    lambda scene, world: post_slowly(scene, world, 500),
    settings=SMALL_WINDOW,
    must=VERSION,
    must_not=["net-zero-window"],
    operations={"PKIOperation": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)


def stopped_client(scene, _world):
    """The client stands still for 7 seconds with its window of 511 bytes used up; TCP has room."""
    healthy = scene.ndes.answer
    scene.ndes.answer = lambda request: (time.sleep(0.6), healthy(request))[1]
    client = scene.lab.start("dev", "nghttp", "--null-out", "-w", "9", f"{URL}?operation=GetCACert&message=default")
    time.sleep(0.3)
    client.send_signal(signal.SIGSTOP)
    time.sleep(7)
    client.send_signal(signal.SIGCONT)
    client.wait(10)


http2_case(
    "http2-window-client.pcap",
    "the client stops taking the certificates for 7 seconds, its HTTP/2 window of 511 bytes used up",
    stopped_client,
    recipe="nghttp, stopped for a while, and nginx with HTTP/2, the responder behind it",
    must=["net-zero-window", *VERSION],
    operations={"GetCACert": 1},
    outcomes={"ok": 1},
)


# --- servers that do not know HTTP/2, and those that are asked politely ---------------------------------------------------
http2_case(
    "http2-preface-400.pcap",
    "nginx without HTTP/2 answers the preface with 400",
    get(H2C),
    h2=False,
    recipe="curl and nginx without HTTP/2",
    must=["http-4xx-other", *VERSION],
    operations={"GetCACaps": 1},
    exit=1,
)


def version_505(conn):
    conn.sock.recv(65536)
    text = ("HTTP Version Not Supported", "The HTTP version is not supported.")
    conn.send(nr.httpsys_page(505, "HTTP Version Not Supported", text))


def responder_case(file, shows, serve, act, recipe, **expected):
    def make(_case, world):
        with Scene(world, responder=False) as scene:
            scene.ndes = nr.Responder(scene.lab, world.ndes, port=8080, serve=serve)
            act(scene, world)
        return scene.packets

    case(file, shows, recipe, **expected)(make)


responder_case(
    "http2-preface-505.pcap",
    "HTTP.sys answers the preface with 505",
    version_505,
    get(H2C),
    "curl and the responder",
    must=VERSION,
    operations={"GetCACaps": 1},
    outcomes={"failed": 1},
    exit=1,
)


def nghttpx(scene, world):
    """A proxy that changes over from HTTP/1.1 to HTTP/2 when it is asked to (h2c)."""
    scene.lab.start(
        "srv", "nghttpx", "--conf=/dev/null", "-f*,8082;no-tls", "-b127.0.0.1,8081", "--errorlog-file=/dev/null"
    )
    scene.lab.wait_port("srv", 8082)
    url = f"http://{SERVER}:8082{EXE}"
    for operation in ("GetCACaps", "GetCACert"):
        scene.lab.curl("--http2", "-A", WINDOWS, f"{url}?operation={operation}&message=default")
    body = message_file(scene, world)
    words = ["--http2", "-A", WINDOWS, "-H", TYPE, "--data-binary", f"@{body}"]
    scene.lab.curl(*words, f"{url}?operation=PKIOperation")


http2_case(
    "near/http2-upgrade-ok.pcap",
    "HTTP/1.1 requests that become HTTP/2 (Upgrade: h2c): the answers come on stream 1",
    nghttpx,
    recipe="curl and nghttpx, the responder behind it",
    must=["rep-success", *VERSION],
    operations=ENROLMENT,
    outcomes={"ok": 3},
    exit=0,
    healthy=True,
)
http2_case(
    "near/http2-upgrade-ignored.pcap",
    "Upgrade: h2c is asked for, the server stays with HTTP/1.1",
    get("--http2"),
    h2=False,
    recipe="curl and nginx without HTTP/2, the responder behind it",
    must_not=VERSION,
    operations={"GetCACaps": 1},
    outcomes={"ok": 1},
    exit=0,
    healthy=True,
)
