#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our exchanges against tshark's HTTP: streams, endpoints, requests, status codes, frame numbers.

    test_against_tshark.py PROGRAM SOURCE_DIR [NAME...]

Left out are captures in which packets are missing, doubled or cut: there tshark and we differ on purpose, and
test_expectations.py says what is right.
"""
import concurrent.futures
import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

FIELDS = (
    "frame.number",
    "tcp.stream",
    "ip.src",
    "ipv6.src",
    "tcp.srcport",
    "ip.dst",
    "ipv6.dst",
    "tcp.dstport",
    "tcp.len",
    "tcp.segment",
    "http.request.method",
    "http.request.uri",
    "http.response.code",
    "http.content_length_header",
    "http.chunk_size",
    "tcp.analysis.flags",
)
SUBJECT = re.compile(
    r"operation=|/certsrv/mscep|/CertificateRegistrationSvc", re.IGNORECASE
)  # what we report exchanges of
LEFT_OUT = (
    "cap-",
    "file-",
    "near/cap-",
    "link-unknown",
    "http-chunk-bad",
    "http-body-",
    "net-rst-reply",
    "net-rst-request-next-head",  # tshark knows no request before its whole head is there
    "near/file-pcapng-unknown",
    "near/link-null6",  # tshark takes 23 for another family than IPv6
    "win-pktmon-128",
    "near/win-netsh-lso-v6",  # tshark sees no payload where the IPv6 header gives no length
)


def tshark_rows(path):
    words = [
        "tshark",
        "-n",
        "-r",
        str(path),
        "-o",
        "tcp.reassemble_out_of_order:TRUE",
        "-Y",
        "(http.request or http.response or tcp.analysis.flags) and not icmp and not icmpv6",
        "-T",
        "fields",
        "-E",
        "aggregator=|",
        "-E",
        "occurrence=a",
    ]
    for field in FIELDS:
        words += ["-e", field]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return None
    return [dict(zip(FIELDS, line.split("\t"))) for line in run.stdout.splitlines()]


def end(row, side):
    address = row[f"ip.{side}"] or row[f"ipv6.{side}"]
    port = row[f"tcp.{side}port"]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def tshark_exchanges(rows):
    """Per stream the requests in order, each with its reply: HTTP/1 answers in order."""
    streams = defaultdict(lambda: ([], []))
    for row in rows:
        if not row["http.request.method"] and not row["http.response.code"]:
            continue
        frames = [int(number) for number in row["tcp.segment"].split("|") if number] or [int(row["frame.number"])]
        requests, replies = streams[row["tcp.stream"]]
        for method, uri in zip(row["http.request.method"].split("|"), row["http.request.uri"].split("|")):
            if method:
                requests.append(
                    {
                        "method": method,
                        "target": uri,
                        "client": end(row, "src"),
                        "server": end(row, "dst"),
                        "first": min(frames),
                    }
                )
        for code in row["http.response.code"].split("|"):
            if code and code != "100":
                framed = row["http.content_length_header"] or row["http.chunk_size"]
                replies.append(
                    {
                        "status": int(code),
                        "last": int(row["frame.number"]) if framed and int(row["tcp.len"] or 0) else None,
                    }
                )
    return streams


def differences(path, report):
    rows = tshark_rows(path)
    if rows is None:
        return None
    ours = defaultdict(list)
    for exchange in report["exchanges"]:
        ours[str(exchange.get("stream"))].append(exchange)
    # Where segments were lost or out of order, which frame counts as the last one is a matter of taste.
    disturbed, out = {row["tcp.stream"] for row in rows if row["tcp.analysis.flags"]}, []
    for stream, (requests, replies) in tshark_exchanges(rows).items():
        if any(reply["status"] == 101 for reply in replies):
            continue  # the answers come in another protocol
        mine = [exchange for exchange in ours[stream] if "http" in exchange and exchange["http"].get("method")]
        pairs = [
            (request, replies[number] if number < len(replies) else None)
            for number, request in enumerate(requests)
            if SUBJECT.search(request["target"])
        ]
        if len(mine) != len(pairs):
            out.append(f"stream {stream}: {len(mine)} requests, tshark has {len(pairs)}")
            continue
        for number, (exchange, (request, reply)) in enumerate(zip(mine, pairs)):
            out += [
                f"stream {stream}, request {number + 1}: {text}"
                for text in compare(exchange, request, reply, stream in disturbed)
            ]
    return out


def compare(exchange, request, reply, disturbed):
    http = exchange["http"]
    target = request["target"]
    if http.get("target", "").endswith("...") and http.get("target_length") == len(target):
        target = target[: len(http["target"]) - 3] + "..."  # a message is shown by its beginning
    pairs = [
        ("method", http.get("method"), request["method"]),
        ("target", http.get("target"), target),
        ("client", exchange["client"], request["client"]),
        ("server", exchange["server"], request["server"]),
        ("status", http.get("status"), reply["status"] if reply else None),
    ]
    if not disturbed:
        pairs.append(("first frame", exchange["frames"][0], request["first"]))
        if reply and reply["last"]:
            pairs.append(("last frame", exchange["frames"][-1], reply["last"]))
    for name, own, other in pairs:
        if own != other:
            yield f"{name} {str(own)[:120]!r}, tshark {str(other)[:120]!r}"


def check(program, source, name):
    run = subprocess.run(
        [program, "-T", "json", "--redact", "none", f"pcaps/{name}"],
        cwd=source,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if run.returncode not in (0, 1, 3):
        return [f"exit status {run.returncode}"]
    return differences(source / "pcaps" / name, json.loads(run.stdout))


def main():
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed")
        return 0
    program, source, chosen = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve(), sys.argv[3:]
    names = [
        name
        for name in sorted(json.loads((source / "pcaps/expect.json").read_text(encoding="utf-8")))
        if not name.startswith(LEFT_OUT) and (not chosen or any(word in name for word in chosen))
    ]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda name: check(program, source, name), names))
    for name, found in zip(names, results):
        for text in ["tshark cannot read it"] if found is None else found:
            print(f"{name}: {text}")
    failed = sum(bool(found) for found in results)
    print(f"{len(names)} captures compared, {failed} differ")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
