"""Writes decisions and reads them back.

One transaction holds a decision's events, the rows beside them, and the hall's state after it. The journal has one
writer; the events are chained (see :mod:`hallwatch_collector.journal.chain`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.core.trace import HallPast
from hallwatch_collector.journal.chain import START, Head, seal
from hallwatch_collector.journal.database import JournalUnavailable, JournalUnusable, connect, reason
from hallwatch_collector.journal.rows import Row, put
from hallwatch_collector.journal.tables import event, hall_past, hall_state, metadata, watched

MIGRATIONS = Path(__file__).parent / "migrations"
PAGE = 1000

_encode = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(AnyEvent)
_decode_state = msgspec.json.Decoder(HallState)
_decode_past = msgspec.json.Decoder(HallPast)
_heads = sa.select(hall_state.c.hall, hall_state.c.head_seq, hall_state.c.head_hash)


class Decision(Struct, frozen=True):
    """Events of one hall, and its state after them; no state when the hall was dropped since."""

    hall: HallKey
    events: Sequence[AnyEvent]
    state: HallState | None
    rows: Sequence[Row] = ()
    """Of other tables, written with the events or not at all."""


class Entry(Struct, frozen=True):
    """An event as it stands in the journal."""

    seq: int
    hall: str
    at: float
    written_at: float
    kind: str
    event: AnyEvent
    hash: str
    """With ``seq`` the head that the journal had here."""


class Sealed(Struct, frozen=True):
    """An event as it stands in the database, unread."""

    seq: int
    hall: str
    at: float
    written_at: float
    kind: str
    body: str
    hash: str

    def fits(self, before: Head) -> bool:
        """Tell whether this event follows from the one before it."""
        return self.hash == seal(
            before.hash, seq=self.seq, hall=self.hall, at=self.at, written_at=self.written_at, kind=self.kind,
            body=self.body,
        )  # fmt: skip


class Journal:
    """The journal behind one SQLAlchemy URL. Not thread-safe: whoever owns the core's lock owns it too."""

    def __init__(self, url: str) -> None:
        self._database = connect(url)
        self._add_events = sa.insert(event)
        self._head: Head | None = None
        """Where our own last write ended; None: not known yet. It is not read again while we write, so that events
        taken out meanwhile leave a gap."""
        self.damage = ""
        """What was found missing of the record when it was opened; empty: nothing."""

    def migrate(self) -> None:
        """Create or update the tables, and look whether the end of the record is still there.

        Raises :class:`JournalUnavailable` or :class:`JournalUnusable`; a record that was cut off is only noted in
        ``damage``, because a hall must be watched all the same.
        """
        config = alembic.config.Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        try:
            with self._database.begin() as connection:
                config.attributes["connection"] = connection
                alembic.command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error
        except alembic.util.CommandError as error:
            raise JournalUnusable(f"the journal was written by a newer version of Hallwatch ({error})") from error
        self.damage = _describe(self.lost())

    def write(self, decisions: Sequence[Decision], written_at: float) -> None:
        """Write decisions in one transaction; when this returns they are on the disk.

        Raises :class:`JournalUnavailable`, and has then written nothing.
        """
        try:
            head = self._head or self.head()
            rows, head = _chain(decisions, head, written_at)
            with self._database.begin() as connection:
                if rows:
                    connection.execute(self._add_events, rows)
                for decision in decisions:
                    for row in decision.rows:
                        put(connection, metadata.tables[row.table], row.key, row.values)
                    if decision.state is not None:
                        state = _body(decision.state, written_at) | {"head_seq": head.seq, "head_hash": head.hash}
                        put(connection, hall_state, {"hall": str(decision.hall)}, state)
        except IntegrityError as error:
            self._head = None
            raise JournalUnavailable(f"another program writes into this journal too ({reason(error)})") from error
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error
        self._head = head

    def write_past(self, hall: HallKey, past: HallPast, written_at: float) -> None:
        """Write what is remembered of a hall's values; raise :class:`JournalUnavailable`."""
        try:
            with self._database.begin() as connection:
                put(connection, hall_past, {"hall": str(hall)}, _body(past, written_at))
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error

    def note_watched(self, since: Mapping[HallKey, float], now: float, *, forget_before: float) -> None:
        """Note that halls are watched since some moment, until now; raise :class:`JournalUnavailable`."""
        try:
            with self._database.begin() as connection:
                for hall, moment in since.items():
                    put(connection, watched, {"hall": str(hall), "since": float(moment)}, {"until": float(now)})
                connection.execute(sa.delete(watched).where(watched.c.until < forget_before))
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error

    def go_on_watching(self, noted_at: float, now: float) -> None:
        """Note that all halls that were watched when it was last noted still are; raise :class:`JournalUnavailable`."""
        try:
            with self._database.begin() as connection:
                connection.execute(sa.update(watched).where(watched.c.until == noted_at).values(until=float(now)))
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error

    def watched(self, hall: HallKey, since: float) -> list[tuple[float, float]]:
        """Return when a hall was watched, from a moment on; raise :class:`JournalUnavailable`."""
        query = sa.select(watched.c.since, watched.c.until).where(watched.c.hall == str(hall), watched.c.until >= since)
        return [(row.since, row.until) for row in self._read(query.order_by(watched.c.since))]

    def told_of(self, hall: HallKey, kinds: Collection[str], since: float, word: str = "") -> Iterator[AnyEvent]:
        """Yield the events of some kinds of a hall from a moment on, in order; with *word* only those that hold it.

        Raises as :meth:`entries` does.
        """
        query = sa.select(event).where(event.c.hall == str(hall), event.c.at >= since, event.c.kind.in_(sorted(kinds)))
        if word:
            query = query.where(event.c.body.contains(word, autoescape=True))
        yield from (_entry(row).event for row in self._read(query.order_by(event.c.seq)))

    def state(self, hall: HallKey) -> HallState | None:
        """Return the state written with a hall's last decision, or None when there is none.

        Raises :class:`JournalUnavailable`, or :class:`JournalUnusable` when it was written by a newer version.
        """
        body = self._read_body(hall_state, hall, HallState().version)
        try:
            return None if body is None else _decode_state.decode(body)
        except msgspec.MsgspecError as error:
            raise JournalUnusable(f"state of hall {hall} cannot be read: {error}") from error

    def past(self, hall: HallKey) -> HallPast | None:
        """Return what was last written of a hall's past, or None when nothing was; raises as :meth:`state` does."""
        body = self._read_body(hall_past, hall, HallPast().version)
        try:
            return None if body is None else _decode_past.decode(body)
        except msgspec.MsgspecError as error:
            raise JournalUnusable(f"past of hall {hall} cannot be read: {error}") from error

    def _read_body(self, table: sa.Table, hall: HallKey, version: int) -> str | None:
        row = next(iter(self._read(sa.select(table.c.version, table.c.body).where(table.c.hall == str(hall)))), None)
        if row is not None and row.version > version:
            raise JournalUnusable(f"{table.name} of {hall} was written by a newer version of Hallwatch; use that one")
        return row.body if row is not None else None

    def halls(self) -> list[HallKey]:
        """Return every hall that ever had a state here, in force or not."""
        return [HallKey(*row.hall.split("/")) for row in self._read(sa.select(hall_state.c.hall))]

    def entries(
        self, hall: HallKey | None = None, since: float | None = None, until: float | None = None, *, after: int = 0
    ) -> Iterator[Entry]:
        """Yield events in the order in which they were decided, of one hall or all, from *since* (Unix seconds) on and
        before *until*: by their own moments, which do not always go forward, as a clock may be set back; only those
        with a number above *after*.

        Raises :class:`JournalUnavailable`, or :class:`JournalUnusable` at an event that this version does not know.
        """
        last = after
        while True:
            query = sa.select(event).where(event.c.seq > last).order_by(event.c.seq).limit(PAGE)
            if hall is not None:
                query = query.where(event.c.hall == str(hall))
            if since is not None:
                query = query.where(event.c.at >= since)
            if until is not None:
                query = query.where(event.c.at < until)
            rows = self._read(query)
            yield from map(_entry, rows)
            if len(rows) < PAGE:
                return
            last = rows[-1].seq

    def sealed(self) -> Iterator[Sealed]:
        """Yield every event unread, by number, to see whether the chain holds."""
        last = -(2**63)
        while rows := self._read(sa.select(event).where(event.c.seq > last).order_by(event.c.seq).limit(PAGE)):
            yield from (Sealed(**row._mapping) for row in rows)  # noqa: SLF001 - a public method of SQLAlchemy's
            last = rows[-1].seq

    def head(self) -> Head:
        """Return where the record ends, or where it ended for the newest state, unless that is further back.

        So what is written after the end was cut off or changed does not fit onto what is left, and tells of it.
        """
        newest = self._read(_heads.order_by(hall_state.c.head_seq.desc()).limit(1))
        last = self._read(sa.select(event).order_by(event.c.seq.desc()).limit(1))
        ends = [*(Head(row.head_seq, row.head_hash) for row in newest), *(Head(row.seq, row.hash) for row in last)]
        return max(ends, key=lambda end: end.seq, default=START)

    def heads(self) -> list[tuple[str, Head]]:
        """Return each hall with the head that the record had when the hall's state was written."""
        return [(row.hall, Head(row.head_seq, row.head_hash)) for row in self._read(_heads)]

    def lost(self) -> list[tuple[str, Head]]:
        """Return those of :meth:`heads` that are not in the record, or not with this hash."""
        there = sa.exists().where(event.c.seq == hall_state.c.head_seq, event.c.hash == hall_state.c.head_hash)
        rows = self._read(_heads.where(hall_state.c.head_seq > 0, ~there))
        return [(row.hall, Head(row.head_seq, row.head_hash)) for row in rows]

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def _read(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        try:
            with self._database.connect() as connection:
                return connection.execute(query).all()
        except SQLAlchemyError as error:
            raise JournalUnavailable(reason(error)) from error


def _chain(decisions: Sequence[Decision], head: Head, written_at: float) -> tuple[list[dict[str, Any]], Head]:
    """Return the rows of all events, each sealed onto the one before, and where they end."""
    rows: list[dict[str, Any]] = []
    seq, hash_, written_at = head.seq, head.hash, float(written_at)
    for decision in decisions:
        for fact in decision.events:
            seq += 1
            row: dict[str, Any] = {
                "seq": seq,
                "hall": str(decision.hall),
                "at": float(fact.at),
                "written_at": written_at,
                "kind": fact.__struct_config__.tag,
                "body": _encode(fact).decode(),
            }
            hash_ = seal(hash_, **row)
            rows.append(row | {"hash": hash_})
    return rows, Head(seq, hash_)


def _entry(row: sa.Row[Any]) -> Entry:
    try:
        fact = _decode_event.decode(row.body)
    except msgspec.MsgspecError as error:
        raise JournalUnusable(
            f"entry {row.seq} ({row.kind}) cannot be read: {error}. Was it written by another version of Hallwatch? "
            "`hallwatch journal verify` tells whether it was changed"
        ) from error
    return Entry(row.seq, row.hall, row.at, row.written_at, row.kind, fact, row.hash)


def _body(told: HallState | HallPast, written_at: float) -> dict[str, Any]:
    return {"version": told.version, "body": _encode(told).decode(), "written_at": written_at}


def _describe(lost: Sequence[tuple[str, Head]]) -> str:
    """Say what is missing of the record; empty when nothing is."""
    if not lost:
        return ""
    hall, head = max(lost, key=lambda each: each[1].seq)
    return f"event {head.seq} was removed or changed since the state of hall {hall} was written with it"
