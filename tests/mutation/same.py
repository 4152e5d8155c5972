# SPDX-License-Identifier: Apache-2.0
"""Other captures of the same packets: another file format, link type, clock or addresses, packets seen twice or in another
order. The report must say the same of each.

Each way gives (name, files): the bytes of the files that are given together.
"""

import gzip
import struct
from dataclasses import replace

from recording import ACK, EN10MB, FIN, LINUX_SLL, RAW, RST, SYN

JUST_NOW = 1_000_000  # ns: frames closer than this may have been captured in another order


def pcap(frames, order="<", nanoseconds=True):
    """A pcap file, of one link type."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, frames[0].link)]
    for frame in frames:
        seconds, ns = divmod(frame.ts_ns, 10**9)
        out += [struct.pack(order + "IIII", seconds, ns // unit, len(frame.data), frame.length), frame.data]
    return b"".join(out)


def _block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def pcapng(frames, order="<"):
    """A pcapng file that counts nanoseconds, of one interface."""
    resolution = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)
    out = [
        _block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
        _block(order, 1, struct.pack(order + "HHI", frames[0].link, 0, 262144) + resolution),
    ]
    for frame in frames:
        words = (0, frame.ts_ns >> 32, frame.ts_ns & 0xFFFFFFFF, len(frame.data), frame.length)
        out.append(_block(order, 6, struct.pack(order + "IIIII", *words) + frame.data))
    return b"".join(out)


def relinked(frame, link, header):
    """`header` in the place of the frame's Ethernet header."""
    data = header + frame.data[14:]
    return replace(frame, data=data, length=frame.length + len(header) - 14, link=link)


def formats(recording):
    """Only what is a pcap file: a pcapng file says more of its packets than these hold."""
    frames = recording.frames
    yield "gz", [gzip.compress(recording.write(frames), mtime=0)]
    if recording.is_pcapng:
        return
    yield "pcapng", [pcapng(frames)]
    yield "pcapng, big-endian", [pcapng(frames, ">")]
    yield "pcap, big-endian, nanoseconds", [pcap(frames, ">")]


