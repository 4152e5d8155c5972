# SPDX-License-Identifier: Apache-2.0
"""Plays NDES behind IIS: the endpoints, headers and replies no packaged server gives.

A case changes one thing by overriding a method or by giving `answer`, a function from request to raw reply bytes.
"""
import base64
import fcntl
import gzip
import socket
import struct
import termios
import threading
import time
import urllib.parse
from dataclasses import dataclass
from email.utils import formatdate

import scepmsg
from lab import SERVER, wait_for

MSCEP = "/certsrv/mscep/mscep.dll"
POLICY = "/CertificateRegistrationSvc/Certificate/"
CAPS = "POSTPKIOperation\r\nRenewal\r\nSHA-512\r\nSHA-256\r\nSHA-1\r\nDES3\r\n"
IIS = "Microsoft-IIS/10.0"
HTTPAPI = "Microsoft-HTTPAPI/2.0"
REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass
class HttpRequest:
    method: str
    target: str
    headers: dict
    body: bytes

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        """Parameters without turning '+' into a space: SCEP clients leave it raw."""
        pairs = (pair.partition("=") for pair in self.target.partition("?")[2].split("&"))
        return {name.lower(): urllib.parse.unquote(value) for name, _, value in pairs}

    @property
    def operation(self):
        return self.query.get("operation", "")

    @property
    def message(self):
        return self.body if self.method == "POST" else base64.b64decode(self.query["message"])


def reply(status, body=b"", content_type="text/html", server=IIS, extra=(), length=True):
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    if content_type and (body or status == 200):
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Server: {server}")
    if server == IIS:
        lines.append("X-Powered-By: ASP.NET")
    lines += extra
    lines.append(f"Date: {formatdate(usegmt=True)}")
    if server == HTTPAPI:
        lines.append("Connection: close")
    if length and status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def httpsys_page(status, title, text):
    """The short page HTTP.sys writes itself; it closes the connection afterwards."""
    body = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n'
        f"<HTML><HEAD><TITLE>{title}</TITLE>\r\n"
        '<META HTTP-EQUIV="Content-Type" Content="text/html; charset=us-ascii"></HEAD>\r\n'
        f"<BODY><h2>{text[0]}</h2>\r\n<hr><p>HTTP Error {status}. {text[1]}</p>\r\n</BODY></HTML>\r\n"
    )
    return reply(status, body.encode(), "text/html; charset=us-ascii", HTTPAPI)


def iis_page(status, title, heading, text):
    """IIS's custom error page, as a remote client sees it: no sub-status."""
    body = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\r\n'
        '<html xmlns="http://www.w3.org/1999/xhtml">\r\n<head>\r\n'
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"/>\r\n'
        f'<title>{title}</title>\r\n</head>\r\n<body>\r\n<div id="header"><h1>Server Error</h1></div>\r\n'
        f'<div id="content">\r\n <div class="content-container"><fieldset>\r\n  <h2>{heading}</h2>\r\n  <h3>{text}</h3>\r\n'
        " </fieldset></div>\r\n</div>\r\n</body>\r\n</html>\r\n"
    )
    return reply(status, body.encode())


def page_403():
    return iis_page(
        403,
        "403 - Forbidden: Access is denied.",
        "403 - Forbidden: Access is denied.",
        "You do not have permission to view this directory or page using the credentials that you supplied.",
    )


def page_404():
    return iis_page(
        404,
        "404 - File or directory not found.",
        "404 - File or directory not found.",
        "The resource you are looking for might have been removed, had its name changed, or is temporarily unavailable.",
    )


def page_500():
    return iis_page(
        500,
        "500 - Internal server error.",
        "500 - Internal server error.",
        "There is a problem with the resource you are looking for, and it cannot be displayed.",
    )


def page_401(scheme="Negotiate"):
    return iis_page(
        401,
        "401 - Unauthorized: Access is denied due to invalid credentials.",
        "401 - Unauthorized: Access is denied due to invalid credentials.",
        "You do not have permission to view this directory or page using the credentials that you supplied.",
    ).replace(b"X-Powered-By", b"WWW-Authenticate: %s\r\nWWW-Authenticate: NTLM\r\nX-Powered-By" % scheme.encode())


def page_503():
    return httpsys_page(503, "Service Unavailable", ("Service Unavailable", "The service is unavailable."))


def general_page():
    """NDES's own page, what mscep.dll answers while no policy module is registered."""
    body = (
        '<HTML><Head><Meta HTTP-Equiv="Content-Type" Content="text/html; charset=UTF-16"><Title>Network Device Enrollment '
        'Service</Title></Head><Body BgColor=#FFFFFF><Font ID=locPageFont Face="Arial"><Table Border=0 CellSpacing=0 CellPadding=4 '
        'Width=100% BgColor=#008080><TR><TD><Font ID=locPageTitleFont Face="Arial" Size=-1 Color=#FFFFFF><LocID ID=locMSCertSrv>'
        "Network Device Enrollment Service</LocID></Font></TD></TR></Table><P ID=locPageTitle> Network Device Enrollment Service "
        "allows you to obtain certificates for routers or other network devices using the Simple Certificate Enrollment Protocol "
        "(SCEP). </P><P> This URL is used by network devices to submit certificate requests. </P><P> To obtain an enrollment "
        "challenge password, go to the admin page. By default, the admin page is http://NDES01/CertSrv/mscep_admin </P><P> For more "
        "information see <A HREF=http://go.microsoft.com/fwlink/?LinkId=67852>Using Network Device Enrollment Service </A>. </P><P>"
        "</Font></Body></HTML>"
    )
    return reply(200, b"\xff\xfe" + body.encode("utf-16-le"))


