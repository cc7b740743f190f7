"""The cells of a queue machine's rows as numbers, waits and moments. Pure.

Sources write them in many ways; what is none of these is refused, never guessed. Every function raises
:class:`ValueError` only, and says what is wrong with the cell without repeating it.
"""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from typing import Any, Final

from hallwatch_agent.probes.time_form import names_day

MAX_PEOPLE: Final = 10_000
"""In one row; a machine that tells more is wrong."""
LONGEST_WAIT_S: Final = 43_200.0
"""Nobody waits longer than half a day: a ticket of yesterday was never called."""
CLOCK_DIFFERENCE_S: Final = 120.0
"""So far the machine's clock may be ahead of the agent's."""
LARGEST: Final = 1e15
MILLISECONDS_FROM: Final = 1e11
"""As seconds that is the year 5138."""

_decimal = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_clock = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")


def parse_code(value: Any) -> str:
    """Return a cell as the word by which the hall file calls it; of an empty cell an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        number = _as_float(value)
        if not -LARGEST <= number <= LARGEST:  # neither is NaN
            raise ValueError("too large for a code")
        return str(int(number)) if number == int(number) else str(value)
    if isinstance(value, str):
        return value.strip()
    raise ValueError(f"{type(value).__name__}, not a word")


def parse_people(value: Any) -> int:
    """Return how many people a cell tells."""
    people = parse_number(value)
    if people is None:
        raise ValueError("empty, not a number")
    if people != int(people):
        raise ValueError("not a whole number")
    if people > MAX_PEOPLE:
        raise ValueError(f"more than {MAX_PEOPLE} people")
    return int(people)


def parse_wait(value: Any, unit: str) -> float | None:
    """Return a wait in seconds, None for an empty cell. *unit* is s, min or hh:mm:ss; an SQL interval has its own."""
    if isinstance(value, datetime.timedelta):
        wait_s: float | None = value.total_seconds()
    elif unit == "hh:mm:ss" and isinstance(value, str) and value.strip():
        parts = _clock.fullmatch(value.strip())
        if parts is None:
            raise ValueError("not a time such as 00:12:30")
        wait_s = int(parts[1]) * 3600.0 + int(parts[2]) * 60 + int(parts[3])
    else:
        number = parse_number(value)
        wait_s = None if number is None else number * (60 if unit == "min" else 1)
    if wait_s is not None and not 0 <= wait_s <= LONGEST_WAIT_S:
        raise ValueError(f"not a wait from 0 to {LONGEST_WAIT_S / 3600:g} h; is the unit {unit}?")
    return wait_s


def parse_moment(value: Any, form: str, zone: datetime.tzinfo, now: float) -> float | None:
    """Return a moment of the past in Unix seconds, None for an empty cell.

    *form* is one of strptime, without a day in it of today; empty: ISO 8601, or Unix seconds or milliseconds. *zone*
    is that of moments which do not say it themselves.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime.datetime):
        at = _unix(value, zone)
    elif isinstance(value, str) and (form or not _decimal.fullmatch(value.strip())):
        at = _written(value.strip(), form, zone, now)
    else:
        number = parse_number(value) or 0.0
        at = number / 1000 if number >= MILLISECONDS_FROM else number
    if at > now + CLOCK_DIFFERENCE_S:
        raise ValueError("lies in the future; is the time zone right, and are the clocks?")
    return min(at, now)


def parse_zone(offset: str) -> datetime.timezone:
    """Return the time zone so far from UTC, such as ``+08:00``.

    An offset and no name: Windows has no table of zones, and all of China keeps one time without summer time.
    """
    moment = datetime.datetime.strptime(offset, "%z")
    return datetime.timezone(moment.utcoffset() or datetime.timedelta())


def parse_number(value: Any) -> float | None:
    """Return a number that is not negative, None for an empty cell."""
    if isinstance(value, str):
        value = value.strip()
        if value and not _decimal.fullmatch(value):
            raise ValueError("not a number from 0 up")
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"{type(value).__name__}, not a number")
    number = _as_float(value)
    if not 0 <= number <= LARGEST:  # neither is NaN
        raise ValueError("not a number from 0 up")
    return number


def _as_float(value: str | float | Decimal) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _written(text: str, form: str, zone: datetime.tzinfo, now: float) -> float:
    try:
        if not form:
            return _unix(datetime.datetime.fromisoformat(text), zone)
        moment = datetime.datetime.strptime(text, form)  # noqa: DTZ007 - its zone comes below
    except ValueError:
        raise ValueError(f"not a moment as {form or 'in ISO 8601'}") from None
    if not names_day(form):
        today = datetime.datetime.fromtimestamp(now, zone)
        moment = moment.replace(year=today.year, month=today.month, day=today.day)
    return _unix(moment, zone)


def _unix(moment: datetime.datetime, zone: datetime.tzinfo) -> float:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except OverflowError:
        raise ValueError("not a moment of our time") from None
