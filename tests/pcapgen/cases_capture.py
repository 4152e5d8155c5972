# SPDX-License-Identifier: Apache-2.0
"""Captures that are incomplete, doubled, tagged or written in another format: most are edits of a real enrolment."""

import gzip
import struct
from dataclasses import replace

import capfile
from capfile import EN10MB
from cases import Scene, case
from common import ENROLMENT, EXE, RA_KEY, SHORT, pkcs_req
from lab import run

GET_BASE = "near/http-200-longquery.pcap"
POST_BASE = "scepclient-ndes-ok.pcap"
BASE = "near/http-chunked-ok.pcap"
HEALTHY = {"operations": ENROLMENT, "outcomes": {"ok": 3}, "keys": [RA_KEY], "exit": 0, "healthy": True}
QUIET = [
    "scep-truncated-get",
    "scep-truncated-post",
    "http-body-short",
    "rep-not-cms",
    "scep-not-cms",
    "scep-digest-mismatch",
    "scep-sig-invalid",
    "rep-sig-invalid",
    "http-no-reply",
    "net-rst-reply",
    "net-client-abort",
    "http-chunk-bad",
]


def edit(file, shows, base, change, must=(), **expected):
    """An existing capture rewritten: change(packets) gives packets, or (packets, options for capfile.write)."""

    def make(case_, world):
        result = change(world.packets(base))
        packets, options = result if isinstance(result, tuple) else (result, {})
        capfile.write(case_.path, packets, **options)

    case(file, shows, f"edited from {base}", must=list(must), **expected)(make)


def section_edit(file, shows, base, change, must=(), **expected):
    """The same for pcapng: change(packets) gives the bytes of the file."""

    def make(case_, world):
        case_.path.write_bytes(change(world.packets(base)))

    case(file, shows, f"edited from {base}", must=list(must), **expected)(make)


def from_client(packet):
    fields = capfile.tcp(packet)
    return bool(fields) and fields[2] == 80


def payload(packet):
    fields = capfile.tcp(packet)
    return fields[6] if fields else b""


# --- what a capture lost --------------------------------------------------------------------------------------------------------
edit(
    "cap-snaplen-96.pcap",
    "96 bytes of each packet",
    BASE,
    lambda ps: (capfile.snapped(ps, 96), {"snaplen": 96}),
    ["cap-snaplen"],
    must_not=QUIET,
    exit=3,
)


@case(
    "cap-snaplen-tcpdump.pcap",
    "tcpdump -s 200 by mistake",
    "curl and the responder, tcpdump -s 200",
    must=["cap-snaplen"],
    must_not=QUIET,
    exit=3,
)
def snaplen(case_, world):
    with Scene(world, snaplen=200) as scene:
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
    capfile.write(case_.path, scene.packets, snaplen=200)


def without_reply_segment(packets):
    """The second segment of the last reply is gone though the client acknowledged it."""
    data = [n for n, p in enumerate(packets) if payload(p) and not from_client(p)]
    return packets[: data[-1]] + packets[data[-1] + 1 :]


def without_request_segment(packets):
    data = [n for n, p in enumerate(packets) if len(payload(p)) > 1000 and from_client(p)]
    return packets[: data[2]] + packets[data[2] + 1 :]


edit(
    "cap-gap-reply.pcap",
    "a segment of the CertRep was acknowledged but is not in the capture",
    BASE,
    without_reply_segment,
    ["cap-gap"],
    must_not=QUIET,
    exit=3,
)
edit(
    "cap-gap-request.pcap",
    "a segment of the long GET was acknowledged but is not in the capture",
    GET_BASE,
    without_request_segment,
    ["cap-gap"],
    must_not=QUIET,
    exit=3,
)
edit(
    "cap-one-way-client.pcap",
    "only what the device sent",
    BASE,
    lambda ps: [p for p in ps if from_client(p)],
    ["cap-one-way"],
    must_not=QUIET + ["net-syn-timeout"],
    operations=ENROLMENT,
)
edit(
    "cap-one-way-server.pcap",
    "only what the server sent",
    BASE,
    lambda ps: [p for p in ps if not from_client(p)],
    ["cap-one-way"],
    must_not=QUIET + ["net-syn-loss"],
)


