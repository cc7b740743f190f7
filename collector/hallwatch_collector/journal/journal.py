"""Writes decisions and reads them back. One transaction holds a decision's events and the hall's state after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.trace import HallPast
from hallwatch_collector.journal.tables import event, hall_past, hall_state

MIGRATIONS = Path(__file__).parent / "migrations"
PAGE = 1000
LOCK_WAIT_S = 1
"""How long a write waits for another process that holds the SQLite file; meanwhile nothing else is decided."""
CONNECT_WAIT_S = 2
"""The same for a PostgreSQL that does not answer; its client knows no shorter wait."""

_encode = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(AnyEvent)
_decode_state = msgspec.json.Decoder(HallState)
_decode_past = msgspec.json.Decoder(HallPast)


class JournalUnavailable(Exception):  # noqa: N818 - it says what happened
    """The journal could not be read or written now (disk full, database away); the same call may succeed later."""


class JournalUnusable(Exception):  # noqa: N818 - it says what happened
    """The journal holds what this version cannot use; the text says what to do."""


class Decision(Struct, frozen=True):
    """Events of one hall, and its state after them; no state when the hall was dropped since."""

    hall: HallKey
    events: Sequence[AnyEvent]
    state: HallState | None


class Entry(Struct, frozen=True):
    """An event as it stands in the journal."""

    seq: int
    hall: str
    at: float
    written_at: float
    kind: str
    event: AnyEvent


class Journal:
    """The journal behind one SQLAlchemy URL. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(self, url: str) -> None:
        self._database = _connect(url)
        self._add_events = sa.insert(event)

    def migrate(self) -> None:
        """Create or update the tables; raise :class:`JournalUnavailable` or :class:`JournalUnusable`."""
        config = alembic.config.Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        try:
            with self._database.begin() as connection:
                config.attributes["connection"] = connection
                alembic.command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise JournalUnavailable(_say(error)) from error
        except alembic.util.CommandError as error:
            raise JournalUnusable(f"the journal was written by a newer version of Hallwatch ({error})") from error

    def write(self, decisions: Sequence[Decision], written_at: float) -> None:
        """Write decisions in one transaction; when this returns they are on the disk.

        Raises :class:`JournalUnavailable`, and has then written nothing.
        """
        rows = [_row(decision.hall, fact, written_at) for decision in decisions for fact in decision.events]
        try:
            with self._database.begin() as connection:
                if rows:
                    connection.execute(self._add_events, rows)
                for decision in decisions:
                    if decision.state is not None:
                        _replace(connection, hall_state, decision.hall, decision.state, written_at)
        except SQLAlchemyError as error:
            raise JournalUnavailable(_say(error)) from error

    def write_past(self, hall: HallKey, past: HallPast, written_at: float) -> None:
        """Write what is remembered of a hall's values; raise :class:`JournalUnavailable`."""
        try:
            with self._database.begin() as connection:
                _replace(connection, hall_past, hall, past, written_at)
        except SQLAlchemyError as error:
            raise JournalUnavailable(_say(error)) from error

    def state(self, hall: HallKey) -> HallState | None:
        """Return the state written with a hall's last decision, or None when there is none.

        Raises :class:`JournalUnavailable`, or :class:`JournalUnusable` when it was written by a newer version.
        """
        body = self._body(hall_state, hall, HallState().version)
        try:
            return None if body is None else _decode_state.decode(body)
        except msgspec.MsgspecError as error:
            raise JournalUnusable(f"state of hall {hall} cannot be read: {error}") from error

    def past(self, hall: HallKey) -> HallPast | None:
        """Return what was last written of a hall's past, or None when nothing was; raises as :meth:`state` does."""
        body = self._body(hall_past, hall, HallPast().version)
        try:
            return None if body is None else _decode_past.decode(body)
        except msgspec.MsgspecError as error:
            raise JournalUnusable(f"past of hall {hall} cannot be read: {error}") from error

    def _body(self, table: sa.Table, hall: HallKey, version: int) -> str | None:
        row = next(iter(self._read(sa.select(table.c.version, table.c.body).where(table.c.hall == str(hall)))), None)
        if row is not None and row.version > version:
            raise JournalUnusable(f"{table.name} of {hall} was written by a newer version of Hallwatch; use that one")
        return row.body if row is not None else None

    def halls(self) -> list[HallKey]:
        """Return every hall that ever had a state here, in force or not."""
        return [HallKey(*row.hall.split("/")) for row in self._read(sa.select(hall_state.c.hall))]

    def entries(self, hall: HallKey | None = None, since: float | None = None) -> Iterator[Entry]:
        """Yield events in the order in which they were decided, of one hall or all, from *since* (Unix seconds) on.

        Raises :class:`JournalUnavailable`, or :class:`JournalUnusable` at an event that this version does not know.
        """
        last = 0
        while True:
            query = sa.select(event).where(event.c.seq > last).order_by(event.c.seq).limit(PAGE)
            if hall is not None:
                query = query.where(event.c.hall == str(hall))
            if since is not None:
                query = query.where(event.c.at >= since)
            rows = self._read(query)
            for row in rows:
                yield Entry(row.seq, row.hall, row.at, row.written_at, row.kind, _read_event(row))
            if len(rows) < PAGE:
                return
            last = rows[-1].seq

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def _read(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        try:
            with self._database.connect() as connection:
                return connection.execute(query).all()
        except SQLAlchemyError as error:
            raise JournalUnavailable(_say(error)) from error


def _replace(
    connection: sa.Connection, table: sa.Table, hall: HallKey, body: HallState | HallPast, written_at: float
) -> None:
    row = {"version": body.version, "body": _encode(body).decode(), "written_at": written_at}
    changed = connection.execute(sa.update(table).where(table.c.hall == str(hall)).values(**row))
    if changed.rowcount == 0:
        connection.execute(sa.insert(table).values(hall=str(hall), **row))


def _row(hall: HallKey, fact: AnyEvent, written_at: float) -> dict[str, Any]:
    kind = fact.__struct_config__.tag
    return {"hall": str(hall), "at": fact.at, "written_at": written_at, "kind": kind, "body": _encode(fact).decode()}


def _read_event(row: sa.Row[Any]) -> AnyEvent:
    try:
        told: AnyEvent = _decode_event.decode(row.body)
    except msgspec.MsgspecError as error:
        raise JournalUnusable(
            f"entry {row.seq} ({row.kind}) was written by another version of Hallwatch: {error}"
        ) from error
    return told


def _say(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]


def _connect(url: str) -> sa.Engine:
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
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver would begin transactions late and leave the making of tables out of them: a migration that a crash
    # interrupts is then half done for ever. So SQLAlchemy begins them.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # `journal show` reads while the collector writes
    cursor.execute("PRAGMA synchronous=FULL")  # a decision survives a power cut, not only a crash
    cursor.close()
