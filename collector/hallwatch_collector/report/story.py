"""What one incident was, taken from the record of its hall: the facts that every form of the report tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from msgspec import Struct, structs

from hallwatch_collector.core import events as ev
from hallwatch_collector.core import public_events as pub
from hallwatch_collector.core import register_events as reg
from hallwatch_collector.core import window_events as win
from hallwatch_collector.core.catalogue import Catalogue, Fault
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.impact import Impact
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.readiness import events as ready
from hallwatch_collector.core.things import CLASS
from hallwatch_collector.report.record import (
    ClosureTold,
    FaultTold,
    IncidentTold,
    LossTold,
    MeasureTold,
    Record,
    SignTold,
    Span,
)

S = TypeVar("S", bound=Span)
OF_INCIDENT: Final = (
    ev.IncidentOpened, ev.IncidentMoved, ev.IncidentAssigned, ev.IncidentSplit, ev.LevelChanged, ev.EstimateChanged,
    ev.NoteTaken, ev.ResponseEnded, ev.ReportSigned, ev.MeasureRaised,
    pub.NoticeReleased, pub.NoticeOutdated, pub.NoticeWithdrawn, pub.NoticePosted, pub.DeadlineExtended,
    pub.ExtensionWithdrawn,
    win.ReserveOpened, win.ReserveClosed, win.WindowLent, win.WindowReturned,
    reg.RegisterOpened, reg.RegisterTakenBack, reg.NumbersReserved, reg.EntryTaken, reg.EntryMoved,
)  # fmt: skip
"""Events that say which incident they belong to."""


class Rules(Struct, frozen=True):
    """What the record is read against: the hall file, the plan and the fault catalogue in force."""

    hall: Hall
    plan: Plan
    catalogue: Catalogue


class Source(Struct, frozen=True, kw_only=True):
    """The part of the journal that was read (F2)."""

    entries: int
    first: int
    last: int
    """Sequence numbers of the hall's first and last entry."""
    head: str = ""
    """The head of the journal's hash chain at that time; empty: it has none."""


class Story(Struct, frozen=True, kw_only=True):
    """The facts of one incident. Moments are Unix seconds UTC."""

    rules: Rules
    source: Source
    told_at: float
    incident: IncidentTold
    periods: list[Span]
    """From each opening to its close; more than one: it came back (F3)."""
    began_at: float
    """The first symptom."""
    roots: list[FaultTold]
    """Faults of the root device itself, oldest first."""
    followed: list[FaultTold]
    """Faults of other devices that the root device explains."""
    losses: list[LossTold]
    closures: list[ClosureTold]
    signs: list[SignTold]
    measures: list[MeasureTold]
    course: list[AnyEvent]
    """The events that belong to it, in the order in which they were decided."""

    @property
    def hall(self) -> Hall:
        """The hall it happened in."""
        return self.rules.hall

    @property
    def ended_at(self) -> float | None:
        """When it was closed for the last time; None: it is still open."""
        return self.periods[-1].end

    @property
    def until(self) -> float:
        """Until when it is told: to its end, or to the moment of the report."""
        return self.told_at if self.ended_at is None else self.ended_at

    @property
    def standing(self) -> bool:
        """Whether the cause is still there."""
        return self.incident.status in ("detected", "acknowledged", "repairing")

    @property
    def windows(self) -> list[str]:
        """The windows that lost classes or were closed, by their numbers."""
        touched = {told.window for told in self.losses} | {told.window for told in self.closures}
        numbers = {window.id: window.number for window in self.hall.windows}
        return sorted(touched, key=lambda window: (numbers.get(window, 0), window))

    def shows_signs(self, place: str) -> bool:
        """Tell whether a connected display shows the signs of a place; elsewhere somebody posts a printed one (H2)."""
        shows = {window.id for window in self.hall.windows if window.shows_signs}
        return place in shows | {device.id for device in self.hall.devices if device.shows_signs}

    def last_move(self, status: str) -> tuple[float, str] | None:
        """Return when, and by whom, the incident last came to a status."""
        return next(((move.at, move.by) for move in reversed(self.incident.moves) if move.status == status), None)


class NoSuchIncident(LookupError):  # noqa: N818 - it says what happened
    """The record knows no incident of this id; the text names those that it knows."""


def tell_story(record: Record, incident: str, rules: Rules, source: Source, told_at: float) -> Story:
    """Pick out of a hall's record what belongs to one incident; raise :class:`NoSuchIncident`."""
    told = record.incidents.get(incident)
    if told is None:
        known = ", ".join(record.incidents) or "none"
        raise NoSuchIncident(f"hall {rules.hall.key} has no incident {incident!r} in its journal; there are: {known}")
    scope = _Scope(record, told, rules)
    began_at = min([fault.start for fault in scope.roots] + [scope.periods[0].start])
    return Story(
        rules=rules, source=source, told_at=told_at, incident=told, periods=scope.periods, began_at=began_at,
        roots=scope.roots, followed=scope.followed, losses=scope.losses, closures=scope.closures, signs=scope.signs,
        measures=scope.measures, course=[event for event in record.course if scope.holds(event)],
    )  # fmt: skip


def _made_ready(event: AnyEvent) -> list[str]:
    """Return the devices for which somebody brought in a spare, or which are worked on (H1, S9)."""
    match event:
        case ready.SpareLent() | ready.SpareReturned():
            return [event.device]
        case ready.MaintenanceBegun() | ready.MaintenanceOverdue():
            return event.devices
    return []


