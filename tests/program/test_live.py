#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live capture: what is replayed over a pair of virtual interfaces is told as the saved capture is.

    test_live.py PROGRAM SOURCE_DIR

Makes a network namespace of its own, with one pair (watched, sender) and the loopback, and replays captures with tcpreplay at
their own speed. Ends with 77, "skipped", where namespaces cannot be made (no CAP_SYS_ADMIN or CAP_NET_ADMIN) or tcpreplay is missing.
"""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = ""
SOURCE = pathlib.Path()
IN_NAMESPACE = "SCEPSCOPE_TEST_NAMESPACE"

# Enrolments of several clients, refused and cut ones, lost packets, IPv6, TLS, ICMP, DNS and fragments.
CAPTURES = (
    "http-scepclient-ok",
    "http-strongswan-ok",
    "http-certmonger-get-ok",
    "http-414-httpsys",
    "http-403-operation",
    "cap-gap-reply",
    "cap-gap-request",
    "cap-cut-in-reply",
    "cap-midstream-request",
    "cap-fragment-missing",
    "rep-fail-2-badrequest",
    "net-rst-reply",
    "net-icmp6-admin-prohibited",
    "dns-nxdomain",
    "near/net-ipv6-ok",
    "near/tls12-keylog",
)
# Of the capture, not of what is in it.
OTHERWISE = {"started", "opened", "first", "last", "time", "file", "interface"}
TIMES = re.compile(r"_(ms|s|us)$")
DURATION = re.compile(r"[\d.,]+ (seconds|ms)\b")


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(v) for key, v in value.items() if key not in OTHERWISE and not TIMES.search(key)}
    if isinstance(value, list):
        return [without_times(v) for v in value]
    return DURATION.sub("some time", value) if isinstance(value, str) else value


def said(report):
    """The report in bytes, without times. The server's Date is of the day the capture was made: its clock seems wrong live."""
    parts = {part: report[part] for part in ("connections", "exchanges", "enrolments", "findings")}
    parts["findings"] = [finding for finding in parts["findings"] if finding["id"] != "cap-clock"]
    return json.dumps(without_times(parts), indent=1)


def file_of(name):
    return next(path for path in (SOURCE / "pcaps" / f"{name}{end}" for end in (".pcap", ".pcapng")) if path.exists())


def keys_of(name):
    log = SOURCE / "pcaps" / "keys" / f"{pathlib.Path(name).name}.keylog"
    return ["-K", str(log)] if log.exists() else []


def saved(words):
    return json.loads(run([*words, "-T", "json", "--redact", "none"]).stdout)


def run(words, **more):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, timeout=60, **more)


def replay(name, interface="sender"):
    words = ["tcpreplay", "--quiet", f"--intf1={interface}", str(file_of(name))]
    subprocess.run(words, check=True, capture_output=True, timeout=60)


def frames_of(path, names):
    """(time, frame, name) of the packets of a pcapng, as Ethernet; `names` are those of its interfaces here."""
    data, at, link_types, found = path.read_bytes(), 0, [], []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 1:  # interface description
            link_types.append(struct.unpack_from("<H", data, at + 8)[0])
        elif kind == 6:  # enhanced packet
            interface, high, low, size = struct.unpack_from("<IIII", data, at + 8)
            packet = data[at + 28 : at + 28 + size]
            # The family before each packet (LINKTYPE_NULL) becomes an Ethernet header.
            frame = bytes(12) + b"\x08\x00" + packet[4:] if link_types[interface] == 0 else packet
            found.append(((high << 32) + low, frame, names[interface]))
        at += length
    return found


def packets_of(path):
    """The packets of a pcap."""
    data, at, found = path.read_bytes(), 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return found


def halves(number):
    return [(number + 1) // 2, number // 2]


def in_gre(path, name):
    """(number, frame, name) of the packets of a pcap, each in GRE (RFC 2784), as a mirror port may send them."""
    data, at, found = path.read_bytes(), 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        ethernet, packet = data[at + 16 : at + 30], data[at + 30 : at + 16 + size]
        outer = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 24 + len(packet), 0, 0, 64, 47, 0, b"\n\0\0\1", b"\n\0\0\2")
        found.append((at, ethernet + outer + b"\0\0\x08\0" + packet, name))
        at += 16 + size
    return found


