"""The database behind the journal's URL: how it is opened, and what can be wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

LOCK_WAIT_S = 1
"""How long a write waits for another process that holds the SQLite file; meanwhile nothing else is decided."""
CONNECT_WAIT_S = 2
"""The same for a PostgreSQL that does not answer; its client knows no shorter wait."""


class JournalUnavailable(Exception):  # noqa: N818 - it says what happened
    """The journal could not be read or written now (disk full, database away); the same call may succeed later."""


class JournalUnusable(Exception):  # noqa: N818 - it says what happened
    """The journal holds what this version cannot use; the text says what to do."""


def connect(url: str) -> sa.Engine:
    """Open lazily; raise :class:`JournalUnusable` for a URL that no database can be behind."""
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() != "sqlite":
            patience = {"connect_timeout": CONNECT_WAIT_S} if parsed.get_backend_name() == "postgresql" else {}
            return sa.create_engine(parsed, pool_size=1, max_overflow=1, pool_pre_ping=True, connect_args=patience)
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, connect_args={"timeout": LOCK_WAIT_S, "check_same_thread": False})
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise JournalUnusable(f"journal {url!r}: {error}; see journal.url in the collector's file") from error
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin)
    return engine


def reason(error: SQLAlchemyError) -> str:
    """Return what the database itself said, on one line."""
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]


def _begin(connection: sa.Connection) -> None:
    # Who reads and then writes what hangs on it asks for the only pen at once (``execution_options(writes=True)``).
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver would begin transactions late and leave the making of tables out of them: a migration that a crash
    # interrupts is then half done for ever. So SQLAlchemy begins them.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # `journal show` reads while the collector writes
    cursor.execute("PRAGMA synchronous=FULL")  # a decision survives a power cut, not only a crash
    cursor.execute("PRAGMA secure_delete=ON")  # personal data that was deleted is not left in free pages
    cursor.close()
