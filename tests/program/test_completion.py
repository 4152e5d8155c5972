#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the shells make of the completion scripts: test_completion.py PROGRAM SOURCE_DIR"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
sys.argv.pop(1)

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_scepscope
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        # The scripts ask the program by its name, as it would stand in PATH.
        self.env = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "HOME": self.dir.name, "LC_ALL": "C.UTF-8"}

    def script(self, shell, name="script"):
        path = pathlib.Path(self.dir.name, name)
        path.write_bytes(subprocess.run([PROGRAM, "--completion", shell], capture_output=True, check=True).stdout)
        return path

    def run_shell(self, *words):
        run = subprocess.run(words, capture_output=True, text=True, env=self.env, cwd=self.dir.name, timeout=60, check=False)
        self.assertEqual(run.stderr, "")
        self.assertEqual(run.returncode, 0)
        return run.stdout.split("\n")[:-1]

    def bash(self, *words):
        return self.run_shell("bash", "--norc", "-c", BASH, "bash", str(self.script("bash")), "scepscope", *words)

    def fish(self, line):
        lines = self.run_shell("fish", "--no-config", "-c", f"source {self.script('fish')}; complete -C '{line}'")
        return [word.split("\t")[0] for word in lines]

    # A script that does not know the words of an option, or offers those of another.
    def test_bash(self):
        self.assertEqual(self.bash("--redact", "st"), ["standard", "strict"])
        self.assertIn("json", self.bash("-T", ""))
        self.assertIn("--list-findings", self.bash("--li"))
        self.assertEqual(self.bash("--explain", "http-404-query"), ["http-404-querylen"])

    # File names with blanks torn into words.
    def test_bash_files(self):
        pathlib.Path(self.dir.name, "my capture.pcap").touch()
        self.assertEqual(self.bash("my"), ["my capture.pcap"])
        self.assertEqual(self.bash("-r", "my"), ["my capture.pcap"])

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        self.assertEqual(self.fish("scepscope --redact st"), ["standard", "strict"])
        self.assertIn("--list-findings", self.fish("scepscope --li"))
        self.assertEqual(self.fish("scepscope --explain http-404-query"), ["http-404-querylen"])

    # A script that zsh does not take for the completion of scepscope, or cannot parse.
    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        self.script("zsh", "_scepscope")
        lines = self.run_shell(
            "zsh", "-f", "-c", f"fpath=({self.dir.name} $fpath); autoload -Uz compinit; compinit -u -D; "
            "print $_comps[scepscope]; zsh -n _scepscope && print parsed")
        self.assertEqual(lines, ["_scepscope", "parsed"])

    def test_other_shells(self):
        run = subprocess.run([PROGRAM, "--completion", "cmd"], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("bash zsh fish", run.stderr)


if __name__ == "__main__":
    unittest.main()
