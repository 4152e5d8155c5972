# SPDX-License-Identifier: Apache-2.0
"""Captures as Windows's own tools leave them: edits of real enrolments.

What pktmon, netsh trace and etl2pcapng 1.12 write is known from etl2pcapng's source and Microsoft's pages; no Windows was at
hand. Every packet is written once for each component it passes, on interfaces of different link types.
"""

import struct
from dataclasses import replace

import capfile
from capfile import EN10MB, EPB_FLAGS, EPB_PACKETID, EPB_VERDICT, RAW, WIFI
from cases import case
from cases_capture import BASE, HEALTHY, QUIET, from_client, merge_segments, no_total_length, section_edit

WHOLE = ["net-retrans", "cap-gap", "cap-snaplen"]
COPIED = QUIET + WHOLE + ["scep-replay", "net-port-reuse", "net-rst-request"]
# As pktmon numbers its groups: the processor in the upper part, then a counter.
FIRST_GROUP = 0x1000000000001
# etl2pcapng states no resolution of its times, which are microseconds, and always this snap length.
COMPONENTS = [
    (EN10MB, "vmxnet3 Ethernet Adapter", None, 65535),
    (EN10MB, "WFP Native MAC Layer LightWeight Filter", None, 65535),
    (RAW, "TCPIP", None, 65535),
]
DROP = (EPB_VERDICT, b"\x02" + struct.pack("<Q", 1))


def inbound(packet):
    """Whether it goes to port 80, over IPv4 or IPv6."""
    return packet.data[36 if packet.data[14] >> 4 == 4 else 56 :][:2] == b"\0\x50"


def direction(packet):
    return EPB_FLAGS, struct.pack("<I", 1 if inbound(packet) else 2)


def group(number):
    return EPB_PACKETID, struct.pack("<Q", FIRST_GROUP + number)


def unfilled(packet):
    """The TCP checksum as the stack leaves it to the adapter."""
    data = bytearray(packet.data)
    at = 14 + (data[14] & 15) * 4 + 16 if data[14] >> 4 == 4 else 14 + 40 + 16
    data[at : at + 2] = b"\x12\x34"
    return packet.with_data(bytes(data))


def hop_less(packet):
    """As a router between two virtual switches leaves it."""
    data = bytearray(packet.data)
    data[22 if data[14] >> 4 == 4 else 21] -= 1
    return packet.with_data(bytes(data))


def bare(packet):
    return capfile.with_link_type(packet, RAW)


def appearances(packet, apart):
    """The packet at the adapter, at a filter that sees its VLAN tag, and at TCPIP, in the order in which it passes them."""
    own = packet if inbound(packet) else unfilled(packet)
    raw = bare(own)
    copies = [
        replace(own, interface=0),
        replace(capfile.with_tags(hop_less(own), (0x8100, 514)), interface=1),
        replace(raw, interface=2, length=len(raw.data) + 14),
    ]
    return [copy.later(n * apart) for n, copy in enumerate(copies if inbound(packet) else copies[::-1])]


def at_all_components(packets, apart=4000):
    return [
        replace(copy, options=(direction(packet), group(n)))
        for n, packet in enumerate(packets)
        for copy in appearances(packet, apart)
    ]


def of_tcp6(packets):
    return [p for p in packets if p.data[12:14] == b"\x86\xdd" and p.data[20] == 6]


def one_interface(packets, **changes):
    """As the in-box converter writes them: nothing tells one component from another."""
    return [replace(p, interface=0, options=(), **changes) for p in packets]


def in_groups(packets):
    """Neighbouring packets of one direction share a group, as chains of buffers do; the next component gets them all again."""
    chains, number = [], 0
    for packet in packets:
        if chains and inbound(chains[-1][-1]) == inbound(packet):
            chains[-1].append(packet)
        else:
            chains.append([packet])
    for number, chain in enumerate(chains):
        for component in range(2):
            for packet in chain:
                yield replace(packet.later(component * 4000), interface=component, options=(direction(packet), group(number)))


def zero_length6(packet):
    return packet.with_data(packet.data[:18] + b"\0\0" + packet.data[20:])


def dropped(packet, number):
    return replace(packet, options=(direction(packet), group(number), DROP))


def journal(text):
    """Other events of the trace, which etl2pcapng writes as systemd journal entries."""
    return capfile.block(9, text.encode(), "<")


def with_events(packets, interfaces):
    """Blocks of events stand between the packets."""
    event = journal("__REALTIME_TIMESTAMP=1795327000000000\nMESSAGE=PktMon counters\n\n")
    return capfile.section(packets, interfaces, extra=event) + event


