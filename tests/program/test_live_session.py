#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a session tells while packets come: findings and events as they happen, reports when asked.

    test_live_session.py PROGRAM SOURCE_DIR

Packets come by a pipe, which is told as a live capture is; nothing waits for a clock but the deadline of a test. Where root may
make a network namespace of its own, some come over its loopback to a program that gave up its rights.
"""
import json
import os
import pathlib
import pwd
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema

PROGRAM = ""
SOURCE = pathlib.Path()
DEADLINE_S = 30
IN_NAMESPACE = "SCEPSCOPE_TEST_NAMESPACE"


def file_of(name):
    return next(path for path in (SOURCE / "pcaps" / f"{name}{end}" for end in (".pcap", ".pcapng")) if path.exists())


def packets_of(name):
    """The head of a pcap, and its packets with theirs."""
    data, at, packets = file_of(name).read_bytes(), 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at : at + 16 + size])
        at += 16 + size
    return data[:24], packets


def saved(name, *words):
    done = subprocess.run(
        [PROGRAM, *words, str(file_of(name))], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout


class Session:
    """The program at the end of a pipe; its two outputs line by line."""

    def __init__(self, *words, **more):
        # pylint: disable=consider-using-with
        self.run = subprocess.Popen(
            [PROGRAM, *words, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
        )
        self.rest = {self.run.stdout: b"", self.run.stderr: b""}

    @classmethod
    def of(cls, run):
        """... of one that was started otherwise."""
        session = cls.__new__(cls)
        session.run = run
        session.rest = {run.stdout: b"", run.stderr: b""}
        return session

    def feed(self, data):
        self.run.stdin.write(data)
        self.run.stdin.flush()

    def line(self, stream, wanted):
        """The first line of the stream for which `wanted` holds; those before are gone."""
        until = time.monotonic() + DEADLINE_S
        while True:
            *lines, self.rest[stream] = self.rest[stream].split(b"\n")
            for number, line in enumerate(lines):
                if wanted(line.decode()):
                    self.rest[stream] = b"\n".join([*lines[number + 1 :], self.rest[stream]])
                    return line.decode()
            ready, _, _ = select.select([stream], [], [], max(0, until - time.monotonic()))
            data = os.read(stream.fileno(), 65536) if ready else b""
            if not data:
                raise AssertionError(f"no such line: {self.rest[stream][-400:]}")
            self.rest[stream] += data

    def said(self, part):
        return self.line(self.run.stderr, lambda line: part in line)

    def shown(self, part):
        return self.line(self.run.stdout, lambda line: part in line)

    def event(self, event_type, **members):
        def fits(line):
            event = json.loads(line)
            return event["event_type"] == event_type and members.items() <= event[event_type].items()

        return json.loads(self.line(self.run.stdout, fits))

    def end(self):
        """The rest of standard output; the pipe has ended."""
        self.run.stdin.close()
        self.run.stdin = None
        out, err = self.run.communicate(timeout=60)
        self.run.stdout.close()
        self.run.stderr.close()
        return (self.rest[self.run.stdout] + out).decode(), (self.rest[self.run.stderr] + err).decode()


def send(name):
    """The packets of a capture, on the loopback."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind(("lo", 0))
        for packet in packets_of(name)[1]:
            out.send(packet[16:])


def last_words(lines):
    """The last event for each thing of a stream, without what was withdrawn."""
    things = {}
    for line in lines:
        event = json.loads(line)
        kind = event["event_type"]
        if kind == "withdrawn":
            del things[event["withdrawn"]["event_type"], event["event_id"]]
        else:
            things[kind, event.get("event_id")] = event[kind]
    return things


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir="/var/tmp")  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def until(self, holds):
        until = time.monotonic() + DEADLINE_S
        while not holds():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)


