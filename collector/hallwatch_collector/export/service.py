"""How long windows and business systems served in business hours, counted in seconds.

A ratio of two such counters is the availability of any span, as long as it was scraped: nobody has to decide here over
which span it is wanted. They begin at nothing with each start of the collector, as counters may. Safe from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.views import DeviceView, HallView, WindowView
from hallwatch_collector.export.samples import Family, Lines, labels, put

FAMILIES: Final = (
    Family("hallwatch_hall_open", "gauge", "Whether it is business hours, by the hall's own calendar."),
    Family("hallwatch_hall_business_seconds_total", "counter", "Business hours that passed."),
    Family(
        "hallwatch_window_business_seconds_total",
        "counter",
        "Business hours of a window by service: full, part of its classes, none, closed by decision, unknown.",
    ),
    Family(
        "hallwatch_system_business_seconds_total",
        "counter",
        "Business hours of a business system by service: usable, unusable, maintenance, unknown.",
    ),
)
OF_WINDOW: Final = ("full", "part", "none", "closed", "unknown")
OF_SYSTEM: Final = ("usable", "unusable", "maintenance", "unknown")


class _Counted:
    """What was counted of one hall, and since when it is as it is."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.is_open = False
        self.business_s = 0.0
        self.windows: dict[str, str] = {}
        self.systems: dict[str, str] = {}
        self.seconds: dict[tuple[str, str, str], float] = {}
        """(family, window or system, service) → business seconds."""
        self.heads: list[tuple[tuple[str, str, str], str]] = []
        """Every counter with what stands before its value; empty: to be made anew."""

    def pass_time(self, seconds: float) -> None:
        """Count so much business time for what everything was until now."""
        self.business_s += seconds
        for family, things in ((FAMILIES[2].name, self.windows), (FAMILIES[3].name, self.systems)):
            for thing, service in things.items():
                key = (family, thing, service)
                self.seconds[key] = self.seconds.get(key, 0.0) + seconds

    def take_up(self, view: HallView) -> None:
        """Take up how everything is now, and forget what is no longer in the hall."""
        windows = {each.id: judge_window(each) for each in view.windows if not each.rests}
        systems = {each.id: judge_system(each) for each in view.devices if each.kind == "system"}
        if windows.keys() != self.windows.keys() or systems.keys() != self.systems.keys():
            there = {*(each.id for each in view.windows), *systems}
            self.seconds = {key: spent for key, spent in self.seconds.items() if key[1] in there}
            self.heads = []
        self.windows, self.systems = windows, systems


class ServiceTime:
    """Counts for every hall; it is told of each picture in which something may have changed."""

    def __init__(self) -> None:
        self._halls: dict[HallKey, _Counted] = {}
        self._lock = threading.Lock()

    def follow(self, view: HallView, hours: Hours, now: float) -> None:
        """Count the time since the last call as what was then, and take up what is now. Drills do not count (B3)."""
        if view.drill or view.internal:
            return
        with self._lock:
            hall = self._halls.setdefault(HallKey(view.area, view.hall), _Counted(now))
            hall.pass_time(hours.count_s(hall.at, now))
            hall.at, hall.is_open = now, hours.is_open(now)
            hall.take_up(view)

    def shift_clock(self, step_s: float) -> None:
        """Take up that the clock of ``now`` was set by *step_s*: no time has passed by that."""
        with self._lock:
            for hall in self._halls.values():
                hall.at += step_s

    def drop(self, key: HallKey) -> None:
        """Forget a hall."""
        with self._lock:
            self._halls.pop(key, None)

    def render(self, key: HallKey) -> Lines:
        """Return the sample lines of a hall by family; none of one that was never followed."""
        lines = Lines(list)
        with self._lock:
            hall = self._halls.get(key)
            if hall is not None:
                _render(lines, hall, labels(area=key.area, hall=key.hall))
        return lines


def judge_window(window: WindowView) -> str:
    """Return how a window serves. One that is closed although it could take something was closed by decision."""
    if not window.open:
        return "none" if set(window.lost) >= set(window.classes) else "closed"
    if not window.lost and not window.unknown:
        return "full"
    takes = window.takes_business
    return "unknown" if takes is None else "part" if takes else "none"


def judge_system(system: DeviceView) -> str:
    """Return how a business system serves."""
    if system.state in ("maintenance", "unknown"):
        return system.state
    return "unusable" if system.state in ("unusable", "hazard") else "usable"


def _render(lines: Lines, hall: _Counted, base: str) -> None:
    put(lines, "hallwatch_hall_open", base, hall.is_open)
    put(lines, "hallwatch_hall_business_seconds_total", base, hall.business_s)
    if not hall.heads:
        hall.heads = list(_heads(hall, base))
    seconds = hall.seconds
    for key, head in hall.heads:
        lines[key[0]].append(f"{head}{seconds.get(key, 0.0)!r}")


def _heads(hall: _Counted, base: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield every counter; those that stand at nothing too, so that what comes first is not missed by a rate."""
    kept = {(family, thing) for family, thing, _ in hall.seconds}
    for family, label, now, services in (
        (FAMILIES[2].name, "window", hall.windows, OF_WINDOW),
        (FAMILIES[3].name, "device", hall.systems, OF_SYSTEM),
    ):
        for thing in sorted({*now, *(thing for name, thing in kept if name == family)}):
            for service in services:
                marks = labels(**{label: thing, "service": service})
                yield (family, thing, service), f"{family}{{{base},{marks}}} "
