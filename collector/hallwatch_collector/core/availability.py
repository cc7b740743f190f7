"""How a device was over time, out of the record: spans of states, and how much of its time it could be used.

Nothing is made up. Before its first reading, while nobody saw it, and while no collector watched the hall, it is
unknown. What stood when the time looked at began is found from how it ended, or from how it is now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from hallwatch_collector.core.catalogue import EFFECTS
from hallwatch_collector.core.event import Event
from hallwatch_collector.core.events import FaultCleared, FaultRaised, SightLost, SightRegained
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.hours import Span as Moments
from hallwatch_collector.core.readiness.events import MaintenanceBegun, MaintenanceEnded, MaintenanceOverdue
from hallwatch_collector.core.views import DeviceState

DAY_S: Final = 86_400.0
STRIP_S: Final = DAY_S
DAYS: Final = 30
USABLE: Final[frozenset[DeviceState]] = frozenset({"ok", "warning", "degraded"})
BROKEN: Final[frozenset[DeviceState]] = frozenset({"unusable", "hazard"})
WORST: Final[tuple[DeviceState, ...]] = ("hazard", "unusable", "degraded", "warning", "maintenance", "unknown", "ok")
OF_DEVICE: Final = (FaultRaised, FaultCleared, SightLost, SightRegained)
"""Events that name the one device they are about."""
OF_WORK: Final = (MaintenanceBegun, MaintenanceOverdue, MaintenanceEnded)

FaultKey = tuple[str, str]
"""A fault and the part that has it."""


class Present(Struct, frozen=True, kw_only=True):
    """How a device is now, as far as its past hangs on it."""

    device: str
    faults: dict[FaultKey, bool]
    """Those that stand → whether they come of planned work."""
    effects: dict[FaultKey, str]
    """Of every fault that it can have now; of a part that no file names, that of the fault itself."""
    unseen: bool
    worked_on: frozenset[str]
    """Maintenance of it that runs."""
    first_read_at: float | None
    """When it was read for the first time, as far as that is known; None: never."""

    def effect_of(self, key: FaultKey) -> str:
        """Return what a fault does; empty: the catalogue has it no more, and nobody knows."""
        return self.effects.get(key) or self.effects.get((key[0], ""), "")


class Span(NamedTuple):
    """A time in which a device was in one state."""

    state: DeviceState
    since: float
    until: float


class Share(Struct, frozen=True, kw_only=True):
    """How much of a time a device was usable, seconds."""

    usable_s: float = 0.0
    broken_s: float = 0.0
    maintenance_s: float = 0.0
    unknown_s: float = 0.0

    @property
    def ratio(self) -> float | None:
        """Of the time of which it is known, without planned work; None: nothing is known."""
        known = self.usable_s + self.broken_s
        return self.usable_s / known if known > 0 else None

    @property
    def known_ratio(self) -> float:
        """How much of the whole time is known, planned work included."""
        known = self.usable_s + self.broken_s + self.maintenance_s
        whole = known + self.unknown_s
        return known / whole if whole > 0 else 0.0


class Day(Struct, frozen=True, kw_only=True):
    """One day by the hall's clocks."""

    date: dt.date
    share: Share
    worst: DeviceState
    """The worst that was known; ``unknown`` only when nothing was."""


class DevicePast(Struct, frozen=True, kw_only=True):
    """What the record says of a device."""

    strip: tuple[Span, ...]
    """The last 24 hours."""
    days: tuple[Day, ...]
    share: Share
    in_hours: bool
    """Whether days and share count business hours alone."""


class _Walk:
    """The device at one moment, while its events go by."""

    def __init__(self, present: Present, events: Sequence[Event]) -> None:
        self.present = present
        self.faults, self.works = dict(present.faults), set(present.worked_on)
        self.unseen = present.unseen
        self._begin(events)

    def _begin(self, events: Sequence[Event]) -> None:
        """Go back to before the first event: what ended first had stood, what began first had not."""
        seen: set[object] = set()
        for event in events:
            match event:
                case FaultRaised() | FaultCleared() if (key := (event.fault, event.part)) not in seen:
                    seen.add(key)
                    self.faults.pop(key, None)
                    if isinstance(event, FaultCleared):
                        self.faults[key] = False
                case SightLost() | SightRegained() if "sight" not in seen:
                    seen.add("sight")
                    self.unseen = isinstance(event, SightRegained)
                case MaintenanceBegun() if event.maintenance not in seen:
                    seen.add(event.maintenance)
                    self.works.discard(event.maintenance)

    def take(self, event: Event) -> None:
        """Let an event happen."""
        match event:
            case FaultRaised():
                self.faults[event.fault, event.part] = event.planned
            case FaultCleared():
                self.faults.pop((event.fault, event.part), None)
            case SightLost() | SightRegained():
                self.unseen = isinstance(event, SightLost)
            case MaintenanceBegun():
                self.works.add(event.maintenance)
            case MaintenanceOverdue() | MaintenanceEnded() if event.maintenance in self.works:
                self.works.discard(event.maintenance)
                if not self.works:  # what was planned counts from now on
                    self.faults = dict.fromkeys(self.faults, False)

    def state(self) -> DeviceState:
        """Return how it is, as the page of the hall would have said."""
        if all(self.faults.values()) and (self.faults or self.works):
            return "maintenance"
        if self.unseen:
            return "unknown"
        effects = {self.present.effect_of(key) for key in self.faults}
        return next((effect for effect in EFFECTS if effect in effects), "warning" if self.faults else "ok")


