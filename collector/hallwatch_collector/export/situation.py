"""How a hall is as a whole, in figures: its state, what its windows can take, its level, its incidents. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hallwatch_collector.core.views import HallView, IncidentView, WindowView
from hallwatch_collector.export.samples import Family, Lines, labels, put

FAMILIES: Final = (
    Family(
        "hallwatch_hall_state",
        "gauge",
        "The worst that is known: 0 well, 1 some device wants attention, 2 a window lost part of its business, "
        "3 a window takes none, 4 no agent is connected.",
    ),
    Family(
        "hallwatch_hall_level",
        "gauge",
        "Response level of the gravest incident that is not closed: 1 is the plan's highest, 0 is none.",
    ),
    Family(
        "hallwatch_hall_capacity_ratio",
        "gauge",
        "Share of what its windows offer that they can take now, what is unknown left out; no sample when all is.",
    ),
    Family("hallwatch_hall_classes_unserved", "gauge", "Business classes that no window can take now."),
    Family(
        "hallwatch_incident_began_timestamp_seconds",
        "gauge",
        "When an incident that still stands began, or came back; one sample each, for as long as it stands.",
    ),
)
STANDING: Final = ("detected", "acknowledged", "repairing")
WELL, ATTENTION, LIMITED, STOPPED, UNSEEN = range(5)


def render_situation(lines: Lines, view: HallView, base: str, levels: Sequence[str]) -> None:
    """Add the samples of a hall; *levels* are those of the plan, the highest first."""
    put(lines, "hallwatch_hall_state", base, judge_hall(view))
    put(lines, "hallwatch_hall_level", base, find_level(view, levels))
    windows = [window for window in view.windows if not window.rests]
    capacity = measure_capacity(windows)
    if capacity is not None:
        put(lines, "hallwatch_hall_capacity_ratio", base, capacity)
    put(lines, "hallwatch_hall_classes_unserved", base, len(find_unserved(windows)))
    for incident in find_standing(view):
        _render_incident(lines, incident, base)


def judge_hall(view: HallView) -> int:
    """Return how the hall is, as ``hallwatch_hall_state`` says it."""
    if view.agents and not any(agent.alive for agent in view.agents):
        return UNSEEN
    windows = [window for window in view.windows if not window.rests]
    if any(window.takes_business is False for window in windows):
        return STOPPED
    if any(window.lost for window in windows):
        return LIMITED
    return WELL if all(device.state == "ok" for device in view.devices) else ATTENTION


def find_level(view: HallView, levels: Sequence[str]) -> int:
    """Return the place of the gravest level among the plan's, from 1; 0: no incident that is not closed has one."""
    ranks = {level: rank for rank, level in enumerate(levels, 1)}
    found = [ranks[each.level] for each in view.incidents if each.status != "closed" and each.level in ranks]
    return min(found, default=0)


def measure_capacity(windows: Sequence[WindowView]) -> float | None:
    """Return the share of windows' classes that are taken now; None: nobody knows of any.

    A class that is lent counts at the window that took it on: so moving business makes up for what was lost.
    """
    taken = lost = 0
    for window in windows:
        known = set(window.classes) - set(window.unknown)
        kept = known - set(window.lost) if window.open else set()
        taken += len(kept)
        lost += len(known - kept - set(window.lent))
    offered = taken + lost
    return min(1.0, taken / offered) if offered else None


def find_unserved(windows: Sequence[WindowView]) -> set[str]:
    """Return the classes that windows offer and none of them can take; what hangs on the unknown is not among them."""
    offered = {name for window in windows for name in window.classes}
    maybe = {name for window in windows if window.open for name in set(window.classes) - set(window.lost)}
    return offered - maybe


def find_standing(view: HallView) -> Iterator[IncidentView]:
    """Yield the incidents whose cause is still there."""
    return (incident for incident in view.incidents if incident.status in STANDING)


def _render_incident(lines: Lines, incident: IncidentView, base: str) -> None:
    marks = labels(
        incident=incident.id, device=incident.device, name=incident.device_name, level=incident.level or "none",
        fault=incident.faults[0] if incident.faults else "",
        fault_name=incident.fault_names[0] if incident.fault_names else "",
    )  # fmt: skip
    put(lines, "hallwatch_incident_began_timestamp_seconds", f"{base},{marks}", incident.began_at)
