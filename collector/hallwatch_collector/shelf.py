"""What is to stand retained on the broker, and whether it does.

The collector hears its own retained topics. What it hears and what it wants are compared, so that signs come to be
equal to the core's view after every kind of mishap: a sign left from before a crash, a broker that lost its store, an
old message that the client library sends again after a newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from hallwatch_agent.wire import NotOnTheWire, split_topic, topic
from hallwatch_collector.core.hall import HallKey

FIRST_RETRY_S: Final = 2.0
LAST_RETRY_S: Final = 60.0

Publish = Callable[[str, bytes, bool], None]
"""Takes a topic, a message, and whether it is to be retained."""
Delivered = Callable[[str, float], None]


class _Open(Struct):
    """A topic on which what is wanted has not been heard yet."""

    retry_at: float
    """By the monotonic clock."""
    pause_s: float
    decided_at: float | None
    """When it was decided, while nobody heard it yet; None when it was published before."""


class Shelf:
    """Retained messages as they should be. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(
        self,
        publish: Publish,
        owns: Callable[[HallKey], bool],
        delivered: Delivered,
        monotonic: Callable[[], float],
    ) -> None:
        """*owns* says whose topics may be cleared; *delivered* gets a topic and the delay once it was heard.

        *monotonic* says when to publish again, because the wall clock may be set meanwhile.
        """
        self._publish = publish
        self._owns = owns
        self._delivered = delivered
        self.monotonic = monotonic
        """The clock that cannot jump, for what effects put off."""
        self._wanted: dict[str, bytes] = {}
        self._open: dict[str, _Open] = {}

    def put(self, name: str, payload: bytes, now: float) -> None:
        """Have a message stand on a topic; nothing happens when it does already. An empty one clears the topic."""
        if self._wanted.get(name, b"") == payload:
            return
        if payload:
            self._wanted[name] = payload
        else:
            del self._wanted[name]
        self._open[name] = _Open(self.monotonic() + FIRST_RETRY_S, FIRST_RETRY_S, now)
        self._publish(name, payload, True)

    def pass_on(self, name: str, payload: bytes) -> None:
        """Publish a message that does not stand: who is not there now does not get it."""
        self._publish(name, payload, False)

    def take(self, name: str, now: float) -> None:
        """Have nothing stand on a topic."""
        self.put(name, b"", now)

    def replace(self, key: HallKey, branch: str, messages: Mapping[str, bytes], now: float) -> None:
        """Have exactly these stand on a branch of a hall, by leaf."""
        wanted = {topic(*key, branch, leaf): payload for leaf, payload in messages.items()}
        stem = topic(*key, branch)
        for name in [name for name in self._wanted if name.startswith(stem) and name not in wanted]:
            self.take(name, now)
        for name, payload in wanted.items():
            self.put(name, payload, now)

    def forget(self, key: HallKey, now: float) -> None:
        """Have nothing stand of a hall."""
        stem = topic(*key, "")
        for name in [name for name in self._wanted if name.startswith(stem)]:
            self.take(name, now)

    def hear(self, name: str, payload: bytes, now: float) -> None:
        """Note what stands on one of our topics, as the broker says."""
        if self._wanted.get(name, b"") == payload:
            done = self._open.pop(name, None)
            if done and done.decided_at is not None:
                self._delivered(name, now - done.decided_at)
        elif name not in self._open and self._is_ours(name):
            self._open[name] = _Open(self.monotonic(), FIRST_RETRY_S, None)

    def restore(self) -> None:
        """Publish everything, because the connection is new."""
        moment = self.monotonic()
        for name, payload in self._wanted.items():
            waiting = self._open.setdefault(name, _Open(moment, FIRST_RETRY_S, None))
            waiting.retry_at = moment + waiting.pause_s
            self._publish(name, payload, True)

    def settle(self) -> None:
        """Publish again what should have been heard by now."""
        moment = self.monotonic()
        for name, waiting in self._open.items():
            if waiting.retry_at <= moment:
                waiting.retry_at = moment + waiting.pause_s
                waiting.pause_s = min(waiting.pause_s * 2, LAST_RETRY_S)
                self._publish(name, self._wanted.get(name, b""), True)

    def _is_ours(self, name: str) -> bool:
        if name in self._wanted:
            return True
        try:
            told = split_topic(name)
        except NotOnTheWire:
            return False
        return self._owns(HallKey(told.area, told.hall))
