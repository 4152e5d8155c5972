#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every capture of pcaps/ against what is known of how it was made: test_expectations.py PROGRAM SOURCE_DIR [NAME...]

A finding that must be there and is not is a failure, and so is an error that nobody made: false alarms are worse than
misses. Each capture is read with its keys and again without any.
"""
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path


def analyse(program, source, name, words):
    run = subprocess.run(
        [program, "-T", "json", "--redact", "none", *words, f"pcaps/{name}"],
        cwd=source,
        capture_output=True,
        timeout=60,
        check=False,
    )
    report = json.loads(run.stdout) if run.returncode in (0, 1, 3) else {}
    return report, run.returncode


def wrong_findings(report, wanted):
    ids = {finding["id"] for finding in report.get("findings", [])}
    errors = {finding["id"] for finding in report.get("findings", []) if finding["severity"] == "error"}
    groups = wanted.get("any_of", [])
    allowed = set(wanted.get("must", [])) | set(wanted.get("may", [])) | {name for group in groups for name in group}
    for name in sorted(errors - allowed):
        yield f"false alarm {name}"
    for name in sorted(set(wanted.get("must_not", []) + wanted.get("near", [])) & ids):
        yield f"must not say {name}"
    for name in sorted(set(wanted.get("must", [])) - ids):
        yield f"does not say {name}"
    for group in groups:
        if not ids & set(group):
            yield f"says none of {', '.join(group)}"


def wrong_counts(report, wanted):
    exchanges = report.get("exchanges", [])
    for what, actual in (
        ("operations", Counter(exchange.get("operation") for exchange in exchanges)),
        ("outcomes", Counter(exchange.get("outcome") for exchange in exchanges)),
        ("enrolments", Counter(enrolment.get("outcome") for enrolment in report.get("enrolments", []))),
    ):
        for name, count in wanted.get(what, {}).items():
            if actual[name] != count:
                yield f"{what}: {actual[name]} {name} instead of {count} ({dict(actual)})"


def wrong(program, source, name, wanted):
    keys = [word for key in wanted.get("keys", []) for word in ("-k", f"pcaps/keys/{key}")]
    options = wanted.get("options", [])
    report, status = analyse(program, source, name, keys + options)
    if wanted.get("exit", status) != status or status not in (0, 1, 2, 3):
        yield f"exit status {status} instead of {wanted.get('exit', 'any of 0, 1, 2, 3')}"
    if status not in (0, 1, 3):
        return
    yield from wrong_findings(report, wanted)
    yield from wrong_counts(report, wanted)
    if keys or "-K" in options or "-k" in options:
        blind, _ = analyse(
            program, source, name, [word for word in options if word not in ("-k", "-K") and "pcaps/keys/" not in word]
        )
        for problem in wrong_findings(
            blind,
            {
                **wanted,
                "must": [],
                "any_of": [],
                "may": sum(wanted.get("any_of", []), wanted.get("may", []) + wanted.get("must", [])),
            },
        ):
            yield f"without keys: {problem}"


def main():
    program, source, chosen = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve(), sys.argv[3:]
    table = json.loads((source / "pcaps/expect.json").read_text(encoding="utf-8"))
    table = {name: wanted for name, wanted in table.items() if not chosen or any(word in name for word in chosen)}
    failed = 0
    for name, wanted in sorted(table.items()):
        try:
            problems = list(wrong(program, source, name, wanted))
        except (json.JSONDecodeError, subprocess.TimeoutExpired) as error:
            problems = [str(error)]
        failed += bool(problems)
        for problem in problems:
            print(f"{name}: {problem}")
    print(f"{len(table)} captures, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
