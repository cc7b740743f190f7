"""Joins the watch over the collector to the agent: its events, its clocks, its files."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable
from typing import Any, Final

from hallwatch_agent.chat.exchange import Answer, Never, NotNow, Taken
from hallwatch_agent.collector_watch.case import Case, Moment, Telling
from hallwatch_agent.collector_watch.delivery import Parcel, deliver, deliver_aside
from hallwatch_agent.collector_watch.machine import LOOK_S, Machine
from hallwatch_agent.collector_watch.memory import load_case, save_case
from hallwatch_agent.collector_watch.settings import CollectorWatch
from hallwatch_agent.collector_watch.words import Speaker, word, word_test
from hallwatch_agent.config import Config
from hallwatch_agent.job import Clock
from hallwatch_agent.wire import decode_heartbeat

KEY: Final = "collector-watch"

log = logging.getLogger(__name__)


class Watcher:
    """The watch over the collector, for the agent's one thread."""

    def __init__(self, config: Config, settings: CollectorWatch, clock: Clock, answered: Callable[[int, Answer], None]):
        """*answered* is told in another thread what became of a message; the owner passes it on to :meth:`answer`."""
        self._settings = settings
        self._speaker = make_speaker(config, settings)
        self._path = config.watch_path
        self._clock = clock
        self._answered = answered
        self._kept = load_case(self._path)
        self._machine = Machine(settings, self._now(), self._kept)
        self._complaint = ""
        self.next_at = time.monotonic()
        """When :meth:`look` is to be called, monotonic seconds."""

    def connect(self) -> None:
        """Note that the broker is there."""
        self._machine.connect(self._now())

    def disconnect(self) -> None:
        """Note that the broker is gone."""
        self._machine.disconnect(self._now())

    def hear(self, payload: bytes, *, kept: bool) -> None:
        """Take in what came on the collector's topic. Raises ``NotOnTheWire`` when that is no heartbeat."""
        self._machine.hear(decode_heartbeat(payload) if payload else None, self._now(), kept=kept)

    def look(self) -> None:
        """Let time pass, and tell people when it is time to."""
        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + LOOK_S
        telling = self._machine.look(self._now())
        self._keep(self._machine.case)  # before it is sent: a crash must not tell it a second time unmarked
        if telling is not None:
            serial = telling.serial
            parcel = self._wrap(telling)
            deliver_aside(self._settings, parcel, self._clock(), lambda answer: self._answered(serial, answer))

    def answer(self, serial: int, answer: Answer) -> None:
        """Take in what became of a message."""
        self._machine.answer(serial, answer, self._now())
        self._keep(self._machine.case)
        match answer:
            case Taken():
                log.warning("people were told of the collector over %s (message %d)", self._settings.channel, serial)
                self._complaint = ""
            case NotNow(reason=reason) | Never(reason=reason):
                if str(reason) != self._complaint:  # an outage is one line, not one a try
                    log.error("%s did not take what is to be told of the collector: %s", self._settings.channel, reason)
                self._complaint = str(reason)

    def _wrap(self, telling: Telling) -> Parcel:
        facts: dict[str, Any] = {
            "symptom": telling.symptom, "since": telling.since, "over_at": telling.over_at or None,
            "agent": self._speaker.identity,
        }  # fmt: skip
        return Parcel(_key(self._speaker, telling.serial), word(telling, self._speaker), facts)

    def _keep(self, case: Case | None) -> None:
        if case == self._kept:
            return
        try:
            save_case(self._path, case)
        except OSError as error:
            log.error("what was told of the collector cannot be kept in %s: %s", self._path, error.strerror)
        self._kept = case

    def _now(self) -> Moment:
        return Moment(self._clock(), time.monotonic())


def send_test(config: Config, settings: CollectorWatch, now: float) -> Answer:
    """Send a message that is marked as a test, and return what became of it."""
    speaker = make_speaker(config, settings)
    facts = {"symptom": "test", "agent": speaker.identity}
    return deliver(settings, Parcel(_key(speaker, int(now * 1000)), word_test(now, speaker), facts), now)


def make_speaker(config: Config, settings: CollectorWatch) -> Speaker:
    """Return who speaks, for people."""
    broker = f"{config.broker.host}:{config.broker.port}"
    return Speaker(identity=str(config.identity), host=platform.node(), broker=broker, keyword=settings.keyword)


def _key(speaker: Speaker, serial: int) -> str:
    return f"{KEY}-{speaker.identity.replace('/', '-')}-{serial}"