class Findings(InFolder):
    # A finding that is told only by the report at the end, or for every packet that follows.
    def test_before_the_end(self):
        head, packets = packets_of("http-414-httpsys")
        session = Session("-l", "-o", f"{self.folder}/r.json")
        session.feed(head + b"".join(packets))
        line = session.said("http-414")
        self.assertRegex(
            line, r"^\d\d:\d\d:\d\d\.\d{3}  ERROR  http-414  certain  10\.\S+ > 10\.\S+:80  \S.*\(.*frames? \d"
        )
        _, err = session.end()
        self.assertNotIn("http-414", err)
        self.assertEqual(session.run.returncode, 1)

    # -q that shows them, and a report that is lost with them.
    def test_quiet(self):
        head, packets = packets_of("http-414-httpsys")
        session = Session("-q", "-T", "json")
        session.feed(head + b"".join(packets))
        out, err = session.end()
        self.assertEqual((err, session.run.returncode), ("", 1))
        self.assertEqual(json.loads(out)["findings"][0]["id"], "http-414")


class Events(InFolder):
    # Events that wait in a buffer, or for the end.
    def test_line_by_line(self):
        head, packets = packets_of("rep-fail-2-badrequest")
        session = Session("-T", "ndjson", "--redact", "none")
        session.feed(head + b"".join(packets))
        first = session.event("exchange")
        self.assertEqual((first["event_id"], first["revision"]), (first["exchange"]["id"], 1))
        asked = session.event("exchange", operation="PKIOperation")
        enrolment = session.event("enrolment", outcome="failed")
        self.assertIn(asked["exchange"]["id"], enrolment["enrolment"]["exchanges"])
        finding = session.event("finding", id="rep-fail-2-badrequest")
        self.assertEqual(finding["finding"]["exchange"], asked["exchange"]["id"])
        self.assertEqual(finding["finding"]["enrolment"], enrolment["enrolment"]["id"])
        out, _ = session.end()
        stats = json.loads(out.splitlines()[-1])
        self.assertEqual(stats["event_type"], "stats")
        self.assertEqual(stats["stats"]["summary"]["failed"], 1)
        self.assertEqual(stats["run"], first["run"])
        self.assertEqual(session.run.returncode, 1)

    # Another story than that of the saved capture, or tokens that are not those of the report.
    def test_as_saved(self):
        for name in ("mixed-devices", "rep-fail-2-badrequest", "rep-pending-loop"):
            head, packets = packets_of(name)
            session = Session("-T", "ndjson", "-o", f"{self.folder}/{name}.json")
            session.feed(head + b"".join(packets))
            out, _ = session.end()
            things = last_words(out.splitlines())
            report = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            told = sorted(thing["client"] for (kind, _), thing in things.items() if kind == "enrolment")
            self.assertEqual(told, sorted(enrolment["client"] for enrolment in report["enrolments"]))
            for kind in ("exchange", "enrolment", "finding"):
                self.assertEqual(sum(key[0] == kind for key in things), len(report[f"{kind}s"]), kind)
            self.assertEqual(things["stats", None]["summary"], report["summary"])
            subjects = {thing.get("subject") for (kind, _), thing in things.items() if kind == "enrolment"}
            self.assertEqual(subjects, {enrolment.get("subject") for enrolment in report["enrolments"]})

    # An event that is lost when the file is moved away, or written to the old one ever after.
    def test_reopen(self):
        head, packets = packets_of("mixed-devices")
        path, old = self.folder / "events.ndjson", self.folder / "events.1"
        session = Session("-o", str(path), "--redact", "none")
        half = len(packets) // 2
        session.feed(head + b"".join(packets[:half]))
        self.until(lambda: path.exists() and path.read_text(encoding="utf-8").count("\n") > 3)
        path.rename(old)
        session.run.send_signal(signal.SIGHUP)
        self.until(path.exists)
        session.feed(b"".join(packets[half:]))
        _, err = session.end()
        self.assertEqual(err, "")
        lines = [*old.read_text(encoding="utf-8").splitlines(), *path.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(json.loads(lines[-1])["event_type"], "stats")
        self.assertGreater(path.read_text(encoding="utf-8").count("\n"), 1)
        things = last_words(lines)
        report = json.loads(saved("mixed-devices", "-T", "json"))
        for kind in ("exchange", "enrolment", "finding"):
            self.assertEqual(sum(key[0] == kind for key in things), len(report[f"{kind}s"]), kind)

    # What an earlier run wrote is thrown away; or its numbers are taken for this run's.
    def test_adds_to_what_is_there(self):
        head, packets = packets_of("http-scepclient-ok")
        path = self.folder / "events.ndjson"
        for _ in range(2):
            session = Session("-q", "-o", str(path))
            session.feed(head + b"".join(packets))
            session.end()
        events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(len({event["run"] for event in events}), 2)
        self.assertEqual(sum(event["event_type"] == "stats" for event in events), 2)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    # A reader of the events that went away leaves a program that captures for nobody.
    def test_reader_goes_away(self):
        head, packets = packets_of("mixed-devices")
        session = Session("-T", "ndjson")
        session.feed(head + packets[0])
        session.run.stdout.close()
        try:
            while session.run.poll() is None:
                session.feed(b"".join(packets[1:]))
        except BrokenPipeError:
            pass
        self.assertIn(session.run.wait(timeout=60), (0, 1, 3))
        session.run.stderr.close()

    # A disk that is full ends the run, or is told with every event.
    def test_full(self):
        head, packets = packets_of("mixed-devices")
        session = Session("-o", str(self.full()), "-T", "json", "--redact", "none")
        session.feed(head + b"".join(packets))
        out, err = session.end()
        self.assertEqual(err.count("could not be written"), 2, err)
        self.assertEqual(session.run.returncode, 2)
        self.assertEqual(
            len(json.loads(out)["enrolments"]), len(json.loads(saved("mixed-devices", "-T", "json"))["enrolments"])
        )

    def full(self):
        path = self.folder / "full.ndjson"
        path.symlink_to("/dev/full")
        return path


class Reports(InFolder):
    # A report that is torn, comes only at the end, ends the capture, or stays as it was.
    def test_on_request(self):
        schema = json.loads((SOURCE / "docs" / "report.schema.json").read_text(encoding="utf-8"))
        head, packets = packets_of("mixed-devices")
        session = Session(
            "-l", "-o", f"{self.folder}/r.json", "-o", f"{self.folder}/r.html", "-o", f"{self.folder}/r.md"
        )
        half = len(packets) // 2
        session.feed(head + b"".join(packets[:half]))
        session.said("PKCSReq")
        numbers = []
        for _ in range(2):
            for ending in ("json", "html", "md"):
                (self.folder / f"r.{ending}").unlink(missing_ok=True)
            session.run.send_signal(signal.SIGUSR2)
            self.until((self.folder / "r.md").exists)
            report = json.loads((self.folder / "r.json").read_text(encoding="utf-8"))
            jsonschema.validate(report, schema)
            numbers.append(len(report["exchanges"]))
        self.assertGreater(numbers[0], 0)
        self.assertIsNone(session.run.poll())
        session.feed(b"".join(packets[half:]))
        session.end()
        self.assertEqual(session.run.returncode, 1)
        report = json.loads((self.folder / "r.json").read_text(encoding="utf-8"))
        self.assertGreater(len(report["exchanges"]), numbers[-1])
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"r.json", "r.html", "r.md"})

    # Tokens that change from one report of a session to the next.
    def test_same_tokens(self):
        head, packets = packets_of("mixed-devices")
        session = Session("-l", "-o", f"{self.folder}/r.json")
        half = len(packets) // 2
        session.feed(head + b"".join(packets[:half]))
        session.said("PKCSReq")
        (path := self.folder / "r.json").unlink(missing_ok=True)
        session.run.send_signal(signal.SIGUSR2)
        self.until(path.exists)
        early = [enrolment.get("subject") for enrolment in json.loads(path.read_text(encoding="utf-8"))["enrolments"]]
        session.feed(b"".join(packets[half:]))
        session.end()
        late = [enrolment.get("subject") for enrolment in json.loads(path.read_text(encoding="utf-8"))["enrolments"]]
        self.assertTrue(set(early) <= set(late), (early, late))

    # A report over one that was there before.
    def test_no_force(self):
        (self.folder / "r.json").write_text("mine", encoding="ascii")
        done = subprocess.run(
            [PROGRAM, "-o", f"{self.folder}/r.json", "-"], input=b"", capture_output=True, check=False, timeout=60
        )
        self.assertEqual(done.returncode, 2)
        self.assertEqual((self.folder / "r.json").read_text(encoding="ascii"), "mine")

    # Minutes that are no number, or for a capture that ends by itself.
    def test_refusals(self):
        for words, part in (
            (["--report-every", "0", "-o", f"{self.folder}/r.json", "-"], "--report-every 0"),
            (["--report-every", "5", "-"], "-o"),
            (
                ["--report-every", "5", "-o", f"{self.folder}/r.json", str(file_of("http-scepclient-ok"))],
                "--report-every",
            ),
        ):
            done = subprocess.run([PROGRAM, *words], input="", capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
            self.assertIn(part, done.stderr)


@unittest.skipIf(IN_NAMESPACE not in os.environ, "a network namespace is needed; run as root")
class Confined(InFolder):
    # A file that the program may not open any more once it is another user, and confined.
    def test_user(self):
        user = pwd.getpwnam("nobody")
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        events, old, report = (self.folder / name for name in ("events.ndjson", "events.1", "r.json"))
        first = subprocess.run(
            [PROGRAM, "-i", "lo", "-a", "duration:1", "-Z", "nobody"], capture_output=True, text=True, check=False
        )
        if "this build" in first.stderr:
            self.skipTest(first.stderr)
        words = [
            PROGRAM,
            "-v",
            "-i",
            "lo",
            "-Z",
            "nobody",
            "-o",
            str(events),
            "-o",
            str(report),
            "--report-every",
            "1000",
        ]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as run:
            session = Session.of(run)
            self.assertIn("as user nobody", session.said("as user"))
            session.said("capturing on")
            send("http-scepclient-ok")
            self.until(lambda: events.read_text(encoding="utf-8").count("exchange") >= 3)
            events.rename(old)
            run.send_signal(signal.SIGHUP)
            self.until(events.exists)
            run.send_signal(signal.SIGUSR2)
            self.until(report.exists)
            self.assertEqual(len(json.loads(report.read_text(encoding="utf-8"))["exchanges"]), 3)
            send("http-414-httpsys")
            session.said("http-414")
            run.send_signal(signal.SIGTERM)
            _, err = run.communicate(timeout=60)
        self.assertNotIn("cannot", err.decode())
        self.assertEqual(run.returncode, 1)
        self.assertGreater(len(json.loads(report.read_text(encoding="utf-8"))["exchanges"]), 3)
        for path in (events, report):
            self.assertEqual(path.stat().st_uid, user.pw_uid)
        self.assertIn("http-414", events.read_text(encoding="utf-8"))
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"events.ndjson", "events.1", "r.json"})


class Status(InFolder):
    # Counters without what became of the enrolments.
    def test_counters(self):
        head, packets = packets_of("rep-fail-2-badrequest")
        session = Session("-l", "-o", f"{self.folder}/r.json")
        session.feed(head + b"".join(packets))
        session.said("rep-fail-2-badrequest")
        session.run.send_signal(signal.SIGUSR1)
        self.assertRegex(
            session.said("packets"),
            r"^scepscope: \d+ packets, \d+ exchanges, 1 failed, "
            r"1 enrolment \(0 succeeded, 1 failed, 0 pending\), 1 error, \d+ warnings?, \d+ MiB",
        )
        session.end()


def prepare():
    """A network namespace of its own, where there is one to be had."""
    if IN_NAMESPACE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    elif (
        shutil.which("unshare")
        and subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0
    ):
        os.environ[IN_NAMESPACE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])


if __name__ == "__main__":
    PROGRAM, SOURCE = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    prepare()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
