"""Finds the things of a hall that a scenario is about, and works out what happens to each of them when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from hallwatch_collector.core.hall import Device, Hall
from hallwatch_collector.drills.scenario import Group, Scenario, Trouble
from hallwatch_collector.problems import name_choices
from hallwatch_collector.simulate.faults import FaultKinds


class DoesNotFit(ValueError):  # noqa: N818 - it says what is so
    """The hall has not what the scenario is about, or the simulation has no such fault."""

    def __init__(self, text: str, text_en: str) -> None:
        self.text = text
        super().__init__(text_en)


class Action(NamedTuple):
    """A fault of a thing begins, or is over; *at* is seconds after the scenario's begin."""

    at: float
    begins: bool
    group: str
    thing: str
    fault: str


def plan_actions(scenario: Scenario, hall: Hall, kinds: FaultKinds) -> list[Action]:
    """Return all that happens, in order; raise :class:`DoesNotFit`."""
    actions: list[Action] = []
    for trouble in scenario.troubles:
        _check_faults(trouble, kinds)
        for thing, fault in _hit(scenario.groups[trouble.what], trouble, hall, kinds):
            for start, end in trouble.spells():
                actions += [
                    Action(start, True, trouble.what, thing, fault), Action(end, False, trouble.what, thing, fault)
                ]  # fmt: skip
    # What is over at a moment is over before anything else begins at it.
    return sorted(actions, key=lambda action: (action.at, action.begins))


def _check_faults(trouble: Trouble, kinds: FaultKinds) -> None:
    for fault in trouble.faults:
        if fault not in kinds:
            hint = name_choices(fault, kinds)
            raise DoesNotFit(
                f"{trouble.what}:没有名为 {fault} 的故障", f"{trouble.what}: there is no fault {fault!r}; {hint}"
            )


def _hit(group: Group, trouble: Trouble, hall: Hall, kinds: FaultKinds) -> list[tuple[str, str]]:
    """Return the things that the trouble comes to, each with the fault that it has then."""
    equipment = [*hall.devices, *hall.systems]
    faults = {each.id: _fault(each, trouble, kinds) for each in equipment if _belongs(each, group)}
    able = [each for each in equipment if faults.get(each.id)]
    chosen = _pick(group, able, equipment)
    if not chosen and not trouble.optional:
        raise DoesNotFit(group.missing, group.missing_en)
    return [(each.id, faults[each.id]) for each in chosen]


def _belongs(device: Device, group: Group) -> bool:
    if not device.probes:  # nobody would notice
        return False
    return device.kind in group.kinds and (not group.gives or bool(set(group.gives) & set(device.gives)))


def _fault(device: Device, trouble: Trouble, kinds: FaultKinds) -> str:
    """Return the first of the trouble's faults that the device can have; empty: none."""
    return next((each for each in trouble.faults if kinds[each].fits(device)), "")


def _pick(group: Group, able: list[Device], equipment: list[Device]) -> list[Device]:
    match group.pick:
        case "first":
            return able[:1]
        case "busiest":
            hangs = Counter(need for each in equipment for need in _reached(each.id, equipment))
            return sorted(able, key=lambda each: -hangs[each.id])[:1]
        case "upstream":
            return _upstream(able, equipment)
    return able


def _upstream(able: list[Device], equipment: list[Device]) -> list[Device]:
    """Return what most of the business systems depend on, directly rather than through others; of lines that stand in
    for each other, all."""
    fitting = {each.id for each in able}
    systems = [each for each in equipment if each.kind == "system"]
    for needs in (_directly(systems), [[need] for each in systems for need in _reached(each.id, equipment)]):
        votes = Counter(tuple(need) for need in needs if set(need) <= fitting)
        if votes:
            chosen = set(votes.most_common(1)[0][0])
            return [each for each in able if each.id in chosen]
    return []


def _directly(devices: Iterable[Device]) -> list[list[str]]:
    return [[need] if isinstance(need, str) else need for each in devices for need in each.depends_on]


def _reached(device: str, equipment: list[Device]) -> list[str]:
    """Return all that a device depends on, the nearest first."""
    needs = {each.id: [name for need in _directly([each]) for name in need] for each in equipment}
    found: dict[str, None] = {}
    waiting = list(needs.get(device, ()))
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += needs.get(name, ())
    return list(found)
