"""Garbage for every topic, each piece with the reason for which it must be refused."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import (
    MAX_PAYLOAD_BYTES,
    Birth,
    NotOnTheWire,
    Reading,
    Report,
    Sign,
    decode,
    encode,
    topic,
)
from parts.mosquitto import HOST

GOLDEN = Path(__file__).parents[1] / "wire"
BRANCHES = ("agents", "reports", "orders", "signs", "notices", "board")
BOOT = "storm"
BATCH_S = 0.01
CROWD = 1_000
LATE = "late"
"""Not a reason to refuse: what is old, out of order or of an unknown boot is history."""


class Piece(NamedTuple):
    """One message of the storm."""

    topic: str
    payload: bytes
    expected: tuple[str, ...] = ()
    """What it must be counted as."""
    retain: bool = False


class Target(NamedTuple):
    """What a forger knows of a hall."""

    area: str
    hall: str
    agent: str
    """A real agent, at work."""
    device: str
    """A device that it watches by a probe ``tcp``."""
    foreign: str
    """One that another agent watches."""
    places: dict[str, str]
    """Leaves on which the collector or the agent speaks, by branch."""


class Garbage:
    """Draws messages for a hall, its neighbours, and what only looks like one.

    Left out is what a stranger could only say under an agent's own name on that agent's own topic (a birth, a death, an
    order in good form): nothing in the message tells it from the real one, and the broker's access list keeps it away.
    """

    def __init__(self, target: Target, rng: random.Random) -> None:
        self._target = target
        self._rng = rng
        self._seqs = _locally_shuffled(rng)
        self._sent: list[bytes] = [self._report([self._reading()])]
        self._good = {branch: _golden("good", branch) for branch in BRANCHES}
        self._bad = {branch: _golden("bad", branch) for branch in BRANCHES}
        self._kinds: list[tuple[Callable[[], Piece], int]] = [
            (self._noise, 20), (self._fuzzed, 20), (self._mistyped, 20), (self._not_a_number, 8), (self._deep, 4),
            (self._wrong_hall, 8), (self._no_topic, 4), (self._wrong_agent, 4), (self._forged_agent, 4),
            (self._wrong_device, 8), (self._out_of_order, 8), (self._duplicate, 8), (self._cleared, 2),
            (self._stray_sign, 2), (self._crowded, 0.2), (self._huge, 0.2),
        ]  # fmt: skip

    def first(self) -> Piece:
        """Return the report whose duplicates follow."""
        return Piece(self._topic("reports"), self._sent[0], (LATE,))

    def draw(self) -> Piece:
        """Return the next piece."""
        kinds, weights = zip(*self._kinds, strict=True)
        [kind] = self._rng.choices(kinds, weights)
        piece: Piece = kind()
        return piece

    def _topic(self, branch: str) -> str:
        target = self._target
        return topic(target.area, target.hall, branch, target.places[branch])

    def _refused(self, branch: str, payload: bytes) -> Piece:
        own = branch in ("signs", "notices", "orders", "board")
        retain = own and self._rng.random() < 0.5
        return Piece(self._topic(branch), payload, ("not-on-the-wire",), retain)

    def _noise(self) -> Piece:
        return self._refused(self._rng.choice(BRANCHES), b"\xff" + self._rng.randbytes(self._rng.randrange(400)))

    def _fuzzed(self) -> Piece:
        """A good message with some bytes changed, or cut short, so that it is none any more."""
        while True:
            branch = self._rng.choice(BRANCHES)
            payload = bytearray(self._rng.choice(self._good[branch]))
            for _ in range(self._rng.randint(1, 8)):
                payload[self._rng.randrange(len(payload))] = self._rng.randrange(256)
            del payload[self._rng.choice([self._rng.randrange(len(payload)), len(payload)]) :]
            try:
                decode(branch, bytes(payload))
            except NotOnTheWire:
                if payload:
                    return self._refused(branch, bytes(payload))

    def _mistyped(self) -> Piece:
        branch = self._rng.choice(BRANCHES)
        return self._refused(branch, self._rng.choice(self._bad[branch]))

    def _not_a_number(self) -> Piece:
        number = self._rng.choice([b"NaN", b"Infinity", b"-Infinity", b"1e999", b'"NaN"', b"null"])
        whole = self._report([self._reading(metrics={"cpu_used_ratio": 0.5})])
        return self._refused("reports", whole.replace(b":0.5", b":" + number))

    def _deep(self) -> Piece:
        nested = self._rng.choice([b"[", b'{"a":']) * self._rng.choice([1_000, 100_000])
        beginning = b'{"agent":"gw","boot":"storm","seq":1,"sent_at":1,"readings":[],"more":'
        return self._refused("reports", self._rng.choice([b"", beginning]) + nested)

    def _huge(self) -> Piece:
        return self._refused(self._rng.choice(BRANCHES), b" " * (MAX_PAYLOAD_BYTES + 1))

    def _wrong_hall(self) -> Piece:
        hall = self._rng.choice(["nowhere", f"h{self._rng.randrange(10**9)}"])
        branch = self._rng.choice(["agents", "reports"])
        name = topic(self._target.area, hall, branch, self._target.agent)
        return Piece(name, self._rng.choice(self._good[branch]), ("unknown-hall",))

    def _no_topic(self) -> Piece:
        leaf = self._rng.choice(["GW", "导税台", "a.b", "-", "x" * 64, f"{self._rng.randrange(10**9)}_"])
        name = topic(self._target.area, self._target.hall, self._rng.choice(["agents", "reports"]), leaf)
        return Piece(name, self._good["agents"][0], ("not-on-the-wire",))

    def _wrong_agent(self) -> Piece:
        """A stranger under a name that the hall file does not have."""
        name = self._rng.choice(["nobody", f"a{self._rng.randrange(10**9)}"])
        branch, payload = self._said_by(name)
        return Piece(topic(self._target.area, self._target.hall, branch, name), payload, ("unknown-agent",))

    def _forged_agent(self) -> Piece:
        """A stranger on the real agent's topics."""
        branch, payload = self._said_by("nobody")
        return Piece(self._topic(branch), payload, ("forged-agent",))

    def _said_by(self, name: str) -> tuple[str, bytes]:
        if self._rng.random() < 0.5:
            return "agents", encode(Birth(name, BOOT, 1, 1.0, 10))
        return "reports", encode(Report(name, BOOT, next(self._seqs), 1.0, [self._reading()]))

    def _wrong_device(self) -> Piece:
        reading, reason = self._rng.choice(
            [
                (self._reading(device=f"d{self._rng.randrange(10**9)}"), "unknown-device"),
                (self._reading(device=""), "unknown-device"),
                (self._reading(device=self._target.foreign), "foreign-device"),
                (self._reading(probe="nothing"), "unknown-probe"),
                (self._reading(at=1e300), "future"),
            ]
        )
        return Piece(self._topic("reports"), self._report([reading]), (reason,))

    def _crowded(self) -> Piece:
        """As many readings as no honest agent has."""
        readings = [self._reading(device=f"d{number}") for number in range(CROWD)]
        return Piece(self._topic("reports"), self._report(readings), ("unknown-device",) * CROWD)

    def _out_of_order(self) -> Piece:
        payload = self._report([self._reading()])
        self._sent.append(payload)
        return Piece(self._topic("reports"), payload, (LATE,))

    def _duplicate(self) -> Piece:
        return Piece(self._topic("reports"), self._rng.choice(self._sent), ("duplicate",))

    def _cleared(self) -> Piece:
        """Somebody takes down what is to stand."""
        return Piece(self._topic(self._rng.choice(["orders", "signs", "notices", "board"])), b"", retain=True)

    def _stray_sign(self) -> Piece:
        place = f"p{self._rng.randrange(10**9)}"
        sign = encode(Sign(place, "暂停使用", "谁也不知道", 1.0, "H2"))
        return Piece(topic(self._target.area, self._target.hall, "signs", place), sign, retain=True)

    def _reading(self, **changes: object) -> Reading:
        usual = Reading(self._target.device, "tcp", 1.0, conditions={"reachable": True, "port-open": False})
        return msgspec.structs.replace(usual, **changes)

    def _report(self, readings: list[Reading]) -> bytes:
        return encode(Report(self._target.agent, BOOT, next(self._seqs), 1.0, readings))


