#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Evidence captures (-w), read again by scepscope and by tshark: test_evidence.py PROGRAM SOURCE_DIR"""
import json
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
TABLE = json.loads((SOURCE / "pcaps/expect.json").read_text())
# Findings that need the bytes of the whole file, or the secrets inside it, which evidence does not hold by itself.
OF_THE_FILE = {"near/tls13-dsb.pcapng": ["--embed-keys"]}


def words_of(name):
    wanted = TABLE[name]
    return [word for key in wanted.get("keys", []) for word in ("-k", f"pcaps/keys/{key}")] + wanted.get("options", [])


def findings(report):
    return sorted((finding["id"], finding["severity"], finding["count"]) for finding in report["findings"])


def tshark(path, *fields, options=()):
    words = [word for field in fields for word in ("-e", field)]
    run = subprocess.run(
        ["tshark", "-r", path, *options, "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("|") for line in run.stdout.splitlines()], run.stderr


def without_copies(name, said):
    """Copies that packet ids tell of are not taken over, so only the capture itself says that it has them."""
    by_id = "win-pktmon" in name and "inbox" not in name
    return [finding for finding in said if not by_id or finding[0] != "cap-dup"]


class Evidence(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def run_program(self, *words, data=None):
        return subprocess.run(
            [PROGRAM, *map(str, words)], cwd=SOURCE, input=data, capture_output=True, timeout=60, check=False
        )

    def report(self, *words):
        run = self.run_program("-T", "json", "--redact", "none", *words)
        return json.loads(run.stdout) if run.returncode in (0, 1, 3) else None

    def evidence(self, *words, name="evidence.pcapng", level="none"):
        path = self.dir / name
        run = self.run_program("-q", "-o", self.dir / "r.txt", "--force", "--redact", level, "-w", path, *words)
        self.assertIn(run.returncode, (0, 1, 3), run.stderr)
        return path

    # A connection, a handshake, a context left out: the file would tell another story than the capture it was taken from.
    def test_same_findings_in_every_capture(self):
        read = 0
        for name in sorted(TABLE):
            words = words_of(name)
            before = self.report(*words, f"pcaps/{name}")
            if before is None:
                continue
            path = self.evidence(*OF_THE_FILE.get(name, []), *words, f"pcaps/{name}")
            with self.subTest(capture=name):
                self.assertEqual(without_copies(name, findings(before)), findings(self.report(*words, path)))
            read += 1
        self.assertGreater(read, 200)

    # Wireshark or capinfos stumbling over a block; a comment missing, or without its finding.
    def test_tshark_reads_it(self):
        path = self.evidence("pcaps/http-404-querylen.pcap")
        rows, complaints = tshark(path, "frame.number", "frame.comment")
        self.assertEqual([line for line in complaints.splitlines() if "root" not in line], [])
        info = subprocess.run(["capinfos", path], capture_output=True, text=True, check=True).stdout
        self.assertIn("scepscope-redacted: none", info)
        self.assertIn("From http-404-querylen.pcap", info)
        said = {}
        for number, comment in rows:
            if comment:
                said[int(number)] = comment
        report = self.report("pcaps/http-404-querylen.pcap")
        for finding in report["findings"]:
            for frame in finding["frames"]:
                self.assertTrue(any(f"{finding['id']} (" in c and f"[frame {frame} of" in c for c in said.values()), finding)

    # Times rounded, interfaces renamed, lengths lost.
    def test_times_and_interfaces_are_the_original_ones(self):
        capture = SOURCE / "pcaps/demo.pcapng"
        fields = ("frame.time_epoch", "frame.interface_name", "frame.len", "frame.cap_len", "frame.encap_type")
        before, _ = tshark(capture, *fields)
        after, _ = tshark(self.evidence(capture), *fields)
        self.assertEqual(before, after)

    # Packets that have nothing to do with the findings.
    def test_only_what_was_reported(self):
        path = self.evidence("pcaps/cap-no-scep.pcap", "pcaps/http-404-querylen.pcap")
        alone = self.evidence("pcaps/http-404-querylen.pcap", name="alone.pcapng")
        self.assertEqual(tshark(path, "frame.time_epoch")[0], tshark(alone, "frame.time_epoch")[0])

    # What came by a pipe is gone when it is asked for again.
    def test_standard_input(self):
        capture = SOURCE / "pcaps/http-404-querylen.pcap"
        path = self.dir / "piped.pcapng"
        run = self.run_program("--redact", "none", "-w", path, "-", data=capture.read_bytes())
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertEqual(tshark(path, "frame.time_epoch")[0], tshark(self.evidence(capture), "frame.time_epoch")[0])

    # The second reading seeing other packets than the first.
    def test_filter_and_count(self):
        path = self.evidence("-f", "tcp port 80", "-c", "20", "pcaps/demo.pcapng")
        self.assertLessEqual(len(tshark(path, "frame.number")[0]), 20)

    # Secrets in a file nobody asked to have them in, or not enough of them to read it.
    def test_keys(self):
        capture, keylog = "pcaps/near/tls13-keylog.pcap", "pcaps/keys/tls13-keylog.keylog"
        without = self.evidence("-K", keylog, capture)
        self.assertNotIn(b"TRAFFIC_SECRET", without.read_bytes())
        path = self.dir / "keys.pcapng"
        run = self.run_program("--redact", "none", "-K", keylog, "--embed-keys", "-w", path, capture)
        self.assertIn(b"whoever gets it can read", run.stderr)
        self.assertEqual(findings(self.report("-K", keylog, capture)), findings(self.report(path)))
        refused = self.run_program("-K", keylog, "--embed-keys", "-w", self.dir / "no.pcapng", capture)
        self.assertEqual(refused.returncode, 2)
        self.assertFalse((self.dir / "no.pcapng").exists())

    # An existing file overwritten, or one that others may read.
    def test_file(self):
        path = self.evidence("pcaps/demo.pcapng")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        again = self.run_program("-w", path, "pcaps/demo.pcapng")
        self.assertEqual(again.returncode, 2)
        self.assertIn(b"exists", again.stderr)

    # Findings of a redacted file that nobody would have made of the capture itself: errors that redaction invented.
    def test_redaction_invents_no_errors(self):
        for name in sorted(TABLE):
            words = words_of(name)
            before = self.report(*words, f"pcaps/{name}")
            if before is None or "http2" in name:
                continue
            after = self.report(*words, self.evidence(*words, f"pcaps/{name}", level="standard"))
            known = {finding["id"] for finding in before["findings"]}
            # What explained a failure may be hidden; then the failure itself is said.
            known |= {"rep-fail-0-badalg", "rep-fail-1-badmessagecheck", "rep-fail-2-badrequest", "policy-true-but-failure"}
            errors = {finding["id"] for finding in after["findings"] if finding["severity"] == "error"}
            with self.subTest(capture=name):
                self.assertEqual(errors - known, set())


if __name__ == "__main__":
    unittest.main()
