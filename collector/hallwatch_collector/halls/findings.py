"""What the checks of a hall file share: what they are given, what they find, and how they name its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from hallwatch_agent.expectations import show_value
from hallwatch_collector.core.catalogue import Catalogue, Fault
from hallwatch_collector.core.hall import BusinessClass, Device, Hall
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.problems import name_choices

Finding = tuple[str, str]
"""The path of a key, and what is wrong there."""


class Known(Struct, frozen=True):
    """What stands elsewhere that a hall file is checked against: the plan, the catalogue, the collector's own file."""

    classes: Mapping[str, BusinessClass] = {}
    faults: Mapping[str, Fault] = {}
    areas: frozenset[str] = frozenset()
    """The only areas that the collector listens to; empty: it listens to all."""
    roles: frozenset[str] = frozenset()
    """Those of the plan; empty: not looked at."""

    @classmethod
    def of(cls, plan: Plan, catalogue: Catalogue, areas: Iterable[str] = ()) -> Known:
        """Return what a plan, a catalogue and a collector's *areas* let a hall file say."""
        return cls(
            {each.id: each for each in plan.classes},
            {each.id: each for each in catalogue.faults},
            frozenset(areas),
            frozenset(role.id for role in plan.roles),
        )


def check_words(key: str, words: Iterable[str], valid: Iterable[str], nouns: str) -> Iterator[Finding]:
    """Yield each of *words* that is none of the valid ones, with a hint; empty ones stand for nothing."""
    choices = set(valid)
    for word in words:
        if word and word not in choices:
            yield key, f"{show_value(word)} is unknown; {name_choices(word, choices, f'no {nouns}')}"


def all_devices(hall: Hall) -> Iterator[tuple[str, Device]]:
    """Yield every device and system with the path of its table."""
    for name, devices in (("devices", hall.devices), ("systems", hall.systems)):
        for number, device in enumerate(devices, 1):
            yield f"{name}[{number}] ({device.id})", device
