"""What the journal holds of a hall, put together: each fault, loss, closure, sign and measure from beginning to end.

Pure. One method takes in one kind of event; kinds that no report needs are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatchmethod
from typing import Literal

from msgspec import Struct

from hallwatch_agent.wire import Sign
from hallwatch_collector.core import events as ev
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.state import UndoneBecause
from hallwatch_collector.core.things import REGISTER
from hallwatch_collector.report.spans import Span


class FaultTold(Span, kw_only=True):
    """A fault of a device, from its first symptom on."""

    device: str
    fault: str
    part: str
    raised_at: float
    known_at: float
    evidence: str
    causes: list[tuple[float, str]]
    """From when on which device explained it, one after the other; empty: from then on it was its own root cause."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Names the fault among those that stand at one time."""
        return self.device, self.fault, self.part

    def under(self, cause: str) -> list[Span]:
        """Return when a device explained it (empty: none did); the time before anybody knew that counts with it."""
        causes = self.causes
        if cause and [device for _, device in causes[:2]] == ["", cause]:
            causes = [(causes[0][0], cause), *causes[2:]]
        ends = [*(at for at, _ in causes[1:]), self.end]
        return [Span(start=at, end=end) for (at, device), end in zip(causes, ends, strict=True) if device == cause]


class LossTold(Span, kw_only=True):
    """A business class that a window could not take."""

    window: str
    business: str


class ClosureTold(Span, kw_only=True):
    """A window that was closed."""

    window: str
    by: str
    reopened_by: str = ""


class SignTold(Span, kw_only=True):
    """A sign that was up at a place; rewording it does not begin another."""

    sign: Sign


class MeasureTold(Span, kw_only=True):
    """A measure, from the moment it was raised; one that is asked for again is told again. Ends when undone."""

    measure: str
    template: str
    """Its id in the plan."""
    incident: str
    clause: str
    mode: str
    subject: str
    owner: str
    text: str
    """As it was first carried out, or as it last stood before people; about a register as it was first asked."""
    due_at: float | None
    because: UndoneBecause | Literal["", "asked-again"] = ""
    """Why it ended; empty: it did not."""
    decision: str = ""
    decided_by: str = ""
    decided_at: float | None = None
    reason: str = ""


class Move(Struct, frozen=True):
    """An incident took a step of its life; being opened and being reopened (F3) are steps, to ``detected``."""

    at: float
    status: str
    by: str


class IncidentTold(Struct, kw_only=True):
    """An incident and its steps, oldest first."""

    id: str
    device: str
    fault: str
    """The fault it was first opened for."""
    moves: list[Move] = []
    levels: list[tuple[float, str]] = []

    @property
    def status(self) -> str:
        """Where its last step led."""
        return self.moves[-1].status

    def take(self, move: Move) -> None:
        """Take in a step; that two incidents are parted takes back the one by which they were made one."""
        if move.by.startswith(ev.PARTED_FROM) and self.moves[-1].by.startswith(ev.BY_MERGING):
            self.moves.pop()
            if self.status == move.status:
                return
        self.moves.append(move)

    @property
    def periods(self) -> list[Span]:
        """From each time it was opened to the moment it was closed."""
        periods: list[Span] = []
        for move in self.moves:
            if not periods or periods[-1].end is not None:
                periods.append(Span(start=move.at))
            if move.status == "closed":
                periods[-1].end = move.at
        return periods


