"""The commands as data: their names, their fields and an example of each, read from the structs themselves.

The API's description and the command line are made from this, so that a new command is in both by being in
:data:`~hallwatch_collector.core.commands.AnyCommand`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast, get_args

import msgspec
from msgspec import Struct

from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.commands.command import Command

COMMANDS: Final[Mapping[str, type[Command]]] = {
    str(command.__struct_config__.tag): command for command in get_args(AnyCommand)
}
"""Name on the wire → struct."""


EXAMPLES: Final = {"incident": "inc-1", "measure": "m-3"}
"""Of fields whose type tells none."""


class CommandField(Struct, frozen=True, kw_only=True):
    """One field of a command that its sender fills in."""

    name: str
    type: msgspec.inspect.Type
    """What it holds, without what is said of it."""
    required: bool
    description: str = ""
    example: Any = None


@cache
def fields_of(command: type[Command]) -> tuple[CommandField, ...]:
    """Return what the sender of a command fills in beside their name, in order; not what the collector fills in."""
    told = cast("msgspec.inspect.StructType", msgspec.inspect.type_info(command))
    own = [_field(field) for field in told.fields if field.name not in ("by", "roles")]
    return tuple(field for field in own if field is not None)


def example_of(command: type[Command]) -> dict[str, Any]:
    """Return a command as a program would send it."""
    needed = {field.name: field.example for field in fields_of(command) if field.required}
    return {"command": str(command.__struct_config__.tag), "by": "李工"} | needed


def _field(field: msgspec.inspect.Field) -> CommandField | None:
    """Return a field; None for one that is filled in by whoever takes the command in."""
    told: msgspec.inspect.Type = field.type
    schema: dict[str, Any] = {}
    while isinstance(told, msgspec.inspect.Metadata):
        schema = {**(told.extra_json_schema or {}), **schema}
        told = told.type
    if schema.get("extra", {}).get("readOnly"):
        return None
    schema = {**_said_within(told), **schema}
    example = next(iter(schema.get("examples", ())), None)
    return CommandField(
        name=field.encode_name,
        type=told,
        required=field.required,
        description=schema.get("description", ""),
        example=_default_example(field.name, told) if example is None else example,
    )


def _said_within(told: msgspec.inspect.Type) -> dict[str, Any]:
    """Return what is said of the members of a union, as of one that may be left out."""
    members = told.types if isinstance(told, msgspec.inspect.UnionType) else ()
    said = [member.extra_json_schema or {} for member in members if isinstance(member, msgspec.inspect.Metadata)]
    return {name: value for each in said for name, value in each.items()}


def _default_example(name: str, told: msgspec.inspect.Type) -> Any:
    match told:
        case msgspec.inspect.LiteralType():
            return told.values[0]
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return told.ge if told.ge is not None else 1
        case msgspec.inspect.BoolType():
            return True
        case msgspec.inspect.DictType():
            return {}
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return []
        case _:
            return EXAMPLES.get(name, name)
