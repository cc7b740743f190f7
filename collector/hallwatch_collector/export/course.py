"""How fast incidents go through the stages of the plan: histograms for MTTD, MTTA, MTTR. Safe from any thread.

They begin at nothing with each start of the collector, as counters may; how long a stage took is told by the incident
itself, so that a restart in its middle makes no stage shorter.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from hallwatch_collector.core.alerts.events import AlertAccepted
from hallwatch_collector.core.events import BY_MERGING, AnyEvent, FaultRaised, IncidentMoved, IncidentOpened
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.values import HALL_FILE
from hallwatch_collector.core.views import HallView, IncidentView
from hallwatch_collector.export.samples import Blocks, Family, Lines, labels, put, to_blocks

FAMILIES: Final = (
    Family("hallwatch_incidents_begun_total", "counter", "Incidents that began: new ones, and those that came back."),
    Family(
        "hallwatch_incident_stage_seconds",
        "histogram",
        "How long an incident took to a stage: known, from the first symptom; told (the first message was taken), "
        "acknowledged, repairing, recovered, closed, from its beginning.",
    ),
)
STAGES: Final = ("known", "told", "acknowledged", "repairing", "recovered", "closed")
BUCKETS_S: Final = (10.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
NOTED: Final = (FaultRaised, IncidentOpened, IncidentMoved, AlertAccepted)
"""The events that are read here."""
BY_NOBODY: Final = (*BY_MERGING, "explained-by:", HALL_FILE)
"""Who moved an incident where it did not take the step itself."""


class _Spread:
    """A histogram: how many took how long, and how long all of them."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Take in one."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.sum_s += seconds


class _Courses:
    """What was counted of one hall."""

    def __init__(self) -> None:
        self.begun = {"new": 0, "back": 0}
        self.stages = {stage: _Spread() for stage in STAGES}
        self._untold: set[str] = set()
        """Incidents that began under our eyes and of which no message was taken yet."""

    def note(self, view: HallView, events: Iterable[AnyEvent]) -> None:
        """Take in what was decided; *view* is the picture afterwards."""
        incidents = {incident.id: incident for incident in view.incidents}
        symptoms: dict[str, FaultRaised] = {}
        for event in events:
            if isinstance(event, FaultRaised) and not event.cause and not event.planned:
                symptoms.setdefault(event.device, event)
            elif isinstance(event, IncidentOpened):
                self._begin(event, symptoms.get(event.device))
            elif isinstance(event, IncidentMoved) and event.incident in incidents:
                self._move(event, incidents[event.incident])
            elif isinstance(event, AlertAccepted) and event.incident in incidents:
                self._tell(event, incidents[event.incident])

    def _begin(self, event: IncidentOpened, symptom: FaultRaised | None) -> None:
        self.begun["back" if event.reopened else "new"] += 1
        self._untold.add(event.incident)
        if symptom is not None:
            self._add("known", symptom.known_at - symptom.since)

    def _move(self, event: IncidentMoved, incident: IncidentView) -> None:
        took_s = find_step(event, incident)
        if took_s is not None:
            self._add(event.status, took_s)
        if event.status == "closed":
            self._untold.discard(event.incident)

    def _tell(self, event: AlertAccepted, incident: IncidentView) -> None:
        if event.incident in self._untold:
            self._untold.discard(event.incident)
            self._add("told", event.at - incident.began_at)

    def _add(self, stage: str, seconds: float) -> None:
        self.stages[stage].add(max(0.0, seconds))


class Course:
    """Counts for every hall."""

    def __init__(self) -> None:
        self._halls: dict[HallKey, _Courses] = {}
        self._blocks: dict[HallKey, Blocks] = {}
        """As it was rendered last, while nothing was counted since."""
        self._lock = threading.Lock()

    def note(self, view: HallView, events: Iterable[AnyEvent]) -> None:
        """Take in what was decided for a hall; *view* is its picture afterwards. Drills do not count (B3)."""
        if view.drill or view.internal:
            return
        with self._lock:
            key = HallKey(view.area, view.hall)
            self._halls.setdefault(key, _Courses()).note(view, events)
            self._blocks.pop(key, None)

    def drop(self, key: HallKey) -> None:
        """Forget a hall."""
        with self._lock:
            self._halls.pop(key, None)
            self._blocks.pop(key, None)

    def render(self, key: HallKey) -> Blocks:
        """Return the samples of a hall by family; those of one without incidents stand at nothing."""
        with self._lock:
            if key not in self._blocks:
                base = labels(area=key.area, hall=key.hall)
                self._blocks[key] = to_blocks(_render(self._halls.get(key) or _Courses(), base))
            return self._blocks[key]


def _render(hall: _Courses, base: str) -> Lines:
    lines = Lines(list)
    for how, count in hall.begun.items():
        put(lines, FAMILIES[0].name, f"{base},{labels(how=how)}", count)
    for stage, spread in hall.stages.items():
        _render_spread(lines, spread, f"{base},{labels(stage=stage)}")
    return lines


def find_step(event: IncidentMoved, incident: IncidentView) -> float | None:
    """Return how long an incident took to the stage that it came to; None: it came to none by this, or not itself.

    Whoever takes over what was handed to them moves it to where it is already: that is no stage.
    """
    if event.status not in STAGES or event.by.startswith(BY_NOBODY):
        return None
    if event.status == "acknowledged" and incident.acknowledged_at != event.at:
        return None
    if event.status == "repairing" and incident.repairing_at != event.at:
        return None
    return event.at - incident.began_at


def _render_spread(lines: Lines, spread: _Spread, base: str) -> None:
    name, total = FAMILIES[1].name, 0
    for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), spread.counts, strict=True):
        total += count
        put(lines, name, f'{base},le="{bound}"', total, suffix="_bucket")
    put(lines, name, base, spread.sum_s, suffix="_sum")
    put(lines, name, base, total, suffix="_count")