section_edit(
    "near/win-pktmon-components.pcapng",
    "pktmon at all components, etl2pcapng: three copies of each packet, one of them bare IP, with packet group ids",
    BASE,
    lambda ps: with_events(at_all_components(ps), COMPONENTS),
    ["rep-success", "cap-dup"],
    must_not=COPIED,
    **HEALTHY,
)
section_edit(
    "near/win-pktmon-components-v6.pcapng",
    "the same over IPv6, where only the packet group id tells copies that are two milliseconds apart",
    "near/net-ipv6-ok.pcap",
    lambda ps: capfile.section(at_all_components(of_tcp6(ps), 2000000), COMPONENTS),
    ["rep-success", "cap-dup"],
    must_not=COPIED,
    **HEALTHY,
)
section_edit(
    "near/win-pktmon-groups.pcapng",
    "chains of packets with one packet group id each, at two components",
    BASE,
    lambda ps: capfile.section(list(in_groups(ps)), COMPONENTS[:2]),
    ["rep-success", "cap-dup"],
    must_not=COPIED,
    **HEALTHY,
)
section_edit(
    "near/win-pktmon-inbox.pcapng",
    "pktmon at all components, pktmon etl2pcap: three copies of each packet on one interface, without ids",
    BASE,
    lambda ps: capfile.section(
        one_interface(c for p in ps for c in appearances(p, 4000)), [(EN10MB, "pktmon", None, 65535)]
    ),
    ["rep-success", "cap-dup"],
    must_not=COPIED,
    **HEALTHY,
)
section_edit(
    "near/win-pktmon-inbox-v6.pcapng",
    "the same over IPv6",
    "near/net-ipv6-ok.pcap",
    lambda ps: capfile.section(
        one_interface(c for p in of_tcp6(ps) for c in appearances(p, 100000)), [(EN10MB, "pktmon", None, 65535)]
    ),
    ["rep-success", "cap-dup"],
    must_not=COPIED,
    **HEALTHY,
)
section_edit(
    "near/win-netsh-lso.pcapng",
    "netsh trace, etl2pcapng: large segments whose IPv4 length is 0, unfilled checksums",
    BASE,
    lambda ps: capfile.section(
        [
            replace(unfilled(no_total_length(p)) if len(p.data) > 1514 else p, options=(direction(p),))
            for p in merge_segments(ps)
        ],
        [(EN10MB, "eth:7:0", None, 65535)],
    ),
    ["rep-success"],
    must_not=WHOLE + ["cap-offload"],
    **HEALTHY,
)
section_edit(
    "near/win-netsh-lso-v6.pcapng",
    "the same over IPv6: a payload length of 0 in every segment with data, among them bare IP",
    "near/net-ipv6-ok.pcap",
    lambda ps: capfile.section(
        [zero_length6(p) if len(p.data) > 1000 else p for p in of_tcp6(ps)], [(EN10MB, "eth:7:0", None, 65535)]
    ),
    ["rep-success"],
    must_not=WHOLE,
    **HEALTHY,
)
section_edit(
    "near/win-netsh-mixed.pcapng",
    "netsh trace, etl2pcapng: the device's packets on a Wi-Fi interface, decrypted, the server's as raw IP of mobile broadband",
    BASE,
    lambda ps: capfile.section(
        [
            replace(capfile.with_link_type(p, WIFI), interface=0)
            if from_client(p)
            else replace(bare(p), interface=1, length=len(p.ip) + 14)
            for p in ps
        ],
        [(WIFI, "wifi:12", None, 65535), (RAW, "mbb:14", None, 65535)],
    ),
    ["rep-success"],
    must_not=WHOLE,
    **HEALTHY,
)
section_edit(
    "win-pktmon-128.pcapng",
    "pktmon's default of 128 bytes a packet, at all components",
    BASE,
    lambda ps: capfile.section(capfile.snapped(at_all_components(ps), 128), COMPONENTS),
    ["cap-snaplen"],
    must_not=QUIET + ["net-retrans", "cap-gap"],
    exit=3,
)
section_edit(
    "win-pktmon-dropped-syn.pcapng",
    "the NDES host's own firewall drops the SYNs: pktmon's drop events",
    "net-syn-timeout.pcap",
    lambda ps: capfile.section([dropped(p, n) for n, p in enumerate(ps)], COMPONENTS[:1]),
    ["net-syn-timeout"],
    must_not=["net-syn-loss", "cap-one-way"],
)
section_edit(
    "near/win-pktmon-dropped-again.pcapng",
    "each data segment of the device is dropped once by the host and then received",
    BASE,
    lambda ps: capfile.section(
        [
            q
            for n, p in enumerate(ps)
            for q in (
                [dropped(p, 2 * n), replace(p, options=(direction(p), group(2 * n + 1)))]
                if from_client(p) and len(p.data) > 80
                else [replace(p, options=(direction(p), group(2 * n)))]
            )
        ],
        COMPONENTS[:1],
    ),
    ["rep-success"],
    must_not=COPIED + ["cap-dup"],
    **HEALTHY,
)
