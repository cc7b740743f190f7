"""How the tables of people are read and written: each call in a transaction of its own, from any thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from hallwatch_collector.journal.database import JournalUnavailable, reason


class Storage:
    """A database of people, sessions and what was done."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    @contextmanager
    def ask(self) -> Iterator[sa.Connection]:
        """Give a connection to read, or to write what does not hang on what was read; raise ``JournalUnavailable``."""
        with _told(), self._database.begin() as connection:
            yield connection

    @contextmanager
    def change(self, *tables: sa.Table) -> Iterator[sa.Connection]:
        """Give a connection by which nobody else writes into these tables meanwhile; raise ``JournalUnavailable``."""
        with _told(), self._database.connect().execution_options(writes=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                for table in tables:
                    connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE')
            yield connection


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise JournalUnavailable(reason(error)) from error
