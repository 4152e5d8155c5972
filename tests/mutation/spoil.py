# SPDX-License-Identifier: Apache-2.0
"""Ways to spoil a capture. None of them changes what happened on the network, only what is left of it to see.

Each gives (name, frames, promised): the findings of which one must say what was done; empty when nothing can show it.
"""

import random
from itertools import islice

from recording import ACK, FIN, RST, SYN

SNAPLENS = (60, 96, 128, 200, 500)


class Scene:
    """A recording's frames with their segments, and who of the connections is the server."""

    def __init__(self, frames, report):
        self.frames = frames
        self.segments = [frame.tcp() for frame in frames]
        self.servers = {connection["server"] for connection in report.get("connections", [])}
        self.clients = {connection["client"] for connection in report.get("connections", [])}
        self.data = [n for n, s in enumerate(self.segments) if s and s.payload]

    def without(self, gone):
        gone = set(gone)
        return [frame for n, frame in enumerate(self.frames) if n not in gone]

    def known(self, number):
        s = self.segments[number]
        return s is not None and (self.from_client(number) or self.from_server(number))

    def from_client(self, number):
        s = self.segments[number]
        return s is not None and s.source in self.clients and s.dest in self.servers

    def from_server(self, number):
        s = self.segments[number]
        return s is not None and s.source in self.servers and s.dest in self.clients

    def having(self, flags):
        return [n for n, s in enumerate(self.segments) if s and s.flags & flags]

    def acknowledged_later(self, number):
        """Somebody acknowledges past this frame's bytes in a frame that is not itself taken away."""
        s = self.segments[number]
        end = s.seq + len(s.payload)
        return any(
            o and o.source == s.dest and o.dest == s.source and o.flags & ACK and 0 <= (o.ack - end) % 2**32 < 2**31
            for o in self.segments[number + 1 :]
        )


def snaplens(scene):
    for snaplen in SNAPLENS:
        cut = [frame.cut(snaplen) for frame in scene.frames]
        hurt = any(len(scene.frames[n].data) > snaplen and scene.known(n) for n in scene.data)
        yield f"snaplen {snaplen}", cut, {"cap-snaplen"} if hurt else set()


def directions(scene):
    whole = None not in scene.segments  # fragments would stay behind
    both = whole and any(scene.from_client(n) for n in scene.data) and any(scene.from_server(n) for n in scene.data)
    # Of TLS, and of replies that are plain text, half a conversation does not show that it is SCEP.
    promised = {"cap-one-way", "cap-no-scep", "cap-encrypted"} if both else set()
    for name, gone in (("client", scene.from_server), ("server", scene.from_client)):
        yield f"only the {name}'s", scene.without(n for n in range(len(scene.frames)) if gone(n)), promised


def single_frames(scene):
    for n in scene.data:
        yield f"without frame {n + 1}", scene.without([n]), set()


def pairs_of_frames(scene):
    for a, b in zip(scene.data, scene.data[1:]):
        yield f"without frames {a + 1} and {b + 1}", scene.without([a, b]), set()
    dice = random.Random(len(scene.frames))
    for _ in range(min(20, len(scene.data))):
        a, b = sorted(dice.sample(range(len(scene.frames)), 2))
        yield f"without frames {a + 1} and {b + 1}", scene.without([a, b]), set()


def any_frame(scene):
    for n in range(len(scene.frames)):
        if n not in scene.data:
            yield f"without frame {n + 1}", scene.without([n]), set()


def beginnings(scene):
    for n in range(1, len(scene.frames)):
        yield f"from frame {n + 1}", scene.frames[n:], set()


def ends(scene):
    for n in range(1, len(scene.frames)):
        yield f"to frame {n}", scene.frames[:n], set()


def handshakes(scene):
    syns = set(scene.having(SYN))
    begun = {scene.segments[n].connection for n in scene.data}
    promised = {"cap-midstream"} if any(scene.known(n) and scene.segments[n].connection in begun for n in syns) else set()
    last = set()
    for connection in begun:
        after = [n for n, s in enumerate(scene.segments) if s and s.connection == connection and n not in syns]
        last.update(n for n in after[:1] if not scene.segments[n].payload)
    yield "without handshakes", scene.without(syns | last), promised
    yield "without SYNs", scene.without(n for n in syns if not scene.segments[n].flags & ACK), set()
    yield "without SYN-ACKs", scene.without(n for n in syns if scene.segments[n].flags & ACK), set()
    yield "without the ACKs of handshakes", scene.without(last), set()


def doubled(scene):
    twice = [copy for frame in scene.frames for copy in (frame, frame.later(10_000))]
    carries = any(scene.known(n) for n in scene.data)
    yield "all frames twice", twice, {"cap-dup"} if carries else set()
    for n in scene.data:
        copy = scene.frames[n].later(5_000)
        again = scene.frames[: n + 1] + [copy] + scene.frames[n + 1 :]
        yield f"frame {n + 1} twice", sorted(again, key=lambda frame: frame.ts_ns), set()


def swapped(scene):
    """Neighbours of one connection within a millisecond: queues of a network card, or two interfaces merged by time."""
    for n, (a, b) in enumerate(zip(scene.segments, scene.segments[1:])):
        one, two = scene.frames[n], scene.frames[n + 1]
        if a and b and a.connection == b.connection and 0 <= two.ts_ns - one.ts_ns < 1_000_000:
            frames = list(scene.frames)
            frames[n] = two.later(one.ts_ns - two.ts_ns)
            frames[n + 1] = one.later(two.ts_ns - one.ts_ns)
            yield f"frames {n + 1} and {n + 2} swapped", frames, set()


def clocks(scene):
    for name, seconds in (("an hour early", -3600), ("ten minutes late", 600), ("a day late", 86400), ("ten years early", -315360000)):
        yield f"clock {name}", [frame.later(seconds * 10**9) for frame in scene.frames], set()


def messages(scene):
    yield "without replies", scene.without(n for n in scene.data if scene.from_server(n)), set()
    yield "without requests", scene.without(n for n in scene.data if scene.from_client(n)), set()
    for n in range(len(scene.data)):
        """One message: the data frames of one direction until the other speaks."""
        first = scene.data[n]
        before = scene.data[n - 1] if n else None
        if before is not None and scene.segments[before].source == scene.segments[first].source:
            continue
        run = [first]
        for m in scene.data[n + 1 :]:
            if scene.segments[m].source != scene.segments[first].source:
                break
            run.append(m)
        if len(run) > 1:
            yield f"without the message at frame {first + 1}", scene.without(run), set()


def flags(scene):
    bare = [n for n, s in enumerate(scene.segments) if s and not s.payload and not s.flags & (SYN | FIN | RST)]
    yield "without ACKs", scene.without(bare), set()
    yield "without FINs", scene.without(scene.having(FIN)), set()
    yield "without FINs and RSTs", scene.without(scene.having(FIN | RST)), set()


def interfaces(scene):
    seen = {frame.interface for frame in scene.frames}
    for gone in sorted(seen) if len(seen) > 1 else []:
        yield f"without interface {gone}", [frame for frame in scene.frames if frame.interface != gone], set()


WAYS = (
    snaplens,
    directions,
    single_frames,
    pairs_of_frames,
    any_frame,
    beginnings,
    ends,
    handshakes,
    doubled,
    swapped,
    clocks,
    messages,
    flags,
    interfaces,
)


def sample(scene, share, dice):
    """Of each way: all, or a share of its captures and at least one now and then."""
    for way in WAYS:
        for spoilt in way(scene):
            if share >= 1 or dice.random() < share:
                yield (way.__name__, *spoilt)
