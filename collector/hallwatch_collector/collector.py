"""The collector: stations 5 to 8 joined around one lock.

The core has no locks, and needs none: whoever calls it holds this one. Messages come on the link's thread, time on the
ticker's, commands and pictures are asked for by the web's. Nothing is done under the lock that waits for the network;
only the journal's disk is waited for, because nothing may be done before it has the decision.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from hallwatch_agent.wire import Life, Report, split_topic
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent, FaultRaised
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.effects import EFFECTS
from hallwatch_collector.export.influx import History
from hallwatch_collector.export.prometheus import Metrics
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.intake import DROPPED, STORED, Intake
from hallwatch_collector.journal import Journal
from hallwatch_collector.ledger import Ledger
from hallwatch_collector.mqtt import Link
from hallwatch_collector.roster import Roster
from hallwatch_collector.selfwatch import INTERVAL_S, SELF_AGENT, SELF_KEY, Figures, SelfWatch, self_hall
from hallwatch_collector.shelf import Shelf

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often the hall files are looked at."""

Tell = Callable[[HallKey, Sequence[AnyEvent]], None]
Listener = Callable[[HallKey], None]


class Clock(Struct, frozen=True):
    """The two clocks. Moments are told by the wall's; how often something is done, by the one that cannot jump."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]


class Parts(Struct, frozen=True, kw_only=True):
    """What a collector is put together from."""

    engine: Engine
    journal: Journal
    folder: HallFolder
    clock: Clock
    boot: str
    """Drawn anew at each start."""
    history: History | None = None
    tell: Tell | None = None
    """Hears every decision that was carried out, for the log."""
    record: Callable[[float, str, bytes], None] | None = None
    """Hears every message, for ``replay``."""
    slow_consumers: Callable[[], int | None] = lambda: None
    """Asks the embedded broker, which may take a while."""


class Collector:
    """Takes messages, time and commands to the core, and what it decides to the journal and the effects."""

    def __init__(self, parts: Parts) -> None:
        self._engine = parts.engine
        self._clock = parts.clock
        self._history = parts.history
        self._parts = parts
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._listeners: list[Listener] = []
        self._touched: set[HallKey] = set()
        self._shown_problems: list[str] = []
        self._self_watch = SelfWatch(parts.boot)
        self._look_due = self._self_due = 0.0
        self._clock_gap = parts.clock.wall() - parts.clock.monotonic()
        self._slow_consumers: int | None = None
        self._own_errors = 0
        self.metrics = Metrics(self.figures)
        self._intake = Intake(self, self.metrics.count_refused)
        self._roster = Roster(parts.engine, parts.journal, parts.folder, self._note_loaded, self._note_dropped)
        self._shelf = Shelf(self._publish, self._roster.ever_had, self._note_delivered)
        self._effects = [effect(self._shelf, self._engine.view) for effect in EFFECTS]
        self._ledger = Ledger(parts.journal, self._roster.state, self._effects, self._tell)

    # -- start ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take up every hall where the journal left it.

        Raises ``JournalUnavailable`` or ``JournalUnusable`` when the journal cannot be read.
        """
        now = self._clock.wall()
        with self._lock:
            self._roster.remember()
            self._roster.bring(self_hall(), "", now)
            birth = self._self_watch.birth(now)
            self._ledger.take([(SELF_KEY, self._engine.on_life(SELF_KEY, SELF_AGENT, birth, now))], now)
            self._roster.look(now, starting=True)

    def use(self, link: Link) -> None:
        """Publish through this link."""
        self._link = link

    # -- the link's thread ---------------------------------------------------------------------------------------

    def on_message(self, topic: str, payload: bytes) -> None:
        """Take a message; what it decides is in the journal, or kept for it, when this returns."""
        now = self._clock.wall()
        with self._lock:
            if self._parts.record:
                self._parts.record(now, topic, payload)
            self._intake.take(topic, payload, now)

    def on_connected(self) -> None:
        """Put everything that is to stand on the broker there again."""
        with self._lock:
            self._shelf.restore(self._clock.wall())

    def on_disconnected(self, reason: str) -> None:
        """Have the next tick say so."""

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
        for reason, count in outcome.refused.items():
            self.metrics.count_refused(reason, count)
        self.metrics.count_report(len(outcome.accepted), outcome.late)
        if self._history and outcome.accepted:
            self._history.put(key, outcome.accepted)
        self._touched.add(key)

    def take_life(self, key: HallKey, agent: str, life: Life, now: float) -> None:
        """Take an agent's birth or death to the core."""
        self._ledger.take([(key, self._engine.on_life(key, agent, life, now))], now)
        self._touched.add(key)

    def hear(self, topic: str, payload: bytes, now: float) -> None:
        """Take what stands on one of our own topics."""
        self._shelf.hear(topic, payload, now)

    # -- the ticker's thread -------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass; call it several times a second."""
        now, moment = self._clock.wall(), self._clock.monotonic()
        if moment >= self._look_due:
            self._look_due = moment + LOOK_S
            self._do(self._roster.look, now)
        if moment >= self._self_due:
            self._self_due = moment + INTERVAL_S
            self._slow_consumers = self._parts.slow_consumers()
            self._do(self._watch_self, now)
        for duty in (self._tick_core, self._ledger.tick, self._shelf.settle):
            self._do(duty, now)
        self._notify()

    def _do(self, duty: Callable[[float], None], now: float) -> None:
        """Do a regular duty; a defect in it is logged and counted, and does not keep the others from theirs."""
        with self._lock:
            try:
                duty(now)
            except Exception:
                self._own_errors += 1
                log.exception("a defect in a regular duty; the others go on")

    def _tick_core(self, now: float) -> None:
        decided = self._engine.on_tick(now)
        if decided:
            self._ledger.take(list(decided.items()), now)
            self._touched.update(decided)

    def _watch_self(self, now: float) -> None:
        gap = now - self._clock.monotonic()
        step, self._clock_gap = gap - self._clock_gap, gap
        report = self._self_watch.report(self._figures(step), now)
        self.take_report(SELF_KEY, SELF_AGENT, report, now)

    # -- from the roster, under the lock -------------------------------------------------------------------------

    def _note_loaded(self, hall: Hall, events: list[AnyEvent], now: float) -> None:
        self._intake.forget_routes()
        self._touched.add(hall.key)
        if hall.key == SELF_KEY:  # nobody probes it: there is no assignment to hand out
            self._ledger.take([(SELF_KEY, events)], now)
        else:
            self._ledger.load(hall, events, now)

    def _note_dropped(self, key: HallKey, now: float) -> None:
        self._intake.forget_routes()
        self._touched.add(key)
        self._ledger.drop(key)
        self._shelf.forget(key, now)

    # -- what the web asks ---------------------------------------------------------------------------------------

    def command(self, key: HallKey, command: AnyCommand) -> None:
        """Carry out what a person decided; raise :class:`CommandRefused` when it cannot be."""
        with self._lock:
            now = self._clock.wall()
            if key not in self._roster:
                raise CommandRefused(f"there is no hall {key}")
            if self._ledger.failure:
                raise CommandRefused(f"not while the journal cannot be written: {self._ledger.failure}")
            self._ledger.take([(key, self._engine.on_command(key, command, now))], now)
            self._touched.add(key)
        self._notify()

    def view(self, key: HallKey) -> HallView | None:
        """Return the present picture of a hall."""
        with self._lock:
            return self._engine.view(key, self._clock.wall()) if key in self._roster else None

    def views(self) -> Iterator[HallView]:
        """Yield the present picture of every hall; the lock is held for one hall at a time."""
        for key in self._roster.keys():  # noqa: SIM118 - a copy: halls may come and go meanwhile
            if view := self.view(key):
                yield view

    def problems(self) -> list[str]:
        """Return what keeps the collector from its work now, a sentence each."""
        with self._lock:
            return list(self._problems())

    def _problems(self) -> Iterator[str]:
        if self._link and not self._link.connected:
            yield f"The broker is away: {self._link.last_error}"
        if self._ledger.failure:
            yield f"The journal cannot be written, nothing is carried out: {self._ledger.failure}"
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
            broker_connected=bool(self._link and self._link.connected),
            broker_dropped=self._intake.figures.get(DROPPED),
            broker_stored=self._intake.figures.get(STORED),
            broker_slow_consumers=self._slow_consumers,
            journal_pending=self._ledger.pending,
            history_buffered_bytes=self._history.buffered_bytes if self._history else 0,
            history_lost=self._history.lost if self._history else 0,
            hall_files_refused=self._roster.refused,
            internal_errors=self._intake.errors + self._own_errors,
            clock_step_s=clock_step_s,
        )

    # -- what follows from decisions -----------------------------------------------------------------------------

    def _publish(self, topic: str, payload: bytes, retain: bool) -> None:
        if self._link:
            self._link.publish(topic, payload, retain=retain)

    def _note_delivered(self, topic: str, delay_s: float) -> None:
        if split_topic(topic).branch == "signs":
            self.metrics.observe_sign(delay_s)

    def _tell(self, key: HallKey, events: Sequence[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, FaultRaised):
                self.metrics.observe_detection(event.known_at - event.since)
        if self._parts.tell:
            self._parts.tell(key, events)

    def _notify(self) -> None:
        with self._lock:
            touched, self._touched = self._touched, set()
        if (problems := self.problems()) != self._shown_problems:
            self._shown_problems = problems
            touched.add(SELF_KEY)
        for listener in list(self._listeners):
            for key in touched:
                listener(key)