def send(frames):
    """Frames (time, frame, interface) one after the other."""
    sockets = {}
    for _, frame, interface in sorted(frames):
        if interface not in sockets:
            sockets[interface] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sockets[interface].bind((interface, 0))
        sockets[interface].send(frame)
    for one in sockets.values():
        one.close()


def link(words):
    subprocess.run(["ip", "link", *words.split()], check=True)


class Live:
    """The program, once it says that it captures."""

    def __init__(self, *words, **more):
        # pylint: disable=consider-using-with
        self.out = tempfile.TemporaryFile("w+")
        self.run = subprocess.Popen([PROGRAM, *words], stdout=self.out, stderr=subprocess.PIPE, text=True, **more)
        self.said = self.until("capturing on")

    def until(self, part):
        """Reads standard error up to the line that holds `part`."""
        for line in self.run.stderr:
            if part in line:
                return line
        raise RuntimeError(f"ended with {self.run.wait()} before it said '{part}'")

    def end(self, how=signal.SIGTERM):
        """Sends a signal unless it ends by itself; what was printed, and what was said since."""
        if how is not None:
            self.run.send_signal(how)
        rest = self.run.stderr.read()
        self.run.stderr.close()
        self.run.wait(timeout=60)
        self.out.seek(0)
        with self.out:
            return self.out.read(), rest

    def report(self, how=signal.SIGTERM):
        return json.loads(self.end(how)[0])


