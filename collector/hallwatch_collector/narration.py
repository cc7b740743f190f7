"""Events in one line each, for people who read a replay or a log: local time, what happened, where, why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from hallwatch_collector.core import events as ev
from hallwatch_collector.core import public_events as pub
from hallwatch_collector.core import register_events as reg
from hallwatch_collector.core import screen_events as scr
from hallwatch_collector.core import window_events as win
from hallwatch_collector.core.alerts import events as al
from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.readiness import events as ready
from hallwatch_collector.core.readiness.kept import RoundLine
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
    elif isinstance(event, ev.SignPut) and event.by_hand:
        what = "sign due"
    return what, " ".join(filter(None, tell(event, Known(names, zone))))


def _fault(event: Any, known: Known) -> str:
    part = f"[{event.part}]" if getattr(event, "part", "") else ""
    name = known.names.get(event.fault, "")
    return f"{event.device} {event.fault}{part}" + (f" ({name})" if name else "")


def _raised(event: ev.FaultRaised, known: Known) -> tuple[str, ...]:
    cause = f"because of {event.cause}" if event.cause else ""
    return _fault(event, known), cause, _expected(event, known), "(planned)" if event.planned else ""


def _expected(event: ev.FaultRaised, known: Known) -> str:
    if event.expected_at is None:
        return ""
    return f"likely on {dt.datetime.fromtimestamp(event.expected_at, known.zone):%Y-%m-%d}"


def _cause(event: ev.CauseChanged, known: Known) -> tuple[str, ...]:
    return _fault(event, known), f"because of {event.cause}" if event.cause else "has its own cause"


def _incident(event: ev.IncidentOpened, known: Known) -> tuple[str, ...]:
    waiting = f"{event.waiting:g} people wait" if event.waiting else ""
    return event.incident, _fault(event, known), "reopened" if event.reopened else "", waiting


def _moved(event: ev.IncidentMoved, _: Known) -> tuple[str, ...]:
    if event.status == "checked" and event.by:
        return event.incident, f"checked, the last window by {event.by}"  # who need not have done anything just now
    return event.incident, event.status, _by(event), _via(event)


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
        "【演练】" if sign.drill else "",
    )


def _alert(event: al.AlertDecided, known: Known) -> tuple[str, ...]:
    held = f"not before {_clock(event.hold_until, known)}" if event.hold_until is not None else ""
    whom = ", ".join(event.people) or "a system"
    return event.alert, f"{event.occasion}:", whom, f"by {event.channel},", event.incident, _edition(event), held


def _edition(event: Any) -> str:
    return f"edition {event.edition}"


def _notice(event: pub.NoticeReleased, _: Known) -> tuple[str, ...]:
    held_back = f"held back: {', '.join(event.held_back)}" if event.held_back else ""
    where = "on " + ", ".join(event.outlets) if event.outlets else "nowhere"
    text = event.text.replace("\n", " / ")
    return event.release, f"version {event.version}", event.clause, where, held_back, _by(event), _reason(event), text


def _version(number: int) -> str:
    return f"version {number}" if number else "taken down"


def _extended(event: pub.DeadlineExtended, _: Known) -> tuple[str, ...]:
    new = str(event.new) if event.new else f"not known yet, at the earliest {event.not_before}"
    was = f"instead of {event.was}" if event.was else ""
    days = " ".join(f"{day.date:%m-%d}" + ("" if day.works else f" ({day.name_en or day.why})") for day in event.days)
    calendar = f"by {event.calendar or 'no calendar'}: {days}"
    return event.clause, event.filing, f"{event.old} →", new, was, f"({event.surety}; {calendar})", _by(event)


def _estimate(event: ev.EstimateChanged, known: Known) -> tuple[str, ...]:
    when = "at a time not known" if event.back_at is None else f"at {_clock(event.back_at, known)}"
    was = f"instead of {_clock(event.was_back_at, known)}" if event.was_back_at is not None else ""
    return event.incident, "back", when, event.source and f"({event.source})", was, _by(event)


def _clock(at: float, known: Known) -> str:
    return f"{dt.datetime.fromtimestamp(at, known.zone):%Y-%m-%d %H:%M:%S}"


def _reason(event: Any) -> str:
    return f"({event.reason})" if event.reason else ""


def _for(event: win.ReserveOpened | win.WindowLent) -> str:
    return f"for {event.incident}" if event.incident else "by hand"


def _by(event: Any) -> str:
    return f"by {event.by}" if event.by else ""


def _via(event: Any) -> str:
    return "from the message" if event.via == "link" else ""


def _entry(event: reg.EntryTaken, known: Known) -> tuple[str, ...]:
    paper = f"written on paper at {_clock(event.written_at, known)}" if event.written_at is not None else ""
    return event.incident, event.register, event.number, _by(event), paper


def _range(numbers: list[str]) -> str:
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]} ({len(numbers)})"


def _maintenance_planned(event: ready.MaintenancePlanned, known: Known) -> tuple[str, ...]:
    span = f"from {_clock(event.begins_at, known)} {_till(event, known)}"
    return event.maintenance, ", ".join(event.devices), span, _by(event), event.text


def _maintenance_begun(event: ready.MaintenanceBegun, known: Known) -> tuple[str, ...]:
    return event.maintenance, ", ".join(event.devices), _till(event, known), _by(event), event.text


def _till(event: Any, known: Known) -> str:
    return "until nobody knows when" if event.ends_at is None else f"until {_clock(event.ends_at, known)}"


def _lines(lines: Iterable[RoundLine]) -> str:
    told = [(line.item, line.result, ", ".join(line.found)) for line in lines if line.result or line.found]
    return "; ".join(f"{item}: {' '.join(filter(None, (result, found)))}" for item, result, found in told)


def _stock(event: ready.StockChanged) -> str:
    return f"{event.count:g}" if event.was is None else f"{event.was:g} → {event.count:g}"


UNDONE_BECAUSE: Final[Mapping[UndoneBecause, str]] = {
    "cause-gone": "its cause is gone",
    "fault-back": "the fault is back",
    "time-over": "its time is over: the repair takes longer",
    "soon-back": "a short repair is expected now",
    "level-lowered": "the level was lowered",
    "replaced": "another took its place",
    "hall-file": "the hall file no longer has it",
}

MOOT: Final = {"cause-gone": "its cause is gone", "facts-changed": "what it says has changed"}

_WORDS: Final[dict[type, tuple[str, Callable[[Any, Known], tuple[str, ...]]]]] = {
    ev.HallLoaded: ("hall loaded", lambda _event, _known: ()),
    ev.ClockSet: ("clock set", lambda e, _: (f"by {e.step_s:+.0f} s",)),
    ev.AgentBorn: ("agent born", lambda e, _: (e.agent,)),
    ev.AgentLost: ("agent lost", lambda e, _: (e.agent, "stopped by its own word" if e.stopped else "")),
    ev.SightLost: ("sight lost", lambda e, _: (e.device, e.reason)),
    ev.SightRegained: ("sight regained", lambda e, _: (e.device,)),
    ev.LookAsked: ("look asked", lambda e, _: (e.agent, "at", ", ".join(e.devices), f"({e.reason})", _by(e))),
    ev.FaultRaised: ("fault raised", _raised),
    ev.FaultCleared: ("fault cleared", lambda e, known: (_fault(e, known),)),
    ev.CauseChanged: ("cause changed", _cause),
    ev.WindowChanged: ("window changed", lambda e, _: (e.window, "lost:", ", ".join(e.lost) or "nothing")),
    ev.WindowClosed: ("window closed", lambda e, _: (e.window, _by(e), _reason(e))),
    ev.WindowReopened: ("window reopened", lambda e, _: (e.window, _by(e), _reason(e))),
    win.ReserveOpened: ("reserve opened", lambda e, _: (e.window, _for(e), _by(e), _reason(e))),
    win.ReserveClosed: ("reserve closed", lambda e, _: (e.window, _by(e), _reason(e))),
    win.WindowLent: ("window lent", lambda e, _: (e.window, e.business, _for(e), _by(e), _reason(e))),
    win.WindowReturned: ("window returned", lambda e, _: (e.window, e.business, _by(e), _reason(e))),
    ev.IncidentOpened: ("incident opened", _incident),
    ev.IncidentMoved: ("incident moved", _moved),
    ev.LevelChanged: ("level changed", lambda e, _: (e.incident, e.level or "as computed", _by(e), _reason(e))),
    ev.EstimateChanged: ("estimate changed", _estimate),
    ev.IncidentAssigned: ("incident assigned", lambda e, _: (e.incident, "to", e.owner, _by(e), _via(e))),
    DrillStepped: ("drill", lambda e, _: (e.act, e.scenario, e.thing, e.fault, _by(e))),
    ev.NoteTaken: ("note taken", lambda e, _: (e.incident, _by(e), e.text)),
    ev.IncidentMerged: ("incident merged", lambda e, _: (e.incident, "into", e.into, _by(e), _reason(e))),
    ev.IncidentSplit: ("incident split", lambda e, _: (e.incident, "without", e.device, _by(e), _reason(e))),
    ev.FaultReported: ("fault reported", lambda e, _: (e.device, e.effect or "over", _by(e), e.text)),
    ev.AlarmJudged: (
        "alarm judged",
        lambda e, _: (e.incident, "a false alarm" if e.false else "no false alarm after all", _by(e), _via(e)),
    ),
    ev.ResponseEnded: ("response ended", lambda e, _: (e.incident, _by(e))),
    ev.ReportSigned: ("report signed", lambda e, _: (e.incident, f"version {e.version}", _by(e))),
    ev.MeasureRetracted: ("measure retracted", lambda e, _: (e.measure, _by(e), _reason(e))),
    ev.MeasureHanded: ("measure handed", lambda e, _: (e.measure, "to", e.incident, e.subject)),
    reg.RegisterOpened: ("register opened", lambda e, _: (e.incident, e.register, _by(e))),
    reg.RegisterTakenBack: ("register shut", lambda e, _: (e.incident, e.register, "opened by mistake", _by(e))),
    reg.NumbersReserved: ("numbers reserved", lambda e, _: (e.incident, e.register, _range(e.numbers), _by(e))),
    reg.EntryTaken: ("entry taken", _entry),
    reg.EntryAmended: ("entry amended", lambda e, _: (e.number, _by(e), _reason(e))),
    reg.EntryMoved: ("entry moved", lambda e, _: (e.number, e.status, _by(e), _reason(e))),
    reg.RegisterPurged: ("register purged", lambda e, _: (e.incident, e.register, _range(e.numbers))),
    ready.MaintenancePlanned: ("maintenance plan", _maintenance_planned),
    ready.MaintenanceBegun: ("maintenance begun", _maintenance_begun),
    ready.MaintenanceExtended: ("maintenance longer", lambda e, known: (e.maintenance, _till(e, known), _by(e))),
    ready.MaintenanceOverdue: ("maintenance late", lambda e, _: (e.maintenance, ", ".join(e.devices))),
    ready.MaintenanceEnded: (
        "maintenance over",
        lambda e, _: (e.maintenance, "cancelled" if e.cancelled else "", _by(e), _reason(e)),
    ),
    ready.RoundDue: ("round due", lambda e, _: (e.round, _lines(e.lines))),
    ready.RoundLineDone: ("round looked", lambda e, _: (e.round, _lines([e.line]), _by(e.line), e.line.note)),
    ready.RoundEnded: ("round ended", lambda e, _: (e.round, _by(e) or "not done", _lines(e.lines))),
    ready.StockChanged: ("stock changed", lambda e, _: (e.supply, e.how, _stock(e), _by(e), e.note)),
    ready.SpareLent: ("spare lent", lambda e, _: (e.spare, "for", e.device, _by(e))),
    ready.SpareReturned: ("spare returned", lambda e, _: (e.spare, "from", e.device, _by(e))),
    ev.SignPosted: ("sign posted", lambda e, _: (e.place, e.text or "taken down", _by(e))),
    ev.MeasureRaised: ("measure raised", _measure),
    ev.MeasureUndone: ("measure undone", _undone),
    ev.MeasureDecided: ("measure decided", _decision),
    pub.NoticeReleased: ("notice released", _notice),
    pub.NoticeOutdated: ("notice outdated", lambda e, _: (e.release, f"version {e.version}", f"({MOOT[e.because]})")),
    pub.NoticeWithdrawn: ("notice withdrawn", lambda e, _: (e.release, _by(e), _reason(e))),
    pub.NoticePosted: ("notice posted", lambda e, _: (e.release, e.outlet, _version(e.version), _by(e))),
    pub.DeadlineExtended: ("deadline extended", _extended),
    pub.ExtensionWithdrawn: ("extension undone", lambda e, _: (e.incident, e.filing, str(e.old), _by(e))),
    al.AlertWorded: (
        "alert worded",
        lambda e, _: (e.incident, f"edition {e.edition}:", e.title, "|", " | ".join(e.lines)),
    ),
    al.AlertDecided: ("alert decided", _alert),
    al.AlertSent: ("alert sent", lambda e, _: (e.alert, _edition(e), "again" if e.again else "")),
    al.AlertAccepted: ("alert accepted", lambda e, _: (e.alert, _edition(e), "in a digest" if e.digest else "")),
    al.AlertFailed: ("alert failed", lambda e, _: (e.alert, _edition(e), f"({e.reason})")),
    al.AlertHeld: ("alert held", lambda e, _: (e.alert, _edition(e), f"({e.reason})")),
    al.AlertsTested: (
        "alerts tested",
        lambda e, _: (
            f"reached {', '.join(e.reached) or 'nobody'}",
            f"NOT {', '.join(e.unreached)}" if e.unreached else "",
            f"({'; '.join(e.failed)})" if e.failed else "",
        ),
    ),
    al.ReminderAsked: ("reminder asked", lambda e, known: (e.incident, _clock(e.remind_at, known), _by(e), _via(e))),
    scr.ScreenPaired: ("screen paired", lambda e, _: (e.screen, e.use, e.place, _by(e))),
    scr.ScreenRevoked: ("screen revoked", lambda e, _: (e.screen, e.place, _by(e))),
    scr.ScreenShowed: ("screen shows", lambda e, _: (e.screen, e.place, e.text or "no sign")),
    scr.ScreenLost: ("screen lost", lambda e, _: (e.screen, e.place, f"({e.because})")),
    scr.ScreenBack: ("screen back", lambda e, _: (e.screen, e.place)),
    ev.SignPut: ("sign put", _sign),
    ev.SignTaken: ("sign taken", lambda e, _: (e.place,)),
}
