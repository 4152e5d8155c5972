# SPDX-License-Identifier: Apache-2.0
"""One fault at a time put into healthy conversations, with the finding that names it.

Each mutation is (name, change, ids, options): `change` gives the changed talks, or None where it does not apply; one of
`ids` must be said, and no error besides.
"""

import re
import zlib
from dataclasses import dataclass, replace

from conversation import CLIENT, MS, MSS, SERVER, Message

S = 1000 * MS
IIS, HTTPSYS, NGINX = b"Microsoft-IIS/10.0", b"Microsoft-HTTPAPI/2.0", b"nginx/1.22.1"
HTML = b"text/html; charset=us-ascii"
OPERATIONS = (b"GetCACaps", b"GetCACert", b"PKIOperation")


@dataclass(frozen=True)
class Mutation:
    name: str
    change: object
    ids: tuple
    options: tuple = ()
    operation: bytes = b"PKIOperation"


ALL = []


def add(name, change, *ids, options=(), operation=b"PKIOperation"):
    ALL.append(Mutation(name, change, ids, options, operation))


# --- where --------------------------------------------------------------------------------------------------------------


def on_talk(change):
    """Changes the talk that carries the operation: change(talk, number of the request)."""

    def apply(talks, operation):
        for at, talk in enumerate(talks):
            number = talk.find(operation)
            if number is None or number + 1 >= len(talk.messages):
                continue
            changed = change(talk, number)
            return None if changed is None else talks[:at] + [changed] + talks[at + 1 :]
        return None

    return apply


def ends_after(talk, number):
    """The talk up to and with this message: what the client would have asked on is gone."""
    return replace(talk, messages=talk.messages[: number + 1])


def request(change):
    def apply(talk, number):
        message = change(talk.messages[number])
        return None if message is None else talk.replaced(number, message)

    return on_talk(apply)


def reply(change):
    def apply(talk, number):
        message = change(talk.messages[number + 1])
        return None if message is None else talk.replaced(number + 1, message)

    return on_talk(apply)


def both(request_change, reply_change):
    def apply(talk, number):
        asked, answered = request_change(talk.messages[number]), reply_change(talk.messages[number + 1])
        return None if asked is None or answered is None else talk.replaced(number, asked, answered, upto=number + 2)

    return on_talk(apply)


# --- statuses -----------------------------------------------------------------------------------------------------------


def page(status, server, body, content_type=HTML, extra=()):
    def change(message):
        lines = [b"HTTP/1.1 " + status, b"Server: " + server, b"Content-Type: " + content_type, *extra]
        date = [line for line in message.head.split(b"\r\n") if line.lower().startswith(b"date:")]
        return replace(message, data=b"\r\n".join(lines + date) + b"\r\n\r\n").with_body(body)

    return change


def iis_page(number, title):
    return b"<html><head><title>IIS 10.0 Detailed Error - %s - %s</title></head><body><h3>HTTP Error %s - %s</h3></body></html>" % (
        number,
        title,
        number,
        title,
    )


def sys_page(title, words):
    return b'<!DOCTYPE HTML><HTML><HEAD><TITLE>%s</TITLE></HEAD><BODY><h2>%s</h2><hr><p>HTTP Error %s</p></BODY></HTML>' % (
        title,
        title,
        words,
    )


def status(name, line, server, body, *ids, **more):
    add(name, reply(page(line, server, body, **{k: v for k, v in more.items() if k != "operation"})), *ids, operation=more.get("operation", b"PKIOperation"))


