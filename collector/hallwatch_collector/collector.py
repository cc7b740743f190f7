"""The collector: stations 5 to 8 joined around one lock.

The core has no locks, and needs none: whoever calls it holds this one. Messages come on the link's thread, time on the
ticker's, commands and pictures are asked for by the web's. Nothing is done under the lock that waits for the network;
only the journal's disk is waited for, because nothing may be done before it has the decision.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from hallwatch_agent.wire import Life, Report, split_topic
from hallwatch_collector.alertwatch import AlertWatch, find_told
from hallwatch_collector.clock import StepWatch
from hallwatch_collector.core.alerts.events import AlertsTested
from hallwatch_collector.core.alerts.keep import GONE
from hallwatch_collector.core.alerts.people import Alerting, Recipient
from hallwatch_collector.core.alerts.receipts import Receipt
from hallwatch_collector.core.closeup import CloseUp
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.events import AnyEvent, FaultRaised
from hallwatch_collector.core.foresight import Copy
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.plan import Right
from hallwatch_collector.core.register_events import RegisterPurged
from hallwatch_collector.core.registers import digest_of
from hallwatch_collector.core.sheets import Sheet
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.why import Kind, NothingToExplain, Why
from hallwatch_collector.effects import EFFECTS, Outlets
from hallwatch_collector.effects.alerts import Alerts
from hallwatch_collector.export.prometheus import Metrics
from hallwatch_collector.heartbeats import Heartbeats
from hallwatch_collector.intake import DROPPED, STORED, Intake
from hallwatch_collector.journal import Decision, JournalUnavailable
from hallwatch_collector.ledger import Ledger
from hallwatch_collector.mqtt import Link
from hallwatch_collector.notify.links import LinkRefused, Redeemed
from hallwatch_collector.parts import Parts
from hallwatch_collector.registers import Leftovers, Written, completed, purge_rows, salted, written_rows
from hallwatch_collector.roster import Roster
from hallwatch_collector.screens import paired_rows
from hallwatch_collector.selfwatch import INTERVAL_S, SELF_AGENT, SELF_KEY, Figures, SelfWatch, Undelivered, self_hall
from hallwatch_collector.shelf import Shelf
from hallwatch_collector.tally import Tally
from hallwatch_collector.vigil import Vigil

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often the hall files are looked at."""
STANDS_S: Final = 60.0
"""Time that passes for so long without a tick: something hangs."""
MOST_PENDING: Final = 20_000
"""So many events may wait in memory for a journal that cannot be written; more messages are left with the broker."""

Listener = Callable[[HallKey], None]


