"""Reads tables that people write into structs and collects every problem on the way, where msgspec stops at the first.

So read hall files, the collector's own file, and the options on the command line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct, structs

from hallwatch_agent.expectations import complain, members_of, name_choices, show_value, take_apart
from hallwatch_agent.sentences import reason_of, tell

S = TypeVar("S", bound=Struct)
Retyped = Mapping[tuple[type[Struct], str], Any]
"""(struct, field) → the type to read it as, for fields whose struct leaves the type open."""
Finding = tuple[str, str]
"""The path of a key, for example ``devices[3] (prn-3).depends_on``, empty for the whole; and what is wrong there."""
Piece = tuple[Any, Any, str]
"""A value, its type, and the path of its key."""


class Unread(Struct, frozen=True):
    """Stands where a table could not be read as the struct it should be."""


class TableReader:
    """Reads tables. What is wrong goes to ``problems``; in its place stands the default or something empty.

    So the caller always gets a whole struct to check further, and must not use it when there are problems.
    """

    def __init__(self, retyped: Retyped | None = None, *, strict: bool = True) -> None:
        """Not *strict*: numbers may be written as text, as on a command line."""
        self.problems: list[Finding] = []
        self._retyped = retyped or {}
        self._strict = strict

    def report(self, key: str, text: str) -> None:
        """Note a problem."""
        self.problems.append((key, text))

    def read(self, table: Mapping[str, Any], cls: type[S], key: str = "") -> S:
        """Return *table* as *cls*."""
        known = len(self.problems)
        fields = _fields_of(cls)
        tag = cls.__struct_config__.tag_field
        for name in table:
            if name not in fields and name != tag:
                self.report(
                    key,
                    tell("unknown key {value}; {hint}", value=show_value(name), hint=name_choices(name, fields.keys())),
                )
        return self._make(
            cls, {field.name: self._read_field(table, cls, field, key) for field in fields.values()}, key, known
        )

    def _make(self, cls: type[S], values: dict[str, Any], key: str, known: int) -> S:
        """Make the struct; what it says against its values as a whole is a problem like any other.

        With something empty in it, because of problems beyond the first *known* ones, one that says such things is not
        made: nor could it be asked anything.
        """
        has_say = hasattr(cls, "__post_init__") or cls.__struct_config__.tag is not None
        if has_say and len(self.problems) > known:
            return cast("S", Unread())
        try:
            return cls(**values)
        except ValueError as error:
            self.report(key, reason_of(error))
            return cast("S", Unread())

    def _read_field(self, table: Mapping[str, Any], cls: type[Struct], field: structs.FieldInfo, key: str) -> Any:
        hint = self._retyped.get((cls, field.name), field.type)
        if field.encode_name in table:
            return self.read_value(table[field.encode_name], hint, join(key, field.encode_name))
        if field.default is not NODEFAULT:
            return field.default
        if field.default_factory is not NODEFAULT:
            return field.default_factory()
        self.report(key, tell("key {name!r} is missing", name=field.encode_name))
        return _empty(hint)

    def read_value(self, value: Any, hint: Any, key: str = "") -> Any:
        """Return *value* as the type *hint*."""
        if isinstance(value, dict) and _structs_of(hint):
            cls = self._choose_struct(value, hint, key)
            return self.read(value, cls, key) if cls else Unread()
        if isinstance(value, list) and _structs_of(_item_of(hint)):
            return self._read_list(value, hint, key)
        try:
            return msgspec.convert({"value": value}, _holder(hint), strict=self._strict).value
        except msgspec.ValidationError:
            self._find_wrong(value, hint, key)
            return _empty(hint)

    def _read_list(self, values: list[Any], hint: Any, key: str) -> Any:
        bare, bounds = take_apart(hint)
        if not bounds.get("min_length", 0) <= len(values) <= bounds.get("max_length", len(values)):
            self.report(key, complain(values, hint))
        item = _item_of(hint)
        items = [self.read_value(value, item, name_item(key, number, value)) for number, value in enumerate(values, 1)]
        return get_origin(bare)(item for item in items if isinstance(item, Struct))

    def _find_wrong(self, value: Any, hint: Any, key: str) -> None:
        """Report what is wrong in the smallest parts of a value that a type refuses; in none: the value itself."""
        known = len(self.problems)
        for part, its_hint, its_key in _pieces(value, hint, key):
            self.read_value(part, its_hint, its_key)
        if len(self.problems) == known:
            self.report(key, complain(value, hint))

    def _choose_struct(self, table: Mapping[str, Any], hint: Any, key: str) -> type[Struct] | None:
        choices = _structs_of(hint)
        tagged = {str(cls.__struct_config__.tag): cls for cls in choices if cls.__struct_config__.tag is not None}
        if not tagged:
            return choices[0]
        tag_field = str(next(iter(tagged.values())).__struct_config__.tag_field)
        tag = table.get(tag_field)
        if isinstance(tag, str) and tag in tagged:
            return tagged[tag]
        wrong = tell("{value} is unknown", value=show_value(tag)) if tag_field in table else tell("is missing")
        self.report(join(key, tag_field), tell("{wrong}; {hint}", wrong=wrong, hint=name_choices(str(tag), tagged)))
        return None


def join(key: str, name: str) -> str:
    """Return the path of key *name* within *key*."""
    return f"{key}.{name}" if key else name


def name_item(key: str, number: int, value: Any) -> str:
    """Return the path of the item with this number (from 1) of a list, with its id if it has one."""
    known = value.get("id") if isinstance(value, dict) else None
    return f"{key}[{number}] ({known})" if isinstance(known, str) else f"{key}[{number}]"


@cache
def _fields_of(cls: type[Struct]) -> Mapping[str, structs.FieldInfo]:
    """Return a struct's fields by their keys: found once, for a folder of halls has thousands of tables."""
    return {field.encode_name: field for field in structs.fields(cls)}


@cache
def _structs_of(hint: Any) -> tuple[type[Struct], ...]:
    members = members_of(take_apart(hint)[0])
    if len(members) > 1:
        return tuple(cls for member in members for cls in _structs_of(member))
    return tuple(cls for cls in members if isinstance(cls, type) and issubclass(cls, Struct))


@cache
def _item_of(hint: Any) -> Any:
    """Return the type of the items of a list or tuple, None for another type."""
    bare, _ = take_apart(hint)
    return get_args(bare)[0] if get_origin(bare) in (list, tuple) else None


def _pieces(value: Any, hint: Any, key: str) -> Iterator[Piece]:
    for member in members_of(take_apart(hint)[0]):
        bare, _ = take_apart(member)
        if isinstance(value, list) and (item := _item_of(bare)) is not None:
            yield from ((each, item, name_item(key, number, each)) for number, each in enumerate(value, 1))
        elif isinstance(value, dict) and get_origin(bare) is dict:
            name_hint, item = get_args(bare)
            for name, each in value.items():
                yield from ((name, name_hint, key), (each, item, join(key, name)))


def _empty(hint: Any) -> Any:
    bare, _ = take_apart(next(each for each in members_of(take_apart(hint)[0]) if each is not type(None)))
    if get_origin(bare) in (list, dict, tuple):
        return get_origin(bare)()
    return bare() if bare in (int, float, bool) else ""


@cache
def _holder(hint: Any) -> Any:
    """Return a struct with one field ``value`` of this type, kept for good.

    With the bare type, msgspec would take the type apart at each call.
    """
    return msgspec.defstruct("Value", [("value", hint)])
