"""A register as somebody may see it: with what is written there, or without."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from hallwatch_collector.core.plan import RegisterForm
from hallwatch_collector.core.registers import digest_of
from hallwatch_collector.core.sheets import EntryView, Sheet
from hallwatch_collector.core.views import RegisterView


class Written(Struct, frozen=True):
    """What stands under a number, and the salt of its hash."""

    values: dict[str, str]
    salt: str


class Line(Struct, frozen=True, kw_only=True):
    """A number of a register, with what is written there."""

    entry: EntryView
    fields: dict[str, str]
    """Only those that whoever asks may see; empty where nothing is written, or not any more."""
    missing: bool = False
    """Something was written there and is not to be found: it waits for the journal, or was deleted."""
    changed: bool = False
    """What stands there is not what the record has the hash of."""


class RegisterPage(Struct, frozen=True, kw_only=True):
    """A register with its form and its lines."""

    register: RegisterView
    form: RegisterForm
    personal: bool
    """Whether the personal fields are in it."""
    lines: tuple[Line, ...]


def put_together(sheet: Sheet, written: Mapping[str, Written], *, personal: bool) -> RegisterPage:
    """Return a register with what is written in it; without the fields that are *personal* for those who may not."""
    public = {field.id for field in sheet.form.fields if not field.personal}

    def line(entry: EntryView) -> Line:
        told = written.get(entry.number)
        if told is None:
            return Line(entry=entry, fields={}, missing=bool(entry.digest))
        changed = digest_of(entry.number, told.values, told.salt) != entry.digest
        shown = {name: value for name, value in told.values.items() if personal or name in public}
        return Line(entry=entry, fields=shown, changed=changed)

    lines = tuple(map(line, sheet.entries))
    return RegisterPage(register=sheet.view, form=sheet.form, personal=personal, lines=lines)
