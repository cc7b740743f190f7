"""The types of values that stand in hall files and plans: names, times of day, spans, limits."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

AUTOMATIC: Final = "auto"
"""Stands for the person where nobody did it."""
HALL_FILE: Final = "hall-file"
"""Stands for the person who planned what stands in the hall file, and ended what it no longer has."""
Name = Annotated[
    str,
    Meta(
        pattern=(
            r"^(?=.*[^\s\u3164])[^\x00-\x1f\x7f-\xa0\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f"
            r"\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]{1,80}$(?!\n)"
        ),
        min_length=1,
        max_length=80,
        description="a name of 1 to 80 letters, all of which can be seen, on one line",
        examples=["1号窗口"],
    ),
]
"""What people read: nothing in it may be invisible, turn the direction of writing around, or end a line."""
Phone = Annotated[
    str,
    Meta(
        pattern=r"^(?:(?=(?:[^0-9]*[0-9]){3})[0-9+(（][0-9+() （）/,;、;，转#*-]{2,79})?$(?!\n)",
        description="a telephone number: digits, with + - ( ) / 转 and spaces among them",
        examples=["0571-87654321 转 8012"],
    ),
]
"""Empty: none."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
"""In the order of :meth:`datetime.date.weekday`."""
TimeOfDay = Annotated[
    str,
    Meta(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)",
        description="a time of day from 00:00 to 24:00, the hour with two digits",
        examples=["08:30"],
    ),
]
DayAndTime = Annotated[
    str,
    Meta(
        pattern=r"^2[0-9]{3}-[01][0-9]-[0-3][0-9][ T]([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)",
        description="a day and a time of day, the hour with two digits",
        examples=["2026-03-14 18:00"],
    ),
]
"""By the hall's clocks. Whether there is such a day is looked at by whoever reads it."""
MaybeDay = Annotated[
    str,
    Meta(
        pattern=r"^(2[0-9]{3}-[01][0-9]-[0-3][0-9][ T])?(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)",
        description="a day and a time of day or, beside days, a time of day",
        examples=["2026-03-14 18:00", "18:00"],
    ),
]
Hold = Annotated[float, Meta(ge=0, le=31_536_000)]
"""Seconds, at most a year."""
Duration = Annotated[float, Meta(gt=0, le=31_536_000)]
"""Seconds, at most a year."""
Limit = Annotated[float, Meta(ge=-1e15, le=1e15)]
"""Of a metric, in its unit."""


def minute_of(time: TimeOfDay) -> int:
    """Return the minute of the day that a time of day is."""
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
