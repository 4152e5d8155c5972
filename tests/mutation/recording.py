# SPDX-License-Identifier: Apache-2.0
"""A capture file as a list of frames that can be taken out, changed and written back, with everything else in the file
(interfaces, secrets, unknown blocks) left where it was."""

import gzip
import struct
from dataclasses import dataclass, replace

EN10MB, RAW, NULL, LOOP, IEEE802_11, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 = 1, 101, 0, 108, 105, 113, 228, 229, 276
# Entries of systemd's journal: Wireshark numbers them among the packets.
JOURNAL = 9
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


@dataclass(frozen=True)
class Frame:
    ts_ns: int
    data: bytes
    length: int  # on the wire
    link: int
    place: int = 0  # pcapng: among the blocks of the file
    interface: int = 0
    options: bytes = b""  # pcapng: of the packet's block
    block: bytes = b""  # pcapng: what stands in the file, of a block that is counted as a frame and is no packet

    def later(self, ns):
        return replace(self, ts_ns=self.ts_ns + ns)

    def cut(self, snaplen):
        return replace(self, data=self.data[:snaplen])

    def ip_start(self):
        return _ip_start(self.data, self.link)

    def tcp(self):
        """The segment inside, or None."""
        return segment(self.data, self.link)


@dataclass(frozen=True)
class Segment:
    source: str  # "10.0.0.1:80", "[::1]:80"
    dest: str
    seq: int
    ack: int
    flags: int
    start: int  # of the payload in the frame
    payload: bytes

    @property
    def connection(self):
        return frozenset((self.source, self.dest))


def _is_bare(data):
    """pktmon writes some packets without their Ethernet header into an Ethernet interface."""
    if len(data) < 40:
        return False
    length = struct.unpack_from(">H", data, 2)[0] if data[0] == 0x45 else struct.unpack_from(">H", data, 4)[0] + 40
    return data[0] in (0x45, 0x60) and length == len(data)


def _ip_start(data, link):
    if link == EN10MB and _is_bare(data):
        return 0
    if link == IEEE802_11 and data:
        return 32 + (2 if data[0] & 0x80 else 0)
    if link == EN10MB:
        at = 12
        while at + 2 <= len(data) and data[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):
            at += 4
        return at + 2
    return {NULL: 4, LOOP: 4, LINUX_SLL: 16, LINUX_SLL2: 20}.get(link, 0)


def _endpoint(address, port):
    if len(address) == 4:
        return f"{'.'.join(map(str, address))}:{port}"
    return f"[{address.hex()}]:{port}"


def segment(data, link):
    start = _ip_start(data, link)
    if start + 20 > len(data):
        return None
    version = data[start] >> 4
    if version == 4:
        total = struct.unpack_from(">H", data, start + 2)[0] or len(data) - start
        fragment = struct.unpack_from(">H", data, start + 6)[0] & 0x3FFF
        tcp, protocol = start + (data[start] & 15) * 4, data[start + 9]
        source, dest, end = data[start + 12 : start + 16], data[start + 16 : start + 20], start + total
    elif version == 6 and start + 40 <= len(data):
        fragment, tcp, protocol = 0, start + 40, data[start + 6]
        source, dest = data[start + 8 : start + 24], data[start + 24 : start + 40]
        end = tcp + struct.unpack_from(">H", data, start + 4)[0]
    else:
        return None
    if protocol != 6 or fragment or tcp + 20 > len(data):
        return None
    sport, dport, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", data, tcp)
    body = tcp + (offset >> 4) * 4
    return Segment(_endpoint(source, sport), _endpoint(dest, dport), seq, ack, flags, body, data[body:end])


class Recording:
    """`frames` in the order of the file; write() gives the bytes of the same file with other frames."""

    def __init__(self, raw):
        self.is_pcapng = False
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        self.frames, self._blocks, self._interfaces = [], [], []
        if raw[:4] == b"\x0a\x0d\x0d\x0a":
            self.is_pcapng = True
            self._read_blocks(raw)
        else:
            self._read_records(raw)

    def _read_records(self, raw):
        self._order = "<" if raw[0] in (0xD4, 0x4D) else ">"
        self._unit = 1000 if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4") else 1
        self._head, pos = raw[:24], 24
        link = struct.unpack_from(self._order + "I", raw, 20)[0] & 0xFFFF
        while pos + 16 <= len(raw):
            sec, frac, caplen, length = struct.unpack_from(self._order + "IIII", raw, pos)
            data = raw[pos + 16 : pos + 16 + caplen]
            pos += 16 + caplen
            self.frames.append(Frame(sec * 10**9 + frac * self._unit, data, length, link))

    def _read_blocks(self, raw):
        pos, order = 0, "<"
        while pos + 12 <= len(raw):
            kind = struct.unpack_from("<I", raw, pos)[0]
            if kind == 0x0A0D0D0A:
                order = "<" if raw[pos + 8 : pos + 12] == b"\x4d\x3c\x2b\x1a" else ">"
                self._interfaces = []
            kind, size = struct.unpack_from(order + "II", raw, pos)
            block, pos = raw[pos : pos + size], pos + size
            if kind == 1:
                self._interfaces.append((struct.unpack_from(order + "H", block, 8)[0], self._ticks(block, order)))
            if kind == 6:
                interface, high, low, caplen, length = struct.unpack_from(order + "IIIII", block, 8)
                link, per_second = self._interfaces[interface]
                ts_ns = (high << 32 | low) * 10**9 // per_second
                options = block[28 + caplen + -caplen % 4 : -4]
                frame = Frame(ts_ns, block[28 : 28 + caplen], length, link, len(self._blocks), interface, options)
                self.frames.append(frame)
                self._blocks.append((order, per_second, None))
            elif kind == JOURNAL:
                self.frames.append(Frame(0, b"", 0, -1, len(self._blocks), block=block))
                self._blocks.append((order, 10**9, None))
            else:
                self._blocks.append((order, 0, block))

    @staticmethod
    def _ticks(block, order):
        at = 16
        while at + 4 <= len(block) - 4:
            code, size = struct.unpack_from(order + "HH", block, at)
            if code == 9:
                exponent = block[at + 4]
                return 2 ** (exponent & 0x7F) if exponent & 0x80 else 10**exponent
            if code == 0:
                break
            at += 4 + size + (-size % 4)
        return 10**6

    def write(self, frames):
        return self._write_blocks(frames) if self._blocks else self._write_records(frames)

    def _write_records(self, frames):
        out = [self._head]
        for frame in frames:
            sec, ns = divmod(frame.ts_ns, 10**9)
            out.append(struct.pack(self._order + "IIII", sec, ns // self._unit, len(frame.data), frame.length))
            out.append(frame.data)
        return b"".join(out)

    def _write_blocks(self, frames):
        out, at = [], 0
        for frame in frames:
            while at < len(self._blocks) and at <= frame.place:
                out.append(self._blocks[at][2] or b"")
                at += 1
            order, per_second, _ = self._blocks[frame.place]
            if frame.block:
                out.append(frame.block)
                continue
            ticks = frame.ts_ns * per_second // 10**9
            words = (frame.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(frame.data), frame.length)
            body = struct.pack(order + "IIIII", *words) + frame.data + b"\0" * (-len(frame.data) % 4) + frame.options
            size = len(body) + 12
            out.append(struct.pack(order + "II", 6, size) + body + struct.pack(order + "I", size))
        return b"".join(out + [block or b"" for _, _, block in self._blocks[at:]])
