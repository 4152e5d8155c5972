# SPDX-License-Identifier: Apache-2.0
"""A network of three namespaces (device, router, server) with a tcpdump at one of its interfaces.

Nothing waits for a fixed time: tcpdump says when it listens, servers are awaited at their port, and a capture ends
when a marker datagram sent after the last packet has itself been captured (it is removed again).
"""
import ctypes
import fcntl
import itertools
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import capfile

DEVICE, OTHER_DEVICE, SERVER = "10.5.14.7", "10.5.14.22", "10.5.1.4"
DEVICE6, SERVER6 = "fd05:e::7", "fd05:1::4"
FILTER = (
    "tcp or icmp or (ip6 and ip6[6] == 58 and ip6[40] < 128) or (ip[6:2] & 0x3fff != 0) or udp port 53 or udp port 443"
    " or udp port 9"
)
MARKER = b"end of capture"
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
OFFLOADS = (0x15, 0x17, 0x1F, 0x23, 0x25, 0x2C)  # rx/tx checksum stay; sg, tso, ufo, gso, gro off
_numbers = itertools.count()


def run(*args, check=True, **options):
    done = subprocess.run([str(arg) for arg in args], capture_output=True, check=False, **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, args))}: {done.stderr.decode(errors='replace')}")
    return done


def wait_for(condition, what, limit=30):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)


