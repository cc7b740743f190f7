"""What people tell the core to do. Each command names who says it (clause R2, W1): the journal keeps it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Person = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        pattern=r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*$(?!\n)",
        description="a name of at most 80 characters, all of which can be seen",
        examples=["李主任"],
    ),
]
"""A name, without what cannot be seen: it would look like another one."""
Reason = Annotated[str, Meta(max_length=400)]


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """Something a person decided."""

    by: Person


class Confirm(Command, tag="confirm", frozen=True, kw_only=True):
    """Say yes to a proposal (mode ``ask``)."""

    measure: str


class Decline(Command, tag="decline", frozen=True, kw_only=True):
    """Say no to a proposal, with a reason."""

    measure: str
    reason: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]


class Tick(Command, tag="tick", frozen=True, kw_only=True):
    """Say that a step (mode ``show``) is done."""

    measure: str


class Acknowledge(Command, tag="acknowledge", frozen=True, kw_only=True):
    """Take an incident on."""

    incident: str


AnyCommand = Confirm | Decline | Tick | Acknowledge


Refusal = Literal[
    "unknown-hall", "unknown-measure", "to-be-decided", "to-be-ticked", "automatic", "cause-gone", "fault-back",
    "time-over", "soon-back", "replaced", "hall-file", "already-decided", "unknown-incident", "already-taken-on",
    "journal-failing", "kept",
]  # fmt: skip
"""Why a command is not carried out: of a measure that is undone, what :data:`state.UndoneBecause` tells. ``kept``: not
yet, but it will be, once the journal can be written."""


class CommandRefused(ValueError):  # noqa: N818 - it says what happened
    """The command is not carried out. The pages say why in the reader's language, filling *fields* in."""

    def __init__(self, code: Refusal, **fields: str) -> None:
        self.code = code
        self.fields = fields
        super().__init__(f"{code} ({', '.join(f'{name}: {value}' for name, value in fields.items())})")
