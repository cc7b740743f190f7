"""What the core remembers of the emergency registers (D2, D3, O6): their numbers, never what is written under them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

EntryStatus = Literal["blank", "accepted", "entered", "told", "void"]
"""Of a number in a register: printed and not used; taken by hand; entered into the system (补录); the taxpayer told;
struck out."""
MovedTo = Literal["entered", "told", "void"]


class EntryStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number of a register came into a state."""

    status: EntryStatus
    at: float
    by: str
    reason: str = ""


class RegisterEntry(Struct, kw_only=True, omit_defaults=True):
    """A number of a register. What is written under it is personal data and stands in a table of its own."""

    number: str
    steps: list[EntryStep]
    """Oldest first; there is always one."""
    digest: str = ""
    """Of what is written there; empty: nothing is."""

    @property
    def status(self) -> EntryStatus:
        """The state it is in."""
        return self.steps[-1].status

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done with it (O8): of a sheet that was handed out blank nobody knows yet."""
        return self.status in ("blank", "accepted", "entered")


class Register(Struct, kw_only=True, omit_defaults=True):
    """A register that was opened for an incident (D2, D3, O6)."""

    opened_at: float
    by: str
    measure: str
    """The measure whose confirmation opened it."""
    entries: list[RegisterEntry] = []
    """In the order in which their numbers were given out."""


class KeptRegister(Struct, frozen=True, kw_only=True):
    """A register of an incident that is over, kept until its personal data is deleted."""

    id: str
    """Of its form in the plan."""
    incident: str
    closed_at: float
    register: Register
