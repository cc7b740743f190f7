"""The agent at work. One thread owns all its state and takes in what happens as events; nothing here is polled.

schedule → readers → gather → outbox and spool → link: stations 1 to 3 of the eight.
"""

from __future__ import annotations

import logging
import os
import platform
import queue
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from hallwatch_agent import __version__
from hallwatch_agent.assignment import check_assignment, load_assignment, save_assignment
from hallwatch_agent.config import Config
from hallwatch_agent.job import Clock, Job
from hallwatch_agent.mqtt import Acknowledged, Down, HeartbeatCame, Link, LinkEvent, OrderCame, Up
from hallwatch_agent.outbox import Outbox
from hallwatch_agent.spool import Spool
from hallwatch_agent.wire import (
    Assignment,
    Birth,
    Death,
    NotOnTheWire,
    ProbeNow,
    Reading,
    decode_order,
    encode,
    topic,
)
from hallwatch_agent.work import Work

if TYPE_CHECKING:
    from hallwatch_agent.chat.exchange import Answer
    from hallwatch_agent.collector_watch.watcher import Watcher

HEAR_FIRST_S: Final = 2.0
"""At the start the kept assignment waits so long for the one that the broker holds, which is newer where they differ,
and may mend a kept one that brings the agent down. When none comes, the kept one counts."""
FAREWELL_S: Final = 1.0
DISCONNECT_S: Final = 0.3
REST_S: Final = 1.0
"""After a defect."""
REFUSALS_LOG_S: Final = 60.0
"""A refused order is logged at most so often; whoever sends it may do so in a loop."""
MAX_WAIT_S: Final = 0.5 if sys.platform == "win32" else 3600.0
"""Windows runs signal handlers only between two waits."""

log = logging.getLogger(__name__)


class Ended(NamedTuple):
    """A job has come to its end."""

    job: Job
    reading: Reading


class Called(NamedTuple):
    """A device has called by itself."""

    device: str


class Answered(NamedTuple):
    """A chat has said what became of a message about the collector."""

    serial: int
    answer: Answer


class Stop(NamedTuple):
    """End in good order."""


