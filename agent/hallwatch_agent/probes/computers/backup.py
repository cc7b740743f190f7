"""Backups on this machine or a mounted share (S8): how old is the newest finished one, and how big?"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from hallwatch_agent.probes.contact import in_words
from hallwatch_agent.probes.probe import Context, CouldNotRead, FilePath, Probe, Seconds, Told
from hallwatch_agent.wire import ReadError

MOST_ENTRIES: Final = 500_000
"""Of files and folders that are looked at in one reading."""
_magic = re.compile(r"[*?\[]")


class Backup(Struct, frozen=True):
    """A file that a pattern finds."""

    name: str
    changed_at: float
    size: int


class BackupProbe(Probe, tag="backup", frozen=True, kw_only=True):
    """Looks for the newest file; gently, as the folder may be big and behind a slow line."""

    asks_device: ClassVar[bool] = False
    tells: ClassVar[frozenset[str] | None] = frozenset({"backup_age_s", "backup_bytes", "backup-missing"})

    paths: Annotated[tuple[Annotated[FilePath, Meta(min_length=1)], ...], Meta(min_length=1, max_length=20)]
    """Patterns such as ``/backup/hall/*.bak`` or ``D:/backup/**/*.zip``; the newest file of all of them counts."""
    minimum_bytes: Annotated[int, Meta(ge=0)] = 1
    """A smaller file is no backup."""
    settle_s: Annotated[float, Meta(ge=0, le=86_400)] = 120.0
    """A file that was changed within this time is still being written, and does not count yet."""
    mounted: FilePath = ""
    """A folder that must be a mounted share or disk: an empty mount point is no missing backup."""
    interval_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 900.0
    timeout_s: Seconds = 60.0

    def read(self, context: Context) -> Told:
        """Tell ``backup_age_s``, ``backup_bytes``, and ``backup-missing`` when there is none.

        Raises :class:`CouldNotRead`: ``local`` when a folder is not there or cannot be looked into, ``unsupported``
        when there is too much in it.
        """
        context.preparing = f"looking through {', '.join(self.paths)}"[:150]  # of a slow share, nothing is known
        try:
            if self.mounted and not os.path.ismount(self.mounted):
                raise CouldNotRead(ReadError.LOCAL, f"{self.mounted} is not mounted")
            scan = Scan()
            found = (backup for pattern in self.paths for backup in scan.files(pattern))
            return judge(found, context.now, self.minimum_bytes, self.settle_s)
        except OSError as error:
            raise CouldNotRead(ReadError.LOCAL, f"{error.filename or self.paths[0]}: {in_words(error)}") from None


def judge(found: Iterable[Backup], now: float, minimum_bytes: int, settle_s: float) -> Told:
    """Choose the newest finished backup among the files found, of which none but that is kept: they may be many."""
    small = unfinished = 0
    newest: Backup | None = None
    for backup in found:
        if backup.size < minimum_bytes:
            small += 1
        elif now - backup.changed_at < settle_s:
            unfinished += 1
        elif newest is None or backup.changed_at > newest.changed_at:
            newest = backup
    if newest is None:
        others = f"{small} too small, {unfinished} still being written"
        return Told(conditions={"backup-missing": True}, facts={"backup": others} if small or unfinished else {})
    metrics = {"backup_age_s": now - newest.changed_at, "backup_bytes": float(newest.size)}
    return Told(metrics, {"backup-missing": False}, {"backup": printable(newest.name)})


def printable(name: str) -> str:
    """Return a file's name as text: on Linux a name is octets, on a share of an older server mostly those of GBK."""
    octets = os.fsencode(name)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("gb18030", "replace")


class Scan:
    """One look through folders, within a bound. ``glob`` says nothing of a folder that it may not look into."""

    def __init__(self, most_entries: int = MOST_ENTRIES) -> None:
        self._left = most_entries

    def files(self, pattern: str) -> Iterator[Backup]:
        """Yield the files of a pattern: ``*``, ``?`` and ``[…]`` within a name, ``**`` for any folders.

        Raises :class:`OSError` for a folder that cannot be looked into, :class:`CouldNotRead` for too many files.
        """
        parts = Path(pattern).parts
        plain = next((number for number, part in enumerate(parts) if _magic.search(part)), len(parts) - 1)
        yield from self._below(Path(*parts[:plain]), parts[plain:])

    def _below(self, folder: Path, parts: tuple[str, ...]) -> Iterator[Backup]:
        wanted, deeper = parts[0], parts[1:]
        if wanted == "**":
            yield from self._below(folder, deeper or ("*",))
        for entry in self._entries(folder):
            if wanted == "**":
                if entry.is_dir(follow_symlinks=False):
                    yield from self._below(Path(entry.path), parts)
            elif fnmatch.fnmatch(entry.name, wanted):
                if deeper and entry.is_dir():
                    yield from self._below(Path(entry.path), deeper)
                elif not deeper and entry.is_file():
                    yield from _as_backup(entry)

    def _entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            for entry in entries:
                self._left -= 1
                if self._left < 0:
                    note = f"more than {MOST_ENTRIES} files below {folder}: name a narrower pattern"
                    raise CouldNotRead(ReadError.UNSUPPORTED, note)
                yield entry


def _as_backup(entry: os.DirEntry[str]) -> Iterator[Backup]:
    try:
        status = entry.stat()
    except FileNotFoundError:  # deleted at this moment
        return
    yield Backup(entry.name, status.st_mtime, status.st_size)
