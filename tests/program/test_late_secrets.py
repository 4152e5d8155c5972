#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Key logs that grow while packets are read: a secret that arrives late still opens what came before it.

    test_late_secrets.py PROGRAM SOURCE_DIR [NAME...]

Each capture goes through a pipe while its key log is written: before, amidst or after the packets, in pieces, as a FIFO, or
rotated. What is said of it must be what is said when capture and key log are saved files.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CAPTURES = (
    "near/tls12-keylog",
    "near/tls12-resumed",
    "near/tls13-keylog",
    "near/tls13-resumed",
    "near/tls-h2",
    "near/tls-connect",
    "tls-clientcert-expired",
)
LONGER = 0.4  # than the program waits between two looks


class Feed:
    """The program with a pipe for packets and a key log it was told of."""

    def __init__(self, program, capture, log):
        self.packets, self.log, self.at = capture.read_bytes(), log, 0
        # pylint: disable=consider-using-with
        self.run = subprocess.Popen(
            [program, "-T", "json", "--redact", "none", "-K", str(log), "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, share):
        """Packets up to this share of the capture, cut anywhere."""
        end = int(len(self.packets) * share)
        self.run.stdin.write(self.packets[self.at : end])
        self.run.stdin.flush()
        self.at = end
        time.sleep(LONGER)

    def append(self, text):
        with open(self.log, "ab") as log:
            log.write(text)

    def report(self):
        self.run.stdin.write(self.packets[self.at :])
        out, err = self.run.communicate(timeout=60)
        if self.run.returncode not in (0, 1, 3):
            raise RuntimeError(f"exit status {self.run.returncode}: {err!r}")
        return json.loads(out)


def amidst(feed, secrets):
    feed.send(0.5)
    feed.append(secrets)
    feed.send(0.9)


def afterwards(feed, secrets):
    feed.send(1)
    feed.append(secrets)


def in_pieces(feed, secrets):
    """The last line in two parts, without its end."""
    feed.send(0.3)
    feed.append(secrets[:-40])
    feed.send(0.6)
    feed.append(secrets[-40:-1])
    feed.send(1)


def rotated(feed, secrets):
    feed.append(b"# the day before\n" * 500)
    feed.send(0.4)
    os.rename(feed.log, f"{feed.log}.1")
    feed.send(0.7)
    feed.append(secrets)
    feed.send(1)


def emptied(feed, secrets):
    feed.append(b"# the day before\n" * 500)
    feed.send(0.4)
    os.truncate(feed.log, 0)
    feed.send(0.5)
    feed.append(secrets)
    feed.send(1)


def fifo(feed, secrets):
    feed.send(0.5)
    feed.append(secrets)
    feed.send(1)


WAYS = {"amidst": amidst, "afterwards": afterwards, "in pieces": in_pieces, "rotated": rotated, "emptied": emptied}


def said(report):
    """All but the file, and what is only noted of connections to servers that are known to speak SCEP when they begin."""
    parts = {part: report[part] for part in ("summary", "exchanges", "enrolments", "findings")}
    parts["tls"] = [(connection["id"], connection["state"], connection["tls"]) for connection in report["connections"]]
    for *_, tls in parts["tls"]:
        tls["notes"] = [note for note in tls["notes"] if note != "in_connect_tunnel"]
    return parts


def difference(expected, got, path=""):
    """The first place where they differ."""
    if isinstance(expected, dict) and isinstance(got, dict):
        pairs = [(key, expected.get(key), got.get(key)) for key in {**expected, **got}]
    elif isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)) and len(expected) == len(got):
        pairs = [(number, *pair) for number, pair in enumerate(zip(expected, got))]
    else:
        return None if expected == got else f"{path}: {json.dumps(got)[:200]}, not {json.dumps(expected)[:200]}"
    return next((text for key, one, two in pairs if (text := difference(one, two, f"{path}/{key}"))), None)


def check(program, source, name):
    stem = Path(name).name
    capture, secrets = source / f"pcaps/{name}.pcap", (source / f"pcaps/keys/{stem}.keylog").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        words = [
            program,
            "-T",
            "json",
            "--redact",
            "none",
            "-K",
            str(source / f"pcaps/keys/{stem}.keylog"),
            str(capture),
        ]
        expected = said(json.loads(subprocess.run(words, capture_output=True, check=False, timeout=60).stdout))
        if not expected["exchanges"]:
            yield "the saved key log opens nothing"
        for way, act in WAYS.items():
            log = Path(folder, way.replace(" ", "-"))
            log.touch()
            feed = Feed(program, capture, log)
            act(feed, secrets)
            wrong = difference(expected, said(feed.report()))
            if wrong:
                yield f"{way}: {wrong}"
        log = Path(folder, "fifo")
        os.mkfifo(log)
        feed = Feed(program, capture, log)
        time.sleep(0.5)
        fifo(feed, secrets)
        wrong = difference(expected, said(feed.report()))
        if wrong:
            yield f"fifo: {wrong}"


def check_saved_with_fifo(program, source):
    """A saved capture and a FIFO that somebody fills."""
    capture, secrets = source / "pcaps/near/tls13-keylog.pcap", source / "pcaps/keys/tls13-keylog.keylog"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "fifo")
        os.mkfifo(log)
        threading.Thread(target=lambda: log.write_bytes(secrets.read_bytes()), daemon=True).start()
        run = subprocess.run([program, "-T", "json", "-K", str(log), str(capture)], capture_output=True, check=False)
        if len(json.loads(run.stdout)["exchanges"]) != 3:
            yield "a FIFO for a saved capture opens nothing"


def check_refused(program, source):
    capture = str(source / "pcaps/near/tls13-keylog.pcap")
    with tempfile.TemporaryDirectory() as folder:
        for path in (f"{folder}/missing", folder):
            run = subprocess.run([program, "-K", path, capture], capture_output=True, text=True, check=False)
            if run.returncode != 2 or run.stdout or run.stderr.count("\n") != 1 or path not in run.stderr:
                yield f"{path}: {run.returncode} {run.stderr!r}"


def main():
    program, source, chosen = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve(), sys.argv[3:]
    names = [name for name in CAPTURES if not chosen or any(word in name for word in chosen)]
    with concurrent.futures.ThreadPoolExecutor(len(CAPTURES)) as pool:  # they mostly sleep
        found = list(pool.map(lambda name: list(check(program, source, name)), names))
    failed = [f"{name}: {text}" for name, texts in zip(names, found) for text in texts]
    if not chosen:
        failed += list(check_saved_with_fifo(program, source)) + list(check_refused(program, source))
    for text in failed:
        print(text)
    print(f"{len(names) * (len(WAYS) + 1)} late key logs, {len(failed)} differences")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
