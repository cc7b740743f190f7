"""Which lines of a log mark a transaction, and when it was. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from hallwatch_agent.probes.patterns import Pattern
from hallwatch_agent.probes.time_form import check_day, names_day
from hallwatch_agent.sentences import tell

MOST_LINE_CHARS: Final = 4000
AHEAD_S: Final = 120.0
"""A line's time may be so much ahead of this machine's clock; one beyond is not believed."""


class Marks(Struct, frozen=True):
    """What marks a transaction, and how its line tells the time."""

    line: Pattern
    encoding: str = "utf-8"
    time_format: str = ""

    def find(self, line: bytes, now: float) -> tuple[bool, float | None]:
        """Tell whether a line marks a transaction, and when that was by its own words; None: it does not say."""
        words = line.decode(self.encoding, "replace").rstrip("\r")[:MOST_LINE_CHARS]
        found = self.line.search(words)
        if found is None:
            return False, None
        told = found["time"] if self.time_format else None
        return True, parse_time(told, self.time_format, now) if told else None

    def last_of(self, newest_first: Iterable[bytes], now: float) -> float | None:
        """Return when the last transaction of a file was; None when it does not tell that."""
        for line in newest_first:
            marked, at = self.find(line, now)
            if marked:
                return at
        return None


def check_time_format(time_format: str) -> None:
    """Raise :class:`ValueError` for a format that ``strptime`` does not know, or that leaves the day open."""
    try:
        datetime.strptime("", time_format)  # noqa: DTZ007 - only the format is looked at
    except re.error:
        raise ValueError(tell("`time_format` has one part of the time twice")) from None
    except ValueError as error:
        if "does not match" not in str(error):
            raise ValueError(
                tell("`time_format` is no form of a time, such as %Y-%m-%d %H:%M:%S: {reason}", reason=str(error))
            ) from None
    check_day(time_format, "time_format")


def parse_time(text: str, time_format: str, now: float) -> float | None:
    """Read a time as the machine that writes the log shows it (its time zone, unless the format has ``%z``).

    A time of day alone is the last such moment before *now*. None for what is no such time, or lies in the future.
    """
    try:
        when = datetime.strptime(text.strip(), time_format)  # noqa: DTZ007 - local time, as logs have it
        if not names_day(time_format):
            today = datetime.fromtimestamp(now, UTC).astimezone(when.tzinfo)
            when = when.replace(year=today.year, month=today.month, day=today.day)
            if when.timestamp() > now + AHEAD_S:
                when -= timedelta(days=1)
        at = when.timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return at if at <= now + AHEAD_S else None
