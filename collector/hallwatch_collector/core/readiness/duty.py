"""Who is on duty in a role (值班, clause B2): the rota first, then the list of contacts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, NamedTuple

from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.readiness.tables import DutyTurn
from hallwatch_collector.core.values import WEEKDAYS

LONGEST_DAYS: Final = 2
"""A turn that began yesterday may still run."""


class OnDuty(NamedTuple):
    """Whom to call."""

    role: str
    name: str
    phone: str


def find_turn(hall: Hall, hours: Hours, role: str, now: float) -> DutyTurn | None:
    """Return the turn of a role that runs now: of a single date before that of a weekday; of several the first."""
    theirs = [turn for turn in hall.duty if turn.role == role]
    dated = (turn for turn in theirs if turn.dates and _runs(turn, hours, now))
    weekly = (turn for turn in theirs if not turn.dates and _runs(turn, hours, now))
    return next(dated, None) or next(weekly, None)


def who_is_on_duty(hall: Hall, hours: Hours, role: str, now: float) -> OnDuty | None:
    """Return whom to call in a role now: who is on duty, else the contact; None: nobody is named."""
    turn = find_turn(hall, hours, role, now)
    if turn is not None:
        return OnDuty(role, turn.person, turn.phone)
    contact = next((each for each in hall.contacts if each.role == role), None)
    return OnDuty(role, contact.name, contact.phone) if contact else None


def on_duty_now(hall: Hall, hours: Hours, now: float) -> list[OnDuty]:
    """Return who is on duty now, by role in the order of the file."""
    roles = dict.fromkeys(turn.role for turn in hall.duty)
    turns = ((role, find_turn(hall, hours, role, now)) for role in roles)
    return [OnDuty(role, turn.person, turn.phone) for role, turn in turns if turn is not None]


def keep_duty(model: Model, now: float) -> None:
    """Ask to be woken when somebody else's turn begins: texts name who is on duty."""
    changes = [edge for turn in model.hall.duty for edge in _edges(turn, model.hours, now) if edge > now]
    if changes:
        model.set_step(min(changes))


def _runs(turn: DutyTurn, hours: Hours, now: float) -> bool:
    today = hours.day_of(now)
    return any(start <= now < end for start, end in _spans(turn, hours, _days_around(today, 0)))


def _edges(turn: DutyTurn, hours: Hours, now: float) -> Iterable[float]:
    days = _days_around(hours.day_of(now), len(WEEKDAYS))
    coming = [day for day in turn.dates if day >= days[0]] if turn.dates else days
    return (edge for span in _spans(turn, hours, coming) for edge in span)


def _days_around(today: dt.date, ahead: int) -> list[dt.date]:
    return [today + dt.timedelta(days=number) for number in range(1 - LONGEST_DAYS, ahead + 1)]


def _spans(turn: DutyTurn, hours: Hours, days: Iterable[dt.date]) -> Iterable[tuple[float, float]]:
    for day in days:
        if turn.is_on(day, WEEKDAYS[day.weekday()]):
            yield hours.moment(day, turn.starts), hours.moment(day, turn.ends)
