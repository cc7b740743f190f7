"""What the checks of a hall file share: what they are given, what they find, and how they name its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from hallwatch_agent.expectations import show_value
from hallwatch_agent.sentences import Sentence, tell
from hallwatch_collector.core.catalogue import Catalogue, Fault
from hallwatch_collector.core.hall import BusinessClass, Device, Hall
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.problems import name_choices

Finding = tuple[str, str]
"""The path of a key, and what is wrong there."""
NO_CLASSES: Final = tell("no business classes")
NO_DEVICES: Final = tell("no devices")
NO_WINDOWS: Final = tell("no windows")
NO_PLACES: Final = tell("no places or windows")
NO_CAPABILITIES: Final = tell("no capabilities that it gives")
NO_PARTS: Final = tell("no parts in the options of this device's probes")
NO_AGENTS: Final = tell("no agents")
NO_FAULTS: Final = tell("no faults in the catalogue")


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


def check_words(key: str, words: Iterable[str], valid: Iterable[str], nothing: Sentence) -> Iterator[Finding]:
    """Yield each of *words* that is none of the valid ones, with a hint; empty ones stand for nothing.

    *nothing* is said where nothing is valid: ``no windows``.
    """
    choices = set(valid)
    for word in words:
        if word and word not in choices:
            yield wrong(
                key, "{value} is unknown; {hint}", value=show_value(word), hint=name_choices(word, choices, nothing)
            )


def wrong(key: str, template: str, /, **values: object) -> Finding:
    """Return a finding: what is wrong there, and what would be right, as a sentence (:func:`tell`)."""
    return key, tell(template, **values)


def all_devices(hall: Hall) -> Iterator[tuple[str, Device]]:
    """Yield every device and system with the path of its table."""
    for name, devices in (("devices", hall.devices), ("systems", hall.systems)):
        for number, device in enumerate(devices, 1):
            yield f"{name}[{number}] ({device.id})", device
