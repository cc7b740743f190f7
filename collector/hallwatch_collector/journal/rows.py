"""Rows of other tables that are written in one transaction with the events of a decision, or not at all."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct

from hallwatch_collector.journal.tables import event, hall_past, hall_state, metadata, watched

OWN: Final = frozenset({event.name, hall_state.name, hall_past.name, watched.name})
"""Tables that the journal itself keeps."""


class Row(Struct, frozen=True):
    """A row that stands beside the record: what may be changed and deleted later, such as personal data.

    It takes the place of the row with the same key. The events of its decision hold no more of it than a hash, so the
    chain still fits when the row is gone.
    """

    table: str
    """One of :mod:`hallwatch_collector.journal.tables`, except those of the journal itself."""
    key: dict[str, Any]
    """Every column of the table's primary key."""
    values: dict[str, Any] | None
    """Every other column; None: the row is deleted."""

    def __post_init__(self) -> None:
        # Said here, where the row is made: the ledger would try to write a row that never fits for ever.
        table = metadata.tables.get(self.table)
        if table is None or self.table in OWN:
            raise ValueError(f"no rows of {self.table!r} can be written beside events")
        key = {column.name for column in table.primary_key}
        if set(self.key) != key:
            raise ValueError(f"the key of {self.table} is {sorted(key)}, not {sorted(self.key)}")
        wanted = {column.name for column in table.columns} - key
        if self.values is not None and set(self.values) != wanted:
            raise ValueError(f"a row of {self.table} has {sorted(wanted)} beside its key, not {sorted(self.values)}")
        empty = [name for name, value in {**self.key, **(self.values or {})}.items() if value is None]
        if blank := [name for name in empty if not table.c[name].nullable]:
            raise ValueError(f"{self.table} must have {sorted(blank)}")


def put(connection: sa.Connection, table: sa.Table, key: dict[str, Any], values: dict[str, Any] | None) -> None:
    """Write a row in place of the one with this key, or delete that when there are no *values*."""
    same = sa.and_(*(table.c[name] == value for name, value in key.items()))
    if values is None:
        connection.execute(sa.delete(table).where(same))
    elif connection.execute(sa.update(table).where(same).values(**values)).rowcount == 0:
        connection.execute(sa.insert(table).values(**key, **values))