class Collector:
    """Takes messages, time and commands to the core, and what it decides to the journal and the effects."""

    def __init__(self, parts: Parts) -> None:
        self._engine = parts.engine
        self._clock = StepWatch(parts.clock, self._shift_clock)
        self._monotonic = parts.clock.monotonic
        self._history = parts.history
        self._parts = parts
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._listeners: list[Listener] = []
        self._touched: set[HallKey] = set()
        self._shown_problems: list[str] = []
        self._self_watch = SelfWatch(parts.boot)
        self._look_due = self._self_due = 0.0
        self._slow_consumers: int | None = None
        self._own_errors = 0
        levels = [level.id for level in parts.engine.plan.levels]
        self.metrics = Metrics(self.figures, levels=levels)
        self._intake = Intake(self, self.metrics.count_refused)
        self._roster = Roster(parts.engine, parts.journal, parts.folder, self._note_loaded, self._note_dropped)
        self._shelf = Shelf(self._publish, self._roster.ever_had, self._note_delivered, self._monotonic)
        self._alert_watch = AlertWatch(parts.engine, self.metrics, self._roster.is_drill)
        self._tally = Tally(parts.engine, self.metrics, self._roster.is_drill)
        self._tested: Callable[[], AlertsTested | None] = lambda: None
        self._alerts_refused: Callable[[], bool] = lambda: False
        self._heartbeats = Heartbeats(parts.boot, self._publish)
        self._troubles: list[Callable[[], str]] = []
        self._ticked_at = self._monotonic()
        outlets = Outlets(shelf=self._shelf, dispatch=parts.dispatch)
        effects = [effect(outlets, self._engine.view) for effect in EFFECTS]
        self._alerts = next(effect for effect in effects if isinstance(effect, Alerts))
        self._leftovers = Leftovers(parts.cabinet, self._roster.keys, self._delete) if parts.cabinet else None
        self._ledger = Ledger(parts.journal, self._roster.state, effects, self._tell, self._monotonic)
        self._vigil = Vigil(parts.journal, self._count_read, self._ledger.keep_states, self._monotonic)

    # -- start ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take up every hall where the journal left it.

        Raises ``JournalUnavailable`` or ``JournalUnusable`` when the journal cannot be read.
        """
        with self._lock:
            now = self._clock.read()
            if self._parts.journal.damage:
                log.error(
                    "the record is not as it was written: %s; run `hallwatch journal verify`",
                    self._parts.journal.damage,
                )
            self._roster.remember()
            self._roster.bring(self_hall(), "", now)
            birth = self._self_watch.birth(now)
            self._ledger.take([(SELF_KEY, self._engine.on_life(SELF_KEY, SELF_AGENT, birth, now))], now)
            self._roster.look(now, starting=True)
            self._give_up_gone(now)

    def use(self, link: Link) -> None:
        """Publish through this link."""
        self._link = link

    def ask_too(self, trouble: Callable[[], str]) -> None:
        """Have *trouble* asked what keeps the collector from its work; empty: nothing. It must not wait."""
        self._troubles.append(trouble)

    def say_farewell(self) -> None:
        """Tell the agents that the collector stops because it was told to: they are to miss it later than else."""
        with self._lock:
            self._heartbeats.say_farewell(self._clock.read())

    # -- the link's thread ---------------------------------------------------------------------------------------

    def on_message(self, topic: str, payload: bytes) -> None:
        """Take a message; what it decides is in the journal, or kept for it, when this returns."""
        with self._lock:
            now = self._clock.read()
            if self._parts.record:
                self._parts.record(now, topic, payload)
            self._intake.take(topic, payload, now)

    def on_connected(self) -> None:
        """Put everything that is to stand on the broker there again."""
        with self._lock:
            self._shelf.restore()
            self._heartbeats.hurry()

    # -- from the intake, under the lock -------------------------------------------------------------------------

    def knows(self, key: HallKey) -> bool:
        """Tell whether agents of this hall are heard; nobody reports for Hallwatch itself."""
        return key != SELF_KEY and key in self._roster

    def knows_agent(self, key: HallKey, agent: str) -> bool:
        """Tell whether the hall file names this agent."""
        return self._roster.has_agent(key, agent)

    def take_report(self, key: HallKey, agent: str, report: Report, now: float) -> None:
        """Take a report to the core, and what comes of it to the journal, the effects and the history."""
        outcome = self._engine.on_report(key, agent, report, now)
        if outcome.events:
            self._ledger.take([(key, outcome.events)], now)
            self._show(key)  # what only was read waits for the ticker: that is many times a second
        for reason, count in outcome.refused.items():
            self.metrics.count_refused(reason, count)
        if key != SELF_KEY and (outcome.accepted or not outcome.refused):  # that we look at ourselves is no intake
            self.metrics.count_report(len(outcome.accepted), outcome.late)
        if self._history and outcome.accepted and not self._roster.is_drill(key):
            self._history.put(key, outcome.accepted)
        self._touched.add(key)

    def take_life(self, key: HallKey, agent: str, life: Life, now: float) -> None:
        """Take an agent's birth or death to the core."""
        self._ledger.take([(key, self._engine.on_life(key, agent, life, now))], now)
        self._touched.add(key)
        self._show(key)

    def hear(self, topic: str, payload: bytes, now: float) -> None:
        """Take what stands on one of our own topics."""
        self._shelf.hear(topic, payload, now)

    # -- the ticker's thread -------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass; call it several times a second."""
        moment = self._ticked_at = self._monotonic()
        if moment >= self._look_due:
            self._look_due = moment + LOOK_S
            self._do(self._roster.look)
        if moment >= self._self_due:
            self._self_due = moment + INTERVAL_S
            self._slow_consumers = self._parts.slow_consumers()
            self._do(self._watch_self)
        for duty in (
            self._tick_core, self._ledger.tick, self._settle, self._roster.keep_past, self._purge_left, self._beat,
            self._tally.settle,
            self._vigil.tick,
        ):  # fmt: skip
            self._do(duty)
        self._notify()

    def _do(self, duty: Callable[[float], None]) -> None:
        """Do a regular duty; a defect in it is logged and counted, and does not keep the others from theirs."""
        with self._lock:
            try:
                duty(self._clock.read())
            except Exception:
                self._own_errors += 1
                log.exception("a defect in a regular duty; the others go on")

    def _tick_core(self, now: float) -> None:
        decided = self._engine.on_tick(now)
        if decided:
            self._ledger.take(list(decided.items()), now)
            self._touched.update(decided)

    def _purge_left(self, now: float) -> None:
        if self._leftovers:
            self._leftovers.tick(now)

    def _delete(self, key: HallKey, purged: RegisterPurged, now: float) -> None:
        # Not by the ledger: its effects ask for the picture of a hall, and there is none of this one.
        self._parts.journal.write([Decision(key, [purged], None, list(purge_rows(key, [purged])))], now)

    def _settle(self, _now: float) -> None:
        """Bring the broker's retained messages into line, and leave what comes with it while too much waits here."""
        self._shelf.settle()
        if self._link and self._ledger.pending >= MOST_PENDING:
            self._link.hold("too many decisions wait for the journal; the broker keeps what comes")
        elif self._link and not self._ledger.pending:
            self._link.release()

    def _beat(self, now: float) -> None:
        """Let the agents know that the collector lives."""
        watched = self._roster.keys()
        halls = (key for key in watched if key != SELF_KEY and not self._roster.is_drill(key))
        self._heartbeats.beat(halls, healthy=not any(self._problems()), now=now, monotonic=self._monotonic())

    def _count_read(self) -> dict[HallKey, int]:
        return {key: self._engine.ever_read(key) for key in self._roster.keys()}  # noqa: SIM118

    def _watch_self(self, now: float) -> None:
        self._alert_watch.look_around(now)
        report = self._self_watch.report(self._figures(self._clock.take_strayed()), now, self._undelivered(now))
        self.take_report(SELF_KEY, SELF_AGENT, report, now)

    def _undelivered(self, now: float) -> Undelivered:
        failing = self._alert_watch.failing()
        told = find_told(self._engine.view(SELF_KEY, now))
        tested = self._tested()
        return Undelivered(
            failing=failing, settled=frozenset(told) - failing,
            test_failed=bool(tested.unreached) if tested else None, file_refused=self._alerts_refused(),
        )  # fmt: skip

    # -- the courier's threads -----------------------------------------------------------------------------------

    def take_receipts(self, key: HallKey, receipts: Sequence[Receipt]) -> None:
        """Take in what became of alerts; it is in the journal, or kept for it, when this returns."""
        with self._lock:
            now = self._clock.read()
            if key in self._roster:
                self._ledger.take([(key, self._engine.on_receipts(key, receipts, now))], now)
                self._touched.add(key)

    # -- what paired screens say --------------------------------------------------------------------------------

    def hear_screen(self, key: HallKey, screen: str, shows: str) -> bool:
        """Take in what a paired screen says that it shows; return False when there is no such screen."""
        with self._lock:
            now = self._clock.read()
            events = self._engine.on_screen(key, screen, shows, now)
            if events:
                self._ledger.take([(key, events)], now)
                self._touched.add(key)
        if events:
            self._notify()
        return events is not None

    # -- what alerts.toml says ------------------------------------------------------------------------------------

    def watch_alerts(self, tested: Callable[[], AlertsTested | None], refused: Callable[[], bool]) -> None:
        """Have asked what came of the last weekly test, and whether the last edit of alerts.toml was refused."""
        self._tested, self._alerts_refused = tested, refused

    @property
    def tested(self) -> AlertsTested | None:
        """What came of the last weekly test of alerts; None: there was none."""
        return self._tested()

    def use_alerting(self, alerting: Alerting) -> None:
        """Have other people told, in other ways, from now on; what was to go by a channel that is gone goes another."""
        with self._lock:
            now = self._clock.read()
            decided = self._engine.use_alerting(alerting, now)
            self._ledger.take(list(decided.items()), now)
            self._give_up_gone(now)
            self._alert_watch.forget_ways()
            for key in self._roster.keys():  # noqa: SIM118 - a copy
                self._alerts.show(key, now)
                self._touched.add(key)
        self._notify()

    def _give_up_gone(self, now: float) -> None:
        """Take back what was to go where alerts.toml leads no more, so that the next way is taken."""
        dispatch = self._parts.dispatch
        leads, (reason, reason_zh) = (dispatch.alerting if dispatch else Alerting()).leads, GONE
        for key in self._roster.keys():  # noqa: SIM118 - a copy
            gone = [
                Receipt(alert=each.id, edition=each.edition, outcome="failed", reason=reason, reason_zh=reason_zh)
                for alert in self._engine.alerts(key)
                for each in alert.deliveries
                if each.is_open and not leads(each.channel, each.people)
            ]
            if gone:
                self._ledger.take([(key, self._engine.on_receipts(key, gone, now))], now)

    def on_duty(self) -> tuple[list[Recipient], list[str]]:
        """Return everybody who would be told now of an incident somewhere, and the names of the halls."""
        with self._lock:
            now = self._clock.read()
            halls = self._halls()
            found = {each.name: each for hall in halls for each in self._engine.on_duty(hall.key, now)}
            return list(found.values()), [hall.name for hall in halls]

    def halls(self) -> list[Hall]:
        """Return the halls in force that are real: not Hallwatch's own, and no drill."""
        with self._lock:
            return self._halls()

    def hall_files(self) -> dict[str, Hall]:
        """Return the same by their files."""
        with self._lock:
            return self._roster.files()

    def _halls(self) -> list[Hall]:
        keys = [key for key in self._roster.keys() if key != SELF_KEY and not self._roster.is_drill(key)]  # noqa: SIM118
        return [self._engine.hall(key) for key in keys]

    def own_record(self, since: float) -> Iterator[AnyEvent]:
        """Yield what the record has of Hallwatch itself; raises as :meth:`Journal.entries` does."""
        return (entry.event for entry in self._parts.journal.entries(SELF_KEY, since))

    def note_test(self, tested: AlertsTested) -> None:
        """Write down what came of a test of alerts."""
        with self._lock:
            self._ledger.take([(SELF_KEY, [tested])], self._clock.read())
            self._self_due = 0.0

    # -- from the roster, under the lock -------------------------------------------------------------------------

    def _note_loaded(self, hall: Hall, events: list[AnyEvent], now: float) -> None:
        self._intake.forget_routes()
        self._touched.add(hall.key)
        self._ledger.load(hall, events, now)

    def _note_dropped(self, key: HallKey, now: float) -> None:
        self._intake.forget_routes()
        self._touched.add(key)
        self._ledger.drop(key)
        self._shelf.forget(key, now)
        self._heartbeats.forget(key)
        self._tally.drop(key)

    # -- what the web asks ---------------------------------------------------------------------------------------

    def command(self, key: HallKey, command: AnyCommand) -> Sequence[AnyEvent]:
        """Carry out what a person decided and return what came of it.

        What it writes into a register is written in one transaction with it. Raises :class:`CommandRefused` when it
        cannot be, and also (``kept``) when the journal failed just now: then it is decided, and carried out once the
        journal can be written.
        """
        with self._lock:
            now = self._clock.read()
            if key not in self._roster:
                raise CommandRefused("unknown-hall", hall=str(key))
            if self._ledger.failure:
                raise CommandRefused("journal-failing", reason=self._ledger.failure)
            command = salted(completed(self._engine.plan, command, partial(self._written, key)))
            events = self._engine.on_command(key, command, now)
            rows = [*written_rows(self._engine.plan, key, command, events), *paired_rows(key, command, events)]
            self._ledger.take_with(rows, key, events, now)
            self._touched.add(key)
            if self._ledger.failure:
                raise CommandRefused("kept", reason=self._ledger.failure)
        self._notify()
        return events

    def _written(self, key: HallKey, number: str) -> Written | None:
        """Return what stands under a number of a register, unless it is not what the journal has the hash of: nobody is
        to put their name to that by correcting something else. A database that cannot be asked refuses the command."""
        try:
            there = self._parts.cabinet.read(key, [number]).get(number) if self._parts.cabinet else None
        except JournalUnavailable as error:
            raise CommandRefused("journal-failing", reason=str(error)) from None
        if there is None or digest_of(number, there.values, there.salt) != self._engine.digest(key, number):
            return None
        return there

    def sheet(self, key: HallKey, incident: str, register: str) -> Sheet | None:
        """Return an emergency register, without what is written there; None when there is no such one."""
        with self._lock:
            return self._engine.sheet(key, incident, register) if key in self._roster else None

    def may(self, roles: Sequence[str], right: Right) -> bool:
        """Tell whether the plan gives somebody with these roles a right."""
        return self._engine.plan.may(roles, right)

    def view(self, key: HallKey) -> HallView | None:
        """Return the present picture of a hall."""
        with self._lock:
            return self._engine.view(key, self._clock.read()) if key in self._roster else None

    def look_closely(self, key: HallKey, device: str) -> CloseUp | None:
        """Return a device from near; None when there is no such one."""
        with self._lock:
            return self._engine.look_closely(key, device) if key in self._roster else None

    def pack(self, key: HallKey) -> Copy | None:
        """Return a copy of a hall on which decisions can be tried without the lock; None when there is no such hall."""
        with self._lock:
            return self._engine.pack(key) if key in self._roster else None

    def explain(self, key: HallKey, kind: Kind, name: str) -> Why | None:
        """Return why something is so; None when there is no such thing now."""
        with self._lock:
            try:
                return self._engine.explain(key, kind, name, self._clock.read()) if key in self._roster else None
            except NothingToExplain:
                return None

    def redeem(self, text: str) -> Redeemed:
        """Return what the link of a message is about, as of now; raise :class:`LinkRefused` for none of ours."""
        dispatch = self._parts.dispatch
        if dispatch is None:
            raise LinkRefused
        ticket = dispatch.check(text)
        key = HallKey(ticket.area, ticket.hall)
        with self._lock:
            if key not in self._roster:
                return Redeemed(ticket=ticket)
            now = self._clock.read()
            wording = self._engine.word(key, ticket.incident, now)
            return Redeemed(ticket=ticket, view=self._engine.view(key, now), wording=wording)

    def hall(self, key: HallKey) -> Hall | None:
        """Return the description of a hall in force."""
        with self._lock:
            return self._engine.hall(key) if key in self._roster else None

    def views(self) -> Iterator[HallView]:
        """Yield the present picture of every hall; the lock is held for one hall at a time."""
        for key in self._roster.keys():  # noqa: SIM118 - a copy: halls may come and go meanwhile
            if view := self.view(key):
                yield view

    def scrape(self) -> bytes:
        """Return the page of ``/metrics`` as of now."""
        return self.metrics.render(self._scraped())

    def _scraped(self) -> Iterator[HallView]:
        for key in self._roster.keys():  # noqa: SIM118 - a copy: halls may come and go meanwhile
            with self._lock:
                view = self._tally.follow(key, self._clock.read()) if key in self._roster else None
            if view:
                yield view

    def problems(self, *, alerts: bool = True) -> list[str]:
        """Return what keeps the collector from its work now, a sentence each; *alerts*: also whom it did not reach."""
        with self._lock:
            return list(self._problems(alerts=alerts))

    def _problems(self, *, alerts: bool = True) -> Iterator[str]:
        if self._link and self._link.trouble:
            yield self._link.trouble
        if self._ledger.failure:
            yield f"The journal cannot be written, nothing but alerts is carried out: {self._ledger.failure}"
        if self._parts.journal.damage:
            yield f"The record is not as it was written: {self._parts.journal.damage}; see `hallwatch journal verify`"
        stands_s = self._monotonic() - self._ticked_at
        if stands_s >= STANDS_S:
            yield f"Nothing has been decided for {stands_s:.0f} s: the collector's clockwork stands still"
        if alerts:
            yield from self._alert_watch.problems()
        yield from self._alert_watch.refusals()
        yield from (trouble for ask in self._troubles if (trouble := ask()))
        yield from self._roster.problems()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have *listener* called with the key of each hall whose picture changed; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def figures(self) -> Figures:
        """Return how the collector itself is doing."""
        with self._lock:
            return self._figures(0.0)

    def _figures(self, clock_step_s: float) -> Figures:
        return Figures(
            broker_connected=bool(self._link and self._link.answers),
            broker_dropped=self._intake.figures.get(DROPPED),
            broker_stored=self._intake.figures.get(STORED),
            broker_slow_consumers=self._slow_consumers,
            journal_pending=self._ledger.pending,
            history_buffered_bytes=self._history.buffered_bytes if self._history else 0,
            history_lost=self._history.lost if self._history else 0,
            hall_files_refused=self._roster.refused,
            internal_errors=self._intake.errors + self._own_errors,
            clock_step_s=clock_step_s,
            heartbeats=self._heartbeats.count,
            alerts_waiting=self._parts.dispatch.courier.waiting() if self._parts.dispatch else {},
            problems=sum(1 for _ in self._problems()),
        )

    # -- what follows from decisions -----------------------------------------------------------------------------

    def _shift_clock(self, step_s: float) -> None:
        self._engine.shift_clock(step_s)
        self._tally.shift_clock(step_s)

    def _publish(self, topic: str, payload: bytes, retain: bool) -> None:
        if self._link:
            self._link.publish(topic, payload, retain=retain)

    def _note_delivered(self, topic: str, delay_s: float) -> None:
        told = split_topic(topic)
        if told.branch == "signs" and not self._roster.is_drill(HallKey(told.area, told.hall)):
            self.metrics.observe_sign(delay_s)

    def _tell(self, key: HallKey, events: Sequence[AnyEvent]) -> None:
        self._alert_watch.note(key, events)
        for event in events if not self._roster.is_drill(key) else ():
            if isinstance(event, FaultRaised):
                self.metrics.observe_detection(event.known_at - event.since)
        self._tally.note(key, events)
        if self._parts.tell:
            self._parts.tell(key, events)

    def _notify(self) -> None:
        with self._lock:
            touched, self._touched = self._touched, set()
            self._alert_watch.look(touched)
        if (problems := self.problems()) != self._shown_problems:
            self._shown_problems = problems
            self._self_due = 0.0  # what is told of Hallwatch itself is to agree with it at once
            touched.add(SELF_KEY)
        for key in touched:
            self._show(key)

    def _show(self, key: HallKey) -> None:
        """Let the pages know that a hall is not as they show it."""
        for listener in list(self._listeners):
            listener(key)
