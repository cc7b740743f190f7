"""What one incident was, taken from the record of its hall: the facts that every form of the report tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from msgspec import Struct, structs

from hallwatch_collector.core import events as ev
from hallwatch_collector.core import public_events as pub
from hallwatch_collector.core import register_events as reg
from hallwatch_collector.core import screen_events as scr
from hallwatch_collector.core import window_events as win
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.readiness import events as ready
from hallwatch_collector.core.things import CLASS, WINDOW
from hallwatch_collector.report.harm import FOREVER, Harm, Stood
from hallwatch_collector.report.record import (
    ClosureTold,
    FaultTold,
    IncidentTold,
    LossTold,
    MeasureTold,
    Record,
    SignTold,
)
from hallwatch_collector.report.spans import Span

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


NOWHERE: Final = Source(entries=0, first=0, last=0)
"""What stands for it where no journal was read."""


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
        return place.removeprefix(WINDOW) in shows | {device.id for device in self.hall.devices if device.shows_signs}

    @property
    def shown(self) -> list[scr.ScreenShowed]:
        """When paired screens said that they show a sign of it."""
        return [event for event in self.course if isinstance(event, scr.ScreenShowed) and event.text]

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
            fault for fault in faults if fault.under(incident.device) and not fault.device.startswith(CLASS)
        ]
        self._start = min([fault.start for fault in self.roots] + [self.periods[0].start])
        self.measures = [measure for measure in record.measures if measure.incident == incident.id]
        stood = [Stood(fault, fault.under("")) for fault in self.roots]
        stood += [Stood(fault, fault.under(incident.device)) for fault in self.followed]
        self._faults = _told_of(stood)
        named = {measure.subject for measure in self.measures} & {window.id for window in rules.hall.windows}
        harm = Harm(stood, named, rules.hall, (rules.plan, rules.catalogue))
        self.losses = [self._clipped(loss) for loss in harm.own(record.losses) if self._overlaps(loss)]
        self._closing = _closing(self.measures, rules.plan)
        closures = [each for each in record.closures if self._overlaps(each) and self._is_for(each)]
        self.closures = [self._clipped(each) for each in closures]
        self._turned = {(each.window, at) for each in closures for at in (each.start, each.end)}
        """Which window was closed or reopened for it, and when."""
        self.signs = [each for each in record.signs if self._overlaps(each) and self._is_asked_by(each)]
        self._subjects = {measure.measure: measure.subject for measure in self.measures}
        self._answered = _answers(record, self._subjects)
        self._devices = {incident.device, *(fault.device for fault in self.roots)}

    def _overlaps(self, span: Span) -> bool:
        return any(map(span.meets, self.periods))

    def _clipped(self, span: S) -> S:
        """Return of a loss or closure what lies within the incident."""
        first = min((fault.raised_at for fault in self.roots), default=self.periods[0].start)
        last = self.periods[-1].end
        ends = [end for end in (span.end, last) if end is not None]
        start = max(span.start, min(first, self.periods[0].start))
        return structs.replace(span, start=start, end=max(start, min(ends)) if ends else None)

    def _is_root(self, told: FaultTold) -> bool:
        fault = self._catalogue.get(told.fault)
        grave = fault is None or fault.severity == "fault"
        return told.device == self.incident.device and grave and bool(told.under(""))

    def _is_for(self, closure: ClosureTold) -> bool:
        """Tell whether a window was closed while the incident took something from it, or because a measure said so."""
        theirs = [loss for loss in self.losses if loss.window == closure.window]
        spans: list[Span] = [*theirs, *self._closing.get(closure.window, ())]
        return any(map(closure.meets, spans))

    def _is_asked_by(self, told: SignTold) -> bool:
        """Tell whether a sign was up while a measure of the incident asked for it."""
        asked = (each for each in self.measures if each.clause == told.sign.clause)
        return any(each.subject.removeprefix(WINDOW) == told.sign.place and told.meets(each) for each in asked)

    def holds(self, event: AnyEvent) -> bool:
        """Tell whether an event belongs to the incident; of two that are made one or parted, one event tells."""
        if isinstance(event, ev.IncidentMoved) and event.by.startswith(ev.BY_MERGING):
            return False
        if isinstance(event, OF_INCIDENT):
            return event.incident == self.incident.id
        if isinstance(event, ev.IncidentMerged):
            return self.incident.id in (event.incident, event.into)
        if isinstance(event, ev.MeasureUndone | ev.MeasureDecided | ev.MeasureRetracted):
            return event.measure in self._subjects
        return self._in_time(event.at) and self._is_about(event)

    def _is_about(self, event: AnyEvent) -> bool:
        match event:
            case ev.FaultRaised() | ev.FaultCleared() | ev.CauseChanged():
                told = self._faults.get((event.device, event.fault, event.part), ())
                found = any(span.holds(event.at) for span in told)
            case ev.WindowChanged():
                found = any(loss.window == event.window and loss.holds(event.at) for loss in self.losses)
            case ev.WindowClosed() | ev.WindowReopened():
                found = (event.window, event.at) in self._turned
            case ev.SignPut():
                found = self._has_sign(event.sign.place, event.at)
            case ev.SignTaken():
                found = self._has_sign(event.place, event.at)
            case scr.ScreenShowed() | scr.ScreenLost() | scr.ScreenBack():
                found = self._has_sign(event.place, event.at)
            case ev.SignPosted():
                found = (event.place, event.at) in self._answered
            case ev.FaultReported():
                found = event.device == self.incident.device
            case _:
                found = isinstance(event, ev.HallLoaded) or not self._devices.isdisjoint(_made_ready(event))
        return found

    def _has_sign(self, place: str, at: float) -> bool:
        return any(told.sign.place == place and told.holds(at) for told in self.signs)

    def _in_time(self, at: float) -> bool:
        # What led to an opening was decided just before it.
        starts = [self._start, *(period.start for period in self.periods[1:])]
        ends = [FOREVER if period.end is None else period.end for period in self.periods]
        return any(start <= at <= end for start, end in zip(starts, ends, strict=True))


def _told_of(stood: Iterable[Stood]) -> dict[tuple[str, str, str], list[Span]]:
    """Return of each fault from when it was raised until it was the incident's for the last time."""
    told: dict[tuple[str, str, str], list[Span]] = {}
    for fault, spans in stood:
        told.setdefault(fault.key, []).append(Span(start=fault.raised_at, end=spans[-1].end))
    return told


def _closing(measures: Iterable[MeasureTold], plan: Plan) -> dict[str, list[Span]]:
    """Return when a measure about a window asked to close it, until it was answered."""
    closing = {template.id for template in plan.measures if template.on_confirm in ("close-window", "close-windows")}
    spans: dict[str, list[Span]] = {}
    for each in measures:
        if each.template in closing:
            end = each.end if each.decided_at is None else each.decided_at
            spans.setdefault(each.subject, []).append(Span(start=each.start, end=end))
    return spans


def _answers(record: Record, subjects: dict[str, str]) -> set[tuple[str, float]]:
    """Return about what, and when, somebody answered one of these measures or took that back."""
    answers = (each for each in record.course if isinstance(each, ev.MeasureDecided | ev.MeasureRetracted))
    return {(subjects[each.measure], each.at) for each in answers if each.measure in subjects}
