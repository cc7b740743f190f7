"""What people outside the hall tell in a drill, as soon as there is an incident that it is about. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hallwatch_collector.core.commands import AnyCommand, Estimate, TakeNote
from hallwatch_collector.core.plan import EVERYTHING
from hallwatch_collector.drills.choose import Action
from hallwatch_collector.drills.evidence import OVER, Evidence
from hallwatch_collector.drills.scenario import News, Scenario


class Newsboy:
    """Brings the news of a scenario, each piece once to each incident that stands by then."""

    def __init__(self, scenario: Scenario, actions: Iterable[Action], speed: float = 1.0) -> None:
        """*speed*: it comes so many times as early as the scenario says; what it says is not changed by that."""
        self._waiting = list(scenario.news)
        self._speed = speed
        self._things: dict[str, set[str]] = {}
        for action in actions:
            self._things.setdefault(action.group, set()).add(action.thing)

    def due(self, evidence: Evidence, elapsed_s: float) -> Iterator[AnyCommand]:
        """Yield the commands by which the news of this moment gets into the record."""
        for told in [each for each in self._waiting if each.at <= elapsed_s * self._speed]:
            things = self._things.get(told.what, set())
            about = [each.id for each in evidence.incidents() if each.device in things and each.status not in OVER]
            if about:
                self._waiting.remove(told)
            for incident in about:
                yield from _commands(told, incident)


def _commands(told: News, incident: str) -> Iterator[AnyCommand]:
    yield TakeNote(by=told.by, roles=[EVERYTHING], incident=incident, text=told.text)
    if told.back_in_s is not None:
        yield Estimate(by=told.by, roles=[EVERYTHING], incident=incident, minutes=told.back_in_s / 60)
