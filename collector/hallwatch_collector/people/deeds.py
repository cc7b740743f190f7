"""One line of the audit log."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Outcome = Literal["done", "refused", "failed"]


class Deed(Struct, frozen=True, kw_only=True):
    """Something that somebody did, or tried to."""

    at: float
    who: str = ""
    """Empty: nobody who is known."""
    roles: list[str] = []
    """As they were then."""
    address: str = ""
    action: str
    """What it was, such as ``sign-in`` or ``command.confirm``; of those that ``web/doors.py`` names."""
    hall: str = ""
    """As ``area/hall``; empty: none."""
    object: str = ""
    """What it was done to."""
    outcome: Outcome = "done"
    details: dict[str, str] = {}
    """Nothing secret, and nothing of taxpayers."""
    id: int = 0
    """Of its row; 0: not written yet."""
