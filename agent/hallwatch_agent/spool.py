"""Station 3, the spool: reports stay on disk until the broker has acknowledged them.

It is bounded by bytes and age; what overflows is the oldest, and is counted. A disk that is full or gone costs
durability only: reports are then kept in memory, within a smaller bound, until the disk takes them again. A damaged
file is set aside.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Final

from msgspec import Struct

from hallwatch_agent.spool_file import DAMAGE, SpoolFile, SpoolTaken, error_code, set_aside
from hallwatch_agent.wire import NotOnTheWire, Report, decode_report, encode

MEMORY_BYTES: Final = 4 * 1024 * 1024
RETRY_S: Final = 30.0
"""So long an unusable file is left alone."""

log = logging.getLogger(__name__)

__all__ = ["Spool", "SpoolTaken", "Spooled"]


class Spooled(Struct, frozen=True):
    """A report that waits; a greater ``id`` is newer."""

    id: int
    report: Report


class Spool:
    """The reports that the broker has not acknowledged. For one thread."""

    def __init__(self, path: Path, max_bytes: int, max_age_s: float, now: float) -> None:
        """Open or make the file. Raises :class:`SpoolTaken`; all else that can go wrong with it is lived with."""
        self._path = path
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._memory: dict[int, bytes] = {}
        self._memory_bytes = 0
        self._last_id = 0
        self._file: SpoolFile | None = None
        self._retry_at = 0.0
        self._failing = False
        self.dropped = 0
        """Reports thrown away since the start: too many, too old, or unreadable."""
        self._open(now)
        self.expire(now)

    def __len__(self) -> int:
        return len(self._memory) + (self._file.count if self._file else 0)

    def put(self, report: Report, now: float) -> int:
        """Keep *report* and return its id: on disk, or in memory when the disk takes nothing."""
        try:
            self._open(now)
        except SpoolTaken as error:  # somebody took the file while it could not be used
            self._shun(error, now)
        # Milliseconds keep the ids growing even when a file with unknown ids comes back later.
        number = self._last_id = max(self._last_id + 1, int(now * 1000))
        body = encode(report)
        if not self._put_on_disk(number, body, now):
            self._put_in_memory(number, body)
        return number

    def newest(self, besides: Collection[int], limit: int) -> list[Spooled]:
        """Return the newest reports that wait, newest first, without those in *besides*."""
        rows = [(number, body) for number, body in self._memory.items() if number not in besides]
        if self._file is not None:
            try:
                rows += self._file.newest(besides, limit)
            except sqlite3.Error as error:
                self._give_up(error)
        rows.sort(reverse=True)
        return [spooled for number, body in rows[:limit] if (spooled := self._decode(number, body))]

    def remove(self, ids: Collection[int]) -> None:
        """Forget reports: the broker has them."""
        for number in ids:
            self._memory_bytes -= len(self._memory.pop(number, b""))
        if self._file is not None and ids:
            try:
                self._file.remove(ids)
            except sqlite3.Error as error:
                self._give_up(error)  # sent again later; the collector knows duplicates by boot and sequence

    def expire(self, now: float) -> None:
        """Drop what is older than the limit."""
        if self._file is not None and self._file.count:
            try:
                self.dropped += self._file.expire(now - self._max_age_s)
            except sqlite3.Error as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file; what waits in memory only is lost."""
        if self._memory:
            log.error("%d reports in memory are lost: spool %s could not be written", len(self._memory), self._path)
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put_on_disk(self, number: int, body: bytes, now: float) -> bool:
        if self._file is None:
            return False
        try:
            dropped = self._file.add(number, now, body, self._max_bytes)
        except sqlite3.Error as error:
            self._complain(error)
            if error_code(error) != sqlite3.SQLITE_FULL:  # what a full disk holds can still be sent
                self._give_up(error, now + RETRY_S)
            return False
        self._count_dropped(dropped)
        self._recover()
        return True

    def _put_in_memory(self, number: int, body: bytes) -> None:
        self._memory[number] = body
        self._memory_bytes += len(body)
        while self._memory_bytes > min(MEMORY_BYTES, self._max_bytes) and len(self._memory) > 1:
            self._memory_bytes -= len(self._memory.pop(next(iter(self._memory))))
            self._count_dropped(1)

    def _count_dropped(self, dropped: int) -> None:
        if dropped and not self.dropped:
            log.warning("spool %s is full: the oldest reports are dropped from now on", self._path)
        self.dropped += dropped

    def _decode(self, number: int, body: bytes) -> Spooled | None:
        try:
            return Spooled(number, decode_report(body))
        except NotOnTheWire as error:
            log.error("a report in spool %s cannot be read and is dropped: %s", self._path, error)
            self.dropped += 1
            self.remove([number])
            return None

    def _open(self, now: float) -> None:
        """Open the file unless that failed shortly before; set it aside when it is damaged."""
        soon_after_failure = self._retry_at - RETRY_S < now < self._retry_at  # also when the clock is set back
        if self._file is not None or soon_after_failure:
            return
        try:
            try:
                self._file = SpoolFile(self._path)
            except sqlite3.DatabaseError as error:
                if error_code(error) not in DAMAGE:
                    raise
                log.error("spool %s is damaged (%s): set aside as %s", self._path, error, set_aside(self._path))
                self._file = SpoolFile(self._path)
        except (sqlite3.Error, OSError) as error:
            self._shun(error, now)
        else:
            self._last_id = max(self._last_id, self._file.last_id)

    def _shun(self, error: Exception, now: float) -> None:
        """Leave a file alone that cannot be opened."""
        self._complain(error)
        self._retry_at = now + RETRY_S

    def _give_up(self, error: sqlite3.Error, retry_at: float = 0.0) -> None:
        """Close a file that fails; a later report opens it again."""
        self._complain(error)
        if self._file is not None:
            self._file.close()
            self._file = None
        self._retry_at = retry_at

    def _complain(self, error: Exception) -> None:
        if not self._failing:
            log.error("spool %s cannot be used, reports are kept in memory: %s", self._path, error)
        self._failing = True

    def _recover(self) -> None:
        if self._failing:
            log.warning("spool %s can be written again", self._path)
        self._failing = False
