"""Planned maintenance along its life: planned, announced, running, over; or left running too long (S9, R8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final, NamedTuple

from hallwatch_collector.core.flips import declare
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.readiness.cover import TOO_LONG
from hallwatch_collector.core.readiness.events import (
    MaintenanceBegun,
    MaintenanceEnded,
    MaintenanceExtended,
    MaintenanceOverdue,
    MaintenancePlanned,
)
from hallwatch_collector.core.readiness.kept import Maintenance
from hallwatch_collector.core.readiness.tables import MaintenancePlan
from hallwatch_collector.core.values import AUTOMATIC, HALL_FILE, WEEKDAYS, minute_of

OWN_PREFIX: Final = "mnt-"
"""Ids of maintenance that a person plans begin so; those of the hall file do not."""


class Occurrence(NamedTuple):
    """One time that the hall file plans some work."""

    id: str
    begins_at: float
    ends_at: float


def read_moment(text: str, hours: Hours) -> float:
    """Return the moment of a day and time by the hall's clocks; raise :class:`ValueError` when there is no such day."""
    day, time = text[:10], text[11:]
    return hours.moment(dt.date.fromisoformat(day), minute_of(time))


def next_occurrence(plan: MaintenancePlan, hours: Hours, now: float) -> Occurrence | None:
    """Return the next time of a plan that is not over yet, which may run already; None: there is none."""
    if not plan.days:
        begins_at, ends_at = read_moment(plan.from_, hours), read_moment(plan.to, hours)
        return Occurrence(plan.id, begins_at, ends_at) if ends_at > now else None
    starts, ends = minute_of(plan.from_), minute_of(plan.to)
    day = hours.day_of(now) - dt.timedelta(days=1)
    for _ in range(len(WEEKDAYS) + 2):
        ends_at = hours.moment(day, ends if ends > starts else ends + 24 * 60)
        if WEEKDAYS[day.weekday()] in plan.days and ends_at > now:
            return Occurrence(f"{plan.id}-{day:%Y%m%d}", hours.moment(day, starts), ends_at)
        day += dt.timedelta(days=1)
    return None


def keep_maintenance(turn: Turn) -> None:
    """Take up what the hall file plans, begin and end what is due, and ask to be woken when the next is."""
    model = turn.model
    _follow_tables(turn)
    for work in list(model.readiness.maintenance.values()):
        if work.status == "planned" and work.begins_at <= turn.at:
            begin(turn, work, work.by)
        if work.status in ("running", "overdue"):
            _follow(turn, work)
        if work.status == "over" and turn.at >= work.until:
            del model.readiness.maintenance[work.id]
    _declare_too_long(turn)
    set_alarm_clock(model, turn.at)


def set_alarm_clock(model: Model, now: float) -> None:
    """Ask to be woken when something about maintenance is due."""
    for moment in _moments(model):
        if moment > now:
            model.set_step(moment)


def _moments(model: Model) -> Iterator[float]:
    for work in model.readiness.maintenance.values():
        yield from (work.begins_at - work.announce_before_s, work.begins_at)
        yield work.overdue_at(model.plan.longest_maintenance_s)


def _follow_tables(turn: Turn) -> None:
    model, works = turn.model, turn.model.readiness.maintenance
    tables = {table.id: table for table in model.hall.maintenance}
    for table in tables.values():
        occurrence = next_occurrence(table, model.hours, turn.at)
        if occurrence is not None:
            _take_up(turn, table, occurrence)
    for work in list(works.values()):
        if work.table and not _is_planned_still(work, tables, model.hours):
            end(turn, work, HALL_FILE)


def _is_planned_still(work: Maintenance, tables: dict[str, MaintenancePlan], hours: Hours) -> bool:
    if work.status == "over":
        return True
    table = tables.get(work.table)
    if table is None or (work.status == "overdue" and table.devices == work.devices):
        return table is not None
    own = next_occurrence(table, hours, work.begins_at)
    return own is not None and own.id == work.id and (work.status == "running" or own.begins_at == work.begins_at)


