# SPDX-License-Identifier: Apache-2.0
"""Reads the captures tcpdump wrote and writes them again in other shapes: link types, pcapng, gaps, tags, cuts."""
import struct
from dataclasses import dataclass, replace
from pathlib import Path

NULL, EN10MB, RAW, WIFI, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 = 0, 1, 101, 105, 108, 113, 228, 229, 276
EPB_FLAGS, EPB_PACKETID, EPB_VERDICT = 2, 5, 7


@dataclass(frozen=True)
class Packet:
    ts_ns: int
    data: bytes
    length: int  # on the wire
    interface: int = 0
    options: tuple = ()  # of its pcapng block: (code, value)

    @property
    def ip(self):
        """The IP packet inside an untagged Ethernet frame."""
        return self.data[14:]

    def with_data(self, data):
        return replace(self, data=data, length=self.length + len(data) - len(self.data))

    def later(self, ns):
        return replace(self, ts_ns=self.ts_ns + ns)


def read(path):
    raw = Path(path).read_bytes()
    order = "<" if raw[0] in (0xD4, 0x4D) else ">"
    unit = 1000 if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4") else 1
    packets, pos = [], 24
    while pos + 16 <= len(raw):
        sec, frac, caplen, length = struct.unpack_from(order + "IIII", raw, pos)
        pos += 16
        packets.append(Packet(sec * 10**9 + frac * unit, raw[pos : pos + caplen], length))
        pos += caplen
    return packets


def write(path, packets, link_type=EN10MB, snaplen=262144, order="<", nanoseconds=False):
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)
    for packet in packets:
        sec, ns = divmod(packet.ts_ns, 10**9)
        out += struct.pack(order + "IIII", sec, ns // unit, len(packet.data), packet.length) + packet.data
    Path(path).write_bytes(out)


def _option(code, value, order):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def block(kind, body, order):
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(packets, interfaces, order="<", comments=(), keylog=b"", extra=b""):
    """One pcapng section. `interfaces` are (link type, name, ticks-per-second exponent or None, snap length)."""
    out = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    for link_type, name, exponent, snaplen in interfaces:
        resolution = b"" if exponent is None else _option(9, bytes([exponent]), order)
        options = _option(2, name.encode(), order) + resolution + _option(0, b"", order)
        out += block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + options, order)
    if keylog:
        out += block(10, struct.pack(order + "II", 0x544C534B, len(keylog)) + keylog, order)
    out += extra
    for number, packet in enumerate(packets):
        exponent = interfaces[packet.interface][2] if packet.interface < len(interfaces) else 6
        exponent = 6 if exponent is None else exponent
        ticks = (
            packet.ts_ns * 2 ** (exponent & 0x7F) // 10**9
            if exponent & 0x80
            else packet.ts_ns // 10 ** (9 - exponent)
        )
        body = (
            struct.pack(
                order + "IIIII", packet.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(packet.data), packet.length
            )
            + packet.data
        )
        body += b"\0" * (-len(body) % 4)
        options = b"".join(_option(code, value, order) for code, value in packet.options)
        if number < len(comments) and comments[number]:
            options += _option(1, comments[number].encode(), order)
        body += options + _option(0, b"", order) if options else b""
        out += block(6, body, order)
    return out


def with_link_type(packet, link_type, outgoing=False):
    """The same IP packet under another link-layer header."""
    ip = packet.ip
    family = 2 if ip[0] >> 4 == 4 else 30
    ethertype = packet.data[12:14]
    head = {
        NULL: struct.pack("<I", family),
        LOOP: struct.pack(">I", family),
        LINUX_SLL: struct.pack(">HHH", 4 if outgoing else 0, 1, 6) + packet.data[6:12] + b"\0\0" + ethertype,
        WIFI: b"\x08\x01\0\0" + packet.data[:6] + packet.data[6:12] + packet.data[:6] + b"\x10\0\xaa\xaa\x03\0\0\0" + ethertype,
        LINUX_SLL2: ethertype + struct.pack(">HIHBB", 0, 2, 1, 4 if outgoing else 0, 6) + packet.data[6:12] + b"\0\0",
    }.get(link_type, b"")
    return packet.with_data(head + ip)


def with_tags(packet, *tags):
    """VLAN tags, outermost first: (ethertype, VLAN number)."""
    inserted = b"".join(struct.pack(">HH", kind, vlan) for kind, vlan in tags)
    return packet.with_data(packet.data[:12] + inserted + packet.data[12:])


def snapped(packets, snaplen):
    return [replace(packet, data=packet.data[:snaplen]) for packet in packets]


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4_fragments(packet, size):
    """An IPv4 packet cut into fragments whose payload is at most `size` bytes (a multiple of 8)."""
    ether, head, body = packet.data[:14], packet.ip[:20], packet.ip[20 : struct.unpack_from(">H", packet.ip, 2)[0]]
    out = []
    for offset in range(0, len(body), size):
        part = body[offset : offset + size]
        more = 0x2000 if offset + size < len(body) else 0
        fresh = head[:2] + struct.pack(">H", 20 + len(part)) + head[4:6] + struct.pack(">H", more | offset // 8)
        fresh += head[8:10] + b"\0\0" + head[12:20]
        fresh = fresh[:10] + struct.pack(">H", checksum(fresh)) + fresh[12:]
        frame = ether + fresh + part
        out.append(Packet(packet.ts_ns + len(out) * 1000, frame, len(frame)))
    return out


def routed(packet):
    """The packet as the next interface of a router sees it: time to live one less, other addresses below IP."""
    ip = bytearray(packet.ip)
    ip[8] -= 1
    ip[10:12] = b"\0\0"
    ip[10:12] = struct.pack(">H", checksum(bytes(ip[:20])))
    return replace(
        packet, data=b"\x02\0\0\0\0\x11\x02\0\0\0\0\x12" + packet.data[12:14] + bytes(ip), ts_ns=packet.ts_ns + 20000
    )


def tcp(packet):
    """(source address, source port, destination port, sequence, ack, flags, payload) of an IPv4 TCP frame, or None."""
    ip = packet.ip
    if len(ip) < 40 or ip[0] >> 4 != 4 or ip[9] != 6:
        return None
    start = (ip[0] & 15) * 4
    source, dest, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", ip, start)
    end = struct.unpack_from(">H", ip, 2)[0] or len(ip)
    return ip[12:16], source, dest, seq, ack, flags, ip[start + (offset >> 4) * 4 : end]
