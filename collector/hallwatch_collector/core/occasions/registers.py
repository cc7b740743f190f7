"""Occasions that an emergency register gives: it is open, or has to be emptied (clauses D3, O8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.occasions.question import Case, Cases, Finder, Question
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.registers import open_entries
from hallwatch_collector.core.things import REGISTER


def _open(question: Question) -> Cases:
    incident = question.incident
    for name, register in incident.registers.items():
        if incident.stands or open_entries(incident, name):
            yield Case(REGISTER + name, register.opened_at)


def _to_enter(question: Question) -> Cases:
    incident = question.incident
    since = incident.recovered_at if incident.resumed_at is None else incident.resumed_at
    for name in incident.registers:
        if since is not None and open_entries(incident, name):
            yield Case(REGISTER + name, since)


FINDERS: Final[Mapping[Occasion, Finder]] = {"register-open": _open, "register-to-enter": _to_enter}
OF_REGISTERS: Final = frozenset(FINDERS)
TO_ENTER: Final[Occasion] = "register-to-enter"
"""Which the return of the fault takes away again."""
