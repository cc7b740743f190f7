"""Watches the hall files: a good edit comes into force, a broken one is refused and the old one stays."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct, field, structs

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.halls.read import HallFile
from hallwatch_collector.kept import KeptFiles
from hallwatch_collector.problems import FileRefused, Problem

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]
ABSENCES = 2
"""So many looks must miss a file before its hall is dropped: an editor that saves by renaming leaves a short gap."""


class Changes(Struct):
    """What one look found."""

    loaded: list[HallFile] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    """Why files that changed since the last look cannot be used."""
    dropped: list[HallKey] = field(default_factory=list)


class _Seen(Struct):
    stamp: Stamp
    file: HallFile | None = None
    """The last version that was good; in force while the newest one is refused, after a restart too."""
    problems: tuple[Problem, ...] = ()
    absences: int = 0


class HallFolder:
    """The hall files at some paths: single files, or every ``*.toml`` of a folder.

    Looks at modification time, size and inode, which needs no dependency and works on any file system; a look at a
    thousand files costs a few milliseconds.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[Path], HallFile], kept: KeptFiles | None = None) -> None:
        """*read* raises :class:`FileRefused`; *kept* has what stands in for a file that is broken from the start."""
        self._paths = paths
        self._read = read
        self._kept = kept
        self._seen: dict[Path, _Seen] = {}

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the files as they are now."""
        return [problem for seen in self._seen.values() for problem in seen.problems]

    @property
    def refused(self) -> list[Path]:
        """Files whose newest version is not in force."""
        return [path for path, seen in self._seen.items() if seen.problems]

    def has_good(self, file: str) -> bool:
        """Tell whether some version of a file is in force."""
        seen = self._seen.get(Path(file))
        return seen is not None and seen.file is not None

    @property
    def halls(self) -> dict[str, Hall]:
        """File → the hall that is in force by it."""
        return {str(path): seen.file.hall for path, seen in self._seen.items() if seen.file}

    @property
    def missing(self) -> list[Path]:
        """Paths where there is no hall file at all."""
        return [path for path in self._paths if not any(file in self._seen for file in _files(path))]

    def look(self) -> Changes:
        """Read what changed since the last look."""
        changes = Changes()
        before = self._in_force()
        stamps = self._stamps()
        self._forget_absent(stamps)
        broken = []
        for path, stamp in stamps.items():
            seen = self._seen.setdefault(path, _Seen((0, 0, 0)))
            seen.absences = 0
            if seen.stamp != stamp:
                seen.stamp = stamp
                self._read_into(path, seen, changes)
                if not seen.file:
                    broken.append(path)
        for path in broken:  # only now: a good file comes before the copy of a broken one
            self._recall(path, changes)
        after = self._in_force()
        changes.dropped = [key for key in before if key not in after]
        return changes

    def _read_into(self, path: Path, seen: _Seen, changes: Changes) -> None:
        try:
            file = self._read(path)
            if other := self._holder(file.hall.key, path):
                taken = tell(
                    "{hall} is already the hall of {other}; change one or remove one",
                    hall=file.hall.key,
                    other=other,
                )
                raise FileRefused([Problem(str(path), "hall", taken)])
        except FileRefused as error:
            seen.problems = error.problems
            changes.refused.extend(error.problems)
            return
        had, seen.file, seen.problems = seen.file, file, ()
        changes.loaded.append(file)
        if self._kept:
            self._kept.keep(path, file.content)
        if had and had.hall.key != file.hall.key:
            self._reconsider_refused()

    def _recall(self, path: Path, changes: Changes) -> None:
        """Take up the last good text of a file that was broken when we first saw it; its problems stay shown."""
        copy = self._kept.copy_of(path) if self._kept else None
        if copy is None or not copy.exists():
            return
        try:
            file = structs.replace(self._read(copy), path=path)
        except FileRefused as error:
            log.warning("the version of %s from before the start cannot stand in for it: %s", path, error)
            return
        if not self._holder(file.hall.key, path):
            self._seen[path].file = file
            changes.loaded.append(file)

    def _holder(self, key: HallKey, path: Path) -> Path | None:
        for other, seen in self._seen.items():
            if other != path and not seen.absences and seen.file and seen.file.hall.key == key:
                return other
        return None

    def _forget_absent(self, stamps: dict[Path, Stamp]) -> None:
        for path in [path for path in self._seen if path not in stamps]:
            self._seen[path].absences += 1
            if self._seen[path].absences >= ABSENCES:
                del self._seen[path]
                if self._kept:
                    self._kept.forget(path)
                self._reconsider_refused()

    def _reconsider_refused(self) -> None:
        """A file refused because another held its hall may be good now."""
        for seen in self._seen.values():
            if seen.problems:
                seen.stamp = (0, 0, 0)

    def _in_force(self) -> dict[HallKey, HallFile]:
        return {seen.file.hall.key: seen.file for seen in self._seen.values() if seen.file}

    def _stamps(self) -> dict[Path, Stamp]:
        stamps = {}
        for path in [file for place in self._paths for file in _files(place)]:
            try:
                stat = path.stat()
            except OSError:
                continue  # gone, or on its way: the next look tells
            stamps[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return stamps


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.toml")) if path.is_dir() else [path]
