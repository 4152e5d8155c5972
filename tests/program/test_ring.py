#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The evidence ring: what -w with -i and -b leaves behind, whatever happens to the program or the disk.

    test_ring.py PROGRAM SOURCE_DIR

Replays captures as test_live.py does, in a network namespace of its own; ends with 77, "skipped", where that cannot be made.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import test_live
from test_live import Live, file_of, keys_of, replay

IN_NAMESPACE = "SCEPSCOPE_TEST_NAMESPACE"
NAME = re.compile(r"ring_(\d{5})_(\d{14})\.pcapng$")
# tests/unit/test_ring.c reads all of them, from files.
CAPTURES = (
    "http-scepclient-ok",
    "http-certmonger-get-ok",
    "cap-gap-reply",
    "cap-fragment-missing",
    "net-rst-reply",
    "dns-nxdomain",
    "near/net-ipv6-ok",
    "near/tls12-keylog",
)
# Findings about a capture as a whole that speak of what was left out.
OF_THE_CAPTURE = {"cap-dup"}


def findings(report):
    return sorted((f["id"], f["severity"], f["count"]) for f in report["findings"] if f["id"] not in OF_THE_CAPTURE)


def read_again(paths, *words):
    done = subprocess.run(
        [test_live.PROGRAM, "-T", "json", "--redact", "none", *words, *map(str, paths)],
        capture_output=True, text=True, check=False, timeout=60,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    return json.loads(done.stdout)


def tshark(path, *fields):
    """Lines of fields; fails where tshark complains of the file."""
    words = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", "-E", "occurrence=a", *words], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "root" not in line]
    assert done.returncode == 0 and not said, f"{path}: {done.stderr}"
    return done.stdout.splitlines()


def exchanges_in(path):
    """Requests and replies as tshark sees them, by connection."""
    rows = [row.split("\t") for row in tshark(path, "tcp.stream", "http.request.method", "http.request.uri", "http.response.code")]
    found = {}
    for stream, *http in rows:
        if any(http):
            found.setdefault(stream, []).append(tuple(http))
    return sorted(found.values())


class Ring(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.path = self.dir / "ring.pcapng"

    def live(self, *words, level="none"):
        return Live("-i", "watched", "-w", str(self.path), "-T", "json", "--redact", level, *words, stdin=subprocess.DEVNULL)

    def files(self):
        return sorted(self.dir.glob("ring*.pcapng"))

    def written(self, name):
        """Waits until the exchanges of a capture that was replayed stand in the first file, while the program goes on."""
        wanted, deadline = exchanges_in(file_of(name)), time.monotonic() + 20
        while (got := exchanges_in(self.files()[0]) if self.files() else []) != wanted and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(got, wanted)


class Contents(Ring):
    maxDiff = 4000

    # A packet lost, doubled or put in the wrong place: tshark and scepscope would tell another story than of the capture itself.
    def test_as_the_capture(self):
        for name in CAPTURES:
            with self.subTest(name):
                live = self.live("--force", *keys_of(name), "ip or ip6 or arp")
                replay(name)
                report = live.report()
                self.assertEqual(findings(read_again([self.path], *keys_of(name))), findings(report))
                if "gap" not in name and "missing" not in name:
                    self.assertEqual(exchanges_in(self.path), exchanges_in(file_of(name)))
                self.path.unlink()

    # Several files that together tell something else, because a connection's packets lie in the wrong order over them.
    def test_over_several_files(self):
        for name in ("mixed-devices", "demo"):
            with self.subTest(name):
                live = self.live("-b", "filesize:20", "tcp or udp")
                replay(name)
                report = live.report()
                files = self.files()
                self.assertGreater(len(files), 1)
                self.assertEqual(findings(read_again(files)), findings(report))
                for path in files:
                    tshark(path, "frame.number")
                    path.unlink()

    # Exchanges that are written only at the end, or one that is written before it is whole.
    def test_written_as_they_end(self):
        live = self.live("-b", "filesize:1000")
        replay("http-scepclient-ok")
        live.until("PKCSReq")
        self.written("http-scepclient-ok")
        live.end()

    # A comment that names another frame than the report does, or none.
    def test_comments(self):
        live = self.live()
        replay("http-414-httpsys")
        report = live.report()
        comments = "\n".join(tshark(self.path, "frame.comment"))
        for finding in report["findings"]:
            for frame in finding["frames"]:
                self.assertRegex(comments, rf"{finding['id']} \(\w+\): [^\[]*\[frame {frame} of watched\]")

    # What --embed-keys puts in stands behind what it opens, or opens nothing.
    def test_keys(self):
        name = "near/tls12-keylog"
        live = self.live("--embed-keys", *keys_of(name))
        replay(name)
        report = live.report()
        self.assertTrue(report["exchanges"])
        self.assertEqual(findings(read_again([self.path])), findings(report))

    # A bundle that is refused with -i, or is empty.
    def test_bundle(self):
        bundle = self.dir / "b.zip"
        live = Live("-i", "watched", "--bundle", str(bundle), "--redact", "none")
        replay("http-414-httpsys")
        live.end()
        shutil.unpack_archive(bundle, self.dir / "b")
        evidence = next((self.dir / "b").rglob("*.pcapng"))
        self.assertEqual(exchanges_in(evidence), exchanges_in(file_of("http-414-httpsys")))

    # A pipe whose evidence is not that of the file.
    def test_pipe(self):
        name = "http-414-httpsys"
        with open(file_of(name), "rb") as capture:
            done = subprocess.run(
                [test_live.PROGRAM, "-w", self.path, "-b", "filesize:10", "-T", "json", "--redact", "none", "-"],
                stdin=capture, capture_output=True, check=False, timeout=60,
            )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(findings(read_again(self.files())), findings(json.loads(done.stdout)))

    # A secret or name in a redacted ring, which is scrubbed piece by piece.
    def test_nothing_shows(self):
        sys.argv[1:1] = [test_live.PROGRAM, str(test_live.SOURCE)]
        import test_redaction  # pylint: disable=import-outside-toplevel

        redaction = test_redaction.Redaction("search")
        for name in ("demo", "policy-500"):
            path = file_of(name)
            report = read_again([path])
            for level in ("secrets", "standard", "strict"):
                with self.subTest(name, level=level):
                    live = self.live("-b", "filesize:50", level=level)
                    replay(name)
                    out, said = live.end()
                    self.assertIn("enrolments", out)
                    hide = redaction.hidden(report, str(path.relative_to(test_live.SOURCE / "pcaps")), level)
                    self.assertTrue(hide or level == "secrets")
                    self.assertTrue(self.files())
                    redaction.search({str(one): one.read_bytes() for one in self.files()} | {"said": said.encode()}, hide, name, level)
                    for one in self.files():
                        one.unlink()

    # Tokens in the packets that the session's own report does not have.
    def test_tokens_of_the_report(self):
        live = self.live(level="standard")
        replay("http-scepclient-ok")
        report = live.report()
        subject = report["enrolments"][0]["subject"]
        token = re.search(r"name-([0-9a-f]{7})", subject)
        # As much of it as the name had room for.
        self.assertTrue(token and token[1].encode() in self.path.read_bytes(), subject)


class Files(Ring):
    # Other names than dumpcap's, files that grow beyond their size, more of them than asked for, or readable by others.
    def test_rotation(self):
        live = self.live("-b", "filesize:20", "-b", "files:3")
        for _ in range(4):
            replay("http-scepclient-ok")
            replay("http-strongswan-ok")
        live.end()
        files = self.files()
        self.assertEqual(len(files), 3)
        numbers = [int(NAME.search(path.name)[1]) for path in files]
        self.assertGreater(numbers[0], 1)
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 3)))
        for path in files:
            self.assertLessEqual(path.stat().st_size, 20000)
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertTrue(tshark(path, "frame.number"))

    # A quiet network that turns files until the evidence is gone; or a duration that is not looked at.
    def test_duration(self):
        live = self.live("-b", "duration:1", "-b", "files:9")
        replay("http-scepclient-ok")
        time.sleep(3)  # what ends the connection comes a second later than the exchange
        before = self.files()
        time.sleep(2)
        self.assertEqual(self.files(), before)
        replay("http-strongswan-ok")
        live.end()
        self.assertGreater(len(self.files()), len(before))
        for path in self.files():
            self.assertTrue(tshark(path, "frame.number"))

    # A file that is overwritten, or a link that is written through.
    def test_existing(self):
        self.path.write_text("precious", encoding="ascii")
        words = [test_live.PROGRAM, "-i", "watched", "-a", "duration:1", "-w"]
        refused = subprocess.run([*words, self.path], capture_output=True, text=True, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("exists", refused.stderr)
        self.assertEqual(self.path.read_text(encoding="ascii"), "precious")
        link = self.dir / "link.pcapng"
        link.symlink_to(self.path)
        for more in ([], ["--force"]):
            done = subprocess.run([*words, link, *more], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0 if more else 2)
            self.assertEqual(self.path.read_text(encoding="ascii"), "precious")
        self.assertFalse(link.is_symlink())

    # A file that is left behind although nothing was captured.
    def test_no_such_interface(self):
        done = subprocess.run([test_live.PROGRAM, "-i", "nope0", "-w", self.path], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.files(), [])

    # A user of -Z who may not begin the second file, or who is not told before the capture that he may not.
    def test_user(self):
        os.chmod(self.dir, 0o755)
        refused = subprocess.run(
            [test_live.PROGRAM, "-i", "watched", "-Z", "nobody", "-w", self.path], capture_output=True, text=True, check=False
        )
        if "this build" in refused.stderr:
            self.skipTest(refused.stderr)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("cannot write to the folder", refused.stderr)
        self.assertEqual(self.files(), [])
        shutil.chown(self.dir, "nobody")
        live = self.live("-b", "filesize:10", "-b", "files:4", "-Z", "nobody")
        for _ in range(3):
            replay("http-strongswan-ok")
        live.end()
        self.assertEqual(len(self.files()), 4)
        self.assertEqual({path.owner() for path in self.files()}, {"nobody"})

    # A file that somebody moved away is written to for ever.
    def test_moved(self):
        live = self.live()
        replay("http-scepclient-ok")
        live.until("PKCSReq")
        self.written("http-scepclient-ok")
        away = self.path.rename(self.dir / "away")
        replay("http-strongswan-ok")
        live.end()
        self.assertEqual(exchanges_in(away), exchanges_in(file_of("http-scepclient-ok")))
        self.assertEqual(exchanges_in(self.path), exchanges_in(file_of("http-strongswan-ok")))

    # SIGHUP that ends the program, or is not heard by the ring.
    def test_reopen(self):
        live = self.live("-b", "filesize:1000", level="none")
        replay("http-scepclient-ok")
        live.until("PKCSReq")
        self.written("http-scepclient-ok")
        live.run.send_signal(signal.SIGHUP)
        time.sleep(0.5)  # nothing tells that a signal was heard; two and a half turns of the session
        replay("http-strongswan-ok")
        live.end()
        first, second = self.files()
        self.assertEqual(exchanges_in(first), exchanges_in(file_of("http-scepclient-ok")))
        self.assertEqual(exchanges_in(second), exchanges_in(file_of("http-strongswan-ok")))


class Trouble(Ring):
    # kill -9 that leaves a file which does not open, or loses what had ended seconds before.
    def test_killed(self):
        for wait in (0, 0.05, 0.3, 0.7, 1.5):
            with self.subTest(wait):
                live = self.live("-b", "filesize:15")
                replay("http-scepclient-ok")
                replay("http-414-httpsys")
                replay("http-strongswan-ok")
                time.sleep(wait)
                live.end(signal.SIGKILL)
                files = self.files()
                for path in files:
                    tshark(path, "frame.number")
                if wait >= 1.5:
                    got = read_again(files)
                    self.assertEqual(len(got["enrolments"]), 3)
                for path in files:
                    path.unlink()

    # A full disk that ends the capture, is told of again and again, leaves a torn file, or is the end of the evidence.
    def test_disk_full(self):
        disk = self.dir / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        (disk / "other").write_bytes(bytes(1024 * 1024 - 2 * 4096))
        live = Live("-i", "watched", "-w", str(disk / "ring.pcapng"), "-b", "filesize:30", "-T", "json", "--redact", "none")
        replay("http-scepclient-ok")
        said = live.until("No space left on device")
        self.assertIn("the capture goes on", said)
        replay("http-strongswan-ok")
        time.sleep(2)
        for path in disk.glob("ring*"):
            tshark(path, "frame.number")
        (disk / "other").unlink()
        live.until("evidence is written again")
        replay("http-certmonger-get-ok")
        out, said = live.end()
        self.assertNotIn("No space left", said)
        report = json.loads(out)
        files = sorted(disk.glob("ring*"))
        self.assertEqual(findings(read_again(files)), findings(report))


def main():
    program, source = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    if IN_NAMESPACE not in os.environ:
        words = ["unshare", "--net", "--mount", "--propagation", "private"]
        possible = subprocess.run([*words, "ip", "link", "add", "watched", "type", "veth"], check=False)
        if possible.returncode != 0 or shutil.which("tcpreplay") is None:
            print("skipped: network and mount namespaces and tcpreplay are needed; run as root")
            sys.exit(77)
        os.environ[IN_NAMESPACE] = "1"
        os.execvp("unshare", [*words, sys.executable, *sys.argv])
    test_live.PROGRAM, test_live.SOURCE = program, source
    test_live.prepare()
    passed = unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False).result.wasSuccessful()
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
