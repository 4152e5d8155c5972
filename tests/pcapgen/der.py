# SPDX-License-Identifier: Apache-2.0
"""The little DER and BER the capture scripts need: write values, read any encoding."""
from dataclasses import dataclass, field

SEQUENCE, SET = 0x30, 0x31


def length(n):
    if n < 0x80:
        return bytes([n])
    body = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(body)]) + body


def tlv(tag, *parts):
    body = b"".join(parts)
    return bytes([tag]) + length(len(body)) + body


def indefinite(tag, *parts):
    """The BER form Apple writes: length 0x80, end-of-contents after the last part."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def seq(*parts):
    return tlv(SEQUENCE, *parts)


def set_of(*parts):
    return tlv(SET, *sorted(parts))


def integer(value):
    size = value.bit_length() // 8 + 1
    return tlv(0x02, value.to_bytes(size, "big", signed=True))


def octets(value):
    return tlv(0x04, value)


def printable(text):
    return tlv(0x13, text.encode())


def utf8(text):
    return tlv(0x0C, text.encode())


def utctime(when):
    return tlv(0x17, when.strftime("%y%m%d%H%M%SZ").encode())


def null():
    return b"\x05\x00"


def oid(dotted):
    first, second, *rest = (int(part) for part in dotted.split("."))
    out = b""
    for arc in [first * 40 + second, *rest]:
        chunk = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            chunk.insert(0, 0x80 | arc & 0x7F)
        out += bytes(chunk)
    return tlv(0x06, out)


@dataclass
class Node:
    tag: int
    content: bytes
    raw: bytes
    children: list = field(default_factory=list)

    def __getitem__(self, index):
        return self.children[index]

    def octet_string(self):
        """The value of an OCTET STRING in its primitive or constructed form."""
        return b"".join(child.octet_string() for child in self.children) if self.children else self.content

    def oid(self):
        value, arcs = 0, []
        for byte in self.content:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def _read(data, pos):
    start, tag = pos, data[pos]
    size, pos = data[pos + 1], pos + 2
    if size == 0x80:
        node = Node(tag, b"", b"")
        while data[pos : pos + 2] != b"\0\0":
            child, pos = _read(data, pos)
            node.children.append(child)
        pos += 2
        node.raw, node.content = data[start:pos], data[start + 2 : pos - 2]
        return node, pos
    if size > 0x80:
        count = size & 0x7F
        size, pos = int.from_bytes(data[pos : pos + count], "big"), pos + count
    end = pos + size
    if end > len(data):
        raise ValueError("value runs past the end")
    node = Node(tag, data[pos:end], data[start:end])
    if tag & 0x20:
        while pos < end:
            child, pos = _read(data, pos)
            node.children.append(child)
    return node, end


def parse(data):
    """Read one value; trailing bytes are left alone."""
    return _read(data, 0)[0]
