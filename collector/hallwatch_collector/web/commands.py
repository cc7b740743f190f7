"""Commands by the API: whatever is in the registry, with a person's token or the operator's.

The registry is :data:`~hallwatch_collector.core.commands.AnyCommand`; nothing here lists its commands again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from litestar import post
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from litestar.response import Response
from msgspec import Struct

from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.commands.registry import COMMANDS, example_of
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.register_events import EntryTaken, NumbersReserved
from hallwatch_collector.web.access import OPERATOR, sign
from hallwatch_collector.web.answers import refusals, require_view
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import TheDesk
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.texts import Words

SUBJECTS: Final = (
    "measure", "incident", "number", "register", "release", "window", "thing", "device",
    "maintenance", "supply", "round",
)  # fmt: skip
"""Fields of commands that say what it is about, what says most first."""
_field = re.compile(r"field `(\w{1,40})`")
_named = re.compile(r"`\$\.(\w{1,40})")
EXAMPLES: Final = [
    Example(id=name, summary=(command.__doc__ or "").splitlines()[0], value=example_of(command))
    for name, command in COMMANDS.items()
]


class Numbered(Struct, frozen=True):
    """What a command was given in a register."""

    numbers: list[str]
    """Of the blank sheets, or of what was written down."""


Sent = Annotated[AnyCommand, BodyKwarg(media_type=RequestEncodingType.JSON, examples=EXAMPLES)]
"""The body of a request."""


def name_wrong_field(words: Words, error: ClientException) -> tuple[str, str]:
    """Return which field of a request is wrong, as Litestar tells it, and what belongs there in the reader's language.

    Litestar's key ``data`` is the body as a whole; a body that is no JSON names no field.
    """
    wrong = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    key, message = wrong.get("key", "data"), wrong.get("message", "")
    field = _field_of("" if key == "data" else key, message)
    return field, _say_wrong(words, field, message)


def _field_of(field: str, message: str) -> str:
    if not field:
        named = _field.search(message) or _named.search(message)
        field = named[1] if named else "body"
    return field.partition("[")[0]


def _say_wrong(words: Words, field: str, message: str) -> str:
    """Say which field is wrong, and what belongs there."""
    if "unknown field" in message:
        return words.say("refused.unknown_field", field=field)
    if field == "command":
        expected = words.say("expected.command", commands=words.listed(COMMANDS))
    else:
        expected = words.term("expected", field)
    return words.say("refused.field", field=field, expected=expected)


def read_form(words: Words, fields: dict[str, Any], kind: Any) -> Any:
    """Return the command that the fields of a form make; raise 400 that names the field which is wrong."""
    try:
        return msgspec.convert(fields, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise ValidationException(_say_wrong(words, _field_of("", str(error)), str(error))) from error


def subject_of(command: AnyCommand) -> str:
    """Return what a command is about, by its id: a measure, an incident, a window, a number of a register."""
    return next((text for name in SUBJECTS if isinstance(text := getattr(command, name, None), str) and text), "")


@post(
    "/api/halls/{area:str}/{hall:str}/commands",
    sync_to_thread=True,
    status_code=200,
    tags=["commands"],
    summary="Carry out what a person decided",
    security=[{"token": []}],
    responses={
        200: ResponseSpec(Numbered, generate_examples=False, description="Done; so it is numbered"),
        204: ResponseSpec(None, description="Done, and in the journal"),
        **refusals(400, 401, 403, 404, 409, 413, 422, 429),
    },
)
def take_command(
    desk: TheDesk,
    request: AnyRequest,
    area: FromPath[str],
    hall: FromPath[str],
    data: Sent,
) -> Response[Any]:
    """Carry out what a person decided. What gives numbers in a register is answered with them, all else with nothing.

    ``by`` is the name of whose token it is; with the operator's token it may be any. 403 says why this person may not
    (``not-yours``: the measure is another role's; ``no-right``), 409 why nobody can any more (already decided and by
    whom, cause gone), 422 which fields of an entry are wrong; ``extra`` has the same for programs.
    """
    person = desk.gate.require(request)
    require_view(desk, area, hall)
    key = HallKey(area, hall)
    note_deed(request, who=data.by if person is OPERATOR else "", action=str(data.__struct_config__.tag),
              object_=subject_of(data))  # fmt: skip
    numbers = numbers_of(desk.source.command(key, sign(data, person, key)))
    return Response(Numbered(numbers), status_code=200) if numbers else Response(None, status_code=204)


def numbers_of(events: Sequence[AnyEvent]) -> list[str]:
    """Return the numbers that were given in a register: of blank sheets, or of what was written down."""
    blank = [number for event in events if isinstance(event, NumbersReserved) for number in event.numbers]
    return blank + [event.number for event in events if isinstance(event, EntryTaken)]
