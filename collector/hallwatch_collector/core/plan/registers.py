"""Registers of work that is written down by hand (clauses D2, D3, O6, O7), and their fields."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from hallwatch_agent.wire import Id
from hallwatch_collector.core.plan.clauses import ClauseId

FieldKind = Literal["text", "number", "money", "date", "phone", "choice"]


class Field(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a register."""

    id: Id
    name: str
    name_en: str = ""
    kind: FieldKind = "text"
    choices: list[str] = []
    """For ``choice``."""
    required: bool = True
    personal: bool = False
    """Only shown to roles that may see personal data."""


class RegisterForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A register: its name to the letter of the plan, its mark, its fields, and how long it is kept."""

    id: Id
    clause: ClauseId
    name: str
    """As on the paper form: 「税务登记办理登记簿」."""
    name_en: str = ""
    mark: str = ""
    """Printed on every sheet: 「应急使用」."""
    prefix: Annotated[str, Meta(pattern="^[A-Z]{1,4}$")]
    """Of its numbers: ``DJ`` gives ``DJ-20260310-001``."""
    fields: Annotated[list[Field], Meta(min_length=1)]
    keep_days: Annotated[int, Meta(ge=1)] = 180
    """Personal data is deleted so long after the incident closed."""
