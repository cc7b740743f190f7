"""IPP messages decoded (RFC 8010). Pure.

pyipp encodes the requests. Its decoder is not used: one unknown enum or odd date makes it refuse the whole answer, and
it knows no groups of subscriptions and events. Here an attribute that cannot be understood is absent, alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from msgspec import Struct

from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.probes.snmp_probe import text
from hallwatch_agent.wire import ReadError

Value: TypeAlias = bool | int | float | bytes | str
"""A number (also of an enum), a moment in Unix seconds, octets, or words."""
Attributes: TypeAlias = Mapping[str, list[Value]]
"""The values of each attribute; of one without a value, or of a kind that is not decoded, the list is empty."""

OPERATION, JOB, END, PRINTER, SUBSCRIPTION, EVENT = 1, 2, 3, 4, 6, 7
"""Tags that begin a group."""
LAST_DELIMITER: Final = 0x0F
BOOLEAN, OCTETS, DATE, BEGIN_COLLECTION, END_COLLECTION = 0x22, 0x30, 0x31, 0x34, 0x37
NUMBERS: Final = {0x21, 0x23}
WITH_LANGUAGE: Final = {0x35, 0x36}
WORDS: Final = {0x41, 0x42, *range(0x44, 0x4A)}
HEADER: Final = struct.Struct(">bbhi")
NEWEST: Final = 3
"""Major version; a message of a higher one is no IPP at all."""


class Answer(Struct, frozen=True):
    """A decoded response."""

    status: int
    groups: tuple[tuple[int, Attributes], ...]

    def group(self, tag: int) -> Attributes:
        """Return the first group with *tag*, empty when there is none."""
        return next((attributes for found, attributes in self.groups if found == tag), {})

    def all(self, tag: int) -> list[Attributes]:
        """Return all groups with *tag*: one for each job, or for each event."""
        return [attributes for found, attributes in self.groups if found == tag]


def parse_answer(payload: bytes) -> Answer:
    """Decode a response; raise :class:`CouldNotRead` (``garbage``) for what is no IPP message.

    What is cut off counts as far as it came.
    """
    if len(payload) <= HEADER.size or not 1 <= payload[0] <= NEWEST:
        said = text(payload[:60].decode("utf-8", "ignore").encode())
        raise CouldNotRead(ReadError.GARBAGE, f"no IPP message: {said}" if said else "no IPP message")
    _, _, status, _ = HEADER.unpack_from(payload)
    groups: list[tuple[int, dict[str, list[Value]]]] = []
    values: list[Value] = []
    depth = 0
    for tag, name, octets in _pieces(payload):
        if name is None:
            groups.append((tag, {}))
            values, depth = [], 0
            continue
        if name and groups and not depth:
            values = groups[-1][1].setdefault(name, [])
        if tag == BEGIN_COLLECTION:
            depth += 1
        elif tag == END_COLLECTION:
            depth = max(0, depth - 1)
        elif not depth and (value := parse_value(tag, octets)) is not None:
            values.append(value)
    return Answer(status, tuple(groups))


def parse_value(tag: int, octets: bytes) -> Value | None:
    """Decode one value; None for a kind that no probe reads, for "no value", and for one of the wrong size."""
    if tag in NUMBERS:
        return int.from_bytes(octets, "big", signed=True) if len(octets) == 4 else None
    if tag == BOOLEAN:
        return octets != b"\0" if len(octets) == 1 else None
    if tag == DATE:
        return parse_date(octets)
    if tag == OCTETS:
        return octets
    if tag in WITH_LANGUAGE:
        after_language = 2 + int.from_bytes(octets[:2], "big")
        size = int.from_bytes(octets[after_language : after_language + 2], "big")
        return text(octets[after_language + 2 : after_language + 2 + size])
    return text(octets) if tag in WORDS else None


def parse_date(octets: bytes) -> float | None:
    """Return a dateTime (RFC 2579, DateAndTime, of 11 octets) in Unix seconds; None when it is none."""
    if len(octets) != 11 or octets[8:9] not in (b"+", b"-"):
        return None
    year = int.from_bytes(octets[:2], "big")
    month, day, hour, minute, second, tenths = octets[2:8]
    east = timedelta(hours=octets[9], minutes=octets[10]) * (1 if octets[8:9] == b"+" else -1)
    try:
        at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return at.timestamp() + tenths / 10 - east.total_seconds()


def numbers(attributes: Attributes, name: str) -> list[int]:
    """Return the values of an attribute that are whole numbers."""
    return [value for value in attributes.get(name, ()) if isinstance(value, int) and not isinstance(value, bool)]


def number(attributes: Attributes, name: str) -> int | None:
    """Return the first number of an attribute, None when there is none."""
    return next(iter(numbers(attributes, name)), None)


def moment(attributes: Attributes, name: str) -> float | None:
    """Return the first moment of an attribute in Unix seconds, None when there is none."""
    return next((value for value in attributes.get(name, ()) if isinstance(value, float)), None)


def flag(attributes: Attributes, name: str) -> bool | None:
    """Return the truth value of an attribute, None when there is none."""
    return next((value for value in attributes.get(name, ()) if isinstance(value, bool)), None)


def words(attributes: Attributes, name: str) -> list[str]:
    """Return the values of an attribute that are words."""
    return [value for value in attributes.get(name, ()) if isinstance(value, str)]


def word(attributes: Attributes, name: str) -> str:
    """Return the first words of an attribute, empty when there are none."""
    return next(iter(words(attributes, name)), "")


def fields(attributes: Attributes, name: str) -> list[dict[str, str]]:
    """Return octets of the form ``key=value;key=value`` (PWG 5100.9, PWG 5100.13), one dict for each value."""
    rows = []
    for value in attributes.get(name, ()):
        said = value if isinstance(value, str) else text(value) if isinstance(value, bytes) else ""
        pairs = (pair.partition("=") for pair in said.split(";"))
        rows.append({key.strip(): cell.strip() for key, sign, cell in pairs if sign})
    return rows


def _pieces(payload: bytes) -> Iterator[tuple[int, str | None, bytes]]:
    """Yield what a message consists of: tag, name and octets; the name is None where a group begins.

    Ends where a length points beyond the message.
    """
    at = HEADER.size
    while at < len(payload):
        tag = payload[at]
        at += 1
        if tag == END:
            return
        if tag <= LAST_DELIMITER:
            yield tag, None, b""
            continue
        name, at = _counted(payload, at)
        octets, at = _counted(payload, at)
        if name is None or octets is None:
            return
        yield tag, text(name), octets


def _counted(payload: bytes, at: int) -> tuple[bytes | None, int]:
    """Return the octets whose number stands at *at*, and where they end; None when they are cut off."""
    starts = at + 2
    ends = starts + int.from_bytes(payload[at:starts], "big")
    return (payload[starts:ends], ends) if starts <= ends <= len(payload) else (None, ends)
