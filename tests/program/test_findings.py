#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every id of the catalogue over every capture: test_findings.py [--write] PROGRAM SOURCE_DIR

An id is a rule on packets, an alias, waits for a log, or is never reported; nothing in between. A rule has a capture of
which we know that it must fire there, and a near miss on which it stays quiet; on captures where nothing was wrong no rule
gives an error or a warning. docs/findings.md is the table of all that: --write writes it, the test checks that it is
up to date. tests/findings/catalogue.json says in words what each id needs.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

EXPLAINED = re.compile(r"(?P<id>[a-z0-9-]+)  \((?P<severity>error|warning|info), (?P<confidence>[a-z]+)\)")
HEAD = """# Findings

Made by `scripts/findings-table` from the program, `tests/findings/catalogue.json` and the captures of `pcaps/`; not to be
edited by hand. `scepscope --explain ID` tells what a finding means and what to do.

- *State*: a rule on packets; an alias, which is reported under another id; an id that waits for a log, because packets alone
  never prove it; or one that is never reported. The reasons stand below the table.
- *Severity* and *confidence* are what the rule begins with; where the evidence says so it changes them.
- *Fires on* and *near miss*: one capture of each kind, out of those of which we know how they were made.

| id | state | severity | confidence | evidence needed | quiet when | fires on | near miss |
|---|---|---|---|---|---|---|---|
"""


def run(program, source, *words):
    return subprocess.run([program, *words], cwd=source, capture_output=True, timeout=60, check=False)


def read_ids(program, source):
    """What the program says of each id, in its order: {"state", "severity", "confidence", "title" or "alias_of"}."""
    ids = {}
    for line in run(program, source, "--list-findings").stdout.decode().splitlines():
        name, word, rest = line.split(None, 2)
        if word == "alias":
            ids[name] = {"state": "alias", "alias_of": rest.removeprefix("reported as ")}
        elif word in ("log", "never"):
            ids[name] = {"state": word, "title": rest}
        else:
            shown = EXPLAINED.match(run(program, source, "--explain", name).stdout.decode())
            ids[name] = {"state": "rule", "severity": word, "confidence": shown["confidence"], "title": rest}
    return ids


def reason(program, source, name):
    """The paragraph of --explain that says what the id waits for, or why it is never reported."""
    shown = run(program, source, "--explain", name).stdout.decode()
    found = re.search(r"^(?:Waits for|Why never) +(.*?)(?=^\S|\Z)", shown, re.M | re.S)
    return " ".join(found[1].split())


class Captures:
    """What the program says of every capture, with its keys and without."""

    def __init__(self, program, source):
        self.table = json.loads((source / "pcaps/expect.json").read_text(encoding="utf-8"))
        self.program, self.source = program, source
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.said = dict(zip(self.table, pool.map(self._with_keys, self.table)))
            healthy = [name for name, wanted in self.table.items() if wanted.get("healthy")]
            self.blind = dict(zip(healthy, pool.map(self._without_keys, healthy)))

    def _say(self, name, words):
        report = run(self.program, self.source, "-T", "json", *words, f"pcaps/{name}")
        findings = json.loads(report.stdout)["findings"] if report.returncode in (0, 1, 3) else []
        return {finding["id"]: finding["severity"] for finding in findings}

    def _with_keys(self, name):
        wanted = self.table[name]
        keys = [word for key in wanted.get("keys", []) for word in ("-k", f"pcaps/keys/{key}")]
        return self._say(name, keys + wanted.get("options", []))

    def _without_keys(self, name):
        words = self.table[name].get("options", [])
        return self._say(name, [word for word in words if word not in ("-k", "-K") and "pcaps/keys/" not in word])

    def infos(self):
        """What healthy captures say all the same, and how many of them do."""
        return Counter(finding for name in self.blind for finding in self.said[name])

    def firing(self, finding):
        """Captures that were made to show it, and do: the plainest first."""
        names = self._best(finding, lambda wanted: wanted.get("must", []) + sum(wanted.get("any_of", []), []), True)
        return sorted(names, key=lambda name: (not name.startswith(finding), "near/" in name, len(name), name))

    def near(self, finding):
        """Captures that were made to come near it, and do not show it: the nearest first."""
        return self._best(finding, lambda wanted: wanted.get("near", []), False) or self._best(
            finding, lambda wanted: wanted.get("must_not", []), False
        )

    def _best(self, finding, marks, says):
        names = [name for name, wanted in self.table.items() if finding in marks(wanted)]
        names = [name for name in names if (finding in self.said[name]) == says]
        return sorted(names, key=lambda name: (finding not in name, "near/" not in name, len(name), name))


