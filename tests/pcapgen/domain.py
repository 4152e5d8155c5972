# SPDX-License-Identifier: Apache-2.0
"""What stands behind NDES in a domain, spoken by hand: the CA's RPC (C706, MS-RPCE), Kerberos (RFC 4120), DNS over TCP."""

import socket
import struct
import threading
import uuid
from contextlib import suppress

from der import integer, seq, tlv
from lab import OTHER_DEVICE

CA, MAPPER, CERTSRV = OTHER_DEVICE, 135, 49670
REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, AUTH3 = 0, 2, 3, 11, 12, 13, 16
ACTIVATOR = uuid.UUID("000001a0-0000-0000-c000-000000000046")
CERT_REQUEST = uuid.UUID("d99e6e70-fc88-11d0-b498-00a0c90312f3")
NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860")
FEATURES = uuid.UUID("6cb71c2c-9812-4540-0300-000000000000")  # bind time feature negotiation, MS-RPCE 3.3.1.5.3
NTLM, PRIVACY = 10, 6
NTLM_NEGOTIATE = b"NTLMSSP\0" + struct.pack("<II", 1, 0xE2088297) + bytes(16) + bytes.fromhex("0a00394f0000000f")
NTLM_CHALLENGE = (
    b"NTLMSSP\0"
    + struct.pack("<IHHIIQQHHI", 2, 0, 0, 56, 0xE2898215, 0x1122334455667788, 0, 0, 0, 56)
    + bytes.fromhex("0a00394f0000000f")
)
NTLM_ANSWER = b"NTLMSSP\0" + struct.pack("<I", 3) + b"".join(struct.pack("<HHI", 0, 0, 88) for _ in range(6))
NTLM_ANSWER += struct.pack("<I", 0xE2888215) + bytes.fromhex("0a00394f0000000f") + bytes(16)
STATUS_DENIED = 5


def pdu(kind, call, body, token=b"", flags=3):
    padding = b"\0" * (-len(body) % 4) if token else b""
    tail = padding + struct.pack("<BBBBI", NTLM, PRIVACY, len(padding), 0, 0) + token if token else b""
    size = 16 + len(body) + len(tail)
    return struct.pack("<BBBB4sHHI", 5, 0, kind, flags, b"\x10\0\0\0", size, len(token), call) + body + tail


def syntax(name, version):
    return name.bytes_le + struct.pack("<I", version)


def bind(call, interface, token=b""):
    offers = ((0, NDR, 2), (1, FEATURES, 1))
    return pdu(
        BIND,
        call,
        struct.pack("<HHIBBH", 5840, 5840, 0, len(offers), 0, 0)
        + b"".join(
            struct.pack("<HBB", number, 1, 0) + syntax(interface, 0) + syntax(transfer, version)
            for number, transfer, version in offers
        ),
        token,
    )


def bind_ack(call, port, token=b"", accepted=True):
    address = str(port).encode() + b"\0"
    body = struct.pack("<HHIH", 5840, 5840, 0x4711, len(address)) + address
    body += b"\0" * (-len(body) % 4) + struct.pack("<BBH", 2, 0, 0)
    body += struct.pack("<HH", 0, 0) + syntax(NDR, 2) if accepted else struct.pack("<HH", 2, 1) + bytes(20)
    return pdu(BIND_ACK, call, body + struct.pack("<HH", 3, 3) + bytes(20), token)


def request(call, operation, data, token=b"", ipid=None):
    body = struct.pack("<IHH", len(data), 0, operation) + (ipid.bytes_le if ipid else b"") + data
    return pdu(REQUEST, call, body, token, 0x83 if ipid else 3)


def response(call, data, token=b""):
    return pdu(RESPONSE, call, struct.pack("<IHBB", len(data), 0, 0, 0) + data, token)


def fault(call, status):
    return pdu(FAULT, call, struct.pack("<IHBBII", 32, 0, 0, 0, status, 0))


def read_pdu(sock):
    head = b""
    while len(head) < 16:
        more = sock.recv(16 - len(head))
        if not more:
            return None
        head += more
    left = struct.unpack_from("<H", head, 8)[0] - 16
    body = b""
    while len(body) < left:
        body += sock.recv(left - len(body))
    return head + body


class Authority:
    """The CA: an activator on port 135 and ICertRequestD on a dynamic port. `submit(call)` gives what answers a request."""

    def __init__(self, lab, submit=None, bind_certsrv=None):
        self.submit = submit or (lambda call: response(call, bytes(1200), bytes(16)))
        self.bind_certsrv = bind_certsrv or (lambda call: bind_ack(call, CERTSRV, NTLM_CHALLENGE))
        self.listeners = [
            lab.inside("dev", lambda port=port: socket.create_server((CA, port))) for port in (MAPPER, CERTSRV)
        ]
        threading.Thread(target=self._serve, args=(self.listeners[0], self.activate), daemon=True).start()
        threading.Thread(target=self._serve, args=(self.listeners[1], self.certsrv), daemon=True).start()

    @staticmethod
    def _serve(listener, answer):
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                threading.Thread(target=Authority._talk, args=(sock, answer), daemon=True).start()

    @staticmethod
    def _talk(sock, answer):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with sock, suppress(OSError):
            while asked := read_pdu(sock):
                reply = answer(asked[2], struct.unpack_from("<I", asked, 12)[0])
                if reply:
                    sock.sendall(reply)

    @staticmethod
    def activate(kind, call):
        return bind_ack(call, MAPPER) if kind == BIND else response(call, bytes(600))

    def certsrv(self, kind, call):
        return self.bind_certsrv(call) if kind == BIND else self.submit(call) if kind == REQUEST else None

    def close(self):
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def activate(timeout=9):
    """NDES asks the CA's host for a running object, and learns its port."""
    with socket.create_connection((CA, MAPPER), timeout) as sock:
        sock.sendall(bind(2, ACTIVATOR))
        read_pdu(sock)
        sock.sendall(request(3, 4, bytes(700)))
        read_pdu(sock)


