"""What differs between two versions of a hall file, thing by thing: what people are shown before they save one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hallwatch_collector.core.hall import Hall

How = Literal["added", "removed", "changed"]
What = Literal[
    "hall", "window", "place", "device", "system", "agent", "class", "contact", "duty", "maintenance", "supply", "fault"
]
LISTS: Final[Mapping[str, What]] = {
    "windows": "window",
    "places": "place",
    "devices": "device",
    "systems": "system",
    "agents": "agent",
    "classes": "class",
    "contacts": "contact",
    "duty": "duty",
    "maintenance": "maintenance",
    "supplies": "supply",
    "faults": "fault",
}
"""The lists of a hall file, in the order in which changes are told."""
NAMES: Final[Mapping[What, tuple[str, ...]]] = {
    "contact": ("role", "name"),
    "duty": ("role", "person", "days", "dates", "from"),
    "fault": ("fault", "device"),
}
"""What names a thing that has no id: the same in both versions, and it is the same thing."""
LONGEST_VALUE: Final = 200


class Value(Struct, frozen=True):
    """A key of a thing with another value than before, as it would stand in the file; empty: it did not stand there."""

    key: str
    before: str
    after: str


class Change(Struct, frozen=True, kw_only=True):
    """One thing that is new, gone, or otherwise than before."""

    how: How
    what: What
    id: str = ""
    name: str = ""
    values: tuple[Value, ...] = ()
    """Of what is changed: in which keys."""


def compare_halls(before: Hall | None, after: Hall | None) -> list[Change]:
    """Return what differs between two versions of a hall; None: there was, or is to be, no such hall."""
    if before is None or after is None:
        hall = after or before
        if hall is None:
            return []
        how: How = "added" if before is None else "removed"
        own = [Change(how=how, what="hall", id=str(hall.key), name=hall.name)]
    else:
        own = list(_compare_hall(before, after))
    return [*own, *_compare_lists(_tables(before), _tables(after))]


def _compare_hall(before: Hall, after: Hall) -> Iterator[Change]:
    """Yield the change of what the hall itself says."""
    values = tuple(_compare_values(_scalars(before), _scalars(after)))
    if values:
        yield Change(how="changed", what="hall", id=str(after.key), name=after.name, values=values)


def _compare_lists(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for key, what in LISTS.items():
        had, has = _by_name(what, before.get(key, [])), _by_name(what, after.get(key, []))
        for name, thing in has.items():
            if name not in had:
                yield _tell("added", what, thing)
            elif values := tuple(_compare_values(had[name], thing)):
                yield _tell("changed", what, thing, values)
        for name, thing in had.items():
            if name not in has:
                yield _tell("removed", what, thing)


def _tell(how: How, what: What, thing: dict[str, Any], values: tuple[Value, ...] = ()) -> Change:
    named = [_show(thing[key]) for key in NAMES.get(what, ()) if thing.get(key) is not None]
    return Change(
        how=how, what=what, id=str(thing.get("id", "") or " ".join(named)), name=str(thing.get("name", "")),
        values=values,
    )  # fmt: skip


def _by_name(what: What, things: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return each thing by what names it; the second of a name gets a number."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for thing in things:
        name = (str(thing["id"]),) if "id" in thing else tuple(_show(thing.get(key)) for key in NAMES.get(what, ()))
        number = 1
        while (*name, str(number)) in found:
            number += 1
        found[*name, str(number)] = thing
    return found


def _compare_values(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Value]:
    for key in dict.fromkeys((*after, *before)):
        had, has = before.get(key), after.get(key)
        if had != has:
            yield Value(key, _show(had), _show(has))


def _tables(hall: Hall | None) -> dict[str, Any]:
    """Return what a hall file would say, with every default."""
    if hall is None:
        return {}
    table: dict[str, Any] = msgspec.to_builtins(hall)
    return table


def _scalars(hall: Hall) -> dict[str, Any]:
    table = _tables(hall)
    table["calendar"] = hall.calendar.name or "none"
    return {key: value for key, value in table.items() if key not in LISTS}


def _show(value: Any) -> str:
    """Return a value as a line of text, cut where it is long."""
    if value is None or value == []:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
