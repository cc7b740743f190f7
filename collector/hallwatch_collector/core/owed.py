"""What the plan asks for at this moment: every occasion that is given, under every condition that holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hallwatch_collector.core.conditions import CONDITIONS, Circumstance, Condition, named, weigh
from hallwatch_collector.core.footing import Ground
from hallwatch_collector.core.model import Footing, Model, Turn
from hallwatch_collector.core.occasions import FINDERS, HALL_FINDERS, Belongings, Case, Finder
from hallwatch_collector.core.occasions.question import Question
from hallwatch_collector.core.occasions.windows import deciding, helpless
from hallwatch_collector.core.plan import Template
from hallwatch_collector.core.state import Incident

Key = tuple[str, str, str]
"""Incident (empty: the hall itself), measure of the plan, subject: what tells one measure from another."""


class Owed(NamedTuple):
    """A measure that the plan asks for now."""

    template: Template
    case: Case
    incident: Incident | None
    losses: Mapping[str, list[str]]
    """Window → classes that it is about."""


class Found(NamedTuple):
    """What is owed now by the incidents about which it had to be decided anew."""

    owed: dict[Key, Owed]
    settled: frozenset[str]
    """The others: nothing changed of what they hang on, so what is in force because of them stays as it is."""


def find_owed(turn: Turn) -> Found:
    """Return what is owed now, and note in the model what will be without which an incident cannot close."""
    model, now, owed = turn.model, turn.at, {}
    live = [incident for incident in model.incidents.values() if incident.status != "closed"]
    asked = _find_unsettled(turn, live)
    settled = frozenset(incident.id for incident in live) - {question.incident.id for question in asked}
    model.coming = {incident: at for incident, at in model.coming.items() if incident in settled}
    for each in (*_given_by_hall(model, now), *_given_by_incidents(model, asked, now)):
        incident = each.incident.id if each.incident else ""
        starts_at = _starts_at(model, each)
        if starts_at <= now or not each.template.after_s:  # by a clock that was set back it may seem to come yet
            owed[incident, each.template.id, each.case.subject] = each
            continue
        model.set_step(starts_at)
        if incident in model.footings:
            footing = model.footings[incident]
            model.footings[incident] = footing._replace(until=min(footing.until, starts_at))
        if each.template.holds_close and incident:
            model.coming[incident] = min(starts_at, model.coming.get(incident, starts_at))
    return Found(owed, settled)


def _find_unsettled(turn: Turn, live: list[Incident]) -> list[Question]:
    """Return what is asked about the incidents of which something changed, and note what each stands on.

    Those that are not plain are asked about once a decision, and again only when it changed what they can hang on.
    """
    model, now = turn.model, turn.at
    ground, belongings = Ground(model, now), Belongings(model)
    footings: dict[str, Footing] = {}
    plain, others = [], []
    for incident in live:
        seen = b"" if belongings.explains(incident) else ground.of(incident)
        known = model.footings.get(incident.id)
        if not seen:
            others.append(incident)
        elif known is not None and known.holds(seen, now):
            footings[incident.id] = known
        else:
            plain.append(incident)
            footings[incident.id] = Footing(seen, now, float("inf"))
    model.footings = footings
    beside, before = ground.beside_plain(others), turn.decided_on
    turn.decided_on = beside
    asked = {incident.id for incident in (plain if beside == before else [*plain, *others])}
    return [belongings.ask(incident, now) for incident in live if incident.id in asked]


def count_on(model: Model, template: Template, start: float, length_s: float) -> float:
    """Return the moment that lies so long after another, by the clock that the measure runs by."""
    return model.hours.after(start, length_s) if template.clock == "open" else start + length_s


def _starts_at(model: Model, owed: Owed) -> float:
    return count_on(model, owed.template, owed.case.since, owed.template.after_s)


class _Asked(NamedTuple):
    """A measure of the plan, made ready to be asked about many incidents."""

    template: Template
    find: Finder
    conditions: list[Condition]
    windows: dict[str, list[str]]
    """Incident → the open windows whose loss the measure decides under it."""


def _given_by_hall(model: Model, now: float) -> Iterator[Owed]:
    found = {on: list(find(model, now)) for on, find in HALL_FINDERS.items()}
    for template in model.plan.measures:
        for case in found.get(template.on, ()):
            if all(holds for _, holds in weigh(Circumstance(model, template, None, case.subject, now))):
                is_window = case.subject in model.impact.windows
                yield Owed(template, case, None, {case.subject: model.lost.get(case.subject, [])} if is_window else {})


def _given_by_incidents(model: Model, questions: list[Question], now: float) -> Iterator[Owed]:
    measures = [
        _Asked(
            template, FINDERS[template.on], [CONDITIONS[name] for name in named(template)],
            deciding(model, template, now),
        )
        for template in model.plan.measures
        if questions and template.on in FINDERS
    ]  # fmt: skip
    for question in questions:
        yield from _given_by(question, measures)


def _given_by(question: Question, measures: list[_Asked]) -> Iterator[Owed]:
    model, incident, _, now, *_ = question
    found: dict[str | tuple[str, ...], list[Case]] = {}
    for template, find, conditions, asked in measures:
        windows = asked.get(incident.id, []) if asked else []
        key = (template.on, *windows) if windows else template.on  # many measures are for one occasion
        cases = found.get(key)
        if cases is None:
            cases = found[key] = list(find(question._replace(windows=windows) if windows else question))
        for case in cases:
            circumstance = Circumstance(model, template, incident, case.subject, now)
            if all(holds(circumstance) for holds in conditions):
                losses = case.losses if case.losses is not None else _losses(model, incident, case.subject, windows)
                yield Owed(template, case, incident, losses)


def _losses(model: Model, incident: Incident, subject: str, windows: list[str]) -> dict[str, list[str]]:
    """Return the windows and classes that a measure is about: of a window all that it lost, else what is to be decided
    for the hall, else what the incident takes."""
    if subject in model.impact.windows:
        return {subject: model.lost.get(subject, [])}
    if windows:
        return {window: model.lost[window] for window in helpless(model, windows)}
    return model.losses(incident)
