# SPDX-License-Identifier: Apache-2.0
"""What must hold between the report of a capture and the report of the same capture spoilt.

What a capture lost is no fault of the network or the server: nothing may be said that was not said before, and nothing
with more confidence.
"""

CONFIDENCE = {"possible": 0, "likely": 1, "certain": 2}
BAD_OUTCOMES = ("failed", "truncated", "unanswered")

# Ids that the catalogue puts in the place of others when what told them apart is not there: a later success, an earlier
# list of capabilities, the requests beside one, the page of an answer.
INSTEAD = {
    "caps-error": {"http-500-ndes"},
    "conn-intune-blocked": {"net-refused"},
    "http-404-filter": {"caps-error"},
    "http-500-impersonation": {"http-500-ndes"},
    "net-pmtu-blackhole": {"net-retrans"},
    "net-syn-loss": {"net-syn-timeout"},
    "policy-403-7": {"policy-403"},
    "policy-403-13": {"policy-403"},
    "policy-403-16": {"policy-403"},
    "policy-403-17": {"policy-403"},
    "rep-late": {"net-rst-reply"},
    "rep-pending-loop": {"rep-pending"},
    "tls-close-early": {"scep-stops-after-caps"},
    # Nothing is left but a host that does not answer at a port of the web.
    "tls-ocsp-crl-fail": {"net-syn-timeout"},
    "scep-post-unadvertised": {"http-405-post", "caps-no-post"},
    "tls-alert-client-certunknown": {"tls-alert-other"},
    "tls-chain-incomplete": {"tls-alert-other"},
    "tls-cipher": {"tls-alert-other"},
    # By a clock that goes before, when the server's certificate has a part in a handshake that failed.
    "tls-servercert-expired": {"tls-servercert-notyet"},
    "tls-clientcert-revoked": {"tls-servercert-notyet"},
}
# What the whole capture passes over because all went well later, by its name; of others expect.json says it (near, must_not).
PASSED_OVER = {
    "near/caps-empty-success.pcap": {"caps-empty"},
    "near/dns-suffix-search.pcap": {"dns-nxdomain"},
    "near/http-503-restart.pcap": {"http-503-apppool", "caps-error"},
    "near/rep-getcrl-unsupported.pcap": {"rep-fail-2-badrequest"},
    "near/scep-post-unadvertised-ok.pcap": {"caps-no-post"},
    "outage-pool.pcap": {"caps-error", "scep-stops-after-caps"},
}
# Near misses by what stands in packets of other connections: which ways hide those is a matter of the capture.
ONLY_AMONG_OTHERS = {
    # Of ports refused one after another a SYN behind its own RST shows one less, and two are what a device tries.
    "near/net-refused-scan.pcap": {"net-refused"},
    # As above, of a certificate whose list nobody can read any more.
    "near/tls-crl-other-host.pcap": {"net-syn-timeout"},
}
# As above, where one frame is the answer of another host that makes the difference.
ONE_ANSWER = {
    ("near/ca-ldap-other.pcap", "any_frame"): {"ca-ldap-fail"},
    ("near/dns-ca-other-suffix.pcap", "any_frame"): {"dns-ca-fail"},
}
# Ways that take away what came before or after, and with it what excused a near miss.
WITHOUT_CONTEXT = {"single_frames", "pairs_of_frames", "beginnings", "ends", "messages", "cuts"}
# Said of what is missing itself: no lost context excuses these.
OF_ABSENCE = (
    *("scep-truncated-", "scep-not-cms", "scep-digest-", "scep-sig-", "rep-not-cms", "rep-sig-", "http-body-", "http-chunk-"),
    *("http-no-reply", "net-syn-", "net-rst-", "net-client-abort", "net-pmtu-", "net-header-wait", "net-slow-body", "deliv-"),
)


def said(report, *severities):
    return {finding["id"] for finding in report["findings"] if finding["severity"] in severities}


def excused(name, way, wanted):
    """Findings of which this capture is a near miss, when what makes it a miss may be gone."""
    others = ONLY_AMONG_OTHERS.get(name, set()) | ONE_ANSWER.get((name, way), set())
    if way not in WITHOUT_CONTEXT:
        return others
    near = wanted.get("near", []) + (wanted.get("must_not", []) if name.startswith("near/") else [])
    return others | PASSED_OVER.get(name, set()) | {known for known in near if not known.startswith(OF_ABSENCE)}


def sayable(report):
    """Everything that the whole capture gives rise to: findings, those that a deeper cause stood for, and the catalogue's
    words for less."""
    ids = set()
    for finding in report["findings"]:
        ids.add(finding["id"])
        ids.update(finding.get("consequences", []))
    return ids.union(*(INSTEAD.get(known, ()) for known in ids))


def surest(report):
    best = {}
    for finding in report["findings"]:
        level = CONFIDENCE[finding["confidence"]]
        best[finding["id"]] = max(best.get(finding["id"], 0), level)
    return best


def bad_exchanges(report):
    return sum(exchange["outcome"] in BAD_OUTCOMES for exchange in report["exchanges"])


def new_words(whole, spoilt, excuses):
    """Errors and warnings that the whole capture does not lead to."""
    allowed = sayable(whole) | excuses
    for severity in ("error", "warning"):
        for known in sorted(said(spoilt, severity) - allowed):
            if not known.startswith("cap-"):
                yield f"new {severity} {known}"


def frames_of(report, known):
    return {n for finding in report["findings"] if finding["id"] == known for n in finding.get("frames", [])}


def unfounded(whole, spoilt, kept):
    """Findings that outlive all frames they stood on: as sure as before, and on no frame that is left. `kept`: the numbers
    that the frames left had in the whole capture."""
    before, after = surest(whole), surest(spoilt)
    for known in sorted(before.keys() & after.keys()):
        stood, stands = frames_of(whole, known), frames_of(spoilt, known)
        if any(not 1 <= n <= len(kept) for n in stands):
            yield f"{known} shows a frame that is not there"
        elif stood and stood.isdisjoint(kept) and not stands and after[known] == before[known]:
            yield f"{known} without its frames"


def broken(whole, spoilt, status, promised, excuses=frozenset()):
    """The laws that do not hold, one sentence each."""
    if status not in (0, 1, 3):
        yield f"exit status {status}"
        return
    yield from new_words(whole, spoilt, excuses)
    before, after = surest(whole), surest(spoilt)
    for known in sorted(before.keys() & after.keys()):
        if after[known] > before[known] and not known.startswith("cap-"):
            yield f"surer of {known}"
    if promised and not promised & after.keys():
        yield f"says none of {', '.join(sorted(promised))}"
    healthy = not said(whole, "error", "warning") and not excuses
    if healthy and bad_exchanges(spoilt) > bad_exchanges(whole):
        yield f"{bad_exchanges(spoilt)} bad exchanges instead of {bad_exchanges(whole)}"
    if healthy and spoilt["summary"]["failed"] > whole["summary"]["failed"]:
        yield f"{spoilt['summary']['failed']} failed enrolments instead of {whole['summary']['failed']}"
    if status == 0 and after.keys() & {"cap-gap", "cap-snaplen", "cap-one-way"}:
        yield "exit status 0 with incomplete evidence"