class Lab:
    """Interfaces dev0 - rtr0, the device and its router; rtr1 - srv0, the router and the server."""

    def __init__(self, mtu=1500):
        prefix = f"scs{os.getpid() % 10000}-{next(_numbers)}"
        self.ns = {part: f"{prefix}-{part}" for part in ("dev", "rtr", "srv")}
        self.folder = Path(tempfile.mkdtemp(prefix="pcapgen-"))
        self.processes = []
        for name in self.ns.values():
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        self._join("dev", "dev0", "rtr", "rtr0", mtu)
        self._join("srv", "srv0", "rtr", "rtr1", mtu)
        for part, link, addresses in (
            ("dev", "dev0", (DEVICE, OTHER_DEVICE, DEVICE6)),
            ("srv", "srv0", (SERVER, SERVER6)),
            ("rtr", "rtr0", ("10.5.14.1", "fd05:e::1")),
            ("rtr", "rtr1", ("10.5.1.1", "fd05:1::1")),
        ):
            for address in addresses:
                extra = ("/64", "nodad") if ":" in address else ("/24",)
                self.ip(part, "addr", "add", address + extra[0], "dev", link, *extra[1:])
        for part, gateways in (("dev", ("10.5.14.1", "fd05:e::1")), ("srv", ("10.5.1.1", "fd05:1::1"))):
            for gateway in gateways:
                self.ip(part, *(("-6",) if ":" in gateway else ()), "route", "add", "default", "via", gateway)
        self.sysctl("rtr", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0")

    def _join(self, left, left_if, right, right_if, mtu):
        run(
            "ip",
            "-n",
            self.ns[left],
            "link",
            "add",
            left_if,
            "mtu",
            mtu,
            "type",
            "veth",
            "peer",
            "name",
            right_if,
            "mtu",
            mtu,
            "netns",
            self.ns[right],
        )
        for number, (part, link) in enumerate(((left, left_if), (right, right_if))):
            mac = f"02:05:{len(left_if):02x}:{ord(left_if[0]):02x}:00:0{number + 1}"
            self.ip(part, "link", "set", link, "address", mac)
            self.sysctl(part, f"net.ipv6.conf.{link}.accept_dad=0", f"net.ipv6.conf.{link}.router_solicitations=0")
            self._no_offload(part, link)
            self.ip(part, "link", "set", link, "up")

    def _no_offload(self, part, link):
        def switch_off():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for command in OFFLOADS:
                    value = ctypes.create_string_buffer(struct.pack("II", command, 0))
                    try:
                        fcntl.ioctl(sock, SIOCETHTOOL, struct.pack("16sQ", link.encode(), ctypes.addressof(value)))
                    except OSError:
                        pass  # not every kernel has every switch

        self.inside(part, switch_off)

    def ip(self, part, *args):
        return run("ip", "-n", self.ns[part], *args)

    def nft(self, part, *rules):
        """Rules as (hook, rule) with hook one of forward, input, output; each counts what it hit."""
        chains = "".join(
            f"chain {hook} {{ type filter hook {hook} priority 0\n"
            + "".join(f"{rule}\n" for where, rule in rules if where == hook)
            + "}\n"
            for hook in ("forward", "input", "output")
        )
        self.exec(part, "nft", "-f", "-", check=True, input=f"table inet t {{\n{chains}}}\n".encode())

    def nft_hits(self, part):
        """How many packets the counters of the rules have seen."""
        listing = self.exec(part, "nft", "list", "ruleset").stdout.decode()
        return sum(int(number) for number in re.findall(r"counter packets (\d+)", listing))

    def nft_clear(self, part):
        run("ip", "netns", "exec", self.ns[part], "nft", "flush", "ruleset")

    def sysctl(self, part, *settings, check=True):
        run("ip", "netns", "exec", self.ns[part], "sysctl", "-q", *settings, check=check)

    def inside(self, part, function):
        """Call function with this thread's sockets in a namespace."""
        result = []

        def body():
            with open(f"/run/netns/{self.ns[part]}", encoding="ascii") as handle:
                if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            result.append(function())

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        return result[0]

    def exec(self, part, *args, check=False, **options):
        return run("ip", "netns", "exec", self.ns[part], *args, check=check, **options)

    def start(self, part, *args, **options):
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.ns[part], *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.DEVNULL),
            stderr=options.pop("stderr", subprocess.DEVNULL),
            **options,
        )
        self.processes.append(process)
        return process

    def wait_port(self, part, port):
        def listening():
            return f":{port} " in self.exec(part, "ss", "-Hltn").stdout.decode()

        wait_for(listening, f"nothing listens on port {port}")

    def curl(self, *args, source=DEVICE, check=False):
        return self.exec("dev", "curl", "-sS", "-o", "/dev/null", "--interface", source, "-m", "60", *args, check=check)

    def _quiet(self):
        states = ("established", "syn-sent", "syn-recv", "fin-wait-1", "close-wait", "last-ack", "closing")
        return not any(
            self.exec(part, "ss", "-Htn", *(word for s in states for word in ("state", s))).stdout.strip()
            for part in ("dev", "srv")
        )

    @contextmanager
    def capture(self, where="srv0", snaplen=262144, settle=True, filter_words=""):
        """Captures while the body runs; yields a list that holds the packets afterwards."""
        part = {"srv0": "srv", "lo": "srv", "dev0": "dev"}.get(where, "rtr")
        path = self.folder / f"{where}-{next(_numbers)}.pcap"
        words = f"({FILTER}) and ({filter_words} or udp port 9)" if filter_words else FILTER
        dump = self.start(
            part,
            "tcpdump",
            "-i",
            where,
            "-w",
            path,
            "-U",
            "--immediate-mode",
            "-s",
            snaplen,
            "-Z",
            "root",
            words,
            stderr=subprocess.PIPE,
        )
        while b"listening on" not in dump.stderr.readline():
            if dump.poll() is not None:
                raise RuntimeError("tcpdump did not start")
        packets = []
        yield packets
        if settle:
            wait_for(self._quiet, "connections did not end", 40)

        def mark():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                target = {
                    "dev0": "10.5.14.1",
                    "srv0": "10.5.1.1",
                    "rtr0": DEVICE,
                    "rtr1": SERVER,
                    "any": DEVICE,
                    "lo": SERVER,
                }[where]
                sock.sendto(MARKER, (target, 9))

        self.inside(part, mark)
        wait_for(lambda: MARKER in path.read_bytes(), "marker not captured")
        dump.terminate()
        dump.wait()
        packets += [p for p in capfile.read(path) if MARKER not in p.data]

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.wait()
        for name in self.ns.values():
            run("ip", "netns", "del", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
