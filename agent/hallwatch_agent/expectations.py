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

from hallwatch_agent.sentences import Sentence, either, tell

SHOWN_CHARS: Final = 60
"""Of a wrong value."""
PART_CHARS: Final = 4
"""A part of a word that has fewer is in too many others."""
BARE: Final[Mapping[Any, Sentence]] = {
    bool: tell("true or false"),
    str: tell("text in quotes"),
    dict: tell("a table in braces, such as {{ name = value }}"),
    datetime.date: tell('a day, such as "2027-02-16"'),
}
_parts = re.compile(r"[-_. /]")
_password = re.compile(r"(?<=:)(?!//)\S+(?=@)")


def describe(hint: Any) -> str:
    """Return what a value of this type is: ``a whole number from 1 to 65535``."""
    bare, bounds = take_apart(hint)
    members = [member for member in members_of(bare) if member is not types.NoneType]
    if members != [bare]:
        return either(dict.fromkeys(map(describe, members)))
    if "description" in bounds:
        description, examples = bounds["description"], bounds.get("examples", ())
        what = tell(description[:1].lower() + description[1:].rstrip("."))
        return (
            tell("{what}, such as {examples}", what=what, examples=either(map(show_value, examples)))
            if examples
            else what
        )
    return _describe_plain(bare, bounds)


def _describe_plain(bare: Any, bounds: Mapping[str, Any]) -> Sentence:
    if get_origin(bare) is Literal:
        return tell("one of {words}", words=", ".join(map(show_value, get_args(bare))))
    if bare in (int, float):
        number = tell("a whole number") if bare is int else tell("a number")
        return _bound(number, bounds)
    if get_origin(bare) in (list, tuple):
        return _measure(tell("a list in brackets"), bounds, tell("items"), tell("item"))
    if bare is str and ({"min_length", "max_length"} & bounds.keys()):
        return _measure(tell("text"), bounds, tell("characters"), tell("character"))
    return BARE.get(bare) or BARE[dict]


def complain(value: Any, hint: Any) -> Sentence:
    """Return what is wrong with a value that this type refuses, and what would be right."""
    bare, _ = take_apart(hint)
    words = [str(word) for member in members_of(bare) if get_origin(member) is Literal for word in get_args(member)]
    if words and isinstance(value, str):
        return tell("{value} is unknown; {hint}", value=show_value(value), hint=name_choices(value, words))
    if get_origin(bare) in (list, tuple) and isinstance(value, str | int | float):
        item = take_apart(get_args(bare)[0])[0]
        shown = value if isinstance(value, str) and item in (int, float) else show_value(value)
        return tell("{value}: give a list in brackets, such as [{shown}]", value=show_value(value), shown=shown)
    return tell("{value}: give {right}", value=show_value(value), right=describe(hint))


def show_value(value: Any) -> str:
    """Return a value as the file has it, on one line and not too long; of an address without its password."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple | dict):
        if isinstance(value, dict):
            return tell("a table") if value else tell("an empty table")
        return tell("a list") if value else tell("an empty list")
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


NOTHING: Final = tell("none")


def name_choices(wrong: str, choices: Iterable[str], nothing: str = NOTHING, most: int = 12) -> Sentence:
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
        return tell("there are {nothing}", nothing=nothing)
    shown = ", ".join(known[:most])
    if len(known) > most:
        return tell("there are {shown} and {count} more", shown=shown, count=len(known) - most)
    return tell("there are {shown}", shown=shown)


def ask_meant(near: Iterable[str]) -> Sentence:
    """Return the hint that names the valid words nearest to a wrong one."""
    return tell("did you mean {words}?", words=either(map(repr, near)))


def share_part(wrong: str, parts: Iterable[str]) -> bool:
    """Tell whether one of these parts of a valid word or its name, if it is long enough to tell, is in a wrong word."""
    return any(len(part) >= PART_CHARS and part.lower() in wrong.lower() for part in parts)


def _bound(what: Sentence, bounds: Mapping[str, Any]) -> Sentence:
    """Return what a number is with its limits."""
    low, above, high, below = (bounds.get(name) for name in ("ge", "gt", "le", "lt"))
    if low is not None and high is not None:
        return tell("{what} from {low:.12g} to {high:.12g}", what=what, low=low, high=high)
    told = [
        tell(f"{word} {{limit:.12g}}", limit=limit)
        for word, limit in (("at least", low), ("above", above), ("at most", high), ("below", below))
        if limit is not None
    ]
    if not told:
        return what
    if len(told) == 1:
        return tell("{what} {limit}", what=what, limit=told[0])
    return tell("{what} {limit}, {other}", what=what, limit=told[0], other=told[1])


def _measure(what: Sentence, bounds: Mapping[str, Any], nouns: Sentence, noun: Sentence) -> Sentence:
    """Return what a list or a text is with how long it may be."""
    least, most = bounds.get("min_length", 0), bounds.get("max_length")
    if most is not None and least:
        return tell("{what} of {least} to {most} {nouns}", what=what, least=least, most=most, nouns=nouns)
    if most is not None:
        return tell("{what} of at most {most} {nouns}", what=what, most=most, nouns=nouns)
    if least:
        return tell("{what} of at least {least} {nouns}", what=what, least=least, nouns=nouns if least > 1 else noun)
    return what
