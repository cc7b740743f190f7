"""From a command and what the core decided about it to the rows that are written, or deleted, with the decision."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
from msgspec import structs

from hallwatch_collector.core.commands import AmendEntry, AnyCommand, TakeEntry
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import Plan, check_form
from hallwatch_collector.core.register_events import EntryAmended, EntryTaken, RegisterPurged
from hallwatch_collector.core.registers import DAY_S
from hallwatch_collector.journal import Row
from hallwatch_collector.registers.written import Written

TABLE: Final = "register_entry"
SALT_BYTES: Final = 16


def salted(command: AnyCommand) -> AnyCommand:
    """Return a command with a new salt for the hash of what it writes; whatever salt was sent is not heeded."""
    if isinstance(command, TakeEntry | AmendEntry):
        return structs.replace(command, salt=secrets.token_hex(SALT_BYTES))
    return command


def completed(plan: Plan, command: AnyCommand, read: Callable[[str], Written | None]) -> AnyCommand:
    """Return a correction with the fields that it does not name as they stand; one that it leaves empty is taken away.

    *read* tells what stands under a number. Where it tells nothing, because that was deleted or changed by others, the
    correction has to say everything: then it is refused with the fields that it lacks.
    """
    if not isinstance(command, AmendEntry):
        return command
    form = next((form for form in plan.registers if command.number.startswith(f"{form.prefix}-")), None)
    there = read(command.number) if form else None
    if form is None or there is None:
        return command
    kept = {field.id: there.values[field.id] for field in form.fields if field.id in there.values}
    return structs.replace(command, fields=kept | command.fields)


def written_rows(plan: Plan, key: HallKey, command: AnyCommand, events: Iterable[AnyEvent]) -> Iterator[Row]:
    """Yield the rows for what a command wrote into a register."""
    if not isinstance(command, TakeEntry | AmendEntry):
        return
    forms = {form.id: form for form in plan.registers}
    for event in events:
        if isinstance(event, EntryTaken | EntryAmended) and event.register in forms:
            form = forms[event.register]
            fields = msgspec.json.encode(check_form(form, command.fields).values).decode()
            until = event.at + form.keep_days * DAY_S
            yield Row(TABLE, _key(key, event.number), {"fields": fields, "salt": command.salt, "keep_until": until})


def purge_rows(key: HallKey, events: Iterable[AnyEvent]) -> Iterator[Row]:
    """Yield the deletions that events ask for."""
    for event in events:
        if isinstance(event, RegisterPurged):
            yield from (Row(TABLE, _key(key, number), None) for number in event.numbers)


def _key(key: HallKey, number: str) -> dict[str, str]:
    return {"hall": str(key), "number": number}