@case(
    "cap-one-way-filter.pcap",
    "tcpdump with a filter on the source address",
    "curl and the responder, tcpdump 'src host'",
    must=["cap-one-way"],
    must_not=QUIET + ["net-syn-timeout"],
    operations=ENROLMENT,
)
def one_way(_case, world):
    with Scene(world, filter_words="src host 10.5.14.7") as scene:
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
    return scene.packets


def after(packets, marker, skip=1):
    """From `skip` packets after the first one whose payload holds marker."""
    first = next(n for n, p in enumerate(packets) if marker in payload(p))
    return packets[first + skip :]


edit(
    "cap-midstream-request.pcap",
    "the capture begins in the middle of the long GET",
    GET_BASE,
    lambda ps: after(ps, b"operation=PKIOperation", 2),
    ["cap-midstream"],
    must_not=QUIET,
    healthy=True,
)
edit(
    "cap-midstream-reply.pcap",
    "the capture begins in the middle of the GetCACert reply of a keep-alive connection",
    POST_BASE,
    lambda ps: after(ps, b"x-x509-ca-ra-cert"),
    ["cap-midstream", "rep-success"],
    must_not=QUIET,
    operations={"GetCACaps": 1, "PKIOperation": 1},
    keys=[RA_KEY],
)
edit(
    "near/cap-no-handshake.pcap",
    "the SYNs are missing, everything else is there",
    POST_BASE,
    lambda ps: ps[3:],
    ["rep-success", "cap-midstream"],
    must_not=QUIET,
    operations=ENROLMENT,
    outcomes={"ok": 3},
    keys=[RA_KEY],
    exit=0,
)
edit(
    "cap-cut-in-request.pcap",
    "the capture ends in the middle of a request",
    GET_BASE,
    lambda ps: ps[: len(ps) - len(after(ps, b"operation=PKIOperation", 3))],
    must_not=QUIET,
    outcomes={"ok": 2, "incomplete": 1},
)
edit(
    "cap-cut-in-reply.pcap",
    "the capture ends in the middle of the CertRep",
    "net-rst-reply.pcap",
    lambda ps: ps[: max(n for n, p in enumerate(ps) if payload(p) and not from_client(p)) + 1],
    must_not=QUIET,
    outcomes={"ok": 2, "incomplete": 1},
)
edit(
    "cap-no-scep.pcap",
    "web traffic and no SCEP",
    "cacert-html.pcap",
    lambda ps: [
        p.with_data(
            p.data.replace(
                b"/certsrv/mscep/mscep.dll/pkiclient.exe?operation=",
                b"/certsrv/finance/page.aspx/documents.htm?selection=",
            ).replace(b"NDES client", b"Trident/4.0")
        )
        for p in ps
    ],
    ["cap-no-scep"],
    must_not=["cacert-html", "http-404-notfound"],
    near=["cap-short", "net-no-request"],
    healthy=True,
)


def clock(packets, seconds):
    return [p.later(seconds * 10**9) for p in packets]


edit(
    "cap-clock.pcap",
    "the capture's clock is ten minutes ahead of the server's Date",
    BASE,
    lambda ps: clock(ps, 600),
    ["cap-clock", "rep-success"],
    must_not=["rep-cert-notyet"],
    operations=ENROLMENT,
    keys=[RA_KEY],
)
edit(
    "near/cap-clock-seconds.pcap",
    "the clocks differ by ten seconds",
    BASE,
    lambda ps: clock(ps, 10),
    ["rep-success"],
    must_not=["cap-clock"],
    **HEALTHY,
)
# --- the same packet more than once ----------------------------------------------------------------------------------------------
edit(
    "cap-dup-mirror.pcap",
    "a mirror port gives every packet twice",
    BASE,
    lambda ps: [q for p in ps for q in (p, p.later(3000))],
    ["cap-dup", "rep-success"],
    must_not=QUIET + ["net-retrans", "scep-replay", "net-port-reuse"],
    **HEALTHY,
)
edit(
    "cap-dup-router.pcap",
    "both sides of a router: time to live one less, other MAC addresses",
    BASE,
    lambda ps: [q for p in ps for q in (p, capfile.routed(p))],
    ["cap-dup", "rep-success"],
    must_not=QUIET + ["net-retrans", "scep-replay"],
    **HEALTHY,
)


