"""What happens to the emergency registers, as facts for the journal: never what is written in them (D2, D3, O8)."""

from __future__ import annotations

from hallwatch_collector.core.event import Event
from hallwatch_collector.core.register_state import MovedTo


class RegisterOpened(Event, tag="register-opened", frozen=True, kw_only=True):
    """A register was opened for an incident (D2, O6)."""

    incident: str
    register: str
    by: str


class RegisterTakenBack(Event, tag="register-taken-back", frozen=True, kw_only=True):
    """A register that was opened by mistake, and was still empty, is not open any more."""

    incident: str
    register: str
    by: str


class NumbersReserved(Event, tag="numbers-reserved", frozen=True, kw_only=True):
    """Blank sheets were given numbers, to be filled in on paper."""

    incident: str
    register: str
    numbers: list[str]
    by: str


class EntryTaken(Event, tag="entry-taken", frozen=True, kw_only=True):
    """Something was accepted by hand (D2, D3). What was written down stands elsewhere; here is only its hash."""

    incident: str
    register: str
    number: str
    digest: str
    by: str
    written_at: float | None = None
    """When it was written on paper, if it was typed in afterwards."""


class EntryAmended(Event, tag="entry-amended", frozen=True, kw_only=True):
    """What stands under a number was corrected."""

    incident: str
    register: str
    number: str
    digest: str
    by: str
    reason: str


class EntryMoved(Event, tag="entry-moved", frozen=True, kw_only=True):
    """What was accepted by hand was entered into the system, or the taxpayer was told (O8), or it was struck out."""

    incident: str
    register: str
    number: str
    status: MovedTo
    by: str
    reason: str = ""


class RegisterPurged(Event, tag="register-purged", frozen=True, kw_only=True):
    """Personal data was deleted, because its time was over."""

    numbers: list[str]
    incident: str = ""
    """Empty, as the register: of a hall whose file is gone."""
    register: str = ""


AnyRegisterEvent = (
    RegisterOpened | RegisterTakenBack | NumbersReserved | EntryTaken | EntryAmended | EntryMoved | RegisterPurged
)
