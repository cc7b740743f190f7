"""A drill in virtual time, with a scripted staff: whether a scenario fits a hall, and what the plan will ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.commands import Acknowledge, AnyCommand, Confirm, DrillStep, Estimate, Tick
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.plan import EVERYTHING, Plan
from hallwatch_collector.drills.choose import Action, plan_actions
from hallwatch_collector.drills.evidence import Evidence, displays_of
from hallwatch_collector.drills.news import Newsboy
from hallwatch_collector.drills.scenario import SETTLING_S, Acknowledged, AnyExpected, Decided, Drill, Estimated
from hallwatch_collector.drills.score import Deed, Score, find_deeds, score
from hallwatch_collector.halls.read import HallFile
from hallwatch_collector.player import Player
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.scenario import Stage
from hallwatch_collector.simulate.steps import End, Start

STAFF: Final = "演练人员"
DIRECTOR: Final = "演练程序"
"""Who the record says begins and ends the troubles."""
REPAIR_MINUTES: Final = 15.0


class Rehearsal:
    """A drill played to its end."""

    def __init__(
        self,
        drill: Drill,
        twin: HallFile,
        rules: tuple[Plan, Catalogue],
        start: float,
        *,
        staffed: bool,
    ) -> None:
        """*staffed*: everything that is expected of people is done when its time is over, and not a second earlier."""
        kinds = load_fault_kinds()
        self._name, self._scenario = drill
        self._actions = plan_actions(self._scenario, twin.hall, kinds)
        self._stage = Stage(twin.hall, kinds)
        self._staffed = staffed
        self._start = start
        self._news = Newsboy(self._scenario, self._actions)
        self.evidence = Evidence(displays=displays_of(twin.hall))
        self._player = Player(*rules, twin, start, listen=self._hear)
        self.ended_at = self._play()

    @property
    def score(self) -> Score:
        """What it came to."""
        return score(self._scenario, self.evidence, self.ended_at, ended=True)

    @property
    def told(self) -> list[str]:
        """The course of the drill, an event a line."""
        return self._player.told()

    def _hear(self, _: Player, events: Sequence[AnyEvent]) -> None:
        for event in events:
            self.evidence.take(event)

    def _play(self) -> float:
        at, last = self._start, self._start + self._scenario.lasts_s
        quiet_from = self._start + self._actions[-1].at + SETTLING_S
        while at < last:
            self._player.advance(at)
            self._begin_and_end(at)
            for command in self._news.due(self.evidence, at - self._start):
                self._player.command(command)
            for sent in self._stage.second(at):
                self._player.receive(sent.agent, sent.arrived())
            if self._staffed:
                for command in list(self._due(at)):
                    self._player.command(command)
            if at >= quiet_from and not self.evidence.stands and score(self._scenario, self.evidence, at).is_settled:
                return at
            at += 1.0
        return last

    def _begin_and_end(self, at: float) -> None:
        while self._actions and self._start + self._actions[0].at <= at:
            action = self._actions.pop(0)
            self._player.command(note_step(self._name, action))
            step = (Start if action.begins else End)(at=at, thing=action.thing, fault=action.fault)
            self._stage.play(step, at)

    def _due(self, at: float) -> Iterator[AnyCommand]:
        """Yield what the staff does now."""
        for expected in self._scenario.expect:
            for deed in find_deeds(expected, self.evidence):
                is_open = deed.what and deed.done_at is None and deed.gone_at is None
                if is_open and at >= deed.asked_at + expected.within_s:
                    yield answer(expected, deed)


def note_step(scenario: str, action: Action) -> DrillStep:
    """Return the command by which the record learns of an action."""
    return DrillStep(
        by=DIRECTOR, roles=[EVERYTHING], act="start" if action.begins else "end", scenario=scenario,
        group=action.group, thing=action.thing, fault=action.fault,
    )  # fmt: skip


def answer(expected: AnyExpected, deed: Deed) -> AnyCommand:
    """Return the command by which a person does what is expected."""
    roles = [EVERYTHING]
    match expected:
        case Acknowledged():
            return Acknowledge(by=STAFF, roles=roles, incident=deed.what)
        case Estimated():
            return Estimate(by=STAFF, roles=roles, incident=deed.what, minutes=REPAIR_MINUTES)
        case Decided():
            return Confirm(by=STAFF, roles=roles, measure=deed.what)
    return Tick(by=STAFF, roles=roles, measure=deed.what)
