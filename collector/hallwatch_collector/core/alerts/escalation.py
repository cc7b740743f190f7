"""Whom a step of escalation tells, by which way, and whether it can wait until the morning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hallwatch_collector.core.alerts.people import Alerting, Quiet, Recipient, Step, Way
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.readiness.duty import find_turn
from hallwatch_collector.core.values import WEEKDAYS

DAYS_BACK = 1
"""Quiet hours that began yesterday may still last."""
MOST_SPANS = 8
"""So many quiet hours are joined at most: who is never to be told by night or day hears of it some day."""


class Call(NamedTuple):
    """Some people on one channel who are told by one message."""

    channel: str
    to: str
    people: tuple[str, ...]


def find_people(model: Model, step: Step, now: float) -> list[Recipient]:
    """Return whom a step tells now: of each role whoever is on duty (B2), else everybody of the role."""
    found: dict[str, Recipient] = {}
    for role in expand(model.plan, step.to):
        theirs = [each for each in model.alerting.recipients if role in each.roles and each.is_of(model.hall.key)]
        turn = find_turn(model.hall, model.hours, role, now) if step.on_duty else None
        on_duty = model.alerting.recipient(turn.person) if turn else None
        for each in [on_duty] if on_duty else theirs:
            found.setdefault(each.name, each)
    return list(found.values())


def expand(plan: Plan, names: Sequence[str]) -> list[str]:
    """Return the roles that are meant by roles and groups of the plan."""
    groups = {group.id: group.roles for group in plan.groups}
    return list(dict.fromkeys(role for name in names for role in groups.get(name, [name])))


def find_ways(person: Recipient, step: Step | None) -> list[Way]:
    """Return the ways in which a person is told, the first one first."""
    if step is None or not step.channels:
        return list(person.ways)
    wanted = [way for channel in step.channels for way in person.ways if way.channel == channel]
    return wanted + [way for way in person.ways if way not in wanted]


def gather(chosen: Sequence[tuple[Recipient, Way]]) -> Iterator[Call]:
    """Yield one call for all who are reached by the same message: a chat of a group is told once."""
    places: dict[tuple[str, str], list[str]] = {}
    for person, way in chosen:
        places.setdefault((way.channel, way.to), []).append(person.name)
    for (channel, to), people in places.items():
        yield Call(channel, to, tuple(people))


def address_of(alerting: Alerting, channel: str, people: Sequence[str]) -> str:
    """Return where on a channel a message for these people goes; empty: the channel has one place only."""
    known = filter(None, map(alerting.recipient, people))  # who was taken out of the file has no address any more
    return next((way.to for person in known for way in person.ways if way.channel == channel), "")


def quiet_until(model: Model, people: Sequence[str], level: str, now: float) -> float | None:
    """Return when a message that can wait is told; None: at once, because somebody of these is not to be left alone."""
    known = filter(None, map(model.alerting.recipient, people))
    ends = [_left_alone_until(model, person, level, now) for person in known]
    return min(ends) if ends and min(ends) > now else None


def _left_alone_until(model: Model, person: Recipient, level: str, now: float) -> float:
    """Return when somebody's quiet hours are over: a weekend's may go on where a night's end; *now*: there are none."""
    end = now
    for _ in range(MOST_SPANS):
        spans = [_end_of(quiet, model.hours, end) for quiet in person.quiet if can_wait(model.plan, quiet, level)]
        end = max((each for each in spans if each is not None), default=end)
    return end


def is_quiet(person: Recipient, hours: Hours, at: float) -> bool:
    """Tell whether a moment lies in a person's quiet hours, of whatever level."""
    return any(_end_of(quiet, hours, at) is not None for quiet in person.quiet)


def can_wait(plan: Plan, quiet: Quiet, level: str) -> bool:
    """Tell whether an incident of a level can wait; by itself the highest one never can."""
    if quiet.levels:
        return level in quiet.levels
    return not plan.levels or level != plan.levels[0].id


def _end_of(quiet: Quiet, hours: Hours, now: float) -> float | None:
    today = hours.day_of(now)
    for back in range(DAYS_BACK, -1, -1):
        day = today - dt.timedelta(days=back)
        if quiet.days and WEEKDAYS[day.weekday()] not in quiet.days:
            continue
        if hours.moment(day, quiet.starts) <= now < (end := hours.moment(day, quiet.ends)):
            return end
    return None