class Record:
    """A hall's record. Feed it every event of the hall, oldest first."""

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self.faults: list[FaultTold] = []
        self.losses: list[LossTold] = []
        self.closures: list[ClosureTold] = []
        self.signs: list[SignTold] = []
        self.measures: list[MeasureTold] = []
        self.incidents: dict[str, IncidentTold] = {}
        self.course: list[AnyEvent] = []
        """Every event but those that only word anew what stands already."""
        self._faults: dict[tuple[str, str, str], FaultTold] = {}
        self._losses: dict[tuple[str, str], LossTold] = {}
        self._closures: dict[str, ClosureTold] = {}
        self._signs: dict[str, SignTold] = {}
        self._measures: dict[str, MeasureTold] = {}
        for event in events:
            self.take(event)

    def take(self, event: AnyEvent) -> None:
        """Take in the next event."""
        if self._take(event) is not False:
            self.course.append(event)

    @singledispatchmethod
    def _take(self, event: AnyEvent) -> bool | None:
        """Keep what the event tells; False: it told nothing new."""

    @_take.register
    def _fault_raised(self, event: ev.FaultRaised) -> None:
        told = FaultTold(
            device=event.device, fault=event.fault, part=event.part, start=event.since, raised_at=event.at,
            known_at=event.known_at, evidence=event.evidence, causes=[(event.at, event.cause)],
        )  # fmt: skip
        self._faults[told.key] = told
        self.faults.append(told)

    @_take.register
    def _fault_cleared(self, event: ev.FaultCleared) -> None:
        told = self._faults.pop((event.device, event.fault, event.part), None)
        if told is not None:
            told.end = event.at

    @_take.register
    def _cause_changed(self, event: ev.CauseChanged) -> None:
        told = self._faults.get((event.device, event.fault, event.part))
        if told is not None:
            told.causes.append((event.at, event.cause))

    @_take.register
    def _window_changed(self, event: ev.WindowChanged) -> None:
        for (window, business), told in list(self._losses.items()):
            if window == event.window and business not in event.lost:
                told.end = event.at
                del self._losses[window, business]
        for business in event.lost:
            if (event.window, business) not in self._losses:
                told = LossTold(window=event.window, business=business, start=event.at)
                self._losses[event.window, business] = told
                self.losses.append(told)

    @_take.register
    def _window_closed(self, event: ev.WindowClosed) -> None:
        told = ClosureTold(window=event.window, by=event.by, start=event.at)
        self._closures[event.window] = told
        self.closures.append(told)

    @_take.register
    def _window_reopened(self, event: ev.WindowReopened) -> None:
        told = self._closures.pop(event.window, None)
        if told is not None:
            told.end, told.reopened_by = event.at, event.by

    @_take.register
    def _incident_opened(self, event: ev.IncidentOpened) -> None:
        told = IncidentTold(id=event.incident, device=event.device, fault=event.fault)
        told = self.incidents.setdefault(event.incident, told)
        told.moves.append(Move(event.at, "detected", ""))

    @_take.register
    def _incident_moved(self, event: ev.IncidentMoved) -> None:
        if event.incident in self.incidents:
            self.incidents[event.incident].take(Move(event.at, event.status, event.by))

    @_take.register
    def _level_changed(self, event: ev.LevelChanged) -> None:
        if event.incident in self.incidents:
            self.incidents[event.incident].levels.append((event.at, event.level))

    @_take.register
    def _measure_raised(self, event: ev.MeasureRaised) -> bool:
        told = self._measures.get(event.measure)
        if told is not None and event.updated:
            told.owner, told.due_at = event.owner, event.due_at
            told.text = told.text if event.mode == "auto" or event.subject.startswith(REGISTER) else event.text
            return False
        if told is not None and told.end is None and not told.decision:
            told.end, told.because = event.at, "asked-again"
        told = MeasureTold(
            measure=event.measure, template=event.template, incident=event.incident, clause=event.clause,
            mode=event.mode, subject=event.subject, owner=event.owner, text=event.text, due_at=event.due_at,
            start=event.at,
        )  # fmt: skip
        self._measures[event.measure] = told
        self.measures.append(told)
        return True

    @_take.register
    def _measure_undone(self, event: ev.MeasureUndone) -> None:
        told = self._measures.get(event.measure)
        if told is not None:
            told.end, told.because = event.at, event.because

    @_take.register
    def _measure_decided(self, event: ev.MeasureDecided) -> None:
        told = self._measures.get(event.measure)
        if told is not None:
            told.decision, told.decided_by, told.decided_at = event.decision, event.by, event.at
            told.reason = event.reason

    @_take.register
    def _measure_handed(self, event: ev.MeasureHanded) -> None:
        told = self._measures.get(event.measure)
        if told is not None:
            told.incident, told.subject = event.incident, event.subject

    @_take.register
    def _measure_retracted(self, event: ev.MeasureRetracted) -> None:
        told = self._measures.get(event.measure)
        if told is not None:
            told.decision, told.decided_by, told.decided_at, told.reason = "", "", None, ""

    @_take.register
    def _sign_put(self, event: ev.SignPut) -> bool:
        told = self._signs.get(event.sign.place)
        if told is not None and (told.sign.text, told.sign.clause) == (event.sign.text, event.sign.clause):
            told.sign = event.sign
            return False
        if told is not None:
            told.end = event.at
        told = self._signs[event.sign.place] = SignTold(sign=event.sign, start=event.at)
        self.signs.append(told)
        return True

    @_take.register
    def _sign_taken(self, event: ev.SignTaken) -> None:
        told = self._signs.pop(event.place, None)
        if told is not None:
            told.end = event.at
