"""What people do with the emergency registers (D2, D3, O7, O8): for those who may see what stands there."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.commands import (
    AmendEntry,
    CommandRefused,
    EnterEntry,
    ReserveNumbers,
    ReturnSheets,
    TakeEntry,
    TellTaxpayer,
    VoidEntry,
)
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right, find_incident, list_names
from hallwatch_collector.core.plan import RegisterForm, check_form
from hallwatch_collector.core.register_events import EntryAmended, EntryTaken
from hallwatch_collector.core.register_state import EntryStatus, EntryStep, MovedTo, Register, RegisterEntry
from hallwatch_collector.core.registers import (
    DAY_S,
    digest_of,
    draw_number,
    find_entry,
    form_of,
    move_entry,
    reserve_numbers,
)
from hallwatch_collector.core.state import Incident

NEXT: Final[dict[EntryStatus, MovedTo]] = {"accepted": "entered", "entered": "told"}
UNUSED: Final = "未使用"
"""Why the number of a sheet that came back blank is struck out."""
WRONG: Final = "field."
"""What stands before the name of a field in a refusal, so that it is taken for nothing else."""


def reserve(turn: Turn, command: ReserveNumbers) -> None:
    """Give numbers to blank sheets."""
    check_right(turn.model, command, "see-personal")
    incident, _ = _find_register(turn, command.incident, command.register)
    reserve_numbers(turn, incident, command.register, command.sheets, command.by)


def return_sheets(turn: Turn, command: ReturnSheets) -> None:
    """Strike out the numbers of sheets that come back blank; nothing may be written under them any more."""
    check_right(turn.model, command, "see-personal")
    incident, register = _find_register(turn, command.incident, command.register)
    blank = [entry for entry in register.entries if entry.status == "blank"]
    if not blank:
        raise CommandRefused("no-sheets", register=command.register, incident=command.incident)
    for entry in blank:
        move_entry(turn, incident, command.register, entry, "void", by=command.by, reason=UNUSED)


def take_entry(turn: Turn, command: TakeEntry) -> None:
    """Write something into a register, under the number of a printed sheet or the next one."""
    model = turn.model
    check_right(model, command, "see-personal")
    incident, register = _find_register(turn, command.incident, command.register)
    entry = _find_blank(register, command.number) if command.number else None
    values = _check_written(model.forms[command.register], command)
    written_at = turn.now if command.written_at is None else command.written_at
    if not incident.opened_at - DAY_S <= written_at <= turn.now:
        raise CommandRefused("wrong-moment", incident=incident.id)
    if entry is None:
        entry = RegisterEntry(number=draw_number(turn, command.register), steps=[])
        register.entries.append(entry)
    entry.steps = [*entry.steps, EntryStep(status="accepted", at=written_at, by=command.by)]
    entry.digest = digest_of(entry.number, values, command.salt)
    taken = EntryTaken(
        at=turn.now, incident=incident.id, register=command.register, number=entry.number, digest=entry.digest,
        by=command.by, written_at=command.written_at,
    )  # fmt: skip
    turn.events.append(taken)


def amend_entry(turn: Turn, command: AmendEntry) -> None:
    """Correct what stands under a number, until the taxpayer was told."""
    check_right(turn.model, command, "see-personal")
    incident, register, entry = _find_open(turn, command.number)
    values = _check_written(form_of(turn.model, register), command)
    entry.digest = digest_of(entry.number, values, command.salt)
    amended = EntryAmended(
        at=turn.now, incident=incident.id, register=register, number=entry.number, digest=entry.digest, by=command.by,
        reason=command.reason,
    )  # fmt: skip
    turn.events.append(amended)


def enter_entry(turn: Turn, command: EnterEntry) -> None:
    """Note that what was accepted by hand is in the system now."""
    _move_on(turn, command, "accepted")


def tell_taxpayer(turn: Turn, command: TellTaxpayer) -> None:
    """Note that the taxpayer knows; with that the entry is done with."""
    _move_on(turn, command, "entered")


def void_entry(turn: Turn, command: VoidEntry) -> None:
    """Strike out an entry or a blank sheet."""
    check_right(turn.model, command, "see-personal")
    incident, register, entry = _find(turn, command.number)
    if not entry.is_open:
        raise CommandRefused("entry-state", number=entry.number, status=entry.status)
    move_entry(turn, incident, register, entry, "void", by=command.by, reason=command.reason)


def _move_on(turn: Turn, command: EnterEntry | TellTaxpayer, state: EntryStatus) -> None:
    check_right(turn.model, command, "see-personal")
    incident, register, entry = _find(turn, command.number)
    if entry.status != state:
        raise CommandRefused("entry-state", number=entry.number, status=entry.status)
    move_entry(turn, incident, register, entry, NEXT[state], by=command.by)


def _find_register(turn: Turn, incident: str, register: str) -> tuple[Incident, Register]:
    """Return a register that is open for an incident, and that the plan still knows."""
    found = find_incident(turn, incident)
    opened = [name for name in found.registers if name in turn.model.forms]
    if register not in opened:
        raise CommandRefused("unknown-register", register=register, incident=incident, waiting=list_names(opened))
    return found, found.registers[register]


def _find_blank(register: Register, number: str) -> RegisterEntry:
    entry = next((each for each in register.entries if each.number == number), None)
    if entry is None:
        blank = [each.number for each in register.entries if each.status == "blank"]
        raise CommandRefused("unknown-entry", number=number, waiting=list_names(blank))
    if entry.status != "blank":
        raise CommandRefused("entry-state", number=number, status=entry.status)
    return entry


def _find(turn: Turn, number: str) -> tuple[Incident, str, RegisterEntry]:
    found = find_entry(turn.model, number)
    if found is None:
        raise CommandRefused("unknown-entry", number=number, waiting="–")
    return found


def _find_open(turn: Turn, number: str) -> tuple[Incident, str, RegisterEntry]:
    incident, register, entry = _find(turn, number)
    if not entry.is_open or not entry.digest:
        raise CommandRefused("entry-state", number=number, status=entry.status)
    return incident, register, entry


def _check_written(form: RegisterForm, command: TakeEntry | AmendEntry) -> dict[str, str]:
    """Return the fields as they are kept; raise :class:`CommandRefused` with each that is wrong, not what it holds."""
    values, wrong = check_form(form, command.fields)
    if wrong:
        told = {f"{WRONG}{field}": problem for field, problem in wrong.items()}
        raise CommandRefused("wrong-fields", register=form.id, wrong=", ".join(wrong), **told)
    return values
