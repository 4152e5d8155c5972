#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Spoils and mutates captures and holds what scepscope says about them against what it may say.

    run.py PROGRAM SOURCE_DIR [--all | --share 0.04] [--only spoil|vary|mutate] [NAME...]

Spoils a share of the ways, --all of them in some minutes; NAMEs choose captures by part of their name. The same share
gives the same captures.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import conversation
import laws
import mutate
import same
import spoil
from recording import Recording

# Files that are no captures, or that test reading itself.
NOT_SPOILT = ("file-", "near/file-")
CUTS = (0.3, 0.7, 0.95)


class Program:
    def __init__(self, program, source):
        self.program, self.source = str(Path(program).resolve()), Path(source).resolve()

    def analyse(self, words, *files, data=b""):
        """(report, exit status) of files, of which "-" is `data`."""
        run = subprocess.run(
            [self.program, "-T", "json", "--redact", "none", *words, *files],
            cwd=self.source,
            input=data,
            capture_output=True,
            timeout=120,
            check=False,
        )
        if run.returncode not in (0, 1, 3) or b"Sanitizer" in run.stderr or b"runtime error" in run.stderr:
            return {}, run.returncode if run.returncode > 3 else -1
        return json.loads(run.stdout), run.returncode


def words_for(wanted):
    return [word for key in wanted.get("keys", []) for word in ("-k", f"pcaps/keys/{key}")] + wanted.get("options", [])


def numbers_left(whole, frames):
    """The numbers that these frames have in the whole capture; None when some were changed or doubled."""
    numbers = {id(frame): n for n, frame in enumerate(whole, 1)}
    left = [numbers.get(id(frame)) for frame in frames]
    return None if None in left or len(set(left)) < len(left) else left


def spoil_capture(program, name, wanted, share):
    """(problems, number) of the spoilt forms of one capture; a problem is (way, sentence)."""
    raw, words = (program.source / "pcaps" / name).read_bytes(), words_for(wanted)
    whole, status = program.analyse(words, f"pcaps/{name}")
    recording = Recording(raw)
    if status not in (0, 1, 3) or not recording.frames:
        return [(("read",), f"{name}: cannot be read")], 0
    problems, count = [], 0

    def judge(way, what, data, promised, kept=None):
        nonlocal count
        report, status = program.analyse(words, "-", data=data)
        wrong = list(laws.broken(whole, report, status, promised, laws.excused(name, way, wanted)))
        if report and kept is not None:
            wrong += laws.unfounded(whole, report, kept)
        for problem in wrong:
            problems.append((f"{way}: {problem}", f"{name}: {what}: {problem}"))
        count += 1

    for way, what, frames, promised in spoil.sample(spoil.Scene(recording.frames, whole), share, random.Random(name)):
        judge(way, what, recording.write(frames), promised, numbers_left(recording.frames, frames))
    dice = random.Random(f"{name} cut")
    for part in CUTS:
        if share < 1 and dice.random() >= share:
            continue
        judge("cuts", f"cut after {part:.0%}", raw[: max(int(len(raw) * part), 200)], set())
    return problems, count


def vary_capture(program, name, wanted, share):
    """As above, of the forms of one capture that must all give the same report."""
    words = words_for(wanted)
    whole, _ = program.analyse(words, f"pcaps/{name}")
    recording = Recording((program.source / "pcaps" / name).read_bytes())
    problems, count = [], 0
    if not recording.frames or not whole:
        return problems, count
    with tempfile.TemporaryDirectory() as folder:
        for way, what, parts in same.sample(recording, spoil.Scene(recording.frames, whole), share, random.Random(name)):
            paths = [Path(folder) / f"part-{n}" for n in range(len(parts))]
            for path, part in zip(paths, parts):
                path.write_bytes(part)
            report, status = program.analyse(words, *map(str, paths))
            count += 1
            for problem in same.differences(whole, report, status, way):
                problems.append((f"{way}: {problem}", f"{name}: {what}: {problem}"))
    return problems, count


def each_capture(judge, program, table, chosen, share):
    names = [name for name in chosen if table[name].get("exit") != 2 and not name.startswith(NOT_SPOILT)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda name: judge(program, name, table[name], share), names)


# Healthy, whole and of different clients: one keep-alive connection and one for each request, GET and POST.
BASES = (
    "http-scepclient-ok.pcap",
    "http-strongswan-ok.pcap",
    "http-certmonger-get-ok.pcap",
    "near/http-200-longquery.pcap",
    "near/http-chunked-ok.pcap",
    "near/perf-pkiop-normal.pcap",
)


def mutated_problems(mutation, report, status, known):
    if status not in (0, 1, 3):
        yield f"exit status {status}"
        return
    errors = laws.said(report, "error") - known
    found = [finding for finding in report["findings"] if finding["id"] in mutation.ids]
    for name in sorted(errors - set(mutation.ids)):
        yield f"false alarm {name}"
    if mutation.ids and not found:
        yield f"says none of {', '.join(mutation.ids)}"
    for finding in found:
        exchange = report["exchanges"][finding["exchange"] - 1] if finding.get("exchange") else None
        if exchange and mutation.change is not mutate.years_later and exchange["operation"] != mutation.operation.decode():
            yield f"{finding['id']} at {exchange['operation']}"


def mutate_capture(program, name, wanted):
    raw, words = (program.source / "pcaps" / name).read_bytes(), words_for(wanted)
    talks = conversation.read(Recording(raw))
    report, status = program.analyse(words, "-", data=conversation.write(talks))
    known, problems, count = laws.said(report, "error"), [], 1
    if status != 0:
        problems.append((f"rebuilt: {known}", f"{name}: rebuilt without a fault: exit status {status}, {known}"))
    for mutation in mutate.ALL:
        changed = mutation.change(talks, mutation.operation)
        if changed is None:
            continue
        count += 1
        report, status = program.analyse(words + list(mutation.options), "-", data=conversation.write(changed))
        for problem in mutated_problems(mutation, report, status, known):
            problems.append((f"{mutation.name}: {problem}", f"{name}: {mutation.name}: {problem}"))
    return problems, count


def mutate_all(program, table, chosen):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda name: mutate_capture(program, name, table[name]), [n for n in BASES if n in chosen])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("source")
    parser.add_argument("--all", action="store_const", const=1, dest="share")
    parser.add_argument("--share", type=float)
    parser.set_defaults(share=0.04)
    parser.add_argument("--only", choices=("spoil", "vary", "mutate"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    program = Program(options.program, options.source)
    table = json.loads((program.source / "pcaps/expect.json").read_text(encoding="utf-8"))
    chosen = [name for name in sorted(table) if not options.names or any(part in name for part in options.names)]
    began, total, wrong = time.monotonic(), 0, Counter()
    parts = []
    if options.only in (None, "mutate"):
        parts.append(mutate_all(program, table, chosen))
    if options.only in (None, "spoil"):
        parts.append(each_capture(spoil_capture, program, table, chosen, options.share))
    if options.only in (None, "vary"):
        parts.append(each_capture(vary_capture, program, table, chosen, options.share))
    for problems, count in chain.from_iterable(parts):
        total += count
        for kind, problem in problems:
            wrong[kind] += 1
            print(problem)
    for kind, count in wrong.most_common() if options.share >= 1 else ():
        print(f"{count:6} {kind}")
    print(f"{total} captures, {sum(wrong.values())} wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
