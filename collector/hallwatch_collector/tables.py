"""Reads TOML tables into structs and collects every problem on the way, where msgspec alone stops at the first."""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct, structs

from hallwatch_agent.wire import ID_PATTERN
from hallwatch_collector.problems import FileRefused, Problem, name_choices

S = TypeVar("S", bound=Struct)
Retyped = Mapping[tuple[type[Struct], str], Any]
"""(struct, field) → the type to read it as, for fields whose struct leaves the type open."""


def read_toml(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return a file's table and its bytes; raise :class:`FileRefused` when it cannot be read or is not TOML."""
    try:
        content = path.read_bytes()
        return tomllib.loads(content.decode()), content
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 text (byte {error.start}); save it as UTF-8"
    except tomllib.TOMLDecodeError as error:
        reason = f"is not TOML: {error}"
    except RecursionError:
        reason = "is nested too deeply"
    raise FileRefused([Problem(str(path), "", reason)])


class Unread(Struct, frozen=True):
    """Stands where a table could not be read as any of the structs it may be."""


class TableReader:
    """Reads one file's tables. What is wrong goes to ``problems``; in its place stands the default or something empty.

    So the caller always gets a whole struct to check further, and must not use it when there are problems.
    """

    def __init__(self, file: str, retyped: Retyped | None = None) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._retyped = retyped or {}

    def report(self, key: str, text: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.file, key, text))

    def read(self, table: Mapping[str, Any], cls: type[S], key: str = "") -> S:
        """Return *table* as *cls*."""
        known = len(self.problems)
        fields = {field.encode_name: field for field in structs.fields(cls)}
        tag = cls.__struct_config__.tag_field
        for name in table:
            if name not in fields and name != tag:
                choices = name_choices(name, fields.keys())
                self.report(key, f"unknown key {name!r}; {choices}")
        return self._make(
            cls, {field.name: self._read_field(table, cls, field, key) for field in fields.values()}, key, known
        )

    def _make(self, cls: type[S], values: dict[str, Any], key: str, known: int) -> S:
        """Make the struct; what it says against its values as a whole is a problem like any other.

        With something empty in it, because of problems beyond the first *known* ones, it may say anything.
        """
        try:
            return cls(**values)
        except (ValueError, TypeError, AttributeError) as error:
            if len(self.problems) == known:
                if not isinstance(error, ValueError):
                    raise
                self.report(key, str(error))
            return cast("S", Unread())

    def _read_field(self, table: Mapping[str, Any], cls: type[Struct], field: structs.FieldInfo, key: str) -> Any:
        hint = self._retyped.get((cls, field.name), field.type)
        if field.encode_name in table:
            return self._read_value(table[field.encode_name], hint, join(key, field.encode_name))
        if field.default is not NODEFAULT:
            return field.default
        if field.default_factory is not NODEFAULT:
            return field.default_factory()
        self.report(key, f"key {field.encode_name!r} is missing")
        return _empty(hint)

    def _read_value(self, value: Any, hint: Any, key: str) -> Any:
        if isinstance(value, dict) and _structs_of(hint):
            cls = self._choose_struct(value, hint, key)
            return self.read(value, cls, key) if cls else Unread()
        if isinstance(value, list) and get_origin(hint) is list and _structs_of(get_args(hint)[0]):
            return self._read_list(value, get_args(hint)[0], key)
        try:
            return msgspec.convert({"value": value}, _holder(hint)).value
        except msgspec.ValidationError as error:
            self.report(key, _explain(value, hint, str(error).split(" - at `$")[0]))
            return _empty(hint)

    def _read_list(self, values: list[Any], hint: Any, key: str) -> list[Any]:
        items = [self._read_value(value, hint, name_item(key, number, value)) for number, value in enumerate(values, 1)]
        return [item for item in items if isinstance(item, Struct)]

    def _choose_struct(self, table: Mapping[str, Any], hint: Any, key: str) -> type[Struct] | None:
        choices = _structs_of(hint)
        tagged = {str(cls.__struct_config__.tag): cls for cls in choices if cls.__struct_config__.tag is not None}
        if not tagged:
            return choices[0]
        tag_field = str(next(iter(tagged.values())).__struct_config__.tag_field)
        tag = table.get(tag_field)
        if isinstance(tag, str) and tag in tagged:
            return tagged[tag]
        wrong = f"{tag!r} is unknown" if tag_field in table else "is missing"
        self.report(join(key, tag_field), f"{wrong}; {name_choices(str(tag), tagged)}")
        return None


def join(key: str, name: str) -> str:
    """Return the path of key *name* within *key*."""
    return f"{key}.{name}" if key else name


def name_item(key: str, number: int, value: Any) -> str:
    """Return the path of the item with this number (from 1) of a list, with its id if it has one."""
    known = value.get("id") if isinstance(value, dict) else None
    return f"{key}[{number}] ({known})" if isinstance(known, str) else f"{key}[{number}]"


def _structs_of(hint: Any) -> list[type[Struct]]:
    if get_origin(hint) in (Union, types.UnionType):
        return [cls for member in get_args(hint) for cls in _structs_of(member)]
    return [hint] if isinstance(hint, type) and issubclass(hint, Struct) else []


def _bare(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        return _bare(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return _bare(next(member for member in get_args(hint) if member is not type(None)))
    return hint


def _empty(hint: Any) -> Any:
    bare = _bare(hint)
    if get_origin(bare) in (list, dict):
        return get_origin(bare)()
    return bare() if bare in (int, float, bool) else ""


@cache
def _holder(hint: Any) -> Any:
    """Return a struct with one field ``value`` of this type, kept for good.

    Converting to the bare type would have msgspec take its description of the type apart after each call, and for
    ``Id | list[Id]`` msgspec 0.22 then drops a reference to the compiled pattern that is not its own, and crashes.
    """
    return msgspec.defstruct("Value", [("value", hint)])


def _explain(value: Any, hint: Any, error: str) -> str:
    bare = _bare(hint)
    if get_origin(bare) is Literal and isinstance(value, str):
        return f"{value!r} is unknown; {name_choices(value, get_args(bare))}"
    if ID_PATTERN[:40] in error:  # quoted there, with its backslashes doubled
        words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        shown = ", ".join(repr(word) for word in words if isinstance(word, str))
        return f"{shown}: an id has lower-case letters, digits and '-', at most 63, and no '-' at its ends"
    return f"{value!r}: {error[:1].lower()}{error[1:]}"[:300]
