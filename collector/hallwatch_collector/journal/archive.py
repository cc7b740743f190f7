"""The record as a file for the archive (F2): every event as it stands in the database, one JSON object a line.

The lines hold all that the chain's hashes are over, so the file can be verified by itself, by this program or another:
``body`` is the event's JSON as a text, to the letter. Personal data is not in the journal, and so not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from hallwatch_collector.journal.journal import Sealed

_decode = msgspec.json.Decoder(Sealed).decode


class NoArchive(ValueError):  # noqa: N818 - it says what is so
    """A file is no exported record; the text says where."""


def write_archive(events: Iterable[Sealed], stream: BinaryIO) -> int:
    """Write events, oldest first; return how many."""
    count = 0
    for event in events:
        stream.write(msgspec.json.encode(event) + b"\n")
        count += 1
    return count


def read_archive(path: Path) -> Iterator[Sealed]:
    """Yield the events of an exported record; raise :class:`NoArchive`, or OSError."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield _decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise NoArchive(f"{path}, line {number}: this is no event of an exported record: {error}") from None
