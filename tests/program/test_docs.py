#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of the pages that are walked as written: test_docs.py PROGRAM SOURCE_DIR

What stands after "$ " in a console block is one command. All commands of a page run in one empty folder that holds
nothing but the capture the page speaks of. The README's commands run as well, but for live captures, and what it shows of
the report is what the program prints. And the code keeps to the table of docs/architecture.md.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()

# Page -> name there of a capture -> where it lies in the repository.
PAGES = {"docs/ticket.md": {"monday.pcapng": "pcaps/demo.pcapng"}}
README_CAPTURES = ("monday.pcapng", "capture.pcapng", "capture.pcap", "a.pcap", "b.pcapng")


def commands(page):
    for block in re.findall(r"^ *```console\n(.*?)^ *```", page, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.strip().startswith("$ "):
                yield line.strip()[2:]


def run_in(folder, command):
    env = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


class Pages(unittest.TestCase):
    # A command that does not do what the page says: a typo, an option that was renamed, a step that was forgotten.
    def test_commands(self):
        for page, captures in PAGES.items():
            with tempfile.TemporaryDirectory() as folder:
                for name, path in captures.items():
                    shutil.copy(SOURCE / path, pathlib.Path(folder, name))
                walked = list(commands((SOURCE / page).read_text()))
                self.assertTrue(walked)
                for command in walked:
                    with self.subTest(page=page, command=command):
                        run = run_in(folder, command)
                        # scepscope says with 1 that it found an error, which is what the pages are about.
                        allowed = (0, 1) if command.startswith("scepscope") else (0,)
                        self.assertIn(run.returncode, allowed, run.stderr)
                        # tshark warns root, as whom tests may run.
                        self.assertEqual(re.sub(r"Running as user .*\n", "", run.stderr), "")
                        quiet = " --bundle " in command or command.startswith(("mkdir", "!"))
                        self.assertEqual(run.stdout == "", quiet, run.stdout)


class Readme(unittest.TestCase):
    def setUp(self):
        self.text = (SOURCE / "README.md").read_text()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name in README_CAPTURES:
            shutil.copy(SOURCE / "pcaps/demo.pcapng", pathlib.Path(self.folder.name, name))

    # An example that was right once: an option renamed, a file that has to exist already.
    def test_commands(self):
        walked = re.findall(r"^    (scepscope .*?)(?: +#.*)?$", self.text, flags=re.MULTILINE)
        self.assertGreater(len(walked), 9)
        for command in walked:
            if not re.search(r" (-i|--follow) ", command):
                with self.subTest(command=command):
                    run = run_in(self.folder.name, command)
                    self.assertIn(run.returncode, (0, 1), run.stderr)

    # A report shown that no longer looks so. "..." stands for lines left out.
    def test_shown(self):
        blocks = re.findall(r"^```\n(.*?)^```", self.text, flags=re.MULTILINE | re.DOTALL)
        self.assertTrue(blocks)
        for block in blocks:
            shown = block.splitlines()
            command = shown.pop(0)[2:] if block.startswith("$ ") else "scepscope -v monday.pcapng"
            printed = iter(run_in(self.folder.name, command).stdout.splitlines())
            for line in shown:
                with self.subTest(command=command, line=line):
                    self.assertTrue(line.strip() in ("", "...") or line in printed)


class Architecture(unittest.TestCase):
    # An include that goes down the table of docs/architecture.md, or past what it allows a folder.
    def test_includes(self):
        page = (SOURCE / "docs/architecture.md").read_text()
        table = dict(re.findall(r"^\| `([\w/]+)/` \|[^|]*\| (.*?) \|$", page, flags=re.MULTILINE))
        folders = list(table)
        self.assertIn("src/run", folders)
        for number, (folder, words) in enumerate(table.items()):
            above = {name for name in folders[:number] if words == "all above" or name.split("/")[-1] in re.findall(r"\w+", words)}
            allowed = above | {folder, "include/scepscope", "src/base", "src/platform"}
            for file in sorted((SOURCE / folder).rglob("*.[ch]")):
                for name in re.findall(r'^#include "([\w/]+/\w+\.\w+)"', file.read_text(), flags=re.MULTILINE):
                    root = next(root for root in ("src", "include", ".") if (SOURCE / root / name).exists())
                    used = max((f for f in folders if f"{root}/{name}".removeprefix("./").startswith(f + "/")), key=len)
                    self.assertIn(used, allowed, f"{file.relative_to(SOURCE)} includes {name}")


if __name__ == "__main__":
    unittest.main()
