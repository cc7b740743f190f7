"""What is new on the network and in no hall file, and what of it has left again. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

from msgspec import Struct

ABSENCES: Final = 2
"""So many looks must miss a host before it has left: devices sleep, and one lost packet is nothing."""


class Change(Struct, frozen=True):
    """What one look changed."""

    new: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


class Visitors:
    """The hosts that are there and in no hall file. It remembers no more than what is there now, or was just now."""

    def __init__(self) -> None:
        self._absences: dict[str, int] = {}

    def note(self, there: AbstractSet[str], known: AbstractSet[str]) -> Change:
        """Take in who is *there*; those that are *known*, from a hall file, are nobody's news."""
        strangers = there - known
        new = strangers - self._absences.keys()
        gone = self._absences.keys() - strangers
        absences = dict.fromkeys(strangers, 0) | {host: self._absences[host] + 1 for host in gone - known}
        left = {host for host, count in absences.items() if count >= ABSENCES}
        self._absences = {host: count for host, count in absences.items() if host not in left}
        return Change(frozenset(new), frozenset(left))
