#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The confined program from outside: what it says, whom it becomes, and the systemd unit.

    test_confine.py PROGRAM SOURCE_DIR

Live captures are of the loopback, and skipped without root.
"""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = ""
SOURCE = pathlib.Path()


def capture():
    return str(next((SOURCE / "pcaps").glob("http-scepclient-ok.pcap*")))


def run(*words, **more):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, timeout=60, **more)


def unconfined():
    """Why this build or kernel cannot be tested; None if it can."""
    said = run("-v", capture()).stderr
    if "Landlock" in said and "no Landlock" not in said and "are filtered" in said:
        return None
    return said.splitlines()[0]


class Confined(unittest.TestCase):
    def setUp(self):
        if why := unconfined():
            self.skipTest(why)
        folder = tempfile.TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    # A temporary file or an output in a folder that was forgotten.
    def test_outputs(self):
        words = [
            f"-o{self.folder}/r.json",
            f"-w{self.folder}/e.pcapng",
            f"--bundle={self.folder}/b.zip",
            f"--map={self.folder}/m",
        ]
        done = run(*words, capture(), "--fail-on", "never")
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"r.json", "e.pcapng", "b.zip", "m"})

    # A file with only a name, whose folder is the current one.
    def test_current_folder(self):
        done = run("-o", "r.txt", capture(), "--fail-on", "never", cwd=self.folder)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertTrue((self.folder / "r.txt").exists())

    # -Z that is ignored, or leaves a report that its user cannot read.
    def test_user(self):
        if os.geteuid() != 0:
            self.skipTest("becoming another user needs root")
        user = pwd.getpwnam("nobody")
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        done = run("-v", "-i", "lo", "-a", "duration:1", "-Z", "nobody", "-o", f"{self.folder}/r.json")
        self.assertIn("as user nobody, without capabilities", done.stderr)
        self.assertEqual((self.folder / "r.json").stat().st_uid, user.pw_uid)

    # A user whose report could not be written at the end; one that is not there; -Z where nothing is opened.
    def test_user_refused(self):
        if os.geteuid() != 0:
            self.skipTest("becoming another user needs root")
        for words, part in (
            (
                ["-i", "lo", "-a", "duration:1", "-Z", "nobody", "-o", f"{self.folder}/r.json"],
                "cannot write to the folder",
            ),
            (["-i", "lo", "-a", "duration:1", "-Z", "no-such-user-here"], "there is no such user"),
            (["-Z", "nobody", capture()], "-Z goes with -i"),
        ):
            done = run(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(part, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])


class Unit(unittest.TestCase):
    @staticmethod
    def unit(folder):
        """The unit as it is installed."""
        text = (SOURCE / "scripts" / "scepscope.service.in").read_text(encoding="utf-8")
        path = pathlib.Path(folder) / "scepscope.service"
        path.write_text(text.replace("@CMAKE_INSTALL_FULL_BINDIR@/scepscope", PROGRAM), encoding="utf-8")
        return path

    # A directive that systemd does not know, or a program that is not there.
    def test_unit(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        with tempfile.TemporaryDirectory() as folder:
            unit = self.unit(folder)
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", str(unit)],
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    # ... or one that lets the service do what it need not.
    def test_exposure(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        with tempfile.TemporaryDirectory() as folder:
            unit = self.unit(folder)
            words = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(unit)]
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout[-300:])

    # A unit with an option that this version does not have, or that a reload ends or leaves with the file that was moved.
    def test_command(self):
        if os.geteuid() != 0:
            self.skipTest("capturing needs root")
        lines = (SOURCE / "scripts" / "scepscope.service.in").read_text(encoding="utf-8").splitlines()
        words = next(line for line in lines if line.startswith("ExecStart=")).split()[1:]
        self.assertIn("ExecReload=/bin/kill -HUP $MAINPID", lines)
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            words = [word.replace("${STATE_DIRECTORY}", folder) for word in words]
            events = pathlib.Path(folder) / "events.ndjson"
            with subprocess.Popen(
                [PROGRAM, *words], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            ) as service:
                self.assertIn("capturing on any", service.stderr.readline())
                wait_for(events.exists)
                events.rename(f"{events}.1")
                service.send_signal(signal.SIGHUP)
                wait_for(events.exists)
                service.send_signal(signal.SIGUSR1)
                self.assertIn("packets", service.stderr.readline())
                service.terminate()
                service.stderr.read()
                self.assertIn(service.wait(timeout=60), (0, 1, 3))
            self.assertEqual(len(list(pathlib.Path(folder).glob("events.ndjson*"))), 2)


def wait_for(what):
    end = time.monotonic() + 30
    while not what():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: test_confine.py PATH_TO_scepscope SOURCE_DIR")
    PROGRAM, SOURCE = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
