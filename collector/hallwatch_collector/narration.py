"""Events in one line each, for people who read a replay or a log: local time, what happened, where, why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from hallwatch_collector.core import events as ev
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.state import UndoneBecause

FaultNames = Mapping[str, str]
"""Fault id → its name, from the catalogue."""


class Known(NamedTuple):
    """What a line says beyond its event."""

    names: FaultNames
    zone: dt.tzinfo | None


class Narrator:
    """Tells the events of one hall in its local time; says the date whenever it changes."""

    def __init__(self, timezone: str, fault_names: FaultNames) -> None:
        self._zone = ZoneInfo(timezone)
        self._names = fault_names
        self._date: dt.date | None = None

    def tell(self, events: Iterable[AnyEvent]) -> list[str]:
        """Return the lines for *events*, in their order."""
        return [line for event in events for line in self.line(event.at, *describe(event, self._names, self._zone))]

    def line(self, at: float, what: str, detail: str) -> list[str]:
        """Return one line for a moment, with a line for the date before it where the date changes."""
        local = dt.datetime.fromtimestamp(at, self._zone)
        dated = [] if local.date() == self._date else [f"== {local:%Y-%m-%d} =="]
        self._date = local.date()
        return [*dated, f"{local:%H:%M:%S}  {what:<18} {detail}".rstrip()]


def describe(event: AnyEvent, names: FaultNames, zone: dt.tzinfo | None = None) -> tuple[str, str]:
    """Return what happened and its detail, without the time; dates are those of *zone*, else of this machine."""
    what, tell = _WORDS[type(event)]
    if isinstance(event, ev.MeasureRaised) and event.updated:
        what = "measure updated"
    return what, " ".join(filter(None, tell(event, Known(names, zone))))


def _fault(event: Any, known: Known) -> str:
    part = f"[{event.part}]" if getattr(event, "part", "") else ""
    name = known.names.get(event.fault, "")
    return f"{event.device} {event.fault}{part}" + (f" ({name})" if name else "")


def _raised(event: ev.FaultRaised, known: Known) -> tuple[str, ...]:
    cause = f"because of {event.cause}" if event.cause else ""
    return _fault(event, known), cause, _expected(event, known)


def _expected(event: ev.FaultRaised, known: Known) -> str:
    if event.expected_at is None:
        return ""
    return f"likely on {dt.datetime.fromtimestamp(event.expected_at, known.zone):%Y-%m-%d}"


def _cause(event: ev.CauseChanged, known: Known) -> tuple[str, ...]:
    return _fault(event, known), f"because of {event.cause}" if event.cause else "has its own cause"


def _incident(event: ev.IncidentOpened, known: Known) -> tuple[str, ...]:
    return event.incident, _fault(event, known), "reopened" if event.reopened else ""


def _measure(event: ev.MeasureRaised, _: Known) -> tuple[str, ...]:
    return event.measure, event.clause, event.mode, event.subject, f"{event.owner}:", event.text


def _undone(event: ev.MeasureUndone, _: Known) -> tuple[str, ...]:
    return event.measure, event.clause, event.subject, f"({UNDONE_BECAUSE[event.because]}):", event.text


def _decision(event: ev.MeasureDecided, _: Known) -> tuple[str, ...]:
    return event.measure, event.decision, f"by {event.by}", f"({event.reason})" if event.reason else ""


def _sign(event: ev.SignPut, _: Known) -> tuple[str, ...]:
    sign = event.sign
    return (
        sign.place,
        f"「{sign.text}」" if "「" not in sign.text else sign.text,
        sign.about,
        sign.clause,
        sign.instead and f"→ {sign.instead}",
    )


def _by(event: Any) -> str:
    return f"by {event.by}" if event.by else ""


UNDONE_BECAUSE: Final[Mapping[UndoneBecause, str]] = {
    "cause-gone": "its cause is gone",
    "fault-back": "the fault is back",
    "time-over": "its time is over: the repair takes longer",
    "soon-back": "a short repair is expected now",
    "replaced": "another took its place",
    "hall-file": "the hall file no longer has it",
}

_WORDS: Final[dict[type, tuple[str, Callable[[Any, Known], tuple[str, ...]]]]] = {
    ev.HallLoaded: ("hall loaded", lambda _event, _known: ()),
    ev.AgentBorn: ("agent born", lambda e, _: (e.agent,)),
    ev.AgentLost: ("agent lost", lambda e, _: (e.agent, "stopped by its own word" if e.stopped else "")),
    ev.SightLost: ("sight lost", lambda e, _: (e.device, e.reason)),
    ev.SightRegained: ("sight regained", lambda e, _: (e.device,)),
    ev.LookAsked: ("look asked", lambda e, _: (e.agent, "at", ", ".join(e.devices), f"({e.reason})")),
    ev.FaultRaised: ("fault raised", _raised),
    ev.FaultCleared: ("fault cleared", lambda e, known: (_fault(e, known),)),
    ev.CauseChanged: ("cause changed", _cause),
    ev.WindowChanged: ("window changed", lambda e, _: (e.window, "lost:", ", ".join(e.lost) or "nothing")),
    ev.WindowClosed: ("window closed", lambda e, _: (e.window, _by(e))),
    ev.WindowReopened: ("window reopened", lambda e, _: (e.window, _by(e))),
    ev.IncidentOpened: ("incident opened", _incident),
    ev.IncidentMoved: ("incident moved", lambda e, _: (e.incident, e.status, _by(e))),
    ev.LevelChanged: ("level changed", lambda e, _: (e.incident, e.level)),
    ev.MeasureRaised: ("measure raised", _measure),
    ev.MeasureUndone: ("measure undone", _undone),
    ev.MeasureDecided: ("measure decided", _decision),
    ev.SignPut: ("sign put", _sign),
    ev.SignTaken: ("sign taken", lambda e, _: (e.place,)),
}
