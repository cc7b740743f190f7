"""Says in words what a value that people write should be: from the types of the options, for hall files and commands.

A type with a pattern has a ``description`` (what to give: *a host name or an address*) and ``examples`` in its
:class:`msgspec.Meta`; all else follows from its bounds.
"""

from __future__ import annotations

import datetime
import re
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from msgspec import Meta

SHOWN_CHARS: Final = 60
"""Of a wrong value."""
PART_CHARS: Final = 4
"""A part of a word that has fewer is in too many others."""
BARE: Final[Mapping[Any, str]] = {
    bool: "true or false",
    str: "text in quotes",
    dict: "a table in braces, such as { name = value }",
    datetime.date: 'a day, such as "2027-02-16"',
}
_parts = re.compile(r"[-_. /]")
_password = re.compile(r"(?<=:)(?!//)\S+(?=@)")


def describe(hint: Any) -> str:
    """Return what a value of this type is: ``a whole number from 1 to 65535``."""
    bare, bounds = take_apart(hint)
    members = [member for member in members_of(bare) if member is not types.NoneType]
    if members != [bare]:
        return " or ".join(dict.fromkeys(map(describe, members)))
    if "description" in bounds:
        description, examples = bounds["description"], " or ".join(map(show_value, bounds.get("examples", ())))
        return f"{description[:1].lower()}{description[1:].rstrip('.')}" + (f", such as {examples}" if examples else "")
    return _describe_plain(bare, bounds)


def _describe_plain(bare: Any, bounds: Mapping[str, Any]) -> str:
    if get_origin(bare) is Literal:
        return f"one of {', '.join(map(show_value, get_args(bare)))}"
    if bare in (int, float):
        return f"{'a whole number' if bare is int else 'a number'}{_limits(bounds)}"
    if get_origin(bare) in (list, tuple):
        return f"a list in brackets{_lengths(bounds, 'items')}"
    if bare is str and (length := _lengths(bounds, "characters")):
        return f"text{length}"
    return BARE.get(bare) or BARE[dict]


def complain(value: Any, hint: Any) -> str:
    """Return what is wrong with a value that this type refuses, and what would be right."""
    bare, _ = take_apart(hint)
    words = [str(word) for member in members_of(bare) if get_origin(member) is Literal for word in get_args(member)]
    if words and isinstance(value, str):
        return f"{show_value(value)} is unknown; {name_choices(value, words)}"
    if get_origin(bare) in (list, tuple) and isinstance(value, str | int | float):
        item = take_apart(get_args(bare)[0])[0]
        shown = value if isinstance(value, str) and item in (int, float) else show_value(value)
        return f"{show_value(value)}: give a list in brackets, such as [{shown}]"
    return f"{show_value(value)}: give {describe(hint)}"


def show_value(value: Any) -> str:
    """Return a value as the file has it, on one line and not too long; of an address without its password."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple | dict):
        noun = "table" if isinstance(value, dict) else "list"
        return f"a {noun}" if value else f"an empty {noun}"
    if not isinstance(value, str):
        return str(value)[:SHOWN_CHARS]
    value = _password.sub("…", value)
    return repr(value if len(value) <= SHOWN_CHARS else f"{value[: SHOWN_CHARS - 1]}…")


def take_apart(hint: Any) -> tuple[Any, dict[str, Any]]:
    """Return a type without its bounds, and these by their names in :class:`msgspec.Meta`."""
    if get_origin(hint) is not Annotated:
        return hint, {}
    bare, *notes = get_args(hint)
    bounds: dict[str, Any] = {}
    for note in notes:
        if isinstance(note, Meta):
            bounds |= {name: value for name, value, *_ in note.__rich_repr__() if value is not None}
    return bare, bounds


def members_of(bare: Any) -> tuple[Any, ...]:
    """Return the types of a union, of any other type just that."""
    return get_args(bare) if get_origin(bare) in (Union, types.UnionType) else (bare,)


def name_choices(wrong: str, choices: Iterable[str], nothing: str = "none", most: int = 12) -> str:
    """Return a hint for a wrong word: the nearest valid ones, or else all of them, at *most* so many.

    Near are also those with which it shares a part, wherever that stands in it: ``faileddevice``, ``device-failed``.
    """
    import difflib  # only what is wrong needs it

    known = sorted(set(choices))
    near = difflib.get_close_matches(wrong, known, n=3, cutoff=0.6)
    if not near:
        akin = [word for word in known if share_part(wrong, _parts.split(word))]
        near = difflib.get_close_matches(wrong, akin, n=3, cutoff=0.0)
    if near:
        return ask_meant(near)
    if not known:
        return f"there are {nothing}"
    shown = ", ".join(known[:most])
    return f"there are {shown}" + (f" and {len(known) - most} more" if len(known) > most else "")


def ask_meant(near: Iterable[str]) -> str:
    """Return the hint that names the valid words nearest to a wrong one."""
    return f"did you mean {' or '.join(map(repr, near))}?"


def share_part(wrong: str, parts: Iterable[str]) -> bool:
    """Tell whether one of these parts of a valid word or its name, if it is long enough to tell, is in a wrong word."""
    return any(len(part) >= PART_CHARS and part.lower() in wrong.lower() for part in parts)


def _limits(bounds: Mapping[str, Any]) -> str:
    low, above, high, below = (bounds.get(name) for name in ("ge", "gt", "le", "lt"))
    if low is not None and high is not None:
        return f" from {low:.12g} to {high:.12g}"
    words = {"at least": low, "above": above, "at most": high, "below": below}
    said = [f"{word} {limit:.12g}" for word, limit in words.items() if limit is not None]
    return f" {', '.join(said)}" if said else ""


def _lengths(bounds: Mapping[str, Any], noun: str) -> str:
    least, most = bounds.get("min_length", 0), bounds.get("max_length")
    if most is not None:
        return f" of {least} to {most} {noun}" if least else f" of at most {most} {noun}"
    return f" of at least {least} {noun if least > 1 else noun.removesuffix('s')}" if least else ""
