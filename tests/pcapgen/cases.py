# SPDX-License-Identifier: Apache-2.0
"""The table of captures: what each shows, how it was made and what an analyser must say about it.

A case function makes its packets and returns them, or writes `case.path` itself. What it expects is knowledge of what was
produced, never output of the program under test.
"""
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import capfile
import pki
import scepmsg
from lab import DEVICE, SERVER, Lab, run
from ndes_responder import MSCEP, Responder

ALL = {}
WINDOWS = "Mozilla/4.0 (compatible; Win32; NDES client 10.0.19041.1466/vb_release_svc_prod1)"
APPLE = "profiled/1.0 CFNetwork/811.5.4 Darwin/16.6.0"
ANDROID = "Dalvik/2.1.0 (Linux; U; Android 5.0; P01M Build/LRX21V)"
PLUGIN = "NDES_Plugin"


@dataclass
class Case:
    file: str
    shows: str
    recipe: str
    make: object
    must: list = field(default_factory=list)  # finding ids that have to be there
    may: list = field(default_factory=list)  # errors that are right but not the point
    any_of: list = field(default_factory=list)  # lists of ids of which one has to be there
    must_not: list = field(default_factory=list)  # whatever their severity
    near: list = field(default_factory=list)  # ids this is the near miss of: the same but for what the finding is about
    healthy: bool = None  # nothing was wrong: no error, no warning
    operations: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)  # outcome of exchanges: how many
    enrolments: dict = field(default_factory=dict)
    keys: list = field(default_factory=list)  # files of pcaps/keys that open it
    exit: int = None
    options: list = field(default_factory=list)  # for the program
    path: Path = None
    scratch: Path = None

    def expectation(self):
        names = ("must", "any_of", "may", "must_not", "near", "healthy")
        names += ("operations", "outcomes", "enrolments", "keys", "exit", "options")
        return {name: getattr(self, name) for name in names if getattr(self, name) not in ([], {}, None)}


def case(file, shows, recipe, **expected):
    """Registers a function (case, world) that makes pcaps/<file>."""

    def register(function):
        ALL[file] = Case(file, shows, recipe, function, **expected)
        return function

    return register


class World:
    """What all cases share: the NDES certificates, the devices, captures made before."""

    def __init__(self, pcaps):
        self.pcaps = pcaps
        self.keys = pcaps / "keys"
        self.ndes = pki.Ndes(self.keys)
        self.lock = threading.Lock()

    def device(self, name="device", **options):
        options.setdefault("subject", f"/CN={name.upper()}-0107")
        return pki.Device(self.keys / f"{name}.key", **options)

    def scepserver_ca(self):
        """scepserver's own CA, made once: the certificate and the key as scepserver keeps it, with an empty passphrase.

        The key lies a second time, without it, in scepserver-ca.key for whoever opens the captures.
        """
        cert, kept = self.keys / "scepserver-ca.crt", self.keys / "scepserver-depot.key"
        with self.lock:
            if not cert.exists():
                depot = Path(tempfile.mkdtemp())
                run("scepserver", "ca", "-init", "-depot", depot, "-keySize", 2048)
                cert.write_bytes((depot / "ca.pem").read_bytes())
                kept.write_bytes((depot / "ca.key").read_bytes())
                plain = scepmsg.openssl("rsa", "-in", kept, "-passin", "pass:", "-traditional")
                (self.keys / "scepserver-ca.key").write_bytes(plain)
                shutil.rmtree(depot)
        return cert, kept

    def packets(self, file):
        """The packets of a capture already made: the base of an edited one."""
        return capfile.read(self.pcaps / file)


class Scene:
    """A lab with a responder in it and a capture around the body of a `with`."""

    def __init__(
        self,
        world,
        where="srv0",
        mtu=1500,
        snaplen=262144,
        settle=True,
        filter_words="",
        responder=True,
        also=None,
        **options,
    ):
        self.lab = Lab(mtu)
        self.ndes = Responder(self.lab, world.ndes, **options) if responder else None
        self._captures = [
            self.lab.capture(place, snaplen, settle, filter_words) for place in [where, *([also] if also else [])]
        ]

    def __enter__(self):
        self.packets, *rest = [capture.__enter__() for capture in self._captures]
        self.also = rest[0] if rest else []
        return self

    def __exit__(self, *error):
        try:
            if error[0] is None:
                for capture in self._captures:
                    capture.__exit__(None, None, None)
        finally:
            if self.ndes:
                self.ndes.close()
            self.lab.close()

    def url(self, query="", path=MSCEP, host=SERVER):
        return f"http://{host}{path}" + (f"?{query}" if query else "")

    def get(self, query="", *args, agent=WINDOWS, path=MSCEP, source=DEVICE, **options):
        return self.lab.curl("-A", agent, *args, self.url(query, path, **options), source=source)

    def ask_caps(self, *args, **options):
        return self.get("operation=GetCACaps&message=default", *args, **options)

    def browse(self, agent=WINDOWS, message="default", path=MSCEP, source=DEVICE):
        """GetCACaps and GetCACert on one connection."""
        order = ("GetCACert", "GetCACaps") if agent == APPLE else ("GetCACaps", "GetCACert")
        words = []
        for operation in order:
            words += ["-o", "/dev/null", self.url(f"operation={operation}&message={message}", path)]
        return self.lab.curl("-A", agent, *words[2:], source=source)

    def post(
        self,
        message,
        *args,
        agent=WINDOWS,
        path=MSCEP + "/pkiclient.exe",
        source=DEVICE,
        content_type="application/x-pki-message",
        query="operation=PKIOperation",
        expect=False,
    ):
        body = self.lab.folder / f"message-{id(message)}.der"
        body.write_bytes(message)
        words = [
            "-A",
            agent,
            "-H",
            f"Content-Type: {content_type}",
            "-H",
            "Expect: 100-continue" if expect else "Expect:",
            "--data-binary",
            f"@{body}",
            *args,
        ]
        return self.lab.curl(*words, self.url(query, path), source=source)

    def get_message(self, encoded, *args, agent=APPLE, path=MSCEP, source=DEVICE, host=SERVER):
        """PKIOperation by GET with the message already encoded for the URL."""
        config = self.lab.folder / "url.conf"  # a URL of 11 KB is unhandy as an argument
        config.write_text(
            f'url = "{self.url("operation=PKIOperation&message=" + encoded, path, host)}"\n', encoding="latin-1"
        )
        return self.lab.curl("-A", agent, "-K", config, "--globoff", *args, source=source)
