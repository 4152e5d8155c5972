#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the two capture readers to tests/fuzz/corpus/pcap and tests/fuzz/corpus/pcapng.

Usage: make_capture_seeds.py [CORPUS_FOLDER]. The same bytes every time.
"""
import gzip
import pathlib
import struct
import sys

START = 1795166042  # 2026-11-20T09:14:02Z
FRAME = bytes.fromhex("02000000000a02000000000b88b5") + bytes(range(46))


# ---- classic pcap ---------------------------------------------------------------------------------

def pcap_header(magic=0xA1B2C3D4, order="<", snap_len=262144, link=1):
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap_len, link)


def record(n, order="<", data=FRAME, captured=None, length=None, fraction=1, modified=False):
    captured = len(data) if captured is None else captured
    length = max(captured, len(data)) if length is None else length
    head = struct.pack(order + "IIII", START + n, fraction, captured, length)
    return head + (bytes(8) if modified else b"") + data


def records(first, last, **kw):
    return b"".join(record(n, **kw) for n in range(first, last))


def pcap_seeds():
    whole = pcap_header() + records(0, 5)
    yield "micros", whole
    yield "nanos", pcap_header(0xA1B23C4D) + records(0, 3, fraction=999999999)
    yield "big-endian", pcap_header(order=">") + records(0, 3, order=">")
    yield "nanos-big-endian", pcap_header(0xA1B23C4D, ">") + records(0, 3, order=">")
    yield "modified", pcap_header(0xA1B2CD34) + records(0, 3, modified=True)
    yield "frame-check-sequence", pcap_header(link=0x24000001) + records(0, 2)
    yield "unknown-link-type", pcap_header(link=4321) + records(0, 2)
    yield "over-snap-length", pcap_header(snap_len=20) + records(0, 3)
    yield "longer-than-wire", pcap_header() + records(0, 3, length=20)
    yield "micros-overflow", pcap_header() + records(0, 3, fraction=0xFFFFFFFF)
    yield "no-bytes", pcap_header() + record(0, data=b"", length=60) + records(1, 3)
    yield "header-only", pcap_header()
    yield "cut-in-file-header", whole[:10]
    yield "cut-in-record-header", whole[:-70]
    yield "cut-in-packet", whole[:-7]
    insane = record(2, captured=0x7FFFFFFF)
    yield "insane-length", pcap_header() + records(0, 2) + insane + records(3, 6)
    yield "insane-length-at-end", pcap_header() + records(0, 2) + record(2, captured=0x7FFFFFFF)
    yield "length-too-large", pcap_header() + records(0, 2) + record(2, captured=300, length=60) + records(3, 6)
    yield "record-larger-than-file", pcap_header() + records(0, 2) + record(2, captured=200000)
    yield "garbage-between", pcap_header() + records(0, 2) + b"GARBAGE-" * 9 + b"xyz" + records(2, 5)
    yield "hole-of-zeros", pcap_header() + records(0, 2) + bytes(512) + records(2, 5)
    yield "four-bytes-missing", whole[:24 + 76 + 4] + whole[24 + 76 + 8:] + records(5, 8)
    yield "clock-set", pcap_header() + records(0, 2) + records(-START, -START + 1) + records(3, 4) + records(200000, 200002)
    yield "plain-then-nothing-near", pcap_header() + records(0, 2) + insane + records(90000, 90003)
    yield "gzip", gzip.compress(whole, mtime=0)
    yield "gzip-members", gzip.compress(whole[:100], mtime=0) + gzip.compress(whole[100:], mtime=0) + bytes(12)
    yield "gzip-cut", gzip.compress(whole, mtime=0)[:-20]
    damaged = bytearray(gzip.compress(whole, mtime=0))
    damaged[-5] ^= 0x55
    yield "gzip-damaged", bytes(damaged)
    yield "zstd", zstd_raw(whole)
    yield "zstd-cut", zstd_raw(whole)[:-9]
    yield "zstd-frames", zstd_raw(whole[:60]) + zstd_skippable(b"note") + zstd_raw(whole[60:])
    yield "text", b"no capture at all\n"


def zstd_raw(data):
    """A zstd frame of uncompressed blocks of at most 100 bytes, window of 1 KiB, no content size (RFC 8878 3.1.1)."""
    out = struct.pack("<IBB", 0xFD2FB528, 0x00, 0x00)
    pieces = [data[i:i + 100] for i in range(0, len(data), 100)] or [b""]
    for i, piece in enumerate(pieces):
        out += struct.pack("<I", len(piece) << 3 | (i == len(pieces) - 1))[:3] + piece
    return out


def zstd_skippable(data):
    return struct.pack("<II", 0x184D2A50, len(data)) + data


# ---- pcapng ---------------------------------------------------------------------------------------

class Ng:
    """Blocks of one byte order."""

    def __init__(self, order="<"):
        self.order = order

    def pack(self, fmt, *values):
        return struct.pack(self.order + fmt, *values)

    def block(self, kind, body, total=None, trailer=None):
        body += bytes(-len(body) % 4)
        total = len(body) + 12 if total is None else total
        return self.pack("II", kind, total) + body + self.pack("I", total if trailer is None else trailer)

    def option(self, code, value):
        return self.pack("HH", code, len(value)) + value + bytes(-len(value) % 4)

    def section(self, length=-1):
        return self.block(0x0A0D0D0A, self.pack("IHHq", 0x1A2B3C4D, 1, 0, length) + self.option(4, b"seed") + bytes(4))

    def interface(self, link=1, snap_len=262144, name=None, resolution=None, offset=None):
        body = self.pack("HHI", link, 0, snap_len)
        if name is not None:
            body += self.option(2, name)
        if resolution is not None:
            body += self.option(9, bytes([resolution]))
        if offset is not None:
            body += self.option(14, self.pack("q", offset))
        return self.block(1, body + bytes(4))

    def packet(self, n=0, interface=0, units=None, data=FRAME, captured=None, options=b"", **kw):
        units = (START + n) * 1000000 if units is None else units
        captured = len(data) if captured is None else captured
        body = self.pack("IIIII", interface, units >> 32, units & 0xFFFFFFFF, captured, max(captured, len(data)))
        return self.block(6, body + data + bytes(-len(data) % 4) + options, **kw)

    def packets(self, first, last, **kw):
        return b"".join(self.packet(n, **kw) for n in range(first, last))

    def simple(self, data=FRAME, length=None):
        return self.block(3, self.pack("I", len(data) if length is None else length) + data)

    def obsolete(self, n, interface=0, drops=0xFFFF, data=FRAME):
        units = (START + n) * 1000000
        body = self.pack("HHIIII", interface, drops, units >> 32, units & 0xFFFFFFFF, len(data), len(data))
        return self.block(2, body + data)

    def statistics(self, interface=0, dropped=3, os_dropped=None):
        body = self.pack("III", interface, 0, 0) + self.option(4, self.pack("Q", 100)) + self.option(5, self.pack("Q", dropped))
        if os_dropped is not None:
            body += self.option(7, self.pack("Q", os_dropped))
        return self.block(5, body + bytes(4))

    def secrets(self, text=b"CLIENT_RANDOM 00 11\n", kind=0x544C534B):
        return self.block(10, self.pack("II", kind, len(text)) + text)

    def begin(self):
        return self.section() + self.interface()


def pcapng_seeds():
    le, be = Ng("<"), Ng(">")
    whole = le.begin() + le.packets(0, 5)
    yield "plain", whole
    yield "big-endian", be.begin() + be.packets(0, 3)
    yield "two-sections", le.begin() + le.packets(0, 2) + be.section(999) + be.interface(name=b"eth1") + be.packets(2, 4)
    yield "same-interfaces-again", (le.section() + le.interface(name=b"eth0") + le.packets(0, 2)) * 2
    mixed = le.section() + le.interface(1, 65535, b"eth:5:0") + le.interface(101, 0, b"mbb:7") + le.interface(0, 128, b"lo")
    yield "mixed-interfaces", mixed + le.packet(0, 0) + le.packet(1, 1, data=FRAME[14:]) + le.packet(2, 2) + le.packet(3, 1)
    times = le.section()
    for resolution in (0, 3, 6, 9, 12, 29, 30, 127, 0x80, 0x8A, 0x94, 0xC0, 0xFF):
        times += le.interface(resolution=resolution)
    times += le.interface(offset=3600) + le.interface(offset=-(1 << 63)) + le.interface(resolution=0, offset=(1 << 63) - 1)
    yield "time-resolutions", times + b"".join(le.packet(0, i, units=u) for i in range(16) for u in (0, START, (1 << 64) - 1))
    yield "simple-packets", le.section() + le.interface(snap_len=40) + le.simple(FRAME[:40], 60) + le.packet(1) + le.simple(FRAME[:40])
    yield "obsolete-packets", le.begin() + le.obsolete(0) + le.obsolete(1) + be.begin() + be.obsolete(2)
    other = le.block(9, b"MESSAGE=x\n") + le.block(0xBAD, struct.pack("<I", 4711) + b"abcd") + le.block(4, bytes(4))
    yield "other-blocks", le.begin() + le.packet(0) + other + le.packet(1) + le.block(0x80000001, b"local") + le.packet(2)
    yield "unknown-interface", le.begin() + le.packet(0) + le.packet(1, interface=7) + le.packet(2)
    yield "comments", le.begin() + le.packet(0, options=le.option(1, b"PID=4 TID=8") + le.option(2, bytes(4)) + bytes(4)) + le.packet(1)
    yield "statistics", whole + le.statistics(0, 3) + le.statistics(0, 5, 2) + le.statistics(9, 1) + le.statistics(0, (1 << 64) - 1)
    yield "secrets", le.begin() + le.secrets() + le.packet(0) + le.secrets(b"no newline") + le.secrets(b"ssh", 0x5353484B) + le.packet(1)
    yield "unpadded-length", le.begin() + unpadded(le) + le.packet(1)
    yield "header-only", le.section()
    yield "cut-in-section-header", whole[:10]
    yield "cut-in-block-header", whole[:-85]
    yield "cut-in-packet", whole[:-20]
    yield "cut-in-interface", le.begin()[:-8]
    bad = le.packet(2)
    yield "length-insane", le.begin() + le.packets(0, 2) + le.packet(2, total=0x7FFFFFFC) + le.packets(3, 5)
    yield "length-too-small", le.begin() + le.packets(0, 2) + le.packet(2, total=7) + le.packets(3, 5)
    yield "length-past-end", le.begin() + le.packets(0, 2) + le.packet(2, total=4000) + le.packets(3, 5)
    yield "lengths-differ", le.begin() + le.packets(0, 2) + le.packet(2, trailer=77) + le.packets(3, 5)
    yield "captured-length-wrong", le.begin() + le.packet(0) + le.packet(1, captured=5000) + le.packet(2)
    yield "garbage-between", le.begin() + le.packets(0, 2) + b"GARBAGE-" * 5 + b"xyz" + le.packets(2, 4)
    yield "hole-of-zeros", le.begin() + le.packets(0, 2) + bytes(301) + le.packets(2, 4)
    yield "nothing-after-damage", le.begin() + le.packets(0, 2) + bad[:40] + b"\xee" * 200
    yield "interface-too-short", le.section() + le.block(1, b"\1\0") + le.interface() + le.packet(0, 1) + le.packet(1, 0)
    yield "gzip", gzip.compress(whole, mtime=0)
    yield "gzip-cut", gzip.compress(whole, mtime=0)[:-20]
    yield "zstd", zstd_raw(whole)
    yield "text", b"\n\r\r\n and no section\n"


def unpadded(ng):
    """As some writers have it: the length leaves out the padding of the data."""
    data = FRAME[:57]
    body = ng.pack("IIIII", 0, 0, 5, len(data), len(data)) + data
    total = len(body) + 12
    return ng.pack("II", 6, total) + body + bytes(-len(body) % 4) + ng.pack("I", total)


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    corpus = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "fuzz" / "corpus"
    for name, seeds in (("pcap", pcap_seeds()), ("pcapng", pcapng_seeds())):
        folder = corpus / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, data in seeds:
            (folder / seed).write_bytes(data)


if __name__ == "__main__":
    main()