def files(recording):
    frames = recording.frames
    for n in (len(frames) // 3, len(frames) // 2):
        parts = [recording.write(frames[:n]), recording.write(frames[n:])]
        yield f"two files, cut before frame {n + 1}", parts
        yield f"two files, the later first, cut before frame {n + 1}", parts[::-1]
    yield "every other frame in another file", [recording.write(frames[::2]), recording.write(frames[1::2])]


def links(recording):
    frames = recording.frames
    ethernet = all(f.link == EN10MB and len(f.data) >= 14 and f.data[12:14] in (b"\x08\x00", b"\x86\xdd") for f in frames)
    if recording.is_pcapng or not ethernet:
        return
    tag = b"\x81\x00\x00\x07"
    yield "VLAN tags", [pcap([replace(f, data=f.data[:12] + tag + f.data[12:], length=f.length + 4) for f in frames])]
    twice = b"\x88\xa8\x00\x09" + tag
    yield "two VLAN tags", [pcap([replace(f, data=f.data[:12] + twice + f.data[12:], length=f.length + 8) for f in frames])]
    yield "Linux cooked", [pcap([relinked(f, LINUX_SLL, b"\0\0\0\1\0\6" + f.data[6:12] + b"\0\0" + f.data[12:14]) for f in frames])]
    yield "raw IP", [pcap([relinked(f, RAW, b"") for f in frames])]


def clocks(recording):
    """By less than what any rule takes for a difference."""
    frames = recording.frames
    for name, seconds in (("a second later", 1), ("twenty seconds later", 20)):
        yield name, [recording.write([frame.later(seconds * 10**9) for frame in frames])]
    first = min(frame.ts_ns for frame in frames if not frame.block)
    for part in (997, 1003):
        slower = [replace(f, ts_ns=first + (f.ts_ns - first) * part // 1000) for f in frames]
        yield f"times stretched to {part / 1000}", [recording.write(slower)]


def _checksum(header):
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def renamed(frame, names, ports_up):
    """An IPv4 frame with other addresses, and other ports where they are not a server's."""
    at = frame.ip_start()
    data = bytearray(frame.data)
    size = (data[at] & 15) * 4
    for where in (at + 12, at + 16):
        data[where : where + 4] = names.get(bytes(data[where : where + 4]), data[where : where + 4])
    data[at + 10 : at + 12] = b"\0\0"
    data[at + 10 : at + 12] = struct.pack(">H", _checksum(bytes(data[at : at + size])))
    for where in (at + size, at + size + 2):
        port = struct.unpack_from(">H", data, where)[0]
        if ports_up and 32768 <= port < 65000:
            struct.pack_into(">H", data, where, port + ports_up)
    return replace(frame, data=bytes(data))


def names(recording, scene):
    """Clients only: their servers stand in answers of the DNS, in Host headers and in certificates."""
    if any(s is None or "[" in s.source for s in scene.segments):
        return
    hosts = {host.rpartition(":")[0] for host in scene.servers}
    clients = {host.rpartition(":")[0] for host in scene.clients} - hosts
    address = {name: bytes(map(int, name.split("."))) for name in clients}
    for what, first in (("low", 9), ("high", 223)):
        other = {old: bytes([first]) + old[1:] for old in address.values()}
        yield f"{what} client addresses", [recording.write([renamed(f, other, 0) for f in recording.frames])]
    yield "other client ports", [recording.write([renamed(f, {}, 501) for f in recording.frames])]


def twice(recording, scene):
    """Sent again: the same bytes, with another IPv4 identification."""
    frames = recording.frames
    for n in scene.data:
        at = frames[n].ip_start()
        if frames[n].data[at] >> 4 == 4:
            data = bytearray(frames[n].data)
            struct.pack_into(">H", data, at + 4, (struct.unpack_from(">H", data, at + 4)[0] + 0x4000) & 0xFFFF)
            data[at + 10 : at + 12] = b"\0\0"
            data[at + 10 : at + 12] = struct.pack(">H", _checksum(bytes(data[at : at + (data[at] & 15) * 4])))
            again = replace(frames[n], data=bytes(data)).later(200_000)
            order = sorted(frames + [again], key=lambda frame: frame.ts_ns)
            yield f"frame {n + 1} sent again", [recording.write(order)]
        copy = frames[n].later(5_000)
        yield f"frame {n + 1} captured twice", [recording.write(sorted(frames + [copy], key=lambda frame: frame.ts_ns))]


def order(recording, scene):
    """Neighbours that change places in the midst of a connection that is there from its handshake on. What comes first of another
    is where reading begins, and who closed first is told by the order."""
    begun = [{s.connection for s in scene.segments if s and s.flags & (SYN | ACK) == flags} for flags in (SYN, SYN | ACK)]
    whole = begun[0] & begun[1]
    for n, (a, b) in enumerate(zip(scene.segments, scene.segments[1:])):
        one, two = recording.frames[n], recording.frames[n + 1]
        near = 0 <= two.ts_ns - one.ts_ns < JUST_NOW
        same = a and b and near and a.connection == b.connection and a.connection in whole
        if same and not (a.flags | b.flags) & (SYN | FIN | RST):
            frames = list(recording.frames)
            frames[n : n + 2] = [two.later(one.ts_ns - two.ts_ns), one.later(two.ts_ns - one.ts_ns)]
            yield f"frames {n + 1} and {n + 2} in the other order", [recording.write(frames)]


def sample(recording, scene, share, dice):
    for way in (formats, files, links, clocks, names, twice, order):
        given = way(recording, scene) if way in (names, twice, order) else way(recording)
        for name, parts in given:
            if share >= 1 or dice.random() < share:
                yield way.__name__, name, parts


# ---- what must be the same --------------------------------------------------------------------------------------------

# Said of what is done here: copies are put in, clocks put forward. net-retrans: where something was sent again before, once
# more may be once too often.
OF_THE_WAY = {"clocks": {"cap-clock"}, "twice": {"cap-dup", "net-retrans"}}


def gist(report, left_out):
    findings = sorted((f["id"], f["severity"], f["confidence"], f["count"]) for f in report["findings"] if f["id"] not in left_out)
    return {
        "findings": findings,
        "exchanges": [(x["operation"], x["outcome"]) for x in report["exchanges"]],
        "enrolments": sorted((e["outcome"], e["reached"], len(e["exchanges"])) for e in report["enrolments"]),
    }


def differences(whole, other, status, way):
    if status not in (0, 1, 3):
        yield f"exit status {status}"
        return
    left_out = OF_THE_WAY.get(way, set())
    one, two = gist(whole, left_out), gist(other, left_out)
    gone, new = [f for f in one["findings"] if f not in two["findings"]], [f for f in two["findings"] if f not in one["findings"]]
    for finding in gone:
        yield f"no longer {' '.join(map(str, finding))}"
    for finding in new:
        yield f"new {' '.join(map(str, finding))}"
    for part in ("exchanges", "enrolments"):
        if one[part] != two[part]:
            yield f"other {part}"
