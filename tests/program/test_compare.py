#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--compare on captures of real programs: what is said, in which format, with which exit status.

    test_compare.py PATH_TO_scepscope SOURCE_DIR

With the Python package jsonschema every comparison in JSON is held against docs/compare.schema.json.
"""
import fcntl
import json
import os
import pathlib
import pty
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
DEMO = "pcaps/demo.pcapng"
WORKS = "pcaps/http-strongswan-ok.pcap"
FAILS = "pcaps/rep-fail-2-scepclient-challenge.pcap"
RA_KEY = "pcaps/keys/ndes-ra-encryption.key"


class Compare(unittest.TestCase):
    def run_it(self, *args, status=None, **kwargs):
        env = dict(os.environ, LC_ALL="C.UTF-8")
        done = subprocess.run([PROGRAM, *args], capture_output=True, timeout=120, env=env, cwd=SOURCE, check=False, **kwargs)
        if status is not None:
            self.assertEqual(done.returncode, status, (args, done.stdout[-2000:], done.stderr[-2000:]))
        return done

    def text(self, *args, status=1):
        return self.run_it(*args, status=status).stdout.decode()

    def json(self, *args, status=1):
        found = json.loads(self.run_it("-T", "json", *args, status=status).stdout)
        if jsonschema is not None:
            schema = json.loads((SOURCE / "docs/compare.schema.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(found)
        self.assertEqual(found["summary"]["exit_status"], status)
        return found

    def fields(self, found, result="differs"):
        return {f["name"]: (f.get("a"), f.get("b")) for f in found["fields"] if f["result"] == result}

    def refused(self, *args, part):
        done = self.run_it(*args, status=2)
        said = done.stderr.decode()
        self.assertEqual(done.stdout, b"")
        self.assertTrue(said.startswith("scepscope: ") and said.count("\n") == 1, said)
        self.assertIn(part, said)


class Answers(Compare):
    def test_working_and_failing_device(self):
        found = self.json("--compare", "1", "2", DEMO)
        differs = self.fields(found)
        self.assertEqual(found["summary"]["first"], "query_length")
        self.assertEqual(differs["platform"], ("windows", "apple"))
        self.assertEqual(differs["method"], ("POST", "GET"))
        self.assertEqual(differs["encoding"], ("DER", "BER"))
        self.assertEqual(differs["status"], ("200", "404"))
        self.assertIn({"on": "b", "id": "http-404-querylen"}, [{k: f[k] for k in ("on", "id")} for f in found["findings"]])
        self.assertTrue(found["order"]["differs"])
        self.assertEqual(found["b"]["ended"], "fails at PKIOperation with HTTP 404")

    def test_sides_change_places(self):
        one, other = self.json("--compare", "1", "2", DEMO), self.json("--compare", "2", "1", DEMO)
        self.assertEqual(self.fields(one), {k: (b, a) for k, (a, b) in self.fields(other).items()})
        self.assertEqual(one["summary"]["first"], other["summary"]["first"])

    def test_two_captures(self):
        found = self.json("--compare", WORKS, FAILS)
        differs = self.fields(found)
        self.assertEqual(differs["cipher"], ("aes-128-cbc", "des-cbc"))
        self.assertEqual(differs["recipients"], ("ra_encryption", "ca"))
        self.assertEqual(differs["fail_info"], ("", "badRequest"))
        self.assertEqual([f["path"] for side in "ab" for f in found[side]["files"]], [WORKS, FAILS])
        self.assertEqual(found, self.json("--compare", f"{WORKS}#1", f"{FAILS}#1"))
        self.assertEqual(differs, self.fields(self.json(WORKS, "--compare", "1", FAILS)))

    def test_one_value_has_one_token_in_two_captures(self):
        found = self.json("--compare", "pcaps/near/http-chunked-ok.pcap", "pcaps/near/perf-pkiop-normal.pcap", status=0)
        subject = next(f for f in found["fields"] if f["name"] == "subject")
        self.assertTrue(subject["a"].startswith("CN=name-"))
        self.assertEqual(subject["result"], "same")

    def test_key_opens_the_request(self):
        shut, opened = self.json("--compare", "1", "2", DEMO), self.json("-k", RA_KEY, "--compare", "1", "2", DEMO)
        self.assertNotIn("csr_key", self.fields(shut, "same"))
        self.assertTrue(any("not readable" in f.get("a_unknown", "") for f in shut["fields"] if f["name"] == "csr_challenge"))
        self.assertEqual(self.fields(opened, "same")["csr_key"], ("RSA 2048", "RSA 2048"))

    def test_same(self):
        shown = self.text("--compare", "1", "1", DEMO, status=0)
        self.assertIn("\nSAME  Each of the two got its certificate. They differ in nothing that matters.\n", shown)
        self.assertNotIn("Exit status", shown)
        for other in ("link-vlan.pcap", "file-bigendian-nano.pcap", "tcp-wrap.pcap"):
            self.text("--compare", "pcaps/near/http-chunked-ok.pcap", f"pcaps/near/{other}", status=0)

    def test_tls_without_a_key(self):
        found = self.json("--compare", "pcaps/near/tls12-keylog.pcap", "pcaps/tls-alert-unknown-ca.pcap")
        self.assertNotIn("enrolment", found["a"])
        self.assertEqual(self.fields(found)["tls_alerts"], ("", "unknown_ca by the client"))
        self.assertEqual(found["summary"]["first"], "tls_server_certificate")

    def test_schema_over_many(self):
        base = "pcaps/near/perf-pkiop-normal.pcap"
        for other in ("net-syn-timeout", "cacert-html", "scep-truncated-get-2048", "cap-one-way-client", "rep-nonce-mismatch"):
            found = self.json("--compare", base, f"pcaps/{other}.pcap", status=0 if other.startswith("cap-") else 1)
            self.assertEqual(len(found["fields"]), len({f["name"] for f in found["fields"]}))


class Words(Compare):
    def test_before_and_after_the_file(self):
        shown = self.text("--compare", "1", "2", DEMO)
        self.assertEqual(shown, self.text(DEMO, "--compare", "1", "2"))
        self.assertEqual(shown, self.text("-q", DEMO, "--compare=1", "2"))
        self.assertEqual(shown, self.text("--compare", f"{DEMO}#1", f"{DEMO}#2"))

    def test_selectors(self):
        by_number = self.json("--compare", "1", "2", DEMO)
        self.assertEqual(by_number, self.json("--compare", "10.5.14.7", "10.5.14.22", DEMO))
        self.assertEqual(by_number, self.json("--compare", "48F7", "A743823EFE9F3988DD1DF75FF30B43C071260CCF", DEMO))
        chosen = self.json("--compare", "10.5.14.7", "10.5.14.22", "pcaps/mixed-devices.pcap")
        self.assertEqual(chosen["b"]["enrolment"], 3)
        self.assertIn("the last of its 2 enrolments", chosen["b"]["chosen"])

    def test_mistakes(self):
        self.refused("--compare", "1", DEMO, part="Name its file too")
        self.refused("--compare", "1", part="--compare needs two arguments")
        self.refused("--compare", "-v", "1", "2", DEMO, part="--compare needs two arguments")
        self.refused("--compare", "1", "-v", DEMO, part="--compare needs two arguments")
        self.refused("--compare", "1", "7", DEMO, part="1 (10.5.14.7, succeeded) and 2 (10.5.14.22, failed)")
        self.refused("--compare", "1", "nothing", DEMO, part="no transaction ID fits")
        self.refused("--compare", DEMO, f"{DEMO}#1", part="by #NUMBER")
        self.refused("--compare", WORKS, FAILS, DEMO, part="is not looked at")
        self.refused("--compare", "1", "2", "pcaps/missing.pcap", part="pcaps/missing.pcap")
        self.refused("--compare", "missing.pcap", FAILS, part="missing.pcap")
        self.refused("--compare", "1", "2", "pcaps/cap-no-scep.pcap", part="no enrolment at all")
        self.refused("--compare", "1", "2", "-T", "ndjson", DEMO, part="no comparison in ndjson")

    def test_standard_input(self):
        with open(SOURCE / DEMO, "rb") as capture:
            self.run_it("--compare", "1", "2", "-", stdin=capture, status=1)
        with open(SOURCE / FAILS, "rb") as capture:
            self.run_it("--compare", WORKS, "-", stdin=capture, status=1)


class Formats(Compare):
    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [f"{folder}/c.{extension}" for extension in ("txt", "json", "md")]
            options = [word for path in paths for word in ("-o", path)]
            self.assertEqual(self.run_it(*options, "--compare", "1", "2", DEMO, status=1).stdout, b"")
            text, found, markdown = (pathlib.Path(path).read_text() for path in paths)
        self.assertEqual(text, self.text("--compare", "1", "2", DEMO))
        self.assertEqual(json.loads(found)["schema"], "scepscope/compare/1")
        self.assertIn("| method | POST | GET |", markdown)

    def test_verbose_lists_what_is_the_same(self):
        self.assertIn("things are the same (-v lists them)", self.text("--compare", "1", "2", DEMO))
        shown = self.text("-v", "--compare", "1", "2", DEMO)
        for part in ("\nTHE SAME\n", "\n  HTTP version         1.1\n", "\nKNOWN OF NEITHER\n", "  A and B: plain HTTP: "):
            self.assertIn(part, shown)

    def test_strict_hides_hosts_and_addresses(self):
        shown = self.text("-v", "--redact", "strict", "--compare", "1", "2", DEMO)
        for secret in ("10.5.", "Contoso", "contoso", "mscep", "demo.pcapng"):
            self.assertNotIn(secret, shown)

    def test_lines_fit(self):
        self.assertLessEqual(max(map(len, self.text("-v", "--compare", "1", "2", DEMO).splitlines())), 80)
        wide = self.on_terminal(140, "-v", "--color", "never", "--compare", "1", "2", DEMO).splitlines()
        self.assertTrue(100 < max(map(len, wide)) <= 140)

    def on_terminal(self, columns, *args):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        with subprocess.Popen([PROGRAM, *args], stdout=slave, stderr=subprocess.DEVNULL, cwd=SOURCE) as program:
            os.close(slave)
            shown = b""
            try:
                while part := os.read(master, 65536):
                    shown += part
            except OSError:  # the other end is closed
                pass
            program.wait(timeout=60)
        os.close(master)
        return shown.decode().replace("\r\n", "\n")


def main():
    global PROGRAM, SOURCE
    if len(sys.argv) != 3:
        sys.exit("usage: test_compare.py PATH_TO_scepscope SOURCE_DIR")
    PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    failed = len(result.failures) + len(result.errors)
    print(f"test_compare: {result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
