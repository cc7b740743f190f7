"""What every order asks first: is there such a thing, and may this person?"""

from __future__ import annotations

from collections.abc import Iterable

from hallwatch_collector.core.commands import Command, CommandRefused
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.plan import EVERYTHING, Right
from hallwatch_collector.core.state import Incident, Measure


def find_incident(turn: Turn, name: str, *, standing: bool = False) -> Incident:
    """Return an incident that is not closed (*standing*: not recovered either); raise :class:`CommandRefused`."""
    model = turn.model
    incident = model.incidents.get(name)
    if incident is None or incident.status == "closed":
        waiting = [each.id for each in model.incidents.values() if each.status != "closed"]
        raise CommandRefused("unknown-incident", incident=name, waiting=list_names(waiting))
    if standing and not incident.stands:
        raise CommandRefused("already-recovered", incident=name)
    return incident


def check_right(model: Model, command: Command, right: Right) -> None:
    """Raise :class:`CommandRefused` when the plan gives none of this person's roles a right."""
    if not model.plan.may(command.roles, right):
        holders = [role.id for role in model.plan.roles if right in role.may]
        raise CommandRefused("no-right", right=right, role=list_names(holders))


def is_role(command: Command, role: str) -> bool:
    """Tell whether this person may act in a role."""
    return role in command.roles or EVERYTHING in command.roles


def may_answer(model: Model, command: Command, measure: Measure) -> bool:
    """Tell whether a measure is this person's to answer: it is for the role that owes it, and its helpers (R2)."""
    roles = (measure.owner, *model.templates[measure.template].helpers)
    return any(is_role(command, role) for role in roles)


def list_names(names: Iterable[str]) -> str:
    """Return names in one line."""
    return ", ".join(names) or "–"
