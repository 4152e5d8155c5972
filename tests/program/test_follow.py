#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures that are still being written: pipes, and with --follow files that grow.

    test_follow.py PROGRAM SOURCE_DIR

What comes in pieces, cut anywhere, is told as it comes, and at the end as the finished file is told, byte for byte. The writer
goes on when the program has read all there is, never after a time; deadlines only end a test that fails.
"""
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

PROGRAM = ""
SOURCE = pathlib.Path()
DEADLINE_S = 20

# Both formats in both byte orders, fractions of both kinds, sections, unknown blocks, and what is damaged or cut.
CAPTURES = (
    "http-scepclient-ok.pcap",
    "file-cut-in-packet.pcap",
    "file-garbage-length.pcap",
    "file-cut-in-block.pcapng",
    "file-only-header.pcap",
    "near/file-bigendian-nano.pcap",
    "near/file-pcapng-bigendian.pcapng",
    "near/file-pcapng-two-interfaces.pcapng",
    "near/file-pcapng-two-sections.pcapng",
    "near/file-pcapng-unknown-blocks.pcapng",
    "near/tls13-dsb.pcapng",
)
JSON = ("-T", "json", "--redact", "none")


def bytes_of(name):
    return (SOURCE / "pcaps" / name).read_bytes()


def records(data):
    """Where records or blocks begin, as far as they can be followed."""
    order = ">" if data[:1] == b"\xa1" or data[8:12] == b"\x1a\x2b\x3c\x4d" else "<"
    blocks, at, found = data[:4] == b"\x0a\x0d\x0d\x0a", 0, []
    if not blocks:
        at, found = 24, [0]
    while at + 16 <= len(data):
        found.append(at)
        length = struct.unpack_from(order + "I", data, at + (4 if blocks else 8))[0]
        at += length if blocks else 16 + length
        if length < 12 and blocks:
            break
    return found


def odd_places(data, most):
    """Places inside headers, at their edges and inside what follows them; at most so many."""
    places = {at + inside for at in records(data) for inside in (0, 1, 4, 7, 12, 16, 17, 28, 40)}
    ordered = sorted(place for place in places if 0 < place < len(data))
    return ordered[:: max(1, len(ordered) // most)]


def saved(words, **more):
    return subprocess.run([PROGRAM, *words], capture_output=True, check=False, timeout=60, **more)


def until(done, what):
    """Waits for something that the program does."""
    end = time.monotonic() + DEADLINE_S
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.002)


class Reading:
    """The program, reading something."""

    def __init__(self, *words, **more):
        # pylint: disable=consider-using-with
        self.run = subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def line(self, stream, part=""):
        """The next line that holds `part`, which has to come while the program runs."""
        while True:
            text = b""
            while not text.endswith(b"\n"):
                ready, _, _ = select.select([stream], [], [], DEADLINE_S)
                if not ready:
                    raise TimeoutError(f"no line came with '{part}'")
                byte = os.read(stream.fileno(), 1)
                if not byte:
                    raise EOFError(f"it ended without a line with '{part}'")
                text += byte
            if part in text.decode():
                return text.decode()

    def end(self, how=None):
        if how is not None:
            self.run.send_signal(how)
        out, err = self.run.communicate(timeout=DEADLINE_S)
        return out, err.decode()

    def has_read(self, path, size):
        """Reading the file `path` has come as far as `size`."""
        folder = pathlib.Path(f"/proc/{self.run.pid}")
        for fd in (folder / "fd").iterdir():
            if os.readlink(fd) == str(path):
                return f"pos:\t{size}\n" in (folder / "fdinfo" / fd.name).read_text()
        return False


class Fifo:
    """A named pipe whose writer waits until each piece was taken."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        self.end = None

    def open(self):
        self.end = os.open(self.path, os.O_WRONLY)

    def unread(self):
        return struct.unpack("i", fcntl.ioctl(self.end, termios.FIONREAD, b"\0\0\0\0"))[0]

    def write(self, piece):
        os.write(self.end, piece)
        until(lambda: self.unread() == 0, "the pipe was not read")

    def close(self):
        os.close(self.end)


