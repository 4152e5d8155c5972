#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of docs/live.md as written: test_live_page.py PROGRAM SOURCE_DIR

In a network namespace of its own with the interfaces that the page names. Each command that captures or follows is ended by
SIGTERM once it says that it began; `ssh proxy tcpdump` is a capture that is there. Ends with 77, "skipped", without the rights.
"""
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
SOURCE = pathlib.Path()
IN_NAMESPACE = "SCEPSCOPE_TEST_NAMESPACE"


def commands():
    page = (SOURCE / "docs" / "live.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines()]


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        shutil.copy(SOURCE / "pcaps/http-scepclient-ok.pcap", self.folder / "capture.pcap")
        shutil.copy(SOURCE / "pcaps/near/file-pcapng-bigendian.pcapng", self.folder / "other.pcapng")

    def begin(self, words):
        # pylint: disable=consider-using-with
        pipe = subprocess.PIPE
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdin=pipe, stdout=pipe, stderr=pipe)

    def capturing(self, words):
        """The exit status of a capture that somebody ends."""
        loud = [word for word in words if word != "-q"]  # to see when it has begun
        run = self.begin(loud)
        said = run.stderr.readline().decode()
        run.send_signal(signal.SIGTERM)
        _, rest = run.communicate(timeout=60)
        self.assertRegex(said, "capturing on|following", rest.decode())
        return run.returncode

    # A command that does not do what the page says: a typo, an option that was renamed.
    def test_commands(self):
        self.assertGreater(len(commands()), 8)
        for command in commands():
            with self.subTest(command):
                piped = command.startswith("ssh proxy tcpdump ")
                words = shlex.split(command.split(" | ")[-1])[1:]
                if piped:
                    run = self.begin(words)
                    run.communicate((self.folder / "capture.pcap").read_bytes(), timeout=60)
                    status = run.returncode
                elif "-D" in words:
                    run = self.begin(words)
                    self.assertIn(b"eth1", run.communicate(timeout=60)[0])
                    status = run.returncode
                else:
                    status = self.capturing(words)
                self.assertIn(status, (0, 1, 3))
                written = [words[at + 1] for at, word in enumerate(words) if word in ("-o", "--bundle")]
                for name in written:
                    self.assertTrue((self.folder / name).exists(), name)
                    (self.folder / name).unlink()


def main():
    global PROGRAM, SOURCE  # pylint: disable=global-statement
    PROGRAM, SOURCE = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    if IN_NAMESPACE not in os.environ:
        possible = subprocess.run(
            ["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True, check=False
        )
        if possible.returncode != 0:
            print("skipped: a network namespace is needed; run as root")
            sys.exit(77)
        os.environ[IN_NAMESPACE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    subprocess.run("ip link add eth0 type veth peer name eth1".split(), check=True)
    for name in ("eth0", "eth1", "lo"):
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])


if __name__ == "__main__":
    main()
