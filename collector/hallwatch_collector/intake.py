"""Station 5: takes messages from the broker to the core. Whatever comes, it is counted and the next one unaffected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from hallwatch_agent.wire import (
    ROOT,
    Life,
    NotOnTheWire,
    ProbeNow,
    Report,
    decode,
    decode_life,
    decode_report,
    split_topic,
)
from hallwatch_collector.core.hall import HallKey

log = logging.getLogger(__name__)

DROPPED: Final = "$SYS/broker/publish/messages/dropped"
STORED: Final = "$SYS/broker/store/messages/count"
SUBSCRIBED_BRANCHES: Final = ("agents/+", "reports/+", "signs/+", "notices/+", "orders/+", "board")
OWN_BRANCHES: Final = ("signs", "notices", "orders", "board")
"""Here the collector speaks, and hears itself."""


class Destination(Protocol):
    """Where decoded messages go."""

    def take_report(self, key: HallKey, agent: str, report: Report, now: float) -> None:
        """Take a report of an agent of this hall."""

    def take_life(self, key: HallKey, agent: str, life: Life, now: float) -> None:
        """Take an agent's birth or death."""

    def hear(self, topic: str, payload: bytes, now: float) -> None:
        """Take what stands on one of the collector's own topics."""

    def knows(self, key: HallKey) -> bool:
        """Tell whether agents of this hall are heard."""

    def knows_agent(self, key: HallKey, agent: str) -> bool:
        """Tell whether the hall file names this agent."""


class _Route(NamedTuple):
    """Where the reports of a topic go."""

    key: HallKey
    agent: str


def subscriptions(areas: Sequence[str]) -> list[list[str]]:
    """Return what to subscribe to, the broker's own figures by themselves: some brokers refuse them."""
    below = [f"{ROOT}/{area}/+/{branch}" for area in (areas or ("+",)) for branch in SUBSCRIBED_BRANCHES]
    return [below, [DROPPED, STORED]]


class Intake:
    """Decodes messages and hands them on."""

    def __init__(self, destination: Destination, refuse: Callable[[str, int], None]) -> None:
        """*refuse* counts what was refused, by reason."""
        self._destination = destination
        self._refuse = refuse
        self._routes: dict[str, _Route] = {}
        self.figures: dict[str, int] = {}
        """What the broker tells of itself, by topic."""
        self.errors = 0
        """Defects of our own that a message showed; the log has them."""

    def forget_routes(self) -> None:
        """Have every topic looked up anew, because halls came or went."""
        self._routes.clear()

    def take(self, topic: str, payload: bytes, now: float) -> None:
        """Take one message; never raises."""
        try:
            route = self._routes.get(topic)
            if route is not None:
                self._destination.take_report(route.key, route.agent, decode_report(payload), now)
            else:
                self._take_unrouted(topic, payload, now)
        except NotOnTheWire:
            self._refuse("not-on-the-wire", 1)
        except Exception:
            self.errors += 1
            self._refuse("internal-error", 1)
            log.exception("a message on %s hit a defect; it is left out and the next one taken", topic[:120])

    def _take_unrouted(self, topic: str, payload: bytes, now: float) -> None:
        if topic.startswith("$SYS/"):
            self._take_figure(topic, payload)
            return
        area, hall, branch, agent = split_topic(topic)
        key = HallKey(area, hall)
        if branch in OWN_BRANCHES:
            self._hear(topic, branch, payload, now)
        elif not self._destination.knows(key):
            self._refuse("unknown-hall", 1)
        elif branch == "reports":
            if self._destination.knows_agent(key, agent):  # topics made up by a stranger must not fill the memory
                self._routes[topic] = _Route(key, agent)
            self._destination.take_report(key, agent, decode_report(payload), now)
        elif payload:  # an empty message only takes a retained birth away
            self._take_life(key, agent, decode_life(payload), now)

    def _hear(self, topic: str, branch: str, payload: bytes, now: float) -> None:
        """Have what stands on one of our own topics compared with what should; garbage is put right, and counted."""
        try:
            # a call to look now is never retained: it does not stand
            passing = bool(payload) and isinstance(decode(branch, payload), ProbeNow)
        except NotOnTheWire:
            self._destination.hear(topic, payload, now)
            raise
        if not passing:
            self._destination.hear(topic, payload, now)

    def _take_life(self, key: HallKey, agent: str, life: Life, now: float) -> None:
        if not self._destination.knows_agent(key, agent):
            self._refuse("unknown-agent", 1)
        elif life.agent != agent:
            self._refuse("forged-agent", 1)
        else:
            self._destination.take_life(key, agent, life, now)

    def _take_figure(self, topic: str, payload: bytes) -> None:
        if topic in (DROPPED, STORED) and payload[:20].isdigit():
            self.figures[topic] = int(payload[:20])
