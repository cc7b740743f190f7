"""The table of the keys of paired screens, in the journal's database."""

from __future__ import annotations

from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.journal.database import JournalUnavailable, connect, reason
from hallwatch_collector.journal.tables import screen
from hallwatch_collector.screens.pairings import hash_key

MOST_REMEMBERED: Final = 2000


class KnownScreen(NamedTuple):
    """Whose a key is."""

    hall: HallKey
    id: str


class ScreenKeys:
    """Which screen a key is of. Thread-safe: each question takes a connection of its own.

    What was found once is remembered, so that screens are known while the database is away. Whether a screen is still
    the hall's is the core's to say.
    """

    def __init__(self, url: str) -> None:
        """*url* is the journal's; raises ``JournalUnusable`` when no database can be behind it."""
        self._database = connect(url)
        self._found: dict[str, KnownScreen] = {}

    def find(self, key: str) -> KnownScreen | None:
        """Return the screen that was last paired by this key; None when none was. Raises ``JournalUnavailable``."""
        key_hash = hash_key(key)
        if known := self._found.get(key_hash):
            return known
        newest = sa.select(screen).where(screen.c.key_hash == key_hash).order_by(screen.c.paired_at.desc()).limit(1)
        try:
            with self._database.connect() as connection:
                row = connection.execute(newest).first()
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error
        if row is None:
            return None
        if len(self._found) >= MOST_REMEMBERED:
            self._found.clear()
        known = self._found[key_hash] = KnownScreen(HallKey(*row.hall.split("/")), row.id)
        return known

    def forget(self) -> None:
        """Forget what was found: a screen was paired."""
        self._found.clear()

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()
