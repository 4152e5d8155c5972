#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program as its users call it: exit status, standard output and error, files, signals.

    test_cli.py PATH_TO_scepscope SOURCE_DIR

Captures are made here, so that each test shows what it needs. With the Python package jsonschema
every JSON report is also held against docs/report.schema.json.
"""
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

PROGRAM = ""
SOURCE = pathlib.Path()
T0 = 1795166042  # 2026-11-20T09:14:02Z
CLIENT, SERVER = "10.5.14.7", "10.5.1.4"
CAPS = b"POSTPKIOperation\nRenewal\nSHA-256\nAES\n"
CAPS_TARGET = b"/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetCACaps&message=x"


# ---- captures -------------------------------------------------------------------------------------


def ip(text):
    return bytes(int(part) for part in text.split("."))


class Conversation:
    """One TCP connection over Ethernet; payloads go out in segments of 1,400 bytes, each acknowledged."""

    def __init__(self, client=CLIENT, server=SERVER, port=80, client_port=50000, at=0.0):
        self.ends = {True: (client, client_port), False: (server, port)}
        self.seq = {True: 1000, False: 9000}
        self.at = at
        self.packets = []

    def segment(self, from_client, flags, payload=b""):
        (src, sport), (dst, dport) = self.ends[from_client], self.ends[not from_client]
        tcp = struct.pack(
            ">HHIIBBHHH", sport, dport, self.seq[from_client], self.seq[not from_client] if flags & 0x10 else 0, 0x50, flags, 64240, 0, 0
        )
        length = 20 + len(tcp) + len(payload)
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, len(self.packets), 0x4000, 64, 6, 0, ip(src), ip(dst))
        self.packets.append((self.at, b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + head + tcp + payload))
        self.seq[from_client] += len(payload) + (1 if flags & 0x03 else 0)
        self.at += 0.001

    def open(self):
        self.segment(True, 0x02)
        self.segment(False, 0x12)
        self.segment(True, 0x10)
        return self

    def send(self, from_client, data):
        for i in range(0, len(data), 1400):
            self.segment(from_client, 0x18, data[i : i + 1400])
            self.segment(not from_client, 0x10)
        return self

    def close(self):
        self.segment(True, 0x11)
        self.segment(False, 0x11)
        self.segment(True, 0x10)
        return self

    def exchange(self, request, reply):
        return self.send(True, request).send(False, reply)


def get(target, host=b"ndes.contoso.com", agent=b"test"):
    return b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\nUser-Agent: " + agent + b"\r\n\r\n"


def reply(status, body, content_type=b"text/plain"):
    head = b"HTTP/1.1 %d X\r\nServer: Microsoft-IIS/10.0\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (status, content_type, len(body)) + body


def pcap(*conversations):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for at, data in sorted((p for c in conversations for p in c.packets), key=lambda p: p[0]):
        out += struct.pack("<IIII", T0 + int(at), round(at % 1 * 1e6), len(data), len(data)) + data
    return out


def healthy(**kwargs):
    return Conversation(**kwargs).open().exchange(get(CAPS_TARGET), reply(200, CAPS)).close()


def refused_by_httpsys(**kwargs):
    """HTTP.sys answers 414 to a long request: an error whatever else is seen."""
    target = b"/certsrv/mscep/mscep.dll?operation=PKIOperation&message=" + b"MIIQ" * 5000
    page = b"<HTML><BODY><h2>Request URL Too Long</h2><hr><p>HTTP Error 414. The request URL is too long.</p></BODY></HTML>"
    answer = b"HTTP/1.1 414 Request-URI Too Long\r\nContent-Type: text/html; charset=us-ascii\r\nServer: Microsoft-HTTPAPI/2.0\r\n"
    answer += b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(page) + page
    return Conversation(**kwargs).open().exchange(get(target), answer).close()


def client_hello():
    name = b"ndes.contoso.com"
    sni = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\xc0\x2f" + b"\x01\x00" + struct.pack(">H", len(sni)) + sni
    handshake = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake


def encrypted():
    talk = Conversation(port=443).open().send(True, client_hello())
    talk.send(False, b"\x16\x03\x03\x00\x20" + bytes(32)).send(True, b"\x17\x03\x03\x0b\xb8" + bytes(3000))
    return talk.send(False, b"\x17\x03\x03\x00\x64" + bytes(100)).close()


# ---- tests ----------------------------------------------------------------------------------------


class Cli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def file(self, content, name="a.pcap"):
        path = self.dir / name
        path.write_bytes(content)
        return str(path)

    def run_it(self, *args, status=None, **kwargs):
        env = dict(os.environ, LC_ALL="C.UTF-8", TZ="Asia/Tokyo", **kwargs.pop("env", {}))
        done = subprocess.run([PROGRAM, *args], capture_output=True, timeout=120, env=env, cwd=self.dir, **kwargs)
        if status is not None:
            self.assertEqual(done.returncode, status, (args, done.stdout[-2000:], done.stderr[-2000:]))
        return done

    def text(self, *args, **kwargs):
        return self.run_it(*args, **kwargs).stdout.decode()

    def json(self, *args, **kwargs):
        report = json.loads(self.run_it("-T", "json", *args, **kwargs).stdout)
        self.check_schema(report)
        return report

    def check_schema(self, report):
        if jsonschema is not None:
            schema = json.loads((SOURCE / "docs/report.schema.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(report)

    def refused(self, *args, part):
        """Exit status 2, and one sentence on standard error that names the thing."""
        done = self.run_it(*args, status=2)
        self.assertEqual(done.stdout, b"")
        said = done.stderr.decode()
        self.assertTrue(said.startswith("scepscope: ") and said.endswith("\n") and said.count("\n") == 1, said)
        self.assertIn(part, said)


class Information(Cli):
    def test_version(self):
        self.assertRegex(self.text("-V", status=0), r"^scepscope [0-9]+\.[0-9]+\.[0-9]+\n$")
        self.assertEqual(self.text("-V"), self.text("--version"))

    def test_help_fits_a_terminal_and_names_every_option(self):
        shown = self.text("-h", status=0)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)
        contract = "-r -i -D -f -w -b -a -c -s -B -p -Z -l -k --key-pass -K --keylog --log --server --path -T -o --bundle --redact"
        for option in (contract + " --lang --fail-on --color -q -v -V -h --explain --list-findings").split():
            self.assertRegex(shown, r"(?m)^ +(-\w, )?" + re.escape(option) + r"\b")

    def test_findings_are_listed_and_explained(self):
        lines = self.text("--list-findings", status=0).splitlines()
        ids = [line.split()[0] for line in lines]
        self.assertIn("http-414", ids)
        self.assertEqual(len(ids), len(set(ids)))
        shown = self.text("--explain", "HTTP-414", status=0)
        self.assertTrue(shown.startswith("http-414"))
        for part in ("Fix", "Likely causes", "Reference"):
            self.assertIn(part, shown)
        for name in ids:
            self.run_it("--explain", name, status=0)
        self.refused("--explain", "no-such-thing", part="--list-findings")


class Usage(Cli):
    def test_mistakes(self):
        capture = self.file(pcap(healthy()))
        self.refused(part="no capture is named; give a file, or - for standard input; try scepscope -h")
        self.refused("--nonsense", capture, part="--nonsense")
        self.refused("-r", part="-r needs an argument")
        self.refused("-T", "yaml", capture, part="yaml")
        self.refused("-f", "no such filter (", capture, part="filter")
        self.refused("--server", "ndes.invalid", capture, part="address")

    def test_what_later_versions_do(self):
        capture = self.file(pcap(healthy()))
        for args in (["--log", "x"],):
            self.refused(*args, capture, part="in this version yet")
        self.refused("--lang", "fr", capture, part="not in this version")

    def test_files_that_are_none(self):
        self.refused("missing.pcap", part="missing.pcap")
        self.refused(str(self.dir), part="directory")
        self.refused(self.file(b""), part="a.pcap")
        self.refused(self.file(b"#Software: Microsoft Internet Information Services 10.0\n", "u_ex.log"), part="u_ex.log")

    def test_hostile_file_name_is_escaped(self):
        done = self.run_it("\x1b[31m.pcap", status=2)
        self.assertNotIn(b"\x1b", done.stderr)


class Reports(Cli):
    def test_healthy(self):
        capture = self.file(pcap(healthy()))
        report = self.json(capture, status=0)
        self.assertEqual(report["schema"], "scepscope/report/1")
        self.assertEqual(report["summary"]["verdict"], "ok")
        self.assertEqual(report["capture"]["first"], "2026-11-20T09:14:02.000000Z")
        self.assertEqual(len(report["capture"]["files"][0]["sha256"]), 64)
        (exchange,) = report["exchanges"]
        self.assertEqual(exchange["operation"], "GetCACaps")
        self.assertEqual(exchange["frames"], [4, 6])
        self.assertEqual(exchange["http"]["status"], 200)
        self.assertEqual(exchange["http"]["target"], CAPS_TARGET.decode())
        self.assertEqual(exchange["scep"]["capabilities"], CAPS.decode().split())
        self.assertIn("OK  ", self.text(capture, status=0))

    def test_failure(self):
        capture = self.file(pcap(healthy(), refused_by_httpsys(client_port=50001, at=1)))
        report = self.json(capture, status=1)
        self.assertEqual(report["summary"]["verdict"], "problems")
        self.assertEqual(report["summary"]["exit_status"], 1)
        finding = report["findings"][0]
        self.assertEqual(finding["severity"], "error")
        self.assertRegex(finding["display_filter"], r"^frame\.number in \{[0-9.,]+\}$")
        shown = self.text(capture, status=1)
        self.assertTrue(shown.splitlines()[2].startswith("PROBLEMS  "))
        self.assertIn("ERROR  " + finding["id"], shown)
        self.assertIn(finding["display_filter"], shown)
        self.assertTrue(shown.endswith("Exit status 1\n"))

    def test_fail_on(self):
        bad = self.file(pcap(refused_by_httpsys()))
        self.run_it("--fail-on", "never", bad, status=0)
        self.run_it("--fail-on", "warning", bad, status=1)
        self.run_it("--fail-on", "info", bad, status=1)

    def test_nothing(self):
        web = Conversation().open().exchange(get(b"/index.html"), reply(200, b"hello")).close()
        report = self.json(self.file(pcap(web)), status=0)
        self.assertEqual(report["summary"]["verdict"], "nothing")
        self.assertEqual(report["exchanges"], [])
        report = self.json(self.file(pcap()), status=0)
        self.assertEqual(report["summary"]["verdict"], "nothing")
        self.assertNotIn("first", report["capture"])

    def test_blind(self):
        capture = self.file(pcap(encrypted()))
        report = self.json("--server", SERVER + ":443", capture, status=3)
        self.assertEqual(report["summary"]["verdict"], "blind")
        self.assertIs(report["connections"][0]["tls"]["decrypted"], False)
        self.assertIn("BLIND  ", self.text("--server", SERVER, capture, status=3))

    def test_cut_file(self):
        whole = pcap(healthy(), healthy(client_port=50001, at=1))
        report = self.json(self.file(whole[:-30]), status=3)
        self.assertIs(report["capture"]["files"][0]["complete"], False)
        self.assertTrue(report["capture"]["problems"])
        self.assertIn("CANNOT SHOW", self.text("a.pcap", status=3))

    def test_every_cut_gives_valid_json(self):
        whole = pcap(refused_by_httpsys())
        for length in range(24, len(whole), 997):
            done = self.run_it("-T", "json", self.file(whole[:length]))
            self.assertIn(done.returncode, (0, 1, 3), done.stderr)
            self.check_schema(json.loads(done.stdout))

    def test_several_files(self):
        a = self.file(pcap(healthy()), "a.pcap")
        b = self.file(pcap(refused_by_httpsys(client_port=50001, at=1)), "b.pcap")
        report = self.json(b, a, status=1)
        self.assertEqual([x["file"] for x in report["exchanges"]], [a, b])
        self.assertEqual(report["findings"][0]["file"], b)

    def test_standard_input(self):
        capture = pcap(healthy())
        report = json.loads(self.run_it("-T", "json", "-", input=capture, status=0).stdout)
        self.assertEqual(report["capture"]["files"][0]["path"], "-")
        self.assertEqual(len(report["exchanges"]), 1)

    def test_count_and_filter(self):
        capture = self.file(pcap(healthy(), healthy(client_port=50001, at=1)))
        self.assertEqual(self.json("-c", "3", capture)["capture"]["packets"], 3)
        self.assertEqual(len(self.json("-f", "port 50001", capture)["exchanges"]), 1)

    def test_path(self):
        page = Conversation().open().exchange(get(b"/enrol/start"), reply(200, b"hello")).close()
        capture = self.file(pcap(page))
        self.assertEqual(self.json(capture)["exchanges"], [])
        self.assertEqual(len(self.json("--path", "/enrol", capture)["exchanges"]), 1)

    def test_same_input_same_bytes(self):
        capture = self.file(pcap(healthy(client="198.51.100.7"), refused_by_httpsys(client_port=50001, at=1)))
        for args in (["-T", "json"], ["-v"]):
            self.assertEqual(self.run_it(*args, capture).stdout, self.run_it(*args, capture).stdout)

    def test_hostile_bytes(self):
        evil = b"\x1b]0;x\x07\xff\xe2\x80\xa8\"\\<script>"
        talk = Conversation().open().exchange(get(CAPS_TARGET, host=evil, agent=evil), reply(200, evil * 3)).close()
        capture = self.file(pcap(talk))
        self.json(capture)
        for args in ([], ["-v"], ["--redact", "none", "-v"]):
            shown = self.run_it(*args, capture).stdout
            self.assertNotRegex(shown, rb"[\x00-\x09\x0b-\x1f\x7f\xff]|\xe2\x80\xa8")


class Hiding(Cli):
    def test_one_address_one_token(self):
        capture = self.file(pcap(healthy(client="198.51.100.7"), refused_by_httpsys(client="198.51.100.7", client_port=50001, at=1)))
        report = self.json(capture)
        clients = {x["client"].split(":")[0] for x in report["exchanges"]}
        self.assertEqual(len(clients), 1)
        (token,) = clients
        self.assertRegex(token, r"^ip-[0-9a-f]{8}$")
        shown = self.text("-v", capture)
        self.assertIn(token, shown)
        for output in (json.dumps(report), shown):
            self.assertNotIn("198.51.100.7", output)
        self.assertIn("198.51.100.7", self.text("-v", "--redact", "none", capture))

    def test_strict_hides_hosts_and_targets(self):
        capture = self.file(pcap(healthy(), refused_by_httpsys(client_port=50001, at=1)))
        output = json.dumps(self.json("--redact", "strict", capture)) + self.text("--redact", "strict", "-v", capture)
        for secret in ("contoso", CLIENT, SERVER + ":", "pkiclient.exe?"):
            self.assertNotIn(secret, output)

    def test_admin_page_password(self):
        page = "The enrollment challenge password is: <B> 0123456789ABCDEF </B>".encode("utf-16-le")
        talk = Conversation().open().exchange(get(b"/certsrv/mscep_admin/"), reply(200, page, b"text/html")).close()
        capture = self.file(pcap(talk))
        for level in ("none", "secrets", "standard", "strict"):
            output = self.run_it("-T", "json", "--redact", level, capture).stdout + self.run_it("-v", "--redact", level, capture).stdout
            self.assertNotIn(b"0123456789ABCDEF", output)


    def test_no_device_of_real_captures_is_named(self):
        """Whatever stands in a certificate of a device at --redact none stands nowhere in the default reports."""
        captures = [c for part in ("demo", "rep-", "policy-", "http-") for c in sorted((SOURCE / "pcaps").glob(part + "*.pcap*"))]
        named = 0
        for capture in map(str, captures):
            bare = json.loads(self.run_it("-T", "json", "--redact", "none", capture).stdout)
            names = self.names_of_devices(bare)
            named += len(names)
            for output in (self.text("-T", "json", capture), self.text("-v", capture)):
                for name in names:
                    self.assertNotIn(name, output, capture)
        self.assertTrue(named or not captures)

    def names_of_devices(self, report):
        messages = [x.get("scep", {}) for x in report["exchanges"]]
        authorities = " ".join(c.get("subject", "") for m in messages for c in m.get("ca_certificates", []))
        certificates = [m["request"]["signer"] for m in messages if "signer" in m.get("request", {})]
        for certificate in (c for m in messages for c in m.get("reply", {}).get("certificates", [])):
            if certificate.get("role", "leaf") == "leaf" and "ca" not in certificate:
                certificates.append(certificate)
        values = [v for c in certificates for v in re.findall(r"(?:CN|E|UID|serialNumber)=([^,+]+)", c.get("subject", ""))]
        values += [san.split(":", 1)[1] for c in certificates for san in c.get("sans", [])]
        return {v for v in values if len(v) > 3 and v not in authorities}


class Outputs(Cli):
    def test_files_by_extension(self):
        capture = self.file(pcap(healthy()))
        done = self.run_it("-o", "r.json", "-o", "r.txt", capture, status=0)
        self.assertEqual(done.stdout, b"")
        self.check_schema(json.loads((self.dir / "r.json").read_text()))
        self.assertIn("OK  ", (self.dir / "r.txt").read_text())
        for name in ("r.json", "r.txt"):
            self.assertEqual(stat.S_IMODE((self.dir / name).stat().st_mode), 0o600)
        self.assertEqual(sorted(os.listdir(self.dir)), ["a.pcap", "r.json", "r.txt"])

    def test_standard_output_beside_files(self):
        capture = self.file(pcap(healthy()))
        shown = self.run_it("-T", "json", "-o", "r.json", capture, status=0).stdout
        self.assertEqual(shown, (self.dir / "r.json").read_bytes())

    def test_nothing_is_overwritten_unasked(self):
        capture = self.file(pcap(healthy()))
        (self.dir / "r.txt").write_text("mine")
        self.refused("-o", "r.txt", capture, part="--force")
        self.assertEqual((self.dir / "r.txt").read_text(), "mine")
        self.run_it("--force", "-o", "r.txt", capture, status=0)
        self.assertIn("OK  ", (self.dir / "r.txt").read_text())

    def test_nothing_is_left_behind(self):
        self.refused("-o", "r.txt", "-o", "no/such/folder/r.json", self.file(pcap(healthy())), part="no/such/folder/r.json")
        self.refused("-o", "r.txt", "missing.pcap", part="missing.pcap")
        self.assertEqual(os.listdir(self.dir), ["a.pcap"])

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_full_disk(self):
        capture = self.file(pcap(healthy()))
        for args in ([capture], ["-T", "json", capture], ["-h"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *args], stdout=full, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"standard output could not be written", done.stderr)

    def test_reader_that_goes_away(self):
        talks = [healthy(client_port=40000 + i, at=float(i)) for i in range(300)]
        capture = self.file(pcap(*talks))
        program = subprocess.Popen([PROGRAM, "-T", "json", capture], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        program.stdout.read(10)
        program.stdout.close()
        self.assertEqual(program.stderr.read(), b"")
        program.stderr.close()
        self.assertIn(program.wait(60), (0, 1, 3))


class Terminal(Cli):
    def test_colours(self):
        capture = self.file(pcap(healthy()))
        self.assertNotIn(b"\x1b", self.run_it(capture).stdout)
        self.assertIn(b"\x1b[", self.run_it("--color", "always", capture).stdout)
        self.assertNotIn(b"\x1b", self.run_it("--color", "always", "-T", "json", capture).stdout)
        self.run_it("--color", "always", "-o", "r.txt", capture, status=0)
        self.assertNotIn("\x1b", (self.dir / "r.txt").read_text())

    def test_terminal_and_no_color(self):
        capture = self.file(pcap(healthy()))
        self.assertIn(b"\x1b[32m", self.on_terminal(capture, TERM="xterm"))
        self.assertNotIn(b"\x1b", self.on_terminal(capture, TERM="xterm", NO_COLOR="1"))
        self.assertNotIn(b"\x1b", self.on_terminal(capture, TERM="dumb"))

    def on_terminal(self, capture, **env):
        master, slave = pty.openpty()
        keep = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        subprocess.run([PROGRAM, capture], stdout=slave, stderr=subprocess.PIPE, env=dict(keep, **env), timeout=60)
        os.close(slave)
        shown = b""
        try:
            while True:
                part = os.read(master, 65536)
                if not part:
                    break
                shown += part
        except OSError:  # the other end is closed
            pass
        os.close(master)
        return shown

    def test_standard_error_is_quiet(self):
        capture = self.file(pcap(healthy()))
        self.assertEqual(self.run_it(capture).stderr, b"")
        self.assertIn(b"packets", self.run_it("-v", capture).stderr)
        self.assertEqual(self.run_it("-v", "-q", capture).stderr, b"")

    def test_interrupt_still_reports(self):
        program = subprocess.Popen([PROGRAM, "-T", "json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        program.stdin.write(pcap(healthy()))
        program.stdin.flush()
        while not self.is_waiting(program):
            pass
        program.send_signal(signal.SIGINT)
        said, complaints = program.communicate(timeout=60)
        self.assertEqual(complaints, b"")
        report = json.loads(said)
        self.check_schema(report)
        self.assertEqual(len(report["exchanges"]), 1)

    def is_waiting(self, program):
        """The program has emptied its standard input and sleeps in the next read."""
        left = struct.unpack("i", fcntl.ioctl(program.stdin, termios.FIONREAD, bytes(4)))[0]
        return left == 0 and "(sleeping)" in pathlib.Path(f"/proc/{program.pid}/status").read_text()


def main():
    global PROGRAM, SOURCE
    if len(sys.argv) != 3:
        sys.exit("usage: test_cli.py PATH_TO_scepscope SOURCE_DIR")
    PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    failed = len(result.failures) + len(result.errors)
    if jsonschema is None:
        print("test_cli: jsonschema is not installed, reports were not held against the schema")
    print(f"test_cli: {result.testsRun - failed - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
