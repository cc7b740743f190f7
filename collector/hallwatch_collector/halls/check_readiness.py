"""Checks what a hall file says of maintenance, supplies and duty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Final

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.hours import MIDNIGHT
from hallwatch_collector.core.readiness.maintenance import OWN_PREFIX
from hallwatch_collector.core.readiness.tables import DutyTurn, MaintenancePlan
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.halls.findings import NO_DEVICES, NO_FAULTS, Finding, check_words, wrong
from hallwatch_collector.problems import name_choices

A_WEEK: Final = [dt.date(2001, 1, 1) + dt.timedelta(days=number) for number in range(len(WEEKDAYS))]
"""Some week, from Monday on."""
MOST_GAPS: Final = 3
"""So many are named."""

Span = tuple[int, int]
"""Minutes of a day."""


def check_readiness(hall: Hall, faults: Collection[str], roles: Collection[str]) -> Iterator[Finding]:
    """Yield what is wrong with maintenance, supplies and duty; *roles* are those of the plan, none: not known here."""
    devices = [device.id for device in (*hall.devices, *hall.systems)]
    for number, plan in enumerate(hall.maintenance, 1):
        key = f"maintenance[{number}] ({plan.id})"
        yield from check_words(f"{key}.devices", plan.devices, devices, NO_DEVICES)
        yield from _check_maintenance(key, plan)
    for number, supply in enumerate(hall.supplies, 1):
        key = f"supplies[{number}] ({supply.id})"
        yield from check_words(f"{key}.devices", supply.devices, devices, NO_DEVICES)
        yield from check_words(f"{key}.faults", supply.faults, faults, NO_FAULTS)
        if supply.faults and not supply.devices:
            yield wrong(f"{key}.faults", "belong to devices; name those that it is for under devices")
    for number, turn in enumerate(hall.duty, 1):
        yield from _check_turn(f"duty[{number}]", turn, roles)
    yield from _check_gaps(hall)


def _check_maintenance(key: str, plan: MaintenancePlan) -> Iterator[Finding]:
    if plan.id.startswith(OWN_PREFIX):
        yield wrong(
            f"{key}.id",
            "ids that begin with {prefix!r} are given to what people plan; choose another",
            prefix=OWN_PREFIX,
        )
    told = [("from", plan.from_), ("to", plan.to)]
    for name, moment in told:
        has_day = len(moment) > len("24:00")
        if plan.days and has_day:
            yield wrong(
                f"{key}.{name}",
                "{moment!r} has a day, and days say that it is every week; give the time alone",
                moment=moment,
            )
        elif not plan.days and moment and not has_day:
            yield wrong(
                f"{key}.{name}", "{moment!r} has no day; write it before, or give days for every week", moment=moment
            )
        elif has_day and not _is_day(moment[:10]):
            yield wrong(f"{key}.{name}", "{moment!r}: there is no such day", moment=moment)
        elif has_day and moment.endswith("24:00"):
            yield wrong(f"{key}.{name}", "{moment!r}: write 00:00 of the next day", moment=moment)
    if plan.from_ and plan.from_.replace("T", " ") == plan.to.replace("T", " "):
        yield wrong(f"{key}.to", "{to!r} is also the beginning; give another end", to=plan.to)
    elif not plan.days and len(plan.from_) == len(plan.to) > len("24:00") and plan.to[:16] < plan.from_[:16]:
        yield wrong(f"{key}.to", "{to!r} is before from = {from_!r}; the end comes after", to=plan.to, from_=plan.from_)


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_turn(key: str, turn: DutyTurn, roles: Collection[str]) -> Iterator[Finding]:
    if turn.role and roles and turn.role not in roles:
        yield wrong(
            f"{key}.role",
            "{role!r} is no role of the plan; {hint}",
            role=turn.role,
            hint=name_choices(turn.role, roles),
        )
    if turn.days and turn.dates:
        yield wrong(f"{key}.dates", "belong to a turn without days; make two turns of it")
    if turn.from_ and turn.from_ == turn.to:
        yield wrong(f"{key}.to", "{to!r} is also the beginning; give another end", to=turn.to)


def _check_gaps(hall: Hall) -> Iterator[Finding]:
    """Find the times of business at which nobody is on duty in a role of the rota, nor among the contacts."""
    reachable = {contact.role for contact in hall.contacts}
    for role in dict.fromkeys(turn.role for turn in hall.duty if turn.from_ and turn.to):
        turns = [turn for turn in hall.duty if turn.role == role and turn.from_ and turn.to]
        gaps = list(_gaps(hall, turns)) if role not in reachable else []
        if gaps:
            spans, more = ", ".join(gaps[:MOST_GAPS]), len(gaps) - MOST_GAPS
            when = tell("{spans} and {count} more", spans=spans, count=more) if more > 0 else spans
            yield wrong(
                "duty",
                "nobody is on duty as {role} on {when}, when the hall is open; add turns, or [[contacts]] of it",
                role=role,
                when=when,
            )


def _gaps(hall: Hall, turns: list[DutyTurn]) -> Iterator[str]:
    weekly = [turn for turn in turns if not turn.dates]
    for day in A_WEEK if weekly else _days_between(turns):
        open_spans = [(each.starts, each.ends) for each in hall.hours if WEEKDAYS[day.weekday()] in each.days]
        manned = list(_manned(weekly or turns, day))
        for span in open_spans if hall.hours else [(0, MIDNIGHT)]:
            for start, end in _without(span, manned):
                name = WEEKDAYS[day.weekday()] if weekly else f"{day}"
                yield f"{name} {_say(start)}-{_say(end)}"


def _days_between(turns: list[DutyTurn]) -> Iterator[dt.date]:
    days = sorted(day for turn in turns for day in turn.dates)
    return (days[0] + dt.timedelta(days=number) for number in range(min((days[-1] - days[0]).days, 366) + 1))


def _manned(turns: list[DutyTurn], day: dt.date) -> Iterator[Span]:
    """Yield the minutes of a day at which somebody has duty, those of a turn that began the day before included."""
    before = day - dt.timedelta(days=1)
    for turn in turns:
        if turn.is_on(day, WEEKDAYS[day.weekday()]):
            yield turn.starts, min(turn.ends, MIDNIGHT)
        if turn.is_on(before, WEEKDAYS[before.weekday()]) and turn.ends > MIDNIGHT:
            yield 0, turn.ends - MIDNIGHT


def _without(span: Span, manned: list[Span]) -> Iterator[Span]:
    start, end = span
    for since, until in sorted(manned):
        if since > start:
            yield start, min(since, end)
        start = max(start, until)
        if start >= end:
            return
    if start < end:
        yield start, end


def _say(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
