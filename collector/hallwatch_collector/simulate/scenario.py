"""A scenario: what happens in a simulated hall and when, in a file that an IT person can write.

::

    start = 2026-03-10T09:00:00            # the hall's local time
    until = 09:10:00
    steps = [
      { at = 09:01:00, do = "start", thing = "prn-3", fault = "jam" },
      { at = 09:03:00, do = "end",   thing = "prn-3", fault = "jam" },
      { at = 09:04:00, do = "tick",  clause = "D4", subject = "prn-3", by = "张工" },
    ]

A moment is a time of day, a date and time, or seconds after the start. ``start`` and ``end`` take the same things and
faults as the command ``hallwatch simulate``. What else can be done stands in
:mod:`hallwatch_collector.simulate.steps`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from hallwatch_agent.expectations import show_value
from hallwatch_agent.tables import TableReader
from hallwatch_agent.wire import Death, Life, Report, decode_life, decode_report, encode
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.halls.assign import assignments
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.simulate.agent import SimulatedAgent
from hallwatch_collector.simulate.faults import FaultKinds
from hallwatch_collector.simulate.steps import AnyStep, End, Figures, Start
from hallwatch_collector.simulate.world import World
from hallwatch_collector.tables import read_toml

SILENCE: float = 1.5
"""A broker calls a silent agent dead after so many keepalives (MQTT 3.1.1, 3.1.2.10)."""


class ScenarioFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario as it is written."""

    start: Any
    until: Any
    steps: list[AnyStep]


class Scenario(Struct, frozen=True, kw_only=True):
    """A scenario with its moments worked out: Unix seconds, in order."""

    start: float
    until: float
    steps: list[tuple[float, AnyStep]]


def load_scenario(path: Path, timezone: str) -> Scenario:
    """Read a scenario; *timezone* is the hall's. Raise :class:`FileRefused`."""
    reader = TableReader()
    written = reader.read(read_toml(path)[0], ScenarioFile)
    if not (reader.problems or isinstance(written.start, dt.datetime)):
        reader.report("start", f"{show_value(written.start)}: give a date and time, such as 2026-03-10T09:00:00")
    scenario = None if reader.problems else _work_out(reader, written, ZoneInfo(timezone))
    if scenario is None or reader.problems:
        raise FileRefused(Problem(str(path), key, text) for key, text in reader.problems)
    return scenario


def _work_out(reader: TableReader, written: ScenarioFile, zone: ZoneInfo) -> Scenario:
    start = _local(written.start, zone).astimezone(zone)
    until = _read_moment(reader, written.until, start, "until")
    steps = []
    for number, step in enumerate(written.steps, 1):
        key, known = f"steps[{number}].at", len(reader.problems)
        at = _read_moment(reader, step.at, start, key)
        if len(reader.problems) == known and not start.timestamp() <= at <= until:
            reader.report(key, f"{step.at} is not between start and until")
        steps.append((at, step))
    return Scenario(start=start.timestamp(), until=until, steps=sorted(steps, key=lambda step: step[0]))


def _read_moment(reader: TableReader, moment: Any, start: dt.datetime, key: str) -> float:
    try:
        return _seconds(moment, start)
    except (TypeError, ValueError, OverflowError):
        shown = show_value(moment)
        reader.report(key, f"{shown} is no moment; write 09:47:00, 2026-03-10T09:47:00 or seconds after the start")
        return start.timestamp()


def _local(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _seconds(moment: Any, start: dt.datetime) -> float:
    """Return a moment as Unix seconds; what has no place of its own is of the start's day and place."""
    if isinstance(moment, dt.datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=start.tzinfo)).timestamp()
    if isinstance(moment, dt.time):
        return dt.datetime.combine(start.date(), moment, start.tzinfo).timestamp()
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        return (start.astimezone(dt.UTC) + dt.timedelta(seconds=moment)).timestamp()
    raise TypeError


class Sent(Struct, frozen=True):
    """A message on the wire: *agent* is the one its topic names."""

    agent: str
    message: Report | Life

    def arrived(self) -> Report | Life:
        """Return the message encoded and decoded, so that it takes the same way as that of a real agent."""
        if isinstance(self.message, Report):
            return decode_report(encode(self.message))
        return decode_life(encode(self.message))


class Stage:
    """A simulated hall with its agents, played second by second. Pure and deterministic."""

    def __init__(self, hall: Hall, kinds: FaultKinds) -> None:
        self.world = World(hall, kinds)
        self._agents: dict[str, SimulatedAgent] = {}
        self._boots = 0
        self._connected: set[str] = set()
        self._wills: dict[str, tuple[float, Death]] = {}
        """Agent → when the broker notices that it fell silent, and its will."""
        self.use_hall(hall)

    def use_hall(self, hall: Hall) -> None:
        """Take *hall* as the description from now on, in the world and in the agents' probe lists."""
        self.world.use_hall(hall)
        staying = {agent.id: self._agents.get(agent.id) for agent in hall.agents}
        self._agents = {name: agent or SimulatedAgent(name) for name, agent in staying.items()}
        for assignment in assignments(hall):
            self._agents[assignment.agent].assign(assignment)

    def play(self, step: AnyStep, at: float) -> None:
        """Let a step happen in the world; steps of people and of the collector change nothing there.

        Raise :class:`NotInTheWorld` when the world has no such thing or fault.
        """
        if isinstance(step, Start):
            self.world.start(step.thing, step.fault, at)
        elif isinstance(step, End):
            self.world.end(step.thing, step.fault)
        elif isinstance(step, Figures):
            self.world.tell(step.thing, step.figures)

    def second(self, at: float) -> list[Sent]:
        """Return what comes through the broker at *at*, in order."""
        sent: list[Sent] = []
        for agent in self._agents.values():
            sent += self._life(agent, at)
            if self.world.runs(agent.id):
                reports = agent.step(self.world, at, connected=agent.id in self._connected)
                sent += [Sent(agent.id, report) for report in reports]
        return sent

    def _life(self, agent: SimulatedAgent, at: float) -> list[Sent]:
        """Connect and lose the agent as its machine and link have it."""
        sent: list[Sent] = []
        if not self.world.runs(agent.id):
            if agent.id in self._connected:
                self._leave(agent, at, at_once=self.world.killed(agent.id))
            agent.boot = ""
        elif not agent.boot:
            self._boots += 1
            agent.start(f"boot-{self._boots}")
        if agent.boot and not self.world.linked(agent.id):
            if agent.id in self._connected:
                self._leave(agent, at, at_once=False)
        elif agent.boot and agent.id not in self._connected:
            self._wills.pop(agent.id, None)  # a new connection of the same client takes the old one's place
            agent.next_session()
            self._connected.add(agent.id)
            sent.append(Sent(agent.id, agent.birth(self.world, at)))
        if agent.id in self._wills and self._wills[agent.id][0] <= at:
            sent.append(Sent(agent.id, self._wills.pop(agent.id)[1]))
        return sent

    def _leave(self, agent: SimulatedAgent, at: float, *, at_once: bool) -> None:
        self._connected.discard(agent.id)
        noticed_at = at if at_once else at + SILENCE * agent.keepalive_s
        self._wills[agent.id] = (noticed_at, Death(agent.id, agent.boot, agent.session))
