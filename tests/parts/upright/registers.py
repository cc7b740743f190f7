"""Registers: no incident closes over an entry that is not done with, and no number is given twice (D3, O8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.register_state import Register
from hallwatch_collector.core.state import Incident
from parts.upright.asking import is_answered

UNDONE: Final = ("accepted", "entered")


def _open_entries(register: Register) -> list[str]:
    return [entry.number for entry in register.entries if entry.steps[-1].status in UNDONE]


def _registers(model: Model, _: float) -> Iterator[str]:
    for incident in model.incidents.values():
        for name, register in incident.registers.items():
            yield from _register(model, incident, name, register)


def _register(model: Model, incident: Incident, name: str, register: Register) -> Iterator[str]:
    left = _open_entries(register)
    blank = [entry.number for entry in register.entries if entry.steps[-1].status == "blank"]
    subject = f"register:{name}"
    if incident.status == "closed" and (left or blank):
        yield f"{incident.id} is closed, and {name} has {left or blank}"
    if incident.status == "closed":
        return
    kept = [each for each in model.measures.values() if (each.incident, each.subject) == (incident.id, subject)]
    held = any(each.status == "open" and each.mode == "register" for each in kept)
    if left and not held:
        yield f"{incident.id} has {left} in {name}, and no step that holds it open"
    if left and incident.status == "recovered" and not is_answered(model, "register-to-enter", subject):
        yield f"{incident.id} recovered, and nobody is asked to enter {left}"
    for entry in register.entries:
        written = any(step.status == "accepted" for step in entry.steps)
        if written != bool(entry.digest):
            yield f"{entry.number} has {'no' if written else 'a'} hash of what is written there"


def _numbers(model: Model, _: float) -> Iterator[str]:
    registers = [register for incident in model.incidents.values() for register in incident.registers.values()]
    registers += [kept.register for kept in model.kept_registers]
    counted = Counter(entry.number for register in registers for entry in register.entries)
    yield from (f"{number} was given {times} times" for number, times in counted.items() if times > 1)


CHECKS: Final = (_registers, _numbers)