class Storm:
    """Publishes garbage at a steady rate, from a thread of its own, and notes what it must be counted as."""

    def __init__(self, mqtt_port: int, garbage: Garbage, per_s: int, count: int) -> None:
        self.expected: Counter[str] = Counter()
        self.took_s = 0.0
        self._garbage, self._per_s, self._count = garbage, per_s, count
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"storm-{mqtt_port}")
        self._client.max_inflight_messages_set(1_000)
        self._client.connect(HOST, mqtt_port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._blow, name="storm", daemon=True)

    @property
    def rages(self) -> bool:
        """Whether it still goes on."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self, limit_s: float) -> None:
        """Wait for its end, for so long at most."""
        self._thread.join(limit_s)

    def close(self) -> None:
        """Wait for its end, and go."""
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _blow(self) -> None:
        began, pause = time.monotonic(), threading.Event()
        last = self._send(self._garbage.first())
        for number in range(1, self._count):
            while time.monotonic() - began < number / self._per_s:
                pause.wait(BATCH_S)
            last = self._send(self._garbage.draw())
        last.wait_for_publish(60)
        self.took_s = time.monotonic() - began

    def _send(self, piece: Piece) -> paho.MQTTMessageInfo:
        self.expected.update(piece.expected)
        return self._client.publish(piece.topic, piece.payload, 1, piece.retain)


def _golden(kind: str, branch: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((GOLDEN / kind / branch).glob("*.json"))]


def _locally_shuffled(rng: random.Random) -> Iterator[int]:
    """Count in blocks, each in an order of its own."""
    for block in itertools.count():
        yield from rng.sample(range(10 * block + 1, 10 * block + 11), 10)
