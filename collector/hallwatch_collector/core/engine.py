"""The engine: the one place where the core's state lives, for any number of halls.

What comes in is a report, a life, a command or the passing of time; what comes out is events. Stations 5 to 7 are read
off :meth:`Engine.on_report`: intake, judge, decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hallwatch_agent.wire import Life, Reading, Report
from hallwatch_collector.core import persistence
from hallwatch_collector.core.agents import note_life
from hallwatch_collector.core.alerts.foresee import find_on_duty
from hallwatch_collector.core.alerts.keep import tell_newcomers
from hallwatch_collector.core.alerts.people import Alerting, Recipient
from hallwatch_collector.core.alerts.receipts import Missed, Receipt, find_missed, take_receipts
from hallwatch_collector.core.alerts.state import Alert, Delivery, Wording
from hallwatch_collector.core.alerts.words import word_now
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.clockstep import shift
from hallwatch_collector.core.closeup import CloseUp, look_closely
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.decide import decide
from hallwatch_collector.core.events import AnyEvent, HallLoaded
from hallwatch_collector.core.foresight import Copy, pack
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.judge import judge_clock, judge_reading, judge_second_view
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.orders import obey
from hallwatch_collector.core.picture import picture
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.queues import follow_queues, tells_count
from hallwatch_collector.core.registers import find_entry
from hallwatch_collector.core.sampling import restore_past, save_past
from hallwatch_collector.core.screens import hear_screen
from hallwatch_collector.core.sheets import Sheet, read_sheet
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.timers import wake, watch_hours
from hallwatch_collector.core.trace import HallPast
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.watch import AgentWatch
from hallwatch_collector.core.why import Kind, Why, explain

LATE_REPORT_S: Final = 30.0
"""A report that was so long under way (in the broker, while the collector was away) is history."""
FUTURE_S: Final = 1.0
"""A reading cannot be younger than the report that brings it; so much is rounding."""


class Outcome(NamedTuple):
    """What came of a report."""

    events: list[AnyEvent]
    accepted: Sequence[Reading]
    """Readings that belong into the history, late ones included."""
    late: int
    """How many of them were history only."""
    refused: dict[str, int]
    """Readings refused, by reason: ``unknown-device``, ``foreign-device``, ``unknown-probe``, ``future``; or the whole
    report: ``unknown-hall``, ``unknown-agent``, ``forged-agent``, ``duplicate``."""


class Engine:
    """Turns reports, lives, commands and time into events."""

    def __init__(self, plan: Plan, catalogue: Catalogue, alerting: Alerting | None = None) -> None:
        self._plan = plan
        self._alerting = alerting or Alerting()
        self._catalogue = catalogue
        self._models: dict[HallKey, Model] = {}
        self._views: dict[HallKey, tuple[int, HallView]] = {}

    # -- halls ---------------------------------------------------------------------------------------------------

    def load_hall(
        self, hall: Hall, digest: str, saved: HallState | None, now: float, past: HallPast | None = None
    ) -> list[AnyEvent]:
        """Bring a hall file into force: a new hall, a changed file, or (with *saved*, *past*) that before a restart.

        A standing fault survives a changed file unless its device, probe or rule is gone from it.
        """
        old = self._models.get(hall.key)
        model = Model(hall, self._plan, self._catalogue, self._alerting)
        model.digest = digest
        turn = Turn(model, now)
        if saved is None or saved.digest != digest:
            turn.events.append(HallLoaded(at=now, digest=digest))
        if old is not None:
            persistence.carry_over(old, turn)
        elif saved is not None:
            persistence.restore(saved, turn)
        if old is None and past is not None:
            restore_past(model, past)
        self._models[hall.key] = model
        model.version = old.version + 1 if old else 1
        watch_hours(model, now)
        decide(turn)
        return turn.events

    def use_alerting(self, alerting: Alerting, now: float) -> dict[HallKey, list[AnyEvent]]:
        """Have other people told, in other ways, from now on."""
        self._alerting = alerting
        decided = {}
        for key, model in self._models.items():
            model.alerting = alerting
            turn = Turn(model, now)
            tell_newcomers(turn)
            decide(turn)
            model.version += 1
            decided[key] = turn.events
        return decided

    def drop_hall(self, key: HallKey) -> None:
        """Forget a hall whose file is gone."""
        self._models.pop(key, None)
        self._views.pop(key, None)

    def hall(self, key: HallKey) -> Hall:
        """Return the description of a hall in force."""
        return self._models[key].hall

    def hours(self, key: HallKey) -> Hours:
        """Return when a hall in force is open."""
        return self._models[key].hours

    def halls(self) -> list[HallKey]:
        """Return the keys of the halls in force."""
        return list(self._models)

    # -- what comes in -------------------------------------------------------------------------------------------

    def on_report(self, key: HallKey, agent: str, report: Report, now: float) -> Outcome:
        """Stations 5 to 7 for one report; *agent* is the one named by the topic."""
        model = self._models.get(key)
        if model is None:
            return _refuse(report, "unknown-hall")
        watch = model.agents.get(agent)
        if watch is None or report.agent != agent:
            return _refuse(report, "unknown-agent" if watch is None else "forged-agent")
        if not watch.sequences.take(report.boot, report.seq):
            return _refuse(report, "duplicate")
        turn = Turn(model, now)
        outcome = _take_readings(turn, watch, report, _note_report(watch, report, now))
        judge_clock(turn, watch)
        crowd_moved = tells_count(report.readings) and follow_queues(turn)
        if turn.events or turn.silent or model.awaiting or crowd_moved:
            turn.at = _moment(turn)
            decide(turn)
        model.version += 1
        return outcome

    def on_life(self, key: HallKey, agent: str, life: Life, now: float) -> list[AnyEvent]:
        """An agent came or went; what it saw of others is unknown from then on."""
        model = self._models.get(key)
        watch = model.agents.get(agent) if model else None
        if model is None or watch is None or life.agent != agent:
            return []
        turn = Turn(model, now)
        note_life(turn, watch, life)
        if turn.events:
            decide(turn)
        model.version += 1
        return turn.events

    def on_command(self, key: HallKey, command: AnyCommand, now: float) -> list[AnyEvent]:
        """A person decided something; raise :class:`CommandRefused` when it cannot be."""
        model = self._models.get(key)
        if model is None:
            raise CommandRefused("unknown-hall", hall=str(key))
        turn = Turn(model, now)
        obey(turn, command)
        decide(turn)
        model.version += 1
        return turn.events

    def on_screen(self, key: HallKey, screen: str, shows: str, now: float) -> list[AnyEvent] | None:
        """Take in what a paired screen says that it shows: the edition of a sign; empty: none. None: no such screen."""
        model = self._models.get(key)
        turn = Turn(model, now) if model else None
        if model is None or turn is None or not hear_screen(turn, screen, shows):
            return None
        if turn.events:
            decide(turn)
            model.version += 1
        return turn.events

    def on_receipts(self, key: HallKey, receipts: Sequence[Receipt], now: float) -> list[AnyEvent]:
        """Take in what became of alerts of a hall."""
        model = self._models.get(key)
        if model is None:
            return []
        turn = Turn(model, now)
        take_receipts(turn, receipts)
        if turn.events:
            model.version += 1
        return turn.events

    def undelivered(self, key: HallKey) -> list[Missed]:
        """Return what people of a hall ought to have been told and were not, by no way."""
        return list(find_missed(self._models[key]))

    @property
    def tells_people(self) -> bool:
        """Whether alerts.toml names anybody."""
        return bool(self._alerting.recipients)

    def leads(self, channel: str, people: Sequence[str]) -> bool:
        """Tell whether alerts.toml leads by a channel to one of these people, or to a system (none)."""
        return self._alerting.leads(channel, people)

    def on_duty(self, key: HallKey, now: float) -> list[Recipient]:
        """Return everybody whom a step of escalation would tell now of an incident in a hall."""
        return find_on_duty(self._models[key], now)

    def alerts(self, key: HallKey) -> list[Alert]:
        """Return what people were told in a hall."""
        return list(self._models[key].alerts.values())

    def delivery(self, key: HallKey, name: str) -> Delivery | None:
        """Return what some people are told in one place; None when it is not, or no longer, known."""
        model = self._models.get(key)
        alerts = model.alerts.values() if model else ()
        return next((each for alert in alerts for each in alert.deliveries if each.id == name), None)

    def on_tick(self, now: float) -> dict[HallKey, list[AnyEvent]]:
        """Let time pass: holds that end, readings that are overdue, steps of the plan. Cheap when nothing is due."""
        return {
            key: events
            for key, model in self._models.items()
            if model.next_due() <= now and (events := wake(model, now))
        }

    def shift_clock(self, step_s: float) -> None:
        """Take up that the clock of ``now`` was set by *step_s*: what is under way keeps the time it had left."""
        for model in self._models.values():
            shift(model, step_s)

    def next_due(self) -> float:
        """Return when time alone will next change something; infinity when it will not."""
        return min((model.next_due() for model in self._models.values()), default=float("inf"))

    # -- what goes out -------------------------------------------------------------------------------------------

    def state(self, key: HallKey) -> HallState:
        """Return what a restart must not lose; written in the same transaction as the events."""
        return persistence.save(self._models[key])

    def past(self, key: HallKey) -> HallPast:
        """Return what is remembered of a hall's values; written down once in a while, since it grows slowly."""
        return save_past(self._models[key])

    def samples(self, key: HallKey) -> int:
        """Return a number that grows whenever a hall's past does."""
        return self._models[key].samples

    def view(self, key: HallKey, now: float) -> HallView:
        """Return an immutable picture of the hall; the same object while nothing came in."""
        model = self._models[key]
        known = self._views.get(key)
        if known is None or known[0] != model.version:
            known = self._views[key] = (model.version, picture(model, now))
        return known[1]

    def word(self, key: HallKey, incident: str, now: float) -> Wording | None:
        """Return what is to be said of an incident at this moment; None when there is no such incident."""
        return word_now(self._models[key], incident, now)

    @property
    def plan(self) -> Plan:
        """The emergency plan that is carried out."""
        return self._plan

    def sheet(self, key: HallKey, incident: str, register: str) -> Sheet | None:
        """Return an emergency register, without what is written there; None when there is no such one."""
        return read_sheet(self._models[key], incident, register)

    def digest(self, key: HallKey, number: str) -> str:
        """Return the hash of what was written under a number of a register; empty: nothing was, or it is closed."""
        found = find_entry(self._models[key], number)
        return found[2].digest if found else ""

    def ever_read(self, key: HallKey) -> int:
        """Return how many devices of a hall were ever read."""
        return len(self._models[key].first_read)

    def look_closely(self, key: HallKey, device: str) -> CloseUp | None:
        """Return a device of a hall from near; None when there is no such one."""
        return look_closely(self._models[key], device)

    def pack(self, key: HallKey) -> Copy:
        """Return a copy of a hall as it is, on which decisions can be tried; some milliseconds."""
        return pack(self._models[key])

    def explain(self, key: HallKey, kind: Kind, name: str, now: float) -> Why:
        """Return why something is so (see :func:`hallwatch_collector.core.why.explain`); the hall is in force.

        Raises :class:`~hallwatch_collector.core.why.NothingToExplain` when there is no such thing now.
        """
        return explain(self._models[key], kind, name, now)