class Agent:
    """Everything an agent is; :meth:`run` returns after :meth:`stop`."""

    def __init__(self, config: Config, clock: Clock = time.time) -> None:  # noqa: TID251 - the one place
        """Open the spool. Raises :class:`hallwatch_agent.spool.SpoolTaken` when this agent runs already."""
        who = config.identity
        self._config = config
        self._clock = clock
        self._agent = who.agent
        self._reports_topic = topic(who.area, who.hall, "reports", who.agent)
        self._boot = os.urandom(8).hex()
        self._inbox: queue.SimpleQueue[LinkEvent | Ended | Called | Answered | Stop] = queue.SimpleQueue()
        self._assignment: Assignment | None = None
        self._kept: Assignment | None = None  # until something works by it, or by a newer one
        self._resumes_at = 0.0
        self._spool = Spool(config.spool_path, config.spool.max_bytes, config.spool.max_age_s, clock())
        self._outbox = Outbox(self._spool, who.agent, self._boot)
        self._work = Work(
            lambda job, reading: self._inbox.put(Ended(job, reading)),
            lambda device: self._inbox.put(Called(device)),
            clock,
            Path(config.secrets.directory),
            config.traps.address if config.traps else None,
        )
        self._link = Link(config, self._boot, self._inbox.put)
        self._watcher = self._open_watcher()
        self._session: int | None = None
        self._acknowledged: list[int] = []
        self._refused = 0
        self._refusal_log_at = 0.0
        self._stopping = False
        self._farewell: int | None = None
        self._rests_until = 0.0

    def stop(self) -> None:
        """End in good order. May be called from any thread and from a signal handler."""
        self._inbox.put(Stop())

    def run(self) -> None:
        """Work until stopped."""
        self._survive(self._recall)
        self._link.start()
        while not self._stopping:
            self._take_in(self._next_at())
            self._survive(self._resume)
            self._survive(self._work.advance)
            self._survive(self._hand_over)
            if self._watcher:
                self._survive(self._watcher.look)
        self._say_farewell()

    def _survive(self, step: Callable[[], None]) -> None:
        """Take a step; a defect met in it must not end the agent, which has other readings to make."""
        try:
            step()
        except Exception:
            log.exception("%s failed; going on", getattr(step, "__qualname__", step))
            self._rests_until = time.monotonic() + REST_S

    def _next_at(self) -> float | None:
        """Return when there is something to do, monotonic seconds; after a defect not at once, as it may last."""
        next_at = self._resumes_at if self._kept else self._work.next_at()
        if self._watcher:
            next_at = self._watcher.next_at if next_at is None else min(next_at, self._watcher.next_at)
        return None if next_at is None else max(next_at, self._rests_until)

    def _open_watcher(self) -> Watcher | None:
        settings = self._config.collector_watch
        if settings is None:
            return None
        from hallwatch_agent.collector_watch.watcher import Watcher  # most agents watch no collector

        return Watcher(
            self._config, settings, self._clock, lambda serial, answer: self._inbox.put(Answered(serial, answer))
        )

    def _recall(self) -> None:
        """Fetch the kept assignment."""
        path = self._config.assignment_path
        try:
            kept = load_assignment(path, self._agent)
        except (NotOnTheWire, OSError) as error:
            log.error("kept assignment %s cannot be used, waiting for the collector: %s", path, error)
            return
        if kept is None:
            log.info("no assignment kept in %s, waiting for the collector", path)
            return
        self._kept, self._resumes_at = kept, time.monotonic() + HEAR_FIRST_S

    def _resume(self) -> None:
        """Work by the kept assignment when the broker had its time to send a newer one."""
        if self._kept is not None and time.monotonic() >= self._resumes_at:
            log.info("working by the kept assignment %s: %d probes", self._kept.digest, len(self._kept.probes))
            self._work_by(self._kept)

    def _take_in(self, until: float | None) -> None:
        """Wait for the first event, at most *until*, and take in all that are there."""
        wait_s = MAX_WAIT_S if until is None else min(until - time.monotonic(), MAX_WAIT_S)
        try:
            event = self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
            while True:
                try:
                    self._handle(event)
                except Exception:  # a defect met by one event must not end the agent
                    log.exception("%s could not be handled", type(event).__name__)
                event = self._inbox.get_nowait()
        except queue.Empty:
            pass
        self._survive(self._acknowledge)

    def _handle(self, event: LinkEvent | Ended | Called | Answered | Stop) -> None:
        match event:
            case Ended(job, reading):
                self._work.end(job, reading)
            case Called(device):
                self._work.probe_now([device])
            case Acknowledged(session, mid):
                if session == self._session:
                    self._acknowledged.append(mid)
                    self._farewell = None if mid == self._farewell else self._farewell
            case Up(session):
                self._session = session
                self._give_birth()
            case Down():
                self._session = None
                self._acknowledged.clear()
                self._outbox.disconnect()
            case OrderCame(payload):
                self._obey(payload)
            case Stop():
                self._stopping = True
        if self._watcher:
            self._show(self._watcher, event)

    def _show(self, watcher: Watcher, event: LinkEvent | Ended | Called | Answered | Stop) -> None:
        """Let the watch over the collector see what concerns it."""
        match event:
            case Up():
                watcher.connect()
            case Down():
                watcher.disconnect()
            case HeartbeatCame(payload, kept):
                self._take_if_right("heartbeat", lambda: watcher.hear(payload, kept=kept))
            case Answered(serial, answer):
                watcher.answer(serial, answer)

    def _acknowledge(self) -> None:
        """Forget what the broker has taken over."""
        mids, self._acknowledged = self._acknowledged, []
        self._outbox.acknowledge(mids)

    def _hand_over(self) -> None:
        """Spool the readings whose window is over, and give the broker what waits."""
        while readings := self._work.take(all_there_is=self._stopping):
            self._outbox.put(readings, self._clock())
        session = self._session
        if session is not None:
            self._outbox.pump(lambda body: self._link.publish(session, self._reports_topic, body), self._clock())

    def _obey(self, payload: bytes) -> None:
        if payload:  # else the collector has withdrawn a retained order, not the work
            self._take_if_right("order", lambda: self._carry_out(payload))

    def _carry_out(self, payload: bytes) -> None:
        order = decode_order(payload)
        if isinstance(order, Assignment):
            check_assignment(order, self._agent)
            self._accept(order)
        else:
            self._probe_now(order)

    def _take_if_right(self, noun: str, take: Callable[[], None]) -> None:
        """Take in what came; what is wrong with it is logged, but not each time."""
        try:
            take()
        except NotOnTheWire as error:
            self._refused += 1
            if time.monotonic() >= self._refusal_log_at:
                self._refusal_log_at = time.monotonic() + REFUSALS_LOG_S
                log.warning("%s refused (%d so far): %s", noun, self._refused, error)

    def _accept(self, assignment: Assignment) -> None:
        if assignment == self._assignment:
            return
        is_new = assignment != self._kept
        log.info("%s assignment %s: %d probes", "new" if is_new else "kept", assignment.digest, len(assignment.probes))
        if is_new:
            try:
                save_assignment(self._config.assignment_path, assignment)
            except OSError as error:
                log.error("assignment cannot be kept in %s: %s", self._config.assignment_path, error.strerror)
        self._work_by(assignment)

    def _work_by(self, assignment: Assignment) -> None:
        self._assignment, self._kept = assignment, None
        self._work.replace(assignment)
        self._give_birth()

    def _probe_now(self, order: ProbeNow) -> None:
        if order.agent != self._agent:
            raise NotOnTheWire(f"order for agent {order.agent!r}, but this is {self._agent!r}")
        known = self._work.devices.intersection(order.devices)
        if unknown := sorted(set(order.devices) - known):  # the collector may be ahead of our assignment
            log.warning("asked to probe now what is not assigned here: %s", ", ".join(unknown)[:200])
        self._work.probe_now(known)

    def _give_birth(self) -> None:
        if self._session is None:
            return
        birth = Birth(
            agent=self._agent,
            boot=self._boot,
            session=self._session,
            at=self._clock(),
            keepalive_s=self._config.broker.keepalive_s,
            version=__version__,
            host=platform.node(),
            system=f"{platform.system()} {platform.release()}",
            assignment=self._assignment.digest if self._assignment else "",
        )
        self._link.publish(self._session, self._link.life_topic, encode(birth), retain=True)

    def _say_farewell(self) -> None:
        """Send what is there and our own death, and wait shortly for the broker to take it over."""
        self._survive(self._hand_over)
        if self._session is not None:
            death = encode(Death(self._agent, self._boot, self._session, stopped=True))
            self._farewell = self._link.publish(self._session, self._link.life_topic, death, retain=True)
            until = time.monotonic() + FAREWELL_S
            # Hanging up on an acknowledgement under way would reset the connection, and the broker send our last will.
            while self._farewell is not None and self._session is not None and time.monotonic() < until:
                self._take_in(until)
        self._link.stop(DISCONNECT_S)
        self._work.close()
        self._spool.close()
