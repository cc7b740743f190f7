"""A person, as the rest of the collector sees one."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from hallwatch_collector.core.hall import HallKey

LONGEST_NAME: Final = 80


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may decide something."""

    name: str
    """As it stands in the record."""
    roles: list[str]
    """What they may act as: roles of the plan; ``*`` is everything."""
    halls: list[str] = []
    """Where, as ``area/hall``; none: in every hall."""

    def acts_in(self, hall: HallKey) -> bool:
        """Tell whether this person may decide anything in a hall."""
        return not self.halls or str(hall) in self.halls


def clean_name(text: str) -> str:
    """Return a name as it goes into the record: printable, at most 80 characters."""
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST_NAME]
