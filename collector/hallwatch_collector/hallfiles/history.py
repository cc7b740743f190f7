"""Every version of a hall file that was saved by the pages, or found when they were to save another.

A folder a hall: ``<n>.toml`` is the text, ``versions.jsonl`` says of each who saved it, when and why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from hallwatch_collector.core.hall import HallKey

Deed = Literal["saved", "found", "removed"]
INDEX: Final = "versions.jsonl"


class Version(Struct, frozen=True, kw_only=True):
    """One version of a hall file."""

    number: int
    at: float
    deed: Deed
    """``found``: it was on disk when another was saved, and nobody saved it by the pages."""
    by: str = ""
    reason: str = ""


class History:
    """The versions of all halls. Of one process; every method may raise ``OSError``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def halls(self) -> list[HallKey]:
        """Return the halls that have a history."""
        return sorted(HallKey(each.parent.parent.name, each.parent.name) for each in self._folder.glob(f"*/*/{INDEX}"))

    def versions(self, key: HallKey) -> list[Version]:
        """Return the versions of a hall, the newest first; a line that cannot be read is left out."""
        return list(self._read(key))[::-1]

    def text(self, key: HallKey, number: int) -> str | None:
        """Return the text of a version; None: there is no such one."""
        if all(each.number != number for each in self._read(key)):
            return None
        return self._file(key, number).read_text(encoding="utf-8")

    def add(self, key: HallKey, version: Version, text: str) -> Version:
        """Write a version down, with the next number; return it."""
        folder = self._of(key)
        folder.mkdir(parents=True, exist_ok=True)
        taken = [int(each.stem) for each in folder.glob("*.toml") if each.stem.isdecimal()]
        version = msgspec.structs.replace(version, number=max(taken, default=0) + 1)
        with self._file(key, version.number).open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        with (folder / INDEX).open("a+b") as index:
            index.seek(0, os.SEEK_END)
            if index.tell():
                index.seek(-1, os.SEEK_END)
                torn = index.read(1) != b"\n"  # by a crash: the next line is not to be lost with it
            else:
                torn = False
            index.write(b"\n" * torn + msgspec.json.encode(version) + b"\n")
            index.flush()
            os.fsync(index.fileno())
        return version

    def _read(self, key: HallKey) -> Iterator[Version]:
        try:
            lines = (self._of(key) / INDEX).read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                yield msgspec.json.decode(line, type=Version)
            except msgspec.MsgspecError:
                continue  # a line that a crash cut off: its text is there still

    def _of(self, key: HallKey) -> Path:
        return self._folder / key.area / key.hall

    def _file(self, key: HallKey, number: int) -> Path:
        return self._of(key) / f"{number}.toml"
