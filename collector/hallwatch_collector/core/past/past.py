"""Gathers a hall's past out of its events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from msgspec import structs

from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.event import Event
from hallwatch_collector.core.events import (
    MERGED_INTO,
    AlarmJudged,
    IncidentAssigned,
    IncidentMoved,
    IncidentOpened,
    LevelChanged,
    ReportSigned,
)
from hallwatch_collector.core.past.told import (
    PastDrill,
    PastIncident,
    PastMove,
    PastRegister,
    PastRound,
    PastWork,
    Signature,
)
from hallwatch_collector.core.readiness import events as ready
from hallwatch_collector.core.register_events import (
    EntryMoved,
    EntryTaken,
    NumbersReserved,
    RegisterOpened,
    RegisterPurged,
    RegisterTakenBack,
)


class Past:
    """What a hall's events told so far. Each kind of event goes to one method; all others tell nothing here."""

    def __init__(self) -> None:
        self.incidents: dict[str, PastIncident] = {}
        self.registers: dict[tuple[str, str], PastRegister] = {}
        self.rounds: dict[str, PastRound] = {}
        self.works: dict[str, PastWork] = {}
        self.moves: list[PastMove] = []
        self.drills: list[PastDrill] = []

    def take(self, event: Event) -> None:
        """Take one event; they must come in the order in which they were decided."""
        taken = self._TAKEN.get(type(event))
        if taken:
            taken(self, event)

    def copy(self) -> Past:
        """Return what others may keep while this one goes on."""
        past = Past()
        past.incidents, past.registers = dict(self.incidents), dict(self.registers)
        past.rounds, past.works = dict(self.rounds), dict(self.works)
        past.moves, past.drills = list(self.moves), list(self.drills)
        return past

    # -- incidents -------------------------------------------------------------------------------------------------

    def _open(self, event: IncidentOpened) -> None:
        known = self.incidents.get(event.incident)
        if known is None:
            self.incidents[event.incident] = PastIncident(
                id=event.incident, device=event.device, fault=event.fault, opened_at=event.at, waiting=event.waiting
            )  # fmt: skip
        elif event.reopened:
            self.incidents[event.incident] = structs.replace(
                known, reopened=known.reopened + 1, status="detected", recovered_at=None, closed_at=None, closed_by=""
            )  # fmt: skip

    def _move(self, event: IncidentMoved) -> None:
        changes: dict[str, Any] = {"status": event.status}
        if event.status == "acknowledged":
            changes |= {"acknowledged_by": event.by, "acknowledged_at": event.at}
        elif event.status in ("repairing", "recovered"):
            changes[f"{event.status}_at"] = event.at
        elif event.status == "closed":
            changes["closed_at"] = event.at
            if event.by.startswith(MERGED_INTO):
                changes["merged_into"] = event.by.removeprefix(MERGED_INTO)
            else:
                changes["closed_by"] = event.by
        self._change(event.incident, **changes)

    def _level(self, event: LevelChanged) -> None:
        known = self.incidents.get(event.incident)
        levels = [each for each in (event.level, known.level if known else "") if each]
        self._change(event.incident, level=min(levels, default=""))  # Ⅰ is the gravest, and the numerals sort

    def _assign(self, event: IncidentAssigned) -> None:
        self._change(event.incident, owner=event.owner)

    def _judge(self, event: AlarmJudged) -> None:
        self._change(event.incident, false_by=event.by if event.false else "")

    def _sign(self, event: ReportSigned) -> None:
        known = self.incidents.get(event.incident)
        if known:
            signed = Signature(version=event.version, by=event.by, at=event.at)
            self._change(event.incident, signatures=(*known.signatures, signed))

    def _change(self, incident: str, **changes: Any) -> None:
        known = self.incidents.get(incident)
        if known:
            self.incidents[incident] = structs.replace(known, **changes)

    # -- registers -------------------------------------------------------------------------------------------------

    def _open_register(self, event: RegisterOpened) -> None:
        key = event.incident, event.register
        if key not in self.registers or self.registers[key].taken_back:
            self.registers[key] = PastRegister(
                incident=event.incident, register=event.register, opened_at=event.at, opened_by=event.by
            )  # fmt: skip

    def _take_register_back(self, event: RegisterTakenBack) -> None:
        known = self.registers.get((event.incident, event.register))
        if known:
            self.registers[event.incident, event.register] = structs.replace(known, taken_back=True)

    def _reserve(self, event: NumbersReserved) -> None:
        self._note(event, dict.fromkeys(event.numbers, "blank"))

    def _enter(self, event: EntryTaken) -> None:
        self._note(event, {event.number: "accepted"})

    def _move_entry(self, event: EntryMoved) -> None:
        self._note(event, {event.number: event.status})

    def _purge(self, event: RegisterPurged) -> None:
        if event.register:
            self._note(event, dict.fromkeys(event.numbers, "purged"))

    def _note(self, event: Any, entries: dict[str, str]) -> None:
        known = self.registers.get((event.incident, event.register))
        if known:
            self.registers[event.incident, event.register] = structs.replace(known, entries=known.entries | entries)

    # -- rounds, maintenance, the store ----------------------------------------------------------------------------

    def _round_due(self, event: ready.RoundDue) -> None:
        self.rounds[event.round] = PastRound(id=event.round, due_at=event.at, lines=tuple(event.lines))

    def _round_line(self, event: ready.RoundLineDone) -> None:
        known = self.rounds.get(event.round)
        if known:
            lines = tuple(event.line if each.item == event.line.item else each for each in known.lines)
            self.rounds[event.round] = structs.replace(known, lines=lines)

    def _round_ended(self, event: ready.RoundEnded) -> None:
        known = self.rounds.get(event.round) or PastRound(id=event.round, due_at=event.at)
        self.rounds[event.round] = structs.replace(
            known, ended_at=event.at, by=event.by, lines=tuple(event.lines) or known.lines
        )  # fmt: skip

    def _plan_work(self, event: ready.MaintenancePlanned) -> None:
        known = self.works.get(event.maintenance)
        self.works[event.maintenance] = PastWork(
            id=event.maintenance, devices=tuple(event.devices), text=event.text, begins_at=event.begins_at,
            ends_at=event.ends_at, by=event.by, planned_at=known.planned_at if known else event.at,
        )  # fmt: skip

    def _begin_work(self, event: ready.MaintenanceBegun) -> None:
        known = self.works.get(event.maintenance)
        fresh = known is None or known.ended_at is not None  # one that comes every week begins anew
        work = PastWork(id=event.maintenance, devices=(), text="") if fresh or known is None else known
        self.works[event.maintenance] = structs.replace(
            work, devices=tuple(event.devices), text=event.text, began_at=event.at, ends_at=event.ends_at, by=event.by
        )  # fmt: skip

    def _extend_work(self, event: ready.MaintenanceExtended) -> None:
        self._change_work(event.maintenance, ends_at=event.ends_at)

    def _overdue_work(self, event: ready.MaintenanceOverdue) -> None:
        self._change_work(event.maintenance, overdue=True)

    def _end_work(self, event: ready.MaintenanceEnded) -> None:
        self._change_work(event.maintenance, ended_at=event.at, cancelled=event.cancelled)

    def _change_work(self, name: str, **changes: Any) -> None:
        known = self.works.get(name)
        if known:
            self.works[name] = structs.replace(known, **changes)

    def _stock(self, event: ready.StockChanged) -> None:
        self.moves.append(
            PastMove(
                at=event.at, thing=event.supply, how=event.how, count=event.count, was=event.was, by=event.by,
                note=event.note,
            )
        )  # fmt: skip

    def _lend(self, event: ready.SpareLent) -> None:
        self.moves.append(PastMove(at=event.at, thing=event.spare, how="lent", device=event.device, by=event.by))

    def _return(self, event: ready.SpareReturned) -> None:
        self.moves.append(PastMove(at=event.at, thing=event.spare, how="returned", device=event.device, by=event.by))

    # -- drills ----------------------------------------------------------------------------------------------------

    def _drill(self, event: DrillStepped) -> None:
        if event.act == "begin":
            self.drills.append(PastDrill(scenario=event.scenario, began_at=event.at, by=event.by))
        elif self.drills:
            last = self.drills[-1]
            changes: dict[str, Any] = {"over_at": event.at} if event.act in ("over", "stop") else {}
            if event.act == "stop":
                changes["stopped_by"] = event.by
            if event.act == "start":
                changes["troubles"] = last.troubles + 1
            self.drills[-1] = structs.replace(last, **changes)

    _TAKEN: ClassVar[dict[type[Event], Callable[[Past, Any], None]]] = {
        IncidentOpened: _open,
        IncidentMoved: _move,
        LevelChanged: _level,
        IncidentAssigned: _assign,
        AlarmJudged: _judge,
        ReportSigned: _sign,
        RegisterOpened: _open_register,
        RegisterTakenBack: _take_register_back,
        NumbersReserved: _reserve,
        EntryTaken: _enter,
        EntryMoved: _move_entry,
        RegisterPurged: _purge,
        ready.RoundDue: _round_due,
        ready.RoundLineDone: _round_line,
        ready.RoundEnded: _round_ended,
        ready.MaintenancePlanned: _plan_work,
        ready.MaintenanceBegun: _begin_work,
        ready.MaintenanceExtended: _extend_work,
        ready.MaintenanceOverdue: _overdue_work,
        ready.MaintenanceEnded: _end_work,
        ready.StockChanged: _stock,
        ready.SpareLent: _lend,
        ready.SpareReturned: _return,
        DrillStepped: _drill,
    }
    """Which event is taken how."""