def _refuse(report: Report, reason: str) -> Outcome:
    return Outcome([], (), 0, {reason: max(1, len(report.readings))})


def _note_report(watch: AgentWatch, report: Report, now: float) -> bool:
    """Note what a report says of its agent; return whether it speaks for the present."""
    state = watch.state
    if not state.boot:  # its birth is still to come: the first report stands for it
        state.boot, state.alive, state.since = report.boot, True, now
        watch.sequences.start(report.boot)
    if report.boot != state.boot:
        return False
    under_way_s = 0.0 if report.late else watch.clock.observe(report.sent_at, now)
    if watch.clock.set_back:
        for _, probe in watch.probes:
            probe.taken_at = float("-inf")
    state.last_report_at = now
    state.spooled, state.dropped = report.spooled, report.dropped
    state.gaps, state.clock_offset_s = watch.sequences.missing, watch.clock.offset_s
    return state.alive and not report.late and under_way_s < LATE_REPORT_S


def _take_readings(turn: Turn, watch: AgentWatch, report: Report, present: bool) -> Outcome:
    """Judge each reading of a report that is of this hall, this agent and the present."""
    routes, now, offset_s, newest = watch.routes, turn.now, watch.clock.offset_s or 0.0, report.sent_at + FUTURE_S
    unwanted: set[int] = set()
    late = 0
    for number, reading in enumerate(report.readings):
        taken_at = reading.at
        for name, device, probe in routes.get(reading.device, ()):  # noqa: B007 - the one that fits is used below
            if name == reading.probe and taken_at <= newest:
                break
        else:
            turn.refuse(_reason(turn.model, reading, report.agent))
            unwanted.add(number)
            continue
        at = taken_at + offset_s
        if not present or taken_at <= probe.taken_at or now - at > probe.late_after_s:
            late += 1
            continue
        probe.reading, probe.taken_at, probe.arrived_at = reading, taken_at, now
        turn.at = probe.seen_at = min(now, at)
        if reading.error is None and reading.conditions.get("reachable") is not False:
            probe.read_at = turn.at
        if not probe.fresh:
            probe.fresh, probe.awaited = True, False
            turn.model.watch_for_silence(device, probe, now)
        judge_reading(turn, device, probe, reading)
        if device.hosts and not probe.own:
            judge_second_view(turn, device)
    readings: Sequence[Reading] = report.readings
    if unwanted:
        readings = [reading for number, reading in enumerate(readings) if number not in unwanted]
    turn.at = now
    return Outcome(turn.events, readings, late, turn.refused)


def _reason(model: Model, reading: Reading, agent: str) -> str:
    device = model.devices.get(reading.device)
    probe = device.probes.get(reading.probe) if device else None
    if device is None or probe is None:
        return "unknown-probe" if device else "unknown-device"
    return "foreign-device" if probe.agent != agent else "future"


def _moment(turn: Turn) -> float:
    """Return the moment of what was just found: what follows from it belongs to the same moment."""
    return max((event.at for event in turn.events), default=turn.now)
