"""A record in which the collector's clock was set, told by one clock: the last. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import structs

from hallwatch_collector.core.events import AnyEvent, ClockSet

MOMENTS: Final = frozenset({"at", "since", "known_at", "expected_at", "due_at", "back_at", "was_back_at"})
"""Fields of events that were read off the clock; what was said by the calendar, or written on paper, is not."""


def by_last_clock(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Return the events of a hall, oldest first, with their moments as the clock that was set last would tell them."""
    told: list[AnyEvent] = []
    step_s = 0.0
    for event in reversed(events):
        told.append(_moved(event, step_s) if step_s else event)
        if isinstance(event, ClockSet):
            step_s += event.step_s
    return told[::-1]


def _moved(event: AnyEvent, step_s: float) -> AnyEvent:
    moments = {name: getattr(event, name, None) for name in MOMENTS}
    return structs.replace(event, **{name: at + step_s for name, at in moments.items() if at is not None})