status("400 long header field", b"400 Bad Request", HTTPSYS, sys_page(b"Bad Request - Header Field Too Long", b"400. A request header field is too long."), "http-400-fieldlen")
status("400 long request", b"400 Bad Request", HTTPSYS, sys_page(b"Bad Request - Request Too Long", b"400. The size of the request headers is too long."), "http-400-reqlen")
status("400 invalid URL", b"400 Bad Request", HTTPSYS, sys_page(b"Bad Request - Invalid URL", b"400. The request URL is invalid."), "http-400-url")
status("401", b"401 Unauthorized", IIS, iis_page(b"401.2", b"Unauthorized"), "http-401-mscep", extra=(b"WWW-Authenticate: Negotiate",))
status("403", b"403 Forbidden", IIS, iis_page(b"403.0", b"Forbidden"), "http-403-operation")
status("404.11", b"404 Not Found", IIS, iis_page(b"404.11", b"Not Found"), "http-404-doubleesc")
status("404.14", b"404 Not Found", IIS, iis_page(b"404.14", b"Not Found"), "http-404-urllen")
status("404.15", b"404 Not Found", IIS, iis_page(b"404.15", b"Not Found"), "http-404-querylen")
status("404.13", b"404 Not Found", IIS, iis_page(b"404.13", b"Not Found"), "http-413-bodylen")
status("408", b"408 Request Timeout", HTTPSYS, b"", "http-408")
status("411", b"411 Length Required", HTTPSYS, sys_page(b"Length Required", b"411. The request must be chunked or have a content length."), "http-411")
status("414", b"414 URI Too Long", NGINX, b"<html><title>414 Request-URI Too Large</title></html>", "http-414")
status("431", b"431 Request Header Fields Too Large", NGINX, b"", "http-431")
status("500", b"500 Internal Server Error", IIS, iis_page(b"500.0", b"Internal Server Error"), "http-500-ndes")
status("502 by ARR", b"502 Bad Gateway", IIS, iis_page(b"502.3", b"Bad Gateway"), "http-502-arr")
status("502 by nginx", b"502 Bad Gateway", NGINX, b"<html><title>502 Bad Gateway</title></html>", "proxy-502")
status("503 by HTTP.sys", b"503 Service Unavailable", HTTPSYS, sys_page(b"Service Unavailable", b"503. The service is unavailable."), "http-503-apppool")
status("503 by nginx", b"503 Service Unavailable", NGINX, b"<html><title>503</title></html>", "http-503-other")
status("504 by nginx", b"504 Gateway Time-out", NGINX, b"<html><title>504 Gateway Time-out</title></html>", "proxy-504")
status("redirect to https", b"302 Found", NGINX, b"", "http-30x", extra=(b"Location: https://ndes.contoso.com/",))
status("redirect to log-in", b"302 Found", IIS, b"", "proxy-preauth", extra=(b"Location: https://login.microsoftonline.com/common/oauth2",))
status("page with 200", b"200 OK", IIS, b"<html><body>Welcome</body></html>", "http-200-html")
status("caps: page with 200", b"200 OK", IIS, b"<html><body>Welcome</body></html>", "caps-html", operation=b"GetCACaps")
status("certs: page with 200", b"200 OK", IIS, b"<html><body>Welcome</body></html>", "cacert-html", operation=b"GetCACert")
status("certs: nothing", b"200 OK", IIS, b"", "cacert-empty", content_type=b"application/x-x509-ca-ra-cert", operation=b"GetCACert")
status("certs: rubbish", b"200 OK", IIS, bytes(range(7, 200)), "cacert-unparseable", content_type=b"application/x-x509-ca-ra-cert", operation=b"GetCACert")
status("certs: 500", b"500 Internal Server Error", IIS, iis_page(b"500.0", b"Internal Server Error"), "http-500-ndes", operation=b"GetCACert")


def refused_post(message):
    return page(b"405 Method Not Allowed", IIS, iis_page(b"405.0", b"Method Not Allowed"), extra=(b"Allow: GET, HEAD",))(message)


add("405 for POST", both(lambda m: m if m.data.startswith(b"POST") else None, refused_post), "http-405-post", "scep-post-unadvertised")


# --- framing ------------------------------------------------------------------------------------------------------------


