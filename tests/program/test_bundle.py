#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The archive for the ticket, read by Python's own zip reader: test_bundle.py PROGRAM SOURCE_DIR"""
import hashlib
import json
import re
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

import jsonschema

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
CAPTURE = SOURCE / "pcaps/http-404-querylen.pcap"
MEMBERS = ["report.html", "report.md", "report.json", "evidence.pcapng", "manifest.json"]


class Bundle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def run_program(self, *words, capture=CAPTURE):
        return subprocess.run([PROGRAM, *words, capture], capture_output=True, text=True, cwd=self.dir, timeout=60, check=False)

    def bundle(self, *words, name="case.zip", capture=CAPTURE):
        run = self.run_program("--bundle", name, *words, capture=capture)
        self.assertIn(run.returncode, (0, 1, 3), run.stderr)
        return self.dir / name

    # An archive that other tools cannot read, with a member missing, or open to everybody.
    def test_members(self):
        path = self.bundle()
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), MEMBERS)
            self.assertIn("http-404-querylen", archive.read("report.md").decode())
            self.assertIn("http-404-querylen", archive.read("report.html").decode())
            self.assertEqual(archive.read("evidence.pcapng")[:4], b"\n\r\r\n")

    # A manifest whose digests are of something else, or that does not say what it was made of.
    def test_manifest(self):
        with zipfile.ZipFile(self.bundle("--server", "10.5.1.4:80")) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            jsonschema.validate(manifest, json.loads((SOURCE / "docs/manifest.schema.json").read_text()))
            for member in manifest["files"]:
                data = archive.read(member["name"])
                self.assertEqual(member["bytes"], len(data))
                self.assertEqual(member["sha256"], hashlib.sha256(data).hexdigest())
        self.assertEqual([member["name"] for member in manifest["files"]], MEMBERS[:-1])
        self.assertEqual(manifest["inputs"][0]["sha256"], hashlib.sha256(CAPTURE.read_bytes()).hexdigest())
        self.assertEqual(manifest["redaction"], "standard")
        self.assertEqual(manifest["options"]["servers"], ["10.5.1.4:80"])

    # Clock, process or path in the archive: two runs would differ.
    def test_same_bytes(self):
        first, second = self.bundle("--redact", "none", name="a.zip"), self.bundle("--redact", "none", name="b.zip")
        self.assertEqual(first.read_bytes(), second.read_bytes())

    # The reports of a bundle hide less, or other things, than the same reports alone. With packets the key of the tokens is
    # another one every time.
    def test_same_reports_as_alone(self):
        def without_keys(text):
            return json.loads(re.sub(r"-[0-9a-f]{8}\b", "-token", text))

        self.run_program("-o", "alone.json", "--redact", "strict")
        with zipfile.ZipFile(self.bundle("--redact", "strict")) as archive:
            bundled = without_keys(archive.read("report.json").decode())
            self.assertEqual(bundled, without_keys((self.dir / "alone.json").read_text()))
            self.assertEqual(json.loads(archive.read("manifest.json"))["redaction"], "strict")

    # A key that was given in the archive.
    def test_no_keys(self):
        key = SOURCE / "pcaps/keys/ndes-ra-encryption.key"
        secret = "".join(key.read_text().splitlines()[1:-1])[100:160]
        with zipfile.ZipFile(self.bundle("-k", key)) as archive:
            self.assertEqual(json.loads(archive.read("manifest.json"))["options"]["keys"], 1)
            for name in MEMBERS:
                self.assertFalse(secret.encode() in archive.read(name), name)

    # A bundle written over another without being told to; half a file where writing failed.
    def test_overwriting(self):
        path = self.bundle()
        run = self.run_program("--bundle", "case.zip")
        self.assertEqual(run.returncode, 2)
        self.assertIn("case.zip", run.stderr)
        self.bundle("--force")
        run = self.run_program("--bundle", "missing/case.zip")
        self.assertEqual(run.returncode, 2)
        self.assertEqual([entry.name for entry in self.dir.iterdir()], [path.name])


if __name__ == "__main__":
    unittest.main()
