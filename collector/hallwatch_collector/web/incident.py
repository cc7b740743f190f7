"""One incident as its page shows it: where it is in its life, what is asked for by whom, and how it went so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from hallwatch_collector.core.plan import Group, Plan
from hallwatch_collector.core.told import AnswerTaken
from hallwatch_collector.core.views import HallView, IncidentView, MeasureView

LIFE: Final = ("detected", "acknowledged", "repairing", "recovered", "checked", "closed")
ANSWERS: Final = {"confirmed": "course.confirmed", "declined": "course.declined", "done": "course.done"}
Place = Literal["done", "skipped", "now", "ahead"]


class Station(Struct, frozen=True, kw_only=True):
    """A station of an incident's life."""

    name: str
    place: Place
    at: float | None = None


class Share(Struct, frozen=True, kw_only=True):
    """What one group of the plan owes (R2); no group: what belongs to none."""

    group: Group | None
    measures: tuple[MeasureView, ...]
    open: int
    """How many of them wait for somebody."""


class Entry(Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: float
    what: str
    """Key of the text that says it."""
    by: str = ""
    to: str = ""
    """To whom it was given."""
    clause: str = ""
    text: str = ""
    text_en: str = ""
    reason: str = ""
    moment: float | None = None
    """That it speaks of."""
    source: str = ""
    """Where an estimate comes from."""


def at_most(measures: Sequence[MeasureView], most: int) -> list[MeasureView]:
    """Return the first so many, and of the others those that no incident's page shows."""
    return [*measures[:most], *(each for each in measures[most:] if not each.incident)]


def find_life(incident: IncidentView) -> list[Station]:
    """Return the stations of an incident's life, each as passed, left out, present or still ahead."""
    reached = LIFE.index(incident.status)
    moments = {
        "detected": incident.began_at or incident.opened_at,
        "acknowledged": incident.acknowledged_at,
        "repairing": incident.repairing_at,
        "recovered": incident.recovered_at,
        "closed": incident.closed_at,
    }
    stations = []
    for number, name in enumerate(LIFE):
        at = moments.get(name)
        passed: Place = "done" if at is not None or name == "checked" else "skipped"
        place: Place = "now" if number == reached else passed if number < reached else "ahead"
        stations.append(Station(name=name, place=place, at=at if place != "ahead" else None))
    return stations


def share_measures(view: HallView, incident: IncidentView, plan: Plan) -> list[Share]:
    """Return the measures of an incident by the groups of the plan, those that wait first, without empty groups."""
    groups: dict[str, Group | None] = {**{group.id: group for group in plan.groups}, "": None}
    theirs: dict[str, list[MeasureView]] = {name: [] for name in groups}
    for measure in view.measures:
        if measure.incident == incident.id:
            theirs[measure.group if measure.group in groups else ""].append(measure)
    return [_share(groups[name], measures) for name, measures in theirs.items() if measures]


def _share(group: Group | None, measures: Sequence[MeasureView]) -> Share:
    ordered = sorted(measures, key=lambda each: (not waits(each), each.status != "open", each.raised_at))
    return Share(group=group, measures=tuple(ordered), open=sum(map(waits, ordered)))


def waits(measure: MeasureView) -> bool:
    """Tell whether somebody is to answer a measure."""
    return measure.status == "open" and measure.mode in ("ask", "show")


def find_course(view: HallView, incident: IncidentView) -> list[Entry]:
    """Return what happened to an incident, the newest first."""
    entries = [*_of_life(incident), *_of_estimates(incident), *_of_measures(view, incident), *_of_taken(incident)]
    entries += [
        Entry(at=note.at, what=f"course.{note.what}", by=note.by, to=note.to, text=note.text) for note in incident.notes
    ]
    # Of what came at the same moment, the last said is the newest.
    return sorted(entries, key=lambda entry: entry.at)[::-1]


def _of_life(incident: IncidentView) -> Iterator[Entry]:
    yield Entry(at=incident.opened_at, what="course.detected")
    if incident.reopened and incident.began_at:
        yield Entry(at=incident.began_at, what="course.back")
    if incident.acknowledged_at is not None:
        yield Entry(at=incident.acknowledged_at, what="course.acknowledged", by=incident.acknowledged_by)
    for name in ("repairing", "recovered", "closed"):
        at = getattr(incident, f"{name}_at")
        if at is not None:
            yield Entry(at=at, what=f"course.{name}")


def _of_estimates(incident: IncidentView) -> Iterator[Entry]:
    for told in incident.estimates:
        if told.passed_at is not None:
            yield Entry(at=told.at, what="course.slipped", moment=told.passed_at)
        what = "course.estimate" if told.back_at is not None else "course.no_estimate"
        yield Entry(at=told.at, what=what, by=told.by, moment=told.back_at, source=told.source, clause="D1")


def _of_taken(incident: IncidentView) -> Iterator[Entry]:
    for taken in incident.taken:
        answered = ANSWERS.get(taken.answer, "course.answered")
        yield _entry(taken, taken.answered_at, answered, by=taken.answered_by)
        yield _entry(taken, taken.at, "course.taken", by=taken.by, reason=taken.reason)


def _of_measures(view: HallView, incident: IncidentView) -> Iterator[Entry]:
    for measure in view.measures:
        if measure.incident != incident.id:
            continue
        yield _entry(measure, measure.raised_at, f"course.{measure.mode}")
        if measure.decided_at is not None and measure.decided_by:
            what = ANSWERS.get(measure.status, "course.answered")
            yield _entry(measure, measure.decided_at, what, by=measure.decided_by, reason=measure.reason)


def _entry(asked: MeasureView | AnswerTaken, at: float, what: str, *, by: str = "", reason: str = "") -> Entry:
    """Return the entry of something that happened to a measure."""
    return Entry(
        at=at, what=what, by=by, clause=asked.clause, text=asked.text, text_en=asked.text_en, reason=reason
    )  # fmt: skip