def row(name, facts, words, captures):
    state = {"rule": "rule on packets", "alias": f"alias of `{facts.get('alias_of')}`", "log": "waits for a log"}
    fires, near = (captures.firing(name), captures.near(name)) if facts["state"] == "rule" else ([], [])
    cells = (
        f"`{name}`",
        state.get(facts["state"], "never reported"),
        facts.get("severity", "-"),
        facts.get("confidence", "-"),
        words.get("evidence", "-"),
        words.get("quiet", "-"),
        ", ".join(fires[:1]) or "-",
        ", ".join(near[:1]) or "-",
    )
    return "| " + " | ".join(cells) + " |\n"


def document(program, source, ids, catalogue, captures):
    text = HEAD + "".join(row(name, facts, catalogue.get(name, {}), captures) for name, facts in ids.items())
    text += "\n## Waiting for a log, or never reported\n\n"
    for name, facts in ids.items():
        if facts["state"] in ("log", "never"):
            kind = "waits for" if facts["state"] == "log" else "never reported"
            text += f"- `{name}` ({facts['title']}), {kind}: {reason(program, source, name)}\n"
    text += "\n## What we decided\n\nWhere the evidence leaves a choice, and why it was made so.\n\n"
    text += "".join(f"- `{name}`: {words['why']}\n" for name, words in catalogue.items() if "why" in words)
    text += "\n## Healthy captures\n\nCaptures in which nothing was wrong (`healthy` in `pcaps/expect.json`) give no error and no "
    text += "warning. What some of them tell all the same, as information: "
    return text + ", ".join(f"`{name}`" for name in sorted(captures.infos())) + ".\n"


def wrong_ids(ids, catalogue):
    described = {name for name, facts in ids.items() if facts["state"] != "alias"}
    for name in sorted(described ^ set(catalogue)):
        yield f"{name}: known to {'the program' if name in described else 'catalogue.json'} only"
    for name, words in catalogue.items():
        if words.get("inferred") and ids.get(name, {}).get("confidence") == "certain":
            yield f"{name}: an inference is no certainty"
    for name, facts in ids.items():
        if facts["state"] == "alias" and ids.get(facts["alias_of"], {}).get("state") != "rule":
            yield f"{name}: an alias of nothing that is reported"


def wrong_captures(ids, captures):
    for name, facts in ids.items():
        if facts["state"] == "rule" and not captures.firing(name):
            yield f"{name}: no capture that must show it does"
        if facts["state"] == "rule" and not captures.near(name):
            yield f"{name}: no near miss"
    for capture, said in captures.said.items():
        for name in said:
            if ids.get(name, {}).get("state") != "rule":
                yield f"{capture}: reports {name}, which is no rule"
    for how, answers in (
        ("", {name: captures.said[name] for name in captures.blind}),
        (" without keys", captures.blind),
    ):
        for capture, said in answers.items():
            for name, severity in said.items():
                if severity != "info":
                    yield f"{capture} is healthy: false {severity} {name}{how}"


def main():
    words = [word for word in sys.argv[1:] if word != "--write"]
    program, source = str(Path(words[0]).resolve()), Path(words[1]).resolve()
    catalogue = json.loads((source / "tests/findings/catalogue.json").read_text(encoding="utf-8"))
    ids, captures = read_ids(program, source), Captures(program, source)
    problems = [*wrong_ids(ids, catalogue), *wrong_captures(ids, captures)]
    text, path = document(program, source, ids, catalogue, captures), source / "docs/findings.md"
    if "--write" in sys.argv:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        problems.append("docs/findings.md is out of date: run scripts/findings-table")
    infos = ", ".join(f"{name} {count}" for name, count in captures.infos().most_common())
    print("\n".join(problems + [f"{len(captures.blind)} healthy captures say: {infos}"]))
    print(f"{len(ids)} ids, {len(captures.said)} captures, {len(problems)} wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