def admin_page(line):
    body = (
        "<HTML><Head><Title>Network Device Enrollment Service</Title></Head><Body><P> The thumbprint (hash value) for the CA "
        "certificate is: <B> 0F31B1E8 A1E3C4D2 11C3E5A9 6C3C1DD7 </B> <P>" + line + "</Body></HTML>"
    )
    return reply(200, b"\xff\xfe" + body.encode("utf-16-le"))


def chunked(response, sizes=(7, 500)):
    """The same reply in chunks instead of with a Content-Length."""
    head, _, body = response.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    out, pos = b"", 0
    for size in [*sizes, len(body)]:
        part = body[pos : pos + size]
        out += b"%x\r\n%s\r\n" % (len(part), part) if part else b""
        pos += size
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked"]) + b"\r\n\r\n" + out + b"0\r\n\r\n"


def gzipped(response):
    head, _, body = response.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    body = gzip.compress(body, mtime=0)
    return b"\r\n".join([*lines, b"Content-Encoding: gzip", b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.pending = b""

    def read_request(self):
        """The next request, or None when the client has closed."""
        while b"\r\n\r\n" not in self.pending:
            if not self._more():
                return None
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target = first.split(" ")[:2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = (
            self._chunks()
            if headers.get("transfer-encoding") == "chunked"
            else self._take(int(headers.get("content-length", 0)))
        )
        return HttpRequest(method, target, headers, body)

    def _more(self):
        data = self.sock.recv(65536)
        self.pending += data
        return bool(data)

    def _take(self, size):
        while len(self.pending) < size and self._more():
            pass
        out, self.pending = self.pending[:size], self.pending[size:]
        return out

    def _chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.pending:
                self._more()
            size, _, self.pending = self.pending.partition(b"\r\n")
            part = self._take(int(size, 16) + 2)
            if len(part) == 2:
                return body
            body += part[:-2]

    def send(self, data):
        self.sock.sendall(data)

    def wait_sent(self):
        """Until the peer has acknowledged everything sent."""

        def empty():
            return struct.unpack("I", fcntl.ioctl(self.sock, termios.TIOCOUTQ, b"\0" * 4))[0] == 0

        wait_for(empty, "reply was not acknowledged")

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Responder:
    """Listens in the lab's server namespace until the lab is closed."""

    def __init__(self, lab, ndes, answer=None, serve=None, port=80, host=SERVER, decide=None):
        self.ndes = ndes
        self.answer = answer or self.scep
        self.serve = serve or self.serve_all
        self.decide = decide or (lambda asked, plain: self.success(asked, plain))
        self.caps = CAPS
        self.certs = [ndes.ra_encryption.cert, ndes.ra_signing.cert, ndes.ca.cert]
        self.signer = ndes.ra_signing
        self.recipient = ndes.ra_encryption
        self.requests = []
        self.held = {}
        self.cipher, self.digest, self.oaep, self.ber = "des3", "sha256", False, False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = lab.inside("srv", lambda: socket.create_server((host, port), family=family))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._connection, args=(Connection(sock),), daemon=True).start()

    def _connection(self, conn):
        try:
            self.serve(conn)
        except (ConnectionError, OSError):
            pass
        finally:
            conn.sock.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve_all(self, conn):
        while request := conn.read_request():
            self.requests.append(request)
            response = self.answer(request)
            if response is None:
                return
            conn.send(response)
            head = response.partition(b"\r\n\r\n")[0].lower()
            if b"connection: close" in head or (
                b"content-length" not in head and b"chunked" not in head and b" 204 " not in head
            ):
                return
            if request.headers.get("connection", "").lower() == "close":
                return

    def scep(self, request):
        """What a healthy NDES with Intune's policy module answers."""
        operation = request.operation.lower()
        if request.path.startswith(POLICY):
            return self.policy(request)
        if not request.path.lower().startswith(MSCEP):
            return page_404()
        if operation == "getcacaps":
            return reply(200, self.caps.encode(), "text/plain")
        if operation == "getcacert":
            return self.cacert()
        if operation == "pkioperation":
            return self.pki_operation(request)
        return page_403()

    def policy(self, request):
        return (
            reply(201, b"true", "application/json; charset=utf-8")
            if request.path.endswith("VerifyRequest")
            else reply(204)
        )

    def cacert(self):
        return reply(200, scepmsg.degenerate(*self.certs), "application/x-x509-ca-ra-cert")

    def pki_operation(self, request):
        asked = scepmsg.read_request(request.message)
        plain = scepmsg.open_envelope(asked.envelope, self.recipient)
        return reply(200, self.decide(asked, plain), "application/x-pki-message")

    def success(self, asked, plain):
        """The issued certificate; a CertPoll gets what its transaction asked for before."""
        plain = self.held.get(asked.transaction_id, plain)
        issued = scepmsg.degenerate(self.ndes.issue(plain))
        envelope = scepmsg.envelop(issued, [asked.signer_cert], self.cipher, self.oaep, self.ber)
        return scepmsg.cert_rep(
            self.signer, asked, 0, envelope, shape=scepmsg.Shape(digest=self.digest, certs=(), ber=self.ber)
        )

    def pending(self, asked, plain):
        self.held.setdefault(asked.transaction_id, plain)
        return scepmsg.cert_rep(self.signer, asked, 3, None)

    def failure(self, asked, fail_info, hresult=None, **options):
        """A FAILURE in NDES's form: one byte of content, its HRESULT as a signed attribute."""
        return scepmsg.cert_rep(self.signer, asked, 2, b"\0", fail_info=fail_info, hresult=hresult, **options)


def wait_seconds(seconds):
    """A slow back end; the delay is what the capture is about."""
    time.sleep(seconds)