def cut_reply(kind, side=SERVER):
    def apply(talk, number):
        whole = talk.messages[number + 1]
        body = whole.plain_body()
        cut = whole.with_body(body[: len(body) // 2], declared=len(body))
        return replace(ends_after(talk.replaced(number + 1, cut), number + 1), end=(kind, side, 5 * MS))

    return on_talk(apply)


def chunks_cut(talk, number):
    whole = talk.messages[number + 1].with_body(b"").with_header(b"Content-Length", None)
    body = talk.messages[number + 1].plain_body()
    data = whole.with_header(b"Transfer-Encoding", b"chunked").head + b"\r\n\r\n%x\r\n" % len(body) + body + b"\r\n"
    return replace(ends_after(talk.replaced(number + 1, replace(whole, data=data)), number + 1), end=("fin", SERVER, 5 * MS))


def bad_gzip(message):
    packed = bytearray(zlib.compress(message.plain_body(), wbits=31))
    packed[20:40] = bytes(20)
    return message.with_body(bytes(packed)).with_header(b"Content-Encoding", b"gzip")


add("reply cut and closed", cut_reply("fin"), "http-body-short")
add("reply cut and reset", cut_reply("rst"), "net-rst-reply")
add("certs cut and closed", cut_reply("fin"), "http-body-short", operation=b"GetCACert")
add("chunks cut", on_talk(chunks_cut), "http-chunk-bad")
add("Content-Type wrong", reply(lambda m: m.with_header(b"Content-Type", b"text/plain")), "http-ctype")
add("damaged gzip", reply(bad_gzip), "http-gzip")
add("bytes after the body", reply(lambda m: replace(m.with_body(m.plain_body()), data=m.with_body(m.plain_body()).data + b"\r\n0123456789abcdef\r\n")), "http-body-long")


# --- the network --------------------------------------------------------------------------------------------------------


def ended(kind, side, wait):
    """The request is the last thing that is said."""
    return on_talk(lambda talk, number: replace(ends_after(talk, number), end=(kind, side, wait)))


def knocks(shake):
    return on_talk(lambda talk, number: replace(talk, shake=shake) if number == 0 else None)


add("reset after the request", ended("rst", SERVER, 5 * MS), "net-rst-request")
add("server closes without a word", ended("fin", SERVER, 70 * S), "http-no-reply")
add("client gives up", ended("fin", CLIENT, 25 * S), "net-client-abort")
add("SYN unanswered", knocks("silent"), "net-syn-timeout")
add("SYN refused", knocks("refused"), "net-refused")


def lost_segment(talk, number):
    message = talk.messages[number + 1]
    if len(message.data) <= 2 * MSS:
        return None
    return replace(ends_after(talk.replaced(number + 1, replace(message, lost=frozenset({1}))), number + 1), end=("open", CLIENT, 0))


add("a segment of the certificates is lost for good", on_talk(lost_segment), operation=b"GetCACert")


# --- the message's way in a query ---------------------------------------------------------------------------------------

QUERY = re.compile(rb"(message=)([^ &]+)")


def query(change):
    def apply(message):
        line, _, rest = message.data.partition(b"\r\n")
        found = QUERY.search(line)
        if not message.data.startswith(b"GET ") or not found:
            return None
        value = change(found.group(2))
        return replace(message, data=line[: found.start(2)] + value + line[found.end(2) :] + b"\r\n" + rest)

    return apply


def unescaped(value):
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m.group(1), 16)]), value)


def refused(message):
    return page(b"500 Internal Server Error", IIS, b"The request could not be parsed", content_type=b"text/plain")(message)


