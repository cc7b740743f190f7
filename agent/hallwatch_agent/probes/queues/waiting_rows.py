"""Rows out of what a queue-number machine hands out: JSON and CSV, in the encodings of Chinese software. Pure.

Every function takes any bytes and raises :class:`CouldNotRead` (``garbage``) only.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

import msgspec

from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.wire import ReadError

MAX_ROWS: Final = 10_000
MAX_BYTES: Final = 4_194_304
Delimiter: TypeAlias = Literal[",", ";", "\t", "|"]
Encoding: TypeAlias = Literal["", "utf-8", "gb18030", "utf-16-le", "utf-16-be"]
NAME, VALUE = "@key", "@value"
"""Columns of a JSON object whose entries are the rows: an entry's name, and what stands there."""
MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decode_text(content: bytes, encoding: str = "") -> str:
    """Return text: by its byte order mark, else in the named *encoding*, else in UTF-8 or GB 18030."""
    marked = [found for mark, found in MARKS.items() if content.startswith(mark)]
    for candidate in marked or ([encoding] if encoding else ["utf-8", "gb18030"]):
        try:
            return content.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise CouldNotRead(ReadError.GARBAGE, f"not text in {encoding or 'UTF-8 or GB 18030'}")


def parse_json(content: bytes, path: str, *, entries: bool) -> list[Any]:
    """Return the rows at *path* (``data.queues``; a number picks from a list; empty: the whole) of a JSON document.

    A list is its rows and an object is one row; with *entries* each of an object's entries is one, its name in the
    column ``@key`` and a bare value in ``@value``.
    """
    try:
        found = msgspec.json.decode(decode_text(content))
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise CouldNotRead(ReadError.GARBAGE, f"not JSON: {str(error)[:80]}") from None
    for name in path.split(".") if path else []:
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise CouldNotRead(ReadError.GARBAGE, f"nothing at `{name}` of rows = {path!r}")
    if isinstance(found, dict):
        found = [_entry(name, value) for name, value in found.items()] if entries else [found]
    if not isinstance(found, list):
        raise CouldNotRead(ReadError.GARBAGE, f"at rows = {path!r} stands neither a list nor an object")
    return check_count(found)


def parse_csv(content: bytes, delimiter: str, encoding: str, *, header: bool) -> list[dict[str, str]]:
    """Return the rows of a CSV file by the names in its first line, without one by ``1``, ``2``, …

    What its first line does not name is left out, and so is a cell that a short row lacks.
    """
    lines = _lines(decode_text(content, encoding), delimiter)
    try:
        first = next(lines, None)
        if first is None:
            raise CouldNotRead(ReadError.GARBAGE, "empty: not even a first line")
        rest = [line for line, _ in zip(lines, range(MAX_ROWS + 1), strict=False)]
    except csv.Error as error:
        raise CouldNotRead(ReadError.GARBAGE, f"not CSV: {error}") from None
    names = [name.strip() for name in first] if header else [str(at) for at in range(1, len(first) + 1)]
    if header and (twice := {name for name in names if name and names.count(name) > 1}):
        raise CouldNotRead(ReadError.GARBAGE, f"two columns are called {min(twice)[:40]!r}")
    return [dict(zip(names, line, strict=False)) for line in check_count(rest if header else [first, *rest])]


def check_count(rows: list[Any]) -> list[Any]:
    """Return *rows*; raise :class:`CouldNotRead` when they are more than any hall has."""
    if len(rows) > MAX_ROWS:
        raise CouldNotRead(ReadError.GARBAGE, f"more than {MAX_ROWS} rows")
    return rows


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the lines that hold anything."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return (line for line in reader if any(cell.strip() for cell in line))


def _entry(name: str, value: Any) -> dict[str, Any]:
    return {**value, NAME: name} if isinstance(value, dict) else {NAME: name, VALUE: value}