def submit(timeout=60):
    """NDES hands the request to ICertRequestD::Request; None when the bind was refused."""
    with socket.create_connection((CA, CERTSRV), timeout) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(bind(2, CERT_REQUEST, NTLM_NEGOTIATE))
        answer = read_pdu(sock)
        if answer is None or answer[2] != BIND_ACK or struct.unpack_from("<H", answer, 36)[0] != 0:
            return None
        sock.sendall(pdu(AUTH3, 2, bytes(4), NTLM_ANSWER))
        ipid = uuid.UUID("00000402-0588-0000-a1b2-c3d4e5f60718")
        sock.sendall(request(3, 3, bytes(2400), bytes(16), ipid))
        return read_pdu(sock)


# --- Kerberos ---------------------------------------------------------------------------------------------------------------------
REALM, ACCOUNT = "CONTOSO.COM", "svc_ndes"
PREAUTH_REQUIRED, PREAUTH_FAILED, REVOKED = 25, 24, 18


def field(number, *parts):
    return tlv(0xA0 + number, *parts)


def text(value):
    return tlv(0x1B, value.encode())


def principal(kind, *names):
    return seq(field(0, integer(kind)), field(1, seq(*map(text, names))))


def as_req():
    body = seq(
        field(0, tlv(0x03, bytes.fromhex("0040810010"))),
        field(1, principal(1, ACCOUNT)),
        field(2, text(REALM)),
        field(3, principal(2, "krbtgt", REALM)),
        field(5, tlv(0x18, b"20370913024805Z")),
        field(7, integer(0x11223344)),
        field(8, seq(integer(18), integer(17), integer(23))),
    )
    return tlv(0x6A, seq(field(1, integer(5)), field(2, integer(10)), field(4, body)))


def krb_error(code):
    return tlv(
        0x7E,
        seq(
            field(0, integer(5)),
            field(1, integer(30)),
            field(4, tlv(0x18, b"20261122091402Z")),
            field(5, integer(7)),
            field(6, integer(code)),
            field(9, text(REALM)),
            field(10, principal(2, "krbtgt", REALM)),
        ),
    )


def as_rep():
    sealed = seq(field(0, integer(18)), field(2, tlv(0x04, bytes(60))))
    ticket = tlv(
        0x61,
        seq(
            field(0, integer(5)),
            field(1, text(REALM)),
            field(2, principal(2, "krbtgt", REALM)),
            field(3, sealed),
        ),
    )
    return tlv(
        0x6B,
        seq(
            field(0, integer(5)),
            field(1, integer(11)),
            field(3, text(REALM)),
            field(4, principal(1, ACCOUNT)),
            field(5, ticket),
            field(6, sealed),
        ),
    )


def framed(message, form=">I"):
    return struct.pack(form, len(message)) + message


def logon(lab, *answers):
    """NDES asks the controller (the CA's host) for tickets over TCP, a connection each; the answers in order."""
    listener = lab.inside("dev", lambda: socket.create_server((CA, 88)))

    def serve():
        for answer in answers:
            sock, _ = listener.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(framed(answer))
                sock.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def ask():
        for _ in answers:
            with socket.create_connection((CA, 88)) as sock:
                sock.sendall(framed(as_req()))
                sock.recv(65536)

    lab.inside("srv", ask)
    thread.join()
    listener.close()


# --- DNS --------------------------------------------------------------------------------------------------------------------------
RESOLVER = "10.5.14.1"


def question(name, kind=1, number=0x4711):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def dns_answer(asked, rcode=0, address=None, cut=False):
    flags = 0x8180 | rcode | (0x0200 if cut else 0)
    record = struct.pack(">HHHIH", 0xC00C, 1, 1, 300, 4) + socket.inet_aton(address) if address else b""
    return asked[:2] + struct.pack(">HHHHH", flags, 1, int(bool(record)), 0, 0) + asked[12:] + record


def look_up(lab, part, name, over_udp, over_tcp=None):
    """One question over UDP and, when that answer is cut, again over TCP; each `over` makes the answer's message or is None."""
    udp = lab.inside("rtr", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    udp.bind((RESOLVER, 53))
    tcp = lab.inside("rtr", lambda: socket.create_server((RESOLVER, 53))) if over_tcp else None

    def serve():
        asked, peer = udp.recvfrom(512)
        udp.sendto(over_udp(asked), peer)
        if tcp:
            sock, _ = tcp.accept()
            with sock:
                asked = sock.recv(65536)[2:]
                reply = framed(over_tcp(asked), ">H")
                sock.sendall(reply[:20])
                threading.Event().wait(0.05)  # a segment of its own
                sock.sendall(reply[20:])
                sock.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(question(name), (RESOLVER, 53))
            sock.recv(512)
        if tcp:
            with socket.create_connection((RESOLVER, 53)) as sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.sendall(framed(question(name), ">H"))
                got = b""
                while len(got) < 2 or len(got) < 2 + struct.unpack(">H", got[:2])[0]:
                    got += sock.recv(65536)

    lab.inside(part, ask)
    thread.join()
    udp.close()
    if tcp:
        tcp.close()