@case(
    "cap-dup-any.pcap",
    "tcpdump -i any on the router: each packet in and out, SLL2",
    "curl and the responder, tcpdump -i any",
    must=["cap-dup", "rep-success"],
    must_not=QUIET + ["net-retrans", "scep-replay"],
    operations=ENROLMENT,
    outcomes={"ok": 3},
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def any_interface(case_, world):
    with Scene(world, where="any") as scene:
        scene.browse(path=EXE)
        scene.post(pkcs_req(world, world.device("device"), SHORT, cipher="aes256"))
    capfile.write(case_.path, scene.packets, capfile.LINUX_SLL2)


# --- link types and tags ----------------------------------------------------------------------------------------------------------
for name, link_type, text in (
    ("sll", capfile.LINUX_SLL, "Linux cooked"),
    ("sll2", capfile.LINUX_SLL2, "Linux cooked, version 2"),
    ("null", capfile.NULL, "BSD loopback, little-endian family"),
    ("loop", capfile.LOOP, "OpenBSD loopback"),
    ("raw", capfile.RAW, "raw IP"),
    ("ipv4", capfile.IPV4, "IPv4 only"),
):
    edit(
        f"near/link-{name}.pcap",
        f"link type {text}",
        BASE,
        lambda ps, link=link_type: (
            [capfile.with_link_type(p, link, not from_client(p)) for p in ps],
            {"link_type": link},
        ),
        ["rep-success"],
        must_not=["cap-no-scep"],
        **HEALTHY,
    )
edit(
    "near/link-null6.pcap",
    "BSD loopback with Windows's number for IPv6",
    "near/net-ipv6-ok.pcap",
    lambda ps: (
        [p.with_data(struct.pack("<I", 23) + p.ip) for p in ps if p.data[12:14] == b"\x86\xdd"],
        {"link_type": capfile.NULL},
    ),
    ["rep-success"],
    **HEALTHY,
)
edit(
    "near/link-ipv6.pcap",
    "IPv6 only",
    "near/net-ipv6-ok.pcap",
    lambda ps: ([p.with_data(p.ip) for p in ps if p.data[12:14] == b"\x86\xdd"], {"link_type": capfile.IPV6}),
    ["rep-success"],
    **HEALTHY,
)
edit(
    "near/link-vlan.pcap",
    "one 802.1Q tag",
    BASE,
    lambda ps: [capfile.with_tags(p, (0x8100, 514)) for p in ps],
    ["rep-success"],
    **HEALTHY,
)
edit(
    "near/link-qinq.pcap",
    "802.1ad and 802.1Q",
    BASE,
    lambda ps: [capfile.with_tags(p, (0x88A8, 3), (0x8100, 514)) for p in ps],
    ["rep-success"],
    **HEALTHY,
)
edit(
    "near/link-vlan-twice-priority.pcap",
    "two 0x8100 tags, the inner a priority tag",
    BASE,
    lambda ps: [capfile.with_tags(p, (0x8100, 7), (0x8100, 0xA000)) for p in ps],
    ["rep-success"],
    **HEALTHY,
)
edit(
    "near/link-fcs.pcap",
    "the frame check sequence left at the end",
    BASE,
    lambda ps: [p.with_data(p.data + b"\xde\xad\xbe\xef") for p in ps],
    ["rep-success"],
    must_not=["http-body-long"],
    **HEALTHY,
)
edit("link-unknown.pcap", "a link type nobody reads", BASE, lambda ps: (ps, {"link_type": 147}), must_not=QUIET)
# --- IP ---------------------------------------------------------------------------------------------------------------------------
edit(
    "near/ip-fragments.pcap",
    "every large packet in three fragments, the last one first",
    BASE,
    lambda ps: [
        f
        for p in ps
        for f in (sorted(capfile.ipv4_fragments(p, 560), key=lambda q: -q.ts_ns) if p.length > 600 else [p])
    ],
    ["rep-success"],
    **HEALTHY,
)
edit(
    "cap-fragment-missing.pcap",
    "one fragment of the request never arrives in the capture",
    BASE,
    lambda ps: [
        f
        for p in ps
        for n, f in enumerate(capfile.ipv4_fragments(p, 560) if p.length > 600 else [p])
        if not (n == 1 and from_client(p) and len(payload(p)) > 1000)
    ],
    must_not=QUIET,
)


def no_total_length(packet):
    ip = bytearray(packet.ip)
    ip[2:4] = b"\0\0"
    return packet.with_data(packet.data[:14] + bytes(ip))


edit(
    "near/ip-length-zero.pcap",
    "captured on the host: IPv4 total length 0, wrong checksums",
    BASE,
    lambda ps: [no_total_length(p) for p in ps],
    ["rep-success"],
    must_not=["cap-offload"],
    **HEALTHY,
)


@case(
    "near/ip-offload.pcap",
    "captured on the sending host: segments larger than the MTU",
    f"edited from {BASE}",
    must=["rep-success"],
    must_not=["net-pmtu-blackhole", "net-retrans"],
    **HEALTHY,
)
def offload(_case, world):
    return merge_segments(world.packets(BASE))


def merge_segments(packets):
    """Neighbouring segments of one side as the one large segment the stack gave to the card."""
    out = []
    for packet in packets:
        now, before = capfile.tcp(packet), capfile.tcp(out[-1]) if out else None
        if before and now and now[6] and before[6] and now[:3] == before[:3] and now[3] == before[3] + len(before[6]):
            data = bytearray(out[-1].data[:66] + before[6] + now[6])
            data[16:18] = struct.pack(">H", len(data) - 14)
            data[47] = now[5]
            out[-1] = replace(out[-1], data=bytes(data), length=len(data))
            continue
        out.append(packet)
    return out


def padded(packet):
    return packet.with_data(packet.data + b"\0" * max(0, 60 - len(packet.data)))


def without_timestamps(packet):
    """A TCP header without options, so that small frames need Ethernet's padding."""
    fields = capfile.tcp(packet)
    if not fields or packet.data[46] >> 4 == 5:
        return packet
    options = (packet.data[46] >> 4) * 4 - 20
    data = bytearray(packet.data[:54] + packet.data[54 + options :])
    data[16:18] = struct.pack(">H", len(data) - 14)
    data[46] = 0x50
    return packet.with_data(bytes(data))


edit(
    "near/ethernet-padding.pcap",
    "small frames padded to 60 bytes",
    BASE,
    lambda ps: [padded(without_timestamps(p)) for p in ps],
    ["rep-success"],
    must_not=["http-body-long", "net-retrans"],
    **HEALTHY,
)


def wrapped(packets):
    """Sequence numbers moved so that they pass 2^32 in the middle of each stream."""
    first, out = {}, []
    for packet in packets:
        fields = capfile.tcp(packet)
        own, other = (fields[1], fields[2]), (fields[2], fields[1])
        if fields[5] & 2:
            first[own] = (0xFFFFFE00 - fields[3]) & 0xFFFFFFFF
        data = bytearray(packet.data)
        data[38:42] = struct.pack(">I", (fields[3] + first[own]) & 0xFFFFFFFF)
        if fields[5] & 16:
            data[42:46] = struct.pack(">I", (fields[4] + first[other]) & 0xFFFFFFFF)
        out.append(packet.with_data(bytes(data)))
    return out


edit(
    "near/tcp-wrap.pcap",
    "sequence numbers pass 2^32 in the middle",
    BASE,
    wrapped,
    ["rep-success"],
    must_not=["cap-gap", "net-retrans"],
    **HEALTHY,
)


def reordered(packets):
    """Neighbouring data segments of one side change places."""
    out = list(packets)
    n = 0
    while n + 1 < len(out):
        one, two = out[n], out[n + 1]
        if payload(one) and payload(two) and from_client(one) == from_client(two):
            out[n], out[n + 1] = replace(two, ts_ns=one.ts_ns), replace(one, ts_ns=two.ts_ns)
            n += 1
        n += 1
    return out


edit(
    "near/tcp-reordered.pcap",
    "segments out of order",
    GET_BASE,
    reordered,
    ["rep-success"],
    must_not=["cap-gap", "net-retrans", "scep-truncated-get"],
    **{**HEALTHY, "healthy": None},
)
# --- file formats -----------------------------------------------------------------------------------------------------------------
ONE = [(EN10MB, "eth0", 6, 262144)]


def packets_only(packets):
    """The packet blocks of a section without its header blocks."""
    whole = capfile.section(packets, ONE)
    start = len(capfile.section([], ONE))
    return whole[start:]


edit(
    "near/file-bigendian-nano.pcap",
    "classic, big-endian, nanoseconds",
    BASE,
    lambda ps: (ps, {"order": ">", "nanoseconds": True}),
    ["rep-success"],
    **HEALTHY,
)
section_edit(
    "near/file-pcapng-bigendian.pcapng",
    "pcapng, big-endian, with comments",
    BASE,
    lambda ps: capfile.section(ps, ONE, ">", ["first packet", "second packet"]),
    ["rep-success"],
    **HEALTHY,
)
section_edit(
    "near/file-pcapng-two-interfaces.pcapng",
    "two interfaces of different link type, resolution and snap length; each has one direction",
    BASE,
    lambda ps: capfile.section(
        [p if from_client(p) else replace(capfile.with_link_type(p, capfile.LINUX_SLL), interface=1) for p in ps],
        [(EN10MB, "Ethernet0", 9, 262144), (capfile.LINUX_SLL, "any", 0x94, 65535)],
    ),
    ["rep-success"],
    **HEALTHY,
)
section_edit(
    "near/file-pcapng-two-sections.pcapng",
    "two sections, little-endian then big-endian",
    BASE,
    lambda ps: capfile.section(ps[:9], ONE) + capfile.section(ps[9:], ONE, ">"),
    ["rep-success"],
    **HEALTHY,
)
section_edit(
    "near/file-pcapng-unknown-blocks.pcapng",
    "unknown blocks and a packet of an unknown interface between the packets",
    BASE,
    lambda ps: capfile.section(
        ps[:5], ONE, extra=struct.pack("<II", 0x0BAD1DEA, 16) + b"\0\0\0\0" + struct.pack("<I", 16)
    )
    + capfile.block(6, struct.pack("<IIIII", 7, 0, 0, 4, 4) + b"abcd", "<")
    + packets_only(ps[5:]),
    ["rep-success"],
    **{**HEALTHY, "exit": None, "healthy": None},
)


def cut_file(file, shows, base, size, **expected):
    def make(case_, world):
        raw = (world.pcaps / base).read_bytes()
        case_.path.write_bytes(raw[:size] if size > 0 else raw[: len(raw) + size])

    case(file, shows, f"edited from {base}", **expected)(make)


cut_file(
    "file-cut-in-packet.pcap",
    "the file ends in the middle of its last packet",
    BASE,
    -30,
    must=["rep-success"],
    must_not=QUIET,
    operations=ENROLMENT,
    exit=3,
)
cut_file(
    "file-cut-in-header.pcap",
    "the file ends in the middle of a record header",
    BASE,
    24 + 16 + 74 + 7,
    must_not=QUIET,
    exit=3,
)
cut_file("file-only-header.pcap", "a file header and nothing else", BASE, 24, must_not=QUIET, healthy=True)
cut_file(
    "file-cut-in-block.pcapng",
    "a pcapng that ends in the middle of a block",
    "demo.pcapng",
    -50,
    must=["http-404-querylen"],
    exit=1,
)


@case(
    "file-garbage-length.pcap", "a record that claims 0x7fffffff bytes", f"edited from {BASE}", must_not=QUIET, exit=3
)
def garbage(case_, world):
    capfile.write(case_.path, world.packets(BASE)[:12])
    with case_.path.open("ab") as handle:
        handle.write(struct.pack("<IIII", 1795327000, 0, 0x7FFFFFFF, 0x7FFFFFFF) + b"\xaa" * 40)


@case("file-empty.pcap", "an empty file", "edited from nothing", exit=2)
def empty(case_, _world):
    case_.path.write_bytes(b"")


@case("file-not-a-capture.pcap", "a text file", "edited from nothing", exit=2)
def text(case_, _world):
    case_.path.write_text("operation=GetCACaps\n" * 8, encoding="ascii")


@case("near/file-gzip.pcap.gz", "gzip", f"edited from {BASE}", must=["rep-success"], **HEALTHY)
def gzipped(case_, world):
    case_.path.write_bytes(gzip.compress((world.pcaps / BASE).read_bytes(), mtime=0))


@case(
    "near/file-zstd.pcapng.zst",
    "zstd",
    "edited from policy-ok.pcapng",
    must=["policy-ok", "rep-success"],
    keys=[RA_KEY],
    exit=0,
    healthy=True,
)
def zstandard(case_, world):
    run("zstd", "-q", "-f", world.pcaps / "policy-ok.pcapng", "-o", case_.path)


edit(
    "cap-server-silent.pcap",
    "the server the operator named does not appear in the capture",
    "cap-no-scep.pcap",
    lambda ps: ps,
    ["net-no-request", "cap-short"],
    options=["--server", "10.5.99.9"],
    must_not=["net-syn-timeout"],
)
