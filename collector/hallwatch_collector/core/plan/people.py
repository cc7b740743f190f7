"""Who owes what and who may what: the roles of a hall and the groups of the plan (clauses R2, R6, R7)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from hallwatch_agent.wire import Id

Right = Literal["release", "see-personal", "set-level", "declare-end", "sign-report", "repair", "manage"]
"""What a role may do beside the measures that it owes:

- ``release``: let a public text go out (R6)
- ``see-personal``: read names and phone numbers in the emergency registers (D2, O7)
- ``set-level``: set a response level other than the computed one (R1)
- ``declare-end``: declare the end of the response (R7)
- ``sign-report``: sign the report (R5)
- ``repair``: say that a repair has begun, and when it will be done: what the public is told goes by it (D1)
- ``manage``: merge and split incidents, open and close windows, plan maintenance, correct stock
"""
EVERYTHING: Final = "*"
"""The role of the operator, who may do everything."""


class Role(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role that people of a hall have."""

    id: Id
    name: str
    name_en: str = ""
    may: list[Right] = []


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of the plan's organisation (R2), and the roles in it."""

    id: Id
    name: str
    name_en: str = ""
    roles: list[Id]