class Reports(unittest.TestCase):
    maxDiff = 4000

    # A live capture that loses, repeats or reorders packets, or is judged by other rules than a file.
    def test_as_the_file(self):
        for name in CAPTURES:
            with self.subTest(name):
                expected = saved([*keys_of(name), str(file_of(name))])
                live = Live("-i", "watched", "-T", "json", "--redact", "none", *keys_of(name), "ip or ip6 or arp")
                replay(name)
                got = live.report()
                self.assertMultiLineEqual(said(got), said(expected))
                self.assertEqual(got["capture"]["packets"], expected["capture"]["packets"])
                self.assertEqual((got["capture"]["dropped"], live.run.returncode), (0, got["summary"]["exit_status"]))

    # A pipe that is read otherwise than a file.
    def test_as_the_pipe(self):
        for name in CAPTURES:
            with self.subTest(name), open(file_of(name), "rb") as capture:
                piped = run([*keys_of(name), "-T", "json", "--redact", "none", "-"], stdin=capture)
                self.assertMultiLineEqual(
                    said(json.loads(piped.stdout)), said(saved([*keys_of(name), str(file_of(name))]))
                )

    # A built-in filter that leaves out what a diagnosis rests on. Its packets are numbered without those it leaves out.
    def test_builtin_filter(self):
        for name in (
            "http-scepclient-ok",
            "dns-nxdomain",
            "net-icmp6-admin-prohibited",
            "cap-fragment-missing",
            "near/link-vlan",
            "near/link-qinq",
        ):
            with self.subTest(name):
                live = Live("-i", "watched", "-T", "json", "--redact", "none")
                replay(name)
                expected = saved([str(file_of(name))])
                self.assertEqual(
                    [finding["id"] for finding in live.report()["findings"] if finding["id"] != "cap-clock"],
                    [finding["id"] for finding in expected["findings"] if finding["id"] != "cap-clock"],
                )

    # ... or that takes a mirror port's tunnel for something else.
    def test_builtin_filter_tunnel(self):
        path = file_of("http-scepclient-ok")
        live = Live("-i", "watched", "-T", "json", "--redact", "none")
        send(in_gre(path, "sender"))
        self.assertEqual(without_times(live.report()["enrolments"]), without_times(saved([str(path)])["enrolments"]))

    # A filter of the user's that is not passed on, or joined without its blanks.
    def test_own_filter(self):
        live = Live("-i", "watched", "-T", "json", "udp", "or", "tcp", "port", "81")
        replay("http-scepclient-ok")
        self.assertEqual(live.report()["capture"]["packets"], 0)

    # Only one of the interfaces read, or the packets of one told as the other's.
    def test_two_interfaces(self):
        live = Live("-i", "watched", "-i", "lo", "-T", "json")
        self.assertIn("watched, lo", live.said)
        replay("http-scepclient-ok")
        replay("http-strongswan-ok", "lo")
        report = live.report()
        files = {file["path"]: file for file in report["capture"]["files"]}
        self.assertEqual({file["format"] for file in files.values()}, {"live"})
        self.assertEqual(files["watched"]["packets"], saved([str(file_of("http-scepclient-ok"))])["capture"]["packets"])
        self.assertGreater(files["lo"]["packets"], 0)
        self.assertEqual({connection["interface"] for connection in report["connections"]}, {"watched", "lo"})
        frames = [frame for exchange in report["exchanges"] for frame in exchange["frames"]]
        self.assertEqual(len(set(frames)), len(frames))

    # Packets of one connection that pass two cards in turn, told in the order in which they were asked for.
    def test_order_across_interfaces(self):
        for name in ("http-strongswan-ok", "net-rst-reply", "near/tls12-keylog"):
            with self.subTest(name):
                path = file_of(name)
                words = [*keys_of(name), "-T", "json", "--redact", "none"]
                live = Live("-i", "watched", "-i", "watched2", *words, "ip or ip6 or arp")
                frames = packets_of(path)
                send([(at, frame, ("sender", "sender2")[at % 2]) for at, frame in enumerate(frames)])
                got, expected = live.report(), saved([*keys_of(name), str(path)])
                for part in ("connections", "exchanges", "enrolments"):
                    self.assertEqual(without_times(got[part]), without_times(expected[part]))
                self.assertEqual([file["packets"] for file in got["capture"]["files"]], halves(len(frames)))

    # Secrets that are written after the packets they open.
    def test_late_secrets(self):
        log = pathlib.Path("late-secrets")
        log.touch()
        live = Live("-i", "watched", "-K", str(log), "-T", "json", "--redact", "none", "-l")
        replay("near/tls12-keylog")
        secrets = (SOURCE / "pcaps/keys/tls12-keylog.keylog").read_bytes()
        log.write_bytes(secrets[:-30])
        with open(log, "ab") as rest:
            rest.write(secrets[-30:])
        live.until("PKCSReq")
        expected = saved(["-K", str(log), str(file_of("near/tls12-keylog"))])
        self.assertEqual(without_times(live.report()["exchanges"]), without_times(expected["exchanges"]))

    # A policy module's call on the loopback that is not seen as part of the enrolment on the network card.
    def test_policy_on_loopback(self):
        path = file_of("policy-500")
        live = Live("-i", "watched", "-i", "lo", "-T", "json", "--redact", "none")
        send(frames_of(path, ("sender", "lo")))
        got, expected = live.report(), saved([str(path)])
        self.assertEqual(without_times(got["enrolments"]), without_times(expected["enrolments"]))
        self.assertTrue(got["enrolments"][0]["policy_exchanges"])
        self.assertEqual(got["findings"][0]["id"], "policy-500")
        self.assertTrue(got["capture"]["loopback"])

    # Every packet is there twice when an interface is named besides "any": told twice.
    def test_any_besides(self):
        live = Live("-i", "watched", "-i", "any", "-T", "json", "--redact", "none")
        replay("http-scepclient-ok")
        report = live.report()
        expected = saved([str(file_of("http-scepclient-ok"))])
        self.assertEqual(len(report["exchanges"]), len(expected["exchanges"]))
        self.assertEqual(
            [enrolment["outcome"] for enrolment in report["enrolments"]],
            [enrolment["outcome"] for enrolment in expected["enrolments"]],
        )


