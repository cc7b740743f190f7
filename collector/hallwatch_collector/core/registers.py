"""The emergency registers of a hall: opened for an incident, filled by hand, done with before it closes (D2 to O8).

What is written there is personal data and is not here: the core keeps numbers, states, who did what when, and a hash.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.plan import RegisterForm
from hallwatch_collector.core.register_events import (
    EntryMoved,
    NumbersReserved,
    RegisterOpened,
    RegisterPurged,
    RegisterTakenBack,
)
from hallwatch_collector.core.register_state import EntryStep, KeptRegister, MovedTo, Register, RegisterEntry
from hallwatch_collector.core.state import Incident

DAY_S: Final = 86_400.0
KEEP_DAYS: Final = 180
"""How long personal data of a register is kept that the plan no longer has."""
STEMS: Final = 100
"""So many beginnings of numbers are remembered: more than all registers of the last two weeks have."""


def open_register(turn: Turn, incident: Incident, register: str, measure: str, by: str) -> None:
    """Open a register for an incident; one that is open stays as it is."""
    if register not in incident.registers:
        incident.registers[register] = Register(opened_at=turn.at, by=by, measure=measure)
        turn.events.append(RegisterOpened(at=turn.at, incident=incident.id, register=register, by=by))


def shut_register(turn: Turn, incident: Incident, register: str, by: str) -> None:
    """Take back that a register was opened; it must be empty."""
    del incident.registers[register]
    turn.events.append(RegisterTakenBack(at=turn.at, incident=incident.id, register=register, by=by))


def reserve_numbers(turn: Turn, incident: Incident, register: str, count: int, by: str) -> None:
    """Give out numbers for blank sheets."""
    numbers = [draw_number(turn, register) for _ in range(count)]
    blank = EntryStep(status="blank", at=turn.at, by=by)
    incident.registers[register].entries += [RegisterEntry(number=number, steps=[blank]) for number in numbers]
    reserved = NumbersReserved(at=turn.at, incident=incident.id, register=register, numbers=numbers, by=by)
    turn.events.append(reserved)


def draw_number(turn: Turn, register: str) -> str:
    """Return the next number of a register: its prefix, the hall's local day, and how many there were on it."""
    model = turn.model
    stem = f"{model.forms[register].prefix}-{model.hours.day_of(turn.now):%Y%m%d}"
    count = model.numbers.pop(stem, 0) + 1
    model.numbers[stem] = count  # the newest stem is the last
    for old in list(model.numbers)[:-STEMS]:
        del model.numbers[old]
    return f"{stem}-{count:03d}"


def digest_of(number: str, values: dict[str, str], salt: str) -> str:
    """Return the hash of what stands under a number: SHA-256 over the JSON of number, salt and fields in their order.

    Names and phone numbers could be found by trying, if there were no salt; it is deleted with them.
    """
    return sha256(msgspec.json.encode([number, salt, values], order="sorted")).hexdigest()


def move_entry(
    turn: Turn, incident: Incident, register: str, entry: RegisterEntry, status: MovedTo, *, by: str, reason: str = ""
) -> None:
    """Bring an entry into a later state."""
    entry.steps = [*entry.steps, EntryStep(status=status, at=turn.at, by=by, reason=reason)]
    moved = EntryMoved(
        at=turn.at, incident=incident.id, register=register, number=entry.number, status=status, by=by, reason=reason
    )
    turn.events.append(moved)


def find_entry(model: Model, number: str) -> tuple[Incident, str, RegisterEntry] | None:
    """Return an entry of an incident that is not closed, with the incident and its register."""
    for incident in model.incidents.values():
        for register, each in incident.registers.items() if incident.status != "closed" else ():
            for entry in each.entries:
                if entry.number == number:
                    return incident, register, entry
    return None


def form_of(model: Model, register: str) -> RegisterForm:
    """Return the form of a register; a bare one when the plan no longer has it."""
    known = model.forms.get(register)
    return known or RegisterForm(id=register, clause="", name=register, prefix="X", fields=[], keep_days=KEEP_DAYS)


def open_entries(incident: Incident, register: str) -> list[RegisterEntry]:
    """Return the entries of a register with which something is still to be done, sheets handed out blank included."""
    known = incident.registers.get(register)
    return [entry for entry in known.entries if entry.is_open] if known else []


def has_open_entries(incident: Incident) -> bool:
    """Tell whether an incident cannot close yet, because of what was, or may have been, accepted by hand (O8)."""
    return any(open_entries(incident, register) for register in incident.registers)


def hand_over(incident: Incident, into: Incident) -> None:
    """Move the registers of an incident to another."""
    for register, theirs in incident.registers.items():
        own = into.registers.setdefault(register, theirs)
        if own is not theirs:
            own.entries = sorted([*own.entries, *theirs.entries], key=lambda entry: entry.steps[0].at)
    incident.registers = {}


def keep_registers(model: Model, incident: Incident) -> None:
    """Take over the registers of a closed incident that is being forgotten, until their personal data is deleted."""
    for register, each in incident.registers.items():
        if any(entry.digest for entry in each.entries):
            closed_at = incident.closed_at or 0.0
            kept = KeptRegister(id=register, incident=incident.id, closed_at=closed_at, register=each)
            model.kept_registers = [*model.kept_registers, kept]


def purge_registers(turn: Turn) -> None:
    """Ask that personal data be deleted when its time is over: so many days after the incident closed."""
    model = turn.model
    for incident in model.incidents.values():
        if incident.closed_at is not None and incident.registers:
            model.set_step(max(turn.now, incident.closed_at + model.plan.reopen_within_s) + 1.0)  # then it is forgotten
    for kept in list(model.kept_registers):
        due = kept.closed_at + form_of(model, kept.id).keep_days * DAY_S
        if turn.now < due:
            model.set_step(due)
            continue
        model.kept_registers = [each for each in model.kept_registers if each is not kept]
        numbers = [entry.number for entry in kept.register.entries if entry.digest]
        turn.events.append(RegisterPurged(at=turn.at, incident=kept.incident, register=kept.id, numbers=numbers))
