"""Reads what is written in the registers, from the journal's database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.journal.database import JournalUnavailable, connect, reason
from hallwatch_collector.journal.tables import register_entry
from hallwatch_collector.registers.written import Written

AT_ONCE: Final = 500
"""Numbers asked for in one query: databases limit how many values it may name."""

_decode = msgspec.json.Decoder(dict[str, str]).decode


class Cabinet:
    """Where the registers stand. Thread-safe: each call takes a connection of its own."""

    def __init__(self, url: str) -> None:
        """*url* is the journal's; raises ``JournalUnusable`` when no database can be behind it."""
        self._database = connect(url)

    def read(self, hall: HallKey, numbers: Sequence[str]) -> dict[str, Written]:
        """Return what stands under these numbers; raise ``JournalUnavailable`` when the database cannot be asked."""
        table, found = register_entry.c, {}
        try:
            with self._database.connect() as connection:
                for start in range(0, len(numbers), AT_ONCE):
                    wanted = table.number.in_(numbers[start : start + AT_ONCE])
                    query = sa.select(table.number, table.fields, table.salt).where(table.hall == str(hall), wanted)
                    for row in connection.execute(query):
                        found[row.number] = Written(_decode(row.fields), row.salt)
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error
        return found

    def outdated(self, now: float, halls: Sequence[HallKey]) -> list[tuple[HallKey, str]]:
        """Return the numbers whose time is over, of halls other than these; raise ``JournalUnavailable``."""
        table = register_entry.c
        query = sa.select(table.hall, table.number).where(table.keep_until < now)
        query = query.where(table.hall.not_in([str(hall) for hall in halls]))
        try:
            with self._database.connect() as connection:
                return [(HallKey(*row.hall.split("/")), row.number) for row in connection.execute(query)]
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()