class Running(unittest.TestCase):
    # A line that comes only with the report, or tells another outcome.
    def test_lines(self):
        live = Live("-i", "watched", "-o", "report.json", "--force")
        replay("http-scepclient-ok")
        for operation in ("GetCACert", "GetCACaps", "PKCSReq"):
            self.assertRegex(live.until(operation), r"^\d\d:\d\d:\d\d\.\d{3}  10\.\S+ > 10\.\S+  .*: 200.*  ok$")
        live.end()
        report = json.loads(pathlib.Path("report.json").read_text(encoding="utf-8"))
        self.assertEqual(len(report["exchanges"]), 3)

    # -q that talks, or keeps quiet about the report.
    def test_quiet(self):
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [PROGRAM, "-q", "-i", "watched", "-c", "19"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while process.poll() is None:  # it does not say when it is ready
            replay("http-scepclient-ok")
        out, err = process.communicate(timeout=60)
        self.assertEqual(err, "")
        self.assertTrue(out.startswith("scepscope "), out[:100])

    # A status line in a pipe; one that stays on the terminal, or does not show the packets.
    def test_terminal(self):
        master, slave = pty.openpty()
        live = subprocess.Popen(  # pylint: disable=consider-using-with
            [PROGRAM, "-i", "watched", "-o", "report.txt", "--force"], stdout=slave, stderr=slave
        )
        os.close(slave)
        shown = b""
        while b"19 packets, none dropped, 3 exchanges, 0 failed" not in shown:
            new = os.read(master, 4096)
            if b"0 packets" in new and b"0 packets" not in shown:
                replay("http-scepclient-ok")
            shown += new
        live.terminate()
        try:
            while new := os.read(master, 4096):
                shown += new
        except OSError:  # what Linux says at the end of a terminal
            pass
        os.close(master)
        self.assertEqual(live.wait(timeout=60), 0)
        self.assertNotIn(b" packets, ", shown[shown.rindex(b"\r\x1b[K") :], shown[-200:])

    # Counters that are not told when asked, or end the program.
    def test_counters(self):
        live = Live("-i", "watched", "-i", "lo", "-T", "json")
        replay("http-scepclient-ok")
        live.until("PKCSReq")
        live.run.send_signal(signal.SIGUSR1)
        self.assertRegex(
            live.until("packets"),
            r"^scepscope: 19 packets, none dropped, 3 exchanges, 0 failed, (1 enrolment .*, )?\d+ MiB$",
        )
        self.assertEqual(len(live.report(signal.SIGINT)["exchanges"]), 3)

    # Packets that the kernel dropped are told of nowhere, or leave the evidence complete.
    def test_drops(self):
        live = Live("-i", "watched", "-B", "1", "-T", "json", "tcp port 81 or tcp port 80")
        live.run.send_signal(signal.SIGSTOP)
        words = ["tcpreplay", "--quiet", "--topspeed", "--loop=100", "--intf1=sender", str(file_of("mixed-devices"))]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
        live.run.send_signal(signal.SIGCONT)
        report = live.report()
        dropped = report["capture"]["dropped"]
        self.assertGreater(dropped, 0)
        self.assertEqual(report["capture"]["files"][0]["dropped"], dropped)
        self.assertFalse(report["summary"]["evidence_complete"])
        self.assertRegex(report["not_visible"][0], r"^[\d,]+ packets? (was|were) dropped while capturing")

    # An interface that goes away ends the capture, is not told of, or is never found again.
    def test_interface_goes_and_comes(self):
        link("add shortlived type veth peer name other")
        link("set shortlived up")
        live = Live("-i", "watched", "-i", "shortlived", "-T", "json")
        link("set shortlived down")
        self.assertIn("shortlived is down", live.until("shortlived"))
        link("set shortlived up")
        self.assertIn("shortlived is up again", live.until("shortlived"))
        link("delete shortlived")
        self.assertIn("shortlived went away", live.until("shortlived"))
        link("add shortlived type veth peer name other")
        link("set shortlived up")
        self.assertIn("shortlived is back", live.until("shortlived"))
        replay("http-scepclient-ok")
        report = live.report()
        link("delete shortlived")
        self.assertEqual(len(report["exchanges"]), 3)
        self.assertEqual([file["complete"] for file in report["capture"]["files"]], [True, False])
        self.assertEqual(live.run.returncode, 3)


class Ends(unittest.TestCase):
    # A program that waits for a packet before it looks at signals.
    def test_quiet_interface(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            live = Live("-i", "watched", "-T", "json")
            begun = time.monotonic()
            self.assertEqual(live.report(how)["capture"]["packets"], 0)
            self.assertLess(time.monotonic() - begun, 2)
            self.assertEqual(live.run.returncode, 0)

    # A duration that counts from the first packet, or is checked only when one comes.
    def test_duration(self):
        begun = time.monotonic()
        live = Live("-i", "watched", "-a", "duration:1", "-T", "json")
        live.report(None)
        self.assertGreaterEqual(time.monotonic() - begun, 1)
        self.assertLess(time.monotonic() - begun, 5)

    # A count that is passed, or counted for each interface.
    def test_count(self):
        for words in (["-c", "5"], ["-a", "packets:5"]):
            live = Live("-i", "watched", "-i", "lo", *words, "-T", "json")
            replay("http-scepclient-ok")
            self.assertEqual(live.report(None)["capture"]["packets"], 5)

    # A snap length that is not set, or whose cuts are not told.
    def test_snap_length(self):
        live = Live("-i", "watched", "-s", "96", "-T", "json")
        replay("http-scepclient-ok")
        report = live.report()
        self.assertGreater(report["capture"]["cut_packets"], 0)
        self.assertEqual(report["capture"]["interfaces"][0]["snap_length"], 96)

    # A reader of the lines that went away leaves a program that captures for nobody.
    def test_reader_goes_away(self):
        read, write = os.pipe()
        live = subprocess.Popen(  # pylint: disable=consider-using-with
            [PROGRAM, "-i", "watched"], stdout=write, stderr=subprocess.PIPE, text=True
        )
        os.close(write)
        live.stderr.readline()
        os.close(read)
        replay("http-scepclient-ok")
        self.assertEqual(live.wait(timeout=60), 0)
        self.assertEqual(live.stderr.read(), "")
        live.stderr.close()


class Refusals(unittest.TestCase):
    def refused(self, words, *parts, **more):
        done = run(words, **more)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    # An error that does not name the thing, or does not say what to do.
    def test_cannot_open(self):
        self.refused(["-i", "nope0"], "nope0", "scepscope -D")
        self.refused(["-i", "watched", "-i", "nope0"], "nope0")
        self.refused(["-i", "watched", "tcp", "port"], "'tcp port'", "watched")
        link("add asleep type veth")
        self.refused(["-i", "asleep"], "asleep is down", "ip link set asleep up")
        link("delete asleep")

    # A message that leaves the administrator to find out which capabilities it takes.
    def test_permission(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            own = shutil.copy(PROGRAM, folder)  # nobody may not reach the build folder
            done = subprocess.run([own, "-i", "watched"], capture_output=True, text=True, check=False, user=65534)
        self.assertEqual(done.returncode, 2)
        self.assertIn("setcap cap_net_raw,cap_net_admin=ep", done.stderr)

    # A list without the loopback, its state or its address.
    def test_list(self):
        done = run(["-D"])
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^lo +up, loopback, 127\.0\.0\.1")
        self.assertRegex(done.stdout, r"(?m)^any +")


def prepare():
    """Two ends of one cable, on which nobody but tcpreplay sends."""
    pathlib.Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1", encoding="ascii")
    link("add watched type veth peer name sender")
    link("add watched2 type veth peer name sender2")
    for name in ("watched", "sender", "watched2", "sender2"):
        link(f"set {name} mtu 65535 up")
    link("set lo up")


def main():
    global PROGRAM, SOURCE  # pylint: disable=global-statement
    PROGRAM, SOURCE = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    if IN_NAMESPACE not in os.environ:
        possible = subprocess.run(["unshare", "--net", "ip", "link", "add", "watched", "type", "veth"], check=False)
        if possible.returncode != 0 or shutil.which("tcpreplay") is None:
            print("skipped: a network namespace and tcpreplay are needed; run as root")
            sys.exit(77)
        os.environ[IN_NAMESPACE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        passed = unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False).result.wasSuccessful()
        os.chdir("/")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
