"""The daily round of the hall (每日巡查, clause A4): what the person on duty looks at, filled in from the monitor."""

from __future__ import annotations

from msgspec import Struct

from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import Kind
from hallwatch_collector.core.values import TimeOfDay


class RoundItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the checklist."""

    id: Id
    text: str
    text_en: str = ""
    kinds: list[Kind] = []
    """Devices whose state fills it in; empty: a person has to look."""
    supplies: bool = False
    """Filled in from the store of spares and supplies (B1)."""


class Rounds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a round is due, and what it looks at. A self-service area may ask for two a day."""

    at: list[TimeOfDay] = []
    items: list[RoundItem] = []