def pieces(data, places):
    edges = [0, *places, len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:]) if a != b]


class Follow(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp()).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "capture"

    def grow(self, reading, data, *, path=None):
        path = path or self.path
        with open(path, "ab") as out:
            out.write(data)
        size = path.stat().st_size
        until(lambda: reading.has_read(path, size), "the file was not read")

    # A record or block that is taken for damage, or for the end, because only half of it is there.
    def test_fifo_in_pieces(self):
        for name in CAPTURES:
            data = bytes_of(name)
            for step, places in (("odd", odd_places(data, 400)), ("bytes", range(1, min(len(data), 600)))):
                with self.subTest(name, cut=step):
                    fifo = Fifo(self.path)
                    reading = Reading(*JSON, str(self.path))
                    fifo.open()
                    for piece in pieces(data, places):
                        fifo.write(piece)
                    fifo.close()
                    got, said = reading.end()
                    self.path.unlink()
                    self.path.write_bytes(data)
                    expected = saved([*JSON, str(self.path)])
                    self.path.unlink()
                    self.assertEqual((said, reading.run.returncode), ("", expected.returncode))
                    self.assertMultiLineEqual(got.decode(), expected.stdout.decode())

    # ... in a file; or one whose last half record ends it.
    def test_growing_in_pieces(self):
        for name in CAPTURES:
            # What is cut or damaged at its end may still be mended by what comes.
            if name in ("file-cut-in-packet.pcap", "file-cut-in-block.pcapng", "file-garbage-length.pcap"):
                continue
            data = bytes_of(name)
            with self.subTest(name):
                self.path.write_bytes(b"")
                reading = Reading(*JSON, "--follow", str(self.path))
                reading.line(reading.run.stderr, "following")
                for piece in pieces(data, odd_places(data, 25)):
                    self.grow(reading, piece)
                got, _ = reading.end(signal.SIGTERM)
                expected = saved([*JSON, str(self.path)])
                self.assertEqual(reading.run.returncode, expected.returncode)
                self.assertMultiLineEqual(got.decode(), expected.stdout.decode())

    # A half record at the end that is called damage although more was to come.
    def test_half_a_record_is_no_damage(self):
        data = bytes_of("http-scepclient-ok.pcap")
        self.path.write_bytes(data[:-5])
        reading = Reading(*JSON, "--follow", str(self.path))
        until(lambda: reading.has_read(self.path, len(data) - 5), "the file was not read")
        capture = json.loads(reading.end(signal.SIGINT)[0])["capture"]
        self.assertTrue(capture["files"][0]["complete"])
        self.assertNotIn("interrupted", capture)
        self.assertEqual(capture["problems"], [])

    # Lines that wait for the end of the input, or for a full buffer.
    def test_lines_come_at_once(self):
        data = bytes_of("http-scepclient-ok.pcap")
        fifo = Fifo(self.path)
        reading = Reading("-l", str(self.path))
        fifo.open()
        for piece in pieces(data, records(data)[1:]):
            fifo.write(piece)
        lines = [reading.line(reading.run.stdout) for _ in range(3)]
        self.assertEqual(["GetCACert" in lines[0], "GetCACaps" in lines[1], "PKCSReq" in lines[2]], [True] * 3)
        self.assertIsNone(reading.run.poll())
        fifo.close()
        rest, _ = reading.end()
        self.assertIn(b"The only enrolment succeeded", rest)

    def test_lines_of_a_growing_file(self):
        data = bytes_of("near/file-pcapng-bigendian.pcapng")
        cut = len(data) // 2
        self.path.write_bytes(data[:cut])
        reading = Reading("--follow", str(self.path))
        reading.line(reading.run.stdout, "GetCACaps")
        self.grow(reading, data[cut:])
        reading.line(reading.run.stdout, "PKCSReq")
        out, _ = reading.end(signal.SIGINT)
        self.assertIn(b"enrolment", out)

    # A pipe into a file that no longer holds the report alone.
    def test_report_alone(self):
        data = bytes_of("http-scepclient-ok.pcap")
        self.path.write_bytes(data)
        piped, file = saved(["-"], input=data), saved([str(self.path)])
        self.assertEqual(piped.stdout.decode().replace("standard input", str(self.path)), file.stdout.decode())
        self.assertEqual((piped.stderr, piped.returncode), (b"", file.returncode))

    # Secrets behind the packets, in a pipe that nobody gave a key log for.
    def test_late_secrets_block(self):
        data = bytes_of("near/tls13-dsb.pcapng")
        begins = [*records(data), len(data)]
        blocks = [data[a:b] for a, b in zip(begins, begins[1:])]
        secrets = next(block for block in blocks if block[:4] == b"\x0a\0\0\0")
        blocks.remove(secrets)
        for place in (len(blocks) // 2, len(blocks)):
            late = b"".join([*blocks[:place], secrets, *blocks[place:]])
            with self.subTest(place):
                self.path.write_bytes(late)
                expected = saved([*JSON, str(self.path)])
                self.assertIn("PKCSReq", expected.stdout.decode())
                piped = saved([*JSON, "-"], input=late)
                self.assertEqual(
                    json.loads(piped.stdout)["exchanges"], json.loads(expected.stdout)["exchanges"], "by a pipe"
                )
                self.path.write_bytes(late[: len(data) - len(secrets) - 40])
                reading = Reading(*JSON, "--follow", str(self.path))
                reading.line(reading.run.stderr)
                self.grow(reading, late[len(data) - len(secrets) - 40 :])
                got = json.loads(reading.end(signal.SIGTERM)[0])
                self.assertEqual(got["exchanges"], json.loads(expected.stdout)["exchanges"], "growing")

    # A key log that grows while a capture does.
    def test_growing_key_log(self):
        data = bytes_of("near/tls13-keylog.pcap")
        secrets = (SOURCE / "pcaps/keys/tls13-keylog.keylog").read_bytes()
        log = self.folder / "log"
        log.write_bytes(b"")
        self.path.write_bytes(data[: len(data) // 2])
        reading = Reading("-K", str(log), "--follow", str(self.path))
        reading.line(reading.run.stderr)
        self.grow(reading, data[len(data) // 2 :])
        log.write_bytes(secrets)
        reading.line(reading.run.stdout, "PKCSReq")
        reading.end(signal.SIGTERM)

    # What was cut off by a signal and is called complete.
    def test_interrupted(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            data = bytes_of("http-scepclient-ok.pcap")
            fifo = Fifo(self.path)
            reading = Reading(*JSON, str(self.path))
            fifo.open()
            fifo.write(data[:6000])
            capture = json.loads(reading.end(how)[0])["capture"]
            fifo.close()
            self.path.unlink()
            self.assertTrue(capture["interrupted"])
            self.assertFalse(capture["files"][0]["complete"])

    # A signal, or a time, that waits for the next packet; or a pipe that nobody writes yet.
    def test_ends_without_a_packet(self):
        os.mkfifo(self.path)
        for words, how in (([], signal.SIGTERM), (["--follow", "-a", "duration:1"], None)):
            reading = Reading(*JSON, *words, str(self.path))
            if how is not None:
                time.sleep(0.3)
            out, said = reading.end(how)
            self.assertEqual((reading.run.returncode, out), (2, b""), said)
        silent, writer = os.pipe()
        run = saved([*JSON, "-a", "duration:1", "-"], stdin=silent)
        os.close(writer)
        os.close(silent)
        self.assertEqual(run.returncode, 2)

    def test_duration(self):
        data = bytes_of("http-scepclient-ok.pcap")
        self.path.write_bytes(data)
        begun = time.monotonic()
        run = saved([*JSON, "--follow", "-a", "duration:1", str(self.path)])
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual(run.stdout, saved([*JSON, str(self.path)]).stdout)

    def test_count(self):
        self.path.write_bytes(bytes_of("http-scepclient-ok.pcap"))
        run = saved([*JSON, "--follow", "-c", "7", str(self.path)])
        self.assertEqual(json.loads(run.stdout)["capture"]["packets"], 7)

    # A file that turns over and is never read again, or is read on where the old one ended.
    def test_replaced_and_cut(self):
        data = bytes_of("http-scepclient-ok.pcap")
        other = bytes_of("near/file-pcapng-bigendian.pcapng")
        self.path.write_bytes(data)
        reading = Reading(*JSON, "--follow", str(self.path))
        reading.line(reading.run.stderr, "following")
        until(lambda: reading.has_read(self.path, len(data)), "the file was not read")
        (self.folder / "next").write_bytes(other)
        os.rename(self.folder / "next", self.path)
        reading.line(reading.run.stderr, "read anew from its start")
        until(lambda: reading.has_read(self.path, len(other)), "the next file was not read")
        self.path.write_bytes(data[:24])
        reading.line(reading.run.stderr, "read anew from its start")
        self.grow(reading, data[24:])
        self.path.unlink()
        reading.line(reading.run.stderr, "was removed")
        self.path.write_bytes(b"this is not a capture, but a text that is long enough")
        reading.line(reading.run.stderr, "read anew from its start")
        until(lambda: reading.has_read(self.path, 53), "the text was not read")
        (self.folder / "next").write_bytes(data)
        os.rename(self.folder / "next", self.path)
        reading.line(reading.run.stderr, "read anew from its start")
        until(lambda: reading.has_read(self.path, len(data)), "the last file was not read")
        capture = json.loads(reading.end(signal.SIGTERM)[0])["capture"]
        self.assertEqual(
            capture["packets"], 3 * 19 + json.loads(saved([*JSON, "-"], input=other).stdout)["capture"]["packets"]
        )
        self.assertEqual(len(capture["interfaces"]), 2)
        self.assertIn("is no packet capture", " ".join(capture["problems"]))

    # Files that are read one after the other, or of which one that is silent holds up the rest.
    def test_several(self):
        whole = bytes_of("http-scepclient-ok.pcap")
        begins = [*records(whole), len(whole)]
        packets = [whole[a:b] for a, b in zip(begins[1:], begins[2:])]
        paths = [self.folder / "a", self.folder / "b", self.folder / "silent"]
        shares = [packets[0::2], packets[1::2]]
        for path, share in zip(paths, shares):
            path.write_bytes(whole[:24] + b"".join(share[:6]))
        paths[2].write_bytes(b"")
        reading = Reading("--follow", *map(str, paths))
        reading.line(reading.run.stderr, "following")
        self.assertIn("GetCACert", reading.line(reading.run.stdout))
        for left, right in zip(shares[0][6:], [*shares[1][6:], b""]):
            self.grow(reading, left, path=paths[0])
            self.grow(reading, right, path=paths[1])
        self.assertIn("GetCACaps", reading.line(reading.run.stdout))
        self.assertIn("PKCSReq", reading.line(reading.run.stdout))
        paths[2].write_bytes(b"half")
        out, _ = reading.end(signal.SIGTERM)
        self.assertIn(b"The only enrolment succeeded", out)

    def test_refused(self):
        self.path.write_bytes(bytes_of("near/file-gzip.pcap.gz"))
        text = self.folder / "text"
        text.write_text("a text that is no capture, and long enough to be known for it")
        for path, part in (
            (self.path, "compressed"),
            (text, "no packet capture"),
            (self.folder / "none", "No such file"),
        ):
            run = saved(["--follow", str(path)])
            self.assertEqual((run.returncode, run.stdout, run.stderr.count(b"\n")), (2, b"", 1))
            self.assertIn(part, run.stderr.decode())


if __name__ == "__main__":
    PROGRAM, SOURCE = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
