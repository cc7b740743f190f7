"""What every command is: who says it, and as what. And why one is not carried out."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

PLAIN: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
"""No control characters but line ends and tabs: journal and report would show something else each. Nor any that turn
the direction of what follows, so that a page shows it backwards (UAX #9)."""
WORDED: Final = r"^(?=[\s\S]*[^\s\x00-\x1f\x7f-\x9f\ufeff])" + PLAIN[1:]
"""And something that can be seen: the same to Python and to JSON Schema, whose ideas of a blank differ."""
NAME: Final = (
    r"^(?!\s*(?:(?:auto|hall-file)\s*$|explained-by:))(?=.*\S)"
    r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*$(?!\n)"
)
"""Of a person: all of it can be seen, and none under which the record has what nobody decided."""
PersonName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        pattern=NAME,
        description="a person's name, as the record keeps it: at most 80 characters, all of which can be seen",
        examples=["李工"],
    ),
]
"""A name that looks like no other one, and like none of the program's own."""
Roles = Annotated[
    list[str],
    Meta(
        extra_json_schema={
            "description": "Filled in from the token that is sent; what stands here is not heeded.",
            "extra": {"readOnly": True},  # for the API's description
        }
    ),
]
Words = Annotated[
    str,
    Meta(
        min_length=1, max_length=400, pattern=WORDED,
        description="In a person's words, without personal data of taxpayers: it stands in the journal for good.",
        examples=["已到现场查看"],
    ),
]  # fmt: skip
"""What somebody writes: a reason, a note. Never personal data of taxpayers: it stands in the journal for good."""
Via = Annotated[
    Literal["", "link"],
    Meta(
        extra_json_schema={
            "description": "Filled in by the collector, whatever stands here.",
            "extra": {"readOnly": True},  # for the API's description
        }
    ),
]
IncidentId = Annotated[str, Meta(description="An incident's id, as page and journal show it.", examples=["inc-1"])]
MeasureId = Annotated[str, Meta(description="A measure's id, as page and journal show it.", examples=["m-3"])]
ThingId = Annotated[
    str,
    Meta(
        description="A device of the hall file, a window (window:w3) or the hall (hall:).",
        examples=["prn-3", "window:w3", "hall:"],
    ),
]


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """Something a person decided."""

    by: PersonName
    roles: Roles = []
    """What this person may act as; ``*`` is everything.
    Whoever takes a command in knows this from elsewhere."""
    via: Via = ""
    """``link``: by the link in a message, which is the right to it."""


Refusal = Literal[
    "unknown-hall", "unknown-measure", "to-be-decided",
    "to-be-ticked", "automatic", "cause-gone", "fault-back",
    "time-over", "soon-back", "level-lowered", "replaced",
    "hall-file", "already-decided", "unknown-incident", "already-taken-on", "already-under-repair",
    "already-recovered", "no-right", "unknown-thing",
    "nothing-reported", "reported-already", "many-unconfirmed",
    "same-incident", "not-joined", "unknown-level", "level-holds", "not-taken-back", "time-to-retract-over",
    "no-notice", "unknown-notice", "unknown-register", "unknown-entry",
    "entry-state", "wrong-fields", "wrong-moment", "register-in-use", "journal-failing", "kept", "not-yours",
    "unknown-maintenance", "wrong-time", "unknown-round",
    "unknown-item", "round-unfinished", "unknown-supply",
    "not-counted", "not-so-many", "not-lendable", "not-lent", "not-you", "not-your-hall",
    "no-drill", "nobody-looks",
    "to-be-signed", "signed-already", "no-sheets",
    "unknown-window", "window-open", "window-not-open", "class-not-lendable", "class-not-lent",
    "unknown-class",
    "unknown-place", "sign-without-place", "unknown-code", "unknown-screen",
    "not-reachable", "not-in-charge", "has-it-already", "false-already", "not-false",
]  # fmt: skip
"""Why a command is not carried out: of a measure that is undone, what :data:`state.UndoneBecause` tells.

``kept``: not yet, but it will be, once the journal can be written. ``not-yours``: another role owes it. ``no-right``:
the plan gives none of this person's roles that right. ``not-you``, ``not-your-hall``: a person's token is good for
this person only, and for these halls.
"""
FORBIDDEN: Final[frozenset[Refusal]] = frozenset({"not-yours", "no-right", "not-you", "not-your-hall"})
"""Refusals that are about who asks, not about what is asked."""


class CommandRefused(ValueError):  # noqa: N818 - it says what happened
    """The command is not carried out. The pages say why in the reader's language, filling *fields* in."""

    def __init__(self, code: Refusal, **fields: str) -> None:
        self.code = code
        self.fields = fields
        super().__init__(f"{code} ({', '.join(f'{name}: {value}' for name, value in fields.items())})")
