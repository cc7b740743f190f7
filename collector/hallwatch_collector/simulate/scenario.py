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
faults as the command ``hallwatch simulate``.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from hallwatch_agent.wire import Death, Id, Life, Report
from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand, Person, Reason
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.halls.assign import assignments
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.simulate.agent import SimulatedAgent
from hallwatch_collector.simulate.faults import FaultKinds
from hallwatch_collector.simulate.world import World

SILENCE: float = 1.5
"""A broker calls a silent agent dead after so many keepalives (MQTT 3.1.1, 3.1.2.10)."""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """Something that happens in a scenario."""

    at: Any
    """The moment: a time of day, a date and time, or seconds after the start."""


class Start(Step, tag="start", frozen=True, kw_only=True):
    """A fault begins."""

    thing: Id
    fault: Id


class End(Step, tag="end", frozen=True, kw_only=True):
    """A fault is over."""

    thing: Id
    fault: Id


class Decide(Step, frozen=True, kw_only=True):
    """A person decides about the open measure of this clause for this subject (a device or window)."""

    clause: str
    subject: Id
    by: Person

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        raise NotImplementedError


class Confirm(Decide, tag="confirm", frozen=True, kw_only=True):
    """Say yes to a proposal."""

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        return commands.Confirm(by=self.by, measure=measure)


class Decline(Decide, tag="decline", frozen=True, kw_only=True):
    """Say no to a proposal."""

    reason: Reason

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        return commands.Decline(by=self.by, measure=measure, reason=self.reason)


class Tick(Decide, tag="tick", frozen=True, kw_only=True):
    """Say that a step is done."""

    def command(self, measure: str) -> AnyCommand:
        """Return the command that decides this measure."""
        return commands.Tick(by=self.by, measure=measure)


class Acknowledge(Step, tag="acknowledge", frozen=True, kw_only=True):
    """A person takes on the open incident of this device."""

    thing: Id
    by: Person


class Restart(Step, tag="restart", frozen=True, kw_only=True):
    """The collector is killed and started again from what it had written down."""


class EditHall(Step, tag="edit-hall", frozen=True, kw_only=True):
    """Another file comes into force as the hall's description; its name is taken from the scenario's folder."""

    file: str


AnyStep = Start | End | Confirm | Decline | Tick | Acknowledge | Restart | EditHall


class ScenarioFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario as it is written."""

    start: dt.datetime
    until: Any
    steps: list[AnyStep]


class Scenario(Struct, frozen=True, kw_only=True):
    """A scenario with its moments worked out: Unix seconds, in order."""

    start: float
    until: float
    steps: list[tuple[float, AnyStep]]


def load_scenario(path: Path, timezone: str) -> Scenario:
    """Read a scenario; *timezone* is the hall's. Raise :class:`FileRefused`."""
    zone = ZoneInfo(timezone)
    try:
        written = msgspec.toml.decode(path.read_bytes(), type=ScenarioFile)
        start = _local(written.start, zone)
        until = _seconds(written.until, start, zone)
        steps = [(_seconds(step.at, start, zone), step) for step in written.steps]
    except OSError as error:
        raise FileRefused([Problem(str(path), "", error.strerror or str(error))]) from None
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
        raise FileRefused([Problem(str(path), "", str(error))]) from None
    wrong = [
        Problem(str(path), f"steps[{number}].at", f"{step.at} is not between start and until")
        for number, (at, step) in enumerate(steps, 1)
        if not start.timestamp() <= at <= until
    ]
    if wrong:
        raise FileRefused(wrong)
    return Scenario(start=start.timestamp(), until=until, steps=sorted(steps, key=lambda step: step[0]))


def _local(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _seconds(moment: Any, start: dt.datetime, zone: ZoneInfo) -> float:
    if isinstance(moment, dt.datetime):
        return _local(moment, zone).timestamp()
    if isinstance(moment, dt.time):
        on_the_day = dt.datetime.combine(start.astimezone(zone).date(), moment, zone)
        return on_the_day.timestamp()
    if isinstance(moment, int | float):
        return start.timestamp() + moment
    raise TypeError(f"{moment!r} is no moment; write 09:47:00, 2026-03-10T09:47:00 or seconds after the start")


class Sent(Struct, frozen=True):
    """A message on the wire: *agent* is the one its topic names."""

    agent: str
    message: Report | Life


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
