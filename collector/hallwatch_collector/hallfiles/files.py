"""The hall files that the collector watches, as texts: found by hall, checked, saved and removed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.hallfiles.history import Deed, History, Version
from hallwatch_collector.problems import FileRefused, Problem

PLAIN_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""What may be an area or a hall: also the name of a file, so nothing that leads elsewhere."""
_area: Final = re.compile(r'^\s*area\s*=\s*"([^"\n]*)"', re.MULTILINE)
_hall: Final = re.compile(r'^\s*hall\s*=\s*"([^"\n]*)"', re.MULTILINE)


class HallText(Struct, frozen=True):
    """A hall file as it is on disk."""

    key: HallKey
    path: Path
    text: str
    digest: str
    """Of the text: whoever saves says which text theirs was made of."""


class HallFileMoved(RuntimeError):  # noqa: N818 - it says what happened
    """The file is not any more what somebody began to edit; ``theirs`` is what stands there now, None: nothing."""

    def __init__(self, theirs: HallText | None) -> None:
        self.theirs = theirs
        super().__init__("the hall file was changed meanwhile")


class HallFileStuck(RuntimeError):  # noqa: N818 - it says what happened
    """The file cannot be written; the text says which, and why."""


class HallFiles:
    """The hall files of a collector. Thread-safe; only one program edits them by the pages."""

    def __init__(self, place: Path, history: Path, parse: Callable[[bytes, str], Hall]) -> None:
        """*place*: a folder of hall files, or one file; *history*: a folder for their versions.

        *parse* raises :class:`FileRefused`.
        """
        self._place = place
        self._parse = parse
        self._lock = threading.Lock()
        self.history = History(history)

    def all(self) -> list[HallText]:
        """Return every hall file that says whose it is, by its hall; raises :class:`HallFileStuck`."""
        with _told(self._place):
            return sorted(self._read(), key=lambda each: each.key)

    def find(self, key: HallKey) -> HallText | None:
        """Return the file of a hall; None when there is none. Raises :class:`HallFileStuck`."""
        return next((each for each in self.all() if each.key == key), None)

    def check(self, key: HallKey, text: str) -> Hall:
        """Return what a text says; raise :class:`FileRefused` with everything that is wrong with it."""
        name = self._path_of(key).name
        hall = self._parse(text.encode(), name)
        if hall.key != key:
            told = tell(
                "this is the file of {key}, not of {hall}; make that one anew, and remove this one",
                key=key,
                hall=hall.key,
            )
            raise FileRefused([Problem(name, "area" if hall.area != key.area else "hall", told)])
        return hall

    def save(self, key: HallKey, text: str, *, digest: str, by: str, reason: str, now: float) -> Version:
        """Save a text that was made of the one with this digest (empty: of none) and return its version.

        Raises :class:`FileRefused` for a text that is no good, :class:`HallFileMoved` when the file is another by now,
        and :class:`HallFileStuck` when it cannot be written. The version is written down before the file.
        """
        self.check(key, text)
        with self._lock:
            there = self._still(key, digest)
            path = there.path if there else self._path_of(key)
            if there is None and path.exists():
                raise HallFileStuck(
                    tell("{path}: is there, and no hall file of {key}; let `halls` name a folder", path=path, key=key)
                )
            with _told(path):
                self._keep_found(key, there, now)
                with drafted(path, text) as draft:
                    version = self._note(key, "saved", text, by=by, reason=reason, now=now)
                    draft.replace(path)
        return version

    def remove(self, key: HallKey, *, digest: str, by: str, reason: str, now: float) -> Version:
        """Remove a hall file, whose text stays in the history; raises as :meth:`save` does."""
        with self._lock:
            there = self._still(key, digest)
            if there is None:
                raise HallFileMoved(None)
            with _told(there.path):
                self._keep_found(key, there, now)
                aside = there.path.replace(there.path.with_suffix(".removed"))
                try:
                    version = self._note(key, "removed", there.text, by=by, reason=reason, now=now)
                except BaseException:
                    aside.replace(there.path)
                    raise
                aside.unlink()
        return version

    def _still(self, key: HallKey, digest: str) -> HallText | None:
        """Return the file; raise :class:`HallFileMoved` unless it is the one with this digest."""
        there = self.find(key)
        if (there.digest if there else "") != digest:
            raise HallFileMoved(there)
        return there

    def _keep_found(self, key: HallKey, there: HallText | None, now: float) -> None:
        """Write down what is there, unless the last version is just that: it was edited elsewhere."""
        if there is None:
            return
        last = next(iter(self.history.versions(key)), None)
        if last is None or last.deed == "removed" or self.history.text(key, last.number) != there.text:
            self._note(key, "found", there.text, by="", reason="", now=now)

    def _note(self, key: HallKey, deed: Deed, text: str, *, by: str, reason: str, now: float) -> Version:
        return self.history.add(key, Version(number=0, at=now, deed=deed, by=by, reason=reason), text)

    def _read(self) -> Iterator[HallText]:
        for path in sorted(self._place.glob("*.toml")) if self._place.is_dir() else [self._place]:
            try:
                text = path.read_bytes().decode("utf-8-sig", errors="replace")
            except OSError:  # one that nobody can read hides no other; the collector names it among its problems
                continue
            key = key_of(text)
            if key:
                yield HallText(key, path, text, digest_of(text))

    def _path_of(self, key: HallKey) -> Path:
        """Return where a new hall's file goes."""
        if not self._place.is_dir() and self._place.suffix == ".toml":
            return self._place
        taken = {each.path.name for each in self._read()} if self._place.is_dir() else set()
        name = f"{key.hall}.toml"
        return self._place / (f"{key.area}-{key.hall}.toml" if name in taken else name)


def digest_of(text: str) -> str:
    """Return by what a text is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(text: str) -> HallKey | None:
    """Return whose hall file a text is, also when it is broken otherwise; None when it does not say."""
    try:
        table = tomllib.loads(text)
        area, hall = table.get("area"), table.get("hall")
    except (ValueError, RecursionError):
        found = _area.search(text), _hall.search(text)
        area, hall = (each[1] if each else None for each in found)
    if isinstance(area, str) and isinstance(hall, str) and PLAIN_ID.fullmatch(area) and PLAIN_ID.fullmatch(hall):
        return HallKey(area, hall)
    return None


@contextlib.contextmanager
def drafted(path: Path, text: str) -> Iterator[Path]:
    """Give the text as a file beside the one whose place it is to take, with its mode; it is gone if it does not.

    What can go wrong with a disk goes wrong before anything is written down.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Raise an error of the system as :class:`HallFileStuck`, with the file that it names."""
    try:
        yield
    except OSError as error:
        raise HallFileStuck(f"{error.filename or path}: {error.strerror or error}") from error
