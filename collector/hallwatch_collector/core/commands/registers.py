"""Work with the emergency registers (D2, D3, O7, O8)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_collector.core.commands.command import Command, IncidentId, Words

Number = Annotated[
    str, Meta(max_length=40, description="An entry's number; of a printed sheet, what is printed on it.",
              examples=["SG-20260310-001"])
]  # fmt: skip
Sheets = Annotated[int, Meta(ge=1, le=200, description="How many sheets.", examples=[10])]
RegisterId = Annotated[
    str, Meta(description="A register of the plan, by its id; the measure that proposes it opens it.",
              examples=["by-hand"])
]  # fmt: skip
Fields = Annotated[
    dict[str, Annotated[str, Meta(max_length=1000)]],
    Meta(
        max_length=64, description="Field of the plan's form, by its id, and what is written there.",
        examples=[{"name": "某某贸易有限公司", "contact": "李某", "phone": "13812345678", "business": "申报纳税"}],
    ),
]  # fmt: skip
"""Field of the form → what was written there: personal data, which goes into no event and no log."""
WrittenAt = Annotated[
    float, Meta(description="When it was written on the sheet, Unix seconds; left out: now.", examples=[1773107400.0])
]
Salt = Annotated[
    str,
    Meta(
        max_length=64,
        extra_json_schema={
            "description": "Drawn by the collector; what stands here is not heeded.",
            "extra": {"readOnly": True},
        },
    ),
]


class ReserveNumbers(Command, tag="reserve-numbers", frozen=True, kw_only=True):
    """Give numbers to blank sheets, which are then filled in on paper."""

    incident: IncidentId
    register: RegisterId
    sheets: Sheets


class _Writing(Command, frozen=True, kw_only=True):
    """Writes something into a register."""

    fields: Fields
    salt: Salt = ""

    def __repr__(self) -> str:
        """Name who and what, not what was written: this may come into a log."""
        return f"{type(self).__name__}(by={self.by!r}, fields=…)"


class TakeEntry(_Writing, tag="take-entry", frozen=True, kw_only=True):
    """Write down what was accepted by hand."""

    incident: IncidentId
    register: RegisterId
    number: Number = ""
    """Of the printed sheet that it was written on; empty: the next number is given."""
    written_at: WrittenAt | None = None


class AmendEntry(_Writing, tag="amend-entry", frozen=True, kw_only=True):
    """Correct what stands under a number: the fields that are given; the others stay, an empty one is taken away."""

    number: Number
    reason: Words


class EnterEntry(Command, tag="enter-entry", frozen=True, kw_only=True):
    """Say that it was entered into the system (补录)."""

    number: Number


class TellTaxpayer(Command, tag="tell-taxpayer", frozen=True, kw_only=True):
    """Say that the taxpayer was told."""

    number: Number


class ReturnSheets(Command, tag="return-sheets", frozen=True, kw_only=True):
    """Say that the blank sheets that are left of a register were not used: their numbers are struck out."""

    incident: IncidentId
    register: RegisterId


class VoidEntry(Command, tag="void-entry", frozen=True, kw_only=True):
    """Strike out an entry, or a blank sheet that was spoiled."""

    number: Number
    reason: Words
