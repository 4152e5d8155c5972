#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our reading of the CMS messages against OpenSSL's: attributes, signer, signature, recipients, cipher.

    test_against_openssl.py PROGRAM SOURCE_DIR [NAME...]

The messages are taken from the streams by a few lines of HTTP here, not by our own reader.
"""
import base64
import gzip
import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

OIDS = {
    "message_type": "2.16.840.1.113733.1.9.2",
    "pki_status": "2.16.840.1.113733.1.9.3",
    "fail_info": "2.16.840.1.113733.1.9.4",
    "sender_nonce": "2.16.840.1.113733.1.9.5",
    "recipient_nonce": "2.16.840.1.113733.1.9.6",
    "transaction_id": "2.16.840.1.113733.1.9.7",
}
NAMES = {
    "message_type": {
        "3": "CertRep",
        "17": "RenewalReq",
        "19": "PKCSReq",
        "20": "CertPoll",
        "21": "GetCert",
        "22": "GetCRL",
    },
    "pki_status": {"0": "SUCCESS", "2": "FAILURE", "3": "PENDING"},
    "fail_info": {"0": "badAlg", "1": "badMessageCheck", "2": "badRequest", "3": "badTime", "4": "badCertId"},
}
CAPTURES = (
    "http-scepclient-ok",
    "rep-fail-2-scepclient",
    "scepclient-ndes-ok",
    "http-strongswan-ok",
    "rep-pending-strongswan",
    "near/renewal",
    "http-certmonger",
    "demo",
    "near/scep-apple-ber",
    "near/scep-b64-",
    "near/rep-",
    "rep-fail-",
    "rep-env-",
    "rep-nonce",
    "rep-tid",
    "cacert-",
    "near/cacert-",
    "rep-sig-invalid",
    "scep-sig-invalid",
    "scep-digest-mismatch",
    "scep-recipient",
    "scep-alg",
    "scep-oaep",
    "scep-clock-skew",
    "scep-attr-type",
    "near/http-tinyproxy",
    "near/net-ipv6",
    "policy-ok",
    "http-gzip",
    "near/http-chunked-ok",
)


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=False)


def directions(path, stream):
    """The bytes of both directions of a stream, the opener's first, as tshark puts them together."""
    run = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-q", "-z", f"follow,tcp,raw,{stream}"],
        capture_output=True,
        text=True,
        check=False,
    )
    client, server = bytearray(), bytearray()
    for line in run.stdout.splitlines():
        if re.fullmatch(r"\t?[0-9a-f]+", line):
            (server if line.startswith("\t") else client).extend(bytes.fromhex(line.strip()))
    return bytes(client), bytes(server)


def unchunk(data):
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        size = int(size, 16)
        if not size:
            return body, data[2:]
        body, data = body + data[:size], data[size + 2 :]


def messages(data):
    """(first line, body) of each HTTP message."""
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        lower = head.lower()
        length = re.search(rb"\r\ncontent-length: *(\d+)", lower)
        if b"\r\ntransfer-encoding: chunked" in lower:
            body, data = unchunk(data)
        elif length:
            body, data = data[: int(length[1])], data[int(length[1]) :]
        else:
            body, data = (b"", data) if head.startswith(b"GET ") else (data, b"")
        if head.split(b" ")[1:2] == [b"100"]:
            continue
        if b"\r\ncontent-encoding: gzip" in lower:
            body = gzip.decompress(body)
        yield head.split(b"\r\n")[0].decode("latin-1"), body


def request_cms(first, body):
    if first.startswith("POST"):
        return body
    text = urllib.parse.unquote(first.split(" ")[1].partition("message=")[2])
    text = re.sub(r"\s", "", text.replace(" ", "+")).replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def attributes(text):
    """SCEP's signed attributes in the text of `openssl cms -cmsout -print`."""
    found = {}
    for name, oid in OIDS.items():
        start = rf"\({re.escape(oid)}\)\s+set:\s+"
        string = re.search(start + r"\w*STRING:(.*)", text)
        dump = re.search(start + r"OCTET STRING:((?:\s+[0-9a-f]{4} - [^\n]*)+)", text)
        if string:
            found[name] = NAMES.get(name, {}).get(string[1], string[1])
        elif dump:
            rows = re.findall(r"[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]?){1,16})", dump[1])
            found[name] = re.sub(r"[ -]", "", "".join(rows))
    return found


def serials(text):
    return {int(value, 0) for value in re.findall(r"serialNumber: (0x[0-9A-Fa-f]+|\d+)", text)}


def check_message(cms, ours, keys):
    """What differs between OpenSSL and us about one message."""
    with tempfile.TemporaryDirectory() as folder:
        path, inner = Path(folder, "m.der"), Path(folder, "inner.der")
        path.write_bytes(cms)
        text = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", str(path)).stdout.decode(errors="replace")
        signer = text.rpartition("signerInfos:")[2]
        for name, value in attributes(signer).items():
            if ours.get(name) != value:
                yield f"{name} {ours.get(name)!r}, openssl {value!r}"
        sid = serials(signer)
        if ours.get("signer", {}).get("serial") and int(ours["signer"]["serial"], 16) not in sid:
            yield f"signer's serial {ours['signer']['serial']}, openssl {sid}"
        yield from check_signature(path, inner, ours, keys)
        if inner.exists() and inner.read_bytes()[:1] == b"\x30":
            yield from check_envelope(inner, ours.get("envelope", {}))


