"""A person, as the rest of the collector sees one."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from hallwatch_collector.core.hall import HallKey

LONGEST_NAME: Final = 80
ADMINISTRATOR: Final = "administrator"
"""Looks after people, settings, hall files and agents; decides nothing that the plan asks."""
AUDITOR: Final = "auditor"
"""Reads who did what, and every record; changes nothing."""
BUILT_IN: Final = (ADMINISTRATOR, AUDITOR)
"""Roles that there are whatever the plan says."""


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may decide something."""

    name: str
    """As it stands in the record; by it people sign in."""
    roles: list[str]
    """What they may act as: roles of the plan, and the built-in ones; ``*`` is everything."""
    halls: list[str] = []
    """Where, as ``area/hall``; none: in every hall."""

    @property
    def may_act(self) -> bool:
        """Whether this person has a role in the plan, so that the plan has something to say about what they do."""
        return any(role not in BUILT_IN for role in self.roles)

    def acts_in(self, hall: HallKey) -> bool:
        """Tell whether this person has to do with a hall."""
        return not self.halls or str(hall) in self.halls


def clean_name(text: str) -> str:
    """Return a name as it goes into the record: printable, at most 80 characters."""
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST_NAME]
