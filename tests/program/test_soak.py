#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Days of enrolments through a pipe, with little memory: it stays flat, nothing is lost from the totals, failures stay longest.

    test_soak.py PROGRAM SOURCE_DIR
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from soak_traffic import MICROSECONDS, Conversation, file_header, resident_kib

PROGRAM = ""
SOURCE = pathlib.Path()

ENROLMENTS = 20000
EVERY_S = 30  # a week in all
MEMORY_MIB = 8

HEALTHY = ("http-strongswan-ok", "http-scepclient-ok")
FAILING = ("rep-fail-2-badrequest", "http-500-ndes", "http-403-operation", "net-refused")


# Where the program is built with AddressSanitizer, what was freed goes back soon.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


def report_of(arguments, **more):
    done = subprocess.run([PROGRAM, "-T", "json", "--no-verify", *arguments], capture_output=True, timeout=60, check=False, **more)
    return json.loads(done.stdout)


def conversation(name):
    path = SOURCE / "pcaps" / f"{name}.pcap"
    enrolments = report_of([path])["enrolments"]
    return Conversation(path, enrolments[0].get("transaction_id"))


def total(report, finding):
    """Occurrences of a finding, those that left memory too."""
    here = sum(f["count"] for f in report["findings"] if f["id"] == finding)
    return here + sum(f["count"] for f in report["capture"].get("departed", {}).get("findings", []) if f["id"] == finding)


class Soak(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.healthy = [conversation(name) for name in HEALTHY]
        cls.failing = [conversation(name) for name in FAILING]

    def run_through(self, count, is_failing, memory=MEMORY_MIB):
        """`count` enrolments through a pipe; the report, how many failed, and the memory over time."""
        sizes, failed, begin_us = [], 0, self.healthy[0].begin_us
        with tempfile.TemporaryFile() as out:
            program = subprocess.Popen(
                [PROGRAM, "-T", "json", "--no-verify", "-q", "--memory", str(memory), "-"],
                stdin=subprocess.PIPE,
                stdout=out,
                env=ENVIRONMENT,
            )
            program.stdin.write(file_header())
            for number in range(count):
                kinds = self.failing if is_failing(number) else self.healthy
                failed += kinds is self.failing
                story = kinds[number // 7 % len(kinds)]
                program.stdin.write(story.repeat(number, begin_us + number * EVERY_S * MICROSECONDS))
                if number % 50 == 49:
                    sizes.append(resident_kib(program.pid))
            program.stdin.close()
            program.wait(timeout=60)
            out.seek(0)
            return json.loads(out.read()), failed, sizes

    def check_totals(self, report, count, failed):
        summary = report["summary"]
        self.assertEqual(summary["enrolments"], count)
        self.assertEqual(summary["failed"], failed)
        self.assertEqual(summary["succeeded"], count - failed)
        departed = report["capture"]["departed"]
        self.assertEqual(departed["enrolments"] + len(report["enrolments"]), count)
        self.assertEqual(departed["exchanges"] + len(report["exchanges"]), summary["exchanges"])

    def check_flat(self, sizes):
        third = len(sizes) // 3
        middle, last = max(sizes[third : 2 * third]), max(sizes[2 * third :])
        self.assertLess(last, middle * 1.1, f"it grew from {middle} to {last} KiB")

    def test_a_few_fail(self):
        """Catches memory that grows with time, totals that forget, and failures that leave before what was healthy."""
        report, failed, sizes = self.run_through(ENROLMENTS, lambda number: number % 100 == 7)
        self.check_totals(report, ENROLMENTS, failed)
        self.check_flat(sizes)
        self.assertEqual(sum(e["outcome"] in ("failed", "blocked") for e in report["enrolments"]), failed)
        self.assertEqual(report["summary"]["exit_status"], 1)

    def test_half_fail(self):
        """Catches failures that are kept for ever, and findings that are forgotten, or counted twice, when their subjects leave."""
        report, failed, sizes = self.run_through(ENROLMENTS // 2, lambda number: number % 14 >= 7)
        self.check_totals(report, ENROLMENTS // 2, failed)
        self.check_flat(sizes)
        whole = self.run_through(ENROLMENTS // 2, lambda number: number % 14 >= 7, memory=0)[0]
        self.assertNotIn("departed", whole["capture"])
        for finding in ("net-refused", "http-403-operation", "rep-success", "deliv-ok"):
            self.assertEqual(total(report, finding), total(whole, finding), finding)
        last = report["enrolments"][-1]
        self.assertEqual(last["started"], whole["enrolments"][-1]["started"])


if __name__ == "__main__":
    PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=[sys.argv[0]], verbosity=2)
