#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plaintext of every TLS capture that a key log opens, byte for byte against tshark's.

    test_tls_plain.py PROGRAM SOURCE_DIR [NAME...]

The bytes are those of the program's own stages, given out by tls_plain, which is built beside the unit tests.
"""
import concurrent.futures
import json
import shutil
import subprocess
import sys
from pathlib import Path

# What tshark 4.0 does otherwise, and why ours is right.
KNOWN = {
    "near/tls-13-gap.pcap": "tshark gives up a direction at the hole; we go on with the next record",
    "near/tls-13-midway.pcap": "no ClientHello: nothing to compare",
    "near/tls-12-midway.pcap": "no ClientHello: nothing to compare",
}


def captures(source):
    """(name, key log or None) of all that a key log or the capture itself has secrets for."""
    table = json.loads((source / "pcaps/expect.json").read_text(encoding="utf-8"))
    for name, expected in sorted(table.items()):
        words = expected.get("options", [])
        log = source / words[words.index("-K") + 1] if "-K" in words else None
        if name not in KNOWN and (log or "dsb" in name):
            yield name, log


def tshark(path, *words):
    run = subprocess.run(["tshark", "-n", "-r", str(path), *words], capture_output=True, text=True, check=False)
    return run.stdout.splitlines()


def theirs(path, log, streams):
    """tshark's plaintext of each stream: the client's, the server's."""
    syn = "tcp.flags.syn==1 and tcp.flags.ack==0"
    clients = dict(
        line.split("\t")[:2]
        for line in tshark(path, "-Y", syn, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.srcport")
    )
    words = ["-q", *(word for stream in range(streams) for word in ("-z", f"follow,tls,raw,{stream}"))]
    if log:
        words += ["-o", f"tls.keylog_file:{log}"]
    out, stream, swapped = {}, None, False
    for line in tshark(path, *words):
        if line.startswith("Filter:"):
            stream = line.split()[-1]
            out[stream] = ["", ""]
        elif line.startswith("Node 0:"):  # who sent the first plaintext is not always the client
            swapped = not line.endswith(f":{clients.get(stream)}")
        elif stream and line and line[0] in "0123456789abcdef\t" and not line.startswith("Node"):
            out[stream][line.startswith("\t") != swapped] += line.strip()
    return [out.get(str(number), ["", ""]) for number in range(streams)]


def check(tool, source, name, log):
    path = source / "pcaps" / name
    run = subprocess.run([tool, str(path), *([str(log)] if log else [])], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return 0, [f"tls_plain: {run.stderr.strip()}"]
    compared, wrong = 0, []
    lines = run.stdout.splitlines()
    for stream, (line, other) in enumerate(zip(lines, theirs(path, log, len(lines)))):
        ours = [side.replace("-", "") for side in line.split()]
        compared += sum(map(len, ours)) // 2
        for side, own, one in zip(("client", "server"), ours, other):
            if own != one:
                wrong.append(
                    f"stream {stream}, {side}: {len(own) // 2} bytes {own[:60]}, tshark {len(one) // 2} {one[:60]}"
                )
    if not compared:
        wrong.append("no plaintext at all")
    return compared, wrong


def main():
    program, source, chosen = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:]
    tool = program.parent / "tests/tls_plain"
    if not shutil.which("tshark") or not tool.exists():
        print(f"skipped: tshark or {tool} is not there")
        return 0
    work = [row for row in captures(source) if not chosen or any(word in row[0] for word in chosen)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda row: check(str(tool), source, *row), work))
    for (name, _), (_, wrong) in zip(work, results):
        for text in wrong:
            print(f"{name}: {text}")
    failed = sum(bool(wrong) for _, wrong in results)
    print(
        f"{len(work)} captures, {sum(compared for compared, _ in results)} bytes of plaintext compared, {failed} differ"
    )
    return 1 if failed or not work else 0


if __name__ == "__main__":
    sys.exit(main())
