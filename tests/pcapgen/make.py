#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the captures of pcaps/ (as root): make.py [-l] [-j N] [NAME...]; a NAME selects every file that contains it.

Captures that exist are kept unless named. pcaps/expect.json and the table in pcaps/README.md are always written anew.
"""
import argparse
import concurrent.futures
import importlib
import json
import sys
import traceback
from pathlib import Path

import capfile
import cases

HERE = Path(__file__).resolve().parent
for module in sorted(HERE.glob("cases_*.py")):
    importlib.import_module(module.stem)  # registers its cases

PCAPS = HERE.parents[1] / "pcaps"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def make_one(case, world):
    case.path = PCAPS / case.file
    case.path.parent.mkdir(parents=True, exist_ok=True)
    packets = case.make(case, world)
    if packets is not None:
        capfile.write(case.path, packets)
    return case.path.stat().st_size


def write_tables():
    table = {case.file: case.expectation() for case in cases.ALL.values() if (PCAPS / case.file).exists()}
    (PCAPS / "expect.json").write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    rows = ["| file | shows | origin | keys | findings |", "|---|---|---|---|---|"]
    for name in sorted(table):
        case = cases.ALL[name]
        near = "near miss: " if name.startswith("near/") else ""
        wanted = ", ".join(f"`{finding}`" for finding in case.must) or "none that matters"
        wanted += "".join(f", not `{finding}`" for finding in dict.fromkeys(case.near + case.must_not))
        rows.append(f"| {name} | {near}{case.shows} | {case.recipe} | {', '.join(case.keys) or '-'} | {wanted} |")
    readme = PCAPS / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(before + BEGIN + "\n".join(rows) + "\n" + END + after, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-l", "--list", action="store_true")
    parser.add_argument("-j", "--jobs", type=int, default=3)
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    chosen = [
        case
        for case in cases.ALL.values()
        if (any(name in case.file for name in args.name) if args.name else not (PCAPS / case.file).exists())
    ]
    if args.list:
        print("\n".join(case.file for case in chosen))
        return 0
    world, failed = cases.World(PCAPS), 0
    derived = [case for case in chosen if case.recipe.startswith("edited")]
    for group in ([case for case in chosen if case not in derived], derived):
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            jobs = {pool.submit(make_one, case, world): case for case in group}
            for job in concurrent.futures.as_completed(jobs):
                try:
                    print(f"{jobs[job].file}: {job.result()} bytes", flush=True)
                except Exception as error:  # one case must not stop the others
                    failed += 1
                    print(
                        f"{jobs[job].file}: FAILED: {error}\n{''.join(traceback.format_tb(error.__traceback__)[-3:])}",
                        file=sys.stderr,
                        flush=True,
                    )
    write_tables()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
