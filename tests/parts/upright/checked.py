"""Checks (D4): no incident ends before somebody has checked each window that it took, after it took it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hallwatch_collector.core.events import (
    MERGED_INTO,
    AnyEvent,
    IncidentMerged,
    IncidentMoved,
    IncidentOpened,
    MeasureDecided,
    MeasureRaised,
    MeasureRetracted,
)

CHECK: Final = "check-last-transaction"
GIVEN_WAY: Final = "explained-by:"


def closed_unchecked(events: Sequence[AnyEvent], touched: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the incidents that are over with a window that nobody had checked since they began, from the record alone.

    *touched* says which windows each took. What another incident handed over to one is that one's from its beginning.
    """
    last = _last_checks(events)
    for incident, began in _ended(events).items():
        for window in touched.get(incident, ()):
            if last.get(window, -1) < began:
                yield f"{incident} is over, and nobody checked {window}"


def _last_checks(events: Sequence[AnyEvent]) -> dict[str, int]:
    """Return when each window was last checked: the number of the event."""
    windows: dict[str, str] = {}
    checked: dict[str, int] = {}
    for number, event in enumerate(events):
        if isinstance(event, MeasureRaised) and event.template == CHECK:
            windows[event.measure] = event.subject
        elif isinstance(event, MeasureDecided) and event.measure in windows:
            checked[event.measure] = number
        elif isinstance(event, MeasureRetracted):
            checked.pop(event.measure, None)
    return {windows[measure]: number for measure, number in sorted(checked.items(), key=lambda each: each[1])}


def _ended(events: Sequence[AnyEvent]) -> dict[str, int]:
    """Return the incidents that are over, and when each began: the number of the event."""
    began: dict[str, int] = {}
    ended: set[str] = set()
    devices: dict[str, str] = {}
    for number, event in enumerate(events):
        match event:
            case IncidentOpened():
                began.setdefault(event.incident, number)
                ended.discard(event.incident)
                devices[event.device] = event.incident
            case IncidentMerged():
                began[event.into] = min(began[event.into], began[event.incident])
            case IncidentMoved(status="closed", by=by) if by.startswith(GIVEN_WAY):
                into = devices.get(by.removeprefix(GIVEN_WAY), event.incident)
                began[into] = min(began[into], began[event.incident])
            case IncidentMoved(incident=incident, status=status, by=by):
                is_over = status == "closed" and not by.startswith((MERGED_INTO, "hall-file"))
                (ended.add if is_over else ended.discard)(incident)
            case _:
                pass
    return {incident: began[incident] for incident in sorted(ended)}
