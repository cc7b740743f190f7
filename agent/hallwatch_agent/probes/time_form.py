"""Which day does a form of ``strptime`` mean: one that it names whole, or none? Pure."""

from __future__ import annotations

import re
from typing import Final

from hallwatch_agent.sentences import tell

_directive = re.compile(r"%[-#]?([A-Za-z%])")
_DATE: Final = frozenset("aAwdbBmyYjUWcxGuV")


def names_day(form: str) -> bool:
    """Tell whether *form* holds a date, and not the time of day alone."""
    return bool(_DATE.intersection(_directive.findall(form)))


def check_day(form: str, option: str) -> None:
    """Raise :class:`ValueError` naming *option* when *form* holds a part of a date only: the rest would be of 1900."""
    said = set(_directive.findall(form))
    whole_date = said & {"c", "x"} or (
        said & {"Y", "y"} and (said & {"j"} or (said & {"d"} and said & {"m", "b", "B"}))
    )
    if names_day(form) and not whole_date:
        raise ValueError(tell("`{option}` must have year, month and day, or the time of day alone", option=option))
