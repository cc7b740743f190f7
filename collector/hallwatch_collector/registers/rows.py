"""From a command and what the core decided about it to the rows that are written, or deleted, with the decision."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
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

TABLE: Final = "register_entry"
SALT_BYTES: Final = 16


def salted(command: AnyCommand) -> AnyCommand:
    """Return a command with a new salt for the hash of what it writes; whatever salt was sent is not heeded."""
    if isinstance(command, TakeEntry | AmendEntry):
        return structs.replace(command, salt=secrets.token_hex(SALT_BYTES))
    return command


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
