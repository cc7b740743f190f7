"""A device's past as a picture: bars of states, told apart by their height as much as by their colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hallwatch_collector.core.availability import Day, Share, Span
from hallwatch_collector.core.views import DeviceState
from hallwatch_collector.web.texts import Words

HEIGHTS: Final[dict[DeviceState, float]] = {
    "hazard": 24.0, "unusable": 24.0, "degraded": 17.0, "warning": 12.0, "maintenance": 9.0, "unknown": 24.0, "ok": 5.0,
}  # fmt: skip
"""What wants attention stands out; well is a quiet line, and what nobody knows a hatched block."""
HIGH: Final = 24.0
DAY_MINUTES: Final = 1440.0
LEAST_S: Final = 3600.0
"""Of a shorter known time no share is told: it would say more than is known."""
NARROWEST: Final = 2.0
"""Minutes: what was shorter is still to be seen."""
ORDER: Final[tuple[DeviceState, ...]] = ("ok", "warning", "degraded", "unusable", "hazard", "maintenance", "unknown")


class Bar(NamedTuple):
    """A rectangle of a picture, in its own units."""

    state: DeviceState
    x: float
    y: float
    width: float
    height: float
    title: str


def draw_strip(spans: Sequence[Span], words: Words, now: float) -> list[Bar]:
    """Return the last 24 hours, one minute a unit, the present at the right end."""
    begins = now - DAY_MINUTES * 60
    bars = []
    for span in sorted(spans, key=lambda each: each.state != "ok"):  # a short trouble is drawn over the quiet line
        x = max(0.0, (span.since - begins) / 60)
        width = max((span.until - begins) / 60 - x, NARROWEST)
        height = HEIGHTS[span.state]
        bars.append(Bar(span.state, round(x, 1), HIGH - height, round(width, 1), height, say_span(span, words)))
    return bars


def draw_days(days: Sequence[Day], words: Words) -> list[list[Bar]]:
    """Return the days side by side, each filled from below: usable, out of use, maintenance, unknown."""
    return [_draw_day(number, day, words) for number, day in enumerate(days)]


def _draw_day(number: int, day: Day, words: Words) -> list[Bar]:
    share = day.share
    parts: tuple[tuple[DeviceState, float], ...] = (
        ("ok", share.usable_s), ("unusable", share.broken_s), ("maintenance", share.maintenance_s),
        ("unknown", share.unknown_s),
    )  # fmt: skip
    whole = sum(seconds for _, seconds in parts)
    bars, y = [], HIGH
    for state, seconds in parts if whole else ():
        height = HIGH * seconds / whole
        if height > 0:
            y -= height
            bars.append(Bar(state, number * 10.0, round(y, 2), 8.0, round(height, 2), say_day(day, words)))
    return bars


def say_span(span: Span, words: Words) -> str:
    """Return a span in words."""
    state = words.say(f"mark.{span.state}")
    since, until = words.clock(span.since), words.clock(span.until)
    return words.say("past.span", state=state, since=since, until=until, span=words.span(span.until - span.since))


def say_day(day: Day, words: Words) -> str:
    """Return a day in words."""
    date = words.say("past.date", month=day.date.month, day=day.date.day)
    return words.say("past.day", date=date, share=say_share(day.share, words))


def say_share(share: Share, words: Words) -> str:
    """Return how much of its time a device was usable; of a time of which little is known, that too."""
    if share.ratio is None or share.usable_s + share.broken_s < LEAST_S:
        if share.ratio is not None:
            return words.say("past.short")
        return words.say("past.planned") if share.maintenance_s > 0 else words.say("past.unknown")
    # Never rounded up to all of it: 99.99 % with a fault in it is not 100 %.
    ratio = share.ratio if share.broken_s == 0 else min(share.ratio, 0.999)
    return f"{ratio:.1%}" if 0 < ratio < 1 else f"{ratio:.0%}"


def sum_up(spans: Sequence[Span], words: Words) -> str:
    """Return how long a device was in which state, for those who cannot see the picture."""
    totals = {state: sum(each.until - each.since for each in spans if each.state == state) for state in ORDER}
    said = (
        words.say("past.total", state=words.say(f"mark.{state}"), span=words.span(seconds))
        for state, seconds in totals.items()
        if seconds > 0
    )
    return words.listed(said)
