# SPDX-License-Identifier: Apache-2.0
"""HTTP conversations taken out of a capture, to be changed and written as new packets: handshakes, segments with right
sequence numbers, lengths and checksums, acknowledgements, ends."""

import struct
from dataclasses import dataclass, field, replace

from recording import ACK, FIN, PSH, RST, SYN

MSS, MS = 1448, 1_000_000
CLIENT, SERVER = 0, 1


@dataclass(frozen=True)
class Message:
    """What one side says until the other speaks. `lost`: segments of it that never arrive anywhere, by number."""

    side: int
    data: bytes
    ts_ns: int
    lost: frozenset = frozenset()

    @property
    def head(self):
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]

    def with_head(self, head):
        return replace(self, data=head + b"\r\n\r\n" + self.body)

    def with_body(self, body, declared=None):
        """Another body, with the Content-Length that belongs to it or `declared`."""
        lines = [line for line in self.head.split(b"\r\n") if not _is_framing(line)]
        lines.append(b"Content-Length: %d" % (len(body) if declared is None else declared))
        return replace(self, data=b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def plain_body(self):
        """The body without its chunks."""
        if b"\r\ntransfer-encoding: chunked" not in self.head.lower():
            return self.body
        out, rest = b"", self.body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            out, rest = out + rest[:length], rest[length + 2 :]
            if length == 0:
                break
        return out

    def with_header(self, name, value):
        lines = [line for line in self.head.split(b"\r\n") if not line.lower().startswith(name.lower() + b":")]
        return self.with_head(b"\r\n".join(lines + ([name + b": " + value] if value is not None else [])))


def _is_framing(line):
    return line.lower().startswith((b"content-length:", b"transfer-encoding:", b"content-encoding:"))


@dataclass(frozen=True)
class Talk:
    """One TCP connection. `end` is (kind, side, nanoseconds after the last message); kinds are fin, rst and open."""

    client: str
    server: str
    opened_ns: int
    messages: tuple
    end: tuple = ("fin", CLIENT, MS)
    shake: str = "done"  # or "silent", "refused"

    def find(self, operation):
        """The number of the request for this operation, None."""
        for n, message in enumerate(self.messages):
            if message.side == CLIENT and b"operation=" + operation in message.head.split(b"\r\n")[0]:
                return n
        return None

    def replaced(self, number, *messages, upto=None):
        upto = number + 1 if upto is None else upto
        return replace(self, messages=self.messages[:number] + messages + self.messages[upto:])


def read(recording):
    """The talks of a capture whose packets are all there, in order and once."""
    talks, of = [], {}
    for frame in recording.frames:
        s = frame.tcp()
        if s is None:
            continue
        if s.flags & (SYN | ACK) == SYN:
            of[s.connection] = len(talks)
            talks.append(Talk(s.source, s.dest, frame.ts_ns, ()))
        if not s.payload or s.connection not in of:
            continue
        talk = talks[of[s.connection]]
        side = CLIENT if s.source == talk.client else SERVER
        last = talk.messages[-1] if talk.messages else None
        if last and last.side == side:
            talk = talk.replaced(len(talk.messages) - 1, replace(last, data=last.data + s.payload))
        else:
            talk = replace(talk, messages=talk.messages + (Message(side, s.payload, frame.ts_ns),))
        talks[of[s.connection]] = talk
    return [talk for talk in talks if talk.messages]


# --- writing ------------------------------------------------------------------------------------------------------------


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _address(endpoint):
    host, _, port = endpoint.rpartition(":")
    return bytes(int(part) for part in host.split(".")), int(port)


@dataclass
class Writer:
    talk: Talk
    frames: list
    now_ns: int
    seq: list = field(default_factory=lambda: [1000, 500000])
    acked: list = field(default_factory=lambda: [0, 0])
    ip_id: int = 1

    def packet(self, side, flags, payload=b"", delay=20_000, sent=True):
        self.now_ns += delay
        source, dest = (self.talk.client, self.talk.server)[:: 1 if side == CLIENT else -1]
        (saddr, sport), (daddr, dport) = _address(source), _address(dest)
        ack = self.acked[side] if flags & ACK else 0
        tcp = struct.pack(">HHIIBBHHH", sport, dport, self.seq[side], ack, 0x50, flags, 64000, 0, 0) + payload
        pseudo = saddr + daddr + struct.pack(">BBH", 0, 6, len(tcp))
        tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
        self.ip_id += 1
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), self.ip_id, 0x4000, 64, 6, 0, saddr, daddr)
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        if sent:
            self.frames.append((self.now_ns, bytes(12) + b"\x08\x00" + ip + tcp))
        self.seq[side] += len(payload) + bool(flags & (SYN | FIN))

    def hears(self, side):
        """This side has all that the other sent."""
        self.acked[side] = self.seq[1 - side]

    def shake_hands(self):
        if self.talk.shake == "silent":
            for wait in (0, 1, 2, 4):
                self.packet(CLIENT, SYN, delay=wait * 1000 * MS)
                self.seq[CLIENT] -= 1
            return False
        self.packet(CLIENT, SYN, delay=0)
        self.hears(SERVER)
        if self.talk.shake == "refused":
            self.packet(SERVER, RST | ACK)
            return False
        self.packet(SERVER, SYN | ACK)
        self.hears(CLIENT)
        self.packet(CLIENT, ACK)
        return True

    def say(self, message):
        self.now_ns = max(self.now_ns, message.ts_ns)
        whole = not message.lost
        for number, at in enumerate(range(0, len(message.data), MSS)):
            part = message.data[at : at + MSS]
            last = at + MSS >= len(message.data)
            self.packet(message.side, ACK | (PSH if last else 0), part, sent=number not in message.lost)
            if whole:
                self.hears(1 - message.side)
                self.packet(1 - message.side, ACK)

    def finish(self):
        kind, side, wait = self.talk.end
        if kind == "fin":
            self.packet(side, FIN | ACK, delay=wait)
            self.hears(1 - side)
            self.packet(1 - side, FIN | ACK)
            self.hears(side)
            self.packet(side, ACK)
        elif kind == "rst":
            self.packet(side, RST | ACK, delay=wait)


def write(talks):
    """A classic capture file of these talks, in order of time."""
    frames = []
    for number, talk in enumerate(talks):
        writer = Writer(talk, frames, talk.opened_ns, ip_id=number * 1000)
        if writer.shake_hands():
            for message in talk.messages:
                writer.say(message)
            writer.finish()
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for ts_ns, data in sorted(frames, key=lambda frame: frame[0]):
        out.append(struct.pack("<IIII", *divmod(ts_ns, 10**9), len(data), len(data)) + data)
    return b"".join(out)