def check_signature(path, inner, ours, keys):
    certs = [word for cert in sorted(keys.glob("*.crt")) for word in ("-certfile", str(cert))]
    run = openssl(
        "cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", str(path), "-out", str(inner), *certs
    )
    if b"certificate not found" in run.stderr or b"no content" in run.stderr:
        return
    said = ours.get("signature")
    if said in ("valid", "invalid") and (run.returncode == 0) != (said == "valid"):
        yield f"signature {said}, openssl: {'verified' if run.returncode == 0 else run.stderr.decode(errors='replace')[:200]}"
    if run.returncode != 0:
        openssl(
            "cms",
            "-verify",
            "-noverify",
            "-nosigs",
            "-binary",
            "-inform",
            "DER",
            "-in",
            str(path),
            "-out",
            str(inner),
            *certs,
        )


def check_envelope(inner, ours):
    text = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", str(inner)).stdout.decode(errors="replace")
    if "d.envelopedData" not in text:
        return
    theirs = serials(text.partition("recipientInfos:")[2].partition("encryptedContentInfo:")[0])
    own = {int(recipient["serial"], 16) for recipient in ours.get("recipients", []) if "serial" in recipient}
    if own != theirs:
        yield f"recipients {own}, openssl {theirs}"
    cipher = re.search(r"contentEncryptionAlgorithm:\s+algorithm: (\S+)", text)
    if cipher and ours.get("cipher") != cipher[1].lower():
        yield f"cipher {ours.get('cipher')!r}, openssl {cipher[1]!r}"


def check_certificates(body, ours):
    """GetCACert: the certificates' serial numbers and ends, in order."""
    bundle = openssl("pkcs7", "-inform", "DER", "-print_certs", data=body).stdout.decode()
    theirs = []
    for text in re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", bundle, re.S):
        shown = openssl(
            "x509", "-noout", "-serial", "-enddate", "-dateopt", "iso_8601", data=text.encode()
        ).stdout.decode()
        value = dict(line.split("=", 1) for line in shown.splitlines())
        theirs.append((int(value["serial"], 16), value["notAfter"].replace(" ", "T")))
    own = [(int(cert["serial"], 16), cert["not_after"].replace(".000000Z", "Z")) for cert in ours]
    if theirs and own != theirs:
        yield f"certificates {own}, openssl {theirs}"


def check_capture(path, report, keys):
    checked, problems, streams = 0, [], {}
    for exchange in report["exchanges"]:
        if "scep" not in exchange or exchange["operation"] not in ("PKIOperation", "GetCACert"):
            continue
        stream = exchange["stream"]
        if stream not in streams:
            client, server = directions(path, stream)
            requests = list(messages(client))
            streams[stream] = list(zip(requests, [*messages(server), *[None] * len(requests)]))
        pairs = streams[stream]
        while f"operation={exchange['operation']}" not in pairs[0][0][0]:
            pairs.pop(0)
        for side, found in check_exchange(exchange, *pairs.pop(0), keys):
            checked += 1
            problems += [f"exchange {exchange['id']}, {side}: {text}" for text in found]
    return checked, problems


def check_exchange(exchange, request, reply, keys):
    """(side, what differs) for each side that holds something to compare."""
    scep, granted = exchange["scep"], reply is not None and reply[0].split(" ")[1] == "200"
    if exchange["operation"] == "GetCACert":
        if granted and "ca_certificates" in scep:
            yield "certificates", check_certificates(reply[1], scep["ca_certificates"])
        return
    if "request" in scep:
        yield "request", check_message(request_cms(*request), scep["request"], keys)
    if granted:
        yield "reply", check_message(reply[1], scep["reply"], keys) if "reply" in scep else ["not read"]


def main():
    for tool in ("openssl", "tshark"):
        if not shutil.which(tool):
            print(f"skipped: {tool} is not installed")
            return 0
    program, source, chosen = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve(), sys.argv[3:]
    total = failed = 0
    for name, wanted in sorted(json.loads((source / "pcaps/expect.json").read_text(encoding="utf-8")).items()):
        if not name.startswith(CAPTURES) or (chosen and not any(word in name for word in chosen)):
            continue
        words = [word for key in wanted.get("keys", []) for word in ("-k", f"pcaps/keys/{key}")]
        run = subprocess.run(
            [program, "-T", "json", "--redact", "none", *words, f"pcaps/{name}"],
            cwd=source,
            capture_output=True,
            timeout=60,
            check=False,
        )
        if run.returncode not in (0, 1, 3):
            print(f"{name}: exit status {run.returncode}")
            failed += 1
            continue
        checked, problems = check_capture(source / "pcaps" / name, json.loads(run.stdout), source / "pcaps/keys")
        total += checked
        failed += len(problems)
        for problem in problems:
            print(f"{name}: {problem}")
    print(f"{total} messages compared, {failed} differences")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
