"""Occasions on which windows can help out: for a class that none takes, or because too many wait (W1, P1, P2, P5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from hallwatch_collector.core.arranging import crowds, edition_of, is_crowd, proposal_of, returnable
from hallwatch_collector.core.checks import takes_again
from hallwatch_collector.core.occasions.classes import unserved
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, Question
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.things import CLASS


def _arrangeable(question: Question) -> Cases:
    """Classes without a window, because of this incident or as the incident itself, and moves that serve them again."""
    cases = list(unserved(question))
    if not cases:
        return
    model, names = question.model, {case.subject.removeprefix(CLASS) for case in cases}
    serve = proposal_of(model).serve.moves
    moves = [move for move in serve if names.intersection(move.helps)]
    served = {name for move in moves for name in move.helps} & names
    losses = {
        window.id: theirs
        for window in model.impact.windows.values()
        if not window.reserve and (theirs := [name for name in window.classes if name in served])
    }
    if moves:
        since = min(case.since for case in cases)
        yield Case(question.incident.device, since, edition_of(model), losses, moves)


def _movable(part: Literal["relieve", "rebalance"]) -> Finder:
    """The hall is crowded, and some windows could be moved; asked once, under the oldest incident of a crowd."""

    def occasion(question: Question) -> Cases:
        if not _is_oldest_crowd(question):
            return
        model, incident = question.model, question.incident
        moves = getattr(proposal_of(model), part).moves
        if moves:
            yield Case(incident.device, incident.began_at, edition_of(model), moves=moves)

    return occasion


def _full(question: Question) -> Cases:
    model, incident = question.model, question.incident
    to_reopen = any(takes_again(model, window) for window in model.closed_windows)
    if _is_oldest_crowd(question) and proposal_of(model).full and not to_reopen:
        yield Case(incident.device, incident.began_at)


def _is_oldest_crowd(question: Question) -> bool:
    model, incident = question.model, question.incident
    return is_crowd(model, incident) and next(crowds(model)) is incident


def _returnable(question: Question) -> Cases:
    """What was moved for an incident that is over is not needed any more, where the hall wants to be asked."""
    model, incident = question.model, question.incident
    moves = returnable(model, incident) if model.hall.reopening == "ask" else []
    if moves:
        yield Case(incident.device, incident.recovered_at or incident.began_at, edition_of(model), moves=moves)


FINDERS: Final[Mapping[Occasion, Finder]] = {
    "class-arrangeable": _arrangeable,
    "crowded-relievable": _movable("relieve"),
    "crowded-uneven": _movable("rebalance"),
    "crowded-full": _full,
    "windows-returnable": _returnable,
}