def trace_states(
    present: Present, events: Iterable[Event], watched: Iterable[Moments], since: float, until: float
) -> list[Span]:
    """Return the states of a device between two moments, without gaps.

    *events* are those of the record from *since* on that are about it, *watched* the times in which a collector had the
    hall. An event that lies outside of these is taken for what it says, and the time around it stays unknown.
    """
    told = sorted((each for each in events if _is_about(each, present.device)), key=lambda each: each.at)
    walk, at, spans = _Walk(present, told), since, list[Span]()
    for event in told:
        moment = min(max(event.at, at), until)
        spans.append(Span(walk.state(), at, moment))
        walk.take(event)
        at = moment
    spans.append(Span(walk.state(), at, until))
    first = present.first_read_at
    known = [(max(start, first), end) for start, end in watched] if first is not None else []
    return _join(_within(spans, known, since, until))


def _is_about(event: Event, device: str) -> bool:
    if isinstance(event, MaintenanceBegun):
        return device in event.devices
    return isinstance(event, OF_WORK) or (isinstance(event, OF_DEVICE) and event.device == device)


def _within(spans: Sequence[Span], known: Sequence[Moments], since: float, until: float) -> Iterator[Span]:
    """Yield the spans as far as they are known, and what lies between as unknown."""
    at = since
    for start, end in sorted(known):
        start, end = max(start, at), min(end, until)  # noqa: PLW2901 - cut to what is left of the time
        if start >= end:
            continue
        yield Span("unknown", at, start)
        yield from (
            Span(span.state, max(span.since, start), min(span.until, end))
            for span in spans
            if span.until > start and span.since < end
        )
        at = end
    yield Span("unknown", at, until)


def _join(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if span.since >= span.until:
            continue
        if joined and joined[-1].state == span.state:
            joined[-1] = joined[-1]._replace(until=span.until)
        else:
            joined.append(span)
    return joined


def measure_share(spans: Iterable[Span], count_s: Callable[[float, float], float]) -> Share:
    """Return how much of the time a device was usable; *count_s* tells how many seconds between two moments count."""
    usable = broken = maintenance = unknown = 0.0
    for span in spans:
        counted = count_s(span.since, span.until)
        if span.state in USABLE:
            usable += counted
        elif span.state in BROKEN:
            broken += counted
        elif span.state == "maintenance":
            maintenance += counted
        else:
            unknown += counted
    return Share(usable_s=usable, broken_s=broken, maintenance_s=maintenance, unknown_s=unknown)


def look_back(spans: Sequence[Span], hours: Hours, now: float) -> DevicePast:
    """Return the last 24 hours and 30 days of a device; the days count business hours where the hall has some."""
    days = tuple(_days(spans, hours, now))
    begins = hours.start_of(hours.day_of(now) - dt.timedelta(days=DAYS - 1))
    return DevicePast(
        strip=tuple(_cut(spans, now - STRIP_S, now)),
        days=days,
        share=measure_share(_cut(spans, begins, now), hours.count_s),
        in_hours=not hours.always,
    )


def begin_of_past(hours: Hours, now: float) -> float:
    """Return from when on the record is asked."""
    return min(hours.start_of(hours.day_of(now) - dt.timedelta(days=DAYS - 1)), now - STRIP_S)


def _days(spans: Sequence[Span], hours: Hours, now: float) -> Iterator[Day]:
    today = hours.day_of(now)
    for back in reversed(range(DAYS)):
        date = today - dt.timedelta(days=back)
        start, end = hours.start_of(date), min(now, hours.start_of(date + dt.timedelta(days=1)))
        theirs = [span for span in _cut(spans, start, end) if hours.count_s(span.since, span.until) > 0]
        states = {span.state for span in theirs}
        worst = next(
            (state for state in WORST if state in states and not (state == "unknown" and "ok" in states)), None
        )
        yield Day(date=date, share=measure_share(theirs, hours.count_s), worst=worst or "unknown")


def _cut(spans: Iterable[Span], since: float, until: float) -> Iterator[Span]:
    for span in spans:
        start, end = max(span.since, since), min(span.until, until)
        if start < end:
            yield Span(span.state, start, end)
