"""The spool's file: an SQLite database with one table, used by one process.

With a write-ahead log and ``synchronous=FULL`` every committed row survives kill -9 and a power cut; rows are numbered
by the caller, and a greater number is newer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Final

ROW_BYTES: Final = 48
"""What a row costs on disk besides its body."""
LOCK_WAIT_S: Final = 2.0
"""A restarted agent may meet the end of its predecessor."""
DAMAGE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
SETTINGS: Final = (
    "auto_vacuum=INCREMENTAL",
    "locking_mode=EXCLUSIVE",  # keeps a second agent out, and spares the shared-memory file
    "journal_mode=WAL",
    "synchronous=FULL",
    "cache_size=-128",
    "wal_autocheckpoint=64",
    "journal_size_limit=262144",
)
TABLE: Final = "CREATE TABLE IF NOT EXISTS report (id INTEGER PRIMARY KEY, made_at REAL NOT NULL, body BLOB NOT NULL)"

Row = tuple[int, bytes]


class SpoolTaken(RuntimeError):  # noqa: N818 - it says what happened
    """Another process works with this spool file."""


class SpoolFile:
    """Rows on disk. Every method may raise :class:`sqlite3.Error` and then has changed nothing."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises :class:`SpoolTaken` or :class:`OSError` besides."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            for setting in SETTINGS:
                self._db.execute(f"PRAGMA {setting}")
            self._db.execute(TABLE)
            (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise _damaged(verdict)
            self.count, self.bytes, self.last_id = self._measure()
        except sqlite3.Error as error:
            self._db.close()
            if error_code(error) == sqlite3.SQLITE_BUSY:
                raise SpoolTaken(f"{path} is in use by another hallwatch-agent") from None
            raise

    def add(self, number: int, made_at: float, body: bytes, max_bytes: int) -> int:
        """Store a row; make room for it by dropping the oldest, and return how many went."""
        size, dropped, freed = len(body) + ROW_BYTES, 0, 0
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("INSERT INTO report VALUES (?, ?, ?)", (number, made_at, body))
            while self.bytes + size - freed > max_bytes and dropped < self.count:
                oldest = "DELETE FROM report WHERE id = (SELECT min(id) FROM report) RETURNING length(body)"
                freed += self._db.execute(oldest).fetchall()[0][0] + ROW_BYTES
                dropped += 1
        self.count += 1 - dropped
        self.bytes += size - freed
        self.last_id = number
        return dropped

    def newest(self, besides: Collection[int], limit: int) -> list[Row]:
        """Return the newest rows, newest first, without those in *besides*."""
        marks = ",".join("?" * len(besides))
        query = f"SELECT id, body FROM report WHERE id NOT IN ({marks}) ORDER BY id DESC LIMIT ?"  # noqa: S608 - marks
        return self._db.execute(query, (*besides, limit)).fetchall()

    def remove(self, numbers: Collection[int]) -> None:
        """Delete rows; those that are gone already do not matter."""
        marks = ",".join("?" * len(numbers))
        self._delete(f"id IN ({marks})", tuple(numbers))

    def expire(self, before: float) -> int:
        """Delete the rows made before a moment and return how many they were."""
        return self._delete("made_at < ?", (before,))

    def close(self) -> None:
        """Close the file and give up the lock."""
        self._db.close()

    def _delete(self, condition: str, values: tuple[float, ...]) -> int:
        query = f"DELETE FROM report WHERE {condition} RETURNING length(body)"  # noqa: S608 - our own words
        sizes = self._db.execute(query, values).fetchall()
        self.count -= len(sizes)
        self.bytes -= sum(size + ROW_BYTES for (size,) in sizes)
        if self.count == 0 and len(sizes) > 1:
            self._db.execute("PRAGMA incremental_vacuum").fetchall()  # the outage is over: give the disk back
        return len(sizes)

    def _measure(self) -> tuple[int, int, int]:
        query = "SELECT count(*), coalesce(sum(length(body)), 0), coalesce(max(id), 0) FROM report"
        count, size, last_id = self._db.execute(query).fetchone()
        return count, size + count * ROW_BYTES, last_id


def error_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 when it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def set_aside(path: Path) -> Path:
    """Rename a damaged file and its log, over an earlier damaged one; return the new name. Raises :class:`OSError`."""
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        log.replace(path.with_name(f"{aside.name}-wal"))
    return aside


def _damaged(verdict: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(verdict)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
