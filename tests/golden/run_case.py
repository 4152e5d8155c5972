#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden reports: the whole JSON of a run must be what was reviewed.

    run_case.py PROGRAM CASE_DIR SOURCE_DIR              compare the output for CASE_DIR/args with CASE_DIR/expected.json
    run_case.py --update PROGRAM GOLDEN_DIR SOURCE_DIR   write every case's expected.json anew

The words of `args` are relative to SOURCE_DIR, where the program is run. The version is not compared.
"""
import difflib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path


def output(program, case, source):
    """The report as text in a fixed layout, so that a difference is a difference in content."""
    words = shlex.split((case / "args").read_text(encoding="utf-8"))
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    run = subprocess.run(
        [str(Path(program).resolve()), *words],
        cwd=source,
        capture_output=True,
        env=environment,
        timeout=50,
        check=False,
    )
    if run.returncode not in (0, 1, 3):
        print(f"{case.name}: exit status {run.returncode}: {run.stderr.decode(errors='replace').strip()}")
        return None
    report = json.loads(run.stdout)
    report.pop("version", None)
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def check(program, case, source):
    actual, path = output(program, case, source), case / "expected.json"
    if actual is None:
        return 1
    if not path.exists():
        print(f"{path.relative_to(source)} is missing: write it with --update and review it")
        return 1
    expected = path.read_text(encoding="utf-8")
    if actual == expected:
        return 0
    name = str(path.relative_to(source))
    sys.stdout.writelines(
        difflib.unified_diff(expected.splitlines(True), actual.splitlines(True), name, "this program")
    )
    return 1


def update(program, golden, source):
    failed = 0
    for args in sorted(golden.glob("*/args")):
        path, text = args.with_name("expected.json"), output(program, args.parent, source)
        failed += text is None
        if text is not None and (not path.exists() or path.read_text(encoding="utf-8") != text):
            path.write_text(text, encoding="utf-8")
            print(f"{args.parent.name}: written")
    return 1 if failed else 0


def main():
    words = sys.argv[1:]
    action = update if words[:1] == ["--update"] else check
    words = words[1:] if action is update else words
    if len(words) != 3:
        sys.exit(__doc__)
    return action(words[0], Path(words[1]).resolve(), Path(words[2]).resolve())


if __name__ == "__main__":
    sys.exit(main())