add("+ as space", both(query(lambda v: unescaped(v).replace(b"+", b"%20")), refused), "scep-b64-space")
add("escaped twice", both(query(lambda v: unescaped(v).replace(b"+", b"%252B").replace(b"/", b"%252F").replace(b"=", b"%253D")), refused), "scep-b64-double")
add("cut at 2048", both(query(lambda v: v[:2048].rstrip(b"%")), refused), "scep-truncated-get")
add("cut at 4096", both(query(lambda v: v[:4096].rstrip(b"%") if len(v) > 4200 else v[: len(v) * 3 // 4].rstrip(b"%")), refused), "scep-truncated-get")
add("a strange character", both(query(lambda v: v[:400] + b"%7E%7E" + v[402:]), refused), "scep-b64-invalid")
add("dots of a log", both(query(lambda v: v[:100] + b"..." + v[-100:]), refused), "scep-b64-invalid")
add("raw + and =", request(query(unescaped)), "scep-b64-quirk")
add("line breaks", request(query(lambda v: b"%0D%0A".join(re.findall(rb"(?:%[0-9A-Fa-f]{2}|[^%]){1,64}", v)))), "scep-b64-quirk")


# --- the message itself -------------------------------------------------------------------------------------------------


def posted(change):
    """Changes the DER of a POST."""

    def apply(message):
        return message.with_body(change(message.plain_body())) if message.data.startswith(b"POST ") else None

    return apply


def changed(pattern, change, which=0):
    """Replaces what `pattern` finds in DER by something of the same length."""

    def apply(der):
        found = list(re.finditer(pattern, der, re.S))
        if not found:
            return None
        at = found[which]
        fresh = change(at.group(1))
        return der[: at.start(1)] + fresh + der[at.end(1) :]

    return apply


def in_request(edit):
    def apply(message):
        if not message.data.startswith(b"POST "):
            return None
        der = edit(message.plain_body())
        return None if der is None else message.with_body(der)

    return apply


def in_reply(edit):
    def apply(message):
        der = edit(message.plain_body())
        return None if der is None else message.with_body(der)

    return apply


def flip(data, at=-1):
    return data[:at] + bytes([data[at] ^ 0x55]) + (data[at + 1 :] if at != -1 else b"")


SCEP = rb"\x06\x0a\x60\x86\x48\x01\x86\xf8\x45\x01\x09"  # 2.16.840.1.113733.1.9
TYPE, STATUS, FAIL, SENDER, RECIPIENT, TRANSACTION = (SCEP + bytes([n]) for n in (2, 3, 4, 5, 6, 7))
STRING = rb"\x31.\x13.(.{%d})"


def value(oid, length):
    return oid + rb"\x31.[\x13\x04].(.{%d})" % length


def last_byte(der):
    return flip(der)


def some_ciphertext(der):
    """A byte in the encrypted content: behind the envelope's algorithm, well before the certificates."""
    at = der.find(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 60)
    return None if at < 0 else flip(der, at + 120)


NO_CHECK = ("--no-verify",)
DIGESTS = ("scep-sig-invalid", "scep-digest-mismatch")
add("request: signature value", both(in_request(last_byte), refused), "scep-sig-invalid")
add("request: signed attribute", both(in_request(changed(value(TRANSACTION, 8), lambda v: b"00000000")), refused), "scep-sig-invalid")
add("request: encrypted content", both(in_request(some_ciphertext), refused), *DIGESTS)
add("request: type unknown", request(in_request(changed(value(TYPE, 2), lambda v: b"98"))), "scep-type-unknown", options=NO_CHECK)
add("request: cut with its length", both(posted(lambda der: der[: len(der) // 2]), refused), "scep-truncated-post")
add("request: no CMS", both(posted(lambda der: b"\x30\x03\x02\x01\x05"), refused), "scep-not-cms")
add("reply: signature value", reply(in_reply(last_byte)), "rep-sig-invalid")
add("reply: signed attribute", reply(in_reply(changed(value(SENDER, 8), lambda v: bytes(8)))), "rep-sig-invalid")
add("reply: encrypted content", reply(in_reply(some_ciphertext)), "rep-sig-invalid")
add("reply: nonce", reply(in_reply(changed(value(RECIPIENT, 8), lambda v: bytes(8)))), "rep-nonce-mismatch", options=NO_CHECK)
add("reply: transaction", reply(in_reply(changed(value(TRANSACTION, 4), lambda v: b"0000"))), "rep-tid-mismatch", options=NO_CHECK)
add("reply: no CMS", reply(lambda m: m.with_body(b"\x30\x03\x02\x01\x05")), "rep-not-cms")
add("reply: cut with its length", reply(lambda m: m.with_body(m.plain_body()[: len(m.plain_body()) // 2])), "rep-not-cms")
add("reply: FAILURE", reply(in_reply(changed(value(STATUS, 1), lambda v: b"2"))), "rep-fail-noinfo", options=NO_CHECK)
add("reply: PENDING", reply(in_reply(changed(value(STATUS, 1), lambda v: b"3"))), "rep-pending", options=NO_CHECK)


# --- time ---------------------------------------------------------------------------------------------------------------


def years_later(talks, _operation):
    """The same in twelve years, by every clock."""
    by_ns = 12 * 365 * 86400 * S

    def moved(message):
        data = re.sub(rb"(\r\nDate: \w+, \d+ \w+ )(\d{4})", lambda m: m.group(1) + b"%d" % (int(m.group(2)) + 12), message.data)
        return replace(message, data=data, ts_ns=message.ts_ns + by_ns)

    return [
        replace(talk, opened_ns=talk.opened_ns + by_ns, messages=tuple(moved(m) for m in talk.messages)) for talk in talks
    ]


add("twelve years later", years_later, "cacert-ca-expired", "cacert-ra-expired")
