"""Who would be told of an incident, when and by which way: the steps of escalation, played without one."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from hallwatch_collector.core.alerts.escalation import find_people, find_ways, gather, quiet_until
from hallwatch_collector.core.alerts.people import Recipient, Step
from hallwatch_collector.core.model import Model


class Foreseen(Struct, frozen=True, kw_only=True):
    """What would be told, as long as nobody acknowledges it."""

    after_s: float
    """After the incident began."""
    step: int
    """The number of its step, from 1."""
    roles: tuple[str, ...]
    """Roles or groups that the step names."""
    channel: str = ""
    people: tuple[str, ...] = ()
    """None: nobody would be told by this step."""
    hold_until: float | None = None
    """Quiet hours: not before this."""


def foresee(model: Model, level: str, now: float) -> list[Foreseen]:
    """Return who would be told of an incident of a level that began now, in order."""
    found = [
        each
        for number, step in enumerate(model.alerting.steps, 1)
        if not step.levels or level in step.levels
        for each in _play(model, step, number, level, now)
    ]
    return sorted(found, key=lambda each: (each.after_s, each.step))


def find_on_duty(model: Model, now: float) -> list[Recipient]:
    """Return everybody whom a step would tell now, whatever the level."""
    found = {person.name: person for step in model.alerting.steps for person in find_people(model, step, now)}
    return list(found.values())


def find_empty_steps(model: Model, now: float) -> list[int]:
    """Return the numbers of the steps that would tell nobody now."""
    steps = enumerate(model.alerting.steps, 1)
    return [number for number, step in steps if not find_people(model, step, now)]


def _play(model: Model, step: Step, number: int, level: str, now: float) -> Iterator[Foreseen]:
    for time in range(step.times if step.repeat_s is not None else 1):
        after_s = step.after_s + time * (step.repeat_s or 0.0)
        at = now + after_s
        told = {"after_s": after_s, "step": number, "roles": tuple(step.to)}
        people = find_people(model, step, at)
        if not people:
            yield Foreseen(**told)  # type: ignore[arg-type]
        for call in gather([(person, find_ways(person, step)[0]) for person in people]):
            held = quiet_until(model, call.people, level, at)
            yield Foreseen(**told, channel=call.channel, people=call.people, hold_until=held)  # type: ignore[arg-type]
