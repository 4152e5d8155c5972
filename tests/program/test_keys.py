#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opened envelopes against `openssl cms -decrypt`, `openssl req` and `openssl x509`; and what is said of key files.

    test_keys.py PROGRAM SOURCE_DIR [NAME...]

Every private key in pcaps/keys is given at once: which one opens what is for the program to find out.
"""
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import test_against_openssl as peer

PASSPHRASE = "correct horse battery"
CAPTURES = (
    "chal-",
    "csr-",
    "near/chal-",
    "near/csr-",
    "demo",
    "http-scepclient-ok",
    "http-strongswan-ok",
    "http-certmonger-get-ok",
    "scepclient-ndes-ok",
    "rep-pending-strongswan",
    "near/renewal",
    "near/scep-apple-ber",
    "near/rep-",
    "rep-env-",
    "rep-fail-4",
    "scep-alg",
    "scep-oaep",
    "scep-recipient",
)


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=False)


def public_digest(key):
    spki = openssl("pkey", "-in", str(key), "-pubout", "-outform", "DER").stdout
    return hashlib.sha256(spki).hexdigest()


def is_sequence(data):
    """One whole DER or BER SEQUENCE, as far as its own length tells."""
    if len(data) < 2 or data[0] != 0x30:
        return False
    if data[1] == 0x80:
        return data.endswith(b"\0\0")
    if data[1] < 0x80:
        return len(data) == 2 + data[1]
    count = data[1] & 0x7F
    return len(data) == 2 + count + int.from_bytes(data[2 : 2 + count], "big")


def elements(data):
    """(tag, contents, what is left after it) of each BER element, up to the end or to end-of-contents."""
    while data and data[:2] != b"\0\0":
        tag, first = data[0], data[1]
        if first == 0x80:
            contents = left = data[2:]
            for _, _, left in elements(contents):
                pass
            contents, left = contents[: len(contents) - len(left)], left[2:]
        else:
            count = first & 0x7F if first & 0x80 else 0
            length = int.from_bytes(data[2 : 2 + count], "big") if count else first
            contents, left = data[2 + count : 2 + count + length], data[2 + count + length :]
        yield tag, contents, left
        data = left


def content_of(cms):
    """eContent of SignedData."""
    content_info = list(elements(next(elements(cms))[1]))
    signed_data = list(elements(next(elements(content_info[1][1]))[1]))
    encapsulated = list(elements(signed_data[2][1]))
    tag, contents, _ = next(elements(encapsulated[1][1]))
    return b"".join(part for _, part, _ in elements(contents)) if tag & 0x20 else contents


def decrypt(envelope, key):
    run = openssl(
        "cms",
        "-decrypt",
        "-binary",
        "-inform",
        "DER",
        "-provider",
        "default",
        "-provider",
        "legacy",
        "-inkey",
        str(key),
        data=envelope,
    )
    return run.stdout if run.returncode == 0 and is_sequence(run.stdout) else None


def name_of(text):
    """A name without what differs in the way it is written."""
    return re.sub(r"\s*([=,])\s*", r"\1", text.strip()).replace("emailAddress=", "E=")


def challenge_of(request):
    """The value of challengePassword, its type, from the structure itself."""
    rows = openssl("asn1parse", "-inform", "DER", data=request).stdout.decode().splitlines()
    for i, row in enumerate(rows):
        if row.rstrip().endswith(":challengePassword"):
            value = re.match(r"\s*(\d+):d=\s*\d+\s+hl=\s*(\d+)\s+l=\s*(\d+) prim: (\w+)", rows[i + 2])
            at, header, length = int(value[1]), int(value[2]), int(value[3])
            return request[at + header : at + header + length], value[4]
    return None, None


def check_request(plain, ours):
    said = openssl(
        "req",
        "-inform",
        "DER",
        "-noout",
        "-subject",
        "-text",
        "-verify",
        "-nameopt",
        "esc_ctrl,utf8,sep_comma_plus",
        data=plain,
    )
    text = said.stdout.decode(errors="replace")
    valid = b"verify OK" in said.stderr or b"self-signature verify OK" in said.stderr or "verify OK" in text
    if (ours["signature"] == "valid") != valid:
        yield f"request's signature {ours['signature']}, openssl {said.stderr[:80]!r}"
    subject = re.search(r"^subject=(.*)$", text, re.M)
    if "\\" not in ours.get("subject", "") and name_of(subject[1]) != name_of(ours.get("subject", "")):
        yield f"subject {ours.get('subject')!r}, openssl {subject[1]!r}"
    bits = re.search(r"Public-Key: \((\d+) bit\)", text)
    if ours["key"].startswith("RSA") and ours["key"] != f"RSA {bits[1]}":
        yield f"key {ours['key']}, openssl {bits[0]}"
    wanted = re.search(r"Subject Alternative Name:[^\n]*\n\s+(.*)", text)
    theirs = [n for n in (wanted[1].split(", ") if wanted else []) if n.startswith("DNS:")]
    if theirs != [n for n in ours.get("sans", []) if n.startswith("DNS:")]:
        yield f"names {ours.get('sans')}, openssl {theirs}"
    if ("TLS Web Client Authentication" in text) != ("clientAuth" in ours.get("extended_key_usage", [])):
        yield f"extended key usage {ours.get('extended_key_usage')}"
    challenge, kind = challenge_of(plain)
    if (challenge is not None) != ours["challenge"]["present"]:
        yield "challenge is there or not"
    elif challenge is not None and kind in ("PRINTABLESTRING", "UTF8STRING"):
        digest = hashlib.sha256(challenge).hexdigest()
        if ours["challenge"]["sha256"] != digest or ours["challenge"]["length"] != len(challenge.decode()):
            yield f"challenge {ours['challenge']}, openssl {len(challenge)} {digest}"
        if ours["challenge"]["string_type"].upper() != kind:
            yield f"challenge's type {ours['challenge']['string_type']}, openssl {kind}"


def check_certificates(plain, ours):
    text = openssl("pkcs7", "-inform", "DER", "-print_certs", data=plain).stdout
    theirs = []
    for pem in re.findall(rb"-----BEGIN.*?-----END CERTIFICATE-----", text, re.S):
        der = openssl("x509", "-outform", "DER", data=pem).stdout
        theirs.append(hashlib.sha256(der).hexdigest())
    if sorted(c["sha256"] for c in ours) != sorted(theirs):
        yield f"{len(ours)} issued certificates, openssl {len(theirs)}"


def check_envelope(cms, ours, keys):
    """What differs about one message; the clear challenge with it."""
    envelope = content_of(cms)
    opened = {digest: plain for digest, key in keys.items() if (plain := decrypt(envelope, key))}
    said = ours["envelope"]
    problems, secret = [], None
    if said["opened"] != bool(opened):
        return [f"opened {said['opened']} ({said.get('why_not')}), openssl opens with {list(opened)}"], None
    if not opened:
        return ([] if said.get("why_not") else ["no reason why it stayed shut"]), None
    if said["opened_with"] not in opened:
        return [f"opened with {said['opened_with']}, openssl with {list(opened)}"], None
    plain = opened[said["opened_with"]]
    if said["content_length"] != len(plain):
        problems.append(f"content of {said['content_length']} bytes, openssl {len(plain)}")
    if said.get("holds") == "csr":
        problems += check_request(plain, ours["csr"])
        secret = challenge_of(plain)[0]
    elif said.get("holds") == "certificates":
        problems += check_certificates(plain, said["certificates"])
    return problems, secret


def check_capture(path, report, keys):
    checked, problems, secrets, streams = 0, [], set(), {}
    for exchange in report["exchanges"]:
        if exchange["operation"] != "PKIOperation" or "scep" not in exchange:
            continue
        stream = exchange["stream"]
        if stream not in streams:
            client, server = peer.directions(path, stream)
            requests = list(peer.messages(client))
            streams[stream] = [
                pair
                for pair in zip(requests, list(peer.messages(server)) + [None] * len(requests))
                if "PKIOperation" in pair[0][0]
            ]
        request, reply = streams[stream].pop(0)
        sides = [
            ("request", lambda request=request: peer.request_cms(*request)),
            ("reply", lambda reply=reply: reply[1]),
        ]
        for side, cms in sides:
            ours = exchange["scep"].get(side)
            if not ours or not ours.get("envelope", {}).get("complete"):
                continue
            checked += 1
            found, secret = check_envelope(cms(), ours, keys)
            problems += [f"exchange {exchange['id']}, {side}: {text}" for text in found]
            if secret and len(secret) > 5:
                secrets.add(secret)
    return checked, problems, secrets


def check_captures(program, source, chosen):
    files = [key for key in sorted((source / "pcaps/keys").glob("*.key")) if "ENCRYPTED" not in key.read_text("utf-8")]
    keys = {public_digest(key): key for key in files}
    words = [word for key in files for word in ("-k", str(key))]
    total, failed = 0, []
    for name in sorted(json.loads((source / "pcaps/expect.json").read_text(encoding="utf-8"))):
        if not name.startswith(CAPTURES) or (chosen and not any(word in name for word in chosen)):
            continue
        path = source / "pcaps" / name
        outputs = {}
        for level in ("none", "standard"):
            for kind in ("json", "text"):
                run = subprocess.run(
                    [program, "-v", "-T", kind, "--redact", level, *words, str(path)],
                    capture_output=True,
                    timeout=120,
                    check=False,
                )
                outputs[level, kind] = run.stdout + run.stderr
                if run.returncode not in (0, 1, 3):
                    failed.append(f"{name}: exit status {run.returncode}: {run.stderr[:200]}")
        report = json.loads(outputs["none", "json"][: outputs["none", "json"].rindex(b"}") + 1])
        checked, problems, secrets = check_capture(path, report, keys)
        total += checked
        failed += [f"{name}: {problem}" for problem in problems]
        for (level, kind), output in outputs.items():
            failed += [f"{name}: a challenge stands in the {kind} report at {level}" for s in secrets if s in output]
    return total, failed


# ---- key files ---------------------------------------------------------------------------------------------------


def make_files(folder, source):
    key = str(source / "pcaps/keys/ndes-ra-encryption.key")
    cert = str(source / "pcaps/keys/ndes-ra-encryption.crt")
    word = f"pass:{PASSPHRASE}"
    openssl("pkcs8", "-topk8", "-in", key, "-out", f"{folder}/enc.pem", "-passout", word)
    openssl("pkcs8", "-topk8", "-in", key, "-outform", "DER", "-out", f"{folder}/enc.der", "-passout", word)
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", f"{folder}/plain.der")
    openssl("pkcs12", "-export", "-inkey", key, "-in", cert, "-out", f"{folder}/new.pfx", "-passout", word)
    openssl("pkcs12", "-export", "-legacy", "-inkey", key, "-in", cert, "-out", f"{folder}/old.pfx", "-passout", word)
    Path(folder, "garbage").write_bytes(bytes(range(256)) * 8)
    Path(folder, "pass").write_text(PASSPHRASE + "\n", encoding="utf-8")
    Path(folder, "wrong").write_text("no such word\n", encoding="utf-8")


def run_with(program, capture, *words, **more):
    return subprocess.run(
        [program, "-T", "json", "--redact", "none", *words, str(capture)],
        capture_output=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        **more,
    )


def opens(run):
    return run.returncode in (0, 1, 3) and any(
        exchange.get("scep", {}).get("request", {}).get("envelope", {}).get("opened")
        for exchange in json.loads(run.stdout)["exchanges"]
    )


def check_files(program, source):
    capture = source / "pcaps/scep-oaep.pcap"
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        make_files(folder, source)
        for name in ("enc.pem", "enc.der", "plain.der", "new.pfx", "old.pfx"):
            words = ("-k", f"{folder}/{name}", "--key-pass")
            ways = [
                run_with(program, capture, *words, f"file:{folder}/pass"),
                run_with(program, capture, *words, "env:SCEP_TEST", env={"SCEP_TEST": PASSPHRASE}),
            ]
            with open(f"{folder}/pass", "rb") as stream:
                ways.append(run_with(program, capture, *words, f"fd:{stream.fileno()}", pass_fds=(stream.fileno(),)))
            failed += [f"{name}: not opened: {run.stderr[:200]}" for run in ways if not opens(run)]
            failed += [
                f"{name}: the passphrase is printed" for run in ways if PASSPHRASE.encode() in run.stdout + run.stderr
            ]
        refused = {
            ("enc.pem", "wrong"): "wrong passphrase",
            ("enc.der", "wrong"): "wrong passphrase",
            ("new.pfx", "wrong"): "wrong passphrase",
            ("garbage", "pass"): "no private key",
            ("missing", "pass"): "No such file",
            ("new.pfx", "missing"): "No such file",
        }
        for (name, word), reason in refused.items():
            run = run_with(program, capture, "-k", f"{folder}/{name}", "--key-pass", f"file:{folder}/{word}")
            message = run.stderr.decode()
            if run.returncode != 2 or reason not in message or message.count("\n") != 1 or run.stdout:
                failed.append(f"{name} with {word}: {run.returncode} {message!r}")
            if (name if word != "missing" else word) not in message:
                failed.append(f"{name} with {word}: the file is not named: {message!r}")
        cert = source / "pcaps/keys/ndes-ra-encryption.crt"
        run = run_with(program, capture, "-k", str(cert))
        if run.returncode != 2 or b"holds a certificate but no private key" not in run.stderr:
            failed.append(f"a certificate: {run.returncode} {run.stderr!r}")
        run = run_with(program, capture, "-k", f"{folder}/enc.pem")
        if run.returncode != 2 or b"terminal" not in run.stderr:
            failed.append(f"nobody to ask: {run.returncode} {run.stderr!r}")
        run = run_with(program, capture, "--key-pass", PASSPHRASE, "-k", f"{folder}/enc.pem")
        if run.returncode != 2 or PASSPHRASE.encode() in run.stderr:
            failed.append(f"a passphrase on the command line: {run.returncode} {run.stderr!r}")
        run = run_with(program, capture, "-k", str(source / "pcaps/keys/ndes-ra-signing.key"))
        if opens(run):
            failed.append("a key that is not the recipient's opens")
    return failed


def main():
    for tool in ("openssl", "tshark"):
        if not shutil.which(tool):
            print(f"skipped: {tool} is not installed")
            return 0
    program, source, chosen = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve(), sys.argv[3:]
    total, failed = check_captures(program, source, chosen)
    if not chosen:
        failed += check_files(program, source)
    for problem in failed:
        print(problem)
    print(f"{total} envelopes compared, {len(failed)} differences")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