def _take_up(turn: Turn, table: MaintenancePlan, occurrence: Occurrence) -> None:
    """Plan an occurrence, or bring one up to date with an edited file."""
    works = turn.model.readiness.maintenance
    known = works.get(occurrence.id)
    if known is None or _is_news(known, table, occurrence):
        works[occurrence.id] = work = Maintenance(
            id=occurrence.id, devices=table.devices, text=table.text, begins_at=occurrence.begins_at,
            ends_at=occurrence.ends_at, announce_before_s=table.announce_before_s, table=table.id,
            until=occurrence.ends_at, by=HALL_FILE,
        )  # fmt: skip
        note_planned(turn, work, occurrence.ends_at)
    elif known.status == "running":
        known.devices, known.text, known.until = table.devices, table.text, occurrence.ends_at
        if not known.changed and known.ends_at != occurrence.ends_at:
            extend(turn, known, occurrence.ends_at, HALL_FILE)


def _is_news(known: Maintenance, table: MaintenancePlan, occurrence: Occurrence) -> bool:
    if known.status == "over":
        return known.begins_at != occurrence.begins_at
    if known.status != "planned":
        return False
    told = (known.devices, known.text, known.begins_at, known.ends_at, known.announce_before_s)
    said = (table.devices, table.text, occurrence.begins_at, occurrence.ends_at, table.announce_before_s)
    return told != said


def note_planned(turn: Turn, work: Maintenance, ends_at: float) -> None:
    """Say that some work is planned."""
    planned = MaintenancePlanned(
        at=turn.at, maintenance=work.id, devices=work.devices, text=work.text, begins_at=work.begins_at,
        ends_at=ends_at, by=work.by,
    )  # fmt: skip
    turn.events.append(planned)


def begin(turn: Turn, work: Maintenance, by: str) -> None:
    """Begin some work: from now on, what its devices have is planned."""
    work.status = "running"
    begun = MaintenanceBegun(
        at=turn.at, maintenance=work.id, devices=work.devices, text=work.text, ends_at=work.ends_at, by=by
    )
    turn.events.append(begun)


def extend(turn: Turn, work: Maintenance, ends_at: float, by: str) -> None:
    """Let some work last until another moment; what was overdue is no longer."""
    was, work.ends_at = work.ends_at, ends_at
    if work.status == "overdue":
        work.status = "running"
    turn.events.append(MaintenanceExtended(at=turn.at, maintenance=work.id, ends_at=ends_at, was=was, by=by))


def end(turn: Turn, work: Maintenance, by: str, reason: str = "") -> None:
    """End some work, or cancel it before it begins; a device that is not well has a fault like any other now."""
    cancelled, work.status = work.status == "planned", "over"
    ended = MaintenanceEnded(at=turn.at, maintenance=work.id, cancelled=cancelled, by=by, reason=reason)
    turn.events.append(ended)


def _follow(turn: Turn, work: Maintenance) -> None:
    """End some work at its time, when all is well; else say that it takes longer than it may."""
    if work.overdue_at(turn.model.plan.longest_maintenance_s) > turn.at:
        return
    ill = [device for device in work.devices if _is_ill(turn.model, device)]
    if not ill and work.ends_at is not None:
        end(turn, work, AUTOMATIC)
    elif work.status == "running":
        work.status = "overdue"
        turn.events.append(MaintenanceOverdue(at=turn.at, maintenance=work.id, devices=ill))


def _is_ill(model: Model, device: str) -> bool:
    """Tell whether a device has a fault that would be an incident, or nobody sees any more what it did."""
    raised = model.devices[device].raised()
    return any(fault.severity == "fault" and not alarm.cause and alarm.fault != TOO_LONG for alarm, fault in raised)


def _declare_too_long(turn: Turn) -> None:
    """Raise and clear the fault of devices in maintenance of which nobody has said for too long when it will end."""
    works = turn.model.readiness.maintenance.values()
    left = {work.devices[0]: work for work in works if work.status == "overdue" and work.ends_at is None}
    for watch in turn.model.devices.values():
        if watch.id in left or TOO_LONG in watch.alarms:
            work = left.get(watch.id)
            declare(turn, watch, TOO_LONG, holds=work is not None, told=work.text if work else "", by="core")
