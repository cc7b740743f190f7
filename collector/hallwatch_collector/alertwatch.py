"""Watches whether people are reached: counts what became of alerts, and says whom none of the ways reached."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from hallwatch_collector.core.alerts.events import AlertAccepted, AlertDecided, AlertFailed, AlertHeld, AlertSent
from hallwatch_collector.core.alerts.receipts import Missed
from hallwatch_collector.core.alerts.state import Delivery
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.export.prometheus import Metrics
from hallwatch_collector.selfwatch import ALERT_UNDELIVERED, SELF_KEY, name_way

log = logging.getLogger(__name__)

MOST_NAMED: Final = 8
"""More are counted, not named."""
LATE_S: Final = 300.0
"""A channel that takes nothing for so long is told of: a way that fails for now has no end of its own."""
_OUTCOMES: Final[dict[type, str]] = {
    AlertDecided: "decided",
    AlertSent: "sent",
    AlertAccepted: "accepted",
    AlertHeld: "held",
    AlertFailed: "failed",
}


class AlertWatch:
    """Remembers of each hall who was not told. Not thread-safe: whoever owns the core's lock owns it too.

    Of drills it counts and tells nothing: only their own pages do.
    """

    def __init__(self, engine: Engine, metrics: Metrics, is_drill: Callable[[HallKey], bool]) -> None:
        self._engine = engine
        self._metrics = metrics
        self._is_drill = is_drill
        self._missed: dict[HallKey, list[Missed]] = {}
        self._late: dict[str, Late] = {}
        self._unheard: list[HallKey] = []
        """Halls of which nobody would be told."""
        self._refused: dict[tuple[str, str], str] = {}
        """Channel and person → why the last alert was refused there, even if they were told in another way since."""

    def note(self, key: HallKey, events: Iterable[AnyEvent]) -> None:
        """Count what became of alerts."""
        for event in events:
            if (outcome := _OUTCOMES.get(type(event))) is None or self._is_drill(key):
                continue
            delivery = self._engine.delivery(key, event.alert)  # type: ignore[union-attr]
            if delivery is None:
                continue
            self._metrics.count_alert(outcome, delivery.channel)
            self._note_way(delivery, event)
            if isinstance(event, AlertAccepted) and event.edition == delivery.edition:
                since = max(delivery.decided_at, delivery.hold_until or 0.0)
                self._metrics.observe_alert(delivery.channel, event.at - since)

    def _note_way(self, delivery: Delivery, event: AnyEvent) -> None:
        ways = [(delivery.channel, person) for person in delivery.people or ("",)]
        if isinstance(event, AlertAccepted):
            for way in ways:
                self._refused.pop(way, None)
        elif isinstance(event, AlertFailed):
            leads = self._engine.leads
            ways = [way for way in ways if leads(delivery.channel, list(filter(None, way[1:])))]
            if ways and not set(ways) & set(self._refused):
                log.warning("%s refuses alerts to %s: %s", delivery.channel, ", ".join(delivery.people), event.reason)
            self._refused |= dict.fromkeys(ways, event.reason)

    def forget_ways(self) -> None:
        """Begin anew with what ways refuse: others may be taken from now on."""
        self._refused.clear()

    def look(self, keys: Iterable[HallKey]) -> None:
        """Take up who was not told in halls of which there is news."""
        halls = set(self._engine.halls())
        for key in keys:
            missed = self._engine.undelivered(key) if key in halls and not self._is_drill(key) else []
            if missed:  # a way that was tried again and failed again is named once
                self._missed[key] = list({(m.incident, m.channel, m.person): m for m in missed}.values())
            else:
                self._missed.pop(key, None)

    def look_around(self, now: float) -> None:
        """Take up which channels took nothing for long of what they were to tell, and where nobody would be told."""
        halls = [key for key in self._engine.halls() if not self._is_drill(key)]
        tells = self._engine.tells_people
        self._unheard = [key for key in halls if tells and key != SELF_KEY and not self._engine.on_duty(key, now)]
        self._late = {}
        for key in halls:
            for alert in self._engine.alerts(key):
                for delivery in alert.deliveries:
                    if is_late(delivery, now):
                        known = self._late.get(delivery.channel, Late(0, delivery.reason))
                        self._late[delivery.channel] = Late(known.alerts + 1, delivery.reason)

    def problems(self) -> Iterator[str]:
        """Yield who was not told of what, a sentence each."""
        told = [(key, each) for key, missed in self._missed.items() for each in missed]
        for key, each in told[:MOST_NAMED]:
            whom = each.person or "a system"
            yield f"Alert on {each.incident} of {key} did not reach {whom} by {each.channel}: {each.reason}"
        if len(told) > MOST_NAMED:
            yield f"{len(told) - MOST_NAMED} more alerts reached nobody; the halls' pages show them"
        if self._unheard:
            named = ", ".join(str(key) for key in self._unheard[:MOST_NAMED])
            more = f" and {len(self._unheard) - MOST_NAMED} more" if len(self._unheard) > MOST_NAMED else ""
            yield f"Nobody in alerts.toml would be told of {named}{more} now: see roles and halls of its people"
        for channel, late in self._late.items():
            yield f"Alerts wait at {channel} for more than {LATE_S / 60:.0f} minutes ({late.alerts}): {late.reason}"

    def refusals(self) -> Iterator[str]:
        """Yield which channels refused what they were to tell last, and whom, a sentence each."""
        whom: dict[tuple[str, str], list[str]] = {}
        for (channel, person), reason in self._refused.items():
            whom.setdefault((channel, reason), []).append(person or "a system")
        for (channel, reason), people in whom.items():
            yield f"{channel} refused the last alert to {', '.join(people[:MOST_NAMED])}: {reason}"

    def failing(self) -> frozenset[str]:
        """Return the ways by which people were not reached; Hallwatch's own alerts left out."""
        return frozenset(
            name_way(each.channel, each.person)
            for key, missed in self._missed.items()
            if key != SELF_KEY
            for each in missed
        )


class Late(NamedTuple):
    """What waits at a channel for too long."""

    alerts: int
    reason: str


def is_late(delivery: Delivery, now: float) -> bool:
    """Tell whether a channel was to take an alert long ago, and does not for a reason that may pass."""
    if not delivery.is_open or not delivery.reason:
        return False
    return now - max(delivery.owed_at or delivery.decided_at, delivery.hold_until or 0.0) >= LATE_S


def find_told(view: HallView | None) -> Sequence[str]:
    """Return the ways of which it stands in Hallwatch's own hall that they reached nobody."""
    devices = view.devices if view else ()
    return [fault.part for each in devices for fault in each.faults if fault.fault == ALERT_UNDELIVERED]
