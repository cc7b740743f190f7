"""Lines of log files that others write, rotate and truncate: what is new since last time, and the last ones backwards.

No file is kept open between two readings: on Windows its owner could not rename it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

MOST_NEW_BYTES: Final = 4_194_304
"""Read of one file at a time; what is beyond waits for the next reading."""
MOST_OLD_BYTES: Final = 8_388_608
"""Looked through backwards in one file."""
BLOCK_BYTES: Final = 65_536
HEAD_BYTES: Final = 64
MOST_SIBLINGS: Final = 5000

Identity = tuple[int, int]
"""Device and inode; Windows has both."""


class Place(Struct, frozen=True):
    """How far a file has been read."""

    path: Path
    identity: Identity
    head: bytes
    """The first bytes of the file: another file may get the inode of one that is deleted."""
    offset: int
    """After the last whole line."""


def read_new(path: Path, place: Place | None) -> tuple[list[bytes], Place]:
    """Return the whole lines behind *place*, and the new place; all lines of another or a truncated file.

    Raises :class:`OSError`.
    """
    with path.open("rb") as file:
        here = _start(file, path)
        if place is not None and _goes_on(place, here, file):
            here = Place(path, here.identity, here.head, place.offset)
        file.seek(here.offset)
        chunk = file.read(MOST_NEW_BYTES)
    end = chunk.rfind(b"\n") + 1
    if not end and len(chunk) == MOST_NEW_BYTES:
        end = len(chunk)  # no log has such a line
    return chunk[:end].split(b"\n")[:-1], Place(path, here.identity, here.head, here.offset + end)


def place_at_end(path: Path) -> Place:
    """Return the place behind the last whole line of a file; raise :class:`OSError`."""
    with path.open("rb") as file:
        here = _start(file, path)
        size = _size(file)
        back = min(size, BLOCK_BYTES)
        file.seek(size - back)
        tail = file.read(back)
    unfinished = len(tail) - (tail.rfind(b"\n") + 1)
    return Place(path, here.identity, here.head, size - (0 if unfinished == BLOCK_BYTES else unfinished))


def lines_backwards(place: Place) -> Iterator[bytes]:
    """Yield the whole lines before *place*, the last first, of at most :data:`MOST_OLD_BYTES`.

    Raises :class:`OSError`.
    """
    with place.path.open("rb") as file:
        at, floor, rest = place.offset, max(0, place.offset - MOST_OLD_BYTES), b""
        while at > floor:
            step = min(BLOCK_BYTES, at - floor)
            at -= step
            file.seek(at)
            first, *lines = (file.read(step) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            rest = first if len(first) <= BLOCK_BYTES else b""
        if at == 0 and rest:
            yield rest


def find_moved(place: Place) -> Path | None:
    """Return the file that *place* is in, if it is in the same folder under another name; None when it is gone."""
    try:
        for entry in itertools.islice(place.path.parent.iterdir(), MOST_SIBLINGS):
            if identity_of(entry.stat(follow_symlinks=False)) == place.identity:
                with entry.open("rb") as file:
                    return entry if _goes_on(place, _start(file, entry), file) else None
    except OSError:  # it goes at this moment
        return None
    return None


def identity_of(status: os.stat_result) -> Identity:
    """Return what stays the same when a file is renamed."""
    return status.st_dev, status.st_ino


def _start(file: BinaryIO, path: Path) -> Place:
    return Place(path, identity_of(os.fstat(file.fileno())), file.read(HEAD_BYTES), 0)


def _goes_on(place: Place, here: Place, file: BinaryIO) -> bool:
    same = place.identity == here.identity and here.head.startswith(place.head)
    return same and _size(file) >= place.offset


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