class _Scope:
    """Tells what of a hall's record belongs to one incident."""

    def __init__(self, record: Record, incident: IncidentTold, rules: Rules) -> None:
        self.incident = incident
        self.periods = incident.periods
        self._catalogue = {fault.id: fault for fault in rules.catalogue.faults}
        faults = [fault for fault in record.faults if self._overlaps(fault)]
        self.roots = [fault for fault in faults if self._is_root(fault)]
        self.followed = [
            fault for fault in faults if incident.device in fault.causes and not fault.device.startswith(CLASS)
        ]
        self._start = min([fault.start for fault in self.roots] + [self.periods[0].start])
        self.measures = [measure for measure in record.measures if measure.incident == incident.id]
        lost = _lost_by([*self.roots, *self.followed], self._catalogue, rules)
        named = {measure.subject for measure in self.measures} & {window.id for window in rules.hall.windows}
        losses = [loss for loss in record.losses if self._overlaps(loss) and _explains(lost, named, loss)]
        self.losses = [self._own_part(loss) for loss in losses]
        windows = {loss.window for loss in self.losses} | named
        closures = [each for each in record.closures if each.window in windows and self._overlaps(each)]
        self.closures = [self._own_part(each) for each in closures]
        asked = {(measure.subject, measure.clause) for measure in self.measures}
        self.signs = [
            each for each in record.signs if (each.sign.place, each.sign.clause) in asked and self._overlaps(each)
        ]
        self._windows = windows
        self._ids = {measure.measure for measure in self.measures}
        self._devices = {incident.device, *(fault.device for fault in self.roots)}
        self._keys = {fault.key for fault in (*self.roots, *self.followed)}
        self._places = {each.sign.place for each in self.signs}

    def _overlaps(self, span: Span) -> bool:
        return any(span.meets(each.start, float("inf") if each.end is None else each.end) for each in self.periods)

    def _own_part(self, span: S) -> S:
        """Return of a loss or closure what lies within the incident: another may have begun it, or go on with it."""
        first = min((fault.raised_at for fault in self.roots), default=self.periods[0].start)
        last = self.periods[-1].end
        ends = [end for end in (span.end, last) if end is not None]
        start = max(span.start, min(first, self.periods[0].start))
        return structs.replace(span, start=start, end=max(start, min(ends)) if ends else None)

    def _is_root(self, told: FaultTold) -> bool:
        fault = self._catalogue.get(told.fault)
        grave = fault is None or fault.severity == "fault"
        return told.device == self.incident.device and "" in told.causes and grave

    def holds(self, event: AnyEvent) -> bool:
        """Tell whether an event belongs to the incident."""
        if isinstance(event, OF_INCIDENT):
            return event.incident == self.incident.id
        if isinstance(event, ev.IncidentMerged):
            return self.incident.id in (event.incident, event.into)
        if isinstance(event, ev.MeasureUndone | ev.MeasureDecided | ev.MeasureRetracted):
            return event.measure in self._ids
        return self._in_time(event.at) and self._is_about(event)

    def _is_about(self, event: AnyEvent) -> bool:
        match event:
            case ev.FaultRaised() | ev.FaultCleared() | ev.CauseChanged():
                return (event.device, event.fault, event.part) in self._keys
            case ev.WindowChanged() | ev.WindowClosed() | ev.WindowReopened():
                return event.window in self._windows
            case ev.SignPut():
                return event.sign.place in self._places
            case ev.SignTaken() | ev.SignPosted():
                return event.place in self._places
            case ev.FaultReported():
                return event.device == self.incident.device
        return isinstance(event, ev.HallLoaded) or not self._devices.isdisjoint(_made_ready(event))

    def _in_time(self, at: float) -> bool:
        # What led to an opening was decided just before it.
        starts = [self._start, *(period.start for period in self.periods[1:])]
        ends = [float("inf") if period.end is None else period.end for period in self.periods]
        return any(start <= at <= end for start, end in zip(starts, ends, strict=True))


def _lost_by(told: Iterable[FaultTold], catalogue: dict[str, Fault], rules: Rules) -> dict[str, set[str]]:
    """Return the business classes that faults take from each window, by the hall file in force."""
    hall = rules.hall
    equipment = {device.id: device for device in (*hall.devices, *hall.systems)}
    classes = {each.id: each for each in (*rules.plan.classes, *hall.classes)}
    impact = Impact(hall.windows, equipment.values(), classes)
    lost: dict[str, set[str]] = {}
    for each in told:
        device, fault = equipment.get(each.device), catalogue.get(each.fault)
        if device is None or fault is None:
            continue
        taken = fault.on(device, each.part).taken(device.gives)
        for window in impact.served_by(device) if taken else ():
            offered = impact.windows[window].classes
            lost.setdefault(window, set()).update(name for name in offered if taken & set(classes[name].needs))
    return lost


def _explains(lost: dict[str, set[str]], named: set[str], loss: LossTold) -> bool:
    """Tell whether a loss is the incident's: its faults take the class, or, where the hall file has changed so that
    this cannot be told, a measure of the incident was about the window."""
    return loss.business in lost[loss.window] if loss.window in lost else loss.window in named
