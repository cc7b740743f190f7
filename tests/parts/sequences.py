"""A hall to which anything may happen in any order: what the state machines of ``test_any_*.py`` have in common.

Each of them adds a hall, rules for what it looks at, and promises of its own. A test run tries the same sequences every
time; ``SEQUENCE_EXAMPLES=5000`` has them look for others, longer than a test run can.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final, Literal, TypeVar

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hallwatch_agent.wire import Reading
from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.decide import decide
from hallwatch_collector.core.events import AnyEvent, IncidentMoved, MeasureUndone
from hallwatch_collector.core.hall import Hall, OpeningHours
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.state import HallState, Measure
from parts.answers import say_yes
from parts.audit import audit
from parts.county import Bench
from parts.upright import problems
from parts.upright.checked import closed_unchecked

NINE: Final = 1_773_104_400.0
"""2026-03-10 09:00:00 in Shanghai, a Tuesday."""
EVERY_DAY: Final = OpeningHours(days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from_="08:00", to="17:00")
ANSWERED: Final = ("confirmed", "declined", "done")
BY_CALENDAR: Final = ("notice-outdated", "deadline-bureau", "deadline-both", "deadline-extended")
"""Occasions that may come with the clock: a deadline is near, a time that people were told is another one."""
Told = Literal["fine", "jam", "down"]
Thing = TypeVar("Thing")
numbers = st.integers(0, 30)
"""Which of several things: those that there are then are counted round."""


def looking(examples: int, steps: int = 20) -> settings:
    """Return how long a machine looks in a test run, or as long as the environment says."""
    longer = os.environ.get("SEQUENCE_EXAMPLES")
    unhurried = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(
        max_examples=int(longer or examples), stateful_step_count=steps, deadline=None, derandomize=not longer,
        suppress_health_check=unhurried,
    )  # fmt: skip


def pick(number: int, of: Sequence[Thing]) -> list[Thing]:
    """Return one of several things, or none when there are none."""
    return [of[number % len(of)]] if of else []


class AnySequence(RuleBasedStateMachine):
    """A hall with its readings, answers, clock and restarts."""

    EDITS: ClassVar[dict[str, Hall]]
    """The versions of its file, the first one first."""
    START: ClassVar[float] = NINE
    CAN: ClassVar[tuple[Told, ...]] = ("fine", "fine", "jam", "down")
    """What its devices can tell."""

    def __init__(self) -> None:
        super().__init__()
        self.edit = next(iter(self.EDITS))
        self.bench = Bench(self.EDITS[self.edit], self.START)
        self.bench.born()
        self.boot = 1
        self.skew_s = 0.0
        self.steps = 0
        self.known: dict[str, Told] = {}
        self.touched: dict[str, list[str]] = {}
        """Incident → the windows that it took something of, as far as the hall file still has them."""
        self._report(self.devices)

    @property
    def model(self) -> Model:
        return self.bench.engine._models[self.bench.key]

    @property
    def devices(self) -> list[str]:
        """Return the devices that the hall has now and that somebody reads."""
        return [name for name, watch in self.model.devices.items() if watch.probes]

    # -- what can happen -----------------------------------------------------------------------------------------------

    @rule(chosen=st.sets(numbers, min_size=1, max_size=4), told=numbers)
    def tell(self, chosen: set[int], told: int) -> None:
        self.known |= {self.devices[number % len(self.devices)]: self.CAN[told % len(self.CAN)] for number in chosen}
        for _ in range(6):
            self._pass(2.5)
            self._report(self.devices)

    @rule(seconds=st.sampled_from([5.0, 70.0, 700.0, 2000.0, 60_000.0]), watched=st.booleans())
    def wait(self, seconds: float, watched: bool) -> None:
        self._pass(seconds)
        if watched:
            self._report(self.devices)

    @rule(number=numbers, yes=st.sampled_from([True, True, True, False]))
    def answer(self, number: int, yes: bool) -> None:
        for measure in pick(number, self._asked()):
            self._order(self._answer(measure, yes))

    @rule()
    def answer_all(self) -> None:
        for measure in self._asked():
            if measure.status == "open":
                self._order(self._answer(measure, yes=True))

    @rule(number=numbers)
    def answer_late(self, number: int) -> None:
        """Whoever answers what is no longer asked is told why not, and nothing comes of it."""
        past = [each for each in self.model.measures.values() if each.status in ("undone", *ANSWERED, "over")]
        for measure in pick(number, [each for each in past if each.mode in ("ask", "show")]):
            before = len(self.bench.events)
            self._order(self._answer(measure, yes=True, late=True))
            assert len(self.bench.events) == before, f"{measure.id} was {measure.status}, and could be answered"

    @rule(number=numbers)
    def take_back(self, number: int) -> None:
        answered = [each for each in self.model.measures.values() if each.decided_by and each.decided_by != "auto"]
        for measure in pick(number, answered):
            self._order(commands.Retract(by="王", roles=["*"], measure=measure.id, reason="看错了"))

    @rule(number=numbers)
    def edit_hall_file(self, number: int) -> None:
        self.edit = pick(number, list(self.EDITS))[0]
        self.bench.hall = self.EDITS[self.edit]
        self._take(self.bench.engine.load_hall(self.bench.hall, self.edit, None, self.bench.now))

    @rule()
    def restart(self) -> None:
        state = self.bench.engine.state(self.bench.key)
        assert msgspec.json.decode(msgspec.json.encode(state), type=HallState) == state
        asked = [each.id for each in self.model.measures.values() if each.status == "open"]
        before = len(self.bench.events)
        self.bench.restart()
        decided = [name for name in self.bench.names(self.bench.events[before:]) if name != "hall-loaded"]
        assert decided == [], "a restart decides nothing"
        assert [each.id for each in self.model.measures.values() if each.status == "open"] == asked

    @rule(step_s=st.sampled_from([-3600.0, -90.0, 90.0, 7200.0]))
    def set_clock(self, step_s: float) -> None:
        before = {each.id: each.status for each in self.model.measures.values()}
        ages = {each.id: self.bench.now - each.began_at for each in self.model.incidents.values()}
        levels = {each.id: each.level for each in self.model.incidents.values()}
        self.bench.engine.shift_clock(step_s)
        self.bench.now += step_s
        self.skew_s += step_s
        self.steps += 1
        self._pass(0.02)
        for measure in self.model.measures.values():
            template = self.model.templates[measure.template]
            by_calendar = template.on in BY_CALENDAR or template.near_deadline
            if measure.status == "open" and measure.incident in ages and not by_calendar:
                assert before.get(measure.id) == "open", f"{measure.id}: what was to come in a while comes at once"
        for incident in [each for each in self.model.incidents.values() if each.id in ages]:
            assert abs(self.bench.now - incident.began_at - ages[incident.id]) < 1, f"{incident.id} has another age"
            assert incident.level == levels[incident.id], "a clock that is set makes nothing worse"

    @rule()
    def lose_agent(self) -> None:
        self.bench.dies(boot=f"b{self.boot}")
        self.boot += 1
        self.bench.born(boot=f"b{self.boot}")

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong(self) -> None:
        wrong = problems(self.model, self.bench.now)
        assert wrong == [], wrong
        self.touched |= {each.id: list(each.windows) for each in self.model.incidents.values()}

    @invariant()
    def all_is_decided(self) -> None:
        turn = Turn(self.model, self.bench.now)
        decide(turn)
        self._take([event for event in turn.events if _is_rewording(event)])  # today is "yesterday" tomorrow
        anew = [event for event in turn.events if not _is_rewording(event)]
        assert anew == [], anew
        self.model.footings.clear()
        whole = Turn(self.model, self.bench.now)
        decide(whole)
        assert whole.events == [], f"what was not decided again would have come out otherwise: {whole.events}"

    @invariant()
    def the_pictures_can_be_made(self) -> None:
        view = self.bench.engine.view(self.bench.key, self.bench.now)
        assert {sign.place for sign in view.signs} == set(self.model.signs)
        for place in self.model.signs:
            assert self.bench.engine.explain(self.bench.key, "sign", place, self.bench.now).links

    def teardown(self) -> None:
        wrong = [each for each in audit(_entries(self.bench.events)) if not (self.steps and "at a moment" in each)]
        assert wrong == [], wrong
        assert list(_closed_too_early(self.model, self.bench.events)) == []
        assert list(closed_unchecked(self.bench.events, self.touched)) == []

    # -- how -----------------------------------------------------------------------------------------------------------

    def _answer(self, measure: Measure, yes: bool, *, late: bool = False) -> AnyCommand:
        """Return the answer of somebody who may give it. A report can be signed late; its step cannot be ticked."""
        if measure.mode == "ask" and not yes:
            return commands.Decline(by="王主任", roles=["*"], measure=measure.id, reason="再等等")
        if measure.mode == "show" and late:
            return commands.Tick(by="王主任", roles=["*"], measure=measure.id)
        return say_yes(measure, "王主任", "*")

    def _asked(self) -> list[Measure]:
        return [each for each in self.model.measures.values() if each.status == "open" and each.mode in ("ask", "show")]

    def _reading(self, device: str, at: float) -> Reading:
        """Return what a device tells now."""
        told = {"jam": {"reachable": True, "jam": True}, "down": {"reachable": False}}
        conditions = told.get(self.known.get(device, "fine"), {"reachable": True, "jam": False})
        return Reading(device, "tcp", at, conditions=conditions)

    def _report(self, devices: Sequence[str]) -> None:
        at = self.bench.now - self.skew_s
        self.bench.report(*(self._reading(name, at) for name in devices), boot=f"b{self.boot}", sent_at=at)

    def _pass(self, seconds: float) -> None:
        """Let time pass from one thing that is due to the next."""
        until = self.bench.now + seconds
        while self.bench.now < until:
            due = self.bench.engine.next_due()
            self.bench.now = min(until, max(due, self.bench.now + 0.01))
            for events in self.bench.engine.on_tick(self.bench.now).values():
                self._take(events)

    def _order(self, command: AnyCommand) -> list[AnyEvent]:
        """Give a command; return what came of it, nothing when it was refused."""
        before = msgspec.json.encode(self.bench.engine.state(self.bench.key))
        try:
            events = self.bench.engine.on_command(self.bench.key, command, self.bench.now)
        except CommandRefused:
            after = msgspec.json.encode(self.bench.engine.state(self.bench.key))
            assert after == before, "what is refused changes nothing"
            return []
        self._take(events)
        return events

    def _take(self, events: list[AnyEvent]) -> None:
        self.bench.events += events


def _is_rewording(event: AnyEvent) -> bool:
    return bool(getattr(event, "updated", False))


def _entries(events: list[AnyEvent]) -> list[dict[str, Any]]:
    return [
        {
            "seq": seq,
            "at": event.at,
            "kind": str(event.__struct_config__.tag),
            "event": msgspec.to_builtins(event),
        }
        for seq, event in enumerate(events, 1)
    ]


def _closed_too_early(model: Model, events: list[AnyEvent]) -> Iterator[str]:
    """Yield the checks that were let go because their incident closed by itself: it had to wait for them."""
    holding = {template.id for template in model.plan.measures if template.holds_close}
    closed: set[str] = set()
    template_of = {event.measure: event.template for event in events if hasattr(event, "template")}
    for event in events:
        if isinstance(event, IncidentMoved):
            given_way = event.by.startswith(("merged-into", "explained-by", "hall-file"))
            (closed.add if event.status == "closed" and not given_way else closed.discard)(event.incident)
        elif event.__struct_config__.tag == "incident-opened":
            closed.discard(event.incident)
        if isinstance(event, MeasureUndone) and event.incident in closed and template_of[event.measure] in holding:
            yield f"{event.incident} closed before {template_of[event.measure]} ({event.measure})"
