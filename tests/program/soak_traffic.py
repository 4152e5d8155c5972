# SPDX-License-Identifier: Apache-2.0
"""Traffic without end, made of a few captures: each is repeated with other times, clients, ports, sequence numbers and transactions.

Signatures do not hold afterwards: analyse it with --no-verify.
"""
import os
import pathlib
import struct

MICROSECONDS = 1_000_000
PCAP_MAGIC = 0xA1B2C3D4
ETHERNET = 1
TCP = 6


class Frame:
    """One frame of a capture, and where in it stand the things that change."""

    def __init__(self, time_us, data, clients):
        self.time_us = time_us
        self.data = data
        ip = 14
        if data[12:14] != b"\x08\x00" or data[ip + 9] != TCP:
            raise ValueError("only TCP over IPv4 is repeated")
        self.tcp = ip + (data[ip] & 15) * 4
        self.from_client = data[ip + 12 : ip + 16] in clients
        self.address = ip + (12 if self.from_client else 16)
        self.port = self.tcp + (0 if self.from_client else 2)
        self.has_ack = data[self.tcp + 13] & 0x10 != 0


class Conversation:
    """One capture: an enrolment of one client, over as many connections as it took."""

    def __init__(self, path, transaction=None):
        """`transaction`: its id as text, where it has one; it stands in each message in one piece."""
        data = pathlib.Path(path).read_bytes()
        magic, link_type = struct.unpack_from("<I16xI", data)
        if magic != PCAP_MAGIC or link_type != ETHERNET:
            raise ValueError(f"{path}: not a classic capture of Ethernet")
        packets, at = [], 24
        while at < len(data):
            seconds, micros, length = struct.unpack_from("<III", data, at)
            packets.append((seconds * MICROSECONDS + micros, data[at + 16 : at + 16 + length]))
            at += 16 + length
        clients = {p[26:30] for _, p in packets if p[12:14] == b"\x08\x00" and p[23] == TCP and p[14 + (p[14] & 15) * 4 + 13] & 0x12 == 2}
        self.frames = [Frame(t, d, clients) for t, d in packets]
        self.begin_us = self.frames[0].time_us
        self.transaction = transaction.encode() if transaction else None

    def repeat(self, number, begin_us):
        """The records of one more such enrolment, of its own client."""
        client = bytes((10, 128 + (number >> 16 & 127), number >> 8 & 255, number & 255))
        shift = number * 40503 & 0xFFFFFFFF
        out = []
        for frame in self.frames:
            data = bytearray(frame.data)
            data[frame.address : frame.address + 4] = client
            (port,) = struct.unpack_from(">H", data, frame.port)
            struct.pack_into(">H", data, frame.port, 20000 + (port + number) % 40000)
            seq, ack = struct.unpack_from(">II", data, frame.tcp + 4)
            struct.pack_into(">I", data, frame.tcp + 4, (seq + shift) & 0xFFFFFFFF)
            if frame.has_ack:
                struct.pack_into(">I", data, frame.tcp + 8, (ack + shift) & 0xFFFFFFFF)
            if self.transaction:
                other = (b"%0*X" % (len(self.transaction), number))[-len(self.transaction) :]
                data = data.replace(self.transaction, other)
            seconds, micros = divmod(frame.time_us - self.begin_us + begin_us, MICROSECONDS)
            out.append(struct.pack("<IIII", seconds, micros, len(data), len(data)) + data)
        return b"".join(out)


def file_header():
    return struct.pack("<IHHiIII", PCAP_MAGIC, 2, 4, 0, 0, 262144, ETHERNET)


def resident_kib(pid):
    """Memory a process has now, in KiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def cpu_seconds(pid):
    """CPU time a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
