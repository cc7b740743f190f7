"""Occasions that public texts give (clause R6): of the incident they are about, or of the hall once that is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, HallFinder, Question
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.public_state import Release
from hallwatch_collector.core.releases import by_hand, posting_at, still_posted

Look = Callable[[Model, Release], Cases]


def _unsent(model: Model, release: Release) -> Cases:
    version, holds = release.current, release.in_force and release.moot != "cause-gone"
    for outlet in by_hand(model, release) if holds else ():
        if release.posted.get(outlet) != version.number or _has_incident(model, release):  # there it stays as ticked
            yield Case(posting_at(release, outlet), version.at, edition=str(version.number))


def _outdated(model: Model, release: Release) -> Cases:
    proposal = model.measures.get(release.measure)
    if release.in_force and release.moot == "facts-changed" and release.moot_at is not None and proposal is not None:
        yield Case(release.id, release.moot_at, edition=proposal.basis)


def _left(_: Model, release: Release) -> Cases:
    if release.in_force and release.moot == "cause-gone" and release.moot_at is not None:
        yield Case(release.id, release.moot_at)


def _hanging(_: Model, release: Release) -> Cases:
    if release.withdrawn_at is not None:
        for outlet in still_posted(release):
            yield Case(posting_at(release, outlet), release.withdrawn_at)


LOOKS: Final[Mapping[Occasion, Look]] = {
    "notice-unsent": _unsent, "notice-outdated": _outdated, "notice-left": _left, "notice-hanging": _hanging,
}  # fmt: skip


def _of_incident(look: Look) -> Finder:
    def occasion(question: Question) -> Cases:
        for release in question.model.releases.values():
            if release.incident == question.incident.id:
                yield from look(question.model, release)

    return occasion


def _of_hall(look: Look) -> HallFinder:
    def occasion(model: Model, _: float) -> Iterator[Case]:
        for release in model.releases.values():
            if not _has_incident(model, release):
                yield from look(model, release)

    return occasion


def _has_incident(model: Model, release: Release) -> bool:
    incident = model.incidents.get(release.incident)
    return incident is not None and incident.status != "closed"


FINDERS: Final[Mapping[Occasion, Finder]] = {on: _of_incident(look) for on, look in LOOKS.items()}
HALL_FINDERS: Final[Mapping[Occasion, HallFinder]] = {on: _of_hall(look) for on, look in LOOKS.items()}
