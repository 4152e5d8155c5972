#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every secret and name of every capture, searched for in every output at every level: test_redaction.py PROGRAM SOURCE_DIR

What must be hidden is taken from where it is in clear: the report without redaction, made with all keys, and the bytes
of the capture itself.
"""
import base64
import ipaddress
import json
import pathlib
import re
import stat
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
TABLE = json.loads((SOURCE / "pcaps/expect.json").read_text())
FORMATS = ["txt", "json", "ndjson", "md", "html"]
LEVELS = ["secrets", "standard", "strict"]
PLACES = {"C", "O", "L", "ST", "S", "DC"}
# Every how manieth capture is also printed by tshark, which is slow.
TSHARK_EVERY = 12
# Names that stand in the reports' own sentences, and labels of hosts that name a kind of host.
WORDS = {"ndes", "scep", "localhost"}
IN_CLEAR = [
    rb"(?im)^(?:proxy-)?authorization: *(?:basic|bearer|negotiate|ntlm) +([^\s]{8,})",
    rb"(?im)^(?:set-)?cookie: *([^\r\n]{6,})",
    rb"(?i)challenge password is:? *<b> *([^ <]{6,})",
    rb"(?i)[?&](?:password|challenge|otp|secret)=([^&\s]{6,})",
]


def values(name):
    """The values of a distinguished name that are a person's or device's."""
    for part in re.split(r"(?<!\\)[,+]", name or ""):
        kind, _, value = part.strip().partition("=")
        if kind not in PLACES and value:
            yield re.sub(r"\\(.)", r"\1", value.strip())


def names_of(report):
    people, authorities, hosts, addresses = set(), set(), set(), set()
    for exchange in report["exchanges"]:
        scep = exchange.get("scep", {})
        for certificate in scep.get("ca_certificates", []):
            authorities.update(values(certificate.get("subject")), values(certificate.get("issuer")))
        signer = scep.get("request", {}).get("signer", {})
        csr = scep.get("request", {}).get("envelope", {}).get("csr", {})
        if signer.get("self_signed"):
            people.update(values(signer.get("subject")))
        people.update(values(csr.get("subject")))
        people.update(san.partition(":")[2] for san in csr.get("sans", []) + signer.get("sans", []))
        host = exchange.get("http", {}).get("host", "")
        hosts.add(re.sub(r":\d+$", "", host))
    for enrolment in report["enrolments"]:
        people.update(values(enrolment.get("subject")))
    for connection in report["connections"]:
        for end in ("client", "server"):
            addresses.add(connection[end].rpartition(":")[0].strip("[]"))
        hosts.add(connection.get("tls", {}).get("sni", ""))
    return people - authorities, authorities, {host for host in hosts if not is_address(host)}, addresses


def is_address(text):
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def worth(names):
    """Short names stand everywhere, and names of one character repeated are what blanks look like."""
    return {name for name in names if len(name) >= 4 and len(set(name)) > 1 and name.lower() not in WORDS}


def in_base64(value):
    """What the value looks like inside base64, wherever it begins there; without the characters it shares with others."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + value.encode() + b"\0\0").decode().rstrip("=")
        inside = text[before * 4 // 3 + (before > 0) : (before + len(value.encode())) * 8 // 6]
        if len(inside) >= 10:
            yield inside.encode()


def secrets_of(capture):
    data = capture.read_bytes()
    found = {match for pattern in IN_CLEAR for text in (data, data.replace(b"\0", b"")) for match in re.findall(pattern, text)}
    return {match.decode("latin-1") for match in found}


class Redaction(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def run_program(self, *words):
        return subprocess.run([PROGRAM, *map(str, words)], cwd=SOURCE, capture_output=True, timeout=60, check=False)

    def words_of(self, name):
        wanted = TABLE[name]
        return [word for key in wanted.get("keys", []) for word in ("-k", f"pcaps/keys/{key}")] + wanted.get("options", [])

    def outputs(self, name, level):
        """Every report and the evidence at this level, by file name."""
        words = [word for extension in FORMATS for word in ("-o", self.dir / f"r.{extension}")]
        words += ["-w", self.dir / "e.pcapng", "--force", "-q", "--redact", level]
        run = self.run_program(*words, *self.words_of(name), f"pcaps/{name}")
        self.assertIn(run.returncode, (0, 1, 3), run.stderr)
        return {path.name: path.read_bytes() for path in self.dir.iterdir()}

    def in_clear(self, name):
        run = self.run_program("-T", "json", "--redact", "none", *self.words_of(name), f"pcaps/{name}")
        return json.loads(run.stdout) if run.returncode in (0, 1, 3) else None

    def hidden(self, report, name, level):
        people, authorities, hosts, addresses = names_of(report)
        hide = secrets_of(SOURCE / "pcaps" / name)
        if level in ("standard", "strict"):
            hide |= people | {text for text in addresses if ipaddress.ip_address(text).is_global}
        if level == "strict":
            hide |= authorities | hosts | {text for text in addresses if not ipaddress.ip_address(text).is_loopback}
        return worth(hide)

    def search(self, outputs, hide, name, level):
        for where, data in outputs.items():
            low = data.lower()
            for value in hide:
                forms = [value.lower().encode()] + [value.lower().encode(form) for form in ("utf-16-be", "utf-16-le")]
                if is_address(value) and where == "e.pcapng":
                    forms.append(ipaddress.ip_address(value).packed)
                if any(form in data for form in in_base64(value)):
                    self.fail(f"{name} at {level}: {where} shows {value} in base64")
                for form in forms:
                    if re.search(rb"(?<![\w.])" + re.escape(form) + rb"(?![\w.])" if is_address(value) else re.escape(form), low):
                        self.fail(f"{name} at {level}: {where} shows {value}")

    # Any output at any level that shows what it should hide.
    def test_nothing_shows(self):
        read = 0
        for number, name in enumerate(sorted(TABLE)):
            report = self.in_clear(name)
            for level in LEVELS if report is not None else []:
                hide = self.hidden(report, name, level)
                outputs = self.outputs(name, level)
                if number % TSHARK_EVERY == 0:
                    printed = subprocess.run(["tshark", "-r", self.dir / "e.pcapng", "-V"], capture_output=True, check=True)
                    # The numbers of bytes that were not sent in clear, as keys, may hold anything.
                    outputs["tshark -V"] = printed.stdout
                with self.subTest(capture=name, level=level):
                    self.search(outputs, hide, name, level)
                read += 1
        self.assertGreater(read, 600)

    # A search that finds nothing because nothing was there to be found.
    def test_the_search_finds(self):
        run = self.run_program("-q", "--redact", "none", "-o", self.dir / "r.json", "-w", self.dir / "e.pcapng", "pcaps/demo.pcapng")
        self.assertEqual(run.returncode, 1)
        with self.assertRaises(AssertionError):
            outputs = {path.name: path.read_bytes() for path in self.dir.iterdir()}
            self.search(outputs, self.hidden(self.in_clear("demo.pcapng"), "demo.pcapng", "strict"), "demo.pcapng", "none")

    # Two tokens for one value, or a token that the map does not explain; a map that others may read.
    def test_map(self):
        path = self.dir / "map.jsonl"
        run = self.run_program(
            "-o", self.dir / "r.json", "-o", self.dir / "r.txt", "-w", self.dir / "e.pcapng", "--map", path,
            "--redact", "strict", "-k", "pcaps/keys/ndes-ra-encryption.key", "pcaps/demo.pcapng",
        )
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(b"undoes the redaction", run.stderr)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        known = {entry["token"]: entry["value"] for entry in entries}
        self.assertEqual(len(known), len(entries))
        tokens = set()
        for name in ("r.json", "r.txt", "e.pcapng"):
            text = (self.dir / name).read_bytes().decode("latin-1")
            tokens |= set(re.findall(r"(?:name|host|ip|target|text|secret)-[0-9a-f]{8}", text))
        self.assertGreater(len(tokens), 5)
        self.assertEqual(tokens - set(known), set())
        self.assertIn("Contoso Issuing CA", known.values())
        again = self.run_program("--map", path, "pcaps/demo.pcapng")
        self.assertEqual(again.returncode, 2)

    # The same name under other tokens in packets and reports.
    def test_same_token_everywhere(self):
        self.run_program("-q", "-o", self.dir / "r.json", "-w", self.dir / "e.pcapng", "pcaps/demo.pcapng")
        report = json.loads((self.dir / "r.json").read_text())
        subjects = {value for enrolment in report["enrolments"] for value in values(enrolment.get("subject"))}
        self.assertTrue(subjects)
        packets = (self.dir / "e.pcapng").read_bytes()
        # As much of the token as the name had room for; one of the devices sends base64.
        self.assertTrue(any(subject.split("-")[-1][:7].encode() in packets for subject in subjects))

    # Keys that follow from the capture: whoever has the packets could try names against the tokens.
    def test_keys_are_drawn(self):
        texts = []
        for name in ("a", "b"):
            run = self.run_program("-q", "-o", self.dir / f"{name}.json", "-w", self.dir / f"{name}.pcapng", "pcaps/demo.pcapng")
            self.assertEqual(run.returncode, 1)
            texts.append((self.dir / f"{name}.json").read_text())
        self.assertNotEqual(*texts)

    # A report redacted again that shows a name in a sentence, changes a token, or can be turned back.
    def test_report_again(self):
        words = ["-k", "pcaps/keys/ndes-ra-encryption.key", "pcaps/demo.pcapng"]
        full, standard = self.dir / "full.json", self.dir / "standard.json"
        self.run_program("-q", "--redact", "none", "-o", full, *words)
        self.run_program("-q", "-o", standard, *words)
        report = json.loads(full.read_text())
        for level in ("standard", "strict"):
            run = self.run_program("--redact", level, full)
            self.assertEqual(run.returncode, 0, run.stderr)
            json.loads(run.stdout)
            hide = self.hidden(report, "demo.pcapng", level)
            self.search({"report": run.stdout}, hide, "demo.pcapng", level)
        tokens = set(re.findall(r"name-[0-9a-f]{8}", standard.read_text()))
        self.assertTrue(tokens)
        strict = self.run_program("--redact", "strict", standard).stdout.decode()
        self.assertEqual(tokens - set(re.findall(r"name-[0-9a-f]{8}", strict)), set())
        self.assertEqual(self.run_program("--redact", "none", standard).returncode, 2)

    # Hardware addresses, and checksums that no longer fit.
    def test_headers(self):
        capture = SOURCE / "pcaps/http-404-querylen.pcap"
        self.run_program("-q", "--redact", "strict", "-o", self.dir / "r.txt", "-w", self.dir / "e.pcapng", capture)
        check = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
        fields = ["-T", "fields", "-e", "ip.checksum.status", "-e", "tcp.checksum.status"]
        before, after = (
            subprocess.run(["tshark", "-r", path, *check, *fields], capture_output=True, text=True, check=True).stdout
            for path in (capture, self.dir / "e.pcapng")
        )
        self.assertEqual(before, after)
        macs = subprocess.run(["tshark", "-r", capture, "-T", "fields", "-e", "eth.src"], capture_output=True, text=True, check=True)
        for mac in set(macs.stdout.split()):
            self.assertNotIn(bytes.fromhex(mac.replace(":", "")), (self.dir / "e.pcapng").read_bytes())


if __name__ == "__main__":
    unittest.main()
