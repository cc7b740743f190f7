"""Occasions that a business class without a window gives (clauses W1, P5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.classes import UNSERVED
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, Question
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.things import CLASS


def unserved(question: Question) -> Cases:
    """A class that no open window takes, because of this incident or as the incident itself."""
    incident = question.incident
    for watch in (*question.model.watches(incident), *question.explained):
        for alarm, _ in watch.raised() if watch.device.kind == "class" else ():
            if alarm.fault == UNSERVED and (alarm.cause or watch.id) in incident.roots:
                yield Case(watch.id, alarm.raised_at or alarm.since)


def _some_unserved(question: Question) -> Cases:
    cases = list(unserved(question)) if question.incident.stands else []  # else windows only wait to be reopened
    names = [case.subject.removeprefix(CLASS) for case in cases]
    model = question.model
    offers = [model.impact.windows[window] for window in model.windows_in_use()]
    losses = {window.id: [name for name in names if name in window.classes] for window in offers}
    if cases:
        losses = {window: theirs for window, theirs in losses.items() if theirs}
        yield Case(question.incident.device, min(case.since for case in cases), losses=losses)


FINDERS: Final[Mapping[Occasion, Finder]] = {"class-unserved": unserved, "classes-unserved": _some_unserved}
